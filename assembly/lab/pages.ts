/**
 * The pages of a stream. Regions of 2 MiB of the address spaces are numbered in the order of their first accesses; a page of 4 KiB is
 * its region's
 * number * 512 + its place there. Everything else names pages so: they are looked up once for all systems. That regions are looked
 * up, and not pages, keeps what is looked up often in the processor's caches.
 *
 * Time is counted in touches, first accesses to pages (and in ticks, where systems have something to do now and then): since systems
 * come to the same place of the stream one after the other, what is kept is when something came to be, and not just whether it is.
 */
import { HashTable, tableFind, tableInsert, tableNew, zeros } from './hash';

/** What memory allows: 1 TiB of address space in use. */
export const REGIONS_MAX: u32 = 1 << 19;
const VALID: u64 = (<u64>1) << 63;
const SPACE_SHIFT: u64 = 50;
const NUMBER_MASK: u64 = ((<u64>1) << SPACE_SHIFT) - 1;

const byKey: HashTable = tableNew();
/** u64[region]: its key. */
let keys: usize = zeros(256 << 3);
/** u32[page]: which touch its first access was, from 1; 0: it has none yet. */
let touched: usize = zeros(256 << 11);
/** u8[page]: has it been stored to since its translation was dropped last? Kept only if somebody wants to know. */
let stored: usize = zeros(256 << 9);
export let watchesStores: bool = false;
let room: u32 = 256;
/** Regions so far; numbers begin with 1. */
export let regionCount: u32 = 0;
/** Time: touches so far, and ticks. */
export let touches: u32 = 0;
/** Ticks so far; u32[page]: ticks before its first access. Kept only if there are ticks. */
let ticks: u32 = 0;
let ticksBefore: usize = 0;

/** What was looked up lately: { u64 key, u64 number }, by the low bits of the region. */
const RECENT: u64 = 1023;
const recent: usize = zeros(1024 << 4);

/** Something numbered, of an address space. */
// @ts-ignore: decorator
@inline
export function spaceKey(space: u64, number: u64): u64 {
  return VALID | (space << SPACE_SHIFT) | number;
}

/** More room for an array that is full: twice as much, the rest zero. The old one is not given back: it doubles. */
export function grown(array: usize, bytes: usize): usize {
  const larger = zeros(bytes << 1);
  memory.copy(larger, array, bytes);
  return larger;
}

/** Number of the page that is accessed. */
// @ts-ignore: decorator
@inline
export function pageOf(space: u64, va: u64): u32 {
  const key = spaceKey(space, va >> 21);
  const slot = recent + (<usize>((va >> 21) & RECENT) << 4);
  let region: u32;
  if (load<u64>(slot) == key) region = <u32>load<u64>(slot, 8);
  else {
    region = find(key);
    store<u64>(slot, key);
    store<u64>(slot, region, 8);
  }
  return (region << 9) | (<u32>(va >> 12) & 511);
}

/** Is this the page's first access? It is noted. */
// @ts-ignore: decorator
@inline
export function touch(page: u32): bool {
  const at = touched + (<usize>page << 2);
  if (load<u32>(at) != 0) return false;
  store<u32>(at, ++touches);
  if (ticks != 0) store<u32>(ticksBefore + (<usize>page << 2), ticks);
  return true;
}

/** Time goes on without an access. */
export function tick(): void {
  if (ticksBefore == 0) ticksBefore = zeros(<usize>room << 11);
  ticks++;
  touches++;
}

/** Which first access that of the page was. */
export function orderOf(page: u32): u32 {
  return touchOf(page) - (ticksBefore == 0 ? 0 : load<u32>(ticksBefore + (<usize>page << 2)));
}

export function watchStores(): void {
  watchesStores = true;
}

/** Is this the first store to the page, or the first since its translation was dropped? It is noted. */
export function firstStore(page: u32): bool {
  if (load<u8>(stored + <usize>page) != 0) return false;
  store<u8>(stored + <usize>page, 1);
  return true;
}

/** 2^order pages were dropped. */
export function forgetStores(space: u64, va: u64, order: u32): void {
  for (let n: u64 = 0; n < <u64>1 << order; n++) {
    const address = va + (n << 12);
    const region = regionKnown(space, address);
    if (region != 0) store<u8>(stored + ((<usize>region << 9) | (<usize>(address >> 12) & 511)), 0);
  }
}

function find(key: u64): u32 {
  const at = tableFind(byKey, key);
  if (at != 0) return <u32>load<u64>(at);
  // The stream ends with the block in which this happens.
  if (regionCount == REGIONS_MAX) return REGIONS_MAX;
  regionCount++;
  if (regionCount == room) {
    keys = grown(keys, <usize>room << 3);
    touched = grown(touched, <usize>room << 11);
    stored = grown(stored, <usize>room << 9);
    if (ticksBefore != 0) ticksBefore = grown(ticksBefore, <usize>room << 11);
    room <<= 1;
  }
  store<u64>(keys + (<usize>regionCount << 3), key);
  tableInsert(byKey, key, regionCount);
  return regionCount;
}

/** Number of the region of an address, which need not be accessed: 0 if none of it ever was. */
export function regionKnown(space: u64, va: u64): u32 {
  const at = tableFind(byKey, spaceKey(space, va >> 21));
  return at == 0 ? 0 : <u32>load<u64>(at);
}

export function regionSpace(region: u32): u64 {
  return (load<u64>(keys + (<usize>region << 3)) & ~VALID) >> SPACE_SHIFT;
}
/** Address space of a TLB's key (policy.ts). */
export function spaceOfKey(key: u32): u64 {
  const size = key & 3;
  return regionSpace(size == 0 ? key >> 11 : size == 1 ? key >> 7 : key >> 2);
}
export function regionAddress(region: u32): u64 {
  return (load<u64>(keys + (<usize>region << 3)) & NUMBER_MASK) << 21;
}
/** Where the page of a TLB's key begins; of 1G: somewhere in it. */
export function addressOfKey(key: u32): u64 {
  const size = key & 3;
  if (size == 0) return regionAddress(key >> 11) | ((<u64>(key >> 2) & 511) << 12);
  if (size == 1) return regionAddress(key >> 7) | ((<u64>(key >> 2) & 31) << 16);
  return regionAddress(key >> 2);
}
/** When the first access of a page was, 0: it had none yet. */
// @ts-ignore: decorator
@inline
export function touchOf(page: u32): u32 {
  return load<u32>(touched + (<usize>page << 2));
}
