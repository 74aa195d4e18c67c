/**
 * Same-page merging (after Arcangeli, Eidus and Wright, "Increasing memory density by using KSM", 2009): pages of the same contents
 * become one frame that nobody may store to; a store copies it, as after fork(2). Which pages are looked at, when, and which are likely to
 * be the same is the host's part (host/kernel/ksm.ts). A frame that pages were merged into has FRAME_MERGED until somebody stores to it as
 * its last owner, or it is free; W is set in no entry that maps one.
 */
import { ENOMEM } from '../shared/errno';
import { PAGE_SIZE } from '../shared/layout';
import { VM_DONTEXPAND, VM_DROPPABLE, VM_HUGETLB, VM_MERGEABLE, VM_SHARED, VM_VDSO } from '../shared/mman';
import { zeroFrame } from './fault';
import {
  FRAME_LAZY, FRAME_MERGED, FRAME_SWAP, frameAddress, frameAllocate, frameFlags, frameObject, frameReferences, frameRetain,
  frameSetFlags,
} from './frames';
import { LEAF_SPAN, leafOwn } from './leaf';
import { leafPointer, PTE_D, PTE_V, PTE_W, pteAt, pteFind, pteFrame, pteMake, pteSkip, TASK_SIZE } from './pagetable';
import { SPACE_MERGE, SPACE_ROOT } from './space';
import { swapClaim, swapRelease } from './swap';
import { translationInvalidate, writeInvalidate } from './tlb';
import { identityFrame } from './window';
import { VMA_END, VMA_FLAGS, VMA_START, vmaFind, vmaNext } from './vma';

const BITS: u64 = 1023;

/** Is it a page of the process's own, not an object's and not the page of zeros? */
function isOwnPage(pte: u64): bool {
  return (pte & PTE_V) != 0 && pteFrame(pte) != zeroFrame && frameObject(pteFrame(pte)) == 0;
}

/** Pages that are not a process's own alone are never merged; asking for it is no error. */
export const NOT_MERGEABLE: u32 = VM_SHARED | VM_VDSO | VM_DONTEXPAND | VM_HUGETLB | VM_DROPPABLE;

/** PR_SET_MEMORY_MERGE: every mapping that there is and will be. -ENOMEM: not all. */
export function ksmAll(space: usize, on: bool): i32 {
  if (!on && ksmBreak(space, 0, TASK_SIZE) != 0) return -ENOMEM;
  store<u32>(space, on ? VM_MERGEABLE : 0, SPACE_MERGE);
  for (let vma = vmaFind(space, 0); vma != 0; vma = vmaNext(vma)) {
    const flags = load<u32>(vma, VMA_FLAGS);
    if ((flags & NOT_MERGEABLE) == 0) store<u32>(vma, on ? flags | VM_MERGEABLE : flags & ~VM_MERGEABLE, VMA_FLAGS);
  }
  return 0;
}

/** The first page at or above va that may be merged, or TASK_SIZE. */
export function ksmNext(space: usize, va: u64): u64 {
  const root = load<u32>(space, SPACE_ROOT);
  for (let vma = vmaFind(space, va); vma != 0; vma = vmaNext(vma)) {
    if ((load<u32>(vma, VMA_FLAGS) & VM_MERGEABLE) == 0) continue;
    const end = load<u64>(vma, VMA_END);
    for (let page = max(va, load<u64>(vma, VMA_START)); page < end; page += PAGE_SIZE) {
      if (isOwnPage(pteAt(root, page))) return page;
      const at = leafPointer(root, page);
      if (at == 0 || load<u64>(at) == 0) page |= LEAF_SPAN - PAGE_SIZE;
    }
  }
  return TASK_SIZE;
}

/** The frame of the page at va if it may be merged or was, else 0. */
export function ksmFrame(space: usize, va: u64): u32 {
  const vma = vmaFind(space, va);
  if (vma == 0 || load<u64>(vma, VMA_START) > va || (load<u32>(vma, VMA_FLAGS) & VM_MERGEABLE) == 0) return 0;
  const pte = pteAt(load<u32>(space, SPACE_ROOT), va);
  return isOwnPage(pte) ? pteFrame(pte) : 0;
}

/** A number that differs when the contents of a frame do, as far as 32 bits can tell. */
export function ksmChecksum(frame: u32): u32 {
  let sum: u64 = 0xcbf29ce484222325;
  const end = frameAddress(frame + 1);
  for (let at = frameAddress(frame); at < end; at += 8) sum = rotl(sum ^ load<u64>(at), 23) * 0x9e3779b97f4a7c15;
  return <u32>(sum >> 32);
}

/** The page at va, a frame that may be merged, becomes one that others are merged into. False: no memory. */
export function ksmKeep(space: usize, va: u64): bool {
  if (!leafOwn(space, va)) return false;
  const at = pteFind(load<u32>(space, SPACE_ROOT), va);
  const pte = load<u64>(at);
  if (pte & PTE_W) {
    store<u64>(at, pte & ~(PTE_W | PTE_D));
    writeInvalidate(space, va);
  }
  frameSetFlags(pteFrame(pte), FRAME_MERGED, FRAME_LAZY);
  return true;
}

/** The page at va, one that may be merged, is from now on `frame`, which has FRAME_MERGED. 1; 0: they differ; -ENOMEM. */
export function ksmMerge(space: usize, va: u64, frame: u32): i32 {
  if ((frameFlags(frame) & FRAME_MERGED) == 0 || !sameBytes(frame, ksmFrame(space, va))) return 0;
  // A page that is copied for this space's table only is still the same.
  if (!leafOwn(space, va)) return -ENOMEM;
  const at = pteFind(load<u32>(space, SPACE_ROOT), va);
  const pte = load<u64>(at);
  frameRetain(frame);
  // Not everybody who has it has said that its contents may go.
  frameSetFlags(frame, 0, FRAME_LAZY);
  store<u64>(at, pteMake(frame, pte & BITS & ~(PTE_W | PTE_D)));
  translationInvalidate(space, va);
  swapRelease(pteFrame(pte));
  return 1;
}

function sameBytes(a: u32, b: u32): bool {
  return b != 0 && memory.compare(frameAddress(a), frameAddress(b), PAGE_SIZE) == 0;
}

/** The pages of [start, end) have frames of their own again. -ENOMEM: not all. */
export function ksmBreak(space: usize, start: u64, end: u64): i32 {
  const root = load<u32>(space, SPACE_ROOT);
  for (let va = start; va < end; va += PAGE_SIZE) {
    // No page of a megapage was merged.
    va = pteSkip(root, va, end);
    if (va == end) break;
    const old = pteFrame(pteAt(root, va));
    if (!isOwnPage(pteAt(root, va)) || (frameFlags(old) & FRAME_MERGED) == 0) continue;
    if (!leafOwn(space, va)) return -ENOMEM;
    const at = pteFind(root, va);
    if (frameFlags(old) & FRAME_SWAP) swapClaim(old);
    if (frameReferences(old) == 1) {
      frameSetFlags(old, 0, FRAME_MERGED);
      continue;
    }
    const frame = frameAllocate(identityFrame(space, va));
    if (frame == 0) return -ENOMEM;
    memory.copy(frameAddress(frame), frameAddress(old), PAGE_SIZE);
    store<u64>(at, pteMake(frame, load<u64>(at) & BITS));
    translationInvalidate(space, va);
    swapRelease(old);
  }
  return 0;
}
