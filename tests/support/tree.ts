/** A namespace over one file system and a user in it: the VFS's calls by path, as short as a shell's. */

import { errnoName } from '../../host/linux/errno.js';
import { SysError } from '../../host/linux/error.js';
import * as F from '../../host/linux/fcntl.js';
import { decodeText, encodeText } from '../../host/linux/text.js';
import { PathContext } from '../../host/vfs/context.js';
import { type Location, pathFrom } from '../../host/vfs/dentry.js';
import type { VfsEnvironment } from '../../host/vfs/environment.js';
import { HostBuffer } from '../../host/vfs/hostbuffer.js';
import { Namespace } from '../../host/vfs/namespace.js';
import { releaseFile } from '../../host/vfs/openfile.js';
import * as O from '../../host/vfs/operations.js';
import type { Credentials, FileSystem, Inode, OpenFile } from '../../host/vfs/types.js';
import { type ResolveOptions, resolve } from '../../host/vfs/walk.js';

export const ROOT: Credentials = { uid: 0, gid: 0, groups: [] };

export class Tree {
  constructor(
    readonly env: VfsEnvironment,
    readonly namespace: Namespace,
    readonly ctx: PathContext,
  ) {}

  static over(env: VfsEnvironment, fs: FileSystem, cred: Credentials = ROOT): Tree {
    const namespace = new Namespace(env, fs);
    return new Tree(env, namespace, PathContext.create(namespace, cred));
  }

  /** The same tree as somebody else. */
  as(uid: number, gid = uid, groups: readonly number[] = []): Tree {
    return new Tree(this.env, this.namespace, this.ctx.clone({ uid, gid, groups }));
  }

  at(path: string, options?: ResolveOptions): Location {
    return resolve(this.ctx, this.ctx.cwd, path, options);
  }

  inode(path: string, options?: ResolveOptions): Inode {
    return this.at(path, options).inode;
  }

  path(location: Location): string {
    return pathFrom(location, this.ctx.root).path;
  }

  open(path: string, flags = F.O_RDONLY, mode = 0o644): OpenFile {
    return O.open(this.ctx, this.ctx.cwd, path, flags, mode);
  }

  /** Opens and closes. */
  touch(path: string, flags = F.O_RDWR | F.O_CREAT, mode = 0o644): void {
    releaseFile(this.open(path, flags, mode));
  }

  write(path: string, text: string | Uint8Array, flags = F.O_WRONLY | F.O_CREAT | F.O_TRUNC, mode = 0o644): void {
    const file = this.open(path, flags, mode);
    try {
      this.writeFile(file, text);
    } finally {
      releaseFile(file);
    }
  }

  read(path: string): string {
    const file = this.open(path);
    try {
      return this.readFile(file);
    } finally {
      releaseFile(file);
    }
  }

  writeFile(file: OpenFile, text: string | Uint8Array, offset?: number): number {
    const count = file.write(new HostBuffer(typeof text === 'string' ? encodeText(text) : text, this.env.pages), offset);
    if (count < 0) throw new SysError(-count);
    return count;
  }

  readBytes(file: OpenFile, max = 1 << 20, offset?: number): Uint8Array {
    const buffer = new HostBuffer(new Uint8Array(max), this.env.pages);
    const count = file.read(buffer, offset);
    if (count < 0) throw new SysError(-count);
    return buffer.filled;
  }

  readFile(file: OpenFile, max = 1 << 20, offset?: number): string {
    return decodeText(this.readBytes(file, max, offset));
  }

  mkdir(path: string, mode = 0o755): void {
    O.mkdir(this.ctx, this.ctx.cwd, path, mode);
  }
  rmdir(path: string): void {
    O.rmdir(this.ctx, this.ctx.cwd, path);
  }
  unlink(path: string): void {
    O.unlink(this.ctx, this.ctx.cwd, path);
  }
  symlink(target: string, path: string): void {
    O.symlink(this.ctx, target, this.ctx.cwd, path);
  }
  readlink(path: string): string {
    return O.readlink(this.at(path, { follow: false }));
  }
  link(from: string, to: string, follow = false): void {
    O.link(this.ctx, this.at(from, { follow }), this.ctx.cwd, to);
  }
  rename(from: string, to: string, flags = 0): void {
    O.rename(this.ctx, this.ctx.cwd, from, this.ctx.cwd, to, flags);
  }
  mknod(path: string, mode: number, rdev = 0): void {
    O.mknod(this.ctx, this.ctx.cwd, path, mode, rdev);
  }
  chmod(path: string, mode: number): void {
    O.chmod(this.ctx, this.at(path), mode);
  }
  chown(path: string, uid: number, gid: number): void {
    O.chown(this.ctx, this.at(path, { follow: false }), uid, gid);
  }
  truncate(path: string, size: number): void {
    O.truncate(this.ctx, this.at(path), size);
  }
  access(path: string, mask: number): void {
    O.access(this.ctx, this.at(path), mask);
  }

  /** Names in a directory, sorted. */
  list(path: string): string[] {
    return this.inode(path)
      .readdir()
      .map((entry) => entry.name)
      .sort();
  }

  cd(path: string): void {
    this.ctx.cwd = this.at(path, { directory: true });
  }
  get cwd(): string {
    return this.path(this.ctx.cwd);
  }
}

/** 'ok', or the name of the error a call throws. */
export function outcome(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    return errnoName(error.errno);
  }
  return 'ok';
}
