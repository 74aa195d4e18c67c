import { VMA_NAME } from '../../assembly/shared/mman.js';
import type { Core } from '../core/core.js';

const SWEEP_AT = 1024;

/**
 * Names of anonymous mappings (prctl(PR_SET_VMA_ANON_NAME)) of one address space: the core keeps a number with each mapping, the text is
 * here. Numbers that no mapping has any more are forgotten when there are many.
 */
export class VmaNames {
  readonly #texts: Map<number, string>;
  readonly #numbers: Map<string, number>;
  #next: number;
  #sweepAt = SWEEP_AT;

  constructor(parent?: VmaNames) {
    this.#texts = new Map(parent === undefined ? [] : parent.#texts);
    this.#numbers = new Map(parent === undefined ? [] : parent.#numbers);
    this.#next = parent === undefined ? 1 : parent.#next;
  }

  /** '' for a mapping without a name. */
  text(number: number): string {
    return this.#texts.get(number) ?? '';
  }

  /** The number to keep with mappings of the space. */
  number(core: Core, space: number, text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    if (this.#texts.size >= this.#sweepAt) this.#sweep(core, space);
    const number = this.#next++;
    this.#texts.set(number, text);
    this.#numbers.set(text, number);
    return number;
  }

  #sweep(core: Core, space: number): void {
    const used = new Set<number>();
    for (let vma = core.exports.vmaFind(space, 0); vma !== 0; vma = core.exports.vmaNext(space, vma)) {
      used.add(core.u32[(vma + VMA_NAME) >>> 2]);
    }
    for (const [number, text] of this.#texts) {
      if (used.has(number)) continue;
      this.#texts.delete(number);
      this.#numbers.delete(text);
    }
    this.#sweepAt = Math.max(SWEEP_AT, this.#texts.size * 2);
  }
}
