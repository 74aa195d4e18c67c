/** Runs test files, each in a worker of its own, one after the other, and reports what they print. */
const folder = '/dist/suite/';

function run(name) {
  return new Promise((done) => {
    const worker = new Worker(new URL('suite-worker.js', import.meta.url), { type: 'module' });
    const finish = (text) => {
      worker.terminate();
      done(text);
    };
    worker.onmessage = ({ data }) => finish(data);
    worker.onerror = (event) => finish(`${name}: ${event.message ?? 'the worker did not start'}`);
    worker.postMessage(new URL(`${folder}${name}.js`, location.href).href);
  });
}

const report = {};
for (const name of await (await fetch(`${folder}names.json`)).json()) report[name] = await run(name);
await fetch('/report', { method: 'POST', body: JSON.stringify(report) });
