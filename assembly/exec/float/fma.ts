/** fmadd, fmsub, fnmsub, fnmadd: a product and a sum with one rounding. */
import { errorOfSum, EXPONENT_D, exponent, inexactIsSet, infinity, invalid, isNaN_d, isPlain_d, isPlain_s, isSignaling_d } from './pack';
import { nan, narrowExactly, NX, raise, RDN, RNE, SIGN_D, SIGN_S, significand, TWO_TO_1022, widen, zero } from './pack';
import { roundTo, shiftRightJam } from './round';
import { multiplyHigh } from './wide';

const EPSILON: f64 = reinterpret<f64>(0x3cb0000000000000); // 2^-52
const PRODUCT_MIN: f64 = reinterpret<f64>(0x03f0000000000000); // 2^-960

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

/** The leading 26 bits of x, rounded, so that what is left has 26 bits too (and a sign). */
// @ts-ignore: decorator
@inline
function leadingHalf(bits: u64): f64 {
  return reinterpret<f64>((bits + 0x4000000) & 0xfffffffff8000000);
}

/*
 * With p + e = a * b exactly (Dekker's product: the partial products of 26-bit halves are exact, and e is no smaller than
 * the smallest subnormal number because |p| >= 2^-960) and s + t = p + c exactly (2Sum), the result is s + (t + e) rounded
 * once. w = t + e rounded is off by half an ulp at most, and w * (1 - 2^-52) and w * (1 + 2^-52) lie at least one ulp on
 * either side (below 2^-1021 t + e is exact). Rounding is monotonic: if both give the same sum, it is the result. Any overflow
 * on the way makes an infinity or a NaN, which fails the comparison or isPlain_d.
 * With NX clear the result is kept if 2Sum says that w = t + e exactly: then it is exact if and only if s + w is.
 */
export function fmadd_d(a: u64, b: u64, c: u64, rm: u32): u64 {
  if (rm == RNE) {
    const x = reinterpret<f64>(a);
    const y = reinterpret<f64>(b);
    const z = reinterpret<f64>(c);
    const p = x * y;
    if (abs(p) >= PRODUCT_MIN) {
      const xHigh = leadingHalf(a);
      const yHigh = leadingHalf(b);
      const xLow = x - xHigh;
      const yLow = y - yHigh;
      const e = xHigh * yHigh - p + xHigh * yLow + xLow * yHigh + xLow * yLow;
      const s = p + z;
      const t = errorOfSum(p, z, s);
      const w = t + e;
      const r = s + w * (1 - EPSILON);
      const bits = reinterpret<u64>(r);
      if (r == s + w * (1 + EPSILON) && isPlain_d(bits)) {
        if (inexactIsSet()) return bits;
        if (errorOfSum(t, e, w) == 0 && abs(r) < TWO_TO_1022) {
          if (errorOfSum(s, w, r) != 0) raise(NX);
          return bits;
        }
      }
    }
  }
  return fusedExact(a, b, c, rm, false);
}

/*
 * The product is exactly a binary64; the sum is rounded to binary64 and then to binary32. That goes wrong only if the first
 * rounding lands on the midpoint of two binary32 (bit 28 alone of the 29 that are cut): anything else lies on the same
 * side of every midpoint as the exact sum. Exact means no loss in either step.
 */
export function fmadd_s(a: u32, b: u32, c: u32, rm: u32): u32 {
  if (rm == RNE) {
    const product = <f64>reinterpret<f32>(a) * <f64>reinterpret<f32>(b);
    const addend = <f64>reinterpret<f32>(c);
    const sum = product + addend;
    const r = <f32>sum;
    const bits = reinterpret<u32>(r);
    if ((reinterpret<u64>(sum) & 0x1fffffff) != 0x10000000 && isPlain_s(bits)) {
      if (!inexactIsSet()) {
        if (<f64>r != sum || errorOfSum(product, addend, sum) != 0) raise(NX);
      }
      return bits;
    }
  }
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
