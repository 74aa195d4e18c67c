/**
 * The TLB of the active space for data that is not at its identity place: direct-mapped, 256 entries of 32 bytes
 * { u64 read tag, u64 write tag, u32 address of the frame }. A tag is the virtual page number + 1; 0 = invalid.
 */
import { PERM_READ, PERM_WRITE, TLB_BASE } from '../shared/layout';
import { DROP_ORDER_2M } from '../shared/trace';
import { execInvalidate, execInvalidateAll, execInvalidateSpan } from '../code';
import { fastDrop, fastDropWrite, fastDropWrites, fastFill, fastFlush } from './fasttlb';
import { FRAME_CODE, frameAddress, frameFlags } from './frames';
import { pteFrame, PTE_D, PTE_R, PTE_W } from './pagetable';
import { recording, traceDrop, traceSwitch } from '../tracing';
import { activeSpace } from './space';
import { identityFrame, permissionByte, permissionMark } from './window';

const TABLE: usize = TLB_BASE;
const ENTRIES: u64 = 256;
/** Something was put in since it was flushed: a space whose pages are at home leaves nothing behind. */
let filled: bool = false;

// @ts-ignore: decorator
@inline
function entry(vpn: u64): usize {
  return TABLE + (<usize>(vpn & (ENTRIES - 1)) << 5);
}

/** Address of the byte, or 0: not cached for this access. */
// @ts-ignore: decorator
@inline
export function tlbLookup(va: u64, write: bool): usize {
  const vpn = va >> 12;
  const e = entry(vpn);
  if (load<u64>(e + (write ? 8 : 0)) != vpn + 1) return 0;
  return <usize>load<u32>(e, 16) + (<usize>va & 4095);
}

/** For check.ts: the tag of an entry and the address it translates to. */
export function tlbTag(index: u64, write: bool): u64 {
  return load<u64>(entry(index) + (write ? 8 : 0));
}
export function tlbAddress(index: u64): u32 {
  return load<u32>(entry(index), 16);
}

/** After a walk: remembers what the PTE allows. Stores are cached only once D is set, and never into code. */
export function translationCache(space: usize, va: u64, pte: u64): void {
  const vpn = va >> 12;
  const frame = pteFrame(pte);
  const readable = (pte & PTE_R) != 0;
  const writable = (pte & (PTE_W | PTE_D)) == (PTE_W | PTE_D) && (frameFlags(frame) & FRAME_CODE) == 0;
  if (identityFrame(space, va) == frame) {
    const at = permissionByte(space, vpn);
    store<u8>(at, (readable ? PERM_READ : 0) | (writable ? PERM_WRITE : 0));
    store<u8>(permissionMark(at), 1);
    return;
  }
  if (space != activeSpace || recording) return;
  const e = entry(vpn);
  filled = true;
  store<u64>(e, readable ? vpn + 1 : 0);
  store<u64>(e, writable ? vpn + 1 : 0, 8);
  store<u32>(e, <u32>frameAddress(frame), 16);
}

/** A page at its identity place, for code that asks the TLB only. Others are there already, or will be after the next access. */
export function tlbFromWindow(va: u64): void {
  const vpn = va >> 12;
  const at = permissionByte(activeSpace, vpn);
  if (at == 0) return;
  const bits = load<u8>(at);
  if (bits == 0) return;
  const e = entry(vpn);
  filled = true;
  store<u64>(e, bits & PERM_READ ? vpn + 1 : 0);
  store<u64>(e, bits & PERM_WRITE ? vpn + 1 : 0, 8);
  store<u32>(e, <u32>frameAddress(identityFrame(activeSpace, va)), 16);
}

/** For baseline code: linear address of `size` bytes in one page, remembered; 0: they may not be accessed, or the walk must say so. */
export function fastFind(va: u64, size: u32, write: bool): usize {
  if (recording || (<u32>va & 4095) + size > 4096) return 0;
  const at = permissionByte(activeSpace, va >> 12);
  let host: usize;
  if (at != 0 && (load<u8>(at) & (write ? PERM_WRITE : PERM_READ)) != 0) {
    host = frameAddress(identityFrame(activeSpace, va)) + (<usize>va & 4095);
  } else {
    host = tlbLookup(va, write);
    if (host == 0) return 0;
  }
  fastFill(va, host, write);
  return host;
}

/** Called wherever a PTE changes: no cache may know more than the page table. */
export function translationInvalidate(space: usize, va: u64): void {
  const vpn = va >> 12;
  const at = permissionByte(space, vpn);
  if (at != 0) {
    // Written only when set: an untouched table stays untouched.
    if (load<u8>(at) != 0) store<u8>(at, 0);
  }
  if (recording) traceDrop(space, va, 0);
  if (space != activeSpace) return;
  const e = entry(vpn);
  if (load<u64>(e) == vpn + 1 || load<u64>(e, 8) == vpn + 1) {
    store<u64>(e, 0);
    store<u64>(e, 0, 8);
  }
  fastDrop(va);
  execInvalidate(vpn);
}

/** translationInvalidate for the 512 pages from va, a multiple of 2 MiB. */
export function spanInvalidate(space: usize, va: u64): void {
  const first = permissionByte(space, va >> 12);
  if (first != 0) dropPermissions(first);
  if (recording) traceDrop(space, va, DROP_ORDER_2M);
  if (space != activeSpace) return;
  for (let e = TABLE; e < TABLE + (<usize>ENTRIES << 5); e += 32) {
    const tag = max(load<u64>(e), load<u64>(e, 8));
    if (tag == 0 || (tag - 1) >> 9 != va >> 21) continue;
    store<u64>(e, 0);
    store<u64>(e, 0, 8);
  }
  fastFlush();
  execInvalidateSpan(va >> 12);
}

/** The 512 permission bytes from `first` are 0. */
export function dropPermissions(first: usize): void {
  const mark = permissionMark(first);
  if (load<u8>(mark) == 0) return;
  for (let at = first; at < first + 512; at += 8) if (load<u64>(at) != 0) store<u64>(at, 0);
  store<u8>(mark, 0);
}

/** Called where a PTE loses nothing but W: reads and fetches go on as before. */
export function writeInvalidate(space: usize, va: u64): void {
  const vpn = va >> 12;
  const at = permissionByte(space, vpn);
  if (at != 0) {
    const bits = load<u8>(at);
    if (bits & PERM_WRITE) store<u8>(at, bits & ~PERM_WRITE);
  }
  if (recording) traceDrop(space, va, 0);
  if (space != activeSpace) return;
  if (load<u64>(entry(vpn), 8) == vpn + 1) store<u64>(entry(vpn), 0, 8);
  fastDropWrite(va);
}

/** After many pages of the space have lost W at once, which whoever took it has recorded. */
export function tlbDropWrites(space: usize): void {
  if (space != activeSpace) return;
  for (let e = TABLE; e < TABLE + (<usize>ENTRIES << 5); e += 32) store<u64>(e, 0, 8);
  fastDropWrites();
}

export function tlbFlush(): void {
  if (filled) memory.fill(TABLE, 0, <usize>ENTRIES << 5);
  filled = false;
  fastFlush();
  execInvalidateAll();
}

/** Recording begins or ends: from now on every access is seen, or none. */
export function traceSet(on: bool): void {
  traceSwitch(on);
  tlbFlush();
}
