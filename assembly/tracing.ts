/**
 * Recording what a program does with memory, for the laboratory (host/lab): records of shared/trace.ts in a buffer that the host empties.
 *
 * While it is on, nothing is served by window, TLB or exec TLB, so every access leaves the interpreter's loop and is seen in run.ts or
 * mm/access.ts; a program is some ten times slower, and not at all while it is off. An access that faults is recorded when it is
 * made again.
 */
import * as T from './shared/trace';
import { COUNT_INSTRUCTIONS, HART, HART_COUNTERS } from './shared/layout';

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
  counted = instructions();
  now = counted;
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
  traceRecord(kind, va);
  if ((<u32>va & 4095) + size > 4096) traceRecord(kind, (va + 4095) & ~4095);
}

/** The translation of a page has changed or gone. */
export function traceDrop(va: u64): void {
  if (count < <u32>T.TRACE_DROPS_MAX) traceRecord(T.RECORD_DROP, va & ~4095);
  else if (!flushed) {
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
