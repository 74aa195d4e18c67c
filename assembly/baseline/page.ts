/**
 * One page of code as a Wasm function. Guest registers stay in linear memory, so that it can be entered and left anywhere at no cost:
 *
 *   block $left
 *     block $fuel
 *       loop $again                      entered again by jumps backward
 *         block $go
 *           if fuel < all instructions: br $fuel
 *           block ... block              one for each entry; a jump forward is a br to the end of one
 *             br_table entry
 *           end  code of entry 0
 *           end  code of entry 1 ...
 *         end  where does ADDRESS lead? br $again, or call the other page last, or LINK_GO
 *       end
 *     end    LINK_FUEL
 *   end      LINK_LEFT
 *
 * Instructions and accesses are counted at the ends of blocks; an exit in the middle says what is not counted yet.
 */
import * as B from '../shared/baseline';
import { COMPILED, COMPILED_EPOCH, COUNT_SHIFT } from '../shared/compiled';
import { decode16, decode32 } from '../generated/decode';
import {
  baselineRule, KIND_ASK, KIND_ASK_ACCESS, KIND_ASK_FLOAT, KIND_AUIPC, KIND_BRANCH, KIND_ECALL, KIND_FLOAT, KIND_INTEGER, KIND_JAL,
  KIND_JALR, KIND_JALR_NO_LINK, KIND_JAL_NO_LINK, KIND_LEAVE, KIND_LOAD, KIND_NOTHING, KIND_STORE,
} from '../generated/baseline';
import { FAR_ONLY } from '../decode';
import { DECODED_OWNER } from '../mm/decoded';
import { FRAME_CODE, frameAddress, frameFlags } from '../mm/frames';
import { ADDRESS, ENTRY_OFFSET, emitLoad, emitStore, forgetGroup, forgetGroups } from './access';
import {
  beforeSet, emit, emit2, emitBegin, forgetHeld, emitHasRoom, emitTemplate, emitU32, getLocal, getX, i32Const, i64Const, memoryAt, out,
  setF, setLocal, setX, teeLocal,
} from './emit';
import {
  addMark, ENTRY, entryAt, immediateOf, INSTRUCTION, isInstruction, kindOf, mark, operationAt, rdOf, REACHED, rs1Of, ruleAt,
  SLOTS, slotsOf, targetOf,
} from './marks';
import { functionOf, hotLines, isPlaceWanted, setEntry, unitAllocate, unitOf, takeWanted } from './units';

/** Blocks are nested, and engines have a limit for that. */
const ENTRIES_MAX: u32 = 1000;
/** Instructions: a limit is shifted by COUNT_SHIFT and has 31 bits. */
const INSTRUCTIONS_MAX: u32 = 2000;

/** What an exit says is not counted has ten bits. */
const PENDING_MAX: u32 = 1000;

const RETURN_CALL: u32 = 0x12;
const RETURN_CALL_INDIRECT: u32 = 0x13;

let entries: u32 = 0;
/** Of the code being written: the entry that it belongs to, what is not counted yet, its place, blocks of its own around it. */
let current: u32 = 0;
let instructions: u32 = 0;
let accesses: u32 = 0;
let place: u32 = 0;
let nested: u32 = 0;
let tailCalls: bool = true;
/** Of the unit: where its entries' limits are, its place in the function table. */
let limits: u32 = 0;
let own: u32 = 0;

/** Decodes what is executed of the hot lines: slots that are decoded, or with `sweep` all behind one. The number of instructions. */
function findInstructions(code: usize, bytes: usize, sweep: bool): u32 {
  memory.fill(B.MARKS, 0, SLOTS);
  const hot = hotLines(code);
  let count: u32 = 0;
  for (let slot: u32 = 0; slot < SLOTS && count < INSTRUCTIONS_MAX; slot++) {
    if (((hot >> (slot >> 5)) & 1) == 0) continue;
    const decoded = load<u16>(code + (<usize>slot << 3)) != 0 || (sweep && (mark(slot) & REACHED) != 0);
    if (!decoded) continue;
    const low = <u32>load<u16>(bytes + (<usize>slot << 1));
    if ((low & 3) == 3 && slot == SLOTS - 1) continue;
    const operation = (low & 3) == 3 ? decode32(load<u32>(bytes + (<usize>slot << 1)), FAR_ONLY) : decode16(low, FAR_ONLY);
    store<u64>(<usize>B.OPERATIONS + (<usize>slot << 3), operation);
    addMark(slot, INSTRUCTION);
    count++;
    const rule = baselineRule(<u32>operation & 0xffff);
    const kind = kindOf(rule);
    const jumps = kind == KIND_JAL || kind == KIND_JALR || kind == KIND_JAL_NO_LINK || kind == KIND_JALR_NO_LINK;
    if (!jumps && kind != KIND_LEAVE && kind != KIND_ECALL) addMark(slot + slotsOf(rule), REACHED);
  }
  return count;
}

/** Places that can be entered: where jumps lead, returns, what follows an instruction of the interpreter's, what nothing runs on into. */
function findEntries(code: usize): void {
  for (let slot: u32 = 0; slot < SLOTS; slot++) {
    if (!isInstruction(slot)) continue;
    if ((mark(slot) & REACHED) == 0 || isPlaceWanted(code, slot)) addMark(slot, ENTRY);
    const rule = ruleAt(slot);
    const kind = kindOf(rule);
    // Two readings of the same bytes: the second is in between.
    if (slotsOf(rule) == 2 && isInstruction(slot + 1)) addMark(slot + 2, ENTRY);
    if (kind != KIND_BRANCH && kind != KIND_JAL && kind != KIND_JAL_NO_LINK) continue;
    const target = targetOf(slot, operationAt(slot));
    if (isInstruction(target)) addMark(target, ENTRY);
  }
  entries = 0;
  for (let slot: u32 = 0; slot < SLOTS; slot++) {
    if (!isInstruction(slot) || (mark(slot) & ENTRY) == 0) continue;
    store<u16>(<usize>B.ENTRY_NUMBERS + (<usize>slot << 1), <u16>entries);
    entries++;
  }
}

/** What an entry needs is what lies behind it: jumps backward ask again. */
function setLimits(unit: usize, count: u32): void {
  let left = count;
  for (let slot: u32 = 0; slot < SLOTS; slot++) {
    if (!isInstruction(slot)) continue;
    if (mark(slot) & ENTRY) setEntry(unit, entryAt(slot), slot, left << COUNT_SHIFT);
    left--;
  }
}

/** Brings the count up to date. */
function flush(): void {
  if (instructions == 0 && accesses == 0) return;
  getLocal(B.PAGE_COUNT);
  i64Const(<i64>accesses - ((<i64>instructions) << COUNT_SHIFT));
  emit(0x7c);
  setLocal(B.PAGE_COUNT);
  instructions = 0;
  accesses = 0;
}

/** Calls an imported function last. */
function callLast(link: u32): void {
  getLocal(B.PAGE_ZERO);
  if (tailCalls) {
    emit2(RETURN_CALL, link);
    return;
  }
  emit2(0x10, link);
  emit(0x0f);
}

/** The address of a place in the page, or of one that is so far from its beginning, on the stack. */
function pageAddress(offset: i64): void {
  getLocal(B.PAGE_ADDRESS);
  if (offset == 0) return;
  i64Const(offset);
  emit(0x7c);
}

/** Blocks around the code of the current entry, up to $go; behind that come $again, $fuel and $left. */
// @ts-ignore: decorator
@inline
function toGo(): u32 {
  return nested + (entries - 1 - current);
}

/** Goes on at ADDRESS. */
function go(): void {
  emit(0x0c);
  emitU32(toGo());
}

function goTo(offset: i64): void {
  pageAddress(offset);
  setLocal(ADDRESS);
  go();
}

/** Leaves before the instruction being written. */
function leaveHere(kind: u32): void {
  i32Const(place | (instructions << B.LEFT_INSTRUCTIONS_SHIFT) | (accesses << B.LEFT_ACCESSES_SHIFT) | kind);
  setLocal(B.PAGE_ENTRY);
  emit(0x0c);
  emitU32(toGo() + 3);
}

/** In a block of an access: leaves if what is on the stack is 0. */
export function leaveIfZero(): void {
  emit(0x45);
  emit2(0x04, 0x40);
  nested += 2;
  leaveHere(0);
  nested -= 2;
  emit(0x0b);
}

/** Leaves if what is on the stack is not 0. */
export function leaveIfSo(): void {
  emit2(0x04, 0x40);
  nested++;
  leaveHere(0);
  nested--;
  emit(0x0b);
}

/** To an entry; `code`: br, or br_if with the condition on the stack. */
function jumpTo(code: u32, entry: u32): void {
  if (entry == current && nested != 0) {
    emit2(code, 0);
    return;
  }
  if (entry > current) {
    emit(code);
    emitU32(nested + entry - current - 1);
    return;
  }
  if (code == 0x0d) {
    emit2(0x04, 0x40);
    nested++;
  }
  i32Const(entry);
  setLocal(B.PAGE_ENTRY);
  getLocal(B.PAGE_COUNT);
  i32Const(0);
  memoryAt(0x34, limits + (entry << 2));
  emit2(0x54, 0x0d);
  emitU32(toGo() + 2);
  emit(0x0c);
  emitU32(toGo() + 1);
  if (code == 0x0d) {
    emit(0x0b);
    nested--;
  }
}

/** Does the code of the entry at a slot jump back to it, before the next entry? */
function loops(slot: u32): bool {
  for (let at = slot; at < SLOTS; at++) {
    if (!isInstruction(at)) continue;
    if (at != slot && (mark(at) & ENTRY) != 0) return false;
    const kind = kindOf(ruleAt(at));
    if ((kind == KIND_BRANCH || kind == KIND_JAL_NO_LINK) && targetOf(at, operationAt(at)) == slot) return true;
  }
  return false;
}

/** A loop of one block has a loop of its own: going through the table of entries costs more than most such loops do. */
function beginLoop(): void {
  emit2(0x03, 0x40);
  nested = 1;
  getLocal(B.PAGE_COUNT);
  i32Const(0);
  memoryAt(0x34, limits + (current << 2));
  emit(0x54);
  emit2(0x04, 0x40);
  nested = 2;
  i32Const(current);
  setLocal(B.PAGE_ENTRY);
  emit(0x0c);
  emitU32(toGo() + 2);
  nested = 1;
  emit(0x0b);
}

function ask(operation: u64, link: u32): void {
  i64Const(<i64>operation);
  getLocal(B.PAGE_ZERO);
  emit2(0x10, link);
  leaveIfSo();
  forgetHeld();
  if (link == B.LINK_EXECUTE_ACCESS) forgetGroups();
  else forgetGroup(rdOf(operation));
}

/** One instruction. False: nothing runs on behind it. */
function emitInstruction(slot: u32): bool {
  const operation = operationAt(slot);
  const rule = baselineRule(<u32>operation & 0xffff);
  const kind = kindOf(rule);
  const template = <u32>(rule >> 32);
  const rd = rdOf(operation);
  place = slot;
  if (kind == KIND_INTEGER || kind == KIND_FLOAT) {
    beforeSet();
    emitTemplate(template, operation);
    if (kind == KIND_FLOAT) setF(rd);
    else {
      setX(rd);
      forgetGroup(rd);
    }
  } else if (kind >= KIND_STORE - 4 && kind <= KIND_STORE + 1) {
    const code = <u32>(rule >> 16) & 0xff;
    const shift = <u32>(rule >> 24) & 0xff;
    if (kind >= KIND_STORE) emitStore(slot, kind, operation, code, shift);
    else emitLoad(slot, kind, operation, code, shift);
    if (kind == KIND_LOAD) forgetGroup(rd);
    accesses++;
  } else if (kind == KIND_BRANCH) {
    instructions++;
    flush();
    const target = targetOf(slot, operation);
    emitTemplate(template, operation);
    if (isInstruction(target)) jumpTo(0x0d, entryAt(target));
    else {
      emit2(0x04, 0x40);
      nested++;
      goTo(<i64>(slot << 1) + <i64>immediateOf(operation));
      nested--;
      emit(0x0b);
    }
    return true;
  } else if (kind == KIND_JAL || kind == KIND_JAL_NO_LINK) {
    instructions++;
    flush();
    if (kind == KIND_JAL) emitLink(rd, slot + slotsOf(rule));
    const target = targetOf(slot, operation);
    if (isInstruction(target)) jumpTo(0x0c, entryAt(target));
    else goTo(<i64>(slot << 1) + <i64>immediateOf(operation));
    return false;
  } else if (kind == KIND_JALR || kind == KIND_JALR_NO_LINK) {
    instructions++;
    flush();
    getX(rs1Of(operation));
    if (immediateOf(operation) != 0) {
      i64Const(<i64>immediateOf(operation));
      emit(0x7c);
    }
    i64Const(-2);
    emit(0x83);
    setLocal(ADDRESS);
    if (kind == KIND_JALR) emitLink(rd, slot + slotsOf(rule));
    go();
    return false;
  } else if (kind == KIND_AUIPC) {
    beforeSet();
    pageAddress(<i64>(slot << 1) + <i64>immediateOf(operation));
    setX(rd);
    forgetGroup(rd);
  } else if (kind == KIND_ASK || kind == KIND_ASK_FLOAT) ask(operation, B.LINK_EXECUTE);
  else if (kind == KIND_ASK_ACCESS) {
    ask(operation, B.LINK_EXECUTE_ACCESS);
    accesses++;
  } else if (kind != KIND_NOTHING) {
    leaveHere(kind == KIND_ECALL ? B.LEFT_CALL : 0);
    return false;
  }
  instructions++;
  return true;
}

function emitLink(rd: u32, next: u32): void {
  beforeSet();
  pageAddress(<i64>(next << 1));
  setX(rd);
}

/** What comes before the code of the first entry, of a page of so many instructions. */
function emitHead(count: u32): void {
  // Locals: ADDRESS, ENTRY_OFFSET, VALUE, two for groups.
  emit(4);
  emit2(1, 0x7e);
  emit2(1, 0x7f);
  emit2(1, 0x7e);
  emit2(2, 0x7f);
  emit2(0x02, 0x40);
  emit2(0x02, 0x40);
  emit2(0x03, 0x40);
  emit2(0x02, 0x40);
  getLocal(B.PAGE_COUNT);
  i64Const((<i64>count) << COUNT_SHIFT);
  emit2(0x54, 0x0d);
  emit(2);
  for (let n: u32 = 0; n < entries; n++) emit2(0x02, 0x40);
  getLocal(B.PAGE_ENTRY);
  emit(0x0e);
  emitU32(entries - 1);
  for (let n: u32 = 0; n < entries; n++) emitU32(n);
}

/** Goes on at ADDRESS: in this page, in another one, by LINK_GO. */
function emitGo(): void {
  if (tailCalls) {
    getLocal(ADDRESS);
    emit(0xa7);
    i32Const(3);
    emit(0x74);
    i32Const((B.NEXT_ENTRIES - 1) << 4);
    emit(0x71);
    teeLocal(ENTRY_OFFSET);
    memoryAt(0x29, B.NEXT);
    getLocal(ADDRESS);
    emit(0x51);
    emit2(0x04, 0x40);
    getLocal(ENTRY_OFFSET);
    memoryAt(0x28, B.NEXT + B.NEXT_EPOCH);
    i32Const(0);
    memoryAt(0x28, COMPILED + COMPILED_EPOCH);
    emit(0x46);
    emit2(0x04, 0x40);
    getLocal(ADDRESS);
    i64Const(-4096);
    emit(0x83);
    setLocal(B.PAGE_ADDRESS);
    getLocal(ENTRY_OFFSET);
    memoryAt(0x28, B.NEXT + B.NEXT_TARGET);
    teeLocal(ENTRY_OFFSET);
    i32Const((1 << B.NEXT_SHIFT) - 1);
    emit(0x71);
    setLocal(B.PAGE_ENTRY);
    getLocal(ENTRY_OFFSET);
    i32Const(B.NEXT_SHIFT);
    emit(0x76);
    teeLocal(ENTRY_OFFSET);
    i32Const(own);
    emit2(0x46, 0x0d);
    emit(2);
    getLocal(B.PAGE_ENTRY);
    getLocal(B.PAGE_COUNT);
    getLocal(B.PAGE_ADDRESS);
    getLocal(B.PAGE_ZERO);
    getLocal(ENTRY_OFFSET);
    emit2(RETURN_CALL_INDIRECT, 0);
    emit2(0, 0x0b);
    emit(0x0b);
  }
  getLocal(B.PAGE_COUNT);
  getLocal(ADDRESS);
  callLast(B.LINK_GO);
}

/** What comes behind the code of the last. */
function emitFoot(): void {
  emit(0x0b);
  emitGo();
  emit2(0x0b, 0x0b);
  getLocal(B.PAGE_COUNT);
  getLocal(B.PAGE_ADDRESS);
  getLocal(B.PAGE_ENTRY);
  i32Const(1);
  emit(0x74);
  memoryAt(0x2f, limits + (entries << 2));
  getLocal(B.PAGE_ENTRY);
  i32Const(2);
  emit(0x74);
  memoryAt(0x28, limits);
  callLast(B.LINK_FUEL);
  emit(0x0b);
  getLocal(B.PAGE_COUNT);
  getLocal(B.PAGE_ADDRESS);
  getLocal(B.PAGE_ENTRY);
  callLast(B.LINK_LEFT);
  emit(0x0b);
}

/** False: there is no room for it. */
function emitCode(): bool {
  let open = false;
  current = 0;
  let first = true;
  instructions = 0;
  accesses = 0;
  nested = 0;
  let expected: u32 = 0;
  for (let slot: u32 = 0; slot < SLOTS; slot++) {
    if (!isInstruction(slot)) continue;
    if (!emitHasRoom()) return false;
    if (open && expected != slot) {
      flush();
      if (isInstruction(expected)) jumpTo(0x0c, entryAt(expected));
      else goTo(<i64>(expected << 1));
    }
    if (instructions >= PENDING_MAX) flush();
    if (mark(slot) & ENTRY) {
      flush();
      if (nested != 0) emit(0x0b);
      nested = 0;
      emit(0x0b);
      if (first) first = false;
      else current++;
      forgetHeld();
      forgetGroups();
      if (loops(slot)) beginLoop();
    }
    open = emitInstruction(slot);
    expected = slot + slotsOf(ruleAt(slot));
  }
  if (open) {
    flush();
    goTo(<i64>(expected << 1));
  }
  if (nested != 0) emit(0x0b);
  nested = 0;
  return true;
}

/**
 * Writes the function for the hot lines of a decoded page to BODY, and the record of its unit; 0: there is none. `sweep`: also what was not
 * decoded yet. `canTailCall`: of the engine.
 */
export function baselineEmit(code: usize, sweep: bool, canTailCall: bool): u32 {
  if (!takeWanted(code)) return 0;
  const frame = load<u32>(code, DECODED_OWNER);
  if (frame == 0 || (frameFlags(frame) & FRAME_CODE) == 0) return 0;
  const count = findInstructions(code, frameAddress(frame), sweep);
  if (count == 0) return 0;
  findEntries(code);
  if (entries > ENTRIES_MAX) return 0;
  const last = unitOf(code);
  if (last != 0 && load<u32>(last, B.UNIT_INSTRUCTIONS) == count && load<u32>(last, B.UNIT_ENTRIES) == entries) return 0;
  const unit = unitAllocate(entries);
  if (unit == 0) return 0;
  store<u32>(unit, frame, B.UNIT_FRAME);
  store<u32>(unit, <u32>code, B.UNIT_CODE);
  store<u32>(unit, count, B.UNIT_INSTRUCTIONS);
  tailCalls = canTailCall;
  setLimits(unit, count);
  limits = load<u32>(unit, B.UNIT_LIMITS);
  own = functionOf(unit);
  emitBegin();
  emitHead(count);
  if (!emitCode()) return 0;
  emitFoot();
  store<u32>(unit, <u32>(out - <usize>B.BODY), B.UNIT_BODY_BYTES);
  store<u32>(unit, B.UNIT_NEW, B.UNIT_STATE);
  return <u32>unit;
}
