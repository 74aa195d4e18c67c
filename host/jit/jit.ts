import * as C from '../../assembly/shared/compiled.js';
import { EXIT_HOT } from '../../assembly/shared/exit.js';
import * as L from '../../assembly/shared/layout.js';
import type { Core } from '../core/core.js';
import { REGION_TYPE } from './context.js';
import { encodeModule } from './encoder.js';
import { type CodeSource, formRegion, isExit, REGION_DEFAULTS } from './region.js';
import { supported, type Translated, translate } from './translate.js';

export interface JitOptions {
  /** Instructions that code must have been seen to execute before it is compiled; 1: everything is, at once. */
  readonly threshold?: number;
  /** Makes a module of Wasm's bytes; default: the engine's own way. */
  readonly compile?: (bytes: Uint8Array<ArrayBuffer>) => WebAssembly.Module;
}

export interface JitStats {
  regions: number;
  instructions: number;
  bytes: number;
  refused: number;
  removed: number;
  remade: number;
  compileMs: number;
}

interface Region {
  readonly record: number;
  readonly pc: number;
  readonly index: number;
  readonly sites: number;
  readonly siteCount: number;
  readonly translated: Translated;
  readonly bytes: Uint8Array;
}

const INTERVAL = 4000;
const SAMPLE_HEAT = 16;
const REGION_FUEL = 10_000;
/** Instructions of the interpreter that a sample stands for, and the heat it adds: see assembly/jit.ts. */
const THRESHOLD_DEFAULT = 16_000;
const BATCH = 8;

/** Compiles hot guest code. It sits between whoever runs the core and the core's run(). */
export class Jit {
  readonly stats: JitStats = { regions: 0, instructions: 0, bytes: 0, refused: 0, removed: 0, remade: 0, compileMs: 0 };
  readonly #regions = new Map<number, Region>();
  readonly #freeRecords: number[] = [];
  readonly #freeIndices: number[] = [];
  readonly #freeSites = new Map<number, number[]>();
  #nextRecord = 0;
  #nextIndex: number;
  #nextSite = 0;
  readonly #eager: boolean;
  /** Accesses whose data is not where the window would have it. */
  readonly #table = new Set<number>();
  readonly #compile: (bytes: Uint8Array<ArrayBuffer>) => WebAssembly.Module;
  readonly #source: CodeSource;

  constructor(
    private readonly core: Core,
    options: JitOptions = {},
  ) {
    const threshold = options.threshold ?? THRESHOLD_DEFAULT;
    this.#eager = threshold <= 1;
    this.#compile = options.compile ?? ((bytes) => new WebAssembly.Module(bytes));
    this.#nextIndex = core.table.length;
    this.#source = this.#eager ? { ...this.#reader(), executed: () => true } : this.#reader();
    const { exports } = core;
    const interval = this.#eager ? 1 : Math.max(2, Math.min(INTERVAL, threshold));
    exports.jitConfigure(interval, Math.max(1, Math.round((threshold / interval) * SAMPLE_HEAT)), this.#eager ? 1 : BATCH, REGION_FUEL);
    const run = exports.run;
    exports.run = (budget) => this.#run(run, budget);
  }

  #run(run: (budget: number) => number, budget: number): number {
    const { core } = this;
    let left = budget;
    for (;;) {
      const before = core.counter(L.COUNT_INSTRUCTIONS);
      const reason = run(left);
      const words = core.u32;
      if (words[(C.COMPILED + C.COMPILED_HOT) >>> 2] !== 0) this.#compileHot();
      if (words[(C.COMPILED + C.COMPILED_POOR) >>> 2] !== 0) this.#remakePoor();
      if (reason !== EXIT_HOT) return reason;
      left -= core.counter(L.COUNT_INSTRUCTIONS) - before;
      if (left <= 0) return 0;
    }
  }

  #reader(): CodeSource {
    const { core } = this;
    const page = (pc: number): number => (pc < 2 ** 38 ? core.exports.jitCodePage(Math.floor(pc / L.PAGE_SIZE)) >>> 0 : 0);
    const half = (pc: number): number | undefined => {
      const at = page(pc);
      return at === 0 ? undefined : core.view.getUint16(at + (pc % L.PAGE_SIZE), true);
    };
    return {
      word: (pc) => {
        const low = half(pc);
        if (low === undefined || (low & 3) !== 3) return low;
        const high = half(pc + 2);
        return high === undefined ? undefined : (low | (high << 16)) >>> 0;
      },
      executed: (pc) => pc < 2 ** 38 && core.exports.jitDecoded(Math.floor(pc / L.PAGE_SIZE), pc % L.PAGE_SIZE) !== 0,
    };
  }

  #compileHot(): void {
    const started = performance.now();
    const { core } = this;
    const count = Math.min(core.u32[(C.COMPILED + C.COMPILED_HOT) >>> 2], C.HOT_MAX);
    core.u32[(C.COMPILED + C.COMPILED_HOT) >>> 2] = 0;
    const wanted = new Set<number>();
    for (let i = 0; i < count; i++) wanted.add(core.readU64(C.HOT_LIST + i * 8));
    const made: [pc: number, translated: Translated][] = [];
    for (const pc of wanted) {
      const translated = this.#translate(pc);
      if (translated === undefined) this.stats.refused++;
      else made.push([pc, translated]);
    }
    this.#installAll(made);
    this.stats.compileMs += performance.now() - started;
  }

  #translate(pc: number): Translated | undefined {
    if (this.core.exports.jitDecoded(Math.floor(pc / L.PAGE_SIZE), pc % L.PAGE_SIZE) !== 1) return undefined;
    const entry = formRegion(this.#source, supported, pc, REGION_DEFAULTS);
    if (isExit(entry) || (entry.insns.length === 0 && entry.end.kind === 'slow')) return undefined;
    const translated = translate(entry, { table: (at) => this.#table.has(at) });
    return translated.pages.length > C.REGION_PAGES_MAX ? undefined : translated;
  }

  #installAll(made: readonly [pc: number, translated: Translated][]): void {
    if (made.length === 0) return;
    const bytes = encodeModule(
      REGION_TYPE,
      made.map(([, { body }]) => body),
      [],
    );
    const module = this.#compile(bytes);
    const instance = new WebAssembly.Instance(module, { env: { memory: this.core.memory } });
    made.forEach(([pc, translated], i) => {
      this.#install(pc, translated, instance.exports[String(i)] as () => number, bytes);
    });
  }

  #install(pc: number, translated: Translated, code: () => number, bytes: Uint8Array): void {
    const { core } = this;
    const record = this.#freeRecords.pop() ?? C.REGIONS + this.#nextRecord++ * C.REGION_BYTES;
    const index = this.#freeIndices.pop() ?? this.#nextIndex++;
    const sites = this.#takeSites(translated.sites.length);
    if (index >= core.table.length) core.table.grow(Math.max(64, core.table.length));
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
    translated.pages.forEach((vpn, i) => {
      words[at + (C.REGION_PAGE + i * C.REGION_PAGE_BYTES) / 4] = vpn;
    });
    if (core.exports.jitInstall(record) === 0) {
      this.stats.refused++;
      this.#freeRecords.push(record);
      this.#freeIndices.push(index);
      this.#giveSites(sites, translated.sites.length);
      return;
    }
    this.#regions.set(record, { record, pc, index, sites, siteCount: translated.sites.length, translated, bytes });
    this.stats.regions++;
    this.stats.instructions += translated.instructions;
    this.stats.bytes += translated.body.length;
  }

  #takeSites(count: number): number {
    const free = this.#freeSites.get(count)?.pop();
    if (free !== undefined) return free;
    const at = C.SITES + this.#nextSite * C.SITE_BYTES;
    this.#nextSite += count;
    return at;
  }
  #giveSites(at: number, count: number): void {
    const list = this.#freeSites.get(count) ?? [];
    list.push(at);
    this.#freeSites.set(count, list);
  }

  #remove(region: Region): void {
    const { core } = this;
    core.exports.jitRemove(region.record);
    core.table.set(region.index, null);
    this.#freeRecords.push(region.record);
    this.#freeIndices.push(region.index);
    this.#giveSites(region.sites, region.siteCount);
    this.#regions.delete(region.record);
    this.stats.removed++;
  }

  /** Regions that leave too often because of their data get code that asks the TLB. */
  #remakePoor(): void {
    const started = performance.now();
    const { core } = this;
    core.u32[(C.COMPILED + C.COMPILED_POOR) >>> 2] = 0;
    const made: [pc: number, translated: Translated][] = [];
    for (const region of [...this.#regions.values()]) {
      if (core.u32[(region.record + C.REGION_STATE) >>> 2] !== C.REGION_POOR) continue;
      region.translated.sites.forEach((site, i) => {
        const taken = core.view.getUint16(region.sites + i * C.SITE_BYTES + C.SITE_TAKEN, true);
        if (site.kind === C.SITE_SLOW && taken >= 100) this.#table.add(site.pc);
      });
      this.#remove(region);
      const translated = this.#translate(region.pc);
      if (translated !== undefined) made.push([region.pc, translated]);
      this.stats.remade++;
    }
    this.#installAll(made);
    this.stats.compileMs += performance.now() - started;
  }

  /** For --jit-stats: regions by how often they were entered, and their exits. */
  report(): string[] {
    const lines: string[] = [];
    const { core, stats } = this;
    lines.push(`jit: ${JSON.stringify(stats)}`);
    const entries = (region: Region): number => core.u32[(region.record + C.REGION_ENTRIES) >>> 2];
    const sorted = [...this.#regions.values()].sort((a, b) => entries(b) - entries(a));
    for (const region of sorted.slice(0, 30)) {
      lines.push(`  ${region.pc.toString(16)}  entered ${entries(region)}  ${region.translated.instructions} instructions`);
      region.translated.sites.forEach((site, i) => {
        const taken = core.view.getUint16(region.sites + i * C.SITE_BYTES + C.SITE_TAKEN, true);
        if (taken > 50) lines.push(`      ${site.pc.toString(16)} kind ${site.kind}: ${taken}`);
      });
    }
    return lines;
  }
}
