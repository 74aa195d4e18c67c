/** Which integer registers the parts of a region write. */
import { writesInteger } from './insn.js';
import type { Loop, Node, Structure } from './structure.js';

const SP = 2;
/** A register that moves by no more than this from one round of a loop to the next stays in a page for long. */
const STEP_MAX = 128;

/** Register -> only by small steps. */
type Written = Map<number, boolean>;

function add(all: Written, { block }: Node): void {
  const note = (n: number, small: boolean): void => {
    all.set(n, small && all.get(n) !== false);
  };
  for (const { insn } of block.insns) {
    if (!writesInteger(insn)) continue;
    note(insn.rd, insn.op === 'addi' && insn.rs1 === insn.rd && Math.abs(insn.imm) <= STEP_MAX);
  }
  if (block.end.kind === 'return') note(block.end.at.insn.rd, false);
}

export class Writes {
  readonly #loops = new Map<Loop, Written>();
  readonly #below = new Map<Node, ReadonlySet<number>>();

  constructor({ nodes }: Structure) {
    for (const loop of nodes.flatMap(({ loops }) => loops)) {
      const written: Written = new Map();
      for (const node of loop.body) add(written, node);
      this.#loops.set(loop, written);
    }
    for (const node of [...nodes].reverse()) {
      const below = new Set<number>();
      for (const child of node.children) {
        const own: Written = new Map();
        add(own, child);
        for (const n of [...own.keys(), ...(this.#below.get(child) as ReadonlySet<number>)]) below.add(n);
      }
      this.#below.set(node, below);
    }
  }

  /** In the loops that begin at a node. */
  inLoops({ loops: [outermost] }: Node): ReadonlySet<number> {
    return new Set((this.#loops.get(outermost) as Written).keys());
  }

  /** In all that a node dominates, itself excepted. */
  below(node: Node): ReadonlySet<number> {
    return this.#below.get(node) as ReadonlySet<number>;
  }

  /** Does an address in the register stay in one page for long where the node is executed often? */
  isSteady({ loop }: Node, register: number): boolean {
    if (register === SP) return true;
    return loop !== undefined && (this.#loops.get(loop) as Written).get(register) !== false;
  }
}
