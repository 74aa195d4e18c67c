/** The swap area's bytes: what the core's swap cache (assembly/mm/swap.ts) is written to and read from. */
import { EIO, ENOMEM } from '../../assembly/shared/errno.js';
import { PAGE_SIZE } from '../../assembly/shared/layout.js';
import { SWAP_STAT_SLOTS, SWAP_STAT_USED } from '../../assembly/shared/stat.js';
import type { Core } from '../core/core.js';
import { Suspend, SysError } from '../linux/error.js';
import type { Backing } from './backing.js';

/** Largest area: what one table of slots is worth. */
export const SWAP_MAX_BYTES = 16 * 1024 ** 3;

/**
 * Where pages that do not fit in memory lie, by number from 0. A page is read only after it was written, and as often as anybody likes.
 * Methods throw SysError(EIO), and Suspend when the medium can't answer at once: they are called again then.
 */
export type SwapMedium = Pick<Backing, 'readPage' | 'writePage'> & {
  /** The machine has no use for it any more. */
  close?(): void;
};

/** In the memory of the host: for where there are no files. */
export class MemorySwap implements SwapMedium {
  private readonly _pages = new Map<number, Uint8Array>();

  readPage(index: number, into: Uint8Array): void {
    const page = this._pages.get(index);
    if (page === undefined) throw new SysError(EIO, 'a page that was never swapped out');
    into.set(page);
  }

  writePage(index: number, bytes: Uint8Array): void {
    const page = this._pages.get(index);
    if (page === undefined) this._pages.set(index, bytes.slice());
    else page.set(bytes);
  }

  close(): void {
    this._pages.clear();
  }
}

/** What the guest knows it by, in /proc/swaps. */
export const SWAP_NAME = '/dev/swap0';

export class SwapArea {
  private _medium: SwapMedium | undefined;

  constructor(readonly core: Core) {}

  /** Once, before anything runs. False: no room for the table of slots. */
  open(bytes: number, medium: SwapMedium): boolean {
    const pages = Math.floor(Math.min(bytes, SWAP_MAX_BYTES) / PAGE_SIZE);
    if (this.core.exports.swapInit(pages) === 0) return false;
    this._medium = pages === 0 ? undefined : medium;
    return true;
  }

  close(): void {
    this._medium?.close?.();
    this._medium = undefined;
  }

  get exists(): boolean {
    return this._medium !== undefined;
  }

  /** Pages that could still go out. */
  get freePages(): number {
    const { exports } = this.core;
    return Math.max(0, exports.swapStat(SWAP_STAT_SLOTS) - exports.swapStat(SWAP_STAT_USED));
  }

  /** Reads a slot into the swap cache, unless it is there, or nobody needs it any more. `room` makes frames free, as pager.ts does. */
  fill(slot: number, room: () => number): void {
    const { exports } = this.core;
    if (exports.swapPage(slot) !== 0) return;
    let at = exports.swapInsert(slot) >>> 0;
    while (at === 0) {
      if (!this._wanted(slot)) return;
      if (room() === 0) throw new SysError(ENOMEM);
      at = exports.swapInsert(slot) >>> 0;
    }
    try {
      if (this._medium === undefined) throw new SysError(EIO);
      this._medium.readPage(slot - 1, this.core.u8.subarray(at, at + PAGE_SIZE));
    } catch (error) {
      exports.swapDiscard(slot);
      throw error;
    }
  }

  private _wanted(slot: number): boolean {
    return this.core.exports.swapReferences(slot) !== 0;
  }

  /** Writes what waits, if anything does. What the medium does not take stays in memory; it may have to be waited for. */
  writeOut(): { readonly tried: boolean; readonly waiting: Suspend | undefined } {
    const { exports } = this.core;
    let tried = false;
    for (let slot = exports.swapNextDirty(); slot !== 0; slot = exports.swapNextDirty()) {
      const at = exports.swapPage(slot) >>> 0;
      tried = true;
      try {
        this._medium?.writePage(slot - 1, this.core.u8.subarray(at, at + PAGE_SIZE), PAGE_SIZE);
      } catch (error) {
        exports.swapWritten(slot, 0);
        if (error instanceof Suspend) return { tried, waiting: error };
        if (error instanceof SysError) return { tried, waiting: undefined };
        throw error;
      }
      exports.swapWritten(slot, 1);
    }
    return { tried, waiting: undefined };
  }
}
