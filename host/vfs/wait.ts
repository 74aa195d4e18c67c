/** What can be woken: a thread asleep, a poll in progress. */
export interface Waiter {
  /** Called by WaitQueue.wake(); may be called more than once. events: the POLL* bits that have come, 0: any may have changed. */
  wake(events: number): void;
}

/** A list of those who wait for one condition (pipe readable, child exited, futex...). Wakers wake all: the woken test
 * their condition again, so a spurious wake is harmless. */
export class WaitQueue {
  private readonly _waiters = new Set<Waiter>();

  /** hostMayWake: can something outside the guest (a key, bytes from the host) still wake it? Default: never. */
  constructor(private readonly hostMayWake?: () => boolean) {}

  mayComeFromHost(): boolean {
    return this.hostMayWake?.() === true;
  }

  add(waiter: Waiter): void {
    this._waiters.add(waiter);
  }

  remove(waiter: Waiter): void {
    this._waiters.delete(waiter);
  }

  get empty(): boolean {
    return this._waiters.size === 0;
  }

  /** events: POLL* bits that have come; without them any may have changed. Edge-triggered watching is exact only with them. */
  wake(events = 0): void {
    if (this._waiters.size === 0) return;
    if (this._waiters.size === 1) {
      const [only] = this._waiters;
      only.wake(events);
      return;
    }
    for (const waiter of [...this._waiters]) waiter.wake(events);
  }
}
