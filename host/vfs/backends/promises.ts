/**
 * A folder of anything that has the shape of node:fs/promises, as a file system: a memory file system of a library, a browser's private
 * files, a server. Calls wait for it (Suspend) while others run; data goes through the page cache, and names and attributes are kept, so
 * the folder must be this machine's alone as long as it is mounted.
 */
import { ENOENT, ENOTDIR, EROFS } from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import { FUSE_SUPER_MAGIC } from '../../linux/stat.js';
import type { VfsEnvironment } from '../environment.js';
import type { FileSystem, FileSystemStat } from '../types.js';
import { Place, PromisesDirectory, type PromisesFile } from './promises-inode.js';
import { Answers, errnoByCode, type PromisesFiles, type PromisesStats, RequestQueue } from './promises-medium.js';

/** How a folder of promises is mounted. */
export interface PromisesOptions {
  /** Nothing of the folder is ever changed. Default false. */
  readonly readOnly?: boolean;
}

export class PromisesFileSystem implements FileSystem {
  readonly name = 'promisefs';
  readonly dev: number;
  readonly readOnly: boolean;
  readonly root: PromisesDirectory;
  readonly queue = new RequestQueue();
  /** What the medium was told to change and not yet to keep. */
  readonly unsynced = new Set<PromisesFile | PromisesDirectory>();
  private readonly _answers = new Answers();
  private readonly _backslashes: boolean;
  private _lastIno = 0;

  private constructor(
    readonly env: VfsEnvironment,
    readonly files: PromisesFiles,
    folder: string,
    stats: PromisesStats,
    options: PromisesOptions,
  ) {
    this.readOnly = options.readOnly ?? false;
    this.dev = env.allocateDev();
    this._backslashes = folder.includes('\\') || /^[A-Za-z]:/.test(folder);
    this.root = new PromisesDirectory(this, this.newIno(), new Place(undefined, folder.replace(/\/+$/, '')), stats);
  }

  /** Throws SysError when the folder is not there, or is none. */
  static async open(env: VfsEnvironment, files: PromisesFiles, folder: string, options: PromisesOptions = {}): Promise<PromisesFileSystem> {
    let stats: PromisesStats;
    try {
      // With the slash a link to a folder is followed.
      stats = await files.lstat(folder.endsWith('/') ? folder : `${folder}/`);
    } catch (error) {
      throw new SysError(errnoByCode(error), folder);
    }
    if (!stats.isDirectory()) throw new SysError(ENOTDIR, folder);
    return new PromisesFileSystem(env, files, folder, stats, options);
  }

  /** As of a FUSE file system that does not tell: a medium with promises has no call for it. */
  statfs(): FileSystemStat {
    return { type: FUSE_SUPER_MAGIC, blockSize: 4096, blocks: 0, blocksFree: 0, files: 0, filesFree: 0, nameMax: 255 };
  }

  writeBack(): SysError | undefined {
    return this.readOnly ? undefined : this.env.pages.writeBack(this);
  }

  sync(): void {
    this.writeBack();
    for (const inode of [...this.unsynced]) {
      if (!(inode instanceof PromisesDirectory)) inode.sync(false);
      else this._syncEntries(inode);
    }
  }

  private _syncEntries(directory: PromisesDirectory): void {
    try {
      directory.syncEntries();
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      this.env.pages.errorsOf(this).record(error.errno);
      this.unsynced.delete(directory);
    }
  }

  requireWritable(): void {
    if (this.readOnly) throw new SysError(EROFS);
  }

  newIno(): number {
    return ++this._lastIno;
  }

  /** A name that is one name for the medium, too: no way out of the folder, and no other file than the one that is meant. */
  allows(name: string): boolean {
    if (name === '' || name === '.' || name === '..' || /[/\0]|\p{Surrogate}/u.test(name)) return false;
    return !this._backslashes || !/[\\:]/.test(name);
  }

  /** Has the medium do something. Suspend: the call is run again, and asks under the same key. */
  do<T>(key: string, work: () => Promise<T>): T {
    return this._answers.take(key, () => this.queue.ask(work));
  }

  async statIfAny(place: Place): Promise<PromisesStats | undefined> {
    try {
      return await this.files.lstat(place.path);
    } catch (error) {
      if (errnoByCode(error) === ENOENT) return undefined;
      throw error;
    }
  }
}
