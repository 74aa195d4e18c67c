/**
 * Megapages: entries of a middle table that are leaves and map 2 MiB at once (privileged manual, section 12.4.1). What holds for each:
 *
 *   - its first frame is a multiple of 512, and it lies in one mapping;
 *   - each of its frames has one reference, that of the megapage, however many spaces have it; the first frame counts them (frameSharers);
 *   - W in an entry holds only while one space has it and nobody has a page of it, so that a store after fork(2) goes through a fault;
 *   - an entry without V is one that PROT_NONE keeps from everybody: V alone would be a pointer;
 *   - in the place of a huge page of the pool there may be a mark (hugetlbwatch.ts), which all that goes through megapages meets, too.
 *
 * Memory that wants 2 MiB gets them at its first fault when all 512 frames of its identity place are free; nothing is cleared that was
 * never used. It goes back to pages (hugeSplit) where a part of it becomes different: unmapped, protected, copied after a fork.
 */
import { ACCESS_WRITE } from '../shared/exit';
import { COUNT_HUGE_FAULTS, COUNT_HUGE_REFUSED, COUNT_HUGE_SPLITS, HART, HART_COUNTERS } from '../shared/layout';
import {
  HUGE_ALWAYS, HUGE_MADVISE, VM_DONTEXPAND, VM_HUGEPAGE, VM_HUGETLB, VM_NOHUGEPAGE, VM_SHARED, VM_UFFD, VM_VDSO,
} from '../shared/mman';
import { pteBits } from './fault';
import {
  FRAME_LAZY, FRAME_POOL, frameAddress, frameAllocate, frameFlags, frameObject, frameReferences, frameRetain, frameSetFlags,
  frameSetSharers, frameSharers, frameSpanIsFree, frameSpanTake,
} from './frames';
import { hugetlbClear } from './hugetlb';
import { hugeMark, hugeUnmark } from './hugetlbwatch';
import { dropWrites, LEAF_SPAN } from './leaf';
import {
  hugePte, isHuge, isHugePlace, leafPointer, leafPointerCreate, MARK_UFFD_WP, PTE_A, PTE_D, PTE_R, PTE_UFFD_WP, PTE_V, PTE_W, PTE_X,
  pteFrame, pteMake, pteMarkKind, WRITTEN,
} from './pagetable';
import { countResident, SPACE_HUGE, SPACE_HUGETLB, SPACE_NO_HUGE, SPACE_ROOT, SPACE_TABLES } from './space';
import { swapRelease } from './swap';
import { spanInvalidate } from './tlb';
import { identityFrame, permitSpan } from './window';
import { VMA_END, VMA_FLAGS, VMA_OBJECT, VMA_START, vmaAt } from './vma';

/** Frames, and entries of a last table, that a megapage stands for. */
export const SPAN_PAGES: u32 = 512;
const INNER: u64 = (1 << 21) - 1;
/** Memory that is somebody's beside the process is made of pages. */
const PAGES_ONLY: u32 = VM_HUGETLB | VM_SHARED | VM_NOHUGEPAGE | VM_UFFD | VM_VDSO | VM_DONTEXPAND;

/** /sys/kernel/mm/transparent_hugepage/enabled: HUGE_*. */
let policy: u32 = HUGE_MADVISE;

/** MADV_HUGEPAGE was ever said. */
let advised: bool = false;

export function hugeAdvised(): void {
  advised = true;
}

export function hugeSetPolicy(wanted: u32): void {
  policy = wanted;
}
export function hugeIsWanted(): bool {
  return policy != 0;
}

// @ts-ignore: decorator
@inline
export function bumpHuge(counter: i32): void {
  const at: usize = HART + HART_COUNTERS + counter * 8;
  store<u64>(at, load<u64>(at) + 1);
}

/** Start of the first megapage, or mark of one, that ends above va and begins below end, or end. */
export function hugeNext(space: usize, va: u64, end: u64): u64 {
  if (load<u32>(space, SPACE_HUGE) == 0) return end;
  const root = load<u32>(space, SPACE_ROOT);
  for (let at = va & ~INNER; at < end; ) {
    const p2 = load<u64>(frameAddress(root) + <usize>((at >> 30) & 511) * 8);
    if (p2 == 0) {
      at = ((at >> 30) + 1) << 30;
      continue;
    }
    if (isHugePlace(load<u64>(frameAddress(pteFrame(p2)) + <usize>((at >> 21) & 511) * 8))) return at;
    at += LEAF_SPAN;
  }
  return end;
}

/** May the mapping have a megapage at `base`, whatever the policy is? */
export function hugeFits(vma: usize, base: u64): bool {
  if (load<u32>(vma, VMA_OBJECT) != 0 || (load<u32>(vma, VMA_FLAGS) & PAGES_ONLY) != 0) return false;
  return base >= load<u64>(vma, VMA_START) && base + LEAF_SPAN <= load<u64>(vma, VMA_END);
}

/** What smaps calls THPeligible: would some place of the mapping get a megapage? */
export function hugeEligible(space: usize, vma: usize): bool {
  return hugeIsEligible(space, vma, (load<u64>(vma, VMA_START) + INNER) & ~INNER);
}

/** Could some place of the space get a megapage by policy? As good as no work where none could. */
export function hugeMayBeEligible(space: usize): bool {
  return policy != 0 && (policy == HUGE_ALWAYS || advised) && load<u32>(space, SPACE_NO_HUGE) == 0;
}

export function hugeIsEligible(space: usize, vma: usize, base: u64): bool {
  if (policy == 0 || load<u32>(space, SPACE_NO_HUGE) != 0) return false;
  if (policy != HUGE_ALWAYS && (load<u32>(vma, VMA_FLAGS) & VM_HUGEPAGE) == 0) return false;
  return hugeFits(vma, base);
}

/**
 * A fault that a megapage answers: one that is there already, or one that is taken now. False: it is a matter of pages; if a megapage is
 * there, it has to be split.
 */
export function hugeFault(space: usize, vma: usize, va: u64, access: u32): bool {
  const at = leafPointer(load<u32>(space, SPACE_ROOT), va);
  const entry = at == 0 ? 0 : load<u64>(at);
  if (entry != 0) return isHuge(entry) && allowHuge(space, vma, va, at, access);
  return hugeIsEligible(space, vma, va & ~INNER) && fillHuge(space, vma, va & ~INNER, access);
}

/** Is all of it the space's alone? */
export function isSole(first: u32): bool {
  if (frameSharers(first) != 1) return false;
  for (let frame = first; frame < first + SPAN_PAGES; frame++) if (frameReferences(frame) != 1) return false;
  return true;
}

function allowHuge(space: usize, vma: usize, va: u64, at: usize, access: u32): bool {
  const entry = load<u64>(at);
  let bits = pteBits(load<u32>(vma, VMA_FLAGS));
  if (access == ACCESS_WRITE && (entry & PTE_W) == 0) {
    const first = pteFrame(entry);
    if (!isSole(first)) return false;
    if (frameFlags(first) & FRAME_LAZY) setSpanFlags(first, 0, FRAME_LAZY);
    bits |= WRITTEN;
    spanInvalidate(space, va & ~INNER);
  }
  store<u64>(at, entry | bits);
  return true;
}

function fillHuge(space: usize, vma: usize, base: u64, access: u32): bool {
  const first = identityFrame(space, base);
  if (first == 0 || !frameSpanIsFree(first)) {
    bumpHuge(COUNT_HUGE_REFUSED);
    return false;
  }
  const at = leafPointerCreate(space, base);
  if (at == 0) return false;
  frameSpanTake(first);
  const bits = pteBits(load<u32>(vma, VMA_FLAGS)) | (access == ACCESS_WRITE ? WRITTEN : 0);
  hugeMap(space, base, at, first, bits);
  countResident(space, SPAN_PAGES);
  bumpHuge(COUNT_HUGE_FAULTS);
  return true;
}

/** Puts a megapage, whose frames have their references, where no table is: its first space has it. */
export function hugeMap(space: usize, base: u64, at: usize, first: u32, bits: u64): void {
  frameSetSharers(first, 1);
  store<u64>(at, pteMake(first, bits));
  store<u32>(space, load<u32>(space, SPACE_HUGE) + 1, SPACE_HUGE);
  if (identityFrame(space, base) == first) permitSpan(space, base, (bits & PTE_R) != 0, (bits & (PTE_W | PTE_D)) == (PTE_W | PTE_D));
}

/** Puts a table in the place of the megapage of va: what may be done there stays the same. False: no memory. */
export function hugeSplit(space: usize, va: u64): bool {
  const at = leafPointer(load<u32>(space, SPACE_ROOT), va);
  const entry = load<u64>(at);
  const table = frameAllocate(0);
  if (table == 0) return false;
  const first = pteFrame(entry);
  const sharers = frameSharers(first);
  const slots = frameAddress(table);
  for (let i: u32 = 0; i < SPAN_PAGES; i++) {
    store<u64>(slots + i * 8, hugePte(entry, i));
    if (sharers > 1) frameRetain(first + i);
  }
  frameSetSharers(first, sharers - 1);
  store<u64>(at, pteMake(table, PTE_V));
  store<u32>(space, load<u32>(space, SPACE_HUGE) - 1, SPACE_HUGE);
  store<u32>(space, load<u32>(space, SPACE_TABLES) + 1, SPACE_TABLES);
  bumpHuge(COUNT_HUGE_SPLITS);
  return true;
}

/** Takes the megapage at base from the space; the last one frees its frames. */
export function hugeClear(space: usize, base: u64): void {
  const at = leafPointer(load<u32>(space, SPACE_ROOT), base);
  const entry = load<u64>(at);
  const first = pteFrame(entry);
  if (!isHuge(entry)) {
    hugeUnmark(space, at);
    return;
  }
  if (frameFlags(first) & FRAME_POOL) {
    hugetlbClear(space, base, true);
    return;
  }
  store<u64>(at, 0);
  spanInvalidate(space, base);
  store<u32>(space, load<u32>(space, SPACE_HUGE) - 1, SPACE_HUGE);
  countResident(space, -<i32>SPAN_PAGES);
  const sharers = frameSharers(first) - 1;
  frameSetSharers(first, sharers);
  if (sharers == 0) for (let frame = first; frame < first + SPAN_PAGES; frame++) swapRelease(frame);
}

/**
 * The megapages that lie wholly in [start, end) go, or (object not 0) those that are that object's; the caller has split others
 * (leafBorders). `guarded`: the protection of a userfaultfd's stays behind.
 */
export function hugeZap(space: usize, start: u64, end: u64, object: usize, guarded: bool): void {
  for (let va = hugeNext(space, start, end); va < end; va = hugeNext(space, va + LEAF_SPAN, end)) {
    if (va < start || va + LEAF_SPAN > end) continue;
    const at = leafPointer(load<u32>(space, SPACE_ROOT), va);
    const entry = load<u64>(at);
    if (object != 0 && (!isHuge(entry) || frameObject(pteFrame(entry)) != <u32>object)) continue;
    if (guarded && pteMarkKind(entry) == MARK_UFFD_WP && !isHuge(entry)) continue;
    hugeClear(space, va);
    if (guarded && (entry & PTE_UFFD_WP) != 0) hugeMark(space, at, MARK_UFFD_WP);
  }
}

/** The child has the megapages of [start, end), a mapping, as well; neither may store without a fault. False: no memory for tables. */
export function hugeFork(parent: usize, child: usize, start: u64, end: u64): bool {
  for (let va = hugeNext(parent, start, end); va < end; va = hugeNext(parent, va + LEAF_SPAN, end)) {
    const to = leafPointerCreate(child, va);
    if (to == 0) return false;
    const from = leafPointer(load<u32>(parent, SPACE_ROOT), va);
    if (!isHuge(load<u64>(from))) {
      hugeMark(child, to, pteMarkKind(load<u64>(from)));
      continue;
    }
    const entry = load<u64>(from) & ~(PTE_W | PTE_D);
    if (load<u64>(from) != entry) {
      store<u64>(from, entry);
      dropWrites(parent, va);
    }
    store<u64>(to, entry);
    store<u32>(child, load<u32>(child, SPACE_HUGE) + 1, SPACE_HUGE);
    if (frameFlags(pteFrame(entry)) & FRAME_POOL) store<u32>(child, load<u32>(child, SPACE_HUGETLB) + 1, SPACE_HUGETLB);
    frameSetSharers(pteFrame(entry), frameSharers(pteFrame(entry)) + 1);
  }
  return true;
}

/** Resident pages in megapages of [start, end), which splits none; those of the pool are not counted as resident. */
export function hugePages(space: usize, start: u64, end: u64): u32 {
  let pages: u32 = 0;
  for (let va = hugeNext(space, start, end); va < end; va = hugeNext(space, va + LEAF_SPAN, end)) {
    const entry = load<u64>(leafPointer(load<u32>(space, SPACE_ROOT), va));
    if (isHuge(entry) && (frameFlags(pteFrame(entry)) & FRAME_POOL) == 0) pages += SPAN_PAGES;
  }
  return pages;
}

/** R and X of the megapages in [start, end) become these, W at most what it was. */
export function hugeProtect(space: usize, start: u64, end: u64, allowed: u64): void {
  for (let va = hugeNext(space, start, end); va < end; va = hugeNext(space, va + LEAF_SPAN, end)) {
    const at = leafPointer(load<u32>(space, SPACE_ROOT), va);
    const entry = load<u64>(at);
    if (!isHuge(entry)) continue;
    const now = (entry & ~(PTE_V | PTE_R | PTE_W | PTE_X)) | (entry & allowed & PTE_W) | allowed & ~PTE_W;
    store<u64>(at, allowed & (PTE_R | PTE_X) ? now | PTE_V : now);
    spanInvalidate(space, va);
  }
}

/** Takes bits (A, or SOFT and W) from the megapages of [start, end). */
export function hugeUnset(space: usize, start: u64, end: u64, bits: u64): void {
  for (let va = hugeNext(space, start, end); va < end; va = hugeNext(space, va + LEAF_SPAN, end)) {
    const at = leafPointer(load<u32>(space, SPACE_ROOT), va);
    if (!isHuge(load<u64>(at)) || (load<u64>(at) & bits) == 0) continue;
    store<u64>(at, load<u64>(at) & ~bits);
    spanInvalidate(space, va);
  }
}

/**
 * MADV_COLD, or (`lazily`) MADV_FREE, of [start, end): a megapage that is the space's alone becomes pages if only a part of it is meant, or
 * is treated as a whole. What others have as well stays as it is, but for its A when all of it is cold. False: no memory.
 */
export function hugeCool(space: usize, start: u64, end: u64, lazily: bool): bool {
  for (let va = hugeNext(space, start, end); va < end; va = hugeNext(space, va + LEAF_SPAN, end)) {
    const at = leafPointer(load<u32>(space, SPACE_ROOT), va);
    const entry = load<u64>(at);
    const whole = va >= start && va + LEAF_SPAN <= end;
    const sole = isSole(pteFrame(entry));
    if (!sole && (lazily || !whole)) continue;
    if (!whole) {
      if (!hugeSplit(space, va)) return false;
      continue;
    }
    store<u64>(at, entry & ~(lazily ? PTE_W | PTE_D | PTE_A : PTE_A));
    spanInvalidate(space, va);
    if (lazily) setSpanFlags(pteFrame(entry), FRAME_LAZY, 0);
  }
  return true;
}

function setSpanFlags(first: u32, set: u32, clear: u32): void {
  for (let frame = first; frame < first + SPAN_PAGES; frame++) frameSetFlags(frame, set, clear);
}

/** mremap(2): the megapages of [start, end), which are whole, go to `target`, where no table is. False: no memory for tables. */
export function hugeMove(space: usize, start: u64, end: u64, target: u64, set: u64): bool {
  for (let va = hugeNext(space, start, end); va < end; va = hugeNext(space, va + LEAF_SPAN, end)) {
    const to = leafPointerCreate(space, target + (va - start));
    if (to == 0) return false;
    const from = leafPointer(load<u32>(space, SPACE_ROOT), va);
    store<u64>(to, load<u64>(from) | set);
    store<u64>(from, 0);
    spanInvalidate(space, va);
  }
  return true;
}
