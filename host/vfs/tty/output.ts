import * as T from './termios.js';

export const LF = 10;
export const CR = 13;
export const TAB = 9;
export const BACKSPACE = 8;
export const SPACE = 32;
const DEL = 127;
const TAB_COLUMNS = 8;

/** The most bytes that one byte of a program becomes: a tab. */
export const EXPANSION_BYTES_MAX = TAB_COLUMNS;

export function isControl(byte: number): boolean {
  return byte < SPACE || byte === DEL;
}

/** A byte of a UTF-8 character that is not its first. */
export function isContinuation(byte: number, termios: T.Termios): boolean {
  return termios.has('iflag', T.IUTF8) && (byte & 0xc0) === 0x80;
}

/** What the terminal makes of a program's bytes (OPOST), and the column where the cursor then is. */
export class Output {
  column = 0;
  /** Where the line being edited begins: what erasing a tab goes back to. */
  canonColumn = 0;

  constructor(
    readonly termios: T.Termios,
    /** What is beyond does the same: bytes go out as they are, only the column is kept. */
    private readonly beyond: { readonly processesOutput: boolean },
  ) {}

  /** Appends what `byte` becomes. */
  process(byte: number, out: number[]): void {
    if (!this.beyond.processesOutput) this._translate(byte, out);
    else {
      this._translate(byte, []);
      out.push(byte);
    }
  }

  private _translate(byte: number, out: number[]): void {
    const { termios } = this;
    switch (byte) {
      case LF:
        if (termios.has('oflag', T.ONLRET)) this.column = 0;
        if (termios.has('oflag', T.ONLCR)) {
          this.column = 0;
          out.push(CR);
        }
        this.canonColumn = this.column;
        break;
      case CR:
        if (termios.has('oflag', T.ONOCR) && this.column === 0) return;
        if (termios.has('oflag', T.OCRNL)) {
          if (termios.has('oflag', T.ONLRET)) this.canonColumn = this.column = 0;
          out.push(LF);
          return;
        }
        this.canonColumn = this.column = 0;
        break;
      case TAB: {
        const spaces = TAB_COLUMNS - (this.column & (TAB_COLUMNS - 1));
        this.column += spaces;
        if ((termios.oflag & T.TABDLY) !== T.XTABS) break;
        for (let i = 0; i < spaces; i++) out.push(SPACE);
        return;
      }
      case BACKSPACE:
        this.back();
        break;
      default:
        if (isControl(byte)) break;
        if (!isContinuation(byte, termios)) this.column++;
        if (termios.has('oflag', T.OLCUC)) byte = upper(byte);
    }
    out.push(byte);
  }

  back(): void {
    if (this.column > 0) this.column--;
  }
}

/** Letters as the kernel knows them: those of Latin-1. */
function isLatin(byte: number): boolean {
  return byte >= 0xc0 && byte !== 0xd7 && byte !== 0xf7;
}

function upper(byte: number): number {
  return (byte >= 0x61 && byte <= 0x7a) || (isLatin(byte) && byte >= 0xe0 && byte !== 0xff) ? byte - 0x20 : byte;
}

export function lower(byte: number): number {
  return (byte >= 0x41 && byte <= 0x5a) || (isLatin(byte) && byte < 0xdf) ? byte + 0x20 : byte;
}

/** Part of a word, for the key that erases one. */
export function isWord(byte: number): boolean {
  const letter = byte | 0x20;
  return (byte >= 0x30 && byte <= 0x39) || (letter >= 0x61 && letter <= 0x7a && byte < 0x80) || byte === 0x5f || isLatin(byte);
}
