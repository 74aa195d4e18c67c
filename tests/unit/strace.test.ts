/** strace's ways of writing: strings, flags, modes, columns, calls that overlap. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { signalSet, waitStatus } from '../../host/debug/strace/kernel-structs.js';
import { ENUMS, enumName, FLAGS, flagNames } from '../../host/debug/strace/names.js';
import { Strace } from '../../host/debug/strace/strace.js';
import { fileMode, openFlags } from '../../host/debug/strace/structs.js';
import { termios } from '../../host/debug/strace/termios.js';
import { failure, hex, octal, quote, quoteCut } from '../../host/debug/strace/text.js';
import type { TracedCall } from '../../host/kernel/observer.js';
import type { Thread } from '../../host/kernel/thread.js';

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));

test('strings are C literals', () => {
  assert.is(quote(bytes('plain')), '"plain"');
  assert.is(quote(bytes('\t\n\v\f\r"\\')), '"\\t\\n\\v\\f\\r\\"\\\\"');
  assert.is(quote(bytes('\0\x01\x7f\xff')), '"\\0\\1\\177\\377"');
  // A digit after an octal escape must not become part of it.
  assert.is(quote(bytes('\x011\x0192\0a')), '"\\0011\\00192\\0a"');
  assert.is(quoteCut(bytes('x'.repeat(32))), `"${'x'.repeat(32)}"`);
  assert.is(quoteCut(bytes('x'.repeat(33))), `"${'x'.repeat(32)}"...`);
  assert.is(quoteCut(bytes('abc'), 100), '"abc"...');
});

test('numbers', () => {
  assert.is(hex(0), '0');
  assert.is(hex(255), '0xff');
  assert.is(hex(-1), '0xffffffffffffffff');
  assert.equal([0, 7, 0o22, 0o644, 0o1777].map(octal), ['000', '007', '022', '0644', '01777']);
  assert.is(failure(-2), '-1 ENOENT (No such file or directory)');
  assert.is(failure(-512), '? ERESTARTSYS (To be restarted if SA_RESTART is set)');
});

test('flags and names', () => {
  assert.is(flagNames(FLAGS.prot, 0), 'PROT_NONE');
  assert.is(flagNames(FLAGS.prot, 7), 'PROT_READ|PROT_WRITE|PROT_EXEC');
  assert.is(flagNames(FLAGS.mmap, 0x22), 'MAP_PRIVATE|MAP_ANONYMOUS');
  assert.is(flagNames(FLAGS.mmap, 0x80000001), 'MAP_SHARED|0x80000000');
  assert.is(flagNames(FLAGS.rename, 0x80), '0x80 /* RENAME_??? */');
  assert.is(flagNames(FLAGS.clone, 0x100000100), 'CLONE_VM|CLONE_CLEAR_SIGHAND');
  assert.is(enumName(ENUMS.whence, 2), 'SEEK_END');
  assert.is(enumName(ENUMS.whence, 77), '0x4d /* SEEK_??? */');
  assert.is(openFlags(0), 'O_RDONLY');
  assert.is(openFlags(0o2002101), 'O_WRONLY|O_CREAT|O_APPEND|O_CLOEXEC');
  assert.is(openFlags(0o20200002), 'O_RDWR|O_TMPFILE');
});

test('modes, signal sets, wait statuses, terminals', () => {
  assert.is(fileMode(0o100644), 'S_IFREG|0644');
  assert.is(fileMode(0o041777), 'S_IFDIR|S_ISVTX|0777');
  assert.is(fileMode(0o106755), 'S_IFREG|S_ISUID|S_ISGID|0755');
  assert.is(fileMode(0o600), '0600');
  assert.is(signalSet(0n), '[]');
  assert.is(signalSet((1n << 1n) | (1n << 16n) | (1n << 39n)), '[INT CHLD RT_8]');
  assert.is(signalSet(2n ** 64n - 1n - (1n << 14n)), '~[TERM]');
  assert.is(waitStatus(0x0300), '[{WIFEXITED(s) && WEXITSTATUS(s) == 3}]');
  assert.is(waitStatus(9), '[{WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL}]');
  assert.is(waitStatus(0x8b), '[{WIFSIGNALED(s) && WTERMSIG(s) == SIGSEGV && WCOREDUMP(s)}]');
  assert.is(waitStatus(0x137f), '[{WIFSTOPPED(s) && WSTOPSIG(s) == SIGSTOP}]');
  assert.is(waitStatus(0xffff), '[{WIFCONTINUED(s)}]');
  const words = new DataView(new ArrayBuffer(36));
  for (const [i, word] of [0x500, 5, 0xbf, 0x8a3b].entries()) words.setUint32(i * 4, word, true);
  assert.is(
    termios(words),
    '{c_iflag=ICRNL|IXON, c_oflag=NL0|CR0|TAB0|BS0|VT0|FF0|OPOST|ONLCR, c_cflag=B38400|CS8|CREAD, ' +
      'c_lflag=ISIG|ICANON|ECHO|ECHOE|ECHOK|IEXTEN|ECHOCTL|ECHOKE, ...}',
  );
});

/** Threads that have what strace looks at, and nothing else. */
function threads(...tids: number[]): Thread[] {
  const kernel = { threads: new Map<number, unknown>() };
  const made = tids.map((tid) => ({ tid, kernel, state: 'runnable', process: { exiting: false, status: 0 }, user: undefined }));
  for (const t of made) kernel.threads.set(t.tid, t);
  return made as unknown as Thread[];
}

const CLOSE: TracedCall = { number: 57, name: 'close', args: ['fd'] };
const READ: TracedCall = { number: 63, name: 'read', args: ['fd', 'outbytes', 'size'] };
const EXIT_GROUP: TracedCall = { number: 94, name: 'exit_group', args: ['int'] };

test('one line for a call, its result in column 40', () => {
  const lines: string[] = [];
  const strace = new Strace((line) => lines.push(line));
  const [t] = threads(7);
  strace.onSyscallEnter(t, CLOSE, [3]);
  strace.onSyscallExit(t, CLOSE, [3], 0);
  strace.onSyscallEnter(t, READ, [3, 0x1000, 10]);
  strace.onSyscallExit(t, READ, [3, 0x1000, 10], -9);
  strace.onSyscallEnter(t, EXIT_GROUP, [5]);
  Object.assign(t.process, { exiting: true, status: 0x500 });
  strace.onThreadExit(t);
  assert.equal(lines, [
    'close(3)                                = 0',
    'read(3, 0x1000, 10)                     = -1 EBADF (Bad file descriptor)',
    'exit_group(5)                           = ?',
    '+++ exited with 5 +++',
  ]);
});

test('calls that overlap are cut in two', () => {
  const lines: string[] = [];
  const strace = new Strace((line) => lines.push(line));
  const [a, b] = threads(7, 8);
  strace.onSyscallEnter(a, READ, [3, 0x1000, 10]);
  strace.onSyscallEnter(b, CLOSE, [4]);
  strace.onSyscallExit(b, CLOSE, [4], 0);
  strace.onSignal(a, { signo: 28, code: 0, pid: 1, uid: 2 });
  strace.onSyscallExit(a, READ, [3, 0x1000, 10], -512);
  Object.assign(b.process, { exiting: true, status: 11 });
  b.state = 'dead';
  strace.onThreadExit(b);
  strace.onSyscallEnter(a, CLOSE, [4]);
  strace.onSyscallExit(a, CLOSE, [4], 0);
  assert.equal(lines, [
    '[pid     7] read(3,  <unfinished ...>',
    '[pid     8] close(4)                    = 0',
    '[pid     7] <... read resumed>0x1000, 10) = ? ERESTARTSYS (To be restarted if SA_RESTART is set)',
    '[pid     7] --- SIGWINCH {si_signo=SIGWINCH, si_code=SI_USER, si_pid=1, si_uid=2} ---',
    '[pid     8] +++ killed by SIGSEGV +++',
    'close(4)                                = 0',
  ]);
});

test.run();
