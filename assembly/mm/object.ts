/**
 * VM objects (after Mach): what a mapping maps. Record of 96 bytes:
 *
 *    0 u32 kind   4 u32 references   8 u64 size in bytes   16 u32 radix root   20 u32 radix height
 *   24 u32 pages present   28 u32 pages dirty   32 u32 first VMA that maps it   36 u32 next freed object
 *   40 u32 next, 44 u32 previous of all objects   48 u32 the core made it (shared anonymous memory): the host never hears of it
 *   52 u32 pages that lie in the swap area   56 u32 not 0: its pages stay in memory
 *   60 u32 huge pages that are its or promised (hugetlb.ts)
 *   64 u32 its dirty pages wait for no medium   68 u32 faults that found their page since the host asked last
 *   72 u32 the host is asked before a mapping gets a page that is not there yet   76 u32 quota of the pool (objectspan.ts)
 *   80 u32 not 0: a page that is not there is zeros for ever (/dev/zero): private mappings are anonymous memory
 *
 * What the radix tree has for a page is its frame, or SWAPPED and its slot.
 * The object holds one reference on each of its frames. References: the host's, and one per VMA.
 */
import { NO_INDEX, OBJECT_DEVICE, OBJECT_FILE, OBJECT_HUGETLB } from '../shared/exit';
import { HART, HART_FREED_OBJECTS, PAGE_MASK, PAGE_SIZE } from '../shared/layout';
import { VM_MAYWRITE, VM_SHARED } from '../shared/mman';
import { CACHE_DIRTY, CACHE_PRESENT } from '../shared/stat';
import { codeWritten } from '../code';
import {
  FRAME_CODE, FRAME_DIRTY, FRAME_HELD, FRAME_REFERENCED, frameAddress, frameAllocateRun, frameAllocateZeroed, frameDecoded, frameFlags,
  frameReferences, frameRelease, frameSetFlags, frameSetOwner,
} from './frames';
import { hugetlbDrop } from './hugetlb';
import { PTE_D, PTE_V, PTE_W, pteFind, pteFrame } from './pagetable';
import { radixGet, radixNext, radixRemove, radixSet, radixTag, radixTagged, TAG_DIRTY, TAG_PRESENT } from './radix';
import { reclaim } from './reclaim';
import { scanForgetObject } from './scan';
import { slabAllocate, slabFree } from './slab';
import { SPACE_ROOT } from './space';
import { swapAssign, swapDrop, swapFrame, swapHold, swapRoom, swapTakeFrame } from './swap';
import { writeInvalidate } from './tlb';
import { zapRange } from './unmap';
import { VMA_END, VMA_FLAGS, VMA_NEXT, VMA_OFFSET, VMA_PREVIOUS, VMA_OBJECT, VMA_SPACE, VMA_START } from './vma';

const OBJECT_BYTES: u32 = 96;
export const OBJECT_KIND: usize = 0;
const REFERENCES: usize = 4;
export const OBJECT_SIZE: usize = 8;
export const TREE: usize = 16;
export const PRESENT: usize = 24;
const DIRTY: usize = 28;
const VMAS: usize = 32;
const NEXT_FREED: usize = 36;
const NEXT: usize = 40;
const PREVIOUS: usize = 44;
const INTERNAL: usize = 48;
const SWAPPED_PAGES: usize = 52;
const PINNED: usize = 56;
const SWAPPED: u32 = 0x80000000;
/** Behind the index of every page, so that its offset is a number of 64 bits. */
export const INDEX_END: u64 = (1 << 52) - 1;
/** Where an object without an end ends: behind every offset that can be mapped. */
const ENDLESS: u64 = ~(<u64>PAGE_MASK);
const KEPT: usize = 64;
const HITS: usize = 68;
const METERED: usize = 72;
const ZEROS: usize = 80;

let freed: usize = 0;
let first: usize = 0;
/** Of all files with a medium: pages in the cache, those that are dirty, and how often one became so. */
let filePresent: u32 = 0;
let fileDirty: u32 = 0;
let fileDirtied: u64 = 0;
/** How many objects there are. */
export let objectCount: u32 = 0;
/** Its radix tree is being changed: reclaim leaves it alone. */
let inserting: usize = 0;

export function objectFirst(): usize {
  return first;
}
export function objectAfter(object: usize): usize {
  return <usize>load<u32>(object, NEXT);
}

export function objectCreate(kind: u32): usize {
  const object = slabAllocate(OBJECT_BYTES);
  if (object == 0) return 0;
  objectCount++;
  store<u32>(object, kind);
  store<u32>(object, 1, REFERENCES);
  store<u32>(object, <u32>first, NEXT);
  if (first != 0) store<u32>(first, <u32>object, PREVIOUS);
  first = object;
  return object;
}
/** Memory of a device: `pages` neighbouring frames, all there at once. 0: no such run, or no memory. */
export function objectCreateDevice(pages: u32): usize {
  const object = objectCreate(OBJECT_DEVICE);
  if (object == 0) return 0;
  const first = frameAllocateRun(pages);
  let index: u32 = 0;
  for (; first != 0 && index < pages && insert(object, index, first + index); index++) {
    frameSetOwner(first + index, <u32>object, index);
    store<u32>(object, index + 1, PRESENT);
  }
  if (first != 0 && index == pages) {
    store<u64>(object, <u64>pages << 12, OBJECT_SIZE);
    return object;
  }
  for (let rest = index; first != 0 && rest < pages; rest++) frameRelease(first + rest);
  objectRelease(object);
  return 0;
}
/** Memory that only mappings know. */
export function objectCreateInternal(kind: u32): usize {
  const object = objectCreate(kind);
  if (object != 0) store<u32>(object, 1, INTERNAL);
  return object;
}
/** Anonymous shared memory: no file's. */
export function objectInternal(object: usize): bool {
  return load<u32>(object, INTERNAL) != 0;
}
/** Memory is all the medium that written pages will ever have (an overlay's upper layer). Said before a page is dirty. */
export function objectKeep(object: usize): void {
  store<u32>(object, 1, KEPT);
}
/** Nobody will ever give it a page: a private mapping of it is memory that starts at zero. Of no bytes: it has no end. */
export function objectSetZeros(object: usize, bytes: u64): void {
  store<u32>(object, 1, ZEROS);
  store<u64>(object, bytes == 0 ? ENDLESS : bytes, OBJECT_SIZE);
}
export function objectZeros(object: usize): bool {
  return load<u32>(object, ZEROS) != 0;
}
/** A file system with a limit: what a mapping adds to its files is counted, and may be refused. */
export function objectMeter(object: usize): void {
  store<u32>(object, 1, METERED);
}
export function objectMetered(object: usize): bool {
  return load<u32>(object, METERED) != 0;
}
export function cacheStat(which: u32): f64 {
  return which == CACHE_PRESENT ? filePresent : which == CACHE_DIRTY ? fileDirty : <f64>fileDirtied;
}
/** A fault found its page in the cache: what reading around a missing one is worth. */
// @ts-ignore: decorator
@inline
export function objectHit(object: usize): void {
  store<u32>(object, load<u32>(object, HITS) + 1, HITS);
}
export function objectTakeHits(object: usize): u32 {
  const hits = load<u32>(object, HITS);
  store<u32>(object, 0, HITS);
  return hits;
}

function countPage(object: usize, change: i32): void {
  store<u32>(object, load<u32>(object, PRESENT) + change, PRESENT);
  if (load<u32>(object, OBJECT_KIND) == OBJECT_FILE) filePresent += change;
}
function countDirty(object: usize, change: i32): void {
  store<u32>(object, load<u32>(object, DIRTY) + change, DIRTY);
  if (load<u32>(object, OBJECT_KIND) != OBJECT_FILE || load<u32>(object, KEPT) != 0) return;
  fileDirty += change;
  if (change > 0) fileDirtied++;
}

export function objectRetain(object: usize): void {
  store<u32>(object, load<u32>(object, REFERENCES) + 1, REFERENCES);
}
export function objectReferences(object: usize): u32 {
  return load<u32>(object, REFERENCES);
}

/** The last reference frees the pages; the record waits in objectNextFreed so that the host can forget its handle first. */
export function objectRelease(object: usize): void {
  const references = load<u32>(object, REFERENCES) - 1;
  store<u32>(object, references, REFERENCES);
  if (references != 0) return;
  dropPages(object, 0, INDEX_END);
  scanForgetObject(object);
  objectCount--;
  const next = load<u32>(object, NEXT);
  const previous = load<u32>(object, PREVIOUS);
  if (next != 0) store<u32>(next, previous, PREVIOUS);
  if (previous != 0) store<u32>(previous, next, NEXT);
  else first = next;
  if (load<u32>(object, INTERNAL) != 0) {
    slabFree(object, OBJECT_BYTES);
    return;
  }
  store<u32>(object, <u32>freed, NEXT_FREED);
  freed = object;
  store<u32>(HART + HART_FREED_OBJECTS, load<u32>(HART + HART_FREED_OBJECTS) + 1);
}

export function objectNextFreed(): usize {
  const object = freed;
  if (object == 0) return 0;
  freed = <usize>load<u32>(object, NEXT_FREED);
  store<u32>(HART + HART_FREED_OBJECTS, load<u32>(HART + HART_FREED_OBJECTS) - 1);
  slabFree(object, OBJECT_BYTES);
  return object;
}

export function objectSize(object: usize): u64 {
  return load<u64>(object, OBJECT_SIZE);
}
export function objectPages(object: usize): u32 {
  return load<u32>(object, PRESENT);
}
export function objectDirtyPages(object: usize): u32 {
  return load<u32>(object, DIRTY);
}

/** Frame of a cached page, or 0; one whose contents are in the swap cache is the object's again. */
export function objectFrame(object: usize, index: u64): u32 {
  const value = radixGet(object + TREE, index);
  return value & SWAPPED ? comeBack(object, index, value & ~SWAPPED) : value;
}

/** Is there a page, in memory or in the swap area? */
export function objectHolds(object: usize, index: u64): bool {
  return radixGet(object + TREE, index) != 0;
}
/** Is its page in memory, the swap cache included? */
export function objectResident(object: usize, index: u64): bool {
  const value = radixGet(object + TREE, index);
  return value & SWAPPED ? swapFrame(value & ~SWAPPED) != 0 : value != 0;
}
/** The slot where a page lies, or 0: it lies in memory, or there is none. */
export function objectSlot(object: usize, index: u64): u32 {
  if (load<u32>(object, SWAPPED_PAGES) == 0) return 0;
  const value = radixGet(object + TREE, index);
  return value & SWAPPED ? value & ~SWAPPED : 0;
}
export function objectSwapped(object: usize): u32 {
  return load<u32>(object, SWAPPED_PAGES);
}
export function objectSwappedIn(object: usize, from: u64, to: u64): u32 {
  if (load<u32>(object, SWAPPED_PAGES) == 0) return 0;
  let pages: u32 = 0;
  for (let next = objectNextPresent(object, from); next >= 0 && next < <i64>to; next = objectNextPresent(object, next + 1)) {
    if (objectSlot(object, next) != 0) pages++;
  }
  return pages;
}
export function objectMappings(object: usize): u32 {
  let mappings: u32 = 0;
  for (let vma = firstMapping(object); vma != 0; vma = nextMapping(vma)) mappings++;
  return mappings;
}

/** Its pages stay in memory, whoever needs room: SHM_LOCK, what the host writes into at any time. */
export function objectPin(object: usize, on: bool): void {
  store<u32>(object, on ? 1 : 0, PINNED);
}
export function objectPinned(object: usize): bool {
  return load<u32>(object, PINNED) != 0;
}

/** A page that nobody maps goes out to the swap area: its frame is the swap cache's from now on. False: no room, or it has to stay. */
export function objectSwapOut(object: usize, index: u64, frame: u32): bool {
  if (object == inserting || !swapRoom()) return false;
  undirty(object, index);
  const slot = swapAssign(frame);
  swapHold(slot);
  radixSet(object + TREE, index, SWAPPED | slot);
  frameSetFlags(frame, 0, FRAME_REFERENCED);
  frameRelease(frame);
  store<u32>(object, load<u32>(object, PRESENT) - 1, PRESENT);
  store<u32>(object, load<u32>(object, SWAPPED_PAGES) + 1, SWAPPED_PAGES);
  return true;
}

/** The frame, when the swap cache has it. The medium's copy is given up: the page counts as written. */
function comeBack(object: usize, index: u64, slot: u32): u32 {
  const frame = swapTakeFrame(slot);
  if (frame == 0) return 0;
  radixSet(object + TREE, index, frame);
  frameSetOwner(frame, <u32>object, index);
  frameSetFlags(frame, FRAME_REFERENCED, 0);
  store<u32>(object, load<u32>(object, PRESENT) + 1, PRESENT);
  store<u32>(object, load<u32>(object, SWAPPED_PAGES) - 1, SWAPPED_PAGES);
  objectMarkDirty(object, index);
  return frame;
}

/** The same, a zeroed page inserted when absent; 0: no memory, or it lies in the swap area. */
export function objectFrameMake(object: usize, index: u64): u32 {
  let frame = objectFrame(object, index);
  if (frame != 0) return frame;
  if (objectSlot(object, index) != 0) return 0;
  frame = frameAllocateZeroed(0);
  if (frame == 0) return 0;
  if (!insert(object, index, frame) && (!reclaim() || !insert(object, index, frame))) {
    frameRelease(frame);
    return 0;
  }
  frameSetOwner(frame, <u32>object, index);
  frameSetFlags(frame, FRAME_REFERENCED, 0);
  countPage(object, 1);
  return frame;
}

export function insert(object: usize, index: u64, frame: u32): bool {
  inserting = object;
  const done = radixSet(object + TREE, index, frame);
  inserting = 0;
  return done;
}

/** Whoever changes a page says so here: it must reach its medium, and code decoded from the old bytes is no more. */
export function objectMarkDirty(object: usize, index: u64): void {
  const frame = objectFrame(object, index);
  if (frame == 0) return;
  if (frameFlags(frame) & FRAME_CODE) codeWritten(frame, 0, PAGE_SIZE);
  if (radixTagged(object + TREE, index, TAG_DIRTY)) return;
  radixTag(object + TREE, index, TAG_DIRTY, true);
  frameSetFlags(frame, FRAME_DIRTY, 0);
  countDirty(object, 1);
}

export function objectIsDirty(object: usize, index: u64): bool {
  return radixTagged(object + TREE, index, TAG_DIRTY);
}

export function objectNextDirty(object: usize, from: u64): i64 {
  return radixNext(object + TREE, from, TAG_DIRTY);
}
export function objectNextPresent(object: usize, from: u64): i64 {
  return radixNext(object + TREE, from, TAG_PRESENT);
}

export function undirty(object: usize, index: u64): void {
  if (!radixTagged(object + TREE, index, TAG_DIRTY)) return;
  radixTag(object + TREE, index, TAG_DIRTY, false);
  frameSetFlags(radixGet(object + TREE, index), 0, FRAME_DIRTY);
  countDirty(object, -1);
}

/** Drops W and D from every PTE that maps the page, so that the next store faults and marks it dirty again. */
export function objectClean(object: usize, index: u64): void {
  const frame = objectFrame(object, index);
  undirty(object, index);
  // Nobody but the cache holds it: no need to look through the mappings.
  if (frame == 0 || frameReferences(frame) == 1) return;
  for (let vma = firstMapping(object); vma != 0; vma = nextMapping(vma)) {
    const va = mappedAt(vma, index);
    if (va == 0) continue;
    const space = <usize>load<u32>(vma, VMA_SPACE);
    const at = pteFind(load<u32>(space, SPACE_ROOT), va);
    if (at == 0) continue;
    const pte = load<u64>(at);
    if ((pte & (PTE_V | PTE_W)) != (PTE_V | PTE_W) || pteFrame(pte) != frame) continue;
    store<u64>(at, pte & ~(PTE_W | PTE_D));
    writeInvalidate(space, va);
  }
}

export function firstMapping(object: usize): usize {
  return <usize>load<u32>(object, VMAS);
}
export function nextMapping(vma: usize): usize {
  return <usize>load<u32>(vma, VMA_NEXT);
}

/** Address at which a VMA maps a page of its object, or 0. */
export function mappedAt(vma: usize, index: u64): u64 {
  const offset = index << 12;
  const from = load<u64>(vma, VMA_OFFSET);
  if (offset < from) return 0;
  const va = load<u64>(vma, VMA_START) + (offset - from);
  return va < load<u64>(vma, VMA_END) ? va : 0;
}

/** Does somebody map the object shared, and may he store there now or after mprotect(2)? */
export function objectWritable(object: usize): bool {
  const wanted = VM_SHARED | VM_MAYWRITE;
  for (let vma = firstMapping(object); vma != 0; vma = nextMapping(vma)) if ((load<u32>(vma, VMA_FLAGS) & wanted) == wanted) return true;
  return false;
}

/** A VMA begins to map its object: takes a reference and joins the object's list. */
export function mappingLink(vma: usize): void {
  const object = <usize>load<u32>(vma, VMA_OBJECT);
  if (object == 0) return;
  objectRetain(object);
  const head = load<u32>(object, VMAS);
  store<u32>(vma, head, VMA_NEXT);
  store<u32>(vma, 0, VMA_PREVIOUS);
  if (head != 0) store<u32>(head, <u32>vma, VMA_PREVIOUS);
  store<u32>(object, <u32>vma, VMAS);
}

export function mappingUnlink(vma: usize): void {
  const object = <usize>load<u32>(vma, VMA_OBJECT);
  if (object == 0) return;
  const next = load<u32>(vma, VMA_NEXT);
  const previous = load<u32>(vma, VMA_PREVIOUS);
  if (next != 0) store<u32>(next, previous, VMA_PREVIOUS);
  if (previous != 0) store<u32>(previous, next, VMA_NEXT);
  else store<u32>(object, next, VMAS);
  objectRelease(object);
}

/** Removes the PTEs of pages [from, to) wherever they are mapped; those of private copies, too, when `copies` (truncation). */
function unmapPages(object: usize, from: u64, to: u64, copies: bool): void {
  const low = from << 12;
  const high = to << 12;
  for (let vma = firstMapping(object); vma != 0; vma = nextMapping(vma)) {
    const start = load<u64>(vma, VMA_START);
    const offset = load<u64>(vma, VMA_OFFSET);
    const last = offset + (load<u64>(vma, VMA_END) - start);
    if (last <= low || offset >= high) continue;
    const space = <usize>load<u32>(vma, VMA_SPACE);
    // Protection by a userfaultfd outlives the contents, but not where a file of huge pages has ended.
    const keep = !copies || load<u32>(object, OBJECT_KIND) != OBJECT_HUGETLB;
    zapRange(space, start + (max(low, offset) - offset), start + (min(high, last) - offset), copies ? 0 : object, keep);
  }
}

/** Takes pages out of the cache, mapped or not. */
export function dropPages(object: usize, from: u64, to: u64): void {
  unmapPages(object, from, to, false);
  if (load<u32>(object, OBJECT_KIND) == OBJECT_HUGETLB) {
    hugetlbDrop(object, from, to);
    return;
  }
  for (let next = objectNextPresent(object, from); next >= 0 && next < <i64>to; next = objectNextPresent(object, next)) {
    removePage(object, next);
  }
}

/** The page is mapped nowhere. */
export function removePage(object: usize, index: u64): void {
  const slot = objectSlot(object, index);
  if (slot != 0) {
    radixRemove(object + TREE, index);
    store<u32>(object, load<u32>(object, SWAPPED_PAGES) - 1, SWAPPED_PAGES);
    swapDrop(slot);
    return;
  }
  const frame = objectFrame(object, index);
  undirty(object, index);
  radixRemove(object + TREE, index);
  countPage(object, -1);
  frameSetOwner(frame, 0, 0);
  frameSetFlags(frame, 0, FRAME_REFERENCED);
  frameRelease(frame);
}

/** Where the last dropCleanPages stopped: the index to go on with, or NO_INDEX when it came to the end. */
export let dropStopped: i64 = 0;

/**
 * Drops clean pages in [from, to) that nobody maps, `most` at most. With `sparing` a page used since the last time gets away with losing
 * its mark (the clock's second chance). Returns how many went.
 */
export function dropCleanPages(object: usize, from: u64, to: u64, most: u32, sparing: bool): u32 {
  let dropped: u32 = 0;
  dropStopped = NO_INDEX;
  if (object == inserting) return 0;
  for (let next = objectNextPresent(object, from); next >= 0 && next < <i64>to; next = objectNextPresent(object, next + 1)) {
    const index = <u64>next;
    if (dropped == most) {
      dropStopped = next;
      break;
    }
    if (objectSlot(object, index) != 0) continue;
    const frame = objectFrame(object, index);
    if (frameReferences(frame) != 1 || objectIsDirty(object, index) || (frameFlags(frame) & FRAME_HELD) != 0) continue;
    if (sparing && (frameFlags(frame) & FRAME_REFERENCED) != 0) frameSetFlags(frame, 0, FRAME_REFERENCED);
    else {
      removePage(object, index);
      dropped++;
    }
  }
  return dropped;
}

/** Truncates or grows. Mappings of pages beyond the new end lose them, private copies included; the last page's rest becomes zero. */
export function objectSetSize(object: usize, bytes: u64): void {
  const old = load<u64>(object, OBJECT_SIZE);
  store<u64>(object, bytes, OBJECT_SIZE);
  if (bytes >= old) return;
  const first = (bytes + PAGE_MASK) >> 12;
  unmapPages(object, first, INDEX_END, true);
  dropPages(object, first, INDEX_END);
  const rest = <u32>bytes & PAGE_MASK;
  if (rest == 0) return;
  const frame = objectFrame(object, bytes >> 12);
  if (frame == 0) return;
  memory.fill(frameAddress(frame) + rest, 0, PAGE_SIZE - rest);
  if (frameDecoded(frame) != 0) codeWritten(frame, rest, PAGE_SIZE - rest);
}
