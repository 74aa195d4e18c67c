/** What is asked of the memory system has something that shows it: every program, row, file and text that demands.ts names is there. */
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DEMANDS } from './demands.js';
import { expectedPath, FOLDER, readExpected } from './rows.js';

/** What is wrong with a name of something that shows a demand, or undefined. */
function wrong(shown: string): string | undefined {
  const colon = shown.indexOf(': ');
  const [name, part] = colon < 0 ? [shown, undefined] : [shown.slice(0, colon), shown.slice(colon + 2)];
  if (!name.includes('/')) {
    if (!existsSync(`${FOLDER}/${name}.c`) || !existsSync(expectedPath(name))) return `${name} is no program of ${FOLDER}`;
    const rows = readExpected(name).flatMap((section) => section.rows);
    return part === undefined || rows.some(({ id }) => id === part) ? undefined : `${part} is no row of ${name}`;
  }
  if (!existsSync(name)) return `${name} is not there`;
  return part === undefined || readFileSync(name, 'utf8').includes(part) ? undefined : `${name} does not say “${part}”`;
}

test('every demand is shown by something that is there', () => {
  const missing: string[] = [];
  for (const { subject, demands } of DEMANDS) {
    for (const { what, shownBy } of demands) {
      if (shownBy.length === 0) missing.push(`${subject}, ${what}: shown by nothing`);
      for (const shown of shownBy) {
        const error = wrong(shown);
        if (error !== undefined) missing.push(`${subject}, ${what}: ${error}`);
      }
    }
  }
  assert.is(missing.length, 0, `\n${missing.join('\n')}\n`);
});

test.run();
