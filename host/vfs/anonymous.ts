import { sideTable } from '../linux/bound.js';
import { ANON_INODE_FS_MAGIC, PIPEFS_MAGIC, S_IFDIR } from '../linux/stat.js';
import type { Location } from './dentry.js';
import type { VfsEnvironment } from './environment.js';
import type { Namespace } from './namespace.js';
import { type FileSystem, type FileSystemStat, Inode, type InodeChange, type OpenFile, type Timestamp } from './types.js';

/**
 * An inode without a name in any tree: the two ends of a pipe, an eventfd, a stream of the host. It opens itself, whatever its type bits
 * say, when /proc/self/fd leads to it.
 */
export abstract class AnonymousInode extends Inode {
  override readonly ino: number;
  override uid = 0;
  override gid = 0;
  override nlink = 1;
  override size = 0;
  override atime: Timestamp;
  override mtime: Timestamp;
  override ctime: Timestamp;

  constructor(
    readonly env: VfsEnvironment,
    readonly fs: FileSystem,
    /** Type and permissions. */
    public mode: number,
  ) {
    super();
    this.ino = env.allocateAnonymousIno();
    this.atime = this.mtime = this.ctime = env.now();
  }

  override get blocks(): number {
    return 0;
  }

  abstract override open(flags: number): OpenFile;

  override setattr(change: InodeChange): void {
    if (change.mode !== undefined) this.mode = (this.mode & ~0o7777) | (change.mode & 0o7777);
    if (change.uid !== undefined) this.uid = change.uid;
    if (change.gid !== undefined) this.gid = change.gid;
    if (change.atime !== undefined) this.atime = change.atime;
    if (change.mtime !== undefined) this.mtime = change.mtime;
    this.ctime = this.env.now();
  }
}

export class EmptyRoot extends AnonymousInode {
  override lookup(): undefined {
    return undefined;
  }

  override open(flags: number): OpenFile {
    return Inode.prototype.open.call(this, flags);
  }
}

/** The file system that nameless inodes say they belong to. */
export class AnonymousFileSystem implements FileSystem {
  readonly dev: number;
  readonly root: Inode;
  readonly readOnly = false;

  constructor(
    env: VfsEnvironment,
    readonly name: string,
    readonly type: number,
  ) {
    this.dev = env.allocateDev();
    this.root = new EmptyRoot(env, this, S_IFDIR | 0o500);
  }

  statfs(): FileSystemStat {
    return { type: this.type, blockSize: 4096, blocks: 0, blocksFree: 0, files: 0, filesFree: 0, nameMax: 255 };
  }

  /** Nothing here outlives its descriptors. */
  sync(): void {}
}

interface AnonymousFileSystems {
  readonly pipes: AnonymousFileSystem;
  readonly others: AnonymousFileSystem;
}

const ofEnvironment = sideTable<VfsEnvironment, AnonymousFileSystems>('nameless files');

/** The nameless file systems of a machine. `others`: eventfd, epoll, signalfd, the host's streams. */
export function anonymousFileSystems(env: VfsEnvironment): AnonymousFileSystems {
  let found = ofEnvironment.get(env);
  if (found === undefined) {
    found = {
      pipes: new AnonymousFileSystem(env, 'pipefs', PIPEFS_MAGIC),
      others: new AnonymousFileSystem(env, 'anon_inodefs', ANON_INODE_FS_MAGIC),
    };
    ofEnvironment.set(env, found);
  }
  return found;
}

/** Gives a file of a nameless inode its place; `label` as readlink(/proc/self/fd/N) shows it: 'pipe:[7]', 'anon_inode:[eventfd]'. */
export function placeAnonymous<T extends OpenFile>(namespace: Namespace, file: T, label: string): T {
  const location: Location = namespace.internalLocation(file.inode.fs, file.inode, label);
  file.location = location;
  file.path = label;
  return file;
}
