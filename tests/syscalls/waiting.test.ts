/** What programs wait with: each guest program tries every error, and its output is compared with what Linux itself prints. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sameAsLinux } from '../support/compare.js';
import { compileGuest, GCC, NATIVE_NEEDS, runOurs } from '../support/guest.js';
import { linuxSince, testWith } from '../support/tools.js';

const AS_MYSELF = { uid: process.getuid?.() ?? 0 };

testWith(test, NATIVE_NEEDS, 'timerfd', () => sameAsLinux('timerfd', AS_MYSELF));
testWith(test, NATIVE_NEEDS, 'signalfd', () => sameAsLinux('signalfd', AS_MYSELF));
testWith(test, [...NATIVE_NEEDS, ...linuxSince(6, 9)], 'pidfd', () => sameAsLinux('pidfd', AS_MYSELF));
testWith(test, [...NATIVE_NEEDS, ...linuxSince(6, 12)], 'inotify', () => sameAsLinux('inotify', AS_MYSELF));
testWith(test, NATIVE_NEEDS, 'epoll, poll, select', () => sameAsLinux('epoll', AS_MYSELF));
testWith(test, NATIVE_NEEDS, 'eventfd', () => sameAsLinux('eventfd', AS_MYSELF));
testWith(test, NATIVE_NEEDS, 'timers and sleeping', () => sameAsLinux('timers', AS_MYSELF));
testWith(test, NATIVE_NEEDS, 'message queues', () => sameAsLinux('mqueue', AS_MYSELF));
testWith(test, NATIVE_NEEDS, 'pipes, tee, vmsplice', () => sameAsLinux('pipes', AS_MYSELF));

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
