/** Division, and high halves of products, as Wasm. */
import type { RegionCode } from './context.js';
import { I64 } from './encoder.js';
import type { Insn } from './insn.js';

type Emit = (r: RegionCode, insn: Insn) => void;

const ADD = 0x7c;
const SUB = 0x7d;
const MUL = 0x7e;
const AND = 0x83;
const SHR_S = 0x87;
const SHR_U = 0x88;
const EQZ = 0x50;
const LT_U = 0x54;
const WRAP = 0xa7;
const SIGN_EXTEND = 0xac; // i64.extend_i32_s
const ZERO_EXTEND = 0xad; // i64.extend_i32_u
const WORD = 0xc4; // i64.extend32_s
const SELECT = 0x1b;

/** Division by 0 and -1 apart: Wasm traps on the one, and on the most negative dividend with the other. */
export const division =
  (signed: boolean, remainder: boolean): Emit =>
  (r, { rd, rs1, rs2 }) => {
    if (rd === 0) return;
    const { code } = r;
    r.getX(rs2);
    if (signed) {
      code.i64Const(1);
      code.op(ADD);
      code.i64Const(2);
      code.op(LT_U);
    } else code.op(EQZ);
    code.if();
    if (remainder && signed) {
      // The dividend by 0, nothing left by -1.
      r.getX(rs1);
      code.i64Const(0);
    } else if (remainder) r.getX(rs1);
    else {
      code.i64Const(-1);
      if (signed) {
        code.i64Const(0);
        r.getX(rs1);
        code.op(SUB);
      }
    }
    if (signed) {
      r.getX(rs2);
      code.op(EQZ);
      code.op(SELECT);
    }
    r.setX(rd);
    code.else();
    r.getX(rs1);
    r.getX(rs2);
    code.op((remainder ? 0x81 : 0x7f) + (signed ? 0 : 1));
    r.setX(rd);
    code.end();
  };

/** The same on words: with operands extended to 64 bits only division by 0 is special. */
export const wordDivision =
  (signed: boolean, remainder: boolean): Emit =>
  (r, { rd, rs1, rs2 }) => {
    if (rd === 0) return;
    const { code } = r;
    const operand = (n: number): void => {
      r.getX(n);
      code.op(WRAP);
    };
    operand(rs2);
    if (signed) {
      code.i32Const(1);
      code.op(0x6a);
      code.i32Const(2);
      code.op(0x49);
    } else code.op(0x45);
    code.if();
    if (remainder) {
      r.getX(rs1);
      code.op(WORD);
      if (signed) code.i64Const(0);
    } else {
      code.i64Const(-1);
      if (signed) {
        code.i64Const(0);
        r.getX(rs1);
        code.op(SUB);
        code.op(WORD);
      }
    }
    if (signed) {
      operand(rs2);
      code.op(0x45);
      code.op(SELECT);
    }
    r.setX(rd);
    code.else();
    operand(rs1);
    operand(rs2);
    code.op((remainder ? 0x6f : 0x6d) + (signed ? 0 : 1));
    code.op(SIGN_EXTEND);
    r.setX(rd);
    code.end();
  };

/** High half of the unsigned product, on the stack, from partial products of words. */
function highProduct(r: RegionCode, rs1: number, rs2: number): void {
  const { code } = r;
  const [al, ah, bl, bh, middle] = [0, 1, 2, 3, 4].map(() => r.scratch(I64));
  const split = (n: number, low: number, high: number): void => {
    r.getX(n);
    code.op(WRAP);
    code.op(ZERO_EXTEND);
    code.set(low);
    r.getX(n);
    code.i64Const(32);
    code.op(SHR_U);
    code.set(high);
  };
  const product = (a: number, b: number): void => {
    code.get(a);
    code.get(b);
    code.op(MUL);
  };
  const upper = (): void => {
    code.i64Const(32);
    code.op(SHR_U);
  };
  split(rs1, al, ah);
  split(rs2, bl, bh);
  product(ah, bl);
  product(al, bl);
  upper();
  code.op(ADD);
  code.set(middle);
  product(ah, bh);
  code.get(middle);
  upper();
  code.op(ADD);
  code.get(middle);
  code.op(WRAP);
  code.op(ZERO_EXTEND);
  product(al, bh);
  code.op(ADD);
  upper();
  code.op(ADD);
  r.release(I64, al, ah, bl, bh, middle);
}

/** Takes `of` from the high product when `sign` is negative. */
function correct(r: RegionCode, sign: number, of: number): void {
  const { code } = r;
  r.getX(sign);
  code.i64Const(63);
  code.op(SHR_S);
  r.getX(of);
  code.op(AND);
  code.op(SUB);
}

export const high =
  (signedA: boolean, signedB: boolean): Emit =>
  (r, { rd, rs1, rs2 }) => {
    highProduct(r, rs1, rs2);
    if (signedA) correct(r, rs1, rs2);
    if (signedB) correct(r, rs2, rs1);
    r.setX(rd);
  };
