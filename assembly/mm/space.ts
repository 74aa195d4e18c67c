/**
 * An address space. Record of 168 bytes:
 *
 *    0 u32 root table frame      4 u32 VMA tree        8 u32 window slot + 1      12 u32 window's first frame
 *   16 u64 mmap base            24 u64 brk start      32 u64 brk                  40 u64 stack limit
 *   48 u32 resident  52 peak    56 table frames       60 VMAs                     64 u64 minor  72 major  80 COW faults
 *   92 u32 resident pages of objects   104 u64 pages mapped   112 most so far   152 u32 VM_LOCKED and VM_LOCKONFAULT of new mappings
 *  156 u32 not 0: there may be sealed mappings   160 u32 next, 164 u32 previous of all spaces
 *  136 u32 megapages of the pool   140 u32 VM_MERGEABLE for new mappings, or 0   144 u32 megapages
 *  148 u32 not 0: no megapage is taken (PR_SET_THP_DISABLE)   120 u32 number in records of traces, 0: none yet
 */
import { HART, HART_SPACE } from '../shared/layout';
import * as S from '../shared/stat';
import { frameAllocateZeroed, frameRelease } from './frames';
import { hugeNext, SPAN_PAGES } from './huge';
import { LEAF_SPAN, leavesLeave } from './leaf';
import { MARK_SWAP, PTE_V, pteAt, pteFind, pteFrame, pteMarkKind, pteSkip, TASK_SIZE } from './pagetable';
import { scanForget } from './scan';
import { slabAllocate, slabFree } from './slab';
import { swapBackForget } from './swapoff';
import { recording, traceRelease, traceSpace } from '../tracing';
import { tlbFlush } from './tlb';
import { unmapRange } from './unmap';
import { identityFrame, windowActivate, windowGive, windowTake } from './window';
import { vmaFind, vmaNext, VMA_END, VMA_FLAGS, VMA_START } from './vma';
import {
  LOCK_NONE, LOCK_ON_FAULT, VM_ACCOUNT, VM_EXEC, VM_GROWSDOWN, VM_LOCKED, VM_LOCKED_MASK, VM_SHARED, VM_WRITE,
} from '../shared/mman';

export const SPACE_BYTES: u32 = 168;
export const SPACE_ROOT: usize = 0;
export const SPACE_TREE: usize = 4;
export const SPACE_SLOT: usize = 8;
export const SPACE_WINDOW: usize = 12;
export const SPACE_MMAP_BASE: usize = 16;
export const SPACE_BRK_START: usize = 24;
export const SPACE_BRK: usize = 32;
export const SPACE_STACK_LIMIT: usize = 40;
export const SPACE_RESIDENT: usize = 48;
export const SPACE_PEAK: usize = 52;
export const SPACE_TABLES: usize = 56;
export const SPACE_VMAS: usize = 60;
export const SPACE_MINOR: usize = 64;
export const SPACE_MAJOR: usize = 72;
export const SPACE_COW: usize = 80;
export const SPACE_SHARED: usize = 92;
export const SPACE_MAPPED: usize = 104;
export const SPACE_LOCK: usize = 152;
export const SPACE_SEALS: usize = 156;
const NEXT: usize = 160;
const PREVIOUS: usize = 164;
export const SPACE_HUGE: usize = 144;
export const SPACE_HUGETLB: usize = 136;
export const SPACE_MERGE: usize = 140;
export const SPACE_NO_HUGE: usize = 148;
/** The most pages mapped before the last time that there were fewer. */
export const SPACE_MAPPED_PEAK: usize = 112;
export const SPACE_TRACED: usize = 120;

export let activeSpace: usize = 0;
let first: usize = 0;

export function spaceFirst(): usize {
  return first;
}
export function spaceAfter(space: usize): usize {
  return <usize>load<u32>(space, NEXT);
}

/** A new empty space, or 0. */
export function spaceCreate(): usize {
  const space = slabAllocate(SPACE_BYTES);
  if (space == 0) return 0;
  const root = frameAllocateZeroed(0);
  if (root == 0) {
    slabFree(space, SPACE_BYTES);
    return 0;
  }
  store<u32>(space, root, SPACE_ROOT);
  store<u32>(space, 1, SPACE_TABLES);
  store<u64>(space, TASK_SIZE, SPACE_MMAP_BASE);
  windowTake(space);
  store<u32>(space, <u32>first, NEXT);
  if (first != 0) store<u32>(first, <u32>space, PREVIOUS);
  first = space;
  return space;
}

export function spaceRelease(space: usize): void {
  traceRelease(space);
  scanForget(space);
  swapBackForget(space);
  const next = load<u32>(space, NEXT);
  const previous = load<u32>(space, PREVIOUS);
  if (next != 0) store<u32>(next, previous, PREVIOUS);
  if (previous != 0) store<u32>(previous, next, NEXT);
  else first = next;
  leavesLeave(space);
  unmapRange(space, 0, TASK_SIZE);
  frameRelease(load<u32>(space, SPACE_ROOT));
  windowGive(space);
  if (activeSpace == space) {
    activeSpace = 0;
    windowActivate(0);
    tlbFlush();
    store<u32>(HART + HART_SPACE, 0);
  }
  slabFree(space, SPACE_BYTES);
}

export function spaceActivate(space: usize): void {
  if (activeSpace == space) return;
  activeSpace = space;
  store<u32>(HART + HART_SPACE, <u32>space);
  windowActivate(space);
  tlbFlush();
  if (recording) traceSpace(space);
}

export function spaceSetLayout(space: usize, mmapBase: u64, brkStart: u64, stackLimit: u64): void {
  store<u64>(space, mmapBase, SPACE_MMAP_BASE);
  // Setting the stack limit again must not take the heap away.
  if (load<u64>(space, SPACE_BRK_START) != brkStart) store<u64>(space, brkStart, SPACE_BRK);
  store<u64>(space, brkStart, SPACE_BRK_START);
  store<u64>(space, stackLimit, SPACE_STACK_LIMIT);
}

/** mlockall(MCL_FUTURE), LOCK_*: what mappings made from now on begin with. */
export function spaceLockNew(space: usize, lock: u32): void {
  store<u32>(space, lock == LOCK_NONE ? 0 : lock == LOCK_ON_FAULT ? VM_LOCKED_MASK : VM_LOCKED, SPACE_LOCK);
}

export function countResident(space: usize, pages: i32): void {
  const resident = load<u32>(space, SPACE_RESIDENT) + pages;
  store<u32>(space, resident, SPACE_RESIDENT);
  if (resident > load<u32>(space, SPACE_PEAK)) store<u32>(space, resident, SPACE_PEAK);
}

function pagesWith(space: usize, set: u32, clear: u32): u64 {
  let pages: u64 = 0;
  for (let vma = vmaFind(space, 0); vma != 0; vma = vmaNext(vma)) {
    const flags = load<u32>(vma, VMA_FLAGS);
    if ((flags & set) == set && (flags & clear) == 0) pages += (load<u64>(vma, VMA_END) - load<u64>(vma, VMA_START)) >> 12;
  }
  return pages;
}

/** Resident pages at their identity frame: only statistics ask, so nobody keeps count. */
function identityPages(space: usize): u64 {
  const root = load<u32>(space, SPACE_ROOT);
  let pages: u64 = 0;
  for (let va = hugeNext(space, 0, TASK_SIZE); va < TASK_SIZE; va = hugeNext(space, va + LEAF_SPAN, TASK_SIZE)) {
    if (pteFrame(pteAt(root, va)) == identityFrame(space, va)) pages += SPAN_PAGES;
  }
  for (let va = pteSkip(root, 0, TASK_SIZE); va < TASK_SIZE; va = pteSkip(root, va, TASK_SIZE)) {
    let at = pteFind(root, va);
    for (const stop = va + LEAF_SPAN; va < stop; va += 4096, at += 8) {
      const pte = load<u64>(at);
      if ((pte & PTE_V) != 0 && pteFrame(pte) == identityFrame(space, va)) pages++;
    }
  }
  return pages;
}

/** Only statistics ask, so nobody keeps count. */
function swappedPages(space: usize): u64 {
  const root = load<u32>(space, SPACE_ROOT);
  let pages: u64 = 0;
  for (let va = pteSkip(root, 0, TASK_SIZE); va < TASK_SIZE; va = pteSkip(root, va, TASK_SIZE)) {
    let at = pteFind(root, va);
    for (const stop = va + LEAF_SPAN; va < stop; va += 4096, at += 8) if (pteMarkKind(load<u64>(at)) == MARK_SWAP) pages++;
  }
  return pages;
}

export function spaceStat(space: usize, which: u32): u64 {
  switch (which) {
    case S.SPACE_STAT_PAGES_MAPPED: return load<u64>(space, SPACE_MAPPED);
    case S.SPACE_STAT_MAPPED_PEAK: return max(load<u64>(space, SPACE_MAPPED_PEAK), load<u64>(space, SPACE_MAPPED));
    case S.SPACE_STAT_RESIDENT: return load<u32>(space, SPACE_RESIDENT);
    case S.SPACE_STAT_RESIDENT_PEAK: return load<u32>(space, SPACE_PEAK);
    case S.SPACE_STAT_MINOR_FAULTS: return load<u64>(space, SPACE_MINOR);
    case S.SPACE_STAT_MAJOR_FAULTS: return load<u64>(space, SPACE_MAJOR);
    case S.SPACE_STAT_COW_FAULTS: return load<u64>(space, SPACE_COW);
    case S.SPACE_STAT_TABLE_FRAMES: return load<u32>(space, SPACE_TABLES);
    case S.SPACE_STAT_BRK_START: return load<u64>(space, SPACE_BRK_START);
    case S.SPACE_STAT_BRK: return load<u64>(space, SPACE_BRK);
    case S.SPACE_STAT_STACK_PAGES: return pagesWith(space, VM_GROWSDOWN, 0);
    case S.SPACE_STAT_DATA_PAGES: return pagesWith(space, VM_WRITE, VM_SHARED | VM_GROWSDOWN);
    case S.SPACE_STAT_TEXT_PAGES: return pagesWith(space, VM_EXEC, VM_WRITE);
    case S.SPACE_STAT_LOCKED_PAGES: return pagesWith(space, VM_LOCKED, 0);
    case S.SPACE_STAT_SHARED_RESIDENT: return load<u32>(space, SPACE_SHARED);
    case S.SPACE_STAT_WINDOW_PAGES: return identityPages(space);
    case S.SPACE_STAT_SWAPPED: return swappedPages(space);
    case S.SPACE_STAT_HUGE: return <u64>(load<u32>(space, SPACE_HUGE) - load<u32>(space, SPACE_HUGETLB)) * SPAN_PAGES;
    case S.SPACE_STAT_HUGETLB: return <u64>load<u32>(space, SPACE_HUGETLB) * SPAN_PAGES;
    case S.SPACE_STAT_ACCOUNTED: return pagesWith(space, VM_ACCOUNT, 0);
    case S.SPACE_STAT_ROOT: return load<u32>(space, SPACE_ROOT);
    default: return 0;
  }
}
