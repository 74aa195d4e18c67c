/** The /proc file system (proc(5)). It keeps nothing: every look asks the kernel through ProcSource. */
import { ENOENT } from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import { PROC_SUPER_MAGIC, S_IFDIR, S_IFLNK } from '../../linux/stat.js';
import type { VfsEnvironment } from '../environment.js';
import type { Dirent, FileSystem, FileSystemStat, Inode, Timestamp } from '../types.js';
import { meminfoText, vmstatText } from './proc-memory.js';
import type { ProcSource } from './proc-source.js';
import { type SysTree, sysTree } from './proc-sys.js';
import * as S from './proc-system.js';
import { parseId, processDirectory, processIno } from './proc-task.js';
import { type Content, FixedEntries, SyntheticDirectory, type SyntheticEntries, SyntheticFile, SyntheticLink } from './synthetic.js';

export class ProcFileSystem implements FileSystem {
  readonly name = 'proc';
  readonly dev: number;
  readonly readOnly = false;
  readonly root: Inode;
  readonly #now: () => Timestamp;
  readonly #mounted: Timestamp;
  /** Numbers of what is always there; those of processes begin at 2^24. */
  #lastIno = 0;

  constructor(
    env: VfsEnvironment,
    readonly source: ProcSource,
  ) {
    this.dev = env.allocateDev();
    this.#now = env.now;
    this.#mounted = env.now();
    const root = this.#directory(new RootEntries(this, this.#fixed()));
    this.root = root;
  }

  statfs(): FileSystemStat {
    return { type: PROC_SUPER_MAGIC, blockSize: 4096, blocks: 0, blocksFree: 0, files: 0, filesFree: 0, nameMax: 255 };
  }

  /** Nothing is ever dirty. */
  sync(): void {}

  now(): Timestamp {
    return this.#now();
  }

  #place(mode: number) {
    return { fs: this, ino: ++this.#lastIno, mode, uid: 0, gid: 0, time: this.#mounted };
  }

  #file(content: Content): Inode {
    return new SyntheticFile(this.#place(0o444), content);
  }

  #directory(entries: SyntheticEntries): Inode {
    return new SyntheticDirectory(this.#place(0o555), entries);
  }

  #link(text: () => string): Inode {
    return new SyntheticLink(this.#place(0o777), text);
  }

  #fixed(): FixedEntries {
    const { source } = this;
    return new FixedEntries()
      .add(
        'self',
        this.#link(() => String(this.#reader().pid)),
      )
      .add(
        'thread-self',
        this.#link(() => `${this.#reader().pid}/task/${this.#reader().tid}`),
      )
      .add(
        'mounts',
        this.#link(() => 'self/mounts'),
      )
      .add(
        'cmdline',
        this.#file(() => '\n'),
      )
      .add(
        'cpuinfo',
        this.#file(() => S.cpuinfoText()),
      )
      .add(
        'filesystems',
        this.#file(() => S.FILESYSTEMS_TEXT),
      )
      .add(
        'cgroups',
        this.#file(() => S.CGROUPS_TEXT),
      )
      .add(
        'devices',
        this.#file(() => S.DEVICES_TEXT),
      )
      .add(
        'diskstats',
        this.#file(() => ''),
      )
      .add(
        'interrupts',
        this.#file(() => S.INTERRUPTS_TEXT),
      )
      .add(
        'partitions',
        this.#file(() => S.PARTITIONS_TEXT),
      )
      .add(
        'vmstat',
        this.#file(() => vmstatText(source)),
      )
      .add(
        'loadavg',
        this.#file(() => S.loadavgText(source)),
      )
      .add(
        'meminfo',
        this.#file(() => meminfoText(source)),
      )
      .add(
        'stat',
        this.#file(() => S.statText(source)),
      )
      .add(
        'swaps',
        this.#file(() => S.SWAPS_TEXT),
      )
      .add(
        'uptime',
        this.#file(() => S.uptimeText(source)),
      )
      .add(
        'version',
        this.#file(() => S.versionText(source)),
      )
      .add('net', this.#tree(source.net))
      .add('sys', this.#tree(sysTree(source)))
      .add(
        'sysvipc',
        this.#tree({ msg: () => source.sysvText('msg'), sem: () => source.sysvText('sem'), shm: () => source.sysvText('shm') }),
      );
  }

  #tree(tree: SysTree): Inode {
    const entries = new FixedEntries();
    for (const [name, what] of Object.entries(tree)) entries.add(name, typeof what === 'function' ? this.#file(what) : this.#tree(what));
    return this.#directory(entries);
  }

  /** Nobody in particular looks when the host does. */
  #reader(): { readonly pid: number; readonly tid: number } {
    const current = this.source.current();
    if (current === undefined) throw new SysError(ENOENT);
    return current;
  }
}

/** Processes, then what is always there. */
class RootEntries implements SyntheticEntries {
  constructor(
    readonly fs: ProcFileSystem,
    readonly fixed: FixedEntries,
  ) {}

  lookup(name: string): Inode | undefined {
    const pid = parseId(name);
    return pid === undefined ? this.fixed.lookup(name) : processDirectory(this.fs, this.fs.source, pid, this.fs.now());
  }

  list(): Dirent[] {
    const { source } = this.fs;
    const fixed = this.fixed.list().filter((entry) => entry.type !== S_IFLNK || entry.name === 'mounts' || source.current() !== undefined);
    const pids = source.pids().sort((a, b) => a - b);
    return [...fixed, ...pids.map((pid) => ({ name: String(pid), ino: processIno(pid), type: S_IFDIR }))];
  }
}
