/** Watches a machine run: notes faults, calls and signals, and stops it where it is to be stopped. */
import {
  COUNT_COW_FAULTS,
  COUNT_INSTRUCTIONS,
  COUNT_MAJOR_FAULTS,
  COUNT_MINOR_FAULTS,
  COUNT_ZERO_FAULTS,
  HART,
  HART_X,
} from '../../../assembly/shared/layout.js';
import { dataAddress } from '../../../host/debug/access.js';
import { type BareMachine, Strace, type SyscallObserver, type TracedCall } from '../../../host/index.js';
import type { EventKind, Goal, TimelineEvent } from '../protocol.js';

type Kernel = BareMachine['kernel'];
type Thread = Parameters<NonNullable<Kernel['hooks']['beforeRun']>>[0];
type SigInfo = Parameters<SyscallObserver['onSignal']>[1];

/** Later events of a run are counted, not kept. */
const EVENTS_MAX = 50_000;
const TEXT_MAX = 160;

/** Linear address of x0, in words. */
const FIRST = (HART + HART_X) >>> 2;

interface Entered {
  /** Instructions before its ecall. */
  readonly at: number;
  readonly call: TracedCall;
  readonly args: readonly number[];
}

/** What a watcher knows that its machine does not: for one that goes on from a snapshot. */
export interface WatcherState {
  readonly calls: readonly (readonly [name: string, count: number])[];
  readonly entered: readonly (readonly [tid: number, entered: Entered])[];
}

interface Executed {
  thread: Thread | undefined;
  pc: number;
  at: number;
}

export class Watcher implements SyscallObserver {
  goal: Goal = { kind: 'never' };
  /** The goal is reached: the machine stops now. */
  onGoal: () => void = () => undefined;
  /** Asked before instructions: at most how many may be next. */
  limit: (at: number) => number = () => Number.POSITIVE_INFINITY;
  /** During a replay nothing is noted: it is known already. */
  replays = false;
  dropped = 0;
  #waiting: TimelineEvent[] = [];
  readonly #kernel: Kernel;
  readonly #strace: Strace;
  readonly #calls: Map<string, number>;
  /** When it has executed so many instructions the machine stops, and `onShot` is called. */
  shotAt = Number.POSITIVE_INFINITY;
  onShot: () => void = () => undefined;
  /** Threads in a call. */
  readonly #entered = new Map<Thread, Entered>();
  readonly #registers = new Uint32Array(64);
  /** Faults that are accounted for. */
  #minor = 0;
  #major = 0;
  #cow = 0;
  #zero = 0;
  /** The instruction that was let run last, if nothing has happened since. */
  readonly #last: Executed = { thread: undefined, pc: 0, at: 0 };
  #ran = false;
  #number = 0;
  #pid = 0;

  /** `each`: looks before every instruction. */
  constructor(
    private readonly bare: BareMachine,
    private readonly each: boolean,
    state?: WatcherState,
  ) {
    this.#kernel = bare.kernel;
    this.#strace = new Strace((line) => this.#line(line));
    this.#countFaults();
    this.#calls = new Map(state?.calls);
    for (const [tid, entered] of state?.entered ?? []) {
      const t = this.#kernel.threads.get(tid);
      if (t === undefined) continue;
      this.#entered.set(t, entered);
      this.#strace.onSyscallEnter(t, entered.call, entered.args);
    }
    this.#kernel.observer = this;
    this.#kernel.hooks.beforeRun = (t) => this.#beforeRun(t);
  }

  get state(): WatcherState {
    return { calls: [...this.#calls], entered: [...this.#entered].map(([t, entered]) => [t.tid, entered] as const) };
  }

  #countFaults(): void {
    const { core } = this.bare;
    this.#minor = core.counter(COUNT_MINOR_FAULTS);
    this.#major = core.counter(COUNT_MAJOR_FAULTS);
    this.#cow = core.counter(COUNT_COW_FAULTS);
    this.#zero = core.counter(COUNT_ZERO_FAULTS);
  }

  get at(): number {
    return this.bare.core.counter(COUNT_INSTRUCTIONS);
  }

  take(): TimelineEvent[] {
    const events = this.#waiting;
    this.#waiting = [];
    return events;
  }

  note(pid: number, kind: EventKind, text: string, at = this.at, address?: number): void {
    if (this.replays) return;
    const number = this.#number++;
    if (number >= EVENTS_MAX) {
      this.dropped++;
      return;
    }
    const short = text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text;
    this.#waiting.push({ number, at, pid, kind, text: short, address });
  }

  #reach(): number {
    this.goal = { kind: 'never' };
    this.replays = false;
    this.bare.pause();
    this.onGoal();
    return 0;
  }

  #shoot(): number {
    this.shotAt = Number.POSITIVE_INFINITY;
    this.bare.pause();
    this.onShot();
    return 0;
  }

  #beforeRun(t: Thread): number {
    const at = this.at;
    const limit = this.limit(at);
    if (limit <= 0) return this.#reach();
    if (at >= this.shotAt) return this.#shoot();
    const most = Math.min(limit, this.shotAt - at);
    const hadFault = this.#faults(t);
    const { goal } = this;
    if (hadFault && goal.kind === 'fault') return this.#reach();
    if (goal.kind === 'position' && at >= goal.at) return this.#reach();
    if (goal.kind === 'steps') {
      if (goal.count === 0) return this.#reach();
      this.goal = { kind: 'steps', count: goal.count - 1 };
    }
    const steps = this.each && !this.replays;
    if (!steps && goal.kind !== 'steps' && goal.kind !== 'fault') {
      return Math.min(most, goal.kind === 'position' ? goal.at - at : Number.POSITIVE_INFINITY);
    }
    const { core } = this.bare;
    const words = core.u32;
    for (let i = 0; i < 64; i++) this.#registers[i] = words[FIRST + i];
    const last = this.#last;
    last.thread = t;
    last.pc = core.pc;
    last.at = at;
    this.#ran = true;
    return 1;
  }

  /** Counters that have moved, as an event. */
  #faults(t: Thread): boolean {
    const { core } = this.bare;
    const minor = core.counter(COUNT_MINOR_FAULTS);
    const major = core.counter(COUNT_MAJOR_FAULTS);
    const last = this.#ran ? this.#last : undefined;
    this.#ran = false;
    if (minor === this.#minor && major === this.#major) return false;
    const cow = core.counter(COUNT_COW_FAULTS);
    const zero = core.counter(COUNT_ZERO_FAULTS);
    const kind = major > this.#major ? 'major' : cow > this.#cow ? 'cow' : zero > this.#zero ? 'zero' : 'minor';
    const several = minor + major - this.#minor - this.#major;
    [this.#minor, this.#major, this.#cow, this.#zero] = [minor, major, cow, zero];
    const address = last === undefined ? undefined : this.#touched(last);
    const { pid } = (last?.thread ?? t).process;
    if (last === undefined || address === undefined) {
      const many = several === 1 ? 'a fault' : `${several} faults`;
      this.note(this.#pid || pid, kind, `${many} while the kernel worked for the program: ${FAULT_TEXTS[kind]}`, last?.at ?? this.at);
    } else {
      this.note(pid, kind, `${FAULT_TEXTS[kind]} at 0x${address.toString(16)}, pc 0x${last.pc.toString(16)}`, last.at, address);
    }
    return true;
  }

  /** What the last instruction touched; the instruction itself where its own page was missing. */
  #touched({ thread, pc }: Executed): number | undefined {
    const process = thread?.process;
    if (process === undefined || process.state !== 'running') return undefined;
    const { user } = process.space;
    const half = (at: number): number => {
      const bytes = user.read(at, 2);
      return bytes[0] | (bytes[1] << 8);
    };
    const low = half(pc);
    const word = (low & 3) === 3 ? low + half(pc + 2) * 65536 : low;
    const data = dataAddress(word, (n) => this.#registers[2 * n] + this.#registers[2 * n + 1] * 2 ** 32);
    return data ?? pc;
  }

  #line(line: string): void {
    const kind = line.startsWith('---') ? 'signal' : line.startsWith('+++') ? 'process' : 'call';
    this.note(this.#pid, kind, line.replace(/^\[pid +\d+\] /, '').replace(/ {2,}= /, ' = '), this.#lineAt);
  }

  /** Where the event of a line began. */
  #lineAt: number | undefined = undefined;

  #observe(t: Thread, action: () => void): void {
    this.#faults(t);
    this.#pid = t.process.pid;
    this.#lineAt = this.#entered.get(t)?.at;
    action();
    this.#lineAt = undefined;
    // What showing its arguments has touched is not the program's.
    const { core } = this.bare;
    this.#minor = core.counter(COUNT_MINOR_FAULTS);
    this.#major = core.counter(COUNT_MAJOR_FAULTS);
  }

  onSyscallEnter(t: Thread, call: TracedCall, args: readonly number[]): void {
    this.#entered.set(t, { at: this.at - 1, call, args });
    this.#observe(t, () => this.#strace.onSyscallEnter(t, call, args));
  }

  onSyscallExit(t: Thread, call: TracedCall, args: readonly number[], result: number): void {
    this.#observe(t, () => this.#strace.onSyscallExit(t, call, args, result));
    this.#entered.delete(t);
    const count = (this.#calls.get(call.name) ?? 0) + 1;
    this.#calls.set(call.name, count);
    const { goal } = this;
    if (goal.kind === 'call' || (goal.kind === 'calls' && goal.name === call.name && count >= goal.count)) this.#reach();
  }

  onSignal(t: Thread, info: SigInfo): void {
    this.#observe(t, () => this.#strace.onSignal(t, info));
  }

  onThreadExit(t: Thread): void {
    this.#observe(t, () => this.#strace.onThreadExit(t));
    this.#entered.delete(t);
    if (this.goal.kind === 'call') this.#reach();
  }

  onProcessExit(process: Parameters<SyscallObserver['onProcessExit']>[0]): void {
    this.#pid = process.pid;
    this.#strace.onProcessExit(process);
  }
}

const FAULT_TEXTS: Readonly<Record<'zero' | 'minor' | 'major' | 'cow', string>> = {
  zero: 'minor fault, a zeroed frame',
  minor: 'minor fault',
  major: 'major fault, the page is read in',
  cow: 'copy-on-write fault, the page is copied',
};
