/** Processes, signals, threads and timers: guest programs under qemu-riscv64 and on a machine of ours, whole outputs compared. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sameAsLinux, sameAsQemu } from '../support/compare.js';
import { COMPARE_NEEDS, compileGuest, GCC, NATIVE_NEEDS, runOurs } from '../support/guest.js';
import { testWith } from '../support/tools.js';

testWith(test, COMPARE_NEEDS, 'processes', () => sameAsQemu('process'));
testWith(test, COMPARE_NEEDS, 'signals', () => sameAsQemu('signals'));
testWith(test, NATIVE_NEEDS, 'signals: queues, siginfo, flags, restarts, permissions, storms', async () => {
  await sameAsLinux('signals-full');
});
testWith(test, COMPARE_NEEDS, 'threads and futexes', () => sameAsQemu('threads'));
testWith(test, COMPARE_NEEDS, 'clocks and timers', () => sameAsQemu('time'));

/** qemu-riscv64 turns tasks that share memory into forks, so this is what Linux prints. */
const SHARED = `vfork clone: 77
status 9
vfork: 5
status 6
clone3: 5 status 4
small: -1 Invalid argument
signal: -1 Invalid argument
spawn: 33
spawn error: No such file or directory
exec: -1 No such file or directory
`;

testWith(test, [GCC], 'tasks that share memory', async () => {
  const ours = await runOurs(compileGuest('tests/guest/shared.c'));
  assert.is(ours.stdout, SHARED);
  assert.is(ours.status, 0);
});

test.run();
