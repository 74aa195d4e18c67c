/** swapon(2), swapoff(2): of the machine's one area, which the embedder gives. Files of the guest's are no areas. */
import { EBUSY, EINVAL, EPERM } from '../../assembly/shared/errno.js';
import { SWAP_STAT_SLOTS } from '../../assembly/shared/stat.js';
import { CAP_SYS_ADMIN, hasCapability } from '../kernel/credentials.js';
import type { Thread } from '../kernel/thread.js';
import { SWAP_NAME } from '../vfs/swap.js';
import { resolve } from '../vfs/walk.js';
import { withPages } from './memoryrange.js';
import { row } from './row.js';

const SWAP_FLAG_PRIO_MASK = 0x7fff;
const SWAP_FLAG_PREFER = 0x8000;
const SWAP_FLAG_DISCARD = 0x10000;
const SWAP_FLAG_DISCARD_ONCE = 0x20000;
const SWAP_FLAG_DISCARD_PAGES = 0x40000;
const KNOWN = SWAP_FLAG_PRIO_MASK | SWAP_FLAG_PREFER | SWAP_FLAG_DISCARD | SWAP_FLAG_DISCARD_ONCE | SWAP_FLAG_DISCARD_PAGES;

/** The area's name; another path must lead to something (ENOENT...), which is no swap area then: EINVAL. */
function isArea(t: Thread, address: number): boolean {
  const path = t.user.readString(address);
  if (path === SWAP_NAME && t.kernel.env.pages.swap.exists) return true;
  resolve(t.fs, t.fs.cwd, path);
  return false;
}

function isOn(t: Thread): boolean {
  return t.kernel.core.exports.swapStat(SWAP_STAT_SLOTS) > 0;
}

function swapon(t: Thread, path: number, flags: number): number {
  if ((flags & ~KNOWN) !== 0) return -EINVAL;
  if (!hasCapability(t.cred, CAP_SYS_ADMIN)) return -EPERM;
  if (!isArea(t, path)) return -EINVAL;
  if (isOn(t)) return -EBUSY;
  t.kernel.core.exports.swapShut(0);
  return 0;
}

/** ENOMEM: what lies there does not fit in memory, and stays. */
function swapoff(t: Thread, path: number): number {
  if (!hasCapability(t.cred, CAP_SYS_ADMIN)) return -EPERM;
  if (!isArea(t, path)) return -EINVAL;
  const { exports } = t.kernel.core;
  // Asleep for the medium the call runs again from the start: the area is shut already.
  if (!isOn(t) && !t.resumed) return -EINVAL;
  exports.swapShut(1);
  let again = 0;
  const result = withPages(t, () => {
    const back = exports.swapBack(again);
    again = 1;
    return back;
  });
  if (result < 0) exports.swapShut(0);
  return result;
}

export const swapRows = [row(224, 'swapon', ['path', 'hex'], swapon), row(225, 'swapoff', ['path'], swapoff)];
