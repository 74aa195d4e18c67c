// The interpreter's loop. Written by isa/generate.ts: do not edit.
import * as op from './ops';
import { EXIT_BUDGET, EXIT_EBREAK, EXIT_ECALL, EXIT_ILLEGAL } from '../shared/exit';
import { HART, HART_PC } from '../shared/layout';
import { div, divu, divuw, divw, mulh, mulhsu, mulhu, rem, remu, remuw, remw, word } from '../exec/int';
import { orcb } from '../exec/bitmanip';
import { csrAccess } from '../exec/csr';
import { loadReserved, storeConditional } from '../exec/atomic';
import * as float from '../exec/float';
import { decodeSlot, enter, nextPc, pcOf, straddle } from '../code';
import { ACCESS, after, atomic, box, f1, f2, f3, faultExit, imm, leave, leaveAt, readable } from '../run';
import { roundingMode, s1, s2, s3, setF, setS, setX, SIGN, storable, x1, x2 } from '../run';
import { slowStore, windowBase, windowPages, windowPermissions } from '../mm/access';

/** Runs at most `budget` instructions from HART_PC; returns EXIT_*. */
export function run(budget: u32): u32 {
  const permissions: usize = windowPermissions;
  const base: usize = windowBase;
  const pages: u64 = windowPages;
  const start = load<u64>(HART + HART_PC);
  /** Low half: instructions; high half: accesses. */
  let n: u64 = 0;
  let ip = enter(start);
  if (ip == 0) return leaveAt(start, 0, faultExit());
  for (;;) {
    if (<u32>n == budget) return leave(ip, n, EXIT_BUDGET);
    let w = load<u64>(ip);
    let lo = <u32>w;
    n++;
    switch (lo & 511) {
      case op.OP_UNDECODED: {
        n--;
        if (!decodeSlot(ip)) return leave(ip, n, faultExit());
        break;
      }
      case op.OP_CROSS: {
        n--;
        const to = pcOf(ip);
        ip = enter(to);
        if (ip == 0) return leaveAt(to, n, faultExit());
        break;
      }
      case op.OP_STRADDLE: {
        n--;
        const to = straddle(ip);
        if (to == 0) return leave(ip, n, faultExit());
        ip = to;
        break;
      }
      case op.OP_LUI: {
        const i = imm(w);
        setX(lo, i);
        ip += 16;
        break;
      }
      case op.OP_C_LUI: {
        const i = imm(w);
        setX(lo, i);
        ip += 8;
        break;
      }
      case op.OP_AUIPC: {
        setX(lo, pcOf(ip) + imm(w));
        ip += 16;
        break;
      }
      case op.OP_JAL: {
        setX(lo, pcOf(ip) + 4);
        ip += <usize>imm(w);
        break;
      }
      case op.OP_FAR_JAL: {
        const pc = pcOf(ip);
        setX(lo, pc + 4);
        const to = pc + imm(w);
        ip = enter(to);
        if (ip == 0) return leaveAt(to, n, faultExit());
        break;
      }
      case op.OP_C_JAL: {
        setX(lo, pcOf(ip) + 2);
        ip += <usize>imm(w);
        break;
      }
      case op.OP_FAR_C_JAL: {
        const pc = pcOf(ip);
        setX(lo, pc + 2);
        const to = pc + imm(w);
        ip = enter(to);
        if (ip == 0) return leaveAt(to, n, faultExit());
        break;
      }
      case op.OP_JALR: {
        const target = (x1(lo) + imm(w)) & ~1;
        setX(lo, pcOf(ip) + 4);
        const to = target;
        ip = enter(to);
        if (ip == 0) return leaveAt(to, n, faultExit());
        break;
      }
      case op.OP_C_JALR: {
        const target = (x1(lo) + imm(w)) & ~1;
        setX(lo, pcOf(ip) + 2);
        const to = target;
        ip = enter(to);
        if (ip == 0) return leaveAt(to, n, faultExit());
        break;
      }
      case op.OP_BEQ: {
        const a = x1(lo);
        const b = x2(lo);
        if (a == b) {
        ip += <usize>imm(w);
        } else ip += 16;
        break;
      }
      case op.OP_FAR_BEQ: {
        const a = x1(lo);
        const b = x2(lo);
        if (a == b) {
        const to = pcOf(ip) + imm(w);
        ip = enter(to);
        if (ip == 0) return leaveAt(to, n, faultExit());
        } else ip += 16;
        break;
      }
      case op.OP_C_BEQ: {
        const a = x1(lo);
        const b = x2(lo);
        if (a == b) {
        ip += <usize>imm(w);
        } else ip += 8;
        break;
      }
      case op.OP_FAR_C_BEQ: {
        const a = x1(lo);
        const b = x2(lo);
        if (a == b) {
        const to = pcOf(ip) + imm(w);
        ip = enter(to);
        if (ip == 0) return leaveAt(to, n, faultExit());
        } else ip += 8;
        break;
      }
      case op.OP_BNE: {
        const a = x1(lo);
        const b = x2(lo);
        if (a != b) {
        ip += <usize>imm(w);
        } else ip += 16;
        break;
      }
      case op.OP_FAR_BNE: {
        const a = x1(lo);
        const b = x2(lo);
        if (a != b) {
        const to = pcOf(ip) + imm(w);
        ip = enter(to);
        if (ip == 0) return leaveAt(to, n, faultExit());
        } else ip += 16;
        break;
      }
      case op.OP_C_BNE: {
        const a = x1(lo);
        const b = x2(lo);
        if (a != b) {
        ip += <usize>imm(w);
        } else ip += 8;
        break;
      }
      case op.OP_FAR_C_BNE: {
        const a = x1(lo);
        const b = x2(lo);
        if (a != b) {
        const to = pcOf(ip) + imm(w);
        ip = enter(to);
        if (ip == 0) return leaveAt(to, n, faultExit());
        } else ip += 8;
        break;
      }
      case op.OP_BLT: {
        const a = x1(lo);
        const b = x2(lo);
        if (<i64>a < <i64>b) {
        ip += <usize>imm(w);
        } else ip += 16;
        break;
      }
      case op.OP_FAR_BLT: {
        const a = x1(lo);
        const b = x2(lo);
        if (<i64>a < <i64>b) {
        const to = pcOf(ip) + imm(w);
        ip = enter(to);
        if (ip == 0) return leaveAt(to, n, faultExit());
        } else ip += 16;
        break;
      }
      case op.OP_BGE: {
        const a = x1(lo);
        const b = x2(lo);
        if (<i64>a >= <i64>b) {
        ip += <usize>imm(w);
        } else ip += 16;
        break;
      }
      case op.OP_FAR_BGE: {
        const a = x1(lo);
        const b = x2(lo);
        if (<i64>a >= <i64>b) {
        const to = pcOf(ip) + imm(w);
        ip = enter(to);
        if (ip == 0) return leaveAt(to, n, faultExit());
        } else ip += 16;
        break;
      }
      case op.OP_BLTU: {
        const a = x1(lo);
        const b = x2(lo);
        if (a < b) {
        ip += <usize>imm(w);
        } else ip += 16;
        break;
      }
      case op.OP_FAR_BLTU: {
        const a = x1(lo);
        const b = x2(lo);
        if (a < b) {
        const to = pcOf(ip) + imm(w);
        ip = enter(to);
        if (ip == 0) return leaveAt(to, n, faultExit());
        } else ip += 16;
        break;
      }
      case op.OP_BGEU: {
        const a = x1(lo);
        const b = x2(lo);
        if (a >= b) {
        ip += <usize>imm(w);
        } else ip += 16;
        break;
      }
      case op.OP_FAR_BGEU: {
        const a = x1(lo);
        const b = x2(lo);
        if (a >= b) {
        const to = pcOf(ip) + imm(w);
        ip = enter(to);
        if (ip == 0) return leaveAt(to, n, faultExit());
        } else ip += 16;
        break;
      }
      case op.OP_LB: {
        n += ACCESS;
        const at = readable(x1(lo) + imm(w), 1, permissions, base, pages);
        if (at == 0) return leave(ip, n - 1, faultExit());
        setX(lo, <u64><i64>load<i8>(at));
        ip += 16;
        break;
      }
      case op.OP_LH: {
        n += ACCESS;
        const at = readable(x1(lo) + imm(w), 2, permissions, base, pages);
        if (at == 0) return leave(ip, n - 1, faultExit());
        setX(lo, <u64><i64>load<i16>(at));
        ip += 16;
        break;
      }
      case op.OP_LW: {
        n += ACCESS;
        const at = readable(x1(lo) + imm(w), 4, permissions, base, pages);
        if (at == 0) return leave(ip, n - 1, faultExit());
        setX(lo, <u64><i64>load<i32>(at));
        ip += 16;
        break;
      }
      case op.OP_C_LW: {
        n += ACCESS;
        const at = readable(x1(lo) + imm(w), 4, permissions, base, pages);
        if (at == 0) return leave(ip, n - 1, faultExit());
        setX(lo, <u64><i64>load<i32>(at));
        ip += 8;
        break;
      }
      case op.OP_LD: {
        n += ACCESS;
        const at = readable(x1(lo) + imm(w), 8, permissions, base, pages);
        if (at == 0) return leave(ip, n - 1, faultExit());
        setX(lo, load<u64>(at));
        ip += 16;
        break;
      }
      case op.OP_C_LD: {
        n += ACCESS;
        const at = readable(x1(lo) + imm(w), 8, permissions, base, pages);
        if (at == 0) return leave(ip, n - 1, faultExit());
        setX(lo, load<u64>(at));
        ip += 8;
        break;
      }
      case op.OP_LBU: {
        n += ACCESS;
        const at = readable(x1(lo) + imm(w), 1, permissions, base, pages);
        if (at == 0) return leave(ip, n - 1, faultExit());
        setX(lo, <u64>load<u8>(at));
        ip += 16;
        break;
      }
      case op.OP_LHU: {
        n += ACCESS;
        const at = readable(x1(lo) + imm(w), 2, permissions, base, pages);
        if (at == 0) return leave(ip, n - 1, faultExit());
        setX(lo, <u64>load<u16>(at));
        ip += 16;
        break;
      }
      case op.OP_LWU: {
        n += ACCESS;
        const at = readable(x1(lo) + imm(w), 4, permissions, base, pages);
        if (at == 0) return leave(ip, n - 1, faultExit());
        setX(lo, <u64>load<u32>(at));
        ip += 16;
        break;
      }
      case op.OP_SB: {
        n += ACCESS;
        const va = x1(lo) + imm(w);
        const at = storable(va, 1, permissions, base, pages);
        if (at != 0) { store<u8>(at, <u8>x2(lo)); ip += 16; }
        else if (slowStore(va, 1, x2(lo))) { ip = after(ip, 16); if (ip == 0) return leaveAt(nextPc, n, faultExit()); }
        else return leave(ip, n - 1, faultExit());
        break;
      }
      case op.OP_SH: {
        n += ACCESS;
        const va = x1(lo) + imm(w);
        const at = storable(va, 2, permissions, base, pages);
        if (at != 0) { store<u16>(at, <u16>x2(lo)); ip += 16; }
        else if (slowStore(va, 2, x2(lo))) { ip = after(ip, 16); if (ip == 0) return leaveAt(nextPc, n, faultExit()); }
        else return leave(ip, n - 1, faultExit());
        break;
      }
      case op.OP_SW: {
        n += ACCESS;
        const va = x1(lo) + imm(w);
        const at = storable(va, 4, permissions, base, pages);
        if (at != 0) { store<u32>(at, <u32>x2(lo)); ip += 16; }
        else if (slowStore(va, 4, x2(lo))) { ip = after(ip, 16); if (ip == 0) return leaveAt(nextPc, n, faultExit()); }
        else return leave(ip, n - 1, faultExit());
        break;
      }
      case op.OP_C_SW: {
        n += ACCESS;
        const va = x1(lo) + imm(w);
        const at = storable(va, 4, permissions, base, pages);
        if (at != 0) { store<u32>(at, <u32>x2(lo)); ip += 8; }
        else if (slowStore(va, 4, x2(lo))) { ip = after(ip, 8); if (ip == 0) return leaveAt(nextPc, n, faultExit()); }
        else return leave(ip, n - 1, faultExit());
        break;
      }
      case op.OP_SD: {
        n += ACCESS;
        const va = x1(lo) + imm(w);
        const at = storable(va, 8, permissions, base, pages);
        if (at != 0) { store<u64>(at, <u64>x2(lo)); ip += 16; }
        else if (slowStore(va, 8, x2(lo))) { ip = after(ip, 16); if (ip == 0) return leaveAt(nextPc, n, faultExit()); }
        else return leave(ip, n - 1, faultExit());
        break;
      }
      case op.OP_C_SD: {
        n += ACCESS;
        const va = x1(lo) + imm(w);
        const at = storable(va, 8, permissions, base, pages);
        if (at != 0) { store<u64>(at, <u64>x2(lo)); ip += 8; }
        else if (slowStore(va, 8, x2(lo))) { ip = after(ip, 8); if (ip == 0) return leaveAt(nextPc, n, faultExit()); }
        else return leave(ip, n - 1, faultExit());
        break;
      }
      case op.OP_ADDI: {
        const a = x1(lo);
        const i = imm(w);
        setX(lo, a + i);
        ip += 16;
        break;
      }
      case op.OP_C_ADDI: {
        const a = x1(lo);
        const i = imm(w);
        setX(lo, a + i);
        ip += 8;
        break;
      }
      case op.OP_SLTI: {
        const a = x1(lo);
        const i = imm(w);
        setX(lo, <u64>(<i64>a < <i64>i));
        ip += 16;
        break;
      }
      case op.OP_SLTIU: {
        const a = x1(lo);
        const i = imm(w);
        setX(lo, <u64>(a < i));
        ip += 16;
        break;
      }
      case op.OP_XORI: {
        const a = x1(lo);
        const i = imm(w);
        setX(lo, a ^ i);
        ip += 16;
        break;
      }
      case op.OP_ORI: {
        const a = x1(lo);
        const i = imm(w);
        setX(lo, a | i);
        ip += 16;
        break;
      }
      case op.OP_ANDI: {
        const a = x1(lo);
        const i = imm(w);
        setX(lo, a & i);
        ip += 16;
        break;
      }
      case op.OP_C_ANDI: {
        const a = x1(lo);
        const i = imm(w);
        setX(lo, a & i);
        ip += 8;
        break;
      }
      case op.OP_ADDIW: {
        const a = x1(lo);
        const i = imm(w);
        setX(lo, word(<u32>a + <u32>i));
        ip += 16;
        break;
      }
      case op.OP_C_ADDIW: {
        const a = x1(lo);
        const i = imm(w);
        setX(lo, word(<u32>a + <u32>i));
        ip += 8;
        break;
      }
      case op.OP_SLLI: {
        const a = x1(lo);
        const i = imm(w);
        setX(lo, a << i);
        ip += 16;
        break;
      }
      case op.OP_C_SLLI: {
        const a = x1(lo);
        const i = imm(w);
        setX(lo, a << i);
        ip += 8;
        break;
      }
      case op.OP_SRLI: {
        const a = x1(lo);
        const i = imm(w);
        setX(lo, a >> i);
        ip += 16;
        break;
      }
      case op.OP_C_SRLI: {
        const a = x1(lo);
        const i = imm(w);
        setX(lo, a >> i);
        ip += 8;
        break;
      }
      case op.OP_SRAI: {
        const a = x1(lo);
        const i = imm(w);
        setX(lo, <u64>(<i64>a >> <i64>i));
        ip += 16;
        break;
      }
      case op.OP_C_SRAI: {
        const a = x1(lo);
        const i = imm(w);
        setX(lo, <u64>(<i64>a >> <i64>i));
        ip += 8;
        break;
      }
      case op.OP_SLLIW: {
        const a = x1(lo);
        const i = imm(w);
        setX(lo, word(<u32>a << <u32>i));
        ip += 16;
        break;
      }
      case op.OP_SRLIW: {
        const a = x1(lo);
        const i = imm(w);
        setX(lo, word(<u32>a >> <u32>i));
        ip += 16;
        break;
      }
      case op.OP_SRAIW: {
        const a = x1(lo);
        const i = imm(w);
        setX(lo, <u64><i64>(<i32>a >> <i32>i));
        ip += 16;
        break;
      }
      case op.OP_ADD: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, a + b);
        ip += 16;
        break;
      }
      case op.OP_C_ADD: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, a + b);
        ip += 8;
        break;
      }
      case op.OP_SUB: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, a - b);
        ip += 16;
        break;
      }
      case op.OP_C_SUB: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, a - b);
        ip += 8;
        break;
      }
      case op.OP_SLL: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, a << b);
        ip += 16;
        break;
      }
      case op.OP_SLT: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, <u64>(<i64>a < <i64>b));
        ip += 16;
        break;
      }
      case op.OP_SLTU: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, <u64>(a < b));
        ip += 16;
        break;
      }
      case op.OP_XOR: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, a ^ b);
        ip += 16;
        break;
      }
      case op.OP_C_XOR: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, a ^ b);
        ip += 8;
        break;
      }
      case op.OP_SRL: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, a >> b);
        ip += 16;
        break;
      }
      case op.OP_SRA: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, <u64>(<i64>a >> <i64>b));
        ip += 16;
        break;
      }
      case op.OP_OR: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, a | b);
        ip += 16;
        break;
      }
      case op.OP_C_OR: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, a | b);
        ip += 8;
        break;
      }
      case op.OP_AND: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, a & b);
        ip += 16;
        break;
      }
      case op.OP_C_AND: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, a & b);
        ip += 8;
        break;
      }
      case op.OP_ADDW: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, word(<u32>a + <u32>b));
        ip += 16;
        break;
      }
      case op.OP_C_ADDW: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, word(<u32>a + <u32>b));
        ip += 8;
        break;
      }
      case op.OP_SUBW: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, word(<u32>a - <u32>b));
        ip += 16;
        break;
      }
      case op.OP_C_SUBW: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, word(<u32>a - <u32>b));
        ip += 8;
        break;
      }
      case op.OP_SLLW: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, word(<u32>a << <u32>b));
        ip += 16;
        break;
      }
      case op.OP_SRLW: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, word(<u32>a >> <u32>b));
        ip += 16;
        break;
      }
      case op.OP_SRAW: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, <u64><i64>(<i32>a >> <i32>b));
        ip += 16;
        break;
      }
      case op.OP_FENCE: {
        ip += 16;
        break;
      }
      case op.OP_FENCE_TSO: {
        ip += 16;
        break;
      }
      case op.OP_FENCE_I: {
        ip += 16;
        break;
      }
      case op.OP_ECALL: {
        return leave(ip, n, EXIT_ECALL);
        break;
      }
      case op.OP_EBREAK: {
        return leave(ip, n, EXIT_EBREAK);
        break;
      }
      case op.OP_C_EBREAK: {
        return leave(ip, n, EXIT_EBREAK);
        break;
      }
      case op.OP_CSRRW: {
        if (!csrAccess(lo, <u32>imm(w), <u32>n)) return leave(ip, n - 1, EXIT_ILLEGAL);
        ip += 16;
        break;
      }
      case op.OP_CSRRS: {
        if (!csrAccess(lo, <u32>imm(w), <u32>n)) return leave(ip, n - 1, EXIT_ILLEGAL);
        ip += 16;
        break;
      }
      case op.OP_CSRRC: {
        if (!csrAccess(lo, <u32>imm(w), <u32>n)) return leave(ip, n - 1, EXIT_ILLEGAL);
        ip += 16;
        break;
      }
      case op.OP_CSRRWI: {
        if (!csrAccess(lo, <u32>imm(w), <u32>n)) return leave(ip, n - 1, EXIT_ILLEGAL);
        ip += 16;
        break;
      }
      case op.OP_CSRRSI: {
        if (!csrAccess(lo, <u32>imm(w), <u32>n)) return leave(ip, n - 1, EXIT_ILLEGAL);
        ip += 16;
        break;
      }
      case op.OP_CSRRCI: {
        if (!csrAccess(lo, <u32>imm(w), <u32>n)) return leave(ip, n - 1, EXIT_ILLEGAL);
        ip += 16;
        break;
      }
      case op.OP_MUL: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, a * b);
        ip += 16;
        break;
      }
      case op.OP_MULH: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, mulh(a, b));
        ip += 16;
        break;
      }
      case op.OP_MULHSU: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, mulhsu(a, b));
        ip += 16;
        break;
      }
      case op.OP_MULHU: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, mulhu(a, b));
        ip += 16;
        break;
      }
      case op.OP_DIV: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, div(a, b));
        ip += 16;
        break;
      }
      case op.OP_DIVU: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, divu(a, b));
        ip += 16;
        break;
      }
      case op.OP_REM: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, rem(a, b));
        ip += 16;
        break;
      }
      case op.OP_REMU: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, remu(a, b));
        ip += 16;
        break;
      }
      case op.OP_MULW: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, word(<u32>a * <u32>b));
        ip += 16;
        break;
      }
      case op.OP_DIVW: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, divw(<i32>a, <i32>b));
        ip += 16;
        break;
      }
      case op.OP_DIVUW: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, divuw(<u32>a, <u32>b));
        ip += 16;
        break;
      }
      case op.OP_REMW: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, remw(<i32>a, <i32>b));
        ip += 16;
        break;
      }
      case op.OP_REMUW: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, remuw(<u32>a, <u32>b));
        ip += 16;
        break;
      }
      case op.OP_SH1ADD: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, (a << 1) + b);
        ip += 16;
        break;
      }
      case op.OP_SH2ADD: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, (a << 2) + b);
        ip += 16;
        break;
      }
      case op.OP_SH3ADD: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, (a << 3) + b);
        ip += 16;
        break;
      }
      case op.OP_ADD_UW: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, <u64><u32>a + b);
        ip += 16;
        break;
      }
      case op.OP_SH1ADD_UW: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, (<u64><u32>a << 1) + b);
        ip += 16;
        break;
      }
      case op.OP_SH2ADD_UW: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, (<u64><u32>a << 2) + b);
        ip += 16;
        break;
      }
      case op.OP_SH3ADD_UW: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, (<u64><u32>a << 3) + b);
        ip += 16;
        break;
      }
      case op.OP_SLLI_UW: {
        const a = x1(lo);
        const i = imm(w);
        setX(lo, <u64><u32>a << i);
        ip += 16;
        break;
      }
      case op.OP_ANDN: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, a & ~b);
        ip += 16;
        break;
      }
      case op.OP_ORN: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, a | ~b);
        ip += 16;
        break;
      }
      case op.OP_XNOR: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, ~(a ^ b));
        ip += 16;
        break;
      }
      case op.OP_MIN: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, <u64>min<i64>(<i64>a, <i64>b));
        ip += 16;
        break;
      }
      case op.OP_MINU: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, min<u64>(a, b));
        ip += 16;
        break;
      }
      case op.OP_MAX: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, <u64>max<i64>(<i64>a, <i64>b));
        ip += 16;
        break;
      }
      case op.OP_MAXU: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, max<u64>(a, b));
        ip += 16;
        break;
      }
      case op.OP_ROL: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, rotl<u64>(a, b));
        ip += 16;
        break;
      }
      case op.OP_ROR: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, rotr<u64>(a, b));
        ip += 16;
        break;
      }
      case op.OP_RORI: {
        const a = x1(lo);
        const i = imm(w);
        setX(lo, rotr<u64>(a, i));
        ip += 16;
        break;
      }
      case op.OP_ROLW: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, word(rotl<u32>(<u32>a, <u32>b)));
        ip += 16;
        break;
      }
      case op.OP_RORW: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, word(rotr<u32>(<u32>a, <u32>b)));
        ip += 16;
        break;
      }
      case op.OP_RORIW: {
        const a = x1(lo);
        const i = imm(w);
        setX(lo, word(rotr<u32>(<u32>a, <u32>i)));
        ip += 16;
        break;
      }
      case op.OP_CLZ: {
        const a = x1(lo);
        setX(lo, clz<u64>(a));
        ip += 16;
        break;
      }
      case op.OP_CTZ: {
        const a = x1(lo);
        setX(lo, ctz<u64>(a));
        ip += 16;
        break;
      }
      case op.OP_CPOP: {
        const a = x1(lo);
        setX(lo, popcnt<u64>(a));
        ip += 16;
        break;
      }
      case op.OP_CLZW: {
        const a = x1(lo);
        setX(lo, <u64>clz<u32>(<u32>a));
        ip += 16;
        break;
      }
      case op.OP_CTZW: {
        const a = x1(lo);
        setX(lo, <u64>ctz<u32>(<u32>a));
        ip += 16;
        break;
      }
      case op.OP_CPOPW: {
        const a = x1(lo);
        setX(lo, <u64>popcnt<u32>(<u32>a));
        ip += 16;
        break;
      }
      case op.OP_SEXT_B: {
        const a = x1(lo);
        setX(lo, <u64><i64><i8>a);
        ip += 16;
        break;
      }
      case op.OP_SEXT_H: {
        const a = x1(lo);
        setX(lo, <u64><i64><i16>a);
        ip += 16;
        break;
      }
      case op.OP_ZEXT_H: {
        const a = x1(lo);
        setX(lo, <u64><u16>a);
        ip += 16;
        break;
      }
      case op.OP_ORC_B: {
        const a = x1(lo);
        setX(lo, orcb(a));
        ip += 16;
        break;
      }
      case op.OP_REV8: {
        const a = x1(lo);
        setX(lo, bswap<u64>(a));
        ip += 16;
        break;
      }
      case op.OP_BSET: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, a | ((<u64>1) << b));
        ip += 16;
        break;
      }
      case op.OP_BCLR: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, a & ~((<u64>1) << b));
        ip += 16;
        break;
      }
      case op.OP_BINV: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, a ^ ((<u64>1) << b));
        ip += 16;
        break;
      }
      case op.OP_BEXT: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, (a >> b) & 1);
        ip += 16;
        break;
      }
      case op.OP_BSETI: {
        const a = x1(lo);
        const i = imm(w);
        setX(lo, a | ((<u64>1) << i));
        ip += 16;
        break;
      }
      case op.OP_BCLRI: {
        const a = x1(lo);
        const i = imm(w);
        setX(lo, a & ~((<u64>1) << i));
        ip += 16;
        break;
      }
      case op.OP_BINVI: {
        const a = x1(lo);
        const i = imm(w);
        setX(lo, a ^ ((<u64>1) << i));
        ip += 16;
        break;
      }
      case op.OP_BEXTI: {
        const a = x1(lo);
        const i = imm(w);
        setX(lo, (a >> i) & 1);
        ip += 16;
        break;
      }
      case op.OP_CZERO_EQZ: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, b == 0 ? 0 : a);
        ip += 16;
        break;
      }
      case op.OP_CZERO_NEZ: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, b != 0 ? 0 : a);
        ip += 16;
        break;
      }
      case op.OP_LR_W: {
        n += ACCESS;
        if (!loadReserved(lo, 4)) return leave(ip, n - 1, faultExit());
        ip += 16;
        break;
      }
      case op.OP_LR_D: {
        n += ACCESS;
        if (!loadReserved(lo, 8)) return leave(ip, n - 1, faultExit());
        ip += 16;
        break;
      }
      case op.OP_SC_W: {
        n += ACCESS;
        if (!storeConditional(lo, 4)) return leave(ip, n - 1, faultExit());
        ip = after(ip, 16);
        if (ip == 0) return leaveAt(nextPc, n, faultExit());
        break;
      }
      case op.OP_SC_D: {
        n += ACCESS;
        if (!storeConditional(lo, 8)) return leave(ip, n - 1, faultExit());
        ip = after(ip, 16);
        if (ip == 0) return leaveAt(nextPc, n, faultExit());
        break;
      }
      case op.OP_AMOADD_W: {
        n += ACCESS;
        const at = atomic(x1(lo), 4, permissions, base, pages);
        if (at == 0) return leave(ip, n - 1, faultExit());
        const m = load<u32>(at);
        const b = x2(lo);
        store<u32>(at, m + <u32>b);
        setX(lo, word(m));
        ip = after(ip, 16);
        if (ip == 0) return leaveAt(nextPc, n, faultExit());
        break;
      }
      case op.OP_AMOADD_D: {
        n += ACCESS;
        const at = atomic(x1(lo), 8, permissions, base, pages);
        if (at == 0) return leave(ip, n - 1, faultExit());
        const m = load<u64>(at);
        const b = x2(lo);
        store<u64>(at, m + b);
        setX(lo, m);
        ip = after(ip, 16);
        if (ip == 0) return leaveAt(nextPc, n, faultExit());
        break;
      }
      case op.OP_AMOSWAP_W: {
        n += ACCESS;
        const at = atomic(x1(lo), 4, permissions, base, pages);
        if (at == 0) return leave(ip, n - 1, faultExit());
        const m = load<u32>(at);
        const b = x2(lo);
        store<u32>(at, <u32>b);
        setX(lo, word(m));
        ip = after(ip, 16);
        if (ip == 0) return leaveAt(nextPc, n, faultExit());
        break;
      }
      case op.OP_AMOSWAP_D: {
        n += ACCESS;
        const at = atomic(x1(lo), 8, permissions, base, pages);
        if (at == 0) return leave(ip, n - 1, faultExit());
        const m = load<u64>(at);
        const b = x2(lo);
        store<u64>(at, b);
        setX(lo, m);
        ip = after(ip, 16);
        if (ip == 0) return leaveAt(nextPc, n, faultExit());
        break;
      }
      case op.OP_AMOXOR_W: {
        n += ACCESS;
        const at = atomic(x1(lo), 4, permissions, base, pages);
        if (at == 0) return leave(ip, n - 1, faultExit());
        const m = load<u32>(at);
        const b = x2(lo);
        store<u32>(at, m ^ <u32>b);
        setX(lo, word(m));
        ip = after(ip, 16);
        if (ip == 0) return leaveAt(nextPc, n, faultExit());
        break;
      }
      case op.OP_AMOXOR_D: {
        n += ACCESS;
        const at = atomic(x1(lo), 8, permissions, base, pages);
        if (at == 0) return leave(ip, n - 1, faultExit());
        const m = load<u64>(at);
        const b = x2(lo);
        store<u64>(at, m ^ b);
        setX(lo, m);
        ip = after(ip, 16);
        if (ip == 0) return leaveAt(nextPc, n, faultExit());
        break;
      }
      case op.OP_AMOOR_W: {
        n += ACCESS;
        const at = atomic(x1(lo), 4, permissions, base, pages);
        if (at == 0) return leave(ip, n - 1, faultExit());
        const m = load<u32>(at);
        const b = x2(lo);
        store<u32>(at, m | <u32>b);
        setX(lo, word(m));
        ip = after(ip, 16);
        if (ip == 0) return leaveAt(nextPc, n, faultExit());
        break;
      }
      case op.OP_AMOOR_D: {
        n += ACCESS;
        const at = atomic(x1(lo), 8, permissions, base, pages);
        if (at == 0) return leave(ip, n - 1, faultExit());
        const m = load<u64>(at);
        const b = x2(lo);
        store<u64>(at, m | b);
        setX(lo, m);
        ip = after(ip, 16);
        if (ip == 0) return leaveAt(nextPc, n, faultExit());
        break;
      }
      case op.OP_AMOAND_W: {
        n += ACCESS;
        const at = atomic(x1(lo), 4, permissions, base, pages);
        if (at == 0) return leave(ip, n - 1, faultExit());
        const m = load<u32>(at);
        const b = x2(lo);
        store<u32>(at, m & <u32>b);
        setX(lo, word(m));
        ip = after(ip, 16);
        if (ip == 0) return leaveAt(nextPc, n, faultExit());
        break;
      }
      case op.OP_AMOAND_D: {
        n += ACCESS;
        const at = atomic(x1(lo), 8, permissions, base, pages);
        if (at == 0) return leave(ip, n - 1, faultExit());
        const m = load<u64>(at);
        const b = x2(lo);
        store<u64>(at, m & b);
        setX(lo, m);
        ip = after(ip, 16);
        if (ip == 0) return leaveAt(nextPc, n, faultExit());
        break;
      }
      case op.OP_AMOMIN_W: {
        n += ACCESS;
        const at = atomic(x1(lo), 4, permissions, base, pages);
        if (at == 0) return leave(ip, n - 1, faultExit());
        const m = load<u32>(at);
        const b = x2(lo);
        store<u32>(at, <u32>min<i32>(<i32>m, <i32>b));
        setX(lo, word(m));
        ip = after(ip, 16);
        if (ip == 0) return leaveAt(nextPc, n, faultExit());
        break;
      }
      case op.OP_AMOMIN_D: {
        n += ACCESS;
        const at = atomic(x1(lo), 8, permissions, base, pages);
        if (at == 0) return leave(ip, n - 1, faultExit());
        const m = load<u64>(at);
        const b = x2(lo);
        store<u64>(at, <u64>min<i64>(<i64>m, <i64>b));
        setX(lo, m);
        ip = after(ip, 16);
        if (ip == 0) return leaveAt(nextPc, n, faultExit());
        break;
      }
      case op.OP_AMOMAX_W: {
        n += ACCESS;
        const at = atomic(x1(lo), 4, permissions, base, pages);
        if (at == 0) return leave(ip, n - 1, faultExit());
        const m = load<u32>(at);
        const b = x2(lo);
        store<u32>(at, <u32>max<i32>(<i32>m, <i32>b));
        setX(lo, word(m));
        ip = after(ip, 16);
        if (ip == 0) return leaveAt(nextPc, n, faultExit());
        break;
      }
      case op.OP_AMOMAX_D: {
        n += ACCESS;
        const at = atomic(x1(lo), 8, permissions, base, pages);
        if (at == 0) return leave(ip, n - 1, faultExit());
        const m = load<u64>(at);
        const b = x2(lo);
        store<u64>(at, <u64>max<i64>(<i64>m, <i64>b));
        setX(lo, m);
        ip = after(ip, 16);
        if (ip == 0) return leaveAt(nextPc, n, faultExit());
        break;
      }
      case op.OP_AMOMINU_W: {
        n += ACCESS;
        const at = atomic(x1(lo), 4, permissions, base, pages);
        if (at == 0) return leave(ip, n - 1, faultExit());
        const m = load<u32>(at);
        const b = x2(lo);
        store<u32>(at, min<u32>(m, <u32>b));
        setX(lo, word(m));
        ip = after(ip, 16);
        if (ip == 0) return leaveAt(nextPc, n, faultExit());
        break;
      }
      case op.OP_AMOMINU_D: {
        n += ACCESS;
        const at = atomic(x1(lo), 8, permissions, base, pages);
        if (at == 0) return leave(ip, n - 1, faultExit());
        const m = load<u64>(at);
        const b = x2(lo);
        store<u64>(at, min<u64>(m, b));
        setX(lo, m);
        ip = after(ip, 16);
        if (ip == 0) return leaveAt(nextPc, n, faultExit());
        break;
      }
      case op.OP_AMOMAXU_W: {
        n += ACCESS;
        const at = atomic(x1(lo), 4, permissions, base, pages);
        if (at == 0) return leave(ip, n - 1, faultExit());
        const m = load<u32>(at);
        const b = x2(lo);
        store<u32>(at, max<u32>(m, <u32>b));
        setX(lo, word(m));
        ip = after(ip, 16);
        if (ip == 0) return leaveAt(nextPc, n, faultExit());
        break;
      }
      case op.OP_AMOMAXU_D: {
        n += ACCESS;
        const at = atomic(x1(lo), 8, permissions, base, pages);
        if (at == 0) return leave(ip, n - 1, faultExit());
        const m = load<u64>(at);
        const b = x2(lo);
        store<u64>(at, max<u64>(m, b));
        setX(lo, m);
        ip = after(ip, 16);
        if (ip == 0) return leaveAt(nextPc, n, faultExit());
        break;
      }
      case op.OP_FLW: {
        n += ACCESS;
        const at = readable(x1(lo) + imm(w), 4, permissions, base, pages);
        if (at == 0) return leave(ip, n - 1, faultExit());
        setF(lo, box(load<u32>(at)));
        ip += 16;
        break;
      }
      case op.OP_FSW: {
        n += ACCESS;
        const va = x1(lo) + imm(w);
        const at = storable(va, 4, permissions, base, pages);
        if (at != 0) { store<u32>(at, <u32>f2(lo)); ip += 16; }
        else if (slowStore(va, 4, f2(lo))) { ip = after(ip, 16); if (ip == 0) return leaveAt(nextPc, n, faultExit()); }
        else return leave(ip, n - 1, faultExit());
        break;
      }
      case op.OP_FMADD_S: {
        const sa = s1(lo);
        const sb = s2(lo);
        const sc = s3(w);
        const rm = roundingMode(lo);
        if (rm > 4) return leave(ip, n - 1, EXIT_ILLEGAL);
        setS(lo, float.fmadd_s(sa, sb, sc, rm));
        ip += 16;
        break;
      }
      case op.OP_FMSUB_S: {
        const sa = s1(lo);
        const sb = s2(lo);
        const sc = s3(w);
        const rm = roundingMode(lo);
        if (rm > 4) return leave(ip, n - 1, EXIT_ILLEGAL);
        setS(lo, float.fmsub_s(sa, sb, sc, rm));
        ip += 16;
        break;
      }
      case op.OP_FNMSUB_S: {
        const sa = s1(lo);
        const sb = s2(lo);
        const sc = s3(w);
        const rm = roundingMode(lo);
        if (rm > 4) return leave(ip, n - 1, EXIT_ILLEGAL);
        setS(lo, float.fnmsub_s(sa, sb, sc, rm));
        ip += 16;
        break;
      }
      case op.OP_FNMADD_S: {
        const sa = s1(lo);
        const sb = s2(lo);
        const sc = s3(w);
        const rm = roundingMode(lo);
        if (rm > 4) return leave(ip, n - 1, EXIT_ILLEGAL);
        setS(lo, float.fnmadd_s(sa, sb, sc, rm));
        ip += 16;
        break;
      }
      case op.OP_FADD_S: {
        const sa = s1(lo);
        const sb = s2(lo);
        const rm = roundingMode(lo);
        if (rm > 4) return leave(ip, n - 1, EXIT_ILLEGAL);
        setS(lo, float.fadd_s(sa, sb, rm));
        ip += 16;
        break;
      }
      case op.OP_FSUB_S: {
        const sa = s1(lo);
        const sb = s2(lo);
        const rm = roundingMode(lo);
        if (rm > 4) return leave(ip, n - 1, EXIT_ILLEGAL);
        setS(lo, float.fsub_s(sa, sb, rm));
        ip += 16;
        break;
      }
      case op.OP_FMUL_S: {
        const sa = s1(lo);
        const sb = s2(lo);
        const rm = roundingMode(lo);
        if (rm > 4) return leave(ip, n - 1, EXIT_ILLEGAL);
        setS(lo, float.fmul_s(sa, sb, rm));
        ip += 16;
        break;
      }
      case op.OP_FDIV_S: {
        const sa = s1(lo);
        const sb = s2(lo);
        const rm = roundingMode(lo);
        if (rm > 4) return leave(ip, n - 1, EXIT_ILLEGAL);
        setS(lo, float.fdiv_s(sa, sb, rm));
        ip += 16;
        break;
      }
      case op.OP_FSQRT_S: {
        const sa = s1(lo);
        const rm = roundingMode(lo);
        if (rm > 4) return leave(ip, n - 1, EXIT_ILLEGAL);
        setS(lo, float.fsqrt_s(sa, rm));
        ip += 16;
        break;
      }
      case op.OP_FSGNJ_S: {
        const sa = s1(lo);
        const sb = s2(lo);
        setS(lo, (sa & 0x7fffffff) | (sb & 0x80000000));
        ip += 16;
        break;
      }
      case op.OP_FSGNJN_S: {
        const sa = s1(lo);
        const sb = s2(lo);
        setS(lo, (sa & 0x7fffffff) | (~sb & 0x80000000));
        ip += 16;
        break;
      }
      case op.OP_FSGNJX_S: {
        const sa = s1(lo);
        const sb = s2(lo);
        setS(lo, sa ^ (sb & 0x80000000));
        ip += 16;
        break;
      }
      case op.OP_FMIN_S: {
        const sa = s1(lo);
        const sb = s2(lo);
        setS(lo, float.fmin_s(sa, sb));
        ip += 16;
        break;
      }
      case op.OP_FMAX_S: {
        const sa = s1(lo);
        const sb = s2(lo);
        setS(lo, float.fmax_s(sa, sb));
        ip += 16;
        break;
      }
      case op.OP_FLE_S: {
        const sa = s1(lo);
        const sb = s2(lo);
        setX(lo, <u64>float.fle_s(sa, sb));
        ip += 16;
        break;
      }
      case op.OP_FLT_S: {
        const sa = s1(lo);
        const sb = s2(lo);
        setX(lo, <u64>float.flt_s(sa, sb));
        ip += 16;
        break;
      }
      case op.OP_FEQ_S: {
        const sa = s1(lo);
        const sb = s2(lo);
        setX(lo, <u64>float.feq_s(sa, sb));
        ip += 16;
        break;
      }
      case op.OP_FCLASS_S: {
        const sa = s1(lo);
        setX(lo, <u64>float.fclass_s(sa));
        ip += 16;
        break;
      }
      case op.OP_FCVT_W_S: {
        const sa = s1(lo);
        const rm = roundingMode(lo);
        if (rm > 4) return leave(ip, n - 1, EXIT_ILLEGAL);
        setX(lo, <u64>float.fcvt_w_s(sa, rm));
        ip += 16;
        break;
      }
      case op.OP_FCVT_WU_S: {
        const sa = s1(lo);
        const rm = roundingMode(lo);
        if (rm > 4) return leave(ip, n - 1, EXIT_ILLEGAL);
        setX(lo, <u64>float.fcvt_wu_s(sa, rm));
        ip += 16;
        break;
      }
      case op.OP_FCVT_L_S: {
        const sa = s1(lo);
        const rm = roundingMode(lo);
        if (rm > 4) return leave(ip, n - 1, EXIT_ILLEGAL);
        setX(lo, <u64>float.fcvt_l_s(sa, rm));
        ip += 16;
        break;
      }
      case op.OP_FCVT_LU_S: {
        const sa = s1(lo);
        const rm = roundingMode(lo);
        if (rm > 4) return leave(ip, n - 1, EXIT_ILLEGAL);
        setX(lo, <u64>float.fcvt_lu_s(sa, rm));
        ip += 16;
        break;
      }
      case op.OP_FCVT_S_W: {
        const a = x1(lo);
        const rm = roundingMode(lo);
        if (rm > 4) return leave(ip, n - 1, EXIT_ILLEGAL);
        setS(lo, float.fcvt_s_w(<i64>a, rm));
        ip += 16;
        break;
      }
      case op.OP_FCVT_S_WU: {
        const a = x1(lo);
        const rm = roundingMode(lo);
        if (rm > 4) return leave(ip, n - 1, EXIT_ILLEGAL);
        setS(lo, float.fcvt_s_wu(<i64>a, rm));
        ip += 16;
        break;
      }
      case op.OP_FCVT_S_L: {
        const a = x1(lo);
        const rm = roundingMode(lo);
        if (rm > 4) return leave(ip, n - 1, EXIT_ILLEGAL);
        setS(lo, float.fcvt_s_l(<i64>a, rm));
        ip += 16;
        break;
      }
      case op.OP_FCVT_S_LU: {
        const a = x1(lo);
        const rm = roundingMode(lo);
        if (rm > 4) return leave(ip, n - 1, EXIT_ILLEGAL);
        setS(lo, float.fcvt_s_lu(<i64>a, rm));
        ip += 16;
        break;
      }
      case op.OP_FMV_X_W: {
        const fa = f1(lo);
        setX(lo, word(<u32>fa));
        ip += 16;
        break;
      }
      case op.OP_FMV_W_X: {
        const a = x1(lo);
        setS(lo, <u32>a);
        ip += 16;
        break;
      }
      case op.OP_FLD: {
        n += ACCESS;
        const at = readable(x1(lo) + imm(w), 8, permissions, base, pages);
        if (at == 0) return leave(ip, n - 1, faultExit());
        setF(lo, load<u64>(at));
        ip += 16;
        break;
      }
      case op.OP_C_FLD: {
        n += ACCESS;
        const at = readable(x1(lo) + imm(w), 8, permissions, base, pages);
        if (at == 0) return leave(ip, n - 1, faultExit());
        setF(lo, load<u64>(at));
        ip += 8;
        break;
      }
      case op.OP_FSD: {
        n += ACCESS;
        const va = x1(lo) + imm(w);
        const at = storable(va, 8, permissions, base, pages);
        if (at != 0) { store<u64>(at, <u64>f2(lo)); ip += 16; }
        else if (slowStore(va, 8, f2(lo))) { ip = after(ip, 16); if (ip == 0) return leaveAt(nextPc, n, faultExit()); }
        else return leave(ip, n - 1, faultExit());
        break;
      }
      case op.OP_C_FSD: {
        n += ACCESS;
        const va = x1(lo) + imm(w);
        const at = storable(va, 8, permissions, base, pages);
        if (at != 0) { store<u64>(at, <u64>f2(lo)); ip += 8; }
        else if (slowStore(va, 8, f2(lo))) { ip = after(ip, 8); if (ip == 0) return leaveAt(nextPc, n, faultExit()); }
        else return leave(ip, n - 1, faultExit());
        break;
      }
      case op.OP_FMADD_D: {
        const fa = f1(lo);
        const fb = f2(lo);
        const fc = f3(w);
        const rm = roundingMode(lo);
        if (rm > 4) return leave(ip, n - 1, EXIT_ILLEGAL);
        setF(lo, float.fmadd_d(fa, fb, fc, rm));
        ip += 16;
        break;
      }
      case op.OP_FMSUB_D: {
        const fa = f1(lo);
        const fb = f2(lo);
        const fc = f3(w);
        const rm = roundingMode(lo);
        if (rm > 4) return leave(ip, n - 1, EXIT_ILLEGAL);
        setF(lo, float.fmsub_d(fa, fb, fc, rm));
        ip += 16;
        break;
      }
      case op.OP_FNMSUB_D: {
        const fa = f1(lo);
        const fb = f2(lo);
        const fc = f3(w);
        const rm = roundingMode(lo);
        if (rm > 4) return leave(ip, n - 1, EXIT_ILLEGAL);
        setF(lo, float.fnmsub_d(fa, fb, fc, rm));
        ip += 16;
        break;
      }
      case op.OP_FNMADD_D: {
        const fa = f1(lo);
        const fb = f2(lo);
        const fc = f3(w);
        const rm = roundingMode(lo);
        if (rm > 4) return leave(ip, n - 1, EXIT_ILLEGAL);
        setF(lo, float.fnmadd_d(fa, fb, fc, rm));
        ip += 16;
        break;
      }
      case op.OP_FADD_D: {
        const fa = f1(lo);
        const fb = f2(lo);
        const rm = roundingMode(lo);
        if (rm > 4) return leave(ip, n - 1, EXIT_ILLEGAL);
        setF(lo, float.fadd_d(fa, fb, rm));
        ip += 16;
        break;
      }
      case op.OP_FSUB_D: {
        const fa = f1(lo);
        const fb = f2(lo);
        const rm = roundingMode(lo);
        if (rm > 4) return leave(ip, n - 1, EXIT_ILLEGAL);
        setF(lo, float.fsub_d(fa, fb, rm));
        ip += 16;
        break;
      }
      case op.OP_FMUL_D: {
        const fa = f1(lo);
        const fb = f2(lo);
        const rm = roundingMode(lo);
        if (rm > 4) return leave(ip, n - 1, EXIT_ILLEGAL);
        setF(lo, float.fmul_d(fa, fb, rm));
        ip += 16;
        break;
      }
      case op.OP_FDIV_D: {
        const fa = f1(lo);
        const fb = f2(lo);
        const rm = roundingMode(lo);
        if (rm > 4) return leave(ip, n - 1, EXIT_ILLEGAL);
        setF(lo, float.fdiv_d(fa, fb, rm));
        ip += 16;
        break;
      }
      case op.OP_FSQRT_D: {
        const fa = f1(lo);
        const rm = roundingMode(lo);
        if (rm > 4) return leave(ip, n - 1, EXIT_ILLEGAL);
        setF(lo, float.fsqrt_d(fa, rm));
        ip += 16;
        break;
      }
      case op.OP_FSGNJ_D: {
        const fa = f1(lo);
        const fb = f2(lo);
        setF(lo, (fa & ~SIGN) | (fb & SIGN));
        ip += 16;
        break;
      }
      case op.OP_FSGNJN_D: {
        const fa = f1(lo);
        const fb = f2(lo);
        setF(lo, (fa & ~SIGN) | (~fb & SIGN));
        ip += 16;
        break;
      }
      case op.OP_FSGNJX_D: {
        const fa = f1(lo);
        const fb = f2(lo);
        setF(lo, fa ^ (fb & SIGN));
        ip += 16;
        break;
      }
      case op.OP_FMIN_D: {
        const fa = f1(lo);
        const fb = f2(lo);
        setF(lo, float.fmin_d(fa, fb));
        ip += 16;
        break;
      }
      case op.OP_FMAX_D: {
        const fa = f1(lo);
        const fb = f2(lo);
        setF(lo, float.fmax_d(fa, fb));
        ip += 16;
        break;
      }
      case op.OP_FLE_D: {
        const fa = f1(lo);
        const fb = f2(lo);
        setX(lo, <u64>float.fle_d(fa, fb));
        ip += 16;
        break;
      }
      case op.OP_FLT_D: {
        const fa = f1(lo);
        const fb = f2(lo);
        setX(lo, <u64>float.flt_d(fa, fb));
        ip += 16;
        break;
      }
      case op.OP_FEQ_D: {
        const fa = f1(lo);
        const fb = f2(lo);
        setX(lo, <u64>float.feq_d(fa, fb));
        ip += 16;
        break;
      }
      case op.OP_FCLASS_D: {
        const fa = f1(lo);
        setX(lo, <u64>float.fclass_d(fa));
        ip += 16;
        break;
      }
      case op.OP_FCVT_W_D: {
        const fa = f1(lo);
        const rm = roundingMode(lo);
        if (rm > 4) return leave(ip, n - 1, EXIT_ILLEGAL);
        setX(lo, <u64>float.fcvt_w_d(fa, rm));
        ip += 16;
        break;
      }
      case op.OP_FCVT_WU_D: {
        const fa = f1(lo);
        const rm = roundingMode(lo);
        if (rm > 4) return leave(ip, n - 1, EXIT_ILLEGAL);
        setX(lo, <u64>float.fcvt_wu_d(fa, rm));
        ip += 16;
        break;
      }
      case op.OP_FCVT_L_D: {
        const fa = f1(lo);
        const rm = roundingMode(lo);
        if (rm > 4) return leave(ip, n - 1, EXIT_ILLEGAL);
        setX(lo, <u64>float.fcvt_l_d(fa, rm));
        ip += 16;
        break;
      }
      case op.OP_FCVT_LU_D: {
        const fa = f1(lo);
        const rm = roundingMode(lo);
        if (rm > 4) return leave(ip, n - 1, EXIT_ILLEGAL);
        setX(lo, <u64>float.fcvt_lu_d(fa, rm));
        ip += 16;
        break;
      }
      case op.OP_FCVT_D_W: {
        const a = x1(lo);
        const rm = roundingMode(lo);
        if (rm > 4) return leave(ip, n - 1, EXIT_ILLEGAL);
        setF(lo, float.fcvt_d_w(<i64>a, rm));
        ip += 16;
        break;
      }
      case op.OP_FCVT_D_WU: {
        const a = x1(lo);
        const rm = roundingMode(lo);
        if (rm > 4) return leave(ip, n - 1, EXIT_ILLEGAL);
        setF(lo, float.fcvt_d_wu(<i64>a, rm));
        ip += 16;
        break;
      }
      case op.OP_FCVT_D_L: {
        const a = x1(lo);
        const rm = roundingMode(lo);
        if (rm > 4) return leave(ip, n - 1, EXIT_ILLEGAL);
        setF(lo, float.fcvt_d_l(<i64>a, rm));
        ip += 16;
        break;
      }
      case op.OP_FCVT_D_LU: {
        const a = x1(lo);
        const rm = roundingMode(lo);
        if (rm > 4) return leave(ip, n - 1, EXIT_ILLEGAL);
        setF(lo, float.fcvt_d_lu(<i64>a, rm));
        ip += 16;
        break;
      }
      case op.OP_FMV_X_D: {
        const fa = f1(lo);
        setX(lo, fa);
        ip += 16;
        break;
      }
      case op.OP_FMV_D_X: {
        const a = x1(lo);
        setF(lo, a);
        ip += 16;
        break;
      }
      case op.OP_FCVT_S_D: {
        const fa = f1(lo);
        const rm = roundingMode(lo);
        if (rm > 4) return leave(ip, n - 1, EXIT_ILLEGAL);
        setS(lo, float.fcvt_s_d(fa, rm));
        ip += 16;
        break;
      }
      case op.OP_FCVT_D_S: {
        const sa = s1(lo);
        setF(lo, float.fcvt_d_s(sa));
        ip += 16;
        break;
      }
      default:
        return leave(ip, n - 1, EXIT_ILLEGAL);
    }
  }
  return unreachable();
}
