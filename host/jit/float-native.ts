/** Floating-point instructions made of Wasm's arithmetic, for rounding to nearest even. */
import { SITE_FLOAT, SITE_INEXACT } from '../../assembly/shared/compiled.js';
import type { RegionCode } from './context.js';
import { F32, F64, I64 } from './encoder.js';
import * as E from './float-exact.js';
import type { Insn } from './insn.js';

export type Emit = (r: RegionCode, insn: Insn, pc: number) => void;

const NX = 1;
const PROMOTE = 0xbb;
const F64_ABS = 0x99;
const F64_NEG = 0x9a;
const F64_LT = 0x63;
const F64_EQ = 0x61;
const F64_NE = 0x62;
const AS_I64 = 0xbd;
const AS_F64 = 0xbf;
const NOT = 0x45; // i32.eqz
const OR = 0x72;
const AND = 0x71;

const isSingle = (insn: Insn): boolean => insn.op.endsWith('.s');

const addition =
  (subtract: boolean): Emit =>
  (r, insn, pc) => {
    const { code } = r;
    const single = isSingle(insn);
    E.push(r, insn.rs1, single, pc);
    const x = r.keep(E.type(single));
    E.push(r, insn.rs2, single, pc);
    if (subtract) code.op(single ? 0x8c : F64_NEG);
    const y = r.keep(E.type(single));
    code.get(x);
    code.get(y);
    code.op(single ? 0x92 : 0xa0);
    const sum = r.keep(E.type(single));
    code.get(sum);
    code.op(single ? 0x8b : F64_ABS);
    if (single) code.f32Const(Number.POSITIVE_INFINITY);
    else code.f64Const(Number.POSITIVE_INFINITY);
    code.op(single ? 0x5d : F64_LT);
    code.op(NOT);
    r.exitIf(pc, SITE_FLOAT);
    E.noteInexact(r, pc, () => {
      if (single) E.singleSumErred(r, x, y, sum);
      else {
        E.wantBelow(r, pc, x, sum);
        E.sumErred(r, x, y, sum);
      }
    });
    code.get(sum);
    E.setResult(r, insn.rd, single);
    r.release(E.type(single), x, y, sum);
  };

/** fmul, fdiv: a zero is right when an operand (of a quotient: the first) was zero. */
const product =
  (wide: number, narrow: number, quotient: boolean): Emit =>
  (r, insn, pc) => {
    const { code } = r;
    const single = isSingle(insn);
    E.push(r, insn.rs1, single, pc);
    const x = r.keep(E.type(single));
    E.push(r, insn.rs2, single, pc);
    const y = r.keep(E.type(single));
    code.get(x);
    code.get(y);
    code.op(single ? narrow : wide);
    const result = r.keep(E.type(single));
    const zeroes = (): void => {
      E.isZero(r, x, single);
      if (quotient) return;
      E.isZero(r, y, single);
      code.op(OR);
    };
    E.wantPlain(r, pc, result, single, zeroes, () => {
      if (quotient) E.productDiffers(r, pc, single, result, y, x, x);
      else E.productDiffers(r, pc, single, x, y, result, result);
    });
    code.get(result);
    E.setResult(r, insn.rd, single);
    r.release(E.type(single), x, y, result);
  };

const root: Emit = (r, insn, pc) => {
  const { code } = r;
  const single = isSingle(insn);
  E.push(r, insn.rs1, single, pc);
  const x = r.keep(E.type(single));
  code.get(x);
  if (single) code.op(PROMOTE);
  code.op(0x9f);
  if (single) code.op(0xb6);
  const result = r.keep(E.type(single));
  E.wantPlain(
    r,
    pc,
    result,
    single,
    () => code.i32Const(1),
    () => E.productDiffers(r, pc, single, result, result, x, x),
  );
  code.get(result);
  E.setResult(r, insn.rd, single);
  r.release(E.type(single), x, result);
};

/** Only engines with relaxed SIMD have it: one instruction, rounded once. A zero is right when an operand of the product was zero. */
const fused =
  (negateProduct: boolean, negateAddend: boolean): Emit =>
  (r, insn, pc) => {
    const { code } = r;
    const single = isSingle(insn);
    const [x, y, z] = [insn.rs1, insn.rs2, insn.rs3].map((n, i) => {
      E.push(r, n, single, pc);
      if ((i === 0 && negateProduct) || (i === 2 && negateAddend)) code.op(single ? 0x8c : F64_NEG);
      return r.keep(E.type(single));
    });
    E.fusedMultiplyAdd(r, single, ...[x, y, z].map((local) => () => code.get(local)));
    const result = r.keep(E.type(single));
    const zeroes = (): void => {
      E.isZero(r, x, single);
      E.isZero(r, y, single);
      code.op(OR);
    };
    E.wantPlain(r, pc, result, single, zeroes, () => {
      if (single) E.singleFusedErred(r, x, y, z, result);
      else E.fusedErred(r, pc, x, y, z, result);
    });
    code.get(result);
    E.setResult(r, insn.rd, single);
    r.release(E.type(single), x, y, z, result);
  };

/** Leaves if one of the locals is a NaN. */
function wantNumbers(r: RegionCode, pc: number, single: boolean, ...locals: number[]): void {
  locals.forEach((local, i) => {
    r.code.get(local);
    r.code.get(local);
    r.code.op(single ? 0x5c : F64_NE);
    if (i > 0) r.code.op(OR);
  });
  r.exitIf(pc, SITE_FLOAT);
}

/** Comparisons, minimum and maximum. */
const ofNumbers =
  (wide: number, narrow: number, compares: boolean): Emit =>
  (r, insn, pc) => {
    const single = isSingle(insn);
    E.push(r, insn.rs1, single, pc);
    const x = r.keep(E.type(single));
    E.push(r, insn.rs2, single, pc);
    const y = r.keep(E.type(single));
    wantNumbers(r, pc, single, x, y);
    r.code.get(x);
    r.code.get(y);
    r.code.op(single ? narrow : wide);
    if (compares) {
      r.code.op(0xad);
      r.setX(insn.rd);
    } else E.setResult(r, insn.rd, single);
    r.release(E.type(single), x, y);
  };

/** Sign injection moves bits, NaNs' too. */
const sign =
  (kind: 'copy' | 'negate' | 'xor'): Emit =>
  (r, insn, pc) => {
    const { code } = r;
    const single = isSingle(insn);
    const same = insn.rs1 === insn.rs2;
    E.push(r, insn.rs1, single, pc);
    if (same && kind !== 'copy') code.op((single ? 0x8b : F64_ABS) + (kind === 'negate' ? 1 : 0));
    else if (!same && kind !== 'xor') {
      E.push(r, insn.rs2, single, pc);
      if (kind === 'negate') code.op(single ? 0x8c : F64_NEG);
      code.op(single ? 0x98 : 0xa6);
    } else if (!same) {
      // The sign of the first is turned if the second's is set.
      code.op(single ? 0xbc : AS_I64);
      E.push(r, insn.rs2, single, pc);
      code.op(single ? 0xbc : AS_I64);
      if (single) code.i32Const(-(2 ** 31));
      else code.i64Bits(-(2 ** 31), 0);
      code.op(single ? AND : 0x83);
      code.op(single ? 0x73 : 0x85);
      code.op(single ? 0xbe : AS_F64);
    }
    E.setResult(r, insn.rd, single);
  };

const ROUND = [0x9e, 0x9d, 0x9c, 0x9b]; // nearest, trunc, floor, ceil

/** To an integer: what is out of range, or no number, leaves. */
const toInteger =
  (low: number, high: number, inclusive: boolean, convert: readonly number[]): Emit =>
  (r, insn, pc) => {
    const { code } = r;
    const single = isSingle(insn);
    E.push(r, insn.rs1, single, pc);
    if (single) code.op(PROMOTE);
    const x = r.keep(F64);
    code.get(x);
    code.op(ROUND[insn.rm === 7 ? 0 : insn.rm]);
    const whole = r.keep(F64);
    code.get(whole);
    code.f64Const(low);
    code.op(0x66);
    code.get(whole);
    code.f64Const(high);
    code.op(inclusive ? 0x65 : F64_LT);
    code.op(AND);
    code.op(NOT);
    r.exitIf(pc, SITE_FLOAT);
    code.get(whole);
    code.get(x);
    code.op(F64_NE);
    E.raiseInexact(r);
    code.get(whole);
    for (const op of convert) code.op(op);
    r.setX(insn.rd);
    r.release(F64, x, whole);
  };

/** From an integer that may be too long: below 2^bits it is exact, else NX must be set. */
const fromLong =
  (signed: boolean, bits: number, convert: number, word: number | undefined): Emit =>
  (r, insn, pc) => {
    const { code } = r;
    r.getX(insn.rs1);
    if (word !== undefined) {
      code.op(0xa7);
      code.op(word);
    }
    const x = r.keep(I64);
    code.get(x);
    if (signed) {
      code.i64Const(2 ** bits);
      code.op(0x7c);
    }
    code.i64Const(signed ? 2 ** (bits + 1) : 2 ** bits);
    code.op(0x5a);
    code.get(r.flags);
    code.i32Const(NX);
    code.op(AND);
    code.op(NOT);
    code.op(AND);
    r.exitIf(pc, SITE_INEXACT);
    code.get(x);
    code.op(convert);
    E.setResult(r, insn.rd, insn.op.startsWith('fcvt.s'));
    r.release(I64, x);
  };

const fromWord =
  (convert: number): Emit =>
  (r, { rd, rs1 }) => {
    r.getX(rs1);
    r.code.op(0xa7);
    r.code.op(convert);
    r.setF(rd);
  };

const narrow: Emit = (r, { rd, rs1 }, pc) => {
  const { code } = r;
  r.getF(rs1);
  code.op(0xb6);
  const result = r.keep(F32);
  const zeroes = (): void => {
    r.getF(rs1);
    code.f64Const(0);
    code.op(F64_EQ);
  };
  E.wantPlain(r, pc, result, true, zeroes, () => {
    code.get(result);
    code.op(PROMOTE);
    r.getF(rs1);
    code.op(F64_NE);
  });
  code.get(result);
  r.setSingle(rd);
  r.release(F32, result);
};

const widen: Emit = (r, { rd, rs1 }, pc) => {
  E.push(r, rs1, true, pc);
  const x = r.keep(F32);
  wantNumbers(r, pc, true, x);
  r.code.get(x);
  r.code.op(PROMOTE);
  r.setF(rd);
  r.release(F32, x);
};

const bits =
  (...ops: readonly number[]): Emit =>
  (r, { rd, rs1 }) => {
    r.getF(rs1);
    for (const op of ops) r.code.op(op);
    r.setX(rd);
  };

const BOTH: readonly (readonly [name: string, emit: Emit])[] = [
  ['fadd', addition(false)],
  ['fsub', addition(true)],
  ['fmul', product(0xa2, 0x94, false)],
  ['fdiv', product(0xa3, 0x95, true)],
  ['fsqrt', root],
  ['fmadd', fused(false, false)],
  ['fmsub', fused(false, true)],
  ['fnmsub', fused(true, false)],
  ['fnmadd', fused(true, true)],
  ['fmin', ofNumbers(0xa4, 0x96, false)],
  ['fmax', ofNumbers(0xa5, 0x97, false)],
  ['feq', ofNumbers(F64_EQ, 0x5b, true)],
  ['flt', ofNumbers(F64_LT, 0x5d, true)],
  ['fle', ofNumbers(0x65, 0x5f, true)],
  ['fsgnj', sign('copy')],
  ['fsgnjn', sign('negate')],
  ['fsgnjx', sign('xor')],
  ['fcvt.w', toInteger(-(2 ** 31), 2 ** 31 - 1, true, [0xaa, 0xac])],
  ['fcvt.wu', toInteger(0, 2 ** 32 - 1, true, [0xab, 0xac])],
  ['fcvt.l', toInteger(-(2 ** 63), 2 ** 63, false, [0xb0])],
  ['fcvt.lu', toInteger(0, 2 ** 64, false, [0xb1])],
];

export const NATIVE: ReadonlyMap<string, Emit> = new Map<string, Emit>([
  ...BOTH.flatMap(([name, emit]): [string, Emit][] => [
    [`${name}.d`, emit],
    [`${name}.s`, emit],
  ]),
  ['fcvt.d.w', fromWord(0xb7)],
  ['fcvt.d.wu', fromWord(0xb8)],
  ['fcvt.d.l', fromLong(true, 53, 0xb9, undefined)],
  ['fcvt.d.lu', fromLong(false, 53, 0xba, undefined)],
  ['fcvt.s.w', fromLong(true, 24, 0xb4, 0xac)],
  ['fcvt.s.wu', fromLong(false, 24, 0xb5, 0xad)],
  ['fcvt.s.l', fromLong(true, 24, 0xb4, undefined)],
  ['fcvt.s.lu', fromLong(false, 24, 0xb5, undefined)],
  ['fcvt.s.d', narrow],
  ['fcvt.d.s', widen],
  ['fmv.x.d', bits(AS_I64)],
  ['fmv.x.w', bits(AS_I64, 0xc4)],
  [
    'fmv.d.x',
    (r, { rd, rs1 }) => {
      r.getX(rs1);
      r.code.op(AS_F64);
      r.setF(rd);
    },
  ],
  [
    'fmv.w.x',
    (r, { rd, rs1 }) => {
      r.getX(rs1);
      r.code.op(0xa7);
      r.code.op(0xbe);
      r.setSingle(rd);
    },
  ],
]);
