import { EBADF, EFBIG, EINVAL, ENOMEM, ENOSPC, ENOTTY, ENXIO, EOPNOTSUPP, EPERM } from '../../assembly/shared/errno.js';
import { NO_INDEX } from '../../assembly/shared/exit.js';
import { PAGE_SIZE } from '../../assembly/shared/layout.js';
import type { UserMemory } from '../core/user.js';
import { SysError } from '../linux/error.js';
import * as F from '../linux/fcntl.js';
import { FIGETBSZ, FIONREAD, FIOQSIZE } from '../linux/ioctl.js';
import { lostSetIdBits } from './access.js';
import { dropFileCapabilities } from './filecaps.js';
import type { PagedInode } from './pagedinode.js';
import { Readahead } from './readahead.js';
import { type Inode, type IoBuffer, OpenFile } from './types.js';

const ALLOCATE_MODES = F.FALLOC_FL_KEEP_SIZE | F.FALLOC_FL_PUNCH_HOLE | F.FALLOC_FL_ZERO_RANGE;

/** What O_DIRECT counts in. */
export const SECTOR_BYTES = 512;
/** Of a read with O_DIRECT, as much is in the cache at a time. */
const DIRECT_BYTES = 64 * PAGE_SIZE;
/** Pages that a read looks for before it copies: 1 MiB. */
const READ_PAGES = 256;

/** An open regular file over the page cache. */
export class PagedFile extends OpenFile {
  readonly readahead: Readahead;
  /** Opened with CAP_FSETID: its writes leave set-user-ID bits alone. */
  privileged = true;

  constructor(
    readonly paged: PagedInode,
    flags: number,
    /** What it was found as: of a device its node. */
    inode: Inode = paged,
  ) {
    super(inode, flags);
    this.errorsSeen = paged.errors.sample();
    this.readahead = new Readahead(paged.readaheadMax);
  }

  override read(to: IoBuffer, offset?: number): number {
    const { paged } = this;
    const at = offset ?? this.offset;
    if (at < 0) return -EINVAL;
    if (at >= paged.size || to.remaining === 0) return 0;
    const direct = this._isDirect;
    if (direct && (at % SECTOR_BYTES !== 0 || to.remaining % SECTOR_BYTES !== 0)) return -EINVAL;
    let done = 0;
    while (to.remaining > 0) {
      const most = paged.holdsAllData ? to.remaining : direct ? DIRECT_BYTES : this._readAhead(at + done, to.remaining);
      const count = direct ? this._readPast(to, at + done, most) : to.fromObject(paged.object, at + done, most);
      if (count < 0 && done === 0) return count;
      if (count <= 0) break;
      done += count;
    }
    if (offset === undefined) this.offset = at + done;
    if ((this.flags & F.O_NOATIME) === 0 && done > 0) paged.accessed();
    return done;
  }

  /** O_DIRECT means something: there is a medium. */
  private get _isDirect(): boolean {
    return (this.flags & F.O_DIRECT) !== 0 && !this.paged.holdsAllData;
  }

  /** O_DIRECT: what is in the cache is the truth; what is not, does not stay there. */
  private _readPast(to: IoBuffer, at: number, most: number): number {
    const { paged } = this;
    const first = Math.floor(at / PAGE_SIZE);
    const end = Math.ceil(Math.min(at + Math.min(most, to.remaining), paged.size) / PAGE_SIZE);
    paged.writeBack(first, end);
    const absent: number[] = [];
    for (let page = first; page < end; page++) if (!paged.isCached(page)) absent.push(page);
    paged.prefetch(first, end - first);
    try {
      return to.fromObject(paged.object, at, most);
    } finally {
      for (const page of absent) paged.dropClean(page, page + 1);
    }
  }

  /** Brings in what a read is about to need, and more when it seems to go on. Returns how many bytes to read before the next time. */
  private _readAhead(at: number, length: number): number {
    const first = Math.floor(at / PAGE_SIZE);
    const end = Math.min(Math.ceil(Math.min(at + length, this.paged.size) / PAGE_SIZE), first + READ_PAGES);
    this.readahead.before(this.paged, first, end);
    return Math.min(length, end * PAGE_SIZE - at);
  }

  /** An append ignores `offset`, as pwrite(2) says Linux does. */
  override write(from: IoBuffer, offset?: number): number {
    const { paged } = this;
    const size = paged.size;
    const at = this.appends ? size : (offset ?? this.offset);
    if (at < 0) return -EINVAL;
    if (from.remaining === 0) return 0;
    if (at >= paged.sizeMax) return -EFBIG;
    const direct = this._isDirect;
    if (direct && (at % SECTOR_BYTES !== 0 || from.remaining % SECTOR_BYTES !== 0)) return -EINVAL;
    const unsealed = this._unsealed(at, Math.min(from.remaining, paged.sizeMax - at));
    if (unsealed === 0) return -EPERM;
    const length = this.roomFor(at, unsealed);
    this._prepareEdges(at, length, size);
    let done = 0;
    while (done < length && from.remaining > 0) {
      const count = from.toObject(paged.object, at + done, length - done);
      if (count < 0 && done === 0) return count === -ENOMEM && paged.holdsAllData ? -ENOSPC : count;
      if (count <= 0) break;
      done += count;
    }
    if (done === 0) return 0;
    if (offset === undefined) this.offset = at + done;
    this._changed();
    if (paged.holdsAllData) return done;
    const [first, end] = [Math.floor(at / PAGE_SIZE), Math.ceil((at + done) / PAGE_SIZE)];
    if ((this.flags & F.O_DSYNC) !== 0) paged.sync((this.flags & F.O_SYNC_BIT) === 0, first, end);
    else if (direct) paged.writeBack(first, end);
    else {
      paged.env.flusher.throttle();
      return done;
    }
    if (direct) paged.dropClean(first, end);
    return -paged.errors.check(this) || done;
  }

  protected get appends(): boolean {
    return (this.flags & F.O_APPEND) !== 0;
  }

  /** How many of the bytes the file system has room for. */
  protected roomFor(at: number, length: number): number {
    const first = Math.floor(at / PAGE_SIZE);
    const { paged } = this;
    let allowed = paged.reserve(first, Math.ceil((at + length) / PAGE_SIZE) - first);
    if (paged.holdsAllData) {
      let room = paged.env.pages.roomForData(allowed);
      if (room < allowed) {
        const { exports } = paged.env.core;
        let fits = 0;
        while (fits < allowed && (exports.objectHolds(paged.object, first + fits) !== 0 || room-- > 0)) fits++;
        allowed = fits;
        if (allowed === 0) throw new SysError(ENOSPC);
      }
    }
    return Math.min(length, (first + allowed) * PAGE_SIZE - at);
  }

  /** Pages written in part must be in the cache before a byte is: if the medium fails or suspends, the write has not begun. */
  private _prepareEdges(at: number, length: number, size: number): void {
    const end = at + length;
    if (at % PAGE_SIZE !== 0) this.paged.fillPage(Math.floor(at / PAGE_SIZE));
    if (end % PAGE_SIZE !== 0 && end < size) this.paged.fillPage(Math.floor(end / PAGE_SIZE));
  }

  /** How many of the bytes seals let through: with F_SEAL_GROW, whole pages up to the one that would make the file longer, as in Linux. */
  private _unsealed(at: number, length: number): number {
    const { seals, size } = this.paged;
    if ((seals & (F.F_SEAL_WRITE | F.F_SEAL_FUTURE_WRITE)) !== 0) return 0;
    if ((seals & F.F_SEAL_GROW) === 0 || at + length <= size) return length;
    return Math.max(0, size - (size % PAGE_SIZE) - at);
  }

  /** Data has changed: times, and the set-id bits go unless the writer may keep them. */
  private _changed(): void {
    const { paged } = this;
    paged.modified();
    dropFileCapabilities(paged);
    if (this.privileged) return;
    const { mode } = paged;
    const lost = lostSetIdBits(mode);
    if (lost !== 0) paged.setattr({ mode: mode & 0o7777 & ~lost });
  }

  override seek(offset: number, whence: number): number {
    const { size } = this.paged;
    let target: number;
    switch (whence) {
      case F.SEEK_SET:
        target = offset;
        break;
      case F.SEEK_CUR:
        target = this.offset + offset;
        break;
      case F.SEEK_END:
        target = size + offset;
        break;
      case F.SEEK_DATA:
      case F.SEEK_HOLE:
        if (offset < 0 || offset >= size) throw new SysError(ENXIO);
        target = whence === F.SEEK_DATA ? this._nextData(offset) : this._nextHole(offset);
        break;
      default:
        throw new SysError(EINVAL);
    }
    if (target < 0) throw new SysError(EINVAL);
    if (target > this.paged.sizeMax) throw new SysError(EINVAL);
    this.offset = target;
    return target;
  }

  /** A file with a medium is data from start to end. */
  private _nextData(offset: number): number {
    if (!this.paged.holdsAllData) return offset;
    const { exports } = this.paged.env.core;
    const page = exports.objectNextPresent(this.paged.object, Math.floor(offset / PAGE_SIZE));
    const data = page === NO_INDEX ? Number.POSITIVE_INFINITY : Math.max(offset, page * PAGE_SIZE);
    if (data >= this.paged.size) throw new SysError(ENXIO);
    return data;
  }

  private _nextHole(offset: number): number {
    const { size } = this.paged;
    if (!this.paged.holdsAllData) return size;
    const { exports } = this.paged.env.core;
    let page = Math.floor(offset / PAGE_SIZE);
    while (page * PAGE_SIZE < size && exports.objectHolds(this.paged.object, page) !== 0) page++;
    return Math.min(Math.max(offset, page * PAGE_SIZE), size);
  }

  override ioctl(command: number, argument: number, user: UserMemory): number {
    switch (command) {
      case FIONREAD:
        user.writeU32(argument, Math.min(Math.max(this.paged.size - this.offset, 0), 0x7fffffff));
        return 0;
      case FIGETBSZ:
        user.writeU32(argument, PAGE_SIZE);
        return 0;
      case FIOQSIZE:
        user.writeU64(argument, this.paged.size);
        return 0;
      default:
        throw new SysError(ENOTTY);
    }
  }

  override mapObject(): number {
    const { object } = this.paged;
    this.paged.mapped = true;
    return object;
  }

  override sync(dataOnly: boolean, first?: number, end?: number): void {
    this.paged.sync(dataOnly, first, end);
    this.throwError();
  }

  /** An error of writing back that this description has not been told of. */
  throwError(): void {
    const errno = this.paged.errors.check(this);
    if (errno !== 0) throw new SysError(errno);
  }

  private _requireWritable(errno: number): void {
    if ((this.flags & F.O_ACCMODE) === F.O_RDONLY) throw new SysError(errno);
  }

  override truncate(size: number): void {
    this._requireWritable(EINVAL);
    this.paged.resize(size);
    this._changed();
  }

  override allocate(mode: number, offset: number, length: number): void {
    this._requireWritable(EBADF);
    if (offset < 0 || length <= 0) throw new SysError(EINVAL);
    const punch = (mode & F.FALLOC_FL_PUNCH_HOLE) !== 0;
    const zero = (mode & F.FALLOC_FL_ZERO_RANGE) !== 0;
    const keep = (mode & F.FALLOC_FL_KEEP_SIZE) !== 0;
    if ((mode & ~ALLOCATE_MODES) !== 0 || (punch && !keep)) throw new SysError(EOPNOTSUPP);
    if (punch && zero) throw new SysError(EINVAL);
    const { paged } = this;
    const end = offset + length;
    if (end > paged.sizeMax) throw new SysError(EFBIG);
    if (zero && !this.zeroesRanges) throw new SysError(EOPNOTSUPP);
    const grows = !keep && end > paged.size;
    if (!punch && end > paged.size && (paged.seals & F.F_SEAL_GROW) !== 0) throw new SysError(EPERM);
    if ((punch || zero) && (paged.seals & (F.F_SEAL_WRITE | F.F_SEAL_FUTURE_WRITE)) !== 0) throw new SysError(EPERM);
    if (punch || zero) this._zeroRange(offset, Math.min(end, paged.size));
    if (!punch) this._provide(offset, end);
    if (grows) paged.resize(end);
    this._changed();
  }

  /** FALLOC_FL_ZERO_RANGE, which tmpfs has not. */
  protected get zeroesRanges(): boolean {
    return !this.paged.inMemoryOnly;
  }

  /** Makes [from, to) read as zeros: whole pages are given back where the cache is all there is. */
  private _zeroRange(from: number, to: number): void {
    const { paged } = this;
    if (from >= to) return;
    const firstWhole = Math.ceil(from / PAGE_SIZE);
    // The page with the file's last byte is whole if the range reaches the end.
    const endWhole = to === paged.size ? Math.ceil(to / PAGE_SIZE) : Math.floor(to / PAGE_SIZE);
    if (firstWhole > endWhole) {
      this._zeroBytes(from, to);
      return;
    }
    if (from % PAGE_SIZE !== 0) this._zeroBytes(from, Math.min(firstWhole * PAGE_SIZE, to));
    if (endWhole * PAGE_SIZE < to) this._zeroBytes(Math.max(endWhole * PAGE_SIZE, from), to);
    if (firstWhole >= endWhole) return;
    if (paged.holdsAllData) {
      if (paged.objectIfAny !== 0) paged.env.core.exports.objectDropPages(paged.objectIfAny, firstWhole, endWhole, 1);
    } else {
      for (let page = firstWhole; page < endWhole; page++) this._zeroBytes(page * PAGE_SIZE, Math.min((page + 1) * PAGE_SIZE, to));
    }
  }

  /** Within one page, inside the file. */
  private _zeroBytes(from: number, to: number): void {
    if (from >= to) return;
    const { paged } = this;
    const { core } = paged.env;
    const index = Math.floor(from / PAGE_SIZE);
    const within = from % PAGE_SIZE;
    if (to - from < PAGE_SIZE) paged.fillPage(index);
    if (paged.holdsAllData && core.exports.objectHolds(paged.object, index) === 0) return;
    const at = paged.env.pages.insert(paged.object, index);
    core.u8.fill(0, at + within, at + within + (to - from));
    core.exports.objectMarkDirty(paged.object, index);
    if (paged.mapped) core.exports.flushInstructionCache();
  }

  /** Reserves memory for a range. Where a medium holds the data there is nothing to reserve. All or nothing: ENOSPC. */
  private _provide(from: number, to: number): void {
    const { paged } = this;
    if (!paged.holdsAllData) return;
    const { exports } = paged.env.core;
    const { object } = paged;
    const first = Math.floor(from / PAGE_SIZE);
    const end = Math.ceil(to / PAGE_SIZE);
    if (end - first - paged.pagesPresent > paged.env.pages.roomForData(end - first)) throw new SysError(ENOSPC);
    if (paged.reserve(first, end - first) < end - first) throw new SysError(ENOSPC);
    const inserted: number[] = [];
    for (let page = first; page < end; page++) {
      if (exports.objectHolds(object, page) !== 0) continue;
      if (
        exports.objectInsertPage(object, page) === 0 &&
        (paged.env.pages.reclaim() === 0 || exports.objectInsertPage(object, page) === 0)
      ) {
        for (const index of inserted) exports.objectDropPages(object, index, index + 1, 1);
        throw new SysError(ENOSPC);
      }
      exports.objectMarkDirty(object, page);
      inserted.push(page);
    }
  }

  override close(): void {
    this.paged.release();
  }
}
