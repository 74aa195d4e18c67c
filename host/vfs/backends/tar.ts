/**
 * A tar archive as a read-only file system (tar(5)). The headers are read once; file data are copied page by page when somebody
 * reads or maps them. Nothing of the archive can name anything outside its own root.
 */
import { EROFS } from '../../../assembly/shared/errno.js';
import { PAGE_SIZE } from '../../../assembly/shared/layout.js';
import { SysError } from '../../linux/error.js';
import { makeDev, S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG } from '../../linux/stat.js';
import { encodeText } from '../../linux/text.js';
import type { Backing } from '../backing.js';
import type { VfsEnvironment } from '../environment.js';
import { DirectoryFile } from '../openfile.js';
import { PagedInode } from '../pagedinode.js';
import {
  type Dirent,
  type FileSystem,
  type FileSystemStat,
  type ForeignFiles,
  Inode,
  type InodeChange,
  type OpenFile,
  type Timestamp,
} from '../types.js';
import { copyCached, type PageSource } from './page-source.js';
import { shown } from './tar-header.js';
import { type ByteSource, MEMBERS_MAX, type TarKind, type TarMember, TarWarnings, tarMembers, tooMany } from './tar-index.js';
import { readSparse } from './tar-sparse.js';

const TYPES: Readonly<Record<Exclude<TarKind, 'hardlink'>, number>> = {
  file: S_IFREG,
  directory: S_IFDIR,
  symlink: S_IFLNK,
  char: S_IFCHR,
  block: S_IFBLK,
  fifo: S_IFIFO,
};

/** statfs has no magic number for this: the one of squashfs, the read-only archive that Linux has. */
const SQUASHFS_MAGIC = 0x73717368;
const DIRECTORY_MODE = 0o755;

/** Bytes in memory as the archive. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return { size: bytes.length, read: (offset, length) => bytes.subarray(offset, offset + length) };
}

/** A tar archive as a file system, read only. */
export class TarFileSystem implements FileSystem {
  readonly name = 'tar';
  readonly dev: number;
  readonly readOnly = true;
  readonly root: TarDirectory;
  /** Members that were left out or changed, and why. */
  readonly warnings: readonly string[];
  private _lastIno = 0;
  private _bytes = 0;

  /** Throws TarError when the archive can't be used. */
  constructor(
    readonly env: VfsEnvironment,
    readonly source: ByteSource,
    /** Most files and directories. */
    readonly limit = MEMBERS_MAX,
    /** Of an archive in another format: where its members lie in `source`. */
    members = (warnings: TarWarnings): Iterable<TarMember> => tarMembers(source, warnings, limit),
  ) {
    this.dev = env.allocateDev();
    this.root = this._directory({ sec: 0, nsec: 0 });
    const warnings = new TarWarnings();
    for (const member of members(warnings)) {
      const refused = this._add(member);
      if (refused !== undefined) warnings.add(`${shown(member.path.join('/'))}: ${refused}: left out`);
    }
    this.warnings = warnings.lines;
  }

  get foreign(): ForeignFiles {
    const paths = new Map<Inode, string>();
    const walk = (directory: TarDirectory, path: string): void => {
      paths.set(directory, path);
      for (const [name, inode] of directory.children) {
        const below = path === '' ? name : `${path}/${name}`;
        if (inode instanceof TarDirectory) walk(inode, below);
        else paths.set(inode, below);
      }
    };
    return {
      label: `an archive of ${this.source.size} bytes`,
      pathOf: (inode) => {
        if (paths.size === 0) walk(this.root, '');
        return paths.get(inode);
      },
      find: (path) => this._find(path === '' ? [] : path.split('/')),
    };
  }

  statfs(): FileSystemStat {
    const blocks = Math.ceil(this._bytes / PAGE_SIZE);
    return { type: SQUASHFS_MAGIC, blockSize: PAGE_SIZE, blocks, blocksFree: 0, files: this._lastIno, filesFree: 0, nameMax: 255 };
  }

  /** Nothing is ever dirty. */
  sync(): void {}

  /** Directories that no member names count, too: a name can imply two thousand. */
  private _nextIno(): number {
    if (this._lastIno >= this.limit) throw tooMany(this.limit);
    return ++this._lastIno;
  }

  private _directory(mtime: Timestamp): TarDirectory {
    return new TarDirectory(this, this._nextIno(), { mode: S_IFDIR | DIRECTORY_MODE, uid: 0, gid: 0, mtime, xattrs: undefined });
  }

  /** Puts a member into the tree; what speaks against it, else undefined. A later member of the same name replaces an earlier one. */
  private _add(member: TarMember): string | undefined {
    const { path, kind } = member;
    if (path.length === 0) {
      this.root.describe(member);
      return undefined;
    }
    const parent = this._parentOf(path, member.mtime);
    if (parent === undefined) return 'lies below something that is no directory';
    const name = path[path.length - 1];
    const before = parent.children.get(name);
    if (kind === 'directory') {
      if (before instanceof TarDirectory) before.describe(member);
      else {
        this._unlink(before);
        const made = this._directory(member.mtime);
        made.describe(member);
        parent.children.set(name, made);
        parent.nlink++;
      }
      return undefined;
    }
    if (before instanceof TarDirectory) return 'would replace a directory';
    const inode = kind === 'hardlink' ? this._find(member.linkPath) : this._make(kind, member);
    if (inode === undefined || inode instanceof TarDirectory) return 'hard link to something that is not there';
    if (inode === before) return undefined;
    this._unlink(before);
    if (kind === 'hardlink') inode.nlink++;
    parent.children.set(name, inode);
    return undefined;
  }

  /** Directories that the archive does not mention are made, as tar(1) does. */
  private _parentOf(path: readonly string[], mtime: Timestamp): TarDirectory | undefined {
    let at = this.root;
    for (const name of path.slice(0, -1)) {
      let next = at.children.get(name);
      if (next === undefined) {
        next = this._directory(mtime);
        at.children.set(name, next);
        at.nlink++;
      }
      if (!(next instanceof TarDirectory)) return undefined;
      at = next;
    }
    return at;
  }

  private _find(path: readonly string[]): Inode | undefined {
    let at: Inode | undefined = this.root;
    for (const name of path) at = at instanceof TarDirectory ? at.children.get(name) : undefined;
    return at;
  }

  private _unlink(inode: Inode | undefined): void {
    if (inode !== undefined) inode.nlink--;
  }

  private _make(kind: Exclude<TarKind, 'hardlink' | 'directory'>, member: TarMember): Inode {
    const what = { mode: TYPES[kind] | member.mode, uid: member.uid, gid: member.gid, mtime: member.mtime, xattrs: member.xattrs };
    const ino = this._nextIno();
    if (kind === 'file') {
      this._bytes += member.sparse === undefined ? member.size : 0;
      return new TarFile(this, ino, what, member);
    }
    if (kind === 'symlink') return new TarSymlink(this, ino, { ...what, mode: S_IFLNK | 0o777 }, member.target);
    const node = new TarInode(this, ino, what);
    if (kind !== 'fifo') node.rdev = makeDev(member.major, member.minor);
    return node;
  }
}

interface TarAttributes {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: Timestamp;
  readonly xattrs: ReadonlyMap<string, Uint8Array> | undefined;
}

/** Device nodes and FIFOs as they are; the base of the others. */
class TarInode extends Inode {
  override mode: number;
  override uid: number;
  override gid: number;
  override nlink = 1;
  override size = 0;
  override atime: Timestamp;
  override mtime: Timestamp;
  override ctime: Timestamp;
  protected xattrs: ReadonlyMap<string, Uint8Array> | undefined;

  constructor(
    readonly fs: TarFileSystem,
    readonly ino: number,
    what: TarAttributes,
  ) {
    super();
    this.mode = what.mode;
    this.uid = what.uid;
    this.gid = what.gid;
    this.atime = this.mtime = this.ctime = what.mtime;
    this.xattrs = what.xattrs;
  }

  override get blocks(): number {
    return 0;
  }

  override setattr(_change: InodeChange): void {
    throw new SysError(EROFS);
  }

  override getxattr(name: string): Uint8Array | undefined {
    return this.xattrs?.get(name);
  }

  override listxattr(): string[] {
    return [...(this.xattrs?.keys() ?? [])];
  }
}

class TarSymlink extends TarInode {
  constructor(
    fs: TarFileSystem,
    ino: number,
    what: TarAttributes,
    readonly target: string,
  ) {
    super(fs, ino, what);
    this.size = encodeText(target).length;
  }

  override readlink(): string {
    return this.target;
  }
}

export class TarDirectory extends TarInode {
  readonly children = new Map<string, Inode>();

  constructor(fs: TarFileSystem, ino: number, what: TarAttributes) {
    super(fs, ino, what);
    this.nlink = 2;
    this.size = PAGE_SIZE;
  }

  /** The archive's own entry for it. */
  describe(member: TarMember): void {
    this.mode = S_IFDIR | member.mode;
    this.uid = member.uid;
    this.gid = member.gid;
    this.atime = this.mtime = this.ctime = member.mtime;
    this.xattrs = member.xattrs;
  }

  override lookup(name: string): Inode | undefined {
    return this.children.get(name);
  }

  override readdir(): Dirent[] {
    return [...this.children].map(([name, inode]) => ({ name, ino: inode.ino, type: inode.mode & S_IFMT }));
  }

  override open(flags: number): OpenFile {
    return new DirectoryFile(this, flags);
  }
}

class TarFile extends PagedInode implements PageSource {
  override mode: number;
  override uid: number;
  override gid: number;
  override nlink = 1;
  override atime: Timestamp;
  override mtime: Timestamp;
  override ctime: Timestamp;
  private readonly _xattrs: ReadonlyMap<string, Uint8Array> | undefined;
  private readonly _pages: TarPages;

  constructor(
    readonly fs: TarFileSystem,
    readonly ino: number,
    what: TarAttributes,
    member: TarMember,
  ) {
    const pages = new TarPages(fs.source, member);
    super(fs.env, pages, member.size);
    this._pages = pages;
    this.mode = what.mode;
    this.uid = what.uid;
    this.gid = what.gid;
    this.atime = this.mtime = this.ctime = what.mtime;
    this._xattrs = what.xattrs;
  }

  override setattr(_change: InodeChange): void {
    throw new SysError(EROFS);
  }

  override getxattr(name: string): Uint8Array | undefined {
    return this._xattrs?.get(name);
  }

  override listxattr(): string[] {
    return [...(this._xattrs?.keys() ?? [])];
  }

  copyPage(index: number, into: Uint8Array): void {
    if (!copyCached(this, index, into)) this._pages.readPage(index, into);
  }
}

/** A slice of the archive, or several with holes between them. */
class TarPages implements Backing {
  constructor(
    readonly source: ByteSource,
    readonly member: TarMember,
  ) {}

  readPage(index: number, into: Uint8Array): void {
    const { dataOffset, size, sparse } = this.member;
    const offset = index * PAGE_SIZE;
    const length = Math.min(PAGE_SIZE, size - offset);
    if (length <= 0) return;
    if (sparse !== undefined) readSparse(this.source, sparse, offset, into);
    else into.set(this.source.read(dataOffset + offset, length));
  }

  writePage(): void {
    throw new SysError(EROFS);
  }

  setSize(): void {
    throw new SysError(EROFS);
  }

  /** Nothing is ever dirty. */
  sync(): void {}
}
