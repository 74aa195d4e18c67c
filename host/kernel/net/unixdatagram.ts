/** AF_UNIX datagrams: messages to a name, or to the socket that connect has named. */
import * as E from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import * as K from '../../linux/socket.js';
import { familyOf } from './address.js';
import type { Incoming, Outgoing } from './message.js';
import type { Network } from './network.js';
import { UnixSocket, ucredOf } from './unix.js';
import { checkUnixAddress } from './unixnames.js';

/** net.unix.max_dgram_qlen */
const MESSAGES_MAX = 10;

export class UnixDatagram extends UnixSocket {
  readonly type = K.SOCK_DGRAM;

  override connect(address: Uint8Array): number {
    if (familyOf(address) === K.AF_UNSPEC) {
      this._setPeer(undefined);
      return 0;
    }
    checkUnixAddress(address);
    if (this.options.passCredentials) this.autobind();
    this._setPeer(this._find(address));
    return 0;
  }

  /** EPROTOTYPE, EPERM: it is connected to somebody else. */
  private _find(address: Uint8Array): UnixDatagram {
    const found = this.net.unixNames.find(this.net.caller, address, this.type);
    if (!(found instanceof UnixDatagram)) throw new SysError(E.EPROTOTYPE);
    this._requireMaySend(found);
    return found;
  }

  private _requireMaySend(to: UnixSocket): void {
    if (to.peer !== undefined && to.peer !== this) throw new SysError(E.EPERM);
  }

  private _setPeer(peer: UnixDatagram | undefined): void {
    const old = this.peer;
    this.peer = peer;
    if (old === undefined || old === peer) return;
    // What the old one sent is not for the new connection.
    this.dropMessages();
    if (!old.dead && old.peer === this) old.raise(E.ECONNRESET);
  }

  /** Both ends of socketpair(2). */
  join(peer: UnixDatagram): void {
    this.peer = peer;
    this.peerCredentials = ucredOf(this.net.caller);
  }

  override shutdown(how: number): void {
    this.shutdowns |= how + 1;
    this.queue.wake();
  }

  private _full(to: UnixSocket): boolean {
    return to.peer !== this && to.messages.length > MESSAGES_MAX;
  }

  override send(message: Outgoing): number {
    if ((message.flags & K.MSG_OOB) !== 0) return -E.EOPNOTSUPP;
    const { to: address, data } = message;
    if (address !== undefined && address.length > 0) checkUnixAddress(address);
    else if (this.peer === undefined) return -E.ENOTCONN;
    if (this.options.passCredentials) this.autobind();
    const length = data.remaining;
    if (length > this.options.sendBytes - 32) return -E.EMSGSIZE;
    if (this.error !== 0) return -this.takeError();
    if ((this.shutdowns & K.SEND_SHUTDOWN) !== 0) return -E.EPIPE;
    if (!this.mayCharge) return -E.EAGAIN;
    const to = address !== undefined && address.length > 0 ? this._find(address) : (this.peer as UnixSocket);
    if (to.dead) {
      this.peer = undefined;
      this.dropMessages();
      return -E.ECONNREFUSED;
    }
    this._requireMaySend(to);
    if ((to.shutdowns & K.RCV_SHUTDOWN) !== 0) return -E.EPIPE;
    if (this._full(to)) {
      (to as UnixDatagram).waitForRoom(this);
      return -E.EAGAIN;
    }
    const bytes = data.take(length);
    if (bytes.length < length) return 0;
    this.deliver(to, bytes, message, undefined);
    return length;
  }

  override receive(incoming: Incoming): number {
    if ((incoming.flags & K.MSG_OOB) !== 0) return -E.EOPNOTSUPP;
    if (this.error !== 0) return -this.takeError();
    if (this.messages.length > 0) return this.receivePacket(incoming);
    return this.noDatagram(incoming.flags);
  }

  override poll(): number {
    const { peer } = this;
    let writable = this.writable;
    if (writable && peer !== undefined && this._full(peer)) {
      writable = false;
      (peer as UnixDatagram).waitForRoom(this);
    }
    return this.pollUnix(this.messages.length > 0, writable);
  }

  override get unread(): number {
    return this.messages[0]?.bytes.length ?? 0;
  }

  override close(): void {
    if (this.dead) return;
    const { peer } = this;
    this.shutdowns = K.SHUTDOWN_MASK;
    this.peer = undefined;
    this.roomMade();
    if (peer !== undefined && !peer.dead && peer.peer === this) peer.queue.wake();
    this.release(true);
  }
}

export function joinDatagrams(_net: Network, one: UnixDatagram, other: UnixDatagram): void {
  one.join(other);
  other.join(one);
}
