/** What AF_INET and AF_INET6 sockets share: names, ports, options of ip(7) and ipv6(7). */
import * as E from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import * as K from '../../linux/socket.js';
import { CAP_NET_BIND_SERVICE, hasCapability } from '../credentials.js';
import * as A from './address.js';
import { IpOptions } from './ipoptions.js';
import type { Network } from './network.js';
import type { PortHolder, Ports } from './ports.js';
import { Socket } from './socket.js';

const PRIVILEGED_PORTS = 1024;

/** Where packets to an address go. */
export type Route = 'inside' | 'outside';

export abstract class InetSocket extends Socket implements PortHolder {
  readonly ip: IpOptions;
  local: A.Endpoint;
  remote: A.Endpoint | undefined = undefined;
  /** bind() has chosen the address, or the port: a disconnected socket keeps them. */
  addressFixed = false;
  readonly uid: number;

  constructor(
    net: Network,
    readonly family: number,
    nonBlocking: boolean,
  ) {
    super(net, nonBlocking);
    this.ip = new IpOptions(family);
    this.local = { address: this.any, port: 0 };
    this.uid = net.kernel.cpu.loaded?.cred.euid ?? 0;
  }

  /** The ports of its protocol. */
  protected abstract get ports(): Ports<InetSocket>;

  get any(): bigint {
    return this.family === K.AF_INET ? A.ANY_V4 : A.ANY_V6;
  }

  get v6only(): boolean {
    return this.ip.v6only;
  }

  get reuseAddress(): boolean {
    return this.options.reuseAddress;
  }

  get reusePort(): boolean {
    return this.options.reusePort;
  }

  get listens(): boolean {
    return this.listening;
  }

  // --- names

  /** False once it is bound or connected: bind is EINVAL. */
  protected get mayBind(): boolean {
    return this.local.port === 0;
  }

  override bind(bytes: Uint8Array): void {
    const { address, port } = this._readLocal(bytes);
    this._requireLocal(address);
    if (port !== 0 && port < PRIVILEGED_PORTS && !hasCapability(this.net.caller.cred, CAP_NET_BIND_SERVICE)) throw new SysError(E.EACCES);
    if (!this.mayBind) throw new SysError(E.EINVAL);
    const old = this.local;
    this.local = { address, port: 0 };
    try {
      this.local = { address, port: this.ports.claim(this, port) };
    } catch (error) {
      this.local = old;
      throw error;
    }
    this.addressFixed = !A.isAny(address);
  }

  /** AF_UNSPEC stands for AF_INET if it asks for any address, as old programs have it. */
  private _readLocal(bytes: Uint8Array): A.Endpoint {
    if (this.family === K.AF_INET && bytes.length >= A.SOCKADDR_IN_BYTES && A.familyOf(bytes) === K.AF_UNSPEC) {
      const endpoint = A.readV4(bytes);
      if (endpoint.address !== A.ANY_V4) throw new SysError(E.EAFNOSUPPORT);
      return endpoint;
    }
    return A.readEndpoint(this.family, bytes);
  }

  /** EADDRNOTAVAIL: no address of this machine; EINVAL: not for this kind of socket. */
  private _requireLocal(address: bigint): void {
    if (A.isAny(address) && (this.family === K.AF_INET6 || address === A.ANY_V4)) {
      if (this.family === K.AF_INET6 && address === A.ANY_V4 && this.v6only) throw new SysError(E.EINVAL);
      return;
    }
    if (this.family === K.AF_INET6) {
      if (A.isMulticast(address) && this.type === K.SOCK_STREAM) throw new SysError(E.EINVAL);
      if (A.isV4(address) && this.v6only) throw new SysError(E.EINVAL);
    }
    if (A.isMulticast(address) || address === A.BROADCAST || this.ip.freeBind) return;
    if (!this.net.isLocal(address)) throw new SysError(E.EADDRNOTAVAIL);
  }

  /** An ephemeral port for a socket that has none. EAGAIN: there is none left. */
  autobind(): void {
    if (this.local.port !== 0) return;
    try {
      this.local = { address: this.local.address, port: this.ports.claim(this, 0) };
    } catch (error) {
      throw error instanceof SysError && error.errno === E.EADDRINUSE ? new SysError(E.EAGAIN) : error;
    }
  }

  override name(): Uint8Array {
    return A.writeEndpoint(this.family, this.local);
  }

  /**
   * A destination as connect and sendto have it: no address means this machine. EINVAL, EAFNOSUPPORT; ENETUNREACH: nothing leads
   * there, or its version is not for this socket.
   */
  protected readDestination(bytes: Uint8Array): A.Endpoint {
    const { address, port } = A.readEndpoint(this.family, bytes);
    if (A.isV4(address) && this.family === K.AF_INET6 && this.v6only) throw new SysError(E.ENETUNREACH);
    if (address === A.ANY_V4) return { address: A.isAny(this.local.address) ? A.LOOPBACK_V4 : this.local.address, port };
    if (address === A.ANY_V6) return { address: A.LOOPBACK_V6, port };
    return { address, port };
  }

  /** ENETUNREACH: neither this machine nor anything its owner lets it reach. */
  protected routeTo(address: bigint): Route {
    if (this.net.isLocal(address)) return 'inside';
    if (this.net.host !== undefined) return 'outside';
    throw new SysError(E.ENETUNREACH);
  }

  /** The address that packets to `address` come from. */
  protected sourceFor(address: bigint): bigint {
    if (!A.isAny(this.local.address)) return this.local.address;
    return this.net.sourceFor(address);
  }

  // --- options

  protected override getProtocolOption(level: number, name: number): Uint8Array {
    if (level === K.SOL_IP || (level === K.SOL_IPV6 && this.family === K.AF_INET6)) return this.ip.get(this, level, name);
    throw new SysError(E.EOPNOTSUPP);
  }

  protected override setProtocolOption(level: number, name: number, bytes: Uint8Array): void {
    if (level === K.SOL_IP || (level === K.SOL_IPV6 && this.family === K.AF_INET6)) {
      this.ip.set(this, level, name, bytes);
      return;
    }
    throw new SysError(E.ENOPROTOOPT);
  }
}
