/** What is known about the addresses in registers while a region's code is emitted, and which accesses share a check. */
import { PAGE_SIZE } from '../../assembly/shared/layout.js';
import { ACCESSES } from './access.js';
import { Bounds } from './bounds.js';
import { type Insn, writesInteger } from './insn.js';
import type { Placed } from './region.js';

/**
 * A range of bytes around a base register's value that was checked: `host` is a local with the linear address of its first byte, if there
 * is one.
 */
export interface Span {
  readonly low: number;
  readonly end: number;
  readonly permission: number;
  readonly host: number | undefined;
}

/** A value that registers hold, plus a constant: what addresses are made of. */
export interface Root {
  readonly spans: Span[];
}

/** What is known about registers at a point: from which value they are how far away. */
export class Roots {
  readonly #roots = new Map<number, { root: Root; offset: number }>();
  /** Which are small numbers, or point into small tables. */
  bounds = new Bounds();

  copy(): Roots {
    const copy = new Roots();
    const clones = new Map<Root, Root>();
    for (const [n, { root, offset }] of this.#roots) {
      let clone = clones.get(root);
      if (clone === undefined) {
        clone = { spans: [...root.spans] };
        clones.set(root, clone);
      }
      copy.#roots.set(n, { root: clone, offset });
    }
    copy.bounds = this.bounds.copy();
    return copy;
  }

  of(register: number): { root: Root; offset: number } {
    let found = this.#roots.get(register);
    if (found === undefined) {
      found = { root: { spans: [] }, offset: 0 };
      this.#roots.set(register, found);
    }
    return found;
  }

  /** What is left when other code has been executed that writes some registers. */
  without(written: ReadonlySet<number>): Roots {
    const copy = this.copy();
    for (const n of written) {
      copy.#roots.delete(n);
      copy.bounds.forget(n);
    }
    return copy;
  }

  /** After an instruction. */
  wrote(insn: Insn): void {
    const { op, rd, rs1, imm } = insn;
    if (rd === 0 || !writesInteger(insn)) return;
    this.bounds.wrote(insn);
    if (op === 'addi' && rs1 !== 0) {
      const { root, offset } = this.of(rs1);
      if (Math.abs(offset + imm) < 2 ** 20) {
        this.#roots.set(rd, { root, offset: offset + imm });
        return;
      }
    }
    this.#roots.delete(rd);
  }
}

const SPAN_MAX = 2048;
/** A check is of the first and the last page: there must be none in between. */
const TABLE_SPAN_MAX = PAGE_SIZE;

/** Where accesses through one value begin and end, as far as they may share a check. */
export interface Group {
  low: number;
  end: number;
  permission: number;
  count: number;
  /** Bytes that later blocks may still add. */
  ahead: number;
}

/** What the check of an access is for; several accesses may have the same. */
export interface Planned {
  readonly group: Group;
  /** The table that it is in, as seen from that one's base register. */
  readonly inTable: { readonly base: number; readonly group: Group } | undefined;
}

/** For each access of a block, by its index. */
export type Plan = ReadonlyMap<number, Planned>;

/** So many bytes more a check may cover because of what blocks behind it access. */
const AHEAD_MAX = 64;

/**
 * Plans of blocks that are executed one after the other. What a later block accesses may not be reached: so it adds to a check of an
 * earlier one only if that is little, and needs no other permission.
 */
export function planBlocks(blocks: readonly (readonly Placed[])[], before: Roots, alone: (pc: number) => boolean): Plan[] {
  const roots = before.copy();
  const open = new Map<Root, Group>();
  const tables = new Map<Root, Group>();
  return blocks.map((insns) => {
    const plan = new Map<number, Planned>();
    const own = new Set<Group>();
    insns.forEach(({ pc, insn }, index) => {
      const access = ACCESSES.get(insn.op);
      if (access !== undefined && insn.rs1 !== 0 && !alone(pc)) {
        const { size, permission } = access;
        const { root, offset } = roots.of(insn.rs1);
        const low = offset + insn.imm;
        const group = joined(open, root, { low, end: low + size, permission }, own, SPAN_MAX);
        const table = roots.bounds.of(insn.rs1);
        let inTable: Planned['inTable'];
        if (table !== undefined) {
          const { root: whole, offset: at } = roots.of(table.base);
          const [first, last] = [at + insn.imm + table.least, at + insn.imm + table.most];
          inTable = { base: table.base, group: joined(tables, whole, { low: first, end: last + size, permission }, own, TABLE_SPAN_MAX) };
        }
        plan.set(index, { group, inTable });
      }
      roots.wrote(insn);
    });
    return plan;
  });
}

/** The group of a root with an access in addition, or else a new one, of the block whose groups are `own`. */
function joined(open: Map<Root, Group>, root: Root, { low, end, permission }: Omit<Span, 'host'>, own: Set<Group>, most: number): Group {
  const group = open.get(root);
  if (group !== undefined) {
    const all = { low: Math.min(group.low, low), end: Math.max(group.end, end) };
    const size = all.end - all.low;
    const added = size - (group.end - group.low);
    const ahead = added <= group.ahead && (permission & ~group.permission) === 0;
    if (size <= most && (own.has(group) || ahead)) {
      if (!own.has(group)) group.ahead -= added;
      group.permission |= permission;
      group.count++;
      return Object.assign(group, all);
    }
  }
  const made = { low, end, permission, count: 1, ahead: AHEAD_MAX };
  own.add(made);
  open.set(root, made);
  return made;
}
