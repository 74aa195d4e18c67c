/**
 * Small records of the core: spaces, VMAs, objects, radix nodes, contexts. Sizes in steps of 32 bytes; a frame holds records of one size
 * and goes back when its last record goes. The frame's descriptor keeps the account:
 *
 *    8  u32 first free record (address)     12  u16 records in use     14  u16 offset of the first record never given out
 *   20  u32 next, 24 u32 previous frame of this size that has room
 *
 * Records behind that offset were never touched, so an almost empty frame costs one host page at most as far as it is used.
 */
import { DESCRIPTORS, DESCRIPTOR_SHIFT, PAGE_MASK, PAGE_SHIFT, PAGE_SIZE } from '../shared/layout';
import { frameAllocate, frameRelease } from './frames';

export { decodedAllocate, decodedRelease } from './decoded';

const ACCOUNTS: usize = DESCRIPTORS;
const STEP: u32 = 32;
/** Sizes up to 1024 bytes; class 0 is not used. */
const CLASSES: u32 = 33;
const FREE: usize = 8;
const IN_USE: usize = 12;
const FRESH: usize = 14;
const NEXT: usize = 20;
const PREVIOUS: usize = 24;

/** Per class: a frame with room, 0 = none. */
const roomy = memory.data(CLASSES * 4, 8);

// @ts-ignore: decorator
@inline
function account(frame: u32): usize {
  return ACCOUNTS + (<usize>frame << DESCRIPTOR_SHIFT);
}
// @ts-ignore: decorator
@inline
function roundUp(size: u32): u32 {
  return (size + STEP - 1) & ~(STEP - 1);
}
// @ts-ignore: decorator
@inline
function listOf(bytes: u32): usize {
  return roomy + <usize>(bytes / STEP) * 4;
}
// @ts-ignore: decorator
@inline
function full(d: usize, bytes: u32): bool {
  return load<u32>(d, FREE) == 0 && <u32>load<u16>(d, FRESH) + bytes > <u32>PAGE_SIZE;
}

/** `size` <= 1024 zeroed bytes, or 0: no memory. */
export function slabAllocate(size: u32): usize {
  const bytes = roundUp(size);
  if (load<u32>(listOf(bytes)) == 0) {
    const frame = frameAllocate(0);
    if (frame == 0) return 0;
    const d = account(frame);
    store<u32>(d, 0, FREE);
    store<u32>(d, 0, IN_USE);
    link(listOf(bytes), frame);
  }
  const frame = load<u32>(listOf(bytes));
  const d = account(frame);
  let record = <usize>load<u32>(d, FREE);
  if (record != 0) store<u32>(d, load<u32>(record), FREE);
  else {
    const offset = load<u16>(d, FRESH);
    record = (<usize>frame << PAGE_SHIFT) + offset;
    store<u16>(d, <u16>(<u32>offset + bytes), FRESH);
  }
  store<u16>(d, load<u16>(d, IN_USE) + 1, IN_USE);
  if (full(d, bytes)) unlink(listOf(bytes), d);
  memory.fill(record, 0, bytes);
  return record;
}

export function slabFree(record: usize, size: u32): void {
  const bytes = roundUp(size);
  const frame = <u32>((record & ~(<usize>PAGE_MASK)) >> PAGE_SHIFT);
  const d = account(frame);
  if (full(d, bytes)) link(listOf(bytes), frame);
  store<u32>(record, load<u32>(d, FREE));
  store<u32>(d, <u32>record, FREE);
  const inUse = load<u16>(d, IN_USE) - 1;
  store<u16>(d, inUse, IN_USE);
  if (inUse != 0) return;
  unlink(listOf(bytes), d);
  frameRelease(frame);
}

function link(list: usize, frame: u32): void {
  const head = load<u32>(list);
  const d = account(frame);
  store<u32>(d, head, NEXT);
  store<u32>(d, 0, PREVIOUS);
  if (head != 0) store<u32>(account(head), frame, PREVIOUS);
  store<u32>(list, frame);
}

function unlink(list: usize, d: usize): void {
  const next = load<u32>(d, NEXT);
  const previous = load<u32>(d, PREVIOUS);
  if (next != 0) store<u32>(account(next), previous, PREVIOUS);
  if (previous != 0) store<u32>(account(previous), next, NEXT);
  else store<u32>(list, next);
}
