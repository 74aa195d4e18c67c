/** MADV_COLLAPSE: 2 MiB of pages become a megapage, in their own place if its frames are free or theirs, else anywhere. */
import { EAGAIN, EINVAL, ENOMEM } from '../shared/errno';
import { COUNT_HUGE_COLLAPSES, PAGE_SIZE } from '../shared/layout';
import { VM_WRITE } from '../shared/mman';
import { pteBits, zeroFrame } from './fault';
import {
  FRAME_LAZY, FRAME_MERGED, FRAME_SWAP, frameAddress, frameAllocate, frameAllocateZeroed, frameFlags, frameIsFree, frameObject,
  frameReferences, frameSetFlags, frameSpanCover, frameSpanFind, frameSpanTake, framesLimit, framesUsed,
} from './frames';
import { bumpHuge, hugeFits, hugeMap, SPAN_PAGES } from './huge';
import { LEAF_SPAN, leafOwn } from './leaf';
import { isHuge, leafPointer, PTE_D, PTE_SOFT, PTE_V, pteFrame, tableRelease } from './pagetable';
import { countResident, SPACE_NO_HUGE, SPACE_ROOT } from './space';
import { swapClaim, swapRelease } from './swap';
import { spanInvalidate } from './tlb';
import { identityFrame } from './window';
import { VMA_END, VMA_FLAGS, VMA_START } from './vma';

/** 0 when all of [start, end), which lies in the mapping, is megapages as far as it can be; else -errno of what went wrong last. */
export function hugeCollapseRange(space: usize, vma: usize, start: u64, end: u64): i32 {
  const low = (load<u64>(vma, VMA_START) + LEAF_SPAN - 1) & ~(LEAF_SPAN - 1);
  if (load<u32>(space, SPACE_NO_HUGE) != 0 || low + LEAF_SPAN > load<u64>(vma, VMA_END) || !hugeFits(vma, low)) return -EINVAL;
  const first = (start + LEAF_SPAN - 1) & ~(LEAF_SPAN - 1);
  let result = first + LEAF_SPAN > end ? -EINVAL : 0;
  for (let va = first; va + LEAF_SPAN <= end; va += LEAF_SPAN) {
    const error = collapse(space, vma, va);
    if (error != 0) result = error;
    if (error == -ENOMEM) break;
  }
  return result;
}

function collapse(space: usize, vma: usize, base: u64): i32 {
  const root = load<u32>(space, SPACE_ROOT);
  const at = leafPointer(root, base);
  const entry = at == 0 ? 0 : load<u64>(at);
  if (isHuge(entry)) return 0;
  if (entry == 0) return -EINVAL;
  if (!leafOwn(space, base)) return -ENOMEM;
  const table = frameAddress(pteFrame(load<u64>(at)));
  if (!collapsible(table)) return -EAGAIN;
  const home = identityFrame(space, base);
  const first = home != 0 && isHomeFree(table, home) ? home : frameSpanFind();
  if (first == 0) return -ENOMEM;
  const missing = absent(table);
  if (first != home) frameSpanTake(first);
  else if (<u32>missing > framesLimit() - min(framesUsed(), framesLimit())) return -ENOMEM;
  const bits = pteBits(load<u32>(vma, VMA_FLAGS)) | gather(table, first, first == home) & (PTE_SOFT | PTE_D);
  spanInvalidate(space, base);
  tableRelease(space, pteFrame(load<u64>(at)));
  countResident(space, missing);
  hugeMap(space, base, at, first, load<u32>(vma, VMA_FLAGS) & VM_WRITE ? bits : bits & ~PTE_D);
  bumpHuge(COUNT_HUGE_COLLAPSES);
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
