import { AsmError } from './diagnostics.js';
import type { Section } from './section.js';
import type { TokenStream } from './stream.js';

export type BinaryOperator =
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '<<'
  | '>>'
  | '&'
  | '|'
  | '^'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | '&&'
  | '||';
export type UnaryOperator = '-' | '~' | '!';

/** The relocation functions that an instruction's immediate may be wrapped in. */
export type Modifier = 'hi' | 'lo' | 'pcrel_hi' | 'pcrel_lo';

export type Expression =
  | { readonly kind: 'number'; readonly at: number; readonly value: bigint }
  | { readonly kind: 'symbol'; readonly at: number; readonly name: string }
  | { readonly kind: 'place'; readonly at: number; readonly section: Section; readonly offset: number }
  | { readonly kind: 'unary'; readonly at: number; readonly operator: UnaryOperator; readonly operand: Expression }
  | {
      readonly kind: 'binary';
      readonly at: number;
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'modifier'; readonly at: number; readonly modifier: Modifier; readonly operand: Expression };

/** Before the layout is known a value may be relative to the start of a section; afterwards section is always undefined. */
export interface Value {
  readonly section: Section | undefined;
  /** 64 bits, signed. */
  readonly offset: bigint;
}

/** What expressions are parsed and evaluated against: the assembler's state. */
export interface Scope {
  /** The location counter. */
  here(at: number): Expression;
  /** `1f`, `12b`. */
  local(text: string, at: number): Expression;
  /** A name as it stands now: `.set` symbols are replaced by their present value. */
  name(text: string, at: number): Expression;
  /** Throws AsmError when the symbol is unknown. */
  symbolValue(name: string, at: number): Value;
  /** Section addresses are known. */
  readonly placed: boolean;
  /** How deep the evaluation in progress is: symbols defined by expressions can be chained without end. */
  nesting: number;
}

const PRECEDENCE: Readonly<Record<string, number>> = {
  '||': 1,
  '&&': 2,
  '==': 3,
  '!=': 3,
  '<': 3,
  '<=': 3,
  '>': 3,
  '>=': 3,
  '+': 4,
  '-': 4,
  '|': 5,
  '^': 5,
  '&': 5,
  '*': 6,
  '/': 6,
  '%': 6,
  '<<': 6,
  '>>': 6,
};
const DEPTH_MAX = 200;

/** Precedence is that of the GNU assembler, which is not C's: shifts bind like `*`, and `| & ^` tighter than `+ -`. */
export function parseExpression(tokens: TokenStream, scope: Scope, depth = 0): Expression {
  return parseBinary(tokens, scope, 1, depth);
}

function parseBinary(tokens: TokenStream, scope: Scope, minimum: number, depth: number): Expression {
  if (depth > DEPTH_MAX) throw new AsmError(tokens.peek.at, 'expression is nested too deeply');
  let left = parseUnary(tokens, scope, depth);
  for (;;) {
    const { kind, text, at } = tokens.peek;
    const precedence = kind === 'punct' ? PRECEDENCE[text] : undefined;
    if (precedence === undefined || precedence < minimum) return left;
    tokens.next();
    const right = parseBinary(tokens, scope, precedence + 1, depth + 1);
    left = fold({ kind: 'binary', at, operator: text as BinaryOperator, left, right });
  }
}

function parseUnary(tokens: TokenStream, scope: Scope, depth: number): Expression {
  if (depth > DEPTH_MAX) throw new AsmError(tokens.peek.at, 'expression is nested too deeply');
  const token = tokens.peek;
  if (token.kind === 'punct') {
    if (token.text === '+') {
      tokens.next();
      return parseUnary(tokens, scope, depth + 1);
    }
    if (token.text === '-' || token.text === '~' || token.text === '!') {
      tokens.next();
      const operand = parseUnary(tokens, scope, depth + 1);
      return fold({ kind: 'unary', at: token.at, operator: token.text, operand });
    }
    if (token.text === '(') {
      tokens.next();
      const inner = parseExpression(tokens, scope, depth + 1);
      tokens.expect(')');
      return inner;
    }
    if (token.text === '%') return parseModifier(tokens, scope, depth);
  }
  return parsePrimary(tokens, scope);
}

function parsePrimary(tokens: TokenStream, scope: Scope): Expression {
  const token = tokens.peek;
  switch (token.kind) {
    case 'number':
      tokens.next();
      if (token.value > 0xffff_ffff_ffff_ffffn) throw new AsmError(token.at, 'number needs more than 64 bits');
      return { kind: 'number', at: token.at, value: BigInt.asIntN(64, token.value) };
    case 'float':
      throw new AsmError(token.at, 'a floating-point number is not allowed here');
    case 'local':
      tokens.next();
      return scope.local(token.text, token.at);
    case 'name':
      tokens.next();
      return token.text === '.' ? scope.here(token.at) : scope.name(token.text, token.at);
    case 'string':
      throw new AsmError(token.at, 'a string is not allowed here');
    default:
      throw new AsmError(token.at, token.kind === 'punct' ? `expected a value, found '${token.text}'` : 'expected a value');
  }
}

const MODIFIERS: readonly string[] = ['hi', 'lo', 'pcrel_hi', 'pcrel_lo'];

function parseModifier(tokens: TokenStream, scope: Scope, depth: number): Expression {
  const percent = tokens.next();
  const name = tokens.peek;
  if (name.kind !== 'name' || name.at !== percent.to || !MODIFIERS.includes(name.text)) {
    const found = name.kind === 'name' ? `%${name.text}` : '%';
    throw new AsmError(percent.at, `unknown relocation function '${found}' (known: %hi %lo %pcrel_hi %pcrel_lo)`);
  }
  tokens.next();
  tokens.expect('(');
  const operand = parseExpression(tokens, scope, depth + 1);
  tokens.expect(')');
  return { kind: 'modifier', at: percent.at, modifier: name.text as Modifier, operand };
}

/** Operations on numbers are done at once, so that long constant chains stay small. */
function fold(expression: Expression): Expression {
  if (expression.kind === 'unary' && expression.operand.kind === 'number') {
    return { kind: 'number', at: expression.at, value: unary(expression.operator, expression.operand.value) };
  }
  if (expression.kind === 'binary' && expression.left.kind === 'number' && expression.right.kind === 'number') {
    const { at, operator, left, right } = expression;
    return { kind: 'number', at: left.at, value: arithmetic(operator, left.value, right.value, at) };
  }
  return expression;
}

function unary(operator: UnaryOperator, value: bigint): bigint {
  if (operator === '-') return BigInt.asIntN(64, -value);
  if (operator === '~') return ~value;
  return value === 0n ? 1n : 0n;
}

/** 64-bit signed arithmetic; comparisons give -1 for true, as the GNU assembler does. */
function arithmetic(operator: BinaryOperator, a: bigint, b: bigint, at: number): bigint {
  switch (operator) {
    case '+':
      return BigInt.asIntN(64, a + b);
    case '-':
      return BigInt.asIntN(64, a - b);
    case '*':
      return BigInt.asIntN(64, a * b);
    case '/':
    case '%':
      if (b === 0n) throw new AsmError(at, 'division by zero');
      return BigInt.asIntN(64, operator === '/' ? a / b : a % b);
    case '<<':
      return b < 0n || b > 63n ? 0n : BigInt.asIntN(64, a << b);
    case '>>':
      return b < 0n || b > 63n ? 0n : BigInt.asIntN(64, BigInt.asUintN(64, a) >> b);
    case '&':
      return a & b;
    case '|':
      return a | b;
    case '^':
      return a ^ b;
    case '&&':
      return a !== 0n && b !== 0n ? 1n : 0n;
    case '||':
      return a !== 0n || b !== 0n ? 1n : 0n;
    default:
      return compare(operator, a, b) ? -1n : 0n;
  }
}

function compare(operator: '==' | '!=' | '<' | '<=' | '>' | '>=', a: bigint, b: bigint): boolean {
  switch (operator) {
    case '==':
      return a === b;
    case '!=':
      return a !== b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    default:
      return a >= b;
  }
}

export function evaluate(expression: Expression, scope: Scope): Value {
  switch (expression.kind) {
    case 'number':
      return { section: undefined, offset: expression.value };
    case 'symbol':
      return nested(expression, scope, evaluateSymbol);
    case 'place':
      return placeValue(expression.section, expression.offset, scope);
    case 'unary':
      return nested(expression, scope, evaluateUnary);
    case 'modifier':
      throw new AsmError(expression.at, `%${expression.modifier} may only be the whole immediate of an instruction`);
    case 'binary':
      return nested(expression, scope, evaluateBinary);
  }
}

const NESTING_MAX = 500;

function nested<E extends Expression>(expression: E, scope: Scope, step: (expression: E, scope: Scope) => Value): Value {
  if (scope.nesting >= NESTING_MAX) throw new AsmError(expression.at, 'expression is too long');
  scope.nesting++;
  try {
    return step(expression, scope);
  } finally {
    scope.nesting--;
  }
}

function evaluateSymbol(expression: Expression & { kind: 'symbol' }, scope: Scope): Value {
  return scope.symbolValue(expression.name, expression.at);
}

function evaluateUnary(expression: Expression & { kind: 'unary' }, scope: Scope): Value {
  return { section: undefined, offset: unary(expression.operator, absolute(expression.operand, scope)) };
}

/** A place in a section: an address once sections have theirs. */
export function placeValue(section: Section, offset: number, scope: Scope): Value {
  if (!scope.placed) return { section, offset: BigInt(offset) };
  return { section: undefined, offset: BigInt(section.address + offset) };
}

function evaluateBinary(expression: Expression & { kind: 'binary' }, scope: Scope): Value {
  const { operator, at } = expression;
  const left = evaluate(expression.left, scope);
  const right = evaluate(expression.right, scope);
  if (left.section === undefined && right.section === undefined) {
    return { section: undefined, offset: arithmetic(operator, left.offset, right.offset, at) };
  }
  if (left.section === right.section && operator !== '+') {
    if (operator === '-' || ['==', '!=', '<', '<=', '>', '>='].includes(operator)) {
      return { section: undefined, offset: arithmetic(operator, left.offset, right.offset, at) };
    }
  }
  if (operator === '+' && (left.section === undefined || right.section === undefined)) {
    return { section: left.section ?? right.section, offset: arithmetic('+', left.offset, right.offset, at) };
  }
  if (operator === '-' && right.section === undefined) {
    return { section: left.section, offset: arithmetic('-', left.offset, right.offset, at) };
  }
  throw new AsmError(at, 'this needs the final address, which is not known yet');
}

/** A value that must be a plain number already. */
export function absolute(expression: Expression, scope: Scope): bigint {
  const value = evaluate(expression, scope);
  if (value.section !== undefined) throw new AsmError(expression.at, 'a constant is needed here, this is an address');
  return value.offset;
}
