import { VMA_NAME } from '../../assembly/shared/mman.js';
import type { Core } from '../core/core.js';

const SWEEP_AT = 1024;

/**
 * Names of anonymous mappings (prctl(PR_SET_VMA_ANON_NAME)) of one address space: the core keeps a number with each mapping, the text is
 * here. Numbers that no mapping has any more are forgotten when there are many.
 */
export class VmaNames {
  private readonly _texts: Map<number, string>;
  private readonly _numbers: Map<string, number>;
  private _next: number;
  private _sweepAt = SWEEP_AT;

  constructor(parent?: VmaNames) {
    this._texts = new Map(parent === undefined ? [] : parent._texts);
    this._numbers = new Map(parent === undefined ? [] : parent._numbers);
    this._next = parent === undefined ? 1 : parent._next;
  }

  /** '' for a mapping without a name. */
  text(number: number): string {
    return this._texts.get(number) ?? '';
  }

  /** The number to keep with mappings of the space. */
  number(core: Core, space: number, text: string): number {
    const known = this._numbers.get(text);
    if (known !== undefined) return known;
    if (this._texts.size >= this._sweepAt) this._sweep(core, space);
    const number = this._next++;
    this._texts.set(number, text);
    this._numbers.set(text, number);
    return number;
  }

  private _sweep(core: Core, space: number): void {
    const used = new Set<number>();
    for (let vma = core.exports.vmaFind(space, 0); vma !== 0; vma = core.exports.vmaNext(space, vma)) {
      used.add(core.u32[(vma + VMA_NAME) >>> 2]);
    }
    for (const [number, text] of this._texts) {
      if (used.has(number)) continue;
      this._texts.delete(number);
      this._numbers.delete(text);
    }
    this._sweepAt = Math.max(SWEEP_AT, this._texts.size * 2);
  }
}
