/**
 * Reuse distances: how many other pages were touched since a page was last. A fully associative LRU TLB of n entries hits exactly the
 * accesses of a distance below n, so one pass gives the miss ratios of all sizes (Mattson et al., "Evaluation techniques for
 * storage hierarchies", 1970). The pages between two points of time are counted by a Fenwick tree over last uses (Olken, 1981).
 */
import * as T from '../shared/trace';
import { HashTable, tableEnd, tableFind, tableInsert, tableNew, TABLE_SLOT } from './hash';
import { input } from './stream';

/** Distances below this are counted each, the others together. */
const EXACT_MAX: u32 = 1 << 16;
/** Times before the tree is renumbered; at least twice as many as pages. */
let capacity: u32 = 1 << 16;
let tree: usize = 0;
let now: u32 = 0;
let lastUse: HashTable = tableNew();
let counts: usize = 0;
let above: u64 = 0;
let cold: u64 = 0;
let latest: u64 = u64.MAX_VALUE;
let space: u64 = 0;
let shift: u64 = 12;
let wanted: u32 = 0;
/** The page that instructions come from, NONE: it is not known yet. */
const NONE: u64 = u64.MAX_VALUE;
let code: u64 = NONE;
/** No key is 0. */
const VALID: u64 = (<u64>1) << 63;

/** A page of the space that runs: code goes on at its address when another one does. */
// @ts-ignore: decorator
@inline
function keyOf(page: u64): u64 {
  return VALID | (space << 50) | page;
}

/** kinds: 1 instructions, 2 data, 3 both. */
export function distanceNew(kinds: u32, pageShift: u32): void {
  wanted = kinds;
  shift = pageShift;
  counts = heap.alloc(<usize>EXACT_MAX << 3);
  memory.fill(counts, 0, <usize>EXACT_MAX << 3);
  plant();
}

function plant(): void {
  tree = heap.alloc((<usize>capacity + 1) << 2);
  memory.fill(tree, 0, (<usize>capacity + 1) << 2);
}

// @ts-ignore: decorator
@inline
function add(time: u32, delta: i32): void {
  for (let i = time + 1; i <= capacity; i += i & (0 - i)) {
    const at = tree + (<usize>i << 2);
    store<i32>(at, load<i32>(at) + delta);
  }
}

// @ts-ignore: decorator
@inline
function sumBelow(time: u32): u32 {
  let sum: u32 = 0;
  for (let i = time; i != 0; i -= i & (0 - i)) sum += load<u32>(tree + (<usize>i << 2));
  return sum;
}

/** Last uses are numbered anew, in their order. */
function renumber(): void {
  const before = capacity;
  /** Time -> address of the slot whose page was used last then. */
  const order = new StaticArray<usize>(<i32>before);
  for (let at = lastUse.slots, end = tableEnd(lastUse); at < end; at += TABLE_SLOT)
    if (load<u64>(at) != 0) order[<i32>load<u64>(at, 8)] = at;
  if (lastUse.count > capacity / 2) {
    capacity *= 2;
    plant();
  } else memory.fill(tree, 0, (<usize>capacity + 1) << 2);
  now = 0;
  for (let t: u32 = 0; t < before; t++) {
    const at = order[t];
    if (at == 0) continue;
    store<u64>(at, now, 8);
    add(now++, 1);
  }
}

function use(key: u64, count: u64): void {
  if (key == latest) {
    store<u64>(counts, load<u64>(counts) + count);
    return;
  }
  latest = key;
  if (now == capacity) renumber();
  const at = tableFind(lastUse, key);
  if (at != 0) {
    const then = <u32>load<u64>(at);
    const distance = lastUse.count - sumBelow(then + 1);
    if (distance < EXACT_MAX) store<u64>(counts + (<usize>distance << 3), load<u64>(counts + (<usize>distance << 3)) + 1);
    else above++;
    add(then, -1);
    store<u64>(at, now);
  } else {
    cold++;
    tableInsert(lastUse, key, now);
  }
  add(now++, 1);
  if (count > 1) store<u64>(counts, load<u64>(counts) + count - 1);
}

/** The first `count` records of the input. */
export function distanceFeed(count: u32): void {
  for (let at = input, last = input + (<usize>count << 3); at < last; at += 8) {
    const record = load<u64>(at);
    const passed = record >> T.RECORD_PASSED_SHIFT;
    const kind = <u32>(record >> T.RECORD_KIND_SHIFT) & T.RECORD_KIND_MASK;
    const value = record & ((<u64>1 << T.RECORD_KIND_SHIFT) - 1);
    const fetched = passed + (kind == T.RECORD_PASSED ? value : 0);
    if (fetched != 0 && code != NONE && (wanted & 1)) use(keyOf(code), fetched);
    if (kind == T.RECORD_CODE) code = value >> shift;
    else if (kind == T.RECORD_SPACE) space = value;
    else if ((kind == T.RECORD_LOAD || kind == T.RECORD_STORE) && (wanted & 2)) use(keyOf(value >> shift), 1);
  }
}

export function distanceCold(): f64 {
  return <f64>cold;
}
/** Accesses of exactly that distance. */
export function distanceCount(distance: u32): f64 {
  return distance < EXACT_MAX ? <f64>load<u64>(counts + (<usize>distance << 3)) : 0;
}
/** Accesses of larger distances than are counted each. */
export function distanceAbove(): f64 {
  return <f64>above;
}
