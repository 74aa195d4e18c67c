import { E2BIG, EACCES, EFAULT, EINVAL, EPERM, ESRCH } from '../../assembly/shared/errno.js';
import { type CloneRequest, cloneThread } from '../kernel/clone.js';
import { CAP_CHECKPOINT_RESTORE, CAP_SYS_ADMIN, CAP_SYS_RESOURCE, hasCapability } from '../kernel/credentials.js';
import { exitGroup, exitThread } from '../kernel/exit.js';
import { type Limit, NOFILE_MAX, RLIMIT_CPU, RLIMIT_NOFILE, RLIMIT_STACK, RLIMITS, UNLIMITED } from '../kernel/limits.js';
import type { Process } from '../kernel/process.js';
import { SWITCHED, type Thread } from '../kernel/thread.js';
import { SysError } from '../linux/error.js';
import * as P from '../linux/process.js';
import { SIGNAL_MAX } from '../linux/signal.js';
import { execRows } from './execve.js';
import { futexRows } from './futex.js';
import { futex2Rows } from './futex2.js';
import { identityRows } from './identity.js';
import { descriptorLimit } from './lookup.js';
import { installPidfd, pidfdRows } from './pidfd.js';
import { prctlRows } from './prctl.js';
import { row } from './row.js';
import { schedRows } from './sched.js';
import { readBigU64 } from './user-types.js';
import { waitRows } from './wait.js';

function exit(t: Thread, code: number): number {
  exitThread(t, (code & 0xff) << 8);
  return SWITCHED;
}

/** A vfork parent's call runs again from the start when it wakes: the child it has made is in `scratch`. */
function startChild(t: Thread, request: () => CloneRequest, pidfdAddress = 0): number {
  let child = t.scratch as Thread | undefined;
  if (child === undefined) {
    const made = request();
    const wantsPidfd = (made.flags & P.CLONE_PIDFD) !== 0;
    if (wantsPidfd) {
      t.files.requireFree(1, descriptorLimit(t));
      t.user.prepareWrite(pidfdAddress, 4);
    }
    child = cloneThread(t, made);
    if (wantsPidfd) {
      const thread = child.process === t.process ? child : undefined;
      t.user.writeU32(pidfdAddress, installPidfd(t, child.process, thread, 0));
    }
    t.scratch = child;
  }
  const { process } = child;
  const unread = process === t.process ? undefined : process.forkEvents.find(({ done }) => !done);
  if (unread !== undefined) return t.sleep({ queues: [unread.queue], interruptible: false });
  if (process === t.process || !process.sharesParentSpace) return child.tid;
  return t.sleep({ queues: [process.vforkQueue], interruptible: false });
}

function clone(t: Thread, flags: number, stack: number, parentTid: number, tls: number, childTid: number): number {
  if ((flags & P.CLONE_PIDFD) !== 0 && (flags & P.CLONE_PARENT_SETTID) !== 0) return -EINVAL;
  const request = { flags: flags & ~P.CSIGNAL, exitSignal: flags & P.CSIGNAL, stack, tls, parentTid, childTid, clearHandlers: false };
  return startChild(t, () => request, parentTid);
}

/** User addresses end here (Sv39). */
const TASK_SIZE = 2 ** 38;
const CLONE_ARGS_BYTES = 64;
const CLONE_ARGS_BYTES_MAX = 4096;
const CLONE_ARGS_KNOWN = 88;

/** set_tid: the pid that the child is to have, in each of its pid namespaces; there is one. */
function readWantedTid(t: Thread, address: number, count: number): number {
  if (count > 1) throw new SysError(EINVAL);
  const tid = t.user.readI32(address);
  if (tid < 1 || tid >= t.kernel.knobs.pidMax) throw new SysError(EINVAL);
  if (!hasCapability(t.cred, CAP_CHECKPOINT_RESTORE) && !hasCapability(t.cred, CAP_SYS_ADMIN)) throw new SysError(EPERM);
  return tid;
}

/** struct clone_args: flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup. */
function readCloneArgs(t: Thread, address: number, size: number): (CloneRequest & { readonly pidfd: number }) | number {
  if (size > CLONE_ARGS_BYTES_MAX) return -E2BIG;
  if (size < CLONE_ARGS_BYTES) return -EINVAL;
  const bytes = t.user.read(address, size);
  if (bytes.subarray(CLONE_ARGS_KNOWN).some((byte) => byte !== 0)) return -E2BIG;
  const view = new DataView(bytes.buffer);
  const field = (i: number): number => ((i + 1) * 8 <= size ? Number(view.getBigUint64(i * 8, true)) : 0);
  const flags = field(0);
  const exitSignal = field(4);
  const [stack, stackSize] = [field(5), field(6)];
  const clearHandlers = Math.floor(flags / P.CLONE_CLEAR_SIGHAND) % 2 === 1;
  if (flags >= P.CLONE_INTO_CGROUP || (field(8) === 0) !== (field(9) === 0)) return -EINVAL;
  if ((flags & P.CSIGNAL) !== 0 || (flags & P.CLONE_DETACHED) !== 0 || exitSignal > SIGNAL_MAX) return -EINVAL;
  if ((stack === 0) !== (stackSize === 0)) return -EINVAL;
  if ((flags & (P.CLONE_THREAD | P.CLONE_PARENT)) !== 0 && exitSignal !== 0) return -EINVAL;
  if (clearHandlers && (flags & P.CLONE_SIGHAND) !== 0) return -EINVAL;
  const pidfd = field(1);
  if ((flags & P.CLONE_PIDFD) !== 0 && (flags & P.CLONE_PARENT_SETTID) !== 0 && pidfd === field(3)) return -EINVAL;
  const top = stack === 0 ? 0 : stack + stackSize;
  if (top > TASK_SIZE) return -EINVAL;
  const tid = field(9) === 0 ? undefined : readWantedTid(t, field(8), field(9));
  return { flags: flags | 0, exitSignal, stack: top, tls: field(7), parentTid: field(3), childTid: field(2), tid, clearHandlers, pidfd };
}

function clone3(t: Thread, address: number, size: number): number {
  if (t.scratch !== undefined) return startChild(t, () => NEVER);
  const request = readCloneArgs(t, address, size);
  return typeof request === 'number' ? request : startChild(t, () => request, request.pidfd);
}

const NEVER: CloneRequest = { flags: 0, exitSignal: 0, stack: 0, tls: 0, parentTid: 0, childTid: 0, clearHandlers: false };

/** What threads share can be given up; there are no namespaces to leave. */
function unshare(t: Thread, flags: number): number {
  const known = P.CLONE_FS | P.CLONE_FILES | P.CLONE_VM | P.CLONE_THREAD | P.CLONE_SIGHAND | P.CLONE_SYSVSEM;
  if ((flags & ~known) !== 0) return -EINVAL;
  const alone = t.process.threads.size === 1;
  if ((flags & (P.CLONE_VM | P.CLONE_THREAD | P.CLONE_SIGHAND)) !== 0 && !(alone && t.process.space.references === 1)) return -EINVAL;
  if ((flags & P.CLONE_FS) !== 0) t.fs = t.fs.clone();
  if ((flags & P.CLONE_FILES) !== 0) {
    const old = t.files;
    t.files = old.clone();
    old.release();
  }
  return 0;
}

function findProcess(t: Thread, pid: number): Process | undefined {
  return pid === 0 ? t.process : t.kernel.threads.get(pid)?.process;
}

function setpgid(t: Thread, pid: number, pgid: number): number {
  const { kernel, process } = t;
  if (pgid < 0 || (pgid === 0 && pid < 0)) return -EINVAL;
  const target = pid === 0 ? process : kernel.processes.get(pid);
  if (target === undefined || (target !== process && target.parent !== process)) return -ESRCH;
  if (target !== process && target.sid !== process.sid) return -EPERM;
  if (target !== process && target.hasExeced) return -EACCES;
  if (target.sid === target.pid) return -EPERM;
  const group = pgid === 0 ? target.pid : pgid;
  if (group !== target.pid && !kernel.group(group).some((member) => member.sid === process.sid)) return -EPERM;
  target.pgid = group;
  return 0;
}

function getpgid(t: Thread, pid: number): number {
  return findProcess(t, pid)?.pgid ?? -ESRCH;
}

function getsid(t: Thread, pid: number): number {
  return findProcess(t, pid)?.sid ?? -ESRCH;
}

function setsid(t: Thread): number {
  const { process, kernel } = t;
  if (process.sid === process.pid || kernel.group(process.pid).length > 0) return -EPERM;
  process.sid = process.pid;
  process.pgid = process.pid;
  process.terminal = undefined;
  return process.sid;
}

function readLimit(t: Thread, address: number): Limit {
  const word = (at: number): number => {
    const value = readBigU64(t.user, at);
    return value === 0xffff_ffff_ffff_ffffn ? UNLIMITED : Number(value);
  };
  return { current: word(address), maximum: word(address + 8) };
}

function writeLimit(t: Thread, address: number, limit: Limit): void {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  [limit.current, limit.maximum].forEach((value, i) => {
    view.setBigUint64(i * 8, value === UNLIMITED ? 0xffff_ffff_ffff_ffffn : BigInt(value), true);
  });
  t.user.write(address, bytes);
}

function prlimit(t: Thread, pid: number, resource: number, next: number, old: number): number {
  if (resource >= RLIMITS) return -EINVAL;
  const target = findProcess(t, pid);
  if (target === undefined) return -ESRCH;
  const other = target.leader.cred;
  const same = [other.ruid, other.euid, other.suid].every((uid) => uid === t.cred.ruid);
  const mayRaise = hasCapability(t.cred, CAP_SYS_RESOURCE);
  if (target !== t.process && !same && !mayRaise) return -EPERM;
  const limit = target.limits[resource];
  const before = { ...limit };
  if (next !== 0) {
    const wanted = readLimit(t, next);
    if (wanted.current > wanted.maximum) return -EINVAL;
    if (wanted.maximum > limit.maximum && !mayRaise) return -EPERM;
    if (resource === RLIMIT_NOFILE && wanted.maximum > NOFILE_MAX) return -EPERM;
    Object.assign(limit, wanted);
    if (resource === RLIMIT_CPU) target.cpuTimers.limitChanged(target);
    if (resource === RLIMIT_STACK) target.space.applyLayout(limit.current);
  }
  if (old !== 0) writeLimit(t, old, before);
  return 0;
}

function getRobustList(t: Thread, tid: number, head: number, length: number): number {
  const target = tid === 0 ? t : t.kernel.threads.get(tid);
  if (target === undefined) return -ESRCH;
  t.user.writeU64(length, ROBUST_LIST_HEAD_BYTES);
  t.user.writeU64(head, target.robustList);
  return 0;
}

function setRobustList(t: Thread, head: number, length: number): number {
  if (length !== ROBUST_LIST_HEAD_BYTES) return -EINVAL;
  t.robustList = head;
  return 0;
}

const ROBUST_LIST_HEAD_BYTES = 24;

function setTidAddress(t: Thread, address: number): number {
  t.clearChildTid = address;
  return t.tid;
}

function personality(t: Thread, persona: number): number {
  const old = t.process.personality;
  if (persona !== 0xffffffff) t.process.personality = persona;
  return old;
}

const NO_NAMESPACES = 'no namespaces: EINVAL';

export const processRows = [
  row(92, 'personality', ['hex'], personality, { partial: 'only ADDR_NO_RANDOMIZE has an effect' }),
  row(93, 'exit', ['int'], exit),
  row(94, 'exit_group', ['int'], (t, code) => exitGroup(t.process, (code & 0xff) << 8)),
  row(96, 'set_tid_address', ['pointer'], setTidAddress),
  row(97, 'unshare', ['flags:clone'], unshare, { partial: NO_NAMESPACES }),
  row(99, 'set_robust_list', ['pointer', 'size'], setRobustList),
  row(100, 'get_robust_list', ['pid', 'pointer', 'pointer'], getRobustList),
  row(154, 'setpgid', ['pid', 'pid'], setpgid),
  row(155, 'getpgid', ['pid'], getpgid),
  row(156, 'getsid', ['pid'], getsid),
  row(157, 'setsid', [], setsid),
  row(163, 'getrlimit', ['enum:rlimit', 'out:rlimit'], (t, resource, limit) =>
    limit === 0 ? -EFAULT : prlimit(t, 0, resource >>> 0, 0, limit),
  ),
  row(164, 'setrlimit', ['enum:rlimit', 'struct:rlimit'], (t, resource, limit) =>
    limit === 0 ? -EFAULT : prlimit(t, 0, resource >>> 0, limit, 0),
  ),
  row(172, 'getpid', [], (t) => t.process.pid),
  row(173, 'getppid', [], (t) => t.process.ppid),
  row(178, 'gettid', [], (t) => t.tid),
  row(220, 'clone', ['flags:clone', 'pointer', 'pointer', 'pointer', 'pointer'], clone, { partial: NO_NAMESPACES }),
  row(261, 'prlimit64', ['pid', 'enum:rlimit', 'struct:rlimit', 'out:rlimit'], (t, pid, r, next, old) =>
    prlimit(t, pid, r >>> 0, next, old),
  ),
  row(435, 'clone3', ['struct:clone_args', 'size'], clone3, { partial: `${NO_NAMESPACES}; no cgroups` }),
  ...pidfdRows,
  ...execRows,
  ...waitRows,
  ...identityRows,
  ...schedRows,
  ...prctlRows,
  ...futexRows,
  ...futex2Rows,
];
