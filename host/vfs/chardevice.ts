/** Character devices of the embedder's: what stands behind a name in /dev, by callbacks. */
import { EAGAIN, EFBIG, EINVAL, ENODEV, ENOSPC } from '../../assembly/shared/errno.js';
import { PAGE_SIZE } from '../../assembly/shared/layout.js';
import { VM_DONTDUMP, VM_DONTEXPAND } from '../../assembly/shared/mman.js';
import type { UserMemory } from '../core/user.js';
import { SysError } from '../linux/error.js';
import { SEEK_CUR, SEEK_SET } from '../linux/fcntl.js';
import type { DeviceMemory, DeviceMemoryInode, PagedDeviceMemory } from './devicememory.js';
import { type Inode, type IoBuffer, OpenFile } from './types.js';
import type { WaitQueue } from './wait.js';

/** One opening of a device; dup and fork share it. */
export interface DeviceHandle {
  /** O_* of open(2), as fcntl(2) may have changed them. */
  readonly flags: number;
  /** The device's own. */
  data: unknown;
}

/**
 * A character device. What is left out answers as Linux does for a driver without it: read and write EINVAL, ioctl ENOTTY, mmap ENODEV,
 * poll "always ready". Callbacks throw SysError for an error, Suspend when they must wait for the host (the call is made again after that).
 */
export interface CharacterDevice {
  /** Major and minor number; default: one of major 240, which is free for such. */
  readonly number?: readonly [major: number, minor: number];
  /** Default: 0o666. */
  readonly permissions?: number;
  /** What mmap shows of it, and read and write where they have no callbacks of their own. */
  readonly memory?: DeviceMemory | PagedDeviceMemory;
  open?(handle: DeviceHandle): void;
  /** The last descriptor went. */
  close?(handle: DeviceHandle): void;
  /** At most `max` bytes; none: the end; undefined: nothing yet, the reader sleeps on `queue` (or gets EAGAIN). */
  read?(handle: DeviceHandle, max: number): Uint8Array | undefined;
  /** How many of the bytes it takes; undefined: none now, the writer sleeps on `queue`. */
  write?(handle: DeviceHandle, bytes: Uint8Array): number | undefined;
  /** The result of ioctl(2). `user` reads and writes the caller's memory. Throws SysError(ENOTTY) for what the device does not know. */
  ioctl?(handle: DeviceHandle, command: number, argument: number, user: UserMemory): number;
  /** POLL* bits. Whoever changes them wakes `queue`. */
  poll?(handle: DeviceHandle): number;
  readonly queue?: WaitQueue;
}

const WRITE_MAX_BYTES = 65536;

/** An open character device. */
export class CharacterDeviceFile extends OpenFile implements DeviceHandle {
  data: unknown = undefined;
  /** Of what `read` gave: bytes that the reader's buffer did not take. */
  private _left: Uint8Array | undefined = undefined;

  constructor(
    readonly device: CharacterDevice,
    readonly memory: DeviceMemoryInode | undefined,
    inode: Inode,
    flags: number,
  ) {
    super(inode, flags);
    device.open?.(this);
  }

  override read(to: IoBuffer, offset?: number): number {
    const { device, memory } = this;
    if (device.read === undefined) return memory === undefined ? -EINVAL : this._readMemory(memory, to, offset);
    const bytes = this._left ?? device.read(this, to.remaining);
    if (bytes === undefined) return -EAGAIN;
    const count = to.put(bytes);
    this._left = count < bytes.length ? bytes.subarray(count) : undefined;
    return count;
  }

  override write(from: IoBuffer, offset?: number): number {
    const { device, memory } = this;
    if (device.write === undefined) return memory === undefined ? -EINVAL : this._writeMemory(memory, from, offset);
    const bytes = from.take(WRITE_MAX_BYTES);
    const count = device.write(this, bytes);
    from.untake(bytes.length - (count ?? 0));
    return count ?? -EAGAIN;
  }

  private _readMemory(memory: DeviceMemoryInode, to: IoBuffer, offset?: number): number {
    const at = offset ?? this.offset;
    if (at < 0) return -EINVAL;
    let done = 0;
    while (to.remaining > 0 && at + done < memory.size) {
      const count = to.fromObject(memory.object, at + done, to.remaining);
      if (count < 0 && done === 0) return count;
      if (count <= 0) break;
      done += count;
    }
    if (offset === undefined) this.offset = at + done;
    return done;
  }

  /** Beyond the end there is nothing to write to: as a framebuffer's driver says it. */
  private _writeMemory(memory: DeviceMemoryInode, from: IoBuffer, offset?: number): number {
    const at = offset ?? this.offset;
    if (at < 0) return -EINVAL;
    if (at > memory.size) return -EFBIG;
    if (from.remaining === 0) return 0;
    const room = Math.min(from.remaining, memory.size - at);
    if (room === 0) return -ENOSPC;
    // Pages written in part must be there first: a device that suspends is asked again, and nothing has been written.
    if (at % PAGE_SIZE !== 0) memory.fillPage(Math.floor(at / PAGE_SIZE));
    if ((at + room) % PAGE_SIZE !== 0) memory.fillPage(Math.floor((at + room) / PAGE_SIZE));
    let done = 0;
    while (done < room) {
      const count = from.toObject(memory.object, at + done, room - done);
      if (count < 0 && done === 0) return count;
      if (count <= 0) break;
      done += count;
    }
    if (offset === undefined) this.offset = at + done;
    return done;
  }

  /** Only what has memory has a position; elsewhere lseek succeeds and stays at 0. */
  override seek(offset: number, whence: number): number {
    if (this.memory === undefined || this.device.read !== undefined) return 0;
    const from = whence === SEEK_SET ? 0 : whence === SEEK_CUR ? this.offset : Number.NaN;
    if (!(from + offset >= 0)) throw new SysError(EINVAL);
    this.offset = from + offset;
    return this.offset;
  }

  override ioctl(command: number, argument: number, user: UserMemory): number {
    return this.device.ioctl === undefined ? super.ioctl(command, argument, user) : this.device.ioctl(this, command, argument, user);
  }

  override poll(): number {
    return this.device.poll === undefined ? super.poll() : this.device.poll(this);
  }

  override get queue(): WaitQueue | undefined {
    return this.device.queue;
  }

  override mapObject(offset = 0, bytes = 0): number {
    const { memory } = this;
    if (memory === undefined) throw new SysError(ENODEV);
    if (offset + bytes > Math.ceil(memory.size / PAGE_SIZE) * PAGE_SIZE) throw new SysError(EINVAL);
    memory.mapped = true;
    return memory.object;
  }

  override get mapFlags(): number {
    return VM_DONTEXPAND | VM_DONTDUMP;
  }

  override get mappedInode(): Inode {
    return this.memory ?? this.inode;
  }

  override sync(dataOnly: boolean): void {
    if (this.memory === undefined) super.sync(dataOnly);
    else {
      this.memory.sync(dataOnly);
      const errno = this.memory.errors.check(this);
      if (errno !== 0) throw new SysError(errno);
    }
  }

  override close(): void {
    this.device.close?.(this);
  }
}
