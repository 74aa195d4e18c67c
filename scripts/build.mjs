/**
 * Builds what is out of date: generated files, dist/core.wasm (asc), dist/host (tsc). With --force, everything.
 * Plain JavaScript, because it runs before anything is built.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
const force = process.argv.includes('--force');

const bundle = [
  'host/index.ts',
  'host/index-node.ts',
  'host/lab.ts',
  'host/lab-node.ts',
  'host/cli/main.ts',
  'host/cli/lab/sweep-worker.ts',
  '--entry-names=[name]',
  '--bundle',
  '--splitting',
  '--platform=node',
  '--format=esm',
  '--target=node20',
  '--minify',
];
bundle.push('--outdir=dist/bin', '--packages=external', '--log-level=warning', '--legal-comments=none', '--chunk-names=[name]-[hash]');

const launcher = [
  'host/cli/launch.ts',
  '--bundle',
  '--platform=node',
  '--format=cjs',
  '--target=node20',
  '--minify',
  '--outfile=dist/bin/pagewalk.cjs',
  '--log-level=warning',
];

const report = [
  'web/report/page.ts',
  'web/report/page.css',
  '--bundle',
  '--minify',
  '--format=iife',
  '--target=es2022',
  '--outdir=dist/report',
];
report.push('--log-level=warning', '--legal-comments=none');

/** What dist/core.wasm is made of: all but the laboratory. */
const core = readdirSync('assembly').flatMap((name) => (name === 'lab' ? [] : [join('assembly', name)]));

/** [name, inputs, ...commands]: inputs are files or folders; a stamp in dist/ remembers the last success. */
const steps = [
  [
    'generate',
    ['isa', 'host/syscalls', 'host/lab/system-table.ts', 'host/lab/rules.ts', 'scripts/generate-docs.ts'],
    ['tsx', ['isa/generate.ts']],
  ],
  [
    'core',
    [...core, 'asconfig.json', 'scripts/export-globals.mjs'],
    ['asc', ['assembly/index.ts', '--target', 'release']],
    ['node', ['scripts/export-globals.mjs', 'dist/core.wasm']],
  ],
  ['lab', ['assembly/lab', 'assembly/shared', 'aslab.json'], ['asc', ['--config', 'aslab.json', '--target', 'release']]],
  ['host', ['host', 'assembly/shared', 'tsconfig.json'], ['tsc', ['-p', 'tsconfig.json']]],
  // What a report of the laboratory carries: the library of its plots is in it.
  ['report', ['web/report', 'host/lab/report', 'package.json'], ['esbuild', report]],
  // The library and the command line in few files that share what they have in common: loading 190 modules takes longer than most runs.
  ['command', ['host', 'assembly/shared', 'package.json'], ['esbuild', bundle], ['esbuild', launcher]],
];

function newest(path) {
  if (!existsSync(path)) return 0;
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return readdirSync(path).reduce((latest, name) => Math.max(latest, newest(join(path, name))), 0);
}

mkdirSync('dist', { recursive: true });
for (const [name, inputs, ...commands] of steps) {
  const stamp = join('dist', `.built-${name}`);
  const fresh = existsSync(stamp) && inputs.every((input) => newest(input) <= statSync(stamp).mtimeMs);
  if (fresh && !force) continue;
  if (name === 'command') rmSync('dist/bin', { recursive: true, force: true });
  const started = Date.now();
  for (const [command, args] of commands) {
    const local = join('node_modules', '.bin', process.platform === 'win32' ? `${command}.cmd` : command);
    const result = spawnSync(command === 'node' ? process.execPath : local, args, {
      stdio: ['ignore', 'inherit', 'inherit'],
      shell: process.platform === 'win32',
    });
    if (result.status !== 0) {
      console.error(`build: ${name} failed`);
      process.exit(1);
    }
  }
  writeFileSync(stamp, '');
  console.error(`build: ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
}
