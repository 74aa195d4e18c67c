/**
 * Trace files. All numbers little-endian:
 *
 *   8 bytes   "PWTRACE1"
 *   u32       length of the header, then as many bytes of JSON: { tool, program, ... }
 *   chunks    u32 bytes of the body, u32 records, u32 CRC-32 of the body, u8 codec (0 as it is, 1 deflate), then the body: the
 *   records, encoded
 *   u32       0: no more chunks; then the index: for each chunk f64 its place, f64 instructions before it; u32 chunks; "PWINDEX1"
 *
 * A record is a byte, kind | min(passed, 15) << 4; a varint of passed - 15 if it is 15 or more; a signed varint (zigzag): its value
 * less that of the
 * chunk's latest record of the same kind. Every chunk can be read alone: it begins with the address space and the page of code.
 * A record tells of at most 2^20 instructions that passed, a chunk of little more than 2^28: what a file makes a model do is bounded by
 * its length.
 */
import * as T from '../../assembly/shared/trace.js';
import type { TakeRecords } from './recorder.js';

export const TRACE_MAGIC = 'PWTRACE1';
const INDEX_MAGIC = 'PWINDEX1';
const INDEX_ROW_BYTES = 16;
const INDEX_END_BYTES = 12;
const TWO32 = 2 ** 32;
/** Records of a chunk. */
const CHUNK = 1 << 18;
/** A record takes at most so many bytes. */
const RECORD_BYTES = 12;
const HEADER_MAX = 1 << 20;
/** Instructions after which a chunk ends, and how many it may have at most. */
const CHUNK_INSTRUCTIONS = 2 ** 28;
const CHUNK_INSTRUCTIONS_MAX = CHUNK_INSTRUCTIONS + T.RECORD_PASSED_LONGEST + T.RECORD_PASSED_MAX;
const KINDS = 16;
const CODEC_PLAIN = 0;
const CODEC_DEFLATE = 1;
const HEAD_BYTES = 13;
/** Unpacking takes longer than all else that a replay does: it must save at least a quarter. */
const WORTH_PACKING = 0.75;

export class TraceError extends Error {}

export interface TraceHeader {
  readonly tool: string;
  readonly program: string;
}

export type Deflate = (bytes: Uint8Array) => Uint8Array;

/** Turns records into a file's bytes, chunk by chunk. */
export class TraceWriter {
  readonly #buffer = new Uint8Array(CHUNK * RECORD_BYTES);
  readonly #latest = new Float64Array(KINDS);
  readonly #index: number[] = [];
  #at = 0;
  #records = 0;
  #written = 0;
  #instructions = 0;
  /** Instructions before this chunk. */
  #before = 0;
  #space = 0;
  #code = -1;

  constructor(
    header: TraceHeader,
    private readonly write: (bytes: Uint8Array) => void,
    private readonly deflate: Deflate | undefined,
  ) {
    const json = new TextEncoder().encode(JSON.stringify(header));
    const start = new Uint8Array(12 + json.length);
    start.set(new TextEncoder().encode(TRACE_MAGIC));
    new DataView(start.buffer).setUint32(8, json.length, true);
    start.set(json, 12);
    this.#out(start);
    this.#begin();
  }

  #out(bytes: Uint8Array): void {
    this.write(bytes);
    this.#written += bytes.length;
  }

  readonly take: TakeRecords = (words, count) => {
    for (let i = 0; i < count; i++) {
      const high = words[2 * i + 1];
      const value = words[2 * i] + (high & 0xffff) * TWO32;
      const kind = (high >>> 16) & T.RECORD_KIND_MASK;
      if (kind === T.RECORD_SPACE) this.#space = value;
      if (kind === T.RECORD_CODE) this.#code = value;
      this.#put(kind, value, high >>> 20);
      if (this.#records >= CHUNK - 3 || this.#instructions - this.#before >= CHUNK_INSTRUCTIONS) {
        this.#chunk();
        this.#begin();
      }
    }
  };

  #put(kind: number, value: number, passed: number): void {
    const buffer = this.#buffer;
    let at = this.#at;
    buffer[at++] = kind | (Math.min(passed, 15) << 4);
    if (passed >= 15) at = varint(buffer, at, passed - 15);
    const delta = value - this.#latest[kind];
    this.#latest[kind] = value;
    this.#at = varint(buffer, at, delta < 0 ? -delta * 2 - 1 : delta * 2);
    this.#records++;
    this.#instructions += kind === T.RECORD_PASSED ? passed + value : passed;
  }

  #chunk(): void {
    const plain = this.#buffer.subarray(0, this.#at);
    const packed = this.deflate?.(plain);
    const body = packed !== undefined && packed.length < plain.length * WORTH_PACKING ? packed : plain;
    const head = new Uint8Array(HEAD_BYTES);
    const view = new DataView(head.buffer);
    view.setUint32(0, body.length, true);
    view.setUint32(4, this.#records, true);
    view.setUint32(8, crc32(body), true);
    head[12] = body === plain ? CODEC_PLAIN : CODEC_DEFLATE;
    this.#out(head);
    this.#out(body.slice());
  }

  #begin(): void {
    this.#at = 0;
    this.#records = 0;
    this.#latest.fill(0);
    this.#before = this.#instructions;
    this.#index.push(this.#written, this.#instructions);
    if (this.#space !== 0) this.#put(T.RECORD_SPACE, this.#space, 0);
    if (this.#code >= 0) this.#put(T.RECORD_CODE, this.#code, 0);
  }

  /** Writes what is left, and the index. How many instructions there are. */
  end(): number {
    this.#chunk();
    const index = new Uint8Array(4 + this.#index.length * 8 + 12);
    const view = new DataView(index.buffer);
    this.#index.forEach((value, i) => {
      view.setFloat64(4 + i * 8, value, true);
    });
    view.setUint32(index.length - 12, this.#index.length / 2, true);
    index.set(new TextEncoder().encode(INDEX_MAGIC), index.length - 8);
    this.#out(index);
    return this.#instructions;
  }

  get bytes(): number {
    return this.#written;
  }
}

function varint(buffer: Uint8Array, start: number, value: number): number {
  let [at, rest] = [start, value];
  while (rest >= 128) {
    buffer[at++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  buffer[at++] = rest;
  return at;
}

/** [n * 256 + byte]: what a byte followed by n of 0 makes of the sum, so that eight bytes are taken at once. */
const CRC_TABLE = new Int32Array(8 * 256);
for (let byte = 0; byte < 256; byte++) {
  let c = byte;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  CRC_TABLE[byte] = c;
}
for (let i = 256; i < CRC_TABLE.length; i++) CRC_TABLE[i] = CRC_TABLE[CRC_TABLE[i - 256] & 255] ^ (CRC_TABLE[i - 256] >>> 8);

/** CRC-32 as in gzip (RFC 1952). */
export function crc32(bytes: Uint8Array): number {
  const table = CRC_TABLE;
  const { length } = bytes;
  let c = -1;
  let at = 0;
  for (; at + 8 <= length; at += 8) {
    c ^= bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
    const low = table[1792 + (c & 255)] ^ table[1536 + ((c >>> 8) & 255)] ^ table[1280 + ((c >>> 16) & 255)] ^ table[1024 + (c >>> 24)];
    c = low ^ table[768 + bytes[at + 4]] ^ table[512 + bytes[at + 5]] ^ table[256 + bytes[at + 6]] ^ table[bytes[at + 7]];
  }
  for (; at < length; at++) c = table[(c ^ bytes[at]) & 255] ^ (c >>> 8);
  return ~c >>> 0;
}

/** Reads `length` bytes at a place; fewer only at the end. */
export type ReadAt = (at: number, length: number) => Uint8Array;

function numberOf(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
}

function exactly(read: ReadAt, at: number, length: number, what: string): Uint8Array {
  const bytes = read(at, length);
  if (bytes.length < length) throw new TraceError(`the trace is cut off in ${what}`);
  return bytes;
}

export function isTrace(start: Uint8Array): boolean {
  return new TextDecoder('latin1').decode(start.subarray(0, TRACE_MAGIC.length)) === TRACE_MAGIC;
}

/** A chunk: where it is, which it is, how many instructions are before it. */
export interface ChunkPlace {
  readonly at: number;
  readonly chunk: number;
  readonly before: number;
}

/** The chunk in which an instruction is, by the index of a file of so many bytes; the last one if there are fewer. Throws TraceError. */
export function seekTrace(read: ReadAt, bytes: number, instruction: number): ChunkPlace {
  const none = (): never => {
    throw new TraceError('the trace has no index: its recording was not ended, or it is cut off');
  };
  const end = bytes < INDEX_END_BYTES ? none() : exactly(read, bytes - INDEX_END_BYTES, INDEX_END_BYTES, 'its index');
  if (new TextDecoder('latin1').decode(end.subarray(4)) !== INDEX_MAGIC) none();
  const chunks = numberOf(end, 0);
  const start = bytes - INDEX_END_BYTES - chunks * INDEX_ROW_BYTES;
  if (chunks === 0 || start < 0) none();
  const rowOf = (chunk: number): ChunkPlace => {
    const row = exactly(read, start + chunk * INDEX_ROW_BYTES, INDEX_ROW_BYTES, 'its index');
    const view = new DataView(row.buffer, row.byteOffset);
    const [at, before] = [view.getFloat64(0, true), view.getFloat64(8, true)];
    if (!Number.isInteger(at) || at < 0 || at >= start || !(before >= 0)) throw new TraceError('its index is damaged');
    return { at, chunk, before };
  };
  let [low, high] = [0, chunks - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (rowOf(middle).before <= instruction) low = middle;
    else high = middle - 1;
  }
  return rowOf(low);
}

/** Hands over all records of a file, or those of a chunk and all after it, a chunk at a time. Throws TraceError. */
export function readTrace(
  read: ReadAt,
  inflate: (bytes: Uint8Array, most: number) => Uint8Array,
  take: TakeRecords,
  from?: ChunkPlace,
): TraceHeader {
  const start = exactly(read, 0, 12, 'its header');
  if (!isTrace(start)) throw new TraceError('no trace of pagewalk');
  const length = numberOf(start, 8);
  if (length > HEADER_MAX) throw new TraceError(`its header has ${length} bytes, at most ${HEADER_MAX} are possible`);
  const header = parseHeader(exactly(read, 12, length, 'its header'));
  const words = new Uint32Array(2 * CHUNK);
  for (let at = from?.at ?? 12 + length, chunk = from?.chunk ?? 0; ; chunk++) {
    const size = numberOf(exactly(read, at, 4, `chunk ${chunk}`), 0);
    if (size === 0) return header;
    const head = exactly(read, at, HEAD_BYTES, `chunk ${chunk}`);
    const records = numberOf(head, 4);
    if (records > CHUNK || size > CHUNK * RECORD_BYTES)
      throw new TraceError(`chunk ${chunk} says it has ${records} records in ${size} bytes`);
    const body = exactly(read, at + HEAD_BYTES, size, `chunk ${chunk}`);
    if (crc32(body) !== numberOf(head, 8)) throw new TraceError(`chunk ${chunk} is damaged`);
    if (head[12] > CODEC_DEFLATE) throw new TraceError(`chunk ${chunk} is packed in an unknown way (${head[12]})`);
    decode(head[12] === CODEC_PLAIN ? body : inflate(body, CHUNK * RECORD_BYTES), records, words, chunk);
    take(words, records);
    at += HEAD_BYTES + size;
  }
}

function parseHeader(bytes: Uint8Array): TraceHeader {
  try {
    const { tool, program } = JSON.parse(new TextDecoder().decode(bytes)) as Partial<TraceHeader>;
    return { tool: String(tool), program: String(program) };
  } catch (error) {
    throw new TraceError(`its header is no JSON: ${(error as Error).message}`);
  }
}

/** How far a chunk was decoded; [kind * 2]: the latest value's lower 24 bits, then its upper ones. */
interface Decoded {
  at: number;
  instructions: number;
  readonly latest: Int32Array;
}

/** Records decoded by one call: V8 compiles what is called often, but gives up again and again what it compiled within one long loop. */
const PIECE = 2048;

function decode(bytes: Uint8Array, records: number, words: Uint32Array, chunk: number): void {
  const done: Decoded = { at: 0, instructions: 0, latest: new Int32Array(2 * KINDS) };
  for (let i = 0; i < records; i += PIECE) decodePiece(bytes, i, Math.min(i + PIECE, records), words, chunk, done);
  const { at, instructions } = done;
  if (instructions > CHUNK_INSTRUCTIONS_MAX)
    throw new TraceError(`chunk ${chunk} tells of ${instructions} instructions, at most ${CHUNK_INSTRUCTIONS_MAX} are possible`);
  if (at !== bytes.length) throw new TraceError(`chunk ${chunk} has ${bytes.length - at} bytes too many`);
}

/**
 * What the speed of a replay hangs on: a value is two numbers of 24 bits, so that all is done in small integers, and nothing in the loop is
 * a closure's. What is read behind the end counts as 0 and is found out by its place.
 */
function decodePiece(bytes: Uint8Array, from: number, end: number, words: Uint32Array, chunk: number, done: Decoded): void {
  const { length } = bytes;
  const { latest } = done;
  // Looked up once, and not for each record.
  const { RECORD_PASSED, RECORD_PASSED_MAX } = T;
  let { at, instructions } = done;
  for (let i = from; i < end; i++) {
    const first = bytes[at++];
    const kind = first & 15;
    let passed = first >> 4;
    if (passed === 15) {
      let more = bytes[at++];
      if (more >= 128) more += (bytes[at++] << 7) - 128;
      passed += more;
      if (passed > RECORD_PASSED_MAX) throw damaged(chunk);
    }
    /** The zigzag number's lower 28 bits, and the 21 above them. */
    let low = bytes[at++];
    let high = 0;
    if (low >= 128) {
      let more = bytes[at++];
      low += (more << 7) - 128;
      if (more >= 128) {
        more = bytes[at++];
        low += (more << 14) - (1 << 14);
        if (more >= 128) {
          more = bytes[at++];
          low += (more << 21) - (1 << 21);
          if (more >= 128) {
            low -= 1 << 28;
            for (let shift = 0; more >= 128; shift += 7) {
              if (shift > 14) throw damaged(chunk);
              more = bytes[at++];
              high |= (more & 127) << shift;
            }
          }
        }
      }
    }
    const sign = -(low & 1);
    const lower = latest[2 * kind] + (((low >>> 1) ^ sign) & 0xffffff);
    const upper = latest[2 * kind + 1] + (((low >>> 25) | (high << 3)) ^ sign) + (lower >>> 24);
    if (upper >>> 24 !== 0 || at > length) throw damaged(chunk);
    latest[2 * kind] = lower & 0xffffff;
    latest[2 * kind + 1] = upper;
    if (kind === RECORD_PASSED) {
      const value = upper * 2 ** 24 + (lower & 0xffffff);
      if (value > T.RECORD_PASSED_LONGEST)
        throw new TraceError(`chunk ${chunk}, record ${i}: ${value} instructions passed, at most ${T.RECORD_PASSED_LONGEST} are possible`);
      instructions += value;
    }
    instructions += passed;
    words[2 * i] = (lower & 0xffffff) | (upper << 24);
    words[2 * i + 1] = (upper >>> 8) | (kind << 16) | (passed << 20);
  }
  done.at = at;
  done.instructions = instructions;
}

const damaged = (chunk: number): TraceError => new TraceError(`chunk ${chunk} is damaged`);
