import { EBADF, EINVAL, ENOMEM, ENOSPC, EOPNOTSUPP, EPERM } from '../../../assembly/shared/errno.js';
import { OBJECT_HUGETLB } from '../../../assembly/shared/exit.js';
import { PAGE_SIZE } from '../../../assembly/shared/layout.js';
import { SysError } from '../../linux/error.js';
import { F_SEAL_GROW, FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE, O_ACCMODE, O_RDONLY } from '../../linux/fcntl.js';
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

  /** How many of its pages, from the first on, mappings may come to need. */
  promised = 0;

  /** How many count against the limit of its file system: what was filled without a mapping does, too. */
  get claimed(): number {
    return Math.max(this.promised, this.filled);
  }

  get filled(): number {
    return this.pagesPresent / (this.blockBytes / PAGE_SIZE);
  }

  protected override makeObject(): number {
    return this.env.core.exports.objectCreate(OBJECT_HUGETLB) >>> 0;
  }

  override open(flags: number): OpenFile {
    this.acquire();
    return new HugeOpenFile(this, flags);
  }

  override resize(bytes: number): void {
    if (bytes % this.blockBytes !== 0) throw new SysError(EINVAL);
    super.resize(bytes);
    this.promised = Math.min(this.promised, bytes / this.blockBytes);
  }

  /** To whole pages; nothing is said of when. */
  extend(bytes: number): void {
    this.adoptSize(Math.ceil(bytes / this.blockBytes) * this.blockBytes);
  }

  /** ENOMEM: the file system is not to hold so much. */
  promise(bytes: number): void {
    const pages = Math.max(this.promised, Math.ceil(bytes / this.blockBytes));
    if (!this.fs.mayPromise(this, Math.max(pages, this.filled))) throw new SysError(ENOMEM);
    this.promised = pages;
  }
}

export class HugeOpenFile extends PagedFile {
  private _promisedBefore = 0;

  constructor(
    readonly file: HugeFile,
    flags: number,
  ) {
    super(file, flags);
  }

  override mapObject(offset = 0, bytes = 0, shared = false, reserve = true): number {
    const object = super.mapObject();
    this._promisedBefore = this.file.promised;
    if (shared && reserve) this.file.promise(offset + bytes);
    return object;
  }

  /** What the pool refuses is not promised. A mapping that may be written to makes the file as long as it is, whatever seals it has. */
  override mapSettled(done: boolean, writableEnd: number): void {
    if (!done) this.file.promised = this._promisedBefore;
    else if (writableEnd > this.file.size) this.file.extend(writableEnd);
  }

  /** Whole pages are taken from the pool, or given back to it. ENOSPC: it has no more; those before stay. */
  override allocate(mode: number, offset: number, length: number): void {
    if ((mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE)) !== 0) throw new SysError(EOPNOTSUPP);
    if ((mode & FALLOC_FL_PUNCH_HOLE) !== 0) {
      super.allocate(mode, offset, length);
      return;
    }
    if ((this.flags & O_ACCMODE) === O_RDONLY) throw new SysError(EBADF);
    if (offset < 0 || length <= 0) throw new SysError(EINVAL);
    const { file } = this;
    const { exports } = file.env.core;
    const unit = file.blockBytes;
    const bytes = Math.ceil((offset + length) / unit) * unit;
    const grows = (mode & FALLOC_FL_KEEP_SIZE) === 0 && bytes > file.size;
    if (grows && (file.seals & F_SEAL_GROW) !== 0) throw new SysError(EPERM);
    for (let page = Math.floor(offset / unit); page < bytes / unit; page++) {
      if (unit !== HUGE_PAGE_BYTES) throw new SysError(ENOSPC);
      const has = file.hasPage(page * (unit / PAGE_SIZE));
      if (!has && !file.fs.mayPromise(file, Math.max(file.promised, file.filled + 1))) throw new SysError(ENOSPC);
      if (exports.hugetlbFill(file.object, page) === 0) throw new SysError(ENOSPC);
    }
    if (grows) file.resize(bytes);
  }

  override write(): number {
    return -EINVAL;
  }
}
