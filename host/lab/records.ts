/** Records (assembly/shared/trace.ts) written one by one, for sources other than a running machine. */
import * as T from '../../assembly/shared/trace.js';
import type { TakeRecords } from './recorder.js';

const ROOM = 16384;
const TWO32 = 2 ** 32;

export class RecordWriter {
  readonly #words = new Uint32Array(2 * ROOM);
  #count = 0;
  #page = -1;
  #passed = 0;

  constructor(private readonly take: TakeRecords) {}

  /** An instruction at an address is executed; data that it accesses follows. */
  fetch(address: number): void {
    const page = Math.floor(address / 4096);
    if (page !== this.#page) {
      this.#page = page;
      this.put(T.RECORD_CODE, address);
    }
    this.#passed++;
  }

  load(address: number): void {
    this.put(T.RECORD_LOAD, address);
  }

  store(address: number): void {
    this.put(T.RECORD_STORE, address);
  }

  /** Another address space runs: its number, below 8192. What code runs there is told by the next fetch. */
  space(number: number): void {
    this.put(T.RECORD_SPACE, number);
    this.#page = -1;
  }

  put(kind: number, value: number): void {
    if (this.#passed > T.RECORD_PASSED_MAX) this.#putPassed();
    const at = 2 * this.#count;
    this.#words[at] = value;
    this.#words[at + 1] = (value / TWO32) | (kind << (T.RECORD_KIND_SHIFT - 32)) | (this.#passed << (T.RECORD_PASSED_SHIFT - 32));
    this.#passed = 0;
    if (++this.#count === ROOM) this.flush();
  }

  /** Hands over what is there. At the end of a source `end` tells the instructions after the last record, too. */
  flush(): void {
    if (this.#count > 0) this.take(this.#words, this.#count);
    this.#count = 0;
  }

  end(): void {
    this.#putPassed();
    this.flush();
  }

  #putPassed(): void {
    let rest = this.#passed;
    this.#passed = 0;
    for (; rest > 0; rest -= T.RECORD_PASSED_LONGEST) this.put(T.RECORD_PASSED, Math.min(rest, T.RECORD_PASSED_LONGEST));
  }
}
