/** Messages of rtnetlink(7): questions taken apart, answers put together. */
import { EINVAL, ENODEV, EOPNOTSUPP } from '../../../assembly/shared/errno.js';
import { AF_INET, AF_INET6, AF_UNSPEC } from '../../linux/socket.js';
import { isLoopback, isV4, mapped } from './address.js';
import type { NetworkInterface } from './interfaces.js';

const HEADER_BYTES = 16;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_REQUEST = 1;
const NLM_F_MULTI = 2;
const NLM_F_ACK = 4;
const NLM_F_DUMP = 0x300;

const RTM_NEWLINK = 16;
const RTM_GETLINK = 18;
const RTM_NEWADDR = 20;
const RTM_GETADDR = 22;
const RTM_NEWROUTE = 24;
const RTM_GETROUTE = 26;

export interface Request {
  readonly type: number;
  readonly sequence: number;
  readonly dump: boolean;
  readonly acknowledge: boolean;
  /** What follows the header. */
  readonly body: Uint8Array;
  readonly header: Uint8Array;
}

/** The requests of one datagram, as far as they are whole. */
export function* readRequests(bytes: Uint8Array): IterableIterator<Request> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const length = view.getUint32(at, true);
    if (length < HEADER_BYTES || length > bytes.length - at) return;
    const [type, flags] = [view.getUint16(at + 4, true), view.getUint16(at + 6, true)];
    if ((flags & NLM_F_REQUEST) !== 0) {
      yield {
        type,
        sequence: view.getUint32(at + 8, true),
        dump: (flags & NLM_F_DUMP) === NLM_F_DUMP,
        acknowledge: (flags & NLM_F_ACK) !== 0,
        body: bytes.subarray(at + HEADER_BYTES, at + length),
        header: bytes.subarray(at, at + HEADER_BYTES),
      };
    }
    at += align(length);
  }
}

function align(bytes: number): number {
  return (bytes + 3) & ~3;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + align(part.length), 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += align(part.length);
  }
  return all;
}

function message(type: number, flags: number, { sequence }: Request, port: number, parts: readonly Uint8Array[]): Uint8Array {
  const body = joined(parts);
  const bytes = new Uint8Array(HEADER_BYTES + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, flags, true);
  view.setUint32(8, sequence, true);
  view.setUint32(12, port, true);
  bytes.set(body, HEADER_BYTES);
  return bytes;
}

function word(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}

/** The end of a list. */
export function doneMessage(request: Request, port: number): Uint8Array {
  return message(NLMSG_DONE, NLM_F_MULTI, request, port, [word(0)]);
}

/** `errno` 0 acknowledges. */
export function errorMessage(request: Request, errno: number, port: number): Uint8Array {
  return message(NLMSG_ERROR, 0, request, port, [word(-errno), errno === 0 ? request.header : joined([request.header, request.body])]);
}

function attribute(type: number, value: Uint8Array | string | number): Uint8Array {
  const data = typeof value === 'number' ? word(value) : typeof value === 'string' ? new TextEncoder().encode(`${value}\0`) : value;
  const bytes = new Uint8Array(align(4 + data.length));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 4 + data.length, true);
  view.setUint16(2, type, true);
  bytes.set(data, 4);
  return bytes;
}

/** All answers but the one that ends a list, or an errno. */
export function answerRoute(interfaces: readonly NetworkInterface[], request: Request, port: number): Uint8Array | number {
  const family = request.body[0] ?? AF_UNSPEC;
  const flags = request.dump ? NLM_F_MULTI : 0;
  const answers = (type: number, bodies: Uint8Array[][]): Uint8Array =>
    joined(bodies.map((body) => message(type, flags, request, port, body)));
  switch (request.type) {
    case RTM_GETLINK: {
      if (request.dump) return answers(RTM_NEWLINK, interfaces.map(link));
      const asked = chosen(interfaces, request.body);
      if (typeof asked === 'number') return asked;
      return answers(RTM_NEWLINK, [link(asked)]);
    }
    case RTM_GETADDR:
      return request.dump
        ? answers(
            RTM_NEWADDR,
            interfaces.flatMap((one) => addresses(one, family)),
          )
        : EOPNOTSUPP;
    case RTM_GETROUTE:
      return request.dump
        ? answers(
            RTM_NEWROUTE,
            interfaces.flatMap((one) => routes(one, family)),
          )
        : EOPNOTSUPP;
    default:
      return EOPNOTSUPP;
  }
}

const IFINFOMSG_BYTES = 16;
const [IFLA_ADDRESS, IFLA_BROADCAST, IFLA_IFNAME, IFLA_MTU, IFLA_QDISC, IFLA_TXQLEN, IFLA_OPERSTATE, IFLA_LINKMODE] = [
  1, 2, 3, 4, 6, 13, 16, 17,
];
const IFLA_STATS64 = 23;
const STATS64_BYTES = 24 * 8;

/** By index, or by the name that an attribute gives. */
function chosen(interfaces: readonly NetworkInterface[], body: Uint8Array): NetworkInterface | number {
  if (body.length < IFINFOMSG_BYTES) return EINVAL;
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const index = view.getInt32(4, true);
  let name: string | undefined;
  for (let at = IFINFOMSG_BYTES; at + 4 <= body.length; ) {
    const length = view.getUint16(at, true);
    if (length < 4 || at + length > body.length) break;
    if (view.getUint16(at + 2, true) === IFLA_IFNAME)
      name = new TextDecoder().decode(body.subarray(at + 4, at + length)).replace(/\0.*$/, '');
    at += align(length);
  }
  if (index === 0 && name === undefined) return EINVAL;
  return interfaces.find((one) => (index !== 0 ? one.index === index : one.name === name)) ?? ENODEV;
}

function link(one: NetworkInterface): Uint8Array[] {
  const info = new Uint8Array(IFINFOMSG_BYTES);
  const view = new DataView(info.buffer);
  view.setUint16(2, one.type, true);
  view.setInt32(4, one.index, true);
  view.setUint32(8, one.flags, true);
  const loopback = (one.flags & 8) !== 0;
  return [
    info,
    attribute(IFLA_IFNAME, one.name),
    attribute(IFLA_TXQLEN, 1000),
    // IF_OPER_UNKNOWN, IF_OPER_UP
    attribute(IFLA_OPERSTATE, Uint8Array.of(loopback ? 0 : 6)),
    attribute(IFLA_LINKMODE, Uint8Array.of(0)),
    attribute(IFLA_MTU, one.mtu),
    attribute(IFLA_QDISC, 'noqueue'),
    attribute(IFLA_ADDRESS, one.hardware),
    attribute(IFLA_BROADCAST, loopback ? one.hardware : new Uint8Array(6).fill(255)),
    attribute(IFLA_STATS64, new Uint8Array(STATS64_BYTES)),
  ];
}

const [IFA_ADDRESS, IFA_LOCAL, IFA_LABEL, IFA_BROADCAST, IFA_FLAGS] = [1, 2, 3, 4, 8];
const IFA_F_PERMANENT = 0x80;
const [RT_SCOPE_UNIVERSE, RT_SCOPE_LINK, RT_SCOPE_HOST] = [0, 253, 254];

function addressBytes(address: bigint): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, address >> 64n, false);
  view.setBigUint64(8, address & 0xffff_ffff_ffff_ffffn, false);
  return isV4(address) ? bytes.subarray(12) : bytes;
}

function addresses(one: NetworkInterface, family: number): Uint8Array[][] {
  return one.addresses
    .map(({ address, prefixBits }) => ({ address, prefixBits, own: isV4(address) ? AF_INET : AF_INET6 }))
    .filter(({ own }) => family === AF_UNSPEC || family === own)
    .map(({ address, prefixBits, own }) => {
      const scope = isLoopback(address) ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE;
      const info = Uint8Array.of(own, prefixBits, IFA_F_PERMANENT, scope, one.index, 0, 0, 0);
      const bytes = addressBytes(address);
      if (own === AF_INET6) return [info, attribute(IFA_ADDRESS, bytes), attribute(IFA_FLAGS, IFA_F_PERMANENT)];
      const broadcast = isLoopback(address) ? [] : [attribute(IFA_BROADCAST, addressBytes(address | (0xffffffffn >> BigInt(prefixBits))))];
      return [
        info,
        attribute(IFA_ADDRESS, bytes),
        attribute(IFA_LOCAL, bytes),
        ...broadcast,
        attribute(IFA_LABEL, one.name),
        attribute(IFA_FLAGS, IFA_F_PERMANENT),
      ];
    });
}

const [RTA_DST, RTA_OIF, RTA_GATEWAY, RTA_PREFSRC, RTA_TABLE] = [1, 4, 5, 7, 15];
const RT_TABLE_MAIN = 254;
const [RTPROT_KERNEL, RTPROT_BOOT] = [2, 3];
const RTN_UNICAST = 1;
const GATEWAY = mapped(0x0a000202);

/** The main table: the way out, and the net it lies in. */
function routes(one: NetworkInterface, family: number): Uint8Array[][] {
  const own = one.addresses.find(({ address }) => isV4(address) && !isLoopback(address));
  if (own === undefined || (family !== AF_UNSPEC && family !== AF_INET)) return [];
  const rtmsg = (bits: number, protocol: number, scope: number): Uint8Array =>
    Uint8Array.of(AF_INET, bits, 0, 0, RT_TABLE_MAIN, protocol, scope, RTN_UNICAST, 0, 0, 0, 0);
  const net = own.address & ~(0xffffffffn >> BigInt(own.prefixBits));
  return [
    [
      rtmsg(0, RTPROT_BOOT, RT_SCOPE_UNIVERSE),
      attribute(RTA_TABLE, RT_TABLE_MAIN),
      attribute(RTA_GATEWAY, addressBytes(GATEWAY)),
      attribute(RTA_OIF, one.index),
    ],
    [
      rtmsg(own.prefixBits, RTPROT_KERNEL, RT_SCOPE_LINK),
      attribute(RTA_TABLE, RT_TABLE_MAIN),
      attribute(RTA_DST, addressBytes(net)),
      attribute(RTA_PREFSRC, addressBytes(own.address)),
      attribute(RTA_OIF, one.index),
    ],
  ];
}
