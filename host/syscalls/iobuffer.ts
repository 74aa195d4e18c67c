import { EFAULT, EINVAL, ENOMEM } from '../../assembly/shared/errno.js';
import { ACCESS_READ, ACCESS_WRITE, NEED_PAGE, NEED_USERFAULT } from '../../assembly/shared/exit.js';
import { PAGE_MASK, PAGE_SIZE } from '../../assembly/shared/layout.js';
import type { UserMemory } from '../core/user.js';
import { copyBytes } from '../linux/bytes.js';
import { Suspend, SysError } from '../linux/error.js';
import { IOV_MAX, MAX_RW_COUNT } from '../linux/fcntl.js';
import type { IoBuffer } from '../vfs/types.js';

/**
 * The user memory of one transfer: ranges of one address space, consumed in order. Page-cache data moves inside the core
 * (objectRead, objectWrite); other bytes are copied page by page.
 *
 * A fault ends the buffer: `remaining` becomes 0 and `fault` tells the errno. So does Suspend, once bytes have moved in a way that a
 * second run of the call could not repeat; `suspended` keeps it. One instance serves all transfers of a thread: no garbage.
 */
export class UserBuffer implements IoBuffer {
  remaining = 0;
  /** Bytes moved so far. */
  transferred = 0;
  /** Errno of the fault that ended the buffer, or 0. */
  fault = 0;
  suspended: Suspend | undefined = undefined;
  private _user!: UserMemory;
  private readonly _addresses: number[] = [0];
  private readonly _lengths: number[] = [0];
  private _count = 0;
  /** The next byte is _offset bytes into range _index. */
  private _index = 0;
  private _offset = 0;

  private _reset(user: UserMemory): void {
    this._user = user;
    this._count = 0;
    this._index = 0;
    this._offset = 0;
    this.remaining = 0;
    this.transferred = 0;
    this.fault = 0;
    this.suspended = undefined;
  }

  /** One range, cut to what one call may transfer. */
  one(user: UserMemory, address: number, length: number): this {
    this._reset(user);
    this._add(address, length);
    return this;
  }

  /** The ranges of an iovec array that has been read and checked; cut likewise. */
  many(user: UserMemory, iov: readonly Iovec[]): this {
    this._reset(user);
    for (const { address, length } of iov) this._add(address, length);
    return this;
  }

  private _add(address: number, length: number): void {
    const bytes = Math.min(length, MAX_RW_COUNT - this.remaining);
    this._addresses[this._count] = address;
    this._lengths[this._count++] = bytes;
    this.remaining += bytes;
  }

  /** Leaves out the first `bytes`: they were transferred before the call slept. */
  skip(bytes: number): void {
    this._advance(bytes);
    this.transferred -= bytes;
  }

  /** At most `bytes` more. */
  limit(bytes: number): void {
    if (bytes < this.remaining) this.remaining = bytes;
  }

  private _advance(bytes: number): void {
    this.remaining -= bytes;
    this.transferred += bytes;
    this._offset += bytes;
    while (this._offset > this._lengths[this._index]) this._offset -= this._lengths[this._index++];
  }

  /** The address of the next byte and, in _run, how many follow it in its range. */
  private _run = 0;
  private _next(): number {
    while (this._offset >= this._lengths[this._index]) {
      this._offset -= this._lengths[this._index];
      this._index++;
    }
    this._run = this._lengths[this._index] - this._offset;
    return this._addresses[this._index] + this._offset;
  }

  private _end(errno: number): void {
    this.fault = errno;
    this.remaining = 0;
  }

  /** Linear address of a page piece, or 0 when the buffer has ended. */
  private _page(address: number, access: number): number {
    try {
      return this._user.page(address, access);
    } catch (error) {
      if (error instanceof SysError) this._end(error.errno);
      else if (error instanceof Suspend && this.transferred > 0) {
        this.suspended = error;
        this.remaining = 0;
      } else throw error;
      return 0;
    }
  }

  put(bytes: Uint8Array): number {
    return this.putFrom(bytes, 0, bytes.length);
  }

  putFrom(bytes: Uint8Array, from: number, length: number): number {
    let done = 0;
    while (done < length && this.remaining > 0) {
      const address = this._next();
      const piece = Math.min(length - done, this.remaining, this._run, PAGE_SIZE - (address & PAGE_MASK));
      const at = this._page(address, ACCESS_WRITE);
      if (at === 0) break;
      copyBytes(this._user.core.u8, at, bytes, from + done, piece);
      this._advance(piece);
      done += piece;
    }
    return done;
  }

  take(max: number): Uint8Array {
    const bytes = new Uint8Array(Math.min(max, this.remaining));
    const done = this.takeInto(bytes, 0, bytes.length);
    return done === bytes.length ? bytes : bytes.subarray(0, done);
  }

  takeInto(bytes: Uint8Array, start: number, max: number): number {
    const wanted = Math.min(max, this.remaining);
    let done = 0;
    while (done < wanted) {
      const address = this._next();
      const piece = Math.min(wanted - done, this._run, PAGE_SIZE - (address & PAGE_MASK));
      const at = this._page(address, ACCESS_READ);
      if (at === 0) break;
      copyBytes(bytes, start + done, this._user.core.u8, at, piece);
      this._advance(piece);
      done += piece;
    }
    return done;
  }

  pass(bytes: number): void {
    this._advance(bytes);
  }

  /** How many of the bytes that follow lie in one page of the user's. */
  get inPage(): number {
    if (this.remaining === 0) return 0;
    const address = this._next();
    return Math.min(this.remaining, this._run, PAGE_SIZE - (address & PAGE_MASK));
  }

  get faulted(): boolean {
    return this.fault !== 0;
  }

  /** Only bytes of the last take() or put(). After a fault there is nothing to go on with. */
  untake(bytes: number): void {
    this.transferred -= bytes;
    if (this.fault === 0 && this.suspended === undefined) this.remaining += bytes;
    this._offset -= bytes;
    while (this._offset < 0) this._offset += this._lengths[--this._index];
  }

  fromObject(object: number, offset: number, max: number): number {
    const { core, space } = this._user;
    let done = 0;
    while (done < max && this.remaining > 0) {
      const address = this._next();
      const length = Math.min(max - done, this.remaining, this._run);
      const moved = core.exports.objectRead(object, offset + done, space, address, length);
      if (moved === NEED_PAGE || moved === NEED_USERFAULT) {
        const error = this._fillForRead(moved);
        if (error === undefined) continue;
        this._end(error.errno);
        return this.transferred > 0 ? done : -error.errno;
      }
      if (moved < 0) {
        this._end(-moved);
        return done > 0 ? done : moved;
      }
      if (moved === 0) break;
      this._advance(moved);
      done += moved;
    }
    return done;
  }

  toObject(object: number, offset: number, max: number): number {
    const { core, space } = this._user;
    let done = 0;
    while (done < max && this.remaining > 0) {
      const address = this._next();
      const length = Math.min(max - done, this.remaining, this._run);
      const moved = core.exports.objectWrite(object, offset + done, space, address, length);
      if (moved === NEED_PAGE || moved === NEED_USERFAULT) {
        if (this._fillOrEnd(moved)) continue;
        return done > 0 || this.fault === 0 ? done : -ENOMEM;
      }
      if (moved < 0) {
        this._end(-moved);
        return done > 0 ? done : moved;
      }
      if (moved === 0) break;
      this._advance(moved);
      done += moved;
    }
    return done;
  }

  /** Brings in the page that the core has asked for: of the file, or of a mapping that the buffer lies in; or makes room. */
  private _fill(need: number): void {
    if (need === NEED_USERFAULT) this._user.handOut();
    else this._user.bringIn();
  }

  /** Waiting is for the call, which begins again from the start; an error ends a read that has got something already. */
  private _fillForRead(need: number): SysError | undefined {
    try {
      this._fill(need);
      return undefined;
    } catch (error) {
      if (error instanceof SysError) return error;
      throw error;
    }
  }

  /**
   * A read may begin again from the start; a write that has changed the file may not, so it ends here when its source must be awaited.
   * False: the buffer has ended, with `fault` when there is no memory.
   */
  private _fillOrEnd(need: number): boolean {
    try {
      this._fill(need);
      return true;
    } catch (error) {
      if (error instanceof SysError && error.errno === ENOMEM) {
        this._end(ENOMEM);
        return false;
      }
      if (!(error instanceof Suspend) || this.transferred === 0) throw error;
      this.suspended = error;
      this.remaining = 0;
      return false;
    }
  }
}

export interface Iovec {
  readonly address: number;
  readonly length: number;
}

/** Largest ssize_t, as a number: what is above it is negative to the kernel. */
const SSIZE_LIMIT = 2 ** 63;

/** Is [address, address + length) no memory that a process could ever have? */
export function outsideUser(address: number, length: number): boolean {
  return address + length >= SSIZE_LIMIT;
}

/** Reads struct iovec[]. EINVAL: more than IOV_MAX, or a negative length; EFAULT. A null array of no elements is fine. */
export function readIovecs(user: UserMemory, at: number, count: number): Iovec[] | number {
  if (count === 0) return [];
  if (count > IOV_MAX) return -EINVAL;
  const bytes = user.read(at, count * 16);
  const view = new DataView(bytes.buffer);
  const iov: Iovec[] = [];
  for (let i = 0; i < count; i++) {
    const address = Number(view.getBigUint64(i * 16, true));
    const length = Number(view.getBigUint64(i * 16 + 8, true));
    if (length >= SSIZE_LIMIT) return -EINVAL;
    if (outsideUser(address, length)) return -EFAULT;
    iov.push({ address, length });
  }
  return iov;
}
