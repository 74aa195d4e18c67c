/**
 * What must always hold, checked the slow way, for tests only (exported as debugCheckSpace and debugCheckFrames): 0, or the number of the
 * first rule that is broken. Nothing in the core calls it.
 */
import { FAST_BYTES, FAST_READ, FAST_WRITE } from '../shared/baseline';
import { FRAME_COUNT, PERM_READ, PERM_WRITE } from '../shared/layout';
import { SWAP_STAT_CACHED, SWAP_STAT_USED } from '../shared/stat';
import { VM_EXEC, VM_HUGETLB, VM_READ, VM_SHARED, VM_UFFD, VM_WRITE } from '../shared/mman';
import { zeroFrame } from './fault';
import {
  FRAME_CODE, FRAME_FREE, FRAME_HELD, FRAME_MERGED, FRAME_POOL, FRAME_SWAP, FRAME_USED, frameAddress, frameFlags, frameIndex, frameObject,
  frameReferences, framesCovered, frameSharers, framesListed, framesUsed,
} from './frames';
import { hugeNext, SPAN_PAGES } from './huge';
import { LEAF_SPAN } from './leaf';
import {
  firstMapping, mappedAt, nextMapping, objectAfter, objectFirst, objectFrame, objectIsDirty, objectNextPresent, objectPages, objectSlot,
  objectSwapped,
} from './object';
import {
  isHuge, leafPointer, leafShared, MARK_GUARD, MARK_POISON, MARK_SWAP, MARK_UFFD_WP, PTE_D, PTE_R, PTE_SOFT, PTE_UFFD_WP, PTE_V, PTE_W,
  PTE_X, pteAt, pteFind, pteFrame, pteMarkKind, pteMarkValue, pteSkip, TASK_SIZE,
} from './pagetable';
import * as S from './space';
import { activeSpace } from './space';
import { swapChecks, swapCount, swapReferenceSum, swapSlotValid, swapStat } from './swap';
import { tlbAddress, tlbTag } from './tlb';
import { identityFrame, permissionByte, permissionMark, windowSpan } from './window';
import { VMA_END, VMA_FLAGS, VMA_OBJECT, VMA_OFFSET, VMA_SPACE, VMA_START, VMA_UFFD, vmaAt, vmaCheck, vmaFind, vmaNext } from './vma';

/** 1-9 VMAs, 10-19 page-table entries, 20-29 window bytes, 30-39 TLB, 40-49 accounts of the space, 60-69 megapages. */
export function debugCheckSpace(space: usize): u32 {
  const vmas = checkVmas(space);
  if (vmas != 0) return vmas;
  const huge = checkHuge(space);
  if (huge != 0) return huge;
  const entries = checkEntries(space);
  if (entries != 0) return entries;
  const window = checkWindow(space);
  if (window != 0) return window;
  const table = checkTlb(space);
  return table != 0 ? table : checkFastTlb(space);
}

function checkVmas(space: usize): u32 {
  if (!vmaCheck(space)) return 1;
  let count: u32 = 0;
  let pages: u64 = 0;
  let end: u64 = 0;
  for (let vma = vmaFind(space, 0); vma != 0; vma = vmaNext(vma)) {
    const start = load<u64>(vma, VMA_START);
    if (start < end) return 2;
    end = load<u64>(vma, VMA_END);
    if (end <= start || end > TASK_SIZE || ((start | end) & 4095) != 0) return 3;
    if (load<u32>(vma, VMA_OBJECT) == 0 && load<u64>(vma, VMA_OFFSET) != 0) return 4;
    count++;
    pages += (end - start) >> 12;
  }
  if (count != load<u32>(space, S.SPACE_VMAS)) return 5;
  return pages == load<u64>(space, S.SPACE_MAPPED) ? 0 : 6;
}

function checkHuge(space: usize): u32 {
  let count: u32 = 0;
  let pool: u32 = 0;
  for (let va = hugeNext(space, 0, TASK_SIZE); va < TASK_SIZE; va = hugeNext(space, va + LEAF_SPAN, TASK_SIZE)) {
    const entry = load<u64>(leafPointer(load<u32>(space, S.SPACE_ROOT), va));
    count++;
    if (!isHuge(entry)) {
      if (!checkHugeMark(space, va, entry)) return 8;
      pool++;
      continue;
    }
    const wrong = checkMegapage(space, va, entry);
    if (wrong != 0) return wrong;
    if (frameFlags(pteFrame(entry)) & FRAME_POOL) pool++;
  }
  if (pool != load<u32>(space, S.SPACE_HUGETLB)) return 69;
  return count == load<u32>(space, S.SPACE_HUGE) ? 0 : 60;
}

function checkHugeMark(space: usize, va: u64, entry: u64): bool {
  const vma = vmaAt(space, va);
  const kind = pteMarkKind(entry);
  if (vma == 0 || (load<u32>(vma, VMA_FLAGS) & VM_HUGETLB) == 0 || (entry & 255) != 0) return false;
  return kind == MARK_POISON || kind == MARK_UFFD_WP;
}

function checkMegapage(space: usize, va: u64, entry: u64): u32 {
  const vma = vmaAt(space, va);
  if (vma == 0 || load<u64>(vma, VMA_END) < va + LEAF_SPAN) return 61;
  const flags = load<u32>(vma, VMA_FLAGS);
  const first = pteFrame(entry);
  if ((first & (SPAN_PAGES - 1)) != 0 || frameSharers(first) == 0) return 62;
  const accessible = (flags & (VM_READ | VM_WRITE | VM_EXEC)) != 0;
  if (((entry & PTE_V) != 0) != accessible || ((entry & PTE_UFFD_WP) != 0 && (flags & VM_HUGETLB) == 0)) return 63;
  if (((entry & PTE_R) != 0) != ((flags & (VM_READ | VM_WRITE)) != 0) || ((entry & PTE_X) != 0) != ((flags & VM_EXEC) != 0)) return 64;
  if ((entry & PTE_W) != 0 && ((flags & VM_WRITE) == 0 || (entry & (PTE_SOFT | PTE_UFFD_WP)) != PTE_SOFT)) return 65;
  if (((frameFlags(first) & FRAME_POOL) != 0) != ((flags & VM_HUGETLB) != 0)) return 69;
  const shared = (flags & VM_SHARED) != 0;
  for (let frame = first; frame < first + SPAN_PAGES; frame++) {
    if ((frameFlags(frame) & FRAME_USED) == 0 || frameReferences(frame) == 0 || frameObject(frame) != frameObject(first)) return 66;
    if ((entry & PTE_W) != 0 && !shared && (frameReferences(frame) != 1 || frameSharers(first) != 1)) return 67;
  }
  if (frameObject(first) != 0 && ((flags & VM_HUGETLB) == 0 || ((entry & PTE_W) != 0 && !shared))) return 66;
  return 0;
}

function checkEntries(space: usize): u32 {
  const root = load<u32>(space, S.SPACE_ROOT);
  let resident: u32 = (load<u32>(space, S.SPACE_HUGE) - load<u32>(space, S.SPACE_HUGETLB)) * SPAN_PAGES;
  let shared: u32 = 0;
  let tables: u32 = 1;
  let giga: u64 = -1;
  for (let va = pteSkip(root, 0, TASK_SIZE); va < TASK_SIZE; va = pteSkip(root, va, TASK_SIZE)) {
    const overlapping = vmaFind(space, va);
    if (overlapping == 0 || load<u64>(overlapping, VMA_START) >= va + (1 << 21)) return 44;
    tables += va >> 30 == giga ? 1 : 2;
    giga = va >> 30;
    for (let i = 0; i < 512; i++, va += 4096) {
      const pte = load<u64>(pteFind(root, va));
      if (pte == 0) continue;
      if ((pte & PTE_V) == 0) {
        if (!checkMark(space, va, pte)) return 8;
        continue;
      }
      if (leafShared(root, va) && frameObject(pteFrame(pte)) != 0) return 42;
      const wrong = checkEntry(space, va, pte);
      if (wrong != 0) return wrong;
      const frame = pteFrame(pte);
      if (frame == zeroFrame) continue;
      resident++;
      if (frameObject(frame) != 0) shared++;
    }
  }
  if (resident != load<u32>(space, S.SPACE_RESIDENT)) return 40;
  if (shared != load<u32>(space, S.SPACE_SHARED)) return 41;
  // A middle table without leaves may stay behind when memory runs out between the two.
  return tables <= load<u32>(space, S.SPACE_TABLES) ? 0 : 43;
}

/** A mark of a kind that somebody makes, where something is mapped, with no bit of a page. */
function checkMark(space: usize, va: u64, pte: u64): bool {
  const kind = pteMarkKind(pte);
  if (vmaAt(space, va) == 0 || (pte & 255) != 0) return false;
  if (kind == MARK_SWAP) return swapSlotValid(<u32>pteMarkValue(pte));
  return kind == MARK_POISON || kind == MARK_GUARD || kind == MARK_UFFD_WP;
}

function checkEntry(space: usize, va: u64, pte: u64): u32 {
  const vma = vmaAt(space, va);
  if ((pte & PTE_V) == 0 || vma == 0) return 10;
  const flags = load<u32>(vma, VMA_FLAGS);
  const frame = pteFrame(pte);
  if ((frameFlags(frame) & FRAME_USED) == 0 || frameReferences(frame) == 0) return 11;
  if (((pte & PTE_R) != 0) != ((flags & (VM_READ | VM_WRITE)) != 0)) return 12;
  if (((pte & PTE_X) != 0) != ((flags & VM_EXEC) != 0)) return 13;
  if ((pte & PTE_W) != 0 && (flags & VM_WRITE) == 0) return 14;
  if ((pte & (PTE_W | PTE_SOFT)) == PTE_W || (pte & (PTE_W | PTE_UFFD_WP)) == (PTE_W | PTE_UFFD_WP)) return 19;
  if (((flags & VM_UFFD) != 0) != (load<u32>(vma, VMA_UFFD) != 0)) return 7;
  if ((frameFlags(frame) & FRAME_SWAP) != 0 && !swapChecks(frame)) return 9;
  if ((pte & PTE_W) != 0 && (frameFlags(frame) & FRAME_MERGED) != 0) return 68;
  const owner = <usize>frameObject(frame);
  const object = <usize>load<u32>(vma, VMA_OBJECT);
  if (owner == 0) {
    if (object != 0 && (flags & VM_SHARED) != 0) return 15;
    return (pte & PTE_W) != 0 && (frameReferences(frame) != 1 || frame == zeroFrame) ? 16 : 0;
  }
  const index = (load<u64>(vma, VMA_OFFSET) + (va - load<u64>(vma, VMA_START))) >> 12;
  if (owner != object || frameIndex(frame) != index || objectFrame(object, index) != frame) return 17;
  return (pte & PTE_W) != 0 && ((flags & VM_SHARED) == 0 || !objectIsDirty(object, index)) ? 18 : 0;
}

function allows(pte: u64, bits: u32): bool {
  if ((bits & PERM_READ) != 0 && (pte & (PTE_V | PTE_R)) != (PTE_V | PTE_R)) return false;
  if ((bits & PERM_WRITE) == 0) return true;
  return (pte & (PTE_V | PTE_W | PTE_D)) == (PTE_V | PTE_W | PTE_D) && (frameFlags(pteFrame(pte)) & FRAME_CODE) == 0;
}

function checkWindow(space: usize): u32 {
  const root = load<u32>(space, S.SPACE_ROOT);
  const pages = windowSpan(space) >> 12;
  for (let vpn: u64 = 0; vpn < pages; vpn++) {
    const bits = load<u8>(permissionByte(space, vpn));
    if (bits == 0) continue;
    if (load<u8>(permissionMark(permissionByte(space, vpn))) == 0) return 24;
    const pte = pteAt(root, vpn << 12);
    if (pte == 0) return 20;
    if (pteFrame(pte) != identityFrame(space, vpn << 12)) return 21;
    if (!allows(pte, bits)) return 22;
    if ((bits & PERM_WRITE) != 0 && leafShared(root, vpn << 12)) return 23;
  }
  return 0;
}

function checkTlb(space: usize): u32 {
  if (space != activeSpace) return 0;
  const root = load<u32>(space, S.SPACE_ROOT);
  for (let i: u64 = 0; i < 256; i++) {
    for (let write = 0; write < 2; write++) {
      const tag = tlbTag(i, write != 0);
      if (tag == 0) continue;
      const pte = pteAt(root, (tag - 1) << 12);
      if (pte == 0 || !allows(pte, write != 0 ? PERM_WRITE : PERM_READ)) return 30;
      if (write != 0 && leafShared(root, (tag - 1) << 12)) return 32;
      if (<u32>frameAddress(pteFrame(pte)) != tlbAddress(i)) return 31;
    }
  }
  return 0;
}

/** The table of baseline code knows no more than the page tables do. */
function checkFastTlb(space: usize): u32 {
  if (space != activeSpace) return 0;
  const root = load<u32>(space, S.SPACE_ROOT);
  for (let e: usize = FAST_READ; e < <usize>FAST_READ + 2 * FAST_BYTES; e += 16) {
    const page = load<u64>(e);
    if ((page & 4095) != 0) continue;
    const write = e >= <usize>FAST_WRITE;
    const pte = pteAt(root, page);
    if (pte == 0 || !allows(pte, write ? PERM_WRITE : PERM_READ)) return 33;
    if (write && leafShared(root, page)) return 35;
    if (<u32>frameAddress(pteFrame(pte)) - <u32>page != load<u32>(e, 8)) return 34;
  }
  return 0;
}

/** 50: frames in use are miscounted, 51: a free list has lost or found frames, 52-55: the swap cache is not as its flags or counts say. */
export function debugCheckFrames(): u32 {
  let used: u32 = 0;
  let free: u32 = 0;
  let cached: u32 = 0;
  for (let frame: u32 = 0; frame < min(framesCovered(), FRAME_COUNT); frame++) {
    if (frameFlags(frame) & FRAME_USED) used++;
    if (frameFlags(frame) & FRAME_FREE) free++;
    if (frameFlags(frame) & FRAME_HELD) return 55;
    if ((frameFlags(frame) & FRAME_SWAP) == 0) continue;
    cached++;
    if (!swapChecks(frame)) return 52;
  }
  if (used != framesUsed()) return 50;
  if (free != framesListed()) return 51;
  if (cached != swapCount(true) || cached != <u32>swapStat(SWAP_STAT_CACHED)) return 53;
  return swapCount(false) == <u32>swapStat(SWAP_STAT_USED) ? 0 : 54;
}

/**
 * Over all spaces and objects. 60: references of slots are not what marks and objects name, 61: a page's references are not the entries
 * that are found by looking through the mappings of its object, and the cache's one, 62: pages of an object are miscounted.
 */
export function debugCheckObjects(): u32 {
  let named: u64 = 0;
  for (let space = S.spaceFirst(); space != 0; space = S.spaceAfter(space)) named += marksOf(space);
  for (let object = objectFirst(); object != 0; object = objectAfter(object)) {
    let present: u32 = 0;
    let out: u32 = 0;
    for (let next = objectNextPresent(object, 0); next >= 0; next = objectNextPresent(object, next + 1)) {
      const index = <u64>next;
      if (objectSlot(object, index) != 0) {
        out++;
        continue;
      }
      present++;
      const frame = objectFrame(object, index);
      if (frameReferences(frame) != 1 + entriesOf(object, index, frame)) return 61;
    }
    if (present != objectPages(object) || out != objectSwapped(object)) return 62;
    named += out;
  }
  return named == swapReferenceSum() ? 0 : 60;
}

/** Marks in the space's tables; those of a shared one count in the first space that has it. */
function marksOf(space: usize): u64 {
  const root = load<u32>(space, S.SPACE_ROOT);
  let marks: u64 = 0;
  for (let va = pteSkip(root, 0, TASK_SIZE); va < TASK_SIZE; va = pteSkip(root, va, TASK_SIZE)) {
    const counts = !leafShared(root, va) || isFirstSharer(space, va);
    for (let i = 0; i < 512; i++, va += 4096) if (counts && pteMarkKind(load<u64>(pteFind(root, va))) == MARK_SWAP) marks++;
  }
  return marks;
}

/** Of the spaces that have the last table of va it is the first in the list. */
function isFirstSharer(space: usize, va: u64): bool {
  const table = load<u64>(leafPointer(load<u32>(space, S.SPACE_ROOT), va));
  for (let other = S.spaceFirst(); other != space; other = S.spaceAfter(other)) {
    const at = leafPointer(load<u32>(other, S.SPACE_ROOT), va);
    if (at != 0 && load<u64>(at) == table) return false;
  }
  return true;
}

function entriesOf(object: usize, index: u64, frame: u32): u32 {
  let entries: u32 = 0;
  for (let vma = firstMapping(object); vma != 0; vma = nextMapping(vma)) {
    const va = mappedAt(vma, index);
    const at: usize = va == 0 ? 0 : pteFind(load<u32>(<usize>load<u32>(vma, VMA_SPACE), S.SPACE_ROOT), va);
    if (at != 0 && (load<u64>(at) & PTE_V) != 0 && pteFrame(load<u64>(at)) == frame) entries++;
  }
  return entries;
}
