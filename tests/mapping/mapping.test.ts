/**
 * The rows of docs/mapping.md. Each program of this folder prints its rows: on Linux as it is written in expected/, and in a machine of
 * ours the same, but for what differences.ts lists.
 */
import { release } from 'node:os';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { NodeFileSystem } from '../../host/vfs/backends/node.js';
import { withFolder } from '../support/backends.js';
import { compileGuest, compileNative, GCC, type GuestOutcome, NATIVE_NEEDS, runNative, runOurs } from '../support/guest.js';
import { testWith } from '../support/tools.js';
import { differencesOf, FOLDER, isOnDisk, type MappingRow, needsSwap, programNames, readExpected, readSections } from './rows.js';

const [, major, minor] = (/^(\d+)\.(\d+)/.exec(release()) ?? []).map(Number);
const SWAP = { sizeBytes: 16 * 2 ** 20 };

/** Only root may see what happens to other users. */
const IS_ROOT = process.getuid?.() === 0;

function isNewerThanKernel(row: MappingRow): boolean {
  return row.since !== undefined && (major < row.since[0] || (major === row.since[0] && minor < row.since[1]));
}

function rowsOf(outcome: GuestOutcome): Map<string, string> {
  assert.is(outcome.status, 0, outcome.stderr);
  const rows = readSections(outcome.stdout).flatMap((section) => section.rows);
  return new Map(rows.map((row) => [row.id, row.result]));
}

/** Every row with what it should be and what it is, where that differs. */
function wrongRows(name: string, found: Map<string, string>, wanted: (row: MappingRow) => string | undefined): string[] {
  const wrong: string[] = [];
  for (const row of readExpected(name).flatMap((section) => section.rows)) {
    const want = wanted(row);
    const have = found.get(row.id);
    if (want !== undefined && have !== want) wrong.push(`${row.id} (${row.text}): ${have}, not ${want}`);
    found.delete(row.id);
  }
  return [...wrong, ...[...found.keys()].map((id) => `${id}: a row that ${name}.tsv does not have`)];
}

function check(wrong: readonly string[]): void {
  assert.is(wrong.length, 0, `\n${wrong.join('\n')}\n`);
}

function runInFolder(source: string): Promise<GuestOutcome> {
  return withFolder((folder) => runOurs(compileGuest(source), [], { work: (env) => new NodeFileSystem(env, folder, { readOnly: false }) }));
}

for (const name of programNames()) {
  const source = `${FOLDER}/${name}.c`;

  testWith(test, IS_ROOT ? NATIVE_NEEDS : ['root'], `${name}: Linux does what is written down`, () => {
    check(
      wrongRows(name, rowsOf(runNative(compileNative(source), [], '', isOnDisk(name) || needsSwap(name))), (row) =>
        isNewerThanKernel(row) ? undefined : row.result,
      ),
    );
  });

  testWith(test, [GCC], `${name}: Pagewalk does the same`, async () => {
    const differences = differencesOf(name);
    const found = rowsOf(
      isOnDisk(name) ? await runInFolder(source) : await runOurs(compileGuest(source), [], needsSwap(name) ? { swap: SWAP } : {}),
    );
    check(wrongRows(name, found, (row) => differences[row.id]?.here ?? row.result));
  });

  test(`${name}: what is listed as different is a row, and differs`, () => {
    const rows = new Map(readExpected(name).flatMap((section) => section.rows.map((row) => [row.id, row.result])));
    for (const [id, { here }] of Object.entries(differencesOf(name))) {
      assert.ok(rows.has(id), `${id} is no row of ${name}`);
      assert.is.not(rows.get(id), here, `${id} does not differ`);
    }
  });
}

test.run();
