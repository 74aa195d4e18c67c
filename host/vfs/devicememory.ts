/** Memory that a device of the embedder's shows: mapped, read and written by guests. */
import { EBUSY, ENOMEM } from '../../assembly/shared/errno.js';
import { NO_INDEX } from '../../assembly/shared/exit.js';
import { PAGE_SIZE } from '../../assembly/shared/layout.js';
import { SysError } from '../linux/error.js';
import type { Backing } from './backing.js';
import type { VfsEnvironment } from './environment.js';
import { PagedInode } from './pagedinode.js';
import type { FileSystem, Inode, Timestamp } from './types.js';

/** Bytes [from, to) of a device's memory. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Memory by callbacks: a page is asked for when a guest touches it first, and handed back when it was written and somebody wants it kept:
 * msync(MS_SYNC), fsync, sync, frames that run short, the end of the run. The callbacks may throw SysError (the guest gets SIGBUS, or the
 * error of its call) and Suspend when they have to wait.
 */
export interface PagedDeviceMemory {
  readonly sizeBytes: number;
  /** The 4096 bytes of page `index` into `into`, which is zeroed and must not be kept. */
  load(index: number, into: Uint8Array): void;
  /** A page that was written; only `bytes.length` bytes of it belong to the device. Must not be kept. */
  store(index: number, bytes: Uint8Array): void;
}

/** What the VFS knows the memory by: an inode without a name that the device's mappings map. */
export abstract class DeviceMemoryInode extends PagedInode {
  override readonly fs: FileSystem;
  override readonly ino: number;
  override mode: number;
  override uid: number;
  override gid: number;
  /** As long as the machine. */
  override nlink = 1;
  override atime: Timestamp;
  override mtime: Timestamp;
  override ctime: Timestamp;

  constructor(env: VfsEnvironment, node: Inode, sizeBytes: number, backing?: Backing) {
    super(env, backing, sizeBytes);
    this.fs = node.fs;
    this.ino = node.ino;
    this.mode = node.mode;
    this.uid = node.uid;
    this.gid = node.gid;
    this.atime = this.mtime = this.ctime = env.now();
    // A device is asked for what was touched, and for nothing else.
    this.readaheadMax = 0;
  }
}

export class FrameInode extends DeviceMemoryInode {
  constructor(env: VfsEnvironment, node: Inode, sizeBytes: number) {
    super(env, node, sizeBytes);
  }

  protected override makeObject(): number {
    return this.env.core.exports.objectCreateDevice(Math.ceil(this.size / PAGE_SIZE)) >>> 0;
  }
}

export class CallbackInode extends DeviceMemoryInode {
  constructor(env: VfsEnvironment, node: Inode, memory: PagedDeviceMemory) {
    super(env, node, memory.sizeBytes, {
      readPage: (index, into) => memory.load(index, into),
      writePage: (index, bytes, length) => memory.store(index, bytes.subarray(0, length)),
      setSize: () => {},
      sync: () => {},
    });
  }
}

/**
 * Memory that guests and the embedder share: frames that lie side by side, so that `bytes` is one view of them. What one side stores the
 * other sees at once. It belongs to one machine and keeps its frames as long as that lives.
 */
export class DeviceMemory {
  readonly sizeBytes: number;
  private _initial: Uint8Array | undefined;
  private _inode: FrameInode | undefined = undefined;
  private _view = new Uint8Array(0);

  /** A size, or what it holds at first (copied). */
  constructor(contents: number | Uint8Array) {
    this.sizeBytes = typeof contents === 'number' ? contents : contents.length;
    if (!Number.isInteger(this.sizeBytes) || this.sizeBytes <= 0) throw new RangeError(`device memory of ${this.sizeBytes} bytes`);
    this._initial = typeof contents === 'number' ? new Uint8Array(contents) : contents.slice();
  }

  /** All of it. The machine's memory may grow, which detaches older views: ask for it whenever guests have run. */
  get bytes(): Uint8Array {
    if (this._initial !== undefined) return this._initial;
    const inode = this._inode as FrameInode;
    const { core } = inode.env;
    if (this._view.buffer !== core.memory.buffer) {
      this._view = new Uint8Array(core.memory.buffer, core.exports.objectPage(inode.object, 0) >>> 0, this.sizeBytes);
    }
    return this._view;
  }

  /** What guests have written since the last call, in whole pages that touch one another joined. */
  takeDirty(): ByteRange[] {
    const ranges: { from: number; to: number }[] = [];
    if (this._inode === undefined) return ranges;
    const { object, env } = this._inode;
    const { exports } = env.core;
    for (let index = exports.objectNextDirty(object, 0); index !== NO_INDEX; index = exports.objectNextDirty(object, index + 1)) {
      exports.objectClean(object, index);
      const from = index * PAGE_SIZE;
      const to = Math.min(from + PAGE_SIZE, this.sizeBytes);
      const last = ranges.at(-1);
      if (last?.to === from) last.to = to;
      else ranges.push({ from, to });
    }
    return ranges;
  }

  /** The same for somebody who shows it besides, without a device of its own: EBUSY only when it is another machine's. */
  share(env: VfsEnvironment, node: () => Inode): DeviceMemoryInode {
    return this._inode?.env === env ? this._inode : this.attach(env, node());
  }

  /** The machine takes it over. ENOMEM: it has not so many frames; EBUSY: another machine has it. */
  attach(env: VfsEnvironment, node: Inode): DeviceMemoryInode {
    if (this._inode !== undefined) throw new SysError(EBUSY, 'the memory of a device belongs to one machine');
    const inode = new FrameInode(env, node, this.sizeBytes);
    const at = env.core.exports.objectPage(inode.object, 0) >>> 0;
    if (at === 0) throw new SysError(ENOMEM);
    env.core.u8.set(this._initial as Uint8Array, at);
    this._inode = inode;
    this._initial = undefined;
    return inode;
  }
}

export function attachMemory(memory: DeviceMemory | PagedDeviceMemory, env: VfsEnvironment, node: Inode): DeviceMemoryInode {
  return memory instanceof DeviceMemory ? memory.attach(env, node) : new CallbackInode(env, node, memory);
}
