/**
 * What choosing by use is worth: pages read again when random accesses go to four times the memory. Ours is the clock of
 * assembly/mm/scan.ts; beside it the same accesses with a queue (first in, first out) and with the page that was not used for longest
 * (LRU), both simulated with as many pages as ours had resident.
 *   npx tsx bench/reclaim.ts
 * The counts are exact and the same on every run; docs/decisions/0008-reclaim.md has them.
 */
import { ACCESS_READ, ACCESS_WRITE, FAULT_MEMORY } from '../assembly/shared/exit.js';
import * as M from '../assembly/shared/mman.js';
import { RECLAIM_STAT_SCANNED, SPACE_STAT_RESIDENT, SWAP_STAT_OUT } from '../assembly/shared/stat.js';
import { Mm, PAGE, RW } from '../tests/support/core.js';

const FRAMES = 4096;
const PAGES = 4 * FRAMES;
const ACCESSES = 300_000;
/** What the host asks for at once of a memory of this size. */
const BATCH = FRAMES >> 6;
const AT = 0x1000000;

function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const random = generator(1);
let next = 0;
const stream = (): number => next++ % PAGES;

/** Pages by rank; where a page lies has nothing to do with it. */
const PATTERNS: Readonly<Record<string, () => number>> = {
  // A working set that fits, and a scan through everything beside it.
  'hot half, 1 in 4 streaming': () => (random() < 0.25 ? stream() : Math.floor(random() * (FRAMES / 2))),
  // Few pages often, many seldom: the density falls as 1/x.
  'skewed, no end to the set': () => Math.floor(PAGES ** random()) - 1,
  // What no policy that looks back can do well.
  'round and round': stream,
};

const places = Array.from({ length: PAGES }, (_, i) => i);
for (let i = PAGES - 1; i > 0; i--) {
  const j = Math.floor(random() * (i + 1));
  [places[i], places[j]] = [places[j], places[i]];
}

interface Outcome {
  readonly misses: number;
  readonly resident: number;
  readonly written: number;
  readonly looks: number;
}

async function ours(accesses: readonly number[], file: boolean): Promise<Outcome> {
  const mm = await Mm.create(FRAMES);
  const { exports } = mm;
  exports.swapInit(4 * PAGES);
  const space = mm.space();
  const object = mm.file(PAGES);
  mm.map(space, AT, PAGES, RW, M.MAP_FIXED | (file ? M.MAP_SHARED : M.MAP_PRIVATE | M.MAP_ANONYMOUS), file ? object : 0);
  const access = (place: number, kind: number): void => {
    while (mm.touch(space, AT + place * PAGE, kind) === -FAULT_MEMORY) if (mm.makeRoom(BATCH) === 0) throw new Error('no room');
  };
  // Everything is there once, so that a miss is a page that was there before.
  for (let i = 0; i < PAGES; i++) access(places[i], ACCESS_WRITE);
  const before = { misses: mm.filled, looks: exports.swapStat(RECLAIM_STAT_SCANNED), written: exports.swapStat(SWAP_STAT_OUT) };
  accesses.forEach((place, n) => access(place, n % 4 === 0 ? ACCESS_WRITE : ACCESS_READ));
  return {
    misses: mm.filled - before.misses,
    resident: file ? exports.objectPagesPresent(object) : exports.spaceStat(space, SPACE_STAT_RESIDENT),
    written: exports.swapStat(SWAP_STAT_OUT) - before.written,
    looks: exports.swapStat(RECLAIM_STAT_SCANNED) - before.looks,
  };
}

/** A Map knows the order in which its keys came: taking one out and in again makes the queue an LRU list. */
function simulated(accesses: readonly number[], capacity: number, byUse: boolean): number {
  const resident = new Map(places.slice(PAGES - capacity).map((place) => [place, true]));
  let misses = 0;
  for (const place of accesses) {
    if (resident.has(place)) {
      if (byUse) resident.delete(place);
      else continue;
    } else {
      misses++;
      resident.delete(resident.keys().next().value as number);
    }
    resident.set(place, true);
  }
  return misses;
}

for (const [name, pattern] of Object.entries(PATTERNS)) {
  next = 0;
  const accesses = Array.from({ length: ACCESSES }, () => places[pattern()]);
  for (const file of [false, true]) {
    const { misses, resident, written, looks } = await ours(accesses, file);
    const share = (count: number): string => `${count} (${(100 * (1 - count / ACCESSES)).toFixed(1)} % hits)`;
    const [queue, lru] = [false, true].map((byUse) => share(simulated(accesses, resident, byUse)));
    const each = (looks / misses).toFixed(1);
    console.log(`${name}, ${file ? 'file' : 'anonymous'}: ours ${share(misses)}, queue ${queue}, LRU ${lru}; looked at ${each} for each`);
    if (!file) console.log(`  written ${written} of ${misses}: what was only read needs it no more`);
  }
}
