/** Memory whose pages come from anywhere, asynchronously: a pager in JavaScript, and files behind HTTP. */
import { EIO } from '../../assembly/shared/errno.js';
import { PAGE_SIZE } from '../../assembly/shared/layout.js';
import { Suspend, SysError } from '../linux/error.js';
import type { PagedDeviceMemory } from '../vfs/devicememory.js';

/** Supplies the pages of a mapping, and takes them back when they are dirty. */
export interface Pager {
  readonly sizeBytes: number;
  /** Page `index`: at most 4096 bytes, the rest is zeros. Whoever touches it sleeps until then; when it fails, that is SIGBUS. */
  load(index: number): Promise<Uint8Array>;
  /** A page that was written is wanted kept (msync, fsync, memory runs short). Without it, such memory can only be read in effect: EIO. */
  store?(index: number, bytes: Uint8Array): Promise<void>;
}

/** One page on its way. */
class Transfer {
  readonly promise: Promise<void>;
  /** loaded: the page; stored: what was. */
  bytes: Uint8Array | undefined = undefined;
  failed = false;
  done = false;

  constructor(work: Promise<Uint8Array>) {
    const settled = (): void => {
      this.done = true;
    };
    this.promise = work
      .then(
        (bytes) => {
          this.bytes = bytes;
        },
        () => {
          this.failed = true;
        },
      )
      .then(settled);
  }
}

/** Who asks is put to sleep until the page is there, and then asks again: then the answer lies here. */
class Transfers {
  readonly #pending = new Map<number, Transfer>();

  take(index: number, begin: () => Promise<Uint8Array>): Uint8Array {
    let transfer = this.#pending.get(index);
    if (transfer === undefined) {
      transfer = new Transfer(begin());
      this.#pending.set(index, transfer);
    }
    if (!transfer.done) throw new Suspend(transfer.promise);
    this.#pending.delete(index);
    if (transfer.failed || transfer.bytes === undefined) throw new SysError(EIO);
    return transfer.bytes;
  }
}

const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);

/** For `memory` of a device: what guests map, and read and write, is what the pager gives. */
export function pagedMemory(pager: Pager): PagedDeviceMemory {
  const loads = new Transfers();
  const stores = new Transfers();
  const load = (index: number): Promise<Uint8Array> => pager.load(index);
  return {
    sizeBytes: pager.sizeBytes,
    load: (index, into) => into.set(loads.take(index, () => load(index)).subarray(0, PAGE_SIZE)),
    store: (index, bytes) => {
      const { store } = pager;
      if (store === undefined) throw new SysError(EIO);
      const begin = async (): Promise<Uint8Array> => {
        const copy = bytes.slice();
        await store.call(pager, index, copy);
        return copy;
      };
      // Written again meanwhile: once more.
      while (!same(stores.take(index, begin), bytes));
    },
  };
}

/** A file behind HTTP, fetched by ranges, page by page as guests touch it. Throws when the server does not tell its size. */
export class RemoteFile implements Pager {
  /** What was transferred so far. */
  bytesFetched = 0;

  private constructor(
    readonly url: string,
    readonly sizeBytes: number,
    private readonly init: RequestInit,
  ) {}

  static async open(url: string | URL, init: RequestInit = {}): Promise<RemoteFile> {
    const response = await fetch(url, { ...init, method: 'HEAD' });
    const size = Number(response.headers.get('content-length') ?? Number.NaN);
    if (!response.ok || !(size > 0)) throw new Error(`${url}: ${response.status} ${response.statusText}, content-length ${size}`);
    return new RemoteFile(String(url), size, init);
  }

  async load(index: number): Promise<Uint8Array> {
    const from = index * PAGE_SIZE;
    const to = Math.min(from + PAGE_SIZE, this.sizeBytes) - 1;
    const headers = new Headers(this.init.headers);
    headers.set('range', `bytes=${from}-${to}`);
    const response = await fetch(this.url, { ...this.init, headers });
    // 200 would be all of the file.
    if (response.status !== 206) {
      await response.body?.cancel();
      throw new Error(`${this.url}: ${response.status} for a range`);
    }
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (bytes.length !== to - from + 1) throw new Error(`${this.url}: ${bytes.length} bytes for a range of ${to - from + 1}`);
    this.bytesFetched += bytes.length;
    return bytes;
  }
}
