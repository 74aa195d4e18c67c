import type { Core } from './core/core.js';
import type { JitOptions } from './jit/jit.js';
import type { Clock } from './kernel/clock.js';
import type { Thread } from './kernel/thread.js';
import type { FatalReport } from './machine-report.js';
import type { BlockDevice } from './vfs/blockdevice.js';
import type { CharacterDevice } from './vfs/chardevice.js';
import type { VfsEnvironment } from './vfs/environment.js';
import type { FramebufferOptions } from './vfs/framebuffer.js';
import type { SwapMedium } from './vfs/swap.js';
import type { FileSystem, OpenFile } from './vfs/types.js';

/** A device of the embedder's. */
export type Device = CharacterDevice | BlockDevice;

/** How far a machine's run has come, besides what the kernel knows. */
export interface RunProgress {
  readonly position: number;
  /** Instructions left. */
  readonly fuel: number;
  /** The thread whose turn is not over, and what is left of its slice. */
  readonly paused: { readonly thread: Thread; readonly left: number } | undefined;
}

/** What a bare machine is made of. */
export interface MachineOptions {
  /** The compiled core (dist/core.wasm); machines may share it. */
  readonly module: WebAssembly.Module;
  /** A core of that module in which nothing has been done; default: a new one. */
  readonly core?: Core;
  /** Makes the file system of '/'. */
  readonly root: (env: VfsEnvironment) => FileSystem | Promise<FileSystem>;
  /** Memory of the machine: frames in use at once. Default 1 GiB. */
  readonly memoryBytes?: number;
  /** A swap area for pages that do not fit in memory; it lies in the host's memory unless a medium is given. Default: none. */
  readonly swap?: { readonly sizeBytes: number; readonly medium?: SwapMedium };
  /** Default: the host's. */
  readonly clock?: Clock | ((core: Core) => Clock);
  /** Default: the host's cryptographic generator. */
  readonly random?: (bytes: Uint8Array) => void;
  readonly hostname?: string;
  /** Devices of the embedder's by their path: mountStandard puts them there. */
  readonly devices?: Readonly<Record<string, Device>>;
  /** A frame buffer of so many pixels at /dev/fb0: see `framebuffer`. */
  readonly framebuffer?: FramebufferOptions;
  /** Ends the run after so many instructions. */
  readonly fuel?: number;
  /** Ends the run after so much host time. */
  readonly timeoutMs?: number;
  /**
   * How long a medium may take to answer once the machine ends; what it has not written by then counts as lost: EIO. It is for one
   * answer: a slow medium that goes on is waited for. Default: 30 s.
   */
  readonly mediumTimeoutMs?: number;
  /** Threads of all processes, zombies included: clone gives EAGAIN beyond. Default 4096. */
  readonly maxProcesses?: number;
  /** Open files in all (ENFILE beyond), and the default of RLIMIT_NOFILE where that is less than usual. Default 65536. */
  readonly maxFiles?: number;
  /** Stack, mappings, heap and position-independent programs lie elsewhere in every process, by `random`. Default: always the same. */
  readonly aslr?: boolean;
  /** May something wake a sleeping program that its sleep does not tell (a signal from the host)? Default: never. */
  readonly mayWake?: () => boolean;
  /** Called once, when all have been asleep for a second and only what `mayWake` speaks of can wake them: a line for each thread. */
  readonly onAsleep?: (waits: readonly string[]) => void;
  /** Compilation of hot code to WebAssembly; false: everything is interpreted. Default: as it pays. */
  readonly jit?: JitOptions | false;
  /** Lets the host's event loop turn once. */
  readonly yieldToHost?: () => Promise<void>;
}

/** How a bare machine's process is started. */
export interface SpawnOptions {
  /** Of the guest. */
  readonly path: string;
  /** argv[0] included; default: the path. */
  readonly argv?: readonly string[];
  /** NAME=VALUE */
  readonly env?: readonly string[];
  readonly cwd?: string;
  /** Descriptors 0, 1, 2...; the process takes over the caller's references. */
  readonly files?: readonly OpenFile[];
  readonly uid?: number;
  readonly gid?: number;
  /** Supplementary groups; default: none. */
  readonly groups?: readonly number[];
}

/** Why a run has ended. */
export type EndReason = 'exit' | 'signal' | 'fuel' | 'timeout' | 'deadlock' | 'memory' | 'stopped';

/** How a run has ended. */
export interface RunResult {
  readonly reason: EndReason;
  /** Exit status as a shell sees it: 128 + n when signal n killed the program. */
  readonly exitCode: number;
  /** When a signal killed the program. */
  readonly report: FatalReport | undefined;
  /** reason 'deadlock': who waits for what, a line for each thread. */
  readonly waits?: readonly string[];
}
