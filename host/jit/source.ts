/** What the core knows of guest code, as the compiler reads it. */
import * as C from '../../assembly/shared/compiled.js';
import * as L from '../../assembly/shared/layout.js';
import type { Core } from '../core/core.js';
import type { CodeSource } from './region.js';

/** Targets of a jump by register that are rarer than one in so many are not part of a region. */
const TARGET_SHARE = 32;
const ADDRESS_END = 2 ** 38;

/**
 * The code of the process that runs. What counts as executed: anything, what the interpreter has decoded, or what samples have met.
 * Where jumps by register lead is said as long as `follow` says so.
 */
export function codeSource(
  core: Core,
  wanted: 'any' | 'decoded' | 'met',
  compiled: (pc: number) => boolean,
  follow: () => boolean,
): CodeSource {
  const page = (pc: number): number => (pc < ADDRESS_END ? core.exports.jitCodePage(Math.floor(pc / L.PAGE_SIZE)) >>> 0 : 0);
  const half = (pc: number): number | undefined => {
    const at = page(pc);
    return at === 0 ? undefined : core.view.getUint16(at + (pc % L.PAGE_SIZE), true);
  };
  return {
    word: (pc) => {
      const low = half(pc);
      if (low === undefined || (low & 3) !== 3) return low;
      const high = half(pc + 2);
      return high === undefined ? undefined : (low | (high << 16)) >>> 0;
    },
    executed: {
      any: () => true,
      decoded: (pc: number) => pc < ADDRESS_END && core.exports.jitDecoded(Math.floor(pc / L.PAGE_SIZE), pc % L.PAGE_SIZE) !== 0,
      met: (pc: number) => {
        const bit = Math.floor(pc / 2) % C.MET_BITS;
        return (core.u8[C.MET + (bit >>> 3)] & (1 << (bit & 7))) !== 0;
      },
    }[wanted],
    compiled,
    targets: (pc) => (follow() ? targets(core, pc) : []),
  };
}

/** Where a jump by register has been seen to lead, the most frequent first, but for what is rare. */
function targets(core: Core, pc: number): number[] {
  // >> would be of 32 bits.
  const entry = (Math.floor(pc / 2) ^ Math.floor(pc / 2 ** 11)) & (C.TARGETS_ENTRIES - 1);
  const at = C.TARGETS + entry * C.TARGETS_BYTES;
  if (core.readU64(at) !== pc) return [];
  const seen: { target: number; count: number }[] = [];
  for (let n = 0; n < C.TARGETS_OF_ONE; n++) {
    const count = core.u32[(at + C.TARGETS_COUNTS + n * 4) >>> 2];
    if (count > 0) seen.push({ target: core.readU64(at + C.TARGETS_PC + n * 8), count });
  }
  const all = seen.reduce((sum, { count }) => sum + count, 0);
  return seen
    .filter(({ count, target }) => count * TARGET_SHARE >= all && target < ADDRESS_END)
    .sort((a, b) => b.count - a.count)
    .map(({ target }) => target);
}
