/**
 * Recording what a program does with memory, for the laboratory (host/lab): records of shared/trace.ts in a buffer that the host empties.
 *
 * While it is on, nothing is served by window, TLB or exec TLB, so every access leaves the interpreter's loop and is seen in run.ts or
 * mm/access.ts; a program is some ten times slower, and not at all while it is off. An access that faults is recorded when it is
 * made again.
 */
import * as T from './shared/trace';
import { COUNT_INSTRUCTIONS, HART, HART_COUNTERS } from './shared/layout';
import { leafShared, PTE_W, pteAt } from './mm/pagetable';
import { activeSpace, SPACE_ROOT, SPACE_TRACED } from './mm/space';

const BUFFER: usize = T.TRACE_BUFFER;

export let recording: bool = false;
let count: u32 = 0;
/** Instructions that were executed when the latest record was made, and now. */
let counted: u64 = 0;
let now: u64 = 0;
/** Too many invalidations for the buffer. */
let flushed: bool = false;

// @ts-ignore: decorator
@inline
function instructions(): u64 {
  return load<u64>(HART + HART_COUNTERS + COUNT_INSTRUCTIONS * 8);
}

export function traceSwitch(on: bool): void {
  recording = on;
  count = 0;
  flushed = false;
  memory.fill(told, 0, TOLD_PAGES << 4);
  running = 0;
  counted = instructions();
  now = counted;
  if (on && activeSpace != 0) traceSpace(activeSpace);
}

/** `executed` instructions of this run are done, the one at hand included. */
// @ts-ignore: decorator
@inline
export function traceTime(executed: u32): void {
  if (recording) now = instructions() + <u64>executed;
}

/** Whether each access tells its instruction: a record of code before it, where that has changed. */
let places: bool = false;
let place: u64 = 0;

/** From now on, while recording. A run of n instructions makes at most 4 n records then. */
export function tracePlaces(on: bool): void {
  places = on;
}

/** As traceTime, of the instruction at pc. */
// @ts-ignore: decorator
@inline
export function tracePlace(pc: u64, executed: u32): void {
  if (recording) {
    traceTime(executed);
    if (places && pc != place) {
      place = pc;
      const after = now;
      // Not before what an access that faulted has told already.
      now = max(counted, after - 1);
      traceRecord(T.RECORD_CODE, pc);
      now = max(counted, after);
    }
  }
}

/** Whether accesses tell their page-table entries: one that changed, before the access. */
let entries: bool = false;
/** { u64 page and space of it, u64 entry }: what was told lately. */
const TOLD_PAGES: usize = 1024;
const told = memory.data(16384);

/** From now on, while recording. A run of n instructions makes at most 8 n records then. */
export function traceEntries(on: bool): void {
  entries = on;
}

function traceEntry(va: u64): void {
  const root = load<u32>(activeSpace, SPACE_ROOT);
  const entry = pteAt(root, va) & (leafShared(root, va) ? ~PTE_W : u64.MAX_VALUE);
  const page = (va >> 12 << 16) | <u64>running;
  const at = told + (((<usize>(va >> 12) ^ running) & (TOLD_PAGES - 1)) << 4);
  if (load<u64>(at) == page && load<u64>(at, 8) == entry) return;
  store<u64>(at, page);
  store<u64>(at, entry, 8);
  traceRecord(T.RECORD_ENTRY, entry);
}

/** Numbers of address spaces: each gets one when it runs first while recording, and keeps it. */
let running: u32 = 0;
let nextSpace: u32 = 1;

/** A space is about to run. */
export function traceSpace(space: usize): void {
  let number = space == 0 ? 0 : load<u32>(space, SPACE_TRACED);
  if (number == 0 && space != 0) {
    number = nextSpace++;
    if (nextSpace == <u32>T.RECORD_SPACES) nextSpace = 1;
    store<u32>(space, number, SPACE_TRACED);
  }
  if (number == running || number == 0) return;
  running = number;
  traceRecord(T.RECORD_SPACE, number);
}

/** A space will be no more: its number may be another's one day. */
export function traceRelease(space: usize): void {
  const number = load<u32>(space, SPACE_TRACED);
  if (number == 0) return;
  store<u32>(space, 0, SPACE_TRACED);
  if (running == number) running = 0;
  if (recording) traceRecord(T.RECORD_FLUSH, number + 1);
}

function put(kind: u32, value: u64, passed: u64): void {
  store<u64>(BUFFER + (<usize>count << 3), (passed << T.RECORD_PASSED_SHIFT) | ((<u64>kind) << T.RECORD_KIND_SHIFT) | value);
  count++;
}

export function traceRecord(kind: u32, value: u64): void {
  const passed = now - counted;
  counted = now;
  if (passed > <u64>T.RECORD_PASSED_MAX) {
    put(T.RECORD_PASSED, passed, 0);
    put(kind, value, 0);
  } else put(kind, value, passed);
}

/** An instruction touches data: in two pages if it crosses a border. */
export function traceAccess(va: u64, size: u32, write: bool): void {
  const kind = write ? T.RECORD_STORE : T.RECORD_LOAD;
  tracePage(kind, va);
  if ((<u32>va & 4095) + size > 4096) tracePage(kind, (va + 4095) & ~4095);
}

/** An access of a kind in one page. */
export function tracePage(kind: u32, va: u64): void {
  if (entries) traceEntry(va);
  traceRecord(kind, va);
}

/** The translations of 2^order pages of a space have changed or gone. What never ran has none that matter. */
export function traceDrop(space: usize, va: u64, order: u32): void {
  const number = load<u32>(space, SPACE_TRACED);
  if (number == 0) return;
  if (count < <u32>T.TRACE_DROPS_MAX) {
    if (number != running) traceRecord(T.RECORD_OTHER, number);
    traceRecord(T.RECORD_DROP, (va & ~4095) | <u64>order);
  } else if (!flushed) {
    flushed = true;
    traceRecord(T.RECORD_FLUSH, 0);
  }
}

/** How many records there are; they are the host's now. */
export function traceTake(): u32 {
  now = instructions();
  // However long nothing else happens, no record tells of more than RECORD_PASSED_LONGEST.
  if (recording && now - counted > <u64>T.RECORD_PASSED_MAX) {
    put(T.RECORD_PASSED, now - counted, 0);
    counted = now;
  }
  const taken = count;
  count = 0;
  flushed = false;
  return taken;
}
