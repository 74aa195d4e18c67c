import type { Core } from '../core/core.js';
import { type Clock, VirtualClock } from '../kernel/clock.js';
import { bound } from '../linux/bound.js';
import type { MachineOptions } from './options.js';

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

/** xoshiro128** (Blackman and Vigna, 2018), its state spread from the seed by splitmix32. */
export class SeededRandom {
  private readonly _state: Uint32Array;

  constructor(seed: number) {
    let spread = seed >>> 0;
    const next = (): number => {
      spread = (spread + 0x9e3779b9) >>> 0;
      let z = spread;
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      return (z ^ (z >>> 16)) >>> 0;
    };
    this._state = Uint32Array.of(next(), next(), next(), next());
  }

  private _word(): number {
    const s = this._state;
    const result = Math.imul(rotate(Math.imul(s[1], 5), 7), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 11);
    return result;
  }

  fill(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += 4) {
      const value = this._word();
      for (let i = 0; i < 4 && at + i < bytes.length; i++) bytes[at + i] = value >>> (8 * i);
    }
  }
}

/** 2000-01-01 */
const START_MS = 946_684_800_000;

/** Where time and random numbers come from. */
export function timeAndChance({ deterministic = false, clock, random }: MachineOptions): {
  clock?: Clock | ((core: Core) => Clock);
  random?: (bytes: Uint8Array) => void;
} {
  if (deterministic === false) return { clock, random };
  const { seed = 1, startMs = START_MS } = deterministic === true ? {} : deterministic;
  return { clock: (core) => new VirtualClock(core, startMs), random: bound(new SeededRandom(seed), 'fill') };
}
