import { EIO } from '../assembly/shared/errno.js';
import { Core } from './core/core.js';
import { allocate, linearBytes, MEMORY_DEFAULT, windowBytes } from './core/memory.js';
import { Jit } from './jit/jit.js';
import type { Clock } from './kernel/clock.js';
import { createProcess } from './kernel/clone.js';
import { makeCred } from './kernel/credentials.js';
import { killEverything } from './kernel/exit.js';
import { FaultLog, type LoggedFault } from './kernel/faultlog.js';
import { Kernel } from './kernel/kernel.js';
import { RLIMIT_STACK } from './kernel/limits.js';
import type { Process } from './kernel/process.js';
import { sendToGroup } from './kernel/signal.js';
import { Thread } from './kernel/thread.js';
import { VdsoClock } from './kernel/vdsoclock.js';
import { Suspend, SysError } from './linux/error.js';
import * as S from './linux/signal.js';
import { encodeText } from './linux/text.js';
import { enterFirst } from './loader/exec.js';
import { loadProgram } from './loader/program.js';
import { fillRandom, turnEventLoop } from './machine-host.js';
import type { EndReason, MachineOptions, RunProgress, RunResult, SpawnOptions } from './machine-options.js';
import { describeFatal, describeWaits, type FatalReport, WaitError } from './machine-report.js';
import { Turns } from './machine-turn.js';
import { Dispatcher } from './syscalls/dispatch.js';
import { syscallTable } from './syscalls/table.js';
import { PathContext } from './vfs/context.js';
import { VfsEnvironment } from './vfs/environment.js';
import { FdTable } from './vfs/fdtable.js';
import { Framebuffer } from './vfs/framebuffer.js';
import { Namespace } from './vfs/namespace.js';
import { MemorySwap } from './vfs/swap.js';
import type { FileSystem } from './vfs/types.js';
import { resolve } from './vfs/walk.js';

export type { EndReason, MachineOptions, RunResult, SpawnOptions } from './machine-options.js';

const PAGE = 4096;
/** The host's events get their turn this often: a page keeps its frame rate. */
const YIELD_MS = 8;
const TIMER_MS_MAX = 2 ** 31 - 1;
const MEDIUM_TIMEOUT_MS = 30_000;
/** So long may all be asleep, with nothing but a signal from outside to wake them, before the embedder is told. */
const ASLEEP_MS = 1000;

/** What a machine is made of before it has a root. */
interface MachineParts {
  readonly core: Core;
  readonly env: VfsEnvironment;
  readonly windowPages: number;
  readonly clock: Clock;
  readonly moment: { inTurn: boolean };
}

/** A riscv64 Linux machine: core, kernel, file systems, and THE run loop. */
export class Machine {
  /** After a run: data of the guest's that a medium did not take (the host's disk is full, say). */
  writeBackError: SysError | undefined = undefined;
  /** What programs draw in /dev/fb0. */
  readonly framebuffer: Framebuffer | undefined;
  readonly devices: NonNullable<MachineOptions['devices']>;
  readonly kernel: Kernel;
  readonly namespace: Namespace;
  readonly calls: Dispatcher;
  readonly #reports = new WeakMap<Process, FatalReport>();
  readonly #starved = new WeakSet<Process>();
  readonly #yield: () => Promise<void>;
  readonly #turns: Turns;
  #main: Process | undefined = undefined;
  #toldAsleep = false;
  #advancedAt = 0;
  #stopped = false;
  /** While the machine waits for a medium at its end. */
  #giveUp: (() => void) | undefined;

  private constructor(
    readonly core: Core,
    readonly env: VfsEnvironment,
    private readonly options: MachineOptions,
    readonly jit: Jit | undefined,
    windowPages: number,
    clock: Clock,
    root: FileSystem,
    private readonly moment: { inTurn: boolean },
  ) {
    const { hostname, maxProcesses: threadsMax, maxFiles: filesMax, aslr: randomize } = options;
    this.kernel = new Kernel({ env, clock, windowPages, hostname, threadsMax, filesMax, randomize });
    this.namespace = new Namespace(env, root);
    this.calls = new Dispatcher(core, syscallTable);
    this.#yield = options.yieldToHost ?? turnEventLoop;
    this.framebuffer = options.framebuffer === undefined ? undefined : new Framebuffer(options.framebuffer);
    this.devices = { ...(this.framebuffer === undefined ? {} : { '/dev/fb0': this.framebuffer }), ...options.devices };
    this.#turns = new Turns(this.kernel, this.calls, options.fuel ?? Number.POSITIVE_INFINITY);
    this.kernel.hooks.onFatalSignal = (t, info) => this.#reports.set(t.process, describeFatal(t, info));
    this.kernel.hooks.onOutOfMemory = (process) => this.#starved.add(process);
  }

  static async create(options: MachineOptions): Promise<Machine> {
    const parts = Machine.#prepare(
      options,
      options.core ?? (await Core.create(options.module, allocate(linearBytes(options.memoryBytes)))),
    );
    return Machine.#assemble(options, parts, await options.root(parts.env));
  }

  /** The same at once. */
  static createSync(options: Omit<MachineOptions, 'root'> & { readonly root: (env: VfsEnvironment) => FileSystem }): Machine {
    const parts = Machine.#prepare(options, options.core ?? Core.createSync(options.module, allocate(linearBytes(options.memoryBytes))));
    return Machine.#assemble(options, parts, options.root(parts.env));
  }

  static #prepare(options: MachineOptions, core: Core): MachineParts {
    const memoryBytes = options.memoryBytes ?? MEMORY_DEFAULT;
    const windowPages = Math.floor(windowBytes(memoryBytes) / PAGE);
    core.exports.coreInit(Math.floor(memoryBytes / PAGE), windowPages);
    const { clock: given } = options;
    const clock = given === undefined ? new VdsoClock(core) : typeof given === 'function' ? given(core) : given;
    const random = options.random ?? ((bytes: Uint8Array) => fillRandom(bytes));
    // Between turns the last reading may be of long ago.
    const moment = { inTurn: false };
    const env = new VfsEnvironment({ core, now: () => (moment.inTurn ? clock.coarse?.() : undefined) ?? clock.realtime(), random });
    if (options.swap !== undefined && !env.pages.swap.open(options.swap.sizeBytes, options.swap.medium ?? new MemorySwap())) {
      throw new RangeError(`a swap area of ${options.swap.sizeBytes} bytes is too large`);
    }
    return { core, env, windowPages, clock, moment };
  }

  static #assemble(options: MachineOptions, { core, env, windowPages, clock, moment }: MachineParts, root: FileSystem): Machine {
    const jit = options.jit === false ? undefined : new Jit(core, options.jit);
    return new Machine(core, env, options, jit, windowPages, clock, root, moment);
  }

  /** Makes a process ready to run. Throws SysError (with a sentence in `detail`) when there is no such program or it can't run. */
  spawn(options: SpawnOptions): Process {
    const { kernel } = this;
    const cred = makeCred(options.uid ?? 0, options.gid ?? 0, options.groups);
    const fs = PathContext.create(this.namespace, cred);
    if (options.cwd !== undefined) fs.cwd = resolve(fs, fs.root, options.cwd, { directory: true });
    const program = loadProgram(kernel, {
      ctx: fs,
      cred,
      location: resolve(fs, fs.cwd, options.path),
      path: options.path,
      argv: (options.argv ?? [options.path]).map(encodeText),
      envp: (options.env ?? []).map(encodeText),
      stackLimitBytes: kernel.defaultLimits[RLIMIT_STACK].current,
      randomize: kernel.randomize,
    });
    const files = new FdTable(kernel.files);
    for (const file of options.files ?? []) files.install(file);
    const t = createProcess(kernel, (process, tid, context) => new Thread(kernel, tid, process, context, cred, files, fs), program.space);
    enterFirst(t, program, options.path);
    kernel.scheduler.add(t);
    kernel.hooks.onProcessStart?.(t.process);
    return t.process;
  }

  /** A signal from the host, as from a terminal's keys: for the foreground process group. */
  signal(signo: number): void {
    const main = this.#main;
    const group = main?.terminal?.foreground || main?.pgid;
    if (group !== undefined) sendToGroup(this.kernel, group, { signo, code: S.SI_KERNEL });
  }

  /** Ends the run at once, whatever the guest does. When it has ended: nobody waits any longer for media to take what is dirty. */
  stop(): void {
    this.#stopped = true;
    this.#giveUp?.();
    this.kernel.scheduler.onRunnable?.();
  }

  /** Runs until `main` has ended; what it has left behind is killed. Dirty files are written back. */
  async run(main: Process): Promise<RunResult> {
    this.#main = main;
    const limit = this.options.timeoutMs;
    const cut = await this.pump(() => main.state !== 'running', limit === undefined ? Number.POSITIVE_INFINITY : performance.now() + limit);
    const waits = cut === 'deadlock' ? this.waits() : undefined;
    await this.powerOff();
    const reason = cut === 'paused' ? 'stopped' : cut;
    if (reason !== undefined) return { reason, exitCode: 128 + S.SIGKILL, report: undefined, ...(waits === undefined ? {} : { waits }) };
    return this.endOf(main);
  }

  /**
   * Runs all processes until `done`, and gives the host its turns. The result says why it ended before: 'deadlock' when nobody can run,
   * 'paused' when `allowance` instructions are over or `pause` was called.
   */
  async pump(
    done: () => boolean,
    timeoutAt = Number.POSITIVE_INFINITY,
    allowance = Number.POSITIVE_INFINITY,
  ): Promise<EndReason | 'paused' | undefined> {
    const course = this.#course(done, timeoutAt, allowance);
    for (let step = course.next(true); ; ) {
      if (step.done === true) return step.value;
      if (step.value === 'idle') step = course.next(await this.#idle(timeoutAt));
      else {
        await this.#yield();
        step = course.next(true);
      }
    }
  }

  /** The same without the host's turns. Throws WaitError when nobody can run before time has passed or the host has done something. */
  pumpSync(done: () => boolean, timeoutAt = Number.POSITIVE_INFINITY): EndReason | 'paused' | undefined {
    if (this.moment.inTurn) throw new Error('a turn of the machine is in progress');
    const course = this.#course(done, timeoutAt, Number.POSITIVE_INFINITY);
    for (let step = course.next(true); ; ) {
      if (step.done === true) return step.value;
      const isDead = step.value === 'idle' && !this.#mayWake;
      if (step.value === 'idle' && !isDead && !this.#advanceToDeadline()) throw new WaitError(this.waits());
      step = course.next(!isDead);
    }
  }

  /** THE run loop. It stops for the host: 'idle' when nobody can run (the answer is false if nobody ever can), 'turn' to let it breathe. */
  *#course(
    done: () => boolean,
    timeoutAt: number,
    allowance: number,
  ): Generator<'idle' | 'turn', EndReason | 'paused' | undefined, boolean> {
    const { kernel } = this;
    const turns = this.#turns;
    const { pace } = turns;
    turns.allowance = allowance;
    turns.yieldAt = pace.look() + YIELD_MS;
    if (this.#stopped) return 'stopped';
    this.#look();
    while (!done()) {
      const t = turns.paused?.thread ?? kernel.scheduler.next();
      let dead = false;
      if (t !== undefined) {
        this.moment.inTurn = true;
        turns.take(t);
        this.moment.inTurn = false;
      } else {
        dead = !(yield 'idle');
        this.#look();
      }
      if (t === undefined) pace.look();
      else pace.step();
      // A clock that is not the host's goes on between turns only, wherever the host interrupts them; one of the embedder's may go by its
      // readings: once for each turn.
      const own = this.options.clock !== undefined;
      if (own ? turns.paused === undefined : pace.now !== this.#advancedAt) {
        this.#advancedAt = pace.now;
        kernel.advance();
      }
      if (pace.now >= turns.yieldAt) {
        yield 'turn';
        this.#look();
        turns.yieldAt = pace.look() + YIELD_MS;
      }
      if (done()) break;
      if (turns.allowance <= 0) return 'paused';
      if (this.#stopped) return 'stopped';
      if (turns.fuel <= 0) return 'fuel';
      if (pace.now >= timeoutAt) return 'timeout';
      if (dead) return 'deadlock';
    }
    return undefined;
  }

  /** Time has passed that no turn took: what a clock remembers is old. One that goes by its readings is not asked. */
  #look(): void {
    if (this.kernel.clock.coarse !== undefined) this.kernel.now();
  }

  /** Page faults are told to `take` as they happen, at the latest after some hundred instructions. The result ends it. */
  watchFaults(take: (fault: LoggedFault) => void): () => void {
    const log = new FaultLog(this.core, take);
    this.#turns.faults = log;
    return () => {
      log.stop();
      if (this.#turns.faults === log) this.#turns.faults = undefined;
    };
  }

  /** Instructions, and every other reason for which the core came back: what a step counts. The same however a run is cut up. */
  get position(): number {
    return this.#turns.position;
  }

  /** How far the run has come: for snapshots. */
  get progress(): RunProgress {
    const { position, fuel, paused } = this.#turns;
    return { position, fuel, paused };
  }

  /** A machine that has run nothing goes on where another was. */
  set progress({ position, fuel, paused }: RunProgress) {
    Object.assign(this.#turns, { position, fuel, paused });
  }

  /** `pump` hands the machine back as soon as what is being done is done: for callbacks. */
  pause(): void {
    this.#turns.allowance = 0;
    this.kernel.scheduler.onRunnable?.();
  }

  /** Who waits for what: a line for each thread. */
  waits(): readonly string[] {
    return describeWaits(this.kernel, syscallTable);
  }

  /** Everything ends; dirty files are written back. */
  async powerOff(): Promise<void> {
    killEverything(this.kernel);
    this.#turns.dropFreed();
    await this.#writeBack();
  }

  /** The same at once. Throws WaitError when a file system takes its time. */
  powerOffSync(): void {
    killEverything(this.kernel);
    this.#turns.dropFreed();
    try {
      const failure = this.namespace.writeBack();
      this.writeBackError = this.env.pages.lost ?? failure;
    } catch (error) {
      throw error instanceof Suspend ? new WaitError(['a file system has not taken what was written yet']) : error;
    }
  }

  /** What a process did that a signal kills or has killed. */
  reportOf(process: Process): FatalReport | undefined {
    return this.#reports.get(process);
  }

  /** How a process that has ended did so. */
  endOf(process: Process): RunResult {
    const { status } = process;
    const signal = status & 0x7f;
    if (signal === 0) return { reason: 'exit', exitCode: (status >> 8) & 0xff, report: undefined };
    const reason = this.#starved.has(process) ? 'memory' : 'signal';
    return { reason, exitCode: 128 + signal, report: this.reportOf(process) };
  }

  /** As far as the media answer. */
  async #writeBack(): Promise<void> {
    const { mediumTimeoutMs = MEDIUM_TIMEOUT_MS } = this.options;
    for (;;) {
      try {
        const failure = this.namespace.writeBack();
        this.writeBackError = this.env.pages.lost ?? failure;
        return;
      } catch (error) {
        if (!(error instanceof Suspend)) throw error;
        if (await this.#answers(error.promise, mediumTimeoutMs)) continue;
        this.writeBackError = new SysError(EIO, 'a file system does not answer');
        return;
      }
    }
  }

  /** False: not in time, or `stop` was called meanwhile. */
  #answers(answer: Promise<unknown>, ms: number): Promise<boolean> {
    return new Promise((tell) => {
      const end = (answered: boolean): void => {
        clearTimeout(timer);
        this.#giveUp = undefined;
        tell(answered);
      };
      const timer = setTimeout(() => end(false), Math.min(ms, TIMER_MS_MAX));
      this.#giveUp = (): void => end(false);
      answer.then(
        () => end(true),
        () => end(true),
      );
    });
  }

  /** Can anything at all make somebody run who sleeps? */
  get #mayWake(): boolean {
    const { kernel } = this;
    return kernel.timers.next() !== Number.POSITIVE_INFINITY || kernel.waitsForHost || this.options.mayWake?.() === true;
  }

  /** A clock of the machine's own jumps to what all wait for. False: it is the host's, or the host is waited for. */
  #advanceToDeadline(): boolean {
    const { kernel } = this;
    const deadline = Math.min(kernel.timers.next(), this.env.flusher.due);
    if (kernel.clock.advanceTo === undefined || kernel.hostWaits > 0 || deadline === Number.POSITIVE_INFINITY) return false;
    kernel.clock.advanceTo(deadline);
    return true;
  }

  /** Nobody can run: waits for a deadline or the host. False: neither can come. */
  async #idle(timeoutAt: number): Promise<boolean> {
    const { kernel } = this;
    if (!this.#mayWake) return false;
    if (this.#advanceToDeadline()) return true;
    const deadline = Math.min(kernel.timers.next(), this.env.flusher.due);
    const left = Math.min((deadline - kernel.now()) / 1e6, timeoutAt - performance.now());
    if (left < 1) {
      await this.#yield();
      return true;
    }
    const tells = !this.#toldAsleep && this.options.onAsleep !== undefined && deadline === Number.POSITIVE_INFINITY && !kernel.waitsForHost;
    const woken = await this.#sleep(Math.min(left, tells ? ASLEEP_MS : TIMER_MS_MAX));
    if (tells && !woken && left > ASLEEP_MS) {
      this.#toldAsleep = true;
      this.options.onAsleep?.(describeWaits(kernel, syscallTable));
    }
    return true;
  }

  /** Until a thread can run (true) or the time is over. */
  async #sleep(ms: number): Promise<boolean> {
    const { scheduler } = this.kernel;
    const woken = await new Promise<boolean>((wake) => {
      const timer = setTimeout(() => wake(false), ms);
      scheduler.onRunnable = (): void => {
        clearTimeout(timer);
        wake(true);
      };
    });
    scheduler.onRunnable = undefined;
    return woken;
  }
}
