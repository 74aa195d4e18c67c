/** Loads and stores of baseline code: one lookup in the table of mm/fasttlb.ts, or else a call that finds the page. */
import * as B from '../shared/baseline';
import { beforeSet, emit, emit2, emitI64, getF, getLocal, getX, i32Const, i64Const, memoryAt, setF, setX, teeLocal } from './emit';
import {
  KIND_LOAD_FLOAT, KIND_LOAD_NOWHERE, KIND_LOAD_SINGLE, KIND_STORE_FLOAT,
} from '../generated/baseline';
import { leaveIfZero } from './page';

/* Locals behind the parameters. */
export const ADDRESS: u32 = 4; // i64
export const ENTRY_OFFSET: u32 = 5; // i32

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

export function emitLoad(kind: u32, operation: u64, code: u32, shift: u32): void {
  const rd = <u32>(operation >> 16) & 0xff;
  beforeSet();
  emitFind(<u32>(operation >> 24) & 0xff, <i64>operation >> 32, shift, false);
  memoryAt(code, 0);
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

export function emitStore(kind: u32, operation: u64, code: u32, shift: u32): void {
  const source = <u32>(operation >> 16) & 0xff;
  emitFind(<u32>(operation >> 24) & 0xff, <i64>operation >> 32, shift, true);
  if (kind == KIND_STORE_FLOAT) getF(source);
  else getX(source);
  memoryAt(code, 0);
}

