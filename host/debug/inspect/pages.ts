/** What is known of a page as bits, the one class that a picture shows it as, and sums of them. */
import type { MappingSnapshot, PageRun } from './snapshot.js';

export const PAGE_BYTES = 4096;

export const PAGE_PRESENT = 1;
/** The page of zeros that reads of untouched memory see. */
export const PAGE_ZERO = 2;
export const PAGE_DIRTY = 4;
/** Its frame serves more than one mapping, or a table that other spaces have. */
export const PAGE_SHARED = 8;
/** Private, writable and not alone: a store makes a copy first. */
export const PAGE_COW = 16;
/** Belongs to a file or to shared memory. */
export const PAGE_OBJECT = 32;
export const PAGE_ACCESSED = 64;
export const PAGE_SOFT = 128;
/** At its identity place: the window serves it. */
export const PAGE_HOME = 256;
/** Not mapped here, but in the page cache: a fault costs no reading. */
export const PAGE_CACHED = 512;
export const PAGE_SWAPPED = 1024;
/** A mark of a kind that has no name here. */
export const PAGE_MARKED = 2048;
/** Part of a page of 2 MiB. */
export const PAGE_HUGE = 4096;

/** A userfaultfd is asked before a store. */
export const PAGE_PROTECTED = 8192;

export const PAGE_GUARD = 16384;
export const PAGE_POISONED = 32768;

export interface PageClass {
  readonly id: string;
  readonly glyph: string;
  readonly label: string;
  /** Of several in one character, that with the highest is shown. */
  readonly weight: number;
}

const CLASSES = {
  absent: { id: 'absent', glyph: '.', label: 'absent', weight: 0 },
  cached: { id: 'cached', glyph: ':', label: 'absent, in the page cache', weight: 1 },
  zero: { id: 'zero', glyph: '0', label: 'page of zeros', weight: 2 },
  clean: { id: 'clean', glyph: 'p', label: 'private to this mapping, clean', weight: 3 },
  shared: { id: 'shared', glyph: 's', label: 'shared, clean', weight: 4 },
  dirty: { id: 'dirty', glyph: 'P', label: 'private to this mapping, dirty', weight: 5 },
  sharedDirty: { id: 'shared-dirty', glyph: 'S', label: 'shared, dirty', weight: 6 },
  cow: { id: 'cow', glyph: 'c', label: 'copied at the next store', weight: 7 },
  protected: { id: 'protected', glyph: 'u', label: 'write-protected by a userfaultfd', weight: 8 },
  swapped: { id: 'swapped', glyph: 'w', label: 'swapped out', weight: 9 },
  guard: { id: 'guard', glyph: 'g', label: 'guard', weight: 10 },
  poisoned: { id: 'poisoned', glyph: 'x', label: 'poisoned', weight: 11 },
  marked: { id: 'marked', glyph: '!', label: 'other mark', weight: 12 },
} as const satisfies Record<string, PageClass>;

/** In the order of the legend. */
export const PAGE_CLASSES: readonly PageClass[] = [
  CLASSES.dirty,
  CLASSES.clean,
  CLASSES.sharedDirty,
  CLASSES.shared,
  CLASSES.cow,
  CLASSES.protected,
  CLASSES.zero,
  CLASSES.cached,
  CLASSES.swapped,
  CLASSES.guard,
  CLASSES.poisoned,
  CLASSES.marked,
  CLASSES.absent,
];

export function classOf(bits: number): PageClass {
  if (bits & PAGE_MARKED) return CLASSES.marked;
  if (bits & PAGE_POISONED) return CLASSES.poisoned;
  if (bits & PAGE_GUARD) return CLASSES.guard;
  if (bits & PAGE_SWAPPED) return CLASSES.swapped;
  if (bits & PAGE_PROTECTED) return CLASSES.protected;
  if (bits & PAGE_ZERO) return CLASSES.zero;
  if ((bits & PAGE_PRESENT) === 0) return bits & PAGE_CACHED ? CLASSES.cached : CLASSES.absent;
  if (bits & PAGE_COW) return CLASSES.cow;
  if (bits & PAGE_SHARED) return bits & PAGE_DIRTY ? CLASSES.sharedDirty : CLASSES.shared;
  return bits & PAGE_DIRTY ? CLASSES.dirty : CLASSES.clean;
}

/** Pages of each sort. The page of zeros is not resident, as in Linux. */
export interface Tally {
  pages: number;
  resident: number;
  dirty: number;
  shared: number;
  cow: number;
  swapped: number;
  huge: number;
  zero: number;
  home: number;
  locked: number;
}

export function emptyTally(): Tally {
  return { pages: 0, resident: 0, dirty: 0, shared: 0, cow: 0, swapped: 0, huge: 0, zero: 0, home: 0, locked: 0 };
}

export function tally(mapping: MappingSnapshot): Tally {
  const sum = emptyTally();
  for (const { count, bits } of mapping.runs) {
    const has = (bit: number): number => ((bits & bit) !== 0 ? count : 0);
    sum.pages += count;
    sum.swapped += has(PAGE_SWAPPED);
    sum.zero += has(PAGE_ZERO);
    if ((bits & PAGE_PRESENT) === 0 || (bits & PAGE_ZERO) !== 0) continue;
    sum.resident += count;
    sum.dirty += has(PAGE_DIRTY);
    sum.shared += has(PAGE_SHARED);
    sum.cow += has(PAGE_COW);
    sum.huge += has(PAGE_HUGE);
    sum.home += has(PAGE_HOME);
  }
  if (mapping.flags.includes('locked')) sum.locked = sum.pages;
  return sum;
}

export function addTally(sum: Tally, more: Tally): void {
  for (const key of Object.keys(sum) as (keyof Tally)[]) sum[key] += more[key];
}

/** One cell of a strip: how many pages it stands for, and the heaviest class among them. */
export interface Cell {
  readonly page: number;
  readonly count: number;
  readonly shown: PageClass;
  readonly bits: number;
}

/** The pages of a mapping in cells of `each` pages. */
export function* cells(runs: readonly PageRun[], each: number): Generator<Cell> {
  let first = 0;
  let count = 0;
  let bits = 0;
  let shown: PageClass = CLASSES.absent;
  for (const run of runs) {
    const runClass = classOf(run.bits);
    for (let left = run.count; left > 0; ) {
      const taken = Math.min(left, each - count);
      if (count === 0 || runClass.weight > shown.weight) {
        shown = runClass;
        bits = run.bits;
      }
      count += taken;
      left -= taken;
      if (count < each) continue;
      yield { page: first, count, shown, bits };
      first += count;
      count = 0;
    }
  }
  if (count > 0) yield { page: first, count, shown, bits };
}

/** Pages that a cell must stand for so that there are at most `most` cells: a power of two. */
export function pagesPerCell(pages: number, most: number): number {
  let each = 1;
  while (Math.ceil(pages / each) > most) each *= 2;
  return each;
}

const BIT_NAMES: readonly (readonly [number, string])[] = [
  [PAGE_OBJECT, 'of an object'],
  [PAGE_ACCESSED, 'accessed'],
  [PAGE_DIRTY, 'dirty'],
  [PAGE_SOFT, 'soft-dirty'],
  [PAGE_SHARED, 'shared'],
  [PAGE_HOME, 'in the window'],
  [PAGE_HUGE, 'huge'],
];

/** "copied at the next store: accessed, dirty, shared". */
export function describeBits(bits: number): string {
  const names = BIT_NAMES.filter(([bit]) => (bits & bit) !== 0).map(([, name]) => name);
  const { label } = classOf(bits);
  return names.length === 0 ? label : `${label}: ${names.join(', ')}`;
}
