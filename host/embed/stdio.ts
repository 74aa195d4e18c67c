/** Descriptors 0, 1 and 2 of a program that the embedder starts. */
import { makeDev } from '../linux/stat.js';
import type { Machine as BareMachine } from '../machine.js';
import { type HostInput, type HostOutput, openHostStream } from '../vfs/hoststream.js';
import { retainFile } from '../vfs/openfile.js';
import { installTerminal } from '../vfs/tty/install.js';
import { Terminal } from '../vfs/tty/terminal.js';
import type { OpenFile } from '../vfs/types.js';
import { CallbackOutput, fixedInput, NullOutput, type OutputAllowance, ReadableOutput, streamInput, writableInput } from './streams.js';

/** 'pipe': through the `stdin` of the process; 'ignore': its end at once (the default); or all of it. */
export type StdinOption = 'pipe' | 'ignore' | string | Uint8Array | ReadableStream<Uint8Array | string>;
/** 'pipe': through the `stdout` of the process (the default); 'ignore'; or who takes it. */
export type StdoutOption = 'pipe' | 'ignore' | WritableStream<Uint8Array> | ((bytes: Uint8Array) => void);

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
  /** When the embedder's WritableStreams have all of the output, or have failed. */
  readonly piped: readonly Promise<void>[];
  /** The process has ended. */
  ended(): void;
  /** The machine has failed: whoever reads is told. */
  failed(error: unknown): void;
}

const SIZE_DEFAULT: TerminalSize = { columns: 80, rows: 24 };

/** A terminal that the embedder draws. */
export class EmbeddedTerminal extends Terminal {
  constructor(
    readonly input: HostInput,
    readonly output: HostOutput,
    public size: TerminalSize,
    rdev: number,
  ) {
    super({ input, output, processesOutput: false, windowSize: () => this.size }, rdev);
  }

  resize(size: TerminalSize): void {
    this.size = size;
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
  readonly piped?: Promise<void>;
}

const pipesOf = (...outputs: readonly Output[]): Promise<void>[] => outputs.flatMap(({ piped }) => piped ?? []);

function openOutput(option: StdoutOption, allowance: OutputAllowance): Output {
  if (option === 'ignore') return { output: new NullOutput(allowance) };
  if (typeof option === 'function') return { output: new CallbackOutput(option, allowance) };
  if (option !== 'pipe' && option.locked) throw new TypeError('a WritableStream that is locked takes no output');
  const output = new ReadableOutput(allowance);
  const fail = (error: unknown): void => output.fail(error);
  if (option === 'pipe') return { output, stream: output.stream, fail };
  // A sink that fails closes the pipe: the guest gets EPIPE, and who gave the sink has its error there.
  const piped = output.stream.pipeTo(option).catch(() => undefined);
  return { output, fail, piped };
}

/** A terminal's number in /dev/pts that nobody has. */
function freeTerminal({ env }: BareMachine): number {
  let index = 0;
  while (env.devices.hasCharacter(makeDev(136, index))) index++;
  return makeDev(136, index);
}

export function openStdio(machine: BareMachine, options: StdioOptions, allowance: OutputAllowance): Stdio {
  const { stdin = 'ignore', stdout = 'pipe', stderr = 'pipe', tty = false } = options;
  if (tty !== false) return openTty(machine, options, tty === true ? SIZE_DEFAULT : tty, allowance);
  const input = openInput(stdin);
  const out = openOutput(stdout, allowance);
  const err = openOutput(stderr, allowance);
  return {
    files: [{ input: input.input }, out, err].map((stream) => openHostStream(machine.namespace, stream)),
    stdin: input.stream,
    stdout: out.stream,
    stderr: err.stream,
    terminal: undefined,
    piped: pipesOf(out, err),
    ended: () => input.close?.(),
    failed: (error) => {
      input.close?.();
      out.fail?.(error);
      err.fail?.(error);
    },
  };
}

function openTty(
  machine: BareMachine,
  { stdin = 'pipe', stdout = 'pipe' }: StdioOptions,
  size: TerminalSize,
  allowance: OutputAllowance,
): Stdio {
  const input = openInput(stdin);
  const out = openOutput(stdout, allowance);
  const terminal = new EmbeddedTerminal(input.input, out.output, size, freeTerminal(machine));
  const file = installTerminal(machine.namespace, terminal);
  return {
    files: [file, retainFile(file), retainFile(file)],
    stdin: input.stream,
    stdout: out.stream,
    stderr: undefined,
    terminal,
    piped: pipesOf(out),
    ended: () => {
      input.close?.();
      out.output.closed?.();
    },
    failed: (error) => {
      input.close?.();
      out.fail?.(error);
    },
  };
}
