/** Marks that a process asks for in the place of pages: guards (MADV_GUARD_INSTALL), and pages whose memory is said to be broken. */
import { EBUSY, EFAULT, EINVAL, ENOMEM } from '../shared/errno';
import { ACCESS_READ, FAULT_IO, FAULT_MEMORY, FAULT_NONE, FAULT_USERFAULT, NEED_PAGE, NEED_USERFAULT, OBJECT_FILE } from '../shared/exit';
import { PAGE_SIZE } from '../shared/layout';
import { VM_DONTEXPAND, VM_LOCKED, VM_VDSO } from '../shared/mman';
import { handleFault, zeroFrame } from './fault';
import { FRAME_POOL, frameFlags, frameIndex, frameObject, frameRetain } from './frames';
import { hugeNext, SPAN_PAGES } from './huge';
import { LEAF_SPAN, leafOwn, leavesOwn } from './leaf';
import { needFrames } from './need';
import { dropPages, OBJECT_KIND } from './object';
import {
  MARK_GUARD, MARK_POISON, PTE_V, pteAt, pteCreate, pteFind, pteFrame, pteMark, pteMarkKind, pteSkip, TASK_SIZE,
} from './pagetable';
import { SPACE_ROOT } from './space';
import { clearPte, zapRange } from './unmap';
import { VMA_FLAGS } from './vma';

/** Pages kept out of use since MADV_HWPOISON. */
export let poisonedFrames: u32 = 0;

/** Guards instead of whatever is in [start, end), which is of one mapping. -ENOMEM: what was there is gone, some guards are not set. */
export function guardInstall(space: usize, vma: usize, start: u64, end: u64): i32 {
  if (load<u32>(vma, VMA_FLAGS) & (VM_LOCKED | VM_DONTEXPAND | VM_VDSO)) return -EINVAL;
  if (!leavesOwn(space, start, end)) return -ENOMEM;
  zapRange(space, start, end, 0, true);
  for (let va = start; va < end; va += PAGE_SIZE) {
    const at = pteCreate(space, va);
    if (at == 0) return -ENOMEM;
    store<u64>(at, pteMark(MARK_GUARD, 0));
  }
  return 0;
}

export function guardRemove(space: usize, vma: usize, start: u64, end: u64): i32 {
  if (load<u32>(vma, VMA_FLAGS) & (VM_DONTEXPAND | VM_VDSO)) return -EINVAL;
  if (!leavesOwn(space, start, end)) return -ENOMEM;
  const root = load<u32>(space, SPACE_ROOT);
  for (let va = pteSkip(root, start, end); va < end; va = pteSkip(root, va, end)) {
    const stop = min(end, ((va >> 21) + 1) << 21);
    for (let at = pteFind(root, va); va < stop; va += PAGE_SIZE, at += 8) {
      if (pteMarkKind(load<u64>(at)) == MARK_GUARD) store<u64>(at, 0);
    }
  }
  return 0;
}

/** The frame of a page, brought in as a load would; or -errno, NEED_PAGE, NEED_USERFAULT. -EBUSY: the page of zeros belongs to all. */
export function frameOfPage(space: usize, va: u64): i32 {
  if (va >= TASK_SIZE) return -EFAULT;
  const root = load<u32>(space, SPACE_ROOT);
  if ((pteAt(root, va) & PTE_V) == 0) {
    const kind = handleFault(space, va, ACCESS_READ);
    if (kind == FAULT_IO) return NEED_PAGE;
    if (kind == FAULT_MEMORY) return needFrames();
    if (kind == FAULT_USERFAULT) return NEED_USERFAULT;
    if (kind != FAULT_NONE) return -EFAULT;
  }
  const frame = pteFrame(pteAt(root, va));
  return frame == zeroFrame ? -EBUSY : <i32>frame;
}

/**
 * The memory of a page is broken. A file's page that its medium has is dropped and will be read again: nothing is lost, and nobody told.
 * False: the frame is retired, and its users have to be marked space by space (framePoison).
 */
export function frameRetire(frame: u32): bool {
  const object = <usize>frameObject(frame);
  if (object != 0 && load<u32>(object, OBJECT_KIND) == OBJECT_FILE) {
    const index = frameIndex(frame);
    frameRetain(frame);
    dropPages(object, index, index + 1);
    poisonedFrames++;
    return true;
  }
  frameRetain(frame);
  poisonedFrames++;
  return false;
}

/** Poison wherever the space maps the frame. False: no memory for tables. */
export function framePoison(space: usize, frame: u32): bool {
  const root = load<u32>(space, SPACE_ROOT);
  for (let va = hugeNext(space, 0, TASK_SIZE); va < TASK_SIZE; va = hugeNext(space, va + LEAF_SPAN, TASK_SIZE)) {
    const first = pteFrame(pteAt(root, va));
    if (first == 0 || frame - first >= SPAN_PAGES) continue;
    if ((frameFlags(first) & FRAME_POOL) != 0 || !leafOwn(space, va)) return false;
  }
  for (let va = pteSkip(root, 0, TASK_SIZE); va < TASK_SIZE; va = pteSkip(root, va, TASK_SIZE)) {
    const stop = ((va >> 21) + 1) << 21;
    for (; va < stop; va += PAGE_SIZE) {
      const pte = load<u64>(pteFind(root, va));
      if ((pte & PTE_V) == 0 || pteFrame(pte) != frame) continue;
      if (!leafOwn(space, va)) return false;
      const at = pteFind(root, va);
      clearPte(space, va, at);
      store<u64>(at, pteMark(MARK_POISON, 0));
    }
  }
  return true;
}
