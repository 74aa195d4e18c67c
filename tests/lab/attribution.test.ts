/** By time, by function, by mapping, by system call: sums that agree with the counts, causes that have their effects. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { systemConfig } from '../../host/lab/config.js';
import { Pass } from '../../host/lab/pass.js';
import { parseResults } from '../../host/lab/results.js';
import { WindowWatcher } from '../../host/lab/windows.js';
import { labModule, randomRecords, wordsOf } from '../support/lab.js';
import { Workplace } from '../support/lab-command.js';
import { Random } from '../support/random.js';

const place = new Workplace();
test.after(() => place.remove());

const SYSTEMS = [systemConfig({ tlbs: [{ entries: 4 }] }), systemConfig({ tlbs: [{ entries: 16, ways: 4 }], pageSize: '4K' })];

/** Pages of all accesses, one after the other. */
function pagesOf(records: ReturnType<typeof randomRecords>): string[] {
  const pages: string[] = [];
  let [space, code] = [0, ''];
  for (const { passed, kind, value } of records) {
    const page = `${space} ${Math.floor(value / 4096)}`;
    const count = passed + (kind === 4 ? value : 0);
    if (code !== '') for (let i = 0; i < count; i++) pages.push(code);
    if (kind === 0) code = page;
    else if (kind === 3) space = value;
    else if (kind < 3) pages.push(page);
  }
  return pages;
}

test('windows change no count and add up; the working set is what counting by hand gives', () => {
  for (const seed of [1, 2, 3]) {
    const random = new Random(seed);
    // Instructions before the first record of code have no page.
    const records = [{ passed: 0, kind: 0, value: 0x10000 }, ...randomRecords(random, 1500)];
    const words = wordsOf(records);
    const plain = new Pass(labModule(), SYSTEMS);
    plain.take(words, words.length / 2);
    const pass = new Pass(labModule(), SYSTEMS);
    const watcher = new WindowWatcher(pass, 100);
    for (let i = 0; i < records.length; i += 97) {
      const count = Math.min(97, records.length - i);
      watcher.take(words.subarray(2 * i, 2 * (i + count)), count);
    }
    const { each, points } = watcher.windows();
    assert.is(each, 100);
    assert.equal(pass.engine.measures(), plain.engine.measures());
    plain.engine.measures().forEach((measures, i) => {
      const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
      assert.is(sum(points.map(({ walks }) => walks[i])), measures.walks.all);
      assert.is(sum(points.map(({ walkCycles }) => walkCycles[i])), measures.walkCycles);
      assert.is(sum(points.map(({ instructions }) => instructions)), measures.instructions);
    });
    const pages = pagesOf(records);
    for (const { window, pages: average } of watcher.workingSet()) {
      if (!Number.isInteger(window) || window > 4096) continue;
      let sum = 0;
      const inside = new Map<string, number>();
      pages.forEach((page, now) => {
        inside.set(page, (inside.get(page) ?? 0) + 1);
        if (now >= window) {
          const gone = pages[now - window];
          const left = (inside.get(gone) as number) - 1;
          if (left === 0) inside.delete(gone);
          else inside.set(gone, left);
        }
        sum += inside.size;
      });
      assert.ok(Math.abs(average - sum / pages.length) < 1e-6 * pages.length, `seed ${seed}, window ${window}: ${average}`);
    }
  }
});

/** Maps 8 pages, touches them, gives 5 back, makes 2 read-only and writable again, touches all once more. */
const PROGRAM = `
.globl _start
_start:
  li a0, 0
  li a1, 32768
  li a2, 3
  li a3, 0x22
  li a4, -1
  li a5, 0
  li a7, 222
  ecall
  mv s0, a0
  call touch
  mv a0, s0
  li a1, 20480
  li a2, 4
  li a7, 233
  ecall
  li a0, 20480
  add a0, s0, a0
  li a1, 8192
  li a2, 1
  li a7, 226
  ecall
  li a0, 20480
  add a0, s0, a0
  li a1, 8192
  li a2, 3
  li a7, 226
  ecall
  call touch
  li a0, 0
  li a7, 93
  ecall
touch:
  mv t0, s0
  li t1, 8
  li t2, 4096
again:
  sd t1, 0(t0)
  add t0, t0, t2
  addi t1, t1, -1
  bnez t1, again
  ret
`;

test('a system call pays for what it drops; functions and mappings share all walks', () => {
  place.write('p.s', PROGRAM);
  const system = ['--machine', 'sifive-u74'];
  place.must('run', ...system, '--attribute', '--json', 'a.json', 'p.s');
  place.must('run', ...system, '--json', 'b.json', 'p.s');
  const [result] = parseResults(place.read('a.json'));
  const [plain] = parseResults(place.read('b.json'));
  assert.equal(result.systems, plain.systems, 'looking closely changes no count');
  const { attributed } = result;
  assert.ok(attributed);
  const { walks, walkCycles, accesses } = result.systems[0].measures;
  for (const rows of [attributed.functions, attributed.mappings]) {
    const sum = (name: 'walks' | 'cycles' | 'accesses' | 'fetches'): number => rows.reduce((all, row) => all + row[name], 0);
    assert.is(sum('walks'), walks.all);
    assert.is(sum('cycles'), walkCycles);
    assert.is(sum('accesses'), accesses.loads + accesses.stores);
    assert.is(sum('fetches'), accesses.fetches);
  }
  const anonymous = attributed.mappings.find(({ name }) => name === '[anonymous]');
  assert.is(anonymous?.accesses, 16);
  assert.is(
    attributed.functions.reduce((all, { accesses: own }) => all + own, 0),
    16,
  );
  const named = (name: string) => attributed.calls.find((call) => call.name === name);
  const madvise = named('madvise');
  assert.equal([madvise?.calls, madvise?.resident, madvise?.drops, madvise?.refaults, madvise?.walks], [1, -5, 5, 5, 5]);
  const mprotect = named('mprotect');
  assert.is(mprotect?.calls, 2);
  assert.is(mprotect?.walks, 2);
  const [event] = attributed.events.filter(({ name }) => name === 'madvise');
  assert.match(event.text, /^madvise\(0x[0-9a-f]+, 0x5000, 4\)$/);
  assert.ok(attributed.memory.length > 0);
  place.must('report', 'a.json', '-o', 'page.html');
  assert.match(place.read('page.html'), 'Who caused the walks of sifive-u74');
});

test('windows from the command line, refused values', () => {
  place.must('synth', 'sequential', '--accesses', '5000', '--windows', '1k', '--machine', 'tiny', '--json', 'w.json');
  const [{ windows, workingSet }] = parseResults(place.read('w.json'));
  assert.is(windows?.each, 1000);
  assert.is(windows?.points.length, 10);
  assert.ok((workingSet?.length ?? 0) > 10);
  assert.match(place.lab('synth', 'gups', '--windows', '0').stderr, "--windows: '0' is not a number of accesses");
});

test.run();
