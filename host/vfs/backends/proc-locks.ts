/** /proc/locks, and the locks that /proc/PID/fdinfo shows for one open file. */
import { F_WRLCK, LOCK_EX } from '../../linux/fcntl.js';
import { devMajor, devMinor } from '../../linux/stat.js';
import type { FdTable } from '../fdtable.js';
import { type LockRequest, recordLocks, wantedLock, wantedWholeLocks, wholeLocks } from '../flock.js';
import type { Inode, OpenFile } from '../types.js';
import type { ProcSource } from './proc-source.js';

interface Shown {
  readonly inode: Inode;
  readonly serial: number;
  readonly kind: 'POSIX ' | 'OFDLCK' | 'FLOCK ';
  readonly write: boolean;
  readonly pid: number;
  readonly start: number;
  /** The byte behind the last; Infinity: to the end. */
  readonly end: number;
  readonly owner: object;
}

const WHOLE_FILE = { start: 0, end: Number.POSITIVE_INFINITY };

function textOf(lock: Shown): string {
  const { inode, kind, write, pid, start, end } = lock;
  const hex = (value: number): string => value.toString(16).padStart(2, '0');
  const file = `${hex(devMajor(inode.fs.dev))}:${hex(devMinor(inode.fs.dev))}:${inode.ino}`;
  const range = `${start} ${end === Number.POSITIVE_INFINITY ? 'EOF' : end - 1}`;
  return `${kind} ADVISORY  ${write ? 'WRITE' : 'READ'} ${pid} ${file} ${range}\n`;
}

function record(inode: Inode, lock: LockRequest, serial: number): Shown {
  const { owner, pid, start, end } = lock;
  return { inode, serial, kind: pid === -1 ? 'OFDLCK' : 'POSIX ', write: lock.type === F_WRLCK, pid, start, end, owner };
}

function whole(inode: Inode, owner: object, { operation, pid, serial }: { operation: number; pid: number; serial: number }): Shown {
  return { inode, serial, kind: 'FLOCK ', write: operation === LOCK_EX, pid, owner, ...WHOLE_FILE };
}

function locksOf(inode: Inode): Shown[] {
  return [
    ...recordLocks(inode).map((lock) => record(inode, lock, lock.serial)),
    ...[...wholeLocks(inode)].map(([file, lock]) => whole(inode, file, lock)),
  ];
}

function overlap(held: Shown, wanted: Shown): boolean {
  const same = (held.kind === 'FLOCK ') === (wanted.kind === 'FLOCK ') && held.owner !== wanted.owner;
  return same && (held.write || wanted.write) && held.start < wanted.end && wanted.start < held.end;
}

/** The last lock comes first; below it those who wait for it. A lock is there as long as somebody has its file open. */
export function locksText(source: ProcSource): string {
  const inodes = new Set<Inode>();
  const wanted: Shown[] = [];
  const tables = new Set<FdTable>();
  for (const pid of source.pids()) for (const { files } of source.process(pid)?.tasks ?? []) if (files !== undefined) tables.add(files);
  for (const table of tables) {
    const asked = wantedLock(table);
    if (asked !== undefined) wanted.push(record(asked.inode, asked.request, 0));
    for (const [, file] of table.entries()) {
      inodes.add(file.inode);
      const own = wantedLock(file);
      if (own !== undefined && !wanted.some(({ owner }) => owner === file)) wanted.push(record(own.inode, own.request, 0));
    }
  }
  for (const inode of inodes) {
    for (const lock of wantedWholeLocks(inode)) if (source.process(lock.pid) !== undefined) wanted.push(whole(inode, lock, lock));
  }
  const held = [...inodes].flatMap(locksOf).sort((a, b) => b.serial - a.serial);
  const waiters = new Set(wanted);
  let text = '';
  for (const [i, lock] of held.entries()) {
    text += `${i + 1}: ${textOf(lock)}`;
    for (const one of waiters) {
      if (one.inode !== lock.inode || !overlap(lock, one)) continue;
      waiters.delete(one);
      text += `${i + 1}: -> ${textOf(one)}`;
    }
  }
  return text;
}

/** Locks that were taken through this open file. */
export function locksOfFile(file: OpenFile, files: FdTable | undefined): string {
  const { inode } = file;
  const records = recordLocks(inode).filter((lock) => lock.file === file && (lock.owner === files || lock.owner === file));
  const held = wholeLocks(inode).get(file);
  const shown = [...(held === undefined ? [] : [whole(inode, file, held)]), ...records.map((lock) => record(inode, lock, lock.serial))];
  return shown.map((lock, i) => `lock:\t${i + 1}: ${textOf(lock)}`).join('');
}
