/**
 * Formats, flags and special values.
 *
 *   binary64   s eeeeeeeeeee ffff...f   1 + 11 + 52 bits, bias 1023
 *   binary32   s eeeeeeee ffff...f      1 +  8 + 23 bits, bias 127
 *
 * The exact operations exist once. They take binary64 operands (every binary32 value is one, see `widen`) and round
 * their exact result to the format that `single` names. Inside, a finite non-zero number is
 * (-1)^sign * sig * 2^(exp - 62) with 2^62 <= sig < 2^63.
 */
import { HART, HART_FFLAGS } from '../../shared/layout';

export const RNE: u32 = 0; // to nearest, ties to even
export const RTZ: u32 = 1; // towards zero
export const RDN: u32 = 2; // down
export const RUP: u32 = 3; // up
export const RMM: u32 = 4; // to nearest, ties away from zero

export const NX: u32 = 1; // inexact
export const UF: u32 = 2; // underflow
export const OF: u32 = 4; // overflow
export const DZ: u32 = 8; // division by zero
export const NV: u32 = 16; // invalid operation

export const SIGN_D: u64 = 0x8000000000000000;
export const EXPONENT_D: u64 = 0x7ff0000000000000; // also the bits of +infinity
export const FRACTION_D: u64 = 0x000fffffffffffff;
export const HIDDEN_D: u64 = 0x0010000000000000;
export const QUIET_D: u64 = 0x0008000000000000;
export const NAN_D: u64 = 0x7ff8000000000000;

export const SIGN_S: u32 = 0x80000000;
export const EXPONENT_S: u32 = 0x7f800000;
export const FRACTION_S: u32 = 0x007fffff;
export const HIDDEN_S: u32 = 0x00800000;
export const QUIET_S: u32 = 0x00400000;
export const NAN_S: u32 = 0x7fc00000;

// @ts-ignore: decorator
@inline
export function raise(flags: u32): void {
  store<u32>(HART + HART_FFLAGS, load<u32>(HART + HART_FFLAGS) | flags);
}

/** NX is sticky: once it is set an operation has nothing to find out about exactness. */
// @ts-ignore: decorator
@inline
export function inexactIsSet(): bool {
  return (load<u32>(HART + HART_FFLAGS) & NX) != 0;
}

/**
 * For results of native arithmetic: finite and at least twice the smallest normal number. Such a result, rounded or not, had
 * neither overflow nor tininess, so the only flag it can raise is NX.
 */
// @ts-ignore: decorator
@inline
export function isPlain_d(bits: u64): bool {
  return (bits & EXPONENT_D) - 2 * HIDDEN_D < EXPONENT_D - 2 * HIDDEN_D;
}

// @ts-ignore: decorator
@inline
export function isPlain_s(bits: u32): bool {
  return (bits & EXPONENT_S) - 2 * HIDDEN_S < EXPONENT_S - 2 * HIDDEN_S;
}

export const TWO_TO_1022: f64 = reinterpret<f64>(0x7fd0000000000000);

/**
 * x + y - sum exactly, where sum is x + y rounded to nearest (2Sum: Knuth, volume 2, section 4.2.2, theorem B). Sums can't
 * underflow; below 2^1022 no step overflows.
 */
// @ts-ignore: decorator
@inline
export function errorOfSum(x: f64, y: f64, sum: f64): f64 {
  const back = sum - x;
  return x - (sum - back) + (y - back);
}

/** Integer significand of a normal binary64, 2^52 <= result < 2^53. */
// @ts-ignore: decorator
@inline
export function integerPart(bits: u64): u64 {
  return (bits & FRACTION_D) | HIDDEN_D;
}

// @ts-ignore: decorator
@inline
export function biasedExponent(bits: u64): u64 {
  return (bits >> 52) & 0x7ff;
}

// @ts-ignore: decorator
@inline
export function isNaN_d(a: u64): bool {
  return (a & ~SIGN_D) > EXPONENT_D;
}

// @ts-ignore: decorator
@inline
export function isNaN_s(a: u32): bool {
  return (a & ~SIGN_S) > EXPONENT_S;
}

// @ts-ignore: decorator
@inline
export function isSignaling_d(a: u64): bool {
  return isNaN_d(a) && (a & QUIET_D) == 0;
}

// @ts-ignore: decorator
@inline
export function isSignaling_s(a: u32): bool {
  return isNaN_s(a) && (a & QUIET_S) == 0;
}

/** The binary64 of a binary32: the same value, or a NaN that signals if the operand does. */
export function widen(a: u32): u64 {
  if ((a & EXPONENT_S) == EXPONENT_S) {
    return ((<u64>(a & SIGN_S)) << 32) | EXPONENT_D | ((<u64>(a & FRACTION_S)) << 29);
  }
  return reinterpret<u64>(<f64>reinterpret<f32>(a));
}

/** The canonical NaN of the format, which is the result of every operation that yields a NaN. */
export function nan(single: bool): u64 {
  return single ? <u64>NAN_S : NAN_D;
}

export function invalid(single: bool): u64 {
  raise(NV);
  return nan(single);
}

export function infinity(sign: bool, single: bool): u64 {
  return single ? <u64>(EXPONENT_S | ((<u32>sign) << 31)) : EXPONENT_D | ((<u64>sign) << 63);
}

export function zero(sign: bool, single: bool): u64 {
  return single ? <u64>((<u32>sign) << 31) : (<u64>sign) << 63;
}

/** A binary64 that is known to be zero, infinite or exactly a binary32, in the result's format. */
export function narrowExactly(a: u64, single: bool): u64 {
  return single ? <u64>reinterpret<u32>(<f32>reinterpret<f64>(a)) : a;
}

/** `sig` of a finite non-zero binary64 without its sign. */
// @ts-ignore: decorator
@inline
export function significand(magnitude: u64): u64 {
  if (magnitude < HIDDEN_D) return magnitude << (clz(magnitude) - 1);
  return ((magnitude & FRACTION_D) | HIDDEN_D) << 10;
}

/** `exp` of a finite non-zero binary64 without its sign. A subnormal is fraction * 2^-1074. */
// @ts-ignore: decorator
@inline
export function exponent(magnitude: u64): i32 {
  if (magnitude < HIDDEN_D) return -1011 - <i32>clz(magnitude);
  return <i32>(magnitude >> 52) - 1023;
}
