/**
 * Tests of the library as they are, bundled for a browser: in a worker they find the browser's entry of the library, files of the
 * repository by the names they have in Node (read at once), and nothing else of Node. What they ask of it beyond that throws, so
 * the test fails.
 */
import { readdirSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { basename, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';

/** Folders whose names may be asked for. */
const LISTED: readonly string[] = ['examples/bin', 'examples/embed', 'tests/guest'];

const FS = (listings: string): string => `
const listings = ${listings};
export function readFileSync(path, encoding) {
  const request = new XMLHttpRequest();
  request.open('GET', '/' + path, false);
  request.responseType = 'arraybuffer';
  request.send();
  if (request.status !== 200) throw new Error('ENOENT: ' + path);
  const bytes = new Uint8Array(request.response);
  return encoding === undefined ? bytes : new TextDecoder().decode(bytes);
}
export function readdirSync(path) {
  if (listings[path] === undefined) throw new Error('ENOENT: ' + path);
  return listings[path];
}`;

const PATH = `
export const join = (...parts) => parts.join('/').replace(/\\/+/g, '/');
export const basename = (path, end = '') => path.replace(/^.*\\//, '').slice(0, end && path.endsWith(end) ? -end.length : undefined);
export const dirname = (path) => path.replace(/\\/[^/]*$/, '');`;

/** What a module of Node exports beyond what is given: functions that throw. */
async function absent(name: string, given: string): Promise<string> {
  const names = Object.keys(await import(name)).filter((key) => key !== 'default' && !given.includes(` ${key}`));
  return `${given}\n${names.map((key) => `export function ${key}() { throw new Error('${name}: ${key} in a browser'); }`).join('\n')}`;
}

function browserOnly(): Plugin {
  const listings = JSON.stringify(Object.fromEntries(LISTED.map((folder) => [folder, readdirSync(folder)])));
  const given: Readonly<Record<string, string>> = { 'node:fs': FS(listings), 'node:path': PATH };
  return {
    name: 'browser only',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /index-node\.js$/ }, () => ({ path: resolve('host/index.ts') }));
      onResolve({ filter: /^node:/ }, ({ path }) => (isBuiltin(path) ? { path, namespace: 'absent' } : undefined));
      onLoad({ filter: /.*/, namespace: 'absent' }, async ({ path }) => ({ contents: await absent(path, given[path] ?? '') }));
    },
  };
}

/** A module for each test file in `folder` of dist/, which is to be beside core.wasm's. */
export async function bundleTests(files: readonly string[], folder: string): Promise<void> {
  await build({
    entryPoints: Object.fromEntries(files.map((file) => [basename(file, '.test.ts'), file])),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    mainFields: ['module', 'browser', 'main'],
    target: 'es2022',
    outdir: folder,
    define: { 'process.env': '{}' },
    plugins: [browserOnly()],
    logLevel: 'error',
  });
}
