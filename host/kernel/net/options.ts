/** Options of level SOL_SOCKET (socket(7)). */
import * as E from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import * as K from '../../linux/socket.js';
import { NS_PER_SECOND } from '../clock.js';
import { CAP_NET_ADMIN, CAP_NET_RAW, hasCapability } from '../credentials.js';
import type { Socket } from './socket.js';

const TIMEVAL_BYTES = 16;
const PRIORITY_MAX = 6;
const INTERFACE_NAME_BYTES = 16;

/** What can be set and asked for on a socket of any family. A connection that is accepted starts with its listener's. */
export class SocketOptions {
  reuseAddress = false;
  reusePort = false;
  broadcast = false;
  passCredentials = false;
  /** undefined: close does not linger. */
  lingerSeconds: number | undefined = undefined;
  sendBytes = K.BUFFER_BYTES_DEFAULT;
  receiveBytes = K.BUFFER_BYTES_DEFAULT;
  /** Set by the program: not to be adapted. */
  sendBytesFixed = false;
  receiveLow = 1;
  receiveTimeoutNs = Number.POSITIVE_INFINITY;
  sendTimeoutNs = Number.POSITIVE_INFINITY;
  device = '';
  /** Those without an effect here, as they were set. */
  readonly others = new Map<number, number>();

  copy(): SocketOptions {
    const copy = Object.assign(new SocketOptions(), this);
    return Object.assign(copy, { others: new Map(this.others) });
  }
}

/** Booleans and numbers that change nothing between two programs of one machine. */
const REMEMBERED_FLAGS: readonly number[] = [
  K.SO_DEBUG,
  K.SO_DONTROUTE,
  K.SO_KEEPALIVE,
  K.SO_OOBINLINE,
  K.SO_NO_CHECK,
  K.SO_TIMESTAMP,
  K.SO_TIMESTAMPNS,
  K.SO_RXQ_OVFL,
];

export function int(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}

/** EINVAL: less than an int was given. */
export function readInt(bytes: Uint8Array): number {
  if (bytes.length < 4) throw new SysError(E.EINVAL);
  return new DataView(bytes.buffer, bytes.byteOffset).getInt32(0, true);
}

function timeval(ns: number): Uint8Array {
  const bytes = new Uint8Array(TIMEVAL_BYTES);
  if (ns === Number.POSITIVE_INFINITY) return bytes;
  const view = new DataView(bytes.buffer);
  view.setBigInt64(0, BigInt(Math.floor(ns / NS_PER_SECOND)), true);
  view.setBigInt64(8, BigInt(Math.floor((ns % NS_PER_SECOND) / 1000)), true);
  return bytes;
}

/** Nanoseconds; no time is no limit. EINVAL, EDOM: a fraction that is none. */
function readTimeout(bytes: Uint8Array): number {
  if (bytes.length < TIMEVAL_BYTES) throw new SysError(E.EINVAL);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const [seconds, us] = [Number(view.getBigInt64(0, true)), Number(view.getBigInt64(8, true))];
  if (us < 0 || us >= 1e6) throw new SysError(E.EDOM);
  if (seconds < 0) return 0;
  if ((seconds === 0 && us === 0) || seconds > 2 ** 33) return Number.POSITIVE_INFINITY;
  return seconds * NS_PER_SECOND + us * 1000;
}

function ucred(pid: number, uid: number, gid: number): Uint8Array {
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, pid, true);
  view.setUint32(4, uid, true);
  view.setUint32(8, gid, true);
  return bytes;
}

/** ENOPROTOOPT: there is no such option. */
export function getSocketOption(socket: Socket, name: number): Uint8Array {
  const { options } = socket;
  if (REMEMBERED_FLAGS.includes(name)) return int(options.others.get(name) ?? 0);
  switch (name) {
    case K.SO_REUSEADDR:
      return int(Number(options.reuseAddress));
    case K.SO_REUSEPORT:
      return int(Number(options.reusePort));
    case K.SO_BROADCAST:
      return int(Number(options.broadcast));
    case K.SO_PASSCRED:
      return int(Number(options.passCredentials));
    case K.SO_TYPE:
      return int(socket.type);
    case K.SO_ERROR:
      return int(socket.takeError());
    case K.SO_DOMAIN:
      return int(socket.family);
    case K.SO_PROTOCOL:
      return int(socket.protocol);
    case K.SO_ACCEPTCONN:
      return int(Number(socket.listening));
    case K.SO_SNDBUF:
      return int(options.sendBytes);
    case K.SO_RCVBUF:
      return int(options.receiveBytes);
    case K.SO_RCVLOWAT:
      return int(options.receiveLow);
    case K.SO_SNDLOWAT:
      return int(1);
    case K.SO_PRIORITY:
    case K.SO_MARK:
      return int(options.others.get(name) ?? 0);
    case K.SO_BSDCOMPAT:
      return int(0);
    case K.SO_LINGER: {
      const bytes = new Uint8Array(8);
      bytes.set(int(Number(options.lingerSeconds !== undefined)), 0);
      bytes.set(int(options.lingerSeconds ?? socket.unusedLinger), 4);
      return bytes;
    }
    case K.SO_RCVTIMEO:
    case K.SO_RCVTIMEO_NEW:
      return timeval(options.receiveTimeoutNs);
    case K.SO_SNDTIMEO:
    case K.SO_SNDTIMEO_NEW:
      return timeval(options.sendTimeoutNs);
    case K.SO_PEERCRED: {
      const peer = socket.peerCredentials;
      return peer === undefined ? ucred(0, 0xffffffff, 0xffffffff) : ucred(peer.pid, peer.uid, peer.gid);
    }
    case K.SO_PEERNAME:
      return socket.peerName();
    case K.SO_BINDTODEVICE:
      return new TextEncoder().encode(options.device === '' ? '' : `${options.device}\0`);
    case K.SO_COOKIE: {
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setBigUint64(0, BigInt(socket.inode.ino), true);
      return bytes;
    }
    default:
      throw new SysError(E.ENOPROTOOPT);
  }
}

/** The kernel keeps twice what was asked for, for its own records. */
function bufferBytes(value: number, least: number, forced: boolean): number {
  const asked = forced ? Math.min(Math.max(value, 0), 0x3fffffff) : Math.min(value >>> 0, K.BUFFER_BYTES_DEFAULT);
  return Math.max(asked * 2, least);
}

function requireAdmin(socket: Socket): void {
  if (!hasCapability(socket.net.caller.cred, CAP_NET_ADMIN)) throw new SysError(E.EPERM);
}

/** ENOPROTOOPT; EINVAL: too short. */
export function setSocketOption(socket: Socket, name: number, bytes: Uint8Array): void {
  const { options } = socket;
  if (name === K.SO_BINDTODEVICE) {
    bindToDevice(socket, bytes);
    return;
  }
  const value = readInt(bytes);
  const on = value !== 0;
  if (REMEMBERED_FLAGS.includes(name)) {
    if (name === K.SO_DEBUG && on) {
      if (!hasCapability(socket.net.caller.cred, CAP_NET_ADMIN)) throw new SysError(E.EACCES);
    }
    options.others.set(name, Number(on));
    return;
  }
  switch (name) {
    case K.SO_REUSEADDR:
      options.reuseAddress = on;
      return;
    case K.SO_REUSEPORT:
      if (on && socket.family === K.AF_UNIX) throw new SysError(E.EOPNOTSUPP);
      options.reusePort = on;
      return;
    case K.SO_BROADCAST:
      options.broadcast = on;
      return;
    case K.SO_PASSCRED:
      if (!socket.passesCredentials) throw new SysError(E.EOPNOTSUPP);
      options.passCredentials = on;
      return;
    case K.SO_SNDBUFFORCE:
    case K.SO_SNDBUF:
      if (name === K.SO_SNDBUFFORCE) requireAdmin(socket);
      options.sendBytes = bufferBytes(value, K.SEND_BUFFER_MIN, name === K.SO_SNDBUFFORCE);
      options.sendBytesFixed = true;
      socket.queue.wake();
      return;
    case K.SO_RCVBUFFORCE:
    case K.SO_RCVBUF:
      if (name === K.SO_RCVBUFFORCE) requireAdmin(socket);
      options.receiveBytes = bufferBytes(value, K.RECEIVE_BUFFER_MIN, name === K.SO_RCVBUFFORCE);
      return;
    case K.SO_RCVLOWAT:
      options.receiveLow = value < 0 ? 0x7fffffff : value || 1;
      socket.queue.wake();
      return;
    case K.SO_PRIORITY:
      if (value < 0 || value > PRIORITY_MAX) requirePriority(socket);
      options.others.set(name, value);
      return;
    case K.SO_MARK:
      requirePriority(socket);
      options.others.set(name, value);
      return;
    case K.SO_BSDCOMPAT:
      return;
    case K.SO_LINGER:
      if (bytes.length < 8) throw new SysError(E.EINVAL);
      options.lingerSeconds = on ? readInt(bytes.subarray(4)) : undefined;
      return;
    case K.SO_RCVTIMEO:
    case K.SO_RCVTIMEO_NEW:
      options.receiveTimeoutNs = readTimeout(bytes);
      return;
    case K.SO_SNDTIMEO:
    case K.SO_SNDTIMEO_NEW:
      options.sendTimeoutNs = readTimeout(bytes);
      return;
    default:
      throw new SysError(E.ENOPROTOOPT);
  }
}

function requirePriority(socket: Socket): void {
  const { cred } = socket.net.caller;
  if (!hasCapability(cred, CAP_NET_ADMIN) && !hasCapability(cred, CAP_NET_RAW)) throw new SysError(E.EPERM);
}

/** An empty name takes the binding away. */
function bindToDevice(socket: Socket, bytes: Uint8Array): void {
  const end = bytes.indexOf(0);
  const name = new TextDecoder().decode(bytes.subarray(0, Math.min(end < 0 ? bytes.length : end, INTERFACE_NAME_BYTES - 1)));
  if (name !== '' && !socket.net.interfaces.some((one) => one.name === name)) throw new SysError(E.ENODEV);
  socket.options.device = name;
}
