/** Integer operations that take more than an operator. Unprivileged manual, chapters "RV64I" and "M". */

/** A 32-bit result as a register holds it: sign-extended. */
// @ts-ignore: decorator
@inline
export function word(value: u32): u64 {
  return <u64>(<i64>(<i32>value));
}

export function mulhu(a: u64, b: u64): u64 {
  const al = a & 0xffffffff;
  const ah = a >> 32;
  const bl = b & 0xffffffff;
  const bh = b >> 32;
  const middle = ah * bl + ((al * bl) >> 32);
  const carry = (middle & 0xffffffff) + al * bh;
  return ah * bh + (middle >> 32) + (carry >> 32);
}

export function mulh(a: u64, b: u64): u64 {
  return mulhu(a, b) - (<i64>a < 0 ? b : 0) - (<i64>b < 0 ? a : 0);
}

export function mulhsu(a: u64, b: u64): u64 {
  return mulhu(a, b) - (<i64>a < 0 ? b : 0);
}

// @ts-ignore: decorator
@inline
export function div(a: u64, b: u64): u64 {
  if (b == 0) return -1;
  // The one overflow: the dividend is its own negation.
  if (b == <u64>-1) return 0 - a;
  return <u64>(<i64>a / <i64>b);
}

// @ts-ignore: decorator
@inline
export function divu(a: u64, b: u64): u64 {
  return b == 0 ? -1 : a / b;
}

// @ts-ignore: decorator
@inline
export function rem(a: u64, b: u64): u64 {
  if (b == 0) return a;
  if (b == <u64>-1) return 0;
  return <u64>(<i64>a % <i64>b);
}

// @ts-ignore: decorator
@inline
export function remu(a: u64, b: u64): u64 {
  return b == 0 ? a : a % b;
}

// @ts-ignore: decorator
@inline
export function divw(a: i32, b: i32): u64 {
  if (b == 0) return -1;
  if (b == -1) return word(<u32>(0 - a));
  return word(<u32>(a / b));
}

// @ts-ignore: decorator
@inline
export function divuw(a: u32, b: u32): u64 {
  return b == 0 ? -1 : word(a / b);
}

// @ts-ignore: decorator
@inline
export function remw(a: i32, b: i32): u64 {
  if (b == 0) return word(<u32>a);
  if (b == -1) return 0;
  return word(<u32>(a % b));
}

// @ts-ignore: decorator
@inline
export function remuw(a: u32, b: u32): u64 {
  return word(b == 0 ? a : a % b);
}
