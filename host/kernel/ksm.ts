/**
 * Same-page merging: which pages are looked at and when, as ksmd of Linux does it and /sys/kernel/mm/ksm says. A page whose contents did
 * not change since the last pass is compared with those that pages were merged into, then with candidates of this pass; the core does
 * the rest (assembly/mm/ksm.ts). Nothing runs beside the guest: the work is done between its turns, and what a machine has slept
 * through is made up for, as far as one pass over all pages.
 */
import { ENOMEM } from '../../assembly/shared/errno.js';
import { DESCRIPTOR_SHIFT, DESCRIPTORS } from '../../assembly/shared/layout.js';
import { FRAME_IS_MERGED, VMA_STAT_MERGED } from '../../assembly/shared/stat.js';
import { SysError } from '../linux/error.js';
import type { Kernel } from './kernel.js';

const PAGE = 4096;
const TASK_BYTES = 2 ** 38;
/** What Linux reckons that its record of a page costs. */
const RECORD_BYTES = 64;

export const KSM_STOP = 0;
export const KSM_MERGE = 1;
export const KSM_UNMERGE = 2;

interface Place {
  readonly space: number;
  readonly address: number;
}

export class SamePages {
  pagesToScan = 100;
  sleepMs = 20;
  maxSharing = 256;
  fullScans = 0;
  pagesScanned = 0;
  pagesUnshared = 0;
  private _run = KSM_STOP;
  private _dueNs = 0;
  /** Where the scanner is, and the spaces that it has still to visit in this pass. */
  private _at: Place | undefined;
  private _left: number[] = [];
  /** By checksum: frames that pages were merged into; some may be something else by now. */
  private readonly _kept = new Map<number, number[]>();
  /** By checksum: pages of this pass that nobody was the same as yet. */
  private readonly _candidates = new Map<number, Place>();
  /** By space, by page: the checksum of the pass before. */
  private readonly _sums = new Map<number, Map<number, number>>();

  constructor(private readonly kernel: Kernel) {}

  get run(): number {
    return this._run;
  }

  /** Throws SysError(ENOMEM): not everything could be taken apart. */
  set run(run: number) {
    if (run === KSM_MERGE && this._run !== KSM_MERGE) this._dueNs = this.kernel.now();
    this._run = run;
    if (run === KSM_UNMERGE) this._unmergeAll();
  }

  /** Time has passed. */
  advance(nowNs: number): void {
    if (this._run !== KSM_MERGE || nowNs < this._dueNs) return;
    const stepNs = Math.max(1, this.sleepMs) * 1e6;
    const steps = Math.floor((nowNs - this._dueNs) / stepNs) + 1;
    this._dueNs += steps * stepNs;
    this._scan(steps * this.pagesToScan);
  }

  /** Frames that several pages are, and how many pages more those are than frames. */
  counts(): { readonly shared: number; readonly sharing: number } {
    let shared = 0;
    let sharing = 0;
    const seen = new Set<number>();
    for (const frames of this._kept.values()) {
      for (const frame of frames) {
        if (seen.has(frame) || !this._isKept(frame)) continue;
        seen.add(frame);
        shared++;
        sharing += this._references(frame) - 1;
      }
    }
    return { shared, sharing };
  }

  /** Pages that changed too often to be compared. */
  get pagesVolatile(): number {
    const { shared, sharing } = this.counts();
    return Math.max(0, this._records() - shared - sharing - this.pagesUnshared);
  }

  /** What it saves less what it costs, bytes, as Linux reckons. */
  get generalProfit(): number {
    return this.counts().sharing * PAGE - this._records() * RECORD_BYTES;
  }

  /** How many pages of a space are looked at. */
  recordsOf(space: number): number {
    return this._sums.get(space)?.size ?? 0;
  }

  /** How many pages of a space are merged. */
  mergedOf(space: number): number {
    const { exports } = this.kernel.core;
    let pages = 0;
    for (let vma = exports.vmaFind(space, 0); vma !== 0; vma = exports.vmaNext(space, vma)) {
      pages += exports.vmaStat(space, vma, VMA_STAT_MERGED);
    }
    return pages;
  }

  private _records(): number {
    let records = 0;
    for (const sums of this._sums.values()) records += sums.size;
    return records;
  }

  private _references(frame: number): number {
    return this.kernel.core.u32[(DESCRIPTORS + (frame << DESCRIPTOR_SHIFT)) >>> 2];
  }

  private _isKept(frame: number): boolean {
    return (this.kernel.core.exports.frameFlags(frame) & FRAME_IS_MERGED) !== 0;
  }

  /** Looks at so many pages at most, and at none twice. */
  private _scan(pages: number): void {
    const { exports } = this.kernel.core;
    const live = this.kernel.liveSpaces();
    let passes = 0;
    for (let left = pages; left > 0; ) {
      if (this._at === undefined || !live.has(this._at.space)) {
        const space = this._left.pop();
        if (space === undefined) {
          if (passes++ > 0) return;
          this._beginPass(live);
          if (this._left.length === 0) return;
        } else this._at = live.has(space) ? { space, address: 0 } : undefined;
        continue;
      }
      const { space } = this._at;
      const address = exports.ksmNext(space, this._at.address);
      if (address < 0) {
        this._at = undefined;
        if (this._left.length === 0) this._endPass(live);
        continue;
      }
      this._look({ space, address });
      this._at = { space, address: address + PAGE };
      left--;
    }
  }

  private _beginPass(live: ReadonlySet<number>): void {
    this._candidates.clear();
    this._left = [...live].filter((space) => this.kernel.core.exports.ksmNext(space, 0) >= 0);
  }

  private _endPass(live: ReadonlySet<number>): void {
    this.fullScans++;
    this.pagesUnshared = this._candidates.size;
    for (const [sum, frames] of this._kept) {
      const rest = frames.filter((frame) => this._isKept(frame));
      if (rest.length === 0) this._kept.delete(sum);
      else this._kept.set(sum, rest);
    }
    for (const [space, sums] of this._sums) {
      if (!live.has(space)) this._sums.delete(space);
      else for (const page of sums.keys()) if (this.kernel.core.exports.ksmFrame(space, page * PAGE) === 0) sums.delete(page);
    }
  }

  private _look(place: Place): void {
    const { exports } = this.kernel.core;
    const frame = exports.ksmFrame(place.space, place.address);
    this.pagesScanned++;
    if (this._isKept(frame)) return;
    const sum = exports.ksmChecksum(frame) >>> 0;
    const known = this._remember(place, sum);
    if (this._mergeWithKept(place, sum) || !known) return;
    const other = this._candidates.get(sum);
    if (other === undefined || !this._isStill(other, sum)) this._candidates.set(sum, place);
    // A page that a fork shares is one already.
    else if (exports.ksmFrame(other.space, other.address) !== frame) this._pair(other, place, sum);
  }

  /** Has the page had these contents at the last pass, too? */
  private _remember({ space, address }: Place, sum: number): boolean {
    let sums = this._sums.get(space);
    if (sums === undefined) this._sums.set(space, (sums = new Map()));
    const known = sums.get(address / PAGE) === sum;
    sums.set(address / PAGE, sum);
    return known;
  }

  private _mergeWithKept({ space, address }: Place, sum: number): boolean {
    for (const frame of this._kept.get(sum) ?? []) {
      if (!this._isKept(frame) || this._references(frame) >= this.maxSharing) continue;
      if (this.kernel.core.exports.ksmMerge(space, address, frame) === 1) return true;
    }
    return false;
  }

  /** A candidate may have been stored to, unmapped or left with its process. */
  private _isStill({ space, address }: Place, sum: number): boolean {
    const { exports } = this.kernel.core;
    if (!this.kernel.liveSpaces().has(space)) return false;
    const frame = exports.ksmFrame(space, address);
    return frame !== 0 && exports.ksmChecksum(frame) >>> 0 === sum;
  }

  private _pair(kept: Place, other: Place, sum: number): void {
    const { exports } = this.kernel.core;
    if (exports.ksmKeep(kept.space, kept.address) === 0) return;
    const frame = exports.ksmFrame(kept.space, kept.address);
    this._kept.set(sum, [...(this._kept.get(sum) ?? []), frame]);
    this._candidates.delete(sum);
    exports.ksmMerge(other.space, other.address, frame);
  }

  private _unmergeAll(): void {
    for (const space of this.kernel.liveSpaces()) {
      if (this.kernel.core.exports.ksmBreak(space, 0, TASK_BYTES) !== 0) throw new SysError(ENOMEM);
    }
    this._kept.clear();
    this._candidates.clear();
    this._sums.clear();
    this._at = undefined;
    this._left = [];
  }
}
