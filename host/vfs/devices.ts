import { ENXIO } from '../../assembly/shared/errno.js';
import { SysError } from '../linux/error.js';
import { makeDev, S_IFBLK, S_IFMT } from '../linux/stat.js';
import type { Credentials, Inode, OpenFile } from './types.js';

const LOCAL_MAJOR = 240;

/** What stands behind a device number. */
export interface DeviceDriver {
  /** As in /dev, for messages. */
  readonly name: string;
  /** `cred`: who opens it, where the driver asks. */
  open(inode: Inode, flags: number, cred?: Credentials): OpenFile;
}

export interface BlockDriver extends DeviceDriver {
  readonly sizeBytes: number;
}

/** The first number that is not taken: of the major that Linux's list leaves for local use. */
function freeNumber(taken: ReadonlyMap<number, unknown>): number {
  let minor = 0;
  while (taken.has(makeDev(LOCAL_MAJOR, minor))) minor++;
  return makeDev(LOCAL_MAJOR, minor);
}

/** Drivers of character and block devices: a node made by mknod in any file system finds the same driver as /dev's. */
export class DeviceRegistry {
  private readonly _character = new Map<number, DeviceDriver>();
  private readonly _block = new Map<number, BlockDriver>();

  registerCharacter(rdev: number, driver: DeviceDriver): void {
    this._character.set(rdev, driver);
  }

  /** A number that nobody has. */
  freeCharacter(): number {
    return freeNumber(this._character);
  }

  hasCharacter(rdev: number): boolean {
    return this._character.has(rdev);
  }

  /** Every driver of a character device, by its number. */
  get characters(): ReadonlyMap<number, DeviceDriver> {
    return this._character;
  }

  unregisterCharacter(rdev: number): void {
    this._character.delete(rdev);
  }

  registerBlock(rdev: number, driver: BlockDriver): void {
    this._block.set(rdev, driver);
  }

  freeBlock(): number {
    return freeNumber(this._block);
  }

  hasBlock(rdev: number): boolean {
    return this._block.has(rdev);
  }

  /** Every block device, by its number. */
  get blocks(): ReadonlyMap<number, BlockDriver> {
    return this._block;
  }

  /** ENXIO: no such device. */
  open(inode: Inode, flags: number, cred?: Credentials): OpenFile {
    const drivers = (inode.mode & S_IFMT) === S_IFBLK ? this._block : this._character;
    const driver = drivers.get(inode.rdev);
    if (driver === undefined) throw new SysError(ENXIO, `device ${inode.rdev}`);
    return driver.open(inode, flags, cred);
  }
}
