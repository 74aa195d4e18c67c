/** The fields of a modelled system: what they may be, what they are if nothing is said, what for. docs/lab-model.md has the rules. */
import type { Rules } from './rules.js';

export const PAGE_SIZES = ['4K', '64K', '2M', '1G'] as const;
export const REPLACEMENTS = ['lru', 'fifo', 'random', 'tree-plru', 'srrip', 'clock'] as const;
/** Page-table formats and the levels of their trees, each of which resolves 9 bits; 0: one table of all spaces. */
export const FORMATS = { sv39: 3, sv48: 4, sv57: 5, 'x86-64': 4, 'x86-64-la57': 5, hashed: 0, inverted: 0 } as const;
export const TREES = ['sv39', 'sv48', 'sv57', 'x86-64', 'x86-64-la57'] as const;
export const SERVES = ['instructions', 'data', 'both'] as const;
/** Who sets the bits A and D of page-table entries; "none": they cost nothing. */
export const BIT_SETTERS = ['none', 'hardware', 'fault'] as const;
/** Which frame a page of 4K gets: the first free one, any, or its place in a block of 2 MiB that is kept for its region. */
export const ALLOCATIONS = ['first', 'random', 'reserve'] as const;
export const PREFETCHERS = ['next', 'stride', 'distance'] as const;
/** Which regions may become one page. */
export const WELCOMES = ['always', 'madvise', 'fit'] as const;
/** Reach of one table, so of one entry of a walk cache. */
export const REACHES = ['2M', '1G', '512G', '256T'] as const;

export const ENTRIES_MAX = 1 << 20;
const LEVELS_MAX = 4;
export const BLOCK_BYTES = 2 << 20;
const SEED_MAX = 0xffffffff;
const LATENCY_MAX = 10_000;
const COST_MAX = 1e9;

const whole = (about: string, least: number, most: number, otherwise?: number) =>
  ({ kind: 'whole', about, least, most, otherwise }) as const;
const flag = (about: string, otherwise: boolean) => ({ kind: 'flag', about, otherwise }) as const;
const text = (about: string) => ({ kind: 'text', about }) as const;
const one = <T extends string>(about: string, of: readonly T[], otherwise?: T) => ({ kind: 'one', about, of, otherwise }) as const;
const optional = <R, O>(rule: R, otherwise: O) => ({ kind: 'optional', rule, otherwise }) as const;
const object = <F extends Rules>(about: string, fields: F) => ({ kind: 'object', about, fields }) as const;

const WAYS = {
  ways: { kind: 'ways', about: 'entries of a set; "full": fully associative', most: ENTRIES_MAX },
  replacement: one('who has to go when a set is full', REPLACEMENTS, 'lru'),
  seed: whole('for the replacement "random"', 1, SEED_MAX, 1),
} as const;
const ARRAY = { entries: whole('of all sets together', 1, ENTRIES_MAX), ...WAYS } as const;

const TLB = object('a TLB', {
  name: text('in results; if nothing is said, its level and what it serves'),
  level: whole('1 is asked first', 1, LEVELS_MAX, 1),
  serves: one('whose accesses', SERVES, 'both'),
  sizes: {
    kind: 'list',
    about: 'sizes of the pages that it holds',
    each: one('', PAGE_SIZES),
    least: 1,
    most: PAGE_SIZES.length,
    otherwise: ['4K'],
  },
  latency: optional(whole('cycles that asking its level costs; if nothing is said 0 at level 1, else 7', 0, LATENCY_MAX), undefined),
  partitions: whole('parts that its ways are divided into: an address space uses one of them', 1, 64, 1),
  victims: whole('entries that what had to go is kept in', 0, 1024, 0),
  coalesce: whole('pages of 4K, aligned together and in order in memory, that one entry has at most: 1, 2, 4 or 8', 1, 8, 1),
  ...ARRAY,
});

export const SYSTEM = object('A translation system for pagewalk lab', {
  $schema: optional(text('of this file, for editors'), undefined),
  name: text('in results'),
  source: text('where its figures are from'),
  format: one('of the page tables', Object.keys(FORMATS) as (keyof typeof FORMATS)[], 'sv39'),
  tableEntries: whole('of the formats "hashed" and "inverted"; a power of 2', 1, 1 << 26, 1 << 20),
  nested: optional(
    object("under a hypervisor: the host's tables, by which each address of the guest's tables and pages is translated", {
      format: one("of the host's tables", TREES, 'sv39'),
      pageSize: one("of the host's pages", PAGE_SIZES, '4K'),
      tlb: optional(
        object("of translations by the host's tables", { latency: whole('cycles that asking it costs', 0, LATENCY_MAX, 0), ...ARRAY }),
        null,
      ),
    }),
    null,
  ),
  memory: optional(
    object('physical memory; null: enough of it, given out in the order of first accesses', {
      bytes: whole('a multiple of 2 MiB', BLOCK_BYTES, 2 ** 38),
      fragmented: whole('per cent of its blocks of 2 MiB that have a frame in use from the beginning', 0, 100, 0),
      allocation: one('which frame a page of 4K gets', ALLOCATIONS, 'first'),
      seed: whole('of the random numbers', 1, SEED_MAX, 1),
    }),
    null,
  ),
  swap: optional(
    object('memory for so many pages, the one used longest ago goes; null: no page has to go', {
      pages: whole('of 4K, of all address spaces together', 1, 1 << 26),
      read: whole('cycles of an access to a page that had to go, besides costs.fault', 0, COST_MAX, 0),
      write: whole('cycles of a page that has to go and was stored to since it came', 0, COST_MAX, 0),
    }),
    null,
  ),
  accessedDirty: one('who sets the bits A and D of page-table entries; "none": they cost nothing', BIT_SETTERS, 'none'),
  pageSize: one('of all pages, or what they begin as', PAGE_SIZES, '4K'),
  promoteAfter: whole(
    'distinct 4K pages of an aligned 2 MiB region after whose first touch it is one page of 2M: 1 as THP "always"; 0: never',
    ...([0, 512, 0] as const),
  ),
  promote: one(
    'which regions may become one page: all, what the program advises it of by madvise(MADV_HUGEPAGE), what is wholly in one mapping',
    WELCOMES,
    'always',
  ),
  background: optional(
    object('as khugepaged: regions become one page now and then', {
      every: whole('accesses from one time to the next', 1, 1e12),
      regions: whole('that are looked at each time', 1, 65536, 8),
      present: whole('pages of a region that must have been touched: 512 - max_ptes_none', 1, 512, 1),
    }),
    null,
  ),
  ideal: flag('every access hits the first level: what the others are to be compared with', false),
  tlbs: { kind: 'list', about: 'its TLBs', each: TLB, least: 1, most: 16, lacks: 'TLB' },
  walkCaches: {
    kind: 'list',
    about: 'page-walk caches',
    each: object('pointers to tables', { covers: one('bytes of one table', REACHES), ...ARRAY }),
    least: 0,
    most: REACHES.length,
    otherwise: [],
  },
  caches: {
    kind: 'list',
    about: 'through which page-table entries come, the first one first',
    each: object('a cache', {
      bytes: whole('a multiple of lineBytes', 8, ENTRIES_MAX * 4096),
      latency: whole('cycles', 0, LATENCY_MAX, 4),
      ...WAYS,
    }),
    least: 0,
    most: 4,
    otherwise: [],
  },
  lineBytes: whole('of the caches; a power of 2', 8, 4096, 64),
  memoryLatency: whole('cycles of a page-table entry that no cache has', 0, 100_000, 100),
  onSwitch: one('what a switch of the address space does to TLBs and walk caches', ['asid', 'flush'] as const, 'asid'),
  prefetchNext: whole('after a walk at most so many other pages are walked for, too, into the last level', 0, 8, 0),
  prefetcher: one(
    'which: the next ones; those in the stride of the latest walks; those whose distances followed the last times',
    PREFETCHERS,
    'next',
  ),
  prefetchRows: whole('distances that the prefetcher "distance" remembers', 1, 65536, 64),
  costs: optional(
    object("what the operating system's part costs, in cycles", {
      fault: whole('a first access to a page', 0, COST_MAX, 0),
      drop: whole('a translation dropped, on the processor that does it', 0, COST_MAX, 0),
      shootdown: whole('a translation dropped, on each other processor', 0, COST_MAX, 0),
      accessedDirty: whole('a fault that sets A or D', 0, COST_MAX, 0),
      processors: whole('that the process runs on', 1, 4096, 1),
    }),
    {},
  ),
  validate: flag('is what its TLBs hold compared with the page tables? A stale translation ends the pass', false),
});
