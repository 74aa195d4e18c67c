/** madvise(2), mseal(2), remap_file_pages(2), cachestat(2). */
import { EFAULT, EINVAL, ENOMEM, EOVERFLOW, EPERM } from '../../assembly/shared/errno.js';
import { IO_TRANSFER, NO_INDEX, SWAP_AREA } from '../../assembly/shared/exit.js';
import * as M from '../../assembly/shared/mman.js';
import { STATE_FRAME_SHIFT, STATE_SWAP } from '../../assembly/shared/stat.js';
import { CAP_SYS_ADMIN, hasCapability } from '../kernel/credentials.js';
import type { Thread } from '../kernel/thread.js';
import { FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE, O_ACCMODE, O_RDONLY, O_RDWR } from '../linux/fcntl.js';
import { isOwner, MAY_WRITE, mayAccess } from '../vfs/access.js';
import { refusal } from '../vfs/backing.js';
import { PagedFile } from '../vfs/pagedfile.js';
import { PagedInode } from '../vfs/pagedinode.js';
import { aligned, eachMapping, eachMappingIn, PAGE, pageCeil, TASK_SIZE, withPages } from './memoryrange.js';
import { prefetch } from './readahead.js';
import { ADDRESS_END, row } from './row.js';
import { tellingAdvice } from './userfaultevents.js';

/**
 * MADV_HWPOISON: the pages' memory is broken, for everybody who has them. MADV_SOFT_OFFLINE: the same page in another frame, of which
 * nobody can tell the difference.
 */
function retire(t: Thread, address: number, length: number, broken: boolean): number {
  if (!aligned(address)) return -EINVAL;
  const bytes = pageCeil(length);
  if (bytes > TASK_SIZE) return -EINVAL;
  if (bytes === 0) return 0;
  if (!hasCapability(t.cred, CAP_SYS_ADMIN)) return -EPERM;
  const { core } = t.kernel;
  const { handle } = t.process.space;
  for (let at = address; at < address + bytes; at += PAGE) {
    const frame = withPages(t, () => core.exports.frameOfPage(handle, at));
    if (frame < 0) return frame;
    if (!broken || core.exports.frameRetire(frame) !== 0) continue;
    for (const space of t.kernel.liveSpaces()) if (core.exports.framePoison(space, frame) === 0) return -ENOMEM;
  }
  return 0;
}

/** MADV_REMOVE: a hole in shared memory. Where a medium has the bytes the file system makes it. */
function remove(t: Thread, address: number, length: number): number {
  if (!aligned(address)) return -EINVAL;
  const end = address + pageCeil(length);
  if (end > TASK_SIZE) return length === 0 ? 0 : length > TASK_SIZE ? -EINVAL : -ENOMEM;
  const { core, env } = t.kernel;
  const parts: { readonly from: number; readonly to: number; readonly file: PagedInode | undefined; readonly offset: number }[] = [];
  const complete = eachMapping(t, address, end, (vma, from, to) => {
    const word = (at: number): number => core.u32[(vma + at) >>> 2];
    const removable = (word(M.VMA_FLAGS) & (M.VM_SHARED | M.VM_MAYWRITE | M.VM_LOCKED)) === (M.VM_SHARED | M.VM_MAYWRITE);
    const inode = removable ? env.pages.inodeOf(word(M.VMA_OBJECT)) : undefined;
    const offset = core.readU64(vma + M.VMA_OFFSET) + (from - core.readU64(vma + M.VMA_START));
    parts.push({ from, to, file: inode?.holdsAllData === false ? inode : undefined, offset });
  });
  for (const { from, to, file, offset } of parts) {
    if (file === undefined) {
      const result = advise(t, t.process.space.handle, from, to - from, M.MADV_REMOVE);
      if (result < 0) return result;
    } else new PagedFile(file, O_RDWR).allocate(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, to - from);
  }
  return complete ? 0 : -ENOMEM;
}

/** The most that advice brings back of the swap area in one mapping. */
const WILLNEED_PAGES = 512;

/** MADV_WILLNEED: pages of files, and those in the swap area, are read now, as far as memory is not short; who touches them sees errors. */
function readAhead(t: Thread, space: number, vma: number, from: number, to: number): void {
  const { core, env } = t.kernel;
  const room = (): boolean => core.exports.framesInUse() < core.exports.frameLimit() * 0.75;
  const object = core.u32[(vma + M.VMA_OBJECT) >>> 2];
  const inode = env.pages.inodeOf(object);
  if (inode === undefined || inode.holdsAllData) {
    const offset = object === 0 ? 0 : core.readU64(vma + M.VMA_OFFSET) - core.readU64(vma + M.VMA_START);
    for (let at = from; at < Math.min(to, from + WILLNEED_PAGES * PAGE) && room(); at += PAGE) {
      const slot = object === 0 ? slotOf(t, space, at) : core.exports.objectSlot(object, (at + offset) / PAGE);
      if (slot !== 0 && refusal(() => env.pages.pager(SWAP_AREA, slot, IO_TRANSFER)) !== undefined) return;
    }
    return;
  }
  const first = (core.readU64(vma + M.VMA_OFFSET) + (from - core.readU64(vma + M.VMA_START))) / PAGE;
  prefetch(t, inode, first, first + (to - from) / PAGE);
}

function slotOf(t: Thread, space: number, address: number): number {
  const state = t.kernel.core.exports.pageState(space, address) >>> 0;
  return (state & STATE_SWAP) === 0 ? 0 : state >>> STATE_FRAME_SHIFT;
}

/** MADV_PAGEOUT: what can go goes, written first where it has to be. A medium that fails, or can't answer at once, keeps its pages. */
function pageOut(t: Thread, space: number, start: number, end: number): void {
  const { core, env } = t.kernel;
  for (let at = start; at < end; ) {
    const stopped = core.exports.pageOut(space, at, end);
    env.pages.reclaimer.writeOut();
    if (stopped === at) return;
    at = stopped;
  }
}

/** Advice about a range of an address space, the caller's or another. */
export function advise(t: Thread, space: number, address: number, length: number, advice: number): number {
  if (!aligned(address)) return -EINVAL;
  const bytes = pageCeil(length);
  if (address + bytes >= ADDRESS_END) return length === 0 ? 0 : -EINVAL;
  if (address + bytes > TASK_SIZE) return length === 0 ? 0 : bytes > TASK_SIZE ? -EINVAL : -ENOMEM;
  const result = withPages(t, () => t.kernel.core.exports.mmAdvise(space, address, bytes, advice));
  if (advice === M.MADV_PAGEOUT && (result === 0 || result === -ENOMEM)) pageOut(t, space, address, address + bytes);
  if (advice === M.MADV_WILLNEED) eachMappingIn(t, space, address, address + bytes, (vma, from, to) => readAhead(t, space, vma, from, to));
  return result;
}

function madvise(t: Thread, address: number, length: number, advice: number): number {
  if (advice === M.MADV_HWPOISON || advice === M.MADV_SOFT_OFFLINE) return retire(t, address, length, advice === M.MADV_HWPOISON);
  if (advice === M.MADV_REMOVE) return remove(t, address, length);
  return advise(t, t.process.space.handle, address, length, advice);
}

function mseal(t: Thread, address: number, length: number, flags: number): number {
  if (flags !== 0 || !aligned(address)) return -EINVAL;
  if (length > TASK_SIZE) return -EINVAL;
  if (address + length > TASK_SIZE) return -ENOMEM;
  return t.kernel.core.exports.mmSeal(t.process.space.handle, address, pageCeil(length));
}

/** A window of a shared mapping shows another part of its object: a mapping of its own, as Linux has it since 4.0. */
function remapFilePages(t: Thread, address: number, length: number, prot: number, page: number, flags: number): number {
  if (prot !== 0) return -EINVAL;
  const start = Math.floor(address / PAGE) * PAGE;
  const bytes = Math.floor(length / PAGE) * PAGE;
  if (bytes === 0 || start + bytes > TASK_SIZE || page + bytes / PAGE >= 2 ** 64) return -EINVAL;
  const { core } = t.kernel;
  const { handle } = t.process.space;
  const word = (vma: number, at: number): number => core.u32[(vma + at) >>> 2];
  const first = core.exports.vmaFind(handle, start);
  if (first === 0 || core.readU64(first + M.VMA_START) > start || (word(first, M.VMA_FLAGS) & M.VM_SHARED) === 0) return -EINVAL;
  const vmFlags = word(first, M.VMA_FLAGS);
  const object = word(first, M.VMA_OBJECT);
  for (let vma = first; core.readU64(vma + M.VMA_END) < start + bytes; ) {
    const next = core.exports.vmaNext(handle, vma);
    if (next === 0 || core.readU64(next + M.VMA_START) !== core.readU64(vma + M.VMA_END)) return -EINVAL;
    if (word(next, M.VMA_OBJECT) !== object || word(next, M.VMA_FLAGS) !== vmFlags) return -EINVAL;
    vma = next;
  }
  const access = vmFlags & (M.VM_READ | M.VM_WRITE | M.VM_EXEC);
  const may = vmFlags & (M.VM_MAYREAD | M.VM_MAYWRITE | M.VM_MAYEXEC | M.VM_DONTEXPAND | M.VM_DONTDUMP);
  const how = M.MAP_SHARED | M.MAP_FIXED | M.MAP_POPULATE | (flags & M.MAP_NONBLOCK);
  const locked = (vmFlags & M.VM_LOCKED) !== 0 ? M.MAP_LOCKED : 0;
  if (page * PAGE + bytes >= 2 ** 63) return -EOVERFLOW;
  // The mapping that goes may be all that holds the object.
  core.exports.objectRetain(object);
  const result = core.exports.mmMap(handle, start, bytes, access, how | locked, object, page * PAGE, may, word(first, M.VMA_NAME));
  core.exports.objectRelease(object);
  return result < 0 ? result : 0;
}

/** Pages of [first, end) that `next` finds. */
function countPages(next: (from: number) => number, first: number, end: number, counts = (_page: number): boolean => true): number {
  let count = 0;
  for (let page = next(first); page !== NO_INDEX && page < end; page = next(page + 1)) if (counts(page)) count++;
  return count;
}

const CACHESTAT_BYTES = 40;

/** nr_cache, nr_dirty, and of files in memory nr_evicted; nothing is ever under writeback while a program runs. */
function cachestat(t: Thread, fd: number, range: number, result: number, flags: number): number {
  const file = t.files.get(fd);
  const offset = t.user.readU64(range);
  const length = t.user.readU64(range + 8);
  const { inode } = file;
  const writable = (file.flags & O_ACCMODE) !== O_RDONLY;
  if (!writable && !isOwner(t.cred, inode) && !mayAccess(t.cred, inode, MAY_WRITE)) return -EPERM;
  if (flags !== 0) return -EINVAL;
  if (result + CACHESTAT_BYTES > TASK_SIZE) return -EFAULT;
  const out = new Uint8Array(CACHESTAT_BYTES);
  if (inode instanceof PagedInode && inode.objectIfAny !== 0) {
    const { exports } = t.kernel.core;
    const object = inode.objectIfAny;
    const first = Math.floor(offset / PAGE);
    const end = length === 0 ? Number.POSITIVE_INFINITY : Math.ceil((offset + length) / PAGE);
    const view = new DataView(out.buffer);
    const swapped = (page: number): boolean => exports.objectSlot(object, page) !== 0;
    const present = countPages((from) => exports.objectNextPresent(object, from), first, end);
    const evicted = inode.pagesSwapped === 0 ? 0 : countPages((from) => exports.objectNextPresent(object, from), first, end, swapped);
    view.setBigUint64(0, BigInt(present - evicted), true);
    view.setBigUint64(24, BigInt(evicted), true);
    // What has no medium is never dirty.
    const dirty = inode.inMemoryOnly ? 0 : countPages((from) => exports.objectNextDirty(object, from), first, end);
    view.setBigUint64(8, BigInt(dirty), true);
  }
  t.user.write(result, out);
  return 0;
}

export const adviseRows = [
  row(233, 'madvise', ['pointer', 'size', 'enum:madvise'], tellingAdvice(madvise)),
  row(234, 'remap_file_pages', ['pointer', 'size', 'flags:prot', 'size', 'flags:mmap'], remapFilePages),
  row(451, 'cachestat', ['fd', 'pointer', 'pointer', 'hex'], cachestat, { partial: 'evicted pages are not counted' }),
  row(462, 'mseal', ['pointer', 'size', 'ulong'], mseal),
];
