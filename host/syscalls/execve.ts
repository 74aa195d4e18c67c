import { E2BIG, EBADF, EINVAL, ELOOP, ENAMETOOLONG } from '../../assembly/shared/errno.js';
import type { UserMemory } from '../core/user.js';
import { SWITCHED, type Thread } from '../kernel/thread.js';
import { SysError } from '../linux/error.js';
import { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW, PATH_MAX } from '../linux/fcntl.js';
import { isSymlink } from '../linux/stat.js';
import { execInto } from '../loader/exec.js';
import { STRING_MAX } from '../loader/stack.js';
import type { Location } from '../vfs/dentry.js';
import { resolve } from '../vfs/walk.js';
import { row } from './row.js';

/** Strings of argv and envp together: beyond this no stack limit lets them through. */
const STRINGS_BYTES_MAX = 6 * 1024 * 1024;

/** A NULL-ended array of strings; a null pointer is an empty one. E2BIG before it can fill the host's memory. */
function readStrings(user: UserMemory, address: number): Uint8Array[] {
  const strings: Uint8Array[] = [];
  let total = 0;
  for (let at = address; address !== 0; at += 8) {
    const pointer = user.readU64(at);
    if (pointer === 0) break;
    const text = readString(user, pointer);
    total += text.length + 9;
    if (total > STRINGS_BYTES_MAX) throw new SysError(E2BIG);
    strings.push(text);
  }
  return strings;
}

function readString(user: UserMemory, address: number): Uint8Array {
  try {
    return user.readCBytes(address, STRING_MAX);
  } catch (error) {
    if (error instanceof SysError && error.errno === ENAMETOOLONG) throw new SysError(E2BIG);
    throw error;
  }
}

function execve(t: Thread, path: number, argv: number, envp: number): number {
  const name = t.user.readString(path, PATH_MAX);
  return exec(t, resolve(t.fs, t.fs.cwd, name), name, argv, envp);
}

function execveat(t: Thread, dirfd: number, path: number, argv: number, envp: number, flags: number): number {
  if ((flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) !== 0) return -EINVAL;
  const name = t.user.readString(path, PATH_MAX);
  const follow = (flags & AT_SYMLINK_NOFOLLOW) === 0;
  if (name === '' && (flags & AT_EMPTY_PATH) !== 0) {
    const location = dirfd === AT_FDCWD ? t.fs.cwd : locationOf(t, dirfd);
    return exec(t, location, `/dev/fd/${dirfd}`, argv, envp);
  }
  const absolute = name.startsWith('/');
  const start = absolute || dirfd === AT_FDCWD ? t.fs.cwd : locationOf(t, dirfd);
  const location = resolve(t.fs, start, name, { follow });
  if (!follow && isSymlink(location.inode.mode)) return -ELOOP;
  return exec(t, location, absolute || dirfd === AT_FDCWD ? name : `/dev/fd/${dirfd}/${name}`, argv, envp);
}

function locationOf(t: Thread, fd: number): Location {
  const { location } = t.files.get(fd);
  if (location === undefined) throw new SysError(EBADF);
  return location as Location;
}

function exec(t: Thread, location: Location, path: string, argv: number, envp: number): number {
  execInto(t, { location, path, argv: readStrings(t.user, argv), envp: readStrings(t.user, envp) });
  return SWITCHED;
}

export const execRows = [
  row(221, 'execve', ['path', 'strings', 'strings'], execve),
  row(281, 'execveat', ['dirfd', 'path', 'strings', 'strings', 'flags:at'], execveat),
];
