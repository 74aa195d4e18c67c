/**
 * Path walking (path_resolution(7), openat2(2)). It is iterative: a symbolic link's target is put in front of what is left of the path, so
 * neither deep paths nor link chains use the stack. '..' climbs dentries and mounts, never above the root it was given.
 */
import { EAGAIN, EINVAL, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, EXDEV } from '../../assembly/shared/errno.js';
import { SysError } from '../linux/error.js';
import * as F from '../linux/fcntl.js';
import { isDirectory, isSymlink } from '../linux/stat.js';
import { encodeText } from '../linux/text.js';
import { MAY_EXEC, requireAccess } from './access.js';
import type { PathContext } from './context.js';
import { type Dentry, Location } from './dentry.js';

export interface ResolveOptions {
  /** Follow a symbolic link that is the last component; default true. A trailing slash follows it anyway. */
  readonly follow?: boolean;
  /** ENOTDIR unless it is a directory. */
  readonly directory?: boolean;
  /** RESOLVE_* of openat2. */
  readonly resolve?: number;
}

const LINKS_MAX = 40;
const SLASH = 47;

/** Bytes of a name as the guest has it. */
function byteLength(text: string): number {
  return text.length * 3 < F.NAME_MAX ? text.length : encodeText(text).length;
}

/** What the last component of a path is. '' = the path had none: the root, or where a magic link leads. */
export type LastKind = 'name' | '.' | '..' | '';

/** A walk in progress. Invariant between calls: `at` is a directory that may be searched, or the result when nothing is left. */
export class Walk {
  at: Location;
  /** The last component, after toLast(). */
  name = '';
  kind: LastKind = '';
  /** Slashes follow the last component: it must be a directory. */
  slash = false;
  private readonly _root: Location;
  private readonly _start: Location;
  private readonly _flags: number;
  private _rest: string;
  private _links = 0;

  constructor(
    readonly ctx: PathContext,
    start: Location,
    path: string,
    flags = 0,
  ) {
    if (path.length === 0) throw new SysError(ENOENT);
    if (path.length * 3 >= F.PATH_MAX && encodeText(path).length >= F.PATH_MAX) throw new SysError(ENAMETOOLONG);
    if (path.includes('\0')) throw new SysError(EINVAL);
    if ((flags & F.RESOLVE_CACHED) !== 0) throw new SysError(EAGAIN);
    this._flags = flags;
    this._start = start;
    this._root = (flags & F.RESOLVE_IN_ROOT) !== 0 ? start : ctx.root;
    this._rest = path;
    this.at = path.charCodeAt(0) === SLASH ? this._jumpToRoot() : start;
  }

  private _has(flag: number): boolean {
    return (this._flags & flag) !== 0;
  }

  private _jumpToRoot(): Location {
    if (this._has(F.RESOLVE_BENEATH)) throw new SysError(EXDEV);
    if (this._has(F.RESOLVE_NO_XDEV) && this._root.mount !== this._start.mount) throw new SysError(EXDEV);
    return this._root;
  }

  /** Walks to the directory that holds the last component, which may be searched and is left in `at`; sets name, kind and slash. */
  toLast(): void {
    const { cred } = this.ctx;
    for (;;) {
      const rest = this._rest;
      let from = 0;
      while (rest.charCodeAt(from) === SLASH) from++;
      if (from === rest.length) {
        this.name = '';
        this.kind = '';
        this.slash = from > 0;
        return;
      }
      if (!isDirectory(this.at.inode.mode)) throw new SysError(ENOTDIR);
      requireAccess(cred, this.at.inode, MAY_EXEC);
      let end = rest.indexOf('/', from);
      if (end < 0) end = rest.length;
      let next = end;
      while (rest.charCodeAt(next) === SLASH) next++;
      this.name = rest.slice(from, end);
      this.kind = this.name === '.' || this.name === '..' ? this.name : 'name';
      if (this.kind === 'name' && byteLength(this.name) > F.NAME_MAX) throw new SysError(ENAMETOOLONG);
      this._rest = rest.slice(next);
      if (next === rest.length) {
        this.slash = next > end;
        return;
      }
      this.slash = false;
      const found = this.last();
      if (found === undefined) throw new SysError(ENOENT);
      if (isSymlink(found.inode.mode)) this.follow(found);
      else if (isDirectory(found.inode.mode)) this.at = found;
      else throw new SysError(ENOTDIR);
    }
  }

  /** Where the last component leads; a symbolic link is not followed. undefined: there is no such name. */
  last(): Location | undefined {
    if (this.kind === '' || this.kind === '.') return this.at;
    if (this.kind === '..') return this._up();
    const child = this.at.dentry.child(this.name);
    if (child === undefined) return undefined;
    return this._cross(new Location(this.at.mount, child));
  }

  private _cross(location: Location): Location {
    if (location.dentry.mounts === 0) return location;
    const top = this.ctx.namespace.descend(location);
    if (top.mount !== location.mount && this._has(F.RESOLVE_NO_XDEV)) throw new SysError(EXDEV);
    return top;
  }

  private _up(): Location {
    const root = this._root;
    let { mount, dentry } = this.at;
    const isStart = this.at.equals(this._start);
    if (isStart && this._has(F.RESOLVE_BENEATH)) throw new SysError(EXDEV);
    for (;;) {
      if (dentry === root.dentry && mount === root.mount) return new Location(mount, dentry);
      const up: Dentry | undefined = dentry === mount.root ? undefined : dentry.parent;
      if (up !== undefined) return this._cross(new Location(mount, up));
      if (mount.parent === undefined) return new Location(mount, dentry);
      if (this._has(F.RESOLVE_NO_XDEV)) throw new SysError(EXDEV);
      ({ mount, dentry } = mount.parent);
    }
  }

  /** Goes on where a link found in `at` leads: call toLast() again. Its trailing slashes stay in force. */
  follow(link: Location): void {
    if (++this._links > LINKS_MAX || this._has(F.RESOLVE_NO_SYMLINKS)) throw new SysError(ELOOP);
    const { inode } = link;
    if (inode.followMagic !== undefined) {
      if (this._has(F.RESOLVE_NO_MAGICLINKS)) throw new SysError(ELOOP);
      if (this._has(F.RESOLVE_BENEATH | F.RESOLVE_IN_ROOT)) throw new SysError(EXDEV);
      const target = inode.followMagic();
      if (!(target instanceof Location)) throw new SysError(ENOENT);
      if (this._has(F.RESOLVE_NO_XDEV) && target.mount !== this.at.mount) throw new SysError(EXDEV);
      this.at = target;
      if (this.slash) this._rest = '/';
      return;
    }
    const target = inode.readlink();
    if (target === '') throw new SysError(ENOENT);
    if (target.charCodeAt(0) === SLASH) this.at = this._jumpToRoot();
    this._rest = this._rest !== '' || this.slash ? `${target}/${this._rest}` : target;
  }
}

/** What `path` names, from `start` when it is relative. Throws SysError: ENOENT, ENOTDIR, EACCES, ELOOP, ENAMETOOLONG, EXDEV. */
export function resolve(ctx: PathContext, start: Location, path: string, options: ResolveOptions = {}): Location {
  const walk = new Walk(ctx, start, path, options.resolve);
  const mustBeDirectory = options.directory === true;
  for (;;) {
    walk.toLast();
    const found = walk.last();
    if (found === undefined) throw new SysError(ENOENT);
    const link = walk.kind === 'name' && isSymlink(found.inode.mode);
    if (link && (options.follow !== false || walk.slash)) {
      walk.follow(found);
      continue;
    }
    if ((mustBeDirectory || walk.slash) && !isDirectory(found.inode.mode)) throw new SysError(ENOTDIR);
    return found;
  }
}

/** The directory and the last component of a path, for calls that make or remove a name. The last component is not looked up. */
export function resolveParent(ctx: PathContext, start: Location, path: string, flags = 0): Walk {
  const walk = new Walk(ctx, start, path, flags);
  walk.toLast();
  return walk;
}
