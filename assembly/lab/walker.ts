/** What a walk costs in one system: page-walk caches, and a hierarchy of caches that page-table entries come through. */
import { arrayClear, arrayFill, arrayLookup, arrayRemove, CacheArray } from './array';
import { leafOf, Policy } from './policy';
import { MISS_BYTES, MISS_KEY, MISS_KIND, PROMOTES } from './stage';
import { FLUSH, PREFETCH, STORE, SWITCH } from './stream';

const DEPTHS_MAX: u32 = 6;
export const CACHES_MAX: u32 = 4;
/** log2 of a table's bytes. */
const TABLE_SHIFT: u32 = 12;

export class Walker {
  /** [levels that remain after its entry] -> the walk cache of pointers to those tables. */
  walkCaches: StaticArray<CacheArray | null> = new StaticArray<CacheArray | null>(DEPTHS_MAX);
  caches: StaticArray<CacheArray | null> = new StaticArray<CacheArray | null>(CACHES_MAX);
  cacheLatency: StaticArray<u32> = new StaticArray<u32>(CACHES_MAX);
  cacheCount: u32 = 0;
  lineShift: u32 = 6;
  memoryLatency: u32 = 0;

  references: u64 = 0;
  /** [cache, then memory]: where page-table entries were found. */
  found: StaticArray<u64> = new StaticArray<u64>(CACHES_MAX + 1);
  /** Of walks that the program waited for. */
  cycles: u64 = 0;
  /** All cycles. */
  private spent: u64 = 0;
  /** [levels that remain]: the tables of the walk at hand. */
  private path: StaticArray<u32> = new StaticArray<u32>(DEPTHS_MAX);

  constructor(
    public policy: Policy,
    public flushOnSwitch: bool,
  ) {}

  /** Takes the misses of the last level, and events. */
  feed(from: usize, end: usize): void {
    for (let at = from; at < end; at += MISS_BYTES) {
      const kind = load<u32>(at, MISS_KIND);
      const access = kind & ~PROMOTES;
      if (access > STORE && access != PREFETCH) {
        if (access == FLUSH || (access == SWITCH && this.flushOnSwitch)) this.flush();
        continue;
      }
      const va = load<u64>(at);
      const key = load<u32>(at, MISS_KEY);
      if (kind & PROMOTES) this.promote(va, key);
      const before = this.spent;
      this.walk(va, this.policy.tableOf(key), leafOf(key & 3));
      // A prefetch's references are counted; its time passes beside the program's.
      if (access != PREFETCH) this.cycles += this.spent - before;
    }
  }

  /** The table of the region's small pages is gone. */
  private promote(va: u64, large: u32): void {
    const below = this.walkCaches[1];
    const table = this.policy.smallTable(large);
    if (below !== null && table != 0) arrayRemove(below, va >> 21, table);
  }

  /** Reads the entries from the deepest known table down to the one that the page's entry is in. */
  private walk(va: u64, table: u32, leaf: u32): void {
    const depth = this.policy.depth;
    const path = this.path;
    for (let level = leaf; level <= depth; level++) {
      unchecked((path[level] = table));
      table = this.policy.parent(table);
    }
    let remaining = depth;
    for (let known = leaf; known < depth; known++) {
      const cache = unchecked(this.walkCaches[known]);
      if (cache === null || !arrayLookup(cache, va >> (12 + 9 * known), unchecked(path[known]))) continue;
      remaining = known;
      break;
    }
    for (; ; remaining--) {
      this.read(unchecked(path[remaining]), (va >> (12 + 9 * (remaining - 1))) & 511);
      if (remaining == leaf) return;
      const below = unchecked(this.walkCaches[remaining - 1]);
      if (below !== null) arrayFill(below, va >> (12 + 9 * (remaining - 1)), unchecked(path[remaining - 1]));
    }
  }

  /** A page-table entry comes through the caches. */
  private read(table: u32, index: u64): void {
    this.references++;
    // Of a table's address, which is its number * 4096 + 8 * index; no line is 0.
    const line = (<u64>table << (TABLE_SHIFT - this.lineShift)) | ((index << 3) >> this.lineShift);
    let at: u32 = 0;
    for (; at < this.cacheCount; at++) {
      this.spent += unchecked(this.cacheLatency[at]);
      if (arrayLookup(unchecked(this.caches[at]) as CacheArray, line, <u32>line)) break;
    }
    if (at == this.cacheCount) {
      this.spent += this.memoryLatency;
      unchecked(this.found[CACHES_MAX]++);
    } else unchecked(this.found[at]++);
    for (let n: u32 = 0; n < at; n++) arrayFill(unchecked(this.caches[n]) as CacheArray, line, <u32>line);
  }

  private flush(): void {
    for (let n: u32 = 0; n < DEPTHS_MAX; n++) {
      const cache = this.walkCaches[n];
      if (cache !== null) arrayClear(cache);
    }
  }
}
