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
  #value = 0;

  record(errno: number): void {
    const count = this.#value - (this.#value % COUNT);
    this.#value = (this.#value & SEEN) !== 0 ? count + COUNT + errno : count + errno;
  }

  /** Where a new description begins: an error that nobody was told of is still to be told, by it as well. */
  sample(): number {
    return (this.#value & SEEN) === 0 ? 0 : this.#value;
  }

  /** Errno that the description has not been told of, and now is; 0: nothing new. */
  check(cursor: ErrorCursor): number {
    if (cursor.errorsSeen === this.#value) return 0;
    if ((this.#value & SEEN) === 0) this.#value += SEEN;
    cursor.errorsSeen = this.#value;
    return this.#value % SEEN;
  }
}
