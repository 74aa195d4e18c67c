/** assembly/generated/baseline.ts: what baseline code (assembly/baseline) is for each operation of the interpreter. */
import { OPERATIONS, type Operation } from './model.js';

/** Wasm's instructions that templates are made of. */
const WASM: Readonly<Record<string, number>> = {
  if64: 0x04,
  else: 0x05,
  end: 0x0b,
  select: 0x1b,
  'i32.eqz': 0x45,
  'i32.clz': 0x67,
  'i32.ctz': 0x68,
  'i32.popcnt': 0x69,
  'i32.add': 0x6a,
  'i32.sub': 0x6b,
  'i32.mul': 0x6c,
  'i32.div_u': 0x6e,
  'i32.rem_s': 0x6f,
  'i32.rem_u': 0x70,
  'i32.shl': 0x74,
  'i32.shr_s': 0x75,
  'i32.shr_u': 0x76,
  'i32.rotl': 0x77,
  'i32.rotr': 0x78,
  'i64.eqz': 0x50,
  'i64.eq': 0x51,
  'i64.ne': 0x52,
  'i64.lt_s': 0x53,
  'i64.lt_u': 0x54,
  'i64.gt_s': 0x55,
  'i64.gt_u': 0x56,
  'i64.ge_s': 0x59,
  'i64.ge_u': 0x5a,
  'i64.clz': 0x79,
  'i64.ctz': 0x7a,
  'i64.popcnt': 0x7b,
  'i64.add': 0x7c,
  'i64.sub': 0x7d,
  'i64.mul': 0x7e,
  'i64.div_s': 0x7f,
  'i64.div_u': 0x80,
  'i64.rem_s': 0x81,
  'i64.rem_u': 0x82,
  'i64.and': 0x83,
  'i64.or': 0x84,
  'i64.xor': 0x85,
  'i64.shl': 0x86,
  'i64.shr_s': 0x87,
  'i64.shr_u': 0x88,
  'f64.convert_i32_s': 0xb7,
  'f64.convert_i32_u': 0xb8,
  'i64.reinterpret_f64': 0xbd,
  'i64.extend_i32_s': 0xac,
  'i64.extend_i32_u': 0xad,
  'i64.extend8_s': 0xc2,
  'i64.extend16_s': 0xc3,
  'i64.extend32_s': 0xc4,
};

/**
 * Operands: a, b are rs1 and rs2, A, B their low words (32 bits); i, I the immediate; f, g are fs1 and fs2 as bits, F the low word of fs1;
 * d is the second register of a branch. `#n` is a constant of 64 bits.
 */
const OPERANDS: Readonly<Record<string, number>> = {
  a: 0xf0,
  b: 0xf1,
  i: 0xf2,
  A: 0xf3,
  B: 0xf4,
  I: 0xf5,
  f: 0xf6,
  g: 0xf7,
  F: 0xf8,
  d: 0xf9,
};
/** Before a byte that would be an operand, or the end. */
const LITERAL = 0xef;
const END = 0xee;

const I64_CONST = 0x42;
const I64 = 0x7e;

/** Singles lie in the low half, under ones. */
const BOX = 'i64.extend_i32_u #-4294967296 i64.or';
const bit = (which: string): string => `#1 ${which} i64.shl`;
/** No rotation of 64 bits: V8's baseline compiler calls a C function for it. */
const rotation = (by: string, there: string, back: string): string => `a ${by} ${there} a #0 ${by} i64.sub ${back} i64.or`;
const byZero = (test: string, zero: string, other: string): string => `${test} if64 ${zero} else ${other} end`;
const chosen = (comparison: string): string => `a b a b ${comparison} select`;

/** Values of rd. */
const INTEGER: Readonly<Record<string, string>> = {
  lui: 'i',
  addi: 'a i i64.add',
  slti: 'a i i64.lt_s i64.extend_i32_u',
  sltiu: 'a i i64.lt_u i64.extend_i32_u',
  xori: 'a i i64.xor',
  ori: 'a i i64.or',
  andi: 'a i i64.and',
  slli: 'a i i64.shl',
  srli: 'a i i64.shr_u',
  srai: 'a i i64.shr_s',
  addiw: 'A I i32.add i64.extend_i32_s',
  slliw: 'A I i32.shl i64.extend_i32_s',
  srliw: 'A I i32.shr_u i64.extend_i32_s',
  sraiw: 'A I i32.shr_s i64.extend_i32_s',
  add: 'a b i64.add',
  sub: 'a b i64.sub',
  sll: 'a b i64.shl',
  slt: 'a b i64.lt_s i64.extend_i32_u',
  sltu: 'a b i64.lt_u i64.extend_i32_u',
  xor: 'a b i64.xor',
  srl: 'a b i64.shr_u',
  sra: 'a b i64.shr_s',
  or: 'a b i64.or',
  and: 'a b i64.and',
  addw: 'A B i32.add i64.extend_i32_s',
  subw: 'A B i32.sub i64.extend_i32_s',
  sllw: 'A B i32.shl i64.extend_i32_s',
  srlw: 'A B i32.shr_u i64.extend_i32_s',
  sraw: 'A B i32.shr_s i64.extend_i32_s',
  mul: 'a b i64.mul',
  mulw: 'A B i32.mul i64.extend_i32_s',
  div: byZero('b i64.eqz', '#-1', byZero('b #-1 i64.eq', '#0 a i64.sub', 'a b i64.div_s')),
  divu: byZero('b i64.eqz', '#-1', 'a b i64.div_u'),
  rem: byZero('b i64.eqz', 'a', 'a b i64.rem_s'),
  remu: byZero('b i64.eqz', 'a', 'a b i64.rem_u'),
  divw: byZero('B i32.eqz', '#-1', 'A i64.extend_i32_s B i64.extend_i32_s i64.div_s i64.extend32_s'),
  divuw: byZero('B i32.eqz', '#-1', 'A B i32.div_u i64.extend_i32_s'),
  remw: byZero('B i32.eqz', 'A i64.extend_i32_s', 'A B i32.rem_s i64.extend_i32_s'),
  remuw: byZero('B i32.eqz', 'A i64.extend_i32_s', 'A B i32.rem_u i64.extend_i32_s'),
  sh1add: 'a #1 i64.shl b i64.add',
  sh2add: 'a #2 i64.shl b i64.add',
  sh3add: 'a #3 i64.shl b i64.add',
  'add.uw': 'A i64.extend_i32_u b i64.add',
  'sh1add.uw': 'A i64.extend_i32_u #1 i64.shl b i64.add',
  'sh2add.uw': 'A i64.extend_i32_u #2 i64.shl b i64.add',
  'sh3add.uw': 'A i64.extend_i32_u #3 i64.shl b i64.add',
  'slli.uw': 'A i64.extend_i32_u i i64.shl',
  andn: 'a b #-1 i64.xor i64.and',
  orn: 'a b #-1 i64.xor i64.or',
  xnor: 'a b i64.xor #-1 i64.xor',
  min: chosen('i64.lt_s'),
  minu: chosen('i64.lt_u'),
  max: chosen('i64.gt_s'),
  maxu: chosen('i64.gt_u'),
  rol: rotation('b', 'i64.shl', 'i64.shr_u'),
  ror: rotation('b', 'i64.shr_u', 'i64.shl'),
  rori: rotation('i', 'i64.shr_u', 'i64.shl'),
  clz: 'a i64.clz',
  ctz: 'a i64.ctz',
  cpop: 'a i64.popcnt',
  clzw: 'A i32.clz i64.extend_i32_u',
  ctzw: 'A i32.ctz i64.extend_i32_u',
  cpopw: 'A i32.popcnt i64.extend_i32_u',
  'sext.b': 'a i64.extend8_s',
  'sext.h': 'a i64.extend16_s',
  'zext.h': 'a #65535 i64.and',
  bset: `a ${bit('b')} i64.or`,
  bseti: `a ${bit('i')} i64.or`,
  binv: `a ${bit('b')} i64.xor`,
  binvi: `a ${bit('i')} i64.xor`,
  bclr: `a ${bit('b')} #-1 i64.xor i64.and`,
  bclri: `a ${bit('i')} #-1 i64.xor i64.and`,
  bext: 'a b i64.shr_u #1 i64.and',
  bexti: 'a i i64.shr_u #1 i64.and',
  'czero.eqz': 'a #0 b #0 i64.ne select',
  'czero.nez': '#0 a b #0 i64.ne select',
  'fmv.x.w': 'F i64.extend_i32_s',
  'fmv.x.d': 'f',
};

/** Values of fd, as bits. */
const FLOAT: Readonly<Record<string, string>> = {
  'fmv.w.x': `A ${BOX}`,
  'fmv.d.x': 'a',
  'fcvt.d.w': 'A f64.convert_i32_s i64.reinterpret_f64',
  'fcvt.d.wu': 'A f64.convert_i32_u i64.reinterpret_f64',
  'fsgnj.d': 'f #1 i64.shl #1 i64.shr_u g #63 i64.shr_u #63 i64.shl i64.or',
  'fsgnjn.d': 'f #1 i64.shl #1 i64.shr_u g #-1 i64.xor #63 i64.shr_u #63 i64.shl i64.or',
  'fsgnjx.d': 'f g #63 i64.shr_u #63 i64.shl i64.xor',
};

const BRANCHES: Readonly<Record<string, string>> = {
  beq: 'a d i64.eq',
  bne: 'a d i64.ne',
  blt: 'a d i64.lt_s',
  bge: 'a d i64.ge_s',
  bltu: 'a d i64.lt_u',
  bgeu: 'a d i64.ge_u',
};
const ZERO_BRANCHES: Readonly<Record<string, string>> = { beq: 'a i64.eqz', bne: 'a #0 i64.ne' };

/** Wasm's load or store, log2 of the size. */
const ACCESSES: Readonly<Record<string, readonly [code: number, shift: number]>> = {
  lb: [0x30, 0],
  lbu: [0x31, 0],
  lh: [0x32, 1],
  lhu: [0x33, 1],
  lw: [0x34, 2],
  lwu: [0x35, 2],
  ld: [0x29, 3],
  flw: [0x35, 2],
  fld: [0x29, 3],
  sb: [0x3c, 0],
  sh: [0x3d, 1],
  sw: [0x3e, 2],
  sd: [0x37, 3],
  fsw: [0x3e, 2],
  fsd: [0x37, 3],
};

/** Wasm's instruction for doubles, tried first: baseline/float.ts. */
const ARITHMETIC: Readonly<Record<string, number>> = { 'fadd.d': 0xa0, 'fsub.d': 0xa1, 'fmul.d': 0xa2, 'fdiv.d': 0xa3, 'fsqrt.d': 0x9f };
const COMPARISONS: Readonly<Record<string, number>> = { 'feq.d': 0x61, 'flt.d': 0x63, 'fle.d': 0x65 };
/** Its conversion that saturates (behind 0xfc), and from integers. */
const TO_INTEGER: Readonly<Record<string, number>> = { 'fcvt.w.d': 2, 'fcvt.l.d': 6 };
const FROM_INTEGER: Readonly<Record<string, number>> = { 'fcvt.d.l': 0xb9 };

const KINDS = [
  'LEAVE',
  'ASK',
  'ASK_FLOAT',
  'ASK_ACCESS',
  'INTEGER',
  'FLOAT',
  'LOAD',
  'LOAD_NOWHERE',
  'LOAD_FLOAT',
  'LOAD_SINGLE',
  'STORE',
  'STORE_FLOAT',
  'BRANCH',
  'JAL',
  'JAL_NO_LINK',
  'JALR',
  'JALR_NO_LINK',
  'ECALL',
  'NOTHING',
  'AUIPC',
  'ARITHMETIC',
  'COMPARISON',
  'TO_INTEGER',
  'FROM_INTEGER',
  'CSR',
] as const;
type Kind = (typeof KINDS)[number];

function constant(value: number): number[] {
  const bytes: number[] = [I64_CONST];
  for (let rest = BigInt(value); ; rest >>= 7n) {
    const last = rest >= -64n && rest < 64n;
    const byte = Number(BigInt.asUintN(7, rest)) | (last ? 0 : 0x80);
    bytes.push(...(byte >= END ? [LITERAL, byte] : [byte]));
    if (last) return bytes;
  }
}

function encode(template: string): number[] {
  return template.split(' ').flatMap((word) => {
    if (word in OPERANDS) return [OPERANDS[word]];
    if (word.startsWith('#')) return constant(Number(word.slice(1)));
    if (word === 'if64') return [WASM[word], I64];
    if (!(word in WASM)) throw new Error(`no Wasm instruction ${word}`);
    return [WASM[word]];
  });
}

/** `code`, `shift`: of ACCESSES. */
interface Rule {
  readonly kind: Kind;
  readonly template?: string;
  readonly code?: number;
  readonly shift?: number;
}

function ruleOf({ row, form }: Operation): Rule {
  const { name, semantics } = row;
  if (form === 'LI') return { kind: 'INTEGER', template: 'i' };
  if (form === 'MV') return { kind: 'INTEGER', template: 'a' };
  if (name in INTEGER) return { kind: 'INTEGER', template: INTEGER[name] };
  if (name in FLOAT) return { kind: 'FLOAT', template: FLOAT[name] };
  if (name in BRANCHES) return { kind: 'BRANCH', template: (form === 'Z' ? ZERO_BRANCHES : BRANCHES)[name] };
  if (name in ARITHMETIC) return { kind: 'ARITHMETIC', code: ARITHMETIC[name] };
  if (name in COMPARISONS) return { kind: 'COMPARISON', code: COMPARISONS[name] };
  if (name in TO_INTEGER) return { kind: 'TO_INTEGER', code: TO_INTEGER[name] };
  if (name in FROM_INTEGER) return { kind: 'FROM_INTEGER', code: FROM_INTEGER[name] };
  const [kind] = semantics.split(' ');
  if (name.startsWith('csrr')) return { kind: 'CSR' };
  if (name in ACCESSES) {
    const [code, shift] = ACCESSES[name];
    const isFloat = name.startsWith('f');
    if (kind === 'store') return { kind: isFloat ? 'STORE_FLOAT' : 'STORE', code, shift };
    if (name === 'flw') return { kind: 'LOAD_SINGLE', code, shift };
    return { kind: isFloat ? 'LOAD_FLOAT' : form === 'V' ? 'LOAD_NOWHERE' : 'LOAD', code, shift };
  }
  if (kind === 'jal' || kind === 'jalr') return { kind: `${kind === 'jal' ? 'JAL' : 'JALR'}${form === 'V' ? '_NO_LINK' : ''}` };
  if (kind === 'ecall') return { kind: 'ECALL' };
  if (kind === 'auipc') return { kind: 'AUIPC' };
  if (kind === 'nop' || kind === 'fencei') return { kind: 'NOTHING' };
  if (kind === 'lr' || kind === 'sc' || kind === 'amo') return { kind: 'ASK_ACCESS' };
  if (/^[xfs]$/.test(kind)) return { kind: /\bf[a-z]+_\w+\(/.test(semantics) ? 'ASK_FLOAT' : 'ASK' };
  return { kind: 'LEAVE' };
}

const constantName = (kind: Kind): string => `KIND_${kind}`;

export function generateBaseline(): string {
  const offsets = new Map<string, number>();
  const templates: number[] = [END];
  const rows = OPERATIONS.map((operation) => {
    const { kind, template, code = 0, shift = 0 } = ruleOf(operation);
    let offset = 0;
    if (template !== undefined) {
      offset = offsets.get(template) ?? templates.length;
      if (!offsets.has(template)) templates.push(...encode(template), END);
      offsets.set(template, offset);
    }
    return `    case op.${operation.name}: return rule(${constantName(kind)}, ${operation.length}, ${code}, ${shift}, ${offset});`;
  });
  const kinds = KINDS.map((kind, i) => `export const ${constantName(kind)}: u32 = ${i};`);
  const operands = Object.entries(OPERANDS).map(([, code], i) => `export const ${OPERAND_NAMES[i]}: u8 = ${code};`);
  const lines: string[] = [];
  for (let at = 0; at < templates.length; at += 32) lines.push(`  ${templates.slice(at, at + 32).join(', ')},`);
  return `// Baseline code of each operation. Written by isa/generate.ts: do not edit.
import * as op from './ops';

${kinds.join('\n')}

/* Bytes of templates that stand for operands; any other byte is Wasm's own, that behind LITERAL too. */
export const END: u8 = ${END};
export const LITERAL: u8 = ${LITERAL};
${operands.join('\n')}

export const templates = memory.data<u8>([
${lines.join('\n')}
]);

// @ts-ignore: decorator
@inline
function rule(kind: u32, length: u32, code: u32, shift: u32, template: u32): u64 {
  return <u64>(kind | (length << 8) | (code << 16) | (shift << 24)) | ((<u64>template) << 32);
}

/** KIND_*, bytes of the instruction, Wasm's load or store, log2 of its size; in the upper half the template's offset. */
export function baselineRule(operation: u32): u64 {
  switch (operation) {
    case op.OP_C_NOP: return rule(KIND_NOTHING, 2, 0, 0, 0);
${rows.join('\n')}
    default: return rule(KIND_LEAVE, 4, 0, 0, 0);
  }
}
`;
}

const OPERAND_NAMES = ['RS1', 'RS2', 'IMMEDIATE', 'RS1_WORD', 'RS2_WORD', 'IMMEDIATE_WORD', 'FS1', 'FS2', 'FS1_WORD', 'RS2_OF_BRANCH'];
