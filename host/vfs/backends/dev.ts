/** /dev: the devices that every program expects (null(4), zero(4), full(4), random(4)), and a place for an embedder's own. */
import { EINVAL, ENODEV, ENOSPC } from '../../../assembly/shared/errno.js';
import { OBJECT_SHMEM } from '../../../assembly/shared/exit.js';
import { SysError } from '../../linux/error.js';
import { makeDev, S_IFCHR } from '../../linux/stat.js';
import type { DeviceDriver } from '../devices.js';
import type { VfsEnvironment } from '../environment.js';
import { type Inode, type IoBuffer, OpenFile } from '../types.js';
import { MemoryFileSystem } from './memory.js';

const CHUNK_BYTES = 65536;
const ZEROS = new Uint8Array(CHUNK_BYTES);

/** A device without a position: lseek succeeds and stays at 0. */
export abstract class DeviceFile extends OpenFile {
  override seek(): number {
    return 0;
  }
}

/** Takes everything that there is in the buffer, without a look at it: its memory need not be there. */
function discard(from: IoBuffer): number {
  const done = from.remaining;
  from.pass(done);
  return done;
}

export class NullFile extends DeviceFile {
  override read(): number {
    return 0;
  }
  override write(from: IoBuffer): number {
    return discard(from);
  }
}

export class ZeroFile extends DeviceFile {
  /** What the last mapObject gave away: its mapping has taken a reference by the next call, or has failed. */
  private _object = 0;

  constructor(
    readonly env: VfsEnvironment,
    inode: Inode,
    flags: number,
  ) {
    super(inode, flags);
  }

  override read(to: IoBuffer): number {
    let done = 0;
    while (to.remaining > 0) done += to.put(ZEROS);
    return done;
  }

  override write(from: IoBuffer): number {
    return discard(from);
  }

  /** Every mapping has zeros of its own: a private one copies them, a shared one is as long as it is at first, and shared with children. */
  override mapObject(_offset = 0, bytes = 0, shared = false): number {
    const { exports } = this.env.core;
    this._release();
    this._object = exports.objectCreate(OBJECT_SHMEM) >>> 0;
    if (this._object === 0) return 0;
    exports.objectSetZeros(this._object, shared ? bytes : 0);
    return this._object;
  }

  private _release(): void {
    if (this._object === 0) return;
    this.env.core.exports.objectRelease(this._object);
    this._object = 0;
  }

  override close(): void {
    this._release();
  }
}

export class FullFile extends ZeroFile {
  override mapObject(): number {
    throw new SysError(ENODEV);
  }
  override write(from: IoBuffer): number {
    return from.remaining === 0 ? 0 : -ENOSPC;
  }
}

export class RandomFile extends DeviceFile {
  constructor(
    readonly env: VfsEnvironment,
    inode: Inode,
    flags: number,
  ) {
    super(inode, flags);
  }

  override read(to: IoBuffer): number {
    let done = 0;
    while (to.remaining > 0) {
      const bytes = new Uint8Array(Math.min(to.remaining, CHUNK_BYTES));
      this.env.random(bytes);
      done += to.put(bytes);
    }
    return done;
  }

  /** Entropy from the guest: welcome, and without effect. */
  override write(from: IoBuffer): number {
    let done = 0;
    while (from.remaining > 0) done += from.take(CHUNK_BYTES).length;
    return done;
  }
}

const MEMORY_MAJOR = 1;
const MISC_MAJOR = 10;
const ANYBODY = 0o666;

const FD_LINKS: readonly (readonly [name: string, target: string])[] = [
  ['fd', '/proc/self/fd'],
  ['stdin', '/proc/self/fd/0'],
  ['stdout', '/proc/self/fd/1'],
  ['stderr', '/proc/self/fd/2'],
];

/** devtmpfs, filled. */
export class DevFileSystem extends MemoryFileSystem {
  constructor(env: VfsEnvironment) {
    super(env, { name: 'devtmpfs' });
    const random: DeviceDriver['open'] = (inode, flags) => new RandomFile(env, inode, flags);
    this.addDevice('null', MEMORY_MAJOR, 3, (inode, flags) => new NullFile(inode, flags));
    this.addDevice('zero', MEMORY_MAJOR, 5, (inode, flags) => new ZeroFile(env, inode, flags));
    this.addDevice('full', MEMORY_MAJOR, 7, (inode, flags) => new FullFile(env, inode, flags));
    this.addDevice('random', MEMORY_MAJOR, 8, random);
    this.addDevice('urandom', MEMORY_MAJOR, 9, random);
    // Their drivers come with devpts and with a terminal: ENXIO without.
    this.addNode('tty', S_IFCHR | ANYBODY, makeDev(5, 0));
    this.addNode('ptmx', S_IFCHR | ANYBODY, makeDev(5, 2));
    this.addNode('console', S_IFCHR | 0o600, makeDev(5, 1));
    this.addNode('userfaultfd', S_IFCHR | 0o600, makeDev(MISC_MAJOR, 126));
    for (const [name, target] of FD_LINKS) this.addSymlink(name, target);
    this.addDirectory('shm', 0o1777);
    this.addDirectory('pts');
  }

  /** A character device of the embedder's: a name (with '/' in subfolders), its number and how it is opened. */
  addDevice(name: string, major: number, minor: number, open: DeviceDriver['open'], permissions = ANYBODY): Inode {
    if (!(major >= 0 && major < 4096 && minor >= 0 && minor < 2 ** 20)) throw new SysError(EINVAL, `device ${major}:${minor}`);
    const rdev = makeDev(major, minor);
    this.env.devices.registerCharacter(rdev, { name, open });
    return this.addNode(name, S_IFCHR | permissions, rdev);
  }
}
