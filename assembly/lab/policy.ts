/**
 * Which sizes an operating system gives to pages, and the tables that this takes. Both follow from the order of touches (pages.ts)
 * alone, since what never was accessed is in no TLB: so it is worked out ahead of the TLBs, once for all systems that have it in common.
 */
import { HashTable, tableFind, tableInsert, tableNew, zeros } from './hash';
import { Memory, NO_BLOCK } from './memory';
import { grown, orderOf, regionAddress, regionKnown, regionSpace, spaceKey, touchOf } from './pages';
import { Promotion } from './promotion';

/** Page sizes by number. */
export const SIZES: u32 = 4;
export const SIZE_4K: u32 = 0;
export const SIZE_64K: u32 = 1;
export const SIZE_2M: u32 = 2;
export const SIZE_1G: u32 = 3;

// @ts-ignore: decorator
@inline
export function sizeShift(size: u32): u32 {
  return size == SIZE_4K ? 12 : size == SIZE_64K ? 16 : size == SIZE_2M ? 21 : 30;
}

/** Levels of tables that remain when a page of the size is found, its own included. */
// @ts-ignore: decorator
@inline
export function leafOf(size: u32): u32 {
  return size == SIZE_1G ? 3 : size == SIZE_2M ? 2 : 1;
}

/**
 * Of each region: its tables with entries of pages of 4K or 64K and of 2M and more, 0: none; when it was promoted; its touches; its
 * GiB.
 */
const REGION_BYTES: usize = 20;
const SMALL: usize = 0;
const LARGE: usize = 4;
const PROMOTED: usize = 8;
const TOUCHED: usize = 12;
const GIGA: usize = 16;
const NEVER: u32 = u32.MAX_VALUE;

export class Policy {
  /** Levels of the tree. */
  depth: u32 = 3;
  /** Size of all pages, or what they begin as. */
  size: u32 = 0;
  /** Distinct pages of a region after which it becomes one page; 0: never. */
  promoteAt: u32 = 0;
  promotions: u32 = 0;
  /** Pages touched, of the size that they had then. */
  touched: u32 = 0;
  tableCount: u32 = 0;
  /** A hash table in place of trees: log2 of its entries, 0: none. Keys; collisions go on to the next entry. */
  hashBits: u32 = 0;
  private hashed: usize = 0;
  private hashedCount: u32 = 0;
  full: bool = false;
  /** An inverted table: anchors by hash, and entries that are chained: u32[entry]: key, next. The number of the first one is 1. */
  inverted: bool = false;
  private anchors: usize = 0;
  private nexts: usize = 0;
  /** Where pages lie; null: in the order of their touches, and there is enough of it. */
  memory: Memory | null = null;
  noFrames: bool = false;
  /** Promotions for which there was no room in one piece. */
  refused: u32 = 0;

  private regions: usize = zeros(256 * REGION_BYTES);
  private room: u32 = 256;
  private known: u32 = 0;
  /** GiB of an address space -> its number. */
  private gigas: HashTable = tableNew();
  /** More than how many pages of a region were touched; null: nothing. */
  promotion: Promotion | null = null;
  private tables: HashTable = tableNew();
  /** u32[table]: the table whose entry points to it. */
  private parents: usize = zeros(1024 * 4);
  private tableRoom: u32 = 1024;
  /** 64K pages touched: page >> 4. */
  private middles: HashTable = tableNew();

  // @ts-ignore: decorator
  @inline
  private region(number: u32): usize {
    return this.regions + <usize>number * REGION_BYTES;
  }

  /** A page was touched. */
  add(page: u32): void {
    const number = page >> 9;
    const space = regionSpace(number);
    const va = regionAddress(number);
    while (number > this.known) this.addRegion();
    const r = this.region(number);
    this.addTo(r, page, space, va);
    if (this.hashBits != 0) this.insert(space, va | (<u64>(page & 511) << 12), this.keyOf(page, touchOf(page)));
  }

  private addTo(r: usize, page: u32, space: u64, va: u64): void {
    if (this.promoteAt == 0) {
      this.addFixed(page, space, va, r);
      return;
    }
    if (load<u32>(r, PROMOTED) != NEVER) return;
    this.touched++;
    const count = load<u32>(r, TOUCHED) + 1;
    store<u32>(r, count, TOUCHED);
    if (count < this.promoteAt || !this.isWelcome(page >> 9) || !this.isRoomFor(page >> 9)) {
      this.place(page);
      if (load<u32>(r, SMALL) == 0) store<u32>(r, this.table(space, va, 1), SMALL);
      return;
    }
    this.becomesLarge(r, space, va, touchOf(page));
  }

  private becomesLarge(r: usize, space: u64, va: u64, when: u32): void {
    store<u32>(r, when, PROMOTED);
    store<u32>(r, this.table(space, va, 2), LARGE);
    this.promotions++;
  }

  /** Does the program's advice let the region become one page? */
  private isWelcome(region: u32): bool {
    const promotion = this.promotion;
    return promotion === null || promotion.isWelcome(region);
  }

  /** In the background: regions whose turn it is become one page each, if enough of them was touched. */
  scan(when: u32): void {
    const promotion = this.promotion;
    if (promotion === null) return;
    for (let n = min(promotion.regions, this.known); n != 0; n--) {
      const region = promotion.next(this.known);
      const r = this.region(region);
      if (load<u32>(r, PROMOTED) != NEVER || load<u32>(r, TOUCHED) < promotion.present) continue;
      if (!promotion.isWelcome(region) || !this.isRoomFor(region)) continue;
      this.becomesLarge(r, regionSpace(region), regionAddress(region), when);
      promotion.collapsed(region, when);
      if (this.hashBits != 0) this.insert(regionSpace(region), regionAddress(region), (region << 2) | SIZE_2M);
    }
  }

  /** The page of 4K gets a frame. */
  private place(page: u32): void {
    const memory = this.memory;
    if (memory !== null && !memory.place(page)) this.noFrames = true;
  }

  /** A region's pages move to a block of their own, if there is one. */
  private isRoomFor(region: u32): bool {
    const memory = this.memory;
    if (memory === null || memory.promote(region) != NO_BLOCK) return true;
    this.refused++;
    return false;
  }

  // @ts-ignore: decorator
  @inline
  private frameOf(page: u32): u32 {
    const memory = this.memory;
    return memory === null ? orderOf(page) : memory.frameOf(page);
  }

  /** Which pages of the 2^order around a page of 4K, as bits, lie in memory in the order of their addresses, without a gap up to it. */
  inOrder(page: u32, order: u32, after: u32): u32 {
    const count: u32 = 1 << order;
    const first = page & ~(count - 1);
    const frame = this.frameOf(page);
    let bits: u32 = 1 << (page - first);
    for (let other = page; other-- > first; ) {
      if (!this.isThere(other, after) || this.frameOf(other) + (page - other) != frame) break;
      bits |= 1 << (other - first);
    }
    for (let other = page + 1; other < first + count; other++) {
      if (!this.isThere(other, after) || this.frameOf(other) != frame + (other - page)) break;
      bits |= 1 << (other - first);
    }
    return bits;
  }

  /** What a fill of a TLB whose entries have up to 2^order pages brings with the page. */
  // @ts-ignore: decorator
  @inline
  neighbours(order: u32, key: u32, after: u32): u32 {
    return order == 0 || (key & 3) != 0 ? 0 : this.inOrder(key >> 2, order, after);
  }

  private isThere(page: u32, after: u32): bool {
    const touch = touchOf(page);
    return touch != 0 && touch <= after;
  }

  /** Where the search for a page begins. */
  home(space: u64, va: u64, size: u32): u32 {
    const number = (va >> sizeShift(size)) ^ (space << 40) ^ ((<u64>size) << 60);
    return <u32>((number * 0x9e3779b97f4a7c15) >> 32) & ((1 << this.hashBits) - 1);
  }

  /** Has an entry of the hash table the key? */
  // @ts-ignore: decorator
  @inline
  hasAt(entry: u32, key: u32): bool {
    return load<u32>(this.hashed + (<usize>entry << 2)) == key;
  }

  /** Entries of an inverted table that begin with an anchor, one after the other; 0: no more. */
  // @ts-ignore: decorator
  @inline
  firstAt(anchor: u32): u32 {
    return load<u32>(this.anchors + (<usize>anchor << 2));
  }
  // @ts-ignore: decorator
  @inline
  nextAfter(entry: u32): u32 {
    return load<u32>(this.nexts + (<usize>entry << 2));
  }

  /** At the end of its chain, so that searches for what was there before don't see it. */
  private chain(anchor: u32, key: u32): void {
    if (this.hashed == 0) {
      this.hashed = zeros((<usize>4 << this.hashBits) + 4);
      this.nexts = zeros((<usize>4 << this.hashBits) + 4);
      this.anchors = zeros(<usize>4 << this.hashBits);
    }
    let last: u32 = 0;
    for (let entry = this.firstAt(anchor); entry != 0; entry = this.nextAfter(entry)) {
      if (this.hasAt(entry, key)) return;
      last = entry;
    }
    if (this.hashedCount == <u32>1 << this.hashBits) {
      this.full = true;
      return;
    }
    const entry = ++this.hashedCount;
    store<u32>(this.hashed + (<usize>entry << 2), key);
    if (last == 0) store<u32>(this.anchors + (<usize>anchor << 2), entry);
    else store<u32>(this.nexts + (<usize>last << 2), entry);
  }

  private insert(space: u64, va: u64, key: u32): void {
    if (this.inverted) {
      this.chain(this.home(space, va, key & 3), key);
      return;
    }
    if (this.hashed == 0) this.hashed = zeros((<usize>4) << this.hashBits);
    const mask = (<u32>1 << this.hashBits) - 1;
    // One entry stays empty.
    if (this.hashedCount == mask) {
      this.full = true;
      return;
    }
    let entry = this.home(space, va, key & 3);
    while (!this.hasAt(entry, 0)) {
      if (this.hasAt(entry, key)) return;
      entry = (entry + 1) & mask;
    }
    store<u32>(this.hashed + (<usize>entry << 2), key);
    this.hashedCount++;
  }

  private addRegion(): void {
    this.known++;
    if (this.known == this.room) {
      this.regions = grown(this.regions, <usize>this.room * REGION_BYTES);
      this.room <<= 1;
    }
    store<u32>(this.region(this.known), NEVER, PROMOTED);
  }

  private addFixed(page: u32, space: u64, va: u64, r: usize): void {
    const first = load<u32>(r, TOUCHED) == 0;
    store<u32>(r, 1, TOUCHED);
    if (this.size <= SIZE_64K) {
      if (first) store<u32>(r, this.table(space, va, 1), SMALL);
      if (this.size == SIZE_4K) {
        this.touched++;
        this.place(page);
      }
      else if (tableFind(this.middles, page >> 4) == 0) {
        tableInsert(this.middles, page >> 4, touchOf(page));
        this.touched++;
      }
      return;
    }
    if (!first) return;
    store<u32>(r, this.table(space, va, leafOf(this.size)), LARGE);
    store<u32>(r, touchOf(page), PROMOTED);
    if (this.size == SIZE_1G) {
      const key = spaceKey(space, va >> 30);
      const at = tableFind(this.gigas, key);
      if (at == 0) tableInsert(this.gigas, key, page >> 9);
      // A page of 1G goes by the number of the region that was touched first.
      store<u32>(r, at == 0 ? page >> 9 : <u32>load<u64>(at), GIGA);
      this.touched = this.gigas.count;
    } else this.touched++;
  }

  /** Number of the table that has so many levels to go, itself included; those above it are numbered before. */
  private table(space: u64, va: u64, remaining: u32): u32 {
    if (this.hashBits != 0) return 0;
    const key = spaceKey(space, ((va >> (12 + 9 * remaining)) << 3) | <u64>remaining);
    const at = tableFind(this.tables, key);
    if (at != 0) return <u32>load<u64>(at);
    const parent = remaining < this.depth ? this.table(space, va, remaining + 1) : 0;
    const number = ++this.tableCount;
    if (number == this.tableRoom) {
      this.parents = grown(this.parents, <usize>number << 2);
      this.tableRoom <<= 1;
    }
    store<u32>(this.parents + (<usize>number << 2), parent);
    tableInsert(this.tables, key, number);
    return number;
  }

  // @ts-ignore: decorator
  @inline
  parent(table: u32): u32 {
    return load<u32>(this.parents + (<usize>table << 2));
  }

  /** Key in TLBs of the page that a page of 4K is part of, if no page is promoted. */
  // @ts-ignore: decorator
  @inline
  fixedKey(page: u32): u32 {
    const size = this.size;
    if (size == SIZE_4K) return page << 2;
    if (size == SIZE_64K) return ((page >> 4) << 2) | SIZE_64K;
    if (size == SIZE_2M) return ((page >> 9) << 2) | SIZE_2M;
    return (load<u32>(this.region(page >> 9), GIGA) << 2) | SIZE_1G;
  }

  /** Key in TLBs of the page of any size that a page of 4K is part of after a number of touches: its number << 2 | its size. */
  // @ts-ignore: decorator
  @inline
  keyOf(page: u32, after: u32): u32 {
    if (this.promoteAt == 0) return this.fixedKey(page);
    return load<u32>(this.region(page >> 9), PROMOTED) <= after ? ((page >> 9) << 2) | SIZE_2M : page << 2;
  }

  /** Table with the entry of a key. */
  // @ts-ignore: decorator
  @inline
  tableOf(key: u32): u32 {
    const size = key & 3;
    if (size >= SIZE_2M) return load<u32>(this.region(key >> 2), LARGE);
    return load<u32>(this.region(size == SIZE_4K ? key >> 11 : key >> 7), SMALL);
  }

  /** Was it the latest touch that made the page part of a larger one? */
  // @ts-ignore: decorator
  @inline
  promotes(page: u32, after: u32): bool {
    return this.promoteAt != 0 && load<u32>(this.region(page >> 9), PROMOTED) == after;
  }

  /** Is a small page in the region of a promoted one? */
  isPartOf(small: u32, large: u32): bool {
    return (small & 3) == SIZE_4K && small >> 11 == large >> 2;
  }

  /** Table that the small pages of a promoted region were in, 0: there was none. */
  smallTable(large: u32): u32 {
    return load<u32>(this.region(large >> 2), SMALL);
  }

  /** Keys that TLBs may have an address under, 0: none. */
  largeKeyAt(space: u64, va: u64): u32 {
    if (this.size == SIZE_1G) {
      const at = tableFind(this.gigas, spaceKey(space, va >> 30));
      return at == 0 ? 0 : (<u32>load<u64>(at) << 2) | SIZE_1G;
    }
    const region = regionKnown(space, va);
    if (region == 0 || (this.size == SIZE_4K && this.promoteAt == 0)) return 0;
    if (this.size == SIZE_64K) return (((region << 5) | (<u32>(va >> 16) & 31)) << 2) | SIZE_64K;
    return (region << 2) | SIZE_2M;
  }
  smallKeyAt(space: u64, va: u64): u32 {
    const region = regionKnown(space, va);
    return this.size != SIZE_4K || region == 0 ? 0 : ((region << 9) | (<u32>(va >> 12) & 511)) << 2;
  }

  /** Key of an address's page if it has that size and was there after a number of touches, else 0. */
  keyIfMapped(space: u64, va: u64, size: u32, after: u32): u32 {
    const large = this.largeKeyAt(space, va);
    if (size == SIZE_64K) {
      const at: usize = large == 0 ? 0 : tableFind(this.middles, large >> 2);
      return at != 0 && <u32>load<u64>(at) <= after ? large : 0;
    }
    const there = large != 0 && large >> 2 <= this.known && load<u32>(this.region(large >> 2), PROMOTED) <= after;
    if (size != SIZE_4K) return there ? large : 0;
    const small = this.smallKeyAt(space, va);
    if (small == 0 || there) return 0;
    const touch = touchOf(small >> 2);
    return touch != 0 && touch <= after ? small : 0;
  }
}
