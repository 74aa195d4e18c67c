/**
 * Sv39 page tables (privileged manual, section 12.4): 39-bit virtual addresses, three levels of 512 entries.
 *
 *   virtual address   | VPN[2] 38..30 | VPN[1] 29..21 | VPN[0] 20..12 | offset 11..0 |
 *   PTE               | PPN 53..10 | RSW 9..8 | D 7 | A 6 | G 5 | U 4 | X 3 | W 2 | R 1 | V 0 |
 *
 * The PPN is a frame number of linear memory. A PTE with V but none of R, W, X points to the next table, except in the last level, where
 * it is a page that PROT_NONE keeps from everybody. A middle table's entry with U is a megapage of 2 MiB, and one without V then one that
 * PROT_NONE keeps from everybody (huge.ts). User half only: bit 38 of an address is 0. G is not used. Bit 8 says of a
 * pointer to a last table that other spaces may have the same one (PTE_SHARED, leaf.ts), of a page that a userfaultfd protects it
 * (PTE_UFFD_WP); bit 9 is PTE_SOFT of clear.ts. Whether a page is copied at a store follows from the VMA and the frame's references, so no
 * bit can disagree with them.
 *
 * An entry of a last table that is not 0 and has no V is a *mark* in the place of a page, and so is one of a middle table that has no U
 * either, in the place of a huge page of the pool (hugetlbwatch.ts):
 *
 *   mark              | value 53..13 | kind 12..10 | SOFT 9 | UFFD_WP 8 | 0 |
 *
 * Bits 7..0 are 0, so that what looks at R, W, X, A or D alone sees nothing. A mark has no frame and counts for nothing. It moves with
 * mremap, is copied by fork, goes with munmap; fault.ts says what touching it comes to.
 */
import { frameAddress, frameAllocateZeroed, frameRelease } from './frames';
import { leafOwn } from './leaf';
import { SPACE_ROOT, SPACE_TABLES } from './space';

export const PTE_V: u64 = 1;
export const PTE_R: u64 = 2;
export const PTE_W: u64 = 4;
export const PTE_X: u64 = 8;
export const PTE_U: u64 = 16;
export const PTE_A: u64 = 64;
export const PTE_D: u64 = 128;
/** Software's bit (RSW), in a pointer to a last table: no W in that table holds, and nothing in it may be changed but A. */
export const PTE_SHARED: u64 = 256;
/** Software's bit (RSW) in a leaf: written since soft-dirty bits were cleared last. Where W is set, it is. */
export const PTE_SOFT: u64 = 512;
/** Software's bit (RSW) in a leaf: a userfaultfd is asked before the next store. W is not set then. */
export const PTE_UFFD_WP: u64 = 256;
/** What a page gets when it may be written and is. */
export const WRITTEN: u64 = PTE_W | PTE_D | PTE_SOFT;
export const TASK_SIZE: u64 = 1 << 38;

/** The page lies in the swap area: the value is its slot. */
export const MARK_SWAP: u32 = 1;
/** Touching it is SIGBUS, BUS_MCEERR_AR: MADV_HWPOISON, UFFDIO_POISON. */
export const MARK_POISON: u32 = 2;
/** Touching it is SIGSEGV: MADV_GUARD_INSTALL. */
export const MARK_GUARD: u32 = 3;
/** No page, and when there is one it is protected by a userfaultfd. */
export const MARK_UFFD_WP: u32 = 4;

// @ts-ignore: decorator
@inline
export function pteMark(kind: u32, value: u64): u64 {
  return (value << 13) | (<u64>kind << 10);
}
/** MARK_*, or 0: a page, or nothing. */
// @ts-ignore: decorator
@inline
export function pteMarkKind(pte: u64): u32 {
  return pte & PTE_V ? 0 : <u32>(pte >> 10) & 7;
}
// @ts-ignore: decorator
@inline
export function pteMarkValue(pte: u64): u64 {
  return pte >> 13;
}

// @ts-ignore: decorator
@inline
export function pteFrame(pte: u64): u32 {
  return <u32>(pte >> 10);
}
// @ts-ignore: decorator
@inline
export function pteMake(frame: u32, bits: u64): u64 {
  return ((<u64>frame) << 10) | bits;
}

/** Is an entry of a middle table a pointer to a last table? */
// @ts-ignore: decorator
@inline
function isTable(entry: u64): bool {
  return (entry & (PTE_V | PTE_R | PTE_W | PTE_X)) == PTE_V;
}
/** Is it a megapage? */
// @ts-ignore: decorator
@inline
export function isHuge(entry: u64): bool {
  return (entry & PTE_U) != 0;
}
/** Is it a megapage, or the mark of one? */
// @ts-ignore: decorator
@inline
export function isHugePlace(entry: u64): bool {
  return entry != 0 && !isTable(entry);
}

/** Address of the PTE of a page in its last table, or 0 when a table on the way is missing or a megapage takes its place. */
export function pteFind(root: u32, va: u64): usize {
  const p2 = load<u64>(frameAddress(root) + <usize>((va >> 30) & 511) * 8);
  if (p2 == 0) return 0;
  const p1 = load<u64>(frameAddress(pteFrame(p2)) + <usize>((va >> 21) & 511) * 8);
  if (!isTable(p1)) return 0;
  return frameAddress(pteFrame(p1)) + <usize>((va >> 12) & 511) * 8;
}

/** The PTE of a page, for whoever changes nothing: that of its last table, what its megapage amounts to for it, or 0. */
export function pteAt(root: u32, va: u64): u64 {
  const at = leafPointer(root, va);
  const entry = at == 0 ? 0 : load<u64>(at);
  if (entry == 0) return 0;
  if (isHuge(entry)) return hugePte(entry, <u32>(va >> 12) & 511);
  if ((entry & PTE_V) == 0) return entry;
  return load<u64>(frameAddress(pteFrame(entry)) + <usize>((va >> 12) & 511) * 8);
}

/** What a megapage amounts to for its page `index`: as an entry of a last table. */
// @ts-ignore: decorator
@inline
export function hugePte(entry: u64, index: u32): u64 {
  return (entry | PTE_V) + ((<u64>index) << 10);
}

/** Address of the middle table's entry, a pointer to the last table, a megapage or 0; or 0 when there is no middle table. */
export function leafPointer(root: u32, va: u64): usize {
  const p2 = load<u64>(frameAddress(root) + <usize>((va >> 30) & 511) * 8);
  return p2 == 0 ? 0 : frameAddress(pteFrame(p2)) + <usize>((va >> 21) & 511) * 8;
}

/** Whether the leaf PTE of va lies in a table that must be made the space's own before it changes. */
export function leafShared(root: u32, va: u64): bool {
  const at = leafPointer(root, va);
  return at != 0 && (load<u64>(at) & (PTE_SHARED | PTE_U | PTE_V)) == (PTE_SHARED | PTE_V);
}

/**
 * Address of the leaf PTE, its tables made as needed and its last table the space's own, in the place of a megapage if there was one; 0:
 * no memory. Tables made in vain stay, empty, until the range is unmapped.
 */
export function pteCreate(space: usize, va: u64): usize {
  const at = leafPointerCreate(space, va);
  if (at == 0) return 0;
  let pointer = tableAt(space, at);
  if ((pointer & PTE_SHARED) != 0 || isHuge(pointer)) pointer = leafOwn(space, va) ? load<u64>(at) : 0;
  return pointer == 0 ? 0 : frameAddress(pteFrame(pointer)) + <usize>((va >> 12) & 511) * 8;
}

/** Address of the pointer to the last table, the middle table made as needed; 0: no memory. */
export function leafPointerCreate(space: usize, va: u64): usize {
  const pointer = tableAt(space, frameAddress(load<u32>(space, SPACE_ROOT)) + <usize>((va >> 30) & 511) * 8);
  return pointer == 0 ? 0 : frameAddress(pteFrame(pointer)) + <usize>((va >> 21) & 511) * 8;
}

/** The pointer at `at`, to a table made now if there was none; 0: no memory. */
function tableAt(space: usize, at: usize): u64 {
  const pointer = load<u64>(at);
  if (pointer != 0) return pointer;
  const frame = frameAllocateZeroed(0);
  if (frame == 0) return 0;
  store<u32>(space, load<u32>(space, SPACE_TABLES) + 1, SPACE_TABLES);
  store<u64>(at, pteMake(frame, PTE_V));
  return load<u64>(at);
}

/** First page at or above va and below end whose last table exists, or end: skips what was never mapped, and megapages. */
export function pteSkip(root: u32, va: u64, end: u64): u64 {
  while (va < end) {
    const p2 = load<u64>(frameAddress(root) + <usize>((va >> 30) & 511) * 8);
    if (p2 == 0) {
      va = ((va >> 30) + 1) << 30;
      continue;
    }
    if (isTable(load<u64>(frameAddress(pteFrame(p2)) + <usize>((va >> 21) & 511) * 8))) return va;
    va = ((va >> 21) + 1) << 21;
  }
  return end;
}

const GIGA: u64 = 1 << 30;
const MEGA2: u64 = 1 << 21;

/**
 * After [start, end) was unmapped: frees the tables there that lie wholly in the gap [floor, ceiling), where no mapping is left.
 * Invariant: a table exists only where a mapping overlaps what it covers. So there is nothing to look for outside [start, end).
 */
export function tablesTrim(space: usize, start: u64, end: u64, floor: u64, ceiling: u64): void {
  const root = frameAddress(load<u32>(space, SPACE_ROOT));
  for (let va = start & ~(GIGA - 1); va < end; va += GIGA) {
    const at = root + <usize>(va >> 30) * 8;
    const p2 = load<u64>(at);
    if (p2 == 0) continue;
    leavesRelease(space, pteFrame(p2), max(va, start & ~(MEGA2 - 1)), min(va + GIGA, end), floor, ceiling);
    if (va < floor || va + GIGA > ceiling) continue;
    store<u64>(at, 0);
    tableRelease(space, pteFrame(p2));
  }
}

function leavesRelease(space: usize, table: u32, start: u64, end: u64, floor: u64, ceiling: u64): void {
  for (let va = start; va < end; va += MEGA2) {
    if (va < floor || va + MEGA2 > ceiling) continue;
    const at = frameAddress(table) + <usize>((va >> 21) & 511) * 8;
    const p1 = load<u64>(at);
    if (p1 == 0) continue;
    store<u64>(at, 0);
    tableRelease(space, pteFrame(p1));
  }
}

export function tableRelease(space: usize, table: u32): void {
  frameRelease(table);
  store<u32>(space, load<u32>(space, SPACE_TABLES) - 1, SPACE_TABLES);
}
