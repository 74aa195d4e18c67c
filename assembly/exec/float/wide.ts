/** 64 x 64 -> 128 bit products and 128 / 64 bit quotients, which Wasm does not have. */

/** Bits 64..127 of a * b. */
// @ts-ignore: decorator
@inline
export function multiplyHigh(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff;
  const aHigh = a >> 32;
  const bLow = b & 0xffffffff;
  const bHigh = b >> 32;
  const middle = aHigh * bLow + ((aLow * bLow) >> 32);
  // middle < 2^64: (2^32 - 1)^2 + 2^32 - 1 fits, and so does the next sum with the low half of middle only.
  const carry = aLow * bHigh + (middle & 0xffffffff);
  return aHigh * bHigh + (middle >> 32) + (carry >> 32);
}

/** What `divide` leaves over. */
export let remainder: u64 = 0;

/** One digit of 32 bits: floor(n * 2^32 / d) for n < d, d >= 2^63; leaves the remainder. */
function divideDigit(n: u64, d: u64): u64 {
  const dHigh = d >> 32;
  const dLow = d & 0xffffffff;
  // n / dHigh is the digit or at most 2 more, because d is normalised (Knuth, volume 2, section 4.3.1, theorem B).
  let digit = n / dHigh;
  let rest = n - digit * dHigh;
  while (rest <= 0xffffffff && digit * dLow > rest << 32) {
    digit -= 1;
    rest += dHigh;
  }
  remainder = (n << 32) - digit * d;
  return digit;
}

/** floor(n * 2^64 / d) for n < d, d >= 2^63. */
export function divide(n: u64, d: u64): u64 {
  const high = divideDigit(n, d);
  return (high << 32) + divideDigit(remainder, d);
}
