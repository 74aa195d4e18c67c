/** A memory file system whose files have a medium behind them: names are kept in memory and written down on it. */
import { PAGE_SIZE } from '../../assembly/shared/layout.js';
import { isDirectory, S_IFDIR, S_IFREG } from '../../host/linux/stat.js';
import { MemoryFileSystem } from '../../host/vfs/backends/memory.js';
import { MemoryDirectory } from '../../host/vfs/backends/memory-directory.js';
import { MemoryFile } from '../../host/vfs/backends/memory-file.js';
import type { Backing } from '../../host/vfs/backing.js';
import type { VfsEnvironment } from '../../host/vfs/environment.js';
import type { Inode, NewInode } from '../../host/vfs/types.js';
import { type Image, type Medium, ROOT } from './medium.js';

const OWNER = { uid: 0, gid: 0 };

export class MediumFileSystem extends MemoryFileSystem {
  readonly #files: MediumFile[] = [];
  readonly #directories: MediumDirectory[] = [];

  /** `image`: what is on the medium already. */
  constructor(
    env: VfsEnvironment,
    readonly medium: Medium,
    image?: Image,
  ) {
    super(env);
    this.#directories.push(this.root as MediumDirectory);
    if (image !== undefined) this.#fill(this.root as MediumDirectory, ROOT, image);
  }

  #fill(directory: MediumDirectory, id: number, image: Image): void {
    for (const [name, child] of image.directories.get(id) ?? []) {
      const bytes = image.files.get(child);
      if (bytes === undefined) this.#fill(directory.create(name, { ...OWNER, mode: S_IFDIR | 0o755 }) as MediumDirectory, child, image);
      else (directory.create(name, { ...OWNER, mode: S_IFREG | 0o644 }) as MediumFile).load(bytes);
    }
  }

  override makeFile(what: NewInode): MediumFile {
    const file = new MediumFile(this, what);
    this.#files.push(file);
    return file;
  }

  override makeDirectory(what: NewInode, parent: MemoryDirectory | undefined): MediumDirectory {
    const directory = new MediumDirectory(this, what, parent);
    // The root is made before this object is complete.
    if (parent !== undefined) this.#directories.push(directory);
    return directory;
  }

  override sync(): void {
    for (const file of this.#files) file.sync(false);
    for (const directory of this.#directories) directory.syncEntries();
  }
}

export class MediumFile extends MemoryFile {
  readonly id: number;
  readonly #pages: MediumPages;

  constructor(fs: MediumFileSystem, what: NewInode) {
    super(fs, what);
    this.id = fs.medium.newId();
    this.#pages = new MediumPages(fs.medium, this.id);
    this.backing = this.#pages;
  }

  load(bytes: Uint8Array): void {
    this.#pages.bytes = bytes;
    this.adoptSize(bytes.length);
  }
}

class MediumPages implements Backing {
  bytes: Uint8Array = new Uint8Array(0);

  constructor(
    readonly medium: Medium,
    readonly id: number,
  ) {}

  readPage(index: number, into: Uint8Array): void {
    this.medium.check('read');
    into.set(this.bytes.subarray(index * PAGE_SIZE, (index + 1) * PAGE_SIZE));
  }

  writePage(index: number, bytes: Uint8Array, length: number): void {
    this.writePages(index, [bytes.subarray(0, length)]);
  }

  writePages(first: number, pages: readonly Uint8Array[]): void {
    this.medium.check('write');
    const bytes = new Uint8Array(pages.reduce((sum, page) => sum + page.length, 0));
    for (const [i, page] of pages.entries()) bytes.set(page, i * PAGE_SIZE);
    const offset = first * PAGE_SIZE;
    if (offset + bytes.length > this.bytes.length) this.#resize(offset + bytes.length);
    this.bytes.set(bytes, offset);
    this.medium.note({ kind: 'write', id: this.id, offset, bytes });
  }

  #resize(size: number): void {
    const next = new Uint8Array(size);
    next.set(this.bytes.subarray(0, size));
    this.bytes = next;
  }

  setSize(size: number): void {
    this.medium.check('resize');
    this.#resize(size);
    this.medium.note({ kind: 'resize', id: this.id, size });
  }

  sync(): void {
    this.medium.check('sync');
    this.medium.note({ kind: 'sync', id: this.id });
  }
}

export class MediumDirectory extends MemoryDirectory {
  #id: number | undefined;

  /** The root is made before the file system has its medium. */
  get id(): number {
    return (this.#id ??= this === this.fs.root ? ROOT : this.#medium.newId());
  }

  get #medium(): Medium {
    return (this.fs as MediumFileSystem).medium;
  }

  override create(name: string, what: NewInode): ReturnType<MemoryDirectory['create']> {
    this.#medium.check('make');
    const child = super.create(name, what);
    this.#medium.note({ kind: 'make', directory: this.id, name, id: idOf(child), isDirectory: isDirectory(child.mode) });
    return child;
  }

  override unlink(name: string): void {
    this.#medium.check('unlink');
    const child = this.lookup(name);
    super.unlink(name);
    if (child !== undefined) this.#medium.note({ kind: 'unlink', directory: this.id, name, id: idOf(child) });
  }

  override rename(name: string, newParent: Inode, newName: string, flags: number): void {
    this.#medium.check('rename');
    const child = this.lookup(name);
    // What it replaces is gone with the same stroke: nothing else is written down.
    const told = this.#medium.lies.has('unlink');
    this.#medium.lies.add('unlink');
    try {
      super.rename(name, newParent, newName, flags);
    } finally {
      if (!told) this.#medium.lies.delete('unlink');
    }
    if (child === undefined) return;
    const newDirectory = (newParent as MediumDirectory).id;
    this.#medium.note({ kind: 'rename', directory: this.id, name, newDirectory, newName, id: idOf(child) });
  }

  override syncEntries(): void {
    this.#medium.check('syncEntries');
    this.#medium.note({ kind: 'syncEntries', directory: this.id });
  }
}

function idOf(inode: Inode): number {
  if (inode instanceof MediumFile || inode instanceof MediumDirectory) return inode.id;
  throw new Error('the medium knows files and directories only');
}
