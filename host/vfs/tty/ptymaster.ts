import { EBADF, EINVAL } from '../../../assembly/shared/errno.js';
import type { UserMemory } from '../../core/user.js';
import { SysError } from '../../linux/error.js';
import { O_ACCMODE, O_RDONLY, O_WRONLY } from '../../linux/fcntl.js';
import * as I from '../../linux/ioctl.js';
import { POLLHUP, POLLIN, POLLOUT, POLLPRI, POLLRDNORM, POLLWRNORM } from '../../linux/poll.js';
import { SIGINT, SIGQUIT, SIGTSTP } from '../../linux/signal.js';
import { makeDev } from '../../linux/stat.js';
import type { Inode, IoBuffer } from '../types.js';
import type { WaitQueue } from '../wait.js';
import type { PtySlave } from './pty.js';
import { TtyFile } from './ttyfile.js';

/** TIOCSIG sends what keys send. */
const KEY_SIGNALS = [SIGINT, SIGQUIT, SIGTSTP];
const PTM_MAJOR = 128;

/** An open /dev/ptmx: the keys and the screen of one slave. Closing it hangs the slave up. */
export class PtyMaster extends TtyFile {
  constructor(
    inode: Inode,
    readonly slave: PtySlave,
    flags: number,
  ) {
    super(inode, slave, flags);
  }

  override get queue(): WaitQueue {
    return this.slave.masterQueue;
  }

  override read(to: IoBuffer): number {
    return (this.flags & O_ACCMODE) === O_WRONLY ? -EBADF : this.slave.masterRead(to);
  }

  override write(from: IoBuffer): number {
    return (this.flags & O_ACCMODE) === O_RDONLY ? -EBADF : this.slave.masterWrite(from);
  }

  override poll(): number {
    const { slave } = this;
    let events = slave.masterRoom > 0 ? POLLOUT | POLLWRNORM : 0;
    if (slave.masterHasInput) events |= POLLIN | POLLRDNORM;
    if (slave.masterHasStatus) events |= POLLPRI;
    if (slave.abandoned) events |= POLLHUP;
    return events;
  }

  protected override get readable(): number {
    return this.slave.masterReadable;
  }

  protected override discard(input: boolean, output: boolean): void {
    this.slave.masterFlush(input, output);
  }

  override ioctl(command: number, argument: number, user: UserMemory): number {
    const { slave } = this;
    switch (command) {
      case I.TIOCGPTN:
        user.writeU32(argument, slave.index);
        return 0;
      case I.TIOCSPTLCK:
        slave.locked = user.readI32(argument) !== 0;
        return 0;
      case I.TIOCGPTLCK:
        user.writeU32(argument, slave.locked ? 1 : 0);
        return 0;
      case I.TIOCPKT:
        slave.setPacket(user.readI32(argument) !== 0);
        return 0;
      case I.TIOCGPKT:
        user.writeU32(argument, slave.packet ? 1 : 0);
        return 0;
      case I.TIOCSIG:
        if (!KEY_SIGNALS.includes(argument)) throw new SysError(EINVAL);
        slave.signal(argument, false);
        return 0;
      case I.TIOCGDEV:
        user.writeU32(argument, makeDev(PTM_MAJOR, slave.index));
        return 0;
      default:
        return super.ioctl(command, argument, user);
    }
  }

  override close(): void {
    this.slave.masterClose();
  }
}
