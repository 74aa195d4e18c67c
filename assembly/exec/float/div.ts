/** fdiv. */
import { DZ, EXPONENT_D, exponent, infinity, invalid, isNaN_d, isSignaling_d, nan, raise, SIGN_D, significand, widen, zero } from './pack';
import { roundTo, shiftRightJam } from './round';
import { divide, remainder } from './wide';

/** a / b, correctly rounded, from the definition. */
function divideExact(a: u64, b: u64, rm: u32, single: bool): u64 {
  if (isNaN_d(a) || isNaN_d(b)) return isSignaling_d(a) || isSignaling_d(b) ? invalid(single) : nan(single);
  const sign = ((a ^ b) & SIGN_D) != 0;
  const x = a & ~SIGN_D;
  const y = b & ~SIGN_D;
  if (x == EXPONENT_D) return y == EXPONENT_D ? invalid(single) : infinity(sign, single);
  if (y == EXPONENT_D) return zero(sign, single);
  if (y == 0) {
    if (x == 0) return invalid(single);
    raise(DZ);
    return infinity(sign, single);
  }
  if (x == 0) return zero(sign, single);
  // With sigX < 2^63 <= 2 * sigY the quotient is sigX / (2 * sigY) * 2^64, between 2^62 and 2^64.
  const quotient = divide(significand(x), significand(y) << 1);
  const jammed = quotient | <u64>(remainder != 0);
  const exp = exponent(x) - exponent(y);
  return quotient >> 63
    ? roundTo(single, sign, exp, shiftRightJam(jammed, 1), rm)
    : roundTo(single, sign, exp - 1, jammed, rm);
}

export function fdiv_d(a: u64, b: u64, rm: u32): u64 {
  return divideExact(a, b, rm, false);
}

export function fdiv_s(a: u32, b: u32, rm: u32): u32 {
  return <u32>divideExact(widen(a), widen(b), rm, true);
}
