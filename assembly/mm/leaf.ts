/**
 * Last-level page tables that several spaces have at once: fork(2) shares the table of 2 MiB of private memory instead of copying 512
 * entries and taking 512 references (after Zhao, Gong and Fonseca, "On-demand-fork", EuroSys 2021). The pointer to such a table has
 * PTE_SHARED in every space that has it; the table's frame counts them. Until one of them makes the table its own (leafOwn), before it
 * changes an entry,
 *
 *   - each page has one reference, that of the table, however many spaces there are;
 *   - W in an entry does not hold, and no window byte or TLB entry of any of the spaces lets a store through;
 *   - all entries belong to anonymous private memory, are marks, or 0: what happens to a file never has to look for them.
 */
import { PERM_WRITE } from '../shared/layout';
import { DROP_ORDER_2M } from '../shared/trace';
import { recording, traceDrop } from '../tracing';
import { VM_DONTFORK, VM_LOCKED, VM_SHARED, VM_UFFD, VM_WIPEONFORK } from '../shared/mman';
import { zeroFrame } from './fault';
import { frameAddress, frameAllocate, frameReferences, frameRelease, frameRetain } from './frames';
import { hugeNext, hugeSplit } from './huge';
import {
  isHuge, leafPointer, leafPointerCreate, MARK_SWAP, PTE_D, PTE_SHARED, PTE_V, PTE_W, pteFrame, pteMake, pteMarkKind, pteMarkValue,
  pteSkip, tableRelease, TASK_SIZE,
} from './pagetable';
import { activeSpace, countResident, SPACE_ROOT, SPACE_TABLES } from './space';
import { swapHold } from './swap';
import { dropPermissions, tlbFlush } from './tlb';
import { identityFrame, permissionByte, permissionMark } from './window';
import { VMA_END, VMA_FLAGS, VMA_OBJECT, VMA_START, vmaFind, vmaNext } from './vma';

/** Bytes of address space that a last table covers. */
export const LEAF_SPAN: u64 = 1 << 21;
const TABLE_BYTES: usize = 4096;
/** A child does not simply inherit such memory; what is locked stays, whatever the child's does. */
const SPECIAL: u32 = VM_SHARED | VM_LOCKED | VM_DONTFORK | VM_WIPEONFORK | VM_UFFD;
const WRITE_BITS: u64 = 0x0101010101010101 * <u64>PERM_WRITE;

/** Is it plain private memory, which a child inherits as it is? */
export function isSharable(vma: usize): bool {
  return load<u32>(vma, VMA_OBJECT) == 0 && (load<u32>(vma, VMA_FLAGS) & SPECIAL) == 0;
}

/** Whether every mapping in the 2 MiB from va is. */
export function leafSharable(space: usize, va: u64): bool {
  for (let vma = vmaFind(space, va); vma != 0 && load<u64>(vma, VMA_START) < va + LEAF_SPAN; vma = vmaNext(vma)) {
    if (!isSharable(vma)) return false;
  }
  return true;
}

/** How many spaces have the table of va. */
export function leafSharers(root: u32, va: u64): u32 {
  return frameReferences(pteFrame(load<u64>(leafPointer(root, va))));
}

/** Gives the child the parent's table for the 2 MiB from va. False: no memory for the tables above. */
export function leafShare(parent: usize, child: usize, va: u64): bool {
  const to = leafPointerCreate(child, va);
  if (to == 0) return false;
  const from = leafPointer(load<u32>(parent, SPACE_ROOT), va);
  const pointer = load<u64>(from);
  if ((pointer & PTE_SHARED) == 0) {
    store<u64>(from, pointer | PTE_SHARED);
    dropWrites(parent, va);
  }
  frameRetain(pteFrame(pointer));
  store<u64>(to, pointer | PTE_SHARED);
  store<u32>(child, load<u32>(child, SPACE_TABLES) + 1, SPACE_TABLES);
  return true;
}

/** Takes the write permission of 2 MiB from the window; the TLB is the caller's, once for all tables. */
export function dropWrites(space: usize, va: u64): void {
  if (recording) traceDrop(space, va, DROP_ORDER_2M);
  const first = permissionByte(space, va >> 12);
  if (first == 0 || load<u8>(permissionMark(first)) == 0) return;
  for (let at = first; at < first + 512; at += 8) {
    const bits = load<u64>(at);
    // Written only when set: an untouched table stays untouched.
    if (bits & WRITE_BITS) store<u64>(at, bits & ~WRITE_BITS);
  }
}

/** Makes the table of va, if there is one, the space's own, and of a megapage a table: entries may change from now on. False: no memory. */
export function leafOwn(space: usize, va: u64): bool {
  const at = leafPointer(load<u32>(space, SPACE_ROOT), va);
  const pointer = at == 0 ? 0 : load<u64>(at);
  if (isHuge(pointer)) return hugeSplit(space, va);
  if ((pointer & PTE_SHARED) == 0) return true;
  const table = pteFrame(pointer);
  if (frameReferences(table) == 1) {
    claim(space, va, at);
    return true;
  }
  const copy = frameAllocate(0);
  if (copy == 0) return false;
  const from = frameAddress(table);
  const to = frameAddress(copy);
  for (let i: usize = 0; i < TABLE_BYTES; i += 8) {
    const pte = load<u64>(from + i);
    const frame = pteFrame(pte);
    if ((pte & PTE_V) == 0 || frame == zeroFrame) {
      if (pteMarkKind(pte) == MARK_SWAP) swapHold(<u32>pteMarkValue(pte));
      store<u64>(to + i, pte);
      continue;
    }
    frameRetain(frame);
    const both = pte & ~(PTE_W | PTE_D);
    store<u64>(from + i, both);
    store<u64>(to + i, both);
  }
  frameRelease(table);
  store<u64>(at, pteMake(copy, PTE_V));
  return true;
}

/** Nobody else has the table any more. Pages that are not at home fault at their next store, which takes them there. */
function claim(space: usize, va: u64, pointer: usize): void {
  store<u64>(pointer, load<u64>(pointer) & ~PTE_SHARED);
  const table = frameAddress(pteFrame(load<u64>(pointer)));
  let page = va & ~(LEAF_SPAN - 1);
  for (let at = table; at < table + TABLE_BYTES; at += 8, page += 4096) {
    const pte = load<u64>(at);
    if ((pte & PTE_W) != 0 && pteFrame(pte) != identityFrame(space, page)) store<u64>(at, pte & ~(PTE_W | PTE_D));
  }
}

/** leafOwn for every table and every megapage of [start, end). */
export function leavesOwn(space: usize, start: u64, end: u64): bool {
  for (let va = hugeNext(space, start, end); va < end; va = hugeNext(space, va, end)) if (!hugeSplit(space, va)) return false;
  return tablesOwn(space, start, end);
}

/** leafOwn for every table of [start, end); megapages stay. */
export function tablesOwn(space: usize, start: u64, end: u64): bool {
  const root = load<u32>(space, SPACE_ROOT);
  for (let va = pteSkip(root, start, end); va < end; va = pteSkip(root, nextLeaf(va), end)) {
    if (!leafOwn(space, va)) return false;
  }
  return true;
}

/** leafOwn for the tables and megapages of which [start, end) is only a part: the others can be left whole. */
export function leafBorders(space: usize, start: u64, end: u64): bool {
  const inner = LEAF_SPAN - 1;
  if ((start & inner) != 0 && !leafOwn(space, start)) return false;
  return (end & inner) == 0 || leafOwn(space, end - 1);
}

/** leafOwn for those tables of [start, end) in which something is marked, and not just swapped out. False: no memory. */
export function leavesOwnMarked(space: usize, start: u64, end: u64): bool {
  const root = load<u32>(space, SPACE_ROOT);
  for (let va = pteSkip(root, start, end); va < end; va = pteSkip(root, nextLeaf(va), end)) {
    const pointer = load<u64>(leafPointer(root, va));
    if ((pointer & PTE_SHARED) != 0 && hasMarks(pteFrame(pointer)) && !leafOwn(space, va)) return false;
  }
  return true;
}

function hasMarks(table: u32): bool {
  for (let i: usize = 0; i < TABLE_BYTES; i += 8) {
    const kind = pteMarkKind(load<u64>(frameAddress(table) + i));
    if (kind != 0 && kind != MARK_SWAP) return true;
  }
  return false;
}

function nextLeaf(va: u64): u64 {
  return (va & ~(LEAF_SPAN - 1)) + LEAF_SPAN;
}

/** Takes the whole table from the space. False: nobody else has it any more, so its pages are the space's to release. */
export function leafLeave(space: usize, va: u64): bool {
  const at = leafPointer(load<u32>(space, SPACE_ROOT), va);
  const table = pteFrame(load<u64>(at));
  if (frameReferences(table) == 1) {
    claim(space, va, at);
    return false;
  }
  countResident(space, -leafResident(table));
  leave(space, va, at);
  if (recording) traceDrop(space, va, DROP_ORDER_2M);
  if (space == activeSpace) tlbFlush();
  return true;
}

function leafResident(table: u32): i32 {
  let resident = 0;
  for (let i: usize = 0; i < TABLE_BYTES; i += 8) {
    const pte = load<u64>(frameAddress(table) + i);
    if ((pte & PTE_V) != 0 && pteFrame(pte) != zeroFrame) resident++;
  }
  return resident;
}

/** The space is about to be no more: it leaves all tables that others have, too. Its accounts are not kept any longer. */
export function leavesLeave(space: usize): void {
  const root = load<u32>(space, SPACE_ROOT);
  for (let va = pteSkip(root, 0, TASK_SIZE); va < TASK_SIZE; va = pteSkip(root, va + LEAF_SPAN, TASK_SIZE)) {
    const at = leafPointer(root, va);
    const pointer = load<u64>(at);
    if ((pointer & PTE_SHARED) == 0) continue;
    if (frameReferences(pteFrame(pointer)) == 1) claim(space, va, at);
    else leave(space, va, at);
  }
}

function leave(space: usize, va: u64, at: usize): void {
  const table = pteFrame(load<u64>(at));
  store<u64>(at, 0);
  tableRelease(space, table);
  const first = permissionByte(space, va >> 12);
  if (first != 0) dropPermissions(first);
}
