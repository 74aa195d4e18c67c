/** Stops a machine at a point, exactly: what is to happen next has not happened. Nothing of the core is slower for it until then. */
import { COUNT_INSTRUCTIONS } from '../../../assembly/shared/layout.js';
import type { Kernel } from '../../kernel/kernel.js';
import type { SyscallObserver, TracedCall } from '../../kernel/observer.js';
import type { Process } from '../../kernel/process.js';
import type { AddressSpace } from '../../kernel/space.js';
import type { Thread } from '../../kernel/thread.js';
import { signalName } from '../../linux/signal.js';
import { captureProcess, type WantedWalk } from './capture-process.js';
import { describePoint, ordinal, type Point } from './point.js';
import type { Snapshot } from './snapshot.js';
import { Symbols } from './symbols.js';

/** Leaves the run loop. Whoever catches it ends the machine. */
export class PointReached extends Error {}

/** Where to stop, and whose address space is wanted. */
export interface StopOptions {
  readonly program: string;
  readonly point: Point;
  /** The process that is meant; default: whichever comes there first, and the main program for its exit. */
  readonly pid: number | undefined;
  /** Every process there is. */
  readonly all: boolean;
  readonly walks: readonly WantedWalk[];
}

const EXITS = ['exit', 'exit_group'];
/** After these a symbol may be there that was not. */
const MAPPERS = ['mmap', 'mprotect', 'execve', 'execveat'];

/** Stops a machine at a point and takes a snapshot for inspection. */
export class Stopper implements SyscallObserver {
  snapshot: Snapshot | undefined = undefined;
  /** The point was not reached before the program's end: why. */
  missed: string | undefined = undefined;
  /** Addresses to walk whose symbols nobody knows. */
  readonly unknown: string[] = [];
  readonly #symbols = new Symbols();
  /** Where a space has the symbol of the point; undefined: nowhere yet. */
  #targets = new WeakMap<AddressSpace, { address: number | undefined }>();
  #calls = 0;
  #resolved = false;
  #last: string | undefined = undefined;

  constructor(
    private readonly kernel: Kernel,
    private readonly main: Process,
    private readonly options: StopOptions,
  ) {
    const { hooks } = kernel;
    const before = hooks.onProcessExit;
    hooks.onProcessExit = (process) => {
      before?.(process);
      this.#ends(process);
    };
    if (options.point.kind === 'syscall' || options.point.kind === 'pc' || options.point.kind === 'exit') kernel.observer = this;
    if (options.point.kind === 'pc') hooks.beforeRun = (t) => this.#beforePc(t);
    if (options.point.kind === 'instructions') hooks.beforeRun = (t) => this.#beforeCount(t);
  }

  /** The symbol of the point is not in the program, and nothing can bring it. */
  get isHopeless(): boolean {
    const { point, pid } = this.options;
    if (point.kind !== 'pc' || point.address.symbol === undefined || pid !== undefined) return false;
    return this.#symbols.isWhole(this.main) && this.#targetOf(this.main) === undefined;
  }

  onSyscallEnter(t: Thread, call: TracedCall, args: readonly number[]): void {
    const { point } = this.options;
    if (EXITS.includes(call.name) && this.#isMeant(t.process)) this.#last = `in ${call.name}(${(args[0] ?? 0) & 0xff})`;
    if (point.kind !== 'syscall' || call.name !== point.name || !this.#isMeant(t.process)) return;
    if (++this.#calls !== point.count) return;
    const shown = call.args.map((kind, i) =>
      kind === 'fd' || kind === 'int' || kind === 'pid' ? `${args[i] | 0}` : `0x${args[i].toString(16)}`,
    );
    this.#reach(t, `before the ${ordinal(this.#calls)} ${call.name}: ${call.name}(${shown.join(', ')})`);
  }

  onSyscallExit(t: Thread, call: TracedCall): void {
    if (this.options.point.kind !== 'pc' || !MAPPERS.includes(call.name)) return;
    const { space } = t.process;
    if (call.name.startsWith('exec') || this.#targets.get(space)?.address === undefined) this.#targets.delete(space);
  }

  onSignal(): void {}
  onThreadExit(): void {}
  onProcessExit(): void {}

  #isMeant(process: Process): boolean {
    return this.options.pid === undefined || process.pid === this.options.pid;
  }

  #targetOf(process: Process): number | undefined {
    const { point } = this.options;
    if (point.kind !== 'pc') return undefined;
    let target = this.#targets.get(process.space);
    if (target === undefined) {
      target = { address: this.#symbols.find(process, point.address) };
      this.#targets.set(process.space, target);
      this.#resolved ||= target.address !== undefined;
    }
    return target.address;
  }

  /** One instruction at a time while the symbol is there: the core has no other way to stop at one, and needs none for anything else. */
  #beforePc(t: Thread): number {
    if (!this.#isMeant(t.process)) return Number.POSITIVE_INFINITY;
    const target = this.#targetOf(t.process);
    if (target === undefined) return Number.POSITIVE_INFINITY;
    if (this.kernel.core.pc === target) this.#reach(t, `before the instruction at 0x${target.toString(16)}`);
    return 1;
  }

  #beforeCount(t: Thread): number {
    const { point } = this.options;
    const left = point.kind === 'instructions' ? point.count - this.kernel.core.counter(COUNT_INSTRUCTIONS) : 0;
    if (left <= 0) this.#reach(t, `after ${this.kernel.core.counter(COUNT_INSTRUCTIONS).toLocaleString('en-US')} instructions`);
    return left;
  }

  #reach(t: Thread, sentence: string): void {
    const { pid } = this.options;
    const chosen = pid === undefined ? t.process : this.kernel.processes.get(pid);
    if (chosen === undefined || chosen.state !== 'running') {
      this.missed = `no process has pid ${pid} ${sentence}`;
      this.#take(t.process, t, sentence);
    } else this.#take(chosen, t, sentence);
    throw new PointReached(sentence);
  }

  /** The state at the end: what was asked for, or what there is when the point was never reached. */
  #ends(process: Process): void {
    if (this.snapshot !== undefined) return;
    const { point, pid } = this.options;
    const awaited = pid === undefined ? process === this.main : process.pid === pid;
    if (!awaited && process !== this.main) return;
    if (!awaited) this.missed = `no process had pid ${pid}`;
    else if (point.kind !== 'exit') this.missed = `${this.#reason(point)}: this is the state at the end`;
    const signal = process.status & 0x7f;
    const how = signal !== 0 ? `killed by ${signalName(signal)}` : this.#last;
    this.#take(process, undefined, `at exit of pid ${process.pid}${how === undefined ? '' : `, ${how}`}`);
  }

  #reason(point: Point): string {
    const ended = `the program ended before ${describePoint(point)}`;
    if (point.kind === 'syscall') return `${ended} (${this.#calls} ${this.#calls === 1 ? 'call' : 'calls'} of it)`;
    if (point.kind === 'instructions') return `${ended} (${this.kernel.core.counter(COUNT_INSTRUCTIONS).toLocaleString('en-US')} executed)`;
    if (point.kind === 'pc' && !this.#resolved) return `${ended}: nothing that it mapped has the symbol '${point.address.symbol}'`;
    return ended;
  }

  #take(chosen: Process, t: Thread | undefined, point: string): void {
    const { kernel, options } = this;
    const { core } = kernel;
    const spaces = new Set<AddressSpace>();
    const wanted = options.all
      ? [chosen, ...[...kernel.processes.values()].filter((p) => p !== chosen && p.state === 'running')]
      : [chosen];
    const processes = wanted.filter(({ space }) => !spaces.has(space) && spaces.add(space));
    this.snapshot = {
      schema: 1,
      program: options.program,
      point,
      instructions: core.counter(COUNT_INSTRUCTIONS),
      framesInUse: core.exports.framesInUse(),
      framesLimit: core.exports.frameLimit(),
      processes: processes.map((process) => {
        const runs = process === (t?.process ?? chosen);
        return captureProcess(process, this.#symbols, runs, process === chosen ? options.walks : [], this.unknown);
      }),
    };
  }
}
