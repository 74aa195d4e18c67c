/** A snapshot as text: a better pmap(1), with a strip of pages below each mapping. */
import { count, hex, pagesText, plural } from './format.js';
import {
  addTally,
  type Cell,
  cells,
  emptyTally,
  PAGE_BYTES,
  PAGE_CLASSES,
  type PageClass,
  pagesPerCell,
  type Tally,
  tally,
} from './pages.js';
import type { MappingSnapshot, ProcessSnapshot, Snapshot, TableSnapshot, WalkSnapshot } from './snapshot.js';
import { type Line, walkLines, walkTitle } from './walk-lines.js';

export interface TextOptions {
  readonly width: number;
  readonly color: boolean;
}

/** SGR codes: what is private is green, shared blue, about to be copied yellow. */
const COLORS: Readonly<Record<string, string>> = {
  dirty: '32',
  clean: '36',
  'shared-dirty': '35',
  shared: '34',
  cow: '33',
  zero: '37',
  cached: '90',
  protected: '95',
  swapped: '31',
  guard: '36;7',
  poisoned: '31;7',
  marked: '1;31',
  absent: '90',
};

const STRIP_LINES_MAX = 2;
const TABLE_LINES_MAX = 24;
const INDENT = '  ';

class Painter {
  constructor(private readonly color: boolean) {}

  paint(sgr: string, text: string): string {
    return this.color && text !== '' ? `\x1b[${sgr}m${text}\x1b[0m` : text;
  }
  bold(text: string): string {
    return this.paint('1', text);
  }
  dim(text: string): string {
    return this.paint('2', text);
  }
  /** Neighbours of one class share their codes. */
  strip(row: readonly Cell[]): string {
    let out = '';
    for (let i = 0; i < row.length; ) {
      const { shown } = row[i];
      let text = '';
      for (; i < row.length && row[i].shown === shown; i++) text += shown.glyph;
      out += this.paint(COLORS[shown.id], text);
    }
    return out;
  }
}

/** Address spaces as text for a terminal. */
export function snapshotText(snapshot: Snapshot, options: TextOptions): string {
  const painter = new Painter(options.color);
  const shown = new Set<PageClass>();
  const parts = [`${painter.bold(snapshot.program)}  ${snapshot.point}\n`];
  parts.push(
    `${count(snapshot.instructions)} instructions, ${count(snapshot.framesInUse)} of ${count(snapshot.framesLimit)} frames in use\n`,
  );
  for (const process of snapshot.processes) parts.push(processText(process, options, painter, shown));
  const legend = PAGE_CLASSES.filter((known) => shown.has(known)).map(
    ({ id, glyph, label }) => `${painter.paint(COLORS[id], glyph)} ${label}`,
  );
  if (legend.length > 0) parts.push(`\n${wrap(legend, options.width, options.color)}`);
  return parts.join('');
}

/** Legend entries in lines; codes of colour take no room. */
function wrap(entries: readonly string[], width: number, color: boolean): string {
  const room = (text: string): number => text.length - (color ? 9 : 0);
  let out = '';
  let used = 0;
  for (const entry of entries) {
    if (used > 0 && used + 3 + room(entry) > width) {
      out += '\n';
      used = 0;
    }
    out += used > 0 ? `   ${entry}` : entry;
    used += room(entry) + (used > 0 ? 3 : 0);
  }
  return `${out}\n`;
}

function processText(process: ProcessSnapshot, options: TextOptions, painter: Painter, shown: Set<PageClass>): string {
  const where = process.pc === undefined ? '' : `, pc ${hex(process.pc)}${process.pcSymbol === undefined ? '' : ` in ${process.pcSymbol}`}`;
  const threads = process.threads > 1 ? `, ${process.threads} threads` : '';
  let out = `\n${painter.bold(`pid ${process.pid}`)} ${process.name} (parent ${process.parent}${threads}${where})\n\n`;
  const sums = process.mappings.map(tally);
  const total = emptyTally();
  for (const sum of sums) addTally(total, sum);
  const columns = columnsFor(total);
  const digits = Math.max(8, ...process.mappings.map(({ end }) => end.toString(16).length));
  const row = (range: string, permissions: string, cellsOf: (c: Column) => string, name: string): string =>
    `${range.padEnd(digits * 2 + 1)} ${permissions.padEnd(4)}${columns.map((c) => cellsOf(c).padStart(8)).join('')}  ${name}`.trimEnd();
  out += `${painter.dim(row('ADDRESS', 'PERM', (c) => c.title, 'NAME'))}\n`;
  process.mappings.forEach((mapping, i) => {
    const range = [mapping.start, mapping.end].map((at) => at.toString(16).padStart(digits, '0')).join('-');
    out += `${row(range, mapping.permissions, (c) => pagesText(sums[i][c.field]), nameText(mapping))}\n`;
    out += stripText(mapping, options.width, painter, shown);
  });
  out += `${painter.bold(row(plural(process.mappings.length, 'mapping'), '', (c) => pagesText(total[c.field]), ''))}\n\n`;
  out += `${totalsText(process, total)}\n${tablesText(process.tables, painter)}`;
  for (const walk of process.walks) out += walkText(walk, painter);
  return out;
}

interface Column {
  readonly title: string;
  readonly field: keyof Tally;
}

/** The last ones only where there is something to say. */
function columnsFor(total: Tally): Column[] {
  const columns: readonly Column[] = [
    { title: 'SIZE', field: 'pages' },
    { title: 'RSS', field: 'resident' },
    { title: 'DIRTY', field: 'dirty' },
    { title: 'SHARED', field: 'shared' },
    { title: 'COW', field: 'cow' },
    { title: 'SWAP', field: 'swapped' },
    { title: 'LOCKED', field: 'locked' },
    { title: 'HUGE', field: 'huge' },
  ];
  return columns.filter(({ field }, i) => i < 5 || total[field] > 0);
}

export function nameText({ name, kind, offset, flags }: MappingSnapshot): string {
  const base = name === '' ? `(${kind})` : name;
  const from = offset > 0 && kind === 'file' ? ` +${hex(offset)}` : '';
  return `${base}${from}${flags.length === 0 ? '' : `  {${flags.join(', ')}}`}`;
}

function stripText(mapping: MappingSnapshot, width: number, painter: Painter, shown: Set<PageClass>): string {
  const room = width - INDENT.length;
  const each = pagesPerCell((mapping.end - mapping.start) / PAGE_BYTES, room * STRIP_LINES_MAX);
  const all = [...cells(mapping.runs, each)];
  for (const cell of all) shown.add(cell.shown);
  let out = '';
  for (let at = 0; at < all.length; at += room) out += `${INDENT}${painter.strip(all.slice(at, at + room))}\n`;
  return each === 1 ? out : `${out}${INDENT}${painter.dim(`(each character: ${plural(each, 'page')}, the most telling of them)`)}\n`;
}

export function totalsText({ faults, residentPeak }: ProcessSnapshot, total: Tally): string {
  const { pages, resident, dirty, shared, cow, zero, home } = total;
  const present = `${count(resident)} resident (at most ${count(residentPeak)})`;
  const lines = [
    `${plural(pages, 'page')} mapped, ${present}, ${count(dirty)} dirty, ${count(shared)} shared`,
    `${plural(cow, 'page')} to be copied at a store, ${count(zero)} of zeros, ${count(home)} served by the window`,
    `faults: ${count(faults.minor)} minor, ${count(faults.major)} major, ${count(faults.copyOnWrite)} copy-on-write`,
  ];
  return `${lines.join('\n')}\n`;
}

/** Tables of each level, from the root's. */
export function tableLevels(root: TableSnapshot): TableSnapshot[][] {
  const levels: TableSnapshot[][] = [[root]];
  while (levels[levels.length - 1].some(({ below }) => below.length > 0))
    levels.push(levels[levels.length - 1].flatMap(({ below }) => below));
  return levels;
}

export function tableSummary(root: TableSnapshot): Line[] {
  return tableLevels(root).map((tables, i) => {
    const entries = tables.reduce((sum, table) => sum + table.entries, 0);
    const shared = tables.filter(({ sharers }) => sharers > 1).length;
    const fork = shared === 0 ? '' : `, ${count(shared)} shared with other processes since a fork`;
    const size = `${plural(tables.length, 'page')}, ${plural(tables.length * PAGE_BYTES, 'byte')}, ${plural(entries, 'entry', 'entries')}`;
    return [`level ${2 - i}`, `${size}${fork}`];
  });
}

export function tableText({ level, index, start, frame, entries, sharers }: TableSnapshot): string {
  const place = level === 2 ? 'root' : `[${hex(index)}] from ${hex(start)}`;
  const shared = sharers > 1 ? `, shared by ${sharers} spaces` : '';
  return `${place}: frame ${hex(frame)}, ${plural(entries, 'entry', 'entries')}${shared}`;
}

function tablesText(root: TableSnapshot, painter: Painter): string {
  let out = `${painter.bold('page tables')}\n${aligned(tableSummary(root), painter)}`;
  const lines: string[] = [];
  const list = (table: TableSnapshot): void => {
    lines.push(`${INDENT.repeat(3 - table.level)}${tableText(table)}`);
    for (const next of table.below) list(next);
  };
  list(root);
  for (const line of lines.slice(0, TABLE_LINES_MAX)) out += `${line}\n`;
  if (lines.length > TABLE_LINES_MAX) out += `${INDENT}and ${count(lines.length - TABLE_LINES_MAX)} more\n`;
  return out;
}

function walkText(walk: WalkSnapshot, painter: Painter): string {
  return `\n${painter.bold(`walk of ${walkTitle(walk)}`)}\n${aligned(walkLines(walk), painter)}`;
}

function aligned(lines: readonly Line[], painter: Painter): string {
  const width = Math.max(...lines.map(([name]) => name.length));
  return lines.map(([name, text]) => `${INDENT}${painter.dim(name.padEnd(width))}  ${text}\n`).join('');
}
