/** File systems to mount, for `root`, `mounts` and `machine.mount`. They can be put into one another. */
import { MemoryFileSystem, type MemoryFileSystemOptions } from '../vfs/backends/memory.js';
import { OverlayFileSystem } from '../vfs/backends/overlay.js';
import { PromisesFileSystem, type PromisesOptions } from '../vfs/backends/promises.js';
import type { PromisesFiles } from '../vfs/backends/promises-medium.js';
import { bytesSource, TarFileSystem } from '../vfs/backends/tar.js';
import { isGzip, UNPACKED_MAX_BYTES, unpackArchive } from '../vfs/backends/tar-gzip.js';
import { UnionFileSystem } from '../vfs/backends/union.js';
import { unpackZip } from '../vfs/backends/zip.js';
import type { FileSystem } from '../vfs/types.js';
import type { FileSystemSource } from './options.js';

/** Files in memory, empty at first. */
export function memory(options?: MemoryFileSystemOptions): FileSystemSource {
  return (env) => new MemoryFileSystem(env, options);
}

/**
 * What is written stays above `lower`, which does not change: in memory, or in the file system `upper`, which keeps it for the next time
 * and is this machine's alone meanwhile.
 */
export function overlay(lower: FileSystemSource, upper?: FileSystemSource): FileSystemSource {
  return (env) => {
    const [below, above] = [lower(env), upper?.(env)];
    const join = (under: FileSystem, over: FileSystem | undefined): FileSystem =>
      over === undefined ? new OverlayFileSystem(env, under) : new UnionFileSystem(env, under, over);
    if (!(below instanceof Promise || above instanceof Promise)) return join(below, above);
    return Promise.all([below, above]).then(([under, over]) => join(under, over));
  };
}

/** A tar archive, packed with gzip or not, read only: `overlay(tar(bytes))` can be written to. TarError when it is damaged. */
export function tar(archive: Uint8Array | Blob | Response, options: { readonly maxBytes?: number } = {}): FileSystemSource {
  if (archive instanceof Uint8Array && !isGzip(archive)) return (env) => new TarFileSystem(env, bytesSource(archive));
  return async (env) => {
    const packed = archive instanceof Uint8Array ? archive : new Uint8Array(await archive.arrayBuffer());
    return new TarFileSystem(env, bytesSource(await unpackArchive(packed, options.maxBytes ?? UNPACKED_MAX_BYTES)));
  };
}

/**
 * A zip archive, unpacked into memory, read only: `overlay(zip(bytes))` can be written to. TarError when it is damaged, encrypted, or
 * unpacks to more than `maxBytes` (default 2 GiB). Needs the package unzipit, which is installed with this one.
 */
export function zip(archive: Uint8Array | Blob | Response, options: { readonly maxBytes?: number } = {}): FileSystemSource {
  return async (env) => {
    const packed = archive instanceof Uint8Array || archive instanceof Blob ? archive : await archive.blob();
    const { source, members } = await unpackZip(packed, options.maxBytes ?? UNPACKED_MAX_BYTES);
    return new TarFileSystem(env, source, undefined, members);
  };
}

/**
 * A folder of anything that has the shape of node:fs/promises (PromisesFiles: the part of it that is used). SysError when the folder is not
 * there. It must be this machine's alone as long as it is mounted.
 */
export function promisesFolder(files: PromisesFiles, folder = '/', options: PromisesOptions = {}): FileSystemSource {
  return (env) => PromisesFileSystem.open(env, files, folder, options);
}
