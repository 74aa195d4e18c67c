/**
 * Compiled code as the interpreter sees it. A decoded slot whose operation is OP_COMPILED names the record of a region
 * (shared/compiled.ts); the region runs until it must leave and tells by which of its exits.
 *
 * A region depends on the bytes of some frames and on where those are mapped. Whatever may change either begins a new epoch; a region not
 * found valid in this epoch is checked before it is entered.
 */
import * as C from './shared/compiled';
import { HART, HART_PC, HART_X } from './shared/layout';
import { OP_BASELINE, OP_COMPILED } from './generated/ops';
import { BASELINE_SITE, COMPILED_BASE, COMPILED_PERMISSIONS, TIER_BASELINE, TIER_REGIONS } from './shared/baseline';
import { isJumpByRegister, noteTarget } from './targets';
import {
  baselineConfigure, baselineOn, heatUnit, isFloatLine, missed, optimisedDue, pagesDue, sampleLine, unitCost, unitOf,
} from './baseline/units';
import { asDecoded, codeEpoch, enter, execEntry, execTag, isScratch, newCodeEpoch, runningPage } from './code';
import { coolDown, heatConfigure, meet, push, strongSign, warm } from './heat';
import { tlbFromWindow } from './mm/tlb';
import { inChain, jumpEntry, original, valid } from './regions';

const STATE: usize = C.COMPILED;
/** Instructions to walk from a sample to a place where a region may begin. */
const SEEK: u32 = 64;
const SAMPLE_HEAT: u32 = 16;
/** Of code that will have no baseline code. */
const FLOAT_HEAT: u32 = 60;
/** Regions that are left after so many instructions, on the average, are pieces. */
const PIECE: u32 = 128;
/** So often an exit is taken that was meant to be rare, and the region is made again. */
const TAKEN_MAX: u32 = 400;

/** Instructions between samples: 0 = nothing is compiled, 1 = everything. */
let interval: u32 = 0;
/** A region comes back after so many instructions: engines optimise functions that are entered often. */
let regionFuel: u32 = 10000;
/** One that has been entered so often gets more fuel, so many times as much: what engines optimise is optimised by then. */
const LONG_RUN_ENTRIES: u32 = 1000;
const LONG_RUN: u32 = 8;
let longRun: bool = false;
/** TIER_* */
let tiers: u32 = TIER_REGIONS;
/** With baseline code samples are taken more often; one in so many looks for regions. */
const SEEK_SHARE: u32 = 4;
let untilSeek: u32 = SEEK_SHARE;
/** What executing baseline code until its fuel is used up adds to where it is then; one in so many times a region is looked for. */
const FUEL_HEAT: u32 = 20;
const FUEL_SEEK_SHARE: u32 = 4;
/** The same for where regions lead to baseline code, each time that the core sees it: it stands for EXIT_SHARE times. */
const EXIT_HEAT: u32 = 1;
const EXIT_SEEK_SHARE: u32 = 32;
const EXIT_SEEK_HEAT: u32 = 4;
/** What the place gets that is found. */
let seekHeat: u32 = SAMPLE_HEAT;
let fuelSamples: u32 = 0;
let exitSamples: u32 = 0;
/** The function in the table that goes on at HART_PC in baseline code. */
let entryFunction: u32 = 0;
let seeking: u32 = 0;
let uneven: u32 = 1;
/** Instructions until the next sample. */
export let sampleIn: u32 = 0xffffffff;

/**
 * `wanted`: TIER_*; `lineSamples`: a line of code is hot after so many; `goOn`: place in the table of what enters baseline code;
 * `optimise`: see baselineConfigure.
 */
export function jitConfigure(
  samples: u32, heat: u32, hotBatch: u32, fuel: u32, wanted: u32, lineSamples: u32, goOn: u32, optimise: u32,
): void {
  tiers = wanted;
  entryFunction = goOn;
  baselineConfigure((wanted & TIER_BASELINE) == 0 ? 0 : lineSamples, (wanted & TIER_REGIONS) == 0, goOn + 1, optimise);
  interval = samples;
  heatConfigure(heat, hotBatch);
  regionFuel = fuel;
  seeking = 0;
  newCodeEpoch();
  sampleIn = samples == 0 ? 0xffffffff : samples;
}

/** Instructions until the next sample: never the same number, since a loop whose length divides it would be met at one place only. */
function untilSample(): u32 {
  if (interval == 1) return 1;
  uneven = uneven * 1664525 + 1013904223;
  return interval - (interval >> 3) + (uneven >> 16) % ((interval >> 2) + 1);
}

/** Not the same number either. */
// @ts-ignore: decorator
@inline
function unevenFuel(): u32 {
  uneven = uneven * 1664525 + 1013904223;
  return (longRun ? regionFuel * LONG_RUN : regionFuel) - (uneven >> 24);
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

/** Does a slot lead to compiled code? */
// @ts-ignore: decorator
@inline
function leadsOn(ip: usize): bool {
  const operation = <u32>load<u16>(ip);
  return operation == OP_COMPILED || operation == OP_BASELINE;
}

function leftToRegions(pc: u64): bool {
  const code = decodedPage(pc);
  return code != 0 && isFloatLine(code, <u32>pc & 4095);
}

/** The decoded page of pc, if it is known at once; or 0. */
function decodedPage(pc: u64): usize {
  const e = execEntry(pc);
  return load<u64>(e) == execTag(pc) ? <usize>load<u32>(e, 8) : 0;
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
  if (seeking == 0 && baselineOn()) {
    const code = decodedPage(pc);
    if (code != 0 && !leadsOn(ip)) sampleLine(code, <u32>pc & 4095);
    const due = pagesDue();
    const float = code != 0 && isFloatLine(code, <u32>pc & 4095);
    if ((tiers & TIER_REGIONS) == 0 || (interval > 1 && !float && --untilSeek != 0)) {
      sampleIn = untilSample();
      return due;
    }
    untilSeek = SEEK_SHARE;
    if (due) return true;
  }
  if (interval == 1) return load<u16>(ip) != OP_COMPILED && !isScratch(ip) && push(pc) != 0;
  if (seeking == 0) {
    seeking = SEEK;
    seekHeat = SAMPLE_HEAT;
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
    return load<u16>(ip) != OP_COMPILED && warm(pc, leftToRegions(pc) ? FLOAT_HEAT : seekHeat);
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
  if (!leadsOn(ip) && (tiers & TIER_REGIONS) != 0) warm(pc, 1);
}

/**
 * The region of pc, whose slot ip leads to one: found valid, and remembered as the one that jumps to pc enter. 0: compiledNext says how
 * to go on.
 */
function regionAt(ip: usize, pc: u64): usize {
  const head = <usize>load<u32>(ip, 4);
  const region = inChain(head, pc);
  if (region == 0) {
    if (interval == 1) push(pc);
    else compiledHot = warm(pc, 1);
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

/**
 * The function in the table for the slot ip of pc, entered with `left` instructions to be executed; 0: compiledNext says how to go on.
 * `heat`: of a place that none is for, where regions may begin.
 */
function functionAt(ip: usize, pc: u64, left: u32, heat: u32): u32 {
  const operation = <u32>load<u16>(ip);
  longRun = false;
  if (operation == OP_BASELINE) {
    if (left < unitCost(unitOf(runningPage()))) {
      compiledNext = asDecoded(pc);
      return 0;
    }
    store<u64>(HART, pc, HART_PC);
    return entryFunction;
  }
  if (operation != OP_COMPILED) {
    compiledNext = ip;
    if (heat == 0) missed(runningPage(), <u32>pc & 4095);
    else if (interval > 1) compiledHot = warm(pc, heat);
    return 0;
  }
  const region = regionAt(ip, pc);
  if (region == 0) return 0;
  if (left < load<u32>(region, C.REGION_FUEL)) {
    compiledNext = original(region, pc);
    return 0;
  }
  const entries = load<u32>(region, C.REGION_ENTRIES) + 1;
  store<u32>(region, entries, C.REGION_ENTRIES);
  longRun = entries > LONG_RUN_ENTRIES;
  return load<u32>(region, C.REGION_FUNCTION);
}

/** Baseline code has used up its fuel at pc. True: pages are to be optimised now. */
function fuelSample(pc: u64): bool {
  coolDown();
  const code = decodedPage(pc);
  if (code != 0) heatUnit(code);
  if (!optimisedDue()) return false;
  compiledHot = true;
  compiledNext = enter(pc);
  return compiledNext != 0;
}

/** Baseline code is where time is spent, at pc. True: the interpreter goes on there. */
function baselineSample(pc: u64, heat: u32, seek: bool): bool {
  if (interval <= 1) return false;
  if (heat == FUEL_HEAT && fuelSample(pc)) return true;
  if ((tiers & TIER_REGIONS) == 0) return false;
  compiledHot = warm(pc, heat);
  if (!compiledHot) {
    if (!seek) return false;
    seeking = SEEK;
    seekHeat = heat == FUEL_HEAT ? SAMPLE_HEAT : EXIT_SEEK_HEAT;
    sampleIn = 1;
  }
  compiledNext = enter(pc);
  if (compiledNext == 0) return false;
  if (leadsOn(compiledNext)) compiledNext = asDecoded(pc);
  return true;
}

/** Runs the code that the slot at ip (of pc) leads to, and what follows, within `left` instructions; returns what is left. */
export function enterCompiled(ip: usize, pc: u64, left: u32, permissions: usize, base: usize): u32 {
  const before = left;
  let accesses: u64 = 0;
  let heat: u32 = 1;
  compiledHot = false;
  compiledCall = false;
  store<u32>(STATE, <u32>permissions, COMPILED_PERMISSIONS);
  store<u32>(STATE, <u32>base, COMPILED_BASE);
  for (;;) {
    if (ip == 0) {
      ip = enter(pc);
      if (ip == 0) {
        compiledNext = 0;
        store<u64>(HART, pc, HART_PC);
        break;
      }
    }
    const code = functionAt(ip, pc, left, heat);
    if (code == 0) break;
    const fuel = min(left, unevenFuel());
    const jumps = load<u32>(STATE, C.COMPILED_JUMPS);
    store<u32>(STATE, 0, C.COMPILED_REGION);
    const site = <usize>call_indirect<u32>(code, <u64>fuel << C.COUNT_SHIFT, <u32>permissions, <u32>base, code);
    const count = load<u64>(STATE, C.COMPILED_COUNT);
    const spent = fuel - <u32>(count >> C.COUNT_SHIFT);
    left -= spent;
    // The last region: what went on behind it in baseline code is its, too.
    const last = <usize>load<u32>(STATE, C.COMPILED_REGION);
    const region: usize = site == BASELINE_SITE ? 0 : last;
    if (last != 0 && (load<u32>(STATE, C.COMPILED_JUMPS) - jumps + 1) * PIECE > spent) credit(last, spent);
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
      leaveSlowly(region, site, kind, pc);
      break;
    }
    // Where baseline code goes on is no sign that a region should begin there; where a region's fuel is used up is a strong one.
    heat = region == 0 ? 0 : kind == C.SITE_FUEL && left != 0 ? strongSign() : 1;
    if (kind == C.SITE_FUEL && region == 0 && left != 0 && baselineSample(pc, FUEL_HEAT, ++fuelSamples % FUEL_SEEK_SHARE == 0)) break;
    ip = 0;
    if (kind > <u32>C.SITE_DYNAMIC || region == 0 || left == 0) continue;
    ip = enter(pc);
    if (ip != 0 && load<u16>(ip) == OP_BASELINE && baselineSample(pc, EXIT_HEAT, ++exitSamples % EXIT_SEEK_SHARE == 0)) break;
  }
  compiledAccesses = accesses;
  store<u64>(STATE, load<u64>(STATE, C.COMPILED_INSTRUCTIONS) + (before - left), C.COMPILED_INSTRUCTIONS);
  return left;
}

/** The interpreter is to execute the instruction at pc. */
function leaveSlowly(region: usize, site: usize, kind: u32, pc: u64): void {
  const exits = STATE + (<usize>kind << 3);
  store<u64>(exits, load<u64>(exits, C.COMPILED_EXITS) + 1, C.COMPILED_EXITS);
  if (region != 0) {
    const taken = <u32>load<u16>(site, C.SITE_TAKEN) + 1;
    if (taken < 0xffff) store<u16>(site, <u16>taken, C.SITE_TAKEN);
    if (taken == TAKEN_MAX) makeAgain(region, C.REGION_POOR);
  }
  if (kind == C.SITE_TABLE) tlbFromWindow(load<u64>(STATE, C.COMPILED_ADDRESS));
  compiledNext = enter(pc);
  if (compiledNext == 0) store<u64>(HART, pc, HART_PC);
  else if (leadsOn(compiledNext)) compiledNext = asDecoded(pc);
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
