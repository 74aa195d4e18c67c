/**
 * Megapages by policy in the background, as khugepaged of Linux makes them and /sys/kernel/mm/transparent_hugepage/khugepaged says: 2 MiB
 * at a time of memory that policy allows a megapage are looked at, and become one when enough of them is there, was used of late and is
 * nobody else's; the core does that (assembly/mm/collapse.ts). Nothing runs beside the guest: the work is done between its turns, and
 * what a machine has slept through is made up for, as far as one pass over all of it. Where no memory may have a megapage a pass is one
 * question for each process.
 */
import { NEED_PAGE } from '../../assembly/shared/exit.js';
import { HART, HART_IO_HOW, HART_IO_OBJECT } from '../../assembly/shared/layout.js';
import { SCAN_COLLAPSED, SCAN_EXCEEDS_NONE, SCAN_EXCEEDS_SHARED, SCAN_EXCEEDS_SWAP, SCAN_NO_MEMORY } from '../../assembly/shared/stat.js';
import { refusal } from '../vfs/backing.js';
import type { Kernel } from './kernel.js';

const SPAN_BYTES = 2 ** 21;
const SPAN_PAGES = 512;

export class Khugepaged {
  /** Pages looked at in one go, those of one megapage at least. */
  pagesToScan = 8 * SPAN_PAGES;
  /** How many pages of 512 may be absent, in the swap area, or another process's as well. */
  maxPtesNone = SPAN_PAGES - 1;
  maxPtesSwap = SPAN_PAGES / 8;
  maxPtesShared = SPAN_PAGES / 2;
  /** A frame that is in somebody's way is never moved: kept as written. */
  defrag = 1;
  pagesCollapsed = 0;
  fullScans = 0;
  private _scanSleepMs = 10_000;
  private _allocSleepMs = 60_000;
  private _dueNs = 0;
  /** What is left of a go that memory was too short for; the next shortage ends it. */
  private _rest = 0;
  /** Where the scanner is, and the spaces that it has still to visit in this pass. */
  private _at: { readonly space: number; address: number } | undefined;
  private _left: number[] = [];
  private readonly _exceeded = new Map<number, number>();
  private _shortages = 0;

  constructor(private readonly kernel: Kernel) {}

  get scanSleepMs(): number {
    return this._scanSleepMs;
  }
  /** The next go is now. */
  set scanSleepMs(ms: number) {
    this._scanSleepMs = ms;
    this._dueNs = this.kernel.now();
  }

  get allocSleepMs(): number {
    return this._allocSleepMs;
  }
  set allocSleepMs(ms: number) {
    this._allocSleepMs = ms;
    this._dueNs = this.kernel.now();
  }

  /** Rows of /proc/vmstat. */
  counts(): Readonly<Record<string, number>> {
    const exceeded = (which: number): number => this._exceeded.get(which) ?? 0;
    return {
      thp_collapse_alloc_failed: this._shortages,
      thp_scan_exceed_none_pte: exceeded(SCAN_EXCEEDS_NONE),
      thp_scan_exceed_share_pte: exceeded(SCAN_EXCEEDS_SHARED),
      thp_scan_exceed_swap_pte: exceeded(SCAN_EXCEEDS_SWAP),
    };
  }

  /** Time has passed. */
  advance(nowNs: number): void {
    if (nowNs < this._dueNs) return;
    const stepNs = Math.max(1, this._scanSleepMs) * 1e6;
    const steps = Math.floor((nowNs - this._dueNs) / stepNs) + 1;
    const again = this._rest > 0;
    const rest = this._scan(again ? this._rest : steps * this.pagesToScan);
    this._rest = again ? 0 : rest;
    this._dueNs = nowNs + (this._rest > 0 ? Math.max(1, this._allocSleepMs) * 1e6 : stepNs);
  }

  /** Looks at so many pages at most, and at none twice. Returns how many are left because memory is short. */
  private _scan(pages: number): number {
    const { exports } = this.kernel.core;
    const live = this.kernel.liveSpaces();
    let passes = 0;
    for (let left = pages; left > 0; ) {
      if (this._at === undefined || !live.has(this._at.space)) {
        const space = this._left.pop();
        if (space === undefined) {
          if (passes++ > 0) return 0;
          this._left = [...live].filter((handle) => exports.hugeScanNext(handle, 0) >= 0);
          if (this._left.length === 0) return 0;
        } else this._at = live.has(space) ? { space, address: 0 } : undefined;
        continue;
      }
      const base = exports.hugeScanNext(this._at.space, this._at.address);
      if (base < 0) {
        this._at = undefined;
        if (this._left.length === 0) this.fullScans++;
        continue;
      }
      this._at.address = base + SPAN_BYTES;
      left -= SPAN_PAGES;
      if (!this._look(this._at.space, base)) return Math.max(left, 1);
    }
    return 0;
  }

  /** False: memory is short. */
  private _look(space: number, base: number): boolean {
    const { core, env } = this.kernel;
    const word = (at: number): number => core.u32[(HART + at) >>> 2];
    for (;;) {
      const result = core.exports.hugeScan(space, base, this.maxPtesNone, this.maxPtesSwap, this.maxPtesShared);
      if (result === NEED_PAGE) {
        // What the medium of the swap area can't give at once, or not at all, is left for its user.
        if (refusal(() => env.pages.pager(word(HART_IO_OBJECT), core.ioIndex, word(HART_IO_HOW))) !== undefined) return true;
        continue;
      }
      if (result === SCAN_COLLAPSED) this.pagesCollapsed++;
      this._exceeded.set(result, (this._exceeded.get(result) ?? 0) + 1);
      if (result === SCAN_NO_MEMORY) this._shortages++;
      return result !== SCAN_NO_MEMORY;
    }
  }
}
