/** Reading the pages of a lower layer's file past that layer's page cache, so that an overlay holds them once. */
import { EIO } from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import { PagedInode } from '../pagedinode.js';
import type { Inode } from '../types.js';

/** A regular file whose pages can be copied out. */
export interface PageSource {
  /** Bytes of a page into 4096 zeroed bytes of core memory. Takes no frame: that could move or reclaim `into`. */
  copyPage(index: number, into: Uint8Array): void;
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
  throw new SysError(EIO, 'this file system has no pages for an overlay');
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
