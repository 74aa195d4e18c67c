import { PAGE_SIZE } from '../../assembly/shared/layout.js';
import { CACHE_DIRTY, CACHE_PRESENT } from '../../assembly/shared/stat.js';
import type { PagedInode } from './pagedinode.js';
import type { PageCache } from './pager.js';

const NS_PER_CENTISECOND = 1e7;
/** Media that could not take enough are left alone for so long. */
const RETRY_NS = 2e8;

/**
 * Writes back what nobody has asked for, as Linux's mm/page-writeback.c: every `writebackCentisecs` the files that have been dirty for
 * `expireCentisecs`; whenever more than the background limit is dirty, until no more is; and a writer that comes above the limit does the
 * same before its call returns. A limit is a share of the memory that may hold file data, or a number of bytes where that is not 0.
 */
export class Flusher {
  writebackCentisecs = 500;
  expireCentisecs = 3000;
  ratio = 20;
  bytes = 0;
  backgroundRatio = 10;
  backgroundBytes = 0;
  /** When each file was first seen dirty. */
  private readonly _since = new Map<PagedInode, number>();
  /** The last look at the files' ages; the next is an interval later. */
  private _lookedAt = 0;
  private _retryAt = 0;
  private _stuckAt = 0;

  constructor(private readonly pages: PageCache) {}

  private get _dirty(): number {
    return this.pages.core.exports.cacheStat(CACHE_DIRTY);
  }

  /** Pages that may be dirty before writers have to write back themselves, and before it is done behind them. */
  get limits(): { readonly limit: number; readonly background: number } {
    const { exports } = this.pages.core;
    const room = Math.max(exports.frameLimit() - exports.framesInUse(), 0) + exports.cacheStat(CACHE_PRESENT);
    const pages = (bytes: number, ratio: number): number => (bytes > 0 ? Math.ceil(bytes / PAGE_SIZE) : Math.floor((room * ratio) / 100));
    const limit = pages(this.bytes, this.ratio);
    const background = pages(this.backgroundBytes, this.backgroundRatio);
    return { limit, background: background < limit ? background : limit >> 1 };
  }

  /** When it wants its next turn, in ns of monotonic time; Infinity: nothing is dirty. */
  get due(): number {
    if (this.writebackCentisecs === 0 || this._dirty === 0) return Number.POSITIVE_INFINITY;
    return this._lookedAt + this.writebackCentisecs * NS_PER_CENTISECOND;
  }

  /** Time has passed. Called often. */
  advance(now: number): void {
    const dirty = this._dirty;
    if (dirty === 0) {
      this._since.clear();
      this._lookedAt = now;
      return;
    }
    if (now >= this._retryAt && dirty > this.limits.background) {
      this._shrink();
      if (this._dirty > this.limits.background) this._retryAt = now + RETRY_NS;
    }
    if (now >= this.due) this._expire(now);
  }

  private _shrink(): void {
    const { background } = this.limits;
    this.pages.writeBackUntil(() => this._dirty <= background);
  }

  private _expire(now: number): void {
    this._lookedAt = now;
    const oldest = now - this.expireCentisecs * NS_PER_CENTISECOND;
    const dirty = this.pages.dirtyInodes();
    const known = new Set(dirty);
    for (const inode of this._since.keys()) if (!known.has(inode)) this._since.delete(inode);
    for (const inode of dirty) {
      const since = this._since.get(inode);
      if (since === undefined) this._since.set(inode, now);
      else if (since <= oldest && this.pages.writeBackNow(inode)) this._since.delete(inode);
    }
  }

  /** Somebody has written. Above the limit he pays; where the media take nothing, only for every so many pages more. */
  throttle(): void {
    const dirty = this._dirty;
    const { limit } = this.limits;
    if (dirty <= limit) {
      this._stuckAt = 0;
      return;
    }
    if (dirty < this._stuckAt) return;
    this._shrink();
    const left = this._dirty;
    this._stuckAt = left > limit ? left + (limit >> 3) + 1 : 0;
  }
}
