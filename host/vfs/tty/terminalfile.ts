/** A terminal as an open file: a slave of a pseudo-terminal, or the host's terminal. */
import { EBADF, EBUSY, EIO, ENOTTY, ENXIO } from '../../../assembly/shared/errno.js';
import type { UserMemory } from '../../core/user.js';
import { SysError } from '../../linux/error.js';
import { O_ACCMODE, O_RDONLY, O_WRONLY } from '../../linux/fcntl.js';
import { TIOCGDEV, TIOCSPGRP } from '../../linux/ioctl.js';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../../linux/poll.js';
import { CAP_SYS_ADMIN, capable } from '../access.js';
import type { DeviceDriver } from '../devices.js';
import { type Credentials, type Inode, type IoBuffer, OpenFile } from '../types.js';
import type { WaitQueue } from '../wait.js';
import { PtySlave } from './pty.js';
import type { Tty } from './tty.js';
import { TtyFile } from './ttyfile.js';

const HUNG_UP_EVENTS = POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM | POLLERR | POLLHUP;

export class TerminalFile extends TtyFile {
  private readonly _connection: number;

  constructor(inode: Inode, terminal: Tty, flags: number) {
    super(inode, terminal, flags);
    this._connection = terminal.connection;
    if (terminal instanceof PtySlave) terminal.opened();
  }

  override get queue(): WaitQueue {
    return this.terminal.queue;
  }

  /** The terminal was hung up since the file was opened: it leads nowhere. */
  get hungUp(): boolean {
    return this._connection !== this.terminal.connection;
  }

  override read(to: IoBuffer): number {
    if ((this.flags & O_ACCMODE) === O_WRONLY) return -EBADF;
    return this.hungUp ? 0 : this.terminal.read(to);
  }

  override write(from: IoBuffer): number {
    if ((this.flags & O_ACCMODE) === O_RDONLY) return -EBADF;
    if (this.hungUp) return -EIO;
    return from.remaining === 0 ? 0 : this.terminal.write(from);
  }

  override poll(): number {
    const { terminal } = this;
    if (this.hungUp) return HUNG_UP_EVENTS;
    let events = terminal.canWrite ? POLLOUT | POLLWRNORM : 0;
    if (terminal.pollsIn) events |= POLLIN | POLLRDNORM;
    else terminal.want();
    if (terminal.ended !== undefined) events |= POLLHUP;
    return events;
  }

  override ioctl(command: number, argument: number, user: UserMemory): number {
    if (this.hungUp) throw new SysError(command === TIOCSPGRP ? ENOTTY : EIO);
    if (command !== TIOCGDEV) return super.ioctl(command, argument, user);
    user.writeU32(argument, this.terminal.rdev);
    return 0;
  }

  protected override get readable(): number {
    return this.terminal.readable;
  }

  protected override discard(input: boolean, output: boolean): void {
    if (input) this.terminal.flushInput();
    if (output) this.terminal.flushOutput();
  }

  override close(): void {
    if (this.terminal instanceof PtySlave) this.terminal.closed();
  }
}

/** Opens a terminal. EIO: a pseudo-terminal whose master has not unlocked it, or is gone; EBUSY: TIOCEXCL. */
export function openTerminal(inode: Inode, terminal: Tty, flags: number, cred?: Credentials): TerminalFile {
  if (terminal instanceof PtySlave && (terminal.locked || terminal.masterClosed)) throw new SysError(EIO);
  if (terminal.exclusive && !(cred !== undefined && capable(cred, CAP_SYS_ADMIN))) throw new SysError(EBUSY);
  return new TerminalFile(inode, terminal, flags);
}

/**
 * /dev/tty as its driver opens it. Which terminal that is depends on the process: the system call puts a TerminalFile in its place. A
 * caller that is no process has no terminal.
 */
export class CurrentTerminalFile extends OpenFile {
  override read(): number {
    return -ENXIO;
  }

  override write(): number {
    return -ENXIO;
  }
}

/** What stands behind the number of a terminal. */
export class TerminalDriver implements DeviceDriver {
  constructor(
    readonly name: string,
    readonly terminal: Tty,
  ) {}

  open(inode: Inode, flags: number, cred?: Credentials): OpenFile {
    return openTerminal(inode, this.terminal, flags, cred);
  }
}
