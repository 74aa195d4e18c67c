import { INSTRUCTION_BY_NAME } from '../debug/instructions.js';
import type { Assembler } from './assembler.js';
import { AsmError } from './diagnostics.js';
import { encode } from './encode.js';
import { absolute, type Expression } from './expression.js';
import type { Operand } from './operands.js';

/** A pseudo-instruction that can be several real ones. Returns false when the operands are those of a plain instruction. */
type Macro = (asm: Assembler, operands: readonly Operand[], at: number, name: string) => boolean;

const RA = 1;
const T1 = 6;

const register = (number: number, at: number, bank: 'x' | 'f' = 'x'): Operand => ({ kind: 'register', at, bank, number });
const number = (value: bigint, at: number): Operand => ({ kind: 'expression', at, expression: { kind: 'number', at, value } });

function real(asm: Assembler, name: string, operands: readonly Operand[], at: number): void {
  const row = INSTRUCTION_BY_NAME.get(name);
  if (row === undefined) throw new AsmError(at, `unknown instruction '${name}'`);
  encode(asm, row, operands, at);
}

function integerRegister(operand: Operand): number {
  if (operand.kind !== 'register' || operand.bank !== 'x') throw new AsmError(operand.at, 'expected an integer register');
  return operand.number;
}

function expressionOf(operand: Operand, what: string): Expression {
  if (operand.kind !== 'expression') throw new AsmError(operand.at, `expected ${what}`);
  return operand.expression;
}

function requireCount(operands: readonly Operand[], counts: readonly number[], at: number, syntax: string): void {
  if (!counts.includes(operands.length)) throw new AsmError(at, `expected ${syntax}`);
}

/**
 * `auipc` into `base`, then `second` with the low 12 bits of the same distance. Both halves are measured from the auipc.
 * What %pcrel_hi and %pcrel_lo do with a label of one's own, written as one.
 */
function pair(asm: Assembler, target: Expression, base: number, second: string, operands: readonly Operand[], at: number): void {
  if (target.kind === 'modifier') throw new AsmError(target.at, 'expected a symbol, not a relocation function');
  const modifier: Expression = { kind: 'modifier', at: target.at, modifier: 'pcrel_hi', operand: target };
  const place = asm.here(at);
  real(asm, 'auipc', [register(base, at), { kind: 'expression', at, expression: modifier }], at);
  const low: Expression = { kind: 'modifier', at: target.at, modifier: 'pcrel_lo', operand: place };
  const filled = operands.map((operand): Operand => {
    if (operand.kind === 'memory') return { ...operand, offset: low };
    return operand.kind === 'expression' ? { ...operand, expression: low } : operand;
  });
  real(asm, second, filled, at);
}

/** Where `pair` puts the low part. */
const LOW_PART = (at: number): Operand => number(0n, at);
const address = (base: number, at: number): Operand => ({ kind: 'memory', at, offset: undefined, base });

/**
 * Any 64-bit constant in the fewest steps of the usual scheme: 32 bits are lui + addiw; above that the low 12 bits are set
 * aside, trailing zeros are shifted out, and the rest is built the same way before `slli` and `addi`.
 */
function loadConstant(asm: Assembler, rd: number, value: bigint, at: number): void {
  const low = BigInt.asIntN(12, value);
  const target = register(rd, at);
  if (value === BigInt.asIntN(32, value)) {
    const high = BigInt.asUintN(20, (value - low) >> 12n);
    if (high === 0n) real(asm, 'addi', [target, register(0, at), number(low, at)], at);
    else real(asm, 'lui', [target, number(high, at)], at);
    if (high !== 0n && low !== 0n) real(asm, 'addiw', [target, target, number(low, at)], at);
    return;
  }
  let high = BigInt.asIntN(64, value - low) >> 12n;
  let shift = 12n;
  while ((high & 1n) === 0n) {
    high >>= 1n;
    shift++;
  }
  loadConstant(asm, rd, high, at);
  real(asm, 'slli', [target, target, number(shift, at)], at);
  if (low !== 0n) real(asm, 'addi', [target, target, number(low, at)], at);
}

function li(asm: Assembler, operands: readonly Operand[], at: number): boolean {
  requireCount(operands, [2], at, 'li register, constant');
  const rd = integerRegister(operands[0]);
  const expression = expressionOf(operands[1], 'a constant');
  if (expression.kind === 'modifier') {
    real(asm, 'addi', [operands[0], register(0, at), operands[1]], at);
    return true;
  }
  loadConstant(asm, rd, absolute(expression, asm), at);
  return true;
}

function la(asm: Assembler, operands: readonly Operand[], at: number, name: string): boolean {
  requireCount(operands, [2], at, `${name} register, symbol`);
  const rd = integerRegister(operands[0]);
  pair(asm, expressionOf(operands[1], 'a symbol'), rd, 'addi', [operands[0], operands[0], LOW_PART(at)], at);
  return true;
}

/** call symbol; call register, symbol: the link register also holds the address on the way. */
function call(asm: Assembler, operands: readonly Operand[], at: number): boolean {
  requireCount(operands, [1, 2], at, 'call symbol or call register, symbol');
  const link = operands.length === 2 ? integerRegister(operands[0]) : RA;
  const target = expressionOf(operands[operands.length - 1], 'a symbol');
  const scratch = operands.length === 2 && link === 0 ? T1 : link;
  pair(asm, target, scratch, 'jalr', [register(link, at), address(scratch, at)], at);
  return true;
}

function tail(asm: Assembler, operands: readonly Operand[], at: number): boolean {
  requireCount(operands, [1], at, 'tail symbol');
  pair(asm, expressionOf(operands[0], 'a symbol'), T1, 'jalr', [register(0, at), address(T1, at)], at);
  return true;
}

function jump(asm: Assembler, operands: readonly Operand[], at: number): boolean {
  requireCount(operands, [2], at, 'jump symbol, register');
  const scratch = integerRegister(operands[1]);
  pair(asm, expressionOf(operands[0], 'a symbol'), scratch, 'jalr', [register(0, at), address(scratch, at)], at);
  return true;
}

/** lw a0, symbol. A number alone is no symbol: it is the forgotten base register that deserves a message. */
function isSymbol(operand: Operand | undefined): operand is Operand & { kind: 'expression' } {
  return operand?.kind === 'expression' && operand.expression.kind !== 'number' && operand.expression.kind !== 'modifier';
}

function loadInteger(asm: Assembler, operands: readonly Operand[], at: number, name: string): boolean {
  const [rd, symbol] = operands;
  if (operands.length !== 2 || !isSymbol(symbol)) return false;
  const base = integerRegister(rd);
  pair(asm, symbol.expression, base, name, [rd, address(base, at)], at);
  return true;
}

/** sw a0, symbol, t0 and flw fa0, symbol, t0: the last register holds the address. */
function throughScratch(asm: Assembler, operands: readonly Operand[], at: number, name: string): boolean {
  const [data, symbol, scratch] = operands;
  if (!isSymbol(symbol)) return false;
  if (operands.length !== 3)
    throw new AsmError(at, `${name} with a symbol needs a register for its address: ${name} register, symbol, register`);
  const base = integerRegister(scratch);
  pair(asm, symbol.expression, base, name, [data, address(base, at)], at);
  return true;
}

export const MACROS: ReadonlyMap<string, Macro> = new Map<string, Macro>([
  ['li', li],
  ['la', la],
  ['lla', la],
  ['call', call],
  ['tail', tail],
  ['jump', jump],
  ...['lb', 'lbu', 'lh', 'lhu', 'lw', 'lwu', 'ld'].map((name): [string, Macro] => [name, loadInteger]),
  ...['sb', 'sh', 'sw', 'sd', 'flw', 'fld', 'fsw', 'fsd'].map((name): [string, Macro] => [name, throughScratch]),
]);
