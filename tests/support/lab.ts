/** Random streams and systems for the laboratory's tests, and the independent simulator. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import * as T from '../../assembly/shared/trace.js';
import { ALLOCATIONS, BIT_SETTERS, FORMATS, PREFETCHERS, REPLACEMENTS, type SystemConfig, systemConfig } from '../../host/lab/config.js';
import type { Measures } from '../../host/lab/engine.js';
import type { Random } from './random.js';

export const labModule = (): WebAssembly.Module => new WebAssembly.Module(readFileSync('dist/lab.wasm'));

const between = (random: Random, least: number, most: number): number => least + random.below(most - least + 1);

export interface Rec {
  readonly passed: number;
  readonly kind: number;
  readonly value: number;
}

export function wordsOf(records: readonly Rec[]): Uint32Array {
  const words = new Uint32Array(2 * records.length);
  records.forEach(({ passed, kind, value }, i) => {
    words[2 * i] = value;
    words[2 * i + 1] = Math.floor(value / 2 ** 32) | (kind << 16) | (passed << 20);
  });
  return words;
}

/** Loops and leaps over some pages of a few address spaces, with switches, invalidations and flushes. */
export function randomRecords(random: Random, count: number): Rec[] {
  const pages = 1 << between(random, 2, 9);
  const spread = between(random, 0, 1) === 0 ? 1 : 997;
  const place = (): number => 0x10000 + between(random, 0, pages - 1) * spread * 4096 + between(random, 0, 4095);
  const records: Rec[] = [];
  for (let i = 0; i < count; i++) {
    const dice = between(random, 0, 999);
    // Where most of an independent simulator's time goes, one after the other.
    const passed = between(random, 0, 7) === 0 ? between(random, 0, 16) : between(random, 0, 1);
    const latest = records[i - 1]?.value ?? 0;
    if (dice < 300) records.push({ passed, kind: T.RECORD_LOAD, value: place() });
    else if (dice < 500) records.push({ passed, kind: T.RECORD_STORE, value: place() });
    else if (dice < 850) records.push({ passed, kind: between(random, 1, 2), value: latest < 8192 ? place() : latest });
    else if (dice < 970) records.push({ passed, kind: T.RECORD_CODE, value: place() });
    else if (dice < 985) records.push({ passed, kind: T.RECORD_SPACE, value: between(random, 1, 3) });
    else if (dice < 993) {
      if (between(random, 0, 2) === 0) records.push({ passed: 0, kind: T.RECORD_OTHER, value: between(random, 1, 3) });
      const order = random.pick([0, 0, 0, 3, T.DROP_ORDER_2M]);
      const bytes = 4096 * 2 ** order;
      records.push({ passed, kind: T.RECORD_DROP, value: Math.floor(place() / bytes) * bytes + order });
    } else if (dice < 994) {
      const region = Math.floor(place() / 2 ** 21) * 2 ** 21;
      records.push({ passed, kind: T.RECORD_ADVICE, value: region + random.pick([0, 1, 1, 2, 3, 3]) });
    } else if (dice < 995) records.push({ passed, kind: T.RECORD_FLUSH, value: 1 + between(random, 0, 3) });
    else if (dice < 998) records.push({ passed: 0, kind: T.RECORD_PASSED, value: between(random, 1, 100) });
    else records.push({ passed, kind: T.RECORD_FLUSH, value: 0 });
  }
  return records;
}

export function randomSystem(random: Random): SystemConfig {
  const pick = <V>(values: readonly V[]): V => random.pick(values);
  // Half of them are what has loops of its own in the engine: LRU, and nothing else to it.
  const plain = between(random, 0, 1) === 0;
  const array = (most: number) => {
    const replacement = plain ? 'lru' : pick(REPLACEMENTS);
    const ways = replacement === 'tree-plru' ? 1 << between(random, 0, 3) : pick([1, 2, 4, 8, 3, 6, 12, 15, 16, 21]);
    const sets = replacement === 'tree-plru' ? 1 << between(random, 0, most) : between(random, 1, 1 << most);
    return { entries: ways * sets, ways, replacement, seed: between(random, 1, 1000) };
  };
  const promoteAfter = plain ? 0 : pick([0, 0, 1, 3]);
  const background =
    plain || between(random, 0, 2) > 0 ? null : { every: pick([7, 100, 1000]), regions: pick([1, 2, 8]), present: pick([1, 2, 5]) };
  const promotes = promoteAfter > 0 || background !== null;
  const pageSize = promotes ? '4K' : pick(['4K', '4K', '64K', '2M', '1G'] as const);
  const small = pageSize === '4K';
  const memory = {
    bytes: promotes ? 2 ** 31 : pick([8, 16, 1024]) << 20,
    fragmented: pick([0, 50, 100]),
    allocation: pick(ALLOCATIONS),
    seed: between(random, 1, 1000),
  };
  const isSwapping = small && !promotes && between(random, 0, 2) === 0;
  const swap = { pages: pick([1, 2, 16, 100]), read: between(random, 0, 5000), write: between(random, 0, 5000) };
  const tlb = (most: number) => {
    const one = array(most);
    const coalesce = small && !plain ? pick([1, 1, 2, 4, 8]) : 1;
    const victims = coalesce > 1 || plain ? 0 : pick([0, 0, 1, 3]);
    return { ...one, partitions: plain ? 1 : pick([1, 1, 2].filter((parts) => one.ways % parts === 0)), victims, coalesce };
  };
  const sizes = promotes ? ['4K', '2M'] : [pageSize];
  const first =
    between(random, 0, 2) === 0
      ? [{ level: 1, serves: 'both', sizes, ...tlb(3) }]
      : [
          { level: 1, serves: 'instructions', sizes, ...tlb(2) },
          { level: 1, serves: 'data', sizes, ...tlb(3) },
        ];
  const second = between(random, 0, 2) > 0 ? [{ level: 2, serves: 'both', sizes, latency: between(random, 0, 9), ...tlb(4) }] : [];
  const format = pick(['sv39', 'sv48', 'sv57', 'x86-64', 'hashed', 'inverted'] as const);
  const tree = FORMATS[format] > 0;
  const nested = tree && !plain && pageSize !== '1G' && between(random, 0, 2) === 0;
  const host = { format: pick(['sv39', 'sv48', 'x86-64']), pageSize: pick(['4K', '64K', '2M', '1G']) };
  const covers = !tree ? [] : format === 'sv39' ? ['2M', '1G'] : ['2M', '1G', '512G'];
  return systemConfig({
    name: 'random',
    format,
    tableEntries: 4096,
    memory: small && !isSwapping && between(random, 0, 1) === 0 ? memory : undefined,
    swap: isSwapping ? swap : undefined,
    accessedDirty: plain ? 'none' : pick(BIT_SETTERS),
    nested: nested ? { ...host, tlb: pick([undefined, { latency: between(random, 0, 3), ...array(3) }]) } : undefined,
    pageSize,
    promoteAfter,
    promote: promotes ? pick(['always', 'madvise', 'fit']) : 'always',
    background,
    tlbs: [...first, ...second],
    walkCaches: covers.filter(() => between(random, 0, 1) === 0).map((reach) => ({ covers: reach, ...array(2) })),
    caches: [1024, 8192].slice(0, between(random, 0, 2)).map((bytes, i) => ({ bytes, ways: pick([1, 4, 'full']), latency: 3 + 9 * i })),
    memoryLatency: between(random, 0, 100),
    onSwitch: pick(['asid', 'flush']),
    prefetchNext: plain ? 0 : pick([0, 0, 1, 2]),
    prefetcher: pick(PREFETCHERS),
    prefetchRows: pick([1, 4, 64]),
    ideal: between(random, 0, 19) === 0,
    costs: { fault: 1000, drop: between(random, 0, 9), shootdown: 50, accessedDirty: 700, processors: between(random, 1, 4) },
  });
}

export interface ReferenceJob {
  readonly systems: readonly SystemConfig[];
  readonly records: readonly Rec[];
}

/** What tests/lab/reference.py counts for each system of each job. */
export function references(jobs: readonly ReferenceJob[]): unknown[][] {
  const given = jobs.map(({ systems, records }) => ({
    systems,
    records: records.map(({ passed, kind, value }) => [passed, kind, value]),
  }));
  const input = JSON.stringify(given);
  return JSON.parse(execFileSync('python3', ['tests/lab/reference.py'], { input, encoding: 'utf8', maxBuffer: 1 << 26 })) as unknown[][];
}

/** Measures in the reference's words. */
export function comparable({ name: _, accesses, walks, ...rest }: Measures): unknown {
  return { ...rest, accesses: [accesses.fetches, accesses.loads, accesses.stores], walks: [walks.fetches, walks.loads, walks.stores] };
}
