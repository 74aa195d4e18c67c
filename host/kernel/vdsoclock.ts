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
  readonly #start = performance.now();
  /** Of CLOCK_REALTIME when monotonic time was 0. */
  readonly #bootNs: bigint;

  constructor(private readonly core: Core) {
    const ms = performance.timeOrigin + this.#start;
    const sec = Math.floor(ms / 1000);
    this.#bootNs = BigInt(sec) * BigInt(NS_PER_SECOND) + BigInt(Math.floor((ms - sec * 1000) * 1e6));
  }

  monotonicNs(): number {
    return Math.round((performance.now() - this.#start) * 1e6);
  }

  realtime(): Timestamp {
    const ns = this.#bootNs + BigInt(this.monotonicNs());
    const perSecond = BigInt(NS_PER_SECOND);
    return { sec: Number(ns / perSecond), nsec: Number(ns % perSecond) };
  }

  publish(page: number): void {
    this.core.view.setBigUint64(page + WALL_AHEAD, this.#bootNs, true);
    this.core.u32[(page + KNOWN) >>> 2] = 1;
  }
}
