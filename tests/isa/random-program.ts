/**
 * Seeded random programs over the whole instruction table. A program loads all registers from its data, runs a body of random
 * instructions several times, stores all registers behind each other and writes that and its scratch memory to standard output.
 *
 *   x2, x8   bases of loads and stores: near a page border of the scratch memory, and in the middle of a page
 *   x9       address of atomics and of jumps to registers, set just before them
 *   x3, x4   the data, the turns left; nothing random writes these five
 */
import { FIELDS, type Field, rangeOf } from '../../host/debug/fields.js';
import { ROWS, type Row } from '../../isa/table/index.js';
import { encode, fieldNames, rowOf } from '../support/encode.js';
import { codeBytes } from '../support/hart.js';
import type { Random } from '../support/random.js';

export const TEXT = 0x10000;
export const DATA = 0x200000;
const X_AT = 0;
const F_AT = 0x100;
const FCSR_AT = 0x200;
const SCRATCH_AT = 0x1000;
const SCRATCH_BYTES = 0x3000;
export const DUMP_BYTES = SCRATCH_AT + SCRATCH_BYTES;

const SP = DATA + SCRATCH_AT + 0x1000 - 16;
const MIDDLE = DATA + SCRATCH_AT + 0x1800;
const RESERVED = new Set([2, 3, 4, 8, 9]);
const TURNS_MAX = 2047;

/** Words that stay together: a branch never lands between them. */
export interface Item {
  readonly row: string;
  /** Words, given the distance from the item's start to where its jump goes (0 for items without one). */
  readonly words: (distance: number) => number[];
  /** How many items a jump passes over; -1: no jump. */
  readonly skip: number;
}

export interface Program {
  readonly items: readonly Item[];
  readonly turns: number;
  readonly data: Uint8Array;
}

const isMemory = (row: Row): boolean => /^(load|fload|store) /.test(row.semantics);
const base = (row: Row): Row => (row.compressed ? rowOf(row.semantics.split(' ')[0]) : row);

/** Rows that make sense anywhere; `except` are extensions that the reference doesn't know. */
export function usableRows(except: readonly string[]): Row[] {
  const left = new Set(['ecall', 'ebreak', 'c.ebreak', 'c.unimp', 'c.addi16sp']);
  return ROWS.filter((row) => !left.has(row.name) && !except.includes(row.extension));
}

function register(random: Random, name: string, field: Field & { type: 'x' | 'f' }): number {
  const writes = /^(rd|fd)/.test(name) || name === 'crdq' || name === 'cfdq' || name === 'crs1q';
  for (;;) {
    const n = field.compressed ? 8 + random.below(8) : random.below(32);
    if (field.type === 'x' && writes && RESERVED.has(n)) continue;
    if (field.except === n) continue;
    return n;
  }
}

/** A value for an operand that is no base register, target or CSR. */
function operand(random: Random, name: string): number {
  const field = FIELDS[name];
  switch (field.type) {
    case 'x':
    case 'f':
      return register(random, name, field);
    case 'imm': {
      const [low, high] = rangeOf(field);
      const step = Math.min(...field.pieces.map(([bit]) => 2 ** bit));
      for (;;) {
        const value = random.chance(0.1) ? random.pick([low, high, 0, step]) : low + random.below((high - low) / step + 1) * step;
        if (!field.nonzero || value !== 0) return value;
      }
    }
    case 'rm':
      return field.exact ? 0 : random.pick([0, 0, 1, 2, 3, 4, 7, 7]);
    case 'fence':
      return random.below(16);
    default:
      return 0;
  }
}

function plain(random: Random, row: Row): Item {
  const word = encode(row.name, ...fieldNames(row).map((name) => operand(random, name)));
  return { row: row.name, words: () => [word], skip: -1 };
}

/** Loads and stores: any offset from x2 or x8, so many are misaligned and some cross pages. */
function memory(random: Random, row: Row): Item {
  const values = fieldNames(row).map((name) => {
    if (name === 'rs1') return random.pick([2, 8]);
    if (name === 'crs1q') return 8;
    return operand(random, name);
  });
  const word = encode(row.name, ...values);
  return { row: row.name, words: () => [word], skip: -1 };
}

function atomic(random: Random, row: Row): Item {
  const point = encode('addi', 9, random.pick([2, 8]), (random.below(64) - 32) * 8);
  const value = (name: string): number => (name === 'rs1' ? 9 : operand(random, name));
  const word = encode(row.name, ...fieldNames(row).map(value)) | (random.below(4) << 25);
  const words = [point, word >>> 0];
  if (row.name.startsWith('sc')) {
    // Mostly with its reservation, sometimes broken by a store to the place or taken for the wrong one. Always of one size: qemu stores a
    // word under the reservation of a doubleword and then says that it didn't.
    const suffix = row.name.slice(3);
    const between = random.chance(0.3) ? [encode('sd', random.below(32), 0, 9)] : [];
    const moved = random.chance(0.1) ? [encode('addi', 9, 9, 8)] : [];
    words.splice(1, 0, encode(`lr.${suffix}`, operand(random, 'rd'), 9), ...between, ...moved);
  }
  return { row: row.name, words: () => words, skip: -1 };
}

function branch(random: Random, row: Row): Item {
  const values = fieldNames(row).map((name) =>
    FIELDS[name].type === 'imm' ? undefined : operand(random, name === 'crs1q' ? 'crs2q' : name),
  );
  return { row: row.name, words: (distance) => [encode(row.name, ...values.map((value) => value ?? distance))], skip: random.below(4) };
}

/** A jump to a register: its target is made from pc just before. */
function indirect(random: Random, row: Row): Item {
  const rd = operand(random, 'rd');
  const low = random.below(2); // dropped by the instruction
  return {
    row: row.name,
    words: (distance) =>
      row.compressed
        ? [encode('auipc', 9, 0), encode('addi', 9, 9, distance + low), encode(row.name, 9)]
        : [encode('auipc', 9, 0), encode('addi', 9, 9, 100), encode('jalr', rd, distance + low - 100, 9)],
    skip: random.below(3),
  };
}

/** Only what keeps frm in 0..4: a reserved rounding mode would end the program. */
function csr(random: Random, row: Row): Item {
  const [fflags, frm, fcsr] = [1, 2, 3];
  const rd = operand(random, 'rd');
  const constant = row.name.endsWith('i');
  const choices: number[] = [encode(row.name, rd, fflags, random.below(32))];
  if (row.name === 'csrrwi') choices.push(encode(row.name, rd, frm, random.below(5)), encode(row.name, rd, fcsr, random.below(32)));
  if (row.name === 'csrrs' || row.name === 'csrrc') choices.push(encode(row.name, rd, random.pick([frm, fcsr]), 0));
  if (row.name === 'csrrci') choices.push(encode(row.name, rd, frm, random.below(32)));
  const word = constant || random.chance(0.7) ? random.pick(choices) : choices[0];
  return { row: row.name, words: () => [word], skip: -1 };
}

export function randomItem(random: Random, rows: readonly Row[]): Item {
  const row = random.pick(rows);
  const semantics = base(row).semantics;
  if (isMemory(base(row))) return memory(random, row);
  if (/^(lr|sc|amo) /.test(semantics)) return atomic(random, row);
  if (semantics.startsWith('branch ') || semantics === 'jal') return branch(random, row);
  if (semantics === 'jalr') return indirect(random, row);
  if (semantics === 'csr') return csr(random, row);
  return plain(random, row);
}

/** Doubles, boxed singles and integers, mostly where something changes: zeros, subnormals, limits, halves, NaNs. */
function specialValue(random: Random): bigint {
  const doubles = [
    ...[
      0n,
      1n,
      0x0010000000000000n,
      0x000fffffffffffffn,
      0x3ff0000000000000n,
      0x3fe0000000000000n,
      0x3ff8000000000000n,
      0x7fefffffffffffffn,
    ],
    ...[0x7ff0000000000000n, 0x7ff8000000000000n, 0x7ff0000000000001n, 0x41dfffffffc00000n, 0x43e0000000000000n, 0x36a0000000000000n],
    ...[0x380fffffffffffffn, 0x47efffffe0000000n, 0x47efffffefffffffn],
  ];
  const singles = [
    0, 1, 0x00800000, 0x007fffff, 0x3f800000, 0x3f000000, 0x3fc00000, 0x7f7fffff, 0x7f800000, 0x7fc00000, 0x7f800001, 0x4f000000,
  ];
  const integers = [0n, 1n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n];
  const noise = (BigInt(random.u32()) << 32n) | BigInt(random.u32());
  const sign = BigInt(random.below(2));
  switch (random.below(6)) {
    case 0:
      return random.pick(doubles) | (sign << 63n);
    case 1:
      return 0xffffffff00000000n | BigInt(random.pick(singles)) | (sign << 31n);
    case 2:
      return random.pick(integers);
    case 3:
      return 0xffffffff00000000n | (noise & 0xffffffffn);
    case 4:
      // Numbers of like size, so that sums cancel and round.
      return (sign << 63n) | (BigInt(1020 + random.below(8)) << 52n) | (noise & 0xfffffffffffffn);
    default:
      return noise;
  }
}

export function randomProgram(random: Random, rows: readonly Row[], items: number, turns: number): Program {
  if (turns < 1 || turns > TURNS_MAX) throw new Error(`1 to ${TURNS_MAX} turns`);
  const data = new Uint8Array(DUMP_BYTES);
  const view = new DataView(data.buffer);
  for (let at = 0; at < DUMP_BYTES; at += 8) view.setBigUint64(at, specialValue(random), true);
  for (const [n, value] of [
    [2, SP],
    [3, DATA],
    [4, turns],
    [8, MIDDLE],
    [9, MIDDLE],
  ] as const)
    view.setBigUint64(X_AT + n * 8, BigInt(value), true);
  view.setBigUint64(FCSR_AT, BigInt(random.below(5) << 5), true);
  return { items: Array.from({ length: items }, () => randomItem(random, rows)), turns, data };
}

/** The text: loads, body, loop, stores, write(2), exit_group(2). */
export function textOf({ items, turns }: Pick<Program, 'items' | 'turns'>): Uint8Array {
  const words: number[] = [encode('lui', 3, DATA >>> 12), encode('ld', 5, FCSR_AT, 3), encode('csrrw', 0, 3, 5)];
  for (let n = 0; n < 32; n++) words.push(encode('fld', n, F_AT + n * 8, 3));
  for (let n = 31; n > 0; n--) if (n !== 3) words.push(encode('ld', n, X_AT + n * 8, 3));
  words.push(encode('addi', 4, 0, turns));
  const prologue = codeBytes(words);
  // Jumps know their distance once the lengths are known; these don't depend on it.
  const starts: number[] = [0];
  for (const item of items) starts.push(starts[starts.length - 1] + codeBytes(item.words(16)).length);
  const body = items.flatMap((item, i) => {
    const length = starts[i + 1] - starts[i];
    const jump = item.words(16).slice(-1);
    const before = length - codeBytes(jump).length;
    const target = starts[Math.min(i + 1 + Math.max(item.skip, 0), items.length)];
    // Jumps to registers count from the auipc, the others from themselves: both are the item's first word.
    return item.words(item.skip < 0 ? 0 : target - starts[i] - (isIndirect(item) ? 0 : before));
  });
  const end = starts[items.length];
  const epilogue = [encode('addi', 4, 4, -1), encode('beq', 4, 0, 8), encode('jal', 0, -(end + 8))];
  for (let n = 1; n < 32; n++) epilogue.push(encode('sd', n, X_AT + n * 8, 3));
  for (let n = 0; n < 32; n++) epilogue.push(encode('fsd', n, F_AT + n * 8, 3));
  epilogue.push(encode('csrrs', 5, 3, 0), encode('sd', 5, FCSR_AT, 3));
  epilogue.push(
    encode('addi', 10, 0, 1),
    encode('addi', 11, 3, 0),
    encode('lui', 12, DUMP_BYTES >>> 12),
    encode('addi', 17, 0, 64),
    encode('ecall'),
  );
  epilogue.push(encode('addi', 10, 0, 0), encode('addi', 17, 0, 94), encode('ecall'));
  return Uint8Array.from([...prologue, ...codeBytes(body), ...codeBytes(epilogue)]);
}

const isIndirect = (item: Item): boolean => /^(jalr|c\.jr|c\.jalr)$/.test(item.row);

/** A static executable: text and data, one page-aligned segment each. */
export function elfOf(text: Uint8Array, data: Uint8Array): Uint8Array {
  const page = 4096;
  const dataAt = page + Math.ceil(text.length / page) * page;
  const file = new Uint8Array(dataAt + data.length);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]); // ELF, 64 bits, little-endian
  view.setUint16(16, 2, true); // ET_EXEC
  view.setUint16(18, 243, true); // EM_RISCV
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(TEXT), true); // entry
  view.setBigUint64(32, 64n, true); // program headers
  view.setUint32(48, 5, true); // flags: compressed code, double-precision ABI
  view.setUint16(52, 64, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 2, true);
  const segment = (index: number, flags: number, offset: number, address: number, size: number): void => {
    const at = 64 + index * 56;
    view.setUint32(at, 1, true); // PT_LOAD
    view.setUint32(at + 4, flags, true);
    for (const [i, value] of [offset, address, address, size, size, page].entries()) view.setBigUint64(at + 8 + i * 8, BigInt(value), true);
  };
  segment(0, 5, page, TEXT, text.length);
  segment(1, 6, dataAt, DATA, data.length);
  file.set(text, page);
  file.set(data, dataAt);
  return file;
}

/** What differs between two dumps, by name. */
export function differences(reference: Uint8Array, ours: Uint8Array): string[] {
  if (reference.length !== ours.length) return [`${ours.length} bytes instead of ${reference.length}`];
  const [a, b] = [reference, ours].map((bytes) => new DataView(bytes.buffer, bytes.byteOffset));
  const found: string[] = [];
  for (let at = 0; at < reference.length; at += 8) {
    const [theirs, mine] = [a.getBigUint64(at, true), b.getBigUint64(at, true)];
    if (theirs === mine) continue;
    const name =
      at < F_AT
        ? `x${at / 8}`
        : at < FCSR_AT
          ? `f${(at - F_AT) / 8}`
          : at < SCRATCH_AT
            ? `fcsr+${at - FCSR_AT}`
            : `scratch+0x${(at - SCRATCH_AT).toString(16)}`;
    found.push(`${name}: ${mine.toString(16)} instead of ${theirs.toString(16)}`);
  }
  return found;
}
