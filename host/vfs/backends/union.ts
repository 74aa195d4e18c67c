/**
 * Two file systems as one: names of the upper one win, everything is written there, the lower one is never changed. What is in the upper
 * one is there when it is mounted the next time.
 *
 * `.wh.NAME` in a directory of the upper one hides what the lower one has of that name, for good: a new NAME is the upper one's own. A
 * directory that was moved says where it comes from (union-redirect.ts). A file of the lower one is copied up whole, under another name
 * that is then changed, before it is first opened for writing.
 * Calls run again from the start after a wait, so every step looks first whether it has been done.
 */
import { EEXIST, EINVAL, EISDIR, ENOENT, ENOTDIR, ENOTEMPTY, EOPNOTSUPP, EPERM, EXDEV } from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import { RENAME_EXCHANGE, RENAME_NOREPLACE } from '../../linux/fcntl.js';
import { isDirectory, OVERLAYFS_SUPER_MAGIC, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../../linux/stat.js';
import type { VfsEnvironment } from '../environment.js';
import { DirectoryFile } from '../openfile.js';
import type { Dirent, FileSystem, FileSystemStat, Inode, NewInode, OpenFile } from '../types.js';
import { type Layers, UnionFile, UnionNode } from './union-node.js';
import { atPath, dropUnfinished, RESERVED, redirectOf, setRedirect } from './union-redirect.js';

export type UnionInode = UnionFile | UnionNode;

export class UnionFileSystem implements FileSystem {
  readonly name = 'overlay';
  readonly dev: number;
  readonly readOnly = false;
  readonly root: UnionDirectory;
  private readonly _nodes = new WeakMap<Inode, UnionInode>();
  private _lastIno = 1;

  constructor(
    readonly env: VfsEnvironment,
    readonly lower: FileSystem,
    readonly upper: FileSystem,
  ) {
    this.dev = env.allocateDev();
    this.root = new UnionDirectory(this, { lower: lower.root, upper: upper.root }, undefined, '');
  }

  newIno(): number {
    return this._lastIno++;
  }

  statfs(): FileSystemStat {
    return { ...this.upper.statfs(), type: OVERLAYFS_SUPER_MAGIC };
  }

  sync(): void {
    this.env.pages.sync(this);
    this.upper.sync();
  }

  writeBack(): SysError | undefined {
    const failure = this.env.pages.writeBack(this);
    return failure ?? this.upper.writeBack?.();
  }

  /** The inode of what one or both have; the same for other names of it. */
  node(layers: Layers, parent: UnionDirectory, name: string): UnionInode {
    const real = (layers.upper ?? layers.lower) as Inode;
    const known = this._nodes.get(real);
    if (known !== undefined) return known;
    const type = real.mode & S_IFMT;
    const made =
      type === S_IFDIR
        ? new UnionDirectory(this, layers, parent, name)
        : type === S_IFREG
          ? new UnionFile(this, layers, parent, name)
          : new UnionNode(this, layers, parent, name);
    this.known(real, made);
    return made;
  }

  known(real: Inode, node: UnionInode): void {
    this._nodes.set(real, node);
  }
}

export class UnionDirectory extends UnionNode {
  private readonly _children = new Map<string, UnionInode>();
  /** Where `lower` is, from the lower one's root. */
  private readonly _lowerPath: string;
  private _isRedirecting = false;

  constructor(fs: UnionFileSystem, layers: Layers, parent: UnionDirectory | undefined, name: string) {
    super(fs, layers, parent, name);
    this._lowerPath = layers.lowerPath ?? '';
  }

  override lookup(name: string): UnionInode | undefined {
    const known = this._children.get(name);
    if (known !== undefined) return known;
    if (name.startsWith(RESERVED)) return undefined;
    const layers = this._layersOf(name);
    if (layers === undefined) return undefined;
    const node = this.fs.node(layers, this, name);
    this._children.set(name, node);
    return node;
  }

  private _layersOf(name: string): Layers | undefined {
    const upper = this.upper?.lookup(name);
    if (upper !== undefined && !isDirectory(upper.mode)) return { upper };
    const moved = upper === undefined ? undefined : redirectOf(upper, this.fs.env.pages);
    const lower = moved === undefined ? this._lowerOf(name) : atPath(this.fs.lower.root, moved);
    const lowerPath = moved ?? `${this._lowerPath}/${name}`;
    if (upper === undefined) return lower === undefined ? undefined : { lower, lowerPath };
    return lower !== undefined && isDirectory(lower.mode) ? { lower, upper, lowerPath } : { upper };
  }

  /** What the lower one shows of a name. */
  private _lowerOf(name: string): Inode | undefined {
    if (this.lower === undefined || this.upper?.lookup(RESERVED + name) !== undefined) return undefined;
    return this.lower.lookup(name);
  }

  override readdir(): Dirent[] {
    const entries = new Map<string, Dirent>();
    const hidden = new Set<string>();
    for (const entry of this.upper?.readdir() ?? []) {
      if (entry.name.startsWith(RESERVED)) hidden.add(entry.name.slice(RESERVED.length));
      else entries.set(entry.name, entry);
    }
    for (const entry of this.lower?.readdir() ?? []) {
      if (!entries.has(entry.name) && !hidden.has(entry.name)) entries.set(entry.name, entry);
    }
    return [...entries.values()].map(({ name, type }) => ({ name, type, ino: (this.lookup(name) as UnionInode).ino }));
  }

  override open(flags: number): OpenFile {
    return new DirectoryFile(this, flags);
  }

  private _require(name: string): UnionInode {
    const found = this.lookup(name);
    if (found === undefined) throw new SysError(ENOENT);
    return found;
  }

  private _requireFree(name: string): void {
    if (this.nlink === 0) throw new SysError(ENOENT);
    if (name.startsWith(RESERVED)) throw new SysError(EPERM, `names that begin with ${RESERVED} are the overlay's own`);
    if (this.lookup(name) !== undefined) throw new SysError(EEXIST);
  }

  /** The lower one shows nothing of that name any more. */
  private _hide(name: string): void {
    const upper = this.copyUp();
    if (this._lowerOf(name) !== undefined) upper.create(RESERVED + name, { mode: S_IFREG | 0o600, uid: 0, gid: 0 });
  }

  private _insert(name: string, upper: Inode): UnionInode {
    const node = this.fs.node({ upper }, this, name);
    this._children.set(name, node);
    this.adopt();
    return node;
  }

  override create(name: string, what: NewInode): Inode {
    this._requireFree(name);
    return this._insert(name, this.copyUp().create(name, what));
  }

  override symlink(name: string, target: string, what: NewInode): Inode {
    this._requireFree(name);
    const upper = this.copyUp();
    upper.symlink(name, target, { ...what, mode: S_IFLNK | 0o777 });
    return this._insert(name, upper.lookup(name) as Inode);
  }

  /** As far as the upper one has such files. */
  override createUnnamed(what: NewInode, linkable: boolean): Inode {
    const upper = this.copyUp().createUnnamed?.(what, linkable);
    if (upper === undefined) throw new SysError(EOPNOTSUPP);
    const file = this.fs.node({ upper }, this, '') as UnionFile;
    file.linkable = linkable;
    return file;
  }

  override link(name: string, target: Inode): void {
    if (!(target instanceof UnionFile || target instanceof UnionNode) || target.fs !== this.fs) throw new SysError(EXDEV);
    this._requireFree(name);
    const isUnnamed = target.nlink === 0;
    if (isUnnamed && !(target instanceof UnionFile && target.linkable)) throw new SysError(ENOENT);
    this.copyUp().link(name, target.copyUp());
    this._children.set(name, target);
    if (isUnnamed && target instanceof UnionFile) target.named(this, name);
    target.adopt();
    this.adopt();
  }

  override unlink(name: string): void {
    const node = this._require(name);
    if (isDirectory(node.mode)) throw new SysError(EISDIR);
    if (node instanceof UnionFile) node.holdOpen();
    this._remove(name, node, (upper) => upper.unlink(name));
  }

  override rmdir(name: string): void {
    const node = this._require(name);
    if (!(node instanceof UnionDirectory)) throw new SysError(ENOTDIR);
    if (node.readdir().length > 0) throw new SysError(ENOTEMPTY);
    this._hide(name);
    node._forgetHidden();
    this._remove(name, node, (upper) => upper.rmdir(name));
  }

  /** Of an empty directory that is hidden itself: the upper one must be empty, too. What the lower one has of it is no more meant. */
  private _forgetHidden(): void {
    if (this.upper === undefined) return;
    this.lower = undefined;
    for (const { name } of this.upper.readdir()) this.upper.unlink(name);
  }

  private _remove(name: string, node: UnionInode, remove: (upper: Inode) => void): void {
    this._hide(name);
    const upper = this.copyUp();
    if (upper.lookup(name) !== undefined) remove(upper);
    this._children.delete(name);
    node.lostName();
    this.adopt();
  }

  override rename(name: string, newParent: Inode, newName: string, flags: number): void {
    if (!(newParent instanceof UnionDirectory) || newParent.fs !== this.fs) throw new SysError(EXDEV);
    if ((flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE)) !== 0 || flags === (RENAME_NOREPLACE | RENAME_EXCHANGE)) throw new SysError(EINVAL);
    const node = this._require(name);
    const other = newParent.lookup(newName);
    if (newName.startsWith(RESERVED)) throw new SysError(EPERM);
    if (newParent.nlink === 0) throw new SysError(ENOENT);
    if (node instanceof UnionDirectory && newParent.isWithin(node)) throw new SysError(EINVAL);
    if (other !== undefined && (flags & RENAME_NOREPLACE) !== 0) throw new SysError(EEXIST);
    if (other === undefined && (flags & RENAME_EXCHANGE) !== 0) throw new SysError(ENOENT);
    if (other === node) return;
    if (other === undefined || (flags & RENAME_EXCHANGE) === 0) this._replace(node, name, newParent, newName, other);
    else this._exchange(node, name, newParent, newName, other);
    node.movedTo(newParent, newName);
    this.adopt();
    newParent.adopt();
  }

  private _replace(node: UnionInode, name: string, newParent: UnionDirectory, newName: string, other: UnionInode | undefined): void {
    if (other !== undefined) newParent._requireReplaceable(node, other, this);
    readyToMove(node);
    this._hide(name);
    newParent._hide(newName);
    if (other instanceof UnionDirectory) other._forgetHidden();
    if (other instanceof UnionFile) other.holdOpen();
    this.copyUp().rename(name, newParent.copyUp(), newName, 0);
    this._children.delete(name);
    newParent._children.set(newName, node);
    other?.lostName();
  }

  private _exchange(node: UnionInode, name: string, newParent: UnionDirectory, newName: string, other: UnionInode): void {
    if (other instanceof UnionDirectory && this.isWithin(other)) throw new SysError(EINVAL);
    readyToMove(node);
    readyToMove(other);
    this._hide(name);
    newParent._hide(newName);
    this.copyUp().rename(name, newParent.copyUp(), newName, RENAME_EXCHANGE);
    this._children.set(name, other);
    newParent._children.set(newName, node);
    other.movedTo(this, name);
  }

  /** What the lower one has of it will be found from its new place. */
  redirect(): void {
    if (this.lower === undefined) return;
    const upper = this.copyUp();
    if (!this._isRedirecting) dropUnfinished(upper);
    this._isRedirecting = true;
    setRedirect(upper, this._lowerPath, this.fs.env.pages);
  }

  private _requireReplaceable(node: UnionInode, other: UnionInode, from: UnionDirectory): void {
    if (other instanceof UnionDirectory) {
      if (!(node instanceof UnionDirectory)) throw new SysError(EISDIR);
      if (other.readdir().length > 0 || from.isWithin(other)) throw new SysError(ENOTEMPTY);
    } else if (node instanceof UnionDirectory) throw new SysError(ENOTDIR);
  }

  /** Is it `other`, or below it? */
  isWithin(other: UnionDirectory): boolean {
    for (let at: UnionDirectory | undefined = this; at !== undefined; at = at.parent) if (at === other) return true;
    return false;
  }
}

/** All that is moved is in the upper one. */
function readyToMove(node: UnionInode): void {
  node.copyUp();
  if (node instanceof UnionDirectory) node.redirect();
}
