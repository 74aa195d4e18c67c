import { readFile } from 'node:fs/promises';
import { provideCore, sharedCore } from './embed/core-module.js';
import type { FileSystemSource } from './embed/options.js';
import { NodeFileSystem, type NodeFileSystemOptions } from './vfs/backends/node.js';
import { TarFileSystem } from './vfs/backends/tar.js';
import { openPackedArchive } from './vfs/backends/tar-node.js';

export * from './index.js';
export { NodeFileSystem, type NodeFileSystemOptions } from './vfs/backends/node.js';
export { NodeSwap } from './vfs/backends/node-swap.js';
export { openArchive } from './vfs/backends/tar-node.js';

/** Beside the built host in dist/, and from the sources. */
const FOLDERS: readonly string[] = ['../', '../dist/'];

provideCore(() => loadModule('core.wasm', undefined));

/** The compiled core that comes with the package; with `url`, from there. Machines may share it, and do when they are given none. */
export function loadCore(url?: URL): Promise<WebAssembly.Module> {
  return url === undefined ? sharedCore() : loadModule('core.wasm', url);
}

/** A folder of the host, read only unless `readOnly: false` is said; `overlay(folder(path))` keeps what is written in memory. */
export function folder(path: string, options: NodeFileSystemOptions = {}): FileSystemSource {
  return (env) => new NodeFileSystem(env, path, options);
}

/** A tar file of the host, packed or not (gzip, xz, zstd), read only. */
export function archive(path: string, options: { readonly maxBytes?: number } = {}): FileSystemSource {
  return async (env) => new TarFileSystem(env, await openPackedArchive(path, options.maxBytes));
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
