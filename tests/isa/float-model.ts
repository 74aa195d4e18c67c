/**
 * Floating-point arithmetic from the definition, to compare the core with: operands are exact rationals of BigInts, the
 * result is rounded once. Nothing here is shared with the core, and nothing depends on the host's own floating point.
 */
export const RNE = 0;
export const RTZ = 1;
export const RDN = 2;
export const RUP = 3;
export const RMM = 4;

export const NX = 1;
export const UF = 2;
export const OF = 4;
export const DZ = 8;
export const NV = 16;

export interface Format {
  readonly name: 's' | 'd';
  readonly width: number;
  readonly fractionBits: number;
  readonly bias: number;
}

export const SINGLE: Format = { name: 's', width: 32, fractionBits: 23, bias: 127 };
export const DOUBLE: Format = { name: 'd', width: 64, fractionBits: 52, bias: 1023 };

/** Result bits (integers sign-extended to 64) and the flags raised. */
export interface Result {
  bits: bigint;
  flags: number;
}

/** numerator / denominator * 2^scale, numerator and denominator not negative. */
interface Magnitude {
  numerator: bigint;
  denominator: bigint;
  scale: number;
}

interface Decoded extends Magnitude {
  kind: 'nan' | 'infinity' | 'zero' | 'finite';
  signaling: boolean;
  negative: boolean;
}

function bitLength(x: bigint): number {
  if (x <= 0xffffffffn) return 32 - Math.clz32(Number(x));
  const digits = x.toString(16);
  return digits.length * 4 - (Math.clz32(Number.parseInt(digits[0], 16)) - 28);
}

function decode(bits: bigint, format: Format): Decoded {
  // BigInt operations cost: the upper and lower half of the fraction are taken apart as numbers.
  const single = format.width === 32;
  const top = Number(single ? bits : bits >> 32n);
  const topBits = single ? 23 : 20;
  const topFraction = top & ((1 << topBits) - 1);
  const biased = (top >>> topBits) & (2 * format.bias + 1);
  const fraction = single ? BigInt(topFraction) : bits & 0xfffffffffffffn;
  const decoded: Decoded = {
    kind: 'finite',
    signaling: false,
    negative: top >>> 31 === 1,
    numerator: fraction,
    denominator: 1n,
    scale: 1 - format.bias - format.fractionBits,
  };
  if (biased === 2 * format.bias + 1) {
    decoded.kind = fraction === 0n ? 'infinity' : 'nan';
    decoded.signaling = fraction !== 0n && topFraction >>> (topBits - 1) === 0;
  } else if (biased > 0) {
    decoded.numerator = fraction | (single ? 0x800000n : 0x10000000000000n);
    decoded.scale += biased - 1;
  } else if (fraction === 0n) {
    decoded.kind = 'zero';
  }
  return decoded;
}

const signBit = (negative: boolean, format: Format): bigint => (negative ? 1n << BigInt(format.width - 1) : 0n);
export const infinityBits = (format: Format): bigint => BigInt(2 * format.bias + 1) << BigInt(format.fractionBits);
export const nanBits = (format: Format): bigint => infinityBits(format) | (1n << BigInt(format.fractionBits - 1));

const invalid = (format: Format): Result => ({ bits: nanBits(format), flags: NV });
const infinity = (negative: boolean, format: Format): Result => ({ bits: signBit(negative, format) | infinityBits(format), flags: 0 });
const zero = (negative: boolean, format: Format): Result => ({ bits: signBit(negative, format), flags: 0 });

const nanResult = (format: Format, ...operands: Decoded[]): Result => ({
  bits: nanBits(format),
  flags: operands.some((operand) => operand.signaling) ? NV : 0,
});

/** The integer that x / 2^quantum rounds to, and whether it was one. */
function roundToMultiple(x: Magnitude, quantum: number, negative: boolean, rm: number): { integer: bigint; exact: boolean } {
  const shift = x.scale - quantum;
  const numerator = shift > 0 ? x.numerator << BigInt(shift) : x.numerator;
  const denominator = shift < 0 ? x.denominator << BigInt(-shift) : x.denominator;
  const integer = numerator / denominator;
  const rest = numerator - integer * denominator;
  if (rest === 0n) return { integer, exact: true };
  const twice = rest << 1n;
  let up = false;
  if (rm === RNE) up = twice > denominator || (twice === denominator && (integer & 1n) === 1n);
  else if (rm === RMM) up = twice >= denominator;
  else up = rm === (negative ? RDN : RUP);
  return { integer: up ? integer + 1n : integer, exact: false };
}

/** Exponent of the leading bit: 2^e <= x < 2^(e + 1). */
function floorLog2(x: Magnitude): number {
  const guess = bitLength(x.numerator) - bitLength(x.denominator);
  const below = guess >= 0 ? x.numerator < x.denominator << BigInt(guess) : x.numerator << BigInt(-guess) < x.denominator;
  return guess + x.scale - (below ? 1 : 0);
}

function round(negative: boolean, x: Magnitude, format: Format, rm: number): Result {
  const exponentMin = 1 - format.bias;
  const exponent = floorLog2(x);
  const quantum = Math.max(exponent, exponentMin) - format.fractionBits;
  const { integer, exact } = roundToMultiple(x, quantum, negative, rm);
  let flags = exact ? 0 : NX;
  if (exponent < exponentMin && !exact) {
    const free = roundToMultiple(x, exponent - format.fractionBits, negative, rm).integer;
    const reachesNormal = exponent === exponentMin - 1 && free === 1n << BigInt(format.fractionBits + 1);
    if (!reachesNormal) flags |= UF;
  }
  // integer carries its hidden bit into the exponent field, unless it is subnormal.
  const base = BigInt(Math.max(exponent, exponentMin) + format.bias - 1) << BigInt(format.fractionBits);
  const bits = base + integer;
  if (bits >= infinityBits(format)) {
    flags |= OF | NX;
    const outward = rm === RNE || rm === RMM || rm === (negative ? RDN : RUP);
    return { bits: signBit(negative, format) | (outward ? infinityBits(format) : infinityBits(format) - 1n), flags };
  }
  return { bits: signBit(negative, format) | bits, flags };
}

function integerSquareRoot(n: bigint): bigint {
  let x = 1n << BigInt((bitLength(n) >> 1) + 1);
  for (;;) {
    const next = (x + n / x) >> 1n;
    if (next >= x) return x;
    x = next;
  }
}

/** Signed sum of two dyadic values. */
function sum(a: Decoded, b: Decoded): { negative: boolean; magnitude: Magnitude } {
  const scale = Math.min(a.scale, b.scale);
  const term = (x: Decoded): bigint => (x.numerator << BigInt(x.scale - scale)) * (x.negative ? -1n : 1n);
  const total = term(a) + term(b);
  return { negative: total < 0n, magnitude: { numerator: total < 0n ? -total : total, denominator: 1n, scale } };
}

function addDecoded(a: Decoded, b: Decoded, format: Format, rm: number): Result {
  if (a.kind === 'nan' || b.kind === 'nan') return nanResult(format, a, b);
  if (a.kind === 'infinity') return b.kind === 'infinity' && a.negative !== b.negative ? invalid(format) : infinity(a.negative, format);
  if (b.kind === 'infinity') return infinity(b.negative, format);
  const { negative, magnitude } = sum(a, b);
  if (magnitude.numerator !== 0n) return round(negative, magnitude, format, rm);
  const bothZero = a.kind === 'zero' && b.kind === 'zero';
  return zero(bothZero && a.negative === b.negative ? a.negative : rm === RDN, format);
}

const negate = (bits: bigint, format: Format): bigint => bits ^ signBit(true, format);

export function add(a: bigint, b: bigint, format: Format, rm: number): Result {
  return addDecoded(decode(a, format), decode(b, format), format, rm);
}

export function subtract(a: bigint, b: bigint, format: Format, rm: number): Result {
  return add(a, negate(b, format), format, rm);
}

/** The product of two numbers without rounding, or what the special values make of it. */
function product(a: Decoded, b: Decoded): Decoded {
  return {
    kind: a.kind === 'zero' || b.kind === 'zero' ? 'zero' : 'finite',
    signaling: false,
    negative: a.negative !== b.negative,
    numerator: a.numerator * b.numerator,
    denominator: 1n,
    scale: a.scale + b.scale,
  };
}

const infinityTimesZero = (a: Decoded, b: Decoded): boolean =>
  (a.kind === 'infinity' && b.kind === 'zero') || (a.kind === 'zero' && b.kind === 'infinity');

export function multiply(aBits: bigint, bBits: bigint, format: Format, rm: number): Result {
  const a = decode(aBits, format);
  const b = decode(bBits, format);
  if (a.kind === 'nan' || b.kind === 'nan') return nanResult(format, a, b);
  if (infinityTimesZero(a, b)) return invalid(format);
  const exact = product(a, b);
  if (a.kind === 'infinity' || b.kind === 'infinity') return infinity(exact.negative, format);
  return exact.kind === 'zero' ? zero(exact.negative, format) : round(exact.negative, exact, format, rm);
}

export function divide(aBits: bigint, bBits: bigint, format: Format, rm: number): Result {
  const a = decode(aBits, format);
  const b = decode(bBits, format);
  const negative = a.negative !== b.negative;
  if (a.kind === 'nan' || b.kind === 'nan') return nanResult(format, a, b);
  if (a.kind === b.kind && a.kind !== 'finite') return invalid(format);
  if (a.kind === 'infinity') return infinity(negative, format);
  if (b.kind === 'zero') return { ...infinity(negative, format), flags: DZ };
  if (b.kind === 'infinity' || a.kind === 'zero') return zero(negative, format);
  return round(negative, { numerator: a.numerator, denominator: b.numerator, scale: a.scale - b.scale }, format, rm);
}

export function squareRoot(aBits: bigint, format: Format, rm: number): Result {
  const a = decode(aBits, format);
  if (a.kind === 'nan') return nanResult(format, a);
  if (a.kind === 'zero') return zero(a.negative, format);
  if (a.negative) return invalid(format);
  if (a.kind === 'infinity') return infinity(false, format);
  // 128 digits more than the operand has. An irrational root lies strictly between two of them: put it in the middle.
  const shift = 256 + (a.scale & 1);
  const n = a.numerator << BigInt(shift);
  const root = integerSquareRoot(n);
  const exact = root * root === n;
  const magnitude = { numerator: (root << 1n) + (exact ? 0n : 1n), denominator: 1n, scale: (a.scale - shift) / 2 - 1 };
  return round(false, magnitude, format, rm);
}

export function fused(aBits: bigint, bBits: bigint, cBits: bigint, format: Format, rm: number): Result {
  const a = decode(aBits, format);
  const b = decode(bBits, format);
  const c = decode(cBits, format);
  if (infinityTimesZero(a, b)) return invalid(format);
  if (a.kind === 'nan' || b.kind === 'nan') return nanResult(format, a, b, c);
  const exact = product(a, b);
  if (a.kind === 'infinity' || b.kind === 'infinity') exact.kind = 'infinity';
  return addDecoded(exact, c, format, rm);
}

export function fusedNegated(
  a: bigint,
  b: bigint,
  c: bigint,
  format: Format,
  rm: number,
  negateProduct: boolean,
  negateAddend: boolean,
): Result {
  return fused(negateProduct ? negate(a, format) : a, b, negateAddend ? negate(c, format) : c, format, rm);
}

/** -1, 0, 1, or undefined when unordered. */
function order(a: Decoded, b: Decoded): number | undefined {
  if (a.kind === 'nan' || b.kind === 'nan') return undefined;
  const infinite = (x: Decoded): number => (x.kind === 'infinity' ? (x.negative ? -1 : 1) : 0);
  if (infinite(a) !== 0 || infinite(b) !== 0) return Math.sign(infinite(a) - infinite(b));
  const { negative, magnitude } = sum(a, { ...b, negative: !b.negative });
  return magnitude.numerator === 0n ? 0 : negative ? -1 : 1;
}

export function compare(relation: 'feq' | 'flt' | 'fle', aBits: bigint, bBits: bigint, format: Format): Result {
  const a = decode(aBits, format);
  const b = decode(bBits, format);
  const found = order(a, b);
  if (found === undefined) return { bits: 0n, flags: relation !== 'feq' || a.signaling || b.signaling ? NV : 0 };
  const holds = relation === 'feq' ? found === 0 : relation === 'flt' ? found < 0 : found <= 0;
  return { bits: holds ? 1n : 0n, flags: 0 };
}

export function minMax(which: 'fmin' | 'fmax', aBits: bigint, bBits: bigint, format: Format): Result {
  const a = decode(aBits, format);
  const b = decode(bBits, format);
  const flags = a.signaling || b.signaling ? NV : 0;
  if (a.kind === 'nan') return { bits: b.kind === 'nan' ? nanBits(format) : bBits, flags };
  if (b.kind === 'nan') return { bits: aBits, flags };
  let found = order(a, b)!;
  if (found === 0) found = Number(b.negative) - Number(a.negative);
  return { bits: found < 0 === (which === 'fmin') ? aBits : bBits, flags };
}

export function classify(bits: bigint, format: Format): Result {
  const a = decode(bits, format);
  if (a.kind === 'nan') return { bits: a.signaling ? 1n << 8n : 1n << 9n, flags: 0 };
  const subnormal = a.numerator >> BigInt(format.fractionBits) === 0n;
  const distance = a.kind === 'infinity' ? 3 : a.kind === 'zero' ? 0 : subnormal ? 1 : 2;
  return { bits: 1n << BigInt(a.negative ? 3 - distance : 4 + distance), flags: 0 };
}

/** fcvt.{w,wu,l,lu}: `width` bits, result sign-extended to 64 bits. */
export function toInteger(bits: bigint, format: Format, width: number, signed: boolean, rm: number): Result {
  const a = decode(bits, format);
  const low = signed ? -(1n << BigInt(width - 1)) : 0n;
  const high = (1n << BigInt(signed ? width - 1 : width)) - 1n;
  const extend = (x: bigint, flags: number): Result => ({ bits: BigInt.asUintN(64, BigInt.asIntN(width, x)), flags });
  if (a.kind === 'nan') return extend(high, NV);
  if (a.kind === 'infinity') return extend(a.negative ? low : high, NV);
  const { integer, exact } = roundToMultiple(a, 0, a.negative, rm);
  const value = a.negative ? -integer : integer;
  if (value < low) return extend(low, NV);
  if (value > high) return extend(high, NV);
  return extend(value, exact ? 0 : NX);
}

/** fcvt from a 64-bit register holding a `width`-bit integer. */
export function fromInteger(register: bigint, format: Format, width: number, signed: boolean, rm: number): Result {
  const value = signed ? BigInt.asIntN(width, register) : BigInt.asUintN(width, register);
  if (value === 0n) return zero(false, format);
  const negative = value < 0n;
  return round(negative, { numerator: negative ? -value : value, denominator: 1n, scale: 0 }, format, rm);
}

export function convert(bits: bigint, from: Format, to: Format, rm: number): Result {
  const a = decode(bits, from);
  if (a.kind === 'nan') return nanResult(to, a);
  if (a.kind === 'infinity') return infinity(a.negative, to);
  if (a.kind === 'zero') return zero(a.negative, to);
  return round(a.negative, a, to, rm);
}
