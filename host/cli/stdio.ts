import * as fs from 'node:fs';
import type { Process } from '../kernel/process.js';
import { giveTerminal } from '../kernel/terminal.js';
import type { Machine } from '../machine.js';
import type { Anchor } from '../snapshot/graph-writer.js';
import { errnoOf } from '../vfs/backends/node-errno.js';
import { HostInput, type HostOutput, INPUT_STATE, openHostStream } from '../vfs/hoststream.js';
import { retainFile } from '../vfs/openfile.js';
import { installTerminal } from '../vfs/tty/install.js';
import { type HostTerminal, Terminal, type WindowSize } from '../vfs/tty/terminal.js';
import { ISIG } from '../vfs/tty/termios.js';
import type { OpenFile } from '../vfs/types.js';
import { HostKeys, HostSource } from './host-keys.js';
import { descriptorOutput, hostOutput } from './host-output.js';
import { isTerminal, tty } from './host-tty.js';

const CTRL_C = 3;

/** The descriptors 0, 1 and 2 of this process for the guest: those that are terminals are one terminal there, the others streams. */
export interface Stdio {
  files(machine: Machine): OpenFile[];
  /** The program has begun: the terminal's keys reach it from now on. */
  attach(main: Process): void;
  /** Called when the user asks at the terminal that the run ends. */
  onEscape: (() => void) | undefined;
  /** Called for every Ctrl-C that the terminal turns into SIGINT; `answered`: a program has asked for input since the one before. */
  onInterrupt: ((answered: boolean) => void) | undefined;
  /** The host's terminal has gone: the guest's session is hung up. False: it has no terminal. */
  hangUp(): boolean;
  /** The terminal gets its modes back. */
  close(): void;
  /** Called whenever a program waits for input and there is none. */
  onWanted: (() => void) | undefined;
  /** The guest's terminal, if it has one. */
  readonly terminal: Terminal | undefined;
  /** What of it is part of a saved machine, by name; and what has that name in this process. */
  anchorOf(object: object): Anchor | undefined;
  anchored(name: string): object | undefined;
  /** A machine is restored, with its terminal if it has one. */
  reattach(terminal: Terminal | undefined): void;
}

export function openStdio(): Stdio {
  return new NodeStdio();
}

/** Those of the standard descriptors that have been terminals from the beginning. */
const TERMINALS = [0, 1, 2].filter((fd) => isTerminal(fd));

/** Node gives terminals their modes back at its end and aborts if it can't; it leaves closed descriptors alone. */
function closeGoneTerminals(): void {
  for (const fd of TERMINALS) if (!isTerminal(fd)) fs.closeSync(fd);
}

/** Where a terminal shows what is written, and how large that is. */
interface Screen {
  readonly output: HostOutput;
  size(): WindowSize;
}

class NodeStdio implements Stdio {
  onEscape: (() => void) | undefined;
  onInterrupt: ((answered: boolean) => void) | undefined;
  #askedAtInterrupt = 0;
  readonly #stdin = new HostSource(() => process.stdin);
  readonly #keys = new HostKeys(isTerminal(0));
  #terminal: Terminal | undefined;
  #attached = false;
  readonly #names = new Map<string, object>();
  #host: HostTerminal | undefined;
  readonly #onResize = (): void => this.#terminal?.resized();

  files(machine: Machine): OpenFile[] {
    const { namespace } = machine;
    const screen = findScreen();
    const terminalFile = screen === undefined ? undefined : this.#openTerminal(machine, screen);
    const stream = (fd: 1 | 2): OpenFile => openHostStream(namespace, { output: this.#port(`output ${fd}`) as HostOutput });
    const shared = (): OpenFile => retainFile(terminalFile as OpenFile);
    const useTerminal = (fd: number): boolean => terminalFile !== undefined && isTerminal(fd);
    const files = [
      useTerminal(0) ? shared() : openHostStream(namespace, { input: this.#port('input') as HostInput }),
      useTerminal(1) ? shared() : stream(1),
      useTerminal(2) ? shared() : stream(2),
    ];
    // The reference that installTerminal gave; every descriptor has its own.
    if (terminalFile !== undefined) terminalFile.refs--;
    return files;
  }

  #openTerminal(machine: Machine, screen: Screen): OpenFile {
    const terminal = new Terminal(this.#hostTerminal(screen));
    this.#terminal = terminal;
    // Once, however many runs there are.
    process.off('exit', closeGoneTerminals);
    process.on('exit', closeGoneTerminals);
    return installTerminal(machine.namespace, terminal);
  }

  /** The host's side of a terminal: there is one in a process. */
  #hostTerminal(screen: Screen): HostTerminal {
    if (this.#host !== undefined) return this.#host;
    const keys = this.#keys;
    keys.onEscape = () => this.onEscape?.();
    keys.onGone = () => {
      // What is still to be said can't be: the messages about the end of the run were meant for this terminal.
      if (TERMINALS.includes(2)) process.stderr.on('error', () => undefined);
      this.hangUp();
    };
    keys.onKeys = (bytes) => this.#lookFor(bytes);
    this.#host = {
      input: this.#port('keys') as HostInput,
      output: this.#port('screen', screen.output) as HostOutput,
      windowSize: () => screen.size(),
      get processesOutput() {
        return keys.processesOutput;
      },
      modesChanged: (rawOutput) => keys.setRawOutput(rawOutput),
    };
    return this.#host;
  }

  /** A stream by the name that snapshots have for it. */
  #port(name: string, given?: HostOutput): HostInput | HostOutput {
    const known = this.#names.get(name) as HostInput | HostOutput | undefined;
    if (known !== undefined) return known;
    const port =
      name === 'input' ? this.#stdin.input : name === 'keys' ? this.#keys.input : (given ?? hostOutput(name === 'output 2' ? 2 : 1));
    this.#names.set(name, port);
    this.#names.set(`queue of ${name}`, port.queue);
    return port;
  }

  anchorOf(object: object): Anchor | undefined {
    if (object === this.#host) return { name: 'host terminal', saves: ['input', 'output'] };
    for (const [name, known] of this.#names) {
      if (known !== object) continue;
      return { name, saves: name.startsWith('queue') ? ['_waiters'] : object instanceof HostInput ? INPUT_STATE : 'nothing' };
    }
    return undefined;
  }

  anchored(name: string): object | undefined {
    const screen = (): Screen => findScreen() ?? { output: hostOutput(1), size: () => ({ rows: 24, columns: 80 }) };
    if (name === 'host terminal') return this.#hostTerminal(screen());
    const port = name.replace(/^queue of /, '');
    if (!/^(input|keys|screen|output [12])$/.test(port)) return undefined;
    this.#port(port, port === 'screen' ? screen().output : undefined);
    return this.#names.get(name);
  }

  get terminal(): Terminal | undefined {
    return this.#terminal;
  }

  get onWanted(): (() => void) | undefined {
    return this.#keys.onWanted;
  }

  set onWanted(hear: (() => void) | undefined) {
    this.#keys.onWanted = hear;
    this.#stdin.onWanted = hear;
  }

  reattach(terminal: Terminal | undefined): void {
    // Who waits for input has asked in another process.
    for (const port of this.#names.values()) if (port instanceof HostInput && !port.queue.empty) port.want();
    if (terminal === undefined) return;
    this.#terminal = terminal;
    this.#attached = true;
    process.off('exit', closeGoneTerminals);
    process.on('exit', closeGoneTerminals);
    process.on('SIGWINCH', this.#onResize);
    // Keys are asked for by reads, of which one may be waiting; and this terminal may have another size.
    terminal.want();
    terminal.resized();
  }

  attach(main: Process): void {
    const terminal = this.#terminal;
    if (terminal === undefined) return;
    this.#attached = true;
    giveTerminal(main, terminal);
    process.on('SIGWINCH', this.#onResize);
  }

  #lookFor(bytes: Uint8Array): void {
    const terminal = this.#terminal;
    if (terminal === undefined || !terminal.termios.has('lflag', ISIG) || !bytes.includes(CTRL_C)) return;
    this.onInterrupt?.(terminal.asked !== this.#askedAtInterrupt);
    this.#askedAtInterrupt = terminal.asked;
  }

  hangUp(): boolean {
    if (!this.#attached) return false;
    this.#attached = false;
    this.#terminal?.hangUp();
    return true;
  }

  close(): void {
    process.off('SIGWINCH', this.#onResize);
    this.#keys.close();
    this.#stdin.close();
  }
}

/** Standard output, else standard error, else where the keys come from. */
function findScreen(): Screen | undefined {
  if (isTerminal(1)) return { output: hostOutput(1), size: () => sizeOf(process.stdout) };
  if (isTerminal(2)) return { output: hostOutput(2), size: () => sizeOf(process.stderr) };
  return isTerminal(0) ? screenOfInput() : undefined;
}

/** Node itself asks the terminal at a SIGWINCH, and of its own standard streams only. */
type Sized = NodeJS.EventEmitter & { rows?: number; columns?: number; _refreshSize?(): void };

function sizeOf(stream: Sized): WindowSize {
  // A terminal that is gone has the size that it had.
  const onError = (): void => undefined;
  stream.on('error', onError);
  stream._refreshSize?.();
  stream.off('error', onError);
  const { rows = 24, columns = 80 } = stream;
  return { rows, columns };
}

/** The same terminal, opened for writing. */
function screenOfInput(): Screen | undefined {
  for (const path of ['/proc/self/fd/0', '/dev/tty']) {
    try {
      const fd = fs.openSync(path, fs.constants.O_WRONLY | (fs.constants.O_NOCTTY ?? 0));
      const stream = new (tty().WriteStream)(fd);
      return { output: descriptorOutput(fd), size: () => sizeOf(stream) };
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
    }
  }
  return undefined;
}
