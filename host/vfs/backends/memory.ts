/** A file system whose only medium is memory (tmpfs(5)): names and attributes are JavaScript objects, data is in the core's page cache. */
import { EEXIST, EINVAL, ENOMEM, ENOSPC } from '../../../assembly/shared/errno.js';
import { PAGE_SIZE } from '../../../assembly/shared/layout.js';
import { SysError } from '../../linux/error.js';
import { HUGETLBFS_MAGIC, S_IFDIR, S_IFLNK, S_IFREG, TMPFS_MAGIC } from '../../linux/stat.js';
import type { VfsEnvironment } from '../environment.js';
import { HostBuffer } from '../hostbuffer.js';
import type { FileSystem, FileSystemStat, Inode, NewInode } from '../types.js';
import { MemoryDirectory } from './memory-directory.js';
import { MemoryFile } from './memory-file.js';
import { HugeFile } from './memory-huge.js';
import { hugetlbfsOptionWords, hugetlbfsSettings, type MemorySettings, tmpfsOptionWords, tmpfsSettings } from './tmpfs-options.js';

export interface MemoryFileSystemOptions {
  /** In /proc/mounts; default tmpfs. */
  readonly name?: string;
  /** Permissions of the root; default 0755. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Most bytes of data; default: what the machine has. */
  readonly maxBytes?: number;
  /** Most inodes; default: half as many as the machine has frames, as tmpfs. */
  readonly maxInodes?: number;
  /** Its files are of huge pages of so many bytes (hugetlbfs). */
  readonly hugePageBytes?: number;
  /** What a guest's mount(2) said: /proc/mounts shows it. A limit that it declined is none for good. */
  readonly settings?: MemorySettings;
}

const INODES_MIN = 1024;
/** Attribute values lie in the host's memory. */
const XATTR_BYTES_MAX = 16 * 1024 * 1024;

/** Files in the machine's memory, as tmpfs has them. */
export class MemoryFileSystem implements FileSystem {
  readonly name: string;
  readonly dev: number;
  readonly readOnly = false;
  readonly root: MemoryDirectory;
  /** 0: they are of ordinary pages. */
  private readonly _hugePageBytes: number;
  private _maxPages: number;
  private _maxInodes: number;
  private _settings: MemorySettings;
  /** Files that may hold data; those without a name leave when their data does. */
  private readonly _files = new Set<MemoryFile>();
  private _inodes = 0;
  private _lastIno = 0;
  private _xattrBytes = 0;
  private _quota = 0;
  /** At least so many pages may still be written before anybody has to count. */
  private _knownFree = 0;

  constructor(
    readonly env: VfsEnvironment,
    options: MemoryFileSystemOptions = {},
  ) {
    this.name = options.name ?? 'tmpfs';
    this.dev = env.allocateDev();
    this._hugePageBytes = options.hugePageBytes ?? 0;
    this._maxPages = Math.floor((options.maxBytes ?? Number.POSITIVE_INFINITY) / PAGE_SIZE);
    this._maxInodes = options.maxInodes ?? Math.max(INODES_MIN, env.core.exports.frameLimit() >>> 1);
    this._settings = options.settings ?? {};
    const mode = S_IFDIR | (options.mode ?? 0o755);
    this.root = this.makeDirectory({ mode, uid: options.uid ?? 0, gid: options.gid ?? 0 }, undefined);
  }

  // --- what its inodes ask for

  /** A number for a new inode. ENOSPC: there are as many as may be. */
  allocateIno(): number {
    if (this._inodes >= this._maxInodes) throw new SysError(ENOSPC);
    this._inodes++;
    return ++this._lastIno;
  }

  /** An inode has lost its last name. */
  inodeGone(): void {
    this._inodes--;
  }

  /** An inode without a name has got one. */
  inodeBack(): void {
    this._inodes++;
  }

  /** ENOSPC when the attributes of all inodes would take too much. */
  chargeXattr(bytes: number): void {
    if (bytes > 0 && this._xattrBytes + bytes > XATTR_BYTES_MAX) throw new SysError(ENOSPC);
    this._xattrBytes += bytes;
  }

  fileHasData(file: MemoryFile): void {
    this._files.add(file);
  }

  fileGone(file: MemoryFile): void {
    this._files.delete(file);
    if (this._files.size > 0 || this._quota === 0) return;
    this.env.core.exports.hugetlbQuotaRelease(this._quota);
    this._quota = 0;
  }

  get isLimited(): boolean {
    return this._maxPages !== Number.POSITIVE_INFINITY;
  }

  private get _hugePages(): boolean {
    return this._hugePageBytes > 0;
  }

  private get _declinedLimit(): boolean {
    return this._settings.bytes === 0;
  }

  /** Its words in /proc/mounts. */
  get options(): string[] {
    return this._hugePages ? hugetlbfsOptionWords(this._settings, this._hugePageBytes) : tmpfsOptionWords(this._settings);
  }

  /**
   * mount(2) with MS_REMOUNT. Mode and owner of the root are left to chmod and chown. EINVAL: options that there are not, less than is
   * used, a limit where none was wanted; nothing has changed then.
   */
  remount(text: string): void {
    if (this._hugePages) {
      // They are looked at, and mean nothing any more.
      hugetlbfsSettings(text, () => 0);
      return;
    }
    const { bytes, inodes } = tmpfsSettings(text, this.env.core.exports.frameLimit() * PAGE_SIZE);
    const pages = bytes === undefined ? this._maxPages : bytes === 0 ? Number.POSITIVE_INFINITY : bytes / PAGE_SIZE;
    const most = inodes === undefined ? this._maxInodes : inodes === 0 ? Number.MAX_SAFE_INTEGER : inodes;
    if (bytes !== undefined && bytes > 0 && this._declinedLimit) throw new SysError(EINVAL);
    if (inodes !== undefined && inodes > 0 && this._settings.inodes === 0) throw new SysError(EINVAL);
    if (pages < this._pagesUsed() || most < this._inodes) throw new SysError(EINVAL);
    if (pages !== Number.POSITIVE_INFINITY && !this.isLimited) for (const file of this._files) file.meter();
    this._maxPages = pages;
    this._maxInodes = most;
    this._knownFree = 0;
    this._settings = { ...this._settings, ...(bytes === undefined ? {} : { bytes }), ...(inodes === undefined ? {} : { inodes }) };
  }

  /** What makes its files and directories: a file system with a medium has its own. */
  makeFile(what: NewInode): MemoryFile {
    return this._hugePages ? new HugeFile(this, what, this._hugePageBytes) : new MemoryFile(this, what);
  }

  makeDirectory(what: NewInode, parent: MemoryDirectory | undefined): MemoryDirectory {
    return new MemoryDirectory(this, what, parent);
  }

  private _pagesUsed(): number {
    let pages = 0;
    for (const file of this._files) pages += file.pagesPresent;
    return pages;
  }

  /** How many of the pages may be written: those that are there already, and new ones up to the limit. ENOSPC: none. */
  reserve(file: MemoryFile, firstPage: number, pages: number): number {
    if (this._maxPages === Number.POSITIVE_INFINITY) return pages;
    if (pages > this._knownFree) this._knownFree = Math.max(this._maxPages - this._pagesUsed(), 0);
    let allowed = 0;
    for (; allowed < pages; allowed++) {
      if (file.hasPage(firstPage + allowed)) continue;
      if (this._knownFree === 0) break;
      this._knownFree--;
    }
    if (allowed === 0) throw new SysError(ENOSPC);
    return allowed;
  }

  // --- FileSystem

  statfs(): FileSystemStat {
    return {
      type: this._hugePages ? HUGETLBFS_MAGIC : TMPFS_MAGIC,
      blockSize: this._hugePageBytes || PAGE_SIZE,
      ...this._blocks(),
      files: this._maxInodes,
      filesFree: this._maxInodes - this._inodes,
      nameMax: 255,
    };
  }

  /** Of an embedder's file system without a limit they are what the machine has; Linux says 0 for others, and counts huge pages. */
  private _blocks(): { blocks: number; blocksFree: number } {
    const { exports } = this.env.core;
    const used = this._pagesUsed();
    if (this._hugePages) {
      const blocks = this.isLimited ? (this._maxPages * PAGE_SIZE) / this._hugePageBytes : 0;
      return { blocks, blocksFree: blocks - (this._quota === 0 ? 0 : exports.hugetlbQuotaUsed(this._quota)) };
    }
    const machineFree = Math.max(exports.frameLimit() - exports.framesInUse(), 0);
    if (this.isLimited) return { blocks: this._maxPages, blocksFree: Math.max(Math.min(this._maxPages - used, machineFree), 0) };
    return this._declinedLimit ? { blocks: 0, blocksFree: 0 } : { blocks: used + machineFree, blocksFree: machineFree };
  }

  /** Of hugetlbfs: the core's account of what its files have of the pool. 0: there is no limit. ENOMEM. */
  quota(): number {
    if (this._quota !== 0 || !this.isLimited) return this._quota;
    this._quota = this.env.core.exports.hugetlbQuota(this._maxPages / (this._hugePageBytes / PAGE_SIZE)) >>> 0;
    if (this._quota === 0) throw new SysError(ENOMEM);
    return this._quota;
  }

  /** There is no medium behind it; devices that have a node here may have one behind their memory. */
  sync(): void {
    this.env.pages.sync(this);
  }

  writeBack(): SysError | undefined {
    return this.env.pages.writeBack(this);
  }

  // --- filling it from the host, before or while it is mounted

  /** Makes a directory and those above it; one that is there stays as it is. */
  addDirectory(path: string, mode = 0o755): MemoryDirectory {
    let at = this.root;
    for (const name of names(path)) {
      const child = at.lookup(name) ?? at.create(name, owned(S_IFDIR | mode));
      if (!(child instanceof MemoryDirectory)) throw new SysError(EEXIST, path);
      at = child;
    }
    return at;
  }

  /** Puts a regular file there, replacing a file of that name. */
  addFile(path: string, bytes: Uint8Array, mode = 0o644): Inode {
    const inode = this._add(path, (directory, name) => directory.create(name, owned(S_IFREG | mode)));
    const file = inode.open(1);
    const buffer = new HostBuffer(bytes, this.env.pages);
    try {
      while (buffer.remaining > 0) {
        const count = file.write(buffer);
        if (count < 0) throw new SysError(-count, path);
      }
    } finally {
      file.close();
    }
    return inode;
  }

  addSymlink(path: string, target: string): Inode {
    return this._add(path, (directory, name) => directory.symlink(name, target, owned(S_IFLNK | 0o777)));
  }

  /** A device node, FIFO or socket. */
  addNode(path: string, mode: number, rdev = 0): Inode {
    return this._add(path, (directory, name) => directory.create(name, { ...owned(mode), rdev }));
  }

  private _add(path: string, make: (directory: MemoryDirectory, name: string) => Inode): Inode {
    const parts = names(path);
    const name = parts.pop();
    if (name === undefined) throw new SysError(EEXIST, path);
    const directory = this.addDirectory(parts.join('/'));
    if (directory.lookup(name) !== undefined) directory.unlink(name);
    return make(directory, name);
  }
}

function names(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

function owned(mode: number): NewInode {
  return { mode, uid: 0, gid: 0 };
}
