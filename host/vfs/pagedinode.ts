import { EDQUOT, EFBIG, EINVAL, ENOMEM, ENOSPC, EPERM } from '../../assembly/shared/errno.js';
import { NO_INDEX, OBJECT_FILE, OBJECT_SHMEM } from '../../assembly/shared/exit.js';
import { PAGE_SIZE } from '../../assembly/shared/layout.js';
import { SysError } from '../linux/error.js';
import { F_SEAL_GROW, F_SEAL_SEAL, F_SEAL_SHRINK } from '../linux/fcntl.js';
import { type Backing, PAGES_END, readPages, refusal, writePages } from './backing.js';
import type { VfsEnvironment } from './environment.js';
import { type ErrorCursor, ErrorSequence } from './errseq.js';
import { PagedFile } from './pagedfile.js';
import { type AccessPattern, READAHEAD_PAGES, Readahead, type ReadaheadTarget } from './readahead.js';
import { Inode, type OpenFile, type Timestamp } from './types.js';

/** The largest file of a medium, as ext4 has it. */
const MEDIUM_SIZE_MAX = 2 ** 44 - PAGE_SIZE;
/** The largest file in memory: beyond it a number is not exact to the byte. */
export const MEMORY_SIZE_MAX = 2 ** 53 - PAGE_SIZE;
const RELATIME_SECONDS = 24 * 3600;
/** Pages of one request to the medium at most: 256 KiB. */
const WRITE_PAGES_MAX = 64;
const READ_PAGES_MAX = 64;

/**
 * A regular file whose data is a VM object of the core: the same pages serve read, write and mmap.
 *
 * Invariants: the object is made when first needed; while it is there its size is the file's size. The inode holds one reference of it as
 * long as the file has a name or is open; mappings hold their own, so the pager may be asked for pages after the last close.
 */
export abstract class PagedInode extends Inode implements ErrorCursor, ReadaheadTarget {
  /** F_SEAL_*: only a memfd that asked for it may be sealed. */
  seals = F_SEAL_SEAL;
  /** It has been mapped at some time: code decoded from it may exist, and stores may have dirtied it unseen. */
  mapped = false;
  /** What its medium did not take: told to each open file description once. */
  readonly errors = new ErrorSequence();
  /** For mappings of which nobody knows the description they were made with. */
  errorsSeen = 0;
  /** Window of reading ahead, in pages; 0: only what is needed is read. */
  readaheadMax = READAHEAD_PAGES;
  private _object = 0;
  private _held = false;
  private _size: number;
  private _users = 0;
  private _writtenByCall = false;
  private _mapReadahead: Readahead | undefined;
  /** What reading ahead was just told of a page: a medium that answers later has said it once, and would have to be waited for again. */
  private _refused: { readonly index: number; readonly error: SysError } | undefined;

  constructor(
    readonly env: VfsEnvironment,
    protected backing: Backing | undefined,
    size = 0,
  ) {
    super();
    this._size = size;
  }

  override get size(): number {
    return this._object === 0 ? this._size : this.env.core.exports.objectSize(this._object);
  }

  /** Where files of its file system end. */
  get sizeMax(): number {
    return this.backing === undefined ? MEMORY_SIZE_MAX : MEDIUM_SIZE_MAX;
  }

  override get blocks(): number {
    if (this.backing !== undefined) return super.blocks;
    return this.pagesPresent * (PAGE_SIZE / 512);
  }

  /** The VM object, 0 while there is none. */
  get objectIfAny(): number {
    return this._object;
  }

  /** The VM object, made at first use. */
  get object(): number {
    if (this._object !== 0) return this._object;
    const { exports } = this.env.core;
    const object = this.makeObject();
    if (object === 0) throw new SysError(ENOMEM);
    if (this._size > 0) exports.objectSetSize(object, this._size);
    this._object = object;
    this._held = true;
    this.env.pages.register(object, this);
    return object;
  }

  /** A new object for it; 0: no memory. A handle is a linear address: unsigned. */
  protected makeObject(): number {
    return this.env.core.exports.objectCreate(this.backing === undefined ? OBJECT_SHMEM : OBJECT_FILE) >>> 0;
  }

  /** No medium: a page that is not in the cache is a hole. */
  get holdsAllData(): boolean {
    return this.backing === undefined;
  }

  /** The page cache is its only medium. */
  get inMemoryOnly(): boolean {
    return this.backing === undefined;
  }

  /** Some process has a mapping of it. */
  get isMapped(): boolean {
    return this._object !== 0 && this.env.core.exports.objectReferences(this._object) > (this._held ? 1 : 0);
  }

  /** Pages that there are, in memory or in the swap area. */
  get pagesPresent(): number {
    return this._object === 0 ? 0 : this.env.core.exports.objectPagesPresent(this._object) + this.pagesSwapped;
  }

  get pagesSwapped(): number {
    return this._object === 0 ? 0 : this.env.core.exports.objectPagesSwapped(this._object);
  }

  /** The window of its mappings. */
  get mapReadahead(): Readahead {
    return (this._mapReadahead ??= new Readahead(this.readaheadMax));
  }

  // --- life

  override open(flags: number): OpenFile {
    this.acquire();
    return new PagedFile(this, flags);
  }

  /** Somebody holds the file open; O_PATH counts, since it can be opened again. */
  acquire(): void {
    this._users++;
    this.env.pages.forgetFreed();
    if (this._object !== 0 && !this._held) {
      this.env.core.exports.objectRetain(this._object);
      this._held = true;
    }
  }

  release(): void {
    this._users--;
    this.releaseIfUnused();
  }

  /** Backends call it after the last name has gone: without name and user the data goes, too. */
  releaseIfUnused(): void {
    if (this._users > 0 || this.nlink > 0 || !this._held) return;
    this._held = false;
    this.env.core.exports.objectRelease(this._object);
    this.env.pages.forgetFreed();
  }

  /** The core has freed the object. */
  objectFreed(object: number): void {
    if (this._object !== object) return;
    this._object = 0;
    this._held = false;
    if (this.backing === undefined) this._size = 0;
  }

  // --- times

  /** Data has changed. */
  modified(): void {
    this.mtime = this.ctime = this.env.now();
    this._writtenByCall = true;
  }

  /** Data has been read: relatime, as Linux mounts by default. */
  accessed(): void {
    if (this.fs.readOnly) return;
    const { atime, mtime, ctime } = this;
    const now = this.env.now();
    if (notAfter(atime, mtime) || notAfter(atime, ctime) || now.sec - atime.sec >= RELATIME_SECONDS) this.atime = now;
  }

  // --- size

  /** How many of `pages` pages from `firstPage` on may be written: a file system with a limit may say fewer, or throw SysError(ENOSPC). */
  reserve(_firstPage: number, pages: number): number {
    return pages;
  }

  /** truncate(2) without permission checks. */
  resize(bytes: number): void {
    if (bytes < 0) throw new SysError(EINVAL);
    if (bytes > this.sizeMax) throw new SysError(EFBIG);
    const { size } = this;
    if ((bytes < size && (this.seals & F_SEAL_SHRINK) !== 0) || (bytes > size && (this.seals & F_SEAL_GROW) !== 0))
      throw new SysError(EPERM);
    const cut = bytes % PAGE_SIZE !== 0 && bytes < size && this._object !== 0;
    if (this.backing !== undefined) {
      // The page that is cut must be in the cache with its old end before the medium forgets it.
      if (cut) this.fillPage(Math.floor(bytes / PAGE_SIZE));
      this.backing.setSize(bytes);
    } else if (cut) this.fillPage(Math.floor(bytes / PAGE_SIZE));
    if (this._object === 0) this._size = bytes;
    else this.env.core.exports.objectSetSize(this._object, bytes);
    this.modified();
  }

  /** The medium has got another size behind us. The backend has dropped what it could of the cache. */
  protected adoptSize(bytes: number): void {
    if (this._object === 0) this._size = bytes;
    else this.env.core.exports.objectSetSize(this._object, bytes);
  }

  // --- pages

  isCached(index: number): boolean {
    return this._object !== 0 && this.env.core.exports.objectHolds(this._object, index) !== 0;
  }

  /** A mapping's page is to come; `pattern`: what madvise(2) has said of the mapping. */
  faultPage(index: number, pattern: AccessPattern): void {
    if (this.backing === undefined) return;
    // The fault that missed last was made again and found its page: that is no hit.
    const hits = Math.max(this.env.core.exports.objectTakeHits(this.object) - 1, 0);
    this.mapReadahead.mapMiss(this, index, pattern, hits);
    this.fillPage(index);
  }

  /** Brings a page of the medium into the cache. */
  fillPage(index: number): void {
    const { backing } = this;
    if (backing === undefined) this.env.pages.bringBack(this.object, index);
    if (backing === undefined || index * PAGE_SIZE >= this.size || this.isCached(index)) return;
    this._loadPage(backing, this.object, index);
  }

  /** Reads what is absent of [first, first + count), as far as the file and memory go. Failures are for who needs the pages. */
  prefetch(first: number, count: number): void {
    const { backing } = this;
    this._refused = undefined;
    if (backing === undefined || this.readaheadMax === 0) return;
    const end = Math.min(first + count, Math.ceil(this.size / PAGE_SIZE));
    for (let index = first; index < end; ) {
      if (this.isCached(index)) index++;
      else {
        const loaded = this._loadRun(backing, index, end);
        if (loaded === 0) return;
        index += loaded;
      }
    }
  }

  /** Neighbouring absent pages, as many as the medium gives at once. 0: it failed, must be waited for, or memory is short. */
  private _loadRun(backing: Backing, first: number, end: number): number {
    const { core, pages } = this.env;
    const { object } = this;
    const most = backing.readPages === undefined ? 1 : READ_PAGES_MAX;
    let count = 0;
    while (count < most && first + count < end && !this.isCached(first + count)) {
      if (core.exports.objectInsertPage(object, first + count) === 0) break;
      count++;
    }
    // Memory that is short may have taken back what came first.
    const addresses = this._addresses(object, first, count);
    const whole = count > 0 && !addresses.includes(0);
    if (whole) {
      const refused = refusal(() => readPages(backing, core.u8, addresses, first));
      if (refused === undefined) {
        pages.pagesRead += count;
        pages.reads++;
        return count;
      }
      if (refused instanceof SysError && count === 1) this._refused = { index: first, error: refused };
    }
    core.exports.objectDropPages(object, first, first + count, 1);
    return 0;
  }

  private _loadPage(backing: Backing, object: number, index: number): void {
    const { core, pages } = this.env;
    const refused = this._refused;
    this._refused = undefined;
    if (refused?.index === index) throw refused.error;
    const at = pages.insert(object, index);
    try {
      backing.readPage(index, core.u8.subarray(at, at + PAGE_SIZE));
    } catch (error) {
      core.exports.objectDropPages(object, index, index + 1, 1);
      throw error;
    }
    pages.pagesRead++;
    pages.reads++;
  }

  /**
   * Writes the dirty pages in [first, end) to the medium, which may keep them in a cache of its own. Returns the first failure; all are
   * recorded for fsync to tell. As in Linux, a page that the medium refuses is clean afterwards and not tried again, unless all that is
   * missing is room. Suspend: call again.
   */
  writeBack(first = 0, end = PAGES_END): SysError | undefined {
    const { backing } = this;
    const object = this._object;
    if (backing === undefined || object === 0) return undefined;
    const { exports } = this.env.core;
    let index = exports.objectNextDirty(object, first);
    if (index === NO_INDEX || index >= end) return undefined;
    if (this.mapped && !this._writtenByCall) this.modified();
    this._writtenByCall = false;
    let failure: SysError | undefined;
    while (index !== NO_INDEX && index < end) {
      const run = this._dirtyRun(object, index, end);
      const error = this._writeRun(backing, object, index, run);
      failure ??= error;
      index = exports.objectNextDirty(object, index + run);
    }
    this.wroteBack();
    return failure;
  }

  /** Pages have just been written to the medium. */
  protected wroteBack(): void {}

  /** What is written at once. A medium that takes one page at a time may take some and have the rest wait: what it took is clean. */
  private _dirtyRun(object: number, first: number, end: number): number {
    const { exports } = this.env.core;
    const most = this.backing?.writePages === undefined ? 1 : WRITE_PAGES_MAX;
    let next = first + 1;
    while (next < end && next - first < most && exports.objectNextDirty(object, next) === next) next++;
    return next - first;
  }

  private _writeRun(backing: Backing, object: number, first: number, count: number): SysError | undefined {
    const { core, pages } = this.env;
    const inside = Math.min(count, Math.max(Math.ceil(core.exports.objectSize(object) / PAGE_SIZE) - first, 0));
    // Clean first: a store that comes while an asynchronous medium writes marks the page again.
    for (let i = 0; i < count; i++) core.exports.objectClean(object, first + i);
    if (inside === 0) return undefined;
    try {
      writePages(backing, core.u8, this._addresses(object, first, inside), first, core.exports.objectSize(object));
    } catch (error) {
      for (let i = 0; i < inside; i++) core.exports.objectMarkDirty(object, first + i);
      if (!(error instanceof SysError)) throw error;
      return inside === 1 ? this._writeFailed(error, object, first) : this._writeSingly(backing, object, first, inside);
    }
    pages.pagesWritten += inside;
    pages.writes++;
    return undefined;
  }

  private _addresses(object: number, first: number, count: number): number[] {
    return Array.from({ length: count }, (_, i) => this.env.core.exports.objectPage(object, first + i) >>> 0);
  }

  /** One of many has failed: which? */
  private _writeSingly(backing: Backing, object: number, first: number, count: number): SysError | undefined {
    let failure: SysError | undefined;
    for (let index = first; index < first + count; index++) {
      const error = this._writeRun(backing, object, index, 1);
      failure ??= error;
    }
    return failure;
  }

  private _writeFailed(error: SysError, object: number, index: number): SysError {
    this.failed(error);
    if (error.errno === ENOSPC || error.errno === EDQUOT) return error;
    this.env.core.exports.objectClean(object, index);
    this.env.pages.lost ??= error;
    return error;
  }

  /** Records what fsync is to tell, of this file and by syncfs of its file system. */
  protected failed(error: SysError): void {
    this.errors.record(error.errno);
    this.env.pages.errorsOf(this.fs).record(error.errno);
  }

  /** fsync, fdatasync, msync, of pages in [first, end): all of it is on the medium, or `errors` says why not. Suspend: call again. */
  sync(dataOnly: boolean, first = 0, end = PAGES_END): void {
    // As in Linux: what has not been taken is not to be kept either.
    if (this.writeBack(first, end) !== undefined) return;
    try {
      this.backing?.sync(dataOnly);
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      this.failed(error);
    }
  }

  /** Pages of it that the medium has not got yet. */
  get pagesDirty(): number {
    return this.backing === undefined || this._object === 0 ? 0 : this.env.core.exports.objectPagesDirty(this._object);
  }

  /** Frees clean pages of [first, end) that no process has mapped; the medium has them. */
  dropClean(first = 0, end = PAGES_END): void {
    if (this.backing === undefined || this._object === 0) return;
    this.env.core.exports.objectDropPages(this._object, first, Math.min(end, Math.ceil(this.size / PAGE_SIZE)), 0);
  }
}

function notAfter(a: Timestamp, b: Timestamp): boolean {
  return a.sec < b.sec || (a.sec === b.sec && a.nsec <= b.nsec);
}
