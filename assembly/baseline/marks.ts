/** The page being compiled: which of its 2 bytes are instructions, what those are, and where it can be entered. */
import { ENTRY_NUMBERS, MARKS, OPERATIONS } from '../shared/baseline';
import { baselineRule } from '../generated/baseline';

export const SLOTS: u32 = 2048;

/* Marks. */
export const INSTRUCTION: u8 = 1;
export const ENTRY: u8 = 2;
/** The instruction before runs on into it. */
export const REACHED: u8 = 4;

// @ts-ignore: decorator
@inline
export function mark(slot: u32): u8 {
  return load<u8>(<usize>MARKS + slot);
}
// @ts-ignore: decorator
@inline
export function addMark(slot: u32, bits: u8): void {
  if (slot < SLOTS) store<u8>(<usize>MARKS + slot, mark(slot) | bits);
}
// @ts-ignore: decorator
@inline
export function operationAt(slot: u32): u64 {
  return load<u64>(<usize>OPERATIONS + (<usize>slot << 3));
}
// @ts-ignore: decorator
@inline
export function entryAt(slot: u32): u32 {
  return load<u16>(<usize>ENTRY_NUMBERS + (<usize>slot << 1));
}

/* Of a rule of generated/baseline.ts. */
// @ts-ignore: decorator
@inline
export function kindOf(rule: u64): u32 {
  return <u32>rule & 0xff;
}
// @ts-ignore: decorator
@inline
export function slotsOf(rule: u64): u32 {
  return (<u32>rule >> 9) & 0x7f;
}
// @ts-ignore: decorator
@inline
export function shiftOf(rule: u64): u32 {
  return (<u32>rule >> 24) & 0xff;
}
// @ts-ignore: decorator
@inline
export function ruleAt(slot: u32): u64 {
  return baselineRule(<u32>operationAt(slot) & 0xffff);
}

/* Of a decoded operation: places of registers, the immediate. */
// @ts-ignore: decorator
@inline
export function rdOf(operation: u64): u32 {
  return <u32>(operation >> 16) & 0xff;
}
// @ts-ignore: decorator
@inline
export function rs1Of(operation: u64): u32 {
  return <u32>(operation >> 24) & 0xff;
}
// @ts-ignore: decorator
@inline
export function immediateOf(operation: u64): i32 {
  return <i32>(operation >> 32);
}

/** The slot that a branch or direct jump leads to; one outside of the page is at least SLOTS. */
// @ts-ignore: decorator
@inline
export function targetOf(slot: u32, operation: u64): u32 {
  return slot + <u32>(immediateOf(operation) >> 1);
}

// @ts-ignore: decorator
@inline
export function isInstruction(slot: u32): bool {
  return slot < SLOTS && (mark(slot) & INSTRUCTION) != 0;
}
