import { EAGAIN, EINVAL, ENOPROTOOPT, ENOTTY, ENXIO, EOPNOTSUPP } from '../../../assembly/shared/errno.js';
import type { UserMemory } from '../../core/user.js';
import { bound } from '../../linux/bound.js';
import { SysError } from '../../linux/error.js';
import { O_NONBLOCK, O_RDWR } from '../../linux/fcntl.js';
import { FIONREAD, TIOCOUTQ } from '../../linux/ioctl.js';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDHUP, POLLRDNORM, POLLWRNORM } from '../../linux/poll.js';
import * as K from '../../linux/socket.js';
import { S_IFSOCK } from '../../linux/stat.js';
import { AnonymousInode } from '../../vfs/anonymous.js';
import { type IoBuffer, OpenFile } from '../../vfs/types.js';
import { WaitQueue } from '../../vfs/wait.js';
import { interfaceIoctl } from './interfaces.js';
import { Incoming, type Outgoing, type Ucred } from './message.js';
import type { Network } from './network.js';
import { getSocketOption, SocketOptions, setSocketOption } from './options.js';

/** A socket is opened by socket(2) alone: /proc/self/fd does not lead to another. */
export class SocketInode extends AnonymousInode {
  constructor(net: Network) {
    super(net.env, net.fileSystem, S_IFSOCK | 0o777);
  }

  override open(): OpenFile {
    throw new SysError(ENXIO);
  }
}

/**
 * An open socket of whatever family. Nothing here blocks: -EAGAIN means that the call may sleep on `queue`. Methods of calls that
 * fail otherwise throw SysError; send and receive return -errno.
 */
export abstract class Socket extends OpenFile {
  abstract readonly family: number;
  /** SOCK_* */
  abstract readonly type: number;
  abstract readonly protocol: number;
  options = new SocketOptions();
  /** RCV_SHUTDOWN, SEND_SHUTDOWN */
  shutdowns = 0;
  /** Who was at the other end when the connection was made. */
  peerCredentials: Ucred | undefined = undefined;
  /** l_linger of a socket that does not linger, as Linux remembers it. */
  readonly unusedLinger = 0;
  private readonly _queue = new WaitQueue(bound(this, 'hostMayWake'));
  private _error = 0;

  constructor(
    readonly net: Network,
    nonBlocking: boolean,
  ) {
    super(new SocketInode(net), O_RDWR | (nonBlocking ? O_NONBLOCK : 0));
  }

  override get stream(): boolean {
    return true;
  }

  override get queue(): WaitQueue {
    return this._queue;
  }

  /** Something outside the machine can still change what poll says. */
  hostMayWake(): boolean {
    return false;
  }

  // --- errors that come by themselves

  get error(): number {
    return this._error;
  }

  /** The next call that looks gets it, once. */
  raise(errno: number): void {
    this._error = errno;
    this.queue.wake(POLLERR | POLLIN | POLLOUT);
  }

  takeError(): number {
    const error = this._error;
    this._error = 0;
    return error;
  }

  // --- connections and names

  get listening(): boolean {
    return false;
  }

  /** SO_PASSCRED has a meaning for it. */
  get passesCredentials(): boolean {
    return false;
  }

  bind(_address: Uint8Array): void {
    throw new SysError(EOPNOTSUPP);
  }

  listen(_backlog: number): void {
    throw new SysError(EOPNOTSUPP);
  }

  /** 0, -EINPROGRESS: connecting goes on, or -EAGAIN: sleep, then again. */
  connect(_address: Uint8Array, _nonBlocking: boolean): number {
    throw new SysError(EOPNOTSUPP);
  }

  /** What connect says when SO_SNDTIMEO is over. */
  readonly connectTimeoutErrno: number = EAGAIN;

  /** The oldest connection; undefined: there is none yet. */
  accept(_nonBlocking: boolean): Socket | undefined {
    throw new SysError(EOPNOTSUPP);
  }

  /** A sockaddr. */
  abstract name(): Uint8Array;
  /** ENOTCONN */
  abstract peerName(): Uint8Array;

  /** `how`: SHUT_* */
  abstract shutdown(how: number): void;

  // --- transfers

  /** Bytes sent, maybe not all of a stream's, or -errno. */
  abstract send(message: Outgoing): number;
  /** Bytes received or -errno. */
  abstract receive(message: Incoming): number;

  /** EPIPE comes with a signal. */
  override get signalsBrokenPipe(): boolean {
    return this.type === K.SOCK_STREAM;
  }

  override waitLimitNs(writing: boolean): number {
    return writing ? this.options.sendTimeoutNs : this.options.receiveTimeoutNs;
  }

  override read(to: IoBuffer): number {
    if (to.remaining === 0) return 0;
    const message = new Incoming(to, 0);
    const count = this.receive(message);
    for (const file of message.rights) this.net.inflight.discard(file);
    return count;
  }

  override write(from: IoBuffer): number {
    return this.send({ data: from, flags: 0 });
  }

  // --- state

  /** Bits that all families have in common: the families know what is readable and writable. */
  protected pollCommon(readable: boolean, writable: boolean): number {
    let events = 0;
    if (this._error !== 0) events |= POLLERR;
    if (this.shutdowns === K.SHUTDOWN_MASK) events |= POLLHUP;
    if ((this.shutdowns & K.RCV_SHUTDOWN) !== 0) events |= POLLRDHUP | POLLIN | POLLRDNORM;
    if (readable) events |= POLLIN | POLLRDNORM;
    if (writable) events |= POLLOUT | POLLWRNORM;
    return events;
  }

  /** Bytes that a read would return: of a stream all, else of the next message. */
  abstract get unread(): number;
  /** What SIOCOUTQ tells. */
  abstract get unsent(): number;

  override ioctl(command: number, argument: number, user: UserMemory): number {
    if (command === FIONREAD) {
      if (this.listening) throw new SysError(EINVAL);
      user.writeU32(argument, this.unread);
      return 0;
    }
    if (command === TIOCOUTQ) {
      if (this.listening) throw new SysError(EINVAL);
      user.writeU32(argument, this.unsent);
      return 0;
    }
    if (!interfaceIoctl(this.net, command, argument, user)) throw new SysError(ENOTTY);
    return 0;
  }

  // --- options

  getOption(level: number, name: number): Uint8Array {
    if (level === K.SOL_SOCKET) return getSocketOption(this, name);
    return this.getProtocolOption(level, name);
  }

  setOption(level: number, name: number, bytes: Uint8Array): void {
    if (level === K.SOL_SOCKET) setSocketOption(this, name, bytes);
    else this.setProtocolOption(level, name, bytes);
  }

  protected getProtocolOption(_level: number, _name: number): Uint8Array {
    throw new SysError(ENOPROTOOPT);
  }

  protected setProtocolOption(_level: number, _name: number, _bytes: Uint8Array): void {
    throw new SysError(ENOPROTOOPT);
  }

  /** The same for datagrams: who does not wait is not told of the end. */
  protected noDatagram(flags: number): number {
    const nothing = this.empty();
    return nothing === 0 && ((flags & K.MSG_DONTWAIT) !== 0 || (this.flags & O_NONBLOCK) !== 0) ? -EAGAIN : nothing;
  }

  /** Nothing to give now: the end of the stream, or wait. */
  protected empty(): number {
    if (this._error !== 0) return -this.takeError();
    return (this.shutdowns & K.RCV_SHUTDOWN) !== 0 ? 0 : -EAGAIN;
  }
}
