import { EAGAIN, EFAULT, EINTR, EINVAL, ENOMEM, EPERM, ESRCH } from '../../assembly/shared/errno.js';
import { CAP_KILL, hasCapability } from '../kernel/credentials.js';
import { type SigInfo, signalBit } from '../kernel/pending.js';
import { INIT_PID, type Process } from '../kernel/process.js';
import { altStackState, popSignalFrame } from '../kernel/sigframe.js';
import { encodeSigInfo, SIGINFO_BYTES } from '../kernel/siginfo.js';
import { dequeueSignal, forceSignal, removePending, sendToProcess, sendToThread } from '../kernel/signal.js';
import { BLOCKED, RESTART_NOHAND, SWITCHED, type Thread, UNBLOCKABLE } from '../kernel/thread.js';
import { SysError } from '../linux/error.js';
import * as S from '../linux/signal.js';
import { row } from './row.js';
import { readBigU64, readTimespec, writeBigU64 } from './user-types.js';

const SIGSET_BYTES = 8;
const ACTION_BYTES = 24;
const KNOWN_FLAGS =
  (S.SA_NOCLDSTOP | S.SA_NOCLDWAIT | S.SA_SIGINFO | S.SA_ONSTACK | S.SA_RESTART | S.SA_NODEFER | S.SA_RESETHAND | S.SA_EXPOSE_TAGBITS) >>>
  0;

/** The effective or real uid of the sender must be the real or saved uid of the target; SIGCONT also within a session. */
export function maySignal(t: Thread, target: Process, signal: number): boolean {
  if (target === t.process) return true;
  const { cred } = t;
  const other = target.leader.cred;
  if ([cred.euid, cred.ruid].some((uid) => uid === other.ruid || uid === other.suid)) return true;
  return hasCapability(cred, CAP_KILL) || (signal === S.SIGCONT && target.sid === t.process.sid);
}

export function validSignal(signal: number): boolean {
  return signal >= 0 && signal <= S.SIGNAL_MAX;
}

export function userInfo(t: Thread, signo: number, code: number): SigInfo {
  return { signo, code, pid: t.process.pid, uid: t.cred.ruid };
}

function kill(t: Thread, pid: number, signal: number): number {
  if (!validSignal(signal)) return -EINVAL;
  if (pid === -(2 ** 31)) return -ESRCH;
  if (pid > 0) {
    const target = t.kernel.processes.get(pid) ?? t.kernel.threads.get(pid)?.process;
    return target === undefined ? -ESRCH : sendOne(t, target, signal, userInfo(t, signal, S.SI_USER));
  }
  const { kernel, process } = t;
  const targets =
    pid === -1
      ? [...kernel.processes.values()].filter((p) => p !== process && p.pid !== INIT_PID)
      : kernel.group(pid === 0 ? process.pgid : -pid);
  if (targets.length === 0) return -ESRCH;
  const allowed = targets.filter((p) => maySignal(t, p, signal));
  if (allowed.length === 0) return -EPERM;
  if (signal !== 0) for (const p of allowed) sendToProcess(p, userInfo(t, signal, S.SI_USER));
  return 0;
}

function sendOne(t: Thread, target: Process, signal: number, info: SigInfo): number {
  if (!maySignal(t, target, signal)) return -EPERM;
  return signal === 0 ? 0 : sendToProcess(target, info);
}

function tgkill(t: Thread, tgid: number, tid: number, signal: number): number {
  if (tgid <= 0 || tid <= 0) return -EINVAL;
  return sendThread(t, tgid, tid, signal, userInfo(t, signal, S.SI_TKILL));
}

function tkill(t: Thread, tid: number, signal: number): number {
  return tid <= 0 ? -EINVAL : sendThread(t, 0, tid, signal, userInfo(t, signal, S.SI_TKILL));
}

function sendThread(t: Thread, tgid: number, tid: number, signal: number, info: SigInfo): number {
  if (!validSignal(signal)) return -EINVAL;
  const target = t.kernel.threads.get(tid);
  if (target === undefined || (tgid > 0 && target.process.pid !== tgid)) return -ESRCH;
  if (!maySignal(t, target.process, signal)) return -EPERM;
  return signal === 0 ? 0 : sendToThread(target, info);
}

/** The caller's own siginfo: only a thread may pretend to itself that the kernel or kill() sent it. `match`: it must name the signal. */
export function readSigInfo(t: Thread, address: number, signal: number, ownTarget: boolean, match = false): SigInfo {
  const raw = t.user.read(address, SIGINFO_BYTES);
  const view = new DataView(raw.buffer);
  if (match && view.getInt32(0, true) !== signal) throw new SysError(EINVAL);
  view.setInt32(0, signal, true);
  const code = view.getInt32(8, true);
  if ((code >= 0 || code === S.SI_TKILL) && !ownTarget) throw new SysError(EPERM);
  return { signo: signal, code, raw };
}

function rtSigqueueinfo(t: Thread, pid: number, signal: number, address: number): number {
  const target = t.kernel.processes.get(pid) ?? t.kernel.threads.get(pid)?.process;
  const info = readSigInfo(t, address, signal, pid === t.tid);
  if (!validSignal(signal)) return -EINVAL;
  return target === undefined ? -ESRCH : sendOne(t, target, signal, info);
}

function rtTgsigqueueinfo(t: Thread, tgid: number, tid: number, signal: number, address: number): number {
  if (tgid <= 0 || tid <= 0) return -EINVAL;
  const info = readSigInfo(t, address, signal, tid === t.tid);
  return sendThread(t, tgid, tid, signal, info);
}

function rtSigaction(t: Thread, signal: number, action: number, old: number, size: number): number {
  if (size !== SIGSET_BYTES || signal < 1 || signal > S.SIGNAL_MAX) return -EINVAL;
  if (action !== 0 && (signal === S.SIGKILL || signal === S.SIGSTOP)) return -EINVAL;
  const { user, process } = t;
  const previous = process.handlers.get(signal);
  let next: typeof previous | undefined;
  if (action !== 0) {
    const view = new DataView(user.read(action, ACTION_BYTES).buffer);
    next = {
      handler: Number(view.getBigInt64(0, true)),
      flags: (view.getUint32(8, true) & KNOWN_FLAGS) >>> 0,
      mask: view.getBigUint64(16, true) & ~UNBLOCKABLE,
    };
  }
  if (old !== 0) {
    const bytes = new Uint8Array(ACTION_BYTES);
    const view = new DataView(bytes.buffer);
    view.setBigInt64(0, BigInt(previous.handler), true);
    view.setBigUint64(8, BigInt(previous.flags), true);
    view.setBigUint64(16, previous.mask, true);
    user.write(old, bytes);
  }
  if (next !== undefined) {
    process.handlers.set(signal, next);
    if (process.handlers.ignores(signal)) removePending(process, signalBit(signal));
  }
  return 0;
}

function rtSigprocmask(t: Thread, how: number, set: number, old: number, size: number): number {
  if (size !== SIGSET_BYTES) return -EINVAL;
  const before = t.mask;
  let after = before;
  if (set !== 0) {
    const given = readBigU64(t.user, set);
    if (how === S.SIG_BLOCK) after = before | given;
    else if (how === S.SIG_UNBLOCK) after = before & ~given;
    else if (how === S.SIG_SETMASK) after = given;
    else return -EINVAL;
  }
  if (old !== 0) {
    // As Linux: the new mask holds even when the old one can't be written.
    if (set !== 0) t.setMask(after);
    writeBigU64(t.user, old, before);
  } else if (set !== 0) t.setMask(after);
  return 0;
}

function rtSigpending(t: Thread, set: number, size: number): number {
  if (size > SIGSET_BYTES) return -EINVAL;
  const pending = (t.pending.set | t.process.pending.set) & t.mask;
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, pending, true);
  t.user.write(set, bytes.subarray(0, size));
  return 0;
}

function rtSigsuspend(t: Thread, set: number, size: number): number {
  if (size !== SIGSET_BYTES) return -EINVAL;
  if (!t.resumed) t.setTemporaryMask(readBigU64(t.user, set));
  return t.sleep({ restart: RESTART_NOHAND });
}

function rtSigtimedwait(t: Thread, set: number, info: number, timeout: number, size: number): number {
  if (size !== SIGSET_BYTES) return -EINVAL;
  const wanted = readBigU64(t.user, set) & ~UNBLOCKABLE;
  const deadline = t.deadline(timeout === 0 ? Number.POSITIVE_INFINITY : readTimespec(t.user, timeout));
  t.waitSet = 0n;
  if (info !== 0) t.user.prepareWrite(info, SIGINFO_BYTES);
  const found = dequeueSignal(t, wanted);
  if (found !== undefined) {
    t.signalFlag = t.hasDeliverable();
    if (info !== 0) t.user.write(info, encodeSigInfo(found));
    return found.signo;
  }
  if (t.kernel.now() >= deadline) return -EAGAIN;
  if (t.sleep({ deadline }) !== BLOCKED) return -EINTR;
  t.waitSet = wanted;
  return BLOCKED;
}

function sigaltstack(t: Thread, stack: number, old: number): number {
  const sp = t.kernel.core.reg(2);
  const before = t.altStack;
  const state = altStackState(t, sp);
  let next: typeof before | undefined;
  if (stack !== 0) {
    const address = t.user.readU64(stack);
    const flags = t.user.readU32(stack + 8);
    const size = t.user.readU64(stack + 16);
    if (state === S.SS_ONSTACK) return -EPERM;
    const mode = (flags & ~S.SS_AUTODISARM) >>> 0;
    if (mode !== S.SS_DISABLE && mode !== S.SS_ONSTACK && mode !== 0) return -EINVAL;
    if (mode === S.SS_DISABLE) next = { address: 0, size: 0, flags: S.SS_DISABLE };
    else {
      if (size < S.MINSIGSTKSZ) return -ENOMEM;
      next = { address, size, flags: (flags & S.SS_AUTODISARM) >>> 0 };
    }
  }
  if (old !== 0) {
    const bytes = new Uint8Array(24);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(0, BigInt(before.address), true);
    view.setUint32(8, (state | (before.flags & S.SS_AUTODISARM)) >>> 0, true);
    view.setBigUint64(16, BigInt(before.size), true);
    t.user.write(old, bytes);
  }
  if (next !== undefined) t.altStack = next;
  return 0;
}

function rtSigreturn(t: Thread): number {
  try {
    if (popSignalFrame(t)) return SWITCHED;
  } catch (error) {
    if (!(error instanceof SysError) || error.errno !== EFAULT) throw error;
  }
  forceSignal(t, { signo: S.SIGSEGV, code: S.SI_KERNEL });
  return SWITCHED;
}

export const signalRows = [
  row(129, 'kill', ['pid', 'signal'], kill),
  row(130, 'tkill', ['pid', 'signal'], tkill),
  row(131, 'tgkill', ['pid', 'pid', 'signal'], tgkill),
  row(132, 'sigaltstack', ['struct:stack_t', 'out:stack_t'], sigaltstack),
  row(133, 'rt_sigsuspend', ['sigset', 'size'], rtSigsuspend),
  row(134, 'rt_sigaction', ['signal', 'struct:sigaction', 'out:sigaction', 'size'], rtSigaction),
  row(135, 'rt_sigprocmask', ['enum:sigmask', 'sigset', 'outsigset', 'size'], rtSigprocmask),
  row(136, 'rt_sigpending', ['outsigset', 'size'], rtSigpending),
  row(137, 'rt_sigtimedwait', ['sigset', 'out:siginfo', 'struct:timespec', 'size'], rtSigtimedwait),
  row(138, 'rt_sigqueueinfo', ['pid', 'signal', 'struct:siginfo'], rtSigqueueinfo),
  row(139, 'rt_sigreturn', [], rtSigreturn),
  row(240, 'rt_tgsigqueueinfo', ['pid', 'pid', 'signal', 'struct:siginfo'], rtTgsigqueueinfo),
];
