/** Names of AF_UNIX sockets: in the file system, abstract, or none (unix(7)). */
import { EADDRINUSE, ECONNREFUSED, EEXIST, EINVAL, ENOSPC } from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import { AF_UNIX } from '../../linux/socket.js';
import { isSocket, S_IFSOCK } from '../../linux/stat.js';
import { decodeText } from '../../linux/text.js';
import { MAY_WRITE, requireAccess } from '../../vfs/access.js';
import { mknod, unlink } from '../../vfs/names.js';
import type { Inode } from '../../vfs/types.js';
import { resolve } from '../../vfs/walk.js';
import type { Thread } from '../thread.js';
import { familyOf } from './address.js';
import type { UnixSocket } from './unix.js';

const FAMILY_BYTES = 2;
const PATH_BYTES = 108;
/** Automatic names are five hexadecimal digits. */
const AUTOMATIC_NAMES = 0x100000;

/** A sockaddr_un that somebody is bound to. */
export class UnixName {
  constructor(
    /** As getsockname gives it. */
    readonly bytes: Uint8Array,
    /** The socket's inode in the tree; undefined: an abstract name. */
    readonly inode: Inode | undefined,
    /** SOCK_*: sockets of different types may have the same abstract name. */
    readonly type: number,
  ) {}

  /** Of an abstract name: its key. */
  get key(): string {
    return keyOf(this.bytes, this.type);
  }

  /** As /proc/net/unix shows it: '@' for NUL. */
  get text(): string {
    if (this.inode !== undefined) return decodeText(this.bytes.subarray(FAMILY_BYTES, this.bytes.length - 1));
    return decodeText(this.bytes.subarray(FAMILY_BYTES)).replaceAll('\0', '@');
  }
}

/** Every byte a character: names are bytes, not text. */
function keyOf(bytes: Uint8Array, type: number): string {
  return String.fromCharCode(type, ...bytes.subarray(FAMILY_BYTES));
}

/** The sockaddr of a socket without a name. */
export function unnamed(): Uint8Array {
  return Uint8Array.of(AF_UNIX, 0);
}

/** EINVAL: too short, too long, or of another family. */
export function checkUnixAddress(address: Uint8Array): void {
  if (address.length <= FAMILY_BYTES || address.length > FAMILY_BYTES + PATH_BYTES || familyOf(address) !== AF_UNIX)
    throw new SysError(EINVAL);
}

function isAbstract(address: Uint8Array): boolean {
  return address[FAMILY_BYTES] === 0;
}

function pathBytes(address: Uint8Array): Uint8Array {
  const path = address.subarray(FAMILY_BYTES);
  const end = path.indexOf(0);
  return end < 0 ? path : path.subarray(0, end);
}

export class UnixNames {
  private readonly _abstract = new Map<string, UnixSocket>();
  private readonly _byInode = new WeakMap<Inode, UnixSocket>();
  private _lastAutomatic = -1;

  /**
   * Gives a socket the name that a sockaddr says. EADDRINUSE; EINVAL: it has one; and what mknod throws. `mode`: permissions of the
   * socket itself.
   */
  bind(t: Thread, socket: UnixSocket, address: Uint8Array, mode: number): UnixName {
    if (isAbstract(address)) {
      if (socket.bound !== undefined) throw new SysError(EINVAL);
      const name = new UnixName(address.slice(), undefined, socket.type);
      if (this._abstract.has(name.key)) throw new SysError(EADDRINUSE);
      this._abstract.set(name.key, socket);
      return name;
    }
    const path = pathBytes(address);
    const inode = this._makeInode(t, socket, decodeText(path), mode);
    const bytes = new Uint8Array(FAMILY_BYTES + path.length + 1);
    bytes.set(address.subarray(0, FAMILY_BYTES));
    bytes.set(path, FAMILY_BYTES);
    this._byInode.set(inode, socket);
    return new UnixName(bytes, inode, socket.type);
  }

  /** As in Linux a name that is taken is found before a socket that has one already. */
  private _makeInode({ fs }: Thread, socket: UnixSocket, path: string, mode: number): Inode {
    const start = path.startsWith('/') ? fs.root : fs.cwd;
    try {
      const { inode } = mknod(fs, start, path, S_IFSOCK | (mode & 0o777), 0);
      if (socket.bound === undefined) return inode;
    } catch (error) {
      if (error instanceof SysError && error.errno === EEXIST) throw new SysError(EADDRINUSE);
      throw error;
    }
    unlink(fs, start, path);
    throw new SysError(EINVAL);
  }

  /** An abstract name of its own. ENOSPC: all are taken. */
  autobind(socket: UnixSocket): UnixName {
    for (let tries = 0; tries < AUTOMATIC_NAMES; tries++) {
      this._lastAutomatic = (this._lastAutomatic + 1) % AUTOMATIC_NAMES;
      const digits = this._lastAutomatic.toString(16).padStart(5, '0');
      const name = new UnixName(Uint8Array.of(AF_UNIX, 0, 0, ...new TextEncoder().encode(digits)), undefined, socket.type);
      if (this._abstract.has(name.key)) continue;
      this._abstract.set(name.key, socket);
      return name;
    }
    throw new SysError(ENOSPC);
  }

  /** Who is bound to an address, of this type if the name is abstract. ECONNREFUSED: nobody; ENOENT, EACCES... */
  find(t: Thread, address: Uint8Array, type: number): UnixSocket {
    checkUnixAddress(address);
    let found: UnixSocket | undefined;
    if (isAbstract(address)) found = this._abstract.get(keyOf(address, type));
    else {
      const path = decodeText(pathBytes(address));
      const { inode } = resolve(t.fs, path.startsWith('/') ? t.fs.root : t.fs.cwd, path);
      requireAccess(t.cred, inode, MAY_WRITE);
      found = isSocket(inode.mode) ? this._byInode.get(inode) : undefined;
    }
    if (found === undefined) throw new SysError(ECONNREFUSED);
    return found;
  }

  /** The socket is gone; its inode stays. */
  release(name: UnixName): void {
    if (name.inode === undefined) this._abstract.delete(name.key);
    else this._byInode.delete(name.inode);
  }
}
