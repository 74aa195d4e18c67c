import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EIO } from '../../../assembly/shared/errno.js';
import { PAGE_SIZE } from '../../../assembly/shared/layout.js';
import { SysError } from '../../linux/error.js';
import type { SwapMedium } from '../swap.js';
import { host } from './node-errno.js';

/** A temporary file of the host's without a name: it takes as much room as was ever swapped out at once, and goes with the process. */
export class NodeSwap implements SwapMedium {
  private _fd: number;

  /** Throws what the host says when it can't be made. */
  constructor(directory = tmpdir()) {
    const path = join(directory, `pagewalk-swap-${process.pid}-${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`);
    this._fd = openSync(path, 'wx+', 0o600);
    rmSync(path);
  }

  readPage(index: number, into: Uint8Array): void {
    for (let done = 0; done < PAGE_SIZE; ) {
      const count = host(() => readSync(this._fd, into, done, PAGE_SIZE - done, index * PAGE_SIZE + done));
      if (count === 0) throw new SysError(EIO);
      done += count;
    }
  }

  writePage(index: number, bytes: Uint8Array): void {
    for (let done = 0; done < PAGE_SIZE; ) {
      done += host(() => writeSync(this._fd, bytes, done, PAGE_SIZE - done, index * PAGE_SIZE + done));
    }
  }

  close(): void {
    if (this._fd >= 0) closeSync(this._fd);
    this._fd = -1;
  }
}
