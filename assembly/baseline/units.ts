/** Units of baseline code: their records, which pages are wanted, when they are no more. What they are: shared/baseline.ts. */
import * as B from '../shared/baseline';
import { COMPILED } from '../shared/compiled';
import { baselineRule, KIND_ASK_FLOAT } from '../generated/baseline';
import { newCodeEpoch } from '../code';
import { OP_BASELINE, OP_COMPILED } from '../generated/ops';
import { decodedCount, decodedNth } from '../mm/decoded';
import { fastFlush } from '../mm/fasttlb';

/* The tail of a decoded page (code.ts): fields of this file. */
const TAIL_UNIT: usize = 2051 * 8; // u32 address of the unit; 0: none
const TAIL_WANTED: usize = 2051 * 8 + 4; // u32 it is in the list of wanted pages
const TAIL_HOT: usize = 2052 * 8; // u64 a bit for each line of 64 bytes that is hot
const TAIL_LINES: usize = 2053 * 8; // u8 samples of each line that is not, or that is left
const TAIL_MADE: usize = 2061 * 8; // u32 how often the page was compiled
const TAIL_FLOAT: usize = 2062 * 8; // u64 a bit for each line that would be hot, but for its floating point
const TAIL_PLACES: usize = 2064 * 8; // a bit for each 2 bytes: somebody wanted to enter there
const TAIL_OPTIMISED: usize = 2061 * 8 + 4; // u32 its units are to be optimised
const TAIL_END: usize = 2096 * 8;

/** A page that was compiled is compiled again later, the more often it was: twice as late each time, up to so many times. */
const LATER_MAX: u32 = 4;
/** What a line has more samples of than this is compiled with the lines of its page that are hot. */
const LUKEWARM: u32 = 0;
/** Baseline code asks the core for floating-point arithmetic, regions have it: a line with so much of it is left to them. */
const FLOATS: u32 = 2;
/** So many wanted pages make a module, fewer when the first has waited for so many samples. */
const BATCH: u32 = 16;
const PATIENCE: u32 = 96;
/** The same for pages that are to be optimised; in samples of compiled code. */
const OPTIMISE_BATCH: u32 = 4;
const OPTIMISE_PATIENCE: u32 = 1000;
/** One in so many goes at a place that can't be entered counts as a sample of it. */
const MISSES: u32 = 16;

/** Samples until a line is hot; 0: no baseline code. */
let lineSamples: u32 = 0;
let leavesNothing: bool = false;
/** A unit is optimised after so many samples of compiled code for each of its instructions; 0: never. */
let optimiseAt: u32 = 0;
let firstFunction: u32 = 0;
let nextUnit: u32 = 0;
let nextEntry: usize = B.ENTRIES;
let waited: u32 = 0;
let misses: u32 = 0;
let toOptimise: u32 = 0;
let optimiseWaited: u32 = 0;

/**
 * `alone`: there are no regions; `first`: where units' functions begin in the function table, in the order of their records;
 * `optimise`: samples for each instruction of a unit until it is optimised, 0: never.
 */
export function baselineConfigure(samples: u32, alone: bool, first: u32, optimise: u32): void {
  optimiseAt = optimise;
  lineSamples = samples;
  firstFunction = first;
  leavesNothing = alone;
  baselineReset();
}

/** All units are gone: their functions are the host's to forget. */
export function baselineReset(): void {
  for (let n: u32 = 0; n < decodedCount(); n++) {
    const code = <usize>decodedNth(n);
    if (code == 0) continue;
    baselineDrop(code);
    memory.fill(code + TAIL_UNIT, 0, TAIL_END - TAIL_UNIT);
  }
  store<u32>(COMPILED, 0, B.COMPILED_WANTED);
  store<u32>(COMPILED, 0, B.COMPILED_FULL);
  nextEntry = B.ENTRIES;
  fastFlush();
}

// @ts-ignore: decorator
@inline
export function baselineOn(): bool {
  return lineSamples != 0;
}

// @ts-ignore: decorator
@inline
export function unitOf(code: usize): usize {
  return load<u32>(code, TAIL_UNIT);
}

// @ts-ignore: decorator
@inline
export function hotLines(code: usize): u64 {
  return load<u64>(code, TAIL_HOT);
}

// @ts-ignore: decorator
@inline
export function isPlaceWanted(code: usize, slot: u32): bool {
  return (load<u8>(code + TAIL_PLACES + (slot >> 3)) & (<u8>1 << (<u8>slot & 7))) != 0;
}

function wantPage(code: usize): void {
  const count = load<u32>(COMPILED, B.COMPILED_WANTED);
  if (load<u32>(code, TAIL_WANTED) != 0 || count == <u32>B.WANTED_MAX) return;
  store<u32>(code, 1, TAIL_WANTED);
  store<u32>(<usize>B.WANTED_PAGES + (<usize>count << 2), <u32>code);
  store<u32>(COMPILED, count + 1, B.COMPILED_WANTED);
}

/** The page of a list is about to be compiled: lines that are nearly hot are, too. False: it has become another one's since. */
export function takeWanted(code: usize): bool {
  if (load<u32>(code, TAIL_WANTED) == 0) return false;
  store<u32>(code, 0, TAIL_WANTED);
  store<u32>(code, load<u32>(code, TAIL_MADE) + 1, TAIL_MADE);
  for (let line: u32 = 0; line < 64; line++) if (<u32>load<u8>(code + TAIL_LINES + line) > LUKEWARM) heat(code, line);
  return true;
}

/** Whether enough pages wait. Called at each sample. */
export function pagesDue(): bool {
  const count = load<u32>(COMPILED, B.COMPILED_WANTED);
  if (count == 0) {
    waited = 0;
    return false;
  }
  if (count < BATCH && waited++ < PATIENCE && lineSamples > 1) return false;
  waited = 0;
  return true;
}

/** A line is hot, or left to regions. */
function heat(code: usize, line: u32): void {
  let floats: u32 = 0;
  for (let slot = code + (<usize>line << 8); slot < code + (<usize>(line + 1) << 8); slot += 8) {
    if ((<u32>baselineRule(<u32>load<u16>(slot)) & 0xff) == KIND_ASK_FLOAT) floats++;
  }
  const field = floats < FLOATS || leavesNothing ? TAIL_HOT : TAIL_FLOAT;
  store<u64>(code + field, load<u64>(code + field) | (<u64>1 << line));
}

/** Is an offset of a page in a line that is left to regions? */
export function isFloatLine(code: usize, offset: u32): bool {
  return ((load<u64>(code, TAIL_FLOAT) >> (offset >> 6)) & 1) != 0;
}

/** A sample has met the instruction at an offset in a page, interpreted. */
export function sampleLine(code: usize, offset: u32): void {
  const line = offset >> 6;
  const at = code + TAIL_LINES + <usize>line;
  const count = <u32>load<u8>(at) + 1;
  if (count < lineSamples << min(2 * load<u32>(code, TAIL_MADE), LATER_MAX)) {
    store<u8>(at, <u8>count);
    return;
  }
  store<u8>(at, 0);
  heat(code, line);
  if (!isFloatLine(code, offset)) wantPage(code);
}

/** A sample of compiled code has met a page. */
export function heatUnit(code: usize): void {
  const unit = unitOf(code);
  if (unit == 0) return;
  const samples = load<u32>(unit, B.UNIT_HEAT) + 1;
  store<u32>(unit, samples, B.UNIT_HEAT);
  if (optimiseAt == 0 || load<u32>(unit, B.UNIT_OPTIMISED) != 0 || samples < optimiseAt * load<u32>(unit, B.UNIT_INSTRUCTIONS)) return;
  if (load<u32>(code, TAIL_OPTIMISED) != 0) return;
  store<u32>(code, 1, TAIL_OPTIMISED);
  wantPage(code);
  toOptimise++;
}

/** Do enough pages wait to be optimised? Called at each sample of compiled code. */
export function optimisedDue(): bool {
  if (toOptimise == 0 || (toOptimise < OPTIMISE_BATCH && optimiseWaited++ < OPTIMISE_PATIENCE)) return false;
  toOptimise = 0;
  optimiseWaited = 0;
  return true;
}

export function isOptimised(code: usize): bool {
  return load<u32>(code, TAIL_OPTIMISED) != 0;
}

/** Code wanted to go on there and came back: it is interpreted. */
export function missed(code: usize, offset: u32): void {
  if (lineSamples == 0 || ++misses % MISSES != 0) return;
  const at = code + TAIL_PLACES + <usize>(offset >> 4);
  store<u8>(at, load<u8>(at) | (<u8>1 << <u8>((offset >> 1) & 7)));
  sampleLine(code, offset);
}

/** A record and room for entries; 0: there is none, and the host is to drop all units. */
export function unitAllocate(entries: u32): usize {
  const bytes = (<usize>entries * 6 + 7) & ~7;
  const room = nextEntry + bytes <= <usize>B.ENTRIES_END;
  for (let n: u32 = 0; room && n < <u32>B.UNITS_MAX; n++) {
    nextUnit = nextUnit + 1 < <u32>B.UNITS_MAX ? nextUnit + 1 : 0;
    const unit = <usize>B.UNITS + <usize>nextUnit * B.UNIT_BYTES;
    if (load<u32>(unit, B.UNIT_STATE) != B.UNIT_FREE) continue;
    memory.fill(unit, 0, B.UNIT_BYTES);
    store<u32>(unit, entries, B.UNIT_ENTRIES);
    store<u32>(unit, <u32>nextEntry, B.UNIT_LIMITS);
    nextEntry += bytes;
    return unit;
  }
  store<u32>(COMPILED, 1, B.COMPILED_FULL);
  return 0;
}

/** The place in the function table that is a unit's. */
export function functionOf(unit: usize): u32 {
  return firstFunction + <u32>((unit - <usize>B.UNITS) / <usize>B.UNIT_BYTES);
}

// @ts-ignore: decorator
@inline
function limitAt(unit: usize, entry: u32): usize {
  return <usize>load<u32>(unit, B.UNIT_LIMITS) + (<usize>entry << 2);
}

// @ts-ignore: decorator
@inline
function slotOf(unit: usize, entry: u32): u32 {
  return load<u16>(limitAt(unit, load<u32>(unit, B.UNIT_ENTRIES)) + (<usize>entry << 1));
}

export function setEntry(unit: usize, entry: u32, slot: u32, limit: u32): void {
  store<u32>(limitAt(unit, entry), limit);
  store<u16>(limitAt(unit, load<u32>(unit, B.UNIT_ENTRIES)) + (<usize>entry << 1), <u16>slot);
}

/** Instructions that must be left to enter the unit. */
// @ts-ignore: decorator
@inline
export function unitCost(unit: usize): u32 {
  return load<u32>(unit, B.UNIT_INSTRUCTIONS);
}

function leadingTo(unit: usize, entry: u32): u64 {
  return <u64>(OP_BASELINE | (entry << 16)) | ((<u64>load<u32>(unit, B.UNIT_FUNCTION)) << 32);
}

/** Puts a unit in force whose function is in the table, in the place of the page's last one. */
export function baselineInstall(unit: usize): void {
  const code = <usize>load<u32>(unit, B.UNIT_CODE);
  if (unitOf(code) != 0) forget(code);
  store<u32>(unit, functionOf(unit), B.UNIT_FUNCTION);
  store<u32>(unit, B.UNIT_LIVE, B.UNIT_STATE);
  store<u32>(code, <u32>unit, TAIL_UNIT);
  const entries = load<u32>(unit, B.UNIT_ENTRIES);
  for (let entry: u32 = 0; entry < entries; entry++) {
    const slot = code + (<usize>slotOf(unit, entry) << 3);
    if (load<u16>(slot) == OP_COMPILED) store<u32>(limitAt(unit, entry), B.LIMIT_REGION);
    else store<u64>(slot, leadingTo(unit, entry));
  }
}

/** The unit of a page is not entered any more. */
function forget(code: usize): void {
  const unit = unitOf(code);
  const entries = load<u32>(unit, B.UNIT_ENTRIES);
  for (let entry: u32 = 0; entry < entries; entry++) {
    const slot = code + (<usize>slotOf(unit, entry) << 3);
    if (load<u16>(slot) == OP_BASELINE) store<u64>(slot, 0);
  }
  store<u32>(unit, B.UNIT_DEAD, B.UNIT_STATE);
  newCodeEpoch();
  store<u32>(code, 0, TAIL_UNIT);
  store<u32>(COMPILED, load<u32>(COMPILED, B.COMPILED_DEAD) + 1, B.COMPILED_DEAD);
}

/** Bytes of the page change, or it goes. */
export function baselineDrop(code: usize): void {
  if (unitOf(code) == 0) return;
  forget(code);
  store<u64>(code, 0, TAIL_HOT);
  store<u32>(code, 0, TAIL_OPTIMISED);
}

/** The entry at a slot of a page that has a unit, or -1. */
function entryOf(unit: usize, slot: u32): i32 {
  const entries = <i32>load<u32>(unit, B.UNIT_ENTRIES);
  for (let entry = 0; entry < entries; entry++) if (slotOf(unit, entry) == slot) return entry;
  return -1;
}

/** A region begins at a slot now, or none does any more: baseline code leads to it, or takes its place. */
export function baselineYield(code: usize, slot: usize, toRegion: bool): void {
  const unit = unitOf(code);
  if (unit == 0) return;
  const index = <u32>((slot - code) >> 3);
  const entry = entryOf(unit, index);
  if (entry < 0) return;
  if (toRegion) newCodeEpoch();
  store<u32>(limitAt(unit, entry), toRegion ? B.LIMIT_REGION : limitBehind(unit));
  if (!toRegion) store<u64>(slot, leadingTo(unit, entry));
}

/** No entry needs more fuel than all instructions. */
function limitBehind(unit: usize): u32 {
  return load<u32>(unit, B.UNIT_INSTRUCTIONS) << 20;
}
