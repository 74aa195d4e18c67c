/** What a failed call of node:fs says, as Linux would. Names are the same everywhere, numbers are not: so by name. */
import * as errno from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';

const BY_NAME: ReadonlyMap<string, number> = new Map([
  ...Object.entries(errno),
  // Names that Linux spells otherwise, or that only other hosts have.
  ['ENOTSUP', errno.EOPNOTSUPP],
  ['EFTYPE', errno.EINVAL],
  ['ECHARSET', errno.EILSEQ],
  ['UNKNOWN', errno.EIO],
  // Node's own.
  ['ERR_INVALID_ARG_VALUE', errno.EINVAL],
  ['ERR_FS_EISDIR', errno.EISDIR],
  ['ERR_FS_FILE_TOO_LARGE', errno.EFBIG],
  ['ERR_OUT_OF_RANGE', errno.EINVAL],
]);

/** Linux's number for an error of node:fs, undefined when it is none. */
export function errnoOf(error: unknown): number | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (typeof code !== 'string') return undefined;
  return BY_NAME.get(code) ?? errno.EIO;
}

/** Calls node:fs; its errors come out as SysError. */
export function host<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    const number = errnoOf(error);
    if (number === undefined) throw error;
    throw new SysError(number);
  }
}

/** The same, with undefined for "no such file". */
export function hostOptional<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    const number = errnoOf(error);
    if (number === errno.ENOENT) return undefined;
    if (number === undefined) throw error;
    throw new SysError(number);
  }
}
