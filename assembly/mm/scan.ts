/**
 * Making room when the host asks for it, between instructions: one clock over all that may leave memory. The hand goes over the last
 * tables of every space, entry by entry, then over the pages of every object, and begins again.
 *
 *   an entry with A       loses A, and its translations: the page was used, so it is spared once (second chance)
 *   an entry without A    goes: a page of an object is unmapped, an anonymous page gets a slot and leaves a mark (MARK_SWAP)
 *   a page nobody maps    is freed when its medium has it; else it waits in a queue to be written, and is freed after that
 *
 * So there is no map from frames to entries: what a fault does costs nothing more, and an entry is found because it is looked at anyway
 * (docs/decisions/0008-reclaim.md). A page that several spaces map leaves them one by one. A last table that several spaces have is looked
 * at once a round, for all of them. Locked mappings, pages whose address the host has in hand, devices and pinned objects are passed by.
 */
import { OBJECT_DEVICE, OBJECT_FILE } from '../shared/exit';
import * as T from '../shared/stat';
import { HART, HART_IO_INDEX, HART_IO_OBJECT } from '../shared/layout';
import { VM_DONTEXPAND, VM_DROPPABLE, VM_LOCKED, VM_UFFD_WP, VM_VDSO } from '../shared/mman';
import { zeroFrame } from './fault';
import {
  FRAME_HELD, FRAME_LAZY, FRAME_REFERENCED, FRAME_SWAP, frameFlags, frameIndex, frameObject, frameReferences, frameRelease, frameSeen,
  framesBeyond, frameSetFlags,
} from './frames';
import { hugeNext, hugeSplit, hugeUnset, isSole } from './huge';
import { LEAF_SPAN } from './leaf';
import * as O from './object';
import {
  leafPointer, leafShared, MARK_SWAP, MARK_UFFD_WP, PTE_A, PTE_D, PTE_SOFT, PTE_UFFD_WP, PTE_V, PTE_W, pteFind, pteFrame, pteMark,
  pteMarkKind, pteSkip,
} from './pagetable';
import { markHeld, reclaimForget } from './reclaim';
import { activeSpace, countResident, SPACE_ROOT, spaceAfter, spaceFirst } from './space';
import { swapAssign, swapBusy, swapClaim, swapEvict, swapEvictSome, swapHold, swapRoom } from './swap';
import { translationInvalidate } from './tlb';
import { clearMark, clearPte, uncount } from './unmap';
import { VMA_END, VMA_FLAGS, VMA_START, vmaFind, vmaNext } from './vma';
import { revokeAll } from './window';

/** Looking at everything so often is enough: a page may first lose its A, then its mappings, then its mark of use. */
const ROUNDS: u32 = 4;
const STAYS: u32 = VM_LOCKED | VM_VDSO | VM_DONTEXPAND;
const QUEUE: u32 = 512;

let inObjects: bool = false;
let handSpace: usize = 0;
let handVa: u64 = 0;
let handObject: usize = 0;
let handIndex: u64 = 0;
let round: u32 = 1;

/** Of the call that runs: frames freed, and pages that will be free when they are written. */
let freed: u32 = 0;
let waiting: u32 = 0;
let goal: u32 = 0;
/** What was used is not spared: MADV_PAGEOUT, and the comparison with a plain queue. */
let merciless: bool = false;
/** For comparison (bench/reclaim.ts). */
let plainQueue: bool = false;

/** Pages of files that have to be written first: { u64 index, u32 object }. */
const QUEUE_BYTES: usize = 16;
const queue = memory.data(<i32>QUEUE * 16, 8);
let queued: u32 = 0;

let scanned: u64 = 0;
let freedTotal: u64 = 0;
let lazyTotal: u64 = 0;

export function reclaimStat(which: u32): u64 {
  switch (which) {
    case T.RECLAIM_STAT_SCANNED: return scanned;
    case T.RECLAIM_STAT_FREED: return freedTotal;
    default: return lazyTotal;
  }
}

/** The host has written a page, which is free now. */
export function countFreed(): void {
  freedTotal++;
}

/** 1: pages go in the order of the hand, used or not. For measurements. */
export function debugPlainQueue(on: bool): void {
  plainQueue = on;
}

/**
 * Frees frames until `wanted` are free or will be once the host has written what waits (swapNextDirty, reclaimNextDirty). Returns how many
 * are free already. Not to be called while a translation is in hand.
 */
export function reclaimPages(wanted: u32): u32 {
  begin(wanted, plainQueue);
  freed += swapEvictSome(wanted, FRAME_HELD);
  for (let rounds: u32 = 0; rounds < ROUNDS && !enough(); ) {
    if (!inObjects) {
      if (scanSpaces()) break;
      inObjects = true;
    } else {
      if (scanObjects()) break;
      inObjects = false;
      rounds++;
      round++;
    }
  }
  return finish();
}

/** MADV_PAGEOUT: what lies in [start, end) goes, used or not. Where it stopped: `end`, or there is much to write first. */
export function pageOut(space: usize, start: u64, end: u64): u64 {
  begin(0xffffffff, true);
  let at = start;
  for (let vma = vmaFind(space, at); vma != 0 && load<u64>(vma, VMA_START) < end; vma = vmaNext(vma)) {
    if ((load<u32>(vma, VMA_FLAGS) & STAYS) == 0) at = scanVma(space, vma, max(at, load<u64>(vma, VMA_START)), end, true);
    if (enough()) break;
    at = min(end, load<u64>(vma, VMA_END));
  }
  const stopped = enough();
  finish();
  return stopped ? at : end;
}

function begin(wanted: u32, all: bool): void {
  goal = wanted;
  freed = 0;
  waiting = 0;
  queued = 0;
  merciless = all;
  markHeld(true);
  framesBeyond(true);
}

function finish(): u32 {
  markHeld(false);
  framesBeyond(false);
  merciless = false;
  freedTotal += freed;
  return freed;
}

// @ts-ignore: decorator
@inline
function enough(): bool {
  return freed + waiting >= goal || queued == QUEUE || swapBusy();
}

/** A page of a file to be written: its object, its index in HART_IO_INDEX; 0: none waits. */
export function reclaimNextDirty(): u32 {
  while (queued > 0) {
    queued--;
    const at = queue + <usize>queued * QUEUE_BYTES;
    const object = load<u32>(at, 8);
    if (object == 0) continue;
    store<u32>(HART + HART_IO_OBJECT, object);
    store<u64>(HART + HART_IO_INDEX, load<u64>(at));
    return object;
  }
  return 0;
}

/** A page of a file was written: frees it when nobody has mapped or changed it meanwhile. */
export function reclaimWritten(object: usize, index: u64): bool {
  const frame = O.objectFrame(object, index);
  if (frame == 0 || frameReferences(frame) != 1 || O.objectIsDirty(object, index)) return false;
  O.removePage(object, index);
  freedTotal++;
  return true;
}

/** True: enough. False: the hand has come to the end, and is at the beginning. */
function scanSpaces(): bool {
  if (handSpace == 0) handSpace = spaceFirst();
  for (; handSpace != 0; handSpace = spaceAfter(handSpace), handVa = 0) {
    for (let vma = vmaFind(handSpace, handVa); vma != 0; vma = vmaNext(vma)) {
      const end = load<u64>(vma, VMA_END);
      if ((load<u32>(vma, VMA_FLAGS) & STAYS) == 0) {
        handVa = scanVma(handSpace, vma, max(handVa, load<u64>(vma, VMA_START)), end, false);
        if (enough()) return true;
      }
      handVa = end;
    }
  }
  handVa = 0;
  return false;
}

/** Looks at the entries of [start, end) in one mapping until it is enough. Where it stopped. `again`: also in tables seen before. */
function scanVma(space: usize, vma: usize, start: u64, end: u64, again: bool): u64 {
  const root = load<u32>(space, SPACE_ROOT);
  const flags = load<u32>(vma, VMA_FLAGS);
  end = min(end, load<u64>(vma, VMA_END));
  breakUp(space, start, end, (flags & VM_DROPPABLE) != 0);
  for (let va = pteSkip(root, start, end); va < end; va = pteSkip(root, va, end)) {
    const stop = min(end, ((va >> 21) + 1) << 21);
    if (leafShared(root, va)) {
      const table = pteFrame(load<u64>(leafPointer(root, va)));
      if (again || !frameSeen(table, round, space)) scanShared(space, va, stop, table);
      va = stop;
      if (enough()) return va;
      continue;
    }
    let at = pteFind(root, va);
    for (; va < stop; va += 4096, at += 8) {
      if (enough()) return va;
      const pte = load<u64>(at);
      if ((pte & PTE_V) == 0) continue;
      const frame = pteFrame(pte);
      if (frame == zeroFrame || (frameFlags(frame) & FRAME_HELD) != 0) continue;
      scanned++;
      const owner = <usize>frameObject(frame);
      if (owner != 0) scanMapped(space, flags, va, at, owner, frame);
      else if ((flags & VM_DROPPABLE) != 0 && (pte & PTE_A) != 0 && !merciless) {
        store<u64>(at, pte & ~PTE_A);
        translationInvalidate(space, va);
      } else if ((frameFlags(frame) & FRAME_LAZY) != 0 || (flags & VM_DROPPABLE) != 0) {
        if (frameReferences(frame) != 1) continue;
        clearPte(space, va, at);
        lazyTotal++;
        freed++;
      } else if (swapRoom() && scanAnonymous(at, frame)) {
        uncount(space, frame);
        translationInvalidate(space, va);
        leave(frame);
      } else if (swapRoom()) translationInvalidate(space, va);
    }
  }
  return end;
}

/** Megapages that were not used since the hand came by last become pages, if pages could leave; those that MADV_PAGEOUT is said of do. */
function breakUp(space: usize, start: u64, end: u64, droppable: bool): void {
  for (let va = hugeNext(space, start, end); va < end; va = hugeNext(space, va + LEAF_SPAN, end)) {
    const first = pteFrame(load<u64>(leafPointer(load<u32>(space, SPACE_ROOT), va)));
    if (!swapRoom() && !droppable && (frameFlags(first) & FRAME_LAZY) == 0 && !(merciless && isSole(first))) continue;
    const at = leafPointer(load<u32>(space, SPACE_ROOT), va);
    if ((load<u64>(at) & PTE_A) == 0 || merciless) hugeSplit(space, va);
    else hugeUnset(space, va, va + LEAF_SPAN, PTE_A);
  }
}

/** The same for a table that other spaces have, too. All of it is anonymous. */
function scanShared(space: usize, start: u64, end: u64, table: u32): void {
  let gone = 0;
  let at = pteFind(load<u32>(space, SPACE_ROOT), start);
  for (let va = start; va < end; va += 4096, at += 8) {
    const pte = load<u64>(at);
    if ((pte & PTE_V) == 0) continue;
    const frame = pteFrame(pte);
    if (frame == zeroFrame || (frameFlags(frame) & FRAME_HELD) != 0 || !swapRoom()) continue;
    scanned++;
    const left = scanAnonymous(at, frame);
    // Window bytes that let the page be read are at its identity place; the TLB is the active space's.
    revokeAll(frame);
    if (activeSpace != 0) translationInvalidate(activeSpace, va);
    if (!left) continue;
    gone++;
    leave(frame);
  }
  if (gone == 0) return;
  for (let other = spaceFirst(); other != 0; other = spaceAfter(other)) {
    const pointer = leafPointer(load<u32>(other, SPACE_ROOT), start);
    if (pointer != 0 && load<u64>(pointer) != 0 && pteFrame(load<u64>(pointer)) == table) countResident(other, -gone);
  }
}

/** An anonymous page: true when its entry is a mark now. The accounts and translations are the caller's, then leave(). */
function scanAnonymous(at: usize, frame: u32): bool {
  const pte = load<u64>(at);
  if ((pte & PTE_A) != 0 && !merciless) {
    store<u64>(at, pte & ~PTE_A);
    return false;
  }
  const slot = swapAssign(frame);
  if (slot == 0) return false;
  swapHold(slot);
  store<u64>(at, pteMark(MARK_SWAP, slot) | (pte & (PTE_SOFT | PTE_UFFD_WP)));
  return true;
}

/** A mapping of a frame of the swap cache is gone. */
function leave(frame: u32): void {
  frameRelease(frame);
  if (swapEvict(<u32>frameIndex(frame))) freed++;
  else if (frameReferences(frame) == 1) waiting++;
}

/** A page of an object. */
function scanMapped(space: usize, flags: u32, va: u64, at: usize, owner: usize, frame: u32): void {
  if (O.objectPinned(owner) || load<u32>(owner, O.OBJECT_KIND) == OBJECT_DEVICE) return;
  const pte = load<u64>(at);
  if ((pte & PTE_A) != 0 && !merciless) {
    store<u64>(at, pte & ~PTE_A);
    translationInvalidate(space, va);
    return;
  }
  if (merciless) store<u64>(at, pte & ~PTE_A);
  const index = frameIndex(frame);
  clearPte(space, va, at);
  if ((flags & VM_UFFD_WP) != 0 && (pte & PTE_UFFD_WP) != 0) store<u64>(at, pteMark(MARK_UFFD_WP, 0));
  if (frameReferences(frame) == 1) scanUnmapped(owner, index, frame);
}

/** A page of an object that nobody maps: freed, or on its way. */
function scanUnmapped(object: usize, index: u64, frame: u32): void {
  if ((frameFlags(frame) & FRAME_REFERENCED) != 0 && !merciless) {
    frameSetFlags(frame, 0, FRAME_REFERENCED);
    return;
  }
  if (load<u32>(object, O.OBJECT_KIND) != OBJECT_FILE) {
    if (O.objectSwapOut(object, index, frame)) waiting++;
    return;
  }
  if (O.objectIsDirty(object, index)) {
    if (queued == QUEUE) return;
    store<u64>(queue + <usize>queued * QUEUE_BYTES, index);
    store<u32>(queue + <usize>queued * QUEUE_BYTES, <u32>object, 8);
    queued++;
    waiting++;
    // Until it is written it is passed by.
    frameSetFlags(frame, FRAME_REFERENCED, 0);
    return;
  }
  O.removePage(object, index);
  freed++;
}

/** As scanSpaces, for the pages of objects. */
function scanObjects(): bool {
  if (handObject == 0) handObject = O.objectFirst();
  for (; handObject != 0; handObject = O.objectAfter(handObject), handIndex = 0) {
    if (O.objectPinned(handObject) || load<u32>(handObject, O.OBJECT_KIND) >= <u32>OBJECT_DEVICE) continue;
    for (let next = O.objectNextPresent(handObject, handIndex); next >= 0; next = O.objectNextPresent(handObject, next + 1)) {
      handIndex = next;
      if (enough()) return true;
      if (O.objectSlot(handObject, handIndex) != 0) continue;
      const frame = O.objectFrame(handObject, handIndex);
      if (frameReferences(frame) != 1 || (frameFlags(frame) & FRAME_HELD) != 0) continue;
      scanned++;
      scanUnmapped(handObject, handIndex, frame);
    }
  }
  handIndex = 0;
  return false;
}

/** MADV_COLD: what lies in [start, end), megapages apart (hugeCool), counts as not used. */
export function cool(space: usize, start: u64, end: u64): void {
  const root = load<u32>(space, SPACE_ROOT);
  for (let va = pteSkip(root, start, end); va < end; va = pteSkip(root, va, end)) {
    const stop = min(end, ((va >> 21) + 1) << 21);
    if (leafShared(root, va)) {
      va = stop;
      continue;
    }
    for (let at = pteFind(root, va); va < stop; va += 4096, at += 8) {
      const pte = load<u64>(at);
      if ((pte & PTE_V) == 0 || pteFrame(pte) == zeroFrame) continue;
      store<u64>(at, pte & ~PTE_A);
      translationInvalidate(space, va);
      frameSetFlags(pteFrame(pte), 0, FRAME_REFERENCED);
    }
  }
}

/** MADV_FREE: what lies in [start, end), which the space's own tables map, may go when room is needed; what has gone out goes at once. */
export function lazilyFree(space: usize, start: u64, end: u64): void {
  const root = load<u32>(space, SPACE_ROOT);
  for (let va = pteSkip(root, start, end); va < end; va = pteSkip(root, va, end)) {
    const stop = min(end, ((va >> 21) + 1) << 21);
    for (let at = pteFind(root, va); va < stop; va += 4096, at += 8) {
      const pte = load<u64>(at);
      if (pteMarkKind(pte) == MARK_SWAP) clearMark(at);
      const frame = pteFrame(pte);
      if ((pte & PTE_V) == 0 || frame == zeroFrame || frameObject(frame) != 0) continue;
      if (frameFlags(frame) & FRAME_SWAP) swapClaim(frame);
      if (frameReferences(frame) != 1) continue;
      store<u64>(at, pte & ~(PTE_W | PTE_D | PTE_A));
      translationInvalidate(space, va);
      frameSetFlags(frame, FRAME_LAZY, 0);
    }
  }
}

/** The space is about to go. */
export function scanForget(space: usize): void {
  if (handSpace != space) return;
  handSpace = spaceAfter(space);
  handVa = 0;
}

/** The object is about to go. */
export function scanForgetObject(object: usize): void {
  reclaimForget(object);
  const end = queue + <usize>queued * QUEUE_BYTES;
  for (let at = queue; at < end; at += QUEUE_BYTES) if (load<u32>(at, 8) == <u32>object) store<u32>(at, 0, 8);
  if (handObject != object) return;
  handObject = O.objectAfter(object);
  handIndex = 0;
}
