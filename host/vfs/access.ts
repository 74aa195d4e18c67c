/** Who may do what to an inode (path_resolution(7), inode(7), capabilities(7)). */
import { EACCES, EPERM } from '../../assembly/shared/errno.js';
import { SysError } from '../linux/error.js';
import { isDirectory, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG, S_ISGID, S_ISUID, S_ISVTX } from '../linux/stat.js';
import type { Credentials, Inode } from './types.js';

const GROUP_EXEC = 0o010;

export const MAY_EXEC = 1;
export const MAY_WRITE = 2;
export const MAY_READ = 4;

export const CAP_CHOWN = 0n;
export const CAP_DAC_OVERRIDE = 1n;
export const CAP_DAC_READ_SEARCH = 2n;
export const CAP_FOWNER = 3n;
export const CAP_FSETID = 4n;
export const CAP_SYS_ADMIN = 21n;
export const CAP_MKNOD = 27n;
export const CAP_SETFCAP = 31n;

/** Without a capability set, uid 0 has them all. */
export function capable(cred: Credentials, capability: bigint): boolean {
  return cred.capEffective === undefined ? cred.uid === 0 : ((cred.capEffective >> capability) & 1n) === 1n;
}

export function inGroup(cred: Credentials, gid: number): boolean {
  return cred.gid === gid || cred.groups.includes(gid);
}

/** MAY_* bits that the mode alone grants: one class of the three counts, even when another would grant more. */
function granted(cred: Credentials, inode: Inode): number {
  const { mode } = inode;
  if (inode.uid === cred.uid) return (mode >> 6) & 7;
  return inGroup(cred, inode.gid) ? (mode >> 3) & 7 : mode & 7;
}

/** May `cred` access the inode in all the ways of `mask` (MAY_*)? Read-only mounts are the caller's to test. */
export function mayAccess(cred: Credentials, inode: Inode, mask: number): boolean {
  if ((granted(cred, inode) & mask) === mask) return true;
  if (inode.modeOnly) return false;
  if (isDirectory(inode.mode)) {
    return capable(cred, CAP_DAC_OVERRIDE) || ((mask & MAY_WRITE) === 0 && capable(cred, CAP_DAC_READ_SEARCH));
  }
  if (mask === MAY_READ && capable(cred, CAP_DAC_READ_SEARCH)) return true;
  // A capability makes nothing executable that nobody may execute.
  if ((mask & MAY_EXEC) !== 0 && (inode.mode & 0o111) === 0) return false;
  return capable(cred, CAP_DAC_OVERRIDE);
}

export function requireAccess(cred: Credentials, inode: Inode, mask: number): void {
  if (!mayAccess(cred, inode, mask)) throw new SysError(EACCES);
}

/** The owner, or who may act as every owner. */
export function isOwner(cred: Credentials, inode: Inode): boolean {
  return inode.uid === cred.uid || capable(cred, CAP_FOWNER);
}

export function requireOwner(cred: Credentials, inode: Inode): void {
  if (!isOwner(cred, inode)) throw new SysError(EPERM);
}

/** May `cred` remove or rename the name of `child` in `directory`? In a sticky directory only the owner of either may. */
export function requireRemove(cred: Credentials, directory: Inode, child: Inode): void {
  requireAccess(cred, directory, MAY_WRITE | MAY_EXEC);
  if ((directory.mode & S_ISVTX) === 0 || directory.uid === cred.uid || child.uid === cred.uid) return;
  if (!capable(cred, CAP_FOWNER)) throw new SysError(EPERM);
}

/** What a read-only mount protects: data and names, but not devices, FIFOs and sockets. */
export function protectedByReadOnly(mode: number): boolean {
  const type = mode & S_IFMT;
  return type === S_IFREG || type === S_IFDIR || type === S_IFLNK;
}

/** The set-id bits that a change of contents or owner takes away. A set-group-ID bit without group execution means something else. */
export function lostSetIdBits(mode: number): number {
  return (mode & S_ISUID) | ((mode & GROUP_EXEC) !== 0 ? mode & S_ISGID : 0);
}
