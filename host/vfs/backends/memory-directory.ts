import * as E from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import { RENAME_EXCHANGE, RENAME_NOREPLACE } from '../../linux/fcntl.js';
import { S_IFDIR, S_IFMT, S_IFREG } from '../../linux/stat.js';
import { encodeText } from '../../linux/text.js';
import { DirectoryFile } from '../openfile.js';
import type { Dirent, Inode, NewInode, OpenFile, Timestamp } from '../types.js';
import type { MemoryFileSystem } from './memory.js';
import { MemoryFile } from './memory-file.js';
import { MemoryInode, MemoryNode } from './memory-inode.js';

/** What tmpfs says an entry takes. */
const ENTRY_BYTES = 20;
const TARGET_BYTES_MAX = 4095;
const LINKS_MAX = 65000;

type Child = MemoryDirectory | MemoryFile | MemoryNode;

/**
 * A directory in memory: names in the order in which they were made.
 * Invariants: nlink is 2 and one for every directory in it, or 0 once it is removed; a removed directory is empty and stays so.
 */
export class MemoryDirectory extends MemoryInode {
  override nlink = 2;
  private readonly _entries = new Map<string, Child>();
  private _parent: MemoryDirectory | undefined;

  constructor(fs: MemoryFileSystem, what: NewInode, parent: MemoryDirectory | undefined) {
    super(fs, what);
    this._parent = parent;
  }

  override get size(): number {
    return this._entries.size * ENTRY_BYTES;
  }

  override get blocks(): number {
    return 0;
  }

  override lookup(name: string): Child | undefined {
    return this._entries.get(name);
  }

  override readdir(): Dirent[] {
    const entries: Dirent[] = [];
    for (const [name, inode] of this._entries) entries.push({ name, ino: inode.ino, type: inode.mode & S_IFMT });
    return entries;
  }

  override open(flags: number): OpenFile {
    return new DirectoryFile(this, flags);
  }

  // --- names

  private _changed(): Timestamp {
    return (this.mtime = this.ctime = this.fs.env.now());
  }

  private _requireNew(name: string): void {
    if (this.nlink === 0) throw new SysError(E.ENOENT);
    if (this._entries.has(name)) throw new SysError(E.EEXIST);
  }

  private _require(name: string): Child {
    const child = this._entries.get(name);
    if (child === undefined) throw new SysError(E.ENOENT);
    return child;
  }

  private _attach(name: string, child: Child): void {
    this._entries.set(name, child);
    if (child instanceof MemoryDirectory) {
      child._parent = this;
      this.nlink++;
    }
  }

  private _detach(name: string, child: Child): void {
    this._entries.delete(name);
    if (child instanceof MemoryDirectory) this.nlink--;
  }

  override create(name: string, what: NewInode): Child {
    this._requireNew(name);
    const type = what.mode & S_IFMT;
    let inode: Child;
    if (type === S_IFDIR) inode = this.fs.makeDirectory(what, this);
    else {
      inode = type === S_IFREG ? this.fs.makeFile(what) : new MemoryNode(this.fs, what);
      inode.nlink = 1;
    }
    this._attach(name, inode);
    this._changed();
    return inode;
  }

  override createUnnamed(what: NewInode, linkable: boolean): Inode {
    if (this.nlink === 0) throw new SysError(E.ENOENT);
    const inode = this.fs.makeFile(what);
    // It counts from the time it has a name.
    this.fs.inodeGone();
    inode.linkable = linkable;
    return inode;
  }

  override symlink(name: string, target: string, what: NewInode): Inode {
    this._requireNew(name);
    if (encodeText(target).length > TARGET_BYTES_MAX) throw new SysError(E.ENAMETOOLONG);
    const inode = new MemoryNode(this.fs, what, target);
    inode.nlink = 1;
    this._attach(name, inode);
    this._changed();
    return inode;
  }

  override link(name: string, target: Inode): void {
    this._requireNew(name);
    if (!(target instanceof MemoryFile || target instanceof MemoryNode) || target.fs !== this.fs) throw new SysError(E.EXDEV);
    if (target.nlink >= LINKS_MAX) throw new SysError(E.EMLINK);
    if (target.nlink === 0) {
      if (!(target instanceof MemoryFile && target.linkable)) throw new SysError(E.ENOENT);
      this.fs.inodeBack();
    }
    target.nlink++;
    this._attach(name, target);
    target.ctime = this._changed();
  }

  override unlink(name: string): void {
    const child = this._require(name);
    if (child instanceof MemoryDirectory) throw new SysError(E.EISDIR);
    this._detach(name, child);
    this._changed();
    child.nameGone();
  }

  override rmdir(name: string): void {
    const child = this._require(name);
    if (!(child instanceof MemoryDirectory)) throw new SysError(E.ENOTDIR);
    if (child._entries.size > 0) throw new SysError(E.ENOTEMPTY);
    this._detach(name, child);
    this._changed();
    child._gone();
  }

  private _gone(): void {
    this.nlink = 1;
    this.nameGone();
  }

  override rename(name: string, newParent: Inode, newName: string, flags: number): void {
    if (!(newParent instanceof MemoryDirectory) || newParent.fs !== this.fs) throw new SysError(E.EXDEV);
    if ((flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE)) !== 0) throw new SysError(E.EINVAL);
    const child = this._require(name);
    const target = newParent._entries.get(newName);
    if (newParent.nlink === 0) throw new SysError(E.ENOENT);
    if (newParent._isWithin(child)) throw new SysError(E.EINVAL);
    if ((flags & RENAME_EXCHANGE) !== 0) {
      this._exchange(name, child, newParent, newName);
      return;
    }
    if (target !== undefined && (flags & RENAME_NOREPLACE) !== 0) throw new SysError(E.EEXIST);
    if (target === child) return;
    if (target !== undefined) newParent._replace(newName, child, target);
    this._detach(name, child);
    newParent._attach(newName, child);
    child.ctime = this._changed();
    newParent._changed();
  }

  private _exchange(name: string, child: Child, newParent: MemoryDirectory, newName: string): void {
    const target = newParent._require(newName);
    if (this._isWithin(target)) throw new SysError(E.EINVAL);
    // Each takes the other's place in the order.
    if (child instanceof MemoryDirectory) this.nlink--;
    if (target instanceof MemoryDirectory) newParent.nlink--;
    this._attach(name, target);
    newParent._attach(newName, child);
    child.ctime = target.ctime = this._changed();
    newParent._changed();
  }

  /** What `child` is about to be renamed over goes. */
  private _replace(name: string, child: Child, target: Child): void {
    if (target instanceof MemoryDirectory) {
      if (!(child instanceof MemoryDirectory)) throw new SysError(E.EISDIR);
      this.rmdir(name);
    } else {
      if (child instanceof MemoryDirectory) throw new SysError(E.ENOTDIR);
      this.unlink(name);
    }
  }

  private _isWithin(other: Inode): boolean {
    for (let at: MemoryDirectory | undefined = this; at !== undefined; at = at._parent) if (at === other) return true;
    return false;
  }
}
