/**
 * The records of regions (shared/compiled.ts): found by the slot that leads to them, valid as long as their code is what it was, put in
 * force and taken out of it.
 */
import * as C from './shared/compiled';
import { decode16, decode32 } from './generated/decode';
import { OP_COMPILED } from './generated/ops';
import { baselineYield } from './baseline/units';
import { bindPage, codeEpoch, mappedFrame, runScratch } from './code';
import { FAR_ONLY } from './decode';
import { FRAME_CODE, frameAddress, frameDecoded, frameFlags, frameGeneration } from './mm/frames';

// @ts-ignore: decorator
@inline
export function jumpEntry(pc: u64): usize {
  return <usize>C.JUMPS + (<usize>((pc >> 1) & (<u64>C.JUMPS_ENTRIES - 1)) << 4);
}

/** The region for pc among those that share a slot, or 0. */
export function inChain(head: usize, pc: u64): usize {
  for (let region = head; region != 0; region = <usize>load<u32>(region, C.REGION_NEXT)) {
    if (load<u64>(region, C.REGION_PC) == pc) return region;
  }
  return 0;
}

/** What a slot must hold to lead to a region. */
// @ts-ignore: decorator
@inline
function leadingTo(region: usize): u64 {
  return <u64>OP_COMPILED | ((<u64>region) << 32);
}

// @ts-ignore: decorator
@inline
function pageOf(region: usize, n: u32): usize {
  return region + <usize>C.REGION_PAGE + <usize>n * <usize>C.REGION_PAGE_BYTES;
}

/** Whether the region's code is what is mapped, and unchanged. If it has changed the slot forgets it. */
export function valid(region: usize, ip: usize): bool {
  const pages = load<u32>(region, C.REGION_PAGES);
  for (let n: u32 = 0; n < pages; n++) {
    const at = pageOf(region, n);
    const frame = load<u32>(at, 4);
    if (frameGeneration(frame) != load<u32>(at, 8)) {
      store<u32>(region, C.REGION_DEAD, C.REGION_STATE);
      // Undecoded, but not this time: the caller goes on with the original operation.
      store<u64>(ip, 0);
      return false;
    }
    if (n != 0 && mappedFrame(load<u32>(at)) != frame) return false;
  }
  store<u32>(region, codeEpoch(), C.REGION_EPOCH);
  return true;
}

/** A place from which the interpreter executes the operation that a region's slot held. */
export function original(region: usize, pc: u64): usize {
  return runScratch(pc, load<u64>(region, C.REGION_ORIGINAL));
}

/**
 * Puts a region in force whose record is filled but for slot, original operation, frames and epoch. False: its entry is taken, or its
 * code is not there.
 */
export function jitInstall(region: usize): bool {
  const pc = load<u64>(region, C.REGION_PC);
  const pages = load<u32>(region, C.REGION_PAGES);
  for (let n: u32 = 0; n < pages; n++) {
    const at = pageOf(region, n);
    const frame = mappedFrame(load<u32>(at));
    if (frame == 0 || (frameFlags(frame) & FRAME_CODE) == 0) return false;
    store<u32>(at, frame, 4);
    store<u32>(at, frameGeneration(frame), 8);
  }
  const frame = load<u32>(region, C.REGION_PAGE + 4);
  const offset = <u32>pc & 4095;
  const code = <usize>frameDecoded(frame);
  if (code == 0) return false;
  const low = <u32>load<u16>(frameAddress(frame) + offset);
  if ((low & 3) == 3 && offset == 4094) return false;
  const slot = code + (<usize>offset << 2);
  const others = load<u16>(slot) == OP_COMPILED ? <usize>load<u32>(slot, 4) : 0;
  if (inChain(others, pc) != 0) return false;
  const operation = (low & 3) == 3 ? decode32(load<u32>(frameAddress(frame) + offset), FAR_ONLY) : decode16(low, FAR_ONLY);
  store<u64>(region, operation, C.REGION_ORIGINAL);
  store<u32>(region, <u32>slot, C.REGION_SLOT);
  store<u32>(region, 0xffffffff, C.REGION_EPOCH);
  store<u32>(region, C.REGION_LIVE, C.REGION_STATE);
  for (let n: u32 = 0; n < pages; n++) {
    const at = pageOf(region, n);
    bindPage(load<u32>(at), load<u32>(at, 4));
  }
  store<u32>(region, <u32>others, C.REGION_NEXT);
  store<u64>(slot, leadingTo(region));
  if (others == 0) baselineYield(code, slot, true);
  return true;
}

function unlink(code: usize, slot: usize, region: usize): void {
  const next = load<u32>(region, C.REGION_NEXT);
  const head = <usize>load<u32>(slot, 4);
  if (head == region) {
    store<u64>(slot, next == 0 ? 0 : leadingTo(next));
    if (next == 0) baselineYield(code, slot, false);
    return;
  }
  for (let at = head; at != 0; at = <usize>load<u32>(at, C.REGION_NEXT)) {
    if (<usize>load<u32>(at, C.REGION_NEXT) == region) {
      store<u32>(at, next, C.REGION_NEXT);
      return;
    }
  }
}

/** Takes a region out of force; its record may be used again. */
export function jitRemove(region: usize): void {
  const slot = <usize>load<u32>(region, C.REGION_SLOT);
  const offset = <usize>load<u32>(region, C.REGION_PC) & 4095;
  const code = <usize>frameDecoded(load<u32>(region, C.REGION_PAGE + 4));
  if (code != 0 && code + (offset << 2) == slot && load<u16>(slot) == OP_COMPILED) unlink(code, slot, region);
  const e = jumpEntry(load<u64>(region, C.REGION_PC));
  if (load<u32>(e, C.JUMP_FUNCTION) == load<u32>(region, C.REGION_FUNCTION)) store<u32>(e, codeEpoch() - 1, C.JUMP_EPOCH);
  store<u32>(region, 0, C.REGION_STATE);
}

/** Whether the bytes that a region was made from are still the same. */
export function jitIntact(region: usize): bool {
  const pages = load<u32>(region, C.REGION_PAGES);
  for (let n: u32 = 0; n < pages; n++) {
    const at = pageOf(region, n);
    if (frameGeneration(load<u32>(at, 4)) != load<u32>(at, 8)) return false;
  }
  return true;
}
