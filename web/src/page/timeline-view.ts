/** Faults, system calls and signals in their order. Choosing one goes back to the moment before it. */
import { count, hex } from '../../../host/debug/inspect/format.js';
import type { EventKind, TimelineEvent } from '../protocol.js';
import { byId, h } from './dom.js';

const SHOWN_MAX = 400;
const GROUPS: readonly (readonly [id: string, label: string, kinds: readonly EventKind[]])[] = [
  ['faults', 'faults', ['zero', 'minor', 'major', 'cow']],
  ['calls', 'system calls', ['call']],
  ['signals', 'signals, processes', ['signal', 'process']],
];

export interface TimelineHooks {
  /** To the moment before it. */
  onGo(event: TimelineEvent): void;
  onWalk(pid: number, address: number): void;
}

export class TimelineView {
  events: TimelineEvent[] = [];
  readonly #element = byId('timeline');
  readonly #list = h('ol', { class: 'events', tabindex: 0, 'aria-label': 'Events, the latest last' });
  readonly #strip = h('canvas', { class: 'strip', height: 44, role: 'img', 'aria-label': 'Faults above, calls below, over instructions' });
  readonly #summary = h('p', { class: 'dim', role: 'status' });
  readonly #kinds = new Set<EventKind>(GROUPS.flatMap(([, , kinds]) => kinds));
  #isDirty = false;

  constructor(private readonly hooks: TimelineHooks) {
    const filters = GROUPS.map(([id, label, kinds]) => {
      const box = h('input', { type: 'checkbox', checked: true, id: `show-${id}` });
      box.addEventListener('change', () => {
        for (const kind of kinds) {
          if (box.checked) this.#kinds.add(kind);
          else this.#kinds.delete(kind);
        }
        this.#isDirty = true;
        this.draw();
      });
      return h('label', {}, box, ` ${label}`);
    });
    this.#element.append(h('div', { class: 'filters' }, ...filters, this.#summary), this.#strip, this.#list);
    this.#strip.addEventListener('click', (event) => {
      const end = this.events.at(-1)?.at ?? 0;
      const at = (event.offsetX / this.#strip.clientWidth) * end;
      const found = this.events.find((one) => one.at >= at);
      if (found !== undefined) this.hooks.onGo(found);
    });
  }

  /** What came after so many instructions did not happen. */
  forget(instructions: number): void {
    this.events = this.events.filter(({ at }) => at < instructions);
    this.#isDirty = true;
    this.draw();
  }

  take(events: readonly TimelineEvent[]): void {
    if (events.length === 0) return;
    for (const event of events) this.events.push(event);
    this.#isDirty = true;
    this.draw();
  }

  /** The latest event that began before so many instructions. */
  before(instructions: number): TimelineEvent | undefined {
    return this.events.findLast((event) => event.at < instructions && event.kind !== 'process');
  }

  draw(): void {
    if (!this.#isDirty || this.#element.hidden) return;
    this.#isDirty = false;
    const chosen = this.events.filter(({ kind }) => this.#kinds.has(kind));
    const shown = chosen.slice(-SHOWN_MAX);
    this.#list.replaceChildren(...shown.map((event) => this.#row(event)));
    this.#list.scrollTop = this.#list.scrollHeight;
    const faults = this.events.filter(({ kind }) => GROUPS[0][2].includes(kind)).length;
    this.#summary.textContent = `${count(this.events.length)} events, ${count(faults)} of them faults${
      shown.length < chosen.length ? `; the latest ${SHOWN_MAX} are listed` : ''
    }`;
    this.#drawStrip(chosen);
  }

  #row(event: TimelineEvent): HTMLElement {
    const { at, pid, kind, text, address } = event;
    return h(
      'li',
      { class: `event event-${kind}` },
      h(
        'button',
        { type: 'button', class: 'link-button', title: 'Go back to the moment before it', onclick: () => this.hooks.onGo(event) },
        count(at),
      ),
      h('span', { class: 'dim' }, ` ${pid} `),
      h('code', {}, text),
      address === undefined
        ? undefined
        : h('button', { type: 'button', class: 'link-button', onclick: () => this.hooks.onWalk(pid, address) }, ` walk ${hex(address)}`),
    );
  }

  #drawStrip(events: readonly TimelineEvent[]): void {
    const width = this.#strip.clientWidth;
    if (width === 0) return;
    const scale = devicePixelRatio;
    this.#strip.width = width * scale;
    this.#strip.height = 44 * scale;
    const context = this.#strip.getContext('2d');
    if (context === null) return;
    const style = getComputedStyle(document.documentElement);
    const color: Readonly<Record<EventKind, string>> = {
      zero: style.getPropertyValue('--dirty'),
      minor: style.getPropertyValue('--zero'),
      major: style.getPropertyValue('--swapped'),
      cow: style.getPropertyValue('--cow'),
      call: style.getPropertyValue('--accent'),
      signal: style.getPropertyValue('--protected'),
      process: style.getPropertyValue('--ink'),
    };
    const end = Math.max(1, events.at(-1)?.at ?? 1);
    for (const { at, kind } of events) {
      const isFault = GROUPS[0][2].includes(kind);
      context.fillStyle = color[kind];
      context.fillRect((at / end) * (width - 3) * scale, (isFault ? 2 : 24) * scale, 2 * scale, 18 * scale);
    }
  }
}
