/**
 * What happened, as a stream of 8-byte records (assembly/shared/trace.ts), made ready for any number of systems.
 *
 * Most accesses are to the page that the one before of their class (instructions, data) was to. Where first-level TLBs are
 * apart for the two classes such an access finds what the one before left, and changes nothing: runs of them are found once for all
 * systems. For a first level that serves both classes a run ends where the other class has an access.
 */
import * as T from '../shared/trace';
import { firstStore, forgetStores, pageOf, spaceKey, tick, touch, touches, watchesStores } from './pages';

/** Records taken at once. */
export const BATCH: u32 = 65536;
/** Where the host puts them. */
export const input: usize = heap.alloc(<usize>BATCH << 3);

/** Records worked on at once: what they become stays in the processor's caches. */
export const BLOCK: u32 = 2048;

/**
 * A run: { u64 address, u32 touches so far, its own included, u32 kind, u32 page, u32 stores, u64 loads }: an access of a kind to an
 * address of a page, then so many more to the page.
 */
export const RUN_BYTES: usize = 32;
export const RUN_TOUCHES: usize = 8;
export const RUN_KIND: usize = 12;
export const RUN_PAGE: usize = 16;
export const RUN_STORES: usize = 20;
export const RUN_LOADS: usize = 24;
/** Runs of a block at most. */
export const RUNS_MAX: usize = (<usize>BLOCK + 1) * 3;
/** Of the systems whose first levels serve the classes apart, and of those of which one serves both. */
const apart: usize = heap.alloc(RUNS_MAX * RUN_BYTES);
let apartEnd: usize = 0;
const together: usize = heap.alloc(RUNS_MAX * RUN_BYTES);

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
/** Time for what systems do in the background; in systems: a region became one page then. */
export const TICK: u32 = 8;
export const COLLAPSED: u32 = 9;
/** In the kind of a run: a store that is the page's first since its translation was dropped. Only if somebody watches stores. */
export const DIRTIES: u32 = (<u32>1) << 30;

/**
 * [record of the block]: u32 page of its data (of a drop: the space, of a space: was it another), u32 page of the instructions before
 * it; NEW: that was the page's first access. Kept only if a first level serves both classes.
 */
let isJoint: bool = false;
const pages: usize = heap.alloc(<usize>BLOCK << 3);
const NEW: u32 = (<u32>1) << 31;
/**
 * What page sizes follow from, in its order: { u32 page, u32 time } of pages touched first in the block; { TICK_NEWS | which periods are
 * over, u32 time }; { ADVICE_NEWS, u32 place in `advice` }. How many.
 */
export const fresh: usize = heap.alloc(<usize>BLOCK * 3 * 8);
export let freshCount: u32 = 0;
export const TICK_NEWS: u32 = (<u32>1) << 30;
export const ADVICE_NEWS: u32 = (<u32>1) << 31;
/** { u64 spaceKey of a region, u64 what is advised: 0, 1, | ADVICE_FITS; FORGOTTEN: nothing any more to the space } */
export const advice: usize = heap.alloc(<usize>BLOCK << 4);
export const FORGOTTEN: u64 = 4;
let adviceCount: u32 = 0;

/** u64[period]: accesses between its ticks, and after how many the next one is due. */
const PERIODS_MAX: u32 = 16;
const periods: StaticArray<u64> = new StaticArray<u64>(PERIODS_MAX);
const due: StaticArray<u64> = new StaticArray<u64>(PERIODS_MAX);
let periodCount: u32 = 0;
/** The earliest of them. */
let nextTick: u64 = u64.MAX_VALUE;
/** u32[tick of the block]: the record that it comes after. */
const tickAfter: usize = heap.alloc((<usize>BLOCK + 1) << 2);
let tickCount: u32 = 0;
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
  news(page, touches);
  return page | NEW;
}

// @ts-ignore: decorator
@inline
function news(what: u32, when: u32): void {
  store<u64>(fresh + (<usize>freshCount << 3), <u64>what | (<u64>when << 32));
  freshCount++;
}

function advise(key: u64, what: u64): void {
  store<u64>(advice + (<usize>adviceCount << 4), key);
  store<u64>(advice + (<usize>adviceCount << 4), what, 8);
  news(ADVICE_NEWS, adviceCount++);
}

/** From now on there is a tick whenever so many accesses have passed: its bit in what is told of ticks, 0: there are too many. */
export function tickEvery(count: u64): u32 {
  let n: u32 = 0;
  while (n < periodCount && periods[n] != count) n++;
  if (n == PERIODS_MAX) return 0;
  if (n == periodCount) {
    periods[n] = count;
    due[n] = count;
    periodCount++;
    nextTick = min(nextTick, count);
  }
  return 1 << n;
}

/** Which periods are over after so many accesses. If one is so more than once, that is one tick. */
function periodsOver(count: u64): u32 {
  let over: u32 = 0;
  nextTick = u64.MAX_VALUE;
  for (let n: u32 = 0; n < periodCount; n++) {
    if (count >= due[n]) {
      over |= 1 << n;
      due[n] = (count / periods[n] + 1) * periods[n];
    }
    nextTick = min(nextTick, due[n]);
  }
  return over;
}

/** There is a first level that serves both classes. */
export function keepNotes(): void {
  isJoint = true;
}

// @ts-ignore: decorator
@inline
function begin(at: usize, kind: u32, address: u64, touches: u32, page: u32): void {
  store<u64>(at, address);
  store<u32>(at, touches, RUN_TOUCHES);
  store<u32>(at, kind, RUN_KIND);
  store<u32>(at, page, RUN_PAGE);
  store<u32>(at, 0, RUN_STORES);
  store<u64>(at, 0, RUN_LOADS);
}

/** One more access of the run. */
// @ts-ignore: decorator
@inline
function more(run: usize, isStore: bool): void {
  if (isStore) store<u32>(run, load<u32>(run, RUN_STORES) + 1, RUN_STORES);
  else store<u64>(run, load<u64>(run, RUN_LOADS) + 1, RUN_LOADS);
}

// @ts-ignore: decorator
@inline
function beginEvent(at: usize, kind: u32, record: u64, touches: u32, space: u32): void {
  begin(at, kind == T.RECORD_DROP ? DROP : kind == T.RECORD_SPACE ? SWITCH : FLUSH, valueOf(record), touches, 0);
  if (kind != T.RECORD_DROP) return;
  store<u64>(at, valueOf(record) & ~4095);
  store<u32>(at, <u32>valueOf(record) & T.DROP_ORDER_MASK, RUN_STORES);
  store<u64>(at, space, RUN_LOADS);
}

/** A tick behind a record, after so many accesses. */
function ticked(run: usize, count: u64, record: u32): void {
  tick();
  news(TICK_NEWS | periodsOver(count), touches);
  store<u32>(tickAfter + (<usize>tickCount << 2), record);
  tickCount++;
  begin(run, TICK, 0, touches, 0);
}

/**
 * Numbers the pages of a block of records, counts its accesses and turns it into the runs of systems whose first levels serve the classes
 * apart. First accesses end the other class's run, since they may change page sizes.
 */
export function annotate(from: u32, count: u32): void {
  firstCodeAddress = codeAddress;
  touchesBefore = touches;
  freshCount = 0;
  adviceCount = 0;
  tickCount = 0;
  const before = accesses[FETCH] + accesses[LOAD] + accesses[STORE];
  const joint = isJoint;
  const isTicking = periodCount != 0;
  let latestNumber = NONE;
  let latest: u32 = 0;
  let loads: u64 = 0;
  let stores: u64 = 0;
  let fetches: u64 = 0;
  let all: u64 = 0;
  let notes = pages;
  let end = apart;
  /** The open run of each class, 0: none. */
  let code: usize = 0;
  let data: usize = 0;
  for (let at = input + (<usize>from << 3), last = at + (<usize>count << 3); at < last; at += 8, notes += 8) {
    const record = load<u64>(at);
    const passed = passedOf(record);
    if (passed != 0) {
      all += passed;
      if (codeAddress != NONE) {
        fetches += passed;
        let page = codePage;
        if (page == 0) {
          codePage = pageOf(space, codeAddress);
          page = noted(codePage);
          if (page & NEW) data = 0;
        }
        if (joint) store<u32>(notes, page, 4);
        if (code == 0) {
          begin(end, FETCH, codeAddress, touches, codePage);
          store<u64>(end, passed - 1, RUN_LOADS);
          code = end;
          end += RUN_BYTES;
        } else store<u64>(code, load<u64>(code, RUN_LOADS) + passed, RUN_LOADS);
      }
    }
    const kind = kindOf(record);
    switch (kind) {
      case T.RECORD_CODE:
        codeAddress = valueOf(record);
        codePage = 0;
        code = 0;
        break;
      case T.RECORD_LOAD:
      case T.RECORD_STORE: {
        const isStore = kind == T.RECORD_STORE;
        stores += <u64>isStore;
        loads += <u64>!isStore;
        const va = valueOf(record);
        let page = latest;
        if (va >> 12 != latestNumber) {
          latestNumber = va >> 12;
          latest = pageOf(space, va);
          page = noted(latest);
          data = 0;
        }
        if (watchesStores && isStore && firstStore(latest)) page |= DIRTIES;
        if (joint) store<u32>(notes, page);
        if (page == latest && data != 0) {
          more(data, isStore);
          break;
        }
        if (page != latest) code = 0;
        begin(end, (isStore ? STORE : LOAD) | (page & DIRTIES), va, touches, latest);
        data = end;
        end += RUN_BYTES;
        break;
      }
      case T.RECORD_SPACE:
        if (joint) store<u32>(notes, valueOf(record) != space);
        if (valueOf(record) == space) break;
        space = valueOf(record);
        latestNumber = NONE;
        codePage = 0;
        switches++;
        beginEvent(end, kind, record, touches, 0);
        end += RUN_BYTES;
        code = 0;
        data = 0;
        break;
      case T.RECORD_DROP: {
        drops++;
        const dropped = <u32>(dropSpace == SELF ? space : dropSpace);
        if (joint) store<u32>(notes, dropped);
        if (watchesStores) forgetStores(dropped, valueOf(record) & ~4095, <u32>valueOf(record) & T.DROP_ORDER_MASK);
        dropSpace = SELF;
        beginEvent(end, kind, record, touches, dropped);
        end += RUN_BYTES;
        code = 0;
        data = 0;
        break;
      }
      case T.RECORD_FLUSH:
        if (valueOf(record) != 0) advise(spaceKey(valueOf(record) - 1, 0), FORGOTTEN);
        beginEvent(end, kind, record, touches, 0);
        end += RUN_BYTES;
        code = 0;
        data = 0;
        break;
      case T.RECORD_ADVICE:
        advise(spaceKey(space, valueOf(record) >> 21), record & (T.ADVICE_FITS | 1));
        break;
      case T.RECORD_OTHER:
        dropSpace = valueOf(record);
        break;
      case T.RECORD_PASSED:
      case T.RECORD_ENTRY:
      case T.RECORD_MARK:
        break;
      default:
        unknown++;
    }
    if (isTicking && before + fetches + loads + stores >= nextTick) {
      ticked(end, before + fetches + loads + stores, <u32>((notes - pages) >> 3));
      end += RUN_BYTES;
      code = 0;
      data = 0;
    }
  }
  store<u32>(tickAfter + (<usize>tickCount << 2), BLOCK);
  apartEnd = end;
  instructions += all;
  accesses[FETCH] += fetches;
  accesses[LOAD] += loads;
  accesses[STORE] += stores;
}

/** The runs of the block: where they begin and, from runsEnd, end. */
export function runsOf(joint: bool): usize {
  return joint ? together : apart;
}
export function runsEnd(from: u32, count: u32, joint: bool): usize {
  return joint ? collapse(from, count) : apartEnd;
}

/** The runs of systems whose first level serves both classes: one ends where the other class has an access, and is of one kind. */
function collapse(from: u32, count: u32): usize {
  let end = together;
  /** The open run of each class, 0: none, and the page of the one of data. */
  let code: usize = 0;
  let data: usize = 0;
  let dataPage: u32 = 0;
  let address = firstCodeAddress;
  let now = touchesBefore;
  let notes = pages;
  let ticks = tickAfter;
  for (let at = input + (<usize>from << 3), last = at + (<usize>count << 3); at < last; at += 8, notes += 8) {
    const record = load<u64>(at);
    const passed = passedOf(record);
    if (passed != 0 && address != NONE) {
      data = 0;
      if (code == 0) {
        const page = load<u32>(notes, 4);
        now += page >> 31;
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
        if (data != 0 && page == dataPage && (load<u32>(data, RUN_KIND) & ~DIRTIES) == access) {
          more(data, access == STORE);
          break;
        }
        dataPage = page & ~(NEW | DIRTIES);
        code = 0;
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
        beginEvent(end, kind, record, now, load<u32>(notes));
        end += RUN_BYTES;
        code = 0;
        data = 0;
        break;
      default:
        break;
    }
    if (<u32>((notes - pages) >> 3) != load<u32>(ticks)) continue;
    ticks += 4;
    begin(end, TICK, 0, ++now, 0);
    end += RUN_BYTES;
    code = 0;
    data = 0;
  }
  return end;
}
