/** mmap(2), munmap(2), brk(2). Results: an address or 0, or -errno. */
import { EEXIST, EINVAL, ENOMEM, EOPNOTSUPP, EPERM } from '../shared/errno';
import { ACCESS_READ, ACCESS_WRITE, FAULT_NONE, OBJECT_SHMEM } from '../shared/exit';
import { PAGE_MASK, PAGE_SIZE } from '../shared/layout';
import * as M from '../shared/mman';
import { handleFault } from './fault';
import { mappingLink, mappingUnlink, objectCreate, objectRelease, objectSetSize } from './object';
import { TASK_SIZE } from './pagetable';
import { SPACE_BRK, SPACE_BRK_START, SPACE_LOCKED, SPACE_MMAP_BASE, SPACE_VMAS } from './space';
import { splitAt, unmapRange } from './unmap';
import { windowSpan } from './window';
import { gapBelow, VMA_END, VMA_FLAGS, VMA_LIMIT, VMA_OBJECT, VMA_OFFSET, VMA_START, vmaAllocate, vmaAt, vmaFind, vmaFree, vmaInsert, vmaNext, vmaRemove } from './vma';

const MMAP_MIN: u64 = 0x10000;
const MAY_ALL: u32 = M.VM_MAYREAD | M.VM_MAYWRITE | M.VM_MAYEXEC;
/** What may stand in MAP_SHARED_VALIDATE's flags. */
const KNOWN_FLAGS: u32 =
  M.MAP_TYPE | M.MAP_FIXED | M.MAP_ANONYMOUS | M.MAP_GROWSDOWN | M.MAP_DENYWRITE | M.MAP_EXECUTABLE | M.MAP_LOCKED | M.MAP_NORESERVE |
  M.MAP_POPULATE | M.MAP_NONBLOCK | M.MAP_STACK | M.MAP_HUGETLB | M.MAP_FIXED_NOREPLACE;

// @ts-ignore: decorator
@inline
export function pageUp(n: u64): u64 {
  return (n + PAGE_MASK) & ~(<u64>PAGE_MASK);
}

export function protFlags(prot: u32): u32 {
  return (prot & M.PROT_READ ? M.VM_READ : 0) | (prot & M.PROT_WRITE ? M.VM_WRITE : 0) | (prot & M.PROT_EXEC ? M.VM_EXEC : 0);
}

/** A free range of `length` bytes: below the mmap base, above it in the window, then anywhere. Big reservations stay out of the window. */
export function findGap(space: usize, length: u64, reservation: bool): u64 {
  const base = min(load<u64>(space, SPACE_MMAP_BASE), TASK_SIZE);
  const window = min(windowSpan(space), TASK_SIZE);
  let found: u64 = 0;
  if (reservation && window != 0 && length >= window >> 2) {
    found = gapBelow(space, window, TASK_SIZE - PAGE_SIZE, length);
    if (found != 0) return found;
  }
  found = gapBelow(space, MMAP_MIN, base, length);
  if (found == 0 && window > base) found = gapBelow(space, base, window, length);
  if (found == 0) found = gapBelow(space, MMAP_MIN, TASK_SIZE - PAGE_SIZE, length);
  return found;
}

export function mmMap(space: usize, address: u64, length: u64, prot: u32, flags: u32, object: usize, offset: u64, mayFlags: u32): i64 {
  const type = flags & M.MAP_TYPE;
  if (type == 0 || type > <u32>M.MAP_SHARED_VALIDATE) return -EINVAL;
  if (type == M.MAP_SHARED_VALIDATE && (flags & ~KNOWN_FLAGS) != 0) return -EOPNOTSUPP;
  if (length == 0 || (offset & PAGE_MASK) != 0) return -EINVAL;
  if (length > TASK_SIZE || offset + length > <u64>1 << 44) return -ENOMEM;
  const bytes = pageUp(length);
  const shared = type != M.MAP_PRIVATE;
  const place = choosePlace(space, address, bytes, prot, flags);
  if (place < 0) return place;
  if (load<u32>(space, SPACE_VMAS) >= VMA_LIMIT) return -ENOMEM;

  const start = <u64>place;
  if (flags & (M.MAP_FIXED | M.MAP_FIXED_NOREPLACE)) {
    const error = mmUnmap(space, start, bytes);
    if (error != 0) return error;
  }
  let own: usize = 0;
  if (object == 0 && shared) {
    own = objectCreate(OBJECT_SHMEM);
    if (own == 0) return -ENOMEM;
    objectSetSize(own, bytes);
    object = own;
    offset = 0;
  }
  const vm =
    protFlags(prot) | (object == 0 || own != 0 ? MAY_ALL : mayFlags & (MAY_ALL | M.VM_VDSO)) | (shared ? M.VM_SHARED : 0) |
    (flags & M.MAP_GROWSDOWN ? M.VM_GROWSDOWN | M.VM_STACK : 0) | (flags & M.MAP_NORESERVE ? M.VM_NORESERVE : 0) |
    (flags & M.MAP_LOCKED ? M.VM_LOCKED : 0);
  const added = addVma(space, start, bytes, vm, object, object == 0 ? 0 : offset);
  if (own != 0) objectRelease(own);
  if (!added) return -ENOMEM;
  if (flags & M.MAP_LOCKED) store<u32>(space, load<u32>(space, SPACE_LOCKED) + <u32>(bytes >> 12), SPACE_LOCKED);
  if (flags & (M.MAP_POPULATE | M.MAP_LOCKED) && !(flags & M.MAP_NONBLOCK)) populate(space, start, start + bytes, (prot & M.PROT_WRITE) != 0);
  return <i64>start;
}

/** Where the mapping goes, or -errno. */
function choosePlace(space: usize, address: u64, bytes: u64, prot: u32, flags: u32): i64 {
  if (flags & (M.MAP_FIXED | M.MAP_FIXED_NOREPLACE)) {
    if (address & PAGE_MASK) return -EINVAL;
    if (address > TASK_SIZE - bytes) return -ENOMEM;
    if (address < MMAP_MIN) return -EPERM;
    if (flags & M.MAP_FIXED_NOREPLACE) {
      const vma = vmaFind(space, address);
      if (vma != 0 && load<u64>(vma, VMA_START) < address + bytes) return -EEXIST;
    }
    return <i64>address;
  }
  const hint = address & ~(<u64>PAGE_MASK);
  if (hint >= MMAP_MIN && hint <= TASK_SIZE - bytes) {
    const vma = vmaFind(space, hint);
    if (vma == 0 || load<u64>(vma, VMA_START) >= hint + bytes) return <i64>hint;
  }
  const found = findGap(space, bytes, prot == M.PROT_NONE || (flags & M.MAP_NORESERVE) != 0);
  return found == 0 ? -ENOMEM : <i64>found;
}

/** Adds [start, start + bytes), joined to its neighbours where they continue each other. */
function addVma(space: usize, start: u64, bytes: u64, flags: u32, object: usize, offset: u64): bool {
  const before: usize = start == 0 ? 0 : vmaAt(space, start - 1);
  if (before != 0 && continues(before, start, flags, object, offset)) {
    vmaRemove(space, before);
    store<u64>(before, start + bytes, VMA_END);
    vmaInsert(space, before);
    mergeAfter(space, before);
    return true;
  }
  const vma = vmaAllocate();
  if (vma == 0) return false;
  store<u64>(vma, start, VMA_START);
  store<u64>(vma, start + bytes, VMA_END);
  store<u64>(vma, offset, VMA_OFFSET);
  store<u32>(vma, flags, VMA_FLAGS);
  store<u32>(vma, <u32>object, VMA_OBJECT);
  vmaInsert(space, vma);
  mappingLink(vma);
  mergeAfter(space, vma);
  return true;
}

function continues(before: usize, start: u64, flags: u32, object: usize, offset: u64): bool {
  if (load<u64>(before, VMA_END) != start || load<u32>(before, VMA_FLAGS) != flags || load<u32>(before, VMA_OBJECT) != <u32>object) return false;
  if (flags & M.VM_GROWSDOWN) return false;
  return object == 0 || load<u64>(before, VMA_OFFSET) + (start - load<u64>(before, VMA_START)) == offset;
}

/** Joins the VMA with the one after it when that continues it. */
export function mergeAfter(space: usize, vma: usize): void {
  const next = vmaNext(space, vma);
  if (next == 0) return;
  const start = load<u64>(next, VMA_START);
  if (!continues(vma, start, load<u32>(next, VMA_FLAGS), load<u32>(next, VMA_OBJECT), load<u64>(next, VMA_OFFSET))) return;
  vmaRemove(space, next);
  vmaRemove(space, vma);
  store<u64>(vma, load<u64>(next, VMA_END), VMA_END);
  vmaInsert(space, vma);
  mappingUnlink(next);
  vmaFree(next);
}

/** Faults in what needs no I/O (MAP_POPULATE, mlock): a page that needs the host is left to its first touch. */
export function populate(space: usize, start: u64, end: u64, write: bool): u32 {
  for (let va = start; va < end; va += PAGE_SIZE) {
    const kind = handleFault(space, va, write ? ACCESS_WRITE : ACCESS_READ);
    if (kind != FAULT_NONE) return kind;
  }
  return FAULT_NONE;
}

export function mmUnmap(space: usize, address: u64, length: u64): i32 {
  if ((address & PAGE_MASK) != 0 || length == 0 || address > TASK_SIZE || length > TASK_SIZE - address) return -EINVAL;
  const end = address + pageUp(length);
  const vma = vmaFind(space, address);
  if (vma == 0 || load<u64>(vma, VMA_START) >= end) return 0;
  // A hole in the middle of one mapping makes two of it.
  if (load<u64>(vma, VMA_START) < address && load<u64>(vma, VMA_END) > end && load<u32>(space, SPACE_VMAS) >= VMA_LIMIT) return -ENOMEM;
  if (!splitAt(space, address) || !splitAt(space, end)) return -ENOMEM;
  unmapRange(space, address, end);
  return 0;
}

export function mmBrk(space: usize, address: u64): u64 {
  const start = load<u64>(space, SPACE_BRK_START);
  const old = load<u64>(space, SPACE_BRK);
  if (address < start || address >= TASK_SIZE) return old;
  const oldTop = pageUp(old);
  const top = pageUp(address);
  if (top < oldTop) mmUnmap(space, top, oldTop - top);
  else if (top > oldTop) {
    const next = vmaFind(space, oldTop);
    if (next != 0 && load<u64>(next, VMA_START) < top + PAGE_SIZE) return old;
    if (load<u32>(space, SPACE_VMAS) >= VMA_LIMIT) return old;
    if (!addVma(space, oldTop, top - oldTop, M.VM_READ | M.VM_WRITE | MAY_ALL | M.VM_HEAP, 0, 0)) return old;
  }
  store<u64>(space, address, SPACE_BRK);
  return address;
}
