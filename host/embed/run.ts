import type { Core } from '../core/core.js';
import { linearBytes } from '../core/memory.js';
import { giveCore, takeCore, takeCoreSync } from '../core/recycle.js';
import type { JitSnapshot } from '../jit/stats.js';
import { type RunStats, StatsCollector } from '../machine-stats.js';
import { sharedCore, sharedCoreSync } from './core-module.js';
import { Machine } from './machine.js';
import type { RunOptions as ProcessOptions, SyncRunOptions as SyncProcessOptions } from './making.js';
import type { MachineOptions } from './options.js';
import { type ExitStatus, type GuestProcess, outputOf, type ProcessOutput } from './process.js';
import { Collected } from './streams.js';

interface Program {
  /** A riscv64 ELF file, or a script with a #! line. */
  readonly program: Uint8Array;
  /** argv without the program's own name. */
  readonly args?: readonly string[];
  /** argv[0] and the file's name, default /program. */
  readonly name?: string;
  /** Called with output as it comes; the result has all of it anyway. */
  readonly onOutput?: (fd: 1 | 2, bytes: Uint8Array) => void;
}

/** A program, and the machine it runs in. */
export interface RunOptions extends Program, MachineOptions, Omit<ProcessOptions, 'env' | 'stdout' | 'stderr'> {}

/** The same for `runSync`. */
export interface SyncRunOptions extends Program, MachineOptions, Omit<SyncProcessOptions, 'env' | 'stdout' | 'stderr'> {}

/** How the program of `run` has ended, what it has written, and what it cost. */
export interface RunOutput extends ProcessOutput {
  readonly stats: RunStats;
  /** What was compiled; undefined: nothing was to be. */
  readonly jit: JitSnapshot | undefined;
}

/** Nothing of the embedder's gets hold of the machine or its memory, so another machine may have the core afterwards. */
function isOursOnly({ root, mounts, devices, framebuffer, swap, clock, random, jit }: MachineOptions): boolean {
  const given = [root, mounts, devices, framebuffer, swap, clock, random, jit === false ? undefined : jit];
  return given.every((option) => option === undefined);
}

/** A run of one program, but for what takes time. */
class SingleRun {
  readonly path: string;
  readonly #out: Collected;
  readonly #err: Collected;
  readonly #name: string;

  constructor(
    readonly options: RunOptions | SyncRunOptions,
    readonly module: WebAssembly.Module,
  ) {
    const { name = '/program', onOutput } = options;
    this.#name = name;
    this.path = name.startsWith('/') ? name : `/${name}`;
    this.#out = new Collected(onOutput === undefined ? undefined : (bytes) => onOutput(1, bytes));
    this.#err = new Collected(onOutput === undefined ? undefined : (bytes) => onOutput(2, bytes));
  }

  get machineOptions(): MachineOptions {
    const { options, module } = this;
    return { ...options, module, files: { ...options.files, [this.path]: options.program } };
  }

  get outputs(): { readonly argv0: string; stdout(bytes: Uint8Array): void; stderr(bytes: Uint8Array): void } {
    return { argv0: this.#name, stdout: this.#out.take, stderr: this.#err.take };
  }

  collect(machine: Machine, process: GuestProcess): (status: ExitStatus) => RunOutput {
    const collector = new StatsCollector(machine.bare, process.kernelProcess);
    return (status) => {
      const stats = collector.finish(this.#name, { ...status, report: status.report });
      const jit = machine.bare.jit?.snapshot();
      return Object.assign(outputOf(status, this.#out.bytes, this.#err.bytes), { stats, jit });
    };
  }
}

/**
 * Runs one program in a machine of its own, which ends with it. Throws SystemError when it can't be started. For anything beyond that make
 * a Machine.
 */
export async function run(options: RunOptions): Promise<RunOutput> {
  const single = new SingleRun(options, options.module ?? (await sharedCore()));
  const core = isOursOnly(options) ? await takeCore(single.module, linearBytes()) : undefined;
  const machine = await Machine.create(single.machineOptions, core);
  let output: RunOutput;
  try {
    const process = await machine.spawn(single.path, options.args, { ...options, ...single.outputs });
    const finish = single.collect(machine, process);
    const status = await machine.ended(process);
    options.signal?.throwIfAborted();
    output = finish(status);
  } finally {
    await machine.close();
  }
  giveBack(single, core);
  return output;
}

/**
 * The same at once, without promises. It blocks its thread: give `limits.instructions` or `timeMs` to programs that you don't know. Throws
 * WaitError for a program that has to wait (docs/embedding.md), and TypeError when the core has not been loaded yet and can't be at once.
 */
export function runSync(options: SyncRunOptions): RunOutput {
  const single = new SingleRun(options, options.module ?? sharedCoreSync());
  const core = isOursOnly(options) ? takeCoreSync(single.module, linearBytes()) : undefined;
  const machine = Machine.createSync(single.machineOptions, core);
  let output: RunOutput;
  try {
    const process = machine.spawnSync(single.path, options.args, { ...options, ...single.outputs });
    output = single.collect(machine, process)(machine.endedSync(process));
  } finally {
    machine.closeSync();
  }
  giveBack(single, core);
  return output;
}

/** Of a run that went as it should: a machine that failed is in no known state. */
function giveBack({ module }: SingleRun, core: Core | undefined): void {
  if (core !== undefined) giveCore(module, core);
}
