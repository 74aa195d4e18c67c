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

  feed(): void {
    const tlb = this.tlb;
    memory.fill(this.misses, 0, (this.prepared.count + 63) & ~63);
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
