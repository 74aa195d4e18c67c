import { F_NAMES, X_NAMES } from '../debug/fields.js';
import type { Assembler } from './assembler.js';
import { AsmError } from './diagnostics.js';
import type { Expression } from './expression.js';

/** An operand as written, before any instruction says what it should be. */
export type Operand =
  | { readonly kind: 'register'; readonly at: number; readonly bank: 'x' | 'f'; readonly number: number }
  | { readonly kind: 'memory'; readonly at: number; readonly offset: Expression | undefined; readonly base: number }
  | { readonly kind: 'expression'; readonly at: number; readonly expression: Expression };

interface Register {
  readonly bank: 'x' | 'f';
  readonly number: number;
}

const REGISTERS: ReadonlyMap<string, Register> = new Map([
  ...X_NAMES.flatMap((name, number): [string, Register][] => [
    [name, { bank: 'x', number }],
    [`x${number}`, { bank: 'x', number }],
  ]),
  ...F_NAMES.flatMap((name, number): [string, Register][] => [
    [name, { bank: 'f', number }],
    [`f${number}`, { bank: 'f', number }],
  ]),
  ['fp', { bank: 'x', number: 8 }],
]);

export function registerNamed(name: string): Register | undefined {
  return REGISTERS.get(name);
}

/** Comma-separated operands to the end of the statement. */
export function parseOperands(asm: Assembler): Operand[] {
  const operands: Operand[] = [];
  if (asm.tokens.atEnd) return operands;
  do operands.push(parseOperand(asm));
  while (asm.tokens.accept(','));
  asm.tokens.expectEnd();
  return operands;
}

function parseOperand(asm: Assembler): Operand {
  const { tokens } = asm;
  const token = tokens.peek;
  const register = token.kind === 'name' ? REGISTERS.get(token.text) : undefined;
  if (register !== undefined) {
    tokens.next();
    return { kind: 'register', at: token.at, ...register };
  }
  if (baseFollows(asm)) return { kind: 'memory', at: token.at, offset: undefined, base: parseBase(asm) };
  const expression = asm.expression();
  if (baseFollows(asm)) return { kind: 'memory', at: token.at, offset: expression, base: parseBase(asm) };
  return { kind: 'expression', at: token.at, expression };
}

/** `(` register `)`: a parenthesis of an expression never holds a lone register. */
function baseFollows(asm: Assembler): boolean {
  const inner = asm.tokens.ahead(1);
  return asm.tokens.is('(') && inner.kind === 'name' && REGISTERS.has(inner.text);
}

function parseBase(asm: Assembler): number {
  asm.tokens.next();
  const name = asm.tokens.next();
  const register = REGISTERS.get(name.text) as Register;
  if (register.bank !== 'x') throw new AsmError(name.at, 'an address needs an integer register');
  asm.tokens.expect(')');
  return register.number;
}
