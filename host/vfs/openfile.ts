import { EBADF, EINVAL, EISDIR } from '../../assembly/shared/errno.js';
import { SysError } from '../linux/error.js';
import { O_PATH, SEEK_CUR, SEEK_SET } from '../linux/fcntl.js';
import { S_IFDIR } from '../linux/stat.js';
import { Location } from './dentry.js';
import { releaseFileLocks } from './flock.js';
import { fileClosed } from './notify.js';
import { PagedInode } from './pagedinode.js';
import { type Dirent, type Inode, OpenFile } from './types.js';

/** One more descriptor, or a call in progress, uses the description. */
export function retainFile(file: OpenFile): OpenFile {
  file.refs++;
  return file;
}

/** One less; the last one closes it and gives up its locks. */
export function releaseFile(file: OpenFile): void {
  if (file.refs <= 0) throw new Error(`open file released too often: ${file.path}`);
  if (--file.refs > 0) return;
  if (file.counted !== undefined) file.counted.open--;
  releaseFileLocks(file);
  for (const watcher of [...(file.closingWatchers ?? [])]) watcher.fileClosing(file);
  try {
    file.close();
  } finally {
    fileClosed(file);
  }
}

/** Where an open file was found in the tree. */
export function fileLocation(file: OpenFile): Location {
  if (!(file.location instanceof Location)) throw new SysError(EBADF);
  return file.location;
}

/** O_PATH: a place, nothing to read from. FdTable.get refuses it, so that its methods are never reached by transfers. */
export class PathFile extends OpenFile {
  constructor(inode: Inode, flags: number) {
    super(inode, flags | O_PATH);
    if (inode instanceof PagedInode) inode.acquire();
  }

  override poll(): number {
    return 0;
  }

  override close(): void {
    if (this.inode instanceof PagedInode) this.inode.release();
  }
}

/**
 * An open directory. readdir() gives '.' and '..' and then the entries as they were when the position was last at the start, so that a
 * position (an index into that list) stays meaningful while names come and go.
 */
export class DirectoryFile extends OpenFile {
  private _entries: Dirent[] | undefined;

  override read(): number {
    return -EISDIR;
  }

  override readdir(): Dirent[] {
    if (this._entries === undefined || this.offset === 0) this._entries = [...this._dots(), ...this.inode.readdir()];
    return this._entries;
  }

  private _dots(): Dirent[] {
    const { location } = this;
    const parent = location instanceof Location ? parentInode(location) : this.inode;
    return [
      { name: '.', ino: this.inode.ino, type: S_IFDIR },
      { name: '..', ino: parent.ino, type: S_IFDIR },
    ];
  }

  override seek(offset: number, whence: number): number {
    if (whence !== SEEK_SET && whence !== SEEK_CUR) throw new SysError(EINVAL);
    const target = whence === SEEK_CUR ? this.offset + offset : offset;
    if (!(target >= 0 && target <= Number.MAX_SAFE_INTEGER)) throw new SysError(EINVAL);
    this.offset = target;
    return target;
  }

  override sync(): void {
    this.inode.syncEntries?.();
  }
}

function parentInode(location: Location): Inode {
  let { mount, dentry } = location;
  while (dentry === mount.root && mount.parent !== undefined) ({ mount, dentry } = mount.parent);
  return (dentry === mount.root ? dentry : (dentry.parent ?? dentry)).inode;
}
