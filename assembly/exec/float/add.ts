/** fadd, fsub. */
import { errorOfSum, EXPONENT_D, EXPONENT_S, exponent, inexactIsSet, infinity, invalid, isNaN_d, isSignaling_d } from './pack';
import { nan, narrowExactly, NX, raise, RDN, RNE, SIGN_D, SIGN_S, significand, TWO_TO_1022, widen, zero } from './pack';
import { roundTo, shiftRightJam } from './round';

/** a + b, correctly rounded, from the definition. */
function addExact(a: u64, b: u64, rm: u32, single: bool): u64 {
  if (isNaN_d(a) || isNaN_d(b)) return isSignaling_d(a) || isSignaling_d(b) ? invalid(single) : nan(single);
  let signA = (a & SIGN_D) != 0;
  let signB = (b & SIGN_D) != 0;
  let x = a & ~SIGN_D;
  let y = b & ~SIGN_D;
  if (x == EXPONENT_D) return y == EXPONENT_D && signA != signB ? invalid(single) : infinity(signA, single);
  if (y == EXPONENT_D) return infinity(signB, single);
  if (x == 0) return y == 0 ? zero(signA == signB ? signA : rm == RDN, single) : narrowExactly(b, single);
  if (y == 0) return narrowExactly(a, single);
  if (x < y) {
    const magnitude = x;
    x = y;
    y = magnitude;
    const sign = signA;
    signA = signB;
    signB = sign;
  }
  const exp = exponent(x);
  const sigX = significand(x);
  // A jam bit is safe: only operands one binade apart can cancel more than one bit, and their shift loses nothing,
  // since the low 10 bits of a significand are zero.
  const sigY = shiftRightJam(significand(y), <u32>(exp - exponent(y)));
  if (signA == signB) {
    const sum = sigX + sigY;
    return sum >> 63 ? roundTo(single, signA, exp + 1, shiftRightJam(sum, 1), rm) : roundTo(single, signA, exp, sum, rm);
  }
  const difference = sigX - sigY;
  if (difference == 0) return zero(rm == RDN, single);
  const shift = <i32>clz(difference) - 1;
  return roundTo(single, signA, exp - shift, difference << shift, rm);
}

/*
 * Native addition rounds to nearest even and is exact wherever its result is subnormal (a sum is a multiple of the smallest
 * subnormal number), so a finite native result is right and at most NX is missing. r is exact if and only if
 * the error of the sum is zero.
 */
export function fadd_d(a: u64, b: u64, rm: u32): u64 {
  if (rm == RNE) {
    const x = reinterpret<f64>(a);
    const y = reinterpret<f64>(b);
    const r = x + y;
    const bits = reinterpret<u64>(r);
    if ((bits & EXPONENT_D) != EXPONENT_D) {
      if (inexactIsSet()) return bits;
      if (abs(x) < TWO_TO_1022 && abs(r) < TWO_TO_1022) {
        if (errorOfSum(x, y, r) != 0) raise(NX);
        return bits;
      }
    }
  }
  return addExact(a, b, rm, false);
}

/* The same in binary32. Exact means that the binary64 sum, which can't overflow, is exact by 2Sum and is a binary32. */
export function fadd_s(a: u32, b: u32, rm: u32): u32 {
  if (rm == RNE) {
    const x = reinterpret<f32>(a);
    const y = reinterpret<f32>(b);
    const r = x + y;
    const bits = reinterpret<u32>(r);
    if ((bits & EXPONENT_S) != EXPONENT_S) {
      if (!inexactIsSet()) {
        const wide = <f64>x + <f64>y;
        if (<f64>r != wide || errorOfSum(<f64>x, <f64>y, wide) != 0) raise(NX);
      }
      return bits;
    }
  }
  return <u32>addExact(widen(a), widen(b), rm, true);
}

export function fsub_d(a: u64, b: u64, rm: u32): u64 {
  return fadd_d(a, b ^ SIGN_D, rm);
}

export function fsub_s(a: u32, b: u32, rm: u32): u32 {
  return fadd_s(a, b ^ SIGN_S, rm);
}
