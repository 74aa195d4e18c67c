/** Descriptors 0, 1 and 2 of a program that the embedder starts. */
import { makeDev } from '../linux/stat.js';
import type { Machine as BareMachine } from '../machine.js';
import { type HostInput, type HostOutput, openHostStream } from '../vfs/hoststream.js';
import { releaseFile, retainFile } from '../vfs/openfile.js';
import { installTerminal } from '../vfs/tty/install.js';
import { type HostTerminal, Terminal } from '../vfs/tty/terminal.js';
import type { OpenFile } from '../vfs/types.js';
import {
  CallbackOutput,
  fixedInput,
  NullOutput,
  type OutputAllowance,
  Pour,
  ReadableOutput,
  streamInput,
  writableInput,
} from './streams.js';

/** 'pipe': through the `stdin` of the process; 'ignore': its end at once (the default); or all of it. */
export type StdinOption = 'pipe' | 'ignore' | string | Uint8Array | ReadableStream<Uint8Array | string>;
/** 'pipe': through the `stdout` of the process (the default); 'ignore'; or who takes it. */
export type StdoutOption = 'pipe' | 'ignore' | WritableStream<Uint8Array> | ((bytes: Uint8Array) => void);

/** In characters. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

export interface StdioOptions {
  /** A string that is neither 'pipe' nor 'ignore' is the input itself; for those two words as input give bytes. */
  readonly stdin?: StdinOption;
  readonly stdout?: StdoutOption;
  readonly stderr?: StdoutOption;
  /** The three are a terminal: its keys go to `stdin` of the process, what it shows comes from `stdout`. */
  readonly tty?: boolean | TerminalSize;
}

export interface Stdio {
  readonly files: readonly OpenFile[];
  readonly stdin: WritableStream<Uint8Array | string> | undefined;
  readonly stdout: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
  readonly stderr: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
  readonly terminal: EmbeddedTerminal | undefined;
  /** On the way to the embedder's WritableStreams. */
  readonly pours: readonly Pour[];
  /** The process has ended. */
  ended(): void;
  /** The machine has failed: whoever reads is told. */
  failed(error: unknown): void;
}

const SIZE_DEFAULT: TerminalSize = { columns: 80, rows: 24 };

/** Where a terminal of the embedder's has its keys and its screen. */
export class EmbeddedScreen implements HostTerminal {
  readonly processesOutput = false;

  constructor(
    readonly input: HostInput,
    readonly output: HostOutput,
    public size: TerminalSize,
  ) {}

  windowSize(): TerminalSize {
    return this.size;
  }
}

/** A terminal that the embedder draws. */
export class EmbeddedTerminal extends Terminal {
  constructor(
    readonly screen: EmbeddedScreen,
    rdev: number,
  ) {
    super(screen, rdev);
  }

  resize(size: TerminalSize): void {
    this.screen.size = size;
    this.resized();
  }
}

interface Input {
  readonly input: HostInput;
  readonly stream?: WritableStream<Uint8Array | string>;
  close?(): void;
}

function openInput(option: StdinOption): Input {
  if (option === 'pipe') return writableInput();
  if (option === 'ignore') return { input: fixedInput('') };
  if (typeof option === 'string' || option instanceof Uint8Array) return { input: fixedInput(option) };
  return streamInput(option);
}

interface Output {
  readonly output: HostOutput;
  fail?(error: unknown): void;
  readonly stream?: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly pour?: Pour;
}

function openOutput(option: StdoutOption, allowance: OutputAllowance): Output {
  if (option === 'ignore') return { output: new NullOutput(allowance) };
  if (typeof option === 'function') return { output: new CallbackOutput(option, allowance) };
  if (option !== 'pipe' && option.locked) throw new TypeError('a WritableStream that is locked takes no output');
  const output = new ReadableOutput(allowance);
  const fail = (error: unknown): void => output.fail(error);
  if (option === 'pipe') return { output, stream: output.stream, fail };
  return { output, fail, pour: new Pour(output, option) };
}

/** A terminal's number in /dev/pts that nobody has. */
function freeTerminal({ env }: BareMachine): number {
  let index = 0;
  while (env.devices.hasCharacter(makeDev(136, index))) index++;
  return makeDev(136, index);
}

/** What the streams of a process are connected to. */
export interface StdioPorts {
  readonly stdin: HostInput;
  readonly stdout: HostOutput;
  /** Of a terminal: that of stdout. */
  readonly stderr: HostOutput;
}

export interface Streams extends Omit<Stdio, 'files' | 'terminal'> {
  readonly ports: StdioPorts;
}

/** The embedder's side. Of a terminal, whose `stderr` is undefined, keys are `stdin` and the screen `stdout`. */
export function openStreams(options: StdioOptions, allowance: OutputAllowance): Streams {
  const tty = (options.tty ?? false) !== false;
  const { stdin = tty ? 'pipe' : 'ignore', stdout = 'pipe', stderr = 'pipe' } = options;
  const input = openInput(stdin);
  const out = openOutput(stdout, allowance);
  const err = tty ? undefined : openOutput(stderr, allowance);
  return {
    ports: { stdin: input.input, stdout: out.output, stderr: (err ?? out).output },
    stdin: input.stream,
    stdout: out.stream,
    stderr: err?.stream,
    pours: [out, err].flatMap((end) => end?.pour ?? []),
    ended: () => {
      input.close?.();
      if (tty) out.output.closed?.();
    },
    failed: (error) => {
      input.close?.();
      out.fail?.(error);
      err?.fail?.(error);
    },
  };
}

/** Descriptors 0, 1 and 2, and the embedder's side of them. */
export function openStdio(machine: BareMachine, options: StdioOptions, allowance: OutputAllowance): Stdio & Streams {
  const streams = openStreams(options, allowance);
  const { stdin, stdout, stderr } = streams.ports;
  const { tty = false } = options;
  if (tty === false) {
    const ends = [{ input: stdin }, { output: stdout }, { output: stderr }];
    return { ...streams, files: ends.map((stream) => openHostStream(machine.namespace, stream)), terminal: undefined };
  }
  const screen = new EmbeddedScreen(stdin, stdout, tty === true ? SIZE_DEFAULT : tty);
  const terminal = new EmbeddedTerminal(screen, freeTerminal(machine));
  const file = installTerminal(machine.namespace, terminal);
  return { ...streams, files: [file, retainFile(file), retainFile(file)], terminal };
}

/** There is no process for them after all. */
export function dropStdio(stdio: Stdio): void {
  for (const file of stdio.files) releaseFile(file);
  stdio.ended();
}
