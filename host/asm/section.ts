import { AsmError } from './diagnostics.js';

/** What all sections of a program may still use together, so that a mistyped `.zero` is an error and not a crash. */
export class SizeBudget {
  fileBytes = 256 * 1024 * 1024;
  nobitsBytes = 2 ** 36;
}

export interface SectionFlags {
  readonly write: boolean;
  readonly execute: boolean;
  /** No bytes in the file: .bss. */
  readonly nobits: boolean;
}

/** One section being filled. Sizes are final as they are written (nothing is relaxed), so an offset never changes. */
export class Section {
  #bytes = new Uint8Array(256);
  size = 0;
  alignment: number;
  /** Known after layout(). */
  address = 0;
  fileOffset = 0;

  constructor(
    readonly name: string,
    readonly flags: SectionFlags,
    private readonly budget: SizeBudget,
  ) {
    this.alignment = flags.execute ? 4 : 1;
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.flags.nobits ? 0 : this.size);
  }

  /** Room for `length` zero bytes at the end; returns their offset. */
  reserve(length: number, at: number): number {
    const offset = this.size;
    const end = offset + length;
    const kind = this.flags.nobits ? 'nobitsBytes' : 'fileBytes';
    if (length > this.budget[kind]) throw new AsmError(at, `the program gets too large (section ${this.name})`);
    this.budget[kind] -= length;
    if (!this.flags.nobits && end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, this.size));
      this.#bytes = larger;
    }
    this.size = end;
    return offset;
  }

  append(bytes: Uint8Array, at: number): void {
    this.requireBits(at);
    this.#bytes.set(bytes, this.reserve(bytes.length, at));
  }

  fill(length: number, value: number, at: number): void {
    if (value !== 0) this.requireBits(at);
    const offset = this.reserve(length, at);
    if (!this.flags.nobits) this.#bytes.fill(value, offset, offset + length);
  }

  /** `count` copies of `element`. */
  repeat(element: Uint8Array, count: number, at: number): void {
    this.requireBits(at);
    const total = element.length * count;
    const offset = this.reserve(total, at);
    if (total === 0) return;
    this.#bytes.set(element, offset);
    for (let done = element.length; done < total; done *= 2) {
      this.#bytes.copyWithin(offset + done, offset, offset + Math.min(done, total - done));
    }
  }

  requireBits(at: number): void {
    if (this.flags.nobits) throw new AsmError(at, `section ${this.name} holds no bytes: use .zero there`);
  }

  /** Little-endian integer of `length` bytes, truncated. */
  put(offset: number, length: number, value: bigint): void {
    let rest = BigInt.asUintN(length * 8, value);
    for (let i = 0; i < length; i++, rest >>= 8n) this.#bytes[offset + i] = Number(rest & 0xffn);
  }

  get(offset: number, length: number): number {
    let value = 0;
    for (let i = length - 1; i >= 0; i--) value = value * 256 + this.#bytes[offset + i];
    return value;
  }
}
