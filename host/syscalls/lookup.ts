import { EBADF, ENOENT } from '../../assembly/shared/errno.js';
import { ACCESS_READ } from '../../assembly/shared/exit.js';
import { PAGE_MASK } from '../../assembly/shared/layout.js';
import { RLIMIT_NOFILE } from '../kernel/limits.js';
import type { Thread } from '../kernel/thread.js';
import { SysError } from '../linux/error.js';
import { AT_EMPTY_PATH, AT_FDCWD, O_ACCMODE, O_RDONLY, O_WRONLY, PATH_MAX } from '../linux/fcntl.js';
import type { Location } from '../vfs/dentry.js';
import { fileLocation } from '../vfs/openfile.js';
import type { OpenFile } from '../vfs/types.js';
import { resolve } from '../vfs/walk.js';

const SLASH = 47;
const ASCII_END = 0x80;

/** From descriptors and paths in user memory to files: what most calls begin with. */

/** An open file that may be read from. EBADF */
export function readable(t: Thread, fd: number): OpenFile {
  const file = t.files.get(fd);
  if ((file.flags & O_ACCMODE) === O_WRONLY) throw new SysError(EBADF);
  return file;
}

/** An open file that may be written to. EBADF */
export function writable(t: Thread, fd: number): OpenFile {
  const file = t.files.get(fd);
  if ((file.flags & O_ACCMODE) === O_RDONLY) throw new SysError(EBADF);
  return file;
}

/** EFAULT; ENAMETOOLONG when no NUL comes within PATH_MAX bytes. Most paths are ASCII within a page: they need no decoder. */
export function readPath(t: Thread, address: number): string {
  const { user } = t;
  const at = user.page(address, ACCESS_READ);
  const { u8 } = user.core;
  const limit = ((at | PAGE_MASK) >>> 0) + 1;
  let end = at;
  while (end < limit && u8[end] > 0 && u8[end] < ASCII_END) end++;
  if (end === limit || u8[end] !== 0) return user.readString(address, PATH_MAX);
  return String.fromCharCode.apply(null, u8.subarray(at, end) as unknown as number[]);
}

/** Where a relative path starts. An absolute path makes nobody look at the descriptor; whether it is a directory is the walk's to say. */
export function startOf(t: Thread, dirfd: number, path: string): Location {
  return path.charCodeAt(0) === SLASH ? t.fs.root : locationOf(t, dirfd);
}

/** What a descriptor, or AT_FDCWD, names. */
export function locationOf(t: Thread, dirfd: number): Location {
  return dirfd === AT_FDCWD ? t.fs.cwd : fileLocation(t.files.getAny(dirfd));
}

/** What a path names. `flags`: with AT_EMPTY_PATH an empty path is the descriptor itself. */
export function locate(t: Thread, dirfd: number, address: number, follow = true, flags = 0, fs = t.fs): Location {
  const path = readPath(t, address);
  if (path === '') {
    if ((flags & AT_EMPTY_PATH) === 0) throw new SysError(ENOENT);
    return locationOf(t, dirfd);
  }
  return resolve(fs, startOf(t, dirfd, path), path, { follow });
}

/** First descriptor number that the process may not have. */
export function descriptorLimit(t: Thread): number {
  return t.process.limits[RLIMIT_NOFILE].current;
}
