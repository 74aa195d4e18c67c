/**
 * A TLB of a first level, for all systems that begin with one like it: which runs it misses depends on nothing else, where pages
 * keep their size and none is prefetched into it.
 */
import { CacheArray, SRRIP, tlbFill, tlbLookup, tlbUse } from './array';
import { tlbEvent } from './forget';
import { Policy, sizeShift } from './policy';
import { DIRTIES, RUN_BYTES, RUN_KIND, RUN_LOADS, RUN_PAGE, RUN_STORES, RUN_TOUCHES, RUNS_MAX, STORE } from './stream';

/** Bytes of a bit for each run. */
export const BITS_BYTES: usize = ((RUNS_MAX + 63) >> 6) << 3;
/** Runs that a system has to look at even if no TLB misses them: events, first stores. And those that begin with a store. */
export const special: usize = heap.alloc(BITS_BYTES);
export const storing: usize = heap.alloc(BITS_BYTES);

/** Finds these for the runs at hand. */
export function classify(from: usize, end: usize): void {
  let out: usize = 0;
  for (let at = from; at < end; out += 8) {
    let events: u64 = 0;
    let stores: u64 = 0;
    for (let bit: u64 = 0; bit < 64 && at < end; bit++, at += RUN_BYTES) {
      const whole = load<u32>(at, RUN_KIND);
      const kind = whole & ~DIRTIES;
      events |= (<u64>(kind > STORE || whole != kind)) << bit;
      stores |= (<u64>(kind == STORE)) << bit;
    }
    store<u64>(special + out, events);
    store<u64>(storing + out, stores);
  }
}

export class Filter {
  /** [run]: is it a miss? */
  misses: usize = heap.alloc(BITS_BYTES);

  constructor(
    public tlb: CacheArray,
    private policy: Policy,
    public joint: bool,
    private flushOnSwitch: bool,
    /** Bits of the kinds of access that it serves. */
    private kinds: u32,
  ) {}

  feed(from: usize, end: usize): void {
    const kinds = this.kinds;
    const policy = this.policy;
    const shift = sizeShift(policy.size);
    const tlb = this.tlb;
    const isPlain = tlb.isPlain;
    let out = this.misses;
    for (let at = from; at < end; out += 8) {
      let word: u64 = 0;
      for (let bit: u64 = 0; bit < 64 && at < end; bit++, at += RUN_BYTES) {
        const kind = load<u32>(at, RUN_KIND) & ~DIRTIES;
        if (((kinds >> kind) & 1) == 0) {
          if (kind > STORE) this.event(kind, at);
          continue;
        }
        const key = policy.fixedKey(load<u32>(at, RUN_PAGE));
        const hit = isPlain ? tlbUse(tlb, load<u64>(at) >> shift, key) : this.ask(at, shift, key);
        word |= (<u64>!hit) << bit;
      }
      store<u64>(out, word);
    }
  }

  private ask(run: usize, shift: u32, key: u32): bool {
    const tlb = this.tlb;
    const index = load<u64>(run) >> shift;
    const hit = tlbLookup(tlb, index, key);
    if (!hit) tlbFill(tlb, index, key, this.policy.neighbours(tlb.coalesce, key, load<u32>(run, RUN_TOUCHES)));
    // The first hit after a fill still changes something.
    if (tlb.policy == SRRIP && (load<u64>(run, RUN_LOADS) | load<u32>(run, RUN_STORES)) != 0) tlbLookup(tlb, index, key);
    return hit;
  }

  private event(kind: u32, at: usize): void {
    const space = <u32>load<u64>(at, RUN_LOADS);
    const order = load<u32>(at, RUN_STORES);
    tlbEvent(this.tlb, this.policy, this.flushOnSwitch, kind, load<u64>(at), space, order);
    const victims = this.tlb.victims;
    if (victims != 0) tlbEvent(changetype<CacheArray>(victims), this.policy, this.flushOnSwitch, kind, load<u64>(at), space, order);
  }
}
