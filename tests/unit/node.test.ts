/** The host folder: what it shows, what it changes, and that nothing leads out of it. */
import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as E from '../../assembly/shared/errno.js';
import { SysError } from '../../host/linux/error.js';
import { O_RDONLY, O_RDWR, O_WRONLY, RENAME_EXCHANGE, RENAME_NOREPLACE } from '../../host/linux/fcntl.js';
import { S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG } from '../../host/linux/stat.js';
import { NodeFileSystem, type NodeFileSystemOptions } from '../../host/vfs/backends/node.js';
import { errnoOf } from '../../host/vfs/backends/node-errno.js';
import { DescriptorAnchor } from '../../host/vfs/backends/node-place.js';
import type { VfsEnvironment } from '../../host/vfs/environment.js';
import { releaseFile } from '../../host/vfs/openfile.js';
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
import { outcome, Tree } from '../support/tree.js';

const REG = { mode: S_IFREG | 0o644, uid: 0, gid: 0 };
const DIR = { mode: S_IFDIR | 0o755, uid: 0, gid: 0 };
const LNK = { mode: S_IFLNK | 0o777, uid: 0, gid: 0 };

const ANCHORS: readonly ('descriptors' | 'paths')[] = DescriptorAnchor.available() ? ['descriptors', 'paths'] : ['paths'];

type Body = (fs: NodeFileSystem, root: string, env: VfsEnvironment, outside: string) => void;

/** Registers a test once for each way of holding directories. `root` is shared; beside it lies a folder with a secret. */
function each(name: string, options: NodeFileSystemOptions, body: Body): void {
  for (const anchor of ANCHORS) {
    test(`${name} (${anchor})`, async () => {
      const env = await newEnvironment();
      withFolder((folder) => {
        const root = join(folder, 'root');
        const outside = join(folder, 'outside');
        fs.mkdirSync(root);
        fs.mkdirSync(outside);
        fs.writeFileSync(join(outside, 'secret'), 'top secret');
        const volume = new NodeFileSystem(env, root, { ...options, anchor });
        body(volume, root, env, outside);
        assert.is(fs.readFileSync(join(outside, 'secret'), 'utf8'), 'top secret', 'nothing outside was touched');
        assert.equal(fs.readdirSync(outside), ['secret'], 'nothing outside was made');
        volume.close();
      });
    });
  }
}

test('every errno name is translated, others become EIO', () => {
  const error = (code: string): Error => Object.assign(new Error(code), { code });
  assert.is(errnoOf(error('ENOENT')), E.ENOENT);
  assert.is(errnoOf(error('ENOTEMPTY')), E.ENOTEMPTY);
  assert.is(errnoOf(error('ENOTSUP')), E.EOPNOTSUPP);
  assert.is(errnoOf(error('ESOMETHING')), E.EIO);
  assert.is(errnoOf(new Error('no code')), undefined);
});

test('a root that is none', async () => {
  const env = await newEnvironment();
  withFolder((folder) => {
    fs.writeFileSync(join(folder, 'file'), '');
    for (const anchor of ANCHORS) {
      throwsErrno(() => new NodeFileSystem(env, join(folder, 'missing'), { anchor }), E.ENOENT);
      throwsErrno(() => new NodeFileSystem(env, join(folder, 'file'), { anchor }), E.ENOTDIR);
    }
  });
});

each('shows files, directories, links and special files', {}, (volume, root, env) => {
  fs.writeFileSync(join(root, 'a.txt'), 'hello', { mode: 0o640 });
  fs.mkdirSync(join(root, 'd/e'), { recursive: true });
  fs.symlinkSync('/absolute/target', join(root, 'link'));
  fs.linkSync(join(root, 'a.txt'), join(root, 'd/hard'));
  fs.lutimesSync(join(root, 'a.txt'), 100, 1234.5);
  const file = get(volume, 'a.txt');
  assert.is(readText(env, file), 'hello');
  assert.is(file.mode, S_IFREG | 0o640);
  assert.equal([file.uid, file.gid, file.nlink, file.size], [0, 0, 2, 5]);
  assert.equal(file.mtime, { sec: 1234, nsec: 500000000 });
  assert.is(get(volume, 'd/hard'), file, 'one inode for two names');
  assert.is(file.ino, Number(fs.statSync(join(root, 'a.txt')).ino));
  assert.is(get(volume, 'link').readlink(), '/absolute/target');
  assert.is(get(volume, 'link').mode & S_IFMT, S_IFLNK);
  assert.equal(names(volume.root), ['a.txt', 'd', 'link']);
  assert.is(find(volume, 'nothing'), undefined);
  throwsErrno(() => file.lookup('x'), E.ENOTDIR);
  throwsErrno(() => get(volume, 'd').readlink(), E.EINVAL);
  for (const entry of volume.root.readdir()) assert.is(entry.ino, get(volume, entry.name).ino, entry.name);
});

each('a file of many pages, and one that the host changes', {}, (volume, root, env) => {
  const big = Uint8Array.from({ length: 100_001 }, (_, i) => (i * 7) ^ (i >> 8));
  fs.writeFileSync(join(root, 'big'), big);
  assert.equal(readAll(env, get(volume, 'big')), big);
  fs.writeFileSync(join(root, 'big'), 'short now');
  assert.is(readText(env, get(volume, 'big')), 'short now');
  fs.appendFileSync(join(root, 'big'), ', longer again');
  assert.is(readText(env, get(volume, 'big')), 'short now, longer again');
  fs.rmSync(join(root, 'big'));
  assert.is(find(volume, 'big'), undefined);
  fs.writeFileSync(join(root, 'big'), 'another file');
  assert.is(readText(env, get(volume, 'big')), 'another file');
});

each('a read-only mount changes nothing', {}, (volume, root) => {
  fs.writeFileSync(join(root, 'f'), 'x');
  fs.mkdirSync(join(root, 'd'));
  const before = hashFolder(root);
  const { root: top } = volume;
  throwsErrno(() => top.create('n', REG), E.EROFS);
  throwsErrno(() => top.symlink('n', 't', LNK), E.EROFS);
  throwsErrno(() => top.link('n', get(volume, 'f')), E.EROFS);
  throwsErrno(() => top.unlink('f'), E.EROFS);
  throwsErrno(() => top.rmdir('d'), E.EROFS);
  throwsErrno(() => top.rename('f', top, 'g', 0), E.EROFS);
  throwsErrno(() => get(volume, 'f').setattr({ mode: 0o600 }), E.EROFS);
  throwsErrno(() => get(volume, 'f').setattr({ size: 0 }), E.EROFS);
  throwsErrno(() => get(volume, 'f').open(O_RDWR), E.EROFS);
  volume.sync();
  assert.is(hashFolder(root), before);
});

each('a read-write mount changes the host', { readOnly: false }, (volume, root, env) => {
  const at = (name: string): string => join(root, name);
  const old = process.umask(0o077);
  const file = volume.root.create('new', { ...REG, mode: S_IFREG | 0o666 });
  const folder = volume.root.create('sub', { ...DIR, mode: S_IFDIR | 0o777 });
  process.umask(old);
  assert.is(fs.statSync(at('new')).mode & 0o7777, 0o666, 'the guest has a umask of its own');
  assert.is(fs.statSync(at('sub')).mode & 0o7777, 0o777);
  writeAt(env, file, 'written');
  assert.is(fs.readFileSync(at('new'), 'utf8'), '', 'a close writes nothing back');
  volume.sync();
  assert.is(fs.readFileSync(at('new'), 'utf8'), 'written');
  const open = file.open(O_RDWR);
  writeTo(env, open, 'W', 0);
  assert.is(fs.readFileSync(at('new'), 'utf8'), 'written', 'in the cache only');
  open.sync(false);
  assert.is(fs.readFileSync(at('new'), 'utf8'), 'Written');
  open.truncate(3);
  assert.is(fs.readFileSync(at('new'), 'utf8'), 'Wri');
  open.truncate(6);
  assert.equal(readFrom(env, open, 10, 0), new TextEncoder().encode('Wri\0\0\0'));
  releaseFile(open);
  throwsErrno(() => volume.root.create('new', REG), E.EEXIST);
  throwsErrno(() => volume.root.create('sub', DIR), E.EEXIST);
  volume.root.symlink('ln', 'new', LNK);
  assert.is(fs.readlinkSync(at('ln')), 'new');
  folder.link('hard', file);
  assert.is(file.nlink, 2);
  volume.root.rename('new', folder, 'moved', 0);
  assert.ok(fs.existsSync(at('sub/moved')) && !fs.existsSync(at('new')));
  assert.is(get(volume, 'sub/moved'), file);
  throwsErrno(() => volume.root.rmdir('sub'), E.ENOTEMPTY);
  throwsErrno(() => folder.rename('moved', volume.root, 'ln', RENAME_NOREPLACE), E.EEXIST);
  throwsErrno(() => folder.rename('moved', volume.root, 'ln', RENAME_EXCHANGE), E.EINVAL);
  file.setattr({ mode: 0o600, mtime: { sec: 5, nsec: 123456789 } });
  assert.is(fs.statSync(at('sub/moved')).mode & 0o7777, 0o600);
  assert.is(Math.floor(fs.statSync(at('sub/moved')).mtimeMs / 1000), 5);
  assert.equal(get(volume, 'sub/moved').mtime, { sec: 5, nsec: 123456789 });
  folder.unlink('hard');
  assert.is(file.nlink, 1);
  folder.unlink('moved');
  volume.root.rmdir('sub');
  assert.equal(fs.readdirSync(root), ['ln']);
});

each('owners are mapped to root and can only stay so', { readOnly: false }, (volume, root) => {
  fs.writeFileSync(join(root, 'f'), '');
  const file = get(volume, 'f');
  file.setattr({ uid: 0, gid: 0 });
  throwsErrno(() => file.setattr({ uid: 1000 }), E.EPERM);
  throwsErrno(() => file.setattr({ mode: 0o4755 }), E.EPERM);
  throwsErrno(() => volume.root.create('s', { ...REG, mode: S_IFREG | 0o4755 }), E.EPERM);
  throwsErrno(() => volume.root.create('dev', { ...REG, mode: S_IFCHR | 0o644, rdev: 0x103 }), E.EPERM);
  throwsErrno(() => volume.root.create('fifo', { ...REG, mode: S_IFIFO | 0o644 }), E.EPERM);
  assert.equal(fs.readdirSync(root), ['f']);
});

each("the host's owners on request", { owners: 'host' }, (volume, root) => {
  fs.writeFileSync(join(root, 'f'), '');
  const stat = fs.statSync(join(root, 'f'));
  assert.equal([get(volume, 'f').uid, get(volume, 'f').gid], [stat.uid, stat.gid]);
});

each('an unlinked file lives on while it is open', { readOnly: false }, (volume, root, env) => {
  const data = Uint8Array.from({ length: 3 * 4096 + 5 }, (_, i) => i & 255);
  fs.writeFileSync(join(root, 'f'), data);
  const file = get(volume, 'f').open(O_RDWR);
  assert.equal(readFrom(env, file, 10, 0), data.subarray(0, 10));
  volume.root.unlink('f');
  assert.is(find(volume, 'f'), undefined);
  // More files than descriptors are kept: the one without a name must not be lost.
  for (let i = 0; i < 80; i++) {
    fs.writeFileSync(join(root, `other${i}`), `${i}`);
    assert.is(readText(env, get(volume, `other${i}`)), `${i}`);
  }
  assert.equal(readFrom(env, file, 1 << 16, 0), data);
  assert.is(writeTo(env, file, 'end', data.length), 3);
  file.sync(false);
  releaseFile(file);
});

each('what the host has no room for stays dirty, and the other files are stored', { readOnly: false }, (volume, root, env) => {
  const open = ['a', 'b'].map((name) => volume.root.create(name, REG).open(O_RDWR));
  for (const file of open) writeTo(env, file, 'data');
  const { files } = volume;
  const descriptor = files.descriptor.bind(files);
  files.descriptor = (file, writable) => {
    if (file.place.name === 'a' && writable) throw new SysError(E.ENOSPC);
    return descriptor(file, writable);
  };
  volume.sync();
  assert.is(fs.readFileSync(join(root, 'b'), 'utf8'), 'data');
  throwsErrno(() => open[0].sync(false), E.ENOSPC);
  releaseFile(open[0]);
  assert.is(volume.writeBack()?.errno, E.ENOSPC);
  files.descriptor = descriptor;
  assert.is(fs.readFileSync(join(root, 'a'), 'utf8'), '');
  volume.sync();
  assert.is(fs.readFileSync(join(root, 'a'), 'utf8'), 'data');
  releaseFile(open[1]);
});

each('names that are not UTF-8 survive', { readOnly: false }, (volume, root, env) => {
  const bytes = Buffer.concat([Buffer.from(`${root}/caf`), Buffer.from([0xe9, 0xff])]);
  fs.writeFileSync(bytes, 'latin');
  const [name] = names(volume.root);
  assert.is(name, 'caf\udce9\udcff');
  assert.is(readText(env, get(volume, name)), 'latin');
  volume.root.rename(name, volume.root, 'x\udcfe', 0);
  assert.is(readText(env, get(volume, 'x\udcfe')), 'latin');
});

each('a deep tree', { readOnly: false }, (volume, root, env) => {
  let at = volume.root;
  for (let i = 0; i < 300; i++) at = at.create(`d${i}`, DIR);
  const file = at.create('f', REG);
  writeAt(env, file, 'deep');
  assert.is(readText(env, file), 'deep');
  assert.ok(fs.existsSync(join(root, 'd0/d1/d2/d3')));
});

each('links never lead out by themselves', { readOnly: false }, (volume, root, env, outside) => {
  fs.symlinkSync(outside, join(root, 'out'));
  fs.symlinkSync(join(outside, 'secret'), join(root, 'file'));
  fs.symlinkSync(join(outside, 'new'), join(root, 'dangling'));
  // A symbolic link is only that: it has no entries and no contents, and creating over it fails.
  throwsErrno(() => get(volume, 'out').lookup('secret'), E.ENOTDIR);
  throwsErrno(() => get(volume, 'out').readdir(), E.ENOTDIR);
  throwsErrno(() => get(volume, 'file').open(O_RDONLY), E.ENODEV);
  throwsErrno(() => volume.root.create('dangling', REG), E.EEXIST);
  throwsErrno(() => get(volume, 'file').setattr({ mode: 0o777 }), E.EOPNOTSUPP);
  get(volume, 'file').setattr({ mtime: { sec: 1, nsec: 0 } });
  assert.is.not(Math.floor(fs.statSync(join(outside, 'secret')).mtimeMs), 1000);
  for (const name of ['..', '.', '', 'a/b', '../outside', '../outside/secret', '/etc', 'a\0b']) {
    for (const call of [
      () => volume.root.lookup(name),
      () => volume.root.create(name, REG),
      () => volume.root.unlink(name),
      () => volume.root.symlink(name, 't', LNK),
      () => volume.root.rename('out', volume.root, name, 0),
    ]) {
      throwsErrno(call, E.EINVAL, JSON.stringify(name));
    }
  }
  volume.root.unlink('file');
  assert.is(readText(env, volume.root.create('file', REG)), '');
});

each("links and '..' are walked inside the guest's root", { readOnly: false }, (volume, root, env, outside) => {
  fs.symlinkSync(outside, join(root, 'out'));
  fs.symlinkSync('../outside/secret', join(root, 'up'));
  fs.symlinkSync('/inner', join(root, 'abs'));
  fs.writeFileSync(join(root, 'inner'), 'inside');
  fs.mkdirSync(join(root, 'd'));
  fs.symlinkSync('../../../../../../../..', join(root, 'd/top'));
  const tree = Tree.over(env, volume);
  const up = '../'.repeat(20);
  for (const path of [
    '/out/secret',
    '/up',
    `/${up}outside/secret`,
    `/d/top/outside/secret`,
    `${outside}/secret`,
    `/d/top${outside}/secret`,
  ]) {
    assert.is(
      outcome(() => tree.read(path)),
      'ENOENT',
      path,
    );
    assert.is(
      outcome(() => tree.write(path, 'overwritten')),
      'ENOENT',
      path,
    );
  }
  assert.is(tree.read('/abs'), 'inside');
  assert.is(tree.read('/d/top/inner'), 'inside');
  assert.is(tree.read(`/d/${up}inner`), 'inside');
  // Writing through a dangling link makes a file of the guest's.
  tree.mkdir('/outside2');
  fs.symlinkSync('/outside2/made', join(root, 'dangling'));
  tree.write('/dangling', 'made');
  assert.ok(fs.existsSync(join(root, 'outside2/made')));
  volume.sync();
  assert.is(fs.readFileSync(join(root, 'outside2/made'), 'utf8'), 'made');
});

each('a directory swapped for a link between two calls', { readOnly: false }, (volume, root, env, outside) => {
  fs.mkdirSync(join(root, 'd'));
  fs.writeFileSync(join(root, 'd/secret'), 'harmless');
  const directory = get(volume, 'd');
  const file = get(volume, 'd/secret');
  const swap = (): void => {
    fs.renameSync(join(root, 'd'), join(root, 'aside'));
    fs.symlinkSync(outside, join(root, 'd'));
  };
  swap();
  // Whatever comes of these calls, it is nothing of the other folder.
  const attempts: (() => unknown)[] = [
    () => assert.is.not(readText(env, directory.lookup('secret') ?? file), 'top secret'),
    () => assert.is.not(readText(env, file), 'top secret'),
    () => writeAt(env, file, 'HARMLESS'),
    () => directory.create('made', REG),
    () => directory.create('madedir', DIR),
    () => directory.symlink('madelink', 'x', LNK),
    () => directory.link('madehard', file),
    () => file.setattr({ mode: 0o777 }),
    () => file.setattr({ size: 0 }),
    () => directory.rename('secret', volume.root, 'taken', 0),
    () => volume.root.rename('aside', directory, 'in', 0),
    () => directory.unlink('secret'),
  ];
  for (const attempt of attempts) {
    const errno = errnoFrom(attempt);
    assert.ok(errno === 0 || [E.ESTALE, E.ENOENT, E.EINVAL, E.EROFS].includes(errno), `errno ${errno}`);
  }
  assert.is(get(volume, 'd').mode & S_IFMT, S_IFLNK, 'a new look shows the link');
});

function errnoFrom(call: () => unknown): number {
  try {
    call();
    return 0;
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'errno' in error && typeof error.errno === 'number') return error.errno;
    throw error;
  }
}

each('a file swapped for a link or a FIFO between two calls', { readOnly: false }, (volume, root, env, outside) => {
  fs.writeFileSync(join(root, 'f'), 'mine');
  const file = get(volume, 'f');
  fs.rmSync(join(root, 'f'));
  fs.symlinkSync(join(outside, 'secret'), join(root, 'f'));
  throwsErrno(() => file.open(O_RDONLY), E.ELOOP);
  throwsErrno(() => file.open(O_WRONLY), E.ELOOP);
  assert.ok([E.ESTALE, E.ELOOP].includes(errnoFrom(() => file.setattr({ mode: 0o777 }))));
  fs.rmSync(join(root, 'f'));
  fs.writeFileSync(join(root, 'f'), 'another');
  const errno = errnoFrom(() => file.open(O_RDONLY));
  assert.ok(errno === E.ESTALE || errno === 0);
  assert.is(readText(env, get(volume, 'f')), 'another');
});

/**
 * The moment that matters lies inside one call: the check has been made, the use has not. Each run swaps a directory for a link to the
 * folder outside right after the n-th path was handed out, for every n, and swaps it back.
 */
each('a directory swapped in the middle of a call', { readOnly: false }, (volume, root, env, outside) => {
  fs.mkdirSync(join(root, 'd'));
  const place = join(root, 'd');
  const aside = join(root, 'aside');
  const calls: ((directory: ReturnType<typeof get>) => unknown)[] = [
    (d) => assert.is.not(readText(env, d.lookup('secret') ?? get(volume, 'none')), 'top secret'),
    (d) =>
      assert.is(
        d.readdir().some((entry) => entry.ino === fs.statSync(join(outside, 'secret')).ino),
        false,
      ),
    (d) => d.lookup('secret')?.setattr({ mode: 0o707 }),
  ];
  fs.writeFileSync(join(place, 'secret'), 'inside');
  const mode = fs.statSync(join(outside, 'secret')).mode;
  for (const call of calls) {
    for (let n = 0; n < 12; n++) {
      const directory = get(volume, 'd');
      const restore = interceptAnchor(volume, n, () => {
        fs.renameSync(place, aside);
        fs.symlinkSync(outside, place);
      });
      errnoFrom(() => {
        try {
          call(directory);
        } catch (error) {
          if (error instanceof Error && error.message.includes('missing')) return;
          throw error;
        }
      });
      restore();
      if (fs.existsSync(aside)) {
        fs.rmSync(place);
        fs.renameSync(aside, place);
      }
    }
  }
  assert.is(fs.statSync(join(outside, 'secret')).mode, mode);
  assert.is(dirname(place), root);
});

/** Calls `swap` right after the n-th path has been handed out: the latest moment before the host uses it. */
function interceptAnchor(volume: NodeFileSystem, n: number, swap: () => void): () => void {
  const { anchor } = volume;
  const { entry, self } = anchor;
  let count = 0;
  const after = <T>(path: T): T => {
    if (count++ === n) swap();
    return path;
  };
  anchor.entry = (directory, name) => after(entry.call(anchor, directory, name));
  anchor.self = (directory) => after(self.call(anchor, directory));
  return () => {
    anchor.entry = entry;
    anchor.self = self;
  };
}

test.run();
