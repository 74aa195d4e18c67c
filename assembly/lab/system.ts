/**
 * One modelled translation system: TLBs of up to four levels, page-walk caches, a cache hierarchy that page-table entries come
 * through, page
 * tables of its own. What exactly each step does is in docs/lab-model.md.
 */
import { HashTable, tableFind, tableInsert, tableNew } from './hash';
import { arrayFill, arrayHolds, arrayLookup, arrayRemove, arrayRemoveMatching, CacheArray } from './array';

export const INSTRUCTION: u32 = 0;
export const DATA: u32 = 1;
export const LEVELS_MAX: u32 = 4;
/** Page sizes by number. */
export const SIZES: u32 = 4;
export const SIZE_4K: u32 = 0;
export const SIZE_64K: u32 = 1;
export const SIZE_2M: u32 = 2;
export const SIZE_1G: u32 = 3;
const DEPTHS_MAX: u32 = 6;
const CACHES_MAX: u32 = 4;

export const FETCH: u32 = 0;
export const LOAD: u32 = 1;
export const STORE: u32 = 2;
const KINDS: u32 = 3;

// @ts-ignore: decorator
@inline
export function sizeShift(size: u32): u32 {
  return size == SIZE_4K ? 12 : size == SIZE_64K ? 16 : size == SIZE_2M ? 21 : 30;
}

const KEY_VALID: u64 = (<u64>1) << 63;
const ASID_SHIFT: u64 = 50;
export const ASID_MASK: u64 = ((<u64>1) << 63) - ((<u64>1) << ASID_SHIFT);

/** Tag of a page: valid, ASID (13 bits), page number of its size (48 bits), size (2 bits). */
// @ts-ignore: decorator
@inline
function pageKey(asid: u64, page: u64, size: u32): u64 {
  return KEY_VALID | (asid << ASID_SHIFT) | (page << 2) | <u64>size;
}

const PROMOTED: u32 = u32.MAX_VALUE;

/**
 * Which pages were touched, and which tables that took, numbered in the order of first touches. That order is the same in every
 * system, since
 * what was never touched is in no TLB: so systems of the same format share one.
 */
export class PageTables {
  touched: HashTable = tableNew();
  /** 2 MiB regions -> distinct pages touched, or PROMOTED. */
  regions: HashTable = tableNew();
  /** Table at a depth for a prefix of the address -> its number. */
  private tables: HashTable = tableNew();
  promotions: u64 = 0;

  /** Is it the first touch of the page? */
  touch(key: u64): bool {
    if (tableFind(this.touched, key) != 0) return false;
    tableInsert(this.touched, key, 1);
    return true;
  }

  table(key: u64): u64 {
    const at = tableFind(this.tables, key);
    if (at != 0) return load<u64>(at);
    const number = <u64>this.tables.count + 1;
    tableInsert(this.tables, key, number);
    return number;
  }

  get tablePages(): u32 {
    return this.tables.count;
  }
}

export class System {
  /** [level][class][size] -> its TLB, and what asking it costs. */
  tlbs: StaticArray<CacheArray | null> = new StaticArray<CacheArray | null>(LEVELS_MAX * 2 * SIZES);
  latency: StaticArray<u32> = new StaticArray<u32>(LEVELS_MAX);
  levels: u32 = 0;
  all: Array<CacheArray> = new Array<CacheArray>();
  /** Sizes that pages may have, as bits. */
  sizes: u32 = 1;
  /** The deepest table's entries cover pages of 4 KiB; a level of the tree resolves 9 bits. */
  depth: u32 = 3;
  /** [levels that remain after its entry] -> the walk cache of pointers to those tables. */
  walkCaches: StaticArray<CacheArray | null> = new StaticArray<CacheArray | null>(DEPTHS_MAX);
  caches: StaticArray<CacheArray | null> = new StaticArray<CacheArray | null>(CACHES_MAX);
  cacheLatency: StaticArray<u32> = new StaticArray<u32>(CACHES_MAX);
  cacheCount: u32 = 0;
  lineShift: u32 = 6;
  memoryLatency: u32 = 0;
  flushOnSwitch: bool = false;
  /**
   * Does the order of the two classes' accesses matter in a first level: because it serves both, regions are promoted, or pages
   * prefetched?
   */
  joint: bool = false;
  /** Can a page be gone right after it was accessed: since prefetches go to the first level? */
  fleeting: bool = false;
  /** In the first level, does the first hit after a fill still change something (SRRIP)? */
  rehit: bool = false;
  /** Distinct 4 KiB pages of a 2 MiB region after which it becomes one page; 0: never. */
  promoteAt: u32 = 0;
  /** The size of all pages when nothing is promoted. */
  baseSize: u32 = 0;
  /** Next pages that are walked for, too, after a walk. */
  prefetch: u32 = 0;

  asid: u64 = 0;
  /** [kind]: accesses, misses of all levels. */
  accesses: StaticArray<u64> = new StaticArray<u64>(KINDS);
  walks: StaticArray<u64> = new StaticArray<u64>(KINDS);
  /** [level]: misses of the level, per class. */
  levelHits: StaticArray<u64> = new StaticArray<u64>(LEVELS_MAX * 2);
  references: u64 = 0;
  /** [cache, then memory]: where page-table entries were found. */
  found: StaticArray<u64> = new StaticArray<u64>(CACHES_MAX + 1);
  cycles: u64 = 0;
  walkCycles: u64 = 0;
  prefetches: u64 = 0;
  switches: u64 = 0;
  drops: u64 = 0;

  pageTables: PageTables;

  constructor(pageTables: PageTables) {
    this.pageTables = pageTables;
  }

  /** One access by the current address space. */
  access(kind: u32, va: u64): void {
    unchecked(this.accesses[kind]++);
    const side = kind == FETCH ? INSTRUCTION : DATA;
    for (let level: u32 = 0; level < this.levels; level++) {
      this.cycles += unchecked(this.latency[level]);
      for (let size: u32 = 0; size < SIZES; size++) {
        if ((this.sizes & (1 << size)) == 0) continue;
        const tlb = unchecked(this.tlbs[(level * 2 + side) * SIZES + size]);
        if (tlb === null) continue;
        const page = va >> sizeShift(size);
        if (!arrayLookup(tlb, page, pageKey(this.asid, page, size))) continue;
        unchecked(this.levelHits[level * 2 + side]++);
        if (level != 0) this.fill(level, side, va, size);
        return;
      }
    }
    this.walks[kind]++;
    const before = this.cycles;
    const size = this.walk(va);
    this.walkCycles += this.cycles - before;
    this.fill(this.levels, side, va, size);
    for (let n: u32 = 1; n <= this.prefetch; n++) this.prefetchPage(side, va + ((<u64>n) << sizeShift(size)), size);
  }

  /** `count` more accesses of a kind to the page that the latest access of that kind was to, nothing of its class in between. */
  again(kind: u32, count: u64, va: u64): void {
    if (this.fleeting) {
      for (; count != 0; count--) this.access(kind, va);
      return;
    }
    if (this.rehit) {
      this.access(kind, va);
      count--;
    }
    this.accesses[kind] += count;
    const side = kind == FETCH ? INSTRUCTION : DATA;
    this.levelHits[side] += count;
    this.cycles += count * this.latency[0];
  }

  private fill(below: u32, side: u32, va: u64, size: u32): void {
    const page = va >> sizeShift(size);
    for (let level: u32 = 0; level < below; level++) {
      const tlb = unchecked(this.tlbs[(level * 2 + side) * SIZES + size]);
      if (tlb !== null) arrayFill(tlb, page, pageKey(this.asid, page, size));
    }
  }

  /** Fills the last level with a page that nobody asked for, if it is mapped and not there. */
  private prefetchPage(side: u32, va: u64, size: u32): void {
    const tlb = this.tlbs[((this.levels - 1) * 2 + side) * SIZES + size];
    const page = va >> sizeShift(size);
    const key = pageKey(this.asid, page, size);
    if (tlb === null || !this.isMapped(va, size) || arrayHolds(tlb, page, key)) return;
    this.prefetches++;
    const before = this.cycles;
    this.walk(va);
    // Its references are counted; its time passes beside the program's.
    this.cycles = before;
    arrayFill(tlb, page, key);
  }

  private isMapped(va: u64, size: u32): bool {
    const tables = this.pageTables;
    if (this.promoteAt == 0 || size == SIZE_4K) return tableFind(tables.touched, this.touchKey(va, size)) != 0;
    const region = tableFind(tables.regions, this.touchKey(va, size));
    return region != 0 && <u32>load<u64>(region) == PROMOTED;
  }

  // @ts-ignore: decorator
  @inline
  private touchKey(va: u64, size: u32): u64 {
    return pageKey(this.asid, va >> sizeShift(size), size);
  }

  /** Which size the page of an address has, now that it is walked for. */
  private pageSize(va: u64): u32 {
    const tables = this.pageTables;
    if (this.promoteAt == 0) {
      tables.touch(this.touchKey(va, this.baseSize));
      return this.baseSize;
    }
    const region = this.touchKey(va, SIZE_2M);
    const at = tableFind(tables.regions, region);
    const seen: u32 = at == 0 ? 0 : <u32>load<u64>(at);
    if (seen == PROMOTED) return SIZE_2M;
    if (!tables.touch(this.touchKey(va, SIZE_4K))) return SIZE_4K;
    const promoted = seen + 1 >= this.promoteAt;
    if (at == 0) tableInsert(tables.regions, region, promoted ? PROMOTED : 1);
    else store<u64>(at, promoted ? PROMOTED : seen + 1);
    if (!promoted) return SIZE_4K;
    tables.promotions++;
    // The small pages are gone, and with them the table that held them.
    const first = (va >> 21) << 9;
    for (let i = 0; i < this.all.length; i++) arrayRemoveMatching(this.all[i], ~((<u64>511) << 2), pageKey(this.asid, first, SIZE_4K));
    const below = this.walkCaches[1];
    if (below !== null) arrayRemove(below, va >> 21, this.tableKey(va, 1));
    return SIZE_2M;
  }

  /** Names the table that is reached with `remaining` levels to go, itself included. */
  // @ts-ignore: decorator
  @inline
  private tableKey(va: u64, remaining: u32): u64 {
    return KEY_VALID | (this.asid << ASID_SHIFT) | ((va >> (12 + 9 * remaining)) << 3) | <u64>remaining;
  }

  /** Reads the entries from the deepest known table down; the size of the page. */
  private walk(va: u64): u32 {
    const size = this.pageSize(va);
    const leaf: u32 = size == SIZE_1G ? 3 : size == SIZE_2M ? 2 : 1;
    let remaining = this.depth;
    for (let known = leaf; known < this.depth; known++) {
      const cache = this.walkCaches[known];
      if (cache === null || !arrayLookup(cache, va >> (12 + 9 * known), this.tableKey(va, known))) continue;
      remaining = known;
      break;
    }
    for (; remaining >= leaf; remaining--) {
      const index = (va >> (12 + 9 * (remaining - 1))) & 511;
      this.read((this.pageTables.table(this.tableKey(va, remaining)) << 12) + (index << 3));
      if (remaining == leaf) break;
      const below = this.walkCaches[remaining - 1];
      if (below !== null) arrayFill(below, va >> (12 + 9 * (remaining - 1)), this.tableKey(va, remaining - 1));
    }
    return size;
  }

  /** A page-table entry comes through the caches. */
  private read(address: u64): void {
    this.references++;
    const line = address >> this.lineShift;
    const key = KEY_VALID | line;
    let at: u32 = 0;
    for (; at < this.cacheCount; at++) {
      this.cycles += this.cacheLatency[at];
      if (arrayLookup(this.caches[at] as CacheArray, line, key)) break;
    }
    this.found[at == this.cacheCount ? CACHES_MAX : at]++;
    if (at == this.cacheCount) this.cycles += this.memoryLatency;
    for (let n: u32 = 0; n < at; n++) arrayFill(this.caches[n] as CacheArray, line, key);
  }

  switchTo(asid: u64): void {
    if (asid == this.asid) return;
    this.asid = asid;
    this.switches++;
    if (this.flushOnSwitch) this.flush();
  }

  /** The page of an address has another translation now, or none: TLBs forget it, whatever its size. */
  drop(va: u64): void {
    this.drops++;
    for (let size: u32 = 0; size < SIZES; size++) {
      if ((this.sizes & (1 << size)) == 0) continue;
      const page = va >> sizeShift(size);
      for (let i = 0; i < this.all.length; i++) arrayRemove(this.all[i], page, pageKey(this.asid, page, size));
    }
  }

  /** TLBs and walk caches forget everything. */
  flush(): void {
    for (let i = 0; i < this.all.length; i++) arrayRemoveMatching(this.all[i], 0, 0);
    for (let n: u32 = 0; n < DEPTHS_MAX; n++) {
      const cache = this.walkCaches[n];
      if (cache !== null) arrayRemoveMatching(cache, 0, 0);
    }
  }
}
