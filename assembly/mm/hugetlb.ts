/**
 * Huge pages from the pool (MAP_HUGETLB): memory of a machine that is set aside as whole megapages, /proc/sys/vm/nr_hugepages of them. A
 * mapping of them (VM_HUGETLB) begins and ends at multiples of 2 MiB, its entries are megapages (huge.ts) and never become pages, and
 * what it may need is reserved when it is made, so that a fault finds a page:
 *
 *   private     VM_HUGE_RESERVED: every page of the mapping that is not there counts as reserved
 *   shared      the object has a page reserved for each that it has not, up to where it was ever mapped to
 *
 * A mapping of pages of 1 GiB (VM_HUGE_1GB) begins and ends at multiples of that, has nothing reserved and never finds a page: no such
 * piece of memory is free in one.
 *
 * A page that is given out lies where its first user's window has it, if that is free: the pool's own goes in exchange. FRAME_POOL marks
 * the first frame of each. Of an object's page frameSharers counts the mappings alone: the object has the frames' references.
 */
import { ACCESS_WRITE, FAULT_ADRERR, FAULT_HWPOISON, FAULT_MEMORY, FAULT_NONE } from '../shared/exit';
import {
  VM_HUGE_1GB, VM_HUGE_RESERVED, VM_HUGETLB, VM_SHARED, VM_UFFD_MINOR, VM_UFFD_MISSING, VM_UFFD_WP,
} from '../shared/mman';
import { FRAME_COUNT, PAGE_MASK } from '../shared/layout';
import { handOut, isProtected, pteBits } from './fault';
import { frameAddress, frameIndex, frameObject, frameSetSharers, frameSharers } from './frames';
import { hugeNext, isSole, SPAN_PAGES } from './huge';
import { poolPromise, poolPut, poolReserve, poolTake, poolUnreserve } from './hugetlbpool';
import { hugeUnmark } from './hugetlbwatch';
import { LEAF_SPAN } from './leaf';
import {
  isHuge, leafPointer, leafPointerCreate, MARK_POISON, PTE_A, PTE_UFFD_WP, PTE_W, pteFrame, pteMake, pteMarkKind, TASK_SIZE,
  WRITTEN,
} from './pagetable';
import { INDEX_END, objectFrame, objectNextPresent, objectSize } from './object';
import { objectInsertSpan, objectQuota, objectRemoveSpan, objectReserved, objectSetReserved } from './objectspan';
import { SPACE_HUGE, SPACE_HUGETLB, SPACE_ROOT, spaceAfter, spaceFirst } from './space';
import { spanInvalidate } from './tlb';
import { identityFrame } from './window';
import { VMA_END, VMA_FLAGS, VMA_OBJECT, VMA_OFFSET, VMA_START, vmaAt } from './vma';

const INNER: u64 = (1 << 21) - 1;
const GIGA_INNER: u64 = (1 << 30) - 1;
const SPAN_BYTES: usize = 1 << 21;

/** What a new mapping needs: VM_HUGE_RESERVED or 0, or -1: there are not so many pages. */
export function hugetlbReserve(object: usize, offset: u64, bytes: u64, shared: bool): i32 {
  if (!shared) return poolReserve(<u32>(bytes >> 21), quotaOf(object)) ? VM_HUGE_RESERVED : -1;
  const end = (offset + bytes) >> 21;
  const before = <u64>objectReserved(object);
  if (end <= before) return 0;
  let more = end - before;
  const until = <i64>(end << 9);
  for (let at = objectNextPresent(object, before << 9); at >= 0 && at < until; at = objectNextPresent(object, at + SPAN_PAGES)) more--;
  if (more > <u64>FRAME_COUNT || !poolReserve(<u32>more, quotaOf(object))) return -1;
  objectSetReserved(object, <u32>end);
  return 0;
}

/** The private mapping that was to be could not be made. */
export function hugetlbUnreserve(object: usize, bytes: u64): void {
  poolUnreserve(<u32>(bytes >> 21), quotaOf(object));
}

function quotaOf(object: usize): usize {
  return object == 0 ? 0 : objectQuota(object);
}

/** The mapping goes, and with it what it had reserved and not used; its pages have gone before. */
export function hugetlbForget(vma: usize): void {
  if ((load<u32>(vma, VMA_FLAGS) & VM_HUGE_RESERVED) == 0) return;
  poolUnreserve(pagesOf(vma), quotaOf(load<u32>(vma, VMA_OBJECT)));
}
/** A mapping that is about to take over another's pages and promises (mremap). */
export function hugetlbTakeOver(vma: usize): void {
  if (load<u32>(vma, VMA_FLAGS) & VM_HUGE_RESERVED) poolPromise(pagesOf(vma), quotaOf(load<u32>(vma, VMA_OBJECT)));
}
function pagesOf(vma: usize): u32 {
  return <u32>((load<u64>(vma, VMA_END) - load<u64>(vma, VMA_START)) >> 21);
}

/** The address bits within a page of a mapping with these flags. */
export function hugetlbInner(flags: u32): u64 {
  return flags & VM_HUGETLB ? (flags & VM_HUGE_1GB ? GIGA_INNER : INNER) : <u64>PAGE_MASK;
}

/** Would a border at this address go through a huge page of the pool? */
export function hugetlbCuts(space: usize, at: u64): bool {
  if ((at & GIGA_INNER) == 0) return false;
  const vma = vmaAt(space, at);
  return vma != 0 && (at & hugetlbInner(load<u32>(vma, VMA_FLAGS))) != 0;
}

/** A fault in such a mapping that its protection allows: FAULT_*. */
export function hugetlbFault(space: usize, vma: usize, va: u64, access: u32): u32 {
  const base = va & ~INNER;
  const at = leafPointerCreate(space, base);
  if (at == 0) return FAULT_MEMORY;
  const flags = load<u32>(vma, VMA_FLAGS);
  const object = <usize>load<u32>(vma, VMA_OBJECT);
  const offset = load<u64>(vma, VMA_OFFSET) + (base - load<u64>(vma, VMA_START));
  const shared = (flags & VM_SHARED) != 0;
  const write = access == ACCESS_WRITE;
  const entry = load<u64>(at);
  if (isHuge(entry)) return allow(space, vma, base, at, write);
  if (pteMarkKind(entry) == MARK_POISON) return FAULT_HWPOISON;
  const guard = entry != 0 && (flags & VM_UFFD_WP) != 0;
  const bits = pteBits(flags) | (guard ? PTE_UFFD_WP : 0);
  const written: u64 = write && !guard ? WRITTEN : 0;
  if (object != 0) {
    if (offset >= objectSize(object)) return FAULT_ADRERR;
    const index = offset >> 12;
    let span = objectFrame(object, index);
    if (span != 0 && (flags & VM_UFFD_MINOR) != 0) return handOut(vma, VM_UFFD_MINOR);
    if (span == 0 && (flags & VM_UFFD_MISSING) != 0) return handOut(vma, VM_UFFD_MISSING);
    if (span == 0 && shared && (flags & VM_HUGE_1GB) == 0) span = makePage(identityFrame(space, base), object, index);
    if (span != 0) {
      hugetlbMap(space, at, span, bits | (shared ? written : 0));
      if (guard && write) return handOut(vma, VM_UFFD_WP);
      return write && !shared ? copy(space, vma, base, at) : FAULT_NONE;
    }
    if (shared) return FAULT_ADRERR;
  } else if (flags & VM_UFFD_MISSING) return handOut(vma, VM_UFFD_MISSING);
  const span = flags & VM_HUGE_1GB ? 0 : poolTake(identityFrame(space, base), (flags & VM_HUGE_RESERVED) != 0, quotaOf(object));
  if (span == 0) return FAULT_ADRERR;
  hugetlbMap(space, at, span, bits | written);
  return guard && write ? handOut(vma, VM_UFFD_WP) : FAULT_NONE;
}

/** A page for an object that has none there; 0: there is none. */
function makePage(identity: u32, object: usize, index: u64): u32 {
  const promised = index >> 9 < objectReserved(object);
  const span = poolTake(identity, promised, objectQuota(object));
  if (span == 0 || hugetlbGive(object, index, span)) return span;
  hugetlbPut(span, promised);
  return 0;
}

/** A page that was taken for it becomes the object's. False: no memory. */
export function hugetlbGive(object: usize, index: u64, span: u32): bool {
  frameSetSharers(span, 0);
  return objectInsertSpan(object, index, span);
}

/** Has the place a page reserved, should none be there? */
export function hugetlbPromised(vma: usize, index: u64): bool {
  const flags = load<u32>(vma, VMA_FLAGS);
  return flags & VM_SHARED ? index >> 9 < objectReserved(load<u32>(vma, VMA_OBJECT)) : (flags & VM_HUGE_RESERVED) != 0;
}

/** A page that nobody maps yet, or 0. */
export function hugetlbTake(space: usize, vma: usize, base: u64, promised: bool): u32 {
  return poolTake(identityFrame(space, base), promised, quotaOf(load<u32>(vma, VMA_OBJECT)));
}

/** It goes back as it was taken. */
export function hugetlbPut(span: u32, promised: bool): void {
  const quota = <usize>frameIndex(span);
  if (promised) poolPromise(1, quota);
  poolPut(span, quota);
}

/** fallocate(2): a page for an object before anybody maps it. False: there is none. */
export function hugetlbFill(object: usize, page: u32): bool {
  return objectFrame(object, page << 9) != 0 || makePage(0, object, page << 9) != 0;
}

/** Maps a page where none is. Window bytes come with the accesses: some of an object's pages may be code. */
export function hugetlbMap(space: usize, at: usize, span: u32, bits: u64): void {
  if (load<u64>(at) != 0) hugeUnmark(space, at);
  frameSetSharers(span, frameObject(span) == 0 ? 1 : frameSharers(span) + 1);
  store<u64>(at, pteMake(span, bits));
  store<u32>(space, load<u32>(space, SPACE_HUGE) + 1, SPACE_HUGE);
  store<u32>(space, load<u32>(space, SPACE_HUGETLB) + 1, SPACE_HUGETLB);
}

function allow(space: usize, vma: usize, base: u64, at: usize, write: bool): u32 {
  const flags = load<u32>(vma, VMA_FLAGS);
  if (write && isProtected(flags, at)) return handOut(vma, VM_UFFD_WP);
  const entry = load<u64>(at);
  const mine = (flags & VM_SHARED) != 0 || (frameObject(pteFrame(entry)) == 0 && isSole(pteFrame(entry)));
  if (write && (entry & PTE_W) == 0 && !mine) return copy(space, vma, base, at);
  spanInvalidate(space, base);
  store<u64>(at, entry | pteBits(flags) | (write ? WRITTEN | PTE_A : 0));
  return FAULT_NONE;
}

/** A store to a private page that is an object's, or another space's as well. */
function copy(space: usize, vma: usize, base: u64, at: usize): u32 {
  const flags = load<u32>(vma, VMA_FLAGS);
  const old = pteFrame(load<u64>(at));
  const owner = (flags & VM_HUGE_RESERVED) != 0;
  const span = hugetlbTake(space, vma, base, owner && frameObject(old) != 0);
  if (span == 0 && owner && frameObject(old) == 0) {
    // Who had reserved it keeps it: children lose it, and find none.
    withdraw(space, old);
    spanInvalidate(space, base);
    store<u64>(at, load<u64>(at) | pteBits(flags) | WRITTEN);
    return FAULT_NONE;
  }
  if (span == 0) return FAULT_ADRERR;
  memory.copy(frameAddress(span), frameAddress(old), SPAN_BYTES);
  hugetlbClear(space, base, false);
  hugetlbMap(space, at, span, pteBits(flags) | WRITTEN);
  return FAULT_NONE;
}

/** Takes a private page from all spaces but one. */
function withdraw(keeper: usize, span: u32): void {
  for (let space = spaceFirst(); space != 0; space = spaceAfter(space)) {
    if (space == keeper || load<u32>(space, SPACE_HUGETLB) == 0) continue;
    for (let va = hugeNext(space, 0, TASK_SIZE); va < TASK_SIZE; va = hugeNext(space, va + LEAF_SPAN, TASK_SIZE)) {
      const entry = load<u64>(leafPointer(load<u32>(space, SPACE_ROOT), va));
      if (isHuge(entry) && pteFrame(entry) == span) hugetlbClear(space, va, false);
    }
  }
}

/** Takes the page at base from the space. `promise`: if its mapping has reserved its pages, one is reserved for this place again. */
export function hugetlbClear(space: usize, base: u64, promise: bool): void {
  const at = leafPointer(load<u32>(space, SPACE_ROOT), base);
  const span = pteFrame(load<u64>(at));
  store<u64>(at, 0);
  spanInvalidate(space, base);
  store<u32>(space, load<u32>(space, SPACE_HUGE) - 1, SPACE_HUGE);
  store<u32>(space, load<u32>(space, SPACE_HUGETLB) - 1, SPACE_HUGETLB);
  const sharers = frameSharers(span) - 1;
  frameSetSharers(span, sharers);
  const own = frameObject(span) == 0;
  const vma = promise ? vmaAt(space, base) : 0;
  const again = vma != 0 && own && (load<u32>(vma, VMA_FLAGS) & VM_HUGE_RESERVED) != 0;
  const quota = <usize>frameIndex(span);
  if (again) poolPromise(1, quota);
  if (own && sharers == 0) poolPut(span, quota);
}

/** The pages [from, to) of an object of huge pages go, which nobody maps any more; all of them: what it has reserved goes, too. */
export function hugetlbDrop(object: usize, from: u64, to: u64): void {
  const kept = objectReserved(object);
  const start = (from + SPAN_PAGES - 1) >> 9;
  // After a truncation nothing is reserved behind the end; a hole is what it was before the first store.
  const end = to >> 9;
  const cut = to == INDEX_END && kept > start;
  const quota = objectQuota(object);
  for (let page = start; page < min(end, kept); page++) {
    const span = objectFrame(object, page << 9);
    if (span != 0) {
      objectRemoveSpan(object, page << 9);
      if (!cut) poolPromise(1, quota);
      poolPut(span, quota);
    } else if (cut) poolUnreserve(1, quota);
  }
  // What fallocate(2) has filled behind it was reserved for nobody.
  const behind = max(start, kept) << 9;
  const until = <i64>(end << 9);
  for (let next = objectNextPresent(object, behind); next >= 0 && next < until; next = objectNextPresent(object, next + SPAN_PAGES)) {
    const span = objectFrame(object, next);
    objectRemoveSpan(object, next);
    poolPut(span, quota);
  }
  if (cut) objectSetReserved(object, <u32>start);
}
