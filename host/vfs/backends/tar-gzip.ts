/** Archives as they come: told apart by their first bytes, unpacked by the platform. */
import { TarError } from './tar-header.js';

/** Unpacked archives larger than this are refused: a small file can unpack to any size. */
export const UNPACKED_MAX_BYTES = 2 * 1024 ** 3;

const OTHERS: readonly (readonly [format: string, magic: readonly number[]])[] = [
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['zip', [0x50, 0x4b, 0x03, 0x04]],
  ['7z', [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]],
  ['lz4', [0x04, 0x22, 0x4d, 0x18]],
];

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return bytes.length >= magic.length && magic.every((byte, i) => bytes[i] === byte);
}

/** Is it gzip? TarError for compressions that are not supported. */
export function isGzip(head: Uint8Array): boolean {
  for (const [format, magic] of OTHERS) {
    if (startsWith(head, magic)) throw new TarError(`${format} archives are not supported: unpack it, or use .tar or .tar.gz`);
  }
  return startsWith(head, [0x1f, 0x8b]);
}

export function tooLarge(limit: number): TarError {
  return new TarError(`the archive unpacks to more than ${limit} bytes`);
}

/**
 * The tar archive in `bytes`, unpacked if it is a gzip file (by the platform's DecompressionStream: browsers, workers, Node). TarError when
 * it is damaged or larger than `limit`.
 */
export async function unpackArchive(bytes: Uint8Array, limit = UNPACKED_MAX_BYTES): Promise<Uint8Array> {
  if (!isGzip(bytes)) return bytes;
  const chunks: Uint8Array[] = [];
  let length = 0;
  const packed = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
  const reader = packed.pipeThrough(new DecompressionStream('gzip')).getReader();
  try {
    for (let step = await reader.read(); !step.done; step = await reader.read()) {
      length += step.value.length;
      if (length > limit) {
        await reader.cancel();
        throw tooLarge(limit);
      }
      chunks.push(step.value);
    }
  } catch (error) {
    if (error instanceof TarError) throw error;
    throw new TarError(`damaged gzip file: ${error instanceof Error ? error.message : String(error)}`);
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
