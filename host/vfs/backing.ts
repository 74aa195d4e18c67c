/** The medium under a regular file's pages. */
import { PAGE_SIZE } from '../../assembly/shared/layout.js';
import { Suspend, SysError } from '../linux/error.js';

/** Beyond every page. */
export const PAGES_END = 2 ** 51;

/**
 * Where the bytes of a regular file lie when they are not in the page cache. Without one the page cache is all there is (tmpfs).
 * Any method may throw SysError(EIO), and Suspend when the medium is asynchronous: the caller is run again later.
 */
export interface Backing {
  /** Bytes of page `index` into 4096 zeroed bytes; beyond the medium's end they stay zero. `into` is core memory: keep no reference. */
  readPage(index: number, into: Uint8Array): void;
  /** The first `length` bytes of the page belong to the file. `bytes` is core memory: keep no reference. */
  writePage(index: number, bytes: Uint8Array, length: number): void;
  /** truncate; the cache follows when it returns. */
  setSize(bytes: number): void;
  /** Everything written is on the medium when it returns. */
  sync(dataOnly: boolean): void;
  /** Neighbouring pages at once, the first is page `first`: as readPage for each. Absent: they are read one by one. */
  readPages?(first: number, into: readonly Uint8Array[]): void;
  /** Neighbouring pages at once; views of what belongs to the file of each. Absent: they are written one by one. */
  writePages?(first: number, pages: readonly Uint8Array[]): void;
}

/** Pages from `first` on into linear memory: `memory` and the addresses are good now. */
export function readPages(backing: Backing, memory: Uint8Array, addresses: readonly number[], first: number): void {
  const views = addresses.map((at) => memory.subarray(at, at + PAGE_SIZE));
  if (backing.readPages !== undefined && views.length > 1) backing.readPages(first, views);
  else for (let i = 0; i < views.length; i++) backing.readPage(first + i, views[i]);
}

/** Pages from `first` on of a file of so many bytes, from linear memory. */
export function writePages(backing: Backing, memory: Uint8Array, addresses: readonly number[], first: number, size: number): void {
  const length = (i: number): number => Math.min(PAGE_SIZE, size - (first + i) * PAGE_SIZE);
  if (backing.writePages !== undefined && addresses.length > 1) {
    backing.writePages(
      first,
      addresses.map((at, i) => memory.subarray(at, at + length(i))),
    );
    return;
  }
  for (const [i, at] of addresses.entries()) backing.writePage(first + i, memory.subarray(at, at + PAGE_SIZE), length(i));
}

/** What a medium answers instead of doing its work; anything else that is thrown is a mistake of ours and goes on its way. */
export function refusal(act: () => void): SysError | Suspend | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof SysError || error instanceof Suspend) return error;
    throw error;
  }
}
