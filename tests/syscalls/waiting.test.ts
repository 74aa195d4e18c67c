/** What programs wait with: each guest program tries every error, and its output is compared with what Linux itself prints. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compileGuest, compileNative, GCC, NATIVE_NEEDS, runNative, runOurs } from '../support/guest.js';
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
testWith(test, NATIVE_NEEDS, 'message queues', () => compare('mqueue'));
testWith(test, NATIVE_NEEDS, 'pipes, tee, vmsplice', () => compare('pipes'));

/** Where Linux has the file system mounted as well, the program prints the same there. */
const QUEUE_FILES = `files: one
mode 100640
text: QSIZE:5          NOTIFY:0     SIGNO:0     NOTIFY_PID:0     
created by name: maxmsg 10 msgsize 8192
unlink = 0
mq_open after unlink = -1 ENOENT
mkdir = -1 EPERM
left: two
`;

testWith(test, [GCC], 'message queues as files of /dev/mqueue', async () => {
  const ours = await runOurs(compileGuest('tests/guest/mqueue-files.c'));
  assert.is(ours.stdout, QUEUE_FILES);
  assert.is(ours.status, 0);
});

test.run();
