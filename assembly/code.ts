/**
 * Decoded pages. A frame that is executed gets one: 2048 slots of 8 bytes, one for every 2 bytes of code, and a tail:
 *
 *   slot 2048, 2049  OP_CROSS: execution runs on into the next page
 *   slot 2050        frame number (low half), stores seen since the last decoding (high half)
 *   slots 2051-2095  baseline code's (baseline/units.ts)
 *
 * Slots are decoded when first reached (operation 0). The page belongs to the frame, so all processes that map it share it.
 * A frame with decoded slots is FRAME_CODE: no translation lets a store through unseen, and codeWritten drops what it overwrites.
 */
import { decode16, decode32 } from './generated/decode';
import { OP_CROSS, OP_STRADDLE } from './generated/ops';
import { ACCESS_EXEC, FAULT_MEMORY } from './shared/exit';
import { BOUND_MASK, BOUND_PAGES, COMPILED, COMPILED_EPOCH, JUMPS, JUMPS_ENTRIES } from './shared/compiled';
import { NEXT, NEXT_ENTRIES } from './shared/baseline';
import { COUNT_DECODED, HART, HART_COUNTERS, PAGE_MASK } from './shared/layout';
import * as L from './shared/layout';
import { RECORD_CODE } from './shared/trace';
import { FAR_ONLY } from './decode';
import { recording, tracePage } from './tracing';
import { fetchFrame, protectCode, unprotectCode } from './mm/access';
import { fail } from './mm/fault';
import { FRAME_CODE, FRAME_COMPILED, frameAddress, frameDecoded, frameFlags, frameNextGeneration, frameSetFlags } from './mm/frames';
import { setFrameDecoded } from './mm/frames';
import { PTE_U, PTE_V, PTE_X, pteAt, pteFrame, TASK_SIZE } from './mm/pagetable';
import { activeSpace, SPACE_ROOT } from './mm/space';
import { decodedAllocate, decodedRelease } from './mm/slab';
import { baselineDrop } from './baseline/units';

const SLOTS: u32 = 2048;
const TAIL_FRAME: u32 = 2050 * 8;
const TAIL_STORES: u32 = 2050 * 8 + 4;
/** So many stores without decoding between them, and the page is data again. */
const STORES_MAX: u32 = 32;

const EXEC_TLB: usize = L.EXEC_TLB;
const EXEC_ENTRIES: u64 = L.EXEC_ENTRIES;

/*
 * The page being executed, kept in linear memory beside what the loop leaves there: its decoded page, and 4 * its virtual address minus
 * that, so that pc is one addition and one shift away from ip.
 */
const RUNNING_BIAS: usize = HART + 0x810;
const RUNNING_CODE: usize = HART + 0x818;

/** Recording: the only entry of the exec TLB that is in force. */
let latestEntry: usize = 0;

/** A page of its own for an instruction that lies across two: only slots 2047 to 2049 exist. */
const straddleSlots = memory.data(4 * 8, 8);

// @ts-ignore: decorator
@inline
export function pcOf(ip: usize): u64 {
  return (load<u64>(RUNNING_BIAS) + <u64>ip) >> 2;
}

// @ts-ignore: decorator
@inline
function runOn(page: u64, code: usize): void {
  store<u64>(RUNNING_BIAS, (page << 2) - <u64>code);
  store<u32>(RUNNING_CODE, <u32>code);
}

// @ts-ignore: decorator
@inline
function runningCode(): usize {
  return load<u32>(RUNNING_CODE);
}

// @ts-ignore: decorator
@inline
function entry(vpn: u64): usize {
  return EXEC_TLB + (<usize>(vpn & (EXEC_ENTRIES - 1)) << 4);
}

/** The entry that pc's page may have in the exec TLB, and what its tag is then. */
// @ts-ignore: decorator
@inline
export function execEntry(pc: u64): usize {
  return EXEC_TLB + ((<usize>(pc >> 8)) & ((<usize>EXEC_ENTRIES - 1) << 4));
}
// @ts-ignore: decorator
@inline
export function execTag(pc: u64): u64 {
  return (pc >> 12) + 1;
}

/** Makes the page of pc, whose entry is e, the running one; the slot of pc. */
// @ts-ignore: decorator
@inline
export function switchPage(pc: u64, e: usize): usize {
  const code = <usize>load<u32>(e, 8);
  runOn(pc & ~(<u64>PAGE_MASK), code);
  return code + ((<usize>pc & 4094) << 2);
}

/** Slot of the instruction at pc, its page now the running one; 0: fault. */
export function enter(pc: u64): usize {
  const e = execEntry(pc);
  if (load<u64>(e) != execTag(pc) && lookUp(pc) == 0) return 0;
  return switchPage(pc, e);
}

/** The decoded page of pc through page tables, remembered in the exec TLB; 0: fault. */
export function lookUp(pc: u64): usize {
  const frame = fetchFrame(pc);
  if (frame == 0) return 0;
  let code = frameDecoded(frame);
  if (code == 0) {
    code = decodedAllocate();
    if (code == 0) {
      fail(FAULT_MEMORY, pc, ACCESS_EXEC);
      return 0;
    }
    store<u64>(code + (SLOTS << 3), OP_CROSS);
    store<u64>(code + (SLOTS << 3), OP_CROSS, 8);
    store<u32>(code + TAIL_FRAME, frame);
    setFrameDecoded(frame, code);
  }
  const vpn = pc >> 12;
  const e = entry(vpn);
  if (recording) {
    // Only the running page is known, so that coming to another one is seen.
    if (latestEntry != 0) store<u64>(latestEntry, 0);
    latestEntry = e;
    tracePage(RECORD_CODE, pc);
  }
  store<u64>(e, vpn + 1);
  store<u32>(e, code, 8);
  return code;
}

/** Fills the slot at ip; what crosses the page end becomes OP_STRADDLE. */
export function decodeSlot(ip: usize): void {
  const decoded: usize = HART + HART_COUNTERS + COUNT_DECODED * 8;
  store<u64>(decoded, load<u64>(decoded) + 1);
  const code = runningCode();
  const frame = load<u32>(code + TAIL_FRAME);
  if ((frameFlags(frame) & FRAME_CODE) == 0) protectCode(frame);
  store<u32>(code + TAIL_STORES, 0);
  const slot = <u32>((ip - code) >> 3);
  const at = frameAddress(frame) + (slot << 1);
  const low = <u32>load<u16>(at);
  if ((low & 3) != 3) store<u64>(ip, decode16(low, slot));
  else if (slot == SLOTS - 1) store<u64>(ip, OP_STRADDLE);
  else store<u64>(ip, decode32(load<u32>(at), slot));
}

/** Decodes the instruction at the end of the current page, whose second half lies in the next one: 0 = fault there. */
export function straddle(ip: usize): usize {
  const frame = load<u32>(runningCode() + TAIL_FRAME);
  const page = pcOf(ip) & ~(<u64>PAGE_MASK);
  const second = fetchFrame(page + 4096);
  if (second == 0) return 0;
  const w = <u32>load<u16>(frameAddress(frame) + 4094) | (<u32>load<u16>(frameAddress(second)) << 16);
  store<u64>(straddleSlots, decode32(w, FAR_ONLY));
  store<u64>(straddleSlots, OP_CROSS, 16);
  runOn(page, straddleSlots - ((SLOTS - 1) << 3));
  return straddleSlots;
}

/** A page of its own for one operation that is not in its slot. */
const scratchSlots = memory.data(4 * 8, 8);

/** Makes an operation executable as if it were at pc; its targets must be far. Returns its slot. */
export function runScratch(pc: u64, operation: u64): usize {
  store<u64>(scratchSlots, operation);
  store<u64>(scratchSlots, OP_CROSS, 8);
  store<u64>(scratchSlots, OP_CROSS, 16);
  store<u64>(RUNNING_BIAS, (pc << 2) - <u64>scratchSlots);
  return scratchSlots;
}

/** The operation at pc, whose slot leads to compiled code, executable by the interpreter. Its page is the running one. */
export function asDecoded(pc: u64): usize {
  const at = frameAddress(load<u32>(runningCode() + TAIL_FRAME)) + (<u32>pc & 4095);
  const low = <u32>load<u16>(at);
  return runScratch(pc, (low & 3) == 3 ? decode32(load<u32>(at), FAR_ONLY) : decode16(low, FAR_ONLY));
}

/** The decoded page that is being executed. */
export function runningPage(): usize {
  return runningCode();
}

export function isScratch(ip: usize): bool {
  return ip == scratchSlots;
}

const EPOCH: usize = COMPILED + COMPILED_EPOCH;

/** Changes whenever what compiled regions depend on may have changed: their bytes, or where those are mapped. */
// @ts-ignore: decorator
@inline
export function codeEpoch(): u32 {
  return load<u32>(EPOCH);
}

export function newCodeEpoch(): void {
  const epoch = load<u32>(EPOCH) + 1;
  store<u32>(EPOCH, epoch);
  if (epoch != 0) return;
  memory.fill(JUMPS, 0, JUMPS_ENTRIES << 4);
  memory.fill(NEXT, 0, NEXT_ENTRIES << 4);
}

/** The frame that is mapped executable at a page of the active space, or 0; nothing is faulted in. */
export function mappedFrame(vpn: u32): u32 {
  const va = (<u64>vpn) << 12;
  if (activeSpace == 0 || va >= TASK_SIZE) return 0;
  const pte = pteAt(load<u32>(activeSpace, SPACE_ROOT), va);
  return (pte & (PTE_V | PTE_U | PTE_X)) == (PTE_V | PTE_U | PTE_X) ? pteFrame(pte) : 0;
}

/** A region holds code of this frame, mapped at this page. */
export function bindPage(vpn: u32, frame: u32): void {
  store<u8>(<usize>BOUND_PAGES + (<usize>vpn & <usize>BOUND_MASK), 1);
  frameSetFlags(frame, FRAME_COMPILED, 0);
}

function compiledCodeChanged(frame: u32): void {
  if ((frameFlags(frame) & FRAME_COMPILED) == 0) return;
  frameSetFlags(frame, 0, FRAME_COMPILED);
  frameNextGeneration(frame);
  newCodeEpoch();
}

/** Bytes of a code frame are about to change: their operations are forgotten, and those that begin 2 bytes before. */
export function codeWritten(frame: u32, offset: u32, size: u32): void {
  const code = frameDecoded(frame);
  if (code == 0) return;
  baselineDrop(code);
  compiledCodeChanged(frame);
  const stores = load<u32>(code + TAIL_STORES) + 1;
  store<u32>(code + TAIL_STORES, stores);
  if (stores > STORES_MAX || size >= 4096) {
    memory.fill(code, 0, SLOTS << 3);
    unprotectCode(frame);
    return;
  }
  const first = (offset >> 1) - (offset >= 2 ? 1 : 0);
  const last = (offset + size - 1) >> 1;
  memory.fill(code + (first << 3), 0, (last - first + 1) << 3);
}

/** The frame is free: so is its decoded page. */
export function codeDropped(frame: u32): void {
  const code = frameDecoded(frame);
  if (code != 0) baselineDrop(code);
  compiledCodeChanged(frame);
  setFrameDecoded(frame, 0);
  decodedRelease(code);
}

export function execInvalidate(vpn: u64): void {
  const e = entry(vpn);
  if (load<u64>(e) == vpn + 1) store<u64>(e, 0);
  if (load<u8>(<usize>BOUND_PAGES + (<usize>vpn & <usize>BOUND_MASK)) != 0) newCodeEpoch();
}

/** The same for the 512 pages from vpn. */
export function execInvalidateSpan(vpn: u64): void {
  for (let e = EXEC_TLB; e < EXEC_TLB + (<usize>EXEC_ENTRIES << 4); e += 16) {
    const tag = load<u64>(e);
    if (tag != 0 && (tag - 1) >> 9 == vpn >> 9) store<u64>(e, 0);
  }
  for (let page = vpn; page < vpn + 512; page++) {
    if (load<u8>(<usize>BOUND_PAGES + (<usize>page & <usize>BOUND_MASK)) == 0) continue;
    newCodeEpoch();
    return;
  }
}

export function execInvalidateAll(): void {
  memory.fill(EXEC_TLB, 0, <usize>EXEC_ENTRIES << 4);
  newCodeEpoch();
}

/** riscv_flush_icache: nothing to do, since stores drop what they overwrite; the running page is looked up again all the same. */
export function flushInstructionCache(): void {
  execInvalidateAll();
}
