/** Addresses in small tables: a register's value plus an index that is known to be small. */
import { type Insn, writesInteger } from './insn.js';

/** Bytes of a table at most, and how far away from the register's value it may be. */
const TABLE_MAX = 4096;
const BOUND_MAX = 2 ** 20;

/** Both inclusive; the least is not negative. */
interface Range {
  readonly least: number;
  readonly most: number;
}

/** The register's value plus so much. */
export interface InTable extends Range {
  readonly base: number;
}

const ZERO: Range = { least: 0, most: 0 };
const SHIFTED_ADD: Readonly<Record<string, number>> = { sh1add: 2, sh2add: 4, sh3add: 8 };

const upTo = (most: number): Range => ({ least: 0, most });
const plus = (a: Range, b: Range): Range => ({ least: a.least + b.least, most: a.most + b.most });
const times = ({ least, most }: Range, factor: number): Range => ({ least: least * factor, most: most * factor });
const shiftedRight = ({ least, most }: Range, by: number): Range => ({
  least: Math.floor(least / 2 ** by),
  most: Math.floor(most / 2 ** by),
});

/** What is known about small numbers in registers at a point. */
export class Bounds {
  readonly #ranges = new Map<number, Range>();
  readonly #tables = new Map<number, InTable>();

  copy(): Bounds {
    const copy = new Bounds();
    for (const [register, range] of this.#ranges) copy.#ranges.set(register, range);
    for (const [register, table] of this.#tables) copy.#tables.set(register, table);
    return copy;
  }

  /** The table that an address in a register lies in. */
  of(register: number): InTable | undefined {
    return this.#tables.get(register);
  }

  /** After code that writes a register. */
  forget(register: number): void {
    this.#ranges.delete(register);
    this.#tables.delete(register);
    for (const [other, { base }] of this.#tables) if (base === register) this.#tables.delete(other);
  }

  /** After an instruction. */
  wrote(insn: Insn): void {
    if (!writesInteger(insn) || insn.rd === 0) return;
    const range = this.#range(insn);
    const table = this.#table(insn);
    this.forget(insn.rd);
    if (range !== undefined && range.most <= BOUND_MAX) this.#ranges.set(insn.rd, range);
    if (table !== undefined && table.base !== insn.rd && table.most <= TABLE_MAX) this.#tables.set(insn.rd, table);
  }

  #of(register: number): Range | undefined {
    return register === 0 ? ZERO : this.#ranges.get(register);
  }

  #range({ op, rs1, rs2, imm }: Insn): Range | undefined {
    const a = this.#of(rs1);
    switch (op) {
      case 'andi':
        return imm >= 0 ? upTo(Math.min(a?.most ?? imm, imm)) : a && upTo(a.most);
      case 'and': {
        const most = Math.min(a?.most ?? BOUND_MAX + 1, this.#of(rs2)?.most ?? BOUND_MAX + 1);
        return upTo(most);
      }
      case 'lbu':
        return upTo(0xff);
      case 'lhu':
      case 'zext.h':
        return upTo(0xffff);
      case 'srli':
        return a === undefined ? upTo(2 ** (64 - imm) - 1) : shiftedRight(a, imm);
      case 'srliw':
        if (imm === 0) return a;
        return a === undefined ? upTo(2 ** (32 - imm) - 1) : shiftedRight(a, imm);
      case 'slli':
        return a && times(a, 2 ** imm);
      case 'addi':
      case 'addiw':
        return a !== undefined && a.least + imm >= 0 ? plus(a, { least: imm, most: imm }) : undefined;
      case 'add': {
        const b = this.#of(rs2);
        return a && b && plus(a, b);
      }
      default:
        return undefined;
    }
  }

  #table({ op, rs1, rs2 }: Insn): InTable | undefined {
    const a = this.#of(rs1);
    const factor = SHIFTED_ADD[op];
    if (factor !== undefined) return a && { base: rs2, ...times(a, factor) };
    if (op !== 'add') return undefined;
    const b = this.#of(rs2);
    if (a !== undefined && a.most <= TABLE_MAX && rs2 !== 0) return { base: rs2, ...a };
    return b !== undefined && b.most <= TABLE_MAX && rs1 !== 0 ? { base: rs1, ...b } : undefined;
  }
}
