/**
 * Huge pages of the pool that a userfaultfd watches: it gives and protects whole ones. Where there is none, a middle table's entry may be a
 * mark (MARK_POISON, MARK_UFFD_WP): it counts as a megapage of the pool in SPACE_HUGE and SPACE_HUGETLB, so that what looks for megapages
 * finds it.
 */
import { EEXIST, EFAULT, EINVAL, ENOENT, ENOMEM } from '../shared/errno';
import { UFFD_CONTINUE, UFFD_COPY, UFFD_POISON } from '../shared/exit';
import { VM_HUGE_1GB, VM_SHARED, VM_WRITE } from '../shared/mman';
import { pteBits } from './fault';
import { frameAddress } from './frames';
import { hugeNext } from './huge';
import { hugetlbGive, hugetlbInner, hugetlbMap, hugetlbPromised, hugetlbPut, hugetlbTake } from './hugetlb';
import { LEAF_SPAN } from './leaf';
import { needFrames } from './need';
import { objectFrame, objectSize } from './object';
import {
  isHuge, leafPointer, leafPointerCreate, MARK_POISON, MARK_UFFD_WP, PTE_SOFT, PTE_UFFD_WP, PTE_W, pteMark, pteMarkKind, WRITTEN,
} from './pagetable';
import { SPACE_HUGE, SPACE_HUGETLB, SPACE_ROOT } from './space';
import { spanInvalidate } from './tlb';
import { VMA_FLAGS, VMA_OBJECT, VMA_OFFSET, VMA_START, vmaAt } from './vma';

/** Puts a mark where nothing is. */
export function hugeMark(space: usize, at: usize, kind: u32): void {
  store<u64>(at, pteMark(kind, 0));
  count(space, 1);
}

export function hugeUnmark(space: usize, at: usize): void {
  store<u64>(at, 0);
  count(space, -1);
}

function count(space: usize, by: i32): void {
  store<u32>(space, load<u32>(space, SPACE_HUGE) + by, SPACE_HUGE);
  store<u32>(space, load<u32>(space, SPACE_HUGETLB) + by, SPACE_HUGETLB);
}

/** Protects the huge pages of [start, end) from stores, those that are not there as well. -ENOMEM: some are done. */
export function hugetlbProtect(space: usize, start: u64, end: u64): i32 {
  for (let va = start; va < end; va += LEAF_SPAN) {
    const at = leafPointerCreate(space, va);
    if (at == 0) return -ENOMEM;
    const entry = load<u64>(at);
    if (entry == 0) hugeMark(space, at, MARK_UFFD_WP);
    else if (isHuge(entry)) {
      store<u64>(at, (entry & ~PTE_W) | PTE_UFFD_WP);
      spanInvalidate(space, va);
    }
  }
  return 0;
}

export function hugetlbUnprotect(space: usize, start: u64, end: u64): void {
  for (let va = hugeNext(space, start, end); va < end; va = hugeNext(space, va + LEAF_SPAN, end)) {
    const at = leafPointer(load<u32>(space, SPACE_ROOT), va);
    const entry = load<u64>(at);
    if (isHuge(entry)) store<u64>(at, entry & ~PTE_UFFD_WP);
    else if (pteMarkKind(entry) == MARK_UFFD_WP) hugeUnmark(space, at);
  }
}

/** The page that the host fills for UFFDIO_COPY, or 0. */
let inHand: u32 = 0;
let promised: bool = false;

/** Takes a page for the place at va, a multiple of 2 MiB: its address, -errno or NEED_PAGE. EEXIST also when there is none, as in Linux. */
export function hugetlbStage(space: usize, va: u64): f64 {
  const vma = vmaAt(space, va);
  if (vma == 0) return <f64>-ENOENT;
  const at = leafPointerCreate(space, va);
  if (at == 0) return <f64>needFrames();
  if (isHuge(load<u64>(at))) return <f64>-EEXIST;
  const shared = (load<u32>(vma, VMA_FLAGS) & VM_SHARED) != 0;
  if (shared && objectFrame(load<u32>(vma, VMA_OBJECT), indexAt(vma, va)) != 0) return <f64>-EEXIST;
  promised = hugetlbPromised(vma, indexAt(vma, va));
  inHand = load<u32>(vma, VMA_FLAGS) & VM_HUGE_1GB ? 0 : hugetlbTake(space, vma, va, promised);
  return inHand == 0 ? <f64>-EEXIST : <f64>frameAddress(inHand);
}

/** The host could not fill it. */
export function hugetlbUnstage(): void {
  hugetlbPut(inHand, promised);
  inHand = 0;
}

/**
 * Fills the place at va, where a page begins, with what is in hand (UFFD_COPY), with what the object has there (UFFD_CONTINUE) or with
 * poison. `guard`: it comes protected. 0, -errno, or NEED_PAGE: there was no frame, and nothing is in hand.
 */
export function hugetlbUffdFill(space: usize, vma: usize, va: u64, how: u32, guard: bool): i32 {
  const at = leafPointerCreate(space, va);
  if (at == 0) return needFrames();
  const entry = load<u64>(at);
  const flags = load<u32>(vma, VMA_FLAGS);
  if (how == UFFD_POISON) {
    if (entry != 0) return -EEXIST;
    for (let place = at; place < at + <usize>((hugetlbInner(flags) + 1) >> 21) * 8; place += 8) hugeMark(space, place, MARK_POISON);
    return 0;
  }
  const shared = (flags & VM_SHARED) != 0;
  const bits = pteBits(flags) | PTE_SOFT | (guard ? PTE_UFFD_WP : 0);
  const writable = (flags & VM_WRITE) != 0 && !guard;
  const object = <usize>load<u32>(vma, VMA_OBJECT);
  const index = indexAt(vma, va);
  if (how == UFFD_CONTINUE) {
    const cached = object == 0 ? 0 : objectFrame(object, index);
    if (cached == 0) return -EFAULT;
    if (isHuge(entry)) return -EEXIST;
    hugetlbMap(space, at, cached, bits | (writable && shared ? WRITTEN : 0));
    return 0;
  }
  if (how != UFFD_COPY) return -EINVAL;
  const beyond = shared && index << 12 >= objectSize(object);
  if (beyond || (shared && !hugetlbGive(object, index, inHand))) {
    hugetlbUnstage();
    return beyond ? -EFAULT : needFrames();
  }
  hugetlbMap(space, at, inHand, bits | (writable ? WRITTEN : 0));
  inHand = 0;
  return 0;
}

function indexAt(vma: usize, va: u64): u64 {
  return (load<u64>(vma, VMA_OFFSET) + (va - load<u64>(vma, VMA_START))) >> 12;
}
