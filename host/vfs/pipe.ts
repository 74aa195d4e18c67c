/** Pipes and FIFOs (pipe(7), fifo(7)). */

import { EAGAIN, EBADF, EBUSY, EINVAL, ENOTTY, ENXIO, EPERM, EPIPE } from '../../assembly/shared/errno.js';
import type { UserMemory } from '../core/user.js';
import { sideTable } from '../linux/bound.js';
import { SysError } from '../linux/error.js';
import { O_ACCMODE, O_DIRECT, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } from '../linux/fcntl.js';
import { FIONREAD } from '../linux/ioctl.js';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../linux/poll.js';
import { S_IFIFO } from '../linux/stat.js';
import { AnonymousInode, anonymousFileSystems, placeAnonymous } from './anonymous.js';
import type { VfsEnvironment } from './environment.js';
import type { Namespace } from './namespace.js';
import { type FileSystem, type Inode, type IoBuffer, OpenFile } from './types.js';
import { WaitQueue } from './wait.js';

/** Writes of up to this many bytes are not mixed with others. */
export const PIPE_BUF = 4096;
export const PIPE_CAPACITY = 65536;
const PAGE_BYTES = 4096;
/** What all pipes of a machine may hold together: a pipe that would go beyond gets one page, as Linux does to unprivileged users. */
const MACHINE_BYTES_MAX = 64 * 1024 * 1024;

/** What of one write lies in one page; or of several, while what came later fits behind it (Linux: struct pipe_buffer). */
interface Piece {
  /** Where the page begins in the buffer; where in the page its first byte lies, and how many there are. */
  readonly page: number;
  offset: number;
  length: number;
  packet: boolean;
  /** What is written next may be put behind it. */
  joins: boolean;
}

const pieceAt = (page: number): Piece => ({ page, offset: 0, length: 0, packet: false, joins: false });

/**
 * Pages of bytes between writers and readers, as Linux has them: a page holds what one write has brought for it, however little that is,
 * and is read in one piece or, if a fault does not let that happen, not at all. The capacity is a number of pages. The memory for them
 * grows with what is in the pipe: most pipes stay small.
 */
export class Pipe {
  readonly queue = new WaitQueue();
  /** Counted in env.pipeBytes while somebody has the pipe open. */
  private _capacity = 0;
  readers = 0;
  writers = 0;
  /** How often each side was opened: a blocked open learns from it that its partner came, though it may be gone again. */
  readerOpens = 0;
  writerOpens = 0;
  private _buffer = new Uint8Array(0);
  /** Pages of the buffer in which nothing lies: a message makes no garbage. */
  private _spare: Piece[] = [];
  /** Oldest first. */
  private _pieces: Piece[] = [];
  private _used = 0;

  constructor(readonly env: VfsEnvironment) {}

  get capacity(): number {
    return this._capacity;
  }

  set capacity(bytes: number) {
    this.env.pipeBytes += bytes - this._capacity;
    this._capacity = bytes;
  }

  /** One more end is open. */
  attach(reads: boolean, writes: boolean): void {
    if (this.readers + this.writers === 0) {
      this.capacity = this.env.pipeBytes + PIPE_CAPACITY > MACHINE_BYTES_MAX ? PAGE_BYTES : PIPE_CAPACITY;
    }
    if (reads) {
      this.readers++;
      this.readerOpens++;
    }
    if (writes) {
      this.writers++;
      this.writerOpens++;
    }
    this.queue.wake();
  }

  /** One less; when the last has gone, what was in the pipe is gone, too. */
  detach(reads: boolean, writes: boolean): void {
    if (reads) this.readers--;
    if (writes) this.writers--;
    if (this.readers + this.writers === 0) {
      this._buffer = new Uint8Array(0);
      this._spare = [];
      this._pieces = [];
      this._used = 0;
      this.capacity = 0;
    }
    this.queue.wake();
  }

  get used(): number {
    return this._used;
  }

  get full(): boolean {
    return this._pieces.length * PAGE_BYTES >= this._capacity;
  }

  /** Bytes that can be put in pages of their own. */
  get room(): number {
    return Math.max(0, this._capacity - this._pieces.length * PAGE_BYTES);
  }

  private _take(): Piece {
    const spare = this._spare.pop();
    if (spare !== undefined) return spare;
    const before = this._buffer.length;
    const buffer = new Uint8Array(Math.max(PAGE_BYTES, before * 2));
    buffer.set(this._buffer);
    this._buffer = buffer;
    for (let page = buffer.length - PAGE_BYTES; page > before; page -= PAGE_BYTES) this._spare.push(pieceAt(page));
    return pieceAt(before);
  }

  private _add(piece: Piece, length: number, packet: boolean, joins: boolean): void {
    piece.offset = 0;
    piece.length = length;
    piece.packet = packet;
    piece.joins = joins;
    this._pieces.push(piece);
    this._used += length;
  }

  /** The oldest piece goes. */
  private _drop(): void {
    const piece = this._pieces.shift() as Piece;
    this._used -= piece.length;
    this._spare.push(piece);
  }

  /**
   * A write: first what is more than whole pages, if there is room for it behind the last bytes; then pages, each of them whole or, if the
   * writer's memory faults, not at all.
   */
  takeFrom(from: IoBuffer, packets: boolean): number {
    const rest = from.remaining % PAGE_BYTES;
    const last = this._pieces.at(-1);
    let done = 0;
    if (rest > 0 && last?.joins === true && last.offset + last.length + rest <= PAGE_BYTES) {
      done = from.takeInto(this._buffer, last.page + last.offset + last.length, rest);
      if (done < rest && from.faulted) {
        from.untake(done);
        return 0;
      }
      last.length += done;
      this._used += done;
    }
    while (from.remaining > 0 && !this.full) {
      const piece = this._take();
      const wanted = Math.min(PAGE_BYTES, from.remaining);
      const count = from.takeInto(this._buffer, piece.page, wanted);
      const whole = count === wanted || !from.faulted;
      if (!whole) from.untake(count);
      if (!whole || count === 0) {
        this._spare.push(piece);
        break;
      }
      this._add(piece, count, packets, !packets);
      done += count;
    }
    return done;
  }

  /** A read: pieces as far as they go, a packet at most. */
  giveTo(to: IoBuffer): number {
    let done = 0;
    while (to.remaining > 0 && this._pieces.length > 0) {
      const [piece] = this._pieces;
      const wanted = Math.min(piece.length, to.remaining);
      const count = to.putFrom(this._buffer, piece.page + piece.offset, wanted);
      if (count < wanted && to.faulted) {
        to.untake(count);
        break;
      }
      done += count;
      piece.offset += count;
      piece.length -= count;
      this._used -= count;
      // The reader's memory must be awaited: it goes on from here.
      if (count < wanted) break;
      // What of a packet does not fit is lost.
      if (piece.length === 0 || piece.packet) this._drop();
      if (piece.packet) break;
    }
    return done;
  }

  /** The caller has looked at `room`. */
  put(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; done += PAGE_BYTES) {
      const part = bytes.subarray(done, done + PAGE_BYTES);
      const piece = this._take();
      this._buffer.set(part, piece.page);
      this._add(piece, part.length, false, false);
    }
  }

  /** The bytes of the oldest piece: a view, good until the next write. */
  peek(): Uint8Array {
    const [piece] = this._pieces;
    return this._buffer.subarray(piece.page + piece.offset, piece.page + piece.offset + piece.length);
  }

  /** The oldest `max` bytes, which stay where they are. */
  copy(max: number): Uint8Array {
    const bytes = new Uint8Array(Math.min(max, this._used));
    let done = 0;
    for (const { page, offset, length } of this._pieces) {
      const count = Math.min(length, bytes.length - done);
      bytes.set(this._buffer.subarray(page + offset, page + offset + count), done);
      done += count;
    }
    return bytes;
  }

  /** The oldest bytes go. */
  skip(bytes: number): void {
    for (let left = bytes; left > 0; ) {
      const [piece] = this._pieces;
      const count = Math.min(left, piece.length);
      left -= count;
      piece.offset += count;
      piece.length -= count;
      this._used -= count;
      if (piece.length === 0) this._drop();
    }
  }

  /** F_SETPIPE_SZ: a power of two of at least a page. EBUSY: more pages than that are in use. */
  resize(bytes: number, privileged: boolean): number {
    if (!(bytes >= 0 && bytes <= 0x80000000)) throw new SysError(EINVAL);
    let capacity = PAGE_BYTES;
    while (capacity < bytes) capacity *= 2;
    if (capacity > this.capacity && capacity > this.env.knobs.pipeCapacity && !privileged) throw new SysError(EPERM);
    if (this.env.pipeBytes + capacity - this.capacity > MACHINE_BYTES_MAX && capacity > this.capacity) throw new SysError(EPERM);
    if (capacity < this._pieces.length * PAGE_BYTES) throw new SysError(EBUSY);
    this.capacity = capacity;
    if (this._pieces.length === 0) {
      this._buffer = new Uint8Array(0);
      this._spare = [];
    }
    this.queue.wake();
    return capacity;
  }
}

/** An end of a pipe, or both (a FIFO opened O_RDWR). */
export class PipeFile extends OpenFile {
  private readonly _reads: boolean;
  private readonly _writes: boolean;
  /** The other side's count when a blocking open began to wait; undefined: it does not wait. */
  private _partnerOpens: number | undefined = undefined;
  /** A FIFO opened without waiting for a writer shows no hang-up before one has come and gone. */
  private _writerOpensSeen = -1;

  constructor(
    inode: Inode,
    readonly pipe: Pipe,
    flags: number,
    byName: boolean,
  ) {
    super(inode, flags);
    const mode = flags & O_ACCMODE;
    this._reads = mode !== O_WRONLY;
    this._writes = mode !== O_RDONLY;
    pipe.attach(this._reads, this._writes);
    if (byName && mode !== O_RDWR) this._meetPartner(mode);
  }

  private _meetPartner(mode: number): void {
    const { pipe } = this;
    if ((mode === O_RDONLY ? pipe.writers : pipe.readers) > 0) return;
    if ((this.flags & O_NONBLOCK) === 0) this._partnerOpens = mode === O_RDONLY ? pipe.writerOpens : pipe.readerOpens;
    else this._writerOpensSeen = pipe.writerOpens;
  }

  override get opening(): boolean {
    if (this._partnerOpens === undefined) return false;
    const opens = this._reads ? this.pipe.writerOpens : this.pipe.readerOpens;
    if (opens !== this._partnerOpens) this._partnerOpens = undefined;
    return this._partnerOpens !== undefined;
  }

  override get stream(): boolean {
    return true;
  }

  override get queue(): WaitQueue {
    return this.pipe.queue;
  }

  override read(to: IoBuffer): number {
    const { pipe } = this;
    if (!this._reads) return -EBADF;
    if (to.remaining === 0) return 0;
    if (pipe.used === 0) return pipe.writers === 0 ? 0 : -EAGAIN;
    const wasFull = pipe.full;
    const done = pipe.giveTo(to);
    // Writers wait only for a full pipe: room that grows is no event.
    if (wasFull && !pipe.full) pipe.queue.wake(POLLOUT | POLLWRNORM);
    return done;
  }

  /** Up to PIPE_BUF bytes: all or -EAGAIN. More: what fits. A blocking write(2) goes on until all is written. -EPIPE: raise SIGPIPE. */
  override write(from: IoBuffer): number {
    const { pipe } = this;
    if (!this._writes) return -EBADF;
    if (from.remaining === 0) return 0;
    if (pipe.readers === 0) return -EPIPE;
    const full = pipe.full;
    const done = pipe.takeFrom(from, (this.flags & O_DIRECT) !== 0);
    if (done > 0) pipe.queue.wake(POLLIN | POLLRDNORM);
    return done === 0 && full && !from.faulted ? -EAGAIN : done;
  }

  override poll(): number {
    const { pipe } = this;
    let events = 0;
    if (this._reads) {
      if (pipe.used > 0) events |= POLLIN | POLLRDNORM;
      if (pipe.writers === 0 && pipe.writerOpens !== this._writerOpensSeen) events |= POLLHUP;
    }
    if (this._writes) {
      if (!pipe.full) events |= POLLOUT | POLLWRNORM;
      if (pipe.readers === 0) events |= POLLERR;
    }
    return events;
  }

  override ioctl(command: number, argument: number, user: UserMemory): number {
    if (command !== FIONREAD) throw new SysError(ENOTTY);
    user.writeU32(argument, this.pipe.used);
    return 0;
  }

  override close(): void {
    this.pipe.detach(this._reads, this._writes);
  }
}

/** What flows through a FIFO belongs to its inode, whatever file system that is in. */
const pipes = sideTable<Inode, Pipe>('FIFOs');

/** Opens a FIFO by name. ENXIO: for writing, O_NONBLOCK, and nobody reads. The file may be `opening`: its partner is not there yet. */
export function openFifo(env: VfsEnvironment, inode: Inode, flags: number): PipeFile {
  let pipe = pipes.get(inode);
  if (pipe === undefined) pipes.set(inode, (pipe = new Pipe(env)));
  if ((flags & O_ACCMODE) === O_WRONLY && (flags & O_NONBLOCK) !== 0 && pipe.readers === 0) throw new SysError(ENXIO);
  return new PipeFile(inode, pipe, flags, true);
}

/** The inode of a pipe(2): opened again through /proc/self/fd, it waits for nobody (fs/pipe.c, fifo_open: `is_pipe`). */
export class PipeInode extends AnonymousInode {
  constructor(
    env: VfsEnvironment,
    fs: FileSystem,
    readonly pipe: Pipe,
  ) {
    super(env, fs, S_IFIFO | 0o600);
  }

  override open(flags: number): OpenFile {
    return new PipeFile(this, this.pipe, flags, false);
  }
}

/** pipe2(2): the read end and the write end. `flags`: O_NONBLOCK, O_DIRECT (and O_CLOEXEC, the descriptor's business). */
export function createPipe(namespace: Namespace, flags: number): [read: PipeFile, write: PipeFile] {
  const { env } = namespace;
  const pipe = new Pipe(env);
  const inode = new PipeInode(env, anonymousFileSystems(env).pipes, pipe);
  const label = `pipe:[${inode.ino}]`;
  const status = flags & O_NONBLOCK;
  return [
    placeAnonymous(namespace, new PipeFile(inode, pipe, O_RDONLY | status, false), label),
    placeAnonymous(namespace, new PipeFile(inode, pipe, O_WRONLY | status | (flags & O_DIRECT), false), label),
  ];
}
