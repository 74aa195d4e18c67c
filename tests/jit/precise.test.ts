/** tests/guest/precise.c: what a signal handler finds when a load or store in hot code may not be, in every mode of the compiler. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { SWAP_STAT_IN } from '../../assembly/shared/stat.js';
import type { JitOptions } from '../../host/jit/jit.js';
import type { Machine } from '../../host/machine.js';
import { COMPARE_NEEDS, compileGuest, runOurs, runQemu } from '../support/guest.js';
import { testWith } from '../support/tools.js';

const MODES: readonly (readonly [name: string, jit: JitOptions | false])[] = [
  ['interpreted', false],
  ['compiled when hot', { threshold: 60 }],
  ['compiled at once', { threshold: 1 }],
  ['by the window', { threshold: 60, translation: 'window' }],
  ['by the TLB', { threshold: 60, translation: 'table' }],
  ['without tail calls', { threshold: 60, tailCalls: false }],
];

for (const [name, jit] of MODES) {
  testWith(test, COMPARE_NEEDS, `faults at every kind of access are as under qemu-riscv64: ${name}`, async () => {
    const program = compileGuest('tests/guest/precise.c');
    let machine: Machine | undefined;
    const { stdout, status } = await runOurs(program, [], {
      jit,
      swap: { sizeBytes: 1 << 24 },
      during: (made) => {
        machine = made;
      },
    });
    assert.is(stdout, runQemu(program).stdout);
    assert.is(status, 0);
    // Pages did go out and come back.
    assert.ok((machine as Machine).core.exports.swapStat(SWAP_STAT_IN) > 0);
  });
}

test.run();
