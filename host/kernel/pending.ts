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
  /** si_addr of a fault: a bigint where a number can't say it. */
  readonly address?: number | bigint;
  /** rt_sigqueueinfo: the caller's 128 bytes, signo already put in. */
  readonly raw?: Uint8Array;
}

const SYNCHRONOUS = [SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGSYS].reduce((set, n) => set | signalBit(n), 0n);

/** How many signals wait for what each user runs, in all processes: what RLIMIT_SIGPENDING limits. */
export class SignalCounts {
  private readonly _byUser = new Map<number, number>();

  of(uid: number): number {
    return this._byUser.get(uid) ?? 0;
  }

  change(uid: number, by: number): void {
    const count = this.of(uid) + by;
    if (count === 0) this._byUser.delete(uid);
    else this._byUser.set(uid, count);
  }
}

interface Waiting {
  readonly info: SigInfo;
  /** Whose account it is on. */
  readonly uid: number;
}

/** Signals waiting for a thread or for a whole process. A standard signal waits once; realtime ones queue in order. */
export class PendingSignals {
  set: SignalSet = 0n;
  private _queue: Waiting[] = [];

  constructor(private readonly counts = new SignalCounts()) {}

  /** False when the signal already waited and is not queued again. */
  add(info: SigInfo, uid = 0): boolean {
    const bit = signalBit(info.signo);
    // A timer's signal has a place of its own beside what waits already.
    if (info.signo < SIGRTMIN && info.timerId === undefined && (this.set & bit) !== 0n) return false;
    this.set |= bit;
    this._queue.push({ info, uid });
    this.counts.change(uid, 1);
    return true;
  }

  /** The signal is there, without the place in the queue that would keep its siginfo. */
  mark(signo: number): void {
    this.set |= signalBit(signo);
  }

  get size(): number {
    return this._queue.length;
  }

  some(test: (info: SigInfo) => boolean): boolean {
    return this._queue.some(({ info }) => test(info));
  }

  /** Takes the next signal in `wanted`: faults first, then the lowest number. */
  take(wanted: SignalSet): SigInfo | undefined {
    if (this.set === 0n) return undefined;
    let candidates = this.set & wanted;
    if (candidates === 0n) return undefined;
    if (this._queue.length === 1 && this.set === signalBit(this._queue[0].info.signo)) return this._takeOnly();
    if ((candidates & SYNCHRONOUS) !== 0n) candidates &= SYNCHRONOUS;
    let signal = 1;
    while ((candidates & signalBit(signal)) === 0n) signal++;
    const at = this._queue.findIndex(({ info }) => info.signo === signal);
    const [found] = at < 0 ? [] : this._queue.splice(at, 1);
    if (found !== undefined) this.counts.change(found.uid, -1);
    if (!this._queue.some((other) => other.info.signo === signal)) this.set &= ~signalBit(signal);
    return found?.info ?? { signo: signal, code: SI_USER };
  }

  private _takeOnly(): SigInfo {
    const [{ info, uid }] = this._queue;
    this._queue.length = 0;
    this.set = 0n;
    this.counts.change(uid, -1);
    return info;
  }

  /** Forgets the signals of timers that are no more. */
  removeTimers(): void {
    for (const { info } of this._queue) if (info.timerId !== undefined) this.set &= ~signalBit(info.signo);
    this._keep(({ timerId }) => timerId === undefined);
    for (const { info } of this._queue) this.set |= signalBit(info.signo);
  }

  /** Undoes take(): the signal is the next of its number again. */
  putBack(info: SigInfo, uid = 0): void {
    this.set |= signalBit(info.signo);
    this._queue.unshift({ info, uid });
    this.counts.change(uid, 1);
  }

  remove(set: SignalSet): void {
    if ((this.set & set) === 0n) return;
    this.set &= ~set;
    this._keep((info) => (signalBit(info.signo) & set) === 0n);
  }

  /** Nobody is left to take them. */
  clear(): void {
    this.set = 0n;
    this._keep(() => false);
  }

  private _keep(test: (info: SigInfo) => boolean): void {
    this._queue = this._queue.filter(({ info, uid }) => {
      const stays = test(info);
      if (!stays) this.counts.change(uid, -1);
      return stays;
    });
  }
}
