/**
 * What an overlay's inodes have in common. An inode that came from the lower layer starts as a copy of its attributes and keeps looking
 * at its contents; every change is made to the copy, in memory, so the lower layer is never touched.
 */
import { EEXIST, ENODATA, EROFS } from '../../../assembly/shared/errno.js';
import { NO_INDEX } from '../../../assembly/shared/exit.js';
import { PAGE_SIZE } from '../../../assembly/shared/layout.js';
import { SysError } from '../../linux/error.js';
import { XATTR_CREATE, XATTR_REPLACE } from '../../linux/fcntl.js';
import { S_IFMT } from '../../linux/stat.js';
import { encodeText } from '../../linux/text.js';
import type { Backing } from '../backing.js';
import { PagedInode } from '../pagedinode.js';
import { Inode, type InodeChange, type NewInode, type OpenFile, type Timestamp } from '../types.js';
import type { OverlayFileSystem } from './overlay.js';
import { copyCached, type PageSource, pageSourceOf } from './page-source.js';

/** Where an inode begins: in the lower layer, or as something new. */
export type Origin = { readonly lower: Inode } | { readonly what: NewInode };

export interface OverlayInode extends Inode {
  readonly fs: OverlayFileSystem;
  readonly lower: Inode | undefined;
  /** The last name has gone. */
  gone(): void;
}

function setOrigin(inode: Inode, origin: Origin, now: Timestamp): void {
  if ('lower' in origin) {
    const { mode, uid, gid, nlink, rdev, atime, mtime, ctime, btime } = origin.lower;
    Object.assign(inode, { mode, uid, gid, nlink, rdev, atime, mtime, ctime, btime });
  } else {
    const { mode, uid, gid, rdev = 0 } = origin.what;
    Object.assign(inode, { mode, uid, gid, nlink: 1, rdev, atime: now, mtime: now, ctime: now, btime: now });
  }
}

/** All but size. */
function changeAttributes(inode: OverlayInode, change: InodeChange): void {
  if (change.mode !== undefined) inode.mode = (inode.mode & S_IFMT) | (change.mode & 0o7777);
  if (change.uid !== undefined) inode.uid = change.uid;
  if (change.gid !== undefined) inode.gid = change.gid;
  if (change.atime !== undefined) inode.atime = change.atime;
  if (change.mtime !== undefined) inode.mtime = change.mtime;
  inode.ctime = inode.fs.env.now();
}

/** Extended attributes: the lower layer's until the first change. */
export class Xattrs {
  private _own: Map<string, Uint8Array> | undefined;

  constructor(
    readonly fs: OverlayFileSystem,
    readonly lower: Inode | undefined,
  ) {}

  get(name: string): Uint8Array | undefined {
    return this._own === undefined ? this.lower?.getxattr?.(name) : this._own.get(name);
  }

  list(): string[] {
    return this._own === undefined ? (this.lower?.listxattr?.() ?? []) : [...this._own.keys()];
  }

  private _copy(): Map<string, Uint8Array> {
    if (this._own !== undefined) return this._own;
    const copy = new Map<string, Uint8Array>();
    for (const name of this.list()) copy.set(name, this.get(name) ?? new Uint8Array(0));
    for (const [name, value] of copy) this.fs.chargeXattr(cost(name, value));
    this._own = copy;
    return copy;
  }

  set(name: string, value: Uint8Array, flags: number): void {
    const before = this.get(name);
    const exists = before !== undefined;
    if (exists && (flags & XATTR_CREATE) !== 0) throw new SysError(EEXIST);
    if (!exists && (flags & XATTR_REPLACE) !== 0) throw new SysError(ENODATA);
    const own = this._copy();
    this.fs.chargeXattr(cost(name, value) - (before === undefined ? 0 : cost(name, before)));
    own.set(name, value.slice());
  }

  remove(name: string): void {
    const value = this.get(name);
    if (value === undefined) throw new SysError(ENODATA);
    this._copy().delete(name);
    this.fs.chargeXattr(-cost(name, value));
  }

  /** The inode is gone. */
  release(): void {
    for (const [name, value] of this._own ?? []) this.fs.chargeXattr(-cost(name, value));
    this._own?.clear();
  }
}

/** Bytes that an attribute takes, about. */
function cost(name: string, value: Uint8Array): number {
  return 2 * name.length + value.length;
}

/** Symbolic links, devices, FIFOs, sockets; the base of directories. */
export class OverlayNode extends Inode implements OverlayInode {
  override mode = 0;
  override uid = 0;
  override gid = 0;
  override nlink = 1;
  override size = 0;
  override atime!: Timestamp;
  override mtime!: Timestamp;
  override ctime!: Timestamp;
  readonly lower: Inode | undefined;
  readonly ino: number;
  private readonly _xattrs: Xattrs;

  constructor(
    readonly fs: OverlayFileSystem,
    origin: Origin,
  ) {
    super();
    this.lower = 'lower' in origin ? origin.lower : undefined;
    this.ino = this.lower?.ino ?? fs.newIno();
    this._xattrs = new Xattrs(fs, this.lower);
    setOrigin(this, origin, fs.env.now());
    if (this.lower !== undefined) this.size = this.lower.size;
  }

  override get blocks(): number {
    return this.lower?.blocks ?? 0;
  }

  override setattr(change: InodeChange): void {
    changeAttributes(this, change);
  }

  gone(): void {
    if (this.lower === undefined) this.fs.inodeGone();
    this._xattrs.release();
  }

  override getxattr(name: string): Uint8Array | undefined {
    return this._xattrs.get(name);
  }
  override setxattr(name: string, value: Uint8Array, flags: number): void {
    this._xattrs.set(name, value, flags);
  }
  override listxattr(): string[] {
    return this._xattrs.list();
  }
  override removexattr(name: string): void {
    this._xattrs.remove(name);
  }
}

export class OverlaySymlink extends OverlayNode {
  private readonly _target: string | undefined;

  constructor(fs: OverlayFileSystem, origin: Origin, target?: string) {
    super(fs, origin);
    this._target = target;
    if (target !== undefined) this.size = encodeText(target).length;
  }

  override readlink(): string {
    return this._target ?? this.lower?.readlink() ?? '';
  }
}

/**
 * A regular file. One page cache object from the first look to the last write: a page that nobody has written is read from the lower
 * layer when needed (and can be dropped again); a written one is dirty for ever and stays. So copy-up is page by page, and a file opened
 * before the first write sees it.
 */
export class OverlayFile extends PagedInode implements OverlayInode, PageSource {
  override mode = 0;
  override uid = 0;
  override gid = 0;
  override nlink = 1;
  override atime!: Timestamp;
  override mtime!: Timestamp;
  override ctime!: Timestamp;
  readonly lower: Inode | undefined;
  readonly ino: number;
  /** Made without a name, and may be given one. */
  linkable = false;
  private readonly _xattrs: Xattrs;
  private readonly _pages: LowerPages | undefined;
  /** Size and time of the lower file as they were taken over. */
  private _seenSize = 0;
  private _seenTime: Timestamp | undefined;
  private _written = false;

  constructor(
    readonly fs: OverlayFileSystem,
    origin: Origin,
  ) {
    const lower = 'lower' in origin ? origin.lower : undefined;
    const pages = lower === undefined ? undefined : new LowerPages(lower);
    super(fs.env, pages, lower?.size ?? 0);
    this.lower = lower;
    this._pages = pages;
    this.ino = lower?.ino ?? fs.newIno();
    this._xattrs = new Xattrs(fs, lower);
    this._seenSize = lower?.size ?? 0;
    this._seenTime = lower?.mtime;
    setOrigin(this, origin, fs.env.now());
  }

  protected override makeObject(): number {
    const object = super.makeObject();
    if (object !== 0) this.env.core.exports.objectKeep(object);
    return object;
  }

  /** Memory is the medium. */
  override get pagesDirty(): number {
    return 0;
  }

  override open(flags: number): OpenFile {
    this._followLower();
    return super.open(flags);
  }

  override fillPage(index: number): void {
    this.prepare(index);
    super.fillPage(index);
  }

  override prefetch(first: number, count: number): void {
    this.prepareRun(first, count);
    super.prefetch(first, count);
  }

  /** The owner of the lower layer (a folder of the host, say) may have changed a file that is not ours yet. */
  private _followLower(): void {
    const { lower } = this;
    if (lower === undefined || this._pages === undefined || this._isOurs) return;
    this._pages.source.revalidate?.();
    const { size, mtime, ctime } = lower;
    if (size === this._seenSize && mtime.sec === this._seenTime?.sec && mtime.nsec === this._seenTime.nsec) return;
    this._seenSize = size;
    this._seenTime = mtime;
    this._pages.limit = size;
    this.dropClean();
    this.adoptSize(size);
    this.mtime = mtime;
    this.ctime = ctime;
  }

  /** Something of the data has been changed here. */
  private get _isOurs(): boolean {
    if (this._written) return true;
    const object = this.objectIfAny;
    return object !== 0 && this.env.core.exports.objectNextDirty(object, 0) !== NO_INDEX;
  }

  override modified(): void {
    super.modified();
    this._written = true;
  }

  override setattr(change: InodeChange): void {
    if (change.size !== undefined) this.resize(change.size);
    changeAttributes(this, change);
  }

  gone(): void {
    if (this.lower === undefined) this.fs.inodeGone();
    this._xattrs.release();
    this.releaseIfUnused();
  }

  /** Memory is the medium: dirty pages stay where they are, as in tmpfs. */
  override writeBack(): undefined {}

  override getxattr(name: string): Uint8Array | undefined {
    return this._xattrs.get(name);
  }
  override setxattr(name: string, value: Uint8Array, flags: number): void {
    this._xattrs.set(name, value, flags);
  }
  override listxattr(): string[] {
    return this._xattrs.list();
  }
  override removexattr(name: string): void {
    this._xattrs.remove(name);
  }

  /* For an overlay above this one. */
  prepare(index: number): void {
    if (!this.isCached(index)) this._pages?.prepare(index, 1);
  }

  prepareRun(first: number, count: number): void {
    this._pages?.prepare(first, count);
  }

  copyPage(index: number, into: Uint8Array): void {
    if (!copyCached(this, index, into)) this._pages?.readPage(index, into);
  }
}

/** What the lower file still stands for: its bytes below `limit`. A truncation lowers the limit for good. */
export class LowerPages implements Backing {
  limit: number;
  private _source: PageSource | undefined;

  constructor(readonly lower: Inode) {
    this.limit = lower.size;
  }

  get source(): PageSource {
    return (this._source ??= pageSourceOf(this.lower));
  }

  /** One page is wanted, or several may be. */
  prepare(first: number, count: number): void {
    const { source, limit } = this;
    const end = Math.min(first + count, Math.ceil(limit / PAGE_SIZE));
    if (end <= first) return;
    if (count === 1) source.prepare?.(first);
    else source.prepareRun?.(first, end - first);
  }

  readPage(index: number, into: Uint8Array): void {
    const left = this.limit - index * PAGE_SIZE;
    if (left <= 0) return;
    this.source.copyPage(index, into);
    if (left < PAGE_SIZE) into.fill(0, left);
  }

  /** Never called: OverlayFile writes nothing back. */
  writePage(): void {
    throw new SysError(EROFS);
  }

  setSize(bytes: number): void {
    this.limit = Math.min(this.limit, bytes);
  }

  /** Nothing more durable than memory. */
  sync(): void {}
}
