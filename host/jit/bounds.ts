/** Addresses in small tables: a register's value plus an index that is known to be small. */
import type { Insn } from './insn.js';
import { writesInteger } from './memory.js';

/** Bytes from the beginning of a table at most. */
const TABLE_MAX = 2048;
const BOUND_MAX = 2 ** 20;

/** Below the register's value plus so much. */
export interface InTable {
  readonly base: number;
  readonly bound: number;
}

/** What is known about registers as a block is executed. */
export class Bounds {
  /** Register -> the greatest value that it can have; it is not negative. */
  readonly #most = new Map<number, number>();
  readonly #tables = new Map<number, InTable>();

  /** The table that an address in a register lies in. */
  of(register: number): InTable | undefined {
    return this.#tables.get(register);
  }

  /** After an instruction. */
  wrote(insn: Insn): void {
    if (!writesInteger(insn) || insn.rd === 0) return;
    const most = this.#bound(insn);
    const table = this.#table(insn);
    this.#most.delete(insn.rd);
    this.#tables.delete(insn.rd);
    for (const [register, { base }] of this.#tables) if (base === insn.rd) this.#tables.delete(register);
    if (most <= BOUND_MAX) this.#most.set(insn.rd, most);
    if (table !== undefined && table.base !== insn.rd && table.bound <= TABLE_MAX) this.#tables.set(insn.rd, table);
  }

  #mostOf(register: number): number {
    return register === 0 ? 0 : (this.#most.get(register) ?? Number.POSITIVE_INFINITY);
  }

  #bound({ op, rs1, rs2, imm }: Insn): number {
    const [a, b] = [this.#mostOf(rs1), this.#mostOf(rs2)];
    switch (op) {
      case 'andi':
        return imm >= 0 ? Math.min(a, imm) : a;
      case 'and':
        return Math.min(a, b);
      case 'lbu':
        return 0xff;
      case 'lhu':
      case 'zext.h':
        return 0xffff;
      case 'srli':
        return Math.min(Math.floor(a / 2 ** imm), 2 ** (64 - imm) - 1);
      case 'srliw':
        return imm === 0 ? a : Math.min(Math.floor(a / 2 ** imm), 2 ** (32 - imm) - 1);
      case 'slli':
        return a * 2 ** imm;
      case 'addi':
        return imm >= 0 ? a + imm : Number.POSITIVE_INFINITY;
      case 'addiw':
        return imm >= 0 ? a + imm : Number.POSITIVE_INFINITY;
      case 'add':
        return a + b;
      default:
        return Number.POSITIVE_INFINITY;
    }
  }

  #table({ op, rs1, rs2 }: Insn): InTable | undefined {
    const [a, b] = [this.#mostOf(rs1), this.#mostOf(rs2)];
    const shifted = /^sh([123])add$/.exec(op);
    if (shifted !== null) return { base: rs2, bound: a * 2 ** Number(shifted[1]) };
    if (op !== 'add') return undefined;
    if (a <= TABLE_MAX && rs2 !== 0) return { base: rs2, bound: a };
    return b <= TABLE_MAX && rs1 !== 0 ? { base: rs1, bound: b } : undefined;
  }
}
