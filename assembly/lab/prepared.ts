/** Runs made ready for the first levels of all systems whose pages keep one size: what each would have to work out. */
import { Policy, sizeShift } from './policy';
import { DIRTIES, FETCH, RUN_BYTES, RUN_KIND, RUN_LOADS, RUN_PAGE, RUN_STORES, RUNS_MAX, STORE } from './stream';

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

/** What a TLB is asked: { u64 page number, u32 key, u32 run }; key 0: an event. */
export const ASK_BYTES: usize = 16;
export const ASK_KEY: usize = 8;
export const ASK_RUN: usize = 12;

/** Bits of 64 bytes that are 0 or 255. */
// @ts-ignore: decorator
@inline
export function marks(at: usize): u64 {
  return (
    <u64>i8x16.bitmask(load<v128>(at)) |
    (<u64>i8x16.bitmask(load<v128>(at, 16)) << 16) |
    (<u64>i8x16.bitmask(load<v128>(at, 32)) << 32) |
    (<u64>i8x16.bitmask(load<v128>(at, 48)) << 48)
  );
}
/** Room for a byte for each run, and for a bit: words of 64. */
export const MARKS_BYTES: usize = (RUNS_MAX + 63) & ~63;
export const WORDS_BYTES: usize = MARKS_BYTES >> 3;

export class Prepared {
  /** Runs of the block. */
  count: usize = 0;
  runs: usize = 0;
  /** [run]: as if it was a miss. */
  all: usize = heap.alloc(RUNS_MAX * MISS_BYTES);
  /** [run]: 255: it is an event or a first store, which systems look at in any case. */
  special: usize = heap.alloc(MARKS_BYTES);
  /** u64[run / 64]: which runs are events, fetches, stores. */
  events: usize = heap.alloc(WORDS_BYTES);
  fetches: usize = heap.alloc(WORDS_BYTES);
  stores: usize = heap.alloc(WORDS_BYTES);
  /** What TLBs for instructions, for data and for both are asked, and where that ends. For both: of each run. */
  asks: StaticArray<usize> = new StaticArray<usize>(3);
  ends: StaticArray<usize> = new StaticArray<usize>(3);

  constructor(
    public policy: Policy,
    public joint: bool,
  ) {
    for (let i = 0; i < 3; i++) this.asks[i] = heap.alloc(RUNS_MAX * ASK_BYTES);
  }

  take(from: usize, end: usize): void {
    this.runs = from;
    this.count = (end - from) / RUN_BYTES;
    this.prepare(from, end);
  }

  private prepare(from: usize, end: usize): void {
    const policy = this.policy;
    const shift = sizeShift(policy.size);
    const special = this.special;
    let out = this.all;
    let code = this.asks[0];
    let data = this.asks[1];
    let both = this.asks[2];
    memory.fill(special, 0, MARKS_BYTES);
    let events: u64 = 0;
    let fetches: u64 = 0;
    let stores: u64 = 0;
    for (let at = from, run: u32 = 0; at < end; at += RUN_BYTES, run++, out += MISS_BYTES) {
      const whole = load<u32>(at, RUN_KIND);
      const kind = whole & ~DIRTIES;
      store<v128>(out, load<v128>(at));
      if ((run & 63) == 0) {
        events = 0;
        fetches = 0;
        stores = 0;
      }
      events |= <u64>(kind > STORE) << run;
      fetches |= <u64>(kind == FETCH) << run;
      stores |= <u64>(kind == STORE) << run;
      const word = <usize>(run >> 6) << 3;
      store<u64>(this.events + word, events);
      store<u64>(this.fetches + word, fetches);
      store<u64>(this.stores + word, stores);
      if (kind > STORE) {
        store<u32>(out, load<u32>(at, RUN_STORES), MISS_KEY);
        store<u32>(out, <u32>load<u64>(at, RUN_LOADS), MISS_PAGE);
        store<u8>(special + run, 255);
        ask(code, 0, 0, run);
        code += ASK_BYTES;
        ask(data, 0, 0, run);
        data += ASK_BYTES;
        ask(both, 0, 0, run);
        both += ASK_BYTES;
        continue;
      }
      const page = load<u32>(at, RUN_PAGE);
      const key = policy.fixedKey(page);
      store<u32>(out, key, MISS_KEY);
      store<u32>(out, page, MISS_PAGE);
      if (whole != kind) store<u8>(special + run, 255);
      const number = load<u64>(at) >> shift;
      ask(code, number, key, run);
      ask(data, number, key, run);
      code += kind == FETCH ? ASK_BYTES : 0;
      data += kind == FETCH ? 0 : ASK_BYTES;
      ask(both, number, key, run);
      both += ASK_BYTES;
    }
    this.ends[0] = code;
    this.ends[1] = data;
    this.ends[2] = both;
  }
}

// @ts-ignore: decorator
@inline
function ask(at: usize, number: u64, key: u32, run: u32): void {
  store<u64>(at, number);
  store<u64>(at, <u64>key | (<u64>run << 32), ASK_KEY);
}
