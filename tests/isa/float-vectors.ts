/** Operands worth trying: a grid of special values, and seeded random ones weighted towards ties, cancellation and limits. */
import { DOUBLE, type Format, infinityBits, multiply, nanBits, SINGLE } from './float-model.js';
import type { OperandKind, Operation } from './float-ops.js';

export const formatOf = (kind: OperandKind): Format => (kind === 's' ? SINGLE : DOUBLE);

/** Bits of (1 + fraction / 2^fractionBits) * 2^exponent; a fraction below zero borrows from the exponent. */
function bitsOf(format: Format, exponent: number, fraction = 0n): bigint {
  return (BigInt(exponent + format.bias) << BigInt(format.fractionBits)) + fraction;
}

function specialFloats(format: Format): bigint[] {
  const { bias, fractionBits } = format;
  const ulp = (exponent: number, ...steps: bigint[]): bigint[] => steps.map((step) => bitsOf(format, exponent, step));
  const half = 1n << BigInt(fractionBits - 1);
  const positive = [
    ...[0n, 1n, 2n, 3n, half, half + 1n], // zero and subnormals
    ...ulp(1 - bias, -1n, 0n, 1n, half), // the limit of the normal numbers
    ...ulp(2 - bias, -1n, 0n, 1n),
    ...ulp(-bias + fractionBits, 0n, 1n),
    ...ulp(-(bias >> 1) - 1, 0n, 1n, -1n), // products of these straddle the underflow limit
    ...ulp(-fractionBits - 1, 0n, 1n), // half an ulp of 1
    ...ulp(-2, -1n, 0n, half),
    ...ulp(-1, -1n, 0n, 1n, half, -2n),
    ...ulp(0, 0n, 1n, half, half - 1n, half + 1n, half >> 1n), // 1, 1.5 and neighbours, 1.25
    ...ulp(1, -1n, 0n, half, half >> 1n), // 2, 3, 2.5
    ...ulp(31, -1n, 0n, 1n, -(1n << BigInt(Math.max(fractionBits - 31, 0)))),
    ...ulp(32, -1n, 0n, 1n),
    ...ulp(fractionBits - 1, 0n, 1n, 3n), // fraction .5
    ...ulp(fractionBits, 0n, 1n),
    ...ulp(fractionBits + 1, 0n, 1n),
    ...ulp(63, -1n, 0n, 1n),
    ...ulp(64, -1n, 0n, 1n),
    ...ulp(bias >> 1, 0n, 1n),
    ...ulp(bias, -1n, 0n, half),
    infinityBits(format) - 2n,
    infinityBits(format) - 1n,
    infinityBits(format),
    infinityBits(format) | 1n, // signaling
    infinityBits(format) | (half - 1n), // signaling
    nanBits(format),
    nanBits(format) | 0x123n,
  ];
  const sign = 1n << BigInt(format.width - 1);
  return positive.flatMap((bits) => [bits, bits | sign]);
}

/** In binary64, also the values that matter when they become binary32. */
function narrowingFloats(): bigint[] {
  const positive: bigint[] = [];
  const oneSingle = 1n << 29n;
  for (const exponent of [-151, -150, -149, -148, -127, -126, -125, 0, 24, 127, 128]) {
    for (const step of [0n, 1n, -1n]) {
      for (const half of [0n, oneSingle >> 1n, oneSingle, -(oneSingle >> 1n), -oneSingle, 3n * (oneSingle >> 1n)]) {
        positive.push(bitsOf(DOUBLE, exponent, half + step));
      }
    }
  }
  return positive.flatMap((bits) => [bits, bits | (1n << 63n)]);
}

function specialIntegers(): bigint[] {
  const found = new Set<bigint>();
  for (const power of [0, 1, 2, 23, 24, 25, 30, 31, 32, 33, 39, 40, 52, 53, 54, 55, 62, 63, 64]) {
    const one = 1n << BigInt(power);
    for (const fraction of [24, 53]) {
      const ulp = power >= fraction ? 1n << BigInt(power - fraction) : 0n;
      for (const base of [one, one + ulp, one - ulp, one + 3n * ulp]) {
        for (const step of [-1n, 0n, 1n]) {
          found.add(BigInt.asUintN(64, base + step));
          found.add(BigInt.asUintN(64, -base - step));
        }
      }
    }
  }
  return [...found];
}

export const SPECIALS: Record<OperandKind, bigint[]> = {
  s: specialFloats(SINGLE),
  d: specialFloats(DOUBLE),
  integer: specialIntegers(),
};

/** Operands of an operation on the grid: every combination, of fewer values when there are three operands. */
export function* gridOperands(operation: Operation): Generator<bigint[]> {
  const kind = operation.operands[0];
  if (operation.operands.length === 1) {
    for (const a of SPECIALS[kind]) yield [a];
    if (operation.name === 'fcvt_s_d') for (const a of narrowingFloats()) yield [a];
  } else if (operation.operands.length === 2) {
    for (const a of SPECIALS[kind]) for (const b of SPECIALS[kind]) yield [a, b];
  } else {
    const format = formatOf(kind);
    const sign = 1n << BigInt(format.width - 1);
    const some = [0n, 1n, bitsOf(format, 1 - format.bias), bitsOf(format, 0), bitsOf(format, 0, 1n), bitsOf(format, -1, -1n)];
    some.push(bitsOf(format, format.bias), infinityBits(format), infinityBits(format) | 1n, nanBits(format));
    const signed = some.flatMap((bits) => [bits, bits | sign]);
    for (const a of signed) for (const b of some) for (const c of signed) yield [a, b, c];
  }
}

/** xorshift32: every run with the same seed gives the same operands. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0 || 1;
  }

  bits(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return x >>> 0;
  }

  below(limit: number): number {
    return this.bits() % limit;
  }

  wide(): bigint {
    return (BigInt(this.bits()) << 32n) | BigInt(this.bits());
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }
}

function randomFraction(random: Random, format: Format): bigint {
  const mask = (1n << BigInt(format.fractionBits)) - 1n;
  const bit = (): bigint => 1n << BigInt(random.below(format.fractionBits));
  switch (random.below(8)) {
    case 0:
      return 0n;
    case 1:
      return mask;
    case 2:
      return bit() | bit() | bit();
    case 3:
      return (mask ^ bit()) & mask;
    case 4: // few leading bits: exact products, quotients and roots
      return (random.wide() << BigInt(format.fractionBits - random.below(format.fractionBits >> 1))) & mask;
    case 5:
      return BigInt(random.below(16));
    default:
      return random.wide() & mask;
  }
}

function compose(random: Random, format: Format, biased: number): bigint {
  const clamped = Math.min(Math.max(biased, 0), 2 * format.bias);
  const sign = BigInt(random.bits() & 1) << BigInt(format.width - 1);
  return sign | (BigInt(clamped) << BigInt(format.fractionBits)) | randomFraction(random, format);
}

function randomFloat(random: Random, format: Format): bigint {
  const { bias } = format;
  switch (random.below(8)) {
    case 0:
      return random.wide() & ((1n << BigInt(format.width)) - 1n);
    case 1:
      return compose(random, format, random.below(4));
    case 2:
      return compose(random, format, 2 * bias - random.below(4));
    case 3:
      return compose(random, format, (bias >> 1) + random.below(8) - 4);
    case 4:
      return random.pick(SPECIALS[format.name]);
    case 5:
      return compose(random, format, bias + random.below(70) - 2); // about the integers
    default:
      return compose(random, format, bias + random.below(9) - 4);
  }
}

const biasedExponent = (bits: bigint, format: Format): number =>
  Number((bits >> BigInt(format.fractionBits)) & BigInt(2 * format.bias + 1));

/** A second operand with a tie, a cancellation, or a result near the ends of the range likely. */
function randomPartner(random: Random, format: Format, a: bigint): bigint {
  const exponent = biasedExponent(a, format);
  const nearEnd = random.pick([1, 0, -1, -format.fractionBits >> 1, -format.fractionBits, 2 * format.bias]) + random.below(5) - 2;
  switch (random.below(8)) {
    case 0: {
      const sign = 1n << BigInt(format.width - 1);
      return a ^ sign ^ BigInt(random.below(8));
    }
    case 1:
      return compose(random, format, exponent + random.below(5) - 2);
    case 2:
      return compose(random, format, exponent + (random.below(2 * format.fractionBits + 8) - format.fractionBits - 4));
    case 3:
      return compose(random, format, nearEnd + format.bias - exponent); // product at an end
    case 4:
      return compose(random, format, exponent - nearEnd + format.bias); // quotient at an end
    default:
      return randomFloat(random, format);
  }
}

function randomAddend(random: Random, format: Format, a: bigint, b: bigint): bigint {
  const exponent = biasedExponent(a, format) + biasedExponent(b, format) - format.bias;
  switch (random.below(5)) {
    case 0: {
      // Minus the rounded product and neighbours: what is left is the product's low half.
      const rounded = multiply(a, b, format, 0).bits ^ (1n << BigInt(format.width - 1));
      return rounded ^ BigInt(random.below(4));
    }
    case 1:
      return compose(random, format, exponent + random.below(7) - 3);
    case 2:
      return compose(random, format, exponent + random.below(4 * format.fractionBits) - 2 * format.fractionBits);
    default:
      return randomFloat(random, format);
  }
}

/** a * b a little above a power of two, by (1 + x) (1 - x + x^2) = 1 + x^3, and c so that the sum is a midpoint but for that little. */
function almostTie(random: Random, format: Format): bigint[] {
  const { fractionBits } = format;
  const half = fractionBits >> 1;
  const sign = (): bigint => BigInt(random.bits() & 1) << BigInt(format.width - 1);
  const exponentA = random.below(8) - 4;
  const exponentB = random.below(8) - 4;
  const a = bitsOf(format, exponentA, 1n << BigInt(fractionBits - half));
  const b = bitsOf(format, exponentB, (1n << BigInt(fractionBits + 1 - 2 * half)) - (1n << BigInt(fractionBits + 1 - half)));
  const c = bitsOf(format, exponentA + exponentB + fractionBits + random.below(3), BigInt(random.below(4)));
  return [a | sign(), b | sign(), c | sign()];
}

export function randomOperands(random: Random, operation: Operation): bigint[] {
  const kind = operation.operands[0];
  if (kind === 'integer') {
    if (random.below(4) === 0) return [random.pick(SPECIALS.integer)];
    const x = random.wide() >> BigInt(random.below(64));
    return [random.below(2) === 0 ? x : BigInt.asUintN(64, -x)];
  }
  const format = formatOf(kind);
  if (operation.operands.length === 3 && random.below(32) === 0) return almostTie(random, format);
  const a = randomFloat(random, format);
  if (operation.operands.length === 1) {
    // Half of the narrowing conversions land in or near the range of binary32.
    if (operation.name === 'fcvt_s_d' && random.below(2) === 0) return [compose(random, DOUBLE, 1023 - 152 + random.below(284))];
    return [a];
  }
  const b = randomPartner(random, format, a);
  return operation.operands.length === 2 ? [a, b] : [a, b, randomAddend(random, format, a, b)];
}
