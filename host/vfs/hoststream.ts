/** Byte streams of the host as open files of the guest: input from a pipe or a file, output that goes anywhere but a terminal. */

import { EAGAIN, EBADF, EIO, ENOTTY } from '../../assembly/shared/errno.js';
import type { UserMemory } from '../core/user.js';
import { bound } from '../linux/bound.js';
import { SysError } from '../linux/error.js';
import { O_ACCMODE, O_RDONLY, O_WRONLY } from '../linux/fcntl.js';
import { FIONREAD } from '../linux/ioctl.js';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../linux/poll.js';
import { S_IFIFO } from '../linux/stat.js';
import { AnonymousInode, anonymousFileSystems, placeAnonymous } from './anonymous.js';
import type { Namespace } from './namespace.js';
import { type IoBuffer, OpenFile } from './types.js';
import { WaitQueue } from './wait.js';

/** Where output goes. Nothing here waits: `queue` is woken when a refused write may be tried again. */
export interface HostOutput {
  /**
   * Takes what it can of `bytes` at once and returns how many that was, 0 when there is no room now, or -errno (-EPIPE: the reader has
   * gone, -EIO, -ENOSPC). The array is the caller's: copy what is kept.
   */
  write(bytes: Uint8Array): number;
  /** write would take at least one byte, or fail. */
  readonly writable: boolean;
  readonly queue: WaitQueue;
  /** Nobody in the machine has it open any more: no more bytes will come. */
  closed?(): void;
}

export interface HostInputHooks {
  /** The guest asks for bytes and there are none: begin (or go on) reading from the host. Called again and again. */
  readonly wanted?: () => void;
  /** Plenty has been pushed and not read: stop reading from the host until `wanted`. */
  readonly full?: () => void;
}

/** Of a HostInput in a snapshot: what was pushed and not read. What it is fed by is the host's. */
export const INPUT_STATE = ['onPush', '_chunks', '_taken', '_available', '_ended', '_error'];

const FULL_BYTES = 262144;
const CHUNK_BYTES = 65536;

/** Where input comes from: the host pushes chunks as they arrive, the guest takes bytes when it likes. */
export class HostInput {
  readonly queue = new WaitQueue(bound(this, 'hostMayPush'));
  /** A terminal looks at bytes as they come, so that its keys work while nobody reads. */
  onPush: (() => void) | undefined = undefined;
  private readonly _chunks: Uint8Array[] = [];
  /** Bytes of the first chunk that are gone. */
  private _taken = 0;
  private _available = 0;
  private _ended = false;
  private _error = 0;

  constructor(private readonly hooks: HostInputHooks = {}) {}

  /** The bytes become the stream's. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0 || this._ended) return;
    this._chunks.push(bytes);
    this._available += bytes.length;
    if (this._available >= FULL_BYTES) this.hooks.full?.();
    this.onPush?.();
    this.queue.wake();
  }

  /** No more bytes will come; `errno`: because of an error, which a read after the last byte returns. */
  end(errno = 0): void {
    this._ended = true;
    this._error = errno;
    this.onPush?.();
    this.queue.wake();
  }

  hostMayPush(): boolean {
    return !this._ended;
  }

  get available(): number {
    return this._available;
  }

  get ended(): boolean {
    return this._ended;
  }

  get error(): number {
    return this._error;
  }

  /** The next bytes that lie in one piece, not yet taken. */
  peek(): Uint8Array {
    return this._available === 0 ? new Uint8Array(0) : this._chunks[0].subarray(this._taken);
  }

  skip(bytes: number): void {
    this._available -= bytes;
    this._taken += bytes;
    if (this._chunks.length > 0 && this._taken >= this._chunks[0].length) {
      this._taken -= this._chunks[0].length;
      this._chunks.shift();
    }
  }

  /** Somebody waits for bytes. */
  want(): void {
    if (this._available === 0 && !this._ended) this.hooks.wanted?.();
  }
}

/** Moves bytes to the host until it takes no more. */
export function writeToHost(output: HostOutput, from: IoBuffer): number {
  let done = 0;
  while (from.remaining > 0) {
    const bytes = from.take(CHUNK_BYTES);
    if (bytes.length === 0) break;
    const count = output.write(bytes);
    from.untake(bytes.length - Math.max(count, 0));
    if (count < 0 && done === 0) return count;
    if (count <= 0) break;
    done += count;
  }
  return done === 0 && from.remaining > 0 ? -EAGAIN : done;
}

/** A stream of the host that is no terminal. Looks like a pipe. */
export interface HostStream {
  readonly input?: HostInput;
  readonly output?: HostOutput;
}

export class StreamInode extends AnonymousInode {
  /** Descriptions that may write to it. */
  writers = 0;

  constructor(
    namespace: Namespace,
    readonly stream: HostStream,
  ) {
    super(namespace.env, anonymousFileSystems(namespace.env).pipes, S_IFIFO | 0o600);
  }

  /** Again, through /proc/self/fd: what one description reads, another does not see, as with any pipe. */
  override open(flags: number): OpenFile {
    return new StreamFile(this, flags);
  }
}

export class StreamFile extends OpenFile {
  private readonly _input: HostInput | undefined;
  private readonly _output: HostOutput | undefined;

  constructor(
    private readonly node: StreamInode,
    flags: number,
  ) {
    super(node, flags);
    const mode = flags & O_ACCMODE;
    this._input = mode === O_WRONLY ? undefined : node.stream.input;
    this._output = mode === O_RDONLY ? undefined : node.stream.output;
    if (this._output !== undefined) node.writers++;
  }

  override get stream(): boolean {
    return true;
  }

  /** A stream has one direction, in all but name. */
  override get queue(): WaitQueue | undefined {
    return (this._input ?? this._output)?.queue;
  }

  override read(to: IoBuffer): number {
    const input = this._input;
    if (input === undefined) return -EBADF;
    if (to.remaining === 0) return 0;
    if (input.available === 0) {
      if (input.ended) return -input.error;
      input.want();
      // The host may have answered at once.
      if (input.available === 0) return input.ended ? -input.error : -EAGAIN;
    }
    let done = 0;
    while (to.remaining > 0 && input.available > 0) {
      const count = to.put(input.peek());
      input.skip(count);
      done += count;
    }
    return done;
  }

  override write(from: IoBuffer): number {
    if (this._output === undefined) return -EBADF;
    return from.remaining === 0 ? 0 : writeToHost(this._output, from);
  }

  override poll(): number {
    let events = 0;
    const input = this._input;
    if (input !== undefined) {
      input.want();
      if (input.available > 0) events |= POLLIN | POLLRDNORM;
      if (input.ended) events |= POLLHUP | (input.error !== 0 ? POLLERR : 0);
    }
    if (this._output?.writable) events |= POLLOUT | POLLWRNORM;
    return events;
  }

  override close(): void {
    if (this._output !== undefined && --this.node.writers === 0) this._output.closed?.();
  }

  override ioctl(command: number, argument: number, user: UserMemory): number {
    if (command !== FIONREAD) throw new SysError(ENOTTY);
    if (this._input === undefined) throw new SysError(EIO);
    user.writeU32(argument, Math.min(this._input.available, 0x7fffffff));
    return 0;
  }
}

/** An open file over a stream of the host, O_RDONLY for input, O_WRONLY for output. */
export function openHostStream(namespace: Namespace, stream: HostStream): OpenFile {
  const inode = new StreamInode(namespace, stream);
  const flags = stream.input === undefined ? O_WRONLY : stream.output === undefined ? O_RDONLY : 2;
  return placeAnonymous(namespace, inode.open(flags), `pipe:[${inode.ino}]`);
}
