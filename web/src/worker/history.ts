/** Snapshots of a run along its way: a step back begins at the last one before, not at the start. */
import type { TerminalSize } from '../protocol.js';
import type { EndedProcess } from './observatory.js';
import type { WatcherState } from './watcher.js';

/** A machine as it was, and what is known of it besides. */
export interface Shot {
  /** Instructions that had been executed. */
  readonly at: number;
  readonly machine: Uint8Array<ArrayBuffer>;
  readonly main: number;
  /** Of its clock, ns, and its random numbers. */
  readonly time: number;
  readonly random: number;
  readonly watcher: WatcherState;
  readonly ended: readonly EndedProcess[];
  /** The terminal's, as the machine had been told. */
  readonly size: TerminalSize;
  /** How many of the inputs it had been given, and how many pieces it had written. */
  readonly given: number;
  readonly pieces: number;
}

const INSTRUCTIONS_MIN = 2_000_000;
/** So many times as long as a snapshot takes the machine runs until the next. */
const SHARE = 20;
const SHOTS_MAX = 24;
const BYTES_MAX = 192 << 20;
/** More output than this is not kept: there are no more snapshots then. */
const OUTPUT_MAX = 16 << 20;

export class History {
  #shots: Shot[] = [];
  #pieces: Uint8Array[] = [];
  #outputBytes = 0;
  /** Between two snapshots, at least. */
  #interval = INSTRUCTIONS_MIN;
  isOff = false;

  /** When the next is due: instructions. */
  get dueAt(): number {
    return this.isOff ? Number.POSITIVE_INFINITY : (this.#shots.at(-1)?.at ?? 0) + this.#interval;
  }

  get pieces(): number {
    return this.#pieces.length;
  }

  get count(): number {
    return this.#shots.length;
  }

  /** The machine has written something. */
  wrote(bytes: Uint8Array): void {
    if (this.isOff) return;
    this.#outputBytes += bytes.length;
    if (this.#outputBytes > OUTPUT_MAX) this.#turnOff();
    else this.#pieces.push(bytes.slice());
  }

  /** All that it had written. */
  outputOf(shot: Shot): readonly Uint8Array[] {
    return this.#pieces.slice(0, shot.pieces);
  }

  #turnOff(): void {
    this.isOff = true;
    this.#shots = [];
    this.#pieces = [];
  }

  /** tookMs: the snapshot; ranMs and instructions: since the one before. */
  add(shot: Shot, tookMs: number, ranMs: number, instructions: number): void {
    this.#shots.push(shot);
    if (ranMs > 0) this.#interval = Math.max(this.#interval, Math.ceil((instructions / ranMs) * tookMs * SHARE));
    while (this.#shots.length > SHOTS_MAX || (this.#shots.length > 2 && this.#bytes > BYTES_MAX)) {
      // Twice as far from one to the next: going back takes no longer than a part of having come so far.
      this.#shots = this.#shots.filter((_, i) => i % 2 === 1);
      this.#interval *= 2;
    }
  }

  get #bytes(): number {
    return this.#shots.reduce((sum, { machine }) => sum + machine.length, 0);
  }

  /** The last one before that, or at it. */
  before(at: number): Shot | undefined {
    return this.#shots.findLast((shot) => shot.at <= at);
  }

  /** What came later did not happen; the output comes again from `shot` on. */
  forgetAfter(at: number, shot: Shot | undefined): void {
    this.#shots = this.#shots.filter((one) => one.at <= at);
    this.#pieces = this.#pieces.slice(0, shot?.pieces ?? 0);
    this.#outputBytes = this.#pieces.reduce((sum, { length }) => sum + length, 0);
  }
}
