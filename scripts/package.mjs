/**
 * Makes what is built smaller for the package; runs before `npm pack`. Declarations: those that the entries reach, in few files in
 * dist/types. Code: dist/bin once more through a minifier that takes longer than a build should, in place.
 */
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';
import { minify } from 'terser';

const ENTRIES = ['index', 'index-node', 'lab', 'lab-node'];
const COMMENT = /[ \t]*\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n?/g;
const PRIVATE = /[ \t]*\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n(?=\s*(?:static )?private )/g;

/** The modules that an entry names: their comments are the documentation of the API. What they are made of needs its types only. */
function documented() {
  const named = ENTRIES.flatMap((entry) => {
    const file = resolve(`dist/host/${entry}.d.ts`);
    const text = readFileSync(file, 'utf8');
    return [file, ...[...text.matchAll(/ from '(\.[^']+)\.js'/g)].map(([, target]) => resolve('dist/host', `${target}.d.ts`))];
  });
  return new Set(named);
}

/** `X` that the API calls `Y` is declared as `Y`: editors show the name of the declaration. */
function declaredAs(text, names) {
  let more = text;
  for (const [, name, alias] of names) {
    if (!new RegExp(`^export (declare class|interface) ${name}\\b`, 'm').test(text)) continue;
    more = more.replace(new RegExp(`/\\*[\\s\\S]*?\\*/|\\b${name}\\b`, 'g'), (found) => (found === name ? alias : found));
    more += `export { ${alias} as ${name} };\n`;
  }
  return more;
}

async function packTypes() {
  const keep = documented();
  const bare = [...readFileSync('dist/host/index.d.ts', 'utf8').matchAll(/(\w+) as (Bare\w+)/g)];
  const comments = {
    name: 'comments',
    load(id) {
      if (!id.endsWith('.d.ts')) return undefined;
      const text = readFileSync(id, 'utf8').replace(keep.has(id) ? PRIVATE : COMMENT, '');
      return /host\/machine[\w-]*\.d\.ts$/.test(id) ? declaredAs(text, bare) : text;
    },
  };
  const bundle = await rolldown({
    input: Object.fromEntries(ENTRIES.map((name) => [name, `dist/host/${name}.d.ts`])),
    plugins: [comments, dts({ dtsInput: true, sourcemap: false })],
    logLevel: 'warn',
  });
  rmSync('dist/types', { recursive: true, force: true });
  await bundle.write({ dir: 'dist/types', chunkFileNames: 'all-[name].d.ts', minifyInternalExports: false });
  for (const name of readdirSync('dist/types')) {
    const text = readFileSync(join('dist/types', name), 'utf8');
    writeFileSync(join('dist/types', name), text.replace(/^\/\/#(end)?region.*\n/gm, '').replace(/\t/g, '  '));
  }
}

/** Names of files and of exports stay, so a program that loads them meanwhile sees a whole. */
async function packCode() {
  for (const name of readdirSync('dist/bin').filter((name) => name.endsWith('.js'))) {
    const file = join('dist/bin', name);
    const text = readFileSync(file, 'utf8');
    const { code } = await minify(text, { module: true, ecma: 2022, compress: { passes: 2 } });
    if (code.length >= text.length) continue;
    writeFileSync(`${file}.part`, code);
    renameSync(`${file}.part`, file);
  }
}

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
await packTypes();
await packCode();
