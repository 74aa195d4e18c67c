/** fdiv. */
import { biasedExponent, DZ, EXPONENT_D, exponent, inexactIsSet, infinity, integerPart, invalid, isNaN_d, isPlain_d } from './pack';
import { isPlain_s, isSignaling_d, nan, NX, raise, RNE, SIGN_D, significand, widen, zero } from './pack';
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

/*
 * A plain native quotient is right (see isPlain_d). It is exact if and only if mR * mB == mA * 2^k; the remainder is at most
 * half of mB, so comparing modulo 2^64 is enough. k is 52 or 53.
 */
export function fdiv_d(a: u64, b: u64, rm: u32): u64 {
  if (rm == RNE) {
    const bits = reinterpret<u64>(reinterpret<f64>(a) / reinterpret<f64>(b));
    if (isPlain_d(bits)) {
      if (inexactIsSet()) return bits;
      const expA = biasedExponent(a);
      const expB = biasedExponent(b);
      if (expA != 0 && expB != 0) {
        const k = expA - biasedExponent(bits) - expB + 1075;
        if (integerPart(bits) * integerPart(b) != integerPart(a) << k) raise(NX);
        return bits;
      }
    }
  }
  return divideExact(a, b, rm, false);
}

/* The product of two binary32 is exactly a binary64, so r is exact if and only if r * b gives a back there. */
export function fdiv_s(a: u32, b: u32, rm: u32): u32 {
  if (rm == RNE) {
    const x = reinterpret<f32>(a);
    const y = reinterpret<f32>(b);
    const r = x / y;
    const bits = reinterpret<u32>(r);
    if (isPlain_s(bits)) {
      if (<f64>r * <f64>y != <f64>x) raise(NX);
      return bits;
    }
  }
  return <u32>divideExact(widen(a), widen(b), rm, true);
}
