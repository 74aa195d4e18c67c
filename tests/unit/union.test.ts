/** Two file systems as one: the suite of all writable ones, the lower one unchanged, the upper one kept, and what hides what. */
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type FileSystemSource, folder, Machine, memory, overlay, promisesFolder, tar } from '../../host/index-node.js';
import { MemoryFileSystem } from '../../host/vfs/backends/memory.js';
import { bytesSource, TarFileSystem } from '../../host/vfs/backends/tar.js';
import { UnionFileSystem } from '../../host/vfs/backends/union.js';
import { elf } from '../support/assembled.js';
import { hashFolder, newEnvironment } from '../support/backends.js';
import { fileSystemSuite } from '../support/fs-suite.js';
import { makeTar } from '../support/tar.js';

const EMPTY = makeTar([{ name: './', type: '5', mode: 0o755 }]);

fileSystemSuite(
  test,
  'union over an empty archive',
  async () => {
    const env = await newEnvironment();
    return { env, fs: new UnionFileSystem(env, new TarFileSystem(env, bytesSource(EMPTY)), new MemoryFileSystem(env)) };
  },
  {},
);

const TREE = makeTar([
  { name: 'etc/', type: '5', mode: 0o755 },
  { name: 'etc/passwd', data: 'root:0\n', mode: 0o600, mtime: 1000 },
  { name: 'etc/deep/file', data: 'deep' },
  { name: 'soft', type: '2', link: 'etc/passwd' },
  { name: 'big', data: Uint8Array.from({ length: 200_000 }, (_, i) => i * 7) },
  { name: 'gone', data: 'gone' },
]);

/** Maps /data/big shared and stores a byte into its 30th page. */
const STORE = elf(`
_start: li a0, -100; la a1, path; li a2, 2; li a7, 56; ecall
        mv a4, a0; li a0, 0; li a1, 200000; li a2, 3; li a3, 1; li a5, 0; li a7, 222; ecall
        li t0, 122880; add t0, t0, a0; li t1, 99; sb t1, 5(t0)
        li a0, 0; li a7, 93; ecall
.data
path:   .asciz "/data/big"`);

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'none',
    (error: { code: string }) => error.code,
  );
}

/** By how the upper one is reached, twice: a machine changes things, another finds them. */
async function throughTwoMachines(lower: FileSystemSource, upper: FileSystemSource): Promise<void> {
  const make = (): Promise<Machine> =>
    Machine.create({ memory: '32M', files: { '/bin/store': STORE }, mounts: { '/data': overlay(lower, upper) } });
  const first = await make();
  const { fs: one } = first;
  assert.equal((await one.readdir('/data')).sort(), ['big', 'etc', 'gone', 'soft']);
  assert.is((await first.run('store')).exitCode, 0);
  await one.appendFile('/data/soft', 'more\n');
  await one.unlink('/data/gone');
  await one.mkdir('/data/new');
  await one.rename('/data/etc/deep/file', '/data/new/file');
  await one.rmdir('/data/etc/deep');
  await one.mkdir('/data/etc/deep');
  assert.is(await codeOf(one.writeFile('/data/.wh.etc', '')), 'EPERM');
  await one.rename('/data/new', '/data/newer');
  await one.rename('/data/etc', '/data/newer/conf');
  await one.mkdir('/data/etc');
  await one.rename('/data/newer/conf', '/data/etc/conf');
  await one.unlink('/data/soft');
  await one.rename('/data/etc', '/data/soft');
  await first.close();
  const second = await make();
  const { fs: two } = second;
  assert.equal((await two.readdir('/data')).sort(), ['big', 'newer', 'soft']);
  assert.equal((await two.readdir('/data/soft/conf')).sort(), ['deep', 'passwd']);
  assert.is(await two.readFile('/data/soft/conf/passwd', 'utf8'), 'root:0\nmore\n');
  assert.is(await two.readFile('/data/newer/file', 'utf8'), 'deep');
  assert.equal(await two.readdir('/data/soft/conf/deep'), []);
  assert.is(await codeOf(two.stat('/data/etc')), 'ENOENT');
  const big = await two.readFile('/data/big');
  assert.equal([big.length, big[122_885], big[122_886], big[199_999]], [200_000, 99, (122_886 * 7) & 255, (199_999 * 7) & 255]);
  assert.is(await codeOf(two.stat('/data/gone')), 'ENOENT');
  await two.writeFile('/data/gone', 'again');
  assert.is(await two.readFile('/data/gone', 'utf8'), 'again');
  await second.close();
}

async function inFolder(use: (path: string) => Promise<void>): Promise<void> {
  const path = await fs.mkdtemp(join(tmpdir(), 'pagewalk-union-'));
  try {
    await use(path);
  } finally {
    await fs.rm(path, { recursive: true });
  }
}

test('what is written is in a folder of the host, and there the next time; the archive is as it was', () =>
  inFolder(async (path) => {
    const before = TREE.slice();
    await throughTwoMachines(tar(TREE), folder(path, { readOnly: false }));
    assert.equal(TREE, before);
    assert.ok((await fs.readdir(path)).includes('.wh.gone'));
    assert.equal(
      (await fs.readdir(path, { recursive: true })).filter((name) => name.includes('.wh..copy')),
      [],
    );
  }));

test('the same behind promises, above and below', () =>
  inFolder(async (path) => {
    await fs.mkdir(join(path, 'upper'));
    const lower = join(path, 'lower');
    await fs.mkdir(lower);
    const machine = await Machine.create({ mounts: { '/in': tar(TREE), '/out': folder(lower, { readOnly: false }) } });
    await machine.fs.mkdir('/out/etc');
    await machine.fs.mkdir('/out/etc/deep');
    for (const name of ['etc/passwd', 'etc/deep/file', 'big', 'gone'])
      await machine.fs.writeFile(`/out/${name}`, await machine.fs.readFile(`/in/${name}`));
    await machine.fs.symlink('etc/passwd', '/out/soft');
    await machine.close();
    const before = hashFolder(lower);
    await throughTwoMachines(promisesFolder(fs, lower), promisesFolder(fs, join(path, 'upper')));
    assert.is(hashFolder(lower), before);
  }));

test('three at once', async () => {
  const source = overlay(overlay(tar(TREE), memory()), memory());
  const machine = await Machine.create({ memory: '32M', mounts: { '/data': source } });
  await machine.fs.appendFile('/data/etc/passwd', 'x');
  assert.is(await machine.fs.readFile('/data/etc/passwd', 'utf8'), 'root:0\nx');
  const stats = await machine.fs.stat('/data/etc/passwd');
  assert.is(stats.mode & 0o7777, 0o600);
  await machine.close();
});

test.run();
