import type { Core } from '../core/core.js';
import { bound } from '../linux/bound.js';
import type { Location } from '../vfs/dentry.js';
import type { VfsEnvironment } from '../vfs/environment.js';
import { FileCount } from '../vfs/filecount.js';
import type { FileSystem, Inode, Timestamp } from '../vfs/types.js';
import type { Clock } from './clock.js';
import { Cpu } from './cpu.js';
import { Futexes } from './futex.js';
import { HugePages } from './hugepages.js';
import { Khugepaged } from './khugepaged.js';
import { KernelKnobs } from './knobs.js';
import { SamePages } from './ksm.js';
import { defaultLimits, type Limit, PID_RESERVED, THREADS_MAX } from './limits.js';
import { LoadAverage } from './load.js';
import { Network } from './net/network.js';
import type { SyscallObserver } from './observer.js';
import { type SigInfo, SignalCounts, signalBit } from './pending.js';
import type { Process } from './process.js';
import { Scheduler } from './scheduler.js';
import { AddressSpace, type ImageLayout } from './space.js';
import { SystemV } from './sysv/index.js';
import type { Thread } from './thread.js';
import { TimerQueue } from './timers.js';
import { handOutInCall, Userfaults } from './userfault.js';

export interface KernelOptions {
  /** What the file systems share; its core is the kernel's. */
  readonly env: VfsEnvironment;
  readonly clock: Clock;
  readonly hostname?: string;
  /** Pages of address space that the core's windows cover: where programs are placed. */
  readonly windowPages: number;
  /** Threads in all, zombies included; default 4096. */
  readonly threadsMax?: number;
  /** Open files in all. */
  readonly filesMax?: number;
  /** Address randomisation. */
  readonly randomize?: boolean;
}

/** What happens, for whoever wants to tell of it. All are called synchronously and must change nothing. */
export interface KernelHooks {
  /** A signal ends the process; its memory is still there. */
  onFatalSignal?: (thread: Thread, info: SigInfo) => void;
  /** There is a new process: of the embedder's, or of fork. */
  onProcessStart?: (process: Process) => void;
  onProcessExit?: (process: Process) => void;
  /** There was no memory left and this process was chosen to end: it is about to. */
  onOutOfMemory?: (process: Process) => void;
  /** The thread, loaded, is about to execute: at most how many instructions, before it is asked again. May throw to leave the machine. */
  beforeRun?: (thread: Thread) => number;
}

/** The tables that all processes share. */
export class Kernel {
  readonly core: Core;
  readonly env: VfsEnvironment;
  readonly random: (bytes: Uint8Array) => void;
  readonly windowPages: number;
  readonly scheduler = new Scheduler();
  readonly timers = new TimerQueue();
  readonly load = new LoadAverage();
  readonly huge: HugePages;
  readonly khugepaged: Khugepaged;
  readonly ksm: SamePages;
  readonly futexes: Futexes;
  readonly sysv: SystemV;
  readonly userfaults = new Userfaults();
  readonly signalCounts = new SignalCounts();
  readonly cpu: Cpu;
  readonly net: Network;
  readonly processes = new Map<number, Process>();
  /** Every live thread, and the leaders of zombies, by tid. */
  readonly threads = new Map<number, Thread>();
  readonly hooks: KernelHooks = {};
  /** What mount(2) can make, by name, from an option string. Throws SysError(EINVAL) for options it does not know. */
  readonly fileSystemTypes = new Map<string, (options: string) => FileSystem>();
  observer: SyscallObserver | undefined = undefined;
  /** Where a file was when it was mapped last: the names that maps shows. */
  readonly mapped = new WeakMap<Inode, Location>();
  /** What the first program of a tree gets. */
  readonly defaultLimits: Limit[];
  /** What /proc/sys changes. */
  readonly knobs: KernelKnobs;
  /** What all descriptor tables hold. */
  readonly files: FileCount;
  hostname: string;
  domainname = '(none)';
  /** Core objects of the vDSO's pages, once the loader has made them. */
  vdso: { readonly data: number; readonly code: number } | undefined = undefined;
  /** Promises of the host that somebody waits for: while there is one the machine is not dead. */
  hostWaits = 0;
  /** The running thread has asked to let others go first. */
  yielding = false;
  /** Processes and threads ever created, for /proc/stat. */
  forks = 0;
  contextSwitches = 0;
  readonly bootTime: Timestamp;
  readonly clock: Clock;
  lastPid = INIT_PIDS;
  /** Of open file descriptions that were mapped (OpenFile.mapNumber); names of anonymous memory have smaller ones. */
  lastMapNumber = 2 ** 31;

  constructor(options: KernelOptions) {
    this.env = options.env;
    this.core = this.env.core;
    this.random = this.env.random;
    this.clock = options.clock;
    this.files = new FileCount(options.filesMax);
    this.knobs = new KernelKnobs(this, options.threadsMax ?? THREADS_MAX, options.randomize === true);
    this.defaultLimits = defaultLimits({ threadsMax: this.threadsMax, filesMax: options.filesMax });
    this.windowPages = options.windowPages;
    this.hostname = options.hostname ?? 'pagewalk';
    this.cpu = new Cpu(this.core);
    this.huge = new HugePages(this.core);
    this.khugepaged = new Khugepaged(this);
    this.ksm = new SamePages(this);
    this.net = new Network(this, this.env);
    this.futexes = new Futexes(this);
    this.sysv = new SystemV(this.env);
    this.bootTime = this.clock.realtime();
  }

  get threadsMax(): number {
    return this.knobs.threadsMax;
  }

  /** Address randomisation. */
  get randomize(): boolean {
    return this.knobs.randomizeLevel !== 0;
  }

  /** Nanoseconds since boot: CLOCK_MONOTONIC. */
  now(): number {
    return this.clock.monotonicNs();
  }

  /** Tasks that run or could, and those whose sleep no signal ends: what the load average counts. */
  get active(): number {
    let count = 0;
    for (const t of this.threads.values()) {
      if (t.state === 'dead' || t.process.stopped) continue;
      if (t.state === 'runnable' || !t.interruptible) count++;
    }
    return count;
  }

  /** Time has passed: wakes whoever's time has come. */
  advance(): void {
    const now = this.now();
    this.load.advance(now, () => this.active);
    this.khugepaged.advance(now);
    this.ksm.advance(now);
    this.timers.expire(now);
    this.env.flusher.advance(now);
  }

  realtime(): Timestamp {
    return this.clock.realtime();
  }

  newSpace(handle: number, layout?: ImageLayout): AddressSpace {
    const space = new AddressSpace(this.core, handle, this.env.pages.pager, layout);
    space.user.handOut = bound(this, 'handOutIn', space);
    return space;
  }

  /** Address spaces (handles) of processes that run: each once. */
  liveSpaces(): Set<number> {
    const spaces = new Set<number>();
    for (const { state, space } of this.processes.values()) if (state === 'running') spaces.add(space.handle);
    return spaces;
  }

  /** A userfaultfd must give a page that a system call needs. */
  handOutIn(space: AddressSpace): void {
    handOutInCall(this, space);
  }

  /** 0: all are taken. A pid is taken while a thread, a process group or a session has it. */
  allocatePid(): number {
    const { pidMax } = this.knobs;
    for (let tries = 0; tries < pidMax; tries++) {
      this.lastPid = this.lastPid + 1 >= pidMax ? PID_RESERVED : this.lastPid + 1;
      if (this.isFreePid(this.lastPid)) return this.lastPid;
    }
    return 0;
  }

  isFreePid(pid: number): boolean {
    return pid !== 1 && !this.threads.has(pid) && !this._isGroup(pid);
  }

  private _isGroup(id: number): boolean {
    for (const p of this.processes.values()) if (p.pgid === id || p.sid === id) return true;
    return false;
  }

  /** A thread sleeps for input or a promise of the host, so that the machine is not dead when nobody can run. */
  get waitsForHost(): boolean {
    if (this.hostWaits > 0) return true;
    for (const t of this.threads.values()) if (t.waitsForHost) return true;
    return false;
  }

  /** Some process has a handler of its own for one of these signals, or waits for it with a call: the host may yet send them. */
  handlesAny(signals: readonly number[]): boolean {
    for (const { handlers, state, threads, signalQueue } of this.processes.values()) {
      if (state !== 'running') continue;
      if (signals.some((signo) => !handlers.isDefaultOrIgnored(signo))) return true;
      const bits = signals.reduce((set, signo) => set | signalBit(signo), 0n);
      // Somebody sleeps at a signal descriptor, or in sigtimedwait, with such a signal blocked.
      for (const t of threads) if (((signalQueue.empty ? t.waitSet : t.mask) & bits) !== 0n) return true;
    }
    return false;
  }

  /** Threads and zombies of a user: what RLIMIT_NPROC counts. */
  threadsOf(uid: number): number {
    let count = 0;
    for (const t of this.threads.values()) if (t.cred.ruid === uid) count++;
    return count;
  }

  /** Members of a process group, zombies included. */
  group(pgid: number): Process[] {
    return [...this.processes.values()].filter((p) => p.pgid === pgid);
  }
}

/** Pid 1 stands for the machine itself; the first program is 2. */
const INIT_PIDS = 1;
