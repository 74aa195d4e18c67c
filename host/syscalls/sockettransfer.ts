/** Sending and receiving: send(2), recv(2) and their variants. */
import * as E from '../../assembly/shared/errno.js';
import { ACCESS_READ, ACCESS_WRITE } from '../../assembly/shared/exit.js';
import { type Control, Incoming } from '../kernel/net/message.js';
import type { Socket } from '../kernel/net/socket.js';
import { BLOCKED, type Thread } from '../kernel/thread.js';
import { IOV_MAX } from '../linux/fcntl.js';
import { SIGPIPE } from '../linux/signal.js';
import * as K from '../linux/socket.js';
import { isBlocking, signalSelf, sleepOn } from './file.js';
import { outsideUser, UserBuffer } from './iobuffer.js';
import { row } from './row.js';
import { bringIn, readAddress, socketOf, writeAddress } from './socketaddress.js';
import {
  type Attachments,
  type MessageHeader,
  MSGHDR_BYTES,
  readAttachments,
  readControls,
  readHeader,
  writeControls,
} from './socketmessage.js';
import { readTimespec } from './user-types.js';

const buffer = new UserBuffer();
const NOTHING: Attachments & { readonly controls: readonly Control[] } = { rights: undefined, credentials: undefined, controls: [] };

/** How far a call has got that sleeps: whole messages, and bytes of the one in hand. */
interface Progress {
  messages: number;
  bytes: number;
}

function progressOf(t: Thread): Progress {
  return (t.scratch as Progress | undefined) ?? { messages: 0, bytes: 0 };
}

function mayBlock(socket: Socket, flags: number): boolean {
  return isBlocking(socket) && (flags & K.MSG_DONTWAIT) === 0;
}

interface Sending extends Attachments {
  readonly flags: number;
  readonly to: Uint8Array | undefined;
  readonly controls: readonly Control[];
}

/** Sends what the buffer holds: of a stream all, if need be in several parts. */
function transmit(t: Thread, socket: Socket, progress: Progress, message: Sending): number {
  const total = buffer.remaining;
  const stream = socket.type === K.SOCK_STREAM;
  const blocks = mayBlock(socket, message.flags);
  if (progress.bytes > 0) buffer.skip(progress.bytes);
  for (;;) {
    const done = progress.bytes;
    const first = done === 0;
    const count = socket.send({ ...message, data: buffer, rights: first ? message.rights : undefined });
    if (count === -E.EAGAIN && blocks) {
      const result = sleepOn(t, socket, true);
      if (result !== BLOCKED) return done > 0 ? done : result;
      t.scratch = progress;
      return result;
    }
    if (count === -E.EPIPE && first && socket.signalsBrokenPipe && (message.flags & K.MSG_NOSIGNAL) === 0) signalSelf(t, SIGPIPE);
    if (count < 0) return done > 0 ? done : count;
    progress.bytes += count;
    if (buffer.suspended !== undefined) {
      t.scratch = progress;
      throw buffer.suspended;
    }
    if (buffer.fault !== 0) return progress.bytes > 0 ? progress.bytes : -buffer.fault;
    if (progress.bytes >= total || count === 0 || !stream || !blocks) return progress.bytes;
  }
}

/** Receives into the buffer: one message, or as much of a stream as is there, and at least as much as was asked for (MSG_WAITALL). */
function receive(t: Thread, socket: Socket, progress: Progress, incoming: Incoming): number {
  const { flags } = incoming;
  const stream = socket.type === K.SOCK_STREAM;
  const wanted = buffer.remaining;
  const target = !stream ? 1 : (flags & K.MSG_WAITALL) !== 0 ? wanted : Math.min(wanted, socket.options.receiveLow);
  if (progress.bytes > 0) buffer.skip(progress.bytes);
  for (;;) {
    const done = progress.bytes;
    const count = socket.receive(incoming);
    if (count === -E.EAGAIN && mayBlock(socket, flags)) {
      const result = sleepOn(t, socket);
      if (result !== BLOCKED) return done > 0 ? done : result;
      t.scratch = progress;
      return result;
    }
    if (count < 0) return done > 0 ? done : count;
    if (!stream) return buffer.fault !== 0 ? -buffer.fault : count;
    progress.bytes += count;
    if (buffer.fault !== 0) return progress.bytes > 0 ? progress.bytes : -buffer.fault;
    const ended = count === 0 || (flags & K.MSG_PEEK) !== 0 || incoming.rights.length > 0;
    if (ended || progress.bytes >= target) return progress.bytes;
  }
}

/** Messages are moved whole: their pages are brought in first. */
function bringInMessage(t: Thread, socket: Socket, ranges: readonly { address: number; length: number }[], access: number): void {
  if (socket.type === K.SOCK_STREAM) return;
  let left = access === ACCESS_READ ? socket.options.sendBytes : socket.unread;
  for (const { address, length } of ranges) {
    const bytes = Math.min(left, length);
    bringIn(t, address, bytes, access);
    left -= bytes;
  }
}

function sendto(t: Thread, fd: number, address: number, length: number, flags: number, to: number, toLength: number): number {
  if (outsideUser(address, length)) return -E.EFAULT;
  const socket = socketOf(t, fd);
  const name = to === 0 ? undefined : readAddress(t, to, toLength);
  bringInMessage(t, socket, [{ address, length }], ACCESS_READ);
  buffer.one(t.user, address, length);
  return transmit(t, socket, progressOf(t), { ...NOTHING, flags, to: name });
}

function recvfrom(t: Thread, fd: number, address: number, length: number, flags: number, from: number, fromLength: number): number {
  if (outsideUser(address, length)) return -E.EFAULT;
  const socket = socketOf(t, fd);
  if (from !== 0) bringIn(t, fromLength, 4);
  bringInMessage(t, socket, [{ address, length }], ACCESS_WRITE);
  buffer.one(t.user, address, length);
  const incoming = new Incoming(buffer, flags);
  const count = receive(t, socket, progressOf(t), incoming);
  for (const file of incoming.rights) t.kernel.net.inflight.discard(file);
  if (count >= 0 && from !== 0 && incoming.from !== undefined) writeAddress(t, incoming.from, from, fromLength);
  return count;
}

function sendOne(t: Thread, socket: Socket, header: MessageHeader, flags: number, progress: Progress): number {
  const to = header.nameLength === 0 ? undefined : readAddress(t, header.name, header.nameLength);
  const controls = readControls(t, header);
  const attachments = socket.family === K.AF_UNIX ? readAttachments(t, controls) : NOTHING;
  bringInMessage(t, socket, header.iov, ACCESS_READ);
  buffer.many(t.user, header.iov);
  return transmit(t, socket, progress, { ...attachments, controls, flags, to });
}

function sendmsg(t: Thread, fd: number, at: number, flags: number): number {
  const socket = socketOf(t, fd);
  return sendOne(t, socket, readHeader(t, at), flags, progressOf(t));
}

function receiveOne(t: Thread, socket: Socket, header: MessageHeader, flags: number, progress: Progress): number {
  const { at, name, iov } = header;
  bringIn(t, at, MSGHDR_BYTES);
  bringInMessage(t, socket, iov, ACCESS_WRITE);
  buffer.many(t.user, iov);
  const incoming = new Incoming(buffer, flags);
  const count = receive(t, socket, progress, incoming);
  if (count < 0) {
    for (const file of incoming.rights) t.kernel.net.inflight.discard(file);
    return count;
  }
  const cloexec = flags & K.MSG_CMSG_CLOEXEC;
  const controls = writeControls(t, header, incoming, cloexec !== 0);
  if (name !== 0) {
    const from = incoming.from ?? new Uint8Array(0);
    t.user.write(name, from.subarray(0, header.nameLength));
    t.user.writeU32(at + 8, from.length);
  }
  t.user.writeU32(at + 48, incoming.resultFlags | cloexec | (controls.cut ? K.MSG_CTRUNC : 0));
  t.user.writeU64(at + 40, controls.length);
  return count;
}

function recvmsg(t: Thread, fd: number, at: number, flags: number): number {
  const socket = socketOf(t, fd);
  return receiveOne(t, socket, readHeader(t, at), flags, progressOf(t));
}

/** struct mmsghdr: a msghdr and how many bytes it moved. */
const MMSGHDR_BYTES = 64;

/** What a call for several messages returns: how many there were before something went wrong. */
function settle(socket: Socket, progress: Progress, result: number): number {
  if (progress.messages === 0) return result;
  // The next call is told.
  if (result < 0 && result > -RESTARTS && result !== -E.EAGAIN) socket.raise(-result);
  return progress.messages;
}

/** Errors are below: what is interrupted tells nobody. */
const RESTARTS = 512;

function sendmmsg(t: Thread, fd: number, at: number, count: number, flags: number): number {
  const socket = socketOf(t, fd);
  const progress = progressOf(t);
  const most = Math.min(count, IOV_MAX);
  while (progress.messages < most) {
    const place = at + progress.messages * MMSGHDR_BYTES;
    const result = sendOne(t, socket, readHeader(t, place), flags, progress);
    if (result === BLOCKED) return result;
    if (result < 0) return progress.messages > 0 ? progress.messages : result;
    t.user.writeU32(place + MSGHDR_BYTES, result);
    progress.messages++;
    progress.bytes = 0;
    t.scratch = progress;
  }
  return progress.messages;
}

function recvmmsg(t: Thread, fd: number, at: number, count: number, flags: number, timeout: number): number {
  const deadline = timeout === 0 ? Number.POSITIVE_INFINITY : t.deadline(readTimespec(t.user, timeout));
  const socket = socketOf(t, fd);
  const progress = progressOf(t);
  const most = Math.min(count, IOV_MAX);
  if (progress.messages === 0 && socket.error !== 0) return -socket.takeError();
  while (progress.messages < most) {
    const place = at + progress.messages * MMSGHDR_BYTES;
    const wait = progress.messages > 0 && (flags & K.MSG_WAITFORONE) !== 0 ? K.MSG_DONTWAIT : 0;
    const result = receiveOne(t, socket, readHeader(t, place), (flags & ~K.MSG_WAITFORONE) | wait, progress);
    if (result === BLOCKED) return result;
    if (result < 0) return settle(socket, progress, result);
    t.user.writeU32(place + MSGHDR_BYTES, result);
    progress.messages++;
    progress.bytes = 0;
    t.scratch = progress;
    // Looked at between messages only, as in Linux.
    if (t.kernel.now() >= deadline) break;
  }
  return progress.messages;
}

export const socketTransferRows = [
  row(206, 'sendto', ['fd', 'bytes', 'size', 'hex', 'pointer', 'int'], sendto, { partial: 'no urgent data: MSG_OOB is EOPNOTSUPP' }),
  row(207, 'recvfrom', ['fd', 'outbytes', 'size', 'hex', 'pointer', 'pointer'], recvfrom, {
    partial: 'no urgent data: MSG_OOB is EINVAL with TCP, EOPNOTSUPP with AF_UNIX',
  }),
  row(211, 'sendmsg', ['fd', 'pointer', 'hex'], sendmsg, { partial: 'no urgent data: MSG_OOB is EOPNOTSUPP' }),
  row(212, 'recvmsg', ['fd', 'pointer', 'hex'], recvmsg, {
    partial: 'no urgent data: MSG_OOB is EINVAL with TCP, EOPNOTSUPP with AF_UNIX',
  }),
  row(243, 'recvmmsg', ['fd', 'pointer', 'uint', 'hex', 'struct:timespec'], recvmmsg),
  row(269, 'sendmmsg', ['fd', 'pointer', 'uint', 'hex'], sendmmsg),
];
