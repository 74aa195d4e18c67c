import type { JitSnapshot } from './jit/jit.js';
import { Machine, type MachineOptions, type RunResult } from './machine.js';
import { installFile, mountStandard } from './machine-setup.js';
import { type RunStats, StatsCollector } from './machine-stats.js';
import { MemoryFileSystem } from './vfs/backends/memory.js';
import { HostInput, type HostOutput, openHostStream } from './vfs/hoststream.js';
import { WaitQueue } from './vfs/wait.js';

export interface RunOptions extends Omit<MachineOptions, 'root' | 'mayWake'> {
  /** A riscv64 ELF file. */
  readonly program: Uint8Array;
  /** argv without the program's own name. */
  readonly args?: readonly string[];
  /** argv[0] and the file's name, default /program. */
  readonly name?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** All of standard input; default: empty. */
  readonly stdin?: Uint8Array | string;
  /** More files, by absolute path. */
  readonly files?: Readonly<Record<string, Uint8Array | string>>;
  /** Called with output as it comes; the result has all of it anyway. */
  readonly onOutput?: (fd: 1 | 2, bytes: Uint8Array) => void;
}

export interface RunOutput extends RunResult {
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly stats: RunStats;
  /** What was compiled; undefined: nothing was to be. */
  readonly jit: JitSnapshot | undefined;
}

const utf8 = new TextEncoder();
const bytesOf = (content: Uint8Array | string): Uint8Array => (typeof content === 'string' ? utf8.encode(content) : content);

/** Keeps what is written. */
class Collector implements HostOutput {
  readonly queue = new WaitQueue();
  readonly writable = true;
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  constructor(private readonly onBytes: ((bytes: Uint8Array) => void) | undefined) {}

  write(bytes: Uint8Array): number {
    const copy = bytes.slice();
    this.#chunks.push(copy);
    this.#length += copy.length;
    this.onBytes?.(copy);
    return copy.length;
  }

  get bytes(): Uint8Array {
    const all = new Uint8Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }
}

/**
 * Runs one program in a machine of its own, in a file system in memory with /proc, /dev and /tmp. Throws SysError when it can't be
 * started (`detail` says why). For anything beyond that put a Machine together.
 */
export async function run(options: RunOptions): Promise<RunOutput> {
  const { program, args = [], name = '/program', env = {}, stdin = '', files = {}, onOutput, ...machineOptions } = options;
  const machine = await Machine.create({ ...machineOptions, root: (environment) => new MemoryFileSystem(environment, { name: 'rootfs' }) });
  mountStandard(machine);
  for (const [path, content] of Object.entries(files)) installFile(machine, path, bytesOf(content), 0o644);
  const path = name.startsWith('/') ? name : `/${name}`;
  installFile(machine, path, program);
  const input = new HostInput();
  input.push(bytesOf(stdin).slice());
  input.end();
  const stdout = new Collector(onOutput === undefined ? undefined : (bytes) => onOutput(1, bytes));
  const stderr = new Collector(onOutput === undefined ? undefined : (bytes) => onOutput(2, bytes));
  const main = machine.spawn({
    path,
    argv: [name, ...args],
    env: Object.entries(env).map(([key, value]) => `${key}=${value}`),
    files: [{ input }, { output: stdout }, { output: stderr }].map((stream) => openHostStream(machine.namespace, stream)),
  });
  const collector = new StatsCollector(machine, main);
  const result = await machine.run(main);
  return { ...result, stdout: stdout.bytes, stderr: stderr.bytes, stats: collector.finish(name, result), jit: machine.jit?.snapshot() };
}
