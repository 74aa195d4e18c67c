/**
 * A TLB of a first level, for all systems that begin with one like it: which runs it misses depends on nothing else, where pages
 * keep their size and none is prefetched into it.
 */
import { CacheArray, plainUse, SRRIP, tlbFill, tlbLookup } from './array';
import { Four, Many, One, Three, Two } from './lru';
import { tlbEvent } from './forget';
import { ASK_BYTES, ASK_KEY, ASK_RUN, MARKS_BYTES, Prepared } from './prepared';
import { RUN_BYTES, RUN_KIND, RUN_LOADS, RUN_STORES, RUN_TOUCHES } from './stream';

export class Filter {
  /** u8[run]: 255: it is a miss. */
  misses: usize = heap.alloc(MARKS_BYTES);

  constructor(
    public tlb: CacheArray,
    public prepared: Prepared,
    private flushOnSwitch: bool,
    /** Which of the lists of what is asked: instructions, data, both. */
    private serves: u32,
  ) {}

  /** Can it be fed together with others? Four ways or less, of which nothing else is to be known. */
  get isSimple(): bool {
    return this.tlb.isPlain && this.tlb.vectors == 1;
  }

  /** Do two of them ask for the same? */
  isLike(other: Filter): bool {
    return this.prepared == other.prepared && this.serves == other.serves;
  }

  private begin(): void {
    memory.fill(this.misses, 0, (this.prepared.count + 63) & ~63);
  }

  feed(): void {
    const tlb = this.tlb;
    this.begin();
    if (!tlb.isPlain) this.feedAny();
    else if (tlb.vectors == 1) this.feedPlain<One>();
    else if (tlb.vectors == 2) this.feedPlain<Two>();
    else if (tlb.vectors == 3) this.feedPlain<Three>();
    else if (tlb.vectors == 4) this.feedPlain<Four>();
    else this.feedPlain<Many>();
  }

  // @ts-ignore: decorator
  @inline
  private feedPlain<N>(): void {
    const vectors = this.tlb.vectors;
    const keys = this.tlb.keys;
    const sets = this.tlb.sets;
    const inverse = this.tlb.inverse;
    const last = this.tlb.last;
    const misses = this.misses;
    for (let at = this.prepared.asks[this.serves], end = this.prepared.ends[this.serves]; at < end; at += ASK_BYTES) {
      const key = load<u32>(at, ASK_KEY);
      const run = load<u32>(at, ASK_RUN);
      if (key == 0) {
        this.event(run);
        continue;
      }
      const isHit = plainUse<N>(keys, sets, inverse, vectors, last, load<u64>(at), key);
      store<u8>(misses + run, <u8>isHit - 1);
    }
  }

  /** Four simple ones that are alike: what is asked is looked at once. */
  static feedFour(a: Filter, b: Filter, c: Filter, d: Filter): void {
    a.begin();
    b.begin();
    c.begin();
    d.begin();
    const keysA = a.tlb.keys;
    const keysB = b.tlb.keys;
    const keysC = c.tlb.keys;
    const keysD = d.tlb.keys;
    const setsA = a.tlb.sets;
    const setsB = b.tlb.sets;
    const setsC = c.tlb.sets;
    const setsD = d.tlb.sets;
    const inverseA = a.tlb.inverse;
    const inverseB = b.tlb.inverse;
    const inverseC = c.tlb.inverse;
    const inverseD = d.tlb.inverse;
    const lastA = a.tlb.last;
    const lastB = b.tlb.last;
    const lastC = c.tlb.last;
    const lastD = d.tlb.last;
    const missesA = a.misses;
    const missesB = b.misses;
    const missesC = c.misses;
    const missesD = d.misses;
    for (let at = a.prepared.asks[a.serves], end = a.prepared.ends[a.serves]; at < end; at += ASK_BYTES) {
      const key = load<u32>(at, ASK_KEY);
      const run = load<u32>(at, ASK_RUN);
      if (key == 0) {
        a.event(run);
        b.event(run);
        c.event(run);
        d.event(run);
        continue;
      }
      const index = load<u64>(at);
      store<u8>(missesA + run, <u8>plainUse<One>(keysA, setsA, inverseA, 1, lastA, index, key) - 1);
      store<u8>(missesB + run, <u8>plainUse<One>(keysB, setsB, inverseB, 1, lastB, index, key) - 1);
      store<u8>(missesC + run, <u8>plainUse<One>(keysC, setsC, inverseC, 1, lastC, index, key) - 1);
      store<u8>(missesD + run, <u8>plainUse<One>(keysD, setsD, inverseD, 1, lastD, index, key) - 1);
    }
  }

  private feedAny(): void {
    const tlb = this.tlb;
    const policy = this.prepared.policy;
    for (let at = this.prepared.asks[this.serves], end = this.prepared.ends[this.serves]; at < end; at += ASK_BYTES) {
      const index = load<u64>(at);
      const key = load<u32>(at, ASK_KEY);
      const run = load<u32>(at, ASK_RUN);
      if (key == 0) {
        this.event(run);
        continue;
      }
      const from = this.prepared.runs + <usize>run * RUN_BYTES;
      if (!tlbLookup(tlb, index, key)) {
        tlbFill(tlb, index, key, policy.neighbours(tlb.coalesce, key, load<u32>(from, RUN_TOUCHES)));
        store<u8>(this.misses + run, 255);
      }
      // The first hit after a fill still changes something.
      if (tlb.policy == SRRIP && (load<u64>(from, RUN_LOADS) | load<u32>(from, RUN_STORES)) != 0) tlbLookup(tlb, index, key);
    }
  }

  private event(run: u32): void {
    const at = this.prepared.runs + <usize>run * RUN_BYTES;
    const tlb = this.tlb;
    this.forget(tlb, at);
    if (tlb.victims != 0) this.forget(changetype<CacheArray>(tlb.victims), at);
  }

  private forget(tlb: CacheArray, at: usize): void {
    const space = <u32>load<u64>(at, RUN_LOADS);
    const order = load<u32>(at, RUN_STORES);
    tlbEvent(tlb, this.prepared.policy, this.flushOnSwitch, load<u32>(at, RUN_KIND), load<u64>(at), space, order);
  }
}
