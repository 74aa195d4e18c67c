/** The examples of the embedding API: what they print; the page and its worker in Chromium under a strict Content Security Policy. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { reportOf } from '../support/browser.js';
import { testWith } from '../support/tools.js';

const EXPECTED: Readonly<Record<string, RegExp>> = {
  node: /^0 Hello from C on riscv64.*\nstays in memory true\n$/,
  sandbox: /^exit 7, 0 bytes\nfuel SIGKILL, 0 bytes\noutput SIGKILL, 992 bytes\nsignal SIGSEGV, 0 bytes\n$/,
  device: /^from a device 42\n$/,
  'remote-mmap': /^105 8192 of 10485760 bytes\n$/,
  call: /^30n\n$/,
  replay: /^true true\n$/,
  sync: /^SOME WORDS\ntrue 0\n$/,
  block: /^0 4096\+4096 stored\n$/,
  snapshot: /^"first\\n" 0\n"second\\n" 0\n$/,
};

for (const [name, expected] of Object.entries(EXPECTED)) {
  test(name, () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [`examples/embed/${name}.mjs`], { encoding: 'utf8', timeout: 120_000 });
    assert.is(`${status} ${stderr}`, '0 ');
    assert.match(stdout, expected);
  });
}

const STRICT = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; worker-src 'self'; frame-src 'self'";

testWith(test, ['chromium'], 'page and worker, with no more than wasm-unsafe-eval', async () => {
  const { title, text, isolated } = JSON.parse(await reportOf('tests/browser/example.html', { 'content-security-policy': STRICT }));
  assert.is(title, 'done');
  assert.is(isolated, false);
  const output = readFileSync('examples/expected/fork-cow.txt', 'utf8');
  assert.is(text, `${output}exit 0\n${output}exit 0 in the worker\n`);
});

test.run();
