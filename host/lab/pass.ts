/** One pass of a stream of records over any number of systems. */
import * as T from '../../assembly/shared/trace.js';
import type { SystemConfig } from './config.js';
import { BATCH_RECORDS, Engine } from './engine.js';
import type { TakeRecords } from './recorder.js';

/** Which part of a stream is counted, in instructions: after the first `skip` of them, `count` of them. */
export interface Window {
  readonly skip?: number;
  readonly count?: number;
}

/** One pass over accesses, with the places where counts begin and end. */
export class Pass {
  readonly engine: Engine;
  /** Instructions so far, and where something changes next: counts begin, or end. Only looked at while there is such a place. */
  #instructions = 0;
  #begins: number;
  #ends: number;
  #input: Uint32Array;

  constructor(
    module: WebAssembly.Module,
    readonly systems: readonly SystemConfig[],
    { skip = 0, count = Number.POSITIVE_INFINITY }: Window = {},
  ) {
    this.#begins = skip;
    this.#ends = skip + count;
    this.engine = new Engine(module);
    for (const system of systems) this.engine.add(system);
    this.#input = this.#words();
  }

  #words(): Uint32Array {
    const { buffer, byteOffset, length } = this.engine.input;
    return new Uint32Array(buffer, byteOffset, 2 * length);
  }

  readonly take: TakeRecords = (words, count) => {
    let from = 0;
    // Records with which these many instructions have passed belong to what is before.
    while (this.#begins > 0 || this.#ends < Number.POSITIVE_INFINITY) {
      const place = this.#begins > 0 ? this.#begins : this.#ends;
      if (this.#instructions >= place && this.#begins === 0) return;
      const end = this.#behind(place, words, from, count);
      this.#feed(words.subarray(2 * from, 2 * end), end - from);
      from = end;
      if (this.#instructions < place) return;
      if (this.#begins === 0) return;
      this.#begins = 0;
      this.engine.begin();
    }
    this.#feed(words.subarray(2 * from, 2 * count), count - from);
  };

  /** The record behind the one with which so many instructions have passed. */
  #behind(place: number, words: Uint32Array, from: number, count: number): number {
    let at = from;
    while (at < count && this.#instructions < place) {
      const high = words[2 * at + 1];
      const more = ((high >>> 16) & T.RECORD_KIND_MASK) === T.RECORD_PASSED ? words[2 * at] + (high & 0xffff) * 2 ** 32 : 0;
      this.#instructions += (high >>> 20) + more;
      at++;
    }
    return at;
  }

  #feed(words: Uint32Array, count: number): void {
    for (let done = 0; done < count; ) {
      const part = Math.min(count - done, BATCH_RECORDS);
      // The engine's memory grows; views of it then have length 0.
      if (this.#input.length === 0) this.#input = this.#words();
      this.#input.set(words.subarray(2 * done, 2 * (done + part)));
      this.engine.feed(part);
      done += part;
    }
  }
}
