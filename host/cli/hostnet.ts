/** The host's network for the guest, by Node: --net host lets it out, --publish lets others in. */
import { createSocket } from 'node:dgram';
import { getServers } from 'node:dns';
import { type AddressInfo, createConnection, createServer, isIPv6, type Server, type Socket } from 'node:net';
import { ECONNREFUSED } from '../../assembly/shared/errno.js';
import { addressText, type Endpoint, LOOPBACK_V4, mapped } from '../kernel/net/address.js';
import { OUTWARD } from '../kernel/net/interfaces.js';
import type { HostNetwork, OutwardEvents, TcpPeer } from '../kernel/net/tcppeer.js';
import type { Machine } from '../machine.js';
import { errnoOf } from '../vfs/backends/node-errno.js';
import { CliError, type Publication } from './options.js';
import { complain } from './output.js';

/** What the host may be behind in taking what the guest sends. */
const QUEUED_BYTES_MAX = 1 << 20;
/** Addresses with a meaning of their own, as other machines without a network of their own have them. */
const HOST_ADDRESS = mapped(0x0a000202);
const RESOLVER_ADDRESS = mapped(0x0a000203);
export const RESOLVER_TEXT = 'nameserver 10.0.2.3\n';
const DNS_PORT = 53;
/** A guest that has not come so far as to listen is tried again. */
const LISTEN_RETRY_MS = 20;
const LISTEN_TRIES = 1500;

/** One end of a connection is a socket of the guest's, this is the other. */
class HostConnection implements TcpPeer {
  /** The guest's end; undefined until it is known. */
  end: TcpPeer | undefined = undefined;

  constructor(readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.pause();
    socket.on('data', (chunk: Uint8Array) => {
      this.end?.arrive(Uint8Array.from(chunk));
      if ((this.end?.room ?? 0) <= 0) socket.pause();
    });
    socket.on('end', () => this.end?.arriveEnd());
    socket.on('drain', () => this.end?.drained());
    socket.on('error', () => this.end?.arriveReset());
  }

  get room(): number {
    return Math.max(0, QUEUED_BYTES_MAX - this.socket.writableLength);
  }

  arrive(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  arriveEnd(): void {
    this.socket.end();
  }

  arriveReset(): void {
    this.socket.resetAndDestroy();
  }

  drained(): void {
    if (this.socket.isPaused()) this.socket.resume();
  }
}

export class NodeNetwork implements HostNetwork {
  connect(to: Endpoint, end: TcpPeer, events: OutwardEvents): void {
    const socket = createConnection({ host: hostOf(to), port: to.port, allowHalfOpen: true });
    const onFailure = (error: Error): void => events.failed(errnoOf(error) ?? ECONNREFUSED);
    socket.once('error', onFailure);
    socket.once('connect', () => {
      socket.off('error', onFailure);
      const connection = new HostConnection(socket);
      connection.end = end;
      events.connected(connection);
      socket.resume();
    });
  }

  bindDatagram(receive: (bytes: Uint8Array, from: Endpoint) => void): ReturnType<HostNetwork['bindDatagram']> {
    const socket = createSocket('udp4');
    /** Whom an answer comes from, as the guest knows him. */
    const known = new Map<string, Endpoint>();
    socket.on('message', (bytes, { address, port }) => {
      const from = known.get(`${address}:${port}`);
      if (from !== undefined) receive(Uint8Array.from(bytes), from);
    });
    // What can't be sent is lost, as any datagram may be.
    socket.on('error', () => socket.close());
    return {
      send: (bytes, to) => {
        const host = hostOf(to);
        if (isIPv6(host)) return;
        known.set(`${host}:${to.port}`, to);
        socket.send(bytes, to.port, host);
      },
      close: () => socket.close(),
    };
  }
}

/** Where an address of the guest's leads on the host. */
function hostOf({ address, port }: Endpoint): string {
  if (address === HOST_ADDRESS) return '127.0.0.1';
  if (address === RESOLVER_ADDRESS && port === DNS_PORT) return getServers().find((server) => !server.includes(']')) ?? '127.0.0.1';
  return addressText(address);
}

/** --net host */
export function letOut(machine: Machine): void {
  const { net } = machine.kernel;
  net.host = new NodeNetwork();
  net.interfaces.push(OUTWARD);
}

/** --publish: whoever connects to the port of the host's loopback reaches who listens at the guest's. */
export async function publish(machine: Machine, publications: readonly Publication[]): Promise<() => void> {
  const { net } = machine.kernel;
  const servers: Server[] = [];
  const sockets = new Set<Socket>();
  for (const { hostPort, guestPort } of publications) {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      accept(machine, new HostConnection(socket), guestPort, LISTEN_TRIES);
    });
    servers.push(server);
    await listening(server, hostPort);
    net.published.add(guestPort);
    if (hostPort === 0) complain(`port ${guestPort} is published at ${(server.address() as AddressInfo).port}`);
  }
  return () => {
    for (const server of servers) server.close();
    for (const socket of sockets) socket.destroy();
  };
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new CliError(1, `--publish: port ${port}: ${error.code === 'EADDRINUSE' ? 'in use' : error.message}`));
    });
    server.listen(port, '127.0.0.1', resolve);
  });
}

function accept(machine: Machine, connection: HostConnection, guestPort: number, tries: number): void {
  const { socket } = connection;
  if (socket.destroyed) return;
  const to = { address: LOOPBACK_V4, port: guestPort };
  const from = { address: LOOPBACK_V4, port: socket.remotePort ?? 0 };
  const end = machine.kernel.net.findListener(to)?.acceptFromHost(connection, from, to);
  if (end !== undefined) {
    connection.end = end;
    socket.resume();
  } else if (tries === 0) socket.resetAndDestroy();
  else setTimeout(() => accept(machine, connection, guestPort, tries - 1), LISTEN_RETRY_MS).unref();
}
