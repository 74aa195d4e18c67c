/** Asking what files are: stat, statx, statfs, access, readlink. */
import { EINVAL, ENOENT } from '../../assembly/shared/errno.js';
import { type Cred, SECBIT_NO_SETUID_FIXUP } from '../kernel/credentials.js';
import type { Thread } from '../kernel/thread.js';
import * as F from '../linux/fcntl.js';
import { isSymlink, STATX_RESERVED } from '../linux/stat.js';
import { encodeText } from '../linux/text.js';
import type { Location } from '../vfs/dentry.js';
import { fileLocation } from '../vfs/openfile.js';
import { access, readlink } from '../vfs/operations.js';
import type { Inode } from '../vfs/types.js';
import { resolve } from '../vfs/walk.js';
import { locate, locationOf, readPath, startOf } from './lookup.js';
import { row } from './row.js';
import { putStat, putStatfs, putStatx, STAT_BYTES, STATFS_BYTES, STATX_BYTES } from './structs.js';

const statBytes = new Uint8Array(STAT_BYTES);
const statView = new DataView(statBytes.buffer);

function writeStat(t: Thread, inode: Inode, address: number): number {
  putStat(statView, inode);
  t.user.write(address, statBytes);
  return 0;
}

function fstat(t: Thread, fd: number, address: number): number {
  return writeStat(t, t.files.getAny(fd).inode, address);
}

const STAT_FLAGS = F.AT_SYMLINK_NOFOLLOW | F.AT_NO_AUTOMOUNT | F.AT_EMPTY_PATH | F.AT_STATX_SYNC_TYPE;

/** Since Linux 6.11 a null path is an empty one. */
function statTarget(t: Thread, dirfd: number, path: number, flags: number): Location {
  if (path === 0 && (flags & F.AT_EMPTY_PATH) !== 0) return locationOf(t, dirfd);
  return locate(t, dirfd, path, (flags & F.AT_SYMLINK_NOFOLLOW) === 0, flags);
}

function newfstatat(t: Thread, dirfd: number, path: number, address: number, flags: number): number {
  if ((flags & ~STAT_FLAGS) !== 0) return -EINVAL;
  return writeStat(t, statTarget(t, dirfd, path, flags).inode, address);
}

function statx(t: Thread, dirfd: number, path: number, flags: number, mask: number, address: number): number {
  if ((mask & STATX_RESERVED) !== 0 || (flags & F.AT_STATX_SYNC_TYPE) === F.AT_STATX_SYNC_TYPE) return -EINVAL;
  if ((flags & ~STAT_FLAGS) !== 0) return -EINVAL;
  const { inode, mount, dentry } = statTarget(t, dirfd, path, flags);
  const bytes = new Uint8Array(STATX_BYTES);
  putStatx(new DataView(bytes.buffer), inode, mount, dentry === mount.root);
  t.user.write(address, bytes);
  return 0;
}

function writeStatfs(t: Thread, { mount }: Location, address: number): number {
  const bytes = new Uint8Array(STATFS_BYTES);
  putStatfs(new DataView(bytes.buffer), mount.fs.statfs(), mount.fs.dev, mount.readOnly, mount.flags);
  t.user.write(address, bytes);
  return 0;
}

/** access(2) asks for the real user: who is not root loses the capabilities of the effective one. */
function realCred(cred: Cred): Cred {
  const real = { ...cred, uid: cred.ruid, gid: cred.rgid };
  if ((cred.securebits & SECBIT_NO_SETUID_FIXUP) !== 0) return real;
  return { ...real, capEffective: cred.ruid === 0 ? cred.capPermitted : 0n };
}

function faccessat2(t: Thread, dirfd: number, path: number, mode: number, flags: number): number {
  if ((mode & ~(F.R_OK | F.W_OK | F.X_OK)) !== 0) return -EINVAL;
  if ((flags & ~(F.AT_EACCESS | F.AT_SYMLINK_NOFOLLOW | F.AT_EMPTY_PATH)) !== 0) return -EINVAL;
  const fs = (flags & F.AT_EACCESS) !== 0 ? t.fs : t.fs.share(realCred(t.cred));
  access(fs, locate(t, dirfd, path, (flags & F.AT_SYMLINK_NOFOLLOW) === 0, flags, fs), mode);
  return 0;
}

/** The text is cut without a NUL. An empty path is the descriptor itself, which must be a link (O_PATH | O_NOFOLLOW). */
function readlinkat(t: Thread, dirfd: number, address: number, buffer: number, size: number): number {
  if (size <= 0) return -EINVAL;
  const path = readPath(t, address);
  let location: Location;
  if (path === '') {
    location = locationOf(t, dirfd);
    if (!isSymlink(location.inode.mode)) return -ENOENT;
  } else location = resolve(t.fs, startOf(t, dirfd, path), path, { follow: false });
  const text = encodeText(readlink(location)).subarray(0, size);
  t.user.write(buffer, text);
  return text.length;
}

export const statRows = [
  row(43, 'statfs', ['path', 'out:statfs'], (t, path, address) => writeStatfs(t, locate(t, F.AT_FDCWD, path), address)),
  row(44, 'fstatfs', ['fd', 'out:statfs'], (t, fd, address) => writeStatfs(t, fileLocation(t.files.getAny(fd)), address)),
  row(48, 'faccessat', ['dirfd', 'path', 'flags:access'], (t, dirfd, path, mode) => faccessat2(t, dirfd, path, mode, 0)),
  row(78, 'readlinkat', ['dirfd', 'path', 'outbytes', 'int'], readlinkat),
  row(79, 'newfstatat', ['dirfd', 'path', 'out:stat', 'flags:at'], newfstatat),
  row(80, 'fstat', ['fd', 'out:stat'], fstat),
  row(291, 'statx', ['dirfd', 'path', 'flags:statx_at', 'flags:statx', 'out:statx'], statx),
  row(439, 'faccessat2', ['dirfd', 'path', 'flags:access', 'flags:faccessat'], faccessat2),
];
