/** What the generated loop (generated/dispatch.ts) is made of: registers, memory, ways out. All inlined. */
import * as X from './shared/exit';
import * as L from './shared/layout';
import { codeMoved, pcOf, relocate } from './code';
import { slowAmo, slowRead, PERM_READ, PERM_WRITE } from './mm/access';
import { fail } from './mm/fault';

/** One access in the high half of the counter. */
export const ACCESS: u64 = 1 << 32;
export const SIGN: u64 = 1 << 63;
const CANONICAL_NAN_S: u32 = 0x7fc00000;

// @ts-ignore: decorator
@inline
export function x1(lo: u32): u64 {
  return load<u64>(((lo >> 13) & 0x1f8), L.HART + L.HART_X);
}
// @ts-ignore: decorator
@inline
export function x2(lo: u32): u64 {
  return load<u64>(((lo >> 19) & 0x1f8), L.HART + L.HART_X);
}
// @ts-ignore: decorator
@inline
export function setX(lo: u32, value: u64): void {
  store<u64>(((lo >> 7) & 0x1f8), value, L.HART + L.HART_X);
}
// @ts-ignore: decorator
@inline
export function imm(w: u64): u64 {
  return <u64>(<i64>w >> 32);
}

// @ts-ignore: decorator
@inline
export function f1(lo: u32): u64 {
  return load<u64>(((lo >> 13) & 0x1f8), L.HART + L.HART_F);
}
// @ts-ignore: decorator
@inline
export function f2(lo: u32): u64 {
  return load<u64>(((lo >> 19) & 0x1f8), L.HART + L.HART_F);
}
// @ts-ignore: decorator
@inline
export function f3(w: u64): u64 {
  return load<u64>(<usize>(w >> 32) << 3, L.HART + L.HART_F);
}
// @ts-ignore: decorator
@inline
export function setF(lo: u32, value: u64): void {
  store<u64>(((lo >> 7) & 0x1f8), value, L.HART + L.HART_F);
}

/** A single lives in the low half, under 32 ones; anything else reads as the canonical NaN. */
// @ts-ignore: decorator
@inline
function unbox(bits: u64): u32 {
  return bits >> 32 == 0xffffffff ? <u32>bits : CANONICAL_NAN_S;
}
// @ts-ignore: decorator
@inline
export function box(bits: u32): u64 {
  return 0xffffffff00000000 | <u64>bits;
}
// @ts-ignore: decorator
@inline
export function s1(lo: u32): u32 {
  return unbox(f1(lo));
}
// @ts-ignore: decorator
@inline
export function s2(lo: u32): u32 {
  return unbox(f2(lo));
}
// @ts-ignore: decorator
@inline
export function s3(w: u64): u32 {
  return unbox(f3(w));
}
// @ts-ignore: decorator
@inline
export function setS(lo: u32, bits: u32): void {
  setF(lo, box(bits));
}

/** 0..4, or more: reserved. */
// @ts-ignore: decorator
@inline
export function roundingMode(lo: u32): u32 {
  const mode = (lo >> 28) & 7;
  return mode == 7 ? load<u32>(L.HART + L.HART_FRM) : mode;
}

/** Linear address of bytes to load, 0 = fault: window byte first, the long way else. */
// @ts-ignore: decorator
@inline
export function readable(va: u64, size: u32, permissions: usize, base: usize, pages: u64): usize {
  const vpn = va >> 12;
  if (vpn < pages) {
    const inside = size == 1 || (<u32>va & L.PAGE_MASK) <= <u32>L.PAGE_SIZE - size;
    if ((load<u8>(permissions + <usize>vpn) & PERM_READ) != 0 && inside) return base + <usize>va;
  }
  return slowRead(va, size);
}

/** The same for a store that needs no more thought; 0 = take the long way. */
// @ts-ignore: decorator
@inline
export function storable(va: u64, size: u32, permissions: usize, base: usize, pages: u64): usize {
  const vpn = va >> 12;
  if (vpn < pages) {
    const inside = size == 1 || (<u32>va & L.PAGE_MASK) <= <u32>L.PAGE_SIZE - size;
    if ((load<u8>(permissions + <usize>vpn) & PERM_WRITE) != 0 && inside) return base + <usize>va;
  }
  return 0;
}

/** For read-modify-write: aligned, or a fault. */
// @ts-ignore: decorator
@inline
export function atomic(va: u64, size: u32, permissions: usize, base: usize, pages: u64): usize {
  if ((<u32>va & (size - 1)) != 0) {
    fail(X.FAULT_ALIGN, va, X.ACCESS_WRITE);
    return 0;
  }
  const vpn = va >> 12;
  if (vpn < pages && load<u8>(permissions + <usize>vpn) == (PERM_READ | PERM_WRITE)) return base + <usize>va;
  return slowAmo(va, size);
}

/** Where to go on after a store: mostly just behind it. */
// @ts-ignore: decorator
@inline
export function after(ip: usize, bytes: usize): usize {
  return codeMoved ? relocate(ip, bytes) : ip + bytes;
}

export function faultExit(): u32 {
  const kind = load<u32>(L.HART + L.HART_FAULT_KIND);
  return kind == X.FAULT_IO ? X.EXIT_IO : kind == X.FAULT_MEMORY ? X.EXIT_MEMORY : X.EXIT_FAULT;
}

/** Ends run() with the instruction at ip next. */
export function leave(ip: usize, n: u64, reason: u32): u32 {
  return leaveAt(pcOf(ip), n, reason);
}

export function leaveAt(pc: u64, n: u64, reason: u32): u32 {
  store<u64>(L.HART + L.HART_PC, pc);
  const counters: usize = L.HART + L.HART_COUNTERS;
  store<u64>(counters, load<u64>(counters) + <u64>(<u32>n));
  store<u64>(counters + 8, load<u64>(counters + 8) + (n >> 32));
  return reason;
}
