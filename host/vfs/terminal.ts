/** A terminal's line discipline (termios(3)): what happens to bytes between the keyboard, the program and the screen. */
import { EAGAIN } from '../../assembly/shared/errno.js';
import { SIGINT, SIGQUIT, SIGTSTP, SIGWINCH } from '../linux/signal.js';
import { makeDev } from '../linux/stat.js';
import { type HostInput, type HostOutput, writeToHost } from './hoststream.js';
import * as T from './termios.js';
import type { IoBuffer } from './types.js';
import { WaitQueue } from './wait.js';

export interface WindowSize {
  readonly rows: number;
  readonly columns: number;
  readonly pixelWidth?: number;
  readonly pixelHeight?: number;
}

/**
 * The host's side. Input is what the keys send, one byte after the other, unedited (a raw mode of the host): editing, echo and Ctrl-C
 * happen here. The first `wanted` of the input is the moment to switch the host's terminal to that mode.
 */
export interface HostTerminal {
  /** Absent: nothing can be typed; reads see the end. */
  readonly input?: HostInput;
  readonly output: HostOutput;
  windowSize(): WindowSize;
  /** The host itself makes CR LF of a line feed. */
  readonly processesOutput: boolean;
}

/** Longest line that can be edited, as Linux. */
const LINE_BYTES_MAX = 4095;
/** Beyond this, bytes stay with the host until somebody reads. */
const READY_BYTES_MAX = 65536;
const LF = 10;
const CR = 13;
const TAB = 9;
const DEL = 127;
const SPACE = 32;

export class Terminal {
  readonly termios = new T.Termios();
  readonly queue = new WaitQueue(() => this.host.input?.ended === false || !this.host.output.writable);
  /** A key asks for a signal to the foreground process group. The kernel sets it. */
  onSignal: ((signo: number) => void) | undefined = undefined;
  /** Session and foreground process group that it belongs to, 0: none. The job control of the kernel keeps them. */
  session = 0;
  foreground = 0;
  #windowSize: WindowSize | undefined;
  /** The line being edited. */
  #line: number[] = [];
  /** What can be read: a line each (empty: the end of file that ^D makes), in raw mode any pieces. */
  readonly #ready: Uint8Array[] = [];
  #readyBytes = 0;
  /** The next byte is taken as it is (^V). */
  #literal = false;
  /** ^S was pressed. */
  #stopped = false;
  /** Bytes made of the program's that the host has not taken yet. */
  #carry = new Uint8Array(0);

  constructor(
    readonly host: HostTerminal,
    readonly rdev = makeDev(136, 0),
  ) {
    if (host.input !== undefined) host.input.onPush = () => this.#pull();
    host.output.queue.add({ wake: () => this.queue.wake() });
  }

  get windowSize(): WindowSize {
    return this.#windowSize ?? this.host.windowSize();
  }

  /** TIOCSWINSZ. */
  setWindowSize(size: WindowSize): void {
    const old = this.windowSize;
    this.#windowSize = size;
    if (old.rows !== size.rows || old.columns !== size.columns) this.onSignal?.(SIGWINCH);
  }

  /** The host's window has another size now. */
  resized(): void {
    this.#windowSize = undefined;
    this.onSignal?.(SIGWINCH);
  }

  /** TCSETS. What was typed of a line becomes readable when lines are no longer waited for. */
  setModes(bytes: Uint8Array): void {
    const wasCanonical = this.termios.has('lflag', T.ICANON);
    this.termios.decode(bytes);
    if (wasCanonical && !this.termios.has('lflag', T.ICANON)) this.#endLine();
    if (!this.termios.has('iflag', T.IXON)) this.#stopped = false;
    this.queue.wake();
  }

  flushInput(): void {
    this.#line = [];
    this.#ready.length = 0;
    this.#readyBytes = 0;
    const { input } = this.host;
    while (input !== undefined && input.available > 0) input.skip(input.peek().length);
  }

  // --- from the keys

  #pull(): void {
    const { input } = this.host;
    while (input !== undefined && input.available > 0 && this.#readyBytes < READY_BYTES_MAX) {
      const bytes = input.peek().slice();
      input.skip(bytes.length);
      for (const byte of bytes) this.#receive(byte);
      if (!this.termios.has('lflag', T.ICANON)) this.#endLine();
    }
    this.queue.wake();
  }

  #receive(typed: number): void {
    const { termios } = this;
    let byte = termios.has('iflag', T.ISTRIP) ? typed & 0x7f : typed;
    if (this.#literal) {
      this.#literal = false;
      this.#add(byte);
      return;
    }
    if (this.#control(byte)) return;
    if (byte === CR) {
      if (termios.has('iflag', T.IGNCR)) return;
      if (termios.has('iflag', T.ICRNL)) byte = LF;
    } else if (byte === LF && termios.has('iflag', T.INLCR)) byte = CR;
    if (termios.has('lflag', T.ICANON)) this.#edit(byte);
    else this.#add(byte);
  }

  /** Flow control and signals; true: the byte has done its work. */
  #control(byte: number): boolean {
    const { termios } = this;
    if (termios.has('iflag', T.IXON)) {
      if (termios.is(byte, T.VSTART)) {
        this.#stopped = false;
        return true;
      }
      if (termios.is(byte, T.VSTOP)) {
        this.#stopped = true;
        return true;
      }
      if (this.#stopped && termios.has('iflag', T.IXANY)) this.#stopped = false;
    }
    if (!termios.has('lflag', T.ISIG)) return false;
    const signal = termios.is(byte, T.VINTR) ? SIGINT : termios.is(byte, T.VQUIT) ? SIGQUIT : termios.is(byte, T.VSUSP) ? SIGTSTP : 0;
    if (signal === 0) return false;
    if (!termios.has('lflag', T.NOFLSH)) {
      this.#line = [];
      this.#ready.length = 0;
      this.#readyBytes = 0;
    }
    this.#stopped = false;
    this.#echo(byte);
    this.onSignal?.(signal);
    return true;
  }

  #edit(byte: number): void {
    const { termios } = this;
    const extended = termios.has('lflag', T.IEXTEN);
    if (termios.is(byte, T.VERASE)) this.#erase(1);
    else if (termios.is(byte, T.VKILL)) this.#kill(byte);
    else if (extended && termios.is(byte, T.VWERASE)) this.#eraseWord();
    else if (extended && termios.is(byte, T.VLNEXT)) this.#literal = true;
    else if (extended && termios.is(byte, T.VREPRINT)) this.#reprint(byte);
    else if (termios.is(byte, T.VEOF)) this.#endLine(true);
    else {
      const ends = byte === LF || termios.is(byte, T.VEOL) || (extended && termios.is(byte, T.VEOL2));
      this.#add(byte, ends);
      if (ends) this.#endLine();
    }
  }

  #add(byte: number, always = false): void {
    if (this.#line.length >= LINE_BYTES_MAX && this.termios.has('lflag', T.ICANON) && !always) {
      if (this.termios.has('iflag', T.IMAXBEL)) this.#show([7]);
      return;
    }
    this.#line.push(byte);
    this.#echo(byte);
  }

  /** What has been typed can be read. `evenEmpty`: an empty line is the end of file. */
  #endLine(evenEmpty = false): void {
    if (this.#line.length === 0 && !evenEmpty) return;
    this.#ready.push(Uint8Array.from(this.#line));
    this.#readyBytes += this.#line.length;
    this.#line = [];
    this.queue.wake();
  }

  // --- editing

  /** Bytes at the end of the line that make up its last character. */
  #lastCharacter(): number {
    let count = 1;
    if (!this.termios.has('iflag', T.IUTF8)) return count;
    while (count < 4 && count < this.#line.length && ((this.#line[this.#line.length - count] as number) & 0xc0) === 0x80) count++;
    return count;
  }

  #erase(characters: number): void {
    for (let i = 0; i < characters && this.#line.length > 0; i++) {
      const removed = this.#line.splice(-this.#lastCharacter());
      if (!this.termios.has('lflag', T.ECHO)) continue;
      if (!this.termios.has('lflag', T.ECHOE)) this.#echo(this.termios.cc[T.VERASE]);
      else for (let width = this.#width(removed[0]); width > 0; width--) this.#show([8, SPACE, 8]);
    }
  }

  #width(byte: number): number {
    return this.#isControl(byte) ? (this.termios.has('lflag', T.ECHOCTL) ? 2 : 0) : 1;
  }

  #eraseWord(): void {
    const isSpace = (byte: number | undefined): boolean => byte === SPACE || byte === TAB;
    while (this.#line.length > 0 && isSpace(this.#line.at(-1))) this.#erase(1);
    while (this.#line.length > 0 && !isSpace(this.#line.at(-1))) this.#erase(1);
  }

  #kill(byte: number): void {
    if (this.termios.has('lflag', T.ECHOE) && this.termios.has('lflag', T.ECHOKE)) {
      this.#erase(this.#line.length);
      return;
    }
    this.#line = [];
    this.#echo(byte);
    if (this.termios.has('lflag', T.ECHOK) && this.termios.has('lflag', T.ECHO)) this.#show([LF]);
  }

  #reprint(byte: number): void {
    if (!this.termios.has('lflag', T.ECHO)) return;
    this.#echo(byte);
    this.#show([LF]);
    for (const each of this.#line) this.#echo(each);
  }

  #isControl(byte: number): boolean {
    return (byte < SPACE && byte !== TAB) || byte === DEL;
  }

  #echo(byte: number): void {
    const { termios } = this;
    if (byte === LF) {
      if (termios.has('lflag', T.ECHO) || (termios.has('lflag', T.ECHONL) && termios.has('lflag', T.ICANON))) this.#show([LF]);
      return;
    }
    if (!termios.has('lflag', T.ECHO)) return;
    if (this.#isControl(byte) && termios.has('lflag', T.ECHOCTL)) this.#show([0x5e, byte ^ 0x40]);
    else this.#show([byte]);
  }

  /** To the screen, best effort: an echo that finds no room is lost. */
  #show(bytes: readonly number[]): void {
    this.host.output.write(this.#processed(Uint8Array.from(bytes)));
  }

  // --- to and from programs

  /** Bytes that a read would return now. */
  get readable(): number {
    if (this.termios.has('lflag', T.ICANON)) return this.#ready.length === 0 ? 0 : this.#ready[0].length;
    return this.#readyBytes;
  }

  get #minimum(): number {
    return Math.max(this.termios.cc[T.VMIN], 1);
  }

  get hasInput(): boolean {
    if (this.#atEnd) return true;
    return this.termios.has('lflag', T.ICANON) ? this.#ready.length > 0 : this.#readyBytes >= this.#minimum;
  }

  get #atEnd(): boolean {
    const { input } = this.host;
    return input === undefined || (input.ended && input.available === 0);
  }

  get canWrite(): boolean {
    return !this.#stopped && this.#carry.length === 0 && this.host.output.writable;
  }

  /** Nothing there: ask the host to listen. */
  want(): void {
    this.host.input?.want();
  }

  /** One line, or in raw mode what there is: at least VMIN bytes; VMIN 0 does not wait (VTIME is taken as 0). */
  read(to: IoBuffer): number {
    if (to.remaining === 0) return 0;
    const canonical = this.termios.has('lflag', T.ICANON);
    if (canonical ? this.#ready.length === 0 : this.#readyBytes < Math.min(this.#minimum, to.remaining)) {
      this.#pull();
      if (!this.hasInput) {
        this.want();
        if (!this.hasInput) return !canonical && this.termios.cc[T.VMIN] === 0 ? 0 : -EAGAIN;
      }
      if (this.#atEnd && this.#ready.length === 0) {
        this.#endLine();
        if (this.#ready.length === 0) return -(this.host.input?.error ?? 0);
      }
    }
    const done = canonical ? this.#readOne(to) : this.#readAll(to);
    this.#pull();
    return done;
  }

  #readOne(to: IoBuffer): number {
    const [line] = this.#ready;
    const count = to.put(line);
    this.#take(count);
    return count;
  }

  #readAll(to: IoBuffer): number {
    let done = 0;
    while (this.#ready.length > 0 && to.remaining > 0) done += this.#readOne(to);
    return done;
  }

  #take(bytes: number): void {
    const [line] = this.#ready;
    this.#readyBytes -= bytes;
    if (bytes === line.length) this.#ready.shift();
    else this.#ready[0] = line.subarray(bytes);
  }

  write(from: IoBuffer): number {
    if (!this.#flushCarry() || this.#stopped) return -EAGAIN;
    const { termios, host } = this;
    if (!termios.has('oflag', T.OPOST) || host.processesOutput) return writeToHost(host.output, from);
    let done = 0;
    while (from.remaining > 0 && this.#carry.length === 0) {
      const bytes = from.take(4096);
      if (bytes.length === 0) break;
      const out = this.#processed(bytes);
      const count = host.output.write(out);
      if (count <= 0) {
        from.untake(bytes.length);
        return done > 0 ? done : count === 0 ? -EAGAIN : count;
      }
      this.#carry = out.slice(count);
      done += bytes.length;
    }
    return done;
  }

  #flushCarry(): boolean {
    if (this.#carry.length === 0) return true;
    const count = this.host.output.write(this.#carry);
    // An output that fails has lost these bytes; the write that follows says so.
    this.#carry = count < 0 ? new Uint8Array(0) : this.#carry.slice(count);
    return this.#carry.length === 0;
  }

  #processed(bytes: Uint8Array): Uint8Array {
    const { termios } = this;
    if (!termios.has('oflag', T.OPOST) || this.host.processesOutput) return bytes;
    const out: number[] = [];
    for (const byte of bytes) {
      if (byte === LF && termios.has('oflag', T.ONLCR)) out.push(CR, LF);
      else out.push(byte === CR && termios.has('oflag', T.OCRNL) ? LF : byte);
    }
    return Uint8Array.from(out);
  }
}
