import type { Core } from '../core/core.js';
import { makeDev } from '../linux/stat.js';
import { DeviceRegistry } from './devices.js';
import { Flusher } from './flusher.js';
import { VfsKnobs } from './knobs.js';
import { PageCache } from './pager.js';
import type { Timestamp } from './types.js';

export interface EnvironmentOptions {
  readonly core: Core;
  /** CLOCK_REALTIME */
  readonly now: () => Timestamp;
  /** Fills the array with random bytes. */
  readonly random: (bytes: Uint8Array) => void;
}

/** What the file systems of one machine share. */
export class VfsEnvironment {
  readonly core: Core;
  readonly now: () => Timestamp;
  readonly random: (bytes: Uint8Array) => void;
  readonly pages: PageCache;
  readonly flusher: Flusher;
  readonly devices = new DeviceRegistry();
  readonly knobs = new VfsKnobs();
  /** Capacity of all open pipes. */
  pipeBytes = 0;
  /** Cookie of the last rename: what pairs its two events. */
  lastMove = 0;
  private _lastMinor = 0;
  private _lastAnonymousIno = 0;

  constructor(options: EnvironmentOptions) {
    this.core = options.core;
    this.now = options.now;
    this.random = options.random;
    this.pages = new PageCache(options.core);
    this.flusher = new Flusher(this.pages);
  }

  /** st_dev for a file system that lies on no device: major 0, as Linux gives them. */
  allocateDev(): number {
    return makeDev(0, ++this._lastMinor);
  }

  /** Inode number of a pipe, an eventfd... */
  allocateAnonymousIno(): number {
    return ++this._lastAnonymousIno;
  }
}
