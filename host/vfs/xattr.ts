/** Extended attributes (xattr(7)): who may use which name space; the file system keeps the values. */
import { E2BIG, EACCES, EINVAL, ENODATA, EOPNOTSUPP, EPERM, ERANGE } from '../../assembly/shared/errno.js';
import { SysError } from '../linux/error.js';
import { XATTR_CREATE, XATTR_REPLACE } from '../linux/fcntl.js';
import { isDirectory, isRegular, S_ISVTX } from '../linux/stat.js';
import { encodeText } from '../linux/text.js';
import { CAP_SETFCAP, CAP_SYS_ADMIN, capable, isOwner, MAY_READ, MAY_WRITE, mayAccess } from './access.js';
import type { PathContext } from './context.js';
import type { Location } from './dentry.js';
import { CAPABILITY_XATTR, isStorableCapability } from './filecaps.js';
import { requireWritableMount } from './names.js';
import { xattrChanged } from './notify.js';

const NAME_MAX_BYTES = 255;
const VALUE_MAX_BYTES = 65536;

type Space = 'user' | 'trusted' | 'security';

/** ERANGE: no name or too long a one; EOPNOTSUPP: a name space that nobody serves (system.*: access control lists). */
function spaceOf(name: string): Space {
  const length = encodeText(name).length;
  if (length === 0 || length > NAME_MAX_BYTES) throw new SysError(ERANGE);
  const dot = name.indexOf('.');
  const space = dot < 0 ? '' : name.slice(0, dot);
  if (space !== 'user' && space !== 'trusted' && space !== 'security') throw new SysError(EOPNOTSUPP);
  if (dot === name.length - 1) throw new SysError(EINVAL);
  return space;
}

/** EOPNOTSUPP, ENODATA, EACCES. */
export function getXattr(ctx: PathContext, { inode }: Location, name: string): Uint8Array {
  const space = spaceOf(name);
  if (inode.getxattr === undefined) throw new SysError(EOPNOTSUPP);
  if (space === 'trusted' && !capable(ctx.cred, CAP_SYS_ADMIN)) throw new SysError(ENODATA);
  if (space === 'user') {
    if (!isRegular(inode.mode) && !isDirectory(inode.mode)) throw new SysError(ENODATA);
    if (!mayAccess(ctx.cred, inode, MAY_READ)) throw new SysError(EACCES);
  }
  const value = inode.getxattr(name);
  if (value === undefined) throw new SysError(ENODATA);
  return value;
}

function requireChange(ctx: PathContext, location: Location, name: string): void {
  const { inode } = location;
  const { cred } = ctx;
  const space = spaceOf(name);
  requireWritableMount(location);
  if (space !== 'user') {
    // The attribute that gives programs capabilities has one of its own.
    if (name === CAPABILITY_XATTR && capable(cred, CAP_SETFCAP)) return;
    if (name === CAPABILITY_XATTR || !capable(cred, CAP_SYS_ADMIN)) throw new SysError(EPERM);
    return;
  }
  if (!isRegular(inode.mode) && !isDirectory(inode.mode)) throw new SysError(EPERM);
  if (isDirectory(inode.mode) && (inode.mode & S_ISVTX) !== 0 && !isOwner(cred, inode)) throw new SysError(EPERM);
  if (!mayAccess(cred, inode, MAY_WRITE)) throw new SysError(EACCES);
}

/** `flags`: XATTR_CREATE (EEXIST), XATTR_REPLACE (ENODATA). */
export function setXattr(ctx: PathContext, location: Location, name: string, value: Uint8Array, flags: number): void {
  if ((flags & ~(XATTR_CREATE | XATTR_REPLACE)) !== 0) throw new SysError(EINVAL);
  if (value.length > VALUE_MAX_BYTES) throw new SysError(E2BIG);
  if (name === CAPABILITY_XATTR && value.length > 0 && !isStorableCapability(value)) throw new SysError(EINVAL);
  requireChange(ctx, location, name);
  const { inode } = location;
  if (inode.setxattr === undefined) throw new SysError(EOPNOTSUPP);
  inode.setxattr(name, value, flags);
  xattrChanged(location.dentry);
}

export function removeXattr(ctx: PathContext, location: Location, name: string): void {
  requireChange(ctx, location, name);
  const { inode } = location;
  if (inode.removexattr === undefined) throw new SysError(EOPNOTSUPP);
  inode.removexattr(name);
  xattrChanged(location.dentry);
}

/** Names that the caller may know of. */
export function listXattrs(ctx: PathContext, { inode }: Location): string[] {
  const names = inode.listxattr?.() ?? [];
  return capable(ctx.cred, CAP_SYS_ADMIN) ? names : names.filter((name) => !name.startsWith('trusted.'));
}
