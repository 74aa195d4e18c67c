/** The rules of the house, kept by a test: sizes, layers, bans. docs/hacking.md explains them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { userlandCases } from '../support/userland.js';

const LINES_MAX = 500;
const COLUMNS_MAX = 140;

/** Tables whose rows are their subject may be longer. */
const LONG_FILES = /^(isa\/table\/|isa\/table\.ts|host\/syscalls\/table|assembly\/shared\/errno|tests\/)/;

/** Lower layers first: a file imports from its own layer or from one above it in this list. */
const LAYERS: readonly (readonly [name: string, match: RegExp])[] = [
  ['assembly/shared', /^assembly\/shared\//],
  ['generated', /^host\/generated\//],
  ['linux', /^host\/linux\//],
  ['core', /^host\/core\//],
  ['vfs', /^host\/vfs\//],
  ['kernel', /^host\/kernel\//],
  ['loader', /^host\/loader\//],
  ['debug', /^host\/(debug|asm)\//],
  ['jit', /^host\/jit\//],
  ['syscalls', /^host\/syscalls\//],
  ['machine', /^host\/machine/],
  ['snapshot', /^host\/snapshot\//],
  ['embed', /^host\/embed\//],
  ['lab', /^host\/lab\//],
  ['index', /^host\/index(-node)?\.ts$/],
  ['cli', /^host\/cli\//],
  ['lab entries', /^host\/lab(-node)?\.ts$/],
];

/** Who may use Node's own modules: everything else must run in a browser. */
const NODE_FILES =
  /^host\/(cli\/|vfs\/backends\/node|vfs\/backends\/tar-node|jit\/baseline\/compile-node|core\/load-node|index-node|lab-node)/;

function sources(folder: string, endings = /\.ts$/): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((name) => endings.test(name) && !name.includes('generated'));
}

const host = sources('host');
const assembly = sources('assembly');
const isa = sources('isa');
const tests = sources('tests');
const web = sources('web');
const all = [...host, ...assembly, ...isa, ...tests, ...sources('scripts'), ...sources('bench'), ...web];
const read = (file: string): string => readFileSync(file, 'utf8');

function check(problems: string[]): void {
  assert.is(problems.length, 0, `\n${problems.join('\n')}\n`);
}

function importsOf(file: string): string[] {
  const found: string[] = [];
  for (const match of read(file).matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)) found.push(match[1]);
  return found;
}

test('files are short and lines fit', () => {
  const problems: string[] = [];
  for (const file of all) {
    const lines = read(file).split('\n');
    if (lines.length > LINES_MAX && !LONG_FILES.test(file)) problems.push(`${file}: ${lines.length} lines (at most ${LINES_MAX})`);
    lines.forEach((line, i) => {
      if (line.length > COLUMNS_MAX) problems.push(`${file}:${i + 1}: ${line.length} columns (at most ${COLUMNS_MAX})`);
    });
  }
  check(problems);
});

test('imports point one way', () => {
  const layerOf = (file: string): number => LAYERS.findIndex(([, match]) => match.test(file));
  const problems: string[] = [];
  for (const file of host) {
    const layer = layerOf(file);
    if (layer < 0) {
      problems.push(`${file}: in no layer`);
      continue;
    }
    for (const target of importsOf(file)) {
      if (!target.startsWith('.')) continue;
      const path = normalize(join(dirname(file), target)).replace(/\.js$/, '.ts');
      const other = layerOf(path);
      if (other < 0) problems.push(`${file}: imports ${path}, which is in no layer`);
      else if (other > layer) problems.push(`${file} (${LAYERS[layer][0]}) imports ${path} (${LAYERS[other][0]})`);
    }
  }
  check(problems);
});

test('the core imports nothing of the host, and the portable host nothing of Node', () => {
  const problems: string[] = [];
  for (const file of assembly)
    for (const target of importsOf(file)) if (target.includes('host/')) problems.push(`${file}: imports ${target}`);
  for (const file of host) {
    if (NODE_FILES.test(file)) continue;
    for (const target of importsOf(file)) if (target.startsWith('node:')) problems.push(`${file}: imports ${target}`);
    if (/(?<![.\w])process\.(env|argv|stdout|stderr|stdin|exit|platform)\b|\bBuffer\./.test(read(file)))
      problems.push(`${file}: uses a Node global`);
  }
  check(problems);
});

test('the page uses what anybody may use, and what looks at machines', () => {
  const allowed = /^(web\/|host\/index\.ts|host\/(debug|asm|lab)\/|assembly\/shared\/)/;
  const problems: string[] = [];
  for (const file of web) {
    for (const target of importsOf(file)) {
      if (target.startsWith('node:')) problems.push(`${file}: imports ${target}`);
      if (!target.startsWith('.')) continue;
      const path = normalize(join(dirname(file), target)).replace(/\.js$/, '.ts');
      if (!allowed.test(path)) problems.push(`${file}: imports ${path}`);
    }
  }
  for (const file of host)
    for (const target of importsOf(file)) if (/(^|\/)web\//.test(target)) problems.push(`${file}: imports ${target}`);
  check(problems);
});

test('what a snapshot carries is in ordinary properties', () => {
  const problems: string[] = [];
  for (const file of host) {
    if (!/^host\/(kernel|vfs|syscalls)\//.test(file)) continue;
    read(file)
      .split('\n')
      .forEach((line, i) => {
        if (/^\s+(?:(?:static|readonly|async|get|set) )*#[a-zA-Z]/.test(line))
          problems.push(`${file}:${i + 1}: \`private _name\` instead of \`#name\``);
      });
  }
  check(problems);
});

test('nothing banned', () => {
  const bans: readonly (readonly [RegExp, string])[] = [
    [new RegExp(`\\b(${['TO', 'DO'].join('')}|FIX${'ME'}|XX${'X'})\\b`), 'unfinished work belongs in an issue'],
    [/catch\s*(\([^)]*\))?\s*\{\s*\}/, 'an empty catch hides errors'],
    [/\btest\.only\(/, 'test.only leaves the others out'],
    [/\bdebugger\b;/, 'debugger statement'],
    [/@ts-(ignore(?!: decorator)|nocheck)/, 'a silenced type error'],
  ];
  const problems: string[] = [];
  for (const file of all) {
    if (file.endsWith('house.test.ts')) continue;
    const text = read(file);
    for (const [ban, why] of bans) if (ban.test(text)) problems.push(`${file}: ${why} (${ban.source})`);
    if (/^host\/(?!cli\/)/.test(file) && /\bconsole\.\w+\(/.test(text)) problems.push(`${file}: only the command line prints`);
  }
  check(problems);
});

test('every test file asserts and runs', () => {
  const problems: string[] = [];
  for (const file of tests.filter((name) => name.endsWith('.test.ts'))) {
    const text = read(file);
    if (!/\.run\(\)/.test(text)) problems.push(`${file}: no test.run()`);
    if (!/assert|fc\.|sameAs(?:Linux|Qemu)|runCases/.test(text)) problems.push(`${file}: asserts nothing`);
  }
  check(problems);
});

test('every script of tests/programs/userland is run by a test file', () => {
  const files = tests.filter((name) => /programs\/userland-\w+\.test\.ts$/.test(name)).map(read);
  check(
    userlandCases()
      .filter(({ file }) => !files.some((text) => text.includes(`'${file}'`)))
      .map(({ file }) => `${file}: no test file names it`),
  );
});

test('every host file is used', () => {
  const used = new Set<string>();
  for (const file of [...host, ...tests, ...isa, ...sources('scripts'), ...sources('bench'), ...web]) {
    for (const target of importsOf(file))
      if (target.startsWith('.')) used.add(normalize(join(dirname(file), target)).replace(/\.js$/, '.ts'));
  }
  const entries = new Set([
    'host/index.ts',
    'host/index-node.ts',
    'host/lab.ts',
    'host/lab-node.ts',
    'host/cli/launch.ts',
    'host/cli/main.ts',
    'host/cli/lab/sweep-worker.ts',
  ]);
  check(host.filter((file) => !used.has(file) && !entries.has(file)).map((file) => `${file}: nothing imports it`));
});

test.run();
