/** What programs wait with: each guest program tries every error, and its output is compared with what Linux itself prints. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compileGuest, compileNative, NATIVE_NEEDS, runNative, runOurs } from '../support/guest.js';
import { linuxSince, testWith } from '../support/tools.js';

async function compare(name: string): Promise<void> {
  const source = `tests/guest/${name}.c`;
  const real = runNative(compileNative(source));
  const ours = await runOurs(compileGuest(source), [], { uid: process.getuid?.() ?? 0 });
  assert.is(ours.stdout, real.stdout);
  assert.is(ours.status, real.status);
}

testWith(test, NATIVE_NEEDS, 'timerfd', () => compare('timerfd'));
testWith(test, NATIVE_NEEDS, 'signalfd', () => compare('signalfd'));
testWith(test, [...NATIVE_NEEDS, ...linuxSince(6, 9)], 'pidfd', () => compare('pidfd'));
testWith(test, [...NATIVE_NEEDS, ...linuxSince(6, 12)], 'inotify', () => compare('inotify'));
testWith(test, NATIVE_NEEDS, 'epoll, poll, select', () => compare('epoll'));
testWith(test, NATIVE_NEEDS, 'eventfd', () => compare('eventfd'));
testWith(test, NATIVE_NEEDS, 'timers and sleeping', () => compare('timers'));

test.run();
