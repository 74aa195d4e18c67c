import type { Thread } from '../kernel/thread.js';

/** Who sleeps in a call with itself as the call's scratch: in a queue that serves those in it, one after the other. */
export class CallWaiter {
  constructor(private readonly t: Thread) {}

  /** False: the call was given up, and the place in the queue is out of date. */
  alive(): boolean {
    return this.t.state !== 'dead' && this.t.scratch === this;
  }

  wake(): void {
    this.t.wake();
  }
}
