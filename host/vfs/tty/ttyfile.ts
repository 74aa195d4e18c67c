/** What the two ends of a terminal share as open files: the commands of ioctl_tty(2) that do not depend on who asks. */
import { EINVAL, ENOTTY } from '../../../assembly/shared/errno.js';
import type { UserMemory } from '../../core/user.js';
import { SysError } from '../../linux/error.js';
import * as I from '../../linux/ioctl.js';
import { type Inode, OpenFile } from '../types.js';
import { CLOCAL, TERMIO_BYTES, TERMIOS_BYTES, TERMIOS2_BYTES, VSTART, VSTOP } from './termios.js';
import type { Tty } from './tty.js';

const TCIFLUSH = 0;
const TCOFLUSH = 1;
const TCIOFLUSH = 2;
const TCOOFF = 0;
const TCOON = 1;
const TCIOFF = 2;
const TCION = 3;

/** How a command writes the modes: how many bytes, and whether it drops what has been typed. */
interface ModeChange {
  readonly bytes: number;
  readonly flush: boolean;
}

const MODE_CHANGES: ReadonlyMap<number, ModeChange> = new Map([
  [I.TCSETS, { bytes: TERMIOS_BYTES, flush: false }],
  [I.TCSETSW, { bytes: TERMIOS_BYTES, flush: false }],
  [I.TCSETSF, { bytes: TERMIOS_BYTES, flush: true }],
  [I.TCSETS2, { bytes: TERMIOS2_BYTES, flush: false }],
  [I.TCSETSW2, { bytes: TERMIOS2_BYTES, flush: false }],
  [I.TCSETSF2, { bytes: TERMIOS2_BYTES, flush: true }],
  [I.TCSETA, { bytes: TERMIO_BYTES, flush: false }],
  [I.TCSETAW, { bytes: TERMIO_BYTES, flush: false }],
  [I.TCSETAF, { bytes: TERMIO_BYTES, flush: true }],
]);

const MODES_READ: ReadonlyMap<number, number> = new Map([
  [I.TCGETS, TERMIOS_BYTES],
  [I.TCGETS2, TERMIOS2_BYTES],
  [I.TCGETA, TERMIO_BYTES],
]);

/** Commands that a process in the background may not give (SIGTTOU): they change how the terminal behaves. */
export function changesTerminal(command: number): boolean {
  return (
    MODE_CHANGES.has(command) ||
    [I.TCFLSH, I.TCXONC, I.TCSBRK, I.TCSBRKP, I.TIOCSBRK, I.TIOCCBRK, I.TIOCSETD, I.TIOCSSOFTCAR].includes(command)
  );
}

export abstract class TtyFile extends OpenFile {
  constructor(
    inode: Inode,
    readonly terminal: Tty,
    flags: number,
  ) {
    super(inode, flags);
  }

  override get stream(): boolean {
    return true;
  }

  /** FIONREAD */
  protected abstract get readable(): number;
  protected abstract discard(input: boolean, output: boolean): void;

  override ioctl(command: number, argument: number, user: UserMemory): number {
    const { terminal } = this;
    const change = MODE_CHANGES.get(command);
    if (change !== undefined) return this._setModes(user.read(argument, change.bytes), change.flush);
    const size = MODES_READ.get(command);
    if (size !== undefined) {
      user.write(argument, terminal.termios.encode(size));
      return 0;
    }
    switch (command) {
      case I.TIOCGWINSZ:
        return this._readWindowSize(argument, user);
      case I.TIOCSWINSZ:
        return this._writeWindowSize(argument, user);
      case I.TIOCGPGRP:
        user.writeU32(argument, terminal.foreground);
        return 0;
      case I.TIOCGSID:
        if (terminal.session === 0) throw new SysError(ENOTTY);
        user.writeU32(argument, terminal.session);
        return 0;
      case I.FIONREAD:
        user.writeU32(argument, this.readable);
        return 0;
      case I.TIOCOUTQ:
      case I.TIOCGETD:
        user.writeU32(argument, 0);
        return 0;
      case I.TIOCSETD:
        if (user.readI32(argument) !== 0) throw new SysError(EINVAL);
        return 0;
      case I.TCFLSH:
        if (argument !== TCIFLUSH && argument !== TCOFLUSH && argument !== TCIOFLUSH) throw new SysError(EINVAL);
        this.discard(argument !== TCOFLUSH, argument !== TCIFLUSH);
        return 0;
      case I.TCXONC:
        return this._flow(argument);
      case I.TIOCEXCL:
      case I.TIOCNXCL:
        terminal.exclusive = command === I.TIOCEXCL;
        return 0;
      case I.TIOCGEXCL:
        user.writeU32(argument, terminal.exclusive ? 1 : 0);
        return 0;
      case I.TIOCGSOFTCAR:
        user.writeU32(argument, (terminal.termios.cflag & CLOCAL) !== 0 ? 1 : 0);
        return 0;
      case I.TIOCSSOFTCAR:
        if (user.readI32(argument) !== 0) terminal.termios.cflag |= CLOCAL;
        else terminal.termios.cflag &= ~CLOCAL;
        return 0;
      // Output has gone out already, and there is no line to break.
      case I.TCSBRK:
      case I.TCSBRKP:
      case I.TIOCSBRK:
      case I.TIOCCBRK:
        return 0;
      default:
        throw new SysError(ENOTTY);
    }
  }

  private _setModes(bytes: Uint8Array, flush: boolean): number {
    if (flush) this.terminal.flushInput();
    this.terminal.setModes(bytes);
    return 0;
  }

  private _flow(action: number): number {
    const { terminal } = this;
    switch (action) {
      case TCOOFF:
      case TCOON:
        terminal.suspendOutput(action === TCOOFF);
        return 0;
      case TCIOFF:
      case TCION:
        terminal.sendControl(action === TCIOFF ? VSTOP : VSTART);
        return 0;
      default:
        throw new SysError(EINVAL);
    }
  }

  private _readWindowSize(address: number, user: UserMemory): number {
    const { rows, columns, pixelWidth = 0, pixelHeight = 0 } = this.terminal.windowSize;
    user.write(address, new Uint8Array(Uint16Array.of(rows, columns, pixelWidth, pixelHeight).buffer));
    return 0;
  }

  private _writeWindowSize(address: number, user: UserMemory): number {
    const view = new DataView(user.read(address, 8).buffer);
    const [rows, columns, pixelWidth, pixelHeight] = [0, 2, 4, 6].map((at) => view.getUint16(at, true));
    this.terminal.setWindowSize({ rows, columns, pixelWidth, pixelHeight });
    return 0;
  }
}
