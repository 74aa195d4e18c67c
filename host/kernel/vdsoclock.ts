import type { Core } from '../core/core.js';
import type { Timestamp } from '../vfs/types.js';
import { type Clock, NS_PER_SECOND } from './clock.js';

/* The data page of the vDSO: isa/vdso/functions.s */
const KNOWN = 0;
const WALL_AHEAD = 8;

/**
 * The host's clock, of which the guest reads the monotonic part as its `time` CSR and finds the rest on the vDSO's data page. Every read
 * asks the host, so that what a program measures is real: a clock made up from instruction counts would show faults and copies as free.
 */
export class VdsoClock implements Clock {
  private _start = performance.now();
  /** Of CLOCK_REALTIME when monotonic time was 0. */
  private _bootSec = 0;
  private _bootNsec = 0;
  private _latestNs = 0;
  /** Of _latestNs, once it is asked for. */
  private _coarse: Timestamp | undefined = undefined;

  constructor(private readonly core: Core) {
    this._boot();
  }

  /** As after a suspension: nobody has seen the time between. */
  resumeAt(ns: number): void {
    this._start = performance.now() - ns / 1e6;
    this._latestNs = ns;
    this._coarse = undefined;
    this._boot();
  }

  private _boot(): void {
    const ms = performance.timeOrigin + this._start;
    this._bootSec = Math.floor(ms / 1000);
    this._bootNsec = Math.floor((ms - this._bootSec * 1000) * 1e6);
  }

  monotonicNs(): number {
    this._latestNs = Math.round((performance.now() - this._start) * 1e6);
    this._coarse = undefined;
    return this._latestNs;
  }

  realtime(): Timestamp {
    this.monotonicNs();
    return this.coarse();
  }

  coarse(): Timestamp {
    if (this._coarse === undefined) {
      const sec = Math.floor(this._latestNs / NS_PER_SECOND);
      const nsec = this._latestNs - sec * NS_PER_SECOND + this._bootNsec;
      const carry = nsec >= NS_PER_SECOND ? 1 : 0;
      this._coarse = { sec: this._bootSec + sec + carry, nsec: nsec - carry * NS_PER_SECOND };
    }
    return this._coarse;
  }

  publish(page: number): void {
    this.core.view.setBigUint64(page + WALL_AHEAD, BigInt(this._bootSec) * BigInt(NS_PER_SECOND) + BigInt(this._bootNsec), true);
    this.core.u32[(page + KNOWN) >>> 2] = 1;
  }
}
