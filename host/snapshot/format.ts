/**
 * A snapshot as bytes:
 *
 *   0  "PAGEWALK"     8  u32 FORMAT     12  u32 PLAIN or GZIP
 *  16  u32 bytes of the settings     20  u32 of the graph     24  u32 of the core
 *  28  8 bytes: checksum of the contents, and their name
 *  36  the contents, packed as said: settings (JSON), graph (graph.ts) and core (image.ts), one after the other
 */
import { ByteReader, ByteWriter } from './bytes.js';
import { SnapshotError } from './error.js';
import type { Parts } from './parts.js';

const MAGIC = 'PAGEWALK';
/** Raised whenever a snapshot of before can't be restored any more. */
export const FORMAT = 1;
const PLAIN = 0;
const GZIP = 1;
const HEADER_BYTES = 36;

/** A snapshot that was read and unpacked once: any number of machines may be restored from it, and others saved as what is different. */
export class SnapshotImage implements Parts {
  constructor(
    /** What the embedder had set. */
    readonly settings: unknown,
    readonly graph: Uint8Array,
    readonly core: Uint8Array,
    /** Names the contents. */
    readonly id: string,
  ) {}

  /** Throws SnapshotError for what is no snapshot, or a damaged one. */
  static async open(source: SnapshotSource): Promise<SnapshotImage> {
    return source instanceof SnapshotImage ? source : unpack(await bytesOf(source));
  }
}

/** What a snapshot is restored from. */
export type SnapshotSource = SnapshotImage | Uint8Array | ArrayBuffer | Blob | Response | ReadableStream<Uint8Array>;

/** Two lanes of a rolling sum over 32-bit words, as cheap as it can be: it finds damage, not malice. */
function checksum(bytes: Uint8Array<ArrayBuffer>): readonly [number, number] {
  let a = bytes.length | 0;
  let b = 0x9747b28c;
  const whole = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const words = new Uint32Array(whole.buffer, whole.byteOffset, whole.length >>> 2);
  for (let i = 0; i < words.length; i++) {
    a = Math.imul(a ^ words[i], 0x01000193);
    b = (b + Math.imul(words[i] ^ a, 0x5bd1e995)) | 0;
  }
  for (let i = words.length * 4; i < whole.length; i++) a = Math.imul(a ^ whole[i], 0x01000193);
  return [a >>> 0, (b ^ a) >>> 0];
}

async function collect(stream: ReadableStream<Uint8Array>, bytesMax: number): Promise<Uint8Array<ArrayBuffer>> {
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    chunks.push(next.value);
    length += next.value.length;
    if (length > bytesMax) {
      await reader.cancel();
      break;
    }
  }
  return joined(chunks, length);
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

function streamOf(bytes: Uint8Array<ArrayBuffer>): ReadableStream<BufferSource> {
  return new ReadableStream<BufferSource>({
    start: (controller) => {
      controller.enqueue(bytes);
      controller.close();
    },
  });
}

/** packed: with gzip, which takes a third of the bytes and several times as long. */
export async function pack(settings: unknown, { graph, core }: Parts, packed = true): Promise<Uint8Array<ArrayBuffer>> {
  const json = new TextEncoder().encode(JSON.stringify(settings));
  const parts = [json, graph, core];
  const lengths = parts.map(({ length }) => length);
  const contents = joined(
    parts,
    lengths.reduce((sum, length) => sum + length, 0),
  );
  const header = new ByteWriter();
  header.raw(new TextEncoder().encode(MAGIC));
  for (const number of [FORMAT, packed ? GZIP : PLAIN, ...lengths, ...checksum(contents)]) header.u32(number);
  const rest = packed ? await collect(streamOf(contents).pipeThrough(new CompressionStream('gzip')), Number.POSITIVE_INFINITY) : contents;
  return joined([header.bytes, rest], HEADER_BYTES + rest.length);
}

async function bytesOf(source: Exclude<SnapshotSource, SnapshotImage>): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (source instanceof ReadableStream) return collect(source, Number.POSITIVE_INFINITY);
  return new Uint8Array(await source.arrayBuffer());
}

async function unpack(bytes: Uint8Array): Promise<SnapshotImage> {
  const header = new ByteReader(bytes);
  if (bytes.length < HEADER_BYTES || String.fromCharCode(...header.raw(MAGIC.length)) !== MAGIC)
    throw new SnapshotError('this is no snapshot');
  const format = header.u32();
  if (format !== FORMAT) {
    throw new SnapshotError(
      `the snapshot is of format ${format}, this version of Pagewalk restores format ${FORMAT}: save it again with this one`,
    );
  }
  const packing = header.u32();
  if (packing !== PLAIN && packing !== GZIP) throw new SnapshotError('the snapshot is damaged: it is packed in no known way');
  const lengths = [header.u32(), header.u32(), header.u32()];
  const sums = [header.u32(), header.u32()];
  const length = lengths.reduce((sum, more) => sum + more, 0);
  const contents = packing === GZIP ? await unzipped(bytes.subarray(HEADER_BYTES), length) : bytes.slice(HEADER_BYTES);
  if (contents.length !== length) throw new SnapshotError('the snapshot is damaged: it has another length than it says');
  if (checksum(contents).some((sum, i) => sum !== sums[i])) throw new SnapshotError('the snapshot is damaged: its checksum is another');
  const reader = new ByteReader(contents);
  const [settings, graph, core] = lengths.map((part) => reader.raw(part));
  return new SnapshotImage(parsed(settings), graph, core, sums.map((sum) => sum.toString(16).padStart(8, '0')).join(''));
}

async function unzipped(bytes: Uint8Array, length: number): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await collect(streamOf(bytes as Uint8Array<ArrayBuffer>).pipeThrough(new DecompressionStream('gzip')), length);
  } catch (error) {
    // Engines have different errors for it.
    throw new SnapshotError(`the snapshot is damaged: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function parsed(json: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
    throw new SnapshotError('the snapshot is damaged: its settings are no JSON');
  }
}
