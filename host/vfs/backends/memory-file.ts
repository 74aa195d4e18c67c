import { PAGE_SIZE } from '../../../assembly/shared/layout.js';
import { PagedInode } from '../pagedinode.js';
import type { AccessPattern } from '../readahead.js';
import type { InodeChange, NewInode, Timestamp } from '../types.js';
import type { MemoryFileSystem } from './memory.js';
import { applyChange, MemoryXattrs } from './memory-attributes.js';

/** A regular file in memory. */
export class MemoryFile extends PagedInode {
  override readonly ino: number;
  override mode: number;
  override uid: number;
  override gid: number;
  override nlink = 0;
  override atime: Timestamp;
  override mtime: Timestamp;
  override ctime: Timestamp;
  override btime: Timestamp;
  /** Without a name it may be given one: O_TMPFILE without O_EXCL. */
  linkable = false;
  private _xattrs: MemoryXattrs | undefined;

  constructor(
    readonly fs: MemoryFileSystem,
    what: NewInode,
  ) {
    super(fs.env, undefined);
    this.ino = fs.allocateIno();
    this.mode = what.mode;
    this.uid = what.uid;
    this.gid = what.gid;
    this.atime = this.mtime = this.ctime = this.btime = fs.env.now();
  }

  override get object(): number {
    if (this.objectIfAny === 0) this.fs.fileHasData(this);
    return super.object;
  }

  protected override makeObject(): number {
    const object = super.makeObject();
    if (object !== 0 && this.fs.isLimited) this.env.core.exports.objectMeter(object);
    return object;
  }

  /** From now on there is a limit to what the file system holds. */
  meter(): void {
    if (this.objectIfAny !== 0) this.env.core.exports.objectMeter(this.objectIfAny);
  }

  /** A mapping adds a page to the file. ENOSPC: there is no room; the process gets SIGBUS. */
  override faultPage(index: number, pattern: AccessPattern): void {
    if (!this.holdsAllData) super.faultPage(index, pattern);
    else if (index * PAGE_SIZE < this.size && !this.isCached(index) && this.reserve(index, 1) > 0)
      this.env.pages.insert(this.object, index);
  }

  override objectFreed(object: number): void {
    super.objectFreed(object);
    if (this.objectIfAny === 0) this.fs.fileGone(this);
  }

  hasPage(index: number): boolean {
    return this.objectIfAny !== 0 && this.env.core.exports.objectHolds(this.objectIfAny, index) !== 0;
  }

  override reserve(firstPage: number, pages: number): number {
    return this.fs.reserve(this, firstPage, pages);
  }

  override setattr(change: InodeChange): void {
    if (change.size !== undefined) this.resize(change.size);
    applyChange(this, change, this.env.now());
  }

  /** A name of it has gone. */
  nameGone(): void {
    this.nlink--;
    this.ctime = this.env.now();
    if (this.nlink > 0) return;
    this.fs.inodeGone();
    this._xattrs?.release();
    this.releaseIfUnused();
  }

  override getxattr(name: string): Uint8Array | undefined {
    return this._xattrs?.get(name);
  }
  override setxattr(name: string, value: Uint8Array, flags: number): void {
    this._xattrs ??= new MemoryXattrs(this.fs);
    this._xattrs.set(name, value, flags);
    this.ctime = this.env.now();
  }
  override listxattr(): string[] {
    return this._xattrs?.list() ?? [];
  }
  override removexattr(name: string): void {
    this._xattrs ??= new MemoryXattrs(this.fs);
    this._xattrs.remove(name);
    this.ctime = this.env.now();
  }
}
