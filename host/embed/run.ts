import type { JitSnapshot } from '../jit/jit.js';
import { type RunStats, StatsCollector } from '../machine-stats.js';
import { Machine, type RunOptions as ProcessOptions } from './machine.js';
import type { MachineOptions } from './options.js';
import { outputOf, type ProcessOutput } from './process.js';
import { Collected } from './streams.js';

export interface RunOptions extends MachineOptions, Omit<ProcessOptions, 'env' | 'stdout' | 'stderr'> {
  /** A riscv64 ELF file, or a script with a #! line. */
  readonly program: Uint8Array;
  /** argv without the program's own name. */
  readonly args?: readonly string[];
  /** argv[0] and the file's name, default /program. */
  readonly name?: string;
  /** Called with output as it comes; the result has all of it anyway. */
  readonly onOutput?: (fd: 1 | 2, bytes: Uint8Array) => void;
}

export interface RunOutput extends ProcessOutput {
  readonly stats: RunStats;
  /** What was compiled; undefined: nothing was to be. */
  readonly jit: JitSnapshot | undefined;
}

/**
 * Runs one program in a machine of its own, which ends with it. Throws SystemError when it can't be started. For anything beyond that make
 * a Machine.
 */
export async function run(options: RunOptions): Promise<RunOutput> {
  const { program, args = [], name = '/program', onOutput, env, ...rest } = options;
  const machine = await Machine.create(env === undefined ? rest : { ...rest, env });
  try {
    const path = name.startsWith('/') ? name : `/${name}`;
    await machine.install(path, program);
    const out = new Collected(onOutput === undefined ? undefined : (bytes) => onOutput(1, bytes));
    const err = new Collected(onOutput === undefined ? undefined : (bytes) => onOutput(2, bytes));
    const process = await machine.spawn(path, args, { ...rest, argv0: name, stdout: out.take, stderr: err.take });
    const collector = new StatsCollector(machine.bare, process.kernelProcess);
    const status = await machine.ended(process);
    rest.signal?.throwIfAborted();
    const stats = collector.finish(name, { ...status, report: status.report });
    const jit = machine.bare.jit?.snapshot();
    return Object.assign(outputOf(status, out.bytes, err.bytes), { stats, jit });
  } finally {
    await machine.close();
  }
}
