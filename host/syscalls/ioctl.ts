import { ENOTTY } from '../../assembly/shared/errno.js';
import type { Thread } from '../kernel/thread.js';
import { O_NONBLOCK } from '../linux/fcntl.js';
import * as I from '../linux/ioctl.js';
import { TtyFile } from '../vfs/tty/ttyfile.js';
import { canNotify, setAsync } from './async.js';
import { row } from './row.js';
import { terminalIoctl } from './terminal.js';

/** ioctl(2): what is the descriptor's own business is done here, the rest is the file's; what it does not know is ENOTTY. */
function ioctl(t: Thread, fd: number, command: number, argument: number): number {
  const file = t.files.get(fd);
  switch (command >>> 0) {
    case I.FIOCLEX:
      t.files.setCloexec(fd, true);
      return 0;
    case I.FIONCLEX:
      t.files.setCloexec(fd, false);
      return 0;
    case I.FIONBIO:
      if (t.user.readI32(argument) !== 0) file.flags |= O_NONBLOCK;
      else file.flags &= ~O_NONBLOCK;
      return 0;
    case I.FIOASYNC:
      if (!canNotify(file)) return t.user.readI32(argument) === 0 ? 0 : -ENOTTY;
      setAsync(t, file, fd, t.user.readI32(argument) !== 0);
      return 0;
    default:
      if (file instanceof TtyFile) return terminalIoctl(t, file, command >>> 0, argument);
      return file.ioctl(command >>> 0, argument, t.user);
  }
}

export const ioctlRows = [
  row(29, 'ioctl', ['fd', 'enum:ioctl', 'long'], ioctl, {
    partial: 'terminals, pipes, userfaultfd, frame buffers; FIONREAD, FIONBIO, FIOCLEX, FIONCLEX, FIGETBSZ, FIOQSIZE; others ENOTTY',
  }),
];
