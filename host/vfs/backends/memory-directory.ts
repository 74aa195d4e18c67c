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
  readonly #entries = new Map<string, Child>();
  #parent: MemoryDirectory | undefined;

  constructor(fs: MemoryFileSystem, what: NewInode, parent: MemoryDirectory | undefined) {
    super(fs, what);
    this.#parent = parent;
  }

  override get size(): number {
    return this.#entries.size * ENTRY_BYTES;
  }

  override get blocks(): number {
    return 0;
  }

  override lookup(name: string): Child | undefined {
    return this.#entries.get(name);
  }

  override readdir(): Dirent[] {
    const entries: Dirent[] = [];
    for (const [name, inode] of this.#entries) entries.push({ name, ino: inode.ino, type: inode.mode & S_IFMT });
    return entries;
  }

  override open(flags: number): OpenFile {
    return new DirectoryFile(this, flags);
  }

  // --- names

  #changed(): Timestamp {
    return (this.mtime = this.ctime = this.fs.env.now());
  }

  #requireNew(name: string): void {
    if (this.nlink === 0) throw new SysError(E.ENOENT);
    if (this.#entries.has(name)) throw new SysError(E.EEXIST);
  }

  #require(name: string): Child {
    const child = this.#entries.get(name);
    if (child === undefined) throw new SysError(E.ENOENT);
    return child;
  }

  #attach(name: string, child: Child): void {
    this.#entries.set(name, child);
    if (child instanceof MemoryDirectory) {
      child.#parent = this;
      this.nlink++;
    }
  }

  #detach(name: string, child: Child): void {
    this.#entries.delete(name);
    if (child instanceof MemoryDirectory) this.nlink--;
  }

  override create(name: string, what: NewInode): Child {
    this.#requireNew(name);
    const type = what.mode & S_IFMT;
    let inode: Child;
    if (type === S_IFDIR) inode = this.fs.makeDirectory(what, this);
    else {
      inode = type === S_IFREG ? this.fs.makeFile(what) : new MemoryNode(this.fs, what);
      inode.nlink = 1;
    }
    this.#attach(name, inode);
    this.#changed();
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
    this.#requireNew(name);
    if (encodeText(target).length > TARGET_BYTES_MAX) throw new SysError(E.ENAMETOOLONG);
    const inode = new MemoryNode(this.fs, what, target);
    inode.nlink = 1;
    this.#attach(name, inode);
    this.#changed();
    return inode;
  }

  override link(name: string, target: Inode): void {
    this.#requireNew(name);
    if (!(target instanceof MemoryFile || target instanceof MemoryNode) || target.fs !== this.fs) throw new SysError(E.EXDEV);
    if (target.nlink >= LINKS_MAX) throw new SysError(E.EMLINK);
    if (target.nlink === 0) {
      if (!(target instanceof MemoryFile && target.linkable)) throw new SysError(E.ENOENT);
      this.fs.inodeBack();
    }
    target.nlink++;
    this.#attach(name, target);
    target.ctime = this.#changed();
  }

  override unlink(name: string): void {
    const child = this.#require(name);
    if (child instanceof MemoryDirectory) throw new SysError(E.EISDIR);
    this.#detach(name, child);
    this.#changed();
    child.nameGone();
  }

  override rmdir(name: string): void {
    const child = this.#require(name);
    if (!(child instanceof MemoryDirectory)) throw new SysError(E.ENOTDIR);
    if (child.#entries.size > 0) throw new SysError(E.ENOTEMPTY);
    this.#detach(name, child);
    this.#changed();
    child.#gone();
  }

  #gone(): void {
    this.nlink = 1;
    this.nameGone();
  }

  override rename(name: string, newParent: Inode, newName: string, flags: number): void {
    if (!(newParent instanceof MemoryDirectory) || newParent.fs !== this.fs) throw new SysError(E.EXDEV);
    if ((flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE)) !== 0) throw new SysError(E.EINVAL);
    const child = this.#require(name);
    const target = newParent.#entries.get(newName);
    if (newParent.nlink === 0) throw new SysError(E.ENOENT);
    if (newParent.#isWithin(child)) throw new SysError(E.EINVAL);
    if ((flags & RENAME_EXCHANGE) !== 0) {
      this.#exchange(name, child, newParent, newName);
      return;
    }
    if (target !== undefined && (flags & RENAME_NOREPLACE) !== 0) throw new SysError(E.EEXIST);
    if (target === child) return;
    if (target !== undefined) newParent.#replace(newName, child, target);
    this.#detach(name, child);
    newParent.#attach(newName, child);
    child.ctime = this.#changed();
    newParent.#changed();
  }

  #exchange(name: string, child: Child, newParent: MemoryDirectory, newName: string): void {
    const target = newParent.#require(newName);
    if (this.#isWithin(target)) throw new SysError(E.EINVAL);
    // Each takes the other's place in the order.
    if (child instanceof MemoryDirectory) this.nlink--;
    if (target instanceof MemoryDirectory) newParent.nlink--;
    this.#attach(name, target);
    newParent.#attach(newName, child);
    child.ctime = target.ctime = this.#changed();
    newParent.#changed();
  }

  /** What `child` is about to be renamed over goes. */
  #replace(name: string, child: Child, target: Child): void {
    if (target instanceof MemoryDirectory) {
      if (!(child instanceof MemoryDirectory)) throw new SysError(E.EISDIR);
      this.rmdir(name);
    } else {
      if (child instanceof MemoryDirectory) throw new SysError(E.ENOTDIR);
      this.unlink(name);
    }
  }

  #isWithin(other: Inode): boolean {
    for (let at: MemoryDirectory | undefined = this; at !== undefined; at = at.#parent) if (at === other) return true;
    return false;
  }
}
