/** The overlay: a lower layer that never changes under a tree that does. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as E from '../../assembly/shared/errno.js';
import { O_RDONLY, O_RDWR, RENAME_EXCHANGE, RENAME_NOREPLACE, XATTR_CREATE } from '../../host/linux/fcntl.js';
import { S_IFDIR, S_IFLNK, S_IFREG } from '../../host/linux/stat.js';
import { NodeFileSystem } from '../../host/vfs/backends/node.js';
import { OverlayFileSystem } from '../../host/vfs/backends/overlay.js';
import { bytesSource, TarFileSystem } from '../../host/vfs/backends/tar.js';
import type { VfsEnvironment } from '../../host/vfs/environment.js';
import { releaseFile } from '../../host/vfs/openfile.js';
import type { FileSystem, Inode } from '../../host/vfs/types.js';
import {
  find,
  get,
  hashFolder,
  names,
  newEnvironment,
  readAll,
  readFrom,
  readText,
  throwsErrno,
  withFolder,
  writeAt,
  writeTo,
} from '../support/backends.js';
import { makeTar, paxHeader } from '../support/tar.js';

const REG = { mode: S_IFREG | 0o644, uid: 0, gid: 0 };
const DIR = { mode: S_IFDIR | 0o755, uid: 0, gid: 0 };
const LNK = { mode: S_IFLNK | 0o777, uid: 0, gid: 0 };

const BIG = Uint8Array.from({ length: 40 * 4096 + 100 }, (_, i) => (i * 13) ^ (i >> 9));

/** One tree, made in a folder and in an archive. */
const TREE = makeTar([
  { name: 'etc/', type: '5', mode: 0o755 },
  { name: 'etc/passwd', data: 'root:0\n', mode: 0o644, mtime: 1000 },
  { name: 'etc/hard', type: '1', link: 'etc/passwd' },
  { name: 'etc/deep/er/file', data: 'deep' },
  { name: 'soft', type: '2', link: 'etc/passwd' },
  { name: 'big', data: BIG },
  { name: 'empty/', type: '5' },
]);

function makeTree(folder: string): void {
  fs.mkdirSync(join(folder, 'etc/deep/er'), { recursive: true });
  fs.mkdirSync(join(folder, 'empty'));
  fs.writeFileSync(join(folder, 'etc/passwd'), 'root:0\n', { mode: 0o644 });
  fs.linkSync(join(folder, 'etc/passwd'), join(folder, 'etc/hard'));
  fs.writeFileSync(join(folder, 'etc/deep/er/file'), 'deep');
  fs.symlinkSync('etc/passwd', join(folder, 'soft'));
  fs.writeFileSync(join(folder, 'big'), BIG);
}

interface Case {
  readonly env: VfsEnvironment;
  readonly fs: OverlayFileSystem;
  readonly root: Inode;
}

/** Registers a test over a host folder, an archive, and another overlay; the lower layer must be the same afterwards. */
function each(name: string, body: (c: Case) => void): void {
  const run = (env: VfsEnvironment, lower: FileSystem): void => {
    const overlay = new OverlayFileSystem(env, lower);
    body({ env, fs: overlay, root: overlay.root });
  };
  test(`${name} (over a folder)`, async () => {
    const env = await newEnvironment();
    withFolder((folder) => {
      makeTree(folder);
      const before = hashFolder(folder);
      const lower = new NodeFileSystem(env, folder);
      run(env, lower);
      lower.close();
      assert.is(hashFolder(folder), before, 'the folder is as it was');
    });
  });
  test(`${name} (over an archive)`, async () => {
    const env = await newEnvironment();
    const bytes = TREE.slice();
    run(env, new TarFileSystem(env, bytesSource(bytes)));
    assert.equal(bytes, TREE);
  });
  test(`${name} (over an overlay)`, async () => {
    const env = await newEnvironment();
    const lower = new OverlayFileSystem(env, new TarFileSystem(env, bytesSource(TREE)));
    const before = fingerprint(env, lower.root);
    run(env, lower);
    assert.equal(fingerprint(env, lower.root), before);
  });
}

function fingerprint(env: VfsEnvironment, inode: Inode): unknown {
  const { mode, uid, gid, nlink, size, mtime } = inode;
  const type = mode & 0o170000;
  const inside =
    type === S_IFDIR
      ? inode.readdir().map((entry) => [entry.name, fingerprint(env, inode.lookup(entry.name) as Inode)])
      : type === S_IFLNK
        ? inode.readlink()
        : [...readAll(env, inode)];
  return { mode, uid, gid, nlink, size, mtime, inside };
}

each('shows the lower layer', ({ env, fs: overlay, root }) => {
  assert.equal(names(root), ['big', 'empty', 'etc', 'soft']);
  assert.is(readText(env, get(overlay, 'etc/passwd')), 'root:0\n');
  assert.equal(readAll(env, get(overlay, 'big')), BIG);
  assert.is(get(overlay, 'soft').readlink(), 'etc/passwd');
  assert.is(get(overlay, 'etc/hard'), get(overlay, 'etc/passwd'), 'a hard link is one inode');
  assert.is(get(overlay, 'etc/hard').nlink, 2);
  assert.is(get(overlay, 'etc').nlink, 3);
  for (const entry of root.readdir()) assert.is(entry.ino, get(overlay, entry.name).ino);
  assert.is(get(overlay, 'etc/passwd').ino, get(overlay, 'etc/passwd').ino);
});

each('writes go to memory, page by page', ({ env, fs: overlay }) => {
  const file = get(overlay, 'big');
  const { ino } = file;
  const early = file.open(O_RDONLY);
  const frames = env.core.exports.framesInUse();
  writeAt(env, file, 'CHANGED', 20 * 4096 + 10);
  assert.ok(env.core.exports.framesInUse() - frames < 12, 'only what was touched is in memory');
  const wanted = BIG.slice();
  wanted.set(new TextEncoder().encode('CHANGED'), 20 * 4096 + 10);
  assert.equal(readAll(env, file), wanted);
  assert.equal(readFrom(env, early, 7, 20 * 4096 + 10), new TextEncoder().encode('CHANGED'), 'a reader from before sees it');
  releaseFile(early);
  assert.is(file.ino, ino);
  assert.is(get(overlay, 'big'), file);
  // What is clean can go and comes back from below; what was written stays.
  env.pages.reclaim();
  overlay.sync();
  assert.equal(readAll(env, file), wanted);
});

each('truncation hides the lower data for good', ({ env, fs: overlay }) => {
  const file = get(overlay, 'big');
  file.setattr({ size: 4096 + 5 });
  file.setattr({ size: 3 * 4096 });
  const wanted = new Uint8Array(3 * 4096);
  wanted.set(BIG.subarray(0, 4096 + 5));
  assert.equal(readAll(env, file), wanted);
  env.pages.reclaim();
  assert.equal(readAll(env, file), wanted);
  file.setattr({ size: 0 });
  writeAt(env, file, 'end', BIG.length - 3);
  assert.is(file.size, BIG.length);
  assert.is(
    readAll(env, file)
      .subarray(0, -3)
      .every((byte) => byte === 0),
    true,
  );
});

each('a write beyond the end leaves zeros between', ({ env, fs: overlay }) => {
  const file = get(overlay, 'etc/passwd');
  writeAt(env, file, 'X', 10000);
  const bytes = readAll(env, file);
  assert.is(new TextDecoder().decode(bytes.subarray(0, 7)), 'root:0\n');
  assert.ok(bytes.subarray(7, 10000).every((byte) => byte === 0));
  assert.is(bytes.length, 10001);
  assert.is(get(overlay, 'etc/hard').size, 10001, 'through the other name, too');
});

each('metadata', ({ fs: overlay }) => {
  const file = get(overlay, 'etc/passwd');
  const { ino } = file;
  file.setattr({ mode: 0o4711, uid: 12, gid: 34, mtime: { sec: 9, nsec: 8 } });
  const again = get(overlay, 'etc/passwd');
  assert.equal([again.mode, again.uid, again.gid, again.mtime, again.ino], [S_IFREG | 0o4711, 12, 34, { sec: 9, nsec: 8 }, ino]);
  get(overlay, 'empty').setattr({ mode: 0o700 });
  assert.is(get(overlay, 'empty').mode, S_IFDIR | 0o700);
  file.setxattr?.('user.a', new Uint8Array([1, 2]), 0);
  assert.equal(file.getxattr?.('user.a'), new Uint8Array([1, 2]));
  throwsErrno(() => file.setxattr?.('user.a', new Uint8Array(0), XATTR_CREATE), E.EEXIST);
  file.removexattr?.('user.a');
  throwsErrno(() => file.removexattr?.('user.a'), E.ENODATA);
  assert.equal(file.listxattr?.(), []);
});

each('names are removed and made again', ({ env, fs: overlay, root }) => {
  root.unlink('big');
  assert.is(find(overlay, 'big'), undefined);
  assert.equal(names(root), ['empty', 'etc', 'soft']);
  throwsErrno(() => root.unlink('big'), E.ENOENT);
  const file = root.create('big', REG);
  assert.is(file.size, 0);
  writeAt(env, file, 'small');
  assert.is(readText(env, get(overlay, 'big')), 'small');
  throwsErrno(() => root.create('big', REG), E.EEXIST);
  throwsErrno(() => root.create('etc', DIR), E.EEXIST);
  root.unlink('big');
  assert.is(find(overlay, 'big'), undefined);
  root.symlink('big', 'elsewhere', LNK);
  assert.is(get(overlay, 'big').readlink(), 'elsewhere');
  const etc = get(overlay, 'etc');
  etc.unlink('hard');
  assert.is(get(overlay, 'etc/passwd').nlink, 1);
  throwsErrno(() => root.unlink('etc'), E.EISDIR);
  throwsErrno(() => root.rmdir('soft'), E.ENOTDIR);
});

each('directories: removed when empty, opaque when made again', ({ fs: overlay, root }) => {
  throwsErrno(() => root.rmdir('etc'), E.ENOTEMPTY);
  root.rmdir('empty');
  const etc = get(overlay, 'etc');
  throwsErrno(() => etc.rmdir('deep'), E.ENOTEMPTY);
  const deep = get(overlay, 'etc/deep');
  get(overlay, 'etc/deep/er').unlink('file');
  deep.rmdir('er');
  etc.rmdir('deep');
  assert.is(deep.nlink, 0);
  throwsErrno(() => deep.create('late', REG), E.ENOENT);
  assert.is(etc.nlink, 2);
  const again = etc.create('deep', DIR);
  assert.equal(names(again), []);
  assert.is(again.lookup('er'), undefined, 'nothing of the lower directory shows through');
  assert.is(etc.nlink, 3);
});

each('lower directories are renamed whole', ({ env, fs: overlay, root }) => {
  const etc = get(overlay, 'etc');
  const { ino } = etc;
  root.rename('etc', root, 'config', 0);
  assert.is(find(overlay, 'etc'), undefined);
  assert.is(get(overlay, 'config').ino, ino);
  assert.is(readText(env, get(overlay, 'config/deep/er/file')), 'deep');
  get(overlay, 'config').rename('deep', get(overlay, 'empty'), 'deeper', 0);
  assert.is(readText(env, get(overlay, 'empty/deeper/er/file')), 'deep');
  assert.equal(names(get(overlay, 'config')), ['hard', 'passwd']);
  assert.is(get(overlay, 'config').nlink, 2);
  throwsErrno(() => root.rename('empty', get(overlay, 'empty/deeper/er'), 'x', 0), E.EINVAL);
  throwsErrno(() => root.rename('config', root, 'empty', 0), E.ENOTEMPTY);
  throwsErrno(() => root.rename('config', root, 'soft', 0), E.ENOTDIR);
  throwsErrno(() => root.rename('soft', root, 'config', 0), E.EISDIR);
  throwsErrno(() => root.rename('soft', root, 'big', RENAME_NOREPLACE), E.EEXIST);
  throwsErrno(() => root.rename('nothing', root, 'x', 0), E.ENOENT);
  root.create('etc', DIR);
  assert.equal(names(get(overlay, 'etc')), []);
});

each('files are renamed over others, and exchanged', ({ env, fs: overlay, root }) => {
  const file = get(overlay, 'etc/passwd');
  get(overlay, 'etc').rename('passwd', root, 'big', 0);
  assert.is(get(overlay, 'big'), file);
  assert.is(readText(env, file), 'root:0\n');
  assert.is(find(overlay, 'etc/passwd'), undefined);
  // Two names of one file: nothing happens.
  get(overlay, 'etc').rename('hard', root, 'big', 0);
  assert.is(find(overlay, 'etc/hard'), file);
  root.rename('soft', root, 'etc', RENAME_EXCHANGE);
  assert.is(get(overlay, 'etc').readlink(), 'etc/passwd');
  assert.is(find(overlay, 'soft/hard'), file);
  throwsErrno(() => root.rename('big', root, 'none', RENAME_EXCHANGE), E.ENOENT);
});

each('links and files without a name', ({ env, fs: overlay, root }) => {
  const file = get(overlay, 'etc/passwd');
  root.link('third', file);
  assert.is(file.nlink, 3);
  writeAt(env, get(overlay, 'third'), 'R');
  assert.is(readText(env, get(overlay, 'etc/hard')), 'Root:0\n');
  const unnamed = root.createUnnamed?.(REG, true) as Inode;
  const open = unnamed.open(O_RDWR);
  writeTo(env, open, 'nameless');
  root.link('named', unnamed);
  releaseFile(open);
  assert.is(readText(env, get(overlay, 'named')), 'nameless');
  const secret = root.createUnnamed?.(REG, false) as Inode;
  throwsErrno(() => root.link('no', secret), E.ENOENT);
});

each('an unlinked file lives on while it is open, then its memory goes', ({ env, fs: overlay, root }) => {
  const file = get(overlay, 'big').open(O_RDWR);
  root.unlink('big');
  assert.equal(readFrom(env, file, BIG.length, 0), BIG);
  writeTo(env, file, 'still here', 0);
  const frames = env.core.exports.framesInUse();
  releaseFile(file);
  assert.ok(env.core.exports.framesInUse() <= frames - 40);
});

test('a guest can not make names and attributes without end', async () => {
  const env = await newEnvironment();
  const overlay = new OverlayFileSystem(env, new TarFileSystem(env, bytesSource(TREE)));
  const { root } = overlay;
  const before = overlay.statfs().filesFree;
  let made = 0;
  throwsErrno(() => {
    for (;;) root.create(`f${made++}`, REG);
  }, E.ENOSPC);
  assert.is(made - 1, before);
  for (let i = 0; i < made - 1; i++) root.unlink(`f${i}`);
  for (let i = 0; i < before + 10; i++) root.createUnnamed?.(REG, true);
  assert.is(overlay.statfs().filesFree, before);
  const file = root.create('x', REG);
  throwsErrno(() => {
    for (let i = 0; ; i++) file.setxattr?.(`user.${i}`, new Uint8Array(60000), 0);
  }, E.ENOSPC);
  root.unlink('x');
  root.create('y', REG).setxattr?.('user.a', new Uint8Array(60000), 0);
});

test('changes of the folder below show until the file is changed above', async () => {
  const env = await newEnvironment();
  withFolder((folder) => {
    makeTree(folder);
    const lower = new NodeFileSystem(env, folder);
    const overlay = new OverlayFileSystem(env, lower);
    assert.is(readText(env, get(overlay, 'etc/passwd')), 'root:0\n');
    fs.writeFileSync(join(folder, 'etc/passwd'), 'changed below');
    assert.is(readText(env, get(overlay, 'etc/passwd')), 'changed below');
    writeAt(env, get(overlay, 'etc/passwd'), 'C');
    fs.writeFileSync(join(folder, 'etc/passwd'), 'changed again, longer');
    assert.is(readText(env, get(overlay, 'etc/passwd')), 'Changed below');
    lower.close();
  });
});

test('attributes of the archive come along', async () => {
  const env = await newEnvironment();
  const tar = new TarFileSystem(
    env,
    bytesSource(makeTar([paxHeader({ 'SCHILY.xattr.user.k': 'v', mtime: '7.5' }), { name: 'f', uid: 1 }])),
  );
  const overlay = new OverlayFileSystem(env, tar);
  const file = get(overlay, 'f');
  assert.equal(file.getxattr?.('user.k'), new TextEncoder().encode('v'));
  assert.equal([file.uid, file.mtime], [1, { sec: 7, nsec: 500000000 }]);
  file.removexattr?.('user.k');
  assert.is(file.getxattr?.('user.k'), undefined);
  assert.ok(get(tar, 'f').getxattr?.('user.k'));
});

test.run();
