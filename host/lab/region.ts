/** A region of interest: counts begin at one place of a stream and end at another, by markers of the program or by functions. */
import * as T from '../../assembly/shared/trace.js';
import type { Pass } from './pass.js';
import type { TakeRecords } from './recorder.js';

const TWO32 = 2 ** 32;

/**
 * The first argument of a prctl(2) by which a program sets a marker, the second is its number: "PWMK". Linux has no such option and answers
 * EINVAL, so the program is the same everywhere.
 */
export const MARK_PRCTL = 0x50574d4b;

/** mark: a number of a marker; symbol: a function, from the first load or store that one of its instructions makes. */
export type RegionPlace = { readonly mark: number } | { readonly symbol: string };

/** mark:N or the name of a function; undefined: neither. */
export function parsePlace(text: string): RegionPlace | undefined {
  const mark = /^mark:(\d{1,9})$/.exec(text);
  if (mark !== null) return { mark: Number(mark[1]) };
  return /^[^\s:]+$/.test(text) ? { symbol: text } : undefined;
}

/** Stands before a pass: what comes before `from` warms up what is modelled, what comes after `to` is not told any more. */
export class RegionOfInterest {
  #begun: boolean;
  #ended = false;

  /** nameAt: the function of an instruction, where places are functions; the stream has a record of code for each access then. */
  constructor(
    private readonly pass: Pass,
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
      const high = words[2 * i + 1];
      if (place === undefined || !this.#isAt(place, (high >>> 16) & T.RECORD_KIND_MASK, words[2 * i] + (high & 0xffff) * TWO32)) continue;
      // The instructions that a record tells of were before it.
      this.pass.take(words.subarray(2 * from, 2 * (i + 1)), i + 1 - from);
      from = i + 1;
      if (this.#begun) this.#ended = true;
      else {
        this.#begun = true;
        this.pass.engine.begin();
      }
    }
    if (!this.#ended && from < count) this.pass.take(words.subarray(2 * from, 2 * count), count - from);
  };

  #isAt(place: RegionPlace, kind: number, value: number): boolean {
    if ('mark' in place) return kind === T.RECORD_MARK && value === place.mark;
    return kind === T.RECORD_CODE && this.nameAt?.(value) === place.symbol;
  }

  /** What the stream never came to. */
  missing(): 'from' | 'to' | undefined {
    if (!this.#begun) return 'from';
    return this.to !== undefined && !this.#ended ? 'to' : undefined;
  }
}
