/** Places that have become hot wait here until compiling them is worth its time. */

/** Compiling an instruction takes about as long as interpreting so many. */
const COST = 6000;
/**
 * Compiling may cost a share of what was interpreted, once that is more than short programs do: measured in
 * docs/decisions/0007-compiler.md. Costs are counted in instructions, not measured: so the host's load does not decide what is compiled.
 */
const SHARE = 0.12;
const FREE_INSTRUCTIONS = 60e6;
/** A place that has become hot so often pays whatever else there is. */
const CERTAIN = 10;
/**
 * So many places are compiled into one module, which costs about a millisecond whatever is in it. Those that are ripe wait for others, the
 * longer the more there is already: in instructions executed, for each instruction compiled.
 */
const BATCH = 8;
const PATIENCE = 1000;
const PATIENCE_MAX = 16e6;
const WAITING_MAX = 4096;

export class HotQueue {
  /** Place -> how often it has become hot. */
  readonly #waiting = new Map<number, number>();
  /** How many of them pay in any case. */
  #certain = 0;

  /** Instructions executed when the first became ripe of those that wait. */
  #ripeSince: number | undefined = undefined;

  /** Unlimited, everything is compiled when it comes. */
  constructor(private readonly limited: boolean) {}

  add(pc: number): void {
    const times = this.#waiting.get(pc);
    if (times === undefined && this.#waiting.size === WAITING_MAX) {
      this.#waiting.clear();
      this.#certain = 0;
    }
    if (times === CERTAIN - 1) this.#certain++;
    this.#waiting.set(pc, (times ?? 0) + 1);
  }

  /** How long it pays to wait for others to be compiled with, in instructions executed. */
  patience(compiled: number): number {
    return Math.min(PATIENCE_MAX, PATIENCE * compiled);
  }

  /** Would `take` give any? Time passes, and what waits may be compiled though nothing else becomes hot. */
  isDue(executed: number, compiled: number): boolean {
    if (!this.limited || this.#waiting.size === 0) return false;
    if (this.#ripeSince !== undefined) return executed - this.#ripeSince >= this.patience(compiled);
    return this.#certain > 0 || this.#least(executed, compiled) === 1;
  }

  /** A place pays now that has become hot so often. */
  #least(executed: number, compiled: number): number {
    return compiled * COST < SHARE * (executed - FREE_INSTRUCTIONS) ? 1 : CERTAIN;
  }

  /** The hottest that may be compiled now, given how many instructions were executed and compiled. */
  take(executed: number, compiled: number): number[] {
    if (!this.limited) {
      const all = [...this.#waiting.keys()];
      this.#waiting.clear();
      return all;
    }
    const least = this.#least(executed, compiled);
    if (least === CERTAIN && this.#certain === 0) return [];
    const ripe: [pc: number, times: number][] = [];
    for (const entry of this.#waiting) if (entry[1] >= least) ripe.push(entry);
    if (ripe.length === 0) return [];
    this.#ripeSince ??= executed;
    if (ripe.length < BATCH && executed - this.#ripeSince < this.patience(compiled)) return [];
    this.#ripeSince = undefined;
    ripe.sort((a, b) => b[1] - a[1]);
    const taken = ripe.slice(0, BATCH).map(([pc]) => pc);
    for (const pc of taken) {
      if ((this.#waiting.get(pc) as number) >= CERTAIN) this.#certain--;
      this.#waiting.delete(pc);
    }
    return taken;
  }
}
