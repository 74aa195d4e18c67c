/** What a lesson is: a program with numbers of its own, stops, and questions whose answers follow from the numbers. */
import type { Goal } from '../protocol.js';

/** Numbers from a seed, the same for the same. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed % 2147483646) + 1;
  }

  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number {
    // Park and Miller's generator.
    this.#state = (this.#state * 48271) % 2147483647;
    return least + (this.#state % (most - least + 1));
  }
}

export interface Question {
  readonly text: string;
  readonly answer: number;
  /** Why, once it has been answered. */
  readonly why: string;
}

/** Of a file in /keep: how many pages a program has stored into, and how many of those it has msynced. */
export interface Kept {
  readonly stored: number;
  readonly synced: number;
}

const KEPT = 'pagewalk-kept';

/** For the next page in this tab. */
export function rememberKept(kept: Kept): void {
  sessionStorage.setItem(KEPT, JSON.stringify(kept));
}

/** What the page before had remembered; undefined: nothing. */
export function recallKept(): Kept | undefined {
  const text = sessionStorage.getItem(KEPT);
  return text === null ? undefined : (JSON.parse(text) as Kept);
}

export interface Step {
  readonly text: string;
  /** Where the program goes before this step is shown; undefined: it stays where it is. */
  readonly goal?: Goal;
  /** The name of a mapping whose first page is walked to, and which of those with that name. */
  readonly walk?: { readonly name: string; readonly page: number };
  /** Asked before the next step. */
  readonly question?: Question;
  /** What a lesson after the page has been loaded anew is to know. */
  readonly remember?: Kept;
}

export interface Lesson {
  readonly id: string;
  readonly title: string;
  readonly program: string;
  /** It has the host's clock, and /keep. */
  readonly live?: boolean;
  /** Is it to be had now? Default: always. */
  available?(): boolean;
  /** Arguments and steps for a roll of the dice. */
  make(dice: Dice): { readonly args: readonly string[]; readonly steps: readonly Step[] };
}

/** After the count-th write(2): the programs print a line at every stage. */
export const afterLine = (count: number): Goal => ({ kind: 'calls', name: 'write', count });
