/** Calls that change or ask what an inode is: chmod, chown, utimensat, truncate, access, readlink. */
import { EACCES, EINVAL, EISDIR, EOPNOTSUPP, EPERM, EROFS, ETXTBSY } from '../../assembly/shared/errno.js';
import { SysError } from '../linux/error.js';
import { F_SEAL_EXEC } from '../linux/fcntl.js';
import { MS_NOEXEC } from '../linux/mount.js';
import * as S from '../linux/stat.js';
import {
  CAP_CHOWN,
  CAP_FSETID,
  capable,
  inGroup,
  isOwner,
  lostSetIdBits,
  MAY_EXEC,
  MAY_WRITE,
  mayAccess,
  protectedByReadOnly,
  requireAccess,
  requireOwner,
} from './access.js';
import type { PathContext } from './context.js';
import type { Location } from './dentry.js';
import { dropFileCapabilities } from './filecaps.js';
import { requireWritableMount } from './names.js';
import { attributesChanged } from './notify.js';
import { PagedInode } from './pagedinode.js';
import type { Credentials, Inode, InodeChange, Timestamp } from './types.js';

const PERMISSIONS = 0o7777;
const ANY_EXECUTE = 0o111;
/** (uid_t)-1 and (gid_t)-1: leave it. */
const UNCHANGED = 0xffffffff;

function change(location: Location, wanted: InodeChange): void {
  location.inode.setattr(wanted);
  attributesChanged(location.dentry, wanted);
}

export function chmod(ctx: PathContext, location: Location, mode: number): void {
  const { inode } = location;
  requireWritableMount(location);
  if (S.isSymlink(inode.mode)) throw new SysError(EOPNOTSUPP);
  requireOwner(ctx.cred, inode);
  let permissions = mode & PERMISSIONS;
  if (!inGroup(ctx.cred, inode.gid) && !capable(ctx.cred, CAP_FSETID)) permissions &= ~S.S_ISGID;
  const sealed = inode instanceof PagedInode && (inode.seals & F_SEAL_EXEC) !== 0;
  if (sealed && ((inode.mode ^ permissions) & ANY_EXECUTE) !== 0) throw new SysError(EPERM);
  change(location, { mode: permissions });
}

/** -1 (or 0xffffffff) leaves an id as it is. */
export function chown(ctx: PathContext, location: Location, uid: number, gid: number): void {
  const { inode } = location;
  const { cred } = ctx;
  requireWritableMount(location);
  const wanted: InodeChange = {};
  const owns = inode.uid === cred.uid;
  if (uid >>> 0 !== UNCHANGED) {
    wanted.uid = uid >>> 0;
    if (!(owns && wanted.uid === inode.uid) && !capable(cred, CAP_CHOWN)) throw new SysError(EPERM);
  }
  if (gid >>> 0 !== UNCHANGED) {
    wanted.gid = gid >>> 0;
    if (!(owns && (wanted.gid === inode.gid || inGroup(cred, wanted.gid))) && !capable(cred, CAP_CHOWN)) throw new SysError(EPERM);
  }
  const lost = S.isDirectory(inode.mode) ? 0 : lostSetIdBits(inode.mode);
  if (lost !== 0) wanted.mode = inode.mode & PERMISSIONS & ~lost;
  if (!S.isDirectory(inode.mode)) dropFileCapabilities(inode);
  change(location, wanted);
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
  const wanted: InodeChange = {};
  if (atime !== undefined) wanted.atime = atime === 'now' ? now : atime;
  if (mtime !== undefined) wanted.mtime = mtime === 'now' ? now : mtime;
  change(location, wanted);
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
  dropFileCapabilities(inode);
  change(location, sizeChange(ctx.cred, inode, size));
}

/** access(2) as ctx.cred: use ctx.share(cred) to ask for the real user. `mask`: R_OK | W_OK | X_OK, 0 = F_OK. EACCES, EROFS. */
export function access(ctx: PathContext, location: Location, mask: number): void {
  const { inode, mount } = location;
  if ((mask & MAY_WRITE) !== 0 && mount.readOnly && protectedByReadOnly(inode.mode)) throw new SysError(EROFS);
  if ((mask & MAY_EXEC) !== 0 && (mount.flags & MS_NOEXEC) !== 0 && S.isRegular(inode.mode)) throw new SysError(EACCES);
  requireAccess(ctx.cred, inode, mask);
}

/** readlink(2) of what was resolved without following. EINVAL: no symbolic link. */
export function readlink(location: Location): string {
  if (!S.isSymlink(location.inode.mode)) throw new SysError(EINVAL);
  return location.inode.readlink();
}
