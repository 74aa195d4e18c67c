/** What machines make of files that a browser keeps, in its private files or a database: done by one, looked at by the next. */
import { indexedDb, Machine, opfs, promisesFolder } from '../../dist/host/index.js';

async function codeOf(promise) {
  try {
    await promise;
    return 'none';
  } catch (error) {
    return error.code ?? String(error);
  }
}

async function privateFiles(name) {
  return opfs(await (await navigator.storage.getDirectory()).getDirectoryHandle(name, { create: true }));
}

export async function keepFiles(name) {
  return { opfs: await keepIn(() => privateFiles(name)), indexedDb: await keepIn(() => indexedDb(name)) };
}

async function keepIn(files) {
  const create = async () => Machine.create({ memory: '32M', mounts: { '/keep': promisesFolder(await files()) } });
  const big = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 7 + (i >> 12)) & 0xff);
  const first = await create();
  const { fs } = first;
  await fs.mkdir('/keep/a/b', { recursive: true });
  await fs.writeFile('/keep/a/big', big);
  await fs.writeFile('/keep/a/f', 'one');
  await fs.writeFile('/keep/a/g', 'two');
  await fs.rename('/keep/a/f', '/keep/a/g');
  await fs.rename('/keep/a/g', '/keep/h');
  const open = await fs.open('/keep/a/big');
  await fs.unlink('/keep/a/big');
  const bytes = await open.readFile();
  await open.close();
  await fs.writeFile('/keep/big', big);
  await fs.truncate('/keep/big', 100_000);
  await fs.truncate('/keep/big', 150_000);
  const codes = {
    none: await codeOf(fs.readFile('/keep/none')),
    exists: await codeOf(fs.mkdir('/keep/a')),
    exclusive: await codeOf(fs.open('/keep/h', 'wx')),
    under: await codeOf(fs.readFile('/keep/h/x')),
    full: await codeOf(fs.rmdir('/keep/a')),
    folder: await codeOf(fs.rename('/keep/a', '/keep/c')),
    link: await codeOf(fs.symlink('h', '/keep/l')),
    mode: await codeOf(fs.chmod('/keep/h', 0o600)),
  };
  await fs.rmdir(codes.folder === 'none' ? '/keep/c/b' : '/keep/a/b');
  await first.close();

  const second = await create();
  const again = await second.fs.readFile('/keep/big');
  const seen = {
    codes,
    orphan: bytes.length === big.length && bytes.every((byte, i) => byte === big[i]),
    big: again.length === 150_000 && again.every((byte, i) => byte === (i < 100_000 ? big[i] : 0)),
    h: await second.fs.readFile('/keep/h', 'utf8'),
    modeOfH: (await second.fs.stat('/keep/h')).mode & 0o777,
    names: (await second.fs.readdir('/keep', { recursive: true })).sort(),
  };
  await second.close();
  return seen;
}
