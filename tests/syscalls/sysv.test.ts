/** System V IPC: what each guest program prints is what Linux itself prints. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compileGuest, compileNative, NATIVE_NEEDS, runNative, runOurs } from '../support/guest.js';
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
    const source = `tests/guest/${name}.c`;
    const real = runNative(compileNative(source));
    const ours = await runOurs(compileGuest(source));
    assert.is(ours.stdout, real.stdout);
    assert.is(ours.status, real.status);
  });
}

test.run();
