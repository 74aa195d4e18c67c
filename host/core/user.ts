import { EFAULT, ENAMETOOLONG, ENOMEM } from '../../assembly/shared/errno.js';
import * as X from '../../assembly/shared/exit.js';
import { HART, HART_FAULT_KIND, HART_IO_HOW, HART_IO_OBJECT, PAGE_MASK, PAGE_SIZE } from '../../assembly/shared/layout.js';
import { SysError } from '../linux/error.js';
import { decodeText } from '../linux/text.js';
import type { Core } from './core.js';

/** Fills one absent page of a file object from its medium, or of the swap cache (SWAP_AREA), or makes room (FRAMES_WANTED). `how`:
 * HART_IO_HOW, for files. Synchronous; throws Suspend when the medium is asynchronous, SysError(EIO) when it fails, SysError(ENOMEM) when
 * there is no room. */
export type Pager = (object: number, index: number, how: number) => void;

const TASK_SIZE = 2 ** 38;

/** The memory of one address space as the host reads and writes it: every access is translated, faults in pages and
 * throws SysError(EFAULT) where the guest may not go. */
export class UserMemory {
  space = 0;
  /** A userfaultfd must give the page: returns when it is worth another try; throws UserfaultWait or SysError(EFAULT). */
  handOut: () => void = () => {
    throw new SysError(EFAULT);
  };

  constructor(
    readonly core: Core,
    readonly pager: Pager,
  ) {}

  /** Linear address of the byte at `address`, its page present and permitted for `access`. */
  page(address: number, access: number): number {
    if (!(address >= 0 && address < TASK_SIZE)) throw new SysError(EFAULT);
    for (;;) {
      const at = this.core.exports.userPage(this.space, address, access);
      if (at !== 0) return at >>> 0;
      this._settle();
    }
  }

  /** Brings in what the core's last access has missed; throws when it can't be had. */
  private _settle(): void {
    const kind = this.core.u32[(HART + HART_FAULT_KIND) >>> 2];
    if (kind === X.FAULT_IO) this.bringIn();
    else if (kind === X.FAULT_USERFAULT) this.handOut();
    else if (kind === X.FAULT_MEMORY) this.pager(X.FRAMES_WANTED, 0, X.IO_TRANSFER);
    else throw new SysError(EFAULT);
  }

  /** Copies `length` bytes to STAGING. */
  stageIn(address: number, length: number): void {
    if (!(address >= 0 && address < TASK_SIZE)) throw new SysError(EFAULT);
    while (this.core.exports.userCopyIn(this.space, address, length) !== 0) this._settle();
  }

  /** Copies `length` bytes from STAGING. */
  stageOut(address: number, length: number): void {
    if (!(address >= 0 && address < TASK_SIZE)) throw new SysError(EFAULT);
    while (this.core.exports.userCopyOut(this.space, address, length) !== 0) this._settle();
  }

  /** The page that the core has asked for last: see HART_IO_OBJECT. A mapping's page that can't be had is no memory: EFAULT. */
  bringIn(): void {
    const words = this.core.u32;
    const how = words[(HART + HART_IO_HOW) >>> 2];
    try {
      this.pager(words[(HART + HART_IO_OBJECT) >>> 2], this.core.ioIndex, how);
    } catch (error) {
      if (how === X.IO_TRANSFER || !(error instanceof SysError) || error.errno === ENOMEM) throw error;
      throw new SysError(EFAULT);
    }
  }

  /** Calls `each` with the linear address and length of every page piece of [address, address + length). */
  pieces(address: number, length: number, access: number, each: (at: number, bytes: number, done: number) => void): void {
    for (let done = 0; done < length; ) {
      const bytes = Math.min(length - done, PAGE_SIZE - ((address + done) & PAGE_MASK));
      each(this.page(address + done, access), bytes, done);
      done += bytes;
    }
  }

  /** Makes sure that a later read of this range can't fault. */
  prepareRead(address: number, length: number): void {
    this.pieces(address, length, X.ACCESS_READ, () => {});
  }

  /** Makes sure that a later write of this range can't fault: call it before a side effect that can't be undone. */
  prepareWrite(address: number, length: number): void {
    this.pieces(address, length, X.ACCESS_WRITE, () => {});
  }

  read(address: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.pieces(address, length, X.ACCESS_READ, (at, n, done) => bytes.set(this.core.u8.subarray(at, at + n), done));
    return bytes;
  }

  write(address: number, bytes: Uint8Array): void {
    this.pieces(address, bytes.length, X.ACCESS_WRITE, (at, n, done) => this.core.u8.set(bytes.subarray(done, done + n), at));
  }

  /** Writes as many of the bytes as can be: how many. */
  writeSome(address: number, bytes: Uint8Array): number {
    let stored = 0;
    try {
      this.pieces(address, bytes.length, X.ACCESS_WRITE, (at, n, done) => {
        this.core.u8.set(bytes.subarray(done, done + n), at);
        stored = done + n;
      });
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
    }
    return stored;
  }

  fill(address: number, length: number, value: number): void {
    this.pieces(address, length, X.ACCESS_WRITE, (at, n) => this.core.u8.fill(value, at, at + n));
  }

  readU32(address: number): number {
    if ((address & PAGE_MASK) <= PAGE_SIZE - 4) {
      // The page first: bringing it in may grow the memory, which detaches the views.
      const at = this.page(address, X.ACCESS_READ);
      return this.core.view.getUint32(at, true);
    }
    return new DataView(this.read(address, 4).buffer).getUint32(0, true);
  }

  readI32(address: number): number {
    return this.readU32(address) | 0;
  }

  /** Exact below 2^53. */
  readU64(address: number): number {
    return this.readU32(address) + this.readU32(address + 4) * 2 ** 32;
  }

  readI64(address: number): number {
    return this.readU32(address) + this.readI32(address + 4) * 2 ** 32;
  }

  writeU32(address: number, value: number): void {
    if ((address & PAGE_MASK) <= PAGE_SIZE - 4) {
      const at = this.page(address, X.ACCESS_WRITE);
      this.core.view.setUint32(at, value, true);
    } else {
      const bytes = new Uint8Array(4);
      new DataView(bytes.buffer).setUint32(0, value, true);
      this.write(address, bytes);
    }
  }

  writeU64(address: number, value: number): void {
    if ((address & PAGE_MASK) <= PAGE_SIZE - 8) {
      const at = this.page(address, X.ACCESS_WRITE);
      const { view } = this.core;
      view.setUint32(at, value, true);
      view.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
      return;
    }
    const bytes = new Uint8Array(8);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, value, true);
    view.setUint32(4, Math.floor(value / 2 ** 32), true);
    this.write(address, bytes);
  }

  /** The bytes of a NUL-terminated string, without the NUL; ENAMETOOLONG when none ends within `max`. */
  readCBytes(address: number, max: number): Uint8Array {
    const parts: number[] = [];
    for (let done = 0; done < max; ) {
      const at = this.page(address + done, X.ACCESS_READ);
      const limit = Math.min(max - done, PAGE_SIZE - (at & PAGE_MASK));
      const u8 = this.core.u8;
      for (let i = 0; i < limit; i++) {
        const byte = u8[at + i];
        if (byte === 0) return Uint8Array.from(parts);
        parts.push(byte);
      }
      done += limit;
    }
    throw new SysError(ENAMETOOLONG);
  }

  readString(address: number, max = 4096): string {
    return decodeText(this.readCBytes(address, max));
  }
}
