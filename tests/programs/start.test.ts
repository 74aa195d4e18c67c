/** Compiled code of the command that is kept from run to run: made once, used then, and left out where it can't be kept. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LinkError, link } from '../../host/cli/start/link.js';
import { testWith } from '../support/tools.js';

const PROGRAM = resolve('examples/bin/hello.elf');
const folder = mkdtempSync(join(tmpdir(), 'pagewalk-start-'));
const cache = join(folder, 'dist/cache');

for (const name of ['dist/bin', 'dist/core.wasm', 'package.json']) cpSync(name, join(folder, name), { recursive: true });
symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

function run(
  words: readonly string[] = ['run', PROGRAM],
  environment: NodeJS.ProcessEnv = {},
  node: readonly string[] = [process.execPath],
  file = 'pagewalk.cjs',
): string {
  const env = { ...process.env, XDG_CACHE_HOME: join(folder, 'user'), ...environment };
  const result = spawnSync(node[0], [...node.slice(1), join(folder, 'dist/bin', file), ...words], { encoding: 'utf8', env });
  return `${result.stdout}${result.stderr}${result.status}`;
}

const expected = run(undefined, { NODE_DISABLE_COMPILE_CACHE: '1' });
const bare = (words?: readonly string[]): string => run(words, {}, undefined, 'main.js');

test('the first run keeps the code, those that follow use it', () => {
  assert.match(expected, /^Hello from C.*\n0$/);
  assert.not(readdirSync(join(folder, 'dist')).includes('cache'));
  assert.match(run(['--version']), /^\d+\.\d+\.\d+\n0$/);
  assert.is(readdirSync(cache).length, 1, 'its code is of no use for runs');
  assert.is(run(), expected);
  const [text, code, ...more] = readdirSync(cache).sort().reverse();
  assert.match(text, /^command-\w+-\w+\.js$/);
  assert.match(code, /^command-\w+-\w+-\d+-short$/);
  assert.equal(more, []);
  const kept = statSync(join(cache, code)).mtimeMs;
  assert.is(run(), expected);
  assert.is(statSync(join(cache, code)).mtimeMs, kept, 'V8 has taken it');
  assert.is(bare(), expected, 'main.js does the same');
  assert.is(statSync(join(cache, code)).mtimeMs, kept);
  assert.match(run(['run', 'nothing']), /^pagewalk: nothing: .*\n127$/, 'errors are those of one command');
  assert.match(run(['lab', 'machines']), /sifive-u74[\s\S]*0$/, 'what is loaded later is in it');
});

test('a run that compiles regions keeps more', () => {
  const code = readdirSync(cache).find((name) => name.endsWith('-short')) as string;
  const words = ['run', '--jit', 'on', '--jit-threshold', '1000', resolve('examples/sieve.s')];
  const output = run(words);
  assert.match(output, /0$/);
  const long = join(cache, code.replace('short', 'long'));
  const kept = statSync(long);
  assert.ok(kept.size > statSync(join(cache, code)).size);
  assert.is(run(words), output);
  assert.is(run(), expected);
  assert.is(statSync(long).mtimeMs, kept.mtimeMs);
  rmSync(long);
});

test('code that is damaged or of another version is made again', () => {
  const code = readdirSync(cache).find((name) => name.endsWith('-short')) as string;
  const before = readFileSync(join(cache, code));
  writeFileSync(join(cache, code), before.subarray(0, 1000));
  assert.is(run(), expected);
  assert.ok(statSync(join(cache, code)).size > before.length / 2);
  assert.is(run(undefined, {}, [process.execPath, '--no-opt']), expected);
  assert.is(readdirSync(cache).length, 3, 'V8 with other flags has its own');
});

test('the text is what runs, unless others could have written it', () => {
  const path = join(cache, readdirSync(cache).find((name) => name.endsWith('.js')) as string);
  const text = readFileSync(path);
  writeFileSync(path, '(function () { return { main: async () => (console.log("linked"), 7), reached: () => 0 } })');
  assert.is(run(), 'linked\n7');
  chmodSync(path, 0o666);
  assert.is(run(), expected);
  rmSync(path);
  assert.is(run(), expected);
  assert.is(readFileSync(path).length, text.length);
});

test('where nothing can be written beside the command the folder of the user is taken, or none', () => {
  rmSync(cache, { recursive: true });
  writeFileSync(cache, 'no folder');
  assert.is(run(), expected);
  assert.is(readdirSync(join(folder, 'user/pagewalk/code')).length, 2);
  assert.is(run(undefined, { XDG_CACHE_HOME: cache }), expected);
  rmSync(cache);
  mkdirSync(cache);
  chmodSync(cache, 0o777);
  assert.is(run(undefined, { XDG_CACHE_HOME: '/dev/null' }), expected);
  assert.equal(readdirSync(cache), [], 'a folder that all may write to is not ours');
});

for (const line of [22, 24, 26]) {
  const binary = `.cache/node/${line}/bin/node`;
  testWith(test, [binary], `Node ${line}`, () => {
    for (let time = 0; time < 2; time++) assert.is(run(undefined, {}, [resolve(binary)]), expected);
    const kept = readdirSync(join(folder, 'user/pagewalk/code')).filter((name) => name.endsWith('-short'));
    assert.ok(kept.length >= 2);
  });
}

test('files that are no modules of the bundler are refused', () => {
  assert.throws(
    () => link('./a.js', () => 'export default 1;'),
    (error: unknown) => error instanceof LinkError,
  );
  const files: Record<string, string> = {
    './a.js': 'import{x as y}from"./b.js";import*as p from"node:path";var z=y+p.sep;export{z as default,y};\n',
    './b.js': 'var x="b",u=import.meta.url;export{x,u};\n',
  };
  const linked = new Function(`return ${link('./a.js', (name) => files[name])}`)();
  assert.equal(
    linked(() => ({ sep: '/' }), undefined, 'here'),
    { default: 'b/', y: 'b' },
  );
  const commonJs = {
    './c.js': 'import{Thing as t}from"thing";export{t};\n',
    '/p/index.js': "exports.Thing = require('./lib/thing').Thing; // \u2013",
    '/p/lib/thing.js': "module.exports = { Thing: require('../index.js') && require('node:path').sep };",
  };
  const script = link('./c.js', (name) => (commonJs as Record<string, string>)[name], { thing: '/p/index.js' });
  assert.ok(!script.includes('\u2013'));
  assert.is(new Function(`return ${script}`)()(() => ({ sep: '/' }), undefined, 'here').t, '/', 'modules may need each other');
});

test.run();
