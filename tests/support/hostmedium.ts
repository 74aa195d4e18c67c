/** The host's own calls written down on a Medium, so that a folder of the host can lose its power. Nothing of it is really synced. */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename, dirname, join } from 'node:path';
import type { Image, Medium, MediumCall } from './medium.js';
import { ROOT } from './medium.js';

type Key = string;

function keyOf(stat: fs.BigIntStats): Key {
  return `${stat.dev}:${stat.ino}`;
}

/** From now on the calls on what is in `folder` go through the medium; call the result to stop that. The folder is empty at first. */
export function recordHost(folder: string, medium: Medium): () => void {
  const ids = new Map<Key, number>([[keyOf(fs.statSync(folder, { bigint: true })), ROOT]]);
  const original = { ...fs };
  const text = (path: fs.PathLike): string => path.toString();
  const idAt = (path: fs.PathLike): number | undefined => ids.get(keyOf(original.statSync(path, { bigint: true })));
  const idOfEntry = (path: string): number | undefined => ids.get(keyOf(original.lstatSync(path, { bigint: true })));
  const idOfFd = (fd: number): number | undefined => ids.get(keyOf(original.fstatSync(fd, { bigint: true })));
  const place = (path: fs.PathLike): { directory: number | undefined; name: string } => {
    return { directory: idAt(dirname(text(path))), name: basename(text(path)) };
  };
  /** Errors as Node throws them. */
  const check = (call: MediumCall): void => {
    try {
      medium.check(call);
    } catch (error) {
      throw Object.assign(new Error(`${call} refused`), { code: String((error as Error).message) });
    }
  };
  const made = (path: fs.PathLike, key: Key, isDirectory: boolean): void => {
    const { directory, name } = place(path);
    if (directory === undefined) return;
    const id = medium.newId();
    ids.set(key, id);
    medium.note({ kind: 'make', directory, name, id, isDirectory });
  };
  const patched: Partial<Record<keyof typeof fs, unknown>> = {
    openSync: (path: fs.PathLike, flags: number, mode?: number): number => {
      if (typeof flags !== 'number' || (flags & fs.constants.O_CREAT) === 0) return original.openSync(path, flags, mode);
      if (place(path).directory !== undefined) check('make');
      const fd = original.openSync(path, flags, mode);
      made(path, keyOf(original.fstatSync(fd, { bigint: true })), false);
      return fd;
    },
    mkdirSync: (path: fs.PathLike, mode: number): void => {
      check('make');
      original.mkdirSync(path, mode);
      made(path, keyOf(original.lstatSync(path, { bigint: true })), true);
    },
    unlinkSync: (path: fs.PathLike): void => {
      const { directory, name } = place(path);
      const id = idOfEntry(text(path));
      if (directory !== undefined) check('unlink');
      original.unlinkSync(path);
      if (directory !== undefined && id !== undefined) medium.note({ kind: 'unlink', directory, name, id });
    },
    renameSync: (from: fs.PathLike, to: fs.PathLike): void => {
      const [{ directory, name }, { directory: newDirectory, name: newName }] = [place(from), place(to)];
      const id = idOfEntry(text(from));
      if (directory !== undefined) check('rename');
      original.renameSync(from, to);
      if (directory !== undefined && newDirectory !== undefined && id !== undefined)
        medium.note({ kind: 'rename', directory, name, newDirectory, newName, id });
    },
    readvSync: (fd: number, buffers: Uint8Array[], position: number): number => {
      if (idOfFd(fd) !== undefined) check('read');
      return original.readvSync(fd, buffers, position);
    },
    writevSync: (fd: number, buffers: Uint8Array[], position: number): number => {
      const id = idOfFd(fd);
      if (id !== undefined) check('write');
      const count = original.writevSync(fd, buffers, position);
      if (id !== undefined) medium.note({ kind: 'write', id, offset: position, bytes: new Uint8Array(Buffer.concat(buffers)) });
      return count;
    },
    ftruncateSync: (fd: number, size: number): void => {
      const id = idOfFd(fd);
      if (id !== undefined) check('resize');
      original.ftruncateSync(fd, size);
      if (id !== undefined) medium.note({ kind: 'resize', id, size });
    },
  };
  patched.fsyncSync = patched.fdatasyncSync = (fd: number): void => {
    const id = idOfFd(fd);
    if (id === undefined) return;
    const isDirectory = original.fstatSync(fd).isDirectory();
    check(isDirectory ? 'syncEntries' : 'sync');
    medium.note(isDirectory ? { kind: 'syncEntries', directory: id } : { kind: 'sync', id });
  };
  Object.assign(fs, patched);
  syncBuiltinESMExports();
  return () => {
    Object.assign(fs, Object.fromEntries(Object.keys(patched).map((name) => [name, original[name as keyof typeof fs]])));
    syncBuiltinESMExports();
  };
}

/** Makes a folder hold what a crash has left. */
export function materialize(folder: string, image: Image, id = ROOT): void {
  for (const [name, child] of image.directories.get(id) ?? []) {
    const path = join(folder, name);
    const bytes = image.files.get(child);
    if (bytes !== undefined) fs.writeFileSync(path, bytes);
    else {
      fs.mkdirSync(path);
      materialize(path, image, child);
    }
  }
}
