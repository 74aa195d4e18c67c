/**
 * VMAs: the mappings of a space in an AVL tree by start address. Each node knows the first start, the last end and the widest gap
 * below it, so that a free range is found in O(log n). Record of 96 bytes, partly read by the host (shared/mman.ts).
 *
 *    0 u64 start   8 u64 end   16 u32 left   20 u32 right   24 u32 flags   28 u32 object
 *   32 u64 offset   40 u32 height   44 u32 space   48 u64 first   56 u64 last   64 u64 gap
 *   72 u32 next, 76 u32 previous mapping of the same object   80 u32 name   84 u32 VMA above   88 u32 userfaultfd   92 u32 VMA below
 *
 * What a search reads lies in the first 32 bytes, which are in one cache line: records begin at multiples of 32.
 *
 * first, last and gap see the guard gap that a stack keeps free below it, so that no mapping is placed where it must grow.
 * Invariant: VMAs do not overlap, and borders move only through vmaResize, within the free range around.
 */
import { VM_GROWSDOWN } from '../shared/mman';
import { SPACE_MAPPED, SPACE_MAPPED_PEAK, SPACE_TREE, SPACE_VMAS } from './space';
import { slabAllocate, slabFree } from './slab';

export const VMA_START: usize = 0;
export const VMA_END: usize = 8;
export const VMA_OFFSET: usize = 32;
export const VMA_FLAGS: usize = 24;
export const VMA_OBJECT: usize = 28;
const LEFT: usize = 16;
const RIGHT: usize = 20;
const HEIGHT: usize = 40;
export const VMA_SPACE: usize = 44;
const FIRST: usize = 48;
const LAST: usize = 56;
const GAP: usize = 64;
export const VMA_NEXT: usize = 72;
export const VMA_PREVIOUS: usize = 76;
export const VMA_UFFD: usize = 88;
export const VMA_NAME: usize = 80;
const ABOVE: usize = 84;
const BELOW: usize = 92;
const VMA_BYTES: u32 = 96;
export const VMA_LIMIT: u32 = 65530;
/** Linux: stack_guard_gap. */
export const STACK_GUARD: u64 = 256 << 12;

export function vmaAllocate(): usize {
  return slabAllocate(VMA_BYTES);
}
export function vmaFree(vma: usize): void {
  slabFree(vma, VMA_BYTES);
}

// @ts-ignore: decorator
@inline
function child(node: usize, side: usize): usize {
  return <usize>load<u32>(node + side);
}
// @ts-ignore: decorator
@inline
function height(node: usize): i32 {
  return node == 0 ? 0 : load<i32>(node, HEIGHT);
}

/** Where the addresses begin that belong to a VMA: its start, or the guard gap below a stack. */
// @ts-ignore: decorator
@inline
export function guardedStart(vma: usize): u64 {
  const start = load<u64>(vma, VMA_START);
  if ((load<u32>(vma, VMA_FLAGS) & VM_GROWSDOWN) == 0) return start;
  return start > STACK_GUARD ? start - STACK_GUARD : 0;
}

// @ts-ignore: decorator
@inline
function between(low: u64, high: u64): u64 {
  return high > low ? high - low : 0;
}

function update(node: usize): void {
  const left = child(node, LEFT);
  const right = child(node, RIGHT);
  const start = guardedStart(node);
  const end = load<u64>(node, VMA_END);
  store<i32>(node, max(height(left), height(right)) + 1, HEIGHT);
  let gap: u64 = 0;
  if (left != 0) gap = max(load<u64>(left, GAP), between(load<u64>(left, LAST), start));
  if (right != 0) gap = max(gap, max(load<u64>(right, GAP), between(end, load<u64>(right, FIRST))));
  store<u64>(node, left == 0 ? start : load<u64>(left, FIRST), FIRST);
  store<u64>(node, right == 0 ? end : load<u64>(right, LAST), LAST);
  store<u64>(node, gap, GAP);
}

function rotate(node: usize, side: usize): usize {
  const other: usize = side == LEFT ? RIGHT : LEFT;
  const up = child(node, other);
  store<u32>(node + other, load<u32>(up + side));
  store<u32>(up + side, <u32>node);
  update(node);
  update(up);
  return up;
}

function balance(node: usize): usize {
  const lean = height(child(node, LEFT)) - height(child(node, RIGHT));
  if (lean > 1) {
    const left = child(node, LEFT);
    if (height(child(left, LEFT)) < height(child(left, RIGHT))) store<u32>(node, <u32>rotate(left, LEFT), LEFT);
    return rotate(node, RIGHT);
  }
  if (lean < -1) {
    const right = child(node, RIGHT);
    if (height(child(right, RIGHT)) < height(child(right, LEFT))) store<u32>(node, <u32>rotate(right, RIGHT), RIGHT);
    return rotate(node, LEFT);
  }
  update(node);
  return node;
}

/** What changed below makes no difference to the nodes above: among many mappings most changes end a few levels up. */
let settled: bool = false;

/** balance, unless all is settled. */
function rebalance(node: usize): usize {
  return settled ? node : settle(node, node);
}

/** Balances a subtree. All is settled when its parent reads of it what it read of `was`, which was in its place. */
function settle(node: usize, was: usize): usize {
  const tall = load<i32>(was, HEIGHT);
  const first = load<u64>(was, FIRST);
  const last = load<u64>(was, LAST);
  const gap = load<u64>(was, GAP);
  const top = balance(node);
  settled =
    load<i32>(top, HEIGHT) == tall && load<u64>(top, FIRST) == first && load<u64>(top, LAST) == last && load<u64>(top, GAP) == gap;
  return top;
}

/** Between which VMAs the one that is being inserted lies. */
let lower: usize = 0;
let upper: usize = 0;

function insertBelow(node: usize, vma: usize): usize {
  if (node == 0) {
    store<u32>(vma, 0, LEFT);
    store<u32>(vma, 0, RIGHT);
    join(lower, vma);
    join(vma, upper);
    update(vma);
    settled = false;
    return vma;
  }
  let side = LEFT;
  if (load<u64>(vma, VMA_START) < load<u64>(node, VMA_START)) upper = node;
  else {
    lower = node;
    side = RIGHT;
  }
  store<u32>(node + side, <u32>insertBelow(child(node, side), vma));
  return rebalance(node);
}

/** They are neighbours now; 0: there is none on that side. */
function join(below: usize, above: usize): void {
  if (below != 0) store<u32>(below, <u32>above, ABOVE);
  if (above != 0) store<u32>(above, <u32>below, BELOW);
}

function removeFirst(node: usize): usize {
  const left = child(node, LEFT);
  settled = false;
  if (left == 0) return child(node, RIGHT);
  store<u32>(node, <u32>removeFirst(left), LEFT);
  return rebalance(node);
}

function removeBelow(node: usize, vma: usize): usize {
  if (node != vma) {
    const side: usize = load<u64>(vma, VMA_START) < load<u64>(node, VMA_START) ? LEFT : RIGHT;
    store<u32>(node + side, <u32>removeBelow(child(node, side), vma));
    return rebalance(node);
  }
  const left = child(node, LEFT);
  const right = child(node, RIGHT);
  settled = false;
  if (left == 0) return right;
  if (right == 0) return left;
  let successor = right;
  while (child(successor, LEFT) != 0) successor = child(successor, LEFT);
  const rest = removeFirst(right);
  store<u32>(successor, <u32>left, LEFT);
  store<u32>(successor, <u32>rest, RIGHT);
  return settle(successor, vma);
}

export function vmaInsert(space: usize, vma: usize): void {
  store<u32>(vma, <u32>space, VMA_SPACE);
  lower = 0;
  upper = 0;
  store<u32>(space, <u32>insertBelow(child(space, SPACE_TREE), vma), SPACE_TREE);
  store<u32>(space, load<u32>(space, SPACE_VMAS) + 1, SPACE_VMAS);
  store<u64>(space, load<u64>(space, SPACE_MAPPED) + vmaPages(vma), SPACE_MAPPED);
}

/** Called where the pages mapped become fewer. */
function rememberPeak(space: usize): void {
  const mapped = load<u64>(space, SPACE_MAPPED);
  if (mapped > load<u64>(space, SPACE_MAPPED_PEAK)) store<u64>(space, mapped, SPACE_MAPPED_PEAK);
}

export function vmaRemove(space: usize, vma: usize): void {
  rememberPeak(space);
  join(vmaPrevious(vma), vmaNext(vma));
  store<u32>(space, <u32>removeBelow(child(space, SPACE_TREE), vma), SPACE_TREE);
  store<u32>(space, load<u32>(space, SPACE_VMAS) - 1, SPACE_VMAS);
  store<u64>(space, load<u64>(space, SPACE_MAPPED) - vmaPages(vma), SPACE_MAPPED);
}

/** Moves the borders of a VMA in the tree. */
export function vmaResize(space: usize, vma: usize, start: u64, end: u64): void {
  const before = vmaPages(vma);
  rememberPeak(space);
  store<u64>(vma, start, VMA_START);
  store<u64>(vma, end, VMA_END);
  refresh(child(space, SPACE_TREE), vma);
  store<u64>(space, load<u64>(space, SPACE_MAPPED) + vmaPages(vma) - before, SPACE_MAPPED);
}

/** Recomputes what the nodes from the VMA up to `node` know about what is below them. */
function refresh(node: usize, vma: usize): void {
  settled = false;
  if (node != vma) refresh(child(node, load<u64>(vma, VMA_START) < load<u64>(node, VMA_START) ? LEFT : RIGHT), vma);
  rebalance(node);
}

export function vmaPages(vma: usize): u64 {
  return (load<u64>(vma, VMA_END) - load<u64>(vma, VMA_START)) >> 12;
}

/** First VMA whose end is above va, or 0. */
export function vmaFind(space: usize, va: u64): usize {
  let found: usize = 0;
  let node = child(space, SPACE_TREE);
  while (node != 0) {
    if (load<u64>(node, VMA_END) > va) {
      found = node;
      if (load<u64>(node, VMA_START) <= va) return node;
      node = child(node, LEFT);
    } else node = child(node, RIGHT);
  }
  return found;
}

/** The VMA after this one, or 0. */
// @ts-ignore: decorator
@inline
export function vmaNext(vma: usize): usize {
  return <usize>load<u32>(vma, ABOVE);
}

/** The VMA before this one, or 0. */
// @ts-ignore: decorator
@inline
export function vmaPrevious(vma: usize): usize {
  return <usize>load<u32>(vma, BELOW);
}

/** Last VMA that ends at or below va, or 0, when `after` is what vmaFind says of va. */
export function vmaBeforeThat(space: usize, va: u64, after: usize): usize {
  return after != 0 ? vmaPrevious(after) : vmaBefore(space, va);
}

/** Last VMA that ends at or below va, or 0. */
export function vmaBefore(space: usize, va: u64): usize {
  let found: usize = 0;
  let node = child(space, SPACE_TREE);
  while (node != 0) {
    if (load<u64>(node, VMA_END) <= va) {
      found = node;
      node = child(node, RIGHT);
    } else node = child(node, LEFT);
  }
  return found;
}

/** For check.ts: balanced, every node knows the truth about what is below it, and neighbours know each other. */
export function vmaCheck(space: usize): bool {
  let below: usize = 0;
  for (let vma = vmaFind(space, 0); vma != 0; vma = vmaFind(space, load<u64>(vma, VMA_END))) {
    if (vmaPrevious(vma) != below || (below != 0 && vmaNext(below) != vma)) return false;
    below = vma;
  }
  return (below == 0 || vmaNext(below) == 0) && checkBelow(child(space, SPACE_TREE));
}

function checkBelow(node: usize): bool {
  if (node == 0) return true;
  const lean = height(child(node, LEFT)) - height(child(node, RIGHT));
  if (lean < -1 || lean > 1 || !checkBelow(child(node, LEFT)) || !checkBelow(child(node, RIGHT))) return false;
  const knownHeight = height(node);
  const first = load<u64>(node, FIRST);
  const last = load<u64>(node, LAST);
  const gap = load<u64>(node, GAP);
  update(node);
  return height(node) == knownHeight && load<u64>(node, FIRST) == first && load<u64>(node, LAST) == last && load<u64>(node, GAP) == gap;
}

/** The VMA that contains va, or 0. */
export function vmaAt(space: usize, va: u64): usize {
  const vma = vmaFind(space, va);
  return vma != 0 && load<u64>(vma, VMA_START) <= va ? vma : 0;
}

/** Highest start of a free range of `length` within [floor, ceiling), or 0. */
export function gapBelow(space: usize, floor: u64, ceiling: u64, length: u64): u64 {
  return gapIn(child(space, SPACE_TREE), floor, ceiling, floor, ceiling, length);
}

/** low and high: what borders the subtree's range on either side. */
function gapIn(node: usize, low: u64, high: u64, floor: u64, ceiling: u64, length: u64): u64 {
  if (low >= ceiling || high <= floor) return 0;
  if (node == 0) {
    const top = min(high, ceiling);
    const bottom = max(low, floor);
    return top > bottom && top - bottom >= length ? top - length : 0;
  }
  const first = load<u64>(node, FIRST);
  const last = load<u64>(node, LAST);
  const edges = max(between(low, first), between(last, high));
  if (max(edges, load<u64>(node, GAP)) < length) return 0;
  const found = gapIn(child(node, RIGHT), load<u64>(node, VMA_END), high, floor, ceiling, length);
  if (found != 0) return found;
  return gapIn(child(node, LEFT), low, guardedStart(node), floor, ceiling, length);
}
