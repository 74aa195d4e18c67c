/** A region of interest: of a stream, what lies between two places, by markers of the program, functions or numbers of instructions. */
import * as T from '../../assembly/shared/trace.js';
import type { Pass } from './pass.js';
import type { TakeRecords } from './recorder.js';

const TWO32 = 2 ** 32;

/**
 * The first argument of a prctl(2) by which a program sets a marker, the second is its number: "PWMK". Linux has no such option and answers
 * EINVAL, so the program is the same everywhere.
 */
export const MARK_PRCTL = 0x50574d4b;

/**
 * mark: a number of a marker; symbol: a function, from the first load or store that one of its instructions makes; instructions: the
 * record with which so many have passed.
 */
export type RegionPlace = { readonly mark: number } | { readonly symbol: string } | { readonly instructions: number };

/** mark:N, instruction:N or the name of a function; undefined: none of them. */
export function parsePlace(text: string): RegionPlace | undefined {
  const [, kind, number] = /^(mark|instruction):(\d{1,15})$/.exec(text) ?? [];
  if (kind === 'instruction') return { instructions: Number(number) };
  if (kind === 'mark') return number.length < 10 ? { mark: Number(number) } : undefined;
  return /^[^\s:]+$/.test(text) ? { symbol: text } : undefined;
}

/** Who is told of a stream: of what comes before the region, and of it; begin: it begins now. */
export interface RegionTakers {
  readonly before: TakeRecords;
  readonly within: TakeRecords;
  readonly begin: () => void;
}

/** Counts begin with the region: what comes before it warms up what is modelled. */
export function countedRegion(pass: Pass): RegionTakers {
  return { before: pass.take, within: pass.take, begin: () => pass.engine.begin() };
}

/**
 * Of a recording: what comes before the region is not told, but for which address space runs, where its instructions come from and what
 * it was advised of. Code that has stayed in its page is not told again.
 */
export function recordedRegion(take: TakeRecords): RegionTakers {
  let [space, code] = [0, -1];
  /** By space: regions that may be one page. Of spaces that do not run when the region begins it is told when they do. */
  const advice = new Map<number, Set<number>>();
  const words = new Uint32Array(2 * (T.TRACE_ROOM + 8));
  let count = 0;
  let isBegun = false;
  const put = (low: number, high: number): void => {
    words[2 * count] = low;
    words[2 * count++ + 1] = high;
  };
  const told = (kind: number, value: number): void => put(value, Math.floor(value / TWO32) | (kind << 16));
  /** Is it the page of code that is known? */
  const follow = (low: number, high: number): boolean => {
    const kind = (high >>> 16) & T.RECORD_KIND_MASK;
    const value = low + (high & 0xffff) * TWO32;
    if (kind === T.RECORD_SPACE) space = value;
    if (kind === T.RECORD_FLUSH && value > 0) advice.delete(value - 1);
    if (kind === T.RECORD_ADVICE && !isBegun) {
      const regions = advice.get(space) ?? new Set();
      if (value % 2 === 1) regions.add(value);
      else regions.delete(value + 1);
      advice.set(space, regions);
    }
    if (kind !== T.RECORD_CODE) return false;
    const isSame = Math.floor(value / 4096) === Math.floor(code / 4096);
    code = value;
    return isSame;
  };
  const flush = (): void => {
    if (count > 0) take(words, count);
    count = 0;
  };
  const tellAdvice = (): void => {
    for (const value of advice.get(space) ?? []) {
      told(T.RECORD_ADVICE, value);
      if (count >= T.TRACE_ROOM) flush();
    }
    advice.delete(space);
  };
  return {
    before: (records, n) => {
      for (let i = 0; i < n; i++) follow(records[2 * i], records[2 * i + 1]);
    },
    begin: () => {
      isBegun = true;
      if (space !== 0) told(T.RECORD_SPACE, space);
      if (code >= 0) told(T.RECORD_CODE, code);
      tellAdvice();
      flush();
    },
    within: (records, n) => {
      for (let i = 0; i < n; i++) {
        const [low, high] = [records[2 * i], records[2 * i + 1]];
        if (!follow(low, high)) {
          put(low, high);
          if (((high >>> 16) & T.RECORD_KIND_MASK) === T.RECORD_SPACE) tellAdvice();
        }
        // All that is left of it is that instructions passed.
        else if (high >>> 20 !== 0) put(0, (high & ~0xfffff) | (T.RECORD_PASSED << 16));
        if (count >= T.TRACE_ROOM) flush();
      }
      flush();
    },
  };
}

export class RegionOfInterest {
  #begun: boolean;
  #ended = false;
  #instructions = 0;

  /** nameAt: the function of an instruction, where places are functions; the stream has a record of code for each access then. */
  constructor(
    private readonly takers: RegionTakers,
    private readonly from: RegionPlace | undefined,
    private readonly to: RegionPlace | undefined,
    private readonly nameAt?: (pc: number) => string | undefined,
  ) {
    this.#begun = from === undefined;
  }

  readonly take: TakeRecords = (words, count) => {
    let from = 0;
    for (let i = 0; i < count && !this.#ended; i++) {
      const place = this.#begun ? this.to : this.from;
      if (place === undefined) break;
      if (!this.#isAt(place, words[2 * i], words[2 * i + 1])) continue;
      // The instructions that a record tells of were before it.
      this.#tell(words, from, i + 1);
      from = i + 1;
      if (this.#begun) this.#ended = true;
      else {
        this.#begun = true;
        this.takers.begin();
      }
    }
    if (!this.#ended && from < count) this.#tell(words, from, count);
  };

  #tell(words: Uint32Array, from: number, end: number): void {
    const take = this.#begun ? this.takers.within : this.takers.before;
    take(words.subarray(2 * from, 2 * end), end - from);
  }

  #isAt(place: RegionPlace, low: number, high: number): boolean {
    const kind = (high >>> 16) & T.RECORD_KIND_MASK;
    const value = low + (high & 0xffff) * TWO32;
    this.#instructions += (high >>> 20) + (kind === T.RECORD_PASSED ? value : 0);
    if ('instructions' in place) return this.#instructions >= place.instructions;
    if ('mark' in place) return kind === T.RECORD_MARK && value === place.mark;
    return kind === T.RECORD_CODE && this.nameAt?.(value) === place.symbol;
  }

  /** What the stream never came to. */
  missing(): 'from' | 'to' | undefined {
    if (!this.#begun) return 'from';
    return this.to !== undefined && !this.#ended ? 'to' : undefined;
  }
}
