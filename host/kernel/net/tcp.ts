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
  private readonly _incoming: ByteQueue;
  private _peer: TcpPeer | undefined = undefined;
  /** The other end has sent its last byte. */
  private _ended = false;
  /** A connect that did not wait has not been asked about its end. */
  private _connecting = false;
  private _closed = false;
  private _backlog = 0;
  /** Of a listener: connections that nobody has accepted. */
  private _arrived: TcpSocket[] = [];
  /** Of a listener: who wants to connect and finds no room. */
  private _waiting: TcpSocket[] = [];

  constructor(net: Network, family: number, nonBlocking: boolean) {
    super(net, family, nonBlocking);
    this._incoming = new ByteQueue(net.queued);
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
  override hostMayWake(): boolean {
    if (this.listening) return this.net.published.has(this.local.port);
    if (this.state === K.TCP_SYN_SENT) return this.remote !== undefined && !this.net.isLocal(this.remote.address);
    return this._peer !== undefined && !(this._peer instanceof TcpSocket);
  }

  // --- connections

  override listen(backlog: number): void {
    if (this.state !== K.TCP_CLOSE && this.state !== K.TCP_LISTEN) throw new SysError(E.EINVAL);
    this._backlog = Math.min(backlog >>> 0, K.SOMAXCONN);
    if (this.listening) {
      this._admit();
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
      this._disconnect();
      return 0;
    }
    if (this._connecting) return this._connectAgain(nonBlocking);
    if (this.state !== K.TCP_CLOSE) throw new SysError(E.EISCONN);
    const to = this.readDestination(bytes);
    if (A.isMulticast(to.address) || A.isBroadcast(to.address)) throw new SysError(E.ENETUNREACH);
    const route = this.routeTo(to.address);
    this.local = { address: this.sourceFor(to.address), port: this.local.port };
    this.autobind();
    this.remote = to;
    this.shutdowns = 0;
    this._ended = false;
    this.state = K.TCP_SYN_SENT;
    this._connecting = true;
    if (route === 'outside') this._connectOutside(to);
    else this._connectInside(to);
    return nonBlocking ? -E.EINPROGRESS : this._connectAgain(false);
  }

  /** Asks what has become of a connection that was begun. */
  private _connectAgain(nonBlocking: boolean): number {
    if (this.state === K.TCP_SYN_SENT) return nonBlocking ? -E.EALREADY : -E.EAGAIN;
    this._connecting = false;
    if (this.state !== K.TCP_CLOSE) return 0;
    this.shutdowns = 0;
    return -(this.error === 0 ? E.ECONNABORTED : this.takeError());
  }

  private _connectInside(to: A.Endpoint): void {
    const listener = this.net.findListener(to);
    // Who connects to where it is bound itself meets itself, as both ends that open at once.
    if (listener === undefined && to.address === this.local.address && to.port === this.local.port) this._establish(this);
    else if (listener === undefined) this._fail(E.ECONNREFUSED);
    else {
      listener._waiting.push(this);
      listener._admit();
    }
  }

  private _connectOutside(to: A.Endpoint): void {
    this.net.host?.connect(to, this, {
      connected: (peer) => {
        if (this.state !== K.TCP_SYN_SENT) peer.arriveReset();
        else this._establish(peer);
      },
      failed: (errno) => {
        if (this.state === K.TCP_SYN_SENT) this._fail(errno);
      },
    });
  }

  /** Lets those in who wait, as far as there is room. */
  private _admit(): void {
    while (this._waiting.length > 0 && this._arrived.length <= this._backlog) {
      const client = this._waiting.shift() as TcpSocket;
      if (client.state !== K.TCP_SYN_SENT || client.remote === undefined) continue;
      const child = this._newChild({ address: client.remote.address, port: client.remote.port }, client.local);
      child._establish(client);
      client._establish(child);
      this._arrived.push(child);
      this.queue.wake(POLLIN | POLLRDNORM);
    }
  }

  private _newChild(local: A.Endpoint, remote: A.Endpoint): TcpSocket {
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
    if (this.state !== K.TCP_LISTEN || this._arrived.length > this._backlog) return undefined;
    const child = this._newChild(to, from);
    child._establish(peer);
    this._arrived.push(child);
    this.queue.wake(POLLIN | POLLRDNORM);
    return child;
  }

  private _establish(peer: TcpPeer): void {
    this._peer = peer;
    this.state = K.TCP_ESTABLISHED;
    if (!this.options.sendBytesFixed) this.options.sendBytes = SEND_BYTES_CONNECTED;
    this.queue.wake(POLLOUT | POLLWRNORM);
  }

  private _fail(errno: number): void {
    this.state = K.TCP_CLOSE;
    this.shutdowns = K.SHUTDOWN_MASK;
    this._forgetPort();
    this.raise(errno);
    this.queue.wake(EVERYTHING);
  }

  /** The port that was chosen for a connection goes with it; one that the program has chosen stays. */
  private _forgetPort(): void {
    if (this.addressFixed) return;
    this.local = { address: this.any, port: this.local.port };
  }

  override accept(nonBlocking: boolean): TcpSocket | undefined {
    if (this.state !== K.TCP_LISTEN) throw new SysError(E.EINVAL);
    const first = this._arrived.shift();
    if (first === undefined) return undefined;
    if (nonBlocking) first.flags |= O_NONBLOCK;
    this._admit();
    return first;
  }

  override peerName(): Uint8Array {
    if (this.remote === undefined || this.state === K.TCP_CLOSE || this.state === K.TCP_SYN_SENT) throw new SysError(E.ENOTCONN);
    return A.writeEndpoint(this.family, this.remote);
  }

  /** connect(AF_UNSPEC), and shutdown of a listener: as if it had never been connected. */
  private _disconnect(): void {
    if (this.state === K.TCP_LISTEN) this._stopListening();
    else if (this._peer !== undefined) this._peer.arriveReset();
    this._peer = undefined;
    this._incoming.clear();
    this.state = K.TCP_CLOSE;
    this._connecting = false;
    this._ended = false;
    this.shutdowns = 0;
    this.remote = undefined;
    this._forgetPort();
    this.queue.wake(EVERYTHING);
  }

  private _stopListening(): void {
    for (const child of this._arrived.splice(0)) child._abort();
    for (const client of this._waiting.splice(0)) if (client.state === K.TCP_SYN_SENT) client._fail(E.ECONNREFUSED);
  }

  // --- data

  /** The writer's own buffer and this one's, as one. */
  get room(): number {
    return this._roomFor(this.options.receiveBytes);
  }

  private _roomFor(bytes: number): number {
    return this.net.queued.room(this._incoming.used, bytes);
  }

  arrive(bytes: Uint8Array): void {
    if (this._closed) return;
    this._incoming.push(bytes);
    this.queue.wake(POLLIN | POLLRDNORM);
  }

  arriveEnd(): void {
    this._ended = true;
    this.shutdowns |= K.RCV_SHUTDOWN;
    if (this.state === K.TCP_ESTABLISHED) this.state = K.TCP_CLOSE_WAIT;
    else this._bothEnded(true);
    this.queue.wake(POLLIN | POLLRDNORM | POLLRDHUP | (this.shutdowns === K.SHUTDOWN_MASK ? POLLHUP : 0));
  }

  arriveReset(): void {
    if (this.state === K.TCP_CLOSE) return;
    const errno = this.state === K.TCP_CLOSE_WAIT ? E.EPIPE : E.ECONNRESET;
    this.state = K.TCP_CLOSE;
    this.shutdowns = K.SHUTDOWN_MASK;
    this._peer = undefined;
    if (this._closed) this.ports.remove(this);
    else this.raise(errno);
    this.queue.wake(EVERYTHING);
  }

  drained(): void {
    if (this._writable) this.queue.wake(POLLOUT | POLLWRNORM);
  }

  /** Both have sent their last byte; `first`: this end before the other. */
  private _bothEnded(first: boolean): void {
    this.state = K.TCP_CLOSE;
    this.shutdowns = K.SHUTDOWN_MASK;
    this._peer = undefined;
    if (!this._closed) return;
    if (first) this.ports.leave(this);
    else this.ports.remove(this);
  }

  /** Bytes that the other end and this end's buffer take together. */
  private get _sendRoom(): number {
    const peer = this._peer;
    if (peer === undefined) return CHUNK_BYTES_MAX;
    return peer instanceof TcpSocket ? peer._roomFor(peer.options.receiveBytes + this.options.sendBytes) : peer.room;
  }

  /** A third of the buffer is free, as Linux has it before it calls a socket writable again. */
  private get _writable(): boolean {
    const room = this._sendRoom;
    const peer = this._peer;
    return room > 0 && (!(peer instanceof TcpSocket) || room * 2 >= peer._incoming.used);
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
      const room = this._sendRoom;
      if (room <= 0) return done === 0 ? -E.EAGAIN : done;
      const wanted = Math.min(room, CHUNK_BYTES_MAX, data.remaining);
      const bytes = data.take(wanted);
      // A fault, which the caller sees.
      if (bytes.length < wanted && data.faulted) data.untake(bytes.length);
      if (bytes.length === 0 || data.faulted) return done;
      done += bytes.length;
      const peer = this._peer;
      if (peer instanceof TcpSocket && peer._closed) {
        // Nobody will ever read it: the answer is a reset, which the next call tells of.
        this._resetByClosed(peer);
        break;
      }
      peer?.arrive(bytes);
    }
    return done;
  }

  private _resetByClosed(peer: TcpSocket): void {
    peer.arriveReset();
    this.arriveReset();
  }

  override receive(incoming: Incoming): number {
    const { data, flags } = incoming;
    incoming.from = new Uint8Array(0);
    if (this.state === K.TCP_LISTEN) return -E.ENOTCONN;
    if ((flags & K.MSG_OOB) !== 0) return -E.EINVAL;
    const queue = this._incoming;
    if (queue.used === 0) {
      if (data.remaining === 0) return 0;
      if (this._ended) return 0;
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
        const bytes = queue.peek(peek ? done : 0);
        const put = data.put(bytes);
        if (data.faulted && put < bytes.length) {
          data.untake(put);
          break;
        }
        if (put === 0) break;
        done += put;
        if (!peek) queue.skip(put);
      }
    }
    if (!peek && done > 0) this._peer?.drained();
    return done;
  }

  // --- the end

  override shutdown(how: number): void {
    const bits = how + 1;
    if (this.state === K.TCP_LISTEN || this.state === K.TCP_SYN_SENT) {
      if (this.state === K.TCP_SYN_SENT || (bits & K.RCV_SHUTDOWN) !== 0) this._disconnect();
      return;
    }
    if (this.state === K.TCP_CLOSE) {
      this.shutdowns |= bits;
      this.queue.wake(EVERYTHING);
      throw new SysError(E.ENOTCONN);
    }
    this.shutdowns |= bits & K.RCV_SHUTDOWN;
    if ((bits & K.SEND_SHUTDOWN) !== 0 && (this.shutdowns & K.SEND_SHUTDOWN) === 0) this._finish();
    this.queue.wake(EVERYTHING);
  }

  /** This end has sent its last byte. */
  private _finish(): void {
    const peer = this._peer;
    this.shutdowns |= K.SEND_SHUTDOWN;
    if (this.state === K.TCP_CLOSE_WAIT) this._bothEnded(false);
    else this.state = K.TCP_FIN_WAIT2;
    peer?.arriveEnd();
  }

  private _abort(): void {
    const peer = this._peer;
    this._peer = undefined;
    this.state = K.TCP_CLOSE;
    this._incoming.clear();
    this._closed = true;
    this.ports.remove(this);
    peer?.arriveReset();
  }

  override close(): void {
    if (this._closed) return;
    if (this.state === K.TCP_LISTEN) this._stopListening();
    const unread = this._incoming.used > 0;
    this._incoming.clear();
    const connected = this.state === K.TCP_ESTABLISHED || this.state === K.TCP_CLOSE_WAIT || this.state === K.TCP_FIN_WAIT2;
    if (!connected || unread || this.options.lingerSeconds === 0) {
      this._abort();
      return;
    }
    this._closed = true;
    if (this.state === K.TCP_FIN_WAIT2) return;
    // The peer's answer to the last byte may come while this is said.
    this._finish();
    if (this._peer !== undefined) this._peer.drained();
  }

  override poll(): number {
    if (this.state === K.TCP_LISTEN) return this._arrived.length > 0 ? POLLIN | POLLRDNORM : 0;
    let events = 0;
    if (this.error !== 0) events |= POLLERR;
    if (this.shutdowns === K.SHUTDOWN_MASK || this.state === K.TCP_CLOSE) events |= POLLHUP;
    if ((this.shutdowns & K.RCV_SHUTDOWN) !== 0) events |= POLLIN | POLLRDNORM | POLLRDHUP;
    if (this.state === K.TCP_SYN_SENT) return events;
    if (this._incoming.used >= Math.min(this.options.receiveLow, this.options.receiveBytes)) events |= POLLIN | POLLRDNORM;
    if ((this.shutdowns & K.SEND_SHUTDOWN) !== 0 || this._writable) events |= POLLOUT | POLLWRNORM;
    return events;
  }

  override get unread(): number {
    return this._incoming.used;
  }

  override get unsent(): number {
    return this._peer instanceof TcpSocket ? this._peer._incoming.used : 0;
  }

  protected override getProtocolOption(level: number, name: number): Uint8Array {
    return level === K.SOL_TCP ? this.tcp.get(this.state, name) : super.getProtocolOption(level, name);
  }

  protected override setProtocolOption(level: number, name: number, bytes: Uint8Array): void {
    if (level === K.SOL_TCP) this.tcp.set(name, bytes, this.net.caller);
    else super.setProtocolOption(level, name, bytes);
  }
}
