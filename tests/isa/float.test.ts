/**
 * The core's F and D arithmetic against exact rational arithmetic: results and flags of every operation in every rounding
 * mode. FLOAT_CASES=n (per operation) and FLOAT_SEED=n make a longer or a different run.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadFloat } from './float-core.js';
import { NX, RNE } from './float-model.js';
import { execute, OPERATIONS, type Operation } from './float-ops.js';
import { gridOperands, Random, randomOperands } from './float-vectors.js';

const CASES = Number(process.env.FLOAT_CASES ?? 6000);
const SEED = Number(process.env.FLOAT_SEED ?? 20260101);
const ROUNDING = ['rne', 'rtz', 'rdn', 'rup', 'rmm'];
const MISMATCHES_SHOWN = 5;

const core = loadFloat();

const hex = (values: readonly bigint[]): string => values.map((value) => value.toString(16)).join(' ');

/** With the flags clear, and with NX set, where the core does not look for exactness. */
function check(operation: Operation, values: readonly bigint[], rm: number, problems: string[]): void {
  const expected = operation.model(values[0], values[1], values[2], rm);
  for (const preset of [0, NX]) {
    const got = execute(core, operation, values, rm, preset);
    if (got.bits === expected.bits && got.flags === (expected.flags | preset)) continue;
    problems.push(
      `${operation.name} ${ROUNDING[rm]} ${hex(values)} (flags ${preset}): ` +
        `${got.bits.toString(16)} flags ${got.flags}, not ${expected.bits.toString(16)} flags ${expected.flags | preset}`,
    );
  }
}

function report(problems: string[]): void {
  assert.is(problems.length, 0, `${problems.length} differences\n${problems.slice(0, MISMATCHES_SHOWN).join('\n')}`);
}

for (const operation of OPERATIONS) {
  const modes = operation.rounds ? ROUNDING.length : 1;

  test(`${operation.name}: special values`, () => {
    const problems: string[] = [];
    for (const values of gridOperands(operation)) for (let rm = 0; rm < modes; rm++) check(operation, values, rm, problems);
    report(problems);
  });

  test(`${operation.name}: random operands`, () => {
    const problems: string[] = [];
    const random = new Random(SEED);
    for (let i = 0; i < CASES; i++) {
      // Half of them to nearest, the mode with fast paths.
      const rm = operation.rounds && i % 2 ? random.below(modes) : RNE;
      check(operation, randomOperands(random, operation), rm, problems);
    }
    report(problems);
  });
}

test('flags accumulate', () => {
  const divide = OPERATIONS.find((operation) => operation.name === 'fdiv_d')!;
  core.flags = 0;
  for (const [a, b] of [
    [0x3ff0000000000000n, 0n],
    [0n, 0n],
    [0x3ff0000000000000n, 0x4008000000000000n],
  ]) {
    execute(core, divide, [a, b], RNE, core.flags);
  }
  assert.is(core.flags, 0x19, 'DZ, NV and NX');
});

test.run();
