/** Traces as files: written, read, recognised. */
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, realpathSync, statSync, writeSync } from 'node:fs';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { type Importer, importerOf } from '../../lab/imports.js';
import type { TakeRecords } from '../../lab/recorder.js';
import { RecordWriter } from '../../lab/records.js';
import { isTrace, readTrace, seekTrace, TraceError, type TraceHeader, TraceWriter } from '../../lab/tracefile.js';
import { compressionOf, unpackStream } from '../../vfs/backends/node-unpack.js';
import { TarError } from '../../vfs/backends/tar-header.js';
import { failureText } from '../files.js';
import { CliError } from '../options.js';
import { version } from '../version.js';

/** Fast, and within some per cent of the smallest. */
const DEFLATE_LEVEL = 3;
/** Unpacked at once: in small pieces it takes a third longer. */
const INFLATE_BYTES = 1 << 18;
const START_BYTES = 4096;
const PIECE_BYTES = 1 << 20;

export interface TraceFile {
  readonly take: TakeRecords;
  /** Finishes the file: instructions in it, bytes of it. */
  end(): { instructions: number; bytes: number };
}

function open(path: string, flags: string): number {
  try {
    return openSync(path, flags);
  } catch (error) {
    throw new CliError(1, `${path}: ${failureText(error)}`);
  }
}

/** An older file of that name stays as it is until the first record has come: what is to be recorded may not be there at all. */
export function createTrace(path: string, program: string): TraceFile {
  const fd = open(path, 'a');
  let held: Uint8Array[] | undefined = [];
  const put = (bytes: Uint8Array): void => {
    for (let done = 0; done < bytes.length; ) {
      try {
        done += writeSync(fd, bytes, done);
      } catch (error) {
        throw new CliError(1, `${path}: ${failureText(error)}`);
      }
    }
  };
  const write = (bytes: Uint8Array): void => {
    if (held === undefined) put(bytes);
    else held.push(bytes.slice());
  };
  const begin = (): void => {
    if (held === undefined) return;
    if (fstatSync(fd).isFile()) ftruncateSync(fd);
    held.forEach(put);
    held = undefined;
  };
  const writer = new TraceWriter({ tool: `pagewalk ${version()}`, program }, write, (bytes) =>
    deflateRawSync(bytes, { level: DEFLATE_LEVEL }),
  );
  return {
    take: (words, count) => {
      begin();
      writer.take(words, count);
    },
    end: () => {
      begin();
      const instructions = writer.end();
      closeSync(fd);
      return { instructions, bytes: writer.bytes };
    },
  };
}

/** Do both names lead to one file? */
export function isSameFile(a: string, b: string): boolean {
  try {
    return realpathSync(a) === realpathSync(b);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw new CliError(1, failureText(error));
  }
}

/** Why a file is not read, and what can be done about it. */
function refuse(path: string, start: Uint8Array): never {
  const packed = compressionOf(start);
  if (packed !== undefined) throw new CliError(1, `${path}: is packed with ${packed}: pagewalk lab import makes a trace of it`);
  // What DynamoRIO writes while a program runs; it has no mark.
  const what = /\.raw(\.|$)/.test(path)
    ? 'no trace that is known (of a raw one of DynamoRIO its tool drraw2trace makes one)'
    : 'no trace that is known';
  const known =
    'traces of pagewalk (lab record), text of valgrind --tool=lackey --trace-mem=yes, traces of ChampSim and of DynamoRIO drmemtrace';
  throw new CliError(1, `${path}: ${what}: ${known} are read`);
}

/** What a fault in a file is called. */
function named(path: string, error: unknown): unknown {
  if (error instanceof TraceError || error instanceof TarError) return new CliError(1, `${path}: ${error.message}`);
  if (/^(Z_|ERR_BUFFER_TOO_LARGE)/.test((error as NodeJS.ErrnoException).code ?? ''))
    return new CliError(1, `${path}: a packed chunk is damaged`);
  if ((error as NodeJS.ErrnoException).code === 'EISDIR') return new CliError(1, `${path}: is a directory`);
  return error;
}

type Read = (at: number, length: number) => Uint8Array;

const inflate = (bytes: Uint8Array, most: number): Uint8Array => inflateRawSync(bytes, { maxOutputLength: most, chunkSize: INFLATE_BYTES });

function* piecesOf(read: Read): Generator<Uint8Array> {
  for (let at = 0; ; ) {
    const bytes = read(at, PIECE_BYTES);
    if (bytes.length === 0) return;
    at += bytes.length;
    yield bytes;
  }
}

/** Calls with a reader of a file's bytes, and with how they begin. onRead: is told how far it has been read, bytes. */
function withFile<R>(path: string, onRead: ((at: number) => void) | undefined, use: (read: Read, start: Uint8Array) => R): R {
  const fd = open(path, 'r');
  const read = (at: number, length: number): Uint8Array => {
    onRead?.(at);
    const bytes = new Uint8Array(length);
    let done = 0;
    for (let got = 1; got > 0 && done < length; done += got) got = readSync(fd, bytes, done, length - done, at + done);
    return bytes.subarray(0, done);
  };
  const close = (): void => closeSync(fd);
  try {
    const result = use(read, read(0, START_BYTES));
    if (result instanceof Promise) return result.finally(close) as R;
    close();
    return result;
  } catch (error) {
    close();
    throw named(path, error);
  }
}

/**
 * Hands over all records of a trace of ours from the chunk on in which an instruction is, which the index tells; nothing before is read.
 * How many instructions are before it.
 */
export function replayFrom(path: string, take: TakeRecords, instruction: number): TraceHeader & { readonly before: number } {
  return withFile(path, undefined, (read, start) => {
    if (!isTrace(start)) throw new CliError(1, `${path}: only traces of lab record and lab import have an index`);
    const place = seekTrace(read, statSync(path).size, instruction);
    return { ...readTrace(read, inflate, take, place), before: place.before };
  });
}

/** Hands over all records of a file that is not packed. onRead: is told how far it has been read, bytes. */
export function replayFile(path: string, take: TakeRecords, onRead?: (at: number) => void): TraceHeader {
  return withFile(path, onRead, (read, start) => {
    if (isTrace(start)) return readTrace(read, inflate, take);
    const importer = importerOf(start, new RecordWriter(take));
    if (importer === undefined) refuse(path, start);
    for (const piece of piecesOf(read)) importer.push(piece);
    importer.end();
    return { tool: importer.tool, program: path };
  });
}

/** The same for any file: other tools' traces may be packed with gzip, xz or zstd, or as the parts of a ZIP archive, as DynamoRIO's are. */
export async function replayAny(path: string, take: TakeRecords): Promise<TraceHeader> {
  const packed = withFile(path, undefined, (_, start) => (isZip(start) ? 'zip' : compressionOf(start)));
  if (packed === undefined) return replayFile(path, take);
  return await withFile(path, undefined, async (read) => {
    try {
      const pieces = packed === 'zip' ? zipPieces(read, statSync(path).size) : unpackStream(piecesOf(read), packed);
      return await replayPacked(path, pieces, take);
    } catch (error) {
      throw named(path, error);
    }
  });
}

const isZip = (start: Uint8Array): boolean => start[0] === 0x50 && start[1] === 0x4b && start[2] === 3 && start[3] === 4;

/** What the files of an archive hold, one after the other in the order of their names: parts of one trace. */
async function* zipPieces(read: Read, size: number): AsyncGenerator<Uint8Array> {
  const { unzip } = await import('unzipit');
  const reader = { getLength: async () => size, read: async (offset: number, length: number) => Uint8Array.from(read(offset, length)) };
  try {
    const { entries } = await unzip(reader);
    for (const name of Object.keys(entries).sort()) {
      const stream = (await entries[name].stream()).getReader();
      for (let step = await stream.read(); !step.done; step = await stream.read()) yield step.value;
    }
  } catch (error) {
    if (error instanceof CliError || error instanceof TraceError) throw error;
    throw new TraceError(`damaged zip archive: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function replayPacked(path: string, pieces: AsyncIterable<Uint8Array>, take: TakeRecords): Promise<TraceHeader> {
  let importer: Importer | undefined;
  let start = new Uint8Array(0);
  const begin = (): Importer => {
    if (isTrace(start)) throw new CliError(1, `${path}: a trace of pagewalk is packed already: unpack it first`);
    const found = importerOf(start, new RecordWriter(take));
    if (found === undefined) refuse(path, start);
    found.push(start);
    return found;
  };
  for await (const piece of pieces) {
    if (importer !== undefined) {
      importer.push(piece);
      continue;
    }
    start = Uint8Array.from(Buffer.concat([start, piece]));
    if (start.length >= START_BYTES) importer = begin();
  }
  importer ??= begin();
  importer.end();
  return { tool: importer.tool, program: path };
}
