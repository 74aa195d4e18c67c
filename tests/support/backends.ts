/** What tests of file systems need: a core, an environment, whole-file reads and writes, folders of the host that go away. */
import { createHash } from 'node:crypto';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { Core } from '../../host/core/core.js';
import { SysError } from '../../host/linux/error.js';
import { O_RDONLY, O_RDWR } from '../../host/linux/fcntl.js';
import { VfsEnvironment } from '../../host/vfs/environment.js';
import { HostBuffer } from '../../host/vfs/hostbuffer.js';
import { releaseFile } from '../../host/vfs/openfile.js';
import type { FileSystem, Inode, OpenFile } from '../../host/vfs/types.js';

const FRAMES = 8192;

let compiled: Promise<WebAssembly.Module> | undefined;

/** A fresh core, not yet initialised for programs: frames only. */
export async function newCore(frames = FRAMES): Promise<Core> {
  compiled ??= WebAssembly.compile(readFileSync(process.env.PAGEWALK_CORE ?? 'dist/core.wasm'));
  const core = await Core.create(await compiled);
  core.exports.coreInit(frames, 0);
  return core;
}

export async function newEnvironment(frames = FRAMES): Promise<VfsEnvironment> {
  let seconds = 1_700_000_000;
  return new VfsEnvironment({ core: await newCore(frames), now: () => ({ sec: seconds++, nsec: 5 }), random: (bytes) => bytes.fill(7) });
}

/** From an open file at its position, at most `max` bytes. */
export function readFrom(env: VfsEnvironment, file: OpenFile, max = 1 << 20, offset?: number): Uint8Array {
  const buffer = new HostBuffer(new Uint8Array(max), env.pages);
  const count = file.read(buffer, offset);
  if (count < 0) throw new SysError(-count);
  return buffer.bytes.subarray(0, count);
}

export function readAll(env: VfsEnvironment, inode: Inode): Uint8Array {
  const file = inode.open(O_RDONLY);
  try {
    return readFrom(env, file, 1 << 22);
  } finally {
    releaseFile(file);
  }
}

export function readText(env: VfsEnvironment, inode: Inode): string {
  return new TextDecoder().decode(readAll(env, inode));
}

export function writeTo(env: VfsEnvironment, file: OpenFile, data: string | Uint8Array, offset?: number): number {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
  return file.write(new HostBuffer(bytes, env.pages), offset);
}

export function writeAt(env: VfsEnvironment, inode: Inode, data: string | Uint8Array, offset = 0): void {
  const file = inode.open(O_RDWR);
  try {
    assert.is(writeTo(env, file, data, offset), data.length);
  } finally {
    releaseFile(file);
  }
}

/** The inode of a path without links; undefined when a name is missing. */
export function find(fs: FileSystem, path: string): Inode | undefined {
  let at: Inode | undefined = fs.root;
  for (const name of path.split('/')) if (name !== '') at = at?.lookup(name);
  return at;
}

export function get(fs: FileSystem, path: string): Inode {
  const inode = find(fs, path);
  if (inode === undefined) throw new Error(`${path} is missing`);
  return inode;
}

export function names(inode: Inode): string[] {
  return inode
    .readdir()
    .map((entry) => entry.name)
    .sort();
}

/** The call throws SysError with this number. */
export function throwsErrno(call: () => unknown, errno: number, what = ''): void {
  try {
    call();
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    assert.is(error.errno, errno, `${what} errno`);
    return;
  }
  assert.unreachable(`${what}: no error, wanted errno ${errno}`);
}

/** Runs `body` with a folder of its own. */
export function withFolder<T>(body: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'pagewalk-test-'));
  const clean = (): void => rmSync(folder, { recursive: true, force: true });
  let result: T;
  try {
    result = body(folder);
  } catch (error) {
    clean();
    throw error;
  }
  if (result instanceof Promise) return result.finally(clean) as T;
  clean();
  return result;
}

/** A digest of names, types, modes, times of change and contents of everything below a folder. */
export function hashFolder(folder: string): string {
  const hash = createHash('sha256');
  const walk = (path: string): void => {
    const stat = lstatSync(path, { bigint: true });
    hash.update(`${path}\0${stat.mode}\0${stat.uid}\0${stat.gid}\0${stat.nlink}\0${stat.size}\0${stat.mtimeNs}\0${stat.ctimeNs}\0`);
    if (stat.isDirectory()) for (const name of readdirSync(path).sort()) walk(join(path, name));
    else if (stat.isSymbolicLink()) hash.update(readlinkSync(path));
    else if (stat.isFile()) hash.update(readFileSync(path));
  };
  walk(folder);
  return hash.digest('hex');
}
