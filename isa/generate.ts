/**
 * Writes everything that comes from the instruction table, the system-call table, the rows of tests/mapping and the table of the
 * laboratory's systems. `--check` writes nothing
 * and fails when a file is stale.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemSchema } from '../host/lab/config.js';
import { generateBaseline } from './generate/baseline.js';
import { generateDecode, generateOps } from './generate/decode.js';
import { demandsPage } from './generate/demands.js';
import { generateDispatch, generateSlow } from './generate/dispatch.js';
import { instructionsPage } from './generate/docs.js';
import { mappingPage } from './generate/mapping.js';
import { syscallsPage } from './generate/syscalls.js';
import { instructionsSource } from './generate/tools.js';
import { vdsoSource } from './vdso/image.js';

const OUTPUTS: readonly (readonly [path: string, generate: () => string])[] = [
  ['assembly/generated/ops.ts', generateOps],
  ['assembly/generated/decode.ts', generateDecode],
  ['assembly/generated/dispatch.ts', generateDispatch],
  ['assembly/generated/slow.ts', generateSlow],
  ['assembly/generated/baseline.ts', generateBaseline],
  ['host/generated/instructions.ts', instructionsSource],
  ['host/generated/vdso.ts', vdsoSource],
  ['docs/instructions.md', instructionsPage],
  ['docs/syscalls.md', syscallsPage],
  ['docs/mapping.md', mappingPage],
  ['docs/memory-demands.md', demandsPage],
  ['schemas/lab-system.json', () => `${JSON.stringify(systemSchema(), null, 2)}\n`],
];

const check = process.argv.includes('--check');
let stale = 0;
for (const [path, generate] of OUTPUTS) {
  const text = generate();
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
  if (check) {
    console.error(`${path} is stale: run npm run generate`);
    stale++;
    continue;
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  console.log(`wrote ${path}`);
}
process.exitCode = stale === 0 ? 0 : 1;
