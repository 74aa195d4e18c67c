/**
 * THE place that decides what a page fault is. A fault that needs no I/O is finished here; a page that is not in the cache is FAULT_IO
 * with the object and index for the host; everything else is a signal.
 */
import * as X from '../shared/exit';
import * as L from '../shared/layout';
import {
  MMAP_MIN as LOWEST, VM_EXEC, VM_GROWSDOWN, VM_HUGETLB, VM_READ, VM_SHARED, VM_UFFD_MINOR, VM_UFFD_MISSING, VM_UFFD_WP, VM_WRITE,
} from '../shared/mman';
import {
  FRAME_LAZY, FRAME_MERGED, FRAME_SWAP, frameAddress, frameAllocate, frameAllocateZeroed, frameFlags, frameIsFree, frameObject,
  frameReferences, frameRelease, frameRetain, frameSetFlags,
} from './frames';
import { hugeFault } from './huge';
import { hugetlbFault } from './hugetlb';
import {
  objectFrame, objectFrameMake, objectHit, objectMetered, objectMarkDirty, objectSize, objectSlot, OBJECT_KIND,
} from './object';
import {
  MARK_GUARD, MARK_POISON, MARK_SWAP, MARK_UFFD_WP, PTE_A, PTE_R, PTE_SOFT, PTE_U, PTE_UFFD_WP, PTE_V, PTE_W, PTE_X, pteCreate,
  pteFrame, pteMake, pteMarkKind, pteMarkValue, TASK_SIZE, WRITTEN,
} from './pagetable';
import { SPACE_COW, SPACE_MAJOR, SPACE_MINOR, SPACE_STACK_LIMIT, SPACE_VMAS } from './space';
import { swapClaim, swapDrop, swapFrame, swapReturned, swapWant } from './swap';
import { translationInvalidate } from './tlb';
import { count, uncount } from './unmap';
import { identityFrame } from './window';
import { STACK_GUARD, VMA_END, VMA_FLAGS, VMA_OBJECT, VMA_OFFSET, VMA_START, VMA_UFFD, vmaBefore, vmaFind, vmaResize } from './vma';

/** Below it only who may (MAP_LOW) maps anything. */
export const MMAP_MIN: u64 = LOWEST;
/** More mappings than most programs ever have. */
const MANY_VMAS: u32 = 4096;
/** Cached file pages mapped around a read fault. */
const FAULT_AROUND: u64 = 16;

/** The one page of zeros that untouched anonymous memory reads; no PTE counts as a reference to it. */
export let zeroFrame: u32 = 0;

/** The page of the last FAULT_IO: asked for again it is the same major fault, and mapping it at last is no minor one. */
let majorObject: usize = 0;
let majorIndex: u64 = 0;
/** It was a slot of the swap area, and its page is there again. */
let majorBack: bool = false;

export function faultInit(): void {
  zeroFrame = frameAllocateZeroed(0);
}

// @ts-ignore: decorator
@inline
function bump(counter: i32): void {
  const at: usize = L.HART + L.HART_COUNTERS + counter * 8;
  store<u64>(at, load<u64>(at) + 1);
}

/** Records the fault for the host and passes the kind on. */
export function fail(kind: u32, va: u64, access: u32): u32 {
  store<u32>(L.HART + L.HART_FAULT_KIND, kind);
  store<u32>(L.HART + L.HART_FAULT_ACCESS, access);
  store<u64>(L.HART + L.HART_FAULT_ADDRESS, va);
  return kind;
}

export function pteBits(flags: u32): u64 {
  return PTE_V | PTE_U | PTE_A | (flags & (VM_READ | VM_WRITE) ? PTE_R : 0) | (flags & VM_EXEC ? PTE_X : 0);
}

// @ts-ignore: decorator
@inline
function counter(which: i32): u32 {
  return load<u32>(L.HART + L.HART_COUNTERS + which * 8);
}

/** Makes `va` accessible, or says why not. The caller walks again afterwards. */
export function handleFault(space: usize, va: u64, access: u32): u32 {
  if (load<u32>(L.HART + L.HART_FAULTS_LOGGED) == 0) return decide(space, va, access);
  const zero = counter(L.COUNT_ZERO_FAULTS);
  const copied = counter(L.COUNT_COW_FAULTS);
  const major = counter(L.COUNT_MAJOR_FAULTS);
  const kind = decide(space, va, access);
  const how =
    (counter(L.COUNT_ZERO_FAULTS) != zero ? L.FAULTED_ZERO : 0) |
    (counter(L.COUNT_COW_FAULTS) != copied ? L.FAULTED_COPY : 0) |
    (counter(L.COUNT_MAJOR_FAULTS) != major ? L.FAULTED_MAJOR : 0);
  const logged = load<u32>(L.HART + L.HART_FAULTS_LOGGED) - 1;
  // Those beyond are counted only.
  store<u32>(L.HART + L.HART_FAULTS_LOGGED, logged + 2);
  if (logged >= <u32>L.FAULT_LOG_ENTRIES) return kind;
  const entry = <usize>L.FAULT_LOG + <usize>logged * L.FAULT_ENTRY_BYTES;
  store<u64>(entry, va, L.FAULT_ENTRY_ADDRESS);
  store<u32>(entry, <u32>space, L.FAULT_ENTRY_SPACE);
  store<u8>(entry, <u8>access, L.FAULT_ENTRY_ACCESS);
  store<u8>(entry, <u8>kind, L.FAULT_ENTRY_KIND);
  store<u8>(entry, <u8>how, L.FAULT_ENTRY_HOW);
  return kind;
}

function decide(space: usize, va: u64, access: u32): u32 {
  if (va >= TASK_SIZE) return fail(X.FAULT_MAPERR, va, access);
  let vma = vmaFind(space, va);
  if (vma == 0) return fail(X.FAULT_MAPERR, va, access);
  if (load<u64>(vma, VMA_START) > va && !growStack(space, vma, va)) return fail(X.FAULT_MAPERR, va, access);
  const flags = load<u32>(vma, VMA_FLAGS);
  const needed: u32 = access == X.ACCESS_WRITE ? VM_WRITE : access == X.ACCESS_EXEC ? VM_EXEC : VM_READ | VM_WRITE;
  if ((flags & needed) == 0) return fail(X.FAULT_ACCERR, va, access);
  if (flags & VM_HUGETLB) {
    const kind = hugetlbFault(space, vma, va, access);
    if (kind != X.FAULT_NONE) return fail(kind, va, access);
    countMinor(space);
    return X.FAULT_NONE;
  }
  if (hugeFault(space, vma, va, access)) {
    countMinor(space);
    return X.FAULT_NONE;
  }
  const at = pteCreate(space, va);
  if (at == 0) return fail(X.FAULT_MEMORY, va, access);
  const page = va & ~(<u64>L.PAGE_MASK);
  if (pteMarkKind(load<u64>(at)) != 0) {
    const mark = handleMark(space, flags, page, at);
    if (mark != X.FAULT_NONE) return fail(mark, va, access);
  }
  const object = <usize>load<u32>(vma, VMA_OBJECT);
  const kind = object == 0 ? handleAnonymous(space, vma, flags, page, at, access) : handleObject(space, vma, flags, page, at, access);
  if (kind != X.FAULT_NONE) return fail(kind, va, access);
  const index = (load<u64>(vma, VMA_OFFSET) + (page - load<u64>(vma, VMA_START))) >> 12;
  if (majorObject != 0 && ((object == majorObject && index == majorIndex) || (majorObject == X.SWAP_AREA && majorBack))) majorObject = 0;
  else countMinor(space);
  return X.FAULT_NONE;
}

function countMinor(space: usize): void {
  store<u64>(space, load<u64>(space, SPACE_MINOR) + 1, SPACE_MINOR);
  bump(L.COUNT_MINOR_FAULTS);
}

/** A userfaultfd decides what comes of it: the host tells it. */
export function handOut(vma: usize, reason: u32): u32 {
  store<u32>(L.HART + L.HART_IO_OBJECT, load<u32>(vma, VMA_UFFD));
  store<u64>(L.HART + L.HART_IO_INDEX, reason);
  return X.FAULT_USERFAULT;
}

/** A store to a page that is there and protected by a userfaultfd. A mark that nobody minds any more is wiped. */
export function isProtected(flags: u32, at: usize): bool {
  const pte = load<u64>(at);
  if ((pte & PTE_UFFD_WP) == 0) return false;
  if (flags & VM_UFFD_WP) return true;
  store<u64>(at, pte & ~PTE_UFFD_WP);
  return false;
}

/** What touching a mark comes to; FAULT_NONE: the place counts as empty. A protection that nobody minds any more is wiped. */
function handleMark(space: usize, flags: u32, page: u64, at: usize): u32 {
  const kind = pteMarkKind(load<u64>(at));
  if (kind == MARK_SWAP) return handleSwapped(space, flags, page, at);
  if (kind == MARK_POISON) return X.FAULT_HWPOISON;
  if (kind == MARK_GUARD) return X.FAULT_MAPERR;
  if (kind == MARK_UFFD_WP && (flags & VM_UFFD_WP) == 0) store<u64>(at, 0);
  return X.FAULT_NONE;
}

/** A page of the space's own comes back from the swap area. */
export function handleSwapped(space: usize, flags: u32, page: u64, at: usize): u32 {
  const mark = load<u64>(at);
  const slot = <u32>pteMarkValue(mark);
  const frame = swapFrame(slot);
  if (frame == 0) return handleOut(space, slot, page);
  frameRetain(frame);
  store<u64>(at, pteMake(frame, pteBits(flags) | (mark & (PTE_SOFT | PTE_UFFD_WP))));
  count(space, frame);
  swapDrop(slot);
  if (frameFlags(frame) & FRAME_SWAP) swapReturned(frame);
  if (slot == majorIndex) majorBack = true;
  return X.FAULT_NONE;
}

/** The host must read a slot first. */
function handleOut(space: usize, slot: u32, page: u64): u32 {
  swapWant(slot, identityFrame(space, page));
  majorBack = false;
  return handleAbsent(space, X.SWAP_AREA, slot, 0);
}

function handleAnonymous(space: usize, vma: usize, flags: u32, page: u64, at: usize, access: u32): u32 {
  const pte = load<u64>(at);
  const present = (pte & PTE_V) != 0;
  if (!present && (flags & VM_UFFD_MISSING) != 0) return handOut(vma, VM_UFFD_MISSING);
  if (pte != 0 && !present) {
    handleZeroRead(flags, at);
    store<u64>(at, load<u64>(at) | PTE_UFFD_WP);
    return access == X.ACCESS_WRITE ? handOut(vma, VM_UFFD_WP) : X.FAULT_NONE;
  }
  if (present && access == X.ACCESS_WRITE && isProtected(flags, at)) return handOut(vma, VM_UFFD_WP);
  if (access == X.ACCESS_WRITE) {
    return present ? handleCow(space, flags, page, at) : handleZeroFill(space, flags, page, at, homeOf(space, vma, page));
  }
  if (present) allow(at, flags);
  else handleZeroRead(flags, at);
  return X.FAULT_NONE;
}

function handleObject(space: usize, vma: usize, flags: u32, page: u64, at: usize, access: u32): u32 {
  const pte = load<u64>(at);
  const object = <usize>load<u32>(vma, VMA_OBJECT);
  const offset = load<u64>(vma, VMA_OFFSET) + (page - load<u64>(vma, VMA_START));
  const index = offset >> 12;
  const present = (pte & PTE_V) != 0;
  if ((!present || frameObject(pteFrame(pte)) != 0) && offset >= objectSize(object)) return X.FAULT_ADRERR;
  if (present) {
    allow(at, flags);
    if (access != X.ACCESS_WRITE) return X.FAULT_NONE;
    if (isProtected(flags, at)) return handOut(vma, VM_UFFD_WP);
    if (flags & VM_SHARED) return handleSharedWrite(space, object, index, page, at);
    return handleCow(space, flags, page, at);
  }
  if (majorObject == X.SWAP_AREA && objectSlot(object, index) == majorIndex) majorBack = true;
  let frame = objectFrame(object, index);
  if (frame == 0) {
    const slot = objectSlot(object, index);
    if (slot != 0) return handleOut(space, slot, page);
  }
  if (frame != 0 && (flags & VM_UFFD_MINOR) != 0) return handOut(vma, VM_UFFD_MINOR);
  if (frame == 0) {
    if (flags & VM_UFFD_MISSING) return handOut(vma, VM_UFFD_MISSING);
    const kind = load<u32>(object, OBJECT_KIND);
    if (kind == X.OBJECT_FILE) return handleAbsent(space, object, index, flags);
    if (kind == X.OBJECT_DEVICE) return X.FAULT_ADRERR;
    if (objectMetered(object)) return askHost(object, index, flags);
    frame = objectFrameMake(object, index);
    if (frame == 0) return X.FAULT_MEMORY;
    bump(L.COUNT_ZERO_FAULTS);
  } else objectHit(object);
  if (pte != 0) {
    mapPage(space, page, at, frame, pteBits(flags) | PTE_UFFD_WP);
    return access == X.ACCESS_WRITE ? handOut(vma, VM_UFFD_WP) : X.FAULT_NONE;
  }
  if (access == X.ACCESS_WRITE && !(flags & VM_SHARED)) return handlePrivateCopy(space, flags, page, at, frame);
  mapPage(space, page, at, frame, pteBits(flags));
  if (access == X.ACCESS_WRITE) return handleSharedWrite(space, object, index, page, at);
  if ((flags & (VM_UFFD_WP | VM_UFFD_MINOR)) == 0) mapAround(space, vma, flags, page, at);
  return X.FAULT_NONE;
}

/** The host must fill the page first; the access is made again after that. */
function handleAbsent(space: usize, object: usize, index: u64, flags: u32): u32 {
  askHost(object, index, flags);
  if (object == majorObject && index == majorIndex) return X.FAULT_IO;
  majorObject = object;
  majorIndex = index;
  store<u64>(space, load<u64>(space, SPACE_MAJOR) + 1, SPACE_MAJOR);
  bump(L.COUNT_MAJOR_FAULTS);
  return X.FAULT_IO;
}

function askHost(object: usize, index: u64, flags: u32): u32 {
  store<u32>(L.HART + L.HART_IO_OBJECT, <u32>object);
  store<u64>(L.HART + L.HART_IO_INDEX, index);
  store<u32>(L.HART + L.HART_IO_HOW, flags | X.IO_MAPPED);
  return X.FAULT_IO;
}

/** Read and execute permission of a present page are the VMA's. */
function allow(at: usize, flags: u32): void {
  store<u64>(at, load<u64>(at) | pteBits(flags));
}

function mapPage(space: usize, page: u64, at: usize, frame: u32, bits: u64): void {
  frameRetain(frame);
  store<u64>(at, pteMake(frame, bits));
  count(space, frame);
}

/** Other pages of the file that are cached already, in the same aligned block and leaf table: they would fault one by one. */
function mapAround(space: usize, vma: usize, flags: u32, page: u64, at: usize): void {
  const block = FAULT_AROUND << 12;
  const start = max(page & ~(block - 1), load<u64>(vma, VMA_START));
  const end = min((page & ~(block - 1)) + block, load<u64>(vma, VMA_END));
  const object = <usize>load<u32>(vma, VMA_OBJECT);
  const size = objectSize(object);
  let offset = load<u64>(vma, VMA_OFFSET) + (start - load<u64>(vma, VMA_START));
  for (let va = start; va < end && offset < size; va += 4096, offset += 4096) {
    const slot = at + <usize>((va >> 12) & 511) * 8 - <usize>((page >> 12) & 511) * 8;
    if (load<u64>(slot) != 0) continue;
    const frame = objectFrame(object, offset >> 12);
    if (frame != 0) mapPage(space, va, slot, frame, pteBits(flags) & ~PTE_A);
  }
}

function handleZeroRead(flags: u32, at: usize): void {
  store<u64>(at, pteMake(zeroFrame, pteBits(flags)));
}

/**
 * The frame for a page that was not there: its identity frame. Single pages among very many mappings are strewn about, and their identity
 * frames cold, if they were ever touched: a warm frame costs less than the window is worth to them.
 */
function homeOf(space: usize, vma: usize, page: u64): u32 {
  const strewn = load<u32>(space, SPACE_VMAS) > MANY_VMAS && load<u64>(vma, VMA_END) - load<u64>(vma, VMA_START) == L.PAGE_SIZE;
  return strewn ? 0 : identityFrame(space, page);
}

function handleZeroFill(space: usize, flags: u32, page: u64, at: usize, home: u32): u32 {
  const frame = frameAllocateZeroed(home);
  if (frame == 0) return X.FAULT_MEMORY;
  store<u64>(at, pteMake(frame, pteBits(flags) | WRITTEN));
  count(space, frame);
  bump(L.COUNT_ZERO_FAULTS);
  return X.FAULT_NONE;
}

/** A private file page that is written at once: the copy is made without ever mapping the original. */
function handlePrivateCopy(space: usize, flags: u32, page: u64, at: usize, original: u32): u32 {
  frameRetain(original);
  const frame = frameAllocate(identityFrame(space, page));
  if (frame != 0) memory.copy(frameAddress(frame), frameAddress(original), L.PAGE_SIZE);
  frameRelease(original);
  if (frame == 0) return X.FAULT_MEMORY;
  store<u64>(at, pteMake(frame, pteBits(flags) | WRITTEN));
  count(space, frame);
  store<u64>(space, load<u64>(space, SPACE_COW) + 1, SPACE_COW);
  bump(L.COUNT_COW_FAULTS);
  return X.FAULT_NONE;
}

/** A store to a present private page that is not writable: its own already, or copied now. */
function handleCow(space: usize, flags: u32, page: u64, at: usize): u32 {
  const pte = load<u64>(at);
  if (pte & PTE_W) return X.FAULT_NONE;
  const old = pteFrame(pte);
  if (old == zeroFrame) {
    const kind = handleZeroFill(space, flags, page, at, identityFrame(space, page));
    if (kind == X.FAULT_NONE) translationInvalidate(space, page);
    return kind;
  }
  if (frameFlags(old) & FRAME_SWAP) swapClaim(old);
  const identity = identityFrame(space, page);
  const sole = frameObject(old) == 0 && frameReferences(old) == 1;
  // The last owner keeps the frame, unless that lies elsewhere and its own place is free: one copy, and the window serves the page.
  const frame = sole && (old == identity || !frameIsFree(identity)) ? 0 : frameAllocate(identity);
  if (frame == 0) {
    if (!sole) return X.FAULT_MEMORY;
    frameSetFlags(old, 0, FRAME_LAZY | FRAME_MERGED);
    store<u64>(at, pte | WRITTEN | PTE_A);
    translationInvalidate(space, page);
    return X.FAULT_NONE;
  }
  memory.copy(frameAddress(frame), frameAddress(old), L.PAGE_SIZE);
  uncount(space, old);
  store<u64>(at, pteMake(frame, pteBits(flags) | WRITTEN));
  translationInvalidate(space, page);
  frameRelease(old);
  count(space, frame);
  if (sole) return X.FAULT_NONE;
  store<u64>(space, load<u64>(space, SPACE_COW) + 1, SPACE_COW);
  bump(L.COUNT_COW_FAULTS);
  return X.FAULT_NONE;
}

function handleSharedWrite(space: usize, object: usize, index: u64, page: u64, at: usize): u32 {
  objectMarkDirty(object, index);
  store<u64>(at, load<u64>(at) | WRITTEN | PTE_A);
  translationInvalidate(space, page);
  return X.FAULT_NONE;
}

/**
 * Extends a VM_GROWSDOWN mapping to `va`, if the stack limit allows it and the guard gap to the mapping below stays. As in Linux the gap
 * does not count against a mapping nobody may access (it is a guard itself) nor against another stack.
 */
function growStack(space: usize, vma: usize, va: u64): bool {
  if ((load<u32>(vma, VMA_FLAGS) & VM_GROWSDOWN) == 0) return false;
  const page = va & ~(<u64>L.PAGE_MASK);
  const end = load<u64>(vma, VMA_END);
  if (end - page > load<u64>(space, SPACE_STACK_LIMIT) || page < MMAP_MIN) return false;
  const below = vmaBefore(space, load<u64>(vma, VMA_START));
  if (below != 0) {
    const flags = load<u32>(below, VMA_FLAGS);
    const counts = (flags & VM_GROWSDOWN) == 0 && (flags & (VM_READ | VM_WRITE | VM_EXEC)) != 0;
    if (counts && page - load<u64>(below, VMA_END) < STACK_GUARD) return false;
  }
  vmaResize(space, vma, page, end);
  return true;
}
