import { loadCoreNow, loadModule } from './core/load-node.js';
import { provideCore, sharedCore, sharedCoreSync } from './embed/core-module.js';
import type { FileSystemSource } from './embed/options.js';
import { providePageCompiler } from './jit/baseline/baseline.js';
import { NODE_PAGES } from './jit/baseline/compile-node.js';
import { NodeFileSystem, type NodeFileSystemOptions } from './vfs/backends/node.js';
import { TarFileSystem } from './vfs/backends/tar.js';
import { openPackedArchive } from './vfs/backends/tar-node.js';

export * from './index.js';
export { NodeFileSystem, type NodeFileSystemOptions } from './vfs/backends/node.js';
export { NodeSwap } from './vfs/backends/node-swap.js';
export { openArchive } from './vfs/backends/tar-node.js';

providePageCompiler(NODE_PAGES);
provideCore(() => loadModule('core.wasm', undefined), loadCoreNow);

/** The compiled core that comes with the package; with `url`, from there. Machines may share it, and do when they are given none. */
export function loadCore(url?: URL): Promise<WebAssembly.Module> {
  return url === undefined ? sharedCore() : loadModule('core.wasm', url);
}

/** The same at once, without `url`. */
export function loadCoreSync(): WebAssembly.Module {
  return sharedCoreSync();
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
