/** Plots as data: web/report/page.ts draws them. */
import type { Attributed, LabResult, Reuse, SystemResult, Windows, WorkingSetPoint } from '../results.js';
import { variedAxis } from '../varied.js';

export type Unit = 'number' | 'ratio' | 'bytes';

export interface PlotAxis {
  readonly label: string;
  readonly unit: Unit;
  readonly scale: 'linear' | 'log2' | 'log10';
}

export interface PlotSeries {
  readonly name: string;
  /** For each x; null: nothing there. */
  readonly values: readonly (number | null)[];
}

export interface Plot {
  readonly title: string;
  /** A sentence: how it is to be read. */
  readonly note: string;
  /** step: the value holds until the next x. */
  readonly kind: 'line' | 'step' | 'bars' | 'points';
  readonly x: PlotAxis;
  readonly y: PlotAxis;
  readonly at: readonly number[];
  readonly series: readonly PlotSeries[];
}

/** What systems are compared by. */
export interface Metric {
  readonly title: string;
  readonly label: string;
  readonly unit: Unit;
  readonly of: (system: SystemResult) => number;
}

const missRatio = (side: string, level: number) => (system: SystemResult) => {
  const found = system.measures.levels.find((one) => one.side === side && one.level === level);
  return found === undefined || found.lookups === 0 ? 0 : found.misses / found.lookups;
};

export const METRICS: readonly Metric[] = [
  {
    title: 'Page-table walks',
    label: 'walks per 1,000 instructions',
    unit: 'number',
    of: ({ derived }) => derived.walksPerKiloInstruction,
  },
  { title: 'Time of translation', label: 'cycles per instruction', unit: 'number', of: ({ derived }) => derived.cyclesPerInstruction },
  { title: 'First-level data TLB', label: 'misses per access', unit: 'ratio', of: missRatio('data', 1) },
  { title: 'First-level instruction TLB', label: 'misses per access', unit: 'ratio', of: missRatio('instructions', 1) },
  { title: 'Memory references of a walk', label: 'entries read per walk', unit: 'number', of: ({ derived }) => derived.referencesPerWalk },
];

/** Powers of two, or spread over more than a factor of 30. */
function axisScale(values: readonly number[]): PlotAxis['scale'] {
  const least = Math.min(...values);
  return least > 0 && (values.every((value) => Number.isInteger(Math.log2(value))) || Math.max(...values) / least > 30) ? 'log2' : 'linear';
}

const isBytes = (field: string): boolean => /bytes$/i.test(field);

/** Each metric over the field that is varied. */
export function variedPlots(systems: readonly SystemResult[]): Plot[] {
  const varied = variedAxis(systems);
  if (varied === undefined) return [];
  const { field, lines } = varied;
  const at = [...new Set(lines.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  const x: PlotAxis = { label: field, unit: isBytes(field) ? 'bytes' : 'number', scale: axisScale(at) };
  return METRICS.map(({ title, label, unit, of }): Plot => {
    const series = lines.map(({ name, points }) => {
      const values = new Map(points.map((point) => [point.x, of(point.system)]));
      return { name, values: at.map((one) => values.get(one) ?? null) };
    });
    return { title, note: `${label}, by ${field}`, kind: 'line', x, y: { label, unit, scale: 'linear' }, at, series };
  }).filter(({ series }) => series.some(({ values }) => values.some((value) => value !== null && value !== 0)));
}

const OF = { instructions: 'instruction fetches', data: 'loads and stores', both: 'all accesses' } as const;

function reusePlots({ of, pageBytes, accesses, curve, histogram }: Reuse): Plot[] {
  const what = `${OF[of]}, pages of ${pageBytes} bytes`;
  const [ratio, log2] = ['ratio', 'log2'] as const;
  const misses: Plot = {
    title: 'Every size of TLB',
    note: `Misses of fully associative LRU TLBs of each size: exact. Where the line ends only first touches are left. ${what}`,
    kind: 'line',
    x: { label: 'entries', unit: 'number', scale: log2 },
    y: { label: 'misses per access', unit: ratio, scale: 'linear' },
    at: curve.map(({ entries }) => entries),
    series: [{ name: 'fully associative LRU', values: curve.map((point) => point.misses / accesses) }],
  };
  // Distance 0, the same page again, has no place on this scale and would hide the rest.
  const bins = histogram.filter(({ from }) => from > 0);
  const distances: Plot = {
    title: 'Reuse distances',
    note: `Other pages that were touched since an access's page was; the same page again is left out. ${what}`,
    kind: 'bars',
    x: { label: 'pages', unit: 'number', scale: log2 },
    y: { label: 'accesses', unit: 'number', scale: 'linear' },
    at: bins.map(({ from }) => from),
    series: [{ name: 'accesses', values: bins.map(({ count }) => count) }],
  };
  return [misses, distances].filter(({ at }) => at.length > 1);
}

const INSTRUCTIONS: PlotAxis = { label: 'instructions', unit: 'number', scale: 'linear' };
/** Lines of a plot over time. */
const LINES_MAX = 12;

function windowPlots({ each, points }: Windows, systems: readonly SystemResult[]): Plot[] {
  let passed = 0;
  const at = points.map(({ instructions }) => {
    passed += instructions;
    return passed;
  });
  const note = `in windows of ${each.toLocaleString('en-US')} accesses`;
  const of = (title: string, label: string, value: (point: Windows['points'][0], system: number) => number): Plot => ({
    title,
    note: `${label}, ${note}`,
    kind: 'step',
    x: INSTRUCTIONS,
    y: { label, unit: 'number', scale: 'linear' },
    at,
    series: systems.slice(0, LINES_MAX).map(({ config }, i) => ({ name: config.name, values: points.map((point) => value(point, i)) })),
  });
  const per = (n: number, { instructions }: Windows['points'][0]): number => (instructions === 0 ? 0 : n / instructions);
  const pages: Plot = {
    title: 'Pages in use',
    note: `distinct pages of 4 KiB, code and data, ${note}`,
    kind: 'step',
    x: INSTRUCTIONS,
    y: { label: 'pages', unit: 'number', scale: 'linear' },
    at,
    series: [{ name: 'pages', values: points.map((point) => point.pages) }],
  };
  return [
    of('Walks by time', 'walks per 1,000 instructions', (point, i) => 1000 * per(point.walks[i], point)),
    of('Cycles by time', 'walk cycles per instruction', (point, i) => per(point.walkCycles[i], point)),
    pages,
  ];
}

function workingSetPlot(points: readonly WorkingSetPoint[]): Plot {
  return {
    title: 'Working set',
    note: 'Pages touched in a window, on average over all windows of that size (Denning, 1968); code and data',
    kind: 'line',
    x: { label: 'accesses of the window', unit: 'number', scale: 'log10' },
    y: { label: 'pages', unit: 'number', scale: 'linear' },
    at: points.map(({ window }) => window),
    series: [{ name: 'pages', values: points.map(({ pages }) => pages) }],
  };
}

function attributedPlots({ memory, events, system }: Attributed): Plot[] {
  const of = (name: 'resident' | 'dirty' | 'shared' | 'cow', text: string) => ({ name: text, values: memory.map((point) => point[name]) });
  const pages: Plot = {
    title: 'Pages of all processes',
    note: 'A page that several processes have counts for each; "to be copied" at the next store',
    kind: 'step',
    x: INSTRUCTIONS,
    y: { label: 'pages', unit: 'number', scale: 'linear' },
    at: memory.map(({ at }) => at),
    series: [of('resident', 'resident'), of('dirty', 'dirty'), of('shared', 'shared'), of('cow', 'to be copied')],
  };
  const moments = [...new Set(events.map(({ at }) => at))].sort((a, b) => a - b);
  const sums = (name: 'drops' | 'refaults' | 'walks'): number[] => {
    const byTime = new Map<number, number>();
    for (const event of events) byTime.set(event.at, (byTime.get(event.at) ?? 0) + event[name]);
    return moments.map((at) => byTime.get(at) ?? 0);
  };
  const effects: Plot = {
    title: 'Cause and effect',
    note: `System calls that changed page tables: what each dropped, and what that cost later (walks of ${system})`,
    kind: 'points',
    x: INSTRUCTIONS,
    y: { label: 'pages', unit: 'number', scale: 'linear' },
    at: moments,
    series: [
      { name: 'translations dropped', values: sums('drops') },
      { name: 'faults to come', values: sums('refaults') },
      { name: 'walks caused', values: sums('walks') },
    ],
  };
  return [...(memory.length > 1 ? [pages] : []), ...(moments.length > 1 ? [effects] : [])];
}

/** All plots of one stream. */
export function plotsOf({ systems, reuse, windows, workingSet, attributed }: LabResult): Plot[] {
  return [
    ...variedPlots(systems),
    ...(reuse === undefined ? [] : reusePlots(reuse)),
    ...(windows === undefined || windows.points.length < 2 ? [] : windowPlots(windows, systems)),
    ...(workingSet === undefined || workingSet.length < 2 ? [] : [workingSetPlot(workingSet)]),
    ...(attributed === undefined ? [] : attributedPlots(attributed)),
  ];
}
