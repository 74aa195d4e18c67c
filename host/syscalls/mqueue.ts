/** POSIX message queues: mq_open(2) and what works on a queue's descriptor. */

import * as E from '../../assembly/shared/errno.js';
import { CAP_SYS_RESOURCE, hasCapability } from '../kernel/credentials.js';
import { RLIMIT_MSGQUEUE } from '../kernel/limits.js';
import { SIGEV_NONE, SIGEV_SIGNAL, SIGEV_THREAD } from '../kernel/posixtimer.js';
import type { Process } from '../kernel/process.js';
import { sendToProcess } from '../kernel/signal.js';
import { BLOCKED, type Thread } from '../kernel/thread.js';
import { SysError } from '../linux/error.js';
import { NAME_MAX, O_ACCMODE, O_CREAT, O_EXCL, O_NONBLOCK, O_RDONLY, O_WRONLY } from '../linux/fcntl.js';
import { SIGNAL_MAX } from '../linux/signal.js';
import { isSocket, S_IFREG } from '../linux/stat.js';
import { MAY_EXEC, MAY_READ, MAY_WRITE, requireAccess, requireRemove } from '../vfs/access.js';
import {
  MESSAGE_BYTES_DEFAULT,
  MESSAGES_DEFAULT,
  MqueueFile,
  type MqueueInode,
  mqueueFileSystem,
  QUEUES_MAX,
} from '../vfs/backends/mqueue.js';
import { type MessageQueue, type Notification, PRIORITIES, type QueueShape, type QueueWaiter } from '../vfs/messagequeue.js';
import { releaseFile } from '../vfs/openfile.js';
import type { OpenFile } from '../vfs/types.js';
import { CallWaiter } from './callwaiter.js';
import * as C from './clocks.js';
import { outsideUser } from './iobuffer.js';
import { descriptorLimit, readPath } from './lookup.js';
import { row } from './row.js';
import { readBigU64 } from './user-types.js';

const MESSAGES_HARD_MAX = 65536;
const MESSAGE_BYTES_HARD_MAX = 16 * 1024 * 1024;
const ATTR_BYTES = 64;
const MAY_OF_ACCMODE = [MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE];

/** One component, without the slash that the C library takes away. */
function readName(t: Thread, address: number): string {
  const name = readPath(t, address);
  if (name === '') throw new SysError(E.ENOENT);
  if (name.includes('/') || name === '.' || name === '..') throw new SysError(E.EACCES);
  return name;
}

/** struct mq_attr: flags, maxmsg, msgsize, curmsgs (longs), four more unused. */
function readShape(t: Thread, address: number): QueueShape {
  const view = new DataView(t.user.read(address, ATTR_BYTES).buffer);
  return { messagesMax: Number(view.getBigInt64(8, true)), messageBytesMax: Number(view.getBigInt64(16, true)) };
}

function checkShape(t: Thread, { messagesMax, messageBytesMax }: QueueShape): void {
  const privileged = hasCapability(t.cred, CAP_SYS_RESOURCE);
  const [messages, bytes] = privileged ? [MESSAGES_HARD_MAX, MESSAGE_BYTES_HARD_MAX] : [MESSAGES_DEFAULT, MESSAGE_BYTES_DEFAULT];
  if (messagesMax <= 0 || messageBytesMax <= 0 || messagesMax > messages || messageBytesMax > bytes) throw new SysError(E.EINVAL);
}

function mqOpen(t: Thread, nameAddress: number, flags: number, mode: number, attributes: number): number {
  const asked = attributes === 0 ? undefined : readShape(t, attributes);
  const name = readName(t, nameAddress);
  const { namespace, cred, umask } = t.fs;
  const fs = mqueueFileSystem(namespace.env);
  t.files.requireFree(1, descriptorLimit(t));
  if (new TextEncoder().encode(name).length > NAME_MAX) return -E.ENAMETOOLONG;
  let inode = fs.root.lookup(name);
  if (inode === undefined) {
    if ((flags & O_CREAT) === 0) return -E.ENOENT;
    requireAccess(cred, fs.root, MAY_WRITE | MAY_EXEC);
    if (fs.queues >= QUEUES_MAX && !hasCapability(t.cred, CAP_SYS_RESOURCE)) return -E.ENOSPC;
    const shape = asked ?? { messagesMax: MESSAGES_DEFAULT, messageBytesMax: MESSAGE_BYTES_DEFAULT };
    checkShape(t, shape);
    const what = { mode: S_IFREG | (mode & 0o7777 & ~umask), uid: cred.uid, gid: cred.gid };
    inode = fs.root.add(name, what, shape, t.process.limits[RLIMIT_MSGQUEUE].current);
  } else {
    if ((flags & (O_CREAT | O_EXCL)) === (O_CREAT | O_EXCL)) return -E.EEXIST;
    if ((flags & O_ACCMODE) === O_ACCMODE) return -E.EINVAL;
    requireAccess(cred, inode, MAY_OF_ACCMODE[flags & O_ACCMODE]);
  }
  return install(t, inode, flags & (O_ACCMODE | O_NONBLOCK), name);
}

/** Message queues are always close-on-exec. */
function install(t: Thread, inode: MqueueInode, flags: number, name: string): number {
  const file = inode.open(flags);
  file.location = t.fs.namespace.internalLocation(inode.fs, inode, `/${name}`);
  file.path = `/${name}`;
  try {
    return t.files.install(file, true, 0, descriptorLimit(t));
  } catch (error) {
    releaseFile(file);
    throw error;
  }
}

function mqUnlink(t: Thread, nameAddress: number): number {
  const name = readName(t, nameAddress);
  const { root } = mqueueFileSystem(t.fs.namespace.env);
  const inode = root.lookup(name);
  if (inode === undefined) return -E.ENOENT;
  requireRemove(t.cred, root, inode);
  root.unlink(name);
  return 0;
}

/** EBADF: no message queue, or not open for that. */
function queueOf(t: Thread, fd: number, unwanted: number): MqueueFile {
  const file = t.files.get(fd);
  if (!(file instanceof MqueueFile) || (file.flags & O_ACCMODE) === unwanted) throw new SysError(E.EBADF);
  return file;
}

/** A moment of CLOCK_REALTIME; no address: never. */
function deadlineOf(t: Thread, address: number): number {
  return address === 0 ? Number.POSITIVE_INFINITY : C.absoluteDeadline(t, C.CLOCK_REALTIME, address);
}

/** Goes to sleep as `waiter`. A call that gives up leaves the queue. */
function sleepAs(t: Thread, messages: MessageQueue, waiter: QueueWaiter, deadline: number): number {
  const result = t.kernel.now() >= deadline ? -E.ETIMEDOUT : t.sleep({ deadline });
  if (result === BLOCKED) t.scratch = waiter;
  else messages.leave(waiter);
  return result;
}

function newWaiter(t: Thread, message: QueueWaiter['message']): QueueWaiter {
  const waiter: QueueWaiter = Object.assign(new CallWaiter(t), {
    message,
    served: false,
  });
  return waiter;
}

function mqTimedsend(t: Thread, fd: number, address: number, length: number, priority: number, timeout: number): number {
  const deadline = deadlineOf(t, timeout);
  const waiting = t.scratch as QueueWaiter | undefined;
  if (waiting?.served === true) return 0;
  if (priority >= PRIORITIES) return -E.EINVAL;
  const file = queueOf(t, fd, O_RDONLY);
  const { messages, inode } = file;
  if (length > messages.shape.messageBytesMax) return -E.EMSGSIZE;
  if (outsideUser(address, length)) return -E.EFAULT;
  if (waiting !== undefined) return sleepAs(t, messages, waiting, deadline);
  const message = { bytes: t.user.read(address, length).slice(), priority };
  if (!messages.full) {
    messages.send(message);
    inode.atime = inode.mtime = inode.ctime = t.kernel.realtime();
    return 0;
  }
  if ((file.flags & O_NONBLOCK) !== 0) return -E.EAGAIN;
  const waiter = newWaiter(t, message);
  messages.waitToSend(waiter);
  return sleepAs(t, messages, waiter, deadline);
}

function mqTimedreceive(t: Thread, fd: number, address: number, length: number, priorityAddress: number, timeout: number): number {
  const deadline = deadlineOf(t, timeout);
  const waiting = t.scratch as QueueWaiter | undefined;
  let message = waiting?.served === true ? waiting.message : undefined;
  if (message === undefined) {
    const file = queueOf(t, fd, O_WRONLY);
    const { messages, inode } = file;
    if (length < messages.shape.messageBytesMax) return -E.EMSGSIZE;
    if (waiting !== undefined) return sleepAs(t, messages, waiting, deadline);
    message = messages.receive();
    if (message === undefined) {
      if ((file.flags & O_NONBLOCK) !== 0) return -E.EAGAIN;
      const waiter = newWaiter(t, undefined);
      messages.waitToReceive(waiter);
      return sleepAs(t, messages, waiter, deadline);
    }
    inode.atime = inode.mtime = inode.ctime = t.kernel.realtime();
  }
  // The message is out of the queue: what can't be stored is lost, as in Linux.
  if (priorityAddress !== 0) t.user.writeU32(priorityAddress, message.priority);
  t.user.write(address, message.bytes);
  return message.bytes.length;
}

const SI_MESGQ = -3;
const COOKIE_BYTES = 32;
/** Last byte of the cookie: why the thread that waits at the socket is told. */
const NOTIFY_WOKENUP = 1;
const NOTIFY_REMOVED = 2;

/** Where the C library's thread waits for the cookie (SIGEV_THREAD). */
interface CookieReader {
  readonly socket: OpenFile;
  readonly cookie: Uint8Array;
}

/** The thread waits at a netlink socket. ENOTSOCK, EINVAL: that is no such socket. */
function cookieReader(t: Thread, socketFd: number, cookieAddress: number): CookieReader {
  const cookie = t.user.read(cookieAddress, COOKIE_BYTES).slice();
  const socket = t.files.get(socketFd);
  if (!isSocket(socket.inode.mode)) throw new SysError(E.ENOTSOCK);
  if (socket.fromKernel === undefined) throw new SysError(E.EINVAL);
  return { socket, cookie };
}

/** Who is told of the next message of a queue, and how. */
export class MessageNotification implements Notification {
  constructor(
    private readonly messages: MessageQueue,
    private readonly owner: Process,
    /** SIGEV_* */
    readonly method: number,
    private readonly signal: number,
    private readonly value: bigint,
    private readonly reader: CookieReader | undefined,
  ) {}

  get pid(): number {
    return this.owner.pid;
  }

  get signo(): number {
    return this.method === SIGEV_SIGNAL ? this.signal : 0;
  }

  fire(): void {
    const { owner, signo } = this;
    const sender = owner.kernel.cpu.loaded;
    if (signo > 0) {
      sendToProcess(owner, { signo, code: SI_MESGQ, value: this.value, pid: sender?.process.pid, uid: sender?.cred.ruid });
    }
    this._tell(NOTIFY_WOKENUP);
  }

  descriptorClosed(): void {
    if (this.owner.kernel.cpu.loaded?.process !== this.owner) return;
    this.messages.notification = undefined;
    this._tell(NOTIFY_REMOVED);
  }

  private _tell(why: number): void {
    if (this.reader === undefined) return;
    const { socket, cookie } = this.reader;
    cookie[COOKIE_BYTES - 1] = why;
    if (socket.refs > 0) socket.fromKernel?.(cookie);
  }
}

function ownerOf(t: Thread, messages: MessageQueue): Process | undefined {
  return messages.notification === undefined ? undefined : t.kernel.processes.get(messages.notification.pid);
}

function mqNotify(t: Thread, fd: number, address: number): number {
  let event: { method: number; signo: number; value: bigint; reader: CookieReader | undefined } | undefined;
  if (address !== 0) {
    const value = readBigU64(t.user, address);
    const signo = t.user.readI32(address + 8);
    const method = t.user.readI32(address + 12);
    if (![SIGEV_NONE, SIGEV_SIGNAL, SIGEV_THREAD].includes(method)) return -E.EINVAL;
    if (method === SIGEV_SIGNAL && (signo < 0 || signo > SIGNAL_MAX)) return -E.EINVAL;
    event = { method, signo, value, reader: method === SIGEV_THREAD ? cookieReader(t, signo, Number(value)) : undefined };
  }
  const { messages } = queueOf(t, fd, NO_ACCESS_MODE);
  if (event === undefined) {
    if (ownerOf(t, messages) === t.process) messages.notification?.descriptorClosed();
    return 0;
  }
  if (messages.notification !== undefined) return -E.EBUSY;
  const { method, signo, value, reader } = event;
  messages.notification = new MessageNotification(messages, t.process, method, signo, value, reader);
  return 0;
}

/** For queueOf: any way of opening will do. */
const NO_ACCESS_MODE = -1;

function mqGetsetattr(t: Thread, fd: number, next: number, old: number): number {
  const flags = next === 0 ? 0 : Number(BigInt.asIntN(64, readBigU64(t.user, next)));
  if (next !== 0) {
    t.user.read(next, ATTR_BYTES);
    if (flags !== 0 && flags !== O_NONBLOCK) return -E.EINVAL;
  }
  const file = queueOf(t, fd, NO_ACCESS_MODE);
  const { count, shape } = file.messages;
  const bytes = new Uint8Array(ATTR_BYTES);
  const view = new DataView(bytes.buffer);
  [file.flags & O_NONBLOCK, shape.messagesMax, shape.messageBytesMax, count].forEach((value, i) => {
    view.setBigInt64(i * 8, BigInt(value), true);
  });
  if (next !== 0) file.flags = (file.flags & ~O_NONBLOCK) | flags;
  if (old !== 0) t.user.write(old, bytes);
  return 0;
}

export const mqueueRows = [
  row(180, 'mq_open', ['string', 'flags:open', 'mode', 'struct:mq_attr'], mqOpen),
  row(181, 'mq_unlink', ['string'], mqUnlink),
  row(182, 'mq_timedsend', ['fd', 'bytes', 'size', 'uint', 'struct:timespec'], mqTimedsend),
  row(183, 'mq_timedreceive', ['fd', 'outbytes', 'size', 'out:int', 'struct:timespec'], mqTimedreceive),
  row(184, 'mq_notify', ['fd', 'struct:sigevent'], mqNotify),
  row(185, 'mq_getsetattr', ['fd', 'struct:mq_attr', 'out:mq_attr'], mqGetsetattr),
];
