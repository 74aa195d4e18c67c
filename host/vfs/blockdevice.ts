/** Block devices of the embedder's: bytes by callbacks, read and written through the page cache, as blkdev of Linux is. */
import { EACCES, EBADF, EINVAL, EIO, ENOSPC, ENOTTY, EOPNOTSUPP, EPERM } from '../../assembly/shared/errno.js';
import { PAGE_SIZE } from '../../assembly/shared/layout.js';
import type { UserMemory } from '../core/user.js';
import { Suspend, SysError } from '../linux/error.js';
import * as F from '../linux/fcntl.js';
import * as IO from '../linux/ioctl.js';
import { CAP_SYS_ADMIN, capable } from './access.js';
import { errnoByCode, type PromisesHandle, RequestQueue } from './backends/promises-medium.js';
import { PromisesPages } from './backends/promises-pages.js';
import type { Backing } from './backing.js';
import { DeviceMemoryInode } from './devicememory.js';
import type { VfsEnvironment } from './environment.js';
import { PagedFile } from './pagedfile.js';
import { READAHEAD_PAGES } from './readahead.js';
import type { Credentials, Inode, IoBuffer } from './types.js';

/**
 * A block device. What is written reaches it when somebody wants it kept (fsync, O_DIRECT, sync), when memory runs short, and by and by.
 * Callbacks answer at once or by a promise; all of a device's in one of these ways, which its first page, read when the device is added,
 * tells. They throw, or reject, with SysError or an error with a `code` ('ENOSPC'); others are EIO.
 */
export interface BlockDevice {
  /** A whole number of sectors of 512 bytes. */
  readonly sizeBytes: number;
  /** Major and minor number; default: one of major 240, which is free for such. */
  readonly number?: readonly [major: number, minor: number];
  /** Default: 0o660. */
  readonly permissions?: number;
  /** Exactly so many bytes from there: whole sectors, inside the device. */
  read(offset: number, length: number): Uint8Array | Promise<Uint8Array>;
  /** Whole sectors, inside the device. `bytes` may be kept. Without it the device is read only. */
  write?(offset: number, bytes: Uint8Array): void | Promise<void>;
  /** What was written is on the medium for good when it is done. */
  flush?(): void | Promise<void>;
}

export const SECTOR_BYTES = 512;

function requireAll(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length !== length) throw new SysError(EIO, `a block device gave ${bytes.length} bytes instead of ${length}`);
  return bytes;
}

/** What a callback throws is the program's error, not the machine's end. */
function atOnce<T>(act: () => T | Promise<T>): T {
  let answer: T | Promise<T>;
  try {
    answer = act();
  } catch (error) {
    if (error instanceof Suspend) throw error;
    throw new SysError(errnoByCode(error), error instanceof Error ? error.message : undefined);
  }
  if (answer instanceof Promise) throw new TypeError('a block device that answered at once before answers by a promise');
  return answer;
}

/** Of a device that answers at once: neighbouring pages in one call. */
class BlockPages implements Backing {
  constructor(private readonly device: BlockDevice) {}

  readPage(index: number, into: Uint8Array): void {
    this.readPages(index, [into]);
  }

  readPages(first: number, into: readonly Uint8Array[]): void {
    const offset = first * PAGE_SIZE;
    const length = Math.min(into.length * PAGE_SIZE, this.device.sizeBytes - offset);
    const bytes = requireAll(
      atOnce(() => this.device.read(offset, length)),
      length,
    );
    for (const [i, page] of into.entries()) page.set(bytes.subarray(i * PAGE_SIZE, (i + 1) * PAGE_SIZE));
  }

  writePage(index: number, bytes: Uint8Array, length: number): void {
    this.writePages(index, [bytes.subarray(0, length)]);
  }

  writePages(first: number, pages: readonly Uint8Array[]): void {
    const all = new Uint8Array(pages.reduce((sum, page) => sum + page.length, 0));
    for (const [i, page] of pages.entries()) all.set(page, i * PAGE_SIZE);
    atOnce(() => this.device.write?.(first * PAGE_SIZE, all));
  }

  setSize(): void {
    throw new SysError(EINVAL);
  }

  sync(): void {
    atOnce(() => this.device.flush?.());
  }
}

/** Of a device that answers by promises. */
function latePages(device: BlockDevice): Backing {
  const handle: PromisesHandle = {
    read: async (bytes, at, length, position) => {
      const count = Math.min(length, device.sizeBytes - position);
      if (count > 0) bytes.set(requireAll(await device.read(position, count), count), at);
      return { bytesRead: Math.max(count, 0) };
    },
    write: async (bytes, at, length, position) => {
      await device.write?.(position, bytes.slice(at, at + length));
      return { bytesWritten: length };
    },
    truncate: () => Promise.reject(new SysError(EINVAL)),
    sync: async () => device.flush?.(),
    close: async () => undefined,
  };
  return new PromisesPages(
    new RequestQueue(),
    async () => handle,
    () => undefined,
  );
}

function backingOf(device: BlockDevice): Backing {
  let answer: Uint8Array | Promise<Uint8Array> | undefined;
  try {
    answer = device.read(0, Math.min(PAGE_SIZE, device.sizeBytes));
  } catch (error) {
    // A medium that fails is there all the same.
    if (!(error instanceof Error)) throw error;
  }
  if (!(answer instanceof Promise)) return new BlockPages(device);
  answer.catch(() => undefined);
  return latePages(device);
}

/** The cache of a device: one, however many nodes lead to it. */
export class BlockInode extends DeviceMemoryInode {
  constructor(env: VfsEnvironment, node: Inode, device: BlockDevice) {
    super(env, node, device.sizeBytes, backingOf(device));
    this.readaheadMax = READAHEAD_PAGES;
  }
}

/** An open block device. */
export class BlockFile extends PagedFile {
  constructor(
    readonly device: BlockDevice,
    paged: BlockInode,
    node: Inode,
    flags: number,
    private readonly cred: Credentials | undefined,
  ) {
    super(paged, flags, node);
    paged.acquire();
  }

  /** The blocks that Linux would read and write: the largest power of two that the size is a multiple of, up to a page. */
  private get _blockBytes(): number {
    const { sizeBytes } = this.device;
    let bytes = SECTOR_BYTES;
    while (bytes < PAGE_SIZE && sizeBytes % (bytes * 2) === 0) bytes *= 2;
    return bytes;
  }

  private get _isReadOnly(): boolean {
    return this.device.write === undefined;
  }

  override write(from: IoBuffer, offset?: number): number {
    const at = offset ?? this.offset;
    if (at < 0) return -EINVAL;
    if (this._isReadOnly) return -EPERM;
    if (from.remaining === 0) return 0;
    return at >= this.device.sizeBytes ? -ENOSPC : super.write(from, offset);
  }

  /** As in Linux, where the position counts. */
  protected override get appends(): boolean {
    return false;
  }

  protected override roomFor(at: number, length: number): number {
    return Math.min(length, this.device.sizeBytes - at);
  }

  override seek(offset: number, whence: number): number {
    const { sizeBytes } = this.device;
    const from = whence === F.SEEK_SET ? 0 : whence === F.SEEK_CUR ? this.offset : whence === F.SEEK_END ? sizeBytes : Number.NaN;
    const target = from + offset;
    if (!(target >= 0 && target <= sizeBytes)) throw new SysError(EINVAL);
    this.offset = target;
    return target;
  }

  override truncate(): void {
    throw new SysError(EINVAL);
  }

  protected override get zeroesRanges(): boolean {
    return true;
  }

  override allocate(mode: number, offset: number, length: number): void {
    if ((this.flags & F.O_ACCMODE) === F.O_RDONLY) throw new SysError(EBADF);
    const keep = (mode & F.FALLOC_FL_KEEP_SIZE) !== 0;
    const kind = mode & ~F.FALLOC_FL_KEEP_SIZE;
    if (kind !== F.FALLOC_FL_ZERO_RANGE && !(kind === F.FALLOC_FL_PUNCH_HOLE && keep)) throw new SysError(EOPNOTSUPP);
    const { sizeBytes } = this.device;
    if (offset < 0 || length <= 0 || offset >= sizeBytes) throw new SysError(EINVAL);
    if (offset + length > sizeBytes && !keep) throw new SysError(EINVAL);
    const end = Math.min(offset + length, sizeBytes);
    if (offset % SECTOR_BYTES !== 0 || end % SECTOR_BYTES !== 0) throw new SysError(EINVAL);
    this._zero(offset, end - offset);
  }

  private _zero(offset: number, length: number): void {
    if (this._isReadOnly) throw new SysError(EPERM);
    super.allocate(F.FALLOC_FL_ZERO_RANGE | F.FALLOC_FL_KEEP_SIZE, offset, length);
  }

  override mapObject(_offset = 0, _bytes = 0, shared = false): number {
    if (shared && this._isReadOnly && (this.flags & F.O_ACCMODE) !== F.O_RDONLY) throw new SysError(EINVAL);
    return super.mapObject();
  }

  override get mappedInode(): Inode {
    return this.paged;
  }

  override ioctl(command: number, argument: number, user: UserMemory): number {
    const { sizeBytes } = this.device;
    switch (command) {
      case IO.BLKGETSIZE64:
        user.writeU64(argument, sizeBytes);
        return 0;
      case IO.BLKGETSIZE:
        user.writeU64(argument, sizeBytes / SECTOR_BYTES);
        return 0;
      case IO.BLKRAGET:
      case IO.BLKFRAGET:
        user.writeU64(argument, (this.paged.readaheadMax * PAGE_SIZE) / SECTOR_BYTES);
        return 0;
      case IO.BLKSSZGET:
      case IO.BLKPBSZGET:
      case IO.BLKIOMIN:
        user.writeU32(argument, SECTOR_BYTES);
        return 0;
      case IO.BLKBSZGET:
        user.writeU32(argument, this._blockBytes);
        return 0;
      case IO.BLKROGET:
        user.writeU32(argument, this._isReadOnly ? 1 : 0);
        return 0;
      case IO.BLKIOOPT:
      case IO.BLKALIGNOFF:
        user.writeU32(argument, 0);
        return 0;
      case IO.BLKFLSBUF:
        return this._flush();
      case IO.BLKZEROOUT:
        return this._zeroOut(user.readU64(argument), user.readU64(argument + 8));
      case IO.BLKDISCARD:
      case IO.BLKSECDISCARD:
        throw new SysError(EOPNOTSUPP);
      default:
        throw new SysError(ENOTTY);
    }
  }

  /** Everything is on the device, and nothing in the cache. */
  private _flush(): number {
    if (this.cred !== undefined && !capable(this.cred, CAP_SYS_ADMIN)) throw new SysError(EACCES);
    this.sync(false);
    this.paged.dropClean();
    return 0;
  }

  private _zeroOut(start: number, length: number): number {
    if ((this.flags & F.O_ACCMODE) === F.O_RDONLY) throw new SysError(EBADF);
    if (start % SECTOR_BYTES !== 0 || length % SECTOR_BYTES !== 0 || start + length > this.device.sizeBytes) throw new SysError(EINVAL);
    if (length > 0) this._zero(start, length);
    return 0;
  }
}
