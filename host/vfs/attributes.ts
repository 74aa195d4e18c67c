/** Calls that change or ask what an inode is: chmod, chown, utimensat, truncate, access, readlink. */
import { EACCES, EINVAL, EISDIR, EOPNOTSUPP, EPERM, EROFS, ETXTBSY } from '../../assembly/shared/errno.js';
import { SysError } from '../linux/error.js';
import * as S from '../linux/stat.js';
import {
  CAP_CHOWN,
  CAP_FSETID,
  capable,
  inGroup,
  isOwner,
  lostSetIdBits,
  MAY_WRITE,
  mayAccess,
  protectedByReadOnly,
  requireAccess,
  requireOwner,
} from './access.js';
import type { PathContext } from './context.js';
import type { Location } from './dentry.js';
import { requireWritableMount } from './names.js';
import type { Credentials, Inode, InodeChange, Timestamp } from './types.js';

const PERMISSIONS = 0o7777;
/** (uid_t)-1 and (gid_t)-1: leave it. */
const UNCHANGED = 0xffffffff;

export function chmod(ctx: PathContext, location: Location, mode: number): void {
  const { inode } = location;
  requireWritableMount(location);
  if (S.isSymlink(inode.mode)) throw new SysError(EOPNOTSUPP);
  requireOwner(ctx.cred, inode);
  let permissions = mode & PERMISSIONS;
  if (!inGroup(ctx.cred, inode.gid) && !capable(ctx.cred, CAP_FSETID)) permissions &= ~S.S_ISGID;
  inode.setattr({ mode: permissions });
}

/** -1 (or 0xffffffff) leaves an id as it is. */
export function chown(ctx: PathContext, location: Location, uid: number, gid: number): void {
  const { inode } = location;
  const { cred } = ctx;
  requireWritableMount(location);
  const change: InodeChange = {};
  const owns = inode.uid === cred.uid;
  if (uid >>> 0 !== UNCHANGED) {
    change.uid = uid >>> 0;
    if (!(owns && change.uid === inode.uid) && !capable(cred, CAP_CHOWN)) throw new SysError(EPERM);
  }
  if (gid >>> 0 !== UNCHANGED) {
    change.gid = gid >>> 0;
    if (!(owns && (change.gid === inode.gid || inGroup(cred, change.gid))) && !capable(cred, CAP_CHOWN)) throw new SysError(EPERM);
  }
  const lost = S.isDirectory(inode.mode) ? 0 : lostSetIdBits(inode.mode);
  if (lost !== 0) change.mode = inode.mode & PERMISSIONS & ~lost;
  inode.setattr(change);
}

/** 'now', a time, or undefined: leave it. */
export type NewTime = Timestamp | 'now' | undefined;

export function utimens(ctx: PathContext, location: Location, atime: NewTime, mtime: NewTime): void {
  if (atime === undefined && mtime === undefined) return;
  const { inode } = location;
  requireWritableMount(location);
  if (!isOwner(ctx.cred, inode)) {
    if (atime !== 'now' || mtime !== 'now') throw new SysError(EPERM);
    if (!mayAccess(ctx.cred, inode, MAY_WRITE)) throw new SysError(EACCES);
  }
  const now = ctx.namespace.env.now();
  const change: InodeChange = {};
  if (atime !== undefined) change.atime = atime === 'now' ? now : atime;
  if (mtime !== undefined) change.mtime = mtime === 'now' ? now : mtime;
  inode.setattr(change);
}

/** The change that gives a file another size: set-id bits go with it unless the caller may keep them. */
export function sizeChange(cred: Credentials, inode: Inode, size: number): InodeChange {
  const lost = capable(cred, CAP_FSETID) ? 0 : lostSetIdBits(inode.mode);
  return lost === 0 ? { size } : { size, mode: inode.mode & PERMISSIONS & ~lost };
}

/** truncate(2); ftruncate is OpenFile.truncate. */
export function truncate(ctx: PathContext, location: Location, size: number): void {
  const { inode } = location;
  if (size < 0) throw new SysError(EINVAL);
  if (S.isDirectory(inode.mode)) throw new SysError(EISDIR);
  if (!S.isRegular(inode.mode)) throw new SysError(EINVAL);
  requireWritableMount(location);
  requireAccess(ctx.cred, inode, MAY_WRITE);
  if (inode.executions > 0) throw new SysError(ETXTBSY);
  inode.setattr(sizeChange(ctx.cred, inode, size));
}

/** access(2) as ctx.cred: use ctx.share(cred) to ask for the real user. `mask`: R_OK | W_OK | X_OK, 0 = F_OK. EACCES, EROFS. */
export function access(ctx: PathContext, location: Location, mask: number): void {
  const { inode, mount } = location;
  if ((mask & MAY_WRITE) !== 0 && mount.readOnly && protectedByReadOnly(inode.mode)) throw new SysError(EROFS);
  requireAccess(ctx.cred, inode, mask);
}

/** readlink(2) of what was resolved without following. EINVAL: no symbolic link. */
export function readlink(location: Location): string {
  if (!S.isSymlink(location.inode.mode)) throw new SysError(EINVAL);
  return location.inode.readlink();
}
