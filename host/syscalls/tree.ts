/** Names and directories: making, removing, moving and listing; where a process stands. */
import { EACCES, EFAULT, EINVAL, ENOENT, ENOTDIR, EPERM, ERANGE } from '../../assembly/shared/errno.js';
import type { Thread } from '../kernel/thread.js';
import { SysError } from '../linux/error.js';
import * as F from '../linux/fcntl.js';
import { IN_ACCESS } from '../linux/inotify.js';
import { isDirectory } from '../linux/stat.js';
import { encodeText } from '../linux/text.js';
import { CAP_DAC_READ_SEARCH, capable, MAY_EXEC, mayAccess } from '../vfs/access.js';
import { type Location, pathFrom } from '../vfs/dentry.js';
import { fileEvent } from '../vfs/notify.js';
import { fileLocation } from '../vfs/openfile.js';
import { link, mkdir, mknod, rename, rmdir, symlink, unlink } from '../vfs/operations.js';
import { locate, readPath, startOf } from './lookup.js';
import { row } from './row.js';
import { put64 } from './structs.js';

const CAP_SYS_CHROOT = 18n;

function mkdirat(t: Thread, dirfd: number, address: number, mode: number): number {
  const path = readPath(t, address);
  mkdir(t.fs, startOf(t, dirfd, path), path, mode);
  return 0;
}

function mknodat(t: Thread, dirfd: number, address: number, mode: number, dev: number): number {
  const path = readPath(t, address);
  mknod(t.fs, startOf(t, dirfd, path), path, mode & 0xffff, dev);
  return 0;
}

function unlinkat(t: Thread, dirfd: number, address: number, flags: number): number {
  if ((flags & ~F.AT_REMOVEDIR) !== 0) return -EINVAL;
  const path = readPath(t, address);
  const remove = (flags & F.AT_REMOVEDIR) !== 0 ? rmdir : unlink;
  remove(t.fs, startOf(t, dirfd, path), path);
  return 0;
}

function symlinkat(t: Thread, target: number, dirfd: number, address: number): number {
  const text = readPath(t, target);
  const path = readPath(t, address);
  symlink(t.fs, text, startOf(t, dirfd, path), path);
  return 0;
}

/** AT_EMPTY_PATH gives an open file a name: for those who may read anything. */
function linkat(t: Thread, oldDirfd: number, oldAddress: number, dirfd: number, address: number, flags: number): number {
  if ((flags & ~(F.AT_SYMLINK_FOLLOW | F.AT_EMPTY_PATH)) !== 0) return -EINVAL;
  const may = (flags & F.AT_EMPTY_PATH) === 0 || capable(t.cred, CAP_DAC_READ_SEARCH);
  const target = locate(t, oldDirfd, oldAddress, (flags & F.AT_SYMLINK_FOLLOW) !== 0, may ? flags : 0);
  const path = readPath(t, address);
  link(t.fs, target, startOf(t, dirfd, path), path);
  return 0;
}

function renameat2(t: Thread, oldDirfd: number, oldAddress: number, dirfd: number, address: number, flags: number): number {
  const from = readPath(t, oldAddress);
  const to = readPath(t, address);
  rename(t.fs, startOf(t, oldDirfd, from), from, startOf(t, dirfd, to), to, flags);
  return 0;
}

/** linux_dirent64: ino, position after it (64 bits each), length (16), type (8), name and NUL, padded to 8. */
const DIRENT_HEADER = 19;
/** More than this is never asked for by a C library; a larger buffer just stays partly empty. */
const LISTING_BYTES_MAX = 65536;

function getdents64(t: Thread, fd: number, address: number, size: number): number {
  const file = t.files.get(fd);
  if (!isDirectory(file.inode.mode)) return -ENOTDIR;
  if (fileLocation(file).dentry.deleted) return -ENOENT;
  const entries = file.readdir();
  const bytes = new Uint8Array(Math.min(size, LISTING_BYTES_MAX));
  const view = new DataView(bytes.buffer);
  const ends: number[] = [];
  let [at, position] = [0, file.offset];
  for (; position < entries.length; position++) {
    const { name, ino, type } = entries[position];
    const text = encodeText(name);
    const length = (DIRENT_HEADER + text.length + 1 + 7) & ~7;
    if (at + length > bytes.length) break;
    put64(view, at, ino);
    put64(view, at + 8, position + 1);
    view.setUint16(at + 16, length, true);
    view.setUint8(at + 18, type >> 12);
    bytes.set(text, at + DIRENT_HEADER);
    at += length;
    ends.push(at);
  }
  if (at === 0 && position < entries.length) return -EINVAL;
  const stored = t.user.writeSome(address, bytes.subarray(0, at));
  const whole = ends.filter((end) => end <= stored);
  if (stored < at && whole.length === 0) return -EFAULT;
  file.offset = position - (ends.length - whole.length);
  fileEvent(file, IN_ACCESS);
  return whole.at(-1) ?? 0;
}

/** The path with its NUL; its length counts the NUL. A place outside the root says so. */
function getcwd(t: Thread, address: number, size: number): number {
  const { path, deleted, reachable } = pathFrom(t.fs.cwd, t.fs.root);
  if (deleted) return -ENOENT;
  const bytes = encodeText(`${reachable ? '' : '(unreachable)'}${path}\0`);
  if (bytes.length > size) return -ERANGE;
  t.user.write(address, bytes);
  return bytes.length;
}

/** A directory that the caller may search. ENOTDIR, EACCES */
function searchable(t: Thread, location: Location): Location {
  if (!isDirectory(location.inode.mode)) throw new SysError(ENOTDIR);
  if (!mayAccess(t.cred, location.inode, MAY_EXEC)) throw new SysError(EACCES);
  return location;
}

function chdir(t: Thread, path: number): number {
  t.fs.cwd = searchable(t, locate(t, F.AT_FDCWD, path));
  return 0;
}

function fchdir(t: Thread, fd: number): number {
  t.fs.cwd = searchable(t, fileLocation(t.files.getAny(fd)));
  return 0;
}

function chroot(t: Thread, path: number): number {
  const root = searchable(t, locate(t, F.AT_FDCWD, path));
  if (!capable(t.cred, CAP_SYS_CHROOT)) return -EPERM;
  t.fs.root = root;
  return 0;
}

function umask(t: Thread, mask: number): number {
  const old = t.fs.umask;
  t.fs.umask = mask & 0o777;
  return old;
}

export const treeRows = [
  row(17, 'getcwd', ['outbytes', 'size'], getcwd),
  row(33, 'mknodat', ['dirfd', 'path', 'mode', 'dev'], mknodat),
  row(34, 'mkdirat', ['dirfd', 'path', 'mode'], mkdirat),
  row(35, 'unlinkat', ['dirfd', 'path', 'flags:unlink'], unlinkat),
  row(36, 'symlinkat', ['string', 'dirfd', 'path'], symlinkat),
  row(37, 'linkat', ['dirfd', 'path', 'dirfd', 'path', 'flags:at'], linkat),
  row(49, 'chdir', ['path'], chdir),
  row(50, 'fchdir', ['fd'], fchdir),
  row(51, 'chroot', ['path'], chroot),
  row(61, 'getdents64', ['fd', 'out:dents', 'uint'], getdents64),
  row(166, 'umask', ['mode'], umask),
  row(276, 'renameat2', ['dirfd', 'path', 'dirfd', 'path', 'flags:rename'], renameat2, { partial: 'no RENAME_WHITEOUT: EINVAL' }),
];
