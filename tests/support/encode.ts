/** Instruction words from the table: a name and the values of its operands. */
import { FIELDS, type Field, insertImmediate } from '../../host/debug/fields.js';
import { ROWS, type Row } from '../../isa/table/index.js';

const BY_NAME = new Map(ROWS.map((row) => [row.name, row]));

export function rowOf(name: string): Row {
  const row = BY_NAME.get(name);
  if (row === undefined) throw new Error(`no instruction ${name}`);
  return row;
}

/** Operand kinds of a row in order: "rd, imm(rs1)" is rd, imm, rs1. */
export function fieldNames(row: Row): string[] {
  return row.operands.match(/\w+/g) ?? [];
}

function place(field: Field, value: number): number {
  switch (field.type) {
    case 'x':
    case 'f':
      return (field.compressed ? value - 8 : value) << field.bit;
    case 'imm':
      return insertImmediate(field, value);
    case 'csr':
    case 'rm':
    case 'fence':
      return value << field.bit;
    case 'fixed':
      return 0;
  }
}

/** The word of `name` with its operands in the order in which they are written. */
export function encode(name: string, ...values: readonly number[]): number {
  const row = rowOf(name);
  const names = fieldNames(row);
  if (names.length !== values.length) throw new Error(`${name} takes ${row.operands}`);
  return names.reduce((word, field, i) => (word | place(FIELDS[field], values[i])) >>> 0, row.match);
}
