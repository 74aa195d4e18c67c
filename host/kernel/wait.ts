import { ECHILD } from '../../assembly/shared/errno.js';
import { WALL, WCLONE, WCONTINUED, WEXITED, WNOWAIT, WSTOPPED } from '../linux/process.js';
import { CLD_CONTINUED, CLD_EXITED, CLD_STOPPED, killedCode, SIGCHLD, SIGCONT } from '../linux/signal.js';
import { reap } from './exit.js';
import type { Process } from './process.js';
import { addUsage, type Usage } from './usage.js';

const CONTINUED_STATUS = 0xffff;

/** A change of state of a child that a wait call asked for. */
export interface ChildEvent {
  readonly pid: number;
  readonly uid: number;
  /** CLD_* and the exit status or signal, as waitid tells it. */
  readonly code: number;
  readonly value: number;
  /** The word of wait4. */
  readonly status: number;
  readonly usage: Usage;
}

/** Which children a call asks about. */
export type ChildFilter = (child: Process) => boolean;

/**
 * Finds and consumes one event. undefined: there are such children but nothing has happened. -ECHILD: there is none.
 * options: WEXITED, WSTOPPED, WCONTINUED say what counts, WNOWAIT leaves it for the next call.
 */
export function takeChildEvent(parent: Process, filter: ChildFilter, options: number): ChildEvent | number | undefined {
  let any = false;
  for (const child of parent.children) {
    if (!filter(child) || !matchesKind(child, options)) continue;
    any = true;
    const event = childEvent(child, options);
    if (event !== undefined) return event;
  }
  return any ? undefined : -ECHILD;
}

/** Children made by clone with another signal than SIGCHLD are only waited for with __WCLONE or __WALL. */
function matchesKind(child: Process, options: number): boolean {
  if ((options & WALL) !== 0) return true;
  return (child.exitSignal !== SIGCHLD) === ((options & WCLONE) !== 0);
}

function childEvent(child: Process, options: number): ChildEvent | undefined {
  const keep = (options & WNOWAIT) !== 0;
  if (child.state === 'zombie') {
    if ((options & WEXITED) === 0) return undefined;
    const signal = child.status & 0x7f;
    const event = describe(
      child,
      child.status,
      signal !== 0 ? killedCode(child.status) : CLD_EXITED,
      signal !== 0 ? signal : (child.status >> 8) & 0xff,
    );
    if (!keep) reap(child);
    return event;
  }
  if (child.stopUnreported && (options & WSTOPPED) !== 0) {
    if (!keep) child.stopUnreported = false;
    return describe(child, (child.stopSignal << 8) | 0x7f, CLD_STOPPED, child.stopSignal);
  }
  if (child.continueUnreported && (options & WCONTINUED) !== 0) {
    if (!keep) child.continueUnreported = false;
    return describe(child, CONTINUED_STATUS, CLD_CONTINUED, SIGCONT);
  }
  return undefined;
}

function describe(child: Process, status: number, code: number, value: number): ChildEvent {
  const usage = child.usage();
  addUsage(usage, child.childrenUsage);
  return { pid: child.pid, uid: child.leader.cred.ruid, code, value, status, usage };
}
