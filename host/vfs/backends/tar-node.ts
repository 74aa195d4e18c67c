/** Archives that are files of the host (Node only): read by ranges, or unpacked into memory when compressed. */
import * as fs from 'node:fs';
import { constants, gunzipSync } from 'node:zlib';
import { EIO } from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import { host } from './node-errno.js';
import { bytesSource } from './tar.js';
import { isGzip, tooLarge, UNPACKED_MAX_BYTES } from './tar-gzip.js';
import { TarError } from './tar-header.js';
import type { ByteSource } from './tar-index.js';

/** Headers lie between data: reading a little more at once saves most calls. */
const WINDOW_BYTES = 64 * 1024;
const HEAD_BYTES = 16;

/** A ByteSource that holds a descriptor. */
export interface HostArchive extends ByteSource {
  close(): void;
}

/** Opens a .tar or .tar.gz. SysError when the host can't open it, TarError when it can't be unpacked. */
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
  #window = new Uint8Array(0);
  #windowAt = 0;

  constructor(
    readonly fd: number,
    readonly size: number,
  ) {}

  read(offset: number, length: number): Uint8Array {
    const within = offset - this.#windowAt;
    if (within >= 0 && within + length <= this.#window.length) return this.#window.subarray(within, within + length);
    const wanted = Math.min(length, Math.max(0, this.size - offset));
    this.#window = Uint8Array.from(readRange(this.fd, offset, Math.min(Math.max(wanted, WINDOW_BYTES), Math.max(0, this.size - offset))));
    this.#windowAt = offset;
    // It was there when the headers were read.
    if (this.#window.length < wanted) throw new SysError(EIO, 'the archive has become shorter');
    return this.#window.subarray(0, wanted);
  }

  close(): void {
    fs.closeSync(this.fd);
  }
}
