/** Tables of a report. */
import { count } from '../../debug/inspect/format.js';
import { escapeXml } from '../../debug/inspect/picture.js';
import type { Attributed, CallEvent, CallSum, LabResult, Share, SystemResult } from '../results.js';
import { flatten, variedFields } from '../varied.js';
import { METRICS, type Unit } from './plots.js';

/** Markup of a column's cell. */
interface Column {
  readonly title: string;
  readonly cells: readonly string[];
  readonly numeric: boolean;
}

export function table(columns: readonly Column[]): string {
  const rows = columns[0]?.cells.length ?? 0;
  const head = columns.map(({ title, numeric }) => `<th${numeric ? ' class="n"' : ''}>${escapeXml(title)}</th>`).join('');
  const body = Array.from({ length: rows }, (_, i) => {
    const cells = columns.map(({ cells, numeric }) => `<td${numeric ? ' class="n"' : ''}>${cells[i]}</td>`);
    return `<tr>${cells.join('')}</tr>\n`;
  });
  return `<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>\n${body.join('')}</tbody></table></div>\n`;
}

export const textColumn = (title: string, cells: readonly string[]): Column => ({ title, cells: cells.map(escapeXml), numeric: false });

export const countColumn = (title: string, cells: readonly (number | undefined)[]): Column => ({
  title,
  cells: cells.map((cell) => (cell === undefined ? '' : escapeXml(count(cell)))),
  numeric: true,
});

/** Four digits that matter. */
export function short(value: number): string {
  if (value === 0) return '0';
  if (Math.abs(value) >= 1000) return count(Math.round(value));
  const digits = Math.max(0, 3 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 7));
}

const shownAs = { number: short, bytes: count, ratio: (value: number): string => `${short(100 * value)}%` } as const;

/** Numbers with a bar beside each, so long as it is large. */
export function barColumn(title: string, values: readonly (number | undefined)[], unit: Unit = 'number'): Column {
  const most = Math.max(...values.map((value) => value ?? 0), Number.MIN_VALUE);
  const cells = values.map((value) => {
    if (value === undefined) return '';
    const width = ((100 * value) / most).toFixed(1);
    return `<span class="bar"><i style="width:${width}%"></i></span>${shownAs[unit](value)}`;
  });
  return { title, cells, numeric: true };
}

const SYSTEMS_SHOWN = 500;

/** A row for each system: what is particular to it, what it costs. */
export function systemsTable(all: readonly SystemResult[]): string {
  const systems = all.slice(0, SYSTEMS_SHOWN);
  const metrics = METRICS.filter(({ of }) => systems.some((system) => of(system) !== 0));
  const columns = [
    textColumn(
      'system',
      systems.map(({ config }) => config.name),
    ),
    ...metrics.map(({ title, label, unit, of }) => barColumn(`${title}: ${label}`, systems.map(of), unit)),
  ];
  const rest = all.length - systems.length;
  return table(columns) + (rest > 0 ? `<p class="dim">and ${count(rest)} more systems, in the data of this page</p>\n` : '');
}

/** Everything that was counted, a row for each system. */
export function countsTable(all: readonly SystemResult[]): string {
  const systems = all.slice(0, SYSTEMS_SHOWN);
  const of = (title: string, value: (system: SystemResult) => number | undefined): Column => countColumn(title, systems.map(value));
  const places = [...new Set(systems.flatMap(({ measures }) => measures.levels.map(({ level, side }) => `L${level} ${side}`)))];
  const columns = [
    textColumn(
      'system',
      systems.map(({ config }) => config.name),
    ),
    ...places.map((place) =>
      of(`${place} misses`, ({ measures }) => measures.levels.find(({ level, side }) => place === `L${level} ${side}`)?.misses),
    ),
    of('walks', ({ measures }) => measures.walks.all),
    of('entries read', ({ measures }) => measures.references),
    of('from memory', ({ measures }) => measures.found.at(-1)),
    of('cycles', ({ measures }) => measures.cycles),
    of('walking', ({ measures }) => measures.walkCycles),
    of('pages', ({ measures }) => measures.pages),
    of('of tables', ({ measures }) => measures.tablePages),
    of('promoted', ({ measures }) => measures.promotions),
    of('switches', ({ measures }) => measures.switches),
    of('dropped', ({ measures }) => measures.drops),
  ];
  return table(columns);
}

/** Fields that differ, a row for each system. */
export function variedTable(all: readonly SystemResult[]): string {
  const systems = all.slice(0, SYSTEMS_SHOWN);
  const fields = variedFields(systems.map(({ config }) => config));
  if (fields.length === 0) return '';
  const flat = systems.map(({ config }) => flatten(config));
  const columns = fields.map((field) =>
    textColumn(
      field,
      flat.map((one) => String(one.get(field) ?? '-')),
    ),
  );
  return table([
    textColumn(
      'system',
      systems.map(({ config }) => config.name),
    ),
    ...columns,
  ]);
}

/** The same systems on several streams: walks per 1,000 instructions. */
export function acrossTable(results: readonly LabResult[]): string {
  const names = [...new Set(results.flatMap(({ systems }) => systems.map(({ config }) => config.name)))].slice(0, SYSTEMS_SHOWN);
  const columns = results.map(({ what, systems }) => {
    const values = new Map(systems.map(({ config, derived }) => [config.name, derived.walksPerKiloInstruction]));
    return barColumn(
      what,
      names.map((name) => values.get(name)),
    );
  });
  return table([textColumn('system', names), ...columns]);
}

const shares = (what: string, rows: readonly Share[]): string =>
  table([
    textColumn(
      what,
      rows.map(({ name }) => name),
    ),
    barColumn(
      'walk cycles',
      rows.map(({ cycles }) => cycles),
      'bytes',
    ),
    countColumn(
      'walks',
      rows.map(({ walks }) => walks),
    ),
    countColumn(
      'loads, stores',
      rows.map(({ accesses }) => accesses),
    ),
    countColumn(
      'instructions',
      rows.map(({ fetches }) => fetches),
    ),
  ]);

const SHARES_SHOWN = 16;
const EVENTS_SHOWN = 200;

const effects = (rows: readonly (CallSum | CallEvent)[]) => [
  countColumn(
    'pages present',
    rows.map(({ resident }) => resident),
  ),
  countColumn(
    'translations dropped',
    rows.map(({ drops }) => drops),
  ),
  countColumn(
    'all dropped',
    rows.map(({ flushes }) => flushes),
  ),
  countColumn(
    'faults to come',
    rows.map(({ refaults }) => refaults),
  ),
  countColumn(
    'walks caused',
    rows.map(({ walks }) => walks),
  ),
  countColumn(
    'cycles',
    rows.map(({ cycles }) => cycles),
  ),
];

/** Who caused the walks: functions, mappings, system calls. */
export function attributedTables({ system, functions, mappings, calls, events, eventsLeft }: Attributed): string {
  const named = (title: string, names: readonly string[]): Column => textColumn(title, names);
  const byCall = table([
    named(
      'system call',
      calls.map(({ name }) => name),
    ),
    countColumn(
      'calls',
      calls.map((call) => call.calls),
    ),
    ...effects(calls),
  ]);
  const shown = events.slice(0, EVENTS_SHOWN);
  const rest = events.length - shown.length + eventsLeft;
  const each = table([
    named(
      'system call',
      shown.map(({ text }) => text),
    ),
    countColumn(
      'after instructions',
      shown.map(({ at }) => at),
    ),
    countColumn(
      'process',
      shown.map(({ pid }) => pid),
    ),
    ...effects(shown),
  ]);
  const more = rest > 0 ? `<p class="dim">and ${count(rest)} more</p>\n` : '';
  return (
    `<h3>Who caused the walks of ${escapeXml(system)}</h3>\n${shares('function', functions.slice(0, SHARES_SHOWN))}` +
    shares('mapping', mappings.slice(0, SHARES_SHOWN)) +
    (calls.length === 0 ? '' : `<h3>Cause and effect</h3>\n${byCall}`) +
    (events.length === 0 ? '' : `<details><summary>Call by call</summary>\n${each}${more}</details>\n`)
  );
}
