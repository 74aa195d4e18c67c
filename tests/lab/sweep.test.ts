/** Sweeps and comparisons: nothing done twice, nothing lost, the same file however it came about. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compareResults, comparisonText } from '../../host/lab/compare.js';
import { systemConfig } from '../../host/lab/config.js';
import { joinResults, parseResults } from '../../host/lab/results.js';
import { planSweep, resultKey, type SweepTrace } from '../../host/lab/sweep.js';
import { COMMAND, Workplace } from '../support/lab-command.js';

const place = new Workplace();
test.after(() => place.remove());

const trace = (path: string): SweepTrace => ({ path, bytes: 1, sha256: path.repeat(8) });
const systems = [1, 2, 4, 8, 16, 32, 64].map((entries) => systemConfig({ name: `of ${entries}`, tlbs: [{ entries }] }));

test('a plan has every system on every trace once, less what is done', async () => {
  const options = { traces: [trace('a'), trace('b')], systems: [...systems, systems[0]], distances: 'data', engine: 'e' } as const;
  const plan = await planSweep(options, new Set(), 2);
  assert.is(plan.keys.length, 2 * (7 + 1));
  assert.is(plan.done, 0);
  const keysOf = (jobs: typeof plan.jobs): string[] =>
    jobs.flatMap(({ keys, distances }) => [...keys, ...(distances ? [distances.key] : [])]);
  assert.equal(keysOf(plan.jobs).sort(), [...plan.keys].sort());
  assert.ok(plan.jobs.length >= 4, 'both workers have something to do');
  const done = new Set(plan.keys.slice(0, 9));
  const rest = await planSweep(options, done, 2);
  assert.is(rest.done, 9);
  assert.equal(keysOf(rest.jobs).sort(), plan.keys.slice(9).sort());
  assert.equal((await planSweep(options, new Set(plan.keys), 2)).jobs, []);
});

test('a key depends on the model, the trace and each field, not on the order of fields', async () => {
  const [system] = systems;
  const key = await resultKey('e', 't', system);
  assert.match(key, /^[0-9a-f]{64}$/);
  assert.is(await resultKey('e', 't', { ...system, name: system.name }), key);
  assert.is(await resultKey('e', 't', Object.fromEntries(Object.entries(system).reverse()) as unknown as typeof system), key);
  for (const other of [
    resultKey('f', 't', system),
    resultKey('e', 'u', system),
    resultKey('e', 't', { ...system, memoryLatency: 7 }),
    resultKey('e', 't', { distances: 'data' }),
  ])
    assert.is.not(await other, key);
});

const VARY = ['--machine', 'sifive-u74', '--vary', 'tlbs[1].entries=8,16,32,64', '--vary', 'memoryLatency=50,100'];
place.must('synth', 'zipf', '--bytes', '8M', '--accesses', '100k', '-o', 'a.trace');
place.must('synth', 'random', '--bytes', '1M', '--accesses', '20k', '-o', 'b.trace');
const sweep = [...VARY, '--distances', 'data', '--workers', '2', 'a.trace', 'b.trace', '-o'];
place.must('sweep', ...sweep, 'whole.jsonl');
/** Results without the command, which names the file. */
const resultsOf = (file: string): unknown => parseResults(place.read(file)).map(({ command: _, ...rest }) => rest);

test('a sweep has what single runs have', () => {
  const whole = parseResults(place.read('whole.jsonl'));
  assert.is(whole.length, 2 * (8 + 1));
  place.must('replay', 'b.trace', ...VARY, '--distances', 'data', '--json', 'b.json');
  const [alone] = parseResults(place.read('b.json'));
  const [, joined] = joinResults(whole);
  assert.equal(joined.systems, alone.systems);
  assert.equal(joined.reuse, alone.reuse);
  assert.is(joined.what, alone.what);
});

test('killed in the middle, a sweep goes on: nothing is lost, nothing done again', async () => {
  const file = place.path('killed.jsonl');
  const child = spawn(process.execPath, [COMMAND, 'lab', 'sweep', ...sweep, file], { cwd: place.folder, stdio: 'ignore' });
  const ended = new Promise((resolve) => child.on('close', resolve));
  while (child.exitCode === null && !(existsSync(file) && readFileSync(file).length > 0)) await new Promise((next) => setTimeout(next, 5));
  child.kill('SIGKILL');
  await ended;
  const before = place.read('killed.jsonl').split('\n');
  before.pop();
  assert.ok(before.length > 0);
  // As if the last line had been cut.
  place.write('killed.jsonl', `${before.join('\n')}\n{"key":"12`);
  const { stderr } = place.must('sweep', ...sweep, 'killed.jsonl');
  assert.match(stderr, `killed.jsonl has ${before.length} of 18 results already`);
  assert.equal(resultsOf('killed.jsonl'), resultsOf('whole.jsonl'));
  for (const line of before) assert.ok(place.read('killed.jsonl').includes(line));
});

test('what cannot be done is said by its name, the rest is done', () => {
  place.write('bad.trace', place.read('b.trace').slice(0, 200));
  const { status, stderr } = place.lab('sweep', '--machine', 'tiny', 'bad.trace', 'b.trace', '-o', 'some.jsonl');
  assert.is(status, 1);
  assert.match(stderr, /pagewalk: bad\.trace: /);
  assert.match(stderr, '1 of 2 results are missing in some.jsonl');
  assert.is(parseResults(place.read('some.jsonl')).length, 1);
  place.write('other.txt', 'my diary');
  assert.match(place.lab('sweep', '--machine', 'tiny', 'b.trace', '-o', 'other.txt').stderr, 'other.txt: no results of a sweep');
  assert.is(place.read('other.txt'), 'my diary');
  assert.match(place.lab('sweep', 'none.trace', '-o', 'x.jsonl').stderr, 'none.trace: no such file');
  assert.match(place.lab('sweep', 'b.trace', '--workers', '0', '-o', 'x.jsonl').stderr, "--workers: '0' is not a number from 1 to 256");
  place.write('list.json', '[{"tlbs":[{"entries":4}]},{"tlbs":[{"entries":6,"ways":4}]}]');
  assert.match(
    place.lab('sweep', 'b.trace', '--config', 'list.json', '-o', 'x.jsonl').stderr,
    'list.json[1]: tlbs[0].ways: 4 does not divide 6 entries',
  );
});

test('comparisons: pairs by trace and name, each measure that differs', () => {
  place.must('sweep', '--machine', 'tiny', '--vary', 'tlbs[0].replacement=lru', 'a.trace', '-o', 'lru.jsonl');
  place.must('sweep', '--machine', 'tiny', '--vary', 'tlbs[0].replacement=fifo', 'a.trace', '-o', 'fifo.jsonl');
  const { stdout } = place.must('compare', 'lru.jsonl', 'fifo.jsonl');
  assert.match(stdout, 'tlbs[0].replacement: lru | fifo');
  assert.match(stdout, /walks\.all +[\d,]+ +[\d,]+ +-?[\d,]+ +-?[\d.]+ %/);
  assert.is(place.lab('compare', 'lru.jsonl', 'fifo.jsonl', '--exact').status, 1);
  assert.is(place.lab('compare', 'whole.jsonl', 'killed.jsonl', '--exact').status, 0);
  const whole = parseResults(place.read('whole.jsonl'));
  const same = compareResults(whole, parseResults(place.read('killed.jsonl')));
  assert.is(same.pairs.length, 16);
  assert.is(comparisonText(same), '16 systems: no measure differs\n');
  const part = compareResults(whole.slice(0, 2), whole);
  assert.is(part.pairs.length, 2);
  assert.is(part.onlyB.length, 14);
  const json = JSON.parse(place.must('compare', 'lru.jsonl', 'fifo.jsonl', '--json').stdout) as typeof same;
  assert.is(json.pairs[0].measures.find(({ measure }) => measure === 'accesses.loads')?.a, 100_000);
  assert.match(place.lab('compare', 'lru.jsonl', 'whole.jsonl').stderr, /no system of lru\.jsonl is in whole\.jsonl/);
});

test.run();
