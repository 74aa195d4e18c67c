import { bound } from '../linux/bound.js';
import { SI_KERNEL, SIGALRM, SIGKILL, SIGPROF, SIGVTALRM, SIGXCPU } from '../linux/signal.js';
import { NS_PER_SECOND } from './clock.js';
import { RLIMIT_CPU } from './limits.js';
import type { Process } from './process.js';
import { sendToProcess } from './signal.js';
import type { Timer } from './timers.js';

/** ITIMER_REAL of a process: SIGALRM by host time, once or every interval. */
export class IntervalTimer {
  private _timer: Timer | undefined;
  private _deadline = 0;

  constructor(
    private readonly process: Process,
    valueNs: number,
    readonly intervalNs: number,
  ) {
    this._arm(process.kernel.now() + valueNs);
  }

  /** Nanoseconds to go, 0 when it has fired for the last time. */
  remainingNs(): number {
    return this._timer === undefined ? 0 : Math.max(1, this._deadline - this.process.kernel.now());
  }

  private _arm(deadline: number): void {
    this._deadline = deadline;
    this._timer = this.process.kernel.timers.at(deadline, { wake: bound(this, 'fire') });
  }

  fire(): void {
    this._timer = undefined;
    sendToProcess(this.process, { signo: SIGALRM, code: SI_KERNEL });
  }

  /** The process takes a SIGALRM: a repeating timer runs again. So it can't send faster than signals are taken. */
  signalTaken(): void {
    if (this._timer !== undefined || this.intervalNs === 0) return;
    this._arm(nextAfter(this._deadline, this.intervalNs, this.process.kernel.now()));
  }

  cancel(): void {
    this._timer?.cancel();
    this._timer = undefined;
  }
}

/** How often a timer that was due at `deadline` and then every interval has gone off by `now`: once at least. */
export function expirations(deadline: number, intervalNs: number, now: number): number {
  return Math.max(1, Math.floor((now - deadline) / intervalNs) + 1);
}

function nextAfter(deadline: number, intervalNs: number, now: number): number {
  return deadline + intervalNs * expirations(deadline, intervalNs, now);
}

interface CpuTimer {
  expires: number;
  intervalNs: number;
}

/** A timer of timer_create(2) on some CPU time of the process. */
interface CpuAlarm {
  readonly deadline: number;
  readonly now: () => number;
  readonly fire: () => void;
}

/** ITIMER_VIRTUAL (user time), ITIMER_PROF (user and system) and RLIMIT_CPU: looked at after every slice and call while armed. */
export class CpuTimers {
  private _virtual: CpuTimer = { expires: 0, intervalNs: 0 };
  private _prof: CpuTimer = { expires: 0, intervalNs: 0 };
  /** CPU time at which RLIMIT_CPU is next acted upon, Infinity without a limit. */
  private _limitAt = Number.POSITIVE_INFINITY;
  private readonly _alarms = new Set<CpuAlarm>();
  armed = false;

  /** `fire` once `now()` has reached the deadline. */
  at(deadline: number, now: () => number, fire: () => void): { cancel(): void } {
    const alarm = { deadline, now, fire };
    this._alarms.add(alarm);
    this._arm();
    return { cancel: bound(this, 'forget', alarm) };
  }

  forget(alarm: CpuAlarm): void {
    this._alarms.delete(alarm);
  }

  /** RLIMIT_CPU has been set or inherited. */
  limitChanged(process: Process): void {
    this._limitAt = process.limits[RLIMIT_CPU].current * NS_PER_SECOND;
    this._arm();
  }

  private _arm(): void {
    const timed = this._virtual.expires > 0 || this._prof.expires > 0 || this._alarms.size > 0;
    this.armed = timed || this._limitAt < Number.POSITIVE_INFINITY;
  }

  /** Instructions until one may fire: a slice need not be longer. */
  budget(process: Process): number {
    let least = Number.POSITIVE_INFINITY;
    if (this._virtual.expires > 0) least = Math.min(least, this._virtual.expires - process.usage().userNs);
    if (this._prof.expires > 0) least = Math.min(least, this._prof.expires - process.cpuNs());
    if (this._limitAt < Number.POSITIVE_INFINITY) least = Math.min(least, this._limitAt - process.cpuNs());
    for (const { deadline, now } of this._alarms) least = Math.min(least, deadline - now());
    return Math.max(1, least);
  }

  get(process: Process, prof: boolean): { valueNs: number; intervalNs: number } {
    const timer = prof ? this._prof : this._virtual;
    const now = prof ? process.cpuNs() : process.usage().userNs;
    return { valueNs: timer.expires === 0 ? 0 : Math.max(1000, timer.expires - now), intervalNs: timer.intervalNs };
  }

  set(process: Process, prof: boolean, valueNs: number, intervalNs: number): void {
    const now = prof ? process.cpuNs() : process.usage().userNs;
    const timer = { expires: valueNs === 0 ? 0 : now + valueNs, intervalNs };
    if (prof) this._prof = timer;
    else this._virtual = timer;
    this._arm();
  }

  check(process: Process): void {
    this._check(process, this._virtual, process.usage().userNs, SIGVTALRM);
    this._check(process, this._prof, process.cpuNs(), SIGPROF);
    if (process.cpuNs() >= this._limitAt) this._overLimit(process);
    for (const alarm of [...this._alarms]) {
      if (alarm.now() < alarm.deadline) continue;
      this._alarms.delete(alarm);
      alarm.fire();
    }
    this._arm();
  }

  /** SIGXCPU at the soft limit and every second after it, SIGKILL at the hard one. */
  private _overLimit(process: Process): void {
    const { maximum } = process.limits[RLIMIT_CPU];
    const hard = process.cpuNs() >= maximum * NS_PER_SECOND;
    this._limitAt = Math.min(this._limitAt + NS_PER_SECOND, maximum * NS_PER_SECOND);
    sendToProcess(process, { signo: hard ? SIGKILL : SIGXCPU, code: SI_KERNEL });
  }

  private _check(process: Process, timer: CpuTimer, now: number, signo: number): void {
    if (timer.expires === 0 || now < timer.expires) return;
    timer.expires = timer.intervalNs > 0 ? nextAfter(timer.expires, timer.intervalNs, now) : 0;
    sendToProcess(process, { signo, code: SI_KERNEL });
  }
}
