import { PAGE_MASK, PAGE_SIZE } from '../../../assembly/shared/layout.js';
import type { UserMemory } from '../../core/user.js';
import { Suspend, SysError } from '../../linux/error.js';

/** The memory of a traced process: what can't be read is `undefined`, never an exception. */
export class TracedMemory {
  constructor(private readonly user: UserMemory) {}

  bytes(address: number, length: number): Uint8Array | undefined {
    try {
      return this.user.read(address, length);
    } catch (error) {
      if (error instanceof SysError || error instanceof Suspend) return undefined;
      throw error;
    }
  }

  view(address: number, length: number): DataView | undefined {
    const bytes = this.bytes(address, length);
    return bytes === undefined ? undefined : new DataView(bytes.buffer);
  }

  u32(address: number): number | undefined {
    return this.view(address, 4)?.getUint32(0, true);
  }

  u64(address: number): number | undefined {
    const view = this.view(address, 8);
    return view === undefined ? undefined : Number(view.getBigUint64(0, true));
  }

  /** At most `max` bytes up to a NUL; `ended` tells whether there was one. */
  string(address: number, max: number): { bytes: Uint8Array; ended: boolean } | undefined {
    const found: number[] = [];
    while (found.length < max) {
      const at = address + found.length;
      const piece = this.bytes(at, Math.min(max - found.length, PAGE_SIZE - (at & PAGE_MASK)));
      if (piece === undefined) return undefined;
      const end = piece.indexOf(0);
      for (const byte of end < 0 ? piece : piece.subarray(0, end)) found.push(byte);
      if (end >= 0) return { bytes: Uint8Array.from(found), ended: true };
    }
    return { bytes: Uint8Array.from(found), ended: false };
  }
}
