/** Regular files of a host folder: their data go through the page cache. */
import * as fs from 'node:fs';
import { EACCES, EIO, ENOSPC, EPERM, EROFS } from '../../../assembly/shared/errno.js';
import { NO_INDEX } from '../../../assembly/shared/exit.js';
import { PAGE_SIZE } from '../../../assembly/shared/layout.js';
import { SysError } from '../../linux/error.js';
import { O_ACCMODE, O_RDONLY, O_WRONLY } from '../../linux/fcntl.js';
import type { Backing } from '../backing.js';
import { PagedInode } from '../pagedinode.js';
import type { InodeChange, OpenFile, Timestamp } from '../types.js';
import type { NodeFileSystem } from './node.js';
import { host } from './node-errno.js';
import { adoptAttributes, changeAttributes, type HostInode, setTimes } from './node-inode.js';
import type { HostPlace } from './node-place.js';
import { copyCached, type PageSource } from './page-source.js';

export class NodeFile extends PagedInode implements HostInode, PageSource {
  override mode = 0;
  override uid = 0;
  override gid = 0;
  override nlink = 0;
  override atime!: Timestamp;
  override mtime!: Timestamp;
  override ctime!: Timestamp;
  private _opens = 0;
  /** The medium as we know it: anything else means that somebody of the host has written. */
  private _hostSize: number;
  private _hostMtimeNs: bigint;
  /** Our times are newer than the host's: data is, or was, in the cache only. */
  private _timesAhead = false;
  /** Old data was thrown away, and no new data is stored yet. */
  private _emptied = false;

  constructor(
    readonly fs: NodeFileSystem,
    readonly ino: number,
    readonly place: HostPlace,
    stat: fs.BigIntStats,
  ) {
    super(fs.env, undefined, Number(stat.size));
    this.backing = new HostPages(this);
    place.owner = this;
    this._hostSize = Number(stat.size);
    this._hostMtimeNs = stat.mtimeNs;
    adoptAttributes(this, fs, stat);
  }

  refresh(stat: fs.BigIntStats): void {
    const { atime, mtime, ctime } = this;
    adoptAttributes(this, this.fs, stat);
    if (Number(stat.size) !== this._hostSize || stat.mtimeNs !== this._hostMtimeNs) this._mediumChanged(stat);
    else if (this._timesAhead) Object.assign(this, { atime, mtime, ctime });
  }

  /** The host's writer wins over clean pages; what the guest has written and not yet stored stays. */
  private _mediumChanged(stat: fs.BigIntStats): void {
    this._hostSize = Number(stat.size);
    this._hostMtimeNs = stat.mtimeNs;
    const { exports } = this.env.core;
    if (this.objectIfAny !== 0 && exports.objectNextDirty(this.objectIfAny, 0) !== NO_INDEX) return;
    this._timesAhead = false;
    this.dropClean();
    this.adoptSize(this._hostSize);
  }

  /** It was in use in a machine that is restored: others may have written since. */
  restored(): void {
    this.refresh(this.fs.statPlace(this.place));
  }

  revalidate(): void {
    const fd = this.fs.files.descriptor(this, false);
    this.refresh(host(() => fs.fstatSync(fd, { bigint: true })));
  }

  override open(flags: number): OpenFile {
    const access = flags & O_ACCMODE;
    if (access !== O_RDONLY) this.fs.requireWritable();
    // The host decides now, not when the first page is read or written.
    if (access !== O_RDONLY) this.fs.files.descriptor(this, true);
    if (access !== O_WRONLY) this.revalidate();
    return super.open(flags);
  }

  override setattr(change: InodeChange): void {
    if (change.size !== undefined) this.resize(change.size);
    const { size: _, ...rest } = change;
    if (Object.keys(rest).length > 0) {
      this.writeBack();
      changeAttributes(this, this.fs, rest);
    }
    if (rest.mtime !== undefined) this._keepTimes(rest.atime ?? this.atime, rest.mtime);
  }

  /** What was asked for is shown to the nanosecond as long as the inode is known, although the host has it rounded. */
  private _keepTimes(atime: Timestamp, mtime: Timestamp): void {
    this.atime = atime;
    this.mtime = mtime;
    this._timesAhead = true;
  }

  override resize(bytes: number): void {
    this.fs.requireWritable();
    if (bytes === 0 && this.size > 0) this._emptied = true;
    super.resize(bytes);
  }

  /** Data reaches the host later, so that it has room for them is asked for now. What the host's file covers already has its blocks. */
  override reserve(firstPage: number, pages: number): number {
    const covered = Math.floor(this._hostSize / PAGE_SIZE);
    const old = Math.min(Math.max(covered - firstPage, 0), pages);
    const fresh = this.fs.reserve(pages - old);
    if (old + fresh === 0) throw new SysError(ENOSPC);
    return old + fresh;
  }

  override modified(): void {
    super.modified();
    this._timesAhead = true;
  }

  /** The host has stamped the file with the time of the write-back: it gets the guest's, and we remember what came of it. */
  protected override wroteBack(): void {
    try {
      // Who may write a file may not always set its times.
      if (this.nlink > 0) setTimes(this.fs, this.place, this.atime, this.mtime);
      this.noteHost();
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
    }
  }

  /** Its descriptor is about to go, and it may not be possible to get another. */
  settle(): void {
    this.writeBack();
  }

  /** As ext4: a file that takes another's name takes its data along, and one that was emptied gets its new data at the last close. */
  replaces(): void {
    this._emptied = false;
    this.writeBack();
  }

  /** The state of the medium is of our own making. */
  noteHost(): void {
    const fd = this.fs.files.descriptor(this, true);
    const stat = host(() => fs.fstatSync(fd, { bigint: true }));
    this._hostSize = Number(stat.size);
    this._hostMtimeNs = stat.mtimeNs;
  }

  // --- users: while there is one, or a mapping, the data must stay within reach

  override acquire(): void {
    this._opens++;
    super.acquire();
  }

  override release(): void {
    this._opens--;
    if (this._opens === 0 && this._emptied && this.nlink > 0) this.replaces();
    super.release();
    if (this.nlink === 0 && !this.inUse) this.fs.files.drop(this);
  }

  /** Open, or mapped. */
  get inUse(): boolean {
    const object = this.objectIfAny;
    return this._opens > 0 || (object !== 0 && this.env.core.exports.objectReferences(object) > 1);
  }

  override objectFreed(object: number): void {
    super.objectFreed(object);
    if (this.nlink === 0 && this._opens === 0) this.fs.files.drop(this);
  }

  /** For an overlay above: the host's bytes, newer ones of our cache first. */
  copyPage(index: number, into: Uint8Array): void {
    if (!copyCached(this, index, into)) this.backing?.readPage(index, into);
  }
}

/** Pages of the host's file. */
class HostPages implements Backing {
  constructor(readonly file: NodeFile) {}

  private _call<T>(writable: boolean, call: (fd: number) => T): T {
    const { file } = this;
    if (writable && file.fs.readOnly) throw new SysError(EROFS);
    const fd = file.fs.files.descriptor(file, writable);
    return host(() => call(fd));
  }

  readPage(index: number, into: Uint8Array): void {
    this.readPages(index, [into]);
  }

  readPages(first: number, into: readonly Uint8Array[]): void {
    const end = (first + into.length) * PAGE_SIZE;
    this._call(false, (fd) => {
      for (let at = first * PAGE_SIZE; at < end; ) {
        const count = fs.readvSync(fd, rest(into, at - first * PAGE_SIZE), at);
        if (count === 0) return;
        at += count;
      }
    });
  }

  writePage(index: number, bytes: Uint8Array, length: number): void {
    this.writePages(index, [bytes.subarray(0, length)]);
  }

  writePages(first: number, pages: readonly Uint8Array[]): void {
    this.file.fs.unsynced.add(this.file);
    this._call(true, (fd) => {
      const end = first * PAGE_SIZE + pages.reduce((sum, page) => sum + page.length, 0);
      for (let at = first * PAGE_SIZE; at < end; ) {
        const count = fs.writevSync(fd, rest(pages, at - first * PAGE_SIZE), at);
        if (count === 0) throw new SysError(EIO);
        at += count;
      }
    });
  }

  setSize(bytes: number): void {
    this.file.fs.unsynced.add(this.file);
    this._call(true, (fd) => fs.ftruncateSync(fd, bytes));
    this.file.noteHost();
  }

  sync(dataOnly: boolean): void {
    if (this.file.fs.readOnly) return;
    const sync = (fd: number): void => (dataOnly ? fs.fdatasyncSync(fd) : fs.fsyncSync(fd));
    try {
      this._call(false, sync);
    } catch (error) {
      // A file that may only be written; or a host that wants that right for it.
      if (!(error instanceof SysError) || ![EACCES, EPERM].includes(error.errno)) throw error;
      this._call(true, sync);
    }
    this.file.fs.unsynced.delete(this.file);
  }
}

/** What is left of pages when so many bytes have been moved. */
function rest(pages: readonly Uint8Array[], done: number): Uint8Array[] {
  const whole = Math.floor(done / PAGE_SIZE);
  return pages.slice(whole).map((page, i) => (i === 0 ? page.subarray(done % PAGE_SIZE) : page));
}
