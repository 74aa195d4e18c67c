/** Files in a browser's database (IndexedDB) in the shape of node:fs/promises, for promisesFolder: with modes, times and symbolic links. */
import type { PromisesEntry, PromisesFiles, PromisesHandle, PromisesStats } from '../vfs/backends/promises-medium.js';

/** What lies behind a name. */
interface Node {
  readonly id: number;
  readonly kind: 'file' | 'directory' | 'symlink';
  mode: number;
  size: number;
  mtimeMs: number;
  atimeMs: number;
  /** Of a symbolic link. */
  readonly target?: string;
}

/*
 * nodes:  id -> Node
 * names:  [id of the folder, name] -> id
 * blocks: [id, number of the block] -> its bytes, BLOCK_BYTES long; a block that is absent is zeros
 */
const STORES = ['nodes', 'names', 'blocks'];
const VERSION = 1;
const ROOT = 1;
const BLOCK_BYTES = 65536;
const FIRST = -1;
/** Sorts behind every number and text (IndexedDB 3.0, keys: arrays are the last). */
const LAST: IDBValidKey = [];

const CODES: Readonly<Record<string, string>> = { QuotaExceededError: 'ENOSPC', InvalidStateError: 'EIO', NotFoundError: 'EIO' };

class DatabaseError extends Error {
  constructor(
    readonly code: string,
    detail: string,
  ) {
    super(`${code}: ${detail}`);
  }
}

function coded(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof DatabaseError) return error;
  return new DatabaseError(CODES[error.name] ?? 'EIO', error.message);
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}

/** All of one folder's names, or of one file's blocks. */
const allOf = (id: number): IDBKeyRange => IDBKeyRange.bound([id, FIRST], [id, LAST]);

/** One transaction: all of what an operation does, or nothing. */
class Work {
  readonly #nodes: IDBObjectStore;
  readonly #names: IDBObjectStore;
  readonly #blocks: IDBObjectStore;

  constructor(transaction: IDBTransaction) {
    [this.#nodes, this.#names, this.#blocks] = STORES.map((name) => transaction.objectStore(name));
  }

  async node(id: number): Promise<Node> {
    const node: Node | undefined = await answer(this.#nodes.get(id));
    if (node === undefined) throw new DatabaseError('ENOENT', 'the file is gone');
    return node;
  }

  async put(node: Node): Promise<void> {
    await answer(this.#nodes.put(node));
  }

  /** The folder of a path's last name, and that name. */
  async place(path: string): Promise<{ folder: number; name: string }> {
    const parts = partsOf(path);
    const name = parts.pop();
    if (name === undefined) throw new DatabaseError('EBUSY', 'the root');
    let folder = ROOT;
    for (const part of parts) folder = (await this.folder(await this.#need(folder, part, path), path)).id;
    return { folder, name };
  }

  async folder(id: number, path: string): Promise<Node> {
    const node = await this.node(id);
    if (node.kind !== 'directory') throw new DatabaseError('ENOTDIR', path);
    return node;
  }

  find(folder: number, name: string): Promise<number | undefined> {
    return answer(this.#names.get([folder, name]));
  }

  async #need(folder: number, name: string, path: string): Promise<number> {
    const id = await this.find(folder, name);
    if (id === undefined) throw new DatabaseError('ENOENT', path);
    return id;
  }

  /** What a path names; links are not followed: names are the guest's, which walks in its own tree. */
  async at(path: string): Promise<Node> {
    if (partsOf(path).length === 0) return this.node(ROOT);
    const { folder, name } = await this.place(path);
    return this.node(await this.#need(folder, name, path));
  }

  async entries(folder: number): Promise<{ name: string; node: Node }[]> {
    const [keys, ids] = await Promise.all([answer(this.#names.getAllKeys(allOf(folder))), answer(this.#names.getAll(allOf(folder)))]);
    const nodes = await Promise.all((ids as number[]).map((id) => this.node(id)));
    return nodes.map((node, i) => ({ name: (keys[i] as [number, string])[1], node }));
  }

  async isEmpty(folder: number): Promise<boolean> {
    return (await answer(this.#names.count(allOf(folder)))) === 0;
  }

  async make(path: string, kind: Node['kind'], mode: number, target?: string): Promise<Node> {
    const { folder, name } = await this.place(path);
    if ((await this.find(folder, name)) !== undefined) throw new DatabaseError('EEXIST', path);
    const now = Date.now();
    const made = { kind, mode, size: target?.length ?? 0, mtimeMs: now, atimeMs: now, ...(target === undefined ? {} : { target }) };
    const id = Number(await answer(this.#nodes.add(made)));
    await this.link(folder, name, id);
    return { ...made, id };
  }

  async link(folder: number, name: string, id: number): Promise<void> {
    await answer(this.#names.put(id, [folder, name]));
  }

  /** The name, and what it names when `whole`. */
  async remove(folder: number, name: string, node: Node, whole = true): Promise<void> {
    await answer(this.#names.delete([folder, name]));
    if (!whole) return;
    await answer(this.#nodes.delete(node.id));
    await answer(this.#blocks.delete(allOf(node.id)));
  }

  async block(id: number, index: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return answer(this.#blocks.get([id, index]));
  }

  async putBlock(id: number, index: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await answer(this.#blocks.put(bytes, [id, index]));
  }

  async resize(node: Node, size: number): Promise<void> {
    const first = Math.ceil(size / BLOCK_BYTES);
    await answer(this.#blocks.delete(IDBKeyRange.bound([node.id, first], [node.id, LAST])));
    const rest = size % BLOCK_BYTES;
    const last = rest === 0 ? undefined : await this.block(node.id, first - 1);
    if (last !== undefined && size < node.size) await this.putBlock(node.id, first - 1, last.fill(0, rest));
    await this.put({ ...node, size, mtimeMs: Date.now() });
  }
}

class Files implements PromisesFiles {
  constructor(private readonly database: IDBDatabase) {}

  /** Resolves when the transaction is complete: `strict`, when the browser has it on its disk. */
  async work<T>(mode: IDBTransactionMode, act: (work: Work) => Promise<T>, durability: IDBTransactionDurability = 'relaxed'): Promise<T> {
    try {
      const transaction = this.database.transaction(STORES, mode, { durability });
      const complete = new Promise<void>((done, failed) => {
        transaction.oncomplete = () => done();
        transaction.onabort = () => failed(transaction.error ?? new DatabaseError('EIO', 'the transaction was aborted'));
      });
      let result: T;
      try {
        result = await act(new Work(transaction));
      } catch (error) {
        complete.catch(() => undefined);
        // What has failed by itself is over already.
        if (transaction.error === null) transaction.abort();
        throw error;
      }
      await complete;
      return result;
    } catch (error) {
      throw coded(error);
    }
  }

  readdir(path: string): Promise<PromisesEntry[]> {
    return this.work('readonly', async (work) => {
      const { id } = await work.folder((await work.at(path)).id, path);
      return (await work.entries(id)).map(({ name, node }) => ({ name, ...typed(node) }));
    });
  }

  lstat(path: string): Promise<PromisesStats> {
    return this.work('readonly', async (work) => {
      const { size, mode, mtimeMs, atimeMs, ...node } = await work.at(path);
      return { size, mode, mtimeMs, atimeMs, ...typed(node) };
    });
  }

  open(path: string, flags: 'r' | 'r+' | 'wx', mode = 0o644): Promise<PromisesHandle> {
    return this.work(flags === 'wx' ? 'readwrite' : 'readonly', async (work) => {
      const node = flags === 'wx' ? await work.make(path, 'file', mode) : await work.at(path);
      if (node.kind !== 'file') throw new DatabaseError(node.kind === 'directory' ? 'EISDIR' : 'ELOOP', path);
      return new Handle(this, node.id, flags === 'r');
    });
  }

  mkdir(path: string, { mode = 0o755 }: { mode?: number } = {}): Promise<void> {
    return this.work('readwrite', async (work) => void (await work.make(path, 'directory', mode)));
  }

  symlink(target: string, path: string): Promise<void> {
    return this.work('readwrite', async (work) => void (await work.make(path, 'symlink', 0o777, target)));
  }

  readlink(path: string): Promise<string> {
    return this.work('readonly', async (work) => {
      const { target } = await work.at(path);
      if (target === undefined) throw new DatabaseError('EINVAL', path);
      return target;
    });
  }

  unlink(path: string): Promise<void> {
    return this.#remove(path, (node) => (node.kind === 'directory' ? 'EISDIR' : undefined));
  }

  rmdir(path: string): Promise<void> {
    return this.#remove(path, (node) => (node.kind === 'directory' ? undefined : 'ENOTDIR'));
  }

  #remove(path: string, refusal: (node: Node) => string | undefined): Promise<void> {
    return this.work('readwrite', async (work) => {
      const { folder, name } = await work.place(path);
      const node = await work.at(path);
      const code = refusal(node) ?? ((await work.isEmpty(node.id)) ? undefined : 'ENOTEMPTY');
      if (code !== undefined) throw new DatabaseError(code, path);
      await work.remove(folder, name, node);
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.work('readwrite', async (work) => {
      const source = await work.place(from);
      const node = await work.at(from);
      const parts = [partsOf(from), partsOf(to)];
      if (parts[1].length > parts[0].length && parts[0].every((part, i) => part === parts[1][i])) throw new DatabaseError('EINVAL', to);
      const target = await work.place(to);
      await work.folder(target.folder, to);
      const id = await work.find(target.folder, target.name);
      if (id === node.id) return;
      if (id !== undefined) {
        const replaced = await work.node(id);
        if (replaced.kind === 'directory' && node.kind !== 'directory') throw new DatabaseError('EISDIR', to);
        if (replaced.kind !== 'directory' && node.kind === 'directory') throw new DatabaseError('ENOTDIR', to);
        if (!(await work.isEmpty(id))) throw new DatabaseError('ENOTEMPTY', to);
        await work.remove(target.folder, target.name, replaced);
      }
      await work.remove(source.folder, source.name, node, false);
      await work.link(target.folder, target.name, node.id);
    });
  }

  chmod(path: string, mode: number): Promise<void> {
    return this.work('readwrite', async (work) => work.put({ ...(await work.at(path)), mode: mode & 0o7777 }));
  }

  lutimes(path: string, atime: number, mtime: number): Promise<void> {
    return this.work('readwrite', async (work) => work.put({ ...(await work.at(path)), atimeMs: atime * 1000, mtimeMs: mtime * 1000 }));
  }
}

class Handle implements PromisesHandle {
  constructor(
    private readonly files: Files,
    private readonly id: number,
    private readonly readOnly: boolean,
  ) {}

  read(bytes: Uint8Array, at: number, length: number, position: number): Promise<{ bytesRead: number }> {
    return this.files.work('readonly', async (work) => {
      const { size } = await work.node(this.id);
      const bytesRead = Math.max(0, Math.min(length, size - position));
      for (const { index, from, to, done } of piecesOf(position, bytesRead)) {
        const block = await work.block(this.id, index);
        const target = bytes.subarray(at + done, at + done + to - from);
        if (block === undefined) target.fill(0);
        else target.set(block.subarray(from, to));
      }
      return { bytesRead };
    });
  }

  #change(act: (work: Work, node: Node) => Promise<void>, durability?: IDBTransactionDurability): Promise<void> {
    if (this.readOnly) return Promise.reject(new DatabaseError('EBADF', 'opened for reading'));
    return this.files.work('readwrite', async (work) => act(work, await work.node(this.id)), durability);
  }

  async write(bytes: Uint8Array, at: number, length: number, position: number): Promise<{ bytesWritten: number }> {
    const data = bytes.slice(at, at + length);
    await this.#change(async (work, node) => {
      for (const { index, from, to, done } of piecesOf(position, length)) {
        const whole = to - from === BLOCK_BYTES;
        const block = (whole ? undefined : await work.block(this.id, index)) ?? new Uint8Array(BLOCK_BYTES);
        block.set(data.subarray(done, done + to - from), from);
        await work.putBlock(this.id, index, block);
      }
      await work.put({ ...node, size: Math.max(node.size, position + length), mtimeMs: Date.now() });
    });
    return { bytesWritten: length };
  }

  truncate(length: number): Promise<void> {
    return this.#change((work, node) => work.resize(node, length));
  }

  /** What was written before is in transactions that come before this one. */
  async sync(): Promise<void> {
    if (!this.readOnly) await this.#change((work, node) => work.put(node), 'strict');
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** The blocks of a range, and which of their bytes. */
function* piecesOf(position: number, length: number): Generator<{ index: number; from: number; to: number; done: number }> {
  for (let done = 0; done < length; ) {
    const index = Math.floor((position + done) / BLOCK_BYTES);
    const from = (position + done) % BLOCK_BYTES;
    const to = Math.min(BLOCK_BYTES, from + length - done);
    yield { index, from, to, done };
    done += to - from;
  }
}

function typed({ kind }: Pick<Node, 'kind'>): { isFile(): boolean; isDirectory(): boolean; isSymbolicLink(): boolean } {
  return { isFile: () => kind === 'file', isDirectory: () => kind === 'directory', isSymbolicLink: () => kind === 'symlink' };
}

/**
 * Files in the database `name` of this page's origin, made when it is not there, for `promisesFolder(await indexedDb('disk'))`. They stay
 * until the origin's storage is cleared; a sync returns when the browser has flushed them. Throws in words where there is no database.
 */
export async function indexedDb(name: string): Promise<PromisesFiles> {
  if (globalThis.indexedDB === undefined) throw new Error('there is no database (indexedDB) here');
  const request = indexedDB.open(name, VERSION);
  request.onupgradeneeded = () => {
    const { result } = request;
    const nodes = result.createObjectStore('nodes', { keyPath: 'id', autoIncrement: true });
    for (const store of STORES.slice(1)) result.createObjectStore(store);
    const now = Date.now();
    nodes.add({ id: ROOT, kind: 'directory', mode: 0o755, size: 0, mtimeMs: now, atimeMs: now });
  };
  const database = await answer(request).catch((error: unknown) => {
    throw new Error(`the database '${name}' can't be opened: ${error instanceof Error ? error.message : String(error)}`);
  });
  // Another tab wants to remove or change it.
  database.onversionchange = () => database.close();
  return new Files(database);
}
