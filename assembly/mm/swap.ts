/**
 * The swap area as the core knows it: slots of a page each, numbered from 1, and the swap cache. The bytes are the host's: it writes and
 * reads them (host/vfs/swap.ts). A slot is { u32 references, u32 frame }:
 *
 *   references   marks (MARK_SWAP) in last tables, a shared table counting once, plus one when an object's page lies there
 *   frame        the frame that has the slot's contents, 0 = none: the swap cache. It holds a reference on the frame
 *
 * A frame of the swap cache is FRAME_SWAP, belongs to no object and names its slot where others have their page index; FRAME_DIRTY: the
 * medium has not got it yet. Nobody may store to it: no PTE of it has W, and fault.ts takes it out of the cache, or copies it, before the
 * first store. So a page that came back and was only read leaves again without being written.
 *
 * A slot is free when both are 0.
 */
import { FRAME_DIRTY, FRAME_LAZY, FRAME_SWAP, frameAddress, frameAllocate, frameFlags, frameIndex, frameObject } from './frames';
import { frameReferences, frameRelease, frameRetain, frameRun, frameSetFlags, frameSetOwner } from './frames';
import * as S from '../shared/stat';

const SLOT_BYTES: u32 = 8;
const FRAME: usize = 4;
/** Slots that may wait to be written. */
const QUEUE: u32 = 512;

let table: usize = 0;
let slots: u32 = 0;
let used: u32 = 0;
let cached: u32 = 0;
let hand: u32 = 0;
let cacheHand: u32 = 0;
const queue = memory.data(QUEUE * 4, 4);
let queued: u32 = 0;
/** Pages read and written since the start, for vmstat. */
let pagesIn: u64 = 0;
let pagesOut: u64 = 0;
/** Where the page of the last fault on a slot would be at home. */
let wantedSlot: u32 = 0;
let wantedFrame: u32 = 0;
/** No new slots are given: swapoff(2). */
let closed: bool = false;

// @ts-ignore: decorator
@inline
function at(slot: u32): usize {
  return table + <usize>slot * SLOT_BYTES;
}

/** An area of `pages` slots, once. False: no room for its table. */
export function swapInit(pages: u32): bool {
  if (pages == 0 || table != 0) return pages == 0;
  const frames = ((pages + 1) * SLOT_BYTES + 4095) >> 12;
  table = frameRun(frames);
  if (table == 0) return false;
  slots = pages;
  return true;
}

/** Shut, no page goes out any more; those that are out come back at their next use. */
export function swapShut(shut: bool): void {
  closed = shut;
}

/** May a page go out? */
export function swapRoom(): bool {
  return !closed && used < slots && queued < QUEUE;
}

/** As much waits to be written as may. */
export function swapBusy(): bool {
  return queued == QUEUE;
}

function slotTake(): u32 {
  if (!swapRoom()) return 0;
  for (let n: u32 = 0; n < slots; n++) {
    hand = hand < slots ? hand + 1 : 1;
    if (load<u64>(at(hand)) == 0) {
      used++;
      return hand;
    }
  }
  return 0;
}

export function swapReferences(slot: u32): u32 {
  return load<u32>(at(slot));
}
/** The cached frame, or 0. */
export function swapFrame(slot: u32): u32 {
  return load<u32>(at(slot), FRAME);
}
export function swapSlotValid(slot: u32): bool {
  return slot != 0 && slot <= slots && load<u32>(at(slot)) != 0;
}

/** The slot of an anonymous frame, one given to it now if it has none; 0: the area is full. The contents are waiting to be written then. */
export function swapAssign(frame: u32): u32 {
  if (frameFlags(frame) & FRAME_SWAP) return <u32>frameIndex(frame);
  const slot = slotTake();
  if (slot == 0) return 0;
  store<u32>(at(slot), frame, FRAME);
  frameRetain(frame);
  frameSetOwner(frame, 0, slot);
  frameSetFlags(frame, FRAME_SWAP | FRAME_DIRTY, FRAME_LAZY);
  cached++;
  enqueue(slot);
  return slot;
}

function enqueue(slot: u32): void {
  store<u32>(queue + <usize>queued * 4, slot);
  queued++;
}

/** One more mark names the slot. */
export function swapHold(slot: u32): void {
  store<u32>(at(slot), load<u32>(at(slot)) + 1);
}

/** One mark less. A slot that nobody names is free again, unless its frame is still mapped: then the medium's copy stays good. */
export function swapDrop(slot: u32): void {
  const references = load<u32>(at(slot)) - 1;
  store<u32>(at(slot), references);
  if (references != 0) return;
  const frame = swapFrame(slot);
  if (frame == 0) used--;
  else swapSettle(frame);
}

/** A mapping of a frame of the cache has gone, or a mark of its slot: nobody may need either any more. */
export function swapSettle(frame: u32): void {
  const slot = <u32>frameIndex(frame);
  if (load<u32>(at(slot)) == 0 && frameReferences(frame) == 1) swapDetach(slot);
}

/** Drops the reference of a mapping that has gone; if the frame was in the cache, that may have been the last who needs it. */
export function swapRelease(frame: u32): void {
  const isCached = (frameFlags(frame) & FRAME_SWAP) != 0;
  frameRelease(frame);
  if (isCached) swapSettle(frame);
}

/** Takes the frame out of the cache. */
function swapDetach(slot: u32): void {
  const frame = swapFrame(slot);
  store<u32>(at(slot), 0, FRAME);
  cached--;
  if (load<u32>(at(slot)) == 0) used--;
  frameSetOwner(frame, 0, 0);
  frameSetFlags(frame, 0, FRAME_SWAP | FRAME_DIRTY);
  frameRelease(frame);
}

/** Before a store to a page of the cache: the frame is the mapping's alone when nobody else maps it and no mark names its slot. */
export function swapClaim(frame: u32): void {
  const slot = <u32>frameIndex(frame);
  if (load<u32>(at(slot)) == 0 && frameReferences(frame) == 2) swapDetach(slot);
}

/** A page that came back: its slot goes with it when half of the area is taken already. */
export function swapReturned(frame: u32): void {
  if (used > slots >> 1 || closed) swapClaim(frame);
}

/** Gives the frame up when only the cache holds it and the medium has its contents. */
export function swapEvict(slot: u32): bool {
  const frame = swapFrame(slot);
  if (frame == 0 || frameReferences(frame) != 1 || (frameFlags(frame) & FRAME_DIRTY) != 0) return false;
  swapDetach(slot);
  return true;
}

/** Some such frame, but those in `spared` flags. */
export function swapEvictSome(most: u32, spared: u32): u32 {
  let freed: u32 = 0;
  for (let n: u32 = 0; n < slots && freed < most && cached > 0; n++) {
    cacheHand = cacheHand < slots ? cacheHand + 1 : 1;
    const frame = swapFrame(cacheHand);
    if (frame != 0 && (frameFlags(frame) & spared) == 0 && swapEvict(cacheHand)) freed++;
  }
  return freed;
}

/** For an object's page: the frame leaves the cache with its reference, which is the object's from now on; the slot is free. */
export function swapTakeFrame(slot: u32): u32 {
  const frame = swapFrame(slot);
  if (frame == 0) return 0;
  frameRetain(frame);
  store<u32>(at(slot), load<u32>(at(slot)) - 1);
  swapDetach(slot);
  return frame;
}

/** A fault needs the slot: where its page would be at home. */
export function swapWant(slot: u32, identity: u32): void {
  wantedSlot = slot;
  wantedFrame = identity;
}

// --- the host

/** Address of the cached contents, or 0. */
export function swapPage(slot: u32): usize {
  return slot == 0 || slot > slots || swapFrame(slot) == 0 ? 0 : frameAddress(swapFrame(slot));
}

/** A frame in the cache for contents that the host is about to read, or 0: no memory, or nobody needs the slot. */
export function swapInsert(slot: u32): u32 {
  if (!swapSlotValid(slot)) return 0;
  let frame = swapFrame(slot);
  if (frame != 0) return frame;
  frame = frameAllocate(slot == wantedSlot ? wantedFrame : 0);
  if (frame == 0) return 0;
  store<u32>(at(slot), frame, FRAME);
  frameSetOwner(frame, 0, slot);
  frameSetFlags(frame, FRAME_SWAP, 0);
  cached++;
  pagesIn++;
  return frame;
}

/** The contents could not be read. */
export function swapDiscard(slot: u32): void {
  if (slot <= slots && swapFrame(slot) != 0) swapEvict(slot);
}

/** A slot whose contents are to be written (swapPage), or 0: none waits. */
export function swapNextDirty(): u32 {
  while (queued > 0) {
    const slot = load<u32>(queue);
    queued--;
    memory.copy(queue, queue + 4, <usize>queued * 4);
    const frame = swapFrame(slot);
    if (frame != 0 && (frameFlags(frame) & FRAME_DIRTY) != 0) return slot;
  }
  return 0;
}

/** What came of writing it. True: its frame is free now. */
export function swapWritten(slot: u32, done: bool): bool {
  const frame = swapFrame(slot);
  if (frame == 0) return false;
  if (!done) {
    if (queued < QUEUE) enqueue(slot);
    return false;
  }
  pagesOut++;
  frameSetFlags(frame, 0, FRAME_DIRTY);
  return swapEvict(slot);
}

export function swapStat(which: u32): u64 {
  switch (which) {
    case S.SWAP_STAT_SLOTS: return closed ? 0 : slots;
    case S.SWAP_STAT_USED: return used;
    case S.SWAP_STAT_CACHED: return cached;
    case S.SWAP_STAT_IN: return pagesIn;
    case S.SWAP_STAT_OUT: return pagesOut;
    default: return 0;
  }
}

/** For check.ts: the frame's place in the cache is as its flags say. */
export function swapChecks(frame: u32): bool {
  const slot = <u32>frameIndex(frame);
  return frameObject(frame) == 0 && slot != 0 && slot <= slots && swapFrame(slot) == frame;
}
/** For check.ts: slots counted anew: taken ones, or those with a frame. */
export function swapCount(frames: bool): u32 {
  let count: u32 = 0;
  for (let slot: u32 = 1; slot <= slots; slot++) {
    if (frames ? swapFrame(slot) != 0 : load<u64>(at(slot)) != 0) count++;
  }
  return count;
}
export function swapReferenceSum(): u64 {
  let sum: u64 = 0;
  for (let slot: u32 = 1; slot <= slots; slot++) sum += swapReferences(slot);
  return sum;
}
