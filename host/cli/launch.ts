#!/usr/bin/env node
/**
 * What the package's `bin` names, built as a CommonJS file: Node starts those without its loader of ES modules, which takes as long as
 * half of all else here. It does what main.ts does.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { allocate, linearBytes } from '../core/memory.js';
import { loadLinked } from './start/code-cache.js';

const argv = process.argv.slice(2);
// Before there is anything else: see early.ts.
const memory = argv[0] === 'run' ? allocate(linearBytes()) : undefined;
const main = join(__dirname, 'main.js');
const bundled = /"(\.\/command-\w+\.js)"/.exec(readFileSync(main, 'latin1'))?.[1];
const linked = bundled === undefined ? undefined : loadLinked(bundled, pathToFileURL(main).href, (name) => import(name));

if (linked === undefined) import(pathToFileURL(main).href);
else {
  linked.main(argv, memory).then((status) => {
    process.exitCode = status;
  });
}
