/** What a modelled translation system is made of. docs/lab-model.md says what each part does. */
import { ConfigError, DEPTH_MAX, isTooDeep, oneOf } from './check.js';
import { type Checked, checked, schemaOf } from './rules.js';
import {
  ALLOCATIONS,
  BIT_SETTERS,
  BLOCK_BYTES,
  ENTRIES_MAX,
  FORMATS,
  PAGE_SIZES,
  PREFETCHERS,
  REACHES,
  REPLACEMENTS,
  SERVES,
  SYSTEM,
  TREES,
  WELCOMES,
} from './system-table.js';

export { ALLOCATIONS, BIT_SETTERS, FORMATS, PAGE_SIZES, PREFETCHERS, REACHES, REPLACEMENTS, SERVES, WELCOMES };
export type PageSize = (typeof PAGE_SIZES)[number];
export type Replacement = (typeof REPLACEMENTS)[number];
export type Format = keyof typeof FORMATS;
export type Serves = (typeof SERVES)[number];
export type BitSetter = (typeof BIT_SETTERS)[number];
export type PrefetcherKind = (typeof PREFETCHERS)[number];
export type Reach = (typeof REACHES)[number];

/** Physical memory. */
export interface MemoryConfig {
  readonly bytes: number;
  /** Per cent of its blocks of 2 MiB that have a frame in use from the beginning. */
  readonly fragmented: number;
  readonly allocation: (typeof ALLOCATIONS)[number];
  readonly seed: number;
}

/** Memory that is too small, and what that costs in cycles. */
export interface SwapConfig {
  readonly pages: number;
  readonly read: number;
  readonly write: number;
}

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

/** Promotion in the background, as by khugepaged. */
export interface BackgroundConfig {
  /** Accesses from one time to the next, regions that are looked at each time, pages of one that must have been touched. */
  readonly every: number;
  readonly regions: number;
  readonly present: number;
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

export interface WalkCacheConfig extends ArrayConfig {
  readonly covers: Reach;
}

export interface CacheConfig extends ArrayConfig {
  readonly latency: number;
}

/** A modelled translation system: docs/lab.md explains its fields. */
export interface SystemConfig {
  readonly name: string;
  readonly source: string;
  readonly format: Format;
  /** Of the formats "hashed" and "inverted", of 16 bytes each; an inverted one has as many anchors of 8. */
  readonly tableEntries: number;
  readonly nested: NestedConfig | null;
  /** null: enough of it, given out in the order of first accesses. */
  readonly memory: MemoryConfig | null;
  readonly swap: SwapConfig | null;
  readonly accessedDirty: BitSetter;
  /** Size of all pages, or what they begin as. */
  readonly pageSize: PageSize;
  /** Distinct 4K pages of an aligned 2 MiB region after whose first touch it is one page of 2M: 1 as THP "always"; 0: never. */
  readonly promoteAfter: number;
  /** Which regions may become one page: "madvise": those that the program has advised so; "fit": that are wholly in one mapping. */
  readonly promote: (typeof WELCOMES)[number];
  readonly background: BackgroundConfig | null;
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

type Given = Checked<typeof SYSTEM>;

/** The JSON Schema of what files hold: a system, or a list of them. It is in the package as schemas/lab-system.json. */
export function systemSchema(): object {
  const $defs = { system: schemaOf(SYSTEM) };
  const system = { $ref: '#/$defs/system' };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Translation systems for pagewalk lab --config',
    anyOf: [system, { type: 'array', items: system }],
    $defs,
  };
}

const isPower = (value: number): boolean => (value & (value - 1)) === 0;

function arrayConfig(given: Omit<ArrayConfig, 'ways'> & { readonly ways: number | 'full' }, at: string): ArrayConfig {
  const { entries, replacement, seed } = given;
  const ways = given.ways === 'full' ? entries : given.ways;
  if (ways > entries) throw new ConfigError(`${at}.ways`, `must be a whole number from 1 to ${entries}, not ${ways}`);
  if (entries % ways !== 0) throw new ConfigError(`${at}.ways`, `${ways} does not divide ${entries} entries`);
  if (replacement === 'tree-plru' && (ways > 32 || !isPower(ways)))
    throw new ConfigError(`${at}.ways`, `tree-plru needs 1, 2, 4, 8, 16 or 32 ways, not ${ways}`);
  return { entries, ways, replacement, seed };
}

function nestedConfig(given: Given['nested']): NestedConfig | null {
  if (given === null) return null;
  const { tlb } = given;
  return { ...given, tlb: tlb === null ? null : { latency: tlb.latency, ...arrayConfig(tlb, 'nested.tlb') } };
}

function checkMemory(memory: MemoryConfig | null, pageSize: PageSize): void {
  if (memory === null) return;
  if (memory.bytes % BLOCK_BYTES !== 0) throw new ConfigError('memory.bytes', `must be a multiple of ${BLOCK_BYTES}, not ${memory.bytes}`);
  if (pageSize !== '4K') throw new ConfigError('memory', `is given out in pages of 4K: pageSize must be 4K, not ${pageSize}`);
}

function checkCoalesce(pages: number, at: string, sizes: readonly PageSize[], victims: number): void {
  if (!isPower(pages)) throw new ConfigError(`${at}.coalesce`, `must be 1, 2, 4 or 8, not ${pages}`);
  if (pages > 1 && !sizes.includes('4K')) throw new ConfigError(`${at}.coalesce`, 'is of pages of 4K, which this TLB does not hold');
  if (pages > 1 && victims > 0) throw new ConfigError(`${at}.coalesce`, 'not with victims');
}

function tlbConfig(given: Given['tlbs'][number], at: string): TlbConfig {
  const { level, serves, sizes, partitions, victims, coalesce } = given;
  const array = arrayConfig(given, at);
  if (array.ways % partitions !== 0) throw new ConfigError(`${at}.partitions`, `${partitions} does not divide ${array.ways} ways`);
  const apart = array.ways / partitions;
  if (array.replacement === 'tree-plru' && !isPower(apart))
    throw new ConfigError(`${at}.partitions`, `tree-plru needs 1, 2, 4, 8, 16 or 32 ways in each, not ${apart}`);
  checkCoalesce(coalesce, at, sizes, victims);
  return {
    name: given.name ?? `L${level} ${serves}`,
    level,
    serves,
    sizes,
    latency: given.latency ?? (level === 1 ? 0 : 7),
    partitions,
    victims,
    coalesce,
    ...array,
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

function walkCachesConfig({ walkCaches, format }: Given): WalkCacheConfig[] {
  const possible = REACHES.slice(0, Math.max(0, FORMATS[format] - 1));
  if (FORMATS[format] === 0 && walkCaches.length > 0) throw new ConfigError('walkCaches', `a table of the format ${format} has none`);
  const all = walkCaches.map((cache, i) => {
    const at = `walkCaches[${i}]`;
    return { covers: oneOf(cache.covers, `${at}.covers`, possible), ...arrayConfig(cache, at) };
  });
  if (new Set(all.map(({ covers }) => covers)).size < all.length) throw new ConfigError('walkCaches', 'two have the same reach');
  return all;
}

function cachesConfig({ caches, lineBytes }: Given): CacheConfig[] {
  if (!isPower(lineBytes)) throw new ConfigError('lineBytes', `must be a power of 2, not ${lineBytes}`);
  return caches.map(({ bytes, latency, ...rest }, i) => {
    const at = `caches[${i}]`;
    if (bytes < lineBytes || bytes > ENTRIES_MAX * lineBytes)
      throw new ConfigError(`${at}.bytes`, `must be a whole number from ${lineBytes} to ${ENTRIES_MAX * lineBytes}, not ${bytes}`);
    if (bytes % lineBytes !== 0) throw new ConfigError(`${at}.bytes`, `must be a multiple of ${lineBytes}`);
    return { latency, ...arrayConfig({ ...rest, entries: bytes / lineBytes }, at) };
  });
}

/** A configuration as a file gives it, checked, its defaults filled in. Throws ConfigError. */
export function systemConfig(value: unknown, name = 'system'): SystemConfig {
  if (isTooDeep(value)) throw new ConfigError('', `lists and objects are in each other more than ${DEPTH_MAX} deep`);
  const given = checked(SYSTEM, value, '');
  const { format, pageSize, promoteAfter, tableEntries, memory, validate, ideal, prefetchNext } = given;
  if (promoteAfter !== 0 && pageSize !== '4K')
    throw new ConfigError('promoteAfter', `pages of ${pageSize} are not promoted: pageSize must be 4K`);
  const promotes = promoteAfter !== 0 || given.background !== null;
  if (given.background !== null && pageSize !== '4K')
    throw new ConfigError('background', `pages of ${pageSize} are not promoted: pageSize must be 4K`);
  if (given.promote !== 'always' && !promotes) throw new ConfigError('promote', 'nothing is promoted: promoteAfter is 0, background null');
  const tlbs = given.tlbs.map((tlb, i) => tlbConfig(tlb, `tlbs[${i}]`));
  checkLevels(tlbs, promotes ? ['4K', '2M'] : [pageSize]);
  const walkCaches = walkCachesConfig(given);
  if (!isPower(tableEntries)) throw new ConfigError('tableEntries', `must be a power of 2, not ${tableEntries}`);
  const nested = nestedConfig(given.nested);
  if (nested !== null && FORMATS[format] === 0) throw new ConfigError('nested', `the guest's format must be one of ${TREES.join(', ')}`);
  if (nested !== null && pageSize === '1G') throw new ConfigError('nested', "the guest's pageSize must be one of 4K, 64K, 2M");
  const caches = cachesConfig(given);
  checkMemory(memory, pageSize);
  if (given.swap !== null && (pageSize !== '4K' || promotes)) throw new ConfigError('swap', 'is of pages of 4K, and none is promoted');
  if (given.swap !== null && memory !== null) throw new ConfigError('swap', 'not with memory, which takes no frame back');
  if (validate && tlbs.some(({ coalesce }) => coalesce > 1))
    throw new ConfigError('validate', 'is of TLBs whose entries have one page: no coalesce');
  if (validate && (pageSize !== '4K' || promotes))
    throw new ConfigError('validate', 'needs pages as the machine has them: pageSize 4K, promoteAfter 0, no background');
  if (validate && (ideal || prefetchNext > 0))
    throw new ConfigError('validate', 'is of TLBs that are filled by walks: no ideal, no prefetchNext');
  return {
    name: given.name ?? name,
    source: given.source ?? '-',
    format,
    tableEntries,
    nested,
    memory,
    swap: given.swap,
    accessedDirty: given.accessedDirty,
    pageSize,
    promoteAfter,
    promote: given.promote,
    background: given.background,
    ideal,
    tlbs,
    walkCaches,
    caches,
    lineBytes: given.lineBytes,
    memoryLatency: given.memoryLatency,
    onSwitch: given.onSwitch,
    prefetchNext,
    prefetcher: given.prefetcher,
    prefetchRows: given.prefetchRows,
    costs: given.costs,
    validate,
  };
}
