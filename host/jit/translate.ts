/** A region as one Wasm function: its structure, its exits, the fuel. What single instructions become is in the files beside. */
import * as C from '../../assembly/shared/compiled.js';
import * as L from '../../assembly/shared/layout.js';
import { ACCESSES, type Access } from './access.js';
import { COUNT, COUNT_UNIT, RegionCode, type Site, type TranslateOptions, X_STORE } from './context.js';
import type { Body } from './encoder.js';
import { emitCsr, emitFloat, isFloat, isNative, rounds, supportedCsr } from './float.js';
import { byName, type Insn } from './insn.js';
import { condition, INTEGER } from './integer.js';
import { check, checkInTable } from './memory.js';
import { operandKinds, operandsOf, placedOf, type Registers, registersOf } from './operands.js';
import { type Block, type End, endsWithInstruction, isExit, type Placed, successors } from './region.js';
import { type Plan, type Planned, planBlocks, Roots } from './roots.js';
import { type Loop, type Node, type Structure, structure } from './structure.js';
import { wordsAfter, wordsAt } from './words.js';
import { Writes } from './writes.js';

export interface Translated {
  readonly body: Body;
  readonly sites: readonly Site[];
  /** Instructions that must be left to enter it. */
  readonly fuel: number;
  readonly instructions: number;
  /** Virtual pages its code lies in, the entry's first. */
  readonly pages: readonly number[];
  /** Addresses of what depends on the rounding mode of the moment. */
  readonly rounding: readonly number[];
}

/** Is there code for it? Branches and jumps are the region's own affair. */
export function supported(insn: Insn): boolean {
  const { op, rm } = insn;
  if (INTEGER.has(op) || op === 'auipc' || ACCESSES.has(op)) return true;
  return isFloat(op) ? rm <= 4 || rm === 7 : supportedCsr(insn);
}

const flagUser = byName((op) => isFloat(op) || op.startsWith('csrr'));
const usesFlags = ({ op }: Insn): boolean => flagUser(op);

const ROW_MAX = 8;

class Translator {
  readonly r: RegionCode;
  readonly #structure: Structure;
  /** Labels: of blocks in front of merge nodes, and of loops. */
  readonly #ahead = new Map<Node, number>();
  readonly #loops = new Map<Loop, number>();
  readonly #writes: Writes;
  readonly #words: ReadonlyMap<Node, number>;
  readonly #plans = new Map<Node, Plan>();
  /** What is known about addresses at the end of nodes. */
  readonly #after = new Map<Node, Roots>();
  /** What is held at the end of nodes. */
  readonly #held = new Map<Node, Set<number>>();
  /** Everything that is written. */
  #written: Registers = { xs: [], fs: [] };
  #flags = false;

  constructor(
    entry: Block,
    private readonly options: Omit<TranslateOptions, 'operands'>,
  ) {
    this.#structure = structure(entry);
    this.#writes = new Writes(this.#structure);
    this.#words = wordsAt(this.#structure);
    this.r = new RegionCode({ ...options, operands: operandsOf }, !this.#structure.nodes.some(({ loopHeader }) => loopHeader));
  }

  translate(): Translated {
    const { r } = this;
    const { nodes } = this.#structure;
    if (!r.through) {
      const { xs, fs, xsWritten, fsWritten } = registersOf(nodes);
      r.loadRegisters(xs, fs);
      this.#written = { xs: xsWritten, fs: fsWritten };
    }
    const placed = nodes.flatMap(({ block }) => [...placedOf(block)]);
    this.#flags = placed.some(({ insn }) => usesFlags(insn));
    if (this.#flags) r.loadFlags();
    r.hasFlags = this.#flags;
    if (!r.through) r.exit = r.code.block();
    const rounding = placed
      .filter(({ pc, insn }) => isFloat(insn.op) && rounds(insn.op) && insn.rm === 7 && isNative(r, insn, pc))
      .map(({ pc }) => pc);
    if (rounding.length > 0) {
      r.code.i32Const(0);
      r.code.memory(0x28, L.HART + L.HART_FRM);
      r.exitIf(nodes[0].block.pc, C.SITE_MODE);
    }
    this.#tree(nodes[0], new Roots());
    r.code.unreachable();
    if (!r.through) {
      r.code.end();
      this.#store();
      r.finish();
    }
    r.code.op(0x0b);
    r.nameLocals();
    const pages = new Set<number>([Math.floor(nodes[0].block.pc / L.PAGE_SIZE)]);
    let instructions = 0;
    for (const { pc, insn } of placed) {
      pages.add(Math.floor(pc / L.PAGE_SIZE));
      pages.add(Math.floor((pc + insn.length - 1) / L.PAGE_SIZE));
      instructions++;
    }
    return {
      body: r.code.body(),
      sites: r.sites,
      fuel: Math.max(1, nodes[0].cost),
      instructions,
      pages: [...pages],
      rounding,
    };
  }

  #store(): void {
    this.r.storeRegisters(this.#written.xs, this.#written.fs);
    if (this.#flags) this.r.storeFlags();
  }

  /** A node and all it dominates. */
  #tree(node: Node, roots: Roots): void {
    const merges = node.children.filter((child) => child.merge);
    if (!node.loopHeader) {
      this.#within(node, merges, roots);
      return;
    }
    const { r } = this;
    for (const loop of node.loops) this.#loops.set(loop, r.code.loop());
    this.#fuel(node);
    this.#within(node, merges, roots.without(this.#writes.inLoops(node)));
    node.loops.forEach(() => {
      r.code.end();
    });
  }

  /** Leaves when there may be too little fuel until the next check. */
  #fuel({ cost, block: { pc, end } }: Node): void {
    const { r } = this;
    const returned = end.kind === 'return' && end.executed;
    if (!returned) r.name(pc, C.SITE_FUEL);
    r.code.get(COUNT);
    r.code.i64Const(cost * COUNT_UNIT);
    r.code.op(0x54);
    if (!returned) {
      r.brExit();
      return;
    }
    r.code.unlikely();
    r.code.if();
    this.#leaveTo(end.at.insn, pc);
    r.code.end();
  }

  /** The node inside the blocks that its merge children stand behind, the nearest child innermost. */
  #within(node: Node, merges: readonly Node[], roots: Roots): void {
    const last = merges[merges.length - 1];
    if (last === undefined) {
      this.#block(node, roots);
      return;
    }
    const { r } = this;
    this.#ahead.set(last, r.code.block());
    this.#within(node, merges.slice(0, -1), roots);
    r.code.end();
    r.instructions = 0;
    r.accesses = 0;
    r.held = new Set(this.#held.get(node));
    this.#tree(last, (this.#after.get(node) as Roots).without(this.#writes.below(node)));
  }

  #block(node: Node, roots: Roots): void {
    const { r } = this;
    const { block } = node;
    r.boxed.clear();
    r.shifted.clear();
    r.words = this.#words.get(node) as number;
    const plan = this.#planOf(node, roots);
    block.insns.forEach((placed, index) => {
      const { pc, insn } = placed;
      const access = ACCESSES.get(insn.op);
      r.mark(pc);
      holdOperands(r, insn);
      if (access !== undefined) {
        this.#access(node, placed, access, roots, plan.get(index));
        r.accesses++;
      } else this.#plain(pc, insn);
      r.instructions++;
      roots.wrote(insn);
      r.words = wordsAfter(r.words, insn, pc);
    });
    const { end } = block;
    if (end.kind === 'branch' || end.kind === 'return') {
      if (endsWithInstruction(block)) r.mark(end.at.pc);
      holdOperands(r, end.at.insn);
    }
    this.#held.set(node, new Set(r.held));
    this.#after.set(node, roots.copy());
    this.#end(node, roots);
  }

  #planOf(node: Node, roots: Roots): Plan {
    let plan = this.#plans.get(node);
    if (plan !== undefined) return plan;
    const row = this.#row(node);
    const plans = planBlocks(
      row.map(({ block }) => block.insns),
      roots,
      this.options.table,
    );
    row.forEach((member, i) => {
      this.#plans.set(member, plans[i]);
    });
    plan = plans[0];
    return plan;
  }

  /** A node and those behind it that stay in its loop, as long as there is one way on that does. */
  #row(node: Node): Node[] {
    const row = [node];
    for (let last = node; row.length < ROW_MAX; last = row[row.length - 1]) {
      const next = successors(last.block).filter((to) => this.#isInline(last, to) && this.#target(last, to)?.loop === node.loop);
      const target = next.length === 1 ? this.#target(last, next[0]) : undefined;
      if (target === undefined || target.loopHeader) break;
      row.push(target);
    }
    return row;
  }

  #plain(pc: number, insn: Insn): void {
    const { r } = this;
    if (insn.op === 'auipc' || insn.op === 'jal' || insn.op === 'jalr') {
      if (insn.rd === 0) return;
      r.code.i64Const(insn.op === 'auipc' ? pc + insn.imm : pc + insn.length);
      r.setX(insn.rd);
      return;
    }
    const integer = INTEGER.get(insn.op);
    if (integer !== undefined) {
      if (insn.rd !== 0) integer(r, insn);
      return;
    }
    if (isFloat(insn.op)) emitFloat(r, insn, pc);
    else if (supportedCsr(insn)) emitCsr(r, insn);
    else throw new Error(`no code for ${insn.op}`);
  }

  #access(node: Node, placed: Placed, access: Access, roots: Roots, planned: Planned | undefined): void {
    const { r } = this;
    const { insn } = placed;
    const table = this.options.table(placed.pc);
    const { group, inTable } = planned ?? {};
    const steady = (register: number): boolean => !r.through && this.#writes.isSteady(node, register);
    const { host, offset } =
      inTable !== undefined && !table && group?.count === 1 && steady(inTable.base)
        ? checkInTable(r, placed, access, roots, inTable)
        : check(r, placed, access, roots, group, table, steady(insn.rs1));
    r.code.get(host);
    const float = insn.op.startsWith('f');
    if (access.permission === L.PERM_WRITE) {
      if (float) storeFloat(r, insn);
      else r.getX(insn.rs2);
      r.code.memory(access.code, offset);
      return;
    }
    r.code.memory(access.code, offset);
    if (!float) r.setX(insn.rd);
    else if (access.size === 8) r.setF(insn.rd);
    else loadSingle(r, insn.rd);
  }

  #end(node: Node, roots: Roots): void {
    const { r } = this;
    const { end } = node.block;
    switch (end.kind) {
      case 'goto':
        this.#go(node, end.to, roots);
        return;
      case 'exit':
        r.leave(end.pc, C.SITE_GO);
        return;
      case 'slow':
        r.leave(end.pc, C.SITE_SLOW);
        return;
      case 'call':
        r.leave(end.pc, C.SITE_CALL);
        return;
      case 'branch':
        r.instructions++;
        if (end.taken === end.fall) {
          this.#go(node, end.taken, roots);
          return;
        }
        this.#fork(node, end.taken, end.fall, (opposite) => condition(r, end.at.insn, opposite), roots);
        return;
      case 'return':
        this.#return(node, end, roots);
    }
  }

  /** To one of the places that calls come back to, or out. */
  #return(node: Node, { at, candidates, executed }: Extract<End, { kind: 'return' }>, roots: Roots): void {
    const { pc, insn } = at;
    const { r } = this;
    if (!executed) r.instructions++;
    if (candidates.length > 0 && candidates.some(({ to }) => !this.#isInline(node, to))) r.flush();
    for (const { pc: back, to } of candidates) {
      r.getX(insn.rs1);
      r.code.i64Const(back);
      r.code.op(0x51);
      this.#if(node, to, roots, at);
    }
    this.#leaveTo(insn, pc);
  }

  /** To where jalr leads, out of the region. */
  #leaveTo(insn: Insn, pc: number): void {
    const { r } = this;
    const target = r.scratch(0x7e);
    r.getX(insn.rs1);
    if (insn.imm !== 0) {
      r.code.i64Const(insn.imm);
      r.code.op(0x7c);
    }
    r.code.i64Const(-2);
    r.code.op(0x83);
    r.code.set(target);
    if (insn.rd !== 0) {
      r.code.i64Const(pc + insn.length);
      r.setX(insn.rd);
    }
    r.code.i32Const(0);
    r.code.get(target);
    r.code.memory(X_STORE, L.HART + L.HART_PC);
    r.release(0x7e, target);
    r.leave(pc, C.SITE_DYNAMIC);
  }

  /** Is the block emitted where its only predecessor jumps to it? */
  #isInline(node: Node, to: Block): boolean {
    const target = this.#target(node, to);
    return target !== undefined && !target.merge && target.index > node.index && !this.#isBack(node, target);
  }

  /** The node of a block, or undefined: an exit, or an edge that is cut. */
  #target(node: Node, to: Block): Node | undefined {
    if (isExit(to)) return undefined;
    const target = this.#structure.of.get(to) as Node;
    return this.#structure.cut.has(`${node.index}>${target.index}`) ? undefined : target;
  }

  #isBack(node: Node, target: Node): boolean {
    return target.index <= node.index;
  }

  #go(node: Node, to: Block, roots: Roots): void {
    const { r } = this;
    const target = this.#target(node, to);
    if (target === undefined) {
      // Where returns meet the jump has been executed: it is not to be again.
      if (to.end.kind === 'return' && to.end.executed) this.#leaveTo(to.end.at.insn, to.end.at.pc);
      else r.leave(isExit(to) && to.end.kind === 'exit' ? to.end.pc : to.pc, C.SITE_GO);
      return;
    }
    if (this.#isInline(node, to)) {
      if (target.loopHeader) r.flush();
      this.#tree(target, roots);
      return;
    }
    r.flush();
    r.code.br(this.#label(node, target));
  }

  #label(node: Node, target: Node): number {
    if (!this.#isBack(node, target)) return this.#ahead.get(target) as number;
    return this.#loops.get(target.loops.find(({ sources }) => sources.has(node)) as Loop) as number;
  }

  /** Two ways on. */
  #fork(node: Node, taken: Block, fall: Block, test: (opposite: boolean) => void, roots: Roots): void {
    const { r } = this;
    const outside = (to: Block): boolean => this.#target(node, to) === undefined;
    const jumps = (to: Block): boolean => !outside(to) && !this.#isInline(node, to);
    if (jumps(taken) || jumps(fall)) r.flush();
    const oneWay = (to: Block, opposite: boolean): boolean => {
      if (outside(to)) {
        r.name(isExit(to) && to.end.kind === 'exit' ? to.end.pc : to.pc, C.SITE_GO);
        test(opposite);
        r.brExit();
        return true;
      }
      if (!jumps(to)) return false;
      test(opposite);
      r.code.brIf(this.#label(node, this.#target(node, to) as Node));
      return true;
    };
    if (oneWay(taken, false)) {
      this.#go(node, fall, roots);
      return;
    }
    if (oneWay(fall, true)) {
      this.#go(node, taken, roots);
      return;
    }
    test(false);
    this.#if(node, taken, roots);
    this.#go(node, fall, roots);
  }

  /** Goes there if what is on the stack is not 0, by a jump that may write a register. */
  #if(node: Node, to: Block, roots: Roots, jump?: Placed): void {
    const { r } = this;
    const [instructions, accesses, held] = [r.instructions, r.accesses, r.held];
    r.code.if();
    r.held = new Set(held);
    const known = roots.copy();
    if (jump !== undefined && jump.insn.rd !== 0) {
      r.code.i64Const(jump.pc + jump.insn.length);
      r.setX(jump.insn.rd);
      known.wrote(jump.insn);
    }
    this.#go(node, to, known);
    r.code.end();
    r.instructions = instructions;
    r.accesses = accesses;
    r.held = held;
  }
}

/** 32 bits as a register holds them: under 32 ones. */
function loadSingle(r: RegionCode, rd: number): void {
  r.code.i64Bits(-1, 0);
  r.code.op(0x84);
  r.code.op(0xbf);
  r.setF(rd);
  r.boxed.add(rd);
}

function storeFloat(r: RegionCode, insn: Insn): void {
  r.getF(insn.rs2);
  if (insn.op !== 'fsw') return;
  r.code.op(0xbd);
}

/** Before an instruction, so that no load of its operands is left to code that may be skipped. */
function holdOperands(r: RegionCode, { op, rs1, rs2, rs3, word }: Insn): void {
  if (!r.through) return;
  if (op.startsWith('csrr')) {
    r.hold('x', (word >>> 15) & 31);
    return;
  }
  const [a, b, c] = operandKinds(op);
  r.hold(a, rs1);
  r.hold(b, rs2);
  if (c) r.hold('f', rs3);
}

export function translate(entry: Block, options: Omit<TranslateOptions, 'operands'>): Translated {
  return new Translator(entry, options).translate();
}
