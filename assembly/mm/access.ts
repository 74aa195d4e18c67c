/** Everything that touches user memory: the interpreter's slow paths and the host's copies. One walk, one fault handler. */
import * as X from '../shared/exit';
import * as L from '../shared/layout';
import { VM_SHARED } from '../shared/mman';
import { codeWritten } from '../code';
import { fail, handleFault } from './fault';
import { FRAME_CODE, FRAME_REFERENCED, frameAddress, frameFlags, frameSetFlags } from './frames';
import { objectFrame, objectFrameMake, objectMarkDirty, objectSetSize, objectSize, objectSlot, OBJECT_KIND } from './object';
import { hold } from './reclaim';
import {
  hugePte, leafPointer, leafShared, PTE_A, PTE_D, PTE_R, PTE_U, PTE_V, PTE_W, PTE_X, pteFind, pteFrame, TASK_SIZE,
} from './pagetable';
import { activeSpace, SPACE_ROOT } from './space';
import { revokeEverywhere } from './window';
import { tlbLookup, tlbFlush, translationCache, translationInvalidate } from './tlb';
import { VMA_FLAGS, VMA_OBJECT, VMA_OFFSET, VMA_START, vmaAt } from './vma';
import { EFAULT } from '../shared/errno';
import { recording, traceAccess } from '../tracing';

export { windowPermissions, windowBase, windowPages } from './window';
export { frameDecoded, setFrameDecoded } from './frames';
export { PERM_READ, PERM_WRITE } from '../shared/layout';

/** read(2) and write(2) move no more at once: Linux's MAX_RW_COUNT. */
const TRANSFER_MAX: u32 = 0x7ffff000;
const BOUNCE: usize = L.TLB_END - 64;

// @ts-ignore: decorator
@inline
function bump(counter: i32): void {
  const at: usize = L.HART + L.HART_COUNTERS + counter * 8;
  store<u64>(at, load<u64>(at) + 1);
}

/** Walks, faults and walks again: the frame, A and D set, or 0 with HART_FAULT_*. */
function resolve(space: usize, va: u64, access: u32): u32 {
  const needed: u64 = access == X.ACCESS_READ ? PTE_R : access == X.ACCESS_WRITE ? PTE_W : PTE_X;
  if (va >= TASK_SIZE) {
    fail(X.FAULT_MAPERR, va, access);
    return 0;
  }
  for (;;) {
    const root = load<u32>(space, SPACE_ROOT);
    const at = pteFind(root, va);
    if (at != 0) {
      const pte = load<u64>(at);
      const shared = leafShared(root, va);
      const allowed = shared ? pte & ~PTE_W : pte;
      if ((allowed & (PTE_V | PTE_U)) == (PTE_V | PTE_U) && (allowed & needed) != 0) {
        const seen = access == X.ACCESS_WRITE ? PTE_A | PTE_D : PTE_A;
        store<u64>(at, pte | seen);
        if (access != X.ACCESS_EXEC) translationCache(space, va, allowed | seen);
        if (access == X.ACCESS_READ) {
          if (va >> 12 == expected) readOn(space, at, va, shared);
          else expected = (va >> 12) + 1;
        }
        return pteFrame(pte);
      }
    } else {
      const frame = resolveHuge(space, root, va, access, needed);
      if (frame != 0) return frame;
    }
    if (handleFault(space, va, access) != X.FAULT_NONE) break;
  }
  return 0;
}

/** The page after the last one that reads were led to: when that is walked to next, memory is being read page by page. */
let expected: u64 = 0;
/** So many pages are then translated in advance: each walk costs the way out of compiled code. */
const READ_ON: u64 = 7;

/** Pages behind va, whose PTE is at `at`, are about to be read: they count as accessed. `shared`: the table is not the space's alone. */
function readOn(space: usize, at: usize, va: u64, shared: bool): void {
  let vpn = (va >> 12) + 1;
  const stop = recording || space != activeSpace ? vpn : min(vpn + READ_ON, (vpn + 511) & ~(<u64>511));
  for (; vpn < stop; vpn++) {
    at += 8;
    const pte = load<u64>(at);
    if ((pte & (PTE_V | PTE_U | PTE_R)) != (PTE_V | PTE_U | PTE_R)) break;
    store<u64>(at, pte | PTE_A);
    translationCache(space, vpn << 12, (shared ? pte & ~PTE_W : pte) | PTE_A);
  }
  expected = vpn;
}

/** The frame of va in a megapage that lets the access through, or 0. */
function resolveHuge(space: usize, root: u32, va: u64, access: u32, needed: u64): u32 {
  const at = leafPointer(root, va);
  const entry = at == 0 ? 0 : load<u64>(at);
  if ((entry & (PTE_V | PTE_U)) != (PTE_V | PTE_U) || (entry & needed) == 0) return 0;
  const seen = access == X.ACCESS_WRITE ? PTE_A | PTE_D : PTE_A;
  store<u64>(at, entry | seen);
  const pte = hugePte(entry | seen, <u32>(va >> 12) & 511);
  if (access != X.ACCESS_EXEC) translationCache(space, va, pte);
  return pteFrame(pte);
}

/** The same for an instruction of the guest, which counts as a walk; the host's own accesses do not. */
function walk(va: u64, access: u32): u32 {
  bump(L.COUNT_WALKS);
  return resolve(activeSpace, va, access);
}

/** `size` readable bytes, or 0. An access across a page border is assembled in a bounce buffer. */
export function slowRead(va: u64, size: u32): usize {
  const at = readAddress(va, size);
  if (at != 0 && recording) traceAccess(va, size, false);
  return at;
}

function readAddress(va: u64, size: u32): usize {
  const inPage = <u32>va & L.PAGE_MASK;
  if (inPage + size <= <u32>L.PAGE_SIZE) {
    const hit = tlbLookup(va, false);
    if (hit != 0) {
      bump(L.COUNT_TLB_HITS);
      return hit;
    }
    const frame = walk(va, X.ACCESS_READ);
    return frame == 0 ? 0 : frameAddress(frame) + inPage;
  }
  const first = L.PAGE_SIZE - inPage;
  const low = walk(va, X.ACCESS_READ);
  if (low == 0) return 0;
  const high = walk(va + first, X.ACCESS_READ);
  if (high == 0) return 0;
  memory.copy(BOUNCE, frameAddress(low) + inPage, first);
  memory.copy(BOUNCE + first, frameAddress(high), size - first);
  return BOUNCE;
}

/** Where a store may go: the bytes, code there told about it. 0: fault. Never across a page. */
function writable(space: usize, va: u64, size: u32): usize {
  const frame = resolve(space, va, X.ACCESS_WRITE);
  if (frame == 0) return 0;
  const inPage = <u32>va & L.PAGE_MASK;
  if (frameFlags(frame) & FRAME_CODE) codeWritten(frame, inPage, size);
  return frameAddress(frame) + inPage;
}

/** Stores the low `size` bytes of value; false: fault, and nothing was stored. */
export function slowStore(va: u64, size: u32, value: u64): bool {
  if (!storeAnywhere(va, size, value)) return false;
  if (recording) traceAccess(va, size, true);
  return true;
}

function storeAnywhere(va: u64, size: u32, value: u64): bool {
  const inPage = <u32>va & L.PAGE_MASK;
  if (inPage + size <= <u32>L.PAGE_SIZE) {
    let at = tlbLookup(va, true);
    if (at != 0) bump(L.COUNT_TLB_HITS);
    else {
      bump(L.COUNT_WALKS);
      at = writable(activeSpace, va, size);
    }
    if (at == 0) return false;
    storeSized(at, size, value);
    return true;
  }
  const first = L.PAGE_SIZE - inPage;
  bump(L.COUNT_WALKS);
  const low = writable(activeSpace, va, first);
  if (low == 0) return false;
  bump(L.COUNT_WALKS);
  const high = writable(activeSpace, va + first, size - first);
  if (high == 0) return false;
  store<u64>(BOUNCE, value);
  memory.copy(low, BOUNCE, first);
  memory.copy(high, BOUNCE + first, size - first);
  return true;
}

function storeSized(at: usize, size: u32, value: u64): void {
  if (size == 8) store<u64>(at, value);
  else if (size == 4) store<u32>(at, <u32>value);
  else if (size == 2) store<u16>(at, <u16>value);
  else store<u8>(at, <u8>value);
}

/** An aligned word for read-modify-write, or 0. */
export function slowAmo(va: u64, size: u32): usize {
  const at = amoAddress(va, size);
  if (at != 0 && recording) traceAccess(va, size, true);
  return at;
}

function amoAddress(va: u64, size: u32): usize {
  const hit = tlbLookup(va, true);
  if (hit != 0) {
    bump(L.COUNT_TLB_HITS);
    return hit;
  }
  bump(L.COUNT_WALKS);
  return writable(activeSpace, va, size);
}

/** The frame that holds the instruction bytes at va, or 0. */
export function fetchFrame(va: u64): u32 {
  return walk(va, X.ACCESS_EXEC);
}

/** From now on every store to the frame is seen: translations that allow stores are forgotten, in all spaces. */
export function protectCode(frame: u32): void {
  frameSetFlags(frame, FRAME_CODE, 0);
  revokeEverywhere(frame);
  tlbFlush();
}

/** Stores may be cached again. */
export function unprotectCode(frame: u32): void {
  frameSetFlags(frame, 0, FRAME_CODE);
}

// --- the host

export function userPage(space: usize, va: u64, access: u32): usize {
  const at = userByte(space, va, access);
  if (at != 0) hold(<u32>(at >> L.PAGE_SHIFT));
  return at;
}

function userByte(space: usize, va: u64, access: u32): usize {
  if (access == X.ACCESS_WRITE) return writable(space, va, L.PAGE_SIZE - (<u32>va & L.PAGE_MASK));
  const frame = resolve(space, va, access);
  return frame == 0 ? 0 : frameAddress(frame) + (<u32>va & L.PAGE_MASK);
}

function copyUser(space: usize, va: u64, at: usize, length: u32, out: bool): u32 {
  for (let done: u32 = 0; done < length; ) {
    const here = va + done;
    const bytes = min(length - done, L.PAGE_SIZE - (<u32>here & L.PAGE_MASK));
    const user = out ? writable(space, here, bytes) : userByte(space, here, X.ACCESS_READ);
    if (user == 0) return load<u32>(L.HART + L.HART_FAULT_KIND);
    if (out) memory.copy(user, at + done, bytes);
    else memory.copy(at + done, user, bytes);
    done += bytes;
  }
  return X.FAULT_NONE;
}

export function userCopyIn(space: usize, va: u64, length: u32): u32 {
  return copyUser(space, va, L.STAGING, min(length, L.STAGING_BYTES), false);
}
export function userCopyOut(space: usize, va: u64, length: u32): u32 {
  return copyUser(space, va, L.STAGING, min(length, L.STAGING_BYTES), true);
}

/** What a futex word belongs to: the object that is mapped there shared, else the space. 0: nothing is mapped. */
export function futexKeyObject(space: usize, va: u64): u32 {
  const vma = vmaAt(space, va);
  if (vma == 0) {
    fail(X.FAULT_MAPERR, va, X.ACCESS_READ);
    return 0;
  }
  const shared = (load<u32>(vma, VMA_FLAGS) & VM_SHARED) != 0;
  return shared ? load<u32>(vma, VMA_OBJECT) : <u32>space;
}
export function futexKeyOffset(space: usize, va: u64): u64 {
  const vma = vmaAt(space, va);
  if (vma == 0 || (load<u32>(vma, VMA_FLAGS) & VM_SHARED) == 0) return va;
  return load<u64>(vma, VMA_OFFSET) + (va - load<u64>(vma, VMA_START));
}

/** -errno, NEED_PAGE or the bytes that came before the obstacle. */
function stopped(done: u32): i32 {
  if (done > 0) return <i32>done;
  const kind = load<u32>(L.HART + L.HART_FAULT_KIND);
  if (kind == X.FAULT_MEMORY) return needPage(X.FRAMES_WANTED, 0, 0);
  return kind == X.FAULT_IO ? X.NEED_PAGE : kind == X.FAULT_USERFAULT ? X.NEED_USERFAULT : -EFAULT;
}

function needPage(object: usize, index: u64, done: u32): i32 {
  if (done > 0) return <i32>done;
  store<u32>(L.HART + L.HART_IO_OBJECT, <u32>object);
  store<u64>(L.HART + L.HART_IO_INDEX, index);
  store<u32>(L.HART + L.HART_IO_HOW, X.IO_TRANSFER);
  return X.NEED_PAGE;
}

export function objectRead(object: usize, offset: u64, space: usize, va: u64, length: u32): i32 {
  const size = objectSize(object);
  if (offset >= size) return 0;
  const wanted = <u32>min(<u64>min(length, TRANSFER_MAX), size - offset);
  for (let done: u32 = 0; done < wanted; ) {
    const from = offset + done;
    const to = va + done;
    const index = from >> 12;
    const inPage = <u32>from & L.PAGE_MASK;
    const bytes = min(wanted - done, min(L.PAGE_SIZE - inPage, L.PAGE_SIZE - (<u32>to & L.PAGE_MASK)));
    const user = writable(space, to, bytes);
    if (user == 0) return stopped(done);
    const frame = objectFrame(object, index);
    if (frame != 0) {
      memory.copy(user, frameAddress(frame) + inPage, bytes);
      frameSetFlags(frame, FRAME_REFERENCED, 0);
    } else {
      const slot = objectSlot(object, index);
      if (slot != 0) return needPage(X.SWAP_AREA, slot, done);
      if (load<u32>(object, OBJECT_KIND) == X.OBJECT_FILE) return needPage(object, index, done);
      memory.fill(user, 0, bytes);
    }
    done += bytes;
  }
  return <i32>wanted;
}

export function objectWrite(object: usize, offset: u64, space: usize, va: u64, length: u32): i32 {
  length = min(length, TRANSFER_MAX);
  for (let done: u32 = 0; done < length; ) {
    const to = offset + done;
    const from = va + done;
    const index = to >> 12;
    const inPage = <u32>to & L.PAGE_MASK;
    const bytes = min(length - done, min(L.PAGE_SIZE - inPage, L.PAGE_SIZE - (<u32>from & L.PAGE_MASK)));
    const user = userByte(space, from, X.ACCESS_READ);
    if (user == 0) return stopped(done);
    let frame = objectFrame(object, index);
    if (frame == 0) {
      const slot = objectSlot(object, index);
      if (slot != 0) return needPage(X.SWAP_AREA, slot, done);
      if (mustRead(object, to, space, from, bytes, length - done)) return needPage(object, index, done);
      frame = objectFrameMake(object, index);
      if (frame == 0) return needPage(X.FRAMES_WANTED, 0, done);
    }
    // `user` is still good: what is mapped stays until the host makes room.
    memory.copy(frameAddress(frame) + inPage, user, bytes);
    frameSetFlags(frame, FRAME_REFERENCED, 0);
    objectMarkDirty(object, index);
    done += bytes;
    if (to + bytes > objectSize(object)) objectSetSize(object, to + bytes);
  }
  return <i32>length;
}

/** Must an absent page come from its medium before it is written? Not when it lies beyond the end or all its old bytes are replaced. */
function mustRead(object: usize, to: u64, space: usize, from: u64, bytes: u32, left: u32): bool {
  const size = objectSize(object);
  const page = to & ~(<u64>L.PAGE_MASK);
  if (load<u32>(object, OBJECT_KIND) != X.OBJECT_FILE || page >= size) return false;
  if (to != page || to + left < min(size, page + L.PAGE_SIZE)) return true;
  // The second half may come from another page, which must be readable, or half a page of old bytes would be lost.
  const whole = min(left, <u32>L.PAGE_SIZE);
  return bytes < whole && userByte(space, from + bytes, X.ACCESS_READ) == 0;
}
