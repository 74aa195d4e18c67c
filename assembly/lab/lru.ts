/**
 * A set of keys in the order of their use, the latest first: what nearly every access goes through, so without branches where that
 * can be. Four keys are a vector; no key is 0, empty ways are 0 and come last.
 */

/** v128[way][vector]: of each of 4 vectors the way and those before it. */
const UP_TO: usize = memory.data(16 * 64, 16);
/** v128[way]: the same of one. */
const UP_TO_1: usize = memory.data(4 * 16, 16);
for (let way: usize = 0; way < 16; way++) {
  for (let other: usize = 0; other < 16; other++) {
    const mask: u32 = other <= way ? u32.MAX_VALUE : 0;
    store<u32>(UP_TO + (way << 6) + (other << 2), mask);
    if (way < 4 && other < 4) store<u32>(UP_TO_1 + (way << 4) + (other << 2), mask);
  }
}

/** What `last` is for so many ways: the last one as a bit, of those of its vector if there are more than VECTORS_MAX. */
export function lastBit(ways: u32): u32 {
  return ways > 4 * VECTORS_MAX ? 1 << ((ways - 1) & 3) : 1 << (ways - 1);
}

/** Of sets with more vectors each one is looked at before the next. */
const VECTORS_MAX: u32 = 4;

// @ts-ignore: decorator
@inline
function sameOf(v: v128, wanted: v128): u32 {
  return i32x4.bitmask(i32x4.eq(v, wanted));
}

/** The ways of a mask move by one; the last key of the vector before comes first. */
// @ts-ignore: decorator
@inline
function moved(before: v128, v: v128, mask: v128): v128 {
  return v128.bitselect(v128.shuffle<i32>(before, v, 3, 4, 5, 6), v, mask);
}

/**
 * How many vectors a set has, as a type, whose size is that number: code for each is compiled apart (of copies of one function that differ
 * in a constant the compiler would make one again). Many: as many as is said.
 */
@unmanaged
export class Many {}
@unmanaged
export class One {
  a: u8;
}
@unmanaged
export class Two extends One {
  b: u8;
}
@unmanaged
export class Three extends Two {
  c: u8;
}
@unmanaged
export class Four extends Three {
  d: u8;
}

/** Is the key in the set? Afterwards it is the latest; if it was not there, the one used longest ago has gone. */
// @ts-ignore: decorator
@inline
export function use<N>(set: usize, vectors: u32, last: u32, key: u32): bool {
  const wanted = i32x4.splat(key);
  if (offsetof<N>() == 0) return useMany(set, vectors, last, key);
  const a = load<v128>(set);
  const same = sameOf(a, wanted);
  if (offsetof<N>() == 1) {
    store<v128>(set, moved(wanted, a, load<v128>(UP_TO_1 + (<usize>ctz(same | last) << 4))));
    return same != 0;
  }
  const b = load<v128>(set, 16);
  const two = same | (sameOf(b, wanted) << 4);
  if (offsetof<N>() == 2) {
    const masks = UP_TO + (<usize>ctz(two | last) << 6);
    store<v128>(set, moved(wanted, a, load<v128>(masks)));
    store<v128>(set, moved(a, b, load<v128>(masks, 16)), 16);
    return two != 0;
  }
  const c = load<v128>(set, 32);
  const three = two | (sameOf(c, wanted) << 8);
  if (offsetof<N>() == 3) {
    const masks = UP_TO + (<usize>ctz(three | last) << 6);
    store<v128>(set, moved(wanted, a, load<v128>(masks)));
    store<v128>(set, moved(a, b, load<v128>(masks, 16)), 16);
    store<v128>(set, moved(b, c, load<v128>(masks, 32)), 32);
    return three != 0;
  }
  const d = load<v128>(set, 48);
  const four = three | (sameOf(d, wanted) << 12);
  const masks = UP_TO + (<usize>ctz(four | last) << 6);
  store<v128>(set, moved(wanted, a, load<v128>(masks)));
  store<v128>(set, moved(a, b, load<v128>(masks, 16)), 16);
  store<v128>(set, moved(b, c, load<v128>(masks, 32)), 32);
  store<v128>(set, moved(c, d, load<v128>(masks, 48)), 48);
  return four != 0;
}

function useMany(set: usize, vectors: u32, last: u32, key: u32): bool {
  if (vectors == 1) return use<One>(set, 1, last, key);
  if (vectors == 2) return use<Two>(set, 2, last, key);
  if (vectors == 3) return use<Three>(set, 3, last, key);
  if (vectors == 4) return use<Four>(set, 4, last, key);
  return useLong(set, vectors, last, i32x4.splat(key));
}

/** The vectors before the one that has the key move whole. */
function useLong(set: usize, vectors: u32, last: u32, wanted: v128): bool {
  let before = wanted;
  for (let end = set + (<usize>(vectors - 1) << 4); set < end; set += 16) {
    const v = load<v128>(set);
    const same = sameOf(v, wanted);
    if (same != 0) {
      store<v128>(set, moved(before, v, load<v128>(UP_TO_1 + (<usize>ctz(same) << 4))));
      return true;
    }
    store<v128>(set, v128.shuffle<i32>(before, v, 3, 4, 5, 6));
    before = v;
  }
  const v = load<v128>(set);
  const same = sameOf(v, wanted);
  store<v128>(set, moved(before, v, load<v128>(UP_TO_1 + (<usize>ctz(same | last) << 4))));
  return same != 0;
}
