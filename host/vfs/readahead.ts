/** Reading ahead: how much more than what is asked for is read from a medium, after Linux's mm/readahead.c. */

/** Pages read at once at most, as Linux's read_ahead_kb of 128. */
export const READAHEAD_PAGES = 32;
/** Misses of mappings, hits taken off, from which on nothing is read around them: they are random. */
const MAP_MISSES_MAX = 100;
const MAP_MISSES_CEILING = MAP_MISSES_MAX * 10;

/** What a window is read into. */
export interface ReadaheadTarget {
  isCached(index: number): boolean;
  /** Reads what is absent of [first, first + count), as far as the file and memory go. Failures are for who asks for the page. */
  prefetch(first: number, count: number): void;
}

/** What advice has said (posix_fadvise, madvise). */
export type AccessPattern = 'normal' | 'sequential' | 'random';

/**
 * The window of one reader: [start, start + size) was read last, and when its page `start + size - async` is asked for, the next one is
 * due. Sequential readers get windows that grow from 4 pages up to the limit; a reader elsewhere gets what it asks for.
 */
export class Readahead {
  pattern: AccessPattern = 'normal';
  private _start = 0;
  private _size = 0;
  private _async = 0;
  /** Last page that was read; -1: none. */
  private _previous = -1;
  private _mapMisses = 0;

  constructor(private readonly limit = READAHEAD_PAGES) {}

  private get _most(): number {
    return this.pattern === 'sequential' ? this.limit * 2 : this.limit;
  }

  /** Pages [first, end) are about to be read. */
  before(target: ReadaheadTarget, first: number, end: number): void {
    for (let index = first; index < end; index++) {
      const cached = target.isCached(index);
      if (cached && (this._async === 0 || index !== this._start + this._size - this._async)) continue;
      if (!cached) this.miss(target, index, end - index);
      else if (this.pattern !== 'random') this._next(target);
      // A medium that fails is not asked for every page in turn: the reader asks itself.
      if (!target.isCached(index)) break;
    }
    this._previous = end - 1;
  }

  /** A page that is not there, the first of `wanted`. */
  miss(target: ReadaheadTarget, index: number, wanted: number): void {
    const most = this._most;
    if (this.pattern === 'random' || most === 0) {
      target.prefetch(index, wanted);
      return;
    }
    if (this._size > 0 && index === this._start + this._size) {
      this._next(target);
      return;
    }
    const before = index - this._previous;
    if (index === 0 || wanted > most || before === 0 || before === 1) {
      this._open(target, index, initialWindow(wanted, most), wanted);
      return;
    }
    const history = cachedBefore(target, index, most);
    if (history <= wanted) {
      // A small read somewhere: nothing says that it will go on.
      target.prefetch(index, wanted);
      return;
    }
    this._start = index;
    this._size = Math.min((history >= index ? history * 2 : history) + wanted, most);
    this._async = 1;
    target.prefetch(index, this._size);
  }

  private _open(target: ReadaheadTarget, start: number, size: number, wanted: number): void {
    this._start = start;
    this._size = size;
    this._async = size > wanted ? size - wanted : size;
    target.prefetch(start, size);
  }

  /** The window after this one, larger. */
  private _next(target: ReadaheadTarget): void {
    this._start += this._size;
    this._size = nextWindow(this._size, this._most);
    this._async = this._size;
    target.prefetch(this._start, this._size);
  }

  /** A mapping's page that is not there; `hits`: faults since the last time that found theirs. */
  mapMiss(target: ReadaheadTarget, index: number, advised: AccessPattern, hits: number): void {
    const most = this._most;
    if (advised === 'random' || most === 0) return;
    if (advised === 'sequential') {
      this.miss(target, index, most);
      this._previous = index;
      return;
    }
    this._mapMisses = Math.max(this._mapMisses - hits, 0);
    // Linux sees a mark on a page before the end; here the miss just behind it tells the same.
    const goesOn = this._size > 0 && index === this._start + this._size;
    if (!goesOn) this._mapMisses = Math.min(this._mapMisses + 1, MAP_MISSES_CEILING);
    if (this._mapMisses > MAP_MISSES_MAX) return;
    this._start = goesOn ? index : Math.max(0, index - most / 2);
    this._size = most;
    this._async = most / 4;
    target.prefetch(this._start, this._size);
  }
}

/** The first window of a sequential reader: larger than what is asked for, the more so the less that is. */
function initialWindow(wanted: number, most: number): number {
  const size = 2 ** Math.ceil(Math.log2(Math.max(wanted, 1)));
  if (size <= most / 32) return size * 4;
  return size <= most / 4 ? size * 2 : most;
}

function nextWindow(size: number, most: number): number {
  if (size < most / 16) return size * 4;
  return size <= most / 2 ? size * 2 : most;
}

/** How many pages just before `index` are cached, `most` at most. */
function cachedBefore(target: ReadaheadTarget, index: number, most: number): number {
  let count = 0;
  while (count < most && count < index && target.isCached(index - 1 - count)) count++;
  return count;
}
