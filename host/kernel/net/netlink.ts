/** AF_NETLINK sockets of NETLINK_ROUTE: what there is of interfaces, addresses and routes (netlink(7), rtnetlink(7)). */
import * as E from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import { POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../../linux/poll.js';
import * as K from '../../linux/socket.js';
import { CAP_NET_ADMIN, hasCapability } from '../credentials.js';
import { familyOf } from './address.js';
import type { Incoming, Outgoing } from './message.js';
import type { Network } from './network.js';
import { answerRoute, doneMessage, errorMessage, type Request, readRequests } from './rtnetlink.js';
import { Socket } from './socket.js';

const SOCKADDR_NL_BYTES = 12;
const SOL_NETLINK = 270;
/** NETLINK_PKTINFO, CAP_ACK, EXT_ACK, GET_STRICT_CHK: remembered; what they add to answers is optional. */
const SWITCHES: readonly number[] = [3, 10, 11, 12];
/** Answers that nobody reads. */
const QUEUED_BYTES_MAX = 1 << 20;

export class NetlinkSocket extends Socket {
  readonly family = K.AF_NETLINK;
  readonly protocol = K.NETLINK_ROUTE;
  /** nl_pid of its name; 0: it has none. */
  port = 0;
  private _groups = 0;
  private _peerGroups = 0;
  private readonly _answers: Uint8Array[] = [];
  private _queued = 0;
  private readonly _switches = new Map<number, number>();

  constructor(
    net: Network,
    readonly type: number,
    nonBlocking: boolean,
  ) {
    super(net, nonBlocking);
    net.netlinkSockets.add(this);
  }

  override get signalsBrokenPipe(): boolean {
    return false;
  }

  // --- names

  override bind(bytes: Uint8Array): void {
    const { port, groups } = readName(bytes);
    if (groups !== 0 && !hasCapability(this.net.caller.cred, CAP_NET_ADMIN)) throw new SysError(E.EPERM);
    if (this.port !== 0 && port !== this.port) throw new SysError(E.EINVAL);
    if (this.port === 0) this._takePort(port);
    this._groups = groups;
  }

  /** The process's number, where another socket has not got it; then others. EADDRINUSE: it is to be a certain one. */
  private _takePort(wanted: number): void {
    const taken = new Set([...this.net.netlinkSockets].map((socket) => socket.port));
    if (wanted !== 0 && taken.has(wanted)) throw new SysError(E.EADDRINUSE);
    let port = wanted || this.net.caller.process.pid;
    for (let next = 0xffff_f000; taken.has(port); next--) port = next;
    this.port = port;
  }

  override connect(bytes: Uint8Array): number {
    if (familyOf(bytes) === K.AF_UNSPEC) return 0;
    const { port, groups } = readName(bytes);
    if (port !== 0) throw new SysError(E.ECONNREFUSED);
    if (this.port === 0) this._takePort(0);
    this._peerGroups = groups;
    return 0;
  }

  override name(): Uint8Array {
    return nameBytes(this.port, this._groups);
  }

  override peerName(): Uint8Array {
    return nameBytes(0, this._peerGroups);
  }

  override shutdown(): void {
    throw new SysError(E.EOPNOTSUPP);
  }

  // --- transfers

  override send(message: Outgoing): number {
    if ((message.flags & K.MSG_OOB) !== 0) return -E.EOPNOTSUPP;
    if (message.to !== undefined && message.to.length > 0 && readName(message.to).port !== 0) return -E.ECONNREFUSED;
    if (this.port === 0) this._takePort(0);
    const length = message.data.remaining;
    if (length > this.options.sendBytes - 32) return -E.EMSGSIZE;
    const bytes = message.data.take(length);
    if (bytes.length < length) return 0;
    for (const request of readRequests(bytes)) this._answer(request);
    return length;
  }

  private _answer(request: Request): void {
    const answers = answerRoute(this.net.interfaces, request, this.port);
    if (typeof answers === 'number') this.fromKernel(errorMessage(request, answers, this.port));
    else {
      if (answers.length > 0) this.fromKernel(answers);
      if (request.dump) this.fromKernel(doneMessage(request, this.port));
      else if (request.acknowledge) this.fromKernel(errorMessage(request, 0, this.port));
    }
  }

  /** A message for whoever reads the socket. ENOBUFS comes when nobody does. */
  override fromKernel(bytes: Uint8Array): void {
    if (this._queued + bytes.length > QUEUED_BYTES_MAX) {
      this.raise(E.ENOBUFS);
      return;
    }
    this._answers.push(bytes.slice());
    this._queued += bytes.length;
    this.queue.wake(POLLIN | POLLRDNORM);
  }

  override receive(incoming: Incoming): number {
    const { data, flags } = incoming;
    if ((flags & K.MSG_OOB) !== 0) return -E.EOPNOTSUPP;
    const message = this._answers[0];
    if (message === undefined) return this.error !== 0 ? -this.takeError() : this.empty();
    const put = data.put(message);
    incoming.from = nameBytes(0, 0);
    if (put < message.length) incoming.resultFlags |= K.MSG_TRUNC;
    if ((flags & K.MSG_PEEK) === 0) {
      this._answers.shift();
      this._queued -= message.length;
    }
    return (flags & K.MSG_TRUNC) !== 0 ? message.length : put;
  }

  override poll(): number {
    return this.pollCommon(this._answers.length > 0, true) | POLLOUT | POLLWRNORM;
  }

  override get unread(): number {
    return this._answers[0]?.length ?? 0;
  }

  override get unsent(): number {
    return 0;
  }

  protected override getProtocolOption(level: number, name: number): Uint8Array {
    if (level !== SOL_NETLINK || !SWITCHES.includes(name)) throw new SysError(E.ENOPROTOOPT);
    const bytes = new Uint8Array(4);
    bytes[0] = this._switches.get(name) ?? 0;
    return bytes;
  }

  protected override setProtocolOption(level: number, name: number, bytes: Uint8Array): void {
    if (level !== SOL_NETLINK || !SWITCHES.includes(name)) throw new SysError(E.ENOPROTOOPT);
    this._switches.set(name, Number(bytes.some((byte) => byte !== 0)));
  }

  override close(): void {
    this.net.netlinkSockets.delete(this);
    this._answers.length = 0;
  }
}

/** struct sockaddr_nl. EINVAL: too short, or another family. */
function readName(bytes: Uint8Array): { port: number; groups: number } {
  if (bytes.length < SOCKADDR_NL_BYTES || familyOf(bytes) !== K.AF_NETLINK) throw new SysError(E.EINVAL);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return { port: view.getUint32(4, true), groups: view.getUint32(8, true) };
}

function nameBytes(port: number, groups: number): Uint8Array {
  const bytes = new Uint8Array(SOCKADDR_NL_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, K.AF_NETLINK, true);
  view.setUint32(4, port, true);
  view.setUint32(8, groups, true);
  return bytes;
}
