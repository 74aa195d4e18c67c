/** Patterns of data accesses, as records: seeded, so the same everywhere. */
import { RECORD_KIND_SHIFT, RECORD_LOAD, RECORD_PASSED_SHIFT, RECORD_STORE } from '../../assembly/shared/trace.js';
import { ConfigError } from './check.js';
import type { TakeRecords } from './recorder.js';

export const PATTERNS = ['sequential', 'random', 'zipf', 'chase', 'stride', 'gups', 'matrix', 'btree'] as const;
export type Pattern = (typeof PATTERNS)[number];

export interface SyntheticOptions {
  readonly pattern: Pattern;
  /** Of the data, in bytes. */
  readonly bytes: number;
  readonly accesses: number;
  readonly seed: number;
  /** stride: bytes from one access to the next. */
  readonly stride: number;
  /** zipf: exponent, above 0 and not 1. */
  readonly exponent: number;
}

export const SYNTHETIC_DEFAULTS: Omit<SyntheticOptions, 'pattern'> = {
  bytes: 64 << 20,
  accesses: 10_000_000,
  seed: 1,
  stride: 4096 + 64,
  exponent: 0.99,
};

/** Where the data begins: beyond what programs leave unmapped. */
const BASE = 0x1000_0000;
const PAGE = 4096;
/** Records handed over at once. */
const ROOM = 16384;

/** mulberry32: numbers from 0 up to 1. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Gives one offset after the other; odd: it is stored to. */
type Next = () => number;

const STORE_BIT = 1;

function matrix(bytes: number): Next {
  // C = A * B of doubles, row by column, each a third of the bytes.
  const n = Math.max(1, Math.floor(Math.sqrt(bytes / 3 / 8)));
  const at = (which: number, row: number, column: number): number => ((which * n + row) * n + column) * 8;
  let [i, j, k, part] = [0, 0, 0, 0];
  return () => {
    if (part === 0) {
      part = 1;
      return at(0, i, k);
    }
    if (part === 1) {
      const offset = at(1, k, j);
      part = 0;
      if (++k === n) [k, part] = [0, 2];
      return offset;
    }
    const offset = at(2, i, j);
    part = 0;
    if (++j === n) {
      j = 0;
      if (++i === n) i = 0;
    }
    return offset | STORE_BIT;
  };
}

function btree(bytes: number, random: () => number): Next {
  // Nodes of 256 bytes with 16 children, level by level; each search reads one node a level.
  const levels: { first: number; count: number }[] = [];
  let first = 0;
  for (let count = 1; (first + count) * 256 <= bytes; count *= 16) {
    levels.push({ first, count });
    first += count;
  }
  let level = 0;
  let key = 0;
  return () => {
    if (level === 0) key = random();
    const { first: start, count } = levels[level];
    level = (level + 1) % levels.length;
    return (start + Math.floor(key * count)) * 256;
  };
}

/** Rejection-free: the inverse of the continuous distribution, near enough for experiments and the same everywhere. */
function zipf(pages: number, exponent: number, random: () => number): Next {
  const power = 1 - exponent;
  const scale = pages ** power - 1;
  // Neighbouring ranks must not be neighbouring pages.
  const step = Math.floor(pages * 0.618) | 1;
  return () => {
    const rank = Math.min(pages, Math.floor((random() * scale + 1) ** (1 / power))) - 1;
    return ((rank * step) % pages) * PAGE + (Math.floor(random() * 512) << 3);
  };
}

function chase(pages: number, random: () => number): Next {
  // One cycle through all pages (Sattolo).
  const next = Uint32Array.from({ length: pages }, (_, i) => i);
  for (let i = pages - 1; i > 0; i--) {
    const j = Math.floor(random() * i);
    [next[i], next[j]] = [next[j], next[i]];
  }
  let page = 0;
  return () => {
    page = next[page];
    return page * PAGE;
  };
}

function generator({ pattern, bytes, seed, stride, exponent }: SyntheticOptions): Next {
  const random = randomOf(seed);
  const pages = Math.floor(bytes / PAGE);
  const words = Math.floor(bytes / 8);
  let at = 0;
  switch (pattern) {
    case 'sequential':
      return () => {
        const offset = at;
        at = (at + 8) % (words * 8);
        return offset;
      };
    case 'stride':
      return () => {
        const offset = at;
        at = (at + stride) % (words * 8);
        return offset - (offset % 8);
      };
    case 'random':
      return () => Math.floor(random() * words) * 8;
    case 'gups': {
      let held = -1;
      return () => {
        if (held >= 0) {
          const offset = held | STORE_BIT;
          held = -1;
          return offset;
        }
        held = Math.floor(random() * words) * 8;
        return held;
      };
    }
    case 'zipf':
      return zipf(pages, exponent, random);
    case 'chase':
      return chase(pages, random);
    case 'matrix':
      return matrix(bytes);
    case 'btree':
      return btree(bytes, random);
  }
}

/** Hands batches of records over until all accesses are made; each access counts as one instruction of which nothing else is known. */
export function synthesize(options: SyntheticOptions, take: TakeRecords): void {
  if (options.bytes < PAGE || options.bytes > 2 ** 38) throw new ConfigError('bytes', 'must be from 4K to 256G');
  if (options.exponent <= 0 || options.exponent === 1) throw new ConfigError('exponent', 'must be above 0 and not 1');
  if (options.pattern === 'chase' && options.bytes > 2 ** 34) throw new ConfigError('bytes', 'a chase is over at most 16G');
  const next = generator(options);
  const words = new Uint32Array(2 * ROOM);
  const high = (kind: number): number => (kind << (RECORD_KIND_SHIFT - 32)) | (1 << (RECORD_PASSED_SHIFT - 32));
  const [load, store] = [high(RECORD_LOAD), high(RECORD_STORE)];
  for (let done = 0; done < options.accesses; ) {
    const count = Math.min(ROOM, options.accesses - done);
    for (let i = 0; i < count; i++) {
      const offset = next();
      const address = BASE + offset - (offset & STORE_BIT);
      words[2 * i] = address;
      words[2 * i + 1] = (offset & STORE_BIT ? store : load) | (address / 2 ** 32);
    }
    take(words, count);
    done += count;
  }
}
