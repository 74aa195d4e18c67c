/** When regions become pages of 2M besides at a touch of theirs: on the program's advice, in the background as by khugepaged. */
import { HashTable, tableEnd, tableFind, tableInsert, tableNew, TABLE_SLOT, zeros } from './hash';
import { regionAddress, regionSpace, spaceKey } from './pages';
import * as T from '../shared/trace';
import { FORGOTTEN } from './stream';

/** Promotions at ticks of a block that are remembered: regions that one tick looks at, and ticks of a block. */
const COLLAPSED_BYTES: usize = 8;

/** Rules: every region; those that the program advises; those that are wholly in one mapping. */
const ALWAYS: u32 = 0;
const FITS: u32 = 2;

export class Promotion {
  /** spaceKey of a region -> 1: the program wants it to be one page, or it is wholly in one mapping. */
  private advised: HashTable = tableNew();
  /** The region that was looked at last. */
  private latest: u32 = 0;
  /** { u32 region, u32 when } of a block, the earliest first. */
  private list: usize = zeros(256 * COLLAPSED_BYTES);
  private room: u32 = 256;
  count: u32 = 0;

  constructor(
    /** Which regions may become one page. */
    private rule: u32,
    /** Bit of the ticks that it works at, 0: none; how many regions it looks at then; pages of one that must have been touched. */
    public ticks: u32,
    public regions: u32,
    public present: u32,
  ) {}

  isWelcome(region: u32): bool {
    if (this.rule == ALWAYS) return true;
    const at = tableFind(this.advised, spaceKey(regionSpace(region), regionAddress(region) >> 21));
    return at != 0 && load<u64>(at) == 1;
  }

  /** what: 0, 1 of a region, | ADVICE_FITS, or FORGOTTEN of its space. */
  advise(key: u64, what: u64): void {
    if (what == FORGOTTEN) {
      // The space is what is above a region's number.
      for (let at = this.advised.slots, end = tableEnd(this.advised); at < end; at += TABLE_SLOT)
        if (load<u64>(at) >> 50 == key >> 50) store<u64>(at, 0, 8);
      return;
    }
    if (((what & T.ADVICE_FITS) != 0) != (this.rule == FITS)) return;
    const at = tableFind(this.advised, key);
    if (at == 0) tableInsert(this.advised, key, what & 1);
    else store<u64>(at, what & 1);
  }

  /** The one behind that which was looked at last, round and round. */
  next(known: u32): u32 {
    this.latest = this.latest >= known ? 1 : this.latest + 1;
    return this.latest;
  }

  /** Another block begins. */
  begin(): void {
    this.count = 0;
  }

  collapsed(region: u32, when: u32): void {
    if (this.count == this.room) {
      const larger = zeros((<usize>this.room * COLLAPSED_BYTES) << 1);
      memory.copy(larger, this.list, <usize>this.room * COLLAPSED_BYTES);
      this.list = larger;
      this.room <<= 1;
    }
    const at = this.list + <usize>this.count * COLLAPSED_BYTES;
    this.count++;
    store<u32>(at, region);
    store<u32>(at, when, 4);
  }

  regionAt(n: u32): u32 {
    return load<u32>(this.list + <usize>n * COLLAPSED_BYTES);
  }
  whenAt(n: u32): u32 {
    return load<u32>(this.list + <usize>n * COLLAPSED_BYTES, 4);
  }
}
