/**
 * Operand kinds: where an operand lies in the instruction word. Assembler and disassembler share them.
 *
 * An immediate's bits are scattered: `pieces` lists them as [lowest bit of the value, lowest bit of the word, count]
 * (RISC-V unprivileged manual: "Immediate Encoding Variants", and the formats of the C extension).
 */
export type Piece = readonly [valueBit: number, wordBit: number, count: number];

export interface RegisterField {
  readonly type: 'x' | 'f';
  readonly bit: number;
  /** Three bits that name registers 8 to 15. */
  readonly compressed?: boolean;
  /** A register with which the word is reserved or another instruction. */
  readonly except?: number;
}

export interface ImmediateField {
  readonly type: 'imm';
  readonly pieces: readonly Piece[];
  /** Width of the value, its low zero bits included. */
  readonly bits: number;
  readonly signed?: boolean;
  /** The value is a distance from the instruction; written as the target's address. */
  readonly target?: boolean;
  /** Written in hexadecimal, as shift amounts are. */
  readonly hex?: boolean;
  /** The 20 upper bits of a register: a negative one may be written either way. */
  readonly upper?: boolean;
  readonly nonzero?: boolean;
}

export interface SpecialField {
  readonly type: 'csr' | 'rm' | 'fence';
  readonly bit: number;
  /** The rounding mode of a conversion that is always exact: not shown, and 0 unless it is written. */
  readonly exact?: boolean;
}

/** A register without a place in the word: sp in c.lwsp. */
export interface FixedField {
  readonly type: 'fixed';
  readonly register: number;
}

export type Field = RegisterField | ImmediateField | SpecialField | FixedField;

type ImmediateRest = Omit<ImmediateField, 'type' | 'bits' | 'pieces'>;

const x = (bit: number): RegisterField => ({ type: 'x', bit });
const f = (bit: number): RegisterField => ({ type: 'f', bit });
const cx = (bit: number): RegisterField => ({ type: 'x', bit, compressed: true });
const cf = (bit: number): RegisterField => ({ type: 'f', bit, compressed: true });

/** layout: "value.word.count" triples, as "1.8.4 5.25.6 11.7.1 12.31.1" for branches. */
function imm(bits: number, layout: string, rest: ImmediateRest = {}): ImmediateField {
  const pieces = layout.split(' ').map((piece) => piece.split('.').map(Number) as unknown as Piece);
  return { type: 'imm', bits, pieces, ...rest };
}

export const FIELDS: Readonly<Record<string, Field>> = {
  rd: x(7),
  rs1: x(15),
  rs2: x(20),
  fd: f(7),
  fs1: f(15),
  fs2: f(20),
  fs3: f(27),
  imm: imm(12, '0.20.12', { signed: true }),
  store: imm(12, '0.7.5 5.25.7', { signed: true }),
  branch: imm(13, '1.8.4 5.25.6 11.7.1 12.31.1', { signed: true, target: true }),
  jump: imm(21, '1.21.10 11.20.1 12.12.8 20.31.1', { signed: true, target: true }),
  upper: imm(20, '0.12.20', { upper: true, hex: true }),
  shamt: imm(6, '0.20.6', { hex: true }),
  shamtw: imm(5, '0.20.5', { hex: true }),
  zimm: imm(5, '0.15.5'),
  csr: { type: 'csr', bit: 20 },
  rm: { type: 'rm', bit: 12 },
  rmx: { type: 'rm', bit: 12, exact: true },
  pred: { type: 'fence', bit: 24 },
  succ: { type: 'fence', bit: 20 },
  // C extension: an apostrophe in the manual's names is a `q` here.
  rdnz: { type: 'x', bit: 7, except: 0 },
  rdlui: { type: 'x', bit: 7, except: 2 },
  crs2: x(2),
  crs2nz: { type: 'x', bit: 2, except: 0 },
  cfs2: f(2),
  crdq: cx(2),
  cfdq: cf(2),
  crs1q: cx(7),
  crs2q: cx(2),
  cfs2q: cf(2),
  sp: { type: 'fixed', register: 2 },
  cimm: imm(6, '0.2.5 5.12.1', { signed: true }),
  cupper: imm(6, '0.2.5 5.12.1', { signed: true, upper: true, hex: true, nonzero: true }),
  cshamt: imm(6, '0.2.5 5.12.1', { hex: true }),
  c4spn: imm(10, '4.11.2 6.7.4 2.6.1 3.5.1', { nonzero: true }),
  c16sp: imm(10, '9.12.1 4.6.1 6.5.1 7.3.2 5.2.1', { signed: true, nonzero: true }),
  clw: imm(7, '3.10.3 2.6.1 6.5.1'),
  cld: imm(8, '3.10.3 6.5.2'),
  clwsp: imm(8, '5.12.1 2.4.3 6.2.2'),
  cldsp: imm(9, '5.12.1 3.5.2 6.2.3'),
  cswsp: imm(8, '2.9.4 6.7.2'),
  csdsp: imm(9, '3.10.3 6.7.3'),
  cjump: imm(12, '11.12.1 4.11.1 8.9.2 10.8.1 6.7.1 7.6.1 1.3.3 5.2.1', { signed: true, target: true }),
  cbranch: imm(9, '8.12.1 3.10.2 6.5.2 1.3.2 5.2.1', { signed: true, target: true }),
};

const maskOf = (count: number): number => (1 << count) - 1;

export function extractImmediate(field: ImmediateField, word: number): number {
  let value = 0;
  for (const [valueBit, wordBit, count] of field.pieces) value |= ((word >>> wordBit) & maskOf(count)) << valueBit;
  const unused = 32 - field.bits;
  return field.signed ? (value << unused) >> unused : value;
}

/** The bits of a value that has been checked to fit. */
export function insertImmediate(field: ImmediateField, value: number): number {
  let word = 0;
  for (const [valueBit, wordBit, count] of field.pieces) word |= ((value >>> valueBit) & maskOf(count)) << wordBit;
  return word >>> 0;
}

/** Low bits of the value that are zero by construction. */
export function alignmentOf(field: ImmediateField): number {
  return 2 ** Math.min(...field.pieces.map(([valueBit]) => valueBit));
}

/** Smallest and largest value that the field can hold. */
export function rangeOf(field: ImmediateField): readonly [number, number] {
  if (field.signed) return [-(2 ** (field.bits - 1)), 2 ** (field.bits - 1) - alignmentOf(field)];
  return [0, 2 ** field.bits - alignmentOf(field)];
}

export function extractRegister(field: RegisterField, word: number): number {
  return field.compressed ? ((word >>> field.bit) & 7) + 8 : (word >>> field.bit) & 31;
}

const words = (...lines: readonly string[]): readonly string[] => lines.join(' ').split(' ');

export const X_NAMES: readonly string[] = words(
  'zero ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5',
  'a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6',
);

export const F_NAMES: readonly string[] = words(
  'ft0 ft1 ft2 ft3 ft4 ft5 ft6 ft7 fs0 fs1 fa0 fa1 fa2 fa3 fa4 fa5',
  'fa6 fa7 fs2 fs3 fs4 fs5 fs6 fs7 fs8 fs9 fs10 fs11 ft8 ft9 ft10 ft11',
);

/** Index = encoding; the empty ones are reserved. */
export const ROUNDING_NAMES: readonly string[] = ['rne', 'rtz', 'rdn', 'rup', 'rmm', '', '', 'dyn'];
