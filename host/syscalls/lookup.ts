import { EBADF, ENOENT } from '../../assembly/shared/errno.js';
import { RLIMIT_NOFILE } from '../kernel/limits.js';
import type { Thread } from '../kernel/thread.js';
import { SysError } from '../linux/error.js';
import { AT_EMPTY_PATH, AT_FDCWD, O_ACCMODE, O_RDONLY, O_WRONLY, PATH_MAX } from '../linux/fcntl.js';
import type { Location } from '../vfs/dentry.js';
import { fileLocation } from '../vfs/openfile.js';
import type { OpenFile } from '../vfs/types.js';
import { resolve } from '../vfs/walk.js';

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

/** EFAULT; ENAMETOOLONG when no NUL comes within PATH_MAX bytes. */
export function readPath(t: Thread, address: number): string {
  return t.user.readString(address, PATH_MAX);
}

const SLASH = 47;

/** Where a relative path starts. An absolute path makes nobody look at the descriptor; whether it is a directory is the walk's to say. */
export function startOf(t: Thread, dirfd: number, path: string): Location {
  return path.charCodeAt(0) === SLASH ? t.fs.cwd : locationOf(t, dirfd);
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
