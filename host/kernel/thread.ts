import type { UserMemory } from '../core/user.js';
import type { PathContext } from '../vfs/context.js';
import type { FdTable } from '../vfs/fdtable.js';
import type { Waiter, WaitQueue } from '../vfs/wait.js';
import type { Cred } from './credentials.js';
import type { GuestCalls } from './guestcall.js';
import { noIo } from './iocounts.js';
import type { Kernel } from './kernel.js';
import { PendingSignals } from './pending.js';
import type { Process } from './process.js';
import type { Timer } from './timers.js';

/** Results of a handler that are no value for the guest's a0. */
export const BLOCKED = -0x10000; // the thread sleeps; the call will run again from the start
export const SWITCHED = -0x10001; // the handler has set the registers, pc included (execve, rt_sigreturn), or the thread is gone

/**
 * What becomes of a call that a signal interrupted, as Linux's own internal codes. A handler that was interrupted returns one of
 * them (negated): the guest sees -EINTR, or the call runs again once the handler has returned.
 */
export const RESTART_SYS = 512; // again, if the signal's handler has SA_RESTART or there was none
export const RESTART_NOINTR = 513; // always again
export const RESTART_NOHAND = 514; // again only if no handler ran (stop and continue)
export const RESTART_BLOCK = 516; // as NOHAND, and keeps its deadline

export const RESTART_NEVER = 517; // EINTR, even after stop and continue (epoll_wait); the mask of the call is kept for the handler

export type ThreadState = 'runnable' | 'sleeping' | 'dead';

export interface Sleep {
  /** Any of these wakes the thread. */
  readonly queues?: readonly (WaitQueue | undefined)[];
  /** Monotonic nanoseconds; absent or Infinity: no limit. */
  readonly deadline?: number;
  /** Default true: a signal ends the sleep. */
  readonly interruptible?: boolean;
  /** RESTART_* code that sleep() returns (negated) when a signal is there; default RESTART_SYS. */
  readonly restart?: number;
  /** For a system call of the embedder's: functions of the guest may be called meanwhile. */
  readonly inHandler?: boolean;
}

export interface AltStack {
  address: number;
  size: number;
  flags: number;
}

/**
 * A task. One thread runs at a time; its registers are in the core's hart while it is loaded, else in `context`.
 *
 * Blocking: a handler that can't finish returns `t.sleep({ queues, deadline })`. The pc stays at the ecall; on wake-up the handler
 * runs again from the start with the same arguments, `resumed` true, and the same `deadline()` and `scratch`. A wake-up promises
 * nothing: the handler tests its condition again. sleep() itself returns -RESTART_* instead of sleeping when a signal waits for
 * delivery, so a handler that must act on interruption (nanosleep writes the remaining time) compares the result with BLOCKED.
 */
export class Thread implements Waiter {
  state: ThreadState = 'runnable';
  comm = '';
  readonly startNs: number;
  clearChildTid = 0;
  robustList = 0;
  /** Instructions executed in user mode: the thread's CPU time at 1 ns each. */
  instructions = 0;
  systemCalls = 0;
  readonly io = noIo();
  voluntarySwitches = 0;
  involuntarySwitches = 0;
  nice = 0;
  /** SCHED_* and its priority: remembered for who asks. */
  policy = 0;
  priority = 0;

  // --- signals
  mask = 0n;
  /** The mask to go back to when a call with a temporary one (ppoll, sigsuspend) ends. */
  savedMask: bigint | undefined = undefined;
  /** What rt_sigtimedwait waits for: blocked signals that wake the thread all the same. */
  waitSet = 0n;
  readonly pending: PendingSignals;
  /** A signal may wait for delivery: looked at after every system call and slice. */
  signalFlag = false;
  altStack: AltStack = { address: 0, size: 0, flags: 2 };

  /** Functions of its program that the embedder calls; undefined: it never has. */
  calls: GuestCalls | undefined = undefined;

  // --- the system call in progress
  /** The handler has slept in this call before. */
  resumed = false;
  /** For the handler's own use across its sleeps; undefined when a call begins. */
  scratch: unknown = undefined;
  /** RESTART_* of a call that has ended without a result because of a signal; the pc is still at its ecall. 0: none. */
  interrupted = 0;
  private _deadline = Number.NaN;
  private _sleep: Sleep | undefined = undefined;
  /** The promise of the host that ends the sleep. */
  private _awaited: Promise<unknown> | undefined = undefined;
  private _timer: Timer | undefined = undefined;
  /** Number of the call being executed or slept in, -1 in user mode. */
  syscall = -1;

  constructor(
    readonly kernel: Kernel,
    /** Changes once at most: a thread that execs takes its process's pid. */
    public tid: number,
    readonly process: Process,
    /** Core handle of the saved registers. */
    readonly context: number,
    public cred: Cred,
    public files: FdTable,
    public fs: PathContext,
  ) {
    this.startNs = kernel.now();
    this.pending = new PendingSignals(kernel.signalCounts);
  }

  /** Credentials decide in the path context, too: the two never differ. */
  setCred(cred: Cred): void {
    this.cred = cred;
    this.fs.cred = cred;
  }

  get user(): UserMemory {
    return this.process.space.user;
  }

  /** The absolute deadline of a call that waits `ns` from its start: the same on every run of the call. */
  deadline(ns: number): number {
    if (Number.isNaN(this._deadline)) this._deadline = this.kernel.now() + ns;
    return this._deadline;
  }

  /** Puts the thread to sleep and returns BLOCKED, or returns -restart at once when a signal is to be delivered. */
  sleep(sleep: Sleep): number {
    const interruptible = sleep.interruptible !== false;
    if (this.process.exiting) return -RESTART_NOINTR;
    if (interruptible && this.signalFlag && this.hasDeliverable()) return -(sleep.restart ?? RESTART_SYS);
    this._sleep = sleep;
    this.state = 'sleeping';
    this.voluntarySwitches++;
    for (const queue of sleep.queues ?? []) queue?.add(this);
    if (sleep.deadline !== undefined && sleep.deadline < Number.POSITIVE_INFINITY) {
      this._timer = this.kernel.timers.at(sleep.deadline, this);
    }
    return BLOCKED;
  }

  /** Only the host can let the thread go on: it sleeps until the promise is settled, whatever its outcome. Then the same again. */
  suspend(promise: Promise<unknown>, inHandler = false): void {
    this._sleep = { interruptible: false, inHandler };
    this.state = 'sleeping';
    this.kernel.hostWaits++;
    this._awaited = promise;
    // Who was killed meanwhile, or sleeps for something else by now, is not meant.
    const done = (): void => {
      if (this._awaited === promise) this.wake();
    };
    promise.then(done, done);
  }

  /** Ends a sleep: the thread runs again, and its call from the start. Harmless in any other state. */
  wake(): void {
    if (this.state !== 'sleeping') return;
    this._leaveQueues();
    this.state = 'runnable';
    this.kernel.scheduler.add(this);
  }

  /** A signal has arrived: an interruptible sleep ends; `fatal` ends any. */
  signalWake(fatal: boolean): void {
    this.signalFlag = true;
    if (this.state === 'sleeping' && (fatal || this._sleep?.interruptible !== false)) this.wake();
  }

  /** Inside an interruptible sleep: what /proc/PID/stat shows as S, else D. */
  get interruptible(): boolean {
    return this._sleep?.interruptible !== false;
  }

  /** Asleep until a handler of the embedder's has its answer. */
  get inHandler(): boolean {
    return this.state === 'sleeping' && this._sleep?.inHandler === true;
  }

  /** Asleep for something that only the host can bring. */
  get waitsForHost(): boolean {
    return this._sleep?.queues?.some((queue) => queue?.mayComeFromHost() === true) === true;
  }

  /** A signal, or a call of the embedder's, that ends a sleep. */
  hasDeliverable(): boolean {
    if (this.calls?.interrupts === true) return true;
    const waiting = this.pending.set | this.process.pending.set;
    return waiting !== 0n && (waiting & ~this.mask) !== 0n;
  }

  /** Changes the mask; what it lets through is delivered before the thread is back in user mode. */
  setMask(mask: bigint): void {
    this.mask = mask & BLOCKABLE;
    this.signalFlag = this.hasDeliverable();
  }

  /** A mask for the duration of this call (ppoll, pselect, sigsuspend). Safe to repeat on every run of the handler. */
  setTemporaryMask(mask: bigint): void {
    this.savedMask ??= this.mask;
    this.setMask(mask);
  }

  restoreMask(): void {
    if (this.savedMask === undefined) return;
    const mask = this.savedMask;
    this.savedMask = undefined;
    this.setMask(mask);
  }

  /** The dispatcher: a call has finished, whatever way. */
  endCall(): void {
    this.resumed = false;
    this.scratch = undefined;
    this._deadline = Number.NaN;
    this.syscall = -1;
  }

  /** The call in progress as it stands, for `resumeCall`; there is none then. */
  takeCall(): { readonly syscall: number; readonly resumed: boolean; readonly scratch: unknown; readonly deadline: number } {
    const { syscall, resumed, scratch } = this;
    const taken = { syscall, resumed, scratch, deadline: this._deadline };
    this.endCall();
    return taken;
  }

  resumeCall({ syscall, resumed, scratch, deadline }: ReturnType<Thread['takeCall']>): void {
    this.syscall = syscall;
    this.resumed = resumed;
    this.scratch = scratch;
    this._deadline = deadline;
  }

  /** The thread will never run again: out of every queue. */
  die(): void {
    this._leaveQueues();
    this.state = 'dead';
  }

  private _leaveQueues(): void {
    if (this._awaited !== undefined) this.kernel.hostWaits--;
    this._awaited = undefined;
    for (const queue of this._sleep?.queues ?? []) queue?.remove(this);
    this._sleep = undefined;
    this._timer?.cancel();
    this._timer = undefined;
  }
}

/** SIGKILL and SIGSTOP: in no mask, ever. */
export const UNBLOCKABLE = (1n << 8n) | (1n << 18n);
const BLOCKABLE = ~UNBLOCKABLE;
