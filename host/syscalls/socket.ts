/** Sockets: there is no network. Pairs of connected local streams are two pipes. */
import * as E from '../../assembly/shared/errno.js';
import type { UserMemory } from '../core/user.js';
import type { Thread } from '../kernel/thread.js';
import { SysError } from '../linux/error.js';
import { O_CLOEXEC, O_NONBLOCK, O_RDWR } from '../linux/fcntl.js';
import { FIONREAD, TIOCOUTQ } from '../linux/ioctl.js';
import * as P from '../linux/poll.js';
import { S_IFSOCK } from '../linux/stat.js';
import { anonymousFileSystems, placeAnonymous } from '../vfs/anonymous.js';
import { Pipe } from '../vfs/pipe.js';
import { type IoBuffer, OpenFile } from '../vfs/types.js';
import type { WaitQueue } from '../vfs/wait.js';
import { DescriptorInode } from './anonymous.js';
import { descriptorLimit } from './lookup.js';
import { row, type SyscallHandler } from './row.js';

const AF_UNIX = 1;
const AF_MAX = 46;
const SOCK_STREAM = 1;
const SOCK_TYPE = 0xf;
const SOCK_TYPE_MAX = 10;
const SHUT_RDWR = 2;

/** One end of a connected pair. Both wait on the same queue: what one does may be what the other waits for. */
class SocketFile extends OpenFile {
  constructor(
    inode: DescriptorInode,
    flags: number,
    private readonly incoming: Pipe,
    private readonly outgoing: Pipe,
    private readonly shared: WaitQueue,
  ) {
    super(inode, flags);
    incoming.attach(true, false);
    outgoing.attach(false, true);
  }

  #readShut = false;
  #writeShut = false;

  override get stream(): boolean {
    return true;
  }

  override get queue(): WaitQueue {
    return this.shared;
  }

  override read(to: IoBuffer): number {
    const { incoming } = this;
    if (to.remaining === 0) return 0;
    if (incoming.used === 0) return incoming.writers === 0 || this.#readShut ? 0 : -E.EAGAIN;
    let done = 0;
    while (to.remaining > 0 && incoming.used > 0) {
      const count = to.put(incoming.peek());
      incoming.skip(count);
      done += count;
    }
    this.shared.wake();
    return done;
  }

  override write(from: IoBuffer): number {
    const { outgoing } = this;
    if (outgoing.readers === 0 || this.#writeShut) return -E.EPIPE;
    if (from.remaining === 0) return 0;
    if (outgoing.room === 0) return -E.EAGAIN;
    let done = 0;
    while (from.remaining > 0 && outgoing.room > 0) {
      const bytes = from.take(outgoing.room);
      outgoing.put(bytes);
      done += bytes.length;
    }
    this.shared.wake();
    return done;
  }

  override poll(): number {
    const { incoming, outgoing } = this;
    const peerGone = incoming.writers === 0 || this.#readShut;
    let events = 0;
    if (incoming.used > 0 || peerGone) events |= P.POLLIN | P.POLLRDNORM;
    if (peerGone) events |= P.POLLRDHUP;
    if (peerGone && (outgoing.readers === 0 || this.#writeShut)) events |= P.POLLHUP;
    if (outgoing.room > 0 || outgoing.readers === 0) events |= P.POLLOUT | P.POLLWRNORM;
    return events;
  }

  override ioctl(command: number, argument: number, user: UserMemory): number {
    if (command !== FIONREAD && command !== TIOCOUTQ) throw new SysError(E.ENOTTY);
    user.writeU32(argument, command === FIONREAD ? this.incoming.used : this.outgoing.used);
    return 0;
  }

  /** how: 0 reading, 1 writing, 2 both. */
  shutdown(how: number): void {
    if (how !== 1 && !this.#readShut) {
      this.#readShut = true;
      this.incoming.detach(true, false);
    }
    if (how !== 0 && !this.#writeShut) {
      this.#writeShut = true;
      this.outgoing.detach(false, true);
    }
    this.shared.wake();
  }

  override close(): void {
    this.shutdown(SHUT_RDWR);
  }
}

function socketpair(t: Thread, domain: number, type: number, protocol: number, address: number): number {
  const kind = type & SOCK_TYPE;
  if ((type & ~(SOCK_TYPE | O_CLOEXEC | O_NONBLOCK)) !== 0) return -E.EINVAL;
  if (domain < 0 || domain >= AF_MAX || domain !== AF_UNIX) return -E.EAFNOSUPPORT;
  if (protocol !== 0 && protocol !== AF_UNIX) return -E.EPROTONOSUPPORT;
  if (kind > SOCK_TYPE_MAX) return -E.EINVAL;
  if (kind !== SOCK_STREAM) return -E.ESOCKTNOSUPPORT;
  t.user.prepareWrite(address, 8);
  const limit = descriptorLimit(t);
  t.files.requireFree(2, limit);
  const { namespace } = t.fs;
  const { others } = anonymousFileSystems(namespace.env);
  const [one, other] = [new Pipe(namespace.env), new Pipe(namespace.env)];
  const flags = O_RDWR | (type & O_NONBLOCK);
  const make = (incoming: Pipe, outgoing: Pipe): SocketFile => {
    const inode = new DescriptorInode(namespace.env, others, S_IFSOCK | 0o777);
    return placeAnonymous(namespace, new SocketFile(inode, flags, incoming, outgoing, one.queue), `socket:[${inode.ino}]`);
  };
  const cloexec = (type & O_CLOEXEC) !== 0;
  t.user.writeU32(address, t.files.install(make(one, other), cloexec, 0, limit));
  t.user.writeU32(address + 4, t.files.install(make(other, one), cloexec, 0, limit));
  return 0;
}

function socketOf(t: Thread, fd: number): SocketFile {
  const file = t.files.get(fd);
  if (!(file instanceof SocketFile)) throw new SysError(E.ENOTSOCK);
  return file;
}

function shutdown(t: Thread, fd: number, how: number): number {
  const socket = socketOf(t, fd);
  if (how < 0 || how > SHUT_RDWR) return -E.EINVAL;
  socket.shutdown(how);
  return 0;
}

/** Calls on sockets that can only fail: EBADF, ENOTSOCK, and for a pair what is said here. */
const refuse =
  (errno: number): SyscallHandler =>
  (t, fd) => {
    socketOf(t, fd);
    return -errno;
  };

const NO_NETWORK = { absent: 'no network: EBADF, ENOTSOCK, and on a socket pair EOPNOTSUPP' };
const PAIR_ONLY = { absent: 'on a socket pair EOPNOTSUPP: use read and write' };

export const socketRows = [
  row(198, 'socket', ['enum:domain', 'enum:sockettype', 'int'], () => -E.EAFNOSUPPORT, { absent: 'EAFNOSUPPORT: no network' }),
  row(199, 'socketpair', ['enum:domain', 'enum:sockettype', 'int', 'out:int2'], socketpair, {
    partial: 'AF_UNIX streams, for read, write, poll and shutdown',
  }),
  row(200, 'bind', ['fd', 'pointer', 'int'], refuse(E.EOPNOTSUPP), NO_NETWORK),
  row(201, 'listen', ['fd', 'int'], refuse(E.EOPNOTSUPP), NO_NETWORK),
  row(202, 'accept', ['fd', 'pointer', 'pointer'], refuse(E.EOPNOTSUPP), NO_NETWORK),
  row(203, 'connect', ['fd', 'pointer', 'int'], refuse(E.EOPNOTSUPP), NO_NETWORK),
  row(204, 'getsockname', ['fd', 'pointer', 'pointer'], refuse(E.EOPNOTSUPP), NO_NETWORK),
  row(205, 'getpeername', ['fd', 'pointer', 'pointer'], refuse(E.EOPNOTSUPP), NO_NETWORK),
  row(206, 'sendto', ['fd', 'bytes', 'size', 'hex', 'pointer', 'int'], refuse(E.EOPNOTSUPP), PAIR_ONLY),
  row(207, 'recvfrom', ['fd', 'outbytes', 'size', 'hex', 'pointer', 'pointer'], refuse(E.EOPNOTSUPP), PAIR_ONLY),
  row(208, 'setsockopt', ['fd', 'int', 'int', 'pointer', 'int'], refuse(E.ENOPROTOOPT), { absent: 'ENOPROTOOPT on a socket pair' }),
  row(209, 'getsockopt', ['fd', 'int', 'int', 'pointer', 'pointer'], refuse(E.ENOPROTOOPT), { absent: 'ENOPROTOOPT on a socket pair' }),
  row(210, 'shutdown', ['fd', 'int'], shutdown),
  row(211, 'sendmsg', ['fd', 'pointer', 'hex'], refuse(E.EOPNOTSUPP), PAIR_ONLY),
  row(212, 'recvmsg', ['fd', 'pointer', 'hex'], refuse(E.EOPNOTSUPP), PAIR_ONLY),
  row(242, 'accept4', ['fd', 'pointer', 'pointer', 'hex'], refuse(E.EOPNOTSUPP), NO_NETWORK),
  row(243, 'recvmmsg', ['fd', 'pointer', 'uint', 'hex', 'struct:timespec'], refuse(E.EOPNOTSUPP), PAIR_ONLY),
  row(269, 'sendmmsg', ['fd', 'pointer', 'uint', 'hex'], refuse(E.EOPNOTSUPP), PAIR_ONLY),
];
