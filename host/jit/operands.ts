/** Which registers instructions name. */
import type { Operands } from './float.js';
import { byName, type Insn, writesFloat, writesInteger } from './insn.js';
import { type Block, endsWithInstruction, type Placed } from './region.js';
import type { Node } from './structure.js';

export interface Registers {
  readonly xs: Iterable<number>;
  readonly fs: Iterable<number>;
}

/** All instructions of a block. */
export function* placedOf(block: Block): Generator<Placed> {
  yield* block.insns;
  const { end } = block;
  if ((end.kind === 'branch' || end.kind === 'return') && endsWithInstruction(block)) yield end.at;
}

const FLOAT_OPERANDS = /^f(?!ence)/;

/** Registers that a region reads or writes. */
export function registersOf(nodes: readonly Node[]): { xs: Set<number>; fs: Set<number>; xsWritten: Set<number>; fsWritten: Set<number> } {
  const [xs, fs, xsWritten, fsWritten] = [new Set<number>(), new Set<number>(), new Set<number>(), new Set<number>()];
  for (const { block } of nodes) {
    for (const { insn } of placedOf(block)) {
      const { op, rd, rs1, rs2, rs3 } = insn;
      if (writesFloat(insn)) fsWritten.add(rd);
      else if (writesInteger(insn) && rd !== 0) xsWritten.add(rd);
      const [a, b, c] = operandKinds(op);
      if (op.startsWith('csrr')) xs.add((insn.word >>> 15) & 31);
      (a === 'f' ? fs : xs).add(rs1);
      (b === 'f' ? fs : xs).add(rs2);
      if (c) fs.add(rs3);
    }
  }
  for (const n of xsWritten) xs.add(n);
  for (const n of fsWritten) fs.add(n);
  xs.delete(0);
  return { xs, fs, xsWritten, fsWritten };
}

/** Which register file rs1 and rs2 name, and whether there is rs3. Registers an instruction hasn't are x0. */
export const operandKinds = byName((op): ['x' | 'f', 'x' | 'f', boolean] => {
  if (!FLOAT_OPERANDS.test(op)) return ['x', 'x', false];
  if (op === 'flw' || op === 'fld') return ['x', 'x', false];
  if (op === 'fsw' || op === 'fsd') return ['x', 'f', false];
  if (/^fcvt\.[sd]\.(w|wu|l|lu)$/.test(op) || /^fmv\.[wd]\.x$/.test(op)) return ['x', 'x', false];
  if (/^fn?m(add|sub)\./.test(op)) return ['f', 'f', true];
  if (/^f(cvt|sqrt|class|mv)/.test(op)) return ['f', 'x', false];
  return ['f', 'f', false];
});

export function operandsOf(insn: Insn): Operands {
  const [a, b, c] = operandKinds(insn.op);
  const sources: ['x' | 'f', number][] = [
    [a, insn.rs1],
    [b, insn.rs2],
  ];
  if (c) sources.push(['f', insn.rs3]);
  return { result: writesFloat(insn) ? 'f' : 'x', sources };
}
