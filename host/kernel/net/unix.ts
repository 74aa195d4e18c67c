/** What all AF_UNIX sockets share: names, messages in queues, memory accounts, descriptors in flight (unix(7)). */
import * as E from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import { POLLIN, POLLOUT, POLLRDNORM, POLLWRBAND, POLLWRNORM } from '../../linux/poll.js';
import * as K from '../../linux/socket.js';
import type { OpenFile } from '../../vfs/types.js';
import type { Thread } from '../thread.js';
import type { Rights, RightsHolder } from './inflight.js';
import { type Incoming, NOBODY, type Outgoing, type Ucred } from './message.js';
import type { Network } from './network.js';
import { chargeOf, QUEUED_BYTES_MAX } from './queued.js';
import { Socket } from './socket.js';
import { checkUnixAddress, type UnixName, unnamed } from './unixnames.js';

/** What one call has sent. */
export interface UnixMessage {
  readonly bytes: Uint8Array;
  /** Of a stream's message so many have been read. */
  taken: number;
  rights: Rights | undefined;
  readonly credentials: Ucred | undefined;
  /** Its name is looked up when the message is received. */
  readonly sender: UnixSocket;
  readonly charge: number;
}

export function ucredOf(t: Thread): Ucred {
  return { pid: t.process.pid, uid: t.cred.euid, gid: t.cred.egid };
}

/** SO_PASSCRED tells real ids. */
function senderOf(t: Thread): Ucred {
  return { pid: t.process.pid, uid: t.cred.ruid, gid: t.cred.rgid };
}

export abstract class UnixSocket extends Socket implements RightsHolder {
  readonly family = K.AF_UNIX;
  readonly protocol: number = 0;
  bound: UnixName | undefined = undefined;
  peer: UnixSocket | undefined = undefined;
  readonly messages: UnixMessage[] = [];
  /** Memory of what it has sent and nobody has received. */
  charged = 0;
  /** Its last descriptor is closed. */
  dead = false;
  /** Who waits for room in `messages`. */
  private readonly _waiting = new Set<UnixSocket>();

  constructor(net: Network, nonBlocking: boolean) {
    super(net, nonBlocking);
    net.unixSockets.add(this);
  }

  override get passesCredentials(): boolean {
    return true;
  }

  // --- names

  override bind(address: Uint8Array): void {
    const { net } = this;
    if (address.length === 2 && address[0] === K.AF_UNIX && address[1] === 0) {
      this.autobind();
      return;
    }
    checkUnixAddress(address);
    this.bound = net.unixNames.bind(net.caller, this, address, this.inode.mode);
  }

  protected autobind(): void {
    this.bound ??= this.net.unixNames.autobind(this);
  }

  override name(): Uint8Array {
    return this.bound?.bytes ?? unnamed();
  }

  override peerName(): Uint8Array {
    if (this.peer === undefined) throw new SysError(E.ENOTCONN);
    return this.peer.bound?.bytes ?? unnamed();
  }

  // --- sending

  get writable(): boolean {
    return this.charged * 4 <= this.options.sendBytes;
  }

  /** May one more message be sent? A little always may: what others hold must not stop it for ever. */
  protected get mayCharge(): boolean {
    return this.charged < this.options.sendBytes && (this.charged === 0 || this.net.queued.total < QUEUED_BYTES_MAX);
  }

  /** Puts a message into another's queue. ETOOMANYREFS */
  protected deliver(to: UnixSocket, bytes: Uint8Array, { rights, credentials }: Outgoing, attached: Rights | undefined): void {
    const passes = this.options.passCredentials || to.options.passCredentials;
    const charge = chargeOf(bytes.length);
    to.messages.push({
      bytes,
      taken: 0,
      rights: attached ?? (rights === undefined ? undefined : this.net.inflight.take(this.net.caller, rights)),
      credentials: credentials ?? (passes ? senderOf(this.net.caller) : undefined),
      sender: this,
      charge,
    });
    this.charged += charge;
    this.net.queued.total += charge;
    to.queue.wake(POLLIN | POLLRDNORM);
  }

  /** A message has left the queue. */
  protected settle(message: UnixMessage): void {
    const { sender, charge } = message;
    sender.charged -= charge;
    this.net.queued.total -= charge;
    if (sender.writable) sender.queue.wake(POLLOUT | POLLWRNORM | POLLWRBAND);
    this.roomMade();
  }

  /** `socket` is to be woken when a message leaves this queue. */
  protected waitForRoom(socket: UnixSocket): void {
    this._waiting.add(socket);
  }

  protected roomMade(): void {
    if (this._waiting.size === 0) return;
    const waiting = [...this._waiting];
    this._waiting.clear();
    for (const socket of waiting) socket.queue.wake(POLLOUT | POLLWRNORM | POLLWRBAND);
  }

  // --- receiving

  /** What comes with a message besides bytes. `peek`: the message keeps it. */
  protected hand(message: UnixMessage, incoming: Incoming, peek: boolean): void {
    if (this.options.passCredentials) incoming.credentials = message.credentials ?? NOBODY;
    if (message.rights === undefined) return;
    if (peek) {
      for (const file of message.rights.files) file.refs++;
      incoming.rights = [...message.rights.files];
      return;
    }
    incoming.rights = this.net.inflight.give(message.rights);
    message.rights = undefined;
  }

  /** A whole message or none: what does not fit is lost (MSG_TRUNC). */
  protected receivePacket(incoming: Incoming): number {
    const message = this.messages[0];
    const peek = (incoming.flags & K.MSG_PEEK) !== 0;
    const { bytes } = message;
    const put = incoming.data.put(bytes);
    incoming.from = message.sender.bound?.bytes ?? new Uint8Array(0);
    if (put < bytes.length) incoming.resultFlags |= K.MSG_TRUNC;
    this.hand(message, incoming, peek);
    if (!peek) {
      this.messages.shift();
      this.settle(message);
    }
    return (incoming.flags & K.MSG_TRUNC) !== 0 ? bytes.length : put;
  }

  // --- the end

  *heldFiles(): IterableIterator<OpenFile> {
    for (const { rights } of this.messages) if (rights !== undefined) yield* rights.files;
  }

  dropMessages(): void {
    for (const message of this.messages.splice(0)) {
      this.settle(message);
      if (message.rights !== undefined) this.net.inflight.drop(message.rights);
    }
  }

  protected pollUnix(readable: boolean, writable: boolean): number {
    return this.pollCommon(readable, writable) | (writable ? POLLWRBAND : 0);
  }

  override get unsent(): number {
    return this.charged;
  }

  override getOption(level: number, name: number): Uint8Array {
    if (level !== K.SOL_SOCKET) throw new SysError(E.EOPNOTSUPP);
    return super.getOption(level, name);
  }

  override setOption(level: number, name: number, bytes: Uint8Array): void {
    if (level !== K.SOL_SOCKET) throw new SysError(E.EOPNOTSUPP);
    super.setOption(level, name, bytes);
  }

  /** `name`: also when others share it (connections that were accepted have their listener's). */
  protected release(ownsName: boolean): void {
    this.dead = true;
    this.net.unixSockets.delete(this);
    if (this.bound !== undefined && ownsName) this.net.unixNames.release(this.bound);
    this.dropMessages();
    this.net.inflight.socketClosed();
  }
}
