/**
 * The benchmarks, each beside its peers in one interleaved run: native Linux (where gcc is), qemu-riscv64 and Pagewalk.
 *
 *   npm run bench                 everything
 *   npm run bench -- kernels      nanoseconds per guest instruction, user CPU against qemu and native
 *   npm run bench -- interpreter [NAME..]  the interpreter beside the one of the design's table (bench/reference.ts): their ratio
 *   npm run bench -- mm [NAME..]  memory system and kernel calls, ns per operation
 *   npm run bench -- startup      hello, whole process
 *   npm run bench -- lab [NAME..]  modelled accesses a second beside a native simulator (bench/lab.c); 50 systems in one pass
 *   npm run bench -- programs [NAME..]  Debian's programs (bench/programs, tests/programs/userland) whose script's path contains a NAME;
 *                                 without names docs/programs.md is written
 *   npm run bench -- browser [NAME..]  the kernels in Chromium and in Node: their ratio
 *   npm run bench -- page         frames a second of the page while 100,000 pages are shown and change
 *   npm run bench -- snapshot     a ready-made machine: save, restore, first answer
 *   --rounds N                    interleaved rounds (default 5); the figures are medians
 *
 * A missing peer is left out and said so. Nothing here is a test: no figure fails anything.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { benchBrowser } from './browser.js';
import { benchInterpreter } from './interpreter.js';
import { benchKernels } from './kernels.js';
import { benchLab } from './lab.js';
import { benchMemory } from './memory.js';
import { benchPage } from './page.js';
import { benchPrograms } from './programs.js';
import { benchSnapshot } from './snapshot.js';
import { benchStartup } from './startup.js';

const args = process.argv.slice(2);
let rounds = 5;
const at = args.indexOf('--rounds');
if (at >= 0) rounds = Math.max(1, Number(args.splice(at, 2)[1]) || 1);
const [suite, ...names] = args;

if (!existsSync('dist/bin/main.js')) throw new Error('build first: npm run build');
mkdirSync('build/bench', { recursive: true });
const machine = `node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}`;
console.log(`${machine}, ${new Date().toISOString().slice(0, 10)}, ${rounds} rounds, medians\n`);

const suites: Record<string, () => void | Promise<void>> = {
  startup: () => benchStartup(rounds),
  mm: () => benchMemory(rounds, names),
  interpreter: () => benchInterpreter(rounds, names),
  lab: () => benchLab(rounds, names),
  kernels: () => benchKernels(rounds, names),
  browser: () => benchBrowser(rounds, names),
  page: () => benchPage(),
  snapshot: () => benchSnapshot(rounds),
  programs: () => benchPrograms(rounds, names, `${machine}, ${new Date().toISOString().slice(0, 10)}`),
};
if (suite !== undefined && suites[suite] === undefined) {
  console.error(`bench: no suite ${suite}; there are ${Object.keys(suites).join(', ')}`);
  process.exit(2);
}
for (const name of suite === undefined ? Object.keys(suites) : [suite]) await suites[name]();
