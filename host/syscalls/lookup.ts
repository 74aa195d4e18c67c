import { EBADF } from '../../assembly/shared/errno.js';
import { RLIMIT_NOFILE } from '../kernel/limits.js';
import type { Thread } from '../kernel/thread.js';
import { SysError } from '../linux/error.js';
import { AT_FDCWD, O_ACCMODE, O_RDONLY, O_WRONLY, PATH_MAX } from '../linux/fcntl.js';
import type { Location } from '../vfs/dentry.js';
import { fileLocation } from '../vfs/openfile.js';
import type { OpenFile } from '../vfs/types.js';

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

/** Where a relative path starts. The descriptor is not looked at when the path is absolute; whether it is a directory is the walk's to say. */
export function startOf(t: Thread, dirfd: number, path: string): Location {
  if (dirfd === AT_FDCWD || path.charCodeAt(0) === SLASH) return t.fs.cwd;
  return fileLocation(t.files.getAny(dirfd));
}

/** First descriptor number that the process may not have. */
export function descriptorLimit(t: Thread): number {
  return t.process.limits[RLIMIT_NOFILE].current;
}
