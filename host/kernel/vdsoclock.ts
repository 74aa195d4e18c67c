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
  readonly #bootSec: number;
  readonly #bootNsec: number;
  #latestNs = 0;
  /** Of #latestNs, once it is asked for. */
  #coarse: Timestamp | undefined = undefined;

  constructor(private readonly core: Core) {
    const ms = performance.timeOrigin + this.#start;
    this.#bootSec = Math.floor(ms / 1000);
    this.#bootNsec = Math.floor((ms - this.#bootSec * 1000) * 1e6);
  }

  monotonicNs(): number {
    this.#latestNs = Math.round((performance.now() - this.#start) * 1e6);
    this.#coarse = undefined;
    return this.#latestNs;
  }

  realtime(): Timestamp {
    this.monotonicNs();
    return this.coarse();
  }

  coarse(): Timestamp {
    if (this.#coarse === undefined) {
      const sec = Math.floor(this.#latestNs / NS_PER_SECOND);
      const nsec = this.#latestNs - sec * NS_PER_SECOND + this.#bootNsec;
      const carry = nsec >= NS_PER_SECOND ? 1 : 0;
      this.#coarse = { sec: this.#bootSec + sec + carry, nsec: nsec - carry * NS_PER_SECOND };
    }
    return this.#coarse;
  }

  publish(page: number): void {
    this.core.view.setBigUint64(page + WALL_AHEAD, BigInt(this.#bootSec) * BigInt(NS_PER_SECOND) + BigInt(this.#bootNsec), true);
    this.core.u32[(page + KNOWN) >>> 2] = 1;
  }
}
