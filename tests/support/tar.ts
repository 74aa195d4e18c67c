/** Writes tar archives, good ones and bad ones, for tests. */
const BLOCK = 512;
const encoder = new TextEncoder();

export interface TarEntry {
  name: string;
  type?: string;
  data?: string | Uint8Array;
  mode?: number;
  uid?: number;
  gid?: number;
  mtime?: number;
  link?: string;
  prefix?: string;
  major?: number;
  minor?: number;
  /** Size to write into the header, when it shall differ from the data's. */
  size?: number;
  /** 'ustar' (default), 'gnu' or 'v7'. */
  magic?: 'ustar' | 'gnu' | 'v7';
  /** Writes numbers in binary. */
  binary?: boolean;
}

function put(block: Uint8Array, at: number, text: string, length: number): void {
  block.set(encoder.encode(text).subarray(0, length), at);
}

function number(block: Uint8Array, at: number, length: number, value: number, binary = false): void {
  if (!binary) {
    put(block, at, value.toString(8).padStart(length - 1, '0'), length - 1);
    return;
  }
  let rest = BigInt(value);
  for (let i = at + length - 1; i >= at; i--) {
    block[i] = Number(rest & 255n);
    rest >>= 8n;
  }
  block[at] |= 0x80;
}

/** One member: its header and its data, padded. */
export function tarMember(entry: TarEntry): Uint8Array {
  const data = typeof entry.data === 'string' ? encoder.encode(entry.data) : (entry.data ?? new Uint8Array(0));
  const out = new Uint8Array(BLOCK + Math.ceil(data.length / BLOCK) * BLOCK);
  put(out, 0, entry.name, 100);
  number(out, 100, 8, entry.mode ?? 0o644);
  number(out, 108, 8, entry.uid ?? 0, entry.binary);
  number(out, 116, 8, entry.gid ?? 0, entry.binary);
  number(out, 124, 12, entry.size ?? data.length, entry.binary);
  number(out, 136, 12, entry.mtime ?? 0, entry.binary);
  put(out, 156, entry.type ?? '0', 1);
  put(out, 157, entry.link ?? '', 100);
  if (entry.magic === 'gnu') put(out, 257, 'ustar  ', 7);
  else if (entry.magic !== 'v7') put(out, 257, 'ustar\x0000', 8);
  number(out, 329, 8, entry.major ?? 0);
  number(out, 337, 8, entry.minor ?? 0);
  put(out, 345, entry.prefix ?? '', 155);
  out.set(data, BLOCK);
  return sealHeader(out);
}

/** Writes the right checksum into a header at the start of `bytes`. */
export function sealHeader(bytes: Uint8Array): Uint8Array {
  bytes.fill(0x20, 148, 156);
  const sum = bytes.subarray(0, BLOCK).reduce((a, b) => a + b, 0);
  put(bytes, 148, `${sum.toString(8).padStart(6, '0')}\0 `, 8);
  return bytes;
}

/** A pax header with these records. */
export function paxHeader(records: Readonly<Record<string, string>>, type = 'x'): Uint8Array {
  let text = '';
  for (const [key, value] of Object.entries(records)) {
    const bytes = encoder.encode(` ${key}=${value}\n`).length;
    let length = bytes + String(bytes).length;
    if (bytes + String(length).length !== length) length = bytes + String(length).length;
    text += `${length} ${key}=${value}\n`;
  }
  return tarMember({ name: 'PaxHeader', type, data: text });
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** A whole archive. Ready-made members may stand between entries. */
export function makeTar(entries: readonly (TarEntry | Uint8Array)[]): Uint8Array {
  return concat(...entries.map((entry) => (entry instanceof Uint8Array ? entry : tarMember(entry))), new Uint8Array(2 * BLOCK));
}
