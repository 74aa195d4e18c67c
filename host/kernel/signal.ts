import { EAGAIN } from '../../assembly/shared/errno.js';
import {
  CLD_CONTINUED,
  CLD_STOPPED,
  SA_NOCLDSTOP,
  SI_TIMER,
  SI_USER,
  SIG_IGN,
  SIGALRM,
  SIGCHLD,
  SIGCONT,
  SIGKILL,
  SIGRTMIN,
  SIGSTOP,
  SIGTSTP,
  SIGTTIN,
  SIGTTOU,
} from '../linux/signal.js';
import { DEFAULT_ACTION } from './handlers.js';
import type { Kernel } from './kernel.js';
import { RLIMIT_SIGPENDING } from './limits.js';
import { type SigInfo, signalBit } from './pending.js';
import type { Process } from './process.js';
import type { Thread } from './thread.js';

const STOP_SIGNALS = [SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU].reduce((set, n) => set | signalBit(n), 0n);
const CLOCK_TICK_NS = 1e7;

/** A signal for a process: any of its threads that does not block it takes it. 0, or -EAGAIN when no more can be queued. */
export function sendToProcess(process: Process, info: SigInfo): number {
  if (process.state !== 'running' || process.exiting) return 0;
  const target = chooseThread(process, info.signo);
  return send(process, target, process.pending, info);
}

/** A signal for one thread. */
export function sendToThread(t: Thread, info: SigInfo): number {
  if (t.state === 'dead' || t.process.exiting) return 0;
  return send(t.process, wants(t, info.signo) ? t : undefined, t.pending, info, t);
}

function send(process: Process, target: Thread | undefined, queue: Process['pending'], info: SigInfo, addressee?: Thread): number {
  const { signo } = info;
  if (signo === SIGKILL) {
    kill(process, info);
    return 0;
  }
  prepare(process, signo);
  if (isIgnored(process, addressee ?? process.leader, signo)) {
    process.kernel.observer?.onSignal(addressee ?? process.leader, info);
    return 0;
  }
  // A timer has reserved its place.
  const uid = (addressee ?? process.leader).cred.ruid;
  const fits = process.kernel.signalCounts.of(uid) < process.limits[RLIMIT_SIGPENDING].current || info.code === SI_TIMER;
  if (fits || (signo < SIGRTMIN && info.code >= SI_USER)) {
    if (!queue.add(info, uid)) return 0;
  } else if (signo >= SIGRTMIN && info.code < SI_USER) return -EAGAIN;
  // The sender can't be told, or does not ask: the signal is known to be there, and nothing else about it.
  else queue.mark(signo);
  process.signalQueue.wake();
  target?.signalWake(false);
  return 0;
}

/** Takes the next signal in `wanted` that waits for the thread or its process; a timer's says how often it came meanwhile. */
export function dequeueSignal(t: Thread, wanted: bigint): SigInfo | undefined {
  let info = t.pending.take(wanted);
  if (info === undefined) {
    info = t.process.pending.take(wanted);
    if (info?.signo === SIGALRM) t.process.realTimer?.signalTaken();
  }
  if (info?.code !== SI_TIMER || info.timerId === undefined) return info;
  return { ...info, overrun: t.process.posixTimers.get(info.timerId)?.delivered() ?? 0 };
}

/** Blocked signals are kept even when they are ignored now: the action may change before they are let through. */
function isIgnored(process: Process, t: Thread, signo: number): boolean {
  const bit = signalBit(signo);
  return (t.mask & bit) === 0n && (t.waitSet & bit) === 0n && process.handlers.ignores(signo);
}

/** What a signal does the moment it is sent: stop and continue signals cancel each other; SIGCONT continues. */
function prepare(process: Process, signo: number): void {
  if (signo === SIGCONT) {
    removePending(process, STOP_SIGNALS);
    if (process.stopped) continueProcess(process);
  } else if ((signalBit(signo) & STOP_SIGNALS) !== 0n) removePending(process, signalBit(SIGCONT));
}

export function removePending(process: Process, set: bigint): void {
  process.pending.remove(set);
  for (const t of process.threads) t.pending.remove(set);
}

function wants(t: Thread, signo: number): boolean {
  const bit = signalBit(signo);
  return t.state !== 'dead' && ((t.mask & bit) === 0n || (t.waitSet & bit) !== 0n);
}

function chooseThread(process: Process, signo: number): Thread | undefined {
  if (wants(process.leader, signo)) return process.leader;
  for (const t of process.threads) if (wants(t, signo)) return t;
  return undefined;
}

/** The process ends, whatever it does: its threads are woken and end when their turn comes. */
export function kill(process: Process, info: SigInfo): void {
  endProcess(process, info.signo, info);
}

/** Marks the whole process as ending with a wait status. The first to do so decides. */
export function endProcess(process: Process, status: number, fatal?: SigInfo): void {
  if (process.exiting || process.state !== 'running') return;
  process.exiting = true;
  process.status = status;
  process.fatal = fatal;
  unpark(process);
  for (const t of process.threads) t.signalWake(true);
}

function unpark(process: Process): void {
  process.stopped = false;
  for (const t of process.parked.splice(0)) if (t.state === 'runnable') process.kernel.scheduler.add(t);
}

export function stopProcess(process: Process, signo: number): void {
  process.stopped = true;
  process.stopSignal = signo;
  process.stopUnreported = true;
  process.continueUnreported = false;
  notifyStop(process, CLD_STOPPED, signo);
}

function continueProcess(process: Process): void {
  unpark(process);
  process.stopUnreported = false;
  process.continueUnreported = true;
  notifyStop(process, CLD_CONTINUED, SIGCONT);
}

function notifyStop(process: Process, code: number, status: number): void {
  const { parent } = process;
  if (parent === undefined) return;
  const action = parent.handlers.get(SIGCHLD);
  if (action.handler !== SIG_IGN && (action.flags & SA_NOCLDSTOP) === 0) sendToProcess(parent, childInfo(process, SIGCHLD, code, status));
  parent.childQueue.wake();
}

/** siginfo of a child's change of state. */
export function childInfo(process: Process, signo: number, code: number, status: number): SigInfo {
  const { userNs, systemNs } = process.usage();
  return {
    signo,
    code,
    status,
    pid: process.pid,
    uid: process.leader.cred.ruid,
    utime: Math.floor(userNs / CLOCK_TICK_NS),
    stime: Math.floor(systemNs / CLOCK_TICK_NS),
  };
}

/** A signal that the thread's own instruction caused: neither blocked nor ignored. One that would kill ends a call from outside. */
export function forceSignal(t: Thread, info: SigInfo): void {
  const { handlers } = t.process;
  const bit = signalBit(info.signo);
  const blocked = (t.mask & bit) !== 0n;
  if (t.calls?.active === true && (blocked || handlers.isDefaultOrIgnored(info.signo))) {
    t.calls.fail(info);
    return;
  }
  if (blocked || handlers.get(info.signo).handler === SIG_IGN) handlers.set(info.signo, DEFAULT_ACTION);
  if (blocked) t.setMask(t.mask & ~bit);
  t.pending.add(info, t.cred.ruid);
  t.signalFlag = true;
}

/** Members that got it; the sender checks permissions before. */
export function sendToGroup(kernel: Kernel, pgid: number, info: SigInfo): number {
  const members = kernel.group(pgid);
  for (const process of members) sendToProcess(process, info);
  return members.length;
}

export function signalPending(target: Thread | Process, test: (info: SigInfo) => boolean): boolean {
  return target.pending.some(test);
}
