/** The same under any Node: prints the results. */
import { readFile } from 'node:fs/promises';
import { runAll } from './compiled.js';

const core = await WebAssembly.compile(await readFile(new URL('../../dist/core.wasm', import.meta.url)));
console.log(JSON.stringify(await runAll(core)));
