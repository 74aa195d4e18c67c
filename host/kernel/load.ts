/** How often the run queue is looked at: the kernel's LOAD_FREQ, five seconds. */
const SAMPLE_NS = 5e9;
const DECAYS = [1, 5, 15].map((minutes) => Math.exp(-5 / (60 * minutes)));

/** The load averages of 1, 5 and 15 minutes (kernel/sched/loadavg.c): decaying means of the count of tasks that run or could. */
export class LoadAverage {
  readonly averages: [number, number, number] = [0, 0, 0];
  private _next = SAMPLE_NS;

  /** Called at least once in every turn of the run loop. Samples that were missed saw nobody: the machine slept. */
  advance(now: number, active: () => number): void {
    if (now < this._next) return;
    const missed = Math.floor((now - this._next) / SAMPLE_NS);
    this._next += (missed + 1) * SAMPLE_NS;
    const count = active();
    DECAYS.forEach((decay, i) => {
      this.averages[i] = this.averages[i] * decay ** (missed + 1) + count * (1 - decay);
    });
  }
}
