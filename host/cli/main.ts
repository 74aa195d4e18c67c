#!/usr/bin/env node
import { loadLinked } from './start/code-cache.js';

const importCommand = (): Promise<typeof import('./command.js')> => import('./command.js');
/** What the bundle calls it: a name with a hash of all that it is made of. From the sources there is none. */
const bundled = /"(\.\/command-\w+\.js)"/.exec(String(importCommand))?.[1];
const linked = bundled === undefined ? undefined : loadLinked(bundled, import.meta.url, (name) => import(name));
const { main } = linked ?? (await importCommand());

process.exitCode = await main(process.argv.slice(2));
