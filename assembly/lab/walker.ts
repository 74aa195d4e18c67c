/** What a walk costs in one system: page-walk caches, and a hierarchy of caches that page-table entries come through. */
import { arrayClear, arrayRemove, arrayUse, CacheArray, plainSet } from './array';
import { HashTable, tableFind, tableInsert, tableNew } from './hash';
import { Four, Many, One, Three, Two, use } from './lru';
import { spaceOfKey } from './pages';
import { leafOf, Policy, sizeShift } from './policy';
import { MISS_BYTES, MISS_KEY, MISS_KIND, MISS_PAGE, PROMOTES } from './prepared';
import { COLLAPSED, DIRTY, DROP, FLUSH, PREFETCH, STORE } from './stream';
import { isFlush, WALK_BYTES, Walks } from './walks';

const DEPTHS_MAX: u32 = 6;
export const CACHES_MAX: u32 = 4;
/** log2 of a table's bytes. */
const TABLE_SHIFT: u32 = 12;
/** Where a hash table is, and where a guest's pages are among its addresses: behind its tables. */
const HASHED_AT: u64 = 4096;
/** Where the entries of an inverted table are. */
const INVERTED_AT: u64 = (<u64>1) << 32;
/** Who sets the bits A and D of an entry. */
export const BY_HARDWARE: u32 = 1;
export const BY_FAULT: u32 = 2;
const BIT_A: u64 = 1;
const BIT_D: u64 = 2;
const GUEST_PAGES: u64 = (<u64>1) << 40;

export class Walker {
  /** [levels that remain after its entry] -> the walk cache of pointers to those tables. */
  walkCaches: StaticArray<CacheArray | null> = new StaticArray<CacheArray | null>(DEPTHS_MAX);
  caches: StaticArray<CacheArray | null> = new StaticArray<CacheArray | null>(CACHES_MAX);
  cacheLatency: StaticArray<u32> = new StaticArray<u32>(CACHES_MAX);
  /** [cache, then memory]: cycles of an entry that is found there, so of those that were asked before, too. */
  private costs: StaticArray<u32> = new StaticArray<u32>(CACHES_MAX + 1);
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

  /** BY_*, 0: nobody, they are of no interest. */
  setsBits: u32 = 0;
  bitUpdates: u64 = 0;
  /** Key -> BIT_A, BIT_D. */
  private bits: HashTable = tableNew();
  /** Address of the page's entry that was found last. */
  private entry: u64 = 0;

  /** Entries that each walk reads, if that is all that there is to it. */
  private levels: u32 = 0;
  /** Is it told of walks that are made ready (walks.ts)? The walk cache that is asked first, then: its level (0: there is none), */
  isRegular: bool = false;
  private firstLevel: u32 = 0;
  /** and its places, or 0: it is asked itself. */
  private firstWays: u32 = 0;
  /** The lowest level whose walk cache is asked itself; none: that of the root. */
  private askFrom: u32 = 0;
  private family: u32 = 0;
  /** [cache, then memory]: where page-table entries were found. */
  found: StaticArray<u64> = new StaticArray<u64>(CACHES_MAX + 1);
  /** Of walks that the program waited for. */
  cycles: u64 = 0;
  /** [levels that remain]: the tables of the walk at hand. */
  private path: StaticArray<u32> = new StaticArray<u32>(DEPTHS_MAX);

  constructor(
    public policy: Policy,
    public flushOnSwitch: bool,
  ) {}

  /** All of the system is built. True: it needs to know nothing but how many walks there are, each of which takes the same way. */
  settle(isFixed: bool): bool {
    const policy = this.policy;
    let isPlain = isFixed && policy.hashBits == 0 && this.hostDepth == 0 && this.setsBits == 0 && this.cacheCount == 0;
    for (let n: u32 = 0; n < DEPTHS_MAX; n++) if (this.walkCaches[n] !== null) isPlain = false;
    let asked: u32 = 0;
    for (let n: u32 = 0; n < this.cacheCount; n++) {
      asked += this.cacheLatency[n];
      this.costs[n] = asked;
    }
    this.costs[CACHES_MAX] = asked + this.memoryLatency;
    this.levels = isPlain ? policy.depth - leafOf(policy.size) + 1 : 0;
    this.isRegular = isFixed && !isPlain && policy.hashBits == 0 && this.hostDepth == 0 && this.setsBits == 0;
    return isPlain;
  }

  /** It is regular: so are the other walkers whose walks these are. */
  join(walks: Walks): void {
    this.askFrom = this.lowestFrom(leafOf(this.policy.size));
    if (this.askFrom == this.policy.depth) return;
    const cache = this.walkCaches[this.askFrom] as CacheArray;
    if (!cache.isPlain) return;
    this.firstLevel = this.askFrom;
    this.firstWays = cache.ways;
    this.family = walks.join(this.firstLevel, cache);
    this.askFrom = this.lowestFrom(this.firstLevel + 1);
  }

  /** The lowest level from one on that has a walk cache; none: the root's. */
  private lowestFrom(from: u32): u32 {
    let level = from;
    while (level < this.policy.depth && this.walkCaches[level] === null) level++;
    return level;
  }

  /** feed of a regular one. */
  feedWalks(from: usize, end: usize, walks: Walks): void {
    const cache = this.caches[0];
    if (cache === null || !cache.isPlain) this.feedCached<Many>(from, end, walks, null);
    else if (cache.vectors == 1) this.feedCached<One>(from, end, walks, cache);
    else if (cache.vectors == 2) this.feedCached<Two>(from, end, walks, cache);
    else if (cache.vectors == 3) this.feedCached<Three>(from, end, walks, cache);
    else if (cache.vectors == 4) this.feedCached<Four>(from, end, walks, cache);
    else this.feedCached<Many>(from, end, walks, cache);
  }

  /** cache: the first one, if it is plain. */
  // @ts-ignore: decorator
  @inline
  private feedCached<N>(from: usize, end: usize, walks: Walks, cache: CacheArray | null): void {
    const depth = this.policy.depth;
    const leaf = leafOf(this.policy.size);
    const shift = this.lineShift;
    const isFirst = cache !== null;
    const keys: usize = cache === null ? 0 : cache.keys;
    const sets: u32 = cache === null ? 0 : cache.sets;
    const inverse: u64 = cache === null ? 0 : cache.inverse;
    const vectors: u32 = cache === null ? 0 : cache.vectors;
    const last: u32 = cache === null ? 0 : cache.last;
    const firstLevel = this.firstLevel;
    const firstWays = this.firstWays;
    const askFrom = this.askFrom;
    let place: usize = firstWays == 0 ? 0 : walks.placesOf(this.family);
    let entries = walks.entriesOf(0);
    let spent: u64 = 0;
    let hits: u64 = 0;
    for (let at = from; at < end; at += MISS_BYTES, place += 4, entries += WALK_BYTES) {
      const kind = load<u32>(at, MISS_KIND);
      if (kind > STORE) {
        if (isFlush(kind, load<u64>(at), this.flushOnSwitch)) this.flush();
        continue;
      }
      let remaining = depth;
      if (firstWays != 0 && load<u32>(place) < firstWays) remaining = firstLevel;
      else if (askFrom < depth) remaining = this.known(load<u64>(at), entries, askFrom);
      for (; remaining >= leaf; remaining--) {
        const line = ((<u64>load<u32>(entries + (<usize>remaining << 2))) << 3) >> shift;
        if (isFirst) {
          const set = plainSet<N>(keys, sets, inverse, vectors, line);
          // Entries of upper tables mostly are what the set was asked for last.
          if (load<u32>(set) == <u32>line || use<N>(set, vectors, last, <u32>line)) {
            hits++;
            continue;
          }
        }
        spent += this.readBehind(line, isFirst ? 1 : 0);
      }
    }
    unchecked((this.found[0] += hits));
    this.cycles += spent + hits * unchecked(this.costs[0]);
  }

  /** How many levels are left to a walk by its walk caches from a level on. */
  private known(va: u64, entries: usize, from: u32): u32 {
    const depth = this.policy.depth;
    for (let level = from; level < depth; level++) {
      const cache = unchecked(this.walkCaches[level]);
      if (cache !== null && arrayUse(cache, va >> (12 + 9 * level), load<u32>(entries + (<usize>level << 2)) >> 9)) return level;
    }
    return depth;
  }

  /** Entries read. */
  references(): u64 {
    let sum: u64 = 0;
    for (let n: u32 = 0; n <= CACHES_MAX; n++) sum += this.found[n];
    return sum;
  }

  /** Takes the misses of the last level, which are so many walks, and events. */
  feed(from: usize, end: usize, walks: u64): void {
    if (this.levels != 0) {
      const references = walks * this.levels;
      this.cycles += references * this.memoryLatency;
      this.found[CACHES_MAX] += references;
      return;
    }
    for (let at = from; at < end; at += MISS_BYTES) {
      const kind = load<u32>(at, MISS_KIND);
      const access = kind & ~PROMOTES;
      if (access > STORE && access != PREFETCH) {
        const everything = access == FLUSH && load<u64>(at) == 0;
        if (isFlush(access, load<u64>(at), this.flushOnSwitch)) this.flush();
        if (everything) this.flushHost();
        if (access == COLLAPSED) this.promote(load<u64>(at), load<u32>(at, MISS_KEY));
        if (this.setsBits == 0) continue;
        // What the system has put together itself, it has marked, too.
        if (access == COLLAPSED) this.setBits(load<u32>(at, MISS_KEY), BIT_A | BIT_D);
        else if (access == DIRTY) this.dirty(load<u64>(at), load<u32>(at, MISS_KEY));
        else if (access == DROP) this.forget(load<u32>(at, MISS_PAGE), load<u64>(at), load<u32>(at, MISS_KEY));
        continue;
      }
      const va = load<u64>(at);
      const key = load<u32>(at, MISS_KEY);
      if (kind & PROMOTES) this.promote(va, key);
      let spent = this.resolve(va, key);
      if (this.setsBits != 0 && access != PREFETCH) {
        // What the system has put together itself, it has marked, too.
        if (kind & PROMOTES) this.setBits(key, BIT_A | BIT_D);
        spent += this.update(va, key, access == STORE ? BIT_A | BIT_D : BIT_A);
      }
      // A prefetch's references are counted; its time passes beside the program's.
      if (access != PREFETCH) this.cycles += spent;
    }
  }

  /** Finds a page's entry: cycles, as of all that follow. */
  private resolve(va: u64, key: u32): u64 {
    let spent: u64;
    if (this.policy.inverted) spent = this.follow(va, key);
    else if (this.policy.hashBits != 0) spent = this.search(va, key);
    else spent = this.walk(va, this.policy.tableOf(key), leafOf(key & 3));
    if (this.hostDepth == 0) return spent;
    const shift = sizeShift(key & 3);
    return spent + this.translate(GUEST_PAGES + ((<u64>(key >> 2)) << shift) + (va & (((<u64>1) << shift) - 1)));
  }

  /** True: they were not all set. */
  private setBits(key: u32, wanted: u64): bool {
    const at = tableFind(this.bits, key);
    if (at == 0) tableInsert(this.bits, key, wanted);
    else {
      const known = load<u64>(at);
      if ((known & wanted) == wanted) return false;
      store<u64>(at, known | wanted);
    }
    return true;
  }

  /** Behind a walk: the hardware writes the entry, or a fault sets the bits and the walk is made again. */
  private update(va: u64, key: u32, wanted: u64): u64 {
    if (!this.setBits(key, wanted)) return 0;
    this.bitUpdates++;
    return this.setsBits == BY_HARDWARE ? this.read(this.entry) : this.resolve(va, key);
  }

  /** A store that a TLB let through may be the first to its page: D is not in its entry, so that there is a walk after all. */
  private dirty(va: u64, key: u32): void {
    if (!this.setBits(key, BIT_A | BIT_D)) return;
    this.bitUpdates++;
    this.cycles += this.resolve(va, key);
    if (this.setsBits == BY_HARDWARE) this.cycles += this.read(this.entry);
  }

  /** Entries of dropped pages of 4K begin anew. */
  private forget(space: u32, va: u64, order: u32): void {
    for (let n: u64 = 0; n < <u64>1 << order; n++) {
      const key = this.policy.smallKeyAt(space, va + (n << 12));
      const at: usize = key == 0 ? 0 : tableFind(this.bits, key);
      if (at != 0) store<u64>(at, 0);
    }
  }

  /** The anchor of the page's hash, then the entries that are chained there, until the page's is found. */
  private follow(va: u64, key: u32): u64 {
    const policy = this.policy;
    const anchor = policy.home(spaceOfKey(key), va, key & 3);
    let spent: u64 = this.read(HASHED_AT + ((<u64>anchor) << 3));
    for (let entry = policy.firstAt(anchor); entry != 0; entry = policy.nextAfter(entry)) {
      this.entry = INVERTED_AT + ((<u64>(entry - 1)) << 4);
      spent += this.read(this.entry);
      if (policy.hasAt(entry, key)) break;
    }
    return spent;
  }

  /** The table of the region's small pages is gone. */
  private promote(va: u64, large: u32): void {
    const below = this.walkCaches[1];
    const table = this.policy.smallTable(large);
    if (below !== null && table != 0) arrayRemove(below, va >> 21, table);
  }

  /**
   * Reads the entries from the deepest known table down to the one that the page's entry is in. Whatever walk cache is asked in vain
   * knows the table afterwards.
   */
  private walk(va: u64, table: u32, leaf: u32): u64 {
    const depth = this.policy.depth;
    const path = this.path;
    for (let level = leaf; level <= depth; level++) {
      unchecked((path[level] = table));
      table = this.policy.parent(table);
    }
    let remaining = depth;
    for (let known = leaf; known < depth; known++) {
      const cache = unchecked(this.walkCaches[known]);
      if (cache === null || !arrayUse(cache, va >> (12 + 9 * known), unchecked(path[known]))) continue;
      remaining = known;
      break;
    }
    let spent: u64 = 0;
    for (; remaining >= leaf; remaining--) {
      const index = (va >> (12 + 9 * (remaining - 1))) & 511;
      const number = unchecked(path[remaining]);
      if (this.hostDepth != 0) spent += this.translate(((<u64>number) << TABLE_SHIFT) + (index << 3));
      // The guest's tables and the host's lie between each other.
      this.entry = ((<u64>number) << (this.hostDepth == 0 ? TABLE_SHIFT : TABLE_SHIFT + 1)) + (index << 3);
      spent += this.read(this.entry);
    }
    return spent;
  }

  /** Reads entries of a hash table until the page's is found. */
  private search(va: u64, key: u32): u64 {
    let spent: u64 = 0;
    const policy = this.policy;
    const mask = (<u32>1 << policy.hashBits) - 1;
    for (let entry = policy.home(spaceOfKey(key), va, key & 3); ; entry = (entry + 1) & mask) {
      this.entry = HASHED_AT + ((<u64>entry) << 4);
      spent += this.read(this.entry);
      if (policy.hasAt(entry, key)) break;
    }
    return spent;
  }

  /** The host's part: an address of the guest is translated by its own tables. */
  private translate(address: u64): u64 {
    const tlb = this.hostTlb;
    let spent: u64 = 0;
    const number = address >> sizeShift(this.hostSize);
    if (tlb !== null) {
      spent = this.hostLatency;
      if (arrayUse(tlb, number, <u32>number + 1)) return spent;
    }
    for (let remaining = this.hostDepth, leaf = leafOf(this.hostSize); remaining >= leaf; remaining--) {
      const key = (((address >> (12 + 9 * remaining)) << 3) | <u64>remaining) + 1;
      const known = tableFind(this.hostTables, key);
      const table = known != 0 ? load<u64>(known) : load<u64>(tableInsert(this.hostTables, key, this.hostTables.count + 1));
      this.hostReferences++;
      spent += this.read((((table << 1) + 1) << TABLE_SHIFT) + (((address >> (12 + 9 * (remaining - 1))) & 511) << 3));
    }
    return spent;
  }

  /** An entry comes through the caches; those that did not have it do afterwards. No line is 0. */
  private read(address: u64): u64 {
    return this.readBehind(address >> this.lineShift, 0);
  }

  /** The same of a line, which the caches before one do not have. */
  private readBehind(line: u64, first: u32): u64 {
    const count = this.cacheCount;
    let at = first;
    while (at < count && !arrayUse(unchecked(this.caches[at]) as CacheArray, line, <u32>line)) at++;
    if (at == count) at = CACHES_MAX;
    unchecked(this.found[at]++);
    return unchecked(this.costs[at]);
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
