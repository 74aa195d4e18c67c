/** Time that depends on nothing but what the machine has done: a run that is repeated sees the same. */
import type { Clock } from '../../../host/index.js';

/** 2026-01-01T00:00:00Z */
const EPOCH_S = 1_767_225_600;
/** An instruction is a nanosecond; when all sleep, time goes to the moment they wait for. */
export class ExactClock implements Clock {
  #skipped = 0;

  constructor(private readonly instructions: () => number) {}

  monotonicNs(): number {
    return this.instructions() + this.#skipped;
  }

  realtime(): { sec: number; nsec: number } {
    const ns = this.monotonicNs();
    const sec = Math.floor(ns / 1e9);
    return { sec: EPOCH_S + sec, nsec: ns - sec * 1e9 };
  }

  /** It is so late now. */
  resumeAt(ns: number): void {
    this.#skipped = ns - this.instructions();
  }

  advanceTo(ns: number): void {
    this.#skipped += Math.max(0, ns - this.monotonicNs());
  }
}

/** Bytes that are the same for the same seed (xorshift32). */
export class SeededBytes {
  state: number;

  constructor(seed: number) {
    this.state = seed === 0 ? 1 : seed | 0;
  }

  readonly fill = (bytes: Uint8Array): void => {
    for (let i = 0; i < bytes.length; i++) {
      this.state ^= this.state << 13;
      this.state ^= this.state >>> 17;
      this.state ^= this.state << 5;
      bytes[i] = this.state & 255;
    }
  };
}
