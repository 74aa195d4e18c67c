/** The tree of page tables. */
import { hex, plural } from '../../../host/debug/inspect/format.js';
import type { TableSnapshot } from '../../../host/debug/inspect/snapshot.js';
import { byId, h } from './dom.js';

const TABLES_MAX = 600;
const NAMES = ['last level', 'level 1', 'root'];

export class TablesView {
  readonly #element = byId('tables');
  #key = '';
  readonly #closed = new Set<number>();

  /** `onWalk` gets the first address that a table translates. */
  constructor(private readonly onWalk: (pid: number, address: number) => void) {
    this.reset();
  }

  reset(): void {
    this.#key = '';
    this.#element.replaceChildren(h('p', { class: 'empty' }, 'Page tables are drawn while a process has an address space.'));
  }

  take(pid: number, root: TableSnapshot): void {
    const key = `${pid} ${JSON.stringify(root)}`;
    if (key === this.#key) return;
    this.#key = key;
    let left = TABLES_MAX;
    const draw = (table: TableSnapshot): HTMLElement => {
      left--;
      const below = table.below.filter(() => left > 0).map(draw);
      const line = [
        h('b', {}, table.level === 2 ? 'root' : `[${table.index}]`),
        ` ${NAMES[table.level]}, frame ${hex(table.frame)} `,
        bar(table),
        ` ${table.entries} of 512`,
        table.sharers > 1 ? h('em', { class: 'shared' }, ` shared by ${table.sharers} processes since a fork`) : undefined,
      ];
      const walk = h(
        'button',
        {
          type: 'button',
          class: 'link-button',
          title: 'Walk to the first address it translates',
          onclick: () => this.onWalk(pid, table.start),
        },
        hex(table.start),
      );
      if (table.below.length === 0) return h('li', {}, ...line, ' ', walk);
      const details = h('details', { open: !this.#closed.has(table.frame) }, h('summary', {}, ...line), h('ul', {}, ...below));
      details.addEventListener('toggle', () => {
        if (details.open) this.#closed.delete(table.frame);
        else this.#closed.add(table.frame);
      });
      return h('li', {}, details);
    };
    const tree = draw(root);
    const total = count(root);
    this.#element.replaceChildren(
      h(
        'p',
        {},
        `Process ${pid}: ${plural(total, 'table')} of 4 KiB. An entry of the root covers 1 GiB, of level 1 2 MiB, of the last level 4 KiB.`,
      ),
      h('ul', { class: 'tree' }, tree),
      total > TABLES_MAX ? h('p', { class: 'dim' }, `${plural(total - TABLES_MAX, 'table')} more than are drawn`) : '',
    );
  }
}

function count({ below }: TableSnapshot): number {
  return below.reduce((sum, table) => sum + count(table), 1);
}

function bar({ entries, sharers }: TableSnapshot): HTMLElement {
  return h('meter', {
    class: sharers > 1 ? 'bar shared' : 'bar',
    min: 0,
    max: 512,
    value: entries,
    'aria-label': `${entries} of 512 entries`,
  });
}
