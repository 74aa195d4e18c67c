/**
 * Open files inside messages (SCM_RIGHTS). A message holds a reference of each file; a socket that only messages hold can never be
 * received from, so circles of such sockets are looked for and emptied (unix(7); Linux: net/unix/garbage.c).
 */
import { EINVAL, ETOOMANYREFS } from '../../../assembly/shared/errno.js';
import { Suspend, SysError } from '../../linux/error.js';
import { releaseFile, retainFile } from '../../vfs/openfile.js';
import type { OpenFile } from '../../vfs/types.js';
import { CAP_SYS_ADMIN, CAP_SYS_RESOURCE, hasCapability } from '../credentials.js';
import { RLIMIT_NOFILE } from '../limits.js';
import type { Thread } from '../thread.js';
import { Socket } from './socket.js';

/** A socket whose messages may hold files. */
export interface RightsHolder {
  /** Files in its messages and in those of connections nobody has accepted. */
  heldFiles(): IterableIterator<OpenFile>;
  /** Throws all its messages away. */
  dropMessages(): void;
}

/** The files of one message and the user they count for. */
export interface Rights {
  readonly files: readonly OpenFile[];
  readonly uid: number;
}

/** So many messages with sockets in them before the next search: searching costs more than one message. */
const SEARCH_EVERY = 64;

export class Inflight {
  /** References that messages hold, of each socket. */
  private readonly _sockets = new Map<Socket & RightsHolder, number>();
  private readonly _byUser = new Map<number, number>();
  private readonly _closing: OpenFile[] = [];
  private _draining = false;
  private _sinceSearch = 0;

  /** ETOOMANYREFS: the user has too many files in messages. EINVAL: a socket that is not of this machine's kind. */
  take(t: Thread, files: readonly OpenFile[]): Rights {
    const uid = t.cred.ruid;
    const count = this._byUser.get(uid) ?? 0;
    const privileged = hasCapability(t.cred, CAP_SYS_RESOURCE) || hasCapability(t.cred, CAP_SYS_ADMIN);
    if (count > t.process.limits[RLIMIT_NOFILE].current && !privileged) throw new SysError(ETOOMANYREFS);
    if (files.some((file) => file.refs <= 0)) throw new SysError(EINVAL);
    this._byUser.set(uid, count + files.length);
    for (const file of files) {
      retainFile(file);
      if (isHolder(file)) this._sockets.set(file, (this._sockets.get(file) ?? 0) + 1);
    }
    if (this._sockets.size > 0 && ++this._sinceSearch >= SEARCH_EVERY) this.collect();
    return { files, uid };
  }

  /** The files leave their message: the references go to the caller. */
  give({ files, uid }: Rights): OpenFile[] {
    const left = (this._byUser.get(uid) ?? 0) - files.length;
    if (left > 0) this._byUser.set(uid, left);
    else this._byUser.delete(uid);
    for (const file of files) {
      if (!isHolder(file)) continue;
      const count = (this._sockets.get(file) ?? 0) - 1;
      if (count > 0) this._sockets.set(file, count);
      else this._sockets.delete(file);
    }
    return [...files];
  }

  /** The message is thrown away. */
  drop(rights: Rights): void {
    for (const file of this.give(rights)) this.discard(file);
  }

  /** Gives up a reference. Not at once when another is just being closed: sockets inside sockets must not use up the stack. */
  discard(file: OpenFile): void {
    this._closing.push(file);
    if (this._draining) return;
    this._draining = true;
    try {
      for (let next = this._closing.pop(); next !== undefined; next = this._closing.pop()) closeQuietly(next);
    } finally {
      this._draining = false;
    }
  }

  /** A socket was closed by its program: others may now be held by nothing but messages. */
  socketClosed(): void {
    if (this._sockets.size > 0 && !this._draining) this.collect();
  }

  /** Empties the sockets that nobody can ever receive from. */
  collect(): void {
    this._sinceSearch = 0;
    const candidates = new Set<OpenFile>();
    for (const [socket, count] of this._sockets) if (socket.refs === count) candidates.add(socket);
    if (candidates.size === 0) return;
    // What a message of a socket outside holds can be received, and so on.
    const reached: OpenFile[] = [...this._sockets.keys()].filter((socket) => !candidates.has(socket));
    for (const holder of this.holders) if (!candidates.has(holder) && !this._sockets.has(holder)) reached.push(holder);
    for (let file = reached.pop(); file !== undefined; file = reached.pop()) {
      if (!isHolder(file)) continue;
      for (const held of file.heldFiles()) if (candidates.delete(held)) reached.push(held);
    }
    for (const socket of candidates) if (isHolder(socket)) socket.dropMessages();
  }

  /** All sockets that may hold messages with files. */
  constructor(private readonly holders: Iterable<Socket & RightsHolder>) {}
}

function isHolder(file: OpenFile): file is Socket & RightsHolder {
  return file instanceof Socket && 'heldFiles' in file;
}

/** Errors are nobody's: who sent the file may be long gone. */
function closeQuietly(file: OpenFile): void {
  try {
    releaseFile(file);
  } catch (error) {
    if (!(error instanceof SysError || error instanceof Suspend)) throw error;
  }
}
