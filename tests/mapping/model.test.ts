/**
 * The sequences of tests/unit/mm-model.test.ts as a program's system calls, loads and stores, in a process for each address space: on Linux
 * and here they give what the model says.
 */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EFAULT, ENOMEM } from '../../assembly/shared/errno.js';
import * as X from '../../assembly/shared/exit.js';
import { compileGuest, compileNative, GCC, NATIVE_NEEDS, runNative, runOurs } from '../support/guest.js';
import { FILE_PAGES, Model, OPERATIONS, PAGES, SPACES_MAX, type Space, type Step, sequence } from '../support/mm-model.js';
import { fuzzRounds, fuzzSeed } from '../support/random.js';
import { testWith } from '../support/tools.js';

const SOURCE = 'tests/guest/mm-model.c';
/** The program's numbers for what a load or a store meets. */
const MEETS = new Map([
  [-X.FAULT_MAPERR, -1001],
  [-X.FAULT_ACCERR, -1002],
  [-X.FAULT_ADRERR, -1003],
]);
const CALL_FAULT = -1004;
const PROT_EXEC = 4;

/** The steps that a program can take; what PROT_EXEC alone allows differs between processors. */
function steps(all: readonly Step[]): Step[] {
  return all.filter(({ what }) => what !== 'activate').map((s) => (s.prot === PROT_EXEC ? { ...s, prot: 1 } : s));
}

function encode(sequences: readonly (readonly Step[])[]): string {
  const bytes: number[] = [];
  for (const one of sequences) {
    bytes.push(one.length & 255, one.length >> 8);
    for (const s of one) bytes.push(OPERATIONS.indexOf(s.what), s.space, s.at, s.pages, s.prot, s.value);
  }
  return Buffer.from(bytes).toString('latin1');
}

function touched(result: number, byCall: boolean): number {
  return result >= 0 ? result : byCall ? CALL_FAULT : (MEETS.get(result) as number);
}

/** What the program prints for a sequence. */
function predict(sequenceOfSteps: readonly Step[]): string {
  const model = new Model();
  const results: number[] = [];
  for (const s of sequenceOfSteps) {
    const n = s.space % model.spaces.length;
    if (s.what === 'fork') {
      if (model.spaces.length === SPACES_MAX) continue;
      model.fork(model.spaces[n]);
      results.push(0);
    } else if (s.what === 'release') {
      if (model.spaces.length === 1) continue;
      model.spaces.splice(n, 1);
      results.push(0);
    } else results.push(apply(model, model.spaces[n], s));
  }
  const dump = (space: Space): string => Array.from({ length: PAGES }, (_, i) => touched(model.read(space, i), false)).join(' ');
  return `${results.map((result) => `${result} `).join('')}${model.spaces.map((space) => `|${dump(space)}`).join('')}`;
}

function apply(model: Model, space: Space, s: Step): number {
  const pages = Math.min(s.pages, PAGES - s.at);
  const byCall = s.value % 2 === 1;
  switch (s.what) {
    case 'map':
      model.map(space, s.at, pages, s.prot, s.value % 4);
      return 0;
    case 'unmap':
      space.fill(undefined, s.at, s.at + pages);
      return 0;
    case 'protect':
      return model.protect(space, s.at, pages, s.prot);
    case 'write':
      return touched(model.write(space, s.at, s.value), byCall);
    case 'read':
      return touched(model.read(space, s.at), byCall);
    case 'discard':
      return model.discard(space, s.at, pages);
    case 'truncate':
      model.truncate(s.value % (FILE_PAGES + 1));
      return 0;
    case 'move':
      return move(model, space, s);
    case 'clean':
      return space.slice(s.at, s.at + pages).includes(undefined) ? -ENOMEM : 0;
    default:
      return 0;
  }
}

/** One page, so that it lies in one mapping. Onto itself it is left out. */
function move(model: Model, space: Space, s: Step): number {
  const target = s.value % PAGES;
  if (target === s.at) return 0;
  if (space[s.at] === undefined) return -EFAULT;
  model.move(space, s.at, target, 1);
  return 0;
}

const seed = fuzzSeed(20);
const sequences = fc.sample(sequence, { numRuns: fuzzRounds(10_000), seed }).map(steps);
const expected = sequences.map(predict);

/** Fails with the first sequence whose line differs, cut off behind the first step that does. */
function check(output: string): void {
  const lines = output.trimEnd().split('\n');
  expected.forEach((want, i) => {
    if (lines[i] === want) return;
    const [have, wanted] = [(lines[i] ?? '').split(' '), want.split(' ')];
    const at = wanted.findIndex((value, k) => value !== have[k]);
    const what = sequences[i].slice(0, at + 1).map((s) => JSON.stringify(s));
    assert.unreachable(`sequence ${i}, seed ${seed}, step ${at}: ${have[at]}, not ${wanted[at]}\n${what.join('\n')}`);
  });
  assert.is(lines.length, expected.length);
}

testWith(test, NATIVE_NEEDS, 'random calls on Linux do what the model does', () => {
  const { stdout, status } = runNative(compileNative(SOURCE), [], encode(sequences));
  assert.is(status, 0);
  check(stdout);
});

testWith(test, [GCC], 'random calls here do what the model does', async () => {
  const { stdout, status } = await runOurs(compileGuest(SOURCE), [], { input: encode(sequences) });
  assert.is(status, 0);
  check(stdout);
});

test.run();
