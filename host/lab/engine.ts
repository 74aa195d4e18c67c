/** The other side of dist/lab.wasm (assembly/lab): modelled systems, fed with records. */
import {
  ALLOCATIONS,
  type ArrayConfig,
  BIT_SETTERS,
  FORMATS,
  PAGE_SIZES,
  PREFETCHERS,
  REACHES,
  REPLACEMENTS,
  SERVES,
  type SystemConfig,
  WELCOMES,
} from './config.js';

type Shape = [sets: number, ways: number, replacement: number, seed: number];
type Tlb = [partitions: number, victims: number, coalesce: number, ...shape: Shape];

interface Exports {
  readonly memory: WebAssembly.Memory;
  inputAddress(): number;
  policyNew(depth: number, size: number, promoteAt: number, hashBits: number, inverted: number): number;
  policyMemory(id: number, blocks: number, fragmented: number, seed: number, allocation: number): void;
  policyPromotion(id: number, rule: number, every: number, regions: number, present: number): number;
  policyRefused(id: number): number;
  stageNew(after: number, policy: number, joint: number, flushOnSwitch: number): number;
  stagePrefetch(id: number, kind: number, degree: number, rows: number): void;
  stageTlb(...args: [id: number, classes: number, sizes: number, ...tlb: Tlb]): void;
  filterNew(...args: [policy: number, joint: number, flushOnSwitch: number, classes: number, ...tlb: Tlb]): number;
  stageFilter(id: number, filter: number, classes: number, sizes: number): void;
  walkerNew(stage: number, flushOnSwitch: number, lineShift: number, memoryLatency: number): number;
  walkerPointers(id: number, remaining: number, ...shape: Shape): void;
  walkerCache(...args: [id: number, ...shape: Shape, latency: number]): void;
  feed(count: number): number;
  regionsMax(): number;
  instructions(): number;
  accesses(kind: number): number;
  switches(): number;
  drops(): number;
  unknown(): number;
  policyPages(id: number): number;
  policyTables(id: number): number;
  policyPromotions(id: number): number;
  stageMissed(id: number, kind: number): number;
  stagePrefetches(id: number): number;
  stageHolds(id: number, space: number, address: number): number;
  stageVictimHits(id: number): number;
  walkerNested(id: number, depth: number, size: number): void;
  walkerNestedTlb(...args: [id: number, ...shape: Shape, latency: number]): void;
  walkerReferences(id: number): number;
  walkerSetsBits(id: number, who: number): void;
  walkerBitUpdates(id: number): number;
  walkerHostReferences(id: number): number;
  walkerFound(id: number, where: number): number;
  walkerCycles(id: number): number;
  swapNew(pages: number): number;
  swapReads(id: number): number;
  swapWrites(id: number): number;
  swapEvictions(id: number): number;
  distanceNew(kinds: number, pageShift: number): void;
  distanceFeed(count: number): void;
  distanceCold(): number;
  distanceCount(distance: number): number;
  distanceAbove(): number;
}

/** Records that one call of feed takes at most. */
export const BATCH_RECORDS = 65536;

/** Counts of a TLB. */
export interface Level {
  readonly level: number;
  readonly side: 'instructions' | 'data';
  readonly lookups: number;
  readonly misses: number;
}

/** What one system counted. */
export interface Measures {
  readonly name: string;
  readonly instructions: number;
  readonly accesses: { readonly fetches: number; readonly loads: number; readonly stores: number };
  readonly levels: readonly Level[];
  readonly walks: { readonly fetches: number; readonly loads: number; readonly stores: number; readonly all: number };
  /** Entries of page tables read, the host's among them, and where they were found: each cache, then memory. */
  readonly references: number;
  readonly found: readonly number[];
  /** Those of the host's tables, of a nested system. */
  readonly hostReferences: number;
  /** Cycles spent on translation, and those of them that walks took. */
  readonly cycles: number;
  readonly walkCycles: number;
  /** What the operating system's part costs, as the configuration says. */
  readonly osCycles: number;
  readonly prefetches: number;
  /** Hits among the victims of TLBs. */
  readonly victimHits: number;
  /** Pages touched, of the size they had when they were first. */
  readonly pages: number;
  readonly promotions: number;
  /** Promotions for which memory had no block of 2 MiB. */
  readonly refusals: number;
  /** Times that A or D was set in an entry. */
  readonly bitUpdates: number;
  /** Pages that had to go for want of memory; of them written; accesses to such pages. */
  readonly evictions: number;
  readonly swapWrites: number;
  readonly swapReads: number;
  readonly switches: number;
  readonly drops: number;
  readonly tablePages: number;
}

/** Accesses by how many other pages were touched since the page was last. */
export interface Distances {
  /** First touches. */
  readonly cold: number;
  /** [distance]: accesses. */
  readonly counts: Float64Array;
  /** Accesses of larger distances. */
  readonly above: number;
}

const DISTANCES = 65536;
/** Where walkerFound counts what came from memory. */
const IN_MEMORY = 4;
const bits = (names: readonly string[], all: readonly string[]): number => names.reduce((sum, name) => sum | (1 << all.indexOf(name)), 0);

const shape = ({ entries, ways, replacement, seed }: ArrayConfig): Shape => [entries / ways, ways, REPLACEMENTS.indexOf(replacement), seed];

/** More pages than a region has: none of its own touches makes it one page. */
const NEVER_BY_TOUCH = 513;
/** Touched pages after which a region becomes one page; 0: pages keep their size. */
const promotesAt = ({ promoteAfter, background }: SystemConfig): number =>
  promoteAfter > 0 || background === null ? promoteAfter : NEVER_BY_TOUCH;

/** The parts of a system, by their numbers in the engine; others may have some of them, too. */
interface Parts {
  readonly config: SystemConfig;
  readonly policy: number;
  /** One for each level; none if the system is ideal. */
  readonly stages: readonly number[];
  readonly walker: number | undefined;
  readonly swap: number | undefined;
}

/** A trace is more than the engine can take; or it has found what it was to find. */
export class EngineError extends Error {}

/** Models translation systems on accesses that it is fed; any number in one pass. */
export class Engine {
  readonly #exports: Exports;
  readonly #systems: Parts[] = [];
  readonly #input: number;
  /** What was built, by what it is built of: systems that have it in common share it. */
  readonly #built = new Map<string, number>();
  /** What had been counted when the counts began. */
  #before: { measures: readonly Measures[]; instructions: number; accesses: number; distances: Distances | undefined } | undefined;
  #distances = false;

  /** module: dist/lab.wasm. An engine is for one pass. */
  constructor(module: WebAssembly.Module) {
    this.#exports = new WebAssembly.Instance(module, {}).exports as unknown as Exports;
    this.#input = this.#exports.inputAddress();
  }

  add(config: SystemConfig): void {
    const wasm = this.#exports;
    const flush = config.onSwitch === 'flush' ? 1 : 0;
    const hashBits = FORMATS[config.format] === 0 ? Math.log2(config.tableEntries) : 0;
    const inverted = config.format === 'inverted' ? 1 : 0;
    const page = [FORMATS[config.format], PAGE_SIZES.indexOf(config.pageSize), promotesAt(config), hashBits, inverted] as const;
    const { memory, background, promote } = config;
    const policy = this.#once(['policy', ...page, memory, background, promote], () => {
      const id = wasm.policyNew(...page);
      if (memory !== null)
        wasm.policyMemory(id, memory.bytes / (2 << 20), memory.fragmented, memory.seed, ALLOCATIONS.indexOf(memory.allocation));
      const { every, regions, present } = background ?? { every: 0, regions: 0, present: 0 };
      if (promotesAt(config) === 0) return id;
      if (wasm.policyPromotion(id, WELCOMES.indexOf(promote), every, regions, present) === 0)
        throw new EngineError('background.every: one pass takes at most 16 different values');
      return id;
    });
    const swapPages = config.swap?.pages;
    const swap = swapPages === undefined ? undefined : this.#once(['swap', swapPages], () => wasm.swapNew(swapPages));
    if (config.ideal) {
      this.#systems.push({ config, policy, stages: [], walker: undefined, swap });
      return;
    }
    const stages = this.#stages(config, policy, flush);
    const walker = wasm.walkerNew(stages[stages.length - 1], flush, Math.log2(config.lineBytes), config.memoryLatency);
    const setter = BIT_SETTERS.indexOf(config.accessedDirty);
    if (setter > 0) wasm.walkerSetsBits(walker, setter);
    for (const cache of config.walkCaches) wasm.walkerPointers(walker, REACHES.indexOf(cache.covers) + 1, ...shape(cache));
    for (const cache of config.caches) wasm.walkerCache(walker, ...shape(cache), cache.latency);
    if (config.nested !== null) {
      const { format, pageSize, tlb } = config.nested;
      wasm.walkerNested(walker, FORMATS[format], PAGE_SIZES.indexOf(pageSize));
      if (tlb !== null) wasm.walkerNestedTlb(walker, ...shape(tlb), tlb.latency);
    }
    this.#systems.push({ config, policy, stages, walker, swap });
  }

  /** Its levels, the first one first: what they have in common with those of other systems is built once. */
  #stages(config: SystemConfig, policy: number, flush: number): number[] {
    const wasm = this.#exports;
    const { prefetchNext } = config;
    const prefetcher = [PREFETCHERS.indexOf(config.prefetcher), prefetchNext, config.prefetchRows] as const;
    const stages: number[] = [];
    const levels = Math.max(...config.tlbs.map((tlb) => tlb.level));
    for (let level = 1; level <= levels; level++) {
      const tlbs = config.tlbs.filter((tlb) => tlb.level === level);
      const prefetch = level === levels && prefetchNext > 0;
      const joint = level === 1 && (prefetch || tlbs.some((tlb) => tlb.serves === 'both')) ? 1 : 0;
      // Where pages keep their size, what a TLB of the first level misses depends on nothing but itself.
      const shared = level === 1 && !prefetch && promotesAt(config) === 0;
      const after = stages.at(-1) ?? -1;
      const parts = tlbs.map((tlb) => {
        const { partitions, victims, serves, coalesce, sizes } = tlb;
        const [sets, ways, ...rest] = shape(tlb);
        return {
          classes: SERVES.indexOf(serves) + 1,
          sizes: bits(sizes, PAGE_SIZES),
          holds: sizes.includes(config.pageSize),
          tlb: [partitions, victims, Math.log2(coalesce), sets * partitions, ways / partitions, ...rest] as Tlb,
        };
      });
      const build = (): number => {
        const id = wasm.stageNew(after, policy, joint, flush);
        if (prefetch) wasm.stagePrefetch(id, ...prefetcher);
        for (const { classes, sizes, holds, tlb } of parts) {
          if (shared && holds) {
            const args = [policy, joint, flush, classes, ...tlb] as const;
            const filter = this.#once(['filter', ...args], () => wasm.filterNew(...args));
            wasm.stageFilter(id, filter, classes, sizes);
          } else wasm.stageTlb(id, classes, sizes, ...tlb);
        }
        return id;
      };
      stages.push(this.#once(['stage', after, policy, joint, flush, prefetch && prefetcher, parts], build));
    }
    return stages;
  }

  #once(key: readonly unknown[], build: () => number): number {
    const text = JSON.stringify(key);
    const id = this.#built.get(text) ?? build();
    this.#built.set(text, id);
    return id;
  }

  /** From now on reuse distances are counted: of instructions, data or both, in pages of 2^pageShift bytes. */
  countDistances(of: 'instructions' | 'data' | 'both', pageShift = 12): void {
    this.#exports.distanceNew(SERVES.indexOf(of) + 1, pageShift);
    this.#distances = true;
  }

  /** Where records are put, BATCH_RECORDS at most, before feed. Valid until feed. */
  get input(): BigUint64Array<ArrayBuffer> {
    return new BigUint64Array(this.#exports.memory.buffer as ArrayBuffer, this.#input, BATCH_RECORDS);
  }

  /** The first `count` records of the input happened. Throws EngineError, and then has nothing to tell any more. */
  feed(count: number): void {
    const result = this.#exports.feed(count);
    if (result !== 0) {
      const what = [
        `more than ${this.#exports.regionsMax()} regions of 2 MiB are accessed`,
        'there are more page tables than lines of caches can be numbered: lineBytes must be larger',
        'a hashed table is full: tableEntries must be larger',
        'there is no free frame: memory.bytes must be larger',
      ][result - 1];
      throw new EngineError(`after ${this.#exports.instructions()} instructions: ${what}`);
    }
    if (this.#distances) this.#exports.distanceFeed(count);
  }

  /**
   * The counts begin here: what happened before has left its traces in TLBs and caches only. Pages, tables and promotions are counted
   * from
   * the beginning all the same.
   */
  begin(): void {
    this.#before = undefined;
    const { instructions, accesses } = this;
    this.#before = { measures: this.measures(), instructions, accesses, distances: this.#distances ? this.distances() : undefined };
  }

  get instructions(): number {
    return this.#exports.instructions() - (this.#before?.instructions ?? 0);
  }
  get accesses(): number {
    return [0, 1, 2].reduce((sum, kind) => sum + this.#exports.accesses(kind), 0) - (this.#before?.accesses ?? 0);
  }
  /** Records of kinds that are unknown. */
  get unknown(): number {
    return this.#exports.unknown();
  }

  measures(): Measures[] {
    const before = this.#before?.measures;
    return this.#systems.map((system, i) => {
      const all = this.#measure(system);
      return before === undefined ? all : since(before[i], all);
    });
  }

  #measure({ config, policy, stages, walker, swap }: Parts): Measures {
    const wasm = this.#exports;
    const KINDS = [0, 1, 2];
    const made = KINDS.map((kind) => wasm.accesses(kind));
    const depth = Math.max(...config.tlbs.map((tlb) => tlb.level));
    const missed = Array.from({ length: depth }, (_, n) => KINDS.map((kind) => (config.ideal ? 0 : wasm.stageMissed(stages[n], kind))));
    const levels: Level[] = [];
    for (const [i, side] of (['instructions', 'data'] as const).entries()) {
      const ofSide = (counts: readonly number[]): number => (i === 0 ? counts[0] : counts[1] + counts[2]);
      missed.forEach((misses, n) => {
        levels.push({ level: n + 1, side, lookups: ofSide(n === 0 ? made : missed[n - 1]), misses: ofSide(misses) });
      });
    }
    const walks = missed[missed.length - 1];
    const latency = (level: number): number => config.tlbs.find((tlb) => tlb.level === level)?.latency ?? 0;
    const walkCycles = walker === undefined ? 0 : wasm.walkerCycles(walker);
    const found = (where: number): number => (walker === undefined ? 0 : wasm.walkerFound(walker, where));
    const { fault, drop, shootdown, processors, accessedDirty } = config.costs;
    const bitUpdates = walker === undefined ? 0 : wasm.walkerBitUpdates(walker);
    const setting = config.accessedDirty === 'fault' ? bitUpdates * accessedDirty : 0;
    const pages = wasm.policyPages(policy);
    const drops = wasm.drops();
    const [evictions, swapWrites, swapReads] =
      swap === undefined ? [0, 0, 0] : [wasm.swapEvictions(swap), wasm.swapWrites(swap), wasm.swapReads(swap)];
    const swapping = swapReads * (fault + (config.swap?.read ?? 0)) + swapWrites * (config.swap?.write ?? 0);
    const entryBytes = config.format === 'hashed' ? 16 : config.format === 'inverted' ? 16 + 8 : 0;
    return {
      name: config.name,
      instructions: wasm.instructions(),
      accesses: { fetches: made[0], loads: made[1], stores: made[2] },
      levels,
      walks: { fetches: walks[0], loads: walks[1], stores: walks[2], all: walks[0] + walks[1] + walks[2] },
      references: walker === undefined ? 0 : wasm.walkerReferences(walker),
      found: [...config.caches.map((_, n) => found(n)), found(IN_MEMORY)],
      hostReferences: walker === undefined ? 0 : wasm.walkerHostReferences(walker),
      cycles: levels.reduce((sum, { level, lookups }) => sum + lookups * latency(level), walkCycles),
      walkCycles,
      osCycles: pages * fault + (drops + evictions) * (drop + shootdown * (processors - 1)) + setting + swapping,
      prefetches: config.ideal ? 0 : wasm.stagePrefetches(stages[depth - 1]),
      victimHits: stages.reduce((sum, stage) => sum + wasm.stageVictimHits(stage), 0),
      pages,
      promotions: wasm.policyPromotions(policy),
      refusals: wasm.policyRefused(policy),
      bitUpdates,
      evictions,
      swapWrites,
      swapReads,
      switches: wasm.switches(),
      tablePages: config.ideal ? 0 : entryBytes > 0 ? Math.ceil((config.tableEntries * entryBytes) / 4096) : wasm.policyTables(policy),
      drops,
    };
  }

  /** Walks of a system so far, of fetches, loads or stores (0, 1, 2): for who asks after every record. */
  walksOf(system: number, kind: number): number {
    const { stages, walker } = this.#systems[system];
    return walker === undefined ? 0 : this.#exports.stageMissed(stages[stages.length - 1], kind);
  }
  /** Cycles that its walks took so far. */
  walkCyclesOf(system: number): number {
    const { walker } = this.#systems[system];
    return walker === undefined ? 0 : this.#exports.walkerCycles(walker);
  }

  /** Names of a system's TLBs that have the translation of a page of 4K. */
  holders(system: number, space: number, address: number): string[] {
    const { config, stages } = this.#systems[system];
    return stages.flatMap((stage, n) => {
      const bits = this.#exports.stageHolds(stage, space, address);
      return config.tlbs.filter(({ level }) => level === n + 1).flatMap(({ name }, i) => ((bits >>> i) & 1 ? [name] : []));
    });
  }

  distances(): Distances {
    const wasm = this.#exports;
    const before = this.#before?.distances;
    const counts = Float64Array.from(
      { length: DISTANCES },
      (_, distance) => wasm.distanceCount(distance) - (before?.counts[distance] ?? 0),
    );
    return { cold: wasm.distanceCold() - (before?.cold ?? 0), counts, above: wasm.distanceAbove() - (before?.above ?? 0) };
  }
}

/** What was counted after something else had been. */
function since(before: Measures, all: Measures): Measures {
  const kept = new Set(['level', 'pages', 'tablePages', 'promotions', 'refusals']);
  const less = (a: unknown, b: unknown, name: string): unknown => {
    if (typeof a === 'number') return kept.has(name) ? a : a - (b as number);
    if (Array.isArray(a)) return a.map((one, i) => less(one, (b as unknown[])[i], name));
    if (typeof a !== 'object' || a === null) return a;
    return Object.fromEntries(Object.entries(a).map(([key, one]) => [key, less(one, (b as Record<string, unknown>)[key], key)]));
  };
  return less(all, before, '') as Measures;
}

/** Accesses that fully associative LRU TLBs of 1, 2, 4... entries miss: exact, from one pass. */
export function missCurve({ cold, counts, above }: Distances): { entries: number; misses: number }[] {
  const all = counts.reduce((sum, count) => sum + count, cold + above);
  const curve: { entries: number; misses: number }[] = [];
  let hits = 0;
  let next = 1;
  for (let distance = 0; distance < counts.length; distance++) {
    hits += counts[distance];
    if (distance + 1 !== next) continue;
    curve.push({ entries: next, misses: all - hits });
    if (all - hits === cold) break;
    next *= 2;
  }
  return curve;
}
