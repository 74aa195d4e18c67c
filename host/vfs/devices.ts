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

/** Drivers of character and block devices: a node made by mknod in any file system finds the same driver as /dev's. */
export class DeviceRegistry {
  private readonly _character = new Map<number, DeviceDriver>();
  private readonly _block = new Map<number, DeviceDriver>();

  registerCharacter(rdev: number, driver: DeviceDriver): void {
    this._character.set(rdev, driver);
  }

  /** A number that nobody has: of the major that Linux's list leaves for local use. */
  freeCharacter(): number {
    let minor = 0;
    while (this._character.has(makeDev(LOCAL_MAJOR, minor))) minor++;
    return makeDev(LOCAL_MAJOR, minor);
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

  registerBlock(rdev: number, driver: DeviceDriver): void {
    this._block.set(rdev, driver);
  }

  /** ENXIO: no such device. */
  open(inode: Inode, flags: number, cred?: Credentials): OpenFile {
    const drivers = (inode.mode & S_IFMT) === S_IFBLK ? this._block : this._character;
    const driver = drivers.get(inode.rdev);
    if (driver === undefined) throw new SysError(ENXIO, `device ${inode.rdev}`);
    return driver.open(inode, flags, cred);
  }
}
