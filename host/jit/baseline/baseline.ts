/** Baseline code of pages: the core writes it (assembly/baseline), here it becomes modules and comes into the function table. */
import * as B from '../../../assembly/shared/baseline.js';
import { COMPILED } from '../../../assembly/shared/compiled.js';
import type { Core } from '../../core/core.js';
import { encodeParts } from '../encoder.js';
import { firstRegion, type Links, linksOf, PAGE_IMPORTS, PAGE_TYPES } from './links.js';

/** Sums over the whole run. */
export interface BaselineStats {
  /** Pages compiled, those made again counted again; their guest instructions and bytes of Wasm. */
  pages: number;
  pageInstructions: number;
  pageBytes: number;
  modules: number;
}

type Compile = (bytes: Uint8Array<ArrayBuffer>) => WebAssembly.Module;

/** What makes modules of pages. */
export interface PageCompiler {
  /** Of pages that are not worth optimising, or not yet. */
  readonly quick: Compile;
  /** Of pages that are to be optimised at once; without it the engine decides for itself. */
  readonly optimised?: Compile;
}

/** Of an engine that can't be told what to optimise. */
export function engineOf(compile: Compile | undefined): PageCompiler | undefined {
  return compile === undefined ? undefined : { quick: compile };
}

let provided: PageCompiler = { quick: (bytes) => new WebAssembly.Module(bytes) };

/** For the entries of engines that can be told what to optimise: from now on it is the default. */
export function providePageCompiler(compiler: PageCompiler): void {
  provided = compiler;
}

export interface BaselineOptions {
  /** Default: what is provided, or else the engine's own way. */
  readonly compile?: PageCompiler | undefined;
  readonly tailCalls: boolean;
  /** Code is compiled that was not executed yet, too. */
  readonly eager: boolean;
}

/** A unit that the core has written, and its function's body. */
interface Written {
  readonly unit: number;
  readonly body: Uint8Array;
}

export class Baseline {
  readonly stats: BaselineStats = { pages: 0, pageInstructions: 0, pageBytes: 0, modules: 0 };
  #links: Links | undefined = undefined;
  readonly #compiler: PageCompiler;
  /** Place in the function table of what enters baseline code; units' functions lie behind it, in the order of their records. */
  readonly entry: number;

  constructor(
    private readonly core: Core,
    private readonly options: BaselineOptions,
  ) {
    this.entry = core.firstFunction;
    this.#compiler = options.compile ?? provided;
  }

  /** Most machines end before they have baseline code. */
  #start(): Links {
    const { core, entry, options } = this;
    const links = linksOf(core, options.tailCalls, this.#compiler.optimised ?? this.#compiler.quick);
    const missing = firstRegion(entry) - core.table.length;
    if (missing > 0) core.table.grow(missing);
    core.table.set(entry, links.entry);
    return links;
  }

  get links(): Links {
    return (this.#links ??= this.#start());
  }

  /** Are pages that are executed much compiled again, for the engine to optimise them? */
  get optimises(): boolean {
    return this.#compiler.optimised !== undefined;
  }

  /** Do pages wait to be compiled? */
  get wanted(): boolean {
    return this.core.u32[(COMPILED + B.COMPILED_WANTED) >>> 2] !== 0;
  }

  /** Compiles the pages that wait. */
  compile(): void {
    const { core, options } = this;
    const { exports } = core;
    const count = core.u32[(COMPILED + B.COMPILED_WANTED) >>> 2];
    const pages = core.u32.slice(B.WANTED_PAGES >>> 2, (B.WANTED_PAGES >>> 2) + count);
    core.u32[(COMPILED + B.COMPILED_WANTED) >>> 2] = 0;
    const quick: Written[] = [];
    const optimised: Written[] = [];
    for (const page of pages) {
      const unit = exports.baselineEmit(page, options.eager ? 1 : 0, options.tailCalls ? 1 : 0);
      if (unit === 0) continue;
      const bytes = core.u32[(unit + B.UNIT_BODY_BYTES) >>> 2];
      const isOptimised = core.u32[(unit + B.UNIT_OPTIMISED) >>> 2] !== 0;
      (isOptimised ? optimised : quick).push({ unit, body: core.u8.slice(B.BODY, B.BODY + bytes) });
      this.stats.pages++;
      this.stats.pageInstructions += core.u32[(unit + B.UNIT_INSTRUCTIONS) >>> 2];
      this.stats.pageBytes += bytes;
    }
    const compiler = this.#compiler;
    this.#install(quick, compiler.quick);
    this.#install(optimised, compiler.optimised ?? compiler.quick);
    if (core.u32[(COMPILED + B.COMPILED_FULL) >>> 2] !== 0) exports.baselineReset();
    this.#sweep();
  }

  #install(written: readonly Written[], compile: Compile): void {
    if (written.length === 0) return;
    const { core } = this;
    const bytes = encodeParts({
      types: PAGE_TYPES,
      imports: PAGE_IMPORTS,
      functions: written.map(({ body }) => ({ type: 0, body })),
    });
    const instance = new WebAssembly.Instance(compile(bytes), { env: { memory: core.memory, ...this.links.imports } });
    this.stats.modules++;
    written.forEach(({ unit }, i) => {
      const index = this.#indexOf(unit);
      core.table.set(index, instance.exports[String(i)]);
      core.exports.baselineInstall(unit);
    });
  }

  #indexOf(unit: number): number {
    return this.entry + 1 + (unit - B.UNITS) / B.UNIT_BYTES;
  }

  /** Functions of units that are no more leave the table. */
  #sweep(): void {
    const { core } = this;
    const words = core.u32;
    if (words[(COMPILED + B.COMPILED_DEAD) >>> 2] === 0) return;
    words[(COMPILED + B.COMPILED_DEAD) >>> 2] = 0;
    for (let unit = B.UNITS; unit < B.UNITS + B.UNITS_MAX * B.UNIT_BYTES; unit += B.UNIT_BYTES) {
      const state = (unit + B.UNIT_STATE) >>> 2;
      if (words[state] !== B.UNIT_DEAD) continue;
      core.table.set(this.#indexOf(unit), null);
      words[state] = B.UNIT_FREE;
    }
  }
}
