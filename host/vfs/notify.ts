/**
 * What happens to files, told to whoever watches them: where the events of inotify(7) come from. Each operation of the VFS names its event
 * here once it has succeeded. While nobody watches anything, in any machine, that costs a test of `marks`.
 */
import { sideTable } from '../linux/bound.js';
import { O_ACCMODE, O_PATH, O_RDONLY } from '../linux/fcntl.js';
import * as I from '../linux/inotify.js';
import { isDirectory, isRegular } from '../linux/stat.js';
import { type Dentry, Location } from './dentry.js';
import type { FileSystem, Inode, InodeChange, OpenFile } from './types.js';

/** One watch of one inode. */
export interface Mark {
  readonly inode: Inode;
  /** name: of the entry, when the watched directory's child is meant. nameless: the event came by a file whose name is gone. */
  notify(mask: number, name: string | undefined, cookie: number, nameless: boolean): void;
  /** The inode has gone, or its file system: the watch ends. */
  end(): void;
}

let marks = 0;
/** The watches of each file system, for its unmounting. */
const marksOf = sideTable<FileSystem, Set<Mark>>('watches');

export function addMark(mark: Mark): void {
  const { inode } = mark;
  inode.marks ??= new Set();
  inode.marks.add(mark);
  let all = marksOf.get(inode.fs);
  if (all === undefined) marksOf.set(inode.fs, (all = new Set()));
  all.add(mark);
  marks++;
}

/** A mark of a restored machine, which is in its tables already. */
export function markRestored(): void {
  marks++;
}

export function removeMark(mark: Mark): void {
  const { inode } = mark;
  if (inode.marks?.delete(mark) !== true) return;
  if (inode.marks.size === 0) inode.marks = undefined;
  marksOf.get(inode.fs)?.delete(mark);
  marks--;
}

function tell(inode: Inode, mask: number, name?: string, cookie = 0, nameless = false): void {
  if (inode.marks === undefined) return;
  for (const mark of [...inode.marks]) mark.notify(mask, name, cookie, nameless);
}

function typed(inode: Inode, mask: number): number {
  return isDirectory(inode.mode) ? mask | I.IN_ISDIR : mask;
}

/** To the directory that holds the name, then to the inode itself. */
function tellBoth(dentry: Dentry, mask: number, nameless: boolean): void {
  const { inode, parent } = dentry;
  const full = typed(inode, mask);
  // Who may only list a directory learns nothing of the traffic of the terminals and pipes in it.
  const secret = (mask & (I.IN_ACCESS | I.IN_MODIFY)) !== 0 && !isRegular(inode.mode) && !isDirectory(inode.mode);
  if (parent !== undefined && !secret) tell(parent.inode, full, dentry.name, 0, nameless);
  tell(inode, full, undefined, 0, nameless);
}

/** An open file was read (IN_ACCESS) or written (IN_MODIFY). */
export function fileEvent(file: OpenFile, mask: number): void {
  if (marks === 0 || !(file.location instanceof Location)) return;
  const { dentry } = file.location;
  tellBoth(dentry, mask, dentry.deleted);
}

/** From now on the file counts as open; with O_PATH nobody hears of it. */
export function fileOpened(file: OpenFile): void {
  file.inode.opens++;
  file.announced = true;
  if (marks > 0 && (file.flags & O_PATH) === 0) fileEvent(file, I.IN_OPEN);
}

/** The last descriptor of an open file is gone, and with it maybe the last use of an inode without names. */
export function fileClosed(file: OpenFile): void {
  if (!file.announced) return;
  const { inode } = file;
  inode.opens--;
  if (marks === 0) return;
  if ((file.flags & O_PATH) === 0) fileEvent(file, (file.flags & O_ACCMODE) === O_RDONLY ? I.IN_CLOSE_NOWRITE : I.IN_CLOSE_WRITE);
  if (file.location instanceof Location && file.location.dentry.deleted) forgetIfGone(inode);
}

/** An extended attribute was set or removed. */
export function xattrChanged(dentry: Dentry): void {
  if (marks > 0) tellBoth(dentry, I.IN_ATTRIB, false);
}

/** Attributes that chmod, chown, utimensat or truncate changed. */
export function attributesChanged(dentry: Dentry, { mode, uid, gid, size, atime, mtime }: InodeChange): void {
  if (marks === 0) return;
  let mask = mode !== undefined || uid !== undefined || gid !== undefined ? I.IN_ATTRIB : 0;
  if (size !== undefined) mask |= I.IN_MODIFY;
  if (atime !== undefined) mask |= mtime !== undefined ? I.IN_ATTRIB : I.IN_ACCESS;
  else if (mtime !== undefined) mask |= I.IN_MODIFY;
  if (mask !== 0) tellBoth(dentry, mask, false);
}

export function nameCreated(directory: Inode, name: string, inode: Inode): void {
  if (marks > 0) tell(directory, typed(inode, I.IN_CREATE), name);
}

/** link(2): the number of its names is an attribute of the file. */
export function nameLinked(directory: Inode, name: string, inode: Inode): void {
  if (marks === 0) return;
  tell(inode, I.IN_ATTRIB);
  nameCreated(directory, name, inode);
}

/** unlink(2), rmdir(2) */
export function nameDeleted(directory: Inode, name: string, inode: Inode): void {
  if (marks === 0) return;
  if (!isDirectory(inode.mode)) tell(inode, I.IN_ATTRIB);
  forgetIfGone(inode);
  tell(directory, typed(inode, I.IN_DELETE), name);
}

/** rename(2). `replaced`: what had the new name before. Both names of a move have the same cookie. */
export function nameMoved(from: Inode, name: string, to: Inode, newName: string, inode: Inode, cookie: number, replaced?: Inode): void {
  if (marks === 0) return;
  tell(from, typed(inode, I.IN_MOVED_FROM), name, cookie);
  tell(to, typed(inode, I.IN_MOVED_TO), newName, cookie);
  if (replaced !== undefined) tell(replaced, typed(replaced, I.IN_ATTRIB));
  tell(inode, I.IN_MOVE_SELF);
  if (replaced !== undefined) forgetIfGone(replaced);
}

/** The inode is deleted once it has neither names nor users. */
function forgetIfGone(inode: Inode): void {
  if (inode.marks === undefined || inode.opens > 0) return;
  if (!isDirectory(inode.mode) && inode.nlink > 0) return;
  tell(inode, I.IN_DELETE_SELF);
  for (const mark of [...(inode.marks ?? [])]) mark.end();
}

/** A file system is no longer in any tree. */
export function fileSystemUnmounted(fs: FileSystem): void {
  for (const mark of [...(marksOf.get(fs) ?? [])]) {
    mark.notify(I.IN_UNMOUNT, undefined, 0, false);
    mark.end();
  }
}
