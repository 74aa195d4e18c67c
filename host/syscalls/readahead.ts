/** What programs say about their future reads: posix_fadvise, readahead. */
import { EINVAL, ESPIPE } from '../../assembly/shared/errno.js';
import type { Thread } from '../kernel/thread.js';
import { isRegular } from '../linux/stat.js';
import { PagedInode } from '../vfs/pagedinode.js';
import { PipeFile } from '../vfs/pipe.js';
import { readable } from './lookup.js';
import { row } from './row.js';

const FADV_NOREUSE = 5;
const FADV_DONTNEED = 4;

/** Advice is taken for DONTNEED only: clean pages that nobody has mapped are given back. */
function fadvise64(t: Thread, fd: number, _offset: number, length: number, advice: number): number {
  const file = t.files.get(fd);
  if (file instanceof PipeFile) return -ESPIPE;
  if (length < 0 || advice < 0 || advice > FADV_NOREUSE) return -EINVAL;
  if (advice === FADV_DONTNEED && file.inode instanceof PagedInode) file.inode.dropClean();
  return 0;
}

/** Readahead happens by itself: only the arguments are looked at. */
function readahead(t: Thread, fd: number): number {
  const file = readable(t, fd);
  return isRegular(file.inode.mode) ? 0 : -EINVAL;
}

export const readaheadRows = [
  row(213, 'readahead', ['fd', 'offset', 'size'], readahead, { partial: 'checks its arguments: readahead happens by itself' }),
  row(223, 'fadvise64', ['fd', 'offset', 'offset', 'enum:fadvise'], fadvise64, {
    partial: 'DONTNEED, for the whole file; others have no effect',
  }),
];
