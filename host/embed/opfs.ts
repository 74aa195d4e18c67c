/** A browser's private files (the origin private file system) in the shape of node:fs/promises, for promisesFolder. */
import type { PromisesEntry, PromisesFiles, PromisesHandle, PromisesStats } from '../vfs/backends/promises-medium.js';

/** In workers only; TypeScript's library for pages does not know it. */
interface SyncAccessHandle {
  read(bytes: Uint8Array, options: { at: number }): number;
  write(bytes: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}

interface PrivateFile extends FileSystemFileHandle {
  createSyncAccessHandle?(): Promise<SyncAccessHandle>;
  move?(directory: FileSystemDirectoryHandle, name: string): Promise<void>;
}

type Kind = 'file' | 'directory';

const CODES: Readonly<Record<string, string>> = {
  NotFoundError: 'ENOENT',
  TypeMismatchError: 'ENOTDIR',
  NotAllowedError: 'EACCES',
  SecurityError: 'EACCES',
  // Another tab has it open.
  NoModificationAllowedError: 'EBUSY',
  InvalidModificationError: 'ENOTEMPTY',
  QuotaExceededError: 'ENOSPC',
  TypeError: 'EINVAL',
};

class OpfsError extends Error {
  constructor(
    readonly code: string,
    detail: string,
  ) {
    super(`${code}: ${detail}`);
  }
}

async function coded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof OpfsError || !(error instanceof Error)) throw error;
    throw new OpfsError(CODES[error.name] ?? 'EIO', error.message);
  }
}

class Files implements PromisesFiles {
  constructor(private readonly root: FileSystemDirectoryHandle) {}

  async #folder(parts: readonly string[]): Promise<FileSystemDirectoryHandle> {
    let at = this.root;
    for (const part of parts) at = await at.getDirectoryHandle(part);
    return at;
  }

  /** The folder of a path's last name, and that name. */
  async #place(path: string): Promise<{ folder: FileSystemDirectoryHandle; name: string }> {
    const parts = partsOf(path);
    const name = parts.pop();
    if (name === undefined) throw new OpfsError('EBUSY', 'the root');
    return { folder: await this.#folder(parts), name };
  }

  async #file(path: string): Promise<{ folder: FileSystemDirectoryHandle; name: string; file: PrivateFile }> {
    const { folder, name } = await this.#place(path);
    const found = await find(folder, name);
    if (found === undefined) throw new OpfsError('ENOENT', path);
    if (found.kind === 'directory') throw new OpfsError('EISDIR', path);
    return { folder, name, file: found as PrivateFile };
  }

  readdir(path: string): Promise<PromisesEntry[]> {
    return coded(async () => {
      const entries: PromisesEntry[] = [];
      for await (const { name, kind } of (await this.#folder(partsOf(path))).values()) entries.push({ name, ...typed(kind) });
      return entries;
    });
  }

  lstat(path: string): Promise<PromisesStats> {
    return coded(async () => {
      if (partsOf(path).length === 0) return { size: 0, ...typed('directory') };
      const { folder, name } = await this.#place(path);
      const found = await find(folder, name);
      if (found === undefined) throw new OpfsError('ENOENT', path);
      if (found.kind === 'directory') return { size: 0, ...typed('directory') };
      const { size, lastModified } = await (found as PrivateFile).getFile();
      return { size, mtimeMs: lastModified, ...typed('file') };
    });
  }

  open(path: string, flags: 'r' | 'r+' | 'wx'): Promise<PromisesHandle> {
    return coded(async () => {
      if (flags !== 'wx') return new Handle((await this.#file(path)).file, flags === 'r');
      const { folder, name } = await this.#place(path);
      if ((await find(folder, name)) !== undefined) throw new OpfsError('EEXIST', path);
      return new Handle(await folder.getFileHandle(name, { create: true }), false);
    });
  }

  mkdir(path: string): Promise<void> {
    return coded(async () => {
      const { folder, name } = await this.#place(path);
      if ((await find(folder, name)) !== undefined) throw new OpfsError('EEXIST', path);
      await folder.getDirectoryHandle(name, { create: true });
    });
  }

  unlink(path: string): Promise<void> {
    return coded(async () => {
      const { folder, name } = await this.#file(path);
      await folder.removeEntry(name);
    });
  }

  rmdir(path: string): Promise<void> {
    return coded(async () => {
      const { folder, name } = await this.#place(path);
      await folder.getDirectoryHandle(name);
      await folder.removeEntry(name);
    });
  }

  /** Browsers move files, and not all of them; EXDEV makes programs such as mv copy. */
  rename(from: string, to: string): Promise<void> {
    return coded(async () => {
      const source = await this.#place(from);
      const found = await find(source.folder, source.name);
      if (found === undefined) throw new OpfsError('ENOENT', from);
      const file = found as PrivateFile;
      if (found.kind === 'directory' || file.move === undefined) throw new OpfsError('EXDEV', 'this browser does not move it');
      const { folder, name } = await this.#place(to);
      if ((await find(folder, name))?.kind === 'directory') throw new OpfsError('EISDIR', to);
      await file.move(folder, name);
    });
  }
}

/** An open file. The browser lets one have it for writing at a time, so it is taken at the first need and given back at close. */
class Handle implements PromisesHandle {
  #access: Promise<SyncAccessHandle> | undefined;
  #stream: Promise<FileSystemWritableFileStream> | undefined;

  constructor(
    private readonly file: PrivateFile,
    private readonly readOnly: boolean,
  ) {}

  /** For changes, in a worker; undefined where there is none. */
  async #sync(): Promise<SyncAccessHandle | undefined> {
    if (this.readOnly) throw new OpfsError('EBADF', 'opened for reading');
    this.#access ??= this.file.createSyncAccessHandle?.();
    return this.#access;
  }

  async #writable(): Promise<FileSystemWritableFileStream> {
    this.#stream ??= this.file.createWritable({ keepExistingData: true });
    return this.#stream;
  }

  read(bytes: Uint8Array, at: number, length: number, position: number): Promise<{ bytesRead: number }> {
    return coded(async () => {
      const data = await (await this.file.getFile()).slice(position, position + length).arrayBuffer();
      bytes.set(new Uint8Array(data), at);
      return { bytesRead: data.byteLength };
    });
  }

  write(bytes: Uint8Array, at: number, length: number, position: number): Promise<{ bytesWritten: number }> {
    return coded(async () => {
      const data = bytes.slice(at, at + length);
      const access = await this.#sync();
      if (access !== undefined) return { bytesWritten: access.write(data, { at: position }) };
      const stream = await this.#writable();
      const { size } = await this.file.getFile();
      if (position > size) await stream.truncate(position);
      await stream.write({ type: 'write', position, data });
      return { bytesWritten: length };
    });
  }

  truncate(length: number): Promise<void> {
    return coded(async () => {
      const access = await this.#sync();
      if (access !== undefined) access.truncate(length);
      else await (await this.#writable()).truncate(length);
    });
  }

  sync(): Promise<void> {
    return coded(async () => {
      // Without such a handle the browser keeps what was written when it was closed.
      if (!this.readOnly) (await this.#sync())?.flush();
    });
  }

  close(): Promise<void> {
    return coded(async () => {
      (await this.#access)?.close();
      await (await this.#stream)?.close();
    });
  }
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}

function typed(kind: Kind): { isFile(): boolean; isDirectory(): boolean } {
  return { isFile: () => kind === 'file', isDirectory: () => kind === 'directory' };
}

async function find(folder: FileSystemDirectoryHandle, name: string): Promise<FileSystemHandle | undefined> {
  try {
    return await folder.getFileHandle(name);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error.name === 'TypeMismatchError') return folder.getDirectoryHandle(name);
    if (error.name === 'NotFoundError') return undefined;
    throw error;
  }
}

/**
 * The private files of this page's origin, or a folder of them, for `promisesFolder(await opfs())`. In a worker writing is done by sync
 * access handles, and a sync flushes them. Throws when the browser gives none (no secure context, storage switched off).
 */
export async function opfs(folder?: FileSystemDirectoryHandle): Promise<PromisesFiles> {
  if (folder !== undefined) return new Files(folder);
  const storage = globalThis.navigator?.storage;
  if (storage?.getDirectory === undefined) throw new Error('there are no private files (navigator.storage.getDirectory) here');
  return new Files(await storage.getDirectory());
}
