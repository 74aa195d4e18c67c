import { EACCES, EINVAL, EPERM, ESRCH } from '../../assembly/shared/errno.js';
import { CAP_SYS_NICE, hasCapability } from '../kernel/credentials.js';
import { RLIMIT_NICE } from '../kernel/limits.js';
import type { Thread } from '../kernel/thread.js';
import { SysError } from '../linux/error.js';
import { row } from './row.js';
import { writeTimespec } from './user-types.js';

const SCHED_OTHER = 0;
const SCHED_FIFO = 1;
const SCHED_RR = 2;
const SCHED_BATCH = 3;
const SCHED_IDLE = 5;
const SCHED_RESET_ON_FORK = 0x40000000;
const PRIORITY_MAX = 99;
const RR_INTERVAL_NS = 100_000_000;
/** sizeof(struct sched_attr), version 0 and 1. */
const ATTR_BYTES_MIN = 48;
const ATTR_BYTES = 56;

function find(t: Thread, tid: number): Thread {
  if (tid < 0) throw new SysError(EINVAL);
  const target = tid === 0 ? t : t.kernel.threads.get(tid);
  if (target === undefined) throw new SysError(ESRCH);
  return target;
}

/** The affinity mask of a machine with one processor. */
function getaffinity(t: Thread, tid: number, size: number, mask: number): number {
  if (size < 8 || size % 8 !== 0) return -EINVAL;
  find(t, tid);
  t.user.writeU64(mask, 1);
  return 8;
}

function setaffinity(t: Thread, tid: number, size: number, mask: number): number {
  find(t, tid);
  const bytes = t.user.read(mask, Math.min(size, 8));
  return bytes.length > 0 && (bytes[0] & 1) !== 0 ? 0 : -EINVAL;
}

function validPolicy(policy: number): boolean {
  return policy === SCHED_OTHER || policy === SCHED_FIFO || policy === SCHED_RR || policy === SCHED_BATCH || policy === SCHED_IDLE;
}

function isRealtime(policy: number): boolean {
  return policy === SCHED_FIFO || policy === SCHED_RR;
}

/** Policies are remembered and change nothing: threads take turns. */
function apply(t: Thread, target: Thread, policy: number, priority: number): number {
  if (!validPolicy(policy)) return -EINVAL;
  if (isRealtime(policy) ? priority < 1 || priority > PRIORITY_MAX : priority !== 0) return -EINVAL;
  if (isRealtime(policy) && !hasCapability(t.cred, CAP_SYS_NICE)) return -EPERM;
  target.policy = policy;
  target.priority = priority;
  return 0;
}

function setscheduler(t: Thread, tid: number, policy: number, parameter: number): number {
  if (policy < 0 || parameter === 0) return -EINVAL;
  const priority = t.user.readI32(parameter);
  return apply(t, find(t, tid), policy & ~SCHED_RESET_ON_FORK, priority);
}

function setparam(t: Thread, tid: number, parameter: number): number {
  if (parameter === 0) return -EINVAL;
  const priority = t.user.readI32(parameter);
  const target = find(t, tid);
  return apply(t, target, target.policy, priority);
}

function getparam(t: Thread, tid: number, parameter: number): number {
  if (parameter === 0) return -EINVAL;
  t.user.writeU32(parameter, find(t, tid).priority);
  return 0;
}

function getattr(t: Thread, tid: number, attr: number, size: number, flags: number): number {
  if (attr === 0 || flags !== 0 || size < ATTR_BYTES_MIN || size > 4096) return -EINVAL;
  const target = find(t, tid);
  const bytes = new Uint8Array(Math.min(size, ATTR_BYTES));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint32(4, target.policy, true);
  view.setInt32(16, isRealtime(target.policy) ? 0 : target.nice, true);
  view.setUint32(20, target.priority, true);
  t.user.write(attr, bytes);
  return 0;
}

function setattr(t: Thread, tid: number, attr: number, flags: number): number {
  if (attr === 0 || flags !== 0) return -EINVAL;
  const view = new DataView(t.user.read(attr, ATTR_BYTES_MIN).buffer);
  const target = find(t, tid);
  const nice = view.getInt32(16, true);
  const result = apply(t, target, view.getUint32(4, true), view.getUint32(20, true));
  if (result === 0 && !isRealtime(target.policy)) target.nice = Math.max(-20, Math.min(19, nice));
  return result;
}

function priorityRange(low: number, high: number): (t: Thread, policy: number) => number {
  return (_t, policy) => (isRealtime(policy) ? high : validPolicy(policy) || policy === 6 ? low : -EINVAL);
}

function rrGetInterval(t: Thread, tid: number, interval: number): number {
  const target = find(t, tid);
  writeTimespec(t.user, interval, target.policy === SCHED_FIFO ? 0 : RR_INTERVAL_NS);
  return 0;
}

const PRIO_PROCESS = 0;
const PRIO_PGRP = 1;
const PRIO_USER = 2;

function targets(t: Thread, which: number, who: number): Thread[] {
  const { kernel } = t;
  if (which === PRIO_PROCESS) {
    const target = who === 0 ? t : kernel.threads.get(who);
    return target === undefined ? [] : [target];
  }
  const all = [...kernel.threads.values()];
  if (which === PRIO_PGRP) return all.filter((other) => other.process.pgid === (who === 0 ? t.process.pgid : who));
  if (which === PRIO_USER) return all.filter((other) => other.cred.ruid === (who === 0 ? t.cred.ruid : who));
  throw new SysError(EINVAL);
}

/** The raw call returns 20 - nice, so that no result is negative. */
function getpriority(t: Thread, which: number, who: number): number {
  const found = targets(t, which, who);
  return found.length === 0 ? -ESRCH : 20 - Math.min(...found.map((other) => other.nice));
}

function setpriority(t: Thread, which: number, who: number, value: number): number {
  const nice = Math.max(-20, Math.min(19, value));
  const found = targets(t, which, who);
  if (found.length === 0) return -ESRCH;
  let result = 0;
  for (const other of found) {
    const mayRaise = hasCapability(t.cred, CAP_SYS_NICE) || nice >= 20 - other.process.limits[RLIMIT_NICE].current;
    if (other.cred.ruid !== t.cred.euid && other.cred.euid !== t.cred.euid && !hasCapability(t.cred, CAP_SYS_NICE)) result = -EPERM;
    else if (nice < other.nice && !mayRaise) result = -EACCES;
    else other.nice = nice;
  }
  return result;
}

function schedYield(t: Thread): number {
  t.kernel.yielding = true;
  return 0;
}

const ONE_POLICY = 'remembered, without effect: threads take turns by instruction count';

export const schedRows = [
  row(118, 'sched_setparam', ['pid', 'struct:sched_param'], setparam, { partial: ONE_POLICY }),
  row(119, 'sched_setscheduler', ['pid', 'enum:sched', 'struct:sched_param'], setscheduler, { partial: ONE_POLICY }),
  row(120, 'sched_getscheduler', ['pid'], (t, tid) => find(t, tid).policy),
  row(121, 'sched_getparam', ['pid', 'out:sched_param'], getparam),
  row(122, 'sched_setaffinity', ['pid', 'size', 'pointer'], setaffinity),
  row(123, 'sched_getaffinity', ['pid', 'size', 'out:cpuset'], getaffinity),
  row(124, 'sched_yield', [], schedYield),
  row(125, 'sched_get_priority_max', ['enum:sched'], priorityRange(0, PRIORITY_MAX)),
  row(126, 'sched_get_priority_min', ['enum:sched'], priorityRange(0, 1)),
  row(127, 'sched_rr_get_interval', ['pid', 'out:timespec'], rrGetInterval),
  row(140, 'setpriority', ['enum:priority', 'int', 'int'], setpriority, { partial: ONE_POLICY }),
  row(141, 'getpriority', ['enum:priority', 'int'], getpriority),
  row(274, 'sched_setattr', ['pid', 'pointer', 'hex'], setattr, { partial: ONE_POLICY }),
  row(275, 'sched_getattr', ['pid', 'pointer', 'uint', 'hex'], getattr),
];
