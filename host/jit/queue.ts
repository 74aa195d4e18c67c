/** Places that have become hot wait here until compiling them is worth its time. */

/**
 * Compiling may take a share of the time that the instructions executed so far take to interpret, once those are more than short
 * programs have: measured in docs/decisions/0007-compiler.md.
 */
const SHARE = 0.12;
const FREE_MS = 200;
const INTERPRETED_MS = 3e-6;
/** A place that has become hot so often pays whatever else there is. */
const CERTAIN = 10;
/** So many places are compiled into one module. */
const BATCH = 8;
const WAITING_MAX = 4096;

export class HotQueue {
  /** Place -> how often it has become hot. */
  readonly #waiting = new Map<number, number>();

  /** Unlimited, everything is compiled when it comes. */
  constructor(private readonly limited: boolean) {}

  add(pc: number): void {
    const times = this.#waiting.get(pc);
    if (times === undefined && this.#waiting.size === WAITING_MAX) this.#waiting.clear();
    this.#waiting.set(pc, (times ?? 0) + 1);
  }

  /** The hottest that may be compiled now, given what was executed and how long compiling has taken. */
  take(instructions: number, compileMs: number): number[] {
    if (!this.limited) {
      const all = [...this.#waiting.keys()];
      this.#waiting.clear();
      return all;
    }
    const all = compileMs < SHARE * (instructions * INTERPRETED_MS - FREE_MS);
    const sorted = [...this.#waiting].filter(([, times]) => all || times >= CERTAIN).sort((a, b) => b[1] - a[1]);
    const taken = sorted.slice(0, BATCH).map(([pc]) => pc);
    for (const pc of taken) this.#waiting.delete(pc);
    return taken;
  }
}
