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
  readonly #chunks: Uint8Array[] = [];
  /** Of the first chunk so many are gone; of the last so many are filled. */
  #taken = 0;
  #filled = 0;
  #first = 0;
  #used = 0;

  constructor(private readonly queued: QueuedBytes) {}

  get used(): number {
    return this.#used;
  }

  /** The array becomes the queue's. */
  push(bytes: Uint8Array): void {
    this.#used += bytes.length;
    this.queued.total += bytes.length;
    const last = this.#chunks.at(-1);
    if (last !== undefined && this.#chunks.length > this.#first && last.length - this.#filled >= bytes.length) {
      last.set(bytes, this.#filled);
      this.#filled += bytes.length;
      return;
    }
    // The last chunk is never grown: what was not filled is cut off.
    if (last !== undefined && this.#chunks.length > this.#first) this.#chunks[this.#chunks.length - 1] = last.subarray(0, this.#filled);
    this.#filled = bytes.length;
    if (bytes.length >= SMALL_BYTES) this.#chunks.push(bytes);
    else {
      const size = Math.min(CHUNK_BYTES, Math.max(this.#used * 2, bytes.length));
      const chunk = new Uint8Array(size);
      chunk.set(bytes);
      this.#chunks.push(chunk);
    }
  }

  /** The bytes that lie in one piece from `offset` on: a view. Empty at the end. */
  peek(offset = 0): Uint8Array {
    let skip = this.#taken + offset;
    for (let i = this.#first; i < this.#chunks.length; i++) {
      const chunk = this.#chunks[i];
      const end = i === this.#chunks.length - 1 ? this.#filled : chunk.length;
      if (skip < end) return chunk.subarray(skip, end);
      skip -= end;
    }
    return new Uint8Array(0);
  }

  skip(bytes: number): void {
    this.#used -= bytes;
    this.queued.total -= bytes;
    let left = this.#taken + bytes;
    while (this.#first < this.#chunks.length) {
      const last = this.#first === this.#chunks.length - 1;
      const end = last ? this.#filled : this.#chunks[this.#first].length;
      if (left < end) break;
      left -= end;
      this.#chunks[this.#first++] = EMPTY;
    }
    this.#taken = left;
    if (this.#first === this.#chunks.length || this.#first > 64) {
      this.#chunks.splice(0, this.#first);
      this.#first = 0;
    }
  }

  clear(): void {
    this.skip(this.#used);
  }
}

const EMPTY = new Uint8Array(0);
