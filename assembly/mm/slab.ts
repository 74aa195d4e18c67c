/** Small records of the core (spaces, VMAs, objects, radix nodes, contexts) and decoded pages. Sizes in steps of 32 bytes. */
import { PAGE_SIZE } from '../shared/layout';
import { frameAddress, frameAllocate, frameRun } from './frames';

const STEP: u32 = 32;
const CLASSES: u32 = 33;
const lists = memory.data(CLASSES * 4, 8);

/** `size` <= 1024 zeroed bytes, or 0. Frames of records are kept for records. */
export function slabAllocate(size: u32): usize {
  const kind = (size + STEP - 1) / STEP;
  const head = lists + <usize>kind * 4;
  if (load<u32>(head) == 0 && !refill(kind)) return 0;
  const record = <usize>load<u32>(head);
  store<u32>(head, load<u32>(record));
  memory.fill(record, 0, kind * STEP);
  return record;
}

function refill(kind: u32): bool {
  const frame = frameAllocate(0);
  if (frame == 0) return false;
  const size = kind * STEP;
  const start = frameAddress(frame);
  for (let at: u32 = 0; at + size <= <u32>PAGE_SIZE; at += size) slabFree(start + at, size);
  return true;
}

export function slabFree(record: usize, size: u32): void {
  const head = lists + <usize>((size + STEP - 1) / STEP) * 4;
  store<u32>(record, load<u32>(head));
  store<u32>(head, <u32>record);
}

/** A decoded page: 2048 slots and 8 for what follows the end. 64 of them fill a run of 257 frames exactly. */
export const DECODED_BYTES: u32 = (2048 + 8) * 8;
const RUN_FRAMES: u32 = 257;
const RUN_PAGES: u32 = 64;
let decodedFree: u32 = 0;

/** Zeroed, or 0. */
export function decodedAllocate(): u32 {
  if (decodedFree == 0) {
    const run = <u32>frameRun(RUN_FRAMES);
    if (run == 0) return 0;
    for (let i: u32 = 0; i < RUN_PAGES; i++) {
      store<u32>(run + i * DECODED_BYTES, decodedFree);
      decodedFree = run + i * DECODED_BYTES;
    }
  }
  const page = decodedFree;
  decodedFree = load<u32>(page);
  memory.fill(page, 0, DECODED_BYTES);
  return page;
}

export function decodedRelease(page: u32): void {
  store<u32>(page, decodedFree);
  decodedFree = page;
}
