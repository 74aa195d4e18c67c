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
  const known = cache.get(bits);
  if (known !== undefined || cache.has(bits)) return known;
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

/** Where an operand of a row's 32-bit form comes from: a field of the row's own form, or a number. */
interface Step {
  readonly name: string;
  readonly field: Field;
  readonly source: Field | number;
}
interface Plan {
  readonly op: string;
  readonly steps: readonly Step[];
}

const plans = new Map<Instruction, Plan>();

function planOf(row: Instruction): Plan {
  let plan = plans.get(row);
  if (plan === undefined) {
    plan = makePlan(row);
    plans.set(row, plan);
  }
  return plan;
}

function makePlan(row: Instruction): Plan {
  const steps: Step[] = [];
  if (row.length === 4) {
    for (const syntax of row.operands) for (const { name, field } of fieldsOf(syntax)) steps.push({ name, field, source: field });
    return { op: row.name.replace(/\.(aq|rl|aqrl)$/, ''), steps };
  }
  const [op, ...rest] = row.expansion.split(' ');
  const base = INSTRUCTION_BY_NAME.get(op);
  if (base === undefined) throw new Error(`${row.name} stands for nothing`);
  const given = rest.join(' ').split(', ');
  base.operands.forEach((syntax, i) => {
    const targets = fieldsOf(syntax);
    const written = /^\$(\d)$/.exec(given[i]);
    if (written !== null) {
      const sources = fieldsOf(row.operands[Number(written[1]) - 1]);
      targets.forEach(({ name, field }, k) => steps.push({ name, field, source: sources[k].field }));
      return;
    }
    // "0($1)", "zero", "ra", "0"
    const parts = given[i].match(/[\w$-]+/g) ?? [];
    targets.forEach(({ name, field }, k) => {
      const text = parts[k];
      const reference = /^\$(\d)$/.exec(text);
      const source = reference === null ? (FIXED[text] ?? Number(text)) : fieldsOf(row.operands[Number(reference[1]) - 1])[0].field;
      steps.push({ name, field, source });
    });
  });
  return { op, steps };
}

function translate(row: Instruction, word: number): Insn {
  const insn = blank(word);
  const { op, steps } = planOf(row);
  insn.op = op;
  insn.length = row.length;
  for (const { name, field, source } of steps) place(insn, name, field, typeof source === 'number' ? source : value(source, word));
  return insn;
}

/** A question about an instruction's name, asked once for each name. */
export function byName<T>(ask: (op: string) => T): (op: string) => T {
  const known = new Map<string, T>();
  return (op) => {
    let answer = known.get(op);
    if (answer === undefined) {
      answer = ask(op);
      known.set(op, answer);
    }
    return answer;
  };
}

const NO_RESULT = /^(s[bhwd]|fs[wd]|flw|fld|b(eq|ne|lt|ge|ltu|geu)|fence.*)$/;
const FLOAT_RESULT = /^(f(l[wd]|(add|sub|mul|div|sqrt|min|max|madd|msub|nmadd|nmsub|sgnjn?|sgnjx)\.[sd]|cvt\.[sd]\.\w+|mv\.[wd]\.x))$/;

const integerResult = byName((op) => !NO_RESULT.test(op) && !FLOAT_RESULT.test(op));
const floatResult = byName((op) => FLOAT_RESULT.test(op));

/** Does it have a result in an integer register? */
export function writesInteger({ op }: Insn): boolean {
  return integerResult(op);
}
export function writesFloat({ op }: Insn): boolean {
  return floatResult(op);
}
