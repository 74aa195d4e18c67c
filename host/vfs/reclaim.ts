/** Making room when frames run short: what the core picks (assembly/mm/scan.ts) is written where it has to be, and its frames are free. */
import { HART, HART_SHORT } from '../../assembly/shared/layout.js';
import type { Core } from '../core/core.js';
import { Suspend } from '../linux/error.js';
import type { PagedInode } from './pagedinode.js';
import type { SwapArea } from './swap.js';

/** Frames asked for at once, at least and at most: what waits to be written in the core has room for 512 pages. */
const BATCH_MIN = 32;
const BATCH_MAX = 512;
const BATCH_SHIFT = 6;
/** Frames are short when less than a 32nd of them is free. */
const SHORT_SHIFT = 5;
/** As often is tried again while media take pages without a frame becoming free. */
const TRIES = 4;
/** After so many looks for room in vain, at most, the next one comes. */
const SKIP_MAX = 4096;

export class Reclaimer {
  /** A medium could not answer at once: when it has, there may be room. */
  waiting: Suspend | undefined = undefined;
  private _skip = 0;
  private _skipNext = 1;

  constructor(
    private readonly core: Core,
    private readonly swap: SwapArea,
    private readonly inodeOf: (object: number) => PagedInode | undefined,
  ) {}

  /** How many frames became free, about `wanted`; 0: nothing can go, or it has to be waited for (`waiting`). */
  makeRoom(wanted = this._batch()): number {
    const { exports } = this.core;
    const before = exports.framesInUse();
    this.waiting = undefined;
    for (let n = 0; n < TRIES && exports.framesInUse() >= before && this.waiting === undefined; n++) {
      const freed = exports.reclaimPages(Math.min(wanted, BATCH_MAX));
      if (!this.writeOut() && freed === 0) break;
    }
    return Math.max(0, before - exports.framesInUse());
  }

  /** Writes what waits for it in the core; frames become free by that. False: nothing waited. */
  writeOut(): boolean {
    const { tried, waiting } = this.swap.writeOut();
    this.waiting = waiting;
    return this._writeFiles() || tried;
  }

  /** Before a system call: frames that were running short are made some more, so that the call hardly ever finds none. */
  relieve(): void {
    this.core.u32[(HART + HART_SHORT) >>> 2] = 0;
    if (this._skip > 0) {
      this._skip--;
      return;
    }
    const { exports } = this.core;
    const limit = exports.frameLimit();
    const missing = 2 * (limit >>> SHORT_SHIFT) - (limit - exports.framesInUse());
    if (missing <= 0) return;
    this._skipNext = this.makeRoom(missing) > 0 ? 1 : Math.min(this._skipNext * 2, SKIP_MAX);
    this._skip = this._skipNext - 1;
  }

  private _batch(): number {
    return Math.min(BATCH_MAX, Math.max(BATCH_MIN, this.core.exports.frameLimit() >>> BATCH_SHIFT));
  }

  private _writeFiles(): boolean {
    const { exports } = this.core;
    const dirty = this._dirty();
    for (const [object, pages] of dirty) {
      pages.sort((a, b) => a - b);
      for (let i = 0; i < pages.length; ) {
        let run = 1;
        while (i + run < pages.length && pages[i + run] === pages[i] + run) run++;
        this._writeRun(object, pages[i], run);
        for (let n = 0; n < run; n++) exports.reclaimWritten(object, pages[i] + n);
        i += run;
      }
    }
    return dirty.size > 0;
  }

  private _dirty(): Map<number, number[]> {
    const { core } = this;
    const { exports } = core;
    const found = new Map<number, number[]>();
    for (let object = exports.reclaimNextDirty() >>> 0; object !== 0; object = exports.reclaimNextDirty() >>> 0) {
      const pages = found.get(object) ?? [];
      pages.push(core.ioIndex);
      found.set(object, pages);
    }
    return found;
  }

  /** What fails is in the file's errors: its own fsync tells. */
  private _writeRun(object: number, first: number, count: number): void {
    try {
      this.inodeOf(object)?.writeBack(first, first + count);
    } catch (error) {
      if (!(error instanceof Suspend)) throw error;
      this.waiting ??= error;
    }
  }
}
