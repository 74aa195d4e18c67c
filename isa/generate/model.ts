import { FIELDS, type Field, type ImmediateField } from '../../host/debug/fields.js';
import { ROWS, type Row } from '../table/index.js';

/**
 * An interpreter operation: a 32-bit row, with its compressed twin, its forms for targets outside the page, and simpler forms:
 *
 *   LI    rd = immediate            Z   the second operand of a branch is x0
 *   MV    rd = rs1                  V   rd is x0 (loads: for their faults; jumps: no link)
 */
export interface Operation {
  readonly name: string; // OP_ADDI, OP_C_ADDI, OP_FAR_BEQ, OP_BEQ_Z, OP_C_JALR_V
  readonly row: Row;
  readonly length: 2 | 4;
  readonly far: boolean;
  readonly form: Form;
}

export type Form = '' | 'Z' | 'V' | 'LI' | 'MV';

/** Where one operand of an operation comes from: an AssemblyScript expression over the word `w`. */
export interface Operands {
  rd: string;
  rs1: string;
  rs2: string;
  rs3: string;
  aux: string;
  imm: string;
  /** Reserved encodings: the word is illegal when one of these is true. */
  illegal: string[];
}

export const BASE_ROWS = ROWS.filter((row) => !row.compressed);
export const COMPRESSED_ROWS = ROWS.filter((row) => row.compressed && row.semantics !== 'unimp');

const byName = new Map(BASE_ROWS.map((row) => [row.name, row]));

export function baseOf(row: Row): Row {
  const base = byName.get(row.semantics.split(' ')[0]);
  if (base === undefined) throw new Error(`${row.name} stands for ${row.semantics}, which is no instruction`);
  return base;
}

export function isJump(row: Row): boolean {
  return row.semantics === 'jal' || row.semantics.startsWith('branch ');
}

const constant = (name: string): string => name.toUpperCase().replaceAll('.', '_');

export function operationName(row: Row, length: 2 | 4, far = false, form: Form = ''): string {
  const name = form === 'LI' || form === 'MV' ? form : constant(row.name);
  return `OP_${far ? 'FAR_' : ''}${length === 2 ? 'C_' : ''}${name}${form === 'Z' || form === 'V' ? `_${form}` : ''}`;
}

/** The forms of a row besides its general one. */
export function formsOf(row: Row): Form[] {
  if (row.name === 'addi') return ['LI', 'MV'];
  if (row.name === 'beq' || row.name === 'bne') return ['Z'];
  if (row.semantics.startsWith('load ') || row.semantics === 'jal' || row.semantics === 'jalr') return ['V'];
  return [];
}

/** Whether an operation may simply be left out when its result goes to x0. */
export function isPure(row: Row): boolean {
  return row.semantics === 'auipc' || (row.semantics.startsWith('x = ') && !/\bf[a-z]+_\w+\(/.test(row.semantics));
}

/** Bases that some compressed row stands for get a second operation of length 2. */
export const OPERATIONS: readonly Operation[] = (() => {
  const short = new Set(COMPRESSED_ROWS.map((row) => baseOf(row).name));
  const operations: Operation[] = [];
  for (const row of BASE_ROWS) {
    for (const length of short.has(row.name) ? ([4, 2] as const) : ([4] as const)) {
      for (const form of ['' as const, ...formsOf(row)]) {
        operations.push({ name: operationName(row, length, false, form), row, length, far: false, form });
        if (isJump(row)) operations.push({ name: operationName(row, length, true, form), row, length, far: true, form });
      }
    }
  }
  return operations;
})();

/** Splits "rd, imm(rs1)" into the names of the fields in order. */
export function operandNames(syntax: string): string[] {
  return syntax === '' ? [] : syntax.split(', ').flatMap((part) => part.match(/[\w.$-]+/g) ?? []);
}

function immediate(field: ImmediateField): string {
  const parts = field.pieces.map(([value, word, count]) => `(((w >> ${word}) & ${(1 << count) - 1}) << ${value})`);
  const unsigned = parts.join(' | ');
  const unused = 32 - field.bits;
  const value =
    field.signed || (field.upper && field.bits === 20) ? `((<i32>((${unsigned}) << ${unused})) >> ${unused})` : `<i32>(${unsigned})`;
  return field.upper ? `${value} << 12` : value;
}

/** The expression of a register index or an immediate. */
export function fieldValue(name: string, field: Field): string {
  switch (field.type) {
    case 'fixed':
      return String(field.register);
    case 'x':
    case 'f':
      return field.compressed ? `(((w >> ${field.bit}) & 7) + 8)` : `((w >> ${field.bit}) & 31)`;
    case 'imm':
      return immediate(field);
    case 'csr':
      return '<i32>(w >> 20)';
    default:
      throw new Error(`operand ${name} has no value`);
  }
}

function noteReserved(name: string, field: Field, illegal: string[]): void {
  if ((field.type === 'x' || field.type === 'f') && field.except !== undefined)
    illegal.push(`${fieldValue(name, field)} == ${field.except}`);
  if (field.type === 'imm' && field.nonzero) illegal.push(`${fieldValue(name, field)} == 0`);
}

/** Puts a value where the base instruction's operand of that name goes. */
function place(name: string, value: string, into: Operands): void {
  const field = FIELDS[name];
  if (name === 'rd') into.rd = value;
  else if (name === 'fd') into.rd = value;
  else if (name === 'rs1' || name === 'fs1') into.rs1 = value;
  else if (name === 'rs2' || name === 'fs2') into.rs2 = value;
  else if (name === 'fs3') into.rs3 = value;
  else if (name === 'zimm') into.rs1 = `<u32>${value}`;
  else if (field.type === 'imm') into.imm = value;
  else if (field.type === 'csr') into.imm = `${value} | <i32>(((w >> 12) & 7) << 12)`;
  else if (field.type === 'rm') {
    into.aux = '((w >> 12) & 7)';
    into.illegal.push('((w >> 12) & 7) == 5', '((w >> 12) & 7) == 6');
  }
}

const nothing = (): Operands => ({ rd: '0', rs1: '0', rs2: '0', rs3: '0', aux: '0', imm: '0', illegal: [] });

export function operandsOf(row: Row): Operands {
  const result = nothing();
  for (const name of operandNames(row.operands)) {
    const field = FIELDS[name];
    if (field === undefined) throw new Error(`${row.name}: no operand kind ${name}`);
    place(name, field.type === 'rm' || field.type === 'fence' ? '' : fieldValue(name, field), result);
  }
  return result;
}

/** Operands of a compressed row in the places of the instruction it stands for. */
export function expandedOperands(row: Row): Operands {
  const result = nothing();
  const own = row.operands === '' ? [] : row.operands.split(', ');
  for (const name of operandNames(row.operands)) noteReserved(name, FIELDS[name], result.illegal);
  const given = row.semantics.split(' ').slice(1).join(' ').split(', ');
  const wanted = baseOf(row).operands.split(', ');
  given.forEach((text, i) => {
    if (wanted[i] === undefined || wanted[i] === '') return;
    const targets = operandNames(wanted[i]);
    const written = /^\$(\d)$/.exec(text);
    const sources = written === null ? operandNames(text) : operandNames(own[Number(written[1]) - 1]);
    for (const [k, target] of targets.entries()) place(target, sourceValue(sources[k], own), result);
  });
  return result;
}

function sourceValue(source: string, own: readonly string[]): string {
  const reference = /^\$(\d)$/.exec(source);
  const name = reference === null ? source : own[Number(reference[1]) - 1];
  if (/^-?\d+$/.test(name)) return name;
  const registers: Record<string, string> = { zero: '0', ra: '1' };
  return registers[name] ?? fieldValue(name, FIELDS[name]);
}

/** More fixed bits first, so that special forms win over general ones. */
export function bySpecificity(a: Row, b: Row): number {
  const bits = (n: number): number => n.toString(2).replaceAll('0', '').length;
  return bits(b.mask) - bits(a.mask);
}

/** The aq and rl bits of atomics are hints here. */
export function decodeMask(row: Row): number {
  return row.extension === 'A' ? (row.mask & ~0x06000000) >>> 0 : row.mask;
}
