/** inotify_init1(2) and its watches. */

import { EEXIST, EINVAL, EMFILE } from '../../assembly/shared/errno.js';
import type { Thread } from '../kernel/thread.js';
import { sideTable } from '../linux/bound.js';
import { SysError } from '../linux/error.js';
import { AT_FDCWD, O_CLOEXEC, O_NONBLOCK } from '../linux/fcntl.js';
import * as I from '../linux/inotify.js';
import { MAY_READ, requireAccess } from '../vfs/access.js';
import type { VfsEnvironment } from '../vfs/environment.js';
import { InotifyFile, type InotifyUse } from '../vfs/inotify.js';
import { resolve } from '../vfs/walk.js';
import { descriptorInode, installAnonymous } from './anonymous.js';
import { readPath, startOf } from './lookup.js';
import { row } from './row.js';

const KNOWN =
  I.IN_ALL_EVENTS |
  I.IN_UNMOUNT |
  I.IN_Q_OVERFLOW |
  I.IN_IGNORED |
  I.IN_ONLYDIR |
  I.IN_DONT_FOLLOW |
  I.IN_EXCL_UNLINK |
  I.IN_MASK_ADD |
  I.IN_MASK_CREATE |
  I.IN_ISDIR |
  I.IN_ONESHOT;

/** By user id: who has how many. */
const uses = sideTable<VfsEnvironment, Map<number, InotifyUse>>('inotify instances');

function useOf(env: VfsEnvironment, uid: number): InotifyUse {
  let users = uses.get(env);
  if (users === undefined) uses.set(env, (users = new Map()));
  let use = users.get(uid);
  if (use === undefined) users.set(uid, (use = { instances: 0, watches: 0, knobs: env.knobs }));
  return use;
}

function inotifyInit1(t: Thread, flags: number): number {
  if ((flags & ~(O_NONBLOCK | O_CLOEXEC)) !== 0) return -EINVAL;
  const use = useOf(t.fs.namespace.env, t.cred.ruid);
  if (use.instances >= use.knobs.inotifyInstances) return -EMFILE;
  const file = new InotifyFile(descriptorInode(t), flags & O_NONBLOCK, use);
  return installAnonymous(t, file, 'inotify', (flags & O_CLOEXEC) !== 0);
}

function inotifyOf(t: Thread, fd: number): InotifyFile {
  const file = t.files.get(fd);
  if (!(file instanceof InotifyFile)) throw new SysError(EINVAL);
  return file;
}

function inotifyAddWatch(t: Thread, fd: number, address: number, mask: number): number {
  if (mask === 0 || (mask & ~KNOWN) !== 0) return -EINVAL;
  const file = t.files.get(fd);
  if ((mask & I.IN_MASK_ADD) !== 0 && (mask & I.IN_MASK_CREATE) !== 0) return -EINVAL;
  if (!(file instanceof InotifyFile)) return -EINVAL;
  const path = readPath(t, address);
  const follow = (mask & I.IN_DONT_FOLLOW) === 0;
  const { inode } = resolve(t.fs, startOf(t, AT_FDCWD, path), path, { follow, directory: (mask & I.IN_ONLYDIR) !== 0 });
  requireAccess(t.cred, inode, MAY_READ);
  if ((mask & I.IN_MASK_CREATE) !== 0 && file.find(inode) !== undefined) return -EEXIST;
  return file.watch(inode, mask);
}

function inotifyRmWatch(t: Thread, fd: number, wd: number): number {
  return inotifyOf(t, fd).remove(wd) ? 0 : -EINVAL;
}

const FILES_OF_PROC = 'files of /proc are watched only as long as somebody holds them; programs that end tell of no CLOSE_NOWRITE';

export const inotifyRows = [
  row(26, 'inotify_init1', ['flags:inotify_init'], inotifyInit1),
  row(27, 'inotify_add_watch', ['fd', 'path', 'flags:inotify'], inotifyAddWatch, { partial: FILES_OF_PROC }),
  row(28, 'inotify_rm_watch', ['fd', 'int'], inotifyRmWatch),
];
