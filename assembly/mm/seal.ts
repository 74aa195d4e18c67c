/** mseal(2): mappings that nobody may unmap, move, replace or give another protection. */
import { EINVAL, ENOMEM } from '../shared/errno';
import { PAGE_MASK } from '../shared/layout';
import { VM_SEALED } from '../shared/mman';
import { pageUp } from './map';
import { changeFlags } from './protect';
import { TASK_SIZE } from './pagetable';
import { SPACE_SEALS } from './space';
import { VMA_END, VMA_FLAGS, VMA_START, vmaAt, vmaFind, vmaNext } from './vma';

/** Is a part of [start, end) sealed? Spaces that never had a seal do not look. */
export function sealedWithin(space: usize, start: u64, end: u64): bool {
  if (load<u32>(space, SPACE_SEALS) == 0) return false;
  for (let vma = vmaFind(space, start); vma != 0 && load<u64>(vma, VMA_START) < end; vma = vmaNext(vma)) {
    if (load<u32>(vma, VMA_FLAGS) & VM_SEALED) return true;
  }
  return false;
}

/** All of the range must be mapped before a part of it is sealed. */
export function mmSeal(space: usize, address: u64, length: u64): i32 {
  if ((address & PAGE_MASK) != 0 || address > TASK_SIZE || length > TASK_SIZE) return -EINVAL;
  const end = address + pageUp(length);
  for (let at = address; at < end; ) {
    const vma = vmaAt(space, at);
    if (vma == 0) return -ENOMEM;
    at = load<u64>(vma, VMA_END);
  }
  for (let at = address; at < end; ) {
    const stop = min(end, load<u64>(vmaAt(space, at), VMA_END));
    store<u32>(space, 1, SPACE_SEALS);
    if (!changeFlags(space, at, stop, VM_SEALED, 0)) return -ENOMEM;
    at = stop;
  }
  return 0;
}
