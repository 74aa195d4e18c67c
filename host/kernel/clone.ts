import { EAGAIN, EEXIST, EINVAL, ENOMEM } from '../../assembly/shared/errno.js';
import { HART, HART_X } from '../../assembly/shared/layout.js';
import { SysError } from '../linux/error.js';
import * as P from '../linux/process.js';
import { CAP_SYS_ADMIN, CAP_SYS_RESOURCE, hasCapability } from './credentials.js';
import { SignalHandlers } from './handlers.js';
import { RLIMIT_NPROC } from './limits.js';
import { Process } from './process.js';
import type { AddressSpace } from './space.js';
import { Thread } from './thread.js';
import { forkUserfaults } from './userfault.js';
import { VmaNames } from './vmanames.js';

const SP = 2;
const TP = 4;
const A0 = 10;
const INSTRUCTION_BYTES = 4;

export interface CloneRequest {
  /** CLONE_*, without the exit signal. */
  readonly flags: number;
  readonly exitSignal: number;
  /** New stack pointer, 0: the parent's. */
  readonly stack: number;
  readonly tls: number;
  readonly parentTid: number;
  readonly childTid: number;
  /** CLONE_CLEAR_SIGHAND of clone3. */
  readonly clearHandlers: boolean;
  /** The pid it is to have (EEXIST: somebody has it); default: the next one. */
  readonly tid?: number;
}

const NAMESPACES = P.CLONE_NEWNS | P.CLONE_NEWCGROUP | P.CLONE_NEWUTS | P.CLONE_NEWIPC | P.CLONE_NEWUSER | P.CLONE_NEWPID | P.CLONE_NEWNET;

/** EINVAL for flags that contradict each other (clone(2)) or ask for what this kernel is built without. */
function checkFlags(flags: number): void {
  const has = (flag: number): boolean => (flags & flag) !== 0;
  if (has(P.CLONE_SIGHAND) && !has(P.CLONE_VM)) throw new SysError(EINVAL);
  if (has(P.CLONE_THREAD) && !has(P.CLONE_SIGHAND)) throw new SysError(EINVAL);
  if (has(NAMESPACES) || (has(P.CLONE_PIDFD) && has(P.CLONE_DETACHED))) throw new SysError(EINVAL);
}

/** EAGAIN: the machine has as many threads as it may, or the user has; what root runs only counts for the machine. */
function requireThread({ kernel, cred, process }: Thread): void {
  if (kernel.threads.size >= kernel.threadsMax) throw new SysError(EAGAIN);
  const limit = process.limits[RLIMIT_NPROC].current;
  if (cred.ruid === 0 || hasCapability(cred, CAP_SYS_RESOURCE) || hasCapability(cred, CAP_SYS_ADMIN)) return;
  if (kernel.threads.size >= limit && kernel.threadsOf(cred.ruid) >= limit) throw new SysError(EAGAIN);
}

/** A new task that is a copy of the loaded thread `t`, returning 0 from the same call. It is runnable when this returns. */
export function cloneThread(t: Thread, request: CloneRequest): Thread {
  const { kernel } = t;
  const { flags } = request;
  const has = (flag: number): boolean => (flags & flag) !== 0;
  checkFlags(flags);
  requireThread(t);
  if (request.tid !== undefined && !kernel.isFreePid(request.tid)) throw new SysError(EEXIST);
  const tid = request.tid ?? kernel.allocatePid();
  if (tid === 0) throw new SysError(EAGAIN);
  if (has(P.CLONE_PARENT_SETTID)) t.user.writeU32(request.parentTid, tid);
  const files = has(P.CLONE_FILES) ? t.files.share() : t.files.clone();
  const context = kernel.core.exports.contextCreate();
  let process = t.process;
  try {
    if (context === 0) throw new SysError(ENOMEM);
    if (!has(P.CLONE_THREAD)) process = forkProcess(t, tid, request);
  } catch (error) {
    files.release();
    if (context !== 0) kernel.core.exports.contextRelease(context);
    throw error;
  }
  const fs = has(P.CLONE_FS) ? t.fs.share() : t.fs.clone();
  const child = new Thread(kernel, tid, process, context, t.cred, files, fs);
  copyState(t, child, request);
  if (process !== t.process) {
    process.leader = child;
    kernel.processes.set(tid, process);
    process.parent?.children.add(process);
  }
  process.threads.add(child);
  kernel.threads.set(tid, child);
  kernel.forks++;
  if (process !== t.process) kernel.hooks.onProcessStart?.(process);
  const told = process === t.process ? undefined : process.forkEvents.at(-1);
  if (told === undefined) kernel.scheduler.add(child);
  else child.sleep({ queues: [told.queue], interruptible: false });
  return child;
}

function forkProcess(t: Thread, pid: number, request: CloneRequest): Process {
  const { kernel, process: old } = t;
  const { flags } = request;
  const space = copySpace(t, request);
  let handlers = (flags & P.CLONE_SIGHAND) !== 0 ? old.handlers : old.handlers.copy();
  if (request.clearHandlers) handlers = old.handlers.afterExec();
  const parent = (flags & P.CLONE_PARENT) !== 0 ? old.parent : old;
  const child = new Process(kernel, pid, parent, old.pgid, old.sid, space, handlers);
  child.exitSignal = (flags & P.CLONE_PARENT) !== 0 ? old.exitSignal : request.exitSignal;
  child.limits = old.limits.map((limit) => ({ ...limit }));
  child.cpuTimers.limitChanged(child);
  child.executable = old.executable;
  child.dumpable = old.dumpable;
  child.noNewPrivileges = old.noNewPrivileges;
  child.personality = old.personality;
  child.hugePagesDisabled = old.hugePagesDisabled;
  child.mergesMemory = old.mergesMemory;
  child.oomScoreAdjust = old.oomScoreAdjust;
  child.oomScoreAdjustMin = old.oomScoreAdjustMin;
  child.coredumpFilter = old.coredumpFilter;
  child.timerSlackNs = old.timerSlackNs;
  child.membarriers = old.membarriers;
  child.terminal = old.terminal;
  child.sharesParentSpace = (flags & P.CLONE_VFORK) !== 0;
  if (space !== old.space) child.forkEvents = forkUserfaults(kernel, old.space, space);
  return child;
}

function copySpace(t: Thread, { flags }: CloneRequest): AddressSpace {
  const { kernel } = t;
  const { space } = t.process;
  if ((flags & P.CLONE_VM) !== 0) return space.retain();
  const fork = (): number => kernel.core.exports.spaceFork(space.handle) >>> 0;
  const handle = fork() || (kernel.env.pages.reclaim() > 0 ? fork() : 0);
  if (handle === 0) throw new SysError(ENOMEM);
  const copy = kernel.newSpace(handle, space.layout);
  copy.inherit(space);
  copy.names = new VmaNames(space.names);
  return copy;
}

function copyState(t: Thread, child: Thread, request: CloneRequest): void {
  const { flags } = request;
  const has = (flag: number): boolean => (flags & flag) !== 0;
  const { core, cpu } = t.kernel;
  child.comm = t.comm;
  child.mask = t.savedMask ?? t.mask;
  child.nice = t.nice;
  child.policy = t.policy;
  child.priority = t.priority;
  if (!has(P.CLONE_VM) || has(P.CLONE_VFORK)) child.altStack = t.altStack;
  if (has(P.CLONE_CHILD_CLEARTID)) child.clearChildTid = request.childTid;

  // The child's registers are made in the hart and saved from there; the parent's are put back afterwards.
  const saved = [SP, TP, A0].map((n) => core.u8.slice(registerAt(n), registerAt(n) + 8));
  const { pc } = core;
  core.pc = pc + INSTRUCTION_BYTES;
  core.setReg(A0, 0);
  if (request.stack !== 0) core.setReg(SP, request.stack);
  if (has(P.CLONE_SETTLS)) core.setReg(TP, request.tls);
  cpu.copyTo(child.context);
  core.pc = pc;
  [SP, TP, A0].forEach((n, i) => {
    core.u8.set(saved[i], registerAt(n));
  });
  if (has(P.CLONE_CHILD_SETTID)) writeChildTid(child, request.childTid);
}

/** In the child's memory. As in Linux, a bad address is nobody's error. */
function writeChildTid(child: Thread, address: number): void {
  try {
    child.user.writeU32(address, child.tid);
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
  }
}

function registerAt(n: number): number {
  return HART + HART_X + n * 8;
}

/** A process made by the embedder: no parent, its own session and group. `t.context` is still to be filled by exec. */
export function createProcess(
  kernel: Thread['kernel'],
  make: (process: Process, tid: number, context: number) => Thread,
  space: AddressSpace,
): Thread {
  const pid = kernel.allocatePid();
  const context = kernel.core.exports.contextCreate();
  if (pid === 0 || context === 0) throw new SysError(ENOMEM);
  const process = new Process(kernel, pid, undefined, pid, pid, space, new SignalHandlers());
  process.limits = kernel.defaultLimits.map((limit) => ({ ...limit }));
  const thread = make(process, pid, context);
  process.leader = thread;
  process.threads.add(thread);
  kernel.processes.set(pid, process);
  kernel.threads.set(pid, thread);
  kernel.forks++;
  return thread;
}
