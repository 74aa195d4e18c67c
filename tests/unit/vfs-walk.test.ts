/** Walking paths: mounts, chroots, magic links, openat2's restrictions, and every way out that somebody might try. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as F from '../../host/linux/fcntl.js';
import { S_IFDIR, S_IFLNK } from '../../host/linux/stat.js';
import { MemoryFileSystem } from '../../host/vfs/backends/memory.js';
import { SyntheticDirectory, SyntheticLink } from '../../host/vfs/backends/synthetic.js';
import { Dentry, displayPath, type Location, pathFrom } from '../../host/vfs/dentry.js';
import { releaseFile } from '../../host/vfs/openfile.js';
import { createPipe } from '../../host/vfs/pipe.js';
import type { FileSystem, Inode } from '../../host/vfs/types.js';
import { newEnvironment } from '../support/backends.js';
import { fuzzRounds, fuzzSeed, Random } from '../support/random.js';
import { outcome, Tree } from '../support/tree.js';

async function tree(): Promise<Tree> {
  const env = await newEnvironment(2048);
  return Tree.over(env, new MemoryFileSystem(env, { maxInodes: 20_000 }));
}

function mount(t: Tree, path: string): MemoryFileSystem {
  const fs = new MemoryFileSystem(t.env);
  t.namespace.mount(fs, t.at(path));
  return fs;
}

test('mounts cover, stack, and give back what they covered', async () => {
  const t = await tree();
  t.mkdir('/m');
  t.touch('/m/under');
  mount(t, '/m');
  assert.equal(t.list('/m'), []);
  t.touch('/m/first');
  mount(t, '/m');
  assert.equal(t.list('/m'), []);
  assert.is(t.path(t.at('/m/..')), '/');
  assert.is(
    outcome(() => t.rmdir('/m')),
    'EBUSY',
  );
  assert.is(
    outcome(() => t.rename('/m', '/n')),
    'EBUSY',
  );
  t.namespace.unmount(t.at('/m'));
  assert.equal(t.list('/m'), ['first']);
  t.mkdir('/m/sub');
  mount(t, '/m/sub');
  assert.is(
    outcome(() => t.namespace.unmount(t.at('/m'))),
    'EBUSY',
  );
  assert.is(
    outcome(() => t.namespace.unmount(t.at('/'))),
    'EBUSY',
  );
  t.namespace.unmount(t.at('/m/sub'));
  t.namespace.unmount(t.at('/m'));
  assert.equal(t.list('/m'), ['under']);
  assert.is(
    outcome(() => t.namespace.unmount(t.at('/m'))),
    'EINVAL',
  );
});

test('a bind mount shows a directory twice; mounts on it are one side only', async () => {
  const t = await tree();
  for (const path of ['/a', '/a/x', '/b']) t.mkdir(path);
  t.namespace.bind(t.at('/a'), t.at('/b'));
  t.touch('/b/x/f');
  assert.equal(t.list('/a/x'), ['f']);
  assert.is(t.path(t.at('/b/x')), '/b/x');
  assert.is(t.path(t.at('/b/x/../..')), '/');
  mount(t, '/b/x');
  assert.equal(t.list('/b/x'), []);
  assert.equal(t.list('/a/x'), ['f']);
  assert.is(t.namespace.mounts[1].rootPath, '/a');
  assert.is(
    outcome(() => t.rename('/a/x/f', '/b/f')),
    'EXDEV',
  );
  assert.is(
    outcome(() => t.rmdir('/a/x')),
    'EBUSY',
  );
});

test('moving a directory out of a chroot does not open the way beyond the namespace', async () => {
  const t = await tree();
  for (const path of ['/jail', '/jail/in', '/out']) t.mkdir(path);
  t.write('/secret', 's');
  const jailed = t.as(0);
  jailed.ctx.root = t.at('/jail');
  jailed.ctx.cwd = t.at('/jail/in');
  assert.is(jailed.path(jailed.at('../../../..')), '/');
  assert.is(
    outcome(() => jailed.at('/../secret')),
    'ENOENT',
  );
  t.rename('/jail/in', '/out/in');
  // chroot(2) says so itself: no protection then. But '/' is still the end.
  assert.is(t.path(jailed.at('../../../../../..')), '/');
  assert.is(pathFrom(jailed.ctx.cwd, jailed.ctx.root).reachable, false);
});

test('links cannot leave a root', async () => {
  const t = await tree();
  for (const path of ['/jail', '/jail/d', '/outside']) t.mkdir(path);
  t.write('/outside/secret', 's');
  t.symlink('/outside/secret', '/jail/abs');
  t.symlink('../../../../outside/secret', '/jail/d/rel');
  t.symlink('d/rel', '/jail/chain');
  t.symlink('/', '/jail/top');
  t.symlink('../..', '/jail/d/up');
  const j = t.as(0);
  j.ctx.root = t.at('/jail');
  j.ctx.cwd = j.ctx.root;
  for (const path of [
    'abs',
    'd/rel',
    'chain',
    'top/outside/secret',
    'd/up/outside/secret',
    'top/../../outside/secret',
    '//../outside/secret',
  ]) {
    assert.is(
      outcome(() => j.at(path)),
      'ENOENT',
      path,
    );
  }
  assert.is(j.path(j.at('top')), '/');
  assert.is(t.path(j.at('d/up/top/../d/up')), '/jail');
});

test('random trees, links and renames: nothing below a root ever resolves to something outside', async () => {
  const seed = fuzzSeed(7);
  const random = new Random(seed);
  const t = await tree();
  t.mkdir('/outside');
  t.mkdir('/outside/secret');
  const outside = new Set<Inode>([t.inode('/'), t.inode('/outside'), t.inode('/outside/secret')]);
  t.mkdir('/jail');
  const j = t.as(0);
  j.ctx.root = t.at('/jail');
  j.ctx.cwd = j.ctx.root;
  const names = ['a', 'b', 'c', 'outside', 'secret', '..', '..', '.'];
  const path = (): string => {
    const parts = Array.from({ length: 1 + random.below(6) }, () => random.pick(names));
    return (random.chance(0.4) ? '/' : '') + parts.join('/') + (random.chance(0.2) ? '/' : '');
  };
  let resolved = 0;
  for (let i = 0; i < fuzzRounds(1) * 5000; i++) {
    outcome(() => {
      const kind = random.below(6);
      if (kind === 0) j.mkdir(path());
      else if (kind === 1) j.symlink(path(), path());
      else if (kind === 2) j.rename(path(), path(), random.chance(0.2) ? F.RENAME_EXCHANGE : 0);
      else if (kind === 3) j.cd(path());
      else if (kind === 4) j.touch(path());
    });
    outcome(() => {
      const found = j.at(path());
      resolved++;
      assert.not.ok(outside.has(found.inode), `seed ${seed}, step ${i}`);
      assert.ok(pathFrom(found, j.ctx.root).reachable, `seed ${seed}, step ${i}: ${j.path(found)}`);
    });
  }
  assert.ok(resolved > 500, `${resolved}`);
  assert.equal(t.list('/outside'), ['secret']);
  assert.equal(t.list('/outside/secret'), []);
});

test('RESOLVE_*', async () => {
  const t = await tree();
  for (const path of ['/d', '/d/e', '/d/m', '/other']) t.mkdir(path);
  t.write('/d/f', 'x');
  t.symlink('f', '/d/l');
  t.symlink('/d/f', '/d/abs');
  t.symlink('..', '/d/up');
  t.symlink('/f', '/d/rootf');
  mount(t, '/d/m');
  t.cd('/d');
  const at = (path: string, resolve: number, follow = true): string => outcome(() => t.at(path, { resolve, follow }));
  assert.is(at('f', F.RESOLVE_BENEATH), 'ok');
  assert.is(at('l', F.RESOLVE_BENEATH), 'ok');
  assert.is(at('e/..', F.RESOLVE_BENEATH), 'ok');
  assert.is(at('e/../..', F.RESOLVE_BENEATH), 'EXDEV');
  assert.is(at('/d/f', F.RESOLVE_BENEATH), 'EXDEV');
  assert.is(at('abs', F.RESOLVE_BENEATH), 'EXDEV');
  assert.is(at('up', F.RESOLVE_BENEATH), 'EXDEV');
  assert.is(at('/f', F.RESOLVE_IN_ROOT), 'ok');
  assert.is(at('rootf', F.RESOLVE_IN_ROOT), 'ok');
  assert.is(at('../../f', F.RESOLVE_IN_ROOT), 'ok');
  assert.is(at('abs', F.RESOLVE_IN_ROOT), 'ENOENT');
  assert.is(at('l', F.RESOLVE_NO_SYMLINKS), 'ELOOP');
  assert.is(at('l', F.RESOLVE_NO_SYMLINKS, false), 'ok');
  assert.is(at('m', F.RESOLVE_NO_XDEV), 'EXDEV');
  assert.is(at('e', F.RESOLVE_NO_XDEV), 'ok');
  t.cd('/d/m');
  assert.is(at('..', F.RESOLVE_NO_XDEV), 'EXDEV');
});

/** A directory with one magic link, as /proc/self/fd has them. */
function magicFileSystem(env: Tree['env'], target: () => Location): FileSystem {
  const fs: { -readonly [K in keyof FileSystem]: FileSystem[K] } = {
    name: 'magic',
    dev: env.allocateDev(),
    readOnly: false,
    root: undefined as unknown as Inode,
    statfs: () => ({ type: 1, blockSize: 4096, blocks: 0, blocksFree: 0, files: 0, filesFree: 0, nameMax: 255 }),
    sync: () => undefined,
  };
  const place = (mode: number) => ({ fs, ino: 1, mode, uid: 0, gid: 0, time: env.now() });
  const link = new SyntheticLink(place(0o777), () => 'magic', target);
  fs.root = new SyntheticDirectory(place(0o755), {
    lookup: (name) => (name === 'link' ? link : undefined),
    list: () => [{ name: 'link', ino: 1, type: S_IFLNK }],
  });
  return fs;
}

test('magic links lead to a place, whatever its path', async () => {
  const t = await tree();
  t.mkdir('/p');
  t.mkdir('/d');
  t.write('/d/f', 'found');
  let target = t.at('/d');
  t.namespace.mount(
    magicFileSystem(t.env, () => target),
    t.at('/p'),
  );
  assert.is(t.read('/p/link/f'), 'found');
  assert.is(t.path(t.at('/p/link')), '/d');
  assert.is(t.readlink('/p/link'), 'magic');
  assert.is(
    outcome(() => t.at('/p/link', { resolve: F.RESOLVE_NO_MAGICLINKS })),
    'ELOOP',
  );
  assert.is(
    outcome(() => t.at('/p/link', { resolve: F.RESOLVE_IN_ROOT })),
    'EXDEV',
  );
  target = t.at('/d/f');
  t.unlink('/d/f');
  assert.is(t.path(target), '/d/f');
  assert.is(displayPath(target, t.ctx.root), '/d/f (deleted)');
  assert.is(
    outcome(() => t.at('/p/link/')),
    'ENOTDIR',
  );
  assert.is(
    outcome(() => t.at('/p/link/x')),
    'ENOTDIR',
  );

  const [read, write] = createPipe(t.namespace, 0);
  target = write.location as Location;
  t.write('/p/link', 'through the link', F.O_WRONLY | F.O_TRUNC | F.O_CREAT);
  assert.is(t.readFile(read), 'through the link');
  assert.match(displayPath(target, t.ctx.root), /^pipe:\[\d+\]$/);
  releaseFile(read);
  releaseFile(write);
});

test('deep trees and long chains do not use the stack', async () => {
  const t = await tree();
  t.ctx.cwd = t.ctx.root;
  for (let i = 0; i < 5000; i++) {
    t.mkdir('d');
    t.cd('d');
  }
  assert.is(t.cwd.length, 10_000);
  t.cd('../'.repeat(1300));
  assert.is(t.cwd.length, 2 * 3700);
  assert.is(
    outcome(() => t.rename('/d', `${'../'.repeat(100)}x/y`)),
    'ENOENT',
  );
  assert.is(
    outcome(() => t.rename('/d', 'inside')),
    'EINVAL',
  );
});

test('a directory is not read like a file', async () => {
  const t = await tree();
  const file = t.open('/', F.O_RDONLY);
  assert.is(
    outcome(() => t.readFile(file)),
    'EISDIR',
  );
  assert.is(file.seek(3, F.SEEK_SET), 3);
  assert.is(
    outcome(() => file.seek(0, F.SEEK_END)),
    'EINVAL',
  );
  assert.is(
    outcome(() => file.mapObject()),
    'ENODEV',
  );
});

test('hostile names', async () => {
  const t = await tree();
  for (const bad of ['a\0b', '\0', '/x\0']) {
    assert.is(
      outcome(() => t.touch(bad)),
      'EINVAL',
    );
  }
  assert.is(
    outcome(() => t.touch('x'.repeat(100_000))),
    'ENAMETOOLONG',
  );
  assert.is(
    outcome(() => t.touch('é'.repeat(128))),
    'ENAMETOOLONG',
  );
  assert.is(
    outcome(() => t.touch('é'.repeat(127))),
    'ok',
  );
  t.touch('__proto__');
  t.touch('constructor');
  assert.ok(t.list('/').includes('__proto__'));
  assert.is(
    outcome(() => t.at('toString')),
    'ENOENT',
  );
  t.symlink('s'.repeat(4095), '/long');
  assert.is(
    outcome(() => t.at('/long')),
    'ENAMETOOLONG',
  );
  assert.is(
    outcome(() => t.symlink('s'.repeat(4096), '/longer')),
    'ENAMETOOLONG',
  );
});

test('dentries of a directory that is not cached stay few, and mounts in it stay', async () => {
  const t = await tree();
  t.mkdir('/p');
  const fs = magicFileSystem(t.env, () => t.at('/'));
  const root = fs.root as SyntheticDirectory;
  const made = new Map<string, Inode>();
  const open = new SyntheticDirectory(
    { fs, ino: 2, mode: 0o755, uid: 0, gid: 0, time: t.env.now() },
    {
      lookup: (name) => {
        if (!made.has(name))
          made.set(name, new SyntheticDirectory({ fs, ino: made.size, mode: 0o755, uid: 0, gid: 0, time: t.env.now() }, root.entries));
        return made.get(name);
      },
      list: () => [{ name: 'x', ino: 1, type: S_IFDIR }],
    },
  );
  (fs as { root: Inode }).root = open;
  t.namespace.mount(fs, t.at('/p'));
  assert.is(t.at('/p/same').dentry, t.at('/p/same').dentry);
  const mounted = new MemoryFileSystem(t.env);
  t.namespace.mount(mounted, t.at('/p/m'));
  for (let i = 0; i < 2000; i++) t.at(`/p/${i}`);
  assert.is(t.inode('/p/m'), mounted.root);
  made.set('same', open);
  assert.is(t.inode('/p/same'), open, 'looked up again');
  assert.instance(t.at('/p/same').dentry, Dentry);
});

test.run();
