/**
 * What Wasm's floating-point results are worth: is one finite and not small, a number at all, inexact? The proofs are those of
 * assembly/exec/float, with a fused multiply-add for the errors of products.
 */
import { SITE_FLOAT, SITE_INEXACT } from '../../assembly/shared/compiled.js';
import type { RegionCode } from './context.js';
import { F32, F64, I64 } from './encoder.js';

const NX = 1;
const PROMOTE = 0xbb;
const F64_ABS = 0x99;
const F64_NEG = 0x9a;
const F64_LT = 0x63;
const F64_EQ = 0x61;
const F64_NE = 0x62;
const AS_I64 = 0xbd;
const NOT = 0x45; // i32.eqz
const OR = 0x72;
const AND = 0x71;

/** Pushes an operand in the format of the instruction; a single that is none leaves. */
export function push(r: RegionCode, n: number, single: boolean, pc: number): void {
  if (!single) {
    r.getF(n);
    return;
  }
  const { code } = r;
  r.getF(n);
  code.op(AS_I64);
  if (!r.boxed.has(n)) {
    const bits = r.scratch(I64);
    code.tee(bits);
    code.i64Const(32);
    code.op(0x87);
    code.i64Const(-1);
    code.op(0x52);
    r.exitIf(pc, SITE_FLOAT);
    code.get(bits);
    r.release(I64, bits);
    r.boxed.add(n);
  }
  code.op(0xa7);
  code.op(0xbe);
}

/** Takes a result from the stack. */
export function setResult(r: RegionCode, rd: number, single: boolean): void {
  if (single) r.setSingle(rd);
  else r.setF(rd);
}

/** flags |= NX if the condition on the stack (0 or 1) holds. */
export function raiseInexact(r: RegionCode): void {
  r.code.get(r.flags);
  r.code.op(OR);
  r.code.set(r.flags);
}

/** With NX set there is nothing to do. Else the instruction leaves, or, where that happened often, `find` pushes whether it is inexact. */
export function noteInexact(r: RegionCode, pc: number, find: () => void): void {
  const { code } = r;
  code.get(r.flags);
  code.i32Const(NX);
  code.op(AND);
  code.op(NOT);
  if (!r.options.precise(pc)) {
    r.exitIf(pc, SITE_INEXACT);
    return;
  }
  code.if();
  find();
  raiseInexact(r);
  code.end();
}

/** On the stack: is the number in the local finite and not small? */
export function isPlain(r: RegionCode, local: number, single: boolean): void {
  const { code } = r;
  code.get(local);
  if (single) {
    code.op(0xbc);
    code.i32Const(1);
    code.op(0x74);
    code.i32Const(2 << 24);
    code.op(0x6b);
    code.i32Const(((0xff - 2) << 24) | 0);
    code.op(0x49);
    return;
  }
  code.op(AS_I64);
  code.i64Const(1);
  code.op(0x86);
  code.i64Const(2 * 2 ** 53);
  code.op(0x7d);
  code.i64Bits((0x7ff - 2) << 21, 0);
  code.op(0x54);
}

/** On the stack: is the number in the local zero? */
export function isZero(r: RegionCode, local: number, single: boolean): void {
  r.code.get(local);
  if (single) r.code.f32Const(0);
  else r.code.f64Const(0);
  r.code.op(single ? 0x5b : F64_EQ);
}

/** Leaves unless the local is plain; a zero is right when `zeroes` says so (on the stack). `find`: see noteInexact. */
export function wantPlain(r: RegionCode, pc: number, result: number, single: boolean, zeroes: () => void, find: () => void): void {
  const { code } = r;
  isPlain(r, result, single);
  code.if();
  noteInexact(r, pc, find);
  code.else();
  isZero(r, result, single);
  zeroes();
  code.op(AND);
  code.op(NOT);
  r.exitIf(pc, SITE_FLOAT);
  code.end();
}

export const type = (single: boolean): number => (single ? F32 : F64);

/** Error of the sum r = x + y on the stack (2Sum), all in binary64. */
export function sumError(r: RegionCode, x: number, y: number, sum: number): void {
  const { code } = r;
  const part = r.scratch(F64);
  code.get(sum);
  code.get(x);
  code.op(0xa1);
  code.set(part);
  code.get(x);
  code.get(sum);
  code.get(part);
  code.op(0xa1);
  code.op(0xa1);
  code.get(y);
  code.get(part);
  code.op(0xa1);
  code.op(0xa0);
  r.release(F64, part);
}

export function sumErred(r: RegionCode, x: number, y: number, sum: number): void {
  sumError(r, x, y, sum);
  r.code.f64Const(0);
  r.code.op(F64_NE);
}

/** In binary32 exact means that the binary64 sum, which can't overflow, is exact and is the result. x and y may be wide. */
export function singleSumErred(r: RegionCode, x: number, y: number, sum: number, wide = false): void {
  const { code } = r;
  const operands = [x, y].map((local) => {
    if (wide) return local;
    code.get(local);
    code.op(PROMOTE);
    return r.keep(F64);
  });
  code.get(operands[0]);
  code.get(operands[1]);
  code.op(0xa0);
  const whole = r.keep(F64);
  sumErred(r, operands[0], operands[1], whole);
  code.get(sum);
  code.op(PROMOTE);
  code.get(whole);
  code.op(F64_NE);
  code.op(OR);
  r.release(F64, whole);
  if (!wide) r.release(F64, ...operands);
}

/** Leaves unless the locals are far enough from overflow for 2Sum. */
export function wantBelow(r: RegionCode, pc: number, ...locals: number[]): void {
  const { code } = r;
  locals.forEach((local, i) => {
    code.get(local);
    code.op(F64_ABS);
    code.f64Const(2 ** 1022);
    code.op(F64_LT);
    if (i > 0) code.op(AND);
  });
  code.op(NOT);
  r.exitIf(pc, SITE_FLOAT);
}

/** Leaves unless the local is so large that the error of a product that it is about is a number too. */
export function wantAbove(r: RegionCode, pc: number, local: number): void {
  const { code } = r;
  code.get(local);
  code.op(F64_ABS);
  code.f64Const(2 ** -960);
  code.op(F64_LT);
  r.exitIf(pc, SITE_FLOAT);
}

/** x * y + z rounded once, of what is pushed by three functions; the operands may be singles. */
export function fusedMultiplyAdd(r: RegionCode, single: boolean, ...operands: (() => void)[]): void {
  for (const operand of operands) {
    operand();
    r.code.vector(single ? 0x13 : 0x14);
  }
  r.code.vector(single ? 0x105 : 0x107);
  r.code.vector(single ? 0x1f : 0x21, 0);
}

/** On the stack: is x * y, as numbers, other than z? For doubles by what is left of it; z or else `large` is no small number. */
export function productDiffers(r: RegionCode, pc: number, single: boolean, x: number, y: number, z: number, large: number): void {
  const { code } = r;
  const wide = (local: number): void => {
    code.get(local);
    if (single) code.op(PROMOTE);
  };
  if (single) {
    wide(x);
    wide(y);
    code.op(0xa2);
    wide(z);
    code.op(F64_NE);
    return;
  }
  wantAbove(r, pc, large);
  fusedMultiplyAdd(
    r,
    false,
    () => wide(x),
    () => wide(y),
    () => {
      wide(z);
      code.op(F64_NEG);
    },
  );
  code.f64Const(0);
  code.op(F64_NE);
}

/** The product of two singles is exactly a double. */
export function singleFusedErred(r: RegionCode, x: number, y: number, z: number, result: number): void {
  const { code } = r;
  code.get(x);
  code.op(PROMOTE);
  code.get(y);
  code.op(PROMOTE);
  code.op(0xa2);
  const product = r.keep(F64);
  code.get(z);
  code.op(PROMOTE);
  const addend = r.keep(F64);
  singleSumErred(r, product, addend, result, true);
  r.release(F64, product, addend);
}

/**
 * p + e is the product, s + t is p + z, both exactly. If w = t + e is exact, the result is exact if and only if it is s + w; if not, the
 * instruction leaves.
 */
export function fusedErred(r: RegionCode, pc: number, x: number, y: number, z: number, result: number): void {
  const { code } = r;
  const add = (a: number, b: number): number => {
    code.get(a);
    code.get(b);
    code.op(0xa0);
    return r.keep(F64);
  };
  code.get(x);
  code.get(y);
  code.op(0xa2);
  const p = r.keep(F64);
  wantAbove(r, pc, p);
  fusedMultiplyAdd(
    r,
    false,
    () => code.get(x),
    () => code.get(y),
    () => {
      code.get(p);
      code.op(F64_NEG);
    },
  );
  const e = r.keep(F64);
  const s = add(p, z);
  wantBelow(r, pc, p, s, result);
  sumError(r, p, z, s);
  const t = r.keep(F64);
  const w = add(t, e);
  sumErred(r, t, e, w);
  r.exitIf(pc, SITE_FLOAT);
  sumErred(r, s, w, result);
  r.release(F64, p, e, s, t, w);
}
