/** Numbers, text and values in a row of bytes: what snapshots are written in. Everything is little-endian. */
import { SnapshotError } from './error.js';

const utf8 = new TextEncoder();
const fromUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const COUNT_BYTES_MAX = 8;

export class ByteWriter {
  private _bytes = new Uint8Array(65536);
  private _view = new DataView(this._bytes.buffer);
  length = 0;

  private _room(bytes: number): number {
    const at = this.length;
    this.length += bytes;
    if (this.length > this._bytes.length) {
      const larger = new Uint8Array(Math.max(this.length, this._bytes.length * 2));
      larger.set(this._bytes.subarray(0, at));
      this._bytes = larger;
      this._view = new DataView(larger.buffer);
    }
    return at;
  }

  u8(value: number): void {
    const at = this._room(1);
    this._bytes[at] = value;
  }

  f64(value: number): void {
    const at = this._room(8);
    this._view.setFloat64(at, value, true);
  }

  u32(value: number): void {
    const at = this._room(4);
    this._view.setUint32(at, value, true);
  }

  /** A whole number from 0 to 2^53, seven bits to a byte. */
  count(value: number): void {
    while (value >= 0x80) {
      this.u8((value % 0x80) | 0x80);
      value = Math.floor(value / 0x80);
    }
    this.u8(value);
  }

  raw(bytes: Uint8Array): void {
    const at = this._room(bytes.length);
    this._bytes.set(bytes, at);
  }

  text(text: string): void {
    const bytes = utf8.encode(text);
    this.count(bytes.length);
    this.raw(bytes);
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    return this._bytes.subarray(0, this.length) as Uint8Array<ArrayBuffer>;
  }
}

/** Reads what ByteWriter has written; of bytes that nobody can trust. Throws SnapshotError where they end too early. */
export class ByteReader {
  private readonly _view: DataView;
  at = 0;

  constructor(readonly bytes: Uint8Array) {
    this._view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  private _take(bytes: number): number {
    if (bytes > this.left) throw new SnapshotError('the snapshot is damaged: a part of it ends too early');
    const at = this.at;
    this.at += bytes;
    return at;
  }

  u8(): number {
    const at = this._take(1);
    return this.bytes[at];
  }

  f64(): number {
    const at = this._take(8);
    return this._view.getFloat64(at, true);
  }

  u32(): number {
    const at = this._take(4);
    return this._view.getUint32(at, true);
  }

  count(): number {
    let value = 0;
    let scale = 1;
    for (let n = 0; n < COUNT_BYTES_MAX; n++) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
    throw new SnapshotError('the snapshot is damaged: a number is too long');
  }

  /** How many things follow that take a byte each at least. */
  amount(): number {
    const count = this.count();
    if (count > this.left) throw new SnapshotError('the snapshot is damaged: more is said to follow than there is');
    return count;
  }

  raw(length: number): Uint8Array {
    const at = this._take(length);
    return this.bytes.subarray(at, at + length);
  }

  text(): string {
    const bytes = this.raw(this.count());
    try {
      return fromUtf8.decode(bytes);
    } catch {
      throw new SnapshotError('the snapshot is damaged: a text is none');
    }
  }
}
