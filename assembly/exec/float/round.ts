/**
 * The one place where results are rounded, and where overflow, underflow and inexact are found.
 * IEEE 754-2008 sections 4.3 and 7; RISC-V detects tininess after rounding (unprivileged manual, F extension).
 */
import { EXPONENT_D, EXPONENT_S, NX, OF, raise, RDN, RMM, RNE, RUP, UF } from './pack';

/** x / 2^n with every lost bit ORed into bit 0, so that rounding still sees on which side of a tie the value lies. */
// @ts-ignore: decorator
@inline
export function shiftRightJam(x: u64, n: u32): u64 {
  if (n == 0) return x;
  if (n > 63) return <u64>(x != 0);
  return (x >> n) | <u64>(x << (64 - n) != 0);
}

/** What is added before the low bits (`half` is the weight of the highest of them) are cut off. */
// @ts-ignore: decorator
@inline
function increment(sign: bool, sig: u64, rm: u32, half: u64): u64 {
  if (rm == RNE) return half - 1 + ((sig / (half << 1)) & 1);
  if (rm == RMM) return half;
  return rm == (sign ? RDN : RUP) ? (half << 1) - 1 : 0;
}

/**
 * Rounds (-1)^sign * sig * 2^(exp - 62), 2^62 <= sig < 2^63, to a format with `cut` = 62 - (fraction bits) low bits to lose.
 * Bit 0 of sig may be a jam bit. Returns biased exponent and fraction without the sign.
 */
// @ts-ignore: decorator
@inline
function round(sign: bool, exp: i32, sig: u64, rm: u32, cut: u32, bias: i32, infinite: u64): u64 {
  const half: u64 = (<u64>1) << (cut - 1);
  const low: u64 = ((<u64>1) << cut) - 1;
  const fractionBits: u32 = 62 - cut;
  const biased = exp + bias;
  const add = increment(sign, sig, rm, half);
  if (biased <= 0) {
    // Tiny unless rounding to full precision, as if exponents had no lower limit, reaches the smallest normal number.
    const tiny = biased < 0 || sig + add < (<u64>1) << 63;
    const small = shiftRightJam(sig, <u32>(1 - biased));
    if ((small & low) != 0) raise(tiny ? UF | NX : NX);
    // A carry into the exponent field gives the smallest normal number.
    return (small + increment(sign, small, rm, half)) >> cut;
  }
  if ((sig & low) != 0) raise(NX);
  // The leading bit of sig counts as 1 in the exponent field, and a carry from rounding as one more.
  const result = ((<u64>(biased - 1)) << fractionBits) + ((sig + add) >> cut);
  if (result >= infinite) {
    raise(OF | NX);
    return rm == RNE || rm == RMM || rm == (sign ? RDN : RUP) ? infinite : infinite - 1;
  }
  return result;
}

export function round_d(sign: bool, exp: i32, sig: u64, rm: u32): u64 {
  return round(sign, exp, sig, rm, 10, 1023, EXPONENT_D) | ((<u64>sign) << 63);
}

export function round_s(sign: bool, exp: i32, sig: u64, rm: u32): u32 {
  return <u32>round(sign, exp, sig, rm, 39, 127, <u64>EXPONENT_S) | ((<u32>sign) << 31);
}

export function roundTo(single: bool, sign: bool, exp: i32, sig: u64, rm: u32): u64 {
  return single ? <u64>round_s(sign, exp, sig, rm) : round_d(sign, exp, sig, rm);
}
