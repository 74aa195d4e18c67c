/** tee(2) and vmsplice(2): bytes into pipes, from other pipes and from memory. They are copied: pages are not shared. */
import { EAGAIN, EBADF, EINVAL, EPIPE } from '../../assembly/shared/errno.js';
import type { Thread } from '../kernel/thread.js';
import * as F from '../linux/fcntl.js';
import { POLLIN, POLLRDNORM } from '../linux/poll.js';
import { SIGPIPE } from '../linux/signal.js';
import { type Pipe, PipeFile } from '../vfs/pipe.js';
import { isBlocking, signalSelf, sleepOn } from './file.js';
import { readIovecs, UserBuffer } from './iobuffer.js';
import { readable, writable } from './lookup.js';
import { row } from './row.js';

const FLAGS = F.SPLICE_F_MOVE | F.SPLICE_F_NONBLOCK | F.SPLICE_F_MORE | F.SPLICE_F_GIFT;

function brokenPipe(t: Thread): number {
  signalSelf(t, SIGPIPE);
  return -EPIPE;
}

/** What is in one pipe is in the other, too. Waits until there is something, and room for some of it. */
function tee(t: Thread, inFd: number, outFd: number, length: number, flags: number): number {
  if ((flags & ~FLAGS) !== 0) return -EINVAL;
  if (length === 0) return 0;
  const from = readable(t, inFd);
  const to = writable(t, outFd);
  if (!(from instanceof PipeFile && to instanceof PipeFile) || from.pipe === to.pipe) return -EINVAL;
  const mayBlock = (flags & F.SPLICE_F_NONBLOCK) === 0 && isBlocking(from) && isBlocking(to);
  if (from.pipe.used === 0 && from.pipe.writers > 0) return mayBlock ? sleepOn(t, from) : -EAGAIN;
  if (to.pipe.readers === 0) return brokenPipe(t);
  if (to.pipe.room === 0) return mayBlock ? sleepOn(t, to) : -EAGAIN;
  const bytes = from.pipe.copy(Math.min(length, to.pipe.room));
  to.pipe.put(bytes);
  to.pipe.queue.wake(POLLIN | POLLRDNORM);
  return bytes.length;
}

const buffer = new UserBuffer();

/** What lies in each page of the user's becomes a page of the pipe's, as far as there is room, and memory. */
function givePages(pipe: Pipe): number {
  let done = 0;
  while (buffer.remaining > 0 && !pipe.full) {
    const bytes = buffer.take(buffer.inPage);
    if (bytes.length === 0) break;
    pipe.put(bytes);
    done += bytes.length;
  }
  if (done > 0) pipe.queue.wake(POLLIN | POLLRDNORM);
  return done;
}

/** Memory into the end that writes, or what comes out of the end that reads into memory. O_NONBLOCK does not count, only the flag. */
function vmsplice(t: Thread, fd: number, iov: number, count: number, flags: number): number {
  if ((flags & ~FLAGS) !== 0) return -EINVAL;
  const file = t.files.get(fd);
  const ranges = readIovecs(t.user, iov, count);
  if (typeof ranges === 'number') return ranges;
  buffer.many(t.user, ranges);
  if (buffer.remaining === 0) return 0;
  if (!(file instanceof PipeFile)) return -EBADF;
  const writes = (file.flags & F.O_ACCMODE) !== F.O_RDONLY;
  if (writes && file.pipe.readers === 0) return brokenPipe(t);
  const moved = !writes ? file.read(buffer) : file.pipe.full ? -EAGAIN : givePages(file.pipe);
  if (moved === -EAGAIN && (flags & F.SPLICE_F_NONBLOCK) === 0) return sleepOn(t, file);
  return moved === 0 && buffer.fault !== 0 ? -buffer.fault : moved;
}

export const teeRows = [
  row(75, 'vmsplice', ['fd', 'struct:iovec', 'ulong', 'flags:splice'], vmsplice, { partial: 'bytes are copied, pages not given' }),
  row(77, 'tee', ['fd', 'fd', 'size', 'flags:splice'], tee, { partial: 'bytes are copied, pages not shared' }),
];
