/** Terminals: what depends on who asks is job control's, what depends on time is here; the rest is the terminal's. */
import { EAGAIN, EINVAL, EIO, ENOTTY, EPERM } from '../../assembly/shared/errno.js';
import { CAP_SYS_ADMIN, CAP_SYS_TTY_CONFIG, hasCapability } from '../kernel/credentials.js';
import { acquireTerminal, giveUpTerminal, refuseControl, refuseRead, setForeground } from '../kernel/terminal.js';
import { BLOCKED, type Thread } from '../kernel/thread.js';
import * as F from '../linux/fcntl.js';
import * as I from '../linux/ioctl.js';
import { Location } from '../vfs/dentry.js';
import { fileOpened } from '../vfs/notify.js';
import { DevptsFileSystem } from '../vfs/tty/devpts.js';
import { mountedDevpts } from '../vfs/tty/install.js';
import { PtyMaster } from '../vfs/tty/ptymaster.js';
import { openTerminal, TerminalFile } from '../vfs/tty/terminalfile.js';
import { VMIN, VTIME } from '../vfs/tty/termios.js';
import { changesTerminal, type TtyFile } from '../vfs/tty/ttyfile.js';
import type { UserBuffer } from './iobuffer.js';
import { descriptorLimit } from './lookup.js';
import { row } from './row.js';

const TENTH_NS = 1e8;
/** Linux reads terminals in pieces of this size, and is content with one when VMIN is more. */
const PIECE_BYTES = 64;

/** A read of a terminal that has slept: bytes that are in the buffer already, and when the timer between bytes runs out. */
interface ReadProgress {
  readonly done: number;
  readonly deadline: number;
}

/**
 * read(2) of a terminal. Canonical mode: a line. Else VMIN bytes, VTIME tenths of a second after the last one, or, without VMIN, whatever
 * comes within VTIME of the beginning (termios(3)).
 */
export function readTerminal(t: Thread, file: TerminalFile, buffer: UserBuffer, mayBlock: boolean): number {
  const { terminal } = file;
  if (!t.resumed) {
    const refused = file.hungUp ? 0 : refuseRead(t, terminal);
    if (refused !== 0) return refused;
  } else if (file.hungUp) return -EIO;
  if (buffer.remaining === 0) return 0;
  const progress = (t.scratch as ReadProgress | undefined) ?? { done: 0, deadline: Number.POSITIVE_INFINITY };
  let { done, deadline } = progress;
  if (done > 0) buffer.skip(done);
  const lines = terminal.discipline.lines;
  const { cc } = terminal.termios;
  const minimum = lines ? 1 : Math.min(Math.max(cc[VMIN], 1), PIECE_BYTES);
  if (!lines && cc[VMIN] > PIECE_BYTES) buffer.limit(PIECE_BYTES - done);
  const timerNs = lines ? 0 : cc[VTIME] * TENTH_NS;
  if (!lines && cc[VMIN] === 0) deadline = t.deadline(timerNs);
  for (;;) {
    const count = file.read(buffer);
    if (count > 0) {
      done += count;
      if (done >= minimum || buffer.remaining === 0) return done;
      if (timerNs > 0) deadline = t.kernel.now() + timerNs;
      continue;
    }
    if (count !== -EAGAIN) return done > 0 ? done : count === 0 && buffer.fault !== 0 ? -buffer.fault : count;
    if (t.kernel.now() >= deadline) return done;
    if (!mayBlock) return done > 0 ? done : -EAGAIN;
    const result = t.sleep({ queues: [file.queue], deadline });
    if (result !== BLOCKED) return done > 0 ? done : result;
    t.scratch = { done, deadline };
    return result;
  }
}

export function terminalIoctl(t: Thread, file: TtyFile, command: number, argument: number): number {
  const { terminal } = file;
  if (file instanceof TerminalFile && file.hungUp) return file.ioctl(command, argument, t.user);
  switch (command) {
    case I.TIOCGPGRP:
    case I.TIOCGSID:
      if (file instanceof TerminalFile && t.process.terminal !== terminal) return -ENOTTY;
      break;
    case I.TIOCSPGRP:
      return setForeground(t, terminal, () => t.user.readI32(argument));
    case I.TIOCSCTTY:
      return acquireTerminal(t, terminal, argument === 1, (file.flags & F.O_ACCMODE) !== F.O_WRONLY);
    case I.TIOCNOTTY:
      return file instanceof TerminalFile ? giveUpTerminal(t, terminal) : -ENOTTY;
    case I.TIOCSTI:
      return insert(t, file, argument);
    case I.TIOCVHANGUP:
      if (!hasCapability(t.cred, CAP_SYS_ADMIN)) return -EPERM;
      terminal.hangUp();
      return 0;
    case I.TIOCGPTPEER:
      return file instanceof PtyMaster ? openPeer(t, file, argument) : -EIO;
    default:
      if (changesTerminal(command) && file instanceof TerminalFile) {
        const refused = refuseControl(t, terminal);
        if (refused !== 0) return refused;
      }
  }
  return file.ioctl(command, argument, t.user);
}

/** TIOCSTI: a hole that Linux closes (dev.tty.legacy_tiocsti=0) to all but the privileged. */
function insert(t: Thread, file: TtyFile, address: number): number {
  if (!hasCapability(t.cred, CAP_SYS_ADMIN) || !(file instanceof TerminalFile)) return -EIO;
  const [byte] = t.user.read(address, 1);
  file.terminal.type(byte);
  return 0;
}

const PEER_FLAGS = F.O_ACCMODE | F.O_NOCTTY | F.O_NONBLOCK | F.O_CLOEXEC;

/** TIOCGPTPEER: the slave, without its name. */
function openPeer(t: Thread, master: PtyMaster, flags: number): number {
  if ((flags & ~(PEER_FLAGS | F.O_LARGEFILE)) !== 0) return -EINVAL;
  t.files.requireFree(1, descriptorLimit(t));
  const { namespace } = t.fs;
  const { slave } = master;
  const name = String(slave.index);
  const devpts = mountedDevpts(namespace);
  const inode = devpts?.find(name) ?? master.inode;
  const file = openTerminal(inode, slave, (flags & (F.O_ACCMODE | F.O_NONBLOCK)) | F.O_LARGEFILE, t.cred);
  const mount = namespace.mounts.find(({ fs }) => fs instanceof DevptsFileSystem);
  const dentry = mount?.root.child(name);
  if (mount !== undefined && dentry !== undefined) file.location = new Location(mount, dentry);
  file.path = `/dev/pts/${name}`;
  fileOpened(file);
  return t.files.install(file, (flags & F.O_CLOEXEC) !== 0, 0, descriptorLimit(t));
}

/** vhangup(2): the terminal of the process, if it has one. */
function vhangup(t: Thread): number {
  if (!hasCapability(t.cred, CAP_SYS_TTY_CONFIG)) return -EPERM;
  t.process.terminal?.hangUp();
  return 0;
}

export const terminalRows = [row(58, 'vhangup', [], vhangup)];
