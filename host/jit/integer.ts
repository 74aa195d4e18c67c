/** Integer instructions that touch only registers, as Wasm. */
import type { RegionCode } from './context.js';
import { I32 } from './encoder.js';
import type { Insn } from './insn.js';
import { division, high, wordDivision } from './multiply.js';
import { isWord } from './words.js';

type Emit = (r: RegionCode, insn: Insn) => void;

const ADD = 0x7c;
const SUB = 0x7d;
const MUL = 0x7e;
const AND = 0x83;
const OR = 0x84;
const XOR = 0x85;
const SHL = 0x86;
const SHR_S = 0x87;
const SHR_U = 0x88;
const ROTL = 0x89;
const ROTR = 0x8a;
const EQZ = 0x50;
const EQ = 0x51;
const LT_S = 0x53;
const LT_U = 0x54;
const GT_S = 0x55;
const GT_U = 0x56;
const WRAP = 0xa7;
const SIGN_EXTEND = 0xac; // i64.extend_i32_s
const ZERO_EXTEND = 0xad; // i64.extend_i32_u
const SELECT = 0x1b;

/** rd = rs1 OPS rs2 */
const binary =
  (...ops: readonly number[]): Emit =>
  (r, { rd, rs1, rs2 }) => {
    r.getX(rs1);
    r.getX(rs2);
    for (const op of ops) r.code.op(op);
    r.setX(rd);
  };

/** rd = rs1 OPS imm */
const immediate =
  (...ops: readonly number[]): Emit =>
  (r, { rd, rs1, imm }) => {
    r.getX(rs1);
    r.code.i64Const(imm);
    for (const op of ops) r.code.op(op);
    r.setX(rd);
  };

const unary =
  (...ops: readonly number[]): Emit =>
  (r, { rd, rs1 }) => {
    r.getX(rs1);
    for (const op of ops) r.code.op(op);
    r.setX(rd);
  };

/** On the low words; the result sign-extended. */
const word =
  (op: number): Emit =>
  (r, { rd, rs1, rs2 }) => {
    r.getX(rs1);
    r.code.op(WRAP);
    r.getX(rs2);
    r.code.op(WRAP);
    r.code.op(op);
    r.code.op(SIGN_EXTEND);
    r.setX(rd);
  };

/** By zeros, where the result can't be negative: that costs nothing. */
const wordImmediate =
  (op: number, positive: (imm: number) => boolean = () => false): Emit =>
  (r, { rd, rs1, imm }) => {
    r.getX(rs1);
    r.code.op(WRAP);
    r.code.i32Const(imm);
    r.code.op(op);
    r.code.op(positive(imm) ? ZERO_EXTEND : SIGN_EXTEND);
    r.setX(rd);
  };
const notNegative = (imm: number): boolean => imm >= 0;
const notZero = (imm: number): boolean => imm > 0;

/** Are both operands words, so that an operation that acts on bits, or compares, can be made on 32 bits? */
const areWords = (r: RegionCode, { rs1, rs2 }: Insn): boolean => isWord(r.words, rs1) && isWord(r.words, rs2);

const bitwise =
  (wide: number, narrow: number): Emit =>
  (r, insn) =>
    (areWords(r, insn) ? word(narrow) : binary(wide))(r, insn);

const bitwiseImmediate =
  (wide: number, narrow: number): Emit =>
  (r, insn) =>
    (narrow === 0x71 && insn.imm >= 0
      ? wordImmediate(narrow, notNegative)
      : isWord(r.words, insn.rs1)
        ? wordImmediate(narrow)
        : immediate(wide))(r, insn);

const compare =
  (wide: number, narrow: number): Emit =>
  (r, insn) => {
    if (!areWords(r, insn)) {
      binary(wide, ZERO_EXTEND)(r, insn);
      return;
    }
    r.getX(insn.rs1);
    r.code.op(WRAP);
    r.getX(insn.rs2);
    r.code.op(WRAP);
    r.code.op(narrow);
    r.code.op(ZERO_EXTEND);
    r.setX(insn.rd);
  };

const addImmediateWord: Emit = (r, insn) => {
  if (insn.imm === 0 && isWord(r.words, insn.rs1)) addImmediate(r, insn);
  else wordImmediate(0x6a)(r, insn);
};

/** By 32, what is shifted is kept: the shift back may follow, and the two are an extension by zeros. */
const shiftLeft: Emit = (r, insn) => {
  const { rd, rs1, imm } = insn;
  if (imm !== 32) {
    immediate(SHL)(r, insn);
    return;
  }
  const { code } = r;
  const low = code.local(I32);
  r.getX(rs1);
  code.op(WRAP);
  code.tee(low);
  code.op(ZERO_EXTEND);
  code.i64Const(32);
  code.op(SHL);
  r.setX(rd);
  r.shifted.set(rd, low);
};

const shiftRight: Emit = (r, insn) => {
  const { rd, rs1, imm } = insn;
  const low = r.shifted.get(rs1);
  if (low === undefined || imm > 32) {
    immediate(SHR_U)(r, insn);
    return;
  }
  r.code.get(low);
  r.code.op(ZERO_EXTEND);
  if (imm < 32) {
    r.code.i64Const(32 - imm);
    r.code.op(SHL);
  }
  r.setX(rd);
};

/** The smaller or the greater by a comparison. */
const choose =
  (comparison: number): Emit =>
  (r, { rd, rs1, rs2 }) => {
    r.getX(rs1);
    r.getX(rs2);
    r.getX(rs1);
    r.getX(rs2);
    r.code.op(comparison);
    r.code.op(SELECT);
    r.setX(rd);
  };

/** rd = (rs1 << shift) + rs2 */
const shiftAdd =
  (shift: number, unsignedWord: boolean): Emit =>
  (r, { rd, rs1, rs2 }) => {
    r.getX(rs1);
    if (unsignedWord) {
      r.code.op(WRAP);
      r.code.op(ZERO_EXTEND);
    }
    if (shift > 0) {
      r.code.i64Const(shift);
      r.code.op(SHL);
    }
    r.getX(rs2);
    r.code.op(ADD);
    r.setX(rd);
  };

/** rs1 OP ~rs2 */
const complement =
  (op: number): Emit =>
  (r, { rd, rs1, rs2 }) => {
    r.getX(rs1);
    r.getX(rs2);
    r.code.i64Const(-1);
    r.code.op(XOR);
    r.code.op(op);
    r.setX(rd);
  };

/** One bit, numbered by rs2 or the immediate, as a mask on the stack. */
function bitMask(r: RegionCode, insn: Insn): void {
  r.code.i64Const(1);
  if (insn.op.endsWith('i')) r.code.i64Const(insn.imm);
  else r.getX(insn.rs2);
  r.code.op(SHL);
}

const oneBit =
  (op: number, inverted = false): Emit =>
  (r, insn) => {
    r.getX(insn.rs1);
    bitMask(r, insn);
    if (inverted) {
      r.code.i64Const(-1);
      r.code.op(XOR);
    }
    r.code.op(op);
    r.setX(insn.rd);
  };

const extractBit: Emit = (r, insn) => {
  r.getX(insn.rs1);
  if (insn.op === 'bexti') r.code.i64Const(insn.imm);
  else r.getX(insn.rs2);
  r.code.op(SHR_U);
  r.code.i64Const(1);
  r.code.op(AND);
  r.setX(insn.rd);
};

const zeroIf =
  (whenZero: boolean): Emit =>
  (r, { rd, rs1, rs2 }) => {
    if (whenZero) {
      r.getX(rs1);
      r.code.i64Const(0);
    } else {
      r.code.i64Const(0);
      r.getX(rs1);
    }
    r.getX(rs2);
    r.code.i64Const(0);
    r.code.op(0x52);
    r.code.op(SELECT);
    r.setX(rd);
  };

/** Counts on a word, in 32 bits. */
const wordCount =
  (op: number): Emit =>
  (r, { rd, rs1 }) => {
    r.getX(rs1);
    r.code.op(WRAP);
    r.code.op(op);
    r.code.op(ZERO_EXTEND);
    r.setX(rd);
  };

const constant: Emit = (r, { rd, imm }) => {
  r.code.i64Const(imm);
  r.setX(rd);
};

const addImmediate: Emit = (r, { rd, rs1, imm }) => {
  if (rs1 === 0) r.code.i64Const(imm);
  else {
    r.getX(rs1);
    if (imm !== 0) {
      r.code.i64Const(imm);
      r.code.op(ADD);
    }
  }
  r.setX(rd);
};

const nothing: Emit = () => {};

export const INTEGER: ReadonlyMap<string, Emit> = new Map<string, Emit>([
  ['lui', constant],
  ['addi', addImmediate],
  ['slti', immediate(LT_S, ZERO_EXTEND)],
  ['sltiu', immediate(LT_U, ZERO_EXTEND)],
  ['xori', bitwiseImmediate(XOR, 0x73)],
  ['ori', bitwiseImmediate(OR, 0x72)],
  ['andi', bitwiseImmediate(AND, 0x71)],
  ['slli', shiftLeft],
  ['srli', shiftRight],
  ['srai', immediate(SHR_S)],
  ['addiw', addImmediateWord],
  ['slliw', wordImmediate(0x74)],
  ['srliw', wordImmediate(0x76, notZero)],
  ['sraiw', wordImmediate(0x75)],
  ['add', binary(ADD)],
  ['sub', binary(SUB)],
  ['sll', binary(SHL)],
  ['slt', compare(LT_S, 0x48)],
  ['sltu', compare(LT_U, 0x49)],
  ['xor', bitwise(XOR, 0x73)],
  ['srl', binary(SHR_U)],
  ['sra', binary(SHR_S)],
  ['or', bitwise(OR, 0x72)],
  ['and', bitwise(AND, 0x71)],
  ['addw', word(0x6a)],
  ['subw', word(0x6b)],
  ['sllw', word(0x74)],
  ['srlw', word(0x76)],
  ['sraw', word(0x75)],
  ['fence', nothing],
  ['fence.tso', nothing],
  ['mul', binary(MUL)],
  ['mulw', word(0x6c)],
  ['mulh', high(true, true)],
  ['mulhsu', high(true, false)],
  ['mulhu', high(false, false)],
  ['div', division(true, false)],
  ['divu', division(false, false)],
  ['rem', division(true, true)],
  ['remu', division(false, true)],
  ['divw', wordDivision(true, false)],
  ['divuw', wordDivision(false, false)],
  ['remw', wordDivision(true, true)],
  ['remuw', wordDivision(false, true)],
  ['sh1add', shiftAdd(1, false)],
  ['sh2add', shiftAdd(2, false)],
  ['sh3add', shiftAdd(3, false)],
  ['add.uw', shiftAdd(0, true)],
  ['sh1add.uw', shiftAdd(1, true)],
  ['sh2add.uw', shiftAdd(2, true)],
  ['sh3add.uw', shiftAdd(3, true)],
  [
    'slli.uw',
    (r, { rd, rs1, imm }) => {
      r.getX(rs1);
      r.code.op(WRAP);
      r.code.op(ZERO_EXTEND);
      r.code.i64Const(imm);
      r.code.op(SHL);
      r.setX(rd);
    },
  ],
  ['andn', complement(AND)],
  ['orn', complement(OR)],
  ['xnor', complement(XOR)],
  ['min', choose(LT_S)],
  ['minu', choose(LT_U)],
  ['max', choose(GT_S)],
  ['maxu', choose(GT_U)],
  ['rol', binary(ROTL)],
  ['ror', binary(ROTR)],
  ['rori', immediate(ROTR)],
  ['rolw', word(0x77)],
  ['rorw', word(0x78)],
  ['roriw', wordImmediate(0x78)],
  ['clz', unary(0x79)],
  ['ctz', unary(0x7a)],
  ['cpop', unary(0x7b)],
  ['clzw', wordCount(0x67)],
  ['ctzw', wordCount(0x68)],
  ['cpopw', wordCount(0x69)],
  ['sext.b', unary(0xc2)],
  ['sext.h', unary(0xc3)],
  [
    'zext.h',
    (r, { rd, rs1 }) => {
      r.getX(rs1);
      r.code.i64Const(0xffff);
      r.code.op(AND);
      r.setX(rd);
    },
  ],
  ['bset', oneBit(OR)],
  ['bseti', oneBit(OR)],
  ['binv', oneBit(XOR)],
  ['binvi', oneBit(XOR)],
  ['bclr', oneBit(AND, true)],
  ['bclri', oneBit(AND, true)],
  ['bext', extractBit],
  ['bexti', extractBit],
  ['czero.eqz', zeroIf(true)],
  ['czero.nez', zeroIf(false)],
]);

/** Comparison of a branch, and of its opposite. */
export const CONDITIONS: Readonly<Record<string, readonly [number, number]>> = {
  beq: [EQ, 0x52],
  bne: [0x52, EQ],
  blt: [LT_S, 0x59],
  bge: [0x59, LT_S],
  bltu: [LT_U, 0x5a],
  bgeu: [0x5a, LT_U],
};

/** The condition of a branch, or its opposite, on the stack. */
export function condition(r: RegionCode, { op, rs1, rs2 }: Insn, opposite: boolean): void {
  const test = CONDITIONS[op][opposite ? 1 : 0];
  if (rs2 !== 0 && isWord(r.words, rs1) && isWord(r.words, rs2)) {
    r.getX(rs1);
    r.code.op(WRAP);
    r.getX(rs2);
    r.code.op(WRAP);
    // The 32-bit comparisons have the same order.
    r.code.op(test - EQ + 0x46);
    return;
  }
  r.getX(rs1);
  if (rs2 === 0 && (test === EQ || test === 0x52)) {
    if (test === EQ) {
      r.code.op(EQZ);
      return;
    }
    r.code.i64Const(0);
    r.code.op(0x52);
    return;
  }
  r.getX(rs2);
  r.code.op(test);
}
