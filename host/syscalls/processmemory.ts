/** Memory of other processes: process_vm_readv(2), process_vm_writev(2), process_madvise(2), process_mrelease(2). */
import { EACCES, EBADF, EINVAL, EPERM, ESRCH } from '../../assembly/shared/errno.js';
import * as M from '../../assembly/shared/mman.js';
import type { UserMemory } from '../core/user.js';
import { CAP_SYS_NICE, hasCapability } from '../kernel/credentials.js';
import type { Process } from '../kernel/process.js';
import type { Thread } from '../kernel/thread.js';
import { SysError } from '../linux/error.js';
import { advise } from './advise.js';
import { type Iovec, readIovecs } from './iobuffer.js';
import { PAGE } from './memoryrange.js';
import { mayAttach, PidFile } from './pidfd.js';
import { row } from './row.js';

function total(iov: readonly Iovec[]): number {
  return iov.reduce((sum, { length }) => sum + length, 0);
}

/** Where the next byte of a list of ranges is. */
class Cursor {
  private _index = 0;
  private _offset = 0;

  constructor(readonly iov: readonly Iovec[]) {}

  /** Bytes that follow in one page of one range; 0 at the end. */
  get run(): number {
    for (; this._index < this.iov.length; this._index++, this._offset = 0) {
      const left = this.iov[this._index].length - this._offset;
      if (left > 0) return Math.min(left, PAGE - (this.address % PAGE));
    }
    return 0;
  }

  get address(): number {
    return this.iov[this._index].address + this._offset;
  }

  advance(bytes: number): void {
    this._offset += bytes;
  }
}

/** Bytes moved until one side ended or faulted; the error only when nothing was moved. */
function move(from: UserMemory, source: Cursor, to: UserMemory, target: Cursor): number {
  let done = 0;
  for (;;) {
    const bytes = Math.min(source.run, target.run);
    if (bytes === 0) return done;
    try {
      to.write(target.address, from.read(source.address, bytes));
    } catch (error) {
      if (error instanceof SysError && done > 0) return done;
      throw error;
    }
    source.advance(bytes);
    target.advance(bytes);
    done += bytes;
  }
}

function processVm(t: Thread, pid: number, local: Iovec[] | number, remoteAt: number, remoteCount: number, write: boolean): number {
  if (typeof local === 'number') return local;
  if (total(local) === 0) return 0;
  const remote = readRemote(t, remoteAt, remoteCount);
  if (typeof remote === 'number') return remote;
  if (total(remote) === 0) return 0;
  const process = t.kernel.threads.get(pid)?.process;
  if (process === undefined) return -ESRCH;
  if (!mayAttach(t, process)) return -EPERM;
  if (process.state !== 'running' || process.exiting) return -ESRCH;
  const { user } = process.space;
  const near = new Cursor(local);
  const far = new Cursor(remote);
  return write ? move(t.user, near, user, far) : move(user, far, t.user, near);
}

const IOV_MAX = 1024;

/** Addresses of another process are looked at when they are used. */
function readRemote(t: Thread, at: number, count: number): Iovec[] | number {
  if (count > IOV_MAX) return -EINVAL;
  const view = new DataView(t.user.read(at, count * 16).buffer);
  const iov: Iovec[] = [];
  for (let i = 0; i < count; i++) {
    const length = view.getBigInt64(i * 16 + 8, true);
    if (length < 0n) return -EINVAL;
    iov.push({ address: Number(view.getBigUint64(i * 16, true)), length: Number(length) });
  }
  return iov;
}

function processVmReadv(t: Thread, pid: number, local: number, count: number, remote: number, remoteCount: number, flags: number): number {
  if (flags !== 0) return -EINVAL;
  return processVm(t, pid, readIovecs(t.user, local, count), remote, remoteCount, false);
}

function processVmWritev(t: Thread, pid: number, local: number, count: number, remote: number, remoteCount: number, flags: number): number {
  if (flags !== 0) return -EINVAL;
  return processVm(t, pid, readIovecs(t.user, local, count), remote, remoteCount, true);
}

/** EBADF: no process descriptor; ESRCH: nobody any more. */
function processOf(t: Thread, fd: number): Process {
  const file = t.files.get(fd);
  if (!(file instanceof PidFile)) throw new SysError(EBADF);
  if (file.gone) throw new SysError(ESRCH);
  return file.process;
}

/** What changes how fast another process is, not what its memory holds. */
const REMOTE_ADVICE: readonly number[] = [M.MADV_COLD, M.MADV_PAGEOUT, M.MADV_WILLNEED, M.MADV_COLLAPSE];

function processMadvise(t: Thread, fd: number, at: number, count: number, advice: number, flags: number): number {
  if (flags !== 0) return -EINVAL;
  const iov = readIovecs(t.user, at, count);
  if (typeof iov === 'number') return iov;
  const process = processOf(t, fd);
  if (!mayAttach(t, process, true)) return -EACCES;
  if (process.state !== 'running') return -ESRCH;
  if (process.space !== t.process.space) {
    if (!REMOTE_ADVICE.includes(advice)) return -EINVAL;
    if (!hasCapability(t.cred, CAP_SYS_NICE)) return -EPERM;
  }
  let done = 0;
  for (const { address, length } of iov) {
    const result = advise(t, process.space.handle, address, length, advice);
    if (result < 0) return done > 0 ? done : result;
    done += length;
  }
  return done;
}

/** Memory of a process that is being killed is given back at once: private memory only, what others map stays. */
function processMrelease(t: Thread, fd: number, flags: number): number {
  if (flags !== 0) return -EINVAL;
  const process = processOf(t, fd);
  if (process.state !== 'running') return -ESRCH;
  const { core, processes } = t.kernel;
  const users = [...processes.values()].filter(({ space, state }) => space === process.space && state === 'running');
  if (users.some(({ exiting }) => !exiting)) return -EINVAL;
  const { handle } = process.space;
  for (let vma = core.exports.vmaFind(handle, 0); vma !== 0; vma = core.exports.vmaNext(handle, vma)) {
    const flagsOf = core.u32[(vma + M.VMA_FLAGS) >>> 2];
    if ((flagsOf & (M.VM_SHARED | M.VM_DONTEXPAND)) !== 0) continue;
    const start = core.readU64(vma + M.VMA_START);
    core.exports.mmAdvise(handle, start, core.readU64(vma + M.VMA_END) - start, M.MADV_DONTNEED_LOCKED);
  }
  return 0;
}

export const processMemoryRows = [
  row(270, 'process_vm_readv', ['pid', 'pointer', 'ulong', 'pointer', 'ulong', 'ulong'], processVmReadv),
  row(271, 'process_vm_writev', ['pid', 'pointer', 'ulong', 'pointer', 'ulong', 'ulong'], processVmWritev),
  row(440, 'process_madvise', ['fd', 'struct:iovec', 'ulong', 'enum:madvise', 'hex'], processMadvise),
  row(448, 'process_mrelease', ['fd', 'hex'], processMrelease),
];
