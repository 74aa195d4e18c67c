/** More of the core's exports (abi.ts): megapages and same-page merging. Addresses that are out of range were refused by the host. */
import * as collapse from './collapse';
import * as huge from './huge';
import * as hugetlb from './hugetlb';
import * as pool from './hugetlbpool';
import * as hugetlbwatch from './hugetlbwatch';
import * as ksm from './ksm';
import * as objects from './object';
import * as objectspan from './objectspan';
import { ENOMEM } from '../shared/errno';
import { POOL_FREE, POOL_OVERCOMMIT, POOL_RESERVED, POOL_TOTAL, POOL_WANTED } from '../shared/stat';
import { TASK_SIZE } from './pagetable';
import { SPACE_NO_HUGE } from './space';

export function hugeSetPolicy(policy: u32): void {
  huge.hugeSetPolicy(policy);
}
export function spaceForbidHuge(space: usize, on: bool): void {
  store<u32>(space, on ? 1 : 0, SPACE_NO_HUGE);
}
/** THPeligible of smaps: 1 if some place of the mapping would get a megapage. */
export function hugeEligible(space: usize, vma: usize): u32 {
  return huge.hugeEligible(space, vma) ? 1 : 0;
}
/** Start of the next 2 MiB, at or above an address, that may become a megapage; -1: there are none. */
export function hugeScanNext(space: usize, address: f64): f64 {
  const next = collapse.hugeScanNext(space, <u64>address);
  return next == TASK_SIZE ? -1 : <f64>next;
}
export function hugeScan(space: usize, base: f64, mostAbsent: u32, mostSwapped: u32, mostShared: u32): i32 {
  return collapse.hugeScan(space, <u64>base, mostAbsent, mostSwapped, mostShared);
}
/** The pool of huge pages: all, free, promised, those that are too many. */
export function hugetlbPool(which: u32): u32 {
  switch (which) {
    case POOL_TOTAL: return pool.poolTotal();
    case POOL_FREE: return pool.poolFree();
    case POOL_RESERVED: return pool.poolReserved();
    case POOL_WANTED: return pool.poolWanted();
    case POOL_OVERCOMMIT: return pool.poolOvercommit();
    default: return pool.poolSurplus();
  }
}
/** SHM_HUGETLB: all of the object's pages are promised. 0 or -ENOMEM. */
export function hugetlbPromise(object: usize, bytes: f64): i32 {
  return hugetlb.hugetlbReserve(object, 0, <u64>bytes, true) < 0 ? -ENOMEM : 0;
}
export function hugetlbSetOvercommit(pages: u32): void {
  pool.poolSetOvercommit(pages);
}
export function hugetlbFill(object: usize, page: u32): bool {
  return hugetlb.hugetlbFill(object, page);
}
export function hugetlbQuota(pages: u32): usize {
  return pool.quotaCreate(pages);
}
export function hugetlbQuotaRelease(quota: usize): void {
  pool.quotaRelease(quota);
}
export function hugetlbQuotaUsed(quota: usize): u32 {
  return pool.quotaUsed(quota);
}
export function objectSetQuota(object: usize, quota: usize): void {
  objectspan.objectSetQuota(object, quota);
}
export function objectSetZeros(object: usize, bytes: f64): void {
  objects.objectSetZeros(object, <u64>bytes);
}
export function hugetlbStage(space: usize, address: f64): f64 {
  return hugetlbwatch.hugetlbStage(space, <u64>address);
}
export function hugetlbUnstage(): void {
  hugetlbwatch.hugetlbUnstage();
}
export function hugetlbResize(pages: u32): void {
  pool.poolResize(pages);
}
export function ksmAll(space: usize, on: bool): i32 {
  return ksm.ksmAll(space, on);
}
export function ksmNext(space: usize, address: f64): f64 {
  const next = ksm.ksmNext(space, <u64>address);
  return next == TASK_SIZE ? -1 : <f64>next;
}
export function ksmFrame(space: usize, address: f64): u32 {
  return ksm.ksmFrame(space, <u64>address);
}
export function ksmChecksum(frame: u32): u32 {
  return ksm.ksmChecksum(frame);
}
export function ksmKeep(space: usize, address: f64): bool {
  return ksm.ksmKeep(space, <u64>address);
}
export function ksmMerge(space: usize, address: f64, frame: u32): i32 {
  return ksm.ksmMerge(space, <u64>address, frame);
}
export function ksmBreak(space: usize, start: f64, end: f64): i32 {
  return ksm.ksmBreak(space, <u64>start, <u64>end);
}
