import { Suspend, SysError } from '../linux/error.js';
import { CLD_EXITED, killedCode, SA_NOCLDWAIT, SIG_IGN, SIGCHLD, SIGNAL_MAX, signalName } from '../linux/signal.js';
import type { FdTable } from '../vfs/fdtable.js';
import { releaseScratch } from './guestcall.js';
import { addIo } from './iocounts.js';
import { hangUpOrphans } from './jobs.js';
import type { Kernel } from './kernel.js';
import { type Process, threadUsage } from './process.js';
import { releaseRobustList } from './robust.js';
import { childInfo, endProcess, sendToProcess } from './signal.js';
import { leaveTerminal } from './terminal.js';
import { SWITCHED, type Thread } from './thread.js';
import { addUsage } from './usage.js';

/** exit_group(2): the whole process ends with this wait status once its threads get their turn. */
export function exitGroup(process: Process, status: number): number {
  endProcess(process, status);
  return SWITCHED;
}

/** The thread is over. The last one of a process ends the process; `code` is then its wait status unless one is set. */
export function exitThread(t: Thread, status: number): void {
  const { kernel, process } = t;
  if (t.state === 'dead') return;
  releaseUserState(t);
  kernel.futexes.release(t);
  releaseScratch(t.scratch);
  t.calls?.close('exit', `the ${t.process.exiting ? `process has ended (${describeStatus(t.process.status)})` : 'thread has ended'}`);
  t.die();
  t.pending.clear();
  process.threads.delete(t);
  addUsage(process.endedUsage, threadUsage(t));
  addIo(process.endedIo, t.io);
  if (!t.files.shared) closeFiles(t.files, () => true);
  t.files.release();
  kernel.cpu.forget(t);
  kernel.core.exports.contextRelease(t.context);
  if (t !== process.leader) kernel.threads.delete(t.tid);
  if (process.threads.size === 0 && !process.exiting) {
    process.exiting = true;
    process.status = status;
  }
  kernel.observer?.onThreadExit(t);
  if (process.threads.size === 0) finishProcess(process);
  process.exitQueue.wake();
}

/** Closes descriptors of a task that can't be told of errors any more: each is closed whatever becomes of the others. */
export function closeFiles(files: FdTable, which: (fd: number) => boolean): void {
  for (const [fd] of [...files.entries()]) if (which(fd)) attempt(() => files.close(fd));
}

/** Errors are nobody's here: the guest that would see them is gone. */
function attempt(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof SysError || error instanceof Suspend)) throw error;
  }
}

/** "exit 4", "SIGKILL": of a wait status. */
export function describeStatus(status: number): string {
  const signal = status & 0x7f;
  return signal === 0 ? `exit ${(status >> 8) & 0xff}` : signalName(signal);
}

/** What a dying thread owes its siblings: robust mutexes, and pthread_join's word. Bad addresses are the guest's own business. */
export function releaseUserState(t: Thread): void {
  if (t.robustList !== 0) attempt(() => releaseRobustList(t));
  const address = t.clearChildTid;
  // The last user of a memory has nobody to tell.
  if (address === 0 || t.process.space.references + t.process.threads.size <= 2) return;
  attempt(() => {
    t.user.writeU32(address, 0);
    t.kernel.futexes.wake(t.kernel.futexes.key(t, address), 1, ~0);
  });
}

function finishProcess(process: Process): void {
  const { kernel } = process;
  kernel.hooks.onProcessExit?.(process);
  kernel.observer?.onProcessExit(process);
  process.realTimer?.cancel();
  for (const timer of process.posixTimers.values()) timer.cancel();
  process.posixTimers.clear();
  process.pending.clear();
  kernel.sysv.processEnds(process);
  releaseSpace(process);
  process.state = 'zombie';
  process.stopped = false;
  if (process.sid === process.pid) leaveTerminal(process, true);
  for (const group of new Set([process, ...process.children].map((p) => p.pgid))) hangUpOrphans(kernel, group, process.sid, process);
  for (const child of [...process.children]) adopt(child);
  notifyParent(process);
}

/** Gives the memory back; a vfork parent that waits for it runs again. Also for execve, which puts a new one in its place. */
export function releaseSpace(process: Process): void {
  if (process.space.references === 1) {
    addUsage(process.endedUsage, process.space.usage());
    process.kernel.sysv.memoryEnds(process);
    process.kernel.cpu.forgetSpace(process.space);
  }
  process.space.release();
  process.sharesParentSpace = false;
  process.vforkQueue.wake();
}

/** An orphan goes to the nearest ancestor that reaps for others, else to init. */
function adopt(child: Process): void {
  const old = child.parent as Process;
  let parent = old.parent;
  while (parent !== undefined && !(parent.childSubreaper && !parent.exiting)) parent = parent.parent;
  old.children.delete(child);
  child.parent = parent;
  child.exitSignal = SIGCHLD;
  parent?.children.add(child);
  if (child.state === 'zombie') notifyParent(child);
  else if (child.parentDeathSignal !== 0)
    sendToProcess(child, { signo: child.parentDeathSignal, code: 0, pid: old.pid, uid: old.leader.cred.ruid });
}

function notifyParent(process: Process): void {
  const { parent } = process;
  if (parent === undefined) {
    reap(process);
    return;
  }
  const { exitSignal } = process;
  const action = parent.handlers.get(SIGCHLD);
  const ignored = action.handler === SIG_IGN;
  const unwanted = exitSignal === SIGCHLD && (ignored || (action.flags & SA_NOCLDWAIT) !== 0);
  // clone(2) takes any number; one that is no signal is sent to nobody.
  if (exitSignal > 0 && exitSignal <= SIGNAL_MAX && !(exitSignal === SIGCHLD && ignored)) {
    const killed = (process.status & 0x7f) !== 0;
    const status = killed ? process.status & 0x7f : (process.status >> 8) & 0xff;
    sendToProcess(parent, childInfo(process, exitSignal, killed ? killedCode(process.status) : CLD_EXITED, status));
  }
  if (unwanted) reap(process);
  parent.childQueue.wake();
}

/** The zombie is gone: its pid is free, its usage belongs to the parent. */
export function reap(process: Process): void {
  const { kernel, parent } = process;
  process.state = 'reaped';
  process.exitQueue.wake();
  kernel.processes.delete(process.pid);
  kernel.threads.delete(process.pid);
  if (parent === undefined) return;
  parent.children.delete(process);
  addUsage(parent.childrenUsage, process.usage());
  addUsage(parent.childrenUsage, process.childrenUsage);
}

/** Ends every other thread at once: none of them is running. For execve and for the machine's end. */
export function killOtherThreads(survivor: Thread): void {
  for (const t of [...survivor.process.threads]) if (t !== survivor) exitThread(t, 0);
}

/** Everything ends, as at power-off: nobody is told. */
export function killEverything(kernel: Kernel): void {
  for (const process of [...kernel.processes.values()]) {
    endProcess(process, 9);
    for (const t of [...process.threads]) exitThread(t, 9);
  }
}
