/** Tar archives: formats, hostile members, damaged files. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EROFS } from '../../assembly/shared/errno.js';
import { O_RDONLY } from '../../host/linux/fcntl.js';
import { devMajor, devMinor, S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFREG } from '../../host/linux/stat.js';
import { bytesSource, TarFileSystem } from '../../host/vfs/backends/tar.js';
import { unpackArchive } from '../../host/vfs/backends/tar-gzip.js';
import { TarError } from '../../host/vfs/backends/tar-header.js';
import { TarWarnings, tarMembers } from '../../host/vfs/backends/tar-index.js';
import { looksLikeArchive, openArchive, openPackedArchive } from '../../host/vfs/backends/tar-node.js';
import { releaseFile } from '../../host/vfs/openfile.js';
import type { Inode } from '../../host/vfs/types.js';
import { find, get, names, newEnvironment, readAll, readFrom, readText, throwsErrno, withFolder } from '../support/backends.js';
import { pack } from '../support/debian.js';
import { fuzzRounds, fuzzSeed, Random } from '../support/random.js';
import { concat, makeTar, paxHeader, sealHeader, type TarEntry, tarMember } from '../support/tar.js';
import { testWith } from '../support/tools.js';

async function mount(entries: readonly (TarEntry | Uint8Array)[]): Promise<TarFileSystem> {
  return new TarFileSystem(await newEnvironment(), bytesSource(makeTar(entries)));
}

async function refuses(bytes: Uint8Array, message: RegExp): Promise<void> {
  const env = await newEnvironment();
  assert.throws(
    () => new TarFileSystem(env, bytesSource(bytes)),
    (error: unknown) => error instanceof TarError && message.test(error.message),
  );
}

test('members of every kind', async () => {
  const tar = await mount([
    { name: 'dir/', type: '5', mode: 0o750, uid: 3, gid: 4, mtime: 77 },
    { name: 'dir/file', data: 'contents', mode: 0o4755, uid: 1000, gid: 100, mtime: 1234567890 },
    { name: 'dir/hard', type: '1', link: 'dir/file' },
    { name: 'soft', type: '2', link: '../../etc/passwd', mode: 0o777 },
    { name: 'null', type: '3', major: 1, minor: 3, mode: 0o666 },
    { name: 'sda', type: '4', major: 8, minor: 300 },
    { name: 'fifo', type: '6' },
    { name: 'old', type: '\0', data: 'v7', magic: 'v7' },
    { name: 'olddir/', type: '0', magic: 'v7' },
    { name: 'implied/a/b', data: 'x' },
  ]);
  assert.equal(tar.warnings, []);
  const file = get(tar, 'dir/file');
  assert.equal([file.mode, file.uid, file.gid, file.size, file.nlink], [S_IFREG | 0o4755, 1000, 100, 8, 2]);
  assert.equal(file.mtime, { sec: 1234567890, nsec: 0 });
  assert.is(get(tar, 'dir/hard'), file);
  const dir = get(tar, 'dir');
  assert.equal([dir.mode, dir.uid, dir.gid, dir.nlink, dir.mtime.sec], [S_IFDIR | 0o750, 3, 4, 2, 77]);
  assert.is(get(tar, 'soft').readlink(), '../../etc/passwd');
  assert.is(get(tar, 'soft').mode, S_IFLNK | 0o777);
  assert.is(get(tar, 'null').mode, S_IFCHR | 0o666);
  assert.equal([devMajor(get(tar, 'null').rdev), devMinor(get(tar, 'null').rdev)], [1, 3]);
  assert.is(get(tar, 'sda').mode & 0o170000, S_IFBLK);
  assert.is(devMinor(get(tar, 'sda').rdev), 300);
  assert.is(get(tar, 'fifo').mode & 0o170000, S_IFIFO);
  assert.is(get(tar, 'olddir').mode & 0o170000, S_IFDIR);
  assert.equal(names(tar.root), ['dir', 'fifo', 'implied', 'null', 'old', 'olddir', 'sda', 'soft']);
  assert.is(tar.root.nlink, 5);
  for (const name of names(tar.root)) throwsErrno(() => get(tar, name).setattr({ mode: 0 }), EROFS);
  assert.ok(tar.readOnly);
});

test('data are read page by page', async () => {
  const env = await newEnvironment();
  const data = Uint8Array.from({ length: 5 * 4096 + 77 }, (_, i) => (i * 31) ^ (i >> 7));
  const tar = new TarFileSystem(env, bytesSource(makeTar([{ name: 'pad', data: 'odd' }, { name: 'f', data }, { name: 'empty' }])));
  const before = env.core.exports.framesInUse();
  const file = get(tar, 'f').open(O_RDONLY);
  assert.is(env.core.exports.framesInUse() - before < 2, true, 'opening reads nothing');
  assert.equal(readFrom(env, file, 10, 4096 * 5 + 70), data.subarray(4096 * 5 + 70));
  assert.equal(readFrom(env, file, data.length, 0), data);
  releaseFile(file);
  assert.is(readAll(env, get(tar, 'empty')).length, 0);
});

test('long names: ustar prefix, GNU, pax', async () => {
  const long = `${'d'.repeat(90)}/${'n'.repeat(120)}`;
  const target = 't'.repeat(300);
  const tar = await mount([
    { name: 'tail', prefix: 'some/prefix', data: '1' },
    { name: 'gnu-prefix-is-no-prefix', prefix: '12345', magic: 'gnu' },
    tarMember({ name: '././@LongLink', type: 'L', data: `${long}\0`, magic: 'gnu' }),
    tarMember({ name: '././@LongLink', type: 'K', data: `${target}\0`, magic: 'gnu' }),
    { name: 'cut', type: '2', link: 'cut', magic: 'gnu' },
    paxHeader({ path: 'päx/näme', mtime: '1700000000.123456789999', uid: '70000', gid: '4000000000' }),
    { name: 'cut', data: 'pax' },
    paxHeader({ mtime: '-1.25' }),
    { name: 'early' },
    paxHeader({ 'SCHILY.xattr.user.note': 'hello' }),
    { name: 'attributed' },
    { name: 'plain', data: 'no pax any more' },
  ]);
  assert.equal(tar.warnings, []);
  assert.is(get(tar, 'some/prefix/tail').size, 1);
  assert.ok(find(tar, 'gnu-prefix-is-no-prefix'));
  assert.is(get(tar, long).readlink(), target);
  const pax = get(tar, 'päx/näme');
  assert.equal([pax.uid, pax.gid], [70000, 4000000000]);
  assert.equal(pax.mtime, { sec: 1700000000, nsec: 123456789 });
  assert.equal(get(tar, 'early').mtime, { sec: -2, nsec: 750000000 });
  assert.equal(get(tar, 'attributed').getxattr?.('user.note'), new TextEncoder().encode('hello'));
  assert.equal(get(tar, 'plain').listxattr?.(), []);
  assert.equal(get(tar, 'plain').mtime, { sec: 0, nsec: 0 });
});

test('pax records of the whole archive, sizes in pax, binary numbers', async () => {
  const env = await newEnvironment();
  const tar = new TarFileSystem(
    env,
    bytesSource(
      makeTar([
        paxHeader({ uid: '5', comment: 'all' }, 'g'),
        { name: 'a', data: 'a' },
        paxHeader({ size: '700' }),
        tarMember({ name: 'b', data: 'b'.repeat(700), size: 0 }),
        { name: 'c', data: 'c', binary: true, gid: 3_000_000, mtime: 8_589_934_592 },
      ]),
    ),
  );
  assert.is(get(tar, 'a').uid, 5);
  assert.is(readText(env, get(tar, 'b')), 'b'.repeat(700));
  assert.equal([get(tar, 'c').gid, get(tar, 'c').mtime.sec], [3_000_000, 8_589_934_592]);
});

test('later members replace earlier ones', async () => {
  const env = await newEnvironment();
  const tar = new TarFileSystem(
    env,
    bytesSource(
      makeTar([
        { name: 'f', data: 'old' },
        { name: 'g', type: '1', link: 'f' },
        { name: 'f', data: 'new' },
        { name: 'd/x', data: 'x' },
        { name: 'd', type: '5', mode: 0o700 },
        { name: './', type: '5', mode: 0o711, uid: 9 },
      ]),
    ),
  );
  assert.is(readText(env, get(tar, 'f')), 'new');
  assert.is(readText(env, get(tar, 'g')), 'old');
  assert.equal([get(tar, 'f').nlink, get(tar, 'g').nlink], [1, 1]);
  assert.is(get(tar, 'd').mode, S_IFDIR | 0o700);
  assert.ok(find(tar, 'd/x'));
  assert.equal([tar.root.mode, tar.root.uid], [S_IFDIR | 0o711, 9]);
});

test('hostile members are left out, one warning each', async () => {
  const tar = await mount([
    { name: '../escape', data: 'x' },
    { name: 'a/../../escape', data: 'x' },
    { name: '/abs/file', data: 'inside' },
    { name: '..', type: '5' },
    { name: 'link', type: '2', link: '/outside' },
    { name: 'link/through', data: 'x' },
    { name: 'hard', type: '1', link: '../../etc/shadow' },
    { name: 'hard2', type: '1', link: 'nothing' },
    { name: 'hard3', type: '1', link: 'dir' },
    { name: 'hard4', type: '1', link: 'hard5' },
    { name: 'hard5', type: '1', link: 'hard4' },
    { name: 'hard6', type: '1', link: 'hard6' },
    { name: 'dir/', type: '5' },
    { name: 'dir', data: 'a file now' },
    { name: 'nolink', type: '2', link: '' },
    { name: '.', data: 'root as a file' },
    paxHeader({ path: `${'c'.repeat(256)}/x` }),
    { name: 'x' },
    paxHeader({ path: 'a/'.repeat(3000) }),
    { name: 'x' },
    paxHeader({ path: 'nul\0name' }),
    { name: 'x' },
    { name: 'odd', type: 'Z', data: 'unknown type' },
  ]);
  assert.is(tar.warnings.length, 17, tar.warnings.join('\n'));
  for (const line of tar.warnings) assert.ok(line.length < 250 && !line.includes('\0'), line);
  assert.equal(names(tar.root), ['abs', 'dir', 'link', 'odd']);
  assert.ok(find(tar, 'abs/file'));
  assert.is(get(tar, 'link').mode & 0o170000, S_IFLNK);
});

test('warnings do not grow without end', async () => {
  const tar = await mount(Array.from({ length: 500 }, (_, i) => ({ name: `../${i}` })));
  assert.is(tar.warnings.length, 101);
  assert.is(tar.warnings[100], 'and 400 more');
});

test('what is no archive gives one clear error', async () => {
  await refuses(new Uint8Array(0), /empty/);
  await refuses(new TextEncoder().encode('hello'), /not a tar archive/);
  await refuses(new Uint8Array(2048).fill(65), /not a tar archive/);
  const good = makeTar([{ name: 'f', data: 'x'.repeat(2000) }, { name: 'g' }]);
  await refuses(good.subarray(0, 700), /truncated.*'f'/);
  await refuses(good.subarray(0, 2560 + 100), /truncated/);
  await refuses(concat(good.subarray(0, 2560), new Uint8Array(512).fill(1)), /no valid header at offset 2560/);
  await refuses(makeTar([{ name: 'f', size: 2 ** 40, binary: true }]), /truncated/);
  const negative = tarMember({ name: 'f' });
  negative.fill(0xff, 124, 136);
  await refuses(sealHeader(negative), /impossible size/);
  const letters = tarMember({ name: 'f' });
  letters[126] = 0x78;
  await refuses(sealHeader(letters), /number in the header/);
  await refuses(makeTar([paxHeader({ size: '99999999999999999999' }), { name: 'f' }]), /impossible size/);
  for (const records of ['5 a=b', '99 a=b\n', 'x a=b\n', '6 ab\n\n', '0 a=b\n', '4294967296 a=b\n']) {
    await refuses(makeTar([tarMember({ name: 'p', type: 'x', data: records }), { name: 'f' }]), /extended header|truncated/);
  }
  await refuses(makeTar([tarMember({ name: 'L', type: 'L', size: 2 ** 21 })]), /oversized/);
  await refuses(makeTar([{ name: 'part', type: 'M' }]), /multi-volume/);
});

test('an archive without an end mark is used, with a warning', async () => {
  const env = await newEnvironment();
  const tar = new TarFileSystem(env, bytesSource(makeTar([{ name: 'f', data: 'x' }]).subarray(0, 1024)));
  assert.is(tar.warnings.length, 1);
  assert.is(readText(env, get(tar, 'f')), 'x');
});

test('gzip: unpacked by the platform, damaged and too large ones refused', async () => {
  const plain = makeTar([{ name: 'f', data: 'packed' }]);
  const packed = gzipSync(plain);
  assert.equal(await unpackArchive(packed), new Uint8Array(plain));
  assert.is(await unpackArchive(plain), plain);
  const rejects = async (bytes: Uint8Array, limit: number, message: RegExp): Promise<void> => {
    try {
      await unpackArchive(bytes, limit);
    } catch (error) {
      assert.instance(error, TarError);
      assert.match((error as Error).message, message);
      return;
    }
    assert.unreachable('unpacked');
  };
  await rejects(packed, 1000, /more than 1000 bytes/);
  await rejects(packed.subarray(0, 40), 1e6, /damaged gzip/);
  await rejects(Uint8Array.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 1]), 1e6, /xz archives are not supported/);
  await rejects(Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd]), 1e6, /zstd/);
});

test('archives that are files of the host', async () => {
  const env = await newEnvironment();
  withFolder((folder) => {
    const data = Uint8Array.from({ length: 200_000 }, (_, i) => i % 251);
    const plain = makeTar([
      { name: 'big', data },
      { name: 'small', data: 's' },
    ]);
    fs.writeFileSync(join(folder, 'a.tar'), plain);
    fs.writeFileSync(join(folder, 'a.tar.gz'), gzipSync(plain));
    for (const name of ['a.tar', 'a.tar.gz']) {
      const archive = openArchive(join(folder, name));
      const tar = new TarFileSystem(env, archive);
      assert.equal(readAll(env, get(tar, 'big')), data, name);
      assert.is(readText(env, get(tar, 'small')), 's');
      archive.close();
    }
    assert.throws(
      () => openArchive(join(folder, 'a.tar.gz'), 1000),
      (error: unknown) => error instanceof TarError && /more than 1000/.test(error.message),
    );
    fs.writeFileSync(join(folder, 'bad.gz'), gzipSync(plain).subarray(0, 60));
    assert.throws(() => openArchive(join(folder, 'bad.gz')), /damaged gzip/);
    assert.throws(() => openArchive(folder), /not a regular file/);
  });
});

/** Like withFolder, for what takes time. */
async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = fs.mkdtempSync(join(tmpdir(), 'pagewalk-tar-'));
  try {
    await body(folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

async function rejects(action: () => Promise<unknown>, message: RegExp): Promise<void> {
  let failure: unknown;
  try {
    await action();
  } catch (error) {
    failure = error;
  }
  assert.instance(failure, TarError);
  assert.match((failure as Error).message, message);
}

testWith(test, ['xz', 'zstd'], 'packed files of the host: gzip, xz, zstd', async () => {
  const env = await newEnvironment();
  await inFolder(async (folder) => {
    // Larger than a piece, and not all alike.
    const data = Uint8Array.from({ length: 2_500_000 }, (_, i) => (i * i) >> 9);
    const plain = makeTar([
      { name: 'pad', data: 'x'.repeat(700) },
      { name: 'big', data },
      { name: 'small', data: 's' },
    ]);
    for (const packing of ['', 'gz', 'xz', 'zst'] as const) {
      const path = join(folder, `archive${packing}`);
      const packed = pack(plain, packing);
      fs.writeFileSync(path, packed);
      assert.ok(await looksLikeArchive(path), packing);
      const archive = await openPackedArchive(path);
      assert.is(archive.size, plain.length);
      const tar = new TarFileSystem(env, archive);
      assert.equal(tar.warnings, []);
      assert.equal(readAll(env, get(tar, 'big')), data, packing);
      assert.is(readText(env, get(tar, 'small')), 's');
      archive.close();
      if (packing === '') continue;
      await rejects(() => openPackedArchive(path, 1_000_000), /more than 1000000 bytes/);
      fs.writeFileSync(path, packed.subarray(0, packed.length >> 1));
      await rejects(() => openPackedArchive(path), /damaged/);
      fs.writeFileSync(path, pack(new TextEncoder().encode('no archive'), packing));
      assert.not(await looksLikeArchive(path), packing);
    }
    fs.writeFileSync(join(folder, 'plain'), 'text');
    assert.not(await looksLikeArchive(join(folder, 'plain')));
  });
});

testWith(test, ['xz'], 'xz data in ways that can not be unpacked are named', async () => {
  await inFolder(async (folder) => {
    const path = join(folder, 'a.tar.xz');
    for (const [option, message] of [
      ['--check=sha256', /does not know/],
      ['--lzma2=dict=256MiB', /dictionary/],
    ] as const) {
      fs.writeFileSync(path, spawnSync('xz', ['-c', option], { input: makeTar([{ name: 'f' }]) }).stdout);
      await rejects(() => openPackedArchive(path), message);
    }
  });
});

testWith(test, ['xz', 'zstd'], 'fuzz: damaged packed files are refused, or give something to read', async () => {
  const env = await newEnvironment();
  const random = new Random(fuzzSeed(9));
  const plain = makeTar([
    { name: 'f', data: 'x'.repeat(3000) },
    { name: 'g', data: Uint8Array.from({ length: 3000 }, () => random.u32()) },
  ]);
  await inFolder(async (folder) => {
    const path = join(folder, 'a');
    for (const packing of ['gz', 'xz', 'zst'] as const) {
      const good = pack(plain, packing);
      for (let round = 0; round < fuzzRounds(60); round++) {
        let bytes = good.slice();
        for (let flips = 1 + random.below(4); flips > 0; flips--) bytes[random.below(bytes.length)] = random.u32() & 255;
        if (random.chance(0.2)) bytes = bytes.subarray(0, random.below(bytes.length));
        fs.writeFileSync(path, bytes);
        try {
          const tar = new TarFileSystem(env, await openPackedArchive(path, 1 << 20));
          for (const name of names(tar.root)) get(tar, name);
        } catch (error) {
          if (!(error instanceof TarError)) throw new Error(`seed ${random.seed}, ${packing}, round ${round}: ${String(error)}`);
        }
      }
    }
  });
});

test('an archive of too many files is refused, a name of many directories counts', async () => {
  const env = await newEnvironment();
  const refusesMany = (entries: readonly (TarEntry | Uint8Array)[]): void =>
    assert.throws(
      () => new TarFileSystem(env, bytesSource(makeTar(entries)), 1000),
      (error: unknown) => error instanceof TarError && /more than 1000 files/.test(error.message),
    );
  refusesMany(Array.from({ length: 1001 }, () => ({ name: 'same' })));
  refusesMany([paxHeader({ path: `${'d/'.repeat(1100)}f` }), { name: 'x' }]);
  const records = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`SCHILY.xattr.user.${i}`, 'x']));
  await refuses(makeTar([paxHeader(records, 'g'), { name: 'f' }]), /oversized global header/);
});

testWith(test, ['tar'], 'archives that tar(1) writes, in all its formats', async () => {
  const env = await newEnvironment();
  withFolder((folder) => {
    const tree = join(folder, 'tree');
    const deep = join(tree, 'x'.repeat(110), 'y'.repeat(120));
    fs.mkdirSync(deep, { recursive: true });
    fs.writeFileSync(join(deep, 'ünï'), 'unicode');
    fs.writeFileSync(join(tree, 'run.sh'), '#!/bin/sh\n', { mode: 0o755 });
    fs.symlinkSync('run.sh', join(tree, 'soft'));
    fs.linkSync(join(tree, 'run.sh'), join(tree, 'zhard'));
    for (const format of ['gnu', 'pax', 'oldgnu', 'ustar']) {
      const file = join(folder, `${format}.tar`);
      const run = spawnSync('tar', [`--format=${format}`, '-C', tree, '-cf', file, '.']);
      // ustar has no room for these names: tar says so and leaves them out.
      if (format !== 'ustar') assert.is(run.status, 0, run.stderr.toString());
      const archive = openArchive(file);
      const tar = new TarFileSystem(env, archive);
      assert.equal(tar.warnings, [], format);
      assert.is(get(tar, 'soft').readlink(), 'run.sh');
      assert.is(get(tar, 'zhard'), get(tar, 'run.sh'));
      assert.is(get(tar, 'run.sh').mode, S_IFREG | 0o755);
      if (format !== 'ustar') assert.is(readText(env, get(tar, `${'x'.repeat(110)}/${'y'.repeat(120)}/ünï`)), 'unicode', format);
      archive.close();
    }
  });
});

test('fuzz: damaged archives give TarError or a tree, never anything else', async () => {
  const env = await newEnvironment();
  const random = new Random(fuzzSeed(5));
  const good = makeTar([
    { name: 'dir/', type: '5' },
    { name: 'dir/file', data: 'x'.repeat(1500) },
    { name: 'hard', type: '1', link: 'dir/file' },
    tarMember({ name: '././@LongLink', type: 'L', data: `${'n'.repeat(200)}\0`, magic: 'gnu' }),
    { name: 'short', type: '2', link: 'target' },
    paxHeader({ path: 'pax/path', mtime: '1.5', size: '600', 'SCHILY.xattr.user.a': 'b' }),
    { name: 'p', data: 'y'.repeat(600) },
    { name: 'null', type: '3', major: 1, minor: 3 },
  ]);
  let mounted = 0;
  for (let round = 0; round < fuzzRounds(3000); round++) {
    let bytes = good.slice();
    for (let flips = 1 + random.below(8); flips > 0; flips--) bytes[random.below(bytes.length)] = random.u32() & 255;
    // Without a right checksum nothing behind it is ever looked at.
    if (random.chance(0.8))
      for (let at = 0; at + 512 <= bytes.length; at += 512) if (bytes[at + 257] === 0x75) sealHeader(bytes.subarray(at, at + 512));
    if (random.chance(0.2)) bytes = bytes.subarray(0, random.below(bytes.length));
    try {
      const tar = new TarFileSystem(env, bytesSource(bytes));
      mounted++;
      touch(tar.root, 0);
    } catch (error) {
      if (!(error instanceof TarError)) throw new Error(`seed ${random.seed}, round ${round}: ${String(error)}`);
    }
  }
  assert.ok(mounted > 0);

  function touch(inode: Inode, depth: number): void {
    assert.ok(depth < 3000);
    assert.ok(inode.nlink >= 0 && Number.isSafeInteger(inode.size) && inode.size >= 0);
    assert.ok(Number.isInteger(inode.mtime.sec) && inode.mtime.nsec >= 0 && inode.mtime.nsec < 1e9);
    const type = inode.mode & 0o170000;
    if (type === S_IFREG) assert.is(readAll(env, inode).length, inode.size);
    if (type === S_IFLNK) assert.ok(inode.readlink().length > 0);
    if (type === S_IFDIR) {
      for (const entry of inode.readdir()) {
        assert.ok(entry.name !== '' && entry.name !== '.' && entry.name !== '..' && !/[/\0]/.test(entry.name));
        touch(inode.lookup(entry.name) as Inode, depth + 1);
      }
    }
  }
});

test('the index alone', () => {
  const warnings = new TarWarnings();
  const members = [...tarMembers(bytesSource(makeTar([{ name: 'a/b', data: '1' }])), warnings)];
  assert.equal(
    members.map(({ path, size, dataOffset }) => ({ path, size, dataOffset })),
    [{ path: ['a', 'b'], size: 1, dataOffset: 512 }],
  );
});

test.run();
