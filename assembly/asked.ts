/** What the compiler and compiled code ask of the core. */
import { FIND_WRITE } from './shared/baseline';
import { DONE, DONE_ACCESS } from './shared/exit';
import { HART, HART_X } from './shared/layout';
import { decode16, decode32 } from './generated/decode';
import { OP_BASELINE, OP_COMPILED } from './generated/ops';
import { executeSlow } from './generated/slow';
import { mappedFrame } from './code';
import { FAR_ONLY } from './decode';
import { FRAME_CODE, frameAddress, frameDecoded, frameFlags } from './mm/frames';
import { fastFind } from './mm/tlb';
import { inChain } from './regions';

/** The decoded operation of an instruction that is no jump. */
export function jitOperation(word: u32): u64 {
  return (word & 3) == 3 ? decode32(word, FAR_ONLY) : decode16(word, FAR_ONLY);
}

const operationSlot = memory.data(8, 8);

/** For compiled code: executes an operation on the registers in memory that neither jumps nor accesses memory. Not 0: it did not. */
export function jitExecute(operation: u64): u32 {
  store<u64>(operationSlot, operation);
  const result = executeSlow(operationSlot, 0, 0);
  store<u64>(HART + HART_X, 0);
  return result == DONE ? 0 : 1;
}

/** The same for one that accesses memory. A fault is the interpreter's to find again. */
export function jitExecuteAccess(operation: u64): u32 {
  store<u64>(operationSlot, operation);
  const result = executeSlow(operationSlot, 0, 0);
  store<u64>(HART + HART_X, 0);
  return result == DONE_ACCESS ? 0 : 1;
}

/** For baseline code: linear address of memory that may be accessed, or 0. */
export function jitFind(va: u64, how: u32): u32 {
  return <u32>fastFind(va, how & (FIND_WRITE - 1), (how & FIND_WRITE) != 0);
}

/** What slots hold that lead to compiled code, and to baseline code (high half). */
export function jitSlots(): u32 {
  return OP_COMPILED | (OP_BASELINE << 16);
}

/** For the compiler: address of the bytes of a page of code that has been executed, in the active space; 0: none. */
export function jitCodePage(vpn: u32): u32 {
  const frame = mappedFrame(vpn);
  if (frame == 0 || frameDecoded(frame) == 0 || (frameFlags(frame) & FRAME_CODE) == 0) return 0;
  return <u32>frameAddress(frame);
}

/** Has the instruction at pc been decoded (so, mostly: executed)? 2: a region begins there. */
export function jitDecoded(vpn: u32, offset: u32): u32 {
  const frame = mappedFrame(vpn);
  if (frame == 0) return 0;
  const code = frameDecoded(frame);
  if (code == 0) return 0;
  const slot = <usize>code + (<usize>offset << 2);
  const operation = load<u16>(slot);
  if (operation != OP_COMPILED) return operation == 0 ? 0 : 1;
  return inChain(<usize>load<u32>(slot, 4), ((<u64>vpn) << 12) + offset) == 0 ? 1 : 2;
}
