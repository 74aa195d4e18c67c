import * as L from '../../assembly/shared/layout.js';
import type { CoreExports } from './abi.js';
import { allocate } from './memory.js';

const TWO32 = 2 ** 32;
const TABLE_INITIAL = 64;

/** scripts/export-globals.mjs names them. */
function globalsOf(exports: WebAssembly.Exports): WebAssembly.Global[] {
  const found: WebAssembly.Global[] = [];
  for (let at = exports[`state${found.length}`]; at instanceof WebAssembly.Global; at = exports[`state${found.length}`]) found.push(at);
  return found;
}

/**
 * The instantiated core and its linear memory. Memory grows, which detaches every view: always go through `u8`, `u32` and
 * `view`, which notice it. Never keep one of them across a call into the core.
 */
export class Core {
  readonly memory: WebAssembly.Memory;
  readonly exports: CoreExports;
  /** Functions the core calls by their index: compiled code is put here. */
  readonly table: WebAssembly.Table;
  /**
   * With HART_CALLS run() calls it at a system call, registers and counters in memory as if it had come back. The budget with which run()
   * is to go on; 0: it comes back with EXIT_CALLED.
   */
  onCall: () => number = () => 0;
  /** The first place in `table` for compiled code. */
  readonly firstFunction: number;
  /** Its mutable globals: with the memory, all that it is. */
  readonly globals: readonly WebAssembly.Global[];
  /** Names the core's build. */
  readonly build: string;
  readonly #run: CoreExports['run'];
  #u8!: Uint8Array;
  #u32!: Uint32Array;
  #view!: DataView;

  private constructor(module: WebAssembly.Module, memory: WebAssembly.Memory, table: WebAssembly.Table, exports: WebAssembly.Exports) {
    this.memory = memory;
    this.table = table;
    this.firstFunction = table.length;
    this.#run = exports.run as CoreExports['run'];
    this.exports = { ...exports } as unknown as CoreExports;
    this.globals = globalsOf(exports);
    const [build] = WebAssembly.Module.customSections(module, 'build');
    this.build = build === undefined ? '' : Array.from(new Uint8Array(build), (byte) => byte.toString(16).padStart(2, '0')).join('');
    this.#refresh();
  }

  /** Instantiates a compiled core; machines may share the module, not the memory, of which nothing has been used. */
  static async create(module: WebAssembly.Module, memory = allocate()): Promise<Core> {
    const { imports, finish } = Core.#prepare(module, memory);
    return finish(await WebAssembly.instantiate(module, imports));
  }

  /** The same at once. */
  static createSync(module: WebAssembly.Module, memory = allocate()): Core {
    const { imports, finish } = Core.#prepare(module, memory);
    return finish(new WebAssembly.Instance(module, imports));
  }

  static #prepare(
    module: WebAssembly.Module,
    memory: WebAssembly.Memory,
  ): { imports: WebAssembly.Imports; finish(instance: WebAssembly.Instance): Core } {
    const table = new WebAssembly.Table({ initial: TABLE_INITIAL, element: 'anyfunc' });
    let core: Core | undefined;
    const call = (): number => (core === undefined ? 0 : core.onCall());
    const finish = ({ exports }: WebAssembly.Instance): Core => {
      core = new Core(module, memory, table, exports);
      return core;
    };
    return { imports: { env: { memory, table, call } }, finish };
  }

  /** Nobody has put anything before its functions any more. */
  forgetHost(): void {
    this.onCall = () => 0;
    this.exports.run = this.#run;
  }

  #refresh(): void {
    const { buffer } = this.memory;
    this.#u8 = new Uint8Array(buffer);
    this.#u32 = new Uint32Array(buffer);
    this.#view = new DataView(buffer);
  }

  // A view of a buffer that has been detached has no elements. Asking the memory for its buffer costs more than most uses of it, and to
  // ask a view for its length is slower than to read one: engines take lengths beyond 2^31 into account.
  get u8(): Uint8Array {
    if (this.#u8[0] === undefined) this.#refresh();
    return this.#u8;
  }

  get u32(): Uint32Array {
    if (this.#u32[0] === undefined) this.#refresh();
    return this.#u32;
  }

  get view(): DataView {
    if (this.#u8[0] === undefined) this.#refresh();
    return this.#view;
  }

  /** An unsigned 64-bit word of core memory as a number (exact below 2^53). */
  readU64(address: number): number {
    const words = this.u32;
    return words[address >>> 2] + words[(address >>> 2) + 1] * TWO32;
  }

  /** Integer register n of the running thread as an unsigned number: exact below 2^53, merely large above. */
  reg(n: number): number {
    return this.readU64(L.HART + L.HART_X + n * 8);
  }

  /** Integer register n as a signed number: exact between -2^53 and 2^53. */
  regSigned(n: number): number {
    const words = this.u32;
    const at = (L.HART + L.HART_X + n * 8) >>> 2;
    return words[at] + (words[at + 1] | 0) * TWO32;
  }

  /** The low 32 bits of register n, signed: what an `int` argument is. */
  regInt(n: number): number {
    return this.u32[(L.HART + L.HART_X + n * 8) >>> 2] | 0;
  }

  setReg(n: number, value: number): void {
    this.writeU64(L.HART + L.HART_X + n * 8, value);
  }

  /** The same as readU64 for what may be any 64 bits: a bigint where a number would be another value. */
  readExact(address: number): number | bigint {
    const value = this.readU64(address);
    return Number.isSafeInteger(value) ? value : this.view.getBigUint64(address, true);
  }

  /** Stores a whole number (negative ones in two's complement, exact between -2^53 and 2^53). */
  writeU64(address: number, value: number): void {
    const words = this.u32;
    words[address >>> 2] = value;
    words[(address >>> 2) + 1] = Math.floor(value / TWO32);
  }

  /** HART_IO_INDEX: the page that the core has asked for last, a slot of the swap area, or a userfaultfd's reason. */
  get ioIndex(): number {
    return this.readU64(L.HART + L.HART_IO_INDEX);
  }

  get pc(): number {
    return this.readU64(L.HART + L.HART_PC);
  }

  set pc(value: number) {
    this.writeU64(L.HART + L.HART_PC, value);
  }

  /** Machine-wide counter COUNT_*. */
  counter(which: number): number {
    return this.readU64(L.HART + L.HART_COUNTERS + which * 8);
  }
}
