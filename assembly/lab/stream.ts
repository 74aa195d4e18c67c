/**
 * What happened, as a stream of 8-byte records (assembly/shared/trace.ts), made ready for any number of systems.
 *
 * Most accesses are to the page that the one before of their class (instructions, data) was to. Where first-level TLBs are
 * apart for the two classes such an access finds what the one before left, and changes nothing: runs of them are found once for all
 * systems. For a first level that serves both classes a run ends where the other class has an access.
 */
import * as T from '../shared/trace';
import { firstStore, forgetStores, pageOf, touch, touches, watchesStores } from './pages';

/** Records taken at once. */
export const BATCH: u32 = 65536;
/** Where the host puts them. */
export const input: usize = heap.alloc(<usize>BATCH << 3);

/** Records worked on at once: what they become stays in the processor's caches. */
export const BLOCK: u32 = 2048;

/**
 * A run: { u64 address, u32 touches so far, its own included, u32 kind, u32 page, u64 loads, u64 stores }: an access of a kind to an
 * address of
 * a page, then so many more to the page.
 */
export const RUN_BYTES: usize = 40;
export const RUN_TOUCHES: usize = 8;
export const RUN_KIND: usize = 12;
export const RUN_PAGE: usize = 16;
export const RUN_LOADS: usize = 24;
export const RUN_STORES: usize = 32;
export const runs: usize = heap.alloc((<usize>BLOCK + 1) * 2 * RUN_BYTES);

export const FETCH: u32 = 0;
export const LOAD: u32 = 1;
export const STORE: u32 = 2;
/**
 * Events: another address space runs (address: which); all is forgotten (address 0) or what is a space's (address: its number + 1); an
 * address is dropped (loads: of which space, stores: log2 of how many pages).
 */
export const SWITCH: u32 = 3;
export const FLUSH: u32 = 4;
export const DROP: u32 = 5;
/** In systems: a walk for a page that nobody asked for. */
export const PREFETCH: u32 = 6;
/** In systems: the store before it was the page's first (DIRTIES). */
export const DIRTY: u32 = 7;
/** In the kind of a run: a store that is the page's first since its translation was dropped. Only if somebody watches stores. */
export const DIRTIES: u32 = (<u32>1) << 30;

/**
 * [record of the block]: u32 page of its data (of a drop: the space, of a space: was it another), u32 page of the instructions before
 * it; NEW:
 * that was the page's first access.
 */
const pages: usize = heap.alloc(<usize>BLOCK << 3);
const NEW: u32 = (<u32>1) << 31;
/** Pages touched first in the block, in their order; how many. */
export const fresh: usize = heap.alloc(<usize>BLOCK << 3);
export let freshCount: u32 = 0;
/** Touches before the block. */
let touchesBefore: u32 = 0;

/** The space that runs, and what is known of its instructions: address of the page (NONE: nothing), its number (0: not looked up). */
const NONE: u64 = u64.MAX_VALUE;
let space: u64 = 0;
let codeAddress: u64 = NONE;
let codePage: u32 = 0;
/** Where collapse begins: the same before this block, and the page of the latest data. */
let firstCodeAddress: u64 = NONE;

/** The space that the next drop is about. */
const SELF: u64 = u64.MAX_VALUE;
let dropSpace: u64 = SELF;

/** Instructions of all records so far: also those before it is known where they come from. */
export let instructions: u64 = 0;
/** [FETCH, LOAD, STORE]: accesses so far. */
export const accesses: StaticArray<u64> = new StaticArray<u64>(3);
export let switches: u64 = 0;
export let drops: u64 = 0;
/** Records of kinds that are unknown. */
export let unknown: u64 = 0;

// @ts-ignore: decorator
@inline
function kindOf(record: u64): u32 {
  return <u32>(record >> T.RECORD_KIND_SHIFT) & T.RECORD_KIND_MASK;
}
// @ts-ignore: decorator
@inline
function valueOf(record: u64): u64 {
  return record & ((<u64>1 << T.RECORD_KIND_SHIFT) - 1);
}
// @ts-ignore: decorator
@inline
function passedOf(record: u64): u64 {
  return (record >> T.RECORD_PASSED_SHIFT) + (kindOf(record) == T.RECORD_PASSED ? valueOf(record) : 0);
}

// @ts-ignore: decorator
@inline
function noted(page: u32): u32 {
  if (!touch(page)) return page;
  store<u32>(fresh + (<usize>freshCount << 2), page);
  freshCount++;
  return page | NEW;
}

/** Numbers the pages of a block of records and counts its accesses. */
export function annotate(from: u32, count: u32): void {
  firstCodeAddress = codeAddress;
  touchesBefore = touches;
  freshCount = 0;
  let latestNumber = NONE;
  let latest: u32 = 0;
  let loads: u64 = 0;
  let stores: u64 = 0;
  let fetches: u64 = 0;
  let all: u64 = 0;
  let out = pages;
  for (let at = input + (<usize>from << 3), last = at + (<usize>count << 3); at < last; at += 8, out += 8) {
    const record = load<u64>(at);
    const passed = passedOf(record);
    all += passed;
    if (passed != 0 && codeAddress != NONE) {
      fetches += passed;
      let code = codePage;
      if (code == 0) {
        codePage = pageOf(space, codeAddress);
        code = noted(codePage);
      }
      store<u32>(out, code, 4);
    }
    const kind = kindOf(record);
    switch (kind) {
      case T.RECORD_CODE:
        codeAddress = valueOf(record);
        codePage = 0;
        break;
      case T.RECORD_LOAD:
      case T.RECORD_STORE: {
        if (kind == T.RECORD_LOAD) loads++;
        else stores++;
        const va = valueOf(record);
        if (va >> 12 == latestNumber) store<u32>(out, latest);
        else {
          latestNumber = va >> 12;
          latest = pageOf(space, va);
          store<u32>(out, noted(latest));
        }
        if (watchesStores && kind == T.RECORD_STORE && firstStore(latest)) store<u32>(out, load<u32>(out) | DIRTIES);
        break;
      }
      case T.RECORD_SPACE:
        store<u32>(out, valueOf(record) != space);
        if (valueOf(record) == space) break;
        space = valueOf(record);
        latestNumber = NONE;
        codePage = 0;
        switches++;
        break;
      case T.RECORD_DROP:
        drops++;
        store<u32>(out, <u32>(dropSpace == SELF ? space : dropSpace));
        if (watchesStores) forgetStores(load<u32>(out), valueOf(record) & ~4095, <u32>valueOf(record) & T.DROP_ORDER_MASK);
        dropSpace = SELF;
        break;
      case T.RECORD_OTHER:
        dropSpace = valueOf(record);
        break;
      case T.RECORD_PASSED:
      case T.RECORD_FLUSH:
      case T.RECORD_ENTRY:
      case T.RECORD_MARK:
        break;
      default:
        unknown++;
    }
  }
  instructions += all;
  accesses[FETCH] += fetches;
  accesses[LOAD] += loads;
  accesses[STORE] += stores;
}

// @ts-ignore: decorator
@inline
function begin(at: usize, kind: u32, address: u64, touches: u32, page: u32): void {
  store<u64>(at, address);
  store<u32>(at, touches, RUN_TOUCHES);
  store<u32>(at, kind, RUN_KIND);
  store<u32>(at, page, RUN_PAGE);
  store<u64>(at, 0, RUN_LOADS);
  store<u64>(at, 0, RUN_STORES);
}

/**
 * Turns an annotated block into runs; the address behind them. joint: for systems whose first level serves both classes; a run ends
 * where the other class has an access, and is of one kind. First accesses end the other class's run, since they may change page sizes.
 */
export function collapse(from: u32, count: u32, joint: bool): usize {
  let end = runs;
  /** The open run of each class, 0: none, and the page of the one of data. */
  let code: usize = 0;
  let data: usize = 0;
  let dataPage: u32 = 0;
  let address = firstCodeAddress;
  let now = touchesBefore;
  let notes = pages;
  for (let at = input + (<usize>from << 3), last = at + (<usize>count << 3); at < last; at += 8, notes += 8) {
    const record = load<u64>(at);
    const passed = passedOf(record);
    if (passed != 0 && address != NONE) {
      if (joint) data = 0;
      if (code == 0) {
        const page = load<u32>(notes, 4);
        if (page & NEW) {
          data = 0;
          now++;
        }
        begin(end, FETCH, address, now, page & ~NEW);
        store<u64>(end, passed - 1, RUN_LOADS);
        code = end;
        end += RUN_BYTES;
      } else store<u64>(code, load<u64>(code, RUN_LOADS) + passed, RUN_LOADS);
    }
    const kind = kindOf(record);
    switch (kind) {
      case T.RECORD_CODE:
        address = valueOf(record);
        code = 0;
        break;
      case T.RECORD_LOAD:
      case T.RECORD_STORE: {
        const page = load<u32>(notes);
        const access = kind == T.RECORD_LOAD ? LOAD : STORE;
        if (data != 0 && page == dataPage && (!joint || (load<u32>(data, RUN_KIND) & ~DIRTIES) == access)) {
          const field = data + (access == LOAD ? RUN_LOADS : RUN_STORES);
          store<u64>(field, load<u64>(field) + 1);
          break;
        }
        dataPage = page & ~(NEW | DIRTIES);
        if (joint || page & (NEW | DIRTIES)) code = 0;
        now += page >> 31;
        begin(end, access | (page & DIRTIES), valueOf(record), now, dataPage);
        data = end;
        end += RUN_BYTES;
        break;
      }
      case T.RECORD_DROP:
      case T.RECORD_SPACE:
      case T.RECORD_FLUSH:
        if (kind == T.RECORD_SPACE && load<u32>(notes) == 0) break;
        begin(end, kind == T.RECORD_DROP ? DROP : kind == T.RECORD_SPACE ? SWITCH : FLUSH, valueOf(record), now, 0);
        if (kind == T.RECORD_DROP) {
          store<u64>(end, valueOf(record) & ~4095);
          store<u64>(end, load<u32>(notes), RUN_LOADS);
          store<u64>(end, valueOf(record) & T.DROP_ORDER_MASK, RUN_STORES);
        }
        end += RUN_BYTES;
        code = 0;
        data = 0;
        break;
      default:
        break;
    }
  }
  return end;
}
