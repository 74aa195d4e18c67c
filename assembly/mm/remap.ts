/** mremap(2): page-table entries move, bytes do not. */
import { EFAULT, EINVAL, ENOMEM, EPERM } from '../shared/errno';
import { PAGE_MASK, PAGE_SIZE } from '../shared/layout';
import * as M from '../shared/mman';
import { MMAP_MIN, zeroFrame } from './fault';
import { hugeMove } from './huge';
import { hugetlbInner, hugetlbTakeOver } from './hugetlb';
import { LEAF_SPAN, leafBorders, leavesOwn, tablesOwn } from './leaf';
import { findGap, mergeAfter, mmUnmap, populate } from './map';
import { mappingLink } from './object';
import { PTE_SOFT, PTE_V, pteCreate, pteFind, pteFrame, pteSkip, TASK_SIZE } from './pagetable';
import { changeFlags, joinRange } from './protect';
import { SPACE_MAPPED_PEAK, SPACE_ROOT, SPACE_VMAS } from './space';
import { translationInvalidate } from './tlb';
import { count, splitAt, uncount, unmapRange } from './unmap';
import {
  guardedStart, VMA_END, VMA_FLAGS, VMA_LIMIT, VMA_NAME, VMA_OBJECT, VMA_OFFSET, VMA_START, VMA_UFFD, vmaAllocate, vmaAt, vmaFind,
  vmaInsert, vmaResize,
} from './vma';

const PLACED: u32 = M.MREMAP_FIXED | M.MREMAP_DONTUNMAP;

/** The checks come in Linux's order, since the first that fails gives the errno. */
export function mmRemap(space: usize, old: u64, oldLength: u64, newLength: u64, flags: u32, fixed: u64): i64 {
  if (flags & ~(M.MREMAP_MAYMOVE | M.MREMAP_LOW | PLACED)) return -EINVAL;
  if ((flags & PLACED) != 0 && (flags & M.MREMAP_MAYMOVE) == 0) return -EINVAL;
  if ((flags & M.MREMAP_DONTUNMAP) != 0 && oldLength != newLength) return -EINVAL;
  if ((old & PAGE_MASK) != 0 || newLength == 0) return -EINVAL;
  const vma = vmaAt(space, old);
  if (vma == 0) return -EFAULT;
  const inner = hugetlbInner(load<u32>(vma, VMA_FLAGS));
  const from = (oldLength + inner) & ~inner;
  const to = (newLength + inner) & ~inner;
  if ((old & inner) != 0 || ((flags & M.MREMAP_FIXED) != 0 && (fixed & inner) != 0)) return -EINVAL;
  if (inner != PAGE_MASK && to > from) return -EINVAL;
  if (load<u32>(vma, VMA_FLAGS) & M.VM_SEALED) return -EPERM;
  if (flags & PLACED) return remapPlaced(space, old, from, to, flags, fixed);
  if (from >= to) {
    const error = from == to ? 0 : mmUnmap(space, old + to, from - to);
    return error != 0 ? error : <i64>old;
  }
  const wrong = checkSource(space, old, from, to);
  if (wrong != 0) return wrong;
  if (from != 0 && growInPlace(space, vma, old, from, to)) return grown(space, old, from, to);
  if ((flags & M.MREMAP_MAYMOVE) == 0 || to > TASK_SIZE) return -ENOMEM;
  if (tooMany(space)) return -ENOMEM;
  const target = findGap(space, to, false);
  return target == 0 ? -ENOMEM : grown(space, move(space, old, from, target, to, false), from, to);
}

/** What a locked mapping has grown by is brought in, as far as that goes. */
function grown(space: usize, at: i64, from: u64, to: u64): i64 {
  if (at < 0 || to <= from) return at;
  const flags = load<u32>(vmaAt(space, <u64>at), VMA_FLAGS);
  if ((flags & M.VM_LOCKED_MASK) != M.VM_LOCKED) return at;
  populate(space, <u64>at + from, <u64>at + to, (flags & (M.VM_WRITE | M.VM_SHARED)) == M.VM_WRITE);
  return at;
}

/** MREMAP_FIXED and MREMAP_DONTUNMAP, for which a new place without MREMAP_FIXED is a hint. */
function remapPlaced(space: usize, old: u64, from: u64, to: u64, flags: u32, wanted: u64): i64 {
  const fixed = (flags & M.MREMAP_FIXED) != 0;
  if ((wanted & PAGE_MASK) != 0 || to > TASK_SIZE || wanted > TASK_SIZE - to) return -EINVAL;
  if (wanted < old + from && old < wanted + to) return -EINVAL;
  if (tooMany(space)) return -ENOMEM;
  if (fixed && wanted < MMAP_MIN && (flags & M.MREMAP_LOW) == 0) return -EPERM;
  if (fixed && from == to && load<u64>(vmaAt(space, old), VMA_END) < old + from) return moveMany(space, old, from, flags, wanted);
  if ((flags & M.MREMAP_DONTUNMAP) != 0 && (load<u32>(vmaAt(space, old), VMA_FLAGS) & M.VM_DONTEXPAND) != 0) return -EINVAL;
  const wrong = checkSource(space, old, from, to);
  if (wrong != 0) return wrong;
  if (fixed) {
    const error = mmUnmap(space, wanted, to);
    if (error != 0) return error;
  }
  let kept = from;
  if (from > to) {
    const error = mmUnmap(space, old + to, from - to);
    if (error != 0) return error;
    kept = to;
  }
  const target = fixed ? wanted : findPlace(space, wanted, to);
  return target == 0 ? -ENOMEM : grown(space, move(space, old, kept, target, to, (flags & M.MREMAP_DONTUNMAP) != 0), kept, to);
}

/** As Linux since 6.17: each mapping of a range moves, and holes stay holes; what has moved when one can't stays there. */
function moveMany(space: usize, old: u64, bytes: u64, flags: u32, wanted: u64): i64 {
  const end = old + bytes;
  for (let at = old; at < end; ) {
    const vma = vmaFind(space, at);
    if (vma == 0 || load<u64>(vma, VMA_START) >= end) break;
    const start = max(load<u64>(vma, VMA_START), old);
    const stop = min(load<u64>(vma, VMA_END), end);
    if (load<u32>(vma, VMA_UFFD) != 0) return -EFAULT;
    if (load<u32>(vma, VMA_FLAGS) & M.VM_SEALED) return -EPERM;
    const moved = remapPlaced(space, start, stop - start, stop - start, flags, wanted + (start - old));
    if (moved < 0) return moved;
    at = stop;
  }
  return <i64>wanted;
}

/** [old, old + from) must lie in one mapping; an empty range means "map it a second time", which private memory can't be. */
function checkSource(space: usize, old: u64, from: u64, to: u64): i32 {
  const vma = vmaAt(space, old);
  if (from == 0 && (load<u32>(vma, VMA_FLAGS) & M.VM_SHARED) == 0) return -EINVAL;
  if (load<u64>(vma, VMA_END) - old < from) return -EFAULT;
  return to > from && (load<u32>(vma, VMA_FLAGS) & M.VM_DONTEXPAND) != 0 ? -EFAULT : 0;
}

/** A move may split what it moves and what it replaces. */
function tooMany(space: usize): bool {
  return load<u32>(space, SPACE_VMAS) >= VMA_LIMIT - 3;
}

function findPlace(space: usize, hint: u64, bytes: u64): u64 {
  if (hint >= MMAP_MIN) {
    const vma = vmaFind(space, hint);
    if (vma == 0 || (load<u64>(vma, VMA_START) > hint && guardedStart(vma) >= hint + bytes)) return hint;
  }
  return findGap(space, bytes, false);
}

/** Extends the mapping over free addresses right behind it. */
function growInPlace(space: usize, vma: usize, old: u64, from: u64, to: u64): bool {
  const end = load<u64>(vma, VMA_END);
  if (end != old + from || to > TASK_SIZE - old) return false;
  const next = vmaFind(space, end);
  if (next != 0 && guardedStart(next) < old + to) return false;
  vmaResize(space, vma, load<u64>(vma, VMA_START), old + to);
  mergeAfter(space, vma);
  return true;
}

/** Everything that may fail comes first; when moving the entries fails half-way, they go back. */
function move(space: usize, old: u64, from: u64, target: u64, to: u64, keep: bool): i64 {
  if (!ownPages(space, old, old + from, target)) return -ENOMEM;
  if (from != 0 && (!splitAt(space, old) || !splitAt(space, old + from))) {
    joinRange(space, old, old + from);
    return -ENOMEM;
  }
  const source = vmaAt(space, old);
  const copy = vmaAllocate();
  if (copy == 0) {
    joinRange(space, old, old + from);
    return -ENOMEM;
  }
  const object = load<u32>(source, VMA_OBJECT);
  store<u64>(copy, target, VMA_START);
  store<u64>(copy, target + to, VMA_END);
  store<u64>(copy, object == 0 ? 0 : load<u64>(source, VMA_OFFSET) + (old - load<u64>(source, VMA_START)), VMA_OFFSET);
  store<u32>(copy, load<u32>(source, VMA_FLAGS), VMA_FLAGS);
  store<u32>(copy, object, VMA_OBJECT);
  store<u32>(copy, load<u32>(source, VMA_UFFD), VMA_UFFD);
  store<u32>(copy, load<u32>(source, VMA_NAME), VMA_NAME);
  // While it moves, memory is mapped twice: that is no peak.
  const peak = load<u64>(space, SPACE_MAPPED_PEAK);
  vmaInsert(space, copy);
  hugetlbTakeOver(copy);
  mappingLink(copy);
  if (!movePages(space, old, old + from, target)) {
    movePages(space, target, target + from, old);
    unmapRange(space, target, target + to);
    joinRange(space, old, old + from);
    return -ENOMEM;
  }
  if (keep) {
    changeFlags(space, old, old + from, 0, M.VM_LOCKED_MASK);
    joinRange(space, old, old + from);
  } else if (from != 0) unmapRange(space, old, old + from);
  joinRange(space, target, target + to);
  if (!keep) store<u64>(space, peak, SPACE_MAPPED_PEAK);
  return <i64>target;
}

/** Megapages can move to where they fit; the others become pages. False: no memory. */
function ownPages(space: usize, start: u64, end: u64, target: u64): bool {
  if (((target - start) & (LEAF_SPAN - 1)) != 0) return leavesOwn(space, start, end);
  return leafBorders(space, start, end) && tablesOwn(space, start, end);
}

/** False: no memory for tables. */
function movePages(space: usize, start: u64, end: u64, target: u64): bool {
  if (!hugeMove(space, start, end, target, PTE_SOFT)) return false;
  const root = load<u32>(space, SPACE_ROOT);
  for (let va = pteSkip(root, start, end); va < end; va = pteSkip(root, va, end)) {
    const stop = min(end, ((va >> 21) + 1) << 21);
    let at = pteFind(root, va);
    for (; va < stop; va += PAGE_SIZE, at += 8) {
      const pte = load<u64>(at);
      if (pte == 0) continue;
      const there = target + (va - start);
      const slot = pteCreate(space, there);
      if (slot == 0) return false;
      const frame = pteFrame(pte);
      store<u64>(at, 0);
      translationInvalidate(space, va);
      store<u64>(slot, pte | PTE_SOFT);
      if ((pte & PTE_V) == 0 || frame == zeroFrame) continue;
      uncount(space, frame);
      count(space, frame);
    }
  }
  return true;
}
