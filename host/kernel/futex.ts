import { EAGAIN, EFAULT, EINVAL, ETIMEDOUT } from '../../assembly/shared/errno.js';
import { ACCESS_READ } from '../../assembly/shared/exit.js';
import { SysError } from '../linux/error.js';
import type { Kernel } from './kernel.js';
import { BLOCKED, RESTART_BLOCK, RESTART_SYS, type Thread } from './thread.js';

/** One thread in a queue. It stays in the queue over spurious wake-ups; `woken` is set by whoever takes it out. */
interface FutexWaiter {
  readonly thread: Thread;
  readonly bits: number;
  key: string;
  woken: boolean;
}

/**
 * Futex queues by key: the same word of memory has the same key wherever it is mapped (the core finds object and offset; private
 * memory is named by its address space). Queues are in order of arrival.
 */
export class Futexes {
  readonly #queues = new Map<string, FutexWaiter[]>();
  readonly #waiting = new Map<Thread, FutexWaiter>();

  constructor(private readonly kernel: Kernel) {}

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
    let waiter = this.#waiting.get(t);
    if (waiter === undefined) {
      const key = this.key(t, address);
      if (t.user.readU32(address) !== expected >>> 0) return -EAGAIN;
      waiter = { thread: t, bits, key, woken: false };
      this.#waiting.set(t, waiter);
      this.#queue(key).push(waiter);
    }
    if (waiter.woken) {
      this.#waiting.delete(t);
      return 0;
    }
    if (this.kernel.now() >= deadline) {
      this.abandon(t);
      return -ETIMEDOUT;
    }
    const result = t.sleep({ deadline, restart: deadline < Number.POSITIVE_INFINITY ? RESTART_BLOCK : RESTART_SYS });
    if (result !== BLOCKED) this.abandon(t);
    return result;
  }

  /** Wakes up to `count` waiters whose bits match, first come first. */
  wake(key: string, count: number, bits: number): number {
    const queue = this.#queues.get(key);
    if (queue === undefined) return 0;
    let woken = 0;
    const rest: FutexWaiter[] = [];
    for (const waiter of queue) {
      if (woken < count && (waiter.bits & bits) !== 0) {
        woken++;
        waiter.woken = true;
        waiter.thread.wake();
      } else rest.push(waiter);
    }
    this.#store(key, rest);
    return woken;
  }

  /** Wakes `count` and moves up to `limit` of the rest to another queue. Returns both numbers. */
  requeue(from: string, to: string, count: number, limit: number): { woken: number; moved: number } {
    const woken = this.wake(from, count, ~0);
    const queue = this.#queues.get(from) ?? [];
    if (from === to) return { woken, moved: Math.min(limit, queue.length) };
    const moved = queue.splice(0, limit);
    for (const waiter of moved) waiter.key = to;
    this.#store(from, queue);
    if (moved.length > 0) this.#queue(to).push(...moved);
    return { woken, moved: moved.length };
  }

  /** The thread no longer waits: timeout, signal, death. */
  abandon(t: Thread): void {
    const waiter = this.#waiting.get(t);
    if (waiter === undefined) return;
    this.#waiting.delete(t);
    const queue = this.#queues.get(waiter.key);
    if (queue !== undefined && !waiter.woken)
      this.#store(
        waiter.key,
        queue.filter((other) => other !== waiter),
      );
  }

  #queue(key: string): FutexWaiter[] {
    let queue = this.#queues.get(key);
    if (queue === undefined) this.#queues.set(key, (queue = []));
    return queue;
  }

  #store(key: string, queue: FutexWaiter[]): void {
    if (queue.length === 0) this.#queues.delete(key);
    else this.#queues.set(key, queue);
  }
}
