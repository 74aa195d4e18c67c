/** mmap(2), munmap(2), brk(2). Results: an address or 0, or -errno. */
import { EACCES, EEXIST, EINVAL, ENOMEM, EOPNOTSUPP, EOVERFLOW, EPERM } from '../shared/errno';
import { ACCESS_READ, ACCESS_WRITE, FAULT_NONE, OBJECT_HUGETLB, OBJECT_SHMEM } from '../shared/exit';
import { PAGE_MASK, PAGE_SIZE } from '../shared/layout';
import * as M from '../shared/mman';
import { handleFault, MMAP_MIN } from './fault';
import { framesLimit } from './frames';
import { mappingLink, mappingUnlink, objectCreateInternal, OBJECT_KIND, objectRelease, objectSetSize } from './object';
import { hugeIsWanted } from './huge';
import { hugetlbCuts, hugetlbInner, hugetlbReserve, hugetlbUnreserve } from './hugetlb';
import { NOT_MERGEABLE } from './ksm';
import { LEAF_SPAN, leafBorders } from './leaf';
import { sealedWithin } from './seal';
import { leafShared, PTE_V, PTE_W, pteAt, TASK_SIZE } from './pagetable';
import { SPACE_BRK, SPACE_BRK_START, SPACE_LOCK, SPACE_MERGE, SPACE_MMAP_BASE, SPACE_ROOT, SPACE_VMAS } from './space';
import { splitAt, unmapRange } from './unmap';
import { windowSpan } from './window';
import {
  gapBelow, guardedStart, VMA_END, VMA_FLAGS, VMA_LIMIT, VMA_NAME, VMA_OBJECT, VMA_OFFSET, VMA_START, VMA_UFFD, vmaAllocate, vmaBefore,
  vmaBeforeThat, vmaFind, vmaFree, vmaInsert, vmaNext, vmaRemove, vmaResize,
} from './vma';

const MAY_ALL: u32 = M.VM_MAYREAD | M.VM_MAYWRITE | M.VM_MAYEXEC;
/** The bits of those sizes that go with MAP_HUGETLB: 2 MiB and 1 GiB. */
const HUGE_1GB: u32 = 30 << 26;
const HUGE_SIZES: u32 = (21 << 26) | HUGE_1GB;
const HUGE_SIZE: u32 = 63 << 26;
/** What may stand in MAP_SHARED_VALIDATE's flags: Linux's list of old flags, on which MAP_FIXED_NOREPLACE is not. */
const KNOWN_FLAGS: u32 =
  M.MAP_TYPE | M.MAP_FIXED | M.MAP_ANONYMOUS | M.MAP_GROWSDOWN | M.MAP_DENYWRITE | M.MAP_EXECUTABLE | M.MAP_LOCKED | M.MAP_NORESERVE |
  M.MAP_POPULATE | M.MAP_NONBLOCK | M.MAP_STACK | M.MAP_HUGETLB | M.MAP_UNINITIALIZED | HUGE_SIZES;
const ANY_FIXED: u32 = M.MAP_FIXED | M.MAP_FIXED_NOREPLACE;

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

/** `name`: of a file's mapping, a number of the host's that it keeps; mappings with different ones are not joined. */
export function mmMap(
  space: usize, address: u64, length: u64, prot: u32, flags: u32, object: usize, offset: u64, mayFlags: u32, name: u32,
): i64 {
  if (length == 0 || (offset & PAGE_MASK) != 0) return -EINVAL;
  if (length > TASK_SIZE) return -ENOMEM;
  const anonymous = object == 0;
  const huge = (flags & M.MAP_HUGETLB) != 0 || (!anonymous && load<u32>(object, OBJECT_KIND) == OBJECT_HUGETLB);
  const kind: u32 = huge ? M.VM_HUGETLB | ((flags & HUGE_SIZE) == HUGE_1GB ? M.VM_HUGE_1GB : 0) : 0;
  const inner = hugetlbInner(kind);
  const bytes = (length + inner) & ~inner;
  const wrong = checkType(flags, anonymous);
  if (wrong != 0) return wrong;
  if (huge && !isHugeRequest(object, offset, inner)) return -EINVAL;
  if (!anonymous && offset + bytes < offset) return -EOVERFLOW;
  const may = anonymous ? MAY_ALL : mayFlags & (MAY_ALL | M.VM_VDSO | M.VM_DONTEXPAND | M.VM_DONTDUMP);
  const access = protFlags(prot);
  if ((access << 4) & ~may & MAY_ALL) return -EACCES;
  if (load<u32>(space, SPACE_VMAS) > VMA_LIMIT) return -ENOMEM;
  const place = choosePlace(space, address, bytes, prot, flags, inner);
  if (place < 0) return place;

  const shared = isShared(flags);
  if (huge) {
    // What a segment of shmget(2) needs was reserved when it was made, or is not wanted.
    const reserves = (flags & M.MAP_NORESERVE) == 0 && (anonymous || (mayFlags & M.VM_HUGE_RESERVED) == 0);
    return mapHuge(space, <u64>place, bytes, access | may | kind, object, offset, flags, reserves, name);
  }
  const droppable = (flags & M.MAP_TYPE) == M.MAP_DROPPABLE;
  if (droppable) return mapDroppable(space, <u64>place, bytes, access | may, flags);
  const vm =
    access | may | (shared ? M.VM_SHARED : 0) | (flags & M.MAP_GROWSDOWN ? M.VM_GROWSDOWN : 0) |
    (flags & M.MAP_NORESERVE ? M.VM_NORESERVE : 0) | (flags & M.MAP_LOCKED ? M.VM_LOCKED : 0) | lockOf(space, may) |
    (shared || (may & NOT_MERGEABLE) != 0 ? 0 : load<u32>(space, SPACE_MERGE)) |
    (!shared && (access & M.VM_WRITE) != 0 && (flags & M.MAP_NORESERVE) == 0 ? M.VM_ACCOUNT : 0);
  const start = <u64>place;
  const error =
    anonymous && shared ? mapOwnObject(space, start, bytes, vm) : mapAt(space, start, bytes, vm, object, anonymous ? 0 : offset, name);
  if (error != 0) return error;
  // Best effort, as in Linux: what can't be had now is had at its first touch.
  if ((vm & M.VM_LOCKED_MASK) == M.VM_LOCKED || (flags & (M.MAP_POPULATE | M.MAP_NONBLOCK)) == M.MAP_POPULATE) {
    const most = <u64>framesLimit() * PAGE_SIZE;
    populate(space, start, start + min(bytes, most), !shared && (prot & M.PROT_WRITE) != 0);
  }
  return <i64>start;
}

function isShared(flags: u32): bool {
  const type = flags & M.MAP_TYPE;
  return type == M.MAP_SHARED || type == M.MAP_SHARED_VALIDATE;
}

/** Memory that is kept as long as nobody wants the room: no child has it, no dump, and it is never locked or merged. */
function mapDroppable(space: usize, start: u64, bytes: u64, vm: u32, flags: u32): i64 {
  const error = mapAt(space, start, bytes, vm | M.VM_DROPPABLE | M.VM_NORESERVE | M.VM_WIPEONFORK | M.VM_DONTDUMP, 0, 0);
  if (error != 0) return error;
  if ((flags & (M.MAP_POPULATE | M.MAP_NONBLOCK)) == M.MAP_POPULATE) populate(space, start, start + bytes, (vm & M.VM_WRITE) != 0);
  return <i64>start;
}

/** Huge pages of the pool are only those of files that have them, or nobody's. */
function isHugeRequest(object: usize, offset: u64, inner: u64): bool {
  return object == 0 || (load<u32>(object, OBJECT_KIND) == OBJECT_HUGETLB && (offset & inner) == 0);
}

/** A mapping of huge pages of the pool; `reserves`: what it may need of them is to be reserved. */
function mapHuge(
  space: usize, start: u64, bytes: u64, vm: u32, object: usize, offset: u64, flags: u32, reserves: bool, name: u32,
): i64 {
  const shared = isShared(flags);
  const own = object == 0 && shared;
  if (own) {
    object = objectCreateInternal(OBJECT_HUGETLB);
    if (object == 0) return -ENOMEM;
    objectSetSize(object, bytes);
  }
  const promise = !reserves ? 0 : vm & M.VM_HUGE_1GB ? -1 : hugetlbReserve(object, offset, bytes, shared);
  let error = promise < 0 ? -ENOMEM : 0;
  const more = M.VM_DONTEXPAND | (shared ? M.VM_SHARED : 0) | (flags & M.MAP_NORESERVE ? M.VM_NORESERVE : 0);
  if (error == 0) {
    error = mapAt(space, start, bytes, vm | more | <u32>promise, object, object == 0 ? 0 : offset, name);
    if (error != 0 && !shared) hugetlbUnreserve(object, bytes);
  }
  if (own) objectRelease(object);
  if (error != 0) return error;
  if ((flags & (M.MAP_POPULATE | M.MAP_NONBLOCK)) == M.MAP_POPULATE) {
    populate(space, start, start + bytes, !shared && (vm & M.VM_WRITE) != 0);
  }
  return <i64>start;
}

/** mlockall(MCL_FUTURE): what new mappings get, those of devices not. */
function lockOf(space: usize, may: u32): u32 {
  return may & (M.VM_DONTEXPAND | M.VM_VDSO) ? 0 : load<u32>(space, SPACE_LOCK);
}

/** 0, or -errno for a type of mapping that does not exist. */
function checkType(flags: u32, anonymous: bool): i32 {
  const type = flags & M.MAP_TYPE;
  if (type == M.MAP_DROPPABLE) return anonymous && (flags & (M.MAP_LOCKED | M.MAP_HUGETLB | M.MAP_GROWSDOWN)) == 0 ? 0 : -EINVAL;
  if (type == 0 || type > <u32>M.MAP_SHARED_VALIDATE || (anonymous && type == M.MAP_SHARED_VALIDATE)) return -EINVAL;
  if (type == M.MAP_SHARED_VALIDATE && (flags & ~KNOWN_FLAGS) != 0) return -EOPNOTSUPP;
  if ((flags & M.MAP_GROWSDOWN) != 0 && (!anonymous || type != M.MAP_PRIVATE)) return -EINVAL;
  return 0;
}

/** Where the mapping goes, or -errno. */
function choosePlace(space: usize, address: u64, bytes: u64, prot: u32, flags: u32, inPage: u64): i64 {
  const huge = inPage != PAGE_MASK;
  if (flags & ANY_FIXED) {
    if (address > TASK_SIZE - bytes) return -ENOMEM;
    if (address & inPage) return -EINVAL;
    if (address < MMAP_MIN && (flags & M.MAP_LOW) == 0) return -EPERM;
    if (flags & M.MAP_FIXED_NOREPLACE) {
      const vma = vmaFind(space, address);
      if (vma != 0 && load<u64>(vma, VMA_START) < address + bytes) return -EEXIST;
    }
    return <i64>address;
  }
  const hint = address == 0 ? 0 : max((address + (huge ? inPage : 0)) & ~inPage, huge ? inPage + 1 : MMAP_MIN);
  if (hint != 0 && hint <= TASK_SIZE - bytes) {
    const vma = vmaFind(space, hint);
    if (vma == 0 || (load<u64>(vma, VMA_START) > hint && guardedStart(vma) >= hint + bytes)) return <i64>hint;
  }
  const reservation = prot == M.PROT_NONE || (flags & M.MAP_NORESERVE) != 0;
  if (huge || ((flags & M.MAP_ANONYMOUS) != 0 && (bytes & (LEAF_SPAN - 1)) == 0 && hugeIsWanted())) {
    // As in Linux since 6.7: where megapages fit.
    const span = huge ? inPage + 1 : LEAF_SPAN;
    const wide = findGap(space, bytes + span - PAGE_SIZE, reservation);
    if (wide == 0 && huge) return -ENOMEM;
    if (wide != 0) return <i64>((wide + span - PAGE_SIZE) & ~(span - 1));
  }
  const found = findGap(space, bytes, reservation);
  return found == 0 ? -ENOMEM : <i64>found;
}

/** Shared anonymous memory: an object that only its mappings hold. */
function mapOwnObject(space: usize, start: u64, bytes: u64, flags: u32): i32 {
  const object = objectCreateInternal(OBJECT_SHMEM);
  if (object == 0) return -ENOMEM;
  objectSetSize(object, bytes);
  const error = mapAt(space, start, bytes, flags, object, 0);
  objectRelease(object);
  return error;
}

/** Puts a mapping in the place of whatever is there. Everything that may fail comes before the first change. */
function mapAt(space: usize, start: u64, bytes: u64, flags: u32, object: usize, offset: u64, name: u32 = 0): i32 {
  const vma = vmaAllocate();
  if (vma == 0) return -ENOMEM;
  let after = vmaFind(space, start);
  if (after != 0 && load<u64>(after, VMA_START) < start + bytes) {
    const error = mmUnmap(space, start, bytes);
    if (error != 0) {
      vmaFree(vma);
      return error;
    }
    after = vmaFind(space, start);
  }
  store<u64>(vma, start, VMA_START);
  store<u64>(vma, start + bytes, VMA_END);
  store<u64>(vma, offset, VMA_OFFSET);
  store<u32>(vma, flags, VMA_FLAGS);
  store<u32>(vma, <u32>object, VMA_OBJECT);
  store<u32>(vma, name, VMA_NAME);
  const before = vmaBeforeThat(space, start, after);
  if (before != 0 && continues(before, vma)) {
    vmaResize(space, before, load<u64>(before, VMA_START), start + bytes);
    joinSoft(before, flags);
    vmaFree(vma);
    mergeAfter(space, before);
    return 0;
  }
  vmaInsert(space, vma);
  mappingLink(vma);
  mergeAfter(space, vma);
  return 0;
}

/** Do two neighbouring VMAs map as one would? */
export function continues(before: usize, after: usize): bool {
  const start = load<u64>(after, VMA_START);
  const flags = load<u32>(before, VMA_FLAGS);
  const object = load<u32>(before, VMA_OBJECT);
  const differ = (load<u32>(after, VMA_FLAGS) ^ flags) & ~M.VM_SOFT_CLEAN;
  if (load<u64>(before, VMA_END) != start || differ != 0 || load<u32>(after, VMA_OBJECT) != object) return false;
  if (load<u32>(before, VMA_UFFD) != load<u32>(after, VMA_UFFD)) return false;
  if (load<u32>(before, VMA_NAME) != load<u32>(after, VMA_NAME)) return false;
  if (flags & M.VM_GROWSDOWN) return false;
  return object == 0 || load<u64>(before, VMA_OFFSET) + (start - load<u64>(before, VMA_START)) == load<u64>(after, VMA_OFFSET);
}

/** A mapping that grows by one whose pages all count as written is such a mapping. */
function joinSoft(vma: usize, flags: u32): void {
  if ((flags & M.VM_SOFT_CLEAN) == 0) store<u32>(vma, load<u32>(vma, VMA_FLAGS) & ~M.VM_SOFT_CLEAN, VMA_FLAGS);
}

/** Joins the VMA with the one after it when that continues it. */
export function mergeAfter(space: usize, vma: usize): void {
  const next = vmaNext(vma);
  if (next == 0 || !continues(vma, next)) return;
  const end = load<u64>(next, VMA_END);
  vmaRemove(space, next);
  joinSoft(vma, load<u32>(next, VMA_FLAGS));
  vmaResize(space, vma, load<u64>(vma, VMA_START), end);
  mappingUnlink(next);
  vmaFree(next);
}

/** Faults in what is not there yet (MAP_POPULATE, mlock, MADV_POPULATE_*). FAULT_NONE, or what stopped it. */
export function populate(space: usize, start: u64, end: u64, write: bool): u32 {
  const root = load<u32>(space, SPACE_ROOT);
  const wanted = write ? PTE_V | PTE_W : PTE_V;
  for (let va = start; va < end; va += PAGE_SIZE) {
    if ((pteAt(root, va) & wanted) == wanted && !(write && leafShared(root, va))) continue;
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
  if (sealedWithin(space, address, end)) return -EPERM;
  // Mostly one mapping goes as it is.
  if (load<u64>(vma, VMA_START) == address && load<u64>(vma, VMA_END) == end) {
    if (!leafBorders(space, address, end)) return -ENOMEM;
    unmapRange(space, address, end);
    return 0;
  }
  if (hugetlbCuts(space, address) || hugetlbCuts(space, end)) return -EINVAL;
  // A hole in the middle of one mapping makes two of it.
  if (load<u64>(vma, VMA_START) < address && load<u64>(vma, VMA_END) > end && load<u32>(space, SPACE_VMAS) >= VMA_LIMIT) return -ENOMEM;
  if (!leafBorders(space, address, end) || !splitAt(space, address)) return -ENOMEM;
  if (!splitAt(space, end)) {
    const before = vmaBefore(space, address);
    if (before != 0) mergeAfter(space, before);
    return -ENOMEM;
  }
  unmapRange(space, address, end);
  return 0;
}

export function mmBrk(space: usize, address: u64): u64 {
  const old = load<u64>(space, SPACE_BRK);
  if (address < load<u64>(space, SPACE_BRK_START) || address >= TASK_SIZE) return old;
  const oldTop = pageUp(old);
  const top = pageUp(address);
  if (top < oldTop && mmUnmap(space, top, oldTop - top) != 0) return old;
  if (top > oldTop) {
    // Linux keeps a page free between the heap and what follows.
    const next = vmaFind(space, oldTop);
    if (next != 0 && guardedStart(next) < top + PAGE_SIZE) return old;
    if (load<u32>(space, SPACE_VMAS) > VMA_LIMIT) return old;
    const lock = load<u32>(space, SPACE_LOCK);
    const flags = M.VM_READ | M.VM_WRITE | MAY_ALL | M.VM_HEAP | M.VM_ACCOUNT | lock | load<u32>(space, SPACE_MERGE);
    if (mapAt(space, oldTop, top - oldTop, flags, 0, 0) != 0) return old;
    if (lock == M.VM_LOCKED) populate(space, oldTop, top, true);
  }
  store<u64>(space, address, SPACE_BRK);
  return address;
}
