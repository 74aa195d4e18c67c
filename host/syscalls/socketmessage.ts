/** struct msghdr and its ancillary data, both ways (recv(2), cmsg(3), unix(7)). */
import * as E from '../../assembly/shared/errno.js';
import { CAP_SETGID, CAP_SETUID, CAP_SYS_ADMIN, hasCapability } from '../kernel/credentials.js';
import type { Control, Incoming, Ucred } from '../kernel/net/message.js';
import type { Thread } from '../kernel/thread.js';
import { SysError } from '../linux/error.js';
import { IOV_MAX } from '../linux/fcntl.js';
import * as K from '../linux/socket.js';
import type { OpenFile } from '../vfs/types.js';
import { type Iovec, readIovecs } from './iobuffer.js';
import { descriptorLimit } from './lookup.js';

/** struct msghdr: name 0, its length 8, iovec 16, their number 24, control 32, its length 40, flags 48. */
export const MSGHDR_BYTES = 56;
const NAME_BYTES_MAX = 128;
const UCRED_BYTES = 12;
const HEADER = K.CMSG_HEADER_BYTES;
const CONTROL_BYTES_MAX = 1 << 20;

export interface MessageHeader {
  readonly at: number;
  readonly name: number;
  readonly nameLength: number;
  readonly iov: readonly Iovec[];
  readonly control: number;
  readonly controlLength: number;
}

/** EFAULT, EINVAL, EMSGSIZE, ENOBUFS */
export function readHeader(t: Thread, at: number): MessageHeader {
  const view = new DataView(t.user.read(at, MSGHDR_BYTES).buffer);
  const big = (offset: number): number => Number(view.getBigUint64(offset, true));
  const name = big(0);
  const nameLength = view.getInt32(8, true);
  if (name !== 0 && nameLength < 0) throw new SysError(E.EINVAL);
  const count = big(24);
  if (count > IOV_MAX) throw new SysError(E.EMSGSIZE);
  const iov = readIovecs(t.user, big(16), count);
  if (typeof iov === 'number') throw new SysError(-iov);
  return {
    at,
    name,
    nameLength: name === 0 ? 0 : Math.min(nameLength, NAME_BYTES_MAX),
    iov,
    control: big(32),
    controlLength: big(40),
  };
}

/** The ancillary data of a message to send. EINVAL: it does not fit together; ENOBUFS: too much of it. */
export function readControls(t: Thread, { control, controlLength }: MessageHeader): Control[] {
  if (controlLength > 0x7fffffff) throw new SysError(E.ENOBUFS);
  if (controlLength === 0) return [];
  if (controlLength > CONTROL_BYTES_MAX) throw new SysError(E.ENOBUFS);
  const bytes = t.user.read(control, controlLength);
  const view = new DataView(bytes.buffer);
  const found: Control[] = [];
  for (let at = 0; at + HEADER <= bytes.length; ) {
    const length = Number(view.getBigUint64(at, true));
    if (length < HEADER || length > bytes.length - at) throw new SysError(E.EINVAL);
    found.push({ level: view.getInt32(at + 8, true), type: view.getInt32(at + 12, true), bytes: bytes.subarray(at + HEADER, at + length) });
    at += align(length);
  }
  return found;
}

function align(length: number): number {
  return Math.ceil(length / 8) * 8;
}

export interface Attachments {
  rights: OpenFile[] | undefined;
  credentials: Ucred | undefined;
}

/** What AF_UNIX sends along. EBADF, EINVAL, EPERM */
export function readAttachments(t: Thread, controls: readonly Control[]): Attachments {
  const found: Attachments = { rights: undefined, credentials: undefined };
  for (const { level, type, bytes } of controls) {
    if (level !== K.SOL_SOCKET) continue;
    if (type === K.SCM_RIGHTS) {
      const files = readFiles(t, bytes);
      if (files.length === 0) continue;
      found.rights = [...(found.rights ?? []), ...files];
      if (found.rights.length > K.SCM_MAX_FD) throw new SysError(E.EINVAL);
    } else if (type === K.SCM_CREDENTIALS) found.credentials = readCredentials(t, bytes);
    else throw new SysError(E.EINVAL);
  }
  return found;
}

function readFiles(t: Thread, bytes: Uint8Array): OpenFile[] {
  const count = Math.floor(bytes.length / 4);
  if (count > K.SCM_MAX_FD) throw new SysError(E.EINVAL);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return Array.from({ length: count }, (_, i) => t.files.getAny(view.getInt32(i * 4, true)));
}

/** Nobody says that he is another, but who may be everybody. */
function readCredentials({ cred, process }: Thread, bytes: Uint8Array): Ucred {
  if (bytes.length !== UCRED_BYTES) throw new SysError(E.EINVAL);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const [pid, uid, gid] = [view.getInt32(0, true), view.getUint32(4, true), view.getUint32(8, true)];
  const owns =
    (pid === process.pid || hasCapability(cred, CAP_SYS_ADMIN)) &&
    ([cred.ruid, cred.euid, cred.suid].includes(uid) || hasCapability(cred, CAP_SETUID)) &&
    ([cred.rgid, cred.egid, cred.sgid].includes(gid) || hasCapability(cred, CAP_SETGID));
  if (!owns) throw new SysError(E.EPERM);
  if (pid !== process.pid && !process.kernel.processes.has(pid)) throw new SysError(E.ESRCH);
  return { pid, uid, gid };
}

/** Ancillary data of a received message, written as far as there is room. The files become descriptors; what does not fit is closed. */
export class ControlWriter {
  private _done = 0;
  cut = false;

  constructor(
    private readonly t: Thread,
    private readonly address: number,
    private readonly room: number,
  ) {}

  get length(): number {
    return this._done;
  }

  put(level: number, type: number, bytes: Uint8Array): void {
    const left = this.room - this._done;
    if (this.address === 0 || left < HEADER) {
      this.cut = true;
      return;
    }
    const length = Math.min(HEADER + bytes.length, left);
    if (length < HEADER + bytes.length) this.cut = true;
    const item = new Uint8Array(length);
    const view = new DataView(item.buffer);
    view.setBigUint64(0, BigInt(length), true);
    view.setInt32(8, level, true);
    view.setInt32(12, type, true);
    item.set(bytes.subarray(0, length - HEADER), HEADER);
    this.t.user.write(this.address + this._done, item);
    this._done = Math.min(this._done + align(length), this.room);
  }

  /** SCM_RIGHTS: as many as there is room and descriptors for. */
  putFiles(files: readonly OpenFile[], cloexec: boolean): void {
    const { t } = this;
    const { inflight } = t.kernel.net;
    const left = this.room - this._done;
    const fits = this.address === 0 ? 0 : Math.max(0, Math.floor((left - HEADER) / 4));
    const descriptors: number[] = [];
    for (const [i, file] of files.entries()) {
      const fd = i < fits ? installReceived(t, file, cloexec) : undefined;
      if (fd === undefined) {
        for (const rest of files.slice(i)) inflight.discard(rest);
        this.cut = true;
        break;
      }
      descriptors.push(fd);
    }
    if (descriptors.length === 0) return;
    const bytes = new Uint8Array(descriptors.length * 4);
    const view = new DataView(bytes.buffer);
    for (const [i, fd] of descriptors.entries()) view.setInt32(i * 4, fd, true);
    this.put(K.SOL_SOCKET, K.SCM_RIGHTS, bytes);
  }
}

/** undefined: the process or the machine has no descriptor left. */
function installReceived(t: Thread, file: OpenFile, cloexec: boolean): number | undefined {
  try {
    return t.files.install(file, cloexec, 0, descriptorLimit(t));
  } catch (error) {
    if (error instanceof SysError) return undefined;
    throw error;
  }
}

function ucredBytes({ pid, uid, gid }: Ucred): Uint8Array {
  const bytes = new Uint8Array(UCRED_BYTES);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, pid, true);
  view.setUint32(4, uid, true);
  view.setUint32(8, gid, true);
  return bytes;
}

/** Writes what came with a message; the flags that say what was cut off. */
export function writeControls(t: Thread, { control, controlLength }: MessageHeader, incoming: Incoming, cloexec: boolean): ControlWriter {
  const writer = new ControlWriter(t, control, Math.min(controlLength, CONTROL_BYTES_MAX));
  if (incoming.credentials !== undefined) writer.put(K.SOL_SOCKET, K.SCM_CREDENTIALS, ucredBytes(incoming.credentials));
  if (incoming.rights.length > 0) writer.putFiles(incoming.rights, cloexec);
  for (const { level, type, bytes } of incoming.controls) writer.put(level, type, bytes);
  return writer;
}
