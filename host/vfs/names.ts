/** Calls that make, remove and move names: mkdir, mknod, symlink, link, unlink, rmdir, rename (path_resolution(7) and their own pages). */
import * as E from '../../assembly/shared/errno.js';
import { SysError } from '../linux/error.js';
import { RENAME_EXCHANGE, RENAME_NOREPLACE } from '../linux/fcntl.js';
import * as S from '../linux/stat.js';
import { CAP_FSETID, CAP_MKNOD, capable, inGroup, MAY_EXEC, MAY_WRITE, requireAccess, requireRemove } from './access.js';
import type { PathContext } from './context.js';
import { type Dentry, Location } from './dentry.js';
import { nameCreated, nameDeleted, nameLinked, nameMoved } from './notify.js';
import type { Inode, NewInode } from './types.js';
import { resolveParent, type Walk } from './walk.js';

const PERMISSIONS = 0o7777;
const GROUP_EXEC = 0o010;

export function requireWritableMount(location: Location): void {
  if (location.mount.readOnly) throw new SysError(E.EROFS);
}

/** Owner and mode of a new inode: a set-group-ID directory hands its group down, and to directories the bit, too. */
export function newInode(ctx: PathContext, parent: Inode, type: number, permissions: number, rdev = 0): NewInode {
  const { cred } = ctx;
  let mode = permissions & PERMISSIONS;
  let { gid } = cred;
  if ((parent.mode & S.S_ISGID) !== 0) {
    gid = parent.gid;
    if (type === S.S_IFDIR) mode |= S.S_ISGID;
    else if ((mode & (S.S_ISGID | GROUP_EXEC)) === (S.S_ISGID | GROUP_EXEC) && !inGroup(cred, gid) && !capable(cred, CAP_FSETID)) {
      mode &= ~S.S_ISGID;
    }
  }
  return { mode: type | mode, uid: cred.uid, gid, rdev };
}

/** The place for a new name: its directory may be written and has no such name yet. */
function placeFor(ctx: PathContext, start: Location, path: string, directory = false): Walk {
  const walk = resolveParent(ctx, start, path);
  if (walk.kind !== 'name' || walk.last() !== undefined) throw new SysError(E.EEXIST);
  if (walk.slash && !directory) throw new SysError(E.ENOENT);
  requireWritableMount(walk.at);
  if (walk.at.inode.refusesNew) throw new SysError(E.ENOENT);
  requireAccess(ctx.cred, walk.at.inode, MAY_WRITE | MAY_EXEC);
  return walk;
}

function add({ at, name }: Walk, inode: Inode): Location {
  nameCreated(at.inode, name, inode);
  return new Location(at.mount, at.dentry.insert(name, inode));
}

export function mkdir(ctx: PathContext, start: Location, path: string, mode: number): Location {
  const place = placeFor(ctx, start, path, true);
  const parent = place.at.inode;
  // Of the special bits mkdir(2) knows the sticky one.
  const permissions = mode & (0o777 | S.S_ISVTX) & ~ctx.umask;
  return add(place, parent.create(place.name, newInode(ctx, parent, S.S_IFDIR, permissions)));
}

/** `mode` with type bits; without them a regular file. Devices need CAP_MKNOD. */
export function mknod(ctx: PathContext, start: Location, path: string, mode: number, rdev: number): Location {
  const type = (mode & S.S_IFMT) === 0 ? S.S_IFREG : mode & S.S_IFMT;
  const device = type === S.S_IFCHR || type === S.S_IFBLK;
  if (type === S.S_IFDIR) throw new SysError(E.EPERM);
  if (!device && type !== S.S_IFREG && type !== S.S_IFIFO && type !== S.S_IFSOCK) throw new SysError(E.EINVAL);
  const place = placeFor(ctx, start, path);
  if (device && !capable(ctx.cred, CAP_MKNOD)) throw new SysError(E.EPERM);
  const parent = place.at.inode;
  return add(place, parent.create(place.name, newInode(ctx, parent, type, mode & ~ctx.umask, device ? rdev : 0)));
}

export function symlink(ctx: PathContext, target: string, start: Location, path: string): Location {
  if (target === '') throw new SysError(E.ENOENT);
  const place = placeFor(ctx, start, path);
  const parent = place.at.inode;
  return add(place, parent.symlink(place.name, target, newInode(ctx, parent, S.S_IFLNK, 0o777)));
}

/** link(2): gives what `target` (resolved by the caller, who knows about following) names another name. */
export function link(ctx: PathContext, target: Location, start: Location, path: string): Location {
  const place = placeFor(ctx, start, path);
  if (target.mount !== place.at.mount) throw new SysError(E.EXDEV);
  if (S.isDirectory(target.inode.mode)) throw new SysError(E.EPERM);
  place.at.inode.link(place.name, target.inode);
  const { at, name } = place;
  nameLinked(at.inode, name, target.inode);
  return new Location(at.mount, at.dentry.insert(name, target.inode));
}

/** The dentry that a call is to remove: in a writable mount, allowed, and nothing mounted on it. */
function childOf(walk: Walk): Dentry {
  const child = walk.at.dentry.child(walk.name);
  if (child === undefined) throw new SysError(E.ENOENT);
  return child;
}

function requireNoMount(dentry: Dentry): void {
  if (dentry.mounts > 0) throw new SysError(E.EBUSY);
}

export function unlink(ctx: PathContext, start: Location, path: string): void {
  const walk = resolveParent(ctx, start, path);
  if (walk.kind !== 'name') throw new SysError(E.EISDIR);
  requireWritableMount(walk.at);
  const child = childOf(walk);
  if (walk.slash) throw new SysError(child.isDirectory ? E.EISDIR : E.ENOTDIR);
  requireRemove(ctx.cred, walk.at.inode, child.inode);
  if (child.isDirectory) throw new SysError(E.EISDIR);
  requireNoMount(child);
  walk.at.inode.unlink(walk.name);
  walk.at.dentry.remove(child);
  nameDeleted(walk.at.inode, walk.name, child.inode);
}

export function rmdir(ctx: PathContext, start: Location, path: string): void {
  const walk = resolveParent(ctx, start, path);
  if (walk.kind === '.') throw new SysError(E.EINVAL);
  if (walk.kind === '..') throw new SysError(E.ENOTEMPTY);
  if (walk.kind === '') throw new SysError(E.EBUSY);
  requireWritableMount(walk.at);
  const child = childOf(walk);
  requireRemove(ctx.cred, walk.at.inode, child.inode);
  if (!child.isDirectory) throw new SysError(E.ENOTDIR);
  requireNoMount(child);
  walk.at.inode.rmdir(walk.name);
  walk.at.dentry.remove(child);
  nameDeleted(walk.at.inode, walk.name, child.inode);
}

/** renameat2(2). RENAME_WHITEOUT is for overlay file systems below us: EINVAL, as from a file system without it. */
export function rename(ctx: PathContext, oldStart: Location, oldPath: string, newStart: Location, newPath: string, flags = 0): void {
  const exchange = (flags & RENAME_EXCHANGE) !== 0;
  const keep = (flags & RENAME_NOREPLACE) !== 0;
  if ((flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE)) !== 0 || (exchange && keep)) throw new SysError(E.EINVAL);
  const from = resolveParent(ctx, oldStart, oldPath);
  const to = resolveParent(ctx, newStart, newPath);
  if (from.at.mount !== to.at.mount) throw new SysError(E.EXDEV);
  if (from.kind !== 'name') throw new SysError(E.EBUSY);
  if (to.kind !== 'name') throw new SysError(keep ? E.EEXIST : E.EBUSY);
  requireWritableMount(from.at);
  const source = childOf(from);
  const target = to.at.dentry.child(to.name);
  if (keep && target !== undefined) throw new SysError(E.EEXIST);
  if (exchange && target === undefined) throw new SysError(E.ENOENT);
  checkSlashes(from, to, source, target, exchange);
  if (source.isDirectory && to.at.dentry.isWithin(source)) throw new SysError(E.EINVAL);
  if (target?.isDirectory && from.at.dentry.isWithin(target)) throw new SysError(exchange ? E.EINVAL : E.ENOTEMPTY);
  // Two names of one file: POSIX wants both to stay.
  if (source.inode === target?.inode) return;
  checkPermissions(ctx, from.at.inode, to.at.inode, source, target, exchange);
  requireNoMount(source);
  if (target !== undefined) requireNoMount(target);
  from.at.inode.rename(from.name, to.at.inode, to.name, flags);
  if (exchange) from.at.dentry.exchange(source, to.at.dentry, target as Dentry);
  else from.at.dentry.move(source, to.at.dentry, to.name);
  const { env } = ctx.namespace;
  const [old, place] = [from.at.inode, to.at.inode];
  nameMoved(old, from.name, place, to.name, source.inode, ++env.lastMove, exchange ? undefined : target?.inode);
  if (exchange && target !== undefined) nameMoved(place, to.name, old, from.name, target.inode, ++env.lastMove);
}

/** A name with slashes after it is a directory's. */
function checkSlashes(from: Walk, to: Walk, source: Dentry, target: Dentry | undefined, exchange: boolean): void {
  if (exchange && to.slash && !target?.isDirectory) throw new SysError(E.ENOTDIR);
  if (!source.isDirectory && (from.slash || (!exchange && to.slash))) throw new SysError(E.ENOTDIR);
}

function checkPermissions(
  { cred }: PathContext,
  fromParent: Inode,
  toParent: Inode,
  source: Dentry,
  target: Dentry | undefined,
  exchange: boolean,
): void {
  requireRemove(cred, fromParent, source.inode);
  if (target === undefined) requireAccess(cred, toParent, MAY_WRITE | MAY_EXEC);
  else {
    requireRemove(cred, toParent, target.inode);
    if (!exchange && source.isDirectory && !target.isDirectory) throw new SysError(E.ENOTDIR);
    if (!exchange && !source.isDirectory && target.isDirectory) throw new SysError(E.EISDIR);
  }
  if (fromParent === toParent) return;
  // A directory's '..' changes.
  if (source.isDirectory) requireAccess(cred, source.inode, MAY_WRITE);
  if (exchange && target?.isDirectory) requireAccess(cred, target.inode, MAY_WRITE);
}
