/** A folder behind promises: what programs and the embedder do to it is in the folder afterwards, and errors are the medium's own. */
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { assemble, Machine, type PromisesFiles, promisesFolder, type SysError } from '../../host/index-node.js';

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await fs.mkdtemp(join(tmpdir(), 'pagewalk-promises-'));
  try {
    await use(folder);
  } finally {
    await fs.rm(folder, { recursive: true });
  }
}

function create(folder: string, files: PromisesFiles = fs, readOnly = false): Promise<Machine> {
  return Machine.create({ memory: '32M', mounts: { '/keep': promisesFolder(files, folder, { readOnly }) } });
}

async function withMachine(folder: string, use: (machine: Machine) => Promise<void>, files?: PromisesFiles): Promise<void> {
  const machine = await create(folder, files);
  try {
    await use(machine);
  } finally {
    await machine.close();
  }
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'none';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

/** Makes /keep/x of two pages, stores to both through a shared mapping, msyncs the first (MS_SYNC), and stops there. */
const MAPPER = `
_start: li a0, -100; la a1, path; li a2, 0x42; li a3, 0x1a4; li a7, 56; ecall
        bltz a0, bad
        mv s0, a0; li a1, 8192; li a7, 46; ecall
        bnez a0, bad
        li a0, 0; li a1, 8192; li a2, 3; li a3, 1; mv a4, s0; li a5, 0; li a7, 222; ecall
        bltz a0, bad
        mv s1, a0; li t0, 0x2a; sb t0, 7(s1)
        li t1, 4096; add t1, t1, s1; sb t0, 1(t1)
        mv a0, s1; li a1, 4096; li a2, 4; li a7, 227; ecall
        bnez a0, bad
        lbu a0, 7(s1)
        li a7, 93; ecall
bad:    li a0, 1; li a7, 93; ecall
.data
path: .asciz "/keep/x"`;

test('a program stores through a mapping: msync brings it to the folder, and to the medium for good', async () => {
  await inFolder(async (folder) => {
    let synced = 0;
    const files: PromisesFiles = {
      ...fs,
      open: async (path, flags, mode) => {
        const handle = await fs.open(path, flags, mode);
        return {
          read: (bytes, at, length, position) => handle.read(bytes, at, length, position),
          write: (bytes, at, length, position) => handle.write(bytes, at, length, position),
          truncate: (length) => handle.truncate(length),
          close: () => handle.close(),
          sync: async () => {
            await handle.sync();
            synced++;
          },
        };
      },
    };
    await withMachine(
      folder,
      async (machine) => {
        const { elf } = assemble(MAPPER);
        await machine.install('/mapper', elf as Uint8Array);
        assert.is((await machine.run('/mapper')).exitCode, 0x2a);
        const kept = await fs.readFile(join(folder, 'x'));
        assert.is(kept.length, 8192);
        assert.is(kept[7], 0x2a);
        assert.is(synced, 1);
      },
      files,
    );
    // Closing the machine wrote the rest back.
    assert.is((await fs.readFile(join(folder, 'x')))[4097], 0x2a);
  });
});

test('files: written, read again by another machine, cut, made longer, appended to', async () => {
  await inFolder(async (folder) => {
    const big = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7 + (i >> 12)) & 0xff);
    await withMachine(folder, async ({ fs: guest }) => {
      await guest.writeFile('/keep/big', big);
      await guest.writeFile('/keep/short', 'abcdef');
      await guest.truncate('/keep/short', 3);
      await guest.appendFile('/keep/short', 'X');
      assert.equal(await guest.readFile('/keep/big'), big);
    });
    assert.is(await fs.readFile(join(folder, 'short'), 'utf8'), 'abcX');
    assert.equal(new Uint8Array(await fs.readFile(join(folder, 'big'))), big);
    await withMachine(folder, async ({ fs: guest }) => {
      assert.equal(await guest.readFile('/keep/big'), big);
      await guest.truncate('/keep/big', 400_000);
      const longer = await guest.readFile('/keep/big');
      assert.is(longer.length, 400_000);
      assert.equal(longer.subarray(0, big.length), big);
      assert.ok(longer.subarray(big.length).every((byte) => byte === 0));
      assert.is(await guest.readFile('/keep/short', 'utf8'), 'abcX');
      await guest.writeFile('/keep/short', 'new');
    });
    assert.is(await fs.readFile(join(folder, 'short'), 'utf8'), 'new');
    assert.is((await fs.stat(join(folder, 'big'))).size, 400_000);
  });
});

test('names: folders, renaming, links, listing, and what they are refused with', async () => {
  await inFolder(async (folder) => {
    await fs.writeFile(join(folder, 'there'), 'old');
    await withMachine(folder, async ({ fs: guest }) => {
      await guest.mkdir('/keep/a/b', { recursive: true });
      await guest.writeFile('/keep/a/f', '1');
      await guest.writeFile('/keep/a/g', '2');
      await guest.rename('/keep/a/f', '/keep/a/g');
      await guest.rename('/keep/a', '/keep/c');
      await guest.symlink('g', '/keep/c/link');
      assert.is(await guest.readFile('/keep/c/link', 'utf8'), '1');
      assert.equal((await guest.readdir('/keep/c')).sort(), ['b', 'g', 'link']);
      assert.ok((await guest.stat('/keep/c/b')).isDirectory());
      await guest.chmod('/keep/c/g', 0o600);
      assert.is((await guest.stat('/keep/c/g')).mode & 0o777, 0o600);
      await guest.utimes('/keep/c/g', 1000, 2000);

      assert.is(await codeOf(guest.readFile('/keep/none')), 'ENOENT');
      assert.is(await codeOf(guest.mkdir('/keep/c')), 'EEXIST');
      assert.is(await codeOf(guest.open('/keep/there', 'wx')), 'EEXIST');
      assert.is(await codeOf(guest.readFile('/keep/there/x')), 'ENOTDIR');
      assert.is(await codeOf(guest.rmdir('/keep/c')), 'ENOTEMPTY');
      assert.is(await codeOf(guest.rmdir('/keep/there')), 'ENOTDIR');
      assert.is(await codeOf(guest.unlink('/keep/c')), 'EISDIR');
      assert.is(await codeOf(guest.rename('/keep/c', '/keep/c/b/d')), 'EINVAL');
      assert.is(await codeOf(guest.rename('/keep/there', '/moved')), 'EXDEV');
      assert.is(await codeOf(guest.link('/keep/there', '/keep/twice')), 'EPERM');
      assert.is(await codeOf(guest.chown('/keep/there', 7, 7)), 'EPERM');
      assert.is(await codeOf(guest.mkdir('/keep/\udc80')), 'EINVAL');

      await guest.rmdir('/keep/c/b');
      await guest.unlink('/keep/there');
      assert.is(await codeOf(guest.stat('/keep/there')), 'ENOENT');
    });
    assert.equal((await fs.readdir(folder, { recursive: true })).sort(), ['c', 'c/g', 'c/link']);
    assert.is(await fs.readlink(join(folder, 'c/link')), 'g');
    assert.is((await fs.stat(join(folder, 'c/g'))).mtimeMs, 2_000_000);
  });
});

test('an open file keeps its data when its name goes, or another takes it', async () => {
  await inFolder(async (folder) => {
    await fs.writeFile(join(folder, 'f'), 'first');
    await fs.writeFile(join(folder, 'g'), 'second');
    await withMachine(folder, async ({ fs: guest }) => {
      const f = await guest.open('/keep/f', 'r+');
      await guest.unlink('/keep/f');
      await f.write('F', 0, 1, 0);
      assert.is(await f.readFile('utf8'), 'First');
      await f.sync();
      await f.truncate(2);
      assert.is((await f.stat()).size, 2);
      await f.close();
      const g = await guest.open('/keep/g');
      await guest.writeFile('/keep/h', 'third');
      await guest.rename('/keep/h', '/keep/g');
      assert.is(await g.readFile('utf8'), 'second');
      await g.close();
      assert.is(await guest.readFile('/keep/g', 'utf8'), 'third');
    });
    assert.equal(await fs.readdir(folder), ['g']);
    assert.is(await fs.readFile(join(folder, 'g'), 'utf8'), 'third');
  });
});

test('links lead nowhere but to what the machine has', async () => {
  await inFolder(async (folder) => {
    await fs.writeFile(join(folder, 'secret'), 'of the host');
    await fs.mkdir(join(folder, 'in'));
    await fs.symlink(join(folder, 'secret'), join(folder, 'in/absolute'));
    await fs.symlink('../secret', join(folder, 'in/up'));
    await withMachine(join(folder, 'in'), async ({ fs: guest }) => {
      assert.is(await codeOf(guest.readFile('/keep/absolute')), 'ENOENT');
      assert.is(await codeOf(guest.readFile('/keep/up')), 'ENOENT');
      assert.is(await codeOf(guest.readFile('/keep/../secret')), 'ENOENT');
    });
  });
});

/** Opens /keep/x. */
const READER = `
_start: li a0, -100; la a1, path; li a2, 0x42; li a3, 0x1a4; li a7, 56; ecall
        li a0, 0; li a7, 93; ecall
.data
path: .asciz "/keep/x"`;

test('an object that never answers: who waits can be killed, and the machine ends', async () => {
  await inFolder(async (folder) => {
    await fs.writeFile(join(folder, 'f'), 'data');
    const never = new Promise<never>(() => undefined);
    let mute = false;
    const files: PromisesFiles = {
      ...fs,
      open: async (path, flags, mode) => {
        if (mute) await never;
        return await fs.open(path, flags, mode);
      },
    };
    const machine = await Machine.create({
      mounts: { '/keep': promisesFolder(files, folder) },
      files: { '/bin/reader': assemble(READER).elf as Uint8Array },
      limits: { mediumMs: 20 },
    });
    await machine.fs.writeFile('/keep/g', 'never written');
    mute = true;
    const waiting = await machine.spawn('/bin/reader');
    await new Promise((done) => setTimeout(done, 20));
    waiting.kill('SIGKILL');
    assert.is((await waiting.wait()).exitCode, 137);
    const error = await machine.close().catch((thrown: unknown) => thrown);
    assert.match(String(error), /EIO: a file system does not answer/);
    assert.is(await codeOf(Promise.reject(error)), 'EIO');
    mute = false;
    const limited = await Machine.create({
      mounts: { '/keep': promisesFolder(files, folder) },
      files: { '/bin/reader': assemble(READER).elf as Uint8Array },
      limits: { timeMs: 20 },
    });
    mute = true;
    assert.is((await (await limited.spawn('/bin/reader')).wait()).reason, 'timeout');
    await limited.close();
  });
});

test('what the object can not do, or is not to do, is refused', async () => {
  await inFolder(async (folder) => {
    await fs.writeFile(join(folder, 'f'), 'data');
    const few: PromisesFiles = { readdir: fs.readdir, lstat: fs.lstat, open: fs.open };
    await withMachine(
      folder,
      async ({ fs: guest }) => {
        await guest.writeFile('/keep/made', 'x');
        for (const refused of [
          () => guest.mkdir('/keep/d'),
          () => guest.unlink('/keep/f'),
          () => guest.rename('/keep/f', '/keep/g'),
          () => guest.symlink('f', '/keep/l'),
          () => guest.chmod('/keep/f', 0o600),
          () => guest.utimes('/keep/f', 1, 1),
        ])
          assert.is(await codeOf(refused()), 'EPERM');
      },
      few,
    );
    const machine = await create(folder, fs, true);
    assert.is(await machine.fs.readFile('/keep/f', 'utf8'), 'data');
    assert.is(await codeOf(machine.fs.writeFile('/keep/f', 'y')), 'EROFS');
    assert.is(await codeOf(machine.fs.mkdir('/keep/d')), 'EROFS');
    await machine.close();
    assert.is(await fs.readFile(join(folder, 'made'), 'utf8'), 'x');
    const none = await create(join(folder, 'none')).catch((error: unknown) => error);
    assert.is((none as SysError).errno, 2);
  });
});

test('a medium that fails: fsync tells, once; reading is EIO', async () => {
  await inFolder(async (folder) => {
    let broken = false;
    const files: PromisesFiles = {
      ...fs,
      open: async (path, flags, mode) => {
        if (broken) throw Object.assign(new Error('gone'), { code: 'EWEIRD' });
        return fs.open(path, flags, mode);
      },
    };
    const machine = await create(folder, files);
    const file = await machine.fs.open('/keep/f', 'w+');
    await file.write('data');
    broken = true;
    assert.is(await codeOf(file.sync()), 'EIO');
    broken = false;
    assert.is(await codeOf(file.sync()), 'none');
    await file.close();
    // What was lost is lost.
    assert.is(await codeOf(machine.close()), 'EIO');
  });
});

test('one page that the medium refuses: reading it is EIO, at once; of several that are written only that one is lost', async () => {
  for (const code of ['EIO', 'ENOSPC']) {
    await inFolder(async (folder) => {
      await fs.writeFile(join(folder, 'f'), new Uint8Array(20 * 4096));
      const bad = 17 * 4096;
      let asked = 0;
      let broken = true;
      const refuse = (position: number, length: number): void => {
        if (broken && position <= bad && position + length > bad) throw Object.assign(new Error('bad sector'), { code });
      };
      const files: PromisesFiles = {
        ...fs,
        open: async (path, flags, mode) => {
          const handle = await fs.open(path, flags, mode);
          return {
            read: (bytes, at, length, position) => {
              asked++;
              refuse(position, length);
              return handle.read(bytes, at, length, position);
            },
            write: async (bytes, at, length, position) => {
              refuse(position, length);
              return handle.write(bytes, at, length, position);
            },
            truncate: (length) => handle.truncate(length),
            close: () => handle.close(),
          };
        },
      };
      const machine = await create(folder, files);
      const file = await machine.fs.open('/keep/f', 'r+');
      assert.is(await codeOf(file.read(new Uint8Array(10), 0, 10, bad)), code);
      assert.ok(asked < 10, `${asked} requests`);
      assert.is((await file.read(new Uint8Array(10), 0, 10, 4096)).bytesRead, 10);
      for (const page of [1, 2, 3, 16, 17, 18]) await file.write(new Uint8Array(4096).fill(page), 0, 4096, page * 4096);
      assert.is(await codeOf(file.sync()), code);
      const there = await fs.readFile(join(folder, 'f'));
      assert.equal(
        [1, 2, 3, 16, 17, 18].map((page) => there[page * 4096]),
        [1, 2, 3, 16, 0, 18],
      );
      broken = false;
      await file.close();
      // Where only room was missing the page is tried again.
      assert.is(await codeOf(machine.close()), code === 'EIO' ? 'EIO' : 'none');
      assert.is((await fs.readFile(join(folder, 'f')))[bad], code === 'EIO' ? 0 : 17);
    });
  }
});

for (const [name, load] of [
  ['memfs', async () => (await import('memfs')).memfs().fs.promises],
  ['ZenFS', async () => (await import('@zenfs/core')).fs.promises],
] as const) {
  test(`file systems of libraries: ${name}`, async () => {
    const files = (await load()) as unknown as PromisesFiles & Pick<typeof fs, 'mkdir' | 'readFile' | 'stat'>;
    await files.mkdir('/disk');
    const program = assemble(MAPPER).elf as Uint8Array;
    await withMachine(
      '/disk',
      async (machine) => {
        await machine.fs.mkdir('/keep/a/b', { recursive: true });
        await machine.fs.writeFile('/keep/a/f', 'hello'.repeat(3000));
        await machine.fs.symlink('f', '/keep/a/l');
        await machine.fs.rename('/keep/a/f', '/keep/a/g');
        await machine.fs.chmod('/keep/a/g', 0o600);
        await machine.fs.utimes('/keep/a/g', 1000, 2000);
        await machine.fs.truncate('/keep/a/g', 10);
        await machine.fs.rmdir('/keep/a/b');
        assert.is(await codeOf(machine.fs.readFile('/keep/none')), 'ENOENT');
        assert.is(await codeOf(machine.fs.rmdir('/keep/a')), 'ENOTEMPTY');
        assert.equal((await machine.fs.readdir('/keep', { recursive: true })).sort(), ['a', 'a/g', 'a/l']);
        await machine.install('/mapper', program);
        assert.is((await machine.run('/mapper')).exitCode, 0x2a);
      },
      files,
    );
    assert.is(String(await files.readFile('/disk/a/g')), 'hellohello');
    assert.is((await files.stat('/disk/a/g')).mode & 0o777, 0o600);
    assert.equal([...(await files.readFile('/disk/x'))].slice(6, 9), [0, 0x2a, 0]);
  });
}

test.run();
