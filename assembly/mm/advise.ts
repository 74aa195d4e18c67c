/** madvise(2), mincore(2) and mlock(2) for one range. */
import { EACCES, EAGAIN, EFAULT, EHWPOISON, EINVAL, ENOMEM, EOPNOTSUPP, EPERM } from '../shared/errno';
import {
  FAULT_ADRERR, FAULT_HWPOISON, FAULT_IO, FAULT_MAPERR, FAULT_MEMORY, FAULT_NONE, FAULT_USERFAULT, NEED_PAGE,
  NEED_USERFAULT, OBJECT_HUGETLB, OBJECT_SHMEM,
} from '../shared/exit';
import { PAGE_MASK } from '../shared/layout';
import * as M from '../shared/mman';
import { hugeCollapseRange } from './collapse';
import { hugeAdvised, hugeCool } from './huge';
import { hugetlbInner } from './hugetlb';
import { ksmBreak, NOT_MERGEABLE } from './ksm';
import { leafBorders, leavesOwnMarked, tablesOwn } from './leaf';
import { pageUp, populate } from './map';
import { guardInstall, guardRemove } from './mark';
import { needFrames } from './need';
import { dropPages, OBJECT_KIND, objectResident, objectSize, objectZeros } from './object';
import { MARK_SWAP, PTE_V, pteAt, pteMarkKind, pteMarkValue } from './pagetable';
import { changeFlags } from './protect';
import { cool, lazilyFree } from './scan';
import { SPACE_ROOT } from './space';
import { swapFrame } from './swap';
import { zapRange } from './unmap';
import { VMA_END, VMA_FLAGS, VMA_OBJECT, VMA_OFFSET, VMA_START, vmaAt, vmaFind } from './vma';

/** Longer ranges are numbers that the caller could not represent. */
const LENGTH_MAX: u64 = 1 << 53;

/** 0, -errno, or NEED_PAGE: fill HART_IO_OBJECT / HART_IO_INDEX and call again (MADV_POPULATE_* of file pages). */
export function mmAdvise(space: usize, address: u64, length: u64, advice: u32): i32 {
  if (!known(advice) || (address & PAGE_MASK) != 0 || length > LENGTH_MAX) return -EINVAL;
  const end = address + pageUp(length);
  let result = 0;
  for (let at = address; at < end; ) {
    const vma = vmaFind(space, at);
    if (vma == 0 || load<u64>(vma, VMA_START) >= end) return -ENOMEM;
    if (load<u64>(vma, VMA_START) > at) {
      if (advice == M.MADV_POPULATE_READ || advice == M.MADV_POPULATE_WRITE) return -ENOMEM;
      // A hole is an error, but only after the rest was done.
      result = -ENOMEM;
      at = load<u64>(vma, VMA_START);
    }
    const stop = min(end, load<u64>(vma, VMA_END));
    const error = adviseOne(space, vma, at, stop, advice);
    if (error != 0) return error;
    at = stop;
  }
  return result;
}

function known(advice: u32): bool {
  switch (advice) {
    case M.MADV_NORMAL:
    case M.MADV_RANDOM:
    case M.MADV_SEQUENTIAL:
    case M.MADV_WILLNEED:
    case M.MADV_DONTNEED:
    case M.MADV_FREE:
    case M.MADV_REMOVE:
    case M.MADV_DONTFORK:
    case M.MADV_DOFORK:
    case M.MADV_HUGEPAGE:
    case M.MADV_NOHUGEPAGE:
    case M.MADV_COLLAPSE:
    case M.MADV_MERGEABLE:
    case M.MADV_UNMERGEABLE:
    case M.MADV_DONTDUMP:
    case M.MADV_DODUMP:
    case M.MADV_WIPEONFORK:
    case M.MADV_KEEPONFORK:
    case M.MADV_COLD:
    case M.MADV_PAGEOUT:
    case M.MADV_GUARD_INSTALL:
    case M.MADV_GUARD_REMOVE:
    case M.MADV_POPULATE_READ:
    case M.MADV_POPULATE_WRITE:
    case M.MADV_DONTNEED_LOCKED: return true;
    default: return false;
  }
}

function adviseOne(space: usize, vma: usize, start: u64, end: u64, advice: u32): i32 {
  const flags = load<u32>(vma, VMA_FLAGS);
  const object = <usize>load<u32>(vma, VMA_OBJECT);
  if ((flags & M.VM_SEALED) != 0 && (flags & M.VM_WRITE) == 0 && object == 0 && discards(advice)) return -EPERM;
  if (flags & M.VM_HUGETLB) {
    const inner = hugetlbInner(flags);
    if (advice == M.MADV_DONTNEED || advice == M.MADV_DONTNEED_LOCKED) return dontneedHuge(space, start, end, inner);
    if (advice == M.MADV_FREE || advice == M.MADV_WIPEONFORK || (setsFlags(advice) && ((start | end) & inner) != 0)) return -EINVAL;
  }
  switch (advice) {
    case M.MADV_NORMAL: return change(space, start, end, 0, M.VM_RANDOM | M.VM_SEQUENTIAL);
    case M.MADV_RANDOM: return change(space, start, end, M.VM_RANDOM, M.VM_SEQUENTIAL);
    case M.MADV_SEQUENTIAL: return change(space, start, end, M.VM_SEQUENTIAL, M.VM_RANDOM);
    case M.MADV_DONTFORK: return change(space, start, end, M.VM_DONTFORK, 0);
    case M.MADV_DOFORK: return change(space, start, end, 0, M.VM_DONTFORK);
    case M.MADV_DONTDUMP: return change(space, start, end, M.VM_DONTDUMP, 0);
    case M.MADV_DODUMP:
      if (flags & M.VM_DROPPABLE) return -EINVAL;
      return change(space, start, end, 0, M.VM_DONTDUMP);
    case M.MADV_HUGEPAGE:
      hugeAdvised();
      return change(space, start, end, M.VM_HUGEPAGE, M.VM_NOHUGEPAGE);
    case M.MADV_NOHUGEPAGE: return change(space, start, end, M.VM_NOHUGEPAGE, M.VM_HUGEPAGE);
    case M.MADV_COLLAPSE: return hugeCollapseRange(space, vma, start, end);
    case M.MADV_MERGEABLE: return flags & NOT_MERGEABLE ? 0 : change(space, start, end, M.VM_MERGEABLE, 0);
    case M.MADV_UNMERGEABLE:
      if ((flags & M.VM_MERGEABLE) == 0) return 0;
      return ksmBreak(space, start, end) != 0 ? -ENOMEM : change(space, start, end, 0, M.VM_MERGEABLE);
    case M.MADV_WIPEONFORK:
      if (object != 0 || (flags & M.VM_SHARED) != 0) return -EINVAL;
      return change(space, start, end, M.VM_WIPEONFORK, 0);
    case M.MADV_KEEPONFORK:
      if (flags & M.VM_DROPPABLE) return -EINVAL;
      return change(space, start, end, 0, M.VM_WIPEONFORK);
    case M.MADV_FREE:
      if ((object != 0 && !(objectZeros(object) && (flags & M.VM_SHARED) == 0)) || (flags & M.VM_LOCKED) != 0) return -EINVAL;
      if (!hugeCool(space, start, end, true) || !tablesOwn(space, start, end)) return -ENOMEM;
      lazilyFree(space, start, end);
      return 0;
    case M.MADV_DONTNEED:
      if (flags & M.VM_LOCKED) return -EINVAL;
    case M.MADV_DONTNEED_LOCKED:
      if (!leafBorders(space, start, end) || !leavesOwnMarked(space, start, end)) return -ENOMEM;
      zapRange(space, start, end, 0, true);
      return 0;
    case M.MADV_GUARD_INSTALL: return guardInstall(space, vma, start, end);
    case M.MADV_GUARD_REMOVE: return guardRemove(space, vma, start, end);
    case M.MADV_COLD:
      if (flags & (M.VM_LOCKED | M.VM_DONTEXPAND)) return -EINVAL;
      if (!hugeCool(space, start, end, false)) return -ENOMEM;
      cool(space, start, end);
      return 0;
    // The host has checked it, and calls pageOut afterwards.
    case M.MADV_PAGEOUT: return flags & (M.VM_LOCKED | M.VM_DONTEXPAND) ? -EINVAL : 0;
    case M.MADV_REMOVE: return punch(vma, start, end);
    case M.MADV_POPULATE_READ:
    case M.MADV_POPULATE_WRITE: return populated(populate(space, start, end, advice == M.MADV_POPULATE_WRITE));
    // What is left is about when pages come and go; all of it is honoured by doing nothing (no huge pages).
    default: return 0;
  }
}

/** The end is rounded down to a huge page, the start must be one's. */
function dontneedHuge(space: usize, start: u64, end: u64, inner: u64): i32 {
  if (start & inner) return -EINVAL;
  zapRange(space, start, end & ~inner, 0, true);
  return 0;
}

/** Would it split a mapping? */
function setsFlags(advice: u32): bool {
  return advice <= <u32>M.MADV_SEQUENTIAL || (advice >= <u32>M.MADV_DONTFORK && advice <= <u32>M.MADV_KEEPONFORK);
}

/** What memory holds goes, now or at a fork: sealed memory that may not be written may not lose it that way either. */
function discards(advice: u32): bool {
  switch (advice) {
    case M.MADV_DONTNEED:
    case M.MADV_DONTNEED_LOCKED:
    case M.MADV_FREE:
    case M.MADV_REMOVE:
    case M.MADV_GUARD_INSTALL:
    case M.MADV_DONTFORK:
    case M.MADV_WIPEONFORK: return true;
    default: return false;
  }
}

/** MADV_REMOVE: a hole in shared memory. The medium of a file is out of the core's reach. */
function punch(vma: usize, start: u64, end: u64): i32 {
  const flags = load<u32>(vma, VMA_FLAGS);
  const object = <usize>load<u32>(vma, VMA_OBJECT);
  if (object == 0 || (flags & M.VM_LOCKED) != 0) return -EINVAL;
  if ((flags & (M.VM_SHARED | M.VM_MAYWRITE)) != (M.VM_SHARED | M.VM_MAYWRITE)) return -EACCES;
  if (load<u32>(object, OBJECT_KIND) != OBJECT_SHMEM && load<u32>(object, OBJECT_KIND) != OBJECT_HUGETLB) return -EOPNOTSUPP;
  const first = (load<u64>(vma, VMA_OFFSET) + (start - load<u64>(vma, VMA_START))) >> 12;
  dropPages(object, first, first + ((end - start) >> 12));
  return 0;
}

function populated(kind: u32): i32 {
  if (kind == FAULT_NONE) return 0;
  if (kind == FAULT_IO) return NEED_PAGE;
  if (kind == FAULT_MEMORY) return needFrames();
  if (kind == FAULT_USERFAULT) return NEED_USERFAULT;
  if (kind == FAULT_HWPOISON) return -EHWPOISON;
  if (kind == FAULT_ADRERR || kind == FAULT_MAPERR) return -EFAULT;
  return -EINVAL;
}

/** madvise(2) says EAGAIN where other calls say ENOMEM. */
function change(space: usize, start: u64, end: u64, set: u32, clear: u32): i32 {
  return changeFlags(space, start, end, set, clear) ? 0 : -EAGAIN;
}

/** 1 resident, 0 not, -ENOMEM unmapped. As in Linux a file's page counts when it is cached, a huge one of the pool when it is mapped. */
export function mmResident(space: usize, address: u64): i32 {
  const vma = vmaAt(space, address);
  if (vma == 0) return -ENOMEM;
  const pte = pteAt(load<u32>(space, SPACE_ROOT), address);
  if (pte & PTE_V) return 1;
  if (load<u32>(vma, VMA_FLAGS) & M.VM_HUGETLB) return 0;
  if (pteMarkKind(pte) == MARK_SWAP) return swapFrame(<u32>pteMarkValue(pte)) != 0 ? 1 : 0;
  const object = <usize>load<u32>(vma, VMA_OBJECT);
  const offset = load<u64>(vma, VMA_OFFSET) + (address - load<u64>(vma, VMA_START));
  return object != 0 && offset < objectSize(object) && objectResident(object, offset >> 12) ? 1 : 0;
}

/** LOCK_*. 0, -errno or NEED_PAGE, as mmAdvise. What was locked before an error stays locked. */
export function mmLock(space: usize, address: u64, length: u64, lock: u32): i32 {
  const set: u32 = lock == M.LOCK_NONE ? 0 : lock == M.LOCK_ON_FAULT ? M.VM_LOCKED_MASK : M.VM_LOCKED;
  if (length > LENGTH_MAX) return -EINVAL;
  const start = address & ~(<u64>PAGE_MASK);
  const end = pageUp(address + length);
  for (let at = start; at < end; ) {
    const vma = vmaAt(space, at);
    if (vma == 0) return -ENOMEM;
    const stop = min(end, load<u64>(vma, VMA_END));
    const special = (load<u32>(vma, VMA_FLAGS) & (M.VM_DONTEXPAND | M.VM_VDSO | M.VM_DROPPABLE)) != 0;
    // A child's pages may go where it has its own entries for them.
    if (lock != M.LOCK_NONE && !special && !(leafBorders(space, at, stop) && tablesOwn(space, at, stop))) return -ENOMEM;
    if (!special && !changeFlags(space, at, stop, set, M.VM_LOCKED_MASK)) return -ENOMEM;
    at = stop;
  }
  return lock == M.LOCK_NOW ? lockPages(space, start, end) : 0;
}

/** Brings the pages in, private writable ones as the process's own. */
function lockPages(space: usize, start: u64, end: u64): i32 {
  for (let at = start; at < end; ) {
    const vma = vmaAt(space, at);
    const stop = min(end, load<u64>(vma, VMA_END));
    const kind = populate(space, at, stop, (load<u32>(vma, VMA_FLAGS) & (M.VM_WRITE | M.VM_SHARED)) == M.VM_WRITE);
    if (kind == FAULT_IO) return NEED_PAGE;
    if (kind == FAULT_USERFAULT) return NEED_USERFAULT;
    if (kind == FAULT_MEMORY) return needFrames();
    if (kind != FAULT_NONE) return -ENOMEM;
    at = stop;
  }
  return 0;
}
