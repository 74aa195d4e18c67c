/** The system-call table itself: complete, unambiguous, documented, and known to strace. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isDescribed } from '../../host/debug/strace/arguments.js';
import { syscallFamilies, syscallTable } from '../../host/syscalls/table.js';
import { syscallsPage } from '../../isa/generate/syscalls.js';

const LAST = 462;
/** Ranges of numbers that Linux 6.12 leaves empty on riscv64. */
const GAPS: readonly (readonly [first: number, last: number])[] = [
  [244, 257],
  [295, 423],
];

const isGap = (number: number): boolean => GAPS.some(([first, last]) => number >= first && number <= last);

test('every number has one row, every name one number', () => {
  const numbers = new Set(syscallTable.map((row) => row.number));
  assert.is(numbers.size, syscallTable.length);
  assert.is(new Set(syscallTable.map((row) => row.name)).size, syscallTable.length);
  for (let number = 0; number <= LAST; number++) assert.is(numbers.has(number), !isGap(number), `number ${number}`);
});

test('an absent call without a handler says ENOSYS or why; a present one has a handler', () => {
  for (const { name, handler, support } of syscallTable) {
    if (support === 'full' || 'partial' in support) assert.type(handler, 'function', name);
    else if (handler === undefined) assert.match(support.absent, /ENOSYS|glibc/, name);
    if (support !== 'full') assert.ok(Object.values(support)[0].length > 5, `${name}: no remark`);
  }
});

test('no call takes more than six arguments, and strace knows every kind', () => {
  for (const { name, args } of syscallTable) {
    assert.ok(args.length <= 6, name);
    for (const kind of args) assert.ok(isDescribed(kind), `${name}: ${kind}`);
  }
});

test('the page of system calls is up to date', () => {
  assert.is(readFileSync('docs/syscalls.md', 'utf8'), syscallsPage(), 'npm run generate');
  const titles = syscallFamilies.map((family) => family.title);
  assert.is(new Set(titles).size, titles.length);
});

test.run();
