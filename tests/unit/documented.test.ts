/** What the library's entries export is explained where it is declared: editors and the pages of typedoc show that. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const ENTRIES: readonly string[] = ['host/index.ts', 'host/index-node.ts'];
const FROM = /export (?:type )?\{([^}]*)\} from '(\.[^']+)\.js'/g;
const DECLARATION = '(?:export )?(?:abstract )?(?:async )?(?:class|interface|type|function\\*?|const)';

/** [file, name] of what an entry exports, its own functions included. */
function exportsOf(entry: string): [file: string, name: string][] {
  const text = readFileSync(entry, 'utf8');
  const found: [string, string][] = [];
  for (const [, names, from] of text.matchAll(FROM)) {
    for (const word of names.split(',').map((name) => name.trim().replace(/^type /, ''))) {
      if (word !== '') found.push([`${join(dirname(entry), from)}.ts`, word.split(' as ')[0]]);
    }
  }
  for (const [, name] of text.matchAll(/^export (?:async )?(?:function|const|class) (\w+)/gm)) found.push([entry, name]);
  return found;
}

function isDocumented(file: string, name: string): boolean {
  const text = readFileSync(file, 'utf8');
  if (new RegExp(`^${DECLARATION} ${name}\\b`, 'm').test(text)) return new RegExp(`\\*/\\n${DECLARATION} ${name}\\b`).test(text);
  const [, from] = new RegExp(`^(?:import|export)[^;]*\\b${name}\\b[^;]* from '(\\.[^']+)\\.js'`, 'm').exec(text) ?? [];
  return from !== undefined && isDocumented(`${join(dirname(file), from)}.ts`, name);
}

test('every export has a comment', () => {
  const all = ENTRIES.flatMap(exportsOf);
  assert.ok(all.length > 150, `${all.length} exports`);
  assert.equal([...new Set(all.filter(([file, name]) => !isDocumented(file, name)).map(([file, name]) => `${file}: ${name}`))], []);
});

test.run();
