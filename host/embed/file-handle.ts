import { EBADF, EISDIR } from '../../assembly/shared/errno.js';
import { check, SysError } from '../linux/error.js';
import { isDirectory } from '../linux/stat.js';
import * as A from '../vfs/attributes.js';
import type { PathContext } from '../vfs/context.js';
import { HostBuffer } from '../vfs/hostbuffer.js';
import { fileLocation, releaseFile } from '../vfs/openfile.js';
import type { OpenFile } from '../vfs/types.js';
import { settle } from './errors.js';
import { Stats } from './fs-stats.js';
import { bytesOf, concatenate } from './streams.js';

/** What is read at once. */
const CHUNK_BYTES = 262144;

export type Encoding = 'utf8' | 'utf-8';

/** An open file of the machine, in the shape of node:fs/promises. It keeps what it opened until it is closed. */
export class FileHandle {
  #file: OpenFile | undefined;
  readonly #path: string;

  constructor(
    file: OpenFile,
    private readonly ctx: PathContext,
  ) {
    this.#file = file;
    this.#path = file.path;
  }

  get #open(): OpenFile {
    if (this.#file === undefined) throw new SysError(EBADF);
    return this.#file;
  }

  #settle<T>(action: (file: OpenFile) => T, syscall: string): Promise<T> {
    return settle(() => action(this.#open), syscall, this.#path);
  }

  /** Up to `length` bytes into `buffer`; a position leaves the file's own alone. EAGAIN: a pipe or device has nothing now. */
  async read<T extends Uint8Array>(
    buffer: T,
    offset = 0,
    length = buffer.byteLength - offset,
    position: number | null = null,
  ): Promise<{ bytesRead: number; buffer: T }> {
    const { pages } = this.ctx.namespace.env;
    const view = buffer.subarray(offset, offset + length);
    const bytesRead = await this.#settle((file) => {
      if (isDirectory(file.inode.mode)) throw new SysError(EISDIR);
      return check(file.read(new HostBuffer(view, pages), position ?? undefined));
    }, 'read');
    return { bytesRead, buffer };
  }

  /** All of it from `offset` on, unless the file takes no more. */
  async write(
    data: Uint8Array | string,
    offset = 0,
    length: number | undefined = undefined,
    position: number | null = null,
  ): Promise<{ bytesWritten: number }> {
    const { pages } = this.ctx.namespace.env;
    const bytes = bytesOf(data);
    const view = bytes.subarray(offset, length === undefined ? bytes.length : offset + length);
    let bytesWritten = 0;
    while (bytesWritten < view.length) {
      const rest = view.subarray(bytesWritten);
      const at = position === null ? undefined : position + bytesWritten;
      const count = await this.#settle((file) => check(file.write(new HostBuffer(rest, pages), at)), 'write');
      if (count === 0) break;
      bytesWritten += count;
    }
    return { bytesWritten };
  }

  readFile(options: Encoding | { encoding: Encoding }): Promise<string>;
  readFile(): Promise<Uint8Array<ArrayBuffer>>;
  async readFile(options?: Encoding | { encoding?: Encoding | null } | null): Promise<Uint8Array<ArrayBuffer> | string> {
    const chunks: Uint8Array[] = [];
    for (;;) {
      const { bytesRead, buffer } = await this.read(new Uint8Array(CHUNK_BYTES));
      if (bytesRead === 0) break;
      chunks.push(buffer.subarray(0, bytesRead));
    }
    return decoded(concatenate(chunks), options);
  }

  async writeFile(data: Uint8Array | string): Promise<void> {
    await this.write(data);
  }

  stat(): Promise<Stats> {
    return this.#settle((file) => new Stats(file.inode), 'fstat');
  }

  truncate(length = 0): Promise<void> {
    return this.#settle((file) => file.truncate(length), 'ftruncate');
  }

  chmod(mode: number): Promise<void> {
    return this.#settle((file) => A.chmod(this.ctx, fileLocation(file), mode), 'fchmod');
  }

  chown(uid: number, gid: number): Promise<void> {
    return this.#settle((file) => A.chown(this.ctx, fileLocation(file), uid, gid), 'fchown');
  }

  /** On the medium when it is done. */
  sync(): Promise<void> {
    return this.#settle((file) => file.sync(false), 'fsync');
  }

  datasync(): Promise<void> {
    return this.#settle((file) => file.sync(true), 'fdatasync');
  }

  async close(): Promise<void> {
    const file = this.#file;
    if (file === undefined) return;
    this.#file = undefined;
    await settle(() => releaseFile(file), 'close', this.#path);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

export function decoded(
  bytes: Uint8Array<ArrayBuffer>,
  options: Encoding | { encoding?: Encoding | null } | null | undefined,
): Uint8Array<ArrayBuffer> | string {
  const encoding = typeof options === 'string' ? options : options?.encoding;
  if (encoding === undefined || encoding === null) return bytes;
  if (encoding !== 'utf8' && encoding !== 'utf-8') throw new TypeError(`only UTF-8 is decoded, not ${String(encoding)}`);
  return new TextDecoder().decode(bytes);
}
