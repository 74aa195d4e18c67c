/** The other side of dist/lab.wasm (assembly/lab): modelled systems, fed with records. */
import { type ArrayConfig, FORMATS, PAGE_SIZES, REACHES, REPLACEMENTS, SERVES, type SystemConfig } from './config.js';

interface Exports {
  readonly memory: WebAssembly.Memory;
  inputAddress(): number;
  systemNew(depth: number, baseSize: number, sizes: number, promoteAt: number, flush: number, prefetch: number): number;
  addTlb(
    ...args: [
      id: number,
      level: number,
      classes: number,
      sizes: number,
      sets: number,
      ways: number,
      policy: number,
      seed: number,
      latency: number,
    ]
  ): void;
  addWalkCache(id: number, remaining: number, sets: number, ways: number, policy: number, seed: number): void;
  addCache(id: number, sets: number, ways: number, policy: number, seed: number, latency: number): void;
  setMemory(id: number, lineShift: number, latency: number): void;
  feed(count: number): void;
  instructions(): number;
  accesses(): number;
  unknown(): number;
  statistic(id: number, which: number): number;
  distanceNew(kinds: number, pageShift: number): void;
  distanceFeed(count: number): void;
  distanceCold(): number;
  distanceCount(distance: number): number;
  distanceAbove(): number;
}

/** Records that one call of feed takes at most. */
export const BATCH_RECORDS = 65536;

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
  /** Page-table entries read, and where they were found: each cache, then memory. */
  readonly references: number;
  readonly found: readonly number[];
  /** Cycles spent on translation, and those of them that walks took. */
  readonly cycles: number;
  readonly walkCycles: number;
  readonly prefetches: number;
  /** Pages touched, of the size they had when they were first. */
  readonly pages: number;
  readonly promotions: number;
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
const STAT = { accesses: 0, walks: 3, hits: 6, found: 14, rest: 19 };
const bits = (names: readonly string[], all: readonly string[]): number => names.reduce((sum, name) => sum | (1 << all.indexOf(name)), 0);

export class Engine {
  readonly #exports: Exports;
  readonly #systems: SystemConfig[] = [];
  readonly #input: number;
  #distances = false;

  /** module: dist/lab.wasm. An engine is for one pass. */
  constructor(module: WebAssembly.Module) {
    this.#exports = new WebAssembly.Instance(module, {}).exports as unknown as Exports;
    this.#input = this.#exports.inputAddress();
  }

  add(config: SystemConfig): void {
    const wasm = this.#exports;
    const sizes = config.promoteAfter === 0 ? [config.pageSize] : ['4K', '2M'];
    const id = wasm.systemNew(
      FORMATS[config.format],
      PAGE_SIZES.indexOf(config.pageSize),
      bits(sizes, PAGE_SIZES),
      config.promoteAfter,
      config.onSwitch === 'flush' ? 1 : 0,
      config.prefetchNext,
    );
    const shape = ({ entries, ways, replacement, seed }: ArrayConfig): [number, number, number, number] => [
      entries / ways,
      ways,
      REPLACEMENTS.indexOf(replacement),
      seed,
    ];
    for (const tlb of config.tlbs)
      wasm.addTlb(id, tlb.level - 1, SERVES.indexOf(tlb.serves) + 1, bits(tlb.sizes, PAGE_SIZES), ...shape(tlb), tlb.latency);
    for (const cache of config.walkCaches) wasm.addWalkCache(id, REACHES.indexOf(cache.covers) + 1, ...shape(cache));
    for (const cache of config.caches) wasm.addCache(id, ...shape(cache), cache.latency);
    wasm.setMemory(id, Math.log2(config.lineBytes), config.memoryLatency);
    this.#systems.push(config);
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

  /** The first `count` records of the input happened. */
  feed(count: number): void {
    this.#exports.feed(count);
    if (this.#distances) this.#exports.distanceFeed(count);
  }

  get instructions(): number {
    return this.#exports.instructions();
  }
  get accesses(): number {
    return this.#exports.accesses();
  }
  /** Records of kinds that are unknown. */
  get unknown(): number {
    return this.#exports.unknown();
  }

  measures(): Measures[] {
    return this.#systems.map((config, id) => this.#measure(config, id));
  }

  #measure(config: SystemConfig, id: number): Measures {
    const stat = (which: number): number => this.#exports.statistic(id, which);
    const [fetches, loads, stores] = [0, 1, 2].map((kind) => stat(STAT.accesses + kind));
    const walks = [0, 1, 2].map((kind) => stat(STAT.walks + kind));
    const levels: Level[] = [];
    for (const [i, side] of (['instructions', 'data'] as const).entries()) {
      let lookups = i === 0 ? fetches : loads + stores;
      const deepest = Math.max(...config.tlbs.map((tlb) => tlb.level));
      for (let level = 1; level <= deepest; level++) {
        const hits = stat(STAT.hits + (level - 1) * 2 + i);
        levels.push({ level, side, lookups, misses: lookups - hits });
        lookups -= hits;
      }
    }
    const rest = [...'references cycles walkCycles prefetches pages promotions switches tablePages drops'.split(' ').entries()];
    const named = Object.fromEntries(rest.map(([i, name]) => [name, stat(STAT.rest + i)])) as unknown as Measures;
    return {
      ...named,
      name: config.name,
      instructions: this.instructions,
      accesses: { fetches, loads, stores },
      levels,
      walks: { fetches: walks[0], loads: walks[1], stores: walks[2], all: walks[0] + walks[1] + walks[2] },
      found: [...config.caches.map((_, n) => stat(STAT.found + n)), stat(STAT.found + 4)],
    };
  }

  distances(): Distances {
    const wasm = this.#exports;
    const counts = Float64Array.from({ length: DISTANCES }, (_, distance) => wasm.distanceCount(distance));
    return { cold: wasm.distanceCold(), counts, above: wasm.distanceAbove() };
  }
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
