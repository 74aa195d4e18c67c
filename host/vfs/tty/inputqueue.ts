import type { IoBuffer } from '../types.js';

/** Bytes that a terminal keeps for readers, the line being edited included: as Linux, so that a line has at most 4095 characters. */
export const QUEUE_BYTES = 4096;
const MASK = QUEUE_BYTES - 1;
/** Stands in the queue, with its mark, for an end of file. */
const END_OF_FILE = 0;

/**
 * What has been typed and not been read.
 *
 *   tail          canonHead            head
 *    | a b c \n d e \n | f g h (editing) |
 *            ^        ^ marks: a read ends behind them
 *
 * Positions only grow; the low bits are an index into the ring. In raw mode everything up to `head` can be read.
 */
export class InputQueue {
  private readonly _bytes = new Uint8Array(QUEUE_BYTES);
  private readonly _marks = new Uint8Array(QUEUE_BYTES);
  head = 0;
  canonHead = 0;
  tail = 0;

  get used(): number {
    return this.head - this.tail;
  }

  /** The line being edited has no characters. */
  get lineEmpty(): boolean {
    return this.head === this.canonHead;
  }

  at(position: number): number {
    return this._bytes[position & MASK];
  }

  add(byte: number): void {
    this._bytes[this.head & MASK] = byte;
    this._marks[this.head & MASK] = 0;
    this.head++;
  }

  /** `byte` ends the line; END_OF_FILE: the line ends without one more character. */
  endLine(byte = END_OF_FILE): void {
    this.add(byte);
    this._marks[(this.head - 1) & MASK] = 1;
    this.canonHead = this.head;
  }

  /** Canonical mode begins: what is there already is one line, though nothing may end it. */
  beginLines(): void {
    this.forgetLines();
    if (this.used === 0) return;
    this._marks[(this.head - 1) & MASK] = 1;
    this.canonHead = this.head;
  }

  forgetLines(): void {
    this._marks.fill(0);
    this.canonHead = this.tail;
  }

  clear(): void {
    this.head = this.tail = this.canonHead = 0;
    this._marks.fill(0);
  }

  /** FIONREAD in canonical mode: bytes of finished lines. */
  get lineBytes(): number {
    let count = this.canonHead - this.tail;
    for (let at = this.tail; at < this.canonHead; at++) if (this._isEndOfFile(at)) count--;
    return count;
  }

  private _isEndOfFile(position: number): boolean {
    return this._marks[position & MASK] !== 0 && this.at(position) === END_OF_FILE;
  }

  /** A finished line or what fits of it: 0 is an end of file. The caller has seen that there is one. */
  readLine(to: IoBuffer): number {
    const most = Math.min(to.remaining, this.canonHead - this.tail);
    let count = 0;
    let ended = false;
    while (count < most && !ended) ended = this._marks[(this.tail + count++) & MASK] !== 0;
    const taken = this._take(to, ended && this.at(this.tail + count - 1) === END_OF_FILE ? count - 1 : count);
    this.tail += count - taken.length;
    // An end of file right behind the last byte that fitted ends this read, not the next.
    if (!ended && to.remaining === 0 && this.tail < this.canonHead && this._isEndOfFile(this.tail)) this.tail++;
    return taken.moved;
  }

  readRaw(to: IoBuffer): number {
    return this._take(to, Math.min(to.remaining, this.used)).moved;
  }

  /** Bytes leave the queue even when a fault of user memory lets only some of them arrive. */
  private _take(to: IoBuffer, length: number): { length: number; moved: number } {
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i++) bytes[i] = this.at(this.tail + i);
    this.tail += length;
    return { length, moved: to.put(bytes) };
  }
}
