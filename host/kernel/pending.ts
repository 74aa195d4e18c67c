import { SI_USER, SIGBUS, SIGFPE, SIGILL, SIGRTMIN, SIGSEGV, SIGSYS, SIGTRAP } from '../linux/signal.js';

/** A set of signals: bit n - 1 is signal n, as in the kernel's sigset_t. */
export type SignalSet = bigint;

const BITS: readonly bigint[] = Array.from({ length: 65 }, (_, n) => (n === 0 ? 0n : 1n << BigInt(n - 1)));

export function signalBit(signal: number): SignalSet {
  return BITS[signal];
}

/** What siginfo_t says. Absent fields are 0. */
export interface SigInfo {
  readonly signo: number;
  readonly code: number;
  readonly errno?: number;
  readonly pid?: number;
  readonly uid?: number;
  /** SIGCHLD: exit status or signal. */
  readonly status?: number;
  readonly utime?: number;
  readonly stime?: number;
  /** sigval of SI_QUEUE and SI_TIMER. */
  readonly value?: bigint;
  readonly timerId?: number;
  readonly overrun?: number;
  /** si_addr of a fault. */
  readonly address?: number;
  /** rt_sigqueueinfo: the caller's 128 bytes, signo already put in. */
  readonly raw?: Uint8Array;
}

const SYNCHRONOUS = [SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGSYS].reduce((set, n) => set | signalBit(n), 0n);

/** Signals waiting for a thread or for a whole process. A standard signal waits once; realtime ones queue in order. */
export class PendingSignals {
  set: SignalSet = 0n;
  #queue: SigInfo[] = [];

  /** False when the signal already waited and is not queued again. */
  add(info: SigInfo): boolean {
    const bit = signalBit(info.signo);
    // A timer's signal has a place of its own beside what waits already.
    if (info.signo < SIGRTMIN && info.timerId === undefined && (this.set & bit) !== 0n) return false;
    this.set |= bit;
    this.#queue.push(info);
    return true;
  }

  /** The signal is there, without the place in the queue that would keep its siginfo. */
  mark(signo: number): void {
    this.set |= signalBit(signo);
  }

  get size(): number {
    return this.#queue.length;
  }

  some(test: (info: SigInfo) => boolean): boolean {
    return this.#queue.some(test);
  }

  /** Takes the next signal in `wanted`: faults first, then the lowest number. */
  take(wanted: SignalSet): SigInfo | undefined {
    let candidates = this.set & wanted;
    if (candidates === 0n) return undefined;
    if ((candidates & SYNCHRONOUS) !== 0n) candidates &= SYNCHRONOUS;
    let signal = 1;
    while ((candidates & signalBit(signal)) === 0n) signal++;
    const at = this.#queue.findIndex((info) => info.signo === signal);
    const info = at < 0 ? { signo: signal, code: SI_USER } : this.#queue.splice(at, 1)[0];
    if (!this.#queue.some((other) => other.signo === signal)) this.set &= ~signalBit(signal);
    return info;
  }

  /** Forgets the signals of timers that are no more. */
  removeTimers(): void {
    for (const { signo, timerId } of this.#queue) if (timerId !== undefined) this.set &= ~signalBit(signo);
    this.#queue = this.#queue.filter(({ timerId }) => timerId === undefined);
    for (const { signo } of this.#queue) this.set |= signalBit(signo);
  }

  /** Undoes take(): the signal is the next of its number again. */
  putBack(info: SigInfo): void {
    this.set |= signalBit(info.signo);
    this.#queue.unshift(info);
  }

  remove(set: SignalSet): void {
    if ((this.set & set) === 0n) return;
    this.set &= ~set;
    this.#queue = this.#queue.filter((info) => (signalBit(info.signo) & set) === 0n);
  }
}
