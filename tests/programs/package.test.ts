/** The package as somebody installs it: what is in it, its size, used from Node, and built for a browser by Vite and esbuild. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

/** All of it packed; most is the code of the machine and its types. */
const PACKED_MAX_BYTES = 640_000;

const folder = mkdtempSync(join(tmpdir(), 'pagewalk-package-'));
const installed = join(folder, 'node_modules/pagewalk');

test.after(() => rmSync(folder, { recursive: true, force: true }));

test('npm pack: small, and nothing in it that nobody needs', () => {
  execFileSync(process.execPath, ['scripts/package-types.mjs']);
  const out = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], { encoding: 'utf8' });
  const [{ size, filename, files }] = JSON.parse(out) as [{ size: number; filename: string; files: { path: string }[] }];
  assert.ok(size < PACKED_MAX_BYTES, `${size} bytes packed`);
  const paths = files.map(({ path }) => path);
  for (const path of [
    'dist/core.wasm',
    'dist/bin/index.js',
    'dist/bin/index-node.js',
    'dist/bin/main.js',
    'dist/types/host/index-node.d.ts',
  ]) {
    assert.ok(paths.includes(path), path);
  }
  assert.equal(
    paths.filter((path) => /\.ts$/.test(path) && !/\.d\.ts$/.test(path)),
    [],
  );
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['xzf', join(folder, filename), '-C', installed, '--strip-components=1']);
  for (const name of ['commander', 'unzipit']) symlinkSync(resolve(`node_modules/${name}`), join(folder, 'node_modules', name));
});

test('installed: the library in Node, the types, the command', () => {
  writeFileSync(
    join(folder, 'use.ts'),
    `import { assemble, Machine } from 'pagewalk';
const { elf } = assemble('_start: li a0, 7; li a7, 93; ecall');
const machine = await Machine.create({ memory: '16M', files: { '/bin/seven': elf ?? '' } });
const { exitCode }: { exitCode: number } = await machine.run('seven');
console.log(exitCode);
`,
  );
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const types = ['--ignoreConfig', '--noEmit', '--target', 'es2022', '--module', 'nodenext', '--strict', '--types', ''];
  const checked = spawnSync(resolve('node_modules/.bin/tsc'), [...types, 'use.ts'], { cwd: folder, encoding: 'utf8' });
  assert.not.match(checked.stdout, /use\.ts.*pagewalk|TS7016|TS2307/, checked.stdout);
  const code = readFileSync(join(folder, 'use.ts'), 'utf8').replace(': { exitCode: number }', '');
  writeFileSync(join(folder, 'use.js'), code);
  const { stdout, stderr } = spawnSync(process.execPath, ['use.js'], { cwd: folder, encoding: 'utf8' });
  assert.is(`${stdout}${stderr}`, '7\n');
  const command = spawnSync(process.execPath, [join(installed, 'dist/bin/main.js'), '--version'], { encoding: 'utf8' });
  assert.match(command.stdout, /^\d+\.\d+\.\d+/);
});

test('installed: the laboratory as a library', () => {
  const program = `import { Machine } from 'pagewalk';
import { csvOf, loadLab, MACHINES, Pass, Recorder, reportPage, resultOf, synthesize, SYNTHETIC_DEFAULTS, tableOf } from 'pagewalk/lab';
import { readFileSync } from 'node:fs';
const machine = await Machine.create({ jit: false, files: { '/bin/prog': readFileSync(process.argv[2]) } });
const pass = new Pass(await loadLab(), [...MACHINES.values()]);
const recorder = new Recorder(machine.bare.core, pass.take);
await machine.run('prog');
recorder.finish();
const result = resultOf(pass, { what: 'prog', command: [], tool: 'mine' });
if (!reportPage([result]).startsWith('<!doctype html>')) throw new Error('no page');
const pattern = new Pass(await loadLab(), [...MACHINES.values()].slice(0, 1));
synthesize({ ...SYNTHETIC_DEFAULTS, pattern: 'chase', bytes: 1 << 20, accesses: 1000 }, pattern.take);
console.log(csvOf(tableOf([result], 'systems')).split('\\n').length, pattern.engine.measures()[0].accesses.loads > 0);
`;
  writeFileSync(join(folder, 'lab.ts'), program);
  writeFileSync(join(folder, 'lab.js'), program);
  const types = ['--ignoreConfig', '--noEmit', '--target', 'es2022', '--module', 'nodenext', '--strict', '--types', ''];
  const checked = spawnSync(resolve('node_modules/.bin/tsc'), [...types, 'lab.ts'], { cwd: folder, encoding: 'utf8' });
  assert.not.match(checked.stdout, /TS7016|TS2305|TS2307[^\n]*pagewalk|TS2345/, checked.stdout);
  const elf = resolve('examples/bin/fork-cow.elf');
  const { stdout, stderr } = spawnSync(process.execPath, ['lab.js', elf], { cwd: folder, encoding: 'utf8' });
  assert.match(`${stdout}${stderr}`, /^6 true$/m);
});

/** All JavaScript below a folder. */
function scripts(below: string): string {
  return readdirSync(below, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js') && statSync(join(below, name)).isFile())
    .map((name) => readFileSync(join(below, name), 'utf8'))
    .join('\n');
}

test('Vite and esbuild build it for a browser: no module of Node, the core beside it', async () => {
  writeFileSync(join(folder, 'index.html'), '<!doctype html><script type="module" src="./use.js"></script>');
  const { build } = await import('vite');
  await build({ root: folder, configFile: false, logLevel: 'error', build: { outDir: 'built', target: 'es2022' } });
  const built = readdirSync(join(folder, 'built/assets'));
  assert.ok(
    built.some((name) => /^core-.*\.wasm$/.test(name)),
    built.join(),
  );
  assert.not.match(scripts(join(folder, 'built')), /["']node:/);

  const esbuild = await import('esbuild');
  await esbuild.build({
    entryPoints: [join(folder, 'use.js')],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    outdir: join(folder, 'bundled'),
    logLevel: 'error',
  });
  assert.not.match(scripts(join(folder, 'bundled')), /["']node:/);
});

test.run();
