/**
 * How names below a host folder are reached without ever leaving it.
 *
 * A HostPlace is a name in a directory together with the identity (device and inode number) of what was found there. A directory is never
 * addressed by a path of many components that the host would resolve by itself: somebody may put a symbolic link in the middle.
 *
 * On Linux a directory is held as a descriptor (O_PATH | O_DIRECTORY | O_NOFOLLOW), opened from its parent's descriptor one name at a
 * time and compared with the identity; its entries are addressed as /proc/self/fd/N/NAME, which is openat(2). Whatever is swapped at
 * whatever moment, the call works on an entry of the directory that was meant. Guarantee: no call reaches anything but the folder's tree
 * (a directory that the host moves out of it while the guest uses it stays usable for a while, as with a bind mount).
 *
 * Elsewhere (and where /proc is missing) each call walks the path with lstat, refuses links and strangers, makes the call with
 * O_NOFOLLOW, and walks again; what was opened is compared with what was seen. Guarantee: links in the folder never lead out, whatever
 * the guest does, since its calls run one at a time. What stays open: a process of the host that swaps directories for links and back in
 * the very moment of a call, every time between the same two steps, can misdirect it.
 */
import * as fs from 'node:fs';
import { EINVAL, ESTALE } from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import { O_PATH } from '../../linux/fcntl.js';
import { S_IFMT } from '../../linux/stat.js';
import { encodeText } from '../../linux/text.js';
import { host, hostOptional } from './node-errno.js';

export type HostPath = string | Buffer;

/** A name in a directory and what it named when it was looked up. */
export class HostPlace {
  /** The inode: as long as something below a directory is in use, the directory's inode and its place stay the ones in use. */
  owner: unknown = undefined;

  constructor(
    /** undefined: the root folder. */
    public parent: HostPlace | undefined,
    public name: string,
    readonly dev: bigint,
    readonly ino: bigint,
    /** File type bits: inode numbers are used again. */
    readonly type: number,
  ) {}

  static of(stat: fs.BigIntStats, parent?: HostPlace, name = ''): HostPlace {
    return new HostPlace(parent, name, stat.dev, stat.ino, Number(stat.mode) & S_IFMT);
  }

  isSame(stat: fs.BigIntStats): boolean {
    return stat.dev === this.dev && stat.ino === this.ino && (Number(stat.mode) & S_IFMT) === this.type;
  }
}

const DIRECTORIES_MAX = 128;
const { O_DIRECTORY = 0, O_NOFOLLOW = 0, O_RDONLY } = fs.constants;

/** Ways to address the entries of a directory. */
export interface HostAnchor {
  /** Path of an entry, good for one call. ENOENT: the directory is not there any more; ESTALE or ENOTDIR: something else is. */
  entry(directory: HostPlace, name: string): HostPath;
  /** Path of a directory itself, good for one call. */
  self(directory: HostPlace): HostPath;
  /** After a call: throws ESTALE when the directory has been swapped meanwhile. */
  recheck(directory: HostPlace): void;
  /** The directory is removed or about to be: what is held of it can go. */
  forget(directory: HostPlace): void;
  readonly root: HostPlace;
  close(): void;
}

/** A host file name is any bytes but '/' and NUL; a guest's name must be one component here, too. */
export function checkName(name: string): void {
  const bad = process.platform === 'win32' ? /[/\\:\0]/ : /[/\0]/;
  if (name === '' || name === '.' || name === '..' || bad.test(name)) throw new SysError(EINVAL, 'not one component');
}

function join(folder: string, name: string): HostPath {
  checkName(name);
  // Names that are not UTF-8 go to the host as the bytes they are.
  return /[\udc80-\udcff]/.test(name) ? Buffer.concat([Buffer.from(`${folder}/`), encodeText(name)]) : `${folder}/${name}`;
}

/** Directories held by descriptors. */
export class DescriptorAnchor implements HostAnchor {
  readonly root: HostPlace;
  private readonly _rootFd: number;
  /** Least recently used first. */
  private readonly _fds = new Map<HostPlace, number>();

  constructor(folder: string) {
    // The path that the embedder gave may itself go through links.
    this._rootFd = host(() => fs.openSync(folder, O_PATH | O_DIRECTORY));
    const stat = host(() => fs.fstatSync(this._rootFd, { bigint: true }));
    this.root = HostPlace.of(stat);
  }

  static available(): boolean {
    return process.platform === 'linux' && hostOptional(() => fs.statSync('/proc/self/fd')) !== undefined;
  }

  entry(directory: HostPlace, name: string): HostPath {
    return join(`/proc/self/fd/${this._descriptor(directory)}`, name);
  }

  self(directory: HostPlace): HostPath {
    return `/proc/self/fd/${this._descriptor(directory)}`;
  }

  /** The descriptor can't have become another directory. */
  recheck(): void {}

  private _descriptor(directory: HostPlace): number {
    if (directory === this.root) return this._rootFd;
    const known = this._fds.get(directory);
    if (known !== undefined) {
      this._fds.delete(directory);
      this._fds.set(directory, known);
      return known;
    }
    // From the nearest directory that is held down to this one: iterative, for trees of any depth.
    const missing: HostPlace[] = [];
    let at: HostPlace = directory;
    while (at !== this.root && !this._fds.has(at)) {
      missing.push(at);
      if (at.parent === undefined) throw new SysError(ESTALE);
      at = at.parent;
    }
    let fd = at === this.root ? this._rootFd : (this._fds.get(at) as number);
    for (const place of missing.reverse()) {
      fd = this._open(`/proc/self/fd/${fd}`, place);
      this._keep(place, fd);
    }
    return fd;
  }

  private _open(parent: string, place: HostPlace): number {
    const fd = host(() => fs.openSync(join(parent, place.name), O_PATH | O_DIRECTORY | O_NOFOLLOW));
    if (place.isSame(fs.fstatSync(fd, { bigint: true }))) return fd;
    fs.closeSync(fd);
    throw new SysError(ESTALE);
  }

  private _keep(place: HostPlace, fd: number): void {
    this._fds.set(place, fd);
    if (this._fds.size <= DIRECTORIES_MAX) return;
    const [oldest] = this._fds.keys();
    this.forget(oldest);
  }

  forget(directory: HostPlace): void {
    const fd = this._fds.get(directory);
    if (fd === undefined) return;
    this._fds.delete(directory);
    fs.closeSync(fd);
  }

  close(): void {
    for (const fd of this._fds.values()) fs.closeSync(fd);
    this._fds.clear();
    fs.closeSync(this._rootFd);
  }
}

/** Directories held by paths that are walked before and after each call. */
export class PathAnchor implements HostAnchor {
  readonly root: HostPlace;
  private readonly _folder: string;

  constructor(folder: string) {
    this._folder = host(() => fs.realpathSync(folder));
    const stat = host(() => fs.lstatSync(this._folder, { bigint: true }));
    this.root = HostPlace.of(stat);
    // ENOTDIR early, as the other way gives it.
    host(() => fs.closeSync(fs.openSync(this._folder, O_RDONLY | O_DIRECTORY)));
  }

  entry(directory: HostPlace, name: string): HostPath {
    const self = this.self(directory);
    checkName(name);
    const bytes = encodeText(name);
    return typeof self === 'string' ? join(self, name) : Buffer.concat([self, Buffer.from('/'), bytes]);
  }

  self(directory: HostPlace): HostPath {
    const chain: HostPlace[] = [];
    for (let at: HostPlace | undefined = directory; at !== undefined; at = at.parent) chain.push(at);
    if (chain.pop() !== this.root) throw new SysError(ESTALE);
    let path: HostPath = this._folder;
    this._verify(path, this.root);
    for (const place of chain.reverse()) {
      checkName(place.name);
      path = typeof path === 'string' ? join(path, place.name) : Buffer.concat([path, Buffer.from('/'), encodeText(place.name)]);
      this._verify(path, place);
    }
    return path;
  }

  private _verify(path: HostPath, place: HostPlace): void {
    if (!place.isSame(host(() => fs.lstatSync(path, { bigint: true })))) throw new SysError(ESTALE);
  }

  recheck(directory: HostPlace): void {
    this.self(directory);
  }

  /** Nothing is held. */
  forget(): void {}

  close(): void {}
}
