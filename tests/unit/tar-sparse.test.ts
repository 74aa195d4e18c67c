/** Files with holes in tar archives: GNU's three formats, as tar(1) writes them and as nobody should. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { O_RDONLY } from '../../host/linux/fcntl.js';
import { bytesSource, TarFileSystem } from '../../host/vfs/backends/tar.js';
import { TarError } from '../../host/vfs/backends/tar-header.js';
import { openArchive } from '../../host/vfs/backends/tar-node.js';
import { releaseFile } from '../../host/vfs/openfile.js';
import { find, get, names, newEnvironment, readAll, readFrom, readText, withFolder } from '../support/backends.js';
import { fuzzRounds, fuzzSeed, Random } from '../support/random.js';
import { concat, makeTar, paxHeader, sealHeader, tarMember } from '../support/tar.js';
import { testWith } from '../support/tools.js';

const encoder = new TextEncoder();

/** A member of type 'S' with its map in the header. */
function oldSparse(pairs: readonly (readonly [number, number])[], size: number, data: Uint8Array | string): Uint8Array {
  const member = tarMember({ name: 'holes', type: 'S', data, magic: 'gnu' });
  const put = (at: number, value: number): void => member.set(encoder.encode(`${value.toString(8).padStart(11, '0')}\0`), at);
  for (const [i, [offset, length]] of pairs.entries()) {
    put(386 + 24 * i, offset);
    put(398 + 24 * i, length);
  }
  put(483, size);
  return sealHeader(member);
}

const v10 = (map: string, size: number, data = ''): Uint8Array =>
  concat(
    paxHeader({ 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.name': 'holes', 'GNU.sparse.realsize': String(size) }),
    tarMember({ name: 'GNUSparseFile.1/holes', data: map.padEnd(Math.ceil(map.length / 512) * 512, '\0') + data }),
  );

const v01 = (map: string, size: number, data = ''): Uint8Array =>
  concat(
    paxHeader({ 'GNU.sparse.map': map, 'GNU.sparse.size': String(size), 'GNU.sparse.name': 'holes' }),
    tarMember({ name: 'GNUSparseFile.1/holes', data }),
  );

test('the three formats', async () => {
  const env = await newEnvironment();
  const expected = `${'\0'.repeat(5000)}abc${'\0'.repeat(4997)}defg${'\0'.repeat(10)}`;
  const members = [
    oldSparse(
      [
        [5000, 3],
        [10_000, 4],
        [10_014, 0],
      ],
      10_014,
      'abcdefg',
    ),
    v10('3\n5000\n3\n10000\n4\n10014\n0\n', 10_014, 'abcdefg'),
    v01('5000,3,10000,4,10014,0', 10_014, 'abcdefg'),
  ];
  for (const member of members) {
    const tar = new TarFileSystem(env, bytesSource(makeTar([member, { name: 'next', data: 'after' }])));
    assert.equal(tar.warnings, []);
    assert.equal(names(tar.root), ['holes', 'next']);
    assert.is(readText(env, get(tar, 'holes')), expected);
    assert.is(readText(env, get(tar, 'next')), 'after');
  }
});

test('a file that is nearly all hole takes no room', async () => {
  const env = await newEnvironment();
  const tar = new TarFileSystem(env, bytesSource(makeTar([v01(`${2 ** 40},3`, 2 ** 40 + 3, 'end')])));
  assert.is(get(tar, 'holes').size, 2 ** 40 + 3);
  const file = get(tar, 'holes').open(O_RDONLY);
  assert.equal(readFrom(env, file, 5, 2 ** 40 - 2), encoder.encode('\0\0end'));
  releaseFile(file);
});

test('maps that can not be are refused', async () => {
  const env = await newEnvironment();
  const bad: [Uint8Array, RegExp][] = [
    [oldSparse([[0, 8]], 8, 'abc'), /impossible sparse/],
    [
      oldSparse(
        [
          [4, 2],
          [0, 2],
        ],
        10,
        'abcd',
      ),
      /impossible sparse/,
    ],
    [oldSparse([[4, 2]], 5, 'ab'), /impossible sparse/],
    [v10('1\n0\n', 3, 'abc'), /impossible sparse/],
    [v10('99999999999\n0\n3\n', 3, 'abc'), /impossible sparse/],
    [v10('1\n-5\n3\n', 3, 'abc'), /impossible sparse/],
    [v10('', 3, 'abc'), /impossible sparse/],
    [v01('0', 3, 'abc'), /impossible sparse/],
    [v01('0,x', 3, 'abc'), /impossible sparse/],
    [v01('0,9007199254740991', 3, 'abc'), /impossible sparse/],
    [concat(paxHeader({ 'GNU.sparse.numblocks': '1' }), tarMember({ name: 'x' })), /format 0\.0/],
    [concat(paxHeader({ 'GNU.sparse.major': '2' }), tarMember({ name: 'x' })), /format 2/],
  ];
  for (const [member, message] of bad) {
    assert.throws(
      () => new TarFileSystem(env, bytesSource(makeTar([member]))),
      (error: unknown) => error instanceof TarError && message.test(error.message),
    );
  }
  const endless = oldSparse([[0, 1]], 1, 'a');
  endless[482] = 1;
  assert.throws(
    () => new TarFileSystem(env, bytesSource(sealHeader(endless))),
    (error: unknown) => error instanceof TarError,
  );
});

testWith(test, ['tar'], 'archives that tar --sparse writes', async () => {
  const env = await newEnvironment();
  withFolder((folder) => {
    const path = join(folder, 'file');
    const fd = fs.openSync(path, 'w');
    // More parts than a header has room for.
    for (let i = 0; i < 40; i++) fs.writeSync(fd, `part ${i}`, i * 100_000);
    fs.ftruncateSync(fd, 40 * 100_000);
    fs.closeSync(fd);
    const whole = fs.readFileSync(path);
    for (const args of [['--format=gnu'], ['--format=pax', '--sparse-version=1.0'], ['--format=pax', '--sparse-version=0.1']]) {
      const archive = join(folder, 'a.tar');
      const run = spawnSync('tar', ['--sparse', ...args, '-C', folder, '-cf', archive, 'file']);
      assert.is(run.status, 0, run.stderr.toString());
      const source = openArchive(archive);
      const tar = new TarFileSystem(env, source);
      assert.equal(tar.warnings, []);
      assert.ok(whole.equals(readAll(env, get(tar, 'file'))), args.join(' '));
      source.close();
    }
  });
});

test('fuzz: damaged maps give TarError or a file', async () => {
  const env = await newEnvironment();
  const random = new Random(fuzzSeed(21));
  const good = makeTar([
    oldSparse(
      [
        [5000, 3],
        [10_000, 4],
      ],
      10_014,
      'abcdefg',
    ),
    v10('2\n5000\n3\n10000\n4\n', 10_014, 'abcdefg'),
    v01('5000,3,10000,4', 10_014, 'abcdefg'),
  ]);
  let read = 0;
  for (let round = 0; round < fuzzRounds(1500); round++) {
    const bytes = good.slice();
    for (let flips = 1 + random.below(6); flips > 0; flips--)
      bytes[random.below(bytes.length)] = random.chance(0.5) ? 0x30 + random.below(10) : random.u32();
    for (let at = 0; at + 512 <= bytes.length; at += 512) if (bytes[at + 257] === 0x75) sealHeader(bytes.subarray(at, at + 512));
    try {
      const tar = new TarFileSystem(env, bytesSource(bytes));
      const inode = find(tar, 'holes');
      if (inode === undefined || inode.size > 1e6) continue;
      assert.is(readAll(env, inode).length, inode.size);
      read++;
    } catch (error) {
      if (!(error instanceof TarError)) throw new Error(`seed ${random.seed}, round ${round}: ${String(error)}`);
    }
  }
  assert.ok(read > 0);
});

test.run();
