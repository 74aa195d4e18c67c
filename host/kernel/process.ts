import { SIGCHLD } from '../linux/signal.js';
import type { Location } from '../vfs/dentry.js';
import type { Tty } from '../vfs/tty/tty.js';
import { WaitQueue } from '../vfs/wait.js';
import type { SignalHandlers } from './handlers.js';
import { noIo } from './iocounts.js';
import { CpuTimers, type IntervalTimer } from './itimer.js';
import type { Kernel } from './kernel.js';
import { defaultLimits, type Limit } from './limits.js';
import { PendingSignals, type SigInfo } from './pending.js';
import type { PosixTimer } from './posixtimer.js';
import type { AddressSpace } from './space.js';
import type { Thread } from './thread.js';
import { addUsage, noUsage, type Usage } from './usage.js';
import type { UserfaultEvent } from './userfault.js';

/** What was executed: for /proc/PID/exe and messages. */
export interface Executable {
  path: string;
  /** undefined before the first exec. */
  location: Location | undefined;
}

/** A thread's own part: faults and memory are counted by address space. */
export function threadUsage(t: Thread): Usage {
  const { voluntarySwitches, involuntarySwitches } = t;
  return { ...noUsage(), userNs: t.instructions, systemNs: t.systemCalls * SYSTEM_CALL_NS, voluntarySwitches, involuntarySwitches };
}

/** A system call costs this much CPU time: time in the kernel is a model, so that runs are repeatable. */
export const SYSTEM_CALL_NS = 200;

export const TIMER_SLACK_DEFAULT_NS = 50_000;
const COREDUMP_FILTER_DEFAULT = 0x33;

export type ProcessState = 'running' | 'zombie' | 'reaped';

/**
 * A thread group. Its pid is that of its leader. `status` is the word that wait4 reports once `state` is zombie.
 * Files, paths and credentials belong to threads, as in Linux (clone may share them across processes, unshare within one).
 */
export class Process {
  state: ProcessState = 'running';
  readonly threads = new Set<Thread>();
  /** The thread whose tid is the pid; dead before the others when it calls exit first. */
  leader!: Thread;
  readonly children = new Set<Process>();
  /** What the parent gets when it ends; 0: nothing. */
  exitSignal = SIGCHLD;
  readonly pending: PendingSignals;
  limits: Limit[] = defaultLimits();
  executable: Executable = { path: '', location: undefined };
  hasExeced = false;
  dumpable = 1;
  parentDeathSignal = 0;
  childSubreaper = false;
  noNewPrivileges = false;
  timerSlackNs = TIMER_SLACK_DEFAULT_NS;
  personality = 0;
  /** prctl(PR_SET_THP_DISABLE): programs that it executes have it, too. */
  hugePagesDisabled = false;
  /** prctl(PR_SET_MEMORY_MERGE), as well. */
  mergesMemory = false;
  oomScoreAdjust = 0;
  /** What CAP_SYS_RESOURCE set last: others may not go below. */
  oomScoreAdjustMin = 0;
  /** core(5): private and shared anonymous memory, ELF headers; huge pages there are none of. */
  coredumpFilter = COREDUMP_FILTER_DEFAULT;
  /** MEMBARRIER_CMD_REGISTER_* that were called. */
  membarriers = 0;
  /** The terminal that controls its session. */
  terminal: Tty | undefined = undefined;
  /** Of a session leader whose terminal was hung up: the group that was in the foreground, told when the leader ends. */
  hungUpForeground = 0;
  startNs: number;

  /** Every thread must end: exit_group, a fatal signal. `status` is set. */
  exiting = false;
  status = 0;
  /** What killed it, for the machine's report. */
  fatal: SigInfo | undefined = undefined;
  /** Job control: the threads do not run. */
  stopped = false;
  stopSignal = 0;
  /** Not yet told to a wait call with WUNTRACED / WCONTINUED. */
  stopUnreported = false;
  continueUnreported = false;
  /** Runnable threads held back while stopped. */
  readonly parked: Thread[] = [];

  /** Woken when a signal has come to wait for it or one of its threads: what signal descriptors sleep on. */
  readonly signalQueue = new WaitQueue();
  /** Woken when it, or one of its threads, has ended and when it has been reaped: what process descriptors wait for. */
  readonly exitQueue = new WaitQueue();
  /** Woken when a child changes state. */
  readonly childQueue = new WaitQueue();
  /** A vfork parent sleeps here until this process gives the shared address space back. */
  readonly vforkQueue = new WaitQueue();
  sharesParentSpace = false;
  /** What its making has told userfaultfds: it begins when the last was read. */
  forkEvents: readonly UserfaultEvent[] = [];

  /** Of threads that have ended. */
  readonly endedUsage = noUsage();
  readonly endedIo = noIo();
  readonly childrenUsage = noUsage();
  realTimer: IntervalTimer | undefined = undefined;
  readonly cpuTimers = new CpuTimers();
  readonly posixTimers = new Map<number, PosixTimer>();
  nextPosixTimer = 0;

  constructor(
    readonly kernel: Kernel,
    readonly pid: number,
    /** undefined: init, which reaps at once. */
    public parent: Process | undefined,
    public pgid: number,
    public sid: number,
    public space: AddressSpace,
    public handlers: SignalHandlers,
  ) {
    this.startNs = kernel.now();
    this.pending = new PendingSignals(kernel.signalCounts);
  }

  get ppid(): number {
    return this.parent === undefined ? INIT_PID : this.parent.pid;
  }

  /** The name that ps shows: the leader's. */
  get comm(): string {
    return this.leader.comm;
  }

  usage(): Usage {
    const sum = { ...this.endedUsage };
    for (const t of this.threads) addUsage(sum, threadUsage(t));
    if (this.state === 'running') addUsage(sum, this.space.usage());
    return sum;
  }

  /** User plus system time of all threads so far. */
  cpuNs(): number {
    let ns = this.endedUsage.userNs + this.endedUsage.systemNs;
    for (const t of this.threads) ns += threadCpuNs(t);
    return ns;
  }
}

/** Pid of the process that is not there: parent of orphans and of what the embedder starts. */
export const INIT_PID = 1;

export function threadCpuNs(t: Thread): number {
  return t.instructions + t.systemCalls * SYSTEM_CALL_NS;
}
