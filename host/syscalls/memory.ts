import { EACCES, EAGAIN, EEXIST, EINVAL, ENOMEM, ENOSPC, EOPNOTSUPP, EOVERFLOW, EPERM } from '../../assembly/shared/errno.js';
import * as M from '../../assembly/shared/mman.js';
import { SPACE_STAT_BRK, SPACE_STAT_DATA_PAGES, SPACE_STAT_PAGES_MAPPED } from '../../assembly/shared/stat.js';
import { CAP_SYS_RAWIO, hasCapability } from '../kernel/credentials.js';
import { RLIMIT_AS, RLIMIT_DATA } from '../kernel/limits.js';
import type { Thread } from '../kernel/thread.js';
import { SysError } from '../linux/error.js';
import { F_SEAL_FUTURE_WRITE, F_SEAL_WRITE, O_ACCMODE, O_RDWR, O_WRONLY } from '../linux/fcntl.js';
import { MS_NOEXEC } from '../linux/mount.js';
import { S_IFBLK, S_IFMT, S_IFREG, S_IFSOCK } from '../linux/stat.js';
import { HUGE_PAGE_BYTES, HugeFile } from '../vfs/backends/memory-huge.js';
import { Location } from '../vfs/dentry.js';
import { PagedInode } from '../vfs/pagedinode.js';
import type { OpenFile } from '../vfs/types.js';
import { lockFits, mayLock } from './memlock.js';
import { aligned, eachMapping, PAGE, pageCeil, TASK_SIZE } from './memoryrange.js';
import { ADDRESS_END, absent, row } from './row.js';
import { tellingBrk, tellingMap, tellingRemap, tellingUnmap } from './userfaultevents.js';

const PROT_ALL = M.PROT_READ | M.PROT_WRITE | M.PROT_EXEC;
/** "May be used for atomic operations": allowed, and means nothing. */
const PROT_SEM = 8;
const MAY_ALL = M.VM_MAYREAD | M.VM_MAYWRITE | M.VM_MAYEXEC;
/** The sizes that go with MAP_HUGETLB: logarithms in bits 26 to 31. */
const HUGE_SIZE_MASK = 63 << 26;
const HUGE_2M = 21 << 26;
const HUGE_1G = 30 << 26;
/** Flags that MAP_SHARED_VALIDATE accepts: Linux's list of old ones. MAP_FIXED_NOREPLACE is not on it. */
const VALIDATED_FLAGS =
  M.MAP_TYPE |
  M.MAP_FIXED |
  M.MAP_ANONYMOUS |
  M.MAP_GROWSDOWN |
  M.MAP_DENYWRITE |
  M.MAP_EXECUTABLE |
  M.MAP_LOCKED |
  M.MAP_NORESERVE |
  M.MAP_POPULATE |
  M.MAP_NONBLOCK |
  M.MAP_STACK |
  M.MAP_HUGETLB |
  M.MAP_UNINITIALIZED |
  HUGE_2M |
  HUGE_1G;

function mmap(t: Thread, address: number, length: number, prot: number, flags: number, fd: number, offset: number): number {
  if (!aligned(offset)) return -EINVAL;
  const anonymous = (flags & M.MAP_ANONYMOUS) !== 0;
  const file = anonymous ? undefined : t.files.get(fd);
  const hugeFile = file?.inode instanceof HugeFile ? file.inode : undefined;
  if ((flags & M.MAP_HUGETLB) !== 0 && hugeFile === undefined && !(anonymous && isHugeSize(flags))) return -EINVAL;
  if (hugeFile !== undefined && offset % hugeFile.blockBytes !== 0) return -EINVAL;
  if (length === 0) return -EINVAL;
  const bytes = pageCeil(length);
  if (bytes > TASK_SIZE) return -ENOMEM;
  const fixed = (flags & (M.MAP_FIXED | M.MAP_FIXED_NOREPLACE)) !== 0;
  // Linux takes these for errors, not for addresses.
  if (fixed && address > ADDRESS_END - PAGE) return address - ADDRESS_END;
  if (fixed && !aligned(address)) return -EINVAL;
  if (fixed && address + bytes > TASK_SIZE) return -ENOMEM;
  const isLow = fixed && address < M.MMAP_MIN;
  if (isLow && !hasCapability(t.cred, CAP_SYS_RAWIO)) return -EPERM;
  if ((flags & M.MAP_FIXED_NOREPLACE) !== 0 && isTaken(t, address, bytes)) return -EEXIST;
  if ((flags & M.MAP_LOCKED) !== 0 && !mayLock(t)) return -EPERM;
  // A hint that can't be is no hint.
  const place = fixed ? address : address + bytes > TASK_SIZE ? 0 : Math.floor(address / PAGE) * PAGE;
  const allowed = isLow ? flags | M.MAP_LOW : flags;
  if (file === undefined) return mapAnonymous(t, place, bytes, prot, allowed);
  const at = offset < 0 ? offset + 2 ** 64 : offset;
  if (at + bytes >= (hasPositions(file) ? 2 ** 63 : 2 ** 64)) return -EOVERFLOW;
  return mapFile(t, place, bytes, prot, allowed, file, at);
}

/** Files, block devices and sockets. Of others, offsets are what their drivers take them for. */
function hasPositions({ inode }: OpenFile): boolean {
  return [S_IFREG, S_IFBLK, S_IFSOCK].includes(inode.mode & S_IFMT);
}

/** The sizes of pages that riscv64 has: 0 for the usual huge page. */
function isHugeSize(flags: number): boolean {
  return [0, HUGE_2M, HUGE_1G].includes(flags & HUGE_SIZE_MASK);
}

function isTaken(t: Thread, address: number, bytes: number): boolean {
  const { core } = t.kernel;
  const vma = core.exports.vmaFind(t.process.space.handle, address);
  return vma !== 0 && core.readU64(vma + M.VMA_START) < address + bytes;
}

/**
 * ENOMEM for RLIMIT_AS and RLIMIT_DATA, EAGAIN for RLIMIT_MEMLOCK. What a fixed mapping replaces is not taken off, as in Linux
 * before it.
 */
/** `inPlaceOf`: where what is there already goes (MAP_FIXED). */
export function checkLimits(t: Thread, bytes: number, isData: boolean, locked: boolean, inPlaceOf?: number): void {
  const { space } = t.process;
  if ((locked || space.lockNew !== M.LOCK_NONE) && !lockFits(t, bytes)) throw new SysError(EAGAIN);
  checkExpansion(t, bytes, isData, inPlaceOf);
}

function checkExpansion(t: Thread, bytes: number, isData: boolean, inPlaceOf?: number): void {
  const { limits, space } = t.process;
  const { exports } = t.kernel.core;
  const stat = (which: number): number => exports.spaceStat(space.handle, which) * PAGE;
  const as = limits[RLIMIT_AS].current;
  if (as < Number.POSITIVE_INFINITY && stat(SPACE_STAT_PAGES_MAPPED) + bytes > as) {
    if (inPlaceOf === undefined || stat(SPACE_STAT_PAGES_MAPPED) + bytes - mappedIn(t, inPlaceOf, bytes) > as) throw new SysError(ENOMEM);
  }
  const data = limits[RLIMIT_DATA].current;
  if (isData && data < Number.POSITIVE_INFINITY && stat(SPACE_STAT_DATA_PAGES) + bytes > data) throw new SysError(ENOMEM);
}

function mappedIn(t: Thread, address: number, bytes: number): number {
  let mapped = 0;
  eachMapping(t, address, address + bytes, (_vma, from, to) => {
    mapped += to - from;
  });
  return mapped;
}

function mapAnonymous(t: Thread, address: number, bytes: number, prot: number, flags: number): number {
  const { exports } = t.kernel.core;
  const { handle } = t.process.space;
  const type = flags & M.MAP_TYPE;
  const shared = type === M.MAP_SHARED;
  if (!shared && type !== M.MAP_PRIVATE && type !== M.MAP_DROPPABLE) return -EINVAL;
  if (shared && (flags & M.MAP_GROWSDOWN) !== 0) return -EINVAL;
  // A stack is no data.
  const isData = !shared && (prot & M.PROT_WRITE) !== 0 && (flags & M.MAP_GROWSDOWN) === 0;
  checkLimits(t, bytes, isData, (flags & M.MAP_LOCKED) !== 0, (flags & M.MAP_FIXED) === 0 ? undefined : address);
  return exports.mmMap(handle, address, bytes, prot & PROT_ALL, flags, 0, 0, MAY_ALL);
}

function mapFile(t: Thread, address: number, bytes: number, prot: number, flags: number, file: OpenFile, offset: number): number {
  const type = flags & M.MAP_TYPE;
  const access = file.flags & O_ACCMODE;
  let may = MAY_ALL;
  if (type === M.MAP_SHARED || type === M.MAP_SHARED_VALIDATE) {
    if (type === M.MAP_SHARED_VALIDATE && (flags & ~VALIDATED_FLAGS & ~(address < M.MMAP_MIN ? M.MAP_LOW : 0)) !== 0) return -EOPNOTSUPP;
    if ((prot & M.PROT_WRITE) !== 0 && access !== O_RDWR) return -EACCES;
    if (access !== O_RDWR) may &= ~M.VM_MAYWRITE;
  } else if (type !== M.MAP_PRIVATE) return -EINVAL;
  if (access === O_WRONLY) return -EACCES;
  if ((flags & M.MAP_GROWSDOWN) !== 0) return -EINVAL;
  const isPrivate = type === M.MAP_PRIVATE;
  if (file.location instanceof Location && (file.location.mount.flags & MS_NOEXEC) !== 0) {
    if ((prot & M.PROT_EXEC) !== 0) return -EPERM;
    may &= ~M.VM_MAYEXEC;
  }
  may &= sealedMay(file, isPrivate, prot);
  const isData = isPrivate && (prot & M.PROT_WRITE) !== 0;
  checkLimits(t, bytes, isData, (flags & M.MAP_LOCKED) !== 0, (flags & M.MAP_FIXED) === 0 ? undefined : address);
  const object = file.mapObject(offset, bytes, !isPrivate);
  may |= file.mapFlags;
  const { space } = t.process;
  if (file.location instanceof Location) t.kernel.mapped.set(file.mappedInode, file.location);
  if (file.mapNumber === 0) file.mapNumber = ++t.kernel.lastMapNumber;
  if (!isPrivate && file.mappedInode instanceof PagedInode) space.mappedFiles.set(file);
  if (object !== 0) {
    const how = flagsFor(file, flags);
    const { exports } = t.kernel.core;
    const result = exports.mmMap(space.handle, address, bytes, prot & PROT_ALL, how, object, offset, may, file.mapNumber);
    file.mapSettled(result >= 0, (prot & M.PROT_WRITE) === 0 ? 0 : offset + bytes);
    return result;
  }
  // A device whose pages are all zero (/dev/zero): memory that starts at zero.
  return mapAnonymous(t, address, bytes, prot, flags | M.MAP_ANONYMOUS);
}

/** Of files it is they who say how large their huge pages are. */
function flagsFor({ inode }: OpenFile, flags: number): number {
  if (!(inode instanceof HugeFile)) return flags;
  return (flags & ~HUGE_SIZE_MASK) | M.MAP_HUGETLB | (inode.blockBytes === HUGE_PAGE_BYTES ? HUGE_2M : HUGE_1G);
}

/** A memfd sealed against writing can be mapped shared for reading only. */
function sealedMay(file: OpenFile, isPrivate: boolean, prot: number): number {
  const seals = file.inode instanceof PagedInode ? file.inode.seals : 0;
  if (isPrivate || (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) === 0) return MAY_ALL;
  if ((prot & M.PROT_WRITE) !== 0) throw new SysError(EPERM);
  return MAY_ALL & ~M.VM_MAYWRITE;
}

function munmap(t: Thread, address: number, length: number): number {
  if (!aligned(address) || length === 0 || address + length > TASK_SIZE) return -EINVAL;
  return t.kernel.core.exports.mmUnmap(t.process.space.handle, address, pageCeil(length));
}

function mprotect(t: Thread, address: number, length: number, prot: number): number {
  const grows = prot & (M.PROT_GROWSDOWN | M.PROT_GROWSUP);
  if (grows === (M.PROT_GROWSDOWN | M.PROT_GROWSUP)) return -EINVAL;
  if (!aligned(address)) return -EINVAL;
  if (length === 0) return 0;
  if ((prot & ~(PROT_ALL | PROT_SEM | M.PROT_GROWSDOWN | M.PROT_GROWSUP)) !== 0) return -EINVAL;
  if (address + length > TASK_SIZE) return -ENOMEM;
  const { exports } = t.kernel.core;
  const { handle } = t.process.space;
  let start = address;
  let bytes = pageCeil(length);
  if (grows !== 0) {
    const vma = exports.vmaFind(handle, address);
    const end = address + bytes;
    if (vma === 0 || t.kernel.core.readU64(vma + M.VMA_START) >= end) return -ENOMEM;
    const flags = t.kernel.core.u32[(vma + M.VMA_FLAGS) >>> 2];
    if (grows === M.PROT_GROWSUP || (flags & M.VM_GROWSDOWN) === 0) return -EINVAL;
    start = t.kernel.core.readU64(vma + M.VMA_START);
    bytes = end - start;
  }
  if ((prot & M.PROT_WRITE) !== 0) checkData(t, start, bytes);
  return exports.mmProtect(handle, start, bytes, prot & PROT_ALL);
}

/** ENOMEM when making all of a range writable would be more private data than RLIMIT_DATA allows. */
function checkData(t: Thread, start: number, bytes: number): void {
  const data = t.process.limits[RLIMIT_DATA].current;
  if (data === Number.POSITIVE_INFINITY) return;
  const { core } = t.kernel;
  let more = 0;
  eachMapping(t, start, start + bytes, (vma, from, to) => {
    if ((core.u32[(vma + M.VMA_FLAGS) >>> 2] & (M.VM_WRITE | M.VM_SHARED | M.VM_GROWSDOWN)) === 0) more += to - from;
  });
  if (more > 0 && core.exports.spaceStat(t.process.space.handle, SPACE_STAT_DATA_PAGES) * PAGE + more > data) throw new SysError(ENOMEM);
}

/** Limits come after what is wrong with the mapping itself, which the core says. */
function checkGrowth(t: Thread, address: number, oldBytes: number, more: number): void {
  const { core } = t.kernel;
  const vma = core.exports.vmaFind(t.process.space.handle, address);
  if (vma === 0 || core.readU64(vma + M.VMA_START) > address || address + oldBytes > core.readU64(vma + M.VMA_END)) return;
  const flags = core.u32[(vma + M.VMA_FLAGS) >>> 2];
  if ((flags & (M.VM_SEALED | M.VM_DONTEXPAND)) !== 0 || (oldBytes === 0 && (flags & M.VM_SHARED) === 0)) return;
  if ((flags & M.VM_LOCKED) !== 0 && !lockFits(t, more)) throw new SysError(EAGAIN);
  checkExpansion(t, more, (flags & (M.VM_SHARED | M.VM_WRITE | M.VM_GROWSDOWN)) === M.VM_WRITE);
}

function mremap(t: Thread, address: number, oldLength: number, newLength: number, flags: number, newAddress: number): number {
  const known = M.MREMAP_MAYMOVE | M.MREMAP_FIXED | M.MREMAP_DONTUNMAP;
  if ((flags & ~known) !== 0 || !aligned(address)) return -EINVAL;
  if ((flags & (M.MREMAP_FIXED | M.MREMAP_DONTUNMAP)) !== 0 && (flags & M.MREMAP_MAYMOVE) === 0) return -EINVAL;
  if ((flags & M.MREMAP_DONTUNMAP) !== 0 && pageCeil(oldLength) !== pageCeil(newLength)) return -EINVAL;
  if (newLength === 0 || newLength > TASK_SIZE || oldLength > TASK_SIZE) return -EINVAL;
  if ((flags & M.MREMAP_FIXED) !== 0 && (!aligned(newAddress) || newAddress + newLength > TASK_SIZE)) return -EINVAL;
  const [oldBytes, newBytes] = [pageCeil(oldLength), pageCeil(newLength)];
  const { exports } = t.kernel.core;
  const more = (flags & M.MREMAP_DONTUNMAP) !== 0 ? newBytes : newBytes - oldBytes;
  if (more > 0) checkGrowth(t, address, oldBytes, more);
  const how = hasCapability(t.cred, CAP_SYS_RAWIO) ? flags | M.MREMAP_LOW : flags;
  return exports.mmRemap(t.process.space.handle, address, oldBytes, newBytes, how, newAddress > TASK_SIZE ? 0 : newAddress);
}

function brk(t: Thread, address: number): number {
  const { exports } = t.kernel.core;
  const { space, limits } = t.process;
  const now = exports.spaceStat(space.handle, SPACE_STAT_BRK);
  if (address > TASK_SIZE) return now;
  if (address > now) {
    const growth = pageCeil(address) - pageCeil(now);
    if (address - space.layout.brkStart > limits[RLIMIT_DATA].current) return now;
    try {
      checkLimits(t, growth, true, false);
    } catch (error) {
      if (error instanceof SysError) return now;
      throw error;
    }
  }
  return exports.mmBrk(space.handle, address);
}

function mincore(t: Thread, address: number, length: number, vector: number): number {
  if (!aligned(address)) return -EINVAL;
  const pages = pageCeil(length) / PAGE;
  if (address + pages * PAGE > TASK_SIZE) return -ENOMEM;
  const { exports } = t.kernel.core;
  // A page of results at a time, as far as all is mapped.
  for (let done = 0; done < pages; done += PAGE) {
    const count = Math.min(PAGE, pages - done);
    const out = new Uint8Array(count);
    for (let i = 0; i < count; i++) {
      const state = exports.mmResident(t.process.space.handle, address + (done + i) * PAGE);
      if (state < 0) {
        // What comes before the gap has been told.
        t.user.write(vector + done, out.subarray(0, i));
        return state;
      }
      out[i] = state;
    }
    t.user.write(vector + done, out);
  }
  return 0;
}

/** Protection keys need hardware: there are none to be had, and only the key that stands for none works. */
function pkeyMprotect(t: Thread, address: number, length: number, prot: number, key: number): number {
  return key === -1 ? mprotect(t, address, length, prot) : -EINVAL;
}

const PKEY_ACCESS_MASK = 3;

function pkeyAlloc(_t: Thread, flags: number, rights: number): number {
  return flags !== 0 || rights > PKEY_ACCESS_MASK ? -EINVAL : -ENOSPC;
}

const NO_NUMA = 'ENOSYS: one node';

export const memoryRows = [
  row(214, 'brk', ['pointer'], tellingBrk(brk)),
  row(215, 'munmap', ['pointer', 'size'], tellingUnmap(munmap)),
  row(216, 'mremap', ['pointer', 'size', 'size', 'flags:mremap', 'pointer'], tellingRemap(mremap)),
  row(222, 'mmap', ['pointer', 'size', 'flags:prot', 'flags:mmap', 'fd', 'offset'], tellingMap(mmap)),
  row(226, 'mprotect', ['pointer', 'size', 'flags:prot'], mprotect),
  row(232, 'mincore', ['pointer', 'size', 'pointer'], mincore),
  row(288, 'pkey_mprotect', ['pointer', 'size', 'flags:prot', 'int'], pkeyMprotect, {
    partial: 'only key -1: the processor has no protection keys',
  }),
  row(289, 'pkey_alloc', ['ulong', 'ulong'], pkeyAlloc, { absent: 'ENOSPC: the processor has no protection keys' }),
  row(290, 'pkey_free', ['int'], () => -EINVAL, { absent: 'EINVAL: no key was ever given' }),
  absent(235, 'mbind', ['pointer', 'size', 'int', 'pointer', 'ulong', 'hex'], NO_NUMA),
  absent(236, 'get_mempolicy', ['pointer', 'pointer', 'ulong', 'pointer', 'hex'], NO_NUMA),
  absent(237, 'set_mempolicy', ['int', 'pointer', 'ulong'], NO_NUMA),
  absent(238, 'migrate_pages', ['pid', 'ulong', 'pointer', 'pointer'], NO_NUMA),
  absent(239, 'move_pages', ['pid', 'ulong', 'pointer', 'pointer', 'pointer', 'hex'], NO_NUMA),
];
