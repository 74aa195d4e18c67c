/** The directory of one process (/proc/PID) or thread (/proc/PID/task/TID). */
import { EACCES, EINVAL, EIO, ENOENT, EPERM, ESRCH } from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import { S_IFDIR, S_IFLNK, S_IFREG } from '../../linux/stat.js';
import { decodeText } from '../../linux/text.js';
import type { Location } from '../dentry.js';
import { type Dirent, type FileSystem, type Inode, type IoBuffer, OpenFile, type Timestamp } from '../types.js';
import { fdDirectory, fdinfoDirectory } from './proc-fd.js';
import { mapsText, smapsRollupText, smapsText } from './proc-maps.js';
import * as P from './proc-process.js';
import type { ProcProcess, ProcSource, ProcSpace, ProcTask } from './proc-source.js';
import {
  type Content,
  SpecialFile,
  SyntheticDirectory,
  type SyntheticEntries,
  SyntheticFile,
  SyntheticLink,
  type SyntheticPlace,
  seekTo,
} from './synthetic.js';

/** Inode numbers: id * 2^24 + what it is (a row's number; descriptors from 2^21 on); a thread's directory has the 2^23 bit. */
const ID_SHIFT = 2 ** 24;
const THREAD_BIT = 0x800000;
const CAP_SYS_PTRACE = 1n << 19n;
const MEMORY_PIECE = 4096;

/** Ids become names and back in one spelling. */
export function parseId(name: string): number | undefined {
  return /^[1-9]\d{0,9}$/.test(name) ? Number(name) : undefined;
}

/** What the rows below work on. The process may end at any time: everything is looked up when asked. */
class TaskView {
  constructor(
    readonly fs: FileSystem,
    readonly source: ProcSource,
    readonly pid: number,
    readonly tid: number,
    /** /proc/PID, which speaks for the whole group. */
    readonly whole: boolean,
    readonly time: Timestamp,
  ) {}

  find(): { process: ProcProcess; task: ProcTask } | undefined {
    const process = this.source.process(this.pid);
    if (process === undefined) return undefined;
    const task = this.whole ? process.leader : process.tasks.find((t) => t.tid === this.tid);
    return task === undefined ? undefined : { process, task };
  }

  require(): { process: ProcProcess; task: ProcTask } {
    const found = this.find();
    if (found === undefined) throw new SysError(ESRCH);
    return found;
  }

  readonly process = (): ProcProcess => this.require().process;
  readonly task = (): ProcTask => this.require().task;

  /** Owner is the effective user, or root when the process must not be looked into. */
  readonly place = (mode: number, key: number): SyntheticPlace => {
    const found = this.find();
    const own = found !== undefined && found.process.dumpable === 1;
    return {
      fs: this.fs,
      ino: this.tid * ID_SHIFT + (this.whole ? 0 : THREAD_BIT) + key,
      mode,
      uid: own ? found.task.uid.effective : 0,
      gid: own ? found.task.gid.effective : 0,
      time: this.time,
    };
  };

  /** ptrace(2), PTRACE_MODE_READ: the same user throughout, or the capability. */
  get permitted(): boolean {
    const current = this.source.current();
    const reader = current === undefined ? undefined : this.source.process(current.pid);
    const found = this.find();
    if (reader === undefined || found === undefined || reader.pid === found.process.pid) return true;
    const { uid, gid, capEffective } = reader.tasks.find((t) => t.tid === current?.tid) ?? reader.leader;
    if ((capEffective & CAP_SYS_PTRACE) !== 0n) return true;
    const target = found.task;
    const same = (a: number, of: ProcTask['uid']): boolean => a === of.real && a === of.effective && a === of.saved;
    return found.process.dumpable === 1 && same(uid.fs, target.uid) && same(gid.fs, target.gid);
  }

  readonly checkInspect = (): void => {
    this.require();
    if (!this.permitted) throw new SysError(EACCES);
  };

  space(): ProcSpace | undefined {
    return this.process().space;
  }
}

interface Row {
  readonly name: string;
  readonly type: number;
  /** Only in /proc/PID. */
  readonly wholeOnly?: boolean;
  /** Only in /proc/PID/task/TID. */
  readonly taskOnly?: boolean;
  readonly make: (view: TaskView, key: number) => Inode;
}

/** Contents that anybody may read. */
function file(name: string, content: (view: TaskView) => string | Uint8Array, extra: Partial<Row> & { mode?: number } = {}): Row {
  const { mode = 0o444, ...rest } = extra;
  return { name, type: S_IFREG, make: (view, key) => new SyntheticFile(view.place(mode, key), () => content(view)), ...rest };
}

/** Contents that show the memory of the process: only for who may inspect it; empty for a zombie. */
function inspected(name: string, mode: number, content: (view: TaskView, space: ProcSpace) => string | Uint8Array): Row {
  const make = (view: TaskView, key: number): Inode => {
    const text: Content = () => {
      const space = view.space();
      return space === undefined ? '' : content(view, space);
    };
    return new SyntheticFile(view.place(mode, key), text, undefined, view.checkInspect);
  };
  return { name, type: S_IFREG, make };
}

function writable(name: string, content: (view: TaskView) => string, store: (view: TaskView, bytes: Uint8Array) => void): Row {
  const make = (view: TaskView, key: number): Inode =>
    new SyntheticFile(
      view.place(0o644, key),
      () => content(view),
      (bytes) => store(view, bytes),
    );
  return { name, type: S_IFREG, make };
}

/** A magic link to a place that the process holds. */
function link(name: string, target: (view: TaskView) => Location | undefined): Row {
  const make = (view: TaskView, key: number): Inode => {
    const location = (): Location => {
      view.checkInspect();
      const found = target(view);
      if (found === undefined) throw new SysError(ENOENT);
      return found;
    };
    return new SyntheticLink(view.place(0o777, key), () => view.source.pathOf(location()), location);
  };
  return { name, type: S_IFLNK, make };
}

function ioText(view: TaskView): string {
  const io = view.process().io;
  if (io === undefined) throw new SysError(ENOENT);
  const { rchar, wchar, syscr, syscw, readBytes, writeBytes } = io;
  return (
    `rchar: ${rchar}\nwchar: ${wchar}\nsyscr: ${syscr}\nsyscw: ${syscw}\n` +
    `read_bytes: ${readBytes}\nwrite_bytes: ${writeBytes}\ncancelled_write_bytes: 0\n`
  );
}

function storeComm(view: TaskView, bytes: Uint8Array): void {
  const current = view.source.current();
  if (current !== undefined && current.pid !== view.process().pid) throw new SysError(EINVAL);
  const end = bytes.findIndex((byte) => byte === 0 || byte === 0x0a);
  view.source.setComm(view.task().tid, decodeText((end < 0 ? bytes : bytes.subarray(0, end)).subarray(0, 15)));
}

function storeOomAdjust(view: TaskView, bytes: Uint8Array): void {
  const text = decodeText(bytes).trim();
  const value = /^[+-]?\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= -1000 && value <= 1000)) throw new SysError(EINVAL);
  view.process().oomScoreAdjust = value;
}

/** Nobody has logged in: there is no audit. */
const UNSET_ID = '4294967295';
/** The one user namespace: every id is itself. */
const ID_MAP = `${'0'.padStart(10)} ${'0'.padStart(10)} 4294967295\n`;

/** The maps of the first user namespace are fixed, in Linux, too. */
function refuse(): never {
  throw new SysError(EPERM);
}

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
  {
    name: 'mem',
    type: S_IFREG,
    make: (view, key) => new SpecialFile(view.place(0o600, key), (inode, flags) => openMemory(view, inode, flags)),
  },
  link('cwd', (view) => view.task().cwd),
  link('root', (view) => view.task().root),
  link('exe', (view) => (view.space() === undefined ? undefined : view.process().exe)),
  file('mounts', (view) => P.mountsText(view.source.mounts(view.pid))),
  file('mountinfo', (view) => P.mountinfoText(view.source.mounts(view.pid))),
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
  writable('oom_score_adj', (view) => `${view.process().oomScoreAdjust}\n`, storeOomAdjust),
  file('sessionid', () => UNSET_ID),
  writable('loginuid', () => UNSET_ID, refuse),
  file('io', ioText, { mode: 0o400 }),
  writable('uid_map', () => ID_MAP, refuse),
  writable('gid_map', () => ID_MAP, refuse),
  writable('projid_map', () => ID_MAP, refuse),
  writable('setgroups', () => 'allow\n', refuse),
  { ...file('children', childrenText), taskOnly: true },
];

/** Rows that this process has: some need what the kernel may not count. */
function rowsOf(view: TaskView): readonly Row[] {
  const io = view.find()?.process.io !== undefined;
  return ROWS.filter((row) => (view.whole ? row.taskOnly : row.wholeOnly) !== true && (io || row.name !== 'io'));
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
    const { fs, source, pid, time } = this.view;
    return directoryOf(new TaskView(fs, source, pid, tid, false, time));
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
export function processDirectory(fs: FileSystem, source: ProcSource, id: number, time: Timestamp): Inode | undefined {
  const process = source.process(id);
  if (process === undefined) return undefined;
  return directoryOf(new TaskView(fs, source, process.pid, process.pid, true, time));
}

export function processIno(pid: number): number {
  return pid * ID_SHIFT + 1;
}

function openMemory(view: TaskView, inode: Inode, flags: number): OpenFile {
  view.checkInspect();
  const space = view.space();
  if (space === undefined) throw new SysError(EACCES);
  return new MemoryFile(inode, flags, view, space);
}

/** /proc/PID/mem: offsets are addresses. It reads what the process could read and writes what it could write. */
class MemoryFile extends OpenFile {
  constructor(
    inode: Inode,
    flags: number,
    readonly view: TaskView,
    readonly space: ProcSpace,
  ) {
    super(inode, flags);
  }

  /** The space opened is the one meant: after an execve or exit there is nothing left to read. */
  get #gone(): boolean {
    return this.view.find()?.process.space?.handle !== this.space.handle;
  }

  override read(to: IoBuffer, at?: number): number {
    if (this.#gone) return 0;
    const start = at ?? this.offset;
    let done = 0;
    while (to.remaining > 0) {
      const piece = Math.min(to.remaining, MEMORY_PIECE - ((start + done) % MEMORY_PIECE));
      const bytes = P.tryRead(this.space, start + done, piece);
      if (bytes === undefined) break;
      const put = to.put(bytes);
      done += put;
      if (put < piece) break;
    }
    return this.#result(done, at);
  }

  override write(from: IoBuffer, at?: number): number {
    if (this.#gone) return 0;
    const start = at ?? this.offset;
    let done = 0;
    while (from.remaining > 0) {
      const bytes = from.take(Math.min(from.remaining, MEMORY_PIECE - ((start + done) % MEMORY_PIECE)));
      if (bytes.length === 0) break;
      if (!P.tryWrite(this.space, start + done, bytes)) {
        from.untake(bytes.length);
        break;
      }
      done += bytes.length;
    }
    return this.#result(done, at);
  }

  #result(done: number, at: number | undefined): number {
    if (done === 0) return -EIO;
    if (at === undefined) this.offset += done;
    return done;
  }

  override seek(offset: number, whence: number): number {
    return (this.offset = seekTo(this.offset, offset, whence));
  }
}
