import type { Thread } from './thread.js';

/**
 * Round robin: runnable threads in the order in which they became runnable. The same inputs give the same order, so interleavings
 * are repeatable. The thread that runs is not in the queue.
 */
export class Scheduler {
  #queue: Thread[] = [];
  #head = 0;
  /** Called when a thread becomes runnable while the machine waits for the host. */
  onRunnable: (() => void) | undefined = undefined;

  add(thread: Thread): void {
    this.#queue.push(thread);
    this.onRunnable?.();
  }

  /** Takes the thread whose turn it is. Threads of stopped processes are set aside until the process continues. */
  next(): Thread | undefined {
    while (this.#head < this.#queue.length) {
      const thread = this.#queue[this.#head++];
      if (this.#head > 64 && this.#head * 2 > this.#queue.length) {
        this.#queue = this.#queue.slice(this.#head);
        this.#head = 0;
      }
      if (thread.state !== 'runnable') continue;
      if (!thread.process.stopped || thread.process.exiting) return thread;
      thread.process.parked.push(thread);
    }
    this.#queue.length = 0;
    this.#head = 0;
    return undefined;
  }

  /** Another thread may want to run: slices matter. */
  get contended(): boolean {
    return this.#head < this.#queue.length;
  }

  get length(): number {
    return this.#queue.length - this.#head;
  }
}
