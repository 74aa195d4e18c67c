/**
 * One level of TLBs. What a level holds depends on the levels before it alone, since a fill goes to all of them: so systems that begin
 * alike share their first levels, and a level hands what it missed to those that come next, and to the walkers of the systems
 * that end here.
 */
import { arrayClear, arrayRemoveSlot, arraySlot, arraySlots, CacheArray, tlbFill, tlbHolds, tlbLookup, tlbRemove } from './array';
import { Policy, SIZES, sizeShift } from './policy';
import { addressOfKey, regionSpace, spaceOfKey } from './pages';
import { Prefetcher } from './prefetch';
import { DIRTIES, DIRTY, DROP, FETCH, FLUSH, LOAD, PREFETCH, STORE, SWITCH } from './stream';
import { RUN_BYTES, RUN_KIND, RUN_LOADS, RUN_PAGE, RUN_STORES, RUN_TOUCHES } from './stream';
import { Walker } from './walker';

/**
 * A miss: { u64 address, u32 touches, u32 kind, u32 key, u32 page }; or an event, as in runs (page: the space, key: log2 of how many
 * pages). PROMOTES in kind: the
 * access made its region one page.
 */
export const MISS_BYTES: usize = 24;
export const MISS_TOUCHES: usize = 8;
export const MISS_KIND: usize = 12;
export const MISS_KEY: usize = 16;
export const MISS_PAGE: usize = 20;
export const PROMOTES: u32 = (<u32>1) << 31;
/** Misses handed on at once. */
const ROOM: usize = 1024;

export class Stage {
  /** [class * SIZES + size] -> its TLB. */
  tlbs: StaticArray<CacheArray | null> = new StaticArray<CacheArray | null>(2 * <i32>SIZES);
  all: Array<CacheArray> = new Array<CacheArray>();
  /** Those of the configuration, in its order, without what they keep victims in. */
  named: Array<CacheArray> = new Array<CacheArray>();
  /** Does the first hit after a fill still change something (SRRIP)? */
  rehit: bool = false;
  /** What else is walked for after a miss of this, the last level. */
  prefetcher: Prefetcher | null = null;
  stages: Array<Stage> = new Array<Stage>();
  walkers: Array<Walker> = new Array<Walker>();
  /** [kind]: misses. */
  missed: StaticArray<u64> = new StaticArray<u64>(3);
  prefetches: u64 = 0;
  private out: usize = heap.alloc(ROOM * MISS_BYTES);
  private end: usize = 0;

  constructor(
    public policy: Policy,
    /** Does the order of the two classes' accesses matter: because it serves both, or is where pages are prefetched to? */
    public joint: bool,
    public flushOnSwitch: bool,
  ) {
    this.end = this.out;
  }

  /** A first level takes runs. */
  feedRuns(from: usize, end: usize): void {
    const policy = this.policy;
    for (let at = from; at < end; at += RUN_BYTES) {
      const whole = load<u32>(at, RUN_KIND);
      const kind = whole & ~DIRTIES;
      if (kind > STORE) {
        this.event(kind, load<u64>(at), load<u32>(at, RUN_TOUCHES), <u32>load<u64>(at, RUN_LOADS), <u32>load<u64>(at, RUN_STORES));
        continue;
      }
      const va = load<u64>(at);
      const after = load<u32>(at, RUN_TOUCHES);
      const page = load<u32>(at, RUN_PAGE);
      const key = policy.keyOf(page, after);
      const tlb = unchecked(this.tlbs[(kind == FETCH ? 0 : SIZES) + (key & 3)]);
      if (tlb === null || !tlbLookup(tlb, va >> sizeShift(key & 3), key)) {
        const promotes = policy.promotes(page, after) ? PROMOTES : 0;
        this.miss(tlb, va, after, kind | promotes, key, page);
      }
      if (whole != kind) this.emit(va, after, DIRTY, key, page);
      const loads = load<u64>(at, RUN_LOADS);
      const stores = load<u64>(at, RUN_STORES);
      if ((loads | stores) == 0) continue;
      if (this.prefetcher !== null) {
        this.again(tlb, loads, at, kind == FETCH ? FETCH : LOAD, key);
        this.again(tlb, stores, at, STORE, key);
      } else if (this.rehit && tlb !== null) tlbLookup(tlb, va >> sizeShift(key & 3), key);
    }
    this.drain();
  }

  /**
   * More accesses to a page that may have had to go for a prefetched one since. The second hit in a row changes nothing, nor do
   * others.
   */
  private again(tlb: CacheArray | null, count: u64, run: usize, kind: u32, key: u32): void {
    const va = load<u64>(run);
    const page = load<u32>(run, RUN_PAGE);
    for (let hits = 0; count != 0 && hits < 2; count--) {
      if (tlb !== null && tlbLookup(tlb, va >> sizeShift(key & 3), key)) hits++;
      else {
        hits = 0;
        this.miss(tlb, va, load<u32>(run, RUN_TOUCHES), kind, key, page);
      }
    }
  }

  /** Another level takes what the one before missed. */
  feedMisses(from: usize, end: usize): void {
    for (let at = from; at < end; at += MISS_BYTES) {
      const kind = load<u32>(at, MISS_KIND);
      const access = kind & ~PROMOTES;
      const va = load<u64>(at);
      if (access > STORE) {
        this.event(access, va, load<u32>(at, MISS_TOUCHES), load<u32>(at, MISS_PAGE), load<u32>(at, MISS_KEY));
        continue;
      }
      const key = load<u32>(at, MISS_KEY);
      const tlb = unchecked(this.tlbs[(access == FETCH ? 0 : SIZES) + (key & 3)]);
      if (tlb !== null && tlbLookup(tlb, va >> sizeShift(key & 3), key)) continue;
      this.miss(tlb, va, load<u32>(at, MISS_TOUCHES), kind, key, load<u32>(at, MISS_PAGE));
    }
    this.drain();
  }

  // @ts-ignore: decorator
  @inline
  private miss(tlb: CacheArray | null, va: u64, after: u32, kind: u32, key: u32, page: u32): void {
    unchecked(this.missed[kind & ~PROMOTES]++);
    if (kind & PROMOTES) this.promote(key);
    if (tlb !== null) tlbFill(tlb, va >> sizeShift(key & 3), key, this.known(tlb, key, after));
    this.emit(va, after, kind, key, page);
    if (this.prefetcher !== null) this.prefetchAfter(kind & ~PROMOTES, va, after, key, page);
  }

  /** What a fill of a TLB that coalesces brings with the page. */
  // @ts-ignore: decorator
  @inline
  private known(tlb: CacheArray, key: u32, after: u32): u32 {
    return tlb.coalesce == 0 || (key & 3) != 0 ? 0 : this.policy.inOrder(key >> 2, tlb.coalesce, after);
  }

  private emit(va: u64, after: u32, kind: u32, key: u32, page: u32): void {
    const at = this.end;
    store<u64>(at, va);
    store<u32>(at, after, MISS_TOUCHES);
    store<u32>(at, kind, MISS_KIND);
    store<u32>(at, key, MISS_KEY);
    store<u32>(at, page, MISS_PAGE);
    this.end = at + MISS_BYTES;
    if (this.end == this.out + ROOM * MISS_BYTES) this.drain();
  }

  private drain(): void {
    const out = this.out;
    const end = this.end;
    this.end = out;
    for (let i = 0, n = this.stages.length; i < n; i++) unchecked(this.stages[i]).feedMisses(out, end);
    for (let i = 0, n = this.walkers.length; i < n; i++) unchecked(this.walkers[i]).feed(out, end);
  }

  /** Pages of the size that the prefetcher names, if they are mapped and not there. */
  private prefetchAfter(kind: u32, va: u64, after: u32, key: u32, page: u32): void {
    const prefetcher = this.prefetcher;
    const size = key & 3;
    const shift = sizeShift(size);
    const side = kind == FETCH ? 0 : 1;
    const tlb = this.tlbs[side * SIZES + size];
    if (prefetcher === null) return;
    const space = regionSpace(page >> 9);
    const count = prefetcher.after(side, space, size, <i64>(va >> shift));
    if (tlb === null) return;
    for (let n: u32 = 0; n < count; n++) {
      const number = prefetcher.page(n);
      if (number < 0 || number >= (<i64>1 << (48 - shift))) continue;
      const next = <u64>number << shift;
      const wanted = this.policy.keyIfMapped(space, next, size, after);
      if (wanted == 0 || tlbHolds(tlb, <u64>number, wanted)) continue;
      this.prefetches++;
      this.emit(next, after, PREFETCH, wanted, 0);
      tlbFill(tlb, <u64>number, wanted, this.known(tlb, wanted, after));
    }
  }

  /** The small pages of a region are gone. */
  private promote(large: u32): void {
    for (let i = 0; i < this.all.length; i++) {
      const tlb = this.all[i];
      for (let slot = arraySlots(tlb); slot-- > 0; ) {
        const key = arraySlot(tlb, slot);
        if (key != 0 && this.policy.isPartOf(key, large)) arrayRemoveSlot(tlb, slot);
      }
    }
  }

  private event(kind: u32, address: u64, after: u32, space: u32, order: u32): void {
    if (kind == FLUSH && address != 0) this.dropSpan(address - 1, 0, 64);
    else if (kind == FLUSH || (kind == SWITCH && this.flushOnSwitch)) for (let i = 0; i < this.all.length; i++) arrayClear(this.all[i]);
    else if (kind == DROP && order != 0) this.dropSpan(space, address, 12 + order);
    else if (kind == DROP) {
      this.drop(address, this.policy.largeKeyAt(space, address));
      this.drop(address, this.policy.smallKeyAt(space, address));
    }
    this.emit(address, after, kind, order, space);
  }

  /** Whatever has a part in 2^shift bytes; 64: all of the space. */
  private dropSpan(space: u64, address: u64, shift: u32): void {
    for (let i = 0; i < this.all.length; i++) {
      const tlb = this.all[i];
      for (let slot = arraySlots(tlb); slot-- > 0; ) {
        const key = arraySlot(tlb, slot);
        if (key == 0 || spaceOfKey(key) != space) continue;
        const larger = max(shift, sizeShift(key & 3) + ((key & 3) == 0 ? tlb.coalesce : 0));
        if (shift == 64 || addressOfKey(key) >> larger == address >> larger) arrayRemoveSlot(tlb, slot);
      }
    }
  }

  /** Which of the stage's TLBs, as bits, have the page of 4K. */
  holds(space: u64, va: u64): u32 {
    const key = this.policy.smallKeyAt(space, va);
    let bits: u32 = 0;
    for (let i = 0; key != 0 && i < this.named.length; i++) if (tlbHolds(this.named[i], va >> 12, key)) bits |= 1 << i;
    return bits;
  }

  private drop(address: u64, key: u32): void {
    if (key == 0) return;
    for (let i = 0; i < this.all.length; i++) tlbRemove(this.all[i], address >> sizeShift(key & 3), key);
  }
}
