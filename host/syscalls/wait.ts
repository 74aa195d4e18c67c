import { EAGAIN, EINVAL, ESRCH } from '../../assembly/shared/errno.js';
import { threadUsage } from '../kernel/process.js';
import { RESTART_SYS, type Thread } from '../kernel/thread.js';
import type { Usage } from '../kernel/usage.js';
import { type ChildEvent, type ChildFilter, takeChildEvent } from '../kernel/wait.js';
import { O_NONBLOCK } from '../linux/fcntl.js';
import * as P from '../linux/process.js';
import { SIGCHLD } from '../linux/signal.js';
import { pidfileOf } from './pidfd.js';
import { row } from './row.js';
import { putTimeval } from './user-types.js';

const RUSAGE_BYTES = 144;
const WAIT4_OPTIONS = P.WNOHANG | P.WUNTRACED | P.WCONTINUED | P.WNOTHREAD | P.WCLONE | P.WALL;
const WAITID_OPTIONS = P.WNOHANG | P.WNOWAIT | P.WEXITED | P.WSTOPPED | P.WCONTINUED | P.WNOTHREAD | P.WCLONE | P.WALL;

/** struct rusage: two timevals, then 14 longs of which Linux fills maxrss (KiB), minflt, majflt, nvcsw and nivcsw. */
export function encodeRusage(usage: Usage): Uint8Array {
  const bytes = new Uint8Array(RUSAGE_BYTES);
  const view = new DataView(bytes.buffer);
  const long = (at: number, value: number): void => view.setBigInt64(at, BigInt(Math.floor(value)), true);
  putTimeval(view, 0, usage.userNs);
  putTimeval(view, 16, usage.systemNs);
  long(32, usage.residentPeak * 4);
  long(64, usage.minorFaults);
  long(72, usage.majorFaults);
  long(128, usage.voluntarySwitches);
  long(136, usage.involuntarySwitches);
  return bytes;
}

/** One event, 0 when there is none and the call may not wait, or the result of going to sleep. */
function waitFor(t: Thread, filter: ChildFilter, options: number): ChildEvent | number {
  const event = takeChildEvent(t.process, filter, options);
  if (event !== undefined) return event;
  if ((options & P.WNOHANG) !== 0) return 0;
  return t.sleep({ queues: [t.process.childQueue], restart: RESTART_SYS });
}

function wait4(t: Thread, pid: number, status: number, options: number, rusage: number): number {
  if ((options & ~WAIT4_OPTIONS) !== 0) return -EINVAL;
  if (pid === -(2 ** 31)) return -ESRCH;
  const group = pid === 0 ? t.process.pgid : -pid;
  const filter: ChildFilter = pid === -1 ? () => true : pid > 0 ? (child) => child.pid === pid : (child) => child.pgid === group;
  // Linux reaps the child and then fails with EFAULT. Nothing is gained by losing it: a bad address is found before.
  if (status !== 0) t.user.prepareWrite(status, 4);
  if (rusage !== 0) t.user.prepareWrite(rusage, RUSAGE_BYTES);
  const event = waitFor(t, filter, options | P.WEXITED);
  if (typeof event === 'number') return event;
  if (status !== 0) t.user.writeU32(status, event.status);
  if (rusage !== 0) t.user.write(rusage, encodeRusage(event.usage));
  return event.pid;
}

function waitid(t: Thread, kind: number, id: number, info: number, options: number, rusage: number): number {
  if ((options & ~WAITID_OPTIONS) !== 0 || (options & (P.WEXITED | P.WSTOPPED | P.WCONTINUED)) === 0) return -EINVAL;
  let filter: ChildFilter;
  let mayBlock = true;
  if (kind === P.P_ALL) filter = () => true;
  else if (kind === P.P_PID) {
    if (id <= 0) return -EINVAL;
    filter = (child) => child.pid === id;
  } else if (kind === P.P_PGID) {
    if (id < 0) return -EINVAL;
    const group = id === 0 ? t.process.pgid : id;
    filter = (child) => child.pgid === group;
  } else if (kind === P.P_PIDFD) {
    if (id < 0) return -EINVAL;
    const file = pidfileOf(t, id);
    mayBlock = (file.flags & O_NONBLOCK) === 0;
    filter = (child) => child === file.process && !file.gone;
  } else return -EINVAL;
  if (info !== 0) t.user.prepareWrite(info, 28);
  if (rusage !== 0) t.user.prepareWrite(rusage, RUSAGE_BYTES);
  const event = waitFor(t, filter, mayBlock ? options : options | P.WNOHANG);
  if (typeof event === 'number' && event !== 0) return event;
  if (event === 0 && (options & P.WNOHANG) === 0) return -EAGAIN;
  if (info !== 0) writeChildInfo(t, info, event === 0 ? undefined : (event as ChildEvent));
  if (rusage !== 0 && typeof event !== 'number') t.user.write(rusage, encodeRusage(event.usage));
  return 0;
}

/** The fields that waitid fills: the rest of the siginfo_t is left alone. */
function writeChildInfo(t: Thread, address: number, event: ChildEvent | undefined): void {
  const { user } = t;
  user.writeU32(address, event === undefined ? 0 : SIGCHLD);
  user.writeU32(address + 4, 0);
  user.writeU32(address + 8, event?.code ?? 0);
  user.writeU32(address + 16, event?.pid ?? 0);
  user.writeU32(address + 20, event?.uid ?? 0);
  user.writeU32(address + 24, event?.value ?? 0);
}

const RUSAGE_SELF = 0;
const RUSAGE_CHILDREN = -1;
const RUSAGE_THREAD = 1;

function getrusage(t: Thread, who: number, address: number): number {
  const { process } = t;
  let usage: Usage;
  if (who === RUSAGE_SELF) usage = process.usage();
  else if (who === RUSAGE_CHILDREN) usage = process.childrenUsage;
  else if (who === RUSAGE_THREAD) usage = threadUsage(t);
  else return -EINVAL;
  t.user.write(address, encodeRusage(usage));
  return 0;
}

export const waitRows = [
  row(95, 'waitid', ['enum:idtype', 'pid', 'out:siginfo', 'flags:wait', 'out:rusage'], waitid),
  row(165, 'getrusage', ['enum:rusage', 'out:rusage'], getrusage, {
    partial: 'CPU time is a model: 1 ns for each instruction, 200 ns for each call',
  }),
  row(260, 'wait4', ['pid', 'out:wstatus', 'flags:wait', 'out:rusage'], wait4),
];
