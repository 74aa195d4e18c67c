/** The sockets of one machine: their names, their common limits, and how they are made. */
import { EAFNOSUPPORT, EINVAL, EOPNOTSUPP, EPROTONOSUPPORT, ESOCKTNOSUPPORT } from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import * as K from '../../linux/socket.js';
import { AnonymousFileSystem, placeAnonymous } from '../../vfs/anonymous.js';
import type { VfsEnvironment } from '../../vfs/environment.js';
import type { Kernel } from '../kernel.js';
import type { Thread } from '../thread.js';
import { ANY_V4, ANY_V6, type Endpoint, isLoopback, isV4, LOOPBACK_V4, LOOPBACK_V6 } from './address.js';
import type { InetSocket } from './inet.js';
import { Inflight } from './inflight.js';
import { LOOPBACK, type NetworkInterface } from './interfaces.js';
import { NetlinkSocket } from './netlink.js';
import { Ports } from './ports.js';
import { QueuedBytes } from './queued.js';
import type { Socket } from './socket.js';
import { TcpSocket } from './tcp.js';
import type { HostNetwork } from './tcppeer.js';
import { UdpSocket } from './udp.js';
import type { UnixSocket } from './unix.js';
import { joinPair, UnixSeqpacket, UnixStream } from './unixconnected.js';
import { joinDatagrams, UnixDatagram } from './unixdatagram.js';
import { UnixNames } from './unixnames.js';

const SOCKFS_MAGIC = 0x534f434b;

/** How well a listener suits an address: -1 not at all. */
function listenerScore({ local, v6only, family }: TcpSocket, address: bigint): number {
  if (local.address === address) return 2;
  if (local.address === ANY_V4) return isV4(address) ? 1 : -1;
  if (local.address !== ANY_V6 || (v6only && isV4(address))) return -1;
  return family === K.AF_INET6 && isV4(address) ? 0 : 1;
}

export class Network {
  readonly fileSystem: AnonymousFileSystem;
  readonly interfaces: NetworkInterface[] = [LOOPBACK];
  readonly queued = new QueuedBytes();
  readonly unixNames = new UnixNames();
  /** All that a descriptor leads to or led to; not those that wait to be accepted. */
  readonly unixSockets = new Set<UnixSocket>();
  readonly inflight = new Inflight(this.unixSockets);
  readonly netlinkSockets = new Set<NetlinkSocket>();
  readonly tcpPorts: Ports<InetSocket>;
  readonly udpPorts: Ports<InetSocket>;
  /** What the machine's owner lets the guest reach outside; undefined: nothing. */
  host: HostNetwork | undefined = undefined;
  /** Ports whose listeners the host may connect to. */
  readonly published = new Set<number>();

  constructor(
    readonly kernel: Kernel,
    readonly env: VfsEnvironment,
  ) {
    this.fileSystem = new AnonymousFileSystem(env, 'sockfs', SOCKFS_MAGIC);
    this.tcpPorts = new Ports(kernel);
    this.udpPorts = new Ports(kernel);
  }

  /** The thread whose call is being served. */
  get caller(): Thread {
    const t = this.kernel.cpu.loaded;
    if (t === undefined) throw new Error('a socket is used outside a system call');
    return t;
  }

  /** socket(2), after its flags. EAFNOSUPPORT, ESOCKTNOSUPPORT, EPROTONOSUPPORT */
  create(family: number, type: number, protocol: number, nonBlocking: boolean): Socket {
    switch (family) {
      case K.AF_UNIX:
        return this._createUnix(type, protocol, nonBlocking);
      case K.AF_INET:
      case K.AF_INET6:
        return this._createInet(family, type, protocol, nonBlocking);
      case K.AF_NETLINK:
        if (type !== K.SOCK_RAW && type !== K.SOCK_DGRAM) throw new SysError(ESOCKTNOSUPPORT);
        if (protocol !== K.NETLINK_ROUTE) throw new SysError(EPROTONOSUPPORT);
        return new NetlinkSocket(this, type, nonBlocking);
      default:
        throw new SysError(EAFNOSUPPORT);
    }
  }

  private _createInet(family: number, type: number, protocol: number, nonBlocking: boolean): InetSocket {
    if (protocol < 0 || protocol >= K.IPPROTO_MAX) throw new SysError(EINVAL);
    if (type === K.SOCK_STREAM) {
      if (protocol !== 0 && protocol !== K.IPPROTO_TCP) throw new SysError(EPROTONOSUPPORT);
      return new TcpSocket(this, family, nonBlocking);
    }
    if (type === K.SOCK_DGRAM) {
      if (protocol !== 0 && protocol !== K.IPPROTO_UDP) throw new SysError(EPROTONOSUPPORT);
      return new UdpSocket(this, family, nonBlocking);
    }
    // No packets to send or to look at.
    throw new SysError(type === K.SOCK_RAW ? EPROTONOSUPPORT : ESOCKTNOSUPPORT);
  }

  // --- addresses

  /** An address of this machine. */
  isLocal(address: bigint): boolean {
    return isLoopback(address) || this.interfaces.some(({ addresses }) => addresses.some((own) => own.address === address));
  }

  /** Where packets to it come from when the program has not said. */
  sourceFor(address: bigint): bigint {
    if (this.isLocal(address)) return isLoopback(address) && isV4(address) ? LOOPBACK_V4 : address;
    const outward = this.interfaces.find(({ index }) => index !== LOOPBACK.index);
    const own = outward?.addresses.find((one) => isV4(one.address) === isV4(address));
    return own?.address ?? (isV4(address) ? LOOPBACK_V4 : LOOPBACK_V6);
  }

  /** Who listens for a connection to an address: one bound to it before one bound to any, and at random among those that share. */
  findListener(to: Endpoint): TcpSocket | undefined {
    let best: TcpSocket[] = [];
    let bestScore = -1;
    for (const socket of this.tcpPorts.holders(to.port)) {
      if (!(socket instanceof TcpSocket) || !socket.listening) continue;
      const score = listenerScore(socket, to.address);
      if (score < 0 || score < bestScore) continue;
      best = score === bestScore ? [...best, socket] : [socket];
      bestScore = score;
    }
    return this._oneOf(best);
  }

  private _oneOf<T>(many: readonly T[]): T | undefined {
    if (many.length < 2) return many[0];
    const bytes = new Uint8Array(1);
    this.env.random(bytes);
    return many[bytes[0] % many.length];
  }

  *udpSockets(port: number): IterableIterator<UdpSocket> {
    for (const socket of this.udpPorts.holders(port)) if (socket instanceof UdpSocket) yield socket;
  }

  /** Who gets a datagram: the socket that was most particular about it, the latest of those that share by SO_REUSEADDR. */
  findDatagramSocket(to: Endpoint, from: Endpoint): UdpSocket | undefined {
    let best: UdpSocket[] = [];
    let bestScore = -1;
    for (const socket of this.udpSockets(to.port)) {
      const score = socket.score(to, from);
      if (score < 0 || score < bestScore) continue;
      best = score === bestScore ? [...best, socket] : [socket];
      bestScore = score;
    }
    return best.every(({ reusePort }) => reusePort) ? this._oneOf(best) : best.at(-1);
  }

  private _createUnix(type: number, protocol: number, nonBlocking: boolean): UnixStream | UnixSeqpacket | UnixDatagram {
    if (protocol !== 0 && protocol !== K.AF_UNIX) throw new SysError(EPROTONOSUPPORT);
    if (type === K.SOCK_STREAM) return new UnixStream(this, nonBlocking);
    if (type === K.SOCK_SEQPACKET) return new UnixSeqpacket(this, nonBlocking);
    if (type === K.SOCK_DGRAM || type === K.SOCK_RAW) return new UnixDatagram(this, nonBlocking);
    throw new SysError(ESOCKTNOSUPPORT);
  }

  /** socketpair(2). EOPNOTSUPP: the family has no pairs. */
  createPair(family: number, type: number, protocol: number, nonBlocking: boolean): [Socket, Socket] {
    const one = this.create(family, type, protocol, nonBlocking);
    const other = this.create(family, type, protocol, nonBlocking);
    if (one instanceof UnixDatagram && other instanceof UnixDatagram) joinDatagrams(this, one, other);
    else if (one instanceof UnixStream && other instanceof UnixStream) joinPair(this, one, other);
    else if (one instanceof UnixSeqpacket && other instanceof UnixSeqpacket) joinPair(this, one, other);
    else {
      one.close();
      other.close();
      throw new SysError(EOPNOTSUPP);
    }
    return [one, other];
  }

  /** Gives a socket its place: 'socket:[7]' in /proc/self/fd. */
  place<T extends Socket>(t: Thread, socket: T): T {
    return placeAnonymous(t.fs.namespace, socket, `socket:[${socket.inode.ino}]`);
  }
}
