/** The /proc file system (proc(5)). It keeps nothing: every look asks the kernel through ProcSource. */
import { ENOENT } from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import { PROC_SUPER_MAGIC, S_IFDIR, S_IFLNK } from '../../linux/stat.js';
import type { VfsEnvironment } from '../environment.js';
import type { Dirent, FileSystem, FileSystemStat, Inode, Timestamp } from '../types.js';
import { FRAME_FILES } from './proc-frames.js';
import { Namespaces } from './proc-ns.js';
import { rootFiles, ttyFiles } from './proc-root.js';
import type { ProcSource } from './proc-source.js';
import { sysTree } from './proc-sys.js';
import { isSysctl, SysctlDirectory, SysctlFile, type SysTree } from './proc-sysctl.js';
import { parseId, processDirectory, processIno } from './proc-task.js';
import {
  type Content,
  FixedEntries,
  SpecialFile,
  SyntheticDirectory,
  type SyntheticEntries,
  SyntheticFile,
  SyntheticLink,
} from './synthetic.js';

export class ProcFileSystem implements FileSystem {
  readonly name = 'proc';
  readonly dev: number;
  readonly readOnly = false;
  readonly root: Inode;
  readonly namespaces: Namespaces;
  private readonly _now: () => Timestamp;
  private readonly _mounted: Timestamp;
  /** Numbers of what is always there; those of processes begin at 2^24. */
  private _lastIno = 0;

  constructor(
    env: VfsEnvironment,
    readonly source: ProcSource,
  ) {
    this.dev = env.allocateDev();
    this._now = env.now;
    this._mounted = env.now();
    this.namespaces = new Namespaces(env, source);
    const root = this._directory(new RootEntries(this, this._fixed()));
    this.root = root;
  }

  statfs(): FileSystemStat {
    return { type: PROC_SUPER_MAGIC, blockSize: 4096, blocks: 0, blocksFree: 0, files: 0, filesFree: 0, nameMax: 255 };
  }

  /** Nothing is ever dirty. */
  sync(): void {}

  now(): Timestamp {
    return this._now();
  }

  private _place(mode: number) {
    return { fs: this, ino: ++this._lastIno, mode, uid: 0, gid: 0, time: this._mounted };
  }

  private _file(content: Content, mode = 0o444): Inode {
    return new SyntheticFile(this._place(mode), content);
  }

  private _directory(entries: SyntheticEntries): Inode {
    return new SyntheticDirectory(this._place(0o555), entries);
  }

  private _link(text: () => string): Inode {
    return new SyntheticLink(this._place(0o777), text);
  }

  private _fixed(): FixedEntries {
    const { source } = this;
    return new FixedEntries()
      .add(
        'self',
        this._link(() => String(this._reader().pid)),
      )
      .add(
        'thread-self',
        this._link(() => `${this._reader().pid}/task/${this._reader().tid}`),
      )
      .add(
        'mounts',
        this._link(() => 'self/mounts'),
      )
      .addAll(Object.entries(rootFiles(source)).map(([name, text]) => [name, this._file(text)]))
      .addAll(Object.entries(FRAME_FILES).map(([name, open]) => [name, new SpecialFile(this._place(0o400), open(source))]))
      .add('tty', this._tree(ttyFiles))
      .add(
        'net',
        this._link(() => 'self/net'),
      )
      .add('sys', this._sysctls(sysTree(source)))
      .add(
        'sysvipc',
        this._tree({ msg: () => source.sysvText('msg'), sem: () => source.sysvText('sem'), shm: () => source.sysvText('shm') }),
      );
  }

  private _sysctls(tree: SysTree): Inode {
    const entries = new FixedEntries();
    for (const [name, what] of Object.entries(tree)) {
      if (typeof what === 'function') entries.add(name, new SysctlFile(this._place(0o444), { mode: 0o444, read: what }, true));
      else entries.add(name, isSysctl(what) ? new SysctlFile(this._place(what.mode), what, true) : this._sysctls(what));
    }
    return new SysctlDirectory(this._place(0o555), entries);
  }

  private _tree(tree: Tree): Inode {
    const entries = new FixedEntries();
    for (const [name, what] of Object.entries(tree)) entries.add(name, typeof what === 'function' ? this._file(what) : this._tree(what));
    return this._directory(entries);
  }

  /** Nobody in particular looks when the host does. */
  private _reader(): { readonly pid: number; readonly tid: number } {
    const current = this.source.current();
    if (current === undefined) throw new SysError(ENOENT);
    return current;
  }
}

interface Tree {
  readonly [name: string]: (() => string) | Tree;
}

/** Links that everybody sees; self and thread-self lead nowhere but for somebody who looks. */
const LINKS = ['mounts', 'net'];

/** Processes, then what is always there. */
class RootEntries implements SyntheticEntries {
  constructor(
    readonly fs: ProcFileSystem,
    readonly fixed: FixedEntries,
  ) {}

  fixedChildren(): Iterable<readonly [name: string, inode: Inode]> {
    return this.fixed.fixedChildren();
  }

  lookup(name: string): Inode | undefined {
    const pid = parseId(name);
    return pid === undefined ? this.fixed.lookup(name) : processDirectory(this.fs, this.fs.source, pid, this.fs.now(), this.fs.namespaces);
  }

  list(): Dirent[] {
    const { source } = this.fs;
    const fixed = this.fixed
      .list()
      .filter((entry) => entry.type !== S_IFLNK || LINKS.includes(entry.name) || source.current() !== undefined);
    const pids = source.pids().sort((a, b) => a - b);
    return [...fixed, ...pids.map((pid) => ({ name: String(pid), ino: processIno(pid), type: S_IFDIR }))];
  }
}
