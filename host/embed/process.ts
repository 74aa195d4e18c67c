import { EINVAL, ESRCH } from '../../assembly/shared/errno.js';
import type { Process } from '../kernel/process.js';
import { sendToProcess } from '../kernel/signal.js';
import { SI_USER, SIGKILL, signalName, signalNumber } from '../linux/signal.js';
import type { EndReason, RunResult } from '../machine.js';
import type { FatalReport } from '../machine-report.js';
import { type CallArgument, type CallOptions, type CallResults, callFunction } from './call.js';
import { SystemError } from './errors.js';
import { type Address, GuestMemory } from './memory.js';
import type { EmbeddedTerminal, Stdio, StdioOptions, StdioPorts, TerminalSize } from './stdio.js';
import { collect } from './streams.js';

/** Why a process ended: by itself, by a signal, because memory ran out, or because a limit of the machine's was reached. */
export type ExitReason = EndReason | 'output' | 'closed';

/** How a process has ended. */
export interface ExitStatus {
  readonly reason: ExitReason;
  /** As a shell sees it: 128 + n when signal n killed it. */
  readonly exitCode: number;
  /** 'SIGSEGV', when a signal killed it. */
  readonly signal: string | undefined;
  /** What it was doing when a signal killed it. */
  readonly report: FatalReport | undefined;
}

/** How a process is started. */
export interface SpawnOptions extends StdioOptions {
  readonly cwd?: string;
  /** On top of the machine's; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** argv[0]; default: the path. */
  readonly argv0?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** Supplementary groups; default: none. */
  readonly groups?: readonly number[];
  /** When it aborts, the process and all of its session are killed. */
  readonly signal?: AbortSignal;
}

/** How a process has ended, and what it has written. */
export interface ProcessOutput extends ExitStatus {
  readonly stdout: Uint8Array<ArrayBuffer>;
  readonly stderr: Uint8Array<ArrayBuffer>;
  /** stdout as UTF-8. */
  readonly text: string;
  /** stderr as UTF-8. */
  readonly errorText: string;
}

/** Of no stream: nothing. */
const NONE = (): Promise<Uint8Array<ArrayBuffer>> => Promise.resolve(new Uint8Array(0));

export function outputOf(status: ExitStatus, stdout: Uint8Array<ArrayBuffer>, stderr: Uint8Array<ArrayBuffer>): ProcessOutput {
  return {
    ...status,
    stdout,
    stderr,
    get text() {
      return new TextDecoder().decode(stdout);
    },
    get errorText() {
      return new TextDecoder().decode(stderr);
    },
  };
}

/** A signal by name or number. Throws SystemError EINVAL for what is none. */
function numberOf(signal: string | number): number {
  const number = typeof signal === 'number' ? signal : signalNumber(signal);
  if (number === undefined || !Number.isInteger(number) || number < 0 || number > 64) throw new SystemError(EINVAL, 'kill', String(signal));
  return number;
}

/** A program that the embedder has started. */
export class GuestProcess {
  readonly pid: number;
  /** Settles when it has ended, however that was. Rejected only when the machine itself has failed. */
  readonly exited: Promise<ExitStatus>;
  /** How it ended; undefined while it runs. */
  status: ExitStatus | undefined = undefined;
  readonly memory: GuestMemory;
  cutReason: ExitReason | undefined = undefined;
  #settle!: (status: ExitStatus) => void;
  #reject!: (error: unknown) => void;
  #failure: { readonly error: unknown } | undefined = undefined;

  constructor(
    /** What the kernel knows of it. */
    readonly kernelProcess: Process,
    /** The embedder's side of its descriptors. */
    readonly stdio: Stdio & { readonly ports: StdioPorts },
  ) {
    this.pid = kernelProcess.pid;
    this.memory = new GuestMemory(kernelProcess);
    this.exited = new Promise((resolve, reject) => {
      this.#settle = resolve;
      this.#reject = reject;
    });
    // Who does not look at it must not be told by an unhandled rejection.
    this.exited.catch(() => undefined);
  }

  /** What it reads; with `stdin: 'pipe'` or a terminal. TypeError otherwise. */
  get stdin(): WritableStream<Uint8Array | string> {
    return required(this.stdio.stdin, 'stdin');
  }

  /** What it writes, at most 64 KiB ahead of the reader; it ends when nobody in the machine has it open. TypeError when it is not piped. */
  get stdout(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return required(this.stdio.stdout, 'stdout');
  }

  get stderr(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return required(this.stdio.stderr, 'stderr');
  }

  /** Its terminal; undefined: it has none. */
  get terminal(): EmbeddedTerminal | undefined {
    return this.stdio.terminal;
  }

  /** The window of its terminal has another size. */
  resize(size: TerminalSize): void {
    this.stdio.terminal?.resize(size);
  }

  /** Sends it a signal; 0 only asks. False: it has ended. */
  kill(signal: string | number = 'SIGTERM'): boolean {
    const number = numberOf(signal);
    const { kernelProcess } = this;
    if (kernelProcess.state !== 'running') return false;
    return number === 0 || sendToProcess(kernelProcess, { signo: number, code: SI_USER }) !== -ESRCH;
  }

  /**
   * Calls a function of the program, by symbol or address, on a thread of its own, which is led away from what it does and goes on with it
   * afterwards. Calls of one process come one after the other. GuestCallError: it never returns, because of a fault (the process goes on),
   * exit or exec; SystemError: EFAULT for a symbol that is not there, ESRCH for a process that has ended.
   */
  async call<K extends keyof CallResults = 'i64'>(
    which: Address,
    args: readonly CallArgument[] = [],
    options: CallOptions<K> = {},
  ): Promise<CallResults[K]> {
    const requireAlive = (): void => {
      if (this.#failure !== undefined) throw this.#failure.error;
    };
    return (await callFunction(this.kernelProcess, () => this.memory.locate(which), args, options, requireAlive)) as CallResults[K];
  }

  /** Kills it and whatever else runs in its session. */
  killAll(): void {
    const { kernel, sid } = this.kernelProcess;
    for (const process of [...kernel.processes.values()]) {
      if (process.sid === sid && process.state === 'running') sendToProcess(process, { signo: SIGKILL, code: SI_USER });
    }
  }

  /** `exited`; `signal` ends the waiting, not the process. */
  async wait(options: { readonly signal?: AbortSignal } = {}): Promise<ExitStatus> {
    const { signal } = options;
    if (signal === undefined) return this.exited;
    signal.throwIfAborted();
    let onAbort: (() => void) | undefined;
    const aborted = new Promise<never>((_, reject) => {
      onAbort = () => reject(signal.reason);
      signal.addEventListener('abort', onAbort);
    });
    try {
      return await Promise.race([this.exited, aborted]);
    } finally {
      if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
    }
  }

  /** Reads its piped outputs to their end and waits for its own. */
  async output(): Promise<ProcessOutput> {
    const { stdout, stderr } = this.stdio;
    const read = (stream: ReadableStream<Uint8Array<ArrayBuffer>> | undefined): ReturnType<typeof NONE> =>
      stream === undefined ? NONE() : collect(stream);
    const [status, out, err] = await Promise.all([this.exited, read(stdout), read(stderr)]);
    return outputOf(status, out, err);
  }

  /** Kills it if it still runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.killAll();
    await this.exited;
  }

  /** It ends, and this is said to be why. */
  cut(reason: ExitReason): void {
    this.cutReason = reason;
    this.killAll();
  }

  /** The machine: it has ended. */
  finish(status: ExitStatus): void {
    if (this.status !== undefined) return;
    this.status = status;
    this.stdio.ended();
    this.#settle(status);
  }

  /** The machine has failed. */
  fail(error: unknown): void {
    this.#failure = { error };
    this.stdio.failed(error);
    for (const thread of this.kernelProcess.threads) thread.calls?.failAll(error);
    this.#reject(error);
  }
}

function required<T>(stream: T | undefined, name: string): T {
  if (stream === undefined) throw new TypeError(`${name} is not piped`);
  return stream;
}

/** The signal in a wait status. */
function signalOf(status: number): string | undefined {
  const signal = status & 0x7f;
  return signal === 0 ? undefined : signalName(signal);
}

/** `cut`: why it ended, if somebody outside wanted it. */
export function statusOf({ reason, exitCode, report }: RunResult, status: number, cut: ExitReason | undefined): ExitStatus {
  if (cut === undefined) return { reason, exitCode, signal: signalOf(status), report };
  return { reason: cut, exitCode: 128 + SIGKILL, signal: signalName(SIGKILL), report: undefined };
}

export function killOnAbort(process: GuestProcess, signal: AbortSignal | undefined): void {
  if (signal === undefined) return;
  const onAbort = (): void => process.killAll();
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  const forget = (): void => signal.removeEventListener('abort', onAbort);
  process.exited.then(forget, forget);
}
