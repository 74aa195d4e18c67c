/** What sockets of a machine hold in the host's memory. */

/** All sockets together; beyond it each has room for a little when it holds nothing. */
export const QUEUED_BYTES_MAX = 64 * 1024 * 1024;
const LEAST_BYTES = 4096;
/** Bookkeeping of a message: what makes many empty ones count (sizeof(struct sk_buff) and the allocator's rounding, as in Linux). */
const RECORD_BYTES = 256;
const TAIL_BYTES = 320;
const HEAD_BYTES_MIN = 512;
const HEAD_BYTES_MAX = 4096;

/** The memory that a message of so many bytes takes in Linux: what buffer sizes are compared with. */
export function chargeOf(bytes: number): number {
  let head = HEAD_BYTES_MIN;
  const wanted = Math.min(bytes, HEAD_BYTES_MAX - TAIL_BYTES) + TAIL_BYTES;
  while (head < wanted) head *= 2;
  const rest = Math.max(0, bytes + TAIL_BYTES - HEAD_BYTES_MAX);
  return RECORD_BYTES + head + Math.ceil(rest / 4096) * 4096;
}

export class QueuedBytes {
  total = 0;

  /** Bytes that one more may hold that holds `own` now and may hold `limit`. */
  room(own: number, limit: number): number {
    const left = limit - own;
    const shared = QUEUED_BYTES_MAX - this.total;
    return Math.max(0, left <= shared ? left : Math.max(shared, own === 0 ? LEAST_BYTES : 0));
  }
}

const SMALL_BYTES = 16384;
const CHUNK_BYTES = 65536;

/** Bytes of a stream, in the order they came. Small pieces are put together. */
export class ByteQueue {
  private readonly _chunks: Uint8Array[] = [];
  /** Of the first chunk so many are gone; of the last so many are filled. */
  private _taken = 0;
  private _filled = 0;
  private _first = 0;
  private _used = 0;

  constructor(private readonly queued: QueuedBytes) {}

  get used(): number {
    return this._used;
  }

  /** The array becomes the queue's. */
  push(bytes: Uint8Array): void {
    this._used += bytes.length;
    this.queued.total += bytes.length;
    const last = this._chunks.at(-1);
    if (last !== undefined && this._chunks.length > this._first && last.length - this._filled >= bytes.length) {
      last.set(bytes, this._filled);
      this._filled += bytes.length;
      return;
    }
    // The last chunk is never grown: what was not filled is cut off.
    if (last !== undefined && this._chunks.length > this._first) this._chunks[this._chunks.length - 1] = last.subarray(0, this._filled);
    this._filled = bytes.length;
    if (bytes.length >= SMALL_BYTES) this._chunks.push(bytes);
    else {
      const size = Math.min(CHUNK_BYTES, Math.max(this._used * 2, bytes.length));
      const chunk = new Uint8Array(size);
      chunk.set(bytes);
      this._chunks.push(chunk);
    }
  }

  /** The bytes that lie in one piece from `offset` on: a view. Empty at the end. */
  peek(offset = 0): Uint8Array {
    let skip = this._taken + offset;
    for (let i = this._first; i < this._chunks.length; i++) {
      const chunk = this._chunks[i];
      const end = i === this._chunks.length - 1 ? this._filled : chunk.length;
      if (skip < end) return chunk.subarray(skip, end);
      skip -= end;
    }
    return new Uint8Array(0);
  }

  skip(bytes: number): void {
    this._used -= bytes;
    this.queued.total -= bytes;
    let left = this._taken + bytes;
    while (this._first < this._chunks.length) {
      const last = this._first === this._chunks.length - 1;
      const end = last ? this._filled : this._chunks[this._first].length;
      if (left < end) break;
      left -= end;
      this._chunks[this._first++] = EMPTY;
    }
    this._taken = left;
    if (this._first === this._chunks.length || this._first > 64) {
      this._chunks.splice(0, this._first);
      this._first = 0;
    }
  }

  clear(): void {
    this.skip(this._used);
  }
}

const EMPTY = new Uint8Array(0);
