/** What programs say about their future reads: posix_fadvise, readahead. */
import { EINVAL, ESPIPE } from '../../assembly/shared/errno.js';
import type { Thread } from '../kernel/thread.js';
import { isRegular } from '../linux/stat.js';
import { PAGES_END } from '../vfs/backing.js';
import { PagedFile } from '../vfs/pagedfile.js';
import type { PagedInode } from '../vfs/pagedinode.js';
import { PipeFile } from '../vfs/pipe.js';
import { readable } from './lookup.js';
import { PAGE } from './memoryrange.js';
import { row } from './row.js';

const NORMAL = 0;
const RANDOM = 1;
const SEQUENTIAL = 2;
const WILLNEED = 3;
const DONTNEED = 4;
const NOREUSE = 5;
/** Linux asks a medium for no more at once, whatever it is told. */
const WILLNEED_PAGES_MAX = 512;
/** Memory that is fuller than this share is not filled further by what nobody needs yet. */
const FULL = 0.75;

/** Reads absent pages of [first, end) into the cache, as far as memory is not short; errors are for who will need the pages. */
export function prefetch(t: Thread, inode: PagedInode, first: number, end: number): void {
  const { exports } = t.kernel.core;
  const room = Math.floor(exports.frameLimit() * FULL) - exports.framesInUse();
  const count = Math.min(end - first, WILLNEED_PAGES_MAX, room);
  if (count > 0) inode.prefetch(first, count);
}

/** A file without a medium takes all advice and needs none. */
function fadvise64(t: Thread, fd: number, offset: number, length: number, advice: number): number {
  const file = t.files.get(fd);
  if (file instanceof PipeFile) return -ESPIPE;
  if (length < 0 || advice < NORMAL || advice > NOREUSE) return -EINVAL;
  if (!(file instanceof PagedFile) || file.paged.holdsAllData) return 0;
  // A length that leads beyond all files is the rest, as 0 is.
  const end = length === 0 || offset + length >= 2 ** 63 ? Number.POSITIVE_INFINITY : offset + length;
  switch (advice) {
    case NORMAL:
      file.readahead.pattern = 'normal';
      break;
    case RANDOM:
      file.readahead.pattern = 'random';
      break;
    case SEQUENTIAL:
      file.readahead.pattern = 'sequential';
      break;
    case WILLNEED:
      prefetch(t, file.paged, Math.max(Math.floor(offset / PAGE), 0), Math.ceil(Math.min(end, file.paged.size) / PAGE));
      break;
    case DONTNEED:
      dropRange(file, offset, end);
      break;
    default:
  }
  return 0;
}

/** Dirty pages are written first. Only whole pages go; the last one of the file is whole. */
function dropRange(file: PagedFile, offset: number, end: number): void {
  const { paged } = file;
  paged.writeBack(Math.max(Math.floor(offset / PAGE), 0), Math.min(Math.ceil(end / PAGE), PAGES_END));
  const last = end >= paged.size ? PAGES_END : Math.floor(end / PAGE);
  paged.dropClean(Math.max(Math.ceil(offset / PAGE), 0), last);
}

function readahead(t: Thread, fd: number, offset: number, count: number): number {
  const file = readable(t, fd);
  if (!isRegular(file.inode.mode)) return -EINVAL;
  if (offset < 0 || count > Number.MAX_SAFE_INTEGER || !(file instanceof PagedFile) || file.paged.holdsAllData) return 0;
  prefetch(t, file.paged, Math.floor(offset / PAGE), Math.ceil(Math.min(offset + count, file.paged.size) / PAGE));
  return 0;
}

export const readaheadRows = [
  row(213, 'readahead', ['fd', 'offset', 'size'], readahead),
  row(223, 'fadvise64', ['fd', 'offset', 'offset', 'enum:fadvise'], fadvise64),
];
