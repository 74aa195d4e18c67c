/** Pages of all processes, looked at now and then. */
import { captureMappings, viewSpace } from '../../debug/inspect/capture.js';
import { addTally, emptyTally, tally } from '../../debug/inspect/pages.js';
import type { Kernel } from '../../kernel/kernel.js';
import type { MemoryPoint } from '../results.js';

/** Instructions between looks at first. */
const INTERVAL = 50;
/** With so many points every second one goes and the interval doubles. */
const POINTS_MAX = 128;

export class MemoryWatcher {
  #points: MemoryPoint[] = [];
  #interval = INTERVAL;
  #due = 0;

  constructor(private readonly kernel: Kernel) {}

  look(instructions: number): void {
    if (instructions < this.#due) return;
    const sum = emptyTally();
    for (const process of this.kernel.processes.values()) {
      if (process.exiting) continue;
      for (const mapping of captureMappings(viewSpace(process))) addTally(sum, tally(mapping));
    }
    const { resident, dirty, shared, cow } = sum;
    this.#points.push({ at: instructions, resident, dirty, shared, cow });
    if (this.#points.length >= POINTS_MAX) {
      this.#points = this.#points.filter((_, i) => i % 2 === 0);
      this.#interval *= 2;
    }
    this.#due = instructions + this.#interval;
  }

  points(): readonly MemoryPoint[] {
    return this.#points;
  }
}
