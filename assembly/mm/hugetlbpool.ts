/**
 * The pool of huge pages: megapages that are set aside, /proc/sys/vm/nr_hugepages of them, and quotas of it (hugetlbfs with `size=`). Who
 * has them and what for: hugetlb.ts.
 */
import { PAGE_SIZE } from '../shared/layout';
import { codeWritten } from '../code';
import {
  FRAME_CODE, FRAME_DIRTY, FRAME_POOL, frameAddress, frameFlags, frameRelease, frameSetFlags, frameSetOwner, frameSetSharers, frameSharers,
  frameSpanFind, frameSpanIsUnused, frameSpanTake,
} from './frames';
import { SPAN_PAGES } from './huge';
import { slabAllocate, slabFree } from './slab';

const SPAN_BYTES: usize = 1 << 21;
/** A quota: { u32 pages at most, u32 pages that count }. */
const QUOTA_BYTES: u32 = 8;
const QUOTA_MOST: usize = 0;
const QUOTA_USED: usize = 4;

/** Pages of the pool: all; those that nobody has, a list through frameSharers; those of them that are promised; how many are wanted. */
let total: u32 = 0;
let first: u32 = 0;
let free: u32 = 0;
let reserved: u32 = 0;
let wanted: u32 = 0;
/** vm.nr_overcommit_hugepages: so many more may be made when somebody needs them; they go when nobody does. */
let overcommit: u32 = 0;

export function poolTotal(): u32 {
  return total;
}
export function poolFree(): u32 {
  return free;
}
export function poolReserved(): u32 {
  return reserved;
}
/** vm.nr_hugepages */
export function poolWanted(): u32 {
  return wanted;
}
/** Pages above those: made when they were needed, or that were to go and are in use. */
export function poolSurplus(): u32 {
  return total - min(total, wanted);
}
export function poolOvercommit(): u32 {
  return overcommit;
}
export function poolSetOvercommit(pages: u32): void {
  overcommit = pages;
}

/** As many pages as that, as far as there is memory for more, and nobody needs those that are too many. */
export function poolResize(pages: u32): void {
  wanted = pages;
  while (total < wanted && grow());
  // What could not be had is not waited for.
  if (total < wanted) wanted = total;
  trim();
}

/** One page more. False: there is no memory for it. */
function grow(): bool {
  const span = frameSpanFind();
  if (span == 0) return false;
  frameSpanTake(span);
  total++;
  give(span, 0);
  return true;
}

/** So many more than vm.nr_hugepages, all or none. */
function growSurplus(pages: u32): bool {
  if (poolSurplus() + pages > overcommit) return false;
  for (let made: u32 = 0; made < pages; made++) {
    if (grow()) continue;
    trim();
    return false;
  }
  return true;
}

function trim(): void {
  while (total > wanted && free > reserved) {
    release(pop());
    total--;
  }
}

function give(span: u32, dirty: u32): void {
  frameSetFlags(span, FRAME_POOL | dirty, 0);
  frameSetSharers(span, first);
  first = span;
  free++;
}

function pop(): u32 {
  const span = first;
  first = frameSharers(span);
  free--;
  return span;
}

function release(span: u32): void {
  for (let frame = span; frame < span + SPAN_PAGES; frame++) frameRelease(frame);
}

/** Nobody has the page any more, nor code decoded from it; `quota` counts it no longer. */
export function poolPut(span: u32, quota: usize): void {
  charge(quota, -1);
  for (let frame = span; frame < span + SPAN_PAGES; frame++) if (frameFlags(frame) & FRAME_CODE) codeWritten(frame, 0, PAGE_SIZE);
  give(span, FRAME_DIRTY);
  trim();
}

/**
 * A page of zeros, or 0: there is none but for those who have reserved one (`promised`: the caller has, and uses that up), or the quota has
 * no room. While it is no object's, frameIndex is its quota.
 */
export function poolTake(identity: u32, promised: bool, quota: usize): u32 {
  if (!promised && (!fits(quota, 1) || (available() == 0 && !growSurplus(1)))) return 0;
  if (free == 0) return 0;
  if (promised) reserved--;
  else charge(quota, 1);
  const span = pop();
  if (identity != 0 && identity != span && frameSpanIsUnused(identity)) {
    release(span);
    frameSpanTake(identity);
    frameSetFlags(identity, FRAME_POOL, 0);
    frameSetOwner(identity, 0, <u32>quota);
    return identity;
  }
  frameSetOwner(span, 0, <u32>quota);
  if (frameFlags(span) & FRAME_DIRTY) memory.fill(frameAddress(span), 0, SPAN_BYTES);
  frameSetFlags(span, 0, FRAME_DIRTY);
  return span;
}

/** Pages that are promised to nobody. A page that a child has as well is promised again before it is there. */
function available(): u32 {
  return free - min(free, reserved);
}

/** Reserves so many pages. False: there are not so many, or the quota has no room for them. */
export function poolReserve(pages: u32, quota: usize): bool {
  if (!fits(quota, pages) || (pages > available() && !growSurplus(pages - available()))) return false;
  poolPromise(pages, quota);
  return true;
}

/** So many are reserved again that were before. */
export function poolPromise(pages: u32, quota: usize): void {
  reserved += pages;
  charge(quota, pages);
}

/** So many are reserved no longer. */
export function poolUnreserve(pages: u32, quota: usize): void {
  reserved -= pages;
  charge(quota, -<i32>pages);
  trim();
}

/** A quota: how much of the pool the files of one file system may have, promised or taken, in whatever mapping. 0: no memory. */
export function quotaCreate(pages: u32): usize {
  const quota = slabAllocate(QUOTA_BYTES);
  if (quota != 0) store<u32>(quota, pages, QUOTA_MOST);
  return quota;
}
export function quotaRelease(quota: usize): void {
  slabFree(quota, QUOTA_BYTES);
}
export function quotaUsed(quota: usize): u32 {
  return load<u32>(quota, QUOTA_USED);
}

function fits(quota: usize, pages: u32): bool {
  return quota == 0 || <u64>load<u32>(quota, QUOTA_USED) + pages <= <u64>load<u32>(quota, QUOTA_MOST);
}

function charge(quota: usize, pages: i32): void {
  if (quota != 0) store<u32>(quota, load<u32>(quota, QUOTA_USED) + pages, QUOTA_USED);
}
