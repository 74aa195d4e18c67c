/** Guest programs: compiled once, run under qemu-riscv64 and in a machine of ours, their whole output compared. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Strace } from '../../host/debug/strace/strace.js';
import { loadCore } from '../../host/index-node.js';
import type { JitOptions } from '../../host/jit/jit.js';
import { type EndReason, Machine, type MachineOptions } from '../../host/machine.js';
import { installFile, makeDirectories, mountAt, mountStandard } from '../../host/machine-setup.js';
import { MemoryFileSystem } from '../../host/vfs/backends/memory.js';
import { NodeFileSystem } from '../../host/vfs/backends/node.js';
import type { VfsEnvironment } from '../../host/vfs/environment.js';
import { HostInput, type HostOutput, openHostStream } from '../../host/vfs/hoststream.js';
import type { FileSystem } from '../../host/vfs/types.js';
import { WaitQueue } from '../../host/vfs/wait.js';
import { testJit } from './jit.js';
import { toolPath } from './tools.js';

export const GCC = 'riscv64-linux-gnu-gcc';
export const QEMU = 'qemu-riscv64';
/** What comparing with qemu needs: give it to testWith. */
export const COMPARE_NEEDS = [GCC, QEMU];
const NATIVE_GCC = 'gcc';
/** What comparing with the host's own kernel needs. */
export const NATIVE_NEEDS = [GCC, NATIVE_GCC, '/proc/self/status'];

const BUILD = 'build/guest';

/** Headers that the programs include: their text belongs to the hash. */
const HEADERS = ['tests/guest/check.h', 'tests/mapping/mapping.h', 'tests/mapping/pool.h'];

/** Compiles a C program of tests/guest to a static riscv64 program; kept under the hash of its text and flags. */
export function compileGuest(source: string, flags: readonly string[] = [], compiler = GCC): string {
  return compile(compiler, source, flags.includes('-static-pie') ? flags : ['-static', ...flags]);
}

/** A program or library for the dynamic linker. */
export function compileDynamic(source: string, flags: readonly string[] = []): string {
  return compile(GCC, source, flags);
}

/** The same program for the machine that the tests run on: real Linux is the judge where qemu has its own opinions. */
export function compileNative(source: string, flags: readonly string[] = []): string {
  return compile(NATIVE_GCC, source, flags);
}

function compile(compiler: string, source: string, flags: readonly string[]): string {
  const all = [...flags, '-O1', '-w', '-D_GNU_SOURCE'];
  const hash = createHash('sha256').update([compiler, ...all].join(' '));
  for (const file of [source, ...HEADERS]) hash.update(readFileSync(file));
  const name = source.replace(/^.*\//, '').replace(/\.\w+$/, '');
  const path = join(BUILD, `${name}-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(path)) return path;
  mkdirSync(BUILD, { recursive: true });
  const partial = `${path}.${process.pid}`;
  const result = spawnSync(toolPath(compiler) as string, [...all, '-o', partial, source, '-lpthread'], { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`${source} does not compile:\n${result.stderr}`);
  renameSync(partial, path);
  return path;
}

export interface GuestOutcome {
  readonly stdout: string;
  readonly stderr: string;
  /** Exit status as a shell sees it. */
  readonly status: number;
  /** Of a machine of ours: why the run ended, if not by the program's own end. */
  readonly reason?: EndReason;
  readonly waits?: readonly string[];
}

/** Runs a program under qemu-riscv64 in an empty folder of its own. */
export function runQemu(program: string, args: readonly string[] = [], input = ''): GuestOutcome {
  return runOnHost([toolPath(QEMU) as string, join(process.cwd(), program), ...args], tmpdir(), input);
}

/** Runs a native program in an empty folder of a memory file system, where there is one; or of a disk: where this project is. */
export function runNative(program: string, args: readonly string[] = [], input = '', onDisk = false): GuestOutcome {
  const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  return runOnHost([join(process.cwd(), program), ...args], onDisk ? join(process.cwd(), BUILD) : memory, input);
}

const HOST_TIMEOUT_MS = 60_000;

/** A host's kernel has been seen to leave a program asleep that it should have woken; the judge is asked a second time then. */
function runOnHost(commandLine: readonly string[], place: string, input: string, again = true): GuestOutcome {
  const [command, ...args] = commandLine;
  const bytes = Buffer.from(input, 'latin1');
  const folder = mkdtempSync(join(place, 'pagewalk-guest-'));
  try {
    chmodSync(folder, 0o755);
    const result = spawnSync(command, args, { cwd: folder, input: bytes, env: {}, timeout: HOST_TIMEOUT_MS, maxBuffer: 1 << 26 });
    if (again && result.error !== undefined && 'code' in result.error && result.error.code === 'ETIMEDOUT') {
      return runOnHost(commandLine, place, input, false);
    }
    const status = result.status ?? 128 + (result.signal === null ? 9 : constants.signals[result.signal]);
    return { stdout: result.stdout.toString('latin1'), stderr: result.stderr.toString('latin1'), status };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

class Collector implements HostOutput {
  readonly queue = new WaitQueue();
  readonly writable = true;
  text = '';

  constructor(private readonly heard?: (text: string) => void) {}

  write(bytes: Uint8Array): number {
    const text = Buffer.from(bytes).toString('latin1');
    this.text += text;
    this.heard?.(text);
    return bytes.length;
  }
}

function inputOf(text: string): HostInput {
  const input = new HostInput();
  input.push(new Uint8Array(Buffer.from(text, 'latin1')));
  input.end();
  return input;
}

export interface OurOptions {
  readonly input?: string;
  readonly memoryBytes?: number;
  readonly swap?: MachineOptions['swap'];
  /** A folder of the host's to be seen, and written, at /disk. */
  readonly disk?: string;
  /** Gets every line of strace. */
  readonly trace?: (line: string) => void;
  readonly uid?: number;
  readonly timeoutMs?: number;
  readonly maxProcesses?: number;
  readonly maxFiles?: number;
  readonly aslr?: boolean;
  /** Default: as PAGEWALK_JIT says. */
  readonly jit?: JitOptions | false;
  /** More files of the host's, by their path inside. */
  readonly files?: Readonly<Record<string, string>>;
  /** Hears standard output as it comes. */
  readonly heard?: (text: string) => void;
  /** The machine may end the run (deadlock, memory, time); otherwise that fails the test. */
  readonly mayBeCut?: boolean;
  readonly during?: (machine: Machine) => void;
  /** What is mounted at /work, the working directory; default: it is a folder of the root, in memory. */
  readonly work?: (env: VfsEnvironment) => FileSystem;
}

/** Runs a program in a fresh machine whose working directory is an empty folder of a memory file system. */
export async function runOurs(program: string, args: readonly string[] = [], options: OurOptions = {}): Promise<GuestOutcome> {
  const machine = await Machine.create({
    module: await loadCore(),
    root: (env) => new MemoryFileSystem(env),
    memoryBytes: options.memoryBytes ?? 256 * 1024 * 1024,
    swap: options.swap,
    timeoutMs: options.timeoutMs ?? (process.env.PAGEWALK_JIT === 'eager' ? 480_000 : 120_000),
    maxProcesses: options.maxProcesses,
    maxFiles: options.maxFiles,
    aslr: options.aslr,
    jit: options.jit ?? testJit(),
  });
  mountStandard(machine);
  if (options.disk !== undefined) mountAt(machine, '/disk', new NodeFileSystem(machine.env, options.disk, { readOnly: false }));
  installFile(machine, '/program', readFileSync(program));
  for (const [path, from] of Object.entries(options.files ?? {})) installFile(machine, path, readFileSync(from));
  // A user's own folder can't be given away from here; root's is an ordinary one.
  makeDirectories(machine, '/work', (options.uid ?? 0) === 0 ? 0o755 : 0o777);
  return runMachine(machine, { path: '/program', argv: ['program', ...args], cwd: '/work' }, options);
}

export interface Command {
  readonly path: string;
  readonly argv: readonly string[];
  readonly cwd: string;
}

/** Runs a program in a machine that is ready for it. `work` is mounted at the working directory. */
export async function runMachine(machine: Machine, command: Command, options: OurOptions = {}): Promise<GuestOutcome> {
  if (options.work !== undefined) mountAt(machine, command.cwd, options.work(machine.env));
  if (options.trace !== undefined) machine.kernel.observer = new Strace(options.trace);
  const [stdout, stderr] = [new Collector(options.heard), new Collector()];
  const files = [
    openHostStream(machine.namespace, { input: inputOf(options.input ?? '') }),
    openHostStream(machine.namespace, { output: stdout }),
    openHostStream(machine.namespace, { output: stderr }),
  ];
  const main = machine.spawn({ ...command, env: [], files, uid: options.uid, gid: options.uid });
  options.during?.(machine);
  const result = await machine.run(main);
  if (options.mayBeCut !== true && result.reason !== 'exit' && result.reason !== 'signal')
    throw new Error(`the machine ended the run: ${result.reason}\n${stdout.text}`);
  return { stdout: stdout.text, stderr: stderr.text, status: result.exitCode, reason: result.reason, waits: result.waits };
}
