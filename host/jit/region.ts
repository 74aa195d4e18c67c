import { REGION_PAGES_MAX } from '../../assembly/shared/compiled.js';
import { PAGE_SIZE } from '../../assembly/shared/layout.js';
import { decode, type Insn } from './insn.js';

/** Guest code as the compiler reads it. Addresses are exact numbers. */
export interface CodeSource {
  /** 4 bytes at an address (2 when they are a compressed instruction), or undefined: not there, or never executed. */
  word(pc: number): number | undefined;
  /** Was the instruction there executed? What was not is left out of regions. */
  executed(pc: number): boolean;
  /** Are others to end there, but for what they copy? Because a region begins there. */
  compiled?(pc: number): boolean;
  /** Where the jump by register at pc has led to, the most frequent first. */
  targets?(pc: number): readonly number[];
}

export interface Placed {
  readonly pc: number;
  readonly insn: Insn;
}

/** Where a jump by register may lead. */
export interface Candidate {
  readonly pc: number;
  to: Block;
}

export type End =
  | { kind: 'goto'; to: Block }
  | { kind: 'branch'; at: Placed; taken: Block; fall: Block }
  /**
   * jalr: to one of the candidates, when it is one. Where returns of a function meet the instruction has been executed: otherwise each of
   * them would jump into the others' loops.
   */
  | { kind: 'return'; at: Placed; candidates: Candidate[]; executed: boolean }
  /** The interpreter executes the instruction at pc. */
  | { kind: 'slow'; pc: number }
  /** An ecall at pc. */
  | { kind: 'call'; pc: number }
  /** The region ends: go on at pc. */
  | { kind: 'exit'; pc: number };

/** A basic block. One without instructions that ends with an exit is only a way out. */
export interface Block {
  readonly pc: number;
  readonly instance: Instance;
  insns: Placed[];
  end: End;
  /** Its loop has been written several times (structure.ts). */
  repeated?: boolean;
}

/** One copy of a function in the region: the code that is entered first, or a callee. */
export interface Instance {
  /** Where the function begins. When a region begins inside a function, that is known only when the function calls itself. */
  entry: number;
  readonly depth: number;
  readonly parent: Instance | undefined;
  readonly blocks: Map<number, Block>;
  /** Address of an instruction -> its block. */
  readonly owners: Map<number, Block>;
  /** Where calls of this copy come back to. */
  readonly returns: Map<number, Block>;
}

export interface RegionOptions {
  readonly instructionsMax: number;
  readonly depthMax: number;
  /** Callees of at most so many instructions are copied to each call; larger ones are shared by all calls in the region. */
  readonly copyMax: number;
  /** Pages that its code may lie in. */
  readonly pagesMax: number;
  /** Are callees copied to it even if regions begin in them? */
  readonly whole: boolean;
}

export const REGION_DEFAULTS: RegionOptions = { instructionsMax: 300, depthMax: 5, copyMax: 24, pagesMax: REGION_PAGES_MAX, whole: false };

/** What the compiler has no code for: the interpreter executes it. */
export type Supported = (insn: Insn) => boolean;

/** Functions of up to so many instructions are looked through for the place where a region begins. */
const RECURSION_MAX = 200;

const RA = 1;
const T0 = 5;
const isLink = (register: number): boolean => register === RA || register === T0;
/** Does it end a function? */
const isReturn = ({ rd, rs1 }: Insn): boolean => rd === 0 && isLink(rs1);
const BRANCHES = new Set(['beq', 'bne', 'blt', 'bge', 'bltu', 'bgeu']);

class Builder {
  readonly pending: Block[][] = [];
  readonly shared = new Map<number, Instance>();
  readonly sizes = new Map<number, number>();
  readonly pages = new Set<number>();
  total = 0;
  private entry = 0;

  constructor(
    private readonly source: CodeSource,
    private readonly supported: Supported,
    private readonly options: RegionOptions,
  ) {}

  instance(entry: number, parent: Instance | undefined): Instance {
    const depth = parent === undefined ? 0 : parent.depth + 1;
    return { entry, depth, parent, blocks: new Map(), owners: new Map(), returns: new Map() };
  }

  /** The block that begins at pc; one that runs through pc is cut in two. */
  block(instance: Instance, pc: number): Block {
    const known = instance.blocks.get(pc);
    if (known !== undefined) return known;
    const block: Block = { pc, instance, insns: [], end: { kind: 'exit', pc } };
    instance.blocks.set(pc, block);
    const owner = instance.owners.get(pc);
    if (owner === undefined) {
      let list = this.pending[instance.depth];
      if (list === undefined) this.pending[instance.depth] = list = [];
      list.push(block);
      return block;
    }
    const index = owner.insns.findIndex((placed) => placed.pc === pc);
    if (index < 0) {
      // The jump that ends the block: nothing is before it in the new one.
      block.end = owner.end;
      owner.end = { kind: 'goto', to: block };
      instance.owners.set(pc, block);
      return block;
    }
    block.insns = owner.insns.splice(index);
    block.end = owner.end;
    owner.end = { kind: 'goto', to: block };
    for (const placed of block.insns) instance.owners.set(placed.pc, block);
    const last = terminatorOf(block.end);
    if (last !== undefined) instance.owners.set(last, block);
    return block;
  }

  build(pc: number): Block {
    this.entry = pc;
    const entry = this.block(this.instance(pc, undefined), pc);
    for (;;) {
      // Callers first: a callee is worth having only when its loop is here.
      const list = this.pending.find((candidates) => candidates !== undefined && candidates.length > 0);
      if (list === undefined) break;
      const block = list.shift() as Block;
      if (this.total < this.options.instructionsMax) this.scan(block);
    }
    return entry;
  }

  private scan(block: Block): void {
    const { instance } = block;
    let { pc } = block;
    if (pc !== this.entry && !this.source.executed(pc)) return;
    const own = instance.parent === undefined || (!this.options.whole && this.shared.get(instance.entry) === instance);
    for (;;) {
      if (own && pc !== this.entry && this.source.compiled?.(pc) === true) {
        block.end = { kind: 'exit', pc };
        return;
      }
      if (pc !== block.pc && instance.blocks.has(pc)) {
        block.end = { kind: 'goto', to: instance.blocks.get(pc) as Block };
        return;
      }
      const word = this.source.word(pc);
      if (word === undefined || this.total >= this.options.instructionsMax + 50) {
        block.end = { kind: 'exit', pc };
        return;
      }
      const insn = decode(word);
      if (insn === undefined) {
        block.end = { kind: 'slow', pc };
        return;
      }
      if (!this.reaches(pc) || !this.reaches(pc + insn.length - 1)) {
        block.end = { kind: 'exit', pc };
        return;
      }
      this.total++;
      if (this.finish(block, { pc, insn })) return;
      if (!this.supported(insn)) {
        block.end = { kind: insn.op === 'ecall' ? 'call' : 'slow', pc };
        return;
      }
      block.insns.push({ pc, insn });
      instance.owners.set(pc, block);
      pc += insn.length;
    }
  }

  /** May the region have code at an address? */
  private reaches(pc: number): boolean {
    const page = Math.floor(pc / PAGE_SIZE);
    if (!this.pages.has(page) && this.pages.size === this.options.pagesMax) return false;
    this.pages.add(page);
    return true;
  }

  /** If the instruction ends its block, gives the block its end. */
  private finish(block: Block, placed: Placed): boolean {
    const { pc, insn } = placed;
    const { instance } = block;
    if (BRANCHES.has(insn.op)) {
      instance.owners.set(pc, block);
      const fall = this.block(instance, pc + insn.length);
      // The end comes first: a branch to the middle of its own block cuts that, and the end goes with the second part.
      const end = { kind: 'branch' as const, at: placed, taken: fall, fall };
      block.end = end;
      end.taken = this.block(instance, pc + insn.imm);
      return true;
    }
    if (insn.op === 'jal') {
      block.insns.push(placed);
      instance.owners.set(pc, block);
      this.go(block, placed, pc + insn.imm, insn.rd);
      return true;
    }
    if (insn.op !== 'jalr') return false;
    const before = block.insns[block.insns.length - 1];
    if (before?.insn.op === 'auipc' && before.insn.rd === insn.rs1 && insn.rs1 !== 0) {
      block.insns.push(placed);
      instance.owners.set(pc, block);
      const target = before.pc + before.insn.imm + insn.imm;
      this.go(block, placed, target - (((target % 2) + 2) % 2), insn.rd);
      return true;
    }
    instance.owners.set(pc, block);
    const candidates: Candidate[] = [];
    block.end = { kind: 'return', at: placed, candidates, executed: false };
    if (!isReturn(insn) && insn.imm === 0) this.seen(instance, placed, candidates);
    return true;
  }

  /** A jump by register: where it has been seen to lead is part of the region. */
  private seen(instance: Instance, { pc, insn }: Placed, candidates: Candidate[]): void {
    for (const target of this.source.targets?.(pc) ?? []) {
      const to = isLink(insn.rd) ? this.callee(instance, target, pc + insn.length) : this.block(instance, target);
      if (to !== undefined) candidates.push({ pc: target, to });
    }
  }

  /** A jump with a known target; with a link it is a call. */
  private go(block: Block, { pc, insn }: Placed, target: number, link: number): void {
    const { instance } = block;
    block.end = { kind: 'exit', pc: target };
    const to = isLink(link) ? this.callee(instance, target, pc + insn.length) : this.block(instance, target);
    if (to !== undefined) (instance.owners.get(pc) as Block).end = { kind: 'goto', to };
  }

  private callee(caller: Instance, target: number, back: number): Block | undefined {
    const found = this.calleeInstance(caller, target);
    if (found === undefined) return undefined;
    if (!found.returns.has(back)) found.returns.set(back, this.block(caller, back));
    return this.block(found, target);
  }

  private calleeInstance(caller: Instance, target: number): Instance | undefined {
    if (!this.source.executed(target)) return undefined;
    for (let at: Instance | undefined = caller; at !== undefined; at = at.parent) {
      if (at.entry === target) return at;
      if (at.parent === undefined && this.reach(target, RECURSION_MAX).has(at.entry)) {
        at.entry = target;
        return at;
      }
    }
    const known = this.shared.get(target);
    if (known !== undefined) return known;
    if (caller.depth >= this.options.depthMax) return undefined;
    const made = this.instance(target, caller);
    if (this.size(target) > this.options.copyMax) this.shared.set(target, made);
    return made;
  }

  /** Instructions that a function can reach without its callees, as far as it matters. */
  private size(entry: number): number {
    let size = this.sizes.get(entry);
    if (size === undefined) this.sizes.set(entry, (size = this.reach(entry, this.options.copyMax + 1).size));
    return size;
  }

  /** Addresses of the instructions that a function can reach without its callees, at most so many. */
  private reach(entry: number, most: number): Set<number> {
    const seen = new Set<number>();
    const todo = [entry];
    while (todo.length > 0 && seen.size < most) {
      let pc = todo.pop() as number;
      while (!seen.has(pc) && seen.size < most) {
        const word = this.source.word(pc);
        const insn = word === undefined ? undefined : decode(word);
        if (insn === undefined) break;
        seen.add(pc);
        if (BRANCHES.has(insn.op)) todo.push(pc + insn.imm);
        if (insn.op === 'jalr' && insn.rd === 0) break;
        if (insn.op === 'jal' && insn.rd === 0) pc += insn.imm;
        else pc += insn.length;
      }
    }
    return seen;
  }
}

function terminatorOf(end: End): number | undefined {
  return end.kind === 'branch' || end.kind === 'return' ? end.at.pc : undefined;
}

/** Can a region begin with it? */
export function mayBegin(source: CodeSource, supported: Supported, pc: number): boolean {
  const word = source.word(pc);
  const insn = word === undefined ? undefined : decode(word);
  return insn !== undefined && (BRANCHES.has(insn.op) || insn.op === 'jal' || insn.op === 'jalr' || supported(insn));
}

/** The region that begins at pc: its entry block, from which all others are reached. */
export function formRegion(source: CodeSource, supported: Supported, pc: number, options = REGION_DEFAULTS): Block {
  const entry = new Builder(source, supported, options).build(pc);
  // Return candidates are known only now: calls found later add to them.
  const seen = new Set<Block>([entry]);
  const meetings = new Map<Instance, Block>();
  for (const block of seen) {
    linkReturn(block, meetings);
    for (const next of successors(block)) seen.add(next);
  }
  return entry;
}

/** Gives a return the places that it may lead to. */
function linkReturn(block: Block, meetings: Map<Instance, Block>): void {
  const { end, instance } = block;
  if (end.kind !== 'return' || end.executed) return;
  if (!isReturn(end.at.insn)) {
    end.candidates = end.candidates.filter(({ to }) => !isExit(to));
    return;
  }
  if (end.at.insn.imm !== 0) return;
  const candidates = [...instance.returns].map(([pc, to]) => ({ pc, to }));
  if (candidates.length < 2 || end.at.insn.rs1 !== RA) {
    end.candidates = candidates;
    return;
  }
  let meeting = meetings.get(instance);
  if (meeting === undefined) {
    meeting = { pc: end.at.pc, instance, insns: [], end: { ...end, candidates, executed: true } };
    meetings.set(instance, meeting);
  }
  block.insns.push(end.at);
  block.end = { kind: 'goto', to: meeting };
}

export function successors({ end }: Block): Block[] {
  switch (end.kind) {
    case 'goto':
      return [end.to];
    case 'branch':
      return [end.fall, end.taken];
    case 'return':
      return end.candidates.map((candidate) => candidate.to);
    default:
      return [];
  }
}

export function copyOf(end: End): End {
  return end.kind === 'return' ? { ...end, candidates: end.candidates.map((candidate) => ({ ...candidate })) } : { ...end };
}

/** Makes a block lead to another one. */
export function redirect({ end }: Block, before: Block, after: Block): void {
  if (end.kind === 'goto' && end.to === before) end.to = after;
  else if (end.kind === 'branch') {
    if (end.taken === before) end.taken = after;
    if (end.fall === before) end.fall = after;
  } else if (end.kind === 'return') for (const candidate of end.candidates) if (candidate.to === before) candidate.to = after;
}

/** Is there an instruction in its end? */
export function endsWithInstruction({ end }: Block): boolean {
  return end.kind === 'branch' || (end.kind === 'return' && !end.executed);
}

/** Nothing but a way out of the region. */
export function isExit(block: Block): boolean {
  return block.insns.length === 0 && block.end.kind === 'exit';
}
