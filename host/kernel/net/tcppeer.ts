import type { Endpoint } from './address.js';

/** The other end of a TCP connection, as one end sees it: a socket of this machine, or a connection of the host. */
export interface TcpPeer {
  /** Bytes that it takes now. */
  readonly room: number;
  /** Data for it, no more than there is room for; the array becomes its own. */
  arrive(bytes: Uint8Array): void;
  /** Nothing more will come (FIN). */
  arriveEnd(): void;
  /** The connection is broken off (RST). */
  arriveReset(): void;
  /** There may be room again at the end that asks for it. */
  drained(): void;
}

/** What a connection to the outside tells the socket that asked for it. */
export interface OutwardEvents {
  connected(peer: TcpPeer): void;
  /** E* */
  failed(errno: number): void;
}

/** The network of the host, where the machine's owner lets the guest use it (--net host). */
export interface HostNetwork {
  /** Starts a connection; the answer comes later. */
  connect(to: Endpoint, end: TcpPeer, events: OutwardEvents): void;
  /** Sends a datagram; answers come to `receive`. Returns how to end it. */
  bindDatagram(receive: (bytes: Uint8Array, from: Endpoint) => void): { send(bytes: Uint8Array, to: Endpoint): void; close(): void };
}
