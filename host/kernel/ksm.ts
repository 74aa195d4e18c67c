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
  #run = KSM_STOP;
  #dueNs = 0;
  /** Where the scanner is, and the spaces that it has still to visit in this pass. */
  #at: Place | undefined;
  #left: number[] = [];
  /** By checksum: frames that pages were merged into; some may be something else by now. */
  readonly #kept = new Map<number, number[]>();
  /** By checksum: pages of this pass that nobody was the same as yet. */
  readonly #candidates = new Map<number, Place>();
  /** By space, by page: the checksum of the pass before. */
  readonly #sums = new Map<number, Map<number, number>>();

  constructor(private readonly kernel: Kernel) {}

  get run(): number {
    return this.#run;
  }

  /** Throws SysError(ENOMEM): not everything could be taken apart. */
  set run(run: number) {
    if (run === KSM_MERGE && this.#run !== KSM_MERGE) this.#dueNs = this.kernel.now();
    this.#run = run;
    if (run === KSM_UNMERGE) this.#unmergeAll();
  }

  /** Time has passed. */
  advance(nowNs: number): void {
    if (this.#run !== KSM_MERGE || nowNs < this.#dueNs) return;
    const stepNs = Math.max(1, this.sleepMs) * 1e6;
    const steps = Math.floor((nowNs - this.#dueNs) / stepNs) + 1;
    this.#dueNs += steps * stepNs;
    this.#scan(steps * this.pagesToScan);
  }

  /** Frames that several pages are, and how many pages more those are than frames. */
  counts(): { readonly shared: number; readonly sharing: number } {
    let shared = 0;
    let sharing = 0;
    const seen = new Set<number>();
    for (const frames of this.#kept.values()) {
      for (const frame of frames) {
        if (seen.has(frame) || !this.#isKept(frame)) continue;
        seen.add(frame);
        shared++;
        sharing += this.#references(frame) - 1;
      }
    }
    return { shared, sharing };
  }

  /** Pages that changed too often to be compared. */
  get pagesVolatile(): number {
    const { shared, sharing } = this.counts();
    return Math.max(0, this.#records() - shared - sharing - this.pagesUnshared);
  }

  /** What it saves less what it costs, bytes, as Linux reckons. */
  get generalProfit(): number {
    return this.counts().sharing * PAGE - this.#records() * RECORD_BYTES;
  }

  /** How many pages of a space are looked at. */
  recordsOf(space: number): number {
    return this.#sums.get(space)?.size ?? 0;
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

  #records(): number {
    let records = 0;
    for (const sums of this.#sums.values()) records += sums.size;
    return records;
  }

  #references(frame: number): number {
    return this.kernel.core.u32[(DESCRIPTORS + (frame << DESCRIPTOR_SHIFT)) >>> 2];
  }

  #isKept(frame: number): boolean {
    return (this.kernel.core.exports.frameFlags(frame) & FRAME_IS_MERGED) !== 0;
  }

  #spaces(): number[] {
    const running = [...this.kernel.processes.values()].filter(({ state }) => state === 'running');
    return [...new Set(running.map(({ space }) => space.handle))];
  }

  /** Looks at so many pages at most, and at none twice. */
  #scan(pages: number): void {
    const { exports } = this.kernel.core;
    const live = new Set(this.#spaces());
    let passes = 0;
    for (let left = pages; left > 0; ) {
      if (this.#at === undefined || !live.has(this.#at.space)) {
        const space = this.#left.pop();
        if (space === undefined) {
          if (passes++ > 0) return;
          this.#beginPass(live);
          if (this.#left.length === 0) return;
        } else this.#at = live.has(space) ? { space, address: 0 } : undefined;
        continue;
      }
      const { space } = this.#at;
      const address = exports.ksmNext(space, this.#at.address);
      if (address < 0) {
        this.#at = undefined;
        if (this.#left.length === 0) this.#endPass(live);
        continue;
      }
      this.#look({ space, address });
      this.#at = { space, address: address + PAGE };
      left--;
    }
  }

  #beginPass(live: ReadonlySet<number>): void {
    this.#candidates.clear();
    this.#left = [...live].filter((space) => this.kernel.core.exports.ksmNext(space, 0) >= 0);
  }

  #endPass(live: ReadonlySet<number>): void {
    this.fullScans++;
    this.pagesUnshared = this.#candidates.size;
    for (const [sum, frames] of this.#kept) {
      const rest = frames.filter((frame) => this.#isKept(frame));
      if (rest.length === 0) this.#kept.delete(sum);
      else this.#kept.set(sum, rest);
    }
    for (const [space, sums] of this.#sums) {
      if (!live.has(space)) this.#sums.delete(space);
      else for (const page of sums.keys()) if (this.kernel.core.exports.ksmFrame(space, page * PAGE) === 0) sums.delete(page);
    }
  }

  #look(place: Place): void {
    const { exports } = this.kernel.core;
    const frame = exports.ksmFrame(place.space, place.address);
    this.pagesScanned++;
    if (this.#isKept(frame)) return;
    const sum = exports.ksmChecksum(frame) >>> 0;
    const known = this.#remember(place, sum);
    if (this.#mergeWithKept(place, sum) || !known) return;
    const other = this.#candidates.get(sum);
    if (other === undefined || !this.#isStill(other, sum)) this.#candidates.set(sum, place);
    // A page that a fork shares is one already.
    else if (exports.ksmFrame(other.space, other.address) !== frame) this.#pair(other, place, sum);
  }

  /** Has the page had these contents at the last pass, too? */
  #remember({ space, address }: Place, sum: number): boolean {
    let sums = this.#sums.get(space);
    if (sums === undefined) this.#sums.set(space, (sums = new Map()));
    const known = sums.get(address / PAGE) === sum;
    sums.set(address / PAGE, sum);
    return known;
  }

  #mergeWithKept({ space, address }: Place, sum: number): boolean {
    for (const frame of this.#kept.get(sum) ?? []) {
      if (!this.#isKept(frame) || this.#references(frame) >= this.maxSharing) continue;
      if (this.kernel.core.exports.ksmMerge(space, address, frame) === 1) return true;
    }
    return false;
  }

  /** A candidate may have been stored to, unmapped or left with its process. */
  #isStill({ space, address }: Place, sum: number): boolean {
    const { exports } = this.kernel.core;
    if (!this.#spaces().includes(space)) return false;
    const frame = exports.ksmFrame(space, address);
    return frame !== 0 && exports.ksmChecksum(frame) >>> 0 === sum;
  }

  #pair(kept: Place, other: Place, sum: number): void {
    const { exports } = this.kernel.core;
    if (exports.ksmKeep(kept.space, kept.address) === 0) return;
    const frame = exports.ksmFrame(kept.space, kept.address);
    this.#kept.set(sum, [...(this.#kept.get(sum) ?? []), frame]);
    this.#candidates.delete(sum);
    exports.ksmMerge(other.space, other.address, frame);
  }

  #unmergeAll(): void {
    for (const space of this.#spaces()) {
      if (this.kernel.core.exports.ksmBreak(space, 0, TASK_BYTES) !== 0) throw new SysError(ENOMEM);
    }
    this.#kept.clear();
    this.#candidates.clear();
    this.#sums.clear();
    this.#at = undefined;
    this.#left = [];
  }
}
