import type { TableRow } from './row.js';

/** A: atomics. The aq and rl bits are free: the generator adds the spellings. Columns: see row.ts. */
export const ATOMIC: readonly TableRow[] = [
  ['lr.w', 'A', 'rd, (rs1)', 0x1000202f, 0xfff0707f, 'lr 4', 'Loads 32 bits and reserves the address.'],
  ['lr.d', 'A', 'rd, (rs1)', 0x1000302f, 0xfff0707f, 'lr 8', 'Loads 64 bits and reserves the address.'],
  ['sc.w', 'A', 'rd, rs2, (rs1)', 0x1800202f, 0xfe00707f, 'sc 4', 'Stores 32 bits if the reservation holds; rd = 0 on success.'],
  ['sc.d', 'A', 'rd, rs2, (rs1)', 0x1800302f, 0xfe00707f, 'sc 8', 'Stores 64 bits if the reservation holds; rd = 0 on success.'],
  ['amoadd.w', 'A', 'rd, rs2, (rs1)', 0x202f, 0xfe00707f, 'amo 4 m + <u32>b', 'Adds to memory, returns the old value.'],
  ['amoadd.d', 'A', 'rd, rs2, (rs1)', 0x302f, 0xfe00707f, 'amo 8 m + b', 'Adds to memory, returns the old value.'],
  ['amoswap.w', 'A', 'rd, rs2, (rs1)', 0x800202f, 0xfe00707f, 'amo 4 <u32>b', 'Exchanges with memory.'],
  ['amoswap.d', 'A', 'rd, rs2, (rs1)', 0x800302f, 0xfe00707f, 'amo 8 b', 'Exchanges with memory.'],
  ['amoxor.w', 'A', 'rd, rs2, (rs1)', 0x2000202f, 0xfe00707f, 'amo 4 m ^ <u32>b', 'Exclusive or into memory, returns the old value.'],
  ['amoxor.d', 'A', 'rd, rs2, (rs1)', 0x2000302f, 0xfe00707f, 'amo 8 m ^ b', 'Exclusive or into memory, returns the old value.'],
  ['amoor.w', 'A', 'rd, rs2, (rs1)', 0x4000202f, 0xfe00707f, 'amo 4 m | <u32>b', 'Or into memory, returns the old value.'],
  ['amoor.d', 'A', 'rd, rs2, (rs1)', 0x4000302f, 0xfe00707f, 'amo 8 m | b', 'Or into memory, returns the old value.'],
  ['amoand.w', 'A', 'rd, rs2, (rs1)', 0x6000202f, 0xfe00707f, 'amo 4 m & <u32>b', 'And into memory, returns the old value.'],
  ['amoand.d', 'A', 'rd, rs2, (rs1)', 0x6000302f, 0xfe00707f, 'amo 8 m & b', 'And into memory, returns the old value.'],
  ['amomin.w', 'A', 'rd, rs2, (rs1)', 0x8000202f, 0xfe00707f, 'amo 4 <u32>min<i32>(<i32>m, <i32>b)', 'Signed minimum into memory, returns the old value.'],
  ['amomin.d', 'A', 'rd, rs2, (rs1)', 0x8000302f, 0xfe00707f, 'amo 8 <u64>min<i64>(<i64>m, <i64>b)', 'Signed minimum into memory, returns the old value.'],
  ['amomax.w', 'A', 'rd, rs2, (rs1)', 0xa000202f, 0xfe00707f, 'amo 4 <u32>max<i32>(<i32>m, <i32>b)', 'Signed maximum into memory, returns the old value.'],
  ['amomax.d', 'A', 'rd, rs2, (rs1)', 0xa000302f, 0xfe00707f, 'amo 8 <u64>max<i64>(<i64>m, <i64>b)', 'Signed maximum into memory, returns the old value.'],
  ['amominu.w', 'A', 'rd, rs2, (rs1)', 0xc000202f, 0xfe00707f, 'amo 4 min<u32>(m, <u32>b)', 'Unsigned minimum into memory, returns the old value.'],
  ['amominu.d', 'A', 'rd, rs2, (rs1)', 0xc000302f, 0xfe00707f, 'amo 8 min<u64>(m, b)', 'Unsigned minimum into memory, returns the old value.'],
  ['amomaxu.w', 'A', 'rd, rs2, (rs1)', 0xe000202f, 0xfe00707f, 'amo 4 max<u32>(m, <u32>b)', 'Unsigned maximum into memory, returns the old value.'],
  ['amomaxu.d', 'A', 'rd, rs2, (rs1)', 0xe000302f, 0xfe00707f, 'amo 8 max<u64>(m, b)', 'Unsigned maximum into memory, returns the old value.'],
];
