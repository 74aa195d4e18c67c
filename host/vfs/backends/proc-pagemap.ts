/** /proc/PID/pagemap and /proc/PID/clear_refs: see pagemap in the Linux documentation, admin-guide/mm. */
import { EINVAL } from '../../../assembly/shared/errno.js';
import { PAGE_SIZE } from '../../../assembly/shared/layout.js';
import * as S from '../../../assembly/shared/stat.js';
import { check, SysError } from '../../linux/error.js';
import { parseInteger } from '../../linux/number.js';
import { S_IFREG } from '../../linux/stat.js';
import type { Inode } from '../types.js';
import { EntryFile } from './proc-entries.js';
import type { ProcSpace } from './proc-source.js';
import type { Row, TaskView } from './proc-view.js';
import { SyntheticFile } from './synthetic.js';

const CAP_SYS_ADMIN = 1n << 21n;
/** sv39: the user's half. */
const PAGES = 2 ** 38 / PAGE_SIZE;

const PM_SOFT_DIRTY = 1n << 55n;
const PM_MMAP_EXCLUSIVE = 1n << 56n;
const PM_UFFD_WP = 1n << 57n;
const PM_GUARD_REGION = 1n << 58n;
const PM_FILE = 1n << 61n;
const PM_SWAP = 1n << 62n;
const SWAP_TYPE_BITS = 5n;
const PM_PRESENT = 1n << 63n;
const BITS: readonly (readonly [state: number, bit: bigint])[] = [
  [S.STATE_SOFT_DIRTY, PM_SOFT_DIRTY],
  [S.STATE_EXCLUSIVE, PM_MMAP_EXCLUSIVE],
  [S.STATE_UFFD_WP, PM_UFFD_WP],
  [S.STATE_GUARD, PM_GUARD_REGION],
  [S.STATE_OBJECT, PM_FILE],
  [S.STATE_SWAP, PM_SWAP],
  [S.STATE_PRESENT, PM_PRESENT],
];

export class PagemapFile extends EntryFile {
  private readonly _space: ProcSpace | undefined;
  /** Where memory lies is told to whom could open the file as CAP_SYS_ADMIN. */
  private readonly _frames: boolean;

  constructor(
    readonly view: TaskView,
    inode: Inode,
    flags: number,
  ) {
    super(inode, flags);
    this._space = view.space();
    this._frames = view.source.capable(CAP_SYS_ADMIN);
  }

  /** The space opened is the one meant: after an execve or exit there is nothing left. */
  protected override get count(): number {
    const now = this.view.find()?.process.space;
    return now !== undefined && now.handle === this._space?.handle ? PAGES : 0;
  }

  protected override entries(): (page: number) => bigint {
    const { exports } = this.view.source.core;
    const handle = (this._space as ProcSpace).handle;
    return (page) => this._entry(exports.pageState(handle, page * PAGE_SIZE) >>> 0);
  }

  private _entry(state: number): bigint {
    if (state === 0) return 0n;
    // Of a page in the swap area: its type, 0, in 5 bits, and its slot.
    const shift = (state & S.STATE_SWAP) !== 0 ? SWAP_TYPE_BITS : 0n;
    let entry = this._frames ? BigInt(state >>> S.STATE_FRAME_SHIFT) << shift : 0n;
    for (const [flag, bit] of BITS) if ((state & flag) !== 0) entry |= bit;
    return entry;
  }
}

const CLEAR_LAST = S.CLEAR_PEAK;

/** Anything that is no number in decimal, even one that is too great for an int, is EINVAL or ERANGE as kstrtoint has it. */
function storeClearRefs(view: TaskView, bytes: Uint8Array): void {
  const number = bytes.subarray(0, 12);
  const what = Number(parseInteger(number, -(2n ** 31n), 2n ** 31n - 1n, 10));
  if (what < S.CLEAR_REFERENCED || what > CLEAR_LAST) throw new SysError(EINVAL);
  const { space } = view.process();
  if (space !== undefined) check(view.source.core.exports.mmClear(space.handle, what));
}

/** Write-only: the owner's. */
export const clearRefsRow: Row = {
  name: 'clear_refs',
  type: S_IFREG,
  make: (view, key) =>
    new SyntheticFile(
      view.place(0o200, key),
      () => {
        throw new SysError(EINVAL);
      },
      (bytes) => storeClearRefs(view, bytes),
    ),
};
