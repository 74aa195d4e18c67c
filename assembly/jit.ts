/**
 * Compiled code as the interpreter sees it. A decoded slot whose operation is OP_COMPILED names the record of a region
 * (shared/compiled.ts); the region runs until it must leave and tells by which of its exits.
 *
 * A region depends on the bytes of some frames and on where those are mapped. Whatever may change either begins a new epoch; a region not
 * found valid in this epoch is checked before it is entered.
 */
import * as C from './shared/compiled';
import { DONE } from './shared/exit';
import { HART, HART_PC, HART_X } from './shared/layout';
import { decode16, decode32 } from './generated/decode';
import { OP_COMPILED } from './generated/ops';
import { bindPage, codeEpoch, newCodeEpoch, enter, isScratch, mappedFrame, runScratch } from './code';
import { executeSlow } from './generated/slow';
import { FAR_ONLY } from './decode';
import { FRAME_CODE, frameAddress, frameDecoded, frameFlags, frameGeneration } from './mm/frames';
import { tlbFromWindow } from './mm/tlb';

const STATE: usize = C.COMPILED;
/** Instructions to walk from a sample to a place where a region may begin. */
const SEEK: u32 = 64;
const SAMPLE_HEAT: u32 = 16;
/** Regions that are left after so many instructions, on the average, are pieces. */
const PIECE: u32 = 64;
/** So often an exit is taken that was meant to be rare, and the region is made again. */
const TAKEN_MAX: u32 = 400;

/** Instructions between samples: 0 = nothing is compiled, 1 = everything. */
let interval: u32 = 0;
let hotAt: u32 = 0;
let batch: u32 = 1;
/** A region comes back after so many instructions: engines optimise functions that are entered often. */
let regionFuel: u32 = 10000;
let seeking: u32 = 0;
let uneven: u32 = 1;
/** Instructions until the next sample. */
export let sampleIn: u32 = 0xffffffff;

export function jitConfigure(samples: u32, heat: u32, hotBatch: u32, fuel: u32): void {
  interval = samples;
  hotAt = heat;
  batch = hotBatch;
  regionFuel = fuel;
  seeking = 0;
  newCodeEpoch();
  sampleIn = samples == 0 ? 0xffffffff : samples;
}

/** Instructions until the next sample: never the same number, since a loop whose length divides it would be met at one place only. */
function untilSample(): u32 {
  uneven = uneven * 1664525 + 1013904223;
  return interval - (interval >> 3) + (uneven >> 16) % ((interval >> 2) + 1);
}

// @ts-ignore: decorator
@inline
export function sampleSpent(instructions: u32): void {
  sampleIn -= instructions;
}

// @ts-ignore: decorator
@inline
export function sampleRefund(): void {
  sampleIn++;
}

// @ts-ignore: decorator
@inline
export function isSeeking(): bool {
  return seeking != 0;
}

function push(pc: u64): u32 {
  const n = load<u32>(STATE, C.COMPILED_HOT);
  if (n < <u32>C.HOT_MAX) {
    store<u64>(<usize>C.HOT_LIST + (<usize>n << 3), pc);
    store<u32>(STATE, n + 1, C.COMPILED_HOT);
  }
  return n + 1;
}

/** Code at pc has been executed for a while. True: enough of it waits for the compiler. */
function warm(pc: u64, heat: u32): bool {
  const e = <usize>C.HEAT + ((<usize>((pc >> 1) ^ (pc >> 13)) & (<usize>C.HEAT_ENTRIES - 1)) << 4);
  const before = load<u64>(e) == pc ? load<u32>(e, 8) : 0;
  store<u64>(e, pc);
  if (before + heat < hotAt) {
    store<u32>(e, before + heat, 8);
    return false;
  }
  store<u32>(e, 0, 8);
  return push(pc) >= batch;
}

// @ts-ignore: decorator
@inline
function meet(pc: u64): void {
  const at = <usize>C.MET + ((<usize>(pc >> 4)) & <usize>((C.MET_BITS >> 3) - 1));
  store<u8>(at, load<u8>(at) | (<u8>1 << (<u8>(pc >> 1) & 7)));
}

/** Is the instruction at pc, which was just executed, a jump by register? */
function isJumpByRegister(pc: u64): bool {
  const frame = mappedFrame(<u32>(pc >> 12));
  if (frame == 0) return false;
  const low = <u32>load<u16>(frameAddress(frame) + (<u32>pc & 4095));
  // jalr; c.jr and c.jalr, which are c.mv and c.add without a second register.
  return (low & 0x7f) == 0x67 || ((low & 0xe07f) == 0x8002 && (low & 0xf80) != 0);
}

/** A jump by register has led to a target. */
function noteTarget(at: u64, target: u64): void {
  const e = <usize>C.TARGETS + (<usize>(((at >> 1) ^ (at >> 11)) & (<u64>C.TARGETS_ENTRIES - 1))) * <usize>C.TARGETS_BYTES;
  if (load<u64>(e) != at) {
    memory.fill(e, 0, C.TARGETS_BYTES);
    store<u64>(e, at);
  }
  let least: usize = 0;
  let leastCount = <u32>0xffffffff;
  for (let n: usize = 0; n < <usize>C.TARGETS_OF_ONE; n++) {
    const count = load<u32>(e + n * 4, C.TARGETS_COUNTS);
    if (count != 0 && load<u64>(e + n * 8, C.TARGETS_PC) == target) {
      store<u32>(e + n * 4, count + 1, C.TARGETS_COUNTS);
      return;
    }
    if (count < leastCount) {
      least = n;
      leastCount = count;
    }
  }
  if (leastCount == 0) store<u64>(e + least * 8, target, C.TARGETS_PC);
  store<u32>(e + least * 4, leastCount == 0 ? 1 : leastCount - 1, C.TARGETS_COUNTS);
}

/**
 * A sample is due, or the step after one is done: `from` was executed before pc. Where loops and functions begin is looked for, since
 * regions begin there. True: the compiler is to be asked now.
 */
export function sample(from: u64, pc: u64, ip: usize): bool {
  if (interval == 0) {
    sampleIn = 0xffffffff;
    return false;
  }
  sampleIn = 1;
  if (interval == 1) return load<u16>(ip) != OP_COMPILED && !isScratch(ip) && push(pc) != 0;
  if (seeking == 0) {
    seeking = SEEK;
    return false;
  }
  meet(from);
  meet(pc);
  if (isJumpByRegister(from)) noteTarget(from, pc);
  const link = load<u64>(HART, HART_X + 8);
  const called = (link == from + 4 || link == from + 2) && pc != link;
  const back = pc < from && from - pc < 0x10000 && pc != link;
  seeking--;
  if (called || back) {
    seeking = 0;
    sampleIn = untilSample();
    return load<u16>(ip) != OP_COMPILED && warm(pc, SAMPLE_HEAT);
  }
  if (seeking == 0) sampleIn = untilSample();
  return false;
}

/** What enterCompiled leaves: the slot to go on with (0 = fault at HART_PC) and the accesses made. */
export let compiledNext: usize = 0;
export let compiledAccesses: u64 = 0;
export let compiledHot: bool = false;
/** It has left at an ecall: compiledNext is that of HART_PC, and the instruction is not counted yet. */
export let compiledCall: bool = false;
/** Where the ecall that was left at last ends: code goes on there often, if it is met. */
let behindCall: u64 = 0;

/** Code behind an ecall is about to be interpreted: once that happens often a region begins there. */
export function behindCompiledCall(pc: u64, ip: usize): void {
  if (pc != behindCall) return;
  behindCall = 0;
  if (load<u16>(ip) != OP_COMPILED) warm(pc, 1);
}

// @ts-ignore: decorator
@inline
function jumpEntry(pc: u64): usize {
  return <usize>C.JUMPS + (<usize>((pc >> 1) & (<u64>C.JUMPS_ENTRIES - 1)) << 4);
}

/**
 * The region of pc, whose slot ip (0: look it up) leads to it: found valid, and remembered as the one that jumps to pc enter.
 * 0: compiledNext says how to go on.
 */
function regionAt(ip: usize, pc: u64, heat: u32): usize {
  if (ip == 0) {
    ip = enter(pc);
    compiledNext = ip;
    if (ip == 0) {
      store<u64>(HART, pc, HART_PC);
      return 0;
    }
    if (load<u16>(ip) != OP_COMPILED) {
      if (interval > 1) compiledHot = warm(pc, heat);
      return 0;
    }
  }
  const head = <usize>load<u32>(ip, 4);
  const region = inChain(head, pc);
  if (region == 0) {
    if (interval == 1) push(pc);
    else compiledHot = warm(pc, heat);
    compiledNext = original(head, pc);
    return 0;
  }
  if (load<u32>(region, C.REGION_EPOCH) != codeEpoch() && !valid(region, ip)) {
    compiledNext = original(region, pc);
    return 0;
  }
  if (load<u32>(region, C.REGION_FUEL) <= <u32>C.JUMP_FUEL) {
    const e = jumpEntry(pc);
    store<u64>(e, pc);
    store<u32>(e, codeEpoch(), C.JUMP_EPOCH);
    store<u32>(e, load<u32>(region, C.REGION_FUNCTION), C.JUMP_FUNCTION);
  }
  return region;
}

/** Runs the region that the slot at ip (of pc) leads to, and those that follow, within `left` instructions; returns what is left. */
export function enterCompiled(ip: usize, pc: u64, left: u32, permissions: usize, base: usize): u32 {
  const before = left;
  let accesses: u64 = 0;
  compiledHot = false;
  compiledCall = false;
  for (;;) {
    const region = regionAt(ip, pc, 1);
    if (region == 0) break;
    if (left < load<u32>(region, C.REGION_FUEL)) {
      compiledNext = original(region, pc);
      break;
    }
    store<u32>(region, load<u32>(region, C.REGION_ENTRIES) + 1, C.REGION_ENTRIES);
    const fuel = min(left, regionFuel);
    const jumps = load<u32>(STATE, C.COMPILED_JUMPS);
    const code = load<u32>(region, C.REGION_FUNCTION);
    const site = <usize>call_indirect<u32>(code, <u64>fuel << C.COUNT_SHIFT, <u32>permissions, <u32>base, code);
    const count = load<u64>(STATE, C.COMPILED_COUNT);
    const spent = fuel - <u32>(count >> C.COUNT_SHIFT);
    left -= spent;
    if ((load<u32>(STATE, C.COMPILED_JUMPS) - jumps + 1) * PIECE > spent) credit(load<u32>(STATE, C.COMPILED_REGION), spent);
    accesses += count & ((1 << C.COUNT_SHIFT) - 1);
    const kind = <u32>load<u16>(site, C.SITE_KIND);
    pc = load<u64>(site, C.SITE_PC);
    if (kind == C.SITE_DYNAMIC) {
      const target = load<u64>(HART, HART_PC);
      noteTarget(pc, target);
      pc = target;
    }
    if (kind == C.SITE_CALL && left != 0) {
      const exits = STATE + (<usize>C.SITE_CALL << 3);
      store<u64>(exits, load<u64>(exits, C.COMPILED_EXITS) + 1, C.COMPILED_EXITS);
      store<u64>(HART, pc, HART_PC);
      behindCall = pc + 4;
      compiledCall = true;
      break;
    }
    if (kind >= <u32>C.SITE_SLOW) {
      leaveSlowly(load<u32>(STATE, C.COMPILED_REGION), site, kind, pc);
      break;
    }
    if (kind == C.SITE_FUEL && left != 0 && regionAt(0, pc, hotAt >> 2) == 0) break;
    ip = 0;
  }
  compiledAccesses = accesses;
  store<u64>(STATE, load<u64>(STATE, C.COMPILED_INSTRUCTIONS) + (before - left), C.COMPILED_INSTRUCTIONS);
  return left;
}

/** The interpreter is to execute the instruction at pc. */
function leaveSlowly(region: usize, site: usize, kind: u32, pc: u64): void {
  const exits = STATE + (<usize>kind << 3);
  store<u64>(exits, load<u64>(exits, C.COMPILED_EXITS) + 1, C.COMPILED_EXITS);
  const taken = <u32>load<u16>(site, C.SITE_TAKEN) + 1;
  if (taken < 0xffff) store<u16>(site, <u16>taken, C.SITE_TAKEN);
  if (taken == TAKEN_MAX) makeAgain(region, C.REGION_POOR);
  if (kind == C.SITE_TABLE) tlbFromWindow(load<u64>(STATE, C.COMPILED_ADDRESS));
  compiledNext = enter(pc);
  if (compiledNext == 0) store<u64>(HART, pc, HART_PC);
  else if (load<u16>(compiledNext) == OP_COMPILED) compiledNext = original(<usize>load<u32>(compiledNext, 4), pc);
}

/** The region for pc among those that share a slot, or 0. */
function inChain(head: usize, pc: u64): usize {
  for (let region = head; region != 0; region = <usize>load<u32>(region, C.REGION_NEXT)) {
    if (load<u64>(region, C.REGION_PC) == pc) return region;
  }
  return 0;
}

/** What a slot must hold to lead to a region. */
// @ts-ignore: decorator
@inline
function leadingTo(region: usize): u64 {
  return <u64>OP_COMPILED | ((<u64>region) << 32);
}

/** Some instructions were executed by regions, the last of which was this one: over time each gets its share. */
// @ts-ignore: decorator
@inline
function credit(region: usize, instructions: u32): void {
  const due = load<u32>(region, C.REGION_DUE);
  if (due == 0) return;
  store<u32>(region, due > instructions ? due - instructions : 0, C.REGION_DUE);
  if (due <= instructions) makeAgain(region, C.REGION_HOT);
}

function makeAgain(region: usize, state: u32): void {
  if (load<u32>(region, C.REGION_STATE) != C.REGION_LIVE) return;
  store<u32>(region, state, C.REGION_STATE);
  store<u32>(STATE, load<u32>(STATE, C.COMPILED_POOR) + 1, C.COMPILED_POOR);
}

// @ts-ignore: decorator
@inline
function pageOf(region: usize, n: u32): usize {
  return region + <usize>C.REGION_PAGE + <usize>n * <usize>C.REGION_PAGE_BYTES;
}

/** Whether the region's code is what is mapped, and unchanged. If it has changed the slot forgets it. */
function valid(region: usize, ip: usize): bool {
  const pages = load<u32>(region, C.REGION_PAGES);
  for (let n: u32 = 0; n < pages; n++) {
    const at = pageOf(region, n);
    const frame = load<u32>(at, 4);
    if (frameGeneration(frame) != load<u32>(at, 8)) {
      store<u32>(region, C.REGION_DEAD, C.REGION_STATE);
      // Undecoded, but not this time: the caller goes on with the original operation.
      store<u64>(ip, 0);
      return false;
    }
    if (n != 0 && mappedFrame(load<u32>(at)) != frame) return false;
  }
  store<u32>(region, codeEpoch(), C.REGION_EPOCH);
  return true;
}

/** A place from which the interpreter executes the operation that a region's slot held. */
function original(region: usize, pc: u64): usize {
  return runScratch(pc, load<u64>(region, C.REGION_ORIGINAL));
}

/** For the compiler: address of the bytes of a page of code that has been executed, in the active space; 0: none. */
export function jitCodePage(vpn: u32): u32 {
  const frame = mappedFrame(vpn);
  if (frame == 0 || frameDecoded(frame) == 0 || (frameFlags(frame) & FRAME_CODE) == 0) return 0;
  return <u32>frameAddress(frame);
}

/** Has the instruction at pc been decoded (so, mostly: executed)? 2: a region begins there. */
export function jitDecoded(vpn: u32, offset: u32): u32 {
  const frame = mappedFrame(vpn);
  if (frame == 0) return 0;
  const code = frameDecoded(frame);
  if (code == 0) return 0;
  const slot = <usize>code + (<usize>offset << 2);
  const operation = load<u16>(slot);
  if (operation != OP_COMPILED) return operation == 0 ? 0 : 1;
  return inChain(<usize>load<u32>(slot, 4), ((<u64>vpn) << 12) + offset) == 0 ? 1 : 2;
}

/**
 * Puts a region in force whose record is filled but for slot, original operation, frames and epoch. False: its entry is taken, or its
 * code is not there.
 */
export function jitInstall(region: usize): bool {
  const pc = load<u64>(region, C.REGION_PC);
  const pages = load<u32>(region, C.REGION_PAGES);
  for (let n: u32 = 0; n < pages; n++) {
    const at = pageOf(region, n);
    const frame = mappedFrame(load<u32>(at));
    if (frame == 0 || (frameFlags(frame) & FRAME_CODE) == 0) return false;
    store<u32>(at, frame, 4);
    store<u32>(at, frameGeneration(frame), 8);
  }
  const frame = load<u32>(region, C.REGION_PAGE + 4);
  const offset = <u32>pc & 4095;
  const code = <usize>frameDecoded(frame);
  if (code == 0) return false;
  const low = <u32>load<u16>(frameAddress(frame) + offset);
  if ((low & 3) == 3 && offset == 4094) return false;
  const slot = code + (<usize>offset << 2);
  const others = load<u16>(slot) == OP_COMPILED ? <usize>load<u32>(slot, 4) : 0;
  if (inChain(others, pc) != 0) return false;
  const operation = (low & 3) == 3 ? decode32(load<u32>(frameAddress(frame) + offset), FAR_ONLY) : decode16(low, FAR_ONLY);
  store<u64>(region, operation, C.REGION_ORIGINAL);
  store<u32>(region, <u32>slot, C.REGION_SLOT);
  store<u32>(region, 0xffffffff, C.REGION_EPOCH);
  store<u32>(region, C.REGION_LIVE, C.REGION_STATE);
  for (let n: u32 = 0; n < pages; n++) {
    const at = pageOf(region, n);
    bindPage(load<u32>(at), load<u32>(at, 4));
  }
  store<u32>(region, <u32>others, C.REGION_NEXT);
  store<u64>(slot, leadingTo(region));
  return true;
}

function unlink(slot: usize, region: usize): void {
  const next = load<u32>(region, C.REGION_NEXT);
  const head = <usize>load<u32>(slot, 4);
  if (head == region) {
    store<u64>(slot, next == 0 ? 0 : leadingTo(next));
    return;
  }
  for (let at = head; at != 0; at = <usize>load<u32>(at, C.REGION_NEXT)) {
    if (<usize>load<u32>(at, C.REGION_NEXT) == region) {
      store<u32>(at, next, C.REGION_NEXT);
      return;
    }
  }
}

/** Takes a region out of force; its record may be used again. */
export function jitRemove(region: usize): void {
  const slot = <usize>load<u32>(region, C.REGION_SLOT);
  const offset = <usize>load<u32>(region, C.REGION_PC) & 4095;
  const code = <usize>frameDecoded(load<u32>(region, C.REGION_PAGE + 4));
  if (code != 0 && code + (offset << 2) == slot && load<u16>(slot) == OP_COMPILED) unlink(slot, region);
  const e = jumpEntry(load<u64>(region, C.REGION_PC));
  if (load<u32>(e, C.JUMP_FUNCTION) == load<u32>(region, C.REGION_FUNCTION)) store<u32>(e, codeEpoch() - 1, C.JUMP_EPOCH);
  store<u32>(region, 0, C.REGION_STATE);
}

/** Whether the bytes that a region was made from are still the same. */
export function jitIntact(region: usize): bool {
  const pages = load<u32>(region, C.REGION_PAGES);
  for (let n: u32 = 0; n < pages; n++) {
    const at = pageOf(region, n);
    if (frameGeneration(load<u32>(at, 4)) != load<u32>(at, 8)) return false;
  }
  return true;
}

/** The decoded operation of an instruction that is no jump. */
export function jitOperation(word: u32): u64 {
  return (word & 3) == 3 ? decode32(word, FAR_ONLY) : decode16(word, FAR_ONLY);
}

const operationSlot = memory.data(8, 8);

/** For compiled code: executes an operation on the registers in memory that neither jumps nor accesses memory. Not 0: it did not. */
export function jitExecute(operation: u64): u32 {
  store<u64>(operationSlot, operation);
  const result = executeSlow(operationSlot, 0, 0);
  store<u64>(HART + HART_X, 0);
  return result == DONE ? 0 : 1;
}
