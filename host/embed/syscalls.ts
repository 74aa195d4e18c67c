/** System calls of the embedder's: new ones, or others in the place of the kernel's. */
import { ENOSYS } from '../../assembly/shared/errno.js';
import type { UserMemory } from '../core/user.js';
import { HandlerWait } from '../kernel/guestcall.js';
import type { Thread } from '../kernel/thread.js';
import { BLOCKED, SWITCHED } from '../kernel/thread.js';
import { Suspend } from '../linux/error.js';
import type { Machine as BareMachine } from '../machine.js';
import type { ArgKind, SyscallRow } from '../syscalls/row.js';
import { syscallTable } from '../syscalls/table.js';

/** A system call that `machine.setCall` hands to the embedder. */
export interface GuestCall {
  readonly pid: number;
  readonly tid: number;
  /** As numbers, exact below 2^53. */
  readonly args: readonly number[];
  /** The caller's memory: `read`, `write`, `readString`, `readU32`... SysError(EFAULT) where it may not go. */
  readonly user: UserMemory;
  /** What the kernel makes of the call; give its result back. -ENOSYS where it has none. */
  next(): number;
}

/**
 * The result: a value >= 0, or -errno; SysError is thrown for the same. A promise lets the caller sleep until it is settled. A handler
 * whose `next` has to wait is called again when that may go on.
 */
export type CallHandler = (call: GuestCall) => number | Promise<number>;

/** What a promise of a handler's has come to. */
class Answer {
  settled: Promise<void> = Promise.resolve();
  value: number | undefined = undefined;
  error: unknown = undefined;
  hasFailed = false;
  isSettled = false;
}

const ALL_NUMBERS: readonly ArgKind[] = ['ulong', 'ulong', 'ulong', 'ulong', 'ulong', 'ulong'];

/** Handlers that run at this moment, before their first `await`. */
export class HandlersAtWork {
  count = 0;
}

/** Puts a handler in the place of a call, by its name or number. The result puts back what was there. RangeError: there is no such call. */
export function replaceCall(machine: BareMachine, which: string | number, handle: CallHandler, atWork: HandlersAtWork): () => void {
  const known = syscallTable.find(({ number, name }) => number === which || name === which);
  if (known === undefined && (typeof which === 'string' || !Number.isInteger(which) || which < 0)) {
    throw new RangeError(`no system call is called '${which}'`);
  }
  const number = known?.number ?? Number(which);
  const before = machine.calls.row(number);
  const run = (t: Thread, ...registers: number[]): number => {
    const { scratch } = t;
    if (scratch instanceof Answer) {
      // Woken for something else: a function of its program was called.
      if (!scratch.isSettled) throw new HandlerWait(scratch.settled);
      if (scratch.hasFailed) throw scratch.error;
      return scratch.value ?? -ENOSYS;
    }
    const args = registers.slice(0, known?.args.length ?? 6);
    let isLate = false;
    /** What `next` came to that is no value: the caller sleeps, or goes on elsewhere. */
    let special: number | Suspend | undefined;
    const next = (): number => {
      if (isLate) throw new Error(`${known?.name ?? number}: next() is possible only before the handler awaits`);
      const [a0 = 0, a1 = 0, a2 = 0, a3 = 0, a4 = 0, a5 = 0] = registers;
      try {
        const value = before?.handler?.(t, a0, a1, a2, a3, a4, a5) ?? -ENOSYS;
        if (value === BLOCKED || value === SWITCHED) special = value;
        return value;
      } catch (error) {
        if (error instanceof Suspend) special = error;
        throw error;
      }
    };
    let result: number | Promise<number>;
    atWork.count++;
    try {
      result = handle({ pid: t.process.pid, tid: t.tid, args, user: t.user, next });
    } finally {
      atWork.count--;
    }
    isLate = true;
    if (typeof result === 'number') return result;
    if (special !== undefined) {
      // Called again when the kernel's call may go on: what this promise comes to is of no interest.
      result.catch(() => undefined);
      if (special instanceof Suspend) throw special;
      return special;
    }
    const answer = new Answer();
    t.scratch = answer;
    answer.settled = result.then(
      (value) => {
        answer.value = value;
        answer.isSettled = true;
      },
      (error: unknown) => {
        answer.error = error ?? new Error('a handler was rejected without a reason');
        answer.hasFailed = true;
        answer.isSettled = true;
      },
    );
    throw new HandlerWait(answer.settled);
  };
  const row: SyscallRow = {
    number,
    name: known?.name ?? `syscall_${number}`,
    args: known?.args ?? ALL_NUMBERS,
    handler: run,
    support: 'full',
  };
  machine.calls.define(number, row);
  return () => machine.calls.define(number, before);
}
