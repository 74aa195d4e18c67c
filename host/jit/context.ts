import * as C from '../../assembly/shared/compiled.js';
import * as L from '../../assembly/shared/layout.js';
import { Code, F64, I32, I64 } from './encoder.js';
import type { Operands } from './float.js';
import type { Insn } from './insn.js';

/** How a region leaves: a record of these goes to linear memory (assembly/shared/compiled.ts). */
export interface Site {
  readonly pc: number;
  readonly instructions: number;
  readonly accesses: number;
  readonly kind: number;
}

/** Parameters of a region's function: fuel in, permission bytes and base of the window. */
export const COUNT = 0;
export const PERMISSIONS = 1;
export const BASE = 2;
export const REGION_TYPE = { parameters: [I64, I32, I32], results: [I32] };

/** The function that every module imports: the core executes a decoded operation on the registers in memory (assembly/jit.ts). */
export const EXECUTE = 0;
export const IMPORTS = [{ name: 'execute', type: { parameters: [I64], results: [I32] } }];

export interface TranslateOptions {
  /** Accesses (by pc) whose data is not at its identity place. */
  readonly table: (pc: number) => boolean;
  /** Floating-point instructions that the core is asked for. */
  readonly called: (pc: number) => boolean;
  /** Those that find out themselves whether their result is inexact. */
  readonly precise: (pc: number) => boolean;
  /** Has the engine a fused multiply-add? */
  readonly fused: boolean;
  /** The decoded operation (high and low word) of an instruction. */
  readonly operation: (word: number) => readonly [number, number];
  readonly operands: (insn: Insn) => Operands;
}

export const X_LOAD = 0x29;
export const X_STORE = 0x37;
const TWO32 = 2 ** 32;

/** What is emitted into: one region's function. */
export class RegionCode {
  readonly code = new Code(REGION_TYPE.parameters);
  readonly sites: Site[] = [];
  readonly #siteNumbers = new Map<string, number>();
  /** Guest registers in locals; x0 has none. */
  readonly x: number[] = new Array(32).fill(-1);
  readonly f: number[] = new Array(32).fill(-1);
  /** Number of the exit that is taken. */
  readonly site: number;
  /** Address of the access being checked. */
  readonly address: number;
  /** Instructions executed and accesses made since COUNT was brought up to date. */
  instructions = 0;
  accesses = 0;
  /** The block behind which all registers are stored. */
  exit = 0;
  /** fflags while the region runs. */
  readonly flags: number;
  /** Floating-point registers that are known to hold a single. */
  readonly boxed = new Set<number>();
  readonly #free = new Map<number, number[]>();

  constructor(readonly options: TranslateOptions) {
    this.site = this.code.local(I32);
    this.address = this.code.local(I64);
    this.flags = this.code.local(I32);
  }

  /** A local for a short while. */
  scratch(type: number): number {
    return this.#free.get(type)?.pop() ?? this.code.local(type);
  }
  release(type: number, ...locals: readonly number[]): void {
    this.#free.set(type, [...(this.#free.get(type) ?? []), ...locals]);
  }

  /** A scratch local that is filled from the stack. */
  keep(type: number): number {
    const local = this.scratch(type);
    this.code.set(local);
    return local;
  }

  siteNumber(pc: number, kind: number): number {
    const name = `${pc} ${this.instructions} ${this.accesses} ${kind}`;
    let number = this.#siteNumbers.get(name);
    if (number === undefined) {
      number = this.sites.length;
      this.sites.push({ pc, instructions: this.instructions, accesses: this.accesses, kind });
      this.#siteNumbers.set(name, number);
    }
    return number;
  }

  /** Names the exit for the br or br_if to `exit` that follows. */
  name(pc: number, kind: number): void {
    this.code.i32Const(this.siteNumber(pc, kind) * C.SITE_BYTES);
    this.code.set(this.site);
  }

  /** Leaves if what is on the stack is not 0. */
  exitIf(pc: number, kind: number): void {
    this.name(pc, kind);
    this.code.brIf(this.exit);
  }

  leave(pc: number, kind: number): void {
    this.name(pc, kind);
    this.code.br(this.exit);
  }

  /** Takes what was executed since the last time off the fuel. */
  flush(): void {
    if (this.instructions === 0 && this.accesses === 0) return;
    this.code.get(COUNT);
    this.code.i64Const(this.accesses * TWO32 - this.instructions);
    this.code.op(0x7c);
    this.code.set(COUNT);
    this.instructions = 0;
    this.accesses = 0;
  }

  getX(n: number): void {
    if (n === 0) this.code.i64Const(0);
    else this.code.get(this.x[n]);
  }
  /** From the stack; a result for x0 is dropped. */
  setX(n: number): void {
    if (n === 0) this.code.op(0x1a);
    else this.code.set(this.x[n]);
  }
  getF(n: number): void {
    this.code.get(this.f[n]);
  }
  setF(n: number): void {
    this.code.set(this.f[n]);
    this.boxed.delete(n);
  }
  /** A single from the stack. */
  setSingle(n: number): void {
    this.code.op(0xbc);
    this.code.op(0xad);
    this.code.i64Const(-TWO32);
    this.code.op(0x84);
    this.code.op(0xbf);
    this.setF(n);
    this.boxed.add(n);
  }

  loadX(n: number): void {
    this.code.i32Const(0);
    this.code.memory(X_LOAD, L.HART + L.HART_X + 8 * n);
    this.code.set(this.x[n]);
  }
  loadF(n: number): void {
    this.code.i32Const(0);
    this.code.memory(0x2b, L.HART + L.HART_F + 8 * n);
    this.setF(n);
  }
  storeX(n: number): void {
    this.code.i32Const(0);
    this.code.get(this.x[n]);
    this.code.memory(X_STORE, L.HART + L.HART_X + 8 * n);
  }
  storeF(n: number): void {
    this.code.i32Const(0);
    this.code.get(this.f[n]);
    this.code.memory(0x39, L.HART + L.HART_F + 8 * n);
  }
  loadFlags(): void {
    this.code.i32Const(0);
    this.code.memory(0x28, L.HART + L.HART_FFLAGS);
    this.code.set(this.flags);
  }
  storeFlags(): void {
    this.code.i32Const(0);
    this.code.get(this.flags);
    this.code.memory(0x36, L.HART + L.HART_FFLAGS);
  }

  loadRegisters(xs: Iterable<number>, fs: Iterable<number>): void {
    for (const n of xs) {
      this.x[n] = this.code.local(I64);
      this.loadX(n);
    }
    for (const n of fs) {
      this.f[n] = this.code.local(F64);
      this.loadF(n);
    }
  }

  storeRegisters(xs: Iterable<number>, fs: Iterable<number>): void {
    for (const n of xs) this.storeX(n);
    for (const n of fs) this.storeF(n);
  }
}
