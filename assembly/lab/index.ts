/**
 * The laboratory's engine: policies, levels of TLBs and walkers are built by calls and named by numbers; fed with records; asked for
 * what they counted. host/lab/engine.ts is its other side: it says which systems share what.
 */
import { arrayAnyIndex, arrayCoalesce, arrayNew, arrayVictims, CacheArray, LRU, SRRIP } from './array';
import { Filter } from './filter';
import { Grouped, MEMBERS_MIN } from './grouped';
import { Memory } from './memory';
import { regionCount, REGIONS_MAX, watchStores } from './pages';
import { Policy, SIZE_1G, SIZES } from './policy';
import { Prepared } from './prepared';
import { Prefetcher } from './prefetch';
import { Promotion } from './promotion';
import { Stage } from './stage';
import * as stream from './stream';
import { Swap } from './swap';
import { CACHES_MAX, Walker } from './walker';

/** Results of feed. */
const FED: u32 = 0;
const TOO_MANY_REGIONS: u32 = 1;
const TOO_MANY_TABLES: u32 = 2;
const TABLE_FULL: u32 = 3;
const MEMORY_FULL: u32 = 4;

const policies: Array<Policy> = new Array<Policy>();
const stages: Array<Stage> = new Array<Stage>();
/** Those that take runs. */
const first: Array<Stage> = new Array<Stage>();
const filters: Array<Filter> = new Array<Filter>();
const prepared: Array<Prepared> = new Array<Prepared>();
/** Second levels that are worked out together. */
let grouped: Array<Grouped> = new Array<Grouped>();
const walkers: Array<Walker> = new Array<Walker>();
const swaps: Array<Swap> = new Array<Swap>();
/** Is all that the systems are made of known? */
let isSettled: bool = false;
/** Tables that lines of the smallest size allow. */
let tablesMax: u32 = u32.MAX_VALUE;

export function inputAddress(): usize {
  return stream.input;
}

/** hashBits: log2 of the entries of a hash table or an inverted one, 0: trees. */
export function policyNew(depth: u32, size: u32, promoteAt: u32, hashBits: u32, inverted: bool): u32 {
  const policy = new Policy();
  policy.depth = depth;
  policy.size = size;
  policy.promoteAt = promoteAt;
  policy.hashBits = hashBits;
  policy.inverted = inverted;
  policies.push(policy);
  return <u32>policies.length - 1;
}

/** Pages lie in so many blocks of 2 MiB, of which some per cent have a frame in use. */
export function policyMemory(id: u32, blocks: u32, fragmented: u32, seed: u32, allocation: u32): void {
  policies[id].memory = new Memory(blocks, fragmented, seed, allocation);
}

/**
 * Regions become one page by a rule (promotion.ts); in the background whenever `every` accesses have passed (0: never), so many
 * regions at a time, if so many pages of one were touched. False: there are too many different `every`.
 */
export function policyPromotion(id: u32, rule: u32, every: f64, regions: u32, present: u32): bool {
  const ticks = every == 0 ? 0 : stream.tickEvery(<u64>every);
  policies[id].promotion = new Promotion(rule, ticks, regions, present);
  return every == 0 || ticks != 0;
}

/** after: the level before, -1: none. */
export function stageNew(after: i32, policy: u32, joint: bool, flushOnSwitch: bool): u32 {
  const stage = new Stage(policies[policy], joint, flushOnSwitch);
  if (after < 0) first.push(stage);
  else stages[after].stages.push(stage);
  if (joint) stream.keepNotes();
  stages.push(stage);
  isSettled = false;
  return <u32>stages.length - 1;
}

/** For a last level: at most `degree` pages after each miss. */
export function stagePrefetch(id: u32, kind: u32, degree: u32, rows: u32): void {
  stages[id].prefetcher = new Prefetcher(kind, degree, rows);
}

/**
 * A TLB of a stage for the classes and sizes that its bits name;
 * sets: of all partitions. victims: entries for what has to go. coalesce: log2 of pages.
 */
export function stageTlb(
  id: u32,
  classes: u32,
  sizes: u32,
  partitions: u32,
  victims: u32,
  coalesce: u32,
  sets: u32,
  ways: u32,
  replacement: u32,
  seed: u32,
): void {
  addTlb(stages[id], tlbNew(partitions, victims, coalesce, sets, ways, replacement, seed), classes, sizes);
}

/** A TLB of first levels that may share it: pages keep the policy's size, and none is prefetched to it. */
export function filterNew(
  policy: u32,
  joint: bool,
  flushOnSwitch: bool,
  classes: u32,
  partitions: u32,
  victims: u32,
  coalesce: u32,
  sets: u32,
  ways: u32,
  replacement: u32,
  seed: u32,
): u32 {
  const tlb = tlbNew(partitions, victims, coalesce, sets, ways, replacement, seed);
  filters.push(new Filter(tlb, preparedFor(policies[policy], joint), flushOnSwitch, classes - 1));
  return <u32>filters.length - 1;
}

/** What systems with a policy in common ask. */
function preparedFor(policy: Policy, joint: bool): Prepared {
  for (let i = 0; i < prepared.length; i++) if (prepared[i].joint == joint && prepared[i].policy == policy) return prepared[i];
  const one = new Prepared(policy, joint);
  prepared.push(one);
  return one;
}

export function stageFilter(id: u32, filter: u32, classes: u32, sizes: u32): void {
  stages[id].filters.push(filters[filter]);
  addTlb(stages[id], filters[filter].tlb, classes, sizes);
}

function tlbNew(partitions: u32, victims: u32, coalesce: u32, sets: u32, ways: u32, replacement: u32, seed: u32): CacheArray {
  const tlb = arrayNew(sets, ways, replacement, seed, partitions);
  if (coalesce != 0) arrayCoalesce(tlb, coalesce);
  if (victims != 0) arrayVictims(tlb, arrayNew(1, victims, LRU, 1));
  return tlb;
}

function addTlb(stage: Stage, tlb: CacheArray, classes: u32, sizes: u32): void {
  stage.all.push(tlb);
  stage.named.push(tlb);
  if (tlb.victims != 0) stage.all.push(changetype<CacheArray>(tlb.victims));
  if (tlb.policy == SRRIP) stage.rehit = true;
  for (let c: u32 = 0; c < 2; c++)
    for (let size: u32 = 0; size < SIZES; size++) if ((classes >> c) & (sizes >> size) & 1) stage.tlbs[c * SIZES + size] = tlb;
}

/** For what the last level of a system misses. */
export function walkerNew(stage: u32, flushOnSwitch: bool, lineShift: u32, memoryLatency: u32): u32 {
  const walker = new Walker(stages[stage].policy, flushOnSwitch);
  walker.lineShift = lineShift;
  walker.memoryLatency = memoryLatency;
  tablesMax = min(tablesMax, <u32>1 << (20 + lineShift));
  stages[stage].walkers.push(walker);
  walkers.push(walker);
  isSettled = false;
  return <u32>walkers.length - 1;
}

/** A cache of pointers to tables with so many levels to go. */
export function walkerPointers(id: u32, remaining: u32, sets: u32, ways: u32, replacement: u32, seed: u32): void {
  walkers[id].walkCaches[remaining] = arrayNew(sets, ways, replacement, seed);
}

export function walkerCache(id: u32, sets: u32, ways: u32, replacement: u32, seed: u32, latency: u32): void {
  const walker = walkers[id];
  walker.caches[walker.cacheCount] = arrayNew(sets, ways, replacement, seed);
  walker.cacheLatency[walker.cacheCount++] = latency;
}

/** Takes the first `count` records of the input. When it fails nothing that was counted is worth anything. */
export function feed(count: u32): u32 {
  if (!isSettled) settle();
  for (let from: u32 = 0; from < count; from += stream.BLOCK) {
    const some = min(count - from, stream.BLOCK);
    stream.annotate(from, some);
    if (regionCount == REGIONS_MAX) return TOO_MANY_REGIONS;
    for (let i = 0; i < policies.length; i++) {
      work(policies[i]);
      if (policies[i].tableCount >= tablesMax) return TOO_MANY_TABLES;
      if (policies[i].full) return TABLE_FULL;
      if (policies[i].noFrames) return MEMORY_FULL;
    }
    for (let i = 0; i < walkers.length; i++) if (walkers[i].hostTables.count >= tablesMax) return TOO_MANY_TABLES;
    feedFirst(from, some, false);
    feedFirst(from, some, true);
  }
  return FED;
}

function settle(): void {
  isSettled = true;
  for (let i = 0; i < grouped.length; i++) grouped[i].end();
  const all = new Array<Grouped>();
  for (let i = 0; i < first.length; i++) first[i].settle();
  // Those that have been asked before know what they know.
  if (stream.instructions == 0) for (let i = 0; i < first.length; i++) first[i].group(all);
  grouped = new Array<Grouped>();
  for (let i = 0; i < all.length; i++) {
    if (all[i].count < MEMBERS_MIN) continue;
    all[i].begin();
    grouped.push(all[i]);
  }
}

/** What page sizes follow from, in a block. */
function work(policy: Policy): void {
  const promotion = policy.promotion;
  if (promotion !== null) promotion.begin();
  for (let at = stream.fresh, end = at + (<usize>stream.freshCount << 3); at < end; at += 8) {
    const what = load<u32>(at);
    if (what < stream.TICK_NEWS) policy.add(what);
    else if (promotion === null) continue;
    else if (what >= stream.ADVICE_NEWS) {
      const place = stream.advice + (<usize>load<u32>(at, 4) << 4);
      promotion.advise(load<u64>(place), load<u64>(place, 8));
    } else if ((what & promotion.ticks) != 0) policy.scan(load<u32>(at, 4));
  }
}

/** First levels take the runs of a block: of those that serve the classes apart, or of those that serve them together. */
function feedFirst(from: u32, count: u32, joint: bool): void {
  let end: usize = 0;
  const runs = stream.runsOf(joint);
  for (let i = 0, n = first.length; i < n && end == 0; i++)
    if (unchecked(first[i]).joint == joint) end = stream.runsEnd(from, count, joint);
  if (end == 0 && joint && swaps.length != 0) end = stream.runsEnd(from, count, joint);
  if (end == 0) return;
  if (joint) for (let i = 0, n = swaps.length; i < n; i++) unchecked(swaps[i]).take(runs, end);
  for (let i = 0, n = prepared.length; i < n; i++) if (unchecked(prepared[i]).joint == joint) unchecked(prepared[i]).take(runs, end);
  feedFilters(joint);
  for (let i = 0, n = first.length; i < n; i++) if (unchecked(first[i]).joint == joint) unchecked(first[i]).feedRuns(runs, end);
  for (let i = 0, n = grouped.length; i < n; i++) {
    const group = unchecked(grouped[i]);
    if (!group.isOver && group.prepared.joint == joint) group.feed();
  }
}

function feedFilters(joint: bool): void {
  for (let i = 0, n = filters.length; i < n; ) {
    const filter = unchecked(filters[i]);
    let alike = 1;
    while (filter.isSimple && alike < 4 && i + alike < n && filters[i + alike].isSimple && filters[i + alike].isLike(filter)) alike++;
    if (filter.prepared.joint != joint) i++;
    else if (alike < 4) filters[i++].feed();
    else {
      Filter.feedFour(filter, filters[i + 1], filters[i + 2], filters[i + 3]);
      i += 4;
    }
  }
}

export function regionsMax(): u32 {
  return REGIONS_MAX;
}
export function accesses(kind: u32): f64 {
  return <f64>stream.accesses[kind];
}
export function instructions(): f64 {
  return <f64>stream.instructions;
}
export function switches(): f64 {
  return <f64>stream.switches;
}
export function drops(): f64 {
  return <f64>stream.drops;
}
export function unknown(): f64 {
  return <f64>stream.unknown;
}

export function policyPages(id: u32): f64 {
  return <f64>policies[id].touched;
}
export function policyTables(id: u32): f64 {
  return <f64>policies[id].tableCount;
}
export function policyPromotions(id: u32): f64 {
  return <f64>policies[id].promotions;
}

export function policyRefused(id: u32): f64 {
  return <f64>policies[id].refused;
}

/** Misses of a level by kind. */
export function stageMissed(id: u32, kind: u32): f64 {
  return <f64>stages[id].missed[kind];
}
/** Hits among those that had to go. */
export function stageVictimHits(id: u32): f64 {
  let sum: u64 = 0;
  for (let i = 0; i < stages[id].all.length; i++) sum += stages[id].all[i].victimHits;
  return <f64>sum;
}
/** Which TLBs, as bits, in their order, hold the translation of a page of 4K. */
export function stageHolds(id: u32, space: u32, address: f64): u32 {
  return stages[id].holds(space, <u64>address);
}
export function stagePrefetches(id: u32): f64 {
  return <f64>stages[id].prefetches;
}

/** The host's trees, for a system under a hypervisor. */
export function walkerNested(id: u32, depth: u32, size: u32): void {
  const walker = walkers[id];
  walker.hostDepth = depth;
  walker.hostSize = size;
  tablesMax = min(tablesMax, <u32>1 << (19 + walker.lineShift));
}
export function walkerNestedTlb(id: u32, sets: u32, ways: u32, replacement: u32, seed: u32, latency: u32): void {
  const tlb = arrayNew(sets, ways, replacement, seed);
  // A guest's pages of 1G are far apart.
  if (walkers[id].policy.size == SIZE_1G) arrayAnyIndex(tlb);
  walkers[id].hostTlb = tlb;
  walkers[id].hostLatency = latency;
}
export function walkerHostReferences(id: u32): f64 {
  return <f64>walkers[id].hostReferences;
}
/** Who sets the bits A and D: BY_* of walker.ts. */
export function walkerSetsBits(id: u32, who: u32): void {
  walkers[id].setsBits = who;
  watchStores();
}
export function walkerBitUpdates(id: u32): f64 {
  return <f64>walkers[id].bitUpdates;
}
export function walkerReferences(id: u32): f64 {
  return <f64>walkers[id].references();
}
/** Page-table entries found in a cache, CACHES_MAX: in memory. */
export function walkerFound(id: u32, where: u32): f64 {
  return <f64>walkers[id].found[min(where, CACHES_MAX)];
}
export function walkerCycles(id: u32): f64 {
  return <f64>walkers[id].cycles;
}

/** Memory of so many pages. */
export function swapNew(pages: u32): u32 {
  swaps.push(new Swap(pages));
  stream.keepNotes();
  return <u32>swaps.length - 1;
}
export function swapReads(id: u32): f64 {
  return <f64>swaps[id].reads;
}
export function swapWrites(id: u32): f64 {
  return <f64>swaps[id].writes;
}
export function swapEvictions(id: u32): f64 {
  return <f64>swaps[id].evictions;
}
export { distanceNew, distanceFeed, distanceCold, distanceCount, distanceAbove } from './distance';
