/** Random system calls with random arguments, thousands of them in children of one process: the machine answers all and stays whole. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compileGuest, GCC, runOurs } from '../support/guest.js';
import { fuzzRounds, fuzzSeed } from '../support/random.js';
import { testWith } from '../support/tools.js';

const CALLS = '6000';

testWith(test, [GCC], 'random system calls', async () => {
  const program = compileGuest('tests/guest/chaos.c');
  const first = fuzzSeed(1);
  for (let seed = first; seed < first + fuzzRounds(4); seed++) {
    const outcome = await runOurs(program, [String(seed), CALLS]);
    assert.is(outcome.stdout.slice(-9), 'survived\n', `seed ${seed}`);
    assert.is(outcome.status, 0, `seed ${seed}`);
  }
});

testWith(test, [GCC], 'random calls that wait, or make something to wait for', async () => {
  const program = compileGuest('tests/guest/chaos.c');
  const first = fuzzSeed(1);
  for (let seed = first; seed < first + fuzzRounds(2); seed++) {
    const outcome = await runOurs(program, [String(seed), '1200', 'waiting']);
    assert.is(outcome.stdout.slice(-9), 'survived\n', `seed ${seed}`);
    assert.is(outcome.status, 0, `seed ${seed}`);
  }
});

test.run();
