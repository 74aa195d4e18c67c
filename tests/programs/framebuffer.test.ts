/** The frame buffer from the command line: a lesson draws, and its picture is a PNG file. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

function pagewalk(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ['dist/bin/pagewalk.cjs', 'run', ...args], { encoding: 'utf8', timeout: 60_000 });
}

const LESSON = 'examples/bin/framebuffer.elf';

test('what a program draws is in the file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pagewalk-frame-'));
  try {
    const path = join(folder, 'picture.png');
    const { status, stdout, stderr } = pagewalk('--framebuffer', '60x40', '--screenshot', path, LESSON);
    assert.is(status, 0, stderr);
    assert.match(stdout, /^pagewalk: 60 x 40 pixels of 32 bits, 240 bytes a line\n/);
    const png = readFileSync(path);
    assert.is(png.toString('latin1', 1, 4), 'PNG');
    assert.is(png.readUInt32BE(16), 60);
    assert.is(png.readUInt32BE(20), 40);
    // After signature and header comes IDAT: a line is its filter and three bytes a pixel.
    assert.is(png.toString('latin1', 37, 41), 'IDAT');
    const lines = inflateSync(png.subarray(41, 41 + png.readUInt32BE(33)));
    assert.is(lines.length, 40 * (1 + 60 * 3));
    const pixel = (x: number, y: number): number[] => [...lines.subarray(y * 181 + 1 + x * 3, y * 181 + 4 + x * 3)];
    assert.equal(pixel(45, 20), [0, 0, 0], 'the middle of the set is black');
    assert.is(pixel(0, 0)[2] > 200, true, 'its surroundings are blue');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('without a frame buffer there is no /dev/fb0', () => {
  assert.match(pagewalk(LESSON).stdout, /^no \/dev\/fb0/);
});

test('what is no size, and a picture of nothing', () => {
  for (const text of ['320', '0x5', 'ax5', '9000x5', '3x4x5']) {
    const { status, stderr } = pagewalk('--framebuffer', text, LESSON);
    assert.is(status, 2);
    assert.match(stderr, /is not WIDTHxHEIGHT/);
  }
  assert.match(pagewalk('--screenshot', 'a.png', LESSON).stderr, /--screenshot needs --framebuffer/);
  const { status, stderr } = pagewalk('--framebuffer', '8000x8000', '--memory', '16M', LESSON);
  assert.is(status, 126);
  assert.match(stderr, /out of memory/);
});

test.run();
