/** Results as CSV and Parquet, read back by another library. */
import { readFileSync } from 'node:fs';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseResults } from '../../host/lab/results.js';
import { csvOf, tableOf } from '../../host/lab/rows.js';
import { Workplace } from '../support/lab-command.js';

const place = new Workplace();
test.after(() => place.remove());

const cells = (line: string): string[] => line.split(',');

test('a sweep and its windows as tables', async () => {
  place.must('synth', 'zipf', '--bytes', '4M', '--accesses', '20k', '-o', 'a.trace');
  place.must('sweep', '-o', 's.jsonl', '--machine', 'tiny', '--vary', 'tlbs[0].entries=4,8,16', '--distances', 'data', 'a.trace');
  place.must('export', 's.jsonl', '-o', 's.csv');
  const [head, ...lines] = place.read('s.csv').trimEnd().split('\n').map(cells);
  assert.is(lines.length, 3);
  const column = (name: string): string[] => lines.map((line) => line[head.indexOf(name)]);
  assert.equal(column('config.tlbs[0].entries'), ['4', '8', '16']);
  const results = parseResults(place.read('s.jsonl'));
  const walks = results.flatMap(({ systems }) => systems.map(({ measures }) => measures.walks.all));
  assert.equal(column('walks.all').map(Number), walks);

  place.must('export', 's.jsonl', '-o', 's.parquet');
  const bytes = readFileSync(place.path('s.parquet'));
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
  const rows = await parquetReadObjects({ file });
  assert.equal(
    rows.map((row) => [row.system, Number(row['config.tlbs[0].entries']), Number(row['walks.all'])]),
    lines.map((_, i) => [column('system')[i], [4, 8, 16][i], walks[i]]),
  );
  const types = new Map(parquetMetadata(file).schema.map(({ name, type }) => [name, type]));
  assert.equal([types.get('walks.all'), types.get('cyclesPerInstruction'), types.get('system')], ['INT64', 'DOUBLE', 'BYTE_ARRAY']);

  place.must('export', 's.jsonl', '--rows', 'curve', '-o', 'curve.csv');
  assert.match(place.read('curve.csv'), /^what,of,entries,misses\n/);
  place.must('replay', 'a.trace', '--machine', 'tiny', '--windows', '1k', '--json', 'w.json');
  place.must('export', 'w.json', '--rows', 'windows', '-o', 'w.csv');
  const windows = place.read('w.csv').trimEnd().split('\n');
  assert.is(windows[0], 'what,window,from,instructions,accesses,pages,system,walks,walkCycles');
  assert.is(windows.length, 1 + (parseResults(place.read('w.json'))[0].windows?.points.length ?? 0));
});

test('functions, mappings, calls and memory; what is not there is said', () => {
  place.must('run', '--machine', 'tiny', '--attribute', '--json', 'r.json', `${process.cwd()}/examples/lab/bin/storm.elf`);
  for (const rows of ['functions', 'mappings', 'calls', 'memory']) {
    place.must('export', 'r.json', '--rows', rows, '-o', `${rows}.csv`);
    assert.ok(place.read(`${rows}.csv`).split('\n').length > 2, rows);
  }
  const none = place.lab('export', 'r.json', '--rows', 'windows', '-o', 'no.csv');
  assert.equal([none.status, none.stderr], [1, 'pagewalk: r.json: no windows in it: they come with --windows\n']);
  assert.match(place.lab('export', 'r.json', '-o', 'no.xls').stderr, "'no.xls' must end with .csv or .parquet");
});

test('commas, quotes and lines in names stay in their cells', () => {
  const results = parseResults(place.read('r.json'));
  const [one] = results;
  const named = { ...one, what: 'a,"b"\nc' };
  assert.match(csvOf(tableOf([named], 'systems')), '"a,""b""\nc",tiny');
});

test.run();
