/** One process's address space: a row of text and a canvas for every mapping. */
import type { FeedMapping, FeedUpdate } from '../../../host/debug/inspect/feed.js';
import { hex, pagesText, plural } from '../../../host/debug/inspect/format.js';
import { classOf, PAGE_BYTES, PAGE_CLASSES, PAGE_PRESENT, PAGE_ZERO } from '../../../host/debug/inspect/pages.js';
import type { ProcessInfo } from '../protocol.js';
import { BlockCanvas } from './block-canvas.js';
import { h } from './dom.js';
import { type Block, SpaceModel } from './space-model.js';

export interface SpaceHooks {
  /** A page is under the pointer, or has been left. */
  onHover(view: SpaceView, cell: number, event: PointerEvent | undefined): void;
  onChoose(view: SpaceView, cell: number): void;
  /** Things may have moved. */
  onMoved(): void;
}

/** More pages than this are not outlined. */
const OUTLINED_MAX = 2000;

interface Row {
  readonly element: HTMLElement;
  readonly canvas: BlockCanvas;
  readonly counts: HTMLElement;
}

export class SpaceView {
  readonly element: HTMLElement;
  readonly model = new SpaceModel();
  readonly #title = h('h3');
  readonly #rows = h('div', { class: 'mappings' });
  readonly #left = h('p', { class: 'dim' });
  #all: Row[] = [];
  #chosen = -1;
  /** Counts are written anew a few times a second, not at every frame. */
  #countsDue = false;

  constructor(
    readonly pid: number,
    private readonly hooks: SpaceHooks,
  ) {
    this.element = h('article', { class: 'space', 'aria-label': `process ${pid}` }, this.#title, this.#rows, this.#left);
    let width = 0;
    new ResizeObserver(() => {
      const now = this.#rows.clientWidth;
      if (now === width || now === 0) return;
      width = now;
      this.redraw(true);
    }).observe(this.#rows);
  }

  describe({ name, parent, ended }: ProcessInfo): void {
    const text = `${name.split('/').at(-1)} · pid ${this.pid}${parent > 0 ? ` · child of ${parent}` : ''}${ended ? ' · ended' : ''}`;
    if (this.#title.textContent !== text) this.#title.textContent = text;
    this.element.classList.toggle('ended', ended);
  }

  /** Addresses of pages that have changed since `begin`. */
  #changed = new Set<number>();
  #outlined = false;

  begin(): void {
    this.#changed.clear();
    this.outline(false);
  }

  /** Whether what has changed is outlined. */
  outline(on: boolean): void {
    if (on === this.#outlined) return;
    this.#outlined = on;
    this.#mark(on ? [...this.#changed].map((address) => this.model.cellOf(address)).filter((cell) => cell >= 0) : []);
  }

  take(update: FeedUpdate): void {
    this.outline(false);
    const { isNew, cells } = this.model.take(update);
    if (isNew) this.#rebuild();
    else this.#draw(cells);
    for (let i = 0; i < cells.length && this.#changed.size < OUTLINED_MAX; i++) this.#changed.add(this.model.addressOf(cells[i]));
    if (this.#countsDue) return;
    this.#countsDue = true;
    setTimeout(() => this.#counts(), 100);
  }

  #counts(): void {
    this.#countsDue = false;
    let moved = false;
    for (const row of this.#all) {
      const text = countsText(this.model, row.canvas.block);
      if (row.counts.textContent === text) continue;
      row.counts.textContent = text;
      moved = true;
      row.canvas.element.setAttribute('aria-label', `${nameOf(row.canvas.block.mapping)}: ${text}. Arrow keys choose a page.`);
    }
    if (moved) this.hooks.onMoved();
  }

  #rebuild(): void {
    const width = this.#rows.clientWidth;
    const old = new Map(this.#all.map((row) => [row.canvas.block.mapping.start, row]));
    const rows = this.model.blocks.map((block) => {
      const known = old.get(block.mapping.start);
      if (known !== undefined && JSON.stringify(known.canvas.block.mapping) === JSON.stringify(block.mapping)) {
        known.canvas.block = block;
        known.canvas.drawAll();
        return known;
      }
      const row = this.#row(block);
      if (width > 0) row.canvas.layOut(width);
      return row;
    });
    this.#all = rows;
    this.#rows.replaceChildren(...rows.map(({ element }) => element));
    const { mappingsLeft = 0, pagesLeft = 0 } = this.model.layout ?? {};
    const left = [mappingsLeft > 0 ? plural(mappingsLeft, 'mapping') : '', pagesLeft > 0 ? plural(pagesLeft, 'page') : ''];
    const text = left.filter((part) => part !== '').join(' and ');
    this.#left.textContent = text === '' ? '' : `${text} more than can be drawn`;
  }

  #row(block: Block): Row {
    const { mapping } = block;
    const canvas = new BlockCanvas(this.model, block);
    const counts = h('span', { class: 'counts' });
    const total = (mapping.end - mapping.start) / PAGE_BYTES;
    const hidden = total - block.count;
    const element = h(
      'div',
      { class: 'mapping' },
      h(
        'div',
        { class: 'mapping-head' },
        h('code', { class: 'address' }, `${hex(mapping.start)}–${hex(mapping.end)}`),
        h('code', {}, mapping.permissions),
        h('b', {}, nameOf(mapping)),
        h('span', { class: 'dim' }, pagesText(total)),
        counts,
      ),
      canvas.element,
      hidden > 0 ? h('p', { class: 'dim' }, `${plural(hidden, 'page')} without a page table not drawn`) : undefined,
    );
    this.#listen(canvas);
    return { element, canvas, counts };
  }

  #listen(canvas: BlockCanvas): void {
    const { element } = canvas;
    element.addEventListener('pointermove', (event) => {
      this.hooks.onHover(this, canvas.cellAt(event.offsetX, event.offsetY), event);
    });
    element.addEventListener('pointerleave', () => this.hooks.onHover(this, -1, undefined));
    element.addEventListener('click', (event) => {
      const cell = canvas.cellAt(event.offsetX, event.offsetY);
      if (cell >= 0) this.hooks.onChoose(this, cell);
    });
    element.addEventListener('keydown', (event) => {
      const steps: Readonly<Record<string, number>> = {
        ArrowRight: 1,
        ArrowLeft: -1,
        ArrowDown: canvas.columns,
        ArrowUp: -canvas.columns,
        Enter: 0,
      };
      const step = steps[event.key];
      if (step === undefined) return;
      event.preventDefault();
      const { first, count } = canvas.block;
      const inside = this.#chosen >= first && this.#chosen < first + count;
      const next = inside ? Math.min(first + count - 1, Math.max(first, this.#chosen + step)) : first;
      this.hooks.onChoose(this, next);
    });
  }

  #draw(cells: Uint32Array): void {
    let at = 0;
    for (const { canvas } of this.#all) {
      const end = canvas.block.first + canvas.block.count;
      const from = at;
      while (at < cells.length && cells[at] < end) at++;
      if (at > from) canvas.draw(Array.from(cells.subarray(from, at)));
    }
  }

  /** Outlines cells, and no others. */
  #mark(cells: readonly number[]): void {
    for (const { canvas } of this.#all) {
      const { first, count } = canvas.block;
      canvas.mark(cells.filter((cell) => cell >= first && cell < first + count));
    }
  }

  redraw(isResized = false): void {
    const width = this.#rows.clientWidth;
    if (width === 0) return;
    for (const { canvas } of this.#all) {
      if (isResized) canvas.layOut(width);
      else canvas.drawAll();
    }
    this.hooks.onMoved();
  }

  set chosen(cell: number) {
    this.#chosen = cell;
  }

  /** Where a cell is, relative to an element around this view; undefined: it is in no canvas. */
  boxOf(cell: number, around: HTMLElement): { left: number; top: number; side: number } | undefined {
    const row = this.#all.find(({ canvas: { block } }) => cell >= block.first && cell < block.first + block.count);
    if (row === undefined) return undefined;
    const { x, y, side } = row.canvas.placeOf(cell);
    const place = row.canvas.element.getBoundingClientRect();
    const frame = around.getBoundingClientRect();
    return { left: place.left - frame.left + x, top: place.top - frame.top + y, side };
  }
}

export function nameOf({ name, kind }: FeedMapping): string {
  return name === '' ? kind : name;
}

/** By PAGE_* bits; zeros between two uses. A hundred thousand cells are counted ten times a second. */
const cellsWith = new Uint32Array(0x10000);

/** "12 present: 8 private to this mapping, dirty; 4 page of zeros". */
function countsText(model: SpaceModel, { first, count }: Block): string {
  const sums = new Map<string, number>();
  let present = 0;
  const { bits } = model;
  const seen: number[] = [];
  for (let cell = first; cell < first + count; cell++) if (cellsWith[bits[cell]]++ === 0) seen.push(bits[cell]);
  for (const state of seen) {
    const cells = cellsWith[state];
    cellsWith[state] = 0;
    if ((state & (PAGE_PRESENT | PAGE_ZERO)) === PAGE_PRESENT) present += cells;
    const { id } = classOf(state);
    sums.set(id, (sums.get(id) ?? 0) + cells);
  }
  const parts = PAGE_CLASSES.filter(({ id }) => id !== 'absent' && sums.has(id)).map(({ id, label }) => `${sums.get(id)} ${label}`);
  return parts.length === 0 ? 'nothing present' : `${present} present · ${parts.join(', ')}`;
}
