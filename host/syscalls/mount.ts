/** mount(2) and umount2(2): the tree changed from inside. What the embedder made read-only stays so. */
import { EAGAIN, EBUSY, EINVAL, ENODEV, ENOTDIR, EPERM } from '../../assembly/shared/errno.js';
import { VMA_OBJECT } from '../../assembly/shared/mman.js';
import type { Kernel } from '../kernel/kernel.js';
import type { Thread } from '../kernel/thread.js';
import { SysError } from '../linux/error.js';
import { AT_FDCWD } from '../linux/fcntl.js';
import * as M from '../linux/mount.js';
import { isDirectory } from '../linux/stat.js';
import { CAP_SYS_ADMIN, capable } from '../vfs/access.js';
import { Location, type Mount } from '../vfs/dentry.js';
import { locate, readPath } from './lookup.js';
import { row } from './row.js';

const KEPT = M.MS_NOSUID | M.MS_NODEV | M.MS_NOEXEC | M.MS_NOATIME | M.MS_NODIRATIME;
const PROPAGATION = M.MS_UNBINDABLE | M.MS_PRIVATE | M.MS_SLAVE | M.MS_SHARED;

function text(t: Thread, address: number): string {
  return address === 0 ? '' : readPath(t, address);
}

function requireMountRoot(at: Location): Mount {
  if (at.dentry !== at.mount.root || at.mount.internal) throw new SysError(EINVAL);
  return at.mount;
}

/** `options` of the file system itself are changed before anything else. */
function remount(at: Location, readOnly: boolean, flags: number, options: string): number {
  const mount = requireMountRoot(at);
  if (mount.locked && !readOnly) return -EPERM;
  if (options !== '') {
    if (mount.fs.remount === undefined) return -EINVAL;
    mount.fs.remount(options);
  }
  if (readOnly && !mount.readOnly) mount.fs.sync();
  mount.readOnlyMount = readOnly;
  mount.flags = flags & KEPT;
  return 0;
}

/** One namespace, and nobody to propagate to: a mount is always private. */
function propagate(at: Location, flags: number): number {
  const type = flags & PROPAGATION;
  if ((flags & ~(PROPAGATION | M.MS_REC)) !== 0 || (type & (type - 1)) !== 0) return -EINVAL;
  requireMountRoot(at);
  return type === M.MS_PRIVATE || type === M.MS_SLAVE ? 0 : -EINVAL;
}

function mount(t: Thread, source: number, target: number, type: number, flags: number, data: number): number {
  if ((flags & M.MS_MGC_MSK) >>> 0 === M.MS_MGC_VAL) flags &= ~M.MS_MGC_MSK;
  const name = text(t, type);
  const options = text(t, data);
  const device = text(t, source);
  const at = locate(t, AT_FDCWD, target);
  if (!capable(t.cred, CAP_SYS_ADMIN)) return -EPERM;
  const { namespace } = t.fs;
  const readOnly = (flags & M.MS_RDONLY) !== 0;
  if ((flags & M.MS_REMOUNT) !== 0) {
    return remount(at, readOnly, flags, (flags & M.MS_BIND) === 0 ? options : '');
  }
  if ((flags & M.MS_BIND) !== 0) {
    if (device === '') return -EINVAL;
    const from = locate(t, AT_FDCWD, source);
    if ((flags & M.MS_REC) !== 0) namespace.bindTree(from, at);
    else namespace.bind(from, at);
    return 0;
  }
  if ((flags & PROPAGATION) !== 0) return propagate(at, flags & ~KEPT & ~M.MS_RDONLY);
  if ((flags & M.MS_MOVE) !== 0) {
    if (device === '') return -EINVAL;
    namespace.move(locate(t, AT_FDCWD, source), at);
    return 0;
  }
  if (type === 0) return -EINVAL;
  const make = t.kernel.fileSystemTypes.get(name);
  if (make === undefined) return -ENODEV;
  if (!isDirectory(at.inode.mode)) return -ENOTDIR;
  namespace.mount(make(options), at, { source: device || 'none', readOnly, flags: flags & KEPT, fromHost: false });
  return 0;
}

/** Somebody stands in it, has a file of it open, runs a program of it or maps one. */
function inUse(kernel: Kernel, mount: Mount): boolean {
  const within = (place: unknown): boolean => place instanceof Location && place.mount === mount;
  for (const t of kernel.threads.values()) {
    if (t.state === 'dead') continue;
    if (within(t.fs.cwd) || within(t.fs.root)) return true;
    for (const [, file] of t.files.entries()) if (within(file.location)) return true;
  }
  for (const process of kernel.processes.values()) {
    if (process.state !== 'running') continue;
    if (within(process.executable.location) || mapsFileOf(kernel, process.space.handle, within)) return true;
  }
  return false;
}

function mapsFileOf(kernel: Kernel, space: number, within: (place: unknown) => boolean): boolean {
  const { core, env, mapped } = kernel;
  for (let vma = core.exports.vmaFind(space, 0); vma !== 0; vma = core.exports.vmaNext(space, vma)) {
    const object = core.u32[((vma >>> 0) + VMA_OBJECT) >>> 2];
    const inode = object === 0 ? undefined : env.pages.inodeOf(object);
    if (inode !== undefined && within(mapped.get(inode))) return true;
  }
  return false;
}

function umount2(t: Thread, target: number, flags: number): number {
  if ((flags & ~(M.MNT_FORCE | M.MNT_DETACH | M.MNT_EXPIRE | M.UMOUNT_NOFOLLOW)) !== 0) return -EINVAL;
  const at = locate(t, AT_FDCWD, target, (flags & M.UMOUNT_NOFOLLOW) === 0);
  if (!capable(t.cred, CAP_SYS_ADMIN)) return -EPERM;
  const mount = requireMountRoot(at);
  if ((flags & M.MNT_EXPIRE) !== 0) return (flags & (M.MNT_FORCE | M.MNT_DETACH)) !== 0 ? -EINVAL : -EAGAIN;
  const lazily = (flags & M.MNT_DETACH) !== 0;
  if (!lazily && inUse(t.kernel, mount)) return -EBUSY;
  t.fs.namespace.unmount(at, lazily);
  return 0;
}

export const mountRows = [
  row(39, 'umount2', ['path', 'flags:umount'], umount2, { partial: 'MNT_EXPIRE marks nothing: always EAGAIN' }),
  row(40, 'mount', ['path', 'path', 'string', 'flags:mount', 'pointer'], mount, {
    partial: 'tmpfs, proc, devtmpfs, bind, move, remount (options of tmpfs only); no noatime; MS_SHARED, MS_UNBINDABLE: EINVAL',
  }),
];
