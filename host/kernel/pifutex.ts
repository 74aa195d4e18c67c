import { EAGAIN, EDEADLK, EINVAL, EPERM, ESRCH, ETIMEDOUT } from '../../assembly/shared/errno.js';
import { ACCESS_WRITE } from '../../assembly/shared/exit.js';
import { SysError } from '../linux/error.js';
import type { Futexes } from './futex.js';
import type { Kernel } from './kernel.js';
import { BLOCKED, RESTART_NOINTR, type Thread } from './thread.js';

export const FUTEX_WAITERS = 0x80000000;
export const FUTEX_OWNER_DIED = 0x40000000;
export const FUTEX_TID_MASK = 0x3fffffff;

interface LockWaiter {
  readonly thread: Thread;
  readonly key: string;
  /** Of the word, in the waiter's own memory. */
  readonly address: number;
  granted: boolean;
}

/** A lock that somebody waits for. Without waiters the word in memory says everything. */
interface Lock {
  owner: Thread;
  readonly waiters: LockWaiter[];
}

/**
 * Priority-inheritance futexes: locks whose word holds the owner's tid, so that the kernel knows it and hands the lock over. Nobody's
 * priority changes, since threads take turns; what remains is order (real-time priority, then arrival), deadlock detection, and that a
 * lock survives its owner.
 */
export class PiFutexes {
  private readonly _locks = new Map<string, Lock>();
  private readonly _waiting = new Map<Thread, LockWaiter>();

  constructor(
    private readonly kernel: Kernel,
    private readonly futexes: Futexes,
  ) {}

  isWaiting(t: Thread): boolean {
    return this._waiting.has(t);
  }

  /** FUTEX_LOCK_PI, FUTEX_LOCK_PI2. */
  lock(t: Thread, address: number, deadline: number): number {
    if (!this._waiting.has(t)) {
      const result = this.enqueue(t, this.futexes.key(t, address), address, t, address);
      if (result !== 0) return result > 0 ? 0 : result;
    }
    return this.wait(t, deadline, 0);
  }

  /** Sleeps until the lock is the thread's. interrupted: the errno when a signal comes, 0: the call begins again. */
  wait(t: Thread, deadline: number, interrupted: number): number {
    if (this._waiting.get(t)?.granted === true) {
      this._waiting.delete(t);
      return 0;
    }
    if (this.kernel.now() >= deadline) {
      this._abandon(t);
      return -ETIMEDOUT;
    }
    const result = t.sleep({ deadline, restart: RESTART_NOINTR });
    if (result === BLOCKED) return result;
    this._abandon(t);
    return interrupted === 0 ? result : -interrupted;
  }

  /** FUTEX_TRYLOCK_PI */
  tryLock(t: Thread, address: number): number {
    const key = this.futexes.key(t, address);
    const word = this._take(t, key, t, address);
    if (word <= 0) return word;
    t.user.writeU32(address, (word | FUTEX_WAITERS) >>> 0);
    return -EAGAIN;
  }

  /**
   * Gets the lock for `t` when it is free (1), or makes `t` wait for it (0), or -errno. `via` and `address` lead to the word; `own` is its
   * address in the memory of `t`.
   */
  enqueue(t: Thread, key: string, own: number, via: Thread, address: number): number {
    const word = this._take(t, key, via, address);
    if (word < 0) return word;
    if (word === 0) {
      // A thread that sleeps elsewhere finds it when it runs.
      if (t !== via) this._grant({ thread: t, key, address: own, granted: true });
      return 1;
    }
    const owner = this.kernel.threads.get(word & FUTEX_TID_MASK) as Thread;
    via.user.writeU32(address, (word | FUTEX_WAITERS) >>> 0);
    if (this._waitsFor(owner, t)) return -EDEADLK;
    let lock = this._locks.get(key);
    if (lock === undefined) this._locks.set(key, (lock = { owner, waiters: [] }));
    const waiter = { thread: t, key, address: own, granted: false };
    lock.waiters.push(waiter);
    this._waiting.set(t, waiter);
    // It may sleep without a limit or with its own: the run of its call finds out where it waits now.
    return 0;
  }

  private _grant(waiter: LockWaiter): void {
    waiter.granted = true;
    this._waiting.set(waiter.thread, waiter);
    waiter.thread.wake();
  }

  /** 0: the lock was free and is now the thread's; the word if somebody has it; -errno. */
  private _take(t: Thread, key: string, via: Thread, address: number): number {
    via.user.page(address, ACCESS_WRITE);
    const word = via.user.readU32(address);
    const owner = word & FUTEX_TID_MASK;
    if (owner === t.tid) return -EDEADLK;
    const lock = this._locks.get(key);
    if (lock !== undefined) return lock.owner.tid === owner ? word : -EINVAL;
    if (owner !== 0) {
      const thread = this.kernel.threads.get(owner);
      return thread === undefined || thread.state === 'dead' ? -ESRCH : word;
    }
    via.user.writeU32(address, (t.tid | (word & FUTEX_OWNER_DIED)) >>> 0);
    return 0;
  }

  /** Does `t`, directly or over others, wait for a lock of `who`? */
  private _waitsFor(t: Thread, who: Thread): boolean {
    const seen = new Set<Thread>();
    for (let at: Thread | undefined = t; at !== undefined && !seen.has(at); ) {
      if (at === who) return true;
      seen.add(at);
      const waiter = this._waiting.get(at);
      at = waiter === undefined || waiter.granted ? undefined : this._locks.get(waiter.key)?.owner;
    }
    return false;
  }

  /** FUTEX_UNLOCK_PI */
  unlock(t: Thread, address: number): number {
    const key = this.futexes.key(t, address);
    t.user.page(address, ACCESS_WRITE);
    if ((t.user.readU32(address) & FUTEX_TID_MASK) !== t.tid) return -EPERM;
    const lock = this._locks.get(key);
    if (lock === undefined) {
      t.user.writeU32(address, 0);
      return 0;
    }
    if (lock.owner !== t) return -EINVAL;
    const next = this._handOver(key, lock);
    t.user.writeU32(address, (next.thread.tid | FUTEX_WAITERS) >>> 0);
    return 0;
  }

  /** The next owner: the highest real-time priority, of equals the first. */
  private _handOver(key: string, lock: Lock): LockWaiter {
    let best = 0;
    lock.waiters.forEach(({ thread }, i) => {
      if (thread.priority > lock.waiters[best].thread.priority) best = i;
    });
    const [next] = lock.waiters.splice(best, 1);
    lock.owner = next.thread;
    if (lock.waiters.length === 0) this._locks.delete(key);
    this._grant(next);
    return next;
  }

  private _abandon(t: Thread): void {
    const waiter = this._waiting.get(t);
    if (waiter === undefined) return;
    this._waiting.delete(t);
    const lock = this._locks.get(waiter.key);
    const at = lock?.waiters.indexOf(waiter) ?? -1;
    if (lock === undefined || at < 0) return;
    lock.waiters.splice(at, 1);
    if (lock.waiters.length === 0) this._locks.delete(waiter.key);
  }

  /** The thread has ended: what it held goes to those who wait, who are told so by the word. */
  release(t: Thread): void {
    this._abandon(t);
    for (const [key, lock] of [...this._locks]) {
      if (lock.owner !== t) continue;
      const next = this._handOver(key, lock);
      try {
        next.thread.user.writeU32(next.address, (next.thread.tid | FUTEX_WAITERS | FUTEX_OWNER_DIED) >>> 0);
      } catch (error) {
        // Its own memory, which it has taken away from itself.
        if (!(error instanceof SysError)) throw error;
      }
    }
  }
}
