/**
 * What every writable file system must do, seen through the VFS: the errors and effects that Linux documents. One suite over all backends:
 * `fileSystemSuite(test, 'memory', make)`.
 */
import * as assert from 'uvu/assert';
import * as F from '../../host/linux/fcntl.js';
import * as S from '../../host/linux/stat.js';
import type { VfsEnvironment } from '../../host/vfs/environment.js';
import { releaseFile } from '../../host/vfs/openfile.js';
import * as O from '../../host/vfs/operations.js';
import type { FileSystem } from '../../host/vfs/types.js';
import { outcome, Tree } from './tree.js';

/** What a backend cannot do by its nature. */
export interface Missing {
  readonly owners?: boolean;
  readonly specials?: boolean;
  readonly exchange?: boolean;
  readonly xattrs?: boolean;
  readonly unnamed?: boolean;
  readonly holes?: boolean;
  readonly setId?: boolean;
}

export interface SuiteBackend {
  readonly env: VfsEnvironment;
  readonly fs: FileSystem;
  /** After the test. */
  readonly clean?: () => void;
}

type Register = (name: string, body: () => Promise<void>) => void;

export function fileSystemSuite(
  test: Register,
  name: string,
  make: () => Promise<SuiteBackend> | SuiteBackend,
  missing: Missing = {},
): void {
  const check = (title: string, body: (t: Tree) => void, skip = false): void => {
    if (skip) return;
    test(`${name}: ${title}`, async () => {
      const { env, fs, clean } = await make();
      try {
        body(Tree.over(env, fs));
      } finally {
        clean?.();
      }
    });
  };

  check('files are created, written, read, truncated', (t) => {
    t.write('/a', 'hello');
    assert.is(t.read('/a'), 'hello');
    assert.is(t.inode('/a').size, 5);
    t.write('/a', ' world', F.O_WRONLY | F.O_APPEND);
    assert.is(t.read('/a'), 'hello world');
    t.truncate('/a', 4);
    assert.is(t.read('/a'), 'hell');
    t.truncate('/a', 6);
    assert.is(t.read('/a'), 'hell\0\0');
    t.touch('/a', F.O_WRONLY | F.O_TRUNC);
    assert.is(t.read('/a'), '');
    assert.is(
      outcome(() => t.truncate('/a', -1)),
      'EINVAL',
    );
  });

  check('open flags', (t) => {
    t.mkdir('/d');
    t.write('/f', 'x');
    t.symlink('f', '/l');
    t.symlink('new', '/dangling');
    const open = (path: string, flags: number): string => outcome(() => t.touch(path, flags));
    assert.is(open('/none', F.O_RDONLY), 'ENOENT');
    assert.is(open('/f', F.O_CREAT | F.O_EXCL | F.O_RDWR), 'EEXIST');
    assert.is(open('/l', F.O_CREAT | F.O_EXCL | F.O_RDWR), 'EEXIST');
    assert.is(open('/dangling', F.O_CREAT | F.O_EXCL | F.O_RDWR), 'EEXIST');
    assert.is(open('/l', F.O_NOFOLLOW), 'ELOOP');
    assert.is(open('/l', F.O_NOFOLLOW | F.O_PATH), 'ok');
    assert.is(open('/f', F.O_DIRECTORY), 'ENOTDIR');
    assert.is(open('/f/', F.O_RDONLY), 'ENOTDIR');
    assert.is(open('/l/', F.O_NOFOLLOW), 'ENOTDIR');
    assert.is(open('/d', F.O_WRONLY), 'EISDIR');
    assert.is(open('/d', F.O_RDONLY | F.O_CREAT), 'EISDIR');
    assert.is(open('/d', F.O_RDONLY | F.O_DIRECTORY), 'ok');
    assert.is(open('/x/', F.O_CREAT | F.O_RDWR), 'EISDIR');
    assert.is(open('/x', F.O_CREAT | F.O_DIRECTORY), 'EINVAL');
    assert.is(open('/f/x', F.O_CREAT | F.O_RDWR), 'ENOTDIR');
    assert.is(open('/none/x', F.O_CREAT | F.O_RDWR), 'ENOENT');
    assert.is(open('', F.O_RDONLY), 'ENOENT');
    assert.is(open('/dangling', F.O_CREAT | F.O_RDWR), 'ok');
    assert.equal(t.list('/'), ['d', 'dangling', 'f', 'l', 'new']);
    assert.is(open(`/${'n'.repeat(256)}`, F.O_CREAT | F.O_RDWR), 'ENAMETOOLONG');
    assert.is(open(`/${'n'.repeat(255)}`, F.O_CREAT | F.O_RDWR), 'ok');
    assert.is(open(`/${'a/'.repeat(2100)}`, F.O_RDONLY), 'ENAMETOOLONG');
  });

  check('a file is read and written through its open file after its name is gone', (t) => {
    const file = t.open('/a', F.O_RDWR | F.O_CREAT);
    t.writeFile(file, 'still here');
    t.unlink('/a');
    assert.is(
      outcome(() => t.at('/a')),
      'ENOENT',
    );
    assert.is(t.readFile(file, 100, 0), 'still here');
    t.writeFile(file, 'STILL', 0);
    assert.is(t.readFile(file, 100, 0), 'STILL here');
    assert.is(file.inode.nlink, 0);
    releaseFile(file);
  });

  check('an appending writer writes at the end, whatever others did', (t) => {
    t.write('/a', 'one');
    const file = t.open('/a', F.O_RDWR | F.O_APPEND);
    t.write('/a', 'longer than before');
    t.writeFile(file, '!');
    assert.is(t.read('/a'), 'longer than before!');
    releaseFile(file);
  });

  check('large files keep their bytes', (t) => {
    const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7) ^ (i >> 8));
    t.write('/big', bytes);
    const file = t.open('/big', F.O_RDWR);
    assert.equal(t.readBytes(file, 1 << 20, 0), bytes);
    assert.equal(t.readBytes(file, 5000, 123_456), bytes.subarray(123_456, 128_456));
    t.writeFile(file, 'patch', 8190);
    bytes.set(new TextEncoder().encode('patch'), 8190);
    assert.equal(t.readBytes(file, 1 << 20, 0), bytes);
    assert.is(t.readBytes(file, 10, 300_000).length, 0);
    assert.is(t.readBytes(file, 10, 1e12).length, 0);
    releaseFile(file);
  });

  check('writing beyond the end leaves zeros between', (t) => {
    const file = t.open('/a', F.O_RDWR | F.O_CREAT);
    t.writeFile(file, 'ab');
    t.writeFile(file, 'z', 10_000);
    assert.is(file.inode.size, 10_001);
    const bytes = t.readBytes(file, 20_000, 0);
    assert.is(bytes[0], 97);
    assert.is(bytes[10_000], 122);
    assert.ok(bytes.subarray(2, 10_000).every((byte) => byte === 0));
    releaseFile(file);
  });

  check('directories: made, listed, removed', (t) => {
    t.mkdir('/d');
    t.mkdir('/d/e/');
    t.touch('/d/f');
    assert.equal(t.list('/d'), ['e', 'f']);
    const call = (f: () => void): string => outcome(f);
    assert.is(
      call(() => t.mkdir('/d')),
      'EEXIST',
    );
    assert.is(
      call(() => t.mkdir('/d/f')),
      'EEXIST',
    );
    assert.is(
      call(() => t.mkdir('/')),
      'EEXIST',
    );
    assert.is(
      call(() => t.mkdir('/d/.')),
      'EEXIST',
    );
    assert.is(
      call(() => t.mkdir('/no/d')),
      'ENOENT',
    );
    assert.is(
      call(() => t.mkdir('/d/f/x')),
      'ENOTDIR',
    );
    assert.is(
      call(() => t.rmdir('/d')),
      'ENOTEMPTY',
    );
    assert.is(
      call(() => t.rmdir('/d/f')),
      'ENOTDIR',
    );
    assert.is(
      call(() => t.rmdir('/d/.')),
      'EINVAL',
    );
    assert.is(
      call(() => t.rmdir('/d/e/..')),
      'ENOTEMPTY',
    );
    assert.is(
      call(() => t.rmdir('/')),
      'EBUSY',
    );
    assert.is(
      call(() => t.unlink('/d/e')),
      'EISDIR',
    );
    assert.is(
      call(() => t.unlink('/d/f/')),
      'ENOTDIR',
    );
    assert.is(
      call(() => t.unlink('/d/e/')),
      'EISDIR',
    );
    assert.is(
      call(() => t.unlink('/d/.')),
      'EISDIR',
    );
    assert.is(
      call(() => t.unlink('/d/x')),
      'ENOENT',
    );
    t.rmdir('/d/e/');
    t.unlink('/d/f');
    t.rmdir('/d');
    assert.equal(t.list('/'), []);
  });

  check('a removed directory that somebody is in has no room for names', (t) => {
    t.mkdir('/d');
    t.cd('/d');
    t.rmdir('/d');
    assert.is(
      outcome(() => t.touch('x')),
      'ENOENT',
    );
    assert.is(
      outcome(() => t.mkdir('x')),
      'ENOENT',
    );
    assert.is(
      outcome(() => t.at('..')),
      'ok',
    );
  });

  check('readdir gives types and inode numbers, and dots in an open directory', (t) => {
    t.mkdir('/d');
    t.touch('/d/f');
    t.mkdir('/d/s');
    t.symlink('f', '/d/l');
    const file = t.open('/d', F.O_RDONLY | F.O_DIRECTORY);
    const entries = file.readdir();
    assert.equal(
      entries.slice(0, 2).map((entry) => [entry.name, entry.ino]),
      [
        ['.', t.inode('/d').ino],
        ['..', t.inode('/').ino],
      ],
    );
    const rest = [...entries.slice(2)].sort((a, b) => (a.name < b.name ? -1 : 1));
    assert.equal(
      rest.map((entry) => [entry.name, entry.type, entry.ino]),
      [
        ['f', S.S_IFREG, t.inode('/d/f').ino],
        ['l', S.S_IFLNK, t.inode('/d/l', { follow: false }).ino],
        ['s', S.S_IFDIR, t.inode('/d/s').ino],
      ],
    );
    releaseFile(file);
  });

  check('positions in an open directory stay while names go', (t) => {
    t.mkdir('/d');
    for (let i = 0; i < 50; i++) t.touch(`/d/${i}`);
    const file = t.open('/d', F.O_RDONLY);
    const seen = new Set<string>();
    for (file.offset = 0; ; ) {
      const part = file.readdir().slice(file.offset, file.offset + 7);
      if (part.length === 0) break;
      file.offset += part.length;
      for (const { name } of part) {
        seen.add(name);
        if (!name.startsWith('.')) t.unlink(`/d/${name}`);
      }
    }
    assert.is(seen.size, 52);
    releaseFile(file);
    t.rmdir('/d');
  });

  check('hard links are one file', (t) => {
    t.write('/a', 'data');
    t.mkdir('/d');
    t.link('/a', '/d/b');
    assert.is(t.inode('/a'), t.inode('/d/b'));
    assert.is(t.inode('/a').nlink, 2);
    t.write('/d/b', 'changed');
    assert.is(t.read('/a'), 'changed');
    t.unlink('/a');
    assert.is(t.inode('/d/b').nlink, 1);
    assert.is(t.read('/d/b'), 'changed');
    assert.is(
      outcome(() => t.link('/d', '/e')),
      'EPERM',
    );
    assert.is(
      outcome(() => t.link('/d/b', '/d/b')),
      'EEXIST',
    );
    assert.is(
      outcome(() => t.link('/none', '/x')),
      'ENOENT',
    );
    assert.is(
      outcome(() => t.link('/d/b', '/x/')),
      'ENOENT',
    );
  });

  check('symbolic links', (t) => {
    t.mkdir('/d');
    t.write('/d/f', 'target');
    t.symlink('d/f', '/rel');
    t.symlink('/d/f', '/abs');
    t.symlink('../d', '/d/up');
    t.symlink('loop2', '/loop1');
    t.symlink('loop1', '/loop2');
    assert.is(t.read('/rel'), 'target');
    assert.is(t.read('/abs'), 'target');
    assert.is(t.read('/d/up/up/up/f'), 'target');
    assert.is(t.readlink('/rel'), 'd/f');
    assert.is(t.inode('/rel', { follow: false }).size, 3);
    assert.is(
      outcome(() => t.at('/loop1')),
      'ELOOP',
    );
    assert.is(
      outcome(() => t.readlink('/d')),
      'EINVAL',
    );
    assert.is(
      outcome(() => t.symlink('x', '/rel')),
      'EEXIST',
    );
    assert.is(
      outcome(() => t.symlink('', '/empty')),
      'ENOENT',
    );
    t.unlink('/rel');
    assert.is(t.read('/d/f'), 'target');
  });

  check('forty links may be followed, one more may not', (t) => {
    t.write('/f', 'x');
    t.symlink('f', '/l1');
    for (let i = 2; i <= 41; i++) t.symlink(`l${i - 1}`, `/l${i}`);
    assert.is(t.read('/l40'), 'x');
    assert.is(
      outcome(() => t.at('/l41')),
      'ELOOP',
    );
  });

  check('rename moves and replaces', (t) => {
    t.write('/a', 'A');
    t.write('/b', 'B');
    t.mkdir('/d');
    t.rename('/a', '/d/c');
    assert.is(t.read('/d/c'), 'A');
    t.rename('/b', '/d/c');
    assert.is(t.read('/d/c'), 'B');
    assert.equal(t.list('/'), ['d']);
    t.mkdir('/e');
    t.rename('/d', '/e/');
    assert.equal(t.list('/'), ['e']);
    assert.is(t.read('/e/c'), 'B');
    t.rename('/e/c', '/e/c');
    assert.is(t.read('/e/c'), 'B');
  });

  check('rename says no as Linux does', (t) => {
    t.mkdir('/d');
    t.mkdir('/d/e');
    t.mkdir('/full');
    t.touch('/full/x');
    t.touch('/f');
    const rename = (from: string, to: string, flags = 0): string => outcome(() => t.rename(from, to, flags));
    assert.is(rename('/none', '/x'), 'ENOENT');
    assert.is(rename('/f', '/none/x'), 'ENOENT');
    assert.is(rename('/d', '/d/e/x'), 'EINVAL');
    assert.is(rename('/d', '/d'), 'ok');
    assert.is(rename('/d/e', '/d'), 'ENOTEMPTY');
    assert.is(rename('/d', '/full'), 'ENOTEMPTY');
    assert.is(rename('/d', '/f'), 'ENOTDIR');
    assert.is(rename('/f', '/d'), 'EISDIR');
    assert.is(rename('/f/', '/g'), 'ENOTDIR');
    assert.is(rename('/f', '/g/'), 'ENOTDIR');
    assert.is(rename('/d/.', '/g'), 'EBUSY');
    assert.is(rename('/d', '/d/..'), 'EBUSY');
    assert.is(rename('/f', '/full', F.RENAME_NOREPLACE), 'EEXIST');
    assert.is(rename('/f', '/g', F.RENAME_NOREPLACE), 'ok');
    assert.is(rename('/g', '/h', 0x80), 'EINVAL');
    assert.is(rename('/g', '/h', F.RENAME_NOREPLACE | F.RENAME_EXCHANGE), 'EINVAL');
    t.link('/g', '/h');
    assert.is(rename('/g', '/h'), 'ok');
    assert.equal(t.list('/'), ['d', 'full', 'g', 'h']);
  });

  check(
    'rename exchanges',
    (t) => {
      t.write('/f', 'file');
      t.mkdir('/d');
      t.write('/d/x', 'in d');
      t.rename('/f', '/d', F.RENAME_EXCHANGE);
      assert.is(t.read('/d'), 'file');
      assert.is(t.read('/f/x'), 'in d');
      assert.is(
        outcome(() => t.rename('/d', '/none', F.RENAME_EXCHANGE)),
        'ENOENT',
      );
      assert.is(
        outcome(() => t.rename('/f', '/f/x', F.RENAME_EXCHANGE)),
        'EINVAL',
      );
      assert.is(
        outcome(() => t.rename('/f/x', '/f', F.RENAME_EXCHANGE)),
        'EINVAL',
      );
    },
    missing.exchange,
  );

  check('a working directory follows its directory', (t) => {
    t.mkdir('/a');
    t.mkdir('/a/b');
    t.mkdir('/c');
    t.cd('/a/b');
    t.rename('/a', '/c/z');
    assert.is(t.cwd, '/c/z/b');
    t.touch('here');
    assert.equal(t.list('/c/z/b'), ['here']);
    t.cd('..');
    assert.is(t.cwd, '/c/z');
  });

  check('link counts of directories', (t) => {
    const before = t.inode('/').nlink;
    t.mkdir('/d');
    t.mkdir('/d/e');
    assert.is(t.inode('/').nlink, before + 1);
    assert.is(t.inode('/d').nlink, 3);
    t.rename('/d/e', '/e');
    assert.is(t.inode('/d').nlink, 2);
    assert.is(t.inode('/').nlink, before + 2);
    t.rmdir('/e');
    assert.is(t.inode('/').nlink, before + 1);
  });

  check('modes and the umask', (t) => {
    t.ctx.umask = 0o027;
    t.touch('/f', F.O_CREAT | F.O_RDWR, 0o666);
    assert.is(t.inode('/f').mode, S.S_IFREG | 0o640);
    t.mkdir('/d', 0o777);
    assert.is(t.inode('/d').mode, S.S_IFDIR | 0o750);
    t.chmod('/f', 0o751);
    assert.is(t.inode('/f').mode, S.S_IFREG | 0o751);
    t.chmod('/d', 0o1777);
    assert.is(t.inode('/d').mode, S.S_IFDIR | 0o1777);
  });

  check(
    'owners, and who may change them',
    (t) => {
      t.write('/f', 'x');
      t.chown('/f', 10, 20);
      assert.equal([t.inode('/f').uid, t.inode('/f').gid], [10, 20]);
      const owner = t.as(10, 99, [30]);
      assert.is(
        outcome(() => owner.chown('/f', 11, -1)),
        'EPERM',
      );
      assert.is(
        outcome(() => owner.chown('/f', -1, 30)),
        'ok',
      );
      assert.is(
        outcome(() => owner.chown('/f', -1, 31)),
        'EPERM',
      );
      assert.is(
        outcome(() => t.as(12).chmod('/f', 0)),
        'EPERM',
      );
      owner.chmod('/f', 0o600);
      assert.is(
        outcome(() => t.as(12).read('/f')),
        'EACCES',
      );
      assert.is(owner.read('/f'), 'x');
    },
    missing.owners,
  );

  check(
    'a change of owner or contents takes the set-id bits',
    (t) => {
      t.write('/f', 'x');
      t.chmod('/f', 0o6755);
      t.chown('/f', 5, 5);
      assert.is(t.inode('/f').mode & 0o7777, 0o755);
      t.chmod('/f', 0o6777);
      t.as(9).write('/f', 'y');
      assert.is(t.inode('/f').mode & 0o7777, 0o777);
      t.chmod('/f', 0o4777);
      t.as(9).truncate('/f', 0);
      assert.is(t.inode('/f').mode & 0o7777, 0o777);
    },
    missing.owners || missing.setId,
  );

  check(
    'permissions on the way and at the end',
    (t) => {
      t.mkdir('/d');
      t.write('/d/f', 'x');
      t.chmod('/d', 0o700);
      const other = t.as(7);
      assert.is(
        outcome(() => other.read('/d/f')),
        'EACCES',
      );
      assert.is(
        outcome(() => other.at('/d/none')),
        'EACCES',
      );
      t.chmod('/d', 0o711);
      assert.is(other.read('/d/f'), 'x');
      assert.is(
        outcome(() => other.touch('/d/new')),
        'EACCES',
      );
      assert.is(
        outcome(() => other.unlink('/d/f')),
        'EACCES',
      );
      assert.is(
        outcome(() => other.write('/d/f', 'y')),
        'EACCES',
      );
      assert.is(
        outcome(() => other.access('/d/f', F.R_OK)),
        'ok',
      );
      assert.is(
        outcome(() => other.access('/d/f', F.W_OK)),
        'EACCES',
      );
      assert.is(
        outcome(() => t.access('/d/f', F.X_OK)),
        'EACCES',
      );
      assert.is(
        outcome(() => t.access('/d', F.X_OK)),
        'ok',
      );
    },
    missing.owners,
  );

  check(
    'a sticky directory protects names',
    (t) => {
      t.mkdir('/tmp');
      t.chmod('/tmp', 0o1777);
      t.as(1).touch('/tmp/mine');
      assert.is(t.inode('/tmp/mine').uid, 1);
      assert.is(
        outcome(() => t.as(2).unlink('/tmp/mine')),
        'EPERM',
      );
      assert.is(
        outcome(() => t.as(2).rename('/tmp/mine', '/tmp/theirs')),
        'EPERM',
      );
      t.as(1).unlink('/tmp/mine');
    },
    missing.owners,
  );

  check(
    'a set-group-ID directory hands its group down',
    (t) => {
      t.mkdir('/d');
      t.chown('/d', 0, 42);
      t.chmod('/d', 0o2777);
      t.touch('/d/f');
      t.mkdir('/d/e');
      assert.is(t.inode('/d/f').gid, 42);
      assert.is(t.inode('/d/e').gid, 42);
      assert.is(t.inode('/d/e').mode & S.S_ISGID, S.S_ISGID);
    },
    missing.owners,
  );

  check('times', (t) => {
    const at = (sec: number) => ({ sec, nsec: 0 });
    t.write('/f', 'x');
    O.utimens(t.ctx, t.at('/f'), at(1000), at(2000));
    assert.is(t.inode('/f').atime.sec, 1000);
    assert.is(t.inode('/f').mtime.sec, 2000);
    O.utimens(t.ctx, t.at('/f'), undefined, at(3000));
    assert.is(t.inode('/f').atime.sec, 1000);
    assert.is(t.inode('/f').mtime.sec, 3000);
    const before = t.inode('/f').mtime.sec;
    t.write('/f', 'y', F.O_WRONLY);
    assert.ok(t.inode('/f').mtime.sec > before, 'a write changes mtime');
    O.utimens(t.ctx, t.at('/'), at(1), at(1));
    t.touch('/g');
    assert.ok(t.inode('/').mtime.sec > 1, 'a new name changes its directory');
  });

  check(
    'special files',
    (t) => {
      t.mknod('/fifo', S.S_IFIFO | 0o644);
      t.mknod('/sock', S.S_IFSOCK | 0o644);
      t.mknod('/dev', S.S_IFCHR | 0o600, S.makeDev(250, 3));
      t.mknod('/plain', 0o644);
      assert.is(t.inode('/fifo').mode & S.S_IFMT, S.S_IFIFO);
      assert.is(t.inode('/dev').rdev, S.makeDev(250, 3));
      assert.is(t.inode('/plain').mode & S.S_IFMT, S.S_IFREG);
      assert.is(
        outcome(() => t.open('/dev')),
        'ENXIO',
      );
      assert.is(
        outcome(() => t.open('/sock')),
        'ENXIO',
      );
      assert.is(
        outcome(() => t.as(5).mknod('/dev2', S.S_IFCHR, 1)),
        'EACCES',
      );
      t.chmod('/', 0o777);
      assert.is(
        outcome(() => t.as(5).mknod('/dev2', S.S_IFCHR, 1)),
        'EPERM',
      );
      assert.is(
        outcome(() => t.mknod('/x', S.S_IFDIR)),
        'EPERM',
      );
    },
    missing.specials,
  );

  check(
    'extended attributes',
    (t) => {
      t.touch('/f');
      const value = Uint8Array.of(1, 2, 3);
      const location = t.at('/f');
      O.setXattr(t.ctx, location, 'user.a', value, 0);
      assert.equal(O.getXattr(t.ctx, location, 'user.a'), value);
      assert.is(
        outcome(() => O.setXattr(t.ctx, location, 'user.a', value, F.XATTR_CREATE)),
        'EEXIST',
      );
      assert.is(
        outcome(() => O.setXattr(t.ctx, location, 'user.b', value, F.XATTR_REPLACE)),
        'ENODATA',
      );
      assert.is(
        outcome(() => O.getXattr(t.ctx, location, 'user.b')),
        'ENODATA',
      );
      assert.is(
        outcome(() => O.setXattr(t.ctx, location, 'wrong', value, 0)),
        'EOPNOTSUPP',
      );
      O.setXattr(t.ctx, location, 'trusted.t', value, 0);
      assert.equal(O.listXattrs(t.ctx, location).sort(), ['trusted.t', 'user.a']);
      assert.equal(O.listXattrs(t.as(3).ctx, location), ['user.a']);
      O.removeXattr(t.ctx, location, 'user.a');
      assert.is(
        outcome(() => O.removeXattr(t.ctx, location, 'user.a')),
        'ENODATA',
      );
    },
    missing.xattrs,
  );

  check(
    'a file without a name can get one',
    (t) => {
      t.mkdir('/d');
      const file = t.open('/d', F.O_TMPFILE | F.O_RDWR, 0o600);
      t.writeFile(file, 'secret');
      assert.equal(t.list('/d'), []);
      assert.is(file.inode.nlink, 0);
      O.link(t.ctx, file.location as ReturnType<Tree['at']>, t.ctx.cwd, '/d/named');
      assert.is(t.read('/d/named'), 'secret');
      releaseFile(file);
      const closed = t.open('/d', F.O_TMPFILE | F.O_RDWR | F.O_EXCL, 0o600);
      assert.is(
        outcome(() => O.link(t.ctx, closed.location as ReturnType<Tree['at']>, t.ctx.cwd, '/d/other')),
        'ENOENT',
      );
      releaseFile(closed);
      assert.is(
        outcome(() => t.open('/d', F.O_TMPFILE | F.O_RDONLY)),
        'EINVAL',
      );
    },
    missing.unnamed,
  );

  check('a read-only mount refuses every change', (t) => {
    t.mkdir('/d');
    t.write('/d/f', 'x');
    t.symlink('f', '/d/l');
    t.mkdir('/ro');
    t.namespace.bind(t.at('/d'), t.at('/ro'), { readOnly: true });
    assert.is(t.read('/ro/f'), 'x');
    const refused: readonly (() => void)[] = [
      () => t.touch('/ro/new'),
      () => t.touch('/ro/f', F.O_WRONLY),
      () => t.touch('/ro/f', F.O_RDONLY | F.O_TRUNC),
      () => t.mkdir('/ro/d'),
      () => t.unlink('/ro/f'),
      () => t.rmdir('/ro/d'),
      () => t.rename('/ro/f', '/ro/g'),
      () => t.symlink('x', '/ro/s'),
      () => t.link('/ro/f', '/ro/g'),
      () => t.chmod('/ro/f', 0o600),
      () => t.chown('/ro/f', 1, 1),
      () => t.truncate('/ro/f', 0),
      () => O.utimens(t.ctx, t.at('/ro/f'), 'now', 'now'),
      () => t.access('/ro/f', F.W_OK),
    ];
    refused.forEach((call, i) => {
      assert.is(outcome(call), 'EROFS', `call ${i}`);
    });
    assert.is(
      outcome(() => t.touch('/ro/f', F.O_RDONLY | F.O_CREAT)),
      'ok',
    );
    assert.is(
      outcome(() => t.mkdir('/ro/f')),
      'EEXIST',
    );
    assert.is(
      outcome(() => t.rename('/d/f', '/ro/g')),
      'EXDEV',
    );
    assert.is(
      outcome(() => t.link('/d/f', '/ro/g')),
      'EROFS',
    );
  });

  check('many files in one directory', (t) => {
    t.mkdir('/d');
    for (let i = 0; i < 600; i++) t.touch(`/d/name-${i}`);
    assert.is(t.list('/d').length, 600);
    for (let i = 0; i < 600; i += 2) t.unlink(`/d/name-${i}`);
    assert.is(t.list('/d').length, 300);
  });

  check('names that are not UTF-8, and odd ones', (t) => {
    const odd = ['with space', 'tab\there', 'new\nline', '…', '\udcff\udc80', '-', '...', '~', 'ü'];
    for (const each of odd) t.write(`/${each}`, each);
    assert.equal(t.list('/'), [...odd].sort());
    for (const each of odd) assert.is(t.read(`/${each}`), each);
  });
}
