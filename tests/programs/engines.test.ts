/**
 * Compiled code in every engine that is here: Node of each release line (scripts/fetch-nodes.sh), Deno and Bun (scripts/fetch-runtimes.sh),
 * Chromium's main thread and workers; and that Wasm without anything new does.
 */
import { spawnSync } from 'node:child_process';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Jit } from '../../host/jit/jit.js';
import { DATA, DUMP_BYTES, randomProgram, TEXT, textOf, usableRows } from '../isa/random-program.js';
import { reportOf } from '../support/browser.js';
import { Hart, RW, RWX } from '../support/hart.js';
import { Random } from '../support/random.js';
import { RUNTIMES } from '../support/runtimes.js';
import { testWith } from '../support/tools.js';

interface Outcome {
  readonly stdout: string;
  readonly exitCode: number;
  readonly instructions: number;
  readonly compiled: number;
}
type Outcomes = Readonly<Record<string, Outcome>>;

/** The program's output, as the interpreter has it: the same everywhere. */
let expected: Outcome | undefined;

function check(outcomes: Outcomes): void {
  assert.ok(Object.keys(outcomes).length >= 6);
  const { interpreted } = outcomes;
  expected ??= interpreted;
  assert.equal(interpreted, expected);
  assert.is(interpreted.exitCode, 3);
  assert.match(interpreted.stdout, /^[a-p]{16}$/);
  for (const [name, { compiled, ...rest }] of Object.entries(outcomes)) {
    assert.equal({ ...rest, compiled: 0 }, interpreted, name);
    if (name !== 'interpreted') assert.ok(compiled > 0.6 * rest.instructions, `${name}: ${compiled} of ${rest.instructions} compiled`);
  }
}

function outcomesIn(binary: string, args: readonly string[] = []): Outcomes {
  const { status, stdout, stderr } = spawnSync(binary, [...args, 'tests/browser/node.js'], { encoding: 'utf8', timeout: 120_000 });
  assert.is(`${status} ${stderr}`, '0 ');
  return JSON.parse(stdout);
}

test('this Node', () => check(outcomesIn(process.execPath)));

for (const line of [20, 22, 24, 26]) {
  const binary = `.cache/node/${line}/bin/node`;
  testWith(test, [binary], `Node ${line}`, () => {
    assert.match(spawnSync(binary, ['--version'], { encoding: 'utf8' }).stdout, new RegExp(`^v${line}\\.`));
    check(outcomesIn(binary));
  });

  testWith(test, [binary], `the command line under Node ${line}`, () => {
    const command = ['dist/bin/main.js', 'run', '--jit-threshold', '500', '--jit-stats', 'examples/sieve.s'];
    const { status, stdout, stderr } = spawnSync(binary, command, {
      encoding: 'utf8',
      timeout: 120_000,
      env: { ...process.env, PAGEWALK_JIT: undefined },
    });
    assert.is(`${status} ${stdout}`, '0 1229 primes below ten thousand\n');
    assert.match(stderr, /^compiled code\n {2}executed +9\d\.\d % of/);
  });
}

for (const { name, binary, args } of RUNTIMES) testWith(test, [binary], name, () => check(outcomesIn(binary, args)));

testWith(test, ['chromium'], 'Chromium, in the main thread and in a worker', async () => {
  const { main, worker, error } = JSON.parse(await reportOf('tests/browser/index.html'));
  assert.is(error, undefined);
  check(main);
  check(worker);
});

/**
 * What every engine has without a flag, Firefox included: WebAssembly 1.0, sign extension, conversions that do not trap; vectors, as the
 * core has them.
 */
const PLAIN = { sign_extension: true, sat_float_to_int: true, mutable_globals: true, simd: true };
const NEWER = { multi_value: false, bulk_memory: false, reference_types: false, relaxed_simd: false, tail_call: false };

test('without tail calls and fused multiply-add regions are plain WebAssembly', async () => {
  const { default: load } = (await import('wabt')) as unknown as { default: typeof import('wabt') };
  const wabt = await load();
  const modules: Uint8Array[] = [];
  const compile = (bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module => {
    modules.push(bytes);
    return new WebAssembly.Module(bytes);
  };
  const rows = usableRows([]);
  for (let seed = 1; seed <= 5; seed++) {
    const random = new Random(seed);
    const program = randomProgram(random, rows, 120, 4);
    const hart = await Hart.create({ jit: false });
    new Jit(hart.core, { threshold: 1, tailCalls: false, fused: false, compile });
    hart.map(TEXT, 4, RWX);
    hart.map(DATA, DUMP_BYTES / 4096, RW);
    hart.write(TEXT, textOf(program));
    hart.write(DATA, program.data);
    hart.pc = TEXT;
    hart.run(20_000);
  }
  assert.ok(modules.length > 100, `${modules.length} modules`);
  for (const bytes of modules) {
    const module = wabt.readWasm(bytes, { check: true, ...PLAIN, ...NEWER });
    module.validate();
    module.destroy();
  }
});

test.run();
