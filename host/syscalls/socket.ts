/** Making, naming and connecting sockets, and their options. */
import * as E from '../../assembly/shared/errno.js';
import type { Socket } from '../kernel/net/socket.js';
import type { Thread } from '../kernel/thread.js';
import { SysError } from '../linux/error.js';
import { O_CLOEXEC, O_NONBLOCK } from '../linux/fcntl.js';
import * as K from '../linux/socket.js';
import { releaseFile } from '../vfs/openfile.js';
import { isBlocking, sleepOn } from './file.js';
import { descriptorLimit } from './lookup.js';
import { row } from './row.js';
import { bringIn, readAddress, socketOf, writeAddress } from './socketaddress.js';
import { socketTransferRows } from './sockettransfer.js';

const TYPE_FLAGS = O_CLOEXEC | O_NONBLOCK;
const OPTION_BYTES_MAX = 512;

/** EINVAL, EAFNOSUPPORT: what socket and socketpair say before they look at the family's own rules. */
function checkKind(domain: number, type: number): void {
  if ((type & ~(K.SOCK_TYPE_MASK | TYPE_FLAGS)) !== 0) throw new SysError(E.EINVAL);
  if (domain < 0 || domain >= K.AF_MAX) throw new SysError(E.EAFNOSUPPORT);
  if ((type & K.SOCK_TYPE_MASK) >= K.SOCK_MAX) throw new SysError(E.EINVAL);
}

function install(t: Thread, made: Socket, cloexec: boolean): number {
  return t.files.install(t.kernel.net.place(t, made), cloexec, 0, descriptorLimit(t));
}

function socket(t: Thread, domain: number, type: number, protocol: number): number {
  checkKind(domain, type);
  t.files.requireFree(1, descriptorLimit(t));
  const made = t.kernel.net.create(domain, type & K.SOCK_TYPE_MASK, protocol, (type & O_NONBLOCK) !== 0);
  return install(t, made, (type & O_CLOEXEC) !== 0);
}

function socketpair(t: Thread, domain: number, type: number, protocol: number, address: number): number {
  checkKind(domain, type);
  t.files.requireFree(2, descriptorLimit(t));
  t.user.prepareWrite(address, 8);
  const [one, other] = t.kernel.net.createPair(domain, type & K.SOCK_TYPE_MASK, protocol, (type & O_NONBLOCK) !== 0);
  const cloexec = (type & O_CLOEXEC) !== 0;
  t.user.writeU32(address, install(t, one, cloexec));
  t.user.writeU32(address + 4, install(t, other, cloexec));
  return 0;
}

function bind(t: Thread, fd: number, address: number, length: number): number {
  const found = socketOf(t, fd);
  found.bind(readAddress(t, address, length));
  return 0;
}

function listen(t: Thread, fd: number, backlog: number): number {
  socketOf(t, fd).listen(backlog);
  return 0;
}

function connect(t: Thread, fd: number, address: number, length: number): number {
  const found = socketOf(t, fd);
  const to = readAddress(t, address, length);
  const result = found.connect(to, !isBlocking(found));
  if (result !== -E.EAGAIN) return result;
  const slept = sleepOn(t, found, true);
  return slept === -E.EAGAIN ? -found.connectTimeoutErrno : slept;
}

function accept(t: Thread, fd: number, address: number, lengthAddress: number): number {
  return accept4(t, fd, address, lengthAddress, 0);
}

function accept4(t: Thread, fd: number, address: number, lengthAddress: number, flags: number): number {
  t.files.get(fd);
  if ((flags & ~TYPE_FLAGS) !== 0) return -E.EINVAL;
  t.files.requireFree(1, descriptorLimit(t));
  const listener = socketOf(t, fd);
  if (address !== 0) bringIn(t, lengthAddress, 4);
  const made = listener.accept((flags & O_NONBLOCK) !== 0);
  if (made === undefined) return isBlocking(listener) ? sleepOn(t, listener) : -E.EAGAIN;
  try {
    if (address !== 0) writeAddress(t, peerOf(made), address, lengthAddress);
  } catch (error) {
    releaseFile(made);
    throw error;
  }
  return install(t, made, (flags & O_CLOEXEC) !== 0);
}

/** Who was accepted may be gone again. */
function peerOf(made: Socket): Uint8Array {
  try {
    return made.peerName();
  } catch (error) {
    if (error instanceof SysError && error.errno === E.ENOTCONN) throw new SysError(E.ECONNABORTED);
    throw error;
  }
}

function getsockname(t: Thread, fd: number, address: number, lengthAddress: number): number {
  writeAddress(t, socketOf(t, fd).name(), address, lengthAddress);
  return 0;
}

function getpeername(t: Thread, fd: number, address: number, lengthAddress: number): number {
  writeAddress(t, socketOf(t, fd).peerName(), address, lengthAddress);
  return 0;
}

function shutdown(t: Thread, fd: number, how: number): number {
  const found = socketOf(t, fd);
  if (how < K.SHUT_RD || how > K.SHUT_RDWR) return -E.EINVAL;
  found.shutdown(how);
  return 0;
}

function setsockopt(t: Thread, fd: number, level: number, name: number, address: number, length: number): number {
  if (length < 0) return -E.EINVAL;
  const found = socketOf(t, fd);
  found.setOption(level, name, t.user.read(address, Math.min(length, OPTION_BYTES_MAX)));
  return 0;
}

function getsockopt(t: Thread, fd: number, level: number, name: number, address: number, lengthAddress: number): number {
  const found = socketOf(t, fd);
  const room = t.user.readI32(lengthAddress);
  if (room < 0) return -E.EINVAL;
  bringIn(t, lengthAddress, 4);
  const bytes = found.getOption(level, name).subarray(0, room);
  t.user.write(address, bytes);
  t.user.writeU32(lengthAddress, bytes.length);
  return 0;
}

export const socketRows = [
  row(198, 'socket', ['enum:domain', 'enum:sockettype', 'int'], socket, {
    partial: 'AF_UNIX; AF_INET, AF_INET6: TCP and UDP; AF_NETLINK: NETLINK_ROUTE, to read; others EAFNOSUPPORT',
  }),
  row(199, 'socketpair', ['enum:domain', 'enum:sockettype', 'int', 'out:int2'], socketpair),
  row(200, 'bind', ['fd', 'pointer', 'int'], bind),
  row(201, 'listen', ['fd', 'int'], listen),
  row(202, 'accept', ['fd', 'pointer', 'pointer'], accept),
  row(203, 'connect', ['fd', 'pointer', 'int'], connect),
  row(204, 'getsockname', ['fd', 'pointer', 'pointer'], getsockname),
  row(205, 'getpeername', ['fd', 'pointer', 'pointer'], getpeername),
  row(208, 'setsockopt', ['fd', 'int', 'int', 'pointer', 'int'], setsockopt, {
    partial: 'those of socket(7), ip(7), ipv6(7), tcp(7), udp(7) that matter inside one machine; others ENOPROTOOPT',
  }),
  row(209, 'getsockopt', ['fd', 'int', 'int', 'pointer', 'pointer'], getsockopt, { partial: 'as setsockopt' }),
  row(210, 'shutdown', ['fd', 'int'], shutdown),
  row(242, 'accept4', ['fd', 'pointer', 'pointer', 'hex'], accept4),
  ...socketTransferRows,
];
