import { INSTRUCTION_ROWS } from '../generated/instructions.js';
import { FIELDS, type Field } from './fields.js';

/** How one operand is written: by itself, or as an address `offset(base)`. */
export type OperandSyntax =
  | { readonly kind: 'field'; readonly name: string; readonly field: Field }
  | { readonly kind: 'memory'; readonly name: string; readonly offset: Field | undefined; readonly base: Field };

/** One instruction as assembler and disassembler see it. */
export interface Instruction {
  readonly name: string;
  readonly operands: readonly OperandSyntax[];
  /** The operands as they are written in the table: "rd, imm(rs1)". */
  readonly syntax: string;
  readonly length: 2 | 4;
  readonly match: number;
  readonly mask: number;
  /** The instruction that a compressed one stands for: "addi $1, $1, $2"; empty for all others. */
  readonly expansion: string;
}

function parseSyntax(syntax: string): OperandSyntax[] {
  if (syntax === '') return [];
  return syntax.split(', ').map((name): OperandSyntax => {
    const memory = /^(\w*)\((\w+)\)$/.exec(name);
    if (memory === null) return { kind: 'field', name, field: fieldOf(name) };
    const offset = memory[1] === '' ? undefined : fieldOf(memory[1]);
    return { kind: 'memory', name, offset, base: fieldOf(memory[2]) };
  });
}

function fieldOf(name: string): Field {
  if (!Object.hasOwn(FIELDS, name)) throw new Error(`instruction table: no operand kind '${name}'`);
  return FIELDS[name];
}

export const INSTRUCTIONS: readonly Instruction[] = INSTRUCTION_ROWS.map(([name, syntax, match, mask, expansion = '']) => {
  const length = (match & 3) === 3 ? 4 : 2;
  return { name, syntax, operands: parseSyntax(syntax), match, mask, length, expansion };
});

export const INSTRUCTION_BY_NAME: ReadonlyMap<string, Instruction> = new Map(INSTRUCTIONS.map((row) => [row.name, row]));
