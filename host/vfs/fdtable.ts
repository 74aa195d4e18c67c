import { EBADF, EINVAL, EMFILE } from '../../assembly/shared/errno.js';
import { SysError } from '../linux/error.js';
import { O_PATH } from '../linux/fcntl.js';
import { FileCount } from './filecount.js';
import { releaseRecordLocks } from './flock.js';
import { releaseFile, retainFile } from './openfile.js';
import type { OpenFile } from './types.js';

/**
 * Descriptors of a process (Linux's files_struct): each refers to an open file description, several may refer to one. Threads share a
 * table by reference (share/release); it is also the owner of POSIX record locks.
 *
 * Invariant: every descriptor holds one reference of its file.
 */
export class FdTable {
  private readonly _files: (OpenFile | undefined)[] = [];
  private readonly _cloexec = new Set<number>();
  /** No free descriptor lies below. */
  private _firstFree = 0;
  private _users = 1;

  constructor(
    /** Shared by all tables of a machine. */
    readonly count = new FileCount(),
  ) {}

  /** The open file, for calls that use its contents: EBADF for O_PATH descriptors, too. */
  get(fd: number): OpenFile {
    const file = this._files[fd];
    if (file === undefined || (file.flags & O_PATH) !== 0) throw new SysError(EBADF);
    return file;
  }

  /** Also O_PATH: for fstat, dup, fcntl(F_GETFL), the *at() calls' directory. */
  getAny(fd: number): OpenFile {
    const file = this._files[fd];
    if (file === undefined) throw new SysError(EBADF);
    return file;
  }

  find(fd: number): OpenFile | undefined {
    return this._files[fd];
  }

  /** Open descriptors in ascending order. */
  *entries(): IterableIterator<[fd: number, file: OpenFile]> {
    for (let fd = 0; fd < this._files.length; fd++) {
      const file = this._files[fd];
      if (file !== undefined) yield [fd, file];
    }
  }

  get size(): number {
    let count = 0;
    for (const file of this._files) if (file !== undefined) count++;
    return count;
  }

  /** One more than the highest descriptor in use. */
  get end(): number {
    return this._files.length;
  }

  /** Gives `file` the lowest free descriptor >= min and below `limit` (RLIMIT_NOFILE), and takes over the caller's reference. EMFILE. */
  install(file: OpenFile, cloexec = false, min = 0, limit = Number.POSITIVE_INFINITY): number {
    const fd = this.lowestFree(min);
    if (fd >= limit) throw new SysError(EMFILE);
    if (file.counted === undefined) this.count.requireOpen(1);
    this._set(fd, file, cloexec);
    if (file.counted === undefined) {
      file.counted = this.count;
      this.count.open++;
    }
    return fd;
  }

  /** So that a call can fail with EMFILE or ENFILE before it has created anything. */
  requireFree(count: number, limit: number): void {
    let fd = -1;
    for (let i = 0; i < count; i++) {
      fd = this.lowestFree(fd + 1);
      if (fd >= limit) throw new SysError(EMFILE);
    }
    this.count.requireOpen(count);
  }

  lowestFree(min = 0): number {
    let fd = Math.max(min, this._firstFree);
    while (this._files[fd] !== undefined) fd++;
    return fd;
  }

  private _set(fd: number, file: OpenFile, cloexec: boolean): void {
    if (fd >= this._files.length) this.count.grow(fd + 1 - this._files.length);
    // No holes: V8 keeps a dense array.
    while (this._files.length < fd) this._files.push(undefined);
    this._files[fd] = file;
    if (cloexec) this._cloexec.add(fd);
    else this._cloexec.delete(fd);
    if (fd === this._firstFree) this._firstFree = fd + 1;
  }

  /** dup, fcntl(F_DUPFD): EINVAL when min is out of range, EMFILE when all are taken. */
  dup(fd: number, cloexec = false, min = 0, limit = Number.POSITIVE_INFINITY): number {
    const file = this.getAny(fd);
    if (min < 0 || min >= limit) throw new SysError(EINVAL);
    const free = this.lowestFree(min);
    if (free >= limit) throw new SysError(EMFILE);
    this._set(free, file, cloexec);
    retainFile(file);
    return free;
  }

  /** dup3: `to` is closed silently if it is open. EINVAL when both are the same, EBADF when `to` is out of range. */
  dup3(fd: number, to: number, cloexec = false, limit = Number.POSITIVE_INFINITY): number {
    if (fd === to) throw new SysError(EINVAL);
    if (to < 0 || to >= limit) throw new SysError(EBADF);
    const file = this.getAny(fd);
    const old = this._files[to];
    this._set(to, file, cloexec);
    retainFile(file);
    if (old !== undefined) this._drop(old);
    return to;
  }

  isCloexec(fd: number): boolean {
    return this._cloexec.has(fd);
  }

  setCloexec(fd: number, on: boolean): void {
    this.getAny(fd);
    if (on) this._cloexec.add(fd);
    else this._cloexec.delete(fd);
  }

  /** The descriptor is free even when closing the file throws. */
  close(fd: number): void {
    const file = this.getAny(fd);
    this._files[fd] = undefined;
    this._cloexec.delete(fd);
    if (fd < this._firstFree) this._firstFree = fd;
    const slots = this._files.length;
    while (this._files.length > 0 && this._files[this._files.length - 1] === undefined) this._files.pop();
    this.count.shrink(slots - this._files.length);
    this._drop(file);
  }

  private _drop(file: OpenFile): void {
    releaseRecordLocks(file.inode, this);
    file.flush();
    releaseFile(file);
  }

  /** execve */
  closeOnExec(): void {
    for (const fd of [...this._cloexec].sort((a, b) => a - b)) this.close(fd);
  }

  /** close_range(2): closes, or with `cloexec` only marks, what is open in [first, last]. */
  closeRange(first: number, last: number, cloexec = false): void {
    const end = Math.min(last, this._files.length - 1);
    for (let fd = first; fd <= end; fd++) {
      if (this._files[fd] === undefined) continue;
      if (cloexec) this._cloexec.add(fd);
      else this.close(fd);
    }
  }

  /** fork, unshare(CLONE_FILES): its own table with the same open files. ENOMEM */
  clone(): FdTable {
    const copy = new FdTable(this.count);
    // In one go: a fork that fails leaves nothing behind.
    this.count.grow(this._files.length);
    this.count.shrink(this._files.length);
    for (const [fd, file] of this.entries()) copy._set(fd, retainFile(file), this._cloexec.has(fd));
    copy._firstFree = this._firstFree;
    return copy;
  }

  /** clone(CLONE_FILES): one more user of this table. */
  share(): FdTable {
    this._users++;
    return this;
  }

  get shared(): boolean {
    return this._users > 1;
  }

  /** A user of the table is gone; the last one closes everything. */
  release(): void {
    if (--this._users > 0) return;
    for (let fd = this._files.length - 1; fd >= 0; fd--) if (this._files[fd] !== undefined) this.close(fd);
  }
}
