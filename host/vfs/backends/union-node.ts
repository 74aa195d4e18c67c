/** What is in a union of two file systems: an inode knows what the lower and the upper one have of it. */
import { EIO, EPERM } from '../../../assembly/shared/errno.js';
import { PAGE_SIZE } from '../../../assembly/shared/layout.js';
import { check, SysError } from '../../linux/error.js';
import { O_ACCMODE, O_RDONLY, O_RDWR } from '../../linux/fcntl.js';
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../../linux/stat.js';
import type { Backing } from '../backing.js';
import { HostBuffer } from '../hostbuffer.js';
import { releaseFile } from '../openfile.js';
import { PagedInode } from '../pagedinode.js';
import { Inode, type InodeChange, type OpenFile, type Timestamp } from '../types.js';
import { cachedPages, type PageSource, pageSourceOf } from './page-source.js';
import type { UnionDirectory, UnionFileSystem } from './union.js';

export interface Layers {
  readonly lower?: Inode;
  readonly upper?: Inode;
  /** Of a directory: where the lower one is, from its root. */
  readonly lowerPath?: string;
}

/** Copied at a time. */
const PIECE_BYTES = 64 * 1024;

interface Attributes {
  mode: number;
  uid: number;
  gid: number;
  nlink: number;
  atime: Timestamp;
  mtime: Timestamp;
  ctime: Timestamp;
}

function adoptFrom(inode: Attributes & { rdev: number }, { mode, uid, gid, nlink, rdev, atime, mtime, ctime }: Inode): void {
  Object.assign(inode, { mode, uid, gid, nlink, rdev, atime, mtime, ctime });
}

/** What the upper one can't keep is no reason not to copy. */
function unlessRefused(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof SysError && error.errno === EPERM)) throw error;
  }
}

function copyAttributes(from: Inode, to: Inode): void {
  const { atime, mtime } = from;
  unlessRefused(() => to.setattr({ mode: from.mode & 0o7777 }));
  unlessRefused(() => to.setattr({ atime, mtime }));
  for (const name of from.listxattr?.() ?? []) {
    const value = from.getxattr?.(name);
    if (value !== undefined && to.setxattr !== undefined) unlessRefused(() => to.setxattr?.(name, value, 0));
  }
}

/** Symbolic links, devices, FIFOs, sockets; the base of directories. */
export class UnionNode extends Inode {
  override mode = 0;
  override uid = 0;
  override gid = 0;
  override nlink = 1;
  override size = 0;
  override atime!: Timestamp;
  override mtime!: Timestamp;
  override ctime!: Timestamp;
  readonly ino: number;
  lower: Inode | undefined;
  upper: Inode | undefined;

  constructor(
    readonly fs: UnionFileSystem,
    { lower, upper }: Layers,
    public parent: UnionDirectory | undefined,
    public name: string,
  ) {
    super();
    this.ino = fs.newIno();
    this.lower = lower;
    this.upper = upper;
    this.adopt();
  }

  protected get real(): Inode {
    return (this.upper ?? this.lower) as Inode;
  }

  /** Attributes as they are now. */
  adopt(): void {
    const gone = this.nlink === 0;
    adoptFrom(this, this.real);
    this.size = this.real.size;
    if (gone) this.nlink = 0;
  }

  copyUp(): Inode {
    if (this.upper !== undefined) return this.upper;
    const parent = (this.parent as UnionDirectory).copyUp();
    const { name, lower } = this as unknown as { name: string; lower: Inode };
    const { mode, uid, gid, rdev } = lower;
    let upper = parent.lookup(name);
    if (upper === undefined) {
      if ((mode & S_IFMT) === S_IFLNK) parent.symlink(name, lower.readlink(), { mode, uid, gid });
      else parent.create(name, { mode, uid, gid, rdev });
      upper = parent.lookup(name) as Inode;
    }
    if ((mode & S_IFMT) === S_IFDIR) copyAttributes(lower, upper);
    this.upper = upper;
    this.fs.known(upper, this);
    return upper;
  }

  override setattr(change: InodeChange): void {
    this.copyUp().setattr(change);
    this.adopt();
  }

  movedTo(parent: UnionDirectory, name: string): void {
    this.parent = parent;
    this.name = name;
    this.adopt();
  }

  lostName(): void {
    this.nlink = (this.mode & S_IFMT) === S_IFDIR ? 0 : Math.max(0, this.nlink - 1);
    this.ctime = this.fs.env.now();
  }

  override readlink(): string {
    return this.real.readlink();
  }

  override getxattr(name: string): Uint8Array | undefined {
    return this.real.getxattr?.(name);
  }

  override listxattr(): string[] {
    return this.real.listxattr?.() ?? [];
  }

  override setxattr(name: string, value: Uint8Array, flags: number): void {
    this.copyUp().setxattr?.(name, value, flags);
  }

  override removexattr(name: string): void {
    this.copyUp().removexattr?.(name);
  }
}

/** Where the pages of a file of a union come from and go: the page cache of the upper one's file, once there is one. */
export class UnionPages implements Backing {
  private _source: PageSource | undefined;
  private _file: OpenFile | undefined;

  constructor(private readonly layers: { readonly lower: Inode | undefined; upper: Inode | undefined }) {}

  get source(): PageSource {
    const { upper, lower } = this.layers;
    if (upper instanceof PagedInode) return (this._source ??= cachedPages(upper));
    return pageSourceOf((upper ?? lower) as Inode);
  }

  /** The upper one's file, held open: it may have lost its name. */
  get file(): OpenFile | undefined {
    if (this.layers.upper !== undefined) this._file ??= this.layers.upper.open(O_RDWR);
    return this._file;
  }

  release(): void {
    if (this._file !== undefined) releaseFile(this._file);
    this._file = undefined;
  }

  prepare(first: number, count: number): void {
    if (count === 1) this.source.prepare?.(first);
    else this.source.prepareRun?.(first, count);
  }

  readPage(index: number, into: Uint8Array): void {
    this.source.copyPage(index, into);
  }

  writePage(index: number, bytes: Uint8Array, length: number): void {
    const { file } = this;
    if (file === undefined) throw new SysError(EIO);
    const buffer = new HostBuffer(bytes.slice(0, length), (this.layers.upper as PagedInode).env.pages);
    while (buffer.remaining > 0) if (check(file.write(buffer, index * PAGE_SIZE + buffer.transferred)) === 0) throw new SysError(EIO);
  }

  setSize(bytes: number): void {
    this.layers.upper?.setattr({ size: bytes });
  }

  sync(dataOnly: boolean): void {
    this.file?.sync(dataOnly);
  }
}

export class UnionFile extends PagedInode {
  override mode = 0;
  override uid = 0;
  override gid = 0;
  override nlink = 1;
  override atime!: Timestamp;
  override mtime!: Timestamp;
  override ctime!: Timestamp;
  readonly ino: number;
  readonly lower: Inode | undefined;
  upper: Inode | undefined;
  /** Made without a name, and may be given one. */
  linkable = false;
  private readonly _pages: UnionPages;
  /** On its way up. */
  private _copy: { readonly inode: Inode; readonly to: OpenFile; readonly from: OpenFile; at: number; isDressed: boolean } | undefined;

  constructor(
    readonly fs: UnionFileSystem,
    { lower, upper }: Layers,
    public parent: UnionDirectory,
    public name: string,
  ) {
    const layers = { lower, upper };
    const pages = new UnionPages(layers);
    super(fs.env, pages, (upper ?? lower)?.size ?? 0);
    this._pages = pages;
    this._layers = layers;
    this.ino = fs.newIno();
    this.lower = lower;
    this.upper = upper;
    this.adopt();
  }

  private readonly _layers: { readonly lower: Inode | undefined; upper: Inode | undefined };

  private get _real(): Inode {
    return (this.upper ?? this.lower) as Inode;
  }

  adopt(): void {
    const gone = this.nlink === 0;
    adoptFrom(this, this._real);
    if (gone) this.nlink = 0;
  }

  override open(flags: number): OpenFile {
    if ((flags & O_ACCMODE) !== O_RDONLY) {
      this.copyUp();
      this.holdOpen();
    }
    return super.open(flags);
  }

  /** It had no name, and has got one. */
  named(parent: UnionDirectory, name: string): void {
    this.parent = parent;
    this.name = name;
    this.nlink = 1;
  }

  /** What it holds is to be had without its name. */
  holdOpen(): void {
    void this._pages.file;
  }

  override releaseIfUnused(): void {
    super.releaseIfUnused();
    if (this.objectIfAny === 0 && this.nlink === 0) this._pages.release();
  }

  override fillPage(index: number): void {
    if (!this.isCached(index)) this._pages.prepare(index, 1);
    super.fillPage(index);
  }

  override prefetch(first: number, count: number): void {
    this._pages.prepare(first, count);
    super.prefetch(first, count);
  }

  /** All of it, under another name; then it is there at once. */
  copyUp(): Inode {
    if (this.upper !== undefined) return this.upper;
    const lower = this.lower as Inode;
    const { mode, uid, gid } = lower;
    const parent = this.parent.copyUp();
    const temporary = `.wh..copy.${this.ino}`;
    if (this._copy === undefined) {
      const left = parent.lookup(temporary);
      if (left !== undefined) parent.unlink(temporary);
      const inode = parent.create(temporary, { mode: S_IFREG | (mode & 0o777), uid, gid });
      this._copy = { inode, to: inode.open(O_RDWR), from: lower.open(O_RDONLY), at: 0, isDressed: false };
    }
    const copy = this._copy;
    while (copy.at < lower.size) {
      const piece = new HostBuffer(new Uint8Array(PIECE_BYTES), this.env.pages);
      const count = check(copy.from.read(piece, copy.at));
      if (count === 0) break;
      const buffer = new HostBuffer(piece.bytes.slice(0, count), this.env.pages);
      while (buffer.remaining > 0) check(copy.to.write(buffer, copy.at + buffer.transferred));
      copy.at += count;
    }
    if (!copy.isDressed) copyAttributes(lower, copy.inode);
    copy.isDressed = true;
    copy.to.sync(false);
    parent.rename(temporary, parent, this.name, 0);
    releaseFile(copy.to);
    releaseFile(copy.from);
    this._copy = undefined;
    this.upper = this._layers.upper = copy.inode;
    this.fs.known(copy.inode, this);
    return copy.inode;
  }

  override resize(bytes: number): void {
    this.copyUp();
    this.holdOpen();
    super.resize(bytes);
  }

  override setattr(change: InodeChange): void {
    if (change.size !== undefined) this.resize(change.size);
    const { size: _, ...rest } = change;
    if (Object.keys(rest).length === 0) return;
    const upper = this.copyUp();
    // What is stored later would give it another time.
    if (rest.mtime !== undefined) this.writeBack();
    upper.setattr(rest);
    this.adopt();
  }

  movedTo(parent: UnionDirectory, name: string): void {
    this.parent = parent;
    this.name = name;
    this.adopt();
  }

  lostName(): void {
    this.nlink = Math.max(0, this.nlink - 1);
    this.ctime = this.fs.env.now();
    if (this.nlink === 0) this.releaseIfUnused();
  }

  override getxattr(name: string): Uint8Array | undefined {
    return this._real.getxattr?.(name);
  }

  override listxattr(): string[] {
    return this._real.listxattr?.() ?? [];
  }

  override setxattr(name: string, value: Uint8Array, flags: number): void {
    this.copyUp().setxattr?.(name, value, flags);
  }

  override removexattr(name: string): void {
    this.copyUp().removexattr?.(name);
  }
}
