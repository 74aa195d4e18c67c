import { EAGAIN, EIDRM, ERANGE } from '../../../assembly/shared/errno.js';
import { IPC_NOWAIT, SEM_UNDO, SEMAEM, SEMVMX } from '../../linux/ipc.js';
import type { Process } from '../process.js';
import type { IpcPermissions } from './table.js';

/** struct sembuf */
export interface SemaphoreOperation {
  readonly index: number;
  readonly change: number;
  readonly flags: number;
}

/** A semop(2) that sleeps: whoever changes a semaphore does it on its behalf when its turn has come. */
export interface SemaphoreWaiter {
  readonly operations: readonly SemaphoreOperation[];
  readonly process: Process;
  /** 0 or -errno once it is decided. */
  result: number | undefined;
  /** The operation that could not be done when it was last tried. */
  blocking: SemaphoreOperation;
  alive(): boolean;
  wake(): void;
}

interface Semaphore {
  value: number;
  /** Who changed it last. */
  pid: number;
}

/** A set of semaphores (semget(2)). Times are seconds since 1970. */
export class SemaphoreSet {
  readonly semaphores: Semaphore[];
  operationTime = 0;
  removed = false;
  /** What is taken back when a process ends: semadj, by process and semaphore. */
  private readonly _undo = new Map<Process, Int32Array>();
  private _waiters: SemaphoreWaiter[] = [];

  constructor(
    readonly permissions: IpcPermissions,
    count: number,
    public changeTime: number,
  ) {
    this.semaphores = Array.from({ length: count }, () => ({ value: 0, pid: 0 }));
  }

  /** All of the operations or none. 0, -ERANGE, or the operation that has to wait (-EAGAIN if it must not). */
  attempt(process: Process, operations: readonly SemaphoreOperation[], seconds: number): number | SemaphoreOperation {
    const undo = operations.some(({ flags }) => (flags & SEM_UNDO) !== 0) ? this._undoOf(process) : undefined;
    const adjusted = undo?.slice();
    const values = new Map<number, number>();
    for (const operation of operations) {
      const { index, change, flags } = operation;
      const value = values.get(index) ?? this.semaphores[index].value;
      const next = value + change;
      if ((change === 0 && value !== 0) || next < 0) return (flags & IPC_NOWAIT) !== 0 ? -EAGAIN : operation;
      if (next > SEMVMX) return -ERANGE;
      if (adjusted !== undefined && (flags & SEM_UNDO) !== 0) {
        const adjustment = adjusted[index] - change;
        if (adjustment < -SEMAEM - 1 || adjustment > SEMAEM) return -ERANGE;
        adjusted[index] = adjustment;
      }
      values.set(index, next);
    }
    for (const [index, value] of values) this.semaphores[index] = { value, pid: process.pid };
    if (undo !== undefined && adjusted !== undefined) undo.set(adjusted);
    this.operationTime = seconds;
    return 0;
  }

  private _undoOf(process: Process): Int32Array {
    let undo = this._undo.get(process);
    if (undo === undefined) this._undo.set(process, (undo = new Int32Array(this.semaphores.length)));
    return undo;
  }

  wait(waiter: SemaphoreWaiter): void {
    this._waiters.push(waiter);
  }

  leave(waiter: SemaphoreWaiter): void {
    this._waiters = this._waiters.filter((other) => other !== waiter);
  }

  /** Something has changed: does what can now be done, the one that waited longest first, from the start after each change. */
  settle(seconds: number): void {
    this._waiters = this._waiters.filter((waiter) => waiter.alive());
    for (let at = 0; at < this._waiters.length; ) {
      const waiter = this._waiters[at];
      const outcome = this.attempt(waiter.process, waiter.operations, seconds);
      if (typeof outcome !== 'number') {
        waiter.blocking = outcome;
        at++;
        continue;
      }
      this._waiters.splice(at, 1);
      waiter.result = outcome;
      waiter.wake();
      if (outcome === 0 && waiter.operations.some(({ change }) => change !== 0)) at = 0;
    }
  }

  /** How many wait for the semaphore to become 0 (`zero`), or to grow: each counts where it is stuck. */
  waiting(index: number, zero: boolean): number {
    return this._waiters.filter((w) => w.alive() && w.blocking.index === index && (w.blocking.change === 0) === zero).length;
  }

  /** SETVAL and SETALL: what was to be taken back is forgotten. The caller has checked the ranges. */
  set(first: number, values: ArrayLike<number>, pid: number, seconds: number): void {
    for (let i = 0; i < values.length; i++) {
      this.semaphores[first + i] = { value: values[i], pid };
      for (const undo of this._undo.values()) undo[first + i] = 0;
    }
    this.changeTime = seconds;
    this.settle(seconds);
  }

  /** A process has ended. A value that would leave its range stops at the range's end. */
  processEnded(process: Process, seconds: number): void {
    const undo = this._undo.get(process);
    if (undo === undefined) return;
    this._undo.delete(process);
    for (const [index, adjustment] of undo.entries()) {
      if (adjustment === 0) continue;
      const semaphore = this.semaphores[index];
      semaphore.value = Math.min(Math.max(semaphore.value + adjustment, 0), SEMVMX);
      semaphore.pid = process.pid;
    }
    this.operationTime = seconds;
    this.settle(seconds);
  }

  remove(): void {
    this.removed = true;
    for (const waiter of this._waiters) {
      waiter.result = -EIDRM;
      if (waiter.alive()) waiter.wake();
    }
    this._waiters = [];
  }
}
