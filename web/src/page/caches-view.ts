/** What caches translations: the TLB of the running process, and the permission bytes of a window. */
import { hex, plural } from '../../../host/debug/inspect/format.js';
import type { RegisterState, TranslationView } from '../protocol.js';
import { byId, h } from './dom.js';

const ROWS_MAX = 256;
const WINDOW_TEXT = 'A byte per page says whether loads (r) and stores (w) may go straight there, without a walk.';

export class CachesView {
  readonly #element = byId('caches');
  #key = '';

  take(view: TranslationView): void {
    const key = JSON.stringify(view);
    if (key === this.#key) return;
    this.#key = key;
    const { pid, tlb, running, window } = view;
    const letters = (read: boolean, write: boolean): string => `${read ? 'r' : '-'}${write ? 'w' : '-'}`;
    this.#element.replaceChildren(
      h('h3', {}, `Window of process ${pid}`),
      h(
        'p',
        {},
        window.slot === undefined
          ? 'It has none: all slots were taken when it was made.'
          : `Slot ${window.slot}: page n has its home in frame ${hex(window.frame)} + n. ${WINDOW_TEXT}`,
      ),
      h(
        'table',
        {},
        h('tr', {}, ...['pages', 'from', 'byte'].map((text) => h('th', { scope: 'col' }, text))),
        ...window.runs.map((run) => {
          return h(
            'tr',
            {},
            h('td', {}, String(run.pages)),
            h('td', {}, h('code', {}, hex(run.start))),
            h('td', {}, letters(run.read, run.write)),
          );
        }),
      ),
      window.left > 0 ? h('p', { class: 'dim' }, `${plural(window.left, 'range')} more`) : '',
      h('h3', {}, 'TLB'),
      h(
        'p',
        {},
        running ? `${tlb.length} of 256 entries: pages that lie elsewhere than at home.` : 'It holds what another process has, which runs.',
      ),
      h(
        'table',
        {},
        h('tr', {}, ...['entry', 'page', 'for', 'frame'].map((text) => h('th', { scope: 'col' }, text))),
        ...tlb
          .slice(0, ROWS_MAX)
          .map((entry) =>
            h(
              'tr',
              {},
              h('td', {}, String(entry.entry)),
              h('td', {}, h('code', {}, hex(entry.page))),
              h('td', {}, letters(entry.read, entry.write)),
              h('td', {}, h('code', {}, hex(entry.frame))),
            ),
          ),
      ),
    );
  }
}

const NAMES = ('zero ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 ' + 's2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6').split(' ');

export class RegistersView {
  readonly #element = byId('cpu');
  #before: readonly string[] = [];

  take(cpu: RegisterState | undefined): void {
    if (cpu === undefined) {
      this.#element.replaceChildren(h('p', { class: 'empty' }, 'Registers are shown while the machine is paused.'));
      return;
    }
    const before = this.#before;
    this.#before = cpu.x;
    this.#element.replaceChildren(
      h(
        'p',
        {},
        `Process ${cpu.pid}, next instruction at `,
        h('code', {}, hex(cpu.pc)),
        cpu.symbol === undefined ? '' : ` (${cpu.symbol})`,
      ),
      h('p', { class: 'instruction' }, h('code', {}, cpu.text)),
      h(
        'div',
        { class: 'registers' },
        ...cpu.x.map((value, n) => {
          const changed = before.length > 0 && before[n] !== value;
          return h(
            'span',
            { class: changed ? 'register changed' : 'register' },
            h('b', {}, NAMES[n]),
            h('code', {}, value.replace(/^0{8}(?=.{8})/, '')),
          );
        }),
      ),
    );
  }
}
