/**
 * A set of keys in the order of their use, the latest first: what nearly every access goes through, so without branches where that
 * can be. Four keys are a vector; no key is 0, empty ways are 0 and come last.
 */

/** [way of a vector]: it and the ways before it. */
const UP_TO: usize = memory.data<u32>(
  [0xffffffff, 0, 0, 0, 0xffffffff, 0xffffffff, 0, 0, 0xffffffff, 0xffffffff, 0xffffffff, 0, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
  16,
);

/** What `last` is for so many ways: the last one, as a bit of its vector. */
export function lastBit(ways: u32): u32 {
  return 1 << ((ways - 1) & 3);
}

/** The ways up to the key, or to the last one, move by one, and the key comes before them. True: it was there. */
// @ts-ignore: decorator
@inline
function moveInto(set: usize, before: v128, v: v128, same: u32): void {
  store<v128>(set, v128.bitselect(v128.shuffle<i32>(before, v, 3, 4, 5, 6), v, load<v128>(UP_TO + (<usize>ctz(same) << 4))));
}

/** Is the key in the set? Afterwards it is the latest; if it was not there, the one used longest ago has gone. */
// @ts-ignore: decorator
@inline
export function use(set: usize, vectors: u32, last: u32, key: u32): bool {
  const wanted = i32x4.splat(key);
  if (vectors == 1) {
    const v = load<v128>(set);
    const same = i32x4.bitmask(i32x4.eq(v, wanted));
    moveInto(set, wanted, v, same | last);
    return same != 0;
  }
  return useLong(set, vectors, last, key);
}

function useLong(set: usize, vectors: u32, last: u32, key: u32): bool {
  if (load<u32>(set) == key) return true;
  const wanted = i32x4.splat(key);
  let before = wanted;
  for (let end = set + (<usize>(vectors - 1) << 4); set < end; set += 16) {
    const v = load<v128>(set);
    const same = i32x4.bitmask(i32x4.eq(v, wanted));
    if (same != 0) {
      moveInto(set, before, v, same);
      return true;
    }
    store<v128>(set, v128.shuffle<i32>(before, v, 3, 4, 5, 6));
    before = v;
  }
  const v = load<v128>(set);
  const same = i32x4.bitmask(i32x4.eq(v, wanted));
  moveInto(set, before, v, same | last);
  return same != 0;
}
