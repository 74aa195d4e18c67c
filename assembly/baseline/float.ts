/**
 * Arithmetic of doubles in baseline code: Wasm's own, where that gives the same result and flags, and else the core's. It does if the
 * result is a normal number, rounded to nearest, and NX is set already or the result is exact. Unprivileged manual, "F" and "D".
 */
import * as B from '../shared/baseline';
import { HART, HART_FFLAGS } from '../shared/layout';
import { ADDRESS, forgetGroup } from './access';
import {
  beforeSet, emit, emit2, forgetHeld, getF, getLocal, getX, i32Const, i64Const, memoryAt, setF, setLocal, setX, teeLocal,
} from './emit';
import { closeBlock, leaveHere, openBlock } from './flow';
import { rdOf, rs1Of } from './marks';
import { askCore } from './page';

/** Locals of pages with such instructions. */
const LEFT: u32 = 9;
const RIGHT: u32 = 10;
const RESULT: u32 = 11;

const FDIV: u32 = 0xa3;
const FMUL: u32 = 0xa2;
const FSQRT: u32 = 0x9f;

const NEAREST: u32 = 0;
const TO_ZERO: u32 = 1;
const DYNAMIC: u32 = 7;

// @ts-ignore: decorator
@inline
function modeOf(operation: u64): u32 {
  return <u32>(operation >> 48) & 0xff;
}

// @ts-ignore: decorator
@inline
function rs2Of(operation: u64): u32 {
  return <u32>(operation >> 32) & 0xff;
}

/** A double in a local. */
function operand(place: u32, local: u32): void {
  getF(place);
  emit(0xbf);
  setLocal(local);
}

/** Is NX set, and if it matters the mode of rounding to nearest? frm lies behind fflags. */
function inexactIsKnown(mode: u32): void {
  i32Const(0);
  memoryAt(0x29, HART + HART_FFLAGS);
  i64Const(mode == DYNAMIC ? <i64>0xffffffff00000001 : 1);
  emit(0x83);
  i64Const(1);
  emit(0x51);
}

/** $done around $ask, which the native way leaves for if it does not do. */
function beginTry(): void {
  openBlock();
  openBlock();
}

/** The native way is done. */
function endTry(operation: u64): void {
  emit2(0x0c, 1);
  closeBlock();
  askCore(operation, B.LINK_EXECUTE);
  closeBlock();
}

/** Is the sum of LEFT and RIGHT (whose sign `minus` changes) RESULT, to the last bit? Knuth, "The Art of Computer Programming" 4.2.2. */
function sumIsExact(minus: bool): void {
  // (LEFT - (RESULT - (RESULT - LEFT))) + (RIGHT - (RESULT - LEFT)) = 0, and RESULT is not: the sign of zero depends on the mode.
  getLocal(LEFT);
  getLocal(RESULT);
  getLocal(RESULT);
  getLocal(LEFT);
  emit(0xa1);
  emit2(0xa1, 0xa1);
  getLocal(RIGHT);
  if (minus) emit(0x9a);
  getLocal(RESULT);
  getLocal(LEFT);
  emit2(0xa1, 0xa1);
  emit(0xa0);
  zero();
  emit(0x61);
  getLocal(RESULT);
  zero();
  emit2(0x62, 0x71);
}

function zero(): void {
  emit(0x44);
  for (let n = 0; n < 8; n++) emit(0);
}

/** Bits of a significand that are zero at its end, on the stack. */
function zerosAtEnd(local: u32): void {
  getLocal(local);
  emit(0xbd);
  i64Const(<i64>1 << 52);
  emit2(0x84, 0x7a);
}

/** Do the significands of LEFT and RIGHT surely have so few bits that the product's are all there? */
function productIsExact(): void {
  zerosAtEnd(LEFT);
  zerosAtEnd(RIGHT);
  emit(0x7c);
  i64Const(53);
  emit(0x59);
  powerOfTwo(LEFT);
  emit(0x72);
  powerOfTwo(RIGHT);
  emit(0x72);
}

function powerOfTwo(local: u32): void {
  getLocal(local);
  emit(0xbd);
  i64Const(12);
  emit2(0x86, 0x50);
}

export function emitArithmetic(operation: u64, code: u32): void {
  const mode = modeOf(operation);
  if (mode != NEAREST && mode != DYNAMIC) {
    askCore(operation, B.LINK_EXECUTE);
    return;
  }
  const isSum = code < FMUL && code != FSQRT;
  beginTry();
  openBlock();
  operand(rs1Of(operation), LEFT);
  if (code != FSQRT) operand(rs2Of(operation), RIGHT);
  getLocal(LEFT);
  if (code != FSQRT) getLocal(RIGHT);
  emit(code);
  teeLocal(RESULT);
  emit(0xbd);
  teeLocal(ADDRESS);
  // Exponents 2 to 0x7fe become smaller than 0x7fd; with 1 it may have been rounded up from what is tiny.
  i64Const(52);
  emit2(0x88, 0xa7);
  i32Const(2);
  emit(0x6b);
  i32Const(0x7ff);
  emit(0x71);
  i32Const(0x7fd);
  emit(0x4f);
  if (isSum) {
    getLocal(RESULT);
    zero();
    emit2(0x62, 0x71);
  }
  emit2(0x0d, 1);
  inexactIsKnown(mode);
  emit2(0x0d, 0);
  if (code == FDIV || code == FSQRT) emit2(0x0c, 1);
  else {
    if (isSum) sumIsExact(code != 0xa0);
    else productIsExact();
    emit2(0x45, 0x0d);
    emit(1);
  }
  closeBlock();
  beforeSet();
  getLocal(ADDRESS);
  setF(rdOf(operation));
  endTry(operation);
}

/** NaNs are the core's. */
export function emitComparison(operation: u64, code: u32): void {
  beginTry();
  operand(rs1Of(operation), LEFT);
  operand(rs2Of(operation), RIGHT);
  getLocal(LEFT);
  getLocal(LEFT);
  emit(0x62);
  getLocal(RIGHT);
  getLocal(RIGHT);
  emit2(0x62, 0x72);
  emit2(0x0d, 0);
  beforeSet();
  getLocal(LEFT);
  getLocal(RIGHT);
  emit2(code, 0xad);
  writeX(rdOf(operation));
  endTry(operation);
}

/** A register that the core writes too, if it is asked. */
function writeX(rd: u32): void {
  setX(rd);
  forgetHeld();
  forgetGroup(rd);
}

/** Casts of C: rounded to zero. What is out of range is the core's. `code`: 2 words, 6 doublewords. */
export function emitToInteger(operation: u64, code: u32): void {
  if (modeOf(operation) != TO_ZERO) {
    askCore(operation, B.LINK_EXECUTE);
    return;
  }
  beginTry();
  operand(rs1Of(operation), LEFT);
  // Not of smaller magnitude: NaNs, too.
  getLocal(LEFT);
  emit(0x99);
  emit(0x44);
  const limit: f64 = code == 2 ? 2147483648.0 : 9223372036854775808.0;
  const bits = reinterpret<u64>(limit);
  for (let n: u64 = 0; n < 64; n += 8) emit(<u32>(bits >> n) & 0xff);
  emit2(0x63, 0x45);
  emit2(0x0d, 0);
  getLocal(LEFT);
  emit(0x9d);
  getLocal(LEFT);
  emit(0x62);
  inexactIsKnown(TO_ZERO);
  emit2(0x45, 0x71);
  emit2(0x0d, 0);
  beforeSet();
  getLocal(LEFT);
  emit2(0xfc, code);
  if (code == 2) emit(0xac);
  writeX(rdOf(operation));
  endTry(operation);
}

export function emitFromInteger(operation: u64, code: u32): void {
  const mode = modeOf(operation);
  if (mode != NEAREST && mode != DYNAMIC) {
    askCore(operation, B.LINK_EXECUTE);
    return;
  }
  beginTry();
  // What has 53 bits is exact.
  getX(rs1Of(operation));
  i64Const(<i64>1 << 53);
  emit(0x7c);
  i64Const(<i64>1 << 54);
  emit(0x56);
  inexactIsKnown(mode);
  emit2(0x45, 0x71);
  emit2(0x0d, 0);
  beforeSet();
  getX(rs1Of(operation));
  emit2(code, 0xbd);
  setF(rdOf(operation));
  endTry(operation);
}

const FFLAGS: u32 = 1;
const FCSR: u32 = 3;

/** csrr*: the decoded immediate is the CSR's number, and from bit 12 on the instruction's kind. False: nothing runs on behind it. */
export function emitCsr(operation: u64): bool {
  const immediate = <u32>(operation >> 32);
  const csr = immediate & 0xfff;
  const kind = (immediate >> 12) & 7;
  if (csr < FFLAGS || csr > FCSR) {
    leaveHere(0);
    return false;
  }
  const rd = rdOf(operation);
  const rs1 = rs1Of(operation);
  if (csr == FFLAGS && kind == 2 && rs1 == 0) {
    beforeSet();
    i32Const(0);
    memoryAt(0x35, HART + HART_FFLAGS);
    setX(rd);
    forgetGroup(rd);
  } else if (csr == FFLAGS && kind == 1 && rd == 0) {
    i32Const(0);
    getX(rs1);
    i64Const(31);
    emit(0x83);
    memoryAt(0x3e, HART + HART_FFLAGS);
  } else askCore(operation, B.LINK_EXECUTE);
  return true;
}
