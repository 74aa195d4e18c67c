/** Zip archives for tests, possible ones and others. */
import { deflateRawSync, crc32 as nodeCrc32 } from 'node:zlib';

export interface ZipTestEntry {
  readonly name: string;
  readonly data?: string | Uint8Array;
  /** st_mode; absent: made by a system that has none. */
  readonly mode?: number;
  readonly stored?: boolean;
  /** What the archive says that it unpacks to. */
  readonly size?: number;
  readonly flags?: number;
}

/** APPNOTE.TXT: local headers and data, then the central directory and its end. */
export function makeZip(entries: readonly ZipTestEntry[]): Uint8Array {
  const parts: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const { name, data = '', mode, stored = false, size = Buffer.byteLength(data), flags = 0 } of entries) {
    const content = stored ? Buffer.from(data as Uint8Array) : deflateRawSync(data);
    const text = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(flags, 2);
    common.writeUInt16LE(stored ? 0 : 8, 4);
    common.writeUInt16LE(0x21, 8); // 1980-01-01
    common.writeUInt32LE(nodeCrc32?.(data) ?? 0, 10);
    common.writeUInt32LE(content.length, 14);
    common.writeUInt32LE(size, 18);
    common.writeUInt16LE(text.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, text, content]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(mode === undefined ? 0 : mode * 65536, 6);
    tail.writeUInt32LE(at, 10);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.from([20, mode === undefined ? 0 : 3]), common, tail, text]));
    parts.push(local);
    at += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return new Uint8Array(Buffer.concat([...parts, directory, end]));
}
