/**
 * All 49152 compressed halfwords: each is run beside the 32-bit instruction that the manual says it stands for, from the same registers
 * and memory, and must do the same. The expansion here is written from the manual's tables and shares nothing with the instruction table.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EXIT_BUDGET, EXIT_EBREAK, EXIT_ILLEGAL } from '../../assembly/shared/exit.js';
import { Hart, RW, RWX, u64 } from '../support/hart.js';

const CODE = 0x10000;
const FULL = 0x12000;
const DATA = 0x40000;

/** Bits high..low of a word. */
const field = (word: number, high: number, low: number): number => (word >>> low) & ((1 << (high - low + 1)) - 1);
const signed = (value: number, bits: number): number => (value << (32 - bits)) >> (32 - bits);

const iType = (imm: number, rs1: number, f3: number, rd: number, opcode: number): number =>
  (((imm & 0xfff) << 20) | (rs1 << 15) | (f3 << 12) | (rd << 7) | opcode) >>> 0;
const rType = (f7: number, rs2: number, rs1: number, f3: number, rd: number, opcode: number): number =>
  ((f7 << 25) | (rs2 << 20) | (rs1 << 15) | (f3 << 12) | (rd << 7) | opcode) >>> 0;
const sType = (imm: number, rs2: number, rs1: number, f3: number, opcode: number): number =>
  (((imm >> 5) << 25) | (rs2 << 20) | (rs1 << 15) | (f3 << 12) | ((imm & 31) << 7) | opcode) >>> 0;
const bType = (imm: number, rs1: number, f3: number): number =>
  ((field(imm, 12, 12) << 31) |
    (field(imm, 10, 5) << 25) |
    (rs1 << 15) |
    (f3 << 12) |
    (field(imm, 4, 1) << 8) |
    (field(imm, 11, 11) << 7) |
    0x63) >>>
  0;
const jType = (imm: number): number =>
  ((field(imm, 20, 20) << 31) | (field(imm, 10, 1) << 21) | (field(imm, 11, 11) << 20) | (field(imm, 19, 12) << 12) | 0x6f) >>> 0;

const OP_IMM = 0x13;
const OP_IMM_32 = 0x1b;
const OP = 0x33;
const OP_32 = 0x3b;
const EBREAK = 0x00100073;

/** Quadrant 0: loads and stores of s0..a5, and c.addi4spn. */
function quadrant0(h: number): number | undefined {
  const rd = field(h, 4, 2) + 8;
  const rs1 = field(h, 9, 7) + 8;
  const word = (field(h, 5, 5) << 6) | (field(h, 12, 10) << 3) | (field(h, 6, 6) << 2);
  const double = (field(h, 6, 5) << 6) | (field(h, 12, 10) << 3);
  switch (h >>> 13) {
    case 0: {
      const imm = (field(h, 10, 7) << 6) | (field(h, 12, 11) << 4) | (field(h, 5, 5) << 3) | (field(h, 6, 6) << 2);
      return imm === 0 ? undefined : iType(imm, 2, 0, rd, OP_IMM);
    }
    case 1:
      return iType(double, rs1, 3, rd, 0x07);
    case 2:
      return iType(word, rs1, 2, rd, 0x03);
    case 3:
      return iType(double, rs1, 3, rd, 0x03);
    case 5:
      return sType(double, rd, rs1, 3, 0x27);
    case 6:
      return sType(word, rd, rs1, 2, 0x23);
    case 7:
      return sType(double, rd, rs1, 3, 0x23);
  }
  return undefined;
}

/** Quadrant 1, funct3 100: arithmetic of s0..a5. */
function arithmetic(h: number, imm: number, shift: number): number | undefined {
  const rd = field(h, 9, 7) + 8;
  const rs2 = field(h, 4, 2) + 8;
  switch (field(h, 11, 10)) {
    case 0:
      return iType(shift, rd, 5, rd, OP_IMM);
    case 1:
      return iType(shift | 0x400, rd, 5, rd, OP_IMM);
    case 2:
      return iType(imm, rd, 7, rd, OP_IMM);
  }
  const which = field(h, 6, 5);
  if (field(h, 12, 12) === 0) return which === 0 ? rType(32, rs2, rd, 0, rd, OP) : rType(0, rs2, rd, [0, 4, 6, 7][which], rd, OP);
  if (which > 1) return undefined;
  return rType(which === 0 ? 32 : 0, rs2, rd, 0, rd, OP_32);
}

function quadrant1(h: number): number | undefined {
  const rd = field(h, 11, 7);
  const shift = (field(h, 12, 12) << 5) | field(h, 6, 2);
  const imm = signed(shift, 6);
  switch (h >>> 13) {
    case 0:
      return iType(imm, rd, 0, rd, OP_IMM);
    case 1:
      return rd === 0 ? undefined : iType(imm, rd, 0, rd, OP_IMM_32);
    case 2:
      return iType(imm, 0, 0, rd, OP_IMM);
    case 3: {
      if (imm === 0) return undefined;
      if (rd !== 2) return (((imm & 0xfffff) << 12) | (rd << 7) | 0x37) >>> 0;
      const high = (field(h, 12, 12) << 9) | (field(h, 4, 3) << 7) | (field(h, 5, 5) << 6) | (field(h, 2, 2) << 5) | (field(h, 6, 6) << 4);
      return iType(signed(high, 10), 2, 0, 2, OP_IMM);
    }
    case 4:
      return arithmetic(h, imm, shift);
    case 5: {
      const far =
        (field(h, 12, 12) << 11) | (field(h, 8, 8) << 10) | (field(h, 10, 9) << 8) | (field(h, 6, 6) << 7) | (field(h, 7, 7) << 6);
      const near = (field(h, 2, 2) << 5) | (field(h, 11, 11) << 4) | (field(h, 5, 3) << 1);
      return jType(signed(far | near, 12));
    }
  }
  const far = (field(h, 12, 12) << 8) | (field(h, 6, 5) << 6) | (field(h, 2, 2) << 5);
  const near = (field(h, 11, 10) << 3) | (field(h, 4, 3) << 1);
  return bType(signed(far | near, 9), field(h, 9, 7) + 8, h >>> 13 === 6 ? 0 : 1);
}

/** Quadrant 2: all registers, sp-relative loads and stores, jumps to registers. */
function quadrant2(h: number): number | undefined {
  const rd = field(h, 11, 7);
  const rs2 = field(h, 6, 2);
  const loadDouble = (field(h, 4, 2) << 6) | (field(h, 12, 12) << 5) | (field(h, 6, 5) << 3);
  const loadWord = (field(h, 3, 2) << 6) | (field(h, 12, 12) << 5) | (field(h, 6, 4) << 2);
  const storeDouble = (field(h, 9, 7) << 6) | (field(h, 12, 10) << 3);
  const storeWord = (field(h, 8, 7) << 6) | (field(h, 12, 9) << 2);
  switch (h >>> 13) {
    case 0:
      return iType((field(h, 12, 12) << 5) | rs2, rd, 1, rd, OP_IMM);
    case 1:
      return iType(loadDouble, 2, 3, rd, 0x07);
    case 2:
      return rd === 0 ? undefined : iType(loadWord, 2, 2, rd, 0x03);
    case 3:
      return rd === 0 ? undefined : iType(loadDouble, 2, 3, rd, 0x03);
    case 4:
      if (field(h, 12, 12) === 0) {
        if (rs2 !== 0) return rType(0, rs2, 0, 0, rd, OP);
        return rd === 0 ? undefined : iType(0, rd, 0, 0, 0x67);
      }
      if (rs2 !== 0) return rType(0, rs2, rd, 0, rd, OP);
      return rd === 0 ? EBREAK : iType(0, rd, 0, 1, 0x67);
    case 5:
      return sType(storeDouble, rs2, 2, 3, 0x27);
    case 6:
      return sType(storeWord, rs2, 2, 2, 0x23);
  }
  return sType(storeDouble, rs2, 2, 3, 0x23);
}

const expand = (h: number): number | undefined => [quadrant0, quadrant1, quadrant2][h & 3](h);

const START_X = Array.from({ length: 32 }, (_, n) => u64(BigInt(n) * 0x9e3779b97f4a7c15n));
/** Every register that can be a base points into the data; the others are noise. */
for (const n of [2, 8, 9, 10, 11, 12, 13, 14, 15]) START_X[n] = BigInt(DATA + 64 * n);
const START_F = Array.from({ length: 32 }, (_, n) => u64(BigInt(n + 77) * 0xc2b2ae3d27d4eb4fn));
const START_DATA = Uint8Array.from({ length: 4096 }, (_, i) => (i * 37 + (i >> 8)) & 255);

interface Outcome {
  reason: number;
  distance: number;
  state: string;
}

/** One instruction from the common state; the link register of calls is given as a distance beyond the instruction. */
function execute(hart: Hart, at: number, length: number): Outcome {
  for (let n = 1; n < 32; n++) hart.setX(n, START_X[n]);
  for (let n = 0; n < 32; n++) hart.setF(n, START_F[n]);
  hart.write(DATA, START_DATA);
  hart.pc = at;
  const reason = hart.run(1);
  const registers = Array.from({ length: 32 }, (_, n) => (hart.x(n) === BigInt(at + length) ? 'link' : hart.x(n).toString(16)));
  const floats = Array.from({ length: 32 }, (_, n) => hart.f(n).toString(16));
  const bytes = Buffer.from(hart.read(DATA, 4096)).toString('latin1');
  return { reason, distance: hart.pc - at, state: `${registers} ${floats} ${bytes}` };
}

test('every compressed word does what its full form does, or is illegal', async () => {
  const hart = await Hart.create();
  hart.map(CODE, 8, RWX);
  hart.map(DATA, 1, RW);
  const wrong: string[] = [];
  const exits = new Map<number, number>();
  for (let half = 0; half < 65536; half++) {
    if ((half & 3) === 3) continue;
    const full = expand(half);
    hart.code(CODE + 0x800, [half]);
    const short = execute(hart, CODE + 0x800, 2);
    exits.set(short.reason, (exits.get(short.reason) ?? 0) + 1);
    if (full === undefined) {
      if (short.reason !== EXIT_ILLEGAL || short.distance !== 0) wrong.push(`${half.toString(16)}: exit ${short.reason}, not illegal`);
      continue;
    }
    hart.code(FULL + 0x800, [full]);
    const long = execute(hart, FULL + 0x800, 4);
    const toRegister = (full & 0x7f) === 0x67;
    const isJump = toRegister || (full & 0x7f) === 0x6f;
    // A jump to a register goes to the same place from both; what goes on behind itself is 2 or 4 bytes further.
    if (toRegister) long.distance += FULL - CODE;
    const same = short.distance === long.distance || (!isJump && short.distance === 2 && long.distance === 4);
    if (short.reason !== long.reason || !same || short.state !== long.state)
      wrong.push(
        `${half.toString(16)} and ${full.toString(16)}: exits ${short.reason}, ${long.reason}; to ${short.distance}, ${long.distance}`,
      );
  }
  assert.is(wrong.length, 0, `${wrong.length}: ${wrong.slice(0, 10).join('; ')}`);
  assert.is(exits.get(EXIT_EBREAK), 1);
  assert.ok((exits.get(EXIT_BUDGET) ?? 0) > 40000);
});

test.run();
