/**
 * Sv39 page tables (privileged manual, section 12.4): 39-bit virtual addresses, three levels of 512 entries.
 *
 *   virtual address   | VPN[2] 38..30 | VPN[1] 29..21 | VPN[0] 20..12 | offset 11..0 |
 *   PTE               | PPN 53..10 | RSW 9..8 | D 7 | A 6 | G 5 | U 4 | X 3 | W 2 | R 1 | V 0 |
 *
 * The PPN is a frame number of linear memory. User half only: bit 38 of an address is 0.
 */
import { PAGE_SIZE } from '../shared/layout';
import { frameAddress, frameAllocateZeroed, frameRelease } from './frames';

export const PTE_V: u64 = 1;
export const PTE_R: u64 = 2;
export const PTE_W: u64 = 4;
export const PTE_X: u64 = 8;
export const PTE_U: u64 = 16;
export const PTE_A: u64 = 64;
export const PTE_D: u64 = 128;
export const TASK_SIZE: u64 = 1 << 38;

// @ts-ignore: decorator
@inline
export function pteFrame(pte: u64): u32 {
  return <u32>(pte >> 10);
}
// @ts-ignore: decorator
@inline
export function pteMake(frame: u32, bits: u64): u64 {
  return ((<u64>frame) << 10) | bits;
}

/** Address of the leaf PTE for a page, or 0 when a table on the way is missing. */
export function pteFind(root: u32, va: u64): usize {
  const p2 = load<u64>(frameAddress(root) + <usize>((va >> 30) & 511) * 8);
  if (p2 == 0) return 0;
  const p1 = load<u64>(frameAddress(pteFrame(p2)) + <usize>((va >> 21) & 511) * 8);
  if (p1 == 0) return 0;
  return frameAddress(pteFrame(p1)) + <usize>((va >> 12) & 511) * 8;
}

/** How many frames the last pteCreate took for tables. */
export let tablesMade: u32 = 0;

/** Address of the leaf PTE, its tables made as needed; 0: no memory. */
export function pteCreate(root: u32, va: u64): usize {
  tablesMade = 0;
  let table = frameAddress(root);
  for (let shift: u64 = 30; shift > 12; shift -= 9) {
    const at = table + <usize>((va >> shift) & 511) * 8;
    let pte = load<u64>(at);
    if (pte == 0) {
      const frame = frameAllocateZeroed(0);
      if (frame == 0) return 0;
      tablesMade++;
      pte = pteMake(frame, PTE_V);
      store<u64>(at, pte);
    }
    table = frameAddress(pteFrame(pte));
  }
  return table + <usize>((va >> 12) & 511) * 8;
}

/** First page at or above va and below end whose leaf table exists, or end: skips what was never mapped. */
export function pteSkip(root: u32, va: u64, end: u64): u64 {
  while (va < end) {
    const p2 = load<u64>(frameAddress(root) + <usize>((va >> 30) & 511) * 8);
    if (p2 == 0) {
      va = ((va >> 30) + 1) << 30;
      continue;
    }
    if (load<u64>(frameAddress(pteFrame(p2)) + <usize>((va >> 21) & 511) * 8) != 0) return va;
    va = ((va >> 21) + 1) << 21;
  }
  return end;
}

/** Frees the table frames (all leaves are gone). Returns how many. */
export function tablesRelease(root: u32): u32 {
  let count: u32 = 1;
  for (let i: usize = 0; i < <usize>PAGE_SIZE; i += 8) {
    const p2 = load<u64>(frameAddress(root) + i);
    if (p2 == 0) continue;
    const middle = pteFrame(p2);
    for (let k: usize = 0; k < <usize>PAGE_SIZE; k += 8) {
      const p1 = load<u64>(frameAddress(middle) + k);
      if (p1 == 0) continue;
      frameRelease(pteFrame(p1));
      count++;
    }
    frameRelease(middle);
    count++;
  }
  frameRelease(root);
  return count;
}
