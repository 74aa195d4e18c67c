/** Changing what files are: mode, owner, times, size. */
import { EFBIG, EINVAL, EISDIR, ENODEV, ESPIPE } from '../../assembly/shared/errno.js';
import { RLIMIT_FSIZE } from '../kernel/limits.js';
import type { Thread } from '../kernel/thread.js';
import { SysError } from '../linux/error.js';
import * as F from '../linux/fcntl.js';
import { IN_MODIFY } from '../linux/inotify.js';
import { SIGXFSZ } from '../linux/signal.js';
import { isDirectory, isRegular, S_IFBLK, S_IFIFO, S_IFMT } from '../linux/stat.js';
import { fileEvent } from '../vfs/notify.js';
import { fileLocation } from '../vfs/openfile.js';
import { chmod, chown, type NewTime, truncate, utimens } from '../vfs/operations.js';
import { signalSelf } from './file.js';
import { locate, writable } from './lookup.js';
import { row } from './row.js';

const NAME_FLAGS = F.AT_SYMLINK_NOFOLLOW | F.AT_EMPTY_PATH;

function follows(flags: number): boolean {
  return (flags & F.AT_SYMLINK_NOFOLLOW) === 0;
}

function fchmodat2(t: Thread, dirfd: number, path: number, mode: number, flags: number): number {
  if ((flags & ~NAME_FLAGS) !== 0) return -EINVAL;
  chmod(t.fs, locate(t, dirfd, path, follows(flags), flags), mode);
  return 0;
}

function fchmod(t: Thread, fd: number, mode: number): number {
  chmod(t.fs, fileLocation(t.files.get(fd)), mode);
  return 0;
}

function fchownat(t: Thread, dirfd: number, path: number, uid: number, gid: number, flags: number): number {
  if ((flags & ~NAME_FLAGS) !== 0) return -EINVAL;
  chown(t.fs, locate(t, dirfd, path, follows(flags), flags), uid, gid);
  return 0;
}

function fchown(t: Thread, fd: number, uid: number, gid: number): number {
  chown(t.fs, fileLocation(t.files.get(fd)), uid, gid);
  return 0;
}

const TIMES_BYTES = 32;

function readTime(view: DataView, at: number): NewTime {
  const nsec = Number(view.getBigInt64(at + 8, true));
  if (nsec === F.UTIME_NOW) return 'now';
  if (nsec === F.UTIME_OMIT) return undefined;
  if (nsec < 0 || nsec > 999_999_999) throw new SysError(EINVAL);
  return { sec: Number(view.getBigInt64(at, true)), nsec };
}

/** No path: the descriptor itself. No times: now. */
function utimensat(t: Thread, dirfd: number, path: number, times: number, flags: number): number {
  let [atime, mtime]: NewTime[] = ['now', 'now'];
  if (times !== 0) {
    const view = new DataView(t.user.read(times, TIMES_BYTES).buffer);
    [atime, mtime] = [readTime(view, 0), readTime(view, 16)];
    if (atime === undefined && mtime === undefined) return 0;
  }
  if (path === 0 && dirfd !== F.AT_FDCWD) {
    if (flags !== 0) return -EINVAL;
    utimens(t.fs, fileLocation(t.files.get(dirfd)), atime, mtime);
    return 0;
  }
  if ((flags & ~NAME_FLAGS) !== 0) return -EINVAL;
  utimens(t.fs, locate(t, dirfd, path, follows(flags), flags), atime, mtime);
  return 0;
}

/** A file may not grow beyond RLIMIT_FSIZE. */
function exceedsLimit(t: Thread, size: number, now: number): boolean {
  if (size <= now || size <= t.process.limits[RLIMIT_FSIZE].current) return false;
  signalSelf(t, SIGXFSZ);
  return true;
}

function truncateCall(t: Thread, path: number, size: number): number {
  if (size < 0) return -EINVAL;
  const location = locate(t, F.AT_FDCWD, path);
  if (isRegular(location.inode.mode) && exceedsLimit(t, size, location.inode.size)) return -EFBIG;
  truncate(t.fs, location, size);
  return 0;
}

function ftruncate(t: Thread, fd: number, size: number): number {
  if (size < 0) return -EINVAL;
  const file = t.files.get(fd);
  if (!isRegular(file.inode.mode) || (file.flags & F.O_ACCMODE) === F.O_RDONLY) return -EINVAL;
  if (exceedsLimit(t, size, file.inode.size)) return -EFBIG;
  file.truncate(size);
  fileEvent(file, IN_MODIFY);
  return 0;
}

function fallocate(t: Thread, fd: number, mode: number, offset: number, length: number): number {
  const opened = t.files.get(fd);
  if (offset < 0 || length <= 0) return -EINVAL;
  const file = writable(t, fd);
  const type = opened.inode.mode;
  if ((type & S_IFMT) === S_IFIFO) return -ESPIPE;
  if (isDirectory(type)) return -EISDIR;
  if (!isRegular(type) && (type & S_IFMT) !== S_IFBLK) return -ENODEV;
  if ((mode & F.FALLOC_FL_KEEP_SIZE) === 0 && exceedsLimit(t, offset + length, file.inode.size)) return -EFBIG;
  file.allocate(mode, offset, length);
  fileEvent(file, IN_MODIFY);
  return 0;
}

export const attributeRows = [
  row(45, 'truncate', ['path', 'offset'], truncateCall),
  row(46, 'ftruncate', ['fd', 'offset'], ftruncate),
  row(47, 'fallocate', ['fd', 'flags:fallocate', 'offset', 'offset'], fallocate, {
    partial: 'KEEP_SIZE, PUNCH_HOLE and ZERO_RANGE; others EOPNOTSUPP',
  }),
  row(52, 'fchmod', ['fd', 'mode'], fchmod),
  row(53, 'fchmodat', ['dirfd', 'path', 'mode'], (t, dirfd, path, mode) => fchmodat2(t, dirfd, path, mode, 0)),
  row(54, 'fchownat', ['dirfd', 'path', 'uid', 'uid', 'flags:at'], fchownat),
  row(55, 'fchown', ['fd', 'uid', 'uid'], fchown),
  row(88, 'utimensat', ['dirfd', 'path', 'struct:utimes', 'flags:at'], utimensat),
  row(452, 'fchmodat2', ['dirfd', 'path', 'mode', 'flags:at'], fchmodat2),
];
