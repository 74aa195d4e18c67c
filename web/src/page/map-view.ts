/** All address spaces side by side: hovering tells of a page, and shows who else has its frame; choosing one walks to it. */
import { hex, plural } from '../../../host/debug/inspect/format.js';
import { describeBits, PAGE_BYTES, PAGE_CLASSES, PAGE_ZERO } from '../../../host/debug/inspect/pages.js';
import type { View } from '../protocol.js';
import { byId, h } from './dom.js';
import { nameOf, SpaceView } from './space-view.js';

export interface MapHooks {
  onChoose(pid: number, address: number): void;
}

export class MapView {
  readonly #spaces = byId('spaces');
  readonly #tip = byId('tip');
  readonly #empty = byId('map-empty');
  readonly #overlay = h('div', { id: 'overlay', 'aria-hidden': true });
  #views = new Map<number, SpaceView>();
  #chosen: { view: SpaceView; address: number } | undefined = undefined;

  constructor(private readonly hooks: MapHooks) {
    byId('legend').replaceChildren(
      ...PAGE_CLASSES.filter(({ id }) => !['marked', 'poisoned', 'guard', 'protected'].includes(id)).map(({ id, label }) =>
        h('span', { class: 'legend-entry' }, h('i', { class: `swatch swatch-${id}` }), label),
      ),
    );
    this.#spaces.append(this.#overlay);
  }

  reset(): void {
    for (const { element } of this.#views.values()) element.remove();
    this.#views = new Map();
    this.#chosen = undefined;
    this.#overlay.replaceChildren();
    this.#hover(undefined, -1, undefined);
    this.#empty.hidden = false;
  }

  take(view: View): void {
    const { processes, phase } = view.status;
    for (const info of processes) {
      let space = this.#views.get(info.pid);
      if (space === undefined) {
        space = new SpaceView(info.pid, {
          onHover: (on, cell, event) => this.#hover(on, cell, event),
          onChoose: (on, cell) => this.#choose(on, cell),
          onMoved: () => this.#drawLinks(),
        });
        this.#views.set(info.pid, space);
        this.#spaces.append(space.element);
        this.#empty.hidden = true;
      }
      space.describe(info);
    }
    for (const [pid, space] of this.#views) {
      if (processes.some((info) => info.pid === pid)) continue;
      space.element.remove();
      this.#views.delete(pid);
    }
    this.#spaces.classList.toggle('several', this.#views.size > 1);
    const still = phase === 'paused';
    for (const [pid, update] of view.feeds) this.#views.get(pid)?.take(update);
    for (const space of this.#views.values()) space.outline(still);
    if (view.feeds.length > 0) this.#drawLinks();
  }

  /** What changes from now on is outlined when the machine stops. */
  begin(): void {
    for (const view of this.#views.values()) view.begin();
  }

  /** A page of the largest mapping of that name, in the process that was made last. */
  find(name: string, page: number): { pid: number; address: number } | undefined {
    for (const [pid, { model }] of [...this.#views].reverse()) {
      const found = model.blocks.map(({ mapping }) => mapping).filter((mapping) => nameOf(mapping) === name);
      const largest = found.sort((a, b) => b.end - b.start - (a.end - a.start))[0];
      if (largest !== undefined) return { pid, address: largest.start + page * PAGE_BYTES };
    }
    return undefined;
  }

  redraw(): void {
    for (const view of this.#views.values()) view.redraw();
  }

  get cells(): number {
    let sum = 0;
    for (const { model } of this.#views.values()) sum += model.bits.length;
    return sum;
  }

  /** Chooses an address as if it had been clicked. */
  choose(pid: number, address: number): void {
    const view = this.#views.get(pid);
    if (view === undefined) return;
    const cell = view.model.cellOf(address);
    this.#chosen = { view, address };
    view.chosen = cell;
    this.#drawLinks();
    this.hooks.onChoose(pid, address);
  }

  #choose(view: SpaceView, cell: number): void {
    this.choose(view.pid, view.model.addressOf(cell));
  }

  #hover(view: SpaceView | undefined, cell: number, event: PointerEvent | undefined): void {
    if (view === undefined || cell < 0 || event === undefined) {
      this.#tip.hidden = true;
      return;
    }
    const { model } = view;
    const block = model.blockOf(cell);
    const frame = model.frames[cell];
    const others = this.#sharers(view, cell);
    this.#tip.replaceChildren(
      h('b', {}, hex(model.addressOf(cell))),
      ` ${block === undefined ? '' : nameOf(block.mapping)}`,
      h('br'),
      describeBits(model.bits[cell]),
      frame === 0 ? '' : ` · frame ${hex(frame)}`,
      others.length > 0 ? `, also in ${plural(others.length, 'other page')} drawn here` : '',
    );
    this.#tip.hidden = false;
    const { width, height } = this.#tip.getBoundingClientRect();
    this.#tip.style.left = `${Math.max(4, Math.min(event.clientX + 14, innerWidth - width - 6))}px`;
    this.#tip.style.top = `${event.clientY + 18 + height > innerHeight ? event.clientY - height - 10 : event.clientY + 18}px`;
  }

  /** Other pages with the same frame, whoever has them. */
  #sharers(view: SpaceView, cell: number): { view: SpaceView; cell: number }[] {
    const frame = view.model.frames[cell];
    if (cell < 0 || frame === 0 || (view.model.bits[cell] & PAGE_ZERO) !== 0) return [];
    return [...this.#views.values()].flatMap((other) =>
      other.model
        .cellsOfFrame(frame)
        .filter((at) => other !== view || at !== cell)
        .map((at) => ({ view: other, cell: at })),
    );
  }

  /** A frame around the chosen page, and lines to those that share its frame. */
  #drawLinks(): void {
    const chosen = this.#chosen;
    this.#overlay.replaceChildren();
    if (chosen === undefined) return;
    const cell = chosen.view.model.cellOf(chosen.address);
    const from = cell < 0 ? undefined : chosen.view.boxOf(cell, this.#spaces);
    if (from === undefined) return;
    const SVG = 'http://www.w3.org/2000/svg';
    const svg = document.createElementNS(SVG, 'svg');
    const box = ({ left, top, side }: { left: number; top: number; side: number }, kind: string): void => {
      const rect = document.createElementNS(SVG, 'rect');
      const all = { x: left - 2, y: top - 2, width: side + 3, height: side + 3, class: kind };
      for (const [name, value] of Object.entries(all)) rect.setAttribute(name, String(value));
      svg.append(rect);
    };
    for (const other of this.#sharers(chosen.view, cell)) {
      const to = other.view.boxOf(other.cell, this.#spaces);
      if (to === undefined) continue;
      const path = document.createElementNS(SVG, 'path');
      const [x1, y1, x2, y2] = [from.left + from.side / 2, from.top + from.side / 2, to.left + to.side / 2, to.top + to.side / 2];
      const bend = Math.max(30, Math.abs(x2 - x1) / 3);
      path.setAttribute('d', `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`);
      path.setAttribute('class', 'link');
      svg.append(path);
      box(to, 'linked');
    }
    box(from, 'chosen');
    this.#overlay.append(svg);
  }
}
