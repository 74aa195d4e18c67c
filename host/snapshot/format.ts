/**
 * A snapshot as bytes:
 *
 *   0  "PAGEWALK"     8  u32 FORMAT     12  u32 bytes of the settings     16  u32 of the graph     20  u32 of the core
 *  24  settings (JSON), graph (graph.ts) and core (image.ts), one after the other, packed with gzip, whose checksum notices damage
 */
import { ByteReader, ByteWriter } from './bytes.js';
import { SnapshotError } from './error.js';
import type { Parts } from './parts.js';

const MAGIC = 'PAGEWALK';
/** Raised whenever a snapshot of before can't be restored any more. */
export const FORMAT = 1;
const HEADER_BYTES = 24;

/** What a snapshot is restored from. */
export type SnapshotSource = Uint8Array | ArrayBuffer | Blob | Response | ReadableStream<Uint8Array>;

export interface Saved extends Parts {
  /** What the embedder had set. */
  readonly settings: unknown;
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
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

function streamOf(chunks: readonly Uint8Array[]): ReadableStream<BufferSource> {
  let next = 0;
  return new ReadableStream<BufferSource>({
    pull: (controller) => {
      if (next === chunks.length) controller.close();
      else controller.enqueue(chunks[next++] as Uint8Array<ArrayBuffer>);
    },
  });
}

export async function pack({ settings, graph, core }: Saved): Promise<Uint8Array<ArrayBuffer>> {
  const json = new TextEncoder().encode(JSON.stringify(settings));
  const header = new ByteWriter();
  header.raw(new TextEncoder().encode(MAGIC));
  for (const number of [FORMAT, json.length, graph.length, core.length]) header.u32(number);
  const packed = await collect(streamOf([json, graph, core]).pipeThrough(new CompressionStream('gzip')), Number.POSITIVE_INFINITY);
  header.raw(packed);
  return header.bytes.slice();
}

async function bytesOf(source: SnapshotSource): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (source instanceof ReadableStream) return collect(source, Number.POSITIVE_INFINITY);
  return new Uint8Array(await source.arrayBuffer());
}

/** Throws SnapshotError for what is no snapshot, or a damaged one. */
export async function unpack(source: SnapshotSource): Promise<Saved> {
  const bytes = await bytesOf(source);
  const header = new ByteReader(bytes);
  if (bytes.length < HEADER_BYTES || String.fromCharCode(...header.raw(MAGIC.length)) !== MAGIC)
    throw new SnapshotError('this is no snapshot');
  const format = header.u32();
  if (format !== FORMAT) {
    throw new SnapshotError(
      `the snapshot is of format ${format}, this version of Pagewalk restores format ${FORMAT}: save it again with this one`,
    );
  }
  const lengths = [header.u32(), header.u32(), header.u32()];
  const length = lengths.reduce((sum, more) => sum + more, 0);
  const content = new ByteReader(await unpacked(bytes.subarray(HEADER_BYTES), length));
  const [settings, graph, core] = lengths.map((part) => content.raw(part));
  return { settings: parsed(settings), graph, core };
}

async function unpacked(bytes: Uint8Array, length: number): Promise<Uint8Array> {
  let content: Uint8Array;
  try {
    content = await collect(streamOf([bytes]).pipeThrough(new DecompressionStream('gzip')), length);
  } catch (error) {
    // Engines have different errors for it.
    throw new SnapshotError(`the snapshot is damaged: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (content.length !== length) throw new SnapshotError('the snapshot is damaged: it has another length than it says');
  return content;
}

function parsed(json: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
    throw new SnapshotError('the snapshot is damaged: its settings are no JSON');
  }
}
