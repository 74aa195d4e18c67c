/** System V shared memory: shmget(2), shmctl(2), shmat(2), shmdt(2). */
import * as E from '../../assembly/shared/errno.js';
import * as M from '../../assembly/shared/mman.js';
import { CAP_IPC_LOCK, hasCapability } from '../kernel/credentials.js';
import { RLIMIT_MEMLOCK } from '../kernel/limits.js';
import { mappingsOf, SharedSegment } from '../kernel/sysv/segment.js';
import type { IpcPermissions } from '../kernel/sysv/table.js';
import type { Thread } from '../kernel/thread.js';
import { SysError } from '../linux/error.js';
import * as I from '../linux/ipc.js';
import { GIANT_PAGE_BYTES, HUGE_PAGE_BYTES } from '../vfs/backends/memory-huge.js';
import { releaseFile } from '../vfs/openfile.js';
import { checkLimits } from './memory.js';
import { ADDRESS_END, row } from './row.js';
import { EXECUTE, objectBytes, READ, readChange, seconds, setLong, WRITE } from './sysv.js';

const PAGE = 4096;
const TASK_SIZE = 2 ** 38;
const SHMID_BYTES = 112;

function pagesOf(bytes: number): number {
  return Math.ceil(bytes / PAGE);
}

function shmget(t: Thread, key: number, size: number, flags: number): number {
  const { sysv, core } = t.kernel;
  const fits = (segment: SharedSegment): void => {
    if (segment.bytes < size) throw new SysError(E.EINVAL);
  };
  return sysv.segments.getOrMake(t.cred, key, flags, fits, (permissions) => {
    const huge = (flags & I.SHM_HUGETLB) !== 0;
    if (huge && ![0, I.SHM_HUGE_2MB, I.SHM_HUGE_1GB].includes(flags & I.SHM_HUGE_MASK)) throw new SysError(E.EINVAL);
    if (size < 1 || size > Number(I.SHMMAX)) throw new SysError(E.EINVAL);
    const reserves = (flags & I.SHM_NORESERVE) === 0;
    if (huge) return hugeSegment(t, permissions, size, flags);
    // Not more than there could ever be.
    if (reserves && pagesOf(size) > core.exports.frameLimit()) throw new SysError(E.ENOMEM);
    return new SharedSegment(t.kernel.env, sysv.memory, permissions, size, t.process.pid, seconds(t));
  });
}

/** A segment of huge pages, all of them promised by the pool. ENOMEM: there are not so many; EPERM: who may not lock memory. */
function hugeSegment(t: Thread, permissions: IpcPermissions, size: number, flags: number): SharedSegment {
  const { sysv, core, env } = t.kernel;
  if (!hasCapability(t.cred, CAP_IPC_LOCK)) throw new SysError(E.EPERM);
  const reserves = (flags & I.SHM_NORESERVE) === 0;
  const giant = (flags & I.SHM_HUGE_MASK) === I.SHM_HUGE_1GB;
  if (giant && reserves) throw new SysError(E.ENOMEM);
  const unit = giant ? GIANT_PAGE_BYTES : HUGE_PAGE_BYTES;
  const bytes = Math.ceil(size / unit) * unit;
  const segment = new SharedSegment(env, giant ? sysv.giantMemory : sysv.hugeMemory, permissions, size, t.process.pid, seconds(t), bytes);
  if (reserves && core.exports.hugetlbPromise(segment.object, bytes) !== 0) {
    releaseFile(segment.file);
    throw new SysError(E.ENOMEM);
  }
  return segment;
}

function stat(t: Thread, id: number, command: number, address: number): number {
  const { segments } = t.kernel.sysv;
  const segment = command === I.IPC_STAT ? segments.get(id) : segments.at(id);
  if (command !== I.SHM_STAT_ANY) segment.permissions.require(t.cred, READ);
  const { view, out } = objectBytes(SHMID_BYTES, segment.permissions);
  const { bytes, attachTime, detachTime, changeTime } = segment;
  [bytes, attachTime, detachTime, changeTime].forEach((value, i) => {
    setLong(view, 48 + i * 8, value);
  });
  view.setInt32(80, segment.creator, true);
  view.setInt32(84, segment.lastPid, true);
  setLong(view, 88, segment.attachments);
  t.user.write(address, out);
  return command === I.IPC_STAT ? 0 : segment.permissions.id;
}

function writeInfo(t: Thread, command: number, address: number): number {
  const { segments } = t.kernel.sysv;
  const limits = command === I.IPC_INFO;
  const out = new Uint8Array(limits ? 72 : 48);
  const view = new DataView(out.buffer);
  const all = segments.values();
  const sum = (of: (segment: SharedSegment) => number): number => all.reduce((total, segment) => total + of(segment), 0);
  const figures = limits
    ? [I.SHMMAX, 1, I.SHMMNI, I.SHMMNI, I.SHMALL]
    : [all.length, sum((segment) => pagesOf(segment.bytes)), sum((s) => s.pagesPresent - s.pagesSwapped), sum((s) => s.pagesSwapped)];
  figures.forEach((value, i) => {
    setLong(view, i * 8, value);
  });
  t.user.write(address, out);
  return segments.highest;
}

/** Pages that are in memory stay there, and so do those that come. */
function lock(t: Thread, id: number, on: boolean): number {
  const { segments } = t.kernel.sysv;
  const segment = segments.get(id);
  const { permissions } = segment;
  if (!hasCapability(t.cred, CAP_IPC_LOCK)) {
    if (t.cred.euid !== permissions.uid && t.cred.euid !== permissions.cuid) return -E.EPERM;
    const limit = t.process.limits[RLIMIT_MEMLOCK].current;
    if (on && limit === 0) return -E.EPERM;
    const uid = t.cred.ruid;
    const locked = segments.values().reduce((sum, other) => sum + (other.lockedBy === uid ? pagesOf(other.bytes) : 0), 0);
    if (on && segment.lockedBy === undefined && locked + pagesOf(segment.bytes) > Math.floor(limit / PAGE)) return -E.ENOMEM;
  }
  if (!on) segment.lockedBy = undefined;
  else segment.lockedBy ??= t.cred.ruid;
  t.kernel.core.exports.objectPin(segment.object, on ? 1 : 0);
  permissions.mode = on ? permissions.mode | I.SHM_LOCKED : permissions.mode & ~I.SHM_LOCKED;
  return 0;
}

function shmctl(t: Thread, id: number, command: number, address: number): number {
  if (id < 0 || command < 0) return -E.EINVAL;
  const { sysv } = t.kernel;
  switch (command) {
    case I.IPC_INFO:
    case I.SHM_INFO:
      return writeInfo(t, command, address);
    case I.IPC_STAT:
    case I.SHM_STAT:
    case I.SHM_STAT_ANY:
      return stat(t, id, command, address);
    case I.IPC_SET: {
      const { uid, gid, mode } = readChange(t, address, SHMID_BYTES);
      const segment = sysv.segments.get(id);
      segment.permissions.requireOwner(t.cred);
      segment.permissions.change(uid, gid, mode);
      segment.changeTime = seconds(t);
      return 0;
    }
    case I.IPC_RMID: {
      const segment = sysv.segments.get(id);
      segment.permissions.requireOwner(t.cred);
      segment.permissions.key = I.IPC_PRIVATE;
      segment.permissions.mode |= I.SHM_DEST;
      sysv.removeSegment(segment);
      return 0;
    }
    case I.SHM_LOCK:
    case I.SHM_UNLOCK:
      return lock(t, id, command === I.SHM_LOCK);
    default:
      return -E.EINVAL;
  }
}

/** Where to attach: 0 for anywhere. EINVAL: not a page's start, and not to be rounded; SHM_REMAP of nothing. */
function placeOf(address: number, flags: number): number {
  if (address === 0) {
    if ((flags & I.SHM_REMAP) !== 0) throw new SysError(E.EINVAL);
    return 0;
  }
  if (address % PAGE === 0) return address;
  const rounded = address - (address % PAGE);
  if ((flags & I.SHM_RND) === 0 || (rounded === 0 && (flags & I.SHM_REMAP) !== 0)) throw new SysError(E.EINVAL);
  return rounded;
}

function shmat(t: Thread, id: number, address: number, flags: number): number {
  if (id < 0) return -E.EINVAL;
  const fixed = address !== 0;
  const place = placeOf(address, flags);
  const readOnly = (flags & I.SHM_RDONLY) !== 0;
  const executable = (flags & I.SHM_EXEC) !== 0;
  const { sysv, core, mapped } = t.kernel;
  const { space } = t.process;
  const segment = sysv.segments.get(id);
  segment.permissions.require(t.cred, READ | (readOnly ? 0 : WRITE) | (executable ? EXECUTE : 0));
  const bytes = pagesOf(segment.bytes) * PAGE;
  if (place + bytes >= ADDRESS_END) return -E.EINVAL;
  if (place + bytes > TASK_SIZE) return -E.ENOMEM;
  if (fixed && (flags & I.SHM_REMAP) === 0) {
    const vma = core.exports.vmaFind(space.handle, place);
    if (vma !== 0 && core.readU64(vma + M.VMA_START) < place + bytes) return -E.EINVAL;
  }
  checkLimits(t, bytes, false, false);
  const prot = M.PROT_READ | (readOnly ? 0 : M.PROT_WRITE) | (executable ? M.PROT_EXEC : 0);
  const may = M.VM_MAYREAD | M.VM_MAYEXEC | (readOnly ? 0 : M.VM_MAYWRITE);
  const { inode, permissions } = segment;
  if (!mapped.has(inode)) {
    const label = `/SYSV${permissions.key.toString(16).padStart(8, '0')} (deleted)`;
    mapped.set(inode, t.fs.namespace.internalLocation(sysv.memory, inode, label));
  }
  const how = M.MAP_SHARED | (fixed ? M.MAP_FIXED : 0) | (inode.blockBytes === GIANT_PAGE_BYTES ? M.MAP_HUGETLB | I.SHM_HUGE_1GB : 0);
  const at = core.exports.mmMap(space.handle, place, bytes, prot, how, segment.object, 0, may | M.VM_HUGE_RESERVED);
  if (at >= 0) {
    segment.attachTime = seconds(t);
    segment.lastPid = t.process.pid;
  }
  return at;
}

/** The first mapping of the segment that was attached at `address`, and what of it follows, wherever parts have been cut out. */
function shmdt(t: Thread, address: number): number {
  if (address % PAGE !== 0) return -E.EINVAL;
  const { sysv, core } = t.kernel;
  for (const segment of sysv.segments.values()) {
    const parts = mappingsOf(t.process, segment).filter(({ start, offset }) => start - offset === address);
    if (parts.length === 0) continue;
    for (const { start, end } of parts) {
      const result = core.exports.mmUnmap(t.process.space.handle, start, end - start);
      if (result < 0) return result;
    }
    segment.detachTime = seconds(t);
    segment.lastPid = t.process.pid;
    return 0;
  }
  return -E.EINVAL;
}

export const sysvSharedRows = [
  row(194, 'shmget', ['flags:ipckey', 'size', 'flags:ipcget'], shmget),
  row(195, 'shmctl', ['int', 'enum:shmctl', 'pointer'], shmctl),
  row(196, 'shmat', ['int', 'pointer', 'flags:shmat'], shmat),
  row(197, 'shmdt', ['pointer'], shmdt),
];
