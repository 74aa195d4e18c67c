/** fmul. */
import { EXPONENT_D, exponent, infinity, invalid, isNaN_d, isSignaling_d, nan, SIGN_D, significand, widen, zero } from './pack';
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

export function fmul_d(a: u64, b: u64, rm: u32): u64 {
  return multiplyExact(a, b, rm, false);
}

export function fmul_s(a: u32, b: u32, rm: u32): u32 {
  return <u32>multiplyExact(widen(a), widen(b), rm, true);
}
