import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { errnoMessage } from '../linux/errno.js';
import { SysError } from '../linux/error.js';
import type { Machine } from '../machine.js';
import { mountAt } from '../machine-setup.js';
import { MemoryFileSystem } from '../vfs/backends/memory.js';
import { NodeFileSystem } from '../vfs/backends/node.js';
import { OverlayFileSystem } from '../vfs/backends/overlay.js';
import { TarFileSystem } from '../vfs/backends/tar.js';
import { TarError } from '../vfs/backends/tar-header.js';
import { openArchive } from '../vfs/backends/tar-node.js';
import type { VfsEnvironment } from '../vfs/environment.js';
import type { FileSystem } from '../vfs/types.js';
import { failureText } from './files.js';
import { CliError, EXIT_CANNOT_RUN, type Mount, UsageError } from './options.js';

/** A folder or archive of the host, without changes to it unless `write`. */
function openSource(env: VfsEnvironment, path: string, option: string, write: boolean): FileSystem {
  let folder: boolean;
  try {
    folder = statSync(path).isDirectory();
  } catch (error) {
    throw new CliError(EXIT_CANNOT_RUN, `${option}: ${path}: ${failureText(error)}`);
  }
  if (write && !folder) throw new UsageError(`${option}: ${path} is not a folder: an archive cannot be written to`);
  try {
    return folder ? new NodeFileSystem(env, path, { readOnly: !write }) : new TarFileSystem(env, openArchive(path));
  } catch (error) {
    if (error instanceof TarError) throw new CliError(EXIT_CANNOT_RUN, `${option}: ${path}: ${error.message}`);
    if (error instanceof SysError) throw new CliError(EXIT_CANNOT_RUN, `${option}: ${path}: ${explain(error)}`);
    throw error;
  }
}

/** A sentence for an error number: the one that came with it, or strerror's. */
export function explain(error: SysError): string {
  return error.detail !== '' ? error.detail : errnoMessage(error.errno).toLowerCase();
}

/** What makes '/': memory, or --root under a layer of memory, or --root itself with --rw. */
export function rootFileSystem(root: string | undefined, write: boolean): (env: VfsEnvironment) => FileSystem {
  return (env) => {
    if (root === undefined) return new MemoryFileSystem(env, { name: 'rootfs' });
    const source = openSource(env, root, '--root', write);
    return write ? source : new OverlayFileSystem(env, source);
  };
}

/** --mount SRC:DST[:ro]: a folder is written to unless :ro, an archive never. */
export function addMounts(machine: Machine, mounts: readonly Mount[]): void {
  for (const { source, target, readOnly } of mounts) {
    const archive = !isFolder(source);
    const fs = openSource(machine.env, source, '--mount', !readOnly && !archive);
    try {
      mountAt(machine, target, fs, readOnly || archive, resolve(source));
    } catch (error) {
      if (error instanceof SysError) throw new CliError(EXIT_CANNOT_RUN, `--mount: ${target}: ${explain(error)}`);
      throw error;
    }
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** A path of the host as the guest sees it: absolute, with slashes. */
export function guestPath(path: string): string {
  const absolute = resolve(path).replaceAll('\\', '/');
  return absolute.startsWith('/') ? absolute : `/${absolute}`;
}
