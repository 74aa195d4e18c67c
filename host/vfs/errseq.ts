const SEEN = 4096;
const COUNT = 8192;

/** What has been told of a file's errors: kept by an open file description. */
export interface ErrorCursor {
  errorsSeen: number;
}

/**
 * Errors of writing back, so that each open file description is told once of each, as Linux does it (lib/errseq.c): a value of errno, a bit
 * that says whether somebody was told, and a count that moves on when there is an error after that.
 */
export class ErrorSequence {
  private _value = 0;

  record(errno: number): void {
    const count = this._value - (this._value % COUNT);
    this._value = (this._value & SEEN) !== 0 ? count + COUNT + errno : count + errno;
  }

  /** Where a new description begins: an error that nobody was told of is still to be told, by it as well. */
  sample(): number {
    return (this._value & SEEN) === 0 ? 0 : this._value;
  }

  /** Errno that the description has not been told of, and now is; 0: nothing new. */
  check(cursor: ErrorCursor): number {
    if (cursor.errorsSeen === this._value) return 0;
    if ((this._value & SEEN) === 0) this._value += SEEN;
    cursor.errorsSeen = this._value;
    return this._value % SEEN;
  }
}
