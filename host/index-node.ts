import { readFile } from 'node:fs/promises';

export * from './index.js';
export { NodeFileSystem, type NodeFileSystemOptions } from './vfs/backends/node.js';
export { NodeSwap } from './vfs/backends/node-swap.js';
export { openArchive } from './vfs/backends/tar-node.js';

/** Beside the built host in dist/, and from the sources. */
const FOLDERS: readonly string[] = ['../', '../dist/'];

/** The compiled core that comes with the package. Give it to Machine.create; machines may share it. */
export function loadCore(url?: URL): Promise<WebAssembly.Module> {
  return loadModule('core.wasm', url);
}

/** The laboratory's engine, for Engine and Pass. */
export function loadLab(url?: URL): Promise<WebAssembly.Module> {
  return loadModule('lab.wasm', url);
}

async function loadModule(name: string, url: URL | undefined): Promise<WebAssembly.Module> {
  const places = url === undefined ? FOLDERS.map((folder) => new URL(folder + name, import.meta.url)) : [url];
  for (const place of places) {
    try {
      return await WebAssembly.compile(await readFile(place));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  throw new Error(`${name} is not there (${places.map((place) => place.pathname).join(', ')}): npm run build makes it`);
}
