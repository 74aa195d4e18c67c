import type { SigInfo } from './pending.js';
import type { Process } from './process.js';
import type { Thread } from './thread.js';

/** What an observer needs to know of a table row: its name and the kinds of its arguments (host/syscalls/row.ts ArgKind). */
export interface TracedCall {
  readonly number: number;
  readonly name: string;
  readonly args: readonly string[];
}

/**
 * Watches system calls (strace). The dispatcher calls it; all calls are synchronous and must change nothing in the guest.
 * A number without a row is reported as a call named `syscall_0x1f4` with six hexadecimal arguments.
 */
export interface SyscallObserver {
  /** A call begins. Not repeated when its handler runs again after a sleep. */
  onSyscallEnter(t: Thread, call: TracedCall, args: readonly number[]): void;
  /**
   * It has ended, results are in user memory: a value >= 0, -errno or -RESTART_* (a signal interrupted it). For execve and
   * rt_sigreturn: what a0 holds when the thread goes on. Not called for exit and exit_group.
   */
  onSyscallExit(t: Thread, call: TracedCall, args: readonly number[], result: number): void;
  /** A signal is about to be handled, stop the process or end it; or one that is ignored has been sent, maybe in the middle of a call. */
  onSignal(t: Thread, info: SigInfo): void;
  /** A thread has ended: `process.exiting`, `status` and `fatal` say how. */
  onThreadExit(t: Thread): void;
  onProcessExit(process: Process): void;
}
