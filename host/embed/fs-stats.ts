import * as S from '../linux/stat.js';
import type { Dirent, Inode, Timestamp } from '../vfs/types.js';

const typeOf = (mode: number): number => mode & S.S_IFMT;

class FileKind {
  constructor(private readonly kind: number) {}
  isFile(): boolean {
    return this.kind === S.S_IFREG;
  }
  isDirectory(): boolean {
    return this.kind === S.S_IFDIR;
  }
  isSymbolicLink(): boolean {
    return this.kind === S.S_IFLNK;
  }
  isFIFO(): boolean {
    return this.kind === S.S_IFIFO;
  }
  isSocket(): boolean {
    return this.kind === S.S_IFSOCK;
  }
  isCharacterDevice(): boolean {
    return this.kind === S.S_IFCHR;
  }
  isBlockDevice(): boolean {
    return this.kind === S.S_IFBLK;
  }
}

const milliseconds = ({ sec, nsec }: Timestamp): number => sec * 1000 + nsec / 1e6;

/** As node:fs has them. */
export class Stats extends FileKind {
  readonly dev: number;
  readonly ino: number;
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: number;
  readonly size: number;
  readonly blksize: number;
  readonly blocks: number;
  readonly atimeMs: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly birthtimeMs: number;

  constructor(inode: Inode) {
    super(typeOf(inode.mode));
    this.dev = inode.fs.dev;
    this.ino = inode.ino;
    this.mode = inode.mode;
    this.nlink = inode.nlink;
    this.uid = inode.uid;
    this.gid = inode.gid;
    this.rdev = inode.rdev;
    this.size = inode.size;
    this.blksize = inode.blockBytes;
    this.blocks = inode.blocks;
    this.atimeMs = milliseconds(inode.atime);
    this.mtimeMs = milliseconds(inode.mtime);
    this.ctimeMs = milliseconds(inode.ctime);
    this.birthtimeMs = milliseconds(inode.btime ?? inode.ctime);
  }

  get atime(): Date {
    return new Date(this.atimeMs);
  }
  get mtime(): Date {
    return new Date(this.mtimeMs);
  }
  get ctime(): Date {
    return new Date(this.ctimeMs);
  }
  get birthtime(): Date {
    return new Date(this.birthtimeMs);
  }
}

/** An entry of a directory, as readdir gives it with `withFileTypes`. */
export class DirectoryEntry extends FileKind {
  readonly name: string;

  constructor(
    { name, type }: Dirent,
    readonly parentPath: string,
  ) {
    super(type);
    this.name = name;
  }
}
