import * as L from '../../assembly/shared/layout.js';
import type { JitOptions } from '../jit/jit.js';
import type { Clock } from '../kernel/clock.js';
import type { BlockDevice } from '../vfs/blockdevice.js';
import type { CharacterDevice } from '../vfs/chardevice.js';
import type { VfsEnvironment } from '../vfs/environment.js';
import type { FramebufferOptions } from '../vfs/framebuffer.js';
import type { SwapMedium } from '../vfs/swap.js';
import type { FileSystem } from '../vfs/types.js';

/** Makes a file system in a machine. */
export type FileSystemSource = (env: VfsEnvironment) => FileSystem | Promise<FileSystem>;

/** A file system at a path of the guest's. */
export interface MountOptions {
  readonly source: FileSystemSource;
  readonly readOnly?: boolean;
}

/** A size in bytes: a number, or text like '64M', '1.5G', '512K'. */
export type Size = number | string;

/** What a machine may use. A machine that reaches `instructions`, `timeMs` or `outputBytes` ends: `reason` of all its processes says so. */
export interface Limits {
  /** Instructions of all processes. */
  readonly instructions?: number;
  /** Host time while there are processes. */
  readonly timeMs?: number;
  /** Threads of all processes: clone gives EAGAIN beyond. Default 4096. */
  readonly processes?: number;
  /** Open files: ENFILE beyond. Default 65536. */
  readonly files?: number;
  /** Bytes of files in the file system in memory that is '/' by default: ENOSPC beyond. */
  readonly diskBytes?: number;
  /** What all processes write to their standard output and error. */
  readonly outputBytes?: number;
  /** How long a file system may take to answer once the machine ends: what it has not written by then is lost. Default 30 000. */
  readonly mediumMs?: number;
}

/** What a machine is made of; all is optional. */
export interface MachineOptions {
  /** The compiled core; default: the one that comes with the package, compiled once for all machines. */
  readonly module?: WebAssembly.Module;
  /** Memory of the machine: frames in use at once. Default 1 GiB. */
  readonly memory?: Size;
  /** '/'; default: a file system in memory. */
  readonly root?: FileSystemSource;
  /** By absolute path, made when it is missing. */
  readonly mounts?: Readonly<Record<string, FileSystemSource | MountOptions>>;
  /** More files by absolute path, mode 0755. */
  readonly files?: Readonly<Record<string, Uint8Array | string>>;
  /** Of every process, on top of PATH, HOME, USER and TERM. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly limits?: Limits;
  readonly hostname?: string;
  /** Devices by their path. */
  readonly devices?: Readonly<Record<string, CharacterDevice | BlockDevice>>;
  /** A frame buffer at /dev/fb0. */
  readonly framebuffer?: FramebufferOptions;
  /** Room for pages that do not fit in memory; in the host's memory unless a medium is given. */
  readonly swap?: { readonly sizeBytes: number; readonly medium?: SwapMedium };
  /** Default: the host's. */
  readonly clock?: Clock;
  /** Fills an array with random bytes; default: the host's cryptographic generator. */
  readonly random?: (bytes: Uint8Array) => void;
  /**
   * Every run is the same: time is counted in instructions and sleep takes none of the host's, random numbers come from `seed`. What the
   * embedder does from outside (input, signals, new processes) must come at the same positions. `clock` and `random` are not looked at.
   */
  readonly deterministic?: boolean | { readonly seed?: number; readonly startMs?: number };
  /** Stack, mappings and heap at random addresses. */
  readonly aslr?: boolean;
  /** Compilation of hot code to WebAssembly; false: all is interpreted. */
  readonly jit?: JitOptions | false;
}

export const ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  USER: 'root',
  TERM: 'dumb',
};

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 };
/** Less than this cannot hold the tables and one small program. */
const MEMORY_MIN = 1024 * 1024;
const MEMORY_MAX = (L.FRAME_COUNT - L.FIRST_FRAME) * L.PAGE_SIZE;

/** Bytes. RangeError for what is no size. */
export function sizeOf(size: Size): number {
  if (typeof size === 'number') {
    if (!Number.isFinite(size) || size < 0) throw new RangeError(`${size} is not a size`);
    return Math.floor(size);
  }
  const found = /^(\d+(?:\.\d+)?)\s*(?:([kmg])(?:i?b)?|b)?$/i.exec(size.trim());
  if (found === null) throw new RangeError(`'${size}' is not a size (examples: 64K, 512M, 1.5G)`);
  return Math.floor(Number(found[1]) * UNITS[(found[2] ?? '').toUpperCase()]);
}

export function memoryBytesOf(size: Size): number {
  const bytes = sizeOf(size);
  if (bytes < MEMORY_MIN || bytes > MEMORY_MAX)
    throw new RangeError(`memory of ${size}: from ${MEMORY_MIN} to ${MEMORY_MAX} bytes are possible`);
  return bytes;
}

/** NAME=VALUE of all that have a value. */
export function environmentOf(...layers: readonly (Readonly<Record<string, string | undefined>> | undefined)[]): string[] {
  const merged: Record<string, string | undefined> = Object.assign({}, ...layers);
  return Object.entries(merged).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
}
