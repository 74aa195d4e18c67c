/**
 * A row of the instruction table:
 *
 *   name, extension, operands as assembly writes them (kinds: host/debug/fields.ts), match and mask of the word,
 *   what it does, one line for people.
 *
 * What it does is one of these; expressions are AssemblyScript over `a`, `b` (rs1, rs2 as u64), `i` (the immediate, sign-extended, u64),
 * `fa`, `fb`, `fc` (doubles as u64), `sa`, `sb`, `sc` (unboxed singles as u32), `rm` (resolved rounding mode), `at` (a checked address),
 * `m` (memory before an atomic operation); functions come from assembly/exec/.
 *
 *   x = EXPR        integer register rd          f = EXPR   double register rd      s = EXPR   single, boxed
 *   load N EXPR     rd from N bytes at rs1 + i   fload N EXPR   the same for a floating-point register
 *   store N EXPR    N bytes at rs1 + i
 *   branch EXPR     to pc + i if true
 *   amo N EXPR      the new memory word; rd gets the old one, N = 4 sign-extended
 *   jal  jalr  auipc  lr N  sc N  csr  ecall  ebreak  fencei  nop
 *
 * For a compressed row it is the 32-bit instruction it stands for, with $1, $2 for its own operands.
 */
export type TableRow = readonly [
  name: string,
  extension: string,
  operands: string,
  match: number,
  mask: number,
  semantics: string,
  description: string,
];

export interface Row {
  readonly name: string;
  readonly extension: string;
  readonly operands: string;
  readonly match: number;
  readonly mask: number;
  readonly semantics: string;
  readonly description: string;
  readonly compressed: boolean;
}

export function toRow([name, extension, operands, match, mask, semantics, description]: TableRow): Row {
  return { name, extension, operands, match, mask, semantics, description, compressed: (match & 3) !== 3 };
}
