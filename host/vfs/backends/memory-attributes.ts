import { EEXIST, ENODATA, ENOSPC } from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import { XATTR_CREATE, XATTR_REPLACE } from '../../linux/fcntl.js';
import { encodeText } from '../../linux/text.js';
import type { Inode, InodeChange, Timestamp } from '../types.js';
import type { MemoryFileSystem } from './memory.js';

const PERMISSIONS = 0o7777;
/** Names and values of one inode. */
const XATTR_BYTES_MAX = 65536;

/** Extended attributes of an inode in memory. */
export class MemoryXattrs {
  private readonly _values = new Map<string, Uint8Array>();
  private _bytes = 0;

  constructor(private readonly fs: MemoryFileSystem) {}

  get(name: string): Uint8Array | undefined {
    return this._values.get(name)?.slice();
  }

  set(name: string, value: Uint8Array, flags: number): void {
    const old = this._values.get(name);
    if (old !== undefined && (flags & XATTR_CREATE) !== 0) throw new SysError(EEXIST);
    if (old === undefined && (flags & XATTR_REPLACE) !== 0) throw new SysError(ENODATA);
    const added = value.length - (old?.length ?? -encodeText(name).length);
    if (this._bytes + added > XATTR_BYTES_MAX) throw new SysError(ENOSPC);
    this._charge(added);
    this._values.set(name, value.slice());
  }

  list(): string[] {
    return [...this._values.keys()];
  }

  remove(name: string): void {
    const old = this._values.get(name);
    if (old === undefined) throw new SysError(ENODATA);
    this._values.delete(name);
    this._charge(-old.length - encodeText(name).length);
  }

  private _charge(bytes: number): void {
    this.fs.chargeXattr(bytes);
    this._bytes += bytes;
  }

  /** The inode has lost its name: what it still has counts no more. */
  release(): void {
    this._charge(-this._bytes);
  }
}

/** setattr without `size`. */
export function applyChange(inode: Inode, change: InodeChange, now: Timestamp): void {
  if (change.mode !== undefined) inode.mode = (inode.mode & ~PERMISSIONS) | (change.mode & PERMISSIONS);
  if (change.uid !== undefined) inode.uid = change.uid;
  if (change.gid !== undefined) inode.gid = change.gid;
  if (change.atime !== undefined) inode.atime = change.atime;
  if (change.mtime !== undefined) inode.mtime = change.mtime;
  inode.ctime = now;
}
