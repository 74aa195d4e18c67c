/** The files of /proc/net, column for column (proc_net(5)). */
import * as K from '../../linux/socket.js';
import { type Endpoint, isLoopback, isV4 } from './address.js';
import type { InetSocket } from './inet.js';
import type { Network } from './network.js';
import { TcpSocket } from './tcp.js';
import { UnixConnected } from './unixconnected.js';

export const NET_FILES = ['dev', 'if_inet6', 'route', 'tcp', 'tcp6', 'udp', 'udp6', 'unix'] as const;
export type NetFile = (typeof NET_FILES)[number];

const TCP_HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const SIX_HEAD = `  sl  ${'local_address'.padEnd(38)}${'remote_address'.padEnd(38)}${TCP_HEAD.slice(TCP_HEAD.indexOf('st '))}`;
const UDP_HEAD = '   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops';
const TCP_WIDTH = 149;
const UDP_WIDTH = 127;

const hex = (value: number, digits: number): string => value.toString(16).toUpperCase().padStart(digits, '0');

/** Words of the address as this machine reads them, in hexadecimal. */
function endpointHex({ address, port }: Endpoint, six: boolean): string {
  const words = six ? [96n, 64n, 32n, 0n] : [0n];
  const swapped = words.map((shift) => {
    const word = Number((address >> shift) & 0xffffffffn);
    return hex((((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0, 8);
  });
  return `${swapped.join('')}:${hex(port, 4)}`;
}

function inetText(sockets: Iterable<InetSocket>, tcp: boolean, six: boolean): string {
  const rows: string[] = [];
  const family = six ? K.AF_INET6 : K.AF_INET;
  const none = { address: six ? 0n : 0xffffn << 32n, port: 0 };
  let number = 0;
  for (const socket of sockets) {
    if (socket.family !== family) continue;
    const state = socket instanceof TcpSocket ? socket.state : socket.remote === undefined ? K.TCP_CLOSE : K.TCP_ESTABLISHED;
    const line = [
      `${String(number++).padStart(tcp ? 4 : 5)}:`,
      endpointHex(socket.local, six),
      endpointHex(socket.remote ?? none, six),
      hex(state, 2),
      `${hex(socket.unsent, 8)}:${hex(socket.unread, 8)} 00:00000000 00000000`,
      `${String(socket.uid).padStart(5)} ${'0'.padStart(8)} ${socket.inode.ino}`,
      tcp ? '1 0000000000000000 100 0 0 10 0' : '2 0000000000000000 0',
    ].join(' ');
    rows.push(six ? line : line.padEnd(tcp ? TCP_WIDTH : UDP_WIDTH));
  }
  const head = six ? `${SIX_HEAD}${tcp ? '' : ' ref pointer drops'}` : tcp ? TCP_HEAD.padEnd(TCP_WIDTH) : UDP_HEAD.padEnd(UDP_WIDTH);
  return `${[head, ...rows].join('\n')}\n`;
}

const [SS_UNCONNECTED, SS_CONNECTED] = [1, 3];
const ACCEPTS = 0x10000;

function unixText(net: Network): string {
  const rows = [...net.unixSockets].map((socket) => {
    const listens = socket.listening;
    const state = socket instanceof UnixConnected && socket.state === 'connected' ? SS_CONNECTED : SS_UNCONNECTED;
    const name = socket.bound === undefined ? '' : ` ${socket.bound.text}`;
    const columns = [
      hex(2, 8),
      hex(0, 8),
      hex(listens ? ACCEPTS : 0, 8),
      hex(socket.type, 4),
      hex(state, 2),
      String(socket.inode.ino).padStart(5),
    ];
    return `${'0'.repeat(16)}: ${columns.join(' ')}${name}\n`;
  });
  return `Num       RefCount Protocol Flags    Type St Inode Path\n${rows.join('')}`;
}

/** There are no packets to count. */
function deviceText({ interfaces }: Network): string {
  const widths = [7, 7, 4, 4, 4, 5, 10, 9, 8, 7, 4, 4, 4, 5, 7, 10];
  const zeros = widths.map((width) => '0'.padStart(width)).join(' ');
  return (
    'Inter-|   Receive                                                |  Transmit\n' +
    ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n' +
    interfaces.map(({ name }) => `${name.padStart(6)}: ${zeros}\n`).join('')
  );
}

function routeText({ interfaces }: Network): string {
  const head = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT';
  const rows = interfaces
    .filter(({ addresses }) => addresses.some(({ address }) => isV4(address) && !isLoopback(address)))
    .flatMap(({ name }) => [
      `${name}\t00000000\t0202000A\t0003\t0\t0\t0\t00000000\t0\t0\t0`,
      `${name}\t0002000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0`,
    ]);
  return `${[head, ...rows].map((row) => row.padEnd(UDP_WIDTH)).join('\n')}\n`;
}

function addressesText({ interfaces }: Network): string {
  const rows = interfaces.flatMap((one) =>
    one.addresses
      .filter(({ address }) => !isV4(address))
      .map(({ address, prefixBits }) => {
        const bytes = [hex(one.index, 2), hex(prefixBits, 2), isLoopback(address) ? '10' : '00', '80'].join(' ').toLowerCase();
        return `${address.toString(16).padStart(32, '0')} ${bytes} ${one.name.padStart(8)}\n`;
      }),
  );
  return rows.join('');
}

export function netText(net: Network, file: NetFile): string {
  switch (file) {
    case 'tcp':
    case 'tcp6':
      return inetText(net.tcpPorts.all(), true, file === 'tcp6');
    case 'udp':
    case 'udp6':
      return inetText(net.udpPorts.all(), false, file === 'udp6');
    case 'unix':
      return unixText(net);
    case 'dev':
      return deviceText(net);
    case 'route':
      return routeText(net);
    case 'if_inet6':
      return addressesText(net);
  }
}
