/** A terminal as open files: the descriptors 0, 1, 2 of an interactive run, /dev/tty, /dev/console (ioctl_tty(2)). */
import { EBADF, EINVAL, EIO, ENOTTY } from '../../assembly/shared/errno.js';
import type { UserMemory } from '../core/user.js';
import { SysError } from '../linux/error.js';
import { O_ACCMODE, O_RDONLY, O_RDWR, O_WRONLY } from '../linux/fcntl.js';
import * as I from '../linux/ioctl.js';
import { POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../linux/poll.js';
import { makeDev, S_IFCHR } from '../linux/stat.js';
import { AnonymousInode, anonymousFileSystems, placeAnonymous } from './anonymous.js';
import { PathContext } from './context.js';
import { mknod } from './names.js';
import type { Namespace } from './namespace.js';
import { open } from './open.js';
import type { Terminal } from './terminal.js';
import { TERMIOS_BYTES, TERMIOS2_BYTES } from './termios.js';
import { type Credentials, type Inode, type IoBuffer, OpenFile } from './types.js';
import type { WaitQueue } from './wait.js';

const TCIFLUSH = 0;
const TCOFLUSH = 1;
const TCIOFLUSH = 2;

export class TerminalFile extends OpenFile {
  constructor(
    inode: Inode,
    readonly terminal: Terminal,
    flags: number,
  ) {
    super(inode, flags);
  }

  override get stream(): boolean {
    return true;
  }

  override get queue(): WaitQueue {
    return this.terminal.queue;
  }

  override read(to: IoBuffer): number {
    return (this.flags & O_ACCMODE) === O_WRONLY ? -EBADF : this.terminal.read(to);
  }

  override write(from: IoBuffer): number {
    if ((this.flags & O_ACCMODE) === O_RDONLY) return -EBADF;
    return from.remaining === 0 ? 0 : this.terminal.write(from);
  }

  override poll(): number {
    const { terminal } = this;
    let events = terminal.canWrite ? POLLOUT | POLLWRNORM : 0;
    if (terminal.hasInput) events |= POLLIN | POLLRDNORM;
    else terminal.want();
    if (terminal.host.input?.ended) events |= POLLHUP;
    return events;
  }

  /** Who may ask for a process group is job control's: the system call looks at that before it comes here. */
  override ioctl(command: number, argument: number, user: UserMemory): number {
    const { terminal } = this;
    switch (command) {
      case I.TCGETS:
        user.write(argument, terminal.termios.encode(TERMIOS_BYTES));
        return 0;
      case I.TCGETS2:
        user.write(argument, terminal.termios.encode(TERMIOS2_BYTES));
        return 0;
      case I.TCSETS:
      case I.TCSETSW:
      case I.TCSETSF:
        return this.#setModes(user.read(argument, TERMIOS_BYTES), command === I.TCSETSF);
      case I.TCSETS2:
      case I.TCSETS2 + 1:
      case I.TCSETS2 + 2:
        return this.#setModes(user.read(argument, TERMIOS2_BYTES), command === I.TCSETS2 + 2);
      case I.TIOCGWINSZ:
        return this.#readWindowSize(argument, user);
      case I.TIOCSWINSZ:
        return this.#writeWindowSize(argument, user);
      case I.TIOCGPGRP:
        user.writeU32(argument, terminal.foreground);
        return 0;
      case I.TIOCSPGRP: {
        const group = user.readI32(argument);
        if (group < 0) throw new SysError(EINVAL);
        terminal.foreground = group;
        return 0;
      }
      case I.TIOCGSID:
        if (terminal.session === 0) throw new SysError(ENOTTY);
        user.writeU32(argument, terminal.session);
        return 0;
      case I.FIONREAD:
        user.writeU32(argument, terminal.readable);
        return 0;
      case I.TIOCOUTQ:
      case I.TIOCGETD:
        user.writeU32(argument, 0);
        return 0;
      case I.TCFLSH:
        if (argument !== TCIFLUSH && argument !== TCOFLUSH && argument !== TCIOFLUSH) throw new SysError(EINVAL);
        if (argument !== TCOFLUSH) terminal.flushInput();
        return 0;
      case I.TCSBRK:
      case I.TCSBRKP:
      case I.TIOCEXCL:
      case I.TIOCNXCL:
        return 0;
      case I.TIOCSTI:
        throw new SysError(EIO);
      default:
        throw new SysError(ENOTTY);
    }
  }

  /** Output has gone out already, so waiting for it (W) is done. */
  #setModes(bytes: Uint8Array, flush: boolean): number {
    if (flush) this.terminal.flushInput();
    this.terminal.setModes(bytes);
    this.terminal.want();
    return 0;
  }

  #readWindowSize(address: number, user: UserMemory): number {
    const { rows, columns, pixelWidth = 0, pixelHeight = 0 } = this.terminal.windowSize;
    user.write(address, new Uint8Array(Uint16Array.of(rows, columns, pixelWidth, pixelHeight).buffer));
    return 0;
  }

  #writeWindowSize(address: number, user: UserMemory): number {
    const view = new DataView(user.read(address, 8).buffer);
    const [rows, columns, pixelWidth, pixelHeight] = [0, 2, 4, 6].map((at) => view.getUint16(at, true));
    this.terminal.setWindowSize({ rows, columns, pixelWidth, pixelHeight });
    return 0;
  }
}

class TerminalInode extends AnonymousInode {
  constructor(
    namespace: Namespace,
    readonly terminal: Terminal,
  ) {
    super(namespace.env, anonymousFileSystems(namespace.env).others, S_IFCHR | 0o620);
    this.rdev = terminal.rdev;
  }

  override open(flags: number): OpenFile {
    return new TerminalFile(this, this.terminal, flags);
  }
}

const TTY = makeDev(5, 0);
const CONSOLE = makeDev(5, 1);
const TERMINAL_NAME = 'pts/0';
const TERMINAL_PATH = '/dev/pts/0';
const ROOT: Credentials = { uid: 0, gid: 0, groups: [] };

/**
 * Makes `terminal` the machine's: /dev/tty, /dev/console and its own device number open it, and when /dev is mounted it gets its name
 * there, so that ttyname(3) finds it. Returns a file for descriptors; retainFile for more than one.
 */
export function installTerminal(namespace: Namespace, terminal: Terminal): OpenFile {
  const { devices } = namespace.env;
  const driver = (inode: Inode, flags: number): OpenFile => new TerminalFile(inode, terminal, flags);
  devices.registerCharacter(TTY, { name: 'tty', open: driver });
  devices.registerCharacter(CONSOLE, { name: 'console', open: driver });
  devices.registerCharacter(terminal.rdev, { name: TERMINAL_NAME, open: driver });
  const ctx = PathContext.create(namespace, ROOT);
  try {
    mknod(ctx, ctx.root, TERMINAL_PATH, S_IFCHR | 0o620, terminal.rdev);
    return open(ctx, ctx.root, TERMINAL_PATH, O_RDWR);
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    // No /dev, or one that can't take it: a terminal without a name works as well.
    const inode = new TerminalInode(namespace, terminal);
    return placeAnonymous(namespace, inode.open(O_RDWR), TERMINAL_PATH);
  }
}
