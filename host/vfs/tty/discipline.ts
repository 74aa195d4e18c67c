/** The line discipline (termios(3)): from keys to what programs read, with editing, echo, signals and flow control. */
import { SIGINT, SIGQUIT, SIGTSTP } from '../../linux/signal.js';
import { Echo } from './echo.js';
import { InputQueue, QUEUE_BYTES } from './inputqueue.js';
import { BACKSPACE, CR, isContinuation, isControl, isWord, LF, lower, Output, SPACE, TAB } from './output.js';
import * as T from './termios.js';

/** What keys do beyond the line. */
export interface DisciplineHooks {
  /** ^S, and ^Q or (IXANY) any key after it. */
  stop(): void;
  start(): void;
  /** What is beyond does what OPOST asks for. */
  readonly processesOutput: boolean;
  /** Stopped by a key, not by a program. */
  readonly stoppedByKey: boolean;
  /** A signal for the foreground process group; `flush`: what was written and not yet seen is dropped. */
  signal(signo: number, flush: boolean): void;
}

const CARET = 0x5e;
const SLASH = 0x2f;
const BACKSLASH = 0x5c;
const ALL_ONES = 0xff;

export class Discipline {
  readonly queue = new InputQueue();
  readonly output: Output;
  readonly echo: Echo;
  /** The next byte is taken as it is (^V). */
  private _literal = false;
  /** ECHOPRT: the backslash before erased characters has been shown. */
  private _erasing = false;

  constructor(
    readonly termios: T.Termios,
    readonly hooks: DisciplineHooks,
  ) {
    this.output = new Output(termios, hooks);
    this.echo = new Echo(this.output);
  }

  /** Lines are waited for: what can be read are finished ones. */
  get lines(): boolean {
    return this.termios.canonical && !this.termios.has('lflag', T.EXTPROC);
  }

  /** The modes have changed from `before`. */
  modesChanged(before: number): void {
    const { queue, termios } = this;
    if (((before ^ termios.lflag) & (T.ICANON | T.EXTPROC)) === 0) return;
    if (termios.canonical) queue.beginLines();
    else queue.forgetLines();
    this._erasing = false;
    this._literal = false;
  }

  /** How many bytes `receive` takes now. A line that is too long takes more, each in the place of the one before. */
  get room(): number {
    const { queue } = this;
    const free = QUEUE_BYTES - queue.used;
    const room = (this.termios.has('iflag', T.PARMRK) ? Math.ceil(free / 3) : free) - 1;
    if (room > 0) return room;
    return this.termios.canonical && queue.canonHead === queue.tail ? 1 : 0;
  }

  /** At most `room` bytes. */
  receive(bytes: Uint8Array): void {
    const { queue } = this;
    for (const byte of bytes) {
      if (queue.used >= QUEUE_BYTES && queue.canonHead === queue.tail) queue.head--;
      this._receive(byte);
    }
  }

  clear(): void {
    this.queue.clear();
    this._literal = false;
    this._erasing = false;
  }

  private _receive(typed: number): void {
    const { termios } = this;
    let byte = termios.has('iflag', T.ISTRIP) ? typed & 0x7f : typed;
    if (termios.has('iflag', T.IUCLC) && termios.has('lflag', T.IEXTEN)) byte = lower(byte);
    if (termios.has('lflag', T.EXTPROC)) this.queue.add(byte);
    else if (this._literal) {
      this._literal = false;
      this._ordinary(byte);
    } else if (byte === 0 || !this._special(byte)) this._ordinary(byte);
  }

  /** True: the byte has done its work. */
  private _special(byte: number): boolean {
    const { termios, hooks } = this;
    if (termios.has('iflag', T.IXON)) {
      if (termios.is(byte, T.VSTART)) {
        hooks.start();
        return true;
      }
      if (termios.is(byte, T.VSTOP)) {
        hooks.stop();
        return true;
      }
    }
    if (termios.has('lflag', T.ISIG)) {
      const signo = termios.is(byte, T.VINTR) ? SIGINT : termios.is(byte, T.VQUIT) ? SIGQUIT : termios.is(byte, T.VSUSP) ? SIGTSTP : 0;
      if (signo !== 0) {
        this._signal(signo, byte);
        return true;
      }
    }
    return this._translated(byte);
  }

  private _signal(signo: number, byte: number): void {
    const { termios, hooks } = this;
    const flush = !termios.has('lflag', T.NOFLSH);
    hooks.signal(signo, flush);
    if (flush) {
      this.echo.clear();
      this.clear();
    }
    if (termios.has('iflag', T.IXON)) hooks.start();
    if (termios.has('lflag', T.ECHO)) this.echo.char(byte);
  }

  /** Line ends and editing keys. */
  private _translated(typed: number): boolean {
    const { termios } = this;
    let byte = typed;
    if (byte === CR) {
      if (termios.has('iflag', T.IGNCR)) return true;
      if (termios.has('iflag', T.ICRNL)) byte = LF;
    } else if (byte === LF && termios.has('iflag', T.INLCR)) byte = CR;
    if (termios.canonical && this._edit(byte)) {
      this._anyKeyStarts();
      return true;
    }
    if (byte === typed) return false;
    this._ordinary(byte);
    return true;
  }

  private _anyKeyStarts(): void {
    const { termios, hooks } = this;
    if (hooks.stoppedByKey && termios.has('iflag', T.IXON) && termios.has('iflag', T.IXANY)) hooks.start();
  }

  /** A byte for the reader. */
  private _ordinary(byte: number): void {
    const { termios } = this;
    this._anyKeyStarts();
    if (termios.has('lflag', T.ECHO)) {
      this._finishErasing();
      if (byte === LF) this.echo.raw(LF);
      else {
        this._markColumn();
        this.echo.char(byte);
      }
    }
    this._add(byte);
  }

  private _markColumn(): void {
    if (this.queue.lineEmpty) this.echo.setCanonColumn();
  }

  /** PARMRK marks errors with \377, so a real one is doubled. */
  private _add(byte: number): void {
    if (byte === ALL_ONES && this.termios.has('iflag', T.PARMRK)) this.queue.add(byte);
    this.queue.add(byte);
  }

  // --- canonical mode

  private _edit(byte: number): boolean {
    const { termios, queue } = this;
    const extended = termios.has('lflag', T.IEXTEN);
    const echoes = termios.has('lflag', T.ECHO);
    if (termios.is(byte, T.VERASE)) this._erase('character');
    else if (termios.is(byte, T.VKILL)) this._kill();
    else if (extended && termios.is(byte, T.VWERASE)) this._erase('word');
    else if (extended && termios.is(byte, T.VLNEXT)) this._takeNext();
    else if (extended && echoes && termios.is(byte, T.VREPRINT)) this._reprint(byte);
    else if (byte === LF) {
      if (echoes || termios.has('lflag', T.ECHONL)) this.echo.raw(LF);
      queue.endLine(LF);
    } else if (termios.is(byte, T.VEOF)) queue.endLine();
    else if (termios.is(byte, T.VEOL) || (extended && termios.is(byte, T.VEOL2))) {
      if (echoes) {
        this._markColumn();
        this.echo.char(byte);
      }
      if (byte === ALL_ONES && termios.has('iflag', T.PARMRK)) queue.add(byte);
      queue.endLine(byte);
    } else return false;
    return true;
  }

  private _takeNext(): void {
    const { termios, echo } = this;
    this._literal = true;
    if (!termios.has('lflag', T.ECHO)) return;
    this._finishErasing();
    if (!termios.has('lflag', T.ECHOCTL)) return;
    echo.raw(CARET);
    echo.raw(BACKSPACE);
  }

  private _reprint(byte: number): void {
    const { queue, echo } = this;
    this._finishErasing();
    echo.char(byte);
    echo.raw(LF);
    for (let at = queue.canonHead; at < queue.head; at++) echo.char(queue.at(at));
  }

  private _finishErasing(): void {
    if (!this._erasing) return;
    this.echo.raw(SLASH);
    this._erasing = false;
  }

  private _kill(): void {
    const { termios, queue, echo } = this;
    if (queue.lineEmpty) return;
    const all = T.ECHO | T.ECHOK | T.ECHOKE | T.ECHOE;
    if ((termios.lflag & all) === all) {
      this._erase('line');
      return;
    }
    queue.head = queue.canonHead;
    if (!termios.has('lflag', T.ECHO)) return;
    this._finishErasing();
    echo.char(termios.cc[T.VKILL]);
    if (termios.has('lflag', T.ECHOK)) echo.raw(LF);
  }

  private _erase(what: 'character' | 'word' | 'line'): void {
    const { termios, queue } = this;
    if (queue.lineEmpty) return;
    const echoes = termios.has('lflag', T.ECHO);
    let inWord = false;
    while (!queue.lineEmpty) {
      let at = queue.head - 1;
      while (isContinuation(queue.at(at), termios) && at > queue.canonHead) at--;
      const byte = queue.at(at);
      // A character whose beginning is not there is left alone.
      if (isContinuation(byte, termios)) break;
      if (what === 'word') {
        if (isWord(byte)) inWord = true;
        else if (inWord) break;
      }
      const end = queue.head;
      queue.head = at;
      if (echoes) this._showErased(byte, at, end, what === 'character');
      if (what === 'character') break;
    }
    if (queue.lineEmpty && echoes) this._finishErasing();
  }

  private _showErased(byte: number, at: number, end: number, one: boolean): void {
    const { termios, queue, echo } = this;
    if (termios.has('lflag', T.ECHOPRT)) {
      if (!this._erasing) echo.raw(BACKSLASH);
      this._erasing = true;
      echo.char(byte);
      for (let i = at + 1; i < end; i++) {
        echo.raw(queue.at(i));
        echo.moveBack();
      }
    } else if (one && !termios.has('lflag', T.ECHOE)) echo.char(termios.cc[T.VERASE]);
    else if (byte === TAB) this._eraseTab();
    else {
      const hats = termios.has('lflag', T.ECHOCTL);
      if (isControl(byte) && !hats) return;
      for (let width = isControl(byte) ? 2 : 1; width > 0; width--) {
        echo.raw(BACKSPACE);
        echo.raw(SPACE);
        echo.raw(BACKSPACE);
      }
    }
  }

  /** Columns from the beginning of the line, or from the tab before, tell how wide the tab was. */
  private _eraseTab(): void {
    const { termios, queue } = this;
    let columns = 0;
    let afterTab = false;
    for (let at = queue.head - 1; at >= queue.canonHead && !afterTab; at--) {
      const byte = queue.at(at);
      if (byte === TAB) afterTab = true;
      else if (isControl(byte)) columns += termios.has('lflag', T.ECHOCTL) ? 2 : 0;
      else if (!isContinuation(byte, termios)) columns++;
    }
    this.echo.eraseTab(columns, afterTab);
  }
}
