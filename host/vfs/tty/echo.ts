import { BACKSPACE, type Output } from './output.js';
import { ECHOCTL, OPOST } from './termios.js';

/** Operations that wait, as Linux: beyond it the oldest are lost. */
const PENDING_MAX = 4096;
/* An operation is a byte to show, or one of these and its operand. */
const HAT = 0x100;
const SET_CANON_COLUMN = 0x200;
const MOVE_BACK = 0x300;
const ERASE_TAB = 0x400;
/** Of ERASE_TAB's operand: the count began behind another tab. */
const AFTER_TAB = 0x80;
const CARET = 0x5e;

/**
 * What typing shows. It waits here while the screen is stopped or full, and is turned into bytes only when it goes out, since columns are
 * known only then.
 */
export class Echo {
  private _pending: number[] = [];

  constructor(readonly output: Output) {}

  private _add(operation: number): void {
    this._pending.push(operation);
    if (this._pending.length > PENDING_MAX) this._pending.shift();
  }

  raw(byte: number): void {
    this._add(byte);
  }

  /** A control character as ^X when the modes say so. */
  char(byte: number): void {
    const hat = this.output.termios.has('lflag', ECHOCTL) && (byte < 32 || byte === 127) && byte !== 9;
    this._add(hat ? HAT | byte : byte);
  }

  setCanonColumn(): void {
    this._add(SET_CANON_COLUMN);
  }

  moveBack(): void {
    this._add(MOVE_BACK);
  }

  eraseTab(columns: number, afterTab: boolean): void {
    this._add(ERASE_TAB | (columns & 7) | (afterTab ? AFTER_TAB : 0));
  }

  clear(): void {
    this._pending = [];
  }

  get empty(): boolean {
    return this._pending.length === 0;
  }

  /** The bytes of the next operations, at most `room` of them. */
  take(room: number): Uint8Array {
    const out: number[] = [];
    let done = 0;
    for (const operation of this._pending) {
      const piece: number[] = [];
      const { column, canonColumn } = this.output;
      this._perform(operation, piece);
      if (out.length + piece.length > room) {
        Object.assign(this.output, { column, canonColumn });
        break;
      }
      out.push(...piece);
      done++;
    }
    if (done > 0) this._pending.splice(0, done);
    return Uint8Array.from(out);
  }

  private _perform(operation: number, out: number[]): void {
    const { output } = this;
    switch (operation & ~0xff) {
      case HAT:
        out.push(CARET, (operation & 0xff) ^ 0x40);
        output.column += 2;
        break;
      case SET_CANON_COLUMN:
        output.canonColumn = output.column;
        break;
      case MOVE_BACK:
        output.back();
        break;
      case ERASE_TAB: {
        const columns = (operation & 0x7f) + ((operation & AFTER_TAB) !== 0 ? 0 : output.canonColumn);
        for (let i = 8 - (columns & 7); i > 0; i--) {
          out.push(BACKSPACE);
          output.back();
        }
        break;
      }
      default:
        if (output.termios.has('oflag', OPOST)) output.process(operation, out);
        else out.push(operation);
    }
  }
}
