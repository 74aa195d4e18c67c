/** A small seeded generator (mulberry32): the same seed, the same sequence, on every machine. */
export class Random {
  #state: number;

  constructor(readonly seed: number) {
    this.#state = seed >>> 0;
  }

  /** 32 random bits, unsigned. */
  u32(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** A whole number in [0, n). */
  below(n: number): number {
    return Math.floor((this.u32() / 2 ** 32) * n);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }

  chance(probability: number): boolean {
    return this.u32() / 2 ** 32 < probability;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.u32() & 255);
  }
}

/** Seed of a fuzz test: PAGEWALK_SEED replays one, else a fixed one so that CI is repeatable. */
export function fuzzSeed(fallback: number): number {
  return process.env.PAGEWALK_SEED === undefined ? fallback : Number(process.env.PAGEWALK_SEED);
}

/** Rounds of a fuzz test: PAGEWALK_ROUNDS by hand, else what CI has time for. */
export function fuzzRounds(fallback: number): number {
  return process.env.PAGEWALK_ROUNDS === undefined ? fallback : Number(process.env.PAGEWALK_ROUNDS);
}
