import { EADDRINUSE } from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import { NS_PER_SECOND } from '../clock.js';
import type { Kernel } from '../kernel.js';
import { ANY_V4, ANY_V6, type Endpoint, isV4 } from './address.js';

/** net.ipv4.ip_local_port_range */
export const EPHEMERAL_FIRST = 32768;
export const EPHEMERAL_LAST = 60999;
/** How long the end that closed first keeps its port (TCP_TIMEWAIT_LEN). */
const TIME_WAIT_NS = 60 * NS_PER_SECOND;

/** What holds a port: a socket, or what a connection leaves behind. */
export interface PortHolder {
  readonly local: Endpoint;
  /** Bound to ::, it leaves version 4 to others. */
  readonly v6only: boolean;
  readonly reuseAddress: boolean;
  readonly reusePort: boolean;
  readonly uid: number;
  /** A listener never shares, whatever SO_REUSEADDR says. */
  readonly listens: boolean;
}

/** Could one packet be for both? */
function overlap(a: PortHolder, b: PortHolder): boolean {
  return covers(a, b.local.address) || covers(b, a.local.address);
}

function covers({ local, v6only }: PortHolder, address: bigint): boolean {
  if (local.address === address) return true;
  if (local.address === ANY_V4) return isV4(address);
  return local.address === ANY_V6 && (!v6only || !isV4(address));
}

function mayShare(asking: PortHolder, there: PortHolder): boolean {
  if (asking.reuseAddress && there.reuseAddress && !there.listens) return true;
  return asking.reusePort && there.reusePort && asking.uid === there.uid;
}

/** The ports of one protocol. */
export class Ports<T extends PortHolder> {
  private readonly _holders = new Map<number, Set<T>>();
  private _left: { readonly holder: PortHolder; readonly until: number }[] = [];

  constructor(private readonly kernel: Pick<Kernel, 'now' | 'random'>) {}

  /** Those bound to a port. */
  holders(port: number): Iterable<T> {
    return this._holders.get(port) ?? [];
  }

  *all(): IterableIterator<T> {
    for (const set of this._holders.values()) yield* set;
  }

  private _conflicts(holder: PortHolder, port: number): boolean {
    const { address } = holder.local;
    const at: PortHolder = {
      local: { address, port },
      v6only: holder.v6only,
      reuseAddress: holder.reuseAddress,
      reusePort: holder.reusePort,
      uid: holder.uid,
      listens: holder.listens,
    };
    for (const other of this.holders(port)) {
      if ((other as PortHolder) !== holder && overlap(at, other) && !mayShare(at, other)) return true;
    }
    return this._left.some(({ holder: other }) => other.local.port === port && overlap(at, other) && !mayShare(at, other));
  }

  /** EADDRINUSE: somebody else has the port, or all ephemeral ones (port 0) are taken. Returns the port. */
  claim(holder: T, port: number): number {
    this._forgetLeft();
    const chosen = port === 0 ? this._ephemeral(holder) : port;
    if (port !== 0 && this._conflicts(holder, port)) throw new SysError(EADDRINUSE);
    this.add(holder, chosen);
    return chosen;
  }

  /** A listener is about to listen: others that only share by SO_REUSEADDR are in its way. */
  requireListenable(holder: T): void {
    if (this._conflicts(holder, holder.local.port)) throw new SysError(EADDRINUSE);
  }

  add(holder: T, port: number): void {
    let set = this._holders.get(port);
    if (set === undefined) this._holders.set(port, (set = new Set()));
    set.add(holder);
  }

  remove(holder: T): void {
    const { port } = holder.local;
    const set = this._holders.get(port);
    set?.delete(holder);
    if (set?.size === 0) this._holders.delete(port);
  }

  /** A connection whose end closed first: TIME_WAIT. */
  leave(holder: T): void {
    this.remove(holder);
    const { local, v6only, reuseAddress, reusePort, uid } = holder;
    this._left.push({ holder: { local, v6only, reuseAddress, reusePort, uid, listens: false }, until: this.kernel.now() + TIME_WAIT_NS });
  }

  private _forgetLeft(): void {
    const now = this.kernel.now();
    if (this._left.length > 0 && this._left[0].until <= now) this._left = this._left.filter(({ until }) => until > now);
  }

  /** A random one, so that no program relies on its order. */
  private _ephemeral(holder: PortHolder): number {
    const bytes = new Uint8Array(2);
    this.kernel.random(bytes);
    const count = EPHEMERAL_LAST - EPHEMERAL_FIRST + 1;
    const start = (bytes[0] * 256 + bytes[1]) % count;
    for (let i = 0; i < count; i++) {
      const port = EPHEMERAL_FIRST + ((start + i) % count);
      // One that is chosen for somebody is shared with nobody.
      if (!this._holders.has(port) && !this._conflicts(holder, port)) return port;
    }
    throw new SysError(EADDRINUSE);
  }
}
