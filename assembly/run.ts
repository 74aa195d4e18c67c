/** What the generated loop (generated/dispatch.ts) is made of: registers, memory, ways out. All inlined. */
import * as X from './shared/exit';
import { COMPILED, COMPILED_LEFT } from './shared/compiled';
import * as L from './shared/layout';
import { asDecoded, decodeSlot, enter, pcOf, straddle } from './code';
import { loop } from './generated/dispatch';
import { OP_BASELINE, OP_COMPILED, OP_CROSS, OP_STRADDLE } from './generated/ops';
import { executeSlow, nextPc } from './generated/slow';
import { behindCompiledCall, compiledAccesses, compiledCall, compiledHot, compiledNext, enterCompiled } from './jit';
import { isSeeking, sample, sampleIn, sampleRefund, sampleSpent } from './jit';
import { PERM_READ, slowAmo, slowRead, windowBase, windowPages, windowPermissions } from './mm/access';
import { fail } from './mm/fault';
import { holdNothing } from './mm/reclaim';
import { tlbLookup } from './mm/tlb';
import { recording, tracePlace, traceTime } from './tracing';

/** The loop met a slot that is not decoded yet. */
export const UNDECODED: u32 = 200;
export { DONE, DONE_ACCESS } from './shared/exit';
export const SIGN: u64 = 1 << 63;

const TLB_HITS: usize = L.HART + L.HART_COUNTERS + L.COUNT_TLB_HITS * 8;
const CANONICAL_NAN_S: u32 = 0x7fc00000;

/* Fields of the operation at ip, see decode.ts, and the registers that they name. */

// @ts-ignore: decorator
@inline
export function x1(ip: usize): u64 {
  return load<u64>(<usize>load<u8>(ip, 3), L.HART + L.HART_X);
}
// @ts-ignore: decorator
@inline
export function x2(ip: usize): u64 {
  return load<u64>(<usize>load<u8>(ip, 4), L.HART + L.HART_X);
}
/** The second register of stores and branches. */
// @ts-ignore: decorator
@inline
export function xd(ip: usize): u64 {
  return load<u64>(<usize>load<u8>(ip, 2), L.HART + L.HART_X);
}
// @ts-ignore: decorator
@inline
export function setX(ip: usize, value: u64): void {
  store<u64>(<usize>load<u8>(ip, 2), value, L.HART + L.HART_X);
}
// @ts-ignore: decorator
@inline
export function imm(ip: usize): u64 {
  return <u64><i64>load<i32>(ip, 4);
}
/** The immediate of a jump inside the page. */
// @ts-ignore: decorator
@inline
export function distance(ip: usize): usize {
  return <usize>load<u32>(ip, 4);
}

// @ts-ignore: decorator
@inline
export function f1(ip: usize): u64 {
  return load<u64>(<usize>load<u8>(ip, 3), L.HART + L.HART_F);
}
// @ts-ignore: decorator
@inline
export function f2(ip: usize): u64 {
  return load<u64>(<usize>load<u8>(ip, 4), L.HART + L.HART_F);
}
// @ts-ignore: decorator
@inline
export function f3(ip: usize): u64 {
  return load<u64>(<usize>load<u8>(ip, 5), L.HART + L.HART_F);
}
// @ts-ignore: decorator
@inline
export function fd(ip: usize): u64 {
  return load<u64>(<usize>load<u8>(ip, 2), L.HART + L.HART_F);
}
// @ts-ignore: decorator
@inline
export function setF(ip: usize, value: u64): void {
  store<u64>(<usize>load<u8>(ip, 2), value, L.HART + L.HART_F);
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
export function s1(ip: usize): u32 {
  return unbox(f1(ip));
}
// @ts-ignore: decorator
@inline
export function s2(ip: usize): u32 {
  return unbox(f2(ip));
}
// @ts-ignore: decorator
@inline
export function s3(ip: usize): u32 {
  return unbox(f3(ip));
}
// @ts-ignore: decorator
@inline
export function setS(ip: usize, bits: u32): void {
  setF(ip, box(bits));
}

/** 0..4, or more: reserved. */
// @ts-ignore: decorator
@inline
export function roundingMode(ip: usize): u32 {
  const mode = <u32>load<u8>(ip, 6);
  return mode == 7 ? load<u32>(L.HART + L.HART_FRM) : mode;
}

/** What is not at its identity place (shared pages, copies made elsewhere) is common in real programs: worth a look in the loop. */
// @ts-ignore: decorator
@inline
export function tlbHit(va: u64, write: bool): usize {
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

/**
 * Linear address of bytes to load for what the loop leaves: misaligned, inside a page of the window, or anywhere; 0 = fault.
 */
export function readAnywhere(va: u64, size: u32): usize {
  const vpn = va >> 12;
  if (!recording && vpn < <u64>windowPages && (<u32>va & L.PAGE_MASK) <= <u32>L.PAGE_SIZE - size) {
    if (load<u8>(<usize>windowPermissions + <usize>vpn) & PERM_READ) return <usize>windowBase + <usize>va;
  }
  return slowRead(va, size);
}

export function faultExit(): u32 {
  const kind = load<u32>(L.HART + L.HART_FAULT_KIND);
  return kind == X.FAULT_IO ? X.EXIT_IO : kind == X.FAULT_MEMORY ? X.EXIT_MEMORY : X.EXIT_FAULT;
}

/* What the loop leaves behind. In linear memory: a global would cost the loop a register for the address of globals. */
const LOOP: usize = L.HART + 0x800;

// @ts-ignore: decorator
@inline
export function suspend(ip: usize, left: u32, accesses: u32, reason: u32): u32 {
  store<u32>(LOOP, <u32>ip);
  store<u32>(LOOP, left, 4);
  store<u32>(LOOP, accesses, 8);
  return reason;
}

/** A megabyte of zeros, never written: the permissions of a space without a window. */
const NO_WINDOW: usize = 0x800000;

/** Ends run(): the next pc, the counters. */
function leave(pc: u64, executed: u32, accesses: u64, reason: u32): u32 {
  store<u64>(L.HART + L.HART_PC, pc);
  const counters: usize = L.HART + L.HART_COUNTERS;
  store<u64>(counters, load<u64>(counters) + <u64>executed);
  store<u64>(counters + 8, load<u64>(counters + 8) + accesses);
  return reason;
}

/** The host does the system call at HART_PC. The budget with which run() goes on; 0: it comes back. */
// @ts-ignore: decorator
@external('env', 'call')
declare function hostCall(): u32;

/** Comes back for the compiler, with `left` of the budget. */
function leaveHot(pc: u64, budget: u32, left: u32, accesses: u64): u32 {
  store<u32>(COMPILED + COMPILED_LEFT, left);
  return leave(pc, budget - left, accesses, X.EXIT_HOT);
}

/**
 * Runs at most `budget` instructions from HART_PC; returns EXIT_*. With HART_CALLS the host does system calls in between: everything is in
 * memory then, as if run() had come back, and every such call gives a budget of its own.
 */
export function run(budget: u32): u32 {
  let reason = runToCall(budget);
  while (reason == X.EXIT_ECALL && load<u32>(L.HART + L.HART_CALLS) != 0 && !recording) {
    const more = hostCall();
    if (more == 0) return X.EXIT_CALLED;
    reason = runToCall(more);
  }
  return reason;
}

function runToCall(budget: u32): u32 {
  holdNothing();
  const permissions: usize = windowPages == 0 || recording ? NO_WINDOW : windowPermissions;
  const base: usize = windowBase;
  let pc = load<u64>(L.HART + L.HART_PC);
  let left = budget;
  let accesses: u64 = 0;
  let ip = enter(pc);
  if (ip != 0) behindCompiledCall(pc, ip);
  while (ip != 0) {
    let operation = <u32>load<u16>(ip);
    // The loop would only say so: it counts what is not executed, and that is taken back below.
    // Single steps pass baseline code by.
    if (operation == OP_BASELINE && isSeeking()) {
      ip = asDecoded(pcOf(ip));
      operation = <u32>load<u16>(ip);
    }
    if ((operation != OP_COMPILED && operation != OP_BASELINE) || left == 0 || sampleIn == 0) {
      const burst = min(left, sampleIn);
      const from = isSeeking() ? pcOf(ip) : 0;
      const reason = loop(ip, burst, permissions, base);
      ip = load<u32>(LOOP);
      const unspent = load<u32>(LOOP, 4);
      left -= burst - unspent;
      sampleSpent(burst - unspent);
      accesses += load<u32>(LOOP, 8);
      if (reason == X.EXIT_BUDGET && left != 0) {
        if (sample(from, pcOf(ip), ip)) return leaveHot(pcOf(ip), budget, left, accesses);
        continue;
      }
      // Calls are counted; what is slow is not yet.
      if (reason < <u32>X.SLOW) return leave(pcOf(ip), budget - left, accesses, reason);
      left++;
      // Whatever is not executed by executeSlow below was no instruction: a sample must not fall due by it, or nothing may ever be
      // executed.
      sampleRefund();
      if (reason == UNDECODED) {
        decodeSlot(ip);
        continue;
      }
      operation = <u32>load<u16>(ip);
    }
    pc = pcOf(ip);
    if (operation == OP_COMPILED || operation == OP_BASELINE) {
      left = enterCompiled(ip, pc, left, permissions, base);
      accesses += compiledAccesses;
      if (compiledCall) {
        sampleSpent(1);
        return leave(load<u64>(L.HART + L.HART_PC), budget - left + 1, accesses, X.EXIT_ECALL);
      }
      ip = compiledNext;
      if (ip == 0) pc = load<u64>(L.HART + L.HART_PC);
      else if (compiledHot) {
        if (left == 0) return leave(pcOf(ip), budget, accesses, X.EXIT_BUDGET);
        return leaveHot(pcOf(ip), budget, left, accesses);
      }
      continue;
    }
    if (operation == OP_STRADDLE) {
      ip = straddle(ip);
      if (ip == 0) return leave(pc, budget - left, accesses, faultExit());
      continue;
    }
    if (operation != OP_CROSS) {
      tracePlace(pc, budget - left + 1);
      const result = executeSlow(ip, pc, budget - left + 1);
      // The decoder lets these write x0.
      store<u64>(L.HART + L.HART_X, 0);
      if (result < <u32>X.DONE) return leave(pc, budget - left, accesses, result);
      left--;
      sampleSpent(1);
      if (result == X.DONE_ACCESS) accesses++;
      pc = nextPc;
    }
    // Mostly the same page: but a fault may have moved it, a store rewritten it.
    traceTime(budget - left);
    ip = enter(pc);
  }
  return leave(pc, budget - left, accesses, faultExit());
}
