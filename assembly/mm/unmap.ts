/** Taking PTEs and VMAs away: the only place where a present page leaves an address space. */
import { VM_UFFD_WP } from '../shared/mman';
import { FRAME_REFERENCED, FRAME_SWAP, frameFlags, frameObject, frameRelease, frameSetFlags } from './frames';
import { hugeNext, hugeSplit, hugeZap } from './huge';
import { hugetlbForget } from './hugetlb';
import { LEAF_SPAN, leafLeave } from './leaf';
import {
  leafShared, MARK_GUARD, MARK_SWAP, MARK_UFFD_WP, PTE_A, PTE_UFFD_WP, PTE_V, pteFind, pteFrame, pteMark, pteMarkKind, pteMarkValue,
  pteSkip, TASK_SIZE, tablesTrim,
} from './pagetable';
import { countResident, SPACE_ROOT, SPACE_SHARED } from './space';
import { swapDrop, swapSettle } from './swap';
import { translationInvalidate } from './tlb';
import { zeroFrame } from './fault';
import { mappingLink, mappingUnlink } from './object';
import {
  VMA_END, VMA_FLAGS, VMA_NAME, VMA_OBJECT, VMA_OFFSET, VMA_START, VMA_UFFD, vmaAllocate, vmaBeforeThat, vmaFind, vmaFree,
  vmaInsert, vmaNext, vmaRemove, vmaResize,
} from './vma';

/** Clears one PTE of a page, with everything that counts or caches it. */
export function clearPte(space: usize, va: u64, at: usize): void {
  const pte = load<u64>(at);
  const frame = pteFrame(pte);
  store<u64>(at, 0);
  translationInvalidate(space, va);
  if (frame == zeroFrame) return;
  uncount(space, frame);
  if ((pte & PTE_A) != 0 && frameObject(frame) != 0) frameSetFlags(frame, FRAME_REFERENCED, 0);
  frameRelease(frame);
  if (frameFlags(frame) & FRAME_SWAP) swapSettle(frame);
}

/** Takes a mark away. */
export function clearMark(at: usize): void {
  const pte = load<u64>(at);
  store<u64>(at, 0);
  if (pteMarkKind(pte) == MARK_SWAP) swapDrop(<u32>pteMarkValue(pte));
}

export function uncount(space: usize, frame: u32): void {
  countResident(space, -1);
  if (frameObject(frame) != 0) store<u32>(space, load<u32>(space, SPACE_SHARED) - 1, SPACE_SHARED);
}

export function count(space: usize, frame: u32): void {
  countResident(space, 1);
  if (frameObject(frame) != 0) store<u32>(space, load<u32>(space, SPACE_SHARED) + 1, SPACE_SHARED);
}

/** Does a mark outlive the contents of its place (MADV_DONTNEED, truncation)? Guards do; protection where pages come from an object. */
function markStays(pte: u64, guarded: bool): bool {
  const kind = pteMarkKind(pte);
  return kind == MARK_GUARD || (kind == MARK_UFFD_WP && guarded);
}

/**
 * Clears the PTEs of [start, end): all, or (object not 0) those of that object's own pages, which leaves private copies and marks alone.
 * `keep`: what lies there loses its contents, and marks that outlive them stay; the range is one of one mapping then. A last
 * table that other spaces have, too, is left to them when all of it goes; when a part of it goes, the caller has made it the space's own
 * (leafBorders).
 */
export function zapRange(space: usize, start: u64, end: u64, object: usize, keep: bool): void {
  const vma = keep ? vmaFind(space, start) : 0;
  const watched = vma != 0 && (load<u32>(vma, VMA_FLAGS) & VM_UFFD_WP) != 0;
  const guarded = watched && load<u32>(vma, VMA_OBJECT) != 0;
  hugeZap(space, start, end, object, watched);
  const root = load<u32>(space, SPACE_ROOT);
  for (let va = pteSkip(root, start, end); va < end; va = pteSkip(root, va, end)) {
    const stop = min(end, ((va >> 21) + 1) << 21);
    if (leafShared(root, va) && (stop - va < LEAF_SPAN || object != 0 || leafLeave(space, va))) {
      va = stop;
      continue;
    }
    let at = pteFind(root, va);
    for (; va < stop; va += 4096, at += 8) {
      const pte = load<u64>(at);
      if (pte & PTE_V) {
        if (object != 0 && frameObject(pteFrame(pte)) != <u32>object) continue;
        clearPte(space, va, at);
        if (guarded && (pte & PTE_UFFD_WP) != 0) store<u64>(at, pteMark(MARK_UFFD_WP, 0));
      } else if (pte != 0 && object == 0 && !(keep && markStays(pte, guarded))) {
        clearMark(at);
        if (guarded && (pte & PTE_UFFD_WP) != 0) store<u64>(at, pteMark(MARK_UFFD_WP, 0));
      }
    }
  }
}

/** Splits the VMA that contains `at` strictly inside, so that one begins there, and a megapage that contains it. False: no memory. */
export function splitAt(space: usize, at: u64): bool {
  const vma = vmaFind(space, at);
  if (vma == 0 || load<u64>(vma, VMA_START) >= at) return true;
  if (hugeNext(space, at, at) < at && !hugeSplit(space, at)) return false;
  const tail = vmaAllocate();
  if (tail == 0) return false;
  const start = load<u64>(vma, VMA_START);
  const object = load<u32>(vma, VMA_OBJECT);
  store<u64>(tail, at, VMA_START);
  store<u64>(tail, load<u64>(vma, VMA_END), VMA_END);
  store<u64>(tail, object == 0 ? 0 : load<u64>(vma, VMA_OFFSET) + (at - start), VMA_OFFSET);
  store<u32>(tail, load<u32>(vma, VMA_FLAGS), VMA_FLAGS);
  store<u32>(tail, object, VMA_OBJECT);
  store<u32>(tail, load<u32>(vma, VMA_UFFD), VMA_UFFD);
  store<u32>(tail, load<u32>(vma, VMA_NAME), VMA_NAME);
  vmaResize(space, vma, start, at);
  vmaInsert(space, tail);
  mappingLink(tail);
  return true;
}

/** Removes all mappings of [start, end), whose ends are VMA borders or free, and the page tables that nothing needs any more. */
export function unmapRange(space: usize, start: u64, end: u64): void {
  zapRange(space, start, end, 0, false);
  let vma = vmaFind(space, start);
  while (vma != 0 && load<u64>(vma, VMA_START) < end) {
    const next = vmaNext(vma);
    vmaRemove(space, vma);
    hugetlbForget(vma);
    mappingUnlink(vma);
    vmaFree(vma);
    vma = next;
  }
  const before = vmaBeforeThat(space, start, vma);
  tablesTrim(space, start, end, before == 0 ? 0 : load<u64>(before, VMA_END), vma == 0 ? TASK_SIZE : load<u64>(vma, VMA_START));
}
