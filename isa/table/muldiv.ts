import type { TableRow } from './row.js';

/** M: multiplication and division. Columns: see row.ts. */
export const MULDIV: readonly TableRow[] = [
  ['mul', 'M', 'rd, rs1, rs2', 0x2000033, 0xfe00707f, 'x = a * b', 'Multiplies, low 64 bits.'],
  ['mulh', 'M', 'rd, rs1, rs2', 0x2001033, 0xfe00707f, 'x = mulh(a, b)', 'High 64 bits of the signed product.'],
  ['mulhsu', 'M', 'rd, rs1, rs2', 0x2002033, 0xfe00707f, 'x = mulhsu(a, b)', 'High 64 bits of signed rs1 times unsigned rs2.'],
  ['mulhu', 'M', 'rd, rs1, rs2', 0x2003033, 0xfe00707f, 'x = mulhu(a, b)', 'High 64 bits of the unsigned product.'],
  ['div', 'M', 'rd, rs1, rs2', 0x2004033, 0xfe00707f, 'x = div(a, b)', 'Signed quotient; by zero: all ones.'],
  ['divu', 'M', 'rd, rs1, rs2', 0x2005033, 0xfe00707f, 'x = divu(a, b)', 'Unsigned quotient; by zero: all ones.'],
  ['rem', 'M', 'rd, rs1, rs2', 0x2006033, 0xfe00707f, 'x = rem(a, b)', 'Signed remainder; by zero: the dividend.'],
  ['remu', 'M', 'rd, rs1, rs2', 0x2007033, 0xfe00707f, 'x = remu(a, b)', 'Unsigned remainder; by zero: the dividend.'],
  ['mulw', 'M', 'rd, rs1, rs2', 0x200003b, 0xfe00707f, 'x = word(<u32>a * <u32>b)', 'Multiplies, 32 bits.'],
  ['divw', 'M', 'rd, rs1, rs2', 0x200403b, 0xfe00707f, 'x = divw(<i32>a, <i32>b)', 'Signed quotient, 32 bits.'],
  ['divuw', 'M', 'rd, rs1, rs2', 0x200503b, 0xfe00707f, 'x = divuw(<u32>a, <u32>b)', 'Unsigned quotient, 32 bits.'],
  ['remw', 'M', 'rd, rs1, rs2', 0x200603b, 0xfe00707f, 'x = remw(<i32>a, <i32>b)', 'Signed remainder, 32 bits.'],
  ['remuw', 'M', 'rd, rs1, rs2', 0x200703b, 0xfe00707f, 'x = remuw(<u32>a, <u32>b)', 'Unsigned remainder, 32 bits.'],
];
