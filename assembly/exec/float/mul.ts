/** fmul. */
import { biasedExponent, EXPONENT_D, exponent, inexactIsSet, infinity, integerPart, invalid, isNaN_d, isPlain_d } from './pack';
import { isPlain_s, isSignaling_d, nan, NX, raise, RNE, SIGN_D, significand, widen, zero } from './pack';
import { roundTo, shiftRightJam } from './round';
import { multiplyHigh } from './wide';

/** a * b, correctly rounded, from the definition. */
function multiplyExact(a: u64, b: u64, rm: u32, single: bool): u64 {
  if (isNaN_d(a) || isNaN_d(b)) return isSignaling_d(a) || isSignaling_d(b) ? invalid(single) : nan(single);
  const sign = ((a ^ b) & SIGN_D) != 0;
  const x = a & ~SIGN_D;
  const y = b & ~SIGN_D;
  if (x == EXPONENT_D || y == EXPONENT_D) return x == 0 || y == 0 ? invalid(single) : infinity(sign, single);
  if (x == 0 || y == 0) return zero(sign, single);
  const sigX = significand(x) << 1;
  const sigY = significand(y) << 1;
  const exp = exponent(x) + exponent(y);
  const high = multiplyHigh(sigX, sigY);
  const product = high | <u64>(sigX * sigY != 0);
  return high >> 63
    ? roundTo(single, sign, exp + 1, shiftRightJam(product, 1), rm)
    : roundTo(single, sign, exp, product, rm);
}

/*
 * A plain native product is right (see isPlain_d). With significands as integers it is exact if and only if
 * mA * mB == mR * 2^k; the two differ by at most half of 2^k, k = 52 or 53, so comparing them modulo 2^64 is enough.
 */
export function fmul_d(a: u64, b: u64, rm: u32): u64 {
  if (rm == RNE) {
    const bits = reinterpret<u64>(reinterpret<f64>(a) * reinterpret<f64>(b));
    if (isPlain_d(bits)) {
      if (inexactIsSet()) return bits;
      const expA = biasedExponent(a);
      const expB = biasedExponent(b);
      if (expA != 0 && expB != 0) {
        const k = biasedExponent(bits) - expA - expB + 1075;
        if (integerPart(a) * integerPart(b) != integerPart(bits) << k) raise(NX);
        return bits;
      }
    }
  }
  return multiplyExact(a, b, rm, false);
}

/* The product of two binary32 is exactly a binary64, so the native product is exact if and only if it equals that. */
export function fmul_s(a: u32, b: u32, rm: u32): u32 {
  if (rm == RNE) {
    const exact = <f64>reinterpret<f32>(a) * <f64>reinterpret<f32>(b);
    const r = <f32>exact;
    const bits = reinterpret<u32>(r);
    if (isPlain_s(bits)) {
      if (<f64>r != exact) raise(NX);
      return bits;
    }
  }
  return <u32>multiplyExact(widen(a), widen(b), rm, true);
}
