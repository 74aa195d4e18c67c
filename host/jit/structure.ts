/**
 * Control flow as Wasm wants it: dominators, loops and merge points of a region, after Ramsey, "Beyond Relooper: Recursive Translation of
 * Unstructured Control Flow to Structured Control Flow" (ICFP 2022).
 */
import { type Block, isExit, successors } from './region.js';

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
  /** Reached forwards from more than one place: gets a Wasm block in front of it. */
  merge: boolean;
  /** Instructions at most from here to the next loop header or exit. */
  cost: number;
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

/** The structure of a region whose entry is no exit. */
export function structure(entry: Block): Structure {
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
    const own = node.block.insns.length + (node.block.end.kind === 'branch' || node.block.end.kind === 'return' ? 1 : 0);
    const rest = node.successors.filter((to) => to.index > node.index && !to.loopHeader).map((to) => to.cost);
    node.cost = own + Math.max(0, ...rest);
  }
  return { nodes, of, cut };
}
