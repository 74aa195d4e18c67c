/**
 * Which registers are known to hold 32 bits, sign-extended, as most of what C programs compute is. Operations on such are done in 32 bits:
 * the extensions between them then have no effect, and engines see rotations and 32-bit comparisons. Sets of registers are bit masks.
 */
import { byName, type Insn, writesInteger } from './insn.js';
import type { Node, Structure } from './structure.js';

const LOADS = /^l([bh]u?|w|ui)$/;
const WORDS = /^(addi?|sub|sll|slli|srl|srli|sra|srai|mul|divu?|remu?|rol|rori?|clz|ctz|cpop)w$/;
const SMALL = /^(slti?u?|sext\.[bh]|zext\.h|clz|ctz|cpop|bexti?)$/;
const OF_FLOATS = /^(f(eq|lt|le|class)\.[sd]|fcvt\.wu?\.[sd]|fmv\.x\.w)$/;
const always = byName((op) => LOADS.test(op) || WORDS.test(op) || SMALL.test(op) || OF_FLOATS.test(op));
/** The result is a word if the operands are. */
const preserves = byName((op) => /^(and|or|xor|andn|orn|xnor|minu?|maxu?)$/.test(op));
const preservesFirst = byName((op) => /^(andi|ori|xori|srai|sra|czero\.(eqz|nez))$/.test(op));

const WORD_MAX = 2 ** 31;

export const isWord = (words: number, register: number): boolean => register === 0 || ((words >>> register) & 1) === 1;

function isWordAfter(words: number, { op, rs1, rs2, imm, length }: Insn, pc: number): boolean {
  if (always(op)) return true;
  if (preserves(op)) return isWord(words, rs1) && isWord(words, rs2);
  if (preservesFirst(op)) return isWord(words, rs1) || (op === 'andi' && imm >= 0);
  switch (op) {
    case 'addi':
      return rs1 === 0 || (imm === 0 && isWord(words, rs1));
    case 'add':
      return (rs1 === 0 && isWord(words, rs2)) || (rs2 === 0 && isWord(words, rs1));
    case 'srli':
      return imm > 32;
    case 'auipc':
      return pc + imm >= 0 && pc + imm < WORD_MAX;
    case 'jal':
    case 'jalr':
      return pc + length < WORD_MAX;
    default:
      return false;
  }
}

/** After an instruction. */
export function wordsAfter(words: number, insn: Insn, pc: number): number {
  if (!writesInteger(insn) || insn.rd === 0) return words;
  const bit = 1 << insn.rd;
  return isWordAfter(words, insn, pc) ? words | bit : words & ~bit;
}

/** At the beginning of each node. */
export function wordsAt({ nodes }: Structure): Map<Node, number> {
  const before = new Map<Node, number>();
  const after = new Map<Node, number>(nodes.map((node) => [node, -1]));
  for (let changed = true; changed; ) {
    changed = false;
    for (const node of nodes) {
      let words = node.index === 0 ? 0 : -1;
      for (const from of node.predecessors) words &= after.get(from) as number;
      before.set(node, words);
      for (const { pc, insn } of node.block.insns) words = wordsAfter(words, insn, pc);
      const { end } = node.block;
      if (end.kind === 'return') words = wordsAfter(words, end.at.insn, end.at.pc);
      if (after.get(node) !== words) changed = true;
      after.set(node, words);
    }
  }
  return before;
}
