/**
 * A set-associative array of keys with a replacement policy: what TLBs, page-walk caches and data caches have in common. A key is never 0.
 *
 * The rules of each policy, to the last detail (an independent simulator must come to the same counts): docs/lab-model.md.
 */
import { zeros } from './hash';

export const LRU: u32 = 0;
export const FIFO: u32 = 1;
export const RANDOM: u32 = 2;
export const TREE_PLRU: u32 = 3;
export const SRRIP: u32 = 4;
export const CLOCK: u32 = 5;

/** Re-reference prediction values of SRRIP (Jaleel et al., ISCA 2010), 2 bits. */
const RRPV_FAR: u8 = 3;
const RRPV_NEW: u8 = 2;

@unmanaged
export class CacheArray {
  /** u64[sets * ways]; 0: the way is empty. LRU keeps each set in the order of use, the latest first. */
  keys: usize;
  /** u8[sets * ways]: SRRIP's prediction, CLOCK's reference bit. */
  marks: usize;
  /** u64[sets]: the tree of TREE_PLRU, the hand of CLOCK, the oldest way of FIFO. */
  state: usize;
  sets: u32;
  ways: u32;
  policy: u32;
  /** State of xorshift32, for RANDOM. */
  random: u32;
  /** A key whose next hit would change nothing: the one that hit last. */
  last: u64;
  hits: u64;
  misses: u64;
  fills: u64;
  evictions: u64;
  invalidations: u64;
}

export function arrayNew(sets: u32, ways: u32, policy: u32, seed: u32): CacheArray {
  const a = changetype<CacheArray>(zeros(offsetof<CacheArray>()));
  const lines = <usize>sets * <usize>ways;
  a.keys = zeros(lines << 3);
  a.marks = zeros(lines);
  a.state = zeros(<usize>sets << 3);
  a.sets = sets;
  a.ways = ways;
  a.policy = policy;
  a.random = seed == 0 ? 1 : seed;
  return a;
}

// @ts-ignore: decorator
@inline
function setOf(a: CacheArray, index: u64): usize {
  const sets = a.sets;
  return <usize>((sets & (sets - 1)) == 0 ? <u32>index & (sets - 1) : <u32>(index % <u64>sets));
}

/** Is the key there? Its use is noted. index chooses the set. */
export function arrayLookup(a: CacheArray, index: u64, key: u64): bool {
  if (key == a.last) {
    a.hits++;
    return true;
  }
  const ways = <usize>a.ways;
  const set = setOf(a, index);
  const keys = a.keys + ((set * ways) << 3);
  for (let way: usize = 0; way < ways; way++) {
    if (load<u64>(keys + (way << 3)) != key) continue;
    a.hits++;
    a.last = key;
    touch(a, set, keys, way, key);
    return true;
  }
  a.misses++;
  return false;
}

function touch(a: CacheArray, set: usize, keys: usize, way: usize, key: u64): void {
  switch (a.policy) {
    case LRU:
      toFront(keys, way, key);
      return;
    case TREE_PLRU:
      store<u64>(a.state + (set << 3), pointAway(load<u64>(a.state + (set << 3)), a.ways, <u32>way));
      return;
    case SRRIP:
      store<u8>(a.marks + set * <usize>a.ways + way, 0);
      return;
    case CLOCK:
      store<u8>(a.marks + set * <usize>a.ways + way, 1);
      return;
    default:
      return;
  }
}

/** Those before a way move by one. */
// @ts-ignore: decorator
@inline
function toFront(keys: usize, way: usize, key: u64): void {
  for (let at = keys + (way << 3); at > keys; at -= 8) store<u64>(at, load<u64>(at - 8));
  store<u64>(keys, key);
}

/** Node n of the tree has children 2n and 2n + 1, the root is 1; bit n set: the victim is on the right. */
function pointAway(tree: u64, ways: u32, way: u32): u64 {
  let node: u32 = 1;
  for (let half = ways >> 1; half != 0; half >>= 1) {
    const right = (way & half) != 0;
    tree = right ? tree & ~((<u64>1) << node) : tree | ((<u64>1) << node);
    node = (node << 1) + (right ? 1 : 0);
  }
  return tree;
}

function treeVictim(tree: u64, ways: u32): u32 {
  let node: u32 = 1;
  let way: u32 = 0;
  for (let half = ways >> 1; half != 0; half >>= 1) {
    const right = ((tree >> node) & 1) != 0;
    way |= right ? half : 0;
    node = (node << 1) + (right ? 1 : 0);
  }
  return way;
}

/** Puts a key in that is not there; the key that had to go, or 0. */
export function arrayFill(a: CacheArray, index: u64, key: u64): u64 {
  const ways = <usize>a.ways;
  const set = setOf(a, index);
  const keys = a.keys + ((set * ways) << 3);
  a.fills++;
  a.last = 0;
  if (a.policy == LRU) {
    let way: usize = 0;
    while (way < ways - 1 && load<u64>(keys + (way << 3)) != 0) way++;
    const old = load<u64>(keys + (way << 3));
    toFront(keys, way, key);
    if (old != 0) a.evictions++;
    return old;
  }
  const way = <usize>victim(a, set, keys);
  const old = load<u64>(keys + (way << 3));
  store<u64>(keys + (way << 3), key);
  if (old != 0) a.evictions++;
  if (a.policy == SRRIP) store<u8>(a.marks + set * ways + way, RRPV_NEW);
  else touch(a, set, keys, way, key);
  return old;
}

/** The first empty way; else whom the policy chooses. */
function victim(a: CacheArray, set: usize, keys: usize): u32 {
  const ways = a.ways;
  for (let way: u32 = 0; way < ways; way++) if (load<u64>(keys + (<usize>way << 3)) == 0) return way;
  const state = a.state + (set << 3);
  const marks = a.marks + set * <usize>ways;
  switch (a.policy) {
    case FIFO: {
      const oldest = <u32>load<u64>(state);
      store<u64>(state, oldest + 1 == ways ? 0 : oldest + 1);
      return oldest;
    }
    case RANDOM: {
      let x = a.random;
      x ^= x << 13;
      x ^= x >> 17;
      x ^= x << 5;
      a.random = x;
      return x % ways;
    }
    case TREE_PLRU:
      return treeVictim(load<u64>(state), ways);
    case SRRIP:
      for (;;) {
        for (let way: u32 = 0; way < ways; way++) if (load<u8>(marks + way) == RRPV_FAR) return way;
        for (let way: u32 = 0; way < ways; way++) store<u8>(marks + way, load<u8>(marks + way) + 1);
      }
    default: {
      let hand = <u32>load<u64>(state);
      while (load<u8>(marks + hand) != 0) {
        store<u8>(marks + hand, 0);
        hand = hand + 1 == ways ? 0 : hand + 1;
      }
      store<u64>(state, hand + 1 == ways ? 0 : hand + 1);
      return hand;
    }
  }
}

/** Is the key there? Nothing is noted. */
export function arrayHolds(a: CacheArray, index: u64, key: u64): bool {
  const ways = <usize>a.ways;
  const keys = a.keys + ((setOf(a, index) * ways) << 3);
  for (let way: usize = 0; way < ways; way++) if (load<u64>(keys + (way << 3)) == key) return true;
  return false;
}

/** Forgets a key, if it is there. */
export function arrayRemove(a: CacheArray, index: u64, key: u64): void {
  const ways = <usize>a.ways;
  const set = setOf(a, index);
  const keys = a.keys + ((set * ways) << 3);
  for (let way: usize = 0; way < ways; way++) {
    if (load<u64>(keys + (way << 3)) == key) {
      remove(a, set, way);
      return;
    }
  }
}

function remove(a: CacheArray, set: usize, way: usize): void {
  const ways = <usize>a.ways;
  const keys = a.keys + ((set * ways) << 3);
  a.last = 0;
  a.invalidations++;
  if (a.policy == LRU) {
    // The set stays in order of use, its empty ways last.
    memory.copy(keys + (way << 3), keys + ((way + 1) << 3), (ways - way - 1) << 3);
    store<u64>(keys + ((ways - 1) << 3), 0);
  } else store<u64>(keys + (way << 3), 0);
}

/** Forgets every key k with (k & mask) == pattern. */
export function arrayRemoveMatching(a: CacheArray, mask: u64, pattern: u64): void {
  const ways = <usize>a.ways;
  for (let set: usize = 0; set < <usize>a.sets; set++) {
    const keys = a.keys + ((set * ways) << 3);
    for (let way: usize = ways; way-- > 0; ) {
      const key = load<u64>(keys + (way << 3));
      if (key != 0 && (key & mask) == pattern) remove(a, set, way);
    }
  }
}
