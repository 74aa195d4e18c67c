/**
 * Windows: virtual page v of a space has its identity frame at first + v, and a permission byte that says what may be done there
 * without asking. Slot i of the permission tables belongs to at most one space; all its bytes are zero while it is free. A mark for 512 of
 * them (permissionMark) is set with each, and cleared when all are: a child that has touched nothing leaves without a look at any.
 */
import { FIRST_WINDOW_FRAME, FRAME_COUNT, PAGE_SHIFT, PERM_READ, PERM_WRITE } from '../shared/layout';
import { PERMISSION_MARKS, PERMISSION_STRIDE_SHIFT, PERMISSIONS, WINDOW_SLOTS } from '../shared/layout';
import { SPACE_SLOT, SPACE_WINDOW } from './space';

/** Of the active space; windowPages 0 = it has no window. */
export let windowPermissions: u32 = 0;
export let windowBase: u32 = 0;
export let windowPages: u32 = 0;

const TABLES: usize = PERMISSIONS;
const FIRST: u32 = FIRST_WINDOW_FRAME;
const ROOM: u32 = FRAME_COUNT - FIRST_WINDOW_FRAME;
const SLOTS: u32 = WINDOW_SLOTS;
let pages: u32 = 0;
const used = memory.data(WINDOW_SLOTS);

export function windowInit(wanted: u32): void {
  pages = min(wanted, ROOM);
}

/** Windows of a full machine are laid an eighth apart; when all room is taken they overlap, which is only slower. */
function firstFrame(slot: u32): u32 {
  const room = ROOM - pages;
  const step = max(pages >> 3, 1);
  return FIRST + (room == 0 ? 0 : (slot * step) % (room + 1));
}

/** The lowest free slot: its frames are the ones most likely warm. */
export function windowTake(space: usize): void {
  for (let slot: u32 = 0; slot < SLOTS; slot++) {
    if (load<u8>(used + slot) != 0) continue;
    store<u8>(used + slot, 1);
    store<u32>(space, slot + 1, SPACE_SLOT);
    store<u32>(space, firstFrame(slot), SPACE_WINDOW);
    return;
  }
}

/** Does a space have the slot? For snapshots. */
export function windowTaken(slot: u32): bool {
  return load<u8>(used + slot) != 0;
}

export function windowGive(space: usize): void {
  const slot = load<u32>(space, SPACE_SLOT);
  if (slot != 0) store<u8>(used + slot - 1, 0);
}

export function windowActivate(space: usize): void {
  const slot = space == 0 ? 0 : load<u32>(space, SPACE_SLOT);
  windowPages = slot == 0 ? 0 : pages;
  windowPermissions = slot == 0 ? 0 : <u32>TABLES + ((slot - 1) << PERMISSION_STRIDE_SHIFT);
  windowBase = slot == 0 ? 0 : load<u32>(space, SPACE_WINDOW) << PAGE_SHIFT;
}

/** Address of the permission byte of a page, or 0 when no window covers it. */
// @ts-ignore: decorator
@inline
export function permissionByte(space: usize, vpn: u64): usize {
  const slot = load<u32>(space, SPACE_SLOT);
  if (slot == 0 || vpn >= <u64>pages) return 0;
  return TABLES + ((<usize>slot - 1) << PERMISSION_STRIDE_SHIFT) + <usize>vpn;
}

/** Address of the byte that tells whether any of the 512 permission bytes around `at` may be set. */
// @ts-ignore: decorator
@inline
export function permissionMark(at: usize): usize {
  return <usize>PERMISSION_MARKS + ((at - TABLES) >> 9);
}

/** The frame that makes a page identity-placed, or 0. */
// @ts-ignore: decorator
@inline
export function identityFrame(space: usize, va: u64): u32 {
  const vpn = va >> PAGE_SHIFT;
  if (load<u32>(space, SPACE_SLOT) == 0 || vpn >= <u64>pages) return 0;
  return load<u32>(space, SPACE_WINDOW) + <u32>vpn;
}

/** The 512 pages from va, all at their identity place and none of them code, may be accessed so. */
export function permitSpan(space: usize, va: u64, read: bool, write: bool): void {
  const at = permissionByte(space, va >> PAGE_SHIFT);
  if (at == 0) return;
  memory.fill(at, <u8>((read ? PERM_READ : 0) | (write ? PERM_WRITE : 0)), 512);
  store<u8>(permissionMark(at), 1);
}

/** Takes the write permission of a frame from every window that has it at its identity place. */
export function revokeEverywhere(frame: u32): void {
  for (let slot: u32 = 0; slot < SLOTS; slot++) {
    if (load<u8>(used + slot) == 0) continue;
    const first = firstFrame(slot);
    if (frame < first || frame - first >= pages) continue;
    const at: usize = TABLES + (<usize>slot << PERMISSION_STRIDE_SHIFT) + <usize>(frame - first);
    const bits = load<u8>(at);
    if (bits & PERM_WRITE) store<u8>(at, bits & ~PERM_WRITE);
  }
}

/** Takes all permissions of a frame from every window that has it at its identity place. */
export function revokeAll(frame: u32): void {
  for (let slot: u32 = 0; slot < SLOTS; slot++) {
    if (load<u8>(used + slot) == 0) continue;
    const first = firstFrame(slot);
    if (frame < first || frame - first >= pages) continue;
    const at: usize = TABLES + (<usize>slot << PERMISSION_STRIDE_SHIFT) + <usize>(frame - first);
    if (load<u8>(at) != 0) store<u8>(at, 0);
  }
}

/** Bytes of address space, from 0, that the space's window covers. */
export function windowSpan(space: usize): u64 {
  return load<u32>(space, SPACE_SLOT) == 0 ? 0 : (<u64>pages) << PAGE_SHIFT;
}
