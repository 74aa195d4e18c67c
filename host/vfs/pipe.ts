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
const BUFFER_BYTES_MIN = 4096;
/** What all pipes of a machine may hold together: a pipe that would go beyond gets one page, as Linux does to unprivileged users. */
const MACHINE_BYTES_MAX = 64 * 1024 * 1024;

interface Segment {
  bytes: number;
  readonly packet: boolean;
}

/**
 * A ring of bytes between readers and writers. The buffer grows with what is in it, up to the capacity: most pipes stay small.
 *
 *   buffer  [ ....#######........ ]   start = first '#', used = number of '#', both modulo the buffer's length
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
  private _start = 0;
  private _used = 0;
  /** What the bytes are, oldest first, while a packet is among them; else empty: all are a stream. */
  private _segments: Segment[] = [];
  /** A packet takes a page of the capacity, however short it is: so much more than its bytes. */
  private _padding = 0;

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
      this.capacity = this.env.pipeBytes + PIPE_CAPACITY > MACHINE_BYTES_MAX ? BUFFER_BYTES_MIN : PIPE_CAPACITY;
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
      this._start = 0;
      this._used = 0;
      this._segments = [];
      this._padding = 0;
      this.capacity = 0;
    }
    this.queue.wake();
  }

  get used(): number {
    return this._used;
  }

  get room(): number {
    return this.capacity - this._used - this._padding;
  }

  /** Length of the packet that comes next, undefined when stream bytes do. */
  get packetBytes(): number | undefined {
    const [first] = this._segments;
    return first?.packet === true ? first.bytes : undefined;
  }

  /** Bytes that one read may take in one piece: up to the next packet. */
  get streamBytes(): number {
    return this._segments.length === 0 ? this._used : this._segments[0].bytes;
  }

  /** As in Linux, a packet that fits into the page of the stream bytes before it becomes a part of them. */
  joinsStream(bytes: number): boolean {
    const last = this._segments[this._segments.length - 1];
    const before = (last === undefined ? this._used : last.packet ? 0 : last.bytes) % BUFFER_BYTES_MIN;
    return before > 0 && before + bytes <= BUFFER_BYTES_MIN;
  }

  /** At most a page, to be read by itself. The caller has looked at `room`. */
  putPacket(bytes: Uint8Array): void {
    if (this._segments.length === 0 && this._used > 0) this._segments.push({ bytes: this._used, packet: false });
    this._store(bytes);
    this._segments.push({ bytes: bytes.length, packet: true });
    this._padding += BUFFER_BYTES_MIN - bytes.length;
  }

  private _consume(bytes: number): void {
    let left = bytes;
    while (left > 0 && this._segments.length > 0) {
      const [first] = this._segments;
      const taken = Math.min(left, first.bytes);
      left -= taken;
      first.bytes -= taken;
      if (first.packet) this._padding += taken;
      if (first.bytes > 0) continue;
      if (first.packet) this._padding -= BUFFER_BYTES_MIN;
      this._segments.shift();
    }
    if (!this._segments.some(({ packet }) => packet)) this._segments = [];
  }

  /** The caller has looked at `room`. */
  put(bytes: Uint8Array): void {
    this._addStream(bytes.length);
    this._store(bytes);
  }

  private _addStream(bytes: number): void {
    if (this._segments.length === 0 || bytes === 0) return;
    const last = this._segments[this._segments.length - 1];
    if (last.packet) this._segments.push({ bytes, packet: false });
    else last.bytes += bytes;
  }

  /** Takes what there is room for, as far as the buffer is in one piece. */
  takeFrom(from: IoBuffer): number {
    const wanted = Math.min(from.remaining, this.room);
    this._reserve(this._used + wanted);
    const at = (this._start + this._used) % this._buffer.length;
    const count = from.takeInto(this._buffer, at, Math.min(wanted, this._buffer.length - at));
    this._addStream(count);
    this._used += count;
    return count;
  }

  /** Gives the oldest stream bytes that lie in one piece. */
  giveTo(to: IoBuffer): number {
    const count = to.putFrom(this._buffer, this._start, Math.min(this.streamBytes, this._buffer.length - this._start));
    this.skip(count);
    return count;
  }

  private _store(bytes: Uint8Array): void {
    this._reserve(this._used + bytes.length);
    const length = this._buffer.length;
    const at = (this._start + this._used) % length;
    const first = Math.min(bytes.length, length - at);
    this._buffer.set(bytes.subarray(0, first), at);
    if (first < bytes.length) this._buffer.set(bytes.subarray(first), 0);
    this._used += bytes.length;
  }

  /** The oldest bytes that lie in one piece: a view, good until the next put. */
  peek(): Uint8Array {
    return this._buffer.subarray(this._start, Math.min(this._start + this._used, this._buffer.length));
  }

  /** The oldest `max` bytes, which stay where they are. */
  copy(max: number): Uint8Array {
    const bytes = new Uint8Array(Math.min(max, this._used));
    const first = this.peek().subarray(0, bytes.length);
    bytes.set(first);
    bytes.set(this._buffer.subarray(0, bytes.length - first.length), first.length);
    return bytes;
  }

  skip(bytes: number): void {
    if (this._segments.length > 0) this._consume(bytes);
    this._used -= bytes;
    this._start = this._used === 0 ? 0 : (this._start + bytes) % this._buffer.length;
  }

  private _reserve(bytes: number): void {
    if (bytes <= this._buffer.length) return;
    let length = Math.max(this._buffer.length, BUFFER_BYTES_MIN);
    while (length < bytes) length *= 2;
    this._moveTo(new Uint8Array(length));
  }

  private _moveTo(buffer: Uint8Array<ArrayBuffer>): void {
    const first = this.peek();
    buffer.set(first, 0);
    if (first.length < this._used) buffer.set(this._buffer.subarray(0, this._used - first.length), first.length);
    this._buffer = buffer;
    this._start = 0;
  }

  /** F_SETPIPE_SZ: a power of two of at least a page. EBUSY: more than that is in it. */
  resize(bytes: number, privileged: boolean): number {
    if (!(bytes >= 0 && bytes <= 0x80000000)) throw new SysError(EINVAL);
    let capacity = BUFFER_BYTES_MIN;
    while (capacity < bytes) capacity *= 2;
    if (capacity > this.capacity && capacity > this.env.knobs.pipeCapacity && !privileged) throw new SysError(EPERM);
    if (this.env.pipeBytes + capacity - this.capacity > MACHINE_BYTES_MAX && capacity > this.capacity) throw new SysError(EPERM);
    if (capacity < this._used) throw new SysError(EBUSY);
    this.capacity = capacity;
    if (this._buffer.length > capacity) this._moveTo(new Uint8Array(capacity));
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
    const wasFull = pipe.room < PIPE_BUF;
    let done = 0;
    while (to.remaining > 0 && pipe.used > 0) {
      const packet = pipe.packetBytes;
      if (packet === undefined) {
        done += pipe.giveTo(to);
        continue;
      }
      const count = to.put(pipe.peek().subarray(0, packet));
      done += count;
      // One packet to a read. It may lie in two pieces; what does not fit is lost.
      if (count < packet && to.remaining > 0) done += to.put(pipe.copy(packet).subarray(count));
      pipe.skip(packet);
      break;
    }
    // Writers wait only for a full pipe: room that grows is no event.
    if (done > 0 && wasFull) pipe.queue.wake(POLLOUT | POLLWRNORM);
    return done;
  }

  /** Up to PIPE_BUF bytes: all or -EAGAIN. More: what fits. A blocking write(2) goes on until all is written. -EPIPE: raise SIGPIPE. */
  override write(from: IoBuffer): number {
    const { pipe } = this;
    if (!this._writes) return -EBADF;
    const wanted = from.remaining;
    if (wanted === 0) return 0;
    if (pipe.readers === 0) return -EPIPE;
    const packets = (this.flags & O_DIRECT) !== 0;
    const least = packets ? PIPE_BUF : 1;
    if (pipe.room < least || (wanted <= PIPE_BUF && wanted > pipe.room)) return -EAGAIN;
    let done = 0;
    while (from.remaining > 0 && pipe.room >= least) {
      if (!packets) {
        done += pipe.takeFrom(from);
        continue;
      }
      const bytes = from.take(PIPE_BUF);
      if (pipe.joinsStream(bytes.length)) pipe.put(bytes);
      else if (bytes.length > 0) pipe.putPacket(bytes);
      done += bytes.length;
    }
    if (done > 0) pipe.queue.wake(POLLIN | POLLRDNORM);
    return done;
  }

  override poll(): number {
    const { pipe } = this;
    let events = 0;
    if (this._reads) {
      if (pipe.used > 0) events |= POLLIN | POLLRDNORM;
      if (pipe.writers === 0 && pipe.writerOpens !== this._writerOpensSeen) events |= POLLHUP;
    }
    if (this._writes) {
      if (pipe.room >= PIPE_BUF) events |= POLLOUT | POLLWRNORM;
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
