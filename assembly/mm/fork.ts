/** fork(2): the child gets the same mappings and the same frames; private ones lose their write permission on both sides. */
import { PAGE_SIZE } from '../shared/layout';
import * as M from '../shared/mman';
import { zeroFrame } from './fault';
import { frameObject, frameRetain } from './frames';
import { mappingLink } from './object';
import { PTE_D, PTE_V, PTE_W, pteCreate, pteFind, pteFrame, pteSkip } from './pagetable';
import * as S from './space';
import { writeInvalidate } from './tlb';
import { count } from './unmap';
import { VMA_END, VMA_FLAGS, VMA_OBJECT, VMA_OFFSET, VMA_START, vmaAllocate, vmaFind, vmaInsert, vmaNext } from './vma';

/** The child, or 0: no memory, and nothing has changed but write permissions that faults give back. */
export function spaceFork(parent: usize): usize {
  const child = S.spaceCreate();
  if (child == 0) return 0;
  const mmapBase = load<u64>(parent, S.SPACE_MMAP_BASE);
  S.spaceSetLayout(child, mmapBase, load<u64>(parent, S.SPACE_BRK_START), load<u64>(parent, S.SPACE_STACK_LIMIT));
  store<u64>(child, load<u64>(parent, S.SPACE_BRK), S.SPACE_BRK);
  for (let vma = vmaFind(parent, 0); vma != 0; vma = vmaNext(parent, vma)) {
    if (load<u32>(vma, VMA_FLAGS) & M.VM_DONTFORK) continue;
    if (copyVma(child, vma) && copyPages(parent, child, vma)) continue;
    S.spaceRelease(child);
    return 0;
  }
  return child;
}

function copyVma(child: usize, vma: usize): bool {
  const copy = vmaAllocate();
  if (copy == 0) return false;
  store<u64>(copy, load<u64>(vma, VMA_START), VMA_START);
  store<u64>(copy, load<u64>(vma, VMA_END), VMA_END);
  store<u64>(copy, load<u64>(vma, VMA_OFFSET), VMA_OFFSET);
  store<u32>(copy, load<u32>(vma, VMA_FLAGS) & ~M.VM_LOCKED, VMA_FLAGS);
  store<u32>(copy, load<u32>(vma, VMA_OBJECT), VMA_OBJECT);
  vmaInsert(child, copy);
  mappingLink(copy);
  return true;
}

function copyPages(parent: usize, child: usize, vma: usize): bool {
  const flags = load<u32>(vma, VMA_FLAGS);
  if (flags & M.VM_WIPEONFORK) return true;
  const from = load<u32>(parent, S.SPACE_ROOT);
  const end = load<u64>(vma, VMA_END);
  for (let va = pteSkip(from, load<u64>(vma, VMA_START), end); va < end; va = pteSkip(from, va, end)) {
    const stop = min(end, ((va >> 21) + 1) << 21);
    let source = pteFind(from, va);
    let target: usize = 0;
    for (; va < stop; va += PAGE_SIZE, source += 8, target += target == 0 ? 0 : 8) {
      const pte = load<u64>(source);
      if ((pte & PTE_V) == 0) continue;
      const frame = pteFrame(pte);
      // A page of an object or of zeros comes back by a fault that costs no more than this copy, and most are never asked for.
      if (frame == zeroFrame || frameObject(frame) != 0) continue;
      if (target == 0) {
        target = pteCreate(child, va);
        if (target == 0) return false;
      }
      const shared = pte & ~(PTE_W | PTE_D);
      store<u64>(target, shared);
      frameRetain(frame);
      count(child, va, frame);
      if (pte & PTE_W) {
        store<u64>(source, shared);
        writeInvalidate(parent, va);
      }
    }
  }
  return true;
}
