import { EACCES, EEXIST, EINVAL, EISDIR, ENOENT } from '../assembly/shared/errno.js';
import { PAGE_SIZE } from '../assembly/shared/layout.js';
import { POOL_TOTAL } from '../assembly/shared/stat.js';
import { makeCred } from './kernel/credentials.js';
import { KernelProcSource } from './kernel/procsource.js';
import { check, SysError } from './linux/error.js';
import { O_WRONLY } from './linux/fcntl.js';
import { isDirectory, isRegular, makeDev, S_IFBLK, S_IFCHR, S_IFDIR, S_IFREG } from './linux/stat.js';
import type { Machine } from './machine.js';
import type { Device } from './machine-options.js';
import { userfaultDriver } from './syscalls/userfaultfd.js';
import { MAY_EXEC, requireAccess } from './vfs/access.js';
import { DevFileSystem } from './vfs/backends/dev.js';
import { MemoryFileSystem, type MemoryFileSystemOptions } from './vfs/backends/memory.js';
import { HUGE_PAGE_BYTES } from './vfs/backends/memory-huge.js';
import { mqueueFileSystem } from './vfs/backends/mqueue.js';
import { ProcFileSystem } from './vfs/backends/proc.js';
import { SysFileSystem } from './vfs/backends/sysfs.js';
import { hugetlbfsSettings, type MemorySettings, tmpfsSettings } from './vfs/backends/tmpfs-options.js';
import { type BlockDevice, BlockFile, BlockInode, SECTOR_BYTES } from './vfs/blockdevice.js';
import { type CharacterDevice, CharacterDeviceFile } from './vfs/chardevice.js';
import { PathContext } from './vfs/context.js';
import { Location } from './vfs/dentry.js';
import { attachMemory } from './vfs/devicememory.js';
import type { BlockDriver } from './vfs/devices.js';
import { HostBuffer } from './vfs/hostbuffer.js';
import { unlink } from './vfs/names.js';
import { releaseFile } from './vfs/openfile.js';
import { DevptsFileSystem } from './vfs/tty/devpts.js';
import type { FileSystem, Inode } from './vfs/types.js';
import { resolve, resolveParent } from './vfs/walk.js';

/** The tree as root sees it: what preparing a machine is done with. */
export function rootContext(machine: Machine): PathContext {
  return PathContext.create(machine.namespace, makeCred(0, 0));
}

/** What an absolute path names, or undefined when there is nothing of that name. */
export function lookUp(machine: Machine, path: string): Location | undefined {
  const ctx = rootContext(machine);
  try {
    return resolve(ctx, ctx.root, path);
  } catch (error) {
    if (error instanceof SysError && error.errno === ENOENT) return undefined;
    throw error;
  }
}

/** The directory of an absolute path; it and those above it are made where they are missing. Throws SysError (EROFS, ENOTDIR...). */
export function makeDirectories(machine: Machine, path: string, mode = 0o755): Location {
  const ctx = rootContext(machine);
  let at = ctx.root;
  for (const name of path.split('/').filter((part) => part !== '')) {
    const next = lookUpIn(ctx, at, name);
    at = next ?? makeDirectory(at, name, mode);
  }
  return at;
}

function lookUpIn(ctx: PathContext, at: Location, name: string): Location | undefined {
  try {
    return resolve(ctx, at, name, { directory: true });
  } catch (error) {
    if (error instanceof SysError && error.errno === ENOENT) return undefined;
    throw error;
  }
}

function makeDirectory(at: Location, name: string, mode: number): Location {
  const inode = at.inode.create(name, { mode: S_IFDIR | mode, uid: 0, gid: 0 });
  return new Location(at.mount, at.dentry.insert(name, inode));
}

/** Writes a new file; its directory is made where it is missing. */
export function installFile(machine: Machine, path: string, bytes: Uint8Array, mode = 0o755): void {
  const slash = path.lastIndexOf('/');
  makeDirectories(machine, path.slice(0, slash));
  const ctx = rootContext(machine);
  const walk = resolveParent(ctx, ctx.root, path);
  const inode = walk.at.inode.create(walk.name, { mode: S_IFREG | mode, uid: 0, gid: 0 });
  walk.at.dentry.insert(walk.name, inode);
  const file = inode.open(O_WRONLY);
  try {
    const buffer = new HostBuffer(bytes, machine.env.pages);
    while (buffer.remaining > 0) check(file.write(buffer, buffer.transferred));
  } finally {
    releaseFile(file);
  }
}

/** The same where there is no such file yet, nor a link of that name. */
export function provideFile(machine: Machine, path: string, text: string): void {
  const ctx = rootContext(machine);
  try {
    resolve(ctx, ctx.root, path, { follow: false });
    return;
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    if (error.errno !== ENOENT) return;
  }
  installFile(machine, path, new TextEncoder().encode(text), 0o644);
}

/** The same where a file, or a link to somewhere, may be already. */
export function replaceFile(machine: Machine, path: string, bytes: Uint8Array, mode = 0o755): void {
  const ctx = rootContext(machine);
  try {
    unlink(ctx, ctx.root, path);
  } catch (error) {
    if (!(error instanceof SysError && error.errno === ENOENT)) throw error;
  }
  installFile(machine, path, bytes, mode);
}

/** Attaches a file system at an absolute path, whose directory is made when it is missing. */
export function mountAt(machine: Machine, path: string, fs: FileSystem, readOnly = false, source?: string): void {
  machine.namespace.mount(fs, makeDirectories(machine, path), { readOnly, source });
}

/** Attaches one file of a file system; its mount point, an empty file, and the directory of that are made when they are missing. */
export function mountFileAt(machine: Machine, path: string, fs: FileSystem, file: Inode, readOnly = false, source?: string): void {
  let at = lookUp(machine, path);
  if (at === undefined) {
    installFile(machine, path, new Uint8Array(0), 0o644);
    at = lookUp(machine, path) as Location;
  }
  if (isDirectory(at.inode.mode)) throw new SysError(EISDIR, 'is a directory, and what is shown there a file');
  machine.namespace.mount(fs, at, { readOnly, source, root: file });
}

const isBlock = (device: Device): device is BlockDevice => 'sizeBytes' in device;

/**
 * Puts a device at an absolute path ('/dev/name'); its directory is made when it is missing. Programs find it by its name, or by a node of
 * its number that they make. Throws SysError: EEXIST, EINVAL, ENOMEM.
 */
export function addDevice(machine: Machine, path: string, device: Device): void {
  const { env, kernel } = machine;
  const { devices } = env;
  const slash = path.lastIndexOf('/');
  const name = path.slice(slash + 1);
  if (!path.startsWith('/') || name === '') throw new SysError(EINVAL, `no name for a device: '${path}'`);
  const block = isBlock(device);
  const { number, permissions = block ? 0o660 : 0o666 }: Pick<CharacterDevice, 'number' | 'permissions'> = device;
  if (block && !(device.sizeBytes > 0 && device.sizeBytes % SECTOR_BYTES === 0))
    throw new SysError(EINVAL, `${device.sizeBytes} bytes are no sectors`);
  const directory = makeDirectories(machine, path.slice(0, slash));
  if (directory.inode.lookup(name) !== undefined) throw new SysError(EEXIST, path);
  const rdev = number !== undefined ? makeDev(...number) : block ? devices.freeBlock() : devices.freeCharacter();
  if (block ? devices.hasBlock(rdev) : devices.hasCharacter(rdev)) throw new SysError(EEXIST, `the number of ${path}`);
  const mode = (block ? S_IFBLK : S_IFCHR) | permissions;
  const node = directory.inode.create(name, { mode, uid: 0, gid: 0, rdev });
  const location = new Location(directory.mount, directory.dentry.insert(name, node));
  if (block) {
    const cache = new BlockInode(env, node, device);
    kernel.mapped.set(cache, location);
    const open: BlockDriver['open'] = (inode, flags, cred) => new BlockFile(device, cache, inode, flags, cred);
    devices.registerBlock(rdev, { name, sizeBytes: device.sizeBytes, open });
    return;
  }
  const memory = device.memory === undefined ? undefined : attachMemory(device.memory, env, node);
  if (memory !== undefined) kernel.mapped.set(memory, location);
  devices.registerCharacter(rdev, { name, open: (inode, flags) => new CharacterDeviceFile(device, memory, inode, flags) });
}

/** Of a file system in memory that mount(2) makes. */
function memoryOptions(settings: MemorySettings): MemoryFileSystemOptions {
  const { bytes, inodes, ...root } = settings;
  return { ...root, settings, maxBytes: bytes || undefined, maxInodes: inodes === 0 ? Number.MAX_SAFE_INTEGER : inodes };
}

/** For mount(2): a file system there is one of, which knows no options. */
function withoutOptions(fs: FileSystem): (options: string) => FileSystem {
  return (options) => {
    if (options !== '') throw new SysError(EINVAL);
    return fs;
  };
}

/**
 * /proc, /sys, /dev and /tmp as programs expect them. `create`: missing mount points are made. Otherwise (a host folder that is written
 * to directly) they are left out; the names of those are returned.
 */
export function mountStandard(machine: Machine, create = true): string[] {
  const missing: string[] = [];
  const has = (path: string): boolean => {
    const found = lookUp(machine, path);
    if (found === undefined && !create) missing.push(path);
    return found === undefined ? create : isDirectory(found.inode.mode);
  };
  const { env, kernel } = machine;
  const proc = new ProcFileSystem(env, new KernelProcSource(kernel));
  kernel.fileSystemTypes.set('proc', withoutOptions(proc));
  kernel.fileSystemTypes.set('tmpfs', (options) => {
    const memoryBytes = env.core.exports.frameLimit() * PAGE_SIZE;
    const settings = tmpfsSettings(options, memoryBytes);
    const { bytes = Math.ceil(memoryBytes / 2 / PAGE_SIZE) * PAGE_SIZE } = settings;
    return new MemoryFileSystem(env, { mode: 0o1777, ...memoryOptions(settings), maxBytes: bytes === 0 ? undefined : bytes });
  });
  kernel.fileSystemTypes.set('hugetlbfs', (options) => {
    const pool = env.core.exports.hugetlbPool(POOL_TOTAL) * HUGE_PAGE_BYTES;
    const { pageBytes, ...settings } = hugetlbfsSettings(options, (bytes) => (bytes === HUGE_PAGE_BYTES ? pool : 0));
    return new MemoryFileSystem(env, { ...memoryOptions(settings), name: 'hugetlbfs', hugePageBytes: pageBytes });
  });
  const { exports } = env.core;
  const sys = new SysFileSystem(env, {
    interfaces: () => kernel.net.interfaces,
    mm: { core: env.core, huge: kernel.huge, khugepaged: kernel.khugepaged, ksm: kernel.ksm },
    memory: () => ({ total: exports.frameLimit(), free: Math.max(0, exports.frameLimit() - exports.framesInUse()) }),
  });
  kernel.fileSystemTypes.set('sysfs', withoutOptions(sys));
  if (has('/proc')) mountAt(machine, '/proc', proc, false, 'proc');
  if (has('/sys')) mountAt(machine, '/sys', sys, false, 'sysfs');
  if (has('/dev')) {
    const dev = new DevFileSystem(env);
    kernel.fileSystemTypes.set('devtmpfs', withoutOptions(dev));
    env.devices.registerCharacter(makeDev(10, 126), userfaultDriver(kernel));
    mountAt(machine, '/dev', dev, false, 'dev');
    const devpts = new DevptsFileSystem(env);
    kernel.fileSystemTypes.set('devpts', (options) => {
      devpts.configure(options);
      return devpts;
    });
    mountAt(machine, '/dev/pts', devpts, false, 'devpts');
    mountAt(machine, '/dev/mqueue', mqueueFileSystem(machine.env), false, 'mqueue');
    for (const [path, device] of Object.entries(machine.devices)) addDevice(machine, path, device);
  }
  if (create && lookUp(machine, '/tmp') === undefined) makeDirectories(machine, '/tmp', 0o1777);
  return missing;
}

/**
 * The path of a program as a shell finds it: a name without a slash is searched in PATH. Throws SysError: ENOENT, or EACCES when
 * only files that may not be executed were found.
 */
export function findProgram(machine: Machine, name: string, path: string, cwd: string): string {
  if (name.includes('/')) return name;
  let denied = false;
  for (const folder of path.split(':')) {
    const candidate = `${folder === '' ? '.' : folder}/${name}`;
    const ctx = rootContext(machine);
    try {
      const { inode } = resolve(ctx, resolve(ctx, ctx.root, cwd), candidate);
      if (!isRegular(inode.mode)) continue;
      requireAccess(ctx.cred, inode, MAY_EXEC);
      return candidate;
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
      denied ||= error.errno === EACCES || error.errno === EISDIR;
    }
  }
  throw denied ? new SysError(EACCES) : new SysError(ENOENT, 'not found in PATH');
}
