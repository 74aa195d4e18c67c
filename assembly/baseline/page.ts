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
 *         end  where does ADDRESS lead? br $again, LINK_ENTER, or LINK_GO
 *       end
 *     end    LINK_FUEL
 *   end      LINK_LEFT
 *
 * Instructions and accesses are counted at the ends of blocks; an exit in the middle says what is not counted yet.
 */
import * as B from '../shared/baseline';
import { COUNT_SHIFT } from '../shared/compiled';
import { decode16, decode32 } from '../generated/decode';
import {
  baselineRule, KIND_ASK, KIND_ASK_ACCESS, KIND_ASK_FLOAT, KIND_AUIPC, KIND_BRANCH, KIND_ECALL, KIND_FLOAT, KIND_INTEGER, KIND_JAL,
  KIND_ARITHMETIC, KIND_COMPARISON, KIND_CSR, KIND_FROM_INTEGER, KIND_JALR, KIND_JALR_NO_LINK, KIND_JAL_NO_LINK, KIND_LEAVE, KIND_LOAD,
  KIND_NOTHING, KIND_STORE, KIND_TO_INTEGER,
} from '../generated/baseline';
import { FAR_ONLY } from '../decode';
import { emitArithmetic, emitComparison, emitCsr, emitFromInteger, emitToInteger } from './float';
import {
  beginEntry, beginFlow, beginInstruction, beginLoop, countAccess, countInstruction, emitFoot, emitHead, endLoop, flush, flushIfMany, go,
  goTo, goToIf, jumpTo, leaveHere, leaveIfSo, pageAddress,
} from './flow';
import { DECODED_OWNER } from '../mm/decoded';
import { FRAME_CODE, frameAddress, frameFlags } from '../mm/frames';
import { ADDRESS, emitLoad, emitStore, forgetGroup, forgetGroups } from './access';
import {
  beforeSet, emit, emit2, emitBegin, emitHasRoom, emitTemplate, forgetHeld, getLocal, getX, i64Const, out, setF, setLocal, setX,
} from './emit';
import {
  addMark, ENTRY, entryAt, immediateOf, INSTRUCTION, isInstruction, kindOf, mark, operationAt, rdOf, REACHED, rs1Of, ruleAt,
  SLOTS, slotsOf, targetOf,
} from './marks';
import { functionOf, hotLines, isOptimised, isPlaceWanted, setEntry, unitAllocate, unitOf, takeWanted } from './units';

/** Blocks are nested, and engines have a limit for that. */
const ENTRIES_MAX: u32 = 1000;
/** Instructions: a limit is shifted by COUNT_SHIFT and has 31 bits. */
const INSTRUCTIONS_MAX: u32 = 2000;

/** Of the page being written: how many entries; has it instructions of float.ts? */
let entries: u32 = 0;
let doubles: bool = false;

/** Decodes what is executed of the hot lines: slots that are decoded, or with `sweep` all behind one. The number of instructions. */
function findInstructions(code: usize, bytes: usize, sweep: bool): u32 {
  memory.fill(B.MARKS, 0, SLOTS);
  const hot = hotLines(code);
  let count: u32 = 0;
  doubles = false;
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
    if (kind >= KIND_ARITHMETIC && kind <= KIND_FROM_INTEGER) doubles = true;
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

export function askCore(operation: u64, link: u32): void {
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
  beginInstruction(slot);
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
    countAccess();
  } else if (kind == KIND_BRANCH) {
    countInstruction();
    flush();
    const target = targetOf(slot, operation);
    emitTemplate(template, operation);
    if (isInstruction(target)) jumpTo(0x0d, entryAt(target));
    else goToIf(<i64>(slot << 1) + <i64>immediateOf(operation));
    return true;
  } else if (kind == KIND_JAL || kind == KIND_JAL_NO_LINK) {
    countInstruction();
    flush();
    if (kind == KIND_JAL) emitLink(rd, slot + slotsOf(rule));
    const target = targetOf(slot, operation);
    if (isInstruction(target)) jumpTo(0x0c, entryAt(target));
    else goTo(<i64>(slot << 1) + <i64>immediateOf(operation));
    return false;
  } else if (kind == KIND_JALR || kind == KIND_JALR_NO_LINK) {
    countInstruction();
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
  } else if (kind == KIND_ASK || kind == KIND_ASK_FLOAT) askCore(operation, B.LINK_EXECUTE);
  else if (kind == KIND_ASK_ACCESS) {
    askCore(operation, B.LINK_EXECUTE_ACCESS);
    countAccess();
  } else if (kind == KIND_ARITHMETIC) emitArithmetic(operation, <u32>(rule >> 16) & 0xff);
  else if (kind == KIND_COMPARISON) emitComparison(operation, <u32>(rule >> 16) & 0xff);
  else if (kind == KIND_TO_INTEGER) emitToInteger(operation, <u32>(rule >> 16) & 0xff);
  else if (kind == KIND_FROM_INTEGER) emitFromInteger(operation, <u32>(rule >> 16) & 0xff);
  else if (kind == KIND_CSR) {
    if (!emitCsr(operation)) return false;
  } else if (kind != KIND_NOTHING) {
    leaveHere(kind == KIND_ECALL ? B.LEFT_CALL : 0);
    return false;
  }
  countInstruction();
  return true;
}

function emitLink(rd: u32, next: u32): void {
  beforeSet();
  pageAddress(<i64>(next << 1));
  setX(rd);
}

/** False: there is no room for it. */
function emitCode(): bool {
  let open = false;
  let expected: u32 = 0;
  for (let slot: u32 = 0; slot < SLOTS; slot++) {
    if (!isInstruction(slot)) continue;
    if (!emitHasRoom()) return false;
    if (open && expected != slot) {
      flush();
      if (isInstruction(expected)) jumpTo(0x0c, entryAt(expected));
      else goTo(<i64>(expected << 1));
    }
    flushIfMany();
    if (mark(slot) & ENTRY) {
      beginEntry();
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
  endLoop();
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
  const optimised: u32 = isOptimised(code) ? 1 : 0;
  const same = last != 0 && load<u32>(last, B.UNIT_INSTRUCTIONS) == count && load<u32>(last, B.UNIT_ENTRIES) == entries;
  if (same && load<u32>(last, B.UNIT_OPTIMISED) == optimised) return 0;
  const unit = unitAllocate(entries);
  if (unit == 0) return 0;
  store<u32>(unit, frame, B.UNIT_FRAME);
  store<u32>(unit, <u32>code, B.UNIT_CODE);
  store<u32>(unit, count, B.UNIT_INSTRUCTIONS);
  store<u32>(unit, optimised, B.UNIT_OPTIMISED);
  setLimits(unit, count);
  emitBegin();
  beginFlow(entries, load<u32>(unit, B.UNIT_LIMITS), functionOf(unit), canTailCall);
  emitHead(count, doubles);
  if (!emitCode()) return 0;
  emitFoot();
  store<u32>(unit, <u32>(out - <usize>B.BODY), B.UNIT_BODY_BYTES);
  store<u32>(unit, B.UNIT_NEW, B.UNIT_STATE);
  return <u32>unit;
}
