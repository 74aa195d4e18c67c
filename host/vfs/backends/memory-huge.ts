import { EBADF, EINVAL, ENOSPC, ENXIO, EOPNOTSUPP, EPERM } from '../../../assembly/shared/errno.js';
import { OBJECT_HUGETLB } from '../../../assembly/shared/exit.js';
import { PAGE_SIZE } from '../../../assembly/shared/layout.js';
import { SysError } from '../../linux/error.js';
import { F_SEAL_GROW, FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE, O_ACCMODE, O_RDONLY, SEEK_DATA, SEEK_HOLE } from '../../linux/fcntl.js';
import { PagedFile } from '../pagedfile.js';
import type { NewInode, OpenFile } from '../types.js';
import type { MemoryFileSystem } from './memory.js';
import { MemoryFile } from './memory-file.js';

export const HUGE_PAGE_BYTES = 2 ** 21;
/** The pool has none of these. */
export const GIANT_PAGE_BYTES = 2 ** 30;

/** A file of hugetlbfs: its pages are huge ones of the pool. It is written through mappings only. */
export class HugeFile extends MemoryFile {
  override readonly blockBytes: number;

  constructor(fs: MemoryFileSystem, what: NewInode, pageBytes: number) {
    super(fs, what);
    this.blockBytes = pageBytes;
  }

  protected override makeObject(): number {
    const { exports } = this.env.core;
    const quota = this.fs.quota();
    const object = exports.objectCreate(OBJECT_HUGETLB) >>> 0;
    if (object !== 0) exports.objectSetQuota(object, quota);
    return object;
  }

  override open(flags: number): OpenFile {
    this.acquire();
    return new HugeOpenFile(this, flags);
  }

  override resize(bytes: number): void {
    if (bytes % this.blockBytes !== 0) throw new SysError(EINVAL);
    super.resize(bytes);
  }

  /** fallocate(2) makes it as long as it is asked to, whatever its pages are. */
  grow(bytes: number): void {
    this.adoptSize(bytes);
  }

  /** To whole pages; nothing is said of when. */
  extend(bytes: number): void {
    this.adoptSize(Math.ceil(bytes / this.blockBytes) * this.blockBytes);
  }
}

export class HugeOpenFile extends PagedFile {
  constructor(
    readonly file: HugeFile,
    flags: number,
  ) {
    super(file, flags);
  }

  /** A mapping that may be written to makes the file as long as it is, whatever seals it has. */
  override mapSettled(done: boolean, writableEnd: number): void {
    if (done && writableEnd > this.file.size) this.file.extend(writableEnd);
  }

  /** Whole pages are taken from the pool, or given back to it. ENOSPC: it has no more; those before stay. */
  override allocate(mode: number, offset: number, length: number): void {
    if ((mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE)) !== 0) throw new SysError(EOPNOTSUPP);
    if ((mode & FALLOC_FL_PUNCH_HOLE) !== 0) {
      super.allocate(mode, offset, length);
      this._clearParts(offset, Math.min(offset + length, this.file.size));
      return;
    }
    if ((this.flags & O_ACCMODE) === O_RDONLY) throw new SysError(EBADF);
    if (offset < 0 || length <= 0) throw new SysError(EINVAL);
    const { file } = this;
    const { exports } = file.env.core;
    const unit = file.blockBytes;
    const bytes = Math.ceil((offset + length) / unit) * unit;
    const grows = (mode & FALLOC_FL_KEEP_SIZE) === 0 && offset + length > file.size;
    if (grows && (file.seals & F_SEAL_GROW) !== 0) throw new SysError(EPERM);
    for (let page = Math.floor(offset / unit); page < bytes / unit; page++) {
      if (unit !== HUGE_PAGE_BYTES) throw new SysError(ENOSPC);
      if (exports.hugetlbFill(file.object, page) === 0) throw new SysError(ENOSPC);
    }
    if (grows) file.grow(offset + length);
  }

  /** What of a hole is only a part of a huge page stays, as zeros. */
  private _clearParts(from: number, to: number): void {
    const { object, blockBytes, env } = this.file;
    const wholeFrom = Math.ceil(from / blockBytes) * blockBytes;
    const wholeTo = Math.max(Math.floor(to / blockBytes) * blockBytes, wholeFrom);
    for (let at = Math.ceil(from / PAGE_SIZE) * PAGE_SIZE; at + PAGE_SIZE <= to; at += PAGE_SIZE) {
      if (at === wholeFrom) at = wholeTo;
      const page = at + PAGE_SIZE <= to ? env.core.exports.objectPage(object, at / PAGE_SIZE) >>> 0 : 0;
      if (page === 0) continue;
      env.core.u8.fill(0, page, page + PAGE_SIZE);
      env.core.exports.objectMarkDirty(object, at / PAGE_SIZE);
    }
  }

  override get splices(): boolean {
    return false;
  }

  /** It is all data. */
  override seek(offset: number, whence: number): number {
    if (whence !== SEEK_DATA && whence !== SEEK_HOLE) return super.seek(offset, whence);
    if (offset < 0 || offset >= this.file.size) throw new SysError(ENXIO);
    this.offset = whence === SEEK_DATA ? offset : this.file.size;
    return this.offset;
  }

  override write(): number {
    return -EINVAL;
  }
}
