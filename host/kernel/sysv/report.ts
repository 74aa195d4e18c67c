import type { SystemV } from './index.js';
import type { IpcPermissions } from './table.js';

/** A heading and the width of its column. */
type Columns = readonly (readonly [name: string, width: number])[];

const ID = (name: string): Columns => [
  ['key', 10],
  [name, 10],
  ['perms', 5],
];
const OWNERS: Columns = [
  ['uid', 5],
  ['gid', 5],
  ['cuid', 5],
  ['cgid', 5],
];

const MESSAGES: Columns = [
  ...ID('msqid'),
  ['cbytes', 11],
  ['qnum', 10],
  ['lspid', 5],
  ['lrpid', 5],
  ...OWNERS,
  ['stime', 10],
  ['rtime', 10],
  ['ctime', 10],
];
const SEMAPHORES: Columns = [...ID('semid'), ['nsems', 10], ...OWNERS, ['otime', 10], ['ctime', 10]];
const SEGMENTS: Columns = [
  ...ID('shmid'),
  ['size', 21],
  ['cpid', 5],
  ['lpid', 5],
  ['nattch', 6],
  ...OWNERS,
  ['atime', 10],
  ['dtime', 10],
  ['ctime', 10],
  ['rss', 21],
  ['swap', 21],
];

function table(columns: Columns, rows: readonly (readonly (number | string)[])[]): string {
  const line = (cells: readonly (number | string)[]): string =>
    `${cells.map((cell, i) => String(cell).padStart(columns[i][1])).join(' ')}\n`;
  return [columns.map(([name]) => name), ...rows].map(line).join('');
}

function identity(p: IpcPermissions): [number, number, string] {
  return [p.key | 0, p.id, p.mode.toString(8)];
}

function owners(p: IpcPermissions): number[] {
  return [p.uid, p.gid, p.cuid, p.cgid];
}

/** The files of /proc/sysvipc, column for column. */
export function sysvText(sysv: SystemV, kind: 'msg' | 'sem' | 'shm'): string {
  if (kind === 'msg') {
    const rows = sysv.queues.values().map((q) => {
      const counts = [q.bytes, q.messages.length, q.lastSender, q.lastReceiver];
      return [...identity(q.permissions), ...counts, ...owners(q.permissions), q.sendTime, q.receiveTime, q.changeTime];
    });
    return table(MESSAGES, rows);
  }
  if (kind === 'sem') {
    const rows = sysv.sets.values().map((s) => {
      return [...identity(s.permissions), s.semaphores.length, ...owners(s.permissions), s.operationTime, s.changeTime];
    });
    return table(SEMAPHORES, rows);
  }
  const rows = sysv.segments.values().map((s) => {
    const counts = [s.bytes, s.creator, s.lastPid, s.attachments];
    const times = [s.attachTime, s.detachTime, s.changeTime];
    return [
      ...identity(s.permissions),
      ...counts,
      ...owners(s.permissions),
      ...times,
      (s.pagesPresent - s.pagesSwapped) * 4096,
      s.pagesSwapped * 4096,
    ];
  });
  return table(SEGMENTS, rows);
}
