import { EBADF, EINVAL, ENODEV, ENOTDIR, ENOTTY, EPERM, ESPIPE, EXDEV } from '../../assembly/shared/errno.js';
import type { UserMemory } from '../core/user.js';
import { SysError } from '../linux/error.js';
import { POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../linux/poll.js';
import type { ErrorCursor } from './errseq.js';
import type { FileCount } from './filecount.js';
import type { Mark } from './notify.js';
import type { WaitQueue } from './wait.js';

/** Seconds since 1970 (negative allowed) and 0..999,999,999 nanoseconds. */
export interface Timestamp {
  readonly sec: number;
  readonly nsec: number;
}

/** Who asks: what permission checks look at. */
export interface Credentials {
  uid: number; // effective
  gid: number;
  groups: readonly number[];
  /** Capabilities by number of bit; absent: uid 0 has them all. */
  capEffective?: bigint;
}

/** One entry as getdents64 shows it. */
export interface Dirent {
  name: string;
  ino: number;
  /** File type bits of the mode (S_IFDIR...). */
  type: number;
}

export interface FileSystemStat {
  type: number; // f_type magic
  blockSize: number;
  blocks: number;
  blocksFree: number;
  files: number;
  filesFree: number;
  nameMax: number;
}

/**
 * Where bytes of a read come to or bytes of a write come from: a list of user (or host) ranges consumed in order. So a
 * file system never sees a guest address, and page-cache data is copied once, inside the core.
 *
 * A fault of user memory ends the buffer: the call transfers what came before it (maybe nothing) and `remaining` becomes 0. The
 * system call layer makes EFAULT of it when nothing at all was transferred. So a file loops on `remaining`, consumes what
 * put() and take() report, and returns its byte count; it need not know of faults.
 */
export interface IoBuffer {
  /** Bytes not yet transferred. */
  readonly remaining: number;
  /** Read side: takes as many of `bytes` as fit; returns how many. */
  put(bytes: Uint8Array): number;
  /** The same for `length` bytes from `from` on. */
  putFrom(bytes: Uint8Array, from: number, length: number): number;
  /** Write side: up to max bytes (a copy). */
  take(max: number): Uint8Array;
  /** The same into `bytes` from `at` on; returns how many. */
  takeInto(bytes: Uint8Array, at: number, max: number): number;
  /** Undoes the last `bytes` of take() or put() that do not count after all. */
  untake(bytes: number): void;
  /** Write side: goes past the next `bytes` without a look at them. */
  pass(bytes: number): void;
  /** A fault has ended it: what was moved last may have been moved in part. */
  readonly faulted: boolean;
  /** Read side: from a core object's page cache, at most max bytes. Core's result convention without NEED_PAGE (the pager ran). */
  fromObject(object: number, offset: number, max: number): number;
  /** Write side: into a core object's page cache. */
  toObject(object: number, offset: number, max: number): number;
}

/** What mkdir, create... give a new inode. */
export interface NewInode {
  mode: number; // with type bits
  uid: number;
  gid: number;
  rdev?: number;
}

/** Fields that chmod, chown, utimensat and truncate change; absent = unchanged. */
export interface InodeChange {
  mode?: number; // permission bits only
  uid?: number;
  gid?: number;
  atime?: Timestamp;
  mtime?: Timestamp;
  size?: number;
}

/** What a file system shows that is not the machine's own: its files are named by their paths in snapshots, and found again. */
export interface ForeignFiles {
  /** Tells it from others that could be given instead of it. */
  readonly label: string;
  /** Names from the root, without a leading slash; undefined: the inode has none any more. */
  pathOf(inode: Inode): string | undefined;
  /** undefined: there is nothing of that name. Throws SysError as a look-up does. */
  find(path: string): Inode | undefined;
}

/** A mounted file system. */
export interface FileSystem {
  readonly name: string; // as in /proc/mounts: tmpfs, proc, overlay...
  readonly dev: number; // st_dev
  readonly root: Inode;
  readonly readOnly: boolean;
  statfs(): FileSystemStat;
  /** Words that /proc/mounts shows besides those of the mount. */
  readonly options?: readonly string[];
  /** mount(2) with MS_REMOUNT and options of its own. EINVAL, with nothing changed. Absent: it has none that could be changed. */
  remount?(options: string): void;
  /** Everything dirty is on the medium for good when it returns (sync(2)). What a medium did not take, syncfs and fsync tell. */
  sync(): void;
  /** Everything dirty to the medium, which may keep it in a cache of its own. Returns the first failure. Absent: nothing is ever dirty. */
  writeBack?(): SysError | undefined;
  /** Absent: all it has is the machine's own. */
  readonly foreign?: ForeignFiles;
}

/**
 * A file of whatever kind. Backends extend it and override what they support; the defaults give the errno that Linux
 * gives for the wrong kind. Methods throw SysError. Permission checks are the caller's (vfs/access); existence,
 * emptiness and loop checks are the backend's. Names are single components, never '.', '..' or ''.
 */
export abstract class Inode {
  abstract readonly fs: FileSystem;
  abstract readonly ino: number;
  abstract mode: number; // type and permission bits
  abstract uid: number;
  abstract gid: number;
  abstract nlink: number;
  abstract size: number;
  abstract atime: Timestamp;
  abstract mtime: Timestamp;
  abstract ctime: Timestamp;
  btime?: Timestamp;
  rdev = 0;
  /** st_blksize */
  readonly blockBytes: number = 4096;
  /** Address spaces that execute it: while there are any nobody may open it for writing (ETXTBSY). */
  executions = 0;
  /** Open files that were found by a name, and who watches it: see notify.ts. */
  opens = 0;
  marks: Set<Mark> | undefined = undefined;
  /** 512-byte units, for st_blocks. */
  get blocks(): number {
    return Math.ceil(this.size / 4096) * 8;
  }

  /** Child, or undefined when there is none. */
  lookup(_name: string): Inode | undefined {
    throw new SysError(ENOTDIR);
  }
  /** False when lookup results must not be kept in the dentry cache (proc). */
  get cacheable(): boolean {
    return true;
  }
  /** What the mode says counts for everybody: no capability grants more (sysctls). */
  get modeOnly(): boolean {
    return false;
  }
  /** Of a directory: what is not there can't be made, and that is said before anything else (ENOENT), as in /proc. */
  get refusesNew(): boolean {
    return false;
  }
  /** Regular file, directory, FIFO, socket or device node, by the type bits of what.mode. */
  create(_name: string, _what: NewInode): Inode {
    throw new SysError(EPERM);
  }
  /** A regular file without a name (O_TMPFILE); absent: EOPNOTSUPP. `linkable`: link() may give it one later. */
  createUnnamed?(what: NewInode, linkable: boolean): Inode;
  symlink(_name: string, _target: string, _what: NewInode): Inode {
    throw new SysError(EPERM);
  }
  link(_name: string, _target: Inode): void {
    throw new SysError(EPERM);
  }
  /** Removes a name that is not a directory. */
  unlink(_name: string): void {
    throw new SysError(EPERM);
  }
  rmdir(_name: string): void {
    throw new SysError(EPERM);
  }
  /** renameat2 within this file system; flags RENAME_NOREPLACE, RENAME_EXCHANGE. */
  rename(_name: string, _newParent: Inode, _newName: string, _flags: number): void {
    throw new SysError(EXDEV);
  }
  /** Entries without '.' and '..', in a stable order. */
  readdir(): Dirent[] {
    throw new SysError(ENOTDIR);
  }
  readlink(): string {
    throw new SysError(EINVAL);
  }
  /** A magic link (/proc/self/fd/3, /proc/self/exe) goes straight to a location instead of walking readlink(). */
  followMagic?(): unknown;
  setattr(_change: InodeChange): void {
    throw new SysError(EPERM);
  }
  /** Of a directory: its names are on the medium for good when it returns (fsync). Absent: no name is ever pending. */
  syncEntries?(): void;
  getxattr?(name: string): Uint8Array | undefined;
  setxattr?(name: string, value: Uint8Array, flags: number): void;
  listxattr?(): string[];
  removexattr?(name: string): void;
  /** A new open file description; directories too. O_TRUNC and permissions have been dealt with. */
  open(_flags: number): OpenFile {
    throw new SysError(ENODEV);
  }
}

/** Watches open files without holding them open: an epoll. */
export interface ClosingWatcher {
  fileClosing(file: OpenFile): void;
}

/**
 * An open file description: shared by dup and fork, closed when the last descriptor goes. Transfers never block: they
 * return -EAGAIN and the system call sleeps on `queue` unless O_NONBLOCK. read, write: bytes or -errno, no throw on the
 * hot path.
 */
export abstract class OpenFile {
  refs = 1;
  offset = 0;
  /** Path at open time, for /proc/self/fd and maps. */
  path = '';
  /** The machine's count of open files that this one is in; undefined: it never had a descriptor. */
  counted: FileCount | undefined = undefined;
  /** Filled by the VFS: where it was found (vfs/dentry Location). */
  location: unknown = undefined;
  /** Who is to be told before it closes. */
  closingWatchers: Set<ClosingWatcher> | undefined = undefined;
  /** It counts among its inode's `opens`. */
  announced = false;
  /** Errors of writing back that it was told of: see errseq.ts. */
  errorsSeen = 0;
  /** What mappings made with it have as VMA_NAME; 0: there was none. */
  mapNumber = 0;
  /** Those of its file system's files, for syncfs. */
  readonly fsErrors: ErrorCursor = { errorsSeen: 0 };

  constructor(
    readonly inode: Inode,
    /** O_* including access mode; F_SETFL changes it. */
    public flags: number,
  ) {}

  /** Can its bytes go to another file without user memory between (splice_read)? */
  get splices(): boolean {
    return true;
  }
  /** True for pipes, sockets, terminals: no offset, lseek gives ESPIPE. */
  get stream(): boolean {
    return false;
  }
  /** offset: explicit (pread) or undefined: use and advance this.offset. */
  read(_to: IoBuffer, _offset?: number): number {
    return -EINVAL;
  }
  write(_from: IoBuffer, _offset?: number): number {
    return -EINVAL;
  }
  /** Current POLL* bits. Regular files are always ready. */
  poll(): number {
    return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
  }
  /** A FIFO opened by name whose other end is not there yet: the open call sleeps on `queue` while this is true, the file in its scratch
   * state, and releases the file when it gives up. */
  get opening(): boolean {
    return false;
  }
  /** Woken whenever poll() may have changed. */
  get queue(): WaitQueue | undefined {
    return undefined;
  }
  /** A write that fails with EPIPE raises SIGPIPE. */
  get signalsBrokenPipe(): boolean {
    return true;
  }
  /** How long a call waits for it at most (SO_RCVTIMEO, SO_SNDTIMEO). */
  waitLimitNs(_writing: boolean): number {
    return Number.POSITIVE_INFINITY;
  }
  /** What /proc/PID/fdinfo tells beyond the position and flags: whole lines. */
  get details(): string {
    return '';
  }
  seek(_offset: number, _whence: number): number {
    throw new SysError(ESPIPE);
  }
  ioctl(_command: number, _argument: number, _user: UserMemory): number {
    throw new SysError(ENOTTY);
  }
  /** Entries for getdents64 from a position; default: not a directory. */
  readdir(): Dirent[] {
    throw new SysError(ENOTDIR);
  }
  /** Core object to map, retained by the caller through mmMap; the range is what it shows. */
  mapObject(_offset = 0, _bytes = 0, _shared = false): number {
    throw new SysError(ENODEV);
  }
  /** What mapObject was asked for came to be, or failed. writableEnd: where a mapping that may be written to ends in the file, else 0. */
  mapSettled(_done: boolean, _writableEnd: number): void {
    // Most files keep no account of it.
  }
  /** VM_* flags that its mappings get besides. */
  get mapFlags(): number {
    return 0;
  }
  /** What a mapping of it is called in /proc/PID/maps. */
  get mappedInode(): Inode {
    return this.inode;
  }
  /** fsync, fdatasync; of pages [first, end) of a regular file. EINVAL: there is nothing that could be written back. */
  sync(_dataOnly: boolean, _first?: number, _end?: number): void {
    throw new SysError(EINVAL);
  }
  truncate(_size: number): void {
    throw new SysError(EINVAL);
  }
  /** fallocate(2) */
  allocate(_mode: number, _offset: number, _length: number): void {
    throw new SysError(ENODEV);
  }
  /** A descriptor of some process was closed; others may be left. */
  flush(): void {}
  /** A message from the kernel for whoever reads: netlink sockets have it. */
  fromKernel?(bytes: Uint8Array): void;
  /** The last reference went. */
  close(): void {}

  protected requireOpen(): void {
    if (this.refs <= 0) throw new SysError(EBADF);
  }
}
