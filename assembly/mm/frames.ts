/**
 * Physical frames: one descriptor of 32 bytes for each 4 KiB page of linear memory. A frame number is its address / 4096.
 *
 *   0  u32 references: PTEs that map it, plus one while an object (page cache) holds it
 *   4  u32 flags FRAME_*, and from FRAME_INDEX_SHIFT on bits 32 to 51 of the page index
 *   8  u32 object that owns it, 0 = anonymous
 *  12  u32 page index in that object, bits 0 to 31; FRAME_SWAP: slot of the swap area
 *  16  u32 decoded page (code.ts), 0 = never executed
 *  20  u32 next, 24 u32 previous: free list; of a last page table: round in which reclaim saw it, and
 *                        the space whose it was then; of a megapage's first: 20 u32 spaces that have it (huge.ts)
 *  28  u32 generation of the code in it (code.ts): outlives the frame's use
 *
 * A frame of small records is never mapped and uses 8..31 as slab.ts says.
 * Invariant: a descriptor of all zeros is a frame never used, and its memory is zero.
 */
import { COUNT_FRAMES_PEAK, DESCRIPTORS, FIRST_FRAME, FIRST_WINDOW_FRAME, FRAME_COUNT } from '../shared/layout';
import { HART, HART_COUNTERS, HART_SHORT, PAGE_SHIFT, PAGE_SIZE } from '../shared/layout';
import { codeDropped } from '../code';
import { DECODED_OWNER } from './decoded';
import { reclaim } from './reclaim';

export const FRAME_USED: u32 = 1;
export const FRAME_FREE: u32 = 2;
export const FRAME_DIRTY: u32 = 4;
export const FRAME_REFERENCED: u32 = 8;
/** Has decoded instructions: no translation may let stores through unseen. */
export const FRAME_CODE: u32 = 16;
/** Compiled regions hold code from it. */
export const FRAME_COMPILED: u32 = 32;
/** In the swap cache (swap.ts): no object's, and its page index is its slot. */
export const FRAME_SWAP: u32 = 64;
/** MADV_FREE: its contents may go at any time; a store takes that back. */
export const FRAME_LAZY: u32 = 128;
/** While reclaim is at work: the host has its address in hand. */
export const FRAME_HELD: u32 = 256;
/** Pages of the same contents are this one frame (ksm.ts). */
export const FRAME_MERGED: u32 = 512;
/** The first of a huge page of the pool (hugetlb.ts). */
export const FRAME_POOL: u32 = 1024;
const FRAME_INDEX_SHIFT: u32 = 12;
export const FRAME_FLAGS: u32 = (1 << FRAME_INDEX_SHIFT) - 1;

const TABLE: usize = DESCRIPTORS;
const GENERAL: u32 = FIRST_FRAME;
const WINDOWS: u32 = FIRST_WINDOW_FRAME;
const END: u32 = FRAME_COUNT;
const WASM_PAGE_FRAMES: u32 = 16;
const GROW_STEP_FRAMES: u32 = 4096;
/** Frames are short when less than a 32nd of them is free. */
const SHORT_SHIFT: u32 = 5;
/** Frames of a megapage. */
const SPAN: u32 = 512;
const SPAN_SHIFT: u32 = 9;

/** A byte for each 512 frames: not 0 once one of them was in use. General frames are all below framesGeneralEnd(). */
const touched = memory.data(FRAME_COUNT >> 9);

/** Frames that may be in use, and how many of them until the host is told that they run short. */
let limit: u32 = 0;
let ample: u32 = 0;
let inUse: u32 = 0;
let isBeyond: bool = false;
/** Free frames that were used before, most recently freed first: general ones and those that windows lie over. */
let freeGeneral: u32 = 0;
let freeWindow: u32 = 0;
let nextGeneral: u32 = FIRST_FRAME;
let nextWindow: u32 = FRAME_COUNT - 1;
/** Frames that linear memory covers, and the first that the host has refused to cover: it is not asked again. */
let covered: u32 = 0;
let refused: u32 = FRAME_COUNT;

// @ts-ignore: decorator
@inline
function descriptor(frame: u32): usize {
  return TABLE + (<usize>frame << 5);
}
// @ts-ignore: decorator
@inline
function touch(frame: u32): void {
  store<u8>(touched + (frame >> SPAN_SHIFT), 1);
}
// @ts-ignore: decorator
@inline
export function frameReferences(frame: u32): u32 {
  return load<u32>(descriptor(frame));
}
// @ts-ignore: decorator
@inline
export function frameFlags(frame: u32): u32 {
  return load<u32>(descriptor(frame), 4);
}
// @ts-ignore: decorator
@inline
export function frameSetFlags(frame: u32, set: u32, clear: u32): void {
  store<u32>(descriptor(frame), (load<u32>(descriptor(frame), 4) & ~clear) | set, 4);
}
// @ts-ignore: decorator
@inline
export function frameObject(frame: u32): u32 {
  return load<u32>(descriptor(frame), 8);
}
// @ts-ignore: decorator
@inline
export function frameIndex(frame: u32): u64 {
  return load<u32>(descriptor(frame), 12) | (<u64>(load<u32>(descriptor(frame), 4) >> FRAME_INDEX_SHIFT) << 32);
}
/** Could it be had by asking for it, and without taking memory from somebody else? */
export function frameIsFree(frame: u32): bool {
  return frame != 0 && inUse < limit && (frameFlags(frame) & FRAME_USED) == 0;
}
export function frameSetOwner(frame: u32, object: u32, index: u64): void {
  const d = descriptor(frame);
  store<u32>(d, object, 8);
  store<u32>(d, <u32>index, 12);
  store<u32>(d, (load<u32>(d, 4) & FRAME_FLAGS) | (<u32>(index >> 32) << FRAME_INDEX_SHIFT), 4);
}
// @ts-ignore: decorator
@inline
export function frameDecoded(frame: u32): u32 {
  return load<u32>(descriptor(frame), 16);
}
// @ts-ignore: decorator
@inline
export function setFrameDecoded(frame: u32, decoded: u32): void {
  store<u32>(descriptor(frame), decoded, 16);
  if (decoded != 0) store<u32>(decoded, frame, DECODED_OWNER);
}
/** Has reclaim seen a last table in this round, in another space? */
export function frameSeen(table: u32, round: u32, space: usize): bool {
  if (load<u32>(descriptor(table), 20) == round) return load<u32>(descriptor(table), 24) != <u32>space;
  store<u32>(descriptor(table), round, 20);
  store<u32>(descriptor(table), <u32>space, 24);
  return false;
}
export function frameGeneration(frame: u32): u32 {
  return load<u32>(descriptor(frame), 28);
}
export function frameNextGeneration(frame: u32): void {
  store<u32>(descriptor(frame), load<u32>(descriptor(frame), 28) + 1, 28);
}
// @ts-ignore: decorator
@inline
export function frameAddress(frame: u32): usize {
  return <usize>frame << PAGE_SHIFT;
}
// @ts-ignore: decorator
@inline
export function frameRetain(frame: u32): void {
  store<u32>(descriptor(frame), load<u32>(descriptor(frame)) + 1);
}

export function framesInit(frames: u32): void {
  limit = frames;
  ample = frames - (frames >> SHORT_SHIFT);
  covered = <u32>memory.size() * WASM_PAGE_FRAMES;
}
export function framesUsed(): u32 {
  return inUse;
}
export function framesLimit(): u32 {
  return limit;
}

/** Behind the last general frame that was ever used: for snapshots. */
export function framesGeneralEnd(): u32 {
  return nextGeneral;
}

/** Where the bytes are that say which spans of frames were ever in use: for who makes the core anew. */
export function framesTouched(): usize {
  return touched;
}

/** For check.ts: how many frames linear memory covers, and how many are in the free lists. */
export function framesCovered(): u32 {
  return covered;
}
export function framesListed(): u32 {
  let count: u32 = 0;
  for (let frame = freeGeneral; frame != 0; frame = load<u32>(descriptor(frame), 20)) count++;
  for (let frame = freeWindow; frame != 0; frame = load<u32>(descriptor(frame), 20)) count++;
  return count;
}

function countUse(): void {
  inUse++;
  const peak: usize = HART + HART_COUNTERS + COUNT_FRAMES_PEAK * 8;
  if (<u64>inUse > load<u64>(peak)) store<u64>(peak, inUse);
}

/** Makes linear memory reach beyond `frame`; false when the host gives no more. */
function cover(frame: u32): bool {
  if (frame < covered) return true;
  if (frame >= refused) return false;
  const wanted = min(max(frame + 1, covered + GROW_STEP_FRAMES), END);
  if (grow((wanted + WASM_PAGE_FRAMES - 1) / WASM_PAGE_FRAMES) || grow(frame / WASM_PAGE_FRAMES + 1)) return true;
  refused = frame;
  return false;
}

function grow(pages: u32): bool {
  if (memory.grow(pages - covered / WASM_PAGE_FRAMES) < 0) return false;
  covered = pages * WASM_PAGE_FRAMES;
  return true;
}

function unlink(frame: u32): void {
  const d = descriptor(frame);
  const next = load<u32>(d, 20);
  const previous = load<u32>(d, 24);
  if (next != 0) store<u32>(descriptor(next), previous, 24);
  if (previous != 0) store<u32>(descriptor(previous), next, 20);
  else if (frame < WINDOWS) freeGeneral = next;
  else freeWindow = next;
}

/**
 * The frame to take, or 0. Without a preference: warm general frames, fresh general frames, and only then frames that windows lie over,
 * because a page whose identity frame was taken by somebody else is slow for as long as it lives.
 */
function choose(preferred: u32): u32 {
  if (preferred >= WINDOWS && preferred < END && (frameFlags(preferred) & FRAME_USED) == 0 && cover(preferred)) {
    if (frameFlags(preferred) & FRAME_FREE) unlink(preferred);
    return preferred;
  }
  if (freeGeneral != 0) {
    const frame = freeGeneral;
    unlink(frame);
    return frame;
  }
  if (nextGeneral < WINDOWS && cover(nextGeneral)) return nextGeneral++;
  if (freeWindow != 0) {
    const frame = freeWindow;
    unlink(frame);
    return frame;
  }
  // Fresh frames under windows are taken from the top: windows are laid out from the bottom.
  while (nextWindow >= WINDOWS) {
    const frame = nextWindow--;
    if (frameFlags(frame) != 0) continue;
    if (cover(frame)) return frame;
    // The host gives no more: what is covered is all there will ever be.
    nextWindow = covered - 1;
  }
  return 0;
}

/** Frames are short, which the host is told: it makes room before the next system call. False: there is none, and none could be made. */
function enough(): bool {
  store<u32>(HART + HART_SHORT, 1);
  return inUse < limit || isBeyond || reclaim();
}

/** While room is made a table more than there may be is no matter: it will be made up for. */
export function framesBeyond(allowed: bool): void {
  isBeyond = allowed;
}

/** A frame with one reference and unspecified contents, or 0: none left. */
export function frameAllocate(preferred: u32): u32 {
  if (inUse >= ample && !enough()) return 0;
  const frame = choose(preferred);
  if (frame == 0) return 0;
  const d = descriptor(frame);
  fresh = load<u32>(d, 4) == 0;
  store<u32>(d, 1);
  store<u32>(d, FRAME_USED, 4);
  touch(frame);
  countUse();
  return frame;
}

/** The last frameAllocate gave a frame that was never used, so its memory is zero. */
let fresh: bool = false;

/** The same, cleared. */
export function frameAllocateZeroed(preferred: u32): u32 {
  const frame = frameAllocate(preferred);
  if (frame != 0 && !fresh) memory.fill(frameAddress(frame), 0, PAGE_SIZE);
  return frame;
}

/** `count` neighbouring frames for the core's own caches: zero, never given back, no part of the frames in use. Their address, or 0. */
export function frameRun(count: u32): usize {
  if (nextGeneral + count > WINDOWS || !cover(nextGeneral + count - 1)) return 0;
  const first = nextGeneral;
  nextGeneral += count;
  return frameAddress(first);
}

/** `count` neighbouring frames, zero, each with one reference, for memory that a device shows. The first, or 0. */
export function frameAllocateRun(count: u32): u32 {
  while (count > limit - min(inUse, limit)) if (!reclaim()) return 0;
  const address = frameRun(count);
  const first = address != 0 ? <u32>(address >> PAGE_SHIFT) : freshUnderWindows(count);
  if (first == 0) return 0;
  for (let frame = first; frame < first + count; frame++) {
    store<u32>(descriptor(frame), 1);
    store<u32>(descriptor(frame), FRAME_USED, 4);
    touch(frame);
    countUse();
  }
  return first;
}

/** Are the frames of a megapage that would begin with `first` to be had, without taking memory from somebody else? */
export function frameSpanIsFree(first: u32): bool {
  return inUse + SPAN <= limit && frameSpanIsUnused(first);
}

/** The same, whatever the limit says. */
export function frameSpanIsUnused(first: u32): bool {
  if ((first & (SPAN - 1)) != 0 || !frameSpanCover(first)) return false;
  for (let frame = first; frame < first + SPAN; frame++) if (frameFlags(frame) & FRAME_USED) return false;
  return true;
}

/** Does linear memory reach over them? */
export function frameSpanCover(first: u32): bool {
  return first >= WINDOWS && first + SPAN <= END && cover(first + SPAN - 1);
}

/** Takes them, which must be free: zero, each with one reference. */
export function frameSpanTake(first: u32): void {
  touch(first);
  for (let frame = first; frame < first + SPAN; frame++) {
    const d = descriptor(frame);
    if (load<u32>(d, 4) & FRAME_FREE) {
      unlink(frame);
      memory.fill(frameAddress(frame), 0, PAGE_SIZE);
    }
    store<u32>(d, 1);
    store<u32>(d, FRAME_USED, 4);
    countUse();
  }
}

/** The first frame of a megapage that could be had anywhere under the windows, from the top; or 0. */
export function frameSpanFind(): u32 {
  for (let first = ((min(nextWindow + 1, END) >> 9) - 1) << 9; first >= WINDOWS; first -= SPAN) if (frameSpanIsFree(first)) return first;
  return 0;
}

/** How many spaces have the megapage that begins with this frame. */
// @ts-ignore: decorator
@inline
export function frameSharers(first: u32): u32 {
  return load<u32>(descriptor(first), 20);
}
export function frameSetSharers(first: u32, spaces: u32): void {
  store<u32>(descriptor(first), spaces, 20);
}

/** A run from the top of what windows may lie over, passing by frames that were ever used. */
function freshUnderWindows(count: u32): u32 {
  const high = freshBelow(nextWindow + 1, count);
  return high != 0 || covered <= WINDOWS ? high : freshBelow(min(covered, nextWindow + 1), count);
}

function freshBelow(end: u32, count: u32): u32 {
  let low = end;
  for (let found: u32 = 0; found < count; ) {
    if (low <= WINDOWS) return 0;
    found = frameFlags(--low) == 0 ? found + 1 : 0;
  }
  return cover(low + count - 1) ? low : 0;
}

/** Drops a reference; the last one frees the frame. */
export function frameRelease(frame: u32): void {
  const d = descriptor(frame);
  const references = load<u32>(d) - 1;
  store<u32>(d, references);
  if (references != 0) return;
  if (load<u32>(d, 16) != 0) codeDropped(frame);
  store<u32>(d, FRAME_FREE, 4);
  store<u64>(d, 0, 8);
  store<u32>(d, 0, 16);
  const general = frame < WINDOWS;
  const head = general ? freeGeneral : freeWindow;
  store<u32>(d, head, 20);
  store<u32>(d, 0, 24);
  if (head != 0) store<u32>(descriptor(head), frame, 24);
  if (general) freeGeneral = frame;
  else freeWindow = frame;
  inUse--;
}
