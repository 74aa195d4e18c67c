/** TCP inside the machine: no packets, but the states, errors and moments that a program can see (tcp(7)). */
import * as E from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import { O_NONBLOCK } from '../../linux/fcntl.js';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDHUP, POLLRDNORM, POLLWRNORM } from '../../linux/poll.js';
import * as K from '../../linux/socket.js';
import * as A from './address.js';
import { InetSocket } from './inet.js';
import type { Incoming, Outgoing } from './message.js';
import type { Network } from './network.js';
import type { Ports } from './ports.js';
import { ByteQueue } from './queued.js';
import { TcpOptions } from './tcpoptions.js';
import type { TcpPeer } from './tcppeer.js';

const SEND_BYTES = 16384;
const RECEIVE_BYTES = 131072;
/** What Linux lets the send buffer of a connection over the loopback grow to. */
const SEND_BYTES_CONNECTED = 2626560;
const CHUNK_BYTES_MAX = 65536;
const EVERYTHING = POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM | POLLRDHUP | POLLHUP | POLLERR;

export class TcpSocket extends InetSocket implements TcpPeer {
  readonly type = K.SOCK_STREAM;
  readonly protocol = K.IPPROTO_TCP;
  override readonly connectTimeoutErrno: number = E.EINPROGRESS;
  /** K.TCP_* */
  state: number = K.TCP_CLOSE;
  tcp = new TcpOptions();
  readonly #incoming: ByteQueue;
  #peer: TcpPeer | undefined = undefined;
  /** The other end has sent its last byte. */
  #ended = false;
  /** A connect that did not wait has not been asked about its end. */
  #connecting = false;
  #closed = false;
  #backlog = 0;
  /** Of a listener: connections that nobody has accepted. */
  #arrived: TcpSocket[] = [];
  /** Of a listener: who wants to connect and finds no room. */
  #waiting: TcpSocket[] = [];

  constructor(net: Network, family: number, nonBlocking: boolean) {
    super(net, family, nonBlocking);
    this.#incoming = new ByteQueue(net.queued);
    this.options.sendBytes = SEND_BYTES;
    this.options.receiveBytes = RECEIVE_BYTES;
  }

  protected override get ports(): Ports<InetSocket> {
    return this.net.tcpPorts;
  }

  override get listening(): boolean {
    return this.state === K.TCP_LISTEN;
  }

  protected override get mayBind(): boolean {
    return super.mayBind && this.state === K.TCP_CLOSE;
  }

  /** A connection of the host, or to it, or one that may still come. */
  protected override hostMayWake(): boolean {
    if (this.listening) return this.net.published.has(this.local.port);
    if (this.state === K.TCP_SYN_SENT) return this.remote !== undefined && !this.net.isLocal(this.remote.address);
    return this.#peer !== undefined && !(this.#peer instanceof TcpSocket);
  }

  // --- connections

  override listen(backlog: number): void {
    if (this.state !== K.TCP_CLOSE && this.state !== K.TCP_LISTEN) throw new SysError(E.EINVAL);
    this.#backlog = Math.min(backlog >>> 0, K.SOMAXCONN);
    if (this.listening) {
      this.#admit();
      return;
    }
    if (this.local.port === 0) this.autobind();
    this.state = K.TCP_LISTEN;
    try {
      this.ports.requireListenable(this);
    } catch (error) {
      this.state = K.TCP_CLOSE;
      throw error;
    }
  }

  override connect(bytes: Uint8Array, nonBlocking: boolean): number {
    if (A.familyOf(bytes) === K.AF_UNSPEC) {
      this.#disconnect();
      return 0;
    }
    if (this.#connecting) return this.#connectAgain(nonBlocking);
    if (this.state !== K.TCP_CLOSE) throw new SysError(E.EISCONN);
    const to = this.readDestination(bytes);
    if (A.isMulticast(to.address) || A.isBroadcast(to.address)) throw new SysError(E.ENETUNREACH);
    const route = this.routeTo(to.address);
    this.local = { address: this.sourceFor(to.address), port: this.local.port };
    this.autobind();
    this.remote = to;
    this.shutdowns = 0;
    this.#ended = false;
    this.state = K.TCP_SYN_SENT;
    this.#connecting = true;
    if (route === 'outside') this.#connectOutside(to);
    else this.#connectInside(to);
    return nonBlocking ? -E.EINPROGRESS : this.#connectAgain(false);
  }

  /** Asks what has become of a connection that was begun. */
  #connectAgain(nonBlocking: boolean): number {
    if (this.state === K.TCP_SYN_SENT) return nonBlocking ? -E.EALREADY : -E.EAGAIN;
    this.#connecting = false;
    if (this.state !== K.TCP_CLOSE) return 0;
    this.shutdowns = 0;
    return -(this.error === 0 ? E.ECONNABORTED : this.takeError());
  }

  #connectInside(to: A.Endpoint): void {
    const listener = this.net.findListener(to);
    // Who connects to where it is bound itself meets itself, as both ends that open at once.
    if (listener === undefined && to.address === this.local.address && to.port === this.local.port) this.#establish(this);
    else if (listener === undefined) this.#fail(E.ECONNREFUSED);
    else {
      listener.#waiting.push(this);
      listener.#admit();
    }
  }

  #connectOutside(to: A.Endpoint): void {
    this.net.host?.connect(to, this, {
      connected: (peer) => {
        if (this.state !== K.TCP_SYN_SENT) peer.arriveReset();
        else this.#establish(peer);
      },
      failed: (errno) => {
        if (this.state === K.TCP_SYN_SENT) this.#fail(errno);
      },
    });
  }

  /** Lets those in who wait, as far as there is room. */
  #admit(): void {
    while (this.#waiting.length > 0 && this.#arrived.length <= this.#backlog) {
      const client = this.#waiting.shift() as TcpSocket;
      if (client.state !== K.TCP_SYN_SENT || client.remote === undefined) continue;
      const child = this.#newChild({ address: client.remote.address, port: client.remote.port }, client.local);
      child.#establish(client);
      client.#establish(child);
      this.#arrived.push(child);
      this.queue.wake(POLLIN | POLLRDNORM);
    }
  }

  #newChild(local: A.Endpoint, remote: A.Endpoint): TcpSocket {
    const child = new TcpSocket(this.net, this.family, false);
    child.options = this.options.copy();
    child.tcp = this.tcp.copy();
    child.ip.v6only = this.ip.v6only;
    child.local = local;
    child.remote = remote;
    this.ports.add(child, local.port);
    return child;
  }

  /** A connection from the host: undefined when there is no room for it. */
  acceptFromHost(peer: TcpPeer, from: A.Endpoint, to: A.Endpoint): TcpPeer | undefined {
    if (this.state !== K.TCP_LISTEN || this.#arrived.length > this.#backlog) return undefined;
    const child = this.#newChild(to, from);
    child.#establish(peer);
    this.#arrived.push(child);
    this.queue.wake(POLLIN | POLLRDNORM);
    return child;
  }

  #establish(peer: TcpPeer): void {
    this.#peer = peer;
    this.state = K.TCP_ESTABLISHED;
    if (!this.options.sendBytesFixed) this.options.sendBytes = SEND_BYTES_CONNECTED;
    this.queue.wake(POLLOUT | POLLWRNORM);
  }

  #fail(errno: number): void {
    this.state = K.TCP_CLOSE;
    this.shutdowns = K.SHUTDOWN_MASK;
    this.#forgetPort();
    this.raise(errno);
    this.queue.wake(EVERYTHING);
  }

  /** The port that was chosen for a connection goes with it; one that the program has chosen stays. */
  #forgetPort(): void {
    if (this.addressFixed) return;
    this.local = { address: this.any, port: this.local.port };
  }

  override accept(nonBlocking: boolean): TcpSocket | undefined {
    if (this.state !== K.TCP_LISTEN) throw new SysError(E.EINVAL);
    const first = this.#arrived.shift();
    if (first === undefined) return undefined;
    if (nonBlocking) first.flags |= O_NONBLOCK;
    this.#admit();
    return first;
  }

  override peerName(): Uint8Array {
    if (this.remote === undefined || this.state === K.TCP_CLOSE || this.state === K.TCP_SYN_SENT) throw new SysError(E.ENOTCONN);
    return A.writeEndpoint(this.family, this.remote);
  }

  /** connect(AF_UNSPEC), and shutdown of a listener: as if it had never been connected. */
  #disconnect(): void {
    if (this.state === K.TCP_LISTEN) this.#stopListening();
    else if (this.#peer !== undefined) this.#peer.arriveReset();
    this.#peer = undefined;
    this.#incoming.clear();
    this.state = K.TCP_CLOSE;
    this.#connecting = false;
    this.#ended = false;
    this.shutdowns = 0;
    this.remote = undefined;
    this.#forgetPort();
    this.queue.wake(EVERYTHING);
  }

  #stopListening(): void {
    for (const child of this.#arrived.splice(0)) child.#abort();
    for (const client of this.#waiting.splice(0)) if (client.state === K.TCP_SYN_SENT) client.#fail(E.ECONNREFUSED);
  }

  // --- data

  /** The writer's own buffer and this one's, as one. */
  get room(): number {
    return this.#roomFor(this.options.receiveBytes);
  }

  #roomFor(bytes: number): number {
    return this.net.queued.room(this.#incoming.used, bytes);
  }

  arrive(bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#incoming.push(bytes);
    this.queue.wake(POLLIN | POLLRDNORM);
  }

  arriveEnd(): void {
    this.#ended = true;
    this.shutdowns |= K.RCV_SHUTDOWN;
    if (this.state === K.TCP_ESTABLISHED) this.state = K.TCP_CLOSE_WAIT;
    else this.#bothEnded(true);
    this.queue.wake(POLLIN | POLLRDNORM | POLLRDHUP | (this.shutdowns === K.SHUTDOWN_MASK ? POLLHUP : 0));
  }

  arriveReset(): void {
    if (this.state === K.TCP_CLOSE) return;
    const errno = this.state === K.TCP_CLOSE_WAIT ? E.EPIPE : E.ECONNRESET;
    this.state = K.TCP_CLOSE;
    this.shutdowns = K.SHUTDOWN_MASK;
    this.#peer = undefined;
    if (this.#closed) this.ports.remove(this);
    else this.raise(errno);
    this.queue.wake(EVERYTHING);
  }

  drained(): void {
    if (this.#writable) this.queue.wake(POLLOUT | POLLWRNORM);
  }

  /** Both have sent their last byte; `first`: this end before the other. */
  #bothEnded(first: boolean): void {
    this.state = K.TCP_CLOSE;
    this.shutdowns = K.SHUTDOWN_MASK;
    this.#peer = undefined;
    if (!this.#closed) return;
    if (first) this.ports.leave(this);
    else this.ports.remove(this);
  }

  /** Bytes that the other end and this end's buffer take together. */
  get #sendRoom(): number {
    const peer = this.#peer;
    if (peer === undefined) return CHUNK_BYTES_MAX;
    return peer instanceof TcpSocket ? peer.#roomFor(peer.options.receiveBytes + this.options.sendBytes) : peer.room;
  }

  /** A third of the buffer is free, as Linux has it before it calls a socket writable again. */
  get #writable(): boolean {
    const room = this.#sendRoom;
    const peer = this.#peer;
    return room > 0 && (!(peer instanceof TcpSocket) || room * 2 >= peer.#incoming.used);
  }

  override send(message: Outgoing): number {
    if ((message.flags & K.MSG_OOB) !== 0) return -E.EOPNOTSUPP;
    if (this.error !== 0) return -this.takeError();
    if ((this.shutdowns & K.SEND_SHUTDOWN) !== 0) return -E.EPIPE;
    if (this.state === K.TCP_SYN_SENT) return -E.EAGAIN;
    if (this.state !== K.TCP_ESTABLISHED && this.state !== K.TCP_CLOSE_WAIT) return -E.EPIPE;
    const { data } = message;
    let done = 0;
    while (data.remaining > 0) {
      const room = this.#sendRoom;
      if (room <= 0) return done === 0 ? -E.EAGAIN : done;
      const bytes = data.take(Math.min(room, CHUNK_BYTES_MAX));
      // A fault, which the caller sees.
      if (bytes.length === 0) return done;
      done += bytes.length;
      const peer = this.#peer;
      if (peer instanceof TcpSocket && peer.#closed) {
        // Nobody will ever read it: the answer is a reset, which the next call tells of.
        this.#resetByClosed(peer);
        break;
      }
      peer?.arrive(bytes);
    }
    return done;
  }

  #resetByClosed(peer: TcpSocket): void {
    peer.arriveReset();
    this.arriveReset();
  }

  override receive(incoming: Incoming): number {
    const { data, flags } = incoming;
    incoming.from = new Uint8Array(0);
    if (this.state === K.TCP_LISTEN) return -E.ENOTCONN;
    if ((flags & K.MSG_OOB) !== 0) return -E.EINVAL;
    const queue = this.#incoming;
    if (queue.used === 0) {
      if (data.remaining === 0) return 0;
      if (this.#ended) return 0;
      if (this.error !== 0) return -this.takeError();
      if ((this.shutdowns & K.RCV_SHUTDOWN) !== 0) return 0;
      return this.state === K.TCP_CLOSE ? -E.ENOTCONN : -E.EAGAIN;
    }
    const peek = (flags & K.MSG_PEEK) !== 0;
    let done = 0;
    if ((flags & K.MSG_TRUNC) !== 0) {
      done = Math.min(queue.used, data.remaining);
      if (!peek) queue.skip(done);
    } else {
      while (data.remaining > 0 && (peek ? done < queue.used : queue.used > 0)) {
        const put = data.put(queue.peek(peek ? done : 0));
        if (put === 0) break;
        done += put;
        if (!peek) queue.skip(put);
      }
    }
    if (!peek && done > 0) this.#peer?.drained();
    return done;
  }

  // --- the end

  override shutdown(how: number): void {
    const bits = how + 1;
    if (this.state === K.TCP_LISTEN || this.state === K.TCP_SYN_SENT) {
      if (this.state === K.TCP_SYN_SENT || (bits & K.RCV_SHUTDOWN) !== 0) this.#disconnect();
      return;
    }
    if (this.state === K.TCP_CLOSE) {
      this.shutdowns |= bits;
      this.queue.wake(EVERYTHING);
      throw new SysError(E.ENOTCONN);
    }
    this.shutdowns |= bits & K.RCV_SHUTDOWN;
    if ((bits & K.SEND_SHUTDOWN) !== 0 && (this.shutdowns & K.SEND_SHUTDOWN) === 0) this.#finish();
    this.queue.wake(EVERYTHING);
  }

  /** This end has sent its last byte. */
  #finish(): void {
    const peer = this.#peer;
    this.shutdowns |= K.SEND_SHUTDOWN;
    if (this.state === K.TCP_CLOSE_WAIT) this.#bothEnded(false);
    else this.state = K.TCP_FIN_WAIT2;
    peer?.arriveEnd();
  }

  #abort(): void {
    const peer = this.#peer;
    this.#peer = undefined;
    this.state = K.TCP_CLOSE;
    this.#incoming.clear();
    this.#closed = true;
    this.ports.remove(this);
    peer?.arriveReset();
  }

  override close(): void {
    if (this.#closed) return;
    if (this.state === K.TCP_LISTEN) this.#stopListening();
    const unread = this.#incoming.used > 0;
    this.#incoming.clear();
    const connected = this.state === K.TCP_ESTABLISHED || this.state === K.TCP_CLOSE_WAIT || this.state === K.TCP_FIN_WAIT2;
    if (!connected || unread || this.options.lingerSeconds === 0) {
      this.#abort();
      return;
    }
    this.#closed = true;
    if (this.state === K.TCP_FIN_WAIT2) return;
    // The peer's answer to the last byte may come while this is said.
    this.#finish();
    if (this.#peer !== undefined) this.#peer.drained();
  }

  override poll(): number {
    if (this.state === K.TCP_LISTEN) return this.#arrived.length > 0 ? POLLIN | POLLRDNORM : 0;
    let events = 0;
    if (this.error !== 0) events |= POLLERR;
    if (this.shutdowns === K.SHUTDOWN_MASK || this.state === K.TCP_CLOSE) events |= POLLHUP;
    if ((this.shutdowns & K.RCV_SHUTDOWN) !== 0) events |= POLLIN | POLLRDNORM | POLLRDHUP;
    if (this.state === K.TCP_SYN_SENT) return events;
    if (this.#incoming.used >= Math.min(this.options.receiveLow, this.options.receiveBytes)) events |= POLLIN | POLLRDNORM;
    if ((this.shutdowns & K.SEND_SHUTDOWN) !== 0 || this.#writable) events |= POLLOUT | POLLWRNORM;
    return events;
  }

  override get unread(): number {
    return this.#incoming.used;
  }

  override get unsent(): number {
    return this.#peer instanceof TcpSocket ? this.#peer.#incoming.used : 0;
  }

  protected override getProtocolOption(level: number, name: number): Uint8Array {
    return level === K.SOL_TCP ? this.tcp.get(this.state, name) : super.getProtocolOption(level, name);
  }

  protected override setProtocolOption(level: number, name: number, bytes: Uint8Array): void {
    if (level === K.SOL_TCP) this.tcp.set(name, bytes, this.net.caller);
    else super.setProtocolOption(level, name, bytes);
  }
}
