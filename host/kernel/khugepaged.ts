/**
 * Megapages by policy in the background, as khugepaged of Linux makes them and /sys/kernel/mm/transparent_hugepage/khugepaged says: 2 MiB
 * at a time of memory that policy allows a megapage are looked at, and become one when enough of them is there, was used of late and is
 * nobody else's; the core does that (assembly/mm/collapse.ts). Nothing runs beside the guest: the work is done between its turns, and
 * what a machine has slept through is made up for, as far as one pass over all of it. Where no memory may have a megapage a pass is one
 * question for each process.
 */
import { NEED_PAGE } from '../../assembly/shared/exit.js';
import { HART, HART_IO_HOW, HART_IO_INDEX, HART_IO_OBJECT } from '../../assembly/shared/layout.js';
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
  #scanSleepMs = 10_000;
  #allocSleepMs = 60_000;
  #dueNs = 0;
  /** What is left of a go that memory was too short for; the next shortage ends it. */
  #rest = 0;
  /** Where the scanner is, and the spaces that it has still to visit in this pass. */
  #at: { readonly space: number; address: number } | undefined;
  #left: number[] = [];
  readonly #exceeded = new Map<number, number>();
  #shortages = 0;

  constructor(private readonly kernel: Kernel) {}

  get scanSleepMs(): number {
    return this.#scanSleepMs;
  }
  /** The next go is now. */
  set scanSleepMs(ms: number) {
    this.#scanSleepMs = ms;
    this.#dueNs = this.kernel.now();
  }

  get allocSleepMs(): number {
    return this.#allocSleepMs;
  }
  set allocSleepMs(ms: number) {
    this.#allocSleepMs = ms;
    this.#dueNs = this.kernel.now();
  }

  /** Rows of /proc/vmstat. */
  counts(): Readonly<Record<string, number>> {
    const exceeded = (which: number): number => this.#exceeded.get(which) ?? 0;
    return {
      thp_collapse_alloc_failed: this.#shortages,
      thp_scan_exceed_none_pte: exceeded(SCAN_EXCEEDS_NONE),
      thp_scan_exceed_share_pte: exceeded(SCAN_EXCEEDS_SHARED),
      thp_scan_exceed_swap_pte: exceeded(SCAN_EXCEEDS_SWAP),
    };
  }

  /** Time has passed. */
  advance(nowNs: number): void {
    if (nowNs < this.#dueNs) return;
    const stepNs = Math.max(1, this.#scanSleepMs) * 1e6;
    const steps = Math.floor((nowNs - this.#dueNs) / stepNs) + 1;
    const again = this.#rest > 0;
    const rest = this.#scan(again ? this.#rest : steps * this.pagesToScan);
    this.#rest = again ? 0 : rest;
    this.#dueNs = nowNs + (this.#rest > 0 ? Math.max(1, this.#allocSleepMs) * 1e6 : stepNs);
  }

  #spaces(): number[] {
    const running = [...this.kernel.processes.values()].filter(({ state }) => state === 'running');
    return [...new Set(running.map(({ space }) => space.handle))];
  }

  /** Looks at so many pages at most, and at none twice. Returns how many are left because memory is short. */
  #scan(pages: number): number {
    const { exports } = this.kernel.core;
    const live = new Set(this.#spaces());
    let passes = 0;
    for (let left = pages; left > 0; ) {
      if (this.#at === undefined || !live.has(this.#at.space)) {
        const space = this.#left.pop();
        if (space === undefined) {
          if (passes++ > 0) return 0;
          this.#left = [...live].filter((handle) => exports.hugeScanNext(handle, 0) >= 0);
          if (this.#left.length === 0) return 0;
        } else this.#at = live.has(space) ? { space, address: 0 } : undefined;
        continue;
      }
      const base = exports.hugeScanNext(this.#at.space, this.#at.address);
      if (base < 0) {
        this.#at = undefined;
        if (this.#left.length === 0) this.fullScans++;
        continue;
      }
      this.#at.address = base + SPAN_BYTES;
      left -= SPAN_PAGES;
      if (!this.#look(this.#at.space, base)) return Math.max(left, 1);
    }
    return 0;
  }

  /** False: memory is short. */
  #look(space: number, base: number): boolean {
    const { core, env } = this.kernel;
    const word = (at: number): number => core.u32[(HART + at) >>> 2];
    for (;;) {
      const result = core.exports.hugeScan(space, base, this.maxPtesNone, this.maxPtesSwap, this.maxPtesShared);
      if (result === NEED_PAGE) {
        // What the medium of the swap area can't give at once, or not at all, is left for its user.
        if (refusal(() => env.pages.pager(word(HART_IO_OBJECT), word(HART_IO_INDEX), word(HART_IO_HOW))) !== undefined) return true;
        continue;
      }
      if (result === SCAN_COLLAPSED) this.pagesCollapsed++;
      this.#exceeded.set(result, (this.#exceeded.get(result) ?? 0) + 1);
      if (result === SCAN_NO_MEMORY) this.#shortages++;
      return result !== SCAN_NO_MEMORY;
    }
  }
}
