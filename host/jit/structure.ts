/**
 * Control flow as Wasm wants it: dominators, loops and merge points of a region, after Ramsey, "Beyond Relooper: Recursive Translation of
 * Unstructured Control Flow to Structured Control Flow" (ICFP 2022).
 */
import { type Block, copyOf, endsWithInstruction, isExit, redirect, successors } from './region.js';

export interface Node {
  readonly block: Block;
  /** In reverse postorder. */
  readonly index: number;
  readonly successors: readonly Node[];
  readonly predecessors: Node[];
  dominator: Node | undefined;
  /** Nodes that this one dominates immediately, in reverse postorder. */
  readonly children: Node[];
  loopHeader: boolean;
  /** The loops that begin here, the outermost first. */
  loops: readonly Loop[];
  /** The innermost loop that it is in. */
  loop: Loop | undefined;
  /** Reached forwards from more than one place: gets a Wasm block in front of it. */
  merge: boolean;
  /** Instructions at most from here to the next loop header or exit. */
  cost: number;
}

/**
 * A region that is entered where an inner loop begins has its outer loops begin there, too. They are told apart: engines keep the registers
 * of inner loops where they belong.
 */
export interface Loop {
  readonly header: Node;
  readonly body: ReadonlySet<Node>;
  /** Where its back edges come from. */
  readonly sources: Set<Node>;
}

export interface Structure {
  readonly nodes: readonly Node[];
  readonly of: ReadonlyMap<Block, Node>;
  /** Edges that make the graph irreducible: they leave the region instead. */
  readonly cut: ReadonlySet<string>;
}

function postorder(entry: Block): Block[] {
  const seen = new Set<Block>([entry]);
  const order: Block[] = [];
  const stack: { block: Block; next: number; to: Block[] }[] = [{ block: entry, next: 0, to: successors(entry) }];
  while (stack.length > 0) {
    const top = stack[stack.length - 1];
    if (top.next === top.to.length) {
      order.push(top.block);
      stack.pop();
      continue;
    }
    const to = top.to[top.next++];
    if (seen.has(to) || isExit(to)) continue;
    seen.add(to);
    stack.push({ block: to, next: 0, to: successors(to) });
  }
  return order;
}

function intersect(a: Node, b: Node): Node {
  let [x, y] = [a, b];
  while (x !== y) {
    while (x.index > y.index) x = x.dominator as Node;
    while (y.index > x.index) y = y.dominator as Node;
  }
  return x;
}

/** Cooper, Harvey, Kennedy: "A Simple, Fast Dominance Algorithm". */
function dominators(nodes: readonly Node[]): void {
  nodes[0].dominator = nodes[0];
  for (let changed = true; changed; ) {
    changed = false;
    for (const node of nodes.slice(1)) {
      let found: Node | undefined;
      for (const from of node.predecessors) if (from.dominator !== undefined) found = found === undefined ? from : intersect(from, found);
      if (found !== node.dominator) {
        node.dominator = found;
        changed = true;
      }
    }
  }
  nodes[0].dominator = undefined;
}

function dominates(a: Node, b: Node): boolean {
  for (let at: Node | undefined = b; at !== undefined; at = at.dominator) if (at === a) return true;
  return false;
}

/** What reaches the sources of back edges without passing their header. */
function loopBody(header: Node, sources: Iterable<Node>): Set<Node> {
  const body = new Set([header]);
  const todo = [...sources];
  for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
    if (body.has(node)) continue;
    body.add(node);
    todo.push(...node.predecessors);
  }
  return body;
}

const LOOPS_MAX = 4;

/** The instructions of some nodes. */
function sizeOf(nodes: Iterable<Node>): number {
  let size = 0;
  for (const { block } of nodes) size += block.insns.length + (endsWithInstruction(block) ? 1 : 0);
  return size;
}

/**
 * The loops at a header, the innermost first: what a back edge adds to the bodies of those before makes another loop of it. Where the ways
 * to two back edges part inside, the shorter one is taken for the inner loop, which is left in its middle.
 */
function loopsAt(header: Node): Loop[] {
  const sources = header.predecessors.filter((from) => from.index >= header.index && dominates(header, from));
  const edges = sources.map((source) => ({ source, size: sizeOf(loopBody(header, [source])) })).sort((a, b) => a.size - b.size);
  const loops: Loop[] = [];
  const all: Node[] = [];
  for (const { source } of edges) {
    all.push(source);
    const body = loopBody(header, all);
    const inner = loops[loops.length - 1];
    if (inner === undefined || (body.size > inner.body.size && loops.length < LOOPS_MAX)) {
      loops.push({ header, body, sources: new Set([source]) });
      continue;
    }
    inner.sources.add(source);
    loops[loops.length - 1] = { ...inner, body };
  }
  return loops;
}

/** So many instructions may be copied to make a region's loops have one entry each, in so many rounds, from blocks not longer than this. */
const COPIED_MAX = 100;
const ROUNDS_MAX = 8;
const COPY_MAX = 30;

/** The structure of a region whose entry is no exit. */
export function structure(entry: Block): Structure {
  const found = oneEntryLoops(entry);
  return unroll(found) ? structureOf(entry) : found;
}

function oneEntryLoops(entry: Block): Structure {
  let left = COPIED_MAX;
  for (let round = 0; ; round++) {
    const found = structureOf(entry);
    if (found.cut.size === 0 || round === ROUNDS_MAX) return found;
    const before = left;
    for (const edge of found.cut) {
      const [from, to] = edge.split('>').map((index) => found.nodes[Number(index)].block);
      if (to.insns.length > Math.min(left, COPY_MAX)) continue;
      redirect(from, to, { ...to, insns: [...to.insns], end: copyOf(to.end) });
      left -= to.insns.length + 1;
    }
    if (left === before) return found;
  }
}

const UNROLLED = 32;
const UNROLLED_TIMES = 4;

/**
 * Writes the body of a short inner loop several times, so that the checks at its beginning are made once for all, and one check of an
 * address does for several rounds. Only the loop that the region is entered for: others that are hot have regions of their own.
 */
function unroll({ nodes: [{ block, loops }], cut }: Structure): boolean {
  const inner = loops[loops.length - 1];
  if (
    block.repeated === true ||
    cut.size > 0 ||
    inner === undefined ||
    [...inner.body].some((node) => node.loop !== inner || node.block.end.kind === 'return')
  )
    return false;
  const body = [...inner.body].map((node) => node.block);
  const size = body.reduce((sum, part) => sum + part.insns.length + (endsWithInstruction(part) ? 1 : 0), 0);
  const times = Math.min(UNROLLED_TIMES, Math.floor(UNROLLED / Math.max(1, size)));
  if (times < 2) return false;
  repeat(block, body, times);
  block.repeated = true;
  return true;
}

/** Makes `times` of a loop of blocks, each leading to the next, the last to the first. */
function repeat(header: Block, body: readonly Block[], times: number): void {
  const copies: Map<Block, Block>[] = [new Map(body.map((block) => [block, block]))];
  while (copies.length < times)
    copies.push(new Map(body.map((block) => [block, { ...block, insns: [...block.insns], end: copyOf(block.end) }])));
  copies.forEach((copy, i) => {
    const next = copies[(i + 1) % times];
    for (const block of copy.values()) {
      // The header last: another block may have been led to what is a copy of it.
      for (const to of new Set(successors(block))) {
        if (to !== header && copy.has(to)) redirect(block, to, copy.get(to) as Block);
      }
      redirect(block, header, next.get(header) as Block);
    }
  });
}

function structureOf(entry: Block): Structure {
  const of = new Map<Block, Node>();
  const nodes: Node[] = postorder(entry)
    .reverse()
    .map((block, index) => ({
      block,
      index,
      successors: [],
      predecessors: [],
      dominator: undefined,
      children: [],
      loopHeader: false,
      loops: [],
      loop: undefined,
      merge: false,
      cost: 0,
    }));
  for (const node of nodes) of.set(node.block, node);
  for (const node of nodes) {
    const next = new Set(successors(node.block).filter((block) => !isExit(block)));
    for (const block of next) {
      const to = of.get(block) as Node;
      (node.successors as Node[]).push(to);
      to.predecessors.push(node);
    }
  }
  dominators(nodes);
  const cut = new Set<string>();
  for (const node of nodes) {
    node.dominator?.children.push(node);
    let forward = 0;
    for (const from of node.predecessors) {
      if (from.index < node.index) forward++;
      else if (dominates(node, from)) node.loopHeader = true;
      else cut.add(`${from.index}>${node.index}`);
    }
    node.merge = forward > 1;
  }
  for (const node of [...nodes].reverse()) {
    const own = node.block.insns.length + (endsWithInstruction(node.block) ? 1 : 0);
    const rest = node.successors.filter((to) => to.index > node.index && !to.loopHeader).map((to) => to.cost);
    node.cost = own + Math.max(0, ...rest);
  }
  // Outer loops come first.
  for (const header of nodes.filter(({ loopHeader }) => loopHeader)) {
    header.loops = loopsAt(header).reverse();
    for (const loop of header.loops) for (const node of loop.body) node.loop = loop;
  }
  return { nodes, of, cut };
}
