/**
 * An address space for somebody who watches it all the time: every page's state and frame in typed arrays, and from one look to the next
 * only what has changed. Changes nothing in the machine.
 */
import * as L from '../../../assembly/shared/layout.js';
import type { Core } from '../../core/core.js';
import type { Process } from '../../kernel/process.js';
import { type Vma, vmas } from '../../vfs/backends/proc-maps.js';
import { findEntry, mappingOf, pageBits, type SpaceView, viewSpace } from './capture.js';
import { PAGE_BYTES, PAGE_CACHED } from './pages.js';
import * as R from './records.js';
import type { MappingKind } from './snapshot.js';

/** Pages that follow each other; `page` counts from the mapping's start. Their cells follow each other, too. */
export interface FeedSpan {
  readonly page: number;
  readonly count: number;
}

export interface FeedMapping {
  readonly start: number;
  readonly end: number;
  readonly permissions: string;
  readonly name: string;
  readonly kind: MappingKind;
  /** What is shown of it. What lies between has no page, or did not fit in. */
  readonly spans: readonly FeedSpan[];
}

/** Of a whole space: cells are those of all spans of all mappings in their order. */
export interface FeedLayout {
  readonly mappings: readonly FeedMapping[];
  /** Mappings that are not among them, being too many. */
  readonly mappingsLeft: number;
  /** Pages with a table that did not fit in. */
  readonly pagesLeft: number;
}

export interface FeedUpdate {
  /** When mappings have changed: then `at` is undefined, and bits and frames are those of all cells. */
  readonly layout: FeedLayout | undefined;
  /** Which cells have changed. */
  readonly at: Uint32Array<ArrayBuffer> | undefined;
  /** PAGE_* of pages.ts, 16 bits. */
  readonly bits: Uint16Array<ArrayBuffer>;
  /** The frame that the page has here or in the page cache; 0: none. */
  readonly frames: Uint32Array<ArrayBuffer>;
}

export interface FeedLimits {
  readonly cells: number;
  readonly mappings: number;
}

const LIMITS: FeedLimits = { cells: 262_144, mappings: 300 };
/** Mappings of at most so many pages are shown whole, absent pages included. */
const WHOLE_PAGES = 4096;
const LEAF_PAGES = R.LEAF_SPAN / PAGE_BYTES;

interface Shown {
  readonly vma: Vma;
  readonly spans: readonly FeedSpan[];
}

export class PageFeed {
  #key = '';
  /** Of each cell what its bits were made of, mixed. */
  #marks = new Int32Array(0);
  #bits = new Uint16Array(0);
  #frames = new Uint32Array(0);

  constructor(
    private readonly process: Process,
    private readonly limits: FeedLimits = LIMITS,
  ) {}

  /** undefined: nothing is different. */
  take(): FeedUpdate | undefined {
    const view = viewSpace(this.process);
    const { shown, layout, cells } = this.#layOut(view);
    const key = `${view.handle} ${JSON.stringify(layout)}`;
    const isNew = key !== this.#key;
    if (isNew) {
      this.#key = key;
      this.#marks = new Int32Array(cells);
      this.#bits = new Uint16Array(cells);
      this.#frames = new Uint32Array(cells);
    }
    const changed = this.#scan(view, shown);
    if (isNew) return { layout, at: undefined, bits: this.#bits.slice(), frames: this.#frames.slice() };
    if (changed.length === 0) return undefined;
    const at = Uint32Array.from(changed);
    return {
      layout: undefined,
      at,
      bits: Uint16Array.from(at, (i) => this.#bits[i]),
      frames: Uint32Array.from(at, (i) => this.#frames[i]),
    };
  }

  #layOut(view: SpaceView): { shown: Shown[]; layout: FeedLayout; cells: number } {
    const shown: Shown[] = [];
    const mappings: FeedMapping[] = [];
    let mappingsLeft = 0;
    let pagesLeft = 0;
    let cells = 0;
    for (const vma of vmas(view.source, view.space)) {
      if (mappings.length >= this.limits.mappings) {
        mappingsLeft++;
        continue;
      }
      const spans: FeedSpan[] = [];
      for (const span of spansOf(view, vma)) {
        const count = Math.min(span.count, this.limits.cells - cells);
        pagesLeft += span.count - count;
        if (count > 0) spans.push({ page: span.page, count });
        cells += count;
      }
      shown.push({ vma, spans });
      mappings.push({ ...mappingOf(view, vma), spans });
    }
    return { shown, layout: { mappings, mappingsLeft, pagesLeft }, cells };
  }

  /** Looks at every cell; the numbers of those that are different. */
  #scan(view: SpaceView, shown: readonly Shown[]): number[] {
    const changed: number[] = [];
    let cell = 0;
    for (const { vma, spans } of shown) {
      for (const { page, count } of spans) {
        const start = vma.start + page * PAGE_BYTES;
        for (let done = 0; done < count; ) {
          const va = start + done * PAGE_BYTES;
          const pages = Math.min(count - done, LEAF_PAGES - (Math.floor(va / PAGE_BYTES) % LEAF_PAGES));
          this.#scanTable(view, vma, va, pages, cell, changed);
          cell += pages;
          done += pages;
        }
      }
    }
    return changed;
  }

  /** `pages` of one last-level table, or of none. */
  #scanTable(view: SpaceView, vma: Vma, start: number, pages: number, first: number, changed: number[]): void {
    const { core } = view;
    const above = upperEntry(core, view.root, start);
    const isTable = above !== 0 && (above & (R.PTE_V | R.PTE_RWX)) === R.PTE_V;
    const frame = (above >>> 10) & 0xfffff;
    const sharers = isTable ? core.u32[(L.DESCRIPTORS + (frame << L.DESCRIPTOR_SHIFT)) >>> 2] : 0;
    const table = (frame * PAGE_BYTES) >>> 2;
    const index = Math.floor(start / PAGE_BYTES) % LEAF_PAGES;
    for (let i = 0; i < pages; i++) {
      const words = core.u32;
      const low = isTable ? words[table + (index + i) * 2] : above;
      const high = isTable ? words[table + (index + i) * 2 + 1] : 0;
      const va = start + i * PAGE_BYTES;
      let mark: number;
      if (low === 0 && high === 0) {
        const cached = vma.object === 0 ? 0 : core.exports.objectPage(vma.object, objectPageOf(vma, va));
        mark = cached === 0 ? 0 : mix(1, cached >>> 12);
        if (mark === this.#marks[first + i]) continue;
        this.#set(first + i, mark, cached === 0 ? 0 : PAGE_CACHED, cached >>> 12, changed);
        continue;
      }
      const own = isTable ? (low >>> 10) & 0xfffff : frame + index + i;
      const record = (L.DESCRIPTORS + (own << L.DESCRIPTOR_SHIFT)) >>> 2;
      mark = mix(mix(mix(mix(low, high + sharers), words[record]), words[record + 1]), words[record + 2] + (above & 1023) + vma.flags);
      if (mark === this.#marks[first + i]) continue;
      const entry = findEntry(view, va);
      const present = entry !== undefined && (entry.pte.bits & R.PTE_V) !== 0;
      this.#set(first + i, mark, entry === undefined ? 0 : pageBits(view, vma, va, entry), present ? entry.pte.frame : 0, changed);
    }
  }

  #set(cell: number, mark: number, bits: number, frame: number, changed: number[]): void {
    this.#marks[cell] = mark;
    if (this.#bits[cell] === bits && this.#frames[cell] === frame) return;
    this.#bits[cell] = bits;
    this.#frames[cell] = frame;
    changed.push(cell);
  }
}

const mix = (a: number, b: number): number => (Math.imul(a ^ (a >>> 15), 0x2c1b3c6d) + Math.imul(b, 0x297a2d39) + 1) | 0;

const objectPageOf = (vma: Vma, va: number): number => Math.floor((vma.offset + va - vma.start) / PAGE_BYTES);

/** Low word of the entry of the middle table for an address: it holds all of a pointer. 0: there is none. */
function upperEntry(core: Core, root: number, va: number): number {
  const top = core.u32[(root * PAGE_BYTES + (Math.floor(va / R.GIGA) % R.ENTRIES) * 8) >>> 2];
  if (top === 0) return 0;
  return core.u32[(((top >>> 10) & 0xfffff) * PAGE_BYTES + (Math.floor(va / R.LEAF_SPAN) % R.ENTRIES) * 8) >>> 2];
}

/** All of a small mapping; of a large one what has tables, or pages in the cache. */
function spansOf(view: SpaceView, vma: Vma): FeedSpan[] {
  const pages = (vma.end - vma.start) / PAGE_BYTES;
  if (pages <= WHOLE_PAGES) return [{ page: 0, count: pages }];
  const { core } = view;
  const spans: { page: number; count: number }[] = [];
  for (let va = vma.start; va < vma.end; ) {
    const giga = (Math.floor(va / R.GIGA) + 1) * R.GIGA;
    if (vma.object === 0 && core.u32[(view.root * PAGE_BYTES + (Math.floor(va / R.GIGA) % R.ENTRIES) * 8) >>> 2] === 0) {
      va = giga;
      continue;
    }
    const stop = Math.min(vma.end, (Math.floor(va / R.LEAF_SPAN) + 1) * R.LEAF_SPAN);
    if (upperEntry(core, view.root, va) !== 0 || hasCached(core, vma, va, stop)) {
      const page = (va - vma.start) / PAGE_BYTES;
      const count = (stop - va) / PAGE_BYTES;
      const last = spans.at(-1);
      if (last !== undefined && last.page + last.count === page) last.count += count;
      else spans.push({ page, count });
    }
    va = stop;
  }
  return spans;
}

function hasCached(core: Core, vma: Vma, from: number, to: number): boolean {
  if (vma.object === 0) return false;
  const next = core.exports.objectNextPresent(vma.object, objectPageOf(vma, from));
  return next >= 0 && next < objectPageOf(vma, to);
}
