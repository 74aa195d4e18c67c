/** Bytes on their way, first in first out. */
export class ByteQueue {
  private readonly _chunks: Uint8Array[] = [];
  private _length = 0;

  get length(): number {
    return this._length;
  }

  /** The array becomes the queue's. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this._chunks.push(bytes);
    this._length += bytes.length;
  }

  take(max: number): Uint8Array {
    const out = new Uint8Array(Math.min(max, this._length));
    let done = 0;
    while (done < out.length) {
      const [chunk] = this._chunks;
      const piece = chunk.subarray(0, out.length - done);
      out.set(piece, done);
      done += piece.length;
      if (piece.length === chunk.length) this._chunks.shift();
      else this._chunks[0] = chunk.subarray(piece.length);
    }
    this._length -= done;
    return out;
  }

  /** Forgets all but the first `bytes`. */
  truncate(bytes: number): void {
    if (bytes >= this._length) return;
    const kept = this.take(bytes);
    this.clear();
    this.push(kept);
  }

  clear(): void {
    this._chunks.length = 0;
    this._length = 0;
  }
}
