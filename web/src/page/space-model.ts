/** What the page knows of an address space: its cells, kept up to date by the worker's updates. No drawing here. */
import type { FeedLayout, FeedMapping, FeedUpdate } from '../../../host/debug/inspect/feed.js';
import { classOf, PAGE_BYTES, type PageClass } from '../../../host/debug/inspect/pages.js';

/** A mapping's place in the cells. */
export interface Block {
  readonly mapping: FeedMapping;
  readonly first: number;
  readonly count: number;
}

export class SpaceModel {
  layout: FeedLayout | undefined = undefined;
  blocks: readonly Block[] = [];
  bits = new Uint16Array(0);
  frames = new Uint32Array(0);

  /** Takes an update in. `isNew`: everything is to be laid out again; otherwise `cells` have changed. */
  take(update: FeedUpdate): { isNew: boolean; cells: Uint32Array } {
    if (update.layout !== undefined) {
      const old = this.#byAddress();
      this.layout = update.layout;
      this.bits = update.bits;
      this.frames = update.frames;
      let first = 0;
      this.blocks = update.layout.mappings.map((mapping) => {
        const count = mapping.spans.reduce((sum, span) => sum + span.count, 0);
        const block = { mapping, first, count };
        first += count;
        return block;
      });
      return { isNew: true, cells: old === undefined ? new Uint32Array(0) : this.#differences(old) };
    }
    const at = update.at ?? new Uint32Array(0);
    for (let i = 0; i < at.length; i++) {
      this.bits[at[i]] = update.bits[i];
      this.frames[at[i]] = update.frames[i];
    }
    return { isNew: false, cells: at };
  }

  /** State of every page by its address, before mappings change. */
  #byAddress(): Map<number, number> | undefined {
    if (this.layout === undefined || this.bits.length > 65536) return undefined;
    const states = new Map<number, number>();
    for (let cell = 0; cell < this.bits.length; cell++) states.set(this.addressOf(cell), this.bits[cell]);
    return states;
  }

  #differences(old: ReadonlyMap<number, number>): Uint32Array {
    const cells: number[] = [];
    for (let cell = 0; cell < this.bits.length; cell++) if ((old.get(this.addressOf(cell)) ?? 0) !== this.bits[cell]) cells.push(cell);
    return Uint32Array.from(cells);
  }

  blockOf(cell: number): Block | undefined {
    let low = 0;
    let high = this.blocks.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const block = this.blocks[middle];
      if (cell < block.first) high = middle - 1;
      else if (cell >= block.first + block.count) low = middle + 1;
      else return block;
    }
    return undefined;
  }

  /** Address of a cell's page. */
  addressOf(cell: number): number {
    const block = this.blockOf(cell);
    if (block === undefined) return 0;
    let left = cell - block.first;
    for (const span of block.mapping.spans) {
      if (left < span.count) return block.mapping.start + (span.page + left) * PAGE_BYTES;
      left -= span.count;
    }
    return 0;
  }

  /** The cell of an address; -1: it is not shown. */
  cellOf(address: number): number {
    for (const { mapping, first } of this.blocks) {
      if (address < mapping.start || address >= mapping.end) continue;
      const page = Math.floor((address - mapping.start) / PAGE_BYTES);
      let cell = first;
      for (const span of mapping.spans) {
        if (page >= span.page && page < span.page + span.count) return cell + page - span.page;
        cell += span.count;
      }
    }
    return -1;
  }

  classAt(cell: number): PageClass {
    return classOf(this.bits[cell]);
  }

  /** Cells that have this frame. */
  cellsOfFrame(frame: number): number[] {
    const cells: number[] = [];
    for (let cell = this.frames.indexOf(frame); cell >= 0 && cells.length < 256; cell = this.frames.indexOf(frame, cell + 1))
      cells.push(cell);
    return cells;
  }
}
