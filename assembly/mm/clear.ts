/**
 * What /proc/PID/clear_refs takes back: referenced bits, the peak of resident pages, soft-dirty bits. A page is soft-dirty when PTE_SOFT is
 * set or its VMA is without VM_SOFT_CLEAN, which a new mapping is. Clearing takes W away, so that the next store faults and sets PTE_SOFT
 * together with it: nothing is kept up to date on the way.
 */
import { ENOMEM } from '../shared/errno';
import { PAGE_SIZE } from '../shared/layout';
import { VM_SOFT_CLEAN } from '../shared/mman';
import * as S from '../shared/stat';
import { FRAME_REFERENCED, frameObject, frameSetFlags } from './frames';
import { hugeUnset } from './huge';
import { tablesOwn } from './leaf';
import { MARK_SWAP, PTE_A, PTE_SOFT, PTE_V, PTE_W, pteFind, pteFrame, pteMarkKind, pteSkip } from './pagetable';
import { SPACE_PEAK, SPACE_RESIDENT, SPACE_ROOT } from './space';
import { translationInvalidate, writeInvalidate } from './tlb';
import { VMA_END, VMA_FLAGS, VMA_OBJECT, VMA_START, vmaFind, vmaNext } from './vma';

/** -ENOMEM: tables shared since a fork could not be made the space's own; the mappings before them are done. */
export function mmClear(space: usize, what: u32): i32 {
  if (what == S.CLEAR_PEAK) {
    store<u32>(space, load<u32>(space, SPACE_RESIDENT), SPACE_PEAK);
    return 0;
  }
  for (let vma = vmaFind(space, 0); vma != 0; vma = vmaNext(vma)) {
    const object = load<u32>(vma, VMA_OBJECT);
    if (what == S.CLEAR_REFERENCED_ANONYMOUS && object != 0) continue;
    if (what == S.CLEAR_REFERENCED_MAPPED && object == 0) continue;
    if (!tablesOwn(space, load<u64>(vma, VMA_START), load<u64>(vma, VMA_END))) return -ENOMEM;
    if (what == S.CLEAR_SOFT_DIRTY) {
      store<u32>(vma, load<u32>(vma, VMA_FLAGS) | VM_SOFT_CLEAN, VMA_FLAGS);
      clearSoft(space, vma);
    } else clearReferenced(space, vma);
  }
  return 0;
}

function clearSoft(space: usize, vma: usize): void {
  const root = load<u32>(space, SPACE_ROOT);
  const end = load<u64>(vma, VMA_END);
  hugeUnset(space, load<u64>(vma, VMA_START), end, PTE_SOFT | PTE_W);
  for (let va = pteSkip(root, load<u64>(vma, VMA_START), end); va < end; va = pteSkip(root, va, end)) {
    const stop = min(end, ((va >> 21) + 1) << 21);
    for (let at = pteFind(root, va); va < stop; va += PAGE_SIZE, at += 8) {
      const pte = load<u64>(at);
      if (pteMarkKind(pte) == MARK_SWAP) store<u64>(at, pte & ~PTE_SOFT);
      if ((pte & PTE_V) == 0 || (pte & (PTE_SOFT | PTE_W)) == 0) continue;
      store<u64>(at, pte & ~(PTE_SOFT | PTE_W));
      writeInvalidate(space, va);
    }
  }
}

function clearReferenced(space: usize, vma: usize): void {
  const root = load<u32>(space, SPACE_ROOT);
  const end = load<u64>(vma, VMA_END);
  hugeUnset(space, load<u64>(vma, VMA_START), end, PTE_A);
  for (let va = pteSkip(root, load<u64>(vma, VMA_START), end); va < end; va = pteSkip(root, va, end)) {
    const stop = min(end, ((va >> 21) + 1) << 21);
    for (let at = pteFind(root, va); va < stop; va += PAGE_SIZE, at += 8) {
      const pte = load<u64>(at);
      if ((pte & PTE_V) == 0) continue;
      if (frameObject(pteFrame(pte)) != 0) frameSetFlags(pteFrame(pte), 0, FRAME_REFERENCED);
      if ((pte & PTE_A) == 0) continue;
      store<u64>(at, pte & ~PTE_A);
      translationInvalidate(space, va);
    }
  }
}
