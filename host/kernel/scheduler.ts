import type { Thread } from './thread.js';

/**
 * Round robin: runnable threads in the order in which they became runnable. The same inputs give the same order, so interleavings
 * are repeatable. The thread that runs is not in the queue.
 */
export class Scheduler {
  private _queue: Thread[] = [];
  private _head = 0;
  /** Called when a thread becomes runnable while the machine waits for the host. */
  onRunnable: (() => void) | undefined = undefined;

  add(thread: Thread): void {
    this._queue.push(thread);
    this.onRunnable?.();
  }

  /** Takes the thread whose turn it is. Threads of stopped processes are set aside until the process continues. */
  next(): Thread | undefined {
    while (this._head < this._queue.length) {
      const thread = this._queue[this._head++];
      if (this._head > 64 && this._head * 2 > this._queue.length) {
        this._queue = this._queue.slice(this._head);
        this._head = 0;
      }
      if (thread.state !== 'runnable') continue;
      if (!thread.process.stopped || thread.process.exiting) return thread;
      thread.process.parked.push(thread);
    }
    this._queue.length = 0;
    this._head = 0;
    return undefined;
  }

  /** Another thread may want to run: slices matter. */
  get contended(): boolean {
    return this._head < this._queue.length;
  }

  get length(): number {
    return this._queue.length - this._head;
  }
}
