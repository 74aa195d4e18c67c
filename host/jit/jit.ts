import { TIER_BASELINE, TIER_REGIONS } from '../../assembly/shared/baseline.js';
import * as C from '../../assembly/shared/compiled.js';
import { EXIT_HOT } from '../../assembly/shared/exit.js';
import * as L from '../../assembly/shared/layout.js';
import type { Core } from '../core/core.js';
import { Baseline, engineOf, type PageCompiler } from './baseline/baseline.js';
import { IMPORTS } from './context.js';
import { encodeModule } from './encoder.js';
import { hasFusedMultiplyAdd, hasTailCalls } from './features.js';
import { leaveOf } from './jumps.js';
import { listRegion, type RegionListing } from './listing.js';
import { HotQueue } from './queue.js';
import { type Place, Records } from './records.js';
import { type CodeSource, formRegion, isExit, mayBegin, REGION_DEFAULTS } from './region.js';
import { codeSource } from './source.js';
import type { ExitCount, JitSnapshot, JitStats } from './stats.js';
import { supported, type Translated, translate } from './translate.js';
import { REGION_TYPE } from './types.js';

/** What is compiled, when, and by whom. */
export interface JitOptions {
  /**
   * Instructions that code must have been seen to execute before it is compiled; 1: everything is, at once. Default: so many that it
   * pays, and no more code than pays.
   */
  readonly threshold?: number;
  /**
   * Which code is made: baseline code of pages, soon and cheaply, regions of what is executed much, or both. Default: both; with a
   * threshold, regions.
   */
  readonly tiers?: 'both' | 'baseline' | 'regions';
  /** How accesses are translated: by the window, by the TLB, or by what each of them is found to need (default). */
  readonly translation?: 'window' | 'table';
  /** Has the engine a fused multiply-add? Default: it is tried. */
  readonly fused?: boolean;
  /** Has the engine tail calls? Default: it is tried. */
  readonly tailCalls?: boolean;
  /** Code for the case that floating-point results are exact is made at once, not where that is seen often. */
  readonly precise?: boolean;
  /** Bytes of Wasm in force at once, at most: machine code is a few times that. Default 8 MiB. */
  readonly codeBytesMax?: number;
  /** Makes a module of Wasm's bytes; default: the engine's own way. */
  readonly compile?: (bytes: Uint8Array<ArrayBuffer>) => WebAssembly.Module;
  /** The same for baseline code. Default: `compile`, or else, under Node, V8 is told what is to be optimised. */
  readonly compilePages?: PageCompiler;
  /** Hears when the compiler begins its work and when it has done it. */
  readonly onWork?: (begins: boolean) => void;
  /** Hears of each region that is made, while the process whose code it is runs. */
  readonly onRegion?: (list: () => RegionListing) => void;
}

/** A region that is to be installed. */
interface Made {
  readonly pc: number;
  readonly translated: Translated;
  /** Is it as large as it may be? Then what it copies of others is worth it. */
  readonly whole: boolean;
  /** Instructions to be executed by it until it is thought over again. */
  due: number;
  /** It ends where regions begin that were made before: a number that grows from region to region. */
  readonly born: number;
}

interface Region extends Made {
  readonly place: Place;
  /** How often it had been entered when the budget was last enforced. */
  entries: number;
}

/** Instructions between samples. */
const INTERVAL = 8000;
const SAMPLE_HEAT = 16;
/** The same while there is baseline code, which is made of lines of code met by so many samples. */
const INTERVAL_BASELINE = 2000;
const LINE_SAMPLES = 15;
/** Baseline code is a third as fast: a region pays later. */
const THRESHOLD_BASELINE = 2_000_000;
const REGION_FUEL = 10_000;
/** A page is optimised after so many samples of compiled code, REGION_FUEL instructions each, for each instruction that it has. */
const OPTIMISE_SAMPLES = 24;
/** Instructions of the interpreter that a sample stands for, and the heat it adds: see assembly/jit.ts. */
const THRESHOLD_DEFAULT = 200_000;
const BATCH = 8;
/** So many regions that leave too often are made again even when nothing else is to be compiled; fewer wait so long, in instructions. */
const POOR_MAX = 4;
const POOR_PATIENCE = 1_000_000;
/**
 * So many guest instructions are compiled with jumps by register followed; after that only code that is executed much in pieces is. In
 * large programs it makes regions half as large again, and compiling them costs more than it saves.
 */
const FOLLOWED = 4000;
/** So many exits of regions that are gone are remembered. */
const GONE_MAX = 4096;
/** An exit that was taken so often, when a region is made again, is avoided. */
const TAKEN_OFTEN = 100;
const CODE_BYTES_MAX = 8 << 20;
/**
 * A region that has executed so many instructions is made again, without regard to other regions that begin in it: being left costs
 * a hundred machine instructions each time. If that changes nothing it is asked again later, this many times so late.
 */
const DUE = 10_000_000;
/** Whole regions of more instructions are not copied into other whole ones. */
const SMALL = 100;
const DUE_EAGER = 2000;
const DUE_GROWTH = 8;
const DUE_MAX = 2 ** 31;
/** After so many new regions those are looked for whose code is gone. */
const SWEEP_REGIONS = 256;

function count(counts: Map<number, number>, key: number, more: 1 | -1): void {
  const sum = (counts.get(key) ?? 0) + more;
  if (sum === 0) counts.delete(key);
  else counts.set(key, sum);
}

/** Compiles hot guest code. It sits between whoever runs the core and the core's run(). */
export class Jit {
  readonly stats: JitStats = { regions: 0, instructions: 0, bytes: 0, refused: 0, removed: 0, remade: 0, promoted: 0, compileMs: 0 };
  readonly #regions = new Map<number, Region>();
  readonly #records: Records;
  readonly #baseline: Baseline;
  #liveBytes = 0;
  /** Instructions when the first region became poor of those that are not made again yet. */
  #poorSince: number | undefined = undefined;
  readonly #codeBytesMax: number;
  readonly #eager: boolean;
  readonly #queue: HotQueue;
  readonly #translation: JitOptions['translation'];
  /** Accesses whose data is not where the window would have it. */
  readonly #table = new Set<number>();
  /** Floating-point instructions whose operands are often not for native arithmetic. */
  readonly #called = new Set<number>();
  /** Those whose results are often exact. */
  readonly #precise = new Set<number>();
  readonly #allPrecise: boolean;
  readonly #fused: boolean;
  readonly #tailCalls: boolean;
  readonly #leave: WebAssembly.ExportValue;
  readonly #compile: (bytes: Uint8Array<ArrayBuffer>) => WebAssembly.Module;
  readonly #source: CodeSource;
  readonly #wholeSource: CodeSource;
  /** Exits of regions that are gone. */
  readonly #gone = new Map<string, ExitCount>();
  readonly #configure: () => void;
  readonly #onRegion: JitOptions['onRegion'];
  readonly #onWork: JitOptions['onWork'];
  /** Where regions begin, in whatever address space, and since when. */
  readonly #entered = new Map<number, { regions: number; readonly born: number }>();
  #births = 0;
  /** Regions end where others begin that are older than this. */
  #youngest = Number.POSITIVE_INFINITY;
  /** Where whole regions begin. */
  readonly #wholes = new Map<number, number>();
  /** Where regions begin that are being made. */
  readonly #batch = new Set<number>();

  constructor(
    private readonly core: Core,
    options: JitOptions = {},
  ) {
    const tiers = options.tiers ?? (options.threshold === undefined ? 'both' : 'regions');
    const threshold = options.threshold ?? (tiers === 'regions' ? THRESHOLD_DEFAULT : THRESHOLD_BASELINE);
    this.#eager = threshold <= 1;
    this.#queue = new HotQueue(options.threshold === undefined);
    this.#translation = options.translation;
    this.#compile = options.compile ?? ((bytes) => new WebAssembly.Module(bytes));
    this.#tailCalls = options.tailCalls ?? hasTailCalls();
    this.#codeBytesMax = options.codeBytesMax ?? CODE_BYTES_MAX;
    this.#onRegion = options.onRegion;
    this.#onWork = options.onWork;
    this.#allPrecise = options.precise === true;
    this.#fused = options.fused ?? hasFusedMultiplyAdd();
    this.#baseline = new Baseline(core, {
      compile: options.compilePages ?? engineOf(options.compile),
      tailCalls: this.#tailCalls,
      eager: this.#eager,
    });
    this.#records = new Records(core);
    this.#leave = leaveOf(core, this.#tailCalls);
    const { exports } = core;
    const interval = this.#eager ? 1 : Math.max(2, Math.min(INTERVAL, threshold));
    const heat = Math.max(1, Math.round((threshold / interval) * SAMPLE_HEAT));
    const between = tiers === 'regions' || this.#eager ? interval : Math.min(interval, INTERVAL_BASELINE);
    const wanted = tiers === 'both' ? TIER_BASELINE | TIER_REGIONS : tiers === 'baseline' ? TIER_BASELINE : TIER_REGIONS;
    const lines = interval < INTERVAL ? 1 : LINE_SAMPLES;
    this.#source = codeSource(
      core,
      this.#eager ? 'any' : interval < INTERVAL ? 'decoded' : 'met',
      (pc) => (this.#entered.get(pc)?.born ?? Number.POSITIVE_INFINITY) < this.#youngest || this.#batch.has(pc),
      () => this.#eager || this.stats.instructions < FOLLOWED,
    );
    this.#wholeSource = codeSource(
      core,
      this.#eager ? 'any' : 'decoded',
      (pc) => this.#wholes.has(pc),
      () => true,
    );
    const optimise = this.#baseline.optimises ? OPTIMISE_SAMPLES : 0;
    this.#configure = () =>
      exports.jitConfigure(between, heat, this.#eager ? 1 : BATCH, REGION_FUEL, wanted, lines, this.#baseline.entry, optimise);
    this.#configure();
    const run = exports.run;
    exports.run = (budget) => this.#run(run, budget);
  }

  /** The core is what another was, in which compiled code was sought in another way. */
  coreRestored(): void {
    this.#configure();
  }

  #run(run: (budget: number) => number, budget: number): number {
    const { core } = this;
    let left = budget;
    for (;;) {
      const reason = run(left);
      if (this.#isDue()) this.#compileHot();
      if (reason !== EXIT_HOT) return reason;
      if (this.#baseline.wanted) this.#compilePages();
      left = core.u32[(C.COMPILED + C.COMPILED_LEFT) >>> 2];
    }
  }

  #isDue(): boolean {
    const words = this.core.u32;
    if (words[(C.COMPILED + C.COMPILED_HOT) >>> 2] !== 0 || this.#isPoor(words[(C.COMPILED + C.COMPILED_POOR) >>> 2])) return true;
    return this.#queue.isDue(this.core.counter(L.COUNT_INSTRUCTIONS), this.stats.instructions);
  }

  /** Are regions that leave too often to be made again now? Making modules costs: some wait for others. */
  #isPoor(count: number): boolean {
    if (count === 0) return false;
    const now = this.core.counter(L.COUNT_INSTRUCTIONS);
    this.#poorSince ??= now;
    return count >= POOR_MAX || now - this.#poorSince > POOR_PATIENCE;
  }

  #compilePages(): void {
    const started = performance.now();
    this.#onWork?.(true);
    this.#baseline.compile();
    this.#onWork?.(false);
    this.stats.compileMs += performance.now() - started;
  }

  #compileHot(): void {
    const started = performance.now();
    const { core } = this;
    const count = Math.min(core.u32[(C.COMPILED + C.COMPILED_HOT) >>> 2], C.HOT_MAX);
    core.u32[(C.COMPILED + C.COMPILED_HOT) >>> 2] = 0;
    for (let i = 0; i < count; i++) this.#queue.add(core.readU64(C.HOT_LIST + i * 8));
    const wanted = this.#queue.take(core.counter(L.COUNT_INSTRUCTIONS), this.stats.instructions);
    const poor = core.u32[(C.COMPILED + C.COMPILED_POOR) >>> 2];
    const remakes = poor !== 0 && (wanted.length > 0 || this.#isPoor(poor));
    if (wanted.length === 0 && !remakes) return;
    this.#onWork?.(true);
    const made = remakes ? this.#remake() : [];
    for (const pc of wanted) {
      const translated = this.#translate(pc);
      if (translated === undefined) this.stats.refused++;
      else {
        made.push({ pc, translated, whole: false, due: this.#eager ? DUE_EAGER : DUE, born: this.#births++ });
        this.#batch.add(pc);
      }
    }
    this.#batch.clear();
    this.#installAll(made);
    this.#onWork?.(false);
    this.stats.compileMs += performance.now() - started;
  }

  /** A region for pc, if there is to be one; one that is made `again` takes the place of another. */
  #translate(pc: number, whole = false, again = false): Translated | undefined {
    const decoded = this.core.exports.jitDecoded(Math.floor(pc / L.PAGE_SIZE), pc % L.PAGE_SIZE);
    if (decoded === 0 || (decoded === 2 && !again)) return undefined;
    const source = whole ? this.#wholeSource : this.#source;
    if (!mayBegin(source, supported, pc)) return undefined;
    const entry = formRegion(source, supported, pc, { ...REGION_DEFAULTS, whole });
    if (isExit(entry) || (entry.insns.length === 0 && (entry.end.kind === 'slow' || entry.end.kind === 'call'))) return undefined;
    const options: Parameters<typeof translate>[1] = {
      table: (at) => (this.#translation === undefined ? this.#table.has(at) : this.#translation === 'table'),
      called: (at) => this.#called.has(at),
      precise: (at) => this.#allPrecise || this.#precise.has(at),
      fused: this.#fused,
      tailCalls: this.#tailCalls,
      operation: (word) => this.#operation(word),
    };
    const translated = translate(entry, options);
    this.#onRegion?.(() => listRegion(entry, translated, source, options));
    return translated;
  }

  #operation(word: number): readonly [number, number] {
    const operation = this.core.exports.jitOperation(word | 0);
    return [Number(operation >> 32n), Number(operation & 0xffffffffn)];
  }

  #installAll(made: readonly Made[]): void {
    if (made.length === 0) return;
    const bytes = encodeModule(
      REGION_TYPE,
      made.map(({ translated: { body } }) => body),
      IMPORTS,
    );
    const module = this.#compile(bytes);
    const { execute, find } = this.#baseline.links.imports;
    const instance = new WebAssembly.Instance(module, {
      env: { memory: this.core.memory, execute, find, leave: this.#leave },
    });
    made.forEach((region, i) => {
      this.#install(region, instance.exports[String(i)] as () => number);
    });
  }

  #install(made: Made, code: () => number): void {
    const { core } = this;
    const { pc, translated, whole, due } = made;
    if (this.stats.regions % SWEEP_REGIONS === 0) this.#sweep();
    if (this.#liveBytes + translated.body.length > this.#codeBytesMax) this.#evict();
    let place = this.#records.take(translated.sites.length);
    if (place === undefined) {
      this.#evict();
      place = this.#records.take(translated.sites.length);
    }
    if (place === undefined) {
      for (const region of [...this.#regions.values()]) this.#remove(region);
      place = this.#records.take(translated.sites.length);
    }
    if (place === undefined) {
      this.stats.refused++;
      return;
    }
    const { record, index, sites } = place;
    core.table.set(index, code);
    translated.sites.forEach((site, i) => {
      const at = sites + i * C.SITE_BYTES;
      core.writeU64(at + C.SITE_PC, site.pc);
      core.view.setUint16(at + C.SITE_INSTRUCTIONS, site.instructions, true);
      core.view.setUint16(at + C.SITE_ACCESSES, site.accesses, true);
      core.view.setUint16(at + C.SITE_KIND, site.kind, true);
      core.view.setUint16(at + C.SITE_TAKEN, 0, true);
    });
    const words = core.u32;
    const at = record >>> 2;
    words.fill(0, at, at + C.REGION_BYTES / 4);
    core.writeU64(record + C.REGION_PC, pc);
    words[at + C.REGION_FUNCTION / 4] = index;
    words[at + C.REGION_FUEL / 4] = translated.fuel;
    words[at + C.REGION_SITES / 4] = sites;
    words[at + C.REGION_PAGES / 4] = translated.pages.length;
    words[at + C.REGION_DUE / 4] = due;
    translated.pages.forEach((vpn, i) => {
      words[at + (C.REGION_PAGE + i * C.REGION_PAGE_BYTES) / 4] = vpn;
    });
    if (core.exports.jitInstall(record) === 0) {
      this.stats.refused++;
      this.#records.give(place);
      return;
    }
    this.#regions.set(record, { ...made, place, entries: 0 });
    const entered = this.#entered.get(pc);
    if (entered === undefined) this.#entered.set(pc, { regions: 1, born: made.born });
    else entered.regions++;
    if (whole && translated.instructions > SMALL) count(this.#wholes, pc, 1);
    this.stats.regions++;
    this.stats.instructions += translated.instructions;
    this.stats.bytes += translated.body.length;
    this.#liveBytes += translated.body.length;
  }

  #entries({ place }: Region): number {
    return this.core.u32[(place.record + C.REGION_ENTRIES) >>> 2];
  }

  #remove(region: Region): void {
    this.#keepCounts(region);
    this.core.exports.jitRemove(region.place.record);
    this.#records.give(region.place);
    this.#regions.delete(region.place.record);
    const entered = this.#entered.get(region.pc);
    if (entered !== undefined && --entered.regions === 0) this.#entered.delete(region.pc);
    if (region.whole && region.translated.instructions > SMALL) count(this.#wholes, region.pc, -1);
    this.#liveBytes -= region.translated.body.length;
    this.stats.removed++;
  }

  /** What is known of a region's exits outlives it. */
  #keepCounts(region: Region): void {
    for (const { pc, kind, taken } of this.#exitsOf(region)) {
      if (taken === 0) continue;
      const key = `${pc} ${kind}`;
      const before = this.#gone.get(key)?.taken ?? 0;
      if (before > 0 || this.#gone.size < GONE_MAX) this.#gone.set(key, { pc, kind, taken: before + taken });
    }
  }

  /** Takes away what can't be entered any more: a frame of its code was written or is free. */
  #sweep(): void {
    for (const region of [...this.#regions.values()]) if (this.core.exports.jitIntact(region.place.record) === 0) this.#remove(region);
  }

  /** Takes away what can't be entered any more, and of the rest the half that was entered least since the last time. */
  #evict(): void {
    this.#sweep();
    const kept = [...this.#regions.values()].map((region) => ({ region, recent: this.#entries(region) - region.entries }));
    kept.sort((a, b) => a.recent - b.recent);
    kept.forEach(({ region }, i) => {
      if (i < kept.length / 2) this.#remove(region);
      else region.entries = this.#entries(region);
    });
    // What is still used shows itself again: jumps from region to region are not counted.
    this.core.exports.jitForgetJumps();
  }

  /** Regions that leave too often because of their data get code that asks the TLB; those that are executed much become whole. */
  #remake(): Made[] {
    const { core } = this;
    core.u32[(C.COMPILED + C.COMPILED_POOR) >>> 2] = 0;
    this.#poorSince = undefined;
    const made: Made[] = [];
    for (const region of [...this.#regions.values()]) {
      const state = core.u32[(region.place.record + C.REGION_STATE) >>> 2];
      if (state === C.REGION_HOT) {
        const larger = this.#promote(region);
        if (larger !== undefined) made.push(larger);
      }
      if (state !== C.REGION_POOR) continue;
      region.translated.sites.forEach((site, i) => {
        if (this.#taken(region, i) < TAKEN_OFTEN) return;
        if (site.kind === C.SITE_SLOW) this.#table.add(site.pc);
        else if (site.kind === C.SITE_INEXACT) this.#precise.add(site.pc);
        else if (site.kind === C.SITE_FLOAT) this.#called.add(site.pc);
        else if (site.kind === C.SITE_MODE) for (const at of region.translated.rounding) this.#called.add(at);
      });
      // Before it goes: what isn't decoded can't begin a region. It ends where it did, and not where others begin since.
      this.#youngest = region.born;
      const translated = this.#translate(region.pc, region.whole, true);
      this.#youngest = Number.POSITIVE_INFINITY;
      this.#remove(region);
      if (translated === undefined) continue;
      made.push({ ...region, translated });
      this.stats.remade++;
    }
    return made;
  }

  /** A region that is executed much gets all that is executed around it, if that is more than it has. */
  #promote(region: Region): Made | undefined {
    const { pc, whole } = region;
    const due = Math.min(region.due * DUE_GROWTH, DUE_MAX);
    const at = region.place.record >>> 2;
    const translated = this.#translate(pc, true, true);
    if (translated === undefined || (whole && translated.instructions <= region.translated.instructions)) {
      this.core.u32[at + C.REGION_STATE / 4] = C.REGION_LIVE;
      this.core.u32[at + C.REGION_DUE / 4] = due;
      region.due = due;
      return undefined;
    }
    this.#remove(region);
    this.stats.promoted++;
    return { pc, translated, whole: true, due, born: region.born };
  }

  /** What has happened so far. */
  snapshot(): JitSnapshot {
    const { core } = this;
    return {
      ...this.stats,
      ...this.#baseline.stats,
      executed: core.counter(L.COUNT_INSTRUCTIONS),
      executedCompiled: core.readU64(C.COMPILED + C.COMPILED_INSTRUCTIONS),
      jumps: core.u32[(C.COMPILED + C.COMPILED_JUMPS) >>> 2],
      exits: Array.from({ length: C.SITE_KINDS }, (_, kind) =>
        kind < C.SITE_SLOW ? 0 : core.readU64(C.COMPILED + C.COMPILED_EXITS + kind * 8),
      ),
      liveBytes: this.#liveBytes,
      tableSlots: Math.max(0, core.table.length - this.#records.firstFunction),
      live: [...this.#regions.values()].map((region) => ({
        pc: region.pc,
        instructions: region.translated.instructions,
        bytes: region.translated.body.length,
        entered: this.#entries(region),
        exits: this.#exitsOf(region),
      })),
      gone: [...this.#gone.values()],
    };
  }

  #exitsOf(region: Region): ExitCount[] {
    return region.translated.sites.map(({ pc, kind }, i) => ({ pc, kind, taken: this.#taken(region, i) }));
  }

  /** How often an exit was taken that leads to the interpreter: at most 65535. */
  #taken({ place }: Region, site: number): number {
    return this.core.view.getUint16(place.sites + site * C.SITE_BYTES + C.SITE_TAKEN, true);
  }
}
