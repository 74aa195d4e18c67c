/**
 * Files with holes, as GNU tar writes them. Three ways to say where the data go:
 *
 *   type 'S'         pairs of offset[12] length[12]: four at 386 of the header, then, while the byte behind them is set, 21 in each
 *                    block that follows; the size with holes at 483
 *   pax, version 0.1 GNU.sparse.map "offset,length,offset,length,...", GNU.sparse.size
 *   pax, version 1.0 the data begin with lines: the number of pairs, then each number; padded to a block; GNU.sparse.realsize
 */
import { decodeText } from '../../linux/text.js';
import { BLOCK, checkSize, parseNumber, TarError } from './tar-header.js';
import type { ByteSource } from './tar-index.js';
import type { PaxValues } from './tar-pax.js';

/** Bytes of the archive that stand at `offset` of the file; all between parts is zero. Ascending. */
export interface SparsePart {
  readonly offset: number;
  readonly length: number;
  readonly dataOffset: number;
}

export interface SparseMap {
  /** Of the file, holes included. */
  readonly size: number;
  readonly parts: readonly SparsePart[];
}

const PAIR_BYTES = 24;
/** A map is read as a whole. */
const PARTS_MAX = 100_000;
/** Two numbers of 16 digits with their line ends. */
const PAIR_TEXT_BYTES = 34;

function bad(at: number): never {
  throw new TarError(`damaged tar archive: impossible sparse file at offset ${at}`);
}

/** Numbers in pairs, as parts; the data of all stand at `data` without gaps, `length` bytes. */
function makeMap(numbers: readonly number[], size: number, data: number, length: number, at: number): SparseMap {
  const parts: SparsePart[] = [];
  let dataOffset = data;
  let end = 0;
  if (numbers.length % 2 !== 0) bad(at);
  for (let i = 0; i < numbers.length; i += 2) {
    const [offset, count] = [numbers[i], numbers[i + 1]];
    if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(count) || offset < end || count < 0 || offset + count > size) bad(at);
    if (count > 0) parts.push({ offset, length: count, dataOffset });
    dataOffset += count;
    end = offset + count;
  }
  if (dataOffset - data > length) bad(at);
  return { size, parts };
}

/** Of a member of type 'S' whose header is at `at`, and where its data begin. */
export function gnuSparse(source: ByteSource, at: number, length: number): { map: SparseMap; data: number } {
  const numbers: number[] = [];
  const readPairs = (block: Uint8Array, from: number, count: number): void => {
    for (let i = from; i < from + count * PAIR_BYTES; i += PAIR_BYTES) {
      if (block[i] === 0) return;
      numbers.push(parseNumber(block.subarray(i, i + 12), at), parseNumber(block.subarray(i + 12, i + PAIR_BYTES), at));
    }
  };
  const header = source.read(at, BLOCK);
  const size = checkSize(parseNumber(header.subarray(483, 495), at), at);
  let more = header[482] !== 0;
  readPairs(header, 386, 4);
  let data = at + BLOCK;
  for (; more; data += BLOCK) {
    const block = source.read(data, BLOCK);
    if (block.length < BLOCK) throw new TarError(`truncated tar archive: it ends inside the sparse map at offset ${data}`);
    more = block[504] !== 0;
    readPairs(block, 0, 21);
    if (numbers.length > 2 * PARTS_MAX) bad(at);
  }
  return { map: makeMap(numbers, size, data, length, at), data };
}

/** Of a member whose pax values speak of holes; its data are `length` bytes at `data`. */
export function paxSparse(source: ByteSource, pax: PaxValues, data: number, length: number, at: number): SparseMap {
  const version = `${pax.text('GNU.sparse.major') ?? '0'}.${pax.text('GNU.sparse.minor') ?? '1'}`;
  const number = (text: string): number => (/^\d{1,16}$/.test(text) ? Number(text) : Number.NaN);
  if (version === '0.1') {
    const text = pax.text('GNU.sparse.map');
    if (text === undefined) throw new TarError('sparse files of the format 0.0 are not supported');
    const numbers = text === '' ? [] : text.split(',').map(number);
    return makeMap(numbers, checkSize(pax.number('GNU.sparse.size') ?? Number.NaN, at), data, length, at);
  }
  if (version !== '1.0') throw new TarError(`sparse files of the format ${version} are not supported`);
  const head = decodeText(source.read(data, Math.min(length, BLOCK)));
  const pairs = number(head.slice(0, Math.max(0, head.indexOf('\n'))));
  if (!(pairs <= PARTS_MAX)) bad(at);
  const lines = decodeText(source.read(data, Math.min(length, BLOCK + pairs * PAIR_TEXT_BYTES))).split('\n', 2 * pairs + 2);
  if (lines.length < 2 * pairs + 2) bad(at);
  const numbers = lines.slice(1, 2 * pairs + 1);
  const used = [lines[0], ...numbers].reduce((sum, line) => sum + line.length + 1, 0);
  const skipped = Math.ceil(used / BLOCK) * BLOCK;
  const size = checkSize(pax.number('GNU.sparse.realsize') ?? Number.NaN, at);
  return makeMap(numbers.map(number), size, data + skipped, length - skipped, at);
}

/** Copies what of a page has data; the rest of `into` is zeroed. */
export function readSparse(source: ByteSource, { parts }: SparseMap, offset: number, into: Uint8Array): void {
  into.fill(0);
  const end = offset + into.length;
  let low = 0;
  for (let high = parts.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (parts[middle].offset + parts[middle].length <= offset) low = middle + 1;
    else high = middle;
  }
  for (let i = low; i < parts.length && parts[i].offset < end; i++) {
    const part = parts[i];
    const from = Math.max(part.offset, offset);
    const count = Math.min(part.offset + part.length, end) - from;
    into.set(source.read(part.dataOffset + from - part.offset, count), from - offset);
  }
}
