/**
 * One 512-byte header of a tar archive (tar(5)):
 *
 *   0 name[100]  100 mode[8]  108 uid[8]  116 gid[8]  124 size[12]  136 mtime[12]  148 checksum[8]  156 type
 *   157 linkname[100]  257 magic[6] version[2]  265 user[32]  297 group[32]  329 major[8]  337 minor[8]  345 prefix[155]
 *
 * Numbers are octal text, or binary when the first byte has its top bit set (GNU and star, for what does not fit).
 */
import { decodeText } from '../../linux/text.js';

export const BLOCK = 512;

/** The archive as a whole can't be used; the message says why and where. */
export class TarError extends Error {
  override readonly name = 'TarError';
}

const SHOWN_MAX = 100;

/** A name of the archive in a message: no control characters for the terminal, not longer than a line. */
export function shown(name: string): string {
  const cut = name.length > SHOWN_MAX ? `${name.slice(0, SHOWN_MAX)}...` : name;
  const byNumber = (char: string): string => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
  return `'${cut.replace(/[\0-\x1f\x7f-\x9f\ud800-\udfff]/gu, byNumber)}'`;
}

export interface TarHeader {
  readonly name: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
  /** One character; NUL of the oldest archives is '0'. */
  readonly type: string;
  readonly link: string;
  readonly major: number;
  readonly minor: number;
}

export function isZeroBlock(block: Uint8Array): boolean {
  return block.every((byte) => byte === 0);
}

/** Reads the header at `offset` of the archive; TarError when it is none. */
export function parseHeader(block: Uint8Array, offset: number): TarHeader {
  if (!checksumMatches(block)) {
    throw new TarError(offset === 0 ? 'not a tar archive' : `damaged tar archive: no valid header at offset ${offset}`);
  }
  const field = (at: number, length: number): number => parseNumber(block.subarray(at, at + length), offset);
  const flag = block[156];
  return {
    name: fullName(block),
    mode: field(100, 8) & 0o7777,
    uid: identifier(field(108, 8)),
    gid: identifier(field(116, 8)),
    size: checkSize(field(124, 12), offset),
    mtime: field(136, 12),
    type: flag === 0 ? '0' : String.fromCharCode(flag),
    link: text(block, 157, 100),
    major: field(329, 8),
    minor: field(337, 8),
  };
}

/** Bytes of file data that follow; whole numbers that fit in memory arithmetic only. */
export function checkSize(size: number, offset: number): number {
  if (Number.isSafeInteger(size) && size >= 0 && size <= Number.MAX_SAFE_INTEGER - 2 * BLOCK) return size;
  throw new TarError(`damaged tar archive: impossible size in the header at offset ${offset}`);
}

/** uid_t and gid_t are 32 bits; what does not fit belongs to nobody. */
export function identifier(id: number): number {
  return Number.isSafeInteger(id) && id >= 0 && id < 0xffffffff ? id : 65534;
}

export function isHeader(block: Uint8Array): boolean {
  return block.length === BLOCK && checksumMatches(block);
}

/** Some old programs summed signed characters: both sums are good. */
function checksumMatches(block: Uint8Array): boolean {
  let unsigned = 8 * 0x20;
  let signed = unsigned;
  for (let i = 0; i < BLOCK; i++) {
    if (i >= 148 && i < 156) continue;
    unsigned += block[i];
    signed += (block[i] << 24) >> 24;
  }
  const stored = octal(block.subarray(148, 156));
  return stored !== undefined && (stored === unsigned || stored === signed);
}

/** POSIX archives split long names at a slash. GNU's old format keeps other things in that place, star some. */
function fullName(block: Uint8Array): string {
  const name = text(block, 0, 100);
  if (text(block, 257, 6) !== 'ustar' || block[262] !== 0) return name;
  const star = block[508] === 0x74 && block[509] === 0x61 && block[510] === 0x72 && block[511] === 0;
  const prefix = text(block, 345, star ? 131 : 155);
  return prefix === '' ? name : `${prefix}/${name}`;
}

function text(block: Uint8Array, at: number, length: number): string {
  return decodeText(upToNul(block.subarray(at, at + length)));
}

export function upToNul(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

export function parseNumber(bytes: Uint8Array, offset: number): number {
  if ((bytes[0] & 0x80) !== 0) return binary(bytes);
  const value = octal(bytes);
  if (value === undefined) throw new TarError(`damaged tar archive: a number in the header at offset ${offset} can't be read`);
  return value;
}

/** Two's complement, big-endian, with the top bit of the first byte as the mark. */
function binary(bytes: Uint8Array): number {
  const negative = (bytes[0] & 0x40) !== 0;
  let value = negative ? (bytes[0] | 0x80) - 256 : bytes[0] & 0x3f;
  for (const byte of bytes.subarray(1)) value = value * 256 + byte;
  return value;
}

/** Blanks before, blank or NUL after; an empty field is 0. undefined: something else. */
function octal(bytes: Uint8Array): number | undefined {
  let i = 0;
  while (i < bytes.length && bytes[i] === 0x20) i++;
  let value = 0;
  for (; i < bytes.length && bytes[i] !== 0 && bytes[i] !== 0x20; i++) {
    if (bytes[i] < 0x30 || bytes[i] > 0x37) return undefined;
    value = value * 8 + bytes[i] - 0x30;
  }
  return value;
}
