import { ENOMEM } from '../../assembly/shared/errno.js';
import { FRAMES_WANTED, IO_MAPPED, IO_TRANSFER, SWAP_AREA } from '../../assembly/shared/exit.js';
import { PAGE_SIZE } from '../../assembly/shared/layout.js';
import { VM_RANDOM, VM_SEQUENTIAL } from '../../assembly/shared/mman.js';
import { CACHE_DIRTY, CACHE_PRESENT } from '../../assembly/shared/stat.js';
import type { Core } from '../core/core.js';
import type { Pager } from '../core/user.js';
import { Suspend, SysError } from '../linux/error.js';
import { PAGES_END, refusal } from './backing.js';
import { ErrorSequence } from './errseq.js';
import type { PagedInode } from './pagedinode.js';
import { Reclaimer } from './reclaim.js';
import { SwapArea } from './swap.js';
import type { FileSystem } from './types.js';

/** 16 MiB */
const RESERVE_FRAMES_MAX = 4096;

/**
 * Which inode a VM object of the core belongs to. The run loop fills missing pages through it; host-side transfers to and from the page
 * cache go through it. An object stays registered until its last reference, a mapping perhaps, is gone.
 */
export class PageCache {
  private readonly _inodes = new Map<number, PagedInode>();
  private readonly _errors = new WeakMap<FileSystem, ErrorSequence>();
  /** Pages moved from and to media since the machine began, and the requests that it took. */
  reads = 0;
  writes = 0;
  pagesRead = 0;
  pagesWritten = 0;
  /** Why data did not reach its medium and never will; undefined: nothing was lost. */
  lost: SysError | undefined = undefined;

  readonly swap: SwapArea;
  readonly reclaimer: Reclaimer;

  constructor(readonly core: Core) {
    this.swap = new SwapArea(core);
    this.reclaimer = new Reclaimer(core, this.swap, (object) => this._inodes.get(object));
  }

  register(object: number, inode: PagedInode): void {
    this._inodes.set(object, inode);
  }

  inodeOf(object: number): PagedInode | undefined {
    return this._inodes.get(object);
  }

  *all(): Generator<{ readonly object: number; readonly inMemoryOnly: boolean }> {
    for (const [object, { inMemoryOnly }] of this._inodes) yield { object, inMemoryOnly };
  }

  /** Lets go of the pages of files that are clean and that nobody maps. */
  dropClean(): void {
    for (const { object, inMemoryOnly } of this.all()) if (!inMemoryOnly) this.core.exports.objectDropPages(object, 0, PAGES_END, 0);
  }

  get objects(): number {
    return this._inodes.size;
  }

  /** Pages that the cache holds: of files with a medium behind them (of those the dirty ones), and of files in memory only. */
  usage(): { file: number; dirty: number; shmem: number } {
    const { exports } = this.core;
    let shmem = 0;
    for (const [object, inode] of this._inodes) if (inode.inMemoryOnly) shmem += exports.objectPagesPresent(object);
    return { file: exports.cacheStat(CACHE_PRESENT), dirty: exports.cacheStat(CACHE_DIRTY), shmem };
  }

  /**
   * Fills one page of a file object, or of the swap cache, or makes room: for UserMemory and EXIT_IO. Throws SysError(EIO),
   * SysError(ENOMEM) or Suspend.
   */
  readonly pager: Pager = (object, index, how) => {
    if (object === SWAP_AREA) this.swap.fill(index, () => this.reclaim());
    else if (object === FRAMES_WANTED) {
      if (this.reclaim() === 0) throw this.reclaimer.waiting ?? new SysError(ENOMEM);
    } else this._fillFile(object, index, how);
  };

  private _fillFile(object: number, index: number, how: number): void {
    const inode = this._inodes.get(object);
    if ((how & IO_MAPPED) === IO_TRANSFER) inode?.fillPage(index);
    else inode?.faultPage(index, (how & VM_RANDOM) !== 0 ? 'random' : (how & VM_SEQUENTIAL) !== 0 ? 'sequential' : 'normal');
  }

  /** A page of data without a medium comes back from the swap area, if it lies there. */
  bringBack(object: number, index: number): void {
    const slot = this.core.exports.objectSlot(object, index);
    if (slot !== 0) this.pager(SWAP_AREA, slot, IO_TRANSFER);
  }

  /** Forgets the objects whose last reference has gone. Call it whenever HART_FREED_OBJECTS is not 0: handles are reused. */
  forgetFreed(): void {
    const { exports } = this.core;
    for (let object = exports.objectNextFreed() >>> 0; object !== 0; object = exports.objectNextFreed() >>> 0) {
      this._inodes.get(object)?.objectFreed(object);
      this._inodes.delete(object);
    }
  }

  /** What the media of a file system's files did not take: syncfs tells it. */
  errorsOf(fs: FileSystem): ErrorSequence {
    let errors = this._errors.get(fs);
    if (errors === undefined) this._errors.set(fs, (errors = new ErrorSequence()));
    return errors;
  }

  /** Writes back what is dirty: of one file system, or of all. Every file is tried; returns the first failure. Suspend: call again. */
  writeBack(fs?: FileSystem): SysError | undefined {
    let failure: SysError | undefined;
    for (const inode of this._of(fs)) {
      const error = inode.writeBack();
      failure ??= error;
    }
    return failure;
  }

  /** The same, and when it returns the media have it for good. What failed is in the files' errors. */
  sync(fs?: FileSystem): void {
    for (const inode of this._of(fs)) inode.sync(false);
  }

  private _of(fs: FileSystem | undefined): PagedInode[] {
    return [...this._inodes.values()].filter((inode) => fs === undefined || inode.fs === fs);
  }

  /** False: the medium must be waited for, and there is nobody to do it. */
  writeBackNow(inode: PagedInode): boolean {
    return !(refusal(() => inode.writeBack()) instanceof Suspend);
  }

  dirtyInodes(): PagedInode[] {
    return [...this._inodes.values()].filter((inode) => inode.pagesDirty > 0);
  }

  /**
   * Writes back for memory's sake: files with the most to write first, until `enough` says so. What fails is recorded in the files; a file
   * whose medium can't answer at once is left for later. Returns how many pages were written.
   */
  writeBackUntil(enough: () => boolean): number {
    const before = this.pagesWritten;
    const dirty = this.dirtyInodes().sort((a, b) => b.pagesDirty - a.pagesDirty);
    for (const inode of dirty) {
      if (enough()) break;
      this.writeBackNow(inode);
    }
    return this.pagesWritten - before;
  }

  /** Gives frames back when memory is short. Returns how many became free. */
  reclaim(): number {
    return this.reclaimer.makeRoom();
  }

  /**
   * How many more pages data without a medium may take, room made for `wanted` of them; what the swap area has room for counts. The last
   * sixteenth of the memory is not for files: a full tmpfs is an error for its writer, not the end of programs.
   */
  roomForData(wanted: number): number {
    const { exports } = this.core;
    const limit = exports.frameLimit();
    const most = limit - Math.min(RESERVE_FRAMES_MAX, limit >>> 4);
    while (most - exports.framesInUse() < wanted && this.reclaim() > 0);
    return Math.max(0, most - exports.framesInUse()) + this.swap.freePages;
  }

  /** Linear address of a page, inserted (zeroed) when absent. ENOMEM when there is no frame even after reclaim. */
  insert(object: number, index: number): number {
    const { exports } = this.core;
    this.bringBack(object, index);
    const at = exports.objectInsertPage(object, index) || (this.reclaim() > 0 ? exports.objectInsertPage(object, index) : 0);
    if (at === 0) throw new SysError(ENOMEM);
    return at >>> 0;
  }

  /** Copies from the page cache, up to the object's size, into `into`. Returns the byte count, 0 at the end. */
  readObject(object: number, offset: number, into: Uint8Array): number {
    const { core } = this;
    const length = Math.min(into.length, core.exports.objectSize(object) - offset);
    for (let done = 0; done < length; ) {
      const index = Math.floor((offset + done) / PAGE_SIZE);
      const within = (offset + done) % PAGE_SIZE;
      const bytes = Math.min(length - done, PAGE_SIZE - within);
      const at = this._present(object, index);
      if (at === 0) into.fill(0, done, done + bytes);
      else into.set(core.u8.subarray(at + within, at + within + bytes), done);
      done += bytes;
    }
    return Math.max(length, 0);
  }

  /** Linear address of a page, read from its medium when it has one; 0: all zeros. */
  private _present(object: number, index: number): number {
    const { exports } = this.core;
    const at = exports.objectPage(object, index);
    if (at !== 0) return at >>> 0;
    this._inodes.get(object)?.fillPage(index);
    return exports.objectPage(object, index) >>> 0;
  }

  /** Copies into the page cache, growing the object; marks dirty. Throws before anything is written, or writes all it can: ENOMEM. */
  writeObject(object: number, offset: number, from: Uint8Array): number {
    const { exports } = this.core;
    const sizeBefore = exports.objectSize(object);
    const end = offset + from.length;
    // Pages that are overwritten in part must be there first: a failure or Suspend then has changed nothing.
    if (offset % PAGE_SIZE !== 0) this._present(object, Math.floor(offset / PAGE_SIZE));
    if (end % PAGE_SIZE !== 0 && end < sizeBefore) this._present(object, Math.floor(end / PAGE_SIZE));
    if (end > sizeBefore) exports.objectSetSize(object, end);
    let done = 0;
    try {
      while (done < from.length) done += this._writePiece(object, offset + done, from.subarray(done));
    } catch (error) {
      if (end > sizeBefore) exports.objectSetSize(object, Math.max(sizeBefore, offset + done));
      if (done === 0 || !(error instanceof SysError)) throw error;
    }
    if (this._inodes.get(object)?.mapped === true) exports.flushInstructionCache();
    return done;
  }

  private _writePiece(object: number, offset: number, from: Uint8Array): number {
    const index = Math.floor(offset / PAGE_SIZE);
    const within = offset % PAGE_SIZE;
    const bytes = Math.min(from.length, PAGE_SIZE - within);
    const at = this.insert(object, index);
    this.core.u8.set(from.subarray(0, bytes), at + within);
    this.core.exports.objectMarkDirty(object, index);
    return bytes;
  }
}
