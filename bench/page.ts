import { assemble } from '../host/asm/index.js';
import { PageHost } from '../tests/support/page.js';
import { toolPath } from '../tests/support/tools.js';
import { median, table } from './measure.js';

const PAGES = 100_000;
const SECONDS = 5;

/** Maps so many pages and reads each; then, for ever, stores to one of them at random and gives back sixteen now and then. */
const PROGRAM = `
_start: li a0, 0; li a1, ${PAGES * 4096}; li a2, 3; li a3, 0x4022; li a4, -1; li a5, 0; li a7, 222; ecall
        mv s0, a0
        li t0, ${PAGES}; li t1, 4096; mv t2, s0
1:      lb t3, 0(t2); add t2, t2, t1; addi t0, t0, -1; bnez t0, 1b
        li s1, 12345
2:      li t0, 1103515245; mul s1, s1, t0; li t0, 12345; add s1, s1, t0
        srli t1, s1, 16; li t2, ${PAGES}; slli t1, t1, 32; srli t1, t1, 32; remu t1, t1, t2; slli t1, t1, 12; add s2, s0, t1
        sd s1, 0(s2)
        andi t0, s1, 3; bnez t0, 3f
        mv a0, s2; li a1, 65536; li a2, 4; li a7, 233; ecall
3:      li t0, 3000
4:      addi t0, t0, -1; bnez t0, 4b
        j 2b`;

/** Frame times in the page, ms, while its memory view shows a program that changes pages all the time. As text: it runs in the browser. */
const MEASURE = `new Promise((done) => {
  const frames = [];
  let last = performance.now();
  const end = last + ${SECONDS * 1000};
  const frame = () => {
    const now = performance.now();
    frames.push(now - last);
    last = now;
    if (now < end) requestAnimationFrame(frame);
    else done(frames);
  };
  requestAnimationFrame(frame);
})`;

/** How fluid the page is with many pages on the screen. */
export async function benchPage(): Promise<void> {
  console.log(`page: frames while ${PAGES} mapped pages are shown and change, headless Chromium`);
  if (toolPath('chromium') === undefined) {
    console.log('no chromium\n');
    return;
  }
  const { elf } = assemble(PROGRAM);
  const host = await PageHost.start();
  const rows: string[][] = [];
  for (const clock of ["the host's clock", 'its own clock']) {
    const page = await host.open();
    await page.uncheck('#watch');
    if (clock === "the host's clock") await page.uncheck('#exact');
    await page
      .locator('#file-input')
      .setInputFiles({ name: 'many', mimeType: 'application/octet-stream', buffer: Buffer.from(elf as Uint8Array) });
    await page.waitForFunction(() => Number(document.querySelector('#position')?.getAttribute('data-instructions')) > 1e7);
    const frames = (await page.evaluate(MEASURE)) as number[];
    const sorted = [...frames].sort((a, b) => a - b);
    const late = sorted[Math.floor(sorted.length * 0.95)];
    rows.push([clock, (frames.length / SECONDS).toFixed(1), median(frames).toFixed(1), late.toFixed(1)]);
    await page.context().close();
  }
  await host.close();
  table(['run', 'frames a second', 'median ms', '95 % within ms'], rows);
}
