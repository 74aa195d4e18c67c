// The interpreter's loop. Written by isa/generate.ts: do not edit.
import * as op from './ops';
import { EXIT_BUDGET, EXIT_EBREAK, EXIT_ECALL, SLOW } from '../shared/exit';
import { execLookup, pcOf, switchPage } from '../code';
import { div, divu, divuw, divw, rem, remu, remuw, remw, word } from '../exec/int';
import { ACCESS, box, f1, f2, imm, readable, setF, setS, setX, SIGN, storable, suspend, x1, x2 } from '../run';

/**
 * Runs from the slot at ip until `n` (low half: instructions, high half: accesses) has reached the budget or something needs more
 * than the loop.
 * Leaves ip and n through suspend(); returns EXIT_* or SLOW, with ip at an operation not yet executed (EXIT_ECALL, EXIT_EBREAK: counted).
 */
export function loop(ip: usize, n: u64, budget: u32, permissions: usize, base: usize, pages: u64): u32 {
  for (;;) {
    if (<u32>n == budget) return suspend(ip, n, EXIT_BUDGET);
    const w = load<u64>(ip);
    const lo = <u32>w;
    n++;
    switch (lo & 511) {
      case op.OP_UNDECODED:
      case op.OP_CROSS:
      case op.OP_STRADDLE:
      case op.OP_ILLEGAL:
        return suspend(ip, n - 1, SLOW);
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
        const to = pcOf(ip) + imm(w);
        const code = execLookup(to);
        if (code == 0) return suspend(ip, n - 1, SLOW);
        setX(lo, pcOf(ip) + 4);
        ip = switchPage(to, code);
        break;
      }
      case op.OP_C_JAL: {
        setX(lo, pcOf(ip) + 2);
        ip += <usize>imm(w);
        break;
      }
      case op.OP_FAR_C_JAL: {
        const to = pcOf(ip) + imm(w);
        const code = execLookup(to);
        if (code == 0) return suspend(ip, n - 1, SLOW);
        setX(lo, pcOf(ip) + 2);
        ip = switchPage(to, code);
        break;
      }
      case op.OP_JALR: {
        const to = (x1(lo) + imm(w)) & ~1;
        const code = execLookup(to);
        if (code == 0) return suspend(ip, n - 1, SLOW);
        setX(lo, pcOf(ip) + 4);
        ip = switchPage(to, code);
        break;
      }
      case op.OP_C_JALR: {
        const to = (x1(lo) + imm(w)) & ~1;
        const code = execLookup(to);
        if (code == 0) return suspend(ip, n - 1, SLOW);
        setX(lo, pcOf(ip) + 2);
        ip = switchPage(to, code);
        break;
      }
      case op.OP_BEQ: {
        const a = x1(lo);
        const b = x2(lo);
        if (a == b) {
        ip += <usize>imm(w);
        continue;
        }
        ip += 16;
        break;
      }
      case op.OP_FAR_BEQ: {
        const a = x1(lo);
        const b = x2(lo);
        if (a == b) {
        const to = pcOf(ip) + imm(w);
        const code = execLookup(to);
        if (code == 0) return suspend(ip, n - 1, SLOW);
        ip = switchPage(to, code);
        continue;
        }
        ip += 16;
        break;
      }
      case op.OP_C_BEQ: {
        const a = x1(lo);
        const b = x2(lo);
        if (a == b) {
        ip += <usize>imm(w);
        continue;
        }
        ip += 8;
        break;
      }
      case op.OP_FAR_C_BEQ: {
        const a = x1(lo);
        const b = x2(lo);
        if (a == b) {
        const to = pcOf(ip) + imm(w);
        const code = execLookup(to);
        if (code == 0) return suspend(ip, n - 1, SLOW);
        ip = switchPage(to, code);
        continue;
        }
        ip += 8;
        break;
      }
      case op.OP_BNE: {
        const a = x1(lo);
        const b = x2(lo);
        if (a != b) {
        ip += <usize>imm(w);
        continue;
        }
        ip += 16;
        break;
      }
      case op.OP_FAR_BNE: {
        const a = x1(lo);
        const b = x2(lo);
        if (a != b) {
        const to = pcOf(ip) + imm(w);
        const code = execLookup(to);
        if (code == 0) return suspend(ip, n - 1, SLOW);
        ip = switchPage(to, code);
        continue;
        }
        ip += 16;
        break;
      }
      case op.OP_C_BNE: {
        const a = x1(lo);
        const b = x2(lo);
        if (a != b) {
        ip += <usize>imm(w);
        continue;
        }
        ip += 8;
        break;
      }
      case op.OP_FAR_C_BNE: {
        const a = x1(lo);
        const b = x2(lo);
        if (a != b) {
        const to = pcOf(ip) + imm(w);
        const code = execLookup(to);
        if (code == 0) return suspend(ip, n - 1, SLOW);
        ip = switchPage(to, code);
        continue;
        }
        ip += 8;
        break;
      }
      case op.OP_BLT: {
        const a = x1(lo);
        const b = x2(lo);
        if (<i64>a < <i64>b) {
        ip += <usize>imm(w);
        continue;
        }
        ip += 16;
        break;
      }
      case op.OP_FAR_BLT: {
        const a = x1(lo);
        const b = x2(lo);
        if (<i64>a < <i64>b) {
        const to = pcOf(ip) + imm(w);
        const code = execLookup(to);
        if (code == 0) return suspend(ip, n - 1, SLOW);
        ip = switchPage(to, code);
        continue;
        }
        ip += 16;
        break;
      }
      case op.OP_BGE: {
        const a = x1(lo);
        const b = x2(lo);
        if (<i64>a >= <i64>b) {
        ip += <usize>imm(w);
        continue;
        }
        ip += 16;
        break;
      }
      case op.OP_FAR_BGE: {
        const a = x1(lo);
        const b = x2(lo);
        if (<i64>a >= <i64>b) {
        const to = pcOf(ip) + imm(w);
        const code = execLookup(to);
        if (code == 0) return suspend(ip, n - 1, SLOW);
        ip = switchPage(to, code);
        continue;
        }
        ip += 16;
        break;
      }
      case op.OP_BLTU: {
        const a = x1(lo);
        const b = x2(lo);
        if (a < b) {
        ip += <usize>imm(w);
        continue;
        }
        ip += 16;
        break;
      }
      case op.OP_FAR_BLTU: {
        const a = x1(lo);
        const b = x2(lo);
        if (a < b) {
        const to = pcOf(ip) + imm(w);
        const code = execLookup(to);
        if (code == 0) return suspend(ip, n - 1, SLOW);
        ip = switchPage(to, code);
        continue;
        }
        ip += 16;
        break;
      }
      case op.OP_BGEU: {
        const a = x1(lo);
        const b = x2(lo);
        if (a >= b) {
        ip += <usize>imm(w);
        continue;
        }
        ip += 16;
        break;
      }
      case op.OP_FAR_BGEU: {
        const a = x1(lo);
        const b = x2(lo);
        if (a >= b) {
        const to = pcOf(ip) + imm(w);
        const code = execLookup(to);
        if (code == 0) return suspend(ip, n - 1, SLOW);
        ip = switchPage(to, code);
        continue;
        }
        ip += 16;
        break;
      }
      case op.OP_LB: {
        const at = readable(x1(lo) + imm(w), 1, permissions, base, pages);
        if (at == 0) return suspend(ip, n - 1, SLOW);
        setX(lo, <u64><i64>load<i8>(at));
        n += ACCESS;
        ip += 16;
        break;
      }
      case op.OP_LH: {
        const at = readable(x1(lo) + imm(w), 2, permissions, base, pages);
        if (at == 0) return suspend(ip, n - 1, SLOW);
        setX(lo, <u64><i64>load<i16>(at));
        n += ACCESS;
        ip += 16;
        break;
      }
      case op.OP_LW: {
        const at = readable(x1(lo) + imm(w), 4, permissions, base, pages);
        if (at == 0) return suspend(ip, n - 1, SLOW);
        setX(lo, <u64><i64>load<i32>(at));
        n += ACCESS;
        ip += 16;
        break;
      }
      case op.OP_C_LW: {
        const at = readable(x1(lo) + imm(w), 4, permissions, base, pages);
        if (at == 0) return suspend(ip, n - 1, SLOW);
        setX(lo, <u64><i64>load<i32>(at));
        n += ACCESS;
        ip += 8;
        break;
      }
      case op.OP_LD: {
        const at = readable(x1(lo) + imm(w), 8, permissions, base, pages);
        if (at == 0) return suspend(ip, n - 1, SLOW);
        setX(lo, load<u64>(at));
        n += ACCESS;
        ip += 16;
        break;
      }
      case op.OP_C_LD: {
        const at = readable(x1(lo) + imm(w), 8, permissions, base, pages);
        if (at == 0) return suspend(ip, n - 1, SLOW);
        setX(lo, load<u64>(at));
        n += ACCESS;
        ip += 8;
        break;
      }
      case op.OP_LBU: {
        const at = readable(x1(lo) + imm(w), 1, permissions, base, pages);
        if (at == 0) return suspend(ip, n - 1, SLOW);
        setX(lo, <u64>load<u8>(at));
        n += ACCESS;
        ip += 16;
        break;
      }
      case op.OP_LHU: {
        const at = readable(x1(lo) + imm(w), 2, permissions, base, pages);
        if (at == 0) return suspend(ip, n - 1, SLOW);
        setX(lo, <u64>load<u16>(at));
        n += ACCESS;
        ip += 16;
        break;
      }
      case op.OP_LWU: {
        const at = readable(x1(lo) + imm(w), 4, permissions, base, pages);
        if (at == 0) return suspend(ip, n - 1, SLOW);
        setX(lo, <u64>load<u32>(at));
        n += ACCESS;
        ip += 16;
        break;
      }
      case op.OP_SB: {
        const at = storable(x1(lo) + imm(w), 1, permissions, base, pages);
        if (at == 0) return suspend(ip, n - 1, SLOW);
        store<u8>(at, <u8>x2(lo));
        n += ACCESS;
        ip += 16;
        break;
      }
      case op.OP_SH: {
        const at = storable(x1(lo) + imm(w), 2, permissions, base, pages);
        if (at == 0) return suspend(ip, n - 1, SLOW);
        store<u16>(at, <u16>x2(lo));
        n += ACCESS;
        ip += 16;
        break;
      }
      case op.OP_SW: {
        const at = storable(x1(lo) + imm(w), 4, permissions, base, pages);
        if (at == 0) return suspend(ip, n - 1, SLOW);
        store<u32>(at, <u32>x2(lo));
        n += ACCESS;
        ip += 16;
        break;
      }
      case op.OP_C_SW: {
        const at = storable(x1(lo) + imm(w), 4, permissions, base, pages);
        if (at == 0) return suspend(ip, n - 1, SLOW);
        store<u32>(at, <u32>x2(lo));
        n += ACCESS;
        ip += 8;
        break;
      }
      case op.OP_SD: {
        const at = storable(x1(lo) + imm(w), 8, permissions, base, pages);
        if (at == 0) return suspend(ip, n - 1, SLOW);
        store<u64>(at, <u64>x2(lo));
        n += ACCESS;
        ip += 16;
        break;
      }
      case op.OP_C_SD: {
        const at = storable(x1(lo) + imm(w), 8, permissions, base, pages);
        if (at == 0) return suspend(ip, n - 1, SLOW);
        store<u64>(at, <u64>x2(lo));
        n += ACCESS;
        ip += 8;
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
        return suspend(ip, n, EXIT_ECALL);
      }
      case op.OP_EBREAK: {
        return suspend(ip, n, EXIT_EBREAK);
      }
      case op.OP_C_EBREAK: {
        return suspend(ip, n, EXIT_EBREAK);
      }
      case op.OP_MUL: {
        const a = x1(lo);
        const b = x2(lo);
        setX(lo, a * b);
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
      case op.OP_FLW: {
        const at = readable(x1(lo) + imm(w), 4, permissions, base, pages);
        if (at == 0) return suspend(ip, n - 1, SLOW);
        setF(lo, box(load<u32>(at)));
        n += ACCESS;
        ip += 16;
        break;
      }
      case op.OP_FSW: {
        const at = storable(x1(lo) + imm(w), 4, permissions, base, pages);
        if (at == 0) return suspend(ip, n - 1, SLOW);
        store<u32>(at, <u32>f2(lo));
        n += ACCESS;
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
        const at = readable(x1(lo) + imm(w), 8, permissions, base, pages);
        if (at == 0) return suspend(ip, n - 1, SLOW);
        setF(lo, load<u64>(at));
        n += ACCESS;
        ip += 16;
        break;
      }
      case op.OP_C_FLD: {
        const at = readable(x1(lo) + imm(w), 8, permissions, base, pages);
        if (at == 0) return suspend(ip, n - 1, SLOW);
        setF(lo, load<u64>(at));
        n += ACCESS;
        ip += 8;
        break;
      }
      case op.OP_FSD: {
        const at = storable(x1(lo) + imm(w), 8, permissions, base, pages);
        if (at == 0) return suspend(ip, n - 1, SLOW);
        store<u64>(at, <u64>f2(lo));
        n += ACCESS;
        ip += 16;
        break;
      }
      case op.OP_C_FSD: {
        const at = storable(x1(lo) + imm(w), 8, permissions, base, pages);
        if (at == 0) return suspend(ip, n - 1, SLOW);
        store<u64>(at, <u64>f2(lo));
        n += ACCESS;
        ip += 8;
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
      default:
        return suspend(ip, n - 1, SLOW);
    }
  }
  return unreachable();
}
