/** Descriptors: dup, fcntl, locks, close. */
import { EAGAIN, EBADF, EBUSY, EINVAL, EOVERFLOW, EPERM } from '../../assembly/shared/errno.js';
import { CAP_SYS_RESOURCE, hasCapability } from '../kernel/credentials.js';
import { BLOCKED, type Thread } from '../kernel/thread.js';
import { SysError } from '../linux/error.js';
import * as F from '../linux/fcntl.js';
import { isRegular } from '../linux/stat.js';
import { isOwner } from '../vfs/access.js';
import { Location } from '../vfs/dentry.js';
import * as L from '../vfs/flock.js';
import { PagedFile } from '../vfs/pagedfile.js';
import { PagedInode } from '../vfs/pagedinode.js';
import { PipeFile } from '../vfs/pipe.js';
import type { OpenFile } from '../vfs/types.js';
import * as A from './async.js';
import { descriptorLimit } from './lookup.js';
import { row } from './row.js';

function dup(t: Thread, fd: number): number {
  return t.files.dup(fd, false, 0, descriptorLimit(t));
}

function dup3(t: Thread, from: number, to: number, flags: number): number {
  if ((flags & ~F.O_CLOEXEC) !== 0) return -EINVAL;
  return t.files.dup3(from, to, (flags & F.O_CLOEXEC) !== 0, descriptorLimit(t));
}

function close(t: Thread, fd: number): number {
  t.files.close(fd);
  return 0;
}

function closeRange(t: Thread, first: number, last: number, flags: number): number {
  if ((flags & ~(F.CLOSE_RANGE_UNSHARE | F.CLOSE_RANGE_CLOEXEC)) !== 0 || first > last) return -EINVAL;
  if ((flags & F.CLOSE_RANGE_UNSHARE) !== 0 && t.files.shared) {
    const shared = t.files;
    t.files = shared.clone();
    shared.release();
  }
  t.files.closeRange(first, last, (flags & F.CLOSE_RANGE_CLOEXEC) !== 0);
  return 0;
}

/** What a descriptor that only names a place (O_PATH) may still be asked. */
const PATH_COMMANDS = [F.F_DUPFD, F.F_DUPFD_CLOEXEC, F.F_GETFD, F.F_SETFD, F.F_GETFL];

function fcntl(t: Thread, fd: number, command: number, argument: number): number {
  const file = t.files.getAny(fd);
  if ((file.flags & F.O_PATH) !== 0 && !PATH_COMMANDS.includes(command)) return -EBADF;
  switch (command) {
    case F.F_DUPFD:
    case F.F_DUPFD_CLOEXEC:
      return t.files.dup(fd, command === F.F_DUPFD_CLOEXEC, argument | 0, descriptorLimit(t));
    case F.F_GETFD:
      return t.files.isCloexec(fd) ? F.FD_CLOEXEC : 0;
    case F.F_SETFD:
      t.files.setCloexec(fd, (argument & F.FD_CLOEXEC) !== 0);
      return 0;
    case F.F_GETFL:
      return file.flags;
    case F.F_SETFL:
      return setFlags(t, file, fd, argument | 0);
    case F.F_GETLK:
    case F.F_OFD_GETLK:
      return getLock(t, file, command === F.F_OFD_GETLK, argument);
    case F.F_SETLK:
    case F.F_OFD_SETLK:
      return setLock(t, file, command === F.F_OFD_SETLK, false, argument);
    case F.F_SETLKW:
    case F.F_OFD_SETLKW:
      return setLock(t, file, command === F.F_OFD_SETLKW, true, argument);
    case F.F_SETOWN:
      return A.setOwner(t, file, argument | 0);
    case F.F_GETOWN:
      return A.getOwner(file);
    case F.F_SETSIG:
      return A.setSignal(t, file, argument);
    case F.F_GETSIG:
      return A.getSignal(file);
    case F.F_SETOWN_EX:
      return A.setOwnerEx(t, file, argument);
    case F.F_GETOWN_EX:
      return A.getOwnerEx(t, file, argument);
    case F.F_SETLEASE:
      // Never granted: to Linux, too, any other user of the file is a reason.
      return isRegular(file.inode.mode) && [F.F_RDLCK, F.F_WRLCK, F.F_UNLCK].includes(argument) ? -EAGAIN : -EINVAL;
    case F.F_GETLEASE:
      return F.F_UNLCK;
    case F.F_GETPIPE_SZ:
      return file instanceof PipeFile ? file.pipe.capacity : -EBADF;
    case F.F_SETPIPE_SZ:
      return file instanceof PipeFile ? file.pipe.resize(argument, hasCapability(t.cred, CAP_SYS_RESOURCE)) : -EBADF;
    case F.F_GET_SEALS:
      return file.inode instanceof PagedInode && file.inode.holdsAllData ? file.inode.seals : -EINVAL;
    case F.F_ADD_SEALS:
      return addSeals(file, argument);
    default:
      return -EINVAL;
  }
}

function setFlags(t: Thread, file: OpenFile, fd: number, flags: number): number {
  if ((flags & ~file.flags & F.O_NOATIME) !== 0 && !isOwner(t.cred, file.inode)) return -EPERM;
  if ((flags & F.O_DIRECT) !== 0 && !mayBeDirect(file)) return -EINVAL;
  const asyncChanges = ((file.flags ^ flags) & F.O_ASYNC) !== 0;
  file.flags = (file.flags & ~F.O_SETTABLE) | (flags & F.O_SETTABLE);
  if (asyncChanges) A.setAsync(t, file, fd, (flags & F.O_ASYNC) !== 0);
  return 0;
}

/** Pipes mean packets by it; a memfd has nothing that it could go past. */
function mayBeDirect(file: OpenFile): boolean {
  return file instanceof PipeFile || (file instanceof PagedFile && !(file.location instanceof Location && file.location.mount.internal));
}

const CONTENT_SEALS = F.F_SEAL_SHRINK | F.F_SEAL_GROW | F.F_SEAL_WRITE | F.F_SEAL_FUTURE_WRITE;
const SEALS = F.F_SEAL_SEAL | CONTENT_SEALS | F.F_SEAL_EXEC;

function addSeals(file: OpenFile, seals: number): number {
  const { inode } = file;
  if ((file.flags & F.O_ACCMODE) === F.O_RDONLY) return -EPERM;
  if (seals > SEALS || (seals & ~SEALS) !== 0) return -EINVAL;
  if (!(inode instanceof PagedInode && inode.holdsAllData)) return -EINVAL;
  if ((inode.seals & F.F_SEAL_SEAL) !== 0) return -EPERM;
  // Somebody may still write through a mapping.
  const object = inode.objectIfAny;
  if ((seals & F.F_SEAL_WRITE) !== 0 && object !== 0 && inode.env.core.exports.objectWritable(object) !== 0) return -EBUSY;
  // An executable that shall stay so must not change, either.
  const implied = (seals & F.F_SEAL_EXEC) !== 0 && (inode.mode & 0o111) !== 0 ? CONTENT_SEALS : 0;
  inode.seals |= seals | implied;
  return 0;
}

const FLOCK_BYTES = 32;

interface FlockStruct {
  readonly type: number;
  readonly start: number;
  readonly end: number;
  readonly pid: number;
}

/** struct flock: type and whence (16 bits each), start and length (64), pid. EFAULT, EINVAL, EOVERFLOW */
function readFlock(t: Thread, file: OpenFile, address: number): FlockStruct {
  const view = new DataView(t.user.read(address, FLOCK_BYTES).buffer);
  const type = view.getInt16(0, true);
  const whence = view.getInt16(2, true);
  const bases = [0, file.offset, file.inode.size];
  if (type < F.F_RDLCK || type > F.F_UNLCK || whence < 0 || whence >= bases.length) throw new SysError(EINVAL);
  const start = Number(view.getBigInt64(8, true));
  const length = Number(view.getBigInt64(16, true));
  if (bases[whence] + start + Math.max(length - 1, 0) >= 2 ** 63) throw new SysError(EOVERFLOW);
  return { type, ...L.lockRange(bases[whence], start, length), pid: view.getInt32(24, true) };
}

function lockRequest(t: Thread, file: OpenFile, ofd: boolean, lock: FlockStruct): L.LockRequest {
  if (ofd && lock.pid !== 0) throw new SysError(EINVAL);
  const { type, start, end } = lock;
  return { owner: ofd ? file : t.files, pid: ofd ? -1 : t.process.pid, file, type, start, end };
}

function getLock(t: Thread, file: OpenFile, ofd: boolean, address: number): number {
  const wanted = readFlock(t, file, address);
  if (wanted.type === F.F_UNLCK) return -EINVAL;
  const other = L.conflictingLock(file.inode, lockRequest(t, file, ofd, wanted));
  const view = new DataView(t.user.read(address, FLOCK_BYTES).buffer);
  if (other === undefined) view.setInt16(0, F.F_UNLCK, true);
  else {
    view.setInt16(0, other.type, true);
    view.setInt16(2, F.SEEK_SET, true);
    view.setBigInt64(8, BigInt(other.start), true);
    view.setBigInt64(16, other.end === Number.POSITIVE_INFINITY ? 0n : BigInt(other.end - other.start), true);
    view.setInt32(24, other.pid, true);
  }
  t.user.write(address, new Uint8Array(view.buffer));
  return 0;
}

function setLock(t: Thread, file: OpenFile, ofd: boolean, wait: boolean, address: number): number {
  const lock = readFlock(t, file, address);
  const access = file.flags & F.O_ACCMODE;
  if ((lock.type === F.F_RDLCK && access === F.O_WRONLY) || (lock.type === F.F_WRLCK && access === F.O_RDONLY)) return -EBADF;
  const request = lockRequest(t, file, ofd, lock);
  if (!wait) return L.setRecordLock(file.inode, request) ? 0 : -EAGAIN;
  if (L.setRecordLockOrWait(file.inode, request)) return 0;
  const result = t.sleep({ queues: [L.lockQueue(file.inode)] });
  if (result !== BLOCKED) L.stopWaiting(request.owner);
  return result;
}

function flock(t: Thread, fd: number, operation: number): number {
  // Share modes: gone since Linux 5.15, which takes no notice of the call.
  if ((operation & F.LOCK_MAND) !== 0) return 0;
  const command = operation & ~F.LOCK_NB;
  if (command !== F.LOCK_SH && command !== F.LOCK_EX && command !== F.LOCK_UN) return -EINVAL;
  const file = t.files.get(fd);
  if (L.setFileLock(file, command, t.process.pid)) return 0;
  if ((operation & F.LOCK_NB) !== 0) return -EAGAIN;
  const result = t.sleep({ queues: [L.awaitFileLock(file, command, t.process.pid)] });
  if (result !== BLOCKED) L.stopAwaitingFileLock(file);
  return result;
}

const LEASES = 'no directory notification (F_NOTIFY: EINVAL); leases are never granted (EAGAIN)';

export const descriptorRows = [
  row(23, 'dup', ['fd'], dup),
  row(24, 'dup3', ['fd', 'fd', 'flags:open_only'], dup3),
  row(25, 'fcntl', ['fd', 'enum:fcntl', 'long'], fcntl, { partial: LEASES }),
  row(32, 'flock', ['fd', 'flags:flock'], flock),
  row(57, 'close', ['fd'], close),
  row(436, 'close_range', ['uint', 'uint', 'flags:close_range'], closeRange),
];
