/** One machine from start to end, its history, and what the page sees of it. */
import { COUNT_COW_FAULTS, COUNT_INSTRUCTIONS, COUNT_MAJOR_FAULTS, COUNT_MINOR_FAULTS } from '../../../assembly/shared/layout.js';
import { type GuestProcess, Machine, overlay, SystemError, tar } from '../../../host/index.js';
import type { FromWorker, Goal, Launch, Phase, View, Wanted } from '../protocol.js';
import { ExactClock, seededBytes } from './clock.js';
import { type EndText, endText } from './endings.js';
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
}

export class Session {
  phase: Phase = 'starting';
  #running: Running | undefined = undefined;
  #keep: Keep | undefined;
  #inputs: Input[] = [];
  /** How many of them a replay has given so far. */
  #given = 0;
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
  }

  async start(): Promise<void> {
    await this.#boot(this.launch.paused ? { kind: 'position', at: 0 } : { kind: 'never' });
    if (this.#running !== undefined && this.phase === 'starting') this.#enter(this.launch.paused ? 'paused' : 'running', '');
  }

  async #boot(goal: Goal, replays = false): Promise<void> {
    const { launch } = this;
    let machine: Machine | undefined;
    const clock = new ExactClock(() => machine?.bare.core.counter(COUNT_INSTRUCTIONS) ?? 0);
    const exact = launch.time === 'exact';
    machine = await Machine.create({
      module: this.module,
      memory: launch.memory,
      root: launch.root === undefined ? undefined : overlay(tar(launch.root)),
      files: Object.fromEntries(launch.files),
      env: { TERM: 'xterm-256color' },
      framebuffer: launch.screen,
      clock: exact ? clock : undefined,
      random: exact ? seededBytes(launch.seed) : undefined,
      jit: launch.watch ? false : undefined,
    });
    if (launch.keep) await this.#mountKeep(machine);
    const watcher = new Watcher(machine.bare, launch.watch);
    const observatory = new Observatory(machine, watcher);
    watcher.goal = goal;
    watcher.replays = replays;
    if (replays) watcher.limit = (now) => this.#feed(now);
    watcher.onGoal = () => this.#reached();
    machine.on('crash', (report) => this.send({ type: 'output', bytes: note(observatory.crashText(report)) }));
    const main = await machine.spawn(launch.path, launch.args, {
      cwd: launch.cwd,
      tty: launch.terminal,
      stdin: 'pipe',
      stdout: (bytes) => this.send({ type: 'output', bytes }),
    });
    observatory.main = main.pid;
    this.#running = { machine, watcher, observatory, main };
    this.#told = launch.terminal;
    if (!replays) this.#tellSize();
    const running = this.#running;
    main.exited.then(
      (status) => {
        if (this.#running === running) this.#ended(endText(status));
      },
      (error: unknown) => {
        if (this.#running === running) this.#ended({ text: `the machine has failed: ${String(error)}`, isError: true });
      },
    );
  }

  async #mountKeep(machine: Machine): Promise<void> {
    const keep = await Keep.mount(machine);
    if (keep instanceof Keep) this.#keep = keep;
    else this.send({ type: 'output', bytes: note(`/keep is not there: ${keep}`, false) });
  }

  #reached(): void {
    if (this.phase === 'replaying') {
      clearInterval(this.#timer);
      if (this.#running !== undefined) this.#running.watcher.limit = () => Number.POSITIVE_INFINITY;
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
    const running = this.#running;
    if (running === undefined || this.phase === 'ended' || this.phase === 'replaying') return;
    this.#take({ at: running.watcher.at, bytes });
  }

  resize(size: Launch['terminal']): void {
    this.#size = size;
    if (this.phase !== 'ended' && this.phase !== 'replaying') this.#tellSize();
  }

  #tellSize(): void {
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

  /** Runs it all again up to there, with the same keys and sizes of the terminal at the same moments. What came later did not happen. */
  async rewind(at: number): Promise<void> {
    if (this.launch.time !== 'exact' || this.#running === undefined || this.phase === 'replaying') return;
    const before = this.#running;
    this.#enter('replaying', '');
    this.#running = undefined;
    await before.machine.close();
    this.#inputs = this.#inputs.filter((input) => input.at <= at);
    this.#given = 0;
    this.send({ type: 'reset', replayTo: Math.max(0, at) });
    await this.#boot({ kind: 'position', at: Math.max(0, at) }, true);
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
