/** Zip archives as file systems: what they hold, what they must not hold, and damaged ones. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Machine, overlay, zip } from '../../host/index-node.js';
import { newEnvironment } from '../support/backends.js';
import { makeZip, type ZipTestEntry } from '../support/zip.js';

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
  const one = (entry: Partial<ZipTestEntry>): Uint8Array => makeZip([{ name: 'a', data: 'a'.repeat(5000), ...entry }]);
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
