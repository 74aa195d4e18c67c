/**
 * A Linux error on its way to the guest. Thrown by path walking and system calls, turned into -errno by the dispatcher.
 * Not an Error: it is ordinary control flow and must cost no stack trace.
 */
export class SysError {
  constructor(
    readonly errno: number,
    readonly detail = '',
  ) {}
}

/** Thrown when only the passing of host time can continue: the run loop awaits it, then runs the system call again. */
export class Suspend {
  constructor(readonly promise: Promise<unknown>) {}
}

/** Throws SysError(-result) when a core or file call failed, else passes the result on. */
export function check(result: number): number {
  if (result < 0) throw new SysError(-result);
  return result;
}
