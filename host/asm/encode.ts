import { CSR_NUMBERS } from '../debug/csr.js';
import {
  alignmentOf,
  type Field,
  type ImmediateField,
  insertImmediate,
  type RegisterField,
  ROUNDING_NAMES,
  rangeOf,
  X_NAMES,
} from '../debug/fields.js';
import type { Instruction, OperandSyntax } from '../debug/instructions.js';
import type { Assembler } from './assembler.js';
import { AsmError } from './diagnostics.js';
import { absolute, type Expression } from './expression.js';
import type { Operand } from './operands.js';

const DYNAMIC_ROUNDING = 7;

/** Encodes one instruction at the end of the current section. `at` is where its name stands. */
export function encode(asm: Assembler, row: Instruction, operands: readonly Operand[], at: number): void {
  const section = asm.current;
  section.requireBits(at);
  if (section.size % 2 !== 0) throw new AsmError(at, 'an instruction must be at an even address: use .align before it');
  const offset = section.reserve(row.length, at);
  section.put(offset, row.length, BigInt(row.match >>> 0));
  const encoder = new Encoder(asm, row, offset);
  const rounding = row.operands.at(-1);
  const optional = rounding?.kind === 'field' && rounding.field.type === 'rm' ? 1 : 0;
  const count = row.operands.length;
  if (operands.length > count || operands.length < count - optional) throw new AsmError(at, countMessage(row));
  for (const [i, operand] of operands.entries()) encoder.operand(row.operands[i], operand);
  if (operands.length < count && rounding?.kind === 'field' && rounding.field.type === 'rm' && !rounding.field.exact)
    encoder.or(DYNAMIC_ROUNDING << 12);
}

/** "addi takes 3 operands: rd, rs1, imm" */
export function countMessage(row: Instruction): string {
  const count = row.operands.length;
  if (count === 0) return `${row.name} takes no operands`;
  return `${row.name} takes ${count} operand${count === 1 ? '' : 's'}: ${row.operands.map(describeSyntax).join(', ')}`;
}

/** How an operand kind is called in messages. */
function describeSyntax(syntax: OperandSyntax): string {
  if (syntax.kind === 'memory')
    return `${syntax.offset === undefined ? '' : 'offset'}(${syntax.base.type === 'fixed' ? 'sp' : 'register'})`;
  const { field } = syntax;
  switch (field.type) {
    case 'x':
      return 'register';
    case 'f':
      return 'float register';
    case 'fixed':
      return X_NAMES[field.register];
    case 'csr':
      return 'CSR';
    case 'rm':
      return '[rounding mode]';
    case 'fence':
      return 'some of iorw';
    case 'imm':
      return field.target ? 'label' : 'immediate';
  }
}

class Encoder {
  constructor(
    private readonly asm: Assembler,
    private readonly row: Instruction,
    private readonly offset: number,
  ) {
    this.#section = asm.current;
  }

  readonly #section: Assembler['current'];

  or(bits: number): void {
    const { length } = this.row;
    const section = this.#section;
    section.put(this.offset, length, BigInt(section.get(this.offset, length)) | BigInt(bits >>> 0));
  }

  operand(syntax: OperandSyntax, operand: Operand): void {
    if (syntax.kind === 'field') {
      this.#field(syntax.field, operand);
      return;
    }
    if (operand.kind !== 'memory') {
      const example = syntax.offset === undefined ? '(a0)' : '8(sp)';
      throw new AsmError(operand.at, `expected an address such as ${example}`);
    }
    this.#register(syntax.base, { kind: 'register', at: operand.at, bank: 'x', number: operand.base });
    if (syntax.offset !== undefined) {
      if (operand.offset !== undefined) this.#immediate(syntax.offset as ImmediateField, operand.offset);
      else if ((syntax.offset as ImmediateField).nonzero) throw new AsmError(operand.at, 'the offset may not be 0');
    } else if (operand.offset !== undefined && absolute(operand.offset, this.asm) !== 0n) {
      throw new AsmError(operand.at, `${this.row.name} takes an address without an offset`);
    }
  }

  #field(field: Field, operand: Operand): void {
    switch (field.type) {
      case 'x':
      case 'f':
      case 'fixed':
        this.#register(field, operand);
        break;
      case 'imm':
        if (operand.kind !== 'expression') throw new AsmError(operand.at, field.target ? 'expected a label' : 'expected a number');
        this.#immediate(field, operand.expression);
        break;
      case 'csr':
        this.or(this.#csr(operand) << 20);
        break;
      case 'rm':
        this.or(this.#rounding(operand) << field.bit);
        break;
      case 'fence':
        this.or(this.#fence(operand) << field.bit);
        break;
    }
  }

  #register(field: Field, operand: Operand): void {
    if (operand.kind !== 'register') {
      throw new AsmError(operand.at, `expected ${field.type === 'f' ? 'a float register' : 'a register'}`);
    }
    if (field.type === 'fixed') {
      const name = X_NAMES[field.register];
      if (operand.bank !== 'x' || operand.number !== field.register)
        throw new AsmError(operand.at, `${this.row.name} works on ${name} only`);
      return;
    }
    const { bit, compressed, type, except } = field as RegisterField;
    if (operand.bank !== type) throw new AsmError(operand.at, `expected ${type === 'f' ? 'a float' : 'an integer'} register`);
    if (compressed && (operand.number < 8 || operand.number > 15)) {
      const allowed = type === 'f' ? 'fs0, fs1, fa0 to fa5' : 's0, s1, a0 to a5';
      throw new AsmError(operand.at, `${this.row.name} can name only ${allowed} here`);
    }
    if (operand.number === except) {
      throw new AsmError(operand.at, `${this.row.name} does not work with ${X_NAMES[operand.number]} here`);
    }
    this.or((compressed ? operand.number - 8 : operand.number) << bit);
  }

  #immediate(field: ImmediateField, expression: Expression): void {
    const { asm } = this;
    const section = this.#section;
    const { length } = this.row;
    const apply = (value: bigint, address: bigint): void => {
      const modified = expression.kind === 'modifier';
      const relative = field.target && !modified ? BigInt.asIntN(64, value - address) : value;
      checkImmediate(this.row, field, relative, expression, value);
      const bits = insertImmediate(field, Number(BigInt.asIntN(32, relative)));
      section.put(this.offset, length, BigInt(section.get(this.offset, length)) | BigInt(bits));
    };
    if (expression.kind === 'modifier') checkModifier(this.row, field, expression);
    if (expression.kind === 'number' && !field.target) apply(expression.value, 0n);
    else asm.fixups.push({ section, offset: this.offset, expression, apply });
  }

  #csr(operand: Operand): number {
    if (operand.kind === 'expression') {
      const { expression } = operand;
      const known = expression.kind === 'symbol' ? CSR_NUMBERS.get(expression.name) : undefined;
      if (known !== undefined) return known;
      if (expression.kind !== 'symbol' || this.asm.symbols.isDefined(expression.name)) {
        const number = absolute(expression, this.asm);
        if (number >= 0n && number < 4096n) return Number(number);
        throw new AsmError(operand.at, `CSR number ${number} is not in 0 to 4095`);
      }
    }
    throw new AsmError(operand.at, 'expected a CSR: its name or a number of 0 to 4095');
  }

  #rounding(operand: Operand): number {
    const name = operand.kind === 'expression' && operand.expression.kind === 'symbol' ? operand.expression.name : '';
    const number = name === '' ? -1 : ROUNDING_NAMES.indexOf(name);
    if (number < 0) throw new AsmError(operand.at, 'expected a rounding mode: rne, rtz, rdn, rup, rmm or dyn');
    return number;
  }

  #fence(operand: Operand): number {
    if (operand.kind === 'expression' && operand.expression.kind === 'number' && operand.expression.value === 0n) return 0;
    const name = operand.kind === 'expression' && operand.expression.kind === 'symbol' ? operand.expression.name : '';
    if (!/^i?o?r?w?$/.test(name) || name === '') throw new AsmError(operand.at, 'expected some of the letters i, o, r, w in this order');
    return [...name].reduce((bits, letter) => bits | (8 >> 'iorw'.indexOf(letter)), 0);
  }
}

const MODIFIER_FIELDS: Readonly<Record<string, string>> = {
  hi: 'lui',
  pcrel_hi: 'auipc',
  lo: 'an instruction with a 12-bit immediate',
  pcrel_lo: 'an instruction with a 12-bit immediate',
};

function checkModifier(row: Instruction, field: ImmediateField, expression: Expression & { kind: 'modifier' }): void {
  const { modifier } = expression;
  const wanted = MODIFIER_FIELDS[modifier];
  const fits =
    modifier === 'hi' || modifier === 'pcrel_hi' ? row.name === wanted : field.bits === 12 && field.signed === true && !field.target;
  if (!fits) throw new AsmError(expression.at, `%${modifier} belongs in ${wanted}, not in ${row.name}`);
}

function checkImmediate(row: Instruction, field: ImmediateField, value: bigint, expression: Expression, shown: bigint): void {
  const [low, high] = rangeOf(field);
  // A negative upper immediate may be written as its 20 bits or with its sign.
  if (field.upper && value >= 0x80000n && value <= 0xfffffn && (field.bits === 20 || BigInt.asIntN(20, value) >= BigInt(low))) return;
  if (field.upper && field.bits === 20 && value < 0n && value >= -0x80000n) return;
  const alignment = BigInt(alignmentOf(field));
  if (value < BigInt(low) || value > BigInt(high)) {
    if (field.target) {
      const address = `0x${BigInt.asUintN(64, shown).toString(16)}`;
      throw new AsmError(expression.at, `target ${address} is ${value} bytes away, ${row.name} reaches ${low} to ${high}`);
    }
    throw new AsmError(expression.at, `immediate ${value} is out of range, ${row.name} takes ${low} to ${high}`);
  }
  if (value % alignment !== 0n) {
    const what = field.target ? `target is ${value} bytes away, which` : `immediate ${value}`;
    throw new AsmError(expression.at, `${what} is not a multiple of ${alignment}`);
  }
  if (field.nonzero && value === 0n) throw new AsmError(expression.at, `immediate may not be 0 in ${row.name}`);
}
