/** Descriptors of the host's regular files: a few are kept open, least recently used first out. */
import * as fs from 'node:fs';
import { EISDIR, ENXIO, ESTALE } from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import { errnoOf, host } from './node-errno.js';
import type { HostAnchor, HostPath, HostPlace } from './node-place.js';

const OPEN_MAX = 64;
const { O_CREAT, O_EXCL, O_NOFOLLOW = 0, O_NONBLOCK = 0, O_NOCTTY = 0, O_RDONLY, O_RDWR, O_WRONLY } = fs.constants;

/** Who owns a descriptor, and where its file was last seen. */
export interface HostFile {
  readonly place: HostPlace;
  /** Its descriptor is about to be closed, to be opened again when needed. */
  settle?(): void;
}

interface Held {
  fd: number;
  readable: boolean;
  writable: boolean;
  /** Kept whatever comes: the file may have no name any more. */
  pinned: boolean;
}

export class HostFiles {
  private readonly _held = new Map<HostFile, Held>();

  constructor(readonly anchor: HostAnchor) {}

  /** A descriptor good for reading or for writing. Errors as open(2) gives them; ESTALE: another file has that name now. */
  descriptor(file: HostFile, writable: boolean): number {
    const held = this._held.get(file);
    if (held !== undefined && (writable ? held.writable : held.readable)) {
      this._held.delete(file);
      this._held.set(file, held);
      return held.fd;
    }
    const opened = this._open(file.place, writable);
    if (held !== undefined) {
      // One descriptor a file: the better one replaces the other, and stays as pinned as that was.
      opened.pinned = held.pinned;
      this._held.delete(file);
      fs.closeSync(held.fd);
    }
    this._held.set(file, opened);
    this._trim();
    return opened.fd;
  }

  private _open(place: HostPlace, writable: boolean): Held {
    if (place.parent === undefined) throw new SysError(EISDIR);
    const path = this.anchor.entry(place.parent, place.name);
    const modes = writable ? [O_RDWR, O_WRONLY] : [O_RDONLY];
    let failure: unknown;
    for (const mode of modes) {
      try {
        // O_NONBLOCK: should a FIFO have taken the place, open must not wait for its other end.
        const fd = fs.openSync(path, mode | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
        return { fd: this._verified(fd, place), readable: mode !== O_WRONLY, writable: mode !== O_RDONLY, pinned: false };
      } catch (error) {
        if (errnoOf(error) === undefined) throw error;
        failure ??= error;
      }
    }
    return host(() => {
      throw failure;
    });
  }

  private _verified(fd: number, place: HostPlace): number {
    const stat = fs.fstatSync(fd, { bigint: true });
    if (!place.isSame(stat)) {
      fs.closeSync(fd);
      throw new SysError(stat.isFile() ? ESTALE : ENXIO);
    }
    try {
      if (place.parent !== undefined) this.anchor.recheck(place.parent);
      return fd;
    } catch (error) {
      fs.closeSync(fd);
      throw error;
    }
  }

  /** A new file that only its owner may use for now. EEXIST when there is anything of that name, a link that leads nowhere too. */
  create(path: HostPath): number {
    return host(() => fs.openSync(path, O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW, 0o600));
  }

  /** A file just created. */
  adopt(file: HostFile, fd: number): void {
    this._held.set(file, { fd, readable: true, writable: true, pinned: false });
    this._trim();
  }

  /** The file is about to lose its name and is in use: holds a descriptor until drop(). */
  pin(file: HostFile): void {
    let held = this._held.get(file);
    if (held === undefined || !held.writable) {
      for (const writable of [true, false]) {
        try {
          this.descriptor(file, writable);
          break;
        } catch (error) {
          // What can't be opened can't be read later either; who tries then is told.
          if (!(error instanceof SysError)) throw error;
        }
      }
      held = this._held.get(file);
    }
    if (held !== undefined) held.pinned = true;
  }

  drop(file: HostFile): void {
    const held = this._held.get(file);
    if (held === undefined) return;
    this._held.delete(file);
    fs.closeSync(held.fd);
  }

  private _trim(): void {
    let excess = [...this._held.values()].filter((held) => !held.pinned).length - OPEN_MAX;
    if (excess <= 0) return;
    for (const [file, held] of [...this._held]) {
      if (held.pinned) continue;
      file.settle?.();
      this.drop(file);
      if (--excess <= 0) return;
    }
  }

  close(): void {
    for (const file of [...this._held.keys()]) this.drop(file);
  }
}
