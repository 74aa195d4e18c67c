import { ESRCH } from '../../assembly/shared/errno.js';
import { SysError } from '../linux/error.js';

function gone(): never {
  throw new SysError(ESRCH);
}

/** What a generated file of a process that has ended, opened before, is made of: whoever looks is told. */
export const goneFile = {
  content: gone,
  text: gone,
  opener: gone,
  check: gone,
  entries: { lookup: () => undefined, list: () => [] },
};
