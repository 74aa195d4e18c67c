/** Process descriptors: pidfd_open(2), and what refers to a process by one. */
import { EBADF, EINVAL, EPERM, ESRCH } from '../../assembly/shared/errno.js';
import { CAP_SYS_PTRACE, hasCapability } from '../kernel/credentials.js';
import type { Process } from '../kernel/process.js';
import { sendToProcess, sendToThread } from '../kernel/signal.js';
import type { Thread } from '../kernel/thread.js';
import { SysError } from '../linux/error.js';
import { O_NONBLOCK, O_RDWR } from '../linux/fcntl.js';
import { POLLHUP, POLLIN, POLLRDNORM } from '../linux/poll.js';
import { SI_TKILL, SI_USER } from '../linux/signal.js';
import { Location } from '../vfs/dentry.js';
import { retainFile } from '../vfs/openfile.js';
import { OpenFile } from '../vfs/types.js';
import type { WaitQueue } from '../vfs/wait.js';
import { type DescriptorInode, descriptorInode, installAnonymous } from './anonymous.js';
import { descriptorLimit } from './lookup.js';
import { row } from './row.js';
import { maySignal, readSigInfo, userInfo, validSignal } from './signal.js';

/** A process, or with PIDFD_THREAD one thread. It is the task itself, not its number: a number that is given again is another's. */
export class PidFile extends OpenFile {
  constructor(
    inode: DescriptorInode,
    flags: number,
    readonly process: Process,
    /** undefined: the whole process. */
    readonly thread: Thread | undefined,
  ) {
    super(inode, flags);
  }

  override get stream(): boolean {
    return true;
  }

  override get queue(): WaitQueue {
    return this.process.exitQueue;
  }

  /** Its number is nobody's any more. */
  get gone(): boolean {
    const { thread, process } = this;
    if (thread === undefined || thread === process.leader) return process.state === 'reaped';
    return thread.state === 'dead';
  }

  override poll(): number {
    if (this.gone) return POLLIN | POLLRDNORM | POLLHUP;
    const ended = this.thread === undefined ? this.process.state !== 'running' : this.thread.state === 'dead';
    return ended ? POLLIN | POLLRDNORM : 0;
  }

  override get details(): string {
    const pid = this.gone ? -1 : (this.thread?.tid ?? this.process.pid);
    return `Pid:\t${pid}\nNSpid:\t${pid}\n`;
  }
}

const PIDFD_THREAD = 0o200;

/** Makes the descriptor of a task: close-on-exec, as all of them. */
export function installPidfd(t: Thread, process: Process, thread: Thread | undefined, nonblock: number): number {
  const flags = O_RDWR | nonblock | (thread === undefined ? 0 : PIDFD_THREAD);
  return installAnonymous(t, new PidFile(descriptorInode(t), flags, process, thread), 'pidfd', true);
}

function pidfdOpen(t: Thread, pid: number, flags: number): number {
  if ((flags & ~(O_NONBLOCK | PIDFD_THREAD)) !== 0 || pid <= 0) return -EINVAL;
  const thread = t.kernel.threads.get(pid);
  if (thread === undefined) return -ESRCH;
  const wantsThread = (flags & PIDFD_THREAD) !== 0;
  if (!wantsThread && thread !== thread.process.leader) return -EINVAL;
  return installPidfd(t, thread.process, wantsThread ? thread : undefined, flags & O_NONBLOCK);
}

/** EBADF: not a process descriptor. */
export function pidfileOf(t: Thread, fd: number): PidFile {
  const file = t.files.get(fd);
  if (!(file instanceof PidFile)) throw new SysError(EBADF);
  return file;
}

/** A folder of /proc that is a process's stands for it, too. */
function processFolder(t: Thread, file: OpenFile): Process | undefined {
  const { location } = file;
  if (!(location instanceof Location) || location.mount.fs.name !== 'proc') return undefined;
  const { dentry } = location;
  if (dentry.parent?.inode !== location.mount.fs.root || !/^\d+$/.test(dentry.name)) throw new SysError(EBADF);
  const process = t.kernel.processes.get(Number(dentry.name));
  if (process === undefined) throw new SysError(ESRCH);
  return process;
}

const SIGNAL_THREAD = 1;
const SIGNAL_PROCESS = 2;
const SIGNAL_GROUP = 4;

function pidfdSendSignal(t: Thread, fd: number, signal: number, address: number, flags: number): number {
  if (![0, SIGNAL_THREAD, SIGNAL_PROCESS, SIGNAL_GROUP].includes(flags)) return -EINVAL;
  const file = t.files.get(fd);
  const process = file instanceof PidFile ? file.process : processFolder(t, file);
  if (process === undefined) return -EBADF;
  const thread = file instanceof PidFile ? file.thread : undefined;
  const scope = flags !== 0 ? flags : thread === undefined ? SIGNAL_PROCESS : SIGNAL_THREAD;
  const own = (thread ?? process.leader) === t && scope !== SIGNAL_GROUP;
  const code = scope === SIGNAL_THREAD ? SI_TKILL : SI_USER;
  const info = address === 0 ? userInfo(t, signal, code) : readSigInfo(t, address, signal, own, true);
  if (file instanceof PidFile && file.gone) return -ESRCH;
  if (!validSignal(signal)) return -EINVAL;
  if (scope === SIGNAL_GROUP) {
    const members = t.kernel.group(process.pid).filter((member) => maySignal(t, member, signal));
    if (members.length === 0) return t.kernel.group(process.pid).length === 0 ? -ESRCH : -EPERM;
    if (signal !== 0) for (const member of members) sendToProcess(member, info);
    return 0;
  }
  if (!maySignal(t, process, signal)) return -EPERM;
  if (signal === 0) return 0;
  return scope === SIGNAL_THREAD ? sendToThread(thread ?? process.leader, info) : sendToProcess(process, info);
}

/** ptrace(2): the caller's real ids throughout (PTRACE_MODE_REALCREDS; with `files` FSCREDS: those of file access), or the capability. */
export function mayAttach(t: Thread, target: Process, files = false): boolean {
  if (target === t.process || hasCapability(t.cred, CAP_SYS_PTRACE)) return true;
  const { cred } = target.leader;
  const ruid = files ? t.cred.uid : t.cred.ruid;
  const rgid = files ? t.cred.gid : t.cred.rgid;
  const same = [cred.ruid, cred.euid, cred.suid].every((id) => id === ruid) && [cred.rgid, cred.egid, cred.sgid].every((id) => id === rgid);
  return same && target.dumpable === 1;
}

function pidfdGetfd(t: Thread, fd: number, target: number, flags: number): number {
  if (flags !== 0) return -EINVAL;
  const file = pidfileOf(t, fd);
  if (file.gone) return -ESRCH;
  if (!mayAttach(t, file.process)) return -EPERM;
  const owner = file.thread ?? file.process.leader;
  const found = owner.state === 'dead' ? undefined : owner.files.find(target);
  if (found === undefined) return -EBADF;
  t.files.requireFree(1, descriptorLimit(t));
  return t.files.install(retainFile(found), true, 0, descriptorLimit(t));
}

/** There are no namespaces to enter, whatever the descriptor. */
function setns(t: Thread, fd: number): number {
  t.files.get(fd);
  return -EINVAL;
}

export const pidfdRows = [
  row(268, 'setns', ['fd', 'flags:setns'], setns, { absent: 'EINVAL: no namespaces' }),
  row(424, 'pidfd_send_signal', ['fd', 'signal', 'struct:siginfo', 'flags:pidfd_signal'], pidfdSendSignal),
  row(434, 'pidfd_open', ['pid', 'flags:pidfd_open'], pidfdOpen),
  row(438, 'pidfd_getfd', ['fd', 'int', 'hex'], pidfdGetfd),
];
