/** Puts the declarations that the package's entries reach into dist/types: all others describe what is bundled. Runs before `npm pack`. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const seen = new Set();

function reach(file) {
  if (seen.has(file)) return;
  seen.add(file);
  for (const [, target] of readFileSync(join('dist', file), 'utf8').matchAll(/(?:from|import)\s*\(?\s*['"](\.[^'"]+)['"]/g)) {
    reach(normalize(join(dirname(file), target.replace(/\.js$/, '.d.ts'))));
  }
}

for (const entry of ['host/index.d.ts', 'host/index-node.d.ts', 'host/lab.d.ts', 'host/lab-node.d.ts']) reach(entry);
if (existsSync('dist/types')) rmSync('dist/types', { recursive: true });
for (const file of seen) {
  mkdirSync(join('dist/types', dirname(file)), { recursive: true });
  copyFileSync(join('dist', file), join('dist/types', file));
}
