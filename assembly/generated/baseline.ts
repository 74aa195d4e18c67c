// Baseline code of each operation. Written by isa/generate.ts: do not edit.
import * as op from './ops';

export const KIND_LEAVE: u32 = 0;
export const KIND_ASK: u32 = 1;
export const KIND_ASK_FLOAT: u32 = 2;
export const KIND_ASK_ACCESS: u32 = 3;
export const KIND_INTEGER: u32 = 4;
export const KIND_FLOAT: u32 = 5;
export const KIND_LOAD: u32 = 6;
export const KIND_LOAD_NOWHERE: u32 = 7;
export const KIND_LOAD_FLOAT: u32 = 8;
export const KIND_LOAD_SINGLE: u32 = 9;
export const KIND_STORE: u32 = 10;
export const KIND_STORE_FLOAT: u32 = 11;
export const KIND_BRANCH: u32 = 12;
export const KIND_JAL: u32 = 13;
export const KIND_JAL_NO_LINK: u32 = 14;
export const KIND_JALR: u32 = 15;
export const KIND_JALR_NO_LINK: u32 = 16;
export const KIND_ECALL: u32 = 17;
export const KIND_NOTHING: u32 = 18;
export const KIND_AUIPC: u32 = 19;
export const KIND_ARITHMETIC: u32 = 20;
export const KIND_COMPARISON: u32 = 21;
export const KIND_TO_INTEGER: u32 = 22;
export const KIND_FROM_INTEGER: u32 = 23;
export const KIND_CSR: u32 = 24;

/* Bytes of templates that stand for operands; any other byte is Wasm's own, that behind LITERAL too. */
export const END: u8 = 238;
export const LITERAL: u8 = 239;
export const RS1: u8 = 240;
export const RS2: u8 = 241;
export const IMMEDIATE: u8 = 242;
export const RS1_WORD: u8 = 243;
export const RS2_WORD: u8 = 244;
export const IMMEDIATE_WORD: u8 = 245;
export const FS1: u8 = 246;
export const FS2: u8 = 247;
export const FS1_WORD: u8 = 248;
export const RS2_OF_BRANCH: u8 = 249;

export const templates = memory.data<u8>([
  238, 242, 238, 240, 249, 81, 238, 240, 80, 238, 240, 249, 82, 238, 240, 66, 0, 82, 238, 240, 249, 83, 238, 240, 249, 89, 238, 240, 249, 84, 238, 240,
  249, 90, 238, 240, 242, 124, 238, 240, 238, 240, 242, 83, 173, 238, 240, 242, 84, 173, 238, 240, 242, 133, 238, 240, 242, 132, 238, 240, 242, 131, 238, 243,
  245, 106, 172, 238, 240, 242, 134, 238, 240, 242, 136, 238, 240, 242, 135, 238, 243, 245, 116, 172, 238, 243, 245, 118, 172, 238, 243, 245, 117, 172, 238, 240,
  241, 124, 238, 240, 241, 125, 238, 240, 241, 134, 238, 240, 241, 83, 173, 238, 240, 241, 84, 173, 238, 240, 241, 133, 238, 240, 241, 136, 238, 240, 241, 135,
  238, 240, 241, 132, 238, 240, 241, 131, 238, 243, 244, 106, 172, 238, 243, 244, 107, 172, 238, 243, 244, 116, 172, 238, 243, 244, 118, 172, 238, 243, 244, 117,
  172, 238, 240, 241, 126, 238, 241, 80, 4, 126, 66, 127, 5, 241, 66, 127, 81, 4, 126, 66, 0, 240, 125, 5, 240, 241, 127, 11, 11, 238, 241, 80,
  4, 126, 66, 127, 5, 240, 241, 128, 11, 238, 241, 80, 4, 126, 240, 5, 240, 241, 129, 11, 238, 241, 80, 4, 126, 240, 5, 240, 241, 130, 11, 238,
  243, 244, 108, 172, 238, 244, 69, 4, 126, 66, 127, 5, 243, 172, 244, 172, 127, 196, 11, 238, 244, 69, 4, 126, 66, 127, 5, 243, 244, 110, 172, 11,
  238, 244, 69, 4, 126, 243, 172, 5, 243, 244, 111, 172, 11, 238, 244, 69, 4, 126, 243, 172, 5, 243, 244, 112, 172, 11, 238, 240, 66, 1, 134, 241,
  124, 238, 240, 66, 2, 134, 241, 124, 238, 240, 66, 3, 134, 241, 124, 238, 243, 173, 241, 124, 238, 243, 173, 66, 1, 134, 241, 124, 238, 243, 173, 66,
  2, 134, 241, 124, 238, 243, 173, 66, 3, 134, 241, 124, 238, 243, 173, 242, 134, 238, 240, 241, 66, 127, 133, 131, 238, 240, 241, 66, 127, 133, 132, 238,
  240, 241, 133, 66, 127, 133, 238, 240, 241, 240, 241, 83, 27, 238, 240, 241, 240, 241, 84, 27, 238, 240, 241, 240, 241, 85, 27, 238, 240, 241, 240, 241,
  86, 27, 238, 240, 241, 134, 240, 66, 0, 241, 125, 136, 132, 238, 240, 241, 136, 240, 66, 0, 241, 125, 134, 132, 238, 240, 242, 136, 240, 66, 0, 242,
  125, 134, 132, 238, 240, 121, 238, 240, 122, 238, 240, 123, 238, 243, 103, 173, 238, 243, 104, 173, 238, 243, 105, 173, 238, 240, 194, 238, 240, 195, 238, 240,
  66, 239, 255, 239, 255, 3, 131, 238, 240, 66, 1, 241, 134, 132, 238, 240, 66, 1, 241, 134, 66, 127, 133, 131, 238, 240, 66, 1, 241, 134, 133, 238,
  240, 241, 136, 66, 1, 131, 238, 240, 66, 1, 242, 134, 132, 238, 240, 66, 1, 242, 134, 66, 127, 133, 131, 238, 240, 66, 1, 242, 134, 133, 238, 240,
  242, 136, 66, 1, 131, 238, 240, 66, 0, 241, 66, 0, 82, 27, 238, 66, 0, 240, 241, 66, 0, 82, 27, 238, 248, 172, 238, 243, 173, 66, 128, 128,
  128, 128, 112, 132, 238, 246, 66, 1, 134, 66, 1, 136, 247, 66, 63, 136, 66, 63, 134, 132, 238, 246, 66, 1, 134, 66, 1, 136, 247, 66, 127, 133,
  66, 63, 136, 66, 63, 134, 132, 238, 246, 247, 66, 63, 136, 66, 63, 134, 133, 238, 243, 183, 189, 238, 243, 184, 189, 238, 246, 238,
]);

// @ts-ignore: decorator
@inline
function rule(kind: u32, length: u32, code: u32, shift: u32, template: u32): u64 {
  return <u64>(kind | (length << 8) | (code << 16) | (shift << 24)) | ((<u64>template) << 32);
}

/** KIND_*, bytes of the instruction, Wasm's load or store, log2 of its size; in the upper half the template's offset. */
export function baselineRule(operation: u32): u64 {
  switch (operation) {
    case op.OP_C_NOP: return rule(KIND_NOTHING, 2, 0, 0, 0);
    case op.OP_LUI: return rule(KIND_INTEGER, 4, 0, 0, 1);
    case op.OP_C_LUI: return rule(KIND_INTEGER, 2, 0, 0, 1);
    case op.OP_AUIPC: return rule(KIND_AUIPC, 4, 0, 0, 0);
    case op.OP_JAL: return rule(KIND_JAL, 4, 0, 0, 0);
    case op.OP_FAR_JAL: return rule(KIND_JAL, 4, 0, 0, 0);
    case op.OP_JAL_V: return rule(KIND_JAL_NO_LINK, 4, 0, 0, 0);
    case op.OP_FAR_JAL_V: return rule(KIND_JAL_NO_LINK, 4, 0, 0, 0);
    case op.OP_C_JAL: return rule(KIND_JAL, 2, 0, 0, 0);
    case op.OP_FAR_C_JAL: return rule(KIND_JAL, 2, 0, 0, 0);
    case op.OP_C_JAL_V: return rule(KIND_JAL_NO_LINK, 2, 0, 0, 0);
    case op.OP_FAR_C_JAL_V: return rule(KIND_JAL_NO_LINK, 2, 0, 0, 0);
    case op.OP_JALR: return rule(KIND_JALR, 4, 0, 0, 0);
    case op.OP_JALR_V: return rule(KIND_JALR_NO_LINK, 4, 0, 0, 0);
    case op.OP_C_JALR: return rule(KIND_JALR, 2, 0, 0, 0);
    case op.OP_C_JALR_V: return rule(KIND_JALR_NO_LINK, 2, 0, 0, 0);
    case op.OP_BEQ: return rule(KIND_BRANCH, 4, 0, 0, 3);
    case op.OP_FAR_BEQ: return rule(KIND_BRANCH, 4, 0, 0, 3);
    case op.OP_BEQ_Z: return rule(KIND_BRANCH, 4, 0, 0, 7);
    case op.OP_FAR_BEQ_Z: return rule(KIND_BRANCH, 4, 0, 0, 7);
    case op.OP_C_BEQ: return rule(KIND_BRANCH, 2, 0, 0, 3);
    case op.OP_FAR_C_BEQ: return rule(KIND_BRANCH, 2, 0, 0, 3);
    case op.OP_C_BEQ_Z: return rule(KIND_BRANCH, 2, 0, 0, 7);
    case op.OP_FAR_C_BEQ_Z: return rule(KIND_BRANCH, 2, 0, 0, 7);
    case op.OP_BNE: return rule(KIND_BRANCH, 4, 0, 0, 10);
    case op.OP_FAR_BNE: return rule(KIND_BRANCH, 4, 0, 0, 10);
    case op.OP_BNE_Z: return rule(KIND_BRANCH, 4, 0, 0, 14);
    case op.OP_FAR_BNE_Z: return rule(KIND_BRANCH, 4, 0, 0, 14);
    case op.OP_C_BNE: return rule(KIND_BRANCH, 2, 0, 0, 10);
    case op.OP_FAR_C_BNE: return rule(KIND_BRANCH, 2, 0, 0, 10);
    case op.OP_C_BNE_Z: return rule(KIND_BRANCH, 2, 0, 0, 14);
    case op.OP_FAR_C_BNE_Z: return rule(KIND_BRANCH, 2, 0, 0, 14);
    case op.OP_BLT: return rule(KIND_BRANCH, 4, 0, 0, 19);
    case op.OP_FAR_BLT: return rule(KIND_BRANCH, 4, 0, 0, 19);
    case op.OP_BGE: return rule(KIND_BRANCH, 4, 0, 0, 23);
    case op.OP_FAR_BGE: return rule(KIND_BRANCH, 4, 0, 0, 23);
    case op.OP_BLTU: return rule(KIND_BRANCH, 4, 0, 0, 27);
    case op.OP_FAR_BLTU: return rule(KIND_BRANCH, 4, 0, 0, 27);
    case op.OP_BGEU: return rule(KIND_BRANCH, 4, 0, 0, 31);
    case op.OP_FAR_BGEU: return rule(KIND_BRANCH, 4, 0, 0, 31);
    case op.OP_LB: return rule(KIND_LOAD, 4, 48, 0, 0);
    case op.OP_LB_V: return rule(KIND_LOAD_NOWHERE, 4, 48, 0, 0);
    case op.OP_LH: return rule(KIND_LOAD, 4, 50, 1, 0);
    case op.OP_LH_V: return rule(KIND_LOAD_NOWHERE, 4, 50, 1, 0);
    case op.OP_LW: return rule(KIND_LOAD, 4, 52, 2, 0);
    case op.OP_LW_V: return rule(KIND_LOAD_NOWHERE, 4, 52, 2, 0);
    case op.OP_C_LW: return rule(KIND_LOAD, 2, 52, 2, 0);
    case op.OP_C_LW_V: return rule(KIND_LOAD_NOWHERE, 2, 52, 2, 0);
    case op.OP_LD: return rule(KIND_LOAD, 4, 41, 3, 0);
    case op.OP_LD_V: return rule(KIND_LOAD_NOWHERE, 4, 41, 3, 0);
    case op.OP_C_LD: return rule(KIND_LOAD, 2, 41, 3, 0);
    case op.OP_C_LD_V: return rule(KIND_LOAD_NOWHERE, 2, 41, 3, 0);
    case op.OP_LBU: return rule(KIND_LOAD, 4, 49, 0, 0);
    case op.OP_LBU_V: return rule(KIND_LOAD_NOWHERE, 4, 49, 0, 0);
    case op.OP_LHU: return rule(KIND_LOAD, 4, 51, 1, 0);
    case op.OP_LHU_V: return rule(KIND_LOAD_NOWHERE, 4, 51, 1, 0);
    case op.OP_LWU: return rule(KIND_LOAD, 4, 53, 2, 0);
    case op.OP_LWU_V: return rule(KIND_LOAD_NOWHERE, 4, 53, 2, 0);
    case op.OP_SB: return rule(KIND_STORE, 4, 60, 0, 0);
    case op.OP_SH: return rule(KIND_STORE, 4, 61, 1, 0);
    case op.OP_SW: return rule(KIND_STORE, 4, 62, 2, 0);
    case op.OP_C_SW: return rule(KIND_STORE, 2, 62, 2, 0);
    case op.OP_SD: return rule(KIND_STORE, 4, 55, 3, 0);
    case op.OP_C_SD: return rule(KIND_STORE, 2, 55, 3, 0);
    case op.OP_ADDI: return rule(KIND_INTEGER, 4, 0, 0, 35);
    case op.OP_LI: return rule(KIND_INTEGER, 4, 0, 0, 1);
    case op.OP_MV: return rule(KIND_INTEGER, 4, 0, 0, 39);
    case op.OP_C_ADDI: return rule(KIND_INTEGER, 2, 0, 0, 35);
    case op.OP_C_LI: return rule(KIND_INTEGER, 2, 0, 0, 1);
    case op.OP_C_MV: return rule(KIND_INTEGER, 2, 0, 0, 39);
    case op.OP_SLTI: return rule(KIND_INTEGER, 4, 0, 0, 41);
    case op.OP_SLTIU: return rule(KIND_INTEGER, 4, 0, 0, 46);
    case op.OP_XORI: return rule(KIND_INTEGER, 4, 0, 0, 51);
    case op.OP_ORI: return rule(KIND_INTEGER, 4, 0, 0, 55);
    case op.OP_ANDI: return rule(KIND_INTEGER, 4, 0, 0, 59);
    case op.OP_C_ANDI: return rule(KIND_INTEGER, 2, 0, 0, 59);
    case op.OP_ADDIW: return rule(KIND_INTEGER, 4, 0, 0, 63);
    case op.OP_C_ADDIW: return rule(KIND_INTEGER, 2, 0, 0, 63);
    case op.OP_SLLI: return rule(KIND_INTEGER, 4, 0, 0, 68);
    case op.OP_C_SLLI: return rule(KIND_INTEGER, 2, 0, 0, 68);
    case op.OP_SRLI: return rule(KIND_INTEGER, 4, 0, 0, 72);
    case op.OP_C_SRLI: return rule(KIND_INTEGER, 2, 0, 0, 72);
    case op.OP_SRAI: return rule(KIND_INTEGER, 4, 0, 0, 76);
    case op.OP_C_SRAI: return rule(KIND_INTEGER, 2, 0, 0, 76);
    case op.OP_SLLIW: return rule(KIND_INTEGER, 4, 0, 0, 80);
    case op.OP_SRLIW: return rule(KIND_INTEGER, 4, 0, 0, 85);
    case op.OP_SRAIW: return rule(KIND_INTEGER, 4, 0, 0, 90);
    case op.OP_ADD: return rule(KIND_INTEGER, 4, 0, 0, 95);
    case op.OP_C_ADD: return rule(KIND_INTEGER, 2, 0, 0, 95);
    case op.OP_SUB: return rule(KIND_INTEGER, 4, 0, 0, 99);
    case op.OP_C_SUB: return rule(KIND_INTEGER, 2, 0, 0, 99);
    case op.OP_SLL: return rule(KIND_INTEGER, 4, 0, 0, 103);
    case op.OP_SLT: return rule(KIND_INTEGER, 4, 0, 0, 107);
    case op.OP_SLTU: return rule(KIND_INTEGER, 4, 0, 0, 112);
    case op.OP_XOR: return rule(KIND_INTEGER, 4, 0, 0, 117);
    case op.OP_C_XOR: return rule(KIND_INTEGER, 2, 0, 0, 117);
    case op.OP_SRL: return rule(KIND_INTEGER, 4, 0, 0, 121);
    case op.OP_SRA: return rule(KIND_INTEGER, 4, 0, 0, 125);
    case op.OP_OR: return rule(KIND_INTEGER, 4, 0, 0, 129);
    case op.OP_C_OR: return rule(KIND_INTEGER, 2, 0, 0, 129);
    case op.OP_AND: return rule(KIND_INTEGER, 4, 0, 0, 133);
    case op.OP_C_AND: return rule(KIND_INTEGER, 2, 0, 0, 133);
    case op.OP_ADDW: return rule(KIND_INTEGER, 4, 0, 0, 137);
    case op.OP_C_ADDW: return rule(KIND_INTEGER, 2, 0, 0, 137);
    case op.OP_SUBW: return rule(KIND_INTEGER, 4, 0, 0, 142);
    case op.OP_C_SUBW: return rule(KIND_INTEGER, 2, 0, 0, 142);
    case op.OP_SLLW: return rule(KIND_INTEGER, 4, 0, 0, 147);
    case op.OP_SRLW: return rule(KIND_INTEGER, 4, 0, 0, 152);
    case op.OP_SRAW: return rule(KIND_INTEGER, 4, 0, 0, 157);
    case op.OP_FENCE: return rule(KIND_NOTHING, 4, 0, 0, 0);
    case op.OP_FENCE_TSO: return rule(KIND_NOTHING, 4, 0, 0, 0);
    case op.OP_FENCE_I: return rule(KIND_NOTHING, 4, 0, 0, 0);
    case op.OP_ECALL: return rule(KIND_ECALL, 4, 0, 0, 0);
    case op.OP_EBREAK: return rule(KIND_LEAVE, 4, 0, 0, 0);
    case op.OP_C_EBREAK: return rule(KIND_LEAVE, 2, 0, 0, 0);
    case op.OP_CSRRW: return rule(KIND_CSR, 4, 0, 0, 0);
    case op.OP_CSRRS: return rule(KIND_CSR, 4, 0, 0, 0);
    case op.OP_CSRRC: return rule(KIND_CSR, 4, 0, 0, 0);
    case op.OP_CSRRWI: return rule(KIND_CSR, 4, 0, 0, 0);
    case op.OP_CSRRSI: return rule(KIND_CSR, 4, 0, 0, 0);
    case op.OP_CSRRCI: return rule(KIND_CSR, 4, 0, 0, 0);
    case op.OP_MUL: return rule(KIND_INTEGER, 4, 0, 0, 162);
    case op.OP_MULH: return rule(KIND_ASK, 4, 0, 0, 0);
    case op.OP_MULHSU: return rule(KIND_ASK, 4, 0, 0, 0);
    case op.OP_MULHU: return rule(KIND_ASK, 4, 0, 0, 0);
    case op.OP_DIV: return rule(KIND_INTEGER, 4, 0, 0, 166);
    case op.OP_DIVU: return rule(KIND_INTEGER, 4, 0, 0, 190);
    case op.OP_REM: return rule(KIND_INTEGER, 4, 0, 0, 202);
    case op.OP_REMU: return rule(KIND_INTEGER, 4, 0, 0, 213);
    case op.OP_MULW: return rule(KIND_INTEGER, 4, 0, 0, 224);
    case op.OP_DIVW: return rule(KIND_INTEGER, 4, 0, 0, 229);
    case op.OP_DIVUW: return rule(KIND_INTEGER, 4, 0, 0, 244);
    case op.OP_REMW: return rule(KIND_INTEGER, 4, 0, 0, 257);
    case op.OP_REMUW: return rule(KIND_INTEGER, 4, 0, 0, 270);
    case op.OP_SH1ADD: return rule(KIND_INTEGER, 4, 0, 0, 283);
    case op.OP_SH2ADD: return rule(KIND_INTEGER, 4, 0, 0, 290);
    case op.OP_SH3ADD: return rule(KIND_INTEGER, 4, 0, 0, 297);
    case op.OP_ADD_UW: return rule(KIND_INTEGER, 4, 0, 0, 304);
    case op.OP_SH1ADD_UW: return rule(KIND_INTEGER, 4, 0, 0, 309);
    case op.OP_SH2ADD_UW: return rule(KIND_INTEGER, 4, 0, 0, 317);
    case op.OP_SH3ADD_UW: return rule(KIND_INTEGER, 4, 0, 0, 325);
    case op.OP_SLLI_UW: return rule(KIND_INTEGER, 4, 0, 0, 333);
    case op.OP_ANDN: return rule(KIND_INTEGER, 4, 0, 0, 338);
    case op.OP_ORN: return rule(KIND_INTEGER, 4, 0, 0, 345);
    case op.OP_XNOR: return rule(KIND_INTEGER, 4, 0, 0, 352);
    case op.OP_MIN: return rule(KIND_INTEGER, 4, 0, 0, 359);
    case op.OP_MINU: return rule(KIND_INTEGER, 4, 0, 0, 366);
    case op.OP_MAX: return rule(KIND_INTEGER, 4, 0, 0, 373);
    case op.OP_MAXU: return rule(KIND_INTEGER, 4, 0, 0, 380);
    case op.OP_ROL: return rule(KIND_INTEGER, 4, 0, 0, 387);
    case op.OP_ROR: return rule(KIND_INTEGER, 4, 0, 0, 398);
    case op.OP_RORI: return rule(KIND_INTEGER, 4, 0, 0, 409);
    case op.OP_ROLW: return rule(KIND_ASK, 4, 0, 0, 0);
    case op.OP_RORW: return rule(KIND_ASK, 4, 0, 0, 0);
    case op.OP_RORIW: return rule(KIND_ASK, 4, 0, 0, 0);
    case op.OP_CLZ: return rule(KIND_INTEGER, 4, 0, 0, 420);
    case op.OP_CTZ: return rule(KIND_INTEGER, 4, 0, 0, 423);
    case op.OP_CPOP: return rule(KIND_INTEGER, 4, 0, 0, 426);
    case op.OP_CLZW: return rule(KIND_INTEGER, 4, 0, 0, 429);
    case op.OP_CTZW: return rule(KIND_INTEGER, 4, 0, 0, 433);
    case op.OP_CPOPW: return rule(KIND_INTEGER, 4, 0, 0, 437);
    case op.OP_SEXT_B: return rule(KIND_INTEGER, 4, 0, 0, 441);
    case op.OP_SEXT_H: return rule(KIND_INTEGER, 4, 0, 0, 444);
    case op.OP_ZEXT_H: return rule(KIND_INTEGER, 4, 0, 0, 447);
    case op.OP_ORC_B: return rule(KIND_ASK, 4, 0, 0, 0);
    case op.OP_REV8: return rule(KIND_ASK, 4, 0, 0, 0);
    case op.OP_BSET: return rule(KIND_INTEGER, 4, 0, 0, 456);
    case op.OP_BCLR: return rule(KIND_INTEGER, 4, 0, 0, 463);
    case op.OP_BINV: return rule(KIND_INTEGER, 4, 0, 0, 473);
    case op.OP_BEXT: return rule(KIND_INTEGER, 4, 0, 0, 480);
    case op.OP_BSETI: return rule(KIND_INTEGER, 4, 0, 0, 487);
    case op.OP_BCLRI: return rule(KIND_INTEGER, 4, 0, 0, 494);
    case op.OP_BINVI: return rule(KIND_INTEGER, 4, 0, 0, 504);
    case op.OP_BEXTI: return rule(KIND_INTEGER, 4, 0, 0, 511);
    case op.OP_CZERO_EQZ: return rule(KIND_INTEGER, 4, 0, 0, 518);
    case op.OP_CZERO_NEZ: return rule(KIND_INTEGER, 4, 0, 0, 527);
    case op.OP_LR_W: return rule(KIND_ASK_ACCESS, 4, 0, 0, 0);
    case op.OP_LR_D: return rule(KIND_ASK_ACCESS, 4, 0, 0, 0);
    case op.OP_SC_W: return rule(KIND_ASK_ACCESS, 4, 0, 0, 0);
    case op.OP_SC_D: return rule(KIND_ASK_ACCESS, 4, 0, 0, 0);
    case op.OP_AMOADD_W: return rule(KIND_ASK_ACCESS, 4, 0, 0, 0);
    case op.OP_AMOADD_D: return rule(KIND_ASK_ACCESS, 4, 0, 0, 0);
    case op.OP_AMOSWAP_W: return rule(KIND_ASK_ACCESS, 4, 0, 0, 0);
    case op.OP_AMOSWAP_D: return rule(KIND_ASK_ACCESS, 4, 0, 0, 0);
    case op.OP_AMOXOR_W: return rule(KIND_ASK_ACCESS, 4, 0, 0, 0);
    case op.OP_AMOXOR_D: return rule(KIND_ASK_ACCESS, 4, 0, 0, 0);
    case op.OP_AMOOR_W: return rule(KIND_ASK_ACCESS, 4, 0, 0, 0);
    case op.OP_AMOOR_D: return rule(KIND_ASK_ACCESS, 4, 0, 0, 0);
    case op.OP_AMOAND_W: return rule(KIND_ASK_ACCESS, 4, 0, 0, 0);
    case op.OP_AMOAND_D: return rule(KIND_ASK_ACCESS, 4, 0, 0, 0);
    case op.OP_AMOMIN_W: return rule(KIND_ASK_ACCESS, 4, 0, 0, 0);
    case op.OP_AMOMIN_D: return rule(KIND_ASK_ACCESS, 4, 0, 0, 0);
    case op.OP_AMOMAX_W: return rule(KIND_ASK_ACCESS, 4, 0, 0, 0);
    case op.OP_AMOMAX_D: return rule(KIND_ASK_ACCESS, 4, 0, 0, 0);
    case op.OP_AMOMINU_W: return rule(KIND_ASK_ACCESS, 4, 0, 0, 0);
    case op.OP_AMOMINU_D: return rule(KIND_ASK_ACCESS, 4, 0, 0, 0);
    case op.OP_AMOMAXU_W: return rule(KIND_ASK_ACCESS, 4, 0, 0, 0);
    case op.OP_AMOMAXU_D: return rule(KIND_ASK_ACCESS, 4, 0, 0, 0);
    case op.OP_FLW: return rule(KIND_LOAD_SINGLE, 4, 53, 2, 0);
    case op.OP_FSW: return rule(KIND_STORE_FLOAT, 4, 62, 2, 0);
    case op.OP_FMADD_S: return rule(KIND_ASK_FLOAT, 4, 0, 0, 0);
    case op.OP_FMSUB_S: return rule(KIND_ASK_FLOAT, 4, 0, 0, 0);
    case op.OP_FNMSUB_S: return rule(KIND_ASK_FLOAT, 4, 0, 0, 0);
    case op.OP_FNMADD_S: return rule(KIND_ASK_FLOAT, 4, 0, 0, 0);
    case op.OP_FADD_S: return rule(KIND_ASK_FLOAT, 4, 0, 0, 0);
    case op.OP_FSUB_S: return rule(KIND_ASK_FLOAT, 4, 0, 0, 0);
    case op.OP_FMUL_S: return rule(KIND_ASK_FLOAT, 4, 0, 0, 0);
    case op.OP_FDIV_S: return rule(KIND_ASK_FLOAT, 4, 0, 0, 0);
    case op.OP_FSQRT_S: return rule(KIND_ASK_FLOAT, 4, 0, 0, 0);
    case op.OP_FSGNJ_S: return rule(KIND_ASK, 4, 0, 0, 0);
    case op.OP_FSGNJN_S: return rule(KIND_ASK, 4, 0, 0, 0);
    case op.OP_FSGNJX_S: return rule(KIND_ASK, 4, 0, 0, 0);
    case op.OP_FMIN_S: return rule(KIND_ASK_FLOAT, 4, 0, 0, 0);
    case op.OP_FMAX_S: return rule(KIND_ASK_FLOAT, 4, 0, 0, 0);
    case op.OP_FLE_S: return rule(KIND_ASK_FLOAT, 4, 0, 0, 0);
    case op.OP_FLT_S: return rule(KIND_ASK_FLOAT, 4, 0, 0, 0);
    case op.OP_FEQ_S: return rule(KIND_ASK_FLOAT, 4, 0, 0, 0);
    case op.OP_FCLASS_S: return rule(KIND_ASK_FLOAT, 4, 0, 0, 0);
    case op.OP_FCVT_W_S: return rule(KIND_ASK_FLOAT, 4, 0, 0, 0);
    case op.OP_FCVT_WU_S: return rule(KIND_ASK_FLOAT, 4, 0, 0, 0);
    case op.OP_FCVT_L_S: return rule(KIND_ASK_FLOAT, 4, 0, 0, 0);
    case op.OP_FCVT_LU_S: return rule(KIND_ASK_FLOAT, 4, 0, 0, 0);
    case op.OP_FCVT_S_W: return rule(KIND_ASK_FLOAT, 4, 0, 0, 0);
    case op.OP_FCVT_S_WU: return rule(KIND_ASK_FLOAT, 4, 0, 0, 0);
    case op.OP_FCVT_S_L: return rule(KIND_ASK_FLOAT, 4, 0, 0, 0);
    case op.OP_FCVT_S_LU: return rule(KIND_ASK_FLOAT, 4, 0, 0, 0);
    case op.OP_FMV_X_W: return rule(KIND_INTEGER, 4, 0, 0, 536);
    case op.OP_FMV_W_X: return rule(KIND_FLOAT, 4, 0, 0, 539);
    case op.OP_FLD: return rule(KIND_LOAD_FLOAT, 4, 41, 3, 0);
    case op.OP_C_FLD: return rule(KIND_LOAD_FLOAT, 2, 41, 3, 0);
    case op.OP_FSD: return rule(KIND_STORE_FLOAT, 4, 55, 3, 0);
    case op.OP_C_FSD: return rule(KIND_STORE_FLOAT, 2, 55, 3, 0);
    case op.OP_FMADD_D: return rule(KIND_ASK_FLOAT, 4, 0, 0, 0);
    case op.OP_FMSUB_D: return rule(KIND_ASK_FLOAT, 4, 0, 0, 0);
    case op.OP_FNMSUB_D: return rule(KIND_ASK_FLOAT, 4, 0, 0, 0);
    case op.OP_FNMADD_D: return rule(KIND_ASK_FLOAT, 4, 0, 0, 0);
    case op.OP_FADD_D: return rule(KIND_ARITHMETIC, 4, 160, 0, 0);
    case op.OP_FSUB_D: return rule(KIND_ARITHMETIC, 4, 161, 0, 0);
    case op.OP_FMUL_D: return rule(KIND_ARITHMETIC, 4, 162, 0, 0);
    case op.OP_FDIV_D: return rule(KIND_ARITHMETIC, 4, 163, 0, 0);
    case op.OP_FSQRT_D: return rule(KIND_ARITHMETIC, 4, 159, 0, 0);
    case op.OP_FSGNJ_D: return rule(KIND_FLOAT, 4, 0, 0, 549);
    case op.OP_FSGNJN_D: return rule(KIND_FLOAT, 4, 0, 0, 565);
    case op.OP_FSGNJX_D: return rule(KIND_FLOAT, 4, 0, 0, 584);
    case op.OP_FMIN_D: return rule(KIND_ASK_FLOAT, 4, 0, 0, 0);
    case op.OP_FMAX_D: return rule(KIND_ASK_FLOAT, 4, 0, 0, 0);
    case op.OP_FLE_D: return rule(KIND_COMPARISON, 4, 101, 0, 0);
    case op.OP_FLT_D: return rule(KIND_COMPARISON, 4, 99, 0, 0);
    case op.OP_FEQ_D: return rule(KIND_COMPARISON, 4, 97, 0, 0);
    case op.OP_FCLASS_D: return rule(KIND_ASK_FLOAT, 4, 0, 0, 0);
    case op.OP_FCVT_W_D: return rule(KIND_TO_INTEGER, 4, 2, 0, 0);
    case op.OP_FCVT_WU_D: return rule(KIND_ASK_FLOAT, 4, 0, 0, 0);
    case op.OP_FCVT_L_D: return rule(KIND_TO_INTEGER, 4, 6, 0, 0);
    case op.OP_FCVT_LU_D: return rule(KIND_ASK_FLOAT, 4, 0, 0, 0);
    case op.OP_FCVT_D_W: return rule(KIND_FLOAT, 4, 0, 0, 594);
    case op.OP_FCVT_D_WU: return rule(KIND_FLOAT, 4, 0, 0, 598);
    case op.OP_FCVT_D_L: return rule(KIND_FROM_INTEGER, 4, 185, 0, 0);
    case op.OP_FCVT_D_LU: return rule(KIND_ASK_FLOAT, 4, 0, 0, 0);
    case op.OP_FMV_X_D: return rule(KIND_INTEGER, 4, 0, 0, 602);
    case op.OP_FMV_D_X: return rule(KIND_FLOAT, 4, 0, 0, 39);
    case op.OP_FCVT_S_D: return rule(KIND_ASK_FLOAT, 4, 0, 0, 0);
    case op.OP_FCVT_D_S: return rule(KIND_ASK_FLOAT, 4, 0, 0, 0);
    default: return rule(KIND_LEAVE, 4, 0, 0, 0);
  }
}
