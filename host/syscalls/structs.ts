/** Structures of files as riscv64 Linux lays them out in memory. */
import { MS_NOATIME, MS_NODIRATIME } from '../linux/mount.js';
import * as S from '../linux/stat.js';
import type { Mount } from '../vfs/dentry.js';
import { SECTOR_BYTES } from '../vfs/pagedfile.js';
import { PagedInode } from '../vfs/pagedinode.js';
import type { FileSystemStat, Inode, Timestamp } from '../vfs/types.js';

const TWO32 = 2 ** 32;

/** A whole number below 2^53, negative ones in two's complement. */
export function put64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true);
  view.setUint32(at + 4, Math.floor(value / TWO32) >>> 0, true);
}

function putTime(view: DataView, at: number, time: Timestamp): void {
  put64(view, at, time.sec);
  put64(view, at + 8, time.nsec);
}

export const STAT_BYTES = 128;

/**
 * struct stat: dev, ino (64 bits each), mode, nlink, uid, gid (32), rdev, padding, size (64), blksize, padding (32), blocks (64),
 * three times of 16 bytes, 8 bytes unused.
 */
export function putStat(view: DataView, inode: Inode): void {
  put64(view, 0, inode.fs.dev);
  put64(view, 8, inode.ino);
  view.setUint32(16, inode.mode, true);
  view.setUint32(20, inode.nlink, true);
  view.setUint32(24, inode.uid, true);
  view.setUint32(28, inode.gid, true);
  put64(view, 32, inode.rdev);
  put64(view, 40, 0);
  put64(view, 48, inode.size);
  put64(view, 56, inode.blockBytes);
  put64(view, 64, inode.blocks);
  putTime(view, 72, inode.atime);
  putTime(view, 88, inode.mtime);
  putTime(view, 104, inode.ctime);
  put64(view, 120, 0);
}

export const STATX_BYTES = 256;

function putStatxTime(view: DataView, at: number, time: Timestamp): void {
  put64(view, at, time.sec);
  view.setUint32(at + 8, time.nsec, true);
}

/** struct statx into 256 zeroed bytes. The basic fields are always filled in, as Linux does. */
export function putStatx(view: DataView, inode: Inode, mount: Mount, isMountRoot: boolean): void {
  const born = inode.btime;
  view.setUint32(0, S.STATX_BASIC_STATS | S.STATX_MNT_ID | (born === undefined ? 0 : S.STATX_BTIME), true);
  view.setUint32(4, inode.blockBytes, true);
  put64(view, 8, isMountRoot ? S.STATX_ATTR_MOUNT_ROOT : 0);
  view.setUint32(16, inode.nlink, true);
  view.setUint32(20, inode.uid, true);
  view.setUint32(24, inode.gid, true);
  view.setUint16(28, inode.mode, true);
  put64(view, 32, inode.ino);
  put64(view, 40, inode.size);
  put64(view, 48, inode.blocks);
  put64(view, 56, S.STATX_ATTR_MOUNT_ROOT);
  putStatxTime(view, 64, inode.atime);
  if (born !== undefined) putStatxTime(view, 80, born);
  putStatxTime(view, 96, inode.ctime);
  putStatxTime(view, 112, inode.mtime);
  view.setUint32(128, S.devMajor(inode.rdev), true);
  view.setUint32(132, S.devMinor(inode.rdev), true);
  view.setUint32(136, S.devMajor(inode.fs.dev), true);
  view.setUint32(140, S.devMinor(inode.fs.dev), true);
  put64(view, 144, mount.id);
  if (!(inode instanceof PagedInode) || inode.holdsAllData) return;
  view.setUint32(0, view.getUint32(0, true) | S.STATX_DIOALIGN, true);
  view.setUint32(152, SECTOR_BYTES, true);
  view.setUint32(156, SECTOR_BYTES, true);
}

export const STATFS_BYTES = 120;

/** struct statfs into 120 zeroed bytes: eleven longs, with fsid in the place of the eighth, and four spare ones. */
export function putStatfs(view: DataView, stat: FileSystemStat, dev: number, readOnly: boolean, flags = 0): void {
  put64(view, 0, stat.type);
  put64(view, 8, stat.blockSize);
  put64(view, 16, stat.blocks);
  put64(view, 24, stat.blocksFree);
  put64(view, 32, stat.blocksFree);
  put64(view, 40, stat.files);
  put64(view, 48, stat.filesFree);
  put64(view, 56, dev);
  put64(view, 64, stat.nameMax);
  put64(view, 72, stat.blockSize);
  // ST_NOSUID, ST_NODEV and ST_NOEXEC are the mount flags, and so are the bits of access times but for relatime.
  const times = (flags & MS_NOATIME) === 0 ? S.ST_RELATIME : 0;
  put64(view, 80, S.ST_VALID | times | (flags & MS_NOATIME) | (flags & MS_NODIRATIME) | (flags & 0xe) | (readOnly ? S.ST_RDONLY : 0));
}
