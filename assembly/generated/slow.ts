// Operations that leave the interpreter's loop. Written by isa/generate.ts: do not edit.
import * as op from './ops';
import { EXIT_ILLEGAL } from '../shared/exit';
import { loadReserved, storeConditional } from '../exec/atomic';
import { orcb } from '../exec/bitmanip';
import { csrAccess } from '../exec/csr';
import * as float from '../exec/float';
import { div, divu, divuw, divw, mulh, mulhsu, mulhu, rem, remu, remuw, remw, word } from '../exec/int';
import { slowStore } from '../mm/access';
import { atomic, box, DONE, DONE_ACCESS, f1, f2, f3, faultExit, fd, imm, readAnywhere, roundingMode } from '../run';
import { s1, s2, s3, setF, setS, setX, x1, x2, xd } from '../run';

/** Where execution goes on after DONE and DONE_ACCESS. */
export let nextPc: u64 = 0;

/**
 * Executes the operation at ip; DONE, DONE_ACCESS (an access was made) or EXIT_*. executed: instructions of this run, this one
 * included.
 */
export function executeSlow(ip: usize, pc: u64, executed: u32): u32 {
  switch (<u32>load<u16>(ip)) {
      case op.OP_FAR_JAL: {
        setX(ip, pc + 4);
        nextPc = pc + imm(ip);
        return DONE;
      }
      case op.OP_FAR_JAL_V: {
        nextPc = pc + imm(ip);
        return DONE;
      }
      case op.OP_FAR_C_JAL: {
        setX(ip, pc + 2);
        nextPc = pc + imm(ip);
        return DONE;
      }
      case op.OP_FAR_C_JAL_V: {
        nextPc = pc + imm(ip);
        return DONE;
      }
      case op.OP_JALR: {
        nextPc = (x1(ip) + imm(ip)) & ~1;
        setX(ip, pc + 4);
        return DONE;
      }
      case op.OP_JALR_V: {
        nextPc = (x1(ip) + imm(ip)) & ~1;
        return DONE;
      }
      case op.OP_C_JALR: {
        nextPc = (x1(ip) + imm(ip)) & ~1;
        setX(ip, pc + 2);
        return DONE;
      }
      case op.OP_C_JALR_V: {
        nextPc = (x1(ip) + imm(ip)) & ~1;
        return DONE;
      }
      case op.OP_FAR_BEQ: {
        const a = x1(ip);
        const b = xd(ip);
        nextPc = a == b ? pc + imm(ip) : pc + 4;
        return DONE;
      }
      case op.OP_FAR_BEQ_Z: {
        const a = x1(ip);
        nextPc = a == 0 ? pc + imm(ip) : pc + 4;
        return DONE;
      }
      case op.OP_FAR_C_BEQ: {
        const a = x1(ip);
        const b = xd(ip);
        nextPc = a == b ? pc + imm(ip) : pc + 2;
        return DONE;
      }
      case op.OP_FAR_C_BEQ_Z: {
        const a = x1(ip);
        nextPc = a == 0 ? pc + imm(ip) : pc + 2;
        return DONE;
      }
      case op.OP_FAR_BNE: {
        const a = x1(ip);
        const b = xd(ip);
        nextPc = a != b ? pc + imm(ip) : pc + 4;
        return DONE;
      }
      case op.OP_FAR_BNE_Z: {
        const a = x1(ip);
        nextPc = a != 0 ? pc + imm(ip) : pc + 4;
        return DONE;
      }
      case op.OP_FAR_C_BNE: {
        const a = x1(ip);
        const b = xd(ip);
        nextPc = a != b ? pc + imm(ip) : pc + 2;
        return DONE;
      }
      case op.OP_FAR_C_BNE_Z: {
        const a = x1(ip);
        nextPc = a != 0 ? pc + imm(ip) : pc + 2;
        return DONE;
      }
      case op.OP_FAR_BLT: {
        const a = x1(ip);
        const b = xd(ip);
        nextPc = <i64>a < <i64>b ? pc + imm(ip) : pc + 4;
        return DONE;
      }
      case op.OP_FAR_BGE: {
        const a = x1(ip);
        const b = xd(ip);
        nextPc = <i64>a >= <i64>b ? pc + imm(ip) : pc + 4;
        return DONE;
      }
      case op.OP_FAR_BLTU: {
        const a = x1(ip);
        const b = xd(ip);
        nextPc = a < b ? pc + imm(ip) : pc + 4;
        return DONE;
      }
      case op.OP_FAR_BGEU: {
        const a = x1(ip);
        const b = xd(ip);
        nextPc = a >= b ? pc + imm(ip) : pc + 4;
        return DONE;
      }
      case op.OP_LB: {
        const at = readAnywhere(x1(ip) + imm(ip), 1);
        if (at == 0) return faultExit();
        setX(ip, <u64><i64>load<i8>(at));
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_LB_V: {
        const at = readAnywhere(x1(ip) + imm(ip), 1);
        if (at == 0) return faultExit();
        setX(ip, <u64><i64>load<i8>(at));
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_LH: {
        const at = readAnywhere(x1(ip) + imm(ip), 2);
        if (at == 0) return faultExit();
        setX(ip, <u64><i64>load<i16>(at));
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_LH_V: {
        const at = readAnywhere(x1(ip) + imm(ip), 2);
        if (at == 0) return faultExit();
        setX(ip, <u64><i64>load<i16>(at));
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_LW: {
        const at = readAnywhere(x1(ip) + imm(ip), 4);
        if (at == 0) return faultExit();
        setX(ip, <u64><i64>load<i32>(at));
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_LW_V: {
        const at = readAnywhere(x1(ip) + imm(ip), 4);
        if (at == 0) return faultExit();
        setX(ip, <u64><i64>load<i32>(at));
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_C_LW: {
        const at = readAnywhere(x1(ip) + imm(ip), 4);
        if (at == 0) return faultExit();
        setX(ip, <u64><i64>load<i32>(at));
        nextPc = pc + 2;
        return DONE_ACCESS;
      }
      case op.OP_C_LW_V: {
        const at = readAnywhere(x1(ip) + imm(ip), 4);
        if (at == 0) return faultExit();
        setX(ip, <u64><i64>load<i32>(at));
        nextPc = pc + 2;
        return DONE_ACCESS;
      }
      case op.OP_LD: {
        const at = readAnywhere(x1(ip) + imm(ip), 8);
        if (at == 0) return faultExit();
        setX(ip, load<u64>(at));
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_LD_V: {
        const at = readAnywhere(x1(ip) + imm(ip), 8);
        if (at == 0) return faultExit();
        setX(ip, load<u64>(at));
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_C_LD: {
        const at = readAnywhere(x1(ip) + imm(ip), 8);
        if (at == 0) return faultExit();
        setX(ip, load<u64>(at));
        nextPc = pc + 2;
        return DONE_ACCESS;
      }
      case op.OP_C_LD_V: {
        const at = readAnywhere(x1(ip) + imm(ip), 8);
        if (at == 0) return faultExit();
        setX(ip, load<u64>(at));
        nextPc = pc + 2;
        return DONE_ACCESS;
      }
      case op.OP_LBU: {
        const at = readAnywhere(x1(ip) + imm(ip), 1);
        if (at == 0) return faultExit();
        setX(ip, <u64>load<u8>(at));
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_LBU_V: {
        const at = readAnywhere(x1(ip) + imm(ip), 1);
        if (at == 0) return faultExit();
        setX(ip, <u64>load<u8>(at));
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_LHU: {
        const at = readAnywhere(x1(ip) + imm(ip), 2);
        if (at == 0) return faultExit();
        setX(ip, <u64>load<u16>(at));
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_LHU_V: {
        const at = readAnywhere(x1(ip) + imm(ip), 2);
        if (at == 0) return faultExit();
        setX(ip, <u64>load<u16>(at));
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_LWU: {
        const at = readAnywhere(x1(ip) + imm(ip), 4);
        if (at == 0) return faultExit();
        setX(ip, <u64>load<u32>(at));
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_LWU_V: {
        const at = readAnywhere(x1(ip) + imm(ip), 4);
        if (at == 0) return faultExit();
        setX(ip, <u64>load<u32>(at));
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_SB: {
        if (!slowStore(x1(ip) + imm(ip), 1, xd(ip))) return faultExit();
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_SH: {
        if (!slowStore(x1(ip) + imm(ip), 2, xd(ip))) return faultExit();
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_SW: {
        if (!slowStore(x1(ip) + imm(ip), 4, xd(ip))) return faultExit();
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_C_SW: {
        if (!slowStore(x1(ip) + imm(ip), 4, xd(ip))) return faultExit();
        nextPc = pc + 2;
        return DONE_ACCESS;
      }
      case op.OP_SD: {
        if (!slowStore(x1(ip) + imm(ip), 8, xd(ip))) return faultExit();
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_C_SD: {
        if (!slowStore(x1(ip) + imm(ip), 8, xd(ip))) return faultExit();
        nextPc = pc + 2;
        return DONE_ACCESS;
      }
      case op.OP_CSRRW: {
        const outcome = csrAccess(ip, executed);
        if (outcome != DONE) return outcome;
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_CSRRS: {
        const outcome = csrAccess(ip, executed);
        if (outcome != DONE) return outcome;
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_CSRRC: {
        const outcome = csrAccess(ip, executed);
        if (outcome != DONE) return outcome;
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_CSRRWI: {
        const outcome = csrAccess(ip, executed);
        if (outcome != DONE) return outcome;
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_CSRRSI: {
        const outcome = csrAccess(ip, executed);
        if (outcome != DONE) return outcome;
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_CSRRCI: {
        const outcome = csrAccess(ip, executed);
        if (outcome != DONE) return outcome;
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_MULH: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, mulh(a, b));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_MULHSU: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, mulhsu(a, b));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_MULHU: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, mulhu(a, b));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_DIV: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, div(a, b));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_DIVU: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, divu(a, b));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_REM: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, rem(a, b));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_REMU: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, remu(a, b));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_DIVW: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, divw(<i32>a, <i32>b));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_DIVUW: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, divuw(<u32>a, <u32>b));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_REMW: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, remw(<i32>a, <i32>b));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_REMUW: {
        const a = x1(ip);
        const b = x2(ip);
        setX(ip, remuw(<u32>a, <u32>b));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_ORC_B: {
        const a = x1(ip);
        setX(ip, orcb(a));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_LR_W: {
        if (!loadReserved(ip, 4)) return faultExit();
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_LR_D: {
        if (!loadReserved(ip, 8)) return faultExit();
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_SC_W: {
        if (!storeConditional(ip, 4)) return faultExit();
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_SC_D: {
        if (!storeConditional(ip, 8)) return faultExit();
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_AMOADD_W: {
        const at = atomic(x1(ip), 4);
        if (at == 0) return faultExit();
        const m = load<u32>(at);
        const b = x2(ip);
        store<u32>(at, m + <u32>b);
        setX(ip, word(m));
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_AMOADD_D: {
        const at = atomic(x1(ip), 8);
        if (at == 0) return faultExit();
        const m = load<u64>(at);
        const b = x2(ip);
        store<u64>(at, m + b);
        setX(ip, m);
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_AMOSWAP_W: {
        const at = atomic(x1(ip), 4);
        if (at == 0) return faultExit();
        const m = load<u32>(at);
        const b = x2(ip);
        store<u32>(at, <u32>b);
        setX(ip, word(m));
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_AMOSWAP_D: {
        const at = atomic(x1(ip), 8);
        if (at == 0) return faultExit();
        const m = load<u64>(at);
        const b = x2(ip);
        store<u64>(at, b);
        setX(ip, m);
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_AMOXOR_W: {
        const at = atomic(x1(ip), 4);
        if (at == 0) return faultExit();
        const m = load<u32>(at);
        const b = x2(ip);
        store<u32>(at, m ^ <u32>b);
        setX(ip, word(m));
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_AMOXOR_D: {
        const at = atomic(x1(ip), 8);
        if (at == 0) return faultExit();
        const m = load<u64>(at);
        const b = x2(ip);
        store<u64>(at, m ^ b);
        setX(ip, m);
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_AMOOR_W: {
        const at = atomic(x1(ip), 4);
        if (at == 0) return faultExit();
        const m = load<u32>(at);
        const b = x2(ip);
        store<u32>(at, m | <u32>b);
        setX(ip, word(m));
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_AMOOR_D: {
        const at = atomic(x1(ip), 8);
        if (at == 0) return faultExit();
        const m = load<u64>(at);
        const b = x2(ip);
        store<u64>(at, m | b);
        setX(ip, m);
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_AMOAND_W: {
        const at = atomic(x1(ip), 4);
        if (at == 0) return faultExit();
        const m = load<u32>(at);
        const b = x2(ip);
        store<u32>(at, m & <u32>b);
        setX(ip, word(m));
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_AMOAND_D: {
        const at = atomic(x1(ip), 8);
        if (at == 0) return faultExit();
        const m = load<u64>(at);
        const b = x2(ip);
        store<u64>(at, m & b);
        setX(ip, m);
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_AMOMIN_W: {
        const at = atomic(x1(ip), 4);
        if (at == 0) return faultExit();
        const m = load<u32>(at);
        const b = x2(ip);
        store<u32>(at, <u32>min<i32>(<i32>m, <i32>b));
        setX(ip, word(m));
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_AMOMIN_D: {
        const at = atomic(x1(ip), 8);
        if (at == 0) return faultExit();
        const m = load<u64>(at);
        const b = x2(ip);
        store<u64>(at, <u64>min<i64>(<i64>m, <i64>b));
        setX(ip, m);
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_AMOMAX_W: {
        const at = atomic(x1(ip), 4);
        if (at == 0) return faultExit();
        const m = load<u32>(at);
        const b = x2(ip);
        store<u32>(at, <u32>max<i32>(<i32>m, <i32>b));
        setX(ip, word(m));
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_AMOMAX_D: {
        const at = atomic(x1(ip), 8);
        if (at == 0) return faultExit();
        const m = load<u64>(at);
        const b = x2(ip);
        store<u64>(at, <u64>max<i64>(<i64>m, <i64>b));
        setX(ip, m);
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_AMOMINU_W: {
        const at = atomic(x1(ip), 4);
        if (at == 0) return faultExit();
        const m = load<u32>(at);
        const b = x2(ip);
        store<u32>(at, min<u32>(m, <u32>b));
        setX(ip, word(m));
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_AMOMINU_D: {
        const at = atomic(x1(ip), 8);
        if (at == 0) return faultExit();
        const m = load<u64>(at);
        const b = x2(ip);
        store<u64>(at, min<u64>(m, b));
        setX(ip, m);
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_AMOMAXU_W: {
        const at = atomic(x1(ip), 4);
        if (at == 0) return faultExit();
        const m = load<u32>(at);
        const b = x2(ip);
        store<u32>(at, max<u32>(m, <u32>b));
        setX(ip, word(m));
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_AMOMAXU_D: {
        const at = atomic(x1(ip), 8);
        if (at == 0) return faultExit();
        const m = load<u64>(at);
        const b = x2(ip);
        store<u64>(at, max<u64>(m, b));
        setX(ip, m);
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_FLW: {
        const at = readAnywhere(x1(ip) + imm(ip), 4);
        if (at == 0) return faultExit();
        setF(ip, box(load<u32>(at)));
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_FSW: {
        if (!slowStore(x1(ip) + imm(ip), 4, fd(ip))) return faultExit();
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_FMADD_S: {
        const sa = s1(ip);
        const sb = s2(ip);
        const sc = s3(ip);
        const rm = roundingMode(ip);
        if (rm > 4) return EXIT_ILLEGAL;
        setS(ip, float.fmadd_s(sa, sb, sc, rm));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FMSUB_S: {
        const sa = s1(ip);
        const sb = s2(ip);
        const sc = s3(ip);
        const rm = roundingMode(ip);
        if (rm > 4) return EXIT_ILLEGAL;
        setS(ip, float.fmsub_s(sa, sb, sc, rm));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FNMSUB_S: {
        const sa = s1(ip);
        const sb = s2(ip);
        const sc = s3(ip);
        const rm = roundingMode(ip);
        if (rm > 4) return EXIT_ILLEGAL;
        setS(ip, float.fnmsub_s(sa, sb, sc, rm));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FNMADD_S: {
        const sa = s1(ip);
        const sb = s2(ip);
        const sc = s3(ip);
        const rm = roundingMode(ip);
        if (rm > 4) return EXIT_ILLEGAL;
        setS(ip, float.fnmadd_s(sa, sb, sc, rm));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FADD_S: {
        const sa = s1(ip);
        const sb = s2(ip);
        const rm = roundingMode(ip);
        if (rm > 4) return EXIT_ILLEGAL;
        setS(ip, float.fadd_s(sa, sb, rm));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FSUB_S: {
        const sa = s1(ip);
        const sb = s2(ip);
        const rm = roundingMode(ip);
        if (rm > 4) return EXIT_ILLEGAL;
        setS(ip, float.fsub_s(sa, sb, rm));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FMUL_S: {
        const sa = s1(ip);
        const sb = s2(ip);
        const rm = roundingMode(ip);
        if (rm > 4) return EXIT_ILLEGAL;
        setS(ip, float.fmul_s(sa, sb, rm));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FDIV_S: {
        const sa = s1(ip);
        const sb = s2(ip);
        const rm = roundingMode(ip);
        if (rm > 4) return EXIT_ILLEGAL;
        setS(ip, float.fdiv_s(sa, sb, rm));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FSQRT_S: {
        const sa = s1(ip);
        const rm = roundingMode(ip);
        if (rm > 4) return EXIT_ILLEGAL;
        setS(ip, float.fsqrt_s(sa, rm));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FSGNJ_S: {
        const sa = s1(ip);
        const sb = s2(ip);
        setS(ip, (sa & 0x7fffffff) | (sb & 0x80000000));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FSGNJN_S: {
        const sa = s1(ip);
        const sb = s2(ip);
        setS(ip, (sa & 0x7fffffff) | (~sb & 0x80000000));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FSGNJX_S: {
        const sa = s1(ip);
        const sb = s2(ip);
        setS(ip, sa ^ (sb & 0x80000000));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FMIN_S: {
        const sa = s1(ip);
        const sb = s2(ip);
        setS(ip, float.fmin_s(sa, sb));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FMAX_S: {
        const sa = s1(ip);
        const sb = s2(ip);
        setS(ip, float.fmax_s(sa, sb));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FLE_S: {
        const sa = s1(ip);
        const sb = s2(ip);
        setX(ip, <u64>float.fle_s(sa, sb));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FLT_S: {
        const sa = s1(ip);
        const sb = s2(ip);
        setX(ip, <u64>float.flt_s(sa, sb));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FEQ_S: {
        const sa = s1(ip);
        const sb = s2(ip);
        setX(ip, <u64>float.feq_s(sa, sb));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FCLASS_S: {
        const sa = s1(ip);
        setX(ip, <u64>float.fclass_s(sa));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FCVT_W_S: {
        const sa = s1(ip);
        const rm = roundingMode(ip);
        if (rm > 4) return EXIT_ILLEGAL;
        setX(ip, <u64>float.fcvt_w_s(sa, rm));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FCVT_WU_S: {
        const sa = s1(ip);
        const rm = roundingMode(ip);
        if (rm > 4) return EXIT_ILLEGAL;
        setX(ip, <u64>float.fcvt_wu_s(sa, rm));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FCVT_L_S: {
        const sa = s1(ip);
        const rm = roundingMode(ip);
        if (rm > 4) return EXIT_ILLEGAL;
        setX(ip, <u64>float.fcvt_l_s(sa, rm));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FCVT_LU_S: {
        const sa = s1(ip);
        const rm = roundingMode(ip);
        if (rm > 4) return EXIT_ILLEGAL;
        setX(ip, <u64>float.fcvt_lu_s(sa, rm));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FCVT_S_W: {
        const a = x1(ip);
        const rm = roundingMode(ip);
        if (rm > 4) return EXIT_ILLEGAL;
        setS(ip, float.fcvt_s_w(<i64>a, rm));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FCVT_S_WU: {
        const a = x1(ip);
        const rm = roundingMode(ip);
        if (rm > 4) return EXIT_ILLEGAL;
        setS(ip, float.fcvt_s_wu(<i64>a, rm));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FCVT_S_L: {
        const a = x1(ip);
        const rm = roundingMode(ip);
        if (rm > 4) return EXIT_ILLEGAL;
        setS(ip, float.fcvt_s_l(<i64>a, rm));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FCVT_S_LU: {
        const a = x1(ip);
        const rm = roundingMode(ip);
        if (rm > 4) return EXIT_ILLEGAL;
        setS(ip, float.fcvt_s_lu(<i64>a, rm));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FLD: {
        const at = readAnywhere(x1(ip) + imm(ip), 8);
        if (at == 0) return faultExit();
        setF(ip, load<u64>(at));
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_C_FLD: {
        const at = readAnywhere(x1(ip) + imm(ip), 8);
        if (at == 0) return faultExit();
        setF(ip, load<u64>(at));
        nextPc = pc + 2;
        return DONE_ACCESS;
      }
      case op.OP_FSD: {
        if (!slowStore(x1(ip) + imm(ip), 8, fd(ip))) return faultExit();
        nextPc = pc + 4;
        return DONE_ACCESS;
      }
      case op.OP_C_FSD: {
        if (!slowStore(x1(ip) + imm(ip), 8, fd(ip))) return faultExit();
        nextPc = pc + 2;
        return DONE_ACCESS;
      }
      case op.OP_FMADD_D: {
        const fa = f1(ip);
        const fb = f2(ip);
        const fc = f3(ip);
        const rm = roundingMode(ip);
        if (rm > 4) return EXIT_ILLEGAL;
        setF(ip, float.fmadd_d(fa, fb, fc, rm));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FMSUB_D: {
        const fa = f1(ip);
        const fb = f2(ip);
        const fc = f3(ip);
        const rm = roundingMode(ip);
        if (rm > 4) return EXIT_ILLEGAL;
        setF(ip, float.fmsub_d(fa, fb, fc, rm));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FNMSUB_D: {
        const fa = f1(ip);
        const fb = f2(ip);
        const fc = f3(ip);
        const rm = roundingMode(ip);
        if (rm > 4) return EXIT_ILLEGAL;
        setF(ip, float.fnmsub_d(fa, fb, fc, rm));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FNMADD_D: {
        const fa = f1(ip);
        const fb = f2(ip);
        const fc = f3(ip);
        const rm = roundingMode(ip);
        if (rm > 4) return EXIT_ILLEGAL;
        setF(ip, float.fnmadd_d(fa, fb, fc, rm));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FADD_D: {
        const fa = f1(ip);
        const fb = f2(ip);
        const rm = roundingMode(ip);
        if (rm > 4) return EXIT_ILLEGAL;
        setF(ip, float.fadd_d(fa, fb, rm));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FSUB_D: {
        const fa = f1(ip);
        const fb = f2(ip);
        const rm = roundingMode(ip);
        if (rm > 4) return EXIT_ILLEGAL;
        setF(ip, float.fsub_d(fa, fb, rm));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FMUL_D: {
        const fa = f1(ip);
        const fb = f2(ip);
        const rm = roundingMode(ip);
        if (rm > 4) return EXIT_ILLEGAL;
        setF(ip, float.fmul_d(fa, fb, rm));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FDIV_D: {
        const fa = f1(ip);
        const fb = f2(ip);
        const rm = roundingMode(ip);
        if (rm > 4) return EXIT_ILLEGAL;
        setF(ip, float.fdiv_d(fa, fb, rm));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FSQRT_D: {
        const fa = f1(ip);
        const rm = roundingMode(ip);
        if (rm > 4) return EXIT_ILLEGAL;
        setF(ip, float.fsqrt_d(fa, rm));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FMIN_D: {
        const fa = f1(ip);
        const fb = f2(ip);
        setF(ip, float.fmin_d(fa, fb));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FMAX_D: {
        const fa = f1(ip);
        const fb = f2(ip);
        setF(ip, float.fmax_d(fa, fb));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FLE_D: {
        const fa = f1(ip);
        const fb = f2(ip);
        setX(ip, <u64>float.fle_d(fa, fb));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FLT_D: {
        const fa = f1(ip);
        const fb = f2(ip);
        setX(ip, <u64>float.flt_d(fa, fb));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FEQ_D: {
        const fa = f1(ip);
        const fb = f2(ip);
        setX(ip, <u64>float.feq_d(fa, fb));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FCLASS_D: {
        const fa = f1(ip);
        setX(ip, <u64>float.fclass_d(fa));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FCVT_W_D: {
        const fa = f1(ip);
        const rm = roundingMode(ip);
        if (rm > 4) return EXIT_ILLEGAL;
        setX(ip, <u64>float.fcvt_w_d(fa, rm));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FCVT_WU_D: {
        const fa = f1(ip);
        const rm = roundingMode(ip);
        if (rm > 4) return EXIT_ILLEGAL;
        setX(ip, <u64>float.fcvt_wu_d(fa, rm));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FCVT_L_D: {
        const fa = f1(ip);
        const rm = roundingMode(ip);
        if (rm > 4) return EXIT_ILLEGAL;
        setX(ip, <u64>float.fcvt_l_d(fa, rm));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FCVT_LU_D: {
        const fa = f1(ip);
        const rm = roundingMode(ip);
        if (rm > 4) return EXIT_ILLEGAL;
        setX(ip, <u64>float.fcvt_lu_d(fa, rm));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FCVT_D_W: {
        const a = x1(ip);
        const rm = roundingMode(ip);
        if (rm > 4) return EXIT_ILLEGAL;
        setF(ip, float.fcvt_d_w(<i64>a, rm));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FCVT_D_WU: {
        const a = x1(ip);
        const rm = roundingMode(ip);
        if (rm > 4) return EXIT_ILLEGAL;
        setF(ip, float.fcvt_d_wu(<i64>a, rm));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FCVT_D_L: {
        const a = x1(ip);
        const rm = roundingMode(ip);
        if (rm > 4) return EXIT_ILLEGAL;
        setF(ip, float.fcvt_d_l(<i64>a, rm));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FCVT_D_LU: {
        const a = x1(ip);
        const rm = roundingMode(ip);
        if (rm > 4) return EXIT_ILLEGAL;
        setF(ip, float.fcvt_d_lu(<i64>a, rm));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FCVT_S_D: {
        const fa = f1(ip);
        const rm = roundingMode(ip);
        if (rm > 4) return EXIT_ILLEGAL;
        setS(ip, float.fcvt_s_d(fa, rm));
        nextPc = pc + 4;
        return DONE;
      }
      case op.OP_FCVT_D_S: {
        if (roundingMode(ip) > 4) return EXIT_ILLEGAL;
        const sa = s1(ip);
        setF(ip, float.fcvt_d_s(sa));
        nextPc = pc + 4;
        return DONE;
      }
      default:
        return EXIT_ILLEGAL;
  }
}
