// The interpreter's loop. Written by isa/generate.ts: do not edit.
import * as op from './ops';
import { EXIT_BUDGET, EXIT_EBREAK, EXIT_ECALL, SLOW } from '../shared/exit';
import { execEntry, execTag, pcOf, switchPage } from '../code';
import { word } from '../exec/int';
import { PERM_READ, PERM_WRITE } from '../mm/access';
import { box, distance, f1, f2, fd, imm, setF, setS, setX, SIGN, suspend, tlbHit, UNDECODED, x1, x2, xd } from '../run';

/**
 * Runs from the slot at ip until `left` instructions are done or something needs more than the loop. Leaves its state through
 * suspend(); returns EXIT_*, SLOW or UNDECODED, with ip at an operation not yet executed (EXIT_ECALL, EXIT_EBREAK: counted).
 */
export function loop(ip: usize, left: u32, permissions: usize, base: usize): u32 {
  let accesses: u32 = 0;
  for (;;) {
    if (left == 0) return suspend(ip, left, accesses, EXIT_BUDGET);
    left--;
    switch (<u32>load<u16>(ip)) {
      case op.OP_UNDECODED:
        return suspend(ip, left, accesses, UNDECODED);
      case op.OP_C_NOP:
        ip += 8;
        continue;
      case op.OP_LUI: {
        const i = imm(ip);
        setX(ip, i);
        ip += 16;
        continue;
      }
      case op.OP_C_LUI: {
        const i = imm(ip);
        setX(ip, i);
        ip += 8;
        continue;
      }
      case op.OP_AUIPC: {
        setX(ip, pcOf(ip) + imm(ip));
        ip += 16;
        continue;
      }
      case op.OP_JAL: {
        setX(ip, pcOf(ip) + 4);
        ip += distance(ip);
        continue;
      }
      case op.OP_FAR_JAL: {
        const to = pcOf(ip) + imm(ip);
        const e = execEntry(to);
        if (load<u64>(e) != execTag(to)) return suspend(ip, left, accesses, SLOW);
        setX(ip, pcOf(ip) + 4);
        ip = switchPage(to, e);
        continue;
      }
      case op.OP_JAL_V: {
        ip += distance(ip);
        continue;
      }
      case op.OP_FAR_JAL_V: {
        const to = pcOf(ip) + imm(ip);
        const e = execEntry(to);
        if (load<u64>(e) != execTag(to)) return suspend(ip, left, accesses, SLOW);
        ip = switchPage(to, e);
        continue;
      }
      case op.OP_C_JAL: {
        setX(ip, pcOf(ip) + 2);
        ip += distance(ip);
        continue;
      }
      case op.OP_FAR_C_JAL: {
        const to = pcOf(ip) + imm(ip);
        const e = execEntry(to);
        if (load<u64>(e) != execTag(to)) return suspend(ip, left, accesses, SLOW);
        setX(ip, pcOf(ip) + 2);
        ip = switchPage(to, e);
        continue;
      }
      case op.OP_C_JAL_V: {
        ip += distance(ip);
        continue;
      }
      case op.OP_FAR_C_JAL_V: {
        const to = pcOf(ip) + imm(ip);
        const e = execEntry(to);
        if (load<u64>(e) != execTag(to)) return suspend(ip, left, accesses, SLOW);
        ip = switchPage(to, e);
        continue;
      }
      case op.OP_JALR: {
        const to = (x1(ip) + imm(ip)) & ~1;
        const e = execEntry(to);
        if (load<u64>(e) != execTag(to)) return suspend(ip, left, accesses, SLOW);
        setX(ip, pcOf(ip) + 4);
        ip = switchPage(to, e);
        continue;
      }
      case op.OP_JALR_V: {
        const to = (x1(ip) + imm(ip)) & ~1;
        const e = execEntry(to);
        if (load<u64>(e) != execTag(to)) return suspend(ip, left, accesses, SLOW);
        ip = switchPage(to, e);
        continue;
      }
      case op.OP_C_JALR: {
        const to = (x1(ip) + imm(ip)) & ~1;
        const e = execEntry(to);
        if (load<u64>(e) != execTag(to)) return suspend(ip, left, accesses, SLOW);
        setX(ip, pcOf(ip) + 2);
        ip = switchPage(to, e);
        continue;
      }
      case op.OP_C_JALR_V: {
        const to = (x1(ip) + imm(ip)) & ~1;
        const e = execEntry(to);
        if (load<u64>(e) != execTag(to)) return suspend(ip, left, accesses, SLOW);
        ip = switchPage(to, e);
        continue;
      }
      case op.OP_BEQ: {
        const a = x1(ip);
        const b = xd(ip);
        if (a == b) {
        ip += distance(ip);
        continue;
        }
        ip += 16;
        continue;
      }
      case op.OP_FAR_BEQ: {
        const a = x1(ip);
        const b = xd(ip);
        if (a == b) {
        const to = pcOf(ip) + imm(ip);
        const e = execEntry(to);
        if (load<u64>(e) != execTag(to)) return suspend(ip, left, accesses, SLOW);
        ip = switchPage(to, e);
        continue;
        }
        ip += 16;
        continue;
      }
      case op.OP_BEQ_Z: {
        const a = x1(ip);
        if (a == 0) {
        ip += distance(ip);
        continue;
        }
        ip += 16;
        continue;
      }
      case op.OP_FAR_BEQ_Z: {
        const a = x1(ip);
        if (a == 0) {
        const to = pcOf(ip) + imm(ip);
        const e = execEntry(to);
        if (load<u64>(e) != execTag(to)) return suspend(ip, left, accesses, SLOW);
        ip = switchPage(to, e);
        continue;
        }
        ip += 16;
        continue;
      }
      case op.OP_C_BEQ: {
        const a = x1(ip);
        const b = xd(ip);
        if (a == b) {
        ip += distance(ip);
        continue;
        }
        ip += 8;
        continue;
      }
      case op.OP_FAR_C_BEQ: {
        const a = x1(ip);
        const b = xd(ip);
        if (a == b) {
        const to = pcOf(ip) + imm(ip);
        const e = execEntry(to);
        if (load<u64>(e) != execTag(to)) return suspend(ip, left, accesses, SLOW);
        ip = switchPage(to, e);
        continue;
        }
        ip += 8;
        continue;
      }
      case op.OP_C_BEQ_Z: {
        const a = x1(ip);
        if (a == 0) {
        ip += distance(ip);
        continue;
        }
        ip += 8;
        continue;
      }
      case op.OP_FAR_C_BEQ_Z: {
        const a = x1(ip);
        if (a == 0) {
        const to = pcOf(ip) + imm(ip);
        const e = execEntry(to);
        if (load<u64>(e) != execTag(to)) return suspend(ip, left, accesses, SLOW);
        ip = switchPage(to, e);
        continue;
        }
        ip += 8;
        continue;
      }
      case op.OP_BNE: {
        const a = x1(ip);
        const b = xd(ip);
        if (a != b) {
        ip += distance(ip);
        continue;
        }
        ip += 16;
        continue;
      }
      case op.OP_FAR_BNE: {
        const a = x1(ip);
        const b = xd(ip);
        if (a != b) {
        const to = pcOf(ip) + imm(ip);
        const e = execEntry(to);
        if (load<u64>(e) != execTag(to)) return suspend(ip, left, accesses, SLOW);
        ip = switchPage(to, e);
        continue;
        }
        ip += 16;
        continue;
      }
      case op.OP_BNE_Z: {
        const a = x1(ip);
        if (a != 0) {
        ip += distance(ip);
        continue;
        }
        ip += 16;
        continue;
      }
      case op.OP_FAR_BNE_Z: {
        const a = x1(ip);
        if (a != 0) {
        const to = pcOf(ip) + imm(ip);
        const e = execEntry(to);
        if (load<u64>(e) != execTag(to)) return suspend(ip, left, accesses, SLOW);
        ip = switchPage(to, e);
        continue;
        }
        ip += 16;
        continue;
      }
      case op.OP_C_BNE: {
        const a = x1(ip);
        const b = xd(ip);
        if (a != b) {
        ip += distance(ip);
        continue;
        }
        ip += 8;
        continue;
      }
      case op.OP_FAR_C_BNE: {
        const a = x1(ip);
        const b = xd(ip);
        if (a != b) {
        const to = pcOf(ip) + imm(ip);
        const e = execEntry(to);
        if (load<u64>(e) != execTag(to)) return suspend(ip, left, accesses, SLOW);
        ip = switchPage(to, e);
        continue;
        }
        ip += 8;
        continue;
      }
      case op.OP_C_BNE_Z: {
        const a = x1(ip);
        if (a != 0) {
        ip += distance(ip);
        continue;
        }
        ip += 8;
        continue;
      }
      case op.OP_FAR_C_BNE_Z: {
        const a = x1(ip);
        if (a != 0) {
        const to = pcOf(ip) + imm(ip);
        const e = execEntry(to);
        if (load<u64>(e) != execTag(to)) return suspend(ip, left, accesses, SLOW);
        ip = switchPage(to, e);
        continue;
        }
        ip += 8;
        continue;
      }
      case op.OP_BLT: {
        const a = x1(ip);
        const b = xd(ip);
        if (<i64>a < <i64>b) {
        ip += distance(ip);
        continue;
        }
        ip += 16;
        continue;
      }
      case op.OP_FAR_BLT: {
        const a = x1(ip);
        const b = xd(ip);
        if (<i64>a < <i64>b) {
        const to = pcOf(ip) + imm(ip);
        const e = execEntry(to);
        if (load<u64>(e) != execTag(to)) return suspend(ip, left, accesses, SLOW);
        ip = switchPage(to, e);
        continue;
        }
        ip += 16;
        continue;
      }
      case op.OP_BGE: {
        const a = x1(ip);
        const b = xd(ip);
        if (<i64>a >= <i64>b) {
        ip += distance(ip);
        continue;
        }
        ip += 16;
        continue;
      }
      case op.OP_FAR_BGE: {
        const a = x1(ip);
        const b = xd(ip);
        if (<i64>a >= <i64>b) {
        const to = pcOf(ip) + imm(ip);
        const e = execEntry(to);
        if (load<u64>(e) != execTag(to)) return suspend(ip, left, accesses, SLOW);
        ip = switchPage(to, e);
        continue;
        }
        ip += 16;
        continue;
      }
      case op.OP_BLTU: {
        const a = x1(ip);
        const b = xd(ip);
        if (a < b) {
        ip += distance(ip);
        continue;
        }
        ip += 16;
        continue;
      }
      case op.OP_FAR_BLTU: {
        const a = x1(ip);
        const b = xd(ip);
        if (a < b) {
        const to = pcOf(ip) + imm(ip);
        const e = execEntry(to);
        if (load<u64>(e) != execTag(to)) return suspend(ip, left, accesses, SLOW);
        ip = switchPage(to, e);
        continue;
        }
        ip += 16;
        continue;
      }
      case op.OP_BGEU: {
        const a = x1(ip);
        const b = xd(ip);
        if (a >= b) {
        ip += distance(ip);
        continue;
        }
        ip += 16;
        continue;
      }
      case op.OP_FAR_BGEU: {
        const a = x1(ip);
        const b = xd(ip);
        if (a >= b) {
        const to = pcOf(ip) + imm(ip);
        const e = execEntry(to);
        if (load<u64>(e) != execTag(to)) return suspend(ip, left, accesses, SLOW);
        ip = switchPage(to, e);
        continue;
        }
        ip += 16;
        continue;
      }
      case op.OP_LB: {
        const va = x1(ip) + imm(ip);
        const unit = va;
        if (unit >= 4294967296) return suspend(ip, left, accesses, SLOW);
        let at = base + <usize>va;
        if ((load<u8>(permissions + <usize>(unit >> 12)) & PERM_READ) == 0) {
        at = tlbHit(va, false);
        if (at == 0) return suspend(ip, left, accesses, SLOW);
        }
        setX(ip, <u64><i64>load<i8>(at));
        accesses++;
        ip += 16;
        continue;
      }
      case op.OP_LH: {
        const va = x1(ip) + imm(ip);
        const unit = rotr<u64>(va, 1);
        if (unit >= 2147483648) return suspend(ip, left, accesses, SLOW);
        let at = base + <usize>va;
        if ((load<u8>(permissions + <usize>(unit >> 11)) & PERM_READ) == 0) {
        at = tlbHit(va, false);
        if (at == 0) return suspend(ip, left, accesses, SLOW);
        }
        setX(ip, <u64><i64>load<i16>(at));
        accesses++;
        ip += 16;
        continue;
      }
      case op.OP_LW: {
        const va = x1(ip) + imm(ip);
        const unit = rotr<u64>(va, 2);
        if (unit >= 1073741824) return suspend(ip, left, accesses, SLOW);
        let at = base + <usize>va;
        if ((load<u8>(permissions + <usize>(unit >> 10)) & PERM_READ) == 0) {
        at = tlbHit(va, false);
        if (at == 0) return suspend(ip, left, accesses, SLOW);
        }
        setX(ip, <u64><i64>load<i32>(at));
        accesses++;
        ip += 16;
        continue;
      }
      case op.OP_C_LW: {
        const va = x1(ip) + imm(ip);
        const unit = rotr<u64>(va, 2);
        if (unit >= 1073741824) return suspend(ip, left, accesses, SLOW);
        let at = base + <usize>va;
        if ((load<u8>(permissions + <usize>(unit >> 10)) & PERM_READ) == 0) {
        at = tlbHit(va, false);
        if (at == 0) return suspend(ip, left, accesses, SLOW);
        }
        setX(ip, <u64><i64>load<i32>(at));
        accesses++;
        ip += 8;
        continue;
      }
      case op.OP_LD: {
        const va = x1(ip) + imm(ip);
        const unit = rotr<u64>(va, 3);
        if (unit >= 536870912) return suspend(ip, left, accesses, SLOW);
        let at = base + <usize>va;
        if ((load<u8>(permissions + <usize>(unit >> 9)) & PERM_READ) == 0) {
        at = tlbHit(va, false);
        if (at == 0) return suspend(ip, left, accesses, SLOW);
        }
        setX(ip, load<u64>(at));
        accesses++;
        ip += 16;
        continue;
      }
      case op.OP_C_LD: {
        const va = x1(ip) + imm(ip);
        const unit = rotr<u64>(va, 3);
        if (unit >= 536870912) return suspend(ip, left, accesses, SLOW);
        let at = base + <usize>va;
        if ((load<u8>(permissions + <usize>(unit >> 9)) & PERM_READ) == 0) {
        at = tlbHit(va, false);
        if (at == 0) return suspend(ip, left, accesses, SLOW);
        }
        setX(ip, load<u64>(at));
        accesses++;
        ip += 8;
        continue;
      }
      case op.OP_LBU: {
        const va = x1(ip) + imm(ip);
        const unit = va;
        if (unit >= 4294967296) return suspend(ip, left, accesses, SLOW);
        let at = base + <usize>va;
        if ((load<u8>(permissions + <usize>(unit >> 12)) & PERM_READ) == 0) {
        at = tlbHit(va, false);
        if (at == 0) return suspend(ip, left, accesses, SLOW);
        }
        setX(ip, <u64>load<u8>(at));
        accesses++;
        ip += 16;
        continue;
      }
      case op.OP_LHU: {
        const va = x1(ip) + imm(ip);
        const unit = rotr<u64>(va, 1);
        if (unit >= 2147483648) return suspend(ip, left, accesses, SLOW);
        let at = base + <usize>va;
        if ((load<u8>(permissions + <usize>(unit >> 11)) & PERM_READ) == 0) {
        at = tlbHit(va, false);
        if (at == 0) return suspend(ip, left, accesses, SLOW);
        }
        setX(ip, <u64>load<u16>(at));
        accesses++;
        ip += 16;
        continue;
      }
      case op.OP_LWU: {
        const va = x1(ip) + imm(ip);
        const unit = rotr<u64>(va, 2);
        if (unit >= 1073741824) return suspend(ip, left, accesses, SLOW);
        let at = base + <usize>va;
        if ((load<u8>(permissions + <usize>(unit >> 10)) & PERM_READ) == 0) {
        at = tlbHit(va, false);
        if (at == 0) return suspend(ip, left, accesses, SLOW);
        }
        setX(ip, <u64>load<u32>(at));
        accesses++;
        ip += 16;
        continue;
      }
      case op.OP_SB: {
        const va = x1(ip) + imm(ip);
        const unit = va;
        if (unit >= 4294967296) return suspend(ip, left, accesses, SLOW);
        let at = base + <usize>va;
        if ((load<u8>(permissions + <usize>(unit >> 12)) & PERM_WRITE) == 0) {
        at = tlbHit(va, true);
        if (at == 0) return suspend(ip, left, accesses, SLOW);
        }
        store<u8>(at, <u8>xd(ip));
        accesses++;
        ip += 16;
        continue;
      }
      case op.OP_SH: {
        const va = x1(ip) + imm(ip);
        const unit = rotr<u64>(va, 1);
        if (unit >= 2147483648) return suspend(ip, left, accesses, SLOW);
        let at = base + <usize>va;
        if ((load<u8>(permissions + <usize>(unit >> 11)) & PERM_WRITE) == 0) {
        at = tlbHit(va, true);
        if (at == 0) return suspend(ip, left, accesses, SLOW);
        }
        store<u16>(at, <u16>xd(ip));
        accesses++;
        ip += 16;
        continue;
      }
      case op.OP_SW: {
        const va = x1(ip) + imm(ip);
        const unit = rotr<u64>(va, 2);
        if (unit >= 1073741824) return suspend(ip, left, accesses, SLOW);
        let at = base + <usize>va;
        if ((load<u8>(permissions + <usize>(unit >> 10)) & PERM_WRITE) == 0) {
        at = tlbHit(va, true);
        if (at == 0) return suspend(ip, left, accesses, SLOW);
        }
        store<u32>(at, <u32>xd(ip));
        accesses++;
        ip += 16;
        continue;
      }
      case op.OP_C_SW: {
        const va = x1(ip) + imm(ip);
        const unit = rotr<u64>(va, 2);
        if (unit >= 1073741824) return suspend(ip, left, accesses, SLOW);
        let at = base + <usize>va;
        if ((load<u8>(permissions + <usize>(unit >> 10)) & PERM_WRITE) == 0) {
        at = tlbHit(va, true);
        if (at == 0) return suspend(ip, left, accesses, SLOW);
        }
        store<u32>(at, <u32>xd(ip));
        accesses++;
        ip += 8;
        continue;
      }
      case op.OP_SD: {
        const va = x1(ip) + imm(ip);
        const unit = rotr<u64>(va, 3);
        if (unit >= 536870912) return suspend(ip, left, accesses, SLOW);
        let at = base + <usize>va;
        if ((load<u8>(permissions + <usize>(unit >> 9)) & PERM_WRITE) == 0) {
        at = tlbHit(va, true);
        if (at == 0) return suspend(ip, left, accesses, SLOW);
        }
        store<u64>(at, <u64>xd(ip));
        accesses++;
        ip += 16;
        continue;
      }
      case op.OP_C_SD: {
        const va = x1(ip) + imm(ip);
        const unit = rotr<u64>(va, 3);
        if (unit >= 536870912) return suspend(ip, left, accesses, SLOW);
        let at = base + <usize>va;
        if ((load<u8>(permissions + <usize>(unit >> 9)) & PERM_WRITE) == 0) {
        at = tlbHit(va, true);
        if (at == 0) return suspend(ip, left, accesses, SLOW);
        }
        store<u64>(at, <u64>xd(ip));
        accesses++;
        ip += 8;
        continue;
      }
      case op.OP_ADDI: {
        const a = x1(ip);
        const i = imm(ip);
        setX(ip, a + i);
        ip += 16;
        continue;
      }
      case op.OP_LI: {
        setX(ip, imm(ip));
        ip += 16;
        continue;
      }
      case op.OP_MV: {
        setX(ip, x1(ip));
        ip += 16;
        continue;
      }
      case op.OP_C_ADDI: {
        const a = x1(ip);
        const i = imm(ip);
        setX(ip, a + i);
        ip += 8;
        continue;
      }
      case op.OP_C_LI: {
        setX(ip, imm(ip));
        ip += 8;
        continue;
      }
      case op.OP_C_MV: {
        setX(ip, x1(ip));
        ip += 8;
        continue;
      }
      case op.OP_SLTI: {
        const a = x1(ip);
        const i = imm(ip);
        setX(ip, <u64>(<i64>a < <i64>i));
        ip += 16;
        continue;
      }
      case op.OP_SLTIU: {
        const a = x1(ip);
        const i = imm(ip);
        setX(ip, <u64>(a < i));
        ip += 16;
        continue;
      }
      case op.OP_XORI: {
        const a = x1(ip);
        const i = imm(ip);
        setX(ip, a ^ i);
        ip += 16;
        continue;
      }
      case op.OP_ORI: {
        const a = x1(ip);
        const i = imm(ip);
        setX(ip, a | i);
        ip += 16;
        continue;
      }
      case op.OP_ANDI: {
        const a = x1(ip);
        const i = imm(ip);
        setX(ip, a & i);
        ip += 16;
        continue;
      }
      case op.OP_C_ANDI: {
        const a = x1(ip);
        const i = imm(ip);
        setX(ip, a & i);
        ip += 8;
        continue;
      }
      case op.OP_ADDIW: {
        const a = x1(ip);
        const i = imm(ip);
        setX(ip, word(<u32>a + <u32>i));
        ip += 16;
        continue;
      }
      case op.OP_C_ADDIW: {
        const a = x1(ip);
        const i = imm(ip);
        setX(ip, word(<u32>a + <u32>i));
        ip += 8;
        continue;
      }
      case op.OP_SLLI: {
        const a = x1(ip);
        const i = imm(ip);
        setX(ip, a << i);
        ip += 16;
        continue;
      }
      case op.OP_C_SLLI: {
        const a = x1(ip);
        const i = imm(ip);
        setX(ip, a << i);
        ip += 8;
        continue;
      }
      case op.OP_SRLI: {
        const a = x1(ip);
        const i = imm(ip);
        setX(ip, a >> i);
        ip += 16;
        continue;
      }
      case op.OP_C_SRLI: {
        const a = x1(ip);
        const i = imm(ip);
        setX(ip, a >> i);
        ip += 8;
        continue;
      }
      case op.OP_SRAI: {
        const a = x1(ip);
        const i = imm(ip);
        setX(ip, <u64>(<i64>a >> <i64>i));
        ip += 16;
        continue;
      }
      case op.OP_C_SRAI: {
        const a = x1(ip);
        const i = imm(ip);
        setX(ip, <u64>(<i64>a >> <i64>i));
        ip += 8;
        continue;
      }
      case op.OP_SLLIW: {
        const a = x1(ip);
        const i = imm(ip);
        setX(ip, word(<u32>a << <u32>i));
        ip += 16;
        continue;
      }
      case op.OP_SRLIW: {
        const a = x1(ip);
        const i = imm(ip);
        setX(ip, word(<u32>a >> <u32>i));
        ip += 16;
        continue;
      }
      case op.OP_SRAIW: {
        const a = x1(ip);
        const i = imm(ip);
        setX(ip, <u64><i64>(<i32>a >> <i32>i));
        ip += 16;
        continue;
      }
      case op.OP_ADD: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, a + b);
        ip += 16;
        continue;
      }
      case op.OP_C_ADD: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, a + b);
        ip += 8;
        continue;
      }
      case op.OP_SUB: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, a - b);
        ip += 16;
        continue;
      }
      case op.OP_C_SUB: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, a - b);
        ip += 8;
        continue;
      }
      case op.OP_SLL: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, a << b);
        ip += 16;
        continue;
      }
      case op.OP_SLT: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, <u64>(<i64>a < <i64>b));
        ip += 16;
        continue;
      }
      case op.OP_SLTU: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, <u64>(a < b));
        ip += 16;
        continue;
      }
      case op.OP_XOR: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, a ^ b);
        ip += 16;
        continue;
      }
      case op.OP_C_XOR: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, a ^ b);
        ip += 8;
        continue;
      }
      case op.OP_SRL: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, a >> b);
        ip += 16;
        continue;
      }
      case op.OP_SRA: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, <u64>(<i64>a >> <i64>b));
        ip += 16;
        continue;
      }
      case op.OP_OR: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, a | b);
        ip += 16;
        continue;
      }
      case op.OP_C_OR: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, a | b);
        ip += 8;
        continue;
      }
      case op.OP_AND: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, a & b);
        ip += 16;
        continue;
      }
      case op.OP_C_AND: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, a & b);
        ip += 8;
        continue;
      }
      case op.OP_ADDW: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, word(<u32>a + <u32>b));
        ip += 16;
        continue;
      }
      case op.OP_C_ADDW: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, word(<u32>a + <u32>b));
        ip += 8;
        continue;
      }
      case op.OP_SUBW: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, word(<u32>a - <u32>b));
        ip += 16;
        continue;
      }
      case op.OP_C_SUBW: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, word(<u32>a - <u32>b));
        ip += 8;
        continue;
      }
      case op.OP_SLLW: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, word(<u32>a << <u32>b));
        ip += 16;
        continue;
      }
      case op.OP_SRLW: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, word(<u32>a >> <u32>b));
        ip += 16;
        continue;
      }
      case op.OP_SRAW: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, <u64><i64>(<i32>a >> <i32>b));
        ip += 16;
        continue;
      }
      case op.OP_FENCE: {
        ip += 16;
        continue;
      }
      case op.OP_FENCE_TSO: {
        ip += 16;
        continue;
      }
      case op.OP_FENCE_I: {
        ip += 16;
        continue;
      }
      case op.OP_ECALL: {
        return suspend(ip, left, accesses, EXIT_ECALL);
      }
      case op.OP_EBREAK: {
        return suspend(ip, left, accesses, EXIT_EBREAK);
      }
      case op.OP_C_EBREAK: {
        return suspend(ip, left, accesses, EXIT_EBREAK);
      }
      case op.OP_MUL: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, a * b);
        ip += 16;
        continue;
      }
      case op.OP_MULW: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, word(<u32>a * <u32>b));
        ip += 16;
        continue;
      }
      case op.OP_SH1ADD: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, (a << 1) + b);
        ip += 16;
        continue;
      }
      case op.OP_SH2ADD: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, (a << 2) + b);
        ip += 16;
        continue;
      }
      case op.OP_SH3ADD: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, (a << 3) + b);
        ip += 16;
        continue;
      }
      case op.OP_ADD_UW: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, <u64><u32>a + b);
        ip += 16;
        continue;
      }
      case op.OP_SH1ADD_UW: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, (<u64><u32>a << 1) + b);
        ip += 16;
        continue;
      }
      case op.OP_SH2ADD_UW: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, (<u64><u32>a << 2) + b);
        ip += 16;
        continue;
      }
      case op.OP_SH3ADD_UW: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, (<u64><u32>a << 3) + b);
        ip += 16;
        continue;
      }
      case op.OP_SLLI_UW: {
        const a = x1(ip);
        const i = imm(ip);
        setX(ip, <u64><u32>a << i);
        ip += 16;
        continue;
      }
      case op.OP_ANDN: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, a & ~b);
        ip += 16;
        continue;
      }
      case op.OP_ORN: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, a | ~b);
        ip += 16;
        continue;
      }
      case op.OP_XNOR: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, ~(a ^ b));
        ip += 16;
        continue;
      }
      case op.OP_MIN: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, <u64>min<i64>(<i64>a, <i64>b));
        ip += 16;
        continue;
      }
      case op.OP_MINU: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, min<u64>(a, b));
        ip += 16;
        continue;
      }
      case op.OP_MAX: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, <u64>max<i64>(<i64>a, <i64>b));
        ip += 16;
        continue;
      }
      case op.OP_MAXU: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, max<u64>(a, b));
        ip += 16;
        continue;
      }
      case op.OP_ROL: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, rotl<u64>(a, b));
        ip += 16;
        continue;
      }
      case op.OP_ROR: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, rotr<u64>(a, b));
        ip += 16;
        continue;
      }
      case op.OP_RORI: {
        const a = x1(ip);
        const i = imm(ip);
        setX(ip, rotr<u64>(a, i));
        ip += 16;
        continue;
      }
      case op.OP_ROLW: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, word(rotl<u32>(<u32>a, <u32>b)));
        ip += 16;
        continue;
      }
      case op.OP_RORW: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, word(rotr<u32>(<u32>a, <u32>b)));
        ip += 16;
        continue;
      }
      case op.OP_RORIW: {
        const a = x1(ip);
        const i = imm(ip);
        setX(ip, word(rotr<u32>(<u32>a, <u32>i)));
        ip += 16;
        continue;
      }
      case op.OP_CLZ: {
        const a = x1(ip);
        setX(ip, clz<u64>(a));
        ip += 16;
        continue;
      }
      case op.OP_CTZ: {
        const a = x1(ip);
        setX(ip, ctz<u64>(a));
        ip += 16;
        continue;
      }
      case op.OP_CPOP: {
        const a = x1(ip);
        setX(ip, popcnt<u64>(a));
        ip += 16;
        continue;
      }
      case op.OP_CLZW: {
        const a = x1(ip);
        setX(ip, <u64>clz<u32>(<u32>a));
        ip += 16;
        continue;
      }
      case op.OP_CTZW: {
        const a = x1(ip);
        setX(ip, <u64>ctz<u32>(<u32>a));
        ip += 16;
        continue;
      }
      case op.OP_CPOPW: {
        const a = x1(ip);
        setX(ip, <u64>popcnt<u32>(<u32>a));
        ip += 16;
        continue;
      }
      case op.OP_SEXT_B: {
        const a = x1(ip);
        setX(ip, <u64><i64><i8>a);
        ip += 16;
        continue;
      }
      case op.OP_SEXT_H: {
        const a = x1(ip);
        setX(ip, <u64><i64><i16>a);
        ip += 16;
        continue;
      }
      case op.OP_ZEXT_H: {
        const a = x1(ip);
        setX(ip, <u64><u16>a);
        ip += 16;
        continue;
      }
      case op.OP_REV8: {
        const a = x1(ip);
        setX(ip, bswap<u64>(a));
        ip += 16;
        continue;
      }
      case op.OP_BSET: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, a | ((<u64>1) << b));
        ip += 16;
        continue;
      }
      case op.OP_BCLR: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, a & ~((<u64>1) << b));
        ip += 16;
        continue;
      }
      case op.OP_BINV: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, a ^ ((<u64>1) << b));
        ip += 16;
        continue;
      }
      case op.OP_BEXT: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, (a >> b) & 1);
        ip += 16;
        continue;
      }
      case op.OP_BSETI: {
        const a = x1(ip);
        const i = imm(ip);
        setX(ip, a | ((<u64>1) << i));
        ip += 16;
        continue;
      }
      case op.OP_BCLRI: {
        const a = x1(ip);
        const i = imm(ip);
        setX(ip, a & ~((<u64>1) << i));
        ip += 16;
        continue;
      }
      case op.OP_BINVI: {
        const a = x1(ip);
        const i = imm(ip);
        setX(ip, a ^ ((<u64>1) << i));
        ip += 16;
        continue;
      }
      case op.OP_BEXTI: {
        const a = x1(ip);
        const i = imm(ip);
        setX(ip, (a >> i) & 1);
        ip += 16;
        continue;
      }
      case op.OP_CZERO_EQZ: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, b == 0 ? 0 : a);
        ip += 16;
        continue;
      }
      case op.OP_CZERO_NEZ: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, b != 0 ? 0 : a);
        ip += 16;
        continue;
      }
      case op.OP_FLW: {
        const va = x1(ip) + imm(ip);
        const unit = rotr<u64>(va, 2);
        if (unit >= 1073741824) return suspend(ip, left, accesses, SLOW);
        let at = base + <usize>va;
        if ((load<u8>(permissions + <usize>(unit >> 10)) & PERM_READ) == 0) {
        at = tlbHit(va, false);
        if (at == 0) return suspend(ip, left, accesses, SLOW);
        }
        setF(ip, box(load<u32>(at)));
        accesses++;
        ip += 16;
        continue;
      }
      case op.OP_FSW: {
        const va = x1(ip) + imm(ip);
        const unit = rotr<u64>(va, 2);
        if (unit >= 1073741824) return suspend(ip, left, accesses, SLOW);
        let at = base + <usize>va;
        if ((load<u8>(permissions + <usize>(unit >> 10)) & PERM_WRITE) == 0) {
        at = tlbHit(va, true);
        if (at == 0) return suspend(ip, left, accesses, SLOW);
        }
        store<u32>(at, <u32>fd(ip));
        accesses++;
        ip += 16;
        continue;
      }
      case op.OP_FMV_X_W: {
        const fa = f1(ip);
        setX(ip, word(<u32>fa));
        ip += 16;
        continue;
      }
      case op.OP_FMV_W_X: {
        const a = x1(ip);
        setS(ip, <u32>a);
        ip += 16;
        continue;
      }
      case op.OP_FLD: {
        const va = x1(ip) + imm(ip);
        const unit = rotr<u64>(va, 3);
        if (unit >= 536870912) return suspend(ip, left, accesses, SLOW);
        let at = base + <usize>va;
        if ((load<u8>(permissions + <usize>(unit >> 9)) & PERM_READ) == 0) {
        at = tlbHit(va, false);
        if (at == 0) return suspend(ip, left, accesses, SLOW);
        }
        setF(ip, load<u64>(at));
        accesses++;
        ip += 16;
        continue;
      }
      case op.OP_C_FLD: {
        const va = x1(ip) + imm(ip);
        const unit = rotr<u64>(va, 3);
        if (unit >= 536870912) return suspend(ip, left, accesses, SLOW);
        let at = base + <usize>va;
        if ((load<u8>(permissions + <usize>(unit >> 9)) & PERM_READ) == 0) {
        at = tlbHit(va, false);
        if (at == 0) return suspend(ip, left, accesses, SLOW);
        }
        setF(ip, load<u64>(at));
        accesses++;
        ip += 8;
        continue;
      }
      case op.OP_FSD: {
        const va = x1(ip) + imm(ip);
        const unit = rotr<u64>(va, 3);
        if (unit >= 536870912) return suspend(ip, left, accesses, SLOW);
        let at = base + <usize>va;
        if ((load<u8>(permissions + <usize>(unit >> 9)) & PERM_WRITE) == 0) {
        at = tlbHit(va, true);
        if (at == 0) return suspend(ip, left, accesses, SLOW);
        }
        store<u64>(at, <u64>fd(ip));
        accesses++;
        ip += 16;
        continue;
      }
      case op.OP_C_FSD: {
        const va = x1(ip) + imm(ip);
        const unit = rotr<u64>(va, 3);
        if (unit >= 536870912) return suspend(ip, left, accesses, SLOW);
        let at = base + <usize>va;
        if ((load<u8>(permissions + <usize>(unit >> 9)) & PERM_WRITE) == 0) {
        at = tlbHit(va, true);
        if (at == 0) return suspend(ip, left, accesses, SLOW);
        }
        store<u64>(at, <u64>fd(ip));
        accesses++;
        ip += 8;
        continue;
      }
      case op.OP_FSGNJ_D: {
        const fa = f1(ip);
        const fb = f2(ip);
        setF(ip, (fa & ~SIGN) | (fb & SIGN));
        ip += 16;
        continue;
      }
      case op.OP_FSGNJN_D: {
        const fa = f1(ip);
        const fb = f2(ip);
        setF(ip, (fa & ~SIGN) | (~fb & SIGN));
        ip += 16;
        continue;
      }
      case op.OP_FSGNJX_D: {
        const fa = f1(ip);
        const fb = f2(ip);
        setF(ip, fa ^ (fb & SIGN));
        ip += 16;
        continue;
      }
      case op.OP_FMV_X_D: {
        const fa = f1(ip);
        setX(ip, fa);
        ip += 16;
        continue;
      }
      case op.OP_FMV_D_X: {
        const a = x1(ip);
        setF(ip, a);
        ip += 16;
        continue;
      }
      default:
        return suspend(ip, left, accesses, SLOW);
    }
  }
  return unreachable();
}
