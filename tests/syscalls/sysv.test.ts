/** System V IPC: what each guest program prints is what Linux itself prints. */
import { test } from 'uvu';
import { sameAsLinux } from '../support/compare.js';
import { NATIVE_NEEDS } from '../support/guest.js';
import { testWith } from '../support/tools.js';

// The programs change their user id.
const needs = process.getuid?.() === 0 ? NATIVE_NEEDS : [...NATIVE_NEEDS, 'root'];

for (const [title, name] of [
  ['semaphores', 'sysv-sem'],
  ['message queues', 'sysv-msg'],
  ['shared memory', 'sysv-shm'],
  ['/proc/sysvipc', 'sysv-proc'],
]) {
  testWith(test, needs, title, async () => {
    await sameAsLinux(name);
  });
}

test.run();
