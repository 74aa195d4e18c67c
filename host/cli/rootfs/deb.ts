/**
 * A .deb (deb(5)): an ar archive of debian-binary, control.tar and data.tar, each of the two in its own compression.
 *
 *   "!<arch>\n", then for each member: name[16] mtime[12] uid[6] gid[6] mode[8] size[10] "`\n", the data, and a newline after an odd size
 */
import * as fs from 'node:fs';
import { compressionOf, unpackStream } from '../../vfs/backends/node-unpack.js';
import { bytesSource } from '../../vfs/backends/tar.js';
import { TarError } from '../../vfs/backends/tar-header.js';
import { type ByteSource, type TarMember, TarWarnings, tarMembers } from '../../vfs/backends/tar-index.js';
import { RootfsError } from './errors.js';

const HEADER_BYTES = 60;
/** More than any package of Debian; a small file can unpack to any size. */
const UNPACKED_MAX_BYTES = 3 * 1024 ** 3;
const PIECE_BYTES = 1024 * 1024;

export interface DebTar {
  readonly source: ByteSource;
  readonly members: readonly TarMember[];
  /** What was left out, one line each. */
  readonly warnings: readonly string[];
}

export interface Deb {
  readonly control: DebTar;
  readonly data: DebTar;
}

/** The whole package in memory. RootfsError when it is damaged. */
export async function readDeb(path: string): Promise<Deb> {
  const bytes = fs.readFileSync(path);
  const parts = new Map(arMembers(bytes, path));
  if (!parts.has('debian-binary')) throw new RootfsError(`${path}: not a Debian package`);
  const part = async (prefix: string): Promise<DebTar> => {
    const found = [...parts].find(([name]) => name === prefix || name.startsWith(`${prefix}.`));
    if (found === undefined) throw new RootfsError(`${path}: damaged package: it has no ${prefix}`);
    return openTar(found[1], `${path}: ${found[0]}`);
  };
  return { control: await part('control.tar'), data: await part('data.tar') };
}

export function* arMembers(bytes: Uint8Array, path: string): Generator<[name: string, data: Uint8Array]> {
  const text = (at: number, length: number): string => Buffer.from(bytes.buffer, bytes.byteOffset + at, length).toString('latin1');
  if (bytes.length < 8 || text(0, 8) !== '!<arch>\n') throw new RootfsError(`${path}: not a Debian package`);
  for (let at = 8; at < bytes.length; ) {
    if (at + HEADER_BYTES > bytes.length) throw new RootfsError(`${path}: damaged package: it ends inside a header`);
    const size = text(at + 48, 10).trim();
    if (text(at + 58, 2) !== '`\n' || !/^\d+$/.test(size))
      throw new RootfsError(`${path}: damaged package: no valid header at offset ${at}`);
    const start = at + HEADER_BYTES;
    const end = start + Number(size);
    if (end > bytes.length) throw new RootfsError(`${path}: damaged package: a member ends beyond the file`);
    yield [text(at, 16).trim().replace(/\/$/, ''), bytes.subarray(start, end)];
    at = end + (end % 2);
  }
}

async function openTar(packed: Uint8Array, name: string): Promise<DebTar> {
  try {
    const compression = compressionOf(packed);
    const bytes = compression === undefined ? packed : await collect(unpackStream(pieces(packed), compression));
    const source = bytesSource(bytes);
    const warnings = new TarWarnings();
    const members = [...tarMembers(source, warnings)];
    return { source, members, warnings: warnings.lines };
  } catch (error) {
    if (error instanceof TarError) throw new RootfsError(`${name}: ${error.message}`);
    throw error;
  }
}

export function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}

export async function collect(chunks: AsyncIterable<Uint8Array>, limit = UNPACKED_MAX_BYTES): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > limit) throw new TarError(`it unpacks to more than ${limit} bytes`);
    parts.push(chunk);
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The small text files of control.tar by name. */
export function controlFiles({ source, members }: DebTar): Map<string, { text: string; mode: number }> {
  const files = new Map<string, { text: string; mode: number }>();
  for (const it of members) {
    if (it.kind !== 'file' || it.path.length !== 1 || it.sparse !== undefined) continue;
    files.set(it.path[0], { text: new TextDecoder().decode(source.read(it.dataOffset, it.size)), mode: it.mode });
  }
  return files;
}
