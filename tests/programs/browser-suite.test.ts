/**
 * The library's own tests in Chromium: those files of tests/unit that ask nothing of Node but the files of this repository. What they count
 * is counted with the others.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { reportOf } from '../support/browser.js';
import { bundleTests } from '../support/browser-suite.js';
import { testWith } from '../support/tools.js';

const FOLDER = 'dist/suite';
const FILES = new RegExp(
  '^(asm|cli-options|cli-user|elf|embed|embed-(access|machine|map|replay)|feed|flusher|inotify|inspect|iobuffer|kernel|load|mm-\\w+|' +
    'readahead|strace|sysfs|text|vfs-(fdtable|memory|pages|pipe|terminal|walk))\\.test\\.ts$',
);
const LATE_MS = 300_000;
/** So many at the least: a new name of a file must not go unnoticed. */
const TESTS_MIN = 300;

testWith(test, ['chromium'], 'tests of the library, in a worker of a page', async () => {
  const files = readdirSync('tests/unit').filter((name) => FILES.test(name));
  mkdirSync(FOLDER, { recursive: true });
  await bundleTests(
    files.map((name) => `tests/unit/${name}`),
    FOLDER,
  );
  const names = files.map((name) => name.replace('.test.ts', ''));
  writeFileSync(`${FOLDER}/names.json`, JSON.stringify(names));
  const report = JSON.parse(await reportOf('tests/browser/suite.html', {}, LATE_MS)) as Record<string, string>;
  assert.equal(Object.keys(report), names);
  const failed: string[] = [];
  let count = 0;
  for (const [name, printed] of Object.entries(report)) {
    const [total, passed] = ['Total', 'Passed'].map((label) => Number(new RegExp(`^\\s*${label}:\\s+(\\d+)`, 'm').exec(printed)?.[1]));
    console.log(`  ${name}, in Chromium\n  Total:     ${total || 1}\n  Passed:    ${passed || 0}\n  Skipped:   0`);
    if (total === passed && total > 0) count += total;
    else failed.push(`${name}: ${printed}`);
  }
  assert.equal(failed, []);
  assert.ok(count >= TESTS_MIN, `only ${count} tests ran`);
});

test.run();
