/** Zbb's orc.b: every byte that is not zero becomes 0xff. */
export function orcb(a: u64): u64 {
  const low: u64 = 0x0101010101010101;
  // The high bit of a byte is set when any of its bits is: adding 0x7f carries into it.
  const some = ((((a & ~(low << 7)) + low * 0x7f) | a) >> 7) & low;
  return some * 0xff;
}
