/**
 * The core's exports in the types that cross to JavaScript cheaply: f64 for addresses, lengths and offsets, 32 bits for the rest.
 * A number that is no whole number in range becomes one that every check refuses. host/core/abi.ts documents them.
 */
import * as access from './access';
import * as advise from './advise';
import * as clear from './clear';
import * as fork from './fork';
import * as frames from './frames';
import * as fault from './fault';
import * as map from './map';
import * as mark from './mark';
import * as object from './object';
import * as protect from './protect';
import * as reclaim from './reclaim';
import * as remap from './remap';
import * as scan from './scan';
import * as seal from './seal';
import * as space from './space';
import * as stat from './stat';
import * as swap from './swap';
import * as swapoff from './swapoff';
import * as vma from './vma';
import * as userfault from './userfault';
import * as window from './window';
import { pteAt, TASK_SIZE } from './pagetable';
import { FRAME_COUNT, PAGE_MASK } from '../shared/layout';
import { EFBIG } from '../shared/errno';
import { RECLAIM_STAT_SCANNED } from '../shared/stat';

const REFUSED: u64 = 1 << 60;
const EXACT: f64 = 9007199254740992;
const OFFSET_LIMIT: f64 = 9223372036854775808.0;
const OFFSET_MAX: u64 = (1 << 63) - 1;
/** What a device may be mapped at. */
const ANY_OFFSET_LIMIT: f64 = 18446744073709551616.0;

// @ts-ignore: decorator
@inline
function whole(n: f64): u64 {
  return n >= 0 && n < EXACT ? <u64>n : REFUSED;
}

/** Offsets in a file are cut to the largest. */
// @ts-ignore: decorator
@inline
function fileOffset(n: f64): u64 {
  return n >= 0 ? min(<u64>min(n, OFFSET_LIMIT), OFFSET_MAX) : OFFSET_MAX;
}

/** Indices are cut to the first that no page has. */
// @ts-ignore: decorator
@inline
function pageIndex(n: f64): u64 {
  return n >= 0 ? <u64>min(n, <f64>object.INDEX_END) : 0;
}

export function coreInit(frameLimit: u32, windowPages: u32): void {
  frames.framesInit(frameLimit);
  window.windowInit(windowPages);
  fault.faultInit();
}
export function framesInUse(): u32 {
  return frames.framesUsed();
}
export function frameLimit(): u32 {
  return frames.framesLimit();
}

export function spaceCreate(): usize {
  return space.spaceCreate();
}
export function spaceFork(parent: usize): usize {
  return fork.spaceFork(parent);
}
export function spaceRelease(s: usize): void {
  space.spaceRelease(s);
}
export function spaceActivate(s: usize): void {
  space.spaceActivate(s);
}
export function spaceSetLayout(s: usize, mmapBase: f64, brkStart: f64, stackLimit: f64): void {
  space.spaceSetLayout(s, min(whole(mmapBase), TASK_SIZE), min(whole(brkStart), TASK_SIZE), whole(stackLimit));
}
export function spaceStat(s: usize, which: u32): f64 {
  return <f64>space.spaceStat(s, which);
}

export function mmMap(s: usize, address: f64, length: f64, prot: u32, flags: u32, o: usize, offset: f64, may: u32, name: u32): f64 {
  // A multiple of the page size is exact wherever it lies.
  const at: u64 = offset >= 0 && offset < ANY_OFFSET_LIMIT ? <u64>offset : ~(<u64>PAGE_MASK);
  return <f64>map.mmMap(s, whole(address), whole(length), prot, flags, o, at, may, name);
}
export function mmUnmap(s: usize, address: f64, length: f64): i32 {
  return map.mmUnmap(s, whole(address), whole(length));
}
export function mmProtect(s: usize, address: f64, length: f64, prot: u32): i32 {
  return protect.mmProtect(s, whole(address), whole(length), prot);
}
export function mmRemap(s: usize, old: f64, oldLength: f64, newLength: f64, flags: u32, fixed: f64): f64 {
  return <f64>remap.mmRemap(s, whole(old), whole(oldLength), whole(newLength), flags, whole(fixed));
}
export function mmBrk(s: usize, address: f64): f64 {
  return <f64>map.mmBrk(s, whole(address));
}
export function mmAdvise(s: usize, address: f64, length: f64, advice: u32): i32 {
  return advise.mmAdvise(s, whole(address), whole(length), advice);
}
export function mmResident(s: usize, address: f64): i32 {
  return advise.mmResident(s, whole(address));
}
export function mmLock(s: usize, address: f64, length: f64, lock: u32): i32 {
  return advise.mmLock(s, whole(address), whole(length), lock);
}
export function frameOfPage(s: usize, address: f64): i32 {
  return mark.frameOfPage(s, whole(address));
}
export function frameRetire(frame: u32): bool {
  return mark.frameRetire(frame);
}
export function framePoison(s: usize, frame: u32): bool {
  return mark.framePoison(s, frame);
}
export function poisonedFrames(): u32 {
  return mark.poisonedFrames;
}
export function mmSeal(s: usize, address: f64, length: f64): i32 {
  return seal.mmSeal(s, whole(address), whole(length));
}
export function mmName(s: usize, address: f64, length: f64, name: u32): i32 {
  return protect.mmName(s, whole(address), whole(length), name);
}
export function spaceLockNew(s: usize, lock: u32): void {
  space.spaceLockNew(s, lock);
}

export function vmaFind(s: usize, address: f64): usize {
  return vma.vmaFind(s, whole(address));
}
export function vmaNext(s: usize, v: usize): usize {
  return vma.vmaNext(v);
}
export function vmaCount(s: usize): u32 {
  return load<u32>(s, space.SPACE_VMAS);
}
export function vmaStat(s: usize, v: usize, which: u32): f64 {
  return stat.vmaStat(s, v, which);
}
export function pageState(s: usize, address: f64): u32 {
  const va = whole(address);
  return va >= TASK_SIZE ? 0 : stat.pageState(s, va);
}
export function mmClear(s: usize, what: u32): i32 {
  return clear.mmClear(s, what);
}
export function frameFlags(frame: u32): u32 {
  return frame < <u32>FRAME_COUNT ? frames.frameFlags(frame) & frames.FRAME_FLAGS : 0;
}
export function zeroFrame(): u32 {
  return fault.zeroFrame;
}
export function pteRead(s: usize, address: f64): f64 {
  const va = whole(address);
  if (va >= TASK_SIZE) return 0;
  return <f64>pteAt(load<u32>(s, space.SPACE_ROOT), va);
}

export function userPage(s: usize, address: f64, kind: u32): usize {
  return access.userPage(s, whole(address), kind);
}
export function userCopyIn(s: usize, address: f64, length: u32): u32 {
  return access.userCopyIn(s, whole(address), length);
}
export function userCopyOut(s: usize, address: f64, length: u32): u32 {
  return access.userCopyOut(s, whole(address), length);
}
export function futexKeyObject(s: usize, address: f64): u32 {
  return access.futexKeyObject(s, whole(address));
}
export function futexKeyOffset(s: usize, address: f64): f64 {
  return <f64>access.futexKeyOffset(s, whole(address));
}

export function uffdRegister(s: usize, start: f64, end: f64, modes: u32, number: u32): i32 {
  return userfault.uffdRegister(s, whole(start), whole(end), modes, number);
}
export function uffdAdopt(s: usize, from: u32, to: u32): void {
  userfault.uffdAdopt(s, from, to);
}
export function uffdProtect(s: usize, start: f64, end: f64, on: bool, marks: bool): i32 {
  return userfault.uffdProtect(s, whole(start), whole(end), on, marks);
}
export function uffdFill(s: usize, address: f64, how: u32, guard: bool): i32 {
  return userfault.uffdFill(s, whole(address), how, guard);
}
export function uffdMove(s: usize, to: f64, from: f64): i32 {
  return userfault.uffdMove(s, whole(to), whole(from));
}

export function objectCreate(kind: u32): usize {
  return object.objectCreate(kind);
}
export function objectCreateDevice(pages: u32): usize {
  return object.objectCreateDevice(pages);
}
export function objectRetain(o: usize): void {
  object.objectRetain(o);
}
export function objectRelease(o: usize): void {
  object.objectRelease(o);
}
export function objectReferences(o: usize): u32 {
  return object.objectReferences(o);
}
export function objectWritable(o: usize): bool {
  return object.objectWritable(o);
}
export function objectNextFreed(): usize {
  return object.objectNextFreed();
}
export function objectSize(o: usize): f64 {
  return <f64>object.objectSize(o);
}
export function objectSetSize(o: usize, bytes: f64): void {
  object.objectSetSize(o, fileOffset(bytes));
}
export function objectPage(o: usize, index: f64): usize {
  return handed(object.objectFrame(o, pageIndex(index)));
}
export function objectInsertPage(o: usize, index: f64): usize {
  return handed(object.objectFrameMake(o, pageIndex(index)));
}
/** The host has the address in hand. */
function handed(frame: u32): usize {
  if (frame == 0) return 0;
  reclaim.hold(frame);
  return frames.frameAddress(frame);
}
export function objectHolds(o: usize, index: f64): bool {
  return object.objectHolds(o, pageIndex(index));
}
export function objectSlot(o: usize, index: f64): u32 {
  return object.objectSlot(o, pageIndex(index));
}
export function objectPagesSwapped(o: usize): u32 {
  return object.objectSwapped(o);
}
export function objectPin(o: usize, on: bool): void {
  object.objectPin(o, on);
}

export function handsFree(): void {
  reclaim.holdNothing();
}
export function reclaimPages(wanted: u32): u32 {
  return scan.reclaimPages(wanted);
}
export function pageOut(s: usize, start: f64, end: f64): f64 {
  return <f64>scan.pageOut(s, whole(start), min(whole(end), TASK_SIZE));
}
export function reclaimNextDirty(): u32 {
  return scan.reclaimNextDirty();
}
export function reclaimWritten(o: usize, index: f64): bool {
  return scan.reclaimWritten(o, pageIndex(index));
}
export function debugPlainQueue(on: bool): void {
  scan.debugPlainQueue(on);
}
export function swapInit(pages: u32): bool {
  return swap.swapInit(pages);
}
export function swapShut(shut: bool): void {
  swap.swapShut(shut);
}
export function swapPage(slot: u32): usize {
  return swap.swapPage(slot);
}
export function swapInsert(slot: u32): usize {
  return handed(swap.swapInsert(slot));
}
export function swapBack(again: bool): i32 {
  return swapoff.swapBack(again);
}
export function swapReferences(slot: u32): u32 {
  return swap.swapReferences(slot);
}
export function swapDiscard(slot: u32): void {
  swap.swapDiscard(slot);
}
export function swapNextDirty(): u32 {
  return swap.swapNextDirty();
}
export function swapWritten(slot: u32, done: bool): bool {
  const freed = swap.swapWritten(slot, done);
  if (freed) scan.countFreed();
  return freed;
}
export function swapStat(which: u32): f64 {
  return <f64>(which < <u32>RECLAIM_STAT_SCANNED ? swap.swapStat(which) : scan.reclaimStat(which));
}
export function objectMarkDirty(o: usize, index: f64): void {
  object.objectMarkDirty(o, pageIndex(index));
}
export function objectNextDirty(o: usize, from: f64): f64 {
  return <f64>object.objectNextDirty(o, pageIndex(from));
}
export function objectNextPresent(o: usize, from: f64): f64 {
  return <f64>object.objectNextPresent(o, pageIndex(from));
}
export function objectClean(o: usize, index: f64): void {
  object.objectClean(o, pageIndex(index));
}
export function objectDropPages(o: usize, from: f64, to: f64, discard: u32): void {
  const first = pageIndex(from);
  const last = pageIndex(to);
  if (first >= last) return;
  if (discard) object.dropPages(o, first, last);
  else object.dropCleanPages(o, first, last, 0xffffffff, false);
}
export function objectPagesPresent(o: usize): u32 {
  return object.objectPages(o);
}
export function objectKeep(o: usize): void {
  object.objectKeep(o);
}
export function objectMeter(o: usize): void {
  object.objectMeter(o);
}
export function objectTakeHits(o: usize): u32 {
  return object.objectTakeHits(o);
}
export function cacheStat(which: u32): f64 {
  return object.cacheStat(which);
}
export function objectPagesDirty(o: usize): u32 {
  return object.objectDirtyPages(o);
}
export function objectRead(o: usize, offset: f64, s: usize, address: f64, length: u32): i32 {
  return access.objectRead(o, fileOffset(offset), s, whole(address), length);
}
export function objectWrite(o: usize, offset: f64, s: usize, address: f64, length: u32): i32 {
  const at = fileOffset(offset);
  if (<u64>length > OFFSET_MAX - at) return -EFBIG;
  return access.objectWrite(o, at, s, whole(address), length);
}
