import { copyBytes } from '../linux/bytes.js';
import { SysError } from '../linux/error.js';
import type { PageCache } from './pager.js';
import type { IoBuffer } from './types.js';

/** An IoBuffer over bytes of the host, for either direction: the loader reads with it, sendfile copies through it. */
export class HostBuffer implements IoBuffer {
  private _done = 0;

  constructor(
    readonly bytes: Uint8Array,
    readonly pages: PageCache,
  ) {}

  get remaining(): number {
    return this.bytes.length - this._done;
  }

  /** Bytes transferred so far. */
  get transferred(): number {
    return this._done;
  }

  /** What has been put, as a view. */
  get filled(): Uint8Array {
    return this.bytes.subarray(0, this._done);
  }

  put(bytes: Uint8Array): number {
    return this.putFrom(bytes, 0, bytes.length);
  }

  putFrom(bytes: Uint8Array, from: number, length: number): number {
    const count = Math.min(length, this.remaining);
    copyBytes(this.bytes, this._done, bytes, from, count);
    this._done += count;
    return count;
  }

  take(max: number): Uint8Array {
    const taken = this.bytes.slice(this._done, this._done + Math.min(max, this.remaining));
    this._done += taken.length;
    return taken;
  }

  takeInto(bytes: Uint8Array, at: number, max: number): number {
    const count = Math.min(max, this.remaining);
    copyBytes(bytes, at, this.bytes, this._done, count);
    this._done += count;
    return count;
  }

  untake(bytes: number): void {
    this._done -= Math.min(bytes, this._done);
  }

  pass(bytes: number): void {
    this._done += bytes;
  }

  get faulted(): boolean {
    return false;
  }

  fromObject(object: number, offset: number, max: number): number {
    const into = this.bytes.subarray(this._done, this._done + Math.min(max, this.remaining));
    return this._moved(() => this.pages.readObject(object, offset, into));
  }

  toObject(object: number, offset: number, max: number): number {
    const from = this.bytes.subarray(this._done, this._done + Math.min(max, this.remaining));
    return this._moved(() => this.pages.writeObject(object, offset, from));
  }

  /** The core's convention: a count or -errno. Suspend goes through. */
  private _moved(transfer: () => number): number {
    try {
      const count = transfer();
      this._done += count;
      return count;
    } catch (error) {
      if (error instanceof SysError) return -error.errno;
      throw error;
    }
  }
}
