/**
 * 2 MiB of pages become a megapage, in their own place if its frames are free or theirs: when a program asks for it (MADV_COLLAPSE; then
 * anywhere, if not there), or when what looks for such pages in the background comes by (hugeScan, host/kernel/khugepaged.ts).
 */
import { EAGAIN, EINVAL, ENOMEM } from '../shared/errno';
import { ACCESS_READ, FAULT_IO, FAULT_MEMORY, FAULT_NONE, NEED_PAGE } from '../shared/exit';
import { COUNT_HUGE_COLLAPSES, PAGE_SIZE } from '../shared/layout';
import { VM_WRITE } from '../shared/mman';
import {
  SCAN_COLLAPSED, SCAN_EXCEEDS_NONE, SCAN_EXCEEDS_SHARED, SCAN_EXCEEDS_SWAP, SCAN_NO_MEMORY, SCAN_NO_PLACE, SCAN_OTHER,
} from '../shared/stat';
import { handleFault, pteBits, zeroFrame } from './fault';
import {
  FRAME_LAZY, FRAME_MERGED, FRAME_SWAP, frameAddress, frameAllocate, frameAllocateZeroed, frameFlags, frameIsFree, frameObject,
  frameReferences, frameSetFlags, frameSpanCover, frameSpanFind, frameSpanTake, framesLimit, framesUsed,
} from './frames';
import { bumpHuge, hugeFits, hugeIsEligible, hugeMap, hugeMayBeEligible, SPAN_PAGES } from './huge';
import { LEAF_SPAN, leafOwn } from './leaf';
import {
  isHuge, leafPointer, MARK_SWAP, PTE_A, PTE_D, PTE_R, PTE_SHARED, PTE_SOFT, PTE_V, PTE_X, pteFrame,
  pteMarkKind, tableRelease, TASK_SIZE,
} from './pagetable';
import { needFrames } from './need';
import { countResident, SPACE_NO_HUGE, SPACE_ROOT } from './space';
import { swapClaim, swapRelease } from './swap';
import { spanInvalidate } from './tlb';
import { identityFrame } from './window';
import { VMA_END, VMA_FLAGS, VMA_START, vmaAt, vmaFind, vmaNext } from './vma';

/** Free frames that the background leaves to others: a 32nd of all. */
const RESERVE_SHIFT: u32 = 5;

/**
 * 0 when all of [start, end), which lies in the mapping, is megapages as far as it can be; else NEED_PAGE, or -errno of what went wrong
 * last.
 */
export function hugeCollapseRange(space: usize, vma: usize, start: u64, end: u64): i32 {
  const low = (load<u64>(vma, VMA_START) + LEAF_SPAN - 1) & ~(LEAF_SPAN - 1);
  if (load<u32>(space, SPACE_NO_HUGE) != 0 || low + LEAF_SPAN > load<u64>(vma, VMA_END) || !hugeFits(vma, low)) return -EINVAL;
  const first = (start + LEAF_SPAN - 1) & ~(LEAF_SPAN - 1);
  let result = first + LEAF_SPAN > end ? -EINVAL : 0;
  for (let va = first; va + LEAF_SPAN <= end; va += LEAF_SPAN) {
    const error = collapse(space, vma, va, true);
    if (error == NEED_PAGE) return error;
    if (error != 0) result = error;
    if (error == -ENOMEM) break;
  }
  return result;
}

/** Where the next 2 MiB begin, at or above `from`, that may become a megapage by policy; TASK_SIZE: there are none. */
export function hugeScanNext(space: usize, from: u64): u64 {
  if (!hugeMayBeEligible(space)) return TASK_SIZE;
  for (let vma = vmaFind(space, from); vma != 0; vma = vmaNext(vma)) {
    const base = (max(from, load<u64>(vma, VMA_START)) + LEAF_SPAN - 1) & ~(LEAF_SPAN - 1);
    if (hugeIsEligible(space, vma, base)) return base;
  }
  return TASK_SIZE;
}

/**
 * Looks at the 2 MiB from `base` that hugeScanNext found, and makes them a megapage if no more of them than these are absent (or pages
 * of zeros that were only read), swapped out, or somebody else's as well, and if some were used of late. SCAN_*, or NEED_PAGE: a
 * page of the swap area is to be read first, and this called again.
 */
export function hugeScan(space: usize, base: u64, mostAbsent: u32, mostSwapped: u32, mostShared: u32): i32 {
  const vma = vmaAt(space, base);
  if (vma == 0 || !hugeIsEligible(space, vma, base)) return SCAN_OTHER;
  const at = leafPointer(load<u32>(space, SPACE_ROOT), base);
  const pointer = at == 0 ? 0 : load<u64>(at);
  if (pointer == 0 || isHuge(pointer)) return SCAN_OTHER;
  const allShared = (pointer & PTE_SHARED) != 0 && frameReferences(pteFrame(pointer)) > 1;
  const table = frameAddress(pteFrame(pointer));
  let none: u32 = 0;
  let swapped: u32 = 0;
  let shared: u32 = 0;
  let referenced: u32 = 0;
  for (let i: u32 = 0; i < SPAN_PAGES; i++) {
    const pte = load<u64>(table + i * 8);
    if (pte == 0 || ((pte & PTE_V) != 0 && pteFrame(pte) == zeroFrame)) {
      if (++none > mostAbsent) return SCAN_EXCEEDS_NONE;
    } else if ((pte & PTE_V) == 0) {
      if (pteMarkKind(pte) != MARK_SWAP) return SCAN_OTHER;
      if (++swapped > mostSwapped) return SCAN_EXCEEDS_SWAP;
    } else {
      if ((allShared || frameReferences(pteFrame(pte)) > isCached(pteFrame(pte))) && ++shared > mostShared) return SCAN_EXCEEDS_SHARED;
      if (pte & PTE_A) referenced++;
    }
  }
  if (referenced == 0 || (swapped != 0 && referenced < SPAN_PAGES / 2)) return SCAN_OTHER;
  const free = framesLimit() - min(framesUsed(), framesLimit());
  const wanted = identityFrame(space, base) == 0 ? SPAN_PAGES : none + swapped;
  if (wanted + (framesLimit() >> RESERVE_SHIFT) > free) return SCAN_NO_MEMORY;
  const result = collapse(space, vma, base, false);
  if (result == NEED_PAGE) return result;
  return result == 0 ? SCAN_COLLAPSED : result == -ENOMEM ? SCAN_NO_PLACE : SCAN_OTHER;
}

/** References of a frame that only one page is: the swap cache has its own. */
function isCached(frame: u32): u32 {
  return frameFlags(frame) & FRAME_SWAP ? 2 : 1;
}

/** `anywhere`: if not in the place where the window has them. A megapage elsewhere is slower than pages at home. */
function collapse(space: usize, vma: usize, base: u64, anywhere: bool): i32 {
  const root = load<u32>(space, SPACE_ROOT);
  const at = leafPointer(root, base);
  const entry = at == 0 ? 0 : load<u64>(at);
  if (isHuge(entry)) return 0;
  if (entry == 0) return -EINVAL;
  if (!leafOwn(space, base)) return -ENOMEM;
  const table = frameAddress(pteFrame(load<u64>(at)));
  const lacking = bringIn(space, table, base);
  if (lacking != 0) return lacking;
  if (!collapsible(table)) return -EAGAIN;
  const home = identityFrame(space, base);
  let first: u32 = 0;
  if (home != 0 && isHomeFree(table, home)) first = home;
  else if (home == 0 || anywhere) first = frameSpanFind();
  if (first == 0) return -ENOMEM;
  const missing = absent(table);
  if (first != home) frameSpanTake(first);
  else if (<u32>missing > framesLimit() - min(framesUsed(), framesLimit())) return -ENOMEM;
  let bits = pteBits(load<u32>(vma, VMA_FLAGS)) | gather(table, first, first == home) & (PTE_SOFT | PTE_D);
  // V alone would be a pointer.
  if ((bits & (PTE_R | PTE_X)) == 0) bits &= ~PTE_V;
  spanInvalidate(space, base);
  tableRelease(space, pteFrame(load<u64>(at)));
  countResident(space, missing);
  hugeMap(space, base, at, first, load<u32>(vma, VMA_FLAGS) & VM_WRITE ? bits : bits & ~PTE_D);
  bumpHuge(COUNT_HUGE_COLLAPSES);
  return 0;
}

/** What is swapped out comes back, as a load would bring it. 0, NEED_PAGE or -EAGAIN. */
function bringIn(space: usize, table: usize, base: u64): i32 {
  for (let i: u32 = 0; i < SPAN_PAGES; i++) {
    if (pteMarkKind(load<u64>(table + i * 8)) != MARK_SWAP) continue;
    const kind = handleFault(space, base + (<u64>i << 12), ACCESS_READ);
    if (kind == FAULT_IO) return NEED_PAGE;
    if (kind == FAULT_MEMORY) return needFrames();
    if (kind != FAULT_NONE) return -EAGAIN;
  }
  return 0;
}

/** No marks, and at least one page that is the process's. */
function collapsible(table: usize): bool {
  let pages = 0;
  for (let i: u32 = 0; i < SPAN_PAGES; i++) {
    const pte = load<u64>(table + i * 8);
    if (pte == 0) continue;
    const frame = pteFrame(pte);
    if ((pte & PTE_V) == 0 || frameObject(frame) != 0) return false;
    if (frameFlags(frame) & FRAME_SWAP) swapClaim(frame);
    if (frame != zeroFrame) pages++;
  }
  return pages != 0;
}

function absent(table: usize): i32 {
  let pages = 0;
  for (let i: u32 = 0; i < SPAN_PAGES; i++) {
    const pte = load<u64>(table + i * 8);
    if (pte == 0 || pteFrame(pte) == zeroFrame) pages++;
  }
  return pages;
}

/** Is every frame of the identity place free, or holds the very page that belongs there and nobody else's? */
function isHomeFree(table: usize, home: u32): bool {
  if ((home & (SPAN_PAGES - 1)) != 0 || !frameSpanCover(home)) return false;
  for (let i: u32 = 0; i < SPAN_PAGES; i++) {
    const pte = load<u64>(table + i * 8);
    const own = pte != 0 && pteFrame(pte) == home + i && frameReferences(home + i) == 1;
    if (!own && !frameIsFree(home + i)) return false;
  }
  return true;
}

/** Brings the pages to `first` and the frames behind it, which are taken already unless it is their home. All bits of their entries. */
function gather(table: usize, first: u32, home: bool): u64 {
  let bits: u64 = 0;
  for (let i: u32 = 0; i < SPAN_PAGES; i++) {
    const pte = load<u64>(table + i * 8);
    const from = pteFrame(pte);
    bits |= pte;
    if (pte != 0 && from == first + i) {
      frameSetFlags(from, 0, FRAME_MERGED | FRAME_LAZY);
      continue;
    }
    if (pte == 0 || from == zeroFrame) {
      if (home) frameAllocateZeroed(first + i);
      continue;
    }
    if (home) frameAllocate(first + i);
    memory.copy(frameAddress(first + i), frameAddress(from), PAGE_SIZE);
    swapRelease(from);
  }
  return bits;
}
