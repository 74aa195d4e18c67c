/**
 * Job control (credentials(7), tty_ioctl(4)): which processes may use the terminal that controls their session, and what stops the
 * others.
 */

import { EINVAL, EIO, ENOTTY, ENXIO, EPERM, ESRCH } from '../../assembly/shared/errno.js';
import { bound } from '../linux/bound.js';
import { SysError } from '../linux/error.js';
import { O_ACCMODE, O_NOCTTY, O_WRONLY } from '../linux/fcntl.js';
import { SI_KERNEL, SIGCONT, SIGHUP, SIGTTIN, SIGTTOU } from '../linux/signal.js';
import { releaseFile } from '../vfs/openfile.js';
import { CurrentTerminalFile, openTerminal, TerminalFile } from '../vfs/tty/terminalfile.js';
import { TOSTOP } from '../vfs/tty/termios.js';
import type { Tty } from '../vfs/tty/tty.js';
import type { OpenFile } from '../vfs/types.js';
import { CAP_SYS_ADMIN, hasCapability } from './credentials.js';
import { isOrphanedGroup } from './jobs.js';
import type { Kernel } from './kernel.js';
import { signalBit } from './pending.js';
import type { Process } from './process.js';
import { sendToGroup, sendToProcess } from './signal.js';
import { RESTART_SYS, type Thread } from './thread.js';

/** The embedder gives a session its terminal: the process leads it and is in the foreground. */
export function giveTerminal(process: Process, terminal: Tty): void {
  attach(process, terminal);
}

function attach(leader: Process, terminal: Tty): void {
  const { kernel } = leader;
  terminal.session = leader.sid;
  terminal.foreground = leader.pgid;
  leader.terminal = terminal;
  const control = new TerminalControl(kernel, terminal);
  terminal.onSignal = bound(control, 'signal');
  terminal.onHangUp = bound(control, 'hangUp');
}

/** What a terminal that controls a session does to it. */
export class TerminalControl {
  constructor(
    readonly kernel: Kernel,
    readonly terminal: Tty,
  ) {}

  signal(signo: number): void {
    const { foreground } = this.terminal;
    if (foreground !== 0) sendToGroup(this.kernel, foreground, { signo, code: SI_KERNEL });
  }

  hangUp(): void {
    hangUpSession(this.kernel, this.terminal);
  }
}

function inBackground(t: Thread, terminal: Tty): boolean {
  return t.process.terminal === terminal && terminal.foreground !== 0 && t.process.pgid !== terminal.foreground;
}

function takesNoNotice(t: Thread, signo: number): boolean {
  return (t.mask & signalBit(signo)) !== 0n || t.process.handlers.ignores(signo);
}

/** The background group is stopped; the call runs again when it continues. */
function stopGroup(t: Thread, signo: number): number {
  const { process } = t;
  if (isOrphanedGroup(t.kernel, process.pgid, process.sid)) return -EIO;
  sendToGroup(t.kernel, process.pgid, { signo, code: SI_KERNEL });
  return -RESTART_SYS;
}

/** Before a read: 0, or what the call returns (SIGTTIN). */
export function refuseRead(t: Thread, terminal: Tty): number {
  if (!inBackground(t, terminal)) return 0;
  return takesNoNotice(t, SIGTTIN) ? -EIO : stopGroup(t, SIGTTIN);
}

/** Before a write: background groups may write unless the terminal says `stty tostop`. */
export function refuseWrite(t: Thread, terminal: Tty): number {
  return terminal.termios.has('lflag', TOSTOP) ? refuseControl(t, terminal) : 0;
}

/** Before a change of modes or of the foreground group (SIGTTOU). */
export function refuseControl(t: Thread, terminal: Tty): number {
  return !inBackground(t, terminal) || takesNoNotice(t, SIGTTOU) ? 0 : stopGroup(t, SIGTTOU);
}

/** TIOCSPGRP: 0, or why not. `group` reads the argument. */
export function setForeground(t: Thread, terminal: Tty, group: () => number): number {
  const { process, kernel } = t;
  const refused = refuseControl(t, terminal);
  if (refused === -EIO) return -ENOTTY;
  if (refused !== 0) return refused;
  const pgid = group();
  if (pgid < 0) return -EINVAL;
  if (process.terminal !== terminal || terminal.session !== process.sid) return -ENOTTY;
  const members = kernel.group(pgid);
  if (members.length === 0) return -ESRCH;
  if (!members.some((member) => member.sid === process.sid)) return -EPERM;
  terminal.foreground = pgid;
  return 0;
}

/** TIOCSCTTY: a session leader without a terminal takes one that is free, or with `force` and as root one that is not. */
export function acquireTerminal(t: Thread, terminal: Tty, force: boolean, mayRead: boolean): number {
  const { process, kernel } = t;
  if (process.sid === process.pid && terminal.session === process.sid) return 0;
  if (process.sid !== process.pid || process.terminal !== undefined) return -EPERM;
  const privileged = hasCapability(t.cred, CAP_SYS_ADMIN);
  if (terminal.session !== 0) {
    if (!force || !privileged) return -EPERM;
    loseTerminal(kernel, terminal);
  }
  if (!mayRead && !privileged) return -EPERM;
  attach(process, terminal);
  return 0;
}

/**
 * What open(2) does with terminals beyond the file system: /dev/tty becomes the one of the process (ENXIO: it has none), and a session
 * leader without a terminal gets the one that it opens for reading, unless it says O_NOCTTY.
 */
export function terminalOpened(t: Thread, file: OpenFile, flags: number): OpenFile {
  const { process } = t;
  if (file instanceof CurrentTerminalFile) {
    const { terminal } = process;
    releaseFile(file);
    if (terminal === undefined) throw new SysError(ENXIO);
    const real = openTerminal(file.inode, terminal, file.flags, t.cred);
    real.location = file.location;
    real.path = file.path;
    return real;
  }
  if (!(file instanceof TerminalFile) || (flags & O_NOCTTY) !== 0 || (flags & O_ACCMODE) === O_WRONLY) return file;
  const free = process.terminal === undefined && file.terminal.session === 0;
  if (process.sid === process.pid && free) attach(process, file.terminal);
  return file;
}

/** Nobody of the session has the terminal any more. */
function loseTerminal(kernel: Kernel, terminal: Tty): void {
  for (const member of kernel.processes.values()) if (member.terminal === terminal) member.terminal = undefined;
  terminal.session = 0;
  terminal.foreground = 0;
}

/** The line is gone: the leader of the session is hung up; the foreground group when the leader ends. */
function hangUpSession(kernel: Kernel, terminal: Tty): void {
  const leader = kernel.processes.get(terminal.session);
  if (leader !== undefined && leader.terminal === terminal) {
    leader.hungUpForeground = terminal.foreground;
    sendToProcess(leader, { signo: SIGHUP, code: SI_KERNEL });
    sendToProcess(leader, { signo: SIGCONT, code: SI_KERNEL });
  }
  loseTerminal(kernel, terminal);
}

/** The session leader ends, or gives the terminal up: the foreground group is hung up, and nobody of the session has it any more. */
export function leaveTerminal(process: Process, ends: boolean): void {
  const { terminal, kernel } = process;
  if (terminal === undefined) {
    if (ends) hangUpGroup(kernel, process.hungUpForeground, true);
    process.hungUpForeground = 0;
    return;
  }
  const { foreground } = terminal;
  loseTerminal(kernel, terminal);
  hangUpGroup(kernel, foreground, !ends);
}

function hangUpGroup(kernel: Kernel, group: number, goesOn: boolean): void {
  if (group === 0) return;
  sendToGroup(kernel, group, { signo: SIGHUP, code: SI_KERNEL });
  if (goesOn) sendToGroup(kernel, group, { signo: SIGCONT, code: SI_KERNEL });
}

/** TIOCNOTTY */
export function giveUpTerminal(t: Thread, terminal: Tty): number {
  const { process } = t;
  if (process.terminal !== terminal) return -ENOTTY;
  if (process.sid === process.pid) leaveTerminal(process, false);
  process.terminal = undefined;
  return 0;
}
