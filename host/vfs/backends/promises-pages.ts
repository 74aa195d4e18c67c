/** The medium under a file of a PromisesFileSystem: pages are read in pieces, and written as they are found dirty. */
import { EFBIG, EIO } from '../../../assembly/shared/errno.js';
import { PAGE_SIZE } from '../../../assembly/shared/layout.js';
import { SysError } from '../../linux/error.js';
import type { Backing } from '../backing.js';
import { type PromisesHandle, type Request, type RequestQueue, SyncPoint } from './promises-medium.js';

const PIECE_PAGES = 16;
const PIECE_BYTES = PIECE_PAGES * PAGE_SIZE;
/** Pieces of one file that wait for a page to be wanted. */
const PIECES_MAX = 8;
/** A file without a name is kept in memory: no larger ones. */
const ORPHAN_MAX_BYTES = 2 ** 30;

/** How a file is opened at the place where the medium has it at that moment. */
export type OpenHandle = (flags: 'r' | 'r+') => Promise<PromisesHandle>;

/** What the medium was given of a page last, and when it has it. */
interface Store {
  readonly bytes: Uint8Array;
  readonly request: Request<void>;
  /** The request is of other pages, too. */
  readonly shared: boolean;
}

export class PromisesPages implements Backing {
  private readonly _pieces = new Map<number, Request<Uint8Array>>();
  private readonly _stores = new Map<number, Store>();
  private _resize: { readonly bytes: number; readonly request: Request<void> } | undefined;
  private readonly _kept = new SyncPoint();
  /** The name is gone: the data is here. */
  private _orphan: Uint8Array | undefined;

  constructor(
    private readonly queue: RequestQueue,
    private readonly openHandle: OpenHandle,
    /** The medium has something that it may lose. */
    private readonly changed: () => void,
  ) {}

  private _ask<T>(flags: 'r' | 'r+', work: (handle: PromisesHandle) => Promise<T>): Request<T> {
    return this.queue.ask(() => this._with(flags, work));
  }

  private async _with<T>(flags: 'r' | 'r+', work: (handle: PromisesHandle) => Promise<T>): Promise<T> {
    const handle = this._orphan === undefined ? await this.openHandle(flags) : this._orphanHandle();
    try {
      return await work(handle);
    } finally {
      await handle.close();
    }
  }

  // --- reading

  readPage(index: number, into: Uint8Array): void {
    const piece = Math.floor(index / PIECE_PAGES);
    let request = this._pieces.get(piece);
    if (request === undefined) {
      for (const [old, other] of this._pieces) {
        if (this._pieces.size < PIECES_MAX) break;
        if (!other.waiting) this._pieces.delete(old);
      }
      request = this._ask('r', (handle) => readAll(handle, piece * PIECE_BYTES, PIECE_BYTES));
      this._pieces.set(piece, request);
    }
    // A failure is told once; the next who asks has another try.
    if (!request.waiting) this._pieces.delete(piece);
    const bytes = request.result();
    this._pieces.set(piece, request);
    const at = (index % PIECE_PAGES) * PAGE_SIZE;
    into.set(bytes.subarray(at, at + PAGE_SIZE));
  }

  // --- writing

  writePage(index: number, bytes: Uint8Array, length: number): void {
    this.writePages(index, [bytes.subarray(0, length)]);
  }

  /** Pages stay dirty until the medium has the bytes that they have now: what was stored meanwhile is written again. */
  writePages(first: number, pages: readonly Uint8Array[]): void {
    const current = (i: number): boolean => {
      const store = this._stores.get(first + i);
      return store !== undefined && isSame(store.bytes, pages[i]);
    };
    for (let i = 0; i < pages.length; ) {
      const from = i;
      while (i < pages.length && !current(i)) i++;
      if (i > from) this._store(first + from, pages.slice(from, i));
      while (i < pages.length && current(i)) i++;
    }
    const stores = pages.map((_, i) => this._stores.get(first + i));
    // First of all that are on their way: results are taken only when there are all.
    for (const store of stores) if (store?.request.waiting) store.request.result();
    const failed = stores.find((store) => store?.request.failed);
    if (failed !== undefined && pages.length > 1) {
      // Which of them? Each is tried alone. Who asks for them one by one after this error finds the answers here.
      for (const [i, store] of stores.entries()) if (store?.shared && store.request.failed) this._store(first + i, [pages[i]]);
      for (let i = 0; i < pages.length; i++)
        if (this._stores.get(first + i)?.request.waiting) this._stores.get(first + i)?.request.result();
      failed.request.result();
    }
    for (let i = 0; i < pages.length; i++) this._stores.delete(first + i);
    for (const store of stores) store?.request.result();
  }

  private _store(first: number, pages: readonly Uint8Array[]): void {
    const all = new Uint8Array(pages.reduce((sum, page) => sum + page.length, 0));
    for (const [i, page] of pages.entries()) all.set(page, i * PAGE_SIZE);
    const end = first + pages.length;
    for (let piece = Math.floor(first / PIECE_PAGES); piece * PIECE_PAGES < end; piece++) this._pieces.delete(piece);
    this._noteChange();
    const request = this._ask('r+', (handle) => writeAll(handle, all, first * PAGE_SIZE));
    for (const [i, page] of pages.entries()) {
      const at = i * PAGE_SIZE;
      this._stores.set(first + i, { bytes: all.subarray(at, at + page.length), request, shared: pages.length > 1 });
    }
  }

  setSize(bytes: number): void {
    if (this._resize?.bytes !== bytes) {
      this._noteChange();
      this._pieces.clear();
      this._stores.clear();
      this._resize = { bytes, request: this._ask('r+', (handle) => handle.truncate(bytes)) };
    }
    const { request } = this._resize;
    if (!request.waiting) this._resize = undefined;
    request.result();
  }

  private _noteChange(): void {
    this._kept.changed();
    // An answer that nobody came back for says nothing about what is there now.
    if (this._resize?.request.waiting === false) this._resize = undefined;
    this.changed();
  }

  sync(): void {
    this._kept.reach(() => this._ask('r+', async (handle) => handle.sync?.()));
  }

  // --- without a name

  /** Part of a request that takes the name away: all data comes here. Undone by `restore` when the name stays. */
  async detach(): Promise<void> {
    this._orphan ??= await this._with('r', async (handle) => readAll(handle, 0, ORPHAN_MAX_BYTES + 1));
    if (this._orphan.length <= ORPHAN_MAX_BYTES) return;
    this._orphan = undefined;
    throw new SysError(EFBIG);
  }

  restore(): void {
    this._orphan = undefined;
  }

  private _orphanHandle(): PromisesHandle {
    const bytes = (): Uint8Array => this._orphan ?? new Uint8Array(0);
    const truncate = async (length: number): Promise<void> => {
      if (length > ORPHAN_MAX_BYTES) throw new SysError(EFBIG);
      const next = new Uint8Array(length);
      next.set(bytes().subarray(0, length));
      this._orphan = next;
    };
    return {
      truncate,
      read: async (into, at, length, position) => {
        const found = bytes().subarray(position, position + length);
        into.set(found, at);
        return { bytesRead: found.length };
      },
      write: async (from, at, length, position) => {
        if (position + length > bytes().length) await truncate(position + length);
        bytes().set(from.subarray(at, at + length), position);
        return { bytesWritten: length };
      },
      close: async () => undefined,
    };
  }
}

/** At most so many bytes from there: fewer at the end. */
async function readAll(handle: PromisesHandle, position: number, most: number): Promise<Uint8Array> {
  let bytes = new Uint8Array(Math.min(most, PIECE_BYTES));
  let done = 0;
  while (done < most) {
    if (done === bytes.length) {
      const next = new Uint8Array(Math.min(most, bytes.length * 2));
      next.set(bytes);
      bytes = next;
    }
    const { bytesRead } = await handle.read(bytes, done, bytes.length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}

async function writeAll(handle: PromisesHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    if (bytesWritten === 0) throw new SysError(EIO);
    done += bytesWritten;
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
