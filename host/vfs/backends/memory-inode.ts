import { PAGE_SIZE } from '../../../assembly/shared/layout.js';
import { encodeText } from '../../linux/text.js';
import { Inode, type InodeChange, type NewInode, type Timestamp } from '../types.js';
import type { MemoryFileSystem } from './memory.js';
import { applyChange, MemoryXattrs } from './memory-attributes.js';

/** What all inodes in memory have but regular files, which are PagedInodes. */
export abstract class MemoryInode extends Inode {
  override readonly ino: number;
  override mode: number;
  override uid: number;
  override gid: number;
  override nlink = 0;
  override atime: Timestamp;
  override mtime: Timestamp;
  override ctime: Timestamp;
  override btime: Timestamp;
  private _xattrs: MemoryXattrs | undefined;

  constructor(
    readonly fs: MemoryFileSystem,
    what: NewInode,
  ) {
    super();
    this.ino = fs.allocateIno();
    this.mode = what.mode;
    this.uid = what.uid;
    this.gid = what.gid;
    this.rdev = what.rdev ?? 0;
    this.atime = this.mtime = this.ctime = this.btime = fs.env.now();
  }

  override setattr(change: InodeChange): void {
    applyChange(this, change, this.fs.env.now());
  }

  /** A name of it has gone. */
  nameGone(): void {
    this.nlink--;
    this.ctime = this.fs.env.now();
    if (this.nlink > 0) return;
    this.fs.inodeGone();
    this._xattrs?.release();
  }

  override getxattr(name: string): Uint8Array | undefined {
    return this._xattrs?.get(name);
  }
  override setxattr(name: string, value: Uint8Array, flags: number): void {
    this._xattrs ??= new MemoryXattrs(this.fs);
    this._xattrs.set(name, value, flags);
    this.ctime = this.fs.env.now();
  }
  override listxattr(): string[] {
    return this._xattrs?.list() ?? [];
  }
  override removexattr(name: string): void {
    this._xattrs ??= new MemoryXattrs(this.fs);
    this._xattrs.remove(name);
    this.ctime = this.fs.env.now();
  }
}

/** Symbolic links, FIFOs, sockets and device nodes in memory: the VFS opens what can be opened. */
export class MemoryNode extends MemoryInode {
  readonly size: number;

  constructor(
    fs: MemoryFileSystem,
    what: NewInode,
    readonly target = '',
  ) {
    super(fs, what);
    this.size = encodeText(target).length;
  }

  override get blocks(): number {
    return this.size >= PAGE_SIZE / 2 ? PAGE_SIZE / 512 : 0;
  }

  override readlink(): string {
    return this.target === '' ? super.readlink() : this.target;
  }
}
