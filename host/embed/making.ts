/** From the options of the embedding API to those of what lies below. */

import type { Core } from '../core/core.js';
import type { Machine as BareMachine } from '../machine.js';
import type { MachineOptions as BareOptions, SpawnOptions as BareSpawnOptions } from '../machine-options.js';
import { WaitError } from '../machine-report.js';
import { mountAt, mountStandard, replaceFile } from '../machine-setup.js';
import { MemoryFileSystem } from '../vfs/backends/memory.js';
import type { FileSystem } from '../vfs/types.js';
import { timeAndChance } from './deterministic.js';
import { settle, settleSync } from './errors.js';
import { ENVIRONMENT, environmentOf, type FileSystemSource, type MachineOptions, type MountOptions, memoryBytesOf } from './options.js';
import type { SpawnOptions } from './process.js';
import { bytesOf } from './streams.js';

export interface RunOptions extends SpawnOptions {
  /** Default: the end of input. */
  readonly stdin?: Exclude<SpawnOptions['stdin'], 'pipe'>;
  /** Default: into the result. */
  readonly stdout?: Exclude<SpawnOptions['stdout'], 'pipe'>;
  readonly stderr?: Exclude<SpawnOptions['stderr'], 'pipe'>;
}

/** Of a program that is run at once: nothing is a stream. */
export interface SyncRunOptions extends Omit<SpawnOptions, 'stdin' | 'stdout' | 'stderr' | 'tty' | 'signal'> {
  /** Default: the end of input. */
  readonly stdin?: 'ignore' | (string & {}) | Uint8Array;
  /** Default: into the result. */
  readonly stdout?: 'ignore' | ((bytes: Uint8Array) => void);
  readonly stderr?: 'ignore' | ((bytes: Uint8Array) => void);
}

/** Throws RangeError for sizes that can't be. */
export function bareOptions(options: MachineOptions, module: WebAssembly.Module, core: Core | undefined): BareOptions {
  const { limits = {}, hostname, devices, framebuffer, swap, aslr, jit } = options;
  for (const [name, value] of Object.entries(limits)) {
    if (value !== undefined && !(value >= 0)) throw new RangeError(`limits.${name}: ${value} is not a number from 0 on`);
  }
  return {
    module,
    core,
    root: options.root ?? ((env) => new MemoryFileSystem(env, { name: 'rootfs', maxBytes: limits.diskBytes })),
    memoryBytes: options.memory === undefined ? undefined : memoryBytesOf(options.memory),
    swap,
    ...timeAndChance(options),
    hostname,
    devices,
    framebuffer,
    fuel: limits.instructions,
    maxProcesses: limits.processes,
    maxFiles: limits.files,
    mediumTimeoutMs: limits.mediumMs,
    aslr,
    jit,
  };
}

function mountOf(mount: FileSystemSource | MountOptions): MountOptions {
  return typeof mount === 'function' ? { source: mount, readOnly: false } : mount;
}

/** How a program is started; it is still to be found in `searched`. */
export interface SpawnRequest extends Omit<BareSpawnOptions, 'path' | 'files'> {
  readonly searched: string;
  readonly cwd: string;
}

export function requestOf(path: string, args: readonly string[], options: SpawnOptions, machineEnv: MachineOptions['env']): SpawnRequest {
  const env = environmentOf(ENVIRONMENT, machineEnv, options.env);
  const searched = env.find((line) => line.startsWith('PATH='))?.slice(5) ?? '';
  const { cwd = '/', argv0 = path, uid, gid, groups } = options;
  return { searched, argv: [argv0, ...args], env, cwd, uid, gid, groups };
}

export async function mountSource(bare: BareMachine, path: string, mount: FileSystemSource | MountOptions): Promise<void> {
  const { source, readOnly } = mountOf(mount);
  const fileSystem = await source(bare.env);
  await settle(() => mountAt(bare, path, fileSystem, readOnly), 'mount', path);
}

export function install(bare: BareMachine, path: string, content: Uint8Array | string, mode = 0o755): Promise<void> {
  const bytes = bytesOf(content);
  return settle(() => replaceFile(bare, path, bytes, mode), 'open', path);
}

/** What a machine has before anything runs. */
export async function fill(bare: BareMachine, { mounts = {}, files = {} }: MachineOptions): Promise<void> {
  await settle(() => mountStandard(bare), 'mount', '/');
  for (const [path, mount] of Object.entries(mounts)) await mountSource(bare, path, mount);
  for (const [path, content] of Object.entries(files)) await install(bare, path, content);
}

/** Throws WaitError for one that comes later; how that goes on is of no interest then. */
export function atOnce(fileSystem: FileSystem | Promise<FileSystem>, path: string): FileSystem {
  if (!(fileSystem instanceof Promise)) return fileSystem;
  fileSystem.catch(() => undefined);
  throw new WaitError([`mount '${path}': the file system is not there at once`]);
}

/** The same at once. Throws WaitError. */
export function fillSync(bare: BareMachine, { mounts = {}, files = {} }: MachineOptions): void {
  settleSync(() => mountStandard(bare), 'mount', '/');
  for (const [path, mount] of Object.entries(mounts)) {
    const { source, readOnly } = mountOf(mount);
    const fileSystem = atOnce(source(bare.env), path);
    settleSync(() => mountAt(bare, path, fileSystem, readOnly), 'mount', path);
  }
  for (const [path, content] of Object.entries(files)) settleSync(() => replaceFile(bare, path, bytesOf(content)), 'open', path);
}
