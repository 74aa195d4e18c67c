/** What the compiler has done, in numbers. */
import type { BaselineStats } from './baseline/baseline.js';

/** Sums over the whole run. */
export interface JitStats {
  /** Regions made, their guest instructions, their bytes of Wasm. */
  regions: number;
  instructions: number;
  bytes: number;
  /** Places where no region could be made. */
  refused: number;
  /** Regions taken away: changed code, the budget, or to be made in another way. */
  removed: number;
  /** Regions made again because they left too often. */
  remade: number;
  /** Regions made again, larger, because they are executed so much. */
  promoted: number;
  compileMs: number;
}

/** An exit (SITE_*), and, of those that lead to the interpreter, how often it was taken: at most 65535 for a region. */
export interface ExitCount {
  readonly pc: number;
  readonly kind: number;
  readonly taken: number;
}

/** One region that is in force. */
export interface LiveRegion {
  readonly pc: number;
  readonly instructions: number;
  /** Of Wasm. */
  readonly bytes: number;
  /** Times it was entered by the core; jumps from region to region are not counted. */
  readonly entered: number;
  readonly exits: readonly ExitCount[];
}

/** What has been compiled so far, and what it was worth. */
export interface JitSnapshot extends Readonly<JitStats>, Readonly<BaselineStats> {
  /** Instructions of all processes, and those of them that compiled code executed. */
  readonly executed: number;
  readonly executedCompiled: number;
  /** Jumps from region to region, modulo 2^32. */
  readonly jumps: number;
  /** How often regions left for the interpreter, by SITE_*. */
  readonly exits: readonly number[];
  readonly live: readonly LiveRegion[];
  /** Exits of regions that were taken away. */
  readonly gone: readonly ExitCount[];
  /** Bytes of Wasm of live regions, and places in the function table, free ones included. */
  readonly liveBytes: number;
  readonly tableSlots: number;
}
