import { type PendingFault, UserfaultWait } from '../kernel/userfault.js';
import { errnoMessage, errnoName } from '../linux/errno.js';
import { Suspend, SysError } from '../linux/error.js';
import { WaitError } from '../machine-report.js';
import type { Waiter } from '../vfs/wait.js';

/** What a call on the machine failed with, in the shape of Node's errors of system calls: `error.code === 'ENOENT'`. */
export class SystemError extends Error {
  override readonly name = 'SystemError';

  constructor(
    /** Linux's number, positive. */
    readonly errno: number,
    /** open, spawn... */
    readonly syscall: string,
    readonly path: string | undefined,
    detail = '',
  ) {
    const sentence = detail !== '' ? detail : errnoMessage(errno).toLowerCase();
    super(`${errnoName(errno)}: ${sentence}, ${syscall}${path === undefined ? '' : ` '${path}'`}`);
  }

  /** 'ENOENT' */
  get code(): string {
    return errnoName(this.errno);
  }
}

/** A userfaultfd is told that somebody wants a page, and has given it, or has gone. */
async function pageGiven(fault: PendingFault): Promise<void> {
  await new Promise<void>((done) => {
    const waiter: Waiter = {
      wake: () => {
        fault.remove(waiter);
        done();
      },
    };
    fault.add(waiter);
    fault.userfault.post(fault);
  });
}

/** Does something that may have to wait for the host, again and again until it need not. Errors of the machine come out as SystemError. */
export async function settle<T>(action: () => T, syscall: string, path?: string): Promise<T> {
  for (;;) {
    try {
      return action();
    } catch (error) {
      if (error instanceof SysError) throw new SystemError(error.errno, syscall, path, error.detail);
      if (!(error instanceof Suspend)) throw error;
      await (error instanceof UserfaultWait ? pageGiven(error.fault) : error.promise);
    }
  }
}

/** The same at once. Throws WaitError when it would have to wait. */
export function settleSync<T>(action: () => T, syscall: string, path?: string): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof SysError) throw new SystemError(error.errno, syscall, path, error.detail);
    if (!(error instanceof Suspend)) throw error;
    throw new WaitError([`${syscall}${path === undefined ? '' : ` '${path}'`}: a file system answers later`]);
  }
}
