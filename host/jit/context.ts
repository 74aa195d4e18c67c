import * as C from '../../assembly/shared/compiled.js';
import * as L from '../../assembly/shared/layout.js';
import { F_NAMES, X_NAMES } from '../debug/fields.js';
import { Code, F64, I32, I64, V128 } from './encoder.js';
import type { Operands } from './float.js';
import type { Insn } from './insn.js';
import { EXECUTE_TYPE, FIND_TYPE, LEAVE_TYPE, REGION_TYPE } from './types.js';

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

/**
 * The functions that every module imports: the core executes a decoded operation on the registers in memory; what is called last
 * (jumps.ts); memory that is not in the fast TLB is found.
 */
export const EXECUTE = 0;
export const LEAVE = 1;
export const FIND = 2;
export const IMPORTS = [
  { name: 'execute', type: EXECUTE_TYPE },
  { name: 'leave', type: LEAVE_TYPE },
  { name: 'find', type: FIND_TYPE },
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

/**
 * The page that is remembered before one was found. Any value is an address in some page, so it is one that Sv39, Sv48 and Sv57 do not have
 * and that no guest can know. Listings have the same one always.
 */
const NOWHERE_SHOWN = -(2 ** 62) - L.PAGE_SIZE;
let nowhere: number | undefined;

/** Chosen when it is first needed: the host's generator takes a while to start. */
function nowhereKnown(): number {
  nowhere ??= NOWHERE_SHOWN - randomBelow(2 ** 32) * 2 ** 29 - randomBelow(2 ** 17) * L.PAGE_SIZE;
  return nowhere;
}

function randomBelow(limit: number): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] % limit;
}

/** An exit's offset among those of its region has so many bits. */
export const SITE_BITS = 18;
/** They go with the offset: another region may be entered at once, at SITE_PC or at HART_PC. */
export const JUMP_GO = 1;
export const JUMP_DYNAMIC = 2;
const JUMPS: Partial<Record<number, number>> = { [C.SITE_GO]: JUMP_GO, [C.SITE_DYNAMIC]: JUMP_DYNAMIC };

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
  /** The block behind which all registers are stored, if there is one. */
  exit = 0;
  /** Are fflags in a local? */
  hasFlags = false;
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
  /** The exit that was named last, in regions that have no block for exits. */
  #named = 0;
  #namedKind = 0;
  #zero = -1;

  constructor(
    readonly options: TranslateOptions,
    /** Do writes go to memory at once? */
    readonly through: boolean,
  ) {
    this.site = this.code.local(I32);
    this.address = this.code.local(I64);
    this.flags = this.code.local(I32);
  }

  /** The last parameter of imported functions. */
  getZero(): void {
    if (this.#zero < 0) this.#zero = this.code.local(V128);
    this.code.get(this.#zero);
  }

  /** A local for a short while. */
  scratch(type: number): number {
    return this.#free.get(type)?.pop() ?? this.code.local(type);
  }
  release(type: number, ...locals: readonly number[]): void {
    this.#free.set(type, [...(this.#free.get(type) ?? []), ...locals]);
  }

  /**
   * The local that remembers a page that accesses through a register may use: minus its address. It begins as nowhereKnown().
   * For a range of more than a page: the address itself.
   */
  nearby(register: number, permission: number, ...range: readonly number[]): number {
    const name = [register, permission, ...range].join(' ');
    let local = this.#nearby.get(name);
    if (local === undefined) {
      local = this.code.localWith(this.options.marks === undefined ? nowhereKnown() : NOWHERE_SHOWN);
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
    const site = this.siteNumber(pc, kind) * C.SITE_BYTES + (JUMPS[kind] ?? 0);
    if (this.through) {
      this.#named = site;
      this.#namedKind = kind;
      return;
    }
    this.code.i32Const(site);
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
    if (!this.through) {
      this.code.brIf(this.exit);
      return;
    }
    this.code.if();
    this.#leaveHere();
    this.code.end();
  }

  leave(pc: number, kind: number): void {
    this.name(pc, kind);
    if (this.through) {
      this.#leaveHere();
      return;
    }
    this.code.get(PERMISSIONS);
    this.brExit();
    this.code.unreachable();
  }

  /** By the exit that was named: a call that needs no registers is less for engines than a way to where all exits meet. */
  #leaveHere(): void {
    if (this.hasFlags) this.storeFlags();
    if (this.#namedKind === C.SITE_TABLE) this.#storeAddress();
    this.#callLeave(() => this.code.i32Const(this.#named));
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

  /** Behind the block of all exits, with registers stored. */
  finish(): void {
    if (this.sites.some(({ kind }) => kind === C.SITE_TABLE)) this.#storeAddress();
    this.#callLeave(() => this.code.get(this.site));
  }

  #storeAddress(): void {
    this.code.i32Const(0);
    this.code.get(this.address);
    this.code.memory(X_STORE, C.COMPILED + C.COMPILED_ADDRESS);
  }

  #callLeave(site: () => void): void {
    const { code } = this;
    code.get(COUNT);
    code.get(PERMISSIONS);
    code.get(BASE);
    code.get(FUNCTION);
    code.i32Const(SITE_BITS);
    code.op(0x74);
    site();
    code.op(0x72);
    this.getZero();
    if (this.options.tailCalls) code.returnCall(LEAVE);
    else {
      code.call(LEAVE);
      code.op(0x0f);
    }
  }
}
