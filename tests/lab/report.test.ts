/** Reports of results: what is plotted, that nothing in them becomes markup, what is refused. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { systemConfig } from '../../host/lab/config.js';
import { missCurve } from '../../host/lab/engine.js';
import { Pass } from '../../host/lab/pass.js';
import { reportHtml } from '../../host/lab/report/html.js';
import { type Plot, plotsOf } from '../../host/lab/report/plots.js';
import { shellWords } from '../../host/lab/report/shell.js';
import { checkResult, type Json, type LabResult, parseResults, ResultError } from '../../host/lab/results.js';
import { reuseOf } from '../../host/lab/reuse.js';
import { SYNTHETIC_DEFAULTS, synthesize } from '../../host/lab/synthetic.js';
import { flatten, variedAxis, variedFields } from '../../host/lab/varied.js';
import { labModule } from '../support/lab.js';
import { Workplace } from '../support/lab-command.js';

const place = new Workplace();
test.after(() => place.remove());

function sweep(): LabResult {
  const vary = 'tlbs[1].entries=16,64,256';
  place.must(...['synth', 'random', '--bytes', '1M', '--accesses', '20k', '--machine', 'sifive-u74', '--vary', vary], '--json', 'a.json');
  return parseResults(place.read('a.json'))[0];
}

const result = sweep();

function embeddedPlots(html: string): Plot[] {
  return JSON.parse(/<script type="application\/json" id="plots">(.*?)<\/script>/.exec(html)?.[1] ?? 'null') as Plot[];
}

test('a command line makes results, another one a page of them', () => {
  const status = place.must('report', 'a.json', '-o', 'page.html', '--title', 'Random <b>');
  assert.match(status.stderr, /page\.html: \d/);
  const html = place.read('page.html');
  assert.match(html, '<h1>Random &#60;b&#62;</h1>');
  assert.match(
    html,
    "pagewalk lab synth random --bytes 1M --accesses 20k --machine sifive-u74 --vary 'tlbs[1].entries=16,64,256' --json a.json",
  );
  assert.match(html, /<pre><code>\{\n &#34;name&#34;: &#34;sifive-u74 tlbs/);
  assert.match(html, /default-src 'none'/);
  assert.not.match(html, /(src|href)="?(https?:)?\/\//, 'needs no other file');
  const [walks] = embeddedPlots(html);
  assert.equal(walks.at, [16, 64, 256]);
  assert.is(walks.x.label, 'tlbs[1].entries');
  assert.is(walks.x.scale, 'log2');
  assert.equal(
    walks.series.map(({ values }) => values),
    [result.systems.map(({ derived }) => derived.walksPerKiloInstruction)],
  );
});

test('nothing in results becomes markup', () => {
  const evil = '</script><script>alert(1)</script><!--';
  const systems = result.systems.map((system) => ({ ...system, config: { ...system.config, name: evil } }));
  const html = reportHtml([{ ...result, what: evil, command: ['pagewalk', evil], systems }], { script: '', style: '' });
  assert.not.match(html, /<script>alert/);
  assert.not.match(html, /<!--/);
  assert.match(embeddedPlots(html)[0].series[0].name, '</script>');
});

test('what systems differ in, and what is an axis', () => {
  const of = (name: string, entries: number, ways: number | 'full', pageSize: string) => ({
    config: {
      ...systemConfig({ name, pageSize, tlbs: [{ entries, ways, sizes: ['4K', '2M'] }] }),
    },
    measures: {} as LabResult['systems'][0]['measures'],
    derived: {} as LabResult['systems'][0]['derived'],
  });
  const as = (systems: ReturnType<typeof of>[]) => systems as unknown as LabResult['systems'];
  const full = as([of('a', 4, 'full', '4K'), of('a', 8, 'full', '4K'), of('a', 16, 'full', '4K')]);
  assert.equal(variedFields(full.map(({ config }) => config)), ['tlbs[0].entries']);
  assert.is(flatten(full[0].config).get('tlbs[0].ways'), 'full');
  // Of 4 entries in 4 ways nobody knows whether it is full: the line is whole for all that.
  const sets = as([4, 8, 16].flatMap((entries) => [of(`4K`, entries, 4, '4K'), of(`2M`, entries, 4, '2M')]));
  const varied = variedAxis(sets);
  assert.is(varied?.field, 'tlbs[0].entries');
  assert.equal(
    varied?.lines.map(({ name, points }) => [name, points.map(({ x }) => x)]),
    [
      ['4K', [4, 8, 16]],
      ['2M', [4, 8, 16]],
    ],
  );
  assert.is(variedAxis(full.slice(0, 2)), undefined);
});

test('curves of all sizes agree with the engine, histograms with the number of accesses', () => {
  const pass = new Pass(labModule(), []);
  pass.engine.countDistances('data');
  synthesize({ ...SYNTHETIC_DEFAULTS, pattern: 'zipf', bytes: 4 << 20, accesses: 30_000 }, pass.take);
  const distances = pass.engine.distances();
  const reuse = reuseOf(distances, 'data', 4096);
  assert.is(reuse.accesses, 30_000);
  assert.is(
    reuse.histogram.reduce((sum, { count }) => sum + count, reuse.cold),
    30_000,
  );
  const misses = new Map(reuse.curve.map((point) => [point.entries, point.misses]));
  for (const { entries, misses: all } of missCurve(distances)) assert.is(misses.get(entries) ?? reuse.cold, all, `${entries} entries`);
  assert.is(reuse.curve.at(-1)?.misses, reuse.cold);
  assert.equal(
    plotsOf({ ...result, reuse }).map(({ title }) => title),
    [
      'Page-table walks',
      'Time of translation',
      'First-level data TLB',
      'Memory references of a walk',
      'Every size of TLB',
      'Reuse distances',
    ],
  );
});

test('what is no result is refused by its field', () => {
  const good = JSON.parse(JSON.stringify(result)) as { [key: string]: Json };
  const refused = (change: { [key: string]: Json }, problem: RegExp): void => {
    assert.throws(
      () => checkResult({ ...good, ...change }),
      (error: unknown) => error instanceof ResultError && problem.test(error.message),
      String(problem),
    );
  };
  assert.is(checkResult(good).what, good.what);
  refused({ schema: 2 }, /^schema: must be 1, not 2/);
  refused({ what: 7 }, /^what: must be a text/);
  refused({ command: ['a', 1] }, /^command\[1\]: must be a text/);
  refused({ systems: [{ config: { name: 'x' }, measures: {}, derived: {} }] }, /^systems\[0\]\.measures\.instructions: must be a number/);
  refused({ reuse: { of: 'data' } }, /^reuse\.pageBytes: must be a number/);
  assert.throws(() => parseResults('{"schema":1}\n{"schema":1}\n'), /line 1: tool: must be a text/);
  assert.throws(() => parseResults('nonsense'), /no JSON/);
  place.write('bad.json', '{"schema": 3}');
  const { status, stderr } = place.lab('report', 'bad.json', '-o', 'x.html');
  assert.is(status, 1);
  assert.match(stderr, /^pagewalk: bad\.json: schema: must be 1, not 3: no result of the laboratory\n$/);
  assert.match(place.lab('report', 'none.json', '-o', 'x.html').stderr, /none\.json: no such file/);
});

test('commands are shown as a shell takes them', () => {
  assert.is(shellWords(['a', 'b c', "it's", 'x[0].y=1,2', '']), `a 'b c' 'it'\\''s' 'x[0].y=1,2' ''`);
});

test.run();
