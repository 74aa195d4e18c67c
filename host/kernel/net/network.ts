/** The sockets of one machine: their names, their common limits, and how they are made. */
import { EAFNOSUPPORT, EOPNOTSUPP, EPROTONOSUPPORT, ESOCKTNOSUPPORT } from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import * as K from '../../linux/socket.js';
import { AnonymousFileSystem, placeAnonymous } from '../../vfs/anonymous.js';
import type { VfsEnvironment } from '../../vfs/environment.js';
import type { Kernel } from '../kernel.js';
import type { Thread } from '../thread.js';
import { Inflight } from './inflight.js';
import { LOOPBACK, type NetworkInterface } from './interfaces.js';
import { QueuedBytes } from './queued.js';
import type { Socket } from './socket.js';
import type { UnixSocket } from './unix.js';
import { joinPair, UnixSeqpacket, UnixStream } from './unixconnected.js';
import { joinDatagrams, UnixDatagram } from './unixdatagram.js';
import { UnixNames } from './unixnames.js';

const SOCKFS_MAGIC = 0x534f434b;

export class Network {
  readonly fileSystem: AnonymousFileSystem;
  readonly interfaces: NetworkInterface[] = [LOOPBACK];
  readonly queued = new QueuedBytes();
  readonly unixNames = new UnixNames();
  /** All that a descriptor leads to or led to; not those that wait to be accepted. */
  readonly unixSockets = new Set<UnixSocket>();
  readonly inflight = new Inflight(() => this.unixSockets);

  constructor(
    readonly kernel: Kernel,
    readonly env: VfsEnvironment,
  ) {
    this.fileSystem = new AnonymousFileSystem(env, 'sockfs', SOCKFS_MAGIC);
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
        return this.#createUnix(type, protocol, nonBlocking);
      default:
        throw new SysError(EAFNOSUPPORT);
    }
  }

  #createUnix(type: number, protocol: number, nonBlocking: boolean): UnixStream | UnixSeqpacket | UnixDatagram {
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
