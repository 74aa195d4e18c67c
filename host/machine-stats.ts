import * as L from '../assembly/shared/layout.js';
import * as S from '../assembly/shared/stat.js';
import { type Process, SYSTEM_CALL_NS } from './kernel/process.js';
import type { Machine, RunResult } from './machine.js';
import { type SharingStats, SharingWatch } from './machine-sharing.js';

/** What a run did, in numbers; `pagewalk run --stats=FILE` writes it as JSON (docs/command-line.md). Pages are 4096 bytes. */
export interface RunStats {
  readonly schema: 1;
  readonly program: string;
  readonly end: { readonly reason: string; readonly exitCode: number; readonly signal: string | null };
  /** Host time from the first instruction to the end. */
  readonly timeMs: number;
  readonly instructions: number;
  readonly systemCalls: number;
  readonly processes: number;
  readonly contextSwitches: number;
  /** Instructions translated for the interpreter. */
  readonly decodedInstructions: number;
  /** The main process's address space just before its end. */
  readonly space: SpaceStats;
  /** Of all processes. */
  readonly faults: { readonly minor: number; readonly major: number; readonly copyOnWrite: number; readonly zeroFill: number };
  /** Loads, stores and atomics of all processes, by what translated them. */
  readonly translation: { readonly accesses: number; readonly windowHits: number; readonly tlbHits: number; readonly walks: number };
  /** Frames of the machine, kernel tables and page cache included. */
  readonly frames: { readonly limit: number; readonly inUse: number; readonly peak: number };
  /** Pages of files and of shared memory when, at the end of a process, most were mapped: by how many spaces, and the frames they are. */
  readonly sharing: SharingStats;
  /** Same-page merging just before the main process's end: frames that several pages are, and how many more pages than frames those are. */
  readonly merged: { readonly shared: number; readonly sharing: number };
  /** The swap area, in pages: its size, what lay there at the end, what was read and written; frames that making room has freed. */
  readonly swap: { readonly size: number; readonly inUse: number; readonly in: number; readonly out: number; readonly reclaimed: number };
}

/** Pages of a process's address space. */
export interface SpaceStats {
  readonly mappedPages: number;
  readonly residentPages: number;
  readonly residentPeakPages: number;
  readonly sharedPages: number;
  /** Resident pages at their identity frame, which need no walk. */
  readonly windowPages: number;
  readonly tablePages: number;
  readonly stackPages: number;
}

const NO_SPACE: SpaceStats = {
  mappedPages: 0,
  residentPages: 0,
  residentPeakPages: 0,
  sharedPages: 0,
  windowPages: 0,
  tablePages: 0,
  stackPages: 0,
};

/** How the main program ended. */
type EndOfRun = Pick<RunResult, 'exitCode' | 'report'> & { readonly reason: string };

/** Watches one run: make it before Machine.run, ask it afterwards. */
export class StatsCollector {
  #space = NO_SPACE;
  #systemCalls = 0;
  #processes = 0;
  #framesInUse = 0;
  #swapInUse = 0;
  #merged = { shared: 0, sharing: 0 };
  readonly #sharing = new SharingWatch();
  readonly #start = performance.now();

  constructor(
    private readonly machine: Machine,
    private readonly main: Process,
  ) {
    const { hooks } = machine.kernel;
    const before = hooks.onProcessExit;
    hooks.onProcessExit = (process) => {
      before?.(process);
      this.#processEnds(process);
    };
  }

  #processEnds(process: Process): void {
    this.#processes++;
    this.#systemCalls += Math.round(process.usage().systemNs / SYSTEM_CALL_NS);
    this.#sharing.look(this.machine.kernel);
    if (process !== this.main) return;
    this.#merged = this.machine.kernel.ksm.counts();
    const { exports } = this.machine.core;
    const stat = (which: number): number => exports.spaceStat(process.space.handle, which);
    this.#framesInUse = exports.framesInUse();
    this.#swapInUse = exports.swapStat(S.SWAP_STAT_USED);
    this.#space = {
      mappedPages: stat(S.SPACE_STAT_PAGES_MAPPED),
      residentPages: stat(S.SPACE_STAT_RESIDENT),
      residentPeakPages: stat(S.SPACE_STAT_RESIDENT_PEAK),
      sharedPages: stat(S.SPACE_STAT_SHARED_RESIDENT),
      windowPages: stat(S.SPACE_STAT_WINDOW_PAGES),
      tablePages: stat(S.SPACE_STAT_TABLE_FRAMES),
      stackPages: stat(S.SPACE_STAT_STACK_PAGES),
    };
  }

  finish(program: string, result: EndOfRun): RunStats {
    const counters = countersOf(this.machine);
    return {
      schema: 1,
      program,
      end: { reason: result.reason, exitCode: result.exitCode, signal: result.report?.name ?? null },
      space: this.#space,
      ...counters,
      timeMs: performance.now() - this.#start,
      systemCalls: this.#systemCalls,
      processes: this.#processes,
      frames: { ...counters.frames, inUse: this.#framesInUse },
      swap: { ...counters.swap, inUse: this.#swapInUse },
      sharing: this.#sharing.most,
      merged: this.#merged,
    };
  }
}

/** What a machine has done so far. */
export type MachineCounters = Omit<
  RunStats,
  'schema' | 'program' | 'end' | 'timeMs' | 'space' | 'systemCalls' | 'processes' | 'sharing' | 'merged'
>;

export function countersOf({ core, kernel }: Machine): MachineCounters {
  const accesses = core.counter(L.COUNT_ACCESSES);
  const tlbHits = core.counter(L.COUNT_TLB_HITS);
  const walks = core.counter(L.COUNT_WALKS);
  return {
    instructions: core.counter(L.COUNT_INSTRUCTIONS),
    contextSwitches: kernel.contextSwitches,
    decodedInstructions: core.counter(L.COUNT_DECODED),
    faults: {
      minor: core.counter(L.COUNT_MINOR_FAULTS),
      major: core.counter(L.COUNT_MAJOR_FAULTS),
      copyOnWrite: core.counter(L.COUNT_COW_FAULTS),
      zeroFill: core.counter(L.COUNT_ZERO_FAULTS),
    },
    translation: { accesses, windowHits: Math.max(0, accesses - tlbHits - walks), tlbHits, walks },
    frames: { limit: core.exports.frameLimit(), inUse: core.exports.framesInUse(), peak: core.counter(L.COUNT_FRAMES_PEAK) },
    swap: {
      size: core.exports.swapStat(S.SWAP_STAT_SLOTS),
      inUse: core.exports.swapStat(S.SWAP_STAT_USED),
      in: core.exports.swapStat(S.SWAP_STAT_IN),
      out: core.exports.swapStat(S.SWAP_STAT_OUT),
      reclaimed: core.exports.swapStat(S.RECLAIM_STAT_FREED),
    },
  };
}

const count = (n: number): string => n.toLocaleString('en-US');
const plural = (n: number, one: string, many: string): string => `${count(n)} ${n === 1 ? one : many}`;

/** Nothing of a machine that had memory enough. */
function reclaimRows(swap: RunStats['swap']): [string, string][] {
  const rows: [string, string][] = swap.reclaimed > 0 ? [['made room', `${count(swap.reclaimed)} frames`]] : [];
  if (swap.size === 0) return rows;
  const moved = `${count(swap.out)} pages out, ${count(swap.in)} in`;
  return [...rows, ['swap', `${moved}; ${count(swap.inUse)} of ${plural(swap.size, 'page', 'pages')} in use`]];
}

/** Files and shared memory that more page-table entries than frames are of; same-page merging, where there was any. */
function sharingRows({ sharing, merged }: RunStats): [string, string][] {
  const rows: [string, string][] = [];
  const { mappings, frames, spaces } = sharing;
  if (mappings > frames) {
    rows.push([
      'shared frames',
      `${count(mappings)} mapped pages of ${plural(spaces, 'process', 'processes')} are ${count(frames)} frames`,
    ]);
  }
  if (merged.shared > 0) {
    rows.push(['same pages', `${count(merged.shared + merged.sharing)} merged into ${plural(merged.shared, 'frame', 'frames')}`]);
  }
  return rows;
}

/** The lines for people. */
export function statsText(stats: RunStats): string {
  const { space, faults, translation, frames, swap } = stats;
  const seconds = stats.timeMs / 1000;
  // Of a short run the time is mostly start-up.
  const nsEach = stats.instructions >= 1e6 ? (stats.timeMs * 1e6) / stats.instructions : 0;
  const { minor, zeroFill, major, copyOnWrite } = faults;
  const { windowHits, tlbHits, walks } = translation;
  const rows: readonly (readonly [string, string])[] = [
    ['pages mapped', `${count(space.mappedPages)} (${count(space.stackPages)} of the stack)`],
    [
      'pages resident',
      `${count(space.residentPages)}, at most ${count(space.residentPeakPages)}; ${count(space.sharedPages)} of files or shared`,
    ],
    ['page faults', `${count(minor)} minor (${count(zeroFill)} zero-filled), ${count(major)} major, ${count(copyOnWrite)} copy-on-write`],
    ['translations', `${count(windowHits)} window hits, ${count(tlbHits)} TLB hits, ${plural(walks, 'miss', 'misses')}`],
    ['page tables', `${plural(space.tablePages, 'page', 'pages')} of the program's`],
    ['memory in use', `${count(frames.inUse)} of ${count(frames.limit)} frames, at most ${count(frames.peak)}`],
    ...sharingRows(stats),
    ...reclaimRows(swap),
    [
      'instructions',
      `${count(stats.instructions)}${stats.decodedInstructions > 0 ? ` (${count(stats.decodedInstructions)} decoded)` : ''}`,
    ],
    ['system calls', `${count(stats.systemCalls)} by ${plural(stats.processes, 'process', 'processes')}`],
    ['time', `${seconds.toFixed(3)} s${nsEach > 0 ? `, ${nsEach.toFixed(2)} ns per instruction` : ''}`],
  ];
  return rows.map(([name, value]) => `  ${name.padEnd(15)} ${value}\n`).join('');
}
