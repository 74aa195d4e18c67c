/**
 * Memory of so many pages for all address spaces, and a swap area without end: the page that was used longest ago goes. Uses are found in
 * the runs of systems whose first levels serve both classes, since only these are in the order of the stream.
 */
import { grown, regionCount, regionSpace } from './pages';
import { DIRTIES, FETCH, FLUSH, LOAD, RUN_BYTES, RUN_KIND, RUN_PAGE, STORE } from './stream';
import { zeros } from './hash';

/** State of a page; 0: it was never used, or its space has ended. */
const RESIDENT: u8 = 1;
const DIRTY: u8 = 2;
const EVICTED: u8 = 4;

export class Swap {
  /** [page]: { u32 the one used next before it, u32 the one used next after it }, a ring; page 0 is between its ends. */
  private links: usize = zeros(256 << 12);
  /** u8[page]: its state. */
  private states: usize = zeros(256 << 9);
  private room: u32 = 256;
  private count: u32 = 0;
  reads: u64 = 0;
  writes: u64 = 0;
  evictions: u64 = 0;

  constructor(public pages: u32) {}

  take(runs: usize, end: usize): void {
    for (let run = runs; run < end; run += RUN_BYTES) {
      const kind = load<u32>(run, RUN_KIND) & ~DIRTIES;
      if (kind == FETCH || kind == LOAD || kind == STORE) this.use(load<u32>(run, RUN_PAGE), kind == STORE);
      else if (kind == FLUSH && load<u64>(run) != 0) this.forget(load<u64>(run) - 1);
    }
  }

  // @ts-ignore: decorator
  @inline
  private link(page: u32): usize {
    return this.links + (<usize>page << 3);
  }

  private remove(page: u32): void {
    const before = load<u32>(this.link(page));
    const after = load<u32>(this.link(page), 4);
    store<u32>(this.link(before), after, 4);
    store<u32>(this.link(after), before);
  }

  /** It is the latest. */
  private append(page: u32): void {
    const latest = load<u32>(this.link(0));
    store<u32>(this.link(latest), page, 4);
    store<u32>(this.link(page), latest);
    store<u32>(this.link(page), 0, 4);
    store<u32>(this.link(0), page);
  }

  private use(page: u32, isStore: bool): void {
    while (page >> 9 >= this.room) {
      this.links = grown(this.links, <usize>this.room << 12);
      this.states = grown(this.states, <usize>this.room << 9);
      this.room <<= 1;
    }
    let state = load<u8>(this.states + <usize>page);
    if ((state & RESIDENT) == 0) {
      if ((state & EVICTED) != 0) this.reads++;
      if (this.count == this.pages) this.evict();
      this.count++;
      state = RESIDENT;
      this.append(page);
    } else if (load<u32>(this.link(0)) != page) {
      this.remove(page);
      this.append(page);
    }
    store<u8>(this.states + <usize>page, isStore ? state | DIRTY : state);
  }

  private evict(): void {
    const page = load<u32>(this.link(0), 4);
    this.remove(page);
    this.count--;
    this.evictions++;
    if ((load<u8>(this.states + <usize>page) & DIRTY) != 0) this.writes++;
    store<u8>(this.states + <usize>page, EVICTED);
  }

  /** A space has ended: its pages are nowhere. */
  private forget(space: u64): void {
    for (let region: u32 = 1; region <= regionCount && region < this.room; region++) {
      if (regionSpace(region) != space) continue;
      for (let page = region << 9; page < (region + 1) << 9; page++) {
        if ((load<u8>(this.states + <usize>page) & RESIDENT) != 0) {
          this.remove(page);
          this.count--;
        }
        store<u8>(this.states + <usize>page, 0);
      }
    }
  }
}
