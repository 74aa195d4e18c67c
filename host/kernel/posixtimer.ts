import { bound } from '../linux/bound.js';
import { SI_TIMER } from '../linux/signal.js';
import { expirations } from './itimer.js';
import type { Kernel } from './kernel.js';
import { type Process, threadCpuNs } from './process.js';
import { sendToProcess, sendToThread, signalPending } from './signal.js';
import type { Thread } from './thread.js';

export const SIGEV_SIGNAL = 0;
export const SIGEV_NONE = 1;
export const SIGEV_THREAD = 2;
export const SIGEV_THREAD_ID = 4;
/** DELAYTIMER_MAX: where the overrun count stays. */
const OVERRUN_MAX = 2 ** 31 - 1;
/** A timer whose signal is ignored comes back no sooner: nobody would stop it. */
const IGNORED_NS_MIN = 1e7;

/** What a timer runs on: the host's time, or CPU time. */
export interface TimerClock {
  /** Nanoseconds; never goes back. */
  now(): number;
  /** Calls `fire` once when that moment has come. */
  start(deadline: number, fire: () => void): { cancel(): void };
}

/** Monotonic time of the machine. */
export class HostTime implements TimerClock {
  constructor(private readonly kernel: Kernel) {}

  now(): number {
    return this.kernel.now();
  }

  start(deadline: number, fire: () => void): { cancel(): void } {
    return this.kernel.timers.at(deadline, { wake: fire });
  }
}

/** CPU time of a thread, or of a whole process; `userOnly`: without that of system calls. */
export class CpuTime implements TimerClock {
  constructor(
    readonly process: Process,
    private readonly thread: Thread | undefined,
    private readonly userOnly: boolean,
  ) {}

  now(): number {
    const { process, thread, userOnly } = this;
    if (thread !== undefined) return userOnly ? thread.instructions : threadCpuNs(thread);
    return userOnly ? process.usage().userNs : process.cpuNs();
  }

  start(deadline: number, fire: () => void): { cancel(): void } {
    return this.process.cpuTimers.at(deadline, bound(this, 'now'), fire);
  }
}

/** What timer_create(2) asks for. */
export interface TimerRequest {
  readonly id: number;
  /** CLOCK_* as the caller named it: absolute times are meant in it. */
  readonly clock: number;
  readonly notify: number;
  readonly signo: number;
  readonly value: bigint;
  readonly process: Process;
  /** SIGEV_THREAD_ID. */
  readonly target: Thread | undefined;
}

/**
 * A timer of timer_create(2). Its signal waits at most once, and until it is taken the timer stands still: what it missed is computed then.
 * So a short interval costs nothing while nobody looks.
 */
export class PosixTimer {
  private _running: { cancel(): void } | undefined;
  /** When it goes off next, or did last; undefined: disarmed. */
  private _expires: number | undefined;
  /** Expirations since the last delivery, the one that is delivered not counted. */
  private _overrun = -1;
  intervalNs = 0;
  /** timer_getoverrun(2): as of the last delivery. */
  lastOverrun = 0;

  constructor(
    readonly request: TimerRequest,
    readonly time: TimerClock,
  ) {}

  /** expires: a moment of `time`; undefined disarms. */
  set(expires: number | undefined, intervalNs: number): void {
    this.cancel();
    this.intervalNs = intervalNs;
    this._overrun = -1;
    this.lastOverrun = 0;
    this._expires = expires;
    this._start();
  }

  private _start(): void {
    if (this._expires === undefined || this.request.notify === SIGEV_NONE) return;
    this._running = this.time.start(this._expires, bound(this, 'fire'));
  }

  fire(): void {
    const { id, signo, value, process, target } = this.request;
    this._running = undefined;
    const info = { signo, code: SI_TIMER, timerId: id, value };
    const waits = (): boolean => signalPending(target ?? process, (other) => other.code === SI_TIMER && other.timerId === id);
    if (!waits()) {
      if (target === undefined) sendToProcess(process, info);
      else sendToThread(target, info);
    }
    if (this.intervalNs > 0 && !waits()) this._skipIgnored();
  }

  private _skipIgnored(): void {
    this._forward(this.time.now() + Math.max(0, IGNORED_NS_MIN - this.intervalNs));
    this._start();
  }

  /** Goes on to the first expiration after `now`; each one on the way counts. */
  private _forward(now: number): void {
    if (this._expires === undefined || this._expires > now) return;
    const count = expirations(this._expires, this.intervalNs, now);
    this._overrun = Math.min(OVERRUN_MAX, this._overrun + count);
    this._expires += count * this.intervalNs;
  }

  /** Its signal is being delivered: si_overrun. A repeating timer runs again. */
  delivered(): number {
    if (this.intervalNs > 0 && this._running === undefined) {
      this._forward(this.time.now());
      this._start();
    }
    this.lastOverrun = Math.max(0, this._overrun);
    this._overrun = -1;
    return this.lastOverrun;
  }

  remainingNs(): number {
    if (this._expires === undefined) return 0;
    const now = this.time.now();
    if (this.intervalNs > 0 && this._running === undefined) this._forward(now);
    else if (this._running === undefined && this.request.notify !== SIGEV_NONE) return 0;
    const left = this._expires - now;
    return left > 0 ? left : this.request.notify === SIGEV_NONE ? 0 : 1;
  }

  cancel(): void {
    this._running?.cancel();
    this._running = undefined;
  }
}
