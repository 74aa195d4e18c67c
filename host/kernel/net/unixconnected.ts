/** AF_UNIX sockets that are connected to one other: SOCK_STREAM and SOCK_SEQPACKET. */
import * as E from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import { O_NONBLOCK } from '../../linux/fcntl.js';
import { POLLHUP, POLLIN, POLLOUT, POLLRDHUP, POLLRDNORM } from '../../linux/poll.js';
import * as K from '../../linux/socket.js';
import type { OpenFile } from '../../vfs/types.js';
import type { Incoming, Outgoing } from './message.js';
import type { Network } from './network.js';
import { chargeOf } from './queued.js';
import { type UnixMessage, UnixSocket, ucredOf } from './unix.js';

export type UnixState = 'closed' | 'listening' | 'connected';

export abstract class UnixConnected extends UnixSocket {
  state: UnixState = 'closed';
  /** Of a listening socket: the other ends of connections that nobody has accepted. */
  private readonly _arrived: UnixConnected[] = [];
  private _backlog = 0;
  /** A name that belongs to the listener it came from. */
  private _sharesName = false;

  /** Another of the same kind. */
  protected abstract another(nonBlocking: boolean): UnixConnected;

  override get listening(): boolean {
    return this.state === 'listening';
  }

  override listen(backlog: number): void {
    if (this.bound === undefined || this.state === 'connected') throw new SysError(E.EINVAL);
    this._backlog = Math.min(backlog >>> 0, K.SOMAXCONN);
    this.state = 'listening';
    this.peerCredentials = ucredOf(this.net.caller);
    this.queue.wake(POLLOUT);
  }

  override connect(address: Uint8Array, nonBlocking: boolean): number {
    const { net } = this;
    const listener = net.unixNames.find(net.caller, address, this.type);
    if (listener.type !== this.type) throw new SysError(E.EPROTOTYPE);
    if (!(listener instanceof UnixConnected) || listener.state !== 'listening') throw new SysError(E.ECONNREFUSED);
    if ((listener.shutdowns & K.RCV_SHUTDOWN) !== 0) throw new SysError(E.ECONNREFUSED);
    if (this.options.passCredentials) this.autobind();
    if (listener._arrived.length > listener._backlog) {
      if (nonBlocking) throw new SysError(E.EAGAIN);
      listener.waitForRoom(this);
      return -E.EAGAIN;
    }
    if (this.state !== 'closed') throw new SysError(this.state === 'connected' ? E.EISCONN : E.EINVAL);
    const other = this.another(false);
    net.unixSockets.delete(other);
    other.bound = listener.bound;
    other._sharesName = true;
    other.options = listener.options.copy();
    other.join(this);
    this.join(other);
    other.peerCredentials = ucredOf(net.caller);
    this.peerCredentials = listener.peerCredentials;
    listener._arrived.push(other);
    listener.queue.wake(POLLIN | POLLRDNORM);
    return 0;
  }

  /** This end of a connection. */
  join(peer: UnixConnected): void {
    this.peer = peer;
    this.state = 'connected';
  }

  override accept(nonBlocking: boolean): UnixConnected | undefined {
    if (this.state !== 'listening') throw new SysError(E.EINVAL);
    const first = this._arrived.shift();
    if (first === undefined) {
      if ((this.shutdowns & K.RCV_SHUTDOWN) !== 0) throw new SysError(E.EINVAL);
      return undefined;
    }
    if (nonBlocking) first.flags |= O_NONBLOCK;
    this.net.unixSockets.add(first);
    this.roomMade();
    return first;
  }

  override shutdown(how: number): void {
    const bits = how + 1;
    this.shutdowns |= bits;
    this.queue.wake();
    const { peer } = this;
    if (!(peer instanceof UnixConnected)) return;
    // What one does not send any more the other does not receive any more.
    peer.shutdowns |= ((bits & K.SEND_SHUTDOWN) !== 0 ? K.RCV_SHUTDOWN : 0) | ((bits & K.RCV_SHUTDOWN) !== 0 ? K.SEND_SHUTDOWN : 0);
    peer.queue.wake();
  }

  override poll(): number {
    if (this.state === 'listening') return this._arrived.length > 0 ? POLLIN | POLLRDNORM : 0;
    const events = this.pollUnix(this.messages.length > 0, this.writable);
    return this.state === 'closed' ? events | POLLHUP : events;
  }

  override get unread(): number {
    return this.messages.reduce((sum, { bytes, taken }) => sum + bytes.length - taken, 0);
  }

  override *heldFiles(): IterableIterator<OpenFile> {
    yield* super.heldFiles();
    for (const waiting of this._arrived) yield* waiting.heldFiles();
  }

  override dropMessages(): void {
    super.dropMessages();
    for (const waiting of this._arrived) waiting.dropMessages();
  }

  override close(): void {
    if (this.dead) return;
    const { peer } = this;
    const lost = this.messages.length > 0 || !this.net.unixSockets.has(this);
    this.state = 'closed';
    this.shutdowns = K.SHUTDOWN_MASK;
    this.dead = true;
    if (peer instanceof UnixConnected && !peer.dead) {
      peer.shutdowns = K.SHUTDOWN_MASK;
      // What this end has not read, or never could, the other is told of.
      if (lost) peer.raise(E.ECONNRESET);
      peer.queue.wake(POLLIN | POLLRDNORM | POLLRDHUP | POLLHUP | POLLOUT);
    }
    this.queue.wake();
    for (const waiting of this._arrived.splice(0)) waiting.close();
    this.roomMade();
    this.release(!this._sharesName);
  }

  protected checkSend(): UnixConnected | number {
    const { peer } = this;
    if (!(peer instanceof UnixConnected)) return -E.ENOTCONN;
    if ((this.shutdowns & K.SEND_SHUTDOWN) !== 0 || peer.dead || (peer.shutdowns & K.RCV_SHUTDOWN) !== 0) return -E.EPIPE;
    return peer;
  }
}

const CHUNK_BYTES_MAX = 32768;

export class UnixStream extends UnixConnected {
  readonly type = K.SOCK_STREAM;

  protected override another(nonBlocking: boolean): UnixConnected {
    return new UnixStream(this.net, nonBlocking);
  }

  override send(message: Outgoing): number {
    if ((message.flags & K.MSG_OOB) !== 0) return -E.EOPNOTSUPP;
    if (message.to !== undefined && message.to.length > 0) return this.state === 'connected' ? -E.EISCONN : -E.EOPNOTSUPP;
    const peer = this.checkSend();
    if (typeof peer === 'number') return peer;
    const { data } = message;
    if (data.remaining === 0) return 0;
    let done = 0;
    while (data.remaining > 0 && this.mayCharge) {
      const most = Math.min(CHUNK_BYTES_MAX, Math.max(1, Math.floor(this.options.sendBytes / 2) - 64));
      const rights = done === 0 && message.rights !== undefined ? this.net.inflight.take(this.net.caller, message.rights) : undefined;
      const wanted = Math.min(most, data.remaining);
      const bytes = data.take(wanted);
      // A message is whole, or there is none.
      const broken = bytes.length < wanted && data.faulted;
      if (broken) data.untake(bytes.length);
      if (broken || bytes.length === 0) {
        if (rights !== undefined) this.net.inflight.drop(rights);
        break;
      }
      this.deliver(
        peer,
        bytes,
        done === 0 ? { ...message, rights: undefined } : { data, flags: 0, credentials: message.credentials },
        rights,
      );
      done += bytes.length;
    }
    return done === 0 && data.remaining > 0 ? -E.EAGAIN : done;
  }

  /** Bytes of several messages run together, but not of different senders (SO_PASSCRED), nor past descriptors. */
  override receive(incoming: Incoming): number {
    if (this.state !== 'connected') return -E.EINVAL;
    if ((incoming.flags & K.MSG_OOB) !== 0) return -E.EOPNOTSUPP;
    const peek = (incoming.flags & K.MSG_PEEK) !== 0;
    const { data } = incoming;
    incoming.from = this.peer?.bound?.bytes ?? new Uint8Array(0);
    if (this.messages.length === 0) return this.empty();
    let done = 0;
    let sender: UnixMessage | undefined;
    for (let i = 0; data.remaining > 0 && i < this.messages.length; ) {
      const message = this.messages[i];
      if (sender !== undefined && this.options.passCredentials && !sameSender(sender, message)) break;
      sender = message;
      const put = data.put(message.bytes.subarray(message.taken));
      // Of a message all that there is room for is received, or nothing.
      if (data.faulted && put < message.bytes.length - message.taken) {
        data.untake(put);
        break;
      }
      if (put === 0) break;
      done += put;
      const rights = message.rights !== undefined;
      this.hand(message, incoming, peek);
      if (peek) i++;
      else if ((message.taken += put) === message.bytes.length) {
        this.messages.shift();
        this.settle(message);
      }
      if (rights) break;
    }
    return done;
  }
}

function sameSender({ credentials: a }: UnixMessage, { credentials: b }: UnixMessage): boolean {
  return a?.pid === b?.pid && a?.uid === b?.uid && a?.gid === b?.gid;
}

export class UnixSeqpacket extends UnixConnected {
  readonly type = K.SOCK_SEQPACKET;

  protected override another(nonBlocking: boolean): UnixConnected {
    return new UnixSeqpacket(this.net, nonBlocking);
  }

  override send(message: Outgoing): number {
    if (this.error !== 0) return -this.takeError();
    if (this.peer === undefined) return -E.ENOTCONN;
    if ((message.flags & K.MSG_OOB) !== 0) return -E.EOPNOTSUPP;
    const { data } = message;
    const length = data.remaining;
    if (length > this.options.sendBytes - 32) return -E.EMSGSIZE;
    if ((this.shutdowns & K.SEND_SHUTDOWN) !== 0) return -E.EPIPE;
    if (!this.mayCharge || (this.charged > 0 && chargeOf(length) > this.net.queued.room(this.charged, Number.POSITIVE_INFINITY)))
      return -E.EAGAIN;
    const peer = this.checkSend();
    if (typeof peer === 'number') return peer;
    const bytes = data.take(length);
    if (bytes.length < length) return 0;
    this.deliver(peer, bytes, message, undefined);
    return length;
  }

  override receive(incoming: Incoming): number {
    if (this.peer === undefined) return -E.ENOTCONN;
    if ((incoming.flags & K.MSG_OOB) !== 0) return -E.EOPNOTSUPP;
    if (this.error !== 0) return -this.takeError();
    return this.messages.length === 0 ? this.empty() : this.receivePacket(incoming);
  }
}

/** socketpair(2) of either kind. */
export function joinPair(net: Network, one: UnixConnected, other: UnixConnected): void {
  one.join(other);
  other.join(one);
  one.peerCredentials = other.peerCredentials = ucredOf(net.caller);
}
