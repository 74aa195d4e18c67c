/** Writes a root into a folder of this computer. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { failureText } from '../files.js';
import { RootfsError } from './errors.js';
import type { Target, TargetAttributes } from './target.js';

/** Marks a folder that is not finished; the next run goes on in it. */
export const MARKER = '.pagewalk-unfinished';

const SETID = 0o6000;

export class FolderTarget implements Target {
  readonly notes: string[] = [];
  readonly #isRoot = process.getuid?.() === 0;
  /** Modes and times of directories are set at the end: files are still put into them. */
  readonly #directories = new Map<string, { mode: number; mtimeSec: number }>();
  readonly #isNew: boolean;
  #owners = 0;
  #setid = 0;
  /** Device nodes. */
  readonly #leftOut = new Set<string>();

  /** RootfsError when something else lives in the folder. */
  constructor(readonly folder: string) {
    const stat = fs.lstatSync(folder, { throwIfNoEntry: false });
    this.#isNew = stat === undefined;
    if (stat === undefined) this.#try(folder, () => fs.mkdirSync(folder, { recursive: true }));
    else if (!fs.statSync(folder).isDirectory()) throw new RootfsError(`${folder}: is not a folder (an archive is called FILE.tar)`);
    else if (fs.readdirSync(folder).length > 0 && !fs.existsSync(join(folder, MARKER))) {
      throw new RootfsError(`${folder}: is not empty; a root is made in a new or empty folder`);
    }
    this.#try(folder, () => fs.writeFileSync(join(folder, MARKER), 'pagewalk rootfs create has not finished here.\n'));
  }

  #try<T>(path: string, action: () => T): T {
    try {
      return action();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
      throw new RootfsError(`${path}: ${failureText(error)}`);
    }
  }

  #path(parts: readonly string[]): string {
    return join(this.folder, ...parts);
  }

  /** A folder left by a broken run may hold anything: what is in the way goes, and no link is ever followed. */
  #clear(path: string): void {
    this.#leftOut.delete(path);
    const stat = fs.lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return;
    if (stat.isDirectory()) throw new RootfsError(`${path}: is a folder, where the root has a file`);
    fs.unlinkSync(path);
  }

  #mode(path: string, { mode, uid, gid }: TargetAttributes): number {
    if (this.#isRoot) fs.lchownSync(path, uid, gid);
    else if (uid !== 0 || gid !== 0) this.#owners++;
    if (this.#isRoot || (mode & SETID) === 0) return mode;
    this.#setid++;
    return mode & ~SETID;
  }

  async directory(path: readonly string[], what: TargetAttributes): Promise<void> {
    const at = this.#path(path);
    this.#try(at, () => {
      const stat = fs.lstatSync(at, { throwIfNoEntry: false });
      if (stat !== undefined && !stat.isDirectory()) fs.unlinkSync(at);
      if (stat?.isDirectory() !== true) fs.mkdirSync(at);
      const mode = this.#mode(at, what);
      // Writable for now, whatever it will be.
      fs.chmodSync(at, mode | 0o700);
      this.#directories.set(at, { mode, mtimeSec: what.mtimeSec });
    });
  }

  async file(path: readonly string[], what: TargetAttributes, bytes: Uint8Array): Promise<void> {
    const at = this.#path(path);
    this.#try(at, () => {
      this.#clear(at);
      const fd = fs.openSync(at, fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_EXCL, 0o600);
      try {
        for (let done = 0; done < bytes.length; ) done += fs.writeSync(fd, bytes, done);
        fs.fchmodSync(fd, this.#mode(at, what));
        fs.futimesSync(fd, what.mtimeSec, what.mtimeSec);
      } finally {
        fs.closeSync(fd);
      }
    });
  }

  async symlink(path: readonly string[], what: TargetAttributes, target: string): Promise<void> {
    const at = this.#path(path);
    this.#try(at, () => {
      this.#clear(at);
      fs.symlinkSync(target, at);
      if (this.#isRoot) fs.lchownSync(at, what.uid, what.gid);
      fs.lutimesSync(at, what.mtimeSec, what.mtimeSec);
    });
  }

  async hardlink(path: readonly string[], other: readonly string[]): Promise<void> {
    const at = this.#path(path);
    this.#try(at, () => {
      this.#clear(at);
      const from = this.#path(other);
      if (this.#leftOut.has(from)) this.#leftOut.add(at);
      // Some hosts' link(2) follows a symbolic link, out of the root.
      else if (fs.lstatSync(from).isSymbolicLink()) fs.symlinkSync(fs.readlinkSync(from), at);
      else fs.linkSync(from, at);
    });
  }

  /** Node has no mknod; packages of Debian ship no devices, and the machine mounts its own /dev. */
  async device(path: readonly string[]): Promise<void> {
    const at = this.#path(path);
    this.#try(at, () => this.#clear(at));
    this.#leftOut.add(at);
  }

  async finish(): Promise<void> {
    for (const [path, { mode, mtimeSec }] of [...this.#directories].reverse()) {
      fs.chmodSync(path, mode);
      fs.utimesSync(path, mtimeSec, mtimeSec);
    }
    fs.unlinkSync(join(this.folder, MARKER));
    if (this.#owners > 0)
      this.notes.push(`${this.#owners} files belong to other users than root; here all are yours, and root's in the machine`);
    if (this.#setid > 0) this.notes.push(`${this.#setid} files lost their set-user-ID or set-group-ID bit, which would be yours here`);
    if (this.#leftOut.size > 0) this.notes.push(`${this.#leftOut.size} device nodes were left out`);
    if (this.notes.length > 0) this.notes.push('an archive (FILE.tar) keeps owners and modes exactly');
  }

  /** The marker stays, and the next run goes on; when nothing was written yet, all is as before. */
  abandon(): void {
    const left = fs.readdirSync(this.folder);
    if (left.length !== 1 || left[0] !== MARKER) return;
    fs.unlinkSync(join(this.folder, MARKER));
    if (this.#isNew) fs.rmdirSync(this.folder);
  }
}
