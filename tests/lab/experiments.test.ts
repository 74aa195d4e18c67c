/** The experiments of examples/lab, smaller: each must come to the conclusion that its page states. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type LabResult, parseResults, type Share } from '../../host/lab/results.js';
import { COMMAND, Workplace } from '../support/lab-command.js';

const place = new Workplace();
test.after(() => place.remove());

/** Runs the page's commands; what they wrote is out.json. */
function carryOut(name: string): void {
  const page = readFileSync(`examples/lab/${name}.md`, 'utf8');
  const commands = [...page.matchAll(/^npx pagewalk (.*)$/gm)].map(([, command]) => command);
  assert.ok(commands.length > 0, name);
  for (const command of commands) {
    const smaller = command.replace('--accesses 1M', '--accesses 200k');
    const words = smaller.split(' ').map((word) => word.replace(/(^|=)(out[-\w]*\.\w+)$/, (_, before, file) => before + place.path(file)));
    const { status, stderr } = spawnSync(process.execPath, [COMMAND, ...words], { encoding: 'utf8' });
    assert.is(status, 0, `${command}\n${stderr}`);
  }
}

const walks = (result: LabResult): number[] => result.systems.map(({ measures }) => measures.walks.all);
const share = (rows: readonly Share[] | undefined, name: string): Share => {
  const found = rows?.find((row) => row.name === name);
  assert.ok(found, name);
  return found;
};
const falls = (values: readonly number[]): boolean => values.every((value, i) => i === 0 || value < values[i - 1]);

/** Each page of the folder has one. */
const CONCLUSIONS: Readonly<Record<string, (result: LabResult) => void>> = {
  reach: ({ systems, reuse }) => {
    for (const { config, measures } of systems) {
      const entries = Number(/entries=(\d+)/.exec(config.name)?.[1]);
      const [data] = measures.levels.filter(({ level, side }) => level === 1 && side === 'data');
      assert.is(data.misses, entries < 64 ? data.lookups : 64, config.name);
    }
    assert.equal(reuse?.curve.slice(-2), [
      { entries: 63, misses: reuse?.accesses },
      { entries: 64, misses: 64 },
    ]);
  },
  'page-size': (result) => {
    assert.ok(falls(walks(result)));
    assert.is(walks(result)[2] - result.systems[2].measures.walks.fetches, 32);
  },
  switches: (result) => {
    const [asid, flush] = walks(result);
    assert.ok(flush > 10 * asid, `${asid}, ${flush}`);
  },
  'walk-caches': (result) => {
    assert.is(new Set(walks(result)).size, 1);
    const references = result.systems.map(({ derived }) => derived.referencesPerWalk);
    assert.ok(falls(references.slice(0, 6)), references.join(' '));
    assert.ok(references[5] < 1.05 && references[0] > 1.5, references.join(' '));
  },
  'huge-pages': (result) => {
    const [never, ...others] = walks(result);
    assert.ok(falls([never, ...others.reverse()]), walks(result).join(' '));
  },
  'fork-storm': ({ attributed, systems }) => {
    const faults = attributed?.calls.find(({ name }) => name === '(page fault)');
    assert.ok((faults?.drops ?? 0) > 4 * 64, String(faults?.drops));
    assert.ok(attributed?.memory.some(({ shared, cow }) => shared >= 64 && cow >= 32));
    // The program begins, and for each child it goes there and back.
    assert.is(systems[0].measures.switches, 1 + 2 * 4);
  },
  'file-scan': ({ attributed }) => {
    assert.is(share(attributed?.functions, 'by_mmap').walks, 256);
    assert.ok(share(attributed?.functions, 'by_read').walks < 8);
    assert.is(share(attributed?.mappings, '/tmp/scanned').walks, 256);
  },
  populate: ({ attributed }) => {
    assert.is(share(attributed?.functions, 'touch_on_demand').walks, 256);
    assert.is(share(attributed?.functions, 'touch_populated').walks, 256);
    assert.equal(
      attributed?.calls.filter(({ name }) => name === 'mmap').map(({ calls, resident }) => [calls, resident]),
      [[2, 256]],
    );
  },
  sync: ({ attributed }) => {
    const walksOf = (name: string): number => share(attributed?.functions, name).walks;
    assert.equal(['sync_each_round', 'sync_each_fourth', 'sync_once'].map(walksOf), [1024, 256, 64]);
    const msync = attributed?.calls.find(({ name }) => name === 'msync');
    // After the last one nothing is stored any more.
    assert.equal([msync?.calls, msync?.drops, msync?.refaults], [21, 21 * 64, 20 * 64]);
  },
  matrix: ({ attributed }) => {
    const [plain, blocked] = ['plain', 'blocked'].map((name) => share(attributed?.functions, name).walks);
    assert.ok(100 * blocked < plain, `${blocked}, ${plain}`);
  },
};

for (const [name, check] of Object.entries(CONCLUSIONS)) {
  test(`${name} concludes what its page says`, () => {
    carryOut(name);
    check(parseResults(place.read('out.json'))[0]);
    assert.match(place.read('out.html'), '<!doctype html>');
    assert.ok(existsSync(`examples/lab/${name}.png`), 'it has a picture');
  });
}

test('windows concludes what its page says', () => {
  carryOut('windows');
  const { translation } = JSON.parse(place.read('out.json')) as { translation: { [name: string]: number } };
  assert.ok(translation.windowHits > 0.99 * translation.accesses);
  assert.ok(1000 * translation.walks < translation.accesses);
  const forks = (JSON.parse(place.read('out-fork.json')) as { translation: { [name: string]: number } }).translation;
  assert.ok(forks.walks * translation.accesses > translation.walks * forks.accesses);
  assert.ok(existsSync('examples/lab/windows.png'), 'it has a picture');
});

test('every page is tested and listed', () => {
  const pages = readdirSync('examples/lab').filter((name) => name.endsWith('.md') && name !== 'README.md');
  assert.equal(pages.sort(), [...Object.keys(CONCLUSIONS), 'windows'].map((name) => `${name}.md`).sort());
  const list = readFileSync('examples/lab/README.md', 'utf8');
  for (const page of pages) assert.match(list, `(${page})`);
});

test.run();
