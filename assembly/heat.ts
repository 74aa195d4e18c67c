/** How hot code is that regions may begin in, and what samples have met of it: host/jit makes regions of that. */
import * as C from './shared/compiled';

let hotAt: u32 = 0;
let batch: u32 = 1;
/** After so many samples of compiled code all heat is halved: a region pays where much of the time is, not where time adds up. */
const COOLING: u32 = 4096;
let untilCooling: u32 = COOLING;

/** `heat`: code is hot that has so much; so many hot places are waited for. */
export function heatConfigure(heat: u32, hotBatch: u32): void {
  hotAt = heat;
  batch = hotBatch;
}

/** What four signs of which make code hot. */
export function strongSign(): u32 {
  return hotAt >> 2;
}

/** Code at pc is to become a region. How many are to. */
export function push(pc: u64): u32 {
  const n = load<u32>(<usize>C.COMPILED, C.COMPILED_HOT);
  if (n < <u32>C.HOT_MAX) {
    store<u64>(<usize>C.HOT_LIST + (<usize>n << 3), pc);
    store<u32>(<usize>C.COMPILED, n + 1, C.COMPILED_HOT);
  }
  return n + 1;
}

/** Code at pc has been executed for a while. True: enough of it waits for the compiler. */
export function warm(pc: u64, heat: u32): bool {
  const e = <usize>C.HEAT + ((<usize>((pc >> 1) ^ (pc >> 13)) & (<usize>C.HEAT_ENTRIES - 1)) << 4);
  const before = load<u64>(e) == pc ? load<u32>(e, 8) : 0;
  store<u64>(e, pc);
  if (before + heat < hotAt) {
    store<u32>(e, before + heat, 8);
    return false;
  }
  store<u32>(e, 0, 8);
  return push(pc) >= batch;
}

/** A sample of compiled code was taken. */
export function coolDown(): void {
  if (--untilCooling != 0) return;
  untilCooling = COOLING;
  for (let e = <usize>C.HEAT; e < <usize>C.HEAT + (<usize>C.HEAT_ENTRIES << 4); e += 16) store<u32>(e, load<u32>(e, 8) >> 1, 8);
}

/** Code at pc is executed. */
// @ts-ignore: decorator
@inline
export function meet(pc: u64): void {
  const at = <usize>C.MET + ((<usize>(pc >> 4)) & <usize>((C.MET_BITS >> 3) - 1));
  store<u8>(at, load<u8>(at) | (<u8>1 << (<u8>(pc >> 1) & 7)));
}
