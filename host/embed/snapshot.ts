/** Saving a machine and making it again: what the embedder has to do with it. The rest is host/snapshot. */
import { PAGE_SIZE } from '../../assembly/shared/layout.js';
import type { Process } from '../kernel/process.js';
import type { Machine as BareMachine } from '../machine.js';
import { wokenWithin } from '../machine-host.js';
import { SnapshotError } from '../snapshot/error.js';
import { pack, type SnapshotImage } from '../snapshot/format.js';
import type { Anchor } from '../snapshot/graph-writer.js';
import { type Owner, saveParts } from '../snapshot/parts.js';
import { HostInput, INPUT_STATE } from '../vfs/hoststream.js';
import { SeededRandom } from './deterministic.js';
import { type Limits, type MachineOptions, memoryBytesOf, type Size } from './options.js';
import type { GuestProcess } from './process.js';
import { EmbeddedScreen, EmbeddedTerminal, openStreams, type StdioOptions, type StdioPorts, type Streams } from './stdio.js';
import { bytesOf, fixedInput, NullOutput, type OutputAllowance } from './streams.js';

/** Classes of the embedding API that are part of a machine's state. */
export const EMBEDDED = { SeededRandom, EmbeddedScreen, EmbeddedTerminal };

/** What the options of a machine are in its snapshot. */
export type Settings = Pick<MachineOptions, 'memory' | 'hostname' | 'deterministic' | 'aslr' | 'env' | 'framebuffer' | 'limits'> & {
  /** Of the core that it was saved with. */
  readonly build: string;
  /** The snapshot without which this one says nothing. */
  readonly base?: string;
  /** Streams of its processes that are in the snapshot: of each the process, and which is a terminal. */
  readonly streams: readonly {
    readonly serial: number;
    readonly pid: number;
    readonly path: string;
    readonly tty: boolean;
    readonly stdinEnded: boolean;
  }[];
};

/** Of one that is restored, what it could not be given by its snapshot. */
export interface RestoreOptions extends Pick<MachineOptions, 'module' | 'root' | 'mounts' | 'devices' | 'clock' | 'random' | 'jit'> {
  /** At most: a snapshot of a machine with more memory is refused. Default: whatever it says. */
  readonly memory?: Size;
  /** What it may use from now on, in the place of what is left of its own limits: for snapshots from somebody else. */
  readonly limits?: Limits;
  /** Where standard input comes from and output goes, by process; default: to be had from `machine.process(pid)`. */
  readonly stdio?: (process: { readonly pid: number; readonly path: string }) => Omit<StdioOptions, 'tty'>;
  /** Of a snapshot that was saved as what is different: what it was compared with. */
  readonly base?: SnapshotImage;
  /** Nothing runs until `resume`. Default false. */
  readonly paused?: boolean;
}

/** How a machine is saved. */
export interface SnapshotOptions {
  /** With gzip, which takes a third of the bytes and several times as long. Default true. */
  readonly packed?: boolean;
  /** Only what is different from this snapshot is saved; restoring needs it. */
  readonly base?: SnapshotImage;
}

export function requireMemory({ memory = 0 }: Settings, most: Size | undefined): void {
  if (most !== undefined && memoryBytesOf(memory) > memoryBytesOf(most)) {
    throw new SnapshotError(`the snapshot is of a machine with ${memory} bytes of memory, more than ${most}`);
  }
}

export function requireBase({ base: wanted }: Settings, base: SnapshotImage | undefined): void {
  if (wanted === base?.id) return;
  if (wanted === undefined) throw new SnapshotError('the snapshot is whole: it has no base');
  throw new SnapshotError(`the snapshot says what is different from another, ${wanted}: that is to be given as its base`);
}

export function requireBuild({ build }: Settings, { core }: BareMachine): void {
  if (build !== core.build) throw new SnapshotError('the snapshot was saved by another version of Pagewalk: save it again with this one');
}

/** A process that the embedder has started, as it is saved. */
export type SavedProcess = readonly [process: Process, serial: number, terminal: EmbeddedTerminal | undefined];

const ROLES = ['stdin', 'stdout', 'stderr'] as const;

/** What the streams of a machine's processes are called in its snapshots, however long they are used. */
export class StreamNames {
  readonly #names = new WeakMap<object, Anchor>();
  #last = 0;

  /** The number that a process's streams are known by: no other's, unlike its pid. */
  add(ports: StdioPorts, serial = this.#last + 1): number {
    this.#last = Math.max(this.#last, serial);
    for (const role of ROLES) {
      const port = ports[role];
      // A terminal's are one.
      if (this.#names.has(port)) continue;
      const name = `${role} ${serial}`;
      this.#names.set(port, { name, saves: port instanceof HostInput ? INPUT_STATE : 'nothing' });
      this.#names.set(port.queue, { name: `queue of ${name}`, saves: ['_waiters'] });
    }
    return serial;
  }

  serialOf({ stdin }: StdioPorts): number {
    return Number(this.#names.get(stdin)?.name.split(' ')[1]);
  }

  of(object: object): Anchor | undefined {
    return this.#names.get(object);
  }
}

/** How long a snapshot waits for calls that the host has to answer: as long as the end of a machine does for media. */
const ANSWER_MS = 30_000;

/** Of a paused machine: no call waits for the host. SnapshotError: one does for too long. */
export async function answered(machine: BareMachine, withinMs = ANSWER_MS): Promise<void> {
  const { kernel } = machine;
  const until = performance.now() + withinMs;
  while (kernel.hostWaits > 0) {
    const left = until - performance.now();
    if (left <= 0) throw new SnapshotError(`a call has waited ${withinMs} ms for the host: ${machine.waits().join('; ')}`);
    await wokenWithin(left, (woken) => {
      kernel.scheduler.onRunnable = woken;
    });
  }
}

/** Without what has no limit. */
function finite(limits: Limits): Limits {
  return Object.fromEntries(Object.entries(limits).filter(([, limit]) => Number.isFinite(limit)));
}

/** What a machine like this one is made with. `left` of its limits: of instructions the run itself knows. */
export function settingsFor({ core }: BareMachine, options: MachineOptions, left: Limits): Omit<Settings, 'streams' | 'base'> {
  const { hostname, deterministic, aslr, env, framebuffer } = options;
  const limits = finite({ ...options.limits, ...left, instructions: undefined });
  const memory = core.exports.frameLimit() * PAGE_SIZE;
  return { build: core.build, memory, hostname, deterministic, aslr, env, framebuffer, limits };
}

/** A machine in which nobody runs, as bytes. */
export async function saveMachine(
  bare: BareMachine,
  names: StreamNames,
  settings: Omit<Settings, 'streams' | 'base'>,
  processes: readonly GuestProcess[],
  { packed, base }: SnapshotOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const owner: Owner = { classes: EMBEDDED, anchorOf: (object) => names.of(object) };
  const roots: SavedProcess[] = processes.map((process) => [process.kernelProcess, names.serialOf(process.stdio.ports), process.terminal]);
  const streams = processes.map((process) => ({
    serial: names.serialOf(process.stdio.ports),
    pid: process.pid,
    path: process.kernelProcess.executable.path,
    tty: process.terminal !== undefined,
    stdinEnded: process.stdio.ports.stdin.ended,
  }));
  return pack({ ...settings, base: base?.id, streams }, saveParts(bare, owner, roots, base), packed);
}

/** The streams of a restored machine's processes, as they are asked for. */
export class NewStreams {
  readonly #objects = new Map<string, object>();
  readonly #streams = new Map<number, Streams>();
  readonly #given = new Map<number, StdioOptions['stdin']>();

  constructor(
    settings: Settings,
    private readonly names: StreamNames,
    private readonly allowance: OutputAllowance,
    stdio: RestoreOptions['stdio'],
  ) {
    for (const { serial, tty, stdinEnded, pid, path } of settings.streams) {
      const { stdin = 'pipe', ...rest } = stdio?.({ pid, path }) ?? {};
      const isStream = stdin instanceof ReadableStream;
      const streams = openStreams({ ...rest, tty, stdin: stdinEnded ? 'ignore' : isStream ? stdin : 'pipe' }, allowance);
      this.#streams.set(serial, streams);
      if (!stdinEnded) this.#given.set(serial, stdin);
      this.#add(serial, streams.ports);
    }
  }

  #add(serial: number, ports: StdioPorts): void {
    this.names.add(ports, serial);
    for (const role of ROLES) {
      this.#objects.set(`${role} ${serial}`, ports[role]);
      this.#objects.set(`queue of ${role} ${serial}`, ports[role].queue);
    }
  }

  /** Of a process that has ended, and whose descriptors others have: input ends, output goes nowhere. */
  anchored(name: string): object | undefined {
    const serial = /^(?:queue of )?std(?:in|out|err) (\d{1,15})$/.exec(name)?.[1];
    if (serial !== undefined && !this.#streams.has(Number(serial))) {
      const output = new NullOutput(this.allowance);
      const input = fixedInput('');
      if (!this.#objects.has(name)) this.#add(Number(serial), { stdin: input, stdout: output, stderr: new NullOutput(this.allowance) });
    }
    return this.#objects.get(name);
  }

  /** Once the machine is there: input that was given at once. */
  feed(serial: number): Streams {
    const streams = this.#streams.get(serial);
    if (streams === undefined) throw new SnapshotError('the snapshot is damaged: the streams of a process are missing');
    const given = this.#given.get(serial);
    const { stdin } = streams.ports;
    if (given instanceof ReadableStream) {
      stdin.want();
      stdin.queue.wake();
    } else if (given !== undefined && given !== 'pipe') {
      if (given !== 'ignore') stdin.push(bytesOf(given));
      stdin.end();
    }
    return streams;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Of settings that nobody can trust: those that a machine is made with. */
export function settingsOf(value: unknown): Settings {
  const wrong = (what: string): never => {
    throw new SnapshotError(`the snapshot is damaged: its setting '${what}' is none`);
  };
  if (!isObject(value)) return wrong('all');
  const { memory, hostname, deterministic, aslr, env, limits, streams, build, base } = value;
  if (typeof build !== 'string') wrong('build');
  if (base !== undefined && typeof base !== 'string') wrong('base');
  if (memory !== undefined && typeof memory !== 'number') wrong('memory');
  if (hostname !== undefined && typeof hostname !== 'string') wrong('hostname');
  if (aslr !== undefined && typeof aslr !== 'boolean') wrong('aslr');
  if (deterministic !== undefined && typeof deterministic !== 'boolean' && !isObject(deterministic)) wrong('deterministic');
  if (env !== undefined && !(isObject(env) && Object.values(env).every((text) => typeof text === 'string'))) wrong('env');
  if (limits !== undefined && !(isObject(limits) && Object.values(limits).every((limit) => typeof limit === 'number'))) wrong('limits');
  const isStream = (stream: unknown): boolean =>
    isObject(stream) &&
    Number.isSafeInteger(stream.serial) &&
    Number.isSafeInteger(stream.pid) &&
    typeof stream.path === 'string' &&
    typeof stream.tty === 'boolean' &&
    typeof stream.stdinEnded === 'boolean';
  if (!Array.isArray(streams) || !streams.every(isStream)) wrong('streams');
  return value as unknown as Settings;
}
