/** fmadd, fmsub, fnmsub, fnmadd: a product and a sum with one rounding. */
import { EXPONENT_D, exponent, infinity, invalid, isNaN_d, isSignaling_d, nan, narrowExactly } from './pack';
import { RDN, SIGN_D, SIGN_S, significand, widen, zero } from './pack';
import { roundTo, shiftRightJam } from './round';
import { multiplyHigh } from './wide';

/** a * b + c, correctly rounded, from the definition. */
function fusedExact(a: u64, b: u64, c: u64, rm: u32, single: bool): u64 {
  const x = a & ~SIGN_D;
  const y = b & ~SIGN_D;
  const z = c & ~SIGN_D;
  const signP = ((a ^ b) & SIGN_D) != 0;
  const signC = (c & SIGN_D) != 0;
  if (x >= EXPONENT_D || y >= EXPONENT_D || z >= EXPONENT_D) {
    // Infinity times zero is invalid even when c is a quiet NaN.
    if ((x == EXPONENT_D && y == 0) || (x == 0 && y == EXPONENT_D)) return invalid(single);
    if (x > EXPONENT_D || y > EXPONENT_D || z > EXPONENT_D) {
      return isSignaling_d(a) || isSignaling_d(b) || isSignaling_d(c) ? invalid(single) : nan(single);
    }
    if (z < EXPONENT_D) return infinity(signP, single);
    const infiniteProduct = x == EXPONENT_D || y == EXPONENT_D;
    return infiniteProduct && signP != signC ? invalid(single) : infinity(signC, single);
  }
  if (x == 0 || y == 0) {
    if (z == 0) return zero(signP == signC ? signC : rm == RDN, single);
    return narrowExactly(c, single);
  }
  // The product is (high:low) * 2^(exp - 124), 2^124 <= high:low < 2^126, and its low 20 bits are zero.
  const sigX = significand(x);
  const sigY = significand(y);
  let high = multiplyHigh(sigX, sigY);
  let low = sigX * sigY;
  let exp = exponent(x) + exponent(y);
  let sign = signP;
  if (z != 0) {
    // c on the same scale is sigC * 2^62. Shifts by more than 20 jam, but then no cancellation reaches the jam bit.
    const sigC = significand(z);
    let highC = sigC >> 2;
    let lowC = sigC << 62;
    const expC = exponent(z);
    const distance = exp - expC;
    if (distance > 0) {
      lowC = shiftLowJam(highC, lowC, <u32>distance);
      highC = distance > 63 ? 0 : highC >> distance;
    } else if (distance < 0) {
      low = shiftLowJam(high, low, <u32>-distance);
      high = distance < -63 ? 0 : high >> -distance;
      exp = expC;
    }
    if (signP == signC) {
      low += lowC;
      high += highC + <u64>(low < lowC);
    } else if (high > highC || (high == highC && low >= lowC)) {
      high -= highC + <u64>(low < lowC);
      low -= lowC;
      if ((high | low) == 0) return zero(rm == RDN, single);
    } else {
      high = highC - high - <u64>(lowC < low);
      low = lowC - low;
      sign = signC;
    }
  }
  if (high == 0) {
    // Only a cancellation comes here, so low is exact.
    const shift = <i32>clz(low);
    return roundTo(single, sign, exp - 61 - shift, shiftRightJam(low << shift, 1), rm);
  }
  // high:low = sig * 2^(64 - shift), and it counts 2^-124.
  const shift = <i32>clz(high) - 1;
  const sig = shift == 0 ? high : (high << shift) | (low >> (64 - shift));
  return roundTo(single, sign, exp + 2 - shift, sig | <u64>(low << shift != 0), rm);
}

/** The low half of high:low / 2^n (n > 0), with the lost bits jammed into bit 0. */
function shiftLowJam(high: u64, low: u64, n: u32): u64 {
  if (n < 64) return (low >> n) | (high << (64 - n)) | <u64>(low << (64 - n) != 0);
  return shiftRightJam(high, n - 64) | <u64>(low != 0);
}

export function fmadd_d(a: u64, b: u64, c: u64, rm: u32): u64 {
  return fusedExact(a, b, c, rm, false);
}

export function fmadd_s(a: u32, b: u32, c: u32, rm: u32): u32 {
  return <u32>fusedExact(widen(a), widen(b), widen(c), rm, true);
}

export function fmsub_d(a: u64, b: u64, c: u64, rm: u32): u64 {
  return fmadd_d(a, b, c ^ SIGN_D, rm);
}

export function fmsub_s(a: u32, b: u32, c: u32, rm: u32): u32 {
  return fmadd_s(a, b, c ^ SIGN_S, rm);
}

export function fnmsub_d(a: u64, b: u64, c: u64, rm: u32): u64 {
  return fmadd_d(a ^ SIGN_D, b, c, rm);
}

export function fnmsub_s(a: u32, b: u32, c: u32, rm: u32): u32 {
  return fmadd_s(a ^ SIGN_S, b, c, rm);
}

export function fnmadd_d(a: u64, b: u64, c: u64, rm: u32): u64 {
  return fmadd_d(a ^ SIGN_D, b, c ^ SIGN_D, rm);
}

export function fnmadd_s(a: u32, b: u32, c: u32, rm: u32): u32 {
  return fmadd_s(a ^ SIGN_S, b, c ^ SIGN_S, rm);
}
