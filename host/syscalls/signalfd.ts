/** signalfd(2): blocked signals as bytes to read. */
import { EAGAIN, EINVAL } from '../../assembly/shared/errno.js';
import type { Kernel } from '../kernel/kernel.js';
import type { SigInfo } from '../kernel/pending.js';
import { encodeSigInfo } from '../kernel/siginfo.js';
import { dequeueSignal } from '../kernel/signal.js';
import { type Thread, UNBLOCKABLE } from '../kernel/thread.js';
import { O_CLOEXEC, O_NONBLOCK, O_RDWR } from '../linux/fcntl.js';
import { POLLIN } from '../linux/poll.js';
import * as S from '../linux/signal.js';
import { type IoBuffer, OpenFile } from '../vfs/types.js';
import type { WaitQueue } from '../vfs/wait.js';
import { type DescriptorInode, descriptorInode, installAnonymous } from './anonymous.js';
import { row } from './row.js';
import { readBigU64 } from './user-types.js';

const SIGSET_BYTES = 8;
const INFO_BYTES = 128;

type Layout = 'user' | 'queue' | 'timer' | 'fault' | 'child' | 'poll' | 'call';

/** How many codes above 0 a signal has of its own. */
const OWN_CODES: Readonly<Record<number, number>> = {
  [S.SIGILL]: 11,
  [S.SIGFPE]: 15,
  [S.SIGSEGV]: 10,
  [S.SIGBUS]: 5,
  [S.SIGTRAP]: 6,
  [S.SIGCHLD]: 6,
  [S.SIGIO]: 6,
  [S.SIGSYS]: 2,
};
const POLL_CODES = 6;
const SI_SIGIO = -5;

/** Which member of the union a signal with such a code fills. */
function layoutOf(signo: number, code: number): Layout {
  if (code <= S.SI_USER || code >= S.SI_KERNEL) {
    if (code === S.SI_TIMER) return 'timer';
    return code === SI_SIGIO ? 'poll' : code < S.SI_USER ? 'queue' : 'user';
  }
  if (code <= (OWN_CODES[signo] ?? 0)) {
    if (S.isFaultSignal(signo)) return 'fault';
    return signo === S.SIGCHLD ? 'child' : signo === S.SIGSYS ? 'call' : 'poll';
  }
  return code <= POLL_CODES ? 'poll' : 'user';
}

/**
 * struct signalfd_siginfo, 128 bytes: signo, errno, code, pid, uid, fd, tid, band, overrun, trapno, status, int (32 bits each), ptr,
 * utime, stime, addr (64), addr_lsb (16), 2 bytes unused, syscall (32), call_addr (64), arch (32), the rest zero. What siginfo_t says in
 * its union has a field of its own here; which of them are filled follows from signal and code as in siginfo_t.
 */
function encodeSignalfdInfo(info: SigInfo): Uint8Array {
  const from = encodeSigInfo(info);
  const si = new DataView(from.buffer, from.byteOffset, from.byteLength);
  const bytes = new Uint8Array(INFO_BYTES);
  const view = new DataView(bytes.buffer);
  const copy32 = (to: number, at: number): void => view.setInt32(to, si.getInt32(at, true), true);
  const copy64 = (to: number, at: number): void => view.setBigInt64(to, si.getBigInt64(at, true), true);
  const code = si.getInt32(8, true);
  copy32(0, 0);
  copy32(4, 4);
  copy32(8, 8);
  const layout = layoutOf(info.signo, code);
  if (layout === 'fault') copy64(72, 16);
  else if (layout === 'poll') {
    copy32(28, 16);
    copy32(20, 24);
  } else if (layout === 'call') {
    copy64(88, 16);
    copy32(84, 24);
    copy32(96, 28);
  } else if (layout === 'timer') {
    copy32(24, 16);
    copy32(32, 20);
    copy64(48, 24);
    copy32(44, 24);
  } else {
    copy32(12, 16);
    copy32(16, 20);
    if (layout === 'child') {
      copy32(40, 24);
      copy64(56, 32);
      copy64(64, 40);
    } else if (layout === 'queue') {
      copy64(48, 24);
      copy32(44, 24);
    }
  }
  return bytes;
}

/** It shows the signals of whoever looks, not of its maker: after fork each process reads its own. */
export class SignalFile extends OpenFile {
  constructor(
    inode: DescriptorInode,
    flags: number,
    private readonly kernel: Kernel,
    private mask: bigint,
  ) {
    super(inode, flags);
  }

  override get stream(): boolean {
    return true;
  }

  override get queue(): WaitQueue | undefined {
    return this.kernel.cpu.loaded?.process.signalQueue;
  }

  setMask(t: Thread, mask: bigint): void {
    this.mask = mask;
    t.process.signalQueue.wake();
  }

  override poll(): number {
    const t = this.kernel.cpu.loaded;
    return t !== undefined && ((t.pending.set | t.process.pending.set) & this.mask) !== 0n ? POLLIN : 0;
  }

  override read(to: IoBuffer): number {
    const t = this.kernel.cpu.loaded;
    if (to.remaining < INFO_BYTES) return -EINVAL;
    if (t === undefined || this.poll() === 0) return -EAGAIN;
    let done = 0;
    while (to.remaining >= INFO_BYTES) {
      const info = dequeueSignal(t, this.mask);
      if (info === undefined) break;
      if (!this._put(t, to, info)) break;
      done += INFO_BYTES;
    }
    t.signalFlag = t.hasDeliverable();
    return done;
  }

  /** A signal that can't be handed over, for now or at all, waits on. */
  private _put(t: Thread, to: IoBuffer, info: SigInfo): boolean {
    let put = 0;
    try {
      put = to.put(encodeSignalfdInfo(info));
    } finally {
      if (put < INFO_BYTES) t.pending.putBack(info, t.cred.ruid);
    }
    return put === INFO_BYTES;
  }

  override seek(): number {
    return 0;
  }

  override get details(): string {
    return `sigmask:\t${this.mask.toString(16).padStart(16, '0')}\n`;
  }
}

function signalfd4(t: Thread, fd: number, address: number, size: number, flags: number): number {
  if (size !== SIGSET_BYTES) return -EINVAL;
  const mask = readBigU64(t.user, address) & ~UNBLOCKABLE;
  if ((flags & ~(O_NONBLOCK | O_CLOEXEC)) !== 0) return -EINVAL;
  if (fd === -1) {
    const file = new SignalFile(descriptorInode(t), O_RDWR | (flags & O_NONBLOCK), t.kernel, mask);
    return installAnonymous(t, file, 'signalfd', (flags & O_CLOEXEC) !== 0);
  }
  const file = t.files.get(fd);
  if (!(file instanceof SignalFile)) return -EINVAL;
  file.setMask(t, mask);
  return fd;
}

export const signalfdRows = [row(74, 'signalfd4', ['fd', 'sigset', 'size', 'flags:signalfd'], signalfd4)];
