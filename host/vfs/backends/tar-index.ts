/**
 * Reads the headers of a tar archive once and yields its members with the offset of their data; the data are not touched. Formats:
 * v7, ustar, GNU (long names and links, binary numbers), pax (docs/decisions/0004-tar.md says why this is our own code).
 */
import { NAME_MAX, PATH_MAX } from '../../linux/fcntl.js';
import { decodeText, encodeText } from '../../linux/text.js';
import type { Timestamp } from '../types.js';
import { BLOCK, checkSize, identifier, isZeroBlock, parseHeader, shown, TarError, type TarHeader, upToNul } from './tar-header.js';
import { PaxValues } from './tar-pax.js';
import { gnuSparse, paxSparse, type SparseMap } from './tar-sparse.js';

/** Random access to the bytes of an archive. */
export interface ByteSource {
  readonly size: number;
  /** Bytes from offset: fewer than asked only at the end. May be a view: don't change it. */
  read(offset: number, length: number): Uint8Array;
}

export type TarKind = 'file' | 'hardlink' | 'symlink' | 'char' | 'block' | 'directory' | 'fifo';

export interface TarMember {
  /** Clean components below the root; empty for the root itself. */
  readonly path: readonly string[];
  readonly kind: TarKind;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: Timestamp;
  /** Symlink: as written. */
  readonly target: string;
  /** Hard link: components of the other name. */
  readonly linkPath: readonly string[];
  readonly major: number;
  readonly minor: number;
  readonly dataOffset: number;
  /** A file with holes: its data are where this says, not all at dataOffset. */
  readonly sparse: SparseMap | undefined;
  readonly xattrs: ReadonlyMap<string, Uint8Array> | undefined;
}

/** Longest long name or extended header that is read. */
const EXTENSION_MAX_BYTES = 1024 * 1024;
const WARNINGS_MAX = 100;
/** Several times what a large system has; each costs memory, and a packed archive of a few kilobytes could have any number. */
export const MEMBERS_MAX = 1_000_000;
/** An archive-wide header counts for every member. */
const GLOBAL_RECORDS_MAX = 100;

const KINDS: Readonly<Record<string, TarKind>> = {
  '0': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'char',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
  '7': 'file',
  S: 'file',
};

/** What was left out of an archive, one line each. */
export class TarWarnings {
  readonly lines: string[] = [];
  private _left = 0;

  add(line: string): void {
    if (this.lines.length < WARNINGS_MAX) this.lines.push(line);
    else if (this._left++ === 0) this.lines.push('');
    if (this._left > 0) this.lines[WARNINGS_MAX] = `and ${this._left} more`;
  }
}

/** What extension headers said about the member that follows them. */
interface Pending {
  name: string | undefined;
  link: string | undefined;
  pax: PaxValues;
}

/** All members in archive order. TarError when the archive is no archive, or cut off. */
export function* tarMembers(source: ByteSource, warnings: TarWarnings, limit = MEMBERS_MAX): Generator<TarMember> {
  const global = new PaxValues();
  let pending: Pending = { name: undefined, link: undefined, pax: new PaxValues() };
  if (source.size === 0) throw new TarError('not a tar archive: it is empty');
  let members = 0;
  for (let at = 0; ; ) {
    const block = source.read(at, BLOCK);
    if (block.length === 0) {
      warnings.add('the archive has no end mark: it may be cut off');
      return;
    }
    if (block.length < BLOCK)
      throw new TarError(at === 0 ? 'not a tar archive' : `truncated tar archive: it ends inside the header at offset ${at}`);
    if (isZeroBlock(block)) {
      checkEnd(source, at, warnings);
      return;
    }
    const header = parseHeader(block, at);
    let data = at + BLOCK;
    if ('LKxXg'.includes(header.type)) {
      const bytes = extension(source, header, at);
      if (header.type === 'L') pending.name = decodeText(upToNul(bytes));
      else if (header.type === 'K') pending.link = decodeText(upToNul(bytes));
      else (header.type === 'g' ? global : pending.pax).add(bytes, at);
      if (global.size > GLOBAL_RECORDS_MAX) throw new TarError(`damaged tar archive: oversized global header at offset ${at}`);
      at = data + padded(bytes.length);
      continue;
    }
    const pax = PaxValues.merged(global, pending.pax);
    if (header.type === 'M')
      throw new TarError(`member ${shown(header.name)} continues from another volume: multi-volume archives are not supported`);
    const size = checkSize(pax.number('size') ?? header.size, at);
    const length = '123456'.includes(header.type) ? 0 : size;
    let sparse: SparseMap | undefined;
    if (header.type === 'S') ({ map: sparse, data } = gnuSparse(source, at, length));
    if (data + length > source.size) throw new TarError(`truncated tar archive: the data of ${shown(header.name)} end beyond the archive`);
    if (pax.has('GNU.sparse.') && sparse === undefined && KINDS[header.type] === 'file') sparse = paxSparse(source, pax, data, length, at);
    if (!'VA'.includes(header.type)) {
      const member = makeMember(header, pending, pax, { size: length, data, sparse }, warnings);
      if (++members > limit) throw tooMany(limit);
      if (member !== undefined) yield member;
    }
    pending = { name: undefined, link: undefined, pax: new PaxValues() };
    at = data + padded(length);
  }
}

export function tooMany(limit: number): TarError {
  return new TarError(`the archive has more than ${limit} files`);
}

function padded(bytes: number): number {
  return Math.ceil(bytes / BLOCK) * BLOCK;
}

/** Two zero blocks end an archive; what follows does not count, as for tar(1). */
function checkEnd(source: ByteSource, at: number, warnings: TarWarnings): void {
  const next = source.read(at + BLOCK, BLOCK);
  if (next.length === BLOCK && !isZeroBlock(next)) warnings.add(`a lone zero block at offset ${at}: the rest is not read`);
}

function extension(source: ByteSource, header: TarHeader, at: number): Uint8Array {
  if (header.size > EXTENSION_MAX_BYTES) throw new TarError(`damaged tar archive: oversized extended header at offset ${at}`);
  const bytes = source.read(at + BLOCK, header.size);
  if (bytes.length < header.size) throw new TarError(`truncated tar archive: it ends inside the extended header at offset ${at}`);
  return bytes;
}

function makeMember(
  h: TarHeader,
  pending: Pending,
  pax: PaxValues,
  content: { readonly size: number; readonly data: number; readonly sparse: SparseMap | undefined },
  warnings: TarWarnings,
): TarMember | undefined {
  const { size, data, sparse } = content;
  const name = pax.text('GNU.sparse.name') ?? pax.text('path') ?? pending.name ?? h.name;
  const link = pax.text('linkpath') ?? pending.link ?? h.link;
  let kind = KINDS[h.type];
  if (h.type === 'D' || (kind === 'file' && name.endsWith('/'))) kind = 'directory';
  if (kind === undefined) {
    warnings.add(`${shown(name)}: unknown type ${shown(h.type)}, read as a regular file`);
    kind = 'file';
  }
  const refuse = (why: string): undefined => warnings.add(`${shown(name)}: ${why}: left out`) as undefined;
  const path = splitPath(name);
  if (typeof path === 'string') return refuse(path);
  if (path.length === 0 && kind !== 'directory') return refuse('names the root');
  let linkPath: readonly string[] = [];
  if (kind === 'hardlink') {
    const other = splitPath(link);
    if (typeof other === 'string') return refuse(`link to ${shown(link)}, which ${other}`);
    linkPath = other;
  } else if (kind === 'symlink' && (link === '' || link.includes('\0') || encodeText(link).length >= PATH_MAX)) {
    return refuse('symbolic link with an impossible target');
  }
  return {
    path,
    kind,
    mode: h.mode,
    uid: identifier(pax.number('uid') ?? h.uid),
    gid: identifier(pax.number('gid') ?? h.gid),
    size: kind === 'file' ? (sparse?.size ?? size) : 0,
    mtime: pax.time('mtime') ?? { sec: h.mtime, nsec: 0 },
    target: kind === 'symlink' ? link : '',
    linkPath,
    major: h.major,
    minor: h.minor,
    dataOffset: data,
    sparse,
    xattrs: pax.xattrs(),
  };
}

/** Components of a member's name below the root, or what is wrong with it. Absolute names count from the root of the archive. */
export function splitPath(name: string): string[] | string {
  if (name === '') return 'has no name';
  if (name.includes('\0')) return 'has a NUL in its name';
  if (encodeText(name).length > PATH_MAX) return 'has too long a name';
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) return "climbs with '..'";
  if (parts.some((part) => part.length > NAME_MAX / 4 && encodeText(part).length > NAME_MAX)) return 'has too long a component';
  return parts;
}
