import { ENOENT, ENOMEM, ENOTDIR } from '../../assembly/shared/errno.js';
import { Core } from '../core/core.js';
import { loadCoreNow } from '../core/load-node.js';
import { allocate, linearBytes } from '../core/memory.js';
import type { Profiler } from '../debug/profiler.js';
import { ProgramFiles } from '../debug/programs.js';
import { type MappedPlace, mappedPlace } from '../debug/symbolize.js';
import type { RegionListing } from '../jit/listing.js';
import type { NameOf } from '../jit/report.js';
import type { Process } from '../kernel/process.js';
import { SysError } from '../linux/error.js';
import { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGWINCH } from '../linux/signal.js';
import { Machine, type RunResult } from '../machine.js';
import { findProgram, installFile, makeDirectories, mountStandard, provideFile, replaceFile } from '../machine-setup.js';
import { type RunStats, StatsCollector, statsText } from '../machine-stats.js';
import { NodeSwap } from '../vfs/backends/node-swap.js';
import type { Framebuffer, FramebufferOptions } from '../vfs/framebuffer.js';
import { readInput, writeOutput } from './files.js';
import { hostRandom } from './host-random.js';
import { watchInterruptions } from './interrupt.js';
import { jitOptions } from './jit.js';
import type { RegionNames } from './jit-names.js';
import * as O from './options.js';
import { complain } from './output.js';
import { describeKilled, describeSignal, describeStarved } from './report.js';
import type { SavedRun } from './snapshot.js';
import { takeMemory } from './start/early.js';
import { openStdio, type Stdio } from './stdio.js';
import { openTrace, type Trace } from './trace.js';
import { findUser, type User } from './user.js';
import { optimisedLater } from './v8-flags.js';
import { explain, guestPath, World, type WorldOptions } from './world.js';

export interface RunOptions extends WorldOptions {
  readonly cwd?: string;
  /** USER[:GROUP], names or numbers; default: root. */
  readonly user?: string;
  /** On top of the default environment. */
  readonly env?: ReadonlyMap<string, string>;
  readonly memory?: number;
  readonly swap?: number;
  /** Seconds. */
  readonly timeout?: number;
  readonly fuel?: number;
  readonly maxProcesses?: number;
  readonly maxFiles?: number;
  readonly aslr?: boolean;
  readonly framebuffer?: FramebufferOptions;
  /** A file for what the frame buffer shows at the end. */
  readonly screenshot?: string;
  readonly net?: string;
  readonly publish?: readonly O.Publication[];
  /** A file for the machine, saved at `snapshotAt` instructions, or when a program waits for input. */
  readonly snapshot?: string;
  readonly snapshotAt?: number;
  /** A file that `snapshot` has written: there is no program then. */
  readonly restore?: string;
  /** '' is stderr, as for strace. */
  readonly stats?: string;
  readonly strace?: string;
  readonly jit?: string;
  readonly jitThreshold?: number;
  readonly jitStats?: boolean;
  /** A file for where instructions are executed. */
  readonly profile?: string;
  /** A folder for what is compiled. */
  readonly jitDump?: string;
  /** Runs the program in the machine that was made for it; default: to its end. */
  readonly drive?: (machine: Machine, main: Process) => Promise<RunResult>;
  /** Called with the numbers of the run when it has ended. */
  readonly onStats?: (stats: RunStats) => void;
}

/** Of a dead machine so many threads are listed. */
const WAITS_SHOWN = 20;

/** Where the program is and what it is started with, inside the machine. */
interface Launch {
  readonly path: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: ReadonlyMap<string, string>;
}

function wantsRegions({ jitDump, jitStats, profile }: RunOptions): boolean {
  return jitDump !== undefined || jitStats === true || profile !== undefined;
}

/** One run from start to end; the status to exit with. */
export async function runProgram(program: string | undefined, args: readonly string[], options: RunOptions): Promise<number> {
  checkSnapshotOptions(program, options);
  if (options.rw === true && options.root === undefined) throw new O.UsageError('--rw needs --root');
  if (options.screenshot !== undefined && options.framebuffer === undefined) throw new O.UsageError('--screenshot needs --framebuffer');
  const saved = options.restore === undefined ? undefined : await (await import('./snapshot.js')).SavedRun.open(options.restore);
  const bytes = options.root === undefined && program !== undefined ? await programBytes(program) : undefined;
  const memoryBytes = saved?.memoryBytes ?? options.memory ?? O.MEMORY_DEFAULT;
  const world = await World.open(options);
  const dump = options.jitDump === undefined ? undefined : await (await import('./jit-dump.js')).JitDump.open(options.jitDump);
  const named = wantsRegions(options) ? await import('./jit-names.js') : undefined;
  let names: RegionNames | undefined;
  const onRegion = (list: () => RegionListing): void => {
    names ??= named === undefined ? undefined : new named.RegionNames(machine);
    const region = list();
    names?.keep(region);
    dump?.write(region, machine.kernel.cpu.loaded?.process, (address) => names?.name(address));
  };
  const stdio = openStdio();
  const swap = options.swap === undefined ? undefined : { sizeBytes: options.swap, medium: openSwap() };
  const module = optimisedLater(loadCoreNow);
  const machine = Machine.createSync({
    module,
    core: Core.createSync(module, takeMemory() ?? allocate(linearBytes(memoryBytes))),
    random: hostRandom,
    root: (env) => world.makeRoot(env),
    memoryBytes,
    swap,
    fuel: options.fuel,
    maxProcesses: options.maxProcesses,
    maxFiles: options.maxFiles,
    aslr: options.aslr,
    framebuffer: options.framebuffer,
    timeoutMs: options.timeout === undefined ? undefined : options.timeout * 1000,
    jit: jitOptions({ ...options, onRegion: named === undefined ? undefined : onRegion }),
    mayWake: () => machine.kernel.handlesAny([SIGINT, SIGQUIT, SIGHUP, SIGTERM, SIGWINCH]),
    onAsleep: (waits) => {
      complain('all processes are asleep and only a signal can wake them');
      showWaits(waits);
    },
  });
  let unpublish: (() => void) | undefined;
  try {
    for (const path of guard('/dev/fb0', memoryBytes, () => mountStandard(machine, options.rw !== true)))
      complain(`--root has no ${path}: it is not mounted`);
    world.addMounts(machine);
    if (options.rw !== true) provideFile(machine, '/etc/hosts', HOSTS_TEXT);
    if (options.net === 'host') await openNetwork(machine, options);
    if (options.publish !== undefined) unpublish = await (await import('./hostnet.js')).publish(machine, options.publish);
    if (saved !== undefined || program === undefined) {
      const main = (saved as SavedRun).restore(machine, stdio);
      return await finishRun(machine, main, stdio, main.executable.path, options, (pc) => names?.kept(pc));
    }
    const user = options.user === undefined ? undefined : findUser(machine, options.user);
    const launch = prepare(machine, program, args, bytes, options, user);
    const main = guard(launch.path, memoryBytes, () =>
      machine.spawn({
        path: launch.path,
        argv: launch.argv,
        cwd: launch.cwd,
        env: [...launch.env].map(([name, value]) => `${name}=${value}`),
        files: stdio.files(machine),
        ...user,
      }),
    );
    stdio.attach(main);
    return await finishRun(machine, main, stdio, program, options, (pc) => names?.kept(pc));
  } finally {
    unpublish?.();
    swap?.medium.close();
    stdio.close();
  }
}

function checkSnapshotOptions(program: string | undefined, options: RunOptions): void {
  if (options.restore !== undefined && program !== undefined)
    throw new O.UsageError('--restore goes on with the program that was saved: there is no other');
  if (options.snapshotAt !== undefined && options.snapshot === undefined) throw new O.UsageError('--snapshot-at needs --snapshot');
}

function openSwap(): NodeSwap {
  try {
    return new NodeSwap();
  } catch (error) {
    throw new O.CliError(O.EXIT_CANNOT_RUN, `--swap: no temporary file: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The machine itself has its names; roots made of packages alone lack this file. */
const HOSTS_TEXT = '127.0.0.1\tlocalhost pagewalk\n::1\tlocalhost\n';

/** The guest's names are resolved by the host's servers; a folder that is written to keeps its own file. */
async function openNetwork(machine: Machine, options: RunOptions): Promise<void> {
  const { letOut, RESOLVER_TEXT } = await import('./hostnet.js');
  letOut(machine);
  if (options.rw !== true) replaceFile(machine, '/etc/resolv.conf', new TextEncoder().encode(RESOLVER_TEXT), 0o644);
}

/** The file of the host; a source text is assembled. */
async function programBytes(program: string): Promise<Uint8Array> {
  if (/\.[sS]$/.test(program)) return (await import('./assemble-file.js')).assembleFile(program, O.EXIT_NOT_FOUND);
  return readInput(program, O.EXIT_NOT_FOUND, O.EXIT_CANNOT_RUN);
}

function prepare(
  machine: Machine,
  program: string,
  args: readonly string[],
  bytes: Uint8Array | undefined,
  options: RunOptions,
  user: User | undefined,
): Launch {
  const env = new Map([...O.defaultEnvironment(process.env.TERM, user), ...(options.env ?? [])]);
  if (bytes !== undefined) {
    const path = guestPath(program);
    // The host's working directory, so that relative names mean the same inside.
    const cwd = options.cwd ?? guestPath('.');
    guard(path, 0, () => {
      installFile(machine, path, bytes);
      makeDirectories(machine, cwd);
    });
    return { path, argv: [program, ...args], cwd, env };
  }
  const cwd = options.cwd ?? '/';
  const path = guard(program, 0, () => findProgram(machine, program, env.get('PATH') ?? '', cwd));
  return { path, argv: [program, ...args], cwd, env };
}

/** Turns an errno of the guest's world into a line and an exit status: 127 when something is not there, else 126. */
function guard<T>(path: string, memoryBytes: number, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    const missing = (error.errno === ENOENT || error.errno === ENOTDIR) && !error.detail.startsWith('missing interpreter');
    const memory = error.errno === ENOMEM && error.detail === '' ? `out of memory (--memory ${O.showSize(memoryBytes)})` : undefined;
    throw new O.CliError(missing ? O.EXIT_NOT_FOUND : O.EXIT_CANNOT_RUN, `${path}: ${memory ?? explain(error)}`);
  }
}

async function finishRun(
  machine: Machine,
  main: Process,
  stdio: Stdio,
  program: string,
  options: RunOptions,
  nameOf: NameOf,
): Promise<number> {
  const trace: Trace | undefined = options.strace === undefined ? undefined : openTrace(machine, options.strace);
  const place = watchFatal(machine, main);
  watchMemory(machine);
  const collector = new StatsCollector(machine, main);
  const profiler = options.profile === undefined ? undefined : await makeProfiler(machine);
  const interruptions = watchInterruptions(machine, stdio);
  let result: RunResult;
  try {
    const { snapshot: file, snapshotAt: at, timeout } = options;
    const memoryBytes = options.memory ?? O.MEMORY_DEFAULT;
    if (file !== undefined)
      result = await (await import('./snapshot.js')).runAndSave(machine, main, stdio, file, { at, timeout, memoryBytes });
    else result = await (options.drive?.(machine, main) ?? machine.run(main));
  } finally {
    interruptions.stop();
    trace?.close();
  }
  let status = interruptions.status ?? describeEnd(machine, result, place.at, options);
  if (machine.writeBackError !== undefined) {
    complain(`not all files could be written back: ${explain(machine.writeBackError)}`);
    status ||= 1;
  }
  if (options.screenshot !== undefined && machine.framebuffer !== undefined) await takeScreenshot(machine.framebuffer, options.screenshot);
  const stats = collector.finish(program, result);
  options.onStats?.(stats);
  if (options.profile !== undefined && profiler !== undefined)
    (await import('./profile.js')).writeProfile(options.profile, profiler.finish(), machine.jit, nameOf);
  if (options.jitStats === true && machine.jit !== undefined)
    process.stderr.write(`${(await import('../jit/report.js')).jitReport(machine.jit.snapshot(), nameOf).join('\n')}\n`);
  if (options.stats === '') process.stderr.write(statsText(stats));
  else if (options.stats !== undefined) writeOutput(options.stats, `${JSON.stringify(stats, null, 2)}\n`);
  return status;
}

async function makeProfiler(machine: Machine): Promise<Profiler> {
  const { Profiler } = await import('../debug/profiler.js');
  return new Profiler(machine.kernel);
}

async function takeScreenshot(framebuffer: Framebuffer, path: string): Promise<void> {
  const { encodePng } = await import('./png.js');
  writeOutput(path, encodePng(framebuffer.width, framebuffer.height, framebuffer.toRgba()));
}

/** Remembers which code the main program was in when a signal killed it: afterwards its memory is gone. */
function watchFatal(machine: Machine, main: Process): { at: MappedPlace | undefined } {
  const place: { at: MappedPlace | undefined } = { at: undefined };
  const { hooks } = machine.kernel;
  const before = hooks.onFatalSignal;
  hooks.onFatalSignal = (thread, info) => {
    before?.(thread, info);
    if (thread.process === main) place.at = mappedPlace(machine.kernel, main, machine.core.pc);
  };
  return place;
}

/** A line for each process that the out-of-memory rule ends, as the kernel's log has it. */
function watchMemory(machine: Machine): void {
  const { hooks } = machine.kernel;
  const before = hooks.onOutOfMemory;
  hooks.onOutOfMemory = (process) => {
    before?.(process);
    complain(describeStarved(process));
  };
}

/** Says on stderr why a run ended that did not end by itself; the status to exit with. */
function describeEnd(machine: Machine, result: RunResult, place: MappedPlace | undefined, options: RunOptions): number {
  switch (result.reason) {
    case 'exit':
      return result.exitCode;
    case 'signal': {
      const symbol = place === undefined ? undefined : new ProgramFiles(machine.env).name(place);
      complain(result.report === undefined ? describeSignal(result.exitCode) : describeKilled(result.report, symbol));
      return result.exitCode;
    }
    case 'memory':
      complain(`killed: out of memory (--memory ${O.showSize(options.memory ?? O.MEMORY_DEFAULT)})`);
      return result.exitCode;
    case 'timeout':
      complain(`ended after ${options.timeout} s (--timeout)`);
      return O.EXIT_TIMEOUT;
    case 'fuel':
      complain(`ended after ${options.fuel} instructions (--fuel)`);
      return O.EXIT_FUEL;
    case 'deadlock':
      complain('ended: all processes are asleep and no event can wake them (deadlock)');
      showWaits(result.waits ?? []);
      return result.exitCode;
    case 'stopped':
      return result.exitCode;
  }
}

function showWaits(waits: readonly string[]): void {
  for (const line of waits.slice(0, WAITS_SHOWN)) complain(`  ${line}`);
  if (waits.length > WAITS_SHOWN) complain(`  and ${waits.length - WAITS_SHOWN} more`);
}
