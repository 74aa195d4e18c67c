/** Parts of the picture: each is markup of SVG with its height, drawn from (0, 0). */
import { count, hex, pagesText, plural } from './format.js';
import {
  addTally,
  type Cell,
  cells,
  classOf,
  describeBits,
  emptyTally,
  PAGE_BYTES,
  PAGE_CLASSES,
  type PageClass,
  pagesPerCell,
  type Tally,
  tally,
} from './pages.js';
import type { MappingSnapshot, ProcessSnapshot, TableSnapshot } from './snapshot.js';
import { nameText } from './text.js';

export const PICTURE_WIDTH = 1160;

export interface Part {
  readonly markup: string;
  readonly height: number;
}

export function escapeXml(text: string): string {
  // Control characters may stand in a name, but not in XML.
  return text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`).replace(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, '\ufffd');
}

export function label(x: number, y: number, text: string, classes = ''): string {
  return `<text x="${x}" y="${y}"${classes === '' ? '' : ` class="${classes}"`}>${escapeXml(text)}</text>`;
}

/** Cut in the middle of a path: its end says most. */
export function shorten(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, 8)}…${text.slice(text.length - most + 9)}`;
}

const SQUARE = 10;
const STEP = 12;
const ROW_CELLS = 64;
/** A gap after so many squares makes counting easy. */
const GROUP = 16;
const GROUP_GAP = 4;
const ROWS_MAX = 8;
/** A picture of more is too large for those who draw it. */
const MAPPINGS_MAX = 400;
const NUMBERS: readonly (readonly [title: string, field: keyof Tally])[] = [
  ['size', 'pages'],
  ['resident', 'resident'],
  ['dirty', 'dirty'],
  ['shared', 'shared'],
  ['to copy', 'cow'],
  ['swapped', 'swapped'],
];
const NUMBERS_LEFT = 850;
const NUMBERS_STEP = 62;

const squareX = (column: number): number => column * STEP + Math.floor(column / GROUP) * GROUP_GAP;

/** All mappings: squares to the left, numbers to the right. */
export function mappingsPart({ mappings }: ProcessSnapshot): Part {
  let y = 14;
  const numbers = (sum: Tally, at: number, classes: string): string =>
    NUMBERS.map(([, field], i) => label(NUMBERS_LEFT + i * NUMBERS_STEP, at, pagesText(sum[field]), `mono right ${classes}`.trim())).join(
      '',
    );
  let markup = NUMBERS.map(([title], i) => label(NUMBERS_LEFT + i * NUMBERS_STEP, y, title, 'dim right')).join('');
  const total = emptyTally();
  for (const [i, mapping] of mappings.entries()) {
    const sum = tally(mapping);
    addTally(total, sum);
    if (i >= MAPPINGS_MAX) continue;
    y += 22;
    const name = escapeXml(shorten(nameText(mapping), 62));
    const range = `<tspan class="mono strong">${rangeText(mapping)}</tspan>`;
    markup += `<text x="0" y="${y}" class="mono">${range}  ${mapping.permissions}  <tspan class="dim">${name}</tspan></text>`;
    markup += numbers(sum, y, '');
    const squares = squaresOf(mapping);
    markup += `<g transform="translate(0 ${y + 7})">${squares.markup}</g>`;
    y += 7 + squares.height;
  }
  if (mappings.length > MAPPINGS_MAX) {
    y += 22;
    markup += label(0, y, `and ${plural(mappings.length - MAPPINGS_MAX, 'mapping')} more`, 'dim');
  }
  y += 24;
  markup += `<path class="rule" d="M0 ${y - 16.5}H${PICTURE_WIDTH}"/>`;
  markup += label(0, y, plural(mappings.length, 'mapping'), 'strong') + numbers(total, y, 'strong');
  return { markup, height: y + 6 };
}

function rangeText({ start, end }: MappingSnapshot): string {
  return `${hex(start)}–${hex(end)}`;
}

/** Squares of a run share one shape and one title. */
function squaresOf(mapping: MappingSnapshot): Part {
  const each = pagesPerCell((mapping.end - mapping.start) / PAGE_BYTES, ROW_CELLS * ROWS_MAX);
  const all = [...cells(mapping.runs, each)];
  let markup = '';
  for (let at = 0; at < all.length; ) {
    let to = at + 1;
    while (to < all.length && all[to].bits === all[at].bits && all[to].shown === all[at].shown) to++;
    markup += runOf(mapping, all.slice(at, to), at);
    at = to;
  }
  const rows = Math.ceil(all.length / ROW_CELLS);
  if (each > 1) markup += label(0, rows * STEP + 11, `each square: ${plural(each, 'page')}, the most telling of them`, 'dim');
  return { markup, height: rows * STEP + (each > 1 ? 16 : 0) };
}

function runOf(mapping: MappingSnapshot, run: readonly Cell[], first: number): string {
  const path = run.map(
    (_, i) => `M${squareX((first + i) % ROW_CELLS)} ${Math.floor((first + i) / ROW_CELLS) * STEP}h${SQUARE}v${SQUARE}h-${SQUARE}z`,
  );
  const last = run[run.length - 1];
  const start = mapping.start + run[0].page * PAGE_BYTES;
  const end = mapping.start + (last.page + last.count) * PAGE_BYTES;
  const pages = (end - start) / PAGE_BYTES;
  const title = `${hex(start)}–${hex(end)}, ${plural(pages, 'page')}: ${describeBits(run[0].bits)}`;
  return `<path class="page ${run[0].shown.id}" d="${path.join('')}"><title>${escapeXml(title)}</title></path>`;
}

/** The classes that occur, in the legend's order. */
export function classesIn(processes: readonly ProcessSnapshot[]): PageClass[] {
  const found = new Set(processes.flatMap(({ mappings }) => mappings.flatMap(({ runs }) => runs.map(({ bits }) => classOf(bits)))));
  return PAGE_CLASSES.filter((known) => found.has(known));
}

export function legendPart(classes: readonly PageClass[]): Part {
  let markup = '';
  let x = 0;
  let y = 0;
  for (const { id, label: text } of classes) {
    const width = 36 + text.length * 6.4;
    if (x > 0 && x + width > PICTURE_WIDTH) {
      x = 0;
      y += 20;
    }
    markup += `<path class="${id}" d="M${x} ${y}h${SQUARE}v${SQUARE}h-${SQUARE}z"/>${label(x + 16, y + 9, text)}`;
    x += width;
  }
  return { markup, height: y + 14 };
}

const LEVEL_LEFT = [800, 400, 0];
const TABLE_WIDTH = 358;
const TABLE_HEIGHT = 36;
const TABLE_STEP = 44;
const LEAVES_MAX = 48;

/** The tree of tables, root to the left; what has no room is counted. */
export function tablesPart(root: TableSnapshot): Part {
  let markup = '';
  let y = 24;
  let leaves = 0;
  let left = 0;
  const draw = (table: TableSnapshot): number | undefined => {
    if (leaves >= LEAVES_MAX) {
      left += 1 + countTables(table);
      return undefined;
    }
    const top = y;
    const ends = table.below.map(draw);
    if (table.below.length === 0) {
      leaves++;
      y += TABLE_STEP;
    }
    const x = LEVEL_LEFT[table.level];
    const drawn = ends.filter((end) => end !== undefined);
    for (const end of drawn) {
      const from = x + TABLE_WIDTH;
      const to = LEVEL_LEFT[table.level - 1];
      const middle = top + TABLE_HEIGHT / 2;
      markup += `<path class="wire" d="M${from} ${middle}C${from + 25} ${middle} ${to - 25} ${end} ${to} ${end}"/>`;
    }
    markup += `<g transform="translate(${x} ${top})">${tableBox(table)}</g>`;
    return top + TABLE_HEIGHT / 2;
  };
  for (const [level, x] of LEVEL_LEFT.entries()) markup += label(x, 12, `level ${level}`, 'dim');
  draw(root);
  if (left > 0) {
    markup += label(LEVEL_LEFT[0], y + 12, `and ${plural(left, 'table')} more`, 'dim');
    y += 20;
  }
  return { markup, height: y };
}

function countTables({ below }: TableSnapshot): number {
  return below.reduce((sum, table) => sum + 1 + countTables(table), 0);
}

function tableBox({ level, index, start, frame, entries, sharers }: TableSnapshot): string {
  const what = level === 2 ? 'root' : `[${hex(index)}] ${hex(start)}`;
  const shared = sharers > 1 ? `, shared by ${sharers} spaces since a fork` : '';
  const inner = TABLE_WIDTH - 20;
  const filled = Math.max(1.5, (entries / 512) * inner).toFixed(1);
  return (
    `<rect class="card" width="${TABLE_WIDTH}" height="${TABLE_HEIGHT}" rx="5"/>` +
    `<text x="10" y="15"><tspan class="strong">${what}</tspan> <tspan class="dim">frame ${hex(frame)}</tspan></text>` +
    (sharers > 1 ? label(TABLE_WIDTH - 10, 15, `shared by ${sharers}`, 'right') : '') +
    `<path class="absent" d="M10 22h${inner}v7h-${inner}z"/>` +
    `<path class="${sharers > 1 ? 'cow' : 'fill'}" d="M10 22h${filled}v7h-${filled}z"/>` +
    `<title>${count(entries)} of 512 entries${shared}</title>`
  );
}
