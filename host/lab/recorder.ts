/** A running machine as a source of records (assembly/shared/trace.ts): every instruction page, load and store of all its processes. */
import * as T from '../../assembly/shared/trace.js';
import type { Core } from '../core/core.js';
import type { AddressSpace } from '../kernel/space.js';

/** Takes the records of one stretch of execution: valid during the call. Each is two 32-bit words, the low one first. */
export type TakeRecords = (words: Uint32Array, count: number) => void;

/** Address spaces in records have numbers that are used again, below this. */
const SPACES = 8192;

/**
 * places: each access is preceded by a record of the code at its instruction, where that has changed. It changes no count.
 *
 * While attached, the machine's core interprets and records. Compiled code is not seen: the machine must have been made with `jit:
 * false`.
 * What system calls read and write of the program's memory is the kernel's doing and not recorded.
 */
export class Recorder {
  readonly #numbers = new Map<number, number>();
  #next = 1;
  #current = 0;

  constructor(
    private readonly core: Core,
    private readonly take: TakeRecords,
    places = false,
  ) {
    const { exports } = core;
    const { run, spaceActivate, spaceRelease } = exports;
    const most = places ? T.TRACE_RUN_MAX / 2 : T.TRACE_RUN_MAX;
    exports.tracePlaces(places ? 1 : 0);
    exports.run = (budget) => {
      const reason = run(Math.min(budget, most));
      this.drain();
      return reason;
    };
    exports.spaceActivate = (space) => {
      spaceActivate(space);
      this.#enter(space);
    };
    exports.spaceRelease = (space) => {
      this.#numbers.delete(space);
      spaceRelease(space);
      this.drain();
    };
    exports.traceSet(1);
  }

  /** Ends a recording: what the last stretch left is handed over. */
  finish(): void {
    this.drain();
    this.core.exports.traceSet(0);
  }

  #enter(space: AddressSpace['handle']): void {
    let number = this.#numbers.get(space);
    if (number === undefined) {
      number = this.#next;
      this.#next = this.#next === SPACES - 1 ? 1 : this.#next + 1;
      this.#numbers.set(space, number);
    }
    if (number === this.#current) return;
    this.#current = number;
    this.core.exports.traceRecord(T.RECORD_SPACE, BigInt(number));
  }

  /** Hands over what was recorded so far: otherwise that happens when the machine has run a while. */
  drain(): void {
    const count = this.core.exports.traceTake();
    if (count === 0) return;
    const at = T.TRACE_BUFFER >>> 2;
    this.take(this.core.u32.subarray(at, at + 2 * count), count);
  }
}
