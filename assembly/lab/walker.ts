/** What a walk costs in one system: page-walk caches, and a hierarchy of caches that page-table entries come through. */
import { arrayClear, arrayFill, arrayLookup, arrayRemove, CacheArray } from './array';
import { HashTable, tableFind, tableInsert, tableNew } from './hash';
import { spaceOfKey } from './pages';
import { leafOf, Policy, sizeShift } from './policy';
import { MISS_BYTES, MISS_KEY, MISS_KIND, PROMOTES } from './stage';
import { FLUSH, PREFETCH, STORE, SWITCH } from './stream';

const DEPTHS_MAX: u32 = 6;
export const CACHES_MAX: u32 = 4;
/** log2 of a table's bytes. */
const TABLE_SHIFT: u32 = 12;
/** Where a hash table is, and where a guest's pages are among its addresses: behind its tables. */
const HASHED_AT: u64 = 4096;
const GUEST_PAGES: u64 = (<u64>1) << 40;

export class Walker {
  /** [levels that remain after its entry] -> the walk cache of pointers to those tables. */
  walkCaches: StaticArray<CacheArray | null> = new StaticArray<CacheArray | null>(DEPTHS_MAX);
  caches: StaticArray<CacheArray | null> = new StaticArray<CacheArray | null>(CACHES_MAX);
  cacheLatency: StaticArray<u32> = new StaticArray<u32>(CACHES_MAX);
  cacheCount: u32 = 0;
  lineShift: u32 = 6;
  memoryLatency: u32 = 0;

  /** Under a hypervisor: levels of the host's tree, its pages' size, translations by it (and what asking costs), its tables. */
  hostDepth: u32 = 0;
  hostSize: u32 = 0;
  hostTlb: CacheArray | null = null;
  hostLatency: u32 = 0;
  hostReferences: u64 = 0;
  hostTables: HashTable = tableNew();

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
        // What one space's translations forget leaves its tables known.
        const everything = access == FLUSH && load<u64>(at) == 0;
        if (everything || (access == SWITCH && this.flushOnSwitch)) this.flush();
        if (everything) this.flushHost();
        continue;
      }
      const va = load<u64>(at);
      const key = load<u32>(at, MISS_KEY);
      if (kind & PROMOTES) this.promote(va, key);
      const before = this.spent;
      if (this.policy.hashBits != 0) this.search(va, key);
      else this.walk(va, this.policy.tableOf(key), leafOf(key & 3));
      if (this.hostDepth != 0) {
        const shift = sizeShift(key & 3);
        this.translate(GUEST_PAGES + ((<u64>(key >> 2)) << shift) + (va & (((<u64>1) << shift) - 1)));
      }
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
      const index = (va >> (12 + 9 * (remaining - 1))) & 511;
      const number = unchecked(path[remaining]);
      if (this.hostDepth == 0) this.read(((<u64>number) << TABLE_SHIFT) + (index << 3));
      else {
        this.translate(((<u64>number) << TABLE_SHIFT) + (index << 3));
        // The guest's tables and the host's lie between each other.
        this.read(((<u64>number) << (TABLE_SHIFT + 1)) + (index << 3));
      }
      if (remaining == leaf) return;
      const below = unchecked(this.walkCaches[remaining - 1]);
      if (below !== null) arrayFill(below, va >> (12 + 9 * (remaining - 1)), unchecked(path[remaining - 1]));
    }
  }

  /** Reads entries of a hash table until the page's is found. */
  private search(va: u64, key: u32): void {
    const policy = this.policy;
    const mask = (<u32>1 << policy.hashBits) - 1;
    for (let entry = policy.home(spaceOfKey(key), va, key & 3); ; entry = (entry + 1) & mask) {
      this.read(HASHED_AT + ((<u64>entry) << 4));
      if (policy.hasAt(entry, key)) return;
    }
  }

  /** The host's part: an address of the guest is translated by its own tables. */
  private translate(address: u64): void {
    const tlb = this.hostTlb;
    const number = address >> sizeShift(this.hostSize);
    if (tlb !== null) {
      this.spent += this.hostLatency;
      if (arrayLookup(tlb, number, <u32>number + 1)) return;
    }
    for (let remaining = this.hostDepth, leaf = leafOf(this.hostSize); remaining >= leaf; remaining--) {
      const key = (((address >> (12 + 9 * remaining)) << 3) | <u64>remaining) + 1;
      const known = tableFind(this.hostTables, key);
      const table = known != 0 ? load<u64>(known) : load<u64>(tableInsert(this.hostTables, key, this.hostTables.count + 1));
      this.hostReferences++;
      this.read((((table << 1) + 1) << TABLE_SHIFT) + (((address >> (12 + 9 * (remaining - 1))) & 511) << 3));
    }
    if (tlb !== null) arrayFill(tlb, number, <u32>number + 1);
  }

  /** An entry comes through the caches. No line is 0. */
  private read(address: u64): void {
    this.references++;
    const line = address >> this.lineShift;
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

  /** What the host knows is forgotten only with everything else, not when the guest switches. */
  private flushHost(): void {
    const tlb = this.hostTlb;
    if (tlb !== null) arrayClear(tlb);
  }
}
