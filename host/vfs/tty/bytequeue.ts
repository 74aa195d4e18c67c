/** Bytes on their way, first in first out. */
export class ByteQueue {
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The array becomes the queue's. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#chunks.push(bytes);
    this.#length += bytes.length;
  }

  take(max: number): Uint8Array {
    const out = new Uint8Array(Math.min(max, this.#length));
    let done = 0;
    while (done < out.length) {
      const [chunk] = this.#chunks;
      const piece = chunk.subarray(0, out.length - done);
      out.set(piece, done);
      done += piece.length;
      if (piece.length === chunk.length) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(piece.length);
    }
    this.#length -= done;
    return out;
  }

  /** Forgets all but the first `bytes`. */
  truncate(bytes: number): void {
    if (bytes >= this.#length) return;
    const kept = this.take(bytes);
    this.clear();
    this.push(kept);
  }

  clear(): void {
    this.#chunks.length = 0;
    this.#length = 0;
  }
}
