/** Draws the plots of a laboratory's report (host/lab/report), and offers its data. Runs in the page. */
import uPlot from 'uplot';
import type { Plot, PlotAxis, Unit } from '../../host/lab/report/plots.js';

const HEIGHT = 260;
/** Lines beyond so many repeat the colours, dashed. */
const COLOURS = 8;

function parsed<T>(id: string): T {
  return JSON.parse(document.getElementById(id)?.textContent ?? 'null') as T;
}

const style = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const UNITS = ['', 'K', 'M', 'G', 'T'];

function scaled(value: number, base: number): string {
  let unit = 0;
  let rest = value;
  while (Math.abs(rest) >= base && unit < UNITS.length - 1) {
    rest /= base;
    unit++;
  }
  return `${Number(rest.toPrecision(4))}${UNITS[unit]}`;
}

const SHOW: Readonly<Record<Unit, (value: number, scale: PlotAxis['scale']) => string>> = {
  number: (value, scale) => (scale === 'log2' ? scaled(value, 1024) : scaled(value, 1000)),
  ratio: (value) => `${Number((100 * value).toPrecision(3))}%`,
  bytes: (value) => scaled(value, 1024),
};

const show =
  ({ unit, scale }: PlotAxis) =>
  (value: number | null): string =>
    value === null ? '-' : SHOW[unit](value, scale);

function xScale({ x, kind }: Plot): uPlot.Scale {
  if (x.scale === 'linear') return { time: false };
  // Room for half a bar; marks begin at the scale's end, so it is a power of 2.
  const range: uPlot.Scale.Range | undefined = kind === 'bars' ? (_, least, most) => [least / 2, most * 2] : undefined;
  return { time: false, distr: 3, log: x.scale === 'log2' ? 2 : 10, range };
}

function yScale({ y }: Plot): uPlot.Scale {
  if (y.scale !== 'linear') return { distr: 3, log: y.scale === 'log2' ? 2 : 10 };
  return { range: (_, __, most) => [0, most > 0 ? most * 1.06 : 1] };
}

function optionsOf(plot: Plot, width: number): uPlot.Options {
  const [dim, line] = [style('--dim'), style('--line')];
  const axis = (of: PlotAxis): uPlot.Axis => ({
    label: of.label,
    labelFont: '12px system-ui, sans-serif',
    labelSize: 20,
    font: '11px system-ui, sans-serif',
    stroke: dim,
    grid: { stroke: line, width: 1 },
    ticks: { stroke: line, width: 1 },
    // Of a logarithmic scale uPlot leaves out what has no room: null.
    values: (_, splits) => splits.map((value) => (value === null ? '' : show(of)(value))),
  });
  const few = plot.at.length <= 40;
  const paths = {
    line: undefined,
    step: uPlot.paths.stepped?.({ align: 1 }),
    bars: uPlot.paths.bars?.({ size: [0.8, 60] }),
    points: () => null,
  }[plot.kind];
  const series = plot.series.map(({ name }, i): uPlot.Series => {
    const colour = style(`--c${i % COLOURS}`);
    return {
      label: name,
      stroke: colour,
      width: 2,
      dash: i < COLOURS ? undefined : [6, 4],
      fill: plot.kind === 'bars' ? colour : undefined,
      paths,
      points: { show: plot.kind === 'points' || (plot.kind === 'line' && few), size: 6, fill: colour },
      spanGaps: true,
      value: (_, value) => show(plot.y)(value),
    };
  });
  return {
    width,
    height: HEIGHT,
    scales: { x: xScale(plot), y: yScale(plot) },
    axes: [axis(plot.x), { ...axis(plot.y), size: 56 }],
    series: [{ label: plot.x.label, value: (_, value) => show(plot.x)(value) }, ...series],
    legend: { markers: { fill: (_, i) => style(`--c${(i - 1) % COLOURS}`) }, show: plot.series.length > 0 },
    cursor: { points: { size: 8 }, drag: { x: true, y: false } },
  };
}

function draw(plots: readonly Plot[]): void {
  for (const place of document.querySelectorAll<HTMLElement>('[data-plot]')) {
    const plot = plots[Number(place.dataset.plot)];
    place.replaceChildren();
    const data = [plot.at, ...plot.series.map(({ values }) => values)] as unknown as uPlot.AlignedData;
    new uPlot(optionsOf(plot, place.clientWidth), data, place);
  }
}

const plots = parsed<Plot[]>('plots');
draw(plots);
let width = document.documentElement.clientWidth;
window.addEventListener('resize', () => {
  if (document.documentElement.clientWidth === width) return;
  width = document.documentElement.clientWidth;
  draw(plots);
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => draw(plots));
const link = document.getElementById('data') as HTMLAnchorElement;
link.href = URL.createObjectURL(new Blob([document.getElementById('results')?.textContent ?? ''], { type: 'application/json' }));
