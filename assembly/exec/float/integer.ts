/**
 * Floating point to integer. Wasm's rounding instructions are exact in every mode, and a rounded value in range converts
 * exactly, so these operations need no other path. Out of range (infinities too) raises NV alone and gives the nearest
 * limit; a NaN counts as above the range. 32-bit results are sign-extended, the unsigned ones too.
 */
import { NV, NX, raise, RDN, RNE, RTZ, RUP } from './pack';

// @ts-ignore: decorator
@inline
function toIntegral(x: f64, rm: u32): f64 {
  if (rm == RTZ) return trunc(x);
  if (rm == RNE) return nearest(x);
  if (rm == RDN) return floor(x);
  if (rm == RUP) return ceil(x);
  // Ties away from zero: x - trunc(x) is exact, and so is a step of 1 from a value that had a fraction.
  const whole = trunc(x);
  return abs(x - whole) >= 0.5 ? whole + copysign<f64>(1, x) : whole;
}

// @ts-ignore: decorator
@inline
function inexactIf(rounded: f64, x: f64): void {
  if (rounded != x) raise(NX);
}

function toInt32(x: f64, rm: u32): i64 {
  const rounded = toIntegral(x, rm);
  if (rounded >= -2147483648 && rounded <= 2147483647) {
    inexactIf(rounded, x);
    return <i64>(<i32>rounded);
  }
  raise(NV);
  return rounded < 0 ? i32.MIN_VALUE : i32.MAX_VALUE;
}

function toUint32(x: f64, rm: u32): i64 {
  const rounded = toIntegral(x, rm);
  if (rounded >= 0 && rounded <= 4294967295) {
    inexactIf(rounded, x);
    return <i64>(<i32>(<u32>rounded));
  }
  raise(NV);
  return rounded < 0 ? 0 : -1;
}

function toInt64(x: f64, rm: u32): i64 {
  const rounded = toIntegral(x, rm);
  if (rounded >= -9223372036854775808.0 && rounded < 9223372036854775808.0) {
    inexactIf(rounded, x);
    return <i64>rounded;
  }
  raise(NV);
  return rounded < 0 ? i64.MIN_VALUE : i64.MAX_VALUE;
}

function toUint64(x: f64, rm: u32): i64 {
  const rounded = toIntegral(x, rm);
  if (rounded >= 0 && rounded < 18446744073709551616.0) {
    inexactIf(rounded, x);
    return <i64>(<u64>rounded);
  }
  raise(NV);
  return rounded < 0 ? 0 : -1;
}

export function fcvt_w_d(a: u64, rm: u32): i64 {
  return toInt32(reinterpret<f64>(a), rm);
}

export function fcvt_wu_d(a: u64, rm: u32): i64 {
  return toUint32(reinterpret<f64>(a), rm);
}

export function fcvt_l_d(a: u64, rm: u32): i64 {
  return toInt64(reinterpret<f64>(a), rm);
}

export function fcvt_lu_d(a: u64, rm: u32): i64 {
  return toUint64(reinterpret<f64>(a), rm);
}

/* Every binary32 is a binary64, so the single forms are the same conversions. */
export function fcvt_w_s(a: u32, rm: u32): i64 {
  return toInt32(<f64>reinterpret<f32>(a), rm);
}

export function fcvt_wu_s(a: u32, rm: u32): i64 {
  return toUint32(<f64>reinterpret<f32>(a), rm);
}

export function fcvt_l_s(a: u32, rm: u32): i64 {
  return toInt64(<f64>reinterpret<f32>(a), rm);
}

export function fcvt_lu_s(a: u32, rm: u32): i64 {
  return toUint64(<f64>reinterpret<f32>(a), rm);
}
