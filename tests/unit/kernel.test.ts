/** Parts of the kernel that need no machine: pending signals, timers, actions, siginfo, script lines, the initial stack. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { E2BIG, ENOEXEC } from '../../assembly/shared/errno.js';
import type { UserMemory } from '../../host/core/user.js';
import { makeCred, withFsUid, withUserIds } from '../../host/kernel/credentials.js';
import { DEFAULT_ACTION, SignalHandlers } from '../../host/kernel/handlers.js';
import { PendingSignals, signalBit } from '../../host/kernel/pending.js';
import { encodeSigInfo } from '../../host/kernel/siginfo.js';
import { TimerQueue } from '../../host/kernel/timers.js';
import { SysError } from '../../host/linux/error.js';
import * as S from '../../host/linux/signal.js';
import { parseScript } from '../../host/loader/script.js';
import { argumentBytes, buildStack, type StackPlan } from '../../host/loader/stack.js';
import { fuzzRounds, fuzzSeed, Random } from '../support/random.js';

const ALL = -1n;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function errnoOf(act: () => unknown): number {
  try {
    act();
  } catch (error) {
    if (error instanceof SysError) return error.errno;
    throw error;
  }
  return 0;
}

test('a standard signal waits once, realtime ones queue in order', () => {
  const pending = new PendingSignals();
  assert.ok(pending.add({ signo: S.SIGUSR1, code: 0, pid: 1 }));
  assert.not.ok(pending.add({ signo: S.SIGUSR1, code: 0, pid: 2 }));
  for (let value = 0n; value < 3n; value++) pending.add({ signo: 40, code: S.SI_QUEUE, value });
  assert.is(pending.size, 4);
  assert.is(pending.take(ALL)?.pid, 1);
  assert.equal([pending.take(ALL)?.value, pending.take(ALL)?.value], [0n, 1n]);
  assert.is(pending.set, signalBit(40));
  assert.is(pending.take(ALL)?.value, 2n);
  assert.is(pending.set, 0n);
  assert.is(pending.take(ALL), undefined);
});

test('faults are taken before lower numbers; masks and removal', () => {
  const pending = new PendingSignals();
  for (const signo of [S.SIGHUP, S.SIGSEGV, S.SIGTERM, 64]) pending.add({ signo, code: 1 });
  assert.is(pending.take(~signalBit(S.SIGTERM))?.signo, S.SIGSEGV);
  assert.is(pending.take(~signalBit(S.SIGHUP))?.signo, S.SIGTERM);
  pending.remove(signalBit(64));
  assert.is(pending.set, signalBit(S.SIGHUP));
  pending.putBack({ signo: S.SIGHUP, code: 7 });
  assert.is(pending.take(ALL)?.code, 7);
  assert.is(pending.take(ALL)?.code, 1);
});

test('timers fire in order of deadline, then of making', () => {
  const random = new Random(fuzzSeed(3));
  const timers = new TimerQueue();
  const fired: number[] = [];
  const expected: { deadline: number; i: number }[] = [];
  for (let i = 0; i < fuzzRounds(500); i++) {
    const deadline = random.below(50);
    const timer = timers.at(deadline, { wake: () => fired.push(i) });
    if (random.chance(0.3)) timer.cancel();
    else expected.push({ deadline, i });
  }
  expected.sort((a, b) => a.deadline - b.deadline || a.i - b.i);
  timers.expire(24.5);
  assert.equal(
    fired,
    expected.filter((e) => e.deadline <= 24).map((e) => e.i),
  );
  timers.expire(Number.MAX_VALUE);
  assert.equal(
    fired,
    expected.map((e) => e.i),
  );
  assert.is(timers.next(), Number.POSITIVE_INFINITY);
});

test('actions: what is ignored, what exec keeps', () => {
  const handlers = new SignalHandlers();
  assert.ok(handlers.ignores(S.SIGCHLD));
  assert.not.ok(handlers.ignores(S.SIGTERM));
  handlers.set(S.SIGTERM, { ...DEFAULT_ACTION, handler: S.SIG_IGN });
  handlers.set(S.SIGCHLD, { ...DEFAULT_ACTION, handler: 0x1234 });
  assert.ok(handlers.ignores(S.SIGTERM));
  assert.not.ok(handlers.ignores(S.SIGCHLD));
  const after = handlers.afterExec();
  assert.is(after.get(S.SIGTERM).handler, S.SIG_IGN);
  assert.is(after.get(S.SIGCHLD).handler, S.SIG_DFL);
});

test('siginfo: the union that code and number choose', () => {
  const view = (info: Parameters<typeof encodeSigInfo>[0]): DataView => new DataView(encodeSigInfo(info).buffer);
  const fault = view({ signo: S.SIGSEGV, code: S.SEGV_MAPERR, address: 0x12345678 });
  assert.is(fault.byteLength, 128);
  assert.equal([fault.getInt32(0, true), fault.getInt32(8, true), fault.getUint32(16, true)], [S.SIGSEGV, 1, 0x12345678]);
  const sent = view({ signo: S.SIGSEGV, code: S.SI_USER, pid: 7, uid: 8 });
  assert.equal([sent.getInt32(16, true), sent.getInt32(20, true)], [7, 8]);
  const child = view({ signo: S.SIGCHLD, code: S.CLD_EXITED, pid: 7, status: 3, utime: 5, stime: 6 });
  assert.equal([child.getInt32(24, true), child.getInt32(32, true), child.getInt32(40, true)], [3, 5, 6]);
  assert.is(view({ signo: 40, code: S.SI_QUEUE, value: 99n }).getInt32(24, true), 99);
});

test('script lines', () => {
  assert.is(parseScript(bytes('#!/bin/sh\n')).interpreter, '/bin/sh');
  assert.is(parseScript(bytes('#!/bin/sh\n')).argument, undefined);
  const awk = parseScript(bytes('#! \t/usr/bin/awk  -f x \t\nrest'));
  assert.is(awk.interpreter, '/usr/bin/awk');
  assert.is(new TextDecoder().decode(awk.argument), '-f x');
  assert.is(parseScript(bytes('#!/no/newline')).interpreter, '/no/newline');
  assert.is(
    errnoOf(() => parseScript(bytes('#!  \n'))),
    ENOEXEC,
  );
  assert.is(
    errnoOf(() => parseScript(bytes(`#!/${'x'.repeat(300)}`).subarray(0, 256))),
    ENOEXEC,
  );
  assert.is(parseScript(bytes(`#!/bin/x ${'y'.repeat(300)}`).subarray(0, 256)).interpreter, '/bin/x');
});

test('the initial stack: argc, argv, envp, auxv, strings', () => {
  const base = 0x100000;
  const memory = new Uint8Array(0x10000);
  const user = { write: (address: number, data: Uint8Array) => memory.set(data, address - base) } as unknown as UserMemory;
  const plan: StackPlan = {
    argv: [bytes('prog'), bytes(''), bytes('long argument')],
    envp: [bytes('A=1'), bytes('B=')],
    execPath: bytes('/bin/prog'),
    headerAddress: 0x10040,
    headerCount: 3,
    entry: 0x10100,
    interpreterBase: 0,
    uid: 1,
    euid: 2,
    gid: 3,
    egid: 4,
    random: Uint8Array.from({ length: 16 }, (_, i) => i + 1),
    vdso: 0x3fff0000,
  };
  const top = base + memory.length;
  const stack = buildStack(user, top, plan);
  const view = new DataView(memory.buffer);
  const word = (address: number): number => Number(view.getBigUint64(address - base, true));
  const text = (address: number): string => new TextDecoder().decode(memory.subarray(address - base, memory.indexOf(0, address - base)));
  assert.is(stack.sp % 16, 0);
  assert.is(word(stack.sp), 3);
  assert.equal(
    [1, 2, 3].map((i) => text(word(stack.sp + i * 8))),
    ['prog', '', 'long argument'],
  );
  assert.is(word(stack.sp + 32), 0);
  assert.equal(
    [5, 6].map((i) => text(word(stack.sp + i * 8))),
    ['A=1', 'B='],
  );
  assert.is(word(stack.sp + 56), 0);
  assert.is(stack.auxStart, stack.sp + 64);
  const aux = new Map<number, number>();
  for (let at = stack.auxStart; at < stack.auxStart + stack.auxBytes; at += 16) aux.set(word(at), word(at + 8));
  assert.equal(
    [3, 5, 6, 9, 11, 12, 13, 14].map((key) => aux.get(key)),
    [0x10040, 3, 4096, 0x10100, 1, 2, 3, 4],
  );
  assert.is(text(aux.get(31) as number), '/bin/prog');
  assert.is(view.getUint8((aux.get(25) as number) - base + 15), 16);
  // The arguments lie in one piece, as /proc/PID/cmdline reads them; so does the environment.
  assert.is(new TextDecoder().decode(memory.subarray(stack.argStart - base, stack.argEnd - base)), 'prog\0\0long argument\0');
  assert.is(new TextDecoder().decode(memory.subarray(stack.envStart - base, stack.envEnd - base)), 'A=1\0B=\0');
  assert.is(
    errnoOf(() => argumentBytes([new Uint8Array(32 * 4096)], [])),
    E2BIG,
  );
});

test('credentials: what a change of ids does to capabilities', () => {
  const root = makeCred(0, 0);
  const user = withUserIds(root, { ruid: 5, euid: 5, suid: 5 });
  assert.is(user.uid, 5);
  assert.is(user.capPermitted, 0n);
  const partly = withUserIds(root, { ruid: 0, euid: 5, suid: 0 });
  assert.is(partly.capEffective, 0n);
  assert.is(partly.capPermitted, root.capPermitted);
  assert.is(withUserIds(partly, { ruid: 0, euid: 0, suid: 0 }).capEffective, root.capEffective);
  assert.is(withFsUid(root, 5).capEffective & 0b100000n, 0b100000n);
  assert.is(withFsUid(root, 5).capEffective & 0b11111n, 0n);
});

test.run();
