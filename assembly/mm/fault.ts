/**
 * THE place that decides what a page fault is. A fault that needs no I/O is finished here; a page that is not in the cache is FAULT_IO
 * with the object and index for the host; everything else is a signal.
 */
import * as X from '../shared/exit';
import * as L from '../shared/layout';
import { VM_EXEC, VM_GROWSDOWN, VM_READ, VM_SHARED, VM_WRITE } from '../shared/mman';
import { frameAddress, frameAllocate, frameAllocateZeroed, frameObject, frameReferences, frameRelease, frameRetain } from './frames';
import { objectFrame, objectFrameMake, objectMarkDirty, objectSize, OBJECT_KIND } from './object';
import { PTE_A, PTE_D, PTE_R, PTE_U, PTE_V, PTE_W, PTE_X, pteCreate, pteFind, pteFrame, pteMake, tablesMade, TASK_SIZE } from './pagetable';
import { SPACE_COW, SPACE_MAJOR, SPACE_MINOR, SPACE_ROOT, SPACE_STACK_LIMIT, SPACE_TABLES } from './space';
import { translationInvalidate } from './tlb';
import { count, uncount } from './unmap';
import { identityFrame } from './window';
import { VMA_END, VMA_FLAGS, VMA_OBJECT, VMA_OFFSET, VMA_START, vmaBefore, vmaFind, vmaInsert, vmaRemove } from './vma';

/** Pages between a stack and what lies below it that growth never enters (Linux: stack_guard_gap). */
const GUARD: u64 = 256 << 12;
/** Cached file pages mapped around a read fault. */
const FAULT_AROUND: u64 = 16;

/** The one page of zeros that untouched anonymous memory reads; no PTE counts as a reference to it. */
export let zeroFrame: u32 = 0;

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

function pteBits(flags: u32): u64 {
  return PTE_V | PTE_U | PTE_A | (flags & (VM_READ | VM_WRITE) ? PTE_R : 0) | (flags & VM_EXEC ? PTE_X : 0);
}

/** Makes `va` accessible, or says why not. The caller walks again afterwards. */
export function handleFault(space: usize, va: u64, access: u32): u32 {
  if (va >= TASK_SIZE) return fail(X.FAULT_MAPERR, va, access);
  let vma = vmaFind(space, va);
  if (vma == 0) return fail(X.FAULT_MAPERR, va, access);
  if (load<u64>(vma, VMA_START) > va && !growStack(space, vma, va)) return fail(X.FAULT_MAPERR, va, access);
  const flags = load<u32>(vma, VMA_FLAGS);
  const needed: u32 = access == X.ACCESS_WRITE ? VM_WRITE : access == X.ACCESS_EXEC ? VM_EXEC : VM_READ | VM_WRITE;
  if ((flags & needed) == 0) return fail(X.FAULT_ACCERR, va, access);
  const at = pteCreate(load<u32>(space, SPACE_ROOT), va);
  store<u32>(space, load<u32>(space, SPACE_TABLES) + tablesMade, SPACE_TABLES);
  if (at == 0) return fail(X.FAULT_MEMORY, va, access);
  const page = va & ~(<u64>L.PAGE_MASK);
  const kind = decide(space, vma, flags, page, at, access);
  if (kind != X.FAULT_NONE) return fail(kind, va, access);
  store<u64>(space, load<u64>(space, SPACE_MINOR) + 1, SPACE_MINOR);
  bump(L.COUNT_MINOR_FAULTS);
  return X.FAULT_NONE;
}

function decide(space: usize, vma: usize, flags: u32, page: u64, at: usize, access: u32): u32 {
  const pte = load<u64>(at);
  const object = <usize>load<u32>(vma, VMA_OBJECT);
  if (object == 0) {
    if (pte == 0) return access == X.ACCESS_WRITE ? handleZeroFill(space, flags, page, at) : handleZeroRead(flags, at);
    return access == X.ACCESS_WRITE ? handleCow(space, flags, page, at) : X.FAULT_NONE;
  }
  const offset = load<u64>(vma, VMA_OFFSET) + (page - load<u64>(vma, VMA_START));
  const index = <u32>(offset >> 12);
  if (pte == 0 || frameObject(pteFrame(pte)) != 0) {
    if (offset >= objectSize(object)) return X.FAULT_ADRERR;
  }
  if (pte != 0) {
    if (access != X.ACCESS_WRITE) return X.FAULT_NONE;
    if (flags & VM_SHARED) return handleSharedWrite(space, object, index, page, at);
    return handleCow(space, flags, page, at);
  }
  let frame = objectFrame(object, index);
  if (frame == 0) {
    if (load<u32>(object, OBJECT_KIND) == X.OBJECT_FILE) {
      store<u32>(L.HART + L.HART_IO_OBJECT, <u32>object);
      store<u32>(L.HART + L.HART_IO_INDEX, index);
      store<u64>(space, load<u64>(space, SPACE_MAJOR) + 1, SPACE_MAJOR);
      bump(L.COUNT_MAJOR_FAULTS);
      return X.FAULT_IO;
    }
    frame = objectFrameMake(object, index);
    if (frame == 0) return X.FAULT_MEMORY;
    bump(L.COUNT_ZERO_FAULTS);
  }
  if (access == X.ACCESS_WRITE && !(flags & VM_SHARED)) return handlePrivateCopy(space, flags, page, at, frame);
  mapPage(space, page, at, frame, pteBits(flags));
  if (access == X.ACCESS_WRITE) return handleSharedWrite(space, object, index, page, at);
  mapAround(space, vma, flags, page);
  return X.FAULT_NONE;
}

function mapPage(space: usize, page: u64, at: usize, frame: u32, bits: u64): void {
  frameRetain(frame);
  store<u64>(at, pteMake(frame, bits));
  count(space, page, frame);
}

/** Other pages of the file that are cached already, in the same aligned block and leaf table: they would fault one by one. */
function mapAround(space: usize, vma: usize, flags: u32, page: u64): void {
  const block = FAULT_AROUND << 12;
  const start = max(page & ~(block - 1), load<u64>(vma, VMA_START));
  const end = min((page & ~(block - 1)) + block, load<u64>(vma, VMA_END));
  const object = <usize>load<u32>(vma, VMA_OBJECT);
  const root = load<u32>(space, SPACE_ROOT);
  const size = objectSize(object);
  for (let va = start; va < end; va += 4096) {
    const at = pteFind(root, va);
    const offset = load<u64>(vma, VMA_OFFSET) + (va - load<u64>(vma, VMA_START));
    if (at == 0 || load<u64>(at) != 0 || offset >= size) continue;
    const frame = objectFrame(object, <u32>(offset >> 12));
    if (frame != 0) mapPage(space, va, at, frame, pteBits(flags) & ~PTE_A);
  }
}

function handleZeroRead(flags: u32, at: usize): u32 {
  store<u64>(at, pteMake(zeroFrame, pteBits(flags)));
  return X.FAULT_NONE;
}

function handleZeroFill(space: usize, flags: u32, page: u64, at: usize): u32 {
  const frame = frameAllocateZeroed(identityFrame(space, page));
  if (frame == 0) return X.FAULT_MEMORY;
  store<u64>(at, pteMake(frame, pteBits(flags) | PTE_W | PTE_D));
  count(space, page, frame);
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
  store<u64>(at, pteMake(frame, pteBits(flags) | PTE_W | PTE_D));
  count(space, page, frame);
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
    const kind = handleZeroFill(space, flags, page, at);
    if (kind == X.FAULT_NONE) translationInvalidate(space, page);
    return kind;
  }
  if (frameObject(old) == 0 && frameReferences(old) == 1) {
    store<u64>(at, pte | PTE_W | PTE_D | PTE_A);
    translationInvalidate(space, page);
    return X.FAULT_NONE;
  }
  const frame = frameAllocate(identityFrame(space, page));
  if (frame == 0) return X.FAULT_MEMORY;
  memory.copy(frameAddress(frame), frameAddress(old), L.PAGE_SIZE);
  uncount(space, page, old);
  store<u64>(at, pteMake(frame, pteBits(flags) | PTE_W | PTE_D));
  translationInvalidate(space, page);
  frameRelease(old);
  count(space, page, frame);
  store<u64>(space, load<u64>(space, SPACE_COW) + 1, SPACE_COW);
  bump(L.COUNT_COW_FAULTS);
  return X.FAULT_NONE;
}

function handleSharedWrite(space: usize, object: usize, index: u32, page: u64, at: usize): u32 {
  objectMarkDirty(object, index);
  store<u64>(at, load<u64>(at) | PTE_W | PTE_D | PTE_A);
  translationInvalidate(space, page);
  return X.FAULT_NONE;
}

/** Extends a VM_GROWSDOWN mapping to `va`, if the stack limit and the guard gap allow it. */
function growStack(space: usize, vma: usize, va: u64): bool {
  if ((load<u32>(vma, VMA_FLAGS) & VM_GROWSDOWN) == 0) return false;
  const page = va & ~(<u64>L.PAGE_MASK);
  if (load<u64>(vma, VMA_END) - page > load<u64>(space, SPACE_STACK_LIMIT) || page < GUARD) return false;
  const below = vmaBefore(space, load<u64>(vma, VMA_START));
  if (below != 0 && load<u64>(below, VMA_END) + GUARD > page) return false;
  vmaRemove(space, vma);
  store<u64>(vma, page, VMA_START);
  vmaInsert(space, vma);
  return true;
}
