import { readFile } from 'node:fs/promises';

export * from './index.js';
export { NodeFileSystem, type NodeFileSystemOptions } from './vfs/backends/node.js';
export { NodeSwap } from './vfs/backends/node-swap.js';
export { openArchive } from './vfs/backends/tar-node.js';

/** Beside the built host in dist/, and from the sources. */
const CANDIDATES: readonly string[] = ['../core.wasm', '../dist/core.wasm'];

/** The compiled core that comes with the package. Give it to Machine.create; machines may share it. */
export async function loadCore(url?: URL): Promise<WebAssembly.Module> {
  const places = url === undefined ? CANDIDATES.map((path) => new URL(path, import.meta.url)) : [url];
  for (const place of places) {
    try {
      return await WebAssembly.compile(await readFile(place));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  throw new Error(`core.wasm is not there (${places.map((place) => place.pathname).join(', ')}): npm run build makes it`);
}
