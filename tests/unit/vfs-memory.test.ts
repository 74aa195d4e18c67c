/** The memory file system: the common suite, limits, and that nothing stays behind. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as F from '../../host/linux/fcntl.js';
import { MemoryFileSystem, type MemoryFileSystemOptions } from '../../host/vfs/backends/memory.js';
import { releaseFile } from '../../host/vfs/openfile.js';
import { newEnvironment } from '../support/backends.js';
import { fileSystemSuite } from '../support/fs-suite.js';
import { outcome, Tree } from '../support/tree.js';

fileSystemSuite(test, 'memory', async () => {
  const env = await newEnvironment();
  return { env, fs: new MemoryFileSystem(env) };
});

async function memoryTree(options?: MemoryFileSystemOptions): Promise<Tree & { fs: MemoryFileSystem }> {
  const env = await newEnvironment();
  const fs = new MemoryFileSystem(env, options);
  return Object.assign(Tree.over(env, fs), { fs });
}

test('a limit of bytes ends a write early, then refuses', async () => {
  const t = await memoryTree({ maxBytes: 4 * 4096 });
  const file = t.open('/a', F.O_RDWR | F.O_CREAT);
  assert.is(t.writeFile(file, new Uint8Array(10_000)), 10_000);
  assert.is(t.writeFile(file, new Uint8Array(10_000)), 4 * 4096 - 10_000);
  assert.is(
    outcome(() => t.writeFile(file, 'x')),
    'ENOSPC',
  );
  assert.is(t.writeFile(file, 'over', 5), 4, 'pages that are there can be written');
  t.truncate('/a', 0);
  assert.is(t.writeFile(file, new Uint8Array(100), 0), 100);
  releaseFile(file);
});

test('a limit of inodes', async () => {
  const t = await memoryTree({ maxInodes: 3 });
  t.touch('/a');
  t.mkdir('/b');
  assert.is(
    outcome(() => t.touch('/c')),
    'ENOSPC',
  );
  t.unlink('/a');
  assert.is(
    outcome(() => t.symlink('x', '/c')),
    'ok',
  );
  assert.is(t.fs.statfs().filesFree, 0);
});

test('statfs counts pages', async () => {
  const t = await memoryTree({ maxBytes: 1 << 20 });
  const before = t.fs.statfs();
  t.write('/a', new Uint8Array(5 * 4096));
  assert.is(before.blocksFree - t.fs.statfs().blocksFree, 5);
  assert.is(t.inode('/a').blocks, 5 * 8);
  t.unlink('/a');
  assert.equal(t.fs.statfs(), before);
});

test('frames come back when the last name and the last user are gone', async () => {
  const t = await memoryTree();
  t.write('/warm', new Uint8Array(1 << 20));
  t.unlink('/warm');
  const { exports } = t.env.core;
  const frames = exports.framesInUse();
  const objects = t.env.pages.objects;
  const file = t.open('/a', F.O_RDWR | F.O_CREAT);
  t.writeFile(file, new Uint8Array(1 << 20));
  t.link('/a', '/b');
  t.unlink('/a');
  t.unlink('/b');
  assert.ok(exports.framesInUse() >= frames + 256);
  releaseFile(file);
  assert.is(exports.framesInUse(), frames);
  assert.is(t.env.pages.objects, objects);
  t.write('/x', new Uint8Array(1 << 20));
  t.write('/y', '');
  t.rename('/y', '/x');
  assert.is(exports.framesInUse(), frames, 'renamed over');
});

test('O_PATH keeps an unlinked file, which can be opened again', async () => {
  const t = await memoryTree();
  t.write('/a', 'kept');
  const place = t.open('/a', F.O_PATH);
  t.unlink('/a');
  const again = place.inode.open(F.O_RDONLY);
  assert.is(t.readFile(again), 'kept');
  releaseFile(again);
  releaseFile(place);
  assert.is(place.inode.size, 0, 'gone');
});

test('a full machine: ENOSPC, and what was there stays', async () => {
  const env = await newEnvironment(64);
  const t = Tree.over(env, new MemoryFileSystem(env));
  t.write('/small', 'small');
  const file = t.open('/a', F.O_RDWR | F.O_CREAT);
  const result = outcome(() => {
    for (;;) t.writeFile(file, new Uint8Array(4096 * 4));
  });
  assert.is(result, 'ENOSPC');
  assert.is(t.read('/small'), 'small');
  assert.is(
    outcome(() => file.allocate(0, 0, 2 ** 30)),
    'ENOSPC',
  );
  releaseFile(file);
  t.unlink('/a');
  t.write('/b', new Uint8Array(8192));
  assert.is(t.inode('/b').size, 8192);
});

test('filling it from the host', async () => {
  const t = await memoryTree();
  t.fs.addFile('/bin/prog', Uint8Array.of(1, 2, 3), 0o755);
  t.fs.addFile('/bin/prog', Uint8Array.of(4), 0o700);
  t.fs.addSymlink('/usr/bin', '/bin');
  assert.equal([...t.readBytes(t.open('/usr/bin/prog'))], [4]);
  assert.is(t.inode('/bin/prog').mode & 0o777, 0o700);
});

test.run();
