/** read, write and their variants. */
import { EAGAIN, EFAULT, EFBIG, EINTR, EINVAL, EISDIR, EOPNOTSUPP, EPIPE, ESPIPE } from '../../assembly/shared/errno.js';
import { RLIMIT_FSIZE, UNLIMITED } from '../kernel/limits.js';
import { sendToThread } from '../kernel/signal.js';
import { refuseWrite } from '../kernel/terminal.js';
import { BLOCKED, type Thread } from '../kernel/thread.js';
import * as F from '../linux/fcntl.js';
import { IN_ACCESS, IN_MODIFY } from '../linux/inotify.js';
import { SI_USER, SIGPIPE, SIGXFSZ } from '../linux/signal.js';
import { isDirectory, isRegular } from '../linux/stat.js';
import { fileEvent } from '../vfs/notify.js';
import { TerminalFile } from '../vfs/tty/terminalfile.js';
import type { OpenFile } from '../vfs/types.js';
import { outsideUser, readIovecs, UserBuffer } from './iobuffer.js';
import { readable, writable } from './lookup.js';
import { row } from './row.js';
import { readTerminal } from './terminal.js';

/** The transfer of the call in progress: handlers run one at a time, and begin anew after a sleep. */
const buffer = new UserBuffer();

export function isBlocking(file: OpenFile): boolean {
  return (file.flags & F.O_NONBLOCK) === 0;
}

/** Signals that a thread's own call causes. */
export function signalSelf(t: Thread, signo: number): void {
  sendToThread(t, { signo, code: SI_USER, pid: t.process.pid, uid: t.cred.ruid });
}

/**
 * Sleeps until the file may have become ready. A file that nobody will wake is left alone. -EAGAIN: the file's own time limit has passed;
 * with such a limit an interrupted call is not begun again (signal(7)).
 */
export function sleepOn(t: Thread, file: OpenFile, writing = false): number {
  const { queue } = file;
  if (queue === undefined) return -EAGAIN;
  const limit = file.waitLimitNs(writing);
  if (limit === Number.POSITIVE_INFINITY) return t.sleep({ queues: [queue] });
  const deadline = t.deadline(limit);
  if (t.kernel.now() >= deadline && !(t.signalFlag && t.hasDeliverable())) return -EAGAIN;
  const result = t.sleep({ queues: [queue], deadline });
  return result === BLOCKED ? result : -EINTR;
}

/** Positions end below this. */
const POSITION_LIMIT = 2 ** 63;

function receive(t: Thread, file: OpenFile, offset?: number, nonBlocking = false): number {
  if (offset !== undefined && offset + buffer.remaining >= POSITION_LIMIT) return -EINVAL;
  const count = receiveOnce(t, file, offset, nonBlocking);
  if (count !== BLOCKED) {
    t.io.syscr++;
    if (count > 0) t.io.rchar += count;
  }
  return count;
}

/** A reader whose buffer's next page must be awaited has so many bytes already, which the file does not have any more. */
export class Received {
  constructor(readonly bytes: number) {}
}

function receiveOnce(t: Thread, file: OpenFile, offset: number | undefined, nonBlocking: boolean): number {
  if (isDirectory(file.inode.mode)) return -EISDIR;
  if (file instanceof TerminalFile) return readTerminal(t, file, buffer, isBlocking(file) && !nonBlocking);
  const done = t.scratch instanceof Received ? t.scratch.bytes : 0;
  if (done > 0) buffer.skip(done);
  const count = file.read(buffer, offset === undefined ? undefined : offset + done);
  if (count > 0) fileEvent(file, IN_ACCESS);
  if (count > 0 && buffer.suspended !== undefined) {
    t.scratch = new Received(done + count);
    throw buffer.suspended;
  }
  if (done > 0) return done + Math.max(count, 0);
  if (count === -EAGAIN && isBlocking(file) && !nonBlocking) return sleepOn(t, file);
  return count === 0 && buffer.fault !== 0 ? -buffer.fault : count;
}

/**
 * Writes the whole buffer. A stream that takes only a part makes the thread sleep for the rest: what has been written is in `scratch`,
 * and an interruption returns it.
 */
function transmit(t: Thread, file: OpenFile, offset?: number, nonBlocking = false): number {
  if (offset !== undefined && offset + buffer.remaining >= POSITION_LIMIT) return -EINVAL;
  const count = transmitAll(t, file, offset, nonBlocking);
  if (count > 0) fileEvent(file, IN_MODIFY);
  if (count !== BLOCKED) {
    t.io.syscw++;
    if (count > 0) t.io.wchar += count;
  }
  return count;
}

function transmitAll(t: Thread, file: OpenFile, offset: number | undefined, nonBlocking: boolean): number {
  const refused = t.process.limits[RLIMIT_FSIZE].current === UNLIMITED ? 0 : limitSize(t, file, offset);
  if (refused !== 0) return refused;
  const stopped = file instanceof TerminalFile && !file.hungUp ? refuseWrite(t, file.terminal) : 0;
  if (stopped !== 0) return stopped;
  const total = buffer.remaining;
  const mayBlock = isBlocking(file) && !nonBlocking;
  let done = (t.scratch as number | undefined) ?? 0;
  if (done > 0) buffer.skip(done);
  for (;;) {
    const count = file.write(buffer, offset === undefined ? undefined : offset + done);
    if (count === -EAGAIN && mayBlock) {
      const result = sleepOn(t, file, true);
      if (result !== BLOCKED) return done > 0 ? done : result;
      t.scratch = done;
      return result;
    }
    if (count === -EPIPE && file.signalsBrokenPipe) signalSelf(t, SIGPIPE);
    if (count < 0) return done > 0 ? done : count;
    done += count;
    if (buffer.suspended !== undefined) {
      t.scratch = done;
      throw buffer.suspended;
    }
    if (buffer.fault !== 0) return done > 0 ? done : -buffer.fault;
    if (done >= total || count === 0 || !file.stream || !mayBlock) return done;
  }
}

/** RLIMIT_FSIZE cuts a write to a regular file; one that begins at the limit is refused with SIGXFSZ. */
function limitSize(t: Thread, file: OpenFile, offset?: number): number {
  if (!isRegular(file.inode.mode) || buffer.remaining === 0) return 0;
  const at = (file.flags & F.O_APPEND) !== 0 ? file.inode.size : (offset ?? file.offset);
  const room = t.process.limits[RLIMIT_FSIZE].current - at;
  if (room <= 0) {
    signalSelf(t, SIGXFSZ);
    return -EFBIG;
  }
  buffer.limit(room);
  return 0;
}

function read(t: Thread, fd: number, address: number, count: number): number {
  const file = readable(t, fd);
  if (outsideUser(address, count)) return -EFAULT;
  buffer.one(t.user, address, count);
  return receive(t, file);
}

function write(t: Thread, fd: number, address: number, count: number): number {
  const file = writable(t, fd);
  if (outsideUser(address, count)) return -EFAULT;
  buffer.one(t.user, address, count);
  return transmit(t, file);
}

/** A position of its own: EINVAL when negative, ESPIPE where there are no positions. */
function positioned(t: Thread, fd: number, offset: number): number {
  if (offset < 0) return -EINVAL;
  return t.files.get(fd).stream ? -ESPIPE : 0;
}

function pread(t: Thread, fd: number, address: number, count: number, offset: number): number {
  const refused = positioned(t, fd, offset);
  if (refused !== 0) return refused;
  const file = readable(t, fd);
  if (outsideUser(address, count)) return -EFAULT;
  buffer.one(t.user, address, count);
  return receive(t, file, offset);
}

function pwrite(t: Thread, fd: number, address: number, count: number, offset: number): number {
  const refused = positioned(t, fd, offset);
  if (refused !== 0) return refused;
  const file = writable(t, fd);
  if (outsideUser(address, count)) return -EFAULT;
  buffer.one(t.user, address, count);
  return transmit(t, file, offset);
}

/** Loads the buffer with an iovec array. 0 or -errno. */
function gather(t: Thread, iov: number, count: number): number {
  const ranges = readIovecs(t.user, iov, count);
  if (typeof ranges === 'number') return ranges;
  buffer.many(t.user, ranges);
  return 0;
}

function readv(t: Thread, fd: number, iov: number, count: number): number {
  const file = readable(t, fd);
  return gather(t, iov, count) || (buffer.remaining === 0 ? 0 : receive(t, file));
}

function writev(t: Thread, fd: number, iov: number, count: number): number {
  const file = writable(t, fd);
  return gather(t, iov, count) || (buffer.remaining === 0 ? 0 : transmit(t, file));
}

function preadv(t: Thread, fd: number, iov: number, count: number, offset: number): number {
  const refused = positioned(t, fd, offset);
  if (refused !== 0) return refused;
  const file = readable(t, fd);
  return gather(t, iov, count) || (buffer.remaining === 0 ? 0 : receive(t, file, offset));
}

function pwritev(t: Thread, fd: number, iov: number, count: number, offset: number): number {
  const refused = positioned(t, fd, offset);
  if (refused !== 0) return refused;
  const file = writable(t, fd);
  return gather(t, iov, count) || (buffer.remaining === 0 ? 0 : transmit(t, file, offset));
}

const RWF_READ = F.RWF_HIPRI | F.RWF_DSYNC | F.RWF_SYNC | F.RWF_NOWAIT;
const RWF_WRITE = RWF_READ | F.RWF_APPEND;

/** Offset -1: the file's own position. */
function preadv2(t: Thread, fd: number, iov: number, count: number, offset: number, _high: number, flags: number): number {
  const refused = offset === -1 ? 0 : positioned(t, fd, offset);
  if (refused !== 0) return refused;
  const file = readable(t, fd);
  const bad = gather(t, iov, count);
  if (bad !== 0 || buffer.remaining === 0) return bad;
  if ((flags & ~RWF_READ) !== 0) return -EOPNOTSUPP;
  return receive(t, file, offset === -1 ? undefined : offset, (flags & F.RWF_NOWAIT) !== 0);
}

function pwritev2(t: Thread, fd: number, iov: number, count: number, offset: number, _high: number, flags: number): number {
  const refused = offset === -1 ? 0 : positioned(t, fd, offset);
  if (refused !== 0) return refused;
  const file = writable(t, fd);
  const bad = gather(t, iov, count);
  if (bad !== 0 || buffer.remaining === 0) return bad;
  if ((flags & ~RWF_WRITE) !== 0) return -EOPNOTSUPP;
  const own = file.flags;
  if ((flags & F.RWF_APPEND) !== 0) file.flags |= F.O_APPEND;
  if ((flags & F.RWF_DSYNC) !== 0) file.flags |= F.O_DSYNC;
  if ((flags & F.RWF_SYNC) !== 0) file.flags |= F.O_SYNC;
  try {
    return transmit(t, file, offset === -1 ? undefined : offset, (flags & F.RWF_NOWAIT) !== 0);
  } finally {
    file.flags = own;
  }
}

function lseek(t: Thread, fd: number, offset: number, whence: number): number {
  const file = t.files.get(fd);
  if (whence < F.SEEK_SET || whence > F.SEEK_HOLE) return -EINVAL;
  return file.seek(offset, whence);
}

export const transferRows = [
  row(62, 'lseek', ['fd', 'offset', 'enum:whence'], lseek),
  row(63, 'read', ['fd', 'outbytes', 'size'], read),
  row(64, 'write', ['fd', 'bytes', 'size'], write),
  row(65, 'readv', ['fd', 'out:iovec', 'ulong'], readv),
  row(66, 'writev', ['fd', 'struct:iovec', 'ulong'], writev),
  row(67, 'pread64', ['fd', 'outbytes', 'size', 'offset'], pread),
  row(68, 'pwrite64', ['fd', 'bytes', 'size', 'offset'], pwrite),
  row(69, 'preadv', ['fd', 'out:iovec', 'ulong', 'offset'], preadv),
  row(70, 'pwritev', ['fd', 'struct:iovec', 'ulong', 'offset'], pwritev),
  row(286, 'preadv2', ['fd', 'out:iovec', 'ulong', 'offset', 'long', 'flags:rwf'], preadv2),
  row(287, 'pwritev2', ['fd', 'struct:iovec', 'ulong', 'offset', 'long', 'flags:rwf'], pwritev2),
];
