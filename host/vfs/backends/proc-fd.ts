/** /proc/PID/fd and /proc/PID/fdinfo: what a task's descriptors show. */
import { ENOENT } from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import { O_ACCMODE, O_CLOEXEC, O_PATH, O_RDONLY, O_WRONLY } from '../../linux/fcntl.js';
import { S_IFLNK, S_IFREG } from '../../linux/stat.js';
import { Location } from '../dentry.js';
import type { Dirent, Inode, OpenFile } from '../types.js';
import { locksOfFile } from './proc-locks.js';
import { fdNumbers } from './proc-process.js';
import type { ProcSource, ProcTask } from './proc-source.js';
import { SyntheticDirectory, type SyntheticEntries, SyntheticFile, SyntheticLink, type SyntheticPlace } from './synthetic.js';

/** The task as it is now, or ENOENT / ESRCH when it has gone. */
export type LiveTask = () => ProcTask;
/** Place of an inode: permission bits and a number that is its own within the task. */
export type PlaceOf = (mode: number, key: number) => SyntheticPlace;

/** Keys of the two directories' entries: one of these plus the descriptor's number. */
const FD_KEYS = 0x200000;
const FDINFO_KEYS = 0x400000;

/** A descriptor's number as the directory spells it. */
function parseFd(name: string): number | undefined {
  return /^(0|[1-9]\d{0,6})$/.test(name) ? Number(name) : undefined;
}

function fileOf(live: LiveTask, fd: number): OpenFile | undefined {
  return live().files?.find(fd);
}

function requireFile(live: LiveTask, fd: number): OpenFile {
  const file = fileOf(live, fd);
  if (file === undefined) throw new SysError(ENOENT);
  return file;
}

/** Owner's bits say for what the file is open: r, w or both; O_PATH none. */
function linkMode(file: OpenFile): number {
  if ((file.flags & O_PATH) !== 0) return 0o100;
  const access = file.flags & O_ACCMODE;
  return 0o100 | (access === O_WRONLY ? 0 : 0o400) | (access === O_RDONLY ? 0 : 0o200);
}

function entries(
  live: LiveTask,
  keys: number,
  type: number,
  placeOf: PlaceOf,
  make: (fd: number, file: OpenFile) => Inode,
): SyntheticEntries {
  return {
    lookup: (name) => {
      const fd = parseFd(name);
      const file = fd === undefined ? undefined : fileOf(live, fd);
      return fd === undefined || file === undefined ? undefined : make(fd, file);
    },
    list: (): Dirent[] => fdNumbers(live()).map((fd) => ({ name: String(fd), ino: placeOf(0, keys + fd).ino, type })),
  };
}

export function fdDirectory(source: ProcSource, live: LiveTask, placeOf: PlaceOf, place: SyntheticPlace, check: () => void): Inode {
  const make = (fd: number, file: OpenFile): Inode => {
    const text = (): string => {
      check();
      const open = requireFile(live, fd);
      return open.location instanceof Location ? source.pathOf(open.location) : open.path;
    };
    const follow = (): unknown => {
      check();
      return requireFile(live, fd).location;
    };
    return new SyntheticLink(placeOf(linkMode(file), FD_KEYS + fd), text, follow);
  };
  return new SyntheticDirectory(place, entries(live, FD_KEYS, S_IFLNK, placeOf, make));
}

export function fdinfoDirectory(live: LiveTask, placeOf: PlaceOf, place: SyntheticPlace, check: () => void): Inode {
  const make = (fd: number): Inode => new SyntheticFile(placeOf(0o444, FDINFO_KEYS + fd), () => infoText(live, fd), undefined, check);
  return new SyntheticDirectory(place, entries(live, FDINFO_KEYS, S_IFREG, placeOf, make));
}

function infoText(live: LiveTask, fd: number): string {
  const file = requireFile(live, fd);
  const flags = file.flags | (live().files?.isCloexec(fd) === true ? O_CLOEXEC : 0);
  const mount = file.location instanceof Location ? file.location.mount.id : 0;
  const head = `pos:\t${file.offset}\nflags:\t0${flags.toString(8)}\nmnt_id:\t${mount}\nino:\t${file.inode.ino}\n`;
  return head + locksOfFile(file, live().files) + file.details;
}
