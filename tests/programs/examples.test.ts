/** The bundled lessons: what they print is what Linux prints, from the committed binaries and from rebuilt ones. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { testWith, toolPath } from '../support/tools.js';

const BIN = 'examples/bin';
const names = readdirSync(BIN).map((file) => basename(file, '.elf'));
const expected = (name: string): string => readFileSync(join('examples/expected', `${name}.txt`), 'utf8');

function runOurs(program: string): { stdout: string; stderr: string; status: number | null } {
  return spawnSync(process.execPath, ['dist/bin/pagewalk.cjs', 'run', program], { encoding: 'utf8', input: '', timeout: 60_000 });
}

test('there are at least ten lessons', () => {
  assert.ok(names.length >= 10);
});

for (const name of names) {
  test(`${name} prints what Linux prints`, () => {
    const ours = runOurs(join(BIN, `${name}.elf`));
    assert.is(ours.stdout, expected(name), ours.stderr);
    assert.is(ours.status, 0);
  });
}

for (const source of ['hello.s', 'sieve.s']) {
  test(`${source} runs from its source`, () => {
    const ours = runOurs(join('examples', source));
    assert.is(ours.stdout, expected(source === 'hello.s' ? 'hello-asm' : 'sieve'), ours.stderr);
    assert.is(ours.status, 0);
  });
}

testWith(test, ['qemu-riscv64'], 'the expected outputs are what the lessons print under qemu-riscv64', () => {
  for (const name of names) {
    const real = spawnSync(toolPath('qemu-riscv64') as string, [join(BIN, `${name}.elf`)], { encoding: 'utf8' });
    assert.is(real.stdout, expected(name), name);
    assert.is(real.status, 0);
  }
});

testWith(test, ['riscv64-linux-gnu-gcc'], 'rebuilt lessons behave like the committed ones', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pagewalk-examples-'));
  try {
    assert.is(spawnSync(process.execPath, ['scripts/build-examples.mjs', folder]).status, 0);
    assert.equal(readdirSync(folder).sort(), readdirSync(BIN).sort());
    for (const name of names) assert.is(runOurs(join(folder, `${name}.elf`)).stdout, expected(name), name);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
