/** What happens in a machine, for whoever wants to know: nothing is watched that nobody listens to. */
import type { LoggedFault } from '../kernel/faultlog.js';
import type { Kernel } from '../kernel/kernel.js';
import type { SyscallObserver, TracedCall } from '../kernel/observer.js';
import type { SigInfo } from '../kernel/pending.js';
import type { Process } from '../kernel/process.js';
import type { Thread } from '../kernel/thread.js';
import { errnoName } from '../linux/errno.js';
import { signalName } from '../linux/signal.js';
import type { Machine as BareMachine } from '../machine.js';
import type { FatalReport } from '../machine-report.js';
import type { MachineCounters } from '../machine-stats.js';
import type { ExitStatus } from './process.js';

/** A thread makes a system call. */
export interface SyscallEvent {
  /** 'enter': its arguments are known; 'exit': its results are there. exit, exit_group have no 'exit'. */
  readonly phase: 'enter' | 'exit';
  readonly pid: number;
  readonly tid: number;
  readonly number: number;
  /** openat... */
  readonly name: string;
  /** As numbers: signed or not as the argument's kind says, exact below 2^53. */
  readonly args: readonly number[];
  /** phase 'exit': a value, or -errno. A call that a signal interrupts has a number below -511 and may begin again. */
  readonly result: number | undefined;
  /** 'ENOENT', when it failed. */
  readonly error: string | undefined;
}

/** A page fault, told when it is over, at the latest some hundred instructions later. */
export interface FaultEvent extends Omit<LoggedFault, 'space'> {
  /** undefined: of a process that is being made or has ended. */
  readonly pid: number | undefined;
}

/** A signal is delivered to a thread. */
export interface SignalEvent {
  readonly pid: number;
  readonly tid: number;
  /** SIGSEGV... */
  readonly signal: string;
  /** si_code */
  readonly code: number;
  /** The address of a fault: a bigint beyond 2^53. */
  readonly address: number | bigint | undefined;
}

/** A process that the embedder or another process has made. */
export interface SpawnEvent {
  readonly pid: number;
  readonly ppid: number;
  /** Name as ps shows it. */
  readonly comm: string;
}

/** A process has ended. */
export interface ExitEvent extends ExitStatus {
  readonly pid: number;
  readonly ppid: number;
  readonly comm: string;
}

/** All processes sleep and nothing that the machine knows of will wake one: a signal, input or a new process may. */
export interface AsleepEvent {
  /** Who waits for what, a line for each thread. */
  readonly waits: readonly string[];
}

/** The events of a machine by their names. */
export interface MachineEvents {
  syscall: SyscallEvent;
  fault: FaultEvent;
  signal: SignalEvent;
  /** A signal kills a process; its memory is still there. */
  crash: FatalReport;
  spawn: SpawnEvent;
  exit: ExitEvent;
  /** About four times a second while programs run. */
  stats: MachineCounters;
  asleep: AsleepEvent;
}

/** Hears of events of one kind. */
export type Listener<T> = (event: T) => void;

/** Calls listeners at once, in the order in which they came. What a listener throws stops the machine. */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<{ readonly call: Listener<never> }>>();

  /** onError: told what a listener throws, so that it never unwinds the kernel. */
  constructor(private readonly onError: (error: unknown) => void) {}

  /** The result takes the listener away again. */
  on<K extends keyof Events>(type: K, listener: Listener<Events[K]>): () => void {
    let all = this.#listeners.get(type);
    if (all === undefined) {
      all = new Set();
      this.#listeners.set(type, all);
    }
    const one = { call: listener };
    all.add(one);
    return () => {
      all.delete(one);
    };
  }

  emit<K extends keyof Events>(type: K, event: Events[K]): void {
    for (const one of this.#listeners.get(type) ?? []) {
      try {
        (one.call as Listener<Events[K]>)(event);
      } catch (error) {
        this.onError(error);
      }
    }
  }

  has(type: keyof Events): boolean {
    return (this.#listeners.get(type)?.size ?? 0) > 0;
  }
}

/** Calls and signals as events; what observed before goes on to. */
export class EventObserver implements SyscallObserver {
  readonly #next: SyscallObserver | undefined;

  constructor(
    kernel: Kernel,
    private readonly emitter: Emitter<MachineEvents>,
  ) {
    this.#next = kernel.observer;
    kernel.observer = this;
  }

  #call(t: Thread, { number, name }: TracedCall, args: readonly number[], phase: 'enter' | 'exit', result?: number): void {
    if (!this.emitter.has('syscall')) return;
    const error = result !== undefined && result < 0 && result > -512 ? errnoName(-result) : undefined;
    this.emitter.emit('syscall', { phase, pid: t.process.pid, tid: t.tid, number, name, args, result, error });
  }

  onSyscallEnter(t: Thread, call: TracedCall, args: readonly number[]): void {
    this.#next?.onSyscallEnter(t, call, args);
    this.#call(t, call, args, 'enter');
  }

  onSyscallExit(t: Thread, call: TracedCall, args: readonly number[], result: number): void {
    this.#next?.onSyscallExit(t, call, args, result);
    this.#call(t, call, args, 'exit', result);
  }

  onSignal(t: Thread, info: SigInfo): void {
    this.#next?.onSignal(t, info);
    const { signo, code, address } = info;
    this.emitter.emit('signal', { pid: t.process.pid, tid: t.tid, signal: signalName(signo), code, address });
  }

  onThreadExit(t: Thread): void {
    this.#next?.onThreadExit(t);
  }

  onProcessExit(process: Thread['process']): void {
    this.#next?.onProcessExit(process);
  }
}

/** Faults as events, from now on. */
export function watchFaults(machine: BareMachine, emitter: Emitter<MachineEvents>): void {
  const bySpace = (space: number): Process | undefined =>
    [...machine.kernel.processes.values()].find((process) => process.state === 'running' && process.space.handle === space);
  machine.watchFaults(({ space, ...fault }) => emitter.emit('fault', { pid: bySpace(space)?.pid, ...fault }));
}

/** Processes that begin, end and are killed, besides who has watched them before. */
export function watchLives(machine: BareMachine, emitter: Emitter<MachineEvents>, exits: (process: Process) => void): void {
  const { hooks } = machine.kernel;
  const before = { ...hooks };
  hooks.onProcessStart = (process) => {
    before.onProcessStart?.(process);
    emitter.emit('spawn', { pid: process.pid, ppid: process.ppid, comm: process.comm });
  };
  hooks.onProcessExit = (process) => {
    before.onProcessExit?.(process);
    exits(process);
  };
  hooks.onFatalSignal = (thread, info) => {
    before.onFatalSignal?.(thread, info);
    const report = machine.reportOf(thread.process);
    if (report !== undefined) emitter.emit('crash', report);
  };
}
