import { isDirectory } from '../linux/stat.js';
import type { FileSystem, Inode } from './types.js';

/** Names kept under a directory whose lookups are not cacheable (proc): only so that a name looked up twice is one dentry. */
const UNCACHED_CHILDREN_MAX = 256;

/**
 * A name in a directory, and what it names. Dentries form the tree that '..' and getcwd climb: a file system's own tree is never asked for
 * a parent, so nothing it says can lead above its root.
 *
 * Invariants: a cached child's `parent` is the dentry that holds it; one (parent, name) has one dentry while it is cached; a renamed
 * dentry keeps its identity, so a working directory follows its directory; only positive names are kept.
 */
export class Dentry {
  /** The name is gone (unlink, rmdir, renamed over); who holds the dentry may go on using its inode. */
  deleted = false;
  /** How many mounts lie on top of this dentry, in any namespace: 0 spares the walk a look. */
  mounts = 0;
  private _children: Map<string, Dentry> | undefined;

  constructor(
    public parent: Dentry | undefined,
    public name: string,
    readonly inode: Inode,
  ) {}

  get isDirectory(): boolean {
    return isDirectory(this.inode.mode);
  }

  /** The child of that name, or undefined. ENOTDIR when this is no directory. */
  child(name: string): Dentry | undefined {
    const cached = this._children?.get(name);
    if (cached !== undefined && (this.inode.cacheable || cached.mounts > 0)) return cached;
    const inode = this.inode.lookup(name);
    if (inode === undefined) {
      if (cached !== undefined) this.remove(cached);
      return undefined;
    }
    return cached?.inode === inode ? cached : this.insert(name, inode);
  }

  /** A name that has just come into being. */
  insert(name: string, inode: Inode): Dentry {
    const dentry = new Dentry(this, name, inode);
    this._children ??= new Map();
    if (!this.inode.cacheable && this._children.size >= UNCACHED_CHILDREN_MAX) this._prune();
    this._children.set(name, dentry);
    return dentry;
  }

  /** The name is gone. */
  remove(child: Dentry): void {
    if (this._children?.get(child.name) === child) this._children.delete(child.name);
    child.deleted = true;
  }

  /** rename(2): `child` is now `name` in `parent`; whatever was there before is gone. */
  move(child: Dentry, parent: Dentry, name: string): void {
    const replaced = parent._children?.get(name);
    if (replaced !== undefined && replaced !== child) parent.remove(replaced);
    this._children?.delete(child.name);
    parent._attach(child, name);
  }

  /** renameat2(RENAME_EXCHANGE) */
  exchange(child: Dentry, parent: Dentry, other: Dentry): void {
    const childName = child.name;
    const otherName = other.name;
    this._attach(other, childName);
    parent._attach(child, otherName);
  }

  private _attach(child: Dentry, name: string): void {
    child.parent = this;
    child.name = name;
    this._children ??= new Map();
    this._children.set(name, child);
  }

  private _prune(): void {
    for (const [name, child] of this._children ?? []) if (child.mounts === 0 && child._children === undefined) this._children?.delete(name);
  }

  /** Is this directory `other` or below it, inside one file system? By inode: a directory has one name, but may have lost its dentry. */
  isWithin(other: Dentry): boolean {
    for (let at: Dentry | undefined = this; at !== undefined; at = at.parent) if (at.inode === other.inode) return true;
    return false;
  }
}

/** A file system attached to the tree. */
export class Mount {
  /** What lies under this mount; undefined: the namespace's root, or a mount outside the tree (pipes). */
  parent: Location | undefined;
  /** MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_NOATIME, MS_NODIRATIME: see mount(2). */
  flags = 0;
  /** The embedder made it read-only: nobody inside may change that. */
  locked = false;

  constructor(
    readonly id: number,
    readonly fs: FileSystem,
    /** The file system's root, or any directory or file of it for a bind mount. */
    readonly root: Dentry,
    /** As in /proc/mounts. */
    readonly source: string,
    /** MS_RDONLY of this mount; the file system may be read-only by itself, too. */
    public readOnlyMount: boolean,
    /** In no tree: names below it are shown as they are ('pipe:[7]'). */
    readonly internal = false,
  ) {}

  get readOnly(): boolean {
    return this.readOnlyMount || this.fs.readOnly;
  }

  get location(): Location {
    return new Location(this, this.root);
  }

  /** What part of the file system is mounted: '/' unless it is a bind mount. */
  get rootPath(): string {
    const names: string[] = [];
    for (let at = this.root; at.parent !== undefined; at = at.parent) names.push(at.name);
    return `/${names.reverse().join('/')}`;
  }
}

/** A place in the tree: a dentry seen through a mount. Immutable; compare with `equals`. */
export class Location {
  constructor(
    readonly mount: Mount,
    readonly dentry: Dentry,
  ) {}

  get inode(): Inode {
    return this.dentry.inode;
  }

  equals(other: Location): boolean {
    return this.dentry === other.dentry && this.mount === other.mount;
  }
}

export interface PathOfLocation {
  /** Absolute, from the root that was given; from the namespace's root when that can't reach it. */
  readonly path: string;
  /** It, or a directory above it, has no name any more. */
  readonly deleted: boolean;
  /** The root given is above it. */
  readonly reachable: boolean;
}

/** Where a location is, seen from a root. */
export function pathFrom(location: Location, root: Location): PathOfLocation {
  const names: string[] = [];
  let { mount, dentry } = location;
  let deleted = false;
  for (;;) {
    if (dentry === root.dentry && mount === root.mount) return { path: `/${names.reverse().join('/')}`, deleted, reachable: true };
    deleted ||= dentry.deleted;
    if (dentry === mount.root || dentry.parent === undefined) {
      if (mount.internal) return { path: [dentry.name, ...names.reverse()].join('/'), deleted: false, reachable: true };
      if (mount.parent === undefined) return { path: `/${names.reverse().join('/')}`, deleted, reachable: false };
      ({ mount, dentry } = mount.parent);
    } else {
      names.push(dentry.name);
      dentry = dentry.parent;
    }
  }
}

/** What readlink of /proc/self/fd/N, /proc/self/exe and maps show. */
export function displayPath(location: Location, root: Location): string {
  const { path, deleted } = pathFrom(location, root);
  return deleted ? `${path} (deleted)` : path;
}
