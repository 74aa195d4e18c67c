/** Comparisons, minimum, maximum and classification. */
import { EXPONENT_D, EXPONENT_S, FRACTION_D, FRACTION_S, isNaN_d, isNaN_s, isSignaling_d, isSignaling_s } from './pack';
import { NAN_D, NAN_S, NV, QUIET_D, QUIET_S, raise, SIGN_D, SIGN_S } from './pack';

/* feq is a quiet comparison: only a signaling NaN is invalid. */
export function feq_d(a: u64, b: u64): u64 {
  if (isSignaling_d(a) || isSignaling_d(b)) raise(NV);
  return <u64>(reinterpret<f64>(a) == reinterpret<f64>(b));
}

export function feq_s(a: u32, b: u32): u64 {
  if (isSignaling_s(a) || isSignaling_s(b)) raise(NV);
  return <u64>(reinterpret<f32>(a) == reinterpret<f32>(b));
}

/* flt and fle are signaling comparisons: any NaN is invalid. */
export function flt_d(a: u64, b: u64): u64 {
  if (isNaN_d(a) || isNaN_d(b)) raise(NV);
  return <u64>(reinterpret<f64>(a) < reinterpret<f64>(b));
}

export function flt_s(a: u32, b: u32): u64 {
  if (isNaN_s(a) || isNaN_s(b)) raise(NV);
  return <u64>(reinterpret<f32>(a) < reinterpret<f32>(b));
}

export function fle_d(a: u64, b: u64): u64 {
  if (isNaN_d(a) || isNaN_d(b)) raise(NV);
  return <u64>(reinterpret<f64>(a) <= reinterpret<f64>(b));
}

export function fle_s(a: u32, b: u32): u64 {
  if (isNaN_s(a) || isNaN_s(b)) raise(NV);
  return <u64>(reinterpret<f32>(a) <= reinterpret<f32>(b));
}

/**
 * minimumNumber and maximumNumber of IEEE 754-2019, as the F extension 2.2 asks: -0 is below +0, a NaN loses against a
 * number, two NaNs give the canonical one. Without NaNs Wasm's min and max are these functions.
 */
export function fmin_d(a: u64, b: u64): u64 {
  if (isNaN_d(a) || isNaN_d(b)) return numberOf_d(a, b);
  return reinterpret<u64>(min<f64>(reinterpret<f64>(a), reinterpret<f64>(b)));
}

export function fmax_d(a: u64, b: u64): u64 {
  if (isNaN_d(a) || isNaN_d(b)) return numberOf_d(a, b);
  return reinterpret<u64>(max<f64>(reinterpret<f64>(a), reinterpret<f64>(b)));
}

export function fmin_s(a: u32, b: u32): u32 {
  if (isNaN_s(a) || isNaN_s(b)) return numberOf_s(a, b);
  return reinterpret<u32>(min<f32>(reinterpret<f32>(a), reinterpret<f32>(b)));
}

export function fmax_s(a: u32, b: u32): u32 {
  if (isNaN_s(a) || isNaN_s(b)) return numberOf_s(a, b);
  return reinterpret<u32>(max<f32>(reinterpret<f32>(a), reinterpret<f32>(b)));
}

function numberOf_d(a: u64, b: u64): u64 {
  if (isSignaling_d(a) || isSignaling_d(b)) raise(NV);
  if (!isNaN_d(a)) return a;
  return isNaN_d(b) ? NAN_D : b;
}

function numberOf_s(a: u32, b: u32): u32 {
  if (isSignaling_s(a) || isSignaling_s(b)) raise(NV);
  if (!isNaN_s(a)) return a;
  return isNaN_s(b) ? NAN_S : b;
}

/*
 * Bits of fclass: 0 -inf, 1 negative normal, 2 negative subnormal, 3 -0, 4 +0, 5 positive subnormal, 6 positive normal,
 * 7 +inf, 8 signaling NaN, 9 quiet NaN.
 */
export function fclass_d(a: u64): u64 {
  if (isNaN_d(a)) return a & QUIET_D ? 1 << 9 : 1 << 8;
  return classOf((a & SIGN_D) != 0, (a & EXPONENT_D) == EXPONENT_D, (a & EXPONENT_D) == 0, (a & FRACTION_D) == 0);
}

export function fclass_s(a: u32): u64 {
  if (isNaN_s(a)) return a & QUIET_S ? 1 << 9 : 1 << 8;
  return classOf((a & SIGN_S) != 0, (a & EXPONENT_S) == EXPONENT_S, (a & EXPONENT_S) == 0, (a & FRACTION_S) == 0);
}

function classOf(sign: bool, top: bool, bottom: bool, plain: bool): u64 {
  if (top) return sign ? 1 << 0 : 1 << 7;
  if (bottom && plain) return sign ? 1 << 3 : 1 << 4;
  if (bottom) return sign ? 1 << 2 : 1 << 5;
  return sign ? 1 << 1 : 1 << 6;
}
