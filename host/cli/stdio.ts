import { isatty, ReadStream } from 'node:tty';
import { EIO } from '../../assembly/shared/errno.js';
import type { Process } from '../kernel/process.js';
import { giveTerminal } from '../kernel/terminal.js';
import type { Machine } from '../machine.js';
import { errnoOf } from '../vfs/backends/node-errno.js';
import { HostInput, openHostStream } from '../vfs/hoststream.js';
import { retainFile } from '../vfs/openfile.js';
import { installTerminal } from '../vfs/tty/install.js';
import { Terminal, type WindowSize } from '../vfs/tty/terminal.js';
import { ISIG } from '../vfs/tty/termios.js';
import type { OpenFile } from '../vfs/types.js';
import { hostOutput } from './host-output.js';

const CTRL_C = 3;

/** The descriptors 0, 1 and 2 of this process for the guest: those that are terminals are one terminal there, the others streams. */
export interface Stdio {
  files(machine: Machine): OpenFile[];
  /** The program has begun: the terminal's keys reach it from now on. */
  attach(main: Process): void;
  /** Called for every Ctrl-C that the terminal turns into SIGINT; `answered`: a program has asked for input since the one before. */
  onInterrupt: ((answered: boolean) => void) | undefined;
  close(): void;
}

export function openStdio(): Stdio {
  return new NodeStdio();
}

class NodeStdio implements Stdio {
  onInterrupt: ((answered: boolean) => void) | undefined;
  #askedAtInterrupt = 0;
  readonly #input = new HostInput({ wanted: () => this.#listen(), full: () => this.#stdin?.pause() });
  #stdin: NodeJS.ReadStream | undefined;
  #terminal: Terminal | undefined;
  readonly #onResize = (): void => this.#terminal?.resized();

  files(machine: Machine): OpenFile[] {
    const { namespace } = machine;
    const screen = isatty(1) ? 1 : isatty(2) ? 2 : undefined;
    const terminalFile = screen === undefined ? undefined : this.#openTerminal(machine, screen);
    const stream = (fd: 1 | 2): OpenFile => openHostStream(namespace, { output: hostOutput(fd) });
    const shared = (): OpenFile => retainFile(terminalFile as OpenFile);
    const useTerminal = (fd: number): boolean => terminalFile !== undefined && isatty(fd);
    const files = [
      useTerminal(0) ? shared() : openHostStream(namespace, { input: this.#input }),
      useTerminal(1) ? shared() : stream(1),
      useTerminal(2) ? shared() : stream(2),
    ];
    // The reference that installTerminal gave; every descriptor has its own.
    if (terminalFile !== undefined) terminalFile.refs--;
    return files;
  }

  #openTerminal(machine: Machine, screen: 1 | 2): OpenFile {
    const terminal = new Terminal({
      input: isatty(0) ? this.#input : undefined,
      output: hostOutput(screen),
      windowSize: () => windowSize(screen),
      // Node's raw mode leaves the translation of line feeds to the host.
      processesOutput: true,
    });
    this.#terminal = terminal;
    return installTerminal(machine.namespace, terminal);
  }

  attach(main: Process): void {
    const terminal = this.#terminal;
    if (terminal === undefined) return;
    giveTerminal(main, terminal);
    process.on('SIGWINCH', this.#onResize);
  }

  /** Standard input is touched for the first time when the guest asks for it: until then it belongs to whoever reads it next. */
  #listen(): void {
    if (this.#stdin !== undefined) {
      this.#stdin.resume();
      return;
    }
    const stdin = process.stdin;
    this.#stdin = stdin;
    if (stdin.destroyed) {
      this.#input.end();
      return;
    }
    if (this.#terminal !== undefined && stdin instanceof ReadStream) stdin.setRawMode(true);
    stdin.on('data', (chunk: Buffer) => this.#receive(chunk));
    stdin.on('end', () => this.#input.end());
    stdin.on('error', (error) => this.#input.end(errnoOf(error) ?? EIO));
  }

  #receive(chunk: Buffer): void {
    const terminal = this.#terminal;
    if (terminal?.termios.has('lflag', ISIG) && chunk.includes(CTRL_C)) {
      this.onInterrupt?.(terminal.asked !== this.#askedAtInterrupt);
      this.#askedAtInterrupt = terminal.asked;
    }
    this.#input.push(Uint8Array.from(chunk));
  }

  close(): void {
    process.off('SIGWINCH', this.#onResize);
    if (this.#stdin instanceof ReadStream) this.#stdin.setRawMode(false);
    this.#stdin?.destroy();
  }
}

function windowSize(screen: 1 | 2): WindowSize {
  const { rows = 24, columns = 80 } = screen === 1 ? process.stdout : process.stderr;
  return { rows, columns };
}
