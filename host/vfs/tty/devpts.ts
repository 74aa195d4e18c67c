/** devpts: a directory with a node for every pseudo-terminal that is open, and ptmx, which makes them (pts(4)). */

import { EACCES, EINVAL, ENOSPC, EPERM } from '../../../assembly/shared/errno.js';
import { bound } from '../../linux/bound.js';
import { SysError } from '../../linux/error.js';
import { DEVPTS_SUPER_MAGIC, makeDev, S_IFCHR, S_IFDIR, S_IFMT, S_IFREG } from '../../linux/stat.js';
import type { VfsEnvironment } from '../environment.js';
import { DirectoryFile } from '../openfile.js';
import {
  type Credentials,
  type Dirent,
  type FileSystem,
  type FileSystemStat,
  Inode,
  type InodeChange,
  type NewInode,
  type OpenFile,
  type Timestamp,
} from '../types.js';
import { PtySlave } from './pty.js';
import { PtyMaster } from './ptymaster.js';
import { CurrentTerminalFile, TerminalDriver } from './terminalfile.js';
import type { Tty } from './tty.js';

const ROOT_INO = 1;
const PTMX_INO = 2;
const FIRST_INO = 3;
/** /proc/sys/kernel/pty/max */
const PTYS_MAX = 4096;
const PTMX = makeDev(5, 2);
const TTY = makeDev(5, 0);
const TTY_GID = 5;

export class DevptsInode extends Inode {
  override nlink = 1;
  override size = 0;
  override atime: Timestamp;
  override mtime: Timestamp;
  override ctime: Timestamp;

  constructor(
    readonly fs: DevptsFileSystem,
    readonly ino: number,
    public mode: number,
    public uid: number,
    public gid: number,
    rdev: number,
  ) {
    super();
    this.rdev = rdev;
    this.atime = this.mtime = this.ctime = fs.env.now();
  }

  override setattr(change: InodeChange): void {
    if (change.mode !== undefined) this.mode = (this.mode & S_IFMT) | (change.mode & ~S_IFMT);
    if (change.uid !== undefined) this.uid = change.uid;
    if (change.gid !== undefined) this.gid = change.gid;
    if (change.atime !== undefined) this.atime = change.atime;
    if (change.mtime !== undefined) this.mtime = change.mtime;
    this.ctime = this.fs.env.now();
  }
}

export class DevptsRoot extends DevptsInode {
  override nlink = 2;

  override lookup(name: string): Inode | undefined {
    return this.fs.find(name);
  }

  /** Nodes come and go with their terminals. */
  override get cacheable(): boolean {
    return false;
  }

  override create(_name: string, what: NewInode): never {
    throw new SysError((what.mode & S_IFMT) === S_IFREG ? EACCES : EPERM);
  }

  override readdir(): Dirent[] {
    return this.fs.list();
  }

  override open(flags: number): OpenFile {
    return new DirectoryFile(this, flags);
  }
}

interface Entry {
  readonly inode: Inode;
  readonly terminal: Tty;
}

/** There is one of a machine, however often it is mounted. */
export class DevptsFileSystem implements FileSystem {
  readonly name = 'devpts';
  readonly dev: number;
  readonly readOnly = false;
  readonly root: Inode;
  private readonly _ptmx: Inode;
  private readonly _entries: (Entry | undefined)[] = [];
  /** Of new nodes. */
  private _gid = TTY_GID;
  private _mode = 0o620;

  constructor(readonly env: VfsEnvironment) {
    this.dev = env.allocateDev();
    this.root = new DevptsRoot(this, ROOT_INO, S_IFDIR | 0o755, 0, 0, 0);
    this._ptmx = new DevptsInode(this, PTMX_INO, S_IFCHR | 0o666, 0, 0, PTMX);
    env.devices.registerCharacter(PTMX, { name: 'ptmx', open: bound(this, 'openMaster') });
    env.devices.registerCharacter(TTY, { name: 'tty', open: (inode, flags) => new CurrentTerminalFile(inode, flags) });
  }

  /** Options of mount(2): gid, mode, ptmxmode; newinstance and max are taken without effect. EINVAL. */
  configure(options: string): void {
    for (const option of options.split(',').filter((text) => text !== '')) {
      const [name, value = ''] = option.split('=');
      const octal = /^[0-7]{1,4}$/.test(value) ? Number.parseInt(value, 8) : undefined;
      if (name === 'gid' && /^\d{1,9}$/.test(value)) this._gid = Number(value);
      else if (name === 'mode' && octal !== undefined) this._mode = octal;
      else if (name === 'ptmxmode' && octal !== undefined) this._ptmx.mode = S_IFCHR | octal;
      else if (option !== 'newinstance' && name !== 'max') throw new SysError(EINVAL);
    }
  }

  openMaster(inode: Inode, flags: number, cred: Credentials | undefined): PtyMaster {
    let index = 0;
    while (this._entries[index] !== undefined) index++;
    if (index >= PTYS_MAX) throw new SysError(ENOSPC);
    const slave = new PtySlave(index, bound(this, 'remove', index));
    this.adopt(slave, index, cred?.uid ?? 0);
    return new PtyMaster(inode, slave, flags);
  }

  /** Gives a terminal its name; its device number is that of the index. */
  adopt(terminal: Tty, index: number, uid = 0): void {
    const inode = new DevptsInode(this, FIRST_INO + index, S_IFCHR | this._mode, uid, this._gid, terminal.rdev);
    this._entries[index] = { inode, terminal };
    this.env.devices.registerCharacter(terminal.rdev, new TerminalDriver(`pts/${index}`, terminal));
  }

  remove(index: number): void {
    const entry = this._entries[index];
    if (entry === undefined) return;
    this._entries[index] = undefined;
    this.env.devices.unregisterCharacter(entry.terminal.rdev);
  }

  find(name: string): Inode | undefined {
    if (name === 'ptmx') return this._ptmx;
    return /^(0|[1-9]\d*)$/.test(name) ? this._entries[Number(name)]?.inode : undefined;
  }

  list(): Dirent[] {
    const all: Dirent[] = [{ name: 'ptmx', ino: PTMX_INO, type: S_IFCHR }];
    this._entries.forEach((entry, index) => {
      if (entry !== undefined) all.push({ name: String(index), ino: entry.inode.ino, type: S_IFCHR });
    });
    return all;
  }

  statfs(): FileSystemStat {
    return { type: DEVPTS_SUPER_MAGIC, blockSize: 4096, blocks: 0, blocksFree: 0, files: 0, filesFree: 0, nameMax: 255 };
  }

  /** There is no medium behind it. */
  sync(): void {}
}
