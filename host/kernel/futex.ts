import { EAGAIN, EFAULT, EINVAL, ETIMEDOUT } from '../../assembly/shared/errno.js';
import { ACCESS_READ } from '../../assembly/shared/exit.js';
import { SysError } from '../linux/error.js';
import type { Kernel } from './kernel.js';
import { PiFutexes } from './pifutex.js';
import { BLOCKED, RESTART_BLOCK, RESTART_NOINTR, RESTART_SYS, type Thread } from './thread.js';

/** One word that a call wants to wait for. */
export interface FutexRequest {
  readonly address: number;
  readonly expected: number;
  readonly bits: number;
}

/** A thread in a queue. It stays in it over spurious wake-ups; `woken` is set by whoever takes it out. */
interface FutexWaiter {
  readonly thread: Thread;
  readonly bits: number;
  /** Which of the thread's requests it stands for. */
  readonly index: number;
  key: string;
  woken: boolean;
  /** FUTEX_WAIT_REQUEUE_PI: the only queue that it may be moved to, and its word. */
  readonly target?: { readonly key: string; readonly address: number };
}

/**
 * Futex queues by key: the same word of memory has the same key wherever it is mapped (the core finds object and offset; private
 * memory is named by its address space). Queues are in order of arrival.
 */
export class Futexes {
  private readonly _queues = new Map<string, FutexWaiter[]>();
  private readonly _waiting = new Map<Thread, FutexWaiter[]>();
  readonly pi: PiFutexes;

  constructor(private readonly kernel: Kernel) {
    this.pi = new PiFutexes(kernel, this);
  }

  /** Throws EINVAL for a misaligned address, EFAULT for an unmapped one. */
  key(t: Thread, address: number): string {
    if (address % 4 !== 0) throw new SysError(EINVAL);
    t.user.page(address, ACCESS_READ);
    const { exports } = this.kernel.core;
    const space = t.process.space.handle;
    const object = exports.futexKeyObject(space, address);
    if (object === 0) throw new SysError(EFAULT);
    return `${object}:${exports.futexKeyOffset(space, address)}`;
  }

  /** FUTEX_WAIT_BITSET: sleeps while the word is `expected`. deadline: monotonic nanoseconds, Infinity for none. */
  wait(t: Thread, address: number, expected: number, bits: number, deadline: number): number {
    const result = this.waitAny(t, [{ address, expected, bits }], deadline);
    return result > 0 ? 0 : result;
  }

  /** futex_waitv: sleeps while every word is as expected; the index of one that was woken. */
  waitAny(t: Thread, requests: readonly FutexRequest[], deadline: number): number {
    if (!this._waiting.has(t)) {
      const keys = requests.map(({ address }) => this.key(t, address));
      if (requests.some(({ address, expected }) => t.user.readU32(address) !== expected >>> 0)) return -EAGAIN;
      requests.forEach(({ bits }, index) => {
        this._enqueue({ thread: t, bits, index, key: keys[index], woken: false });
      });
    }
    const woken = this._waiting.get(t)?.find((waiter) => waiter.woken);
    if (woken !== undefined) {
      this.abandon(t);
      return woken.index;
    }
    if (this.kernel.now() >= deadline) {
      this.abandon(t);
      return -ETIMEDOUT;
    }
    const result = t.sleep({ deadline, restart: deadline < Number.POSITIVE_INFINITY ? RESTART_BLOCK : RESTART_SYS });
    if (result !== BLOCKED) this.abandon(t);
    return result;
  }

  /** FUTEX_WAIT_REQUEUE_PI: waits at one word to be moved to the lock at another, and returns when it has that lock. */
  waitRequeue(t: Thread, address: number, expected: number, lock: number, deadline: number): number {
    if (this.pi.isWaiting(t)) return this.pi.wait(t, deadline, EAGAIN);
    if (!this._waiting.has(t)) {
      const key = this.key(t, address);
      const target = { key: this.key(t, lock), address: lock };
      if (target.key === key) return -EINVAL;
      if (t.user.readU32(address) !== expected >>> 0) return -EAGAIN;
      this._enqueue({ thread: t, bits: ~0, index: 0, key, woken: false, target });
    }
    if (this.kernel.now() >= deadline) {
      this.abandon(t);
      return -ETIMEDOUT;
    }
    const result = t.sleep({ deadline, restart: RESTART_NOINTR });
    if (result !== BLOCKED) this.abandon(t);
    return result;
  }

  /** Wakes up to `count` waiters whose bits match, first come first. -EINVAL: one waits for a lock and must be moved. */
  wake(key: string, count: number, bits: number): number {
    const queue = this._queues.get(key);
    if (queue === undefined) return 0;
    let woken = 0;
    for (const waiter of [...queue]) {
      if (woken >= count) break;
      if (waiter.target !== undefined) return -EINVAL;
      if ((waiter.bits & bits) === 0) continue;
      woken++;
      waiter.woken = true;
      this._dequeue(waiter);
      waiter.thread.wake();
    }
    return woken;
  }

  /** Wakes `count` and moves up to `limit` of the rest to another queue. Returns how many that were together, or -EINVAL. */
  requeue(from: string, to: string, count: number, limit: number): number {
    const woken = this.wake(from, count, ~0);
    if (woken < 0) return woken;
    const queue = this._queues.get(from) ?? [];
    if (from === to) return woken + Math.min(limit, queue.length);
    const moving = queue.slice(0, limit);
    if (moving.some((waiter) => waiter.target !== undefined)) return -EINVAL;
    for (const waiter of moving) {
      this._dequeue(waiter);
      waiter.key = to;
      this._queue(to).push(waiter);
    }
    return woken + moving.length;
  }

  /** FUTEX_CMP_REQUEUE_PI: the first waiter gets the lock if it is free; it and up to `limit` more otherwise wait for it. */
  requeuePi(t: Thread, from: string, address: number, to: string, limit: number): number {
    const moving = (this._queues.get(from) ?? []).slice(0, 1 + limit);
    let done = 0;
    for (const waiter of moving) {
      if (waiter.target?.key !== to) return -EINVAL;
      const result = this.pi.enqueue(waiter.thread, to, waiter.target.address, t, address);
      if (result < 0) return done > 0 ? done : result;
      this.abandon(waiter.thread);
      done++;
    }
    return done;
  }

  /** The thread no longer waits: it has been woken, or timeout, signal, death. */
  abandon(t: Thread): void {
    for (const waiter of this._waiting.get(t) ?? []) if (!waiter.woken) this._dequeue(waiter);
    this._waiting.delete(t);
  }

  /** The thread is over, or its program is. */
  release(t: Thread): void {
    this.abandon(t);
    this.pi.release(t);
  }

  private _enqueue(waiter: FutexWaiter): void {
    const own = this._waiting.get(waiter.thread);
    if (own === undefined) this._waiting.set(waiter.thread, [waiter]);
    else own.push(waiter);
    this._queue(waiter.key).push(waiter);
  }

  private _dequeue(waiter: FutexWaiter): void {
    const queue = this._queues.get(waiter.key);
    const at = queue?.indexOf(waiter) ?? -1;
    if (queue === undefined || at < 0) return;
    queue.splice(at, 1);
    if (queue.length === 0) this._queues.delete(waiter.key);
  }

  private _queue(key: string): FutexWaiter[] {
    let queue = this._queues.get(key);
    if (queue === undefined) this._queues.set(key, (queue = []));
    return queue;
  }
}
