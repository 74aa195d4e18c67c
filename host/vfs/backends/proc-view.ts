/** What the files of one process or thread are made of: the task that they look at, and a row for each file. */
import { EACCES, ENOENT, ESRCH } from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import { S_IFLNK, S_IFREG } from '../../linux/stat.js';
import type { Location } from '../dentry.js';
import type { FileSystem, Inode, OpenFile, Timestamp } from '../types.js';
import type { Namespaces } from './proc-ns.js';
import type { ProcProcess, ProcSource, ProcSpace, ProcTask } from './proc-source.js';
import { type Content, SpecialFile, SyntheticFile, SyntheticLink, type SyntheticPlace } from './synthetic.js';

/** Inode numbers: id * 2^24 + what it is (a row's number; descriptors from 2^21 on); a thread's directory has the 2^23 bit. */
export const ID_SHIFT = 2 ** 24;
export const THREAD_BIT = 0x800000;
const CAP_SYS_PTRACE = 1n << 19n;

/** What the rows below work on. The process may end at any time: everything is looked up when asked. */
export class TaskView {
  constructor(
    readonly fs: FileSystem,
    readonly source: ProcSource,
    readonly pid: number,
    readonly tid: number,
    /** /proc/PID, which speaks for the whole group. */
    readonly whole: boolean,
    readonly time: Timestamp,
    readonly namespaces: Namespaces,
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

export interface Row {
  readonly name: string;
  readonly type: number;
  /** Only in /proc/PID. */
  readonly wholeOnly?: boolean;
  /** Only in /proc/PID/task/TID. */
  readonly taskOnly?: boolean;
  readonly make: (view: TaskView, key: number) => Inode;
}

/** Contents that anybody may read. */
export function file(name: string, content: (view: TaskView) => string | Uint8Array, extra: Partial<Row> & { mode?: number } = {}): Row {
  const { mode = 0o444, ...rest } = extra;
  return { name, type: S_IFREG, make: (view, key) => new SyntheticFile(view.place(mode, key), () => content(view)), ...rest };
}

/** Contents that show the memory of the process: only for who may inspect it; empty for a zombie. */
export function inspected(name: string, mode: number, content: (view: TaskView, space: ProcSpace) => string | Uint8Array): Row {
  const make = (view: TaskView, key: number): Inode => {
    const text: Content = () => {
      const space = view.space();
      return space === undefined ? '' : content(view, space);
    };
    return new SyntheticFile(view.place(mode, key), text, undefined, view.checkInspect);
  };
  return { name, type: S_IFREG, make };
}

export function writable(
  name: string,
  content: (view: TaskView) => string,
  store: (view: TaskView, bytes: Uint8Array) => void,
  mode = 0o644,
): Row {
  const make = (view: TaskView, key: number): Inode =>
    new SyntheticFile(
      view.place(mode, key),
      () => content(view),
      (bytes) => store(view, bytes),
    );
  return { name, type: S_IFREG, make };
}

/** A file of its own kind, for who may inspect the process. */
export function special(name: string, mode: number, open: (view: TaskView, inode: Inode, flags: number) => OpenFile, whole = false): Row {
  const make: Row['make'] = (view, key) =>
    new SpecialFile(view.place(mode, key), (inode, flags) => {
      view.checkInspect();
      return open(view, inode, flags);
    });
  return { name, type: S_IFREG, make, wholeOnly: whole };
}

/** A magic link to a place that the process holds. */
export function link(name: string, target: (view: TaskView) => Location | undefined): Row {
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
