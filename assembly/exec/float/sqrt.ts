/** fsqrt. */
import { biasedExponent, EXPONENT_D, exponent, inexactIsSet, infinity, integerPart, invalid, isNaN_d, isPlain_d } from './pack';
import { isPlain_s, isSignaling_d, nan, narrowExactly, NX, raise, RNE, SIGN_D, significand, widen } from './pack';
import { roundTo } from './round';

const ROOT_BITS = 56; // 53 for the fraction, a rounding bit, and room for the jam bit

/** Square root of a, correctly rounded, from the definition: one binary digit of the root after another. */
function squareRootExact(a: u64, rm: u32, single: bool): u64 {
  if (isNaN_d(a)) return isSignaling_d(a) ? invalid(single) : nan(single);
  if ((a & ~SIGN_D) == 0) return narrowExactly(a, single);
  if ((a & SIGN_D) != 0) return invalid(single);
  if (a == EXPONENT_D) return infinity(false, single);
  const exp = exponent(a);
  // radicand / 2^62 is in [1, 4) and what is left of the exponent is even.
  let radicand = exp & 1 ? significand(a) << 1 : significand(a);
  let root: u64 = 0;
  // rest = (the leading digits of the radicand) - root^2, at most 2 * root, so 64 bits are enough.
  let rest: u64 = 0;
  for (let digit = 0; digit < ROOT_BITS; digit++) {
    rest = (rest << 2) | (radicand >> 62);
    radicand <<= 2;
    const trial = (root << 2) | 1;
    root <<= 1;
    if (rest >= trial) {
      rest -= trial;
      root |= 1;
    }
  }
  const sig = (root << (63 - ROOT_BITS)) | <u64>(rest != 0);
  return roundTo(single, false, exp >> 1, sig, rm);
}

/*
 * A plain native root is right (see isPlain_d). It is exact if and only if mR * mR == mA * 2^k; the remainder is at most
 * mR + 1, so comparing modulo 2^64 is enough. k is 52 or 53.
 */
export function fsqrt_d(a: u64, rm: u32): u64 {
  if (rm == RNE) {
    const bits = reinterpret<u64>(sqrt<f64>(reinterpret<f64>(a)));
    if (isPlain_d(bits)) {
      if (inexactIsSet()) return bits;
      const expA = biasedExponent(a);
      if (expA != 0) {
        const root = integerPart(bits);
        if (root * root != integerPart(a) << (expA - 2 * biasedExponent(bits) + 1075)) raise(NX);
        return bits;
      }
    }
  }
  return squareRootExact(a, rm, false);
}

/*
 * Rounding a root to 53 bits and then to 24 is rounding once, since 53 >= 2 * 24 + 2 (S. Figueroa, "When is double rounding
 * innocuous?", 1995), and V8's f64.sqrt is twice as fast as its f32.sqrt. The square of a binary32 is exactly a binary64, so
 * r is exact if and only if its square is a there.
 */
export function fsqrt_s(a: u32, rm: u32): u32 {
  if (rm == RNE) {
    const x = reinterpret<f32>(a);
    const r = <f32>sqrt<f64>(<f64>x);
    const bits = reinterpret<u32>(r);
    if (isPlain_s(bits)) {
      if (<f64>r * <f64>r != <f64>x) raise(NX);
      return bits;
    }
  }
  return <u32>squareRootExact(widen(a), rm, true);
}
