/** The package as somebody installs it: what is in it, its size, used from Node, and built for a browser by four bundlers. */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { reportOf } from '../support/browser.js';
import { testWith } from '../support/tools.js';

/** All of it packed, with the command and the laboratory; and what of it somebody uses who imports the library. */
const PACKED_MAX_BYTES = 580_000;
const LIBRARY_MAX_BYTES = 425_000;

const folder = mkdtempSync(join(tmpdir(), 'pagewalk-package-'));
const installed = join(folder, 'node_modules/pagewalk');

test.after(() => rmSync(folder, { recursive: true, force: true }));

test('npm pack: small, and nothing in it that nobody needs', () => {
  execFileSync(process.execPath, ['scripts/package.mjs']);
  const out = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], { encoding: 'utf8' });
  const [{ size, filename, files }] = JSON.parse(out) as [{ size: number; filename: string; files: { path: string }[] }];
  assert.ok(size < PACKED_MAX_BYTES, `${size} bytes packed`);
  const paths = files.map(({ path }) => path);
  for (const path of [
    'dist/core.wasm',
    'dist/bin/index.js',
    'dist/bin/index-node.js',
    'dist/bin/main.js',
    'dist/bin/pagewalk.cjs',
    'dist/types/index-node.d.ts',
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

/** A file of the package and all that it imports. */
function reached(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const text = readFileSync(join(installed, file), 'utf8');
  for (const [, to] of text.matchAll(/(?:from|import)\s*"(\.\/[^"]+)"/g)) {
    reached(join(dirname(file), file.endsWith('.d.ts') ? to.replace(/\.js$/, '.d.ts') : to), seen);
  }
  return seen;
}

test('what the library is of it', () => {
  const files = [...reached('dist/bin/index.js'), ...reached('dist/types/index.d.ts'), 'dist/core.wasm', 'package.json', 'README.md'];
  const { status } = spawnSync('tar', ['czf', join(folder, 'library.tgz'), ...files], { cwd: installed });
  assert.is(status, 0);
  const { size } = statSync(join(folder, 'library.tgz'));
  assert.ok(size < LIBRARY_MAX_BYTES, `${size} bytes packed`);
});

test('old resolution of modules finds the types of every entry', () => {
  const { exports, typesVersions } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
    exports: Record<string, unknown>;
    typesVersions: { '*': Record<string, string[]> };
  };
  const old = typesVersions['*'];
  assert.equal(
    Object.keys(old),
    Object.keys(exports).flatMap((name) => (name === '.' ? [] : [name.slice(2)])),
  );
  for (const [file] of Object.values(old)) assert.ok(statSync(join(installed, file)).size > 0, file);
});

test('publint has nothing to say', async () => {
  const { publint } = await import('publint');
  const { messages } = await publint({ pkgDir: installed, strict: true });
  assert.equal(messages, []);
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
  const command = spawnSync(process.execPath, [join(installed, 'dist/bin/pagewalk.cjs'), '--version'], { encoding: 'utf8' });
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

const PAGE = `import { assemble, Machine, runSync } from 'pagewalk';
const { elf } = assemble('_start: li a0, 7; li a7, 93; ecall');
const machine = await Machine.create({ memory: '16M', files: { '/bin/seven': elf } });
const { exitCode } = await machine.run('seven');
await fetch('/report', { method: 'POST', body: \`\${exitCode}, at once \${runSync({ program: elf }).exitCode}\` });
`;

/** Each bundles `entry` into `out`/js/page.js for browsers. */
const BUNDLERS: Readonly<Record<string, (entry: string, out: string) => Promise<unknown>>> = {
  async Vite(entry, out) {
    const { build } = await import('vite');
    const rolldownOptions = { input: entry, output: { entryFileNames: 'js/page.js', assetFileNames: 'js/[name]-[hash][extname]' } };
    await build({
      root: folder,
      base: './',
      configFile: false,
      logLevel: 'error',
      build: { outDir: out, target: 'es2022', rolldownOptions },
    });
  },
  async esbuild(entry, out) {
    const { build } = await import('esbuild');
    await build({ entryPoints: [entry], bundle: true, format: 'esm', minify: true, outdir: join(out, 'js'), logLevel: 'error' });
  },
  async Rollup(entry, out) {
    const { rollup } = await import('rollup');
    const { nodeResolve } = await import('@rollup/plugin-node-resolve');
    const bundle = await rollup({ input: entry, plugins: [nodeResolve({ browser: true })] });
    await bundle.write({ dir: join(out, 'js'), format: 'es' });
  },
  async webpack(entry, out) {
    const { default: webpack } = await import('webpack');
    const output = { path: join(out, 'js'), filename: 'page.js', publicPath: 'auto' };
    const compiler = webpack({ mode: 'production', target: ['web', 'es2022'], entry, context: folder, output, performance: false });
    const stats = await new Promise<import('webpack').Stats | undefined>((done, fail) => {
      compiler.run((error, result) => (error === null ? done(result) : fail(error)));
    });
    const { errors = [], warnings = [] } = stats?.toJson({ all: false, errors: true, warnings: true }) ?? {};
    // unzipit has an import of its own for Node, which it finds out about by itself.
    const ours = warnings.filter(({ moduleName }) => moduleName?.includes('/unzipit/') !== true);
    assert.equal(
      [...errors, ...ours].map(({ message, moduleName }) => `${moduleName}: ${message}`),
      [],
    );
  },
};
const STRICT = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'";

for (const [name, bundle] of Object.entries(BUNDLERS)) {
  testWith(test, ['chromium'], `${name} bundles it: no module of Node, and it runs in a page under a strict policy`, async () => {
    const entry = join(folder, 'page.js');
    const out = resolve('dist/bundled', name);
    rmSync(out, { recursive: true, force: true });
    writeFileSync(entry, PAGE);
    await bundle(entry, out);
    assert.not.match(scripts(out), /\b(?:from|import|require)\s*\(?\s*["']node:/);
    const files = readdirSync(join(out, 'js'));
    // Those that leave files alone that are named by a URL: the core is to be put where the URL leads.
    if (!files.some((file) => file.endsWith('.wasm'))) copyFileSync('dist/core.wasm', join(out, 'core.wasm'));
    writeFileSync(join(out, 'index.html'), '<!doctype html><script type="module" src="js/page.js"></script>');
    assert.is(await reportOf(`dist/bundled/${name}/index.html`, { 'content-security-policy': STRICT }), '7, at once 7');
  });
}

test.run();
