/**
 * Job control (credentials(7), tty_ioctl(4)): which processes may use the terminal that controls their session, and what stops the
 * others.
 */
import { EINVAL, EIO, ENOTTY, EPERM, ESRCH } from '../../assembly/shared/errno.js';
import { SI_KERNEL, SIGCONT, SIGHUP, SIGTTIN, SIGTTOU } from '../linux/signal.js';
import type { Terminal } from '../vfs/terminal.js';
import { TOSTOP } from '../vfs/termios.js';
import { isOrphanedGroup } from './jobs.js';
import { signalBit } from './pending.js';
import type { ControllingTerminal, Process } from './process.js';
import { sendToGroup } from './signal.js';
import { RESTART_SYS, type Thread } from './thread.js';

/** The embedder gives a session its terminal: the process leads it and is in the foreground. */
export function giveTerminal(process: Process, terminal: Terminal): void {
  terminal.session = process.sid;
  terminal.foreground = process.pgid;
  process.terminal = terminal;
  terminal.onSignal = (signo) => {
    if (terminal.foreground !== 0) sendToGroup(process.kernel, terminal.foreground, { signo, code: SI_KERNEL });
  };
}

function inBackground(t: Thread, terminal: ControllingTerminal): boolean {
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
export function refuseRead(t: Thread, terminal: Terminal): number {
  if (!inBackground(t, terminal)) return 0;
  return takesNoNotice(t, SIGTTIN) ? -EIO : stopGroup(t, SIGTTIN);
}

/** Before a write: background groups may write unless the terminal says `stty tostop`. */
export function refuseWrite(t: Thread, terminal: Terminal): number {
  return terminal.termios.has('lflag', TOSTOP) ? refuseControl(t, terminal) : 0;
}

/** Before a change of modes or of the foreground group (SIGTTOU). */
export function refuseControl(t: Thread, terminal: Terminal): number {
  return !inBackground(t, terminal) || takesNoNotice(t, SIGTTOU) ? 0 : stopGroup(t, SIGTTOU);
}

/** TIOCSPGRP: 0, or why not. */
export function setForeground(t: Thread, terminal: Terminal, group: number): number {
  const { process, kernel } = t;
  if (process.terminal !== terminal || terminal.session !== process.sid) return -ENOTTY;
  const refused = refuseControl(t, terminal);
  if (refused !== 0) return refused;
  if (group < 0) return -EINVAL;
  const members = kernel.group(group);
  if (members.length === 0) return -ESRCH;
  if (!members.some((member) => member.sid === process.sid)) return -EPERM;
  terminal.foreground = group;
  return 0;
}

/** TIOCSCTTY: a session leader without a terminal takes one that is free, or with `force` and as root one that is not. */
export function acquireTerminal(t: Thread, terminal: Terminal, force: boolean): number {
  const { process, kernel } = t;
  if (process.sid === process.pid && process.terminal === terminal) return 0;
  if (process.sid !== process.pid || process.terminal !== undefined) return -EPERM;
  if (terminal.session !== 0) {
    if (!force || t.cred.euid !== 0) return -EPERM;
    loseTerminal(process, terminal);
  }
  for (const member of kernel.processes.values()) if (member.sid === process.sid) member.terminal = terminal;
  terminal.session = process.sid;
  terminal.foreground = process.pgid;
  return 0;
}

function loseTerminal({ kernel }: Process, terminal: ControllingTerminal): void {
  for (const member of kernel.processes.values()) if (member.terminal === terminal) member.terminal = undefined;
  terminal.session = 0;
  terminal.foreground = 0;
}

/** The session leader is gone, or gives the terminal up: the foreground group is hung up, and nobody of the session has it any more. */
export function leaveTerminal(process: Process): void {
  const { terminal, kernel } = process;
  if (terminal === undefined) return;
  const { foreground } = terminal;
  loseTerminal(process, terminal);
  if (foreground === 0) return;
  sendToGroup(kernel, foreground, { signo: SIGHUP, code: SI_KERNEL });
  sendToGroup(kernel, foreground, { signo: SIGCONT, code: SI_KERNEL });
}

/** TIOCNOTTY */
export function giveUpTerminal(t: Thread, terminal: Terminal): number {
  const { process } = t;
  if (process.terminal !== terminal) return -ENOTTY;
  if (process.sid === process.pid) leaveTerminal(process);
  else process.terminal = undefined;
  return 0;
}
