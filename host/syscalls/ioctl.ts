import { ENOTTY } from '../../assembly/shared/errno.js';
import { acquireTerminal, giveUpTerminal, refuseControl, setForeground } from '../kernel/terminal.js';
import type { Thread } from '../kernel/thread.js';
import { O_NONBLOCK } from '../linux/fcntl.js';
import * as I from '../linux/ioctl.js';
import { TerminalFile } from '../vfs/terminalfile.js';
import { row } from './row.js';

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
      // Turning off what is never on.
      return t.user.readI32(argument) === 0 ? 0 : -ENOTTY;
    default:
      if (file instanceof TerminalFile) return terminalIoctl(t, file, command >>> 0, argument);
      return file.ioctl(command >>> 0, argument, t.user);
  }
}

/** What depends on who asks is job control's; the rest is the terminal's. */
function terminalIoctl(t: Thread, file: TerminalFile, command: number, argument: number): number {
  const { terminal } = file;
  switch (command) {
    case I.TIOCGPGRP:
    case I.TIOCGSID:
      if (t.process.terminal !== terminal) return -ENOTTY;
      break;
    case I.TIOCSPGRP:
      return setForeground(t, terminal, t.user.readI32(argument));
    case I.TIOCSCTTY:
      return acquireTerminal(t, terminal, argument === 1);
    case I.TIOCNOTTY:
      return giveUpTerminal(t, terminal);
    case I.TCSETS:
    case I.TCSETSW:
    case I.TCSETSF:
    case I.TCSETS2:
    case I.TCSETS2 + 1:
    case I.TCSETS2 + 2:
    case I.TCFLSH:
    case I.TCSBRK:
    case I.TCSBRKP: {
      const refused = refuseControl(t, terminal);
      if (refused !== 0) return refused;
      break;
    }
  }
  return file.ioctl(command, argument, t.user);
}

export const ioctlRows = [
  row(29, 'ioctl', ['fd', 'enum:ioctl', 'long'], ioctl, {
    partial: 'the commands of terminals and pipes, FIONREAD, FIONBIO, FIOCLEX, FIONCLEX, FIGETBSZ, FIOQSIZE; others ENOTTY',
  }),
];
