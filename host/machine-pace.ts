/** So long may pass between two looks at the host's clock while much happens: timers are late by it. */
const LOOK_MS = 0.25;
const STEPS_MAX = 64;

/**
 * When to look at the host's clock. Where the host's kernel emulates it that takes 0.2 us, as long as two short system calls: so it is not
 * read after each of them, but after so many as took LOOK_MS in all the last time.
 */
export class Pace {
  /** performance.now() when the clock was last read. */
  now = performance.now();
  #steps = 1;
  #left = 1;

  /** Something has been done; `long`: more than steps usually take. True: the clock was read. */
  step(long = false): boolean {
    if (--this.#left > 0 && !long) return false;
    this.look();
    return true;
  }

  look(): number {
    const now = performance.now();
    const took = now - this.now;
    this.#steps = Math.max(1, Math.min(STEPS_MAX, this.#steps * 2, Math.floor((this.#steps * LOOK_MS) / took)));
    this.#left = this.#steps;
    this.now = now;
    return now;
  }
}
