import * as C from '../../assembly/shared/compiled.js';
import * as L from '../../assembly/shared/layout.js';
import { F_NAMES, X_NAMES } from '../debug/fields.js';
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

/** Parameters of a region's function, see assembly/shared/compiled.ts. */
export const COUNT = 0;
export const PERMISSIONS = 1;
export const BASE = 2;
export const FUNCTION = 3;
export const REGION_TYPE = { parameters: [I64, I32, I32, I32], results: [I32] };

/**
 * The functions that every module imports: the core executes a decoded operation on the registers in memory (assembly/jit.ts), and another
 * region is called last (jumps.ts).
 */
export const EXECUTE = 0;
export const JUMP = 1;
export const IMPORTS = [
  { name: 'execute', type: { parameters: [I64], results: [I32] } },
  { name: 'jump', type: REGION_TYPE },
];

/** What is emitted for which guest instruction, for people: filled in by translation. */
export interface Marks {
  /** Address of the guest instruction that each `nop` stands before: there are no others in a region. */
  readonly addresses: number[];
  /** Names of locals. */
  readonly locals: Map<number, string>;
}

export interface TranslateOptions {
  /** Asks for marks. */
  readonly marks?: Marks;
  /** Accesses (by pc) whose data is not at its identity place. */
  readonly table: (pc: number) => boolean;
  /** Floating-point instructions that the core is asked for. */
  readonly called: (pc: number) => boolean;
  /** Those that find out themselves whether their result is inexact. */
  readonly precise: (pc: number) => boolean;
  /** Place of the first region in the function table. */
  readonly firstFunction: number;
  /** Has it tail calls? */
  readonly tailCalls: boolean;
  /** Has the engine a fused multiply-add? */
  readonly fused: boolean;
  /** The decoded operation (high and low word) of an instruction. */
  readonly operation: (word: number) => readonly [number, number];
  readonly operands: (insn: Insn) => Operands;
}

export const X_LOAD = 0x29;
export const X_STORE = 0x37;
const TWO32 = 2 ** 32;
const NOP = 0x01;
/** One instruction in COUNT. */
export const COUNT_UNIT = 2 ** C.COUNT_SHIFT;

/** Goes with an exit's offset: another region may be entered at once, at SITE_PC. */
const JUMPS = 1;

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
  /** Registers that are known to hold sign-extended words (words.ts). */
  words = 0;
  /** Registers that have just been shifted left by 32 -> a local with the 32 bits that they hold. */
  readonly shifted = new Map<number, number>();
  /** Floating-point registers that are known to hold a single. */
  readonly boxed = new Set<number>();
  /**
   * Guest registers (f from 32 on) whose locals hold their values here. In a region without a loop, which is left soon, locals are filled
   * when they are first read, and what is written goes to memory, too, at once: nothing is left to do at the exits.
   */
  held = new Set<number>();
  readonly #free = new Map<number, number[]>();
  readonly #nearby = new Map<string, number>();
  #entry = -1;

  constructor(
    readonly options: TranslateOptions,
    /** Do writes go to memory at once? */
    readonly through: boolean,
  ) {
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

  /**
   * The local that remembers a page for which accesses through a register have a permission: minus its address. It begins as a page that no
   * address lies in. For a range of more than a page: the address itself.
   */
  nearby(register: number, permission: number, ...range: readonly number[]): number {
    const name = [register, permission, ...range].join(' ');
    let local = this.#nearby.get(name);
    if (local === undefined) {
      local = this.code.localWith(-(2 ** 63));
      this.#nearby.set(name, local);
    }
    return local;
  }

  /** A scratch local that is filled from the stack. */
  keep(type: number): number {
    const local = this.scratch(type);
    this.code.set(local);
    return local;
  }

  /** Before what is emitted for a guest instruction. */
  mark(pc: number): void {
    if (this.options.marks === undefined) return;
    this.code.op(NOP);
    this.options.marks.addresses.push(pc);
  }

  /** Tells the marks what locals hold. */
  nameLocals(): void {
    const locals = this.options.marks?.locals;
    if (locals === undefined) return;
    const names: [number, string][] = [
      [COUNT, 'count'],
      [PERMISSIONS, 'permissions'],
      [BASE, 'base'],
      [FUNCTION, 'function'],
      [this.site, 'exit'],
      [this.address, 'address'],
      [this.flags, 'fflags'],
    ];
    for (const [local, name] of names) locals.set(local, name);
    for (const [registers, registerNames] of [[this.x, X_NAMES] as const, [this.f, F_NAMES] as const])
      registers.forEach((local, n) => {
        if (local >= 0) locals.set(local, registerNames[n]);
      });
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
    this.code.i32Const(this.siteNumber(pc, kind) * C.SITE_BYTES + (kind === C.SITE_GO ? JUMPS : 0));
    this.code.set(this.site);
  }

  /** Leaves if what is on the stack is not 0. */
  exitIf(pc: number, kind: number): void {
    this.name(pc, kind);
    this.brExit();
  }

  /** To the exit that was named, if what is on the stack is not 0. */
  brExit(): void {
    this.code.unlikely();
    this.code.brIf(this.exit);
  }

  leave(pc: number, kind: number): void {
    this.name(pc, kind);
    if (this.through) this.code.br(this.exit);
    else {
      this.code.get(PERMISSIONS);
      this.brExit();
      this.code.unreachable();
    }
  }

  /** Takes what was executed since the last time off the fuel. */
  flush(): void {
    if (this.instructions === 0 && this.accesses === 0) return;
    this.code.get(COUNT);
    this.code.i64Const(this.accesses - this.instructions * COUNT_UNIT);
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
    if (n === 0) {
      this.code.op(0x1a);
      return;
    }
    if (this.x[n] < 0) this.x[n] = this.code.local(I64);
    this.code.set(this.x[n]);
    this.shifted.delete(n);
    if (!this.through) return;
    this.held.add(n);
    this.storeX(n);
  }
  getF(n: number): void {
    this.code.get(this.f[n]);
  }
  setF(n: number): void {
    if (this.f[n] < 0) this.f[n] = this.code.local(F64);
    this.code.set(this.f[n]);
    this.boxed.delete(n);
    if (!this.through) return;
    this.held.add(32 + n);
    this.storeF(n);
  }
  /** Makes sure that locals hold these registers. */
  hold(kind: 'x' | 'f', n: number): void {
    const name = kind === 'f' ? 32 + n : n;
    if (!this.through || name === 0 || this.held.has(name)) return;
    this.held.add(name);
    if (kind === 'f') this.loadF(n);
    else this.loadX(n);
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
  /** Memory has a newer value. */
  forget(kind: 'x' | 'f', n: number): void {
    this.held.delete(kind === 'f' ? 32 + n : n);
    if (kind === 'x') this.shifted.delete(n);
    if (kind === 'f') this.boxed.delete(n);
  }

  loadX(n: number): void {
    this.shifted.delete(n);
    if (this.x[n] < 0) this.x[n] = this.code.local(I64);
    this.code.i32Const(0);
    this.code.memory(X_LOAD, L.HART + L.HART_X + 8 * n);
    this.code.set(this.x[n]);
  }
  loadF(n: number): void {
    if (this.f[n] < 0) this.f[n] = this.code.local(F64);
    this.code.i32Const(0);
    this.code.memory(0x2b, L.HART + L.HART_F + 8 * n);
    this.code.set(this.f[n]);
    this.boxed.delete(n);
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
    for (const n of xs) this.loadX(n);
    for (const n of fs) this.loadF(n);
  }

  storeRegisters(xs: Iterable<number>, fs: Iterable<number>): void {
    for (const n of xs) this.storeX(n);
    for (const n of fs) this.storeF(n);
  }

  /** Behind the block of all exits, with registers stored: brings the count up to date and goes to the next region, or returns. */
  finish(): void {
    const { code } = this;
    const at = code.local(I32);
    this.#record();
    code.memory(0x28, C.REGION_SITES);
    code.get(this.site);
    code.i32Const(-C.SITE_BYTES);
    code.op(0x71);
    code.op(0x6a);
    code.set(at);
    code.get(COUNT);
    code.get(at);
    code.memory(0x33, C.SITE_INSTRUCTIONS);
    code.i64Const(C.COUNT_SHIFT);
    code.op(0x86);
    code.op(0x7d);
    code.get(at);
    code.memory(0x33, C.SITE_ACCESSES);
    code.op(0x7c);
    code.set(COUNT);
    if (this.sites.some(({ kind }) => kind === C.SITE_TABLE)) {
      code.i32Const(0);
      code.get(this.address);
      code.memory(X_STORE, C.COMPILED + C.COMPILED_ADDRESS);
    }
    if (this.options.tailCalls && this.sites.some(({ kind }) => kind === C.SITE_GO)) {
      code.get(this.site);
      code.i32Const(JUMPS);
      code.op(0x71);
      code.if();
      code.get(at);
      code.memory(X_LOAD, C.SITE_PC);
      code.set(this.address);
      this.jump(this.address);
      code.end();
    }
    code.i32Const(0);
    code.get(COUNT);
    code.memory(X_STORE, C.COMPILED + C.COMPILED_COUNT);
    code.i32Const(0);
    this.#record();
    code.memory(0x36, C.COMPILED + C.COMPILED_REGION);
    code.get(at);
    code.op(0x0b);
  }

  /** The address of the region's record: records and places in the function table have the same order. */
  #record(): void {
    const { code } = this;
    code.get(FUNCTION);
    code.i32Const(7);
    code.op(0x74);
    code.i32Const(C.REGIONS - (this.options.firstFunction << 7));
    code.op(0x6a);
  }

  /** Calls the region for the address in a local, if jumps have led there before, it is valid, and there is fuel for it. */
  jump(pc: number): void {
    const { code } = this;
    if (this.#entry < 0) this.#entry = code.local(I32);
    const entry = this.#entry;
    code.get(pc);
    code.op(0xa7);
    code.i32Const(3);
    code.op(0x74);
    code.i32Const((C.JUMPS_ENTRIES - 1) << 4);
    code.op(0x71);
    code.tee(entry);
    code.memory(X_LOAD, C.JUMPS);
    code.get(pc);
    code.op(0x51);
    code.get(entry);
    code.memory(0x28, C.JUMPS + C.JUMP_EPOCH);
    code.i32Const(0);
    code.memory(0x28, C.COMPILED + C.COMPILED_EPOCH);
    code.op(0x46);
    code.op(0x71);
    code.if();
    code.get(COUNT);
    code.i64Const(C.JUMP_FUEL * COUNT_UNIT);
    code.op(0x5a);
    code.if();
    code.i32Const(0);
    code.i32Const(0);
    code.memory(0x28, C.COMPILED + C.COMPILED_JUMPS);
    code.i32Const(1);
    code.op(0x6a);
    code.memory(0x36, C.COMPILED + C.COMPILED_JUMPS);
    code.get(COUNT);
    code.get(PERMISSIONS);
    code.get(BASE);
    code.get(entry);
    code.memory(0x28, C.JUMPS + C.JUMP_FUNCTION);
    code.returnCall(JUMP);
    code.end();
    code.end();
  }
}
