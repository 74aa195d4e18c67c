/** Files that are arrays of 64-bit numbers, one for each page: read by whole entries, wherever one seeks. */
import { EINVAL } from '../../../assembly/shared/errno.js';
import { SysError } from '../../linux/error.js';
import { type Inode, type IoBuffer, OpenFile } from '../types.js';
import { seekTo } from './synthetic.js';

const ENTRY_BYTES = 8;
/** Entries that are made at once. */
const PIECE = 4096;

export abstract class EntryFile extends OpenFile {
  /** How many there are. */
  protected abstract readonly count: number;
  /** Entry i of the next ones from `first` on: at most `count` of them. */
  protected abstract entries(first: number, count: number): (i: number) => bigint;

  constructor(inode: Inode, flags: number) {
    super(inode, flags);
  }

  override read(to: IoBuffer, at?: number): number {
    const start = at ?? this.offset;
    if (start % ENTRY_BYTES !== 0 || to.remaining % ENTRY_BYTES !== 0) throw new SysError(EINVAL);
    let done = 0;
    while (to.remaining > 0) {
      const first = (start + done) / ENTRY_BYTES;
      const count = Math.min(PIECE, to.remaining / ENTRY_BYTES, this.count - first);
      if (count <= 0) break;
      const entry = this.entries(first, count);
      const bytes = new DataView(new ArrayBuffer(count * ENTRY_BYTES));
      for (let i = 0; i < count; i++) bytes.setBigUint64(i * ENTRY_BYTES, entry(first + i), true);
      const put = to.put(new Uint8Array(bytes.buffer));
      done += put;
      if (put < count * ENTRY_BYTES) break;
    }
    if (at === undefined) this.offset += done;
    return done;
  }

  override seek(offset: number, whence: number): number {
    return (this.offset = seekTo(this.offset, offset, whence));
  }
}
