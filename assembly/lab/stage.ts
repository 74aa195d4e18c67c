/**
 * One level of TLBs. What a level holds depends on the levels before it alone, since a fill goes to all of them: so systems that begin
 * alike share their first levels, and a level hands what it missed to those that come next, and to the walkers of the systems
 * that end here.
 */
import { arrayRemoveSlot, arraySlot, arraySlots, arrayUse, CacheArray, plainUse, tlbFill, tlbHolds, tlbLookup } from './array';
import { Filter } from './filter';
import { Grouped } from './grouped';
import { tlbEvent } from './forget';
import { Four, Many, One, Three, Two } from './lru';
import { Policy, SIZES, sizeShift } from './policy';
import { regionAddress, regionSpace } from './pages';
import { Prefetcher } from './prefetch';
import { COLLAPSED, DIRTIES, DIRTY, FETCH, LOAD, PREFETCH, STORE, TICK } from './stream';
import { RUN_BYTES, RUN_KIND, RUN_LOADS, RUN_PAGE, RUN_STORES, RUN_TOUCHES } from './stream';
import { ASK_BYTES, ASK_KEY, ASK_RUN, marks, MISS_BYTES, MISS_KEY, MISS_KIND, MISS_PAGE, MISS_TOUCHES } from './prepared';
import { Prepared, PROMOTES, WORDS_BYTES } from './prepared';
import { Walker } from './walker';
import { Walks } from './walks';

/** Misses handed on at once. */
const ROOM: usize = 1024;
/** Misses of each kind in one number, while there are not more than 2^COUNT_BITS of one. */
const COUNT_BITS: u32 = 20;
const COUNT_MASK: u64 = ((<u64>1) << COUNT_BITS) - 1;

export class Stage {
  /** [class * SIZES + size] -> its TLB. */
  tlbs: StaticArray<CacheArray | null> = new StaticArray<CacheArray | null>(2 * <i32>SIZES);
  all: Array<CacheArray> = new Array<CacheArray>();
  /** Those of the configuration, in its order, without what they keep victims in. */
  named: Array<CacheArray> = new Array<CacheArray>();
  /** Of a first level that shares its TLBs: those that serve instructions and data; both if it is one. */
  filters: Array<Filter> = new Array<Filter>();
  /** Does the first hit after a fill still change something (SRRIP)? */
  rehit: bool = false;
  /** What else is walked for after a miss of this, the last level. */
  prefetcher: Prefetcher | null = null;
  stages: Array<Stage> = new Array<Stage>();
  walkers: Array<Walker> = new Array<Walker>();
  /** [kind]: misses. */
  missed: StaticArray<u64> = new StaticArray<u64>(3);
  prefetches: u64 = 0;
  private out: usize = heap.alloc((ROOM + 1) * MISS_BYTES);
  private end: usize = 0;
  /** Are all its TLBs plain, of pages that keep their size? */
  private isPlain: bool = false;
  /** Does anybody want to know more of its misses than how many they are? How many walkers were told of. */
  private isQuiet: bool = false;
  private told: u64 = 0;
  /** What its walkers that are regular have in common. */
  private walks: Walks | null = null;
  /** Of a first level that shares its TLBs: levels behind it that need not be told more than which runs it missed; these, u64[run / 64]. */
  private direct: Array<Stage> = new Array<Stage>();
  private words: usize = 0;
  /** Of such a level: where these are, and with which others it is worked out. */
  asked: usize = 0;
  grouped: Grouped | null = null;

  constructor(
    public policy: Policy,
    /** Does the order of the two classes' accesses matter: because it serves both, or is where pages are prefetched to? */
    public joint: bool,
    public flushOnSwitch: bool,
  ) {
    this.end = this.out;
  }

  /** All of the system is built. */
  settle(): void {
    const isFixed = this.policy.promoteAt == 0 && this.prefetcher === null;
    let isPlain = isFixed;
    for (let i = 0; i < this.all.length; i++) if (!this.all[i].isPlain) isPlain = false;
    this.isPlain = isPlain;
    const next = this.stages.concat(this.direct);
    this.stages = new Array<Stage>();
    this.direct = new Array<Stage>();
    for (let i = 0; i < next.length; i++) {
      next[i].settle();
      if (this.filters.length != 0 && next[i].isDirect()) this.direct.push(next[i]);
      else this.stages.push(next[i]);
    }
    if (this.filters.length != 0) this.words = heap.alloc(WORDS_BYTES);
    for (let i = 0; i < this.direct.length; i++) this.direct[i].asked = this.words;
    let isQuiet = isFixed && this.stages.length == 0;
    const walkers = this.walkers;
    for (let i = 0; i < walkers.length; i++) {
      if (!walkers[i].settle(isFixed)) isQuiet = false;
      if (!walkers[i].isRegular) continue;
      const walks = this.walks === null ? new Walks(this.policy, this.flushOnSwitch, ROOM + 1) : (this.walks as Walks);
      this.walks = walks;
      walkers[i].join(walks);
    }
    this.isQuiet = isQuiet;
  }

  /** Finds others for the levels behind it that are told of runs. */
  group(groups: Array<Grouped>): void {
    for (let i = 0; i < this.direct.length; i++) {
      const stage = this.direct[i];
      const prepared = this.filters[0].prepared;
      const tlb = stage.all[0];
      let n = 0;
      while (n < groups.length && !groups[n].join(stage, prepared, tlb)) n++;
      if (n < groups.length) continue;
      groups.push(new Grouped(prepared, stage.policy, stage.flushOnSwitch, tlb));
      groups[n].join(stage, prepared, tlb);
    }
  }

  /** Plain, of one TLB, and nobody wants to know more than how often it misses. */
  private isDirect(): bool {
    const size = this.policy.size;
    return this.isPlain && this.isQuiet && this.tlbs[size] !== null && this.tlbs[size] == this.tlbs[SIZES + size];
  }

  /** A first level takes runs. */
  feedRuns(from: usize, end: usize): void {
    if (this.filters.length != 0) {
      this.feedFiltered();
      return;
    }
    const policy = this.policy;
    for (let at = from; at < end; at += RUN_BYTES) {
      const whole = load<u32>(at, RUN_KIND);
      const kind = whole & ~DIRTIES;
      if (kind > STORE) {
        this.event(kind, load<u64>(at), load<u32>(at, RUN_TOUCHES), <u32>load<u64>(at, RUN_LOADS), load<u32>(at, RUN_STORES));
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
      const stores = load<u32>(at, RUN_STORES);
      if ((loads | stores) == 0) continue;
      if (this.prefetcher !== null) {
        this.again(tlb, loads, at, kind == FETCH ? FETCH : LOAD, key);
        this.again(tlb, stores, at, STORE, key);
      } else if (this.rehit && tlb !== null) tlbLookup(tlb, va >> sizeShift(key & 3), key);
    }
    this.drain();
  }

  /** What its TLBs missed has been found. */
  private feedFiltered(): void {
    const prepared = this.filters[0].prepared;
    const first = this.filters[0].misses;
    const second = this.filters[this.filters.length - 1].misses;
    const words = this.words;
    for (let run: usize = 0, n = prepared.count; run < n; run += 64) {
      const misses = marks(first + run) | marks(second + run);
      store<u64>(words + (run >> 3), misses);
      this.countWord(prepared, run >> 3, misses);
    }
    for (let i = 0, n = this.direct.length; i < n; i++)
      if (unchecked(this.direct[i]).grouped === null) unchecked(this.direct[i]).feedWords(prepared, words);
    if (this.isQuiet) this.drain();
    else this.handOn(prepared);
  }

  // @ts-ignore: decorator
  @inline
  countWord(prepared: Prepared, word: usize, misses: u64): void {
    const fetches = popcnt(misses & load<u64>(prepared.fetches + word));
    const stores = popcnt(misses & load<u64>(prepared.stores + word));
    unchecked((this.missed[FETCH] += fetches));
    unchecked((this.missed[STORE] += stores));
    unchecked((this.missed[LOAD] += popcnt(misses) - fetches - stores));
  }

  /** Misses and events for who wants to know them. */
  private handOn(prepared: Prepared): void {
    const limit = this.out + (ROOM - 1) * MISS_BYTES;
    let out = this.out;
    for (let run: usize = 0, n = prepared.count; run < n; run += 64) {
      const misses = load<u64>(this.words + (run >> 3));
      for (let bits = misses | marks(prepared.special + run); bits != 0; bits &= bits - 1) {
        const at = prepared.all + (run + <usize>ctz(bits)) * MISS_BYTES;
        const whole = load<u32>(at, MISS_KIND);
        const kind = whole & ~DIRTIES;
        const isMiss = (misses >> ctz(bits)) & 1;
        store<v128>(out, load<v128>(at));
        store<u64>(out, load<u64>(at, MISS_KEY), MISS_KEY);
        store<u32>(out, kind, MISS_KIND);
        out += isMiss != 0 || kind > STORE ? MISS_BYTES : 0;
        if (whole != kind) {
          store<v128>(out, load<v128>(at));
          store<u64>(out, load<u64>(at, MISS_KEY), MISS_KEY);
          store<u32>(out, DIRTY, MISS_KIND);
          out += MISS_BYTES;
        }
        if (out < limit) continue;
        this.end = out;
        this.drain();
        out = this.out;
      }
    }
    this.end = out;
    this.drain();
  }

  /** A level behind a first one takes what that missed, as bits. */
  private feedWords(prepared: Prepared, words: usize): void {
    const tlb = this.tlbs[this.policy.size];
    if (tlb === null) return;
    if (tlb.vectors == 1) this.feedBits<One>(prepared, words, tlb);
    else if (tlb.vectors == 2) this.feedBits<Two>(prepared, words, tlb);
    else if (tlb.vectors == 3) this.feedBits<Three>(prepared, words, tlb);
    else if (tlb.vectors == 4) this.feedBits<Four>(prepared, words, tlb);
    else this.feedBits<Many>(prepared, words, tlb);
    this.drain();
  }

  // @ts-ignore: decorator
  @inline
  private feedBits<N>(prepared: Prepared, words: usize, tlb: CacheArray): void {
    const keys = tlb.keys;
    const sets = tlb.sets;
    const inverse = tlb.inverse;
    const vectors = tlb.vectors;
    const last = tlb.last;
    const end = (prepared.count + 63) >> 6 << 3;
    for (let word: usize = 0, asks = prepared.asks[2]; word < end; word += 8, asks += 64 * ASK_BYTES) {
      let misses: u64 = 0;
      for (let bits = load<u64>(words + word) | load<u64>(prepared.events + word); bits != 0; bits &= bits - 1) {
        const at = asks + <usize>ctz(bits) * ASK_BYTES;
        const key = load<u32>(at, ASK_KEY);
        if (key == 0) this.forgetRun(prepared.all + <usize>load<u32>(at, ASK_RUN) * MISS_BYTES);
        else misses |= <u64>!plainUse<N>(keys, sets, inverse, vectors, last, load<u64>(at), key) << ctz(bits);
      }
      this.countWord(prepared, word, misses);
    }
  }

  private forgetRun(event: usize): void {
    this.forget(load<u32>(event, MISS_KIND), load<u64>(event), load<u32>(event, MISS_PAGE), load<u32>(event, MISS_KEY));
  }

  private count(counts: u64): void {
    for (let kind: u32 = 0; kind < 3; kind++) this.missed[kind] += (counts >> (kind * COUNT_BITS)) & COUNT_MASK;
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
    const size = this.policy.size;
    const code = this.tlbs[size];
    const data = this.tlbs[SIZES + size];
    if (this.isPlain && code !== null && data !== null) {
      this.feedPlain(from, end, code, data);
      return;
    }
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

  /** The same where that is all. */
  private feedPlain(from: usize, end: usize, code: CacheArray, data: CacheArray): void {
    // There is room for as many as come.
    this.drain();
    if (code != data) this.feedApart(from, end, code, data);
    else if (code.vectors == 1) this.feedOne<One>(from, end, code);
    else if (code.vectors == 2) this.feedOne<Two>(from, end, code);
    else if (code.vectors == 3) this.feedOne<Three>(from, end, code);
    else if (code.vectors == 4) this.feedOne<Four>(from, end, code);
    else this.feedOne<Many>(from, end, code);
    this.drain();
  }

  /** Which TLB it is, and how it is asked, is known. Nothing depends on what is a miss but what comes out. */
  // @ts-ignore: decorator
  @inline
  private feedOne<N>(from: usize, end: usize, tlb: CacheArray): void {
    const vectors = tlb.vectors;
    const keys = tlb.keys;
    const sets = tlb.sets;
    const inverse = tlb.inverse;
    const last = tlb.last;
    const shift = sizeShift(this.policy.size);
    const step: usize = this.isQuiet ? 0 : MISS_BYTES;
    let counts: u64 = 0;
    let out = this.out;
    for (let at = from; at < end; at += MISS_BYTES) {
      const kind = load<u32>(at, MISS_KIND);
      const address = load<u64>(at);
      const key = load<u32>(at, MISS_KEY);
      store<v128>(out, load<v128>(at));
      store<u64>(out, load<u64>(at, MISS_KEY), MISS_KEY);
      if (kind > STORE) {
        this.forget(kind, address, load<u32>(at, MISS_PAGE), key);
        out += step;
        continue;
      }
      const isMiss = !plainUse<N>(keys, sets, inverse, vectors, last, address >> shift, key);
      counts += <u64>isMiss << (kind * COUNT_BITS);
      out += isMiss ? step : 0;
    }
    this.end = out;
    this.count(counts);
  }

  private feedApart(from: usize, end: usize, code: CacheArray, data: CacheArray): void {
    const shift = sizeShift(this.policy.size);
    const step: usize = this.isQuiet ? 0 : MISS_BYTES;
    let counts: u64 = 0;
    let out = this.out;
    for (let at = from; at < end; at += MISS_BYTES) {
      const kind = load<u32>(at, MISS_KIND);
      const address = load<u64>(at);
      const key = load<u32>(at, MISS_KEY);
      store<v128>(out, load<v128>(at));
      store<u64>(out, load<u64>(at, MISS_KEY), MISS_KEY);
      if (kind > STORE) {
        this.forget(kind, address, load<u32>(at, MISS_PAGE), key);
        out += step;
        continue;
      }
      const isMiss = !arrayUse(kind == FETCH ? code : data, address >> shift, key);
      counts += <u64>isMiss << (kind * COUNT_BITS);
      out += isMiss ? step : 0;
    }
    this.end = out;
    this.count(counts);
  }

  // @ts-ignore: decorator
  @inline
  private miss(tlb: CacheArray | null, va: u64, after: u32, kind: u32, key: u32, page: u32): void {
    unchecked(this.missed[kind & ~PROMOTES]++);
    if (kind & PROMOTES) this.promote(key);
    if (tlb !== null) tlbFill(tlb, va >> sizeShift(key & 3), key, this.policy.neighbours(tlb.coalesce, key, after));
    this.emit(va, after, kind, key, page);
    if (this.prefetcher !== null) this.prefetchAfter(kind & ~PROMOTES, va, after, key, page);
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

  drain(): void {
    const out = this.out;
    const end = this.end;
    this.end = out;
    for (let i = 0, n = this.stages.length; i < n; i++) unchecked(this.stages[i]).feedMisses(out, end);
    const all = this.missed[0] + this.missed[1] + this.missed[2];
    const walks = this.walks;
    if (walks !== null) walks.prepare(out, end);
    for (let i = 0, n = this.walkers.length; i < n; i++) {
      const walker = unchecked(this.walkers[i]);
      if (walks !== null && walker.isRegular) walker.feedWalks(out, end, walks);
      else walker.feed(out, end, all - this.told);
    }
    this.told = all;
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
      tlbFill(tlb, <u64>number, wanted, this.policy.neighbours(tlb.coalesce, wanted, after));
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
    if (kind == TICK) {
      this.tick(after);
      return;
    }
    // Of what became one page there is the key.
    if (kind == COLLAPSED) this.promote(order);
    this.forget(kind, address, space, order);
    if (!this.isQuiet) this.emit(address, after, kind, order, space);
  }

  /** What became one page in the background just then. */
  private tick(when: u32): void {
    const promotion = this.policy.promotion;
    if (promotion === null) return;
    for (let n: u32 = 0; n < promotion.count; n++) {
      if (promotion.whenAt(n) != when) continue;
      const region = promotion.regionAt(n);
      this.event(COLLAPSED, regionAddress(region), when, <u32>regionSpace(region), (region << 2) | <u32>2);
    }
  }

  private forget(kind: u32, address: u64, space: u32, order: u32): void {
    for (let i = 0; i < this.all.length; i++) tlbEvent(this.all[i], this.policy, this.flushOnSwitch, kind, address, space, order);
  }

  /** Which of the stage's TLBs, as bits, have the page of 4K. */
  holds(space: u64, va: u64): u32 {
    const key = this.policy.smallKeyAt(space, va);
    const grouped = this.grouped;
    if (grouped !== null) grouped.end();
    let bits: u32 = 0;
    for (let i = 0; key != 0 && i < this.named.length; i++) if (tlbHolds(this.named[i], va >> 12, key)) bits |= 1 << i;
    return bits;
  }
}
