/**
 * Loads and stores of baseline code: one lookup in the table of mm/fasttlb.ts, or else a call that finds the page. Accesses through a
 * register that nothing writes in between share a lookup: a **group**, which must lie in one page, or the interpreter executes its first
 * access.
 */
import * as B from '../shared/baseline';
import {
  beforeSet, emit, emit2, emitI64, getF, getLocal, getX, i32Const, i64Const, memoryAt, setF, setLocal, setX, teeLocal,
} from './emit';
import {
  KIND_LOAD_FLOAT, KIND_LOAD_NOWHERE, KIND_LOAD_SINGLE, KIND_STORE_FLOAT,
} from '../generated/baseline';
import { findGroup, foundAlignment, foundEnd, foundLow, foundWrite } from './groups';
import { immediateOf, rdOf, rs1Of } from './marks';
import { leaveIfSo, leaveIfZero } from './flow';

/* Locals behind the parameters. */
export const ADDRESS: u32 = 4; // i64
export const ENTRY_OFFSET: u32 = 5; // i32

/** Locals with the linear address of the first byte of a group. */
const GROUP: u32 = 7; // i32, GROUPS of them
const GROUPS: u32 = 2;
/** Their records: { u32 base register's place (0: none), i32 first offset, i32 end, u32 may be written }. */
const groups = memory.data(GROUPS * 16, 8);
let nextGroup: u32 = 0;

// @ts-ignore: decorator
@inline
function group(n: u32): usize {
  return groups + (<usize>n << 4);
}

/** Code can be come to from elsewhere, or pages may have moved. */
export function forgetGroups(): void {
  for (let n: u32 = 0; n < GROUPS; n++) store<u32>(group(n), 0);
}

/** A register is written. */
export function forgetGroup(base: u32): void {
  for (let n: u32 = 0; n < GROUPS; n++) if (load<u32>(group(n)) == base) store<u32>(group(n), 0);
}

/** A group that has the access already, or GROUPS. */
function groupOf(base: u32, immediate: i32, size: i32, write: bool): u32 {
  for (let n: u32 = 0; n < GROUPS; n++) {
    const g = group(n);
    if (base == 0 || load<u32>(g) != base || immediate < load<i32>(g, 4) || immediate + size > load<i32>(g, 8)) continue;
    if (!write || load<u32>(g, 12) != 0) return n;
  }
  return GROUPS;
}

/** Emits the lookup for a group that begins with the access being written; `alignment`: log2 of that of its first byte. */
function beginGroup(base: u32, low: i32, end: i32, write: bool, alignment: u32): u32 {
  const n = nextGroup;
  nextGroup = (nextGroup + 1) % GROUPS;
  const g = group(n);
  store<u32>(g, base);
  store<i32>(g, low, 4);
  store<i32>(g, end, 8);
  store<u32>(g, write ? 1 : 0, 12);
  emitFind(base, <i64>low, alignment, write);
  setLocal(GROUP + n);
  getLocal(ADDRESS);
  emit(0xa7);
  i32Const(4095);
  emit(0x71);
  i32Const(4096 - (end - low));
  emit(0x4b);
  leaveIfSo();
  return n;
}

/**
 * Looks for what shares the lookup of the access at a slot. True: it is begun, or there already. The linear address is on the stack then,
 * and `offset` is the access's in it.
 */
function shareLookup(slot: u32, base: u32, immediate: i32, shift: u32, write: bool): bool {
  if (base == 0) return false;
  let n = groupOf(base, immediate, 1 << shift, write);
  if (n == GROUPS) {
    forgetGroup(base);
    if (!findGroup(slot, base)) return false;
    n = beginGroup(base, foundLow, foundEnd, foundWrite, foundAlignment);
  }
  getLocal(GROUP + n);
  offset = <u32>(immediate - load<i32>(group(n), 4));
  return true;
}
let offset: u32 = 0;

/** The linear address of what an access at rs1 + immediate may touch, on the stack. */
function emitFind(rs1: u32, immediate: i64, shift: u32, write: bool): void {
  const table: u32 = write ? B.FAST_WRITE : B.FAST_READ;
  getX(rs1);
  if (immediate != 0) {
    i64Const(immediate);
    emit(0x7c);
  }
  teeLocal(ADDRESS);
  i64Const(B.FAST_INDEX_SHIFT);
  emit2(0x88, 0xa7);
  i32Const(B.FAST_MASK);
  emit(0x71);
  teeLocal(ENTRY_OFFSET);
  memoryAt(0x29, table);
  getLocal(ADDRESS);
  i64Const(-4096 | ((1 << shift) - 1));
  emit2(0x83, 0x51);
  emit2(0x04, 0x7f);
  getLocal(ENTRY_OFFSET);
  memoryAt(0x28, table + 8);
  getLocal(ADDRESS);
  emit2(0xa7, 0x6a);
  emit(0x05);
  getLocal(ADDRESS);
  i32Const((1 << shift) | (write ? B.FIND_WRITE : 0));
  getLocal(B.PAGE_ZERO);
  emit2(0x10, B.LINK_FIND);
  teeLocal(ENTRY_OFFSET);
  leaveIfZero();
  getLocal(ENTRY_OFFSET);
  emit(0x0b);
}

/** The linear address of an access on the stack; `offset` goes with it. */
function emitAddress(slot: u32, operation: u64, shift: u32, write: bool): void {
  const base = rs1Of(operation);
  const immediate = immediateOf(operation);
  offset = 0;
  if (!shareLookup(slot, base, immediate, shift, write)) emitFind(base, <i64>immediate, shift, write);
}

export function emitLoad(slot: u32, kind: u32, operation: u64, code: u32, shift: u32): void {
  const rd = rdOf(operation);
  beforeSet();
  emitAddress(slot, operation, shift, false);
  memoryAt(code, offset);
  if (kind == KIND_LOAD_NOWHERE) {
    emit2(0x1a, 0x1a);
    return;
  }
  if (kind == KIND_LOAD_SINGLE) {
    emit(0x42);
    emitI64(-4294967296);
    emit(0x84);
  }
  if (kind == KIND_LOAD_FLOAT || kind == KIND_LOAD_SINGLE) setF(rd);
  else setX(rd);
}

export function emitStore(slot: u32, kind: u32, operation: u64, code: u32, shift: u32): void {
  const source = rdOf(operation);
  emitAddress(slot, operation, shift, true);
  if (kind == KIND_STORE_FLOAT) getF(source);
  else getX(source);
  memoryAt(code, offset);
}

