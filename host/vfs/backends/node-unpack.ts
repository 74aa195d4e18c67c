/** Compressed data on Node: gzip by Node itself, xz and zstd by optional packages that are loaded when they are needed. */
import { Readable, type Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { SysError } from '../../linux/error.js';
import { TarError } from './tar-header.js';

export type Compression = 'gzip' | 'xz' | 'zstd';

const MAGIC: readonly (readonly [Compression, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
];

/** What the first bytes say; undefined: not compressed, or by something else. */
export function compressionOf(head: Uint8Array): Compression | undefined {
  return MAGIC.find(([, magic]) => head.length >= magic.length && magic.every((byte, i) => head[i] === byte))?.[0];
}

/** Pieces of the packed data, read when they are asked for. */
export type Chunks = Iterable<Uint8Array>;

/** A decoder that gives so many empty pieces in a row does not get on: the data are damaged. */
const EMPTY_MAX = 10_000;

/** Unpacks a stream. TarError when the data are damaged, or when the package that can unpack them is not installed. */
export async function* unpackStream(packed: Chunks, compression: Compression): AsyncGenerator<Uint8Array> {
  const decoder = { gzip: gunzip, xz: unxz, zstd: unzstd }[compression];
  let empty = 0;
  try {
    for await (const chunk of decoder(packed)) {
      if (chunk.length > 0) {
        empty = 0;
        yield chunk;
      } else if (++empty > EMPTY_MAX) throw new TarError(STUCK[compression]);
    }
  } catch (error) {
    if (error instanceof TarError || error instanceof SysError) throw error;
    throw new TarError(reason(compression, error instanceof Error ? error.message : String(error)));
  }
}

/** zstddec does not say why it gets no further. */
const STUCK: Readonly<Record<Compression, string>> = {
  gzip: 'damaged gzip data',
  xz: 'damaged xz data',
  zstd: 'damaged zstd data (or packed with --long, a window of more than 128 MiB)',
};

/** xz-decompress gives the numbers of liblzma's results. */
const XZ_RESULTS: Readonly<Record<string, string>> = {
  3: 'xz data of an unknown check',
  4: 'xz data packed with too large a dictionary',
  6: 'xz data packed in a way that xz-decompress does not know (a filter, or a check that is not CRC32 or CRC64)',
};

function reason(compression: Compression, message: string): string {
  const known = compression === 'xz' ? XZ_RESULTS[/error code (\d+)$/.exec(message)?.[1] ?? ''] : undefined;
  if (compression === 'xz' && known === undefined && /error code/.test(message)) return 'damaged xz data';
  return known ?? `damaged ${compression} data: ${message}`;
}

/** Is there something that unpacks it? */
export async function canUnpack(compression: Compression): Promise<boolean> {
  try {
    if (compression === 'xz') await loadXz();
    if (compression === 'zstd' && nodeZstd() === undefined) await loadZstd();
    return true;
  } catch (error) {
    if (error instanceof TarError) return false;
    throw error;
  }
}

async function* gunzip(packed: Chunks): AsyncGenerator<Uint8Array> {
  yield* transformed(packed, zlib.createGunzip({ chunkSize: NODE_CHUNK_BYTES }));
}

const NODE_CHUNK_BYTES = 256 * 1024;

async function* transformed(packed: Chunks, transform: Transform): AsyncGenerator<Uint8Array> {
  const input = Readable.from(packed, { objectMode: true });
  input.on('error', (error) => transform.destroy(error));
  try {
    yield* input.pipe(transform) as AsyncIterable<Uint8Array>;
  } finally {
    input.destroy();
  }
}

async function* unxz(packed: Chunks): AsyncGenerator<Uint8Array> {
  const { XzReadableStream } = await loadXz();
  const pieces = packed[Symbol.iterator]();
  const input = new ReadableStream<Uint8Array>({
    pull(controller) {
      const next = pieces.next();
      if (next.done === true) controller.close();
      else controller.enqueue(next.value);
    },
  });
  yield* new XzReadableStream(input) as unknown as AsyncIterable<Uint8Array>;
}

async function* unzstd(packed: Chunks): AsyncGenerator<Uint8Array> {
  const make = nodeZstd();
  if (make !== undefined) {
    yield* transformed(packed, make());
    return;
  }
  const { ZSTDDecoder } = await loadZstd();
  const decoder = new ZSTDDecoder();
  await decoder.init();
  yield* decoder.decodeStreaming(packed);
}

/** Node 22.15 and later have zstd themselves. */
function nodeZstd(): (() => Transform) | undefined {
  return (zlib as unknown as { createZstdDecompress?: () => Transform }).createZstdDecompress;
}

interface XzModule {
  readonly XzReadableStream: new (packed: ReadableStream<Uint8Array>) => ReadableStream<Uint8Array>;
}

async function loadXz(): Promise<XzModule> {
  try {
    const found = (await import('xz-decompress')) as unknown as XzModule & { default?: XzModule };
    return found.default ?? found;
  } catch (error) {
    throw missing(error, 'xz', 'xz-decompress');
  }
}

async function loadZstd(): Promise<typeof import('zstddec/stream')> {
  try {
    return await import('zstddec/stream');
  } catch (error) {
    throw missing(error, 'zstd', 'zstddec');
  }
}

function missing(error: unknown, format: string, name: string): unknown {
  if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') return error;
  return new TarError(`${format} data need the optional package ${name}, which is not installed (npm install ${name})`);
}
