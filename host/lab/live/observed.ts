/** One system, record by record: who made which access, and what it cost. */
import * as T from '../../../assembly/shared/trace.js';
import type { SystemConfig } from '../config.js';
import { BATCH_RECORDS, Engine } from '../engine.js';
import type { TakeRecords } from '../recorder.js';

const TWO32 = 2 ** 32;

/** All addresses are virtual, of the space that runs. */
export interface Listener {
  /** count instructions were fetched at pc's page; walks: 0 or 1, for the first of them. */
  onFetch(pc: number, count: number, walks: number, cycles: number): void;
  onData(pc: number, address: number, store: boolean, walks: number, cycles: number): void;
  /** The translations of so many pages were dropped, of another space's (other); undefined: all were, or all of a space. */
  onDrop(address: number | undefined, pages: number, other: boolean): void;
}

/** Page of nothing. */
const NONE = -1;

/**
 * Records are given to the engine one by one, so that each walk is its record's, but for those that can't walk: an access to the page that
 * the one before of its side was to hits, where the first level serves the sides apart.
 */
export class Observed {
  readonly engine: Engine;
  readonly #apart: boolean;
  #input = new Uint32Array(0);
  /** Records that the engine has not seen. */
  #waiting = 0;
  #code = 0;
  #codePage = NONE;
  #dataPage = NONE;
  /** The next drop is about another space. */
  #other = false;
  #fetchWalks = 0;
  #dataWalks = 0;
  #cycles = 0;

  constructor(
    module: WebAssembly.Module,
    system: SystemConfig,
    private readonly listener: Listener,
  ) {
    this.engine = new Engine(module);
    this.engine.add(system);
    this.#apart = system.prefetchNext === 0 && system.tlbs.every(({ level, serves }) => level > 1 || serves !== 'both');
  }

  readonly take: TakeRecords = (words, count) => {
    for (let i = 0; i < count; i++) this.#one(words[2 * i], words[2 * i + 1]);
    this.#feed();
  };

  #put(low: number, high: number): void {
    // The engine's memory grows; views of it then have length 0.
    if (this.#input.length === 0) {
      const { buffer, byteOffset, length } = this.engine.input;
      this.#input = new Uint32Array(buffer, byteOffset, 2 * length);
    }
    this.#input[2 * this.#waiting] = low;
    this.#input[2 * this.#waiting + 1] = high;
    if (++this.#waiting === BATCH_RECORDS) this.#feed();
  }

  #feed(): void {
    if (this.#waiting > 0) this.engine.feed(this.#waiting);
    this.#waiting = 0;
  }

  #one(low: number, high: number): void {
    const kind = (high >>> 16) & T.RECORD_KIND_MASK;
    const value = low + (high & 0xffff) * TWO32;
    const passed = (high >>> 20) + (kind === T.RECORD_PASSED ? value : 0);
    if (passed > 0) this.#fetched(passed);
    switch (kind) {
      case T.RECORD_PASSED:
        return;
      case T.RECORD_LOAD:
      case T.RECORD_STORE:
        this.#accessed(value, low, high & NOTHING_PASSED, kind === T.RECORD_STORE);
        return;
      case T.RECORD_CODE:
        this.#put(low, high & NOTHING_PASSED);
        if (pageOf(value) !== pageOf(this.#code)) this.#codePage = NONE;
        this.#code = value;
        return;
      default:
        this.#put(low, high & NOTHING_PASSED);
        this.#codePage = NONE;
        this.#dataPage = NONE;
        if (kind === T.RECORD_DROP) {
          const order = low & T.DROP_ORDER_MASK;
          this.listener.onDrop(value - order, 2 ** order, this.#other);
        } else if (kind === T.RECORD_FLUSH) this.listener.onDrop(undefined, 0, false);
        this.#other = kind === T.RECORD_OTHER;
    }
  }

  /** The instructions by themselves, so that their walk is told from the data's. */
  #fetched(count: number): void {
    const page = pageOf(this.#code);
    const hits = this.#apart && page === this.#codePage;
    if (!hits) this.#feed();
    this.#put(count, (T.RECORD_PASSED << (T.RECORD_KIND_SHIFT - 32)) | (count / TWO32));
    this.#codePage = page;
    if (hits) {
      this.listener.onFetch(this.#code, count, 0, 0);
      return;
    }
    this.#feed();
    const walks = this.engine.walksOf(0, 0);
    const cycles = this.engine.walkCyclesOf(0);
    this.listener.onFetch(this.#code, count, walks - this.#fetchWalks, cycles - this.#cycles);
    this.#fetchWalks = walks;
    this.#cycles = cycles;
  }

  #accessed(address: number, low: number, high: number, store: boolean): void {
    const page = pageOf(address);
    const hits = this.#apart && page === this.#dataPage;
    if (!hits) this.#feed();
    this.#put(low, high);
    this.#dataPage = page;
    if (hits) {
      this.listener.onData(this.#code, address, store, 0, 0);
      return;
    }
    this.#feed();
    const walks = this.engine.walksOf(0, 1) + this.engine.walksOf(0, 2);
    const cycles = this.engine.walkCyclesOf(0);
    this.listener.onData(this.#code, address, store, walks - this.#dataWalks, cycles - this.#cycles);
    this.#dataWalks = walks;
    this.#cycles = cycles;
  }
}

/** The high word without what passed before. */
const NOTHING_PASSED = 0xfffff;
const pageOf = (address: number): number => Math.floor(address / 4096);
