/**
 * What a userfaultfd does to a space: ranges registered with it, their pages filled, protected, moved. The host knows the userfaultfds;
 * here they are numbers in VMAs. fault.ts hands faults of such VMAs out.
 */
import { EBUSY, EEXIST, EFAULT, EINVAL, ENOENT, ENOMEM } from '../shared/errno';
import { UFFD_CONTINUE, UFFD_COPY, UFFD_POISON, UFFD_ZERO } from '../shared/exit';
import { PAGE_SIZE, STAGING } from '../shared/layout';
import * as M from '../shared/mman';
import { codeWritten } from '../code';
import { pteBits, zeroFrame } from './fault';
import { FRAME_CODE, FRAME_SWAP, frameAddress, frameAllocate, frameFlags, frameObject, frameReferences, frameRetain } from './frames';
import { hugetlbInner } from './hugetlb';
import { hugetlbProtect, hugetlbUffdFill, hugetlbUnprotect } from './hugetlbwatch';
import { leavesOwn } from './leaf';
import { objectFrame, objectFrameMake, objectHolds, objectMarkDirty, objectSize, objectSlot } from './object';
import { needFrames, needSlot } from './need';
import {
  MARK_POISON, MARK_SWAP, MARK_UFFD_WP, PTE_SOFT, PTE_UFFD_WP, PTE_V, PTE_W, pteCreate, pteFind, pteFrame, pteMake, pteMark, pteMarkKind,
  pteSkip, WRITTEN,
} from './pagetable';
import { joinRange } from './protect';
import { SPACE_ROOT, SPACE_VMAS } from './space';
import { swapClaim } from './swap';
import { translationInvalidate } from './tlb';
import { count, splitAt } from './unmap';
import { identityFrame } from './window';
import { VMA_END, VMA_FLAGS, VMA_LIMIT, VMA_OBJECT, VMA_OFFSET, VMA_START, VMA_UFFD, vmaAt, vmaFind } from './vma';

/**
 * Gives the mappings of [start, end) to userfaultfd `number` with `modes` (VM_UFFD_*), or (0, 0) takes them from it. What is protected is
 * so no longer where VM_UFFD_WP goes or comes. -ENOMEM: what lies before is done.
 */
export function uffdRegister(space: usize, start: u64, end: u64, modes: u32, number: u32): i32 {
  for (let at = start; at < end; ) {
    const vma = vmaFind(space, at);
    if (vma == 0 || load<u64>(vma, VMA_START) >= end) break;
    const from = max(at, load<u64>(vma, VMA_START));
    const stop = min(end, load<u64>(vma, VMA_END));
    at = stop;
    const flags = load<u32>(vma, VMA_FLAGS);
    const known = load<u32>(vma, VMA_UFFD) == number && (flags & modes) == modes;
    if (known && (number != 0 || (flags & M.VM_UFFD) == 0)) continue;
    if ((flags & M.VM_HUGETLB) != 0 && ((from | stop) & hugetlbInner(flags)) != 0) return -EINVAL;
    const owned = (flags & M.VM_HUGETLB) != 0 || leavesOwn(space, from, stop);
    if (!owned || load<u32>(space, SPACE_VMAS) > VMA_LIMIT || !splitAt(space, from) || !splitAt(space, stop)) {
      joinRange(space, start, end);
      return -ENOMEM;
    }
    const piece = vmaAt(space, from);
    store<u32>(piece, (flags & ~M.VM_UFFD) | modes, VMA_FLAGS);
    store<u32>(piece, number, VMA_UFFD);
    if (((flags ^ modes) & M.VM_UFFD_WP) == 0) continue;
    if (flags & M.VM_HUGETLB) hugetlbUnprotect(space, from, stop);
    else unprotect(space, from, stop);
  }
  joinRange(space, start, end);
  return 0;
}

/** A child's ranges that its parent had registered: with another userfaultfd. */
export function uffdAdopt(space: usize, from: u32, to: u32): void {
  for (let vma = vmaFind(space, 0); vma != 0; vma = vmaFind(space, load<u64>(vma, VMA_END))) {
    if (load<u32>(vma, VMA_UFFD) == from) store<u32>(vma, to, VMA_UFFD);
  }
}

/**
 * Protects the pages of [start, end), which is of one mapping, from stores, or lets stores through again (each after one more fault).
 * `marks`: also those that are not there yet. -ENOMEM: some are done.
 */
export function uffdProtect(space: usize, start: u64, end: u64, on: bool, marks: bool): i32 {
  if (load<u32>(vmaAt(space, start), VMA_FLAGS) & M.VM_HUGETLB) {
    if (on) return hugetlbProtect(space, start, end);
    hugetlbUnprotect(space, start, end);
    return 0;
  }
  if (!leavesOwn(space, start, end)) return -ENOMEM;
  if (on) protect(space, start, end);
  else unprotect(space, start, end);
  return !on || !marks || mark(space, start, end) ? 0 : -ENOMEM;
}

/** False: no memory for tables. */
function mark(space: usize, start: u64, end: u64): bool {
  for (let va = start; va < end; va += PAGE_SIZE) {
    const at = pteCreate(space, va);
    if (at == 0) return false;
    if (load<u64>(at) == 0) store<u64>(at, pteMark(MARK_UFFD_WP, 0));
  }
  return true;
}

function protect(space: usize, start: u64, end: u64): void {
  const root = load<u32>(space, SPACE_ROOT);
  for (let va = pteSkip(root, start, end); va < end; va = pteSkip(root, va, end)) {
    const stop = min(end, ((va >> 21) + 1) << 21);
    for (let at = pteFind(root, va); va < stop; va += PAGE_SIZE, at += 8) {
      const pte = load<u64>(at);
      const swapped = pteMarkKind(pte) == MARK_SWAP;
      if (((pte & PTE_V) == 0 && !swapped) || (pte & PTE_UFFD_WP) != 0) continue;
      store<u64>(at, (pte & ~PTE_W) | PTE_UFFD_WP);
      if (!swapped) translationInvalidate(space, va);
    }
  }
}

function unprotect(space: usize, start: u64, end: u64): void {
  const root = load<u32>(space, SPACE_ROOT);
  for (let va = pteSkip(root, start, end); va < end; va = pteSkip(root, va, end)) {
    const stop = min(end, ((va >> 21) + 1) << 21);
    for (let at = pteFind(root, va); va < stop; va += PAGE_SIZE, at += 8) {
      const pte = load<u64>(at);
      if (pteMarkKind(pte) == MARK_UFFD_WP) store<u64>(at, 0);
      else if (pte & PTE_UFFD_WP) store<u64>(at, pte & ~PTE_UFFD_WP);
    }
  }
}

/**
 * Fills the page at va, which is registered: UFFD_*. `guard`: it comes protected. -EEXIST: there is one; -EFAULT: beyond the end;
 * NEED_PAGE: there is no frame, or the page lies in the swap area.
 */
export function uffdFill(space: usize, va: u64, how: u32, guard: bool): i32 {
  const vma = vmaAt(space, va);
  if (vma == 0) return -ENOENT;
  const flags = load<u32>(vma, VMA_FLAGS);
  if (flags & M.VM_HUGETLB) return hugetlbUffdFill(space, vma, va, how, guard);
  const object = <usize>load<u32>(vma, VMA_OBJECT);
  const at = pteCreate(space, va);
  if (at == 0) return needFrames();
  const offset = load<u64>(vma, VMA_OFFSET) + (va - load<u64>(vma, VMA_START));
  if (object != 0 && offset >= objectSize(object)) return how == UFFD_CONTINUE ? -EINVAL : -EFAULT;
  const pte = load<u64>(at);
  // Contents may come in the place of a mark; zeros and poison may not.
  const free = pte == 0 || (how != UFFD_ZERO && how != UFFD_POISON && (pte & PTE_V) == 0 && pteMarkKind(pte) != MARK_SWAP);
  if (!free) return -EEXIST;
  if (how == UFFD_POISON) {
    store<u64>(at, pteMark(MARK_POISON, 0));
    return 0;
  }
  const bits = pteBits(flags) | (guard ? PTE_UFFD_WP : 0);
  if (object != 0 && how == UFFD_CONTINUE) return mapCached(space, object, offset >> 12, at, bits, flags);
  if (object != 0 && (flags & M.VM_SHARED) != 0) return fillObject(space, object, offset >> 12, at, bits, flags, how);
  if (how == UFFD_ZERO) {
    store<u64>(at, pteMake(zeroFrame, bits));
    return 0;
  }
  const frame = frameAllocate(identityFrame(space, va));
  if (frame == 0) return needFrames();
  memory.copy(frameAddress(frame), STAGING, PAGE_SIZE);
  store<u64>(at, pteMake(frame, bits | PTE_SOFT | (guard || (flags & M.VM_WRITE) == 0 ? 0 : WRITTEN)));
  count(space, frame);
  return 0;
}

/** A page that shared memory has not got yet. */
function fillObject(space: usize, object: usize, index: u64, at: usize, bits: u64, flags: u32, how: u32): i32 {
  if (objectHolds(object, index)) return -EEXIST;
  const frame = objectFrameMake(object, index);
  if (frame == 0) return needFrames();
  if (how == UFFD_COPY) memory.copy(frameAddress(frame), STAGING, PAGE_SIZE);
  objectMarkDirty(object, index);
  return mapCached(space, object, index, at, bits, flags);
}

function mapCached(space: usize, object: usize, index: u64, at: usize, bits: u64, flags: u32): i32 {
  const frame = objectFrame(object, index);
  if (frame == 0) {
    const slot = objectSlot(object, index);
    return slot == 0 ? -EFAULT : needSlot(slot, 0);
  }
  const writable = (flags & (M.VM_SHARED | M.VM_WRITE)) == (M.VM_SHARED | M.VM_WRITE) && (bits & PTE_UFFD_WP) == 0;
  if (writable) objectMarkDirty(object, index);
  frameRetain(frame);
  store<u64>(at, pteMake(frame, bits | PTE_SOFT | (writable ? WRITTEN : 0)));
  count(space, frame);
  return 0;
}

/**
 * The page of `from`, anonymous and nobody else's, goes to `to`. -ENOENT: there is none; -EEXIST: there is one at `to`; -EBUSY: shared;
 * NEED_PAGE: no frame for tables.
 */
export function uffdMove(space: usize, to: u64, from: u64): i32 {
  const target = pteCreate(space, to);
  const source = pteCreate(space, from);
  if (target == 0 || source == 0) return needFrames();
  const pte = load<u64>(source);
  if (load<u64>(target) != 0) return -EEXIST;
  if (pte == 0) return -ENOENT;
  if (pteMarkKind(pte) == MARK_SWAP) {
    store<u64>(source, 0);
    store<u64>(target, (pte & ~PTE_UFFD_WP) | PTE_SOFT);
    return 0;
  }
  if (pteMarkKind(pte) != 0) return -EFAULT;
  const frame = pteFrame(pte);
  if (frameFlags(frame) & FRAME_SWAP) swapClaim(frame);
  if (frame != zeroFrame && (frameObject(frame) != 0 || frameReferences(frame) != 1)) return -EBUSY;
  store<u64>(source, 0);
  translationInvalidate(space, from);
  const bits = pteBits(load<u32>(vmaAt(space, to), VMA_FLAGS));
  store<u64>(target, pteMake(frame, bits | PTE_SOFT));
  if (frameFlags(frame) & FRAME_CODE) codeWritten(frame, 0, PAGE_SIZE);
  return 0;
}
