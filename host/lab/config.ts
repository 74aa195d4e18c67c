/** What a modelled translation system is made of. docs/lab-model.md says what each part does. */
import { ConfigError, DEPTH_MAX, fields, flag, isTooDeep, list, oneOf, text, whole } from './check.js';

export const PAGE_SIZES = ['4K', '64K', '2M', '1G'] as const;
export type PageSize = (typeof PAGE_SIZES)[number];
export const REPLACEMENTS = ['lru', 'fifo', 'random', 'tree-plru', 'srrip', 'clock'] as const;
export type Replacement = (typeof REPLACEMENTS)[number];
/** Page-table formats and the levels of their trees, each of which resolves 9 bits; 0: one table of all spaces. */
export const FORMATS = { sv39: 3, sv48: 4, sv57: 5, 'x86-64': 4, 'x86-64-la57': 5, hashed: 0, inverted: 0 } as const;
export type Format = keyof typeof FORMATS;
export const SERVES = ['instructions', 'data', 'both'] as const;
export type Serves = (typeof SERVES)[number];

/** Who sets the bits A and D of page-table entries; "none": they cost nothing. */
export const BIT_SETTERS = ['none', 'hardware', 'fault'] as const;
export type BitSetter = (typeof BIT_SETTERS)[number];
/** Which frame a page of 4K gets: the first free one, any, or its place in a block of 2 MiB that is kept for its region. */
export const ALLOCATIONS = ['first', 'random', 'reserve'] as const;

/** Physical memory. */
export interface MemoryConfig {
  readonly bytes: number;
  /** Per cent of its blocks of 2 MiB that have a frame in use from the beginning. */
  readonly fragmented: number;
  readonly allocation: (typeof ALLOCATIONS)[number];
  readonly seed: number;
}

export const PREFETCHERS = ['next', 'stride', 'distance'] as const;
export type PrefetcherKind = (typeof PREFETCHERS)[number];

export interface ArrayConfig {
  readonly entries: number;
  /** Entries of a set; = entries: fully associative (in files also "full", the default). */
  readonly ways: number;
  readonly replacement: Replacement;
  /** For "random". */
  readonly seed: number;
}

export interface TlbConfig extends ArrayConfig {
  readonly name: string;
  /** 1 is asked first. */
  readonly level: number;
  readonly serves: Serves;
  readonly sizes: readonly PageSize[];
  /** Cycles that asking its level costs; for a first level usually 0, since it works beside the cache. */
  readonly latency: number;
  /** Parts that its ways are divided into: an address space uses one of them. */
  readonly partitions: number;
  /** Entries that what had to go is kept in. */
  readonly victims: number;
  /** Pages of 4K, aligned together and in order in memory, that one entry has at most: 1, 2, 4 or 8. */
  readonly coalesce: number;
}

/** Under a hypervisor: the host's tables, by which each address of the guest's tables and pages is translated. */
export interface NestedConfig {
  readonly format: Exclude<Format, 'hashed' | 'inverted'>;
  readonly pageSize: PageSize;
  /** Of translations by the host's tables; asking it costs `latency`. */
  readonly tlb: (ArrayConfig & { readonly latency: number }) | null;
}

/** What the operating system's part costs, in cycles. */
export interface CostsConfig {
  /** A first access to a page. */
  readonly fault: number;
  /** A translation dropped, on the processor that does it, and on each other one. */
  readonly drop: number;
  readonly shootdown: number;
  /** A fault that sets A or D. */
  readonly accessedDirty: number;
  /** Processors that the process runs on. */
  readonly processors: number;
}

/** Reach of one table, so of one entry of a walk cache. */
export const REACHES = ['2M', '1G', '512G', '256T'] as const;
export type Reach = (typeof REACHES)[number];

export interface WalkCacheConfig extends ArrayConfig {
  readonly covers: Reach;
}

export interface CacheConfig extends ArrayConfig {
  readonly latency: number;
}

export interface SystemConfig {
  readonly name: string;
  readonly source: string;
  readonly format: Format;
  /** Of the formats "hashed" and "inverted", of 16 bytes each; an inverted one has as many anchors of 8. */
  readonly tableEntries: number;
  readonly nested: NestedConfig | null;
  /** null: enough of it, given out in the order of first accesses. */
  readonly memory: MemoryConfig | null;
  readonly accessedDirty: BitSetter;
  /** Size of all pages, or what they begin as. */
  readonly pageSize: PageSize;
  /** Distinct 4K pages of an aligned 2 MiB region after whose first touch it is one page of 2M: 1 as THP "always"; 0: never. */
  readonly promoteAfter: number;
  /** Every access hits the first level: what the others are to be compared with. */
  readonly ideal: boolean;
  readonly tlbs: readonly TlbConfig[];
  readonly walkCaches: readonly WalkCacheConfig[];
  /** Through which page-table entries come. */
  readonly caches: readonly CacheConfig[];
  readonly lineBytes: number;
  /** Cycles of a page-table entry that no cache has. */
  readonly memoryLatency: number;
  /** What a switch of the address space does to TLBs and walk caches. */
  readonly onSwitch: 'asid' | 'flush';
  /** After a walk at most so many other pages are walked for, too, into the last level. */
  readonly prefetchNext: number;
  /** Which: the next ones; those in the stride of the latest walks; those whose distances followed the walk's the last times. */
  readonly prefetcher: PrefetcherKind;
  /** Distances that the prefetcher "distance" remembers. */
  readonly prefetchRows: number;
  readonly costs: CostsConfig;
  /** Is what its TLBs hold compared with the page tables? A translation that they don't have any more ends the pass. */
  readonly validate: boolean;
}

const ENTRIES_MAX = 1 << 20;
const LEVELS_MAX = 4;

function arrayConfig(value: Readonly<Record<string, unknown>>, at: string): ArrayConfig {
  const entries = whole(value.entries, `${at}.entries`, 1, ENTRIES_MAX);
  const ways = value.ways === undefined || value.ways === 'full' ? entries : whole(value.ways, `${at}.ways`, 1, entries);
  if (entries % ways !== 0) throw new ConfigError(`${at}.ways`, `${ways} does not divide ${entries} entries`);
  const replacement = oneOf(value.replacement, `${at}.replacement`, REPLACEMENTS, 'lru');
  if (replacement === 'tree-plru' && (ways > 32 || (ways & (ways - 1)) !== 0))
    throw new ConfigError(`${at}.ways`, `tree-plru needs 1, 2, 4, 8, 16 or 32 ways, not ${ways}`);
  return { entries, ways, replacement, seed: whole(value.seed, `${at}.seed`, 1, 0xffffffff, 1) };
}

const TREES = (Object.keys(FORMATS) as Format[]).filter((format): format is NestedConfig['format'] => FORMATS[format] !== 0);

function nestedConfig(value: unknown): NestedConfig | null {
  if (value === undefined || value === null) return null;
  const given = fields(value, 'nested', ['format', 'pageSize', 'tlb']);
  const tlb = given.tlb ?? null;
  const one = tlb === null ? null : fields(tlb, 'nested.tlb', ['latency', ...ARRAY_FIELDS]);
  return {
    format: oneOf(given.format, 'nested.format', TREES, 'sv39'),
    pageSize: oneOf(given.pageSize, 'nested.pageSize', PAGE_SIZES, '4K'),
    tlb: one === null ? null : { latency: whole(one.latency, 'nested.tlb.latency', 0, 10_000, 0), ...arrayConfig(one, 'nested.tlb') },
  };
}

const BLOCK_BYTES = 2 << 20;

function memoryConfig(value: unknown): MemoryConfig | null {
  if (value === undefined || value === null) return null;
  const given = fields(value, 'memory', ['bytes', 'fragmented', 'allocation', 'seed']);
  const bytes = whole(given.bytes, 'memory.bytes', BLOCK_BYTES, 2 ** 38);
  if (bytes % BLOCK_BYTES !== 0) throw new ConfigError('memory.bytes', `must be a multiple of ${BLOCK_BYTES}, not ${bytes}`);
  return {
    bytes,
    fragmented: whole(given.fragmented, 'memory.fragmented', 0, 100, 0),
    allocation: oneOf(given.allocation, 'memory.allocation', ALLOCATIONS, 'first'),
    seed: whole(given.seed, 'memory.seed', 1, 0xffffffff, 1),
  };
}

const COALESCE_MAX = 8;

function coalesceOf(value: unknown, at: string, sizes: readonly PageSize[], victims: number): number {
  const pages = whole(value, `${at}.coalesce`, 1, COALESCE_MAX, 1);
  if ((pages & (pages - 1)) !== 0) throw new ConfigError(`${at}.coalesce`, `must be 1, 2, 4 or 8, not ${pages}`);
  if (pages > 1 && !sizes.includes('4K')) throw new ConfigError(`${at}.coalesce`, 'is of pages of 4K, which this TLB does not hold');
  if (pages > 1 && victims > 0) throw new ConfigError(`${at}.coalesce`, 'not with victims');
  return pages;
}

const ARRAY_FIELDS = ['entries', 'ways', 'replacement', 'seed'];

function tlbConfig(value: unknown, at: string): TlbConfig {
  const given = fields(value, at, ['name', 'level', 'serves', 'sizes', 'latency', 'partitions', 'victims', 'coalesce', ...ARRAY_FIELDS]);
  const level = whole(given.level, `${at}.level`, 1, LEVELS_MAX, 1);
  const sizes = list(given.sizes ?? ['4K'], `${at}.sizes`, PAGE_SIZES.length).map((size, i) =>
    oneOf(size, `${at}.sizes[${i}]`, PAGE_SIZES),
  );
  if (sizes.length === 0) throw new ConfigError(`${at}.sizes`, `must name some of ${PAGE_SIZES.join(', ')}`);
  const serves = oneOf(given.serves, `${at}.serves`, SERVES, 'both');
  const array = arrayConfig(given, at);
  const partitions = whole(given.partitions, `${at}.partitions`, 1, 64, 1);
  if (array.ways % partitions !== 0) throw new ConfigError(`${at}.partitions`, `${partitions} does not divide ${array.ways} ways`);
  const apart = array.ways / partitions;
  if (array.replacement === 'tree-plru' && (apart & (apart - 1)) !== 0)
    throw new ConfigError(`${at}.partitions`, `tree-plru needs 1, 2, 4, 8, 16 or 32 ways in each, not ${apart}`);
  const victims = whole(given.victims, `${at}.victims`, 0, 1024, 0);
  return {
    name: text(given.name, `${at}.name`, `L${level} ${serves}`),
    level,
    serves,
    sizes,
    latency: whole(given.latency, `${at}.latency`, 0, 10_000, level === 1 ? 0 : 7),
    partitions,
    victims,
    coalesce: coalesceOf(given.coalesce, at, sizes, victims),
    ...array,
  };
}

function costsConfig(value: unknown): CostsConfig {
  const given = fields(value ?? {}, 'costs', ['fault', 'drop', 'shootdown', 'accessedDirty', 'processors']);
  return {
    fault: whole(given.fault, 'costs.fault', 0, 1e9, 0),
    drop: whole(given.drop, 'costs.drop', 0, 1e9, 0),
    shootdown: whole(given.shootdown, 'costs.shootdown', 0, 1e9, 0),
    accessedDirty: whole(given.accessedDirty, 'costs.accessedDirty', 0, 1e9, 0),
    processors: whole(given.processors, 'costs.processors', 1, 4096, 1),
  };
}

const CLASSES = ['instructions', 'data'] as const;

/** For each class, level and size at most one TLB; levels without a gap; a page's size must be held by one at level 1. */
function checkLevels(tlbs: readonly TlbConfig[], possible: readonly PageSize[]): void {
  const places = new Map<string, string>();
  for (const [i, tlb] of tlbs.entries()) {
    for (const side of CLASSES) {
      if (tlb.serves !== 'both' && tlb.serves !== side) continue;
      for (const size of tlb.sizes) {
        const place = `${side} of ${size} pages at level ${tlb.level}`;
        const other = places.get(place);
        if (other !== undefined) throw new ConfigError(`tlbs[${i}]`, `${place} are served by '${other}' already`);
        places.set(place, tlb.name);
      }
    }
  }
  const levels = Math.max(...tlbs.map((tlb) => tlb.level));
  for (let level = 1; level <= levels; level++) {
    const here = tlbs.filter((tlb) => tlb.level === level);
    if (here.length === 0) throw new ConfigError('tlbs', `there is a TLB of level ${levels}, but none of level ${level}`);
    if (new Set(here.map((tlb) => tlb.latency)).size > 1)
      throw new ConfigError('tlbs', `those of level ${level} differ in latency: they are asked together`);
  }
  for (const side of CLASSES)
    for (const size of possible)
      if (!places.has(`${side} of ${size} pages at level 1`))
        throw new ConfigError('tlbs', `no TLB of level 1 serves ${side} of ${size} pages`);
}

/** A configuration as a file would give it: caches by their bytes. */
export function asGiven({ caches, lineBytes, ...rest }: SystemConfig): object {
  return { ...rest, caches: caches.map(({ entries, ...cache }) => ({ bytes: entries * lineBytes, ...cache })), lineBytes };
}

/** A configuration as a file gives it, checked, its defaults filled in. Throws ConfigError. */
export function systemConfig(value: unknown, name = 'system'): SystemConfig {
  if (isTooDeep(value)) throw new ConfigError('', `lists and objects are in each other more than ${DEPTH_MAX} deep`);
  const given = fields(value, '', [
    ...['$schema', 'name', 'source', 'format', 'pageSize', 'promoteAfter', 'tlbs', 'walkCaches', 'caches', 'lineBytes', 'memoryLatency'],
    ...[
      'onSwitch',
      'prefetchNext',
      'prefetcher',
      'prefetchRows',
      'ideal',
      'costs',
      'tableEntries',
      'nested',
      'validate',
      'memory',
      'accessedDirty',
    ],
  ]);
  const format = oneOf(given.format, 'format', Object.keys(FORMATS) as Format[], 'sv39');
  const pageSize = oneOf(given.pageSize, 'pageSize', PAGE_SIZES, '4K');
  const promoteAfter = whole(given.promoteAfter, 'promoteAfter', 0, 512, 0);
  if (promoteAfter !== 0 && pageSize !== '4K')
    throw new ConfigError('promoteAfter', `pages of ${pageSize} are not promoted: pageSize must be 4K`);
  const tlbs = list(given.tlbs, 'tlbs', 16).map((tlb, i) => tlbConfig(tlb, `tlbs[${i}]`));
  if (tlbs.length === 0) throw new ConfigError('tlbs', 'must have at least one TLB');
  checkLevels(tlbs, promoteAfter === 0 ? [pageSize] : ['4K', '2M']);
  const walkCaches = list(given.walkCaches ?? [], 'walkCaches', REACHES.length).map((cache, i) => {
    const at = `walkCaches[${i}]`;
    const one = fields(cache, at, ['covers', ...ARRAY_FIELDS]);
    const possible = REACHES.slice(0, Math.max(0, FORMATS[format] - 1));
    return { covers: oneOf(one.covers, `${at}.covers`, possible), ...arrayConfig(one, at) };
  });
  if (FORMATS[format] === 0 && walkCaches.length > 0) throw new ConfigError('walkCaches', `a table of the format ${format} has none`);
  const tableEntries = whole(given.tableEntries, 'tableEntries', 1, 1 << 26, 1 << 20);
  if ((tableEntries & (tableEntries - 1)) !== 0) throw new ConfigError('tableEntries', `must be a power of 2, not ${tableEntries}`);
  const nested = nestedConfig(given.nested);
  if (nested !== null && FORMATS[format] === 0) throw new ConfigError('nested', `the guest's format must be one of ${TREES.join(', ')}`);
  if (nested !== null && pageSize === '1G') throw new ConfigError('nested', "the guest's pageSize must be one of 4K, 64K, 2M");
  const reaches = walkCaches.map(({ covers }) => covers);
  if (new Set(reaches).size < reaches.length) throw new ConfigError('walkCaches', 'two have the same reach');
  const lineBytes = whole(given.lineBytes, 'lineBytes', 8, 4096, 64);
  if ((lineBytes & (lineBytes - 1)) !== 0) throw new ConfigError('lineBytes', `must be a power of 2, not ${lineBytes}`);
  const caches = list(given.caches ?? [], 'caches', 4).map((cache, i) => {
    const at = `caches[${i}]`;
    const one = fields(cache, at, ['bytes', 'latency', 'ways', 'replacement', 'seed']);
    const bytes = whole(one.bytes, `${at}.bytes`, lineBytes, ENTRIES_MAX * lineBytes);
    if (bytes % lineBytes !== 0) throw new ConfigError(`${at}.bytes`, `must be a multiple of ${lineBytes}`);
    const { bytes: _, latency: __, ...rest } = one;
    return { latency: whole(one.latency, `${at}.latency`, 0, 10_000, 4), ...arrayConfig({ ...rest, entries: bytes / lineBytes }, at) };
  });
  const memory = memoryConfig(given.memory);
  if (memory !== null && pageSize !== '4K')
    throw new ConfigError('memory', `is given out in pages of 4K: pageSize must be 4K, not ${pageSize}`);
  if (given.validate === true && tlbs.some(({ coalesce }) => coalesce > 1))
    throw new ConfigError('validate', 'is of TLBs whose entries have one page: no coalesce');
  const ideal = flag(given.ideal, 'ideal', false);
  const prefetchNext = whole(given.prefetchNext, 'prefetchNext', 0, 8, 0);
  const validate = flag(given.validate, 'validate', false);
  if (validate && (pageSize !== '4K' || promoteAfter !== 0))
    throw new ConfigError('validate', 'needs pages as the machine has them: pageSize 4K, promoteAfter 0');
  if (validate && (ideal || prefetchNext > 0))
    throw new ConfigError('validate', 'is of TLBs that are filled by walks: no ideal, no prefetchNext');
  return {
    name: text(given.name, 'name', name),
    source: text(given.source, 'source', '-'),
    format,
    tableEntries,
    nested,
    memory,
    accessedDirty: oneOf(given.accessedDirty, 'accessedDirty', BIT_SETTERS, 'none'),
    pageSize,
    promoteAfter,
    ideal,
    tlbs,
    walkCaches,
    caches,
    lineBytes,
    memoryLatency: whole(given.memoryLatency, 'memoryLatency', 0, 100_000, 100),
    onSwitch: oneOf(given.onSwitch, 'onSwitch', ['asid', 'flush'], 'asid'),
    prefetchNext,
    prefetcher: oneOf(given.prefetcher, 'prefetcher', PREFETCHERS, 'next'),
    prefetchRows: whole(given.prefetchRows, 'prefetchRows', 1, 65536, 64),
    costs: costsConfig(given.costs),
    validate,
  };
}
