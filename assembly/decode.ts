/**
 * A decoded operation is 64 bits, so that the loop loads it once:
 *
 *   | 63..32 immediate | 30..28 aux (rounding mode) | 27..22 rs2 | 21..16 rs1 | 15..10 rd | 8..0 operation |
 *
 * Register fields have 6 bits: integer register 32 is the sink, where the decoder sends writes to x0. They lie so that
 * `(word >> s) & 0x1f8` is the index times 8.
 */

export function pack(operation: u32, rd: u32, rs1: u32, rs2: u32, aux: u32, immediate: i32): u64 {
  return <u64>(operation | (rd << 10) | (rs1 << 16) | (rs2 << 22) | (aux << 28)) | ((<u64>(<u32>immediate)) << 32);
}

/** x0 takes no value: as a destination it is the sink. */
export function sink(rd: u32): u32 {
  return rd == 0 ? 32 : rd;
}

/** A direct branch or jump: inside its page the immediate is the distance in slots' bytes, else in code bytes. */
export function jump(near: u32, far: u32, rd: u32, rs1: u32, rs2: u32, aux: u32, offset: i32, slot: u32): u64 {
  const target = <i32>(slot << 1) + offset;
  if (slot < FAR_ONLY && target >= 0 && target < 4096) return pack(near, rd, rs1, rs2, aux, offset << 2);
  return pack(far, rd, rs1, rs2, aux, offset);
}

/** Passed as slot when near targets must not be used (an instruction across two pages). */
export const FAR_ONLY: u32 = 4096;
