/** The options of compiled code as a user meets them: --jit, --jit-threshold, --jit-stats, --jit-dump. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const SOURCE = `
_start: li s0, 30000
outer:  mv a0, s0
        call triple
        add s1, s1, a0
        addi s0, s0, -1
        bnez s0, outer
        snez a0, s1
        addi a0, a0, -1
        li a7, 93
        ecall
triple: sh1add a0, a0, a0
        ret
`;

let folder = '';
let program = '';

function pagewalk(nodeOptions: readonly string[], ...options: string[]): { status: number | null; stdout: string; stderr: string } {
  const command = [...nodeOptions, 'dist/bin/pagewalk.cjs', 'run', ...options, program];
  const env = { ...process.env, PAGEWALK_JIT: undefined };
  return spawnSync(process.execPath, command, { encoding: 'utf8', timeout: 60_000, env });
}

test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'pagewalk-jit-'));
  program = join(folder, 'triple.s');
  writeFileSync(program, SOURCE);
});
test.after(() => rmSync(folder, { recursive: true }));

test('all modes run the program; wrong ones are refused', () => {
  for (const mode of ['on', 'off', 'window', 'table']) {
    const { status, stderr } = pagewalk([], '--jit', mode, '--jit-threshold', '500');
    assert.is(`${mode} ${status} ${stderr}`, `${mode} 0 `);
  }
  assert.is(pagewalk([], '--jit', 'maybe').status, 2);
  assert.is(pagewalk([], '--jit-threshold', '0').status, 2);
});

test('--jit-stats says what was compiled, where, and why it was left', () => {
  const { status, stderr } = pagewalk([], '--jit-stats', '--jit-threshold', '500');
  assert.is(status, 0);
  assert.match(stderr, /^compiled code\n {2}executed {3}9\d\.\d % of 240,0\d\d instructions\n/);
  assert.match(stderr, /\n {2}live {7}\d+ of \d+ guest instructions, [\d,]+ bytes of Wasm\n/);
  assert.match(stderr, /\n {2}left {7}\d+ times for the interpreter/);
  assert.match(stderr, /\n +\d+ +\d+ {2}0x[0-9a-f]+ (outer|triple|_start)(\+0x[0-9a-f]+)?\n/);
  assert.is(pagewalk([], '--jit-stats', '--jit', 'off').stderr, '');
});

test('--jit-dump writes guest instructions beside the Wasm they became', () => {
  const into = join(folder, 'text');
  assert.is(pagewalk([], '--jit-dump', into, '--jit-threshold', '500').status, 0);
  const files = readdirSync(into);
  const name = files.find((file) => /^\d{5}-[0-9a-f]+-outer\.wat$/.test(file));
  assert.ok(name, files.join(' '));
  const text = readFileSync(join(into, name), 'utf8');
  assert.match(text, /^;; process \d+ triple\.s\n;; region 0x[0-9a-f]+ <outer>\n/);
  assert.match(text, /;; > [0-9a-f]+ <triple>: {2}sh1add a0,a0,a0\n +local\.get \$a0\n/);
  assert.match(text, /;; [0-9a-f]+ <outer\+0x\w+>: {2}bnez s0,[0-9a-f]+ <outer>\n/);
  assert.match(text, /\n {2}\(export "0" \(func 3\)\)\)\n$/);
});

/** A loader that finds everything but wabt, as on a machine where it is not installed. */
const WITHOUT_WABT = `import { register } from 'node:module';
register('data:text/javascript,' + encodeURIComponent(\`export function resolve(name, context, next) {
  if (name === 'wabt') throw Object.assign(new Error('Cannot find package wabt'), { code: 'ERR_MODULE_NOT_FOUND' });
  return next(name, context);
}\`));`;

test('without wabt --jit-dump says so and writes bytes and disassembly', () => {
  const into = join(folder, 'bytes');
  const hook = `data:text/javascript,${encodeURIComponent(WITHOUT_WABT)}`;
  const { status, stderr } = pagewalk(['--import', hook], '--jit-dump', into, '--jit-threshold', '500');
  assert.is(status, 0);
  assert.is(stderr, 'pagewalk: --jit-dump: wabt is not installed (npm install wabt): no Wasm text, but the bytes in .wasm files\n');
  const outer = readdirSync(into).find((file) => file.endsWith('-outer.wasm')) as string;
  assert.ok(WebAssembly.validate(readFileSync(join(into, outer))));
  const text = readFileSync(join(into, outer.replace('.wasm', '.txt')), 'utf8');
  assert.match(text, /\n;; > [0-9a-f]+ <triple>: {2}sh1add a0,a0,a0\n;; > [0-9a-f]+ <triple\+0x4>: {2}ret\n/);
});

test('a folder that can not be made is one line', () => {
  const { status, stderr } = pagewalk([], '--jit-dump', join(program, 'in'));
  assert.is(status, 1);
  assert.match(stderr, /^pagewalk: --jit-dump: .*: not a directory\n$/);
});

test.run();
