/** Zip archives as trees: unpacked into memory once, by the library unzipit; what it tells of an archive is checked here. */
import type { ZipEntry } from 'unzipit';
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../../linux/stat.js';
import { decodeText } from '../../linux/text.js';
import { bytesSource } from './tar.js';
import { tooLarge } from './tar-gzip.js';
import { shown, TarError } from './tar-header.js';
import { type ByteSource, MEMBERS_MAX, splitPath, type TarMember, type TarWarnings, tooMany } from './tar-index.js';

/** `version made by`: the system whose attributes the entry has (APPNOTE.TXT 4.4.2). */
const MADE_ON_UNIX = 3;
const MODE_SHIFT = 16;
/** Of entries of other systems, which know no permissions: whatever it is may be executed. */
const MODE_DEFAULT = 0o755;
const TARGET_MAX_BYTES = 4096;

/** What a tree is made of. */
export interface Unpacked {
  readonly source: ByteSource;
  members(warnings: TarWarnings): Iterable<TarMember>;
}

function modeOf({ versionMadeBy, externalFileAttributes, isDirectory }: ZipEntry): number {
  const mode = versionMadeBy >> 8 === MADE_ON_UNIX ? externalFileAttributes >>> MODE_SHIFT : 0;
  if ((mode & S_IFMT) !== 0) return mode;
  return (isDirectory ? S_IFDIR : S_IFREG) | ((mode & 0o7777) === 0 ? MODE_DEFAULT : mode & 0o7777);
}

/** Exactly what the entry says that it unpacks to. */
async function contentOf(entry: ZipEntry, into: Uint8Array): Promise<void> {
  const reader = (await entry.stream()).getReader();
  let at = 0;
  for (let step = await reader.read(); !step.done; step = await reader.read()) {
    if (at + step.value.length > into.length) {
      await reader.cancel();
      throw new TarError(`damaged zip archive: ${shown(entry.name)} unpacks to more than it says`);
    }
    into.set(step.value, at);
    at += step.value.length;
  }
  if (at < into.length) throw new TarError(`damaged zip archive: ${shown(entry.name)} unpacks to less than it says`);
}

/** A line for what an archive must not have. */
interface Refused {
  readonly name: string;
  readonly why: string;
}

function memberOf(entry: ZipEntry, mode: number, dataOffset: number, content: Uint8Array): TarMember | Refused {
  const path = splitPath(entry.name);
  if (typeof path === 'string') return { name: entry.name, why: path };
  const type = mode & S_IFMT;
  const kind = entry.isDirectory || type === S_IFDIR ? 'directory' : type === S_IFLNK ? 'symlink' : 'file';
  if (type !== S_IFREG && type !== S_IFDIR && type !== S_IFLNK) return { name: entry.name, why: 'is no file, directory or symbolic link' };
  if (path.length === 0 && kind !== 'directory') return { name: entry.name, why: 'names the root' };
  const target = kind === 'symlink' ? decodeText(content) : '';
  if (kind === 'symlink' && (target === '' || target.includes('\0') || content.length >= TARGET_MAX_BYTES)) {
    return { name: entry.name, why: 'symbolic link with an impossible target' };
  }
  const ms = entry.lastModDate.getTime();
  return {
    path,
    kind,
    mode: mode & 0o7777,
    uid: 0,
    gid: 0,
    size: kind === 'file' ? content.length : 0,
    mtime: { sec: Number.isFinite(ms) ? Math.floor(ms / 1000) : 0, nsec: 0 },
    target,
    linkPath: [],
    major: 0,
    minor: 0,
    dataOffset,
    sparse: undefined,
    xattrs: undefined,
  };
}

/** TarError when the archive is damaged, encrypted, packed in a way that is not deflate, or unpacks to more than `limit` bytes. */
export async function unpackZip(archive: Uint8Array | Blob, limit: number): Promise<Unpacked> {
  const { unzipRaw } = await import('unzipit');
  try {
    const { entries } = await unzipRaw(archive as Uint8Array<ArrayBuffer> | Blob);
    if (entries.length > MEMBERS_MAX) throw tooMany(MEMBERS_MAX);
    const total = entries.reduce((sum, { size }) => sum + size, 0);
    if (!(total <= limit)) throw tooLarge(limit);
    const bytes = new Uint8Array(total);
    const members: (TarMember | Refused)[] = [];
    let at = 0;
    for (const entry of entries) {
      const content = bytes.subarray(at, at + entry.size);
      await contentOf(entry, content);
      members.push(memberOf(entry, modeOf(entry), at, content));
      at += entry.size;
    }
    return { source: bytesSource(bytes), members: (warnings) => told(members, warnings) };
  } catch (error) {
    if (error instanceof TarError) throw error;
    throw new TarError(`damaged zip archive: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function* told(members: readonly (TarMember | Refused)[], warnings: TarWarnings): Generator<TarMember> {
  for (const member of members) {
    if ('why' in member) warnings.add(`${shown(member.name)}: ${member.why}: left out`);
    else yield member;
  }
}
