/** Shows the page of examples/embed in a frame, and reports what it wrote, which frames it let pass, and what the policy forbade. */
const frame = document.createElement('iframe');
frame.src = '/examples/embed/page.html';
document.body.append(frame);

let longest = 0;
let last = performance.now();
function tick() {
  const now = performance.now();
  longest = Math.max(longest, now - last);
  last = now;
}
setInterval(tick, 1);

let tries = 0;
const look = setInterval(async () => {
  const inner = frame.contentDocument;
  if (inner?.title !== 'done' && tries++ < 1000) return;
  clearInterval(look);
  const report = {
    title: inner?.title,
    text: inner?.getElementById('out')?.textContent,
    isolated: crossOriginIsolated,
    longest,
  };
  await fetch('/report', { method: 'POST', body: JSON.stringify(report) });
}, 50);
