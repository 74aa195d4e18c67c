import { EINVAL } from '../../../assembly/shared/errno.js';
import { OBJECT_HUGETLB } from '../../../assembly/shared/exit.js';
import { SysError } from '../../linux/error.js';
import { PagedFile } from '../pagedfile.js';
import type { OpenFile } from '../types.js';
import { MemoryFile } from './memory-file.js';

export const HUGE_PAGE_BYTES = 2 ** 21;

/** A file of hugetlbfs: its pages are huge ones of the pool. It is written through mappings only. */
export class HugeFile extends MemoryFile {
  override readonly blockBytes = HUGE_PAGE_BYTES;

  protected override makeObject(): number {
    return this.env.core.exports.objectCreate(OBJECT_HUGETLB) >>> 0;
  }

  override open(flags: number): OpenFile {
    this.acquire();
    return new HugeOpenFile(this, flags);
  }

  override resize(bytes: number): void {
    if (bytes % HUGE_PAGE_BYTES !== 0) throw new SysError(EINVAL);
    super.resize(bytes);
  }
}

class HugeOpenFile extends PagedFile {
  override write(): number {
    return -EINVAL;
  }
}
