/**
 * What happened, as a stream of 8-byte records (assembly/shared/trace.ts), given to any number of systems in one pass.
 *
 * Most accesses are to the page that the one before of their class (instructions, data) was to. Where first-level TLBs are
 * apart for the two classes such an access finds what the one before left, and changes nothing: runs of them are found once for all
 * systems.
 * A system whose first level serves both classes gets each access.
 */
import * as T from '../shared/trace';
import { FETCH, LOAD, STORE, System } from './system';

/** Records taken at once. */
export const BATCH: u32 = 65536;
/** Where the host puts them. */
export const input: usize = heap.alloc(<usize>BATCH << 3);

/**
 * What is left of a batch: { u64 address, u32 kind, u32 count }: count accesses of the class, all to the address's page but of the
 * first's kind.
 */
const RUN_BYTES: usize = 32;
const runs: usize = heap.alloc(<usize>(BATCH + 1) * 2 * RUN_BYTES);

/** Page of the latest access of each class, across batches; -1: what comes next is looked up. */
const NONE: u64 = u64.MAX_VALUE;
let codePage: u64 = NONE;
let dataPage: u64 = NONE;
let codeAddress: u64 = 0;
/** Instructions of all records so far. */
export let instructions: u64 = 0;
export let accesses: u64 = 0;
/** Kinds that are unknown. */
export let unknown: u64 = 0;

const RUN_KIND: usize = 8;
const RUN_LOADS: usize = 16;
const RUN_STORES: usize = 24;
/** Beyond FETCH, LOAD, STORE. */
const RUN_SWITCH: u32 = 3;
const RUN_FLUSH: u32 = 4;
const RUN_DROP: u32 = 5;

// @ts-ignore: decorator
@inline
function begin(at: usize, kind: u32, address: u64): void {
  store<u64>(at, address);
  store<u32>(at, kind, RUN_KIND);
  store<u64>(at, 0, RUN_LOADS);
  store<u64>(at, 0, RUN_STORES);
}

/**
 * Turns records into runs; how many there are. joint: for systems whose first level serves both classes; a run ends where the other class
 * has an access.
 */
function collapse(count: u32, joint: bool): u32 {
  let end = runs;
  /** The open run of each class, 0: none. */
  let code: usize = 0;
  let data: usize = 0;
  for (let at = input, last = input + (<usize>count << 3); at < last; at += 8) {
    const record = load<u64>(at);
    const kind = <u32>(record >> T.RECORD_KIND_SHIFT) & T.RECORD_KIND_MASK;
    const address = record & ((<u64>1 << T.RECORD_KIND_SHIFT) - 1);
    const passed = (record >> T.RECORD_PASSED_SHIFT) + (kind == T.RECORD_PASSED ? address : 0);
    if (passed != 0) {
      instructions += passed;
      accesses += passed;
      if (joint) data = 0;
      if (code == 0 && codePage != NONE) {
        begin(end, FETCH, codeAddress);
        store<u64>(end, passed - 1, RUN_LOADS);
        code = end;
        end += RUN_BYTES;
      } else if (code != 0) store<u64>(code, load<u64>(code, RUN_LOADS) + passed, RUN_LOADS);
    }
    switch (kind) {
      case T.RECORD_CODE:
        codeAddress = address;
        codePage = address >> 12;
        code = 0;
        break;
      case T.RECORD_LOAD:
      case T.RECORD_STORE: {
        accesses++;
        const page = address >> 12;
        if (data != 0 && page == dataPage) {
          const field = data + (kind == T.RECORD_LOAD ? RUN_LOADS : RUN_STORES);
          store<u64>(field, load<u64>(field) + 1);
          break;
        }
        dataPage = page;
        if (joint) code = 0;
        begin(end, kind == T.RECORD_LOAD ? LOAD : STORE, address);
        data = end;
        end += RUN_BYTES;
        break;
      }
      case T.RECORD_PASSED:
        break;
      case T.RECORD_DROP:
        begin(end, RUN_DROP, address);
        end += RUN_BYTES;
        code = 0;
        data = 0;
        break;
      case T.RECORD_SPACE:
        begin(end, RUN_SWITCH, address);
        end += RUN_BYTES;
        code = 0;
        data = 0;
        break;
      case T.RECORD_FLUSH:
        begin(end, RUN_FLUSH, 0);
        end += RUN_BYTES;
        code = 0;
        data = 0;
        break;
      default:
        unknown++;
    }
  }
  return <u32>((end - runs) / RUN_BYTES);
}

function feedRuns(system: System, count: u32): void {
  for (let at = runs, last = runs + <usize>count * RUN_BYTES; at < last; at += RUN_BYTES) {
    const kind = load<u32>(at, RUN_KIND);
    const address = load<u64>(at);
    if (kind > STORE) {
      if (kind == RUN_SWITCH) system.switchTo(address);
      else if (kind == RUN_FLUSH) system.flush();
      else system.drop(address);
      continue;
    }
    system.access(kind, address);
    const loads = load<u64>(at, RUN_LOADS);
    const stores = load<u64>(at, RUN_STORES);
    if (loads != 0) system.again(kind == FETCH ? FETCH : LOAD, loads, address);
    if (stores != 0) system.again(STORE, stores, address);
  }
}

/** Takes `count` records from the input. */
export function feed(systems: Array<System>, count: u32): void {
  const before = instructions;
  const all = accesses;
  const code = codePage;
  const codeAt = codeAddress;
  const odd = unknown;
  let joint = 0;
  for (let i = 0; i < systems.length; i++) if (systems[i].joint) joint++;
  if (joint < systems.length || systems.length == 0) {
    const found = collapse(count, false);
    for (let i = 0; i < systems.length; i++) if (!systems[i].joint) feedRuns(systems[i], found);
  }
  if (joint == 0) return;
  if (joint < systems.length) {
    instructions = before;
    accesses = all;
    codePage = code;
    codeAddress = codeAt;
    unknown = odd;
  }
  const found = collapse(count, true);
  for (let i = 0; i < systems.length; i++) if (systems[i].joint) feedRuns(systems[i], found);
}
