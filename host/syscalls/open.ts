/** openat, openat2, and descriptors that come from nowhere: pipe2. */
import { E2BIG, EAGAIN, EINVAL } from '../../assembly/shared/errno.js';
import { terminalOpened } from '../kernel/terminal.js';
import { BLOCKED, type Thread } from '../kernel/thread.js';
import * as F from '../linux/fcntl.js';
import { fileOpened } from '../vfs/notify.js';
import { releaseFile } from '../vfs/openfile.js';
import { open } from '../vfs/operations.js';
import { createPipe } from '../vfs/pipe.js';
import type { OpenFile } from '../vfs/types.js';
import { descriptorLimit, locationOf, readPath, startOf } from './lookup.js';
import { row } from './row.js';

const PERMISSIONS = 0o7777;
const CREATES = F.O_CREAT | F.O_TMPFILE_BIT;

/** The open call of a FIFO whose other end is not there yet sleeps with the file in `scratch`. */
function openPath(t: Thread, dirfd: number, address: number, flags: number, mode: number, resolve: number): number {
  let file = t.scratch as OpenFile | undefined;
  if (file === undefined) {
    const path = readPath(t, address);
    t.files.requireFree(1, descriptorLimit(t));
    // Where the descriptor is the root, an absolute path needs it, too.
    const start = (resolve & F.RESOLVE_IN_ROOT) !== 0 ? locationOf(t, dirfd) : startOf(t, dirfd, path);
    file = terminalOpened(t, open(t.fs, start, path, flags, mode, resolve), flags);
  }
  if (file.opening) {
    const result = t.sleep({ queues: [file.queue] });
    if (result === BLOCKED) t.scratch = file;
    else {
      t.scratch = undefined;
      releaseFile(file);
    }
    return result;
  }
  return install(t, file, flags);
}

/** Gives the file a descriptor, or lets it go when there is none left. */
function install(t: Thread, file: OpenFile, flags: number): number {
  if (!file.announced) fileOpened(file);
  try {
    return t.files.install(file, (flags & F.O_CLOEXEC) !== 0, 0, descriptorLimit(t));
  } catch (error) {
    releaseFile(file);
    throw error;
  }
}

function openat(t: Thread, dirfd: number, path: number, flags: number, mode: number): number {
  return openPath(t, dirfd, path, flags & F.O_ALL, mode & PERMISSIONS, 0);
}

const OPEN_HOW_BYTES = 24;
const OPEN_HOW_BYTES_MAX = 4096;
const PATH_FLAGS = F.O_PATH | F.O_DIRECTORY | F.O_NOFOLLOW | F.O_CLOEXEC;
const RESOLVE_ALL =
  F.RESOLVE_NO_XDEV | F.RESOLVE_NO_MAGICLINKS | F.RESOLVE_NO_SYMLINKS | F.RESOLVE_BENEATH | F.RESOLVE_IN_ROOT | F.RESOLVE_CACHED;

/** struct open_how: flags, mode, resolve. Unlike openat it refuses what it does not know. */
function openat2(t: Thread, dirfd: number, path: number, how: number, size: number): number {
  if (size < OPEN_HOW_BYTES) return -EINVAL;
  if (size > OPEN_HOW_BYTES_MAX) return -E2BIG;
  const bytes = t.user.read(how, size);
  if (bytes.subarray(OPEN_HOW_BYTES).some((byte) => byte !== 0)) return -E2BIG;
  const view = new DataView(bytes.buffer);
  const [flags, mode, resolve] = [0, 8, 16].map((at) => Number(view.getBigUint64(at, true)));
  if (flags > F.O_ALL || (flags & ~F.O_ALL) !== 0 || mode > PERMISSIONS) return -EINVAL;
  if ((flags & CREATES) === 0 && mode !== 0) return -EINVAL;
  if ((flags & F.O_PATH) !== 0 && (flags & ~PATH_FLAGS) !== 0) return -EINVAL;
  if (resolve > RESOLVE_ALL) return -EINVAL;
  if ((resolve & F.RESOLVE_BENEATH) !== 0 && (resolve & F.RESOLVE_IN_ROOT) !== 0) return -EINVAL;
  if ((resolve & F.RESOLVE_CACHED) !== 0 && (flags & (CREATES | F.O_TRUNC)) !== 0) return -EAGAIN;
  return openPath(t, dirfd, path, flags, mode, resolve);
}

/** The descriptors are free and their place in memory writable before the pipe is made. */
function pipe2(t: Thread, address: number, flags: number): number {
  if ((flags & ~(F.O_CLOEXEC | F.O_NONBLOCK | F.O_DIRECT)) !== 0) return -EINVAL;
  t.user.prepareWrite(address, 8);
  const limit = descriptorLimit(t);
  t.files.requireFree(2, limit);
  const [read, write] = createPipe(t.fs.namespace, flags & (F.O_NONBLOCK | F.O_DIRECT));
  const cloexec = (flags & F.O_CLOEXEC) !== 0;
  t.user.writeU32(address, t.files.install(read, cloexec, 0, limit));
  t.user.writeU32(address + 4, t.files.install(write, cloexec, 0, limit));
  return 0;
}

export const openRows = [
  row(56, 'openat', ['dirfd', 'path', 'flags:open', 'mode'], openat, { partial: 'O_ASYNC is remembered, without effect' }),
  row(59, 'pipe2', ['out:int2', 'flags:open_only'], pipe2),
  row(437, 'openat2', ['dirfd', 'path', 'struct:open_how', 'size'], openat2),
];
