/** Integer to floating point, and between the formats. */
import { EXPONENT_D, exponent, infinity, isNaN_d, isNaN_s, isPlain_s, isSignaling_d, isSignaling_s, NAN_D, NAN_S } from './pack';
import { NV, NX, raise, RNE, SIGN_D, significand } from './pack';
import { round_d, round_s, shiftRightJam } from './round';

/** An integer's magnitude, correctly rounded, from the definition. */
function fromInteger(sign: bool, magnitude: u64, rm: u32, single: bool): u64 {
  if (magnitude == 0) return 0;
  const zeros = <i32>clz(magnitude);
  const sig = shiftRightJam(magnitude << zeros, 1);
  return single ? <u64>round_s(sign, 63 - zeros, sig, rm) : round_d(sign, 63 - zeros, sig, rm);
}

// @ts-ignore: decorator
@inline
function fromSigned(a: i64, rm: u32, single: bool): u64 {
  return fromInteger(a < 0, a < 0 ? -(<u64>a) : <u64>a, rm, single);
}

/** Every 32-bit integer is a binary64. */
export function fcvt_d_w(a: i64, rm: u32): u64 {
  return reinterpret<u64>(<f64>(<i32>a));
}

export function fcvt_d_wu(a: i64, rm: u32): u64 {
  return reinterpret<u64>(<f64>(<u32>a));
}

/** Whether the integer is exactly a number with that many bits of significand. Zero has less than none. */
// @ts-ignore: decorator
@inline
function fits(a: u64, bits: i64): bool {
  return 64 - <i64>clz(a) - <i64>ctz(a) <= bits;
}

// @ts-ignore: decorator
@inline
function fitsSigned(a: i64, bits: i64): bool {
  return fits(a < 0 ? -(<u64>a) : <u64>a, bits);
}

/* Native conversions round to nearest even, once, and can't leave the normal range: only NX is to be found, and that is `fits`. */
export function fcvt_d_l(a: i64, rm: u32): u64 {
  if (!fitsSigned(a, 53)) {
    if (rm != RNE) return fromSigned(a, rm, false);
    raise(NX);
  }
  return reinterpret<u64>(<f64>a);
}

export function fcvt_d_lu(a: i64, rm: u32): u64 {
  if (!fits(<u64>a, 53)) {
    if (rm != RNE) return fromInteger(false, <u64>a, rm, false);
    raise(NX);
  }
  return reinterpret<u64>(<f64>(<u64>a));
}

export function fcvt_s_l(a: i64, rm: u32): u32 {
  if (!fitsSigned(a, 24)) {
    if (rm != RNE) return <u32>fromSigned(a, rm, true);
    raise(NX);
  }
  return reinterpret<u32>(<f32>a);
}

export function fcvt_s_lu(a: i64, rm: u32): u32 {
  if (!fits(<u64>a, 24)) {
    if (rm != RNE) return <u32>fromInteger(false, <u64>a, rm, true);
    raise(NX);
  }
  return reinterpret<u32>(<f32>(<u64>a));
}

export function fcvt_s_w(a: i64, rm: u32): u32 {
  return fcvt_s_l(<i64>(<i32>a), rm);
}

export function fcvt_s_wu(a: i64, rm: u32): u32 {
  return fcvt_s_lu(<i64>(<u64>(<u32>a)), rm);
}

function narrow(a: u64, rm: u32): u32 {
  if (isNaN_d(a)) {
    if (isSignaling_d(a)) raise(NV);
    return NAN_S;
  }
  const sign = (a & SIGN_D) != 0;
  const magnitude = a & ~SIGN_D;
  if (magnitude == EXPONENT_D) return <u32>infinity(sign, true);
  if (magnitude == 0) return (<u32>sign) << 31;
  return round_s(sign, exponent(magnitude), significand(magnitude), rm);
}

/* A plain native result is right (see isPlain_s), and exact if and only if it is the same number. */
export function fcvt_s_d(a: u64, rm: u32): u32 {
  if (rm == RNE) {
    const x = reinterpret<f64>(a);
    const r = <f32>x;
    const bits = reinterpret<u32>(r);
    if (isPlain_s(bits)) {
      if (<f64>r != x) raise(NX);
      return bits;
    }
  }
  return narrow(a, rm);
}

/** Always exact, so there is no rounding mode. */
export function fcvt_d_s(a: u32): u64 {
  if (isNaN_s(a)) {
    if (isSignaling_s(a)) raise(NV);
    return NAN_D;
  }
  return reinterpret<u64>(<f64>reinterpret<f32>(a));
}
