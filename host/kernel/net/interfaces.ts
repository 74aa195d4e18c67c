/** The machine's network interfaces and the ioctls that ask about them (netdevice(7)). */
import { EADDRNOTAVAIL, EINVAL, ENODEV, EOPNOTSUPP, EPERM } from '../../../assembly/shared/errno.js';
import type { UserMemory } from '../../core/user.js';
import { SysError } from '../../linux/error.js';
import * as K from '../../linux/socket.js';
import { CAP_NET_ADMIN, hasCapability } from '../credentials.js';
import { ANY_V4, mapped } from './address.js';
import type { Network } from './network.js';

export interface InterfaceAddress {
  /** As 128 bits; version 4 is mapped. */
  readonly address: bigint;
  /** Of its own version. */
  readonly prefixBits: number;
}

export interface NetworkInterface {
  readonly index: number;
  readonly name: string;
  /** IFF_* */
  readonly flags: number;
  readonly mtu: number;
  /** ARPHRD_* */
  readonly type: number;
  readonly hardware: Uint8Array;
  readonly addresses: readonly InterfaceAddress[];
}

const IFF_UP = 0x1;
const IFF_BROADCAST = 0x2;
const IFF_LOOPBACK = 0x8;
const IFF_RUNNING = 0x40;
const IFF_MULTICAST = 0x1000;
const IFF_LOWER_UP = 0x10000;
const ARPHRD_ETHER = 1;
const ARPHRD_LOOPBACK = 772;
const HARDWARE_BYTES = 6;

export const LOOPBACK: NetworkInterface = {
  index: 1,
  name: 'lo',
  flags: IFF_UP | IFF_LOOPBACK | IFF_RUNNING | IFF_LOWER_UP,
  mtu: 65536,
  type: ARPHRD_LOOPBACK,
  hardware: new Uint8Array(HARDWARE_BYTES),
  addresses: [
    { address: mapped(0x7f000001), prefixBits: 8 },
    { address: 1n, prefixBits: 128 },
  ],
};

/** What leads out of the machine, where its owner lets it: the guest's address is 10.0.2.15. */
export const OUTWARD: NetworkInterface = {
  index: 2,
  name: 'eth0',
  flags: IFF_UP | IFF_BROADCAST | IFF_RUNNING | IFF_MULTICAST | IFF_LOWER_UP,
  mtu: 1500,
  type: ARPHRD_ETHER,
  hardware: Uint8Array.of(0x52, 0x54, 0, 0x12, 0x34, 0x56),
  addresses: [{ address: mapped(0x0a00020f), prefixBits: 24 }],
};

const IFREQ_BYTES = 40;
const NAME_BYTES = 16;
const QUEUE_LENGTH = 1000;

/** False: not a command of this kind. */
export function interfaceIoctl(net: Network, command: number, argument: number, user: UserMemory): boolean {
  if (command === K.SIOCGIFCONF) {
    listInterfaces(net, argument, user);
    return true;
  }
  if (SETTERS.includes(command)) {
    if (!hasCapability(net.caller.cred, CAP_NET_ADMIN)) throw new SysError(EPERM);
    throw new SysError(EOPNOTSUPP);
  }
  if (!GETTERS.includes(command)) return false;
  const bytes = user.read(argument, IFREQ_BYTES);
  const view = new DataView(bytes.buffer);
  const found = findInterface(net, command, bytes, view);
  bytes.fill(0, NAME_BYTES);
  answer(found, command, bytes, view);
  user.write(argument, bytes);
  return true;
}

const GETTERS: readonly number[] = [
  K.SIOCGIFNAME,
  K.SIOCGIFFLAGS,
  K.SIOCGIFADDR,
  K.SIOCGIFDSTADDR,
  K.SIOCGIFBRDADDR,
  K.SIOCGIFNETMASK,
  K.SIOCGIFMETRIC,
  K.SIOCGIFMTU,
  K.SIOCGIFHWADDR,
  K.SIOCGIFINDEX,
  K.SIOCGIFTXQLEN,
];
/** The same with S for G: flags, address, broadcast address, mask, size. */
const SETTERS: readonly number[] = [0x8914, 0x8916, 0x8918, 0x891a, 0x891c, 0x8922, 0x8924];

function findInterface(net: Network, command: number, bytes: Uint8Array, view: DataView): NetworkInterface {
  const found = net.interfaces.find((one) =>
    command === K.SIOCGIFNAME ? one.index === view.getInt32(NAME_BYTES, true) : one.name === nameOf(bytes),
  );
  if (found === undefined) throw new SysError(ENODEV);
  return found;
}

function nameOf(bytes: Uint8Array): string {
  const end = bytes.subarray(0, NAME_BYTES).indexOf(0);
  return new TextDecoder().decode(bytes.subarray(0, end < 0 ? NAME_BYTES : end));
}

function answer(found: NetworkInterface, command: number, bytes: Uint8Array, view: DataView): void {
  switch (command) {
    case K.SIOCGIFNAME:
      bytes.fill(0, 0, NAME_BYTES);
      bytes.set(new TextEncoder().encode(found.name));
      view.setInt32(NAME_BYTES, found.index, true);
      return;
    case K.SIOCGIFFLAGS:
      view.setInt16(NAME_BYTES, found.flags & 0xffff, true);
      return;
    case K.SIOCGIFMETRIC:
      return;
    case K.SIOCGIFMTU:
      view.setInt32(NAME_BYTES, found.mtu, true);
      return;
    case K.SIOCGIFINDEX:
      view.setInt32(NAME_BYTES, found.index, true);
      return;
    case K.SIOCGIFTXQLEN:
      view.setInt32(NAME_BYTES, QUEUE_LENGTH, true);
      return;
    case K.SIOCGIFHWADDR:
      view.setUint16(NAME_BYTES, found.type, true);
      bytes.set(found.hardware, NAME_BYTES + 2);
      return;
    default: {
      const own = versionFour(found);
      if (own === undefined) throw new SysError(EADDRNOTAVAIL);
      view.setUint16(NAME_BYTES, K.AF_INET, true);
      view.setUint32(NAME_BYTES + 4, addressFor(command, own, found), false);
    }
  }
}

function addressFor(command: number, own: InterfaceAddress, found: NetworkInterface): number {
  const address = Number(own.address & 0xffffffffn);
  const mask = own.prefixBits === 0 ? 0 : (~0 << (32 - own.prefixBits)) >>> 0;
  if (command === K.SIOCGIFNETMASK) return mask;
  if (command === K.SIOCGIFBRDADDR) return (found.flags & IFF_BROADCAST) === 0 ? 0 : (address | ~mask) >>> 0;
  return address;
}

function versionFour(one: NetworkInterface): InterfaceAddress | undefined {
  return one.addresses.find(({ address }) => address >> 32n === ANY_V4 >> 32n);
}

/** struct ifconf: a length and, at 8, where the ifreqs go; a null pointer asks for the length alone. */
function listInterfaces(net: Network, argument: number, user: UserMemory): void {
  const length = user.readI32(argument);
  const at = user.readU64(argument + 8);
  const withAddress = net.interfaces.filter((one) => versionFour(one) !== undefined);
  if (at === 0) {
    user.writeU32(argument, withAddress.length * IFREQ_BYTES);
    return;
  }
  if (length < 0) throw new SysError(EINVAL);
  let done = 0;
  for (const one of withAddress) {
    if (done + IFREQ_BYTES > length) break;
    const bytes = new Uint8Array(IFREQ_BYTES);
    bytes.set(new TextEncoder().encode(one.name));
    answer(one, K.SIOCGIFADDR, bytes, new DataView(bytes.buffer));
    user.write(at + done, bytes);
    done += IFREQ_BYTES;
  }
  user.writeU32(argument, done);
}
