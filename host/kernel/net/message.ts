import type { IoBuffer, OpenFile } from '../../vfs/types.js';

/** struct ucred: who sent something. */
export interface Ucred {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** Nobody has said who: pid 0 and the overflow ids. */
export const NOBODY: Ucred = { pid: 0, uid: 65534, gid: 65534 };

/** One item of a message's ancillary data. */
export interface Control {
  readonly level: number;
  readonly type: number;
  readonly bytes: Uint8Array;
}

/** What one call wants to send. */
export interface Outgoing {
  readonly data: IoBuffer;
  /** MSG_* */
  readonly flags: number;
  /** A sockaddr; undefined: to whom the socket is connected. */
  readonly to?: Uint8Array;
  /** Open files to pass on. The caller keeps its references: who queues the message takes references of its own. */
  readonly rights?: readonly OpenFile[];
  /** What the sender says of itself, checked. */
  readonly credentials?: Ucred;
}

/** What one call is ready to receive, and what came of it. */
export class Incoming {
  /** Who sent it: a sockaddr, empty when the sender has no name. */
  from: Uint8Array | undefined = undefined;
  /** MSG_TRUNC, MSG_CTRUNC... of the message. */
  resultFlags = 0;
  /** References that are the caller's. */
  rights: OpenFile[] = [];
  credentials: Ucred | undefined = undefined;
  readonly controls: Control[] = [];

  constructor(
    readonly data: IoBuffer,
    /** MSG_* */
    readonly flags: number,
  ) {}
}
