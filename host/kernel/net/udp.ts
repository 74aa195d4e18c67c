/** UDP inside the machine, and out of it where the owner lets the guest (udp(7)). */
import * as E from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import { POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../../linux/poll.js';
import * as K from '../../linux/socket.js';
import * as A from './address.js';
import { InetSocket } from './inet.js';
import type { Incoming, Outgoing } from './message.js';
import type { Ports } from './ports.js';
import { chargeOf } from './queued.js';
import type { HostNetwork } from './tcppeer.js';

/** 65535 less the headers of IP and UDP. */
const BYTES_MAX = 65507;
const LOOPBACK_INDEX = 1;
const TTL = 64;

interface Datagram {
  readonly bytes: Uint8Array;
  readonly from: A.Endpoint;
  /** Where it was sent to. */
  readonly to: bigint;
  readonly charge: number;
}

export class UdpSocket extends InetSocket {
  readonly type = K.SOCK_DGRAM;
  readonly protocol = K.IPPROTO_UDP;
  private readonly _messages: Datagram[] = [];
  /** Memory that the messages take. */
  private _charged = 0;
  private _closed = false;
  private _outside: ReturnType<HostNetwork['bindDatagram']> | undefined = undefined;

  protected override get ports(): Ports<InetSocket> {
    return this.net.udpPorts;
  }

  override connect(bytes: Uint8Array): number {
    if (A.familyOf(bytes) === K.AF_UNSPEC) {
      this.remote = undefined;
      if (!this.addressFixed) this.local = { address: this.any, port: this.local.port };
      return 0;
    }
    const to = this.readDestination(bytes);
    this._requireBroadcast(to.address);
    this.routeTo(to.address);
    this.autobind();
    this.local = { address: this.sourceFor(to.address), port: this.local.port };
    this.remote = to;
    return 0;
  }

  override peerName(): Uint8Array {
    if (this.remote === undefined) throw new SysError(E.ENOTCONN);
    return A.writeEndpoint(this.family, this.remote);
  }

  private _requireBroadcast(address: bigint): void {
    if (A.isBroadcast(address) && !this.options.broadcast) throw new SysError(E.EACCES);
  }

  override shutdown(how: number): void {
    this.shutdowns |= how + 1;
    this.queue.wake();
    if (this.remote === undefined) throw new SysError(E.ENOTCONN);
  }

  // --- sending

  override send(message: Outgoing): number {
    const { data, to: name } = message;
    const length = data.remaining;
    if (length > 0xffff) return -E.EMSGSIZE;
    if ((message.flags & K.MSG_OOB) !== 0) return -E.EOPNOTSUPP;
    const to = name === undefined || name.length === 0 ? this.remote : this._destination(name);
    if (to === undefined) return -E.EDESTADDRREQ;
    if (this.error !== 0) return -this.takeError();
    if ((this.shutdowns & K.SEND_SHUTDOWN) !== 0) return -E.EPIPE;
    if (length > BYTES_MAX) return -E.EMSGSIZE;
    this._requireBroadcast(to.address);
    const route = A.isMulticast(to.address) ? 'inside' : this.routeTo(to.address);
    this.autobind();
    const bytes = data.take(length);
    if (bytes.length < length) return 0;
    if (route === 'outside') this._sendOutside(bytes, to);
    else this._sendInside(bytes, to);
    return length;
  }

  /** EINVAL: port 0. */
  private _destination(bytes: Uint8Array): A.Endpoint {
    const to = this.readDestination(bytes);
    if (to.port === 0) throw new SysError(E.EINVAL);
    return to;
  }

  private _sendInside(bytes: Uint8Array, to: A.Endpoint): void {
    const from = { address: this.sourceFor(to.address), port: this.local.port };
    const charge = chargeOf(bytes.length);
    if (A.isMulticast(to.address)) {
      if (!this.ip.multicastLoop) return;
      for (const socket of this.net.udpSockets(to.port)) {
        if (socket.ip.groups.has(to.address)) socket.deliver({ bytes, from, to: to.address, charge });
      }
      return;
    }
    const receiver = this.net.findDatagramSocket(to, from);
    if (receiver !== undefined) receiver.deliver({ bytes, from, to: to.address, charge });
    // "Port unreachable" finds its way to who is connected there.
    else if (this.remote !== undefined && this.remote.port === to.port && this.remote.address === to.address) this.raise(E.ECONNREFUSED);
  }

  private _sendOutside(bytes: Uint8Array, to: A.Endpoint): void {
    this._outside ??= this.net.host?.bindDatagram((data, from) => {
      this.deliver({ bytes: data, from, to: this.local.address, charge: chargeOf(data.length) });
    });
    this._outside?.send(bytes, to);
  }

  /** How well a datagram suits: -1 not at all; a connected socket suits better than a bound one. */
  score(to: A.Endpoint, from: A.Endpoint): number {
    const { local, remote } = this;
    let score = 0;
    if (local.address === to.address) score += 2;
    else if (local.address === A.ANY_V4 ? !A.isV4(to.address) : local.address !== A.ANY_V6 || (this.v6only && A.isV4(to.address)))
      return -1;
    if (remote !== undefined) {
      if (remote.address !== from.address || remote.port !== from.port) return -1;
      score += 4;
    }
    if (this.family === K.AF_INET) score += 1;
    return score;
  }

  /** What finds no room is lost. */
  deliver(message: Datagram): void {
    if (this._closed || this._charged + message.charge > Math.max(this.options.receiveBytes, message.charge)) return;
    if (this.net.queued.room(this._charged, Number.POSITIVE_INFINITY) < message.charge) return;
    this._messages.push(message);
    this._charged += message.charge;
    this.net.queued.total += message.charge;
    this.queue.wake(POLLIN | POLLRDNORM);
  }

  private _settle(message: Datagram): void {
    this._charged -= message.charge;
    this.net.queued.total -= message.charge;
  }

  // --- receiving

  override receive(incoming: Incoming): number {
    const { data, flags } = incoming;
    if (this.error !== 0) return -this.takeError();
    const message = this._messages[0];
    if ((flags & K.MSG_ERRQUEUE) !== 0) return -E.EAGAIN;
    if (message === undefined) return this.noDatagram(flags);
    const { bytes, from } = message;
    const put = data.put(bytes);
    incoming.from = A.writeEndpoint(this.family, from);
    if (put < bytes.length) incoming.resultFlags |= K.MSG_TRUNC;
    this._describe(message, incoming);
    if ((flags & K.MSG_PEEK) === 0) {
      this._messages.shift();
      this._settle(message);
    }
    return (flags & K.MSG_TRUNC) !== 0 ? bytes.length : put;
  }

  /** What IP_PKTINFO and its kin ask to be told. */
  private _describe({ to }: Datagram, { controls }: Incoming): void {
    const { packetInfo, packetInfo6, receiveTtl } = this.ip;
    if (packetInfo && A.isV4(to)) {
      const bytes = new Uint8Array(12);
      const view = new DataView(bytes.buffer);
      view.setInt32(0, LOOPBACK_INDEX, true);
      view.setUint32(4, Number(to & 0xffffffffn), false);
      view.setUint32(8, Number(to & 0xffffffffn), false);
      controls.push({ level: K.SOL_IP, type: K.IP_PKTINFO, bytes });
    }
    if (receiveTtl && A.isV4(to)) controls.push({ level: K.SOL_IP, type: K.IP_TTL, bytes: Uint8Array.of(TTL, 0, 0, 0) });
    if (packetInfo6 && this.family === K.AF_INET6) {
      const bytes = new Uint8Array(20);
      const view = new DataView(bytes.buffer);
      view.setBigUint64(0, to >> 64n, false);
      view.setBigUint64(8, to & 0xffffffffffffffffn, false);
      view.setInt32(16, LOOPBACK_INDEX, true);
      controls.push({ level: K.SOL_IPV6, type: K.IPV6_PKTINFO, bytes });
    }
  }

  override poll(): number {
    const events = this.pollCommon(this._messages.length > 0, true);
    return events | POLLOUT | POLLWRNORM;
  }

  override get unread(): number {
    return this._messages[0]?.bytes.length ?? 0;
  }

  override get unsent(): number {
    return 0;
  }

  override hostMayWake(): boolean {
    return this._outside !== undefined;
  }

  override close(): void {
    if (this._closed) return;
    this._closed = true;
    for (const message of this._messages.splice(0)) this._settle(message);
    this.ports.remove(this);
    this._outside?.close();
  }
}
