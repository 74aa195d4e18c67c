/** Internet addresses: 128 bits each, those of version 4 mapped (::ffff:a.b.c.d), so that both versions compare. */
import { EAFNOSUPPORT, EINVAL } from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import { AF_INET, AF_INET6 } from '../../linux/socket.js';

export const SOCKADDR_IN_BYTES = 16;
export const SOCKADDR_IN6_BYTES = 28;
/** Without the scope, as RFC 2133 had it. */
const SOCKADDR_IN6_BYTES_MIN = 24;

const V4_PREFIX = 0xffffn;
export const ANY_V4 = V4_PREFIX << 32n;
export const ANY_V6 = 0n;
export const LOOPBACK_V4 = (V4_PREFIX << 32n) | 0x7f000001n;
export const LOOPBACK_V6 = 1n;

export interface Endpoint {
  readonly address: bigint;
  readonly port: number;
}

export function mapped(v4: number): bigint {
  return (V4_PREFIX << 32n) | BigInt(v4 >>> 0);
}

export function isV4(address: bigint): boolean {
  return address >> 32n === V4_PREFIX;
}

export function isAny(address: bigint): boolean {
  return address === ANY_V4 || address === ANY_V6;
}

/** 127.0.0.0/8 and ::1. */
export function isLoopback(address: bigint): boolean {
  return address === LOOPBACK_V6 || address >> 24n === (V4_PREFIX << 8n) + 0x7fn;
}

export function isMulticast(address: bigint): boolean {
  return isV4(address) ? ((address >> 28n) & 0xfn ? ((address >> 28n) & 0xfn) === 0xen : false) : address >> 120n === 0xffn;
}

export const BROADCAST = mapped(0xffffffff);
const LOOPBACK_BROADCAST = mapped(0x7fffffff);

/** Everybody's address, or that of everybody in 127/8. */
export const isBroadcast = (address: bigint): boolean => address === BROADCAST || address === LOOPBACK_BROADCAST;

export function familyOf(bytes: Uint8Array): number {
  if (bytes.length < 2) throw new SysError(EINVAL);
  return bytes[0] | (bytes[1] << 8);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** struct sockaddr_in. EINVAL: too short; the caller has looked at the family. */
export function readV4(bytes: Uint8Array): Endpoint {
  if (bytes.length < SOCKADDR_IN_BYTES) throw new SysError(EINVAL);
  const view = viewOf(bytes);
  return { port: view.getUint16(2, false), address: mapped(view.getUint32(4, false)) };
}

export function readV6(bytes: Uint8Array): Endpoint {
  if (bytes.length < SOCKADDR_IN6_BYTES_MIN) throw new SysError(EINVAL);
  const view = viewOf(bytes);
  return { port: view.getUint16(2, false), address: (view.getBigUint64(8, false) << 64n) | view.getBigUint64(16, false) };
}

/** Of a socket's own family. EINVAL, EAFNOSUPPORT */
export function readEndpoint(family: number, bytes: Uint8Array): Endpoint {
  const least = family === AF_INET ? SOCKADDR_IN_BYTES : SOCKADDR_IN6_BYTES_MIN;
  if (bytes.length < least) throw new SysError(EINVAL);
  if (familyOf(bytes) !== family) throw new SysError(EAFNOSUPPORT);
  return family === AF_INET ? readV4(bytes) : readV6(bytes);
}

/** As a socket of that family shows it. */
export function writeEndpoint(family: number, { address, port }: Endpoint): Uint8Array {
  const bytes = new Uint8Array(family === AF_INET ? SOCKADDR_IN_BYTES : SOCKADDR_IN6_BYTES);
  const view = viewOf(bytes);
  view.setUint16(0, family, true);
  view.setUint16(2, port, false);
  if (family === AF_INET) view.setUint32(4, Number(address & 0xffffffffn), false);
  else if (family === AF_INET6) {
    view.setBigUint64(8, address >> 64n, false);
    view.setBigUint64(16, address & 0xffffffffffffffffn, false);
  }
  return bytes;
}

/** As a host writes it: 10.1.2.3, or eight groups of hexadecimal digits. */
export function addressText(address: bigint): string {
  if (isV4(address)) return [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 0xffn).join('.');
  return Array.from({ length: 8 }, (_, i) => ((address >> BigInt(112 - 16 * i)) & 0xffffn).toString(16)).join(':');
}
