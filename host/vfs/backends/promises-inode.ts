/** What is in a PromisesFileSystem: directories, files, symbolic links. */
import { EEXIST, EINVAL, EISDIR, ENOENT, ENOSYS, ENOTDIR, ENOTEMPTY, EOPNOTSUPP, EPERM, EXDEV } from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import { O_ACCMODE, O_RDONLY, RENAME_NOREPLACE } from '../../linux/fcntl.js';
import { isDirectory, isSymlink, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG, S_ISGID, S_ISUID } from '../../linux/stat.js';
import { DirectoryFile } from '../openfile.js';
import { PagedInode } from '../pagedinode.js';
import { type Dirent, Inode, type InodeChange, type NewInode, type OpenFile, type Timestamp } from '../types.js';
import type { PromisesFileSystem } from './promises.js';
import { errnoByCode, type PromisesEntry, type PromisesStats, SyncPoint, timestampOfMs } from './promises-medium.js';
import { PromisesPages } from './promises-pages.js';

/** Where the medium has something. A rename changes it when the medium has done it; what programs see follows. */
export class Place {
  constructor(
    public parent: Place | undefined,
    public name: string,
  ) {}

  get path(): string {
    return this.parent === undefined && this.name === '' ? '/' : this._prefix;
  }

  private get _prefix(): string {
    return this.parent === undefined ? this.name : `${this.parent._prefix}/${this.name}`;
  }
}

interface Attributes {
  mode: number;
  nlink: number;
  atime: Timestamp;
  mtime: Timestamp;
  ctime: Timestamp;
}

function typeOf(entry: PromisesEntry | PromisesStats): number {
  if (entry.isDirectory()) return S_IFDIR;
  if (entry.isSymbolicLink?.() === true) return S_IFLNK;
  // Devices, sockets and FIFOs of a host lead nowhere: they are not shown.
  return entry.isFile() ? S_IFREG : 0;
}

function permissionsOf(type: number): number {
  return type === S_IFREG ? 0o644 : 0o755;
}

function adopt(inode: Attributes, stats: PromisesStats): void {
  const type = typeOf(stats);
  inode.mode = type | ((stats.mode ?? permissionsOf(type)) & 0o7777);
  inode.nlink = Math.max(stats.nlink ?? 1, 1);
  inode.mtime = timestampOfMs(stats.mtimeMs ?? 0);
  inode.atime = timestampOfMs(stats.atimeMs ?? stats.mtimeMs ?? 0);
  inode.ctime = timestampOfMs(stats.ctimeMs ?? stats.mtimeMs ?? 0);
}

export type PromisesInode = PromisesFile | PromisesDirectory | PromisesSymlink;

/** setattr without `size`. Everything belongs to root. */
function changeAttributes(inode: PromisesInode, change: InodeChange): void {
  const { fs, place } = inode;
  const { files } = fs;
  fs.requireWritable();
  if ((change.uid ?? 0) !== 0 || (change.gid ?? 0) !== 0) throw new SysError(EPERM, 'owners of this mount are fixed');
  const mode = (change.mode ?? inode.mode) & 0o7777;
  if (mode !== (inode.mode & 0o7777)) {
    if (isSymlink(inode.mode)) throw new SysError(EOPNOTSUPP);
    if (files.chmod === undefined || (mode & S_ISUID) !== 0) throw new SysError(EPERM);
    fs.do(`chmod:${inode.ino}:${mode}`, async () => files.chmod?.(place.path, mode));
    inode.mode = (inode.mode & S_IFMT) | mode;
  }
  if (change.atime !== undefined || change.mtime !== undefined) {
    if (files.lutimes === undefined) throw new SysError(EPERM);
    // "Now" is another time when the call is run again: what was set counts.
    const set = fs.do(`times:${inode.ino}`, async () => {
      const [atime, mtime] = [change.atime ?? inode.atime, change.mtime ?? inode.mtime];
      await files.lutimes?.(place.path, atime.sec + atime.nsec / 1e9, mtime.sec + mtime.nsec / 1e9);
      return { atime, mtime };
    });
    Object.assign(inode, set);
  }
  inode.ctime = fs.env.now();
}

export class PromisesFile extends PagedInode {
  override mode = 0;
  override uid = 0;
  override gid = 0;
  override nlink = 1;
  override atime!: Timestamp;
  override mtime!: Timestamp;
  override ctime!: Timestamp;
  /** The medium lets it be written: asked when it is first opened for that. */
  writable = false;
  private readonly _pages: PromisesPages;
  private _opens = 0;
  private _leaving = false;

  constructor(
    readonly fs: PromisesFileSystem,
    readonly ino: number,
    readonly place: Place,
    stats: PromisesStats,
  ) {
    super(fs.env, undefined, stats.size);
    this._pages = new PromisesPages(
      fs.queue,
      (flags) => fs.files.open(place.path, flags),
      () => fs.unsynced.add(this),
    );
    this.backing = this._pages;
    adopt(this, stats);
  }

  override open(flags: number): OpenFile {
    if (this._leaving && this.nlink > 0) throw new SysError(ENOENT);
    if ((flags & O_ACCMODE) !== O_RDONLY) this._requireWritable();
    return super.open(flags);
  }

  private _requireWritable(): void {
    this.fs.requireWritable();
    if (this.writable || this.nlink === 0) return;
    this.fs.do(`writable:${this.ino}`, async () => (await this.fs.files.open(this.place.path, 'r+')).close());
    this.writable = true;
  }

  override setattr(change: InodeChange): void {
    if (change.size !== undefined) this.resize(change.size);
    const { size: _, ...rest } = change;
    if (Object.keys(rest).length === 0) return;
    // What is stored later would give it another time.
    if (rest.mtime !== undefined) this.writeBack();
    changeAttributes(this, rest);
  }

  override resize(bytes: number): void {
    this.fs.requireWritable();
    super.resize(bytes);
  }

  override sync(dataOnly: boolean, first?: number, end?: number): void {
    super.sync(dataOnly, first, end);
    if (this.pagesDirty === 0) this.fs.unsynced.delete(this);
  }

  override acquire(): void {
    this._opens++;
    super.acquire();
  }

  override release(): void {
    this._opens--;
    super.release();
  }

  /** Part of a request: `remove` takes its name away on the medium. Who uses it keeps the data. */
  async leave(remove: () => Promise<void>): Promise<void> {
    this._leaving = true;
    try {
      if (this._opens > 0 || this.isMapped) await this._pages.detach();
      await remove();
    } catch (error) {
      this._pages.restore();
      this._leaving = false;
      throw error;
    }
  }

  /** The name is gone for programs, too. */
  left(): void {
    this.nlink = 0;
    this.ctime = this.env.now();
    this.fs.unsynced.delete(this);
    this.releaseIfUnused();
  }
}

abstract class PromisesNode extends Inode {
  override mode = 0;
  override uid = 0;
  override gid = 0;
  override nlink = 1;
  override size: number;
  override atime!: Timestamp;
  override mtime!: Timestamp;
  override ctime!: Timestamp;

  constructor(
    readonly fs: PromisesFileSystem,
    readonly ino: number,
    readonly place: Place,
    stats: PromisesStats,
  ) {
    super();
    this.size = stats.size;
    adopt(this, stats);
  }

  override setattr(change: InodeChange): void {
    if (change.size !== undefined) throw new SysError(EINVAL);
    changeAttributes(this as unknown as PromisesInode, change);
  }

  left(): void {
    this.nlink = 0;
    this.ctime = this.fs.env.now();
  }
}

export class PromisesSymlink extends PromisesNode {
  private _target: string | undefined;

  override readlink(): string {
    const { files } = this.fs;
    if (files.readlink === undefined) throw new SysError(ENOSYS);
    this._target ??= this.fs.do(`readlink:${this.ino}`, async () => files.readlink?.(this.place.path));
    return this._target ?? '';
  }
}

/** A name that the medium has; the inode when somebody has asked for it. */
interface Entry {
  readonly ino: number;
  readonly type: number;
  inode?: PromisesInode;
}

export class PromisesDirectory extends PromisesNode {
  private _entries: Map<string, Entry> | undefined;
  private readonly _kept = new SyncPoint();

  /** All names: read once, since nobody else changes them. */
  private get _names(): Map<string, Entry> {
    if (this._entries !== undefined) return this._entries;
    const found = this.fs.do(`list:${this.ino}`, () => this.fs.files.readdir(this.place.path, { withFileTypes: true }));
    this._entries = new Map();
    for (const entry of found) {
      const type = typeOf(entry);
      if (type !== 0 && this.fs.allows(entry.name)) this._entries.set(entry.name, { ino: this.fs.newIno(), type });
    }
    return this._entries;
  }

  override lookup(name: string): PromisesInode | undefined {
    const entry = this._names.get(name);
    if (entry === undefined || entry.inode !== undefined) return entry?.inode;
    const place = new Place(this.place, name);
    const stats = this.fs.do(`stat:${entry.ino}`, () => this.fs.statIfAny(place));
    if (stats === undefined) {
      this._names.delete(name);
      return undefined;
    }
    entry.inode = this._make(entry.ino, place, stats);
    return entry.inode;
  }

  private _make(ino: number, place: Place, stats: PromisesStats): PromisesInode {
    switch (typeOf(stats)) {
      case S_IFDIR:
        return new PromisesDirectory(this.fs, ino, place, stats);
      case S_IFLNK:
        return new PromisesSymlink(this.fs, ino, place, stats);
      default:
        return new PromisesFile(this.fs, ino, place, stats);
    }
  }

  override readdir(): Dirent[] {
    return [...this._names].map(([name, { ino, type }]) => ({ name, ino, type }));
  }

  override open(flags: number): OpenFile {
    return new DirectoryFile(this, flags);
  }

  // --- changes: the medium's first, then the same here

  private _requirePlaceFor(name: string): void {
    this.fs.requireWritable();
    if (this.nlink === 0) throw new SysError(ENOENT);
    if (!this.fs.allows(name)) throw new SysError(EINVAL, 'the medium has no such names');
    if (this._names.has(name)) throw new SysError(EEXIST);
  }

  private _require(name: string): PromisesInode {
    const found = this.lookup(name);
    if (found === undefined) throw new SysError(ENOENT);
    return found;
  }

  private _add(name: string, kind: string, make: (path: string) => Promise<unknown>): PromisesInode {
    const place = new Place(this.place, name);
    const stats = this.fs.do(`${kind}:${this.ino}:${name}`, async () => {
      await make(place.path);
      return this.fs.files.lstat(place.path);
    });
    const ino = this.fs.newIno();
    const inode = this._make(ino, place, stats);
    this._names.set(name, { ino, type: inode.mode & S_IFMT, inode });
    this._changed();
    return inode;
  }

  override create(name: string, what: NewInode): PromisesInode {
    this._requirePlaceFor(name);
    const { files } = this.fs;
    const type = what.mode & S_IFMT;
    const mode = what.mode & 0o7777;
    if ((type !== S_IFREG && type !== S_IFDIR) || (mode & (S_ISUID | S_ISGID)) !== 0) throw new SysError(EPERM);
    if (type === S_IFDIR && files.mkdir === undefined) throw new SysError(EPERM);
    const made = this._add(name, type === S_IFDIR ? 'mkdir' : 'create', async (path) => {
      if (type === S_IFDIR) await files.mkdir?.(path, { mode });
      else await (await files.open(path, 'wx', mode)).close();
      // The host has a umask of its own.
      await files.chmod?.(path, mode);
    });
    if (made instanceof PromisesFile) made.writable = true;
    return made;
  }

  override symlink(name: string, target: string, _what: NewInode): PromisesInode {
    this._requirePlaceFor(name);
    const { files } = this.fs;
    if (files.symlink === undefined) throw new SysError(EPERM);
    return this._add(name, 'symlink', async (path) => files.symlink?.(target, path));
  }

  override unlink(name: string): void {
    this.fs.requireWritable();
    const child = this._require(name);
    const { files } = this.fs;
    if (isDirectory(child.mode)) throw new SysError(EISDIR);
    if (files.unlink === undefined) throw new SysError(EPERM);
    const remove = async (): Promise<void> => files.unlink?.(child.place.path);
    this.fs.do(`unlink:${child.ino}`, () => (child instanceof PromisesFile ? child.leave(remove) : remove()));
    this._removed(name, child);
  }

  override rmdir(name: string): void {
    this.fs.requireWritable();
    const child = this._require(name);
    const { files } = this.fs;
    if (!isDirectory(child.mode)) throw new SysError(ENOTDIR);
    if (files.rmdir === undefined) throw new SysError(EPERM);
    this.fs.do(`rmdir:${child.ino}`, async () => {
      try {
        await files.rmdir?.(child.place.path);
      } catch (error) {
        // POSIX lets a host say EEXIST here.
        throw errnoByCode(error) === EEXIST ? new SysError(ENOTEMPTY) : error;
      }
    });
    this._removed(name, child);
  }

  private _removed(name: string, child: PromisesInode): void {
    this._names.delete(name);
    child.left();
    this._changed();
  }

  /** RENAME_EXCHANGE: there is no such call, and EINVAL is what a file system without it answers. */
  override rename(name: string, newParent: Inode, newName: string, flags: number): void {
    this.fs.requireWritable();
    if (!(newParent instanceof PromisesDirectory) || newParent.fs !== this.fs) throw new SysError(EXDEV);
    if ((flags & ~RENAME_NOREPLACE) !== 0) throw new SysError(EINVAL);
    const child = this._require(name);
    const replaced = newParent.lookup(newName);
    if (replaced === child) return;
    if (replaced === undefined) newParent._requirePlaceFor(newName);
    else if ((flags & RENAME_NOREPLACE) !== 0) throw new SysError(EEXIST);
    const { files } = this.fs;
    if (files.rename === undefined) throw new SysError(EPERM);
    const move = async (): Promise<void> => {
      await files.rename?.(child.place.path, new Place(newParent.place, newName).path);
      child.place.parent = newParent.place;
      child.place.name = newName;
    };
    const key = `rename:${child.ino}:${newParent.ino}:${newName}`;
    this.fs.do(key, () => (replaced instanceof PromisesFile ? replaced.leave(move) : move()));
    if (replaced !== undefined) newParent._removed(newName, replaced);
    this._names.delete(name);
    newParent._names.set(newName, { ino: child.ino, type: child.mode & S_IFMT, inode: child });
    this._changed();
    if (newParent !== this) newParent._changed();
  }

  private _changed(): void {
    this.mtime = this.ctime = this.fs.env.now();
    this._kept.changed();
    this.fs.unsynced.add(this);
  }

  /** Where a medium has no sync for a directory, its names are as safe as it makes them. */
  override syncEntries(): void {
    if (this.nlink > 0) this._kept.reach(() => this.fs.queue.ask(() => this._syncMedium()));
    this.fs.unsynced.delete(this);
  }

  private async _syncMedium(): Promise<void> {
    try {
      const handle = await this.fs.files.open(this.place.path, 'r');
      try {
        await handle.sync?.();
      } finally {
        await handle.close();
      }
    } catch (error) {
      if (![EINVAL, EPERM, EISDIR].includes(errnoByCode(error))) throw error;
    }
  }
}
