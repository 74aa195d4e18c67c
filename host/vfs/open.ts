/** open(2), openat2(2): from a path and flags to an open file description. */
import { EACCES, EEXIST, EINVAL, EISDIR, ELOOP, ENOENT, ENOTDIR, ENXIO, EOPNOTSUPP, EROFS, ETXTBSY } from '../../assembly/shared/errno.js';
import { SysError } from '../linux/error.js';
import * as F from '../linux/fcntl.js';
import { IN_MODIFY } from '../linux/inotify.js';
import { MS_NODEV } from '../linux/mount.js';
import { isDirectory, isRegular, isSymlink, S_IFBLK, S_IFCHR, S_IFIFO, S_IFMT, S_IFREG, S_IFSOCK } from '../linux/stat.js';
import { CAP_FSETID, capable, MAY_EXEC, MAY_READ, MAY_WRITE, protectedByReadOnly, requireAccess, requireOwner } from './access.js';
import { AnonymousInode } from './anonymous.js';
import { sizeChange } from './attributes.js';
import type { PathContext } from './context.js';
import { Dentry, displayPath, Location } from './dentry.js';
import { dropFileCapabilities } from './filecaps.js';
import { newInode, requireWritableMount } from './names.js';
import { fileEvent, fileOpened, nameCreated } from './notify.js';
import { PathFile, releaseFile } from './openfile.js';
import { PagedFile } from './pagedfile.js';
import { openFifo } from './pipe.js';
import type { OpenFile } from './types.js';
import { Walk } from './walk.js';

const MAY_OF_ACCMODE = [MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE, MAY_READ | MAY_WRITE];
const PATH_FLAGS = F.O_PATH | F.O_DIRECTORY | F.O_NOFOLLOW | F.O_CLOEXEC;
/** They concern the call, not the description. */
const CALL_FLAGS = F.O_CREAT | F.O_EXCL | F.O_NOCTTY | F.O_TRUNC | F.O_CLOEXEC;

/**
 * Opens `path`. The result has one reference, the caller's. It may be a FIFO that is still `opening`: see OpenFile. Errors as in open(2).
 * `mode` is what a new file gets, before the umask; `resolve` RESOLVE_* of openat2.
 */
export function open(ctx: PathContext, start: Location, path: string, flags: number, mode = 0, resolve = 0): OpenFile {
  if ((flags & F.O_PATH) !== 0) flags &= PATH_FLAGS;
  const creates = (flags & F.O_CREAT) !== 0;
  const exclusive = creates && (flags & F.O_EXCL) !== 0;
  if ((flags & F.O_TMPFILE_BIT) !== 0) return openUnnamed(ctx, start, path, flags, mode, resolve);
  if (creates && (flags & F.O_DIRECTORY) !== 0) throw new SysError(EINVAL);
  const walk = new Walk(ctx, start, path, resolve);
  for (;;) {
    walk.toLast();
    if (creates && walk.kind === 'name' && walk.slash) throw new SysError(EISDIR);
    const found = walk.last();
    if (found === undefined) {
      if (!creates) throw new SysError(ENOENT);
      return create(ctx, walk, flags, mode);
    }
    if (walk.kind === 'name' && isSymlink(found.inode.mode) && !exclusive && ((flags & F.O_NOFOLLOW) === 0 || walk.slash)) {
      walk.follow(found);
      continue;
    }
    if (exclusive) throw new SysError(EEXIST);
    if (creates && found.dentry.isDirectory) throw new SysError(EISDIR);
    if ((walk.slash || (flags & F.O_DIRECTORY) !== 0) && !found.dentry.isDirectory) throw new SysError(ENOTDIR);
    return (flags & F.O_PATH) !== 0 ? finish(ctx, new PathFile(found.inode, flags), found) : openLocation(ctx, found, flags);
  }
}

function isDevice(mode: number): boolean {
  return (mode & S_IFMT) === S_IFCHR || (mode & S_IFMT) === S_IFBLK;
}

/** Opens what is at a location, with the permission checks of open(2). */
export function openLocation(ctx: PathContext, location: Location, flags: number): OpenFile {
  const { inode, mount } = location;
  const { mode } = inode;
  const truncates = (flags & F.O_TRUNC) !== 0;
  const mask = MAY_OF_ACCMODE[flags & F.O_ACCMODE] | (truncates ? MAY_WRITE : 0);
  if (isSymlink(mode)) throw new SysError(ELOOP);
  if (isDirectory(mode) && (mask & MAY_WRITE) !== 0) throw new SysError(EISDIR);
  if ((mask & MAY_WRITE) !== 0 && mount.readOnly && protectedByReadOnly(mode)) throw new SysError(EROFS);
  if ((mount.flags & MS_NODEV) !== 0 && isDevice(mode)) throw new SysError(EACCES);
  requireAccess(ctx.cred, inode, mask);
  if ((mask & MAY_WRITE) !== 0 && inode.executions > 0) throw new SysError(ETXTBSY);
  if ((flags & F.O_NOATIME) !== 0) requireOwner(ctx.cred, inode);
  if (truncates && isRegular(mode)) {
    dropFileCapabilities(inode);
    inode.setattr(sizeChange(ctx.cred, inode, 0));
  }
  const file = openInode(ctx, location, flags);
  if (truncates && isRegular(mode)) fileEvent(file, IN_MODIFY);
  return file;
}

/** Opens without asking for permission: a new file is its creator's whatever its mode says. */
function openInode(ctx: PathContext, location: Location, flags: number): OpenFile {
  const { inode } = location;
  const kept = (flags & ~CALL_FLAGS) | F.O_LARGEFILE;
  if (inode instanceof AnonymousInode) return finish(ctx, inode.open(kept), location);
  switch (inode.mode & S_IFMT) {
    case S_IFIFO:
      return finish(ctx, openFifo(ctx.namespace.env, inode, kept), location);
    case S_IFCHR:
    case S_IFBLK:
      return finish(ctx, ctx.namespace.env.devices.open(inode, kept, ctx.cred), location);
    case S_IFSOCK:
      throw new SysError(ENXIO);
    default:
      return finish(ctx, inode.open(kept), location);
  }
}

function finish(ctx: PathContext, file: OpenFile, location: Location): OpenFile {
  if ((file.flags & F.O_DIRECT) !== 0 && !(file instanceof PagedFile)) {
    releaseFile(file);
    throw new SysError(EINVAL);
  }
  file.location = location;
  file.fsErrors.errorsSeen = ctx.namespace.env.pages.errorsOf(location.mount.fs).sample();
  file.path = displayPath(location, ctx.root);
  if (!file.opening) fileOpened(file);
  if (file instanceof PagedFile) file.privileged = capable(ctx.cred, CAP_FSETID);
  return file;
}

function create(ctx: PathContext, walk: Walk, flags: number, mode: number): OpenFile {
  const { at, name } = walk;
  requireWritableMount(at);
  if (at.inode.refusesNew) throw new SysError(ENOENT);
  requireAccess(ctx.cred, at.inode, MAY_WRITE | MAY_EXEC);
  const inode = at.inode.create(name, newInode(ctx, at.inode, S_IFREG, mode & ~ctx.umask));
  nameCreated(at.inode, name, inode);
  return openInode(ctx, new Location(at.mount, at.dentry.insert(name, inode)), flags);
}

/** O_TMPFILE: a file in a directory's file system, without a name. */
function openUnnamed(ctx: PathContext, start: Location, path: string, flags: number, mode: number, resolve: number): OpenFile {
  if ((flags & F.O_DIRECTORY) === 0 || (flags & F.O_CREAT) !== 0) throw new SysError(EINVAL);
  if ((MAY_OF_ACCMODE[flags & F.O_ACCMODE] & MAY_WRITE) === 0) throw new SysError(EINVAL);
  const directory = ctx.namespace.resolve(ctx, start, path, { directory: true, resolve, follow: (flags & F.O_NOFOLLOW) === 0 });
  const { inode: parent, mount } = directory;
  requireWritableMount(directory);
  requireAccess(ctx.cred, parent, MAY_WRITE | MAY_EXEC);
  if (parent.createUnnamed === undefined) throw new SysError(EOPNOTSUPP);
  const inode = parent.createUnnamed(newInode(ctx, parent, S_IFREG, mode & ~ctx.umask), (flags & F.O_EXCL) === 0);
  const dentry = new Dentry(directory.dentry, `#${inode.ino}`, inode);
  dentry.deleted = true;
  return openInode(ctx, new Location(mount, dentry), flags & ~F.O_DIRECTORY);
}
