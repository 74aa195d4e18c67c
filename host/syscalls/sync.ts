/** Writing back: fsync, fdatasync, msync, sync, syncfs, sync_file_range. What they promise: docs/durability.md. */
import { EBUSY, EINVAL, ENOMEM, ESPIPE } from '../../assembly/shared/errno.js';
import * as M from '../../assembly/shared/mman.js';
import type { Thread } from '../kernel/thread.js';
import { isDirectory, isRegular, S_IFBLK, S_IFMT } from '../linux/stat.js';
import { PAGES_END } from '../vfs/backing.js';
import { fileLocation } from '../vfs/openfile.js';
import { PagedFile } from '../vfs/pagedfile.js';
import { aligned, eachMapping, PAGE, pageCeil, TASK_SIZE } from './memoryrange.js';
import { row } from './row.js';

/** fsync of what has no medium is refused by the file itself (EINVAL). */
function fsync(t: Thread, fd: number): number {
  t.files.get(fd).sync(false);
  return 0;
}

function fdatasync(t: Thread, fd: number): number {
  t.files.get(fd).sync(true);
  return 0;
}

/** Nobody is told of errors. */
function sync(t: Thread): number {
  t.fs.namespace.sync();
  return 0;
}

function syncfs(t: Thread, fd: number): number {
  const file = t.files.get(fd);
  const { fs } = fileLocation(file).mount;
  fs.sync();
  return -t.kernel.env.pages.errorsOf(fs).check(file.fsErrors);
}

const SYNC_WAIT_BEFORE = 1;
const SYNC_WRITE = 2;
const SYNC_WAIT_AFTER = 4;
const OFFSET_MAX = 2 ** 63;

/** Neither the medium's own cache nor the file's length is seen to, as in Linux. A medium that writes at once leaves nothing to await. */
function syncFileRange(t: Thread, fd: number, offset: number, length: number, flags: number): number {
  const file = t.files.get(fd);
  if ((flags & ~(SYNC_WAIT_BEFORE | SYNC_WRITE | SYNC_WAIT_AFTER)) !== 0 || offset < 0 || length < 0) return -EINVAL;
  if (offset + length >= OFFSET_MAX) return -EINVAL;
  const { mode } = file.inode;
  if (!isRegular(mode) && (mode & S_IFMT) !== S_IFBLK) return isDirectory(mode) ? 0 : -ESPIPE;
  if (!(file instanceof PagedFile)) return 0;
  const end = length === 0 ? PAGES_END : Math.min(Math.ceil((offset + length) / PAGE), PAGES_END);
  if ((flags & SYNC_WRITE) !== 0) file.paged.writeBack(Math.floor(offset / PAGE), end);
  if ((flags & (SYNC_WAIT_BEFORE | SYNC_WAIT_AFTER)) !== 0) file.throwError();
  return 0;
}

/** MS_ASYNC asks for nothing: what is dirty is written back in its time. */
function msync(t: Thread, address: number, length: number, flags: number): number {
  if ((flags & ~(M.MS_ASYNC | M.MS_INVALIDATE | M.MS_SYNC)) !== 0) return -EINVAL;
  if ((flags & M.MS_ASYNC) !== 0 && (flags & M.MS_SYNC) !== 0) return -EINVAL;
  if (!aligned(address)) return -EINVAL;
  // A length just below 2^64 is none when it is rounded up.
  const bytes = pageCeil(length);
  if (bytes === 0 || bytes >= 2 ** 64) return 0;
  const end = address + bytes;
  if (end > TASK_SIZE) return -ENOMEM;
  const { core } = t.kernel;
  let busy = false;
  const shared: { readonly object: number; readonly name: number; readonly first: number; readonly pages: number }[] = [];
  const complete = eachMapping(t, address, end, (vma, from, to) => {
    const kind = core.u32[(vma + M.VMA_FLAGS) >>> 2];
    if ((flags & M.MS_INVALIDATE) !== 0 && (kind & M.VM_LOCKED) !== 0) busy = true;
    if ((kind & M.VM_SHARED) === 0) return;
    const first = (core.readU64(vma + M.VMA_OFFSET) + from - core.readU64(vma + M.VMA_START)) / PAGE;
    const [object, name] = [M.VMA_OBJECT, M.VMA_NAME].map((at) => core.u32[(vma + at) >>> 2]);
    shared.push({ object, name, first, pages: (to - from) / PAGE });
  });
  if (busy) return -EBUSY;
  if ((flags & M.MS_SYNC) !== 0) {
    for (const { object, name, first, pages } of shared) {
      const errno = syncMapped(t, object, name, first, first + pages);
      if (errno !== 0) return -errno;
    }
  }
  return complete ? 0 : -ENOMEM;
}

/** Errors are told to the description that the file was mapped with here, as fsync of it would. */
function syncMapped(t: Thread, object: number, name: number, first: number, end: number): number {
  const inode = t.kernel.env.pages.inodeOf(object);
  if (inode === undefined) return 0;
  inode.sync(true, first, end);
  return inode.errors.check(t.process.space.mappedFiles.get(name) ?? inode);
}

export const syncRows = [
  row(81, 'sync', [], sync),
  row(82, 'fsync', ['fd'], fsync),
  row(83, 'fdatasync', ['fd'], fdatasync),
  row(84, 'sync_file_range', ['fd', 'offset', 'offset', 'flags:sync_file_range'], syncFileRange),
  row(227, 'msync', ['pointer', 'size', 'flags:msync'], msync),
  row(267, 'syncfs', ['fd'], syncfs),
];
