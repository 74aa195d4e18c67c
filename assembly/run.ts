/** What the generated loop (generated/dispatch.ts) is made of: registers, memory, ways out. All inlined. */
import * as X from './shared/exit';
import * as L from './shared/layout';
import { decodeSlot, enter, pcOf, straddle } from './code';
import { loop } from './generated/dispatch';
import { OP_CROSS, OP_STRADDLE, OP_UNDECODED } from './generated/ops';
import { executeSlow, nextPc } from './generated/slow';
import { PERM_READ, PERM_WRITE, slowAmo, windowBase, windowPages, windowPermissions } from './mm/access';
import { fail } from './mm/fault';
import { tlbLookup } from './mm/tlb';

/** One access in the high half of the counter. */
export const ACCESS: u64 = 1 << 32;
export { DONE, DONE_ACCESS } from './shared/exit';
export const SIGN: u64 = 1 << 63;

const TLB_HITS: usize = L.HART + L.HART_COUNTERS + L.COUNT_TLB_HITS * 8;
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

/** Linear address of bytes to load if the window or the TLB has them, else 0. */
// @ts-ignore: decorator
@inline
export function readable(va: u64, size: u32, permissions: usize, base: usize, pages: u64): usize {
  const vpn = va >> 12;
  if (size > 1 && (<u32>va & L.PAGE_MASK) > <u32>L.PAGE_SIZE - size) return 0;
  if (vpn < pages && (load<u8>(permissions + <usize>vpn) & PERM_READ) != 0) return base + <usize>va;
  return tlbHit(va, false);
}

/** The same for a store. */
// @ts-ignore: decorator
@inline
export function storable(va: u64, size: u32, permissions: usize, base: usize, pages: u64): usize {
  const vpn = va >> 12;
  if (size > 1 && (<u32>va & L.PAGE_MASK) > <u32>L.PAGE_SIZE - size) return 0;
  if (vpn < pages && (load<u8>(permissions + <usize>vpn) & PERM_WRITE) != 0) return base + <usize>va;
  return tlbHit(va, true);
}

/** What is not at its identity place (shared pages, copies made elsewhere) is common in real programs: worth a look in the loop. */
// @ts-ignore: decorator
@inline
function tlbHit(va: u64, write: bool): usize {
  const at = tlbLookup(va, write);
  if (at != 0) store<u64>(TLB_HITS, load<u64>(TLB_HITS) + 1);
  return at;
}

/** For read-modify-write: aligned and writable, or 0 = fault. */
export function atomic(va: u64, size: u32): usize {
  if ((<u32>va & (size - 1)) != 0) {
    fail(X.FAULT_ALIGN, va, X.ACCESS_WRITE);
    return 0;
  }
  return slowAmo(va, size);
}

export function faultExit(): u32 {
  const kind = load<u32>(L.HART + L.HART_FAULT_KIND);
  return kind == X.FAULT_IO ? X.EXIT_IO : kind == X.FAULT_MEMORY ? X.EXIT_MEMORY : X.EXIT_FAULT;
}

/** What the loop leaves behind. */
let loopIp: usize = 0;
let loopCount: u64 = 0;

// @ts-ignore: decorator
@inline
export function suspend(ip: usize, n: u64, reason: u32): u32 {
  loopIp = ip;
  loopCount = n;
  return reason;
}

/** Ends run(): the next pc, the counters. */
function leave(pc: u64, n: u64, reason: u32): u32 {
  store<u64>(L.HART + L.HART_PC, pc);
  const counters: usize = L.HART + L.HART_COUNTERS;
  store<u64>(counters, load<u64>(counters) + <u64>(<u32>n));
  store<u64>(counters + 8, load<u64>(counters + 8) + (n >> 32));
  return reason;
}

/** Runs at most `budget` instructions from HART_PC; returns EXIT_*. */
export function run(budget: u32): u32 {
  const permissions: usize = windowPermissions;
  const base: usize = windowBase;
  const pages: u64 = windowPages;
  let pc = load<u64>(L.HART + L.HART_PC);
  let n: u64 = 0;
  let ip = enter(pc);
  while (ip != 0) {
    const reason = loop(ip, n, budget, permissions, base, pages);
    ip = loopIp;
    n = loopCount;
    if (reason != <u32>X.SLOW) return leave(pcOf(ip), n, reason);
    const w = load<u64>(ip);
    const operation = <u32>w & 511;
    if (operation == OP_UNDECODED) {
      decodeSlot(ip);
      continue;
    }
    pc = pcOf(ip);
    if (operation == OP_STRADDLE) {
      ip = straddle(ip);
      if (ip == 0) return leave(pc, n, faultExit());
      continue;
    }
    if (operation != OP_CROSS) {
      const result = executeSlow(w, pc, <u32>n + 1);
      if (result < <u32>X.DONE) return leave(pc, n, result);
      n += result == X.DONE ? 1 : ACCESS + 1;
      pc = nextPc;
    }
    // Mostly the same page: but a fault may have moved it, a store rewritten it.
    ip = enter(pc);
  }
  return leave(pc, n, faultExit());
}
