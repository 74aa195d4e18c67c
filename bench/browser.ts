import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, extname } from 'node:path';
import { chromium } from 'playwright-core';
import { toolPath } from '../tests/support/tools.js';
import { REPEATS } from './kernels.js';
import { build, geometricMean, median, table } from './measure.js';

/** Of the repeats of whole processes: enough for the compiler to have done its work. */
const SHARE = 4;
const TYPES: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.wasm': 'application/wasm', '.html': 'text/html' };
const PAGE = `<!doctype html><script type="module">
import { loadCore, run } from '/dist/bin/index.js';
await loadCore();
globalThis.kernel = async (path, times) => {
  const program = new Uint8Array(await (await fetch(path)).arrayBuffer());
  const started = performance.now();
  const { text } = await run({ program, args: [times] });
  return [performance.now() - started, text];
};
</script>`;

type Timed = readonly [ms: number, output: string];

/** The page, the library as it is built for browsers, and the kernels. */
function serve(): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').slice(1);
    if (path !== '' && !/^(dist|build\/bench)\/[\w./-]+$/.test(path)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': TYPES[extname(path) || '.html'] ?? 'application/octet-stream' });
    response.end(path === '' ? PAGE : readFileSync(path));
  });
  return new Promise((done) => {
    server.listen(0, '127.0.0.1', () => {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
      done({ url, close: () => server.close() });
    });
  });
}

/** The same kernels by the same library, in turns: wall time in Chromium over wall time in Node. */
export async function benchBrowser(rounds: number, names: readonly string[]): Promise<void> {
  const executablePath = toolPath('chromium');
  if (executablePath === undefined) {
    console.log('browser: no chromium\n');
    return;
  }
  const node: typeof import('../host/index-node.js') = await import(new URL('../dist/bin/index-node.js', import.meta.url).href);
  const { url, close } = await serve();
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  console.log(`browser: kernels in Chromium ${browser.version()} and Node ${process.version}, wall milliseconds of run()`);
  const page = await browser.newPage();
  await page.goto(url);
  await page.waitForFunction(() => 'kernel' in globalThis);
  const rows: { name: string; node: number; chromium: number }[] = [];
  const kernels = readdirSync('bench/kernels').filter((file) => file.endsWith('.c'));
  for (const name of kernels.map((file) => basename(file, '.c')).filter((one) => names.length === 0 || names.includes(one))) {
    const { riscv } = build(`bench/kernels/${name}.c`, `kernel-${name}`, ['-lm'], ['-lm']);
    const times = String(Math.ceil(REPEATS[name] / SHARE));
    const program = new Uint8Array(readFileSync(riscv));
    const samples: { node: number[]; chromium: number[] } = { node: [], chromium: [] };
    // One round that does not count: code of the library itself becomes hot.
    for (let round = -1; round < rounds; round++) {
      const started = performance.now();
      const { text } = await node.run({ program, args: [times] });
      const here = performance.now() - started;
      const [there, output] = (await page.evaluate(`kernel('/${riscv}', '${times}')`)) as Timed;
      if (output !== text) throw new Error(`${name}: ${JSON.stringify(output)} in Chromium, ${JSON.stringify(text)} in Node`);
      if (round < 0) continue;
      samples.node.push(here);
      samples.chromium.push(there);
    }
    rows.push({ name, node: median(samples.node), chromium: median(samples.chromium) });
  }
  await browser.close();
  close();
  const mean = geometricMean(rows.map((row) => row.chromium / row.node));
  table(
    ['kernel', 'Node', 'Chromium', 'Chromium / Node'],
    [
      ...rows.map((row) => [row.name, row.node.toFixed(0), row.chromium.toFixed(0), (row.chromium / row.node).toFixed(2)]),
      ['geometric mean', '', '', mean.toFixed(2)],
    ],
  );
}
