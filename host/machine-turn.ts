import { ENOMEM } from '../assembly/shared/errno.js';
import * as X from '../assembly/shared/exit.js';
import * as C from '../assembly/shared/layout.js';
import { deliverSignals } from './kernel/delivery.js';
import { exitThread } from './kernel/exit.js';
import type { FaultLog } from './kernel/faultlog.js';
import { atCallReturn, HandlerWait } from './kernel/guestcall.js';
import type { Kernel } from './kernel/kernel.js';
import { killForMemory } from './kernel/oom.js';
import { forceSignal } from './kernel/signal.js';
import type { Thread } from './kernel/thread.js';
import { handOut, sleepForPage, UserfaultWait } from './kernel/userfault.js';
import { Suspend, SysError } from './linux/error.js';
import * as S from './linux/signal.js';
import { Pace } from './machine-pace.js';
import type { Dispatcher } from './syscalls/dispatch.js';

/** Instructions of a turn. A system call counts as many as it takes about as long as. */
const SLICE_INSTRUCTIONS = 500_000;
const CALL_INSTRUCTIONS = 500;
/** So many in one stretch take long enough for a look at the host's clock. */
const LONG_INSTRUCTIONS = 5000;
/* Indices of words. */
const COUNTER = (C.HART + C.HART_COUNTERS + C.COUNT_INSTRUCTIONS * 8) >>> 2;
const CALLS = (C.HART + C.HART_CALLS) >>> 2;
const FREED_OBJECTS = (C.HART + C.HART_FREED_OBJECTS) >>> 2;
const SHORT = (C.HART + C.HART_SHORT) >>> 2;

const BEYOND_END = { signo: S.SIGBUS, code: S.BUS_ADRERR };
const FAULT_SIGNALS: ReadonlyMap<number, { signo: number; code: number }> = new Map([
  [X.FAULT_MAPERR, { signo: S.SIGSEGV, code: S.SEGV_MAPERR }],
  [X.FAULT_ACCERR, { signo: S.SIGSEGV, code: S.SEGV_ACCERR }],
  [X.FAULT_ADRERR, BEYOND_END],
  [X.FAULT_ALIGN, { signo: S.SIGBUS, code: S.BUS_ADRALN }],
  [X.FAULT_HWPOISON, { signo: S.SIGBUS, code: S.BUS_MCEERR_AR }],
]);

/** Lets one thread run: its turn, what the core comes back for in it, and what that counts. */
export class Turns {
  /** Instructions, and every other reason for which the core came back: what a step counts. The same however a run is cut up. */
  position = 0;
  /** Instructions until the machine is handed back, in the middle of a turn. */
  allowance = Number.POSITIVE_INFINITY;
  /** The thread whose turn the host's events have interrupted, and what is left of its slice. */
  paused: { readonly thread: Thread; readonly left: number } | undefined = undefined;
  /** Instructions until the run ends. */
  fuel = Number.POSITIVE_INFINITY;
  faults: FaultLog | undefined = undefined;
  readonly pace = new Pace();
  /** When the host's events are to get their turn, as performance.now() tells time. */
  yieldAt = 0;
  /** Whose turn it is, what is left of its slice, and the core's count of instructions when they were last taken off it. */
  #thread!: Thread;
  #left = 0;
  #counted = 0;

  constructor(
    private readonly kernel: Kernel,
    private readonly calls: Dispatcher,
    fuel: number,
  ) {
    this.fuel = fuel;
    kernel.core.onCall = () => this.#callInside();
  }

  /** One turn of one thread: until its slice is used up, or it sleeps, stops or ends. */
  take(t: Thread): void {
    const { kernel } = this;
    const { process } = t;
    this.#thread = t;
    this.#left = this.paused?.left ?? SLICE_INSTRUCTIONS;
    if (this.paused === undefined) {
      kernel.cpu.load(t);
      kernel.contextSwitches++;
    }
    this.paused = undefined;
    while (t.state === 'runnable') {
      if (process.exiting) {
        exitThread(t, process.status);
        return;
      }
      const settled = t.calls?.isSettled() === true;
      if (settled) t.calls?.unwind();
      // A call that was asleep runs again first: it finishes, or finds the signal and says how it is to be interrupted.
      if ((t.signalFlag && t.syscall < 0) || t.interrupted !== 0) {
        if (!this.#attempt(t, () => deliverSignals(t))) return;
        if (process.exiting) continue;
        if (process.stopped) {
          process.parked.push(t);
          return;
        }
      }
      if (settled && !this.#attempt(t, () => t.calls?.begin())) return;
      if (this.#left <= 0 || kernel.yielding || this.fuel <= 0) {
        kernel.yielding = false;
        t.involuntarySwitches++;
        kernel.scheduler.add(t);
        return;
      }
      let executed = 0;
      if (t.syscall >= 0) this.#call(t);
      else executed = this.#execute(t);
      this.pace.step(executed > LONG_INSTRUCTIONS);
      // Calls may take long. The host gets its time without anybody losing a turn: slices are the same whatever the host's speed.
      if ((this.#isLate || this.allowance <= 0) && this.#left > 0 && t.state === 'runnable') {
        this.paused = { thread: t, left: this.#left };
        return;
      }
      if (kernel.core.u32[FREED_OBJECTS] !== 0) this.dropFreed();
      if (process.cpuTimers.armed) process.cpuTimers.check(process);
    }
    t.calls?.nudge();
  }

  /** The VFS hears of objects that nobody holds any more. */
  dropFreed(): void {
    this.kernel.env.pages.forgetFreed();
  }

  get #isLate(): boolean {
    return this.pace.now >= this.yieldAt;
  }

  /** False: the thread waits for the host in the middle of it. */
  #attempt(t: Thread, act: () => unknown): boolean {
    try {
      act();
      return true;
    } catch (error) {
      if (!(error instanceof Suspend)) throw error;
      this.#await(t, error);
      return false;
    }
  }

  /** Nobody looks at what happens between stretches of instructions: calls need not end them. */
  #isPlain(t: Thread): boolean {
    return this.kernel.hooks.beforeRun === undefined && this.faults === undefined && !t.process.cpuTimers.armed;
  }

  #budget(t: Thread): number {
    const { beforeRun } = this.kernel.hooks;
    const { cpuTimers } = t.process;
    let budget = Math.min(this.#left, this.fuel, this.allowance, beforeRun?.(t) ?? this.#left);
    if (this.faults !== undefined) budget = Math.min(budget, C.FAULT_LOG_RUN_MAX);
    if (cpuTimers.armed) budget = Math.min(budget, Math.ceil(cpuTimers.budget(t.process)));
    return budget;
  }

  /** Takes what the core has executed since the last time off all that limits it. */
  #count(t: Thread, reason: number): number {
    const counter = this.kernel.core.u32[COUNTER];
    const executed = (counter - this.#counted) >>> 0;
    this.#counted = counter;
    t.instructions += executed;
    this.#left -= executed;
    this.fuel -= executed;
    const steps = executed + (reason === X.EXIT_BUDGET ? 0 : 1);
    this.allowance -= steps;
    this.position += steps;
    return executed;
  }

  /** Lets the core run, then acts on why it came back. Returns how many instructions that was since the last call inside. */
  #execute(t: Thread): number {
    const { core } = this.kernel;
    core.u32[CALLS] = this.#isPlain(t) ? 1 : 0;
    this.#counted = core.u32[COUNTER];
    let reason = core.exports.run(this.#budget(t));
    if (reason === X.EXIT_CALLED) return 0;
    if (reason === X.EXIT_TIME) {
      core.writeU64(C.HART + C.HART_TIME, Math.max(1, this.kernel.now()));
      reason = core.exports.run(1);
      core.writeU64(C.HART + C.HART_TIME, 0);
    }
    const executed = this.#count(t, reason);
    this.faults?.drain();
    if (reason === X.EXIT_BUDGET) return executed;
    if (reason === X.EXIT_ECALL) {
      this.#call(t);
      return executed;
    }
    this.#left -= CALL_INSTRUCTIONS;
    switch (reason) {
      case X.EXIT_FAULT:
        this.#fault(t);
        return executed;
      case X.EXIT_IO:
        this.#fillPage(t);
        return executed;
      case X.EXIT_MEMORY:
        this.#starve(t);
        return executed;
      case X.EXIT_ILLEGAL:
        forceSignal(t, { signo: S.SIGILL, code: S.ILL_ILLOPC, address: core.pc });
        return executed;
      case X.EXIT_EBREAK:
        forceSignal(t, { signo: S.SIGTRAP, code: S.TRAP_BRKPT, address: core.pc });
        return executed;
      default:
        throw new Error(`the core came back for an unknown reason: ${reason}`);
    }
  }

  /**
   * The core has come to a call and stays in run(): what #execute and `take` would do about it, as long as that is to go on. The budget; 0:
   * `take` looks at why not.
   */
  #callInside(): number {
    const t = this.#thread;
    const executed = this.#count(t, X.EXIT_ECALL);
    this.#call(t);
    if (t.state !== 'runnable' || t.process.exiting || t.signalFlag || t.interrupted !== 0 || t.syscall >= 0) return 0;
    if (this.#left <= 0 || this.kernel.yielding || this.fuel <= 0 || this.allowance <= 0 || !this.#isPlain(t)) return 0;
    if (this.pace.step(executed > LONG_INSTRUCTIONS) && this.#isLate) return 0;
    if (this.kernel.core.u32[FREED_OBJECTS] !== 0) this.dropFreed();
    return Math.min(this.#left, this.fuel, this.allowance);
  }

  #call(t: Thread): void {
    this.#left -= CALL_INSTRUCTIONS;
    if (this.kernel.core.u32[SHORT] !== 0) this.kernel.env.pages.reclaimer.relieve();
    try {
      this.calls.call(t);
      this.faults?.drain();
    } catch (error) {
      if (!(error instanceof Suspend)) throw error;
      this.#await(t, error);
    }
  }

  /** What a call needs comes from the host, or from a program that a userfaultfd tells of it. */
  #await(t: Thread, wait: Suspend): void {
    if (wait instanceof UserfaultWait) sleepForPage(t, wait.fault, false);
    else t.suspend(wait.promise, wait instanceof HandlerWait);
  }

  #fault(t: Thread): void {
    const { core } = this.kernel;
    const address = core.readExact(C.HART + C.HART_FAULT_ADDRESS);
    const kind = core.u32[(C.HART + C.HART_FAULT_KIND) >>> 2];
    if (kind === X.FAULT_USERFAULT) {
      const fault = handOut(t, t.process.space, false);
      if (fault !== 'refused') {
        if (fault !== undefined) sleepForPage(t, fault, true);
        return;
      }
    }
    const signal = { ...(FAULT_SIGNALS.get(kind) ?? BEYOND_END), address };
    if (atCallReturn(t)) this.#attempt(t, () => t.calls?.finish() || forceSignal(t, signal));
    else forceSignal(t, signal);
  }

  /** A page of a file: read into the cache; the instruction then runs again. A page that can't be read is a bus error. */
  #fillPage(t: Thread): void {
    const { core, env } = this.kernel;
    const words = core.u32;
    const object = words[(C.HART + C.HART_IO_OBJECT) >>> 2];
    const index = core.ioIndex;
    const address = core.readExact(C.HART + C.HART_FAULT_ADDRESS);
    try {
      env.pages.pager(object, index, words[(C.HART + C.HART_IO_HOW) >>> 2]);
      if (object === X.SWAP_AREA || core.exports.objectPage(object, index) !== 0) return;
    } catch (error) {
      if (!(error instanceof Suspend || error instanceof SysError)) throw error;
      if (error instanceof Suspend || error.errno === ENOMEM) {
        if (error instanceof Suspend) t.suspend(error.promise);
        else this.#starve(t);
        return;
      }
    }
    forceSignal(t, { signo: S.SIGBUS, code: S.BUS_ADRERR, address });
  }

  /** No frame is left: room is made, or waited for, or else the out-of-memory rule ends somebody. */
  #starve(t: Thread): void {
    const { pages } = this.kernel.env;
    if (pages.reclaim() > 0) return;
    if (pages.reclaimer.waiting !== undefined) this.#await(t, pages.reclaimer.waiting);
    else killForMemory(t);
  }
}
