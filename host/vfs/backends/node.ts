/**
 * A folder of the host as a file system (Node only). Nothing outside the folder can be reached through it: see node-place.ts. Symbolic
 * links are the guest's: they are shown, and walked by the VFS inside the guest's root, never by the host. Device nodes and sockets are
 * shown but lead to nothing of the host.
 */
import * as fs from 'node:fs';
import { EACCES, EROFS, ESTALE } from '../../../assembly/shared/errno.js';
import { PAGE_SIZE } from '../../../assembly/shared/layout.js';
import { SysError } from '../../linux/error.js';
import { O_PATH } from '../../linux/fcntl.js';
import { EXT4_SUPER_MAGIC, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../../linux/stat.js';
import type { VfsEnvironment } from '../environment.js';
import type { FileSystem, FileSystemStat, ForeignFiles, Inode } from '../types.js';
import { host } from './node-errno.js';
import { HostFiles } from './node-files.js';
import { type HostInode, NodeDirectory, NodeSpecial, NodeSymlink } from './node-inode.js';
import { DescriptorAnchor, type HostAnchor, type HostPath, HostPlace, PathAnchor } from './node-place.js';
import { NodeFile } from './node-regular.js';

/** How a folder of the host is shown. */
export interface NodeFileSystemOptions {
  /** Default true: nothing of the folder is ever changed. */
  readonly readOnly?: boolean;
  /** 'root' (default): everything belongs to 0:0, as in a container. 'host': the host's numbers. */
  readonly owners?: 'root' | 'host';
  /** How directories are held; default the strongest the host has. */
  readonly anchor?: 'descriptors' | 'paths';
}

/** Inode numbers above are made up: the host's own are below in all file systems but the most exotic. */
const OWN_INO_MIN = 2n ** 51n;
const SWEEP_MIN = 1024;

/** A folder of the host as a file system (Node only). */
export class NodeFileSystem implements FileSystem {
  readonly name = 'hostfs';
  readonly dev: number;
  readonly readOnly: boolean;
  readonly root: Inode;
  readonly anchor: HostAnchor;
  readonly files: HostFiles;
  readonly hostOwners: boolean;
  /** What the host has been told to write and not yet to keep: sync(2) asks for it, since Node has no call for a whole file system. */
  readonly unsynced = new Set<NodeFile | NodeDirectory>();
  private readonly _inodes = new Map<string, WeakRef<HostInode>>();
  private readonly _births = new WeakMap<HostInode, bigint>();
  private readonly _numbers = new Map<string, number>();
  private _sweepAt = SWEEP_MIN;
  /** Pages that may be written before the host is asked again. */
  private _freePages = 0;

  /** Throws SysError when the folder can't be opened (ENOENT, ENOTDIR, EACCES). */
  constructor(
    readonly env: VfsEnvironment,
    folder: string,
    options: NodeFileSystemOptions = {},
  ) {
    this.readOnly = options.readOnly ?? true;
    this.hostOwners = options.owners === 'host';
    const descriptors = options.anchor === undefined ? DescriptorAnchor.available() : options.anchor === 'descriptors';
    this.anchor = descriptors ? new DescriptorAnchor(folder) : new PathAnchor(folder);
    this.files = new HostFiles(this.anchor);
    this.dev = env.allocateDev();
    const stat = this.statPlace(this.anchor.root);
    this.root = new NodeDirectory(this, this.inoOf(stat), this.anchor.root, stat);
    this._inodes.set(key(stat), new WeakRef<HostInode>(this.root as NodeDirectory));
  }

  get foreign(): ForeignFiles {
    return {
      label: 'a folder of the host',
      pathOf: (inode) => {
        const names: string[] = [];
        for (let at: HostPlace | undefined = this.own(inode)?.place; at?.parent !== undefined; at = at.parent) names.push(at.name);
        return names.reverse().join('/');
      },
      find: (path) => {
        let at: Inode | undefined = this.root;
        for (const name of path === '' ? [] : path.split('/')) at = at?.lookup(name);
        return at;
      },
    };
  }

  statfs(): FileSystemStat {
    const self = this.anchor.self(this.anchor.root);
    const stat = host(() => fs.statfsSync(self));
    const { bsize, blocks, bavail, files, ffree } = stat;
    return { type: EXT4_SUPER_MAGIC, blockSize: bsize, blocks, blocksFree: bavail, files, filesFree: ffree, nameMax: 255 };
  }

  /**
   * How many of `pages` new pages the host's disk has room for. The host is asked when what it said last is used up, and then everything
   * is stored first: nothing is promised twice. Others may fill the disk meanwhile; then the write-back fails, and fsync tells.
   */
  reserve(pages: number): number {
    if (pages > this._freePages) {
      this.writeBack();
      const { bavail, bsize } = host(() => fs.statfsSync(this.anchor.self(this.anchor.root)));
      this._freePages = Math.floor((bavail * bsize) / PAGE_SIZE);
    }
    const granted = Math.min(pages, this._freePages);
    this._freePages -= granted;
    return granted;
  }

  writeBack(): SysError | undefined {
    return this.readOnly ? undefined : this.env.pages.writeBack(this);
  }

  sync(): void {
    this.writeBack();
    for (const inode of [...this.unsynced]) {
      if (inode instanceof NodeFile) inode.sync(false);
      else this._syncEntries(inode);
    }
  }

  private _syncEntries(directory: NodeDirectory): void {
    try {
      directory.syncEntries();
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      this.env.pages.errorsOf(this).record(error.errno);
    }
    this.unsynced.delete(directory);
  }

  /** Writes back and closes every descriptor: nothing works afterwards. */
  close(): void {
    try {
      this.writeBack();
    } finally {
      this.files.close();
      this.anchor.close();
    }
  }

  requireWritable(): void {
    if (this.readOnly) throw new SysError(EROFS);
  }

  ownerOf(uid: number): number {
    return this.hostOwners ? uid : 0;
  }

  groupOf(gid: number): number {
    return this.hostOwners ? gid : 0;
  }

  // --- inodes

  /** The one inode of a host file, made or brought up to date. */
  inodeFor(parent: HostPlace, name: string, stat: fs.BigIntStats): HostInode {
    const id = key(stat);
    const known = this._inodes.get(id)?.deref();
    if (known !== undefined && this._isSameFile(known, stat)) {
      if (known.place !== this.anchor.root) {
        known.place.parent = parent;
        known.place.name = name;
      }
      known.refresh(stat);
      return known;
    }
    const inode = this._make(HostPlace.of(stat, parent, name), stat);
    this._births.set(inode, birth(stat));
    this._inodes.set(id, new WeakRef(inode));
    if (this._inodes.size > this._sweepAt) this._sweep();
    return inode;
  }

  private _make(place: HostPlace, stat: fs.BigIntStats): HostInode {
    const ino = this.inoOf(stat);
    const type = Number(stat.mode) & S_IFMT;
    if (type === S_IFREG) return new NodeFile(this, ino, place, stat);
    if (type === S_IFDIR) return new NodeDirectory(this, ino, place, stat);
    return type === S_IFLNK ? new NodeSymlink(this, ino, place, stat) : new NodeSpecial(this, ino, place, stat);
  }

  /** Hosts use inode numbers again: the type and the time of birth tell a new file. */
  private _isSameFile(known: HostInode, stat: fs.BigIntStats): boolean {
    if ((known.mode & S_IFMT) !== (Number(stat.mode) & S_IFMT)) return false;
    const before = this._births.get(known) ?? 0n;
    const now = birth(stat);
    return before === 0n || now === 0n || before === now;
  }

  /** Inodes that nobody uses any more are only names in a table. */
  private _sweep(): void {
    for (const [id, reference] of this._inodes) if (reference.deref() === undefined) this._inodes.delete(id);
    this._sweepAt = Math.max(SWEEP_MIN, this._inodes.size * 2);
  }

  forget(inode: HostInode): void {
    this._inodes.delete(`${inode.place.dev}:${inode.place.ino}`);
  }

  own(inode: Inode): HostInode | undefined {
    return inode.fs === this ? (inode as HostInode) : undefined;
  }

  /** The host's own number where it is unique in this file system and fits; else one of ours that stays. */
  inoOf(stat: fs.BigIntStats): number {
    if (stat.dev === this.anchor.root.dev && stat.ino < OWN_INO_MIN) return Number(stat.ino);
    const id = key(stat);
    let number = this._numbers.get(id);
    if (number === undefined) {
      number = Number(OWN_INO_MIN) + this._numbers.size;
      this._numbers.set(id, number);
    }
    return number;
  }

  // --- calls on a place

  /** lstat, and the identity must still be the one we know. */
  statPlace(place: HostPlace): fs.BigIntStats {
    const path = place.parent === undefined ? this.anchor.self(place) : this.anchor.entry(place.parent, place.name);
    const stat = host(() => (place.parent === undefined ? fs.statSync : fs.lstatSync)(path, { bigint: true }));
    if (!place.isSame(stat)) throw new SysError(ESTALE);
    return stat;
  }

  /** chmod(2) follows links, so the file itself is opened first and the descriptor is changed. */
  chmod(place: HostPlace, mode: number): void {
    if (place.parent === undefined) {
      const self = this.anchor.self(place);
      host(() => fs.chmodSync(self, mode));
      return;
    }
    const byDescriptor = this.anchor instanceof DescriptorAnchor;
    const fd = this._openAny(this.anchor.entry(place.parent, place.name), byDescriptor);
    try {
      if (!place.isSame(fs.fstatSync(fd, { bigint: true }))) throw new SysError(ESTALE);
      host(() => (byDescriptor ? fs.chmodSync(`/proc/self/fd/${fd}`, mode) : fs.fchmodSync(fd, mode)));
    } finally {
      fs.closeSync(fd);
    }
  }

  /** A descriptor of whatever is there: without O_PATH it takes a permission to read or to write. */
  private _openAny(path: HostPath, byDescriptor: boolean): number {
    const { O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY, O_WRONLY } = fs.constants;
    if (byDescriptor) return host(() => fs.openSync(path, O_PATH | O_NOFOLLOW));
    try {
      return host(() => fs.openSync(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW));
    } catch (error) {
      if (!(error instanceof SysError) || error.errno !== EACCES) throw error;
      return host(() => fs.openSync(path, O_WRONLY | O_NONBLOCK | O_NOFOLLOW));
    }
  }

  /** A file that somebody uses keeps its data when its name goes. */
  beforeUnlink(inode: HostInode): void {
    if (inode instanceof NodeFile && inode.inUse) this.files.pin(inode);
  }

  afterUnlink(inode: HostInode): void {
    inode.nlink = Math.max(0, inode.nlink - 1);
    inode.ctime = this.env.now();
    if (inode.nlink > 0) return;
    this.forget(inode);
    if (!(inode instanceof NodeFile)) return;
    this.unsynced.delete(inode);
    inode.releaseIfUnused();
    if (!inode.inUse) this.files.drop(inode);
  }
}

function key(stat: fs.BigIntStats): string {
  return `${stat.dev}:${stat.ino}`;
}

/** 0: the host does not know (Node then gives the time of change). */
function birth(stat: fs.BigIntStats): bigint {
  return stat.birthtimeNs === stat.ctimeNs ? 0n : stat.birthtimeNs;
}
