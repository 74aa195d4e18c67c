import type { Waiter } from '../vfs/wait.js';

/** A wake-up at a moment of monotonic time. */
export class Timer {
  cancelled = false;

  constructor(
    readonly deadline: number,
    /** Equal deadlines fire in the order of their making. */
    readonly sequence: number,
    readonly waiter: Waiter,
  ) {}

  cancel(): void {
    this.cancelled = true;
  }
}

function before(a: Timer, b: Timer): boolean {
  return a.deadline < b.deadline || (a.deadline === b.deadline && a.sequence < b.sequence);
}

/** Binary heap of timers; a cancelled one is dropped when it reaches the top. */
export class TimerQueue {
  readonly #heap: Timer[] = [];
  #sequence = 0;

  at(deadline: number, waiter: Waiter): Timer {
    const timer = new Timer(deadline, this.#sequence++, waiter);
    this.#heap.push(timer);
    this.#up(this.#heap.length - 1);
    return timer;
  }

  /** The earliest deadline, Infinity when there is none. */
  next(): number {
    while (this.#heap.length > 0 && this.#heap[0].cancelled) this.#pop();
    return this.#heap.length === 0 ? Number.POSITIVE_INFINITY : this.#heap[0].deadline;
  }

  /** Wakes whoever's time has come. */
  expire(now: number): void {
    while (this.next() <= now) {
      const timer = this.#heap[0];
      this.#pop();
      timer.cancelled = true;
      timer.waiter.wake(0);
    }
  }

  #pop(): void {
    const last = this.#heap.pop() as Timer;
    if (this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#down(0);
  }

  #up(i: number): void {
    const heap = this.#heap;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(heap[i], heap[parent])) return;
      [heap[i], heap[parent]] = [heap[parent], heap[i]];
      i = parent;
    }
  }

  #down(i: number): void {
    const heap = this.#heap;
    for (;;) {
      let least = i;
      for (const child of [2 * i + 1, 2 * i + 2]) if (child < heap.length && before(heap[child], heap[least])) least = child;
      if (least === i) return;
      [heap[i], heap[least]] = [heap[least], heap[i]];
      i = least;
    }
  }
}
