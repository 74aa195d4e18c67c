/**
 * The laboratory's engine: systems are built by calls, fed with records, asked for what they counted. host/lab/engine.ts is its
 * other side.
 */
import { arrayNew } from './array';
import * as stream from './stream';
import { LEVELS_MAX, PageTables, SIZES, System } from './system';

const systems: Array<System> = new Array<System>();

export function inputAddress(): usize {
  return stream.input;
}

export function systemNew(depth: u32, baseSize: u32, sizes: u32, promoteAt: u32, flushOnSwitch: bool, prefetch: u32): u32 {
  const system = new System(tablesFor(depth, baseSize, promoteAt != 0 || prefetch != 0));
  system.depth = depth;
  system.baseSize = baseSize;
  system.sizes = sizes;
  system.promoteAt = promoteAt;
  system.flushOnSwitch = flushOnSwitch;
  system.prefetch = prefetch;
  system.joint = promoteAt != 0 || prefetch != 0;
  systems.push(system);
  return <u32>systems.length - 1;
}

/** Systems of a format share their page tables, unless what is done depends on which pages were touched already. */
function tablesFor(depth: u32, baseSize: u32, asks: bool): PageTables {
  for (let i = 0; !asks && i < systems.length; i++) {
    const other = systems[i];
    if (other.promoteAt == 0 && other.prefetch == 0 && other.depth == depth && other.baseSize == baseSize) return other.pageTables;
  }
  return new PageTables();
}

/** A TLB for the classes and sizes that its bits name. */
export function addTlb(id: u32, level: u32, classes: u32, sizes: u32, sets: u32, ways: u32, policy: u32, seed: u32, latency: u32): void {
  const system = systems[id];
  const tlb = arrayNew(sets, ways, policy, seed);
  system.all.push(tlb);
  system.levels = max(system.levels, level + 1);
  system.fleeting = system.prefetch != 0 && system.levels == 1;
  system.latency[level] = latency;
  for (let c: u32 = 0; c < 2; c++)
    for (let size: u32 = 0; size < SIZES; size++)
      if ((classes >> c) & (sizes >> size) & 1) system.tlbs[(level * 2 + c) * SIZES + size] = tlb;
  if (level == 0) {
    if (classes == 3) system.joint = true;
    if (policy == 4) system.rehit = true;
  }
}

/** A cache of pointers to tables with so many levels to go. */
export function addWalkCache(id: u32, remaining: u32, sets: u32, ways: u32, policy: u32, seed: u32): void {
  systems[id].walkCaches[remaining] = arrayNew(sets, ways, policy, seed);
}

export function addCache(id: u32, sets: u32, ways: u32, policy: u32, seed: u32, latency: u32): void {
  const system = systems[id];
  system.caches[system.cacheCount] = arrayNew(sets, ways, policy, seed);
  system.cacheLatency[system.cacheCount++] = latency;
}

export function setMemory(id: u32, lineShift: u32, latency: u32): void {
  systems[id].lineShift = lineShift;
  systems[id].memoryLatency = latency;
}

/** Takes the first `count` records of the input. */
export function feed(count: u32): void {
  stream.feed(systems, count);
}

export function instructions(): f64 {
  return <f64>stream.instructions;
}
export function accesses(): f64 {
  return <f64>stream.accesses;
}
export function unknown(): f64 {
  return <f64>stream.unknown;
}

/** Counters of a system, in the order that host/lab/engine.ts names. */
export function statistic(id: u32, which: u32): f64 {
  const s = systems[id];
  if (which < 3) return <f64>s.accesses[which];
  if (which < 6) return <f64>s.walks[which - 3];
  if (which < 6 + LEVELS_MAX * 2) return <f64>s.levelHits[which - 6];
  if (which < 19) return <f64>s.found[which - 14];
  switch (which) {
    case 19:
      return <f64>s.references;
    case 20:
      return <f64>s.cycles;
    case 21:
      return <f64>s.walkCycles;
    case 22:
      return <f64>s.prefetches;
    case 23:
      return <f64>s.pageTables.touched.count;
    case 24:
      return <f64>s.pageTables.promotions;
    case 25:
      return <f64>s.switches;
    case 26:
      return <f64>s.pageTables.tablePages;
    default:
      return <f64>s.drops;
  }
}
export { distanceNew, distanceFeed, distanceCold, distanceCount, distanceAbove } from './distance';
