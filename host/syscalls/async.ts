/** Signals of readiness: O_ASYNC, F_SETOWN and F_SETSIG of fcntl(2). */

import { EFAULT, EINVAL, ESRCH } from '../../assembly/shared/errno.js';
import { CAP_KILL, type Cred, hasCapability } from '../kernel/credentials.js';
import { Socket } from '../kernel/net/socket.js';
import type { Process } from '../kernel/process.js';
import { SIGINFO_BYTES } from '../kernel/siginfo.js';
import { sendToProcess, sendToThread } from '../kernel/signal.js';
import type { Thread } from '../kernel/thread.js';
import { sideTable } from '../linux/bound.js';
import { SysError } from '../linux/error.js';
import { O_ASYNC } from '../linux/fcntl.js';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRBAND, POLLWRNORM } from '../linux/poll.js';
import { SI_KERNEL, SIGIO, SIGNAL_MAX } from '../linux/signal.js';
import { PipeFile } from '../vfs/pipe.js';
import { TtyFile } from '../vfs/tty/ttyfile.js';
import type { ClosingWatcher, OpenFile } from '../vfs/types.js';
import type { Waiter, WaitQueue } from '../vfs/wait.js';

const [F_OWNER_TID, F_OWNER_PID, F_OWNER_PGRP] = [0, 1, 2];
/** What has come: the bits that say so, si_code, and si_band. */
const BANDS: readonly (readonly [events: number, code: number, band: number])[] = [
  [POLLIN, 1, POLLIN | POLLRDNORM],
  [POLLOUT, 2, POLLOUT | POLLWRNORM | POLLWRBAND],
  [POLLERR, 4, POLLERR],
  [POLLHUP, 6, POLLHUP | POLLERR],
];

/** Whom an open file tells, and how. */
export class Notice implements Waiter, ClosingWatcher {
  type = F_OWNER_PID;
  /** 0: nobody. */
  id = 0;
  /** 0: SIGIO, without particulars. */
  signal = 0;
  fd = -1;
  private _setter: Cred | undefined = undefined;
  private _queue: WaitQueue | undefined = undefined;

  constructor(
    readonly file: OpenFile,
    readonly t: Thread,
  ) {
    file.closingWatchers ??= new Set();
    file.closingWatchers.add(this);
  }

  own(t: Thread, type: number, id: number): void {
    this.type = type;
    this.id = id;
    this._setter = t.cred;
  }

  listen(on: boolean): void {
    this._queue?.remove(this);
    this._queue = on ? this.file.queue : undefined;
    this._queue?.add(this);
  }

  fileClosing(): void {
    this.listen(false);
  }

  wake(events: number): void {
    if (this.id === 0) return;
    const ready = this.file.poll();
    for (const [bits, code, band] of BANDS) {
      if ((ready & bits) !== 0 && (events === 0 || (events & bits) !== 0)) this._tell(code, band);
    }
  }

  private _tell(code: number, band: number): void {
    const info = this.signal === 0 ? { signo: SIGIO, code: SI_KERNEL } : { signo: this.signal, code, raw: this._siginfo(code, band) };
    const { kernel } = this.t;
    if (this.type === F_OWNER_TID) {
      const target = kernel.threads.get(this.id);
      if (target !== undefined && this._may(target.cred)) sendToThread(target, info);
      return;
    }
    const found = this.type === F_OWNER_PGRP ? kernel.group(this.id) : [kernel.processes.get(this.id)];
    for (const target of found) if (target !== undefined && this._may(target.leader.cred)) sendToProcess(target, info);
  }

  private _siginfo(code: number, band: number): Uint8Array {
    const bytes = new Uint8Array(SIGINFO_BYTES);
    const view = new DataView(bytes.buffer);
    view.setInt32(0, this.signal, true);
    view.setInt32(8, code, true);
    view.setBigInt64(16, BigInt(band), true);
    view.setInt32(24, this.fd, true);
    return bytes;
  }

  /** Who may be told is decided by the identity of the one who set the owner. */
  private _may(target: Cred): boolean {
    const setter = this._setter;
    if (setter === undefined || setter.euid === 0 || hasCapability(setter, CAP_KILL)) return true;
    return [setter.euid, setter.ruid].some((uid) => uid === target.ruid || uid === target.suid);
  }
}

const notices = sideTable<OpenFile, Notice>('SIGIO');

function noticeOf(t: Thread, file: OpenFile): Notice {
  let notice = notices.get(file);
  if (notice === undefined) notices.set(file, (notice = new Notice(file, t)));
  return notice;
}

/** Pipes, sockets and terminals. */
export function canNotify(file: OpenFile): boolean {
  return file instanceof PipeFile || file instanceof Socket || file instanceof TtyFile;
}

/** O_ASYNC has been set or cleared through this descriptor. */
export function setAsync(t: Thread, file: OpenFile, fd: number, on: boolean): void {
  file.flags = on ? file.flags | O_ASYNC : file.flags & ~O_ASYNC;
  if (!canNotify(file) || (!on && !notices.has(file))) return;
  const notice = noticeOf(t, file);
  notice.fd = fd;
  notice.listen(on);
}

function exists(t: Thread, type: number, id: number): boolean {
  if (type === F_OWNER_TID) return t.kernel.threads.has(id);
  if (type === F_OWNER_PGRP) return t.kernel.group(id).length > 0;
  return t.kernel.processes.get(id)?.state === ('running' satisfies Process['state']);
}

/** A process, or as a negative number a group; 0: nobody. ESRCH */
export function setOwner(t: Thread, file: OpenFile, who: number): number {
  const [type, id] = who < 0 ? [F_OWNER_PGRP, -who] : [F_OWNER_PID, who];
  if (id > 0x7fffffff) throw new SysError(EINVAL);
  if (id !== 0 && !exists(t, type, id)) throw new SysError(ESRCH);
  noticeOf(t, file).own(t, type, id);
  return 0;
}

export function getOwner(file: OpenFile): number {
  const { type, id } = notices.get(file) ?? { type: F_OWNER_PID, id: 0 };
  return type === F_OWNER_PGRP ? -id : id;
}

/** struct f_owner_ex {type, pid}. EINVAL, ESRCH */
export function setOwnerEx(t: Thread, file: OpenFile, address: number): number {
  const [type, id] = [t.user.readI32(address), t.user.readI32(address + 4)];
  if (type < F_OWNER_TID || type > F_OWNER_PGRP) throw new SysError(EINVAL);
  if (id !== 0 && !exists(t, type, id)) throw new SysError(ESRCH);
  noticeOf(t, file).own(t, type, id);
  return 0;
}

export function getOwnerEx(t: Thread, file: OpenFile, address: number): number {
  const { type, id } = notices.get(file) ?? { type: F_OWNER_TID, id: 0 };
  if (address === 0) throw new SysError(EFAULT);
  t.user.writeU32(address, id === 0 ? F_OWNER_TID : type);
  t.user.writeU32(address + 4, id);
  return 0;
}

export function setSignal(t: Thread, file: OpenFile, signal: number): number {
  if (!(signal >= 0 && signal <= SIGNAL_MAX)) throw new SysError(EINVAL);
  noticeOf(t, file).signal = signal;
  return 0;
}

export function getSignal(file: OpenFile): number {
  return notices.get(file)?.signal ?? 0;
}
