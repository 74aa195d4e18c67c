/**
 * What /proc shows, as questions to the kernel. The file system holds no state of its own: every file asks at open time, so the
 * answers may be computed when asked. The kernel implements this; the VFS imports nothing of the kernel.
 *
 * Times are nanoseconds (since boot where a moment is meant); signal sets are bit n - 1 for signal n.
 */
import type { Core } from '../../core/core.js';
import type { UserMemory } from '../../core/user.js';
import type { Location } from '../dentry.js';
import type { FdTable } from '../fdtable.js';
import type { Flusher } from '../flusher.js';
import type { VfsKnobs } from '../knobs.js';
import type { FileSystem, Inode, Timestamp } from '../types.js';

/** One row of /proc/PID/mountinfo; /proc/PID/mounts is the same with fewer columns. */
export interface ProcMount {
  readonly id: number;
  readonly parentId: number;
  /** st_dev of its files. */
  readonly dev: number;
  /** Path inside the file system that is mounted: '/' unless it is a bind mount. */
  readonly rootPath: string;
  /** Where it is mounted, as seen from the reader's root. */
  readonly target: string;
  readonly readOnly: boolean;
  /** MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_NOATIME, MS_NODIRATIME; absent: none. */
  readonly flags?: number;
  readonly type: string;
  readonly source: string;
  /** The file system's own options; absent: none. */
  readonly options?: readonly string[];
}

/** What /proc/PID/maps prints for a VM object. */
export interface ProcMappedFile {
  /** Empty: nothing is printed after the inode number. */
  readonly path: string;
  readonly dev: number;
  readonly ino: number;
  /** No name is left: ' (deleted)' follows the path. */
  readonly deleted: boolean;
  /** Against writing: F_SEAL_WRITE or F_SEAL_FUTURE_WRITE. */
  readonly sealed?: boolean;
  /** Where map_files would lead, if it has a place in the tree. */
  readonly location?: Location;
}

/** Marks of the image in memory: addresses, 0 where unknown. */
export interface ProcImage {
  readonly codeStart: number;
  readonly codeEnd: number;
  readonly dataStart: number;
  readonly dataEnd: number;
  readonly stackStart: number;
  readonly argStart: number;
  readonly argEnd: number;
  readonly envStart: number;
  readonly envEnd: number;
  readonly auxStart: number;
  readonly auxBytes: number;
}

/** An address space. */
export interface ProcSpace {
  /** Core handle, for vmaFind and spaceStat. */
  readonly handle: number;
  /** Reads and faults in that space's memory. */
  readonly user: UserMemory;
  readonly layout: ProcImage;
  /** Names of anonymous mappings by the number that the core keeps. */
  readonly names: { text(number: number): string };
}

export interface ProcIds {
  readonly real: number;
  readonly effective: number;
  readonly saved: number;
  /** File system access. */
  readonly fs: number;
}

/** R running or runnable, S asleep (a signal wakes), D asleep, T stopped, Z zombie. */
export type ProcState = 'R' | 'S' | 'D' | 'T' | 'Z';

/** A thread. */
export interface ProcTask {
  readonly tid: number;
  readonly comm: string;
  readonly state: ProcState;
  readonly userNs: number;
  readonly systemNs: number;
  readonly startNs: number;
  readonly minorFaults: number;
  readonly majorFaults: number;
  readonly voluntarySwitches: number;
  readonly involuntarySwitches: number;
  /** -20..19 */
  readonly nice: number;
  readonly signalsPending: bigint;
  readonly signalsBlocked: bigint;
  readonly uid: ProcIds;
  readonly gid: ProcIds;
  readonly groups: readonly number[];
  readonly capEffective: bigint;
  readonly capPermitted: bigint;
  readonly capBounding: bigint;
  readonly capAmbient: bigint;
  readonly capInheritable: bigint;
  readonly umask: number;
  /** The system call that it sleeps in or makes now; undefined: it is in none. */
  readonly call: ProcCall | undefined;
  /** Bytes that read and write calls moved. */
  readonly io: ProcIo;
  /** undefined once the task is dead. */
  readonly files: FdTable | undefined;
  readonly cwd: Location | undefined;
  readonly root: Location | undefined;
}

/** Bytes that read and write calls moved, and how many calls there were. */
export interface ProcIo {
  readonly rchar: number;
  readonly wchar: number;
  readonly syscr: number;
  readonly syscw: number;
}

/** A system call as it began. */
export interface ProcCall {
  readonly number: number;
  readonly args: readonly bigint[];
  readonly stack: bigint;
  /** Where it returns to. */
  readonly pc: bigint;
}

/** A thread group. */
export interface ProcProcess {
  readonly pid: number;
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  /** Device number of the controlling terminal, 0: none. */
  readonly tty: number;
  /** Foreground process group of that terminal, -1: none. */
  readonly foregroundPgid: number;
  /** The thread whose tid is the pid; of a zombie too. */
  readonly leader: ProcTask;
  /** Leader first, then the other live threads; a leader that has ended stays in it. */
  readonly tasks: readonly ProcTask[];
  /** undefined: a zombie has none. */
  readonly space: ProcSpace | undefined;
  readonly exe: Location | undefined;
  /** Sums over all threads, ended ones included. */
  readonly userNs: number;
  readonly systemNs: number;
  readonly minorFaults: number;
  readonly majorFaults: number;
  /** Of children that were waited for. */
  readonly childUserNs: number;
  readonly childSystemNs: number;
  readonly childMinorFaults: number;
  readonly childMajorFaults: number;
  /** Of all threads, ended ones included. */
  readonly io: ProcIo;
  readonly personality: number;
  /** Writing timerslack_ns sets it; 0 gives the default back. */
  timerSlackNs: number;
  /** Which mappings go into a core file: see core(5). Writing coredump_filter sets it. */
  coredumpFilter: number;
  /** Signal that the parent gets. */
  readonly exitSignal: number;
  /** Wait status of a zombie. */
  readonly exitCode: number;
  readonly signalsPending: bigint;
  readonly signalsIgnored: bigint;
  readonly signalsCaught: bigint;
  readonly signalsQueued: number;
  /** Indexed by RLIMIT_*; Infinity = unlimited. */
  readonly limits: readonly { readonly current: number; readonly maximum: number }[];
  /** -1000..1000; writing oom_score_adj sets it. */
  oomScoreAdjust: number;
  /** Below this only CAP_SYS_RESOURCE gets it. */
  oomScoreAdjustMin: number;
  readonly noNewPrivileges: boolean;
  readonly hugePagesDisabled: boolean;
  readonly mergesMemory: boolean;
  /** prctl(PR_SET_DUMPABLE): unless 1, its files belong to root. */
  readonly dumpable: number;
}

/** What frames hold, in pages. */
export interface ProcMemory {
  /** Page cache of files on media, of it not yet written back. */
  readonly file: number;
  readonly dirty: number;
  /** How often a page became dirty; pages moved to and from media; how many dirty ones there may be. */
  readonly dirtied: number;
  readonly written: number;
  readonly read: number;
  readonly dirtyLimit: number;
  readonly dirtyBackground: number;
  /** Data of memory file systems and shared anonymous memory. */
  readonly shmem: number;
  /** Private pages of processes: one that is shared since a fork counts for each. */
  readonly anonymous: number;
  /** Private pages mapped that count against the commit limit. */
  readonly accounted: number;
  /** Pages of files and shared memory that are mapped: counted for each process. */
  readonly mapped: number;
  readonly tables: number;
  readonly locked: number;
}

/** What /proc/sys changes. Numbers are checked before they come here. */
export interface ProcKnobs {
  readonly files: VfsKnobs;
  readonly flusher: Flusher;
  readonly filesOpen: number;
  filesMax: number;
  /** What the embedder allows. */
  readonly filesMost: number;
  threadsMax: number;
  readonly threadsMost: number;
  pidMax: number;
  readonly pidMaxLeast: number;
  readonly pidMaxMost: number;
  randomizeLevel: number;
  corePattern: string;
  coreUsesPid: number;
  overcommitRatio: number;
  swappiness: number;
  unprivilegedUserfaultfd: number;
  /** The next process gets the pid after it. EPERM: the reader may not. */
  setLastPid(pid: number): void;
  setNames(names: { readonly hostname?: string; readonly domainname?: string }): void;
  /** Bit 0: clean pages of files. */
  dropCaches(what: number): void;
}

/** The machine. */
export interface ProcSource {
  readonly core: Core;
  /** Same-page merging: pages of a space that are looked at, and those that are merged. */
  readonly ksm: { recordsOf(space: number): number; mergedOf(space: number): number };
  /** Pages in megapages that policy has made. */
  hugePages(): number;
  readonly huge: { counts(): Readonly<Record<string, number>> };
  readonly khugepaged: { counts(): Readonly<Record<string, number>> };
  /** The task that is looking: what self and thread-self mean. undefined outside a system call. */
  current(): { readonly pid: number; readonly tid: number } | undefined;
  pids(): number[];
  /** By pid of the thread group, or by tid of any of its threads (Linux resolves /proc/TID too, without listing it). */
  process(id: number): ProcProcess | undefined;
  /** Sets the name of one thread (at most 15 bytes are kept). */
  setComm(tid: number, name: string): void;
  /** Mounts that the process sees, parents before children. */
  mounts(pid: number): ProcMount[];
  /** The file behind a VM object; undefined: anonymous shared memory without a name. */
  mappedFile(object: number): ProcMappedFile | undefined;
  /** Absolute path of a location as the reader sees it, ' (deleted)' appended when it has no name any more. */
  pathOf(location: Location): string;
  /** A place outside the tree, shown as `label`. */
  unnamed(fs: FileSystem, inode: Inode, label: string): Location;
  /** May the reader do what this capability permits? */
  capable(bit: bigint): boolean;

  now(): number;
  readonly bootTime: Timestamp;
  /** Runnable tasks at this moment, the reader included. */
  readonly runnable: number;
  /** Of 1, 5 and 15 minutes. */
  readonly loadAverages: readonly [number, number, number];
  memoryPages(): ProcMemory;
  /** Objects whose pages belong to files: the page cache. */
  fileObjects(): Iterable<{ readonly object: number; readonly inMemoryOnly: boolean }>;
  /** Character devices that have a driver. */
  readonly characterDevices: readonly { readonly number: number; readonly name: string }[];
  readonly blockDevices: readonly { readonly number: number; readonly name: string; readonly sizeBytes: number }[];
  /** Names that mount(2) knows. */
  readonly fileSystemTypes: readonly string[];
  /** The files of /proc/net. */
  readonly net: Readonly<Record<string, () => string>>;
  /** Text of a file of /proc/sysvipc. */
  sysvText(kind: 'msg' | 'sem' | 'shm'): string;
  /** All tasks. */
  readonly taskCount: number;
  readonly lastPid: number;
  /** Tasks ever created. */
  readonly forks: number;
  readonly contextSwitches: number;
  readonly knobs: ProcKnobs;
  /** uname(2) */
  readonly hostname: string;
  readonly domainname: string;
  readonly osRelease: string;
  readonly osVersion: string;
  readonly random: (bytes: Uint8Array) => void;
}
