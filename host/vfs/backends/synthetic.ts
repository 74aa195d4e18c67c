/** Inodes whose contents are made when somebody looks: the parts that /proc and its like are built of. */
import { EACCES, EINVAL, ENOENT, EPERM } from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import { SEEK_CUR, SEEK_SET } from '../../linux/fcntl.js';
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../../linux/stat.js';
import { encodeText } from '../../linux/text.js';
import { DirectoryFile } from '../openfile.js';
import { type Dirent, type FileSystem, Inode, type InodeChange, type IoBuffer, OpenFile, type Timestamp } from '../types.js';

/** What every synthetic inode is told. */
export interface SyntheticPlace {
  readonly fs: FileSystem;
  readonly ino: number;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly time: Timestamp;
}

/** The most one write hands over, as the kernel's own sysctl files. */
const WRITE_MAX_BYTES = 4096;

export abstract class SyntheticInode extends Inode {
  override readonly fs: FileSystem;
  override readonly ino: number;
  override mode: number;
  override uid: number;
  override gid: number;
  override nlink = 1;
  override size = 0;
  override atime: Timestamp;
  override mtime: Timestamp;
  override ctime: Timestamp;

  constructor(type: number, place: SyntheticPlace) {
    super();
    this.fs = place.fs;
    this.ino = place.ino;
    this.mode = type | place.mode;
    this.uid = place.uid;
    this.gid = place.gid;
    this.atime = this.mtime = this.ctime = place.time;
  }

  /** Truncation and times change nothing that lasts: shells open such files with O_TRUNC. Owner and mode are fixed. */
  override setattr(change: InodeChange): void {
    if (change.mode !== undefined || change.uid !== undefined || change.gid !== undefined) throw new SysError(EPERM);
    if (change.atime !== undefined) this.atime = change.atime;
    if (change.mtime !== undefined) this.mtime = change.mtime;
  }
}

export type Content = () => string | Uint8Array;

/** A regular file of size 0 whose reader gets what `content` returns at that moment. */
export class SyntheticFile extends SyntheticInode {
  constructor(
    place: SyntheticPlace,
    readonly content: Content,
    /** What a write does with its bytes; absent: it can't be written. False: nothing, and the position stays. */
    readonly store?: (bytes: Uint8Array, position: number) => unknown,
    /** Called at open: may refuse. */
    readonly check?: () => void,
  ) {
    super(S_IFREG, place);
  }

  override open(flags: number): OpenFile {
    this.check?.();
    return new GeneratedFile(this, flags);
  }
}

/**
 * One reading of generated contents. They are made at the first read and again whenever somebody reads at offset 0, so the parts of one
 * pass fit together and a rewind sees news (as the kernel's seq_file).
 */
export class GeneratedFile extends OpenFile {
  private _bytes: Uint8Array | undefined;

  constructor(
    readonly file: SyntheticFile,
    flags: number,
  ) {
    super(file, flags);
  }

  override read(to: IoBuffer, at?: number): number {
    const offset = at ?? this.offset;
    if (this._bytes === undefined || offset === 0) {
      const made = this.file.content();
      this._bytes = typeof made === 'string' ? encodeText(made) : made;
    }
    const count = to.put(this._bytes.subarray(offset, offset + to.remaining));
    if (at === undefined) this.offset += count;
    return count;
  }

  override write(from: IoBuffer, at?: number): number {
    if (this.file.store === undefined) return -EACCES;
    const bytes = from.take(WRITE_MAX_BYTES);
    const stored = this.file.store(bytes, at ?? this.offset);
    if (at === undefined && stored !== false) this.offset += bytes.length;
    return bytes.length;
  }

  /** Allowed, and without effect. */
  override truncate(): void {
    // Contents are made anew whenever they are read.
  }

  override seek(offset: number, whence: number): number {
    return (this.offset = seekTo(this.offset, offset, whence));
  }
}

/** lseek of files without an end. */
export function seekTo(current: number, offset: number, whence: number): number {
  const to = whence === SEEK_SET ? offset : whence === SEEK_CUR ? current + offset : -1;
  if (!(to >= 0)) throw new SysError(EINVAL);
  return to;
}

/** A regular file with an open file description of its own kind. */
export class SpecialFile extends SyntheticInode {
  constructor(
    place: SyntheticPlace,
    readonly opener: (inode: Inode, flags: number) => OpenFile,
  ) {
    super(S_IFREG, place);
  }

  override open(flags: number): OpenFile {
    return this.opener(this, flags);
  }
}

/** A symbolic link; with `follow`, a magic one that goes straight to a location. */
export class SyntheticLink extends SyntheticInode {
  override readonly followMagic?: () => unknown;

  constructor(
    place: SyntheticPlace,
    readonly text: () => string,
    follow?: () => unknown,
  ) {
    super(S_IFLNK, place);
    if (follow !== undefined) this.followMagic = follow;
  }

  override readlink(): string {
    return this.text();
  }
}

/** What is in a directory at the moment. */
export interface SyntheticEntries {
  lookup(name: string): Inode | undefined;
  list(): Dirent[];
  /** Those that are always there, the same in every machine. Absent: none. */
  fixedChildren?(): Iterable<readonly [name: string, inode: Inode]>;
}

export class SyntheticDirectory extends SyntheticInode {
  constructor(
    place: SyntheticPlace,
    readonly entries: SyntheticEntries,
  ) {
    super(S_IFDIR, place);
    this.nlink = 2;
  }

  override get cacheable(): boolean {
    return false;
  }

  override get refusesNew(): boolean {
    return true;
  }

  override lookup(name: string): Inode | undefined {
    return this.entries.lookup(name);
  }

  override readdir(): Dirent[] {
    return this.entries.list();
  }

  override open(flags: number): OpenFile {
    return new DirectoryFile(this, flags);
  }

  /** As in Linux, where a look-up that fails says so even to a caller that wants to create. */
  override create(): Inode {
    throw new SysError(ENOENT);
  }

  override symlink(): Inode {
    throw new SysError(ENOENT);
  }
}

/** A directory whose children are made once; `fill`: when somebody asks for one. */
export class FixedEntries implements SyntheticEntries {
  private readonly _children = new Map<string, Inode>();

  constructor(private _fill?: (entries: FixedEntries) => void) {}

  private get _all(): ReadonlyMap<string, Inode> {
    const fill = this._fill;
    this._fill = undefined;
    fill?.(this);
    return this._children;
  }

  add(name: string, inode: Inode): this {
    this._children.set(name, inode);
    return this;
  }

  addAll(children: Iterable<readonly [name: string, inode: Inode]>): this {
    for (const [name, inode] of children) this.add(name, inode);
    return this;
  }

  fixedChildren(): Iterable<readonly [name: string, inode: Inode]> {
    return this._all;
  }

  lookup(name: string): Inode | undefined {
    return this._all.get(name);
  }

  list(): Dirent[] {
    return [...this._all].map(([name, inode]) => ({ name, ino: inode.ino, type: inode.mode & S_IFMT }));
  }
}
