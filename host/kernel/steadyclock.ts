import { COUNT_INSTRUCTIONS } from '../../assembly/shared/layout.js';
import type { Core } from '../core/core.js';
import type { Timestamp } from '../vfs/types.js';
import { type Clock, NS_PER_SECOND } from './clock.js';

const FRACTION = 65536;
/** Nanoseconds that an instruction may be thought to take, times FRACTION. */
const RATE_MIN = FRACTION / 8;
const RATE_MAX = FRACTION * 64;
/** A stretch of so many instructions within so much time tells how fast they are. */
const SAMPLE_INSTRUCTIONS = 100_000;
const SAMPLE_NS = 20e6;
/** The estimate is meant to stay behind the host's clock. */
const CAUTION = 0.9;

/* The data page of the vDSO: isa/vdso/functions.s */
const SEQUENCE = 0;
const RATE = 4;
const MONOTONIC = 8;
const INSTRET = 16;
const WALL_AHEAD = 24;

/**
 * The host's clock, readable by the guest without a call: between two looks at it, time goes on with the instructions that are
 * executed, at the speed that was measured. Guest and kernel read the same clock: what either has seen is never later than what the
 * other sees next, because
 *
 *    time = max(host's clock, base + (instructions - base instructions) * rate)
 *
 * and whenever the host's clock is the larger one it becomes the base, on the data page, before anybody is told.
 */
export class SteadyClock implements Clock {
  readonly #start = performance.now();
  /** Of CLOCK_REALTIME when monotonic time was 0. */
  readonly #bootNs: bigint;
  /** Linear address of the data page, 0: nobody reads it. */
  #page = 0;
  #sequence = 0;
  #baseNs = 0;
  #baseInstructions = 0;
  #rate = FRACTION;
  /** Where the sample began that measures the rate. */
  #sampleNs = 0;
  #sampleInstructions = 0;

  constructor(private readonly core: Core) {
    const ms = performance.timeOrigin + this.#start;
    const sec = Math.floor(ms / 1000);
    this.#bootNs = BigInt(sec) * BigInt(NS_PER_SECOND) + BigInt(Math.floor((ms - sec * 1000) * 1e6));
  }

  #hostNs(): number {
    return Math.round((performance.now() - this.#start) * 1e6);
  }

  monotonicNs(): number {
    const host = this.#hostNs();
    const instructions = this.core.counter(COUNT_INSTRUCTIONS);
    const estimate = this.#estimate(instructions);
    if (host <= estimate) return estimate;
    this.#rebase(host, instructions);
    return host;
  }

  realtime(): Timestamp {
    const ns = this.#bootNs + BigInt(this.monotonicNs());
    const perSecond = BigInt(NS_PER_SECOND);
    return { sec: Number(ns / perSecond), nsec: Number(ns % perSecond) };
  }

  /** The guest reads the page at this linear address from now on. */
  publish(page: number): void {
    this.#page = page;
    this.core.view.setBigUint64(page + WALL_AHEAD, this.#bootNs, true);
    this.#rebase(this.monotonicNs(), this.core.counter(COUNT_INSTRUCTIONS));
  }

  /** Between turns of threads: measures how fast the last one was. */
  turn(): void {
    const host = this.#hostNs();
    const instructions = this.core.counter(COUNT_INSTRUCTIONS);
    const estimate = this.#estimate(instructions);
    const count = instructions - this.#sampleInstructions;
    const elapsed = host - this.#sampleNs;
    if (count >= SAMPLE_INSTRUCTIONS && elapsed < SAMPLE_NS) {
      // Ahead of the host: slower until it has caught up.
      const wanted = (elapsed / count) * FRACTION * (estimate > host ? CAUTION / 2 : CAUTION);
      this.#rate = Math.round(Math.min(RATE_MAX, Math.max(RATE_MIN, wanted)));
    }
    this.#sampleNs = host;
    this.#sampleInstructions = instructions;
    this.#rebase(Math.max(host, estimate), instructions);
  }

  /** As the vDSO computes it, to the nanosecond. */
  #estimate(instructions: number): number {
    return this.#page === 0 ? 0 : this.#baseNs + Math.floor(((instructions - this.#baseInstructions) * this.#rate) / FRACTION);
  }

  #rebase(ns: number, instructions: number): void {
    this.#baseNs = ns;
    this.#baseInstructions = instructions;
    if (this.#page === 0) return;
    const { core } = this;
    // Odd, so that it is never 0.
    this.#sequence = (this.#sequence + 2) | 1;
    const words = core.u32;
    words[(this.#page + SEQUENCE) >>> 2] = this.#sequence;
    words[(this.#page + RATE) >>> 2] = this.#rate;
    core.writeU64(this.#page + MONOTONIC, ns);
    core.writeU64(this.#page + INSTRET, instructions);
  }
}
