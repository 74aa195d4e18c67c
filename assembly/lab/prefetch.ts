/**
 * Which pages a TLB prefetcher asks for after a miss of the last level. After Kandiraju and Sivasubramaniam, "Going the distance for TLB
 * prefetching", ISCA 2002; without program counters, which a stream does not have.
 */
import { zeros } from './hash';

export const NEXT: u32 = 0;
export const STRIDE: u32 = 1;
export const DISTANCE: u32 = 2;

/** Of a class: { i64 page that missed last, i64 its distance, u64 space, u32 size, u32 how many misses are known, 2 at most } */
const SIDE_BYTES: usize = 32;
const DISTANCE_AT: usize = 8;
const SPACE_AT: usize = 16;
const SIZE_AT: usize = 24;
const KNOWN_AT: usize = 28;

export class Prefetcher {
  private sides: usize = zeros(2 * SIDE_BYTES);
  /** DISTANCE: rows of { i64 distance, u64 distances that came after it, then these, the latest first }, for each class. */
  private table: usize = 0;
  private rowBytes: usize = 0;
  private wanted: usize;

  constructor(
    private kind: u32,
    /** Pages that are asked for at most. */
    private degree: u32,
    private rows: u32,
  ) {
    this.wanted = zeros(<usize>degree << 3);
    this.rowBytes = (<usize>degree + 2) << 3;
    if (kind == DISTANCE) this.table = zeros(2 * <usize>rows * this.rowBytes);
  }

  /** A page of a size missed: so many pages are asked for. */
  after(side: u32, space: u64, size: u32, page: i64): u32 {
    if (this.kind == NEXT) {
      for (let n: u32 = 0; n < this.degree; n++) this.want(n, page + <i64>(n + 1));
      return this.degree;
    }
    const s = this.sides + <usize>side * SIDE_BYTES;
    if (load<u64>(s, SPACE_AT) != space || load<u32>(s, SIZE_AT) != size) {
      store<u64>(s, space, SPACE_AT);
      store<u32>(s, size, SIZE_AT);
      store<u32>(s, 0, KNOWN_AT);
    }
    const known = load<u32>(s, KNOWN_AT);
    const distance = page - load<i64>(s);
    const before = load<i64>(s, DISTANCE_AT);
    store<i64>(s, page);
    store<u32>(s, min(known + 1, 2), KNOWN_AT);
    if (known == 0) return 0;
    store<i64>(s, distance, DISTANCE_AT);
    if (this.kind == STRIDE) {
      if (known < 2 || distance != before || distance == 0) return 0;
      for (let n: u32 = 0; n < this.degree; n++) this.want(n, page + distance * <i64>(n + 1));
      return this.degree;
    }
    if (known == 2) this.learn(side, before, distance);
    return this.predict(side, page, distance);
  }

  page(n: u32): i64 {
    return load<i64>(this.wanted + (<usize>n << 3));
  }

  private want(n: u32, page: i64): void {
    store<i64>(this.wanted + (<usize>n << 3), page);
  }

  private row(side: u32, distance: i64): usize {
    const at = distance % <i64>this.rows;
    return this.table + (<usize>side * <usize>this.rows + <usize>(at < 0 ? at + <i64>this.rows : at)) * this.rowBytes;
  }

  /** A distance came after another one: it is the latest of those in the other's row. */
  private learn(side: u32, before: i64, distance: i64): void {
    const row = this.row(side, before);
    if (load<i64>(row) != before) {
      store<i64>(row, before);
      store<u64>(row, 0, 8);
    }
    let count = <u32>load<u64>(row, 8);
    const first = row + 16;
    let at: u32 = 0;
    while (at < count && load<i64>(first + (<usize>at << 3)) != distance) at++;
    if (at == count) {
      if (count < this.degree) store<u64>(row, ++count, 8);
      else at--;
    }
    for (; at > 0; at--) store<i64>(first + (<usize>at << 3), load<i64>(first + (<usize>(at - 1) << 3)));
    store<i64>(first, distance);
  }

  private predict(side: u32, page: i64, distance: i64): u32 {
    const row = this.row(side, distance);
    if (load<i64>(row) != distance) return 0;
    const count = <u32>load<u64>(row, 8);
    for (let n: u32 = 0; n < count; n++) this.want(n, page + load<i64>(row + 16 + (<usize>n << 3)));
    return count;
  }
}
