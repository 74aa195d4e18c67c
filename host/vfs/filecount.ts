import { ENFILE, ENOMEM } from '../../assembly/shared/errno.js';
import { SysError } from '../linux/error.js';

/** Open files of a machine unless it is told otherwise. */
export const OPEN_FILES_MAX = 65536;
/** Descriptors cost 8 bytes of the host each: so many to an open file, over all tables. */
const SLOTS_PER_FILE = 64;

/**
 * What the descriptor tables of one machine hold together. Open files are in the host's memory, so their number is bounded for everybody:
 * unlike Linux's fs.file-max, root is no exception.
 */
export class FileCount {
  open = 0;
  /** Entries of all descriptor tables, free ones included. */
  slots = 0;

  constructor(public max: number = OPEN_FILES_MAX) {}

  /** ENFILE: the machine has as many open files as it may. */
  requireOpen(count: number): void {
    if (this.open + count > this.max) throw new SysError(ENFILE);
  }

  /** A table grows: ENOMEM, as Linux when it has no memory for one. */
  grow(slots: number): void {
    if (this.slots + slots > this.max * SLOTS_PER_FILE) throw new SysError(ENOMEM);
    this.slots += slots;
  }

  shrink(slots: number): void {
    this.slots -= slots;
  }
}
