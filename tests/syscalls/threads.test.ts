/** Threads and futexes: programs that print the same on the Linux that the tests run on. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sameAsLinux } from '../support/compare.js';
import { compileGuest, GCC, NATIVE_NEEDS, runOurs } from '../support/guest.js';
import { testWith } from '../support/tools.js';

testWith(test, NATIVE_NEEDS, 'futexes: locks handed over, requeued, several at once, robust lists', () => sameAsLinux('futex'));
testWith(test, NATIVE_NEEDS, 'clone3, membarrier, affinity: what they refuse', () => sameAsLinux('clone-audit'));
testWith(test, NATIVE_NEEDS, 'pthreads', () => sameAsLinux('pthreads'));

testWith(test, [GCC], 'two runs are equal, system call by system call', async () => {
  const program = compileGuest('tests/guest/pthreads.c');
  const trace = async (): Promise<string[]> => {
    const lines: string[] = [];
    await runOurs(program, [], { trace: (line) => lines.push(line) });
    return lines;
  };
  const order = (lines: readonly string[]): string[] => lines.map((line) => line.replace(/\(.*/, ''));
  const [one, two] = [order(await trace()), order(await trace())];
  // What depends on the clock (sleeps that overlap, say) comes late in the program.
  const length = Math.min(one.length, two.length, 1000);
  assert.equal(two.slice(0, length), one.slice(0, length));
});

test.run();
