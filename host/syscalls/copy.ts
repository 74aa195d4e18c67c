/** Moving bytes between files without user memory: sendfile, copy_file_range, splice. */
import { EAGAIN, EBADF, EFBIG, EINVAL, EISDIR, EOVERFLOW, EPIPE, ESPIPE } from '../../assembly/shared/errno.js';
import { addIo } from '../kernel/iocounts.js';
import { RLIMIT_FSIZE, UNLIMITED } from '../kernel/limits.js';
import { BLOCKED, type Thread } from '../kernel/thread.js';
import * as F from '../linux/fcntl.js';
import { IN_ACCESS, IN_MODIFY } from '../linux/inotify.js';
import { POLLOUT, POLLWRNORM } from '../linux/poll.js';
import { SIGPIPE, SIGXFSZ } from '../linux/signal.js';
import { isDirectory, isRegular } from '../linux/stat.js';
import { HostBuffer } from '../vfs/hostbuffer.js';
import { fileEvent } from '../vfs/notify.js';
import { PipeFile } from '../vfs/pipe.js';
import type { OpenFile } from '../vfs/types.js';
import { isBlocking, signalSelf, sleepOn } from './file.js';
import { readable, writable } from './lookup.js';
import { row } from './row.js';

const PIECE_BYTES = 65536;
const piece = new Uint8Array(PIECE_BYTES);

interface Transfer {
  readonly from: OpenFile;
  readonly to: OpenFile;
  /** Where to read and write; undefined: the file's own position. */
  readonly fromOffset: number | undefined;
  readonly toOffset: number | undefined;
  readonly length: number;
  /** Wait when a side has nothing to give or no room. */
  readonly mayBlock: boolean;
  /** Be content with what can be moved at once: splice, where sendfile goes on. */
  readonly partial?: boolean;
}

/**
 * Copies until `length` bytes are over, the source ends or a side is not ready. Bytes leave a pipe only when the other side has taken them.
 * How far a call that sleeps has got is in the thread's scratch.
 */
function transfer(t: Thread, work: Transfer): number {
  const count = transferAll(t, work);
  if (count > 0) {
    fileEvent(work.from, IN_ACCESS);
    fileEvent(work.to, IN_MODIFY);
  }
  return count;
}

function transferAll(t: Thread, work: Transfer): number {
  const { from, to } = work;
  if (!from.splices) return -EINVAL;
  let done = (t.scratch as number | undefined) ?? 0;
  const settle = (result: number): number => (done > 0 ? done : result);
  while (done < work.length) {
    const wanted = Math.min(PIECE_BYTES, work.length - done, room(to));
    const count = wanted === 0 ? -EAGAIN : copyPiece(t, work, done, wanted);
    if (count === -EAGAIN) {
      if (done > 0 && work.partial === true) break;
      if (!work.mayBlock) return settle(count);
      const result = sleepOn(t, waitsFor(from, to));
      if (result !== BLOCKED) return settle(result);
      t.scratch = done;
      return result;
    }
    if (count === -EPIPE && to.signalsBrokenPipe) signalSelf(t, SIGPIPE);
    if (count < 0) return settle(count);
    if (count === 0) break;
    done += count;
  }
  return done;
}

/** Bytes that a write would take at once: so that what is read can be written, too. */
function room(to: OpenFile): number {
  return to instanceof PipeFile && to.pipe.readers > 0 ? to.pipe.room : PIECE_BYTES;
}

/** The side that is not ready. */
function waitsFor(from: OpenFile, to: OpenFile): OpenFile {
  return from instanceof PipeFile && from.pipe.used === 0 ? from : to;
}

/** How far RLIMIT_FSIZE lets a regular file be written from a position. */
function roomBelowLimit(t: Thread, to: OpenFile, at: number): number {
  const limit = t.process.limits[RLIMIT_FSIZE].current;
  return limit === UNLIMITED || !isRegular(to.inode.mode) ? Number.POSITIVE_INFINITY : limit - at;
}

function copyPiece(t: Thread, { from, to, fromOffset, toOffset }: Transfer, done: number, most: number): number {
  const { pages } = t.kernel.env;
  const allowed = roomBelowLimit(t, to, toOffset === undefined ? to.offset : toOffset + done);
  if (allowed <= 0) {
    signalSelf(t, SIGXFSZ);
    return -EFBIG;
  }
  const wanted = Math.min(most, allowed);
  const pipe = from instanceof PipeFile ? from.pipe : undefined;
  const writeAt = toOffset === undefined ? undefined : toOffset + done;
  if (pipe !== undefined) {
    if (pipe.used === 0) return pipe.writers === 0 ? 0 : -EAGAIN;
    const written = to.write(new HostBuffer(pipe.peek().slice(0, wanted), pages), writeAt);
    if (written > 0) {
      pipe.skip(written);
      pipe.queue.wake(POLLOUT | POLLWRNORM);
    }
    return written;
  }
  const source = new HostBuffer(piece.subarray(0, wanted), pages);
  const readAt = (fromOffset ?? from.offset) + (fromOffset === undefined ? 0 : done);
  const got = from.read(source, from.stream ? undefined : readAt);
  if (got <= 0) return got;
  const written = to.write(new HostBuffer(piece.subarray(0, got), pages), writeAt);
  if (written > 0 && fromOffset === undefined && !from.stream) from.offset = readAt + written;
  return written;
}

/** An offset that the caller keeps: read at the start, written back at the end. undefined: it uses the file's own. */
function readOffset(t: Thread, address: number): number | undefined {
  return address === 0 ? undefined : t.user.readI64(address);
}

function finish(t: Thread, count: number, ends: readonly (readonly [address: number, offset: number | undefined])[]): number {
  if (count > 0) for (const [address, offset] of ends) if (offset !== undefined) t.user.writeU64(address, offset + count);
  return count;
}

function sendfile(t: Thread, outFd: number, inFd: number, address: number, count: number): number {
  const from = readable(t, inFd);
  const offset = readOffset(t, address);
  if (offset !== undefined) {
    if (from.stream) return -ESPIPE;
    if (offset < 0) return -EINVAL;
    t.user.prepareWrite(address, 8);
  }
  const to = writable(t, outFd);
  if (from.stream || isDirectory(from.inode.mode) || (to.flags & F.O_APPEND) !== 0 || count >= 2 ** 63) return -EINVAL;
  const length = Math.min(count, F.MAX_RW_COUNT);
  const moved = transfer(t, { from, to, fromOffset: offset, toOffset: undefined, length, mayBlock: isBlocking(to) });
  return finish(t, counted(t, moved), [[address, offset]]);
}

/** One call that reads and writes, as /proc/PID/io has it. */
function counted(t: Thread, moved: number): number {
  if (moved === BLOCKED) return moved;
  const bytes = Math.max(0, moved);
  addIo(t.io, { rchar: bytes, wchar: bytes, syscr: 1, syscw: 1 });
  return moved;
}

function copyFileRange(
  t: Thread,
  inFd: number,
  inAddress: number,
  outFd: number,
  outAddress: number,
  count: number,
  flags: number,
): number {
  const from = t.files.get(inFd);
  const to = t.files.get(outFd);
  const [fromOffset, toOffset] = [readOffset(t, inAddress), readOffset(t, outAddress)];
  if (flags !== 0) return -EINVAL;
  if (isDirectory(from.inode.mode) || isDirectory(to.inode.mode)) return -EISDIR;
  if (!isRegular(from.inode.mode) || !isRegular(to.inode.mode)) return -EINVAL;
  readable(t, inFd);
  writable(t, outFd);
  if ((to.flags & F.O_APPEND) !== 0) return -EBADF;
  const [readAt, writeAt] = [fromOffset ?? from.offset, toOffset ?? to.offset];
  if (readAt < 0 || writeAt < 0) return -EINVAL;
  if (readAt + count >= 2 ** 63 || writeAt + count >= 2 ** 63) return -EOVERFLOW;
  const length = Math.min(count, F.MAX_RW_COUNT, Math.max(0, from.inode.size - readAt));
  if (from.inode === to.inode && readAt < writeAt + length && writeAt < readAt + length) return -EINVAL;
  for (const address of [inAddress, outAddress]) if (address !== 0) t.user.prepareWrite(address, 8);
  const moved = transfer(t, { from, to, fromOffset, toOffset, length, mayBlock: false });
  return finish(t, counted(t, moved), [
    [inAddress, fromOffset],
    [outAddress, toOffset],
  ]);
}

const SPLICE_FLAGS = F.SPLICE_F_MOVE | F.SPLICE_F_NONBLOCK | F.SPLICE_F_MORE | F.SPLICE_F_GIFT;

/** One side is a pipe; the other may have an offset. */
function splice(t: Thread, inFd: number, inAddress: number, outFd: number, outAddress: number, count: number, flags: number): number {
  if ((flags & ~SPLICE_FLAGS) !== 0) return -EINVAL;
  if (count === 0) return 0;
  const from = readable(t, inFd);
  const to = writable(t, outFd);
  const pipes = [from, to].filter((file) => file instanceof PipeFile);
  if (pipes.length === 0) return -EINVAL;
  if ((from instanceof PipeFile && inAddress !== 0) || (to instanceof PipeFile && outAddress !== 0)) return -ESPIPE;
  if (from instanceof PipeFile && to instanceof PipeFile && from.pipe === to.pipe) return -EINVAL;
  if (isDirectory(from.inode.mode) || (to.flags & F.O_APPEND) !== 0) return -EINVAL;
  if ((inAddress !== 0 && from.stream) || (outAddress !== 0 && to.stream)) return -EINVAL;
  const [fromOffset, toOffset] = [readOffset(t, inAddress), readOffset(t, outAddress)];
  if ((fromOffset ?? 0) < 0 || (toOffset ?? 0) < 0) return -EINVAL;
  for (const address of [inAddress, outAddress]) if (address !== 0) t.user.prepareWrite(address, 8);
  const mayBlock = (flags & F.SPLICE_F_NONBLOCK) === 0 && pipes.every(isBlocking);
  const length = Math.min(count, F.MAX_RW_COUNT);
  const moved = transfer(t, { from, to, fromOffset, toOffset, length, mayBlock, partial: true });
  return finish(t, moved, [
    [inAddress, fromOffset],
    [outAddress, toOffset],
  ]);
}

export const copyRows = [
  row(71, 'sendfile', ['fd', 'fd', 'inout:offset', 'size'], sendfile),
  row(76, 'splice', ['fd', 'inout:offset', 'fd', 'inout:offset', 'size', 'flags:splice'], splice, {
    partial: 'bytes are copied, pages not moved',
  }),
  row(285, 'copy_file_range', ['fd', 'inout:offset', 'fd', 'inout:offset', 'size', 'hex'], copyFileRange),
];
