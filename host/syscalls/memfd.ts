import { EINVAL, ENAMETOOLONG, ENODEV } from '../../assembly/shared/errno.js';
import type { Thread } from '../kernel/thread.js';
import { sideTable } from '../linux/bound.js';
import { SysError } from '../linux/error.js';
import * as F from '../linux/fcntl.js';
import { S_IFREG } from '../linux/stat.js';
import { decodeText } from '../linux/text.js';
import { MemoryFileSystem } from '../vfs/backends/memory.js';
import { GIANT_PAGE_BYTES, HUGE_PAGE_BYTES } from '../vfs/backends/memory-huge.js';
import type { VfsEnvironment } from '../vfs/environment.js';
import { PagedInode } from '../vfs/pagedinode.js';
import { descriptorLimit } from './lookup.js';
import { row } from './row.js';

/** 'memfd:' and a NUL are part of the 255 bytes of a name. */
const NAME_BYTES_MAX = 249;
const FLAGS = F.MFD_CLOEXEC | F.MFD_ALLOW_SEALING | F.MFD_NOEXEC_SEAL | F.MFD_EXEC;

/** Where a machine's nameless memory files live: a file system that is mounted nowhere. */
const fileSystems = sideTable<VfsEnvironment, MemoryFileSystem>('memfds');
const hugeFileSystems = sideTable<VfsEnvironment, MemoryFileSystem>('memfds of huge pages');
const giantFileSystems = sideTable<VfsEnvironment, MemoryFileSystem>('memfds of pages of 1 GiB');

/** hugePageBytes: 0 for ordinary pages. */
function fileSystemOf(env: VfsEnvironment, hugePageBytes: number): MemoryFileSystem {
  const known = hugePageBytes === 0 ? fileSystems : hugePageBytes === HUGE_PAGE_BYTES ? hugeFileSystems : giantFileSystems;
  let fs = known.get(env);
  if (fs === undefined) known.set(env, (fs = new MemoryFileSystem(env, { hugePageBytes })));
  return fs;
}

/** Which size of huge pages: a logarithm, 0 for the usual. */
const HUGE_SIZE_MASK = 63 << 26;
const HUGE_SIZES: ReadonlyMap<number, number> = new Map([
  [0, HUGE_PAGE_BYTES],
  [21 << 26, HUGE_PAGE_BYTES],
  [30 << 26, GIANT_PAGE_BYTES],
]);

function readName(t: Thread, address: number): string {
  try {
    return decodeText(t.user.readCBytes(address, NAME_BYTES_MAX + 1));
  } catch (error) {
    throw error instanceof SysError && error.errno === ENAMETOOLONG ? new SysError(EINVAL) : error;
  }
}

/** memfd_create(2): a file without a name in any tree, which may be sealed if the caller asks for that. */
function memfdCreate(t: Thread, nameAddress: number, flags: number): number {
  const noExec = (flags & F.MFD_NOEXEC_SEAL) !== 0;
  const hugePages = (flags & F.MFD_HUGETLB) !== 0;
  const known = hugePages ? FLAGS | F.MFD_HUGETLB | HUGE_SIZE_MASK : FLAGS;
  if ((flags & ~known) !== 0 || (noExec && (flags & F.MFD_EXEC) !== 0)) return -EINVAL;
  const label = `/memfd:${readName(t, nameAddress)} (deleted)`;
  const hugePageBytes = hugePages ? HUGE_SIZES.get(flags & HUGE_SIZE_MASK) : 0;
  if (hugePageBytes === undefined) return -ENODEV;
  t.files.requireFree(1, descriptorLimit(t));
  const { namespace, cred } = t.fs;
  const fs = fileSystemOf(namespace.env, hugePageBytes);
  const inode = fs.root.createUnnamed({ mode: S_IFREG | (noExec ? 0o666 : 0o777), uid: cred.uid, gid: cred.gid }, false);
  if (inode instanceof PagedInode) inode.seals = noExec ? F.F_SEAL_EXEC : (flags & F.MFD_ALLOW_SEALING) !== 0 ? 0 : F.F_SEAL_SEAL;
  const file = inode.open(F.O_RDWR | F.O_LARGEFILE);
  file.location = namespace.internalLocation(fs, inode, label);
  file.path = label;
  return t.files.install(file, (flags & F.MFD_CLOEXEC) !== 0, 0, descriptorLimit(t));
}

export const memfdRows = [row(279, 'memfd_create', ['string', 'flags:memfd'], memfdCreate)];
