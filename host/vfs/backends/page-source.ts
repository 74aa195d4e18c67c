/** Reading the pages of a lower layer's file past that layer's page cache, so that an overlay holds them once. */
import { EIO } from '../../../assembly/shared/errno.js';
import { PAGE_SIZE } from '../../../assembly/shared/layout.js';
import { Suspend, SysError } from '../../linux/error.js';
import { PagedInode } from '../pagedinode.js';
import type { Inode } from '../types.js';

/** A regular file whose pages can be copied out. */
export interface PageSource {
  /** Bytes of a page into 4096 zeroed bytes of core memory. Takes no frame: that could move or reclaim `into`. */
  copyPage(index: number, into: Uint8Array): void;
  /** Of a file whose pages are to be had by its own page cache only: brings them there first. Throws SysError, Suspend. */
  prepare?(index: number): void;
  /** The same for several, as far as they are to be had at once. */
  prepareRun?(first: number, count: number): void;
  /** Looks whether the medium has changed behind us and takes over its size and times. */
  revalidate?(): void;
}

function isPageSource(inode: Inode): inode is Inode & PageSource {
  return 'copyPage' in inode && typeof inode.copyPage === 'function';
}

/** EIO when the file is of a kind that can't be a lower layer. */
export function pageSourceOf(inode: Inode): PageSource {
  if (isPageSource(inode)) return inode;
  if (inode instanceof PagedInode && inode.holdsAllData) return { copyPage: (index, into) => copyCached(inode, index, into) };
  if (inode instanceof PagedInode) return cachedPages(inode);
  throw new SysError(EIO, 'this file system has no pages for an overlay');
}

/** A medium that can't be read past the page cache (one that answers later): pages are there twice while memory is not short. */
export function cachedPages(inode: PagedInode): PageSource {
  return {
    copyPage: (index, into) => {
      // It has been reclaimed since it was prepared: once more.
      if (index * PAGE_SIZE < inode.size && !copyCached(inode, index, into)) throw new Suspend(Promise.resolve());
    },
    prepare: (index) => inode.fillPage(index),
    prepareRun: (first, count) => inode.prefetch(first, count),
  };
}

/** A page as the file's own page cache has it; false: it has not. */
export function copyCached(inode: PagedInode, index: number, into: Uint8Array): boolean {
  const { core } = inode.env;
  const object = inode.objectIfAny;
  if (object !== 0) inode.env.pages.bringBack(object, index);
  const at = object === 0 ? 0 : core.exports.objectPage(object, index) >>> 0;
  if (at === 0) return false;
  into.set(core.u8.subarray(at, at + into.length));
  return true;
}
