/** One machine from start to end, its history, and what the page sees of it. */
import { COUNT_COW_FAULTS, COUNT_INSTRUCTIONS, COUNT_MAJOR_FAULTS, COUNT_MINOR_FAULTS } from '../../../assembly/shared/layout.js';
import { type FileSystemSource, type GuestProcess, Machine, overlay, SnapshotError, SystemError, tar } from '../../../host/index.js';
import type { FromWorker, Goal, Launch, Phase, View, Wanted } from '../protocol.js';
import { ExactClock, SeededBytes } from './clock.js';
import { type EndText, endText } from './endings.js';
import { History, type Shot } from './history.js';
import { Keep } from './keep.js';
import { Observatory } from './observatory.js';
import { Watcher } from './watcher.js';

/** What came from outside at an instruction: keys, or another size of the terminal. */
type Input = { readonly at: number } & ({ readonly bytes: Uint8Array } | { readonly size: Launch['terminal'] });

export type Send = (message: FromWorker, transfer?: Transferable[]) => void;

/** Of a machine that runs; another takes its place at a replay. */
interface Running {
  readonly machine: Machine;
  readonly watcher: Watcher;
  readonly observatory: Observatory;
  readonly main: GuestProcess;
  readonly own: OwnTime;
}

interface OwnTime {
  readonly clock: ExactClock;
  readonly bytes: SeededBytes;
  readonly options: { readonly clock?: ExactClock; readonly random?: (bytes: Uint8Array) => void };
  /** Whose instructions are counted. */
  read(machine: Machine): void;
}

export class Session {
  phase: Phase = 'starting';
  #running: Running | undefined = undefined;
  #keep: Keep | undefined;
  #inputs: Input[] = [];
  /** How many of them a replay has given so far. */
  #given = 0;
  readonly #history = new History();
  /** While a snapshot is made: what came from outside. */
  #held: (() => void)[] | undefined;
  /** When the machine began to run after the last one. */
  #ranSince = 0;
  #timer: ReturnType<typeof setInterval> | undefined = undefined;
  /** Of the page's terminal. */
  #size;
  /** Of the machine's: after a step back, what it was then until the machine goes on. */
  #told;

  constructor(
    private readonly module: WebAssembly.Module,
    private readonly launch: Launch,
    private readonly send: Send,
  ) {
    this.#size = launch.terminal;
    this.#told = launch.terminal;
    // The memory of a device is no part of a snapshot.
    this.#history.isOff = launch.time !== 'exact' || launch.screen !== undefined;
  }

  async start(): Promise<void> {
    await this.#boot(this.launch.paused ? { kind: 'position', at: 0 } : { kind: 'never' });
    if (this.#running !== undefined && this.phase === 'starting') this.#enter(this.launch.paused ? 'paused' : 'running', '');
  }

  async #boot(goal: Goal, replays = false): Promise<void> {
    const { launch } = this;
    const own = this.#ownTime();
    const machine = await Machine.create({
      module: this.module,
      memory: launch.memory,
      root: this.#root,
      files: Object.fromEntries(launch.files),
      env: { TERM: 'xterm-256color' },
      framebuffer: launch.screen,
      ...own.options,
      jit: launch.watch ? false : undefined,
    });
    own.read(machine);
    if (launch.keep) await this.#mountKeep(machine);
    const watcher = new Watcher(machine.bare, launch.watch);
    const observatory = new Observatory(machine, watcher);
    this.#direct(watcher, goal, replays);
    const main = await machine.spawn(launch.path, launch.args, {
      cwd: launch.cwd,
      tty: launch.terminal,
      stdin: 'pipe',
      stdout: (bytes) => this.#write(bytes),
    });
    this.#told = launch.terminal;
    this.#adopt({ machine, watcher, observatory, main, own });
    if (!replays) this.#tellSize();
  }

  get #root(): FileSystemSource | undefined {
    return this.launch.root === undefined ? undefined : overlay(tar(this.launch.root));
  }

  /** Time and random numbers that are the same in every run. */
  #ownTime(): OwnTime {
    let machine: Machine | undefined;
    const clock = new ExactClock(() => machine?.bare.core.counter(COUNT_INSTRUCTIONS) ?? 0);
    const bytes = new SeededBytes(this.launch.seed);
    const read = (one: Machine): void => {
      machine = one;
    };
    return { clock, bytes, read, options: this.launch.time === 'exact' ? { clock, random: bytes.fill } : {} };
  }

  /** The machine goes on from a snapshot, replaying what came from outside since. */
  async #revive(shot: Shot, goal: Goal): Promise<void> {
    const own = this.#ownTime();
    const machine = await Machine.restore(shot.machine, {
      module: this.module,
      root: this.#root,
      ...own.options,
      jit: this.launch.watch ? false : undefined,
      paused: true,
      stdio: () => ({ stdout: (bytes) => this.#write(bytes) }),
    });
    own.read(machine);
    // Making it has asked for some.
    own.bytes.state = shot.random;
    own.clock.resumeAt(shot.time);
    const watcher = new Watcher(machine.bare, this.launch.watch, shot.watcher);
    const observatory = new Observatory(machine, watcher, shot.ended);
    this.#direct(watcher, goal, true);
    const main = machine.process(shot.main);
    if (main === undefined) throw new Error('the snapshot has no main process');
    this.#told = shot.size;
    this.#given = shot.given;
    this.#adopt({ machine, watcher, observatory, main, own });
    machine.resume();
  }

  #direct(watcher: Watcher, goal: Goal, replays: boolean): void {
    watcher.goal = goal;
    watcher.replays = replays;
    if (replays) watcher.limit = (now) => this.#feed(now);
    watcher.onGoal = () => this.#reached();
  }

  #adopt(running: Running): void {
    const { machine, observatory, main, watcher } = running;
    machine.on('crash', (report) => this.send({ type: 'output', bytes: note(observatory.crashText(report)) }));
    observatory.main = main.pid;
    this.#running = running;
    watcher.onShot = () => void this.#shoot(running);
    this.#ranSince = performance.now();
    if (!watcher.replays) watcher.shotAt = this.#history.dueAt;
    main.exited.then(
      (status) => {
        if (this.#running === running) this.#ended(endText(status));
      },
      (error: unknown) => {
        if (this.#running === running) this.#ended({ text: `the machine has failed: ${String(error)}`, isError: true });
      },
    );
  }

  #write(bytes: Uint8Array): void {
    this.#history.wrote(bytes);
    this.send({ type: 'output', bytes });
  }

  /** The machine has stopped for a snapshot. What comes from outside meanwhile comes afterwards. */
  async #shoot(running: Running): Promise<void> {
    const { machine, watcher, observatory, main, own } = running;
    const history = this.#history;
    const started = performance.now();
    const ranMs = started - this.#ranSince;
    this.#held = [];
    try {
      await machine.pause();
      if (this.#running !== running || main.status !== undefined) return;
      const { at } = watcher;
      const [time, random] = [own.clock.monotonicNs(), own.bytes.state];
      const more = { main: main.pid, watcher: watcher.state, ended: observatory.ended, size: this.#told };
      const counts = { given: this.#inputs.length, pieces: history.pieces };
      const before = history.before(at)?.at ?? 0;
      const bytes = await machine.snapshot({ packed: false });
      if (this.#running !== running) return;
      history.add({ at, machine: bytes, time, random, ...more, ...counts }, performance.now() - started, ranMs, at - before);
    } catch (error) {
      // What can't be saved is replayed from the start, as before.
      if (this.#running !== running) return;
      if (!(error instanceof SnapshotError)) throw error;
      history.isOff = true;
    } finally {
      const held = this.#held ?? [];
      this.#held = undefined;
      if (this.#running === running) {
        for (const act of held) act();
        watcher.shotAt = history.dueAt;
        this.#ranSince = performance.now();
        if (this.phase === 'running') machine.resume();
      }
    }
  }

  async #mountKeep(machine: Machine): Promise<void> {
    const keep = await Keep.mount(machine);
    if (keep instanceof Keep) this.#keep = keep;
    else this.send({ type: 'output', bytes: note(`/keep is not there: ${keep}`, false) });
  }

  #reached(): void {
    if (this.phase === 'replaying') {
      clearInterval(this.#timer);
      if (this.#running !== undefined) {
        this.#running.watcher.limit = () => Number.POSITIVE_INFINITY;
        this.#running.watcher.shotAt = this.#history.dueAt;
        this.#ranSince = performance.now();
      }
    }
    this.#enter('paused', '');
  }

  #ended({ text, isError }: EndText): void {
    clearInterval(this.#timer);
    this.#enter('ended', text);
    this.send({ type: 'output', bytes: note(text, isError) });
  }

  #enter(phase: Phase, text: string): void {
    this.phase = phase;
    this.send({ type: 'phase', phase, text });
  }

  keys(bytes: Uint8Array): void {
    if (this.#held !== undefined) {
      this.#held.push(() => this.keys(bytes));
      return;
    }
    const running = this.#running;
    if (running === undefined || this.phase === 'ended' || this.phase === 'replaying') return;
    this.#take({ at: running.watcher.at, bytes });
  }

  resize(size: Launch['terminal']): void {
    this.#size = size;
    if (this.phase !== 'ended' && this.phase !== 'replaying') this.#tellSize();
  }

  #tellSize(): void {
    if (this.#held !== undefined) {
      this.#held.push(() => this.#tellSize());
      return;
    }
    const { columns, rows } = this.#size;
    const running = this.#running;
    if (running !== undefined && (columns !== this.#told.columns || rows !== this.#told.rows)) {
      this.#take({ at: running.watcher.at, size: this.#size });
    }
  }

  /** Gives it to the machine, and remembers it for replays. */
  #take(input: Input): void {
    if (this.launch.time === 'exact') this.#inputs.push(input);
    this.#give(input);
  }

  #give(input: Input): void {
    const main = this.#running?.main;
    if ('bytes' in input) main?.terminal?.screen.input.push(input.bytes.slice());
    else {
      this.#told = input.size;
      main?.resize(input.size);
    }
  }

  go(goal: Goal): void {
    const running = this.#running;
    if (running === undefined || (this.phase !== 'paused' && this.phase !== 'running')) return;
    this.#tellSize();
    running.watcher.goal = goal;
    this.#enter('running', '');
    running.machine.resume();
  }

  async pause(): Promise<void> {
    if (this.phase !== 'running') return;
    await this.#running?.machine.pause();
    if (this.phase === 'running') this.#enter('paused', '');
  }

  /**
   * Runs it again up to there, from the last snapshot before or from the start, with the same keys and sizes of the terminal at the same
   * moments. What came later did not happen.
   */
  async rewind(to: number): Promise<void> {
    if (this.launch.time !== 'exact' || this.#running === undefined || this.phase === 'replaying') return;
    const at = Math.max(0, to);
    const before = this.#running;
    const shot = this.#history.before(at);
    this.#enter('replaying', '');
    this.#running = undefined;
    await before.machine.close();
    this.#inputs = this.#inputs.filter((input) => input.at <= at);
    this.#given = 0;
    const output = shot === undefined ? [] : this.#history.outputOf(shot);
    this.#history.forgetAfter(at, shot);
    this.send({ type: 'reset', replayTo: at, from: shot?.at ?? 0 });
    for (const bytes of output) this.send({ type: 'output', bytes });
    const goal: Goal = { kind: 'position', at };
    if (shot === undefined) await this.#boot(goal, true);
    else await this.#revive(shot, goal);
    const running = this.#running as Running | undefined;
    if (running === undefined) return;
    // A machine in which all sleep asks for nothing: its next key is due now, or this is the place.
    this.#timer = setInterval(() => {
      if (this.#feed(running.watcher.at) === Number.POSITIVE_INFINITY && running.watcher.at >= at) void this.#arrive(running);
    }, 2);
  }

  async #arrive(running: Running): Promise<void> {
    if (this.phase !== 'replaying' || running.machine.bare.kernel.scheduler.length > 0) return;
    await running.machine.pause();
    if (this.phase !== 'replaying') return;
    running.watcher.replays = false;
    running.watcher.goal = { kind: 'never' };
    this.#reached();
  }

  /** Gives what is due; instructions until the next key. */
  #feed(now: number): number {
    const input = this.#inputs[this.#given];
    if (input === undefined) return Number.POSITIVE_INFINITY;
    if (input.at > now) return input.at - now;
    this.#given++;
    this.#give(input);
    return this.#feed(now);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    const running = this.#running;
    this.#running = undefined;
    this.phase = 'none';
    await running?.machine.close();
    await this.#keep?.release();
    this.#keep = undefined;
  }

  look(wanted: Wanted): View | undefined {
    const running = this.#running;
    if (running === undefined) return undefined;
    const { core } = running.machine.bare;
    const faults = {
      minor: core.counter(COUNT_MINOR_FAULTS),
      major: core.counter(COUNT_MAJOR_FAULTS),
      cow: core.counter(COUNT_COW_FAULTS),
    };
    return running.observatory.view(wanted, { phase: this.phase, canRewind: this.launch.time === 'exact', faults });
  }
}

/** A line of the page's own in the terminal. */
function note(text: string, isError = true): Uint8Array {
  return new TextEncoder().encode(`\r\n\x1b[${isError ? 31 : 90}m[${text.replaceAll('\n', '\r\n ')}]\x1b[0m\r\n`);
}

/** What went wrong, for somebody who does not know the machine. */
export function sentenceOf(error: unknown): string {
  if (error instanceof SystemError && error.code === 'ENOEXEC') return `This is no riscv64 Linux program: ${error.message}`;
  if (error instanceof SystemError && error.code === 'ENOMEM') return `The machine's memory is too small for it: ${error.message}`;
  if (error instanceof RangeError && /memory/i.test(error.message)) return `The browser has not enough memory: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}
