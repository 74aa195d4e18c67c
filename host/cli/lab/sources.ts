/** Traces as files: written, read, recognised. */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { isLackey, readLackey } from '../../lab/lackey.js';
import type { TakeRecords } from '../../lab/recorder.js';
import { RecordWriter } from '../../lab/records.js';
import { isTrace, readTrace, TraceError, type TraceHeader, TraceWriter } from '../../lab/tracefile.js';
import { failureText } from '../files.js';
import { CliError } from '../options.js';
import { version } from '../version.js';

/** Fast, and within some per cent of the smallest. */
const DEFLATE_LEVEL = 3;
const START_BYTES = 4096;
const TEXT_BYTES = 1 << 20;

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

export function createTrace(path: string, program: string): TraceFile {
  const fd = open(path, 'w');
  const write = (bytes: Uint8Array): void => {
    for (let done = 0; done < bytes.length; ) {
      try {
        done += writeSync(fd, bytes, done);
      } catch (error) {
        throw new CliError(1, `${path}: ${failureText(error)}`);
      }
    }
  };
  const writer = new TraceWriter({ tool: `pagewalk ${version()}`, program }, write, (bytes) =>
    deflateRawSync(bytes, { level: DEFLATE_LEVEL }),
  );
  return {
    take: writer.take,
    end: () => {
      const instructions = writer.end();
      closeSync(fd);
      return { instructions, bytes: writer.bytes };
    },
  };
}

function* linesOf(read: (at: number, length: number) => Uint8Array): Generator<string> {
  const decoder = new TextDecoder('latin1');
  let rest = '';
  for (let at = 0; ; ) {
    const bytes = read(at, TEXT_BYTES);
    if (bytes.length === 0) break;
    at += bytes.length;
    const lines = (rest + decoder.decode(bytes)).split('\n');
    rest = lines.pop() as string;
    if (rest.length > START_BYTES) throw new TraceError('a line is longer than any access');
    yield* lines;
  }
  if (rest !== '') yield rest;
}

/** What traces of other tools begin with, and what can be done about them. */
function refuse(path: string, start: Uint8Array): never {
  const hex = Buffer.from(start.subarray(0, 6)).toString('hex');
  const packed = hex.startsWith('1f8b') ? 'gzip' : hex.startsWith('fd377a585a') ? 'xz' : hex.startsWith('28b52ffd') ? 'zstd' : undefined;
  if (packed !== undefined) throw new CliError(1, `${path}: is packed with ${packed}: unpack it first`);
  const known = 'a trace of pagewalk (lab record) and text of valgrind --tool=lackey --trace-mem=yes are read';
  throw new CliError(1, `${path}: no trace that is known: ${known}; binary traces of ChampSim and DynamoRIO are not`);
}

/** Hands over all records of a file. onRead: is told how far it has been read, bytes. */
export function replayFile(path: string, take: TakeRecords, onRead?: (at: number) => void): TraceHeader {
  const fd = open(path, 'r');
  const read = (at: number, length: number): Uint8Array => {
    onRead?.(at);
    const bytes = new Uint8Array(length);
    let done = 0;
    for (let got = 1; got > 0 && done < length; done += got) got = readSync(fd, bytes, done, length - done, at + done);
    return bytes.subarray(0, done);
  };
  try {
    const start = read(0, START_BYTES);
    if (isTrace(start)) return readTrace(read, (bytes, most) => inflateRawSync(bytes, { maxOutputLength: most }), take);
    if (!isLackey(new TextDecoder('latin1').decode(start))) refuse(path, start);
    readLackey(linesOf(read), new RecordWriter(take));
    return { tool: 'valgrind lackey', program: path };
  } catch (error) {
    if (error instanceof TraceError) throw new CliError(1, `${path}: ${error.message}`);
    if (/^(Z_|ERR_BUFFER_TOO_LARGE)/.test((error as NodeJS.ErrnoException).code ?? ''))
      throw new CliError(1, `${path}: a packed chunk is damaged`);
    if ((error as NodeJS.ErrnoException).code === 'EISDIR') throw new CliError(1, `${path}: is a directory`);
    throw error;
  } finally {
    closeSync(fd);
  }
}
