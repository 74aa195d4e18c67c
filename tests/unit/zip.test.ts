/** Zip archives as file systems: what they hold, what they must not hold, and damaged ones. */
import { deflateRawSync, crc32 as nodeCrc32 } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Machine, overlay, zip } from '../../host/index-node.js';
import { newEnvironment } from '../support/backends.js';

interface Entry {
  readonly name: string;
  readonly data?: string;
  /** st_mode; absent: made by a system that has none. */
  readonly mode?: number;
  readonly stored?: boolean;
  /** What the archive says that it unpacks to. */
  readonly size?: number;
  readonly flags?: number;
}

/** APPNOTE.TXT: local headers and data, then the central directory and its end. */
function makeZip(entries: readonly Entry[]): Uint8Array {
  const parts: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const { name, data = '', mode, stored = false, size = Buffer.byteLength(data), flags = 0 } of entries) {
    const content = stored ? Buffer.from(data) : deflateRawSync(data);
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

const GOOD = makeZip([
  { name: 'bin/', mode: 0o40755 },
  { name: 'bin/tool', data: '#!/bin/sh\n'.repeat(1000), mode: 0o100751 },
  { name: 'bin/link', data: 'tool', mode: 0o120777, stored: true },
  { name: 'deep/er/grün.txt', data: 'text', flags: 0x800 },
  { name: 'plain', data: 'stored', stored: true },
  { name: 'empty' },
  { name: '../outside', data: 'x' },
  { name: 'pipe', mode: 0o10644 },
]);

async function withZip(bytes: Uint8Array, use: (machine: Machine) => Promise<void>): Promise<void> {
  const machine = await Machine.create({ memory: '16M', mounts: { '/zip': overlay(zip(bytes)), '/ro': zip(new Blob([bytes.slice()])) } });
  try {
    await use(machine);
  } finally {
    await machine.close();
  }
}

const env = newEnvironment();

async function refusal(bytes: Uint8Array, maxBytes?: number): Promise<string> {
  try {
    await zip(bytes, { maxBytes })(await env);
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
  return 'taken';
}

test('files, modes, links, times; what lies outside or is no file is left out', () =>
  withZip(GOOD, async ({ fs }) => {
    const all = await fs.readdir('/zip', { recursive: true });
    assert.equal([...all].sort(), ['bin', 'bin/link', 'bin/tool', 'deep', 'deep/er', 'deep/er/grün.txt', 'empty', 'plain']);
    assert.is((await fs.stat('/zip/bin/link')).size, 10_000);
    assert.is(await fs.readlink('/zip/bin/link'), 'tool');
    assert.is((await fs.stat('/zip/bin/tool')).mode & 0o7777, 0o751);
    assert.is((await fs.stat('/zip/plain')).mode & 0o7777, 0o755);
    assert.is((await fs.stat('/zip/plain')).mtime.getFullYear(), 1980);
    assert.is(await fs.readFile('/zip/deep/er/grün.txt', 'utf8'), 'text');
    assert.is(await fs.readFile('/ro/plain', 'utf8'), 'stored');
    assert.is(await fs.readFile('/ro/empty', 'utf8'), '');
    await fs.writeFile('/zip/plain', 'changed');
    assert.is(await fs.readFile('/zip/plain', 'utf8'), 'changed');
    assert.is(await fs.writeFile('/ro/plain', 'x').catch(({ code }) => code), 'EROFS');
  }));

test('what is damaged, hides its size, is encrypted or too large is refused in words', async () => {
  const one = (entry: Partial<Entry>): Uint8Array => makeZip([{ name: 'a', data: 'a'.repeat(5000), ...entry }]);
  assert.is(await refusal(one({})), 'taken');
  assert.is(await refusal(one({}), 4999), 'TarError: the archive unpacks to more than 4999 bytes');
  assert.match(await refusal(one({ size: 10 })), /^TarError: damaged zip archive: .*/);
  assert.match(await refusal(one({ size: 6000 })), /^TarError: damaged zip archive: .*/);
  assert.match(await refusal(one({ size: 2 ** 32 - 2 })), /^TarError: the archive unpacks to more than \d+ bytes/);
  assert.match(await refusal(one({ flags: 1 })), /^TarError: damaged zip archive: encrypted/);
  for (const bytes of [new Uint8Array(0), new Uint8Array(100), GOOD.subarray(0, 200), GOOD.subarray(30)]) {
    assert.match(await refusal(bytes), /^TarError: damaged zip archive: /);
  }
});

test('no flipped byte does more than that', async () => {
  for (let at = 0; at < GOOD.length; at += 3) {
    const bytes = GOOD.slice();
    bytes[at] ^= 0xff;
    assert.match(await refusal(bytes, 1 << 20), /^(taken|TarError: )/, `byte ${at}`);
  }
});

test.run();
