/**
 * How control moves in a page's function (page.ts), and out of it: blocks around an entry's code, jumps to other entries, what is counted,
 * the beginning and the end.
 */
import * as B from '../shared/baseline';
import { COMPILED, COMPILED_EPOCH, COUNT_SHIFT } from '../shared/compiled';
import { ADDRESS, ENTRY_OFFSET } from './access';
import { emit, emit2, emitU32, forgetHeld, getLocal, i32Const, i64Const, memoryAt, setLocal, teeLocal } from './emit';

const RETURN_CALL: u32 = 0x12;

/** Of the function being written: how many entries, where their limits are, its place in the function table. */
let entries: u32 = 0;
let limits: u32 = 0;
let own: u32 = 0;
let tailCalls: bool = true;
/** Of the code being written: the entry that it belongs to, what is not counted yet, its place, blocks of its own around it. */
let current: u32 = 0;
let instructions: u32 = 0;
let accesses: u32 = 0;
let place: u32 = 0;
let nested: u32 = 0;

export function beginFlow(entryCount: u32, limitsAt: u32, functionIndex: u32, canTailCall: bool): void {
  entries = entryCount;
  limits = limitsAt;
  own = functionIndex;
  tailCalls = canTailCall;
  current = 0xffffffff;
  instructions = 0;
  accesses = 0;
  nested = 0;
}

/** The code of the next entry begins. */
export function beginEntry(): void {
  flush();
  endLoop();
  emit(0x0b);
  current++;
}

/** The instruction at a slot begins. */
// @ts-ignore: decorator
@inline
export function beginInstruction(slot: u32): void {
  place = slot;
}

// @ts-ignore: decorator
@inline
export function countInstruction(): void {
  instructions++;
}
// @ts-ignore: decorator
@inline
export function countAccess(): void {
  accesses++;
}

/** What an exit says is not counted has ten bits. */
const PENDING_MAX: u32 = 1000;

export function flushIfMany(): void {
  if (instructions >= PENDING_MAX) flush();
}

/** Ends the loop of an entry, if it has one. */
export function endLoop(): void {
  if (nested != 0) emit(0x0b);
  nested = 0;
}

/** Brings the count up to date. */
export function flush(): void {
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
export function pageAddress(offset: i64): void {
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
export function go(): void {
  emit(0x0c);
  emitU32(toGo());
}

export function goTo(offset: i64): void {
  pageAddress(offset);
  setLocal(ADDRESS);
  go();
}

/** Leaves before the instruction being written. */
export function leaveHere(kind: u32): void {
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
export function jumpTo(code: u32, entry: u32): void {
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

/** Jumps out of the page if what is on the stack is not 0. */
export function goToIf(offset: i64): void {
  emit2(0x04, 0x40);
  nested++;
  goTo(offset);
  nested--;
  emit(0x0b);
}

/** A loop of one block has a loop of its own: going through the table of entries costs more than most such loops do. */
export function beginLoop(): void {
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

/** A block of an instruction's own. */
export function openBlock(): void {
  emit2(0x02, 0x40);
  nested++;
}

export function closeBlock(): void {
  emit(0x0b);
  nested--;
}

/** What comes before the code of the first entry, of a page of so many instructions; `doubles`: it has float.ts's locals. */
export function emitHead(count: u32, doubles: bool): void {
  // Locals: ADDRESS, ENTRY_OFFSET, VALUE, two for groups; three doubles.
  emit(doubles ? 5 : 4);
  emit2(1, 0x7e);
  emit2(1, 0x7f);
  emit2(1, 0x7e);
  emit2(2, 0x7f);
  if (doubles) emit2(3, 0x7c);
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
    getLocal(ENTRY_OFFSET);
    callLast(B.LINK_ENTER);
    emit2(0x0b, 0x0b);
  }
  getLocal(B.PAGE_COUNT);
  getLocal(ADDRESS);
  callLast(B.LINK_GO);
}

/** What comes behind the code of the last. */
export function emitFoot(): void {
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

