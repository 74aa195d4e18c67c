/**
 * Pages of an object by index: a radix tree of 64-way nodes { u64 present, u64 dirty, u32 slot[64] }. A bit of an inner node says that
 * something below has it. Heights are 1..9; height 0 = empty. Between calls every node has a page below it.
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
function slot(node: usize, index: u64, level: u32): usize {
  return node + SLOTS + (<usize>((index >> (6 * level)) & 63) << 2);
}
// @ts-ignore: decorator
@inline
function bit(index: u64, level: u32): u64 {
  return (<u64>1) << ((index >> (6 * level)) & 63);
}

/** Does a tree of this height hold the index? (9 levels hold all 52 bits.) */
// @ts-ignore: decorator
@inline
function holds(height: u32, index: u64): bool {
  return height > 0 && index >> (6 * height) == 0;
}

export function radixGet(tree: usize, index: u64): u32 {
  const height = load<u32>(tree, HEIGHT);
  if (!holds(height, index)) return 0;
  let node = <usize>load<u32>(tree, ROOT);
  for (let level = height - 1; level > 0; level--) {
    node = <usize>load<u32>(slot(node, index, level));
    if (node == 0) return 0;
  }
  return load<u32>(slot(node, index, 0));
}

/** False: no memory, and the tree is as it was. */
export function radixSet(tree: usize, index: u64, value: u32): bool {
  if (!grow(tree, index)) return false;
  let node = <usize>load<u32>(tree, ROOT);
  for (let level = load<u32>(tree, HEIGHT) - 1; level > 0; level--) {
    const at = slot(node, index, level);
    if (load<u32>(at) == 0) {
      const below = slabAllocate(NODE_BYTES);
      if (below == 0) {
        radixRemove(tree, index);
        return false;
      }
      store<u32>(at, <u32>below);
    }
    node = <usize>load<u32>(at);
  }
  store<u32>(slot(node, index, 0), value);
  radixTag(tree, index, TAG_PRESENT, true);
  return true;
}

/** Puts nodes on top until the index fits. An empty tree gets its height at once: a node without pages would never go again. */
function grow(tree: usize, index: u64): bool {
  let height = load<u32>(tree, HEIGHT);
  if (holds(height, index)) return true;
  let root = <usize>load<u32>(tree, ROOT);
  if (root == 0) {
    while (!holds(height, index)) height++;
    root = slabAllocate(NODE_BYTES);
    if (root == 0) return false;
  }
  while (!holds(height, index)) {
    const node = slabAllocate(NODE_BYTES);
    if (node == 0) return false;
    store<u32>(node, <u32>root, SLOTS);
    if (load<u64>(root, TAG_PRESENT) != 0) store<u64>(node, 1, TAG_PRESENT);
    if (load<u64>(root, TAG_DIRTY) != 0) store<u64>(node, 1, TAG_DIRTY);
    root = node;
    height++;
    store<u32>(tree, <u32>root, ROOT);
    store<u32>(tree, height, HEIGHT);
  }
  store<u32>(tree, <u32>root, ROOT);
  store<u32>(tree, height, HEIGHT);
  return true;
}

export function radixTag(tree: usize, index: u64, tag: usize, on: bool): void {
  tagBelow(<usize>load<u32>(tree, ROOT), load<u32>(tree, HEIGHT) - 1, index, tag, on);
}

function tagBelow(node: usize, level: u32, index: u64, tag: usize, on: bool): bool {
  if (level > 0) on = tagBelow(<usize>load<u32>(slot(node, index, level)), level - 1, index, tag, on);
  const tags = load<u64>(node + tag);
  const now = on ? tags | bit(index, level) : tags & ~bit(index, level);
  store<u64>(node + tag, now);
  return now != 0;
}

export function radixTagged(tree: usize, index: u64, tag: usize): bool {
  const height = load<u32>(tree, HEIGHT);
  if (!holds(height, index)) return false;
  let node = <usize>load<u32>(tree, ROOT);
  for (let level = height - 1; level > 0; level--) {
    node = <usize>load<u32>(slot(node, index, level));
    if (node == 0) return false;
  }
  return (load<u64>(node + tag) & bit(index, 0)) != 0;
}

/** Empties a slot, drops its tags and frees the nodes that nothing is left in. */
export function radixRemove(tree: usize, index: u64): void {
  const root = <usize>load<u32>(tree, ROOT);
  if (!removeBelow(root, load<u32>(tree, HEIGHT) - 1, index)) return;
  slabFree(root, NODE_BYTES);
  store<u64>(tree, 0);
}

/** True when the node is empty now. */
function removeBelow(node: usize, level: u32, index: u64): bool {
  const at = slot(node, index, level);
  let present = false;
  let dirty = false;
  if (level == 0) store<u32>(at, 0);
  else if (load<u32>(at) != 0) {
    const below = <usize>load<u32>(at);
    present = !removeBelow(below, level - 1, index);
    dirty = load<u64>(below, TAG_DIRTY) != 0;
    if (!present) {
      slabFree(below, NODE_BYTES);
      store<u32>(at, 0);
    }
  }
  const others = ~bit(index, level);
  if (!present) store<u64>(node, load<u64>(node, TAG_PRESENT) & others, TAG_PRESENT);
  if (!dirty) store<u64>(node, load<u64>(node, TAG_DIRTY) & others, TAG_DIRTY);
  return load<u64>(node, TAG_PRESENT) == 0;
}

/** Smallest index >= from with the tag, or NO_INDEX. */
export function radixNext(tree: usize, from: u64, tag: usize): i64 {
  const height = load<u32>(tree, HEIGHT);
  if (!holds(height, from)) return NO_INDEX;
  return nextBelow(<usize>load<u32>(tree, ROOT), height - 1, 0, from, tag);
}

function nextBelow(node: usize, level: u32, base: u64, from: u64, tag: usize): i64 {
  let tags = load<u64>(node + tag);
  const start = from > base ? (from - base) >> (6 * level) : 0;
  if (start > 63) return NO_INDEX;
  tags &= <u64>-1 << start;
  while (tags != 0) {
    const i = ctz(tags);
    const index = base + (i << (6 * level));
    if (level == 0) return <i64>index;
    const found = nextBelow(<usize>load<u32>(node + SLOTS + (<usize>i << 2)), level - 1, index, from, tag);
    if (found >= 0) return found;
    tags &= tags - 1;
  }
  return NO_INDEX;
}
