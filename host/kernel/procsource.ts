import { HART, HART_PC, HART_X } from '../../assembly/shared/layout.js';
import {
  CACHE_DIRTIED,
  SPACE_STAT_ACCOUNTED,
  SPACE_STAT_HUGE,
  SPACE_STAT_LOCKED_PAGES,
  SPACE_STAT_RESIDENT,
  SPACE_STAT_SHARED_RESIDENT,
  SPACE_STAT_TABLE_FRAMES,
} from '../../assembly/shared/stat.js';
import type { Core } from '../core/core.js';
import { F_SEAL_FUTURE_WRITE, F_SEAL_WRITE } from '../linux/fcntl.js';
import { SIG_DFL, SIG_IGN, SIGNAL_MAX } from '../linux/signal.js';
import { OS_RELEASE, OS_VERSION } from '../linux/version.js';
import type {
  ProcCall,
  ProcIo,
  ProcKnobs,
  ProcMappedFile,
  ProcMemory,
  ProcMount,
  ProcProcess,
  ProcSource,
  ProcState,
  ProcTask,
} from '../vfs/backends/proc-source.js';
import { displayPath, type Location, pathFrom } from '../vfs/dentry.js';
import type { FileSystem, Inode, Timestamp } from '../vfs/types.js';
import type { Cred } from './credentials.js';
import { addIo } from './iocounts.js';
import type { Kernel } from './kernel.js';
import { NET_FILES, netText } from './net/report.js';
import { signalBit } from './pending.js';
import { type Process, TIMER_SLACK_DEFAULT_NS, threadUsage } from './process.js';
import { sysvText } from './sysv/report.js';
import type { Thread } from './thread.js';

/** What the kernel tells /proc. Everything is looked up when it is asked for. */
export class KernelProcSource implements ProcSource {
  readonly core: Core;
  readonly knobs: ProcKnobs;
  readonly ksm: ProcSource['ksm'];
  readonly huge: ProcSource['huge'];
  readonly khugepaged: ProcSource['khugepaged'];
  readonly osRelease = OS_RELEASE;
  readonly osVersion = OS_VERSION;
  readonly random: (bytes: Uint8Array) => void;

  constructor(private readonly kernel: Kernel) {
    this.core = kernel.core;
    this.knobs = kernel.knobs;
    this.ksm = kernel.ksm;
    this.huge = kernel.huge;
    this.khugepaged = kernel.khugepaged;
    this.random = kernel.random;
  }

  /** Who looks is who runs: the VFS is called by the running thread only. */
  current(): { pid: number; tid: number } | undefined {
    const t = this.kernel.cpu.loaded;
    return t === undefined || t.syscall < 0 ? undefined : { pid: t.process.pid, tid: t.tid };
  }

  pids(): number[] {
    return [...this.kernel.processes.keys()];
  }

  process(id: number): ProcProcess | undefined {
    const process = this.kernel.processes.get(id) ?? this.kernel.threads.get(id)?.process;
    return process === undefined ? undefined : new ProcessView(process);
  }

  setComm(tid: number, name: string): void {
    const t = this.kernel.threads.get(tid);
    if (t !== undefined) t.comm = name;
  }

  mounts(pid: number): ProcMount[] {
    const process = this.kernel.processes.get(pid);
    if (process === undefined) return [];
    const { fs } = process.leader;
    const rows: ProcMount[] = [];
    for (const mount of fs.namespace.mounts) {
      const { path, reachable } = pathFrom(mount.location, fs.root);
      // What a chroot can't see is not shown, except that the root itself always is.
      if (!reachable) continue;
      rows.push({
        id: mount.id,
        parentId: mount.parent?.mount.id ?? mount.id,
        dev: mount.fs.dev,
        rootPath: rootPathOf(mount.root),
        target: path,
        readOnly: mount.readOnly,
        flags: mount.flags,
        type: mount.fs.name,
        source: mount.source,
        options: mount.fs.options,
      });
    }
    return rows;
  }

  mappedFile(object: number): ProcMappedFile | undefined {
    const inode = this.kernel.env.pages.inodeOf(object);
    if (inode === undefined) return undefined;
    const location = this.kernel.mapped.get(inode);
    const sealed = (inode.seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) !== 0;
    const identity = { dev: inode.fs.dev, ino: inode.ino, sealed };
    if (location === undefined) return { ...identity, path: '', deleted: false };
    const { path, deleted } = pathFrom(location, this._root());
    return { ...identity, path, deleted, location };
  }

  pathOf(location: Location): string {
    return displayPath(location, this._root());
  }

  unnamed(fs: FileSystem, inode: Inode, label: string): Location {
    const t = this.kernel.cpu.loaded ?? [...this.kernel.threads.values()][0];
    return t.fs.namespace.internalLocation(fs, inode, label);
  }

  capable(bit: bigint): boolean {
    const t = this.kernel.cpu.loaded;
    return t === undefined || (t.cred.capEffective & bit) !== 0n;
  }

  private _root(): Location {
    const t = this.kernel.cpu.loaded ?? [...this.kernel.threads.values()][0];
    return t.fs.root;
  }

  readonly net = Object.fromEntries(NET_FILES.map((file) => [file, () => netText(this.kernel.net, file)]));

  sysvText(kind: 'msg' | 'sem' | 'shm'): string {
    return sysvText(this.kernel.sysv, kind);
  }

  now(): number {
    return this.kernel.now();
  }

  get bootTime(): Timestamp {
    return this.kernel.bootTime;
  }

  get runnable(): number {
    let count = 0;
    for (const t of this.kernel.threads.values()) if (t.state === 'runnable') count++;
    return count;
  }

  get loadAverages(): readonly [number, number, number] {
    return this.kernel.load.averages;
  }

  memoryPages(): ProcMemory {
    const { file, dirty, shmem } = this.kernel.env.pages.usage();
    const { pages, flusher } = this.kernel.env;
    const { limit: dirtyLimit, background: dirtyBackground } = flusher.limits;
    const cache = { dirtied: this.core.exports.cacheStat(CACHE_DIRTIED), read: pages.pagesRead, written: pages.pagesWritten };
    const sum = { file, dirty, ...cache, dirtyLimit, dirtyBackground, shmem, anonymous: 0, accounted: 0, mapped: 0, tables: 0, locked: 0 };
    const spaces = new Set([...this.kernel.processes.values()].filter((p) => p.state === 'running').map((p) => p.space.handle));
    for (const handle of spaces) {
      const stat = (which: number): number => this.core.exports.spaceStat(handle, which);
      const shared = stat(SPACE_STAT_SHARED_RESIDENT);
      sum.anonymous += stat(SPACE_STAT_RESIDENT) - shared;
      sum.accounted += stat(SPACE_STAT_ACCOUNTED);
      sum.mapped += shared;
      sum.tables += stat(SPACE_STAT_TABLE_FRAMES);
      sum.locked += stat(SPACE_STAT_LOCKED_PAGES);
    }
    return sum;
  }

  hugePages(): number {
    const spaces = new Set([...this.kernel.processes.values()].filter((p) => p.state === 'running').map((p) => p.space.handle));
    let pages = 0;
    for (const handle of spaces) pages += this.core.exports.spaceStat(handle, SPACE_STAT_HUGE);
    return pages;
  }

  fileObjects(): Iterable<{ readonly object: number; readonly inMemoryOnly: boolean }> {
    return this.kernel.env.pages.all();
  }

  get characterDevices(): { number: number; name: string }[] {
    return [...this.kernel.env.devices.characters].map(([number, { name }]) => ({ number, name }));
  }

  get blockDevices(): { number: number; name: string; sizeBytes: number }[] {
    return [...this.kernel.env.devices.blocks].map(([number, { name, sizeBytes }]) => ({ number, name, sizeBytes }));
  }

  get fileSystemTypes(): string[] {
    return [...this.kernel.fileSystemTypes.keys()];
  }

  get taskCount(): number {
    return this.kernel.threads.size;
  }

  get lastPid(): number {
    return this.kernel.lastPid;
  }

  get forks(): number {
    return this.kernel.forks;
  }

  get contextSwitches(): number {
    return this.kernel.contextSwitches;
  }

  get hostname(): string {
    return this.kernel.hostname;
  }

  get domainname(): string {
    return this.kernel.domainname;
  }
}

/** A bind mount's root inside its file system. */
function rootPathOf(dentry: Location['dentry']): string {
  const names: string[] = [];
  for (let at = dentry; at.parent !== undefined; at = at.parent) names.push(at.name);
  return `/${names.reverse().join('/')}`;
}

function ids(real: number, effective: number, saved: number, fs: number): ProcTask['uid'] {
  return { real, effective, saved, fs };
}

function taskState(t: Thread): ProcState {
  const { process } = t;
  if (t.state === 'dead') return 'Z';
  if (process.stopped) return 'T';
  return t.state === 'runnable' ? 'R' : t.interruptible ? 'S' : 'D';
}

/** Of a thread; faults are counted by address space, so every task shows its process's. */
function taskView(t: Thread): ProcTask {
  const dead = t.state === 'dead';
  const { cred, fs, process } = t;
  const { minorFaults, majorFaults } = process.usage();
  const own = threadUsage(t);
  return {
    ...own,
    minorFaults,
    majorFaults,
    tid: t.tid,
    comm: t.comm,
    state: taskState(t),
    startNs: t.startNs,
    nice: t.nice,
    signalsPending: t.pending.set,
    signalsBlocked: t.mask,
    uid: ids(cred.ruid, cred.euid, cred.suid, cred.uid),
    gid: ids(cred.rgid, cred.egid, cred.sgid, cred.gid),
    groups: cred.groups,
    ...capabilities(cred),
    umask: fs.umask,
    call: callOf(t),
    io: t.io,
    files: dead ? undefined : t.files,
    cwd: dead ? undefined : fs.cwd,
    root: dead ? undefined : fs.root,
  };
}

const ARGUMENT = HART_X + 8 * 10;
const STACK_POINTER = HART_X + 8 * 2;
const CALL_ARGUMENTS = 6;
const ECALL_BYTES = 4n;

/** The registers of a call stay as they were until it ends: it may have to begin again. */
function callOf(t: Thread): ProcCall | undefined {
  if (t.syscall < 0 || t.state === 'dead') return undefined;
  const { core, cpu } = t.kernel;
  const at = (cpu.loaded === t ? HART : t.context) >>> 0;
  const register = (offset: number): bigint => core.view.getBigUint64(at + offset, true);
  const args = Array.from({ length: CALL_ARGUMENTS }, (_, i) => register(ARGUMENT + 8 * i));
  return { number: t.syscall, args, stack: register(STACK_POINTER), pc: register(HART_PC) + ECALL_BYTES };
}

function capabilities(cred: Cred): Pick<ProcTask, 'capEffective' | 'capPermitted' | 'capInheritable' | 'capBounding' | 'capAmbient'> {
  const { capEffective, capPermitted, capInheritable, capBounding, capAmbient } = cred;
  return { capEffective, capPermitted, capInheritable, capBounding, capAmbient };
}

class ProcessView implements ProcProcess {
  private readonly _usage;

  constructor(private readonly p: Process) {
    this._usage = p.usage();
  }

  get pid(): number {
    return this.p.pid;
  }
  get ppid(): number {
    return this.p.ppid;
  }
  get pgid(): number {
    return this.p.pgid;
  }
  get sid(): number {
    return this.p.sid;
  }
  get tty(): number {
    return this.p.terminal?.rdev ?? 0;
  }
  get foregroundPgid(): number {
    return this.p.terminal?.foreground || -1;
  }
  get leader(): ProcTask {
    return taskView(this.p.leader);
  }
  get tasks(): ProcTask[] {
    return [...new Set([this.p.leader, ...this.p.threads])].map(taskView);
  }
  get space(): Process['space'] | undefined {
    return this.p.state === 'running' ? this.p.space : undefined;
  }
  get exe(): Location | undefined {
    return this.p.state === 'running' ? this.p.executable.location : undefined;
  }
  get userNs(): number {
    return this._usage.userNs;
  }
  get systemNs(): number {
    return this._usage.systemNs;
  }
  get minorFaults(): number {
    return this._usage.minorFaults;
  }
  get majorFaults(): number {
    return this._usage.majorFaults;
  }
  get childUserNs(): number {
    return this.p.childrenUsage.userNs;
  }
  get childSystemNs(): number {
    return this.p.childrenUsage.systemNs;
  }
  get childMinorFaults(): number {
    return this.p.childrenUsage.minorFaults;
  }
  get childMajorFaults(): number {
    return this.p.childrenUsage.majorFaults;
  }
  get exitSignal(): number {
    return this.p.exitSignal;
  }
  get exitCode(): number {
    return this.p.status;
  }
  get signalsPending(): bigint {
    return this.p.pending.set;
  }
  get signalsIgnored(): bigint {
    return this._signals((handler) => handler === SIG_IGN);
  }
  get signalsCaught(): bigint {
    return this._signals((handler) => handler !== SIG_IGN && handler !== SIG_DFL);
  }
  get signalsQueued(): number {
    return this.p.kernel.signalCounts.of(this.p.leader.cred.ruid);
  }
  get limits(): Process['limits'] {
    return this.p.limits;
  }
  get oomScoreAdjust(): number {
    return this.p.oomScoreAdjust;
  }
  set oomScoreAdjust(value: number) {
    this.p.oomScoreAdjust = value;
  }
  get oomScoreAdjustMin(): number {
    return this.p.oomScoreAdjustMin;
  }
  set oomScoreAdjustMin(value: number) {
    this.p.oomScoreAdjustMin = value;
  }
  get personality(): number {
    return this.p.personality;
  }
  get timerSlackNs(): number {
    return this.p.timerSlackNs;
  }
  set timerSlackNs(value: number) {
    this.p.timerSlackNs = value === 0 ? TIMER_SLACK_DEFAULT_NS : value;
  }
  get coredumpFilter(): number {
    return this.p.coredumpFilter;
  }
  set coredumpFilter(value: number) {
    this.p.coredumpFilter = value;
  }
  get io(): ProcIo {
    const sum = { ...this.p.endedIo };
    for (const t of this.p.threads) addIo(sum, t.io);
    return sum;
  }
  get hugePagesDisabled(): boolean {
    return this.p.hugePagesDisabled;
  }
  get mergesMemory(): boolean {
    return this.p.mergesMemory;
  }
  get noNewPrivileges(): boolean {
    return this.p.noNewPrivileges;
  }
  get dumpable(): number {
    return this.p.dumpable;
  }

  private _signals(which: (handler: number) => boolean): bigint {
    let set = 0n;
    for (let n = 1; n <= SIGNAL_MAX; n++) if (which(this.p.handlers.get(n).handler)) set |= signalBit(n);
    return set;
  }
}
