import { COUNT_INSTRUCTIONS } from '../../assembly/shared/layout.js';
import type { Core } from '../core/core.js';
import type { Timestamp } from '../vfs/types.js';

export const NS_PER_SECOND = 1e9;

/** Where time comes from; injected, so that tests and replays can have their own. */
export interface Clock {
  /** Nanoseconds since some fixed moment; never goes back. */
  monotonicNs(): number;
  realtime(): Timestamp;
  /** The time of the last reading, for the times of files: as in Linux, some milliseconds old. Absent: `realtime`. */
  coarse?(): Timestamp;
  /** A clock that is not the host's: when nobody can run before this moment, time goes there at once. */
  advanceTo?(ns: number): void;
  /** Of a restored machine: monotonic time goes on from here, and realtime is the host's. */
  resumeAt?(ns: number): void;
  /** Fills the vDSO's data page, at this linear address; absent: programs ask by system calls. */
  publish?(page: number): void;
}

/** The host's clocks. Monotonic time starts near zero when the clock is made: that is the machine's boot. */
export function hostClock(): Clock {
  const start = performance.now();
  return {
    monotonicNs: () => Math.round((performance.now() - start) * 1e6),
    realtime: () => {
      const ms = performance.timeOrigin + performance.now();
      const sec = Math.floor(ms / 1000);
      return { sec, nsec: Math.min(999_999_999, Math.floor((ms - sec * 1000) * 1e6)) };
    },
  };
}

/**
 * A clock of the machine's own: an instruction takes a nanosecond, and sleep no time of the host's. What a program sees of time is the same
 * in every run.
 */
export class VirtualClock implements Clock {
  private _skippedNs = 0;

  constructor(
    private readonly core: Core,
    private readonly startMs = 0,
  ) {}

  monotonicNs(): number {
    return this.core.counter(COUNT_INSTRUCTIONS) + this._skippedNs;
  }

  realtime(): Timestamp {
    const ns = this.monotonicNs();
    const ms = this.startMs + Math.floor(ns / 1e6);
    const sec = Math.floor(ms / 1000);
    return { sec, nsec: Math.floor((ms - sec * 1000) * 1e6 + (ns % 1e6)) };
  }

  advanceTo(ns: number): void {
    this._skippedNs += Math.max(0, ns - this.monotonicNs());
  }
}
