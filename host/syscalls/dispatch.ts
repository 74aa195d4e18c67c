import { EINTR, ENOSYS } from '../../assembly/shared/errno.js';
import { HART, HART_PC, HART_X, PAGE_MASK } from '../../assembly/shared/layout.js';
import type { Core } from '../core/core.js';
import { BLOCKED, RESTART_NEVER, SWITCHED, type Thread } from '../kernel/thread.js';
import { SysError } from '../linux/error.js';
import { ADDRESS_END, ArgClass, type ArgKind, argumentClass, type SyscallHandler, type SyscallRow } from './row.js';

const A0 = 10;
const A7 = 17;
const INSTRUCTION_BYTES = 4;
const RESTART_CODES = 512;
const TWO32 = 2 ** 32;
/** High words from here on make numbers that are not exact. */
const INEXACT = 2 ** 21;
/** A page that no program has. */
const NO_MEMORY = 2 ** 52;
/** Low word of the last page. */
const LAST_PAGE = 0xfffff000;
/* Indices of words. */
const RESULT = (HART + HART_X + A0 * 8) >>> 2;
const PC = (HART + HART_PC) >>> 2;

interface Entry {
  readonly row: SyscallRow;
  readonly handler: SyscallHandler | undefined;
  readonly classes: readonly ArgClass[];
}

const UNKNOWN_ARGUMENTS: readonly ArgKind[] = ['hex', 'hex', 'hex', 'hex', 'hex', 'hex'];
const EXIT = 93;
const EXIT_GROUP = 94;

function entryOf(row: SyscallRow): Entry {
  return { row, handler: row.handler, classes: row.args.map(argumentClass) };
}

/** Finds the handler of a call, turns registers into numbers, and puts the result where the guest looks for it. */
export class Dispatcher {
  private readonly _entries: (Entry | undefined)[] = [];
  /** Arguments of calls in progress, for the observer: the registers may have changed when a call ends. */
  private readonly _observed = new WeakMap<Thread, { row: SyscallRow; args: readonly number[] }>();

  constructor(
    private readonly core: Core,
    rows: readonly SyscallRow[],
  ) {
    for (const row of rows) this._entries[row.number] = entryOf(row);
  }

  /** What a number stands for. */
  row(number: number): SyscallRow | undefined {
    return this._entries[number]?.row;
  }

  /** Another handler for a number, or none. */
  define(number: number, row: SyscallRow | undefined): void {
    this._entries[number] = row === undefined ? undefined : entryOf(row);
  }

  /**
   * Runs the call that the loaded thread's registers describe. The pc stays at the ecall until there is a result. Throws Suspend when
   * only the host can let it go on; then it is to be run again.
   */
  call(t: Thread): void {
    const { core } = this;
    const number = t.syscall >= 0 ? t.syscall : core.reg(A7);
    const entry = this._entries[number];
    if (t.syscall < 0) {
      t.syscall = number;
      t.systemCalls++;
      if (t.kernel.observer !== undefined) this._enter(t, number, entry);
    }
    const result = entry?.handler === undefined ? -ENOSYS : this._run(t, entry.handler, entry.classes);
    if (result === BLOCKED) {
      t.resumed = true;
      return;
    }
    if (result === SWITCHED || t.state === 'dead') {
      t.endCall();
      if (t.kernel.observer !== undefined && number !== EXIT && number !== EXIT_GROUP) this._exit(t, core.regSigned(A0));
    } else if (result <= -RESTART_CODES && result > -RESTART_CODES - 16) {
      t.interrupted = -result;
      t.resumed = true;
      if (t.kernel.observer !== undefined && !t.process.exiting) this._exit(t, result === -RESTART_NEVER ? -EINTR : result);
    } else {
      const words = core.u32;
      words[RESULT] = result;
      words[RESULT + 1] = result >= 0 && result < TWO32 ? 0 : Math.floor(result / TWO32);
      const low = words[PC];
      words[PC] = low + INSTRUCTION_BYTES;
      if (low + INSTRUCTION_BYTES >= TWO32) words[PC + 1]++;
      t.endCall();
      if (t.savedMask !== undefined) t.restoreMask();
      if (t.kernel.observer !== undefined) this._exit(t, result);
    }
  }

  private _enter(t: Thread, number: number, entry: Entry | undefined): void {
    const row = entry?.row ?? { number, name: `syscall_0x${number.toString(16)}`, args: UNKNOWN_ARGUMENTS, support: { absent: 'ENOSYS' } };
    const args = row.args.map((kind, i) => {
      const own = argumentClass(kind);
      return argument(this.core.u32, i, own === ArgClass.ADDRESS || own === ArgClass.SIZE ? ArgClass.U64 : own);
    });
    this._observed.set(t, { row, args });
    t.kernel.observer?.onSyscallEnter(t, row, args);
  }

  private _exit(t: Thread, result: number): void {
    const observed = this._observed.get(t);
    if (observed !== undefined) t.kernel.observer?.onSyscallExit(t, observed.row, observed.args, result);
  }

  private _run(t: Thread, handler: SyscallHandler, classes: readonly ArgClass[]): number {
    const words = this.core.u32;
    const count = classes.length;
    try {
      return handler(
        t,
        count > 0 ? argument(words, 0, classes[0]) : 0,
        count > 1 ? argument(words, 1, classes[1]) : 0,
        count > 2 ? argument(words, 2, classes[2]) : 0,
        count > 3 ? argument(words, 3, classes[3]) : 0,
        count > 4 ? argument(words, 4, classes[4]) : 0,
        count > 5 ? argument(words, 5, classes[5]) : 0,
      );
    } catch (error) {
      if (error instanceof SysError) return -error.errno;
      throw error;
    }
  }
}

function argument(words: Uint32Array, i: number, kind: ArgClass): number {
  const at = ((HART + HART_X) >>> 2) + (A0 + i) * 2;
  switch (kind) {
    case ArgClass.I32:
      return words[at] | 0;
    case ArgClass.U32:
      return words[at];
    case ArgClass.I64:
      return words[at] + (words[at + 1] | 0) * TWO32;
    case ArgClass.U64:
      return words[at] + words[at + 1] * TWO32;
    case ArgClass.ADDRESS:
      return address(words[at], words[at + 1]);
    case ArgClass.SIZE:
      return words[at + 1] === 0xffffffff && words[at] > LAST_PAGE ? TWO32 * TWO32 : words[at] + words[at + 1] * TWO32;
  }
}

function address(low: number, high: number): number {
  if (high < INEXACT) return low + high * TWO32;
  return high === 0xffffffff ? ADDRESS_END - TWO32 + low : NO_MEMORY + (low & PAGE_MASK);
}
