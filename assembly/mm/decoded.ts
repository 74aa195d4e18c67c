/**
 * Room for decoded pages (code.ts): 2048 slots, a tail of 64, the last of which belongs to this file and holds the owning frame.
 * 64 pages fill a run of 264 frames exactly:
 *
 *   run   | page 0 (16,896 bytes) | page 1 | ... | page 63 |
 *
 * A decoded page is a cache, so it does not count as memory in use; RUNS_MAX bounds it (4,096 pages of code, 68 MB). When all are taken,
 * a quarter of them is dropped, in clock order.
 */
import { codeDropped, execInvalidateAll } from '../code';
import { FRAME_CODE, frameDecoded, frameRun, frameSetFlags } from './frames';

export const DECODED_BYTES: u32 = (2048 + 64) * 8;
/** Where a decoded page names its frame; 0 while the page is free. */
export const DECODED_OWNER: usize = (2048 + 63) * 8;
const RUN_FRAMES: u32 = 264;
const RUN_PAGES: u32 = 64;
const RUNS_MAX: u32 = 64;

/** Addresses of the runs. */
const runs = memory.data(RUNS_MAX * 4, 8);
let runCount: u32 = 0;
/** Pages of the last run given out so far; the rest of it was never touched. */
let runUsed: u32 = RUN_PAGES;
let free: u32 = 0;
let hand: u32 = 0;

// @ts-ignore: decorator
@inline
function pageAt(index: u32): u32 {
  return load<u32>(runs + <usize>(index / RUN_PAGES) * 4) + (index % RUN_PAGES) * DECODED_BYTES;
}

/** A zeroed decoded page, or 0: no memory. May drop others, also that of the running code. */
export function decodedAllocate(): u32 {
  if (free == 0 && runUsed == RUN_PAGES && !addRun() && !evict()) return 0;
  if (free == 0) return pageAt((runCount - 1) * RUN_PAGES + runUsed++);
  const page = free;
  free = load<u32>(page);
  memory.fill(page, 0, DECODED_BYTES);
  return page;
}

export function decodedRelease(page: u32): void {
  store<u32>(page, 0, DECODED_OWNER);
  store<u32>(page, free);
  free = page;
}

function addRun(): bool {
  if (runCount == RUNS_MAX) return false;
  const run = <u32>frameRun(RUN_FRAMES);
  if (run == 0) return false;
  store<u32>(runs + <usize>runCount * 4, run);
  runCount++;
  runUsed = 0;
  return true;
}

/** All pages of all runs are taken. */
function evict(): bool {
  const pages = runCount * RUN_PAGES;
  for (let n: u32 = 0; n < pages / 4; n++) {
    hand = hand + 1 < pages ? hand + 1 : 0;
    const page = pageAt(hand);
    const owner = load<u32>(page, DECODED_OWNER);
    if (owner == 0 || frameDecoded(owner) != page) continue;
    frameSetFlags(owner, 0, FRAME_CODE);
    codeDropped(owner);
  }
  execInvalidateAll();
  return free != 0;
}

/** Address of a run, by its number from 0; 0: there are no more. Snapshots leave operations out: slots of zeros are decoded again. */
export function decodedRun(index: u32): u32 {
  return index < runCount ? load<u32>(runs + <usize>index * 4) : 0;
}

export function decodedCount(): u32 {
  return runCount == 0 ? 0 : (runCount - 1) * RUN_PAGES + runUsed;
}

/** The nth decoded page; 0: it is free. */
export function decodedNth(index: u32): u32 {
  const page = pageAt(index);
  return load<u32>(page, DECODED_OWNER) == 0 ? 0 : page;
}
