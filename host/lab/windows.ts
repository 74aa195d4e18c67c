/**
 * A stream by time: windows of so many accesses, what each system did in them; and the working set, over windows of every size.
 */
import * as T from '../../assembly/shared/trace.js';
import type { Pass } from './pass.js';
import type { TakeRecords } from './recorder.js';
import type { Windows, WorkingSetPoint } from './results.js';

/** Windows of a result; beyond them two become one. */
const WINDOWS_MAX = 1024;
const SPACES = T.RECORD_SPACES;
const TWO32 = 2 ** 32;
/** Steps of a doubling of the working set's window. */
const STEPS = 4;
const BINS = 52 * STEPS;

interface Window {
  readonly instructions: number;
  readonly accesses: number;
  readonly pages: number;
  /** Of each system, from the beginning on. */
  readonly walks: readonly number[];
  readonly walkCycles: readonly number[];
}

/** Stands before a pass: hands records on and looks at the pass between windows. Pages are of 4096 bytes, code and data. */
export class WindowWatcher {
  #each: number;
  #left: number;
  #windows: Window[] = [];
  /** Pages of the window. */
  readonly #pages = new Set<number>();
  readonly #lastUse = new Map<number, number>();
  #now = 0;
  #space = 0;
  #code = -1;
  #latest = -1;
  /** Intervals between uses of a page, by length: how many, and their sum. */
  readonly #count = new Float64Array(BINS);
  readonly #sum = new Float64Array(BINS);

  /** each: accesses of a window; a record is not split, so windows may be longer by what it tells. */
  constructor(
    private readonly pass: Pass,
    each: number,
  ) {
    this.#each = each;
    this.#left = each;
  }

  readonly take: TakeRecords = (words, count) => {
    let from = 0;
    for (let i = 0; i < count; i++) {
      const high = words[2 * i + 1];
      const kind = (high >>> 16) & T.RECORD_KIND_MASK;
      const value = words[2 * i] + (high & 0xffff) * TWO32;
      const passed = (high >>> 20) + (kind === T.RECORD_PASSED ? value : 0);
      if (passed > 0) this.#use(this.#code, passed);
      const data = kind === T.RECORD_LOAD || kind === T.RECORD_STORE;
      if (kind === T.RECORD_CODE) this.#code = this.#page(value);
      else if (data) this.#use(this.#page(value), 1);
      else if (kind === T.RECORD_SPACE) this.#space = value;
      this.#left -= passed + (data ? 1 : 0);
      if (this.#left > 0) continue;
      this.pass.take(words.subarray(2 * from, 2 * (i + 1)), i + 1 - from);
      from = i + 1;
      this.#close();
    }
    if (from < count) this.pass.take(words.subarray(2 * from, 2 * count), count - from);
  };

  #page(address: number): number {
    return Math.floor(address / 4096) * SPACES + this.#space;
  }

  #use(page: number, times: number): void {
    if (page < 0) return;
    if (page === this.#latest) {
      this.#interval(1, times);
      this.#now += times;
      return;
    }
    if (this.#latest >= 0) this.#lastUse.set(this.#latest, this.#now - 1);
    const then = this.#lastUse.get(page);
    if (then !== undefined) this.#interval(this.#now - then, 1);
    this.#latest = page;
    this.#pages.add(page);
    if (times > 1) this.#interval(1, times - 1);
    this.#now += times;
  }

  #interval(length: number, times: number): void {
    const bin = Math.ceil(Math.log2(length) * STEPS - 1e-9);
    this.#count[bin] += times;
    this.#sum[bin] += length * times;
  }

  #close(): void {
    const { engine, systems } = this.pass;
    this.#windows.push({
      instructions: engine.instructions,
      accesses: engine.accesses,
      pages: this.#pages.size,
      walks: systems.map((_, i) => engine.walksOf(i, 0) + engine.walksOf(i, 1) + engine.walksOf(i, 2)),
      walkCycles: systems.map((_, i) => engine.walkCyclesOf(i)),
    });
    this.#pages.clear();
    if (this.#latest >= 0) this.#pages.add(this.#latest);
    this.#left += this.#each;
    if (this.#windows.length < WINDOWS_MAX) return;
    // Of two windows joined the larger number of pages is kept: a working set is no sum.
    this.#windows = this.#windows.flatMap((window, i) =>
      i % 2 === 0 ? [] : [{ ...window, pages: Math.max(window.pages, this.#windows[i - 1].pages) }],
    );
    this.#each *= 2;
    this.#left = this.#each;
  }

  /** The windows so far; what follows the last whole one is a window of its own. */
  windows(): Windows {
    if (this.#left < this.#each && this.#now > 0) this.#close();
    let before: Window = { instructions: 0, accesses: 0, pages: 0, walks: [], walkCycles: [] };
    const points = this.#windows.map((window) => {
      const less = (values: readonly number[], base: readonly number[]): number[] => values.map((value, i) => value - (base[i] ?? 0));
      const point = {
        ...window,
        instructions: window.instructions - before.instructions,
        accesses: window.accesses - before.accesses,
        walks: less(window.walks, before.walks),
        walkCycles: less(window.walkCycles, before.walkCycles),
      };
      before = window;
      return point;
    });
    return { each: this.#each, points };
  }

  /**
   * The average number of pages touched in windows of each size (Denning, "The working set model for program behavior", 1968): a page is in
   * the working set of T accesses for min(T, what passes until its next use) after each use. Exact at the sizes given.
   */
  workingSet(): WorkingSetPoint[] {
    if (this.#now === 0) return [];
    const count = this.#count.slice();
    const sum = this.#sum.slice();
    // After its last use a page stays for what is left of the stream.
    for (const [page, then] of this.#lastUse) {
      const length = this.#now - (page === this.#latest ? this.#now - 1 : then);
      const bin = Math.ceil(Math.log2(length) * STEPS - 1e-9);
      count[bin]++;
      sum[bin] += length;
    }
    if (!this.#lastUse.has(this.#latest)) {
      count[0]++;
      sum[0]++;
    }
    const points: WorkingSetPoint[] = [];
    let longer = count.reduce((a, b) => a + b, 0);
    let within = 0;
    for (let bin = 0; bin < BINS; bin++) {
      const window = 2 ** (bin / STEPS);
      if (window > this.#now) break;
      within += sum[bin];
      longer -= count[bin];
      points.push({ window, pages: (within + longer * window) / this.#now });
    }
    return points;
  }
}
