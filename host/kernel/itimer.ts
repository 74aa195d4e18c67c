import { SI_KERNEL, SIGALRM, SIGKILL, SIGPROF, SIGVTALRM, SIGXCPU } from '../linux/signal.js';
import { NS_PER_SECOND } from './clock.js';
import { RLIMIT_CPU } from './limits.js';
import type { Process } from './process.js';
import { sendToProcess } from './signal.js';
import type { Timer } from './timers.js';

/** ITIMER_REAL of a process: SIGALRM by host time, once or every interval. */
export class IntervalTimer {
  #timer: Timer | undefined;
  #deadline = 0;

  constructor(
    private readonly process: Process,
    valueNs: number,
    readonly intervalNs: number,
  ) {
    this.#arm(process.kernel.now() + valueNs);
  }

  /** Nanoseconds to go, 0 when it has fired for the last time. */
  remainingNs(): number {
    return this.#timer === undefined ? 0 : Math.max(1, this.#deadline - this.process.kernel.now());
  }

  #arm(deadline: number): void {
    this.#deadline = deadline;
    this.#timer = this.process.kernel.timers.at(deadline, { wake: () => this.#fire() });
  }

  #fire(): void {
    this.#timer = undefined;
    sendToProcess(this.process, { signo: SIGALRM, code: SI_KERNEL });
  }

  /** The process takes a SIGALRM: a repeating timer runs again. So it can't send faster than signals are taken. */
  signalTaken(): void {
    if (this.#timer !== undefined || this.intervalNs === 0) return;
    this.#arm(nextAfter(this.#deadline, this.intervalNs, this.process.kernel.now()));
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
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
  #virtual: CpuTimer = { expires: 0, intervalNs: 0 };
  #prof: CpuTimer = { expires: 0, intervalNs: 0 };
  /** CPU time at which RLIMIT_CPU is next acted upon, Infinity without a limit. */
  #limitAt = Number.POSITIVE_INFINITY;
  readonly #alarms = new Set<CpuAlarm>();
  armed = false;

  /** `fire` once `now()` has reached the deadline. */
  at(deadline: number, now: () => number, fire: () => void): { cancel(): void } {
    const alarm = { deadline, now, fire };
    this.#alarms.add(alarm);
    this.#arm();
    return { cancel: () => this.#alarms.delete(alarm) };
  }

  /** RLIMIT_CPU has been set or inherited. */
  limitChanged(process: Process): void {
    this.#limitAt = process.limits[RLIMIT_CPU].current * NS_PER_SECOND;
    this.#arm();
  }

  #arm(): void {
    const timed = this.#virtual.expires > 0 || this.#prof.expires > 0 || this.#alarms.size > 0;
    this.armed = timed || this.#limitAt < Number.POSITIVE_INFINITY;
  }

  /** Instructions until one may fire: a slice need not be longer. */
  budget(process: Process): number {
    let least = Number.POSITIVE_INFINITY;
    if (this.#virtual.expires > 0) least = Math.min(least, this.#virtual.expires - process.usage().userNs);
    if (this.#prof.expires > 0) least = Math.min(least, this.#prof.expires - process.cpuNs());
    if (this.#limitAt < Number.POSITIVE_INFINITY) least = Math.min(least, this.#limitAt - process.cpuNs());
    for (const { deadline, now } of this.#alarms) least = Math.min(least, deadline - now());
    return Math.max(1, least);
  }

  get(process: Process, prof: boolean): { valueNs: number; intervalNs: number } {
    const timer = prof ? this.#prof : this.#virtual;
    const now = prof ? process.cpuNs() : process.usage().userNs;
    return { valueNs: timer.expires === 0 ? 0 : Math.max(1000, timer.expires - now), intervalNs: timer.intervalNs };
  }

  set(process: Process, prof: boolean, valueNs: number, intervalNs: number): void {
    const now = prof ? process.cpuNs() : process.usage().userNs;
    const timer = { expires: valueNs === 0 ? 0 : now + valueNs, intervalNs };
    if (prof) this.#prof = timer;
    else this.#virtual = timer;
    this.#arm();
  }

  check(process: Process): void {
    this.#check(process, this.#virtual, process.usage().userNs, SIGVTALRM);
    this.#check(process, this.#prof, process.cpuNs(), SIGPROF);
    if (process.cpuNs() >= this.#limitAt) this.#overLimit(process);
    for (const alarm of [...this.#alarms]) {
      if (alarm.now() < alarm.deadline) continue;
      this.#alarms.delete(alarm);
      alarm.fire();
    }
    this.#arm();
  }

  /** SIGXCPU at the soft limit and every second after it, SIGKILL at the hard one. */
  #overLimit(process: Process): void {
    const { maximum } = process.limits[RLIMIT_CPU];
    const hard = process.cpuNs() >= maximum * NS_PER_SECOND;
    this.#limitAt = Math.min(this.#limitAt + NS_PER_SECOND, maximum * NS_PER_SECOND);
    sendToProcess(process, { signo: hard ? SIGKILL : SIGXCPU, code: SI_KERNEL });
  }

  #check(process: Process, timer: CpuTimer, now: number, signo: number): void {
    if (timer.expires === 0 || now < timer.expires) return;
    timer.expires = timer.intervalNs > 0 ? nextAfter(timer.expires, timer.intervalNs, now) : 0;
    sendToProcess(process, { signo, code: SI_KERNEL });
  }
}
