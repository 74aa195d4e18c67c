/** Extended attributes (xattr(7)). */
import { E2BIG, ENAMETOOLONG, ERANGE } from '../../assembly/shared/errno.js';
import type { Thread } from '../kernel/thread.js';
import { SysError } from '../linux/error.js';
import { AT_FDCWD } from '../linux/fcntl.js';
import { encodeText } from '../linux/text.js';
import type { Location } from '../vfs/dentry.js';
import { fileLocation } from '../vfs/openfile.js';
import { getXattr, listXattrs, removeXattr, setXattr } from '../vfs/operations.js';
import { locate } from './lookup.js';
import { type ArgKind, row, type SyscallHandler } from './row.js';

const NAME_BYTES_MAX = 256;
const VALUE_BYTES_MAX = 65536;

type Find = (t: Thread, where: number) => Location;

const byPath: Find = (t, path) => locate(t, AT_FDCWD, path);
const byLink: Find = (t, path) => locate(t, AT_FDCWD, path, false);
const byFd: Find = (t, fd) => fileLocation(t.files.get(fd));

/** ERANGE: longer than any name may be. */
function readName(t: Thread, address: number): string {
  try {
    return t.user.readString(address, NAME_BYTES_MAX);
  } catch (error) {
    throw error instanceof SysError && error.errno === ENAMETOOLONG ? new SysError(ERANGE) : error;
  }
}

/** An answer into a buffer; size 0 asks how long it is. */
function answer(t: Thread, bytes: Uint8Array, address: number, size: number): number {
  if (size === 0) return bytes.length;
  if (bytes.length > size) return -ERANGE;
  t.user.write(address, bytes);
  return bytes.length;
}

const set =
  (find: Find): SyscallHandler =>
  (t, where, name, value, size, flags) => {
    const key = readName(t, name);
    if (size > VALUE_BYTES_MAX) return -E2BIG;
    const bytes = t.user.read(value, size);
    setXattr(t.fs, find(t, where), key, bytes, flags);
    return 0;
  };

const get =
  (find: Find): SyscallHandler =>
  (t, where, name, value, size) => {
    const key = readName(t, name);
    return answer(t, getXattr(t.fs, find(t, where), key), value, size);
  };

const list =
  (find: Find): SyscallHandler =>
  (t, where, address, size) => {
    const names = listXattrs(t.fs, find(t, where));
    return answer(t, encodeText(names.map((name) => `${name}\0`).join('')), address, size);
  };

const remove =
  (find: Find): SyscallHandler =>
  (t, where, name) => {
    const key = readName(t, name);
    removeXattr(t.fs, find(t, where), key);
    return 0;
  };

const SET: readonly ArgKind[] = ['path', 'string', 'pointer', 'size', 'flags:xattr'];
const GET: readonly ArgKind[] = ['path', 'string', 'outbytes', 'size'];
const LIST: readonly ArgKind[] = ['path', 'outbytes', 'size'];
const REMOVE: readonly ArgKind[] = ['path', 'string'];
const onFd = ([, ...rest]: readonly ArgKind[]): readonly ArgKind[] => ['fd', ...rest];

export const xattrRows = [
  row(5, 'setxattr', SET, set(byPath)),
  row(6, 'lsetxattr', SET, set(byLink)),
  row(7, 'fsetxattr', onFd(SET), set(byFd)),
  row(8, 'getxattr', GET, get(byPath)),
  row(9, 'lgetxattr', GET, get(byLink)),
  row(10, 'fgetxattr', onFd(GET), get(byFd)),
  row(11, 'listxattr', LIST, list(byPath)),
  row(12, 'llistxattr', LIST, list(byLink)),
  row(13, 'flistxattr', onFd(LIST), list(byFd)),
  row(14, 'removexattr', REMOVE, remove(byPath)),
  row(15, 'lremovexattr', REMOVE, remove(byLink)),
  row(16, 'fremovexattr', onFd(REMOVE), remove(byFd)),
];
