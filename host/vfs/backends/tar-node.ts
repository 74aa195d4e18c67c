/** Archives that are files of the host (Node only): read by ranges, or unpacked into memory when packed. */
import * as fs from 'node:fs';
import { constants, gunzipSync } from 'node:zlib';
import { EIO } from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import { host } from './node-errno.js';
import { compressionOf, unpackStream } from './node-unpack.js';
import { bytesSource } from './tar.js';
import { isGzip, tooLarge, UNPACKED_MAX_BYTES } from './tar-gzip.js';
import { BLOCK, isHeader, TarError } from './tar-header.js';
import type { ByteSource } from './tar-index.js';

/** Headers lie between data: reading a little more at once saves most calls. */
const WINDOW_BYTES = 64 * 1024;
const HEAD_BYTES = 16;

/** A ByteSource that holds a descriptor. */
export interface HostArchive extends ByteSource {
  close(): void;
}

/** Opens a .tar or .tar.gz at once. SysError when the host can't open it, TarError when it can't be unpacked. */
export function openArchive(path: string, limit = UNPACKED_MAX_BYTES): HostArchive {
  const fd = host(() => fs.openSync(path, fs.constants.O_RDONLY));
  let keep = false;
  try {
    const stat = host(() => fs.fstatSync(fd));
    if (!stat.isFile()) throw new TarError('not a regular file');
    const head = readRange(fd, 0, HEAD_BYTES);
    if (isGzip(head)) return { ...bytesSource(gunzip(readRange(fd, 0, stat.size), limit)), close: () => undefined };
    keep = true;
    return new RangeSource(fd, stat.size);
  } finally {
    if (!keep) fs.closeSync(fd);
  }
}

/** Opens a .tar, .tar.gz, .tar.xz or .tar.zst; the latter two need optional packages. Errors as above. */
export async function openPackedArchive(path: string, limit = UNPACKED_MAX_BYTES): Promise<HostArchive> {
  return withHead(path, async (fd, size, head) => {
    const compression = compressionOf(head);
    if (compression === undefined) return openArchive(path, limit);
    const source = new PiecesSource();
    for await (const piece of unpackStream(filePieces(fd, size), compression)) {
      if (source.size + piece.length > limit) throw tooLarge(limit);
      source.add(piece);
    }
    return source;
  });
}

/** Does the file begin as an archive does, packed or not? SysError when the host can't read it. */
export async function looksLikeArchive(path: string): Promise<boolean> {
  return withHead(path, async (fd, size, head) => {
    const compression = compressionOf(head);
    if (compression === undefined) return isHeader(readRange(fd, 0, BLOCK));
    const source = new PiecesSource();
    try {
      for await (const piece of unpackStream(filePieces(fd, size), compression)) {
        source.add(piece);
        if (source.size >= BLOCK) break;
      }
    } catch (error) {
      if (error instanceof TarError) return false;
      throw error;
    }
    return isHeader(source.read(0, BLOCK));
  });
}

async function withHead<T>(path: string, action: (fd: number, size: number, head: Uint8Array) => Promise<T>): Promise<T> {
  const fd = host(() => fs.openSync(path, fs.constants.O_RDONLY));
  try {
    const stat = host(() => fs.fstatSync(fd));
    if (!stat.isFile()) throw new TarError('not a regular file');
    return await action(fd, stat.size, readRange(fd, 0, HEAD_BYTES));
  } finally {
    fs.closeSync(fd);
  }
}

const PIECE_BYTES = 1024 * 1024;

function* filePieces(fd: number, size: number): Generator<Uint8Array> {
  for (let at = 0; at < size; at += PIECE_BYTES) yield readRange(fd, at, PIECE_BYTES);
}

/** What is unpacked, in pieces of one size: no second copy is made to join them, and all may be larger than one buffer can be. */
class PiecesSource implements HostArchive {
  private readonly _pieces: Uint8Array[] = [];
  size = 0;

  add(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const within = this.size % PIECE_BYTES;
      if (within === 0) this._pieces.push(new Uint8Array(PIECE_BYTES));
      const part = bytes.subarray(done, done + PIECE_BYTES - within);
      this._pieces[this._pieces.length - 1].set(part, within);
      this.size += part.length;
      done += part.length;
    }
  }

  read(offset: number, length: number): Uint8Array {
    const end = Math.min(offset + length, this.size);
    if (offset >= end) return new Uint8Array(0);
    const index = Math.floor(offset / PIECE_BYTES);
    const start = index * PIECE_BYTES;
    if (end <= start + PIECE_BYTES) return this._pieces[index].subarray(offset - start, end - start);
    const all = new Uint8Array(end - offset);
    for (let at = offset; at < end; ) {
      const within = at % PIECE_BYTES;
      const part = this._pieces[Math.floor(at / PIECE_BYTES)].subarray(within, Math.min(PIECE_BYTES, within + end - at));
      all.set(part, at - offset);
      at += part.length;
    }
    return all;
  }

  close(): void {
    this._pieces.length = 0;
  }
}

function gunzip(packed: Uint8Array, limit: number): Uint8Array {
  try {
    return gunzipSync(packed, { maxOutputLength: limit, finishFlush: constants.Z_FINISH });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(limit);
    throw new TarError(`damaged gzip file: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Bytes that are there: fewer at the end. */
function readRange(fd: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const count = host(() => fs.readSync(fd, bytes, done, length - done, offset + done));
    if (count === 0) break;
    done += count;
  }
  return bytes.subarray(0, done);
}

class RangeSource implements HostArchive {
  private _window = new Uint8Array(0);
  private _windowAt = 0;

  constructor(
    readonly fd: number,
    readonly size: number,
  ) {}

  read(offset: number, length: number): Uint8Array {
    const within = offset - this._windowAt;
    if (within >= 0 && within + length <= this._window.length) return this._window.subarray(within, within + length);
    const wanted = Math.min(length, Math.max(0, this.size - offset));
    this._window = Uint8Array.from(readRange(this.fd, offset, Math.min(Math.max(wanted, WINDOW_BYTES), Math.max(0, this.size - offset))));
    this._windowAt = offset;
    // It was there when the headers were read.
    if (this._window.length < wanted) throw new SysError(EIO, 'the archive has become shorter');
    return this._window.subarray(0, wanted);
  }

  close(): void {
    fs.closeSync(this.fd);
  }
}
