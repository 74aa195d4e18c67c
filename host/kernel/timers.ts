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
  private readonly _heap: Timer[] = [];
  private _sequence = 0;

  at(deadline: number, waiter: Waiter): Timer {
    const timer = new Timer(deadline, this._sequence++, waiter);
    this._heap.push(timer);
    this._up(this._heap.length - 1);
    return timer;
  }

  /** The earliest deadline, Infinity when there is none. */
  next(): number {
    while (this._heap.length > 0 && this._heap[0].cancelled) this._pop();
    return this._heap.length === 0 ? Number.POSITIVE_INFINITY : this._heap[0].deadline;
  }

  /** Wakes whoever's time has come. */
  expire(now: number): void {
    while (this.next() <= now) {
      const timer = this._heap[0];
      this._pop();
      timer.cancelled = true;
      timer.waiter.wake(0);
    }
  }

  private _pop(): void {
    const last = this._heap.pop() as Timer;
    if (this._heap.length === 0) return;
    this._heap[0] = last;
    this._down(0);
  }

  private _up(i: number): void {
    const heap = this._heap;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(heap[i], heap[parent])) return;
      [heap[i], heap[parent]] = [heap[parent], heap[i]];
      i = parent;
    }
  }

  private _down(i: number): void {
    const heap = this._heap;
    for (;;) {
      let least = i;
      for (const child of [2 * i + 1, 2 * i + 2]) if (child < heap.length && before(heap[child], heap[least])) least = child;
      if (least === i) return;
      [heap[i], heap[least]] = [heap[least], heap[i]];
      i = least;
    }
  }
}
