/** Options of levels IPPROTO_IP and IPPROTO_IPV6 (ip(7), ipv6(7)). */
import * as E from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import * as K from '../../linux/socket.js';
import { CAP_NET_ADMIN, CAP_NET_RAW, hasCapability } from '../credentials.js';
import * as A from './address.js';
import type { InetSocket } from './inet.js';
import { int, readInt } from './options.js';

/** Numbers that are remembered, with their defaults and ranges: what they change lies on the wire, and there is none. */
const IP_NUMBERS: ReadonlyMap<number, readonly [initial: number, least: number, most: number]> = new Map([
  [K.IP_TOS, [0, -0x80000000, 0x7fffffff]],
  [K.IP_TTL, [64, 1, 255]],
  [K.IP_RECVOPTS, [0, 0, 1]],
  [K.IP_RETOPTS, [0, 0, 1]],
  [K.IP_MTU_DISCOVER, [1, 0, 5]],
  [K.IP_RECVERR, [0, 0, 1]],
  [K.IP_RECVTOS, [0, 0, 1]],
  [K.IP_MULTICAST_TTL, [1, -1, 255]],
  [K.IP_MULTICAST_LOOP, [1, 0, 1]],
  [K.IP_MULTICAST_ALL, [1, 0, 1]],
  [K.IP_BIND_ADDRESS_NO_PORT, [0, 0, 1]],
]);
const IPV6_NUMBERS: ReadonlyMap<number, readonly [initial: number, least: number, most: number]> = new Map([
  [K.IPV6_UNICAST_HOPS, [64, -1, 255]],
  [K.IPV6_MULTICAST_HOPS, [1, -1, 255]],
  [K.IPV6_MULTICAST_LOOP, [1, 0, 1]],
  [K.IPV6_MTU_DISCOVER, [1, 0, 5]],
  [K.IPV6_RECVERR, [0, 0, 1]],
  [K.IPV6_RECVHOPLIMIT, [0, 0, 1]],
  [K.IPV6_RECVTCLASS, [0, 0, 1]],
  [K.IPV6_TCLASS, [0, -1, 255]],
]);
const LOOPBACK_MTU = 65535;

/** Numbers may be given as a single byte, too. */
function readNumber(bytes: Uint8Array): number {
  if (bytes.length >= 4) return readInt(bytes);
  if (bytes.length === 0) throw new SysError(E.EINVAL);
  return bytes[0];
}

export class IpOptions {
  v6only = false;
  freeBind = false;
  packetInfo = false;
  packetInfo6 = false;
  receiveTtl = false;
  /** Groups joined. */
  readonly groups = new Set<bigint>();
  private readonly _numbers = new Map<number, number>();

  constructor(readonly family: number) {}

  get multicastLoop(): boolean {
    const name = this.family === K.AF_INET ? K.IP_MULTICAST_LOOP : K.IPV6_MULTICAST_LOOP;
    return (this._numbers.get(this.family === K.AF_INET ? name : -name) ?? 1) !== 0;
  }

  get(socket: InetSocket, level: number, name: number): Uint8Array {
    const six = level === K.SOL_IPV6;
    const number = (six ? IPV6_NUMBERS : IP_NUMBERS).get(name);
    if (number !== undefined) return int(this._numbers.get(six ? -name : name) ?? number[0]);
    if (six) {
      if (name === K.IPV6_V6ONLY) return int(Number(this.v6only));
      if (name === K.IPV6_RECVPKTINFO) return int(Number(this.packetInfo6));
      if (name === K.IPV6_MULTICAST_IF) return int(0);
    } else {
      if (name === K.IP_PKTINFO) return int(Number(this.packetInfo));
      if (name === K.IP_RECVTTL) return int(Number(this.receiveTtl));
      if (name === K.IP_FREEBIND) return int(Number(this.freeBind));
      if (name === K.IP_OPTIONS) return new Uint8Array(0);
      if (name === K.IP_MULTICAST_IF) return int(0);
    }
    if ((six && name === K.IPV6_MTU) || (!six && name === K.IP_MTU)) {
      if (socket.remote === undefined) throw new SysError(E.ENOTCONN);
      return int(LOOPBACK_MTU);
    }
    throw new SysError(E.ENOPROTOOPT);
  }

  set(socket: InetSocket, level: number, name: number, bytes: Uint8Array): void {
    const six = level === K.SOL_IPV6;
    const number = (six ? IPV6_NUMBERS : IP_NUMBERS).get(name);
    if (number !== undefined) {
      const [initial, least, most] = number;
      const value = readNumber(bytes);
      if (most === 1) this._numbers.set(six ? -name : name, Number(value !== 0));
      else if (value !== -1 && (value < least || value > most)) throw new SysError(E.EINVAL);
      else this._numbers.set(six ? -name : name, value === -1 ? initial : value);
      return;
    }
    if (six) this._setSix(socket, name, bytes);
    else this._setFour(socket, name, bytes);
  }

  private _setFour(socket: InetSocket, name: number, bytes: Uint8Array): void {
    switch (name) {
      case K.IP_PKTINFO:
        this.packetInfo = readNumber(bytes) !== 0;
        return;
      case K.IP_RECVTTL:
        this.receiveTtl = readNumber(bytes) !== 0;
        return;
      case K.IP_FREEBIND:
        this.freeBind = readNumber(bytes) !== 0;
        return;
      case K.IP_TRANSPARENT: {
        const { cred } = socket.net.caller;
        if (!hasCapability(cred, CAP_NET_ADMIN) && !hasCapability(cred, CAP_NET_RAW)) throw new SysError(E.EPERM);
        throw new SysError(E.ENOPROTOOPT);
      }
      case K.IP_OPTIONS:
        if (bytes.length > 0) throw new SysError(E.EINVAL);
        return;
      case K.IP_MULTICAST_IF:
        if (bytes.length < 4) throw new SysError(E.EINVAL);
        return;
      case K.IP_ADD_MEMBERSHIP:
      case K.IP_DROP_MEMBERSHIP: {
        // struct ip_mreq or ip_mreqn
        if (bytes.length < 8) throw new SysError(E.EINVAL);
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
        const index = bytes.length < 12 ? 0 : view.getInt32(8, true);
        const near = index === 0 ? A.mapped(view.getUint32(4, false)) : A.ANY_V4;
        this._member(A.mapped(view.getUint32(0, false)), near, index, socket, name === K.IP_ADD_MEMBERSHIP);
        return;
      }
      default:
        throw new SysError(E.ENOPROTOOPT);
    }
  }

  private _setSix(socket: InetSocket, name: number, bytes: Uint8Array): void {
    switch (name) {
      case K.IPV6_V6ONLY:
        if (bytes.length < 4 || socket.local.port !== 0) throw new SysError(E.EINVAL);
        this.v6only = readInt(bytes) !== 0;
        return;
      case K.IPV6_RECVPKTINFO:
        this.packetInfo6 = readInt(bytes) !== 0;
        return;
      case K.IPV6_MULTICAST_IF: {
        const index = readInt(bytes);
        if (index !== 0 && !socket.net.interfaces.some((one) => one.index === index)) throw new SysError(E.ENODEV);
        return;
      }
      case K.IPV6_ADD_MEMBERSHIP:
      case K.IPV6_DROP_MEMBERSHIP: {
        if (bytes.length < 20) throw new SysError(E.EINVAL);
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
        const group = (view.getBigUint64(0, false) << 64n) | view.getBigUint64(8, false);
        this._member(group, A.ANY_V4, view.getInt32(16, true), socket, name === K.IPV6_ADD_MEMBERSHIP);
        return;
      }
      default:
        throw new SysError(E.ENOPROTOOPT);
    }
  }

  /** EINVAL: no group; ENODEV: no interface has that address or number; EADDRINUSE: joined already; EADDRNOTAVAIL: not joined. */
  private _member(group: bigint, near: bigint, index: number, socket: InetSocket, join: boolean): void {
    if (!A.isMulticast(group)) throw new SysError(E.EINVAL);
    if (near !== A.ANY_V4 && !socket.net.isLocal(near)) throw new SysError(E.ENODEV);
    if (index !== 0 && !socket.net.interfaces.some((one) => one.index === index)) throw new SysError(E.ENODEV);
    if (join === this.groups.has(group)) throw new SysError(join ? E.EADDRINUSE : E.EADDRNOTAVAIL);
    if (join) this.groups.add(group);
    else this.groups.delete(group);
  }
}
