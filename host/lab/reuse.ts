/** Reuse distances as results have them: few enough points for a file, exact at each. */
import type { Distances } from './engine.js';
import type { Reuse } from './results.js';

/** Every size up to this, then so many for each doubling. */
const EACH_MAX = 64;
const PER_OCTAVE = 16;

/** Whether a curve has a point at n. */
function shown(n: number): boolean {
  if (n <= EACH_MAX) return true;
  const step = 2 ** Math.floor(Math.log2(n)) / PER_OCTAVE;
  return n % step === 0;
}

export function reuseOf({ cold, counts, above }: Distances, of: Reuse['of'], pageBytes: number): Reuse {
  const accesses = counts.reduce((sum, count) => sum + count, cold + above);
  const curve: { entries: number; misses: number }[] = [];
  let hits = 0;
  for (let distance = 0; distance < counts.length; distance++) {
    hits += counts[distance];
    const last = accesses - hits === cold;
    if (last || shown(distance + 1)) curve.push({ entries: distance + 1, misses: accesses - hits });
    if (last) break;
  }
  const histogram: { from: number; count: number }[] = [];
  for (let from = 0, to = 1; from < counts.length; from = to, to *= 2) {
    const count = counts.subarray(from, to).reduce((sum, one) => sum + one, 0);
    histogram.push({ from, count });
  }
  if (above > 0) histogram.push({ from: counts.length, count: above });
  while (histogram.length > 0 && histogram[histogram.length - 1].count === 0) histogram.pop();
  return { of, pageBytes, accesses, cold, histogram, curve };
}
