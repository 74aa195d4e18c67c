/** mprotect(2), and the VMA flag changes of madvise(2) and mlock(2) that work the same way: split, change, join. */
import { EACCES, EINVAL, ENOMEM } from '../shared/errno';
import { PAGE_MASK } from '../shared/layout';
import * as M from '../shared/mman';
import { mergeAfter, pageUp, protFlags } from './map';
import { PTE_R, PTE_V, PTE_W, PTE_X, pteFind, pteSkip, TASK_SIZE } from './pagetable';
import { SPACE_ROOT, SPACE_VMAS } from './space';
import { translationInvalidate } from './tlb';
import { splitAt } from './unmap';
import { VMA_END, VMA_FLAGS, VMA_LIMIT, VMA_START, vmaAt, vmaBefore, vmaFind } from './vma';

const PROTECTION: u32 = M.VM_READ | M.VM_WRITE | M.VM_EXEC;

export function mmProtect(space: usize, address: u64, length: u64, prot: u32): i32 {
  if (address & PAGE_MASK) return -EINVAL;
  if (prot & ~(M.PROT_READ | M.PROT_WRITE | M.PROT_EXEC | M.PROT_GROWSDOWN | M.PROT_GROWSUP)) return -EINVAL;
  if ((prot & M.PROT_GROWSDOWN) != 0 && (prot & M.PROT_GROWSUP) != 0) return -EINVAL;
  if (length == 0) return 0;
  if (address > TASK_SIZE || length > TASK_SIZE - address) return -ENOMEM;
  const end = address + pageUp(length);
  const wanted = protFlags(prot);
  let at = address;
  if (prot & M.PROT_GROWSDOWN) {
    const vma = vmaAt(space, address);
    if (vma == 0 || (load<u32>(vma, VMA_FLAGS) & M.VM_GROWSDOWN) == 0) return vma == 0 ? -ENOMEM : -EINVAL;
    at = load<u64>(vma, VMA_START);
  }
  while (at < end) {
    const vma = vmaAt(space, at);
    if (vma == 0) return -ENOMEM;
    const flags = load<u32>(vma, VMA_FLAGS);
    if ((wanted << 4) & ~flags & (M.VM_MAYREAD | M.VM_MAYWRITE | M.VM_MAYEXEC)) return -EACCES;
    const stop = min(end, load<u64>(vma, VMA_END));
    if ((flags & PROTECTION) != wanted) {
      if (!changeFlags(space, at, stop, wanted, PROTECTION)) return -ENOMEM;
      protectPages(space, at, stop, wanted);
    }
    at = stop;
  }
  return 0;
}

/** Sets and clears flags of all VMAs in [start, end), which is wholly mapped. False: no memory or too many mappings. */
export function changeFlags(space: usize, start: u64, end: u64, set: u32, clear: u32): bool {
  if (load<u32>(space, SPACE_VMAS) + 2 > VMA_LIMIT) {
    const vma = vmaAt(space, start);
    if (vma == 0 || load<u64>(vma, VMA_START) != start || load<u64>(vma, VMA_END) != end) return false;
  }
  if (!splitAt(space, start) || !splitAt(space, end)) return false;
  for (let at = start; at < end; ) {
    const vma = vmaFind(space, at);
    if (vma == 0 || load<u64>(vma, VMA_START) >= end) break;
    store<u32>(vma, (load<u32>(vma, VMA_FLAGS) & ~clear) | set, VMA_FLAGS);
    at = load<u64>(vma, VMA_END);
  }
  joinRange(space, start, end);
  return true;
}

/** Joins what continues each other from just before start to just after end. */
export function joinRange(space: usize, start: u64, end: u64): void {
  let vma = vmaBefore(space, start);
  if (vma == 0 || load<u64>(vma, VMA_END) != start) vma = vmaAt(space, start);
  while (vma != 0 && load<u64>(vma, VMA_START) < end) {
    const stop = load<u64>(vma, VMA_END);
    mergeAfter(space, vma);
    if (load<u64>(vma, VMA_END) == stop) vma = vmaAt(space, stop);
  }
}

/** Permissions are only ever taken from PTEs here: what becomes allowed is given by the next fault or walk. */
function protectPages(space: usize, start: u64, end: u64, wanted: u32): void {
  const root = load<u32>(space, SPACE_ROOT);
  const read: u64 = wanted & (M.VM_READ | M.VM_WRITE) ? PTE_R : 0;
  const exec: u64 = wanted & M.VM_EXEC ? PTE_X : 0;
  for (let va = pteSkip(root, start, end); va < end; va = pteSkip(root, va, end)) {
    const stop = min(end, ((va >> 21) + 1) << 21);
    let at = pteFind(root, va);
    for (; va < stop; va += 4096, at += 8) {
      const pte = load<u64>(at);
      if ((pte & PTE_V) == 0) continue;
      // W goes even when the mapping stays writable: the fault decides about copies and dirt.
      const now = (pte & ~(PTE_R | PTE_X | (wanted & M.VM_WRITE ? 0 : PTE_W))) | read | exec;
      if (now == pte) continue;
      store<u64>(at, now);
      translationInvalidate(space, va);
    }
  }
}

