/** The directory of one process (/proc/PID) or thread (/proc/PID/task/TID). */
import { EINVAL, ENOENT, EPERM } from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import { S_IFDIR } from '../../linux/stat.js';
import { decodeText } from '../../linux/text.js';
import type { Dirent, FileSystem, Inode, Timestamp } from '../types.js';
import { fdDirectory, fdinfoDirectory } from './proc-fd.js';
import { mapFilesRow } from './proc-mapfiles.js';
import { mapsText, smapsRollupText, smapsText } from './proc-maps.js';
import { openMemory } from './proc-mem.js';
import { mountinfoText, mountsText } from './proc-mounts.js';
import { type Namespaces, namespacesRow } from './proc-ns.js';
import { clearRefsRow, PagemapFile } from './proc-pagemap.js';
import * as P from './proc-process.js';
import { SMALL_ROWS } from './proc-small.js';
import type { ProcSource } from './proc-source.js';
import { file, ID_SHIFT, inspected, link, type Row, special, TaskView, THREAD_BIT, writable } from './proc-view.js';
import { FixedEntries, SyntheticDirectory, type SyntheticEntries, SyntheticFile } from './synthetic.js';

/** Inode numbers of the files of net begin here; of the rows above there are fewer. */
const NET_KEYS = 1024;

/** Ids become names and back in one spelling. */
export function parseId(name: string): number | undefined {
  return /^[1-9]\d{0,9}$/.test(name) ? Number(name) : undefined;
}

function storeComm(view: TaskView, bytes: Uint8Array): void {
  const current = view.source.current();
  if (current !== undefined && current.pid !== view.process().pid) throw new SysError(EINVAL);
  const end = bytes.findIndex((byte) => byte === 0 || byte === 0x0a);
  view.source.setComm(view.task().tid, decodeText((end < 0 ? bytes : bytes.subarray(0, end)).subarray(0, 15)));
}

/** Nobody has logged in: there is no audit. */
const UNSET_ID = '4294967295';
/** The one user namespace: every id is itself. */
const ID_MAP = `${'0'.padStart(10)} ${'0'.padStart(10)} 4294967295\n`;

/** The maps of the first user namespace are fixed, in Linux, too. */
function refuse(): never {
  throw new SysError(EPERM);
}

/** /proc/net leads here: there is one network. */
const netRow: Row = {
  name: 'net',
  type: S_IFDIR,
  make: (view, key) => {
    const entries = new FixedEntries();
    let next = NET_KEYS;
    for (const [name, text] of Object.entries(view.source.net)) entries.add(name, new SyntheticFile(view.place(0o444, next++), text));
    return new SyntheticDirectory(view.place(0o555, key), entries);
  },
};

/** All children are the leader's: which thread forked is not kept. */
function childrenText({ source, pid, tid }: TaskView): string {
  if (pid !== tid) return '';
  const children = source.pids().filter((id) => source.process(id)?.ppid === pid);
  return children.map((id) => `${id} `).join('');
}

const ROWS: readonly Row[] = [
  { name: 'task', type: S_IFDIR, wholeOnly: true, make: (view, key) => new SyntheticDirectory(view.place(0o555, key), new TaskList(view)) },
  {
    name: 'fd',
    type: S_IFDIR,
    make: (view, key) => fdDirectory(view.source, view.task, view.place, view.place(0o500, key), view.checkInspect),
  },
  {
    name: 'fdinfo',
    type: S_IFDIR,
    make: (view, key) => fdinfoDirectory(view.task, view.place, view.place(0o555, key), view.checkInspect),
  },
  inspected('environ', 0o400, (_, space) => P.readMemory(space, space.layout.envStart, space.layout.envEnd - space.layout.envStart)),
  inspected('auxv', 0o400, (_, space) => P.readMemory(space, space.layout.auxStart, space.layout.auxBytes)),
  file('status', (view) => P.statusText(view.source, view.process(), view.task())),
  file('limits', (view) => P.limitsText(view.process())),
  writable('comm', (view) => `${view.task().comm}\n`, storeComm),
  file('cmdline', (view) => {
    const space = view.space();
    return space === undefined ? '' : P.cmdlineBytes(space);
  }),
  file('stat', (view) => P.statText(view.source, view.process(), view.task(), view.whole, view.permitted)),
  file('statm', (view) => P.statmText(view.source, view.process())),
  inspected('maps', 0o444, (view, space) => mapsText(view.source, space)),
  special('mem', 0o600, openMemory),
  special('pagemap', 0o400, (view, inode, flags) => new PagemapFile(view, inode, flags)),
  clearRefsRow,
  link('cwd', (view) => view.task().cwd),
  link('root', (view) => view.task().root),
  link('exe', (view) => (view.space() === undefined ? undefined : view.process().exe)),
  file('mounts', (view) => mountsText(view.source.mounts(view.pid))),
  file('mountinfo', (view) => mountinfoText(view.source.mounts(view.pid))),
  inspected('smaps', 0o444, (view, space) => smapsText(view.source, space)),
  inspected('smaps_rollup', 0o444, (view, space) => smapsRollupText(view.source, space)),
  file('wchan', () => '0'),
  file('schedstat', (view) => {
    const { userNs, systemNs, voluntarySwitches, involuntarySwitches } = view.task();
    return `${userNs + systemNs} 0 ${voluntarySwitches + involuntarySwitches}\n`;
  }),
  file('cpuset', () => '/\n'),
  file('cgroup', () => '0::/\n'),
  file('oom_score', (view) => `${P.oomScore(view.source, view.process())}\n`),
  file('sessionid', () => UNSET_ID),
  writable('loginuid', () => UNSET_ID, refuse),
  writable('uid_map', () => ID_MAP, refuse),
  writable('gid_map', () => ID_MAP, refuse),
  writable('projid_map', () => ID_MAP, refuse),
  writable('setgroups', () => 'allow\n', refuse),
  { ...file('children', childrenText), taskOnly: true },
  ...SMALL_ROWS,
  mapFilesRow,
  namespacesRow,
  netRow,
];

function rowsOf(view: TaskView): readonly Row[] {
  return ROWS.filter((row) => (view.whole ? row.taskOnly : row.wholeOnly) !== true);
}

class TaskEntries implements SyntheticEntries {
  constructor(readonly view: TaskView) {}

  lookup(name: string): Inode | undefined {
    if (this.view.find() === undefined) return undefined;
    return rowsOf(this.view)
      .find((row) => row.name === name)
      ?.make(this.view, rowKey(name));
  }

  list(): Dirent[] {
    if (this.view.find() === undefined) throw new SysError(ENOENT);
    return rowsOf(this.view).map(({ name, type }) => ({ name, type, ino: this.view.place(0, rowKey(name)).ino }));
  }
}

/** The directory itself has key 1. */
function rowKey(name: string): number {
  return ROWS.findIndex((row) => row.name === name) + 2;
}

class TaskList implements SyntheticEntries {
  constructor(readonly view: TaskView) {}

  lookup(name: string): Inode | undefined {
    const tid = parseId(name);
    const found = this.view.find();
    if (tid === undefined || found === undefined || !found.process.tasks.some((t) => t.tid === tid)) return undefined;
    const { fs, source, pid, time, namespaces } = this.view;
    return directoryOf(new TaskView(fs, source, pid, tid, false, time, namespaces));
  }

  list(): Dirent[] {
    const found = this.view.find();
    if (found === undefined) throw new SysError(ENOENT);
    return found.process.tasks.map(({ tid }) => ({ name: String(tid), ino: tid * ID_SHIFT + THREAD_BIT + 1, type: S_IFDIR }));
  }
}

function directoryOf(view: TaskView): Inode {
  return new SyntheticDirectory(view.place(0o555, 1), new TaskEntries(view));
}

/** /proc/ID; undefined: no such process or thread. A thread's id is understood, too: it shows its whole process. */
export function processDirectory(
  fs: FileSystem,
  source: ProcSource,
  id: number,
  time: Timestamp,
  namespaces: Namespaces,
): Inode | undefined {
  const process = source.process(id);
  if (process === undefined) return undefined;
  return directoryOf(new TaskView(fs, source, process.pid, process.pid, true, time, namespaces));
}

export function processIno(pid: number): number {
  return pid * ID_SHIFT + 1;
}
