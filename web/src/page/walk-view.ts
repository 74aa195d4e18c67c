/** The walk of one address, a step at a time: how hardware turns it into a frame. */
import { hex, pteText } from '../../../host/debug/inspect/format.js';
import { PAGE_BYTES } from '../../../host/debug/inspect/pages.js';
import type { LevelSnapshot, WalkSnapshot } from '../../../host/debug/inspect/snapshot.js';
import { describePte, frameText, tlbText, walkTitle, windowText } from '../../../host/debug/inspect/walk-lines.js';
import { byId, h } from './dom.js';

/** Fields of an entry, high to low: name, its bits. */
const FIELDS: readonly (readonly [name: string, count: number])[] = [
  ['PPN', 44],
  ['RSW', 2],
  ['D', 1],
  ['A', 1],
  ['G', 1],
  ['U', 1],
  ['X', 1],
  ['W', 1],
  ['R', 1],
  ['V', 1],
];

const MEANINGS: Readonly<Record<string, string>> = {
  PPN: 'number of the frame or of the next table',
  RSW: 'for software: soft-dirty, shared since a fork',
  D: 'dirty: written through this entry',
  A: 'accessed through this entry',
  G: 'global: in every address space',
  U: 'user mode may use it',
  X: 'may be executed',
  W: 'may be written',
  R: 'may be read',
  V: 'valid',
};

interface Step {
  readonly title: string;
  readonly body: readonly (Node | string)[];
}

export interface WalkHooks {
  onClose(): void;
  onAddress(address: number): void;
}

export class WalkView {
  readonly #element = byId('walk');
  #walk: WalkSnapshot | undefined = undefined;
  #key = '';
  /** Steps that are shown; 0: all. */
  #shown = 0;

  constructor(private readonly hooks: WalkHooks) {}

  hide(): void {
    this.#walk = undefined;
    this.#key = '';
    this.#element.hidden = true;
  }

  take(walk: WalkSnapshot): void {
    const key = JSON.stringify(walk);
    if (key === this.#key) return;
    if (walk.address !== this.#walk?.address) this.#shown = 0;
    this.#key = key;
    this.#walk = walk;
    this.#draw();
  }

  #draw(): void {
    const walk = this.#walk;
    if (walk === undefined) return;
    const focus = document.activeElement?.id;
    const steps = stepsOf(walk);
    const shown = this.#shown === 0 ? steps.length : Math.min(this.#shown, steps.length);
    const to = (count: number): void => {
      this.#shown = count;
      this.#draw();
    };
    const input = h('input', { id: 'walk-address', type: 'text', value: hex(walk.address), size: 14, spellcheck: 'false' });
    const form = h(
      'form',
      {
        class: 'walk-bar',
        onsubmit: (event) => {
          event.preventDefault();
          const address = Number(input.value);
          if (Number.isSafeInteger(address) && address >= 0) this.hooks.onAddress(address);
          else input.setAttribute('aria-invalid', 'true');
        },
      },
      h('label', {}, 'Address ', input),
      h('button', { type: 'submit' }, 'Walk'),
      h('button', { type: 'button', id: 'walk-first', onclick: () => to(1) }, 'From the start'),
      h('button', { type: 'button', id: 'walk-next', disabled: shown >= steps.length, onclick: () => to(shown + 1) }, 'Next step'),
      h('button', { type: 'button', id: 'walk-all', onclick: () => to(0) }, 'All'),
      h('span', { class: 'dim', role: 'status' }, `step ${shown} of ${steps.length}`),
      h('button', { type: 'button', 'aria-label': 'Close the walk', onclick: () => this.hooks.onClose() }, '×'),
    );
    this.#element.hidden = false;
    this.#element.replaceChildren(
      h('h3', {}, `Walk of ${walkTitle(walk)}`),
      form,
      h(
        'ol',
        { class: 'steps' },
        ...steps.slice(0, shown).map(({ title, body }, i) => {
          return h('li', { class: i === shown - 1 && this.#shown !== 0 ? 'latest' : undefined }, h('b', {}, title), ...body);
        }),
      ),
    );
    if (focus?.startsWith('walk-')) document.getElementById(focus)?.focus();
  }
}

function stepsOf(walk: WalkSnapshot): Step[] {
  const steps: Step[] = [{ title: 'Split the address', body: [addressBits(walk.address)] }];
  steps.push({ title: 'The kernel knows the mapping', body: [h('p', {}, h('code', {}, walk.mapping ?? 'none: an access is SIGSEGV'))] });
  for (const level of walk.levels) steps.push(levelStep(level));
  if (walk.frame !== undefined) {
    const physical = walk.frame.number * PAGE_BYTES + (walk.address % PAGE_BYTES);
    steps.push({
      title: 'The frame',
      body: [
        h('p', {}, frameText(walk.frame)),
        h(
          'p',
          {},
          `Frame ${hex(walk.frame.number)} and offset ${hex(walk.address % PAGE_BYTES)} make physical address `,
          h('code', {}, hex(physical)),
        ),
      ],
    });
  }
  steps.push({
    title: 'What remembers it',
    body: [h('p', {}, h('b', {}, 'TLB '), tlbText(walk.tlb)), h('p', {}, h('b', {}, 'Window '), windowText(walk.window, walk.frame))],
  });
  const { load, store, fetch } = walk.outcomes;
  steps.push({
    title: 'An access now',
    body: [
      h(
        'dl',
        { class: 'outcomes' },
        ...[
          ['load', load],
          ['store', store],
          ['fetch', fetch],
        ].flatMap(([name, text]) => [h('dt', {}, name), h('dd', {}, text)]),
      ),
    ],
  });
  return steps;
}

/** Three indices of nine bits and an offset of twelve. */
function addressBits(address: number): HTMLElement {
  const parts: readonly (readonly [name: string, value: number, bits: number])[] = [
    ['VPN[2]', Math.floor(address / 2 ** 30) % 512, 9],
    ['VPN[1]', Math.floor(address / 2 ** 21) % 512, 9],
    ['VPN[0]', Math.floor(address / 2 ** 12) % 512, 9],
    ['offset', address % PAGE_BYTES, 12],
  ];
  return h(
    'div',
    { class: 'fields' },
    ...parts.map(([name, value, bits]) =>
      h(
        'span',
        { class: 'field' },
        h('small', {}, name),
        h('code', {}, value.toString(2).padStart(bits, '0')),
        h('small', {}, `${value} (${hex(value)})`),
      ),
    ),
  );
}

function levelStep(level: LevelSnapshot): Step {
  const { level: number, index, table, at, pte } = level;
  return {
    title: `Level ${number}: entry ${index} of the table in frame ${hex(table)}`,
    body: [
      h('p', {}, `at physical address ${hex(at)}: `, h('code', {}, pteText(pte))),
      pteBits(pte),
      h('p', {}, `→ ${describePte(level)}`),
    ],
  };
}

function pteBits(pte: number): HTMLElement {
  let rest = BigInt(pte);
  const fields = [...FIELDS].reverse().map(([name, count]) => {
    const value = rest & ((1n << BigInt(count)) - 1n);
    rest >>= BigInt(count);
    return { name, count, value };
  });
  return h(
    'div',
    { class: 'fields' },
    ...fields.reverse().map(({ name, count, value }) => {
      const text = count > 2 ? `0x${value.toString(16)}` : value.toString(2).padStart(count, '0');
      const isOn = count === 1 && value === 1n;
      return h(
        'span',
        { class: `field${isOn ? ' on' : ''}`, title: MEANINGS[name], 'aria-label': `${name} ${text}: ${MEANINGS[name]}` },
        h('small', {}, name),
        h('code', {}, text),
      );
    }),
  );
}
