/** A running machine as a source of records (assembly/shared/trace.ts): every instruction page, load and store of all its processes. */
import * as T from '../../assembly/shared/trace.js';
import type { Core } from '../core/core.js';

/** Takes the records of one stretch of execution: valid during the call. Each is two 32-bit words, the low one first. */
export type TakeRecords = (words: Uint32Array, count: number) => void;

export interface RecorderOptions {
  /** Each access is preceded by a record of the code at its instruction, where that has changed. It changes no count. */
  readonly places?: boolean;
  /** Each access is preceded by a record of its page-table entry, where that has changed: for systems that validate. */
  readonly entries?: boolean;
}

/**
 * While attached, the machine's core interprets and records. Compiled code is not seen: the machine must have been made with `jit:
 * false`.
 * What system calls read and write of the program's memory is the kernel's doing and not recorded.
 */
export class Recorder {
  constructor(
    private readonly core: Core,
    private readonly take: TakeRecords,
    { places = false, entries = false }: RecorderOptions = {},
  ) {
    const { exports } = core;
    const { run, spaceRelease } = exports;
    const most = T.TRACE_RUN_MAX / (places ? 2 : 1) / (entries ? 2 : 1);
    exports.tracePlaces(places ? 1 : 0);
    exports.traceEntries(entries ? 1 : 0);
    exports.run = (budget) => {
      const reason = run(Math.min(budget, most));
      this.drain();
      return reason;
    };
    exports.spaceRelease = (space) => {
      spaceRelease(space);
      this.drain();
    };
    exports.traceSet(1);
  }

  /** A marker of the program, here and now. */
  mark(number: number): void {
    this.record(T.RECORD_MARK, number);
  }

  /** Something that the core does not see. */
  record(kind: number, value: number): void {
    this.drain();
    this.core.exports.traceRecord(kind, BigInt(value));
  }

  /** Ends a recording: what the last stretch left is handed over. */
  finish(): void {
    this.drain();
    this.core.exports.traceSet(0);
  }

  /** Hands over what was recorded so far: otherwise that happens when the machine has run a while. */
  drain(): void {
    const count = this.core.exports.traceTake();
    if (count === 0) return;
    const at = T.TRACE_BUFFER >>> 2;
    this.take(this.core.u32.subarray(at, at + 2 * count), count);
  }
}
