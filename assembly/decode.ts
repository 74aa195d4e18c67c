/**
 * A decoded operation is 8 bytes, so placed that the loop reads each field by one load with a constant offset from ip:
 *
 *   byte 0, 1   operation
 *   byte 2      rd * 8 (stores and branches: rs2 * 8)
 *   byte 3      rs1 * 8
 *   byte 4..7   immediate, or rs2 * 8, rs3 * 8, rounding mode, 0
 *
 * A register number times 8 is its place in the register file. x0 is never written by the loop: the decoder chooses another
 * operation when rd is x0.
 */

export function pack(operation: u32, rd: u32, rs1: u32, immediate: i32): u64 {
  return <u64>(operation | (rd << 19) | (rs1 << 27)) | ((<u64>(<u32>immediate)) << 32);
}

/** The upper half of an operation on several registers. */
// @ts-ignore: decorator
@inline
export function registers(rs2: u32, rs3: u32, rm: u32): i32 {
  return <i32>((rs2 << 3) | (rs3 << 11) | (rm << 16));
}

/** Passed as slot when near targets must not be used (an instruction across two pages). */
export const FAR_ONLY: u32 = 4096;

/** A direct branch or jump: inside its page the immediate is the distance in slots' bytes, else in code bytes. */
export function jump(near: u32, far: u32, rd: u32, rs1: u32, offset: i32, slot: u32): u64 {
  const target = <i32>(slot << 1) + offset;
  if (slot < FAR_ONLY && target >= 0 && target < 4096) return pack(near, rd, rs1, offset << 2);
  return pack(far, rd, rs1, offset);
}
