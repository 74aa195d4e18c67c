/** mremap(2): page-table entries move, bytes do not. */
import { EFAULT, EINVAL, ENOMEM } from '../shared/errno';
import { PAGE_MASK, PAGE_SIZE } from '../shared/layout';
import * as M from '../shared/mman';
import { findGap, mmUnmap, pageUp } from './map';
import { mappingLink } from './object';
import { PTE_V, pteCreate, pteFind, pteFrame, pteSkip, tablesMade, TASK_SIZE } from './pagetable';
import { zeroFrame } from './fault';
import { SPACE_ROOT, SPACE_TABLES, SPACE_VMAS } from './space';
import { translationInvalidate } from './tlb';
import { count, splitAt, uncount } from './unmap';
import { VMA_END, VMA_FLAGS, VMA_LIMIT, VMA_OBJECT, VMA_OFFSET, VMA_START, vmaAllocate, vmaAt, vmaFind, vmaInsert, vmaRemove } from './vma';

export function mmRemap(space: usize, old: u64, oldLength: u64, newLength: u64, flags: u32, fixed: u64): i64 {
  if (flags & ~(M.MREMAP_MAYMOVE | M.MREMAP_FIXED | M.MREMAP_DONTUNMAP)) return -EINVAL;
  if ((old & PAGE_MASK) != 0 || newLength == 0 || newLength > TASK_SIZE || oldLength > TASK_SIZE || old > TASK_SIZE) return -EINVAL;
  if ((flags & (M.MREMAP_FIXED | M.MREMAP_DONTUNMAP)) != 0 && (flags & M.MREMAP_MAYMOVE) == 0) return -EINVAL;
  const from = pageUp(oldLength);
  const to = pageUp(newLength);
  if ((flags & M.MREMAP_DONTUNMAP) != 0 && from != to) return -EINVAL;
  if (flags & M.MREMAP_FIXED) {
    if ((fixed & PAGE_MASK) != 0 || fixed > TASK_SIZE - to) return -EINVAL;
    if (fixed < old + from && old < fixed + to) return -EINVAL;
  }
  const vma = vmaAt(space, old);
  if (vma == 0) return -EFAULT;
  if (from == 0 && (load<u32>(vma, VMA_FLAGS) & M.VM_SHARED) == 0) return -EINVAL;
  if (!(flags & (M.MREMAP_FIXED | M.MREMAP_DONTUNMAP)) && to <= from) {
    if (to < from) {
      const error = mmUnmap(space, old + to, from - to);
      if (error != 0) return error;
    }
    return from == 0 ? -EINVAL : <i64>old;
  }
  if (load<u64>(vma, VMA_END) < old + min(from, to)) return -EFAULT;
  if (load<u32>(space, SPACE_VMAS) + 3 > VMA_LIMIT) return -ENOMEM;
  if (!(flags & (M.MREMAP_FIXED | M.MREMAP_DONTUNMAP)) && from != 0) {
    if (load<u64>(vma, VMA_END) < old + from) return -EFAULT;
    if (growInPlace(space, vma, old, from, to)) return <i64>old;
    if (!(flags & M.MREMAP_MAYMOVE)) return -ENOMEM;
  }
  let target = fixed;
  if (flags & M.MREMAP_FIXED) {
    const error = mmUnmap(space, fixed, to);
    if (error != 0) return error;
  } else {
    if (!(flags & M.MREMAP_MAYMOVE)) return -ENOMEM;
    target = findGap(space, to, false);
    if (target == 0) return -ENOMEM;
  }
  return move(space, old, from, target, to, (flags & M.MREMAP_DONTUNMAP) != 0);
}

/** Extends the mapping over free addresses right behind it. */
function growInPlace(space: usize, vma: usize, old: u64, from: u64, to: u64): bool {
  const end = load<u64>(vma, VMA_END);
  if (end != old + from || old > TASK_SIZE - to) return false;
  const next = vmaFind(space, end);
  if (next != 0 && load<u64>(next, VMA_START) < old + to) return false;
  vmaRemove(space, vma);
  store<u64>(vma, old + to, VMA_END);
  vmaInsert(space, vma);
  return true;
}

function move(space: usize, old: u64, from: u64, target: u64, to: u64, keep: bool): i64 {
  const kept = min(from, to);
  if (!splitAt(space, old) || (from != 0 && !splitAt(space, old + from))) return -ENOMEM;
  const source = vmaAt(space, old);
  const copy = vmaAllocate();
  if (copy == 0) return -ENOMEM;
  const object = load<u32>(source, VMA_OBJECT);
  store<u64>(copy, target, VMA_START);
  store<u64>(copy, target + to, VMA_END);
  store<u64>(copy, object == 0 ? 0 : load<u64>(source, VMA_OFFSET) + (old - load<u64>(source, VMA_START)), VMA_OFFSET);
  store<u32>(copy, load<u32>(source, VMA_FLAGS), VMA_FLAGS);
  store<u32>(copy, object, VMA_OBJECT);
  vmaInsert(space, copy);
  mappingLink(copy);
  if (!movePages(space, old, old + kept, target)) {
    movePages(space, target, target + kept, old);
    mmUnmap(space, target, to);
    return -ENOMEM;
  }
  if (!keep && from != 0) mmUnmap(space, old, from);
  return <i64>target;
}

function movePages(space: usize, start: u64, end: u64, target: u64): bool {
  const root = load<u32>(space, SPACE_ROOT);
  for (let va = pteSkip(root, start, end); va < end; va = pteSkip(root, va + PAGE_SIZE, end)) {
    const at = pteFind(root, va);
    const pte = load<u64>(at);
    if ((pte & PTE_V) == 0) continue;
    const there = target + (va - start);
    const slot = pteCreate(root, there);
    store<u32>(space, load<u32>(space, SPACE_TABLES) + tablesMade, SPACE_TABLES);
    if (slot == 0) return false;
    const frame = pteFrame(pte);
    if (frame != zeroFrame) uncount(space, va, frame);
    store<u64>(at, 0);
    translationInvalidate(space, va);
    store<u64>(slot, pte);
    if (frame != zeroFrame) count(space, there, frame);
  }
  return true;
}
