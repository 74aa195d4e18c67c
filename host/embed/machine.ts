import type { Core } from '../core/core.js';
import type { Kernel } from '../kernel/kernel.js';
import type { Process } from '../kernel/process.js';
import { giveTerminal } from '../kernel/terminal.js';
import { Machine as BareMachine } from '../machine.js';
import { turnEventLoop } from '../machine-host.js';
import { WaitError } from '../machine-report.js';
import { addDevice, findProgram } from '../machine-setup.js';
import { countersOf, type MachineCounters } from '../machine-stats.js';
import { damagedBy, SnapshotError } from '../snapshot/error.js';
import { SnapshotImage, type SnapshotSource } from '../snapshot/format.js';
import { restoreParts } from '../snapshot/parts.js';
import type { BlockDevice } from '../vfs/blockdevice.js';
import type { CharacterDevice } from '../vfs/chardevice.js';
import type { Framebuffer } from '../vfs/framebuffer.js';
import { sharedCore, sharedCoreSync } from './core-module.js';
import { SystemError, settle, settleSync } from './errors.js';
import { Emitter, EventObserver, type Listener, type MachineEvents, watchFaults, watchLives } from './events.js';
import { MachineFiles } from './fs.js';
import { atOnce, bareOptions, fill, fillSync, install, mountSource, type RunOptions, requestOf, type SyncRunOptions } from './making.js';
import type { FileSystemSource, MachineOptions, MountOptions } from './options.js';
import {
  type ExitReason,
  type ExitStatus,
  GuestProcess,
  killOnAbort,
  outputOf,
  type ProcessOutput,
  type SpawnOptions,
  statusOf,
} from './process.js';
import {
  answered,
  EMBEDDED,
  NewStreams,
  type RestoreOptions,
  requireBase,
  requireBuild,
  requireMemory,
  type SavedProcess,
  type SnapshotOptions,
  StreamNames,
  saveMachine,
  settingsFor,
  settingsOf,
} from './snapshot.js';
import { stateHash } from './state-hash.js';
import { dropStdio, openStdio, type Stdio, type Streams } from './stdio.js';
import { Collected, type OutputAllowance } from './streams.js';
import { type CallHandler, HandlersAtWork, replaceCall } from './syscalls.js';

/** Between two `stats` events. */
const STATS_MS = 250;

/**
 * A riscv64 Linux machine: file systems, memory, and programs that run in it by themselves, a few milliseconds at a time, so that the
 * host's events keep their turns. `await Machine.create()`, `await machine.spawn(...)`, `await machine.close()`.
 */
export class Machine {
  /** Its files from outside, as root sees them. */
  readonly fs: MachineFiles;
  readonly #bare: BareMachine;
  readonly #options: MachineOptions;
  readonly #emitter = new Emitter<MachineEvents>((error) => {
    this.#fail(error);
    this.#bare.pause();
  });
  readonly #processes = new Map<number, GuestProcess>();
  readonly #streams = new StreamNames();
  readonly #handlers = new HandlersAtWork();
  /** Output on its way to WritableStreams. */
  readonly #pipes = new Set<Promise<void>>();
  readonly #allowance: OutputAllowance;
  #observed = false;
  #watchesFaults = false;
  #pumping: Promise<void> | undefined = undefined;
  #paused = false;
  /** Instructions that may still be executed before the machine pauses. */
  #steps = Number.POSITIVE_INFINITY;
  /** Why it runs nothing any more. */
  #ended: ExitReason | undefined = undefined;
  #isOff = false;
  #failure: unknown;
  #timeLeftMs: number;
  #statsAt = 0;

  private constructor(bare: BareMachine, options: MachineOptions) {
    this.#bare = bare;
    this.#options = options;
    this.fs = new MachineFiles(bare);
    this.#timeLeftMs = options.limits?.timeMs ?? Number.POSITIVE_INFINITY;
    this.#allowance = {
      left: options.limits?.outputBytes ?? Number.POSITIVE_INFINITY,
      exceeded: () => {
        this.#ended ??= 'output';
        bare.pause();
      },
    };
    watchLives(bare, this.#emitter, (process) => this.#exits(process));
    bare.kernel.scheduler.onRunnable = () => this.#start();
  }

  /** Throws RangeError for sizes that can't be, SystemError when what is mounted can't be. `core`: one in which nothing has been done. */
  static async create(options: MachineOptions = {}, core?: Core): Promise<Machine> {
    const bare = await BareMachine.create(bareOptions(options, options.module ?? (await sharedCore()), core));
    await fill(bare, options);
    return new Machine(bare, options);
  }

  /**
   * The same at once. The core must be there (`module`, or one that was loaded before; Node reads it), and so must be file systems and what
   * they are asked: WaitError.
   */
  static createSync(options: MachineOptions = {}, core?: Core): Machine {
    const made = bareOptions(options, options.module ?? sharedCoreSync(), core);
    const bare = BareMachine.createSync({ ...made, root: (env) => atOnce(made.root(env), '/') });
    fillSync(bare, options);
    return new Machine(bare, options);
  }

  /**
   * A machine that goes on where another was when `snapshot` saved it: in the same state, except for what is the host's (time that is not
   * the machine's own, streams, folders, devices), which is given anew. Throws SnapshotError.
   */
  static async restore(source: SnapshotSource, options: RestoreOptions = {}): Promise<Machine> {
    const saved = await SnapshotImage.open(source);
    const settings = settingsOf(saved.settings);
    const { stdio, base, paused = false, memory, ...given } = options;
    requireBase(settings, base);
    requireMemory(settings, memory);
    const machine = await Machine.create({ ...settings, ...given });
    requireBuild(settings, machine.#bare);
    machine.#paused = true;
    const streams = new NewStreams(settings, machine.#streams, machine.#allowance, stdio);
    try {
      const roots = restoreParts(machine.#bare, saved, { classes: EMBEDDED, anchored: (name) => streams.anchored(name) }, base);
      for (const [kernelProcess, serial, terminal] of roots as SavedProcess[]) {
        machine.#add(new GuestProcess(kernelProcess, { ...streams.feed(serial), files: [], terminal }));
      }
    } catch (error) {
      throw damagedBy(error);
    }
    const { instructions } = options.limits ?? {};
    if (instructions !== undefined) machine.#bare.progress = { ...machine.#bare.progress, fuel: instructions };
    if (!paused) machine.resume();
    return machine;
  }

  /**
   * The whole machine as bytes: memory, processes, open files, timers. It stands still meanwhile, between two instructions. Calls that wait
   * for an answer of the host get it first. Throws SnapshotError, with a word on what it is that can't be saved.
   */
  async snapshot(options: SnapshotOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    this.#requireAlive();
    if (this.#handlers.count > 0) throw new SnapshotError('a handler of setCall asks for a snapshot, which would wait for its answer');
    if (Number.isFinite(this.#steps)) await this.#pumping;
    const wasPaused = this.#paused;
    await this.pause();
    const { scheduler } = this.#bare.kernel;
    try {
      await answered(this.#bare, this.#options.limits?.mediumMs);
      this.#requireAlive();
      const settings = settingsFor(this.#bare, this.#options, { timeMs: this.#timeLeftMs, outputBytes: this.#allowance.left });
      return await saveMachine(this.#bare, this.#streams, settings, [...this.#processes.values()], options);
    } finally {
      scheduler.onRunnable = () => this.#start();
      if (!wasPaused) this.resume();
    }
  }

  /** What lies below: the kernel's own objects, for tools. */
  get bare(): BareMachine {
    return this.#bare;
  }

  /** What programs draw in /dev/fb0. */
  get framebuffer(): Framebuffer | undefined {
    return this.#bare.framebuffer;
  }

  /** Calls `listener` at every event of that kind, while the machine stands still. The result takes it away again. */
  on<K extends keyof MachineEvents>(type: K, listener: Listener<MachineEvents[K]>): () => void {
    if ((type === 'syscall' || type === 'signal') && !this.#observed) {
      this.#observed = true;
      new EventObserver(this.#bare.kernel, this.#emitter);
    }
    if (type === 'fault' && !this.#watchesFaults) {
      this.#watchesFaults = true;
      watchFaults(this.#bare, this.#emitter);
    }
    return this.#emitter.on(type, listener);
  }

  /** Attaches a file system at an absolute path, whose directory is made when it is missing. */
  mount(path: string, mount: FileSystemSource | MountOptions): Promise<void> {
    return mountSource(this.#bare, path, mount);
  }

  /** Puts a device at an absolute path. */
  addDevice(path: string, device: CharacterDevice | BlockDevice): Promise<void> {
    return settle(() => addDevice(this.#bare, path, device), 'mknod', path);
  }

  /**
   * Puts a handler in the place of a system call, by name or number; numbers that Linux has none for are free to use. The result puts back
   * what was there. RangeError: no call has this name.
   */
  setCall(which: string | number, handler: CallHandler): () => void {
    return replaceCall(this.#bare, which, handler, this.#handlers);
  }

  /** Writes a file that may be executed, its directory included; one of that name is replaced. */
  install(path: string, content: Uint8Array | string, mode = 0o755): Promise<void> {
    return install(this.#bare, path, content, mode);
  }

  /**
   * Starts a program; a name without a slash is looked up in PATH. It runs by itself from now on. Throws SystemError (ENOENT, EACCES,
   * ENOEXEC...) when it can't be started.
   */
  async spawn(path: string, args: readonly string[] = [], options: SpawnOptions = {}): Promise<GuestProcess> {
    this.#requireAlive();
    options.signal?.throwIfAborted();
    const request = requestOf(path, args, options, this.#options.env);
    const found = await settle(() => findProgram(this.#bare, path, request.searched, request.cwd), 'spawn', path);
    const stdio = openStdio(this.#bare, options, this.#allowance);
    const start = (): Process => this.#bare.spawn({ ...request, path: found, files: stdio.files });
    const kernelProcess = await settle(start, 'spawn', path).catch((error: unknown) => {
      dropStdio(stdio);
      throw error;
    });
    return this.#begin(kernelProcess, stdio, options.signal);
  }

  /**
   * A program from start to end, with what it wrote; WritableStreams have taken that. One that nothing in the machine can wake any more
   * ends with reason 'deadlock'. Throws the signal's reason when that aborts it.
   */
  async run(path: string, args: readonly string[] = [], options: RunOptions = {}): Promise<ProcessOutput> {
    const out = new Collected();
    const err = new Collected();
    const process = await this.spawn(path, args, { stdin: 'ignore', stdout: out.take, stderr: err.take, ...options });
    const status = await this.ended(process);
    options.signal?.throwIfAborted();
    await Promise.all(process.stdio.pours.map((pour) => pour.drained()));
    return outputOf(status, out.bytes, err.bytes);
  }

  /**
   * The same at once, without promises: others in the machine run with it, the host's events do not. Throws WaitError, and kills it, when
   * all that it can do is wait: for time (but that of a `deterministic` machine), a stream, an asynchronous file system or handler.
   */
  runSync(path: string, args: readonly string[] = [], options: SyncRunOptions = {}): ProcessOutput {
    const [out, err] = [new Collected(), new Collected()];
    const process = this.spawnSync(path, args, { stdout: out.take, stderr: err.take, ...options });
    return outputOf(this.endedSync(process), out.bytes, err.bytes);
  }

  /** `spawn` at once: it runs by itself from now on, or `endedSync` runs it. Throws WaitError. */
  spawnSync(path: string, args: readonly string[] = [], options: SyncRunOptions = {}): GuestProcess {
    this.#requireAlive();
    if (this.#paused || Number.isFinite(this.#steps)) throw new Error('the machine is paused');
    const request = requestOf(path, args, options, this.#options.env);
    const found = settleSync(() => findProgram(this.#bare, path, request.searched, request.cwd), 'spawn', path);
    const stdio = openStdio(this.#bare, { stdin: 'ignore', stdout: 'ignore', stderr: 'ignore', ...options }, this.#allowance);
    let kernelProcess: Process;
    try {
      kernelProcess = settleSync(() => this.#bare.spawn({ ...request, path: found, files: stdio.files }), 'spawn', path);
    } catch (error) {
      dropStdio(stdio);
      throw error;
    }
    return this.#begin(kernelProcess, stdio);
  }

  /** `ended` at once. */
  endedSync(process: GuestProcess): ExitStatus {
    const started = performance.now();
    try {
      let reason = this.#bare.pumpSync(() => process.status !== undefined, started + this.#timeLeftMs);
      if (reason === 'deadlock') {
        process.cut('deadlock');
        reason = this.#bare.pumpSync(() => process.status !== undefined);
      }
      if (reason !== undefined && reason !== 'paused') this.#ended ??= reason;
      if (this.#ended !== undefined) this.closeSync();
    } catch (error) {
      if (error instanceof WaitError) process.killAll();
      else this.#fail(error);
      throw error;
    } finally {
      this.#timeLeftMs -= performance.now() - started;
    }
    if (this.#failure !== undefined) throw this.#failure;
    if (process.status === undefined) throw new WaitError(['the machine was paused']);
    return process.status;
  }

  /** `close` at once, of a machine without WritableStreams. Throws what that throws, and WaitError when a file system takes its time. */
  closeSync(): void {
    this.#ended ??= 'closed';
    this.#bare.pause();
    if (!this.#isOff) {
      this.#isOff = true;
      this.#bare.powerOffSync();
    }
    this.#throwLost();
  }

  /** When the process ends; one that nothing in the machine can wake any more is ended. */
  async ended(process: GuestProcess): Promise<ExitStatus> {
    const stop = this.on('asleep', () => process.cut('deadlock'));
    try {
      return await process.exited;
    } finally {
      stop();
    }
  }

  /** The processes that run, those of fork included. */
  get pids(): number[] {
    return [...this.#bare.kernel.processes.values()].filter(({ state }) => state === 'running').map(({ pid }) => pid);
  }

  /** A process of any origin, as far as it has been started by `spawn`; undefined: it was not, or has been gone for long. */
  process(pid: number): GuestProcess | undefined {
    return this.#processes.get(pid);
  }

  /** Numbers of all that has happened so far. */
  stats(): MachineCounters {
    return countersOf(this.#bare);
  }

  get isPaused(): boolean {
    return this.#paused;
  }

  /** Nobody runs until `resume`. In a listener: nothing happens after what it is told of. */
  async pause(): Promise<void> {
    this.#paused = true;
    this.#bare.pause();
    await this.#pumping;
  }

  /** Instructions executed, plus one for every system call and fault that the kernel had to act on: what `step` counts. */
  get position(): number {
    return this.#bare.position;
  }

  /**
   * A number for all that programs can tell of the machine: their registers, signals and memory. Two machines that have it in common go on
   * alike if what happens to them does.
   */
  stateHash(): string {
    return stateHash(this.#bare.kernel);
  }

  resume(): void {
    this.#paused = false;
    this.#steps = Number.POSITIVE_INFINITY;
    this.#start();
  }

  /** Of a paused machine: executes so many instructions (a system call counts as one) and is paused again. False: nobody could run. */
  async step(instructions = 1): Promise<boolean> {
    if (!Number.isSafeInteger(instructions) || instructions < 0) throw new RangeError(`${instructions} is not a number of instructions`);
    if (!this.#paused) throw new Error('the machine runs: pause() first');
    await this.#pumping;
    this.#requireAlive();
    this.#steps = instructions;
    this.#paused = false;
    this.#start();
    await this.#pumping;
    const ran = this.#paused;
    this.#paused = true;
    return ran;
  }

  /**
   * Ends all processes, writes dirty files back, and waits until WritableStreams have what was written; the machine is no more. Throws a
   * SystemError when something could not be written back, or its medium did not answer (`limits.mediumMs`).
   */
  async close(): Promise<void> {
    this.#ended ??= 'closed';
    this.#bare.pause();
    await this.#pumping;
    await this.#powerOff();
    await Promise.all(this.#pipes);
    this.#throwLost();
  }

  #throwLost(): void {
    const lost = this.#bare.writeBackError;
    if (lost !== undefined) throw new SystemError(lost.errno, 'sync', undefined, lost.detail);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** It runs from now on. */
  #begin(kernelProcess: Process, stdio: Stdio & Streams, signal?: AbortSignal): GuestProcess {
    this.#streams.add(stdio.ports);
    const process = new GuestProcess(kernelProcess, stdio);
    if (this.#failure !== undefined) {
      process.fail(this.#failure);
      throw this.#failure;
    }
    this.#add(process);
    if (stdio.terminal !== undefined) giveTerminal(kernelProcess, stdio.terminal);
    killOnAbort(process, signal);
    this.#start();
    return process;
  }

  #add(process: GuestProcess): void {
    for (const { over } of process.stdio.pours) {
      this.#pipes.add(over);
      over.finally(() => this.#pipes.delete(over));
    }
    this.#processes.set(process.pid, process);
  }

  #requireAlive(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#ended !== undefined) throw new Error(`the machine has ended (${this.#ended})`);
  }

  #exits(process: Process): void {
    const status = statusOf(this.#bare.endOf(process), process.status, this.#ended ?? this.#processes.get(process.pid)?.cutReason);
    this.#processes.get(process.pid)?.finish(status);
    this.#processes.delete(process.pid);
    this.#emitter.emit('exit', { ...status, pid: process.pid, ppid: process.ppid, comm: process.comm });
  }

  #start(): void {
    if (this.#pumping !== undefined || this.#paused || this.#ended !== undefined || this.#failure !== undefined) return;
    this.#pumping = this.#pump().finally(() => {
      this.#pumping = undefined;
      this.#bare.kernel.scheduler.onRunnable = () => this.#start();
      // Somebody became runnable, or wanted it, while it was ending.
      if (this.#bare.kernel.scheduler.length > 0) this.#start();
    });
  }

  async #pump(): Promise<void> {
    const { kernel } = this.#bare;
    // Whoever has just spawned gets to put its listeners on.
    await turnEventLoop();
    if (this.#paused || this.#ended !== undefined) return;
    const startMs = performance.now();
    try {
      const allowance = this.#steps;
      const reason = await this.#bare.pump(() => this.#isIdle(kernel), startMs + this.#timeLeftMs, allowance);
      this.#timeLeftMs -= performance.now() - startMs;
      if (reason === 'paused') this.#paused = true;
      if (reason === 'deadlock') this.#emitter.emit('asleep', { waits: this.#bare.waits() });
      else if (reason !== undefined && reason !== 'paused') this.#ended ??= reason;
      if (this.#ended !== undefined) await this.#powerOff();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Also the place where time is noticed to have passed. */
  #isIdle(kernel: Kernel): boolean {
    if (this.#emitter.has('stats')) {
      const now = performance.now();
      if (now >= this.#statsAt) {
        this.#statsAt = now + STATS_MS;
        this.#emitter.emit('stats', this.stats());
      }
    }
    return kernel.processes.size === 0;
  }

  async #powerOff(): Promise<void> {
    if (this.#isOff) return;
    this.#isOff = true;
    await this.#bare.powerOff();
  }

  /** A mistake of ours, or of a listener's or device's: nothing can be said of the machine any more. */
  #fail(error: unknown): void {
    this.#failure ??= error;
    for (const process of this.#processes.values()) process.fail(error);
    this.#processes.clear();
  }
}
