import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { errnoMessage } from '../linux/errno.js';
import { SysError } from '../linux/error.js';
import type { Machine } from '../machine.js';
import { mountAt, mountFileAt } from '../machine-setup.js';
import { MemoryFileSystem } from '../vfs/backends/memory.js';
import { NodeFileSystem, type NodeFileSystemOptions } from '../vfs/backends/node.js';
import { OverlayFileSystem } from '../vfs/backends/overlay.js';
import { TarFileSystem } from '../vfs/backends/tar.js';
import { TarError } from '../vfs/backends/tar-header.js';
import type { HostArchive } from '../vfs/backends/tar-node.js';
import type { VfsEnvironment } from '../vfs/environment.js';
import type { FileSystem } from '../vfs/types.js';
import { failureText } from './files.js';
import { CliError, EXIT_CANNOT_RUN, type Mount, UsageError } from './options.js';
import { complain } from './output.js';

/** What an option names, opened: archives are unpacked before the machine is there. */
type Source =
  | { readonly kind: 'folder' | 'file'; readonly path: string }
  | { readonly kind: 'archive'; readonly path: string; readonly archive: HostArchive };

/** Names by which a file is an archive, whatever is in it. */
const ARCHIVE_NAME = /\.(tar|tar\.gz|tgz|tar\.xz|txz|tar\.zst|tzst)$/i;

async function openSource(path: string, option: string, limit: number | undefined): Promise<Source> {
  return explained(path, option, async () => {
    const stat = statSync(path);
    if (stat.isDirectory()) return { kind: 'folder', path };
    const { looksLikeArchive, openPackedArchive } = await import('../vfs/backends/tar-node.js');
    const isArchive = option === '--root' || ARCHIVE_NAME.test(path) || (stat.isFile() && (await looksLikeArchive(path)));
    if (isArchive) return { kind: 'archive', path, archive: await openPackedArchive(path, limit) };
    if (!stat.isFile()) throw new TarError('is neither a folder nor a regular file');
    return { kind: 'file', path };
  });
}

/** Failures as one line that names the option and the path. */
async function explained<T>(path: string, option: string, action: () => T | Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw explainedError(path, option, error);
  }
}

function explainedError(path: string, option: string, error: unknown): unknown {
  const fail = (text: string): CliError => new CliError(EXIT_CANNOT_RUN, `${option}: ${path}: ${text}`);
  if (error instanceof TarError) return fail(error.message);
  if (error instanceof SysError) return fail(explain(error));
  return (error as NodeJS.ErrnoException).syscall !== undefined ? fail(failureText(error)) : error;
}

function openTar(env: VfsEnvironment, { path, archive }: Source & { kind: 'archive' }, option: string): TarFileSystem {
  try {
    const tar = new TarFileSystem(env, archive);
    for (const line of tar.warnings) complain(`${option}: ${path}: ${line}`);
    return tar;
  } catch (error) {
    throw explainedError(path, option, error);
  }
}

function openFolder(env: VfsEnvironment, path: string, option: string, settings: NodeFileSystemOptions): NodeFileSystem {
  try {
    return new NodeFileSystem(env, path, settings);
  } catch (error) {
    throw explainedError(path, option, error);
  }
}

/** A sentence for an error number: the one that came with it, or strerror's. */
export function explain(error: SysError): string {
  return error.detail !== '' ? error.detail : errnoMessage(error.errno).toLowerCase();
}

export interface WorldOptions {
  readonly root?: string;
  /** Changes go to the folder of --root itself. */
  readonly rw?: boolean;
  readonly mount?: readonly Mount[];
  /** To whom the files of folders belong; see NodeFileSystemOptions. */
  readonly owners?: NodeFileSystemOptions['owners'];
  /** Most that an archive may unpack to. */
  readonly maxArchive?: number;
}

/** What --root and --mount name. */
export class World {
  private constructor(
    readonly options: WorldOptions,
    readonly rootSource: Source | undefined,
    readonly mounts: readonly (Mount & { readonly opened: Source })[],
  ) {}

  static async open(options: WorldOptions): Promise<World> {
    const { root, maxArchive } = options;
    const rootSource = root === undefined ? undefined : await openSource(root, '--root', maxArchive);
    if (options.rw === true && rootSource?.kind !== 'folder') {
      throw new UsageError(`--root: ${root} is not a folder: an archive cannot be written to`);
    }
    const mounts: (Mount & { opened: Source })[] = [];
    for (const mount of options.mount ?? []) mounts.push({ ...mount, opened: await openSource(mount.source, '--mount', maxArchive) });
    return new World(options, rootSource, mounts);
  }

  /** What makes '/': memory, or --root under a layer of memory, or --root itself with --rw. */
  makeRoot(env: VfsEnvironment): FileSystem {
    const source = this.rootSource;
    const { owners } = this.options;
    if (source === undefined) return new MemoryFileSystem(env, { name: 'rootfs' });
    if (source.kind === 'archive') return new OverlayFileSystem(env, openTar(env, source, '--root'));
    if (this.options.rw === true) return openFolder(env, source.path, '--root', { owners, readOnly: false });
    return new OverlayFileSystem(env, openFolder(env, source.path, '--root', { owners, readOnly: true }));
  }

  /** --mount SRC:DST[:ro]: a folder or a file is written to unless :ro, an archive never. */
  addMounts(machine: Machine): void {
    for (const mount of this.mounts) {
      try {
        addMount(machine, mount, mount.opened, this.options.owners);
      } catch (error) {
        if (error instanceof SysError) throw new CliError(EXIT_CANNOT_RUN, `--mount: ${mount.target}: ${explain(error)}`);
        throw error;
      }
    }
  }
}

function addMount(machine: Machine, { target, readOnly }: Mount, source: Source, owners: WorldOptions['owners']): void {
  const { env } = machine;
  const name = resolve(source.path);
  if (source.kind === 'archive') mountAt(machine, target, openTar(env, source, '--mount'), true, name);
  else if (source.kind === 'folder')
    mountAt(machine, target, openFolder(env, source.path, '--mount', { owners, readOnly }), readOnly, name);
  else {
    // Its folder is opened, and nothing but this one entry of it is ever shown.
    const real = realpathSync(source.path);
    const fs = openFolder(env, dirname(real), '--mount', { owners, readOnly });
    const file = fs.root.lookup(basename(real));
    if (file === undefined) throw new CliError(EXIT_CANNOT_RUN, `--mount: ${source.path}: it has gone`);
    mountFileAt(machine, target, fs, file, readOnly, name);
  }
}

/** A path of the host as the guest sees it: absolute, with slashes. */
export function guestPath(path: string): string {
  const absolute = resolve(path).replaceAll('\\', '/');
  return absolute.startsWith('/') ? absolute : `/${absolute}`;
}
