import { findInstruction } from '../debug/disassemble.js';
import { extractImmediate, extractRegister, type Field } from '../debug/fields.js';
import { INSTRUCTION_BY_NAME, type Instruction, type OperandSyntax } from '../debug/instructions.js';

/** A guest instruction as the compiler sees it: compressed ones are what they stand for. */
export interface Insn {
  /** Name in the instruction table, without aq and rl. */
  readonly op: string;
  readonly length: 2 | 4;
  readonly rd: number;
  readonly rs1: number;
  readonly rs2: number;
  readonly rs3: number;
  /** Sign-extended; lui's and auipc's shifted; of branches and jumps the distance. */
  readonly imm: number;
  /** 0..4, 7 = dynamic. */
  readonly rm: number;
  readonly word: number;
}

type Writable = { -readonly [K in keyof Insn]: Insn[K] };

const FIXED: Readonly<Record<string, number>> = { zero: 0, ra: 1, sp: 2 };
const cache = new Map<number, Insn | undefined>();

/** The instruction that a word is (its low half, if that is compressed), or undefined: illegal. */
export function decode(word: number): Insn | undefined {
  const bits = (word & 3) === 3 ? word >>> 0 : word & 0xffff;
  if (cache.has(bits)) return cache.get(bits);
  const row = findInstruction(bits);
  const insn = row === undefined || row.expansion === 'unimp' || row.name === 'c.unimp' ? undefined : translate(row, bits);
  cache.set(bits, insn);
  return insn;
}

const blank = (word: number): Writable => ({ op: '', length: 4, rd: 0, rs1: 0, rs2: 0, rs3: 0, imm: 0, rm: 0, word });

function value(field: Field, word: number): number {
  switch (field.type) {
    case 'x':
    case 'f':
      return extractRegister(field, word);
    case 'fixed':
      return field.register;
    case 'imm': {
      const raw = extractImmediate(field, word);
      return field.upper ? (raw << 12) | 0 : raw;
    }
    case 'rm':
      return (word >>> field.bit) & 7;
    default:
      return 0;
  }
}

/** Puts a value where the operand of a 32-bit instruction goes. */
function place(into: Writable, name: string, field: Field, n: number): void {
  if (field.type === 'imm') into.imm = n;
  else if (field.type === 'rm') into.rm = field.exact ? 0 : n;
  else if (name === 'rd' || name === 'fd') into.rd = n;
  else if (name === 'rs1' || name === 'fs1') into.rs1 = n;
  else if (name === 'rs2' || name === 'fs2') into.rs2 = n;
  else if (name === 'fs3') into.rs3 = n;
}

function fieldsOf(syntax: OperandSyntax): { name: string; field: Field }[] {
  if (syntax.kind === 'field') return [syntax];
  const [, offset, base] = /^(\w*)\((\w+)\)$/.exec(syntax.name) as RegExpExecArray;
  const fields = [{ name: base, field: syntax.base }];
  return syntax.offset === undefined ? fields : [{ name: offset, field: syntax.offset }, ...fields];
}

function translate(row: Instruction, word: number): Insn {
  const insn = blank(word);
  if (row.length === 4) {
    insn.op = row.name.replace(/\.(aq|rl|aqrl)$/, '');
    for (const syntax of row.operands) for (const { name, field } of fieldsOf(syntax)) place(insn, name, field, value(field, word));
    return insn;
  }
  const [name, ...rest] = row.expansion.split(' ');
  const base = INSTRUCTION_BY_NAME.get(name);
  if (base === undefined) throw new Error(`${row.name} stands for nothing`);
  insn.op = name;
  insn.length = 2;
  const given = rest.join(' ').split(', ');
  base.operands.forEach((syntax, i) => {
    const targets = fieldsOf(syntax);
    const written = /^\$(\d)$/.exec(given[i]);
    if (written !== null) {
      const sources = fieldsOf(row.operands[Number(written[1]) - 1]);
      targets.forEach((target, k) => place(insn, target.name, target.field, value(sources[k].field, word)));
      return;
    }
    // "0($1)", "zero", "ra", "0"
    const parts = given[i].match(/[\w$-]+/g) ?? [];
    targets.forEach((target, k) => {
      const text = parts[k];
      const reference = /^\$(\d)$/.exec(text);
      if (reference !== null) {
        const [source] = fieldsOf(row.operands[Number(reference[1]) - 1]);
        place(insn, target.name, target.field, value(source.field, word));
      } else place(insn, target.name, target.field, FIXED[text] ?? Number(text));
    });
  });
  return insn;
}
