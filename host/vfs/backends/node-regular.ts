/** Regular files of a host folder: their data go through the page cache. */
import * as fs from 'node:fs';
import { EIO, ENOSPC, EROFS } from '../../../assembly/shared/errno.js';
import { NO_INDEX } from '../../../assembly/shared/exit.js';
import { PAGE_SIZE } from '../../../assembly/shared/layout.js';
import { SysError } from '../../linux/error.js';
import { O_ACCMODE, O_RDONLY, O_WRONLY } from '../../linux/fcntl.js';
import { type Backing, PagedInode } from '../pagedinode.js';
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
  #opens = 0;
  /** The medium as we know it: anything else means that somebody of the host has written. */
  #hostSize: number;
  #hostMtimeNs: bigint;
  /** Our times are newer than the host's: data is, or was, in the cache only. */
  #timesAhead = false;

  constructor(
    readonly fs: NodeFileSystem,
    readonly ino: number,
    readonly place: HostPlace,
    stat: fs.BigIntStats,
  ) {
    super(fs.env, undefined, Number(stat.size));
    this.backing = new HostPages(this);
    place.owner = this;
    this.#hostSize = Number(stat.size);
    this.#hostMtimeNs = stat.mtimeNs;
    adoptAttributes(this, fs, stat);
  }

  refresh(stat: fs.BigIntStats): void {
    const { atime, mtime, ctime } = this;
    adoptAttributes(this, this.fs, stat);
    if (Number(stat.size) !== this.#hostSize || stat.mtimeNs !== this.#hostMtimeNs) this.#mediumChanged(stat);
    else if (this.#timesAhead) Object.assign(this, { atime, mtime, ctime });
  }

  /** The host's writer wins over clean pages; what the guest has written and not yet stored stays. */
  #mediumChanged(stat: fs.BigIntStats): void {
    this.#hostSize = Number(stat.size);
    this.#hostMtimeNs = stat.mtimeNs;
    const { exports } = this.env.core;
    if (this.objectIfAny !== 0 && exports.objectNextDirty(this.objectIfAny, 0) !== NO_INDEX) return;
    this.#timesAhead = false;
    this.dropClean();
    this.adoptSize(this.#hostSize);
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
    if (rest.mtime !== undefined) this.#keepTimes(rest.atime ?? this.atime, rest.mtime);
  }

  /** What was asked for is shown to the nanosecond as long as the inode is known, although the host has it rounded. */
  #keepTimes(atime: Timestamp, mtime: Timestamp): void {
    this.atime = atime;
    this.mtime = mtime;
    this.#timesAhead = true;
  }

  override resize(bytes: number): void {
    this.fs.requireWritable();
    super.resize(bytes);
  }

  /** Data reaches the host later, so that it has room for them is asked for now. What the host's file covers already has its blocks. */
  override reserve(firstPage: number, pages: number): number {
    const covered = Math.floor(this.#hostSize / PAGE_SIZE);
    const old = Math.min(Math.max(covered - firstPage, 0), pages);
    const fresh = this.fs.reserve(pages - old);
    if (old + fresh === 0) throw new SysError(ENOSPC);
    return old + fresh;
  }

  override modified(): void {
    super.modified();
    this.#timesAhead = true;
  }

  override writeBack(): void {
    const { exports } = this.env.core;
    if (this.objectIfAny === 0 || exports.objectNextDirty(this.objectIfAny, 0) === NO_INDEX) return;
    super.writeBack();
    this.#noteWritten();
  }

  /** The host has stamped the file with the time of the write-back: it gets the guest's, and we remember what came of it. */
  #noteWritten(): void {
    if (this.nlink > 0) setTimes(this.fs, this.place, this.atime, this.mtime);
    this.noteHost();
  }

  /** The state of the medium is of our own making. */
  noteHost(): void {
    const fd = this.fs.files.descriptor(this, true);
    const stat = host(() => fs.fstatSync(fd, { bigint: true }));
    this.#hostSize = Number(stat.size);
    this.#hostMtimeNs = stat.mtimeNs;
  }

  // --- users: while there is one, or a mapping, the data must stay within reach

  override acquire(): void {
    this.#opens++;
    super.acquire();
  }

  /** The last close stores the data for the host to see. Close has nobody to tell: what fails stays dirty, and fsync tells. */
  override release(): void {
    this.#opens--;
    if (this.#opens === 0 && this.nlink > 0 && !this.fs.readOnly) this.#tryWriteBack();
    super.release();
    if (this.nlink === 0 && !this.inUse) this.fs.files.drop(this);
  }

  #tryWriteBack(): void {
    try {
      this.writeBack();
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      this.fs.writeFailures++;
    }
  }

  /** Open, or mapped. */
  get inUse(): boolean {
    const object = this.objectIfAny;
    return this.#opens > 0 || (object !== 0 && this.env.core.exports.objectReferences(object) > 1);
  }

  override objectFreed(object: number): void {
    super.objectFreed(object);
    if (this.nlink === 0 && this.#opens === 0) this.fs.files.drop(this);
  }

  /** For an overlay above: the host's bytes, newer ones of our cache first. */
  copyPage(index: number, into: Uint8Array): void {
    if (!copyCached(this, index, into)) this.backing?.readPage(index, into);
  }
}

/** Pages of the host's file. */
class HostPages implements Backing {
  constructor(readonly file: NodeFile) {}

  #call<T>(writable: boolean, call: (fd: number) => T): T {
    const { file } = this;
    if (writable && file.fs.readOnly) throw new SysError(EROFS);
    const fd = file.fs.files.descriptor(file, writable);
    return host(() => call(fd));
  }

  readPage(index: number, into: Uint8Array): void {
    this.#call(false, (fd) => {
      for (let done = 0; done < PAGE_SIZE; ) {
        const count = fs.readSync(fd, into, done, PAGE_SIZE - done, index * PAGE_SIZE + done);
        if (count === 0) return;
        done += count;
      }
    });
  }

  writePage(index: number, bytes: Uint8Array, length: number): void {
    this.#call(true, (fd) => {
      for (let done = 0; done < length; ) {
        const count = fs.writeSync(fd, bytes, done, length - done, index * PAGE_SIZE + done);
        if (count === 0) throw new SysError(EIO);
        done += count;
      }
    });
  }

  setSize(bytes: number): void {
    this.#call(true, (fd) => fs.ftruncateSync(fd, bytes));
    this.file.noteHost();
  }

  sync(dataOnly: boolean): void {
    if (this.file.fs.readOnly) return;
    this.#call(true, (fd) => (dataOnly ? fs.fdatasyncSync(fd) : fs.fsyncSync(fd)));
  }
}
