/** Floating-point instructions as Wasm. */
import type { RegionCode } from './context.js';
import type { Insn } from './insn.js';

export const FLOAT: ReadonlyMap<string, (r: RegionCode, insn: Insn, pc: number) => void> = new Map();

/** Does it depend on the rounding mode? */
export function usesFloat(op: string): boolean {
  return op.startsWith('f');
}
