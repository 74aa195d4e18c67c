// The decoder. Written by isa/generate.ts: do not edit.
import * as op from './ops';
import { jump, pack, registers } from '../decode';

/** Major opcode 0. */
function opcode0(w: u32, slot: u32): u64 {
  if ((w & 0x707f) == 0x3) { if (((w >> 7) & 31) == 0) return pack(op.OP_LB_V, 0, ((w >> 15) & 31), ((<i32>(((((w >> 20) & 4095) << 0)) << 20)) >> 20)); return pack(op.OP_LB, ((w >> 7) & 31), ((w >> 15) & 31), ((<i32>(((((w >> 20) & 4095) << 0)) << 20)) >> 20)); } // lb
  if ((w & 0x707f) == 0x1003) { if (((w >> 7) & 31) == 0) return pack(op.OP_LH_V, 0, ((w >> 15) & 31), ((<i32>(((((w >> 20) & 4095) << 0)) << 20)) >> 20)); return pack(op.OP_LH, ((w >> 7) & 31), ((w >> 15) & 31), ((<i32>(((((w >> 20) & 4095) << 0)) << 20)) >> 20)); } // lh
  if ((w & 0x707f) == 0x2003) { if (((w >> 7) & 31) == 0) return pack(op.OP_LW_V, 0, ((w >> 15) & 31), ((<i32>(((((w >> 20) & 4095) << 0)) << 20)) >> 20)); return pack(op.OP_LW, ((w >> 7) & 31), ((w >> 15) & 31), ((<i32>(((((w >> 20) & 4095) << 0)) << 20)) >> 20)); } // lw
  if ((w & 0x707f) == 0x3003) { if (((w >> 7) & 31) == 0) return pack(op.OP_LD_V, 0, ((w >> 15) & 31), ((<i32>(((((w >> 20) & 4095) << 0)) << 20)) >> 20)); return pack(op.OP_LD, ((w >> 7) & 31), ((w >> 15) & 31), ((<i32>(((((w >> 20) & 4095) << 0)) << 20)) >> 20)); } // ld
  if ((w & 0x707f) == 0x4003) { if (((w >> 7) & 31) == 0) return pack(op.OP_LBU_V, 0, ((w >> 15) & 31), ((<i32>(((((w >> 20) & 4095) << 0)) << 20)) >> 20)); return pack(op.OP_LBU, ((w >> 7) & 31), ((w >> 15) & 31), ((<i32>(((((w >> 20) & 4095) << 0)) << 20)) >> 20)); } // lbu
  if ((w & 0x707f) == 0x5003) { if (((w >> 7) & 31) == 0) return pack(op.OP_LHU_V, 0, ((w >> 15) & 31), ((<i32>(((((w >> 20) & 4095) << 0)) << 20)) >> 20)); return pack(op.OP_LHU, ((w >> 7) & 31), ((w >> 15) & 31), ((<i32>(((((w >> 20) & 4095) << 0)) << 20)) >> 20)); } // lhu
  if ((w & 0x707f) == 0x6003) { if (((w >> 7) & 31) == 0) return pack(op.OP_LWU_V, 0, ((w >> 15) & 31), ((<i32>(((((w >> 20) & 4095) << 0)) << 20)) >> 20)); return pack(op.OP_LWU, ((w >> 7) & 31), ((w >> 15) & 31), ((<i32>(((((w >> 20) & 4095) << 0)) << 20)) >> 20)); } // lwu
  return op.OP_ILLEGAL;
}

/** Major opcode 1. */
function opcode1(w: u32, slot: u32): u64 {
  if ((w & 0x707f) == 0x2007) { return pack(op.OP_FLW, ((w >> 7) & 31), ((w >> 15) & 31), ((<i32>(((((w >> 20) & 4095) << 0)) << 20)) >> 20)); } // flw
  if ((w & 0x707f) == 0x3007) { return pack(op.OP_FLD, ((w >> 7) & 31), ((w >> 15) & 31), ((<i32>(((((w >> 20) & 4095) << 0)) << 20)) >> 20)); } // fld
  return op.OP_ILLEGAL;
}

/** Major opcode 3. */
function opcode3(w: u32, slot: u32): u64 {
  if ((w & 0xfff0707f) == 0x8330000f) { return pack(op.OP_FENCE_TSO, 0, 0, 0); } // fence.tso
  if ((w & 0x707f) == 0xf) { return pack(op.OP_FENCE, 0, 0, 0); } // fence
  if ((w & 0x707f) == 0x100f) { return pack(op.OP_FENCE_I, 0, 0, 0); } // fence.i
  return op.OP_ILLEGAL;
}

/** Major opcode 4. */
function opcode4(w: u32, slot: u32): u64 {
  if ((w & 0xfff0707f) == 0x60001013) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_CLZ, ((w >> 7) & 31), ((w >> 15) & 31), 0); } // clz
  if ((w & 0xfff0707f) == 0x60101013) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_CTZ, ((w >> 7) & 31), ((w >> 15) & 31), 0); } // ctz
  if ((w & 0xfff0707f) == 0x60201013) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_CPOP, ((w >> 7) & 31), ((w >> 15) & 31), 0); } // cpop
  if ((w & 0xfff0707f) == 0x60401013) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_SEXT_B, ((w >> 7) & 31), ((w >> 15) & 31), 0); } // sext.b
  if ((w & 0xfff0707f) == 0x60501013) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_SEXT_H, ((w >> 7) & 31), ((w >> 15) & 31), 0); } // sext.h
  if ((w & 0xfff0707f) == 0x28705013) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_ORC_B, ((w >> 7) & 31), ((w >> 15) & 31), 0); } // orc.b
  if ((w & 0xfff0707f) == 0x6b805013) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_REV8, ((w >> 7) & 31), ((w >> 15) & 31), 0); } // rev8
  if ((w & 0xfc00707f) == 0x1013) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_SLLI, ((w >> 7) & 31), ((w >> 15) & 31), <i32>((((w >> 20) & 63) << 0))); } // slli
  if ((w & 0xfc00707f) == 0x5013) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_SRLI, ((w >> 7) & 31), ((w >> 15) & 31), <i32>((((w >> 20) & 63) << 0))); } // srli
  if ((w & 0xfc00707f) == 0x40005013) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_SRAI, ((w >> 7) & 31), ((w >> 15) & 31), <i32>((((w >> 20) & 63) << 0))); } // srai
  if ((w & 0xfc00707f) == 0x60005013) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_RORI, ((w >> 7) & 31), ((w >> 15) & 31), <i32>((((w >> 20) & 63) << 0))); } // rori
  if ((w & 0xfc00707f) == 0x28001013) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_BSETI, ((w >> 7) & 31), ((w >> 15) & 31), <i32>((((w >> 20) & 63) << 0))); } // bseti
  if ((w & 0xfc00707f) == 0x48001013) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_BCLRI, ((w >> 7) & 31), ((w >> 15) & 31), <i32>((((w >> 20) & 63) << 0))); } // bclri
  if ((w & 0xfc00707f) == 0x68001013) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_BINVI, ((w >> 7) & 31), ((w >> 15) & 31), <i32>((((w >> 20) & 63) << 0))); } // binvi
  if ((w & 0xfc00707f) == 0x48005013) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_BEXTI, ((w >> 7) & 31), ((w >> 15) & 31), <i32>((((w >> 20) & 63) << 0))); } // bexti
  if ((w & 0x707f) == 0x13) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; if (((w >> 15) & 31) == 0) return pack(op.OP_LI, ((w >> 7) & 31), 0, ((<i32>(((((w >> 20) & 4095) << 0)) << 20)) >> 20)); if (((<i32>(((((w >> 20) & 4095) << 0)) << 20)) >> 20) == 0) return pack(op.OP_MV, ((w >> 7) & 31), ((w >> 15) & 31), 0); return pack(op.OP_ADDI, ((w >> 7) & 31), ((w >> 15) & 31), ((<i32>(((((w >> 20) & 4095) << 0)) << 20)) >> 20)); } // addi
  if ((w & 0x707f) == 0x2013) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_SLTI, ((w >> 7) & 31), ((w >> 15) & 31), ((<i32>(((((w >> 20) & 4095) << 0)) << 20)) >> 20)); } // slti
  if ((w & 0x707f) == 0x3013) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_SLTIU, ((w >> 7) & 31), ((w >> 15) & 31), ((<i32>(((((w >> 20) & 4095) << 0)) << 20)) >> 20)); } // sltiu
  if ((w & 0x707f) == 0x4013) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_XORI, ((w >> 7) & 31), ((w >> 15) & 31), ((<i32>(((((w >> 20) & 4095) << 0)) << 20)) >> 20)); } // xori
  if ((w & 0x707f) == 0x6013) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_ORI, ((w >> 7) & 31), ((w >> 15) & 31), ((<i32>(((((w >> 20) & 4095) << 0)) << 20)) >> 20)); } // ori
  if ((w & 0x707f) == 0x7013) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_ANDI, ((w >> 7) & 31), ((w >> 15) & 31), ((<i32>(((((w >> 20) & 4095) << 0)) << 20)) >> 20)); } // andi
  return op.OP_ILLEGAL;
}

/** Major opcode 5. */
function opcode5(w: u32, slot: u32): u64 {
  if ((w & 0x7f) == 0x17) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_AUIPC, ((w >> 7) & 31), 0, ((<i32>(((((w >> 12) & 1048575) << 0)) << 12)) >> 12) << 12); } // auipc
  return op.OP_ILLEGAL;
}

/** Major opcode 6. */
function opcode6(w: u32, slot: u32): u64 {
  if ((w & 0xfff0707f) == 0x6000101b) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_CLZW, ((w >> 7) & 31), ((w >> 15) & 31), 0); } // clzw
  if ((w & 0xfff0707f) == 0x6010101b) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_CTZW, ((w >> 7) & 31), ((w >> 15) & 31), 0); } // ctzw
  if ((w & 0xfff0707f) == 0x6020101b) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_CPOPW, ((w >> 7) & 31), ((w >> 15) & 31), 0); } // cpopw
  if ((w & 0xfe00707f) == 0x101b) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_SLLIW, ((w >> 7) & 31), ((w >> 15) & 31), <i32>((((w >> 20) & 31) << 0))); } // slliw
  if ((w & 0xfe00707f) == 0x501b) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_SRLIW, ((w >> 7) & 31), ((w >> 15) & 31), <i32>((((w >> 20) & 31) << 0))); } // srliw
  if ((w & 0xfe00707f) == 0x4000501b) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_SRAIW, ((w >> 7) & 31), ((w >> 15) & 31), <i32>((((w >> 20) & 31) << 0))); } // sraiw
  if ((w & 0xfe00707f) == 0x6000501b) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_RORIW, ((w >> 7) & 31), ((w >> 15) & 31), <i32>((((w >> 20) & 31) << 0))); } // roriw
  if ((w & 0xfc00707f) == 0x800101b) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_SLLI_UW, ((w >> 7) & 31), ((w >> 15) & 31), <i32>((((w >> 20) & 63) << 0))); } // slli.uw
  if ((w & 0x707f) == 0x1b) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_ADDIW, ((w >> 7) & 31), ((w >> 15) & 31), ((<i32>(((((w >> 20) & 4095) << 0)) << 20)) >> 20)); } // addiw
  return op.OP_ILLEGAL;
}

/** Major opcode 8. */
function opcode8(w: u32, slot: u32): u64 {
  if ((w & 0x707f) == 0x23) { return pack(op.OP_SB, ((w >> 20) & 31), ((w >> 15) & 31), ((<i32>(((((w >> 7) & 31) << 0) | (((w >> 25) & 127) << 5)) << 20)) >> 20)); } // sb
  if ((w & 0x707f) == 0x1023) { return pack(op.OP_SH, ((w >> 20) & 31), ((w >> 15) & 31), ((<i32>(((((w >> 7) & 31) << 0) | (((w >> 25) & 127) << 5)) << 20)) >> 20)); } // sh
  if ((w & 0x707f) == 0x2023) { return pack(op.OP_SW, ((w >> 20) & 31), ((w >> 15) & 31), ((<i32>(((((w >> 7) & 31) << 0) | (((w >> 25) & 127) << 5)) << 20)) >> 20)); } // sw
  if ((w & 0x707f) == 0x3023) { return pack(op.OP_SD, ((w >> 20) & 31), ((w >> 15) & 31), ((<i32>(((((w >> 7) & 31) << 0) | (((w >> 25) & 127) << 5)) << 20)) >> 20)); } // sd
  return op.OP_ILLEGAL;
}

/** Major opcode 9. */
function opcode9(w: u32, slot: u32): u64 {
  if ((w & 0x707f) == 0x2027) { return pack(op.OP_FSW, ((w >> 20) & 31), ((w >> 15) & 31), ((<i32>(((((w >> 7) & 31) << 0) | (((w >> 25) & 127) << 5)) << 20)) >> 20)); } // fsw
  if ((w & 0x707f) == 0x3027) { return pack(op.OP_FSD, ((w >> 20) & 31), ((w >> 15) & 31), ((<i32>(((((w >> 7) & 31) << 0) | (((w >> 25) & 127) << 5)) << 20)) >> 20)); } // fsd
  return op.OP_ILLEGAL;
}

/** Major opcode 11. */
function opcode11(w: u32, slot: u32): u64 {
  if ((w & 0xf9f0707f) == 0x1000202f) { return pack(op.OP_LR_W, ((w >> 7) & 31), ((w >> 15) & 31), 0); } // lr.w
  if ((w & 0xf9f0707f) == 0x1000302f) { return pack(op.OP_LR_D, ((w >> 7) & 31), ((w >> 15) & 31), 0); } // lr.d
  if ((w & 0xf800707f) == 0x1800202f) { return pack(op.OP_SC_W, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // sc.w
  if ((w & 0xf800707f) == 0x1800302f) { return pack(op.OP_SC_D, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // sc.d
  if ((w & 0xf800707f) == 0x202f) { return pack(op.OP_AMOADD_W, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // amoadd.w
  if ((w & 0xf800707f) == 0x302f) { return pack(op.OP_AMOADD_D, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // amoadd.d
  if ((w & 0xf800707f) == 0x800202f) { return pack(op.OP_AMOSWAP_W, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // amoswap.w
  if ((w & 0xf800707f) == 0x800302f) { return pack(op.OP_AMOSWAP_D, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // amoswap.d
  if ((w & 0xf800707f) == 0x2000202f) { return pack(op.OP_AMOXOR_W, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // amoxor.w
  if ((w & 0xf800707f) == 0x2000302f) { return pack(op.OP_AMOXOR_D, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // amoxor.d
  if ((w & 0xf800707f) == 0x4000202f) { return pack(op.OP_AMOOR_W, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // amoor.w
  if ((w & 0xf800707f) == 0x4000302f) { return pack(op.OP_AMOOR_D, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // amoor.d
  if ((w & 0xf800707f) == 0x6000202f) { return pack(op.OP_AMOAND_W, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // amoand.w
  if ((w & 0xf800707f) == 0x6000302f) { return pack(op.OP_AMOAND_D, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // amoand.d
  if ((w & 0xf800707f) == 0x8000202f) { return pack(op.OP_AMOMIN_W, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // amomin.w
  if ((w & 0xf800707f) == 0x8000302f) { return pack(op.OP_AMOMIN_D, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // amomin.d
  if ((w & 0xf800707f) == 0xa000202f) { return pack(op.OP_AMOMAX_W, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // amomax.w
  if ((w & 0xf800707f) == 0xa000302f) { return pack(op.OP_AMOMAX_D, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // amomax.d
  if ((w & 0xf800707f) == 0xc000202f) { return pack(op.OP_AMOMINU_W, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // amominu.w
  if ((w & 0xf800707f) == 0xc000302f) { return pack(op.OP_AMOMINU_D, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // amominu.d
  if ((w & 0xf800707f) == 0xe000202f) { return pack(op.OP_AMOMAXU_W, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // amomaxu.w
  if ((w & 0xf800707f) == 0xe000302f) { return pack(op.OP_AMOMAXU_D, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // amomaxu.d
  return op.OP_ILLEGAL;
}

/** Major opcode 12. */
function opcode12(w: u32, slot: u32): u64 {
  if ((w & 0xfe00707f) == 0x33) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_ADD, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // add
  if ((w & 0xfe00707f) == 0x40000033) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_SUB, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // sub
  if ((w & 0xfe00707f) == 0x1033) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_SLL, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // sll
  if ((w & 0xfe00707f) == 0x2033) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_SLT, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // slt
  if ((w & 0xfe00707f) == 0x3033) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_SLTU, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // sltu
  if ((w & 0xfe00707f) == 0x4033) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_XOR, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // xor
  if ((w & 0xfe00707f) == 0x5033) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_SRL, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // srl
  if ((w & 0xfe00707f) == 0x40005033) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_SRA, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // sra
  if ((w & 0xfe00707f) == 0x6033) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_OR, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // or
  if ((w & 0xfe00707f) == 0x7033) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_AND, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // and
  if ((w & 0xfe00707f) == 0x2000033) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_MUL, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // mul
  if ((w & 0xfe00707f) == 0x2001033) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_MULH, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // mulh
  if ((w & 0xfe00707f) == 0x2002033) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_MULHSU, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // mulhsu
  if ((w & 0xfe00707f) == 0x2003033) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_MULHU, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // mulhu
  if ((w & 0xfe00707f) == 0x2004033) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_DIV, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // div
  if ((w & 0xfe00707f) == 0x2005033) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_DIVU, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // divu
  if ((w & 0xfe00707f) == 0x2006033) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_REM, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // rem
  if ((w & 0xfe00707f) == 0x2007033) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_REMU, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // remu
  if ((w & 0xfe00707f) == 0x20002033) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_SH1ADD, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // sh1add
  if ((w & 0xfe00707f) == 0x20004033) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_SH2ADD, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // sh2add
  if ((w & 0xfe00707f) == 0x20006033) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_SH3ADD, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // sh3add
  if ((w & 0xfe00707f) == 0x40007033) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_ANDN, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // andn
  if ((w & 0xfe00707f) == 0x40006033) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_ORN, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // orn
  if ((w & 0xfe00707f) == 0x40004033) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_XNOR, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // xnor
  if ((w & 0xfe00707f) == 0xa004033) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_MIN, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // min
  if ((w & 0xfe00707f) == 0xa005033) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_MINU, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // minu
  if ((w & 0xfe00707f) == 0xa006033) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_MAX, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // max
  if ((w & 0xfe00707f) == 0xa007033) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_MAXU, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // maxu
  if ((w & 0xfe00707f) == 0x60001033) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_ROL, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // rol
  if ((w & 0xfe00707f) == 0x60005033) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_ROR, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // ror
  if ((w & 0xfe00707f) == 0x28001033) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_BSET, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // bset
  if ((w & 0xfe00707f) == 0x48001033) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_BCLR, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // bclr
  if ((w & 0xfe00707f) == 0x68001033) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_BINV, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // binv
  if ((w & 0xfe00707f) == 0x48005033) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_BEXT, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // bext
  if ((w & 0xfe00707f) == 0xe005033) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_CZERO_EQZ, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // czero.eqz
  if ((w & 0xfe00707f) == 0xe007033) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_CZERO_NEZ, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // czero.nez
  return op.OP_ILLEGAL;
}

/** Major opcode 13. */
function opcode13(w: u32, slot: u32): u64 {
  if ((w & 0x7f) == 0x37) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_LUI, ((w >> 7) & 31), 0, ((<i32>(((((w >> 12) & 1048575) << 0)) << 12)) >> 12) << 12); } // lui
  return op.OP_ILLEGAL;
}

/** Major opcode 14. */
function opcode14(w: u32, slot: u32): u64 {
  if ((w & 0xfff0707f) == 0x800403b) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_ZEXT_H, ((w >> 7) & 31), ((w >> 15) & 31), 0); } // zext.h
  if ((w & 0xfe00707f) == 0x3b) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_ADDW, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // addw
  if ((w & 0xfe00707f) == 0x4000003b) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_SUBW, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // subw
  if ((w & 0xfe00707f) == 0x103b) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_SLLW, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // sllw
  if ((w & 0xfe00707f) == 0x503b) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_SRLW, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // srlw
  if ((w & 0xfe00707f) == 0x4000503b) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_SRAW, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // sraw
  if ((w & 0xfe00707f) == 0x200003b) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_MULW, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // mulw
  if ((w & 0xfe00707f) == 0x200403b) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_DIVW, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // divw
  if ((w & 0xfe00707f) == 0x200503b) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_DIVUW, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // divuw
  if ((w & 0xfe00707f) == 0x200603b) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_REMW, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // remw
  if ((w & 0xfe00707f) == 0x200703b) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_REMUW, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // remuw
  if ((w & 0xfe00707f) == 0x800003b) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_ADD_UW, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // add.uw
  if ((w & 0xfe00707f) == 0x2000203b) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_SH1ADD_UW, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // sh1add.uw
  if ((w & 0xfe00707f) == 0x2000403b) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_SH2ADD_UW, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // sh2add.uw
  if ((w & 0xfe00707f) == 0x2000603b) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_SH3ADD_UW, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // sh3add.uw
  if ((w & 0xfe00707f) == 0x6000103b) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_ROLW, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // rolw
  if ((w & 0xfe00707f) == 0x6000503b) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_RORW, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // rorw
  return op.OP_ILLEGAL;
}

/** Major opcode 16. */
function opcode16(w: u32, slot: u32): u64 {
  if ((w & 0x600007f) == 0x43) { if (((w >> 12) & 7) == 5 || ((w >> 12) & 7) == 6) return op.OP_ILLEGAL; return pack(op.OP_FMADD_S, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), ((w >> 27) & 31), ((w >> 12) & 7))); } // fmadd.s
  if ((w & 0x600007f) == 0x2000043) { if (((w >> 12) & 7) == 5 || ((w >> 12) & 7) == 6) return op.OP_ILLEGAL; return pack(op.OP_FMADD_D, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), ((w >> 27) & 31), ((w >> 12) & 7))); } // fmadd.d
  return op.OP_ILLEGAL;
}

/** Major opcode 17. */
function opcode17(w: u32, slot: u32): u64 {
  if ((w & 0x600007f) == 0x47) { if (((w >> 12) & 7) == 5 || ((w >> 12) & 7) == 6) return op.OP_ILLEGAL; return pack(op.OP_FMSUB_S, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), ((w >> 27) & 31), ((w >> 12) & 7))); } // fmsub.s
  if ((w & 0x600007f) == 0x2000047) { if (((w >> 12) & 7) == 5 || ((w >> 12) & 7) == 6) return op.OP_ILLEGAL; return pack(op.OP_FMSUB_D, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), ((w >> 27) & 31), ((w >> 12) & 7))); } // fmsub.d
  return op.OP_ILLEGAL;
}

/** Major opcode 18. */
function opcode18(w: u32, slot: u32): u64 {
  if ((w & 0x600007f) == 0x4b) { if (((w >> 12) & 7) == 5 || ((w >> 12) & 7) == 6) return op.OP_ILLEGAL; return pack(op.OP_FNMSUB_S, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), ((w >> 27) & 31), ((w >> 12) & 7))); } // fnmsub.s
  if ((w & 0x600007f) == 0x200004b) { if (((w >> 12) & 7) == 5 || ((w >> 12) & 7) == 6) return op.OP_ILLEGAL; return pack(op.OP_FNMSUB_D, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), ((w >> 27) & 31), ((w >> 12) & 7))); } // fnmsub.d
  return op.OP_ILLEGAL;
}

/** Major opcode 19. */
function opcode19(w: u32, slot: u32): u64 {
  if ((w & 0x600007f) == 0x4f) { if (((w >> 12) & 7) == 5 || ((w >> 12) & 7) == 6) return op.OP_ILLEGAL; return pack(op.OP_FNMADD_S, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), ((w >> 27) & 31), ((w >> 12) & 7))); } // fnmadd.s
  if ((w & 0x600007f) == 0x200004f) { if (((w >> 12) & 7) == 5 || ((w >> 12) & 7) == 6) return op.OP_ILLEGAL; return pack(op.OP_FNMADD_D, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), ((w >> 27) & 31), ((w >> 12) & 7))); } // fnmadd.d
  return op.OP_ILLEGAL;
}

/** Major opcode 20. */
function opcode20(w: u32, slot: u32): u64 {
  if ((w & 0xfff0707f) == 0xe0001053) { return pack(op.OP_FCLASS_S, ((w >> 7) & 31), ((w >> 15) & 31), 0); } // fclass.s
  if ((w & 0xfff0707f) == 0xe0000053) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_FMV_X_W, ((w >> 7) & 31), ((w >> 15) & 31), 0); } // fmv.x.w
  if ((w & 0xfff0707f) == 0xf0000053) { return pack(op.OP_FMV_W_X, ((w >> 7) & 31), ((w >> 15) & 31), 0); } // fmv.w.x
  if ((w & 0xfff0707f) == 0xe2001053) { return pack(op.OP_FCLASS_D, ((w >> 7) & 31), ((w >> 15) & 31), 0); } // fclass.d
  if ((w & 0xfff0707f) == 0xe2000053) { if (((w >> 7) & 31) == 0) return op.OP_FENCE; return pack(op.OP_FMV_X_D, ((w >> 7) & 31), ((w >> 15) & 31), 0); } // fmv.x.d
  if ((w & 0xfff0707f) == 0xf2000053) { return pack(op.OP_FMV_D_X, ((w >> 7) & 31), ((w >> 15) & 31), 0); } // fmv.d.x
  if ((w & 0xfff0007f) == 0x58000053) { if (((w >> 12) & 7) == 5 || ((w >> 12) & 7) == 6) return op.OP_ILLEGAL; return pack(op.OP_FSQRT_S, ((w >> 7) & 31), ((w >> 15) & 31), registers(0, 0, ((w >> 12) & 7))); } // fsqrt.s
  if ((w & 0xfff0007f) == 0xc0000053) { if (((w >> 12) & 7) == 5 || ((w >> 12) & 7) == 6) return op.OP_ILLEGAL; return pack(op.OP_FCVT_W_S, ((w >> 7) & 31), ((w >> 15) & 31), registers(0, 0, ((w >> 12) & 7))); } // fcvt.w.s
  if ((w & 0xfff0007f) == 0xc0100053) { if (((w >> 12) & 7) == 5 || ((w >> 12) & 7) == 6) return op.OP_ILLEGAL; return pack(op.OP_FCVT_WU_S, ((w >> 7) & 31), ((w >> 15) & 31), registers(0, 0, ((w >> 12) & 7))); } // fcvt.wu.s
  if ((w & 0xfff0007f) == 0xc0200053) { if (((w >> 12) & 7) == 5 || ((w >> 12) & 7) == 6) return op.OP_ILLEGAL; return pack(op.OP_FCVT_L_S, ((w >> 7) & 31), ((w >> 15) & 31), registers(0, 0, ((w >> 12) & 7))); } // fcvt.l.s
  if ((w & 0xfff0007f) == 0xc0300053) { if (((w >> 12) & 7) == 5 || ((w >> 12) & 7) == 6) return op.OP_ILLEGAL; return pack(op.OP_FCVT_LU_S, ((w >> 7) & 31), ((w >> 15) & 31), registers(0, 0, ((w >> 12) & 7))); } // fcvt.lu.s
  if ((w & 0xfff0007f) == 0xd0000053) { if (((w >> 12) & 7) == 5 || ((w >> 12) & 7) == 6) return op.OP_ILLEGAL; return pack(op.OP_FCVT_S_W, ((w >> 7) & 31), ((w >> 15) & 31), registers(0, 0, ((w >> 12) & 7))); } // fcvt.s.w
  if ((w & 0xfff0007f) == 0xd0100053) { if (((w >> 12) & 7) == 5 || ((w >> 12) & 7) == 6) return op.OP_ILLEGAL; return pack(op.OP_FCVT_S_WU, ((w >> 7) & 31), ((w >> 15) & 31), registers(0, 0, ((w >> 12) & 7))); } // fcvt.s.wu
  if ((w & 0xfff0007f) == 0xd0200053) { if (((w >> 12) & 7) == 5 || ((w >> 12) & 7) == 6) return op.OP_ILLEGAL; return pack(op.OP_FCVT_S_L, ((w >> 7) & 31), ((w >> 15) & 31), registers(0, 0, ((w >> 12) & 7))); } // fcvt.s.l
  if ((w & 0xfff0007f) == 0xd0300053) { if (((w >> 12) & 7) == 5 || ((w >> 12) & 7) == 6) return op.OP_ILLEGAL; return pack(op.OP_FCVT_S_LU, ((w >> 7) & 31), ((w >> 15) & 31), registers(0, 0, ((w >> 12) & 7))); } // fcvt.s.lu
  if ((w & 0xfff0007f) == 0x5a000053) { if (((w >> 12) & 7) == 5 || ((w >> 12) & 7) == 6) return op.OP_ILLEGAL; return pack(op.OP_FSQRT_D, ((w >> 7) & 31), ((w >> 15) & 31), registers(0, 0, ((w >> 12) & 7))); } // fsqrt.d
  if ((w & 0xfff0007f) == 0xc2000053) { if (((w >> 12) & 7) == 5 || ((w >> 12) & 7) == 6) return op.OP_ILLEGAL; return pack(op.OP_FCVT_W_D, ((w >> 7) & 31), ((w >> 15) & 31), registers(0, 0, ((w >> 12) & 7))); } // fcvt.w.d
  if ((w & 0xfff0007f) == 0xc2100053) { if (((w >> 12) & 7) == 5 || ((w >> 12) & 7) == 6) return op.OP_ILLEGAL; return pack(op.OP_FCVT_WU_D, ((w >> 7) & 31), ((w >> 15) & 31), registers(0, 0, ((w >> 12) & 7))); } // fcvt.wu.d
  if ((w & 0xfff0007f) == 0xc2200053) { if (((w >> 12) & 7) == 5 || ((w >> 12) & 7) == 6) return op.OP_ILLEGAL; return pack(op.OP_FCVT_L_D, ((w >> 7) & 31), ((w >> 15) & 31), registers(0, 0, ((w >> 12) & 7))); } // fcvt.l.d
  if ((w & 0xfff0007f) == 0xc2300053) { if (((w >> 12) & 7) == 5 || ((w >> 12) & 7) == 6) return op.OP_ILLEGAL; return pack(op.OP_FCVT_LU_D, ((w >> 7) & 31), ((w >> 15) & 31), registers(0, 0, ((w >> 12) & 7))); } // fcvt.lu.d
  if ((w & 0xfff0007f) == 0xd2000053) { if (((w >> 12) & 7) == 5 || ((w >> 12) & 7) == 6) return op.OP_ILLEGAL; return pack(op.OP_FCVT_D_W, ((w >> 7) & 31), ((w >> 15) & 31), registers(0, 0, ((w >> 12) & 7))); } // fcvt.d.w
  if ((w & 0xfff0007f) == 0xd2100053) { if (((w >> 12) & 7) == 5 || ((w >> 12) & 7) == 6) return op.OP_ILLEGAL; return pack(op.OP_FCVT_D_WU, ((w >> 7) & 31), ((w >> 15) & 31), registers(0, 0, ((w >> 12) & 7))); } // fcvt.d.wu
  if ((w & 0xfff0007f) == 0xd2200053) { if (((w >> 12) & 7) == 5 || ((w >> 12) & 7) == 6) return op.OP_ILLEGAL; return pack(op.OP_FCVT_D_L, ((w >> 7) & 31), ((w >> 15) & 31), registers(0, 0, ((w >> 12) & 7))); } // fcvt.d.l
  if ((w & 0xfff0007f) == 0xd2300053) { if (((w >> 12) & 7) == 5 || ((w >> 12) & 7) == 6) return op.OP_ILLEGAL; return pack(op.OP_FCVT_D_LU, ((w >> 7) & 31), ((w >> 15) & 31), registers(0, 0, ((w >> 12) & 7))); } // fcvt.d.lu
  if ((w & 0xfff0007f) == 0x40100053) { if (((w >> 12) & 7) == 5 || ((w >> 12) & 7) == 6) return op.OP_ILLEGAL; return pack(op.OP_FCVT_S_D, ((w >> 7) & 31), ((w >> 15) & 31), registers(0, 0, ((w >> 12) & 7))); } // fcvt.s.d
  if ((w & 0xfff0007f) == 0x42000053) { if (((w >> 12) & 7) == 5 || ((w >> 12) & 7) == 6) return op.OP_ILLEGAL; return pack(op.OP_FCVT_D_S, ((w >> 7) & 31), ((w >> 15) & 31), registers(0, 0, ((w >> 12) & 7))); } // fcvt.d.s
  if ((w & 0xfe00707f) == 0x20000053) { return pack(op.OP_FSGNJ_S, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // fsgnj.s
  if ((w & 0xfe00707f) == 0x20001053) { return pack(op.OP_FSGNJN_S, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // fsgnjn.s
  if ((w & 0xfe00707f) == 0x20002053) { return pack(op.OP_FSGNJX_S, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // fsgnjx.s
  if ((w & 0xfe00707f) == 0x28000053) { return pack(op.OP_FMIN_S, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // fmin.s
  if ((w & 0xfe00707f) == 0x28001053) { return pack(op.OP_FMAX_S, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // fmax.s
  if ((w & 0xfe00707f) == 0xa0000053) { return pack(op.OP_FLE_S, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // fle.s
  if ((w & 0xfe00707f) == 0xa0001053) { return pack(op.OP_FLT_S, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // flt.s
  if ((w & 0xfe00707f) == 0xa0002053) { return pack(op.OP_FEQ_S, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // feq.s
  if ((w & 0xfe00707f) == 0x22000053) { return pack(op.OP_FSGNJ_D, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // fsgnj.d
  if ((w & 0xfe00707f) == 0x22001053) { return pack(op.OP_FSGNJN_D, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // fsgnjn.d
  if ((w & 0xfe00707f) == 0x22002053) { return pack(op.OP_FSGNJX_D, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // fsgnjx.d
  if ((w & 0xfe00707f) == 0x2a000053) { return pack(op.OP_FMIN_D, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // fmin.d
  if ((w & 0xfe00707f) == 0x2a001053) { return pack(op.OP_FMAX_D, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // fmax.d
  if ((w & 0xfe00707f) == 0xa2000053) { return pack(op.OP_FLE_D, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // fle.d
  if ((w & 0xfe00707f) == 0xa2001053) { return pack(op.OP_FLT_D, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // flt.d
  if ((w & 0xfe00707f) == 0xa2002053) { return pack(op.OP_FEQ_D, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, 0)); } // feq.d
  if ((w & 0xfe00007f) == 0x53) { if (((w >> 12) & 7) == 5 || ((w >> 12) & 7) == 6) return op.OP_ILLEGAL; return pack(op.OP_FADD_S, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, ((w >> 12) & 7))); } // fadd.s
  if ((w & 0xfe00007f) == 0x8000053) { if (((w >> 12) & 7) == 5 || ((w >> 12) & 7) == 6) return op.OP_ILLEGAL; return pack(op.OP_FSUB_S, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, ((w >> 12) & 7))); } // fsub.s
  if ((w & 0xfe00007f) == 0x10000053) { if (((w >> 12) & 7) == 5 || ((w >> 12) & 7) == 6) return op.OP_ILLEGAL; return pack(op.OP_FMUL_S, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, ((w >> 12) & 7))); } // fmul.s
  if ((w & 0xfe00007f) == 0x18000053) { if (((w >> 12) & 7) == 5 || ((w >> 12) & 7) == 6) return op.OP_ILLEGAL; return pack(op.OP_FDIV_S, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, ((w >> 12) & 7))); } // fdiv.s
  if ((w & 0xfe00007f) == 0x2000053) { if (((w >> 12) & 7) == 5 || ((w >> 12) & 7) == 6) return op.OP_ILLEGAL; return pack(op.OP_FADD_D, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, ((w >> 12) & 7))); } // fadd.d
  if ((w & 0xfe00007f) == 0xa000053) { if (((w >> 12) & 7) == 5 || ((w >> 12) & 7) == 6) return op.OP_ILLEGAL; return pack(op.OP_FSUB_D, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, ((w >> 12) & 7))); } // fsub.d
  if ((w & 0xfe00007f) == 0x12000053) { if (((w >> 12) & 7) == 5 || ((w >> 12) & 7) == 6) return op.OP_ILLEGAL; return pack(op.OP_FMUL_D, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, ((w >> 12) & 7))); } // fmul.d
  if ((w & 0xfe00007f) == 0x1a000053) { if (((w >> 12) & 7) == 5 || ((w >> 12) & 7) == 6) return op.OP_ILLEGAL; return pack(op.OP_FDIV_D, ((w >> 7) & 31), ((w >> 15) & 31), registers(((w >> 20) & 31), 0, ((w >> 12) & 7))); } // fdiv.d
  return op.OP_ILLEGAL;
}

/** Major opcode 24. */
function opcode24(w: u32, slot: u32): u64 {
  if ((w & 0x707f) == 0x63) { if (((w >> 20) & 31) == 0) return jump(op.OP_BEQ_Z, op.OP_FAR_BEQ_Z, ((w >> 20) & 31), ((w >> 15) & 31), ((<i32>(((((w >> 8) & 15) << 1) | (((w >> 25) & 63) << 5) | (((w >> 7) & 1) << 11) | (((w >> 31) & 1) << 12)) << 19)) >> 19), slot); return jump(op.OP_BEQ, op.OP_FAR_BEQ, ((w >> 20) & 31), ((w >> 15) & 31), ((<i32>(((((w >> 8) & 15) << 1) | (((w >> 25) & 63) << 5) | (((w >> 7) & 1) << 11) | (((w >> 31) & 1) << 12)) << 19)) >> 19), slot); } // beq
  if ((w & 0x707f) == 0x1063) { if (((w >> 20) & 31) == 0) return jump(op.OP_BNE_Z, op.OP_FAR_BNE_Z, ((w >> 20) & 31), ((w >> 15) & 31), ((<i32>(((((w >> 8) & 15) << 1) | (((w >> 25) & 63) << 5) | (((w >> 7) & 1) << 11) | (((w >> 31) & 1) << 12)) << 19)) >> 19), slot); return jump(op.OP_BNE, op.OP_FAR_BNE, ((w >> 20) & 31), ((w >> 15) & 31), ((<i32>(((((w >> 8) & 15) << 1) | (((w >> 25) & 63) << 5) | (((w >> 7) & 1) << 11) | (((w >> 31) & 1) << 12)) << 19)) >> 19), slot); } // bne
  if ((w & 0x707f) == 0x4063) { return jump(op.OP_BLT, op.OP_FAR_BLT, ((w >> 20) & 31), ((w >> 15) & 31), ((<i32>(((((w >> 8) & 15) << 1) | (((w >> 25) & 63) << 5) | (((w >> 7) & 1) << 11) | (((w >> 31) & 1) << 12)) << 19)) >> 19), slot); } // blt
  if ((w & 0x707f) == 0x5063) { return jump(op.OP_BGE, op.OP_FAR_BGE, ((w >> 20) & 31), ((w >> 15) & 31), ((<i32>(((((w >> 8) & 15) << 1) | (((w >> 25) & 63) << 5) | (((w >> 7) & 1) << 11) | (((w >> 31) & 1) << 12)) << 19)) >> 19), slot); } // bge
  if ((w & 0x707f) == 0x6063) { return jump(op.OP_BLTU, op.OP_FAR_BLTU, ((w >> 20) & 31), ((w >> 15) & 31), ((<i32>(((((w >> 8) & 15) << 1) | (((w >> 25) & 63) << 5) | (((w >> 7) & 1) << 11) | (((w >> 31) & 1) << 12)) << 19)) >> 19), slot); } // bltu
  if ((w & 0x707f) == 0x7063) { return jump(op.OP_BGEU, op.OP_FAR_BGEU, ((w >> 20) & 31), ((w >> 15) & 31), ((<i32>(((((w >> 8) & 15) << 1) | (((w >> 25) & 63) << 5) | (((w >> 7) & 1) << 11) | (((w >> 31) & 1) << 12)) << 19)) >> 19), slot); } // bgeu
  return op.OP_ILLEGAL;
}

/** Major opcode 25. */
function opcode25(w: u32, slot: u32): u64 {
  if ((w & 0x707f) == 0x67) { if (((w >> 7) & 31) == 0) return pack(op.OP_JALR_V, 0, ((w >> 15) & 31), ((<i32>(((((w >> 20) & 4095) << 0)) << 20)) >> 20)); return pack(op.OP_JALR, ((w >> 7) & 31), ((w >> 15) & 31), ((<i32>(((((w >> 20) & 4095) << 0)) << 20)) >> 20)); } // jalr
  return op.OP_ILLEGAL;
}

/** Major opcode 27. */
function opcode27(w: u32, slot: u32): u64 {
  if ((w & 0x7f) == 0x6f) { if (((w >> 7) & 31) == 0) return jump(op.OP_JAL_V, op.OP_FAR_JAL_V, ((w >> 7) & 31), 0, ((<i32>(((((w >> 21) & 1023) << 1) | (((w >> 20) & 1) << 11) | (((w >> 12) & 255) << 12) | (((w >> 31) & 1) << 20)) << 11)) >> 11), slot); return jump(op.OP_JAL, op.OP_FAR_JAL, ((w >> 7) & 31), 0, ((<i32>(((((w >> 21) & 1023) << 1) | (((w >> 20) & 1) << 11) | (((w >> 12) & 255) << 12) | (((w >> 31) & 1) << 20)) << 11)) >> 11), slot); } // jal
  return op.OP_ILLEGAL;
}

/** Major opcode 28. */
function opcode28(w: u32, slot: u32): u64 {
  if ((w & 0xffffffff) == 0x73) { return pack(op.OP_ECALL, 0, 0, 0); } // ecall
  if ((w & 0xffffffff) == 0x100073) { return pack(op.OP_EBREAK, 0, 0, 0); } // ebreak
  if ((w & 0x707f) == 0x1073) { return pack(op.OP_CSRRW, ((w >> 7) & 31), ((w >> 15) & 31), <i32>(w >> 20) | <i32>(((w >> 12) & 7) << 12)); } // csrrw
  if ((w & 0x707f) == 0x2073) { return pack(op.OP_CSRRS, ((w >> 7) & 31), ((w >> 15) & 31), <i32>(w >> 20) | <i32>(((w >> 12) & 7) << 12)); } // csrrs
  if ((w & 0x707f) == 0x3073) { return pack(op.OP_CSRRC, ((w >> 7) & 31), ((w >> 15) & 31), <i32>(w >> 20) | <i32>(((w >> 12) & 7) << 12)); } // csrrc
  if ((w & 0x707f) == 0x5073) { return pack(op.OP_CSRRWI, ((w >> 7) & 31), <u32><i32>((((w >> 15) & 31) << 0)), <i32>(w >> 20) | <i32>(((w >> 12) & 7) << 12)); } // csrrwi
  if ((w & 0x707f) == 0x6073) { return pack(op.OP_CSRRSI, ((w >> 7) & 31), <u32><i32>((((w >> 15) & 31) << 0)), <i32>(w >> 20) | <i32>(((w >> 12) & 7) << 12)); } // csrrsi
  if ((w & 0x707f) == 0x7073) { return pack(op.OP_CSRRCI, ((w >> 7) & 31), <u32><i32>((((w >> 15) & 31) << 0)), <i32>(w >> 20) | <i32>(((w >> 12) & 7) << 12)); } // csrrci
  return op.OP_ILLEGAL;
}

/** Compressed quadrant 0. */
function quadrant0(w: u32, slot: u32): u64 {
  if ((w & 0xe003) == 0x0) { if (<i32>((((w >> 11) & 3) << 4) | (((w >> 7) & 15) << 6) | (((w >> 6) & 1) << 2) | (((w >> 5) & 1) << 3)) == 0) return op.OP_ILLEGAL; if ((((w >> 2) & 7) + 8) == 0) return op.OP_C_NOP; if (2 == 0) return pack(op.OP_C_LI, (((w >> 2) & 7) + 8), 0, <i32>((((w >> 11) & 3) << 4) | (((w >> 7) & 15) << 6) | (((w >> 6) & 1) << 2) | (((w >> 5) & 1) << 3))); if (<i32>((((w >> 11) & 3) << 4) | (((w >> 7) & 15) << 6) | (((w >> 6) & 1) << 2) | (((w >> 5) & 1) << 3)) == 0) return pack(op.OP_C_MV, (((w >> 2) & 7) + 8), 2, 0); return pack(op.OP_C_ADDI, (((w >> 2) & 7) + 8), 2, <i32>((((w >> 11) & 3) << 4) | (((w >> 7) & 15) << 6) | (((w >> 6) & 1) << 2) | (((w >> 5) & 1) << 3))); } // c.addi4spn
  if ((w & 0xe003) == 0x2000) { return pack(op.OP_C_FLD, (((w >> 2) & 7) + 8), (((w >> 7) & 7) + 8), <i32>((((w >> 10) & 7) << 3) | (((w >> 5) & 3) << 6))); } // c.fld
  if ((w & 0xe003) == 0x4000) { if ((((w >> 2) & 7) + 8) == 0) return pack(op.OP_C_LW_V, 0, (((w >> 7) & 7) + 8), <i32>((((w >> 10) & 7) << 3) | (((w >> 6) & 1) << 2) | (((w >> 5) & 1) << 6))); return pack(op.OP_C_LW, (((w >> 2) & 7) + 8), (((w >> 7) & 7) + 8), <i32>((((w >> 10) & 7) << 3) | (((w >> 6) & 1) << 2) | (((w >> 5) & 1) << 6))); } // c.lw
  if ((w & 0xe003) == 0x6000) { if ((((w >> 2) & 7) + 8) == 0) return pack(op.OP_C_LD_V, 0, (((w >> 7) & 7) + 8), <i32>((((w >> 10) & 7) << 3) | (((w >> 5) & 3) << 6))); return pack(op.OP_C_LD, (((w >> 2) & 7) + 8), (((w >> 7) & 7) + 8), <i32>((((w >> 10) & 7) << 3) | (((w >> 5) & 3) << 6))); } // c.ld
  if ((w & 0xe003) == 0xa000) { return pack(op.OP_C_FSD, (((w >> 2) & 7) + 8), (((w >> 7) & 7) + 8), <i32>((((w >> 10) & 7) << 3) | (((w >> 5) & 3) << 6))); } // c.fsd
  if ((w & 0xe003) == 0xc000) { return pack(op.OP_C_SW, (((w >> 2) & 7) + 8), (((w >> 7) & 7) + 8), <i32>((((w >> 10) & 7) << 3) | (((w >> 6) & 1) << 2) | (((w >> 5) & 1) << 6))); } // c.sw
  if ((w & 0xe003) == 0xe000) { return pack(op.OP_C_SD, (((w >> 2) & 7) + 8), (((w >> 7) & 7) + 8), <i32>((((w >> 10) & 7) << 3) | (((w >> 5) & 3) << 6))); } // c.sd
  return op.OP_ILLEGAL;
}

/** Compressed quadrant 1. */
function quadrant1(w: u32, slot: u32): u64 {
  if ((w & 0xffff) == 0x1) { if (0 == 0) return op.OP_C_NOP; if (0 == 0) return pack(op.OP_C_LI, 0, 0, 0); if (0 == 0) return pack(op.OP_C_MV, 0, 0, 0); return pack(op.OP_C_ADDI, 0, 0, 0); } // c.nop
  if ((w & 0xef83) == 0x6101) { if (((<i32>(((((w >> 12) & 1) << 9) | (((w >> 6) & 1) << 4) | (((w >> 5) & 1) << 6) | (((w >> 3) & 3) << 7) | (((w >> 2) & 1) << 5)) << 22)) >> 22) == 0) return op.OP_ILLEGAL; if (2 == 0) return op.OP_C_NOP; if (2 == 0) return pack(op.OP_C_LI, 2, 0, ((<i32>(((((w >> 12) & 1) << 9) | (((w >> 6) & 1) << 4) | (((w >> 5) & 1) << 6) | (((w >> 3) & 3) << 7) | (((w >> 2) & 1) << 5)) << 22)) >> 22)); if (((<i32>(((((w >> 12) & 1) << 9) | (((w >> 6) & 1) << 4) | (((w >> 5) & 1) << 6) | (((w >> 3) & 3) << 7) | (((w >> 2) & 1) << 5)) << 22)) >> 22) == 0) return pack(op.OP_C_MV, 2, 2, 0); return pack(op.OP_C_ADDI, 2, 2, ((<i32>(((((w >> 12) & 1) << 9) | (((w >> 6) & 1) << 4) | (((w >> 5) & 1) << 6) | (((w >> 3) & 3) << 7) | (((w >> 2) & 1) << 5)) << 22)) >> 22)); } // c.addi16sp
  if ((w & 0xfc63) == 0x8c01) { if ((((w >> 7) & 7) + 8) == 0) return op.OP_C_NOP; return pack(op.OP_C_SUB, (((w >> 7) & 7) + 8), (((w >> 7) & 7) + 8), registers((((w >> 2) & 7) + 8), 0, 0)); } // c.sub
  if ((w & 0xfc63) == 0x8c21) { if ((((w >> 7) & 7) + 8) == 0) return op.OP_C_NOP; return pack(op.OP_C_XOR, (((w >> 7) & 7) + 8), (((w >> 7) & 7) + 8), registers((((w >> 2) & 7) + 8), 0, 0)); } // c.xor
  if ((w & 0xfc63) == 0x8c41) { if ((((w >> 7) & 7) + 8) == 0) return op.OP_C_NOP; return pack(op.OP_C_OR, (((w >> 7) & 7) + 8), (((w >> 7) & 7) + 8), registers((((w >> 2) & 7) + 8), 0, 0)); } // c.or
  if ((w & 0xfc63) == 0x8c61) { if ((((w >> 7) & 7) + 8) == 0) return op.OP_C_NOP; return pack(op.OP_C_AND, (((w >> 7) & 7) + 8), (((w >> 7) & 7) + 8), registers((((w >> 2) & 7) + 8), 0, 0)); } // c.and
  if ((w & 0xfc63) == 0x9c01) { if ((((w >> 7) & 7) + 8) == 0) return op.OP_C_NOP; return pack(op.OP_C_SUBW, (((w >> 7) & 7) + 8), (((w >> 7) & 7) + 8), registers((((w >> 2) & 7) + 8), 0, 0)); } // c.subw
  if ((w & 0xfc63) == 0x9c21) { if ((((w >> 7) & 7) + 8) == 0) return op.OP_C_NOP; return pack(op.OP_C_ADDW, (((w >> 7) & 7) + 8), (((w >> 7) & 7) + 8), registers((((w >> 2) & 7) + 8), 0, 0)); } // c.addw
  if ((w & 0xec03) == 0x8001) { if ((((w >> 7) & 7) + 8) == 0) return op.OP_C_NOP; return pack(op.OP_C_SRLI, (((w >> 7) & 7) + 8), (((w >> 7) & 7) + 8), <i32>((((w >> 2) & 31) << 0) | (((w >> 12) & 1) << 5))); } // c.srli
  if ((w & 0xec03) == 0x8401) { if ((((w >> 7) & 7) + 8) == 0) return op.OP_C_NOP; return pack(op.OP_C_SRAI, (((w >> 7) & 7) + 8), (((w >> 7) & 7) + 8), <i32>((((w >> 2) & 31) << 0) | (((w >> 12) & 1) << 5))); } // c.srai
  if ((w & 0xec03) == 0x8801) { if ((((w >> 7) & 7) + 8) == 0) return op.OP_C_NOP; return pack(op.OP_C_ANDI, (((w >> 7) & 7) + 8), (((w >> 7) & 7) + 8), ((<i32>(((((w >> 2) & 31) << 0) | (((w >> 12) & 1) << 5)) << 26)) >> 26)); } // c.andi
  if ((w & 0xe003) == 0x1) { if (((w >> 7) & 31) == 0) return op.OP_C_NOP; if (((w >> 7) & 31) == 0) return pack(op.OP_C_LI, ((w >> 7) & 31), 0, ((<i32>(((((w >> 2) & 31) << 0) | (((w >> 12) & 1) << 5)) << 26)) >> 26)); if (((<i32>(((((w >> 2) & 31) << 0) | (((w >> 12) & 1) << 5)) << 26)) >> 26) == 0) return pack(op.OP_C_MV, ((w >> 7) & 31), ((w >> 7) & 31), 0); return pack(op.OP_C_ADDI, ((w >> 7) & 31), ((w >> 7) & 31), ((<i32>(((((w >> 2) & 31) << 0) | (((w >> 12) & 1) << 5)) << 26)) >> 26)); } // c.addi
  if ((w & 0xe003) == 0x2001) { if (((w >> 7) & 31) == 0) return op.OP_ILLEGAL; if (((w >> 7) & 31) == 0) return op.OP_C_NOP; return pack(op.OP_C_ADDIW, ((w >> 7) & 31), ((w >> 7) & 31), ((<i32>(((((w >> 2) & 31) << 0) | (((w >> 12) & 1) << 5)) << 26)) >> 26)); } // c.addiw
  if ((w & 0xe003) == 0x4001) { if (((w >> 7) & 31) == 0) return op.OP_C_NOP; if (0 == 0) return pack(op.OP_C_LI, ((w >> 7) & 31), 0, ((<i32>(((((w >> 2) & 31) << 0) | (((w >> 12) & 1) << 5)) << 26)) >> 26)); if (((<i32>(((((w >> 2) & 31) << 0) | (((w >> 12) & 1) << 5)) << 26)) >> 26) == 0) return pack(op.OP_C_MV, ((w >> 7) & 31), 0, 0); return pack(op.OP_C_ADDI, ((w >> 7) & 31), 0, ((<i32>(((((w >> 2) & 31) << 0) | (((w >> 12) & 1) << 5)) << 26)) >> 26)); } // c.li
  if ((w & 0xe003) == 0x6001) { if (((w >> 7) & 31) == 2 || ((<i32>(((((w >> 2) & 31) << 0) | (((w >> 12) & 1) << 5)) << 26)) >> 26) << 12 == 0) return op.OP_ILLEGAL; if (((w >> 7) & 31) == 0) return op.OP_C_NOP; return pack(op.OP_C_LUI, ((w >> 7) & 31), 0, ((<i32>(((((w >> 2) & 31) << 0) | (((w >> 12) & 1) << 5)) << 26)) >> 26) << 12); } // c.lui
  if ((w & 0xe003) == 0xa001) { if (0 == 0) return jump(op.OP_C_JAL_V, op.OP_FAR_C_JAL_V, 0, 0, ((<i32>(((((w >> 12) & 1) << 11) | (((w >> 11) & 1) << 4) | (((w >> 9) & 3) << 8) | (((w >> 8) & 1) << 10) | (((w >> 7) & 1) << 6) | (((w >> 6) & 1) << 7) | (((w >> 3) & 7) << 1) | (((w >> 2) & 1) << 5)) << 20)) >> 20), slot); return jump(op.OP_C_JAL, op.OP_FAR_C_JAL, 0, 0, ((<i32>(((((w >> 12) & 1) << 11) | (((w >> 11) & 1) << 4) | (((w >> 9) & 3) << 8) | (((w >> 8) & 1) << 10) | (((w >> 7) & 1) << 6) | (((w >> 6) & 1) << 7) | (((w >> 3) & 7) << 1) | (((w >> 2) & 1) << 5)) << 20)) >> 20), slot); } // c.j
  if ((w & 0xe003) == 0xc001) { if (0 == 0) return jump(op.OP_C_BEQ_Z, op.OP_FAR_C_BEQ_Z, 0, (((w >> 7) & 7) + 8), ((<i32>(((((w >> 12) & 1) << 8) | (((w >> 10) & 3) << 3) | (((w >> 5) & 3) << 6) | (((w >> 3) & 3) << 1) | (((w >> 2) & 1) << 5)) << 23)) >> 23), slot); return jump(op.OP_C_BEQ, op.OP_FAR_C_BEQ, 0, (((w >> 7) & 7) + 8), ((<i32>(((((w >> 12) & 1) << 8) | (((w >> 10) & 3) << 3) | (((w >> 5) & 3) << 6) | (((w >> 3) & 3) << 1) | (((w >> 2) & 1) << 5)) << 23)) >> 23), slot); } // c.beqz
  if ((w & 0xe003) == 0xe001) { if (0 == 0) return jump(op.OP_C_BNE_Z, op.OP_FAR_C_BNE_Z, 0, (((w >> 7) & 7) + 8), ((<i32>(((((w >> 12) & 1) << 8) | (((w >> 10) & 3) << 3) | (((w >> 5) & 3) << 6) | (((w >> 3) & 3) << 1) | (((w >> 2) & 1) << 5)) << 23)) >> 23), slot); return jump(op.OP_C_BNE, op.OP_FAR_C_BNE, 0, (((w >> 7) & 7) + 8), ((<i32>(((((w >> 12) & 1) << 8) | (((w >> 10) & 3) << 3) | (((w >> 5) & 3) << 6) | (((w >> 3) & 3) << 1) | (((w >> 2) & 1) << 5)) << 23)) >> 23), slot); } // c.bnez
  return op.OP_ILLEGAL;
}

/** Compressed quadrant 2. */
function quadrant2(w: u32, slot: u32): u64 {
  if ((w & 0xffff) == 0x9002) { return pack(op.OP_C_EBREAK, 0, 0, 0); } // c.ebreak
  if ((w & 0xf07f) == 0x8002) { if (((w >> 7) & 31) == 0) return op.OP_ILLEGAL; if (0 == 0) return pack(op.OP_C_JALR_V, 0, ((w >> 7) & 31), 0); return pack(op.OP_C_JALR, 0, ((w >> 7) & 31), 0); } // c.jr
  if ((w & 0xf07f) == 0x9002) { if (((w >> 7) & 31) == 0) return op.OP_ILLEGAL; if (1 == 0) return pack(op.OP_C_JALR_V, 0, ((w >> 7) & 31), 0); return pack(op.OP_C_JALR, 1, ((w >> 7) & 31), 0); } // c.jalr
  if ((w & 0xf003) == 0x8002) { if (((w >> 2) & 31) == 0) return op.OP_ILLEGAL; if (((w >> 7) & 31) == 0) return op.OP_C_NOP; if (((w >> 2) & 31) == 0) return pack(op.OP_C_LI, ((w >> 7) & 31), 0, 0); if (0 == 0) return pack(op.OP_C_MV, ((w >> 7) & 31), ((w >> 2) & 31), 0); return pack(op.OP_C_ADDI, ((w >> 7) & 31), ((w >> 2) & 31), 0); } // c.mv
  if ((w & 0xf003) == 0x9002) { if (((w >> 2) & 31) == 0) return op.OP_ILLEGAL; if (((w >> 7) & 31) == 0) return op.OP_C_NOP; return pack(op.OP_C_ADD, ((w >> 7) & 31), ((w >> 7) & 31), registers(((w >> 2) & 31), 0, 0)); } // c.add
  if ((w & 0xe003) == 0x2) { if (((w >> 7) & 31) == 0) return op.OP_C_NOP; return pack(op.OP_C_SLLI, ((w >> 7) & 31), ((w >> 7) & 31), <i32>((((w >> 2) & 31) << 0) | (((w >> 12) & 1) << 5))); } // c.slli
  if ((w & 0xe003) == 0x2002) { return pack(op.OP_C_FLD, ((w >> 7) & 31), 2, <i32>((((w >> 12) & 1) << 5) | (((w >> 5) & 3) << 3) | (((w >> 2) & 7) << 6))); } // c.fldsp
  if ((w & 0xe003) == 0x4002) { if (((w >> 7) & 31) == 0) return op.OP_ILLEGAL; if (((w >> 7) & 31) == 0) return pack(op.OP_C_LW_V, 0, 2, <i32>((((w >> 12) & 1) << 5) | (((w >> 4) & 7) << 2) | (((w >> 2) & 3) << 6))); return pack(op.OP_C_LW, ((w >> 7) & 31), 2, <i32>((((w >> 12) & 1) << 5) | (((w >> 4) & 7) << 2) | (((w >> 2) & 3) << 6))); } // c.lwsp
  if ((w & 0xe003) == 0x6002) { if (((w >> 7) & 31) == 0) return op.OP_ILLEGAL; if (((w >> 7) & 31) == 0) return pack(op.OP_C_LD_V, 0, 2, <i32>((((w >> 12) & 1) << 5) | (((w >> 5) & 3) << 3) | (((w >> 2) & 7) << 6))); return pack(op.OP_C_LD, ((w >> 7) & 31), 2, <i32>((((w >> 12) & 1) << 5) | (((w >> 5) & 3) << 3) | (((w >> 2) & 7) << 6))); } // c.ldsp
  if ((w & 0xe003) == 0xa002) { return pack(op.OP_C_FSD, ((w >> 2) & 31), 2, <i32>((((w >> 10) & 7) << 3) | (((w >> 7) & 7) << 6))); } // c.fsdsp
  if ((w & 0xe003) == 0xc002) { return pack(op.OP_C_SW, ((w >> 2) & 31), 2, <i32>((((w >> 9) & 15) << 2) | (((w >> 7) & 3) << 6))); } // c.swsp
  if ((w & 0xe003) == 0xe002) { return pack(op.OP_C_SD, ((w >> 2) & 31), 2, <i32>((((w >> 10) & 7) << 3) | (((w >> 7) & 7) << 6))); } // c.sdsp
  return op.OP_ILLEGAL;
}

/** `slot`: index of the instruction in its page (0..2047), which decides whether a target lies in the page. */
export function decode32(w: u32, slot: u32): u64 {
  switch ((w >> 2) & 31) {
    case 0: return opcode0(w, slot);
    case 1: return opcode1(w, slot);
    case 3: return opcode3(w, slot);
    case 4: return opcode4(w, slot);
    case 5: return opcode5(w, slot);
    case 6: return opcode6(w, slot);
    case 8: return opcode8(w, slot);
    case 9: return opcode9(w, slot);
    case 11: return opcode11(w, slot);
    case 12: return opcode12(w, slot);
    case 13: return opcode13(w, slot);
    case 14: return opcode14(w, slot);
    case 16: return opcode16(w, slot);
    case 17: return opcode17(w, slot);
    case 18: return opcode18(w, slot);
    case 19: return opcode19(w, slot);
    case 20: return opcode20(w, slot);
    case 24: return opcode24(w, slot);
    case 25: return opcode25(w, slot);
    case 27: return opcode27(w, slot);
    case 28: return opcode28(w, slot);
    default: return op.OP_ILLEGAL;
  }
}

export function decode16(w: u32, slot: u32): u64 {
  switch (w & 3) {
    case 0: return quadrant0(w, slot);
    case 1: return quadrant1(w, slot);
    case 2: return quadrant2(w, slot);
    default: return op.OP_ILLEGAL;
  }
}
