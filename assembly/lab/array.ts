/**
 * A set-associative array of keys with a replacement policy: what TLBs, page-walk caches and data caches have in common. A key is
 * never 0.
 *
 * The rules of each policy, to the last detail (an independent simulator must come to the same counts): docs/lab-model.md.
 */
import { HashTable, tableFind, tableInsert, tableNew, zeros } from './hash';
import { lastBit, Many, use } from './lru';
import { spaceOfKey } from './pages';

export const LRU: u32 = 0;
export const FIFO: u32 = 1;
export const RANDOM: u32 = 2;
export const TREE_PLRU: u32 = 3;
export const SRRIP: u32 = 4;
export const CLOCK: u32 = 5;

/** Re-reference prediction values of SRRIP (Jaleel et al., ISCA 2010), 2 bits. */
const RRPV_FAR: u8 = 3;
const RRPV_NEW: u8 = 2;
const ABSENT: u32 = u32.MAX_VALUE;

@unmanaged
export class CacheArray {
  /** u32[sets * stride]; 0: the way is empty. LRU keeps each set in the order of use, the latest first. */
  keys: usize;
  /** u8[sets * ways]: SRRIP's prediction, CLOCK's reference bit. */
  marks: usize;
  /** u64[sets]: the tree of TREE_PLRU, the hand of CLOCK, the oldest way of FIFO. */
  state: usize;
  sets: u32;
  ways: u32;
  /** Ways and what fills them up to a multiple of 4: always empty. */
  stride: u32;
  /** The same in vectors of 4, and the last way as a bit (lru.ts). */
  vectors: u32;
  last: u32;
  /** 2^64 / sets, rounded up (setNumber). */
  inverse: u64;
  policy: u32;
  /** LRU, and nothing else to it. */
  isPlain: bool;
  /** State of xorshift32, for RANDOM. */
  random: u32;
  /** Ways are divided among address spaces: so many times as many sets, each of so many times fewer ways. */
  partitions: u32;
  /** A CacheArray of what had to go, or 0. */
  victims: usize;
  victimHits: u64;
  /** log2 of the pages of 4K that one entry has at most; 0: one. Then a HashTable: key of the first page -> bits, which of them. */
  coalesce: u32;
  groups: usize;
}

/** From now on an entry has up to 2^order pages of 4K. */
export function arrayCoalesce(a: CacheArray, order: u32): void {
  a.coalesce = order;
  a.isPlain = false;
  a.groups = changetype<usize>(tableNew());
}

// @ts-ignore: decorator
@inline
function isGrouped(a: CacheArray, key: u32): bool {
  return a.coalesce != 0 && (key & 3) == 0;
}
/** Key of a page's entry: that of the first page of its group. */
// @ts-ignore: decorator
@inline
function groupOf(a: CacheArray, key: u32): u32 {
  return key & ~((4 << a.coalesce) - 1);
}

/** Numbers of pages or lines may be as large as they like: it is no more plain. */
export function arrayAnyIndex(a: CacheArray): void {
  a.isPlain = false;
}

/** What has to go goes to others. */
export function arrayVictims(a: CacheArray, others: CacheArray): void {
  a.victims = changetype<usize>(others);
  a.isPlain = false;
}

/** Has the entry of the group, which is there, the page? */
function groupHas(a: CacheArray, key: u32): bool {
  const at = tableFind(changetype<HashTable>(a.groups), groupOf(a, key));
  return ((load<u64>(at) >> (<u64>((key - groupOf(a, key)) >> 2))) & 1) != 0;
}

/** sets: of all partitions together. */
export function arrayNew(sets: u32, ways: u32, policy: u32, seed: u32, partitions: u32 = 1): CacheArray {
  const a = changetype<CacheArray>(zeros(offsetof<CacheArray>()));
  a.stride = (ways + 3) & ~3;
  a.keys = zeros((<usize>sets * <usize>a.stride) << 2);
  a.marks = zeros(<usize>sets * <usize>ways);
  a.state = zeros(<usize>sets << 3);
  a.sets = sets / partitions;
  a.partitions = partitions;
  a.ways = ways;
  a.policy = policy;
  a.random = seed == 0 ? 1 : seed;
  a.vectors = a.stride >> 2;
  a.last = lastBit(ways);
  a.inverse = a.sets == 1 ? 0 : u64.MAX_VALUE / <u64>a.sets + 1;
  a.isPlain = policy == LRU && partitions == 1;
  return a;
}

/**
 * The set of a number below 2^INDEX_BITS, for at most 2^24 sets: number modulo sets, without a division (Lemire, Kaser and Kurz, "Faster
 * remainder by direct computation", 2019). number * inverse is the fraction that the division leaves, in 64 bits, and too large by less
 * than 2^-26; what is added makes up for the bits that are cut off.
 */
const INDEX_BITS: u64 = 38;
// @ts-ignore: decorator
@inline
function setNumber(sets: u32, inverse: u64, index: u64): u32 {
  return <u32>((((index * inverse + (1 << 26)) >> 24) * <u64>sets) >> 40);
}

// @ts-ignore: decorator
@inline
function setOf(a: CacheArray, index: u64, key: u32): usize {
  const set = index >> INDEX_BITS == 0 ? setNumber(a.sets, a.inverse, index) : <u32>(index % <u64>a.sets);
  if (a.partitions == 1) return <usize>set;
  return <usize>(set * a.partitions + <u32>(spaceOfKey(key) % <u64>a.partitions));
}

// @ts-ignore: decorator
@inline
function setKeys(a: CacheArray, set: usize): usize {
  return a.keys + ((set * <usize>a.stride) << 2);
}

/** The way of a key, ABSENT: none has it. Four are compared at once. */
// @ts-ignore: decorator
@inline
function find(keys: usize, stride: u32, key: u32): u32 {
  const wanted = i32x4.splat(key);
  for (let way: u32 = 0; way < stride; way += 4) {
    const same = i32x4.bitmask(i32x4.eq(v128.load(keys + (<usize>way << 2)), wanted));
    if (same != 0) return way + ctz(same);
  }
  return ABSENT;
}

/** Is the key there? Its use is noted. index chooses the set. */
export function arrayLookup(a: CacheArray, index: u64, key: u32): bool {
  const set = setOf(a, index, key);
  const keys = setKeys(a, set);
  const way = find(keys, a.stride, key);
  if (way == ABSENT) return false;
  if (a.policy == LRU) {
    if (way != 0) toFront(keys, way, key);
  } else touch(a, set, way);
  return true;
}

/** A use, where the set is not kept in its order. */
function touch(a: CacheArray, set: usize, way: u32): void {
  switch (a.policy) {
    case TREE_PLRU:
      store<u64>(a.state + (set << 3), pointAway(load<u64>(a.state + (set << 3)), a.ways, way));
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

/** Those before a way move by one, four at a time. */
// @ts-ignore: decorator
@inline
function toFront(keys: usize, way: u32, key: u32): void {
  let at = keys + (<usize>way << 2);
  for (; at >= keys + 16; at -= 16) v128.store(at - 12, v128.load(at - 16));
  for (; at > keys; at -= 4) store<u32>(at, load<u32>(at - 4));
  store<u32>(keys, key);
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
export function arrayFill(a: CacheArray, index: u64, key: u32): u32 {
  const set = setOf(a, index, key);
  const keys = setKeys(a, set);
  if (a.policy == LRU) {
    let way = a.ways - 1;
    const old = load<u32>(keys + (<usize>way << 2));
    if (old == 0) way = find(keys, a.stride, 0);
    toFront(keys, way, key);
    return old;
  }
  const way = victim(a, set, keys);
  const old = load<u32>(keys + (<usize>way << 2));
  store<u32>(keys + (<usize>way << 2), key);
  if (a.policy == SRRIP) store<u8>(a.marks + set * <usize>a.ways + way, RRPV_NEW);
  else touch(a, set, way);
  return old;
}

/** The set of an array that is plain. */
// @ts-ignore: decorator
@inline
export function plainSet<N>(keys: usize, sets: u32, inverse: u64, vectors: u32, index: u64): usize {
  return keys + (<usize>(setNumber(sets, inverse, index) * (offsetof<N>() == 0 ? vectors : <u32>offsetof<N>())) << 4);
}

// @ts-ignore: decorator
@inline
export function plainSetNumber(sets: u32, inverse: u64, index: u64): u32 {
  return setNumber(sets, inverse, index);
}

/** The same, and the key is there afterwards: of an array that is plain, whose fields a loop keeps at hand. */
// @ts-ignore: decorator
@inline
export function plainUse<N>(keys: usize, sets: u32, inverse: u64, vectors: u32, last: u32, index: u64, key: u32): bool {
  return use<N>(plainSet<N>(keys, sets, inverse, vectors, index), vectors, last, key);
}

/** The same of any array that no victims are kept of. */
export function arrayUse(a: CacheArray, index: u64, key: u32): bool {
  if (a.isPlain) return plainUse<Many>(a.keys, a.sets, a.inverse, a.vectors, a.last, index, key);
  if (arrayLookup(a, index, key)) return true;
  arrayFill(a, index, key);
  return false;
}

/** The same of an array that is plain: the place among its set's keys where the key was before; none: a large number. */
export function arrayPosition(a: CacheArray, index: u64, key: u32): u32 {
  const keys = a.keys + (<usize>(setNumber(a.sets, a.inverse, index) * a.stride) << 2);
  const way = find(keys, a.stride, key);
  if (way == 0) return 0;
  toFront(keys, way == ABSENT ? a.ways - 1 : way, key);
  return way;
}

/** The first empty way; else whom the policy chooses. */
function victim(a: CacheArray, set: usize, keys: usize): u32 {
  const ways = a.ways;
  const empty = find(keys, a.stride, 0);
  if (empty < ways) return empty;
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
export function arrayHolds(a: CacheArray, index: u64, key: u32): bool {
  return find(setKeys(a, setOf(a, index, key)), a.stride, key) != ABSENT;
}

/** Forgets a key, if it is there. */
export function arrayRemove(a: CacheArray, index: u64, key: u32): void {
  const keys = setKeys(a, setOf(a, index, key));
  const way = find(keys, a.stride, key);
  if (way != ABSENT) remove(a, keys, way);
}

function remove(a: CacheArray, keys: usize, way: u32): void {
  const at = keys + (<usize>way << 2);
  const last = keys + (<usize>(a.ways - 1) << 2);
  // Under LRU the set stays in order of use, its empty ways last.
  if (a.policy == LRU) {
    memory.copy(at, at + 4, last - at);
    store<u32>(last, 0);
  } else store<u32>(at, 0);
}

/** Forgets everything. */
export function arrayClear(a: CacheArray): void {
  memory.fill(a.keys, 0, <usize>arraySlots(a) << 2);
}

/** Slots of the array, some of them empty: for what looks at all of them. */
export function arraySlots(a: CacheArray): u32 {
  return a.sets * a.partitions * a.stride;
}
export function arraySlot(a: CacheArray, slot: u32): u32 {
  return load<u32>(a.keys + (<usize>slot << 2));
}
export function arrayRemoveSlot(a: CacheArray, slot: u32): void {
  remove(a, setKeys(a, slot / a.stride), slot % a.stride);
}

/** arrayLookup of a TLB with those that had to go: one of them comes back, and another one has to go for it. */
// @ts-ignore: decorator
@inline
export function tlbLookup(a: CacheArray, index: u64, key: u32): bool {
  if (isGrouped(a, key)) return arrayLookup(a, index >> a.coalesce, groupOf(a, key)) && groupHas(a, key);
  return arrayLookup(a, index, key) || (a.victims != 0 && comesBack(a, index, key));
}

function comesBack(a: CacheArray, index: u64, key: u32): bool {
  const victims = changetype<CacheArray>(a.victims);
  if (!arrayHolds(victims, 0, key)) return false;
  a.victimHits++;
  arrayRemove(victims, 0, key);
  tlbFill(a, index, key);
  return true;
}

/** pages: bits, which pages of its group are known with it, if the array coalesces. */
// @ts-ignore: decorator
@inline
export function tlbFill(a: CacheArray, index: u64, key: u32, pages: u32 = 0): void {
  if (isGrouped(a, key)) {
    fillGroup(a, index >> a.coalesce, groupOf(a, key), pages);
    return;
  }
  const old = arrayFill(a, index, key);
  if (old != 0 && a.victims != 0) arrayFill(changetype<CacheArray>(a.victims), 0, old);
}

function fillGroup(a: CacheArray, index: u64, group: u32, pages: u32): void {
  if (!arrayHolds(a, index, group)) arrayFill(a, index, group);
  const table = changetype<HashTable>(a.groups);
  const at = tableFind(table, group);
  if (at != 0) store<u64>(at, pages);
  else tableInsert(table, group, pages);
}

/** The page's entry goes, with all that it has. */
export function tlbRemove(a: CacheArray, index: u64, key: u32): void {
  if (isGrouped(a, key)) arrayRemove(a, index >> a.coalesce, groupOf(a, key));
  else arrayRemove(a, index, key);
}

export function tlbHolds(a: CacheArray, index: u64, key: u32): bool {
  if (isGrouped(a, key)) return arrayHolds(a, index >> a.coalesce, groupOf(a, key)) && groupHas(a, key);
  return arrayHolds(a, index, key) || (a.victims != 0 && arrayHolds(changetype<CacheArray>(a.victims), 0, key));
}
