/** fork(2): the child gets the same mappings and the same frames; private ones lose their write permission on both sides. */
import { PAGE_SIZE } from '../shared/layout';
import * as M from '../shared/mman';
import { zeroFrame } from './fault';
import { frameObject, frameRetain } from './frames';
import { hugeFork, hugePages } from './huge';
import { isSharable, LEAF_SPAN, leafSharable, leafShare } from './leaf';
import { mappingLink } from './object';
import {
  leafShared, MARK_SWAP, MARK_UFFD_WP, PTE_D, PTE_V, PTE_W, pteCreate, pteFind, pteFrame, pteMarkKind, pteMarkValue, pteSkip,
} from './pagetable';
import * as S from './space';
import { swapHold } from './swap';
import { tlbDropWrites, writeInvalidate } from './tlb';
import { VMA_END, VMA_FLAGS, VMA_NAME, VMA_OBJECT, VMA_OFFSET, VMA_START, VMA_UFFD, vmaAllocate, vmaFind, vmaInsert, vmaNext } from './vma';

/** Resident pages of the parent that the child does not begin with. */
let left: i32 = 0;

/** The child, or 0: no memory, and nothing has changed but write permissions that faults give back. */
export function spaceFork(parent: usize): usize {
  const child = S.spaceCreate();
  if (child == 0) return 0;
  const mmapBase = load<u64>(parent, S.SPACE_MMAP_BASE);
  S.spaceSetLayout(child, mmapBase, load<u64>(parent, S.SPACE_BRK_START), load<u64>(parent, S.SPACE_STACK_LIMIT));
  store<u64>(child, load<u64>(parent, S.SPACE_BRK), S.SPACE_BRK);
  store<u32>(child, load<u32>(parent, S.SPACE_SEALS), S.SPACE_SEALS);
  store<u32>(child, load<u32>(parent, S.SPACE_NO_HUGE), S.SPACE_NO_HUGE);
  store<u32>(child, load<u32>(parent, S.SPACE_MERGE), S.SPACE_MERGE);
  left = 0;
  let done = true;
  for (let vma = vmaFind(parent, 0); done && vma != 0; vma = vmaNext(vma)) {
    if (load<u32>(vma, VMA_FLAGS) & M.VM_DONTFORK) left += residentIn(parent, vma);
    else done = copyVma(child, vma) && copyPages(parent, child, vma);
  }
  tlbDropWrites(parent);
  if (!done) {
    S.spaceRelease(child);
    return 0;
  }
  S.countResident(child, <i32>load<u32>(parent, S.SPACE_RESIDENT) - left);
  return child;
}

function residentIn(space: usize, vma: usize): i32 {
  const root = load<u32>(space, S.SPACE_ROOT);
  const end = load<u64>(vma, VMA_END);
  let pages = <i32>hugePages(space, load<u64>(vma, VMA_START), end);
  for (let va = pteSkip(root, load<u64>(vma, VMA_START), end); va < end; va = pteSkip(root, va, end)) {
    const stop = min(end, ((va >> 21) + 1) << 21);
    let at = pteFind(root, va);
    for (; va < stop; va += PAGE_SIZE, at += 8) {
      const pte = load<u64>(at);
      if ((pte & PTE_V) != 0 && pteFrame(pte) != zeroFrame) pages++;
    }
  }
  return pages;
}

function copyVma(child: usize, vma: usize): bool {
  const copy = vmaAllocate();
  if (copy == 0) return false;
  store<u64>(copy, load<u64>(vma, VMA_START), VMA_START);
  store<u64>(copy, load<u64>(vma, VMA_END), VMA_END);
  store<u64>(copy, load<u64>(vma, VMA_OFFSET), VMA_OFFSET);
  store<u32>(copy, load<u32>(vma, VMA_FLAGS) & ~(M.VM_LOCKED_MASK | M.VM_HUGE_RESERVED), VMA_FLAGS);
  store<u32>(copy, load<u32>(vma, VMA_OBJECT), VMA_OBJECT);
  store<u32>(copy, load<u32>(vma, VMA_UFFD), VMA_UFFD);
  store<u32>(copy, load<u32>(vma, VMA_NAME), VMA_NAME);
  vmaInsert(child, copy);
  mappingLink(copy);
  return true;
}

/** Whole tables are shared where they can be; what other tables hold is copied entry by entry. */
function copyPages(parent: usize, child: usize, vma: usize): bool {
  if (load<u32>(vma, VMA_FLAGS) & M.VM_WIPEONFORK) {
    left += residentIn(parent, vma);
    return true;
  }
  const from = load<u32>(parent, S.SPACE_ROOT);
  const start = load<u64>(vma, VMA_START);
  const end = load<u64>(vma, VMA_END);
  const plain = isSharable(vma);
  if (!hugeFork(parent, child, start, end)) return false;
  for (let va = pteSkip(from, start, end); va < end; va = pteSkip(from, va, end)) {
    const base = va & ~(LEAF_SPAN - 1);
    const stop = min(end, base + LEAF_SPAN);
    if (plain && base >= start && base + LEAF_SPAN <= end) {
      if (!leafShare(parent, child, base)) return false;
      va = stop;
      continue;
    }
    // With the table's first mapping all of it is decided.
    const done = leafSharable(parent, base)
      ? leafShared(load<u32>(child, S.SPACE_ROOT), va) || leafShare(parent, child, base)
      : copyEntries(parent, child, va, stop, (load<u32>(vma, VMA_FLAGS) & M.VM_UFFD) != 0);
    if (!done) return false;
    va = stop;
  }
  return true;
}

/** Nothing that a child would miss: the page of zeros comes back by a fault, and its parent's protection is not the child's. */
function frameless(pte: u64): bool {
  return pte & PTE_V ? pteFrame(pte) == zeroFrame : pteMarkKind(pte) == MARK_UFFD_WP;
}

/** `all`: who watches the range by a userfaultfd knows what is there, so what faults would bring back is copied, too. */
function copyEntries(parent: usize, child: usize, start: u64, end: u64, all: bool): bool {
  let source = pteFind(load<u32>(parent, S.SPACE_ROOT), start);
  let target: usize = 0;
  for (let va = start; va < end; va += PAGE_SIZE, source += 8, target += target == 0 ? 0 : 8) {
    const pte = load<u64>(source);
    if (pte == 0 || (frameless(pte) && !all)) continue;
    const frame = pteFrame(pte);
    // A page of an object comes back by a fault that costs no more than this copy, and most are never asked for.
    if ((pte & PTE_V) != 0 && frameObject(frame) != 0 && !all) {
      left++;
      continue;
    }
    if (target == 0) {
      target = pteCreate(child, va);
      if (target == 0) return false;
    }
    const shared = pte & ~(PTE_W | PTE_D);
    store<u64>(target, shared);
    if (pteMarkKind(pte) == MARK_SWAP) swapHold(<u32>pteMarkValue(pte));
    if ((pte & PTE_V) == 0 || frame == zeroFrame) continue;
    frameRetain(frame);
    if (frameObject(frame) != 0) {
      store<u32>(child, load<u32>(child, S.SPACE_SHARED) + 1, S.SPACE_SHARED);
      continue;
    }
    if (pte & PTE_W) {
      store<u64>(source, shared);
      writeInvalidate(parent, va);
    }
  }
  return true;
}
