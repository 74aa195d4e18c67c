/**
 * Writes tests/mapping/expected: what the programs of tests/mapping print on this machine's Linux, as root. Review the changes.
 *
 *   npx tsx scripts/mapping-expected.ts [NAME...]
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expectedPath, FOLDER, isOnDisk, needsSwap, programNames, readSections } from '../tests/mapping/rows.js';
import { compileNative, runNative } from '../tests/support/guest.js';

const wanted = process.argv.slice(2);
mkdirSync(`${FOLDER}/expected`, { recursive: true });
for (const name of programNames()) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const { stdout, stderr, status } = runNative(compileNative(`${FOLDER}/${name}.c`), [], '', isOnDisk(name) || needsSwap(name));
  if (status !== 0) throw new Error(`${name} ended with ${status}\n${stdout}${stderr}`);
  readSections(stdout);
  const path = expectedPath(name);
  if (existsSync(path) && readFileSync(path, 'utf8') === stdout) continue;
  writeFileSync(path, stdout);
  console.log(`wrote ${path}`);
}
