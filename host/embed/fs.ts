/** The files of a machine from outside, in the shape of node:fs/promises: as root, from '/'. */
import { EEXIST, ENOENT, ENOTDIR, ENOTEMPTY } from '../../assembly/shared/errno.js';
import { SysError } from '../linux/error.js';
import * as F from '../linux/fcntl.js';
import { isDirectory } from '../linux/stat.js';
import type { Machine as BareMachine } from '../machine.js';
import { rootContext } from '../machine-setup.js';
import * as A from '../vfs/attributes.js';
import type { PathContext } from '../vfs/context.js';
import { type Location, pathFrom } from '../vfs/dentry.js';
import * as N from '../vfs/names.js';
import { open } from '../vfs/open.js';
import type { Timestamp } from '../vfs/types.js';
import { resolve } from '../vfs/walk.js';
import { SystemError, settle } from './errors.js';
import { decoded, type Encoding, FileHandle } from './file-handle.js';
import { DirectoryEntry, Stats } from './fs-stats.js';

/** Flags of `open`, as node:fs has them. */
export type OpenMode = 'r' | 'r+' | 'w' | 'wx' | 'w+' | 'wx+' | 'a' | 'ax' | 'a+' | 'ax+';

const OPEN_FLAGS: Readonly<Record<OpenMode, number>> = {
  r: F.O_RDONLY,
  'r+': F.O_RDWR,
  w: F.O_WRONLY | F.O_CREAT | F.O_TRUNC,
  wx: F.O_WRONLY | F.O_CREAT | F.O_TRUNC | F.O_EXCL,
  'w+': F.O_RDWR | F.O_CREAT | F.O_TRUNC,
  'wx+': F.O_RDWR | F.O_CREAT | F.O_TRUNC | F.O_EXCL,
  a: F.O_WRONLY | F.O_CREAT | F.O_APPEND,
  ax: F.O_WRONLY | F.O_CREAT | F.O_APPEND | F.O_EXCL,
  'a+': F.O_RDWR | F.O_CREAT | F.O_APPEND,
  'ax+': F.O_RDWR | F.O_CREAT | F.O_APPEND | F.O_EXCL,
};

const FILE_MODE = 0o666;
const DIRECTORY_MODE = 0o777;

/** Seconds since 1970, or a Date, as Node takes times. */
export type Time = number | Date;

function timestampOf(time: Time): Timestamp {
  const ms = time instanceof Date ? time.getTime() : time * 1000;
  const sec = Math.floor(ms / 1000);
  return { sec, nsec: Math.floor((ms - sec * 1000) * 1e6) };
}

type Action<T> = (ctx: PathContext, path: string) => T;

export interface WriteOptions {
  readonly mode?: number;
  readonly flag?: OpenMode;
}

/** Errors are SystemError, with Node's `code`, `syscall` and `path`. */
export class MachineFiles {
  constructor(private readonly machine: BareMachine) {}

  #do<T>(syscall: string, path: string, action: Action<T>): Promise<T> {
    return settle(() => action(rootContext(this.machine), path), syscall, path);
  }

  async open(path: string, flags: OpenMode | number = 'r', mode = FILE_MODE): Promise<FileHandle> {
    const bits = typeof flags === 'number' ? flags : OPEN_FLAGS[flags];
    if (bits === undefined) throw new TypeError(`'${flags}' is no way to open a file`);
    return this.#do('open', path, (ctx) => {
      // O_NONBLOCK: a FIFO without its other end must not wait for ever.
      return new FileHandle(open(ctx, ctx.root, path, bits | F.O_NONBLOCK, mode), ctx);
    });
  }

  readFile(path: string, options: Encoding | { encoding: Encoding }): Promise<string>;
  readFile(path: string): Promise<Uint8Array<ArrayBuffer>>;
  async readFile(path: string, options?: Encoding | { encoding?: Encoding | null } | null): Promise<Uint8Array<ArrayBuffer> | string> {
    const file = await this.open(path);
    try {
      return decoded(await file.readFile(), options);
    } finally {
      await file.close();
    }
  }

  async writeFile(path: string, data: Uint8Array | string, options: WriteOptions = {}): Promise<void> {
    const file = await this.open(path, options.flag ?? 'w', options.mode ?? FILE_MODE);
    try {
      await file.write(data);
    } finally {
      await file.close();
    }
  }

  appendFile(path: string, data: Uint8Array | string, options: WriteOptions = {}): Promise<void> {
    return this.writeFile(path, data, { ...options, flag: options.flag ?? 'a' });
  }

  async copyFile(from: string, to: string): Promise<void> {
    const { mode } = await this.stat(from);
    await this.writeFile(to, await this.readFile(from), { mode });
  }

  /** With `recursive` those above are made, too, and one that is there is no error. */
  async mkdir(path: string, options: { readonly recursive?: boolean; readonly mode?: number } = {}): Promise<void> {
    const { recursive = false, mode = DIRECTORY_MODE } = options;
    if (!recursive) {
      await this.#do('mkdir', path, (ctx) => N.mkdir(ctx, ctx.root, path, mode));
      return;
    }
    const parts = path.split('/').filter((part) => part !== '');
    for (let i = 1; i <= parts.length; i++) {
      const at = `/${parts.slice(0, i).join('/')}`;
      await this.#do('mkdir', at, (ctx) => {
        // A link to a directory is one.
        const found = find(ctx, at, true);
        if (found === undefined) N.mkdir(ctx, ctx.root, at, mode);
        else if (!isDirectory(found.inode.mode)) throw new SysError(i === parts.length ? EEXIST : ENOTDIR);
      });
    }
  }

  readdir(path: string, options: { readonly withFileTypes: true; readonly recursive?: boolean }): Promise<DirectoryEntry[]>;
  readdir(path: string, options?: { readonly withFileTypes?: false; readonly recursive?: boolean }): Promise<string[]>;
  async readdir(
    path: string,
    options: { readonly withFileTypes?: boolean; readonly recursive?: boolean } = {},
  ): Promise<string[] | DirectoryEntry[]> {
    const { withFileTypes = false, recursive = false } = options;
    const base = path.endsWith('/') ? path.slice(0, -1) : path;
    const entries = await this.#list(path === '/' ? '/' : base, recursive);
    if (withFileTypes) return entries;
    return entries.map((entry) => `${entry.parentPath}/${entry.name}`.slice(base.length).replace(/^\/+/, ''));
  }

  async #list(path: string, recursive: boolean): Promise<DirectoryEntry[]> {
    const entries = await this.#do('scandir', path, (ctx) => {
      const at = resolve(ctx, ctx.root, path, { directory: true });
      return at.inode.readdir().map((dirent) => new DirectoryEntry(dirent, path));
    });
    if (!recursive) return entries;
    const all: DirectoryEntry[] = [];
    for (const entry of entries) {
      all.push(entry);
      if (entry.isDirectory()) all.push(...(await this.#list(`${path === '/' ? '' : path}/${entry.name}`, true)));
    }
    return all;
  }

  stat(path: string): Promise<Stats> {
    return this.#do('stat', path, (ctx) => new Stats(resolve(ctx, ctx.root, path).inode));
  }

  lstat(path: string): Promise<Stats> {
    return this.#do('lstat', path, (ctx) => new Stats(resolve(ctx, ctx.root, path, { follow: false }).inode));
  }

  access(path: string, mode = F.F_OK): Promise<void> {
    return this.#do('access', path, (ctx) => A.access(ctx, resolve(ctx, ctx.root, path), mode));
  }

  /** Without links, '.' and '..'. */
  realpath(path: string): Promise<string> {
    return this.#do('realpath', path, (ctx) => pathFrom(resolve(ctx, ctx.root, path), ctx.root).path);
  }

  readlink(path: string): Promise<string> {
    return this.#do('readlink', path, (ctx) => A.readlink(resolve(ctx, ctx.root, path, { follow: false })));
  }

  async symlink(target: string, path: string): Promise<void> {
    await this.#do('symlink', path, (ctx) => N.symlink(ctx, target, ctx.root, path));
  }

  async link(existing: string, path: string): Promise<void> {
    await this.#do('link', path, (ctx) => N.link(ctx, resolve(ctx, ctx.root, existing, { follow: false }), ctx.root, path));
  }

  rename(from: string, to: string): Promise<void> {
    return this.#do('rename', from, (ctx) => N.rename(ctx, ctx.root, from, ctx.root, to));
  }

  unlink(path: string): Promise<void> {
    return this.#do('unlink', path, (ctx) => N.unlink(ctx, ctx.root, path));
  }

  rmdir(path: string): Promise<void> {
    return this.#do('rmdir', path, (ctx) => N.rmdir(ctx, ctx.root, path));
  }

  /** `recursive`: with all below; `force`: what is not there is no error. */
  async rm(path: string, options: { readonly recursive?: boolean; readonly force?: boolean } = {}): Promise<void> {
    const { recursive = false, force = false } = options;
    const found = await this.#do('rm', path, (ctx) => find(ctx, path));
    if (found === undefined) {
      if (force) return;
      throw new SystemError(ENOENT, 'rm', path);
    }
    if (!isDirectory(found.inode.mode)) return this.unlink(path);
    if (!recursive) throw new SystemError(ENOTEMPTY, 'rm', path, 'is a directory: recursive removes it');
    for (const name of await this.readdir(path)) await this.rm(`${path === '/' ? '' : path}/${name}`, { recursive });
    await this.rmdir(path);
  }

  chmod(path: string, mode: number): Promise<void> {
    return this.#do('chmod', path, (ctx) => A.chmod(ctx, resolve(ctx, ctx.root, path), mode));
  }

  chown(path: string, uid: number, gid: number): Promise<void> {
    return this.#do('chown', path, (ctx) => A.chown(ctx, resolve(ctx, ctx.root, path), uid, gid));
  }

  lchown(path: string, uid: number, gid: number): Promise<void> {
    return this.#do('lchown', path, (ctx) => A.chown(ctx, resolve(ctx, ctx.root, path, { follow: false }), uid, gid));
  }

  utimes(path: string, atime: Time, mtime: Time): Promise<void> {
    return this.#do('utimes', path, (ctx) => A.utimens(ctx, resolve(ctx, ctx.root, path), timestampOf(atime), timestampOf(mtime)));
  }

  truncate(path: string, length = 0): Promise<void> {
    return this.#do('truncate', path, (ctx) => A.truncate(ctx, resolve(ctx, ctx.root, path), length));
  }

  /** All that is dirty, on its medium. */
  async sync(): Promise<void> {
    await this.#do('sync', '/', () => this.machine.namespace.sync());
  }
}

/** What the path itself names, link or not. */
function find(ctx: PathContext, path: string, follow = false): Location | undefined {
  try {
    return resolve(ctx, ctx.root, path, { follow });
  } catch (error) {
    if (error instanceof SysError && error.errno === ENOENT) return undefined;
    throw error;
  }
}
