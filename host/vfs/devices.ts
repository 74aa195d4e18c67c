import { ENXIO } from '../../assembly/shared/errno.js';
import { SysError } from '../linux/error.js';
import { S_IFBLK, S_IFMT } from '../linux/stat.js';
import type { Credentials, Inode, OpenFile } from './types.js';

/** What stands behind a device number. */
export interface DeviceDriver {
  /** As in /dev, for messages. */
  readonly name: string;
  /** `cred`: who opens it, where the driver asks. */
  open(inode: Inode, flags: number, cred?: Credentials): OpenFile;
}

/** Drivers of character and block devices: a node made by mknod in any file system finds the same driver as /dev's. */
export class DeviceRegistry {
  readonly #character = new Map<number, DeviceDriver>();
  readonly #block = new Map<number, DeviceDriver>();

  registerCharacter(rdev: number, driver: DeviceDriver): void {
    this.#character.set(rdev, driver);
  }

  unregisterCharacter(rdev: number): void {
    this.#character.delete(rdev);
  }

  registerBlock(rdev: number, driver: DeviceDriver): void {
    this.#block.set(rdev, driver);
  }

  /** ENXIO: no such device. */
  open(inode: Inode, flags: number, cred?: Credentials): OpenFile {
    const drivers = (inode.mode & S_IFMT) === S_IFBLK ? this.#block : this.#character;
    const driver = drivers.get(inode.rdev);
    if (driver === undefined) throw new SysError(ENXIO, `device ${inode.rdev}`);
    return driver.open(inode, flags, cred);
  }
}
