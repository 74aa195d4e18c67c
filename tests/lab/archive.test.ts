/** Traces in ZIP archives, as DynamoRIO writes them: chunk after chunk, entries cut anywhere. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { replayAny } from '../../host/cli/lab/sources.js';
import { makeZip } from '../support/zip.js';

const ENTRY_BYTES = 12;
const [READ, INSTRUCTION, HEADER] = [0, 10, 25];

/** A header, then instructions that load, one page after the other. */
function drmemtrace(instructions: number): Uint8Array {
  const bytes = new Uint8Array((1 + 2 * instructions) * ENTRY_BYTES);
  const view = new DataView(bytes.buffer);
  const put = (entry: number, type: number, size: number, address: number): void => {
    view.setUint16(entry * ENTRY_BYTES, type, true);
    view.setUint16(entry * ENTRY_BYTES + 2, size, true);
    view.setBigUint64(entry * ENTRY_BYTES + 4, BigInt(address), true);
  };
  put(0, HEADER, 0, 4);
  for (let i = 0; i < instructions; i++) {
    put(1 + 2 * i, INSTRUCTION, 4, 0x400000 + 4 * i);
    put(2 + 2 * i, READ, 8, 0x7f0000000000 + 4096 * i);
  }
  return bytes;
}

const folder = mkdtempSync(join(tmpdir(), 'pagewalk-archive-'));
test.after(() => rmSync(folder, { recursive: true }));

async function wordsOf(archive: Uint8Array): Promise<{ words: number[]; tool: string }> {
  const path = join(folder, 'drmemtrace.prog.1.2.trace.zip');
  writeFileSync(path, archive);
  const words: number[] = [];
  const { tool } = await replayAny(path, (some, count) => {
    for (let i = 0; i < 2 * count; i++) words.push(some[i]);
  });
  return { words, tool };
}

const refused = async (archive: Uint8Array): Promise<string> =>
  wordsOf(archive).then(
    () => '',
    (error: Error) => error.message,
  );

test('the chunks of an archive are one trace, in the order of their names', async () => {
  const bytes = drmemtrace(5000);
  const whole = await wordsOf(makeZip([{ name: 'chunk.0000', data: bytes }]));
  assert.is(whole.tool, 'dynamorio drmemtrace');
  assert.ok(whole.words.length > 2 * 5000);
  const [a, b] = [40_001, 90_007];
  const parts = [bytes.subarray(0, a), bytes.subarray(a, b), bytes.subarray(b)].map((data, i) => ({ name: `chunk.000${i}`, data }));
  const stored = { ...parts[1], stored: true };
  assert.equal(await wordsOf(makeZip([parts[2], stored, parts[0]])), whole);
});

test('damaged and foreign archives are refused by name', async () => {
  const archive = makeZip([{ name: 'chunk.0000', data: drmemtrace(2000) }]);
  assert.match(await refused(archive.subarray(0, archive.length - 30)), /trace.zip: damaged zip archive/);
  assert.match(await refused(makeZip([{ name: 'chunk.0000', data: drmemtrace(9).subarray(0, 100) }])), /cut off in entry 8: 4 bytes of 12/);
  assert.match(await refused(makeZip([{ name: 'a.txt', data: 'no trace'.repeat(1000) }])), /no trace that is known/);
  assert.match(await refused(makeZip([])), /no trace that is known/);
});

test.run();
