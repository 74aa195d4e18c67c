/** POSIX message queues (mq_overview(7)): the file system that their names live in. It may be mounted, usually at /dev/mqueue. */

import { EINVAL, EMFILE, ENOENT, ENOMEM, ENOSPC, EPERM } from '../../../assembly/shared/errno.js';
import { sideTable } from '../../linux/bound.js';
import { SysError } from '../../linux/error.js';
import { SEEK_CUR, SEEK_SET } from '../../linux/fcntl.js';
import { POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../../linux/poll.js';
import { isRegular, S_IFDIR } from '../../linux/stat.js';
import { encodeText } from '../../linux/text.js';
import { AnonymousInode } from '../anonymous.js';
import type { VfsEnvironment } from '../environment.js';
import { MessageQueue, type QueueShape } from '../messagequeue.js';
import { DirectoryFile } from '../openfile.js';
import { type Dirent, type FileSystem, type FileSystemStat, type Inode, type IoBuffer, type NewInode, OpenFile } from '../types.js';
import type { WaitQueue } from '../wait.js';

/** The limits that /proc/sys/fs/mqueue shows. */
export const QUEUES_MAX = 256;
export const MESSAGES_DEFAULT = 10;
export const MESSAGE_BYTES_DEFAULT = 8192;
const MQUEUE_MAGIC = 0x19800202;
/** What fstat shows of the text that reading a queue gives. */
const TEXT_BYTES = 80;
const ENTRY_BYTES = 20;
/** What all queues of a machine may hold together, whatever their owners' limits. */
const MACHINE_BYTES_MAX = 64 * 1024 * 1024;

export class MqueueInode extends AnonymousInode {
  override size = TEXT_BYTES;

  constructor(
    env: VfsEnvironment,
    override readonly fs: MqueueFileSystem,
    { mode, uid, gid }: NewInode,
    readonly queue: MessageQueue,
  ) {
    super(env, fs, mode);
    this.uid = uid;
    this.gid = gid;
  }

  override open(flags: number): MqueueFile {
    return new MqueueFile(this, flags);
  }

  /** Without a name and users its place is free. */
  releaseIfUnused(): void {
    if (this.nlink === 0 && this.queue.users === 0) this.fs.release(this);
  }
}

/** An open queue: what the mq_* calls work on. Reading it tells how full it is. */
export class MqueueFile extends OpenFile {
  declare readonly inode: MqueueInode;

  constructor(inode: MqueueInode, flags: number) {
    super(inode, flags);
    inode.queue.users++;
  }

  get messages(): MessageQueue {
    return this.inode.queue;
  }

  override get queue(): WaitQueue {
    return this.messages.changed;
  }

  override poll(): number {
    const { count, shape } = this.messages;
    return (count > 0 ? POLLIN | POLLRDNORM : 0) | (count < shape.messagesMax ? POLLOUT | POLLWRNORM : 0);
  }

  override read(to: IoBuffer, offset?: number): number {
    const bytes = encodeText(this.messages.describe());
    const done = to.put(bytes.subarray(offset ?? this.offset));
    if (offset === undefined) this.offset += done;
    return done;
  }

  override seek(offset: number, whence: number): number {
    if (whence > SEEK_CUR + 1) throw new SysError(EINVAL);
    const from = whence === SEEK_SET ? 0 : whence === SEEK_CUR ? this.offset : this.inode.size;
    if (from + offset < 0) throw new SysError(EINVAL);
    this.offset = from + offset;
    return this.offset;
  }

  /** Of the size that fstat shows; the messages stay. */
  override truncate(size: number): void {
    this.inode.size = size;
  }

  /** A descriptor is closed: whoever had asked to be notified and closes one has given that up. */
  override flush(): void {
    this.messages.notification?.descriptorClosed();
  }

  override close(): void {
    this.messages.users--;
    this.inode.releaseIfUnused();
  }
}

/** The one directory; names are looked up every time, since they come and go by mq_open and mq_unlink as well. */
export class MqueueRoot extends AnonymousInode {
  private readonly _entries = new Map<string, MqueueInode>();
  override nlink = 2;

  constructor(
    env: VfsEnvironment,
    override readonly fs: MqueueFileSystem,
  ) {
    super(env, fs, S_IFDIR | 0o1777);
    this.size = 2 * ENTRY_BYTES;
  }

  override get cacheable(): boolean {
    return false;
  }

  override lookup(name: string): MqueueInode | undefined {
    return this._entries.get(name);
  }

  override create(name: string, what: NewInode): Inode {
    if (!isRegular(what.mode)) throw new SysError(EPERM);
    return this.add(name, what, { messagesMax: MESSAGES_DEFAULT, messageBytesMax: MESSAGE_BYTES_DEFAULT }, Number.POSITIVE_INFINITY);
  }

  add(name: string, what: NewInode, shape: QueueShape, bytesLimit: number): MqueueInode {
    const inode = this.fs.make(what, shape, bytesLimit);
    this._entries.set(name, inode);
    this.size += ENTRY_BYTES;
    this.mtime = this.ctime = this.env.now();
    return inode;
  }

  override unlink(name: string): void {
    const inode = this._entries.get(name);
    if (inode === undefined) throw new SysError(ENOENT);
    this._entries.delete(name);
    this.size -= ENTRY_BYTES;
    this.mtime = this.ctime = inode.ctime = this.env.now();
    inode.nlink = 0;
    inode.releaseIfUnused();
  }

  override readdir(): Dirent[] {
    return [...this._entries].map(([name, { ino, mode }]) => ({ name, ino, type: mode & 0o170000 }));
  }

  override open(flags: number): OpenFile {
    return new DirectoryFile(this, flags);
  }
}

export class MqueueFileSystem implements FileSystem {
  readonly name = 'mqueue';
  readonly dev: number;
  readonly root: MqueueRoot;
  readonly readOnly = false;
  /** Queues that there are, unlinked ones in use included. */
  queues = 0;
  private _bytes = 0;
  /** By user id: RLIMIT_MSGQUEUE counts what queues may hold, not what they do. */
  private readonly _bytesOfUser = new Map<number, number>();

  constructor(private readonly env: VfsEnvironment) {
    this.dev = env.allocateDev();
    this.root = new MqueueRoot(env, this);
  }

  /** EMFILE: more than its user may have; ENOMEM: more than the machine may. */
  make(what: NewInode, shape: QueueShape, bytesLimit: number): MqueueInode {
    const queue = new MessageQueue(shape);
    const used = this._bytesOfUser.get(what.uid) ?? 0;
    if (used + queue.costBytes > bytesLimit) throw new SysError(EMFILE);
    if (this._bytes + queue.costBytes > MACHINE_BYTES_MAX) throw new SysError(ENOMEM);
    if (this.queues >= QUEUES_MAX * 4) throw new SysError(ENOSPC);
    this._bytesOfUser.set(what.uid, used + queue.costBytes);
    this._bytes += queue.costBytes;
    this.queues++;
    return new MqueueInode(this.env, this, what, queue);
  }

  release({ uid, queue }: MqueueInode): void {
    this._bytesOfUser.set(uid, (this._bytesOfUser.get(uid) ?? 0) - queue.costBytes);
    this._bytes -= queue.costBytes;
    this.queues--;
  }

  statfs(): FileSystemStat {
    return { type: MQUEUE_MAGIC, blockSize: 4096, blocks: 0, blocksFree: 0, files: 0, filesFree: 0, nameMax: 255 };
  }

  /** Nothing here outlives the machine. */
  sync(): void {}
}

const ofEnvironment = sideTable<VfsEnvironment, MqueueFileSystem>('message queues');

/** The queues of a machine: one file system, wherever it is mounted. */
export function mqueueFileSystem(env: VfsEnvironment): MqueueFileSystem {
  let fs = ofEnvironment.get(env);
  if (fs === undefined) ofEnvironment.set(env, (fs = new MqueueFileSystem(env)));
  return fs;
}
