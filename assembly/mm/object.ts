/**
 * VM objects (after Mach): what a mapping maps. Record of 64 bytes:
 *
 *    0 u32 kind   4 u32 references   8 u64 size in bytes   16 u32 radix root   20 u32 radix height
 *   24 u32 pages present   28 u32 pages dirty   32 u32 first VMA that maps it   36 u32 next freed object
 *   40 u32 next, 44 u32 previous of all objects
 *
 * The object holds one reference on each of its frames. References: the host's, and one per VMA.
 */
import { HART, HART_FREED_OBJECTS, PAGE_MASK, PAGE_SIZE } from '../shared/layout';
import { codeWritten } from '../code';
import { FRAME_DIRTY, frameAddress, frameAllocateZeroed, frameDecoded, frameReferences, frameRelease, frameSetFlags, frameSetOwner } from './frames';
import { PTE_A, PTE_D, PTE_V, PTE_W, pteFind } from './pagetable';
import { radixFree, radixGet, radixNext, radixRemove, radixSet, radixTag, radixTagged, TAG_DIRTY, TAG_PRESENT } from './radix';
import { reclaimForget } from './reclaim';
import { slabAllocate, slabFree } from './slab';
import { SPACE_ROOT } from './space';
import { translationInvalidate } from './tlb';
import { clearPte } from './unmap';
import { VMA_END, VMA_NEXT, VMA_OFFSET, VMA_PREVIOUS, VMA_OBJECT, VMA_SPACE, VMA_START } from './vma';

const OBJECT_BYTES: u32 = 64;
export const OBJECT_KIND: usize = 0;
const REFERENCES: usize = 4;
export const OBJECT_SIZE: usize = 8;
const TREE: usize = 16;
const PRESENT: usize = 24;
const DIRTY: usize = 28;
const VMAS: usize = 32;
const NEXT_FREED: usize = 36;
const NEXT: usize = 40;
const PREVIOUS: usize = 44;

let freed: usize = 0;
let first: usize = 0;

export function objectFirst(): usize {
  return first;
}
export function objectAfter(object: usize): usize {
  return <usize>load<u32>(object, NEXT);
}

export function objectCreate(kind: u32): usize {
  const object = slabAllocate(OBJECT_BYTES);
  if (object == 0) return 0;
  store<u32>(object, kind);
  store<u32>(object, 1, REFERENCES);
  store<u32>(object, <u32>first, NEXT);
  if (first != 0) store<u32>(first, <u32>object, PREVIOUS);
  first = object;
  return object;
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
  dropPages(object, 0, 0xffffffff);
  radixFree(object + TREE);
  reclaimForget(object);
  const next = load<u32>(object, NEXT);
  const previous = load<u32>(object, PREVIOUS);
  if (next != 0) store<u32>(next, previous, PREVIOUS);
  if (previous != 0) store<u32>(previous, next, NEXT);
  else first = next;
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

/** Frame of a cached page, or 0. */
export function objectFrame(object: usize, index: u32): u32 {
  return radixGet(object + TREE, index);
}

/** The same, a zeroed page inserted when absent; 0: no memory. */
export function objectFrameMake(object: usize, index: u32): u32 {
  let frame = objectFrame(object, index);
  if (frame != 0) return frame;
  frame = frameAllocateZeroed(0);
  if (frame == 0) return 0;
  if (!radixSet(object + TREE, index, frame)) {
    frameRelease(frame);
    return 0;
  }
  frameSetOwner(frame, <u32>object, index);
  store<u32>(object, load<u32>(object, PRESENT) + 1, PRESENT);
  return frame;
}

export function objectMarkDirty(object: usize, index: u32): void {
  const frame = objectFrame(object, index);
  if (frame == 0 || radixTagged(object + TREE, index, TAG_DIRTY)) return;
  radixTag(object + TREE, index, TAG_DIRTY, true);
  frameSetFlags(frame, FRAME_DIRTY, 0);
  store<u32>(object, load<u32>(object, DIRTY) + 1, DIRTY);
}

export function objectIsDirty(object: usize, index: u32): bool {
  return radixTagged(object + TREE, index, TAG_DIRTY);
}

export function objectNextDirty(object: usize, from: u32): i64 {
  return radixNext(object + TREE, from, TAG_DIRTY);
}
export function objectNextPresent(object: usize, from: u32): i64 {
  return radixNext(object + TREE, from, TAG_PRESENT);
}

function undirty(object: usize, index: u32): void {
  if (!radixTagged(object + TREE, index, TAG_DIRTY)) return;
  radixTag(object + TREE, index, TAG_DIRTY, false);
  frameSetFlags(objectFrame(object, index), 0, FRAME_DIRTY);
  store<u32>(object, load<u32>(object, DIRTY) - 1, DIRTY);
}

/** Drops W and D from every PTE that maps the page, so that the next store faults and marks it dirty again. */
export function objectClean(object: usize, index: u32): void {
  undirty(object, index);
  const frame = objectFrame(object, index);
  for (let vma = firstMapping(object); vma != 0; vma = nextMapping(vma)) {
    const va = mappedAt(vma, index);
    if (va == 0) continue;
    const space = <usize>load<u32>(vma, VMA_SPACE);
    const at = pteFind(load<u32>(space, SPACE_ROOT), va);
    if (at == 0) continue;
    const pte = load<u64>(at);
    if ((pte & (PTE_V | PTE_W)) != (PTE_V | PTE_W) || <u32>(pte >> 10) != frame) continue;
    store<u64>(at, pte & ~(PTE_W | PTE_D));
    translationInvalidate(space, va);
  }
}

export function firstMapping(object: usize): usize {
  return <usize>load<u32>(object, VMAS);
}
export function nextMapping(vma: usize): usize {
  return <usize>load<u32>(vma, VMA_NEXT);
}

/** Address at which a VMA maps a page of its object, or 0. */
export function mappedAt(vma: usize, index: u32): u64 {
  const offset = (<u64>index) << 12;
  const from = load<u64>(vma, VMA_OFFSET);
  if (offset < from) return 0;
  const va = load<u64>(vma, VMA_START) + (offset - from);
  return va < load<u64>(vma, VMA_END) ? va : 0;
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

/** Removes the PTEs that map a page of the object. Private copies go too when `copies` (truncation). */
function unmapPage(object: usize, index: u32, copies: bool): void {
  const frame = objectFrame(object, index);
  for (let vma = firstMapping(object); vma != 0; vma = nextMapping(vma)) {
    const va = mappedAt(vma, index);
    if (va == 0) continue;
    const space = <usize>load<u32>(vma, VMA_SPACE);
    const at = pteFind(load<u32>(space, SPACE_ROOT), va);
    if (at == 0) continue;
    const pte = load<u64>(at);
    if (pte != 0 && (copies || <u32>(pte >> 10) == frame)) clearPte(space, va, at);
  }
}

/** Takes pages out of the cache, mapped or not. */
export function dropPages(object: usize, from: u32, to: u32): void {
  for (let next = objectNextPresent(object, from); next >= 0 && next < <i64>to; next = objectNextPresent(object, <u32>next)) {
    removePage(object, <u32>next);
  }
}

function removePage(object: usize, index: u32): void {
  const frame = objectFrame(object, index);
  unmapPage(object, index, false);
  undirty(object, index);
  radixRemove(object + TREE, index);
  store<u32>(object, load<u32>(object, PRESENT) - 1, PRESENT);
  frameSetOwner(frame, 0, 0);
  frameRelease(frame);
}

/** fadvise(DONTNEED): clean pages that nobody maps. Returns how many went. */
export function dropCleanPages(object: usize, from: u32, to: u32, most: u32): u32 {
  let dropped: u32 = 0;
  let next = objectNextPresent(object, from);
  while (next >= 0 && next < <i64>to && dropped < most) {
    const index = <u32>next;
    if (!objectIsDirty(object, index) && frameReferences(objectFrame(object, index)) == 1) {
      removePage(object, index);
      dropped++;
    }
    if (index == 0xffffffff) break;
    next = objectNextPresent(object, index + 1);
  }
  return dropped;
}

/** Truncates or grows. Mappings of pages beyond the new end lose them, private copies included; the last page's rest becomes zero. */
export function objectSetSize(object: usize, bytes: u64): void {
  const old = load<u64>(object, OBJECT_SIZE);
  store<u64>(object, bytes, OBJECT_SIZE);
  if (bytes >= old) return;
  const first = <u32>((bytes + PAGE_MASK) >> 12);
  const end = (old + PAGE_MASK) >> 12;
  for (let vma = firstMapping(object); vma != 0; vma = nextMapping(vma)) unmapBeyond(vma, first, end);
  dropPages(object, first, 0xffffffff);
  const rest = <u32>bytes & PAGE_MASK;
  if (rest == 0) return;
  const frame = objectFrame(object, <u32>(bytes >> 12));
  if (frame == 0) return;
  memory.fill(frameAddress(frame) + rest, 0, PAGE_SIZE - rest);
  if (frameDecoded(frame) != 0) codeWritten(frame, rest, PAGE_SIZE - rest);
}

function unmapBeyond(vma: usize, first: u32, end: u64): void {
  const space = <usize>load<u32>(vma, VMA_SPACE);
  const from = load<u64>(vma, VMA_OFFSET) >> 12;
  const start = load<u64>(vma, VMA_START);
  const pages = (load<u64>(vma, VMA_END) - start) >> 12;
  for (let i: u64 = max(<u64>first, from) - from; i < pages && i + from < end; i++) {
    const va = start + (i << 12);
    const at = pteFind(load<u32>(space, SPACE_ROOT), va);
    if (at != 0 && load<u64>(at) != 0) clearPte(space, va, at);
  }
}

/** Bits that a PTE of the page gets besides permissions. */
export const PTE_TOUCHED: u64 = PTE_V | PTE_A;
