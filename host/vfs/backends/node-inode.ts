/** What is in a host folder, as inodes: directories, symbolic links, special files. Regular files: node-regular.ts. */
import * as fs from 'node:fs';
import { EEXIST, EINVAL, EISDIR, ENOTEMPTY, ENXIO, EOPNOTSUPP, EPERM, ESTALE, EXDEV } from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import { O_PATH, RENAME_NOREPLACE } from '../../linux/fcntl.js';
import { isDirectory, isSymlink, makeDev, S_IFBLK, S_IFCHR, S_IFDIR, S_IFMT, S_IFREG, S_ISGID, S_ISUID } from '../../linux/stat.js';
import { decodeText, encodeText } from '../../linux/text.js';
import { DirectoryFile } from '../openfile.js';
import { type Dirent, Inode, type InodeChange, type NewInode, type OpenFile, type Timestamp } from '../types.js';
import type { NodeFileSystem } from './node.js';
import { host, hostOptional } from './node-errno.js';
import type { HostPlace } from './node-place.js';

const NS_PER_SECOND = 1_000_000_000n;

export function timestamp(ns: bigint): Timestamp {
  const nsec = ((ns % NS_PER_SECOND) + NS_PER_SECOND) % NS_PER_SECOND;
  return { sec: Number((ns - nsec) / NS_PER_SECOND), nsec: Number(nsec) };
}

/** The host's statx encoding of a device number into ours. */
function deviceNumber(rdev: bigint): number {
  const major = Number(((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & ~0xfffn));
  const minor = Number((rdev & 0xffn) | ((rdev >> 12n) & ~0xffn));
  return makeDev(major, minor);
}

/** Attributes that every inode of a host folder takes from the host. */
export interface Attributes {
  mode: number;
  uid: number;
  gid: number;
  nlink: number;
  rdev: number;
  atime: Timestamp;
  mtime: Timestamp;
  ctime: Timestamp;
}

export function adoptAttributes(inode: Attributes, volume: NodeFileSystem, stat: fs.BigIntStats): void {
  inode.mode = Number(stat.mode);
  inode.uid = volume.ownerOf(Number(stat.uid));
  inode.gid = volume.groupOf(Number(stat.gid));
  inode.nlink = Number(stat.nlink);
  const type = inode.mode & S_IFMT;
  inode.rdev = type === S_IFCHR || type === S_IFBLK ? deviceNumber(stat.rdev) : 0;
  inode.atime = timestamp(stat.atimeNs);
  inode.mtime = timestamp(stat.mtimeNs);
  inode.ctime = timestamp(stat.ctimeNs);
}

/** An inode of a host folder, whatever its kind. */
export interface HostInode extends Inode {
  readonly place: HostPlace;
  /** The host's state of this moment. */
  refresh(stat: fs.BigIntStats): void;
  /** It is about to take the name of another file. */
  replaces?(): void;
}

/** setattr without `size`: the host is asked for each field in turn. */
export function changeAttributes(inode: HostInode, volume: NodeFileSystem, change: InodeChange): void {
  volume.requireWritable();
  const { place } = inode;
  const { uid, gid, mode } = change;
  if (mode !== undefined) {
    if (isSymlink(inode.mode)) throw new SysError(EOPNOTSUPP);
    // A program of the guest must not leave something behind that gives a user of the host another's rights.
    const dangerous = isDirectory(inode.mode) ? S_ISUID : S_ISUID | S_ISGID;
    if ((mode & dangerous & ~inode.mode) !== 0) throw new SysError(EPERM, 'set-user-ID on a host file');
    volume.chmod(place, mode & 0o7777);
  }
  if ((uid !== undefined && uid !== inode.uid) || (gid !== undefined && gid !== inode.gid)) {
    if (!volume.hostOwners || place.parent === undefined) throw new SysError(EPERM, 'owners of this mount are fixed');
    const path = volume.anchor.entry(place.parent, place.name);
    host(() => fs.lchownSync(path, uid ?? inode.uid, gid ?? inode.gid));
  }
  if (change.atime !== undefined || change.mtime !== undefined) {
    setTimes(volume, place, change.atime ?? inode.atime, change.mtime ?? inode.mtime);
  }
  inode.refresh(volume.statPlace(place));
}

/** Node takes seconds as a float: the host's stamp is right to a microsecond or so, not to the nanosecond. */
export function setTimes(volume: NodeFileSystem, place: HostPlace, atime: Timestamp, mtime: Timestamp): void {
  const seconds = (t: Timestamp): number => t.sec + t.nsec / 1e9;
  if (place.parent === undefined) {
    const path = volume.anchor.self(place);
    host(() => fs.utimesSync(path, seconds(atime), seconds(mtime)));
    return;
  }
  const path = volume.anchor.entry(place.parent, place.name);
  host(() => fs.lutimesSync(path, seconds(atime), seconds(mtime)));
}

/** Everything but regular files. */
abstract class NodeInode extends Inode implements HostInode {
  override mode = 0;
  override uid = 0;
  override gid = 0;
  override nlink = 0;
  override size = 0;
  override atime!: Timestamp;
  override mtime!: Timestamp;
  override ctime!: Timestamp;

  constructor(
    readonly fs: NodeFileSystem,
    readonly ino: number,
    readonly place: HostPlace,
    stat: fs.BigIntStats,
  ) {
    super();
    place.owner = this;
    this.refresh(stat);
  }

  refresh(stat: fs.BigIntStats): void {
    adoptAttributes(this, this.fs, stat);
    this.size = Number(stat.size);
  }

  override setattr(change: InodeChange): void {
    if (change.size !== undefined) throw new SysError(EINVAL);
    changeAttributes(this, this.fs, change);
  }
}

export class NodeSymlink extends NodeInode {
  override readlink(): string {
    const { parent, name } = this.place;
    if (parent === undefined) throw new SysError(ESTALE);
    const path = this.fs.anchor.entry(parent, name);
    const target = host(() => fs.readlinkSync(path, { encoding: 'buffer' }));
    this.fs.anchor.recheck(parent);
    return decodeText(target);
  }
}

/** Devices, sockets, FIFOs: shown. The guest may find its own device behind a number, never the host's. */
export class NodeSpecial extends NodeInode {
  override open(_flags: number): OpenFile {
    throw new SysError(ENXIO);
  }
}

export class NodeDirectory extends NodeInode {
  /** The host may change it at any time. */
  override get cacheable(): boolean {
    return false;
  }

  override lookup(name: string): HostInode | undefined {
    const path = this.fs.anchor.entry(this.place, name);
    const stat = hostOptional(() => fs.lstatSync(path, { bigint: true }));
    this.fs.anchor.recheck(this.place);
    return stat === undefined ? undefined : this.fs.inodeFor(this.place, name, stat);
  }

  private _require(name: string): HostInode {
    const found = this.lookup(name);
    if (found === undefined) throw new SysError(ESTALE);
    return found;
  }

  override readdir(): Dirent[] {
    const { anchor } = this.fs;
    const self = anchor.self(this.place);
    const entries: Dirent[] = [];
    for (const bytes of host(() => fs.readdirSync(self, { encoding: 'buffer' }))) {
      const name = decodeText(bytes);
      const path = anchor.entry(this.place, name);
      const stat = hostOptional(() => fs.lstatSync(path, { bigint: true }));
      if (stat !== undefined) entries.push({ name, ino: this.fs.inoOf(stat), type: Number(stat.mode) & S_IFMT });
    }
    anchor.recheck(this.place);
    return entries;
  }

  override open(flags: number): OpenFile {
    // A directory that may be searched but not read: opendir fails, O_PATH does not.
    if ((flags & O_PATH) === 0) {
      const self = this.fs.anchor.self(this.place);
      host(() => fs.accessSync(self, fs.constants.R_OK));
    }
    return new DirectoryFile(this, flags);
  }

  override create(name: string, what: NewInode): HostInode {
    this.fs.requireWritable();
    const type = what.mode & S_IFMT;
    const mode = what.mode & 0o7777;
    if ((type !== S_IFREG && type !== S_IFDIR) || (mode & (type === S_IFDIR ? S_ISUID : S_ISUID | S_ISGID)) !== 0)
      throw new SysError(EPERM);
    const path = this.fs.anchor.entry(this.place, name);
    if (type === S_IFDIR) host(() => fs.mkdirSync(path, 0o700));
    const fd = type === S_IFREG ? this.fs.files.create(path) : undefined;
    return this._finishNew(name, what, mode, fd);
  }

  /** The host's umask has had its say in the creation; the guest's has been applied to `mode` already. */
  private _finishNew(name: string, what: NewInode, mode: number | undefined, fd?: number): HostInode {
    this.fs.anchor.recheck(this.place);
    const inode = this._require(name);
    if (fd !== undefined) this.fs.files.adopt(inode, fd);
    if (mode !== undefined) this.fs.chmod(inode.place, mode);
    if (this.fs.hostOwners) this._giveTo(name, inode, what);
    this._changed();
    return this._require(name);
  }

  private _giveTo(name: string, inode: HostInode, what: NewInode): void {
    if (inode.uid === what.uid && inode.gid === what.gid) return;
    const path = this.fs.anchor.entry(this.place, name);
    try {
      host(() => fs.lchownSync(path, what.uid, what.gid));
    } catch (error) {
      if (isDirectory(inode.mode)) this.rmdir(name);
      else this.unlink(name);
      throw error;
    }
  }

  override symlink(name: string, target: string, what: NewInode): HostInode {
    this.fs.requireWritable();
    const path = this.fs.anchor.entry(this.place, name);
    host(() => fs.symlinkSync(Buffer.from(encodeText(target)), path));
    return this._finishNew(name, what, undefined);
  }

  override link(name: string, target: Inode): void {
    this.fs.requireWritable();
    const other = this.fs.own(target);
    if (other === undefined || other.place.parent === undefined) throw new SysError(EXDEV);
    const from = this.fs.anchor.entry(other.place.parent, other.place.name);
    const to = this.fs.anchor.entry(this.place, name);
    host(() => fs.linkSync(from, to));
    this.fs.anchor.recheck(this.place);
    // Somebody may have put another file where the first name was.
    if (this._require(name) !== target) {
      host(() => fs.unlinkSync(to));
      throw new SysError(ESTALE);
    }
    this._changed();
  }

  override unlink(name: string): void {
    this.fs.requireWritable();
    const child = this._require(name);
    this.fs.beforeUnlink(child);
    const path = this.fs.anchor.entry(this.place, name);
    host(() => fs.unlinkSync(path));
    this.fs.afterUnlink(child);
    this._changed();
  }

  override rmdir(name: string): void {
    this.fs.requireWritable();
    const child = this._require(name);
    const path = this.fs.anchor.entry(this.place, name);
    // POSIX lets a host say EEXIST here.
    try {
      host(() => fs.rmdirSync(path));
    } catch (error) {
      if (error instanceof SysError && error.errno === EEXIST) throw new SysError(ENOTEMPTY);
      throw error;
    }
    this.fs.anchor.forget(child.place);
    child.nlink = 0;
    this.fs.forget(child);
    this._changed();
  }

  /** RENAME_EXCHANGE: Node has no call for it, and EINVAL is what a file system without it answers. */
  override rename(name: string, newParent: Inode, newName: string, flags: number): void {
    this.fs.requireWritable();
    if (!(newParent instanceof NodeDirectory) || newParent.fs !== this.fs) throw new SysError(EXDEV);
    if ((flags & ~RENAME_NOREPLACE) !== 0) throw new SysError(EINVAL);
    const child = this._require(name);
    const replaced = newParent.lookup(newName);
    if (replaced !== undefined && (flags & RENAME_NOREPLACE) !== 0) throw new SysError(EEXIST);
    if (replaced === child) return;
    if (replaced !== undefined) child.replaces?.();
    if (replaced !== undefined && !isDirectory(replaced.mode)) this.fs.beforeUnlink(replaced);
    const from = this.fs.anchor.entry(this.place, name);
    const to = newParent.fs.anchor.entry(newParent.place, newName);
    host(() => fs.renameSync(from, to));
    child.place.parent = newParent.place;
    child.place.name = newName;
    if (replaced !== undefined) {
      if (isDirectory(replaced.mode)) {
        this.fs.anchor.forget(replaced.place);
        replaced.nlink = 0;
        this.fs.forget(replaced);
      } else this.fs.afterUnlink(replaced);
    }
    this.fs.anchor.recheck(newParent.place);
    this._changed();
    if (newParent !== this) newParent._changed();
  }

  /** The host's fsync. Where a host does not do that for a directory, its names are as safe as it makes them. */
  override syncEntries(): void {
    if (this.fs.readOnly) return;
    const fd = host(() => fs.openSync(this.fs.anchor.self(this.place), fs.constants.O_RDONLY));
    try {
      host(() => fs.fsyncSync(fd));
    } catch (error) {
      if (!(error instanceof SysError) || ![EINVAL, EPERM, EISDIR].includes(error.errno)) throw error;
    } finally {
      fs.closeSync(fd);
    }
    this.fs.unsynced.delete(this);
  }

  /** Times, size and link count have changed with an entry. */
  private _changed(): void {
    this.fs.unsynced.add(this);
    const self = this.fs.anchor.self(this.place);
    this.refresh(host(() => fs.statSync(self, { bigint: true })));
  }
}
