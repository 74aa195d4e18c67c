/** One pass of a stream of records over any number of systems. */
import type { SystemConfig } from './config.js';
import { BATCH_RECORDS, Engine } from './engine.js';
import type { TakeRecords } from './recorder.js';

export class Pass {
  readonly engine: Engine;
  #input: Uint32Array;

  constructor(
    module: WebAssembly.Module,
    readonly systems: readonly SystemConfig[],
  ) {
    this.engine = new Engine(module);
    for (const system of systems) this.engine.add(system);
    this.#input = this.#words();
  }

  #words(): Uint32Array {
    const { buffer, byteOffset, length } = this.engine.input;
    return new Uint32Array(buffer, byteOffset, 2 * length);
  }

  readonly take: TakeRecords = (words, count) => {
    for (let done = 0; done < count; ) {
      const part = Math.min(count - done, BATCH_RECORDS);
      // The engine's memory grows; views of it then have length 0.
      if (this.#input.length === 0) this.#input = this.#words();
      this.#input.set(words.subarray(2 * done, 2 * (done + part)));
      this.engine.feed(part);
      done += part;
    }
  };
}
