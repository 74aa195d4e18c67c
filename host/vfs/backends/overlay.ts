/**
 * A union of a lower file system, which is never changed, and changes kept in memory: what `--root FOLDER` mounts, so that a guest may
 * write everywhere. Unlike Linux's overlayfs the merged tree is one tree of inodes: each knows the lower inode that it came from, not a
 * path, so renaming a directory of the lower layer is as cheap as any rename, hard links stay links, and a file's identity and number
 * survive its copy-up.
 *
 * A directory's names: what `_changes` says (an inode, or null for "gone": a whiteout), else what the lower directory has.
 */
import { EEXIST, EINVAL, EISDIR, ENOENT, ENOSPC, ENOTDIR, ENOTEMPTY, EXDEV } from '../../../assembly/shared/errno.js';
import { PAGE_SIZE } from '../../../assembly/shared/layout.js';
import { SysError } from '../../linux/error.js';
import { RENAME_EXCHANGE, RENAME_NOREPLACE } from '../../linux/fcntl.js';
import { isDirectory, OVERLAYFS_SUPER_MAGIC, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../../linux/stat.js';
import type { VfsEnvironment } from '../environment.js';
import { DirectoryFile } from '../openfile.js';
import type { Dirent, FileSystem, FileSystemStat, Inode, NewInode, OpenFile } from '../types.js';
import { type Origin, OverlayFile, type OverlayInode, OverlayNode, OverlaySymlink } from './overlay-node.js';

/** New inodes are numbered from here: lower file systems stay below. */
const NEW_INO_MIN = 2 ** 52;
/** New inodes and attributes are objects of the host's: a guest must not fill its memory with them. */
const INODES_MIN = 1024;
const XATTR_BYTES_MAX = 16 * 1024 * 1024;

/** A file system under a layer of memory that takes what is written. */
export class OverlayFileSystem implements FileSystem {
  readonly name = 'overlay';
  readonly dev: number;
  readonly readOnly = false;
  readonly root: Inode;
  /** Lower inode -> ours, where one may be found under several names. */
  private readonly _byLower = new WeakMap<Inode, OverlayInode>();
  private readonly _inodesMax: number;
  private _inodes = 0;
  private _lastIno = NEW_INO_MIN;
  private _xattrBytes = 0;

  constructor(
    readonly env: VfsEnvironment,
    readonly lower: FileSystem,
  ) {
    this._inodesMax = Math.max(INODES_MIN, env.core.exports.frameLimit() >>> 1);
    this.dev = env.allocateDev();
    this.root = new OverlayDirectory(this, { lower: lower.root }, undefined);
  }

  /** A number for a new inode. ENOSPC: there are as many as may be. */
  newIno(): number {
    if (this._inodes >= this._inodesMax) throw new SysError(ENOSPC);
    this._inodes++;
    return ++this._lastIno;
  }

  /** A new inode has lost its last name. */
  inodeGone(): void {
    this._inodes--;
  }

  /** One without a name has got one. */
  inodeBack(): void {
    this._inodes++;
  }

  chargeXattr(bytes: number): void {
    if (bytes > 0 && this._xattrBytes + bytes > XATTR_BYTES_MAX) throw new SysError(ENOSPC);
    this._xattrBytes += bytes;
  }

  /** Memory is the disk. */
  statfs(): FileSystemStat {
    const { exports } = this.env.core;
    const blocks = exports.frameLimit();
    const blocksFree = Math.max(0, blocks - exports.framesInUse());
    const files = this._inodesMax;
    return { type: OVERLAYFS_SUPER_MAGIC, blockSize: PAGE_SIZE, blocks, blocksFree, files, filesFree: files - this._inodes, nameMax: 255 };
  }

  /** There is no medium. */
  sync(): void {}

  /** Our inode for one of the lower layer, found in `parent`. */
  adopt(lower: Inode, parent: OverlayDirectory): OverlayInode {
    const known = this._byLower.get(lower);
    if (known !== undefined) return known;
    const inode = this.make({ lower }, lower.mode, parent);
    this._byLower.set(lower, inode);
    return inode;
  }

  make(origin: Origin, mode: number, parent: OverlayDirectory, target?: string): OverlayInode {
    const type = mode & S_IFMT;
    if (type === S_IFREG) return new OverlayFile(this, origin);
    if (type === S_IFDIR) return new OverlayDirectory(this, origin, parent);
    return type === S_IFLNK ? new OverlaySymlink(this, origin, target) : new OverlayNode(this, origin);
  }
}

export class OverlayDirectory extends OverlayNode {
  /** Inode, or null: the lower layer's entry of that name is hidden. */
  private readonly _changes = new Map<string, OverlayInode | null>();

  constructor(
    fs: OverlayFileSystem,
    origin: Origin,
    /** For the loop check of rename. */
    public parent: OverlayDirectory | undefined,
  ) {
    super(fs, origin);
    if (this.lower === undefined) {
      this.nlink = 2;
      this.size = PAGE_SIZE;
    }
  }

  override lookup(name: string): OverlayInode | undefined {
    const known = this._changes.get(name);
    if (known !== undefined) return known ?? undefined;
    const lower = this.lower?.lookup(name);
    if (lower === undefined) return undefined;
    const inode = this.fs.adopt(lower, this);
    this._changes.set(name, inode);
    return inode;
  }

  override readdir(): Dirent[] {
    const entries: Dirent[] = [];
    const seen = new Set<string>();
    for (const entry of this.lower?.readdir() ?? []) {
      const ours = this._changes.get(entry.name);
      if (ours === null) continue;
      seen.add(entry.name);
      entries.push(ours === undefined ? entry : direntOf(entry.name, ours));
    }
    for (const [name, inode] of this._changes) if (inode !== null && !seen.has(name)) entries.push(direntOf(name, inode));
    return entries;
  }

  override open(flags: number): OpenFile {
    return new DirectoryFile(this, flags);
  }

  private _require(name: string): OverlayInode {
    const found = this.lookup(name);
    if (found === undefined) throw new SysError(ENOENT);
    return found;
  }

  /** A name may be added: the directory has not been removed, and there is nothing of that name. */
  private _requireFree(name: string): void {
    if (this.nlink === 0) throw new SysError(ENOENT);
    if (this.lookup(name) !== undefined) throw new SysError(EEXIST);
  }

  private _changed(): void {
    this.mtime = this.ctime = this.fs.env.now();
  }

  private _put(name: string, inode: OverlayInode): void {
    this._changes.set(name, inode);
    if (inode instanceof OverlayDirectory) {
      inode.parent = this;
      this.nlink++;
    }
    this._changed();
  }

  private _take(name: string, inode: OverlayInode): void {
    if (this.lower?.lookup(name) === undefined) this._changes.delete(name);
    else this._changes.set(name, null);
    if (inode instanceof OverlayDirectory) this.nlink--;
    this._changed();
  }

  override create(name: string, what: NewInode): Inode {
    return this._insert(name, this._make(name, what));
  }

  override symlink(name: string, target: string, what: NewInode): Inode {
    return this._insert(name, this._make(name, { ...what, mode: S_IFLNK | 0o777 }, target));
  }

  override createUnnamed(what: NewInode, linkable: boolean): Inode {
    const file = new OverlayFile(this.fs, { what });
    file.nlink = 0;
    file.linkable = linkable;
    this.fs.inodeGone();
    return file;
  }

  private _make(name: string, what: NewInode, target?: string): OverlayInode {
    this._requireFree(name);
    return this.fs.make({ what }, what.mode, this, target);
  }

  private _insert(name: string, inode: OverlayInode): Inode {
    this._put(name, inode);
    return inode;
  }

  override link(name: string, target: Inode): void {
    const inode = this._own(target);
    this._requireFree(name);
    if (inode.nlink === 0 && !(inode instanceof OverlayFile && inode.linkable)) throw new SysError(ENOENT);
    if (inode.nlink++ === 0) this.fs.inodeBack();
    inode.ctime = this.fs.env.now();
    this._put(name, inode);
  }

  private _own(inode: Inode): OverlayInode {
    if (inode instanceof OverlayFile || inode instanceof OverlayNode) if (inode.fs === this.fs) return inode;
    throw new SysError(EXDEV);
  }

  override unlink(name: string): void {
    const inode = this._require(name);
    if (isDirectory(inode.mode)) throw new SysError(EISDIR);
    this._take(name, inode);
    this._lost(inode);
  }

  override rmdir(name: string): void {
    const inode = this._require(name);
    if (!(inode instanceof OverlayDirectory)) throw new SysError(ENOTDIR);
    if (inode._isPopulated) throw new SysError(ENOTEMPTY);
    this._take(name, inode);
    this._lost(inode);
  }

  private get _isPopulated(): boolean {
    return this.readdir().length > 0;
  }

  /** The inode has lost one of its names. */
  private _lost(inode: OverlayInode): void {
    inode.nlink = inode instanceof OverlayDirectory ? 0 : Math.max(0, inode.nlink - 1);
    inode.ctime = this.fs.env.now();
    if (inode.nlink === 0) inode.gone();
  }

  override rename(name: string, newParent: Inode, newName: string, flags: number): void {
    if (!(newParent instanceof OverlayDirectory) || newParent.fs !== this.fs) throw new SysError(EXDEV);
    if ((flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE)) !== 0 || flags === (RENAME_NOREPLACE | RENAME_EXCHANGE)) throw new SysError(EINVAL);
    const inode = this._require(name);
    const other = newParent.lookup(newName);
    if (inode instanceof OverlayDirectory && newParent._isWithin(inode)) throw new SysError(EINVAL);
    if ((flags & RENAME_EXCHANGE) !== 0) this._exchange(name, inode, newParent, newName, other);
    else this._replace(name, inode, newParent, newName, other, flags);
  }

  private _replace(
    name: string,
    inode: OverlayInode,
    newParent: OverlayDirectory,
    newName: string,
    other: OverlayInode | undefined,
    flags: number,
  ): void {
    if (newParent.nlink === 0) throw new SysError(ENOENT);
    if (other !== undefined) {
      if ((flags & RENAME_NOREPLACE) !== 0) throw new SysError(EEXIST);
      if (other === inode) return;
      newParent._requireReplaceable(inode, other, this);
      newParent._take(newName, other);
      this._lost(other);
    }
    this._take(name, inode);
    newParent._put(newName, inode);
    inode.ctime = this.fs.env.now();
  }

  private _requireReplaceable(inode: OverlayInode, other: OverlayInode, from: OverlayDirectory): void {
    if (other instanceof OverlayDirectory) {
      if (!(inode instanceof OverlayDirectory)) throw new SysError(EISDIR);
      if (other._isPopulated || from._isWithin(other)) throw new SysError(ENOTEMPTY);
    } else if (inode instanceof OverlayDirectory) throw new SysError(ENOTDIR);
  }

  private _exchange(
    name: string,
    inode: OverlayInode,
    newParent: OverlayDirectory,
    newName: string,
    other: OverlayInode | undefined,
  ): void {
    if (other === undefined) throw new SysError(ENOENT);
    if (other === inode) return;
    if (other instanceof OverlayDirectory && this._isWithin(other)) throw new SysError(EINVAL);
    this._take(name, inode);
    newParent._take(newName, other);
    this._put(name, other);
    newParent._put(newName, inode);
    inode.ctime = other.ctime = this.fs.env.now();
  }

  /** Is this directory `other`, or below it? */
  private _isWithin(other: OverlayDirectory): boolean {
    for (let at: OverlayDirectory | undefined = this; at !== undefined; at = at.parent) if (at === other) return true;
    return false;
  }
}

function direntOf(name: string, inode: Inode): Dirent {
  return { name, ino: inode.ino, type: inode.mode & S_IFMT };
}
