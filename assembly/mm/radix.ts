/**
 * Pages of an object by index: a radix tree of 64-way nodes { u64 present, u64 dirty, u32 slot[64] }. A bit of an inner node says that
 * something below has it. Heights are 1..6; height 0 = empty.
 */
import { NO_INDEX } from '../shared/exit';
import { slabAllocate, slabFree } from './slab';

const NODE_BYTES: u32 = 16 + 64 * 4;
const SLOTS: usize = 16;
export const TAG_PRESENT: usize = 0;
export const TAG_DIRTY: usize = 8;

/** A tree is two words of its owner: root and height. */
const ROOT: usize = 0;
const HEIGHT: usize = 4;

// @ts-ignore: decorator
@inline
function slot(node: usize, index: u32, level: u32): usize {
  return node + SLOTS + ((<usize>(index >> (6 * level)) & 63) << 2);
}
// @ts-ignore: decorator
@inline
function bit(index: u32, level: u32): u64 {
  return (<u64>1) << ((index >> (6 * level)) & 63);
}

/** Does a tree of this height hold the index? (6 levels hold all 32 bits.) */
function holds(height: u32, index: u32): bool {
  return height >= 6 || (height > 0 && index >> (6 * height) == 0);
}

export function radixGet(tree: usize, index: u32): u32 {
  const height = load<u32>(tree, HEIGHT);
  if (!holds(height, index)) return 0;
  let node = <usize>load<u32>(tree, ROOT);
  for (let level = height - 1; level > 0; level--) {
    node = <usize>load<u32>(slot(node, index, level));
    if (node == 0) return 0;
  }
  return load<u32>(slot(node, index, 0));
}

/** False: no memory. */
export function radixSet(tree: usize, index: u32, value: u32): bool {
  while (!holds(load<u32>(tree, HEIGHT), index)) {
    const root = load<u32>(tree, ROOT);
    const node = slabAllocate(NODE_BYTES);
    if (node == 0) return false;
    if (root != 0) {
      store<u32>(node, root, SLOTS);
      if (load<u64>(root, TAG_PRESENT) != 0) store<u64>(node, 1, TAG_PRESENT);
      if (load<u64>(root, TAG_DIRTY) != 0) store<u64>(node, 1, TAG_DIRTY);
    }
    store<u32>(tree, <u32>node, ROOT);
    store<u32>(tree, load<u32>(tree, HEIGHT) + 1, HEIGHT);
  }
  let node = <usize>load<u32>(tree, ROOT);
  for (let level = load<u32>(tree, HEIGHT) - 1; level > 0; level--) {
    const at = slot(node, index, level);
    if (load<u32>(at) == 0) {
      const below = slabAllocate(NODE_BYTES);
      if (below == 0) return false;
      store<u32>(at, <u32>below);
    }
    node = <usize>load<u32>(at);
  }
  store<u32>(slot(node, index, 0), value);
  radixTag(tree, index, TAG_PRESENT, true);
  return true;
}

export function radixTag(tree: usize, index: u32, tag: usize, on: bool): void {
  tagBelow(<usize>load<u32>(tree, ROOT), load<u32>(tree, HEIGHT) - 1, index, tag, on);
}

function tagBelow(node: usize, level: u32, index: u32, tag: usize, on: bool): bool {
  if (level > 0) on = tagBelow(<usize>load<u32>(slot(node, index, level)), level - 1, index, tag, on);
  const tags = load<u64>(node + tag);
  const now = on ? tags | bit(index, level) : tags & ~bit(index, level);
  store<u64>(node + tag, now);
  return now != 0;
}

export function radixTagged(tree: usize, index: u32, tag: usize): bool {
  const height = load<u32>(tree, HEIGHT);
  if (!holds(height, index)) return false;
  let node = <usize>load<u32>(tree, ROOT);
  for (let level = height - 1; level > 0; level--) {
    node = <usize>load<u32>(slot(node, index, level));
    if (node == 0) return false;
  }
  return (load<u64>(node + tag) & bit(index, 0)) != 0;
}

/** Empties a slot and drops its tags; nodes stay until the tree goes. */
export function radixRemove(tree: usize, index: u32): void {
  const height = load<u32>(tree, HEIGHT);
  let node = <usize>load<u32>(tree, ROOT);
  for (let level = height - 1; level > 0; level--) node = <usize>load<u32>(slot(node, index, level));
  store<u32>(slot(node, index, 0), 0);
  radixTag(tree, index, TAG_DIRTY, false);
  radixTag(tree, index, TAG_PRESENT, false);
}

/** Smallest index >= from with the tag, or NO_INDEX. */
export function radixNext(tree: usize, from: u32, tag: usize): i64 {
  const height = load<u32>(tree, HEIGHT);
  if (!holds(height, from)) return NO_INDEX;
  return nextBelow(<usize>load<u32>(tree, ROOT), height - 1, 0, from, tag);
}

function nextBelow(node: usize, level: u32, base: u32, from: u32, tag: usize): i64 {
  let tags = load<u64>(node + tag);
  const start = from > base ? (from - base) >> (6 * level) : 0;
  if (start > 63) return NO_INDEX;
  tags &= <u64>-1 << start;
  while (tags != 0) {
    const i = <u32>ctz(tags);
    const index = base + (i << (6 * level));
    if (level == 0) return index;
    const found = nextBelow(<usize>load<u32>(node + SLOTS + ((<usize>i) << 2)), level - 1, index, from, tag);
    if (found >= 0) return found;
    tags &= tags - 1;
  }
  return NO_INDEX;
}

/** Frees the nodes; the pages are gone already. */
export function radixFree(tree: usize): void {
  const height = load<u32>(tree, HEIGHT);
  if (height > 0) freeBelow(<usize>load<u32>(tree, ROOT), height - 1);
  store<u64>(tree, 0);
}

function freeBelow(node: usize, level: u32): void {
  if (level > 0) {
    for (let i: usize = 0; i < 64; i++) {
      const below = <usize>load<u32>(node + SLOTS + (i << 2));
      if (below != 0) freeBelow(below, level - 1);
    }
  }
  slabFree(node, NODE_BYTES);
}
